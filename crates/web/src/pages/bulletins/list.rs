//! The list of bulletins, what comes next, and the form that drafts one.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::MechanismId;
use bihuan_domain::world::Bulletin;
use bihuan_engine::access::Task;
use bihuan_engine::bulletin::{self, Drafting, Preset, Scope, UnitOrder};
use bihuan_messages::t;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use super::{number, state};
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// What the list is asked for: a period that fills the form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// `week`, `half-month`, `month`.
    period: String,
    /// The step of a guided walk that fills the form.
    fill: String,
}

pub(super) async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let filled = visitor.filled(&asked.fill)?;
            list(visitor, &asked, filled.as_ref(), &[])
        })
        .await
}

pub(super) async fn draft(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let outcome = match drafting(&visitor, &sent) {
        Ok(drafting) => {
            let key = sent.get("key").to_owned();
            let work = move |visitor: &Visitor| {
                Ok(bulletin::draft(&visitor.engine, &visitor.actor(), &key, drafting).map_err(Trouble::from))
            };
            visitor
                .work(work)
                .await?
                .map_err(|trouble| (trouble.status, Problem::from_trouble(&trouble, visitor.lang)))
        }
        Err(problem) => Err((axum::http::StatusCode::UNPROCESSABLE_ENTITY, problem)),
    };
    match outcome {
        Ok(id) => Ok(Redirect::to(&format!("/bulletins/{id}")).into_response()),
        Err((status, problem)) => {
            let page = visitor
                .work(move |visitor| list(visitor, &Asked::default(), Some(&sent), &[problem]))
                .await?;
            Ok((status, page).into_response())
        }
    }
}

/// What the form asks for.
fn drafting(visitor: &Visitor, sent: &Sent) -> Result<Drafting, Problem> {
    let day = |name: &str| {
        sent.get(name)
            .trim()
            .parse::<Date>()
            .map_err(|_| Problem::at(name, visitor.t("report.p_day_needed")))
    };
    let order = if sent.get("order") == "name" {
        UnitOrder::Name
    } else {
        UnitOrder::Overdue
    };
    let mechanisms = sent
        .all("mechanism")
        .filter(|id| !id.is_empty())
        .map(MechanismId::from)
        .collect();
    Ok(Drafting {
        scope: Scope {
            from: day("from")?,
            to: day("to")?,
            mechanisms,
            order,
            sections: Vec::new(),
        },
        signer: sent.filled("signer").map(Into::into),
        remarks: sent
            .get("remarks")
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

fn list(
    visitor: &Visitor,
    asked: &Asked,
    sent: Option<&Sent>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let world = &visitor.world;
    let may_read = |bulletin: &&Bulletin| bulletin::may_read(world, bulletin, &visitor.post, &visitor.sight);
    let mut bulletins: Vec<&Bulletin> = world.bulletins.values().filter(may_read).collect();
    bulletins.sort_by_key(|bulletin| std::cmp::Reverse((bulletin.drafted_at, bulletin.draft.log.size)));
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.nav_bulletins")) }, &beside(visitor)))
        p .lead { (t(lang, "report.p_lead")) }
        (summary(lang, problems))
        @if bulletins.is_empty() { div .empty { p { (t(lang, "report.p_none")) } } }
        @else {
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "report.p_number")) }
                    th scope="col" { (t(lang, "report.p_period")) }
                    th scope="col" { (t(lang, "report.p_state")) }
                    th scope="col" { (t(lang, "report.p_signer")) }
                } }
                tbody { @for bulletin in bulletins { (row(visitor, bulletin)) } }
            }
        }
        (coming(visitor))
        @if visitor.administers() { (form(visitor, asked, sent, !problems.is_empty())) }
    };
    Ok(layout::page(
        visitor,
        t(lang, "web.nav_bulletins"),
        Nav::Bulletins,
        &body,
    ))
}

fn row(visitor: &Visitor, bulletin: &Bulletin) -> Markup {
    let lang = visitor.lang;
    let draft = &bulletin.draft;
    html! {
        tr {
            th .num scope="row" { a .row-title href={ "/bulletins/" (draft.bulletin) } { (number(bulletin)) } }
            td data-label=(t(lang, "report.p_period")) { (show::date(draft.from, lang)) " – " (show::date(draft.to, lang)) }
            td data-label=(t(lang, "report.p_state")) { (state(visitor, bulletin)) }
            td data-label=(t(lang, "report.p_signer")) { (show::post_name(&visitor.world, &draft.signer, lang)) }
        }
    }
}

/// What stands beside the bulletins: meetings, reasons, burden, signs.
fn beside(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    html! {
        a href="/meetings" { (t(lang, "web.meet_title")) }
        a href="/bulletins/reasons" { (t(lang, "web.reasons_title")) }
        a href="/burden" { (t(lang, "burden.p_title")) }
        @if visitor.may(Task::Audit) { a href="/audit" { (t(lang, "audit.p_title")) } }
    }
}

