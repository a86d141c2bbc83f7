//! The forms on the phone: an act on a case, the opening of one, a row of a register. The same fields as on the desk,
//! read by the same code; what the scanned place tells is told and not asked.

use axum::response::IntoResponse;
use axum::response::Response;
use bihuan_domain::case::State;
use bihuan_domain::event::Values;
use bihuan_domain::id::{CaseId, RegisterId, UnitId};
use bihuan_domain::mechanism::{Mechanism, RegisterSpec};
use bihuan_domain::value::Type;
use bihuan_engine::access;
use bihuan_engine::known::Subject;
use bihuan_engine::views::Views;
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::Asked;
use super::object::{address, owner_here, source_here};
use crate::body::Sent;
use crate::components::summary::{Problem, at_field, summary};
use crate::form::{Fields, Place, fresh_key, unit_options};
use crate::layout;
use crate::pages::case::{self, Act, ActForm, Attempt, Offer, find_step};
use crate::pages::new_case::{self, Part};
use crate::pages::registers;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// A form that was refused, where scripts do not keep it.
pub(super) struct Refused {
    pub(super) sent: Sent,
    pub(super) problems: Vec<Problem>,
}

pub(super) async fn act(
    visitor: Visitor,
    Path((id, code)): Path<(u64, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let act = Act::parse(&code).ok_or_else(Trouble::not_found)?;
            act_page(visitor, id, act, &asked, None)
        })
        .await
        .map(IntoResponse::into_response)
}

/// The form of an act; where it may not be done now, who may and why.
pub(super) fn act_page(
    visitor: &Visitor,
    id: u64,
    act: Act,
    asked: &Asked,
    refused: Option<Refused>,
) -> Result<Markup, Trouble> {
    let views = visitor.views()?;
    let (case, mechanism) = case::find(visitor, &views, CaseId(id))?;
    let show = Show {
        visitor,
        views: &views,
    };
    let (lang, state) = (visitor.lang, &case.state);
    let title = case
        .title
        .clone()
        .unwrap_or_else(|| t(lang, "web.erased").to_owned());
    let label = act.label(&mechanism, state, lang);
    let offer = case::offers(visitor, &views, &mechanism, state)
        .into_iter()
        .find(|offer| offer.act == act);
    let place = asked.place(visitor);
    let back = format!("/q/cases/{id}{}", asked.tail());
    // A refused act stays, even if it is no longer offered, with everything that was typed.
    let offer = match (offer, &refused) {
        (Some(offer), _) => offer,
        (None, Some(_)) => Offer {
            act: act.clone(),
            on_behalf_of: None,
        },
        (None, None) => {
            let body = html! {
                (layout::heading(Some(&title), &html! { (label) }, &html! {}))
                p .notice { (t(lang, "phone.not_now")) }
                div .big { a .button href=(back) { (t(lang, "phone.to_case")) } }
            };
            return Ok(layout::phone(visitor, &label, &body));
        }
    };
    let attempt = refused.map(|refused| Attempt {
        act: act.clone(),
        sent: refused.sent,
        problems: refused.problems,
    });
    let form = ActForm {
        show: &show,
        mechanism: &mechanism,
        state,
        offer: &offer,
        attempt: attempt.as_ref(),
        spot: Some(place.as_ref()),
    };
    let inside = html! {
        input type="hidden" name="kind" value="act";
        input type="hidden" name="case" value=(id);
        (form.inside())
        (evidence(&form, &mechanism, state, lang))
    };
    let problems: &[Problem] = attempt.as_ref().map_or(&[], |attempt| &attempt.problems);
    // A step that leads to its own stage is done again and again: finding after finding.
    let again = match &act {
        Act::Step(step) => find_step(&mechanism, state, step).is_some_and(|step| step.to == state.stage),
        other => *other == Act::Note,
    };
    let sheet = Sheet {
        visitor,
        title: &label,
        over: &title,
        case: Some(id),
        again,
        back: &back,
        asked,
        place: place.as_ref(),
    };
    Ok(sheet.page(&views, problems, &inside))
}

/// The choice of files: plain where the step needs some, folded away where they are a kindness.
fn evidence(form: &ActForm<'_>, mechanism: &Mechanism, state: &State, lang: bihuan_messages::Lang) -> Markup {
    let act = &form.offer.act;
    let needed = match act {
        Act::Step(step) => find_step(mechanism, state, step).map_or(0, |step| step.evidence),
        _ => 0,
    };
    let slug = act.slug();
    html! {
        @if act.takes_files() {
            @if needed > 0 {
                p .help { (tf(lang, "web.evidence_needed", &[("n", &needed)])) }
                (form.files(&slug, "phone.evidence_help"))
            } @else {
                details .fold { summary { (t(lang, "phone.evidence_free")) } (form.files(&slug, "phone.evidence_free_help")) }
            }
        }
    }
}

