//! A register (名册、清单): its rows, as packs declare them; its keeper adds and corrects them here.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{CaseId, RegisterId, RowId};
use bihuan_domain::mechanism::{Field, RegisterSpec};
use bihuan_engine::{Answer, Order, Submission, access, unmask};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::pager::pager;
use crate::components::summary::{Problem, summary};
use crate::form::{Fields, fresh_key};
use crate::layout::{self, Nav};
use crate::pages::case::Refused;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const PAGE: usize = 100;

/// Rows offered while one types.
const OFFERED: usize = 20;

/// The name of the form of a row.
const FORM: &str = "row";

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/registers", get(index))
        .route("/registers/{id}", get(register).post(write))
        .route("/registers/{id}/find", get(find))
        .route("/registers/{id}/unmask", post(show_masked))
}

#[derive(Clone, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    page: usize,
    /// The row that is to be corrected.
    #[serde(default)]
    edit: String,
    /// Whether sensitive columns are shown; never from an address, only once that is recorded.
    #[serde(skip)]
    unmasked: bool,
    /// The step of a guided walk that fills the form.
    #[serde(default)]
    fill: String,
}

/// A form that was refused, shown again with what was typed.
struct Attempt {
    sent: Sent,
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Sought {
    #[serde(default)]
    q: String,
}

/// Rows by a part of their name, for widgets that offer them while one types.
async fn find(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(sought): Query<Sought>,
) -> Result<axum::Json<Vec<serde_json::Value>>, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let rows = show.rows_like(&RegisterId::from(id), &sought.q, OFFERED);
            let each = |(id, title)| serde_json::json!({ "id": id, "title": title });
            Ok(axum::Json(rows.into_iter().map(each).collect()))
        })
        .await
}

/// All registers by pack, with who keeps them and how many rows they have.
async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.work(|visitor| Ok(list(visitor))).await
}

fn list(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let packs = visitor.mechanisms.packs();
    let count = |spec: &RegisterSpec| {
        let rows = visitor.world.registers.count(&spec.id);
        show::count(u64::try_from(rows).unwrap_or(0))
    };
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.registers")) }, &html! { a href="/mechanisms" { (t(lang, "web.mechanisms_title")) } }))
        p .lead { (t(lang, "find.registers_lead")) }
        @for pack in packs.iter().filter(|pack| !pack.registers.is_empty()) {
            section {
                h2 { a .plain-link href={ "/packs/" (pack.id) } { (pack.label.get(lang)) } }
                table .ledger {
                    thead { tr {
                        th scope="col" { (t(lang, "find.register")) } th scope="col" { (t(lang, "find.keeper")) }
                        th .amount scope="col" { (t(lang, "find.rows")) }
                    } }
                    tbody { @for spec in &pack.registers { tr {
                        th scope="row" { a .row-title href={ "/registers/" (spec.id) } { (spec.label.get(lang)) } }
                        td data-label=(t(lang, "find.keeper")) {
                            @match &spec.keeper { Some(keeper) => (keeper_name(visitor, keeper)), None => span .quiet { (t(lang, "find.by_steps")) } }
                        }
                        td .amount data-label=(t(lang, "find.rows")) { (count(spec)) }
                    } } }
                }
            }
        }
    };
    layout::page(visitor, t(lang, "web.registers"), Nav::Mechanisms, &body)
}

async fn register(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let id = RegisterId::from(id);
            // The form of a correction has the row's sensitive values in it.
            if let Some(row) = known(visitor, &id, &asked)
                && visitor
                    .mechanisms
                    .register(&id)
                    .is_some_and(|spec| keeps(visitor, spec) && shows_masked(spec, row))
            {
                let rows = vec![RowId::from(asked.edit.as_str())];
                unmask::unmask(&visitor.engine, &visitor.actor(), &id, rows, None, "correct")?;
            }
            let filled = visitor.filled(&asked.fill)?;
            let attempt = filled.map(|sent| Attempt {
                sent,
                problems: Vec::new(),
            });
            page(visitor, &id, &asked, attempt.as_ref())
        })
        .await
}

