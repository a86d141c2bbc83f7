//! Keys of custodians (保管单位的公钥): which identities are encrypted to whom, and the registration of a public key by
//! the custodian's own unit, with the fingerprint shown and compared before anything is recorded.

use std::str::FromStr as _;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::id::Code;
use bihuan_engine::access::Task;
use bihuan_engine::custody::{self, Custodian};
use bihuan_ledger::custody::Public;
use bihuan_messages::{Label, t, tf};
use maud::{Markup, html};

use crate::Web;
use crate::body::Posted;
use crate::components::summary::{Problem, at_field, summary};
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/custodians", get(index))
        .route("/admin/custodians/{function}", post(register))
}

/// The functions of custodians in whose unit the visitor's post stands.
pub(super) fn own(visitor: &Visitor) -> impl Iterator<Item = Code> {
    let functions = custody::functions(&visitor.mechanisms).into_keys();
    functions.filter(|function| visitor.may(Task::RegisterKey(function)))
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    may_look(&visitor)?;
    visitor.work(|visitor| page(visitor, None)).await
}

/// Whoever adopts packs sees which keys are missing; custodians see theirs.
fn may_look(visitor: &Visitor) -> Result<(), Trouble> {
    if visitor.may(Task::AdoptPacks) || own(visitor).next().is_some() {
        Ok(())
    } else {
        Err(Trouble::forbidden())
    }
}

/// What was typed and is not recorded yet.
struct Attempt {
    function: Code,
    public: String,
    /// Once the key is one: it is shown with its fingerprint.
    key: Option<Public>,
    problems: Vec<Problem>,
}

async fn register(
    Path(function): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    let function = Code::new(function);
    visitor.must(Task::RegisterKey(&function))?;
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let mut attempt = Attempt {
                public: sent.get("public").trim().to_owned(),
                function,
                key: None,
                problems: Vec::new(),
            };
            let status = match Public::from_str(&attempt.public) {
                Err(error) => {
                    attempt
                        .problems
                        .push(Problem::at("public", error.message().text(lang)));
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Ok(key) if sent.get("act") != "register" => {
                    attempt.key = Some(key);
                    StatusCode::OK
                }
                Ok(key) if sent.get("same") != "yes" => {
                    attempt.key = Some(key);
                    let text = t(lang, "admin.key_compare_missing");
                    attempt.problems.push(Problem::at("same", text));
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Ok(key) => {
                    match custody::register(&visitor.engine, &visitor.actor(), &attempt.function, &key) {
                        Ok(_) => {
                            let to = format!("/admin/custodians#{}", attempt.function);
                            return Ok(Redirect::to(&to).into_response());
                        }
                        Err(failure) => {
                            let trouble = Trouble::from(failure);
                            attempt.problems.push(Problem::from_trouble(&trouble, lang));
                            trouble.status
                        }
                    }
                }
            };
            Ok((status, page(visitor, Some(&attempt))?).into_response())
        })
        .await
}

fn page(visitor: &Visitor, attempt: Option<&Attempt>) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let world = visitor.engine.world();
    let functions = custody::functions(&visitor.mechanisms);
    let problems = attempt.map_or(&[][..], |attempt| &attempt.problems);
    let body = html! {
        (layout::heading(Some(t(lang, "admin.title")), &html! { (t(lang, "admin.keys")) }, &html! {}))
        p .lead { (t(lang, "admin.keys_lead")) }
        (summary(lang, problems))
        @if functions.is_empty() { div .empty { p { (t(lang, "admin.keys_none")) } } }
        @for (function, fields) in &functions {
            @let custodian = custody::custodian(&world, function, visitor.now);
            @let own = attempt.filter(|attempt| attempt.function == *function);
            section id=(function) .custodian {
                h2 { (custodian.name.get(lang)) }
                (standing(&show, &custodian, fields))
                @if visitor.may(Task::RegisterKey(function)) {
                    @match own.and_then(|attempt| attempt.key) {
                        Some(key) => { (compare(visitor, &custodian, key, problems)) },
                        None => { (ask(visitor, &custodian, own)) },
                    }
                } @else { p .quiet .who-registers { (tf(lang, "admin.key_who", &[("who", &custodian.name.get(lang))])) } }
            }
        }
        section {
            h2 { (t(lang, "admin.keys_promise")) }
            ul .marks { @for key in ["admin.keys_promise_1", "admin.keys_promise_2", "admin.keys_limit_1", "admin.keys_limit_2", "admin.keys_limit_3"] { li { (t(lang, key)) } } }
        }
    };
    Ok(layout::page(visitor, t(lang, "admin.keys"), Nav::Admin, &body))
}

