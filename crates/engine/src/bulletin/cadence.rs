//! Bulletins that are drafted by themselves on their day, and signatures that are overdue: both fire with the timers, a
//! late engine makes up for what it missed and keeps the original due times.

use bihuan_domain::calendar::{date_of, instant};
use bihuan_domain::clock::due_at;
use bihuan_domain::event::{BulletinOverdue, WorldEvent};
use bihuan_domain::id::{Code, PackId, PostId};
use bihuan_domain::mechanism::{BulletinTemplate, Chair};
use bihuan_domain::org::Actor;
use bihuan_domain::world::{Bulletin, World};
use jiff::Timestamp;
use jiff::civil::Date;

use super::figures::{Scope, UnitOrder};
use super::life::{Drafting, Making, draft_now};
use super::settings;
use crate::bring::SCHEDULES_FROM;
use crate::engine::Engine;
use crate::error::Failure;

/// Drafts of one sweep; after a long stop the rest follows in the next.
const DRAFTS_MAX: usize = 6;
/// Occurrences looked through for one template and sweep.
const LOOKED_THROUGH_MAX: usize = 400;

/// A bulletin that will be, or should have been, drafted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    /// Its template.
    pub template: Code,
    /// When it is drafted.
    pub at: Timestamp,
    /// First and last day of what it looks back on.
    pub period: (Date, Date),
}

/// Fires what is due: drafts, then rungs of overdue signatures. Gives the number of events.
pub(crate) fn on_time(engine: &Engine) -> Result<u64, Failure> {
    let mut events = 0u64;
    let (world, now) = (engine.world(), engine.now());
    for (template, coming) in due(engine, &world, now) {
        let key = format!("bulletin/{}/{}", template.id, date_of(coming.at));
        let drafting = Drafting {
            scope: Scope {
                from: coming.period.0,
                to: coming.period.1,
                mechanisms: template.mechanisms.clone(),
                order: UnitOrder::default(),
                sections: template.sections.clone(),
            },
            signer: chair(&world, &template.signer, now),
            remarks: Vec::new(),
        };
        let making = Making {
            template: Some(&template),
            scheduled: Some(coming.at),
        };
        match draft_now(engine, &Actor::system(), &key, drafting, &making) {
            Ok(_) => events = events.saturating_add(1),
            Err(Failure::Refused(refusal)) => {
                tracing::error!(template = %template.id, code = refusal.code, "a bulletin was not drafted");
            }
            Err(fault) => return Err(fault),
        }
    }
    let world = engine.world();
    for bulletin in world
        .bulletins
        .values()
        .filter(|bulletin| bulletin.signed.is_none())
    {
        events = events.saturating_add(climb(engine, &world, bulletin, now)?);
    }
    Ok(events)
}

/// The next draft of each template, for the page of bulletins.
pub fn coming(engine: &Engine) -> Vec<(BulletinTemplate, Coming)> {
    let (world, now) = (engine.world(), engine.now());
    let served = templates(engine, &world, now);
    let next = served.into_iter().filter_map(|(_, template)| {
        let mut day = date_of(now).yesterday().ok()?;
        for _ in 0..3 {
            let occurrence = template.cadence.next_after(day, &world.calendars).ok()?;
            let at = instant(occurrence.date.to_datetime(template.at));
            if at > now {
                let coming = Coming {
                    template: template.id.clone(),
                    at,
                    period: template.span.around(occurrence.nominal),
                };
                return Some((template, coming));
            }
            day = occurrence.date;
        }
        None
    });
    let mut next: Vec<_> = next.collect();
    next.sort_by_key(|(_, coming)| coming.at);
    next
}

/// The templates whose office there is, with the pack that declares each.
fn templates(engine: &Engine, world: &World, now: Timestamp) -> Vec<(PackId, BulletinTemplate)> {
    let today = date_of(now);
    let served = |template: &&BulletinTemplate| {
        let units = world.org.units.values().filter(|unit| unit.valid.covers(today));
        units
            .into_iter()
            .any(|unit| unit.functions.contains(&template.office))
    };
    let mechanisms = engine.mechanisms();
    let all = mechanisms.packs().iter();
    all.flat_map(|pack| {
        pack.bulletins
            .iter()
            .filter(served)
            .map(|template| (pack.id.clone(), template.clone()))
    })
    .collect()
}

