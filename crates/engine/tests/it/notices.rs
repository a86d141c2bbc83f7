//! Notices: who is told what, and that nothing is lost or doubled wherever the work breaks off.

use std::collections::BTreeSet;

use bihuan_domain::id::CaseId;
use bihuan_engine::Notices;
use bihuan_engine::notices::{About, Broken, Notice};
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use crate::county::County;

/// Everything that anybody was told: entry, person, reason.
fn everything(county: &County, notices: &Notices) -> BTreeSet<(u64, String, &'static str)> {
    let world = county.engine.world();
    let persons = world.org.persons.keys();
    persons
        .flat_map(|person| notices.of(person, 0, 10_000).unwrap().rows)
        .map(|told| (told.seq, told.person.to_string(), told.reason.name()))
        .collect()
}

fn of(notices: &Notices, post: &str) -> Vec<Notice> {
    notices.of(&format!("p.{post}").into(), 0, 1000).unwrap().rows
}

fn reasons(notices: &Notices, post: &str) -> Vec<&'static str> {
    of(notices, post)
        .iter()
        .rev()
        .map(|told| told.reason.name())
        .collect()
}

fn open(county: &mut County, title: &str) -> CaseId {
    let order = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": title,
        "values": { "leader": "county.leader" } });
    county
        .order("supervision.dispatcher", order)
        .unwrap()
        .case
        .unwrap()
}

#[test]
fn each_is_told_what_comes_to_his_post_and_not_what_he_did_himself() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let notices = Notices::open(dir.path()).unwrap();
    notices.follow(&county.engine).unwrap();
    let case = open(&mut county, "管线迁改");
    notices.follow(&county.engine).unwrap();
    assert_eq!(reasons(&notices, "housing.clerk"), ["arrived"]);
    assert_eq!(of(&notices, "housing.clerk")[0].about, About::Case(case));

    let report =
        json!({ "type": "step", "case": case, "step": "report", "values": { "report": "需要协调" } });
    county.order("housing.clerk", report).unwrap();
    notices.follow(&county.engine).unwrap();
    assert_eq!(reasons(&notices, "county.leader"), ["arrived"]);
    assert_eq!(
        reasons(&notices, "housing.clerk"),
        ["arrived"],
        "not of his own step"
    );

    county.at(date(2026, 3, 9).at(9, 0, 0, 0));
    county.engine.catch_up().unwrap();
    notices.follow(&county.engine).unwrap();
    let leader = reasons(&notices, "county.leader");
    assert!(leader.contains(&"breached"), "{leader:?}");
    // Whatever climbed to somebody stands on his desk, and he was told.
    let views = county.engine.views().unwrap();
    let state = views.state(case).unwrap().unwrap();
    for duty in state.duties() {
        let told = of(&notices, duty.holder.post.as_str());
        assert!(
            told.iter().any(|told| told.about == About::Case(case)),
            "{duty:?}"
        );
    }
    county.verify();
}

#[test]
fn the_first_look_goes_back_three_days_and_no_further() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let old = open(&mut county, "旧事");
    county.at(date(2026, 3, 20).at(9, 0, 0, 0));
    let new = open(&mut county, "新事");
    let notices = Notices::open(dir.path()).unwrap();
    notices.follow(&county.engine).unwrap();
    let told = of(&notices, "housing.clerk");
    assert!(
        told.iter().any(|told| told.about == About::Case(new))
            && told.iter().all(|told| told.about != About::Case(old)),
        "{told:?}"
    );
}

#[test]
fn notices_older_than_ninety_days_are_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let notices = Notices::open(dir.path()).unwrap();
    notices.follow(&county.engine).unwrap();
    let old = open(&mut county, "旧事");
    notices.follow(&county.engine).unwrap();
    assert!(
        of(&notices, "housing.clerk")
            .iter()
            .any(|told| told.about == About::Case(old))
    );
    county.at(date(2026, 6, 20).at(9, 0, 0, 0));
    open(&mut county, "新事");
    notices.follow(&county.engine).unwrap();
    assert!(
        of(&notices, "housing.clerk")
            .iter()
            .all(|told| told.about != About::Case(old))
    );
}

