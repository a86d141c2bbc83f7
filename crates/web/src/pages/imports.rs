//! Import (导入): a ledger is uploaded, its columns are matched once, every row is shown before anything is written, and
//! the outcome names each row that could not be taken with what to mend. Works without scripts; sending twice is harmless.

mod drafts;
mod mapping;
mod outcome;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_engine::import;
use bihuan_messages::t;
use maud::{Markup, html};

pub(crate) use drafts::Drafts;

use self::drafts::Draft;
use super::export::download;
use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, at_field, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/imports", get(index).post(receive))
        .route("/imports/{draft}", get(columns).post(match_columns))
        .route("/imports/{draft}/preview", get(preview))
        .route("/imports/{draft}/import", post(carry_out))
        .route("/imports/{draft}/result", get(result))
        .route("/imports/{draft}/errors.csv", get(errors))
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    Ok(start(&visitor, &[]))
}

async fn receive(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let refused = |visitor: &Visitor, text: String| {
        let page = start(visitor, &[Problem::at("file", text)]);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let Some((_, name, bytes)) = sent.files.first().cloned() else {
        let text = visitor.t("import.page_no_file").to_owned();
        return refused(&visitor, text);
    };
    let read = visitor.work(move |_| Ok(import::read(&bytes))).await?;
    match read {
        Ok(tables) => {
            let token = fresh_key();
            visitor
                .web()
                .drafts()
                .put(&token, Draft::new(&visitor, name, tables));
            Ok(Redirect::to(&format!("/imports/{token}")).into_response())
        }
        Err(unreadable) => {
            let text = unreadable.text(visitor.lang);
            refused(&visitor, text)
        }
    }
}

/// The page that asks for the file.
fn start(visitor: &Visitor, problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.nav_imports")) }, &html! {}))
        p .lead { (t(lang, "import.page_lead")) }
        (summary(lang, problems))
        @if ledgers(visitor).is_empty() { p .notice { (t(lang, "import.page_no_ledger")) } }
        form .stack .reading-new method="post" action="/imports" enctype="multipart/form-data" {
            (layout::csrf(visitor))
            div .field .has-error[!problems.is_empty()] {
                label for="file" { (t(lang, "import.page_file")) }
                p .help #file-help { (t(lang, "import.page_file_help")) }
                (at_field(problems, "file"))
                input #file type="file" name="file" required aria-describedby="file-help"
                    accept=".xlsx,.xls,.ods,.csv,.txt,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,text/csv";
            }
            div .actions { button type="submit" .primary { (t(lang, "import.page_read")) } }
        }
        section {
            h2 { (t(lang, "import.page_how")) }
            ol .import-how {
                @for step in ["import.page_how_1", "import.page_how_2", "import.page_how_3"] { li { (t(lang, step)) } }
            }
        }
    };
    layout::page(visitor, t(lang, "web.nav_imports"), Nav::Imports, &body)
}

/// Mechanisms that take imported rows.
fn ledgers(visitor: &Visitor) -> Vec<Arc<Mechanism>> {
    let takes = |mechanism: &&Arc<Mechanism>| mechanism.open.from.contains(&SourceKind::Import);
    visitor.mechanisms.all().filter(takes).cloned().collect()
}

/// The draft of an address; it is gone after some hours or a restart.
fn draft(visitor: &Visitor, token: &str) -> Result<Draft, Trouble> {
    visitor.must_administer()?;
    visitor.web().drafts().get(token, visitor).ok_or_else(|| {
        let mut trouble = Trouble::not_found();
        trouble.rule = bihuan_messages::Message::new("import.page_gone");
        trouble
    })
}

async fn columns(
    visitor: Visitor,
    Path(token): Path<String>,
    Query(asked): Query<mapping::Asked>,
) -> Result<Markup, Trouble> {
    let draft = draft(&visitor, &token)?;
    visitor
        .work(move |visitor| {
            let choice = mapping::choose(visitor, &draft, &asked)?;
            Ok(mapping::page(visitor, &token, &draft, &choice, &[]))
        })
        .await
}