/// What will be drafted by itself next.
fn coming(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let coming = bulletin::coming(&visitor.engine);
    html! {
        section #coming {
            h2 { (t(lang, "report.p_coming")) }
            @if coming.is_empty() { p .quiet { (t(lang, "report.p_coming_none")) } }
            @else {
                table .ledger {
                    thead { tr { th scope="col" { (t(lang, "report.p_coming_what")) } th scope="col" { (t(lang, "report.p_coming_at")) } th scope="col" { (t(lang, "report.p_period")) } } }
                    tbody { @for (template, coming) in &coming {
                        tr {
                            th scope="row" { (template.label.get(lang)) }
                            td data-label=(t(lang, "report.p_coming_at")) { (show::moment(coming.at, lang)) }
                            td data-label=(t(lang, "report.p_period")) { (show::date(coming.period.0, lang)) " – " (show::date(coming.period.1, lang)) }
                        }
                    } }
                }
            }
        }
    }
}

fn form(visitor: &Visitor, asked: &Asked, sent: Option<&Sent>, refused: bool) -> Markup {
    let lang = visitor.lang;
    let today = date_of(visitor.now);
    let presets = [
        ("week", Preset::Week),
        ("half-month", Preset::HalfMonth),
        ("month", Preset::Month),
    ];
    let chosen = presets
        .iter()
        .find(|(name, _)| *name == asked.period)
        .map_or(Preset::Month, |(_, preset)| *preset);
    let (from, to) = bulletin::preset(chosen, today);
    let value = |name: &str, otherwise: String| sent.map_or(otherwise, |sent| sent.get(name).to_owned());
    let signers = bulletin::signers(&visitor.world, visitor.now);
    let key = sent
        .filter(|_| refused)
        .map_or_else(fresh_key, |sent| sent.get("key").to_owned());
    html! {
        section #draft {
            h2 { (t(lang, "report.p_new")) }
            p .actions {
                @for (name, preset) in presets {
                    @let current = asked.period == name || asked.period.is_empty() && preset == Preset::Month;
                    a .button href={ "/bulletins?period=" (name) "#draft" } aria-current=[current.then_some("true")] { (t(lang, &format!("report.p_{name}"))) }
                }
            }
            @let ticked: Vec<&str> = sent.map(|sent| sent.all("mechanism").collect()).unwrap_or_default();
            form .stack method="post" action="/bulletins" {
                (layout::csrf(visitor))
                input type="hidden" name="key" value=(key);
                div .field { label for="from" { (t(lang, "report.p_from")) } input #from type="date" name="from" required value=(value("from", from.to_string())); }
                div .field { label for="to" { (t(lang, "report.p_to")) } input #to type="date" name="to" required value=(value("to", to.to_string())); }
                (scope(visitor, &ticked))
                div .field { label for="order" { (t(lang, "report.p_order")) }
                    select #order name="order" {
                        option value="overdue" { (t(lang, "report.p_order_overdue")) }
                        option value="name" selected[value("order", String::new()) == "name"] { (t(lang, "report.p_order_name")) }
                    }
                }
                div .field { label for="signer" { (t(lang, "report.p_signer")) }
                    select #signer name="signer" required {
                        @for post in &signers {
                            option value=(post) selected[value("signer", String::new()) == post.as_str()] { (show::post_name(&visitor.world, post, lang)) }
                        }
                    }
                }
                div .field { label for="remarks" { (t(lang, "report.p_remarks")) " " span .optional { (t(lang, "web.optional")) } }
                    p .help { (t(lang, "report.p_remarks_help")) }
                    textarea #remarks name="remarks" rows="4" { (value("remarks", String::new())) }
                }
                div .actions { button .primary type="submit" { (t(lang, "report.p_make")) } }
            }
        }
    }
}

/// The mechanisms that are counted, by pack: all unless some are ticked, so that the choice stands folded.
fn scope(visitor: &Visitor, ticked: &[&str]) -> Markup {
    let lang = visitor.lang;
    html! {
        details .field .scope open[!ticked.is_empty()] {
            summary { (t(lang, "report.p_scope")) " " span .optional { (t(lang, "report.p_scope_help")) } }
            @for pack in visitor.mechanisms.packs().iter().filter(|pack| !pack.mechanisms.is_empty()) {
                fieldset {
                    legend { (pack.label.get(lang)) }
                    div .choices { @for mechanism in &pack.mechanisms {
                        label .choice { input type="checkbox" name="mechanism" value=(mechanism.id) checked[ticked.contains(&mechanism.id.as_str())]; span { (mechanism.label.get(lang)) } }
                    } }
                }
            }
        }
    }
}
