//! On the phone (掌上办): what waits for me, what stands at the object whose code was scanned, and its forms with big
//! targets, one column, one thumb. The pages work without scripts; `assets/phone.js` keeps forms over a loss of signal.

mod codes;
mod form;
mod object;
mod send;

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bihuan_domain::id::CaseId;
use bihuan_domain::value::Value;
use bihuan_engine::access;
use bihuan_engine::views::{CaseRow, DESK_COUNTED, DutyRow};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::form::Place;
use crate::layout;
use crate::pages::case::{self, Offer};
use crate::pages::desk::duty_words;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Lines of my duties on a phone.
const DUTIES_MAX: u64 = 30;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/q", get(home))
        .route("/q/sw.js", get(worker))
        .route("/q/{place}/r/{register}/{row}", get(object::row))
        .route("/q/{place}/u/{unit}", get(object::unit))
        .route("/q/cases/{id}", get(matter))
        .route("/q/cases/{id}/act/{act}", get(form::act))
        .route("/q/open/{mechanism}", get(form::open))
        .route("/q/row/{register}", get(form::row))
        .route("/q/send", post(send::send))
        .route("/q/sent/{seq}", get(send::sent))
        .route("/codes/{register}", get(codes::rows))
        .route("/codes/units/{unit}", get(codes::units))
}

/// What the addresses of forms may carry.
#[derive(Clone, Default, Deserialize)]
struct Asked {
    /// The row that was scanned, `register/row`.
    #[serde(default)]
    at: String,
    /// The unit whose code was scanned.
    #[serde(default)]
    owner: String,
}

impl Asked {
    fn place(&self, visitor: &Visitor) -> Option<Place> {
        Place::parse(visitor, &self.at)
    }

    /// The end of an address that carries the same on; begins with `?` where there is anything.
    fn tail(&self) -> String {
        match (self.at.is_empty(), self.owner.is_empty()) {
            (false, _) => format!("?at={}", show::percent(&self.at)),
            (true, false) => format!("?owner={}", show::percent(&self.owner)),
            (true, true) => String::new(),
        }
    }
}

/// The service worker, under the addresses that it serves and no others.
async fn worker() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("service-worker-allowed"), "/q"),
    ];
    (headers, crate::assets::worker()).into_response()
}

/// What waits for me, and what is still on this phone.
async fn home(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor
        .work(|visitor| {
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let lang = visitor.lang;
            let duties = views.desk(&visitor.person, &visitor.posts, DUTIES_MAX)?;
            let total = views.desk_counts(&visitor.person, &visitor.posts, visitor.now)?.total;
            let more = total.saturating_sub(DUTIES_MAX);
            let unit = visitor.world.org.unit_of(&visitor.post);
            let body = html! {
                (layout::heading(Some(&show.post(&visitor.post)), &html! { (t(lang, "phone.title")) }, &html! {}))
                (outbox())
                section {
                    h2 { (t(lang, "phone.mine")) " " span .num .quiet { (show::counted(total, DESK_COUNTED)) } }
                    @if duties.is_empty() { p .empty { (t(lang, "phone.none_mine")) } }
                    ul .tiles { @for duty in &duties { li { (duty_tile(&show, duty)) } } }
                    @if more > 0 { p { a href="/" { (tf(lang, "phone.more", &[("n", &more)])) } } }
                }
                section {
                    h2 { (t(lang, "phone.go")) }
                    p .help { (t(lang, "phone.scan")) }
                    ul .tiles {
                        @if let Some(unit) = unit {
                            li { a .tile href={ "/q/" (visitor.place()) "/u/" (unit.id) } { span .tile-title { (unit.name.get(lang)) } } }
                        }
                        @for spec in visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers).filter(|spec| access::writes_register(&visitor.world, &visitor.post, spec)) {
                            li { a .tile href={ "/q/row/" (spec.id) } { span .tile-why { (t(lang, "phone.write_row")) } span .tile-title { (spec.label.get(lang)) } } }
                        }
                    }
                }
            };
            Ok(layout::phone(visitor, t(lang, "phone.title"), &body))
        })
        .await
}

