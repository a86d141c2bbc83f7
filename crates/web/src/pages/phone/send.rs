//! Sending a form from the phone: carried out once for its key, whoever asks how often. Scripts get JSON with the
//! receipt or with what has to be mended; without scripts the same comes as a page.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::id::RegisterId;
use bihuan_engine::Answer;
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{Asked, form, outbox};
use crate::body::{Posted, Sent};
use crate::components::summary::Problem;
use crate::layout;
use crate::pages::case::{self, Act};
use crate::pages::{new_case, registers};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::trouble::Trouble;

/// What a form is about.
enum What {
    Act(u64, Act),
    Open(String),
    Row(RegisterId),
}

impl What {
    fn of(sent: &Sent) -> Result<What, Trouble> {
        let bad = |field: &str| Trouble::bad(format!("{field}: {}", sent.get(field)));
        Ok(match sent.get("kind") {
            "act" => What::Act(
                sent.get("case").parse().map_err(|_| bad("case"))?,
                Act::parse(sent.get("act")).ok_or_else(|| bad("act"))?,
            ),
            "open" => What::Open(sent.get("mechanism").to_owned()),
            "row" => What::Row(sent.get("register").into()),
            _ => return Err(bad("kind")),
        })
    }
}

pub(super) async fn send(
    headers: HeaderMap,
    Posted { visitor, mut sent }: Posted,
) -> Result<Response, Trouble> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let scripted = accept.is_some_and(|accept| accept.contains("application/json"));
    let what = What::of(&sent)?;
    let done = match &what {
        What::Act(case, act) => case::carry_out(&visitor, *case, act, &mut sent).await,
        What::Open(id) => {
            let mechanism = new_case::mechanism(&visitor, id)?;
            new_case::carry_out(&visitor, &mechanism, &mut sent).await
        }
        What::Row(register) => registers::carry_out(&visitor, register, &sent).await,
    };
    let done = match done {
        // What no form can mend still has to be told to who waits with the phone in his hand.
        Err(trouble) if scripted && trouble.status.is_client_error() => Err((
            vec![Problem::from_trouble(&trouble, visitor.lang)],
            trouble.status,
        )),
        other => other?,
    };
    match done {
        Ok(answer) if scripted => Ok(axum::Json(told(&answer)).into_response()),
        Ok(answer) => {
            let seq = answer.events.last().map_or(0, |event| event.seq);
            let case = answer.case.map(|case| case.to_string()).unwrap_or_default();
            let at = crate::show::percent(sent.get("at"));
            Ok(Redirect::to(&format!("/q/sent/{seq}?case={case}&at={at}")).into_response())
        }
        Err((problems, status)) if scripted => {
            let problems: Vec<_> = problems
                .iter()
                .map(|problem| json!({ "text": problem.text, "allowed": problem.allowed, "field": problem.field }))
                .collect();
            let kind = [(header::CONTENT_TYPE, "application/problem+json")];
            Ok((status, kind, json!({ "problems": problems }).to_string()).into_response())
        }
        Err((problems, status)) => again(&visitor, what, sent, problems, status).await,
    }
}

/// What scripts are told of a form that was carried out: the case, its number, and the number of the receipt.
fn told(answer: &Answer) -> serde_json::Value {
    json!({
        "case": answer.case.map(|case| case.to_string()),
        "number": answer.number,
        "receipt": answer.events.last().map(|event| event.seq),
        "duplicate": answer.duplicate,
    })
}

/// The form again with what was typed.
async fn again(
    visitor: &Visitor,
    what: What,
    sent: Sent,
    problems: Vec<Problem>,
    status: StatusCode,
) -> Result<Response, Trouble> {
    let asked = Asked {
        at: sent.get("at").to_owned(),
        owner: sent.get("unit-at").to_owned(),
    };
    visitor
        .work(move |visitor| {
            let refused = Some(form::Refused { sent, problems });
            let page = match what {
                What::Act(case, act) => form::act_page(visitor, case, act, &asked, refused)?,
                What::Open(id) => {
                    let mechanism = new_case::mechanism(visitor, &id)?;
                    form::open_page(visitor, &mechanism, &asked, refused)?
                }
                What::Row(register) => form::row_page(visitor, &register, &asked, refused)?,
            };
            Ok((status, page).into_response())
        })
        .await
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    case: String,
    #[serde(default)]
    at: String,
}

/// What is shown after a form was carried out, where scripts do not say it.
pub(super) async fn sent(visitor: Visitor, Path(seq): Path<u64>, Query(done): Query<Done>) -> Markup {
    let lang = visitor.lang;
    let asked = Asked {
        at: done.at,
        owner: String::new(),
    };
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "phone.w_sent")) }, &html! {}))
        p .notice role="status" { (tf(lang, "phone.w_receipt", &[("n", &seq)])) }
        (outbox())
        div .big {
            @if let Ok(case) = done.case.parse::<u64>() { a .button .primary href={ "/q/cases/" (case) (asked.tail()) } { (t(lang, "phone.to_case")) } }
            a .button href="/q" { (t(lang, "phone.w_home")) }
            a .button href={ "/log/" (seq) } { (t(lang, "web.receipt")) }
        }
    };
    layout::phone(&visitor, t(lang, "phone.w_sent"), &body)
}
