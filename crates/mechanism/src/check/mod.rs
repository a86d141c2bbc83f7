//! The soundness checker: each rule a function of its own, named for the fault that it finds.
//!
//! Every rule sees the whole file and reports all that it finds; none relies on another having passed.

mod bulletins;
mod calendars;
mod clocks;
mod closing;
mod data;
mod flow;
mod grass_roots;
mod indicators;
mod names;
mod openings;
mod org;
mod requests;
mod schemes;
mod steps;

use std::collections::BTreeMap;

use bihuan_domain::mechanism::{Field, SourceKind, StageKind};
use bihuan_messages::Message;

use crate::expr::{Items, Names, case_items};
use crate::read::{Sink, Sp, nearest};
use crate::surroundings::Surroundings;
use crate::syntax::mechanism::{MechanismAst, StageAst, StepAst};
use crate::syntax::pack::PartsAst;
use crate::syntax::parts::{Finder, LadderAst, RoleAst};
use crate::text::joined;

/// A mechanism file under examination.
pub(crate) struct Subject<'a> {
    pub(crate) ast: &'a MechanismAst,
    /// The text of the file, for places inside expressions.
    pub(crate) raw: &'a str,
    /// What packs declare.
    pub(crate) around: &'a Surroundings,
    /// Every mechanism given, by code.
    pub(crate) mechanisms: &'a BTreeMap<String, Kin>,
    /// Roles of the file, else of the packs.
    pub(crate) roles: BTreeMap<&'a str, &'a RoleAst>,
    /// Ladders of the file, else of the packs.
    pub(crate) ladders: BTreeMap<&'a str, &'a LadderAst>,
    /// Fields as the model knows them.
    pub(crate) fields: Vec<Field>,
}

/// What other mechanisms must know of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin {
    /// A case of it as a row.
    pub(crate) items: Items,
    /// Its fields.
    pub(crate) fields: Vec<Field>,
    /// Its title.
    pub(crate) title: Option<String>,
    /// What its cases may come from.
    pub(crate) from: Vec<SourceKind>,
    /// Which mechanism it spawns by itself.
    pub(crate) spawns: Option<String>,
    /// Registers into which its steps write.
    pub(crate) adds: Vec<String>,
}

/// A rule.
type Rule = fn(&Subject<'_>, &mut Sink<'_>);

/// All rules about one mechanism file.
const RULES: &[Rule] = &[
    names::reserved_or_doubled,
    names::unknown_role,
    names::unknown_field,
    names::unknown_stage,
    names::unknown_ladder,
    names::unknown_mechanism,
    org::unknown_kinds,
    org::role_that_nobody_can_fill,
    org::role_by_an_empty_field,
    flow::unreachable_stage,
    flow::stage_that_cannot_close,
    flow::no_unguarded_exit,
    flow::exits_in_a_circle,
    flow::step_to_closed,
    flow::step_to_void,
    flow::missing_kind,
    flow::holder_missing_or_idle,
    flow::nobody_may_open,
    flow::wait_without_children,
    steps::guard_without_words,
    steps::adds_to_nothing,
    steps::clock_wound_up_for_nothing,
    openings::opened_in_an_ended_stage,
    openings::unique_by_sealed_text,
    openings::source_not_allowed,
    openings::unknown_units,
    openings::rows_that_do_not_fit,
    openings::spawning_in_a_circle,
    clocks::wait_without_clock,
    clocks::breach_without_ladder,
    clocks::ladder_without_end,
    clocks::ladder_that_ends_in_silence,
    clocks::absurd_limit,
    clocks::absurd_cadence,
    clocks::warnings_out_of_order,
    clocks::field_is_no_date,
    clocks::clock_by_no_choice,
    closing::no_way_of_verification,
    closing::own_verification_not_allowed,
    closing::requester_is_the_owner,
    closing::office_of_the_handler,
    closing::record_that_proves_nothing,
    closing::closing_without_condition,
    requests::approver_is_the_asker,
    requests::cap_of_none,
    requests::no_longest_time,
    requests::unknown_reasons,
    data::datum_named_twice,
    data::unknown_datum_of_report,
    data::title_is_no_text,
    data::numbering_without_number,
    data::rate_without_base,
    data::sealed_where_all_read,
    data::sensitive_title,
    grass_roots::too_frequent_reports,
    grass_roots::proof_without_risk,
    clocks::emergency_by_no_choice,
    grass_roots::exception_without_citation,
    grass_roots::indicator_about_persons,
    indicators::figure_beside_no_indicator,
    indicators::rows_without_that_date,
    indicators::rows_without_that_unit,
    indicators::cannot_be_kept_by_period,
];

