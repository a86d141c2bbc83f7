//! The case (案件): where it stands, who owns and holds it, its clocks with their derivation, what happened, what may
//! be done now by who looks.

mod act;
mod clocks;
pub(crate) mod evidence;
mod forms;
mod holders;
mod kin;
mod locked;
mod offers;
mod orders;
mod timeline;

use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bihuan_domain::case::State;
use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::{Mechanism, Risk, SourceKind, StageKind};
use bihuan_domain::value::Value;
use bihuan_engine::views::{CaseView, Views};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::body::Sent;
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::pages::notifications;
use crate::pages::registers::unmask_form;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(crate) use act::{Refused, carry_out};
pub(crate) use clocks::rule;
pub(crate) use forms::ActForm;
pub(crate) use locked::own as locked_for;
pub(crate) use offers::{Act, Attempt, Offer, STILL_MISSING, find_step, offers};

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/cases/{id}", get(case))
        .route("/cases/{id}/act", post(act::act).get(back))
        .route("/cases/{id}/evidence/{n}", get(evidence::download))
        .route("/cases/{id}/papers/{n}", get(evidence::paper))
        .route("/cases/{id}/locked", get(locked::download))
        .route("/cases/{id}/orders/{kind}", get(orders::download_order))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    done: String,
    /// The step of a guided walk that fills a form.
    #[serde(default)]
    fill: String,
}

async fn case(
    visitor: Visitor,
    Path(id): Path<u64>,
    Query(asked): Query<Asked>,
    Query(given): Query<Vec<(String, String)>>,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let (case, mechanism) = find(visitor, &views, CaseId(id))?;
            notifications::seen(visitor, case.state.id);
            let tag = etag(&case.state);
            let filled = visitor.filled(&asked.fill)?.or_else(|| prefilled(given));
            let attempt =
                filled.and_then(|sent| Attempt::filled(visitor, &views, &mechanism, &case.state, sent));
            let page = view(visitor, &views, &case, &mechanism, attempt.as_ref(), &asked.done)?;
            Ok(([(header::ETAG, tag)], page).into_response())
        })
        .await
}

/// A form that a link opens with some of its fields filled (`?act=step:object&r.item=…`): nothing is sent by it.
fn prefilled(given: Vec<(String, String)>) -> Option<Sent> {
    let mut sent = Sent {
        fields: given,
        files: Vec::new(),
    };
    sent.filled("act")?;
    sent.fields.retain(|(name, _)| name != "key");
    sent.fields.push(("key".to_owned(), fresh_key()));
    Some(sent)
}

/// Whoever reloads the answer to a refused form is led to the case.
async fn back(Path(id): Path<u64>) -> axum::response::Redirect {
    axum::response::Redirect::to(&format!("/cases/{id}"))
}

/// The tag of a case's state: the sequence number of its last event.
pub(crate) fn etag(state: &State) -> String {
    format!("\"{}\"", state.seq)
}

/// A case that the visitor may see, with the definition under which it runs.
pub(crate) fn find(
    visitor: &Visitor,
    views: &Views,
    id: CaseId,
) -> Result<(CaseView, Arc<Mechanism>), Trouble> {
    let mut case = views.case(id)?.ok_or_else(Trouble::not_found)?;
    if !visitor.sight.covers(&case.state) {
        return Err(Trouble::forbidden());
    }
    bihuan_engine::leaders::keep_back(&visitor.sight, &mut case);
    let mechanism = definition(visitor, &case.state)?;
    Ok((case, mechanism))
}

/// The definition under which a case runs.
pub(crate) fn definition(visitor: &Visitor, state: &State) -> Result<Arc<Mechanism>, Trouble> {
    let of = &state.mechanism;
    let found = visitor
        .mechanisms
        .by_digest(&of.digest)
        .or_else(|| visitor.mechanisms.current(&of.id));
    found.ok_or_else(|| bihuan_engine::Error::Other(format!("no definition {}", of.digest)).into())
}

