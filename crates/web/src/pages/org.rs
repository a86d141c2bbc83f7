//! Units, posts and who is on them today (单位和岗位), as a tree: whom a matter can go to, and who answers there.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{PostId, UnitId};
use bihuan_domain::org::{Post, Unit};
use bihuan_messages::{t, tf};
use jiff::civil::Date;
use maud::{Markup, html};

use crate::Web;
use crate::layout::{self, Nav};
use crate::pages::mechanisms::{function_name, unit_kind_name};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/org", get(org))
}

async fn org(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.work(page).await
}

fn page(visitor: &Visitor) -> Result<Markup, Trouble> {
    let (lang, views) = (visitor.lang, visitor.views()?);
    let show = Show {
        visitor,
        views: &views,
    };
    let tree = Tree::of(&show);
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "find.org_title")) }, &html! {}))
        p .lead { (tf(lang, "find.org_lead", &[("units", &show::count(tree.units)), ("posts", &show::count(tree.posts)), ("empty", &show::count(tree.vacant))])) }
        (tree.below(None))
    };
    Ok(layout::page(
        visitor,
        t(lang, "find.org_title"),
        Nav::Mechanisms,
        &body,
    ))
}

/// The units of today with their posts.
struct Tree<'a> {
    show: &'a Show<'a>,
    today: Date,
    children: BTreeMap<Option<&'a UnitId>, Vec<&'a Unit>>,
    by_unit: BTreeMap<&'a UnitId, Vec<&'a Post>>,
    units: u64,
    posts: u64,
    /// Posts that nobody is on.
    vacant: u64,
}

impl<'a> Tree<'a> {
    fn of(show: &'a Show<'a>) -> Tree<'a> {
        let org = &show.visitor.world.org;
        let today = date_of(show.visitor.now);
        let mut tree = Tree {
            show,
            today,
            children: BTreeMap::new(),
            by_unit: BTreeMap::new(),
            units: 0,
            posts: 0,
            vacant: 0,
        };
        for unit in org.units.values().filter(|unit| unit.valid.covers(today)) {
            // A unit whose superior has ended stands at the top rather than nowhere.
            let parent = unit.parent.as_ref();
            let parent = parent.filter(|parent| org.unit_on(parent, today).is_some());
            tree.children.entry(parent).or_default().push(unit);
            tree.units += 1;
        }
        for post in org.posts.values().filter(|post| post.valid.covers(today)) {
            tree.by_unit.entry(&post.unit).or_default().push(post);
            tree.posts += 1;
            tree.vacant += u64::from(org.persons_on(&post.id, today).next().is_none());
        }
        tree
    }

    /// The units under one, those of a kind together.
    fn below(&self, parent: Option<&'a UnitId>) -> Markup {
        let lang = self.show.visitor.lang;
        let mut kinds: BTreeMap<String, Vec<&Unit>> = BTreeMap::new();
        for unit in self.children.get(&parent).into_iter().flatten() {
            let kind = unit_kind_name(self.show.visitor, &unit.kind);
            kinds.entry(kind).or_default().push(unit);
        }
        let many = kinds.len() > 1;
        html! {
            @for (kind, units) in &kinds {
                @if many { p .org-kind { (kind) " " span .num { (show::count(u64::try_from(units.len()).unwrap_or(0))) } } }
                ul .org { @for unit in units { li { (self.unit(unit, lang, parent.is_none())) } } }
            }
        }
    }

    fn unit(&self, unit: &'a Unit, lang: bihuan_messages::Lang, open: bool) -> Markup {
        let posts = self.by_unit.get(&unit.id).map_or(&[][..], Vec::as_slice);
        let functions = unit.functions.iter();
        let functions: Vec<String> = functions
            .map(|function| function_name(self.show.visitor, function))
            .collect();
        html! {
            details #{ "unit-" (unit.id) } open[open] {
                summary { (unit.name.get(lang)) @if !unit.has_accounts { " " span .tag { (t(lang, "find.org_no_accounts")) } } }
                @if !functions.is_empty() { p .help { (tf(lang, "find.org_functions", &[("functions", &functions.join(t(lang, "web.list_comma")))])) } }
                @if !posts.is_empty() {
                    dl .org-posts { @for post in posts {
                        div #{ "post-" (post.id) } { dt { (post.name.get(lang)) } dd { (self.holders(&post.id)) } }
                    } }
                }
                p .help { a href={ "/ledgers/all?owner=" (show::percent(unit.id.as_str())) } { (t(lang, "find.org_cases")) } }
                (self.below(Some(&unit.id)))
            }
        }
    }

    fn holders(&self, post: &PostId) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let here = visitor
            .world
            .org
            .appointments
            .iter()
            .filter(|one| one.post == *post && one.valid.covers(self.today));
        let here: Vec<_> = here.collect();
        html! {
            @if here.is_empty() { span .late { (t(lang, "find.org_vacant")) } }
            @for (n, one) in here.iter().enumerate() {
                @if n > 0 { (t(lang, "web.list_comma")) }
                (self.show.person(&one.person))
                @if let Some(away) = &one.acting_for { " " span .tag { (tf(lang, "find.org_acting", &[("who", &self.show.person(away))])) } }
            }
        }
    }
}
