//! The laws of the kernel, as whoever watches the log can check them.

use bihuan_domain::case::{Meta, State};
use bihuan_domain::clock::due_at;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, PersonId, PostId};
use bihuan_domain::mechanism::StageKind;
use bihuan_domain::org::Actor;
use bihuan_domain::verification::{Beacon, draw};
use bihuan_engine::notices::{is_news, is_nobodys_news};
use bihuan_engine::views;
use bihuan_ledger::{Entry, Known};
use jiff::Timestamp;

use crate::play::{Check, Pace, Year};

fn actor_of(actor: &bihuan_ledger::Actor) -> Actor {
    match (&actor.person, &actor.post) {
        (None, None) => Actor::system(),
        (person, post) => Actor {
            person: PersonId::from(person.clone().unwrap_or_default()),
            post: PostId::from(post.clone().unwrap_or_default()),
            on_behalf_of: actor.on_behalf_of.clone().map(Into::into),
            session: actor.session.clone().map(Into::into),
        },
    }
}

impl Year {
    /// Reads what is new in the log, applies it here, and checks every case that it touched.
    pub(crate) fn look(&mut self) -> Check {
        let entries = self
            .county()
            .engine
            .ledger()
            .reader()
            .unwrap()
            .entries(self.seen, 1_000_000)
            .unwrap();
        for entry in entries {
            if entry.seq != self.seen {
                return Err(format!("law 7: entry {} is missing", self.seen));
            }
            self.seen += 1;
            *self.kinds.entry(entry.kind.clone()).or_default() += 1;
            if let Some(id) = entry.stream.strip_prefix("case/").and_then(|id| id.parse().ok()) {
                self.take(CaseId(id), &entry)?;
            }
        }
        for id in std::mem::take(&mut self.touched) {
            let state = &self.cases[&id];
            self.of_case(state).map_err(|what| format!("case {id}: {what}"))?;
            let stored = self.county().engine.views().unwrap().state(id).unwrap();
            if stored.as_ref() != Some(state) {
                return Err(format!(
                    "law 9: case {id} is stored as something else than its events make it"
                ));
            }
        }
        Ok(())
    }

    fn take(&mut self, id: CaseId, entry: &Entry) -> Check {
        let event = CaseEvent::read(&entry.kind, entry.version, entry.body.clone())
            .map_err(|error| format!("law 7: entry {}: {error:?}", entry.seq))?;
        let meta = Meta {
            seq: entry.seq,
            at: entry.at,
            actor: actor_of(&entry.actor),
        };
        match (self.cases.remove(&id), &event) {
            (None, CaseEvent::Opened(opened)) => {
                self.cases.insert(id, State::open(opened, &meta));
            }
            (None, _) => return Err(format!("law 7: case {id} does not begin with its opening")),
            (Some(before), event) => {
                self.of_event(&before, event, &meta)
                    .map_err(|what| format!("case {id}, entry {}: {what}", entry.seq))?;
                let mut after = before.clone();
                after.evolve(event, &meta);
                if is_nobodys_news(event) && is_news(&before, event, &after) {
                    return Err(format!(
                        "case {id}, entry {}: news that is told to nobody",
                        entry.seq
                    ));
                }
                self.cases.insert(id, after);
            }
        }
        self.touched.insert(id);
        Ok(())
    }

