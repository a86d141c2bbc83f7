//! Deadlines by day (到期日历): weeks side by side, the weekdays below each other, the number in its day.

use bihuan_domain::calendar::{Calendar, CalendarId, midnight};
use bihuan_engine::views::Filter;
use bihuan_messages::{t, tf};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::{Chart, Source};
use crate::components::chart::{Cell, Head, Table, scrolled};
use crate::show;
use crate::trouble::Trouble;

/// Weeks before this one, and all together.
const BEFORE: i64 = 8;
const WEEKS: i64 = 26;

struct Day {
    date: Date,
    n: u64,
    working: bool,
}

/// The chart.
pub(super) fn by_day(source: &Source<'_>) -> Result<Chart, Trouble> {
    let (lang, today) = (source.lang(), source.today());
    let open = Filter {
        open: Some(true),
        ..source.filter.clone()
    };
    let monday = i64::from(today.weekday().to_monday_zero_offset());
    let first = today.checked_sub((7 * BEFORE + monday).days()).unwrap_or(today);
    let after = |n: i64| first.checked_add(n.days()).unwrap_or(first);
    let days: Vec<Date> = (-1..7 * WEEKS).map(after).collect();
    let counts = source.views().due_on(&open, &days)?;
    let fallback = Calendar::statutory();
    let calendars = &source.show.visitor.world.calendars;
    let statutory = calendars.get(&CalendarId::statutory()).unwrap_or(&fallback);
    let days: Vec<Day> = days
        .into_iter()
        .skip(1)
        .zip(counts)
        .map(|(date, n)| Day {
            date,
            n,
            working: statutory.is_working(date),
        })
        .collect();
    let heads = vec![
        Head::words(t(lang, "chart.day")),
        Head::words(t(lang, "chart.weekday")),
        Head::number(t(lang, "chart.due_count")),
    ];
    let rows = days
        .iter()
        .filter(|day| day.n > 0)
        .map(|day| {
            vec![
                Cell::text(day.date.to_string()),
                Cell::text(show::weekday(day.date, lang)),
                count(source, day, today),
            ]
        })
        .collect();
    let name = t(lang, "chart.due");
    let beyond = beyond(source, &open, first, after(7 * WEEKS))?;
    Ok(Chart {
        id: "due",
        title: name,
        how: t(lang, "chart.due_how"),
        drawing: html! {
            (scrolled(name, &grid(source, &days, today)))
            (beyond)
        },
        table: Table { heads, rows },
    })
}

fn list(source: &Source<'_>, date: Date) -> String {
    let day = date.to_string();
    source.list(&[("open", "yes"), ("due_from", &day), ("due_to", &day)])
}

fn count(source: &Source<'_>, day: &Day, today: Date) -> Cell {
    let href = list(source, day.date);
    if day.date < today {
        Cell::late(day.n, href)
    } else {
        Cell::count(day.n, href)
    }
}

fn grid(source: &Source<'_>, days: &[Day], today: Date) -> Markup {
    let lang = source.lang();
    let most = days.iter().map(|day| day.n).max().unwrap_or(0);
    let cell = |day: &Day| {
        let late = day.date < today;
        // Four shades of ink: a quarter, a half, three quarters and the most.
        let shade = day.n.saturating_mul(4).div_ceil(most.max(1));
        let key = if late {
            "chart.due_cell_late"
        } else {
            "chart.due_cell"
        };
        let words = tf(
            lang,
            key,
            &[("day", &show::date(day.date, lang)), ("n", &show::count(day.n))],
        );
        html! {
            td .heat-cell .{ "heat-" (shade) } .is-late[late && day.n > 0] .is-today[day.date == today] .is-off[!day.working] {
                @if day.n > 0 { a href=(list(source, day.date)) title=(words) aria-label=(words) { (show::count(day.n)) } }
                @else { span aria-hidden="true" { (day.date.day()) } }
            }
        }
    };
    html! {
        table .heat {
            thead { tr {
                th scope="col" { (t(lang, "chart.week_of")) }
                @for week in days.chunks(7) { @if let Some(monday) = week.first() {
                    th scope="col" { (monday.date.month()) "-" (format!("{:02}", monday.date.day())) }
                } }
            } }
            tbody { @for nth in 0..7_usize { tr {
                @if let Some(day) = days.get(nth) { th scope="row" { (show::weekday(day.date, lang)) } }
                @for week in days.chunks(7) { @if let Some(day) = week.get(nth) { (cell(day)) } }
            } } }
        }
    }
}

/// What is due before the first and after the last day that is drawn.
fn beyond(source: &Source<'_>, open: &Filter, first: Date, end: Date) -> Result<Markup, Trouble> {
    let lang = source.lang();
    let counted = |from: Option<Date>, before: Option<Date>| {
        let (after, until) = source.filter.due;
        let from = from.map(midnight).into_iter().chain(after).max();
        let before = before.map(midnight).into_iter().chain(until).min();
        let counts = source.views().counts(&Filter {
            due: (from, before),
            ..open.clone()
        });
        counts.map(|counts| counts.total)
    };
    let (earlier, later) = (counted(None, Some(first))?, counted(Some(end), None)?);
    let last = first.yesterday().unwrap_or(first).to_string();
    Ok(html! {
        @if earlier + later > 0 { p .heat-beyond {
            @if earlier > 0 { a .late href=(source.list(&[("open", "yes"), ("due_to", &last)])) { (tf(lang, "chart.earlier", &[("n", &show::count(earlier))])) } " " }
            @if later > 0 { a href=(source.list(&[("open", "yes"), ("due_from", &end.to_string())])) { (tf(lang, "chart.later", &[("n", &show::count(later))])) } }
        } }
    })
}