pub(super) async fn open(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let mechanism = new_case::mechanism(&visitor, &id)?;
    visitor
        .work(move |visitor| open_page(visitor, &mechanism, &asked, None))
        .await
        .map(IntoResponse::into_response)
}

/// The form of an opening: what it needs, in the order of the file; what comes later is folded.
pub(super) fn open_page(
    visitor: &Visitor,
    mechanism: &Mechanism,
    asked: &Asked,
    refused: Option<Refused>,
) -> Result<Markup, Trouble> {
    if !new_case::is_opened_by_people(mechanism) {
        return Err(Trouble::not_found());
    }
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let lang = visitor.lang;
    let place = asked.place(visitor);
    let owner = match asked.owner.as_str() {
        "" => owner_here(visitor, mechanism, place.as_ref()),
        owner => Some(UnitId::from(owner)),
    };
    let problems: Vec<Problem> = refused
        .as_ref()
        .map(|refused| refused.problems.clone())
        .unwrap_or_default();
    let typed = refused.as_ref().map(|refused| &refused.sent);
    let told = told(mechanism, place.as_ref(), owner.as_ref());
    let (so_far_owner, rows) = new_case::so_far(visitor, mechanism, Some(typed.unwrap_or(&told)));
    let subject = Subject {
        case: None,
        owner: so_far_owner.as_ref(),
        values: &rows,
    };
    let part = |part| -> Result<Fields<'_>, Trouble> {
        Ok(new_case::fields(&show, mechanism, part)
            .look_up(subject)?
            .on_the_spot(place.as_ref()))
    };
    // The title alone is never known from elsewhere.
    let title = new_case::fields(&show, mechanism, Part::Title).on_the_spot(place.as_ref());
    let (now, later) = (part(Part::Now)?, part(Part::Later)?);
    let key = typed.map_or_else(fresh_key, |sent| sent.get("key").to_owned());
    let owners = &mechanism.open.owners;
    let may_own = |unit: &bihuan_domain::org::Unit| owners.is_empty() || owners.contains(&unit.kind);
    let chosen = typed
        .and_then(|sent| sent.filled("owner"))
        .map(UnitId::from)
        .or_else(|| owner.clone());
    let inside = html! {
        (layout::csrf(visitor))
        input type="hidden" name="kind" value="open";
        input type="hidden" name="mechanism" value=(mechanism.id);
        input type="hidden" name="key" value=(key);
        input type="hidden" name="source" value=(new_case::source_code(source_here(mechanism)));
        (title.view(typed, &problems))
        @match (&owner, problems.iter().any(|problem| problem.field.as_deref() == Some("owner"))) {
            (Some(owner), false) => {
                div .field .told { span .told-label { (t(lang, "web.owner")) } span .told-value { (show.unit(owner)) }
                    input type="hidden" name="owner" value=(owner); }
            },
            _ => {
                div .field {
                    label for="owner" { (t(lang, "web.owner")) }
                    (at_field(&problems, "owner"))
                    select #owner name="owner" required { (unit_options(&show, chosen.as_ref().or(so_far_owner.as_ref()).map(UnitId::as_str), may_own)) }
                }
            },
        }
        (now.view(typed, &problems))
        @if !mechanism.open.stages.is_empty() {
            div .field {
                label for="stage" { (t(lang, "web.open_stage")) }
                select #stage name="stage" {
                    @for stage in mechanism.stages.iter().filter(|stage| stage.id == mechanism.open.stage || mechanism.open.stages.contains(&stage.id)) {
                        @let was = typed.map(|sent| sent.get("stage")).unwrap_or_default();
                        option value=(stage.id) selected[was == stage.id.as_str() || was.is_empty() && stage.id == mechanism.open.stage] { (stage.label.get(lang)) }
                    }
                }
            }
        }
        @if !later.fields.is_empty() {
            details .fold { summary { (t(lang, "web.fields_later")) } div .stack { (later.view(typed, &problems)) } }
        }
    };
    let back = back(visitor, asked);
    let sheet = Sheet {
        visitor,
        title: mechanism.label.get(lang),
        over: t(lang, "phone.report"),
        case: None,
        again: true,
        back: &back,
        asked,
        place: place.as_ref(),
    };
    Ok(sheet.page(&views, &problems, &inside))
}

