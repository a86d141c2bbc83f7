//! A scheme that comes to a county with many cases: its measures are filled some cases at a time, over kills and restarts, and
//! until they are there is no result rather than a wrong one.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bihuan_domain::assessment::Named;
use bihuan_domain::calendar::instant;
use bihuan_domain::id::PackId;
use bihuan_domain::org::Actor;
use bihuan_engine::assessment;
use bihuan_engine::time::SetTime;
use bihuan_engine::{Engine, Failure, Submission, WorldChange, views};
use bihuan_messages::Lang;
use jiff::civil::date;
use serde_json::json;

use super::towns::QUARTER;
use crate::county::{County, actor};

/// More than are filled with the adoption itself.
const CASES: u32 = 1_200;
const CHILD: &str = "BIHUAN_FILLED_CHILD_DIR";
const ROUND: &str = "BIHUAN_FILLED_CHILD_ROUND";

/// A quarter in which departments lose another amount each time: another measure, to be filled anew.
fn scheme(round: u32) -> WorldChange {
    let pack = "language = 1\n[pack]\nid = \"late\"\nlabel = { zh = \"样例\", en = \"sample\" }\nrequires = [\"base\", \"b-plans\"]\n";
    let scheme = QUARTER
        .replace("[\"township\"]", "[\"department\"]")
        .replace("7.125", &format!("7.{}", 125 + round));
    let files = BTreeMap::from([
        ("pack.toml".to_owned(), pack.to_owned()),
        ("late.toml".to_owned(), scheme),
    ]);
    Engine::adopt_pack(&PackId::new("late"), files)
}

fn time() -> Arc<SetTime> {
    Arc::new(SetTime::at(instant(date(2026, 3, 2).at(9, 0, 0, 0))))
}

/// A county with many open tasks and no scheme that counts them by quarter.
fn many(data: &Path) -> County {
    let county = County::hastily(data);
    let task = |n: u32| {
        let owner = if n.is_multiple_of(3) { "water" } else { "housing" };
        let order = json!({ "type": "open", "mechanism": "key-task", "owner": owner, "title": "任务（样例）", "stage": "carrying-out",
            "values": { "due": date(2026, 4, 30) } });
        Submission::new(format!("task-{n}"), serde_json::from_value(order).unwrap())
    };
    let sent: Vec<_> = (0..CASES)
        .map(|n| county.engine.send(&actor("supervision.dispatcher"), task(n)))
        .collect();
    for answer in sent {
        answer.blocking_recv().unwrap().unwrap();
    }
    county
}

fn adopt(engine: &Engine, round: u32) {
    engine
        .change(&Actor::system(), &format!("late-{round}"), vec![scheme(round)])
        .unwrap();
}

/// The result from the read models; what is refused, in words.
fn live(engine: &Engine) -> Result<assessment::Run, String> {
    let scheme = assessment::scheme_named(&engine.mechanisms(), Some("quarter")).unwrap();
    let span = assessment::period_of(&scheme, Some("2026-Q1"), engine.now()).unwrap();
    assessment::live(engine, &scheme, &span, Named::Everybody).map_err(|failure| match failure {
        Failure::Refused(refusal) => refusal.rule.text(Lang::Zh),
        Failure::Fault(error) => panic!("{error}"),
    })
}

fn filling(engine: &Engine) -> Vec<views::Filling> {
    views::filling(engine.ledger().reader().unwrap().connection()).unwrap()
}

