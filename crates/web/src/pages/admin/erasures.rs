//! Erasing (擦除): what would go and what stays is shown first; the reason comes from a list; another person confirms
//! where the access policy says so; and everything that was asked for stands in a list.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::mechanism::RegisterSpec;
use bihuan_domain::org::Actor;
use bihuan_domain::value::Type;
use bihuan_domain::world::Erasure;
use bihuan_engine::access::{Task, keeps_register, needs_second_person};
use bihuan_engine::erase::{REASONS, Subject};
use bihuan_engine::notices::About;
use bihuan_engine::views::Views;
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::Web;
use crate::body::Posted;
use crate::components::summary::{Problem, at_field, summary};
use crate::layout::{self, Nav};
use crate::pages::notifications::seen_about;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/erasures", get(index).post(ask))
        .route("/admin/erasures/{n}", post(end))
}

/// Whether the visitor may look at the page: who sees all requests, and who keeps a register and may ask for its rows.
pub(super) fn may_look(visitor: &Visitor) -> bool {
    let registers = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers);
    let keeps = |spec: &RegisterSpec| keeps_register(&visitor.world, &visitor.post, spec);
    let mut registers = registers.filter(|spec| has_sensitive(spec));
    visitor.may(Task::SeeErasures) || registers.any(keeps)
}

fn has_sensitive(spec: &RegisterSpec) -> bool {
    spec.fields
        .iter()
        .any(|field| field.sensitive || field.sealed_to.is_some())
}

/// The requests that the visitor may see: all, or those of his own unit.
pub(crate) fn sees_erasure(visitor: &Visitor, erasure: &Erasure) -> bool {
    let unit = |actor: &Actor| visitor.world.org.unit_of(&actor.post).map(|unit| unit.id.clone());
    visitor.may(Task::SeeErasures)
        || visitor
            .world
            .org
            .unit_of(&visitor.post)
            .map(|unit| unit.id.clone())
            == unit(&erasure.asked.0)
}

/// What is typed, or named by a link.
#[derive(Clone, Default, Deserialize)]
struct Asked {
    /// What is to be erased.
    #[serde(default)]
    subject: String,
    #[serde(default)]
    reason: String,
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    if !may_look(&visitor) {
        return Err(Trouble::forbidden());
    }
    visitor
        .work(move |visitor| {
            let mut problems = Vec::new();
            let mut subject = None;
            if !asked.subject.trim().is_empty() {
                match find(visitor, &asked.subject) {
                    Ok(found) => subject = Some(found),
                    Err(trouble) => problems.push(at_subject(&trouble, visitor)),
                }
            }
            let status = if problems.is_empty() {
                StatusCode::OK
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            let page = page(visitor, &asked, subject.as_ref(), &problems)?;
            for (n, erasure) in &visitor.world.erasures {
                if erasure.ended.is_none() && sees_erasure(visitor, erasure) {
                    seen_about(visitor, &About::Erasure(*n));
                }
            }
            Ok((status, page).into_response())
        })
        .await
}

fn at_subject(trouble: &Trouble, visitor: &Visitor) -> Problem {
    let mut problem = Problem::from_trouble(trouble, visitor.lang);
    problem.field = Some("subject".to_owned());
    problem
}

/// What is meant by what was typed: `17` is a case, and the rest is as in the list.
fn find(visitor: &Visitor, typed: &str) -> Result<Subject, Trouble> {
    let typed = typed.trim();
    let named = match typed.parse::<u64>() {
        Ok(case) => format!("case/{case}"),
        Err(_) => typed.to_owned(),
    };
    let subject = Subject::find(&visitor.engine, &named)?;
    if !may_ask(visitor, &subject) {
        return Err(bihuan_domain::refusal::Refusal::new("may_not_erase").into());
    }
    Ok(subject)
}

fn may_ask(visitor: &Visitor, subject: &Subject) -> bool {
    let register = match subject {
        Subject::Row(register, _) => visitor.mechanisms.register(register),
        _ => None,
    };
    visitor.may(Task::Erase(subject, register))
}

async fn ask(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    if !may_look(&visitor) {
        return Err(Trouble::forbidden());
    }
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let asked = Asked {
                subject: sent.get("subject").to_owned(),
                reason: sent.get("reason").to_owned(),
            };
            let mut problems = Vec::new();
            let subject = match find(visitor, &asked.subject) {
                Ok(subject) => Some(subject),
                Err(trouble) => {
                    problems.push(at_subject(&trouble, visitor));
                    None
                }
            };
            if !REASONS.contains(&asked.reason.as_str()) {
                problems.push(Problem::at("reason", t(lang, "admin.erase_reason_missing")));
            }
            if sent.get("sure") != "yes" {
                problems.push(Problem::at("sure", t(lang, "admin.erase_sure_missing")));
            }
            let mut status = StatusCode::UNPROCESSABLE_ENTITY;
            if problems.is_empty()
                && let Some(subject) = &subject
            {
                let named = subject.to_string();
                match visitor
                    .engine
                    .ask_erasure(&visitor.actor(), &named, &asked.reason)
                {
                    Ok(_) => return Ok(Redirect::to("/admin/erasures#list").into_response()),
                    Err(failure) => {
                        let trouble = Trouble::from(failure);
                        status = trouble.status;
                        problems.push(Problem::from_trouble(&trouble, lang));
                    }
                }
            }
            Ok((status, page(visitor, &asked, subject.as_ref(), &problems)?).into_response())
        })
        .await
}

