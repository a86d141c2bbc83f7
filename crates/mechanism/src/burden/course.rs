//! What a case asks for on its ordinary course: opening, then in every stage the step that the file names first, then
//! verification. Other steps are listed and not counted.

use std::collections::BTreeSet;

use bihuan_domain::clock::{Cadence, Every, Limit, OnDayOff, Rule};
use bihuan_domain::id::{DatumId, FieldId, StepId};
use bihuan_domain::mechanism::{LimitSpec, Mechanism, SourceKind, Stage, Step, Way};
use bihuan_messages::Label;

use super::constants::{
    self, CONFIRM, CONFIRM_DONE, EVIDENCE, LOOK_BACK, OCCASION, REPORT, VERIFY, WORKING_DAYS,
};
use super::who::{Kinds, Who};
use super::{Ask, Often, Tenths};
use crate::text::label;

/// Everything that a mechanism asks.
pub(crate) fn asks(mechanism: &Mechanism, kinds: &Kinds) -> Vec<Ask> {
    let mut asking = Asking {
        mechanism,
        kinds,
        known: BTreeSet::new(),
        asks: Vec::new(),
    };
    asking.opening();
    let opened = asking.known.clone();
    let course = course(mechanism);
    for (stage, step) in &course {
        asking.step(stage, step, Often::Case);
    }
    asking.known = opened;
    for stage in &mechanism.stages {
        for step in &stage.steps {
            let taken = |(at, first): &(&Stage, &Step)| at.id == stage.id && first.id == step.id;
            if !course.iter().any(taken) {
                let known = asking.known.clone();
                asking.step(stage, step, Often::Beside);
                asking.known = known;
            }
        }
    }
    asking.progress();
    asking.verification();
    asking.asks
}

/// The ordinary course: from the first stage by the first step of each, as long as it leads on.
fn course(mechanism: &Mechanism) -> Vec<(&Stage, &Step)> {
    let mut course = Vec::new();
    let mut seen = BTreeSet::new();
    let mut at = mechanism.stage(&mechanism.open.stage);
    while let Some(stage) = at.filter(|stage| seen.insert(stage.id.clone())) {
        let Some(step) = stage.steps.first() else { break };
        course.push((stage, step));
        at = mechanism.stage(&step.to);
    }
    course
}

struct Asking<'a> {
    mechanism: &'a Mechanism,
    kinds: &'a Kinds,
    /// Fields that have a value by now: they are confirmed, not typed again.
    known: BTreeSet<FieldId>,
    asks: Vec<Ask>,
}

impl Asking<'_> {
    fn push(&mut self, label: Label, who: Vec<Who>, tenths: Tenths, often: Often) {
        self.asks.push(Ask {
            mechanism: self.mechanism.id.clone(),
            label,
            who,
            data: Vec::new(),
            evidence: 0,
            tenths,
            often,
        });
    }

    /// What these fields take, the known ones by a click; with their data.
    fn fields(&mut self, fields: &[FieldId]) -> (Tenths, Vec<(Label, DatumId)>) {
        let mut sum = 0;
        let mut data = Vec::new();
        for id in fields {
            let Some(field) = self.mechanism.field(id) else {
                continue;
            };
            if self.known.insert(id.clone()) {
                sum += constants::field(&field.ty);
                data.push((field.label.clone(), field.datum.clone()));
            } else {
                sum += CONFIRM;
            }
        }
        (sum, data)
    }

    fn opening(&mut self) {
        let required: Vec<FieldId> = self
            .mechanism
            .fields
            .iter()
            .filter(|f| f.required)
            .map(|f| f.id.clone())
            .collect();
        let open = &self.mechanism.open;
        let itself = open.schedule.is_some() || open.on.is_some();
        let others = |from: &SourceKind| {
            !matches!(
                from,
                SourceKind::Schedule | SourceKind::Warning | SourceKind::Parent
            )
        };
        let by_hand = !open.by.is_empty() && open.from.iter().any(others);
        let (tenths, data) = self.fields(&required);
        if !by_hand {
            return;
        }
        let who = self.kinds.roles(self.mechanism, &open.by);
        // Where cases also open by themselves, opening one by hand is beside the ordinary course.
        let often = if itself { Often::Beside } else { Often::Case };
        self.push(label("about.open"), who, OCCASION + tenths, often);
        if let Some(ask) = self.asks.last_mut() {
            ask.data = data;
        }
    }

    fn step(&mut self, stage: &Stage, step: &Step, often: Often) {
        // The step that a join takes by itself asks nobody.
        let children = self.mechanism.children.as_ref();
        if children.is_some_and(|c| c.stage == stage.id && c.then == StepId::new(step.id.as_str())) {
            return;
        }
        let (needed, mut data) = self.fields(&step.needs);
        let (optional, more) = self.fields(&step.takes);
        data.extend(more);
        let row = step
            .adds
            .as_ref()
            .and_then(|register| self.mechanism.registers.get(register));
        let row_fields = row.iter().flat_map(|register| &register.fields);
        let row_tenths: Tenths = row_fields.clone().map(|field| constants::field(&field.ty)).sum();
        data.extend(row_fields.map(|field| (field.label.clone(), field.datum.clone())));
        let who = if step.by.is_empty() {
            stage
                .holder
                .iter()
                .flat_map(|role| self.kinds.role(self.mechanism, role))
                .collect()
        } else {
            self.kinds.roles(self.mechanism, &step.by)
        };
        // What may be left out is filled in every other time.
        let tenths = OCCASION + needed + optional / 2 + row_tenths + EVIDENCE * u64::from(step.evidence);
        self.push(step.label.clone(), who, tenths, often);
        if let Some(ask) = self.asks.last_mut() {
            ask.data = data;
            ask.evidence = step.evidence;
        }
    }

    fn progress(&mut self) {
        if let Some(progress) = &self.mechanism.progress {
            let who = self.kinds.role(self.mechanism, &progress.by);
            let often = Often::WhileOpen(times_a_year(&progress.cadence));
            self.push(progress.label.clone(), who, OCCASION + REPORT, often);
        }
    }

    fn verification(&mut self) {
        let closing = &self.mechanism.closing;
        let way = self.mechanism.way(self.mechanism.open.risk);
        if let Some((who, tenths)) = way.and_then(|way| {
            self.kinds
                .way(self.mechanism, way)
                .map(|who| (who, minutes_of(way)))
        }) {
            self.push(label("about.verification"), who, tenths, Often::Case);
        }
        if let Some(look) = &closing.look_back {
            let who = self.kinds.role(self.mechanism, &look.by);
            self.push(
                label("about.look_back_short"),
                who,
                LOOK_BACK,
                Often::Share(look.num, look.den),
            );
        }
    }
}

