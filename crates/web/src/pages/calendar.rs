//! The calendar (日历): what is due, comes about and who is on duty on which day of a month, over the working calendar; and what
//! is due for calendar programs.

mod rounds;

use std::collections::BTreeMap;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bihuan_domain::calendar::{Calendar, CalendarId, Day, DayKind, date_of, midnight};
use bihuan_domain::clock::month_label;
use bihuan_domain::mechanism::Colour;
use bihuan_engine::views::{CaseRow, Filter, Sort};
use bihuan_messages::{Lang, t, tf};
use bihuan_report::ical::{Deadline, calendar};
use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::layout::{self, Nav};
use crate::pages::desk::duty_words;
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

use rounds::Rounds;

/// Deadlines of a month at most; a day shows how many more there are.
const DUE_MAX: u64 = 2_000;

/// Deadlines named on one day.
const NAMED: usize = 4;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/calendar", get(month))
        .route("/calendar.ics", get(feed))
}

#[derive(Deserialize)]
struct Asked {
    /// `2026-11`; the present month where it is none.
    #[serde(default)]
    month: String,
    /// `all`, or mine.
    #[serde(default)]
    of: String,
}

/// Something that is due.
struct Due {
    at: Timestamp,
    case: CaseRow,
    colour: Colour,
    /// What is to be done, where it waits for the visitor.
    what: Option<String>,
    /// The stable name of what it is: a case may be due for several things on one day.
    kind: &'static str,
}

async fn month(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor.work(move |visitor| page(visitor, &asked)).await
}

fn page(visitor: &Visitor, asked: &Asked) -> Result<Markup, Trouble> {
    let today = date_of(visitor.now);
    let first = format!("{}-01", asked.month.trim())
        .parse::<Date>()
        .unwrap_or_else(|_| today.first_of_month());
    let of_all = asked.of == "all";
    let (dues, total) = if of_all {
        of_everybody(visitor, first)?
    } else {
        mine(visitor, Some(first))?
    };
    let lang = visitor.lang;
    let late = dues.iter().filter(|due| due.at <= visitor.now).count();
    let mut by_day: BTreeMap<Date, Vec<&Due>> = BTreeMap::new();
    for due in &dues {
        by_day.entry(date_of(due.at)).or_default().push(due);
    }
    let fallback = Calendar::statutory();
    let statutory = visitor
        .world
        .calendars
        .get(&CalendarId::statutory())
        .unwrap_or(&fallback);
    let rounds = Rounds::of(visitor, first.first_of_month(), of_all);
    let year = first.year();
    let shown = u64::try_from(dues.len()).unwrap_or(0);
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "find.calendar_title")) }, &html! { a href="/calendar.ics" { (t(lang, "find.calendar_feed")) } }))
        (choice(lang, first, today, of_all))
        p .totals {
            @if total == 0 { (t(lang, "find.calendar_empty")) }
            @else {
                (tf(lang, if total == 1 { "find.calendar_total_1" } else { "find.calendar_total" }, &[("n", &show::count(total))]))
                @if late > 0 { " " strong .late { (tf(lang, "find.calendar_late", &[("n", &late)])) } }
            }
        }
        @if total > shown { p .help { (tf(lang, "find.calendar_cut", &[("n", &show::count(shown))])) } }
        @if !statutory.is_published(year) { p .notice { (tf(lang, "find.calendar_unpublished", &[("year", &year)])) } }
        ol .month aria-label=(t(lang, "find.calendar_days")) {
            @for date in days_of(first) {
                (day(visitor, &statutory.day(date), by_day.get(&date).map_or(&[], Vec::as_slice), &rounds, of_all))
            }
        }
    };
    Ok(layout::page(
        visitor,
        t(lang, "find.calendar_title"),
        Nav::Calendar,
        &body,
    ))
}

fn days_of(first: Date) -> impl Iterator<Item = Date> {
    (0..i64::from(first.days_in_month())).filter_map(move |n| first.checked_add(n.days()).ok())
}

/// The months before and after, and whose deadlines.
fn choice(lang: Lang, first: Date, today: Date, of_all: bool) -> Markup {
    let link = |month: Date, all: bool| {
        let of = if all { "&of=all" } else { "" };
        format!("/calendar?month={:04}-{:02}{of}", month.year(), month.month())
    };
    let other = |months: i64| first.checked_add(months.months()).unwrap_or(first);
    let name = month_label(first).get(lang).to_owned();
    html! {
        nav .month-choice aria-label=(t(lang, "find.calendar_title")) {
            a rel="prev" href=(link(other(-1), of_all)) { (t(lang, "find.calendar_before")) }
            strong { (name) }
            a rel="next" href=(link(other(1), of_all)) { (t(lang, "find.calendar_after")) }
            @if first != today.first_of_month() { a href=(link(today, of_all)) { (t(lang, "find.calendar_today")) } }
            span .month-of {
                a href=(link(first, false)) aria-current=[(!of_all).then_some("true")] { (t(lang, "find.calendar_mine")) }
                a href=(link(first, true)) aria-current=[of_all.then_some("true")] { (t(lang, "find.calendar_all")) }
            }
        }
    }
}

