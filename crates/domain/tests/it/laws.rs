//! The laws of the kernel, each over generated histories.

use std::collections::BTreeSet;

use bihuan_domain::assessment::{case_row, case_row_of};
use bihuan_domain::case::State;
use bihuan_domain::command::{Command, Note, Request};
use bihuan_domain::event::{CaseEvent, VERSION, Values};
use bihuan_domain::expr::Row;
use bihuan_domain::id::FieldId;
use bihuan_domain::mechanism::{RequestKind, StageKind, Way};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use jiff::SignedDuration;
use jiff::civil::date;
use proptest::prelude::*;

use crate::county::{Desk, actor, drawn};

/// Something that happens in an office: who tries what, after how many minutes.
#[derive(Clone, Debug)]
struct Turn {
    minutes: i64,
    post: usize,
    what: u8,
    yes: bool,
    day: i8,
}

const POSTS: [&str; 9] = [
    "housing.clerk",
    "housing.head",
    "office.clerk",
    "office.head",
    "water.clerk",
    "planning.verifier",
    "audit.verifier",
    "statistics.verifier",
    "county.head",
];

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let minutes = prop_oneof![4 => 0i64..600, 2 => 600i64..5_000, 1 => 5_000i64..90_000];
    let turn = (minutes, 0..POSTS.len(), 0u8..14, any::<bool>(), 1i8..28).prop_map(
        |(minutes, post, what, yes, day)| Turn {
            minutes,
            post,
            what,
            yes,
            day,
        },
    );
    prop::collection::vec(turn, 1..40)
}

fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![
        Just(drawn()),
        Just(Way::Office("supervisor".into())),
        Just(Way::Requester),
        Just(Way::Record),
        Just(Way::Own),
    ]
}

