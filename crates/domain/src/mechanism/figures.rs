//! Figures that documents report, and indicators that are computed.

use bihuan_messages::Label;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::expr::Expr;
use crate::id::Code;

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
