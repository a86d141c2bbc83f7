//! Putting a case into a stage: who holds it, which clock starts, how verification begins.

use bihuan_messages::{Label, Lang, Message};
use jiff::Timestamp;
use jiff::civil::Date;

use super::context::{Context, Subject};
use super::state::{ClockState, State};
use crate::calendar::date_of;
use crate::clock::{self, Limit, Pause, Rule};
use crate::event::{ClockStart, Holder, Placement, ProgressStart, VerificationAsked, WarningAt};
use crate::id::{Code, LadderId, StageId};
use crate::mechanism::{ClockSpec, LimitSpec, Stage, StageKind, Warning, Way};
use crate::refusal::Refusal;
use crate::value::Value;
use crate::verification::{Relaxation, eligible};

impl Context<'_> {
    /// Puts the case into `stage`, whose clock counts from `start`.
    pub(super) fn place(
        &self,
        stage: &StageId,
        subject: &Subject<'_>,
        start: Timestamp,
    ) -> Result<Placement, Refusal> {
        let spec = self.mechanism.stage(stage).ok_or_else(|| {
            // The checker proves that this cannot happen for a case that runs under its own definition.
            Refusal::new("unknown_stage").with("stage", stage.as_str())
        })?;
        let (holder, verification) = match spec.kind {
            StageKind::Verify => self.verifier(spec, subject)?,
            _ => (self.stage_holder(spec, subject), None),
        };
        let clock = match &spec.clock {
            Some(clock) => Some(self.start(clock, subject, start)?),
            None => None,
        };
        Ok(Placement {
            stage: stage.clone(),
            kind: spec.kind,
            holder,
            clock,
            verification,
        })
    }

    /// Who holds a stage.
    pub(super) fn stage_holder(&self, spec: &Stage, subject: &Subject<'_>) -> Holder {
        match &spec.holder {
            Some(role) => self.holder(role, subject),
            None => self.last_resort(),
        }
    }

    /// Starts a clock.
    pub(super) fn start(
        &self,
        spec: &ClockSpec,
        subject: &Subject<'_>,
        start: Timestamp,
    ) -> Result<ClockStart, Refusal> {
        let rule = self.rule(spec, subject, start);
        self.start_rule(rule, &spec.ladder, &spec.warnings, start)
    }

    /// The rule by which a clock that starts at `start` counts for this case.
    pub(super) fn rule(&self, spec: &ClockSpec, subject: &Subject<'_>, start: Timestamp) -> Rule {
        match &spec.limit {
            LimitSpec::Rule(rule) => rule.clone(),
            LimitSpec::Field { field, or } => match subject.values.get(field) {
                Some(Value::Date(day)) if date_of(start) <= *day => self.until(*day, or, start),
                _ => or.clone(),
            },
            LimitSpec::Choice { field, limits, or } => match subject.values.get(field) {
                Some(Value::Code(code)) => limits.get(code).unwrap_or(or).clone(),
                _ => or.clone(),
            },
        }
    }

    /// The rule of a clock that starts at `start` and runs until the end of a day. Where that is over (rework, a late
    /// signature, the evening after the office closed) the whole ladder would fire in one instant and leave nobody time
    /// to act: then the other limit counts.
    fn until(&self, day: Date, or: &Rule, start: Timestamp) -> Rule {
        let until = Rule {
            limit: Limit::Until(day),
            ..or.clone()
        };
        match self.due(&until, start) {
            Ok(due) if due <= start => or.clone(),
            _ => until,
        }
    }

    /// Starts a clock by a bare rule.
    pub(super) fn start_rule(
        &self,
        rule: Rule,
        ladder: &LadderId,
        warnings: &[Warning],
        start: Timestamp,
    ) -> Result<ClockStart, Refusal> {
        self.start_paused(rule, ladder, warnings, start, &[])
    }

    /// A clock that began at `start` and stood still meanwhile, by a rule that holds for all of it.
    pub(super) fn start_paused(
        &self,
        rule: Rule,
        ladder: &LadderId,
        warnings: &[Warning],
        start: Timestamp,
        pauses: &[Pause],
    ) -> Result<ClockStart, Refusal> {
        let due = self.due_paused(&rule, start, pauses)?;
        let mut marks = Vec::with_capacity(warnings.len());
        for warning in warnings {
            let share = (warning.num, warning.den);
            let calendars = &self.world.calendars;
            let at = clock::fraction_with_pauses(start, due, &rule, pauses, calendars, share.0, share.1)
                .map_err(|e| no_due(&e.message()))?;
            marks.push(WarningAt {
                at,
                colour: warning.colour,
            });
        }
        marks.sort_by_key(|mark| mark.at);
        Ok(ClockStart {
            rule,
            ladder: ladder.clone(),
            start,
            due,
            warnings: marks,
            day_named: None,
        })
    }

    /// A running clock as it is due now, after pauses that have ended or on a calendar that changed. Warnings that have
    /// fired do not come again.
    pub(super) fn counted_anew(
        &self,
        state: &State,
        key: &str,
        clock: &ClockState,
        rule: Rule,
        pauses: &[Pause],
    ) -> Result<ClockStart, Refusal> {
        let stage = self.mechanism.stage(&state.stage);
        let spec = match key {
            "case" => self.mechanism.clock.as_ref(),
            "stage" => stage.and_then(|stage| stage.clock.as_ref()),
            _ => None,
        };
        let mut warnings = spec.map_or(Vec::new(), |spec| spec.warnings.clone());
        // Those that have fired are the first ones.
        warnings.sort_by(|a, b| {
            (u64::from(a.num) * u64::from(b.den)).cmp(&(u64::from(b.num) * u64::from(a.den)))
        });
        let fired = warnings.len().saturating_sub(clock.warnings.len());
        let left = warnings.get(fired..).unwrap_or(&[]);
        let mut start = self.start_paused(rule, &clock.ladder, left, clock.start, pauses)?;
        start.day_named = clock.day_named;
        Ok(start)
    }

    /// Until when a breached clock stays on its rung, with these pauses; `None` where it stands on none.
    pub(super) fn rung_until(
        &self,
        clock: &ClockState,
        pauses: &[Pause],
    ) -> Result<Option<Timestamp>, Refusal> {
        let Some(rung) = clock.rung.as_ref().filter(|_| !clock.exhausted) else {
            return Ok(None);
        };
        let ladder = self.mechanism.ladders.get(&clock.ladder);
        let index = usize::try_from(rung.index).unwrap_or(usize::MAX);
        match ladder.and_then(|ladder| ladder.rungs.get(index)) {
            Some(spec) => self.due_paused(&spec.limit, rung.since, pauses).map(Some),
            None => Ok(None),
        }
    }

    /// The due time of a clock without pauses.
    pub(super) fn due(&self, rule: &Rule, start: Timestamp) -> Result<Timestamp, Refusal> {
        self.due_paused(rule, start, &[])
    }

    /// The due time of a clock that stood still meanwhile.
    pub(super) fn due_paused(
        &self,
        rule: &Rule,
        start: Timestamp,
        pauses: &[Pause],
    ) -> Result<Timestamp, Refusal> {
        let due =
            clock::due_at(rule, start, pauses, &self.world.calendars).map_err(|e| no_due(&e.message()))?;
        due.ok_or_else(|| no_due(&Message::new("refusal.clock_stands")))
    }

    /// The next regular report after `start`, whose clock counts from there.
    pub(super) fn progress(
        &self,
        subject: &Subject<'_>,
        start: Timestamp,
    ) -> Result<Option<ProgressStart>, Refusal> {
        self.progress_after(subject, start, date_of(start))
    }

    /// The regular report after the one that `state` owes, where feedback given now answers that one.
    ///
    /// A report counts for the period that runs once half of it is over, and from its day on; feedback given before
    /// is feedback, and the report is still owed.
    pub(super) fn progress_answered(
        &self,
        state: &State,
        subject: &Subject<'_>,
    ) -> Result<Option<ProgressStart>, Refusal> {
        let Some(clock) = state.clock("progress") else {
            return Ok(None);
        };
        let half = clock
            .start
            .checked_add(clock.due.duration_since(clock.start) / 2)
            .unwrap_or(clock.due);
        if self.now < half {
            return Ok(None);
        }
        let owed = match clock.rule.limit {
            Limit::Until(day) => day,
            _ => date_of(clock.due),
        };
        self.progress_after(subject, self.now, owed.max(self.today()))
    }

    /// Who owes the regular report once the case has the owner of `subject`; `None` where nobody owes one.
    pub(super) fn reporter(&self, state: &State, subject: &Subject<'_>) -> Option<Holder> {
        state.progress_by.as_ref()?;
        let spec = self.mechanism.progress.as_ref()?;
        Some(self.holder(&spec.by, subject))
    }

    fn progress_after(
        &self,
        subject: &Subject<'_>,
        start: Timestamp,
        after: Date,
    ) -> Result<Option<ProgressStart>, Refusal> {
        let Some(spec) = &self.mechanism.progress else {
            return Ok(None);
        };
        let next = spec
            .cadence
            .next_after(after, &self.world.calendars)
            .map_err(|e| no_due(&e.message()))?;
        let rule = Rule::new(Limit::Until(next.date)).on(spec.cadence.calendar.clone());
        let clock = self.start_rule(rule, &spec.ladder, &[], start)?;
        Ok(Some(ProgressStart {
            by: self.holder(&spec.by, subject),
            clock,
        }))
    }

    /// Who verifies, by the way that the risk asks for.
    fn verifier(
        &self,
        spec: &Stage,
        subject: &Subject<'_>,
    ) -> Result<(Holder, Option<VerificationAsked>), Refusal> {
        let way = self
            .mechanism
            .way(subject.risk)
            .ok_or_else(|| Refusal::new("no_way"))?;
        let asked = |pool, relaxed| VerificationAsked {
            way: Code::new(way.name()),
            pool,
            relaxed,
        };
        match way {
            Way::Drawn { function, post } => {
                let none = std::collections::BTreeSet::new();
                let handlers = subject.state.map_or(&none, |state| &state.handlers);
                let mut handlers = handlers.clone();
                handlers.insert(self.actor.person.clone());
                let (pool, mut relaxed) = eligible(
                    &self.world.org,
                    function,
                    post,
                    subject.owner,
                    &handlers,
                    self.recent,
                    self.today(),
                );
                if pool.is_empty() {
                    // Nobody can be drawn at all: the post of last resort verifies, and the event says so.
                    relaxed.push(Relaxation::WiderPool);
                }
                Ok((self.last_resort(), Some(asked(pool, relaxed))))
            }
            Way::Office(role) => {
                let office = self.holder(role, subject);
                // An office does not verify its own work.
                let holder = if office.unit == *subject.owner {
                    self.last_resort()
                } else {
                    office
                };
                Ok((holder, Some(asked(Vec::new(), Vec::new()))))
            }
            Way::Requester => {
                let unit = self.world.org.unit_of(&subject.opened_by.post);
                let holder = match unit {
                    Some(unit) if unit.id != *subject.owner => Holder {
                        role: REQUESTER.into(),
                        unit: unit.id.clone(),
                        post: subject.opened_by.post.clone(),
                    },
                    // Who asked is the owner itself: somebody else must look.
                    _ => self.last_resort(),
                };
                Ok((holder, Some(asked(Vec::new(), Vec::new()))))
            }
            Way::Record => Ok((self.last_resort(), Some(asked(Vec::new(), Vec::new())))),
            Way::Own => Ok((
                self.stage_holder(spec, subject),
                Some(asked(Vec::new(), Vec::new())),
            )),
        }
    }
}

/// The role under which the kernel itself lets the requester verify.
const REQUESTER: &str = "requester";

fn no_due(why: &Message) -> Refusal {
    Refusal::new("no_due").with("why", Label::new(why.text(Lang::Zh), why.text(Lang::En)))
}
