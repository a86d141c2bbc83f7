//! Threads over documents (跟踪): what was promised, repeated, done and dropped, with the sentence and the case behind each
//! place; links are proposed, people confirm or refuse them.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::DocumentId;
use bihuan_engine::documents;
use bihuan_engine::documents::review::{Change, revise};
use bihuan_engine::documents::threads::{self, Differing, Place, Source, Stage, Thread, Threads};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::body::Posted;
use crate::components::pager::pager;
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Undertakings on one page, and documents that are listed without being asked for.
const PAGE: usize = 30;
const SOURCES: usize = 12;

/// Places of one undertaking that are shown unasked: the promise, and the newest ones.
const PLACES: usize = 9;

/// Which part of the threads is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Words that one of the places or the title holds.
    #[serde(default)]
    q: String,
    /// `silent`: promises that nothing later speaks of; `differing`: numbers that differ.
    #[serde(default)]
    list: String,
    #[serde(default)]
    page: u64,
    /// One undertaking with all its places: the document and the key of its first, with a `~` between.
    #[serde(default)]
    whole: String,
}

impl Asked {
    fn address(&self, list: &str, page: u64) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        let parts = [
            ("list", list),
            ("q", self.q.trim()),
            ("whole", if list.is_empty() { self.whole.as_str() } else { "" }),
            ("page", page.as_str()),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", show::percent(value)))
            .collect();
        format!("/reading/threads?{}", parts.join("&"))
    }

    /// The part of a list that is asked for.
    fn part<'a, T>(&self, all: &[&'a T]) -> Vec<&'a T> {
        let from = self.page.max(1).saturating_sub(1);
        let from = usize::try_from(from).unwrap_or(usize::MAX).saturating_mul(PAGE);
        all.iter().skip(from).take(PAGE).copied().collect()
    }
}

/// Stages that a person may choose for a later place.
const CHOICES: [Stage; 5] = [
    Stage::Repeated,
    Stage::UnderWay,
    Stage::Done,
    Stage::Dropped,
    Stage::Told,
];

pub(super) async fn threads(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    visitor.work(move |visitor| page(visitor, &asked)).await
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
            let asked = Asked {
                q: sent.get("q").to_owned(),
                list: String::new(),
                page: sent.get("page").parse().unwrap_or(1),
                whole: sent.get("whole").to_owned(),
            };
            Ok(Redirect::to(&asked.address("", asked.page)).into_response())
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

fn page(visitor: &Visitor, asked: &Asked) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let found = threads::threads(&visitor.engine, &views)?;
    let words: String = asked.q.split_whitespace().collect();
    let holds = |text: &str| words.is_empty() || text.contains(&words);
    let about =
        |thread: &&Thread| holds(&thread.title) || thread.places.iter().any(|place| holds(&place.quote));
    let heard: Vec<&Thread> = found.threads.iter().filter(about).collect();
    let silent: Vec<&Thread> = found.silent.iter().filter(about).collect();
    let heard: Vec<&Thread> = if asked.whole.is_empty() {
        heard
    } else {
        heard
            .into_iter()
            .filter(|thread| name_of_thread(thread) == asked.whole)
            .collect()
    };
    let both = |one: &&Differing| holds(&one.first.quote) || holds(&one.second.quote);
    let differing: Vec<&Differing> = found.differing.iter().filter(both).collect();
    let n = match asked.list.as_str() {
        "silent" => silent.len(),
        "differing" => differing.len(),
        _ => heard.len(),
    };
    let tab = |list: &str, key: &str, n: usize| {
        let here = if matches!(asked.list.as_str(), "silent" | "differing") {
            asked.list.as_str()
        } else {
            ""
        };
        html! { li { a href=(asked.address(list, 1)) aria-current=[(here == list).then_some("page")] { (t(lang, key)) " " span .num { (n) } } } }
    };
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_reading")), &html! { (t(lang, "web.threads_title")) }, &html! {
            a href="/reading" { (t(lang, "web.reading_documents")) }
        }))
        p .lead { (t(lang, "web.threads_lead")) }
        (sources(lang, &found))
        form .search method="get" action="/reading/threads" role="search" {
            @if !asked.list.is_empty() { input type="hidden" name="list" value=(asked.list); }
            label for="q" { (t(lang, "web.threads_search")) }
            input #q name="q" type="search" value=(asked.q) maxlength="60";
            button type="submit" { (t(lang, "web.filter_text")) }
        }
        @if !asked.whole.is_empty() {
            p { a href=(Asked { whole: String::new(), ..asked.clone() }.address("", asked.page)) { (t(lang, "web.threads_all")) } }
        }
        ul .thread-lists {
            (tab("", "web.threads_heard", heard.len()))
            (tab("silent", "web.threads_silent", silent.len()))
            (tab("differing", "web.threads_differing", differing.len()))
        }
        @match asked.list.as_str() {
            "silent" => {
                p .quiet { (t(lang, "web.threads_silent_help")) }
                ul .silent { @for thread in asked.part(&silent) { (unheard(visitor, thread)) } }
            }
            "differing" => {
                p .quiet { (t(lang, "web.threads_differing_help")) }
                @for one in asked.part(&differing) { (apart(one, &found.documents)) }
            }
            _ => {
                @if heard.is_empty() { p .quiet { (t(lang, "web.threads_none")) } }
                @for thread in asked.part(&heard) { (one(visitor, thread, &found.documents, asked)) }
            }
        }
        (pager(lang, asked.page.max(1), u64::try_from(PAGE).unwrap_or(1), u64::try_from(n).unwrap_or(0), |page| asked.address(&asked.list, page)))
    };
    Ok(layout::page(
        visitor,
        t(lang, "web.threads_title"),
        Nav::Reading,
        &body,
    ))
}

