//! Inspection campaigns (检查行动): how many rows of the register were inspected and which are left, by unit, what was
//! found and how much of it is closed. Every figure opens its rows; units are told apart and never ranked.

mod coverage;

use axum::Router;
use axum::routing::get;
use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::{Each, Mechanism};
use bihuan_engine::views::{CaseRow, Filter, Sort};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::components::pager::pager;
use crate::layout::{self, Nav};
use crate::pages::case;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

use coverage::{Coverage, Group, Row};

/// Campaigns of one mechanism that are listed, newest first.
const LISTED: u64 = 20;

/// Rows on a page.
const PAGE: usize = 100;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/campaigns", get(list))
        .route("/campaigns/{case}", get(one))
}

/// Whether a mechanism goes over the rows of a register.
pub(crate) fn is_campaign(mechanism: &Mechanism) -> bool {
    let each = mechanism
        .children
        .as_ref()
        .and_then(|children| children.each.as_ref());
    matches!(each, Some(Each::Register { .. }))
}

async fn list(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor
        .work(|visitor| {
            let views = visitor.views()?;
            let lang = visitor.lang;
            let mut found: Vec<(String, Vec<CaseRow>, u64)> = Vec::new();
            for mechanism in visitor.mechanisms.all().filter(|mechanism| is_campaign(mechanism)) {
                let filter = Filter {
                    mechanisms: vec![mechanism.id.clone()],
                    visible_to: visitor.sight.as_ref().clone(),
                    ..Filter::default()
                };
                let cases = views.cases(&filter, Sort::Newest, 0, LISTED)?;
                if cases.total > 0 {
                    found.push((mechanism.label.get(lang).to_owned(), cases.rows, cases.total));
                }
            }
            let body = html! {
                (layout::heading(None, &html! { (t(lang, "phone.campaigns")) }, &html! { a href="/grid" { (t(lang, "phone.grid")) } }))
                p .lead { (t(lang, "phone.campaigns_lead")) }
                @if found.is_empty() { div .empty { p { (t(lang, "phone.campaigns_none")) } } }
                @for (label, cases, total) in &found {
                    section {
                        h2 { (label) " " span .num .quiet { (total) } }
                        ul .plain-list { @for case in cases {
                            li {
                                (show::colour_mark(case.colour, lang)) " "
                                a href={ "/campaigns/" (case.id) } { (show::text(case.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                                span .quiet { " " (show::unit_name(&visitor.world, &case.owner, lang)) " · " (show::date(bihuan_domain::calendar::date_of(case.opened_at), lang)) }
                            }
                        } }
                    }
                }
            };
            Ok(layout::page(visitor, t(lang, "phone.campaigns"), Nav::Ledgers, &body))
        })
        .await
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Which rows: `all`, `seen`, `left`, `found`, `open`.
    show: String,
    /// By which field they are told apart.
    by: String,
    /// Only this group.
    group: String,
    page: usize,
}

impl Asked {
    /// The address with one thing asked for otherwise.
    fn address(&self, case: CaseId, show: &str, group: &str, page: usize) -> String {
        let mut address = format!("/campaigns/{case}?show={show}");
        for (name, value) in [("by", self.by.as_str()), ("group", group)] {
            if !value.is_empty() {
                address.push_str(&format!("&{name}={}", show::percent(value)));
            }
        }
        if page > 1 {
            address.push_str(&format!("&page={page}"));
        }
        address.push_str("#rows");
        address
    }

    fn wants(&self, row: &Row) -> bool {
        let shown = match self.show.as_str() {
            "seen" => row.stand.is_seen(),
            "left" => !row.stand.is_seen(),
            "found" => row.found > 0,
            "open" => row.found > row.closed,
            _ => true,
        };
        shown && (self.group.is_empty() || self.group == row.group)
    }
}

async fn one(visitor: Visitor, Path(id): Path<u64>, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let id = CaseId(id);
            let state = views.state(id)?.ok_or_else(Trouble::not_found)?;
            if !visitor.sight.covers(&state) {
                return Err(Trouble::forbidden());
            }
            let mechanism = case::definition(visitor, &state)?;
            let show = Show {
                visitor,
                views: &views,
            };
            let coverage = Coverage::of(&show, &mechanism, id, &asked.by)?.ok_or_else(Trouble::not_found)?;
            let filter = Filter {
                among: Some(std::sync::Arc::new([id].into())),
                ..Filter::default()
            };
            let title = views
                .cases(&filter, Sort::Newest, 0, 1)?
                .rows
                .pop()
                .and_then(|row| row.title);
            let title = title.unwrap_or_else(|| t(visitor.lang, "web.erased").to_owned());
            let stage = show::stage_name(Some(&mechanism), &state.stage, visitor.lang).to_owned();
            Ok(page(&show, &mechanism, &coverage, id, (&title, &stage), &asked))
        })
        .await
}

fn page(
    show: &Show<'_>,
    mechanism: &Mechanism,
    coverage: &Coverage,
    id: CaseId,
    (title, stage): (&str, &str),
    asked: &Asked,
) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let all = coverage.total();
    let figure = |n: u64, key: &str, which: &str| {
        html! {
            a .figure href=(asked.address(id, which, "", 1)) { span .figure-n { (show::count(n)) } span { (t(lang, key)) } }
        }
    };
    let rows: Vec<&Row> = coverage.rows.iter().filter(|row| asked.wants(row)).collect();
    let number = asked.page.max(1);
    let total = u64::try_from(rows.len()).unwrap_or(0);
    let part = rows.iter().skip((number - 1).saturating_mul(PAGE)).take(PAGE);
    let body = html! {
        (layout::heading(Some(mechanism.label.get(lang)), &show::text(title), &html! { a href={ "/cases/" (id) } { (t(lang, "phone.to_case")) } }))
        p .lead { (stage) " · " (tf(lang, "phone.of_register", &[("register", &coverage.register)])) }
        section .figures aria-label=(t(lang, "web.figures")) {
            (figure(all.due, "phone.f_due", "all"))
            (figure(all.seen, "phone.f_seen", "seen"))
            (figure(all.due - all.seen.min(all.due), "phone.f_left", "left"))
            @if coverage.finds { (figure(all.found, "phone.f_found", "found")) (figure(all.found - all.closed.min(all.found), "phone.f_open", "open")) }
        }
        p { (tf(lang, "phone.coverage_is", &[("percent", &share(all.seen, all.due, lang))]))
            @if coverage.finds { " " (tf(lang, "phone.closing_is", &[("percent", &share(all.closed, all.found, lang))])) } }
        (groups(lang, coverage, id, asked))
        section #rows {
            h2 { (t(lang, rows_key(&asked.show))) @if let Some(group) = coverage.groups.iter().find(|group| !asked.group.is_empty() && group.code == asked.group) { " · " (group.name) } " " span .num .quiet { (show::count(total)) } }
            @if rows.is_empty() { p .quiet { (t(lang, "phone.rows_none")) } }
            @else { table .ledger {
                thead { tr {
                    th scope="col" { (coverage.register) } th scope="col" { (t(lang, "phone.stands")) }
                    @if coverage.finds { th .amount scope="col" { (t(lang, "phone.f_found")) } th .amount scope="col" { (t(lang, "phone.f_closed")) } }
                } }
                tbody { @for row in part {
                    tr {
                        th scope="row" { a .row-title href={ "/q/" (visitor.place()) "/r/" (coverage.register_id) "/" (show::percent(row.id.as_str())) } { (show::text(&row.name)) } }
                        td data-label=(t(lang, "phone.stands")) {
                            @match &row.case {
                                Some(case) if row.may_be_seen => { a href={ "/cases/" (case) } { (t(lang, row.stand.key())) } },
                                _ => { (t(lang, row.stand.key())) },
                            }
                            @if let Some(stage) = &row.stage { span .quiet { " " (stage) } }
                        }
                        @if coverage.finds {
                            td .amount data-label=(t(lang, "phone.f_found")) { (findings(row, lang)) }
                            td .amount data-label=(t(lang, "phone.f_closed")) { (show::count(row.closed)) }
                        }
                    }
                } }
            } }
            (pager(lang, u64::try_from(number).unwrap_or(1), u64::try_from(PAGE).unwrap_or(1), total, |n| asked.address(id, &asked.show, &asked.group, usize::try_from(n).unwrap_or(1))))
        }
    };
    layout::page(visitor, title, Nav::Ledgers, &body)
}

