//! A new case (立项): the form of a mechanism, with where it came from. Sending it twice opens one case.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_domain::event::Values;
use bihuan_domain::id::{FieldId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Field, Mechanism, Risk, SourceKind};
use bihuan_domain::value::{RowRef, Type, Value};
use bihuan_engine::known::Subject;
use bihuan_engine::{Answer, OpenOrder, Order, SourceOrder, Submission};
use bihuan_messages::{Message, t};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, at_field, summary};
use crate::form::{Fields, fresh_key, may_be_known, unit_boxes, unit_options};
use crate::layout::{self, Nav};
use crate::pages::case::Refused;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::Show;
use crate::trouble::Trouble;

mod papers;
mod source;

pub(crate) use source::{source_code, source_key};

const FORM: &str = "new";

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/ledgers/{mechanism}/new", get(form).post(open))
}

async fn form(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    let mechanism = mechanism(&visitor, &id)?;
    visitor
        .work(move |visitor| {
            let filled = match (visitor.filled(&asked.fill)?, asked.parent) {
                (None, Some(parent)) => Some(part_of(parent)),
                (filled, _) => filled,
            };
            view(visitor, &mechanism, filled.as_ref(), &[])
        })
        .await
}

/// What the form is asked to hold already.
#[derive(Default, Deserialize)]
struct Asked {
    /// The step of a guided walk that fills it.
    #[serde(default)]
    fill: String,
    /// The case of which this one is to be a part.
    parent: Option<u64>,
}

/// The form of a part that nothing has been typed into.
fn part_of(parent: u64) -> Sent {
    let field = |name: &str, value: String| (name.to_owned(), value);
    Sent {
        fields: vec![
            field("key", fresh_key()),
            field("parent", parent.to_string()),
            field("source", "parent".to_owned()),
        ],
        files: Vec::new(),
    }
}

async fn open(Path(id): Path<String>, Posted { visitor, mut sent }: Posted) -> Result<Response, Trouble> {
    let mechanism = mechanism(&visitor, &id)?;
    if !is_opened_by_people(&mechanism) && sent.filled("parent").is_none() {
        let asked = Query(Asked::default());
        return form(visitor, Path(id), asked)
            .await
            .map(IntoResponse::into_response);
    }
    if !sent.get("look").is_empty() {
        // Files are taken in now, so that they need not be chosen again.
        let problems: Vec<Problem> = match sent.upload(&visitor).await {
            Ok(_) => Vec::new(),
            Err(trouble) => vec![papers::problem(&trouble, visitor.lang)],
        };
        let page = visitor
            .work(move |visitor| view(visitor, &mechanism, Some(&sent), &problems))
            .await?;
        return Ok(page.into_response());
    }
    match carry_out(&visitor, &mechanism, &mut sent).await? {
        Ok(answer) => {
            let case = answer.case.map(|case| case.to_string()).unwrap_or_default();
            Ok(Redirect::to(&format!("/cases/{case}?done=open")).into_response())
        }
        Err((problems, status)) => {
            let page = visitor
                .work(move |visitor| view(visitor, &mechanism, Some(&sent), &problems))
                .await?;
            Ok((status, page).into_response())
        }
    }
}

/// Opens the case that a form asks for, or says what has to be mended.
///
/// # Errors
///
/// Faults.
pub(crate) async fn carry_out(
    visitor: &Visitor,
    mechanism: &Arc<Mechanism>,
    sent: &mut Sent,
) -> Result<Result<Answer, Refused>, Trouble> {
    let taken = match sent.upload(visitor).await {
        Ok(taken) => taken,
        Err(trouble) => {
            let problem = papers::problem(&trouble, visitor.lang);
            return Ok(Err((vec![problem], trouble.status)));
        }
    };
    let (mut order, problems) = {
        let (mechanism, sent) = (mechanism.clone(), sent.clone());
        visitor
            .work(move |visitor| order(visitor, &mechanism, &sent))
            .await?
    };
    if !problems.is_empty() {
        return Ok(Err((problems, StatusCode::UNPROCESSABLE_ENTITY)));
    }
    order.papers = taken.into_iter().map(|(token, _)| token).collect();
    let submission = Submission::new(sent.get("key"), Order::Open(order));
    Ok(match visitor.engine.submit(&visitor.actor(), submission).await {
        Ok(answer) => Ok(answer),
        Err(failure) => {
            let trouble = Trouble::from(failure);
            let mut problem = Problem::from_trouble(&trouble, visitor.lang);
            if trouble.code == "title_missing" {
                problem.field = Some(format!("{FORM}-{}", mechanism.title));
            }
            if papers::is_about(&trouble) {
                problem = papers::problem(&trouble, visitor.lang);
            }
            if let Some(bihuan_messages::Arg::Label(label)) = trouble.rule.args.get("field")
                && let Some(field) = mechanism.fields.iter().find(|field| field.label == *label)
            {
                problem.field = Some(format!("{FORM}-{}", field.id));
            }
            Err((vec![problem], trouble.status))
        }
    })
}

