//! The turns of a random history: who tries what, after how long, with which values.

use std::sync::Arc;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::Source;
use bihuan_domain::id::{CaseId, Code, FieldId, PostId, Sealed, UnitId};
use bihuan_domain::mechanism::{Mechanism, RequestKind, Risk, SourceKind, StageKind, Step};
use bihuan_domain::org::Actor;
use bihuan_mechanism::Loaded;
use jiff::SignedDuration;
use proptest::prelude::*;

use crate::county::{self, CHANGES, Die};
use crate::history::{History, Outcome};

/// The turn that ends a suspension.
const RESUME: u8 = 24;

/// Something that happens: after how long, what, and the seed of its details.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub(crate) minutes: i64,
    pub(crate) what: u8,
    pub(crate) seed: u32,
}

pub(crate) fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let minutes =
        prop_oneof![8 => 0i64..300, 5 => 300i64..3_000, 2 => 3_000i64..60_000, 1 => 60_000i64..600_000];
    let turn =
        (minutes, 0u8..24, any::<u32>()).prop_map(|(minutes, what, seed)| Turn { minutes, what, seed });
    prop::collection::vec(turn, 1..45)
}

impl History<'_> {
    /// What somebody who wants the case to go on would do next.
    fn useful(&self, state: &State, die: &mut Die) -> u8 {
        if state
            .look_back
            .as_ref()
            .is_some_and(|look_back| look_back.by.is_some())
        {
            return 19;
        }
        if state.suspended_until.is_some() && die.one_in(2) {
            return RESUME;
        }
        if !state.requests.is_empty() && die.below(3) > 0 {
            return 15;
        }
        if state.kind == StageKind::Verify { 11 } else { 2 }
    }

    pub(crate) fn step(&self, state: &State, mechanism: &Mechanism, step: &Step, die: &mut Die) -> Command {
        let world = self.play.world();
        let today = date_of(self.play.now());
        let takes_too = !die.one_in(3);
        let wanted = |id: &FieldId| step.needs.contains(id) || takes_too && step.takes.contains(id);
        let missing = |id: &FieldId| step.needs.contains(id) && !state.values.contains_key(id);
        let again = die.one_in(2);
        let values = county::values(
            &mechanism.fields,
            |field| {
                missing(&field.id)
                    || again && wanted(&field.id)
                    || wanted(&field.id) && !state.values.contains_key(&field.id)
            },
            die,
            world,
            today,
        );
        let spec = step
            .adds
            .as_ref()
            .and_then(|register| mechanism.registers.get(register));
        let row = spec.map_or_else(Default::default, |spec| {
            county::values(&spec.fields, |_| true, die, world, today)
        });
        let files = if die.one_in(8) { 0 } else { step.evidence.max(1) };
        Command::Step(command::Step {
            step: step.id.clone(),
            values,
            row,
            note: Some(Sealed::new("note")),
            evidence: (0..files).map(|n| county::file(&n.to_string())).collect(),
        })
    }

    pub(crate) fn request(&self, mechanism: &Mechanism, kind: RequestKind, die: &mut Die) -> Command {
        let spec = mechanism.requests.get(&kind);
        let reasons: Vec<Code> = spec
            .iter()
            .flat_map(|spec| &spec.reasons)
            .map(|(code, _)| code.clone())
            .collect();
        let units: Vec<UnitId> = self.play.world().org.units.keys().cloned().collect();
        let days = i64::try_from(die.below(60)).unwrap();
        Command::Request(command::Request {
            kind,
            reason: die.pick(&reasons).cloned(),
            note: Some(Sealed::new("why")),
            until: Some(date_of(self.play.now()).saturating_add(jiff::Span::new().days(days))),
            unit: die.pick(&units).cloned(),
        })
    }

    pub(crate) fn open(&mut self, die: &mut Die) -> Outcome {
        let mechanism = Arc::clone(self.mechanism);
        let today = date_of(self.play.now());
        let world = self.play.world();
        let rules = &mechanism.open;
        let may = |kind: &Code| rules.owners.is_empty() || rules.owners.contains(kind);
        let units: Vec<UnitId> = world
            .org
            .units
            .values()
            .filter(|unit| may(&unit.kind))
            .map(|unit| unit.id.clone())
            .collect();
        let any: Vec<UnitId> = world.org.units.keys().cloned().collect();
        let owner = if die.one_in(20) {
            die.pick(&any)
        } else {
            die.pick(&units)
        };
        let Some(owner) = owner.cloned() else {
            return Ok(());
        };
        let from = rules.from.clone();
        let stages: Vec<_> = rules.stages.iter().cloned().collect();
        let all = die.one_in(2);
        let parents: Vec<CaseId> = self.play.cases().map(|(state, _)| state.id).collect();
        let open = command::Open {
            mechanism: mechanism.id.clone(),
            owner,
            supporting: die
                .one_in(4)
                .then(|| die.pick(&any).cloned())
                .flatten()
                .into_iter()
                .collect(),
            title: Sealed::new("title"),
            risk: [None, Some(Risk::Ordinary), Some(Risk::Major)][die.below(3)],
            source: Source {
                kind: die.pick(&from).copied().unwrap_or(SourceKind::Person),
                document: None,
                at: Vec::new(),
                quote: None,
                key: None,
            },
            parent: die.one_in(6).then(|| die.pick(&parents).copied()).flatten(),
            values: county::values(
                &mechanism.fields,
                |field| all || field.required,
                die,
                world,
                today,
            ),
            stage: die.one_in(3).then(|| die.pick(&stages).cloned()).flatten(),
            since: None,
            papers: Vec::new(),
        };
        let mut actors = vec![Actor::system()];
        if !die.one_in(3) {
            let posts: Vec<PostId> = world.org.posts.keys().cloned().collect();
            let from = die.below(posts.len());
            actors = posts
                .iter()
                .cycle()
                .skip(from)
                .take(posts.len().min(60))
                .map(|post| self.on(post, die))
                .collect();
        }
        for actor in actors {
            match self.play.open(&actor, open.clone()) {
                Ok(_) => return Ok(()),
                Err(refusal) => {
                    self.refused(&refusal)?;
                    if !["not_yours", "not_serving"].contains(&refusal.code.as_str()) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn turn(&mut self, loaded: &Loaded, turn: &Turn) -> Outcome {
        let die = &mut Die::new(turn.seed);
        // A schedule that has opened enough has shown what it does.
        if self.play.cases().count() > 25 {
            self.play.stop_schedules();
        }
        let most = if self.mechanism.open.schedule.is_some() && self.play.cases().count() <= 25 {
            20_000
        } else {
            i64::MAX
        };
        let to = self
            .play
            .now()
            .checked_add(SignedDuration::from_mins(turn.minutes.min(most)))
            .unwrap();
        self.play.pass(to);
        self.lawful()?;
        let today = date_of(self.play.now());
        let cases: Vec<CaseId> = self.play.cases().map(|(state, _)| state.id).collect();
        // Most turns are about the first cases, so that some come to their end.
        let near = if die.one_in(3) {
            cases.len()
        } else {
            cases.len().min(2)
        };
        let Some(case) = die.pick(cases.get(..near).unwrap_or_default()).copied() else {
            return self.open(die);
        };
        let (state, mechanism) = self
            .play
            .case(case)
            .map(|(state, m)| (state.clone(), Arc::clone(m)))
            .unwrap();
        let note = Some(Sealed::new("note"));
        let what = if turn.what <= 12 && !die.one_in(8) {
            self.useful(&state, die)
        } else {
            turn.what
        };
        let command = match what {
            0 | 1 if cases.len() < 40 => return self.open(die),
            2..=10 => {
                let anywhere = die.one_in(12);
                let steps: Vec<&Step> = mechanism
                    .stages
                    .iter()
                    .filter(|stage| anywhere || stage.id == state.stage)
                    .flat_map(|stage| &stage.steps)
                    .collect();
                let Some(step) = die.pick(&steps).copied() else {
                    return Ok(());
                };
                self.step(&state, &mechanism, step, die)
            }
            11 | 12 => Command::Verify(command::Verdict {
                pass: !die.one_in(3),
                values: Default::default(),
                note,
                evidence: Vec::new(),
            }),
            13 | 14 => {
                let kinds = [
                    RequestKind::Return,
                    RequestKind::Extension,
                    RequestKind::Suspension,
                    RequestKind::HandUp,
                    RequestKind::Void,
                ];
                self.request(&mechanism, kinds[die.below(5)], die)
            }
            15 | 16 => {
                let asked: Vec<u32> = state.requests.keys().copied().collect();
                let units: Vec<UnitId> = self.play.world().org.units.keys().cloned().collect();
                Command::Decide {
                    request: die.pick(&asked).copied().unwrap_or(1),
                    grant: !die.one_in(3),
                    note,
                    unit: die.pick(&units).cloned(),
                }
            }
            17 => Command::Answer {
                clock: Code::new(["stage", "case", "progress", "request/1"][die.below(4)]),
                note,
            },
            RESUME => Command::Resume,
            18 => match die.below(4) {
                0 => Command::Note(command::Note {
                    values: Default::default(),
                    note,
                    evidence: Vec::new(),
                }),
                1 => Command::Amend {
                    values: county::values(&mechanism.fields, |_| true, die, self.play.world(), today),
                    title: None,
                    reason: Code::new("correction"),
                },
                2 => Command::Remind { note },
                _ => Command::Resume,
            },
            19 => Command::LookBack(command::Verdict {
                pass: die.one_in(2),
                values: Default::default(),
                note,
                evidence: Vec::new(),
            }),
            20 => {
                let specs: Vec<_> = mechanism.registers.values().collect();
                let Some(spec) = die.pick(&specs) else {
                    return Ok(());
                };
                let put = county::row(spec, die, self.play.world(), today);
                return match self.play.row(put, &Actor::system()) {
                    Ok(()) => Ok(()),
                    Err(refusal) => self.refused(&refusal),
                };
            }
            21 => {
                let kind = u8::try_from(die.below(usize::from(CHANGES))).unwrap();
                for event in county::change(loaded, kind, die, self.play.world()) {
                    self.play.happen(event);
                }
                return Ok(());
            }
            _ => {
                let units: Vec<UnitId> = self.play.world().org.units.keys().cloned().collect();
                let Some(owner) = die.pick(&units).cloned() else {
                    return Ok(());
                };
                Command::Reassign { owner, reason: note }
            }
        };
        if die.one_in(8) {
            let posts: Vec<PostId> = self.play.world().org.posts.keys().cloned().collect();
            let actor = die
                .pick(&posts)
                .map(|post| self.on(post, die))
                .unwrap_or_else(Actor::system);
            self.act(case, &actor, &command)?;
        } else if !self.by_whoever_may(case, &command, die)? && matches!(command, Command::Step(_)) {
            // Other values may be those that the guard asks for.
            let stage = mechanism.stage(&state.stage).unwrap();
            for step in stage.steps.iter().cycle().take(stage.steps.len() * 3) {
                let command = self.step(&state, &mechanism, step, die);
                if self.by_whoever_may(case, &command, die)? {
                    break;
                }
            }
        }
        self.lawful()
    }
}