/// Confirms or refuses a request that waits.
async fn end(Path(n): Path<u64>, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    if !may_look(&visitor) {
        return Err(Trouble::forbidden());
    }
    visitor
        .work(move |visitor| {
            let confirms = sent.get("act") == "confirm";
            let known = visitor.engine.world().erasures.get(&n).cloned();
            // A second click finds it ended.
            if known.is_some_and(|erasure| erasure.ended.is_some() && erasure.done == confirms) {
                return Ok(Redirect::to("/admin/erasures#list").into_response());
            }
            let actor = visitor.actor();
            let ended = if confirms {
                visitor.engine.confirm_erasure(&actor, n)
            } else {
                visitor.engine.withdraw_erasure(&actor, n)
            };
            match ended {
                Ok(_) => Ok(Redirect::to("/admin/erasures#list").into_response()),
                Err(failure) => {
                    let trouble = Trouble::from(failure);
                    let problems = [Problem::from_trouble(&trouble, visitor.lang)];
                    let page = page(visitor, &Asked::default(), None, &problems)?;
                    Ok((trouble.status, page).into_response())
                }
            }
        })
        .await
}

fn page(
    visitor: &Visitor,
    asked: &Asked,
    subject: Option<&Subject>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let body = html! {
        (layout::heading(Some(t(lang, "admin.title")), &html! { (t(lang, "admin.erasures")) }, &html! {}))
        p .lead { (t(lang, "admin.erasures_lead")) }
        (summary(lang, problems))
        @match subject {
            Some(subject) => { (confirmation(&show, asked, subject, problems)?) },
            None => { (choice(visitor, asked, problems)) },
        }
        (list(&show))
    };
    Ok(layout::page(
        visitor,
        t(lang, "admin.erasures"),
        Nav::Admin,
        &body,
    ))
}

/// Asks what is to be erased.
fn choice(visitor: &Visitor, asked: &Asked, problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    let wrong = problems
        .iter()
        .any(|problem| problem.field.as_deref() == Some("subject"));
    html! {
        form .stack method="get" action="/admin/erasures" {
            div .field .has-error[wrong] {
                label for="subject" { (t(lang, "admin.erase_subject")) }
                p .help #subject-help { (t(lang, "admin.erase_subject_help")) }
                (at_field(problems, "subject"))
                input #subject name="subject" type="text" required maxlength="200" autocomplete="off" aria-describedby="subject-help" value=(asked.subject);
            }
            div .actions { button type="submit" { (t(lang, "admin.erase_look")) } }
        }
    }
}

