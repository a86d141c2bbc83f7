//! The pipeline board (推进看板): a column a stage, with how many are there, the limit, the median of past stays, and the most
//! urgent matters as cards.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use bihuan_domain::id::{MechanismId, StageId};
use bihuan_domain::mechanism::{Mechanism, Stage, StageKind};
use bihuan_engine::process::{Dwell, courses, dwells};
use bihuan_engine::views::{CaseRow, Filter, Group, Sort, Views};
use bihuan_messages::{t, tf};
use bihuan_process::lasting;
use maud::{Markup, html};

use super::charts::limit_words;
use super::ledger::{Asked, Pairs, Tab, tabs};
use crate::Web;
use crate::components::chart::scrolled;
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Cards of a column.
const CARDS: u64 = 6;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/ledgers/{mechanism}/pipeline", get(page))
}

struct Column<'a> {
    stage: &'a Stage,
    n: u64,
    late: u64,
    cards: Vec<(CaseRow, i64)>,
}

struct Board<'a> {
    show: &'a Show<'a>,
    mechanism: &'a Mechanism,
    asked: &'a Asked,
    columns: Vec<Column<'a>>,
    dwells: BTreeMap<StageId, Dwell>,
}

async fn page(visitor: Visitor, Path(id): Path<String>, Query(pairs): Pairs) -> Result<Markup, Trouble> {
    let asked = Asked::of(pairs);
    let mechanism = visitor.mechanisms.current(&MechanismId::from(id));
    let mechanism = mechanism.ok_or_else(Trouble::not_found)?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let filter = asked.narrowed(visitor, &views, Some(&mechanism))?;
            let show = Show {
                visitor,
                views: &views,
            };
            let mut courses = courses(&views, std::slice::from_ref(&mechanism.id), &visitor.sight)?;
            let ids = views.ids(&filter)?;
            courses.retain(|course| ids.contains(&course.case));
            let board = Board {
                show: &show,
                mechanism: &mechanism,
                asked: &asked,
                columns: columns(visitor, &views, &mechanism, &filter)?,
                dwells: dwells(&courses),
            };
            Ok(board.view())
        })
        .await
}

/// The stages of the mechanism with what lies in them; what has ended is only counted.
fn columns<'a>(
    visitor: &Visitor,
    views: &Views,
    mechanism: &'a Mechanism,
    filter: &Filter,
) -> Result<Vec<Column<'a>>, Trouble> {
    let counts: BTreeMap<String, _> = views.counts_by(filter, Group::Stage)?.into_iter().collect();
    let mut columns = Vec::new();
    for stage in &mechanism.stages {
        let count = counts.get(stage.id.as_str());
        let (n, late) = count.map_or((0, 0), |count| (count.total, count.late));
        if n == 0 && show::is_detour(mechanism, stage) {
            continue;
        }
        let mut cards = Vec::new();
        if stage.kind.is_open() && n > 0 {
            let here = Filter {
                stage: Some(stage.id.clone()),
                ..filter.clone()
            };
            for row in views.cases(&here, Sort::Urgency, 0, CARDS)?.rows {
                let since = views
                    .state(row.id)?
                    .map_or(row.opened_at, |state| state.stage_since);
                cards.push((row, visitor.now.duration_since(since).as_secs()));
            }
        }
        columns.push(Column {
            stage,
            n,
            late,
            cards,
        });
    }
    Ok(columns)
}

impl Board<'_> {
    fn view(&self) -> Markup {
        let (visitor, mechanism) = (self.show.visitor, self.mechanism);
        let lang = visitor.lang;
        let title = mechanism.label.get(lang);
        let any = self.columns.iter().any(|column| column.n > 0);
        let columns = html! { ol .columns { @for column in &self.columns { (self.column(column)) } } };
        let body = html! {
            div .narrow {
                (layout::heading(Some(&mechanism.number), &html! { (title) }, &html! {}))
                (tabs(lang, mechanism.id.as_str(), self.asked, Tab::Pipeline))
                @if self.asked.is_filtered() {
                    p .notice { (t(lang, "chart.filtered")) " " a href={ "/ledgers/" (mechanism.id) "/pipeline" } { (t(lang, "web.filter_clear")) } }
                }
                @if any { p .lead { (t(lang, "chart.pipeline_lead")) } } @else {
                    div .empty { p { (t(lang, "chart.none")) } p .actions { a .button href={ "/ledgers/" (mechanism.id) } { (t(lang, "chart.show_list")) } } }
                }
            }
            @if any { (scrolled(t(lang, "chart.tab_pipeline"), &columns)) }
        };
        let title = format!("{title} · {}", t(lang, "chart.tab_pipeline"));
        layout::wide_page(visitor, &title, Nav::Ledgers, &body)
    }

    fn list(&self, stage: &str, late: bool) -> String {
        let mut asked = self.asked.clone();
        asked.set("stage", stage);
        if late {
            asked.set("open", "yes");
            asked.set("colour", "red");
        }
        format!("/ledgers/{}{}", self.mechanism.id, asked.with("page", ""))
    }

    fn column(&self, column: &Column<'_>) -> Markup {
        let lang = self.show.visitor.lang;
        let (stage, code) = (column.stage, column.stage.id.as_str());
        let dwell = self.dwells.get(&stage.id).filter(|dwell| dwell.wait.n > 0);
        let shown = u64::try_from(column.cards.len()).unwrap_or(0);
        let ended = matches!(stage.kind, StageKind::Closed | StageKind::Void);
        html! {
            li .column .is-ended[ended] {
                header {
                    h2 { (stage.label.get(lang)) }
                    p .column-n {
                        @if column.n > 0 { a href=(self.list(code, false)) { (show::count(column.n)) } } @else { span .quiet { "0" } }
                        @if column.late > 0 { " " a .late href=(self.list(code, true)) { (tf(lang, "chart.column_late", &[("n", &show::count(column.late))])) } }
                    }
                    p .column-facts {
                        @if ended { (t(lang, "chart.ended")) }
                        @if let Some(limit) = limit_words(stage, lang) { span { (tf(lang, "chart.column_limit", &[("limit", &limit)])) } }
                        @if let Some(dwell) = dwell { span { (tf(lang, "chart.column_median", &[("time", &lasting(dwell.wait.median, lang))])) } }
                    }
                }
                @if !column.cards.is_empty() {
                    ol { @for (row, seconds) in &column.cards { (self.card(row, *seconds)) } }
                    @if column.n > shown {
                        p .column-more { a href=(self.list(code, false)) { (tf(lang, "chart.all", &[("n", &show::count(column.n))])) } }
                    }
                }
            }
        }
    }

    fn card(&self, row: &CaseRow, seconds: i64) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        html! {
            li .card-case {
                a .row-title href={ "/cases/" (row.id) } { (show::text(row.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                p .row-note { (self.show.unit(&row.owner)) }
                p .card-foot {
                    span { (show::colour_mark(row.colour, lang)) " " @if let Some(due) = row.due_at { (show::remaining(due, visitor.now, lang)) } }
                    span .quiet { (tf(lang, "chart.stayed", &[("time", &lasting(seconds, lang))])) }
                }
            }
        }
    }
}
