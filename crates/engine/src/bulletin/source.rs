//! Where the facts come from: the read models (drafting) or the log alone up to a size (recomputation).

use std::collections::BTreeMap;

use bihuan_domain::case::State;
use bihuan_domain::event::{CaseEvent, WorldEvent};
use bihuan_domain::id::{BulletinId, CaseId};
use bihuan_domain::mechanism::Section;
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use bihuan_ledger::Reader;
use jiff::Timestamp;

use super::compute::Collector;
use super::content::Content;
use super::correct::Earlier;
use super::figures::{Figures, Scope};
use crate::burden::{self, Burden, Part};
use crate::error::Error;
use crate::happened;
use crate::mechanisms::Mechanisms;
use crate::views::{Views, actor_of, each_brief};
use crate::writer::WORLD;

/// The figures of `scope` from the read models, as of `as_of`, and the log head to which they belong.
///
/// # Errors
///
/// If the read models or the log cannot be read.
pub fn compute(
    views: &Views,
    mechanisms: &Mechanisms,
    scope: &Scope,
    as_of: Timestamp,
) -> Result<Figures, Error> {
    views.log().at_one_moment(|log| {
        let head = log.head()?;
        let log_head = Beacon {
            size: head.size,
            root: head.root.hex(),
        };
        let (world, earlier) = jurisdiction(log, head.size)?;
        let counted = views.in_lanes(&views.runs_of_ids()?, |log, run| {
            let mut collector = Collector::new(scope, as_of, &world);
            each_brief(log.connection(), *run, |id, mechanism, owner, course| {
                collector.add(id, mechanism, owner, course);
            })?;
            Ok(collector)
        })?;
        let mut collector = Collector::new(scope, as_of, &world);
        counted.into_iter().for_each(|part| collector.join(part));
        let mut figures = collector.finish(log_head, &earlier, views)?;
        figures.burden = burden(log, &world, mechanisms, scope, head.size)?;
        Ok(figures)
    })
}

/// The same from the first `size` entries of the log alone, whatever the read models say: law 9.
///
/// # Errors
///
/// If the log is shorter, cannot be read, or holds an event that this program does not know.
pub fn recompute(
    log: &Reader,
    mechanisms: &Mechanisms,
    scope: &Scope,
    as_of: Timestamp,
    size: u64,
) -> Result<Figures, Error> {
    let head = Beacon {
        size,
        root: log.root_at(size)?.hex(),
    };
    let (world, earlier) = jurisdiction(log, size)?;
    let mut cases: BTreeMap<CaseId, State> = BTreeMap::new();
    log.for_each_text(0, size, |seq, stream, text| {
        let Some(id) = happened::case_of(stream) else {
            return Ok::<(), Error>(());
        };
        let (event, meta) = happened::read(seq, &happened::parts(seq, text)?)?;
        match (cases.get_mut(&id), &event) {
            (Some(state), event) => state.evolve(event, &meta),
            (None, CaseEvent::Opened(opened)) => {
                cases.insert(id, State::open(opened, &meta));
            }
            (None, _) => {}
        }
        Ok(())
    })?;
    let mut collector = Collector::new(scope, as_of, &world);
    for state in cases.values() {
        collector.take(state);
    }
    let mut figures = collector.finish(head, &earlier, &cases)?;
    figures.burden = burden(log, &world, mechanisms, scope, size)?;
    Ok(figures)
}

/// What filling in took, where it is asked for: always from the log.
fn burden(
    log: &Reader,
    world: &World,
    mechanisms: &Mechanisms,
    scope: &Scope,
    size: u64,
) -> Result<Option<Burden>, Error> {
    if !scope.sections.contains(&Section::Burden) {
        return Ok(None);
    }
    let part = Part {
        mechanisms: scope.mechanisms.clone(),
        ..Part::default()
    };
    burden::count(log, world, mechanisms, (scope.from, scope.to), size, &part).map(Some)
}

/// The jurisdiction as the first `size` entries tell it, and the bulletins issued in them, oldest first.
fn jurisdiction(log: &Reader, size: u64) -> Result<(World, Vec<Earlier>), Error> {
    let mut world = World::new();
    let mut issued: Vec<(BulletinId, u64)> = Vec::new();
    for entry in log
        .stream(WORLD, 0)?
        .into_iter()
        .take_while(|entry| entry.seq < size)
    {
        let (seq, at, actor) = (entry.seq, entry.at, actor_of(&entry.actor));
        let event = WorldEvent::read(&entry.kind, entry.version, entry.body)?;
        if let WorldEvent::BulletinIssued(e) = &event {
            issued.push((e.bulletin.clone(), seq));
        }
        world.evolve(event, &actor, at);
    }
    let mut earlier = Vec::new();
    for (id, seq) in issued {
        let Some(bulletin) = world.bulletins.get(&id) else {
            continue;
        };
        // A bulletin whose file was erased can no longer be corrected figure by figure; the erasure itself is on record.
        let Some(content) = Content::load(log, bulletin)? else {
            continue;
        };
        earlier.push(Earlier {
            id,
            number: content.number,
            issued: seq,
            figures: content.figures,
        });
    }
    Ok((world, earlier))
}
