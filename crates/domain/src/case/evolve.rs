//! What a case is after an event. Nothing is refused here: it has happened.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::state::{
    ClockState, ClosedState, LookBackState, Meta, PastClock, RequestState, Rung, State, Tenure,
    VerificationState,
};
use crate::clock::Pause;
use crate::event::{
    CaseEvent, ClockKey, ClockStart, Decided, Holder, Migrated, Opened, Placement, ProgressStart, Values,
};
use crate::id::Code;
use crate::mechanism::{Colour, RequestKind, StageKind};
use crate::value::Attachment;

impl State {
    /// The state after the first event of a case.
    pub fn open(e: &Opened, meta: &Meta) -> State {
        let mut state = State {
            id: e.case,
            mechanism: e.mechanism.clone(),
            number: e.number.clone(),
            title: e.title.clone(),
            risk: e.risk,
            source: e.source.clone(),
            parent: e.parent,
            unique: e.unique.clone(),
            children: BTreeMap::new(),
            opened_at: meta.at,
            opened_by: meta.actor.clone(),
            owner: e.owner.clone(),
            supporting: e.supporting.clone(),
            stage: e.placement.stage.clone(),
            kind: e.placement.kind,
            stage_since: meta.at,
            holder: e.placement.holder.clone(),
            tenures: Vec::new(),
            round: 1,
            values: e.values.clone(),
            evidence: Vec::new(),
            papers: e.papers.clone(),
            handlers: BTreeSet::new(),
            clocks: BTreeMap::new(),
            past: Vec::new(),
            progress_by: None,
            requests: BTreeMap::new(),
            asked: 0,
            granted: BTreeMap::new(),
            suspended_until: None,
            verification: None,
            done_at: None,
            reworks: 0,
            sent_back: Vec::new(),
            undone: Vec::new(),
            stood: Vec::new(),
            cause: None,
            closed: None,
            look_back: None,
            was_late: false,
            seq: meta.seq,
            at: meta.at,
        };
        state.set_clock("case", e.clock.as_ref());
        state.set_progress(e.progress.as_ref());
        state.place(&e.placement, meta);
        state
    }

