//! Several cases at once (批量办理): reminding, giving to another unit, exporting the ticked. Each case is an order of its own,
//! decided and recorded by itself; what is refused says why and keeps nothing else from being done.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::id::CaseId;
use bihuan_engine::views::{CaseRow, Filter, Sort};
use bihuan_engine::{Order, Submission};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use super::{Asked, mechanism_of, pairs_of};
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, summary};
use crate::form::{fresh_key, unit_options_or};
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Cases that are acted on at once.
const MANY: usize = 100;

/// The form below the table, which the boxes of its rows belong to.
pub(super) fn form(show: &Show<'_>, id: &str, asked: &Asked) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    html! {
        form #bulk .bulk-form method="post" action={ "/ledgers/" (id) "/bulk" } {
            (layout::csrf(visitor))
            input type="hidden" name="key" value=(fresh_key());
            input type="hidden" name="query" value=(asked.with("page", ""));
            fieldset {
                legend { (t(lang, "find.bulk")) }
                button name="act" value="export" { (t(lang, "find.bulk_export")) }
                label { span { (t(lang, "find.bulk_note")) } input name="note" maxlength="500"; }
                button name="act" value="remind" { (t(lang, "find.bulk_remind")) }
                @if visitor.administers() {
                    label { span { (t(lang, "find.bulk_to")) } select name="to" { (unit_options_or(show, "web.choose", None, |_| true)) } }
                    button name="act" value="reassign" { (t(lang, "find.bulk_reassign")) }
                }
            }
            p .help { (t(lang, "find.bulk_help")) }
        }
    }
}

/// What became of one case.
type Outcome = (CaseRow, Result<(), Problem>);

pub(super) async fn act(
    Path(id): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    mechanism_of(&visitor, &id)?;
    let asked = Asked::of(pairs_of(sent.get("query")));
    let ticked: Vec<CaseId> = sent
        .all("among")
        .filter_map(|id| id.parse().ok().map(CaseId))
        .collect();
    if let Some(problem) = problem(&visitor, &sent, ticked.len()) {
        return Ok((
            axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            page(&visitor, &id, &asked, &[], &[problem]),
        )
            .into_response());
    }
    if sent.get("act") == "export" {
        let named: Vec<String> = ticked.iter().map(ToString::to_string).collect();
        let mut only = Asked::default();
        for name in ["cols", "group", "sort"] {
            only.set(name, asked.get(name));
        }
        only.set("among", &named.join(","));
        let place = format!("/ledgers/{id}/export.xlsx{}", only.with("page", ""));
        return Ok(Redirect::to(&place).into_response());
    }
    // Only what the visitor may see is acted on at all.
    let rows = visitor
        .work(move |visitor| {
            let filter = Filter {
                among: Some(std::sync::Arc::new(ticked.into_iter().collect())),
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            };
            let many = u64::try_from(MANY).unwrap_or(u64::MAX);
            Ok(visitor.views()?.cases(&filter, Sort::Urgency, 0, many)?.rows)
        })
        .await?;
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(rows.len());
    for row in rows {
        let note = sent.filled("note").map(str::to_owned);
        let order = match sent.get("act") {
            "reassign" => Order::Reassign {
                case: row.id,
                owner: sent.get("to").into(),
                reason: note,
            },
            _ => Order::Remind { case: row.id, note },
        };
        let key = format!("{}-{}", sent.get("key"), row.id);
        let done = visitor
            .engine
            .submit(&visitor.actor(), Submission::new(&key, order))
            .await;
        let refused = |failure| Problem::from_trouble(&Trouble::from(failure), visitor.lang);
        outcomes.push((row, done.map(drop).map_err(refused)));
    }
    Ok(page(&visitor, &id, &asked, &outcomes, &[]).into_response())
}

/// What is wrong with the form as a whole.
fn problem(visitor: &Visitor, sent: &Sent, ticked: usize) -> Option<Problem> {
    let lang = visitor.lang;
    let text = if ticked == 0 {
        t(lang, "find.bulk_none").to_owned()
    } else if ticked > MANY {
        tf(lang, "find.bulk_many", &[("n", &MANY), ("found", &ticked)])
    } else if sent.get("act") == "reassign" && sent.filled("to").is_none() {
        t(lang, "find.bulk_unit_needed").to_owned()
    } else if !["export", "remind", "reassign"].contains(&sent.get("act")) {
        t(lang, "find.bulk_none").to_owned()
    } else {
        return None;
    };
    Some(Problem {
        field: None,
        text,
        allowed: Vec::new(),
    })
}

fn page(visitor: &Visitor, id: &str, asked: &Asked, outcomes: &[Outcome], problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    let done = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    let refused = outcomes.len().saturating_sub(done);
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "find.bulk_title")) }, &html! {}))
        (summary(lang, problems))
        @if !outcomes.is_empty() {
            p .lead {
                @if done > 0 { (tf(lang, "find.bulk_done", &[("n", &done)])) " " }
                @if refused > 0 { strong .late { (tf(lang, "find.bulk_refused", &[("n", &refused)])) } }
            }
            (table(lang, outcomes))
        }
        p .actions { a .button href={ "/ledgers/" (id) (asked.with("page", "")) } { (t(lang, "find.bulk_back")) } }
    };
    layout::page(visitor, t(lang, "find.bulk_title"), Nav::Ledgers, &body)
}

fn table(lang: Lang, outcomes: &[Outcome]) -> Markup {
    html! {
        table .ledger {
            thead { tr { th scope="col" { (t(lang, "web.case_title")) } th scope="col" { (t(lang, "find.bulk_what")) } } }
            tbody { @for (row, outcome) in outcomes { tr {
                th scope="row" {
                    a .row-title href={ "/cases/" (row.id) } { (show::text(row.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                    @if let Some(number) = &row.number { span .row-note { (number) } }
                }
                td data-label=(t(lang, "find.bulk_what")) {
                    @match outcome {
                        Ok(()) => { (t(lang, "find.bulk_ok")) },
                        Err(problem) => { span .late { (problem.text) } @for allowed in &problem.allowed { p .allowed { (allowed) } } },
                    }
                }
            } } }
        }
    }
}
