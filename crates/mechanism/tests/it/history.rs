//! A random history and the laws that it must not break: after every turn, in the silence that follows, and after it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::calendar::date_of;
use bihuan_domain::command::Command;
use bihuan_domain::event::Holder;
use bihuan_domain::id::{CaseId, PersonId, PostId};
use bihuan_domain::mechanism::{Mechanism, RequestKind, StageKind};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_mechanism::Loaded;
use bihuan_mechanism::scenario::Rehearsal;
use bihuan_messages::{Lang, has};
use jiff::SignedDuration;

use crate::county::{self, Die};
use crate::turns::Turn;

/// Longer than the longest limit of a shipped mechanism with its ladder.
const SILENT_YEARS: i64 = 12;

/// What a history met, over all mechanisms: a law that nothing ever tested proves nothing.
#[derive(Debug, Default)]
pub(crate) struct Met {
    pub(crate) events: BTreeMap<String, usize>,
    pub(crate) refusals: BTreeMap<String, usize>,
    pub(crate) ends: BTreeMap<String, usize>,
}

/// A history that goes on.
pub(crate) struct History<'a> {
    pub(crate) play: Rehearsal<'a>,
    pub(crate) mechanism: &'a Arc<Mechanism>,
    pub(crate) met: &'a mut Met,
}

pub(crate) type Outcome = Result<(), String>;