/// Shows the sensitive columns of a page of rows, or the row to which a case points, once that is recorded.
async fn show_masked(Path(id): Path<String>, Posted { visitor, sent }: Posted) -> Result<Markup, Trouble> {
    let register = RegisterId::from(id);
    visitor
        .work(move |visitor| {
            let spec = spec(visitor, &register)?;
            let (engine, actor, purpose) = (&visitor.engine, visitor.actor(), sent.get("purpose"));
            if let Some(row) = sent.filled("row") {
                let case: CaseId = CaseId(sent.get("case").parse().map_err(|_| Trouble::not_found())?);
                let rows = vec![RowId::from(row)];
                unmask::unmask(
                    engine,
                    &actor,
                    &register,
                    rows,
                    Some((case, &visitor.sight)),
                    purpose,
                )?;
                return one_row(visitor, spec, &row.into(), case);
            }
            let asked = Asked {
                page: sent.get("page").parse().unwrap_or(1),
                unmasked: true,
                ..Asked::default()
            };
            let rows = rows_of(visitor, &register, &asked)
                .map(|(id, _)| id.clone())
                .collect();
            unmask::unmask(engine, &actor, &register, rows, None, purpose)?;
            page(visitor, &register, &asked, None)
        })
        .await
}

/// Whether a row has anything that is masked.
fn shows_masked(spec: &RegisterSpec, row: &Row) -> bool {
    let masked = spec.fields.iter().filter(|field| unmask::is_masked(field));
    masked.into_iter().any(|field| row.contains_key(&field.id))
}

/// The row to which a case points, by its name.
fn one_row(visitor: &Visitor, spec: &RegisterSpec, row: &RowId, case: CaseId) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let values = visitor
        .world
        .registers
        .row(&spec.id, row)
        .ok_or_else(Trouble::not_found)?;
    let name = show::row_title(spec, values, &views).unwrap_or_else(|| row.to_string());
    let body = html! {
        (layout::heading(Some(spec.label.get(lang)), &html! { (show::text(&name)) }, &html! { code { (row) } }))
        p .notice { (t(lang, "admin.unmasked")) }
        p .actions { a .button href={ "/cases/" (case) } { (tf(lang, "admin.subject_case", &[("n", &case)])) } }
    };
    Ok(layout::page(
        visitor,
        spec.label.get(lang),
        Nav::Mechanisms,
        &body,
    ))
}

/// The rows of a page.
fn rows_of<'a>(
    visitor: &'a Visitor,
    id: &'a RegisterId,
    asked: &Asked,
) -> impl Iterator<Item = (&'a RowId, &'a Row)> {
    let before = (asked.page.max(1) - 1).saturating_mul(PAGE);
    visitor.world.registers.rows(id).skip(before).take(PAGE)
}

/// Asks what sensitive columns are to be seen for. In a case it asks for one row of a register.
pub(crate) fn unmask_form(
    visitor: &Visitor,
    spec: &RegisterSpec,
    hidden: &[(&str, &str)],
    press: &str,
) -> Markup {
    let lang = visitor.lang;
    html! {
        form .unmask method="post" action={ "/registers/" (spec.id) "/unmask" } {
            (layout::csrf(visitor))
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            label { span .label-text { (t(lang, "admin.unmask_purpose")) } " "
                select name="purpose" required {
                    option value="" {}
                    @for purpose in unmask::PURPOSES { option value=(purpose) { (t(lang, &format!("admin.purpose_{purpose}"))) } }
                }
            }
            " " button type="submit" { (t(lang, press)) }
        }
    }
}

/// Writes a row, new or corrected.
async fn write(Path(id): Path<String>, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    let register = RegisterId::from(id);
    let asked = Asked {
        page: 1,
        edit: sent.get("row").to_owned(),
        unmasked: false,
        fill: String::new(),
    };
    // A form that was carried through a sign-in is looked at before it is sent.
    let done = match sent.filled("look") {
        Some(_) => Err((Vec::new(), StatusCode::OK)),
        None => carry_out(&visitor, &register, &sent).await?,
    };
    match done {
        Ok(answer) => {
            let to = match answer.case {
                // The row opened a case: whoever wrote it wants to see that.
                Some(case) => format!("/cases/{case}?done=open"),
                None => format!("/registers/{register}"),
            };
            Ok(Redirect::to(&to).into_response())
        }
        Err((problems, status)) => {
            let attempt = Attempt { sent, problems };
            let again = visitor
                .work(move |visitor| page(visitor, &register, &asked, Some(&attempt)))
                .await?;
            Ok((status, again).into_response())
        }
    }
}

