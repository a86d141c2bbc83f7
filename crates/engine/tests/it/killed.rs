//! A whole engine killed at random moments: every answer that was given stands after the next start, nothing is half done, and
//! the same order again gets the same answer.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bihuan_domain::calendar::instant;
use bihuan_engine::time::SetTime;
use bihuan_engine::{Answer, Engine, Submission, views};
use jiff::civil::date;
use serde_json::json;

use crate::county::{County, actor};

const CHILD: &str = "BIHUAN_ENGINE_CHILD_DIR";

fn kills() -> u32 {
    let asked = std::env::var("BIHUAN_KILLS").ok().and_then(|n| n.parse().ok());
    asked.unwrap_or(8)
}

fn time(day: i8) -> Arc<SetTime> {
    Arc::new(SetTime::at(instant(date(2026, 3, day).at(9, 0, 0, 0))))
}

/// The n-th order of a run.
fn order(engine: &Engine, run: &str, n: u64) -> Answer {
    let open = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": format!("第{n}件"),
        "values": { "leader": "county.leader" } });
    let submission = |key: String, order| Submission::new(key, serde_json::from_value(order).unwrap());
    let answer = engine
        .submit_blocking(&actor("housing.clerk"), submission(format!("{run}-{n}"), open))
        .unwrap();
    if n % 3 == 1 && !answer.duplicate {
        let photo = engine.upload("现场.txt", format!("现场 {n}").as_bytes()).unwrap();
        let note = json!({ "type": "note", "case": answer.case, "note": "有进展", "evidence": [photo] });
        engine
            .submit_blocking(
                &actor("housing.clerk"),
                submission(format!("{run}-{n}-note"), note),
            )
            .unwrap();
    }
    answer
}

fn work(dir: &Path) {
    let run = std::process::id().to_string();
    let (engine, _) = Engine::open(dir, time(3)).unwrap();
    for n in 0.. {
        let answer = order(&engine, &run, n);
        if n % 7 == 6 {
            engine
                .erase(
                    &bihuan_domain::org::Actor::system(),
                    &format!("case/{}", answer.case.unwrap()),
                    "period_over",
                )
                .unwrap();
        }
        if n % 9 == 8 {
            // Clocks run out: everything due fires.
            engine.catch_up().unwrap();
        }
        let receipt = answer.receipt.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "answered {run} {n} {} {} {}",
            answer.case.unwrap(),
            receipt.seq,
            receipt.leaf
        )
        .unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn an_engine_killed_at_any_moment_keeps_every_answer_that_it_gave() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return work(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    drop(County::new(&data));
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..kills() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::an_engine_killed_at_any_moment_keeps_every_answer_that_it_gave",
                "--nocapture",
            ])
            .env(CHILD, &data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (send, begun) = std::sync::mpsc::channel();
        let listener = std::thread::spawn(move || {
            let mut said = Vec::new();
            for line in lines.map_while(Result::ok) {
                // Nobody listens any more once it is killed.
                let _ = send.send(());
                if line.starts_with("answered ") {
                    said.push(line);
                }
            }
            said
        });
        for _ in 0..3 {
            begun.recv().expect("the child works");
        }
        std::thread::sleep(Duration::from_micros(random % 80_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let said = listener.join().unwrap();

        let (engine, opening) = Engine::open(&data, time(3)).unwrap();
        assert!(
            !opening.rebuilt,
            "round {round}: read models never lag behind the log"
        );
        let reader = engine.ledger().reader().unwrap();
        for line in &said {
            let words: Vec<&str> = line.split(' ').collect();
            let entry = reader
                .entry(words[4].parse().unwrap())
                .unwrap()
                .expect("it was acknowledged");
            assert_eq!(
                entry.leaf().unwrap().to_string(),
                words[5],
                "round {round}: {line}"
            );
        }
        if let Some(last) = said.last() {
            let words: Vec<&str> = last.split(' ').collect();
            let again = order(&engine, words[1], words[2].parse().unwrap());
            assert!(again.duplicate, "round {round}: done once");
            assert_eq!(again.case.unwrap().to_string(), words[3]);
        }
        let differences = views::compare(&reader, &mut |_| {}).unwrap();
        assert!(differences.is_empty(), "round {round}: {differences:#?}");
        let report = bihuan_ledger::verify(&data, &bihuan_ledger::Known::default(), &mut |_| {}).unwrap();
        assert!(report.sound(), "round {round}: {report:?}");
    }
}
