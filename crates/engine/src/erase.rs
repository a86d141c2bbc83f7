//! Erasing (删除): a subject's keys, ciphertexts and files, what lists show of them in the clear, and of a register's
//! row the sensitive values in the present world. What the log's entries say in numbers and codes stays: they prove it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bihuan_domain::event::{RowPut, VERSION, WorldEvent};
use bihuan_domain::id::{CaseId, RegisterId, RowId};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use bihuan_ledger::{Appended, Batch, NewEntry};

use crate::custody::row_subject;
use crate::error::Failure;
use crate::views;
use crate::writer::{Group, Kept, WORLD, log_actor};

impl Group<'_> {
    /// Erases a subject, and the titles sealed under it that lists show and seek in.
    pub(crate) fn erase(
        &mut self,
        batch: &mut Batch<'_>,
        subject: &str,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let gone: BTreeSet<String> = batch
            .sealed_under(subject)?
            .iter()
            .map(ToString::to_string)
            .collect();
        let erased = batch.erase(subject, &log_actor(&Actor::system()))?;
        let mut kept = Kept::nothing();
        if let Some(entry) = &erased.entry {
            kept.seqs.push((entry.seq, "log.erased".to_owned()));
        }
        let case = subject.strip_prefix("case/").and_then(|id| id.parse().ok());
        let case = case.map(CaseId);
        for id in views::titled(batch.connection(), case, &gone)? {
            let Some(state) = self.take(batch, &[], id)? else {
                continue;
            };
            views::clear_title(batch.connection(), id)?;
            self.listed.push(views::Listing::of(&state, Some(None)));
            self.cache.insert(id, state);
        }
        kept.case = case;
        let last = match self.row_of(subject) {
            Some((register, row)) => self.empty_row(batch, &register, &row, &mut kept)?,
            None => None,
        };
        Ok((kept, last.or(erased.entry), false))
    }

    /// The row whose subject this is. Codes of registers have no stroke in them, those of rows may.
    fn row_of(&self, subject: &str) -> Option<(RegisterId, RowId)> {
        let (register, row) = subject.strip_prefix("register/")?.split_once('/')?;
        let (register, row) = (RegisterId::new(register), RowId::new(row));
        self.world.registers.row(&register, &row)?;
        let own = row_subject(self.mechanisms.register(&register), &register, &row);
        (own == subject).then_some((register, row))
    }

    /// Takes the sensitive values of a row out of the present world. The row itself stays, with its texts erased, so
    /// that what counts rows and what points to them is as it was.
    fn empty_row(
        &mut self,
        batch: &mut Batch<'_>,
        register: &RegisterId,
        row: &RowId,
        kept: &mut Kept,
    ) -> Result<Option<Appended>, Failure> {
        let (Some(spec), Some(values)) = (
            self.mechanisms.register(register),
            self.world.registers.row(register, row),
        ) else {
            return Ok(None);
        };
        let sensitive: BTreeSet<_> = spec
            .fields
            .iter()
            .filter(|field| field.sensitive)
            .map(|f| &f.id)
            .collect();
        let mut left = values.clone();
        left.retain(|field, value| matches!(value, Value::Sealed(_)) || !sensitive.contains(field));
        if left == *values {
            return Ok(None);
        }
        let event = WorldEvent::RowPut(RowPut {
            register: register.clone(),
            row: row.clone(),
            values: left,
        });
        let (name, body) = event.stored();
        let appended = batch.append(&NewEntry {
            at: self.now,
            stream: WORLD.to_owned(),
            kind: name.clone(),
            version: VERSION,
            actor: log_actor(&Actor::system()),
            definition: None,
            cause: None,
            body,
        })?;
        kept.seqs.push((appended.seq, name));
        Arc::make_mut(self.world).evolve(event, &Actor::system(), self.now);
        Ok(Some(appended))
    }
}
