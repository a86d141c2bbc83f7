//! The ledger page, in the process: the router is asked as the network would ask it.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use bihuan_sim::workload::{Office, SOUGHT};
use bihuan_web::{App, Jurisdiction, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{hundredths, scratch};
use crate::commands::serve;
use crate::term::Term;
use crate::trouble::Trouble;

/// Pages asked for in turn, and as whom: every order, every filter, pages far on, seeking what many and what few titles
/// hold (`{0}` and so on stand for [`SOUGHT`]), all ledgers at once; the same as a department sees it.
const PAGES: [(&str, &str); 30] = [
    ("clerk", "key-task"),
    ("clerk", "key-task?page=3"),
    ("clerk", "key-task?page=1000"),
    ("clerk", "key-task?page=1990"),
    ("clerk", "key-task?sort=newest"),
    ("clerk", "key-task?sort=oldest&page=700"),
    ("clerk", "key-task?sort=owner"),
    ("clerk", "key-task?sort=owner&page=900"),
    ("clerk", "key-task?sort=number"),
    ("clerk", "key-task?sort=number&page=1100"),
    ("clerk", "key-task?sort=title"),
    ("clerk", "key-task?sort=title&page=1000"),
    ("clerk", "key-task?sort=stage&page=800"),
    ("clerk", "key-task?stage=planning"),
    ("clerk", "key-task?open=yes&colour=green&sort=number&page=600"),
    ("clerk", "key-task?owner=unit-3"),
    ("clerk", "key-task?owner=unit-3&sort=number&page=60"),
    ("clerk", "key-task?opened_from=2020-01-01&open=yes&sort=owner"),
    ("clerk", "key-task?q={0}"),
    ("clerk", "key-task?q={1}"),
    ("clerk", "key-task?q={2}&sort=title"),
    ("clerk", "key-task?q={3}"),
    ("clerk", "key-task?q={4}"),
    ("clerk", "all"),
    ("clerk", "all?sort=number&page=1000"),
    ("unit-0", "key-task"),
    ("unit-0", "key-task?sort=newest&page=40"),
    ("unit-0", "key-task?q={2}"),
    ("unit-0", "all?sort=owner"),
    ("unit-0", "all?open=yes&page=50"),
];

/// How many of the slowest requests are named.
const SLOWEST: usize = 20;

/// One case in so many has been planned, so that there is more than one stage.
const PLANNED: usize = 4;

pub(super) fn ledger(cases: usize, requests: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let mut office = Office::found(&dir.path().join("office"), 11)?;
    let opened = super::engine::open(&mut office, cases, term)?;
    let mut last = None;
    for (case, owner) in opened.into_iter().step_by(PLANNED) {
        let (actor, submission) = office.transition(case, owner, false);
        last = Some(office.engine.send(&actor, submission));
    }
    // What was sent last is answered last.
    if let Some(last) = last {
        last.blocking_recv()
            .map_err(|_| bihuan_engine::Error::Stopped)??;
    }
    let sessions = [
        ("clerk", office.sign_in("clerk")?),
        ("unit-0", office.sign_in("unit-0")?),
    ];
    let session = |who: &str| {
        let of = sessions.iter().find(|(login, _)| *login == who);
        of.map_or("", |(_, secret)| secret.as_str())
    };
    let jurisdiction = Jurisdiction {
        slug: "bench".to_owned(),
        engine: office.engine.clone(),
        accounts: office.accounts.clone(),
        notices: std::sync::Arc::new(bihuan_engine::Notices::open(office.engine.ledger().dir())?),
        demo: None,
    };
    let router = router(App {
        jurisdictions: vec![jurisdiction],
    });
    let runtime = serve::runtime()?;
    let bar = term.progress("cli.bench_pages", u64::try_from(requests).ok());
    let mut times = Vec::with_capacity(requests);
    let mut by_page: BTreeMap<String, Vec<u128>> = BTreeMap::new();
    let mut slowest: Vec<(u128, usize, String)> = Vec::with_capacity(requests);
    let mut bytes = 0usize;
    for (n, (who, page)) in PAGES.iter().cycle().take(requests).enumerate() {
        let request = Request::builder()
            .uri(address(page))
            .header("cookie", format!("bihuan=bench.{}", session(who)))
            .body(Body::empty())
            .map_err(|error| Trouble::new("cli.plain").with("what", error))?;
        let started = Instant::now();
        let (status, body) = runtime.block_on(async {
            let Ok(answer) = router.clone().oneshot(request).await;
            let status = answer.status();
            let body = to_bytes(answer.into_body(), usize::MAX)
                .await
                .map(|body| body.len())
                .unwrap_or(0);
            (status, body)
        });
        // The first of each kind finds cold caches; it counts like the others.
        let took = started.elapsed().as_micros();
        times.push(took);
        slowest.push((took, n, format!("{who} {page}")));
        by_page.entry(format!("{who} {page}")).or_default().push(took);
        bytes = bytes.max(body);
        if !status.is_success() {
            return Err(Trouble::new("cli.bench_status")
                .with("status", status)
                .with("query", page)
                .with("n", n));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let p50 = hundredths(percentile(&mut times, 50) / 10);
    let p99 = hundredths(percentile(&mut times, 99) / 10);
    let medians: BTreeMap<&String, String> = by_page
        .iter_mut()
        .map(|(page, times)| (page, hundredths(percentile(times, 50) / 10)))
        .collect();
    // What the 99th percentile is made of: which requests took longest, and when in the run.
    slowest.sort_unstable_by(|a, b| b.cmp(a));
    slowest.truncate(SLOWEST);
    let slowest: Vec<Value> = slowest
        .into_iter()
        .map(|(took, n, page)| json!({ "ms": hundredths(took / 10), "request": n, "page": page }))
        .collect();
    term.say(
        "cli.bench_line_page",
        &[("cases", &cases), ("p50", &p50), ("p99", &p99), ("n", &requests)],
    );
    Ok(
        json!({ "cases": cases, "requests": requests, "p50_ms": p50, "p99_ms": p99, "bytes_max": bytes, "p50_ms_by_page": medians, "slowest": slowest }),
    )
}

fn percentile(times: &mut [u128], percent: usize) -> u128 {
    times.sort_unstable();
    let place = times.len().saturating_mul(percent) / 100;
    let last = times.len().saturating_sub(1);
    times.get(place.min(last)).copied().unwrap_or(0)
}

/// The address of a page, with the words that it seeks encoded.
fn address(page: &str) -> String {
    let mut address = format!("/ledgers/{page}");
    for (n, words) in SOUGHT.iter().enumerate() {
        let encoded: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
        address = address.replace(&format!("{{{n}}}"), &encoded);
    }
    address
}