pub(crate) fn mechanism(visitor: &Visitor, id: &str) -> Result<Arc<Mechanism>, Trouble> {
    visitor
        .mechanisms
        .current(&MechanismId::from(id))
        .ok_or_else(Trouble::not_found)
}

/// The fields of an opening: the title, what opening needs, and what no later step asks for.
pub(crate) fn fields<'a>(show: &'a Show<'a>, mechanism: &'a Mechanism, part: Part) -> Fields<'a> {
    let steps = || mechanism.stages.iter().flat_map(|stage| &stage.steps);
    let asked_later = |id: &FieldId| steps().any(|step| step.needs.contains(id) || step.takes.contains(id));
    let mut fields: Vec<(&Field, bool)> = mechanism
        .fields
        .iter()
        .filter(|field| field.ty != Type::File)
        .map(|field| (field, field.required || field.id == mechanism.title))
        .filter(|(field, needed)| match part {
            Part::All => true,
            Part::Title => field.id == mechanism.title,
            Part::Now => field.id != mechanism.title && (*needed || !asked_later(&field.id)),
            Part::Later => !needed && asked_later(&field.id),
        })
        .collect();
    fields.sort_by_key(|(_, needed)| !needed);
    Fields::of_case(show, mechanism, fields, FORM)
}

/// What the form says of the case so far: its owner and the rows to which it points, by which more is known.
pub(crate) fn so_far(
    visitor: &Visitor,
    mechanism: &Mechanism,
    sent: Option<&Sent>,
) -> (Option<UnitId>, Values) {
    let owner = match sent {
        Some(sent) => sent.filled("owner").map(UnitId::from),
        None => own_unit(visitor, mechanism),
    };
    let rows = mechanism.fields.iter().filter_map(|field| match &field.ty {
        Type::Row(register) => {
            let row = sent?.filled(&format!("f.{}", field.id))?.into();
            let known = visitor.world.registers.row(register, &row).is_some();
            let register = register.clone();
            known.then(|| (field.id.clone(), Value::Row(RowRef { register, row })))
        }
        _ => None,
    });
    (owner, rows.collect())
}

/// The visitor's own unit, where it may own a case; whoever dispatches opens cases for others and chooses.
fn own_unit(visitor: &Visitor, mechanism: &Mechanism) -> Option<UnitId> {
    let unit = visitor.world.org.unit_of(&visitor.post)?;
    let owners = &mechanism.open.owners;
    let may = owners.is_empty() || owners.contains(&unit.kind);
    (may && !visitor.administers()).then(|| unit.id.clone())
}

/// Which of the fields of an opening.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    Title,
    Now,
    Later,
}

fn order(
    visitor: &Visitor,
    mechanism: &Mechanism,
    sent: &Sent,
) -> Result<(OpenOrder, Vec<Problem>), Trouble> {
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let (owner, rows) = so_far(visitor, mechanism, Some(sent));
    let subject = Subject {
        case: None,
        owner: owner.as_ref(),
        values: &rows,
    };
    let (mut values, mut problems) = fields(&show, mechanism, Part::All).look_up(subject)?.read(sent);
    // The title is sealed on its own, not as one of the values.
    let title = match values.remove(&mechanism.title) {
        Some(Json::String(title)) => title,
        _ => String::new(),
    };
    let owner = sent.filled("owner").unwrap_or_default();
    if owner.is_empty() {
        problems.push(Problem::at("owner", t(visitor.lang, "web.owner_needed")));
    }
    let supporting: BTreeSet<UnitId> = sent
        .all("supporting")
        .filter(|unit| !unit.is_empty())
        .map(UnitId::from)
        .collect();
    let source = SourceOrder {
        kind: source::stated(mechanism, sent),
        document: None,
        at: Vec::new(),
        quote: sent.filled("quote").map(str::to_owned),
        key: sent.filled("source-key").map(Into::into),
    };
    let risk = match sent.get("risk") {
        "major" => Some(Risk::Major),
        "ordinary" => Some(Risk::Ordinary),
        _ => None,
    };
    let order = OpenOrder {
        stage: sent.filled("stage").map(Into::into),
        mechanism: mechanism.id.clone(),
        owner: owner.into(),
        supporting,
        title,
        risk,
        values,
        source: Some(source),
        papers: Vec::new(),
        parent: sent
            .filled("parent")
            .and_then(|id| id.parse().ok())
            .map(bihuan_domain::id::CaseId),
    };
    Ok((order, problems))
}

/// Whether people open cases of this mechanism: not where they come from a schedule, a warning, a row or a parent alone.
pub(crate) fn is_opened_by_people(mechanism: &Mechanism) -> bool {
    let by_itself = [
        SourceKind::Schedule,
        SourceKind::Warning,
        SourceKind::Parent,
        SourceKind::Import,
    ];
    mechanism.open.from.iter().any(|kind| !by_itself.contains(kind))
}

