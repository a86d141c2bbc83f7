//! The pieces of assessments: what each case adds to each measure of the schemes in force, in a narrow table of its own, so
//! that a year is scored in a pass over pieces and no state is read.
//!
//! A measure is known by the hash of its definition: a scheme that changes its weights, caps or places keeps its pieces.
//! A measure that asks for `today` has none; of its cases the fields that it looks at are kept instead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::assessment::{Amount, Counting, Falls, Of, Scheme, Span, case_row_of};
use bihuan_domain::calendar::midnight;
use bihuan_domain::case::State;
use bihuan_domain::expr::Row;
use bihuan_domain::id::{CaseId, FieldId, MechanismId, UnitId};
use bihuan_ledger::Digest;
use jiff::civil::Date;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use super::query::instant;
use crate::error::Error;

mod fill;

use fill::filled_to;
pub use fill::{Filling, filling};
pub(crate) use fill::{as_far_as, filling_of};

/// The tables of this part.
pub(crate) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS measures(measure INTEGER PRIMARY KEY, mechanism TEXT NOT NULL, filled INTEGER);
CREATE TABLE IF NOT EXISTS pieces(
  measure INTEGER NOT NULL,
  id INTEGER NOT NULL,
  unit TEXT NOT NULL,
  falls INTEGER,
  amount,
  base INTEGER NOT NULL,
  PRIMARY KEY (measure, id)
) WITHOUT ROWID;
";

/// What is kept for the schemes in force.
#[derive(Default)]
pub(crate) struct Measures(BTreeMap<MechanismId, OfMechanism>);

/// What is kept of the cases of one mechanism.
#[derive(Default)]
struct OfMechanism {
    measured: Vec<Measured>,
    /// All fields that any of them looks at: of a case no others are looked up.
    fields: BTreeSet<FieldId>,
}

/// A measure over cases.
struct Measured {
    key: i64,
    counting: Counting,
    /// What is kept of a case where the answer depends on the period.
    fields: Option<BTreeSet<FieldId>>,
}

/// What is kept of one case for one measure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    unit: UnitId,
    falls: Option<i64>,
    amount: Sql,
    base: i64,
}

/// In the place of `base`: the row holds fields of the case and no piece.
const FIELDS: i64 = 2;

impl Measures {
    /// Those of these schemes.
    pub(crate) fn of<'s>(schemes: impl Iterator<Item = &'s Arc<Scheme>>) -> Measures {
        let mut by_key: BTreeMap<i64, (MechanismId, Measured)> = BTreeMap::new();
        for scheme in schemes {
            let lists = scheme.lists().into_iter().map(|(_, list)| list);
            for counting in scheme.countings().into_iter().chain(lists) {
                let Of::Cases(mechanism) = counting.of.clone() else {
                    continue;
                };
                let measured = Measured {
                    key: key_of(&counting),
                    fields: counting.asks_for_today().then(|| counting.fields()),
                    counting,
                };
                by_key.entry(measured.key).or_insert((mechanism, measured));
            }
        }
        let mut measures = Measures::default();
        for (mechanism, measured) in by_key.into_values() {
            let of = measures.0.entry(mechanism).or_default();
            of.fields.extend(measured.counting.fields());
            of.measured.push(measured);
        }
        measures
    }

    /// What is kept of a case, by the place of the measure among those of its mechanism.
    pub(crate) fn held(&self, state: &State) -> Vec<Option<Held>> {
        let Some(of) = self.0.get(&state.mechanism.id) else {
            return Vec::new();
        };
        let row = case_row_of(state, &of.fields);
        of.measured
            .iter()
            .map(|one| one.held(&state.owner, &row))
            .collect()
    }

    /// Writes what differs from `before`; everything where nothing is known of the case.
    pub(crate) fn write(
        &self,
        connection: &Connection,
        state: &State,
        before: Option<&[Option<Held>]>,
        after: &[Option<Held>],
    ) -> Result<(), Error> {
        let Some(OfMechanism { measured, .. }) = self.0.get(&state.mechanism.id) else {
            return Ok(());
        };
        let id = i64::try_from(state.id.0).unwrap_or(i64::MAX);
        for (place, (one, held)) in measured.iter().zip(after).enumerate() {
            if before.and_then(|before| before.get(place)) != Some(held) {
                put(connection, one.key, id, held.as_ref(), before.is_some())?;
            }
        }
        Ok(())
    }
}