    /// Replays a whole stream. `None` where it does not begin with the opening of a case.
    pub fn replay<'a>(events: impl IntoIterator<Item = (&'a CaseEvent, Meta)>) -> Option<State> {
        let mut events = events.into_iter();
        let mut state = match events.next()? {
            (CaseEvent::Opened(e), meta) => State::open(e, &meta),
            _ => return None,
        };
        for (event, meta) in events {
            state.evolve(event, &meta);
        }
        Some(state)
    }

    /// Applies one event.
    pub fn evolve(&mut self, event: &CaseEvent, meta: &Meta) {
        self.follow_course(event, meta);
        match event {
            CaseEvent::Opened(e) => *self = State::open(e, meta),
            CaseEvent::Moved(e) => {
                if !meta.actor.is_system() && matches!(self.kind, StageKind::Work | StageKind::Wait) {
                    self.handlers.insert(meta.actor.person.clone());
                }
                self.take(&e.values, &e.evidence, meta);
                self.place(&e.placement, meta);
            }
            CaseEvent::Noted(e) => {
                if !meta.actor.is_system() && matches!(self.kind, StageKind::Work | StageKind::Wait) {
                    self.handlers.insert(meta.actor.person.clone());
                }
                self.take(&e.values, &e.evidence, meta);
                if e.progress.is_some() {
                    self.stop("progress", meta.at);
                    self.set_progress(e.progress.as_ref());
                }
            }
            CaseEvent::Amended(e) => {
                self.take(&e.values, &[], meta);
                if let Some(title) = &e.title {
                    self.title = title.clone();
                }
                self.extend("stage", e.stage_clock.as_ref());
                self.extend("case", e.case_clock.as_ref());
            }
            CaseEvent::Reminded(_) => {}
            CaseEvent::Reassigned(e) => {
                self.owner = e.owner.clone();
                self.reports(e.progress_by.as_ref());
                self.hold(&e.holder, meta.at);
            }
            CaseEvent::Requested(e) => {
                self.asked = e.request;
                let request = RequestState {
                    kind: e.kind,
                    by: meta.actor.clone(),
                    until: e.until,
                    unit: e.unit.clone(),
                    reason: e.reason.clone(),
                    note: e.note.clone(),
                    approver: e.approver.clone(),
                    holds: e.holds,
                };
                self.requests.insert(e.request, request);
                self.set_clock(&request_key(e.request), Some(&e.clock));
                if e.holds {
                    self.hold(&e.approver, meta.at);
                }
            }
            CaseEvent::Decided(e) => self.decided(e, meta),
            CaseEvent::Resumed(e) => {
                self.suspended_until = None;
                self.unpause("stage", e.at, e.stage_clock.as_ref());
                self.unpause("case", e.at, e.case_clock.as_ref());
                self.rungs_until(&e.rungs);
                self.renew_progress(e.progress.as_ref(), meta.at);
            }
            CaseEvent::ChildAdded(e) => {
                self.children.insert(e.child, StageKind::Work);
            }
            CaseEvent::ChildEnded(e) => {
                self.children.insert(e.child, e.kind);
            }
            CaseEvent::Warned(e) => {
                if let Some(clock) = self.clocks.get_mut(&e.clock) {
                    clock.warnings.retain(|warning| warning.at > e.due);
                    clock.colour = clock.colour.max(e.colour);
                }
            }
            CaseEvent::Breached(e) => {
                self.was_late = true;
                if let Some(clock) = self.clocks.get_mut(&e.clock) {
                    clock.breached = true;
                    clock.colour = Colour::Red;
                    clock.warnings.clear();
                }
            }
            CaseEvent::Escalated(e) => {
                if let Some(clock) = self.clocks.get_mut(&e.clock) {
                    clock.rung = Some(Rung {
                        index: e.rung,
                        to: e.to.clone(),
                        until: e.until,
                        bulletin: e.bulletin,
                        answered: false,
                        since: e.due,
                    });
                }
            }
            CaseEvent::Exhausted(e) => {
                if let Some(clock) = self.clocks.get_mut(&e.clock) {
                    clock.exhausted = true;
                }
            }
            CaseEvent::Answered(e) => {
                let rung = self
                    .clocks
                    .get_mut(&e.clock)
                    .and_then(|clock| clock.rung.as_mut());
                if let Some(rung) = rung.filter(|rung| rung.index == e.rung) {
                    rung.answered = true;
                }
            }
            CaseEvent::Drawn(e) => {
                if let Some(verification) = &mut self.verification {
                    let index = usize::try_from(e.index).unwrap_or(usize::MAX);
                    verification.drawn = verification.pool.get(index).cloned();
                }
                self.hold(&e.holder, meta.at);
                if e.clock.is_some() {
                    self.stop("stage", meta.at);
                    self.set_clock("stage", e.clock.as_ref());
                }
            }
            CaseEvent::Failed(e) => {
                self.reworks = self.reworks.saturating_add(1);
                self.take(&e.values, &e.evidence, meta);
                self.verification = None;
                self.done_at = None;
                self.renew_progress(e.progress.as_ref(), meta.at);
                self.place(&e.placement, meta);
            }
            CaseEvent::Closed(e) => {
                self.take(&e.values, &e.evidence, meta);
                self.closed = Some(ClosedState {
                    at: meta.at,
                    done: e.done,
                    on_time: e.on_time,
                    way: e.way.clone(),
                    by: meta.actor.clone(),
                });
                self.stage = e.stage.clone();
                self.end(StageKind::Closed, meta.at);
                self.look_back = e.look_back.map(|due| LookBackState { due, by: None });
            }
            CaseEvent::LookBackDrawn(e) => {
                self.look_back = e.by.clone().map(|by| LookBackState {
                    due: e.due,
                    by: Some(by),
                });
                self.set_clock("lookback", e.clock.as_ref());
            }
            CaseEvent::LookBackPassed(e) => {
                self.take(&Values::new(), &e.evidence, meta);
                self.stop("lookback", meta.at);
                self.look_back = None;
            }
            CaseEvent::Reopened(e) => {
                self.take(&Values::new(), &e.evidence, meta);
                self.stop("lookback", meta.at);
                self.look_back = None;
                self.closed = None;
                self.done_at = None;
                self.round = e.round;
                self.set_clock("case", e.clock.as_ref());
                self.set_progress(e.progress.as_ref());
                self.place(&e.placement, meta);
            }
            CaseEvent::Corrected(e) => self.take(&e.values, &[], meta),
            CaseEvent::Migrated(e) => self.migrated(e, meta),
            CaseEvent::Recounted(e) => {
                for (key, start) in &e.clocks {
                    if let Some(clock) = self.clocks.get_mut(key) {
                        clock.rule = start.rule.clone();
                        clock.due = start.due;
                        clock.warnings.clone_from(&start.warnings);
                    }
                }
                self.rungs_until(&e.rungs);
                if let (Some(due), Some(look_back)) = (e.look_back, &mut self.look_back) {
                    look_back.due = due;
                }
            }
        }
        self.seq = meta.seq;
        self.at = meta.at;
    }

    fn migrated(&mut self, e: &Migrated, meta: &Meta) {
        self.mechanism = e.mechanism.clone();
        for (was, is) in &e.fields {
            if let Some(value) = self.values.remove(was) {
                self.values.insert(is.clone(), value);
            }
        }
        if let Some(placement) = &e.placement {
            self.place(placement, meta);
        }
        if let Some(holder) = &e.holder {
            self.hold(holder, meta.at);
        }
        self.extend("stage", e.stage_clock.as_ref());
        self.extend("case", e.case_clock.as_ref());
    }

    fn decided(&mut self, e: &Decided, meta: &Meta) {
        self.stop(&request_key(e.request), meta.at);
        self.requests.remove(&e.request);
        if e.granted {
            let count = self.granted.entry(e.kind).or_default();
            *count = count.saturating_add(1);
        }
        if let Some(owner) = &e.owner {
            self.owner = owner.clone();
            self.reports(e.progress_by.as_ref());
        }
        if let Some(placement) = &e.placement {
            self.place(placement, meta);
            if !placement.kind.is_open() {
                self.end(placement.kind, meta.at);
            }
        }
        if let Some(holder) = &e.holder {
            self.hold(holder, meta.at);
        }
        match (e.kind, e.granted, e.review) {
            (RequestKind::Suspension, true, Some(review)) => {
                self.suspended_until = Some(review);
                self.rest_progress(meta.at);
                let reason = RequestKind::Suspension.name();
                for key in ["stage", "case"] {
                    if let Some(clock) = self.clocks.get_mut(key) {
                        clock.pauses.push(Pause {
                            from: meta.at,
                            to: None,
                            reason: reason.to_owned(),
                        });
                    }
                }
            }
            _ => {
                self.extend("stage", e.stage_clock.as_ref());
                self.extend("case", e.case_clock.as_ref());
            }
        }
    }

    fn take(&mut self, values: &Values, evidence: &[Attachment], meta: &Meta) {
        for (field, value) in values {
            self.values.insert(field.clone(), value.clone());
        }
        self.evidence
            .extend(evidence.iter().map(|file| (meta.seq, file.clone())));
    }

    fn place(&mut self, placement: &Placement, meta: &Meta) {
        self.stop("stage", meta.at);
        self.stage = placement.stage.clone();
        self.kind = placement.kind;
        self.stage_since = meta.at;
        self.set_clock("stage", placement.clock.as_ref());
        if placement.kind == StageKind::Verify {
            self.done_at = Some(meta.at);
            if let Some(clock) = self.clocks.get_mut("case") {
                clock.held = Some(meta.at);
            }
            self.rest_progress(meta.at);
        } else {
            // However verification was left (failed, or by the ladder's exit): the owner's clocks run again.
            for key in ["case", "progress"] {
                if let Some(clock) = self
                    .clocks
                    .get_mut(key)
                    .filter(|_| self.suspended_until.is_none())
                {
                    clock.held = None;
                }
            }
        }
        self.verification = placement.verification.as_ref().map(|asked| VerificationState {
            way: asked.way.clone(),
            asked_seq: meta.seq,
            asked_at: meta.at,
            pool: asked.pool.clone(),
            relaxed: asked.relaxed.clone(),
            drawn: None,
        });
        if placement.kind.is_open() {
            self.hold(&placement.holder, meta.at);
        } else {
            self.end(placement.kind, meta.at);
        }
    }

    fn hold(&mut self, holder: &Holder, at: Timestamp) {
        self.close_tenure(at);
        self.holder = holder.clone();
        self.tenures.push(Tenure {
            holder: holder.clone(),
            stage: self.stage.clone(),
            from: at,
            to: None,
        });
    }

    fn close_tenure(&mut self, at: Timestamp) {
        if let Some(tenure) = self.tenures.last_mut().filter(|tenure| tenure.to.is_none()) {
            tenure.to = Some(at);
        }
    }

    fn end(&mut self, kind: StageKind, at: Timestamp) {
        self.kind = kind;
        self.stage_since = at;
        self.close_tenure(at);
        self.verification = None;
        self.suspended_until = None;
        self.requests.clear();
        self.progress_by = None;
        let keys: Vec<Code> = self.clocks.keys().cloned().collect();
        for key in keys {
            self.stop(key.as_str(), at);
        }
    }

    fn stop(&mut self, key: &str, at: Timestamp) {
        if let Some(clock) = self.clocks.remove(key) {
            // A held clock stopped when the claim was made; what came after was somebody else's time.
            let stopped = clock.held.unwrap_or(at);
            let late = clock.breached || stopped >= clock.due && !clock.is_paused();
            self.was_late |= late;
            self.past.push(PastClock {
                clock: Code::new(key),
                stage: self.stage.clone(),
                holder: self.holder.clone(),
                start: clock.start,
                due: clock.due,
                stopped,
                late,
            });
        }
    }

    fn set_clock(&mut self, key: &str, start: Option<&ClockStart>) {
        if let Some(start) = start {
            self.clocks.insert(Code::new(key), ClockState::start(start));
        }
    }

    /// The new owner owes the regular report; its clock runs on.
    fn reports(&mut self, by: Option<&Holder>) {
        if let (Some(now), Some(by)) = (&mut self.progress_by, by) {
            now.clone_from(by);
        }
    }

    fn set_progress(&mut self, start: Option<&ProgressStart>) {
        self.progress_by = start.map(|start| start.by.clone());
        self.set_clock("progress", start.map(|start| &start.clock));
    }

    /// Nobody reports on work that stands still: in verification and while suspended the regular report rests.
    fn rest_progress(&mut self, at: Timestamp) {
        if let Some(clock) = self.clocks.get_mut("progress").filter(|clock| !clock.breached) {
            clock.held = Some(at);
        }
    }

    fn renew_progress(&mut self, start: Option<&ProgressStart>, at: Timestamp) {
        if start.is_some() {
            self.stop("progress", at);
            self.set_progress(start);
        }
    }

    fn extend(&mut self, key: &str, start: Option<&ClockStart>) {
        if let (Some(start), Some(clock)) = (start, self.clocks.get_mut(key)) {
            let pauses = std::mem::take(&mut clock.pauses);
            *clock = ClockState {
                pauses,
                ..ClockState::start(start)
            };
        }
    }

    fn rungs_until(&mut self, rungs: &BTreeMap<ClockKey, Timestamp>) {
        for (key, until) in rungs {
            if let Some(rung) = self.clocks.get_mut(key).and_then(|clock| clock.rung.as_mut()) {
                rung.until = *until;
            }
        }
    }

    fn unpause(&mut self, key: &str, at: Timestamp, start: Option<&ClockStart>) {
        if let Some(clock) = self.clocks.get_mut(key) {
            for pause in clock.pauses.iter_mut().filter(|pause| pause.to.is_none()) {
                pause.to = Some(at);
            }
            if let Some(start) = start {
                clock.due = start.due;
                clock.warnings.clone_from(&start.warnings);
            }
        }
    }
}

pub(super) fn request_key(request: u32) -> String {
    format!("request/{request}")
}
