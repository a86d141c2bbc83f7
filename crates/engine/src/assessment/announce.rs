//! A result is announced: the scheme's sheets of a period become rows, each with the hash of its sheet and the number of
//! entries that it was computed from.
//!
//! It is computed in the writer, between two decisions, so that no entry stands between the sheet and the row that
//! names it. `report assess` computes the same sheet from that many entries of the log and finds the same hash.

use bihuan_domain::assessment::{
    Assessment, ENTRIES, ENTRIES_BEFORE, SHEET, Scheme, Sheet, Span, is_of_period, result_rows, score,
};
use bihuan_domain::calendar::date_of;
use bihuan_domain::case::keeps;
use bihuan_domain::event::{RowPut, RowRemoved, VERSION, WorldEvent};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{Code, FieldId, RegisterId};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Value;
use bihuan_ledger::{Appended, Batch, Cause, Digest, NewEntry, canonical_json};
use serde_json::json;

use super::facts;
use super::run::{checked, period_of, scheme_named};
use crate::error::{Error, Failure};
use crate::writer::{Group, Kept, WORLD, log_actor};

/// The hash of a sheet: of scheme, definition, period and sheet in canonical JSON. Two computations that come to the
/// same points from the same cases and rows have one hash, whatever else the log has taken in between.
///
/// # Errors
///
/// Does not fail for sheets of ours.
pub fn sheet_hash(scheme: &Scheme, span: &Span, sheet: &Sheet) -> Result<String, Error> {
    let value = json!({
        "scheme": scheme.id,
        "definition": scheme.digest,
        "period": span.name,
        "sheet": sheet,
    });
    Ok(Digest::of(canonical_json(&value)?.as_bytes()).to_string())
}

impl Group<'_> {
    /// Computes a register's scheme for a period and puts the result in the place of the one before.
    pub(crate) fn compute(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        (register, period): (&RegisterId, &str),
        cause: Cause,
    ) -> Result<(Kept, Option<Appended>), Failure> {
        let spec = self
            .mechanisms
            .register(register)
            .ok_or_else(|| Refusal::new("no_such_reference").with("field", register.as_str()))?
            .clone();
        let today = date_of(self.now);
        keeps(self.world, today, actor, &spec)?;
        let computed = spec
            .computed
            .as_ref()
            .ok_or_else(|| Refusal::new("not_computed").with("register", &spec.label))?;
        let scheme = scheme_named(self.mechanisms, Some(computed.as_str()))?;
        let span = period_of(&scheme, Some(period), self.now)?;
        let facts = facts::of_views(&scheme, self.world, batch.connection())?;
        let assessment = score(&scheme, &self.world.org, &facts, &span);
        checked(&scheme, &span, &assessment, None)?;
        let entries = i64::try_from(batch.next_seq()).unwrap_or(i64::MAX);
        let mut events = self.gone(register, &span, &assessment);
        for (unit, row, mut values) in result_rows(&span, &assessment, today) {
            let Some(sheet) = assessment.sheet(&unit) else {
                continue;
            };
            let hash = sheet_hash(&scheme, &span, sheet)?;
            let before = self.world.registers.row(register, &row);
            let before = before.and_then(|before| entries_before(before, &hash));
            let value = Value::Code(Code::new(hash));
            values.insert(FieldId::new(SHEET), value);
            values.insert(FieldId::new(ENTRIES), Value::Int(entries));
            values.extend(before.map(|n| (FieldId::new(ENTRIES_BEFORE), Value::Int(n))));
            events.push(WorldEvent::RowPut(RowPut {
                register: register.clone(),
                row,
                values,
            }));
        }
        self.record(batch, actor, events, cause)
    }

    /// Rows of units that are no longer scored.
    fn gone(&self, register: &RegisterId, span: &Span, assessment: &Assessment) -> Vec<WorldEvent> {
        let stays = |row: &bihuan_domain::id::RowId| {
            let mut sheets = assessment.sheets.iter();
            sheets.any(|sheet| bihuan_domain::assessment::result_row(span, &sheet.unit) == *row)
        };
        let rows = self.world.registers.rows(register).map(|(row, _)| row);
        rows.filter(|row| is_of_period(row, span) && !stays(row))
            .map(|row| {
                WorldEvent::RowRemoved(RowRemoved {
                    register: register.clone(),
                    row: row.clone(),
                })
            })
            .collect()
    }

    fn record(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        events: Vec<WorldEvent>,
        cause: Cause,
    ) -> Result<(Kept, Option<Appended>), Failure> {
        let mut plan = Vec::new();
        self.ahead = u64::try_from(events.len()).unwrap_or(u64::MAX);
        for event in &events {
            std::sync::Arc::make_mut(self.world).evolve(event.clone(), actor, self.now);
        }
        let mut opened = Ok(());
        for event in &events {
            if let WorldEvent::RowPut(put) = event {
                opened = opened.and_then(|()| self.row_opens(batch, &mut plan, &put.register, &put.row));
            }
        }
        self.ahead = 0;
        opened?;
        let (mut written, mut last) = (Vec::new(), None);
        for event in events {
            let (kind, body) = event.stored();
            let appended = batch.append(&NewEntry {
                at: self.now,
                stream: WORLD.to_owned(),
                kind: kind.clone(),
                version: VERSION,
                actor: log_actor(actor),
                definition: None,
                cause: Some(cause.clone()),
                body,
            })?;
            written.push((appended.seq, kind));
            last = Some(appended);
        }
        let (mut kept, later) = self.write(batch, plan, Some(cause))?;
        kept.seqs.splice(0..0, written);
        Ok((kept, later.or(last)))
    }
}

/// The log of the sheet before this one: of the row's own where it had another hash, else what the row says.
fn entries_before(before: &Row, hash: &str) -> Option<i64> {
    let number = |field| match before.get(&FieldId::new(field)) {
        Some(Value::Int(n)) => Some(*n),
        _ => None,
    };
    match before.get(&FieldId::new(SHEET)) {
        Some(Value::Code(same)) if same.as_str() == hash => number(ENTRIES_BEFORE),
        _ => number(ENTRIES),
    }
}