impl Measured {
    fn held(&self, owner: &UnitId, row: &Row) -> Option<Held> {
        if let Some(fields) = &self.fields {
            let kept: BTreeMap<&FieldId, _> =
                row.iter().filter(|(field, _)| fields.contains(*field)).collect();
            return Some(Held {
                unit: owner.clone(),
                falls: None,
                amount: Sql::Text(serde_json::to_string(&kept).ok()?),
                base: FIELDS,
            });
        }
        // Nothing of it asks for a day; any will do.
        let piece = self.counting.piece(row, instant(0))?;
        Some(Held {
            falls: match piece.falls {
                Falls::Always => None,
                Falls::On(day) => Some(day_number(day)?),
                Falls::In(year) => Some(i64::from(year).checked_neg().filter(|year| *year < 0)?),
            },
            amount: match piece.amount {
                Amount::Millionths(amount) => Sql::Integer(amount),
                Amount::Exactly(amount) => Sql::Text(amount.to_string()),
                Amount::Missing => Sql::Null,
            },
            unit: piece.unit,
            base: i64::from(piece.base),
        })
    }
}

/// `20260314`; `None` before our era, in which no period lies.
fn day_number(day: Date) -> Option<i64> {
    let (year, month, of_month) = (
        i64::from(day.year()),
        i64::from(day.month()),
        i64::from(day.day()),
    );
    let number = year
        .checked_mul(10_000)?
        .checked_add(month.checked_mul(100)?)?
        .checked_add(of_month)?;
    (year > 0).then_some(number)
}

/// A measure's key: of its definition as compiled. Another definition has another one.
fn key_of(counting: &Counting) -> i64 {
    let digest = Digest::of(format!("{counting:?}").as_bytes()).hex();
    let first: String = digest.chars().take(15).collect();
    i64::from_str_radix(&first, 16).unwrap_or(0)
}

fn fill(
    connection: &Connection,
    measured: &[&Measured],
    of: &OfMechanism,
    state: &State,
) -> Result<(), Error> {
    let row = case_row_of(state, &of.fields);
    let id = i64::try_from(state.id.0).unwrap_or(i64::MAX);
    for one in measured {
        put(
            connection,
            one.key,
            id,
            one.held(&state.owner, &row).as_ref(),
            false,
        )?;
    }
    Ok(())
}

fn put(connection: &Connection, key: i64, id: i64, held: Option<&Held>, was: bool) -> Result<(), Error> {
    match held {
        Some(held) => {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO pieces(measure, id, unit, falls, amount, base) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(rusqlite::params![key, id, held.unit.as_str(), held.falls, held.amount, held.base])?;
        }
        None if was => {
            connection
                .prepare_cached("DELETE FROM pieces WHERE measure = ?1 AND id = ?2")?
                .execute((key, id))?;
        }
        None => {}
    }
    Ok(())
}

/// A piece of a case that falls into the period.
pub(crate) struct Kept<'r> {
    pub(crate) case: CaseId,
    pub(crate) unit: &'r str,
    pub(crate) amount: Amount,
    pub(crate) base: bool,
}