/// Plays a history; `check` sees the state after every command. Most turns are tried by whoever may, so that
/// histories get somewhere; the rest by anybody.
fn play(way: Way, turns: &[Turn], mut check: impl FnMut(&Desk)) -> Desk {
    let mut desk = Desk::new(way, date(2024, 3, 4).at(9, 0, 0, 0));
    desk.open("housing");
    check(&desk);
    for turn in turns {
        desk.now = desk
            .now
            .checked_add(SignedDuration::from_mins(turn.minutes))
            .unwrap();
        desk.tick();
        check(&desk);
        let anybody = actor(POSTS[turn.post]);
        let duty = desk.state().duties().into_iter().nth(usize::from(turn.yes));
        let whose = duty.map_or(anybody.clone(), |duty| Actor {
            person: duty
                .person
                .unwrap_or_else(|| format!("p.{}", duty.holder.post).into()),
            post: duty.holder.post,
            on_behalf_of: None,
            session: None,
        });
        let by = if turn.day % 4 == 0 { anybody } else { whose };
        let note = Some(desk.text());
        let step = |step: &str, values| {
            Command::Step(bihuan_domain::command::Step {
                step: step.into(),
                row: Default::default(),
                values,
                note: None,
                evidence: Vec::new(),
            })
        };
        let verdict = |note| bihuan_domain::command::Verdict {
            pass: turn.yes,
            values: Values::new(),
            note,
            evidence: Vec::new(),
        };
        let ask = |kind, note| {
            let until = Some(
                bihuan_domain::calendar::date_of(desk.now).saturating_add(jiff::Span::new().days(turn.day)),
            );
            Command::Request(Request {
                kind,
                reason: None,
                note,
                until,
                unit: Some("water".into()),
            })
        };
        let command = match turn.what {
            0 => step("accept", Values::new()),
            1 | 2 => step(
                "done",
                Values::from([("result".into(), Value::Int(i64::from(turn.day)))]),
            ),
            3 => step("resume", Values::new()),
            4 | 5 => Command::Verify(verdict(note)),
            6 => Command::LookBack(verdict(note)),
            7 => ask(RequestKind::Return, note),
            8 => ask(RequestKind::Extension, note),
            9 => ask(RequestKind::Suspension, note),
            10 => ask(
                if turn.yes {
                    RequestKind::HandUp
                } else {
                    RequestKind::Void
                },
                note,
            ),
            11 => {
                let request = desk.state().requests.keys().next().copied().unwrap_or(1);
                Command::Decide {
                    request,
                    grant: turn.yes,
                    note,
                    unit: None,
                }
            }
            12 => Command::Note(Note {
                note,
                ..Note::default()
            }),
            _ => Command::Resume,
        };
        let _ = desk.run(&by, &command);
        check(&desk);
    }
    desk
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn law_1_an_open_case_has_one_owner_and_one_holder_and_no_gap_in_time(way in ways(), turns in turns()) {
        play(way, &turns, |desk| {
            let state = desk.state();
            assert!(desk.world.org.units.contains_key(&state.owner));
            assert!(desk.world.org.posts.contains_key(&state.holder.post), "{:?}", state.holder);
            for pair in state.tenures.windows(2) {
                if pair[0].to != Some(pair[1].from) {
                    // The only gap is the time in which the case was closed.
                    assert!(state.round > 1, "{pair:?}");
                }
            }
            let open = state.tenures.iter().filter(|tenure| tenure.to.is_none()).count();
            assert_eq!(open, usize::from(state.is_open()), "{:?}", state.tenures);
        });
    }

    #[test]
    fn law_2_whoever_holds_an_open_case_is_on_a_clock(way in ways(), turns in turns()) {
        play(way, &turns, |desk| {
            let state = desk.state();
            if state.is_open() {
                let clock = state.clock("stage").expect("every open stage has its clock");
                let paused = clock.pauses.iter().any(|pause| pause.to.is_none());
                assert_eq!(paused, state.suspended_until.is_some());
            }
            for request in state.requests.keys() {
                assert!(state.clocks.contains_key(format!("request/{request}").as_str()));
            }
        });
    }

    #[test]
    fn law_4_escalation_ends_and_nothing_fires_twice(way in ways(), turns in turns()) {
        let mut desk = play(way, &turns, |_| {});
        for _ in 0..60 {
            desk.now = desk.now.checked_add(SignedDuration::from_hours(24 * 30)).unwrap();
            desk.tick();
            assert!(desk.tick().is_empty(), "fired twice at one instant");
        }
        assert_eq!(desk.state().wake(), None, "after years without anybody, nothing is left to fire");
        assert!(desk.events.len() < 400, "{} events", desk.events.len());
    }

    #[test]
    fn law_5_no_handler_ever_verifies_and_nothing_closes_without_the_fact(way in ways(), turns in turns()) {
        let desk = play(way.clone(), &turns, |_| {});
        let mut handlers = std::collections::BTreeSet::new();
        let mut kind = StageKind::Work;
        for (event, meta) in &desk.events {
            match event {
                CaseEvent::Moved(e) => {
                    if kind == StageKind::Work && !meta.actor.is_system() {
                        handlers.insert(meta.actor.person.clone());
                    }
                    kind = e.placement.kind;
                }
                CaseEvent::Closed(e) => {
                    assert!(desk.state().values.contains_key("result"));
                    assert!(e.way.as_str() == "record" || !handlers.contains(&meta.actor.person), "{meta:?}");
                    kind = StageKind::Closed;
                }
                CaseEvent::Failed(e) => kind = e.placement.kind,
                CaseEvent::Reopened(e) => kind = e.placement.kind,
                _ => {}
            }
        }
    }

    #[test]
    fn law_9_replay_gives_the_live_state_and_events_survive_their_stored_form(way in ways(), turns in turns()) {
        let desk = play(way, &turns, |_| {});
        let replayed = State::replay(desk.events.iter().map(|(event, meta)| (event, meta.clone()))).unwrap();
        assert_eq!(replayed, *desk.state());
        for (event, _) in &desk.events {
            let (name, body) = event.stored();
            assert_eq!(CaseEvent::read(&name, VERSION, body).unwrap(), *event);
        }
        let json = serde_json::to_string(desk.state()).unwrap();
        assert_eq!(serde_json::from_str::<State>(&json).unwrap(), replayed);
    }

    #[test]
    fn a_row_of_some_fields_has_of_them_what_the_whole_row_has(way in ways(), turns in turns(), marks in any::<u64>()) {
        play(way, &turns, |desk| {
            let state = desk.state();
            let mut names: BTreeSet<FieldId> = case_row(state).into_keys().collect();
            names.extend(["due_on", "closed_on", "minutes", "on_time", "nowhere"].map(FieldId::new));
            let chosen = names.into_iter().enumerate().filter(|(n, _)| marks >> (n % 64) & 1 == 1);
            let wanted: BTreeSet<FieldId> = chosen.map(|(_, name)| name).collect();
            let part = |whole: Row| -> Row { whole.into_iter().filter(|(name, _)| wanted.contains(name)).collect() };
            assert_eq!(state.as_row_of(&wanted), part(state.as_row()));
            assert_eq!(case_row_of(state, &wanted), part(case_row(state)));
        });
    }

    #[test]
    fn a_refusal_changes_nothing_and_says_what_to_do(way in ways(), turns in turns()) {
        let mut desk = play(way, &turns, |_| {});
        let before = desk.state().clone();
        let step = Command::Step(bihuan_domain::command::Step {
            step: "no-such-step".into(), values: Values::new(), note: None, evidence: Vec::new(),
        row: Default::default(),
        });
        let refusal = desk.run(&actor("housing.clerk"), &step).unwrap_err();
        assert!(!refusal.text(bihuan_domain::Lang::Zh).contains('⟦'));
        assert_eq!(*desk.state(), before);
    }
}