/// Where scripts show what was kept, sent and refused on this phone.
fn outbox() -> Markup {
    html! { section #outbox hidden {} }
}

fn duty_tile(show: &Show<'_>, duty: &DutyRow) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    html! {
        a .tile href={ "/q/cases/" (duty.case.id) } {
            span .tile-why { (show::colour_mark(duty.colour, lang)) " " (duty_words(visitor, duty))
                @if let Some(due) = duty.due { " " (show::remaining(due, visitor.now, lang)) } }
            span .tile-title { (show::text(duty.case.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
        }
    }
}

/// A case as a line: where it stands and how long there is.
fn case_tile(show: &Show<'_>, case: &CaseRow, tail: &str) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let mechanism = visitor.mechanisms.current(&case.mechanism);
    html! {
        a .tile href={ "/q/cases/" (case.id) (tail) } {
            span .tile-why {
                (show::colour_mark(case.colour, lang)) " " (show::stage_name(mechanism.as_deref(), &case.stage, lang))
                @if let Some(due) = case.due_at.filter(|_| case.open) { " " (show::remaining(due, visitor.now, lang)) }
            }
            span .tile-title { (show::text(case.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
            @if let Some(mechanism) = mechanism { span .tile-why { (mechanism.label.get(lang)) } }
        }
    }
}

/// A case on the phone: what it is, and what this person may do with it now.
async fn matter(
    visitor: Visitor,
    Path(id): Path<u64>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let (case, mechanism) = case::find(visitor, &views, CaseId(id))?;
            let show = Show {
                visitor,
                views: &views,
            };
            let (lang, state) = (visitor.lang, &case.state);
            let title = case.title.clone().unwrap_or_else(|| t(lang, "web.erased").to_owned());
            let offers = case::offers(visitor, &views, &mechanism, state);
            let (awaited, beside): (Vec<&Offer>, Vec<&Offer>) =
                offers.iter().partition(|offer| offer.act.is_awaited());
            let tail = asked.tail();
            let link = |offer: &Offer, class: &str| html! {
                a class=(class) href={ "/q/cases/" (id) "/act/" (offer.act.code()) (tail) } { (offer.act.label(&mechanism, state, lang)) }
            };
            let number = state.number.as_ref().map_or_else(|| id.to_string(), |number| number.text.clone());
            let body = html! {
                (layout::heading(Some(&format!("{} · {number}", mechanism.label.get(lang))), &show::text(&title), &html! {}))
                p .standing {
                    (show::colour(state.colour(), lang)) " " (show::stage_name(Some(&mechanism), &state.stage, lang))
                    @if let Some(due) = state.due() { " " (show::remaining(due, visitor.now, lang)) }
                }
                @if awaited.is_empty() {
                    p .notice { @if state.is_open() {
                        (tf(lang, "web.waits_for", &[("who", &show.post(&state.holder.post)), ("stage", &show::stage_name(Some(&mechanism), &state.stage, lang))]))
                    } @else { (t(lang, "web.now_ended")) } }
                }
                div .big { @for (n, offer) in awaited.iter().enumerate() { (link(offer, if n == 0 { "button primary" } else { "button" })) } }
                @if !beside.is_empty() {
                    details .fold { summary { (t(lang, "phone.beside")) } div .big { @for offer in &beside { (link(offer, "button")) } } }
                }
                dl .facts {
                    dt { (t(lang, "web.owner")) } dd { (show.unit(&state.owner)) }
                    @for field in &mechanism.fields { @if let Some(value) = state.values.get(&field.id) {
                        dt { (field.label.get(lang)) } dd { (value_here(&show, field, value)) }
                    } }
                }
                p { a href={ "/cases/" (id) } { (t(lang, "phone.whole_page")) } }
            };
            Ok(layout::phone(visitor, &title, &body))
        })
        .await
}

/// A value; a row leads to its own page on the phone.
fn value_here(show: &Show<'_>, field: &bihuan_domain::mechanism::Field, value: &Value) -> Markup {
    match value {
        Value::Row(row) => {
            html! { a href=(object::address(show.visitor, &row.register, &row.row)) { (show.row(row)) } }
        }
        other => show.value(field, other),
    }
}
