//! A rehearsal: commands played one by one on the kernel, without a file that says them. Scenarios and rehearsals are
//! the same runner; this is its door for property tests, benchmarks and tools of authors.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_diagnostics::{Diagnostic, Span};
use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::{RowPut, WorldEvent};
use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::world::World;
use bihuan_messages::Label;
use jiff::Timestamp;
use jiff::civil::Date;

use super::run::Run;
use super::{Scenario, laws, world};
use crate::pack::{Loaded, Pack};
use crate::read::Sink;

/// The code of a finding about a refusal; only that of the passage of time is a fault here.
const REFUSED: &str = "M0302";

/// A day that no rehearsal reaches.
const NEVER: Date = jiff::civil::date(2900, 1, 1);

impl Scenario {
    /// A scenario without steps, under which a rehearsal of `mechanism` runs; draws take their lots from `id`.
    pub fn bare(id: &str, mechanism: &Mechanism) -> Self {
        Scenario {
            id: id.to_owned(),
            label: Label::default(),
            file: String::new(),
            mechanism: mechanism.id.as_str().to_owned(),
            reproduces: Vec::new(),
            text: String::new(),
            mechanism_span: Span::default(),
            reproduces_spans: Vec::new(),
            rows: false,
            adopted: None,
            steps: Vec::new(),
        }
    }
}

/// A rehearsal that goes on.
pub struct Rehearsal<'a> {
    run: Run<'a>,
    found: Vec<Diagnostic>,
}

impl<'a> Rehearsal<'a> {
    /// Begins at `now` in a world of one's own. Schedules of the scenario's mechanism run from that day on.
    pub fn begin(scenario: &'a Scenario, loaded: &'a Loaded, world: World, now: Timestamp) -> Self {
        let run = Run {
            loaded,
            scenario,
            raw: &scenario.text,
            world,
            cases: BTreeMap::new(),
            now,
            story: Vec::new(),
            figures: Vec::new(),
            seq: 0,
            counters: BTreeMap::new(),
            scheduled: date_of(now),
            stopped: None,
        };
        Rehearsal {
            run,
            found: Vec::new(),
        }
    }

    /// The world in which the scenarios of `pack` play, with or without the sample rows of all packs.
    pub fn world_of(loaded: &Loaded, pack: &Pack, rows: bool) -> World {
        world::make(loaded, Some(pack), rows)
    }

    /// The world as it is.
    pub fn world(&self) -> &World {
        &self.run.world
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        self.run.now
    }

    /// Something happens beside the cases: an appointment, an office that ends, a calendar.
    pub fn happen(&mut self, event: WorldEvent) {
        self.run.world.evolve(event, &Actor::system(), self.run.now);
    }

    /// Lets time pass until `to`: everything that falls due fires at its own time. Whatever is refused is a fault,
    /// because nobody is there to be refused.
    pub fn pass(&mut self, to: Timestamp) {
        let mut sink = Sink::new("");
        self.run.pass_time(to, Span::default(), &mut sink);
        self.found.extend(sink.into_findings());
    }

    /// From now on schedules open nothing.
    pub fn stop_schedules(&mut self) {
        self.run.scheduled = NEVER;
    }

    /// Somebody opens a case.
    ///
    /// # Errors
    ///
    /// The refusal; nothing has changed then.
    pub fn open(&mut self, actor: &Actor, open: command::Open) -> Result<CaseId, Refusal> {
        let id = self.run.next_id();
        let mechanism = self.run.loaded.mechanism(&open.mechanism).cloned();
        let mechanism = mechanism.ok_or_else(|| Refusal::new("no_such_mechanism"))?;
        let name = format!("{id}");
        self.whole(|run, sink| run.open_as(&name, actor, mechanism, open, Span::default(), sink))?;
        Ok(id)
    }

    /// Somebody does something to a case.
    ///
    /// # Errors
    ///
    /// The refusal; nothing has changed then.
    pub fn act(&mut self, case: CaseId, actor: &Actor, command: &Command) -> Result<(), Refusal> {
        let decision = self.run.decide(case, actor, command)?;
        if decision.effects.is_empty() {
            let mut sink = Sink::new("");
            self.run
                .carry_out(case, actor, decision, Span::default(), &mut sink);
            self.found.extend(sink.into_findings());
            return Ok(());
        }
        self.whole(|run, sink| {
            run.carry_out(case, actor, decision, Span::default(), sink);
            Ok(())
        })
    }

    /// A row is written, with the cases that it opens.
    ///
    /// # Errors
    ///
    /// The refusal of a case that it would open; nothing has changed then.
    pub fn row(&mut self, put: RowPut, actor: &Actor) -> Result<(), Refusal> {
        self.whole(|run, sink| run.write_row(put, actor, Span::default(), sink))
    }

    /// The cases in the order in which they were opened, each with the mechanism under which it runs.
    pub fn cases(&self) -> impl Iterator<Item = (&State, &Arc<Mechanism>)> {
        self.run.cases.values().map(|live| (&live.state, &live.mechanism))
    }

    /// A case.
    pub fn case(&self, id: CaseId) -> Option<(&State, &Arc<Mechanism>)> {
        let live = self.run.cases.get(&id)?;
        Some((&live.state, &live.mechanism))
    }

    /// How many events there were.
    pub fn events(&self) -> usize {
        self.run.story.len()
    }

    /// The events of each case as the stored log would name them, in order.
    pub fn told(&self) -> impl Iterator<Item = (CaseId, Vec<String>)> {
        self.run.cases.iter().map(|(id, live)| {
            let names = live.events.iter().map(|(event, _)| event.stored().0);
            (*id, names.collect())
        })
    }

    /// Laws that were broken, and refusals of what time alone brings about.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Whether the replay of every case gives its live state.
    pub fn replays(&self) -> bool {
        self.run
            .cases
            .values()
            .all(|live| laws::replay(&live.events).as_ref() == Some(&live.state))
    }

    /// Plays something as one transaction: where any part of it is refused, all of it is taken back, as the engine does.
    fn whole(
        &mut self,
        play: impl FnOnce(&mut Run<'a>, &mut Sink<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let kept = (
            self.run.cases.clone(),
            self.run.world.clone(),
            self.run.counters.clone(),
            self.run.seq,
            self.run.story.len(),
        );
        let mut sink = Sink::new("");
        self.run.stopped = None;
        let mut outcome = play(&mut self.run, &mut sink);
        if let Some(refusal) = self.run.stopped.take() {
            outcome = outcome.and(Err(refusal));
        }
        let findings = sink.into_findings();
        if outcome.is_err() {
            let story = kept.4;
            (self.run.cases, self.run.world, self.run.counters, self.run.seq) =
                (kept.0, kept.1, kept.2, kept.3);
            self.run.story.truncate(story);
        }
        let broken = findings.into_iter().filter(|finding| finding.code != REFUSED);
        self.found.extend(broken);
        outcome
    }
}
