//! The derivation in words that can be read aloud, in both languages.

use bihuan_messages::{Label, Lang, Message, t};
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

use super::{Derivation, Limit, Step};
use crate::calendar::{CalendarId, DayKind, local};

impl Derivation {
    /// The derivation line by line; pause reasons appear as their codes.
    pub fn lines(&self) -> Vec<Message> {
        self.lines_with(|code| Label::new(code, code))
    }

    /// The derivation line by line; `reason` names the pause reasons of the mechanism.
    pub fn lines_with(&self, reason: impl Fn(&str) -> Label) -> Vec<Message> {
        let mut lines = vec![self.start_line()];
        let mut rest = self.steps.as_slice();
        while let Some((step, after)) = rest.split_first() {
            let ordinary = rest.iter().take_while(|step| is_ordinary(step)).count();
            match rest.get(..ordinary) {
                Some(run) if ordinary > 0 => {
                    lines.push(ordinary_line(run));
                    rest = rest.get(ordinary..).unwrap_or(&[]);
                }
                _ => {
                    lines.push(self.step_line(step, &reason));
                    rest = after;
                }
            }
        }
        lines.push(match self.due {
            Some(due) => Message::new("clock.line_due").with("due", self.end_label(due)),
            None => Message::new("clock.line_stands_still"),
        });
        lines
    }