/// What the place says of a case that is about to be opened, as a form would send it.
fn told(mechanism: &Mechanism, place: Option<&Place>, owner: Option<&UnitId>) -> Sent {
    let mut sent = Sent::default();
    for field in &mechanism.fields {
        if let (Type::Row(register), Some(place)) = (&field.ty, place)
            && let Some(row) = place.at(register)
        {
            sent.fields.push((format!("f.{}", field.id), row.row.to_string()));
        }
    }
    if let Some(owner) = owner {
        sent.fields.push(("owner".to_owned(), owner.to_string()));
    }
    sent
}

pub(super) async fn row(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| row_page(visitor, &RegisterId::from(id), &asked, None))
        .await
        .map(IntoResponse::into_response)
}

/// The form of a new row.
pub(super) fn row_page(
    visitor: &Visitor,
    id: &RegisterId,
    asked: &Asked,
    refused: Option<Refused>,
) -> Result<Markup, Trouble> {
    let spec: &RegisterSpec = registers::spec(visitor, id)?;
    if !access::writes_register(&visitor.world, &visitor.post, spec) {
        return Err(Trouble::forbidden());
    }
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let place = asked.place(visitor);
    let problems: Vec<Problem> = refused
        .as_ref()
        .map(|refused| refused.problems.clone())
        .unwrap_or_default();
    let typed = refused.as_ref().map(|refused| &refused.sent);
    let key = typed.map_or_else(fresh_key, |sent| sent.get("key").to_owned());
    let none = Values::new();
    let fields = registers::fields(&show, spec, Some(&none)).on_the_spot(place.as_ref());
    let inside = html! {
        (layout::csrf(visitor))
        input type="hidden" name="kind" value="row";
        input type="hidden" name="register" value=(spec.id);
        input type="hidden" name="key" value=(key);
        (fields.view(typed, &problems))
    };
    let back = back(visitor, asked);
    let sheet = Sheet {
        visitor,
        title: spec.label.get(visitor.lang),
        over: t(visitor.lang, "phone.write"),
        case: None,
        again: true,
        back: &back,
        asked,
        place: place.as_ref(),
    };
    Ok(sheet.page(&views, &problems, &inside))
}

/// The page from which a form without a case was reached.
fn back(visitor: &Visitor, asked: &Asked) -> String {
    match asked
        .place(visitor)
        .as_ref()
        .and_then(|place| place.rows().first())
    {
        Some(row) => address(visitor, &row.register, &row.row),
        None if !asked.owner.is_empty() => {
            format!("/q/{}/u/{}", visitor.place(), show::percent(&asked.owner))
        }
        None => "/q".to_owned(),
    }
}

/// A form with its frame: where one is, what is wrong, in whose name it goes out.
struct Sheet<'a> {
    visitor: &'a Visitor,
    title: &'a str,
    over: &'a str,
    case: Option<u64>,
    again: bool,
    back: &'a str,
    asked: &'a Asked,
    place: Option<&'a Place>,
}

impl Sheet<'_> {
    fn page(&self, views: &Views, problems: &[Problem], inside: &Markup) -> Markup {
        let visitor = self.visitor;
        let lang = visitor.lang;
        let show = Show { visitor, views };
        let name = show.person(&visitor.person);
        let here = self
            .place
            .and_then(|place| place.rows().first())
            .map(|row| show.row(row));
        let called = match &here {
            Some(here) => format!("{} · {here}", self.title),
            None => format!("{} · {}", self.title, self.over),
        };
        let body = html! {
            p { a .back href=(self.back) { (t(lang, "phone.back")) } }
            (layout::heading(Some(self.over), &html! { (self.title) }, &html! {}))
            @if let Some(here) = &here { p .at { (t(lang, "phone.at")) " " strong { (show::text(here)) } } }
            div #kept hidden role="status" {}
            (summary(lang, problems))
            form .stack .sheet method="post" action="/q/send" enctype="multipart/form-data" data-phone data-called=(called) data-back=(self.back) data-again[self.again] data-case=[self.case] {
                input type="hidden" name="at" value=(self.asked.at);
                input type="hidden" name="unit-at" value=(self.asked.owner);
                (inside)
                div .send {
                    p .help { (tf(lang, "phone.in_name", &[("name", &name), ("post", &show.post(&visitor.post))])) }
                    button .primary type="submit" { (t(lang, "phone.send")) }
                }
            }
            section #outbox hidden {}
        };
        layout::phone(visitor, self.title, &body)
    }
}
