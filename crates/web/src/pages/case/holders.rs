//! The holder bar (环节用时): who held the case for how long, as a bar and as its table.

use std::collections::BTreeMap;

use bihuan_domain::case::State;
use bihuan_domain::id::PostId;
use bihuan_domain::mechanism::Mechanism;
use bihuan_messages::t;
use jiff::Timestamp;
use maud::{Markup, html};

use crate::show::{self, Show};

/// Tints of the bar; who held it longest gets the darkest.
const TINTS: usize = 6;

pub(super) fn bar(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let end = state.closed.as_ref().map_or(visitor.now, |closed| closed.at);
    let pieces: Vec<(&PostId, &bihuan_domain::id::StageId, u64)> = state
        .tenures
        .iter()
        .map(|tenure| {
            (
                &tenure.holder.post,
                &tenure.stage,
                seconds(tenure.from, tenure.to.unwrap_or(end)),
            )
        })
        .collect();
    let whole: u64 = pieces.iter().map(|(_, _, held)| held).sum();
    let mut by_post: BTreeMap<&PostId, u64> = BTreeMap::new();
    for (post, _, held) in &pieces {
        *by_post.entry(post).or_default() += held;
    }
    let mut order: Vec<(&PostId, u64)> = by_post.into_iter().collect();
    order.sort_by_key(|(_, held)| std::cmp::Reverse(*held));
    let tint = |post: &PostId| {
        order
            .iter()
            .position(|(known, _)| *known == post)
            .unwrap_or(0)
            .min(TINTS - 1)
    };
    let mut x = 0;
    let rects: Vec<(u64, u64, usize, String)> = pieces
        .iter()
        .map(|(post, stage, held)| {
            let width = held.saturating_mul(1000).checked_div(whole).unwrap_or(0).max(2);
            let at = x;
            x += width;
            let stage = show::stage_name(Some(mechanism), stage, lang);
            (
                at,
                width,
                tint(post),
                format!("{} · {stage} · {}", show.post(post), show::duration(*held, lang)),
            )
        })
        .collect();
    let day = |at| show::date(bihuan_domain::calendar::date_of(at), lang);
    let from = state
        .tenures
        .first()
        .map_or(state.opened_at, |tenure| tenure.from);
    let until = if state.closed.is_some() {
        day(end)
    } else {
        t(lang, "web.holder_now").to_owned()
    };
    html! {
        @if whole > 0 {
            section .card {
                h2 { (t(lang, "web.holder_time")) }
                svg .holders viewBox={ "0 0 " (x.max(1)) " 40" } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                    @for (x, width, tint, words) in &rects {
                        rect class={ "tint-" (tint) } x=(x) y="0" width=(width) height="40" { title { (words) } }
                    }
                }
                p .holders-ends { span { (day(from)) } span { (until) } }
                table .plain {
                    thead .sr { tr { th { (t(lang, "web.holder")) } th { (t(lang, "web.held")) } } }
                    tbody {
                        @for (post, held) in &order {
                            tr {
                                td { svg .swatch viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" { rect class={ "tint-" (tint(post)) } width="12" height="12" {} } " " (show.post(post)) }
                                td .amount { (show::duration(*held, lang)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or(0)
}
