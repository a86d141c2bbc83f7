//! The dispatch meeting (调度会): what is slow and why, the matters on the table with the tasks that went out of each, a
//! form that makes a decision a task with owner and clock, and the minutes.

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::SourceKind;
use bihuan_domain::value::Type;
use bihuan_engine::bulletin::meeting::{self, Matter};
use bihuan_engine::{OpenOrder, Order, SourceOrder, Submission};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::export::{DOCX, download};
use crate::Web;
use crate::body::Posted;
use crate::components::summary::{Problem, summary};
use crate::form::fresh_key;
use crate::form::unit_options;
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/meetings", get(index))
        .route("/meetings/{case}", get(page))
        .route("/meetings/{case}/decide", post(decide))
        .route("/meetings/{case}/minutes.docx", get(minutes))
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor
        .work(|visitor| {
            let lang = visitor.lang;
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let matters = meeting::matters(&views, &visitor.mechanisms, &visitor.sight)?;
            let covered = matters.iter().filter(|matter| !matter.tasks.is_empty()).count();
            let title = t(lang, "web.meet_title");
            let body = html! {
                (layout::heading(Some(t(lang, "web.nav_bulletins")), &html! { (title) }, &html! {}))
                p .lead { (t(lang, "web.meet_lead")) }
                section #matters {
                    h2 { (t(lang, "web.meet_matters")) }
                    @if matters.is_empty() { div .empty { p { (t(lang, "web.meet_none")) } } }
                    @else {
                        p { (tf(lang, "web.meet_coverage", &[("n", &covered), ("all", &matters.len())])) }
                        table .ledger {
                            thead { tr {
                                th scope="col" { (t(lang, "web.case_title")) }
                                th scope="col" { (t(lang, "web.owner")) }
                                th scope="col" { (t(lang, "web.meet_tasks")) }
                            } }
                            tbody { @for matter in &matters { (line(&show, matter)) } }
                        }
                    }
                }
                (slow(&show, None)?)
            };
            Ok(layout::page(visitor, title, Nav::Bulletins, &body))
        })
        .await
}

fn line(show: &Show<'_>, matter: &Matter) -> Markup {
    let lang = show.visitor.lang;
    let mechanism = show.visitor.mechanisms.current(&matter.row.mechanism);
    html! {
        tr {
            th scope="row" {
                a .row-title href={ "/meetings/" (matter.row.id) } { (show::text(matter.row.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                span .row-note { @if let Some(mechanism) = &mechanism { (mechanism.label.get(lang)) } @if let Some(number) = &matter.row.number { " · " (number) } }
            }
            td data-label=(t(lang, "web.owner")) { (show.unit(&matter.row.owner)) }
            td data-label=(t(lang, "web.meet_tasks")) {
                @if matter.tasks.is_empty() { strong .late { (t(lang, "web.meet_no_task")) } }
                @else { span .num { (matter.tasks.len()) } }
            }
        }
    }
}

/// What is late in the whole place, with the reason that was given or that there is none; `meeting` is the matter in which
/// something may be decided on it.
fn slow(show: &Show<'_>, meeting: Option<CaseId>) -> Result<Markup, Trouble> {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let (slow, all) = bihuan_engine::bulletin::slow(show.views, &visitor.sight, visitor.now)?;
    Ok(html! {
        section #slow {
            h2 { (t(lang, "web.meet_slow")) " " span .num .quiet { (show::count(all)) } }
            @if all > u64::try_from(slow.len()).unwrap_or(u64::MAX) {
                p { (tf(lang, "web.meet_slow_more", &[("all", &show::count(all)), ("n", &slow.len())])) a href="/ledgers/all?colour=red&open=yes" { (t(lang, "web.meet_slow_all")) } }
            }
            @if slow.is_empty() { p .quiet { (t(lang, "web.meet_slow_none")) } }
            @else {
                table .ledger {
                    thead { tr {
                        th scope="col" { (t(lang, "web.case_title")) }
                        th scope="col" { (t(lang, "web.owner")) }
                        th scope="col" { (t(lang, "report.c_holder")) }
                        th scope="col" { (t(lang, "report.c_days")) }
                        th scope="col" { (t(lang, "report.c_cause")) }
                    } }
                    tbody { @for item in &slow { tr {
                        th scope="row" {
                            a .row-title href={ "/cases/" (item.state.id) } { (show::text(&show.sealed(&item.state.title))) }
                            @if let Some(meeting) = meeting { span .row-note { a href={ "/meetings/" (meeting) "?about=" (item.state.id) "#decide" } { (t(lang, "web.meet_take")) } } }
                        }
                        td data-label=(t(lang, "web.owner")) { (show.unit(&item.state.owner)) }
                        td data-label=(t(lang, "report.c_holder")) { (show.post(&item.state.holder.post)) }
                        td .num data-label=(t(lang, "report.c_days")) { (item.days(visitor.now)) }
                        td data-label=(t(lang, "report.c_cause")) {
                            @match item.last.as_ref().filter(|_| item.given) {
                                Some((text, _)) => { (show::text(text)) },
                                None => { span .late { (t(lang, "report.b_no_cause")) } },
                            }
                        }
                    } } }
                }
            }
        }
    })
}

/// What stands in the form: what was typed, or what a late matter begins it with.
#[derive(Clone, Debug, Default)]
struct Typed {
    what: String,
    owner: String,
    due: String,
}

/// The late matter that is to be decided on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    about: String,
}

async fn page(
    visitor: Visitor,
    Path(case): Path<u64>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let typed = begun(visitor, &asked)?;
            view(visitor, CaseId(case), &typed, &[])
        })
        .await
}