    /// What an event may be, as the case was before it.
    fn of_event(&self, before: &State, event: &CaseEvent, meta: &Meta) -> Check {
        let fired = |clock: &str, due: Timestamp| {
            if due > meta.at {
                return Err(format!("law 4: {clock} fired at {} for {due}", meta.at));
            }
            match before.clock(clock) {
                Some(clock) if clock.is_paused() => Err("law 2: fired while it stood still".to_owned()),
                Some(_) => Ok(()),
                None => Err(format!("law 4: {clock} fired and is not running")),
            }
        };
        match event {
            CaseEvent::Warned(e) => fired(e.clock.as_str(), e.due),
            CaseEvent::Breached(e) => {
                fired(e.clock.as_str(), e.due)?;
                let clock = before.clock(e.clock.as_str());
                match clock {
                    Some(clock) if clock.breached => Err("law 4: breached twice".to_owned()),
                    Some(clock) if clock.due != e.due => {
                        Err("law 4: not with its original due time".to_owned())
                    }
                    _ => Ok(()),
                }
            }
            CaseEvent::Escalated(e) => {
                fired(e.clock.as_str(), e.due)?;
                let rung = before
                    .clock(e.clock.as_str())
                    .and_then(|clock| clock.rung.as_ref());
                let next = rung.map_or(0, |rung| rung.index + 1);
                if e.rung == next {
                    Ok(())
                } else {
                    Err(format!("law 4: rung {} after {rung:?}", e.rung))
                }
            }
            CaseEvent::Exhausted(e) => fired(e.clock.as_str(), e.due),
            CaseEvent::Drawn(e) => self.drawn(before, &e.beacon, e.index),
            CaseEvent::LookBackDrawn(e) => {
                let mechanism = self
                    .county()
                    .engine
                    .mechanisms()
                    .by_digest(&before.mechanism.digest)
                    .unwrap();
                let spec = mechanism
                    .closing
                    .look_back
                    .as_ref()
                    .ok_or("law 6: drawn without a rule")?;
                self.is_checkpoint(&e.beacon)?;
                let lot = draw(
                    "look-back",
                    &e.beacon,
                    before.id,
                    u64::from(before.round),
                    spec.den,
                );
                let selected = lot.is_some_and(|lot| lot < spec.num);
                if selected == e.selected {
                    Ok(())
                } else {
                    Err("law 6: the lot says otherwise".to_owned())
                }
            }
            CaseEvent::Closed(e) => closed(before, meta, e.way.as_str()),
            CaseEvent::Reopened(e) => match &before.closed {
                Some(closed) if closed.at == e.closed_at && e.round == before.round + 1 => Ok(()),
                other => Err(format!("law 6: re-opened, and was closed as {other:?}")),
            },
            _ => Ok(()),
        }
    }

    fn is_checkpoint(&self, beacon: &Beacon) -> Check {
        let root = self
            .county()
            .engine
            .ledger()
            .reader()
            .unwrap()
            .root_at(beacon.size)
            .unwrap();
        if root.hex() == beacon.root {
            Ok(())
        } else {
            Err("law 5: the lot's checkpoint is not of this log".to_owned())
        }
    }

    fn drawn(&self, before: &State, beacon: &Beacon, index: u32) -> Check {
        let asked = before
            .verification
            .as_ref()
            .ok_or("law 5: drawn, and nothing was asked")?;
        self.is_checkpoint(beacon)?;
        let n = u32::try_from(asked.pool.len()).unwrap();
        let lot = draw("verifier", beacon, before.id, asked.asked_seq, n);
        if beacon.size <= asked.asked_seq || lot != Some(index) {
            return Err("law 5: the lot cannot be drawn again".to_owned());
        }
        let seat = &asked.pool[usize::try_from(index).unwrap()];
        if before.handlers.contains(&seat.person) {
            return Err("law 5: who worked on it was drawn to verify it".to_owned());
        }
        Ok(())
    }

    /// What a case is.
    fn of_case(&self, state: &State) -> Check {
        for pair in state.tenures.windows(2) {
            if pair[0].to != Some(pair[1].from) && state.round == 1 {
                return Err(format!("law 1: a gap between {pair:?}"));
            }
        }
        let holders = state.tenures.iter().filter(|tenure| tenure.to.is_none()).count();
        if holders != usize::from(state.is_open()) {
            return Err(format!("law 1: {holders} hold it"));
        }
        if state.is_open() {
            let clock = state.clock("stage").ok_or("law 2: it waits on no clock")?;
            if clock.is_paused() != state.suspended_until.is_some() {
                return Err("law 2: it stands still without leave".to_owned());
            }
        }
        for request in state.requests.keys() {
            if state.clock(&format!("request/{request}")).is_none() {
                return Err(format!("law 2: request {request} waits on no clock"));
            }
        }
        let world = self.county().engine.world();
        for (key, clock) in state
            .clocks
            .iter()
            .filter(|(_, clock)| !clock.breached && !clock.is_paused())
        {
            let told = due_at(
                &clock.rule,
                clock.start,
                &clock.counted_pauses(),
                &world.calendars,
            );
            let told = told.map_err(|error| format!("law 3: {key}: {error}"))?;
            // What was over when the calendar changed stays as it was.
            let over = told.is_some_and(|told| told <= self.calendar_changed);
            if told != Some(clock.due) && !over {
                return Err(format!(
                    "law 3: {key} is due at {}, its derivation says {told:?}: {clock:?}",
                    clock.due
                ));
            }
        }
        Ok(())
    }

