//! Whom one event of a case concerns, and why. Pure: the state before, the event, the state after.

use std::collections::BTreeSet;

use bihuan_domain::case::{Duty, DutyKind, State};
use bihuan_domain::clock::Limit;
use bihuan_domain::event::{CaseEvent, ClockKey};
use bihuan_domain::id::{PersonId, PostId};
use bihuan_domain::mechanism::StageKind;
use bihuan_domain::org::Actor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A case came (交办、转来).
    Arrived,
    /// It was sent back: verification failed (返工).
    SentBack,
    /// It was opened again after a look-back (回炉).
    Redo,
    /// A verification waits.
    Verify,
    /// A look-back waits.
    LookBack,
    /// A decision on somebody's request waits.
    Decide,
    /// A regular report falls due to somebody new.
    Report,
    /// A rung of a ladder came: an answer is due.
    Answer,
    /// A rung of a ladder came: a bulletin item waits for a signature.
    Sign,
    /// A reminder (催办).
    Reminded,
    /// A clock warns.
    Warned,
    /// A clock ran out.
    Breached,
    /// One's request was granted.
    Granted,
    /// One's request was refused.
    Refused,
    /// A case that one opened was closed.
    Closed,
    /// A case that one opened was opened again.
    Reopened,
    /// A bulletin waits for one's signature.
    Bulletin,
    /// An erasure waits for a second person.
    Erasure,
    /// One acts on a post for somebody who is away.
    Delegated,
    /// A unit objects to its assessment.
    Objection,
}

/// Reasons that one chooses together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something came to my desk.
    Work,
    /// A clock of mine warns.
    Warning,
    /// A clock of mine ran out, or a breach climbed to me.
    Breach,
    /// What became of what I asked for or opened.
    Outcome,
}

impl Kind {
    /// All, in the order in which they are offered.
    pub const ALL: [Kind; 4] = [Kind::Work, Kind::Warning, Kind::Breach, Kind::Outcome];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Work => "work",
            Kind::Warning => "warning",
            Kind::Breach => "breach",
            Kind::Outcome => "outcome",
        }
    }
}

impl Reason {
    const ALL: [Reason; 20] = [
        Reason::Arrived,
        Reason::SentBack,
        Reason::Redo,
        Reason::Verify,
        Reason::LookBack,
        Reason::Decide,
        Reason::Report,
        Reason::Answer,
        Reason::Sign,
        Reason::Reminded,
        Reason::Warned,
        Reason::Breached,
        Reason::Granted,
        Reason::Refused,
        Reason::Closed,
        Reason::Reopened,
        Reason::Bulletin,
        Reason::Erasure,
        Reason::Delegated,
        Reason::Objection,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Arrived => "arrived",
            Reason::SentBack => "sent_back",
            Reason::Redo => "redo",
            Reason::Verify => "verify",
            Reason::LookBack => "look_back",
            Reason::Decide => "decide",
            Reason::Report => "report",
            Reason::Answer => "answer",
            Reason::Sign => "sign",
            Reason::Reminded => "reminded",
            Reason::Warned => "warned",
            Reason::Breached => "breached",
            Reason::Granted => "granted",
            Reason::Refused => "refused",
            Reason::Closed => "closed",
            Reason::Reopened => "reopened",
            Reason::Bulletin => "bulletin",
            Reason::Erasure => "erasure",
            Reason::Delegated => "delegated",
            Reason::Objection => "objection",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether it is no group's business: what became of one person's requests, who is away, what is to be erased.
    pub(super) fn is_personal(self) -> bool {
        self.kind() == Kind::Outcome || matches!(self, Reason::Erasure | Reason::Delegated)
    }

    /// With which others it is chosen.
    pub fn kind(self) -> Kind {
        match self {
            Reason::Warned => Kind::Warning,
            Reason::Breached | Reason::Answer | Reason::Sign => Kind::Breach,
            Reason::Granted | Reason::Refused | Reason::Closed | Reason::Reopened => Kind::Outcome,
            _ => Kind::Work,
        }
    }
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// Whoever serves on the post.
    Post(PostId),
    /// One person, on a post.
    Person(PersonId, PostId),
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) to: To,
    pub(super) reason: Reason,
    pub(super) due: Option<Timestamp>,
    /// Whether its clock runs day and night: where the mechanism says that it works in emergencies, it is told at any hour.
    pub(super) urgent: bool,
}

/// Whom `event` concerns, the most telling reason of each first.
pub(super) fn told(before: Option<&State>, event: &CaseEvent, after: &State) -> Vec<Told> {
    let mut all = Vec::new();
    if let Some(before) = before {
        of_clocks(before, event, &mut all);
        of_outcomes(before, event, after, &mut all);
    }
    of_desks(before, event, after, &mut all);
    all
}

/// Whether an event is nobody's news, whatever the case was before it: feedback that answers no regular report, fields brought
/// up to date. Most events are these, and what the case was need not be found out for them.
pub fn is_nobodys_news(event: &CaseEvent) -> bool {
    match event {
        CaseEvent::Noted(e) => e.progress.is_none(),
        CaseEvent::Amended(_) => true,
        _ => false,
    }
}

/// Whether somebody is told of an event.
pub fn is_news(before: &State, event: &CaseEvent, after: &State) -> bool {
    !told(Some(before), event, after).is_empty()
}

