//! Running a scenario step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_diagnostics::Span;
use bihuan_domain::calendar::date_of;
use bihuan_domain::case::{Context, Decision, Effect, Family, Meta, State, decide};
use bihuan_domain::command::Command;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, Code, PersonId, PostId, UnitId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::verification::Beacon;
use bihuan_domain::world::World;
use bihuan_messages::{Label, Lang};
use jiff::Timestamp;
use jiff::civil::Date;

use super::command::command;
use super::{Happened, Outcome, Scenario, When, laws};
use crate::check::unknown;
use crate::digest::digest;
use crate::pack::{Loaded, Pack};
use crate::read::{Sink, Sp};

/// More than a year of one case can bring; stops a mechanism that would never rest.
const TICKS_MAX: usize = 10_000;

/// A case of the running scenario.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) name: String,
    pub(super) mechanism: Arc<Mechanism>,
    pub(super) state: State,
    pub(super) events: Vec<(CaseEvent, Meta)>,
}

/// The running scenario.
pub(super) struct Run<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) scenario: &'a Scenario,
    pub(super) raw: &'a str,
    pub(super) world: World,
    pub(super) cases: BTreeMap<CaseId, Live>,
    pub(super) now: Timestamp,
    pub(super) story: Vec<Happened>,
    pub(super) figures: Vec<(String, String, bool)>,
    pub(super) seq: u64,
    pub(super) counters: BTreeMap<(Code, i16), u32>,
    /// The day up to which schedules have opened what was due.
    pub(super) scheduled: Date,
    /// The first refusal of an effect since it was last looked at; a rehearsal takes the whole command back then.
    pub(super) stopped: Option<Refusal>,
}

/// The cases of the scenario, for who asks after a parent or a child.
pub(super) struct Kin<'a>(pub(super) &'a BTreeMap<CaseId, Live>);

impl Family for Kin<'_> {
    fn show(&self, case: CaseId, see: &mut dyn FnMut(&State)) {
        if let Some(live) = self.0.get(&case) {
            see(&live.state);
        }
    }
}

/// Why a step was not taken.
pub(super) enum Stopped {
    Refused(Box<Refusal>),
    /// The step itself cannot be understood; reported already.
    Unclear,
}

/// The pack whose org tree a scenario plays in.
pub(super) fn home<'a>(scenario: &Scenario, loaded: &'a Loaded) -> Option<&'a Pack> {
    loaded
        .mechanism(&scenario.mechanism.as_str().into())
        .and_then(|mechanism| loaded.pack(mechanism.pack.as_str()))
}

/// Plays a scenario in a world.
pub(super) fn run(scenario: &Scenario, loaded: &Loaded, world: World) -> Outcome {
    let mut sink = Sink::new(&scenario.file);
    let mut run = Run {
        loaded,
        scenario,
        raw: &scenario.text,
        world,
        cases: BTreeMap::new(),
        now: scenario
            .steps
            .first()
            .map_or(Timestamp::UNIX_EPOCH, |step| step.at.value),
        story: Vec::new(),
        figures: Vec::new(),
        seq: 0,
        counters: BTreeMap::new(),
        scheduled: scenario
            .adopted
            .or_else(|| scenario.steps.first().map(|step| date_of(step.at.value)))
            .and_then(|day| day.yesterday().ok())
            .unwrap_or_default(),
        stopped: None,
    };
    if loaded.mechanism(&scenario.mechanism.as_str().into()).is_none() {
        let found = Sp::new(scenario.mechanism_span, scenario.mechanism.clone());
        let known: Vec<&str> = loaded
            .packs
            .iter()
            .flat_map(|p| &p.mechanisms)
            .map(|m| m.id.as_str())
            .collect();
        unknown(&mut sink, "M0307", &found, known.into_iter());
    } else {
        for step in &scenario.steps {
            run.step(step, &mut sink);
        }
        run.reproduced(&mut sink);
        for live in run.cases.values() {
            if laws::replay(&live.events).as_ref() != Some(&live.state) {
                sink.error("M0304", scenario.mechanism_span, |m| m);
            }
        }
    }
    Outcome {
        id: scenario.id.clone(),
        label: scenario.label.clone(),
        file: scenario.file.clone(),
        mechanism: scenario.mechanism.clone(),
        story: run.story,
        figures: run.figures,
        findings: sink.into_findings(),
    }
}

