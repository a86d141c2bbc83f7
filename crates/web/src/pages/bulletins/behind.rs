//! The cases behind a figure, as they were counted.

use bihuan_domain::world::Bulletin;
use bihuan_engine::bulletin::{self, CaseSet, Content};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use super::{number, readable};
use crate::components::pager::pager;
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const PAGE: u64 = 50;

/// Which figure's cases are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Behind {
    figure: String,
    page: u64,
}

pub(super) async fn cases(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Behind>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let (bulletin, content) = readable(visitor, &id.into())?;
            let content = content.ok_or_else(Trouble::not_found)?;
            let set = content
                .figures
                .cases(&asked.figure)
                .ok_or_else(Trouble::not_found)?;
            behind(visitor, &bulletin, &content, &asked, set)
        })
        .await
}

fn behind(
    visitor: &Visitor,
    bulletin: &Bulletin,
    content: &Content,
    asked: &Behind,
    set: &CaseSet,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let page = asked.page.max(1);
    let skip = usize::try_from(page.saturating_sub(1).saturating_mul(PAGE)).unwrap_or(usize::MAX);
    let take = usize::try_from(PAGE).unwrap_or(0);
    let mut rows = Vec::new();
    let mut hidden = 0u32;
    for id in set.iter().skip(skip).take(take) {
        match views.state(id)?.filter(|state| visitor.sight.covers(state)) {
            Some(state) => rows.push(state),
            None => hidden += 1,
        }
    }
    let (unit, id) = match asked
        .figure
        .strip_prefix("unit/")
        .and_then(|rest| rest.rsplit_once('/'))
    {
        Some((unit, id)) => (Some(content.unit(&unit.into(), lang)), id),
        None => (None, asked.figure.as_str()),
    };
    let rate = content.figures.rates.iter().find(|rate| rate.id.as_str() == id);
    let counted = rate.map_or(id, |rate| rate.num.as_str());
    let known = content.definitions.get(id);
    let title = known.map_or(id, |known| known.name.get(lang));
    let query = content
        .figures
        .count(counted)
        .and_then(|count| count.query.as_deref())
        .filter(|_| unit.is_none());
    let body = html! {
        (layout::heading(Some(number(bulletin)), &html! { @if let Some(unit) = &unit { (unit) " · " } (title) " " span .num { (show::count(set.len())) } }, &html! {
            a .button href={ "/bulletins/" (bulletin.draft.bulletin) } { (t(lang, "report.p_back")) }
        }))
        @if let Some(known) = known { p .lead { (known.counts.get(lang)) } }
        @if let Some(rate) = rate {
            p { (tf(lang, "report.p_numerator", &[("num", &rate.rate.num)])) " "
                a href=(bulletin::figure_link(content, rate.base.as_str())) { (tf(lang, "report.p_base", &[("base", &rate.rate.base)])) } }
        }
        p .quiet { (tf(lang, "report.p_frozen", &[("as_of", &show::moment_text(bulletin.draft.as_of, lang))]))
            @if let Some(query) = query { " " a href=(query) { (t(lang, "report.p_live")) } } }
        @if hidden > 0 { p .quiet { (tf(lang, "report.p_hidden", &[("n", &hidden)])) } }
        table .ledger {
            thead { tr {
                th scope="col" { (t(lang, "web.case_title")) }
                th scope="col" { (t(lang, "web.owner")) }
                th scope="col" { (t(lang, "web.stage")) }
                th scope="col" { (t(lang, "report.x_opened")) }
                th scope="col" { (t(lang, "report.x_closed")) }
            } }
            tbody {
                @for state in &rows {
                    @let mechanism = visitor.mechanisms.by_digest(&state.mechanism.digest);
                    tr {
                        th scope="row" {
                            a .row-title href={ "/cases/" (state.id) } { (show::text(&show.sealed(&state.title))) }
                            span .row-note { @if let Some(number) = &state.number { span .num { (number.text) } } @else { "#" (state.id) } }
                        }
                        td data-label=(t(lang, "web.owner")) { (show.unit(&state.owner)) }
                        td data-label=(t(lang, "web.stage")) { (show::stage_name(mechanism.as_deref(), &state.stage, lang)) }
                        td data-label=(t(lang, "report.x_opened")) { (show::moment(state.opened_at, lang)) }
                        td data-label=(t(lang, "report.x_closed")) { @if let Some(closed) = &state.closed { (show::moment(closed.at, lang)) } @else { span .quiet { "–" } } }
                    }
                }
            }
        }
        (pager(lang, page, PAGE, set.len(), |n| format!("/bulletins/{}/cases?figure={}&page={n}", bulletin.draft.bulletin, show::percent(&asked.figure))))
    };
    Ok(layout::page(visitor, title, Nav::Bulletins, &body))
}
