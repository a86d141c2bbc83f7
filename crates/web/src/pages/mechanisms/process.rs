//! The process of a mechanism (办理过程): the courses that cases really took, how long they waited and with whom, where they came
//! back. Every number opens the cases that it counts. Units and posts stand in the order of their names: nobody is ranked.

use bihuan_domain::id::{PostId, StageId, UnitId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::process::{Held, Process, Which, process};
use bihuan_messages::{Lang, t, tf};
use bihuan_process::{Spread, lasting, share};
use maud::{Markup, html};
use serde::Deserialize;

use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Rows of a list, unless all are asked for.
const SHOWN: usize = 15;
/// Rows of a list at most.
const SHOWN_MAX: usize = 500;
/// Stages of a way that are shown.
const STAGES_MAX: usize = 40;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// `yes`: every row.
    #[serde(default)]
    all: String,
}

pub(super) async fn page(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    let mechanism = super::find(&visitor, id)?;
    visitor
        .work(move |visitor| {
            let process = process(&visitor.engine, &mechanism.id, &visitor.sight)?;
            let view = View {
                visitor,
                mechanism: &mechanism,
                process: &process,
                shown: if asked.all == "yes" { SHOWN_MAX } else { SHOWN },
            };
            Ok(view.page())
        })
        .await
}

/// The cases that a figure of the process counts, in words.
pub(crate) fn words(visitor: &Visitor, mechanism: &Mechanism, which: &Which) -> String {
    let lang = visitor.lang;
    let name = |stage: &StageId| show::stage_name(Some(mechanism), stage, lang).to_owned();
    let way = |stages: &mut dyn Iterator<Item = &StageId>| stages.map(name).collect::<Vec<_>>().join(" → ");
    let unit = |unit| show::unit_name(&visitor.world, unit, lang);
    let post = |post| show::post_name(&visitor.world, post, lang);
    let (key, what) = match which {
        Which::Way(stages) => ("process.of_way", way(&mut stages.iter())),
        Which::Step(from, to) => ("process.of_step", way(&mut [from, to].into_iter())),
        Which::Back(stages) => ("process.of_back", way(&mut stages.iter().chain(stages.first()))),
        Which::Again(stage) => ("process.of_again", name(stage)),
        Which::Came(stages) => ("process.of_came", way(&mut stages.iter().take(1))),
        Which::Left(stage) => ("process.of_left", name(stage)),
        Which::Post(id) => ("process.of_held", post(id)),
        Which::PostNow(id) => ("process.of_now", post(id)),
        Which::Unit(id) => ("process.of_held", unit(id)),
        Which::UnitNow(id) => ("process.of_now", unit(id)),
    };
    tf(lang, key, &[("what", &what)])
}

struct View<'a> {
    visitor: &'a Visitor,
    mechanism: &'a Mechanism,
    process: &'a Process,
    shown: usize,
}

