//! Moving a report's dates into the demo's present, by whole weeks, so that weekdays stay what they were.

use jiff::ToSpan;
use jiff::civil::Date;

/// How many weeks later everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    weeks: i64,
}

impl Shift {
    /// The shift that brings `last` to `today` or up to six days before it.
    pub(crate) fn to_end_by(last: Date, today: Date) -> Shift {
        let days = i64::from(last.until(today).map(|span| span.get_days()).unwrap_or(0));
        Shift {
            weeks: days.div_euclid(7),
        }
    }

    /// Number of weeks.
    pub(crate) fn weeks(self) -> i64 {
        self.weeks
    }

    /// A day of the report, moved.
    pub(crate) fn day(self, day: Date) -> Date {
        day.saturating_add(self.weeks.weeks())
    }
}

#[cfg(test)]
mod tests {
    use super::Shift;
    use jiff::civil::date;

    #[test]
    fn history_ends_in_the_week_before_today_and_keeps_its_weekdays() {
        let last = date(2020, 9, 15);
        for ahead in 0..400 {
            let today = date(2026, 1, 1).saturating_add(jiff::ToSpan::days(ahead));
            let moved = Shift::to_end_by(last, today).day(last);
            let gap = moved.until(today).unwrap().get_days();
            assert!((0..7).contains(&gap), "{moved} {today}");
            assert_eq!(moved.weekday(), last.weekday());
        }
    }
}
