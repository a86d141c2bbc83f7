//! The mechanisms (机制): what each is for, its stages with who holds them and for how long, its ladder and its closing.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use bihuan_domain::id::{LadderId, MechanismId, RoleId};
use bihuan_domain::mechanism::{ClockSpec, Mechanism, Stage, StageKind};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use super::case::rule;
use crate::Web;
use crate::layout::{self, Nav};
use crate::pages::desk::request_key;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/mechanisms", get(index))
        .route("/mechanisms/{id}", get(mechanism))
}

async fn index(visitor: Visitor) -> Markup {
    let lang = visitor.lang;
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.mechanisms_title")) }, &html! {}))
        p .lead { (t(lang, "web.mechanisms_lead")) }
        @for pack in visitor.mechanisms.packs() {
            @if !pack.mechanisms.is_empty() {
                section {
                    h2 { (pack.label.get(lang)) }
                    ul .index { @for mechanism in &pack.mechanisms {
                        li { span .code { (mechanism.number) } div {
                            a .row-title href={ "/mechanisms/" (mechanism.id) } { (mechanism.label.get(lang)) }
                            span .row-note { (mechanism.purpose.get(lang)) }
                        } }
                    } }
                }
            }
        }
        @let registers: Vec<_> = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers).collect();
        @if !registers.is_empty() {
            section {
                h2 { (t(lang, "web.registers")) }
                ul .index { @for register in registers {
                    li { span .code .num { (visitor.world.registers.count(&register.id)) } div {
                        a .row-title href={ "/registers/" (register.id) } { (register.label.get(lang)) }
                    } }
                } }
            }
        }
    };
    layout::page(&visitor, t(lang, "web.mechanisms_title"), Nav::Mechanisms, &body)
}

async fn mechanism(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    let mechanism = visitor
        .mechanisms
        .current(&MechanismId::from(id))
        .ok_or_else(Trouble::not_found)?;
    let lang = visitor.lang;
    let about = About {
        mechanism: &mechanism,
        lang,
    };
    let aside = html! { a .button href={ "/ledgers/" (mechanism.id) } { (t(lang, "web.open_ledger")) } };
    let body = html! {
        (layout::heading(Some(&mechanism.number), &html! { (mechanism.label.get(lang)) }, &aside))
        p .lead { (mechanism.purpose.get(lang)) }
        p .quiet { (mechanism.source.get(lang)) }
        section { h2 { (t(lang, "web.stages")) } (about.stages()) }
        @if let Some(clock) = &mechanism.clock {
            section { h2 { (t(lang, "web.clock_case")) } p { (about.clock(clock)) } }
        }
        section { h2 { (t(lang, "web.closing")) }
            p { (mechanism.closing.says.get(lang)) } p { code { (mechanism.closing.when_text) } }
            p { (t(lang, "web.verified_by")) " "
                @for (n, way) in mechanism.closing.verify.values().enumerate() { @if n > 0 { (t(lang, "web.list_comma")) } (t(lang, super::case::way_key(way.name()))) }
            }
            @if let Some(look) = &mechanism.closing.look_back {
                p { (tf(lang, "web.look_back_share", &[("num", &look.num), ("den", &look.den), ("after", &rule(&look.after, lang))])) }
            }
        }
        section { h2 { (t(lang, "web.ladders")) } @for ladder in mechanism.ladders.keys() { (about.ladder(ladder)) } }
        @if !mechanism.requests.is_empty() {
            section { h2 { (t(lang, "web.requests")) }
                dl .facts .wide-facts { @for (kind, spec) in &mechanism.requests {
                    dt { (t(lang, request_key(*kind))) }
                    dd { (tf(lang, "web.request_rule", &[("who", &about.role(&spec.approver)), ("limit", &rule(&spec.limit, lang)), ("cap", &spec.cap)])) }
                } }
            }
        }
        section { h2 { (t(lang, "web.fields")) }
            table .plain { tbody { @for field in &mechanism.fields {
                tr { th scope="row" { (field.label.get(lang)) @if field.required { " " span .tag { (t(lang, "web.required")) } } }
                    td .quiet { @if let Some(help) = &field.help { (help.get(lang)) } @if let Some(unit) = &field.unit { " " (unit.get(lang)) } } }
            } } }
        }
        p .quiet { (t(lang, "web.definition")) " " code { (mechanism.digest) } }
    };
    Ok(layout::page(
        &visitor,
        mechanism.label.get(lang),
        Nav::Mechanisms,
        &body,
    ))
}

struct About<'a> {
    mechanism: &'a Mechanism,
    lang: Lang,
}

impl About<'_> {
    fn role(&self, role: &RoleId) -> String {
        let found = self.mechanism.roles.get(role);
        found.map_or_else(|| role.to_string(), |role| role.label.get(self.lang).to_owned())
    }

    fn stages(&self) -> Markup {
        html! { ol .stages { @for stage in &self.mechanism.stages { li { (self.stage(stage)) } } } }
    }

    fn stage(&self, stage: &Stage) -> Markup {
        let lang = self.lang;
        html! {
            p .stage-name { strong { (stage.label.get(lang)) } " " span .tag { (t(lang, kind_key(stage.kind))) } }
            p .quiet {
                @if let Some(holder) = &stage.holder { (tf(lang, "web.held_by", &[("who", &self.role(holder))])) " " }
                @if let Some(clock) = &stage.clock { (self.clock(clock)) }
            }
            @if !stage.steps.is_empty() {
                ul .steps { @for step in &stage.steps {
                    li { (step.label.get(lang)) " → " (show::stage_name(Some(self.mechanism), &step.to, lang))
                        @if let Some(when) = &step.when_text { " " code { (when) } } }
                } }
            }
            @if let Some(rework) = &stage.rework {
                p .quiet { (tf(lang, "web.rework_to", &[("stage", &show::stage_name(Some(self.mechanism), rework, lang))])) }
            }
        }
    }

    fn clock(&self, clock: &ClockSpec) -> String {
        let lang = self.lang;
        let limit = self.mechanism.limit_label(clock);
        let limit = limit.get(lang);
        let ladder = self
            .mechanism
            .ladders
            .get(&clock.ladder)
            .map_or("", |ladder| ladder.label.get(lang));
        tf(
            lang,
            "web.limit_ladder",
            &[("limit", &limit), ("ladder", &ladder)],
        )
    }

    fn ladder(&self, id: &LadderId) -> Markup {
        let lang = self.lang;
        let Some(ladder) = self.mechanism.ladders.get(id) else {
            return html! {};
        };
        html! {
            h3 { (ladder.label.get(lang)) }
            ol .rungs { @for rung in &ladder.rungs {
                li { strong { (rung.label.get(lang)) } " " (self.role(&rung.to)) " "
                    span .quiet { (rule(&rung.limit, lang)) }
                    @if rung.bulletin { " " span .tag { (t(lang, "web.rung_bulletin")) } } }
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
