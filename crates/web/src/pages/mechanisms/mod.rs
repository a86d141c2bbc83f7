//! The mechanisms (机制): the index by pack, and a page for the official whose rule it is: who does what by when, how it
//! begins and ends, what it measures now, and the file by which the system runs.

mod before;
mod file;
mod indicator;
mod measures;
mod process;
mod rule;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::{Mechanism, StageKind};
use bihuan_engine::indicators::{Measures, measure};
use bihuan_engine::views::{Counts, Filter};
use bihuan_mechanism::burden::{Asker, burden, minutes};
use bihuan_mechanism::{Names, diagram};
use bihuan_messages::{t, tf};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;

use crate::Web;
use crate::layout::{self, Nav};
use crate::pages::new_case::is_opened_by_people;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;
use words::{Words, post_kind, unit_kind};

pub(crate) use process::words as process_words;
pub(crate) use words::{function as function_name, unit_kind as unit_kind_name};

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/mechanisms", get(index))
        .route("/mechanisms/{id}", get(mechanism))
        .route("/mechanisms/{id}/source", get(source))
        .route("/mechanisms/{id}/process", get(process::page))
        .route(
            "/mechanisms/{id}/process/before",
            get(before::page).post(before::compare),
        )
        .route("/mechanisms/{id}/indicators/{indicator}", get(indicator::page))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let seen = Filter {
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            };
            let counts = views.counts_by_mechanism(&seen)?.into_iter().collect();
            Ok(list(visitor, &counts, &asked.q))
        })
        .await
}

fn list(visitor: &Visitor, counts: &BTreeMap<MechanismId, Counts>, q: &str) -> Markup {
    let lang = visitor.lang;
    let sought = q.trim().to_lowercase();
    let text = |mechanism: &Mechanism| {
        let parts = [
            mechanism.number.as_str(),
            mechanism.id.as_str(),
            mechanism.label.get(lang),
            mechanism.purpose.get(lang),
        ];
        parts.join(" ").to_lowercase()
    };
    let found = |mechanism: &Mechanism| {
        sought
            .split_whitespace()
            .all(|word| text(mechanism).contains(word))
    };
    let packs: Vec<_> = visitor
        .mechanisms
        .packs()
        .iter()
        .map(|pack| {
            let mut mechanisms: Vec<_> = pack.mechanisms.iter().filter(|m| found(m)).collect();
            mechanisms.sort_by(|a, b| a.number.cmp(&b.number));
            (pack, mechanisms)
        })
        .filter(|(pack, mechanisms)| {
            !mechanisms.is_empty() || sought.is_empty() && !pack.registers.is_empty()
        })
        .collect();
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.mechanisms_title")) }, &html! { a href="/registers" { (t(lang, "web.registers")) } " " a href="/org" { (t(lang, "find.org_title")) } }))
        p .lead { (t(lang, "web.mechanisms_lead")) }
        form .search method="get" action="/mechanisms" role="search" {
            label .sr for="q" { (t(lang, "web.mech_search")) }
            input #q name="q" type="search" value=(q) placeholder=(t(lang, "web.mech_search")) data-filter="[data-find-text]" autocomplete="off";
            button type="submit" { (t(lang, "web.mech_find")) }
        }
        div #found-none .empty hidden[!packs.is_empty()] { p { (t(lang, "web.mech_none")) } }
        @for (pack, mechanisms) in &packs {
            section {
                h2 { a .plain-link href={ "/packs/" (pack.id) } { (pack.label.get(lang)) } }
                ul .index { @for mechanism in mechanisms {
                    li data-find-text=(text(mechanism)) { span .code { (mechanism.number) } div {
                        a .row-title href={ "/mechanisms/" (mechanism.id) } { (mechanism.label.get(lang)) }
                        (standing(visitor, mechanism, counts))
                        span .row-note { (mechanism.purpose.get(lang)) }
                    } }
                } }
            }
        }
    };
    layout::page(visitor, t(lang, "web.mechanisms_title"), Nav::Mechanisms, &body)
}

