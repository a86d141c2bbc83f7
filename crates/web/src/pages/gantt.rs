//! The Gantt chart (甘特图) of a ledger: of each matter what happened, stage by stage, above what the limits had planned.

mod course;
mod drawing;

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::{date_of, day_number};
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::Mechanism;
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use super::ledger::{Asked, Pairs, Tab, tabs};
use crate::Web;
use crate::components::chart::{Cell, Head, Table, scrolled};
use crate::components::pager::pager;
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

use course::{Course, Stay};
use drawing::Axis;

/// Matters on a page.
const PAGE: u64 = 25;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/ledgers/{mechanism}/gantt", get(page))
}

async fn page(visitor: Visitor, Path(id): Path<String>, Query(pairs): Pairs) -> Result<Markup, Trouble> {
    let asked = Asked::of(pairs);
    let mechanism = visitor.mechanisms.current(&MechanismId::from(id));
    let mechanism = mechanism.ok_or_else(Trouble::not_found)?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let filter = asked.narrowed(visitor, &views, Some(&mechanism))?;
            let offset = asked.page.max(1).saturating_sub(1).saturating_mul(PAGE);
            let rows = views.cases(&filter, asked.order(), offset, PAGE)?;
            let show = Show {
                visitor,
                views: &views,
            };
            let mut courses = Vec::new();
            for row in &rows.rows {
                if let Some(state) = views.state(row.id)? {
                    courses.push(Course::of(&show, &mechanism, row, &state));
                }
            }
            Ok(view(&show, &mechanism, &asked, &courses, rows.total))
        })
        .await
}

fn view(show: &Show<'_>, mechanism: &Mechanism, asked: &Asked, courses: &[Course], total: u64) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let title = mechanism.label.get(lang);
    let axis = Axis::of(courses, date_of(visitor.now));
    let chart = html! {
        table .gantt {
            thead { tr { th scope="col" { (t(lang, "chart.matter")) } td { (axis.head(lang)) } } }
            tbody { @for course in courses { tr {
                th scope="row" {
                    a .row-title href={ "/cases/" (course.id) } { (show::text(&course.title)) }
                    span .row-note { (course.owner) " · " (course.stage) }
                }
                td { (axis.row(lang, course)) }
            } } }
        }
    };
    let body = html! {
        (layout::heading(Some(&mechanism.number), &html! { (title) }, &html! {}))
        (tabs(lang, mechanism.id.as_str(), asked, Tab::Gantt))
        @if asked.is_filtered() {
            p .notice { (t(lang, "chart.filtered")) " " a href={ "/ledgers/" (mechanism.id) "/gantt" } { (t(lang, "web.filter_clear")) } }
        }
        @if courses.is_empty() {
            div .empty { p { (t(lang, "chart.none")) } p .actions { a .button href={ "/ledgers/" (mechanism.id) } { (t(lang, "chart.show_list")) } } }
        } @else {
            p .lead { (t(lang, "chart.gantt_lead")) }
            (scrolled(t(lang, "chart.tab_gantt"), &chart))
            @if axis.clipped { p .quiet { (t(lang, "chart.gantt_clipped")) } }
            (pager(lang, asked.page.max(1), PAGE, total, |n| format!("/ledgers/{}/gantt{}", mechanism.id, asked.with("page", &n.to_string()))))
            details .fold { summary { (t(lang, "chart.table")) } div { (table(lang, courses).view()) } }
        }
    };
    let title = format!("{title} · {}", t(lang, "chart.tab_gantt"));
    layout::page(visitor, &title, Nav::Ledgers, &body)
}

/// The same in words: each stay with its limit.
fn table(lang: Lang, courses: &[Course]) -> Table {
    let heads = vec![
        Head::words(t(lang, "chart.matter")),
        Head::words(t(lang, "chart.stage")),
        Head::words(t(lang, "chart.real_from")),
        Head::words(t(lang, "chart.planned_end")),
        Head::words(t(lang, "chart.real_end")),
        Head::words(t(lang, "chart.apart")),
    ];
    let apart = |stay: &Stay| {
        let Some(due) = stay.due else {
            return "–".to_owned();
        };
        let days = day_number(stay.to).saturating_sub(day_number(due));
        match (days, stay.ended) {
            (0, true) => t(lang, "chart.on_the_day").to_owned(),
            (1.., _) => tf(lang, "chart.days_late", &[("n", &days)]),
            (_, true) => tf(lang, "chart.days_early", &[("n", &days.abs())]),
            (_, false) => "–".to_owned(),
        }
    };
    let rows = courses.iter().flat_map(|course| {
        course.stays.iter().map(move |stay| {
            vec![
                Cell::text(course.title.clone()),
                Cell::text(stay.name.clone()),
                Cell::text(show::date(stay.from, lang)),
                Cell::text(
                    stay.due
                        .map_or_else(|| "–".to_owned(), |due| show::date(due, lang)),
                ),
                Cell::text(if stay.ended {
                    show::date(stay.to, lang)
                } else {
                    t(lang, "chart.still").to_owned()
                }),
                Cell::text(apart(stay)),
            ]
        })
    });
    Table {
        heads,
        rows: rows.collect(),
    }
}
