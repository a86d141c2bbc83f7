//! The classic faults of deadline arithmetic in the life of a case, each with the case in which it would show. Those that
//! show in the arithmetic alone stand beside it, in `clock/faults.rs`.

use bihuan_domain::calendar::{Calendar, CalendarId, DayKind, NoticeDay, YearNotice, local};
use bihuan_domain::clock::{Limit, Rule};
use bihuan_domain::command::{Command, Request, Verdict};
use bihuan_domain::event::{CaseEvent, Values, WorldEvent};
use bihuan_domain::mechanism::{LimitSpec, RequestKind, StageKind, Way};
use bihuan_domain::org::Actor;
use bihuan_domain::value::Value;
use jiff::Timestamp;
use jiff::civil::date;

use crate::county::{Desk, actor};

/// A case in hand since Monday 4 March 2024, 09:00: due in five working days, on Monday the 11th at 18:00.
fn desk() -> Desk {
    let mut desk = Desk::new(Way::Office("supervisor".into()), date(2024, 3, 4).at(9, 0, 0, 0));
    for request in desk.mechanism.requests.values_mut() {
        request.cap = 9;
    }
    desk.open("housing");
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    assert_eq!(due(&desk, "stage"), "2024-03-11 18:00");
    desk
}

fn shown(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn due(desk: &Desk, clock: &str) -> String {
    shown(desk.state().clock(clock).unwrap().due)
}

fn names(events: &[CaseEvent]) -> Vec<String> {
    events.iter().map(|event| event.stored().0).collect()
}

/// Asks for a side move and has it granted at once.
fn grant(desk: &mut Desk, kind: RequestKind, until: jiff::civil::Date) {
    let note = Some(desk.text());
    let unit = None;
    let ask = Request {
        kind,
        reason: None,
        note,
        until: Some(until),
        unit,
    };
    desk.run(&actor("housing.clerk"), &Command::Request(ask)).unwrap();
    let request = *desk.state().requests.keys().last().unwrap();
    let grant = Command::Decide {
        request,
        grant: true,
        note: None,
        unit: None,
    };
    desk.run(&actor("office.clerk"), &grant).unwrap();
}

/// Stood still from Tuesday the 5th, 8:00, to Thursday the 7th, 8:00: two working days.
fn stood_still(desk: &mut Desk) {
    desk.at(date(2024, 3, 5), 8, 0);
    grant(desk, RequestKind::Suspension, date(2024, 3, 20));
    desk.at(date(2024, 3, 7), 8, 0);
    desk.run(&actor("office.clerk"), &Command::Resume).unwrap();
    assert_eq!(due(desk, "stage"), "2024-03-13 18:00");
}

fn new_limit(desk: &mut Desk, limit: Limit) {
    desk.mechanism.digest = format!("sha256:{:02}", desk.events.len()).into();
    desk.mechanism.stages[1].clock.as_mut().unwrap().limit = LimitSpec::Rule(Rule::new(limit));
    desk.run(&Actor::system(), &Command::Migrate { recount: true })
        .unwrap();
}

fn announce(desk: &mut Desk, kind: DayKind, days: &[i8]) -> Vec<CaseEvent> {
    let mut calendar: Calendar = desk
        .world
        .calendars
        .get(&CalendarId::statutory())
        .unwrap()
        .clone();
    let day = |day: &i8| NoticeDay {
        date: date(2024, 3, *day),
        kind,
        name: "抗洪".into(),
        statutory: false,
    };
    let notice = YearNotice {
        year: 2024,
        number: format!("样政发〔2024〕{}号", days[0]),
        issued: date(2024, 3, 6),
        days: days.iter().map(day).collect(),
    };
    calendar.adopt_year(notice).unwrap();
    let event = WorldEvent::CalendarAdopted(Box::new(calendar));
    desk.world.evolve(event, &Actor::system(), desk.now);
    desk.run(
        &Actor::system(),
        &Command::Recount {
            calendar: CalendarId::statutory(),
        },
    )
    .unwrap()
}

#[test]
fn paused_time_is_not_lost_when_the_rule_changes() {
    let mut desk = desk();
    stood_still(&mut desk);
    // Five working days become seven: seven from the start and the two that stood still.
    new_limit(&mut desk, Limit::WorkingDays(7));
    assert_eq!(due(&desk, "stage"), "2024-03-15 18:00");
}

#[test]
fn a_day_granted_after_a_pause_is_that_day_and_the_pause_does_not_move_it_again() {
    let mut desk = desk();
    stood_still(&mut desk);
    grant(&mut desk, RequestKind::Extension, date(2024, 3, 22));
    assert_eq!(due(&desk, "stage"), "2024-03-22 18:00");
    // Only what stands still from then on moves the day that was granted.
    desk.at(date(2024, 3, 11), 8, 0);
    grant(&mut desk, RequestKind::Suspension, date(2024, 3, 20));
    desk.at(date(2024, 3, 12), 8, 0);
    desk.run(&actor("office.clerk"), &Command::Resume).unwrap();
    assert_eq!(due(&desk, "stage"), "2024-03-23 18:00");
}

#[test]
fn a_day_that_was_granted_is_not_taken_back_by_a_new_rule() {
    let mut desk = desk();
    grant(&mut desk, RequestKind::Extension, date(2024, 3, 22));
    new_limit(&mut desk, Limit::WorkingDays(7));
    assert_eq!(due(&desk, "stage"), "2024-03-22 18:00");
    new_limit(&mut desk, Limit::WorkingDays(20));
    assert_eq!(
        due(&desk, "stage"),
        "2024-04-01 18:00",
        "a longer rule is a longer rule"
    );
}

#[test]
fn nothing_is_late_while_it_stands_still_and_no_rung_is_climbed() {
    let mut desk = desk();
    desk.at(date(2024, 3, 8), 9, 0);
    desk.tick();
    grant(&mut desk, RequestKind::Suspension, date(2024, 4, 25));
    // Both clocks would have run out in March.
    desk.at(date(2024, 4, 24), 9, 0);
    assert!(desk.tick().is_empty());
    assert!(!desk.state().was_late);
    // The review date comes, nobody does anything, and only what was left of the time runs out.
    desk.at(date(2024, 4, 26), 9, 0);
    assert_eq!(names(&desk.tick())[0], "case.resumed");
    assert!(!desk.state().was_late);
}

#[test]
fn a_suspension_granted_during_the_verification_holds_the_verdict_and_wakes_no_report() {
    let mut desk = Desk::new(Way::Office("supervisor".into()), date(2024, 3, 4).at(9, 0, 0, 0));
    desk.mechanism.progress = Some(bihuan_domain::mechanism::Progress {
        cadence: bihuan_domain::clock::Cadence {
            every: bihuan_domain::clock::Every::MonthlyDays(vec![15]),
            on_day_off: Default::default(),
            days_off: Default::default(),
            calendar: CalendarId::statutory(),
        },
        by: "handler".into(),
        ladder: "ladder".into(),
        label: bihuan_domain::Label::new("月报", "monthly report"),
    });
    desk.open("housing");
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    let ask = Request {
        kind: RequestKind::Suspension,
        reason: None,
        note: Some(desk.text()),
        until: Some(date(2024, 3, 20)),
        unit: None,
    };
    desk.run(&actor("housing.clerk"), &Command::Request(ask)).unwrap();
    let values = Values::from([("result".into(), Value::Int(1))]);
    desk.step("housing.clerk", "done", values).unwrap();
    let grant = Command::Decide {
        request: 1,
        grant: true,
        note: None,
        unit: None,
    };
    desk.run(&actor("office.clerk"), &grant).unwrap();
    let refused = desk.verify(&actor("office.head"), false).unwrap_err();
    assert_eq!(refused.code, "suspended");
    desk.at(date(2024, 3, 8), 9, 0);
    desk.run(&actor("office.head"), &Command::Resume).unwrap();
    let reports = |desk: &Desk| {
        let duties = desk.state().duties();
        duties
            .iter()
            .filter(|duty| duty.kind.name() == "progress")
            .count()
    };
    assert_eq!(reports(&desk), 0, "the verifier works now");
    desk.verify(&actor("office.head"), false).unwrap();
    assert_eq!(reports(&desk), 1, "sent back, the report is owed again");
}

#[test]
fn a_case_that_stands_still_is_taken_over_into_another_stage_once_it_is_resumed() {
    let mut desk = desk();
    grant(&mut desk, RequestKind::Suspension, date(2024, 3, 20));
    let old = desk.mechanism.stages[1].id.clone();
    desk.mechanism.stages[1].id = "anew".into();
    desk.mechanism.renamed.stages.insert(old, "anew".into());
    desk.mechanism.digest = "sha256:anew".into();
    let migrate = Command::Migrate { recount: false };
    let refused = desk.run(&Actor::system(), &migrate).unwrap_err();
    assert_eq!(refused.code, "suspended");
    desk.at(date(2024, 3, 6), 9, 0);
    desk.run(&actor("office.clerk"), &Command::Resume).unwrap();
    desk.run(&Actor::system(), &migrate).unwrap();
    assert_eq!(desk.state().stage.as_str(), "anew");
}

#[test]
fn a_rung_stands_still_with_its_clock() {
    let mut desk = desk();
    desk.at(date(2024, 3, 12), 9, 0);
    desk.tick();
    let rung = |desk: &Desk| shown(desk.state().clock("stage").unwrap().rung.as_ref().unwrap().until);
    assert_eq!(rung(&desk), "2024-03-12 18:00");
    desk.at(date(2024, 3, 12), 12, 0);
    grant(&mut desk, RequestKind::Suspension, date(2024, 3, 25));
    desk.at(date(2024, 3, 14), 12, 0);
    desk.run(&actor("office.clerk"), &Command::Resume).unwrap();
    assert_eq!(
        rung(&desk),
        "2024-03-14 18:00",
        "six hours were left, and six hours are left"
    );
    assert!(desk.tick().is_empty());
}

#[test]
fn time_between_closing_and_reopening_counts_for_nobody() {
    let mut desk = desk();
    let result = Values::from([("result".into(), Value::Int(1))]);
    desk.step("housing.clerk", "done", result).unwrap();
    desk.verify(&actor("office.head"), true).unwrap();
    desk.at(date(2024, 4, 8), 9, 0);
    desk.tick();
    let note = Some(desk.text());
    let verdict = Verdict {
        pass: false,
        values: Values::new(),
        note,
        evidence: Vec::new(),
    };
    desk.run(&actor("office.head"), &Command::LookBack(verdict))
        .unwrap();
    assert_eq!(
        due(&desk, "stage"),
        "2024-04-15 18:00",
        "five working days from the re-opening"
    );
    assert_eq!(due(&desk, "case"), "2024-04-22 18:00");
    assert!(!desk.state().was_late && desk.tick().is_empty());
}

#[test]
fn no_due_time_counts_after_closing() {
    let mut desk = desk();
    let result = Values::from([("result".into(), Value::Int(1))]);
    desk.step("housing.clerk", "done", result).unwrap();
    desk.verify(&actor("office.head"), true).unwrap();
    assert_eq!(desk.state().kind, StageKind::Closed);
    assert!(desk.state().clocks.is_empty() && desk.state().due().is_none());
    // Months later the lot of the look-back is all that fires.
    desk.at(date(2024, 4, 3), 17, 0);
    assert_eq!(names(&desk.tick()), ["lookback.drawn"]);
    assert!(!desk.state().was_late);
}

#[test]
fn a_reminder_comes_again_after_work_was_sent_back() {
    let mut desk = desk();
    desk.at(date(2024, 3, 8), 9, 0);
    assert_eq!(
        names(&desk.tick()),
        ["clock.warned"],
        "half of the stage's time is used"
    );
    let result = Values::from([("result".into(), Value::Int(1))]);
    desk.step("housing.clerk", "done", result).unwrap();
    desk.verify(&actor("office.head"), false).unwrap();
    assert_eq!(desk.state().clock("stage").unwrap().warnings.len(), 1);
    desk.at(date(2024, 3, 14), 9, 0);
    let warned = desk.tick();
    assert!(
        warned
            .iter()
            .any(|event| matches!(event, CaseEvent::Warned(e) if e.clock.as_str() == "stage")),
        "{:?}",
        names(&warned)
    );
}

#[test]
fn a_reminder_moves_with_what_stood_still_by_working_time_and_comes_once() {
    let mut desk = desk();
    let mark = |desk: &Desk| shown(desk.state().clock("stage").unwrap().warnings[0].at);
    assert_eq!(mark(&desk), "2024-03-07 11:45");
    // Two working days, Thursday and Friday: by the calendar the reminder would come on Saturday.
    desk.at(date(2024, 3, 6), 18, 0);
    grant(&mut desk, RequestKind::Suspension, date(2024, 3, 20));
    desk.at(date(2024, 3, 8), 18, 0);
    desk.run(&actor("office.clerk"), &Command::Resume).unwrap();
    assert_eq!(
        mark(&desk),
        "2024-03-11 11:45",
        "on the working day after the weekend, not on Saturday"
    );
}

#[test]
fn nobody_is_told_at_midnight() {
    for hour in 0..7 * 24 {
        let mut desk = Desk::new(Way::Own, date(2024, 3, 4).at(0, 30, 0, 0));
        desk.now = Timestamp::from_second(desk.now.as_second() + hour * 3600).unwrap();
        desk.open("housing");
        desk.step("housing.clerk", "accept", Values::new()).unwrap();
        desk.at(date(2024, 6, 1), 9, 0);
        for event in desk.tick() {
            let at = match &event {
                CaseEvent::Warned(e) => e.due,
                CaseEvent::Breached(e) => e.due,
                CaseEvent::Escalated(e) => e.due,
                _ => continue,
            };
            assert!((8..=18).contains(&local(at).hour()), "{event:?}");
        }
    }
}

#[test]
fn a_holiday_announced_after_the_clock_started_moves_its_end_and_the_event_says_so() {
    let mut desk = desk();
    desk.at(date(2024, 3, 6), 9, 0);
    let events = announce(&mut desk, DayKind::Holiday, &[7, 8]);
    assert_eq!(names(&events), ["clock.recounted"]);
    assert_eq!(
        (due(&desk, "stage"), due(&desk, "case")),
        ("2024-03-13 18:00".into(), "2024-03-20 18:00".into())
    );
    assert_eq!(
        shown(desk.state().clock("stage").unwrap().warnings[0].at),
        "2024-03-11 11:45"
    );
    // Announced again, nothing moves again.
    assert!(announce(&mut desk, DayKind::Holiday, &[8]).is_empty());
}

#[test]
fn a_day_announced_to_be_worked_makes_nobody_late_who_was_in_time() {
    let mut desk = desk();
    desk.at(date(2024, 3, 11), 9, 0);
    let events = announce(&mut desk, DayKind::MakeUpWorkday, &[9]);
    // The stage would have been due last Friday: it stays due today. The case has time enough and is due earlier.
    assert_eq!(names(&events), ["clock.recounted"]);
    assert_eq!(
        (due(&desk, "stage"), due(&desk, "case")),
        ("2024-03-11 18:00".into(), "2024-03-15 18:00".into())
    );
}

#[test]
fn a_report_whose_day_moves_to_one_that_is_over_keeps_its_day_and_can_say_why_it_is_due() {
    let mut desk = Desk::new(Way::Office("supervisor".into()), date(2024, 3, 4).at(9, 0, 0, 0));
    desk.mechanism.progress = Some(bihuan_domain::mechanism::Progress {
        cadence: bihuan_domain::clock::Cadence {
            every: bihuan_domain::clock::Every::MonthlyDays(vec![15]),
            on_day_off: bihuan_domain::clock::OnDayOff::WorkdayBefore,
            days_off: Default::default(),
            calendar: CalendarId::statutory(),
        },
        by: "handler".into(),
        ladder: "ladder".into(),
        label: bihuan_domain::Label::new("月报", "monthly report"),
    });
    desk.open("housing");
    desk.step("housing.clerk", "accept", Values::new()).unwrap();
    assert_eq!(due(&desk, "progress"), "2024-03-15 18:00");
    // The 15th becomes a day off when the 14th, to which the report would move, is over.
    desk.at(date(2024, 3, 14), 19, 0);
    announce(&mut desk, DayKind::Holiday, &[15]);
    let clock = desk.state().clock("progress").unwrap();
    let told = bihuan_domain::clock::due_at(&clock.rule, clock.start, &[], &desk.world.calendars);
    assert_eq!(
        told.unwrap(),
        Some(clock.due),
        "its derivation says when it is due"
    );
    assert_eq!(
        shown(clock.due),
        "2024-03-16 00:00",
        "a day off has no office hours to end with"
    );
}