impl History<'_> {
    /// A refusal names its rule and says in both languages what it is; none may say that the mechanism is unsound.
    pub(crate) fn refused(&mut self, refusal: &Refusal) -> Outcome {
        *self.met.refusals.entry(refusal.code.clone()).or_default() += 1;
        let undefined = [
            "unknown_stage",
            "no_such_stage",
            "no_such_mechanism",
            "no_way",
            "ill_typed",
            "no_due",
            "clock_stands",
        ];
        if undefined.contains(&refusal.code.as_str()) {
            return Err(format!("undefined: {} {}", refusal.code, refusal.text(Lang::En)));
        }
        for lang in [Lang::Zh, Lang::En] {
            let text = refusal.text(lang);
            if !has(&refusal.rule.key) || text.trim().is_empty() || text.contains('⟦') || text.contains('{')
            {
                return Err(format!("a refusal without words: {} {text}", refusal.code));
            }
        }
        Ok(())
    }

    /// The laws that the runner does not assert after every event itself.
    pub(crate) fn lawful(&self) -> Outcome {
        if let Some(broken) = self.play.found().first() {
            return Err(format!("{} {}", broken.code, broken.message.text(Lang::En)));
        }
        for (state, mechanism) in self.play.cases() {
            let said = |what: &str| {
                Err(format!(
                    "{what}: {} {} in {} held by {:?}",
                    mechanism.id, state.id, state.stage, state.holder
                ))
            };
            if mechanism
                .stage(&state.stage)
                .is_none_or(|stage| stage.kind != state.kind)
            {
                return said("an undefined stage");
            }
            if !state.is_open() {
                if state.clocks.keys().any(|key| key.as_str() != "lookback") {
                    return said("a clock runs on after the end");
                }
                continue;
            }
            let Some(clock) = state.clock("stage") else {
                return said("a wait without clock");
            };
            let paused = clock.pauses.iter().any(|pause| pause.to.is_none());
            if paused != state.suspended_until.is_some() {
                return said("a pause that nobody named");
            }
            if clock.due < clock.start {
                return said("a clock that is due before it starts");
            }
            for number in state.requests.keys() {
                if state.clock(&format!("request/{number}")).is_none() {
                    return said("a request without clock");
                }
            }
            if state.duties().is_empty() {
                return said("an open case on nobody's desk");
            }
        }
        Ok(())
    }

    pub(crate) fn act(&mut self, case: CaseId, actor: &Actor, command: &Command) -> Result<bool, String> {
        match self.play.act(case, actor, command) {
            Ok(()) => Ok(true),
            Err(refusal) => self.refused(&refusal).map(|()| false),
        }
    }

    /// Somebody on a post: who serves there, or somebody whom nobody appointed.
    pub(crate) fn on(&self, post: &PostId, die: &mut Die) -> Actor {
        let day = date_of(self.play.now());
        let persons: Vec<PersonId> = self.play.world().org.persons_on(post, day).cloned().collect();
        let person = die
            .pick(&persons)
            .cloned()
            .unwrap_or_else(|| PersonId::new("nobody"));
        Actor {
            person,
            post: post.clone(),
            on_behalf_of: None,
            session: None,
        }
    }

    /// Tries a command as those whose move it is, then as anybody at all, until somebody may or it is not about who.
    pub(crate) fn by_whoever_may(
        &mut self,
        case: CaseId,
        command: &Command,
        die: &mut Die,
    ) -> Result<bool, String> {
        let mut actors: Vec<Actor> = Vec::new();
        if let Some((state, _)) = self.play.case(case) {
            let drawn = state.verification.as_ref().and_then(|v| v.drawn.as_ref());
            actors.extend(drawn.map(|seat| Actor {
                person: seat.person.clone(),
                post: seat.post.clone(),
                on_behalf_of: None,
                session: None,
            }));
            let duties: Vec<PostId> = state.duties().into_iter().map(|duty| duty.holder.post).collect();
            actors.extend(duties.iter().map(|post| self.on(post, die)));
        }
        let all: Vec<&PostId> = self.play.world().org.posts.keys().collect();
        let from = die.below(all.len());
        let anybody: Vec<Actor> = all
            .iter()
            .cycle()
            .skip(from)
            .take(all.len().min(80))
            .map(|post| self.on(post, die))
            .collect();
        actors.extend(anybody);
        actors.retain(|actor| actor.person.as_str() != "nobody");
        let who = [
            "not_yours",
            "not_serving",
            "other_was_drawn",
            "handler_verifies",
            "own_request",
            "dispatcher_only",
        ];
        for actor in actors {
            match self.play.act(case, &actor, command) {
                Ok(()) => return Ok(true),
                Err(refusal) => {
                    self.refused(&refusal)?;
                    if !who.contains(&refusal.code.as_str()) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Nobody does anything any more: what is due fires, climbs, leaves by the exits and comes to rest.
    fn silence(&mut self) -> Outcome {
        self.play.stop_schedules();
        let years = |history: &Self, n: i64| {
            history
                .play
                .now()
                .checked_add(SignedDuration::from_hours(24 * 366 * n))
                .unwrap()
        };
        self.play.pass(years(self, SILENT_YEARS));
        self.lawful()?;
        let before = self.play.events();
        self.play.pass(years(self, SILENT_YEARS));
        if self.play.events() != before {
            return Err(format!(
                "{} events after years in which nobody acted",
                self.play.events() - before
            ));
        }
        for (state, mechanism) in self.play.cases() {
            let end = match state.kind {
                StageKind::Closed => "closed",
                StageKind::Void => "void",
                StageKind::Parked => "parked",
                _ => {
                    let waits = state.clock("stage").is_some_and(|clock| {
                        clock.exhausted && clock.rung.as_ref().is_some_and(|rung| rung.bulletin)
                    });
                    if !waits {
                        return Err(format!(
                            "an open end: {} {} rests in {} and no signature is asked for",
                            mechanism.id, state.id, state.stage
                        ));
                    }
                    "waits for a signature"
                }
            };
            *self.met.ends.entry(end.to_owned()).or_default() += 1;
            if let Some(at) = state.wake() {
                return Err(format!("{} {} would still wake at {at}", mechanism.id, state.id));
            }
        }
        Ok(())
    }

    /// Wherever silence has led a case, somebody can still move it: by a step, or by voiding it with approval.
    fn leaves(&mut self, case: CaseId) -> Outcome {
        let Some((state, mechanism)) = self
            .play
            .case(case)
            .map(|(state, m)| (state.clone(), Arc::clone(m)))
        else {
            return Ok(());
        };
        let die = &mut Die::new(7);
        // A dispute that nobody decided comes first: its adjudicator refuses it, and the case goes on.
        for (request, asked) in &state.requests {
            self.decided(case, *request, false, &asked.approver)?;
        }
        let Some((state, _)) = self.play.case(case) else {
            return Ok(());
        };
        let state = state.clone();
        self.seat(&state.holder);
        let stage = mechanism.stage(&state.stage).unwrap();
        for _ in 0..6 {
            for step in &stage.steps {
                let command = self.step(&state, &mechanism, step, die);
                let holder = self.on(&state.holder.post, die);
                if self.act(case, &holder, &command)? {
                    return Ok(());
                }
            }
        }
        let void = self.request(&mechanism, RequestKind::Void, die);
        self.by_whoever_may(case, &void, die)?;
        let asked = self.play.case(case).and_then(|(state, _)| {
            state
                .requests
                .iter()
                .next_back()
                .map(|(n, r)| (*n, r.approver.clone()))
        });
        if let Some((request, approver)) = asked
            && self.decided(case, request, true, &approver)?
        {
            return Ok(());
        }
        Err(format!(
            "no way out of {} for {} {}",
            state.stage, mechanism.id, state.id
        ))
    }

    /// Somebody newly appointed decides a request.
    fn decided(
        &mut self,
        case: CaseId,
        request: u32,
        grant: bool,
        approver: &Holder,
    ) -> Result<bool, String> {
        for event in county::seated(&approver.post, "approver") {
            self.play.happen(event);
        }
        let actor = Actor {
            person: PersonId::new("p-approver"),
            post: approver.post.clone(),
            on_behalf_of: None,
            session: None,
        };
        self.act(
            case,
            &actor,
            &Command::Decide {
                request,
                grant,
                note: None,
                unit: None,
            },
        )
    }

    fn seat(&mut self, holder: &Holder) {
        let day = date_of(self.play.now());
        if self
            .play
            .world()
            .org
            .persons_on(&holder.post, day)
            .next()
            .is_none()
        {
            for event in county::seated(&holder.post, "newly-appointed") {
                self.play.happen(event);
            }
        }
    }

    pub(crate) fn whole(&mut self, loaded: &Loaded, turns: &[Turn]) -> Outcome {
        for n in 0..4 {
            if self.play.cases().next().is_none() {
                self.open(&mut Die::new(
                    turns.first().map_or(n, |turn| turn.seed.wrapping_add(n)),
                ))?;
            }
        }
        for turn in turns {
            self.turn(loaded, turn)?;
        }
        self.silence()?;
        let resting: Vec<CaseId> = self
            .play
            .cases()
            .filter(|(state, _)| state.is_open())
            .map(|(state, _)| state.id)
            .collect();
        for case in resting.into_iter().take(6) {
            self.leaves(case)?;
        }
        self.lawful()?;
        for (_, names) in self.play.told() {
            for name in names {
                *self.met.events.entry(name).or_default() += 1;
            }
        }
        if self.play.replays() {
            Ok(())
        } else {
            Err("the replay is not the live state".to_owned())
        }
    }
}
