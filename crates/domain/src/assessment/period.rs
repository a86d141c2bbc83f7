//! The period that is assessed: a year, half-year, quarter or month.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::mechanism::Period;

/// A period by its name (`2026`, `2026-H1`, `2026-Q3`, `2026-07`) with its first and last day, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

/// A name that is no period of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What was found.
    pub found: String,
    /// How it should look.
    pub expected: &'static str,
}

impl Span {
    /// Reads the name of a period of this kind.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] with an example of what is expected.
    pub fn parse(text: &str, kind: Period) -> Result<Span, Unreadable> {
        let expected = match kind {
            Period::Year | Period::Always => "2026",
            Period::HalfYear => "2026-H1",
            Period::Quarter => "2026-Q1",
            Period::Month => "2026-01",
        };
        let fault = || Unreadable {
            found: text.to_owned(),
            expected,
        };
        let (year, part) = match text.split_once('-') {
            Some((year, part)) => (year, Some(part)),
            None => (text, None),
        };
        let year: i16 = (year.len() == 4)
            .then(|| year.parse().ok())
            .flatten()
            .filter(|year| (1949..=9998).contains(year))
            .ok_or_else(fault)?;
        let number = |prefix: &str, most: i8| {
            let digits = part.and_then(|part| part.strip_prefix(prefix))?;
            let width = if prefix.is_empty() { 2 } else { 1 };
            let number = (digits.len() == width).then(|| digits.parse::<i8>().ok())??;
            (1..=most).contains(&number).then_some(number)
        };
        let (month, months) = match kind {
            Period::Year | Period::Always if part.is_none() => (1, 12),
            Period::Year | Period::Always => return Err(fault()),
            Period::HalfYear => ((number("H", 2).ok_or_else(fault)? - 1) * 6 + 1, 6),
            Period::Quarter => ((number("Q", 4).ok_or_else(fault)? - 1) * 3 + 1, 3),
            Period::Month => (number("", 12).ok_or_else(fault)?, 1),
        };
        let first = Date::new(year, month, 1).map_err(|_| fault())?;
        let last = first
            .checked_add(months.months())
            .and_then(Date::yesterday)
            .map_err(|_| fault())?;
        Ok(Span {
            name: text.to_owned(),
            first,
            last,
        })
    }

    /// The period of this kind in which `day` lies.
    pub fn around(day: Date, kind: Period) -> Option<Span> {
        let (year, month) = (day.year(), day.month());
        let name = match kind {
            Period::Year | Period::Always => format!("{year:04}"),
            Period::HalfYear => format!("{year:04}-H{}", (month + 5) / 6),
            Period::Quarter => format!("{year:04}-Q{}", (month + 2) / 3),
            Period::Month => format!("{year:04}-{month:02}"),
        };
        Span::parse(&name, kind).ok()
    }

    /// Whether `day` lies inside.
    pub fn covers(&self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    /// The year in which it begins.
    pub fn year(&self) -> i16 {
        self.first.year()
    }
}
