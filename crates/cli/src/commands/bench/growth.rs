//! What it costs that work grows: transitions per second and pages over logs of ten thousand entries, ten times and a hundred
//! times as many, ten entries to a case; drawn on one sheet. Over the longest the whole is then verified and rebuilt.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use bihuan_domain::id::CaseId;
use bihuan_engine::views;
use bihuan_ledger::{Known, Ledger};
use bihuan_sim::workload::{Office, SOUGHT};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::page::{Asked, Site};
use super::{IN_FLIGHT, engine, hundredths, per_second, plot, raw, scratch, seed};
use crate::term::Term;
use crate::trouble::Trouble;

/// The shortest log that is measured, but for a shorter one that is asked for.
const FIRST: u64 = 10_000;

/// Entries of a case: its opening, its plan and reports.
const PER_CASE: usize = 10;

/// Cases that are worked on at the same time while the log grows.
const BLOCK: usize = 5_000;

/// Transitions by which the rate is told, on cases from the whole ledger.
const SAMPLE: usize = 6_400;

/// Kinds of pages, and of each those asked for in turn (`{case}` is another one each time).
const KINDS: [(&str, &[(&str, &str)]); 6] = [
    (
        "ledger",
        &[
            ("clerk", "key-task"),
            ("clerk", "key-task?page=30"),
            ("clerk", "key-task?sort=newest"),
            ("clerk", "key-task?sort=number&page=20"),
            ("clerk", "key-task?sort=title"),
            ("unit-0", "key-task"),
            ("clerk", "all"),
        ],
    ),
    (
        "filter",
        &[
            ("clerk", "key-task?stage=planning"),
            ("clerk", "key-task?open=yes&colour=green&sort=number"),
            ("clerk", "key-task?owner=unit-3"),
            ("clerk", "key-task?opened_from=2020-01-01&open=yes&sort=owner"),
            ("unit-0", "all?open=yes"),
        ],
    ),
    (
        "counts",
        &[
            ("clerk", "key-task?group=owner"),
            ("clerk", "key-task?group=stage"),
        ],
    ),
    (
        "search",
        &[
            ("clerk", "key-task?q={0}"),
            ("clerk", "key-task?q={1}"),
            ("clerk", "key-task?q={2}"),
            ("clerk", "key-task?q={3}"),
            ("clerk", "key-task?q={4}"),
            ("unit-0", "key-task?q={2}"),
        ],
    ),
    ("desk", &[("unit-0", "/"), ("clerk", "/")]),
    ("case", &[("clerk", "/cases/{case}"), ("unit-0", "/cases/{case}")]),
];

/// One length of the log.
#[derive(Default)]
pub(super) struct Point {
    pub(super) entries: u64,
    pub(super) cases: usize,
    pub(super) per_second: u128,
    /// All pages but those of cases.
    pub(super) p99: String,
    /// By kind, 50th and 99th percentile in milliseconds.
    pub(super) pages: BTreeMap<&'static str, (String, String)>,
}

/// Follows an office up to `entries`. Where `keep` names a directory the office stays there, and one that stands there already
/// is measured as it is and goes on growing from there.
pub(super) fn growth(
    entries: u64,
    requests: usize,
    (sheet, keep): (Option<&Path>, Option<&Path>),
    term: &Term,
) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let place = keep.unwrap_or(dir.path()).join("office");
    let stands = place.join("ledger.sqlite").is_file();
    let (mut office, mut cases) = if stands {
        Office::again(&place, seed())?
    } else {
        (Office::found(&place, 17)?, Vec::new())
    };
    let mut points: Vec<Point> = Vec::new();
    let mut size = FIRST
        .min(entries)
        .max(if stands { office.engine.beacon().size } else { 0 });
    loop {
        grow(&mut office, &mut cases, size, term)?;
        let point = measured(&mut office, &cases, requests, term)?;
        say(&point, term);
        points.push(point);
        if size >= entries {
            break;
        }
        size = size.saturating_mul(10).min(entries);
    }
    let missed = recall(&office, &place)?;
    drop(office);
    if let Some(sheet) = sheet {
        std::fs::write(sheet, plot::drawn(&points, term.lang)).map_err(Trouble::file(sheet))?;
    }
    let whole = whole(&place, term)?;
    let points: Vec<Value> = points.iter().map(Point::json).collect();
    Ok(json!({ "points": points, "sought_and_missed": missed, "whole": whole }))
}

/// Lets the log grow to `size` entries.
fn grow(
    office: &mut Office,
    cases: &mut Vec<(CaseId, usize)>,
    size: u64,
    term: &Term,
) -> Result<(), Trouble> {
    let bar = term.progress("cli.bench_growth", Some(size));
    while office.engine.beacon().size < size {
        let there = office.engine.beacon().size;
        let missing = usize::try_from(size.saturating_sub(there)).unwrap_or(usize::MAX);
        let fresh = missing.div_ceil(PER_CASE).min(BLOCK);
        let orders: Vec<_> = (0..fresh).map(|_| office.opening()).collect();
        let owners: Vec<usize> = orders.iter().map(|(_, order)| Office::owner_of(order)).collect();
        let opened = engine::answers(office, orders, 512)?;
        let opened: Vec<(CaseId, usize)> = opened.into_iter().zip(owners).collect();
        let orders: Vec<_> = (1..PER_CASE)
            .flat_map(|round| opened.iter().map(move |(case, owner)| (*case, *owner, round > 1)))
            .collect();
        let orders = orders
            .into_iter()
            .map(|(case, owner, planned)| office.transition(case, owner, planned))
            .collect();
        engine::carry_out(office, orders, 512, &mut |done| {
            bar.set_position(there.saturating_add(done));
        })?;
        cases.extend(opened);
    }
    bar.finish_and_clear();
    Ok(())
}