impl View<'_> {
    fn lang(&self) -> Lang {
        self.visitor.lang
    }

    fn page(&self) -> Markup {
        let (lang, figures) = (self.lang(), &self.process.figures);
        let title = t(lang, "process.title");
        let as_of = show::moment_text(self.visitor.now, lang);
        let body = html! {
            (layout::heading(Some(self.mechanism.label.get(lang)), &html! { (title) }, &html! {
                a .button href={ "/mechanisms/" (self.mechanism.id) } { (t(lang, "process.back")) } " "
                a .button href={ "/ledgers/" (self.mechanism.id) } { (t(lang, "web.open_ledger")) }
                @if self.visitor.administers() { " " a .button href={ "/mechanisms/" (self.mechanism.id) "/process/before" } { (t(lang, "process.page_title")) } }
            }))
            p .lead { (t(lang, "process.lead")) }
            @if figures.cases == 0 { div .empty { p { (t(lang, "process.none")) } } }
            @else {
                p .quiet { (tf(lang, "process.as_of", &[
                    ("as_of", &as_of),
                    ("cases", &show::count(figures.cases)),
                    ("open", &show::count(figures.open)),
                ])) }
                (self.throughput())
                section #ways { h2 { (t(lang, "process.ways")) } (self.ways()) }
                @if !figures.follows.is_empty() {
                    section #waits { h2 { (t(lang, "process.waits")) } (self.waits()) }
                }
                section #holders { h2 { (t(lang, "process.holders")) } (self.holders()) }
                section #back { h2 { (t(lang, "process.rework")) } (self.rework()) }
            }
        };
        layout::page(self.visitor, title, Nav::Mechanisms, &body)
    }

    fn throughput(&self) -> Markup {
        let (lang, all) = (self.lang(), &self.process.figures.throughput);
        html! { @if all.n > 0 {
            dl .facts {
                dt { (t(lang, "process.ended")) } dd { a href={ "/ledgers/" (self.mechanism.id) "?open=no" } { (show::count(all.n)) } }
                dt { (t(lang, "process.median")) } dd { (self.time(all.median)) }
                dt { (t(lang, "process.mean")) } dd { (self.time(all.mean)) }
                dt { (t(lang, "process.p90")) } dd { (self.time(all.p90)) }
            }
        } }
    }

    fn ways(&self) -> Markup {
        let (lang, figures) = (self.lang(), &self.process.figures);
        html! {
            p .quiet { (t(lang, "process.ways_lead")) }
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "process.way")) }
                    th .amount scope="col" { (t(lang, "process.cases")) }
                    th .amount scope="col" { (t(lang, "process.share")) }
                    th .amount scope="col" { (t(lang, "process.open")) }
                } }
                tbody { @for one in figures.variants.iter().take(self.shown) {
                    @let stages = self.process.stages(&one.activities);
                    tr {
                        th scope="row" { (self.chips(&stages)) }
                        td .amount data-label=(t(lang, "process.cases")) { (self.opens(one.count(), &Which::Way(codes(&stages)))) }
                        td .amount data-label=(t(lang, "process.share")) { (share(one.count(), figures.cases)) }
                        td .amount data-label=(t(lang, "process.open")) .is-empty[one.open == 0] { (self.opens_also(one.open, &Which::Way(codes(&stages)), "&open=yes")) }
                    }
                } }
            }
            (self.rest(figures.variants.len(), figures.variants.iter().skip(self.shown).map(|one| one.count()).sum()))
        }
    }

    fn waits(&self) -> Markup {
        let (lang, figures) = (self.lang(), &self.process.figures);
        html! {
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "process.step")) }
                    th .amount scope="col" { (t(lang, "process.times")) }
                    (self.wait_heads())
                } }
                tbody { @for one in figures.follows.iter().take(self.shown) {
                    @let stages = self.process.stages(&[one.from, one.to]);
                    @if let [from, to] = stages.as_slice() { tr {
                        th scope="row" { (self.chips(&stages)) }
                        td .amount data-label=(t(lang, "process.times")) { (self.opens(one.wait.n, &Which::Step((*from).into(), (*to).into()))) }
                        (self.wait(&one.wait))
                    } }
                } }
            }
            (self.rest(figures.follows.len(), figures.follows.iter().skip(self.shown).map(|one| one.wait.n).sum()))
        }
    }

    fn holders(&self) -> Markup {
        let (lang, world) = (self.lang(), &self.visitor.world);
        let mut units: Vec<_> = self.process.units.iter().collect();
        units.sort_by_cached_key(|unit| show::unit_name(world, &unit.id, lang));
        html! {
            p .quiet { (t(lang, "process.holders_lead")) }
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "process.unit_or_post")) }
                    th .amount scope="col" { (t(lang, "process.went_on")) }
                    (self.wait_heads())
                    th .amount scope="col" { (t(lang, "process.there_now")) }
                } }
                tbody { @for unit in units {
                    (self.held(&html! { strong { (show::unit_name(world, &unit.id, lang)) } }, unit, &Which::Unit(unit.id.clone()), &Which::UnitNow(unit.id.clone())))
                    // A unit whose only post is told above needs no second row.
                    @let posts = self.posts_of(unit);
                    @if posts.len() > 1 { @for post in posts {
                        @let name = world.org.posts.get(&post.id).map_or_else(|| post.id.to_string(), |known| known.name.get(lang).to_owned());
                        (self.held(&html! { span aria-hidden="true" { "　" } (name) }, post, &Which::Post(post.id.clone()), &Which::PostNow(post.id.clone())))
                    } }
                } }
            }
        }
    }

    /// The posts of a unit in the order of their names.
    fn posts_of(&self, unit: &Held<UnitId>) -> Vec<&Held<PostId>> {
        let mut posts: Vec<_> = self
            .process
            .posts
            .iter()
            .filter(|post| post.unit == unit.id)
            .collect();
        posts.sort_by_cached_key(|post| show::post_name(&self.visitor.world, &post.id, self.lang()));
        posts
    }

    fn held<Id>(&self, name: &Markup, held: &Held<Id>, went: &Which, now: &Which) -> Markup {
        let lang = self.lang();
        html! { tr {
            th scope="row" { (name) }
            td .amount data-label=(t(lang, "process.went_on")) { (self.opens(held.cases, went)) }
            (self.wait(&held.wait))
            td .amount data-label=(t(lang, "process.there_now")) .is-empty[held.now == 0] {
                @if held.now > 0 {
                    (self.opens(held.now, now)) " " span .quiet { (tf(lang, "process.oldest", &[("time", &self.time(held.oldest(self.visitor.now)))])) }
                }
            }
        } }
    }

    fn rework(&self) -> Markup {
        let (lang, figures) = (self.lang(), &self.process.figures);
        html! {
            @if figures.loops.is_empty() { p { (t(lang, "process.rework_none")) } }
            @else {
                p .quiet { (t(lang, "process.rework_lead")) }
                table .ledger {
                    thead { tr {
                        th scope="col" { (t(lang, "process.way_back")) }
                        th .amount scope="col" { (t(lang, "process.cases")) }
                        th .amount scope="col" { (t(lang, "process.times")) }
                        th .amount scope="col" { (t(lang, "process.took")) }
                    } }
                    tbody { @for one in figures.loops.iter().take(self.shown) {
                        @let stages = self.process.stages(&one.activities);
                        @let round: Vec<&str> = stages.iter().chain(stages.first()).copied().collect();
                        tr {
                            th scope="row" { (self.chips(&round)) }
                            td .amount data-label=(t(lang, "process.cases")) { (self.opens(one.count(), &Which::Back(codes(&stages)))) }
                            td .amount data-label=(t(lang, "process.times")) { (show::count(one.times)) }
                            td .amount data-label=(t(lang, "process.took")) { (self.time(one.seconds)) }
                        }
                    } }
                }
                (self.rest(figures.loops.len(), figures.loops.iter().skip(self.shown).map(|one| one.times).sum()))
            }
        }
    }

    /// The stages of a way as chips.
    fn chips(&self, stages: &[&str]) -> Markup {
        html! {
            ol .way { @for code in stages.iter().take(STAGES_MAX) {
                @let stage = StageId::from(*code);
                li { span { (show::stage_name(Some(self.mechanism), &stage, self.lang())) } }
            }
            @if stages.len() > STAGES_MAX { li { "…" } } }
        }
    }

    /// A number that opens the cases it counts.
    fn opens(&self, n: u64, which: &Which) -> Markup {
        self.opens_also(n, which, "")
    }

    /// The same, with another filter of the ledger behind.
    fn opens_also(&self, n: u64, which: &Which, also: &str) -> Markup {
        let place = format!(
            "/ledgers/{}?course={}{also}",
            self.mechanism.id,
            show::percent(&which.to_string())
        );
        html! { @if n == 0 { span .quiet { "0" } } @else { a href=(place) { (show::count(n)) } } }
    }

    fn wait_heads(&self) -> Markup {
        let lang = self.lang();
        html! { th .amount scope="col" { (t(lang, "process.median")) } th .amount scope="col" { (t(lang, "process.p90")) } }
    }

    fn wait(&self, wait: &Spread) -> Markup {
        let lang = self.lang();
        let cell = |key: &str, seconds: i64| {
            html! { td .amount data-label=(t(lang, key)) .is-empty[wait.n == 0] { @if wait.n > 0 { (self.time(seconds)) } } }
        };
        html! { (cell("process.median", wait.median)) (cell("process.p90", wait.p90)) }
    }

    fn time(&self, seconds: i64) -> String {
        lasting(seconds, self.lang())
    }

    fn rest(&self, all: usize, n: u64) -> Markup {
        let more = all.saturating_sub(self.shown);
        html! { @if more > 0 { p .quiet {
            (tf(self.lang(), "process.rest", &[("n", &more), ("sum", &show::count(n))])) " "
            @if self.shown < SHOWN_MAX { a href="?all=yes" { (t(self.lang(), "process.all")) } }
        } } }
    }
}

fn codes(stages: &[&str]) -> Vec<StageId> {
    stages.iter().map(|code| StageId::from(*code)).collect()
}