/// Calls `visit` with every piece of a measure that falls into the period, in order of cases. Gives whether the measure is
/// kept and filled: that of a scheme that is not in force is not.
pub(crate) fn each_piece(
    connection: &Connection,
    counting: &Counting,
    span: &Span,
    mut visit: impl FnMut(Kept<'_>),
) -> Result<bool, Error> {
    let key = key_of(counting);
    if filled_to(connection, counting)? != Some(None) {
        return Ok(false);
    }
    let day = |day: Date| day_number(day).unwrap_or(0);
    let (first, last, year) = (
        day(span.first),
        day(span.last),
        i64::from(span.year()).saturating_neg(),
    );
    let today = midnight(span.last);
    let mut statement = connection
        .prepare_cached("SELECT falls, id, unit, base, amount FROM pieces WHERE measure = ?1 ORDER BY id")?;
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        let falls: Option<i64> = row.get(0)?;
        if falls.is_some_and(|falls| (falls < first || falls > last) && falls != year) {
            continue;
        }
        let case = CaseId(u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0));
        let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let base: i64 = row.get(3)?;
        if base == FIELDS {
            let fields: Row = serde_json::from_str(text(4)?)?;
            let piece = counting.piece(&fields, today);
            if let Some(piece) = piece.filter(|piece| piece.falls.into_span(span)) {
                visit(Kept {
                    case,
                    unit: piece.unit.as_str(),
                    amount: piece.amount,
                    base: piece.base,
                });
            }
            continue;
        }
        let amount = match row.get_ref(4)? {
            ValueRef::Integer(amount) => Amount::Millionths(amount),
            ValueRef::Text(_) => {
                let number = text(4)?.parse();
                Amount::Exactly(number.map_err(|error| Error::Other(format!("{error}")))?)
            }
            _ => Amount::Missing,
        };
        visit(Kept {
            case,
            unit: text(2)?,
            amount,
            base: base == 1,
        });
    }
    Ok(true)
}