    /// The whole derivation as text, one line each.
    pub fn text(&self, lang: Lang) -> String {
        self.lines()
            .iter()
            .map(|line| line.text(lang))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn start_line(&self) -> Message {
        let next_day = matches!(self.rule.limit, Limit::WorkingDays(_));
        let named = self.rule.calendar != CalendarId::statutory();
        let line = Message::new(match (next_day, named) {
            (false, false) => "clock.line_start",
            (false, true) => "clock.line_start_on",
            (true, false) => "clock.line_start_next_day",
            (true, true) => "clock.line_start_next_day_on",
        });
        let line = line
            .with("start", moment_label(self.start))
            .with("limit", self.rule.limit.label());
        if named {
            line.show("calendar", &self.rule.calendar)
        } else {
            line
        }
    }

    fn step_line(&self, step: &Step, reason: &impl Fn(&str) -> Label) -> Message {
        match step {
            // Ordinary stretches are merged before they come here.
            Step::Counted { .. } => ordinary_line(std::slice::from_ref(step)),
            Step::Skipped {
                from,
                to,
                days,
                name,
                notice,
                ..
            } => with_notice("clock.step_skipped", notice)
                .with("range", range_label(*from, *to))
                .with("name", festival_label(name.as_deref()))
                .show("days", days),
            Step::AddedMakeUp { date, name, notice } => with_notice("clock.step_make_up", notice)
                .with("date", weekday_label(*date))
                .with("name", festival_label(name.as_deref())),
            Step::Paused {
                from,
                to: Some(to),
                reason: code,
                counted_seconds,
            } => {
                let seconds = counted_seconds.unwrap_or(0);
                let key = if seconds == 0 {
                    "clock.step_paused_nothing"
                } else {
                    "clock.step_paused"
                };
                let line = Message::new(key)
                    .with("from", moment_label(*from))
                    .with("to", moment_label(*to))
                    .with("reason", reason(code));
                if seconds == 0 {
                    line
                } else {
                    line.with("time", self.counted_label(seconds))
                }
            }
            Step::Paused {
                from,
                to: None,
                reason: code,
                ..
            } => Message::new("clock.step_paused_still")
                .with("from", moment_label(*from))
                .with("reason", reason(code)),
            Step::Rolled { from, to } => {
                let key = match (local(*from).date() == local(*to).date(), to > from) {
                    (true, _) => "clock.step_within_day",
                    (false, true) => "clock.step_rolled_on",
                    (false, false) => "clock.step_rolled_back",
                };
                Message::new(key)
                    .with("from", weekday_label(self.end_day(*from)))
                    .with("to", self.end_label(*to))
            }
            Step::BeyondPublished { year } => Message::new("clock.step_beyond").show("year", year),
        }
    }

    /// A duration in the rule's own time.
    fn counted_label(&self, seconds: u64) -> Label {
        match self.rule.limit {
            Limit::WorkingHours(_) | Limit::WorkingDays(_) => {
                let time = duration_in(seconds, "clock.hours", None);
                each(|lang| {
                    Message::new("clock.working_time")
                        .with("time", time.clone())
                        .text(lang)
                })
            }
            _ => duration_label(seconds),
        }
    }

    /// The day to which a moment belongs: where a limit ends with a day, 24:00 belongs to the day that ends.
    fn end_day(&self, at: Timestamp) -> Date {
        let moment = local(at);
        let ends_a_day = self.rule.limit.ends_with_a_day() || matches!(self.rule.limit, Limit::Days(_));
        match moment.date().yesterday() {
            Ok(before) if ends_a_day && moment.time() == Time::midnight() => before,
            _ => moment.date(),
        }
    }

    /// A moment that may end a day: then 24:00 of that day rather than 0:00 of the next.
    fn end_label(&self, at: Timestamp) -> Label {
        let moment = local(at);
        let date = self.end_day(at);
        let time = if date == moment.date() {
            time_text(moment.time())
        } else {
            "24:00".to_owned()
        };
        let date = weekday_label(date);
        each(|lang| {
            Message::new("clock.moment")
                .with("date", date.clone())
                .with("time", time.as_str())
                .text(lang)
        })
    }
}

/// A day with its year: `2024年5月1日`, `1 May 2024`.
pub fn date_label(date: Date) -> Label {
    Label::new(
        format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        format!("{} {} {}", date.day(), month_name(date), date.year()),
    )
}

/// A month with its year: `2024年5月`, `May 2024`.
pub fn month_label(date: Date) -> Label {
    Label::new(
        format!("{}年{}月", date.year(), date.month()),
        format!("{} {}", month_name(date), date.year()),
    )
}

/// A moment in Chinese local time: `2024年5月1日 9:00`, `1 May 2024 9:00`.
pub fn moment_label(at: Timestamp) -> Label {
    let moment = local(at);
    let date = date_label(moment.date());
    let time = time_text(moment.time());
    each(|lang| {
        Message::new("clock.moment")
            .with("date", date.clone())
            .with("time", time.as_str())
            .text(lang)
    })
}

/// A stretch of natural time: `1天3小时5分钟`, `1 d 3 h 5 min`.
pub fn duration_label(seconds: u64) -> Label {
    duration_in(seconds, "clock.hours", Some("clock.days"))
}

/// The festivals of the statutory calendar by their Chinese names.
const FESTIVALS: &[(&str, &str)] = &[
    ("元旦", "clock.festival_new_year"),
    ("春节", "clock.festival_spring"),
    ("清明节", "clock.festival_qingming"),
    ("劳动节", "clock.festival_labour"),
    ("端午节", "clock.festival_dragon_boat"),
    ("中秋节", "clock.festival_mid_autumn"),
    ("国庆节", "clock.festival_national"),
];

/// The name of a festival in both languages, as far as it is known; without one, that of a weekend.
pub(super) fn festival_label(name: Option<&str>) -> Label {
    let Some(name) = name else {
        return each(|lang| t(lang, "clock.weekend").to_owned());
    };
    let english: Vec<&str> = name
        .split('、')
        .map(|part| {
            FESTIVALS
                .iter()
                .find(|(zh, _)| *zh == part)
                .map_or(part, |(_, key)| t(Lang::En, key))
        })
        .collect();
    Label::new(name, english.join(", "))
}

/// A stretch that needs no reason: working days, and weekends among them.
fn is_ordinary(step: &Step) -> bool {
    matches!(
        step,
        Step::Counted { .. }
            | Step::Skipped {
                kind: DayKind::Weekend,
                ..
            }
    )
}

fn ordinary_line(run: &[Step]) -> Message {
    let (mut first, mut last) = (None, None);
    let (mut counted, mut weekend) = (0_u32, 0_u32);
    for step in run {
        if let Step::Counted { from, to, days } | Step::Skipped { from, to, days, .. } = step {
            first = first.or(Some(*from));
            last = Some(*to);
            if matches!(step, Step::Counted { .. }) {
                counted += days
            } else {
                weekend += days
            }
        }
    }
    let range = match (first, last) {
        (Some(first), Some(last)) => range_label(first, last),
        _ => Label::default(),
    };
    let key = match (counted, weekend) {
        (0, _) => "clock.step_weekend",
        (_, 0) => "clock.step_counted",
        _ => "clock.step_counted_and_weekend",
    };
    let mut line = Message::new(key).with("range", range);
    if counted > 0 {
        line = line.show("days", counted);
    }
    if weekend > 0 {
        line = line.show("weekend", weekend);
    }
    line
}

fn with_notice(key: &str, notice: &Option<String>) -> Message {
    match notice {
        Some(notice) => Message::new(key).with("notice", notice.as_str()),
        None => Message::new(format!("{key}_plain")),
    }
}

/// `2024年5月1日至5日`, `1–5 May 2024`.
fn range_label(from: Date, to: Date) -> Label {
    if from == to {
        return date_label(from);
    }
    let (month, year) = (from.month() == to.month(), from.year() == to.year());
    let zh = match (year, month) {
        (true, true) => format!("{}日", to.day()),
        (true, false) => format!("{}月{}日", to.month(), to.day()),
        _ => date_label(to).zh,
    };
    let en = match (year, month) {
        (true, true) => format!("{}", from.day()),
        (true, false) => format!("{} {}", from.day(), month_name(from)),
        _ => date_label(from).en,
    };
    Label::new(
        format!("{}至{zh}", date_label(from).zh),
        format!("{en}–{}", date_label(to).en),
    )
}

/// `2024年5月1日（星期三）`, `Wednesday 1 May 2024`.
fn weekday_label(date: Date) -> Label {
    let (zh, en) = match date.weekday() {
        Weekday::Monday => ("一", "Monday"),
        Weekday::Tuesday => ("二", "Tuesday"),
        Weekday::Wednesday => ("三", "Wednesday"),
        Weekday::Thursday => ("四", "Thursday"),
        Weekday::Friday => ("五", "Friday"),
        Weekday::Saturday => ("六", "Saturday"),
        Weekday::Sunday => ("日", "Sunday"),
    };
    let date = date_label(date);
    Label::new(format!("{}（星期{zh}）", date.zh), format!("{en} {}", date.en))
}

fn month_name(date: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(date.month() - 1)
        .ok()
        .and_then(|month| NAMES.get(month))
        .copied()
        .unwrap_or("")
}

fn time_text(time: Time) -> String {
    match time.second() {
        0 => format!("{}:{:02}", time.hour(), time.minute()),
        second => format!("{}:{:02}:{second:02}", time.hour(), time.minute()),
    }
}

/// Days if wanted, hours, minutes and seconds, leaving out what is nothing.
fn duration_in(seconds: u64, hours_key: &str, days_key: Option<&str>) -> Label {
    let days = if days_key.is_some() { seconds / 86_400 } else { 0 };
    let rest = seconds - days * 86_400;
    let parts = [
        (days, days_key.unwrap_or("clock.days")),
        (rest / 3600, hours_key),
        (rest % 3600 / 60, "clock.minutes"),
        (rest % 60, "clock.seconds"),
    ];
    let nothing = seconds == 0;
    each(|lang| {
        let said: Vec<String> = parts
            .iter()
            .filter(|(n, key)| *n > 0 || (nothing && *key == "clock.minutes"))
            .map(|(n, key)| Message::new(*key).show("n", n).text(lang))
            .collect();
        said.join(if lang == Lang::En { " " } else { "" })
    })
}

fn each(text: impl Fn(Lang) -> String) -> Label {
    Label::new(text(Lang::Zh), text(Lang::En))
}

#[cfg(test)]
mod tests;