/// Clocks that warn or ran out, and reminders: told to whose clock it is.
fn of_clocks(before: &State, event: &CaseEvent, all: &mut Vec<Told>) {
    let (to, reason, clock) = match event {
        CaseEvent::Warned(e) => (whose(before, &e.clock), Reason::Warned, &e.clock),
        CaseEvent::Breached(e) => (Some(e.charged.post.clone()), Reason::Breached, &e.clock),
        CaseEvent::Reminded(_) => {
            let due = before.due();
            all.push(Told {
                to: To::Post(before.holder.post.clone()),
                reason: Reason::Reminded,
                due,
                urgent: urgent(before, "stage"),
            });
            return;
        }
        _ => return,
    };
    if let Some(post) = to {
        all.push(Told {
            to: To::Post(post),
            reason,
            due: before.clock(clock.as_str()).map(|clock| clock.due),
            urgent: urgent(before, clock.as_str()),
        });
    }
}

/// What became of what somebody asked for or opened: told to that person.
fn of_outcomes(before: &State, event: &CaseEvent, after: &State, all: &mut Vec<Told>) {
    let mut tell = |to: &Actor, reason| {
        if !to.is_system() {
            all.push(Told {
                to: To::Person(to.person.clone(), to.post.clone()),
                reason,
                due: None,
                urgent: false,
            });
        }
    };
    if let CaseEvent::Decided(e) = event
        && let Some(asked) = before.requests.get(&e.request)
    {
        let reason = if e.granted {
            Reason::Granted
        } else {
            Reason::Refused
        };
        tell(&asked.by, reason);
    }
    match (before.is_open(), after.is_open()) {
        (true, false) => tell(&after.opened_by, Reason::Closed),
        (false, true) => tell(&after.opened_by, Reason::Reopened),
        _ => {}
    }
}

/// What is on a desk now and was not before.
fn of_desks(before: Option<&State>, event: &CaseEvent, after: &State, all: &mut Vec<Told>) {
    // A newer version of the rules may call a stage otherwise; that brings nothing to anybody's desk.
    let stages = !matches!(event, CaseEvent::Migrated(_));
    let there: BTreeSet<_> = before
        .into_iter()
        .flat_map(|state| lines(state, stages))
        .collect();
    for duty in after.duties() {
        if there.contains(&line(after, &duty, stages)) || waits_for_the_lot(after, &duty) {
            continue;
        }
        let key = match &duty.kind {
            DutyKind::Move { .. } => Some("stage".to_owned()),
            DutyKind::Decide { request, .. } => Some(format!("request/{request}")),
            DutyKind::Progress => Some("progress".to_owned()),
            DutyKind::Answer { clock, .. } => Some(clock.to_string()),
            DutyKind::LookBack => Some("lookback".to_owned()),
        };
        all.push(Told {
            to: match duty.person {
                Some(person) => To::Person(person, duty.holder.post),
                None => To::Post(duty.holder.post),
            },
            reason: reason(event, &duty.kind),
            due: duty.due,
            urgent: key.is_some_and(|key| urgent(after, &key)),
        });
    }
}

fn reason(event: &CaseEvent, duty: &DutyKind) -> Reason {
    match duty {
        DutyKind::Move {
            stage: StageKind::Verify,
        } => Reason::Verify,
        DutyKind::Move { .. } => match event {
            CaseEvent::Failed(_) => Reason::SentBack,
            CaseEvent::Reopened(_) => Reason::Redo,
            _ => Reason::Arrived,
        },
        DutyKind::Decide { .. } => Reason::Decide,
        DutyKind::Progress => Reason::Report,
        DutyKind::Answer { bulletin: true, .. } => Reason::Sign,
        DutyKind::Answer { .. } => Reason::Answer,
        DutyKind::LookBack => Reason::LookBack,
    }
}

/// A line of a desk, so that what is new there can be told from what stays.
type Line = (String, PostId, Option<PersonId>);

fn lines(state: &State, stages: bool) -> Vec<Line> {
    let duties = state.duties();
    duties.iter().map(|duty| line(state, duty, stages)).collect()
}

fn line(state: &State, duty: &Duty, stages: bool) -> Line {
    let what = match &duty.kind {
        DutyKind::Move { .. } if stages => format!("move/{}/{}/{}", state.stage, state.round, state.reworks),
        DutyKind::Move { .. } => "move".to_owned(),
        DutyKind::Decide { request, .. } => format!("decide/{request}"),
        DutyKind::Progress => "progress".to_owned(),
        DutyKind::Answer { clock, rung, .. } => format!("answer/{clock}/{rung}/{}", state.round),
        DutyKind::LookBack => format!("look_back/{}", state.round),
    };
    (what, duty.holder.post.clone(), duty.person.clone())
}

/// Before the lot has named a verifier nobody in person is asked.
fn waits_for_the_lot(state: &State, duty: &Duty) -> bool {
    let waiting = state.verification.as_ref();
    matches!(
        duty.kind,
        DutyKind::Move {
            stage: StageKind::Verify
        }
    ) && waiting.is_some_and(|asked| !asked.pool.is_empty() && asked.drawn.is_none())
}

/// Whose clock it is.
fn whose(state: &State, clock: &ClockKey) -> Option<PostId> {
    match clock.as_str() {
        "progress" => state.progress_by.as_ref().map(|by| by.post.clone()),
        "lookback" => {
            let by = state
                .look_back
                .as_ref()
                .and_then(|look_back| look_back.by.as_ref());
            by.map(|by| by.post.clone())
        }
        "case" | "stage" => Some(state.holder.post.clone()),
        other => {
            let number = other.strip_prefix("request/")?.parse::<u32>().ok()?;
            state
                .requests
                .get(&number)
                .map(|request| request.approver.post.clone())
        }
    }
}

/// Whether a clock counts day and night. One that counts office hours stands still at night: its notice can wait as well.
fn urgent(state: &State, clock: &str) -> bool {
    let clock = state.clock(clock);
    clock.is_some_and(|clock| matches!(clock.rule.limit, Limit::Minutes(_) | Limit::Hours(_)))
}
