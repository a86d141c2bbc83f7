//! Writing what was decided: sealed values and files, events, read models; and the jobs that touch many cases.

use std::sync::Arc;

use bihuan_domain::calendar::CalendarId;
use bihuan_domain::command::Command;
use bihuan_domain::event::{CaseEvent, VERSION, WorldEvent};
use bihuan_domain::id::{CaseId, MechanismId, Sealed};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_ledger::{Appended, Batch, BodyText, Cause, NewEntry, SealDraft};

use super::plan::Accepted;
use super::{FILLED_MAX, Group, Kept, Planned, WORLD, WorldChange, log_actor};
use crate::error::{Error, Failure};
use crate::mechanisms::Mechanisms;
use crate::views;
use crate::wire::Sealing;

/// Cases taken over to a new definition in one commit group.
const MIGRATED_MAX: usize = 500;

impl Group<'_> {
    /// Takes open cases over to the definition in force. Those whose stage is gone stay under their own.
    pub(super) fn migrate(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        mechanism: &MechanismId,
        recount: bool,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let current = self
            .mechanisms
            .current(mechanism)
            .ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", mechanism.as_str()))?;
        let (mut kept, mut last) = (Kept::nothing(), None);
        for id in views::open_cases(batch.connection(), mechanism)? {
            if kept.seqs.len() >= MIGRATED_MAX {
                break;
            }
            let Some(before) = self.take(batch, &[], id)? else {
                continue;
            };
            if before.mechanism.digest == current.digest {
                continue;
            }
            let command = Command::Migrate { recount };
            let decision = match self.decide(batch, &[], actor, &current, Some(&before), &command, None) {
                Ok(decision) => decision,
                Err(Failure::Refused(_)) => continue,
                Err(fault) => return Err(fault),
            };
            let mut plan = Vec::new();
            let accepted = Accepted {
                id,
                actor,
                mechanism: &current,
                before: Some(before),
                decision,
                sealing: Sealing::default(),
                files: Vec::new(),
            };
            self.accept(batch, &mut plan, accepted)?;
            let (mut some, appended) = self.write(batch, plan, None)?;
            kept.seqs.append(&mut some.seqs);
            last = appended.or(last);
        }
        Ok((kept, last, false))
    }

    /// Counts the clocks of cases anew by a calendar that changed.
    pub(super) fn recount(
        &mut self,
        batch: &mut Batch<'_>,
        cases: &[CaseId],
        calendar: &CalendarId,
        cause: Option<u64>,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let (mut kept, mut last) = (Kept::nothing(), None);
        for id in cases {
            let mut plan = Vec::new();
            let command = Command::Recount {
                calendar: calendar.clone(),
            };
            self.follow(batch, &mut plan, *id, &command)?;
            let (mut some, appended) = self.write(batch, plan, cause.map(Cause::Entry))?;
            kept.seqs.append(&mut some.seqs);
            last = appended.or(last);
        }
        Ok((kept, last, false))
    }

    pub(super) fn tick(
        &mut self,
        batch: &mut Batch<'_>,
        cases: &[CaseId],
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let mut kept = Kept {
            case: None,
            number: None,
            seqs: Vec::new(),
        };
        let mut last = None;
        for id in cases {
            let mut plan = Vec::new();
            let command = Command::Tick {
                beacon: Some(self.beacon.clone()),
            };
            match self.follow(batch, &mut plan, *id, &command) {
                Ok(()) => {}
                Err(Failure::Refused(refusal)) => {
                    // A clock that cannot be computed must not keep the others from firing.
                    tracing::error!(case = id.0, code = refusal.code, "a case could not be woken");
                    views::put_off(batch.connection(), *id, self.now)?;
                    continue;
                }
                Err(fault) => return Err(fault),
            }
            let (mut some, appended) = self.write(batch, plan, None)?;
            kept.seqs.append(&mut some.seqs);
            last = appended.or(last);
        }
        Ok((kept, last, false))
    }

    /// Writes what was planned: sealed values and files first, then the events that name them, then the views.
    pub(crate) fn write(
        &mut self,
        batch: &mut Batch<'_>,
        plan: Vec<Planned>,
        mut cause: Option<Cause>,
    ) -> Result<(Kept, Option<Appended>), Failure> {
        let mut kept = Kept {
            case: plan.first().map(|p| p.id),
            number: None,
            seqs: Vec::new(),
        };
        kept.number = plan
            .first()
            .and_then(|p| p.after.number.as_ref())
            .map(|number| number.text.clone());
        let mut last = None;
        for planned in plan {
            let subject = format!("case/{}", planned.id);
            let title = planned.events.iter().rev().find_map(|event| match event {
                CaseEvent::Opened(opened) => Some(&opened.title),
                CaseEvent::Amended(amended) => amended.title.as_ref(),
                _ => None,
            });
            let plain = match title {
                Some(title) => Some(self.plain_of(batch, &planned.drafts, title)?),
                None => None,
            };
            for draft in planned.drafts {
                self.memory.put_draft(batch.place_draft(&subject, draft)?);
            }
            for file in &planned.files {
                batch.put_blob(&subject, file)?;
            }
            let definition = planned.definition.as_str().parse().ok();
            let actor = log_actor(&planned.actor);
            for event in &planned.events {
                let (name, body) = BodyText::of_event(event)?;
                let appended = batch.append(&NewEntry {
                    at: self.now,
                    stream: subject.clone(),
                    kind: name.clone(),
                    version: VERSION,
                    actor: actor.clone(),
                    definition,
                    cause: cause.clone(),
                    body,
                })?;
                kept.seqs.push((appended.seq, name));
                last = Some(appended);
            }
            // What follows in other streams was caused by the last entry of the first.
            cause = last.map(|appended| Cause::Entry(appended.seq)).or(cause);
            for put in planned.rows {
                let (name, body) = BodyText::of_event(&WorldEvent::RowPut(put))?;
                let appended = batch.append(&NewEntry {
                    at: self.now,
                    stream: WORLD.to_owned(),
                    kind: name.clone(),
                    version: VERSION,
                    actor: log_actor(&planned.actor),
                    definition: planned.definition.as_str().parse().ok(),
                    cause: cause.clone(),
                    body,
                })?;
                kept.seqs.push((appended.seq, name));
                last = Some(appended);
            }
            let title = match &plain {
                Some(plain) => views::Title::Set(plain.as_deref()),
                None => views::Title::Keep,
            };
            let (listing, face) = views::project_change(
                batch.connection(),
                self.mechanisms.measures(),
                planned.face.as_ref(),
                &planned.after,
                &planned.events,
                &title,
            )?;
            let opened = planned
                .events
                .iter()
                .any(|event| matches!(event, CaseEvent::Opened(_)));
            views::project_brought(batch.connection(), &planned.after, opened)?;
            self.listed.extend(listing);
            self.memory.put(planned.after, face);
        }
        Ok((kept, last))
    }

    /// The text of a title. Mostly it is about to be sealed; a case that another brought about may take its words from there,
    /// and those may be of this very group.
    fn plain_of(
        &mut self,
        batch: &mut Batch<'_>,
        drafts: &[SealDraft],
        title: &Sealed,
    ) -> Result<Option<String>, Error> {
        let commitment = title.as_str().parse()?;
        if let Some(draft) = drafts.iter().find(|draft| draft.commitment() == commitment) {
            return Ok(Some(draft.text().to_owned()));
        }
        self.memory.write(batch)?;
        Ok(batch.unseal(&commitment)?)
    }

    /// What will be in force after these changes, where they are about packs or calendars. A calendar that a pack declares
    /// and that is not in force comes into force just before the pack.
    fn compile(&self, changes: &mut Vec<WorldChange>) -> Result<Option<Mechanisms>, Error> {
        let mut packs = self.world.packs.clone();
        let mut calendars = self.world.calendars.clone();
        let mut first = None;
        let mut adopts = false;
        for (at, change) in changes.iter().enumerate() {
            match &change.event {
                WorldEvent::PackAdopted(e) => {
                    packs.insert(e.pack.clone(), (e.digest.clone(), Arc::new(e.files.clone())));
                    first.get_or_insert(at);
                }
                WorldEvent::CalendarAdopted(calendar) => {
                    calendars.insert(calendar.as_ref().clone());
                    adopts = true;
                }
                _ => {}
            }
        }
        if first.is_none() && !adopts {
            return Ok(None);
        }
        let compiled = self.mechanisms.adopt(&packs, &calendars)?;
        let beside = compiled.calendars_beside(&calendars);
        let place = first.unwrap_or(changes.len());
        let adoptions = beside
            .into_iter()
            .map(|calendar| WorldChange::from(WorldEvent::CalendarAdopted(Box::new(calendar))));
        changes.splice(place..place, adoptions);
        Ok(Some(compiled))
    }

    pub(super) fn change_world(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        key: &str,
        changes: Vec<WorldChange>,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let key = format!("{}/{key}", actor.person);
        if let Some(kept) = batch.command_answer(&key)? {
            let kept: Kept = serde_json::from_str(&kept).map_err(Error::from)?;
            return Ok((kept, None, true));
        }
        // Of two who revised the same rows of a document, the second looks again first.
        for change in &changes {
            if let WorldEvent::DocumentReviewed(e) = &change.event
                && e.revision != self.world.revision(&e.document).saturating_add(1)
            {
                return Err(Refusal::new("review_conflict").into());
            }
        }
        // Packs are compiled before anything is written: an unsound one is never adopted, nor a calendar on which those in
        // force would not be sound.
        let mut changes = changes;
        let compiled = self.compile(&mut changes)?;
        let mut kept = Kept {
            case: None,
            number: None,
            seqs: Vec::new(),
        };
        let mut last = None;
        for change in changes {
            for (subject, draft) in &change.texts {
                batch.put_sealed(subject, draft)?;
            }
            for (subject, file) in &change.files {
                batch.put_blob(subject, file)?;
            }
            let (name, body) = BodyText::of_event(&change.event)?;
            let appended = batch.append(&NewEntry {
                at: self.now,
                stream: WORLD.to_owned(),
                kind: name.clone(),
                version: VERSION,
                actor: log_actor(actor),
                definition: None,
                cause: Some(Cause::Command(bihuan_ledger::Digest::of(key.as_bytes()))),
                body,
            })?;
            kept.seqs.push((appended.seq, name));
            last = Some(appended);
            Arc::make_mut(self.world).evolve(change.event, actor, self.now);
        }
        if let Some(compiled) = compiled {
            // Few cases are filled at once, so that a small county never sees a measure without its cases.
            compiled.measures().enter(batch.connection())?;
            compiled.measures().fill(batch.connection(), FILLED_MAX)?;
            *self.filling = true;
            *self.mechanisms = Arc::new(compiled);
            // Faces show what measures look at.
            self.memory.forget_faces();
        }
        let json = serde_json::to_string(&kept).map_err(Error::from)?;
        batch.remember(&key, &json)?;
        Ok((kept, last, false))
    }
}