#[test]
fn a_log_that_was_restored_to_an_earlier_head_is_gone_on_with_from_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut longer = County::hastily(&dir.path().join("longer"));
    let mut shorter = County::hastily(&dir.path().join("shorter"));
    let notices = Notices::open(dir.path()).unwrap();
    for n in 0..5 {
        open(&mut longer, &format!("第{n}件"));
    }
    notices.follow(&longer.engine).unwrap();
    open(&mut shorter, "恢复后");
    notices.follow(&shorter.engine).unwrap();
    let size = shorter.engine.beacon().size;
    assert_eq!(notices.place().unwrap(), Some(size));
    assert!(of(&notices, "housing.clerk").iter().all(|told| told.seq < size));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Nothing is lost and nothing is there twice: batches of any size, broken off after any notice, and a file that is
    /// opened anew, give what one quiet pass gives.
    #[test]
    fn no_notice_is_lost_or_doubled_wherever_the_work_breaks_off(
        sizes in prop::collection::vec((1usize..6, prop::option::of(0u32..4)), 1..40),
        cases in 1usize..4,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut county = County::hastily(&dir.path().join("data"));
        let (quiet, broken) = (dir.path().join("quiet"), dir.path().join("broken"));
        for place in [&quiet, &broken] {
            std::fs::create_dir(place).unwrap();
        }
        for n in 0..cases {
            let case = open(&mut county, &format!("第{n}件"));
            if n % 2 == 0 {
                let report = json!({ "type": "step", "case": case, "step": "report", "values": { "report": "需要协调" } });
                county.order("housing.clerk", report).unwrap();
            }
        }
        county.at(date(2026, 3, 4).at(9, 0, 0, 0));
        county.engine.catch_up().unwrap();
        let whole = Notices::open(&quiet).unwrap();
        whole.follow(&county.engine).unwrap();
        for (size, after) in sizes {
            // Opened anew each time, as after a crash.
            let notices = Notices::open(&broken).unwrap();
            let _ = notices.batch(&county.engine, size, after.map_or(Broken::No, Broken::After));
        }
        let notices = Notices::open(&broken).unwrap();
        notices.follow(&county.engine).unwrap();
        let (found, expected) = (everything(&county, &notices), everything(&county, &whole));
        prop_assert!(!expected.is_empty());
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn whoever_acts_for_somebody_is_told_so_and_a_plain_appointment_tells_nobody() {
    use bihuan_domain::event::WorldEvent;
    use bihuan_domain::org::{Actor, Appointment, Validity};

    let dir = tempfile::tempdir().unwrap();
    let county = County::hastily(&dir.path().join("data"));
    let notices = Notices::open(dir.path()).unwrap();
    notices.follow(&county.engine).unwrap();
    let appoint = |key: &str, acting_for: Option<&str>| {
        let appointment = Appointment {
            person: "p.water.clerk".into(),
            post: "housing.clerk".into(),
            valid: Validity::since(date(2026, 3, 1)),
            acting_for: acting_for.map(Into::into),
        };
        let changes = vec![WorldEvent::Appointed(appointment).into()];
        county.engine.change(&Actor::system(), key, changes).unwrap();
        notices.follow(&county.engine).unwrap();
    };
    appoint("plain", None);
    assert_eq!(reasons(&notices, "water.clerk"), [""; 0]);
    appoint("acting", Some("p.housing.clerk"));
    let told = of(&notices, "water.clerk");
    assert_eq!(reasons(&notices, "water.clerk"), ["delegated"]);
    assert_eq!(
        (&told[0].about, told[0].post.as_str()),
        (&About::Post, "housing.clerk")
    );
    assert!(of(&notices, "housing.clerk").is_empty());
}
