//! The review of a document: its text on the left, its rows on the right, what people may do with them, and the breakdown
//! to take away.

use std::sync::Arc;

use axum::response::Response;
use bihuan_domain::calendar::local;
use bihuan_domain::id::{DocumentId, MechanismId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_engine::documents::{self, Proposal, Reading, Standing, breakdown};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::{Asked, row, text};
use crate::body::Sent;
use crate::components::summary::{Problem, summary};
use crate::form::unit_options;
use crate::layout::{self, Nav};
use crate::pages::export::{DOCX, download};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub(super) async fn review(
    visitor: Visitor,
    Path(document): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| {
            let document = DocumentId::from(document);
            let Some(filled) = visitor.filled(&asked.fill)? else {
                return page(visitor, &document, &asked, None, &[]);
            };
            let views = visitor.views()?;
            let now = documents::reading(&visitor.engine, &views, &document, &Default::default())?.revision;
            page(visitor, &document, &asked, Some((&filled, now)), &[])
        })
        .await
}

pub(super) async fn workbook(visitor: Visitor, Path(document): Path<String>) -> Result<Response, Trouble> {
    take_away(visitor, document, true).await
}

pub(super) async fn word(visitor: Visitor, Path(document): Path<String>) -> Result<Response, Trouble> {
    take_away(visitor, document, false).await
}

/// The breakdown as a file.
async fn take_away(visitor: Visitor, document: String, workbook: bool) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| breakdown_file(visitor, &document.into(), workbook))
        .await
}

/// The breakdown of a document as a workbook or a Word document.
pub(crate) fn breakdown_file(
    visitor: &Visitor,
    document: &DocumentId,
    workbook: bool,
) -> Result<Response, Trouble> {
    let views = visitor.views()?;
    let reading = documents::reading(&visitor.engine, &views, document, &Default::default())?;
    // No ledger: where rows became cases does not matter here.
    let rows = documents::proposals(
        &visitor.engine,
        &views,
        &reading,
        &MechanismId::from(String::new()),
    )?;
    let made = breakdown::of(&visitor.world, &reading, &rows, local(visitor.now), visitor.lang);
    Ok(if workbook {
        download(XLSX, &format!("{}.xlsx", made.title()), made.xlsx()?)
    } else {
        download(DOCX, &format!("{}.docx", made.title()), made.docx()?)
    })
}

/// Ledgers that take rows from documents, the plan's own first.
fn ledgers(visitor: &Visitor) -> Vec<Arc<Mechanism>> {
    let mut all: Vec<Arc<Mechanism>> = visitor
        .mechanisms
        .all()
        .filter(|mechanism| mechanism.open.from.contains(&SourceKind::Document))
        .cloned()
        .collect();
    let fills = |mechanism: &Mechanism| {
        [
            documents::datum::VALUE,
            documents::datum::REQUIREMENT,
            documents::datum::DUE,
        ]
        .iter()
        .filter(|datum| {
            mechanism
                .fields
                .iter()
                .any(|field| field.datum.as_str() == **datum)
        })
        .count()
    };
    all.sort_by_key(|mechanism| std::cmp::Reverse(fills(mechanism)));
    all
}

