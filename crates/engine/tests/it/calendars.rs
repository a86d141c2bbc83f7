//! Adopting a calendar: a holiday announced late moves every open deadline by an event, and all is told.

use bihuan_diagnostics::Severity;
use bihuan_domain::calendar::{Calendar, CalendarId, DayKind, NoticeDay, YearNotice, instant, local};
use bihuan_domain::id::{CaseId, PackId};
use bihuan_domain::org::Actor;
use bihuan_engine::adoption::{Files, Proposal};
use bihuan_engine::calendars::{Deadline, MovedDeadline};
use bihuan_engine::{Engine, Failure};
use bihuan_messages::{Label, Lang};
use jiff::civil::date;
use serde_json::json;

use crate::county::{County, actor, pack_files};

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

const FLOOD: &str = "flood";

/// The projects pack with another limit for reports, and what its head says besides.
fn projects(limit: &str, head: &str) -> Files {
    let mut files = pack_files("a-projects");
    let rule = files.get_mut("three-plus-24.toml").unwrap();
    assert!(rule.contains("limit = \"24 hours\", warn"));
    *rule = rule.replacen(
        "limit = \"24 hours\", warn",
        &format!("limit = \"{limit}\", warn"),
        1,
    );
    files.get_mut("pack.toml").unwrap().push_str(head);
    Files::from([(PackId::new("a-projects"), files)])
}

fn proposed(county: &County, files: &Files) -> Proposal {
    let all = files.iter().flat_map(|(pack, inside)| {
        let named = move |(path, text): (&String, &String)| (format!("{pack}/{path}"), text.clone());
        inside.iter().map(named)
    });
    let calendars = &county.engine.world().calendars;
    Proposal::of(&county.engine.mechanisms(), calendars, all.collect())
}

/// The statutory calendar under a name of its own, with the days of the notice off.
fn flood(notices: &[YearNotice]) -> Calendar {
    let name = Label::new("汛期日历", "flood season");
    let mut calendar = Calendar::statutory().named(CalendarId::new(FLOOD), name);
    for notice in notices {
        calendar.adopt_year(notice.clone()).unwrap();
    }
    calendar
}

#[test]
fn a_mechanism_names_a_calendar_of_the_county_once_that_is_in_force_and_a_new_year_moves_its_deadlines() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    let own = projects("3 working days on calendar flood", "");
    let proposal = proposed(&county, &own);
    let finding = proposal.findings.iter().find(|f| f.code == "M0189").unwrap();
    let mend = finding.mend.as_ref().unwrap().text(Lang::En);
    assert!(
        mend.contains("cn") && mend.contains("calendar import"),
        "known ones and how to mend: {mend}"
    );
    assert!(county.engine.adopt(&Actor::system(), "early", &own).is_err());
    let head = actor("supervision.head");
    county.engine.adopt_calendar(&head, "flood", flood(&[])).unwrap();
    assert!(proposed(&county, &own).is_sound());
    county.engine.adopt(&head, "own", &own).unwrap();
    let case = open(&mut county);
    let due = |county: &County| {
        let state = county.engine.views().unwrap().state(case).unwrap().unwrap();
        local(state.clock("stage").unwrap().due)
    };
    assert_eq!(due(&county), date(2026, 3, 5).at(18, 0, 0, 0));
    // The same notice on the statutory calendar moves nothing of this clock.
    let moved = adopt(&county).unwrap();
    assert!(
        moved.iter().all(|deadline| deadline.clock.as_str() != "stage"),
        "{moved:?}"
    );
    let (calendar, _) = county
        .engine
        .calendar_with(&CalendarId::new(FLOOD), &[notice()])
        .unwrap();
    let moved = county.engine.adopt_calendar(&head, "days off", calendar).unwrap();
    assert_eq!((moved.len(), moved[0].case), (1, case));
    assert_eq!(due(&county), date(2026, 3, 9).at(18, 0, 0, 0), "Monday");
    county.verify();
    let time = county.time.clone();
    drop(county);
    Engine::open(&data, time).unwrap();
}