fn minutes_of(way: &Way) -> Tenths {
    match way {
        Way::Requester => CONFIRM_DONE,
        Way::Record => 0,
        Way::Drawn { .. } | Way::Office(_) | Way::Own => VERIFY,
    }
}

/// How often a recurrence comes in a year, days off not deducted but for what is daily.
pub(crate) fn times_a_year(cadence: &Cadence) -> u64 {
    let count = |list: usize| u64::try_from(list).unwrap_or(0);
    match &cadence.every {
        Every::Daily if cadence.on_day_off == OnDayOff::Keep => 365,
        Every::Daily => WORKING_DAYS,
        Every::Weekly(days) => constants::WEEKS * count(days.len()),
        Every::Weeks { every, days, .. } => {
            (constants::WEEKS * count(days.len())).div_ceil(u64::from((*every).max(1)))
        }
        Every::MonthlyDays(days) => 12 * count(days.len()),
        Every::Months { every, on, .. } => 12 / u64::try_from((*every).max(1)).unwrap_or(1) * count(on.len()),
        Every::Quarterly { .. } => 4,
        Every::Yearly { .. } => 1,
        Every::Dates(dates) => count(dates.len()),
    }
}

/// How many days a case is open if it uses its limits: that of the whole case, else those of the ordinary course.
pub(crate) fn days(mechanism: &Mechanism) -> u64 {
    if let Some(clock) = &mechanism.clock {
        return limit_days(&clock.limit);
    }
    let stages = course(mechanism);
    let clocks = stages.iter().filter_map(|(stage, _)| stage.clock.as_ref());
    clocks.map(|clock| limit_days(&clock.limit)).sum()
}

fn limit_days(limit: &LimitSpec) -> u64 {
    match limit {
        LimitSpec::Rule(rule) | LimitSpec::Field { or: rule, .. } | LimitSpec::Choice { or: rule, .. } => {
            rule_days(rule)
        }
    }
}

fn rule_days(rule: &Rule) -> u64 {
    match rule.limit {
        Limit::Minutes(n) => u64::from(n).div_ceil(24 * 60),
        Limit::Hours(n) => u64::from(n).div_ceil(24),
        Limit::Days(n) => u64::from(n),
        Limit::WorkingHours(n) => u64::from(n).div_ceil(8),
        // Five working days are a week.
        Limit::WorkingDays(n) => (u64::from(n) * 7).div_ceil(5),
        // Half of what the longest could be.
        Limit::HalfMonth => 8,
        Limit::EndOfMonth => 15,
        Limit::EndOfQuarter | Limit::Until(_) => 45,
        Limit::EndOfYear => 183,
    }
}
