//! Reading (读文件): a document is uploaded or pasted, its whole text stands coloured by what each sentence was taken for,
//! beside the rows it proposes; people change them, and accepted rows become cases that keep their sentence.

mod act;
mod follow;
mod review;
mod row;
mod text;

pub(crate) use review::breakdown_file;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_engine::documents;
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, summary};
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/reading", get(index).post(receive))
        .route("/reading/threads", get(follow::threads))
        .route("/reading/threads/{document}", post(follow::decide))
        .route("/reading/{document}", get(review::review).post(act::act))
        .route("/reading/{document}/breakdown.xlsx", get(review::workbook))
        .route("/reading/{document}/breakdown.docx", get(review::word))
}

/// Which ledger the rows are for, what was just done, and which place is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    ledger: String,
    #[serde(default)]
    done: u32,
    /// What was just done to the rows: the end of a catalogue key.
    #[serde(default)]
    did: String,
    /// A stretch of the text that somebody asks about: `120-141`.
    #[serde(default)]
    at: String,
    /// `none`: no row is ticked.
    #[serde(default)]
    pick: String,
    /// The step of a guided walk that fills the form.
    #[serde(default)]
    fill: String,
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| {
            let filled = visitor.filled(&asked.fill)?;
            list(visitor, filled.as_ref(), &[])
        })
        .await
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
            // A browser sends line ends of its own; the text is the same as in a file.
            (name, pasted.replace("\r\n", "\n").into_bytes())
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
            div .actions { button .primary type="submit" { (t(lang, "web.reading_read")) } }
        }
        section {
        h2 { (t(lang, "web.reading_documents")) }
        @if rows.len() > 1 { p { a href="/reading/threads" { (tf(lang, "web.threads_link", &[("n", &rows.len())])) } } }
        @if rows.is_empty() { p .quiet { (t(lang, "web.reading_none")) } }
        @else {
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "web.reading_name")) }
                    th .amount scope="col" { (t(lang, "web.reading_characters")) }
                    th .amount scope="col" { (t(lang, "web.reading_cases")) }
                } }
                tbody {
                    @for (document, name, characters, cases) in &rows {
                        tr {
                            th scope="row" { a .row-title href={ "/reading/" (document) } { (show::text(name)) } }
                            td .amount data-label=(t(lang, "web.reading_characters")) { (characters) }
                            td .amount data-label=(t(lang, "web.reading_cases")) { (cases) }
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
