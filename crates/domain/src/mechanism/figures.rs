//! Figures that documents report, and indicators that are computed.

use bihuan_messages::Label;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::expr::Expr;
use crate::id::{Code, FieldId};

/// A figure that a document reports, beside what the log computes; numerator, base and printed rate apart.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedFigure {
    /// Code.
    pub id: Code,
    /// What it is.
    pub label: Label,
    /// Computed numerator (or the value itself).
    pub value: Option<Expr>,
    /// Computed base of a rate.
    pub base: Option<Expr>,
    /// The register or source text of the computed value, as the file writes it.
    pub value_text: Option<String>,
    /// As the file writes the base.
    pub base_text: Option<String>,
    /// The printed number, in base units (yuan, not fen); a rate in percent.
    pub printed: Decimal,
    /// Its unit as printed.
    pub unit: String,
    /// `over`, `about`, `under`.
    pub qualifier: Option<Code>,
    /// The document.
    pub document: String,
    /// As-of date.
    pub as_of: Option<Date>,
    /// Why printed and computed differ, where they do.
    pub anomaly: Option<Label>,
    /// The words in which the document says it.
    pub quote: Option<String>,
    /// The indicator of the same mechanism beside which it stands, in the period of [`ReportedFigure::as_of`].
    pub indicator: Option<Code>,
}

/// An indicator (指标): computed from cases and registers; its subject is never a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// Code.
    pub id: Code,
    /// What it is called.
    pub label: Label,
    /// What it counts, in words.
    pub says: Label,
    /// The numerator of a rate, or the value itself.
    pub value: Expr,
    /// The base of a rate.
    pub base: Option<Expr>,
    /// As the file writes the value.
    pub value_text: String,
    /// As the file writes the base.
    pub base_text: Option<String>,
    /// Unit; `%` for a rate.
    pub unit: String,
    /// What is aimed at, as printed.
    pub target: Option<Decimal>,
    /// Which way is better.
    pub direction: Direction,
    /// Over which period it is reported.
    pub period: Period,
    /// The date of a row (`opened_on`, `closed_on`, `due_on`, or a date field) that says into which period the row
    /// falls; where absent, everything that there is now counts.
    pub dated: Option<FieldId>,
    /// The field of a row that names the unit to which it is charged; the owner for cases where absent.
    pub whose: Option<FieldId>,
    /// The code of the common indicator from which it was taken.
    pub common: Option<Code>,
}

/// Which way of an indicator is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Up,
    /// Less is better.
    Down,
    /// It only tells.
    #[default]
    None,
}

/// Over which period an indicator is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Period {
    Month,
    Quarter,
    HalfYear,
    Year,
    #[default]
    Always,
}

impl Period {
    /// The first and last day of the period that holds `day`; `None` for [`Period::Always`].
    pub fn around(self, day: Date) -> Option<(Date, Date)> {
        let months = self.months()?;
        let first_month = (day.month() - 1) / months * months + 1;
        let first = Date::new(day.year(), first_month, 1).ok()?;
        let last = Date::new(day.year(), first_month + months - 1, 1).ok()?;
        Some((first, last.last_of_month()))
    }

    /// The period before the one that holds `day`.
    pub fn before(self, day: Date) -> Option<(Date, Date)> {
        let (first, _) = self.around(day)?;
        self.around(first.yesterday().ok()?)
    }

    fn months(self) -> Option<i8> {
        Some(match self {
            Period::Month => 1,
            Period::Quarter => 3,
            Period::HalfYear => 6,
            Period::Year => 12,
            Period::Always => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_is_one_of_the_calendar() {
        let day = date(2026, 11, 22);
        assert_eq!(
            Period::Month.around(day),
            Some((date(2026, 11, 1), date(2026, 11, 30)))
        );
        assert_eq!(
            Period::Quarter.around(day),
            Some((date(2026, 10, 1), date(2026, 12, 31)))
        );
        assert_eq!(
            Period::HalfYear.before(day),
            Some((date(2026, 1, 1), date(2026, 6, 30)))
        );
        assert_eq!(
            Period::Year.before(day),
            Some((date(2025, 1, 1), date(2025, 12, 31)))
        );
        assert_eq!(Period::Always.around(day), None);
    }
}