/// The whole page. `attempt` is a form that was refused, shown again where it stood.
pub(crate) fn view(
    visitor: &Visitor,
    views: &Views,
    case: &CaseView,
    mechanism: &Mechanism,
    attempt: Option<&Attempt>,
    done: &str,
) -> Result<Markup, Trouble> {
    let show = Show { visitor, views };
    let lang = visitor.lang;
    let state = &case.state;
    let offers = offers(visitor, views, mechanism, state);
    let title = case
        .title
        .clone()
        .unwrap_or_else(|| t(lang, "web.erased").to_owned());
    let over = match &state.number {
        Some(number) => format!("{} · {}", mechanism.label.get(lang), number.text),
        None => format!("{} · {}", mechanism.label.get(lang), state.id),
    };
    let last = case.timeline.last().map_or(0, |entry| entry.seq);
    let body = html! {
        @if !done.is_empty() && attempt.is_none() {
            p .notice role="status" { (t(lang, "web.done")) " " a href={ "/log/" (last) } { (t(lang, "web.receipt")) " " span .num { "#" (last) } } }
        }
        p .notice hidden data-news=(visitor.engine.beacon().size) { (t(lang, "web.news")) " " a href={ "/cases/" (state.id) } { (t(lang, "web.reload")) } }
        (layout::heading(Some(&over), &show::text(&title), &html! { (standing(state, mechanism, visitor)) }))
        (track(mechanism, case, visitor))
        div .case {
            (forms::forms(&show, mechanism, state, &offers, attempt))
            aside .case-side {
                (responsibility(&show, state))
                (clocks::clocks(&show, mechanism, state))
                (values(&show, mechanism, state))
                (source(&show, state))
                (children(&show, mechanism, case))
                (kin::related(&show, state))
                (rows(&show, mechanism, state))
                (evidence::list(&show, state))
                (holders::bar(&show, mechanism, state))
                (orders::list(&show, state))
            }
            section #timeline { h2 { (t(lang, "web.timeline")) } (timeline::timeline(&show, mechanism, case)) }
        }
    };
    Ok(layout::page(visitor, &title, Nav::Ledgers, &body))
}

/// How the case stands in one word: its colour, or how it ended.
fn standing(state: &State, mechanism: &Mechanism, visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    html! {
        @match state.kind {
            StageKind::Closed => { span .stamp {
                @match state.closed.as_ref().and_then(|closed| closed.on_time) {
                    Some(true) => { (t(lang, "web.closed_on_time")) },
                    Some(false) => { (t(lang, "web.closed_late")) },
                    None => { (t(lang, "web.figure_closed")) },
                }
            } },
            StageKind::Void => { span .stamp { (t(lang, "web.void")) } },
            _ => { (urgency(state, mechanism, visitor)) },
        }
        @if state.risk == Risk::Major { span .tag { (t(lang, "web.risk_major")) } }
        @if state.round > 1 { span .tag { (tf(lang, "web.round", &[("n", &state.round)])) } }
        @if let Some(until) = state.suspended_until {
            span .tag { (tf(lang, "web.suspended_until", &[("day", &show::date(bihuan_domain::calendar::date_of(until), lang))])) }
        }
    }
}

/// How an open case stands: by the due time that lists show it under, and where that has not come yet while something else of
/// the case is late, by what is.
fn urgency(state: &State, mechanism: &Mechanism, visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let due = state.due();
    if let Some(due) = due.filter(|due| *due <= visitor.now) {
        // The colour's word would only say again what the words behind it say.
        return html! { span .signals { (show::colour_mark(state.colour(), lang)) (show::remaining(due, visitor.now, lang)) } };
    }
    let late = state.clocks.iter().filter(|(_, clock)| clock.breached);
    html! {
        @match late.min_by_key(|(_, clock)| clock.due) {
            Some((key, clock)) => { span .signals {
                (show::colour_mark(state.colour(), lang))
                span { (clocks::clock_name(key.as_str(), &state.stage, state, mechanism, lang)) }
                (show::remaining(clock.due, visitor.now, lang))
            } },
            None => {
                (show::colour(state.colour(), lang))
                @if let Some(due) = due { (show::remaining(due, visitor.now, lang)) }
            },
        }
    }
}

