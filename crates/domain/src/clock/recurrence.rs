//! A recurrence as people say it: `每周三，节假日除外`, `every Wednesday, except holidays`.

use bihuan_messages::{Label, Lang, Message, t};

use super::cadence::{Cadence, DayOfWeek, DaysOff, Every, OnDayOff};
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
        let days = |days: &[String]| days.join(t(lang, "clock.every_and"));
        match &self.every {
            Every::Daily => t(lang, "clock.every_day").to_owned(),
            Every::Weekly(weekdays) => {
                let names: Vec<String> = weekdays
                    .iter()
                    .map(|day| t(lang, weekday(*day)).to_owned())
                    .collect();
                Message::new("clock.every_week")
                    .with("days", days(&names))
                    .text(lang)
            }
            Every::MonthlyDays(list) => {
                let names: Vec<String> = list.iter().map(|day| month_day(*day, lang)).collect();
                Message::new("clock.every_month")
                    .with("days", days(&names))
                    .text(lang)
            }
            Every::Quarterly { month, day } => Message::new("clock.every_quarter")
                .show("month", month)
                .with("day", month_day(*day, lang))
                .text(lang),
            Every::Yearly { month, day } => Message::new("clock.every_year")
                .with("month", t(lang, month_name(*month)))
                .with("day", month_day(*day, lang))
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

fn month_day(day: i8, lang: Lang) -> String {
    match day {
        -1 => t(lang, "clock.day_last").to_owned(),
        ..=-2 => Message::new("clock.day_before_end")
            .show("n", day.unsigned_abs())
            .text(lang),
        _ => Message::new("clock.day_of_month").show("n", day).text(lang),
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
                "monthly on day 15 and the last day, moved to the working day before".into()
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