/// Of whom a case is and since when, as rows of cases know it; from its brief.
pub(crate) fn about(connection: &Connection, case: CaseId) -> Result<Option<(UnitId, Date)>, Error> {
    let found: Option<(String, i64)> = connection
        .prepare_cached("SELECT owner, opened_at FROM briefs WHERE id = ?1")?
        .query_row([i64::try_from(case.0).unwrap_or(i64::MAX)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(found.map(|(owner, opened)| {
        let opened = bihuan_domain::calendar::date_of(instant(opened));
        (UnitId::from(owner), opened)
    }))
}

#[cfg(test)]
mod tests {
    use bihuan_domain::assessment::Span;
    use bihuan_domain::mechanism::Period;
    use bihuan_domain::value::Value;
    use proptest::prelude::*;

    use super::*;

    const SCHEME: &str = r#"language = 1

[scheme]
id = "kept"
number = "M10"
label = { zh = "样例", en = "sample" }
purpose = { zh = "样例", en = "sample" }
source = { zh = "样例", en = "sample" }
subject = "unit"
period = "quarter"
full = "100"
merged = "apart"

[[class]]
id = "town"
label = { zh = "乡镇", en = "townships" }
kinds = ["township"]

[[item]]
id = "rate"
label = { zh = "甲", en = "a" }
weights = { town = "40" }
of = "cases:key-task"
unit = "row.owner"
when = "row.closed_on"
counts = "!row.void"
measure = "rate"
hit = "row.on_time"
empty = "spread"

[[item]]
id = "mean"
label = { zh = "乙", en = "b" }
weights = { town = "40" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
measure = "mean"
value = "row.days * 0.0000001"
base = "row.round > 1"
out_of = "10"
empty = "zero"

[[item]]
id = "late-now"
label = { zh = "丙", en = "c" }
weights = { town = "20" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
counts = "row.open && row.due_on < today"
measure = "loss"
value = "0.5"

[[grade]]
id = "rest"
label = { zh = "其他", en = "rest" }
"#;

    /// The measures of the scheme above, compiled as a pack beside the base.
    fn measures() -> (Arc<Scheme>, Measures) {
        let packs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs");
        let mut world = bihuan_domain::world::World::new();
        let mut put = |id: &str, files: BTreeMap<String, String>| {
            let digest = bihuan_domain::id::Digest::new("sha256:00");
            world.packs.insert(id.into(), (digest, Arc::new(files)));
        };
        for id in ["base", "b-plans"] {
            let dir = std::path::Path::new(packs).join(id);
            put(id, files(&dir));
        }
        let pack = "language = 1\n[pack]\nid = \"kept\"\nlabel = { zh = \"样例\", en = \"sample\" }\nrequires = [\"base\", \"b-plans\"]\n";
        let files = [("pack.toml", pack), ("kept.toml", SCHEME)];
        put(
            "kept",
            files
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .into(),
        );
        let mechanisms = crate::Mechanisms::default()
            .adopt(&world.packs, &world.calendars)
            .unwrap();
        let scheme = mechanisms.schemes().find(|scheme| scheme.id.as_str() == "kept");
        let scheme = scheme.unwrap().clone();
        let measures = Measures::of(std::iter::once(&scheme));
        (scheme, measures)
    }

    fn files(dir: &std::path::Path) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if let Ok(text) = std::fs::read_to_string(&path) {
                files.insert(path.file_name().unwrap().to_string_lossy().into_owned(), text);
            }
        }
        files
    }

    prop_compose! {
        fn a_row()(
            owner in 0..3u8,
            opened in proptest::option::weighted(0.9, 0..600i64),
            closed in proptest::option::of(0..600i64),
            due in proptest::option::of(0..600i64),
            days in proptest::option::weighted(0.9, 0..40_000i64),
            round in 1..4i64,
            marks in any::<[bool; 3]>(),
        ) -> Row {
            let day = |n: i64| Value::Date(jiff::civil::date(2025, 9, 1) + jiff::Span::new().days(n));
            let [void, on_time, open] = marks;
            let mut row = Row::new();
            let mut put = |name: &str, value: Option<Value>| {
                if let Some(value) = value {
                    row.insert(FieldId::new(name), value);
                }
            };
            put("owner", Some(Value::Unit(format!("t{owner}").as_str().into())));
            put("opened_on", opened.map(day));
            put("closed_on", closed.map(day));
            put("due_on", due.map(day));
            put("days", days.map(Value::Int));
            put("round", Some(Value::Int(round)));
            put("void", Some(Value::Bool(void)));
            put("on_time", closed.map(|_| Value::Bool(on_time)));
            put("open", Some(Value::Bool(open)));
            row
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_kept_of_a_case_counts_in_every_period_as_the_case_itself(
            rows in prop::collection::vec(a_row(), 1..30), changed in prop::collection::vec(a_row(), 0..10), quarter in 0..12usize,
        ) {
            static MADE: std::sync::LazyLock<(Arc<Scheme>, Measures)> = std::sync::LazyLock::new(measures);
            let (scheme, measures) = &*MADE;
            let name = format!("{}-Q{}", 2025 + quarter / 4, quarter % 4 + 1);
            let span = Span::parse(&name, Period::Quarter).unwrap();
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(TABLES).unwrap();
            let measured: Vec<&Measured> = measures.0.values().flat_map(|of| &of.measured).collect();
            let owner = UnitId::new("t0");
            let mut last = rows.clone();
            for (n, row) in rows.iter().enumerate() {
                for one in &measured {
                    put(&connection, one.key, n as i64, one.held(&owner, row).as_ref(), false).unwrap();
                }
            }
            for (n, row) in changed.iter().enumerate().take(rows.len()) {
                last[n] = row.clone();
                for one in &measured {
                    put(&connection, one.key, n as i64, one.held(&owner, row).as_ref(), true).unwrap();
                }
            }
            for one in &measured {
                connection.execute("INSERT INTO measures VALUES (?1, 'key-task', NULL)", [one.key]).unwrap();
            }
            for counting in scheme.countings() {
                let today = midnight(span.last);
                let pieces = last.iter().enumerate().filter_map(|(n, row)| Some((n as u64, counting.piece(row, today)?)));
                let wanted: Vec<_> = pieces
                    .filter(|(_, piece)| piece.falls.into_span(&span))
                    .map(|(n, piece)| (n, piece.unit.to_string(), piece.amount, piece.base))
                    .collect();
                let mut found = Vec::new();
                let kept = each_piece(&connection, &counting, &span, |kept| {
                    found.push((kept.case.0, kept.unit.to_owned(), kept.amount, kept.base));
                });
                prop_assert!(kept.unwrap());
                prop_assert_eq!(found, wanted);
            }
        }
    }
}