/// The page; `typed` is what an earlier, refused try typed, and for which revision.
pub(super) fn page(
    visitor: &Visitor,
    document: &DocumentId,
    asked: &Asked,
    typed: Option<(&Sent, u64)>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let sent = typed.map(|(sent, _)| sent);
    let views = visitor.views()?;
    let reading = documents::reading(&visitor.engine, &views, document, &Default::default())?;
    let ledgers = ledgers(visitor);
    let ledger = ledgers
        .iter()
        .find(|m| m.id.as_str() == asked.ledger)
        .or_else(|| ledgers.first());
    let Some(ledger) = ledger else {
        let body =
            html! { h1 { (t(lang, "web.nav_reading")) } p .notice { (t(lang, "web.reading_no_ledger")) } };
        return Ok(layout::page(
            visitor,
            t(lang, "web.nav_reading"),
            Nav::Reading,
            &body,
        ));
    };
    let rows = documents::proposals(&visitor.engine, &views, &reading, &ledger.id)?;
    let show = Show {
        visitor,
        views: &views,
    };
    let name = reading
        .name
        .clone()
        .unwrap_or_else(|| t(lang, "web.erased").to_owned());
    let accepted = rows.iter().filter(|row| row.case.is_some()).count();
    let rejected = rows.iter().filter(|row| row.standing != Standing::Open).count();
    let figures: usize = reading
        .document
        .articles
        .iter()
        .map(|article| article.figures.len())
        .sum();
    let chars: Vec<char> = reading.opened.text.chars().collect();
    let open = rows.len().saturating_sub(accepted).saturating_sub(rejected);
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_reading")), &html! { (show::text(&name)) }, &html! {
            a href={ "/reading/" (document) "/breakdown.docx" } { (t(lang, "web.reading_docx")) } " "
            a href={ "/reading/" (document) "/breakdown.xlsx" } { (t(lang, "web.reading_xlsx")) } " "
            a href="/reading/threads" { (t(lang, "web.threads_title")) } " "
            a href="/reading" { (t(lang, "web.reading_other")) }
        }))
        p .lead {
            (tf(lang, "web.reading_found", &[
                ("articles", &reading.document.articles.len()), ("figures", &figures),
                ("rows", &rows.len()), ("accepted", &accepted),
            ]))
            @if rejected > 0 { " " (tf(lang, "web.reading_rejected_n", &[("n", &rejected)])) }
        }
        @if asked.done > 0 {
            p .notice role="status" {
                (tf(lang, "web.reading_done", &[("n", &asked.done)])) " "
                a href={ "/ledgers/" (ledger.id) } { (ledger.label.get(lang)) }
            }
        }
        @if matches!(asked.did.as_str(), "save" | "assign" | "reject" | "restore" | "split" | "merge" | "add") {
            p .notice role="status" { (t(lang, &format!("web.reading_did_{}", asked.did))) }
        }
        @for warning in &reading.opened.warnings { p .quiet { (warning.text(lang)) } }
        @if reading.moved { p .notice { (t(lang, "web.reading_moved")) } }
        (summary(lang, problems))
        form .ledger-choice method="get" action={ "/reading/" (document) } {
            label for="ledger" { (t(lang, "web.reading_into")) } " "
            select #ledger name="ledger" data-submit {
                @for one in &ledgers {
                    option value=(one.id) selected[one.id == ledger.id] { (one.label.get(lang)) }
                }
            }
            " " button type="submit" .plain { (t(lang, "web.reading_switch")) }
        }
        div .reading-board {
            section .reading-text aria-label=(t(lang, "web.reading_text")) {
                (text::legend(lang, &reading))
                div lang="zh-CN" { (text::coloured(lang, &reading, &rows, &ledger.id)) }
            }
            form #rows .reading-rows method="post" action={ "/reading/" (document) } {
                (layout::csrf(visitor))
                input type="hidden" name="ledger" value=(ledger.id);
                input type="hidden" name="revision" value=(typed.map_or(reading.revision, |(_, revision)| revision));
                h2 { (t(lang, "web.reading_rows")) }
                // The first button is what the Enter key presses: it saves, and opens nothing by mistake.
                button .sr type="submit" name="do" value="save" tabindex="-1" aria-hidden="true" {}
                @if !asked.at.is_empty() { (asked_about(visitor, &reading, &asked.at)) }
                @if rows.is_empty() { p .quiet { (t(lang, "web.reading_no_rows")) } }
                @else { p .help #keys hidden data-keys { (t(lang, "web.reading_keys")) } }
                ol .rows { @for row in &rows { (row::proposal(&show, ledger, &chars, row, sent, asked.pick != "none")) } }
                @if open > 0 { (tools(&show, ledger, document, asked)) }
            }
        }
        (checks(visitor, &reading))
    };
    Ok(layout::page(visitor, &name, Nav::Reading, &body))
}

