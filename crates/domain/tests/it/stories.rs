//! Stories: one matter from opening to closing, and what goes wrong on the way.

use bihuan_domain::Lang;
use bihuan_domain::calendar::instant;
use bihuan_domain::command::{Command, Request};
use bihuan_domain::event::{CaseEvent, Values};
use bihuan_domain::mechanism::{Colour, RequestKind, StageKind, Way};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use jiff::civil::date;

use crate::county::{Desk, actor, drawn};

fn result() -> Values {
    Values::from([("result".into(), Value::Int(1))])
}

/// Monday 4 March 2024, 09:00.
fn desk(way: Way) -> Desk {
    let mut desk = Desk::new(way, date(2024, 3, 4).at(9, 0, 0, 0));
    desk.open("housing");
    desk
}

fn names(events: &[CaseEvent]) -> Vec<String> {
    events.iter().map(|event| event.stored().0).collect()
}

#[test]
fn a_matter_is_closed_by_a_drawn_verifier_who_never_worked_on_it() {
    let mut desk = desk(drawn());
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    desk.step("housing.clerk", "done", result()).unwrap();
    assert_eq!(names(&desk.tick()), ["verification.drawn"]);
    let seat = desk.state().verification.clone().unwrap().drawn.unwrap();
    assert_ne!(
        seat.person.as_str(),
        "p.housing.clerk",
        "the handler's second chair is not in the pool"
    );
    let verifier = Actor {
        person: seat.person,
        post: seat.post,
        on_behalf_of: None,
        session: None,
    };
    desk.verify(&verifier, true).unwrap();
    assert_eq!(desk.state().kind, StageKind::Closed);
    assert_eq!(desk.state().closed.as_ref().unwrap().on_time, Some(true));
}

#[test]
fn saying_done_without_the_fact_is_refused_and_changes_nothing() {
    let mut desk = desk(drawn());
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    let before = desk.state().clone();
    let refusal = desk.step("housing.clerk", "done", Values::new()).unwrap_err();
    assert_eq!(refusal.code, "missing_field");
    assert_eq!(refusal.text(Lang::Zh), "“result”还没有填写，这一步需要它。");
    assert_eq!(*desk.state(), before);
}

#[test]
fn a_wrong_step_is_answered_with_what_is_allowed_now() {
    let mut desk = desk(drawn());
    let refusal = desk.step("housing.clerk", "done", result()).unwrap_err();
    assert_eq!(
        refusal.text(Lang::En),
        "The stage “assigned” has no step “done”. Allowed now: accept."
    );
    let refusal = desk.step("water.clerk", "accept", Values::new()).unwrap_err();
    assert_eq!(refusal.text(Lang::En), "Only housing, clerk may do this now.");
}

#[test]
fn the_handler_does_not_verify_from_another_chair() {
    let mut desk = desk(Way::Office("supervisor".into()));
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    desk.step("housing.clerk", "done", result()).unwrap();
    // The same person, now sitting where the verifier sits.
    std::sync::Arc::make_mut(&mut desk.world.org)
        .appointments
        .push(bihuan_domain::org::Appointment {
            person: "p.housing.clerk".into(),
            post: "office.head".into(),
            valid: bihuan_domain::org::Validity::since(date(2024, 1, 1)),
            acting_for: None,
        });
    let twice = Actor {
        person: "p.housing.clerk".into(),
        post: "office.head".into(),
        on_behalf_of: None,
        session: None,
    };
    assert_eq!(desk.verify(&twice, true).unwrap_err().code, "handler_verifies");
    desk.verify(&actor("office.head"), true).unwrap();
}

