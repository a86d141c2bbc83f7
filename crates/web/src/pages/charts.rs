//! The charts of a ledger (图表): funnel, burn-down, time with units, deadlines by day, owners side by side. The filter of the
//! ledger's address holds for all of them, and each number opens the cases that it counts.

mod due;
mod funnel;
mod owners;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bihuan_domain::calendar::{date_of, local};
use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::export;
use bihuan_engine::process::courses;
use bihuan_engine::views::{Filter, Views};
use bihuan_messages::{Lang, t, tf};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};

use super::export::download;
use super::ledger::{Asked, Pairs, Tab, mechanism_of, tabs};
use crate::Web;
use crate::components::chart::{Cell, Figure, Head, Table};
use crate::components::trend::{Point, burn_down};
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Weeks that are looked back on, and ahead to.
const WEEKS: i64 = 16;
const AHEAD: i64 = 8;

pub(crate) use funnel::{limit_words, main_stages};

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/ledgers/{mechanism}/charts", get(page))
        .route("/ledgers/{mechanism}/charts/{file}", get(file))
}

/// What every chart is made from.
struct Source<'a> {
    show: &'a Show<'a>,
    id: &'a str,
    mechanism: Option<&'a Mechanism>,
    asked: &'a Asked,
    filter: Filter,
}

/// A chart before it is shown: figures, drawing and words.
struct Chart {
    id: &'static str,
    title: &'static str,
    how: &'static str,
    drawing: Markup,
    table: Table,
}

impl Source<'_> {
    fn lang(&self) -> Lang {
        self.show.visitor.lang
    }

    fn views(&self) -> &Views {
        self.show.views
    }

    fn today(&self) -> Date {
        date_of(self.show.visitor.now)
    }

    /// The address of the ledger with these added to what is asked for.
    fn list(&self, pairs: &[(&str, &str)]) -> String {
        let mut asked = self.asked.clone();
        for (name, value) in pairs {
            // Of two ranges of days what both hold: days are written so that their words order as they do.
            let before = asked.get(name).to_owned();
            let narrower = match name.rsplit_once('_') {
                Some((_, "from")) => before.as_str().max(value),
                Some((_, "to")) if !before.is_empty() => before.as_str().min(value),
                _ => value,
            };
            asked.set(name, narrower);
        }
        format!("/ledgers/{}{}", self.id, asked.with("page", ""))
    }

    /// The last days of the weeks until today, with the day before them first.
    fn weeks(&self) -> Vec<Date> {
        let back = |n: i64| self.today().checked_sub((7 * n).days()).ok();
        (0..=WEEKS).rev().filter_map(back).collect()
    }

    fn charts(&self) -> Result<Vec<Chart>, Trouble> {
        let mut charts = Vec::new();
        let visitor = self.show.visitor;
        if let Some(mechanism) = self.mechanism {
            let mut courses = courses(self.views(), std::slice::from_ref(&mechanism.id), &visitor.sight)?;
            let ids = self.views().ids(&self.filter)?;
            courses.retain(|course| ids.contains(&course.case));
            charts.push(funnel::stages(self, mechanism, &courses)?);
            charts.push(self.burn_down()?);
            charts.push(funnel::holders(self, &courses));
        } else {
            charts.push(self.burn_down()?);
        }
        charts.push(due::by_day(self)?);
        charts.push(owners::side_by_side(self)?);
        Ok(charts)
    }

    fn burn_down(&self) -> Result<Chart, Trouble> {
        let lang = self.lang();
        let weeks = self.weeks();
        let ahead: Vec<Date> = (0..=AHEAD)
            .filter_map(|n| self.today().checked_add((7 * n).days()).ok())
            .collect();
        let past = self.views().spans(&self.filter, &weeks)?;
        // The first stretch ends today: what would be left from now on.
        let mut lasts: Vec<Date> = weeks.iter().rev().nth(1).copied().into_iter().collect();
        lasts.extend(&ahead);
        let future = self.views().spans(&self.filter, &lasts)?;
        let text = |day: Date| day.to_string();
        let next = |day: Date| day.tomorrow().unwrap_or(day);
        let mut table = Table {
            heads: vec![
                Head::words(t(lang, "chart.day")),
                Head::number(t(lang, "chart.opened")),
                Head::number(t(lang, "chart.closed")),
                Head::number(t(lang, "chart.open")),
                Head::number(t(lang, "chart.due_after")),
            ],
            rows: Vec::new(),
        };
        let (mut line, mut plan) = (Vec::new(), Vec::new());
        for ((span, day), before) in past.iter().zip(weeks.iter().skip(1)).zip(&weeks) {
            let (from, to) = (text(next(*before)), text(*day));
            let open = self.list(&[("open_on", &to)]);
            line.push(Point {
                day: *day,
                n: span.open,
                href: open.clone(),
            });
            table.rows.push(vec![
                Cell::text(to.clone()),
                Cell::count(
                    span.opened,
                    self.list(&[("opened_from", &from), ("opened_to", &to)]),
                ),
                Cell::count(
                    span.closed,
                    self.list(&[("closed_from", &from), ("closed_to", &to)]),
                ),
                Cell::count(span.open, open),
                Cell::default(),
            ]);
        }
        for (span, day) in future.iter().zip(&ahead) {
            let href = self.list(&[("open", "yes"), ("due_from", &text(next(*day)))]);
            let left = Cell::count(span.due_after, href.clone());
            match table.rows.last_mut().filter(|_| *day == self.today()) {
                Some(row) => drop(row.pop().map(|_| row.push(left))),
                None => table.rows.push(vec![
                    Cell::text(text(*day)),
                    Cell::default(),
                    Cell::default(),
                    Cell::default(),
                    left,
                ]),
            }
            plan.push(Point {
                day: *day,
                n: span.due_after,
                href,
            });
        }
        let any = line.iter().chain(&plan).any(|point| point.n > 0);
        if !any {
            table.rows.clear();
        }
        let name = t(lang, "chart.burn");
        Ok(Chart {
            id: "burn-down",
            title: name,
            how: t(lang, "chart.burn_how"),
            drawing: crate::components::chart::scrolled(name, &burn_down(lang, &line, &plan)),
            table,
        })
    }
}