/// What can be done with the ticked rows.
fn tools(show: &Show<'_>, ledger: &Mechanism, document: &DocumentId, asked: &Asked) -> Markup {
    let lang = show.visitor.lang;
    let owners = &ledger.open.owners;
    let others = if asked.pick == "none" { "" } else { "&pick=none" };
    html! {
        div .actions .sticky {
            button type="submit" name="do" value="accept" { (t(lang, "web.reading_accept")) }
            " " button .plain type="submit" name="do" value="save" { (t(lang, "web.reading_save")) }
            details .bulk {
                summary { (t(lang, "web.reading_bulk")) }
                p {
                    a data-pick href={ "/reading/" (document) "?ledger=" (ledger.id) (others) "#rows" } {
                        @if asked.pick == "none" { (t(lang, "web.reading_pick_all")) } @else { (t(lang, "web.reading_pick_none")) }
                    }
                }
                p .bulk-line {
                    label for="bulk-owner" { (t(lang, "web.reading_bulk_owner")) } " "
                    select #bulk-owner name="bulk-owner" {
                        (unit_options(show, None, |unit| owners.is_empty() || owners.contains(&unit.kind)))
                    }
                    " " button .plain type="submit" name="do" value="assign" { (t(lang, "web.reading_assign")) }
                }
                p .bulk-line {
                    label for="bulk-reason" { (t(lang, "web.reading_reason")) } " "
                    input #bulk-reason type="text" name="bulk-reason" maxlength="500";
                    " " button .plain type="submit" name="do" value="reject" { (t(lang, "web.reading_reject_all")) }
                }
                p { button .plain type="submit" name="do" value="merge" { (t(lang, "web.reading_merge")) } }
            }
        }
    }
}

/// A stretch of the text that somebody clicked: why it is no row, and a button that makes it one.
fn asked_about(visitor: &Visitor, reading: &Reading, at: &str) -> Markup {
    let lang = visitor.lang;
    let place = at
        .split_once('-')
        .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let Some((from, to)) = place.filter(|(from, to): &(usize, usize)| from < to) else {
        return html! {};
    };
    let words: String = reading
        .opened
        .text
        .chars()
        .skip(from)
        .take(to.saturating_sub(from))
        .collect();
    let why = reading
        .document
        .coverage
        .iter()
        .find(|stretch| stretch.at.iter().any(|[a, b]| *a <= from && from < *b))
        .map(|stretch| stretch.why);
    html! {
        div #asked .notice {
            p lang="zh-CN" { "“" (show::text(words.trim())) "”" }
            @if let Some(why) = why { p .quiet { (tf(lang, "web.reading_taken_for", &[("why", &t(lang, why))])) } }
            input type="hidden" name="from" value=(from);
            input type="hidden" name="to" value=(to);
            button .plain type="submit" name="do" value="add" { (t(lang, "web.reading_add")) }
        }
    }
}

/// The arithmetic of the document: what holds and what does not.
fn checks(visitor: &Visitor, reading: &Reading) -> Markup {
    let lang = visitor.lang;
    let checks: Vec<_> = reading
        .document
        .articles
        .iter()
        .flat_map(|article| &article.checks)
        .collect();
    html! {
        @if !checks.is_empty() {
            h2 { (t(lang, "web.reading_checks")) }
            ul .checks {
                @for check in checks {
                    li {
                        @if check.holds { span .signal .green { "✓ " (t(lang, "web.reading_holds")) } }
                        @else { span .signal .red { "✗ " (t(lang, "web.reading_fails")) } }
                        " " span .num { (check.statement) }
                        p .quiet { "“" (show::text(&check.quote)) "”" }
                    }
                }
            }
        }
    }
}

/// The rows of a page that was sent, as they stand now: for comparing with what was typed.
pub(super) fn rows_now(
    visitor: &Visitor,
    document: &DocumentId,
    ledger: &MechanismId,
) -> Result<(Reading, Vec<Proposal>), Trouble> {
    let views = visitor.views()?;
    let reading = documents::reading(&visitor.engine, &views, document, &Default::default())?;
    let rows = documents::proposals(&visitor.engine, &views, &reading, ledger)?;
    Ok((reading, rows))
}