/// The form as a late matter begins it: which one and how late, its owner chosen.
fn begun(visitor: &Visitor, asked: &Asked) -> Result<Typed, Trouble> {
    let Ok(about) = asked.about.parse() else {
        return Ok(Typed::default());
    };
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let (slow, _) = bihuan_engine::bulletin::slow(&views, &visitor.sight, visitor.now)?;
    let item = slow.into_iter().find(|item| item.state.id == CaseId(about));
    Ok(item.map_or_else(Typed::default, |item| {
        let title = show.sealed(&item.state.title);
        let days = item.days(visitor.now);
        Typed {
            what: tf(
                visitor.lang,
                "web.meet_about",
                &[("title", &title), ("days", &days)],
            ),
            owner: item.state.owner.to_string(),
            due: String::new(),
        }
    }))
}

fn view(visitor: &Visitor, case: CaseId, typed: &Typed, problems: &[Problem]) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let matter =
        meeting::one(&views, &visitor.mechanisms, case, &visitor.sight)?.ok_or_else(Trouble::not_found)?;
    let title = matter
        .row
        .title
        .clone()
        .unwrap_or_else(|| t(lang, "web.erased").to_owned());
    let task = visitor.mechanisms.current(&matter.tasks_of);
    let body = html! {
        (layout::heading(Some(t(lang, "web.meet_title")), &html! { (show::text(&title)) }, &html! {
            a .button href={ "/cases/" (case) } { (t(lang, "web.meet_case")) } " "
            a .button href={ "/meetings/" (case) "/minutes.docx" } { (t(lang, "web.meet_minutes")) }
        }))
        (summary(lang, problems))
        section #decided {
            h2 { (t(lang, "web.meet_decided")) " " span .num .quiet { (matter.tasks.len()) } }
            @if matter.tasks.is_empty() { p .late { (t(lang, "web.meet_no_task")) } }
            @else {
                ul .index { @for task in &matter.tasks { li {
                    span .code { @if let Some(number) = &task.number { (number) } @else { "#" (task.id) } }
                    div {
                        a .row-title href={ "/cases/" (task.id) } { (show::text(task.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                        span .row-note { (show.unit(&task.owner)) @if let Some(due) = task.due_at { " · " (show::moment(due, lang)) } }
                    }
                } } }
            }
        }
        @if matter.row.open && visitor.administers() {
            section #decide {
                h2 { (t(lang, "web.meet_decide")) }
                @if let Some(task) = &task { p .quiet { (tf(lang, "web.meet_becomes", &[("mechanism", &task.label.get(lang))])) } }
                form .stack method="post" action={ "/meetings/" (case) "/decide" } {
                    (layout::csrf(visitor))
                    input type="hidden" name="key" value=(fresh_key());
                    div .field { label for="what" { (t(lang, "web.meet_what")) } textarea #what name="what" rows="2" required maxlength="200" { (typed.what) } }
                    div .field { label for="owner" { (t(lang, "web.owner")) } select #owner name="owner" required {
                        (unit_options(&show, Some(typed.owner.as_str()), |unit| task.as_ref().is_none_or(|task| task.open.owners.is_empty() || task.open.owners.contains(&unit.kind))))
                    } }
                    div .field { label for="due" { (t(lang, "web.meet_due")) } input #due type="date" name="due" value=(typed.due) required; }
                    div .actions { button .primary type="submit" { (t(lang, "web.meet_hand_out")) } }
                }
            }
        }
        (slow(&show, (matter.row.open && visitor.administers()).then_some(case))?)
    };
    Ok(layout::page(visitor, &title, Nav::Bulletins, &body))
}

async fn decide(Path(case): Path<u64>, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let parent = CaseId(case);
    let (what, owner) = (sent.get("what").trim().to_owned(), sent.get("owner").to_owned());
    let (due, key) = (sent.get("due").trim().to_owned(), sent.get("key").to_owned());
    let typed = Typed {
        what: what.clone(),
        owner: owner.clone(),
        due: due.clone(),
    };
    let order = visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let matter = meeting::one(&views, &visitor.mechanisms, parent, &visitor.sight)?
                .ok_or_else(Trouble::not_found)?;
            let task = visitor
                .mechanisms
                .current(&matter.tasks_of)
                .ok_or_else(Trouble::not_found)?;
            let mut values = std::collections::BTreeMap::new();
            values.insert(task.title.clone(), json!(what));
            let dated = task
                .fields
                .iter()
                .find(|field| field.id.as_str() == "due" && field.ty == Type::Date);
            if let Some(field) = dated {
                values.insert(field.id.clone(), json!(due));
            }
            let from = &task.open.from;
            let kind = [SourceKind::Parent, SourceKind::Meeting]
                .into_iter()
                .find(|kind| from.contains(kind));
            Ok(OpenOrder {
                mechanism: task.id.clone(),
                owner: owner.as_str().into(),
                supporting: Default::default(),
                title: what,
                risk: None,
                values,
                source: Some(SourceOrder {
                    kind: kind.unwrap_or(SourceKind::Person),
                    document: None,
                    at: Vec::new(),
                    quote: None,
                    key: None,
                }),
                parent: Some(parent),
                stage: None,
                papers: Vec::new(),
            })
        })
        .await?;
    let submission = Submission::new(key, Order::Open(order));
    match visitor.engine.submit(&visitor.actor(), submission).await {
        Ok(_) => Ok(Redirect::to(&format!("/meetings/{case}#decided")).into_response()),
        Err(failure) => {
            let trouble = Trouble::from(failure);
            let problem = Problem::from_trouble(&trouble, visitor.lang);
            let status = trouble.status;
            let page = visitor
                .work(move |visitor| view(visitor, parent, &typed, &[problem]))
                .await?;
            Ok((status, page).into_response())
        }
    }
}

/// The minutes as DOCX, as of now; the chair signs them on paper or as evidence of the case.
async fn minutes(visitor: Visitor, Path(case): Path<u64>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let matter = meeting::one(&views, &visitor.mechanisms, CaseId(case), &visitor.sight)?
                .ok_or_else(Trouble::not_found)?;
            let document = meeting::minutes(
                &views,
                &visitor.world,
                &matter,
                &visitor.sight,
                visitor.now,
                visitor.lang,
            )?;
            let bytes = meeting::minutes_docx(&document, visitor.lang)?;
            Ok(download(DOCX, &format!("{}.docx", document.title), bytes))
        })
        .await
}
