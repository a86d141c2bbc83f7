//! What is administered beside the cases: erasing by two people, packs as they are handed in, who may.

use std::io::Write as _;
use std::path::Path;

use bihuan_domain::id::CaseId;
use bihuan_engine::access::{Task, may};
use bihuan_engine::adoption::{Proposal, bundle, ground, same_ground};
use bihuan_engine::erase::{Outcome, Subject};
use bihuan_engine::{Engine, Failure};
use serde_json::json;

use crate::by_themselves::works_with;
use crate::county::{County, actor, pack_files};

fn refused<T>(result: Result<T, Failure>) -> String {
    match result {
        Err(Failure::Refused(refusal)) => refusal.code,
        Err(Failure::Fault(error)) => panic!("{error}"),
        Ok(_) => panic!("was not refused"),
    }
}

fn opened(county: &mut County) -> CaseId {
    let order = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing",
        "title": "张三家的事", "values": { "leader": "county.leader" } });
    county.order("housing.clerk", order).unwrap().case.unwrap()
}

fn title(engine: &Engine, case: CaseId) -> Option<String> {
    engine.views().unwrap().case(case).unwrap().unwrap().title
}

#[test]
fn a_case_is_erased_by_two_people_and_both_stand_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(dir.path());
    let case = opened(&mut county);
    let name = format!("case/{case}");
    let (asks, confirms) = (actor("supervision.dispatcher"), actor("county.leader"));
    let engine = &county.engine;
    assert_eq!(
        refused(engine.ask_erasure(&actor("housing.clerk"), &name, "mistaken")),
        "may_not_erase"
    );
    assert_eq!(
        refused(engine.ask_erasure(&asks, &name, "because")),
        "no_such_reason"
    );
    assert_eq!(
        refused(engine.ask_erasure(&asks, "case/99", "mistaken")),
        "no_such_subject"
    );
    assert_eq!(
        engine.ask_erasure(&asks, &name, "mistaken").unwrap(),
        Outcome::Waits(1)
    );
    assert_eq!(
        refused(engine.ask_erasure(&asks, &name, "mistaken")),
        "erasure_waits"
    );
    assert!(
        title(engine, case).is_some(),
        "nothing is erased before it is confirmed"
    );
    // The same person on another post is still the same person.
    let mut same = actor("supervision.head");
    same.person = asks.person.clone();
    assert_eq!(refused(engine.confirm_erasure(&same, 1)), "own_erasure");
    assert_eq!(
        refused(engine.confirm_erasure(&actor("water.clerk"), 1)),
        "may_not_erase"
    );
    engine.confirm_erasure(&confirms, 1).unwrap();
    assert_eq!(title(engine, case), None);
    assert_eq!(refused(engine.confirm_erasure(&confirms, 1)), "no_such_erasure");
    let world = engine.world();
    let erasure = &world.erasures[&1];
    assert_eq!((&erasure.asked.0, erasure.done), (&asks, true));
    assert_eq!(erasure.ended.as_ref().unwrap().0, confirms);
    let views = engine.views().unwrap();
    let head = views.log().head().unwrap();
    let last = views.log().entries(head.size - 2, 2).unwrap();
    for entry in last {
        assert_eq!(
            entry.actor.person.as_deref(),
            Some("p.county.leader"),
            "{}",
            entry.kind
        );
    }
    drop(views);
    county.verify();
    let (time, path) = (county.time.clone(), dir.path().to_owned());
    drop(county);
    let (engine, _) = Engine::open(&path, time).unwrap();
    assert_eq!(engine.world().erasures, world.erasures, "and after a restart");
}

#[test]
fn a_request_for_erasure_that_is_taken_back_erases_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(dir.path());
    let case = opened(&mut county);
    let name = format!("case/{case}");
    let (asks, other) = (actor("supervision.dispatcher"), actor("supervision.head"));
    county.engine.ask_erasure(&asks, &name, "ordered").unwrap();
    county.engine.withdraw_erasure(&asks, 1).unwrap();
    assert_eq!(
        refused(county.engine.confirm_erasure(&other, 1)),
        "no_such_erasure"
    );
    assert_eq!(
        county.engine.ask_erasure(&other, &name, "ordered").unwrap(),
        Outcome::Waits(2)
    );
    assert!(title(&county.engine, case).is_some());
    county.verify();
}