impl Run<'_> {
    fn step(&mut self, step: &When, sink: &mut Sink<'_>) {
        let before = self.story.len();
        let known: BTreeSet<CaseId> = self.cases.keys().copied().collect();
        self.pass_time(step.at.value, step.span, sink);
        let result = self.act(step, sink);
        self.name_new(step, &known);
        // A draw waits for the first checkpoint after its request: in a scenario that is at once.
        self.pass_time(step.at.value, step.span, sink);
        let expected = step.then.as_ref().and_then(|then| then.refused.as_ref());
        match (result, expected) {
            (Err(Stopped::Refused(refusal)), expected) => {
                let span = expected.map_or(step.action.span, |code| code.span);
                if expected.is_none_or(|code| code.value != refusal.code) {
                    let text = refusal_label(&refusal);
                    sink.error("M0302", span, |m| {
                        m.with("what", &text).with("code", refusal.code.as_str())
                    });
                }
            }
            (Ok(()), Some(code)) => sink.error("M0306", code.span, |m| m.with("code", code.as_str())),
            _ => {}
        }
        if let Some(then) = &step.then {
            let happened = self.story.get(before..).unwrap_or_default().to_vec();
            self.expect(then, &step.case, &happened, sink);
        }
    }

    /// Lets time pass: everything that falls due fires at its own time, the earliest first.
    pub(super) fn pass_time(&mut self, to: Timestamp, span: Span, sink: &mut Sink<'_>) {
        let mut idle: BTreeSet<CaseId> = BTreeSet::new();
        let mut scheduled = self.next_schedule(to, span, sink);
        for ticks in 0..=TICKS_MAX {
            if ticks == TICKS_MAX {
                // Law 4: what escalates comes to rest.
                sink.error("M0303", span, |m| {
                    m.with("what", crate::text::label("check.law_rest"))
                });
                break;
            }
            let next = self
                .cases
                .iter()
                .filter(|(id, _)| !idle.contains(id))
                .filter_map(|(id, live)| live.state.wake().map(|at| (at, *id)))
                .filter(|(at, _)| *at <= to)
                .min();
            if scheduled
                .as_ref()
                .is_some_and(|(at, ..)| next.is_none_or(|(wake, _)| *at <= wake))
                && let Some((at, brought, title)) = scheduled.take()
            {
                self.now = self.now.max(at);
                self.scheduled = self.scheduled.max(date_of(at));
                for (brought, title) in brought.into_iter().zip(title) {
                    if let Err(refusal) = self.bring(brought, Some(&title), span, sink) {
                        refused(sink, span, &refusal);
                    }
                }
                scheduled = self.next_schedule(to, span, sink);
                continue;
            }
            let Some((at, id)) = next else { break };
            self.now = self.now.max(at);
            let actor = Actor::system();
            let beacon = self.beacon();
            match self.decide(id, &actor, &Command::Tick { beacon: Some(beacon) }) {
                Ok(decision) if decision.events.is_empty() => {
                    idle.insert(id);
                }
                Ok(decision) => self.carry_out(id, &actor, decision, span, sink),
                Err(refusal) => {
                    refused(sink, span, &refusal);
                    idle.insert(id);
                }
            }
        }
        self.now = self.now.max(to);
        self.scheduled = self.scheduled.max(date_of(to));
    }

    /// A lot that anybody can derive again: it follows from the scenario's code and the number of events so far.
    fn beacon(&self) -> Beacon {
        let size = self.seq.saturating_add(1);
        let root = digest(&format!("{}/{size}", self.scenario.id));
        Beacon {
            size,
            root: root.as_str().trim_start_matches("sha256:").to_owned(),
        }
    }

    pub(super) fn decide(&self, id: CaseId, actor: &Actor, command: &Command) -> Result<Decision, Refusal> {
        let Some(live) = self.cases.get(&id) else {
            return Err(Refusal::new("no_such_case"));
        };
        let recent: BTreeSet<PersonId> = BTreeSet::new();
        let context = Context {
            now: self.now,
            actor,
            mechanism: &live.mechanism,
            world: &self.world,
            recent: &recent,
            opener: None,
            family: &Kin(&self.cases),
        };
        decide(&context, Some(&live.state), command)
    }

    /// Appends events and what they bring to other cases.
    pub(super) fn carry_out(
        &mut self,
        id: CaseId,
        actor: &Actor,
        decision: Decision,
        span: Span,
        sink: &mut Sink<'_>,
    ) {
        for event in decision.events {
            self.append(id, actor, event, span, sink);
        }
        for effect in decision.effects {
            let (parent, command) = match effect {
                Effect::ChildAdded { parent, child } => (parent, Command::AddChild { child }),
                Effect::ChildEnded { parent, child, kind } => (parent, Command::EndChild { child, kind }),
                Effect::RowAdded(put) => {
                    if let Err(refusal) = self.write_row(put, actor, span, sink) {
                        self.effect_refused(refusal, span, sink);
                    }
                    continue;
                }
                Effect::Opens(brought) => {
                    if let Err(refusal) = self.bring(*brought, None, span, sink) {
                        self.effect_refused(refusal, span, sink);
                    }
                    continue;
                }
            };
            let system = Actor::system();
            match self.decide(parent, &system, &command) {
                Ok(decision) => self.carry_out(parent, &system, decision, span, sink),
                Err(refusal) => self.effect_refused(refusal, span, sink),
            }
        }
    }

    fn effect_refused(&mut self, refusal: Refusal, span: Span, sink: &mut Sink<'_>) {
        refused(sink, span, &refusal);
        self.stopped.get_or_insert(refusal);
    }

    fn append(&mut self, id: CaseId, actor: &Actor, event: CaseEvent, span: Span, sink: &mut Sink<'_>) {
        self.seq = self.seq.saturating_add(1);
        let meta = Meta {
            seq: self.seq,
            at: self.now,
            actor: actor.clone(),
        };
        let Some(live) = self.cases.get_mut(&id) else {
            return;
        };
        // The opening has made the state already.
        if !matches!(event, CaseEvent::Opened(_)) {
            live.state.evolve(&event, &meta);
        }
        let name = event.stored().0;
        live.events.push((event, meta));
        self.story.push(Happened {
            at: self.now,
            case: live.name.clone(),
            event: name,
            stage: live.state.stage.as_str().to_owned(),
            holder: live.state.holder.post.as_str().to_owned(),
        });
        if let Some(law) = laws::broken(&live.state, &self.world) {
            sink.error("M0303", span, |m| m.with("what", crate::text::label(law)));
        }
    }

    fn act(&mut self, step: &When, sink: &mut Sink<'_>) -> Result<(), Stopped> {
        match step.action.as_str() {
            "wait" => return Ok(()),
            "row" => return self.put_row(step, sink),
            "compute" => return self.compute(step, sink),
            "open" => return self.open(step, sink),
            _ => {}
        }
        let actor = self.actor(step, sink)?;
        let id = self.case(&step.case, sink)?;
        let Some(mechanism) = self.cases.get(&id).map(|live| Arc::clone(&live.mechanism)) else {
            return Err(Stopped::Unclear);
        };
        let command = command(step, &mechanism, sink)?;
        let decision = self
            .decide(id, &actor, &command)
            .map_err(|r| Stopped::Refused(Box::new(r)))?;
        self.carry_out(id, &actor, decision, step.span, sink);
        Ok(())
    }

    /// The case under a name.
    pub(super) fn case(&self, name: &Sp<String>, sink: &mut Sink<'_>) -> Result<CaseId, NoSuchCase> {
        let found = self
            .cases
            .iter()
            .find(|(_, live)| live.name == name.value)
            .map(|(id, _)| *id);
        found.ok_or_else(|| {
            unknown(
                sink,
                "M0307",
                name,
                self.cases.values().map(|live| live.name.as_str()),
            );
            NoSuchCase
        })
    }

    pub(super) fn actor(&self, step: &When, sink: &mut Sink<'_>) -> Result<Actor, Stopped> {
        let Some(by) = &step.by else {
            sink.error("M0004", step.span, |m| {
                m.with("key", "by").with("table", "[[when]]")
            });
            return Err(Stopped::Unclear);
        };
        let post = match by.as_str() {
            "system" => return Ok(Actor::system()),
            // Whoever it is now: for scenarios that are about something else, and for generated ones.
            "holder" | "approver" => {
                let id = self.case(&step.case, sink)?;
                return Ok(self.whoever(by.as_str(), id));
            }
            named => PostId::new(named),
        };
        if !self.world.org.posts.contains_key(&post) {
            unknown(sink, "M0307", by, self.world.org.posts.keys().map(PostId::as_str));
            return Err(Stopped::Unclear);
        }
        let day = date_of(self.now);
        let person = match &step.person {
            Some(person) => PersonId::new(person.as_str()),
            None => self
                .world
                .org
                .persons_on(&post, day)
                .next()
                .cloned()
                .unwrap_or_else(|| PersonId::new("nobody")),
        };
        let on_behalf_of = step.on_behalf_of.as_ref().map(|unit| UnitId::new(unit.as_str()));
        Ok(Actor {
            person,
            post,
            on_behalf_of,
            session: None,
        })
    }

    /// The holder of a case (the person whom the lot named, where one was drawn), or who decides its first request.
    fn whoever(&self, which: &str, id: CaseId) -> Actor {
        let Some(live) = self.cases.get(&id) else {
            return Actor::system();
        };
        let request = live
            .state
            .requests
            .values()
            .next()
            .filter(|_| which == "approver");
        let holder = request.map_or(&live.state.holder, |request| &request.approver);
        let drawn = live
            .state
            .verification
            .as_ref()
            .and_then(|verification| verification.drawn.as_ref());
        let first = || {
            self.world
                .org
                .persons_on(&holder.post, date_of(self.now))
                .next()
                .cloned()
        };
        let person = match drawn.filter(|seat| seat.post == holder.post) {
            Some(seat) => seat.person.clone(),
            None => first().unwrap_or_else(|| PersonId::new("nobody")),
        };
        Actor {
            person,
            post: holder.post.clone(),
            on_behalf_of: None,
            session: None,
        }
    }
}

/// The case was not found; reported already.
pub(super) struct NoSuchCase;

impl From<NoSuchCase> for Stopped {
    fn from(_: NoSuchCase) -> Self {
        Stopped::Unclear
    }
}

/// Reports a refusal that no step expects.
pub(super) fn refused(sink: &mut Sink<'_>, span: Span, refusal: &Refusal) {
    let text = refusal_label(refusal);
    sink.error("M0302", span, |m| {
        m.with("what", &text).with("code", refusal.code.as_str())
    });
}

fn refusal_label(refusal: &Refusal) -> Label {
    Label::new(refusal.text(Lang::Zh), refusal.text(Lang::En))
}