/// The documents in their order; many of them are folded away.
fn sources(lang: Lang, found: &Threads) -> Markup {
    let list = html! {
        ol .sources {
            @for source in &found.documents {
                li { a href={ "/reading/" (source.id) } { (show::text(&source.name)) } @if let Some(date) = source.date { " " span .quiet .num { (date) } } }
            }
        }
    };
    html! {
        @if found.documents.len() > SOURCES {
            details { summary { (tf(lang, "web.threads_sources", &[("n", &found.documents.len())])) } (list) }
        } @else { (list) }
    }
}

/// A promise that nothing later speaks of.
fn unheard(visitor: &Visitor, thread: &Thread) -> Markup {
    let lang = visitor.lang;
    let today = date_of(visitor.now);
    html! {
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

/// One undertaking with two numbers: the statement, and both places.
fn apart(one: &Differing, sources: &[Source]) -> Markup {
    html! {
        section .thread {
            h3 lang="zh-CN" { (show::text(&one.statement)) }
            ol .places {
                @for spot in [&one.first, &one.second] {
                    li {
                        @if let Some(source) = sources.iter().find(|source| source.id == spot.document) {
                            p { span { (show::text(&source.name)) } @if let Some(date) = source.date { " " span .quiet .num { (date) } } }
                        }
                        p lang="zh-CN" { a .quote href={ "/reading/" (spot.document) "#s" (spot.key) } { "“" (show::text(&spot.quote)) "”" } }
                    }
                }
            }
        }
    }
}

fn one(visitor: &Visitor, thread: &Thread, sources: &[Source], asked: &Asked) -> Markup {
    let lang = visitor.lang;
    html! {
        section .thread {
            h3 lang="zh-CN" { (show::text(&thread.title)) }
            p .quiet {
                span .tag { (t(lang, &format!("web.thread_{}", name_of(thread.stage)))) }
                @if let Some(due) = thread.due { " " (tf(lang, "web.threads_due", &[("date", &due)])) }
                @if !thread.silent.is_empty() { " " (tf(lang, "web.threads_silent_n", &[("n", &thread.silent.len())])) }
            }
            (places(visitor, thread, sources, asked))
        }
    }
}

/// What an undertaking is called in an address.
fn name_of_thread(thread: &Thread) -> String {
    let first = thread.places.first();
    first.map_or_else(String::new, |place| format!("{}~{}", place.document, place.key))
}

/// The places of an undertaking; of many the promise and the newest, and a link to all.
fn places(visitor: &Visitor, thread: &Thread, sources: &[Source], asked: &Asked) -> Markup {
    let all = thread.places.as_slice();
    let shown = |places: &[Place]| html! { @for place in places { (spot(visitor, place, sources, asked)) } };
    let folded = all.len().saturating_sub(PLACES);
    let (Some((first, rest)), true) = (all.split_first(), folded > 1 && asked.whole.is_empty()) else {
        return html! { ol .places { (shown(all)) } };
    };
    let newest = rest.get(folded..).unwrap_or_default();
    let whole = Asked {
        whole: name_of_thread(thread),
        ..asked.clone()
    };
    html! {
        ol .places {
            (shown(std::slice::from_ref(first)))
            li { a href=(whole.address("", 1)) { (tf(visitor.lang, "web.threads_between", &[("n", &folded)])) } }
            (shown(newest))
        }
    }
}

fn spot(visitor: &Visitor, place: &Place, sources: &[Source], asked: &Asked) -> Markup {
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
                    span { (show::text(&source.name)) } @if let Some(date) = source.date { " " span .quiet .num { (date) } }
                }
                @if let Some(case) = place.case { " " a href={ "/cases/" (case) } { (tf(lang, "web.threads_case", &[("n", &case)])) } }
            }
            @if let Some(other) = &place.other_number {
                p { span .tag { (t(lang, "web.threads_other")) } " " (tf(lang, "web.threads_other_number", &[("number", other)])) }
            }
            p lang="zh-CN" { a .quote href={ "/reading/" (place.document) (anchor) } { "“" (show::text(&place.quote)) "”" } }
            @if let (Some((document, row)), Some(points)) = (&place.to, place.points) {
                @if place.confirmed { p .quiet { (t(lang, "web.threads_confirmed")) } }
                @else {
                    p .quiet { (tf(lang, "web.threads_why", &[("points", &points), ("why", &why.join(if lang == Lang::Zh { "；" } else { "; " }))])) }
                    (verdict(visitor, place, source, (document, row), asked))
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
    (document, row): (&DocumentId, &str),
    asked: &Asked,
) -> Markup {
    let lang = visitor.lang;
    html! {
        form .bulk-line method="post" action={ "/reading/threads/" (place.document) } {
            (layout::csrf(visitor))
            input type="hidden" name="saying" value=(place.key);
            input type="hidden" name="of" value=(document);
            input type="hidden" name="of-row" value=(row);
            @if !asked.q.is_empty() { input type="hidden" name="q" value=(asked.q); }
            @if !asked.whole.is_empty() { input type="hidden" name="whole" value=(asked.whole); }
            @if asked.page > 1 { input type="hidden" name="page" value=(asked.page); }
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