fn measured(
    office: &mut Office,
    cases: &[(CaseId, usize)],
    requests: usize,
    term: &Term,
) -> Result<Point, Trouble> {
    let apart = cases.len().div_ceil(SAMPLE).max(1);
    let sample = cases.iter().step_by(apart).cycle().take(SAMPLE);
    let orders = sample
        .map(|(case, owner)| office.transition(*case, *owner, true))
        .collect();
    let took = engine::carry_out(office, orders, IN_FLIGHT, &mut |_| {})?;
    let site = Site::of(office)?;
    let bar = term.progress(
        "cli.bench_pages",
        u64::try_from(requests.saturating_mul(KINDS.len())).ok(),
    );
    let mut pages = BTreeMap::new();
    let mut all = Asked::default();
    for (kind, addresses) in KINDS {
        let mut asked = Asked::default();
        for (n, (who, page)) in addresses.iter().cycle().take(requests).enumerate() {
            // A department sees its own cases alone.
            let own = cases.iter().filter(|(_, owner)| *who == "clerk" || *owner == 0);
            let case = own.clone().nth(n.saturating_mul(97) % own.count().max(1));
            let case = case.map_or(1, |(case, _)| case.0);
            let page = page.replace("{case}", &case.to_string());
            site.ask(who, &page, &mut asked)?;
            bar.inc(1);
        }
        pages.insert(kind, (asked.percentile(50), asked.percentile(99)));
        if kind != "case" {
            all.take(asked);
        }
    }
    bar.finish_and_clear();
    Ok(Point {
        entries: office.engine.beacon().size,
        cases: cases.len(),
        per_second: per_second(SAMPLE, took),
        p99: all.percentile(99),
        pages,
    })
}

fn say(point: &Point, term: &Term) {
    term.say(
        "cli.bench_line_growth",
        &[
            ("entries", &point.entries),
            ("cases", &point.cases),
            ("rate", &point.per_second),
            ("p99", &point.p99),
        ],
    );
    for (kind, (p50, p99)) in &point.pages {
        term.say(
            "cli.bench_line_kind",
            &[("kind", kind), ("p50", p50), ("p99", p99)],
        );
    }
}

impl Point {
    fn json(&self) -> Value {
        let pages: serde_json::Map<String, Value> = self
            .pages
            .iter()
            .map(|(kind, (p50, p99))| ((*kind).to_owned(), json!({ "p50_ms": p50, "p99_ms": p99 })))
            .collect();
        json!({
            "entries": self.entries, "cases": self.cases, "per_second": self.per_second.to_string(),
            "p99_ms": self.p99, "pages": pages,
        })
    }
}

/// How many cases seeking does not find that `LIKE` finds in the titles, or the other way round, over all that is sought.
fn recall(office: &Office, place: &Path) -> Result<usize, Trouble> {
    let connection = Connection::open(place.join("ledger.sqlite")).map_err(raw::trouble)?;
    let mut missed = 0usize;
    for sought in SOUGHT {
        let words: Vec<&str> = sought.split(' ').collect();
        let held = vec!["title LIKE '%' || ? || '%'"; words.len()].join(" AND ");
        let mut statement = connection
            .prepare(&format!("SELECT id FROM case_views WHERE {held}"))
            .map_err(raw::trouble)?;
        let liked = statement
            .query_map(rusqlite::params_from_iter(words), |row| row.get::<_, i64>(0))
            .and_then(Iterator::collect::<rusqlite::Result<std::collections::BTreeSet<i64>>>)
            .map_err(raw::trouble)?;
        let filter = views::Filter {
            text: Some(sought.to_owned()),
            ..views::Filter::default()
        };
        let found = office.engine.views()?.ids(&filter)?;
        let found = found
            .into_iter()
            .filter_map(|case| i64::try_from(case.0).ok())
            .collect();
        missed = missed.saturating_add(liked.symmetric_difference(&found).count());
    }
    Ok(missed)
}

/// Verifies the whole log and makes the read models anew.
fn whole(place: &Path, term: &Term) -> Result<Value, Trouble> {
    let bytes = std::fs::metadata(place.join("ledger.sqlite")).map_or(0, |file| file.len());
    let started = Instant::now();
    let bar = term.progress("cli.verifying", Some(0));
    let report = bihuan_ledger::verify(place, &Known::default(), &mut |progress| {
        bar.set_length(progress.total.unwrap_or(0));
        bar.set_position(progress.done);
    })?;
    bar.finish_and_clear();
    let verified = started.elapsed();
    let ledger = Ledger::open(place)?;
    let mut writer = ledger.writer()?;
    let reader = ledger.reader()?;
    let entries = reader.head()?.size;
    let bar = term.progress("cli.rebuilding", Some(entries));
    let started = Instant::now();
    let batch = writer.begin(Timestamp::now())?;
    views::rebuild(batch.connection(), &reader, &mut |done| bar.set_position(done))?;
    batch.commit()?;
    bar.finish_and_clear();
    let rebuilt = started.elapsed();
    let seconds = |took: std::time::Duration| hundredths(took.as_millis() / 10);
    term.say(
        "cli.bench_line_whole",
        &[
            ("entries", &entries),
            ("verified", &seconds(verified)),
            ("rebuilt", &seconds(rebuilt)),
            ("mb", &(bytes / 1_000_000)),
        ],
    );
    Ok(json!({
        "entries": entries, "bytes": bytes.to_string(), "sound": report.sound(),
        "verify_seconds": seconds(verified), "rebuild_seconds": seconds(rebuilt),
    }))
}
