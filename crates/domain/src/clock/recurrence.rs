//! A recurrence as people say it: `每周三，节假日除外`, `every Wednesday, except holidays`.

use bihuan_messages::{Label, Lang, Message, t};

use super::cadence::{Cadence, DayOfMonth, DayOfWeek, DaysOff, Every, OnDayOff};
use super::wording::date_label;
use crate::calendar::CalendarId;

impl Cadence {
    /// The recurrence in words.
    pub fn label(&self) -> Label {
        let mut said = Label::new(self.text(Lang::Zh), self.text(Lang::En));
        if let Some(key) = self.day_off_key() {
            let but = Label::new(t(Lang::Zh, key), t(Lang::En, key));
            said = both(
                &Message::new("clock.every_but")
                    .with("every", said)
                    .with("but", but),
            );
        }
        if self.calendar != CalendarId::statutory() {
            let on = Message::new("clock.rule_on").with("limit", said);
            said = both(&on.show("calendar", &self.calendar));
        }
        said
    }

    fn text(&self, lang: Lang) -> String {
        match &self.every {
            Every::Daily => t(lang, "clock.every_day").to_owned(),
            Every::Weekly(weekdays) => Message::new("clock.every_week")
                .with("days", list(lang, weekdays, |day| weekday_name(*day, lang)))
                .text(lang),
            Every::Weeks { every, days, from } => {
                let message = match Number::of(i64::from(*every)) {
                    Some(number) => Message::new("clock.every_weeks").with(
                        "n",
                        counted(lang, t(lang, number.amount), t(lang, number.ordinal)),
                    ),
                    None => Message::new("clock.every_weeks_n").show("n", every),
                };
                message
                    .with("days", list(lang, days, |day| weekday_name(*day, lang)))
                    .with("from", date_label(*from))
                    .text(lang)
            }
            Every::MonthlyDays(days) => Message::new("clock.every_month")
                .with("days", list(lang, days, |day| month_day(*day, lang)))
                .text(lang),
            Every::Months { every, month, on } => {
                let key = match every {
                    1 => "clock.every_month",
                    3 => "clock.every_quarter",
                    6 => "clock.every_half_year",
                    _ => "clock.every_months",
                };
                let n = Number::of(i64::from(*every)).map_or("", |number| t(lang, number.amount));
                Message::new(key)
                    .show("month", month)
                    .with("n", n)
                    .with("days", list(lang, on, |day| day_of_month(*day, lang)))
                    .text(lang)
            }
            Every::Quarterly { month, day } => Message::new("clock.every_quarter")
                .show("month", month)
                .with("days", month_day(*day, lang))
                .text(lang),
            Every::Yearly { month, day } => Message::new("clock.every_year")
                .with("days", day_of_year(*month, DayOfMonth::Day(*day), lang))
                .text(lang),
            Every::Dates(dates) => Message::new("clock.every_year")
                .with(
                    "days",
                    list(lang, dates, |(month, day)| day_of_year(*month, *day, lang)),
                )
                .text(lang),
        }
    }

    fn day_off_key(&self) -> Option<&'static str> {
        match (self.on_day_off, self.days_off) {
            (OnDayOff::Keep, _) => None,
            (OnDayOff::Skip, DaysOff::Break) => Some("clock.but_holidays"),
            (OnDayOff::Skip, DaysOff::Statutory) => Some("clock.but_statutory"),
            (OnDayOff::Skip, DaysOff::NonWorking) => Some("clock.but_days_off"),
            (OnDayOff::NextWorkingDay, _) => Some("clock.but_moved_on"),
            (OnDayOff::WorkdayBefore, _) => Some("clock.but_moved_back"),
        }
    }
}

fn list<T>(lang: Lang, items: &[T], name: impl Fn(&T) -> String) -> String {
    let names: Vec<String> = items.iter().map(name).collect();
    names.join(t(lang, "clock.every_and"))
}

fn weekday_name(day: DayOfWeek, lang: Lang) -> String {
    t(lang, weekday(day)).to_owned()
}

/// `12月31日`, `31 December`; `6月第一个周一`, `the first Monday of June`.
fn day_of_year(month: i8, day: DayOfMonth, lang: Lang) -> String {
    let month = t(lang, month_name(month));
    match day {
        DayOfMonth::Day(n @ 1..) => Message::new("clock.year_day").show("n", n),
        other => Message::new("clock.year_day_named").with("day", day_of_month(other, lang)),
    }
    .with("month", month)
    .text(lang)
}

fn day_of_month(day: DayOfMonth, lang: Lang) -> String {
    match day {
        DayOfMonth::Day(day) => month_day(day, lang),
        DayOfMonth::Nth(-1, day) => Message::new("clock.weekday_last")
            .with("day", t(lang, weekday(day)))
            .text(lang),
        DayOfMonth::Nth(nth, day) => {
            let key = if nth > 0 {
                "clock.weekday_nth"
            } else {
                "clock.weekday_before_end"
            };
            let number = Number::of(i64::from(nth).abs());
            Message::new(key)
                .with(
                    "n",
                    number.as_ref().map_or("", |number| {
                        counted(lang, t(lang, number.plain), t(lang, number.ordinal))
                    }),
                )
                .with("day", t(lang, weekday(day)))
                .text(lang)
        }
    }
}