/// Applies every rule.
pub(crate) fn mechanism(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    for rule in RULES {
        rule(subject, sink);
    }
}

pub(crate) use bulletins::{bulletins, template};
pub(crate) use calendars::calendars;
pub(crate) use data::{Asked, asked_twice};
pub(crate) use grass_roots::{kinds_of_schedule, registers_of_proof};
pub(crate) use names::{doubled, reserved};
pub(crate) use org::org_units;
pub(crate) use schemes::scheme;

/// Applies the rules to what a pack file declares for all.
pub(crate) fn parts(parts: &PartsAst, around: &Surroundings, sink: &mut Sink<'_>) {
    names::doubled(parts.unit_kinds.iter().map(|k| &k.id), sink);
    names::doubled(parts.functions.iter().map(|f| &f.id), sink);
    names::doubled(parts.post_kinds.iter().map(|p| &p.id), sink);
    names::doubled(parts.data.iter().map(|d| &d.field.id), sink);
    names::doubled(parts.registers.iter().map(|r| &r.id), sink);
    names::doubled(parts.roles.iter().map(|r| &r.id), sink);
    names::doubled(parts.ladders.iter().map(|l| &l.id), sink);
    names::doubled(parts.reasons.iter().map(|r| &r.id), sink);
    names::doubled(parts.requests.iter().map(|r| &r.id), sink);
    names::doubled(parts.indicators.iter().map(|i| &i.id), sink);
    names::doubled(parts.bulletins.iter().map(|b| &b.id), sink);
    data::sealed_to_nobody(parts, around, sink);
    data::rows_sealed_by_name(parts, around, sink);
    for keeper in parts
        .registers
        .iter()
        .filter_map(|register| register.keeper.as_ref())
    {
        org::function_known(keeper, around, sink);
    }
    requests::shared(parts, around, sink);
    org::kinds_known(parts, around, sink);
    for role in &parts.roles {
        org::role_kinds(role, around, sink);
        match &role.unit.value {
            Finder::Function(name) => org::function_has_post(role, name, around, sink),
            Finder::SuperiorOf(kind) => org::kind_has_post(role, kind, around, sink),
            _ => {}
        }
    }
    for ladder in &parts.ladders {
        clocks::ladder_sound(
            ladder,
            |id| around.ladders.get(id).map(|ladder| &ladder.ast),
            sink,
        );
        clocks::top_rung(ladder, sink);
        for rung in &ladder.rungs {
            if !around.roles.contains_key(rung.to.as_str()) {
                unknown(sink, "M0109", &rung.to, around.roles.keys().map(String::as_str));
            }
            if let Some(limit) = &rung.limit {
                clocks::limit_sound(&Sp::new(limit.span, &limit.value), &around.calendars, sink);
            }
        }
        if let Some(then) = &ladder.then
            && !around.ladders.contains_key(then.as_str())
        {
            unknown(sink, "M0112", then, around.ladders.keys().map(String::as_str));
        }
    }
}