async fn match_columns(
    Path(token): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    let draft = draft(&visitor, &token)?;
    visitor
        .work(move |visitor| {
            let choice = mapping::typed(visitor, &draft, &sent)?;
            let Some(table) = draft.table(&choice) else {
                return Err(Trouble::not_found());
            };
            let plan = import::plan(
                &visitor.engine,
                &visitor.actor(),
                &choice.mechanism.id,
                &table,
                &choice.mapping,
            )?;
            if plan.blockers.is_empty() {
                visitor.web().drafts().choose(&token, choice);
                return Ok(Redirect::to(&format!("/imports/{token}/preview")).into_response());
            }
            let lang = visitor.lang;
            let problems: Vec<Problem> = plan
                .blockers
                .iter()
                .map(|blocker| Problem::at("columns", blocker.text(lang)))
                .collect();
            let page = mapping::page(visitor, &token, &draft, &choice, &problems);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        })
        .await
}

async fn preview(visitor: Visitor, Path(token): Path<String>) -> Result<Response, Trouble> {
    let draft = draft(&visitor, &token)?;
    visitor
        .work(move |visitor| {
            let Some((choice, table)) = draft.chosen() else {
                return Ok(Redirect::to(&format!("/imports/{token}")).into_response());
            };
            let plan = import::plan(
                &visitor.engine,
                &visitor.actor(),
                &choice.mechanism.id,
                &table,
                &choice.mapping,
            )?;
            Ok(outcome::preview(visitor, &token, choice, &plan).into_response())
        })
        .await
}

async fn carry_out(Path(token): Path<String>, Posted { visitor, .. }: Posted) -> Result<Response, Trouble> {
    let draft = draft(&visitor, &token)?;
    visitor
        .work(move |visitor| {
            let Some((choice, table)) = draft.chosen() else {
                return Ok(Redirect::to(&format!("/imports/{token}")).into_response());
            };
            // Planned anew: what was imported meanwhile, by a second click or somebody else, is not imported again.
            let (engine, actor) = (&visitor.engine, visitor.actor());
            let plan = import::plan(engine, &actor, &choice.mechanism.id, &table, &choice.mapping)?;
            let report = import::apply(engine, &actor, &plan, &mut |_| {});
            import::remember(engine, &actor, &choice.mechanism.id, &table, &choice.mapping)?;
            // A second click finds everything done; the first one's report is the one to be seen.
            let nothing = report.summary.new == 0 && report.summary.changed == 0;
            if !(nothing && draft.report.is_some()) {
                visitor.web().drafts().report(&token, report);
            }
            Ok(Redirect::to(&format!("/imports/{token}/result")).into_response())
        })
        .await
}

async fn result(visitor: Visitor, Path(token): Path<String>) -> Result<Response, Trouble> {
    let draft = draft(&visitor, &token)?;
    match (draft.chosen(), &draft.report) {
        (Some((choice, _)), Some(report)) => {
            Ok(outcome::result(&visitor, &token, choice, report).into_response())
        }
        _ => Ok(Redirect::to(&format!("/imports/{token}")).into_response()),
    }
}

/// The rows that cannot be taken, as a file that can be mended and imported.
async fn errors(visitor: Visitor, Path(token): Path<String>) -> Result<Response, Trouble> {
    let draft = draft(&visitor, &token)?;
    visitor
        .work(move |visitor| {
            let Some((choice, table)) = draft.chosen() else {
                return Err(Trouble::not_found());
            };
            let (ledger, lang) = (&choice.mapping.ledger, visitor.lang);
            let made = match &draft.report {
                Some(report) => import::errors_csv(&table, ledger, &report.errors(), lang),
                None => {
                    let (engine, actor) = (&visitor.engine, visitor.actor());
                    let plan = import::plan(engine, &actor, &choice.mechanism.id, &table, &choice.mapping)?;
                    import::errors_csv(&table, ledger, &plan.errors(), lang)
                }
            };
            let bytes = made.map_err(|error| bihuan_engine::Error::Other(error.to_string()))?;
            let name = format!("{ledger}-{}.csv", visitor.t("import.page_errors_name"));
            Ok(download("text/csv; charset=utf-8", &name, bytes))
        })
        .await
}

/// Reads a number from a form; 0 where there is none.
fn place(sent: &Sent, name: &str) -> usize {
    sent.get(name).parse().unwrap_or(0)
}
