//! The course of one case: in which stage and with whom it was, from when to when.

use bihuan_domain::case::{State, Tenure};
use bihuan_domain::event::{Holder, Number};
use bihuan_domain::id::{CaseId, MechanismId, StageId, UnitId};
use bihuan_domain::mechanism::{MechanismRef, Risk, StageKind};
use bihuan_ledger::Reader;
use jiff::Timestamp;
use serde::Deserialize;

use crate::access::Sight;
use crate::error::Error;
use crate::happened;
use crate::views::{Filter, Views, state};

/// The course of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The case.
    pub case: CaseId,
    /// Its mechanism.
    pub mechanism: MechanismId,
    /// Its printed number.
    pub number: Option<String>,
    /// Who answers for it.
    pub owner: UnitId,
    /// The case that it is a part of.
    pub parent: Option<CaseId>,
    /// Its risk.
    pub risk: Risk,
    /// Whether it goes on.
    pub open: bool,
    /// Where it was, without gap or overlap, oldest first.
    pub stays: Vec<Stay>,
}

/// A time in one stage with one holder; nobody holds what has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The stage.
    pub stage: StageId,
    /// Who had it.
    pub holder: Option<Holder>,
    /// From when.
    pub from: Timestamp,
    /// Until when; open while it lasts.
    pub to: Option<Timestamp>,
}

impl Course {
    /// The stays with which the case came to another stage; what follows in the same stage is a change of hands.
    pub fn arrivals(&self) -> impl Iterator<Item = &Stay> {
        let mut last: Option<&StageId> = None;
        self.stays
            .iter()
            .filter(move |stay| last.replace(&stay.stage) != Some(&stay.stage))
    }
}

impl Course {
    /// Whether it ever came to one of these stages.
    pub fn came_to(&self, stages: &[StageId]) -> bool {
        self.stays.iter().any(|stay| stages.contains(&stay.stage))
    }

    /// The stages one after the other, each from when to when, whoever held the case in it; open while it lasts.
    pub fn in_stages(&self) -> impl Iterator<Item = (&StageId, Timestamp, Option<Timestamp>)> {
        let next = self.arrivals().skip(1).map(|stay| Some(stay.from));
        self.arrivals()
            .zip(next.chain(std::iter::once(None)))
            .map(|(stay, to)| (&stay.stage, stay.from, to))
    }
}

/// What a state says of its course; the rest of it is not even read.
#[derive(Deserialize)]
struct Known {
    id: CaseId,
    mechanism: MechanismRef,
    #[serde(default)]
    number: Option<Number>,
    risk: Risk,
    #[serde(default)]
    parent: Option<CaseId>,
    owner: UnitId,
    stage: StageId,
    kind: StageKind,
    stage_since: Timestamp,
    #[serde(default)]
    tenures: Vec<Tenure>,
    round: u32,
}

/// The courses of all cases of these mechanisms (all where empty) that `sight` may see, in order of id.
///
/// # Errors
///
/// If the read models or the log cannot be read.
pub fn courses(views: &Views, mechanisms: &[MechanismId], sight: &Sight) -> Result<Vec<Course>, Error> {
    let seen = Filter {
        mechanisms: mechanisms.to_vec(),
        visible_to: sight.clone(),
        ..Filter::default()
    };
    let cases: Vec<CaseId> = views.ids(&seen)?.into_iter().collect();
    let runs = views.side_by_side(&cases, |log, run| {
        let mut courses = Vec::with_capacity(run.len());
        for case in run {
            if let Some(known) = state(log.connection(), *case)? {
                courses.push(of(log, known)?);
            }
        }
        Ok(courses)
    })?;
    Ok(runs.into_iter().flatten().collect())
}

fn of(log: &Reader, known: Known) -> Result<Course, Error> {
    let stays = if known.round > 1 {
        // What it was closed as before stands in the log alone.
        from_log(log, known.id)?
    } else {
        let end = End {
            stage: known.stage,
            at: known.stage_since,
            after: known.tenures.len(),
        };
        let ends = if known.kind.is_open() {
            Vec::new()
        } else {
            vec![end]
        };
        stays(known.tenures, ends)
    };
    Ok(Course {
        case: known.id,
        mechanism: known.mechanism.id,
        number: known.number.map(|number| number.text),
        owner: known.owner,
        parent: known.parent,
        risk: known.risk,
        open: known.kind.is_open(),
        stays,
    })
}

/// An end of a case, after so many tenures.
struct End {
    stage: StageId,
    at: Timestamp,
    after: usize,
}

fn from_log(log: &Reader, case: CaseId) -> Result<Vec<Stay>, Error> {
    let (mut state, mut ends): (Option<State>, Vec<End>) = (None, Vec::new());
    happened::to_case(log, case, u64::MAX, |event, meta| {
        let open = state.as_ref().is_some_and(State::is_open);
        happened::evolve(&mut state, &event, &meta);
        if let Some(state) = state.as_ref().filter(|state| open && !state.is_open()) {
            ends.push(End {
                stage: state.stage.clone(),
                at: state.stage_since,
                after: state.tenures.len(),
            });
        }
        Ok(())
    })?;
    Ok(stays(state.map(|state| state.tenures).unwrap_or_default(), ends))
}

/// Tenures with the ends between and behind them.
fn stays(tenures: Vec<Tenure>, ends: Vec<End>) -> Vec<Stay> {
    let mut stays = Vec::with_capacity(tenures.len().saturating_add(ends.len()));
    let mut ends = ends.into_iter().peekable();
    let mut tenures = tenures.into_iter().enumerate().peekable();
    loop {
        let gone = tenures.peek().map(|(n, _)| *n);
        if let Some(end) = ends.next_if(|end| gone.is_none_or(|gone| end.after <= gone)) {
            let again = tenures.peek().map(|(_, tenure)| tenure.from);
            stays.push(Stay {
                stage: end.stage,
                holder: None,
                from: end.at,
                to: again,
            });
        } else if let Some((_, tenure)) = tenures.next() {
            stays.push(Stay {
                stage: tenure.stage,
                holder: Some(tenure.holder),
                from: tenure.from,
                to: tenure.to,
            });
        } else {
            return stays;
        }
    }
}