/// What would go and what stays, with the reason to be chosen.
fn confirmation(
    show: &Show<'_>,
    asked: &Asked,
    subject: &Subject,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let second = needs_second_person(subject);
    let wrong = |field: &str| {
        problems
            .iter()
            .any(|problem| problem.field.as_deref() == Some(field))
    };
    Ok(html! {
        section #erase {
            h2 { (named(show, subject)) (called(show, subject)?) }
            h3 { (t(lang, "admin.erase_goes")) }
            ul .marks { @for line in goes(show.views, visitor, subject)? { li { (line) } } }
            h3 { (t(lang, "admin.erase_stays")) }
            ul .marks { @for key in ["admin.erase_stays_1", "admin.erase_stays_2", "admin.erase_stays_3"] { li { (t(lang, key)) } } }
            form .stack method="post" action="/admin/erasures" {
                (layout::csrf(visitor))
                input type="hidden" name="subject" value=(subject);
                fieldset #reason .field .has-error[wrong("reason")] {
                    legend { (t(lang, "admin.erase_reason")) }
                    (at_field(problems, "reason"))
                    @for reason in REASONS {
                        div { label .choice { input type="radio" name="reason" value=(reason) checked[asked.reason == reason]; span { (t(lang, &format!("admin.reason_{reason}"))) } } }
                    }
                }
                div .field .has-error[wrong("sure")] {
                    (at_field(problems, "sure"))
                    div { label .choice for="sure" { input #sure type="checkbox" name="sure" value="yes"; span { (t(lang, "admin.erase_sure")) } } }
                }
                p .notice { (t(lang, if second { "admin.erase_second" } else { "admin.erase_alone" })) }
                div .actions {
                    button .primary type="submit" { (t(lang, if second { "admin.erase_ask" } else { "admin.erase_do" })) }
                    a .button href="/admin/erasures" { (t(lang, "admin.erase_leave")) }
                }
            }
        }
    })
}

/// What an erasure would destroy, counted.
fn goes(views: &Views, visitor: &Visitor, subject: &Subject) -> Result<Vec<String>, Trouble> {
    let lang = visitor.lang;
    let mut lines = Vec::new();
    match subject {
        Subject::Case(case) => {
            let state = views.state(*case)?.ok_or_else(Trouble::not_found)?;
            lines.push(t(lang, "admin.goes_title").to_owned());
            let texts = state.values.values().filter(|value| is_text(value)).count();
            lines.push(tf(lang, "admin.goes_texts", &[("n", &texts)]));
            lines.push(t(lang, "admin.goes_files").to_owned());
            if state.is_open() {
                lines.push(t(lang, "admin.goes_open").to_owned());
            }
        }
        Subject::Person(_) => lines.push(t(lang, "admin.goes_name").to_owned()),
        Subject::Row(register, _) => {
            let spec = visitor.mechanisms.register(register);
            let fields = spec.into_iter().flat_map(|spec| &spec.fields);
            let gone =
                fields.filter(|field| field.sensitive || field.sealed_to.is_some() || field.ty == Type::Text);
            let names: Vec<&str> = gone.map(|field| field.label.get(lang)).collect();
            let names = names.join(t(lang, "web.list_comma"));
            lines.push(tf(lang, "admin.goes_columns", &[("columns", &names)]));
        }
        Subject::Register(register) => {
            let rows = visitor.world.registers.count(register);
            lines.push(tf(lang, "admin.goes_register", &[("n", &rows)]));
        }
    }
    lines.push(t(lang, "admin.goes_search").to_owned());
    Ok(lines)
}

fn is_text(value: &bihuan_domain::value::Value) -> bool {
    use bihuan_domain::value::Value;
    matches!(value, Value::Sealed(_) | Value::File(_))
}

/// A subject as people call it, without what is sealed in it.
fn named(show: &Show<'_>, subject: &Subject) -> Markup {
    let lang = show.visitor.lang;
    let register = |id: &bihuan_domain::id::RegisterId| {
        let spec = show.visitor.mechanisms.register(id);
        spec.map_or_else(|| id.to_string(), |spec| spec.label.get(lang).to_owned())
    };
    html! {
        @match subject {
            Subject::Case(case) => { a href={ "/cases/" (case) } { (tf(lang, "admin.subject_case", &[("n", case)])) } },
            Subject::Person(person) => { (tf(lang, "admin.subject_person", &[("code", person)])) },
            Subject::Row(id, row) => { a href={ "/registers/" (id) } { (register(id)) } " · " code { (row) } },
            Subject::Register(id) => { a href={ "/registers/" (id) } { (tf(lang, "admin.subject_register", &[("name", &register(id))])) } },
        }
    }
}