/// Reports a name that is not known, with the nearest one or all there are.
pub(crate) fn unknown<'k>(
    sink: &mut Sink<'_>,
    code: &str,
    found: &Sp<String>,
    known: impl Iterator<Item = &'k str>,
) {
    let mut known: Vec<&str> = known.collect();
    let mut seen = std::collections::BTreeSet::new();
    known.retain(|name| seen.insert(*name));
    let near = nearest(&found.value, known.iter().copied());
    let key = if near.is_some() {
        "check.mend_near"
    } else {
        "check.mend_known"
    };
    let label = near.map_or_else(
        || {
            if known.is_empty() {
                crate::text::label("check.none")
            } else {
                joined(known.iter().copied().take(30))
            }
        },
        |near| joined([near]),
    );
    let mut finding = crate::read::described(code, sink.file(), found.span, |m| {
        m.with("found", found.as_str()).with("known", &label)
    });
    finding.mend = Some(Message::new(key).with("known", label));
    sink.push(finding);
}

impl<'a> Subject<'a> {
    /// A stage by code.
    pub(crate) fn stage(&self, id: &str) -> Option<&'a StageAst> {
        self.ast.stages.iter().find(|stage| stage.id.value == id)
    }

    /// Open stages.
    pub(crate) fn open_stages(&self) -> impl Iterator<Item = &'a StageAst> {
        self.ast.stages.iter().filter(|stage| stage.kind.value.is_open())
    }

    /// The exit of a stage: its own, else the mechanism's, which does not lead out of a parked stage.
    pub(crate) fn exit(&self, stage: &'a StageAst) -> Option<&'a Sp<String>> {
        if let Some(own) = &stage.exit {
            return Some(own);
        }
        let common = self.ast.exit.as_ref()?;
        let applies = stage.kind.value.is_open()
            && stage.kind.value != StageKind::Parked
            && stage.id.value != common.value;
        applies.then_some(common)
    }

    /// Whether role `a` and role `b` lead to the same post of the same unit.
    pub(crate) fn same_post(&self, a: &str, b: &str) -> bool {
        if a == b {
            return true;
        }
        match (self.roles.get(a), self.roles.get(b)) {
            (Some(a), Some(b)) => a.unit.value == b.unit.value && a.post.value == b.post.value,
            _ => false,
        }
    }

    /// What expressions of this file may name.
    pub(crate) fn names(&self, cases: bool) -> Names<'a> {
        Names {
            fields: self
                .fields
                .iter()
                .map(|f| (f.id.as_str().to_owned(), f.ty.clone()))
                .collect(),
            registers: Some(&self.around.items),
            stages: self
                .ast
                .stages
                .iter()
                .map(|stage| stage.id.value.clone())
                .collect(),
            broken: self
                .ast
                .fields
                .iter()
                .map(|field| field.id.value.clone())
                .filter(|id| !self.fields.iter().any(|known| known.id.as_str() == id))
                .collect(),
            own: self
                .steps()
                .filter_map(|step| step.adds.as_ref())
                .map(|register| register.value.clone())
                .collect(),
            children: self.ast.children.as_ref().map(|children| {
                let mechanism = children.mechanism.as_ref().map(Sp::as_str);
                let kin = mechanism.and_then(|mechanism| self.mechanisms.get(mechanism));
                // Of a mechanism that is not there one knows what every case has.
                kin.map_or_else(
                    || case_items(&Items::new(), std::iter::empty()),
                    |kin| kin.items.clone(),
                )
            }),
            cases,
            no_case: false,
        }
    }

    /// Every step.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &'a StepAst> {
        self.ast.stages.iter().flat_map(|stage| &stage.steps)
    }

    /// The fields of a register as a row has them.
    pub(crate) fn row(&self, register: &str) -> Option<&'a Items> {
        self.around.items.get(register)
    }

    /// A field of the file as the model knows it.
    pub(crate) fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id.as_str() == id)
    }

    /// Whether the file declares the field, soundly or not.
    pub(crate) fn declares(&self, id: &str) -> bool {
        self.ast.fields.iter().any(|field| field.id.value == id)
    }
}
