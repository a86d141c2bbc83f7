//! Assessment (目标责任考核): what units are scored by, and what their scores come to, exactly and traceably.
//!
//! Pure and without floats. A [`Scheme`] comes from a file of a pack; [`score`] takes the cases and rows that it looks
//! at and gives every unit a [`Sheet`] in which each point names the case or row that it comes from. The same facts give
//! the same sheet: a unit that is given its own facts computes its own sheet to the same bytes.
//!
//! Only units are scored. A type that could hold a person as the subject does not exist here.

mod exact;
mod facts;
mod period;
mod piece;
mod place;
mod result;
mod scheme;
mod score;
mod sheet;
mod tally;
#[cfg(test)]
mod tests;

pub use exact::Exact;
pub use facts::{about_case, case_row, case_row_of, facts_of, row_of_case, tells_nothing};
pub use period::{Span, Unreadable};
pub use piece::{Amount, Counting, Falls, Piece};
pub use result::{
    ENTRIES, ENTRIES_BEFORE, FIELDS as RESULT_FIELDS, SHEET, is_of_period, result_row, result_rows,
};
pub use scheme::{
    Adjustment, AtQuota, Class, Empty, Grade, Item, Measure, Members, Merged, Of, Places, Rule, Said, Scheme,
    Source, Veto,
};
pub use score::{Fact, Facts, score};
pub use sheet::{
    AdjustmentLine, Apart, Assessment, Counted, Line, Outcome, Sheet, Standing, Thing, VetoLine, WhyApart,
};
pub use tally::{Named, Place, Tally, owner_in};