#[test]
fn who_has_the_machine_is_recorded_as_he_states_himself() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(dir.path());
    let root = bihuan_domain::org::Actor::at_the_machine("root");
    county
        .engine
        .erase(&root, "person/p.water.clerk", "period_over")
        .unwrap();
    let (time, path) = (county.time.clone(), dir.path().to_owned());
    drop(county);
    let (engine, _) = Engine::open(&path, time).unwrap();
    let world = engine.world();
    let erasure = world.erasures.values().next().unwrap();
    assert_eq!(erasure.ended.as_ref().unwrap().0.stated(), Some("root"));
}

#[test]
fn a_row_is_erased_at_once_by_the_unit_that_keeps_its_register() {
    let dir = tempfile::tempdir().unwrap();
    let sensitive = |_: &str, text: String| {
        text.replace(
            "id = \"device-name\"\n",
            "id = \"device-name\"\nsensitive = true\n",
        )
    };
    let mut county = works_with(dir.path(), sensitive);
    let values = json!({"name": "样户甲", "kind": "boiler", "user": "housing", "next_due": "2026-12-31"});
    let row = json!({"type": "row", "register": "devices", "row": "d1", "values": values});
    county.order("water.clerk", row).unwrap();
    let name = "register/devices/d1";
    assert_eq!(
        refused(
            county
                .engine
                .ask_erasure(&actor("audit.clerk"), name, "consent_withdrawn")
        ),
        "may_not_erase"
    );
    let done = county
        .engine
        .ask_erasure(&actor("water.clerk"), name, "consent_withdrawn")
        .unwrap();
    assert_eq!(done, Outcome::Done(1));
    assert!(county.engine.world().erasures[&1].done);
    county.verify();
}

#[test]
fn what_can_be_erased_is_named_as_its_key_is() {
    for text in [
        "case/17",
        "person/p3",
        "register/households/h12",
        "register/households/a/b",
        "register/roads",
    ] {
        assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "case",
        "case/x",
        "case/-1",
        "case/1/2",
        "person/a/b",
        "../x",
        "log/1",
    ] {
        assert!(text.parse::<Subject>().is_err(), "{text}");
    }
}

#[test]
fn administration_is_asked_of_one_policy() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(dir.path());
    let world = county.engine.world();
    let case = Subject::Case(CaseId(1));
    for (post, adopts, confirms) in [
        ("supervision.dispatcher", true, true),
        ("county.leader", false, true),
        ("housing.clerk", false, false),
        ("nobody", false, false),
    ] {
        let asked = |task| may(&world, &post.into(), task);
        assert_eq!(
            (asked(Task::Run), asked(Task::AdoptPacks)),
            (adopts, adopts),
            "{post}"
        );
        assert_eq!(asked(Task::Erase(&case, None)), adopts, "{post}");
        assert_eq!(
            (asked(Task::ConfirmErasure), asked(Task::SeeErasures)),
            (confirms, confirms),
            "{post}"
        );
    }
}

/// A zip archive of these entries.
fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in entries {
        archive
            .start_file(*path, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn bundled(files: &[(&str, &[u8])]) -> Result<Vec<String>, String> {
    let given: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()))
        .collect();
    let read = bundle::read(&given).map_err(|refusal| refusal.code)?;
    Ok(read.into_keys().collect())
}

#[test]
fn a_pack_is_handed_in_as_an_archive_of_its_folder_or_file_by_file() {
    let archive = zipped(&[
        ("own/", b""),
        ("own/pack.toml", "\u{feff}language = 1".as_bytes()),
        ("own\\rows.csv", b"id\n"),
        ("own/README.md", b"text"),
        ("__MACOSX/own/._pack.toml", b"\x00\xff"),
        ("own/.DS_Store", b"\x00\xff"),
    ]);
    assert_eq!(
        bundled(&[("own.zip", &archive)]).unwrap(),
        ["own/pack.toml", "own/rows.csv"]
    );
    let files: [(&str, &[u8]); 2] = [("pack.toml", b"language = 1"), ("a.toml", b"language = 1")];
    assert_eq!(bundled(&files).unwrap(), ["a.toml", "pack.toml"]);
}

