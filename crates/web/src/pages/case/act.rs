//! Carries out what a form of the case page asks for. Refused: the page again, with the rule and all that was typed.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, UnitId};
use bihuan_domain::mechanism::{Mechanism, RequestKind};
use bihuan_engine::views::{CaseView, Views};
use bihuan_engine::{Answer, Order, Submission};
use bihuan_messages::t;

use super::forms::{fields, row_fields};
use super::offers::{Act, Attempt, find_step};
use super::{find, view};
use crate::body::{Posted, Sent};
use crate::components::summary::Problem;
use crate::form::Fields;
use crate::place::Path;
use crate::session::Visitor;
use crate::show::Show;
use crate::trouble::Trouble;

pub(super) async fn act(
    Path(id): Path<u64>,
    Posted { visitor, mut sent }: Posted,
) -> Result<Response, Trouble> {
    let act = Act::parse(sent.get("act")).ok_or_else(|| Trouble::bad(sent.get("act")))?;
    // A form that was carried through a sign-in is looked at before it is sent.
    if sent.filled("look").is_some() {
        sent.fields.retain(|(name, _)| name != "look");
        return again(&visitor, id, act, sent, Vec::new(), StatusCode::OK).await;
    }
    match carry_out(&visitor, id, &act, &mut sent).await? {
        Ok(_) => Ok(Redirect::to(&format!("/cases/{id}?done={}", act.slug())).into_response()),
        Err((problems, status)) => again(&visitor, id, act, sent, problems, status).await,
    }
}

/// Does what a form of a case asks for, or says what has to be mended; its files are taken in and named in `sent`.
///
/// # Errors
///
/// What no form can mend: a case that may not be seen, faults.
pub(crate) async fn carry_out(
    visitor: &Visitor,
    id: u64,
    act: &Act,
    sent: &mut Sent,
) -> Result<Result<Answer, Refused>, Trouble> {
    let files = match sent.upload(visitor).await {
        Ok(files) => files,
        Err(trouble) => {
            let problem = Problem {
                field: Some(format!("{}-files", act.slug())),
                ..Problem::from_trouble(&trouble, visitor.lang)
            };
            return Ok(Err((vec![problem], trouble.status)));
        }
    };
    let tokens: Vec<String> = files.into_iter().map(|(token, _)| token).collect();
    let read = {
        let (act, sent) = (act.clone(), sent.clone());
        visitor
            .work(move |visitor| read(visitor, CaseId(id), &act, &sent, tokens))
            .await?
    };
    let (order, expected) = match read {
        Ok(read) => read,
        Err(refused) => return Ok(Err(refused)),
    };
    let actor = visitor.actor_for(sent.filled("for").map(UnitId::from));
    let mut submission = Submission::new(sent.get("key"), order);
    submission.expected = expected;
    match visitor.engine.submit(&actor, submission).await {
        Ok(answer) => Ok(Ok(answer)),
        Err(failure) => {
            let trouble = Trouble::from(failure);
            let problem = Problem::from_trouble(&trouble, visitor.lang);
            let act = act.clone();
            let lead = move |visitor: &Visitor| lead(visitor, CaseId(id), &act, problem, &trouble);
            let (problem, status) = visitor.work(lead).await?;
            Ok(Err((vec![problem], status)))
        }
    }
}

/// Values as they were sent, by field.
type Given = std::collections::BTreeMap<bihuan_domain::id::FieldId, serde_json::Value>;

/// What has to be mended, and the status that says so.
pub(crate) type Refused = (Vec<Problem>, StatusCode);

/// Reads the form against the newest state of the case, which the writer must then still find.
fn read(
    visitor: &Visitor,
    id: CaseId,
    act: &Act,
    sent: &Sent,
    evidence: Vec<String>,
) -> Result<Result<(Order, Option<u64>), Refused>, Trouble> {
    let views = visitor.views()?;
    let (case, mechanism) = find(visitor, &views, id)?;
    if overtaken(visitor, &views, &case, sent)? {
        let text = t(visitor.lang, "refusal.conflict");
        let problem = Problem {
            field: None,
            text: text.to_owned(),
            allowed: Vec::new(),
        };
        return Ok(Err((vec![problem], StatusCode::CONFLICT)));
    }
    let show = Show {
        visitor,
        views: &views,
    };
    let slug = act.slug();
    let (values, mut problems) = fields(&show, &mechanism, &case.state, act, &slug)?.read(sent);
    let step = match act {
        Act::Step(step) => find_step(&mechanism, &case.state, step),
        _ => None,
    };
    let of_row = format!("{slug}-row");
    let row = step.and_then(|step| row_fields(&show, &mechanism, step, &of_row));
    let (row, row_problems) = row.map(|row| row.read(sent)).unwrap_or_default();
    problems.extend(row_problems);
    let order = order(
        visitor,
        &mechanism,
        &case.state,
        act,
        sent,
        (values, row),
        evidence,
        &mut problems,
    );
    Ok(match order {
        Some(order) if problems.is_empty() => Ok((order, Some(case.state.seq))),
        _ => Err((problems, StatusCode::UNPROCESSABLE_ENTITY)),
    })
}

/// Whether somebody else has acted since the form was shown. A form sent twice overtakes only itself.
fn overtaken(visitor: &Visitor, views: &Views, case: &CaseView, sent: &Sent) -> Result<bool, Trouble> {
    let Ok(seen) = sent.get("seq").parse::<u64>() else {
        return Ok(false);
    };
    let newer = case
        .timeline
        .iter()
        .any(|entry| entry.seq > seen && !entry.actor.is_system());
    if !newer {
        return Ok(false);
    }
    let key = format!("{}/{}", visitor.person, sent.get("key"));
    Ok(views.log().command_answer(&key)?.is_none())
}