fn month_day(day: i8, lang: Lang) -> String {
    match day {
        -1 => t(lang, "clock.day_last").to_owned(),
        ..=-2 => Message::new("clock.day_before_end")
            .with(
                "n",
                counted(lang, day.unsigned_abs().to_string(), ordinal(day.unsigned_abs())),
            )
            .text(lang),
        _ => Message::new("clock.day_of_month")
            .with("n", counted(lang, day.to_string(), ordinal(day.unsigned_abs())))
            .text(lang),
    }
}

/// A number as the language counts: English by the ordinal where Chinese has the number itself.
fn counted<T>(lang: Lang, number: T, ordinal: T) -> T {
    match lang {
        Lang::Zh => number,
        Lang::En => ordinal,
    }
}

/// `1st`, `22nd`, as English dates have it.
fn ordinal(n: u8) -> String {
    let ending = match (n % 10, n % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// A small number in words: by itself, before a measure word, and as a place in a row.
struct Number {
    plain: &'static str,
    amount: &'static str,
    ordinal: &'static str,
}

impl Number {
    /// One to five; larger ones stand in digits.
    fn of(n: i64) -> Option<Number> {
        let (plain, amount, ordinal) = match n {
            1 => ("clock.number_1", "clock.number_1", "clock.ordinal_1"),
            2 => ("clock.number_2", "clock.amount_2", "clock.ordinal_2"),
            3 => ("clock.number_3", "clock.number_3", "clock.ordinal_3"),
            4 => ("clock.number_4", "clock.number_4", "clock.ordinal_4"),
            5 => ("clock.number_5", "clock.number_5", "clock.ordinal_5"),
            _ => return None,
        };
        Some(Number {
            plain,
            amount,
            ordinal,
        })
    }
}

fn weekday(day: DayOfWeek) -> &'static str {
    match day {
        DayOfWeek::Mo => "clock.weekday_mo",
        DayOfWeek::Tu => "clock.weekday_tu",
        DayOfWeek::We => "clock.weekday_we",
        DayOfWeek::Th => "clock.weekday_th",
        DayOfWeek::Fr => "clock.weekday_fr",
        DayOfWeek::Sa => "clock.weekday_sa",
        DayOfWeek::Su => "clock.weekday_su",
    }
}

fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "clock.month_1",
        "clock.month_2",
        "clock.month_3",
        "clock.month_4",
        "clock.month_5",
        "clock.month_6",
        "clock.month_7",
        "clock.month_8",
        "clock.month_9",
        "clock.month_10",
        "clock.month_11",
        "clock.month_12",
    ];
    usize::try_from(i16::from(month) - 1)
        .ok()
        .and_then(|n| NAMES.get(n))
        .copied()
        .unwrap_or("clock.month_12")
}

fn both(message: &Message) -> Label {
    Label::new(message.text(Lang::Zh), message.text(Lang::En))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recurrences_read_as_an_official_says_them() {
        let said = |every, on_day_off, days_off| {
            let cadence = Cadence {
                every,
                on_day_off,
                days_off,
                calendar: CalendarId::statutory(),
            };
            (cadence.label().zh, cadence.label().en)
        };
        assert_eq!(
            said(Every::Weekly(vec![DayOfWeek::We]), OnDayOff::Skip, DaysOff::Break),
            (
                "每周三，节假日除外".into(),
                "every Wednesday, except holidays".into()
            )
        );
        assert_eq!(
            said(
                Every::MonthlyDays(vec![15, -1]),
                OnDayOff::WorkdayBefore,
                DaysOff::NonWorking
            ),
            (
                "每月15日、最后一天，遇休息日提前到前一工作日".into(),
                "monthly on the 15th and the last day, moved to the working day before".into()
            )
        );
        assert_eq!(
            said(
                Every::Yearly { month: 12, day: 31 },
                OnDayOff::Keep,
                DaysOff::NonWorking
            )
            .0,
            "每年12月31日"
        );
        let fortnight = Every::Weeks {
            every: 2,
            days: vec![DayOfWeek::Mo, DayOfWeek::Th],
            from: jiff::civil::date(2026, 1, 5),
        };
        assert_eq!(
            said(fortnight, OnDayOff::Keep, DaysOff::NonWorking),
            (
                "每两周的周一、四，自2026年1月5日起算".into(),
                "every second week on Monday and Thursday, counted from 5 January 2026".into()
            )
        );
        let weekdays = Every::Months {
            every: 1,
            month: 1,
            on: vec![
                DayOfMonth::Nth(1, DayOfWeek::Mo),
                DayOfMonth::Nth(-1, DayOfWeek::Fr),
            ],
        };
        assert_eq!(
            said(weekdays, OnDayOff::Keep, DaysOff::NonWorking),
            (
                "每月第一个周一、最后一个周五".into(),
                "monthly on the first Monday and the last Friday".into()
            )
        );
        let half_yearly = Every::Months {
            every: 6,
            month: 6,
            on: vec![DayOfMonth::Day(-1)],
        };
        assert_eq!(
            said(half_yearly, OnDayOff::Keep, DaysOff::NonWorking),
            (
                "每半年第6个月最后一天".into(),
                "half-yearly on the last day of month 6".into()
            )
        );
        assert_eq!(
            said(
                Every::Quarterly { month: 3, day: -1 },
                OnDayOff::Keep,
                DaysOff::NonWorking
            )
            .1,
            "quarterly on the last day of month 3"
        );
    }
}