    /// After the timers no clock is due that has not fired.
    pub(crate) fn nothing_due_is_left(&self) -> Check {
        let now = self.now();
        for state in self.cases.values() {
            for (key, clock) in &state.clocks {
                let rests = clock.is_paused() || clock.held.is_some();
                if !clock.breached && !rests && clock.due <= now {
                    return Err(format!(
                        "law 4: case {}: {key} was due at {} and has not fired",
                        state.id, clock.due
                    ));
                }
                let rung = clock.rung.as_ref().filter(|_| !clock.exhausted && !rests);
                if rung.is_some_and(|rung| rung.until <= now) {
                    return Err(format!(
                        "law 4: case {}: {key} stays on a rung that is over",
                        state.id
                    ));
                }
            }
        }
        Ok(())
    }

    /// After a fault: what was acknowledged is there; looked at closely, the whole holds.
    pub(crate) fn after_fault(&mut self) -> Check {
        match self.pace {
            Pace::Closely => self.whole(),
            Pace::InStride => self.kept(),
        }
    }

    /// The cases touched keep the laws, and what was acknowledged is there.
    fn kept(&mut self) -> Check {
        self.look()?;
        let reader = self.county().engine.ledger().reader().unwrap();
        for one in &self.acknowledged {
            for (seq, name) in &one.entries {
                let entry = reader.entry(*seq).unwrap();
                if entry.as_ref().map(|entry| &entry.kind) != Some(name) {
                    return Err(format!(
                        "law 8: {name} was acknowledged as entry {seq} and is not there"
                    ));
                }
            }
        }
        self.checkpoints.push(reader.head().unwrap());
        Ok(())
    }

    /// The whole: the log holds and is the one that it was, what was acknowledged is there, the read models equal their
    /// rebuild.
    pub(crate) fn whole(&mut self) -> Check {
        self.kept()?;
        let reader = self.county().engine.ledger().reader().unwrap();
        let differences = views::compare(&reader, &mut |_| {}).unwrap();
        if !differences.is_empty() {
            return Err(format!(
                "law 9: the read models are not what the log makes of them: {differences:?}"
            ));
        }
        drop(reader);
        let known = Known {
            checkpoints: self.checkpoints.clone(),
            ..Known::default()
        };
        let report = bihuan_ledger::verify(&self.county().dir, &known, &mut |_| {}).unwrap();
        if report.sound() {
            Ok(())
        } else {
            Err(format!("law 7: {:?}", report.first()))
        }
    }
}

/// Nobody closes his own work, and what closes it is the verification that was asked for.
fn closed(before: &State, meta: &Meta, way: &str) -> Check {
    let Some(asked) = before
        .verification
        .as_ref()
        .filter(|_| before.kind == StageKind::Verify)
    else {
        return if way == "record" {
            Ok(())
        } else {
            Err("law 5: closed without verification".to_owned())
        };
    };
    if way != "record" && before.handlers.contains(&meta.actor.person) {
        return Err("law 5: who worked on it closed it".to_owned());
    }
    match &asked.drawn {
        Some(seat) if seat.person != meta.actor.person => Err("law 5: another person was drawn".to_owned()),
        None if !asked.pool.is_empty() => Err("law 5: closed before the lot was drawn".to_owned()),
        _ => Ok(()),
    }
}
