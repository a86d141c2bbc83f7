//! Notices: who is told what, and that nothing is lost or doubled wherever the work breaks off.

use std::collections::BTreeSet;

use bihuan_domain::id::{CaseId, PackId};
use bihuan_domain::org::Actor;
use bihuan_engine::notices::{About, Broken, Notice};
use bihuan_engine::{Engine, Notices};
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

/// A unit is assessed and may object to an item of its result.
const RULE: &str = r#"language = 1

[mechanism]
id = "marking"
number = "T11"
label = { zh = "单位评定", en = "Assessment of a unit" }
purpose = { zh = "公示结果，有异议的复核。", en = "The result is shown and objections are reviewed." }
source = { zh = "测试", en = "Test" }
title = "matter"
columns = ["matter"]
ladder = "county"
exit = "parked"

[open]
by = ["dispatcher"]
from = ["person"]
stage = "shown"
owners = ["department"]

[[field]]
id = "matter"
datum = "matter"
required = true

[[field]]
id = "measure"
datum = "measure"

[[stage]]
id = "shown"
label = { zh = "公示", en = "Shown" }
kind = "work"
holder = "handler"
clock = { limit = "5 working days" }

[[stage.step]]
id = "object"
label = { zh = "提出申诉", en = "Object" }
adds = "objections"
to = "reviewing"

[[stage]]
id = "reviewing"
label = { zh = "复核", en = "Reviewed" }
kind = "decide"
holder = "supervision"
clock = { limit = "5 working days", ladder = "leadership" }

[[stage.step]]
id = "decide"
label = { zh = "作出结论", en = "Decide" }
needs = ["measure"]
to = "verification"

[[stage]]
id = "verification"
label = { zh = "核查", en = "Verified" }
kind = "verify"
clock = { limit = "5 working days", ladder = "leadership" }
rework = "shown"

[closing]
when = "has(measure)"
says = { zh = "结论已写明", en = "the decision is stated" }

[closing.verify]
ordinary = { way = "office", office = "supervision" }
"#;

const PACK: &str = r#"language = 1

[pack]
id = "marking"
label = { zh = "评定", en = "Assessment" }
requires = ["base"]

[[datum]]
id = "objected-item"
label = { zh = "项目", en = "Item" }
type = "choice"
choices = [
  { code = "roads", label = { zh = "道路", en = "roads" } },
  { code = "water", label = { zh = "供水", en = "water" } },
]
owner = "handler"
of = "case"
valid = "case"

[[datum]]
id = "objected-why"
label = { zh = "理由", en = "Ground" }
type = "text"
owner = "handler"
of = "case"
valid = "case"

[[register]]
id = "objections"
label = { zh = "申诉", en = "Objections" }
title = "ground"

  [[register.field]]
  id = "item"
  datum = "objected-item"
  required = true

  [[register.field]]
  id = "ground"
  datum = "objected-why"
  required = true
"#;

#[test]
fn an_objection_of_the_unit_that_is_assessed_is_told_as_one_to_who_reviews_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::hastily(&dir.path().join("data"));
    let files = [("pack.toml", PACK), ("marking.toml", RULE)];
    let files = files
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let pack = Engine::adopt_pack(&PackId::new("marking"), files);
    county
        .engine
        .change(&Actor::system(), "marking", vec![pack])
        .unwrap();
    let notices = Notices::open(dir.path()).unwrap();
    notices.follow(&county.engine).unwrap();
    let open = json!({ "type": "open", "mechanism": "marking", "owner": "housing", "title": "住建局评定", "values": {} });
    let case = county
        .order("supervision.dispatcher", open)
        .unwrap()
        .case
        .unwrap();
    let object = json!({ "type": "step", "case": case, "step": "object",
        "row": { "item": "roads", "ground": "口径不一致" } });
    county.order("housing.clerk", object).unwrap();
    notices.follow(&county.engine).unwrap();
    assert!(
        reasons(&notices, "supervision.supervisor").contains(&"objection"),
        "{:?}",
        reasons(&notices, "supervision.supervisor")
    );
    assert!(
        !reasons(&notices, "housing.head").contains(&"objection"),
        "who objects is not told of it"
    );
    // What merely arrives is told as that.
    let decide = json!({ "type": "step", "case": case, "step": "decide", "values": { "measure": "更正" } });
    county.order("supervision.supervisor", decide).unwrap();
    notices.follow(&county.engine).unwrap();
    assert_eq!(
        reasons(&notices, "supervision.supervisor")
            .iter()
            .filter(|reason| **reason == "objection")
            .count(),
        1
    );
}