fn day(visitor: &Visitor, day: &Day<'_>, dues: &[&Due], rounds: &Rounds, of_all: bool) -> Markup {
    let lang = visitor.lang;
    let date = day.date;
    let today = date == date_of(visitor.now);
    let more = dues.len().saturating_sub(NAMED);
    let list = format!("/ledgers/all?due_from={date}&due_to={date}");
    html! {
        li .month-day .{ (column(date.weekday())) } .is-off[!day.kind.is_working()] .is-today[today] .is-empty[dues.is_empty() && rounds.is_empty(date)] {
            p .month-date {
                span .num { (date.day()) } " " span .month-weekday { (show::weekday(date, lang)) }
                @if today { " " span .tag { (t(lang, "find.calendar_today")) } }
                @match day.kind {
                    DayKind::Holiday => { " " span .tag title=[day.name.map(AsRef::<str>::as_ref)] { (t(lang, "find.calendar_holiday")) } @if let Some(name) = day.name { " " span .quiet { (name) } } },
                    DayKind::MakeUpWorkday => { " " span .tag title=[day.name.map(AsRef::<str>::as_ref)] { (t(lang, "find.calendar_makeup")) } },
                    DayKind::Workday | DayKind::Weekend => {},
                }
            }
            @if !dues.is_empty() {
                ul {
                    @for due in dues.iter().take(NAMED) {
                        li { (show::colour_mark(due.colour, lang)) " "
                            @if let Some(what) = &due.what { span .quiet { (what) } " " }
                            a href={ "/cases/" (due.case.id) } { (due.case.title.as_deref().unwrap_or_else(|| t(lang, "web.erased"))) } }
                    }
                }
                @if more > 0 {
                    p .month-more {
                        @if of_all { a href=(list) { (tf(lang, "find.calendar_more", &[("n", &more)])) } }
                        @else { a href="/" { (tf(lang, "find.calendar_more", &[("n", &more)])) } }
                    }
                }
            }
            (rounds.day(visitor, date))
        }
    }
}

/// The column of a weekday: styles put the first of the month below its weekday.
fn column(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "col-1",
        Weekday::Tuesday => "col-2",
        Weekday::Wednesday => "col-3",
        Weekday::Thursday => "col-4",
        Weekday::Friday => "col-5",
        Weekday::Saturday => "col-6",
        Weekday::Sunday => "col-7",
    }
}

/// What waits for the visitor: of one month, or all of it; with how many there are.
fn mine(visitor: &Visitor, month: Option<Date>) -> Result<(Vec<Due>, u64), Trouble> {
    let views = visitor.views()?;
    let within = match month {
        Some(month) => (
            midnight(month),
            midnight(month.checked_add(1.months()).unwrap_or(month)),
        ),
        None => (Timestamp::MIN, Timestamp::MAX),
    };
    let duties = views.desk_due(&visitor.person, &visitor.posts, within, DUE_MAX)?;
    let dues: Vec<Due> = duties
        .rows
        .into_iter()
        .filter_map(|duty| {
            let at = duty.due?;
            Some(Due {
                at,
                colour: duty.colour,
                what: Some(duty_words(visitor, &duty)),
                kind: duty.kind.name(),
                case: duty.case,
            })
        })
        .collect();
    Ok((dues, duties.total))
}

/// Open cases that the visitor may see and that are due in a month, the earliest first.
fn of_everybody(visitor: &Visitor, month: Date) -> Result<(Vec<Due>, u64), Trouble> {
    let next = month.checked_add(1.months()).unwrap_or(month);
    let filter = Filter {
        open: Some(true),
        due: (Some(midnight(month)), Some(midnight(next))),
        visible_to: visitor.sight.as_ref().clone(),
        ..Filter::default()
    };
    let page = visitor.views()?.cases(&filter, Sort::Urgency, 0, DUE_MAX)?;
    let dues = page.rows.into_iter().filter_map(|case| {
        Some(Due {
            at: case.due_at?,
            colour: case.colour,
            what: None,
            kind: "case",
            case,
        })
    });
    Ok((dues.collect(), page.total))
}

/// What waits for the visitor, for a calendar program.
async fn feed(visitor: Visitor, headers: HeaderMap) -> Result<Response, Trouble> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost").to_owned();
    let scheme = match headers.get("x-forwarded-proto").map(|proto| proto == "https") {
        Some(true) => "https",
        _ => "http",
    };
    let base = format!("{scheme}://{host}");
    let text = visitor.work(move |visitor| ics(visitor, &base)).await?;
    let head = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"bihuan.ics\""),
    ];
    Ok((head, text).into_response())
}

fn ics(visitor: &Visitor, base: &str) -> Result<String, Trouble> {
    let (lang, views) = (visitor.lang, visitor.views()?);
    let show = Show {
        visitor,
        views: &views,
    };
    let (dues, _) = mine(visitor, None)?;
    let origin = visitor.engine.ledger().origin().to_owned();
    let deadlines: Vec<Deadline> = dues
        .into_iter()
        .map(|due| {
            let title = due.case.title.as_deref().unwrap_or_else(|| t(lang, "web.erased"));
            Deadline {
                uid: format!("{}-{}-{}@{origin}", due.case.id, due.case.stage, due.kind),
                at: due.at,
                summary: match &due.what {
                    Some(what) => format!("{what} · {title}"),
                    None => title.to_owned(),
                },
                note: tf(
                    lang,
                    "find.calendar_feed_note",
                    &[("owner", &show.unit(&due.case.owner))],
                ),
                url: format!("{base}/cases/{}", due.case.id),
            }
        })
        .collect();
    let name = tf(
        lang,
        "find.calendar_feed_name",
        &[("place", &visitor.world.name.get(lang))],
    );
    Ok(calendar(&name, &deadlines, visitor.now))
}
