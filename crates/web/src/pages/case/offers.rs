//! What this visitor may do with a case now, found by asking the kernel in a dry run.

use std::collections::BTreeSet;

use bihuan_domain::case::{Context, Family, State, decide};
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::Values;
use bihuan_domain::id::{CaseId, Code, StepId, UnitId};
use bihuan_domain::mechanism::{Field, Mechanism, RegisterSpec, RequestKind, Step};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Type;
use bihuan_engine::views::Views;
use bihuan_messages::{Lang, t, tf};

use crate::body::Sent;
use crate::components::summary::Problem;
use crate::pages::desk::request_key;
use crate::session::Visitor;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Step(StepId),
    Verify,
    LookBack,
    Decide(u32),
    Answer(Code),
    Note,
    Request(RequestKind),
    Resume,
    Remind,
    Reassign,
    Amend,
    Correct,
}

/// Something that this visitor may do, and for which unit it would be recorded (代录).
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) act: Act,
    pub(crate) on_behalf_of: Option<UnitId>,
}

/// A form that was refused: what was typed and what has to be mended.
pub(crate) struct Attempt {
    pub(crate) act: Act,
    pub(crate) sent: Sent,
    pub(crate) problems: Vec<Problem>,
}

impl Attempt {
    /// A form that a guided walk fills, where what it does may be done now.
    pub(super) fn filled(
        visitor: &Visitor,
        views: &Views,
        mechanism: &Mechanism,
        state: &State,
        sent: Sent,
    ) -> Option<Attempt> {
        let act = Act::parse(sent.get("act"))?;
        let offered = offers(visitor, views, mechanism, state);
        offered.iter().any(|offer| offer.act == act).then_some(Attempt {
            act,
            sent,
            problems: Vec::new(),
        })
    }
}

const REQUESTS: [RequestKind; 5] = [
    RequestKind::Extension,
    RequestKind::Return,
    RequestKind::Suspension,
    RequestKind::HandUp,
    RequestKind::Void,
];

impl Act {
    /// The name in forms: `step:report`, `decide:2`, `note`.
    pub(crate) fn code(&self) -> String {
        match self {
            Act::Step(step) => format!("step:{step}"),
            Act::Verify => "verify".to_owned(),
            Act::LookBack => "look_back".to_owned(),
            Act::Decide(n) => format!("decide:{n}"),
            Act::Answer(clock) => format!("answer:{clock}"),
            Act::Note => "note".to_owned(),
            Act::Request(kind) => format!("request:{}", kind.name()),
            Act::Resume => "resume".to_owned(),
            Act::Remind => "remind".to_owned(),
            Act::Reassign => "reassign".to_owned(),
            Act::Amend => "amend".to_owned(),
            Act::Correct => "correct".to_owned(),
        }
    }

    /// Reads a name.
    pub(crate) fn parse(code: &str) -> Option<Act> {
        Some(match code.split_once(':') {
            Some(("step", step)) => Act::Step(step.into()),
            Some(("decide", n)) => Act::Decide(n.parse().ok()?),
            Some(("answer", clock)) => Act::Answer(clock.into()),
            Some(("request", kind)) => Act::Request(REQUESTS.into_iter().find(|k| k.name() == kind)?),
            Some(_) => return None,
            None => match code {
                "verify" => Act::Verify,
                "look_back" => Act::LookBack,
                "note" => Act::Note,
                "resume" => Act::Resume,
                "remind" => Act::Remind,
                "reassign" => Act::Reassign,
                "amend" => Act::Amend,
                "correct" => Act::Correct,
                _ => return None,
            },
        })
    }

    /// The id of its form on the page.
    pub(crate) fn slug(&self) -> String {
        self.code().replace([':', '/', '_', '@'], "-")
    }

    /// Whether it is what the case waits for, rather than something that may be done beside it.
    pub(crate) fn is_awaited(&self) -> bool {
        matches!(
            self,
            Act::Step(_) | Act::Verify | Act::LookBack | Act::Decide(_) | Act::Answer(_)
        )
    }

