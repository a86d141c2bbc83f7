//! The drawing of the Gantt chart: an axis of months and a row for each matter, all on one scale of days.

use bihuan_domain::calendar::day_number;
use bihuan_messages::{Lang, tf};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::course::{Course, Planned, Stay};
use crate::show;

/// The width of all rows, in the drawing's own units.
const WIDTH: i64 = 900;

/// Months that are drawn at most on either side of today.
const MONTHS: i32 = 18;

/// Months that bear their name at most; of more only every third does.
const NAMED: usize = 14;

/// The axis.
pub(super) struct Axis {
    first: Date,
    last: Date,
    today: Date,
    /// Whether something lies before or behind it.
    pub(super) clipped: bool,
}

impl Axis {
    pub(super) fn of(courses: &[Course], today: Date) -> Axis {
        let stays = courses.iter().flat_map(|course| &course.stays);
        let plans = courses.iter().flat_map(|course| &course.plan);
        let starts = stays.clone().map(|stay| stay.from);
        let ends = stays.map(|stay| stay.to).chain(plans.map(|plan| plan.to));
        let (first, last) = (starts.min().unwrap_or(today), ends.max().unwrap_or(today));
        let month = |n: i32| today.checked_add(n.months()).unwrap_or(today);
        let (low, high) = (month(-MONTHS), month(MONTHS));
        Axis {
            first: first.max(low).min(today).first_of_month(),
            last: last.min(high).max(today).last_of_month(),
            today,
            clipped: first < low || high < last,
        }
    }

    fn x(&self, day: Date) -> i64 {
        let days = |day: Date| day_number(day).saturating_sub(day_number(self.first));
        let whole = days(self.last).saturating_add(1).max(1);
        let day = day.max(self.first).min(self.last);
        WIDTH.saturating_mul(days(day)) / whole
    }

    fn months(&self) -> Vec<Date> {
        let mut months = Vec::new();
        let mut month = self.first;
        while month <= self.last {
            months.push(month);
            match month.checked_add(1.month()) {
                Ok(next) => month = next,
                Err(_) => break,
            }
        }
        months
    }

    /// The months and today.
    pub(super) fn head(&self, lang: Lang) -> Markup {
        let months = self.months();
        let many = months.len() > NAMED;
        let named = |month: &Date| !many || month.month() % 3 == 1;
        html! {
            svg viewBox={ "0 0 " (WIDTH) " 40" } width=(WIDTH) height="40" aria-hidden="true" focusable="false" {
                @for (nth, month) in months.iter().enumerate() {
                    @let x = self.x(*month);
                    line .grid x1=(x) x2=(x) y1="24" y2="40" {}
                    @if named(month) { text x=(x + 4) y="36" {
                        @if nth == 0 || month.month() == 1 { (tf(lang, "chart.gantt_months", &[("year", &month.year()), ("month", &month.month())])) }
                        @else { (tf(lang, "chart.gantt_month", &[("month", &month.month())])) }
                    } }
                }
                line .now x1=(self.x(self.today)) x2=(self.x(self.today)) y1="16" y2="40" {}
                text .named x=(self.x(self.today)) y="12" text-anchor="middle" { (bihuan_messages::t(lang, "chart.today")) }
            }
        }
    }

    /// A matter: what happened above, what was planned below.
    pub(super) fn row(&self, lang: Lang, course: &Course) -> Markup {
        let name = tf(lang, "chart.gantt_row", &[("title", &course.title)]);
        html! {
            svg viewBox={ "0 0 " (WIDTH) " 40" } width=(WIDTH) height="40" role="group" aria-label=(name) {
                @for month in self.months() { line .grid x1=(self.x(month)) x2=(self.x(month)) y1="0" y2="40" {} }
                @for (nth, stay) in course.stays.iter().enumerate() { (self.stay(lang, course, stay, nth)) }
                @for plan in &course.plan { (self.planned(lang, plan)) }
                line .now x1=(self.x(self.today)) x2=(self.x(self.today)) y1="0" y2="40" {}
            }
        }
    }

    fn stay(&self, lang: Lang, course: &Course, stay: &Stay, nth: usize) -> Markup {
        let (x, end) = (self.x(stay.from), self.x(stay.to));
        let width = end.saturating_sub(x).max(2);
        // Time past the limit, hatched.
        let past = stay.due.filter(|due| *due < stay.to);
        let over = past.map(|due| self.x(due).max(x));
        let days = past.map_or(0, |due| day_number(stay.to).saturating_sub(day_number(due)));
        let key = if days > 0 {
            "chart.gantt_bar_late"
        } else {
            "chart.gantt_bar"
        };
        let words = tf(
            lang,
            key,
            &[
                ("stage", &stay.name),
                ("from", &show::date(stay.from, lang)),
                ("to", &show::date(stay.to, lang)),
                ("n", &days),
            ],
        );
        html! {
            a href={ "/cases/" (course.id) } aria-label=(words) {
                title { (words) }
                rect class={ "stay tint-" (nth % 2) } x=(x) y="5" width=(width) height="17" {}
                @if let Some(over) = over {
                    rect .over x=(over) y="5" width=(end.saturating_sub(over).max(2)) height="17" {}
                    @for stripe in (over..end).step_by(6) { line .hatch x1=(stripe) x2=((stripe + 6).min(end)) y1="22" y2="5" {} }
                }
                @if fits(&stay.name, over.unwrap_or(end).saturating_sub(x)) { text .stay-name x=(x + 4) y="18" { (stay.name) } }
            }
        }
    }

    fn planned(&self, lang: Lang, plan: &Planned) -> Markup {
        let (x, end) = (self.x(plan.from), self.x(plan.to));
        let words = tf(
            lang,
            "chart.gantt_bar",
            &[
                ("stage", &plan.name),
                ("from", &show::date(plan.from, lang)),
                ("to", &show::date(plan.to, lang)),
            ],
        );
        html! {
            @if end > x { rect .planned x=(x) y="28" width=(end - x) height="7" { title { (words) } } }
        }
    }
}

/// Whether a name can be set in a bar: a Chinese character is as wide as it is high, others half of it.
fn fits(name: &str, width: i64) -> bool {
    let wide = name
        .chars()
        .fold(8_i64, |sum, c| sum + if c.is_ascii() { 7 } else { 12 });
    wide <= width
}