/// Waits until everything is filled; then the read models say what the log says.
fn filled(engine: &Engine) {
    for _ in 0..6_000 {
        if filling(engine).is_empty() {
            let log = engine.ledger().reader().unwrap();
            let of_log = assessment::of_log(&log, None, Some("quarter"), Some("2026-Q1"), None).unwrap();
            assert_eq!(live(engine).unwrap().assessment, of_log.assessment);
            let differences = views::compare(&log, &mut |_| {}).unwrap();
            assert!(differences.is_empty(), "{differences:#?}");
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never filled: {:?}", filling(engine));
}

/// The database as it stands after a cut in the middle: pieces up to a case, the mark at it. Gives that case.
fn cut_off(raw: &rusqlite::Connection) -> i64 {
    let middle: i64 = raw
        .query_row(
            "SELECT id FROM case_views WHERE mechanism = 'key-task' ORDER BY id LIMIT 1 OFFSET 599",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let of_late = "measure IN (SELECT measure FROM measures WHERE mechanism = 'key-task')";
    raw.execute(
        &format!("DELETE FROM pieces WHERE id > ?1 AND {of_late}"),
        [middle],
    )
    .unwrap();
    raw.execute(
        "UPDATE measures SET filled = ?1 WHERE mechanism = 'key-task'",
        [middle],
    )
    .unwrap();
    middle
}

#[test]
fn a_half_filled_measure_gives_no_result_and_is_filled_where_it_stood_after_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let county = many(&data);
    adopt(&county.engine, 0);
    filled(&county.engine);
    let raw = rusqlite::Connection::open(data.join("ledger.sqlite")).unwrap();
    let middle = cut_off(&raw);

    // While it is so there is no result, on a page or elsewhere, and it is said how far it is.
    insta::assert_snapshot!(live(&county.engine).err().unwrap(), @"方案 quarter 新采用的口径正在逐件补算：key-task 共 1200 件，已算 600 件；补齐之前不出结果，请稍后再看");
    let far = filling(&county.engine);
    assert_eq!(
        far.iter().map(|one| (one.done, one.of)).collect::<Vec<_>>(),
        [(600, u64::from(CASES))]
    );
    let reader = county.engine.ledger().reader().unwrap();
    assert_eq!(
        views::compare(&reader, &mut |_| {}).unwrap(),
        [],
        "half filled is not wrong"
    );

    // What changes meanwhile behind the mark is written at once, and must be right.
    let last: i64 = raw
        .query_row(
            "SELECT max(id) FROM case_views WHERE mechanism = 'key-task'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    raw.execute("INSERT INTO pieces SELECT measure, ?1, 'nobody', NULL, 7, 1 FROM measures WHERE mechanism = 'key-task'", [last])
        .unwrap();
    let tables = |found: Vec<views::Difference>| found.into_iter().map(|one| one.table).collect::<Vec<_>>();
    assert_eq!(tables(views::compare(&reader, &mut |_| {}).unwrap()), ["pieces"]);
    raw.execute("DELETE FROM pieces WHERE id = ?1", [last]).unwrap();
    raw.execute("UPDATE pieces SET unit = 'nobody' WHERE id = ?1", [middle])
        .unwrap();
    assert_eq!(tables(views::compare(&reader, &mut |_| {}).unwrap()), ["pieces"]);
    cut_off(&raw);
    raw.execute("DELETE FROM pieces", []).unwrap();
    raw.execute("UPDATE measures SET filled = 0", []).unwrap();
    drop(raw);
    drop((reader, county));

    let (engine, opening) = Engine::open(&data, time()).unwrap();
    assert!(!opening.rebuilt);
    // Orders are carried out meanwhile.
    let note = json!({ "type": "note", "case": last, "note": "有进展" });
    let note = Submission::new("note", serde_json::from_value(note).unwrap());
    engine.submit_blocking(&actor("housing.clerk"), note).unwrap();
    filled(&engine);
}

#[test]
fn an_engine_killed_while_measures_are_filled_goes_on_where_it_stood() {
    if let Some(dir) = std::env::var_os(CHILD) {
        let round = std::env::var(ROUND).unwrap().parse().unwrap();
        let (engine, _) = Engine::open(Path::new(&dir), time()).unwrap();
        adopt(&engine, round);
        println!("adopted");
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    drop(many(&data));
    let mut cut = Vec::new();
    for round in 0..3_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "assessment::filled::an_engine_killed_while_measures_are_filled_goes_on_where_it_stood",
                "--nocapture",
            ])
            .env(CHILD, &data)
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        assert!(
            said.any(|line| line.unwrap().ends_with("adopted")),
            "round {round}"
        );
        std::thread::sleep(Duration::from_millis(u64::from(round) * 7));
        child.kill().unwrap();
        child.wait().unwrap();

        let ledger = bihuan_ledger::Ledger::open(&data).unwrap();
        let reader = ledger.reader().unwrap();
        cut.extend(
            views::filling(reader.connection())
                .unwrap()
                .into_iter()
                .map(|one| one.done),
        );
        assert_eq!(views::compare(&reader, &mut |_| {}).unwrap(), [], "round {round}");
        drop((reader, ledger));
        let (engine, opening) = Engine::open(&data, time()).unwrap();
        assert!(
            !opening.rebuilt,
            "round {round}: read models never lag behind the log"
        );
        filled(&engine);
    }
    assert!(!cut.is_empty(), "at least the first kill comes in the middle");
}
