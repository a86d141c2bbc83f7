//! The ledger of a mechanism (台账): its columns, filters, order, colours and pages. `/ledgers/all` lists every mechanism.

mod asked;
mod bulk;
mod columns;
mod filters;
mod groups;
mod saved;
mod table;
mod tabs;

use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::routing::{get, post};
use bihuan_domain::event::Values;
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::{Indicator, Mechanism};
use bihuan_engine::indicators::Half;
use bihuan_engine::process::Which;
use bihuan_engine::views::{CaseRow, Counts, Filter, Page};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use crate::Web;
use crate::components::pager::pager;
use crate::layout::{self, Nav};
use crate::pages::mechanisms::process_words;
use crate::pages::new_case::is_opened_by_people;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(crate) use asked::{Asked, Pairs};
pub(crate) use groups::Groups;
pub(crate) use tabs::{Tab, tabs};

const PAGE: u64 = 50;

/// What the filter's own fields ask for; everything else of the address goes along unseen.
const FIELDS: [&str; 5] = ["q", "open", "owner", "group", "sort"];

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/ledgers/{mechanism}", get(ledger))
        .route("/ledgers/{mechanism}/bulk", post(bulk::act))
        .route("/ledgers/{mechanism}/views", post(saved::keep))
}

/// The mechanism of a ledger; none is that of `all`, and there is no other ledger.
pub(crate) fn mechanism_of(visitor: &Visitor, ledger: &str) -> Result<Option<Arc<Mechanism>>, Trouble> {
    let mechanism = visitor.mechanisms.current(&MechanismId::from(ledger));
    if mechanism.is_none() && ledger != "all" {
        return Err(Trouble::not_found());
    }
    Ok(mechanism)
}

/// The pairs of a query, with or without its `?`; what cannot be read asks for nothing.
fn pairs_of(query: &str) -> Vec<(String, String)> {
    let address = format!("/?{}", query.trim_start_matches('?'));
    let uri: Option<Uri> = address.parse().ok();
    uri.and_then(|uri| axum::extract::Query::try_from_uri(&uri).ok())
        .map(|axum::extract::Query(pairs)| pairs)
        .unwrap_or_default()
}

async fn ledger(visitor: Visitor, Path(id): Path<String>, Query(pairs): Pairs) -> Result<Markup, Trouble> {
    let asked = Asked::of(pairs);
    let mechanism = mechanism_of(&visitor, &id)?;
    let id = MechanismId::from(id);
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let mut filter = asked.filter(visitor, mechanism.as_ref().map(|m| &m.id));
            let counted = asked.narrow(visitor, &views, mechanism.as_deref(), &mut filter)?;
            let course = asked.narrow_course(visitor, mechanism.as_deref(), &mut filter)?;
            // The head counts the whole ledger, so that choosing a colour does not change the counts.
            let whole = Filter {
                mechanisms: filter.mechanisms.clone(),
                visible_to: filter.visible_to.clone(),
                ..Filter::default()
            };
            let counts = views.counts(&whole)?;
            let offset = asked.page.max(1).saturating_sub(1).saturating_mul(PAGE);
            let show = Show {
                visitor,
                views: &views,
            };
            let groups = Groups::of(&show, mechanism.as_deref(), &asked, &filter)?;
            let page = match &groups {
                Some(groups) => {
                    views.cases_by(&filter, groups.by, &groups.order(), asked.order(), offset, PAGE)?
                }
                None => views.cases(&filter, asked.order(), offset, PAGE)?,
            };
            let mut values = Vec::new();
            if columns::fields_shown(mechanism.as_deref(), &asked) {
                for row in &page.rows {
                    values.push(views.values(row.id)?);
                }
            }
            let ledger = Ledger {
                show: &show,
                mechanism: mechanism.clone(),
                asked: &asked,
                id: &id,
                counted,
                course,
                groups,
                saved: saved::line(visitor, id.as_str(), &asked)?,
            };
            Ok(ledger.view(&counts, &page, &values))
        })
        .await
}

struct Ledger<'a> {
    show: &'a Show<'a>,
    mechanism: Option<Arc<Mechanism>>,
    asked: &'a Asked,
    id: &'a MechanismId,
    counted: Option<(&'a Indicator, Half)>,
    course: Option<Which>,
    groups: Option<Groups>,
    saved: Markup,
}

