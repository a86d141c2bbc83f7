//! The rule itself on a mechanism's page: who does what by when, how it begins, side moves, how it ends.

use bihuan_domain::mechanism::{RequestKind, Risk, Role, Stage, StageKind};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::words::{Words, unit_kind};
use crate::pages::case::rule;
use crate::pages::desk::request_key;
use crate::pages::new_case::source_key;

impl Words<'_> {
    /// Who does what by when: one line a stage.
    pub(super) fn duties(&self) -> Markup {
        let lang = self.lang();
        let shown = self
            .mechanism
            .stages
            .iter()
            .filter(|stage| !matches!(stage.kind, StageKind::Closed | StageKind::Void));
        let heads = [
            "web.mech_stage",
            "web.mech_holder",
            "web.mech_does",
            "web.mech_limit",
            "web.mech_late",
        ];
        html! {
            div .scroll tabindex="0" role="region" aria-label=(t(lang, "web.mech_duties")) {
                table .ledger .duties .cells {
                    thead { tr { @for head in heads { th scope="col" { (t(lang, head)) } } } }
                    tbody { @for stage in shown { (self.duty(stage)) } }
                }
            }
        }
    }

    fn duty(&self, stage: &Stage) -> Markup {
        let lang = self.lang();
        let role = stage
            .holder
            .as_ref()
            .and_then(|holder| self.mechanism.roles.get(holder));
        html! {
            tr {
                td .is-title data-label=(t(lang, "web.mech_stage")) {
                    strong { (stage.label.get(lang)) } " " span .tag { (t(lang, super::kind_key(stage.kind))) }
                }
                td data-label=(t(lang, "web.mech_holder")) {
                    @match role {
                        Some(role) => { (self.post(role)) },
                        None => { a href="#closing" { (t(lang, "web.mech_verifies")) } },
                    }
                }
                td data-label=(t(lang, "web.mech_does")) .is-empty[stage.steps.is_empty()] {
                    ul .steps { @for step in &stage.steps {
                        li { (step.label.get(lang))
                            ul .quiet .said { @for said in self.step(step, &stage.id) { li { (said) } } } }
                    } }
                    @if let Some(rework) = &stage.rework {
                        p .quiet { (tf(lang, "web.rework_to", &[("stage", &self.stage(rework))])) }
                    }
                }
                td data-label=(t(lang, "web.mech_limit")) .is-empty[stage.clock.is_none()] {
                    @if let Some(clock) = &stage.clock {
                        (self.limit(clock))
                        @if let Some(warned) = self.warned(clock) { p .quiet { (warned) } }
                    }
                }
                td data-label=(t(lang, "web.mech_late")) .is-empty[stage.clock.is_none()] {
                    @if let Some(clock) = &stage.clock {
                        @if let Some(ladder) = self.mechanism.ladders.get(&clock.ladder) {
                            a href={ "#ladder-" (ladder.id) } { (ladder.label.get(lang)) }
                        }
                        @if let Some(exit) = &stage.exit {
                            p .quiet { (tf(lang, "web.mech_exit", &[("stage", &self.stage(&exit.to))])) }
                        }
                    }
                }
            }
        }
    }

    /// A role with how it is found and who that is here.
    pub(super) fn post(&self, role: &Role) -> Markup {
        html! {
            strong { (role.label.get(self.lang())) }
            p .quiet { (self.found(role)) }
            @if let Some(here) = self.here(role) { (local(here)) }
        }
    }

    /// The ladders that its clocks climb.
    pub(super) fn ladders(&self) -> Markup {
        let lang = self.lang();
        html! { div .ladders { @for ladder in self.mechanism.ladders.values() {
            div id={ "ladder-" (ladder.id) } {
                h3 { (ladder.label.get(lang)) }
                ol .rungs { @for rung in &ladder.rungs {
                    li { strong { (rung.label.get(lang)) } " " (self.role(&rung.to)) " "
                        span .quiet { (rule(&rung.limit, lang)) }
                        @if rung.bulletin { " " span .tag { (t(lang, "web.rung_bulletin")) } } }
                } }
            }
        } } }
    }

    /// How a case comes to be.
    pub(super) fn begins(&self) -> Markup {
        let lang = self.lang();
        let open = &self.mechanism.open;
        let stages = std::iter::once(&open.stage).chain(&open.stages);
        html! {
            dl .facts .wide-facts {
                @if !open.by.is_empty() {
                    dt { (t(lang, "web.mech_opened_by")) }
                    dd { (self.roles(&open.by)) }
                }
                dt { (t(lang, "web.mech_comes_from")) }
                dd { (self.join(open.from.iter().map(|kind| t(lang, source_key(*kind)).to_owned()))) }
                dt { (t(lang, "web.mech_owners")) }
                dd {
                    @if open.owners.is_empty() { (t(lang, "web.mech_owners_any")) }
                    @else { (self.join(open.owners.iter().map(|kind| unit_kind(self.visitor, kind)))) }
                }
                dt { (t(lang, "web.mech_first_stage")) }
                dd { (self.join(stages.map(|stage| self.stage(stage)))) }
                @if let Some(schedule) = &open.schedule {
                    dt { (t(lang, "web.mech_schedule")) }
                    dd { (tf(lang, "web.mech_schedule_for", &[("every", &schedule.cadence.label().get(lang)), ("units", &self.units(&schedule.units))])) }
                }
                @if let Some(on) = &open.on {
                    dt { (t(lang, "web.mech_on_row")) }
                    dd {
                        @let key = if on.when.is_some() { "web.mech_on_row_when" } else { "web.mech_on_row_any" };
                        a href={ "/registers/" (on.register) } { (tf(lang, key, &[("register", &self.register(&on.register))])) }
                    }
                }
                @if !open.unique.is_empty() {
                    dt { (t(lang, "web.mech_unique")) }
                    dd { (tf(lang, "web.mech_unique_by", &[("fields", &self.join(open.unique.iter().map(|field| self.field(field))))])) }
                }
                @if let Some(which) = self.emergencies() {
                    dt { (t(lang, "web.mech_emergencies")) }
                    dd { (which) " " span .quiet { (t(lang, "web.mech_emergencies_told")) } }
                }
                @if let Some(progress) = &self.mechanism.progress {
                    dt { (t(lang, "web.mech_progress")) }
                    dd { (progress.label.get(lang)) " " span .quiet { (progress.cadence.label().get(lang)) " · " (self.role(&progress.by)) } }
                }
                @if let Some(children) = &self.mechanism.children {
                    dt { (t(lang, "web.mech_children")) }
                    dd {
                        @let child = self.visitor.mechanisms.current(&children.mechanism);
                        @let name = child.map_or_else(|| children.mechanism.to_string(), |child| child.label.get(lang).to_owned());
                        a href={ "/mechanisms/" (children.mechanism) } {
                            (tf(lang, "web.mech_children_of", &[("mechanism", &name), ("join", &self.joined(children.join))]))
                        }
                    }
                }
            }
        }
    }

    /// What may be asked for.
    pub(super) fn requests(&self) -> Markup {
        let lang = self.lang();
        html! {
            dl .facts .wide-facts { @for (kind, spec) in &self.mechanism.requests {
                dt { (t(lang, request_key(*kind))) }
                dd {
                    (tf(lang, "web.mech_asked_by", &[("who", &self.roles(&spec.by))])) " "
                    (tf(lang, "web.request_rule", &[("who", &self.role(&spec.approver)), ("limit", &rule(&spec.limit, lang)), ("cap", &spec.cap)]))
                    @if let Some(most) = &spec.at_most {
                        p .quiet { (tf(lang, "web.mech_most", &[("limit", &rule(most, lang))])) }
                    }
                    @if !spec.reasons.is_empty() {
                        @let reasons = spec.reasons.iter().map(|(_, label)| label.get(lang).to_owned());
                        p .quiet { (tf(lang, "web.mech_reasons", &[("reasons", &self.join(reasons))])) }
                    }
                    @if let (Some(to), false) = (&spec.to, *kind == RequestKind::Void) {
                        p .quiet { (tf(lang, "web.mech_to", &[("stage", &self.stage(to))])) }
                    }
                }
            } }
        }
    }

    /// How it ends: the condition, who verifies, look-back.
    pub(super) fn closing(&self) -> Markup {
        let lang = self.lang();
        let closing = &self.mechanism.closing;
        let several = closing.verify.len() > 1;
        html! {
            dl .facts .wide-facts {
                dt { (t(lang, "web.mech_condition")) }
                dd { (closing.says.get(lang)) details .fold { summary { (t(lang, "web.mech_file")) } div { code { (closing.when_text) } } } }
                dt { (t(lang, "web.mech_verification")) }
                dd { @for (risk, way) in &closing.verify {
                    p {
                        @if several { (t(lang, if *risk == Risk::Major { "web.mech_risk_major" } else { "web.mech_risk_ordinary" })) }
                        (self.way(way))
                    }
                    @if let Some(here) = self.way_here(way) { (local(here)) }
                } }
                @if let Some(rework) = self.mechanism.stages.iter().find_map(|stage| stage.rework.as_ref()) {
                    dt { (t(lang, "web.mech_failed")) }
                    dd { (tf(lang, "web.rework_to", &[("stage", &self.stage(rework))])) }
                }
                @if let Some(clock) = &self.mechanism.clock {
                    dt { (t(lang, "web.clock_case")) }
                    dd { (self.limit(clock)) @if let Some(warned) = self.warned(clock) { p .quiet { (warned) } } }
                }
                @if let Some(look) = &closing.look_back {
                    dt { (t(lang, "web.mech_look_back")) }
                    dd { (tf(lang, "web.mech_look_back_by", &[
                        ("after", &rule(&look.after, lang)), ("num", &look.num), ("den", &look.den), ("who", &self.role(&look.by)),
                        ("limit", &rule(&look.limit, lang)), ("stage", &self.stage(&look.redo)),
                    ])) }
                }
            }
        }
    }
}

/// The posts of this jurisdiction; that there is none is something to be mended.
fn local(here: Result<String, &'static str>) -> Markup {
    match here {
        Ok(posts) => html! { p .here { (posts) } },
        Err(none) => html! { p .wrong { (none) } },
    }
}
