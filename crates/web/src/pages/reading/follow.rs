//! Threads over documents (跟踪): what was promised, repeated, done and dropped, with the sentence and the case behind each
//! place; links are proposed, people confirm or refuse them.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::DocumentId;
use bihuan_engine::documents;
use bihuan_engine::documents::review::{Change, revise};
use bihuan_engine::documents::threads::{self, Place, Source, Stage, Thread};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use crate::body::Posted;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Stages that a person may choose for a later place.
const CHOICES: [Stage; 5] = [
    Stage::Repeated,
    Stage::UnderWay,
    Stage::Done,
    Stage::Dropped,
    Stage::Told,
];

pub(super) async fn threads(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    visitor.work(page).await
}

pub(super) async fn decide(
    Path(document): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let reading = documents::reading(&visitor.engine, &views, &document.into(), &Default::default())?;
            let revision = sent.get("revision").parse().unwrap_or(reading.revision);
            let change = Change::Link {
                saying: sent.get("saying").to_owned(),
                document: sent.get("of").into(),
                row: sent.get("of-row").to_owned(),
                same: sent.get("do") != "refuse",
                stage: CHOICES
                    .into_iter()
                    .find(|stage| name_of(*stage) == sent.get("stage")),
            };
            revise(&visitor.engine, &visitor.actor(), &reading, revision, &[change])?;
            Ok(Redirect::to("/reading/threads").into_response())
        })
        .await
}

pub(crate) fn name_of(stage: Stage) -> &'static str {
    match stage {
        Stage::Promised => "promised",
        Stage::Repeated => "repeated",
        Stage::UnderWay => "under_way",
        Stage::Done => "done",
        Stage::Dropped => "dropped",
        Stage::Told => "told",
    }
}

fn page(visitor: &Visitor) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let found = threads::threads(&visitor.engine, &views)?;
    let today = date_of(visitor.now);
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_reading")), &html! { (t(lang, "web.threads_title")) }, &html! {
            a href="/reading" { (t(lang, "web.reading_documents")) }
        }))
        p .lead { (t(lang, "web.threads_lead")) }
        ol .sources {
            @for source in &found.documents {
                li { a href={ "/reading/" (source.id) } { (name(lang, source)) } @if let Some(date) = source.date { " " span .quiet .num { (date) } } }
            }
        }
        h2 { (t(lang, "web.threads_heard")) " " span .quiet .num { (found.threads.len()) } }
        @if found.threads.is_empty() { p .quiet { (t(lang, "web.threads_none")) } }
        @for thread in &found.threads { (one(visitor, thread, &found.documents)) }
        @if !found.silent.is_empty() {
            h2 { (t(lang, "web.threads_silent")) " " span .quiet .num { (found.silent.len()) } }
            p .quiet { (t(lang, "web.threads_silent_help")) }
            ul .silent {
                @for thread in &found.silent {
                    @if let Some(place) = thread.places.first() {
                        li {
                            a href={ "/reading/" (place.document) "#s" (place.key) } lang="zh-CN" { (show::text(&thread.title)) }
                            @if let Some(due) = thread.due {
                                " " span .quiet .num { (tf(lang, "web.threads_due", &[("date", &due)])) }
                                @if due < today && place.case.is_none() { " " span .tag { (t(lang, "web.threads_overdue")) } }
                            }
                            @if let Some(case) = place.case { " " a href={ "/cases/" (case) } { (tf(lang, "web.threads_case", &[("n", &case)])) } }
                        }
                    }
                }
            }
        }
    };
    Ok(layout::page(
        visitor,
        t(lang, "web.threads_title"),
        Nav::Reading,
        &body,
    ))
}

fn name(lang: Lang, source: &Source) -> String {
    source
        .name
        .clone()
        .unwrap_or_else(|| t(lang, "web.erased").to_owned())
}

fn one(visitor: &Visitor, thread: &Thread, sources: &[Source]) -> Markup {
    let lang = visitor.lang;
    html! {
        section .thread {
            h3 lang="zh-CN" { (show::text(&thread.title)) }
            p .quiet {
                span .tag { (t(lang, &format!("web.thread_{}", name_of(thread.stage)))) }
                @if let Some(due) = thread.due { " " (tf(lang, "web.threads_due", &[("date", &due)])) }
                @if !thread.silent.is_empty() { " " (tf(lang, "web.threads_silent_n", &[("n", &thread.silent.len())])) }
            }
            ol .places { @for place in &thread.places { (spot(visitor, place, sources)) } }
        }
    }
}

fn spot(visitor: &Visitor, place: &Place, sources: &[Source]) -> Markup {
    let lang = visitor.lang;
    let source = sources.iter().find(|source| source.id == place.document);
    let anchor = if place.is_row {
        format!("#s{}", place.key)
    } else {
        format!("?at={}#asked", place.key)
    };
    let why: Vec<String> = place.why.iter().map(|why| why.text(lang)).collect();
    html! {
        li .is-proposed[place.to.is_some() && !place.confirmed] {
            p {
                span .tag { (t(lang, &format!("web.thread_{}", name_of(place.stage)))) } " "
                @if let Some(source) = source {
                    span { (name(lang, source)) } @if let Some(date) = source.date { " " span .quiet .num { (date) } }
                }
                @if let Some(case) = place.case { " " a href={ "/cases/" (case) } { (tf(lang, "web.threads_case", &[("n", &case)])) } }
            }
            p lang="zh-CN" { a .quote href={ "/reading/" (place.document) (anchor) } { "“" (show::text(&place.quote)) "”" } }
            @if let (Some((document, row)), Some(points)) = (&place.to, place.points) {
                @if place.confirmed { p .quiet { (t(lang, "web.threads_confirmed")) } }
                @else {
                    p .quiet { (tf(lang, "web.threads_why", &[("points", &points), ("why", &why.join(if lang == Lang::Zh { "；" } else { "; " }))])) }
                    (verdict(visitor, place, source, document, row))
                }
            }
        }
    }
}

/// Confirm or refuse, and say how far it is if the words do not.
fn verdict(
    visitor: &Visitor,
    place: &Place,
    source: Option<&Source>,
    document: &DocumentId,
    row: &str,
) -> Markup {
    let lang = visitor.lang;
    html! {
        form .bulk-line method="post" action={ "/reading/threads/" (place.document) } {
            (layout::csrf(visitor))
            input type="hidden" name="saying" value=(place.key);
            input type="hidden" name="of" value=(document);
            input type="hidden" name="of-row" value=(row);
            input type="hidden" name="revision" value=(source.map_or(0, |source| source.revision));
            select name="stage" aria-label=(t(lang, "web.threads_stage")) {
                @for stage in CHOICES {
                    option value=(name_of(stage)) selected[stage == place.stage] { (t(lang, &format!("web.thread_{}", name_of(stage)))) }
                }
            }
            " " button .plain type="submit" name="do" value="confirm" { (t(lang, "web.threads_confirm")) }
            " " button .plain type="submit" name="do" value="refuse" { (t(lang, "web.threads_refuse")) }
        }
    }
}