#[test]
fn what_is_no_pack_is_refused_with_what_is_wrong_and_without_unpacking_it() {
    let head: (&str, &[u8]) = ("pack.toml", b"language = 1");
    let bomb = zipped(&[head, ("a.toml", &vec![b' '; 40_000_000])]);
    assert!(bomb.len() < 100_000, "it is small where it lies");
    let many: Vec<(String, Vec<u8>)> = (0..2_100)
        .map(|n| (format!("{n}.toml"), b"x = 1".to_vec()))
        .collect();
    let many: Vec<(&str, &[u8])> = many
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let wide: Vec<(String, Vec<u8>)> = (0..20)
        .map(|n| (format!("{n}.toml"), vec![b' '; 990_000]))
        .collect();
    let wide: Vec<(&str, &[u8])> = wide
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let mut torn = zipped(&[head]);
    torn.truncate(torn.len() / 2);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("pack_too_large", bomb),
        ("pack_too_large", zipped(&wide)),
        ("pack_too_large", vec![b'#'; 50 << 20]),
        ("pack_too_many", zipped(&many)),
        (
            "pack_bad_path",
            zipped(&[head, ("../../etc/cron.d/a.toml", b"x = 1")]),
        ),
        ("pack_bad_path", zipped(&[head, ("/etc/passwd", b"x = 1")])),
        ("pack_bad_path", zipped(&[head, ("C:\\a.toml", b"x = 1")])),
        ("pack_bad_path", zipped(&[head, ("..\\a.toml", b"x = 1")])),
        ("pack_file_twice", zipped(&[head, ("./pack.toml", b"x = 1")])),
        ("pack_not_utf8", zipped(&[("pack.toml", b"\xff\xfe\x00")])),
        ("pack_none", zipped(&[("a.toml", b"x = 1")])),
        ("pack_none", zipped(&[])),
        ("pack_file_empty", Vec::new()),
        ("pack_damaged", torn),
    ];
    for (code, bytes) in cases {
        let name = if bytes.starts_with(b"#") {
            "a.toml"
        } else {
            "own.zip"
        };
        assert_eq!(bundled(&[(name, &bytes)]), Err(code.to_owned()));
    }
    assert_eq!(bundled(&[("a.exe", b"MZ")]), Err("pack_file_kind".to_owned()));
    assert_eq!(bundled(&[head, head]), Err("pack_file_twice".to_owned()));
    assert_eq!(bundled(&[]), Err("pack_none".to_owned()));
}

#[test]
fn a_proposal_stands_beside_the_packs_in_force_and_is_confirmed_beside_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(dir.path());
    let mechanisms = county.engine.mechanisms();
    let seen = ground(&mechanisms);
    let named = |files: std::collections::BTreeMap<String, String>| -> bihuan_diagnostics::Files {
        files
            .into_iter()
            .map(|(path, text)| (format!("x/{path}"), text))
            .collect()
    };
    let intake = Proposal::of(
        &mechanisms,
        &county.engine.world().calendars,
        named(pack_files("intake")),
    );
    assert!(intake.is_sound(), "{:?}", intake.findings);
    assert_eq!(
        intake
            .packs
            .keys()
            .map(bihuan_domain::id::PackId::as_str)
            .collect::<Vec<&str>>(),
        ["intake"]
    );
    assert!(intake.differences(&mechanisms).iter().all(|one| one.is_new));
    let same = Proposal::of(
        &mechanisms,
        &county.engine.world().calendars,
        named(pack_files("b-plans")),
    );
    assert!(same.is_sound() && same.differences(&mechanisms).is_empty());
    // A pack on which others in force build is not replaced by one that no longer has what they need.
    let mut base = pack_files("base");
    base.retain(|path, _| path == "pack.toml");
    let broken = Proposal::of(&mechanisms, &county.engine.world().calendars, named(base));
    assert!(!broken.is_sound());
    assert!(
        broken
            .findings
            .iter()
            .any(|finding| Path::new(&finding.file).starts_with("installed:b-plans"))
    );
    county
        .engine
        .adopt(&actor("supervision.head"), "intake", &intake.packs)
        .unwrap();
    assert!(same_ground(&county.engine.mechanisms(), seen.as_str()).is_err());
}