impl Ledger<'_> {
    fn view(&self, counts: &Counts, page: &Page<CaseRow>, values: &[Option<Values>]) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let title = self
            .mechanism
            .as_ref()
            .map_or(t(lang, "web.ledgers_all"), |m| m.label.get(lang));
        let query = self.asked.with("page", "");
        let aside = html! {
            @if let Some(mechanism) = &self.mechanism {
                @if is_opened_by_people(mechanism) {
                    a .button .primary href={ "/ledgers/" (mechanism.id) "/new" } { (t(lang, "web.new_case")) }
                }
            }
            span .export {
                (t(lang, "web.export")) " "
                a href={ "/ledgers/" (self.id) "/export.xlsx" (query) } { "XLSX" } " "
                a href={ "/ledgers/" (self.id) "/export.csv" (query) } { "CSV" }
            }
        };
        let over = self.mechanism.as_ref().map(|m| m.number.as_str());
        let body = html! {
            (layout::heading(over, &html! { (title) }, &aside))
            @if let Some(mechanism) = &self.mechanism {
                p .lead { (mechanism.purpose.get(lang)) " " a href={ "/mechanisms/" (mechanism.id) } { (t(lang, "web.about_mechanism")) } }
            }
            @if let Some((indicator, half)) = self.counted {
                @let half = t(lang, if half == Half::Base { "web.mech_half_base" } else { "web.mech_half_value" });
                p .notice { (tf(lang, "web.mech_counted", &[("indicator", &indicator.label.get(lang)), ("half", &half)])) " "
                    a href=(format!("/ledgers/{}{}", self.id, self.asked.with("counted", ""))) { (t(lang, "web.mech_show_all")) } }
            }
            @if let (Some(which), Some(mechanism)) = (&self.course, &self.mechanism) {
                p .notice { (process_words(visitor, mechanism, which)) " "
                    a href={ "/mechanisms/" (mechanism.id) "/process" } { (t(lang, "process.title")) } " "
                    a href=(format!("/ledgers/{}{}", self.id, self.asked.with("course", ""))) { (t(lang, "web.mech_show_all")) } }
            }
            (self.left_out())
            (tabs(lang, self.id.as_str(), self.asked, Tab::List))
            (self.head(counts))
            (self.filters())
            div .ledger-tools { (self.saved) (self.chooser()) }
            @if page.rows.is_empty() { (self.empty()) } @else {
                p .keys .quiet data-keys hidden { (t(lang, "find.keys_ledger")) }
                (self.table(page, values))
            }
            (pager(lang, self.asked.page.max(1), PAGE, page.total, |n| {
                let query = self.asked.with("page", &n.to_string());
                format!("/ledgers/{}{query}", self.id)
            }))
            @if !page.rows.is_empty() { (bulk::form(self.show, self.id.as_str(), self.asked)) }
        };
        layout::page(visitor, title, Nav::Ledgers, &body)
    }

    /// Counts by stage and colour; each is a filter at one click.
    fn head(&self, counts: &Counts) -> Markup {
        let lang = self.show.visitor.lang;
        let to = |name: &str, value: &str, now: &str| {
            let value = if now == value { "" } else { value };
            format!("/ledgers/{}{}", self.id, self.asked.with(name, value))
        };
        html! {
            div .ledger-head {
                p .totals {
                    (tf(lang, "web.ledger_totals", &[("open", &show::count(counts.open)), ("closed", &show::count(counts.closed))]))
                    @if counts.late > 0 { " " strong .late { (tf(lang, "web.ledger_late", &[("n", &show::count(counts.late))])) } }
                }
                @if let Some(mechanism) = &self.mechanism {
                    ol .funnel {
                        @for stage in &mechanism.stages {
                            @let n = counts.stages.iter().find(|(id, _)| *id == stage.id).map_or(0, |(_, n)| *n);
                            @if n > 0 || !show::is_detour(mechanism, stage) {
                                li { a href=(to("stage", stage.id.as_str(), &self.asked.stage)) aria-current=[(self.asked.stage == stage.id.as_str()).then_some("true")] {
                                    span .funnel-n .quiet[n == 0] { (show::count(n)) } span { (stage.label.get(lang)) }
                                } }
                            }
                        }
                    }
                }
                @if !counts.colours.is_empty() {
                    ul .colours {
                        @for (colour, n) in &counts.colours {
                            @let code = show::colour_class(*colour);
                            li { a href=(to("colour", code, &self.asked.colour)) aria-current=[(self.asked.colour == code).then_some("true")] {
                                (show::colour(*colour, lang)) " " span .num { (show::count(*n)) }
                            } }
                        }
                    }
                }
            }
        }
    }

    fn empty(&self) -> Markup {
        let lang = self.show.visitor.lang;
        html! {
            div .empty {
                @if self.asked.is_filtered() {
                    p { (t(lang, "web.ledger_no_match")) }
                    p .actions { a .button href={ "/ledgers/" (self.id) } { (t(lang, "web.filter_clear")) } }
                } @else {
                    p { (t(lang, "web.ledger_empty")) }
                    @if let Some(mechanism) = self.mechanism.as_ref().filter(|m| is_opened_by_people(m)) {
                        p .actions { a .button href={ "/ledgers/" (mechanism.id) "/new" } { (t(lang, "web.new_case")) } }
                    }
                }
            }
        }
    }
}