    pub(crate) fn takes_files(&self) -> bool {
        matches!(self, Act::Step(_) | Act::Verify | Act::LookBack | Act::Note)
    }

    /// The fields that it asks for, each with whether it needs a value.
    pub(crate) fn fields<'a>(&self, mechanism: &'a Mechanism, state: &State) -> Vec<(&'a Field, bool)> {
        let rest = || {
            mechanism
                .fields
                .iter()
                .filter(|field| field.id != mechanism.title && field.ty != Type::File)
        };
        match self {
            Act::Step(step) => {
                let Some(step) = find_step(mechanism, state, step) else {
                    return Vec::new();
                };
                let fields = step
                    .needs
                    .iter()
                    .map(|id| (id, true))
                    .chain(step.takes.iter().map(|id| (id, false)));
                fields
                    .filter_map(|(id, needed)| Some((mechanism.field(id)?, needed)))
                    .collect()
            }
            // Progress is told in figures as well as in words.
            Act::Note => rest()
                .filter(|field| !matches!(field.ty, Type::Text))
                .map(|field| (field, false))
                .collect(),
            Act::Amend => rest().map(|field| (field, false)).collect(),
            _ => Vec::new(),
        }
    }

    /// The register into which the act writes a row.
    pub(crate) fn added<'a>(&self, mechanism: &'a Mechanism, state: &State) -> Option<&'a RegisterSpec> {
        let Act::Step(step) = self else { return None };
        let register = find_step(mechanism, state, step)?.adds.as_ref()?;
        mechanism.registers.get(register)
    }

    pub(crate) fn label(&self, mechanism: &Mechanism, state: &State, lang: Lang) -> String {
        match self {
            Act::Step(step) => find_step(mechanism, state, step)
                .map_or(step.as_str(), |step| step.label.get(lang))
                .to_owned(),
            Act::Decide(n) => {
                let what = state
                    .requests
                    .get(n)
                    .map_or("", |request| t(lang, request_key(request.kind)));
                tf(lang, "web.duty_decide", &[("what", &what)])
            }
            Act::Request(kind) => tf(lang, "web.act_request", &[("what", &t(lang, request_key(*kind)))]),
            Act::Answer(clock) => {
                let bulletin = state
                    .clock(clock.as_str())
                    .and_then(|c| c.rung.as_ref())
                    .is_some_and(|r| r.bulletin);
                t(
                    lang,
                    if bulletin {
                        "web.duty_sign"
                    } else {
                        "web.duty_answer"
                    },
                )
                .to_owned()
            }
            Act::Verify => t(lang, "web.duty_verify").to_owned(),
            Act::LookBack => t(lang, "web.duty_look_back").to_owned(),
            Act::Note => t(lang, "web.act_note").to_owned(),
            Act::Resume => t(lang, "web.act_resume").to_owned(),
            Act::Remind => t(lang, "web.act_remind").to_owned(),
            Act::Reassign => t(lang, "web.act_reassign").to_owned(),
            Act::Amend => t(lang, "web.act_amend").to_owned(),
            Act::Correct => t(lang, "web.act_correct").to_owned(),
        }
    }

    /// The emptiest command of this act: enough to ask whether the actor may try.
    fn probe(&self, state: &State) -> Command {
        let verdict = || command::Verdict {
            pass: false,
            values: Values::new(),
            note: None,
            evidence: Vec::new(),
        };
        match self {
            Act::Step(step) => Command::Step(command::Step {
                step: step.clone(),
                values: Values::new(),
                row: Values::new(),
                note: None,
                evidence: Vec::new(),
            }),
            Act::Verify => Command::Verify(verdict()),
            Act::LookBack => Command::LookBack(verdict()),
            Act::Decide(n) => Command::Decide {
                request: *n,
                grant: false,
                note: None,
                unit: None,
            },
            Act::Answer(clock) => Command::Answer {
                clock: clock.clone(),
                note: None,
            },
            Act::Note => Command::Note(command::Note::default()),
            Act::Request(kind) => Command::Request(command::Request {
                kind: *kind,
                reason: None,
                note: None,
                until: None,
                unit: None,
            }),
            Act::Resume => Command::Resume,
            Act::Remind => Command::Remind { note: None },
            // The present owner is refused as such only after everything else was found in order.
            Act::Reassign => Command::Reassign {
                owner: state.owner.clone(),
                reason: None,
            },
            Act::Amend | Act::Correct => Command::Amend {
                values: Values::new(),
                title: None,
                reason: "correction".into(),
            },
        }
    }
}

