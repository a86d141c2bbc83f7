//! Law “Never lost”: what was acknowledged survives kill -9 at any moment.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bihuan_ledger::{Error, Ledger};
use serde_json::json;

use crate::support::{Place, at, event, report};

const CHILD: &str = "BIHUAN_LEDGER_CRASH_DIR";
const ROUNDS: u64 = 20;

#[test]
fn a_writer_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return write_until_killed(Path::new(&dir));
    }
    let place = Place::new();
    drop(place.ledger());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::a_writer_killed_at_any_moment_loses_nothing_that_it_acknowledged",
                "--nocapture",
            ])
            .env(CHILD, place.data())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (send, receive) = std::sync::mpsc::channel();
        let listener = std::thread::spawn(move || {
            let mut last = None;
            for line in lines.map_while(Result::ok) {
                if let Some(size) = line.strip_prefix("acknowledged ") {
                    last = Some(size.parse::<u64>().unwrap());
                    let _ = send.send(());
                }
            }
            last
        });
        receive.recv().expect("the child writes");
        std::thread::sleep(Duration::from_micros(random % 60_000));
        if round == 0 {
            let refused = Ledger::open(&place.data()).unwrap().writer().map(drop);
            let pid = child.id();
            assert!(
                matches!(&refused, Err(Error::InUse { holder, .. }) if holder.contains(&format!("pid {pid},"))),
                "a second process was not refused: {refused:?}"
            );
        }
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = listener
            .join()
            .unwrap()
            .expect("the child acknowledged something");

        let ledger = Ledger::open(&place.data()).unwrap();
        let size = ledger.reader().unwrap().head().unwrap().size;
        assert!(
            size >= acknowledged,
            "round {round}: {acknowledged} acknowledged, {size} there"
        );
        let report = report(&place.data());
        assert!(report.sound(), "round {round}: {report:?}");
        assert_eq!(report.size, size);
    }
    assert!(acknowledged > ROUNDS, "{acknowledged}");
}

/// Writes groups with sealed values and blobs, saying the size of the log after each commit.
fn write_until_killed(dir: &Path) {
    let ledger = Ledger::open(dir).unwrap();
    let mut writer = ledger.writer().unwrap();
    for n in 0_i64.. {
        let blob = (n % 8 == 3).then(|| ledger.stage_blob(&n.to_be_bytes()).unwrap());
        let mut batch = writer.begin(at(n)).unwrap();
        for i in 0..1 + n % 5 {
            let subject = format!("case/{}", batch.next_seq());
            let title = batch.seal(&subject, "道路硬化").unwrap();
            batch
                .append(&event(&subject, "case.opened", json!({ "title": title, "i": i })))
                .unwrap();
        }
        if let Some(blob) = &blob {
            batch.put_blob("case/0", blob).unwrap();
            batch
                .append(&event("case/0", "evidence.added", json!({ "file": blob.id() })))
                .unwrap();
        }
        batch.remember(&format!("{}", batch.next_seq()), "{}").unwrap();
        let size = batch.commit().unwrap().checkpoint.size;
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {size}").unwrap();
        out.flush().unwrap();
    }
}
