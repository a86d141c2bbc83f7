//! The tree of grids (网格): who heads what, which way a matter climbs and where, and what is open at each place. Nobody is
//! ranked: units stand in the order of the org tree.

mod lists;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{Code, StageId, UnitId};
use bihuan_domain::mechanism::{ClockSpec, LimitSpec, Mechanism, Stage, StageKind};
use bihuan_domain::org::Unit;
use bihuan_engine::views::{CaseRow, Filter, Sort};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use crate::Web;
use crate::layout::{self, Nav};
use crate::pages::case::rule;
use crate::pages::mechanisms::unit_kind_name;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Open matters that are listed with their course.
const MATTERS_MAX: u64 = 200;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/grid", get(grid))
}

async fn grid(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor
        .work(|visitor| {
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let lang = visitor.lang;
            let tree = Tree::of(&show)?;
            let body = html! {
                (layout::heading(None, &html! { (t(lang, "phone.grid")) }, &html! { a href="/campaigns" { (t(lang, "phone.campaigns")) } }))
                p .lead { (t(lang, "phone.grid_lead")) }
                @if tree.roots.is_empty() { div .empty { p { (t(lang, "phone.grid_none")) } } }
                @for root in &tree.roots { (tree.root(root)) }
                (tree.ways())
                (lists::trees(&show))
            };
            Ok(layout::page(visitor, t(lang, "phone.grid"), Nav::Ledgers, &body))
        })
        .await
}

/// The units of grids with what is open there.
struct Tree<'a> {
    show: &'a Show<'a>,
    /// Units above the grids: communities, townships.
    roots: Vec<&'a Unit>,
    below: BTreeMap<&'a UnitId, Vec<&'a Unit>>,
    /// Open matters by owner.
    open: BTreeMap<UnitId, Vec<CaseRow>>,
    /// Open matters beyond those that are listed.
    more: u64,
    kinds: BTreeSet<Code>,
}