/// The title or name that is about to go: who decides must see that it is the right one.
fn called(show: &Show<'_>, subject: &Subject) -> Result<Markup, Trouble> {
    let name = match subject {
        Subject::Case(case) => show.views.case(*case)?.and_then(|case| case.title),
        Subject::Person(person) => Some(show.person(person)),
        Subject::Row(..) | Subject::Register(_) => None,
    };
    Ok(html! { @if let Some(name) = name { " " (show::text(&name)) } })
}

fn list(show: &Show<'_>) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let world = visitor.engine.world();
    let erasures: Vec<_> = world
        .erasures
        .iter()
        .rev()
        .filter(|(_, e)| sees_erasure(visitor, e))
        .collect();
    let heads = [
        "admin.erase_subject",
        "admin.erase_reason",
        "admin.erase_asked",
        "admin.erase_state",
    ];
    html! {
        section #list {
            h2 { (t(lang, "admin.erasures_list")) }
            @if erasures.is_empty() { div .empty { p { (t(lang, "admin.erasures_none")) } } }
            @else {
                div .scroll tabindex="0" role="region" aria-label=(t(lang, "admin.erasures_list")) { table .ledger {
                    thead { tr { th .amount scope="col" { "#" } @for head in heads { th scope="col" { (t(lang, head)) } } } }
                    tbody { @for (n, erasure) in erasures { tr id={ "erasure-" (n) } {
                        td .amount data-label="#" { (n) }
                        td .is-title data-label=(t(lang, "admin.erase_subject")) {
                            @match erasure.subject.as_str().parse::<Subject>() { Ok(subject) => { (named(show, &subject)) }, Err(_) => { code { (erasure.subject) } } }
                        }
                        td data-label=(t(lang, "admin.erase_reason")) { (t(lang, &format!("admin.reason_{}", erasure.reason))) }
                        td data-label=(t(lang, "admin.erase_asked")) { (by(show, &erasure.asked)) }
                        td data-label=(t(lang, "admin.erase_state")) { (state(show, *n, erasure)) }
                    } } }
                } }
            }
        }
    }
}

fn by(show: &Show<'_>, (actor, at): &(Actor, jiff::Timestamp)) -> Markup {
    let lang = show.visitor.lang;
    html! { (show.actor(actor)) br; span .quiet { (show::moment(*at, lang)) } }
}

fn state(show: &Show<'_>, n: u64, erasure: &Erasure) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let own = erasure.asked.0.person == visitor.person;
    let confirms = visitor.may(Task::ConfirmErasure);
    html! {
        @match &erasure.ended {
            Some(ended) => {
                strong { (t(lang, if erasure.done { "admin.erase_done" } else { "admin.erase_withdrawn" })) } br;
                @if ended != &erasure.asked { (by(show, ended)) }
            },
            None => {
                p { (t(lang, "admin.erase_waits")) }
                @if own || confirms {
                    form .actions method="post" action={ "/admin/erasures/" (n) } {
                        (layout::csrf(visitor))
                        @if confirms && !own { button type="submit" name="act" value="confirm" { (t(lang, "admin.erase_confirm")) } }
                        button type="submit" name="act" value="withdraw" { (t(lang, if own { "admin.erase_withdraw" } else { "admin.erase_refuse" })) }
                    }
                }
            },
        }
    }
}

/// A request for programs.
pub(crate) fn erasure_json(n: u64, erasure: &Erasure) -> Json {
    let state = match (&erasure.ended, erasure.done) {
        (None, _) => "waits",
        (Some(_), true) => "done",
        (Some(_), false) => "withdrawn",
    };
    let ended = erasure
        .ended
        .as_ref()
        .map(|(actor, at)| json!({ "actor": actor, "at": at }));
    json!({
        "id": n, "subject": erasure.subject, "reason": erasure.reason, "state": state,
        "asked": { "actor": erasure.asked.0, "at": erasure.asked.1 }, "ended": ended,
    })
}
