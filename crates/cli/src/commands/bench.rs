//! `bihuan bench`: how fast this machine keeps promises. Every figure with what it was measured on.

mod assess;
mod bulletin;
mod client;
mod demo;
mod engine;
mod growth;
mod http;
mod page;
mod plot;
mod raw;
mod reading;
mod timers;
mod writes;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::term::{Exit, Term};
use crate::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    quick: bool,
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[arg(long, value_name = "N")]
    cases: Option<usize>,
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    only: Vec<String>,
    #[arg(long, value_name = "N")]
    events: Option<usize>,
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// How much is measured.
struct Size {
    /// Transitions, one after the other.
    single: usize,
    /// Transitions, many in flight.
    many: usize,
    /// Cases behind the ledger page.
    cases: usize,
    /// Requests for the page.
    requests: usize,
    /// Characters to read.
    characters: usize,
    /// Cases behind the bulletin.
    counted: usize,
    /// Events of the year that is assessed.
    events: usize,
    /// Events of a large year, of which the narrow table alone is made.
    copied: usize,
    /// Entries of the log up to which growth is followed, each length ten times the one before.
    grown: u64,
    /// Open clocks, of which all but the cases have their row in the schedule alone.
    clocks: usize,
    /// Event streams that stay open.
    streams: usize,
}

const QUICK: Size = Size {
    single: 200,
    many: 3_200,
    cases: 5_000,
    requests: 100,
    characters: 200_000,
    counted: 5_000,
    events: 10_000,
    copied: 100_000,
    grown: 10_000,
    clocks: 20_000,
    streams: 200,
};
const FULL: Size = Size {
    single: 2_000,
    many: 32_000,
    cases: 100_000,
    requests: 500,
    characters: 4_000_000,
    counted: 1_000_000,
    events: 100_000,
    copied: 10_000_000,
    grown: 100_000,
    clocks: 10_000_000,
    streams: 1_000,
};

/// Commands under way at once in the second run.
const IN_FLIGHT: usize = 64;

pub(crate) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let size = if args.quick { QUICK } else { FULL };
    let wanted = |what: &str| args.only.is_empty() || args.only.iter().any(|only| only == what);
    let mut results = serde_json::Map::new();
    if wanted("engine") {
        for (n, in_flight) in [(size.single, 1), (size.many, IN_FLIGHT)] {
            let measured = engine::transitions(n, in_flight, term)?;
            results.insert(format!("transitions_{in_flight}_in_flight"), measured);
        }
    }
    if wanted("page") {
        results.insert(
            "ledger_page".to_owned(),
            page::ledger(args.cases.unwrap_or(size.cases), size.requests, term)?,
        );
    }
    if wanted("bulletin") {
        let cases = args.cases.unwrap_or(size.counted);
        results.insert("bulletin".to_owned(), bulletin::drafted(cases, term)?);
    }
    if wanted("assess") {
        let events = args.events.unwrap_or(size.events);
        results.insert("assess".to_owned(), assess::year(events, size.copied, term)?);
    }
    if wanted("timers") {
        let cases = args.cases.unwrap_or(size.cases);
        results.insert(
            "timers".to_owned(),
            timers::timers(cases, size.clocks, size.many, term)?,
        );
    }
    if wanted("read") {
        results.insert(
            "read".to_owned(),
            reading::speed(args.page.as_deref(), size.characters, term)?,
        );
    }
    if wanted("demo") {
        results.insert("demo".to_owned(), demo::idle(term)?);
    }
    if wanted("writes") {
        results.insert(
            "http_writes".to_owned(),
            writes::writes(size.single, size.many, term)?,
        );
    }
    if wanted("http") {
        let cases = args.cases.unwrap_or(size.cases);
        results.insert(
            "http".to_owned(),
            http::http(cases, size.requests, size.streams, args.keep.as_deref(), term)?,
        );
    }
    if wanted("growth") {
        let sheet = args.json.as_ref().map(|path| path.with_extension("svg"));
        let grown = args.events.and_then(|n| n.try_into().ok()).unwrap_or(size.grown);
        let requests = size.requests;
        results.insert(
            "growth".to_owned(),
            growth::growth(grown, requests, (sheet.as_deref(), args.keep.as_deref()), term)?,
        );
    }
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&Value::Object(results)).unwrap_or_default();
        std::fs::write(path, text).map_err(Trouble::file(path))?;
    }
    Ok(Exit::Fine)
}

/// How many of `n` would be done in a second.
fn per_second(n: usize, took: Duration) -> u128 {
    let n = u128::try_from(n).unwrap_or(0);
    n.saturating_mul(1_000_000)
        .checked_div(took.as_micros().max(1))
        .unwrap_or(0)
}

/// A quotient with two decimals.
fn ratio(a: u128, b: u128) -> String {
    hundredths(a.saturating_mul(100).checked_div(b.max(1)).unwrap_or(0))
}

/// Hundredths as a number with two decimals.
fn hundredths(n: u128) -> String {
    format!("{}.{:02}", n / 100, n % 100)
}

/// A folder of our own that goes when the measurement ends.
fn scratch() -> Result<tempfile::TempDir, Trouble> {
    tempfile::Builder::new()
        .prefix("bihuan-bench-")
        .tempdir()
        .map_err(|error| Trouble::file(&std::env::temp_dir())(error))
}

/// Where chance begins in an office that is measured again: nowhere it began before.
fn seed() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap_or(0)
}

/// The line for a rate, and its JSON.
fn rate(term: &Term, key: &str, n: usize, in_flight: usize, took: Duration) -> (u128, Value) {
    let rate = per_second(n, took);
    term.say(
        "cli.bench_line_rate",
        &[
            ("what", &bihuan_messages::t(term.lang, key)),
            ("rate", &rate),
            ("inflight", &in_flight),
            ("n", &n),
        ],
    );
    (
        rate,
        json!({ "n": n, "in_flight": in_flight, "per_second": rate.to_string(), "micros": took.as_micros().to_string() }),
    )
}
