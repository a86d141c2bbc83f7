//! Transitions per second through the engine, and through raw SQLite that writes the same rows in the same run.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bihuan_domain::id::CaseId;
use bihuan_domain::org::Actor;
use bihuan_engine::{Engine, Failure, Submission};
use bihuan_sim::workload::Office;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{rate, ratio, raw, scratch};
use crate::term::Term;
use crate::trouble::Trouble;

/// Transitions per case: its plan, then feedback.
const PER_CASE: usize = 4;

pub(super) fn transitions(n: usize, in_flight: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let place = dir.path().join("office");
    let mut office = Office::found(&place, 7)?;
    let cases = open(&mut office, n.div_ceil(PER_CASE), term)?;
    let before = dir.path().join("before.sqlite");
    copy(&office.engine, &before)?;
    let bar = term.progress("cli.bench_engine", u64::try_from(n).ok());
    let took = stream(&mut office, &cases, n, in_flight, &mut |done| {
        bar.set_position(done)
    })?;
    bar.finish_and_clear();
    let after = dir.path().join("after.sqlite");
    copy(&office.engine, &after)?;
    drop(office);
    let (engine, engine_json) = rate(term, "cli.bench_engine", n, in_flight, took);
    let bar = term.progress("cli.bench_raw", u64::try_from(n).ok());
    let written = raw::Written::between(&before, &after)?;
    let took = written.write_again(&before, n, in_flight, &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    let (raw, raw_json) = rate(term, "cli.bench_raw", n, in_flight, took);
    let ratio = ratio(engine, raw);
    term.say("cli.bench_line_ratio", &[("ratio", &ratio)]);
    Ok(
        json!({ "engine": engine_json, "raw_sqlite": raw_json, "rows": written.rows(), "groups": written.groups(), "ratio": ratio }),
    )
}

/// Opens cases, many at once. Gives each with the department that owns it.
pub(super) fn open(office: &mut Office, n: usize, term: &Term) -> Result<Vec<(CaseId, usize)>, Trouble> {
    let bar = term.progress("cli.bench_cases", u64::try_from(n).ok());
    let mut cases = Vec::with_capacity(n);
    let mut waiting = VecDeque::new();
    for opened in 0..n {
        let (actor, submission) = office.opening();
        let owner = Office::owner_of(&submission);
        waiting.push_back((owner, office.engine.send(&actor, submission)));
        while waiting.len() > 512 || (opened + 1 == n && !waiting.is_empty()) {
            let Some((owner, answer)) = waiting.pop_front() else {
                break;
            };
            let answer = answer.blocking_recv().map_err(|_| stopped())??;
            cases.extend(answer.case.map(|case| (case, owner)));
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(cases)
}

/// Sends `n` transitions with `in_flight` of them unanswered at most, and times them.
pub(super) fn stream(
    office: &mut Office,
    cases: &[(CaseId, usize)],
    n: usize,
    in_flight: usize,
    progress: &mut dyn FnMut(u64),
) -> Result<Duration, Trouble> {
    let orders: Vec<_> = (0..PER_CASE)
        .flat_map(|round| cases.iter().map(move |(case, owner)| (*case, *owner, round > 0)))
        .take(n)
        .collect();
    let orders: Vec<_> = orders
        .into_iter()
        .map(|(case, owner, planned)| office.transition(case, owner, planned))
        .collect();
    carry_out(office, orders, in_flight, progress)
}

/// Sends these with `in_flight` of them unanswered at most, and times them.
pub(super) fn carry_out(
    office: &Office,
    orders: Vec<(Actor, Submission)>,
    in_flight: usize,
    progress: &mut dyn FnMut(u64),
) -> Result<Duration, Trouble> {
    let started = Instant::now();
    let mut waiting = VecDeque::with_capacity(in_flight);
    let mut done = 0u64;
    for (actor, submission) in orders {
        if waiting.len() >= in_flight {
            answered(waiting.pop_front())?;
            done = done.saturating_add(1);
            if done.is_multiple_of(256) {
                progress(done);
            }
        }
        waiting.push_back(office.engine.send(&actor, submission));
    }
    while let Some(answer) = waiting.pop_front() {
        answered(Some(answer))?;
    }
    Ok(started.elapsed())
}

/// Sends openings with `in_flight` of them unanswered at most; what was opened, in this order.
pub(super) fn answers(
    office: &Office,
    orders: Vec<(Actor, Submission)>,
    in_flight: usize,
) -> Result<Vec<CaseId>, Trouble> {
    let mut waiting: VecDeque<Waiting> = VecDeque::with_capacity(in_flight);
    let mut opened = Vec::with_capacity(orders.len());
    let mut orders = orders.into_iter();
    loop {
        while waiting.len() < in_flight
            && let Some((actor, submission)) = orders.next()
        {
            waiting.push_back(office.engine.send(&actor, submission));
        }
        let Some(answer) = waiting.pop_front() else {
            return Ok(opened);
        };
        opened.extend(answer.blocking_recv().map_err(|_| stopped())??.case);
    }
}

type Waiting = tokio::sync::oneshot::Receiver<Result<bihuan_engine::Answer, Failure>>;

fn answered(waiting: Option<Waiting>) -> Result<(), Trouble> {
    if let Some(waiting) = waiting {
        waiting.blocking_recv().map_err(|_| stopped())??;
    }
    Ok(())
}

pub(super) fn stopped() -> Trouble {
    bihuan_engine::Error::Stopped.into()
}

/// A copy of the database as of now.
fn copy(engine: &Engine, to: &std::path::Path) -> Result<(), Trouble> {
    let from = Connection::open(engine.ledger().dir().join("ledger.sqlite")).map_err(raw::trouble)?;
    from.execute("VACUUM INTO ?1", [to.display().to_string()])
        .map_err(raw::trouble)?;
    Ok(())
}