#[test]
fn a_calendar_that_a_pack_declares_comes_into_force_with_it_and_the_countys_own_counts() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    let head = actor("supervision.head");
    let declared = |number: &str| {
        let text = format!(
            "\n[[calendar]]\nid = \"flood\"\nlabel = {{ zh = \"汛期日历\", en = \"flood season\" }}\n\
             [[calendar.notice]]\nyear = 2026\nnumber = \"{number}\"\nissued = \"2026-02-01\"\n\
             days = [{{ date = \"2026-03-05\", kind = \"holiday\", name = \"抗洪\" }}]\n"
        );
        projects("3 working days on calendar flood", &text)
    };
    let first = declared("样政发〔2026〕1号");
    let proposal = proposed(&county, &first);
    assert!(proposal.is_sound(), "{:?}", proposal.findings);
    // Looked at beforehand: nothing is written, and the clocks are counted on the calendar that would come.
    county.engine.preview(&first).unwrap();
    assert!(
        county
            .engine
            .world()
            .calendars
            .get(&CalendarId::new(FLOOD))
            .is_none()
    );
    county.engine.adopt(&head, "first", &first).unwrap();
    let entries = county
        .engine
        .ledger()
        .reader()
        .unwrap()
        .entries(0, 10_000)
        .unwrap();
    let kinds: Vec<&str> = entries
        .iter()
        .rev()
        .take(2)
        .map(|entry| entry.kind.as_str())
        .collect();
    assert_eq!(kinds, ["pack.adopted", "calendar.adopted"]);
    let case = open(&mut county);
    let state = county.engine.views().unwrap().state(case).unwrap().unwrap();
    assert_eq!(
        local(state.clock("stage").unwrap().due),
        date(2026, 3, 6).at(18, 0, 0, 0),
        "Thursday is off"
    );
    // A later version says otherwise: the author is told, and the calendar in force stays.
    let second = declared("样政发〔2026〕2号");
    let proposal = proposed(&county, &second);
    let warned = proposal.findings.iter().find(|f| f.code == "M0191").unwrap();
    assert_eq!(warned.severity, Severity::Warning);
    let before = county.engine.world().calendars.clone();
    county.engine.adopt(&head, "second", &second).unwrap();
    assert_eq!(county.engine.world().calendars, before);
    county.verify();
    let time = county.time.clone();
    drop(county);
    let (engine, _) = Engine::open(&data, time).unwrap();
    assert_eq!(engine.world().calendars, before);
}

#[test]
fn a_calendar_on_which_a_rule_in_force_would_never_come_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(dir.path());
    let head = actor("supervision.head");
    // A calendar that knows one year only.
    let one_year = |days: Vec<NoticeDay>| {
        let mut stored = serde_json::to_value(flood(&[])).unwrap();
        stored["notices"] = json!([YearNotice { days, ..notice() }]);
        serde_json::from_value::<Calendar>(stored).unwrap()
    };
    county
        .engine
        .adopt_calendar(&head, "flood", one_year(Vec::new()))
        .unwrap();
    let report = "\n[progress]\nlabel = { zh = \"年报\", en = \"yearly report\" }\n\
        every = \"yearly on 6 July, except holidays, on calendar flood\"\nby = \"handler\"\n";
    let mut own = projects("24 hours", "");
    let files = own.get_mut(&PackId::new("a-projects")).unwrap();
    files.get_mut("three-plus-24.toml").unwrap().push_str(report);
    county.engine.adopt(&head, "own", &own).unwrap();
    open(&mut county);
    let off = NoticeDay {
        date: date(2026, 7, 6),
        kind: DayKind::Holiday,
        name: "防汛日".into(),
        statutory: false,
    };
    let before = county.engine.world().calendars.clone();
    let refused = county.engine.adopt_calendar(&head, "off", one_year(vec![off]));
    assert!(refused.unwrap_err().to_string().contains("M0145"));
    assert_eq!(county.engine.world().calendars, before);
    county.verify();
}