/// Writes the row that a form asks for, or says what has to be mended.
///
/// # Errors
///
/// Faults, or a register that there is none.
pub(crate) async fn carry_out(
    visitor: &Visitor,
    register: &RegisterId,
    sent: &Sent,
) -> Result<Result<Answer, Refused>, Trouble> {
    let asked = Asked {
        edit: sent.get("row").to_owned(),
        ..Asked::default()
    };
    let read = {
        let (register, sent) = (register.clone(), sent.clone());
        visitor
            .work(move |visitor| {
                let (views, spec) = (visitor.views()?, spec(visitor, &register)?);
                let show = Show {
                    visitor,
                    views: &views,
                };
                Ok::<_, Trouble>(fields(&show, spec, known(visitor, &register, &asked)).read(&sent))
            })
            .await?
    };
    let (values, problems) = read;
    if !problems.is_empty() {
        return Ok(Err((problems, StatusCode::UNPROCESSABLE_ENTITY)));
    }
    let submission = Submission {
        expected: None,
        key: sent.get("key").to_owned(),
        order: Order::Row {
            register: register.clone(),
            row: sent.filled("row").map(Into::into),
            values,
        },
    };
    let done = visitor.engine.submit(&visitor.actor(), submission).await;
    Ok(done.map_err(|failure| {
        let trouble = Trouble::from(failure);
        (
            vec![Problem::from_trouble(&trouble, visitor.lang)],
            trouble.status,
        )
    }))
}

pub(crate) fn spec<'a>(visitor: &'a Visitor, id: &RegisterId) -> Result<&'a RegisterSpec, Trouble> {
    visitor.mechanisms.register(id).ok_or_else(Trouble::not_found)
}

/// The row that is to be corrected.
fn known<'a>(visitor: &'a Visitor, register: &RegisterId, asked: &Asked) -> Option<&'a Row> {
    visitor
        .world
        .registers
        .row(register, &RowId::from(asked.edit.as_str()))
}

pub(crate) fn fields<'a>(show: &'a Show<'a>, spec: &'a RegisterSpec, known: Option<&'a Row>) -> Fields<'a> {
    let needed = |field: &bihuan_domain::mechanism::Field| field.required || field.id == spec.title;
    let mut fields = Fields::of_row(show, None, spec, FORM);
    for (field, must) in &mut fields.fields {
        *must = needed(field);
    }
    fields.had = known;
    fields
}

/// Whether the visitor's unit keeps the register.
fn keeps(visitor: &Visitor, spec: &RegisterSpec) -> bool {
    access::keeps_register(&visitor.world, &visitor.post, spec)
}