/// Reads what the address asks for, and hands on what charts are made from.
async fn with<T: Send + 'static>(
    visitor: Visitor,
    id: String,
    mut asked: Asked,
    make: impl FnOnce(&Source<'_>) -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let mechanism = mechanism_of(&visitor, &id)?;
    // Charts ask for courses and days themselves.
    for name in ["course", "open_on"] {
        asked.set(name, "");
    }
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let mut filter = asked.filter(visitor, mechanism.as_ref().map(|m| &m.id));
            asked.narrow(visitor, &views, mechanism.as_deref(), &mut filter)?;
            let show = Show {
                visitor,
                views: &views,
            };
            make(&Source {
                show: &show,
                id: &id,
                mechanism: mechanism.as_deref(),
                asked: &asked,
                filter,
            })
        })
        .await
}

async fn page(visitor: Visitor, Path(id): Path<String>, Query(pairs): Pairs) -> Result<Markup, Trouble> {
    with(visitor, id, Asked::of(pairs), |source| {
        let (visitor, lang) = (source.show.visitor, source.lang());
        let mut charts = source.charts()?;
        charts.retain(|chart| !chart.table.rows.is_empty());
        let title = source
            .mechanism
            .map_or(t(lang, "web.ledgers_all"), |m| m.label.get(lang));
        let query = source.asked.with("page", "");
        let at = show::moment_text(visitor.now, lang);
        let over = source.mechanism.map(|m| m.number.as_str());
        let body = html! {
            (layout::heading(over, &html! { (title) }, &html! {}))
            (tabs(lang, source.id, source.asked, Tab::Charts))
            @if source.asked.is_filtered() {
                p .notice { (t(lang, "chart.filtered")) " " a href={ "/ledgers/" (source.id) "/charts" } { (t(lang, "web.filter_clear")) } }
            }
            @if charts.is_empty() {
                div .empty { p { (t(lang, "chart.none")) } p .actions { a .button href={ "/ledgers/" (source.id) } { (t(lang, "chart.show_list")) } } }
            } @else {
                p .quiet { (tf(lang, "chart.as_of", &[("at", &at)])) }
                @for chart in &charts {
                    (Figure {
                        id: chart.id,
                        title: chart.title,
                        how: chart.how,
                        drawing: PreEscaped(chart.drawing.0.clone()),
                        table: &chart.table,
                        csv: format!("/ledgers/{}/charts/{}.csv{query}", source.id, chart.id),
                    }.view(lang))
                }
            }
        };
        let title = format!("{title} · {}", t(lang, "chart.tab_charts"));
        Ok(layout::page(visitor, &title, Nav::Ledgers, &body))
    })
    .await
}

/// The figures of one chart: `funnel.csv`.
async fn file(
    visitor: Visitor,
    Path((id, file)): Path<(String, String)>,
    Query(pairs): Pairs,
) -> Result<Response, Trouble> {
    with(visitor, id, Asked::of(pairs), move |source| {
        let now = source.show.visitor.now;
        let wanted = file.strip_suffix(".csv").ok_or_else(Trouble::not_found)?;
        let charts = source.charts()?;
        let chart = charts
            .iter()
            .find(|chart| chart.id == wanted)
            .ok_or_else(Trouble::not_found)?;
        let as_of = tf(
            source.lang(),
            "report.x_as_of",
            &[("as_of", &show::moment_text(now, source.lang()))],
        );
        let sheet = chart
            .table
            .sheet(chart.title, vec![as_of, chart.how.to_owned()], local(now));
        let name = format!("{}-{}.csv", chart.title, source.today());
        let kind = "text/csv; charset=utf-8";
        let mut answer = download(kind, &name, export::csv(&sheet)?).into_response();
        answer.headers_mut().insert(
            header::CACHE_CONTROL,
            header::HeaderValue::from_static("no-store"),
        );
        Ok(answer)
    })
    .await
}