/// What is due and was not drafted, oldest first.
fn due(engine: &Engine, world: &World, now: Timestamp) -> Vec<(BulletinTemplate, Coming)> {
    let mut found = Vec::new();
    for (pack, template) in templates(engine, world, now) {
        let Some(adopted) = world.adopted.get(&pack) else {
            continue;
        };
        let set = world
            .settings
            .get(SCHEDULES_FROM)
            .and_then(|day| day.as_str()?.parse::<Date>().ok());
        let begun = date_of(*adopted).max(set.unwrap_or(Date::MIN));
        // What was drafted for a day is in the log; the last of it says from where to look on.
        let drafted = world
            .bulletins
            .values()
            .filter(|b| b.draft.template.as_ref() == Some(&template.id));
        let last = drafted.filter_map(|b| b.draft.scheduled).max();
        let mut day = match last {
            Some(at) => date_of(at),
            None => match begun.yesterday() {
                Ok(day) => day,
                Err(_) => continue,
            },
        };
        for _ in 0..LOOKED_THROUGH_MAX {
            let Ok(occurrence) = template.cadence.next_after(day, &world.calendars) else {
                break;
            };
            let at = instant(occurrence.date.to_datetime(template.at));
            if at > now {
                break;
            }
            day = occurrence.date;
            let coming = Coming {
                template: template.id.clone(),
                at,
                period: template.span.around(occurrence.nominal),
            };
            found.push((template.clone(), coming));
        }
    }
    found.sort_by_key(|(_, coming)| coming.at);
    found.truncate(DRAFTS_MAX);
    found
}

/// Records every rung that an unsigned bulletin has come to, each with the due time that ran out.
fn climb(engine: &Engine, world: &World, bulletin: &Bulletin, now: Timestamp) -> Result<u64, Failure> {
    let rungs = rungs(engine, bulletin);
    let mut due = bulletin
        .overdue
        .last()
        .map_or(Some(bulletin.draft.due), |last| last.until);
    let mut fired = 0u64;
    for (nth, rung) in (1u32..).zip(&rungs).skip(bulletin.overdue.len()) {
        let Some(ran_out) = due.filter(|due| *due <= now) else {
            break;
        };
        let Some(to) = chair(world, &rung.to, now).or_else(|| world.last_resort.clone()) else {
            break;
        };
        let last = usize::try_from(nth).is_ok_and(|nth| nth >= rungs.len());
        let until = if last {
            None
        } else {
            due_at(&rung.limit, ran_out, &[], &world.calendars).ok().flatten()
        };
        let event = BulletinOverdue {
            bulletin: bulletin.draft.bulletin.clone(),
            rung: nth,
            label: rung.label.clone(),
            to,
            due: ran_out,
            until,
        };
        let key = format!("overdue/{}/{nth}", bulletin.draft.bulletin);
        engine.change(
            &Actor::system(),
            &key,
            vec![WorldEvent::BulletinOverdue(event).into()],
        )?;
        fired = fired.saturating_add(1);
        due = until;
    }
    Ok(fired)
}

/// The ladder of a bulletin: that of its template, else the one that holds for what the office drafts by hand.
fn rungs(engine: &Engine, bulletin: &Bulletin) -> Vec<bihuan_domain::mechanism::SignatureRung> {
    let mechanisms = engine.mechanisms();
    let wanted = bulletin.draft.template.as_ref();
    let own = mechanisms
        .packs()
        .iter()
        .flat_map(|pack| &pack.bulletins)
        .find(|template| Some(&template.id) == wanted)
        .map(|template| template.ladder.clone());
    own.unwrap_or_else(settings::signature_ladder)
}

/// The first post of this kind in a unit with this function.
fn chair(world: &World, chair: &Chair, now: Timestamp) -> Option<PostId> {
    let today = date_of(now);
    let serves = |post: &&bihuan_domain::org::Post| {
        let unit = world.org.units.get(&post.unit);
        post.valid.covers(today)
            && post.kind == chair.post
            && unit.is_some_and(|unit| unit.valid.covers(today) && unit.functions.contains(&chair.function))
    };
    world.org.posts.values().find(serves).map(|post| post.id.clone())
}