#[test]
fn a_breach_climbs_the_ladder_with_original_due_times_and_leaves_by_the_exit() {
    let mut desk = desk(drawn());
    // Nobody accepts within 24 hours, and the engine sleeps for a week.
    desk.at(date(2024, 3, 11), 8, 0);
    let fired = desk.tick();
    let due: Vec<_> = fired
        .iter()
        .map(|event| match event {
            CaseEvent::Warned(e) => ("warned", e.due),
            CaseEvent::Breached(e) => ("breached", e.due),
            CaseEvent::Escalated(e) => ("escalated", e.due),
            CaseEvent::Moved(e) => (e.step.as_str().to_owned().leak() as &str, e.due.unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    let at = |day, hour, minute| instant(date(2024, 3, day).at(hour, minute, 0, 0));
    let stage: Vec<_> = due
        .iter()
        .filter(|(_, at)| *at <= instant(date(2024, 3, 8).at(18, 0, 0, 0)))
        .collect();
    assert_eq!(stage[0], &("warned", at(4, 21, 0)));
    assert_eq!(stage[1], &("breached", at(5, 9, 0)));
    assert_eq!(stage[2], &("escalated", at(5, 9, 0)));
    assert_eq!(
        stage[3],
        &("escalated", at(6, 9, 0)),
        "the leader's rung, with a bulletin item to sign"
    );
    assert_eq!(
        stage[4],
        &("@exit", at(8, 18, 0)),
        "two working days later the case is parked with a review date"
    );
    assert_eq!(desk.state().kind, StageKind::Parked);
    assert_eq!(desk.state().holder.unit.as_str(), "office");
    assert!(desk.tick().is_empty(), "nothing fires twice");
}

#[test]
fn a_refused_case_stays_owned_and_on_its_clock_while_it_is_in_dispute() {
    let mut desk = desk(drawn());
    let due = desk.state().clock("stage").unwrap().due;
    let note = Some(desk.text());
    let ask = Request {
        kind: RequestKind::Return,
        reason: None,
        note,
        until: None,
        unit: Some("water".into()),
    };
    desk.run(&actor("housing.clerk"), &Command::Request(ask)).unwrap();
    assert_eq!(desk.state().owner.as_str(), "housing");
    assert_eq!(
        desk.state().holder.post.as_str(),
        "office.clerk",
        "the adjudicator holds it"
    );
    assert_eq!(desk.state().clock("stage").unwrap().due, due, "time never stops");
    assert_eq!(
        desk.step("housing.clerk", "accept", Values::new())
            .unwrap_err()
            .code,
        "in_dispute"
    );
    desk.at(date(2024, 3, 4), 15, 0);
    let decide = Command::Decide {
        request: 1,
        grant: true,
        note: None,
        unit: None,
    };
    assert_eq!(
        desk.run(&actor("housing.clerk"), &decide).unwrap_err().code,
        "not_yours"
    );
    desk.run(&actor("office.clerk"), &decide).unwrap();
    assert_eq!(desk.state().owner.as_str(), "water");
    assert_eq!(desk.state().holder.post.as_str(), "water.clerk");
}

#[test]
fn a_suspension_moves_the_due_time_by_the_paused_working_days() {
    let mut desk = desk(drawn());
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    let before = desk.state().clock("stage").unwrap().due;
    assert_eq!(before, instant(date(2024, 3, 11).at(18, 0, 0, 0)));
    desk.at(date(2024, 3, 5), 9, 0);
    let note = Some(desk.text());
    let until = Some(date(2024, 3, 7));
    let ask = Request {
        kind: RequestKind::Suspension,
        reason: None,
        note,
        until,
        unit: None,
    };
    desk.run(&actor("housing.clerk"), &Command::Request(ask)).unwrap();
    desk.run(
        &actor("office.clerk"),
        &Command::Decide {
            request: 1,
            grant: true,
            note: None,
            unit: None,
        },
    )
    .unwrap();
    desk.at(date(2024, 3, 12), 9, 0);
    let fired = desk.tick();
    assert_eq!(
        fired[0].stored().0,
        "case.resumed",
        "nobody's goodwill ends a suspension: {:?}",
        names(&fired)
    );
    let after = desk.state().clock("stage").unwrap().due;
    assert!(after > before, "{after} is not later than {before}");
}

#[test]
fn a_failed_look_back_reopens_the_case_and_names_the_false_closing() {
    let mut desk = desk(Way::Office("supervisor".into()));
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    desk.step("housing.clerk", "done", result()).unwrap();
    desk.verify(&actor("office.head"), true).unwrap();
    let closed_at = desk.state().closed.as_ref().unwrap().at;
    desk.at(date(2024, 4, 8), 9, 0);
    assert_eq!(names(&desk.tick()), ["lookback.drawn"]);
    let note = Some(desk.text());
    let verdict = bihuan_domain::command::Verdict {
        pass: false,
        values: Values::new(),
        note,
        evidence: Vec::new(),
    };
    let events = desk
        .run(&actor("office.head"), &Command::LookBack(verdict))
        .unwrap();
    let CaseEvent::Reopened(reopened) = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!((reopened.round, reopened.closed_at), (2, closed_at));
    assert_eq!(desk.state().stage.as_str(), "handling");
    assert!(
        desk.state().is_open() && desk.state().clock("case").is_some(),
        "it is owned and on the clock again"
    );
}

#[test]
fn the_case_clock_is_held_while_a_timely_claim_is_verified_and_runs_on_if_it_fails() {
    let mut desk = desk(Way::Office("supervisor".into()));
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    desk.step("housing.clerk", "done", result()).unwrap();
    // The case is due on 18 March; the verifier only looks on the 20th.
    desk.at(date(2024, 3, 20), 9, 0);
    let fired = desk.tick();
    let breached: Vec<_> = fired
        .iter()
        .filter_map(|event| match event {
            CaseEvent::Breached(e) => Some((e.clock.as_str(), e.charged.post.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(
        breached,
        [("stage", "office.head")],
        "the verifier is late, not the handler"
    );
    desk.verify(&actor("office.head"), false).unwrap();
    let fired = desk.tick();
    assert!(
        matches!(fired.iter().find(|e| matches!(e, CaseEvent::Breached(_))), Some(CaseEvent::Breached(e)) if e.clock.as_str() == "case"),
        "{fired:?}"
    );
    assert_eq!(desk.state().colour(), Colour::Red);
    assert_eq!(desk.state().reworks, 1);
}

#[test]
fn a_unit_without_accounts_is_recorded_for_by_the_dispatcher_alone() {
    let mut desk = Desk::new(drawn(), date(2024, 3, 4).at(9, 0, 0, 0));
    desk.open("village");
    let mut clerk = actor("office.clerk");
    let accept = Command::Step(bihuan_domain::command::Step {
        step: "accept".into(),
        row: Default::default(),
        values: Values::new(),
        note: None,
        evidence: Vec::new(),
    });
    assert_eq!(desk.run(&clerk, &accept).unwrap_err().code, "not_yours");
    clerk.on_behalf_of = Some("village".into());
    desk.run(&clerk, &accept).unwrap();
    let (_, meta) = desk.events.last().unwrap();
    assert_eq!(
        meta.actor.on_behalf_of.as_ref().unwrap().as_str(),
        "village",
        "the event says so"
    );
}

#[test]
fn a_regular_report_counts_from_the_middle_of_its_period_and_rests_while_nobody_works() {
    let mut desk = Desk::new(Way::Office("supervisor".into()), date(2024, 3, 4).at(9, 0, 0, 0));
    desk.mechanism.progress = Some(bihuan_domain::mechanism::Progress {
        cadence: bihuan_domain::clock::Cadence {
            every: bihuan_domain::clock::Every::MonthlyDays(vec![-1]),
            on_day_off: Default::default(),
            days_off: Default::default(),
            calendar: bihuan_domain::calendar::CalendarId::statutory(),
        },
        by: "handler".into(),
        ladder: "ladder".into(),
        label: bihuan_domain::Label::new("月报", "monthly report"),
    });
    desk.open("housing");
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    let due = |desk: &Desk| match desk.state().clock("progress").unwrap().rule.limit {
        bihuan_domain::clock::Limit::Until(day) => day,
        other => panic!("{other:?}"),
    };
    let note = |desk: &mut Desk| {
        let note = Some(desk.text());
        let note = bihuan_domain::command::Note {
            note,
            ..Default::default()
        };
        desk.run(&actor("housing.clerk"), &Command::Note(note)).unwrap();
    };
    assert_eq!(due(&desk), date(2024, 3, 31));
    note(&mut desk);
    assert_eq!(
        due(&desk),
        date(2024, 3, 31),
        "a word on the first day is feedback, not March's report"
    );
    desk.at(date(2024, 3, 8), 9, 0);
    note(&mut desk);
    assert_eq!(due(&desk), date(2024, 3, 31));
    desk.at(date(2024, 3, 20), 9, 0);
    note(&mut desk);
    assert_eq!(
        due(&desk),
        date(2024, 4, 30),
        "after the middle of the month it is March's report"
    );
    desk.step("housing.clerk", "done", result()).unwrap();
    assert!(
        desk.state()
            .duties()
            .iter()
            .all(|duty| duty.kind.name() != "progress"),
        "the verifier works now"
    );
    desk.at(date(2024, 5, 6), 9, 0);
    let late = desk
        .tick()
        .iter()
        .filter(|e| matches!(e, CaseEvent::Breached(b) if b.clock.as_str() == "progress"))
        .count();
    assert_eq!(late, 0, "nobody is late with a report on work that stands still");
    desk.verify(&actor("office.head"), false).unwrap();
    assert_eq!(
        due(&desk),
        date(2024, 5, 31),
        "it is owed again from the next one on"
    );
}

#[test]
fn work_sent_back_after_the_day_it_was_due_gets_the_other_limit_and_time_to_act() {
    let mut desk = Desk::new(Way::Office("supervisor".into()), date(2024, 3, 4).at(9, 0, 0, 0));
    desk.mechanism.fields.push(bihuan_domain::mechanism::Field {
        id: "due".into(),
        ty: bihuan_domain::value::Type::Date,
        ..desk.mechanism.fields[1].clone()
    });
    let spec = desk.mechanism.stages[1].clock.as_mut().unwrap();
    spec.limit = bihuan_domain::mechanism::LimitSpec::Field {
        field: "due".into(),
        or: bihuan_domain::clock::Rule::new(bihuan_domain::clock::Limit::WorkingDays(5)),
    };
    desk.open("housing");
    let mut amend = Values::new();
    amend.insert("due".into(), Value::Date(date(2024, 3, 8)));
    let amend = Command::Amend {
        values: amend,
        title: None,
        reason: "correction".into(),
    };
    desk.run(&actor("office.clerk"), &amend).unwrap();
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    assert_eq!(
        desk.state().clock("stage").unwrap().due,
        instant(date(2024, 3, 8).at(18, 0, 0, 0))
    );
    let day = |day| Command::Amend {
        values: Values::from([("due".into(), Value::Date(day))]),
        title: None,
        reason: "correction".into(),
    };
    assert_eq!(
        desk.run(&actor("housing.clerk"), &day(date(2024, 3, 29)))
            .unwrap_err()
            .code,
        "dispatcher_only"
    );
    desk.run(&actor("office.clerk"), &day(date(2024, 3, 12))).unwrap();
    assert_eq!(
        desk.state().clock("stage").unwrap().due,
        instant(date(2024, 3, 12).at(18, 0, 0, 0)),
        "the day moved"
    );
    desk.run(&actor("office.clerk"), &day(date(2024, 3, 8))).unwrap();
    desk.step("housing.clerk", "done", result()).unwrap();
    desk.at(date(2024, 3, 11), 9, 0);
    desk.verify(&actor("office.head"), false).unwrap();
    assert_eq!(
        desk.state().clock("stage").unwrap().due,
        instant(date(2024, 3, 18).at(18, 0, 0, 0))
    );
    assert!(
        !desk.tick().iter().any(|e| matches!(e, CaseEvent::Moved(_))),
        "nobody is parked for work just handed back"
    );
}

#[test]
fn work_begun_in_the_evening_of_its_last_day_gets_the_other_limit_too() {
    let mut desk = Desk::new(Way::Office("supervisor".into()), date(2024, 3, 8).at(20, 0, 0, 0));
    desk.mechanism.fields.push(bihuan_domain::mechanism::Field {
        id: "due".into(),
        ty: bihuan_domain::value::Type::Date,
        ..desk.mechanism.fields[1].clone()
    });
    let spec = desk.mechanism.stages[1].clock.as_mut().unwrap();
    spec.limit = bihuan_domain::mechanism::LimitSpec::Field {
        field: "due".into(),
        or: bihuan_domain::clock::Rule::new(bihuan_domain::clock::Limit::WorkingDays(5)),
    };
    desk.open("housing");
    let amend = Command::Amend {
        values: Values::from([("due".into(), Value::Date(date(2024, 3, 8)))]),
        title: None,
        reason: "correction".into(),
    };
    desk.run(&actor("office.clerk"), &amend).unwrap();
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    let state = desk.state();
    let clock = state.clock("stage").unwrap();
    assert_eq!(
        (clock.start, clock.due),
        (
            instant(date(2024, 3, 8).at(20, 0, 0, 0)),
            instant(date(2024, 3, 15).at(18, 0, 0, 0))
        ),
        "the office closed at six, so the day in the field was over"
    );
}

#[test]
fn whoever_the_case_is_given_to_owes_its_regular_report() {
    let mut desk = Desk::new(Way::Office("supervisor".into()), date(2024, 3, 4).at(9, 0, 0, 0));
    desk.mechanism.progress = Some(bihuan_domain::mechanism::Progress {
        cadence: bihuan_domain::clock::Cadence {
            every: bihuan_domain::clock::Every::MonthlyDays(vec![-1]),
            on_day_off: Default::default(),
            days_off: Default::default(),
            calendar: bihuan_domain::calendar::CalendarId::statutory(),
        },
        by: "handler".into(),
        ladder: "ladder".into(),
        label: bihuan_domain::Label::new("月报", "monthly report"),
    });
    desk.open("housing");
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    let reassign = Command::Reassign {
        owner: "water".into(),
        reason: None,
    };
    desk.run(&actor("office.clerk"), &reassign).unwrap();
    let by = desk.state().progress_by.clone().unwrap();
    assert_eq!(by.unit.as_str(), "water");
    desk.at(date(2024, 3, 20), 9, 0);
    let note = Some(desk.text());
    let note = bihuan_domain::command::Note {
        note,
        ..Default::default()
    };
    desk.run(&actor("water.clerk"), &Command::Note(note)).unwrap();
    let clock = desk.state().clock("progress").unwrap();
    assert!(
        clock.due > bihuan_domain::calendar::midnight(date(2024, 4, 1)),
        "March's report is given"
    );
}
