//! Adopting a calendar: a holiday announced late moves every open deadline by an event, and all is told.

use bihuan_domain::calendar::{CalendarId, DayKind, NoticeDay, YearNotice, instant, local};
use bihuan_domain::id::CaseId;
use bihuan_engine::calendars::{Deadline, MovedDeadline};
use bihuan_engine::{Engine, Failure};
use jiff::civil::date;
use serde_json::json;

use crate::county::{County, actor};

fn open(county: &mut County) -> CaseId {
    let open = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "停电三日",
        "values": { "leader": "county.leader" } });
    county.order("housing.clerk", open).unwrap().case.unwrap()
}

/// 2 March 2026 is a Monday; Thursday and Friday become days off by a notice of the 3rd.
fn notice() -> YearNotice {
    let off = |day| NoticeDay {
        date: date(2026, 3, day),
        kind: DayKind::Holiday,
        name: "抗洪".into(),
        statutory: false,
    };
    YearNotice {
        year: 2026,
        number: "样政发〔2026〕3号".into(),
        issued: date(2026, 3, 3),
        days: vec![off(5), off(6)],
    }
}

fn adopt(county: &County) -> Result<Vec<MovedDeadline>, Failure> {
    let cn = CalendarId::statutory();
    let (calendar, days) = county.engine.calendar_with(&cn, &[notice()]).unwrap();
    assert!(days.len() == 2 || days.is_empty());
    let told = county.engine.moved_by(&calendar).unwrap();
    let moved = county
        .engine
        .adopt_calendar(&actor("supervision.head"), "flood", calendar)?;
    assert_eq!(told, moved, "what was told beforehand is what was done");
    Ok(moved)
}

#[test]
fn a_holiday_announced_late_moves_every_open_deadline_and_lists_them() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    let case = open(&mut county);
    // Whoever is asked to void it has one working day.
    let ask = json!({ "type": "request", "case": case, "request": "void", "reason": "duplicate", "note": "重复立项" });
    county.at(date(2026, 3, 4).at(9, 0, 0, 0));
    county.order("supervision.dispatcher", ask).unwrap();
    let before = county.engine.views().unwrap().state(case).unwrap().unwrap();
    let due = before.clock("request/1").unwrap().due;
    assert_eq!(due, instant(date(2026, 3, 5).at(18, 0, 0, 0)));
    let moved = adopt(&county).unwrap();
    let request = moved
        .iter()
        .find(|deadline| deadline.clock.as_str() == "request/1")
        .unwrap();
    assert_eq!(
        (request.case, request.of, request.was),
        (case, Deadline::Due, due)
    );
    assert_eq!(local(request.is), date(2026, 3, 9).at(18, 0, 0, 0), "Monday");
    let after = county.engine.views().unwrap().state(case).unwrap().unwrap();
    for deadline in &moved {
        assert_eq!(after.clock(deadline.clock.as_str()).unwrap().due, deadline.is);
    }
    // What the event was caused by is the calendar's adoption.
    let entries = county
        .engine
        .ledger()
        .reader()
        .unwrap()
        .entries(0, 10_000)
        .unwrap();
    let adoption = entries
        .iter()
        .find(|entry| entry.kind == "calendar.adopted")
        .unwrap();
    let recount = entries
        .iter()
        .find(|entry| entry.kind == "clock.recounted")
        .unwrap();
    assert_eq!(recount.cause, Some(bihuan_ledger::Cause::Entry(adoption.seq)));
    // Imported again, nothing is written and nothing moves.
    let size = county.engine.ledger().reader().unwrap().head().unwrap().size;
    assert!(adopt(&county).unwrap().is_empty());
    assert_eq!(
        county.engine.ledger().reader().unwrap().head().unwrap().size,
        size
    );
    county.verify();
    // A restart knows the calendar.
    let time = county.time.clone();
    drop(county);
    let (engine, _) = Engine::open(&data, time).unwrap();
    let calendar = engine
        .world()
        .calendars
        .get(&CalendarId::statutory())
        .unwrap()
        .clone();
    assert!(!calendar.is_working(date(2026, 3, 5)));
}

#[test]
fn an_import_that_was_cut_short_is_finished_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let case = open(&mut county);
    let ask = json!({ "type": "request", "case": case, "request": "void", "reason": "duplicate", "note": "重复立项" });
    county.order("supervision.dispatcher", ask).unwrap();
    county.at(date(2026, 3, 2).at(10, 0, 0, 0));
    let cn = CalendarId::statutory();
    let mut notice = notice();
    notice.days.push(NoticeDay {
        date: date(2026, 3, 3),
        kind: DayKind::Holiday,
        name: "抗洪".into(),
        statutory: false,
    });
    let (calendar, _) = county.engine.calendar_with(&cn, &[notice]).unwrap();
    // The calendar was adopted and the process stopped before any case was counted anew.
    let event = bihuan_domain::event::WorldEvent::CalendarAdopted(Box::new(calendar.clone()));
    county
        .engine
        .change(&actor("supervision.head"), "cut-short", vec![event.into()])
        .unwrap();
    let moved = county
        .engine
        .adopt_calendar(&actor("supervision.head"), "again", calendar)
        .unwrap();
    assert!(!moved.is_empty());
    county.verify();
}
