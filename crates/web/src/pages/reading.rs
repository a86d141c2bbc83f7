//! Reading (读文件): a text is pasted or uploaded, its commitments stand highlighted in place beside the proposed rows;
//! adjusted rows are accepted into a ledger, and each case keeps the sentence it came from.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_domain::id::{DocumentId, MechanismId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_engine::Failure;
use bihuan_engine::documents::{self, Accepted, Proposal, Reading};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, summary};
use crate::form::unit_options;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/reading", get(index).post(receive))
        .route("/reading/{document}", get(review).post(accept))
}

/// Which ledger the rows are for, and what was just done.
#[derive(Clone, Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    ledger: String,
    #[serde(default)]
    done: u32,
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    visitor.work(|visitor| list(visitor, None, &[])).await
}

async fn receive(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let pasted = sent.get("text").to_owned();
    let (name, bytes) = match sent.files.first() {
        Some((_, name, bytes)) => (name.clone(), bytes.to_vec()),
        None => {
            let name = sent
                .filled("name")
                .unwrap_or_else(|| visitor.t("web.reading_pasted"))
                .to_owned();
            (name, pasted.into_bytes())
        }
    };
    let outcome = visitor
        .work(move |visitor| {
            Ok(documents::receive(
                &visitor.engine,
                &visitor.actor(),
                &name,
                &bytes,
            ))
        })
        .await?;
    match outcome {
        Ok(document) => Ok(Redirect::to(&format!("/reading/{document}")).into_response()),
        Err(failure) => {
            let trouble = Trouble::from(failure);
            let mut problem = Problem::from_trouble(&trouble, visitor.lang);
            problem.field = Some("file".to_owned());
            let status = trouble.status;
            let page = visitor
                .work(move |visitor| list(visitor, Some(&sent), &[problem]))
                .await?;
            Ok((status, page).into_response())
        }
    }
}

