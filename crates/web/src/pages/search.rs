//! Search (查找): everything that the visitor may see by any part of its name, marked where it was found.

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::date_of;
use bihuan_engine::documents::seek::{Found, seek};
use bihuan_engine::views::{CaseRow, Filter, Page, Sort, fold, words};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::components::found::marked;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Of each kind this many are shown.
const SHOWN: usize = 12;

/// Sentences of a document, and characters of a sentence.
const SENTENCES: usize = 4;
const SENTENCE: usize = 120;

/// A question longer than this is no name of anything.
const QUESTION_MAX: usize = 100;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/search", get(search))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

/// Something found: where it is, what it is called, what stands beside it.
struct Hit {
    href: String,
    name: String,
    beside: String,
}

/// What was found of one kind: the first of it, and how many there are.
#[derive(Default)]
struct Hits {
    first: Vec<Hit>,
    total: u64,
}

impl Hits {
    fn of(all: impl Iterator<Item = Hit>) -> Hits {
        let mut hits = Hits::default();
        for hit in all {
            hits.total += 1;
            if hits.first.len() < SHOWN {
                hits.first.push(hit);
            }
        }
        hits
    }
}

async fn search(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let q: String = asked.q.trim().chars().take(QUESTION_MAX).collect();
            page(visitor, &q)
        })
        .await
}

fn page(visitor: &Visitor, q: &str) -> Result<Markup, Trouble> {
    let (lang, views) = (visitor.lang, visitor.views()?);
    let show = Show {
        visitor,
        views: &views,
    };
    let sought = Sought {
        show: &show,
        words: words(q),
    };
    let found = if sought.words.is_empty() {
        None
    } else {
        let filter = Filter {
            text: Some(q.to_owned()),
            visible_to: visitor.sight.as_ref().clone(),
            ..Filter::default()
        };
        let limit = u64::try_from(SHOWN).unwrap_or(u64::MAX);
        let cases = views.cases(&filter, Sort::Urgency, 0, limit)?;
        let others = [
            ("find.search_documents", sought.documents()?),
            ("find.search_mechanisms", sought.mechanisms()),
            ("find.search_rows", sought.rows()),
            ("find.search_units", sought.units()),
            ("find.search_posts", sought.posts()),
        ];
        Some((cases, sought.contents()?, others))
    };
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "find.search_title")) }, &html! {}))
        form .search method="get" action="/search" role="search" {
            label .sr for="q" { (t(lang, "find.search_label")) }
            input #q name="q" type="search" value=(q) maxlength=(QUESTION_MAX) placeholder=(t(lang, "find.search_label")) autofocus[q.is_empty()];
            button type="submit" { (t(lang, "find.search_button")) }
        }
        @match &found {
            None => { p .help { (t(lang, "find.search_hint")) } p .help { (t(lang, "find.search_limits")) } },
            Some((cases, contents, others)) => {
                @if cases.total == 0 && contents.is_empty() && others.iter().all(|(_, hits)| hits.total == 0) {
                    div .empty { p { (tf(lang, "find.search_none", &[("q", &q)])) } p .help { (t(lang, "find.search_limits")) } }
                }
                (sought.cases(cases, q))
                (sought.sentences(contents))
                @for (key, hits) in others { (sought.list(key, hits)) }
            }
        }
    };
    Ok(layout::page(
        visitor,
        t(lang, "find.search_title"),
        Nav::Search,
        &body,
    ))
}

/// What is sought, and how it is shown.
struct Sought<'a> {
    show: &'a Show<'a>,
    words: Vec<String>,
}

