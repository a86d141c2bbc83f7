//! The gaming audit (异常提示): signs to look at, beside what all others show; for the supervision office alone.

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::MechanismId;
use bihuan_engine::Failure;
use bihuan_engine::access::Task;
use bihuan_engine::audit::{self, Audit, Detector, Sign};
use bihuan_messages::{t, tf};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Cases of a sign that are listed; the command line names them all.
const LISTED_MAX: usize = 200;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/audit", get(page))
}

/// The period, and the sign that is opened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: String,
    to: String,
    /// `detector/mechanism/unit`.
    sign: String,
}

async fn page(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor.must(Task::Audit)?;
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let today = date_of(visitor.now);
            // The month before, where no period is asked for: this one is not over.
            let last = today.first_of_month().yesterday().unwrap_or(today);
            let day = |text: &str, otherwise: Date| text.trim().parse().unwrap_or(otherwise);
            let (from, to) = (day(&asked.from, last.first_of_month()), day(&asked.to, last));
            let found = match audit::audit(&visitor.engine, from, to) {
                Ok(found) => Ok(found),
                Err(Failure::Refused(refusal)) => Err(refusal.rule.text(lang)),
                Err(failure) => return Err(failure.into()),
            };
            let title = t(lang, "audit.p_title");
            let opened = found.as_ref().ok().and_then(|audit| {
                let wanted = |sign: &&Sign| name(sign) == asked.sign;
                audit.judged.signs.iter().find(wanted)
            });
            let body = html! {
                (layout::heading(Some(t(lang, "web.nav_bulletins")), &html! { (title) }, &html! {}))
                p .lead { (t(lang, "audit.p_lead")) }
                p .quiet { (t(lang, "audit.p_only")) }
                form .filters method="get" action="/audit" {
                    label { (t(lang, "audit.p_from")) input type="date" name="from" value=(from); }
                    label { (t(lang, "audit.p_to")) input type="date" name="to" value=(to); }
                    button type="submit" { (t(lang, "audit.p_look")) }
                }
                @match (&found, opened) {
                    (Err(refused), _) => { p .notice { (refused) } },
                    (Ok(audit), Some(sign)) => { (cases(visitor, audit, sign)?) },
                    (Ok(audit), None) => { (signs(visitor, audit)) (whole(visitor, audit)) },
                }
                section { h2 { (t(lang, "audit.p_how")) } p { (t(lang, "audit.p_how_text")) } }
            };
            Ok(layout::page(visitor, title, Nav::Bulletins, &body))
        })
        .await
}

fn name(sign: &Sign) -> String {
    format!(
        "{}/{}/{}",
        sign.place.detector.name(),
        sign.place.mechanism,
        sign.place.unit
    )
}

fn signs(visitor: &Visitor, audit: &Audit) -> Markup {
    let lang = visitor.lang;
    let judged = &audit.judged;
    html! {
        section #signs {
            h2 { (t(lang, "audit.p_signs")) " " span .num .quiet { (judged.signs.len()) } }
            p { (tf(lang, "audit.p_asked", &[("asked", &show::count(judged.asked)), ("without", &show::count(judged.without_base))])) }
            @if judged.asked == 0 { p .notice { (t(lang, "audit.p_nothing_compared")) } }
            @else if judged.signs.is_empty() { p .quiet { (t(lang, "audit.p_none")) } }
            @else {
                table .ledger {
                    thead { tr {
                        th scope="col" { (t(lang, "audit.p_what")) }
                        th scope="col" { (t(lang, "audit.p_unit")) }
                        th scope="col" { (t(lang, "audit.p_share")) }
                        th scope="col" { (t(lang, "audit.p_base")) }
                        th scope="col" { (t(lang, "audit.p_odds")) }
                    } }
                    tbody { @for sign in &judged.signs {
                        @let address = format!("/audit?from={}&to={}&sign={}", audit.from, audit.to, show::percent(&name(sign)));
                        tr {
                            th scope="row" {
                                span .row-title { (what(visitor, sign.place.detector)) }
                                span .row-note { (mechanism(visitor, &sign.place.mechanism)) }
                            }
                            td data-label=(t(lang, "audit.p_unit")) { (show::unit_name(&visitor.world, &sign.place.unit, lang)) }
                            td data-label=(t(lang, "audit.p_share")) { a .num href=(address) { (share(sign.share.k, sign.share.n)) } }
                            td .num data-label=(t(lang, "audit.p_base")) { (share(sign.base.0, sign.base.1)) span .quiet { (tf(lang, "audit.p_base_of", &[("units", &sign.base.2)])) } }
                            td .num data-label=(t(lang, "audit.p_odds")) { (tf(lang, "audit.p_once_in", &[("n", &show::count(sign.once_in))])) }
                        }
                    } }
                }
            }
        }
    }
}