fn list(visitor: &Visitor, sent: Option<&Sent>, problems: &[Problem]) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let mut rows = Vec::new();
    for received in visitor.world.documents.values() {
        let name = views
            .unseal(&received.name)?
            .unwrap_or_else(|| t(lang, "web.erased").to_owned());
        let cases = documents::cases_of(&views, &received.document)?.len();
        rows.push((received.document.clone(), name, received.characters, cases));
    }
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.nav_reading")) }, &html! {}))
        p .lead { (t(lang, "web.reading_lead")) }
        (summary(lang, problems))
        form .stack .reading-new method="post" action="/reading" enctype="multipart/form-data" {
            (layout::csrf(visitor))
            div .field {
                label for="file" { (t(lang, "web.reading_file")) }
                p .help #file-help { (t(lang, "web.reading_file_help")) }
                input #file type="file" name="file" accept=".txt,.pdf,.docx,.html,.htm,.xlsx,.xls,.ods,.csv,text/plain,application/pdf,text/html" aria-describedby="file-help";
            }
            div .field {
                label for="text" { (t(lang, "web.reading_or_paste")) }
                textarea #text name="text" rows="7" { (sent.map_or("", |sent| sent.get("text"))) }
            }
            div .field {
                label for="name" { (t(lang, "web.reading_name")) " " span .optional { (t(lang, "web.optional")) } }
                input #name type="text" name="name" value=(sent.map_or("", |sent| sent.get("name"))) maxlength="200";
            }
            div .actions { button type="submit" { (t(lang, "web.reading_read")) } }
        }
        h2 { (t(lang, "web.reading_documents")) }
        @if rows.is_empty() { p .quiet { (t(lang, "web.reading_none")) } }
        @else {
            div .table-wrap tabindex="0" role="region" aria-label=(t(lang, "web.reading_documents")) {
                table {
                    thead { tr {
                        th scope="col" { (t(lang, "web.reading_name")) }
                        th scope="col" .num { (t(lang, "web.reading_characters")) }
                        th scope="col" .num { (t(lang, "web.reading_cases")) }
                    } }
                    tbody {
                        @for (document, name, characters, cases) in &rows {
                            tr {
                                td { a href={ "/reading/" (document) } { (show::text(name)) } }
                                td .num { (characters) }
                                td .num { (cases) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(layout::page(
        visitor,
        t(lang, "web.nav_reading"),
        Nav::Reading,
        &body,
    ))
}

async fn review(
    visitor: Visitor,
    Path(document): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| page(visitor, &document.into(), &asked, None, &[]))
        .await
}

async fn accept(Path(document): Path<String>, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let document = DocumentId::from(document);
    let ledger = MechanismId::from(sent.get("ledger"));
    let (rows, mut problems) = chosen(&visitor, &sent);
    let mut opened = 0u32;
    if problems.is_empty() && !rows.is_empty() {
        let (id, ledger) = (document.clone(), ledger.clone());
        let wanted = rows.clone();
        let answers = visitor
            .work(move |visitor| {
                let views = visitor.views()?;
                let reading = documents::reading(&visitor.engine, &views, &id, &Default::default())?;
                Ok(documents::accept(
                    &visitor.engine,
                    &visitor.actor(),
                    &reading,
                    &ledger,
                    &wanted,
                )?)
            })
            .await?;
        for (row, answer) in rows.iter().zip(answers) {
            match answer {
                Ok(_) => opened += 1,
                // Accepted in another tab, or twice by a double click: there is a case, which is what was wanted.
                Err(Failure::Refused(refusal)) if refusal.code == "already_opened" => {}
                Err(failure) => {
                    let mut problem = Problem::from_trouble(&Trouble::from(failure), visitor.lang);
                    problem.text = format!("{}：{}", row.title, problem.text);
                    problem.field = Some(format!("owner-{}", row.index));
                    problems.push(problem);
                }
            }
        }
    }
    if rows.is_empty() && problems.is_empty() {
        problems.push(Problem::at("rows", visitor.t("web.reading_nothing_chosen")));
    }
    if problems.is_empty() {
        let to = format!("/reading/{document}?ledger={ledger}&done={opened}");
        return Ok(Redirect::to(&to).into_response());
    }
    let asked = Asked {
        ledger: ledger.to_string(),
        done: 0,
    };
    let again = visitor
        .work(move |visitor| page(visitor, &document, &asked, Some(&sent), &problems))
        .await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

/// The rows that were ticked, as adjusted.
fn chosen(visitor: &Visitor, sent: &Sent) -> (Vec<Accepted>, Vec<Problem>) {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for index in sent.all("row").filter_map(|index| index.parse::<usize>().ok()) {
        let field = |name: &str| sent.filled(&format!("{name}-{index}"));
        let title = field("title").unwrap_or_default().to_owned();
        let Some(owner) = field("owner") else {
            let text = tf(visitor.lang, "web.reading_owner_needed", &[("title", &title)]);
            problems.push(Problem::at(format!("owner-{index}"), text));
            continue;
        };
        let due = match field("due").map(str::parse) {
            None => None,
            Some(Ok(due)) => Some(due),
            Some(Err(_)) => {
                let text = tf(visitor.lang, "web.reading_due_wrong", &[("title", &title)]);
                problems.push(Problem::at(format!("due-{index}"), text));
                continue;
            }
        };
        rows.push(Accepted {
            index,
            title,
            owner: owner.into(),
            due,
            value: field("value").map(str::to_owned),
            unit: field("unit").map(str::to_owned),
        });
    }
    (rows, problems)
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

fn page(
    visitor: &Visitor,
    document: &DocumentId,
    asked: &Asked,
    sent: Option<&Sent>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
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
    let proposals = documents::proposals(&visitor.engine, &views, &reading, &ledger.id)?;
    let show = Show {
        visitor,
        views: &views,
    };
    let name = reading
        .name
        .clone()
        .unwrap_or_else(|| t(lang, "web.erased").to_owned());
    let accepted = proposals.iter().filter(|row| row.case.is_some()).count();
    let figures: usize = reading
        .document
        .articles
        .iter()
        .map(|article| article.figures.len())
        .sum();
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_reading")), &html! { (show::text(&name)) }, &html! {
            a href="/reading" { (t(lang, "web.reading_other")) }
        }))
        p .lead {
            (tf(lang, "web.reading_found", &[
                ("articles", &reading.document.articles.len()), ("figures", &figures),
                ("rows", &proposals.len()), ("accepted", &accepted),
            ]))
        }
        @if asked.done > 0 {
            p .notice role="status" {
                (tf(lang, "web.reading_done", &[("n", &asked.done)])) " "
                a href={ "/ledgers/" (ledger.id) } { (ledger.label.get(lang)) }
            }
        }
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
        div .reading {
            section .reading-text aria-label=(t(lang, "web.reading_text")) lang="zh-CN" {
                (text_with_marks(visitor, &reading, &proposals))
            }
            form #rows .reading-rows method="post" action={ "/reading/" (document) } {
                (layout::csrf(visitor))
                input type="hidden" name="ledger" value=(ledger.id);
                h2 { (t(lang, "web.reading_rows")) }
                @if proposals.is_empty() { p .quiet { (t(lang, "web.reading_no_rows")) } }
                ol .rows { @for row in &proposals { (proposal(&show, ledger, row, sent)) } }
                @if proposals.len() > accepted {
                    div .actions .sticky { button type="submit" { (t(lang, "web.reading_accept")) } }
                }
            }
        }
        (checks(visitor, &reading))
    };
    Ok(layout::page(visitor, &name, Nav::Reading, &body))
}

fn proposal(show: &Show<'_>, ledger: &Mechanism, row: &Proposal, sent: Option<&Sent>) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let n = row.index;
    if let Some(case) = row.case {
        return html! {
            li .row .is-done #{ "r" (n) } {
                a href={ "/cases/" (case) } { (show::text(&row.title)) }
                " " span .tag { (t(lang, "web.reading_accepted")) }
                p .quiet { a href={ "#s" (n) } { (show::text(&row.quote)) } }
            }
        };
    }
    // A refused form comes back as it was typed.
    let typed = |name: &str, proposed: Option<String>| match sent {
        Some(sent) => sent.get(&format!("{name}-{n}")).to_owned(),
        None => proposed.unwrap_or_default(),
    };
    let ticked = sent.is_none_or(|sent| sent.all("row").any(|row| row == n.to_string()));
    let owner = typed("owner", row.owner.as_ref().map(|(unit, _)| unit.to_string()));
    let owners = &ledger.open.owners;
    html! {
        li .row #{ "r" (n) } {
            div .row-head {
                label .choice {
                    input type="checkbox" name="row" value=(n) checked[ticked];
                    span .sr { (tf(lang, "web.reading_take", &[("title", &row.title)])) }
                    span .num aria-hidden="true" { (n + 1) }
                }
                input .row-title type="text" name={ "title-" (n) } value=(typed("title", Some(row.title.clone()))) aria-label=(t(lang, "web.title"));
            }
            p .row-quote { a href={ "#s" (n) } title=(t(lang, "web.reading_show_place")) { "“" (show::text(&row.quote)) "”" } }
            div .row-fields {
                div {
                    label for={ "owner-" (n) } { (t(lang, "web.owner")) }
                    select id={ "owner-" (n) } name={ "owner-" (n) } {
                        (unit_options(show, Some(owner.as_str()).filter(|o| !o.is_empty()), |unit| owners.is_empty() || owners.contains(&unit.kind)))
                    }
                    @if let Some((_, why)) = &row.owner { span .quiet { (why.text(lang)) } }
                }
                div {
                    label for={ "due-" (n) } { (t(lang, "web.due")) }
                    input id={ "due-" (n) } type="date" name={ "due-" (n) } value=(typed("due", row.due.map(|due| due.to_string())));
                }
                div {
                    label for={ "value-" (n) } { (t(lang, "web.reading_target")) }
                    span .with-unit {
                        input id={ "value-" (n) } type="text" inputmode="decimal" name={ "value-" (n) } value=(typed("value", row.value.clone()));
                        input type="text" name={ "unit-" (n) } value=(typed("unit", row.unit.clone())) aria-label=(t(lang, "web.reading_unit")) size="4";
                    }
                }
            }
        }
    }
}