#[allow(
    clippy::too_many_arguments,
    reason = "everything that a form says comes together here and nowhere else"
)]
fn order(
    visitor: &Visitor,
    mechanism: &Mechanism,
    state: &State,
    act: &Act,
    sent: &Sent,
    (values, row): (Given, Given),
    evidence: Vec<String>,
    problems: &mut Vec<Problem>,
) -> Option<Order> {
    let (case, lang, slug) = (state.id, visitor.lang, act.slug());
    let note = sent.filled("note").map(str::to_owned);
    let mut missing = |name: &str, key: &str| {
        problems.push(Problem::at(format!("{slug}-{name}"), t(lang, key)));
        None
    };
    let answer = |name: &str| match sent.get(name) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    Some(match act {
        Act::Step(step) => Order::Step {
            row,
            case,
            step: step.clone(),
            values,
            note,
            evidence,
        },
        Act::Note => Order::Note {
            case,
            values,
            note,
            evidence,
        },
        Act::Verify => match answer("pass") {
            Some(pass) => Order::Verify {
                case,
                pass,
                values,
                note,
                evidence,
            },
            None => return missing("pass", "web.choose_verdict"),
        },
        Act::LookBack => match answer("pass") {
            Some(pass) => Order::LookBack {
                case,
                pass,
                note,
                evidence,
            },
            None => return missing("pass", "web.choose_verdict"),
        },
        Act::Decide(number) => match answer("grant") {
            Some(grant) => Order::Decide {
                case,
                number: *number,
                grant,
                note,
                unit: sent.filled("unit").map(Into::into),
            },
            None => return missing("grant", "web.choose_verdict"),
        },
        Act::Answer(clock) => Order::Answer {
            case,
            clock: clock.clone(),
            note,
        },
        Act::Request(kind) => {
            let dated = matches!(kind, RequestKind::Extension | RequestKind::Suspension);
            let until = match sent.filled("until").map(str::parse) {
                Some(Ok(day)) => Some(day),
                None if !dated => None,
                _ => return missing("until", "refusal.until_when"),
            };
            let listed = mechanism
                .requests
                .get(kind)
                .is_some_and(|spec| !spec.reasons.is_empty());
            if listed && sent.filled("reason").is_none() {
                return missing("reason", "web.choose_reason");
            }
            if !listed && note.is_none() {
                return missing("note", "refusal.reason_in_words");
            }
            Order::Request {
                case,
                request: *kind,
                reason: sent.filled("reason").map(Into::into),
                note,
                until,
                unit: sent.filled("unit").map(Into::into),
            }
        }
        Act::Resume => Order::Resume { case },
        Act::Remind => Order::Remind { case, note },
        Act::Reassign => match sent.filled("owner") {
            Some(owner) => Order::Reassign {
                case,
                owner: owner.into(),
                reason: note,
            },
            None => return missing("owner", "web.owner_needed"),
        },
        Act::Amend => Order::Amend {
            case,
            values,
            title: sent.filled("title").map(str::to_owned),
            reason: "correction".into(),
        },
        Act::Correct => {
            let Ok(entry) = sent.get("entry").trim().trim_start_matches('#').parse() else {
                return missing("entry", "web.entry_needed");
            };
            match note {
                Some(note) => Order::Correct {
                    case,
                    entry,
                    note,
                    values,
                },
                None => return missing("note", "refusal.reason_in_words"),
            }
        }
    })
}

/// Leads a refusal to the element of the form that it is about.
fn lead(
    visitor: &Visitor,
    id: CaseId,
    act: &Act,
    mut problem: Problem,
    trouble: &Trouble,
) -> Result<(Problem, StatusCode), Trouble> {
    let views = visitor.views()?;
    let (case, mechanism) = find(visitor, &views, id)?;
    let show = Show {
        visitor,
        views: &views,
    };
    let slug = act.slug();
    let fields = act.fields(&mechanism, &case.state);
    Fields::of_case(&show, &mechanism, fields, &slug).lead(&mut problem, trouble);
    if let (None, Some(register)) = (&problem.field, act.added(&mechanism, &case.state)) {
        let of_row = format!("{slug}-row");
        Fields::of_row(&show, Some(&mechanism), register, &of_row).lead(&mut problem, trouble);
    }
    let part = match trouble.code.as_str() {
        "failure_needs_finding" | "reason_in_words" | "empty_note" => Some("note"),
        "reason_needed" => Some("reason"),
        "until_when" | "until_past" | "until_too_far" => Some("until"),
        "evidence_missing" | "no_such_upload" | "file_empty" | "file_kind" => Some("files"),
        "name_the_unit" | "no_such_unit" => Some("unit"),
        "same_owner" | "owner_kind" => Some("owner"),
        "no_such_entry" => Some("entry"),
        _ => None,
    };
    if let Some(part) = part {
        problem.field = Some(format!("{slug}-{part}"));
    }
    Ok((problem, trouble.status))
}

async fn again(
    visitor: &Visitor,
    id: u64,
    act: Act,
    sent: Sent,
    problems: Vec<Problem>,
    status: StatusCode,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let (case, mechanism) = find(visitor, &views, CaseId(id))?;
            let attempt = Attempt { act, sent, problems };
            let page = view(visitor, &views, &case, &mechanism, Some(&attempt), "")?;
            Ok((status, page).into_response())
        })
        .await
}