/// What the whole place shows, whoever does it: where all do the same, nobody stands out.
fn whole(visitor: &Visitor, audit: &Audit) -> Markup {
    let lang = visitor.lang;
    html! {
        section #whole {
            h2 { (t(lang, "audit.p_whole")) }
            table .ledger {
                thead { tr { th scope="col" { (t(lang, "audit.p_what")) } th scope="col" { (t(lang, "audit.p_whole")) } } }
                tbody { @for (detector, (k, n)) in &audit.judged.whole {
                    tr {
                        th scope="row" {
                            span .row-title { (what(visitor, *detector)) }
                            span .row-note { (t(lang, &format!("audit.x_{}", detector.name()))) }
                        }
                        td .num data-label=(t(lang, "audit.p_whole")) { (share(*k, *n)) }
                    }
                } }
            }
        }
    }
}

fn cases(visitor: &Visitor, audit: &Audit, sign: &Sign) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let mut states = Vec::new();
    for case in sign.share.cases.iter().take(LISTED_MAX) {
        states.extend(views.state(case)?.filter(|state| visitor.sight.covers(state)));
    }
    Ok(html! {
        section #cases {
            h2 { (what(visitor, sign.place.detector)) " · " (show.unit(&sign.place.unit)) " " span .num .quiet { (share(sign.share.k, sign.share.n)) } }
            p { (t(lang, &format!("audit.x_{}", sign.place.detector.name()))) }
            p .quiet { (mechanism(visitor, &sign.place.mechanism)) "。" (t(lang, "audit.p_base")) " " (share(sign.base.0, sign.base.1)) (tf(lang, "audit.p_base_of", &[("units", &sign.base.2)])) }
            p .actions { a .button href={ "/audit?from=" (audit.from) "&to=" (audit.to) } { (t(lang, "audit.p_back")) } }
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "audit.p_cases")) }
                    th scope="col" { (t(lang, "report.x_opened")) }
                    th scope="col" { (t(lang, "report.x_closed")) }
                } }
                tbody { @for state in &states { tr {
                    th scope="row" {
                        a .row-title href={ "/cases/" (state.id) } { (show::text(&show.sealed(&state.title))) }
                        span .row-note { @if let Some(number) = &state.number { span .num { (number.text) } } @else { "#" (state.id) } }
                    }
                    td data-label=(t(lang, "report.x_opened")) { (show::moment(state.opened_at, lang)) }
                    td data-label=(t(lang, "report.x_closed")) { @if let Some(closed) = &state.closed { (show::moment(closed.at, lang)) } @else { span .quiet { "–" } } }
                } } }
            }
        }
    })
}

fn what(visitor: &Visitor, detector: Detector) -> &'static str {
    t(visitor.lang, &format!("audit.d_{}", detector.name()))
}

fn mechanism(visitor: &Visitor, id: &MechanismId) -> String {
    let known = visitor.mechanisms.current(id);
    known.map_or_else(
        || id.to_string(),
        |known| known.label.get(visitor.lang).to_owned(),
    )
}

/// `12/40（30.00%）`.
fn share(k: u64, n: u64) -> String {
    match bihuan_engine::bulletin::percent(k, n) {
        Some(percent) => format!("{}/{} · {percent}%", show::count(k), show::count(n)),
        // Nothing was looked at: neither a number nor nought.
        None => "–".to_owned(),
    }
}