/// How many cases are open and how many of them are overdue.
pub(super) fn standing(
    visitor: &Visitor,
    mechanism: &Mechanism,
    counts: &BTreeMap<MechanismId, Counts>,
) -> Markup {
    let lang = visitor.lang;
    let counts = counts.get(&mechanism.id);
    html! {
        @if let Some(counts) = counts.filter(|counts| counts.open > 0) {
            " " a .row-count href={ "/ledgers/" (mechanism.id) "?open=yes" } { (tf(lang, "web.mech_counts", &[("open", &show::count(counts.open))])) }
            @if counts.late > 0 {
                " " a .row-count .is-late href={ "/ledgers/" (mechanism.id) "?open=yes&colour=red" } { (tf(lang, "web.mech_counts_late", &[("late", &show::count(counts.late))])) }
            }
        }
    }
}

fn find(visitor: &Visitor, id: String) -> Result<Arc<Mechanism>, Trouble> {
    visitor
        .mechanisms
        .current(&MechanismId::from(id))
        .ok_or_else(Trouble::not_found)
}

async fn mechanism(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    let mechanism = find(&visitor, id)?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let measures = measure(&views, &visitor.world, &mechanism, visitor.now)?;
            let counts = views.counts(&Filter {
                mechanisms: vec![mechanism.id.clone()],
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            })?;
            let words = Words {
                visitor,
                mechanism: &mechanism,
            };
            Ok(words.page(&measures, &counts))
        })
        .await
}

