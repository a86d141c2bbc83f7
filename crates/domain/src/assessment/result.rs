//! A computed result as rows of a register: what guards compare with, notices print and objections are raised against.
//!
//! Nobody writes these rows by hand: a register that a scheme computes (`computed`) takes them from the scheme alone.

use jiff::civil::Date;

use super::period::Span;
use super::sheet::Assessment;
use crate::expr::Row;
use crate::id::{FieldId, RowId, UnitId};
use crate::value::{Type, Value};

/// The hash of the sheet, beside the declared fields of a computed row.
pub const SHEET: &str = "sheet";
/// How many entries of the log the sheet was computed from.
pub const ENTRIES: &str = "entries";
/// How many entries the sheet before it was computed from, where it was another one.
pub const ENTRIES_BEFORE: &str = "entries_before";

/// A field that a computed register has, and whether it may be of a type.
type Wanted = (&'static str, fn(&Type) -> bool);

/// The fields that a computed register has.
pub const FIELDS: [Wanted; 9] = [
    ("unit", |ty| *ty == Type::Unit),
    ("year", |ty| *ty == Type::Int),
    ("from", |ty| *ty == Type::Date),
    ("until", |ty| *ty == Type::Date),
    ("class", |ty| matches!(ty, Type::Choice(_))),
    ("total", |ty| *ty == Type::Decimal),
    ("place", |ty| *ty == Type::Int),
    ("grade", |ty| matches!(ty, Type::Choice(_))),
    ("computed_on", |ty| *ty == Type::Date),
];

/// The code of a unit's row in a period.
pub fn result_row(span: &Span, unit: &UnitId) -> RowId {
    RowId::new(format!("{}-{unit}", span.name))
}

/// Whether a row belongs to a period.
pub fn is_of_period(row: &RowId, span: &Span) -> bool {
    let rest = row.as_str().strip_prefix(span.name.as_str());
    rest.is_some_and(|rest| rest.starts_with('-'))
}

/// One row a scored unit, as computed on a day; what has no value is left out, never nought.
pub fn result_rows(span: &Span, assessment: &Assessment, on: Date) -> Vec<(UnitId, RowId, Row)> {
    let row = |sheet: &super::sheet::Sheet| {
        let standing = assessment.standing(&sheet.unit);
        let place = standing.and_then(|standing| i64::try_from(standing.place?).ok());
        let grade = standing.and_then(|standing| standing.grade.clone());
        let values = [
            ("unit", Some(Value::Unit(sheet.unit.clone()))),
            ("year", Some(Value::Int(i64::from(span.year())))),
            ("from", Some(Value::Date(span.first))),
            ("until", Some(Value::Date(span.last))),
            ("class", Some(Value::Code(sheet.class.clone()))),
            ("total", sheet.total.map(Value::Dec)),
            ("place", place.map(Value::Int)),
            ("grade", grade.map(Value::Code)),
            ("computed_on", Some(Value::Date(on))),
        ];
        let values = values
            .into_iter()
            .filter_map(|(field, value)| Some((FieldId::new(field), value?)))
            .collect();
        (sheet.unit.clone(), result_row(span, &sheet.unit), values)
    };
    assessment.sheets.iter().map(row).collect()
}
