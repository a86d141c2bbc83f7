//! A result is announced: the scheme's sheets of a period become rows, each with the hash of its sheet and the number of
//! entries that it was computed from.
//!
//! It is computed on a reader, on one state of the read models, so that nobody waits for it; the writer puts it down as it
//! is. `report assess` computes the same sheet from that many entries of the log and finds the same hash.

use std::sync::Arc;

use bihuan_domain::assessment::{
    ENTRIES, ENTRIES_BEFORE, Named, SHEET, Scheme, Sheet, Span, is_of_period, result_rows,
};
use bihuan_domain::calendar::date_of;
use bihuan_domain::case::keeps;
use bihuan_domain::event::{RowPut, RowRemoved, VERSION, WorldEvent};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{Code, Digest, FieldId, RegisterId, RowId, UnitId};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use bihuan_ledger::{Appended, Batch, Cause, NewEntry, canonical_json};
use jiff::Timestamp;
use serde_json::json;

use super::change::refusal;
use super::run::{live, period_of, scheme_named};
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::mechanisms::Mechanisms;
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
    Ok(bihuan_ledger::Digest::of(canonical_json(&value)?.as_bytes()).to_string())
}

/// A result that is ready to be announced.
pub(crate) struct Computed {
    /// The definition by which it was computed.
    definition: Digest,
    scheme: Arc<Scheme>,
    span: Span,
    /// From so many entries.
    entries: u64,
    rows: Vec<(UnitId, RowId, Row)>,
}

/// Computes the scheme of a register for a period on one state of the read models, beside the writer.
///
/// # Errors
///
/// A refusal where the actor may not, the register computes nothing, or the period cannot be scored.
pub(crate) fn computed(
    engine: &Engine,
    actor: &Actor,
    register: &RegisterId,
    period: &str,
) -> Result<Computed, Failure> {
    let (mechanisms, now) = (engine.mechanisms(), engine.now());
    let scheme = computes(&mechanisms, &engine.world(), actor, register, now)?;
    let span = period_of(&scheme, Some(period), now)?;
    let run = live(engine, &scheme, &span, Named::Everybody)?;
    let mut rows = result_rows(&span, &run.assessment, date_of(now));
    for (unit, _, values) in &mut rows {
        if let Some(sheet) = run.assessment.sheet(unit) {
            let hash = sheet_hash(&scheme, &span, sheet)?;
            values.insert(FieldId::new(SHEET), Value::Code(Code::new(hash)));
        }
    }
    Ok(Computed {
        definition: scheme.digest.clone(),
        span,
        entries: run.head.size,
        rows,
        scheme,
    })
}

/// The scheme that a register computes, where the actor keeps the register.
fn computes(
    mechanisms: &Mechanisms,
    world: &World,
    actor: &Actor,
    register: &RegisterId,
    now: Timestamp,
) -> Result<Arc<Scheme>, Failure> {
    let spec = mechanisms
        .register(register)
        .ok_or_else(|| Refusal::new("no_such_reference").with("field", register.as_str()))?;
    keeps(world, date_of(now), actor, spec)?;
    let computed = spec
        .computed
        .as_ref()
        .ok_or_else(|| Refusal::new("not_computed").with("register", &spec.label))?;
    scheme_named(mechanisms, Some(computed.as_str()))
}

impl Group<'_> {
    /// Puts a computed result in the place of the one before. What was computed stands, whatever cases did meanwhile: its
    /// rows name the entries that it follows from. Only the rules must still be the same, and nobody later have announced.
    pub(crate) fn announce(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        (register, computed): (&RegisterId, Option<Box<Result<Computed, Failure>>>),
        cause: Cause,
    ) -> Result<(Kept, Option<Appended>), Failure> {
        let computed =
            computed.ok_or_else(|| Error::Other("a result is computed before it is announced".to_owned()))?;
        let computed = (*computed)?;
        let scheme = computes(self.mechanisms, self.world, actor, register, self.now)?;
        if scheme.digest != computed.definition || scheme.id != computed.scheme.id {
            return Err(refusal("assess.scheme_changed", &[("scheme", scheme.id.as_str())]).into());
        }
        let entries = i64::try_from(computed.entries).unwrap_or(i64::MAX);
        let mut events = self.gone(register, &computed);
        for (_, row, mut values) in computed.rows {
            let hash = match values.get(&FieldId::new(SHEET)) {
                Some(Value::Code(hash)) => hash.to_string(),
                _ => continue,
            };
            let before = self.world.registers.row(register, &row);
            if before.and_then(|before| number(before, ENTRIES)) > Some(entries) {
                return Err(refusal("assess.overtaken", &[("period", &computed.span.name)]).into());
            }
            let before = before.and_then(|before| entries_before(before, &hash));
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
    fn gone(&self, register: &RegisterId, computed: &Computed) -> Vec<WorldEvent> {
        let stays = |row: &RowId| computed.rows.iter().any(|(_, scored, _)| scored == row);
        let rows = self.world.registers.rows(register).map(|(row, _)| row);
        rows.filter(|row| is_of_period(row, &computed.span) && !stays(row))
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
    match before.get(&FieldId::new(SHEET)) {
        Some(Value::Code(same)) if same.as_str() == hash => number(before, ENTRIES_BEFORE),
        _ => number(before, ENTRIES),
    }
}

fn number(row: &Row, field: &str) -> Option<i64> {
    match row.get(&FieldId::new(field)) {
        Some(Value::Int(n)) => Some(*n),
        _ => None,
    }
}