/// The stage track: where the case has been, is and may go.
fn track(mechanism: &Mechanism, case: &CaseView, visitor: &Visitor) -> Markup {
    let (lang, state) = (visitor.lang, &case.state);
    let been: Vec<_> = state.tenures.iter().map(|tenure| &tenure.stage).collect();
    let ahead_of = mechanism.stages.iter().position(|stage| stage.id == state.stage);
    html! {
        ol .track aria-label=(t(lang, "web.stage_track")) {
            @for (n, stage) in mechanism.stages.iter().enumerate() {
                @let current = stage.id == state.stage;
                @let visited = been.contains(&&stage.id);
                @if current || visited || !show::is_detour(mechanism, stage) {
                    @let done = !current && visited && (state.kind == StageKind::Closed || ahead_of.is_none_or(|at| n < at));
                    li .is-done[done] .is-now[current] aria-current=[current.then_some("step")] {
                        span { (stage.label.get(lang)) }
                        @if done { span .sr { (t(lang, "web.stage_done")) } }
                    }
                }
            }
        }
    }
}

/// Who answers for it and whose move it is.
fn responsibility(show: &Show<'_>, state: &State) -> Markup {
    let lang = show.visitor.lang;
    html! {
        section .card {
            h2 { (t(lang, "web.responsibility")) }
            dl .facts {
                dt { (t(lang, "web.owner")) }
                dd { strong { (show.unit(&state.owner)) } }
                @if state.is_open() {
                    dt { (t(lang, "web.holder")) }
                    dd { (show.post(&state.holder.post)) (people(show, state)) }
                }
                @if !state.supporting.is_empty() {
                    dt { (t(lang, "web.supporting")) }
                    dd { @for (n, unit) in state.supporting.iter().enumerate() { @if n > 0 { (t(lang, "web.list_comma")) } (show.unit(unit)) } }
                }
                @if let Some(parent) = state.parent {
                    dt { (t(lang, "web.parent")) }
                    dd { a href={ "/cases/" (parent) } { (parent_name(show, parent)) } }
                }
                dt { (t(lang, "web.opened")) }
                dd { (show::moment(state.opened_at, lang)) br; (show.actor(&state.opened_by)) }
                @if let Some(closed) = &state.closed {
                    dt { (t(lang, "web.closed_by")) }
                    dd { (show.actor(&closed.by)) br; span .quiet { (t(lang, way_key(closed.way.as_str()))) } }
                }
            }
        }
    }
}

/// The title of the whole, where the visitor may see it.
fn parent_name(show: &Show<'_>, parent: CaseId) -> String {
    let seen = show.views.state(parent).ok().flatten();
    let seen = seen.filter(|whole| show.visitor.sight.covers(whole));
    seen.map_or_else(
        || format!("{} {parent}", t(show.visitor.lang, "web.case")),
        |whole| show.sealed(&whole.title),
    )
}

fn people(show: &Show<'_>, state: &State) -> Markup {
    let visitor = show.visitor;
    let drawn = state.verification.as_ref().and_then(|v| v.drawn.as_ref());
    let today = bihuan_domain::calendar::date_of(visitor.now);
    let names: Vec<String> = match drawn {
        Some(seat) => vec![show.person(&seat.person)],
        None => visitor
            .world
            .org
            .persons_on(&state.holder.post, today)
            .map(|person| show.person(person))
            .collect(),
    };
    html! { @for name in names { " " span .quiet { (show::text(&name)) } } }
}

/// The key of a way of verification.
pub(crate) fn way_key(way: &str) -> &'static str {
    match way {
        "drawn" => "web.way_drawn",
        "office" => "web.way_office",
        "requester" => "web.way_requester",
        "record" => "web.way_record",
        _ => "web.way_self",
    }
}

