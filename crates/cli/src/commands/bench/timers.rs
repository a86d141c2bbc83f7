//! Timers: an office with many open clocks. How long a server over it takes to start and what it holds; how fast what is
//! due fires, ten thousand of it at the same instant, against the transitions of the same run.
//!
//! Some cases are opened through the engine. The schedule is then filled up with copies of their rows, without log and
//! states, that are due later than all of them: what fires is found among so many clocks and is whole.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bihuan_engine::Engine;
use bihuan_engine::time::SetTime;
use bihuan_sim::workload::Office;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::demo::resident_kib;
use super::{engine, hundredths, per_second, ratio, raw, scratch};
use crate::term::Term;
use crate::trouble::Trouble;

/// So many are due at the same instant before all the others.
const AT_ONCE: usize = 10_000;

/// How long a started server is left alone before it is looked at.
const IDLE: Duration = Duration::from_secs(2);

/// How much later than their originals copies are due.
const LATER: SignedDuration = SignedDuration::from_hours(24 * 400);

pub(super) fn timers(cases: usize, copied: usize, reference: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let place = dir.path().join("office");
    // Opened in the last two days, so that nothing is due while the server is looked at.
    let first = Timestamp::now() - SignedDuration::from_hours(47);
    let time = Arc::new(SetTime::at(first));
    let mut office = Office::found_hastily(&place, 5, time.clone())?;
    let at_once = AT_ONCE.min(cases / 2);
    engine::open(&mut office, at_once, term)?;
    time.set(first + SignedDuration::from_hours(46));
    let clocks = engine::open(&mut office, cases.saturating_sub(at_once), term)?.len();
    drop(office);
    let all = fill_up(&place, cases, copied, term).map_err(raw::trouble)?;
    // What copying left to be written would otherwise be waited for where firing is timed.
    let file = place.join("ledger.sqlite");
    let opened = std::fs::File::open(&file);
    opened
        .and_then(|opened| opened.sync_all())
        .map_err(Trouble::file(&file))?;
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    let (ready, kib) = started(&place)?;

    let (engine, _) = Engine::open(&place, time.clone())?;
    let bar = term.progress("cli.bench_timers", u64::try_from(cases).ok());
    let together = fire(&engine, &time, &place)?;
    bar.set_position(together.0);
    // What comes next may be another clock of the same cases; enough of it gives the rate.
    let mut rest = (0u64, Duration::ZERO);
    while rest.0 < u64::try_from(clocks).unwrap_or(0) {
        let (events, took) = fire(&engine, &time, &place)?;
        rest = (rest.0.saturating_add(events), rest.1.saturating_add(took));
        bar.set_position(together.0.saturating_add(rest.0));
        if events == 0 {
            break;
        }
    }
    bar.finish_and_clear();
    drop(engine);
    let measured = engine::transitions(reference, super::IN_FLIGHT, term)?;
    let transitions: u128 = measured
        .pointer("/engine/per_second")
        .and_then(Value::as_str)
        .and_then(|rate| rate.parse().ok())
        .unwrap_or(0);
    let rate = per_second(usize::try_from(rest.0).unwrap_or(0), rest.1);
    let ratio = ratio(rate, transitions);
    let seconds = hundredths(together.1.as_millis() / 10);
    let ready = hundredths(ready.as_millis() / 10);
    let mb = hundredths(kib.saturating_mul(1024 * 100) / 1_000_000);
    term.say(
        "cli.bench_line_timers",
        &[
            ("cases", &all),
            ("ready", &ready),
            ("mb", &mb),
            ("n", &together.0),
            ("seconds", &seconds),
            ("rate", &rate),
            ("ratio", &ratio),
        ],
    );
    Ok(json!({
        "cases": cases, "clocks": all, "bytes": bytes.to_string(), "ready_seconds": ready, "resident_mb": mb,
        "at_once": together.0, "at_once_seconds": seconds,
        "fired": rest.0, "fired_per_second": rate.to_string(), "transitions_per_second": transitions.to_string(),
        "ratio": ratio,
    }))
}

/// Copies the rows of the first `cases` cases until there are `wanted`, and gives how many there are.
fn fill_up(place: &Path, cases: usize, wanted: usize, term: &Term) -> rusqlite::Result<usize> {
    let connection = Connection::open(place.join("ledger.sqlite"))?;
    // What is copied need not survive a failure of power.
    connection.pragma_update(None, "synchronous", "OFF")?;
    let columns: Vec<String> = {
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info('case_views')")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    let shifted = columns.iter().map(|column| match column.as_str() {
        "id" => "id + ?1".to_owned(),
        "wake_at" => "wake_at + ?2".to_owned(),
        "parent" | "document" | "source_key" => "NULL".to_owned(),
        other => other.to_owned(),
    });
    let sql = format!(
        "INSERT INTO case_views({}) SELECT {} FROM case_views WHERE id <= ?3 ORDER BY id",
        columns.join(", "),
        shifted.collect::<Vec<_>>().join(", ")
    );
    let bar = term.progress("cli.bench_clocks", u64::try_from(wanted).ok());
    let column = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let later = i64::try_from(LATER.as_micros()).unwrap_or(i64::MAX);
    let mut there = cases;
    while there < wanted {
        let more = cases.min(wanted.saturating_sub(there));
        connection.prepare_cached(&sql)?.execute((
            column(there),
            later.saturating_add(column(there)),
            column(more),
        ))?;
        there = there.saturating_add(more);
        bar.set_position(u64::try_from(there).unwrap_or(0));
    }
    bar.finish_and_clear();
    connection.execute("UPDATE views_meta SET cases = ?1", (column(there),))?;
    Ok(there)
}

/// Moves the clock to where something is due next and fires it. Gives how much fired, and how long it took.
fn fire(engine: &Engine, time: &SetTime, place: &Path) -> Result<(u64, Duration), Trouble> {
    let connection = Connection::open(place.join("ledger.sqlite")).map_err(raw::trouble)?;
    let next: Option<i64> = connection
        .query_row(
            "SELECT min(wake_at) FROM case_views WHERE wake_at IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .map_err(raw::trouble)?;
    drop(connection);
    let Some(next) = next.and_then(|micros| Timestamp::from_microsecond(micros).ok()) else {
        return Ok((0, Duration::ZERO));
    };
    time.set(next);
    let started = Instant::now();
    let done = engine.catch_up()?;
    Ok((done.events, started.elapsed()))
}

/// How long a server over this directory takes until it answers, and its resident memory in KiB.
fn started(place: &Path) -> Result<(Duration, u128), Trouble> {
    let program = std::env::current_exe().map_err(Trouble::file("bihuan".as_ref()))?;
    let started = Instant::now();
    let mut child = Command::new(&program)
        .args(["serve", "--lang", "en", "--listen", "127.0.0.1:0", "--data"])
        .arg(place)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(Trouble::file(&program))?;
    let ready = child.stdout.take().is_some_and(|out| {
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        lines.any(|line| line.contains("http://"))
    });
    let took = started.elapsed();
    std::thread::sleep(if ready { IDLE } else { Duration::ZERO });
    let kib = resident_kib(child.id());
    let _ = child.kill();
    let _ = child.wait();
    match kib.filter(|_| ready) {
        Some(kib) => Ok((took, kib)),
        None => Err(Trouble::new("cli.bench_no_server")),
    }
}