fn page(
    visitor: &Visitor,
    id: &RegisterId,
    asked: &Asked,
    attempt: Option<&Attempt>,
) -> Result<Markup, Trouble> {
    let (views, spec) = (visitor.views()?, spec(visitor, id)?);
    let show = Show {
        visitor,
        views: &views,
    };
    let lang = visitor.lang;
    let number = asked.page.max(1);
    let rows: Vec<_> = rows_of(visitor, id, asked).collect();
    let total = u64::try_from(visitor.world.registers.count(id)).unwrap_or(0);
    let size = u64::try_from(PAGE).unwrap_or(1);
    let keeps = keeps(visitor, spec);
    let body = html! {
        (layout::heading(Some(t(lang, "web.registers")), &html! { (spec.label.get(lang)) }, &html! { span .quiet .num { (show::count(total)) } @if total > 0 { a href={ "/codes/" (spec.id) } { (t(lang, "phone.codes_print")) } } }))
        @if let Some(keeper) = &spec.keeper { p .quiet { (tf(lang, "web.register_kept_by", &[("who", &keeper_name(visitor, keeper))])) } }
        @if access::writes_register(&visitor.world, &visitor.post, spec) { (form(&show, spec, asked, attempt)) }
        @if rows.is_empty() { div .empty { p { (t(lang, "web.register_empty")) } } }
        @else {
            @if spec.fields.iter().any(unmask::is_masked) {
                @if asked.unmasked { p .notice { (t(lang, "admin.unmasked")) } }
                @else if keeps {
                    details .act { summary { (t(lang, "admin.unmask")) }
                        p .help { (t(lang, "admin.unmask_lead")) }
                        (unmask_form(visitor, spec, &[("page", &number.to_string())], "admin.unmask_do"))
                    }
                } @else { p .help { (t(lang, "web.masked_why")) } }
            }
            (table(&show, spec, &rows, keeps, asked.unmasked))
        }
        (pager(lang, u64::try_from(number).unwrap_or(1), size, total, |n| format!("/registers/{}?page={n}", spec.id)))
    };
    Ok(layout::page(
        visitor,
        spec.label.get(lang),
        Nav::Mechanisms,
        &body,
    ))
}

/// The name of the unit that serves the function; the function's code where nobody does.
fn keeper_name(visitor: &Visitor, function: &bihuan_domain::id::Code) -> String {
    let today = bihuan_domain::calendar::date_of(visitor.now);
    let mut units = visitor.world.org.with_function(function, today);
    units.next().map_or_else(
        || function.to_string(),
        |unit| unit.name.get(visitor.lang).to_owned(),
    )
}

fn form(show: &Show<'_>, spec: &RegisterSpec, asked: &Asked, attempt: Option<&Attempt>) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let known = known(visitor, &spec.id, asked);
    let problems: &[Problem] = attempt.map_or(&[], |attempt| &attempt.problems);
    let sent = attempt.map(|attempt| &attempt.sent);
    let key = sent.map_or_else(fresh_key, |sent| sent.get("key").to_owned());
    html! {
        details #row-form .act .is-awaited open[known.is_some() || attempt.is_some()] {
            summary { (t(lang, if known.is_some() { "web.row_correct" } else { "web.row_add" })) }
            (summary(lang, problems))
            form .stack method="post" action={ "/registers/" (spec.id) } {
                (layout::csrf(visitor))
                input type="hidden" name="key" value=(key);
                @let row = sent.and_then(|sent| sent.filled("row")).or(known.map(|_| asked.edit.as_str()));
                @if let Some(row) = row { input type="hidden" name="row" value=(row); }
                (fields(show, spec, known).view(sent, problems))
                div .actions { button .primary type="submit" { (t(lang, "web.row_save")) } }
            }
        }
    }
}

fn table(
    show: &Show<'_>,
    spec: &RegisterSpec,
    rows: &[(&RowId, &Row)],
    keeps: bool,
    unmasked: bool,
) -> Markup {
    let lang = show.visitor.lang;
    let masked = |field: &Field| !unmasked && unmask::is_masked(field);
    html! {
        div .scroll tabindex="0" role="region" aria-label=(spec.label.get(lang)) {
            table .ledger .register {
                thead { tr { th scope="col" { (t(lang, "web.row")) } @for field in &spec.fields { th scope="col" { (field.label.get(lang)) } } } }
                tbody { @for (id, row) in rows {
                    tr id={ "row-" (id) } {
                        td data-label=(t(lang, "web.row")) {
                            @if keeps { a href={ "?edit=" (id) "#row-form" } title=(t(lang, "web.row_correct")) { code { (id) } } }
                            @else { code { (id) } }
                        }
                        @for field in &spec.fields {
                            td .is-title[field.id == spec.title] .is-empty[!row.contains_key(&field.id)] data-label=(field.label.get(lang)) {
                                @match row.get(&field.id) { Some(_) if masked(field) => { span .quiet { (t(lang, "web.masked")) } }, Some(value) => { (show.value(field, value)) }, None => { span .quiet { "–" } } }
                            }
                        }
                    }
                } }
            }
        }
    }
}