fn values(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> Markup {
    let lang = show.visitor.lang;
    html! {
        @if !state.values.is_empty() {
            section .card {
                h2 { (t(lang, "web.fields")) }
                dl .facts {
                    @for field in &mechanism.fields {
                        @if let Some(value) = state.values.get(&field.id) {
                            dt { (field.label.get(lang)) }
                            dd { (show.value(field, value)) (masked_name(show, state, value)) }
                        }
                    }
                }
                (locked::link(show, mechanism, state))
            }
        }
    }
}

/// Where a value points to a row whose name is masked: the way to it, which is recorded.
fn masked_name(show: &Show<'_>, state: &State, value: &Value) -> Markup {
    let visitor = show.visitor;
    let Value::Row(row) = value else { return html! {} };
    let spec = visitor.mechanisms.register(&row.register);
    let hidden = [("row", row.row.as_str()), ("case", &state.id.to_string())];
    html! {
        @if let Some(spec) = spec.filter(|spec| show.hides_names(spec)) {
            details .act { summary { (t(visitor.lang, "admin.unmask_row")) }
                p .help { (t(visitor.lang, "admin.unmask_lead")) }
                (unmask_form(visitor, spec, &hidden, "admin.unmask_row_do"))
            }
        }
    }
}

/// The rows that steps of this case wrote, register by register, the newest first.
fn rows(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
    let added: std::collections::BTreeSet<_> = steps.filter_map(|step| step.adds.as_ref()).collect();
    html! {
        @for register in added.into_iter().filter_map(|id| mechanism.registers.get(id)) {
            @let mut rows: Vec<_> = visitor.world.registers.rows_of_case(&register.id, state.id).collect();
            @if !rows.is_empty() {
                section .card {
                    h2 { (register.label.get(lang)) " " span .num .quiet { (rows.len()) } }
                    div .scroll tabindex="0" role="region" aria-label=(register.label.get(lang)) {
                        table .ledger .register {
                            thead { tr { @for field in &register.fields { th scope="col" { (field.label.get(lang)) } } } }
                            tbody { @for (_, row) in { rows.reverse(); rows } {
                                tr { @for field in &register.fields {
                                    td data-label=(field.label.get(lang)) {
                                        @match row.get(&field.id) { Some(value) => { (show.value(field, value)) }, None => { span .quiet { "–" } } }
                                    }
                                } }
                            } }
                        }
                    }
                }
            }
        }
    }
}

fn source(show: &Show<'_>, state: &State) -> Markup {
    let lang = show.visitor.lang;
    let source = &state.source;
    html! {
        section .card {
            h2 { (t(lang, "web.source")) }
            p { (t(lang, super::new_case::source_key(source.kind)))
                @if let Some(document) = &source.document { " · " a href={ "/reading/" (document) } { (t(lang, "web.document")) } }
                // What the engine knows other openings by tells a person nothing; the number in his old ledger does.
                @if let Some((_, number)) = source.key.as_ref().filter(|_| source.kind == SourceKind::Import).and_then(|key| key.as_str().rsplit_once('#')) {
                    " · " (tf(lang, "web.source_number", &[("n", &number)]))
                }
            }
            @if let Some(quote) = &source.quote { blockquote { (show::lines(&show.sealed(quote))) } }
            @if !state.papers.is_empty() { h3 { (t(lang, "web.papers")) } (evidence::papers(show, state)) }
        }
    }
}

/// The parts of a case; people open further ones from here, where no list does.
fn children(show: &Show<'_>, mechanism: &Mechanism, case: &CaseView) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let parts = mechanism.children.as_ref();
    let more = parts
        .filter(|parts| parts.each.is_none() && case.state.is_open())
        .and_then(|parts| visitor.mechanisms.current(&parts.mechanism));
    html! {
        @if !case.children.is_empty() || more.is_some() {
            section .card {
                h2 { (t(lang, "web.children")) " " span .num .quiet { (case.children.len()) } }
                @if crate::pages::campaigns::is_campaign(mechanism) {
                    p { a href={ "/campaigns/" (case.state.id) } { (t(lang, "phone.coverage")) } }
                }
                @if let Some(part) = &more {
                    p { a href={ "/ledgers/" (part.id) "/new?parent=" (case.state.id) } { (tf(lang, "web.open_part", &[("mechanism", &part.label.get(lang))])) } }
                }
                ul .children {
                    @for child in &case.children {
                        @let mechanism = visitor.mechanisms.current(&child.mechanism);
                        li {
                            (show::colour_mark(child.colour, lang)) " "
                            a href={ "/cases/" (child.id) } { (show::text(child.title.as_deref().unwrap_or_default())) }
                            span .quiet { " " (show.unit(&child.owner)) " · " (show::stage_name(mechanism.as_deref(), &child.stage, lang)) }
                        }
                    }
                }
            }
        }
    }
}