pub(crate) fn find_step<'a>(mechanism: &'a Mechanism, state: &State, step: &StepId) -> Option<&'a Step> {
    mechanism
        .stage(&state.stage)?
        .steps
        .iter()
        .find(|known| known.id == *step)
}

/// Refusals that say “something is still missing”, not “not you” or “not now”.
pub(crate) const STILL_MISSING: [&str; 13] = [
    "missing_field",
    "evidence_missing",
    "guard",
    "closing_condition",
    "failure_needs_finding",
    "empty_note",
    "reason_needed",
    "reason_in_words",
    "until_when",
    "same_owner",
    "name_the_unit",
    "divided_by_zero",
    "title_missing",
];

/// The parent and the children of a case, from the read models.
struct Kin<'a>(&'a Views);

impl Family for Kin<'_> {
    fn show(&self, case: CaseId, see: &mut dyn FnMut(&State)) {
        match self.0.state(case) {
            Ok(Some(state)) => see(&state),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, %case, "a related case could not be read"),
        }
    }
}

fn may(
    visitor: &Visitor,
    family: &dyn Family,
    mechanism: &Mechanism,
    state: &State,
    actor: &Actor,
    act: &Act,
) -> Result<(), Refusal> {
    let recent = BTreeSet::new();
    let ctx = Context {
        now: visitor.now,
        actor,
        mechanism,
        world: &visitor.world,
        recent: &recent,
        opener: None,
        family,
    };
    match decide(&ctx, Some(state), &act.probe(state)) {
        Ok(_) => Ok(()),
        Err(refusal) if STILL_MISSING.contains(&refusal.code.as_str()) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Everything that this visitor may do now.
pub(crate) fn offers(visitor: &Visitor, views: &Views, mechanism: &Mechanism, state: &State) -> Vec<Offer> {
    let kin = Kin(views);
    let steps = mechanism
        .stage(&state.stage)
        .into_iter()
        .flat_map(|stage| &stage.steps);
    let mut acts: Vec<Act> = state.requests.keys().map(|n| Act::Decide(*n)).collect();
    acts.extend(steps.map(|step| Act::Step(step.id.clone())));
    acts.extend([Act::Verify, Act::LookBack]);
    let asked = state
        .clocks
        .iter()
        .filter(|(_, clock)| clock.rung.as_ref().is_some_and(|rung| !rung.answered));
    acts.extend(asked.map(|(key, _)| Act::Answer(key.clone())));
    acts.extend([Act::Note, Act::Resume]);
    acts.extend(REQUESTS.map(Act::Request));
    acts.extend([Act::Remind, Act::Reassign, Act::Amend, Act::Correct]);
    let (own, unit) = (visitor.actor(), &state.holder.unit);
    let without_accounts = visitor
        .world
        .org
        .units
        .get(unit)
        .is_some_and(|unit| !unit.has_accounts);
    let for_unit = (visitor.administers() && without_accounts).then(|| visitor.actor_for(Some(unit.clone())));
    acts.into_iter()
        .filter_map(|act| {
            if may(visitor, &kin, mechanism, state, &own, &act).is_ok() {
                return Some(Offer {
                    act,
                    on_behalf_of: None,
                });
            }
            let actor = for_unit.as_ref()?;
            may(visitor, &kin, mechanism, state, actor, &act).ok()?;
            Some(Offer {
                act,
                on_behalf_of: Some(unit.clone()),
            })
        })
        .collect()
}
