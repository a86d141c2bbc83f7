//! Appending to the log against raw SQLite that writes the same rows: `cargo bench -p bihuan-ledger`.
//!
//! Both run in turns in one process, in the same folder, with the same settings (WAL, synchronous=FULL, the same
//! checkpoint interval). Raw SQLite gets the texts and hashes ready-made, so that what remains is the cost of the log itself.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "a bench prints rates and may be blunt"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use bihuan_ledger::{Actor, Digest, Ledger, NewEntry};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

const ROUNDS: usize = 5;

fn main() {
    // `cargo test --benches` passes no `--bench`: then it is enough that everything runs.
    let full = std::env::args().any(|arg| arg == "--bench");
    let time = if full {
        Duration::from_millis(1500)
    } else {
        Duration::from_millis(20)
    };
    let place = tempfile::tempdir().unwrap();
    println!(
        "{:>8} {:>14} {:>14} {:>8}",
        "group", "log entries/s", "raw entries/s", "ratio"
    );
    for group in [1, 8, 64, 512] {
        let (mut log, mut raw) = (Vec::new(), Vec::new());
        for round in 0..if full { ROUNDS } else { 1 } {
            log.push(log_rate(
                &place.path().join(format!("log-{group}-{round}")),
                group,
                time,
            ));
            raw.push(raw_rate(
                &place.path().join(format!("raw-{group}-{round}")),
                group,
                time,
            ));
        }
        let (log, raw) = (median(log), median(raw));
        println!("{group:>8} {log:>14.0} {raw:>14.0} {:>8.2}", log / raw);
    }
    verify_rate(&place.path().join("verify"), if full { 50_000 } else { 100 });
}

fn entry(n: u64) -> NewEntry {
    NewEntry {
        at: Timestamp::from_microsecond(1_600_000_000_000_000).unwrap(),
        stream: format!("case/{}", n % 5000),
        kind: "case.moved".into(),
        version: 1,
        actor: Actor {
            person: Some("p3".into()),
            post: Some("zf/2".into()),
            ..Actor::default()
        },
        definition: Some(Digest([9; 32])),
        cause: Some(bihuan_ledger::Cause::Entry(n)),
        body: json!({ "from": "accepted", "to": "handling", "holder": "u4/1", "due": "2020-09-20T00:00:00Z" }),
    }
}

fn log_rate(dir: &Path, group: u64, time: Duration) -> f64 {
    let ledger = Ledger::create(dir, "bench").unwrap();
    let mut writer = ledger.writer().unwrap();
    let (start, mut n) = (Instant::now(), 0);
    while start.elapsed() < time {
        let mut batch = writer.begin(Timestamp::UNIX_EPOCH).unwrap();
        for _ in 0..group {
            batch.append(&entry(n)).unwrap();
            n += 1;
        }
        batch.commit().unwrap();
    }
    n as f64 / start.elapsed().as_secs_f64()
}

fn raw_rate(dir: &Path, group: u64, time: Duration) -> f64 {
    std::fs::create_dir(dir).unwrap();
    let connection = Connection::open(dir.join("raw.sqlite")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096;
             PRAGMA secure_delete = ON; PRAGMA cache_size = -8192;
             CREATE TABLE entries(seq INTEGER PRIMARY KEY, stream TEXT NOT NULL, stream_seq INTEGER NOT NULL,
               leaf BLOB NOT NULL, entry TEXT NOT NULL);
             CREATE UNIQUE INDEX entries_by_stream ON entries(stream, stream_seq);
             CREATE TABLE checkpoints(size INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, at INTEGER NOT NULL,
               root BLOB NOT NULL, signature BLOB NOT NULL);",
        )
        .unwrap();
    let text = "x".repeat(390);
    let (start, mut n) = (Instant::now(), 0_u64);
    while start.elapsed() < time {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for _ in 0..group {
            connection
                .prepare_cached("INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5)")
                .unwrap()
                .execute((
                    i64::try_from(n).unwrap(),
                    format!("case/{}", n % 5000),
                    i64::try_from(n / 5000).unwrap(),
                    [1_u8; 32],
                    &text,
                ))
                .unwrap();
            n += 1;
        }
        connection
            .prepare_cached("INSERT INTO checkpoints VALUES (?1, 0, 0, ?2, ?3)")
            .unwrap()
            .execute((i64::try_from(n).unwrap(), [2_u8; 32], [3_u8; 64].as_slice()))
            .unwrap();
        connection.execute_batch("COMMIT").unwrap();
    }
    n as f64 / start.elapsed().as_secs_f64()
}

fn verify_rate(dir: &Path, entries: u64) {
    let ledger = Ledger::create(dir, "bench").unwrap();
    let mut writer = ledger.writer().unwrap();
    let mut batch = writer.begin(Timestamp::UNIX_EPOCH).unwrap();
    let mut bytes = 0;
    for n in 0..entries {
        batch.append(&entry(n)).unwrap();
        if n % 64 == 63 {
            batch.commit().unwrap();
            batch = writer.begin(Timestamp::UNIX_EPOCH).unwrap();
        }
    }
    batch.commit().unwrap();
    for one in ledger.reader().unwrap().entries(0, 100).unwrap() {
        bytes += one.canonical().unwrap().len();
    }
    let start = Instant::now();
    let report = bihuan_ledger::verify(dir, &bihuan_ledger::Known::default(), &mut |_| {}).unwrap();
    let rate = entries as f64 / start.elapsed().as_secs_f64();
    println!(
        "verify {rate:.0} entries/s ({} bytes each, {} checkpoints)",
        bytes / 100,
        report.counts.checkpoints
    );
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
