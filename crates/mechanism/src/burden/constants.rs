//! The constants of the estimate, in tenths of a minute. `docs/burden.md` gives the reasoning of each; a test holds the
//! two together.

use bihuan_domain::value::Type;

use super::Tenths;

/// Weeks of a year.
pub const WEEKS: u64 = 52;
/// Working days of a year, for what is asked daily except on days off.
pub const WORKING_DAYS: u64 = 250;
/// Finding the case, reading where it stands, submitting.
pub const OCCASION: Tenths = 10;
/// Confirming with one click what is known already.
pub const CONFIRM: Tenths = 1;
/// Taking or scanning a file and attaching it.
pub const EVIDENCE: Tenths = 30;
/// A regular report in free words.
pub const REPORT: Tenths = 60;
/// Reading a case and saying whether it is done.
pub const VERIFY: Tenths = 100;
/// Saying that what one asked for has been done.
pub const CONFIRM_DONE: Tenths = 30;
/// A look-back: reading a closed case, and the record of what was seen on the spot.
pub const LOOK_BACK: Tenths = 150;

/// The constants by name, for the table in the docs.
pub const TABLE: [(&str, Tenths); 19] = [
    ("occasion", OCCASION),
    ("confirm", CONFIRM),
    ("evidence", EVIDENCE),
    ("report", REPORT),
    ("verify", VERIFY),
    ("confirm_done", CONFIRM_DONE),
    ("look_back", LOOK_BACK),
    ("text", 30),
    ("number", 8),
    ("money", 10),
    ("bool", 2),
    ("choice", 2),
    ("date", 3),
    ("instant", 4),
    ("duration", 4),
    ("unit", 4),
    ("row", 4),
    ("case", 5),
    ("file", EVIDENCE),
];

/// What filling in a field of this type takes.
pub fn field(ty: &Type) -> Tenths {
    let named = |name: &str| {
        TABLE
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0, |(_, tenths)| *tenths)
    };
    match ty {
        Type::Text => named("text"),
        Type::Int | Type::Decimal => named("number"),
        Type::Money => named("money"),
        Type::Bool => named("bool"),
        Type::Choice(_) => named("choice"),
        Type::Date => named("date"),
        Type::Instant => named("instant"),
        Type::Duration => named("duration"),
        Type::Unit | Type::Post | Type::Person => named("unit"),
        Type::Row(_) => named("row"),
        Type::Case => named("case"),
        Type::File => named("file"),
        // A list is reckoned as two.
        Type::List(item) => field(item) * 2,
    }
}