/// The file of a mechanism in force, to keep.
async fn source(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Trouble> {
    let mechanism = find(&visitor, id)?;
    let (_, text) = visitor
        .mechanisms
        .source(&mechanism)
        .ok_or_else(Trouble::not_found)?;
    let named = format!("attachment; filename=\"{}.toml\"", mechanism.id);
    let head = [
        (header::CONTENT_TYPE, "application/toml; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, named),
    ];
    Ok((head, text.to_owned()).into_response())
}

impl Words<'_> {
    fn page(&self, measures: &Measures, counts: &Counts) -> Markup {
        let (visitor, mechanism, lang) = (self.visitor, self.mechanism, self.lang());
        let aside = html! {
            @if is_opened_by_people(mechanism) {
                a .button href={ "/ledgers/" (mechanism.id) "/new" } { (t(lang, "web.new_case")) } " "
            }
            a .button href={ "/ledgers/" (mechanism.id) } { (t(lang, "web.open_ledger")) } " "
            a .button href={ "/mechanisms/" (mechanism.id) "/process" } { (t(lang, "process.title")) }
        };
        let pack = visitor.mechanisms.pack(&mechanism.pack);
        let body = html! {
            (layout::heading(Some(&mechanism.number), &html! { (mechanism.label.get(lang)) }, &aside))
            p .lead { (mechanism.purpose.get(lang)) }
            p .quiet { (mechanism.source.get(lang))
                @if let Some(pack) = pack { " · " (t(lang, "web.mech_pack")) " " a href={ "/packs/" (pack.id) } { (pack.label.get(lang)) } }
            }
            section #standing { h2 { (t(lang, "web.mech_standing")) } (self.counts(counts)) }
            section #duties { h2 { (t(lang, "web.mech_duties")) } (self.duties()) }
            section #begins { h2 { (t(lang, "web.mech_begins")) } (self.begins()) }
            section #closing { h2 { (t(lang, "web.closing")) } (self.closing()) }
            section #ladders { h2 { (t(lang, "web.ladders")) } (self.ladders()) }
            @if !mechanism.requests.is_empty() {
                section #requests { h2 { (t(lang, "web.requests")) } (self.requests()) }
            }
            section #diagram { h2 { (t(lang, "web.mech_diagram")) }
                div .scroll .diagram tabindex="0" role="region" aria-label=(t(lang, "web.mech_diagram")) { (self.diagram()) }
            }
            @if !mechanism.indicators.is_empty() {
                section #indicators { h2 { (t(lang, "web.mech_indicators")) } (self.indicators(measures)) }
            }
            @if !mechanism.figures.is_empty() {
                section #figures { h2 { (t(lang, "web.mech_figures")) } (self.figures(measures)) }
            }
            section #burden { h2 { (t(lang, "web.mech_burden")) } (self.burden()) }
            @if !mechanism.registers.is_empty() {
                section #registers { h2 { (t(lang, "web.registers")) }
                    ul .index { @for register in mechanism.registers.values() {
                        li { span .code .num { (visitor.world.registers.count(&register.id)) } div {
                            a .row-title href={ "/registers/" (register.id) } { (register.label.get(lang)) }
                        } }
                    } }
                }
            }
            section #fields { h2 { (t(lang, "web.fields")) } (self.fields()) }
            section #versions { h2 { (t(lang, "web.mech_versions")) } (self.versions(measures)) }
            @if let Some((path, text)) = visitor.mechanisms.source(mechanism) {
                section #source { h2 { (t(lang, "web.mech_file")) }
                    p .quiet { (tf(lang, "web.mech_file_lead", &[("path", &format!("{}/{path}", mechanism.pack))])) " "
                        a href={ "/mechanisms/" (mechanism.id) "/source" } { (t(lang, "web.mech_file_get")) } }
                    details .fold { summary { (t(lang, "web.mech_file_open")) } div { (file::shown(text)) } }
                }
            }
        };
        layout::page(visitor, mechanism.label.get(lang), Nav::Mechanisms, &body)
    }

    fn diagram(&self) -> Markup {
        let packs = self.visitor.mechanisms.packs().iter();
        let names = Names::of(packs.map(std::convert::AsRef::as_ref));
        // The picture escapes its own texts and brings no style of its own.
        PreEscaped(diagram::svg(self.mechanism, &names, self.lang()))
    }

    /// What filling in costs each kind of post, and who else asks for the same data.
    fn burden(&self) -> Markup {
        let (lang, id) = (self.lang(), &self.mechanism.id);
        let all = burden(
            self.visitor
                .mechanisms
                .packs()
                .iter()
                .map(std::convert::AsRef::as_ref),
            None,
        );
        let minutes = |tenths: u64| tf(lang, "web.mech_minutes", &[("n", &minutes(tenths))]);
        let rows: Vec<_> = all.rows.iter().filter(|row| row.mechanism == *id).collect();
        let mine: std::collections::BTreeSet<_> =
            self.mechanism.fields.iter().map(|field| &field.datum).collect();
        let also: Vec<_> = all
            .shared
            .iter()
            .filter(|(datum, _)| mine.contains(datum))
            .collect();
        // A column in which nobody has anything says nothing.
        let weekly = rows.iter().any(|row| row.weekly > 0);
        let weekly_open = rows.iter().any(|row| row.weekly_open > 0);
        html! {
            p .quiet { (t(lang, "web.mech_burden_lead")) }
            div .scroll tabindex="0" role="region" aria-label=(t(lang, "web.mech_burden")) {
                table .ledger {
                    thead { tr {
                        th scope="col" { (t(lang, "web.mech_holder")) }
                        th .amount scope="col" { (t(lang, "web.mech_per_case")) }
                        @if weekly { th .amount scope="col" { (t(lang, "web.mech_weekly")) } }
                        @if weekly_open { th .amount scope="col" { (t(lang, "web.mech_weekly_open")) } }
                    } }
                    tbody { @for row in rows { tr {
                        td .is-title data-label=(t(lang, "web.mech_holder")) {
                            @if row.who.unit.as_str() != "any" { (unit_kind(self.visitor, &row.who.unit)) " " }
                            (post_kind(self.visitor, &row.who.post))
                            @if row.grass_roots { " " span .tag { (t(lang, "web.mech_grass_roots")) } }
                        }
                        td .amount data-label=(t(lang, "web.mech_per_case")) { (minutes(row.per_case)) }
                        @if weekly { td .amount data-label=(t(lang, "web.mech_weekly")) .is-empty[row.weekly == 0] { @if row.weekly > 0 { (minutes(row.weekly)) } @else { "–" } } }
                        @if weekly_open { td .amount data-label=(t(lang, "web.mech_weekly_open")) .is-empty[row.weekly_open == 0] { @if row.weekly_open > 0 { (minutes(row.weekly_open)) } @else { "–" } } }
                    } } }
                }
            }
            @if !also.is_empty() {
                h3 { (t(lang, "web.mech_also")) }
                dl .facts .wide-facts { @for (datum, askers) in also {
                    @let field = self.mechanism.fields.iter().find(|field| field.datum == *datum);
                    dt { (field.map_or(datum.as_str(), |field| field.label.get(lang))) }
                    dd { (self.askers(askers)) }
                } }
            }
        }
    }

    fn askers(&self, askers: &std::collections::BTreeSet<Asker>) -> Markup {
        let lang = self.lang();
        let others = askers
            .iter()
            .filter(|asker| !matches!(asker, Asker::Mechanism(id) if *id == self.mechanism.id));
        html! { @for (n, asker) in others.enumerate() {
            @if n > 0 { (t(lang, "web.list_comma")) }
            @match asker {
                Asker::Mechanism(id) => {
                    @let found = self.visitor.mechanisms.current(id);
                    a href={ "/mechanisms/" (id) } { (found.map_or_else(|| id.to_string(), |found| found.label.get(lang).to_owned())) }
                },
                Asker::Register(id) => { a href={ "/registers/" (id) } { (self.register(id)) } },
            }
        } }
    }

    fn fields(&self) -> Markup {
        let lang = self.lang();
        html! {
            table .plain { tbody { @for field in &self.mechanism.fields {
                tr { th scope="row" { (field.label.get(lang)) @if field.required { " " span .tag { (t(lang, "web.required")) } } }
                    td .quiet { @if let Some(help) = &field.help { (help.get(lang)) } @if let Some(unit) = &field.unit { " " (unit.get(lang)) } }
                    td .quiet { @if let Some(pack) = self.pack_of(&field.datum) {
                        a href={ "/packs/" (pack) "#datum-" (field.datum) } { (t(lang, "web.mech_datum")) " " (field.datum) }
                    } } }
            } } }
        }
    }

    fn pack_of(&self, datum: &bihuan_domain::id::DatumId) -> Option<String> {
        let mut packs = self.visitor.mechanisms.packs().iter();
        let found = packs.find(|pack| pack.dictionary.iter().any(|known| known.id == *datum));
        found.map(|pack| pack.id.to_string())
    }

    fn versions(&self, measures: &Measures) -> Markup {
        let lang = self.lang();
        html! {
            dl .facts .wide-facts { @for (n, version) in self.visitor.mechanisms.versions(&self.mechanism.id).iter().enumerate() {
                @let count = measures.versions.get(&version.digest).copied().unwrap_or_default();
                dt { (t(lang, if n == 0 { "web.mech_version_now" } else { "web.mech_version_old" })) }
                dd { (tf(lang, "web.mech_version_cases", &[("open", &show::count(count.open)), ("total", &show::count(count.total))]))
                    br; span .quiet { (t(lang, "web.definition")) " " code .digest { (version.digest) } } }
            } }
        }
    }
}

fn kind_key(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Work => "web.kind_work",
        StageKind::Decide => "web.kind_decide",
        StageKind::Wait => "web.kind_wait",
        StageKind::Verify => "web.kind_verify",
        StageKind::Parked => "web.kind_parked",
        StageKind::Closed => "web.kind_closed",
        StageKind::Void => "web.kind_void",
    }
}
