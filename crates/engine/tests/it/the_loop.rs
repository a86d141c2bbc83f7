//! One matter through the engine: opened, worked, verified by somebody else, closed; refused, repeated, late.

use bihuan_domain::event::CaseEvent;
use bihuan_engine::{Failure, Order, Submission};
use bihuan_messages::Lang;
use jiff::SignedDuration;
use jiff::civil::date;
use serde_json::json;

use crate::county::{County, actor};

fn open(county: &mut County) -> bihuan_domain::id::CaseId {
    let answer = county
        .order(
            "housing.clerk",
            json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "厂区道路被占，运料车进不去",
                "values": { "leader": "county.leader" } }),
        )
        .unwrap();
    answer.case.unwrap()
}

#[test]
fn a_major_matter_is_reported_answered_and_closed_by_supervision() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let case = open(&mut county);
    county.at(date(2026, 3, 2).at(15, 0, 0, 0));
    county
        .order(
            "housing.clerk",
            json!({ "type": "step", "case": case, "step": "report", "values": { "report": "已报告" } }),
        )
        .unwrap();
    county
        .order(
            "county.leader",
            json!({ "type": "step", "case": case, "step": "opine", "values": { "opinion": "先清路障" } }),
        )
        .unwrap();
    county
        .order(
            "housing.clerk",
            json!({ "type": "step", "case": case, "step": "reply", "values": { "reply": "路障已清" } }),
        )
        .unwrap();
    county
        .order(
            "county.leader",
            json!({ "type": "step", "case": case, "step": "accept", "values": { "accepted": true } }),
        )
        .unwrap();
    let refused = county
        .order(
            "housing.clerk",
            json!({ "type": "verify", "case": case, "pass": true }),
        )
        .unwrap_err();
    assert!(
        matches!(refused, Failure::Refused(ref r) if r.code == "not_yours"),
        "{refused}"
    );
    let answer = county
        .order(
            "supervision.supervisor",
            json!({ "type": "verify", "case": case, "pass": true, "note": "现场通车" }),
        )
        .unwrap();
    assert_eq!(answer.events[0].name, "case.closed");
    let receipt = answer.receipt.unwrap();
    let proof = county
        .engine
        .ledger()
        .reader()
        .unwrap()
        .receipt(receipt.seq)
        .unwrap();
    assert_eq!(
        bihuan_ledger::verify_receipt(&proof, county.engine.ledger().public_key()),
        bihuan_ledger::ReceiptVerdict::Holds
    );
    let views = county.engine.views().unwrap();
    let view = views.case(case).unwrap().unwrap();
    assert_eq!(view.title.as_deref(), Some("厂区道路被占，运料车进不去"));
    assert_eq!(view.state.closed.as_ref().unwrap().on_time, Some(true));
    assert_eq!(view.timeline.len(), 6);
    drop(views);
    county.verify();
}

#[test]
fn the_same_key_again_gets_the_same_answer_and_does_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let order: Order = serde_json::from_value(
        json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing",
        "title": "双击", "values": { "leader": "county.leader" } }),
    )
    .unwrap();
    let submission = Submission::new("double-click", order);
    let by = actor("housing.clerk");
    let first = county.engine.submit_blocking(&by, submission.clone()).unwrap();
    let again = county.engine.submit_blocking(&by, submission).unwrap();
    assert_eq!((first.duplicate, again.duplicate), (false, true));
    assert_eq!((first.case, first.number), (again.case, again.number));
    let total = county
        .engine
        .views()
        .unwrap()
        .counts(&Default::default())
        .unwrap()
        .total;
    assert_eq!(total, 1);
    county.verify();
}

#[test]
fn two_who_saw_the_same_state_are_not_both_carried_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let open = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "同时", "values": { "leader": "county.leader" } });
    let case = county.order("housing.clerk", open).unwrap().case.unwrap();
    let seen = county.engine.views().unwrap().state(case).unwrap().unwrap().seq;
    let note = |n: u32| {
        let order = serde_json::from_value(json!({ "type": "note", "case": case, "note": "在办" })).unwrap();
        let mut submission = Submission::new(format!("n{n}"), order);
        submission.expected = Some(seen);
        submission
    };
    let by = actor("housing.clerk");
    let answers: Vec<_> = (0..8).map(|n| county.engine.send(&by, note(n))).collect();
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.blocking_recv().unwrap())
        .collect();
    let refused = answers[1..]
        .iter()
        .all(|answer| matches!(answer, Err(Failure::Refused(refusal)) if refusal.code == "conflict"));
    assert!(answers[0].is_ok() && refused, "{answers:?}");
    let again = county.engine.submit_blocking(&by, note(0)).unwrap();
    assert!(again.duplicate, "its own effect is no conflict");
    county.verify();
}