fn view(
    visitor: &Visitor,
    mechanism: &Mechanism,
    sent: Option<&Sent>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let lang = visitor.lang;
    let was = |name: &str| sent.map(|sent| sent.get(name)).unwrap_or_default();
    let key = sent.map_or_else(fresh_key, |sent| sent.get("key").to_owned());
    let owners = &mechanism.open.owners;
    let may_own = |unit: &bihuan_domain::org::Unit| owners.is_empty() || owners.contains(&unit.kind);
    let heading = Message::new("web.new_case_of")
        .with("mechanism", &mechanism.label)
        .text(lang);
    // A part that no list opens is opened by people, from the whole.
    if !is_opened_by_people(mechanism) && sent.and_then(|sent| sent.filled("parent")).is_none() {
        let body = html! {
            (layout::heading(Some(&mechanism.number), &html! { (heading) }, &html! {}))
            div .empty {
                p { (t(lang, "web.opens_by_itself")) }
                p { a href={ "/mechanisms/" (mechanism.id) "#begins" } { (t(lang, "web.how_it_begins")) } }
            }
        };
        return Ok(layout::page(visitor, &heading, Nav::Ledgers, &body));
    }
    let (owner, rows) = so_far(visitor, mechanism, sent);
    let subject = Subject {
        case: None,
        owner: owner.as_ref(),
        values: &rows,
    };
    let owner = owner.as_ref().map(UnitId::as_str);
    let now = fields(&show, mechanism, Part::Now).look_up(subject)?;
    let later = fields(&show, mechanism, Part::Later).look_up(subject)?;
    let body = html! {
        (layout::heading(Some(&mechanism.number), &html! { (heading) }, &html! {}))
        p .lead { (mechanism.purpose.get(lang)) }
        (summary(lang, problems))
        form .stack method="post" action={ "/ledgers/" (mechanism.id) "/new" } enctype="multipart/form-data" {
            (layout::csrf(visitor))
            input type="hidden" name="key" value=(key);
            @for kept in ["parent", "source-key"] {
                @if let Some(value) = sent.and_then(|sent| sent.filled(kept)) { input type="hidden" name=(kept) value=(value); }
            }
            @if let Some(parent) = sent.and_then(|sent| sent.filled("parent")) {
                p { (t(lang, "web.parent")) "：" a href={ "/cases/" (parent) } { (t(lang, "web.case")) " " (parent) } }
            }
            (source::field(lang, mechanism, sent))
            (fields(&show, mechanism, Part::Title).view(sent, problems))
            div .field {
                label for="owner" { (t(lang, "web.owner")) }
                p .help { (t(lang, "web.owner_help")) }
                (at_field(problems, "owner"))
                select #owner name="owner" required { (unit_options(&show, owner, may_own)) }
            }
            (now.view(sent, problems))
            @if papers::may_come(mechanism) { (papers::field(lang, sent, problems)) }
            @if may_be_known(&show, mechanism) {
                p .help { (t(lang, "web.known_look_help")) " "
                    button .link type="submit" name="look" value="1" formnovalidate { (t(lang, "web.known_look")) } }
            }
            @if !later.fields.is_empty() {
                details .fold open[sent.is_some()] {
                    summary { (t(lang, "web.fields_later")) }
                    div .stack { (later.view(sent, problems)) }
                }
            }
            @let supporting: Vec<&str> = sent.map(|sent| sent.all("supporting").collect()).unwrap_or_default();
            details .fold open[!supporting.is_empty()] {
                summary { (t(lang, "web.supporting")) " " span .optional { (t(lang, "web.optional")) } }
                div { (unit_boxes(&show, "supporting", &supporting)) }
            }
            @if !mechanism.open.stages.is_empty() {
                div .field {
                    label for="stage" { (t(lang, "web.open_stage")) }
                    p .help { (t(lang, "web.open_stage_help")) }
                    select #stage name="stage" {
                        @for stage in mechanism.stages.iter().filter(|stage| stage.id == mechanism.open.stage || mechanism.open.stages.contains(&stage.id)) {
                            @let usual = was("stage").is_empty() && stage.id == mechanism.open.stage;
                            option value=(stage.id) selected[usual || was("stage") == stage.id.as_str()] { (stage.label.get(lang)) }
                        }
                    }
                }
            }
            fieldset .field {
                legend { (t(lang, "web.risk")) }
                p .help { (t(lang, "web.risk_help")) }
                div .choices {
                    @for (code, word) in [("ordinary", "web.risk_ordinary"), ("major", "web.risk_major")] {
                        @let preset = if mechanism.open.risk == Risk::Major { "major" } else { "ordinary" };
                        label .choice {
                            input type="radio" name="risk" value=(code) checked[was("risk") == code || was("risk").is_empty() && code == preset];
                            span { (t(lang, word)) }
                        }
                    }
                }
            }
            (source::words(lang, mechanism, sent))
            div .actions {
                button .primary type="submit" { (t(lang, "web.open_case")) }
                a href={ "/ledgers/" (mechanism.id) } { (t(lang, "web.cancel")) }
            }
        }
    };
    Ok(layout::page(visitor, &heading, Nav::Ledgers, &body))
}
