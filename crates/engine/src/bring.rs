//! What comes about by itself: rows that steps and keepers write, and the cases that rows, stages and schedules open.

use std::collections::BTreeMap;

use bihuan_domain::calendar::{date_of, local};
use bihuan_domain::case::{Brought, by_row, by_schedule, scheduled_title, writes};
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::{RowPut, Source, VERSION, WorldEvent};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{FieldId, PackId, RegisterId, RowId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_ledger::{Appended, Batch, Cause, NewEntry};
use jiff::civil::Date;
use serde_json::Value as Json;

use crate::custody::row_subject;
use crate::error::{Error, Failure};
use crate::views;
use crate::wire::{self, Sealing};
use crate::writer::{Group, Kept, Planned, WORLD, log_actor};

/// The setting that says from which day on schedules open cases; where absent, from the adoption of their pack.
pub(crate) const SCHEDULES_FROM: &str = "schedules_from";

/// Openings of one sweep; a schedule that was missed for long is caught up over several.
const OPENINGS_MAX: usize = 500;

impl Group<'_> {
    /// Takes a row of a case into the plan, with the cases that it opens.
    pub(crate) fn row_added(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        here: usize,
        actor: &Actor,
        put: RowPut,
    ) -> Result<(), Failure> {
        // Later decisions of this plan see the row; a refusal takes it back with the plan.
        let event = WorldEvent::RowPut(put.clone());
        std::sync::Arc::make_mut(self.world).evolve(event, actor, self.now);
        let (register, row) = (put.register.clone(), put.row.clone());
        if let Some(planned) = plan.get_mut(here) {
            planned.rows.push(put);
        }
        self.row_opens(batch, plan, &register, &row)
    }

    /// Opens the cases that a row which is in the world brings about.
    pub(crate) fn row_opens(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        register: &RegisterId,
        row: &RowId,
    ) -> Result<(), Failure> {
        let brought: Vec<Brought> = self
            .mechanisms
            .all()
            .filter_map(|mechanism| by_row(mechanism, self.world, self.now, register, row))
            .collect();
        for brought in brought {
            self.bring(batch, plan, brought, None)?;
        }
        Ok(())
    }

    /// Opens a case that comes about by itself, once for its key. `title` is for those that bring none.
    pub(crate) fn bring(
        &mut self,
        batch: &Batch<'_>,
        plan: &mut Vec<Planned>,
        brought: Brought,
        title: Option<&str>,
    ) -> Result<(), Failure> {
        let mechanism = self
            .mechanisms
            .current(&brought.mechanism)
            .ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", brought.mechanism.as_str()))?;
        let planned = plan.iter().any(|planned| {
            planned.after.mechanism.id == brought.mechanism
                && planned.after.source.key.as_ref() == Some(&brought.key)
        });
        if planned || views::by_key(batch.connection(), &brought.mechanism, &brought.key)?.is_some() {
            return Ok(());
        }
        if self
            .open_already(batch, plan, &mechanism, &brought.values)?
            .is_some()
        {
            // The matter is in hand: the row is kept and opens nothing.
            return Ok(());
        }
        let mut sealing = Sealing::default();
        let title = match brought.title {
            Some(sealed) => sealed,
            None => wire::title(title.unwrap_or(&mechanism.label.zh), &mut sealing)?,
        };
        let mut values = brought.values;
        values
            .entry(mechanism.title.clone())
            .or_insert_with(|| bihuan_domain::value::Value::Sealed(title.clone()));
        let command = Command::Open(Box::new(command::Open {
            mechanism: brought.mechanism,
            owner: brought.owner,
            supporting: Default::default(),
            title,
            risk: None,
            source: Source {
                kind: brought.kind,
                document: None,
                at: Vec::new(),
                quote: None,
                key: Some(brought.key),
            },
            parent: brought.parent,
            values,
            stage: None,
            since: brought.since,
            papers: Vec::new(),
        }));
        self.open(
            batch,
            plan,
            &Actor::system(),
            &mechanism,
            command,
            (sealing, Vec::new()),
        )
    }

    /// Opens what schedules have made due. One that is refused is told and keeps none of the others back.
    pub(crate) fn open_scheduled(
        &mut self,
        batch: &mut Batch<'_>,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let (mut kept, mut last) = (Kept::nothing(), None);
        let today = date_of(self.now);
        let definitions: Vec<_> = self.mechanisms.all().cloned().collect();
        let looked = (today, definitions.len());
        if *self.scheduled == Some(looked) {
            return Ok((kept, last, false));
        }
        let mut opened = 0usize;
        for mechanism in &definitions {
            let Some(after) = self.scheduled_after(batch, mechanism)? else {
                continue;
            };
            let due = by_schedule(mechanism, self.world, after, today, usize::MAX)
                .map_err(|error| Failure::Fault(Error::Other(error.to_string())))?;
            for (day, brought) in due {
                if opened >= OPENINGS_MAX {
                    return Ok((kept, last, false));
                }
                let title = scheduled_title(mechanism, self.world, day, &brought.owner);
                let mut plan = Vec::new();
                match self.bring(batch, &mut plan, brought, Some(&title)) {
                    Ok(()) => {}
                    Err(Failure::Refused(refusal)) => {
                        tracing::error!(mechanism = %mechanism.id, %day, code = refusal.code, "a scheduled case was not opened");
                        continue;
                    }
                    Err(fault) => return Err(fault),
                }
                opened = opened.saturating_add(plan.len());
                let (mut some, appended) = self.write(batch, plan, None)?;
                kept.seqs.append(&mut some.seqs);
                last = appended.or(last);
            }
        }
        *self.scheduled = Some(looked);
        Ok((kept, last, false))
    }

    /// The day after which the schedule of a mechanism is still to be looked at; `None` where it has none.
    fn scheduled_after(&self, batch: &Batch<'_>, mechanism: &Mechanism) -> Result<Option<Date>, Failure> {
        if mechanism.open.schedule.is_none() {
            return Ok(None);
        }
        let pack: &PackId = &mechanism.pack;
        let Some(adopted) = self.world.adopted.get(pack) else {
            return Ok(None);
        };
        let set = self
            .world
            .settings
            .get(SCHEDULES_FROM)
            .and_then(Json::as_str)
            .and_then(|day| day.parse::<Date>().ok());
        let from = date_of(*adopted).max(set.unwrap_or(Date::MIN));
        let through = views::scheduled_through(batch.connection(), &mechanism.id)?;
        // The last day is looked at again: a sweep that was cut short may have left units of it over.
        let again = through.and_then(|day| day.yesterday().ok());
        Ok(Some(again.map_or(from, |day| day.max(from))))
    }

    /// Writes a row for its keeper, and opens what it brings about.
    pub(crate) fn put_row(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        (register, row, plain): (&RegisterId, Option<&RowId>, &BTreeMap<FieldId, Json>),
        cause: Cause,
    ) -> Result<(Kept, Option<Appended>), Failure> {
        let spec = self
            .mechanisms
            .register(register)
            .ok_or_else(|| Refusal::new("no_such_reference").with("field", register.as_str()))?
            .clone();
        writes(self.world, date_of(self.now), actor, &spec)?;
        let mut sealing = Sealing::of_fields(&spec.fields, self.world, self.now);
        let given = wire::values(&spec.fields, plain, &mut sealing)?;
        let id = match row {
            Some(row) if bihuan_ledger::is_name(row.as_str()) => row.clone(),
            Some(_) => return Err(Refusal::new("bad_key").into()),
            None => self.next_row(register),
        };
        let mut values: Row = self
            .world
            .registers
            .row(register, &id)
            .cloned()
            .unwrap_or_default();
        values.extend(given);
        for field in &spec.fields {
            match values.get(&field.id) {
                None if field.required || field.id == spec.title => {
                    return Err(Refusal::new("missing_field").with("field", &field.label).into());
                }
                Some(value) if !value.fits(&field.ty) => {
                    return Err(Refusal::new("wrong_type").with("field", &field.label).into());
                }
                _ => {}
            }
        }
        let event = WorldEvent::RowPut(RowPut {
            register: register.clone(),
            row: id.clone(),
            values,
        });
        let (name, body) = event.stored();
        std::sync::Arc::make_mut(self.world).evolve(event, actor, self.now);
        let mut plan = Vec::new();
        self.ahead = 1;
        let opened = self.row_opens(batch, &mut plan, register, &id);
        self.ahead = 0;
        opened?;
        // Nothing is written before everything is decided.
        let subject = row_subject(Some(&spec), register, &id);
        for draft in &sealing.drafts {
            batch.put_sealed(&subject, draft)?;
        }
        let appended = batch.append(&NewEntry {
            at: self.now,
            stream: WORLD.to_owned(),
            kind: name.clone(),
            version: VERSION,
            actor: log_actor(actor),
            definition: None,
            cause: Some(cause),
            body,
        })?;
        let cause = Cause::Entry(appended.seq);
        let (mut kept, last) = self.write(batch, plan, Some(cause))?;
        kept.seqs.insert(0, (appended.seq, name));
        Ok((kept, last.or(Some(appended))))
    }

    /// The code of a new row: the day and a serial, so that codes tell their age.
    fn next_row(&self, register: &RegisterId) -> RowId {
        let day = local(self.now).strftime("r%Y%m%d-").to_string();
        let last = self
            .world
            .registers
            .rows(register)
            .filter_map(|(id, _)| id.as_str().strip_prefix(&day)?.parse::<u32>().ok())
            .max()
            .unwrap_or(0);
        RowId::new(format!("{day}{:04}", last.saturating_add(1)))
    }
}