/// The findings of a row; the number opens them.
fn findings(row: &Row, lang: Lang) -> Markup {
    html! {
        @if row.findings.is_empty() { (show::count(row.found)) }
        @else {
            details .findings { summary { (show::count(row.found)) }
                ul { @for case in &row.findings {
                    li { (show::colour_mark(case.colour, lang)) " " a href={ "/cases/" (case.id) } { (show::text(case.title.as_deref().unwrap_or_default())) } }
                } }
            }
        }
    }
}

fn groups(lang: Lang, coverage: &Coverage, id: CaseId, asked: &Asked) -> Markup {
    let cell = |n: u64, which: &str, group: &Group, key: &str| {
        html! {
            td .amount data-label=(t(lang, key)) {
                @if n == 0 { span .quiet { "0" } } @else { a href=(asked.address(id, which, &group.code, 1)) { (show::count(n)) } }
            }
        }
    };
    html! {
        @if coverage.groups.len() > 1 {
            section {
                h2 { (t(lang, "phone.by_group")) }
                @if coverage.choices.len() > 1 {
                    p .help { (t(lang, "phone.told_apart")) " "
                        @for (n, (code, name)) in coverage.choices.iter().enumerate() {
                            @if n > 0 { " · " }
                            @if *code == coverage.by { strong { (name) } } @else { a href={ "/campaigns/" (id) "?by=" (show::percent(code)) } { (name) } }
                        }
                    }
                }
                table .ledger {
                    thead { tr {
                        th scope="col" { (coverage.by_name()) } th .amount scope="col" { (t(lang, "phone.f_due")) } th .amount scope="col" { (t(lang, "phone.f_seen")) }
                        th .amount scope="col" { (t(lang, "phone.f_left")) }
                        @if coverage.finds { th .amount scope="col" { (t(lang, "phone.f_found")) } th .amount scope="col" { (t(lang, "phone.f_open")) } }
                    } }
                    tbody { @for group in &coverage.groups { tr {
                        th scope="row" { (group.name) }
                        (cell(group.sums.due, "all", group, "phone.f_due"))
                        (cell(group.sums.seen, "seen", group, "phone.f_seen"))
                        (cell(group.sums.due - group.sums.seen.min(group.sums.due), "left", group, "phone.f_left"))
                        @if coverage.finds {
                            (cell(group.sums.found, "found", group, "phone.f_found"))
                            (cell(group.sums.found - group.sums.closed.min(group.sums.found), "open", group, "phone.f_open"))
                        }
                    } } }
                }
            }
        }
    }
}

fn rows_key(show: &str) -> &'static str {
    match show {
        "seen" => "phone.rows_seen",
        "left" => "phone.rows_left",
        "found" => "phone.rows_found",
        "open" => "phone.rows_open",
        _ => "phone.rows_all",
    }
}

/// A share as a whole percentage, rounded down, so that 100 % means all; a dash of nothing.
fn share(part: u64, whole: u64, lang: Lang) -> String {
    match part.saturating_mul(100).checked_div(whole) {
        Some(percent) => format!("{percent}%"),
        None => t(lang, "phone.no_base").to_owned(),
    }
}
