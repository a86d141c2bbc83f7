//! A bulletin over many cases: drafted from the read models, beside SQLite counting the same by unit in one statement.

use std::sync::Arc;
use std::time::Instant;

use bihuan_domain::calendar::{date_of, midnight};
use bihuan_domain::id::MechanismId;
use bihuan_engine::bulletin::{self, Drafting, Scope, UnitOrder};
use bihuan_engine::indicators;
use bihuan_engine::time::{MovableTime, TimeSource};
use bihuan_sim::workload::Office;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{hundredths, raw, scratch};
use crate::term::Term;
use crate::trouble::Trouble;

/// One case in so many was opened long before and is late; nobody says why.
const LATE: usize = 100;
/// One of the other cases in so many has been planned.
const PLANNED: usize = 20;
/// Drafts that are timed; the best and the median are told.
const DRAFTS: usize = 5;

pub(super) fn drafted(cases: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let long = SignedDuration::from_hours(40 * 24);
    let begin = Timestamp::now()
        .checked_sub(long)
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let time = Arc::new(MovableTime::starting_at(begin));
    let mut office = Office::found_hastily(&dir.path().join("office"), 13, time.clone())?;
    let late = cases / LATE;
    super::engine::open(&mut office, late, term)?;
    time.advance(long);
    office.engine.catch_up()?;
    let opened = super::engine::open(&mut office, cases.saturating_sub(late), term)?;
    let mut last = None;
    for (case, owner) in opened.into_iter().step_by(PLANNED) {
        let (actor, submission) = office.transition(case, owner, false);
        last = Some(office.engine.send(&actor, submission));
    }
    if let Some(last) = last {
        last.blocking_recv()
            .map_err(|_| bihuan_engine::Error::Stopped)??;
    }
    office.engine.catch_up()?;
    let today = date_of(office.engine.now());
    let scope = Scope {
        from: today.first_of_month(),
        to: today.last_of_month(),
        mechanisms: Vec::new(),
        order: UnitOrder::default(),
        sections: Vec::new(),
    };
    let mut drafts = Vec::new();
    for n in 0..DRAFTS {
        let drafting = Drafting {
            scope: scope.clone(),
            signer: None,
            remarks: Vec::new(),
        };
        let started = Instant::now();
        bulletin::draft(&office.engine, &office.clerk, &format!("draft-{n}"), drafting)?;
        drafts.push(started.elapsed().as_millis());
    }
    let started = Instant::now();
    let mechanisms = office.engine.mechanisms();
    bulletin::compute(&office.engine.views()?, &mechanisms, &scope, office.engine.now())?;
    let counted = started.elapsed().as_millis();
    let measured = first_look(&office)?;
    let path = office.engine.ledger().dir().join("ledger.sqlite");
    let sql = by_unit(&path, midnight(scope.from).as_microsecond())?;
    let whole = states(&path)?;
    drafts.sort_unstable();
    let best = drafts.first().copied().unwrap_or_default();
    let median = drafts.get(DRAFTS / 2).copied().unwrap_or_default();
    let seconds = |millis: u128| hundredths(millis / 10);
    term.say(
        "cli.bench_line_bulletin",
        &[
            ("cases", &cases),
            ("median", &seconds(median)),
            ("best", &seconds(best)),
            ("worst", &seconds(drafts.last().copied().unwrap_or_default())),
            ("counted", &seconds(counted)),
            ("sql", &seconds(sql)),
            ("states", &seconds(whole)),
            ("measured", &seconds(measured)),
        ],
    );
    Ok(json!({
        "cases": cases, "late": late, "drafts_ms": drafts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "counted_ms": counted.to_string(), "sql_ms": sql.to_string(), "states_ms": whole.to_string(),
        "indicators_first_look_ms": measured.to_string(),
    }))
}

/// What the first look at a mechanism's indicators after a start takes: every case is counted once.
fn first_look(office: &Office) -> Result<u128, Trouble> {
    let engine = &office.engine;
    let mechanisms = engine.mechanisms();
    let Some(mechanism) = mechanisms.current(&MechanismId::new("key-task")) else {
        return Ok(0);
    };
    let started = Instant::now();
    indicators::measure(&engine.views()?, &engine.world(), &mechanism, engine.now())?;
    Ok(started.elapsed().as_millis())
}

/// The reference: what SQLite takes to count openings, closings, open and late matters by unit from the same rows. It
/// gives numbers alone, not the cases behind them.
fn by_unit(path: &std::path::Path, from: i64) -> Result<u128, Trouble> {
    let started = Instant::now();
    let connection = Connection::open(path).map_err(raw::trouble)?;
    let mut statement = connection
        .prepare(
            "SELECT owner, sum(opened_at >= ?1), sum(ended_at >= ?1), sum(limit_at >= ?1 AND limit_at < ?2),
               sum(marks & 32 != 0 AND limit_at >= ?1 AND limit_at < ?2), sum(marks & 1),
               sum(marks & 1 AND limit_at <= ?2), sum(marks & 1 AND step_at <= ?2)
             FROM briefs GROUP BY owner",
        )
        .map_err(raw::trouble)?;
    let mut rows = statement
        .query((from, Timestamp::now().as_microsecond()))
        .map_err(raw::trouble)?;
    while rows.next().map_err(raw::trouble)?.is_some() {}
    Ok(started.elapsed().as_millis())
}

/// What reading every state as text alone takes, without understanding it.
fn states(path: &std::path::Path) -> Result<u128, Trouble> {
    let started = Instant::now();
    let connection = Connection::open(path).map_err(raw::trouble)?;
    connection
        .query_row("SELECT sum(length(state)) FROM states", [], |_| Ok(()))
        .map_err(raw::trouble)?;
    Ok(started.elapsed().as_millis())
}