/// The document as a reader sees it: headlines, bodies, and every proposed sentence marked in place.
fn text_with_marks(visitor: &Visitor, reading: &Reading, proposals: &[Proposal]) -> Markup {
    let lang = visitor.lang;
    let characters: Vec<char> = reading.opened.text.chars().collect();
    html! {
        @for article in &reading.document.articles {
            article {
                h3 { @match &article.title {
                    Some(title) => { (show::text(title)) @if article.title_truncated { "…" } },
                    None => { span .quiet { (t(lang, "web.reading_untitled")) } },
                } }
                p .body {
                    @for [start, end] in &article.runs { (run(&characters, *start, *end, proposals)) }
                }
                @if !article.authors.is_empty() { p .quiet { (article.authors.join("、")) } }
            }
        }
        @if !reading.document.leftover.is_empty() {
            details {
                summary { (tf(lang, "web.reading_leftover", &[("n", &reading.document.leftover.len())])) }
                @for piece in &reading.document.leftover { p .quiet { (show::text(&piece.text)) } }
            }
        }
    }
}

/// A run of the text with its marks. Line breaks of a column are no spaces; two of them after the end of a sentence
/// begin a paragraph.
fn run(characters: &[char], start: usize, end: usize, proposals: &[Proposal]) -> Markup {
    let mut pieces: Vec<(Option<usize>, String)> = Vec::new();
    let mut last = None;
    for (at, c) in characters.iter().enumerate().take(end).skip(start) {
        let mark = proposals
            .iter()
            .find(|p| p.at.iter().any(|[a, b]| (*a..*b).contains(&at)))
            .map(|p| p.index);
        let shown = match c {
            '\n' | '\r' if last.is_some_and(|l| "。！？!?".contains(l)) => Some('\n'),
            c if c.is_whitespace() => None,
            c => Some(*c),
        };
        if !c.is_whitespace() {
            last = Some(*c);
        }
        let Some(shown) = shown else { continue };
        match pieces.last_mut().filter(|(known, _)| *known == mark) {
            Some((_, text)) => text.push(shown),
            None => pieces.push((mark, shown.to_string())),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    html! {
        @for (mark, text) in &pieces {
            @match mark {
                Some(n) => {
                    mark .commitment id=[seen.insert(*n).then(|| format!("s{n}"))] {
                        a href={ "#r" (n) } { (show::lines(text.trim_end_matches('\n'))) sup { (n + 1) } }
                    }
                },
                None => { (show::lines(text)) },
            }
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