impl Sought<'_> {
    /// Whether every word stands in the text.
    fn stands_in(&self, text: &str) -> bool {
        let text = fold(text);
        self.words.iter().all(|word| text.contains(word.as_str()))
    }

    fn documents(&self) -> Result<Hits, Trouble> {
        let visitor = self.show.visitor;
        if !visitor.administers() {
            return Ok(Hits::default());
        }
        let mut found = Vec::new();
        for received in visitor.world.documents.values() {
            let name = self.show.views.unseal(&received.name)?.unwrap_or_default();
            if self.stands_in(&name) {
                found.push(Hit {
                    href: format!("/reading/{}", received.document),
                    name,
                    beside: String::new(),
                });
            }
        }
        Ok(Hits::of(found.into_iter()))
    }

    /// What documents say; as their names, for those who read documents.
    fn contents(&self) -> Result<Vec<Found>, Trouble> {
        let visitor = self.show.visitor;
        if !visitor.administers() {
            return Ok(Vec::new());
        }
        Ok(seek(&visitor.engine, self.show.views, &self.words, SENTENCES)?)
    }

    fn sentences(&self, contents: &[Found]) -> Markup {
        let lang = self.show.visitor.lang;
        let all: u64 = contents.iter().map(|found| found.total).sum();
        // The browser goes to the words themselves; an older one to the document.
        let place = |found: &Found, sentence: &str| {
            let begins: String = sentence.chars().take(24).collect();
            let begins = show::percent(&begins).replace('-', "%2D");
            format!("/reading/{}#:~:text={begins}", found.document)
        };
        html! {
            @if all > 0 {
                section #contents {
                    h2 { (t(lang, "find.search_content")) " " span .quiet .num { (show::count(all)) } }
                    @for found in contents.iter().take(SHOWN) {
                        h3 { a href={ "/reading/" (found.document) } { (show::text(&found.name)) } " " span .quiet .num { (show::count(found.total)) } }
                        ul .sentences { @for sentence in &found.sentences {
                            li { a href=(place(found, sentence)) { (marked(&around(sentence, &self.words), &self.words)) } }
                        } }
                        @let shown = u64::try_from(found.sentences.len()).unwrap_or(0);
                        @if found.total > shown {
                            p .help { (tf(lang, "find.search_first", &[("n", &show::count(found.total)), ("shown", &show::count(shown))])) }
                        }
                    }
                }
            }
        }
    }

    fn mechanisms(&self) -> Hits {
        let lang = self.show.visitor.lang;
        Hits::of(self.show.visitor.mechanisms.all().filter_map(|mechanism| {
            let (name, purpose) = (mechanism.label.get(lang), mechanism.purpose.get(lang));
            let text = format!("{} {name} {purpose}", mechanism.number);
            self.stands_in(&text).then(|| Hit {
                href: format!("/mechanisms/{}", mechanism.id),
                name: format!("{} {name}", mechanism.number),
                beside: purpose.to_owned(),
            })
        }))
    }

    fn rows(&self) -> Hits {
        let visitor = self.show.visitor;
        let specs = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers);
        Hits::of(specs.flat_map(|spec| {
            let rows = visitor.world.registers.rows(&spec.id);
            rows.filter_map(move |(id, row)| {
                let name = self.show.row_name(Some(spec), id, row);
                (self.stands_in(&name) || self.stands_in(id.as_str())).then(|| Hit {
                    href: format!("/registers/{}#row-{id}", spec.id),
                    name,
                    beside: spec.label.get(visitor.lang).to_owned(),
                })
            })
        }))
    }

    fn units(&self) -> Hits {
        let visitor = self.show.visitor;
        let units = visitor.world.org.units.values();
        Hits::of(units.filter_map(|unit| {
            let name = unit.name.get(visitor.lang);
            self.stands_in(name).then(|| Hit {
                href: format!("/org#unit-{}", unit.id),
                name: name.to_owned(),
                beside: String::new(),
            })
        }))
    }

    fn posts(&self) -> Hits {
        let visitor = self.show.visitor;
        let today = date_of(visitor.now);
        let posts = visitor.world.org.posts.keys();
        Hits::of(posts.filter_map(|post| {
            let name = self.show.post(post);
            self.stands_in(&name).then(|| {
                let holders = visitor.world.org.persons_on(post, today);
                let holders: Vec<String> = holders.map(|person| self.show.person(person)).collect();
                Hit {
                    href: format!("/org#post-{post}"),
                    name,
                    beside: holders.join(t(visitor.lang, "web.list_comma")),
                }
            })
        }))
    }

    fn cases(&self, cases: &Page<CaseRow>, q: &str) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let shown = u64::try_from(cases.rows.len()).unwrap_or(0);
        html! {
            @if cases.total > 0 {
                section {
                    h2 { (t(lang, "find.search_cases")) " " span .quiet .num { (show::count(cases.total)) } }
                    ul .index .marked { @for row in &cases.rows {
                        @let mechanism = visitor.mechanisms.current(&row.mechanism);
                        li { span { (show::colour_mark(row.colour, lang)) } div {
                            a .row-title href={ "/cases/" (row.id) } {
                                @match &row.title { Some(title) => (marked(title, &self.words)), None => (t(lang, "web.erased")) }
                            }
                            span .row-note {
                                @if let Some(number) = &row.number { (marked(number, &self.words)) " · " }
                                @if let Some(mechanism) = &mechanism { (mechanism.label.get(lang)) " · " }
                                (show::stage_name(mechanism.as_deref(), &row.stage, lang)) " · " (self.show.unit(&row.owner))
                            }
                        } }
                    } }
                    @if cases.total > shown {
                        p { a href={ "/ledgers/all?q=" (show::percent(q)) } { (tf(lang, "find.search_more", &[("n", &show::count(cases.total))])) } }
                    }
                }
            }
        }
    }

    fn list(&self, key: &str, hits: &Hits) -> Markup {
        let lang = self.show.visitor.lang;
        let shown = u64::try_from(hits.first.len()).unwrap_or(0);
        html! {
            @if hits.total > 0 {
                section {
                    h2 { (t(lang, key)) " " span .quiet .num { (show::count(hits.total)) } }
                    ul .index .plain { @for hit in &hits.first {
                        li { div {
                            a .row-title href=(hit.href) { (marked(&hit.name, &self.words)) }
                            @if !hit.beside.is_empty() { span .row-note { (marked(&hit.beside, &self.words)) } }
                        } }
                    } }
                    @if hits.total > shown {
                        p .help { (tf(lang, "find.search_first", &[("n", &show::count(hits.total)), ("shown", &show::count(shown))])) }
                    }
                }
            }
        }
    }
}

/// A long sentence around what was sought first, with dots for what is left out.
fn around(sentence: &str, words: &[String]) -> String {
    let chars: Vec<char> = sentence.chars().collect();
    if chars.len() <= SENTENCE {
        return sentence.to_owned();
    }
    let folded: Vec<String> = chars.iter().map(|c| fold(&c.to_string())).collect();
    let begins = |from: usize| {
        let rest = folded.get(from..).unwrap_or_default().concat();
        words.iter().any(|word| rest.starts_with(word.as_str()))
    };
    let hit = (0..chars.len()).find(|from| begins(*from)).unwrap_or(0);
    let from = hit
        .saturating_sub(SENTENCE / 4)
        .min(chars.len().saturating_sub(SENTENCE));
    let to = from.saturating_add(SENTENCE).min(chars.len());
    let part: String = chars.get(from..to).unwrap_or_default().iter().collect();
    let (before, after) = (
        if from > 0 { "…" } else { "" },
        if to < chars.len() { "…" } else { "" },
    );
    format!("{before}{part}{after}")
}
