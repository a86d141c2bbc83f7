//! Planning a submission: everything is decided, with all it brings about, before anything is written.

use std::sync::{Arc, PoisonError};

use bihuan_domain::case::{Context, Decision, Effect, Family, Meta, Opener, State, decide, unique_key};
use bihuan_domain::command::Command;
use bihuan_domain::event::{CaseEvent, Number, Values};
use bihuan_domain::id::{CaseId, Digest, Sealed};
use bihuan_domain::mechanism::{Mechanism, Numbering};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Attachment;
use bihuan_ledger::{Batch, SealDraft};

use super::{Group, Planned};
use crate::error::{Error, Failure};
use crate::views;
use crate::wire::{self, Order, Sealing, Submission};

/// A chain of effects longer than any tree of cases is a defect, not work.
const EFFECTS_MAX: usize = 10_000;

impl Group<'_> {
    pub(super) fn plan(
        &mut self,
        batch: &Batch<'_>,
        actor: &Actor,
        submission: &Submission,
    ) -> Result<Vec<Planned>, Failure> {
        let mut plan = Vec::new();
        match &submission.order {
            Order::Row { .. } | Order::Compute { .. } => {}
            Order::Open(open) => self.plan_open(batch, &mut plan, actor, open, &submission.order)?,
            _ => self.plan_order(batch, &mut plan, actor, submission)?,
        }
        Ok(plan)
    }

    pub(super) fn plan_open(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        actor: &Actor,
        open: &wire::OpenOrder,
        order: &Order,
    ) -> Result<(), Failure> {
        let mechanism = self
            .mechanisms
            .current(&open.mechanism)
            .ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", open.mechanism.as_str()))?;
        if let Some(key) = open.source.as_ref().and_then(|source| source.key.as_ref())
            && let Some(known) = views::by_key(batch.connection(), &open.mechanism, key)?
        {
            return Err(Refusal::new("already_opened")
                .with("key", key.as_str())
                .with("case", known.to_string())
                .into());
        }
        if let Some(parent) = open.parent
            && !self.knows(batch, plan, parent)?
        {
            return Err(Refusal::new("no_such_case").into());
        }
        let (mut sealing, mut files) = (
            Sealing::of_mechanism(&mechanism, self.world, self.now),
            Vec::new(),
        );
        let command = self.command(&mechanism, order, &mut sealing, &mut files)?;
        self.open(batch, plan, actor, &mechanism, command, (sealing, files))
    }

    /// The open case about the same matter, where the mechanism allows one only.
    pub(crate) fn open_already(
        &self,
        batch: &Batch<'_>,
        plan: &[Planned],
        mechanism: &Mechanism,
        values: &Values,
    ) -> Result<Option<CaseId>, Failure> {
        let Some(matter) = unique_key(mechanism, values) else {
            return Ok(None);
        };
        let same = |planned: &&Planned| {
            planned.after.mechanism.id == mechanism.id && planned.after.unique.as_ref() == Some(&matter)
        };
        match plan.iter().find(same) {
            Some(planned) => Ok(Some(planned.id)),
            None => Ok(views::open_about(batch.connection(), &mechanism.id, &matter)?),
        }
    }

    /// Opens a case by a command that stands, for a person or for what opens by itself.
    pub(crate) fn open(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        actor: &Actor,
        mechanism: &Arc<Mechanism>,
        command: Command,
        (sealing, files): (Sealing, Vec<Arc<bihuan_ledger::StagedBlob>>),
    ) -> Result<(), Failure> {
        if let Command::Open(open) = &command
            && let Some(known) = self.open_already(batch, plan, mechanism, &open.values)?
        {
            return Err(Refusal::new("already_open_for")
                .with("case", known.to_string())
                .into());
        }
        let id = CaseId(self.cases.saturating_add(1));
        let number = match &mechanism.numbering {
            Some(numbering) => Some(self.number(batch, plan, numbering)?),
            None => None,
        };
        let opener = Opener { id, number };
        let decision = self.decide(batch, plan, actor, mechanism, None, &command, Some(&opener))?;
        *self.cases = id.0;
        self.accept(
            batch,
            plan,
            Accepted {
                id,
                actor,
                mechanism,
                before: None,
                decision,
                sealing,
                files,
            },
        )
    }

    pub(super) fn number(
        &self,
        batch: &Batch<'_>,
        plan: &[Planned],
        numbering: &Numbering,
    ) -> Result<Number, Failure> {
        let year = bihuan_domain::calendar::date_of(self.now).year();
        let written = views::number_after(batch.connection(), numbering.series.as_str(), year)?;
        // Several openings of one plan are numbered before any of them is written.
        let planned = plan
            .iter()
            .filter_map(|planned| planned.after.number.as_ref())
            .filter(|number| number.series == numbering.series && number.year == year)
            .map(|number| number.n.saturating_add(1))
            .max();
        let n = written.max(planned.unwrap_or(0));
        let text = numbering
            .template
            .replace("{year}", &year.to_string())
            .replace("{n}", &n.to_string());
        Ok(Number {
            series: numbering.series.clone(),
            year,
            n,
            text,
        })
    }

    pub(super) fn plan_order(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        actor: &Actor,
        Submission { expected, order, .. }: &Submission,
    ) -> Result<(), Failure> {
        let id = order.case().unwrap_or(CaseId(0));
        let before = self
            .take(batch, plan, id)?
            .ok_or_else(|| Refusal::new("no_such_case"))?;
        if expected.is_some_and(|expected| expected != before.seq) {
            return Err(Refusal::new("conflict").into());
        }
        let mechanism = self.definition(&before)?;
        let (mut sealing, mut files) = (
            Sealing::of_mechanism(&mechanism, self.world, self.now),
            Vec::new(),
        );
        let command = self.command(&mechanism, order, &mut sealing, &mut files)?;
        let decision = self.decide(batch, plan, actor, &mechanism, Some(&before), &command, None)?;
        let accepted = Accepted {
            id,
            actor,
            mechanism: &mechanism,
            before: Some(before),
            decision,
            sealing,
            files,
        };
        self.accept(batch, plan, accepted)
    }

    pub(super) fn command(
        &self,
        mechanism: &Mechanism,
        order: &Order,
        sealing: &mut Sealing,
        files: &mut Vec<Arc<bihuan_ledger::StagedBlob>>,
    ) -> Result<Command, Failure> {
        let mut names = Vec::new();
        let command = {
            let mut upload = |token: &str| -> Option<Attachment> {
                let uploads = self.shared.uploads.lock().unwrap_or_else(PoisonError::into_inner);
                let upload = uploads.get(token)?;
                let draft = SealDraft::new(&upload.name).ok()?;
                let attachment = Attachment {
                    blob: Digest::new(upload.blob.id().to_string()),
                    name: Sealed::new(draft.commitment().to_string()),
                    media: upload.media.clone(),
                    bytes: upload.bytes,
                };
                names.push(draft);
                files.push(upload.blob.clone());
                Some(attachment)
            };
            wire::command(mechanism, order, sealing, &mut upload)?
        };
        sealing.drafts.append(&mut names);
        Ok(command)
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "everything that a decision reads, and the decision"
    )]
    pub(super) fn decide(
        &self,
        batch: &Batch<'_>,
        plan: &[Planned],
        actor: &Actor,
        mechanism: &Mechanism,
        state: Option<&State>,
        command: &Command,
        opener: Option<&Opener>,
    ) -> Result<Decision, Failure> {
        let recent = match state {
            Some(state) => views::recent_verifiers(batch.connection(), &state.owner)?,
            None => Default::default(),
        };
        let ctx = Context {
            now: self.now,
            actor,
            mechanism,
            world: self.world,
            recent: &recent,
            opener,
            family: &Kin {
                group: self,
                batch,
                plan,
            },
        };
        Ok(decide(&ctx, state, command)?)
    }

    /// Takes a decision into the plan, with everything it makes other streams do.
    pub(super) fn accept(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        accepted: Accepted<'_>,
    ) -> Result<(), Failure> {
        let Accepted {
            id,
            actor,
            mechanism,
            before,
            decision,
            sealing,
            files,
        } = accepted;
        let planned: u64 = plan
            .iter()
            .map(|p| u64::try_from(p.events.len().saturating_add(p.rows.len())).unwrap_or(u64::MAX))
            .fold(self.ahead, u64::saturating_add);
        let mut seq = batch.next_seq().saturating_add(planned);
        let face = before.as_ref().map(|before| {
            // What the plan has of it already is further than what is remembered.
            let known = match plan.iter().any(|planned| planned.id == id) {
                true => None,
                false => self.memory.take_face(id),
            };
            known.unwrap_or_else(|| views::Face::of(before, self.mechanisms.measures()))
        });
        let mut state = before;
        for event in &decision.events {
            let meta = Meta {
                seq,
                at: self.now,
                actor: actor.clone(),
            };
            match (&mut state, event) {
                (None, CaseEvent::Opened(opened)) => state = Some(State::open(opened, &meta)),
                (Some(state), event) => state.evolve(event, &meta),
                (None, _) => return Err(Refusal::new("no_such_case").into()),
            }
            seq = seq.saturating_add(1);
        }
        let Some(after) = state else { return Ok(()) };
        plan.push(Planned {
            id,
            actor: actor.clone(),
            definition: mechanism.digest.clone(),
            events: decision.events,
            face,
            after,
            drafts: sealing.drafts,
            files,
            rows: Vec::new(),
        });
        let here = plan.len().saturating_sub(1);
        if plan.len() > EFFECTS_MAX {
            return Err(Failure::Fault(Error::Other(
                "a chain of effects does not end".to_owned(),
            )));
        }
        for effect in decision.effects {
            match effect {
                Effect::ChildAdded { parent, child } => {
                    self.follow(batch, plan, parent, &Command::AddChild { child })?;
                }
                Effect::ChildEnded { parent, child, kind } => {
                    self.follow(batch, plan, parent, &Command::EndChild { child, kind })?;
                }
                Effect::RowAdded(put) => self.row_added(batch, plan, here, actor, put)?,
                Effect::Opens(brought) => self.bring(batch, plan, *brought, None)?,
            }
        }
        Ok(())
    }

    /// Carries an effect out on another case, as the system.
    pub(super) fn follow(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        id: CaseId,
        command: &Command,
    ) -> Result<(), Failure> {
        let before = self
            .take(batch, plan, id)?
            .ok_or_else(|| Refusal::new("no_such_case"))?;
        let mechanism = self.definition(&before)?;
        let actor = Actor::system();
        let decision = self.decide(batch, plan, &actor, &mechanism, Some(&before), command, None)?;
        let accepted = Accepted {
            id,
            actor: &actor,
            mechanism: &mechanism,
            before: Some(before),
            decision,
            sealing: Sealing::default(),
            files: Vec::new(),
        };
        self.accept(batch, plan, accepted)
    }

    /// The state of a case, out of the memory. What is written puts the next one there; after a refusal it is read
    /// again from the read models, where this transaction's own changes stand too.
    pub(crate) fn take(
        &mut self,
        batch: &Batch<'_>,
        plan: &[Planned],
        id: CaseId,
    ) -> Result<Option<State>, Failure> {
        if let Some(planned) = plan.iter().rev().find(|planned| planned.id == id) {
            return Ok(Some(planned.after.clone()));
        }
        if let Some(state) = self.memory.take(id) {
            return Ok(Some(state));
        }
        Ok(views::state(batch.connection(), id)?)
    }

    pub(super) fn knows(&self, batch: &Batch<'_>, plan: &[Planned], id: CaseId) -> Result<bool, Failure> {
        Ok(plan.iter().any(|planned| planned.id == id)
            || self.memory.see(id).is_some()
            || views::is_there(batch.connection(), id)?)
    }

    pub(super) fn definition(&self, state: &State) -> Result<Arc<Mechanism>, Failure> {
        self.mechanisms.by_digest(&state.mechanism.digest).ok_or_else(|| {
            Failure::Fault(Error::Other(format!(
                "the definition of case {} ({}) is not in the log",
                state.id, state.mechanism.digest
            )))
        })
    }
}

/// The cases around the one that is decided, as the plan would leave them.
struct Kin<'g, 'a, 'b, 'c> {
    group: &'g Group<'a>,
    batch: &'g Batch<'b>,
    plan: &'c [Planned],
}

impl Family for Kin<'_, '_, '_, '_> {
    fn show(&self, case: CaseId, see: &mut dyn FnMut(&State)) {
        if let Some(planned) = self.plan.iter().rev().find(|planned| planned.id == case) {
            see(&planned.after);
        } else if let Some(state) = self.group.memory.see(case) {
            see(state);
        } else if let Ok(Some(state)) = views::state::<State>(self.batch.connection(), case) {
            see(&state);
        }
    }
}

/// A decision that is taken into a plan, and what it was decided on.
pub(super) struct Accepted<'a> {
    pub(super) id: CaseId,
    pub(super) actor: &'a Actor,
    pub(super) mechanism: &'a Mechanism,
    pub(super) before: Option<State>,
    pub(super) decision: Decision,
    pub(super) sealing: Sealing,
    pub(super) files: Vec<Arc<bihuan_ledger::StagedBlob>>,
}