/// What is encrypted to a custodian, under which key, since when.
fn standing(show: &Show<'_>, custodian: &Custodian, fields: &[(Label, Label)]) -> Markup {
    let lang = show.visitor.lang;
    html! {
        dl .facts .wide-facts {
            dt { (t(lang, "admin.key_fields")) }
            dd { @for (n, (place, field)) in fields.iter().enumerate() { @if n > 0 { (t(lang, "web.list_comma")) } (place.get(lang)) " · " (field.get(lang)) } }
            dt { (t(lang, "admin.key_print")) }
            dd { @match &custodian.key {
                Some(key) => { code .print { (key.fingerprint()) } },
                None => { strong { (t(lang, "admin.key_missing")) } },
            } }
            @if let Some((actor, at)) = &custodian.registered {
                dt { (t(lang, "admin.key_by")) } dd { (show.actor(actor)) " " (show::moment(*at, lang)) }
            }
            @if !custodian.former.is_empty() {
                dt { (t(lang, "admin.key_former")) }
                dd { @for key in &custodian.former { div { code { (key.fingerprint()) } } } }
            }
        }
    }
}

fn ask(visitor: &Visitor, custodian: &Custodian, attempt: Option<&Attempt>) -> Markup {
    let lang = visitor.lang;
    let problems = attempt.map_or(&[][..], |attempt| &attempt.problems);
    let replaces = custodian.key.is_some();
    html! {
        details .act open[attempt.is_some() || !replaces] {
            summary { (t(lang, if replaces { "admin.key_replace" } else { "admin.key_register" })) }
            form .stack method="post" action={ "/admin/custodians/" (custodian.function) } {
                (layout::csrf(visitor))
                div .field .has-error[!problems.is_empty()] {
                    label for="public" { (t(lang, "admin.key_public")) }
                    p .help #public-help { (t(lang, "admin.key_public_help")) }
                    (at_field(problems, "public"))
                    input #public name="public" type="text" required autocomplete="off" spellcheck="false" maxlength="200"
                        aria-describedby="public-help" value=(attempt.map_or("", |attempt| attempt.public.as_str()));
                }
                div .actions { button type="submit" name="act" value="show" { (t(lang, "admin.key_show")) } }
            }
        }
    }
}

/// The fingerprint of what was typed, to be compared before it is recorded.
fn compare(visitor: &Visitor, custodian: &Custodian, key: Public, problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    html! {
        form .stack .act-open method="post" action={ "/admin/custodians/" (custodian.function) } {
            (layout::csrf(visitor))
            input type="hidden" name="public" value=(key);
            p { (t(lang, "admin.key_compare_lead")) }
            p .fingerprint { code { (key.fingerprint()) } }
            @if custodian.key == Some(key) { p .notice { (t(lang, "admin.key_same")) } }
            @else if let Some(old) = &custodian.key { p .notice { (tf(lang, "admin.key_replaces", &[("old", &old.fingerprint())])) } }
            div .field .has-error[problems.iter().any(|p| p.field.as_deref() == Some("same"))] {
                (at_field(problems, "same"))
                div { label .choice for="same" { input #same type="checkbox" name="same" value="yes"; span { (t(lang, "admin.key_compare")) } } }
            }
            p .quiet { (t(lang, "admin.adopt_recorded")) }
            div .actions {
                button .primary type="submit" name="act" value="register" { (t(lang, "admin.key_do")) }
                a .button href="/admin/custodians" { (t(lang, "admin.leave")) }
            }
        }
    }
}
