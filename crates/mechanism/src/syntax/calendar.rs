//! `[[calendar]]` of a pack: a calendar of one's own, made of the statutory one and what is said here beside it.

use bihuan_diagnostics::Span;
use bihuan_domain::calendar::{
    Calendar, CalendarId, DayKind, LastDayEnds, MonthDay, NoticeDay, OfficeHours, Season, YearNotice,
};
use bihuan_messages::{Label, Lang, Message};

use super::limit::date;
use super::parts::word;
use crate::read::{Sink, Sp, Table};

/// What a pack says of a calendar; all else is as in the statutory one.
#[derive(Clone, Debug)]
pub(crate) struct CalendarAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) last_day_ends: Option<LastDayEnds>,
    /// Office hours; none where they are the statutory ones.
    pub(crate) seasons: Vec<Season>,
    pub(crate) notices: Vec<Sp<YearNotice>>,
}

const ENDS: &[(&str, LastDayEnds)] = &[
    ("office-close", LastDayEnds::OfficeClose),
    ("midnight", LastDayEnds::Midnight),
];

const KINDS: &[(&str, DayKind)] = &[
    ("workday", DayKind::Workday),
    ("weekend", DayKind::Weekend),
    ("holiday", DayKind::Holiday),
    ("make-up-workday", DayKind::MakeUpWorkday),
];

/// Reads a calendar.
pub(crate) fn calendar(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<CalendarAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let last_day_ends = table
        .code("last_day_ends", sink)
        .and_then(|found| word(found, "last_day_ends", ENDS, sink))
        .map(|found| found.value);
    let seasons = table
        .tables("season", "[[calendar.season]]", sink)
        .into_iter()
        .filter_map(|t| season(t, sink))
        .collect();
    let notices = table
        .tables("notice", "[[calendar.notice]]", sink)
        .into_iter()
        .filter_map(|t| notice(t, sink))
        .collect();
    table.finish(sink);
    Some(CalendarAst {
        id: id?,
        label,
        last_day_ends,
        seasons,
        notices,
    })
}

fn season(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<Season> {
    let from = month_day(table.need_text("from", sink), sink);
    let to = month_day(table.need_text("to", sink), sink);
    let hours = table.texts("hours", sink);
    table.finish(sink);
    let hours: Vec<OfficeHours> = hours
        .into_iter()
        .filter_map(|found| stretch(&found, sink))
        .collect();
    Some(Season {
        from: from?,
        to: to?,
        hours,
    })
}

fn month_day(found: Option<Sp<String>>, sink: &mut Sink<'_>) -> Option<MonthDay> {
    let found = found?;
    match MonthDay::try_from(found.value.clone()) {
        Ok(day) => Some(day),
        Err(unfit) => {
            unreadable(found.span, unfit.message(), sink);
            None
        }
    }
}

/// `08:30-12:00`.
fn stretch(found: &Sp<String>, sink: &mut Sink<'_>) -> Option<OfficeHours> {
    let read = found
        .value
        .split_once('-')
        .and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
    if read.is_none() {
        let why = Message::new("check.calendar_hours").with("found", found.as_str());
        unreadable(found.span, &why, sink);
    }
    read.map(|(from, to)| OfficeHours { from, to })
}

fn notice(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<Sp<YearNotice>> {
    let span = table.span;
    let year = table.need_number("year", (YEAR_MIN, YEAR_MAX), sink);
    let number = table.need_text("number", sink);
    let issued = day(table.need_text("issued", sink), sink);
    let days = table
        .tables("days", "[[calendar.notice.days]]", sink)
        .into_iter()
        .filter_map(|t| notice_day(t, sink))
        .collect();
    table.finish(sink);
    let notice = YearNotice {
        year: i16::try_from(year?.value).ok()?,
        number: number?.value,
        issued: issued?,
        days,
    };
    Some(Sp::new(span, notice))
}

fn notice_day(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<NoticeDay> {
    let date = day(table.need_text("date", sink), sink);
    let kind = table
        .need_code("kind", sink)
        .and_then(|found| word(found, "kind", KINDS, sink));
    let name = table.need_text("name", sink);
    table.finish(sink);
    Some(NoticeDay {
        date: date?,
        kind: kind?.value,
        name: name?.value,
        statutory: false,
    })
}

fn day(found: Option<Sp<String>>, sink: &mut Sink<'_>) -> Option<jiff::civil::Date> {
    let found = found?;
    let read = date(&found.value);
    if read.is_none() {
        let why = Message::new("check.calendar_date").with("found", found.as_str());
        unreadable(found.span, &why, sink);
    }
    read
}

/// `M0188`: something of a calendar that cannot be.
fn unreadable(span: Span, why: &Message, sink: &mut Sink<'_>) {
    let what = Label::new(why.text(Lang::Zh), why.text(Lang::En));
    sink.error("M0188", span, |m| m.with("what", &what));
}

impl CalendarAst {
    /// The calendar, on the ground of `base`; `None` where something of it cannot be, which is reported.
    pub(crate) fn build(&self, base: &Calendar, sink: &mut Sink<'_>) -> Option<Calendar> {
        let mut calendar = base
            .clone()
            .named(CalendarId::new(self.id.as_str()), self.label.clone());
        if let Some(ends) = self.last_day_ends {
            calendar = calendar.with_last_day_ends(ends);
        }
        if !self.seasons.is_empty() {
            match calendar.with_seasons(self.seasons.clone()) {
                Ok(with) => calendar = with,
                Err(unfit) => {
                    unreadable(self.id.span, unfit.message(), sink);
                    return None;
                }
            }
        }
        for notice in &self.notices {
            if let Err(unfit) = calendar.adopt_year(notice.value.clone()) {
                unreadable(notice.span, unfit.message(), sink);
                return None;
            }
        }
        Some(calendar)
    }

    /// Whether everything that is said here is so in `known`, which may know more.
    pub(crate) fn is_in(&self, known: &Calendar) -> bool {
        let hours = |season: &Season| known.seasons().contains(season);
        let told = |notice: &Sp<YearNotice>| known.notices().contains(&notice.value);
        self.last_day_ends
            .is_none_or(|ends| ends == known.last_day_ends())
            && self.seasons.iter().all(hours)
            && self.notices.iter().all(told)
    }
}

const YEAR_MIN: u32 = 1992;
const YEAR_MAX: u32 = 2999;