impl<'a> Tree<'a> {
    fn of(show: &'a Show<'a>) -> Result<Tree<'a>, Trouble> {
        let visitor = show.visitor;
        let org = &visitor.world.org;
        let today = date_of(visitor.now);
        let packs = visitor.mechanisms.packs().iter();
        let kinds: BTreeSet<Code> = packs
            .flat_map(|pack| &pack.unit_kinds)
            .filter(|kind| kind.grass_roots)
            .map(|kind| kind.id.clone())
            .collect();
        let is_grid = |unit: &Unit| kinds.contains(&unit.kind) && unit.valid.covers(today);
        let mut below: BTreeMap<&UnitId, Vec<&Unit>> = BTreeMap::new();
        for unit in org.units.values().filter(|unit| is_grid(unit)) {
            if let Some(parent) = &unit.parent {
                below.entry(parent).or_default().push(unit);
            }
        }
        let roots: Vec<&Unit> = below
            .keys()
            .filter_map(|id| org.units.get(*id))
            .filter(|unit| !is_grid(unit))
            .collect();
        let owners: Vec<UnitId> = org
            .units
            .values()
            .filter(|unit| is_grid(unit))
            .map(|unit| unit.id.clone())
            .collect();
        let mut open: BTreeMap<UnitId, Vec<CaseRow>> = BTreeMap::new();
        let mut more = 0;
        if !owners.is_empty() {
            let filter = Filter {
                owners,
                open: Some(true),
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            };
            let cases = show.views.cases(&filter, Sort::Urgency, 0, MATTERS_MAX)?;
            more = cases.total.saturating_sub(MATTERS_MAX);
            for case in cases.rows {
                open.entry(case.owner.clone()).or_default().push(case);
            }
        }
        Ok(Tree {
            show,
            roots,
            below,
            open,
            more,
            kinds,
        })
    }

    fn under(&self, unit: &UnitId) -> &[&'a Unit] {
        self.below.get(unit).map_or(&[], Vec::as_slice)
    }

    /// Open matters of a unit and of those below it.
    fn sum(&self, unit: &UnitId) -> usize {
        let own = self.open.get(unit).map_or(0, Vec::len);
        own + self
            .under(unit)
            .iter()
            .map(|below| self.sum(&below.id))
            .sum::<usize>()
    }

    fn root(&self, unit: &'a Unit) -> Markup {
        let lang = self.show.visitor.lang;
        html! {
            section {
                h2 { (unit.name.get(lang)) " " span .num .quiet { (self.sum(&unit.id)) } }
                (self.heads(unit))
                ul .org { @for below in self.under(&unit.id) { li { (self.unit(below)) } } }
            }
        }
    }

    fn unit(&self, unit: &'a Unit) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let own = self.open.get(&unit.id).map_or(0, Vec::len);
        let sum = self.sum(&unit.id);
        html! {
            details open[sum > 0] {
                summary {
                    (unit.name.get(lang)) " " span .tag { (unit_kind_name(visitor, &unit.kind)) }
                    @if sum > 0 { " " span .quiet { (tf(lang, "phone.open_n", &[("n", &sum)])) } }
                }
                (self.heads(unit))
                p .help {
                    @if own > 0 { a href={ "/ledgers/all?open=yes&owner=" (show::percent(unit.id.as_str())) } { (tf(lang, "phone.open_n_here", &[("n", &own)])) } " · " }
                    a href={ "/q/" (visitor.place()) "/u/" (unit.id) } { (t(lang, "phone.on_phone")) } " · "
                    a href={ "/codes/units/" (unit.id) } { (t(lang, "phone.codes")) }
                }
                @if !self.under(&unit.id).is_empty() { ul .org { @for below in self.under(&unit.id) { li { (self.unit(below)) } } } }
            }
        }
    }

    /// The posts of a unit and who is on them.
    fn heads(&self, unit: &Unit) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let org = &visitor.world.org;
        let today = date_of(visitor.now);
        let posts = org
            .posts
            .values()
            .filter(|post| post.unit == unit.id && post.valid.covers(today));
        html! {
            dl .org-posts { @for post in posts {
                @let on: Vec<String> = org.persons_on(&post.id, today).map(|person| self.show.person(person)).collect();
                div { dt { (post.name.get(lang)) } dd { @if on.is_empty() { (t(lang, "find.org_vacant")) } @else { (show::text(&on.join(t(lang, "web.list_comma")))) } } }
            } }
        }
    }

    /// How matters of such units climb, and where each open one stands.
    fn ways(&self) -> Markup {
        let lang = self.show.visitor.lang;
        let mut by_mechanism: BTreeMap<&str, Vec<&CaseRow>> = BTreeMap::new();
        for case in self.open.values().flatten() {
            by_mechanism
                .entry(case.mechanism.as_str())
                .or_default()
                .push(case);
        }
        let mechanisms: Vec<&Arc<Mechanism>> = self
            .show
            .visitor
            .mechanisms
            .all()
            .filter(|mechanism| {
                // What begins in grids and nowhere else; other mechanisms only where something is open.
                let owners = &mechanism.open.owners;
                let own = !owners.is_empty() && owners.is_subset(&self.kinds);
                own || by_mechanism.contains_key(mechanism.id.as_str())
            })
            .collect();
        html! {
            @for mechanism in mechanisms {
                @let cases = by_mechanism.get(mechanism.id.as_str()).map_or(&[][..], Vec::as_slice);
                section {
                    h2 { a .plain-link href={ "/mechanisms/" (mechanism.id) } { (mechanism.label.get(lang)) } " " span .num .quiet { (cases.len()) } }
                    (way(mechanism, lang))
                    @if !cases.is_empty() {
                        table .ledger {
                            thead { tr { th scope="col" { (t(lang, "phone.matter")) } th scope="col" { (t(lang, "phone.begun_at")) } th scope="col" { (t(lang, "phone.course")) } th scope="col" { (t(lang, "phone.due")) } } }
                            tbody { @for case in cases { (self.matter(mechanism, case)) } }
                        }
                    }
                }
            }
            @if self.more > 0 { p .quiet { (tf(lang, "phone.more", &[("n", &self.more)])) } }
        }
    }

    fn matter(&self, mechanism: &Mechanism, case: &CaseRow) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        // A case whose state cannot be read has no course to show; its page says why.
        let state = self.show.views.state(case.id).ok().flatten();
        let been: BTreeSet<StageId> = state
            .map(|state| state.tenures.iter().map(|tenure| tenure.stage.clone()).collect())
            .unwrap_or_default();
        html! {
            tr {
                th scope="row" { (show::colour_mark(case.colour, lang)) " " a .row-title href={ "/cases/" (case.id) } { (show::text(case.title.as_deref().unwrap_or(t(lang, "web.erased")))) } }
                td data-label=(t(lang, "phone.begun_at")) { (self.show.unit(&case.owner)) }
                td data-label=(t(lang, "phone.course")) {
                    ol .climb { @for stage in levels(mechanism).filter(|stage| been.contains(&stage.id) || stage.id == case.stage) {
                        li .is-now[stage.id == case.stage] aria-current=[(stage.id == case.stage).then_some("step")] { (stage.label.get(lang)) }
                    }
                    @if !levels(mechanism).any(|stage| stage.id == case.stage) { li .is-now aria-current="step" { (show::stage_name(Some(mechanism), &case.stage, lang)) } } }
                    span .quiet { (self.show.post(&case.holder_post)) }
                }
                td data-label=(t(lang, "phone.due")) { @match case.due_at { Some(due) => { (show::remaining(due, visitor.now, lang)) }, None => { "–" } } }
            }
        }
    }
}

/// The levels that a matter climbs: the stages where somebody works on it, in the order of the file.
fn levels(mechanism: &Mechanism) -> impl Iterator<Item = &Stage> {
    mechanism
        .stages
        .iter()
        .filter(|stage| stage.kind == StageKind::Work)
}

/// The way up: level by level with its holder and limit, and what happens when nobody moves.
fn way(mechanism: &Mechanism, lang: Lang) -> Markup {
    html! {
        ol .climb .levels { @for stage in levels(mechanism) {
            li { strong { (stage.label.get(lang)) } @if let Some(clock) = &stage.clock { " " span .quiet { (limit(clock, lang)) } (ladder(mechanism, clock, lang)) } }
        } }
    }
}

fn limit(clock: &ClockSpec, lang: Lang) -> String {
    match &clock.limit {
        LimitSpec::Rule(rule_of)
        | LimitSpec::Field { or: rule_of, .. }
        | LimitSpec::Choice { or: rule_of, .. } => rule(rule_of, lang),
    }
}

fn ladder(mechanism: &Mechanism, clock: &ClockSpec, lang: Lang) -> Markup {
    let rungs = mechanism
        .ladders
        .get(&clock.ladder)
        .map_or(&[][..], |ladder| ladder.rungs.as_slice());
    let words: Vec<String> = rungs
        .iter()
        .map(|rung| format!("{} {}", rung.label.get(lang), rule(&rung.limit, lang)))
        .collect();
    html! { @if !words.is_empty() { span .quiet .if-late { (tf(lang, "phone.if_late", &[("rungs", &words.join(" → "))])) } } }
}
