//! What happened to a matter, in days, and what the limits of its mechanism had planned from the day of its opening.

use bihuan_domain::calendar::{date_of, midnight};
use bihuan_domain::case::State;
use bihuan_domain::clock::{Rule, due_at};
use bihuan_domain::id::{CaseId, StageId};
use bihuan_domain::mechanism::{LimitSpec, Mechanism, Stage};
use bihuan_domain::value::Value;
use bihuan_engine::views::CaseRow;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::pages::charts::main_stages;
use crate::show::{self, Show};

/// A stay in a stage.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    /// The stage's name.
    pub(super) name: String,
    /// First day.
    pub(super) from: Date,
    /// Last day, or today.
    pub(super) to: Date,
    /// Whether it has ended.
    pub(super) ended: bool,
    /// The day on which the stage's clock was due.
    pub(super) due: Option<Date>,
}

/// What a stage was planned to take.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) from: Date,
    pub(super) to: Date,
}

/// A matter.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) id: CaseId,
    pub(super) title: String,
    pub(super) owner: String,
    pub(super) stage: String,
    pub(super) stays: Vec<Stay>,
    pub(super) plan: Vec<Planned>,
}

impl Course {
    pub(super) fn of(show: &Show<'_>, mechanism: &Mechanism, row: &CaseRow, state: &State) -> Course {
        let lang = show.visitor.lang;
        let name = |stage: &StageId| show::stage_name(Some(mechanism), stage, lang).to_owned();
        Course {
            id: row.id,
            title: row
                .title
                .clone()
                .unwrap_or_else(|| show.visitor.t("web.erased").to_owned()),
            owner: show.unit(&row.owner),
            stage: name(&row.stage),
            stays: stays(show.visitor.now, state, &name),
            plan: plan(show, mechanism, state),
        }
    }
}

/// The stays one after the other; hands that change within a stage make no new one.
fn stays(now: Timestamp, state: &State, name: &dyn Fn(&StageId) -> String) -> Vec<Stay> {
    let mut spans: Vec<(&StageId, Timestamp, Option<Timestamp>)> = Vec::new();
    for tenure in &state.tenures {
        match spans.last_mut() {
            Some((stage, _, to)) if **stage == tenure.stage => *to = tenure.to,
            _ => spans.push((&tenure.stage, tenure.from, tenure.to)),
        }
    }
    let end = state.closed.as_ref().map(|closed| closed.at);
    let due = |stage: &StageId, from: Timestamp, to: Option<Timestamp>| {
        let running = state
            .clock("stage")
            .filter(|_| to.is_none() && *stage == state.stage);
        let past = state.past.iter().rev().find(|past| {
            let during = from <= past.start && to.is_none_or(|to| past.start <= to);
            past.clock.as_str() == "stage" && past.stage == *stage && during
        });
        running.map(|clock| clock.due).or(past.map(|past| past.due))
    };
    spans
        .into_iter()
        .map(|(stage, from, to)| {
            let to = to.or(end);
            Stay {
                name: name(stage),
                from: date_of(from),
                to: date_of(to.unwrap_or(now)),
                ended: to.is_some(),
                due: due(stage, from, to).map(date_of),
            }
        })
        .collect()
}

/// The stages after each other from the day of opening, each as long as its limit.
fn plan(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> Vec<Planned> {
    let lang = show.visitor.lang;
    let first = state.tenures.first().map(|tenure| &tenure.stage);
    let main = main_stages(mechanism);
    let begun = main
        .iter()
        .position(|stage| Some(&stage.id) == first)
        .unwrap_or(0);
    let mut from = state.opened_at;
    let mut planned = Vec::new();
    for stage in main.into_iter().skip(begun) {
        let Some(to) = limit(show, stage, state, from).filter(|to| *to > from) else {
            continue;
        };
        planned.push(Planned {
            name: stage.label.get(lang).to_owned(),
            from: date_of(from),
            to: date_of(to),
        });
        from = to;
    }
    planned
}

fn limit(show: &Show<'_>, stage: &Stage, state: &State, from: Timestamp) -> Option<Timestamp> {
    let counted = |rule: &Rule| {
        due_at(rule, from, &[], &show.visitor.world.calendars)
            .ok()
            .flatten()
    };
    match &stage.clock.as_ref()?.limit {
        LimitSpec::Rule(rule) => counted(rule),
        LimitSpec::Field { field, or } => match state.values.get(field) {
            Some(Value::Date(day)) => day.tomorrow().ok().map(midnight),
            _ => counted(or),
        },
        LimitSpec::Choice { field, limits, or } => {
            let chosen = match state.values.get(field) {
                Some(Value::Code(code)) => limits.get(code),
                _ => None,
            };
            counted(chosen.unwrap_or(or))
        }
    }
}