#[test]
fn many_reports_on_few_cases_at_once_leave_each_as_the_last_of_them_left_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let cases: Vec<_> = (0..3).map(|_| open(&mut county)).collect();
    let by = actor("housing.clerk");
    let sent: Vec<_> = (0..90)
        .map(|n| {
            let case = cases[n % cases.len()];
            let order =
                serde_json::from_value(json!({ "type": "note", "case": case, "note": "在办" })).unwrap();
            let mut submission = Submission::new(format!("n{n}"), order);
            // Some are refused after the state of their case was taken in hand.
            submission.expected = n.is_multiple_of(7).then_some(u64::MAX);
            (case, county.engine.send(&by, submission))
        })
        .collect();
    let mut last = std::collections::BTreeMap::new();
    for (n, (case, answer)) in sent.into_iter().enumerate() {
        let answer = answer.blocking_recv().unwrap();
        assert_eq!(answer.is_err(), n.is_multiple_of(7), "{n}: {answer:?}");
        if let Ok(answer) = answer {
            last.insert(case, answer.events.last().unwrap().seq);
        }
    }
    for (case, seq) in last {
        let state = county.engine.views().unwrap().state(case).unwrap().unwrap();
        assert_eq!(state.seq, seq);
    }
    county.verify();
}

#[test]
fn a_refused_command_says_the_rule_and_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let case = open(&mut county);
    let before = county.engine.beacon();
    let refused = county
        .order(
            "housing.clerk",
            json!({ "type": "step", "case": case, "step": "report", "values": {} }),
        )
        .unwrap_err();
    assert_eq!(refused.text(Lang::Zh), "“报告内容”还没有填写，这一步需要它。");
    let refused = county
        .order(
            "housing.clerk",
            json!({ "type": "step", "case": case, "step": "opine", "values": {} }),
        )
        .unwrap_err();
    assert!(
        refused.text(Lang::Zh).contains("现在可以办理"),
        "{}",
        refused.text(Lang::Zh)
    );
    let refused = county
        .order(
            "housing.clerk",
            json!({ "type": "note", "case": 999, "note": "无此件" }),
        )
        .unwrap_err();
    assert_eq!(refused.text(Lang::Zh), "没有这件事项。请核对编号。");
    assert_eq!(county.engine.beacon(), before, "nothing was written");
    county.verify();
}

#[test]
fn a_late_engine_fires_with_the_original_due_times_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let case = open(&mut county);
    // Nobody reports; the engine sleeps for five days.
    county.at(date(2026, 3, 7).at(9, 0, 0, 0));
    let fired = county.engine.catch_up().unwrap();
    assert!(fired.events >= 5, "{fired:?}");
    assert_eq!(county.engine.catch_up().unwrap().events, 0, "nothing fires twice");
    let view = county.engine.views().unwrap().case(case).unwrap().unwrap();
    let breach = view
        .timeline
        .iter()
        .find_map(|entry| match &entry.event {
            CaseEvent::Breached(e) => Some((e.due, entry.at)),
            _ => None,
        })
        .unwrap();
    assert_eq!(
        breach.0.to_string(),
        "2026-03-03T01:00:00Z",
        "due at 09:00 in China the day after"
    );
    assert_eq!(
        breach.1.to_string(),
        "2026-03-07T01:00:00Z",
        "and it says when it fired"
    );
    assert_eq!(county.stage(case), "parked", "the exit needs nobody's goodwill");
    county.verify();
}

#[test]
fn the_desk_shows_what_waits_for_me_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let case = open(&mut county);
    let desk = |county: &County, post: &str| {
        let by = actor(post);
        county
            .engine
            .views()
            .unwrap()
            .desk(&by.person, &[by.post], 50)
            .unwrap()
    };
    assert_eq!(desk(&county, "housing.clerk").len(), 1);
    assert!(desk(&county, "county.leader").is_empty());
    county
        .order(
            "housing.clerk",
            json!({ "type": "step", "case": case, "step": "report", "values": { "report": "已报告" } }),
        )
        .unwrap();
    assert!(desk(&county, "housing.clerk").is_empty());
    let rows = desk(&county, "county.leader");
    assert_eq!((rows.len(), rows[0].kind.name()), (1, "opinion"));
    county.verify();
}

#[test]
fn many_submissions_at_once_are_decided_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let case = open(&mut county);
    // Forty clerks press the same button at the same moment; one is first, the others are told what is allowed now.
    let answers: Vec<_> = (0..40)
        .map(|n| {
            let order: Order = serde_json::from_value(
                json!({ "type": "step", "case": case, "step": "report", "values": { "report": "已报告" } }),
            )
            .unwrap();
            county.engine.send(
                &actor("housing.clerk"),
                Submission::new(format!("race{n}"), order),
            )
        })
        .collect();
    let done = answers
        .into_iter()
        .map(|a| a.blocking_recv().unwrap())
        .filter(Result::is_ok)
        .count();
    assert_eq!(done, 1);
    county.verify();
}

#[test]
fn moving_the_clock_fires_what_became_due() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let case = open(&mut county);
    assert!(county.engine.advance(SignedDuration::from_hours(12)).unwrap());
    let state = county.engine.views().unwrap().state(case).unwrap().unwrap();
    assert_eq!(
        state.colour(),
        bihuan_domain::mechanism::Colour::Yellow,
        "half of the 24 hours have passed"
    );
    county.verify();
}
