//! The ledger page, in the process: the router is asked as the network would ask it.

use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use bihuan_sim::workload::Office;
use bihuan_web::{App, Jurisdiction, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{hundredths, scratch};
use crate::commands::serve;
use crate::term::Term;
use crate::trouble::Trouble;

/// Pages asked for in turn: the first, a sorted and a filtered one, one further on.
const QUERIES: [&str; 4] = ["", "?sort=newest", "?page=3", "?owner=unit-3"];

pub(super) fn ledger(cases: usize, requests: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let mut office = Office::found(&dir.path().join("office"), 11)?;
    super::engine::open(&mut office, cases, term)?;
    let secret = office.sign_in()?;
    let jurisdiction = Jurisdiction {
        slug: "bench".to_owned(),
        engine: office.engine.clone(),
        accounts: office.accounts.clone(),
        demo: None,
    };
    let router = router(App {
        jurisdictions: vec![jurisdiction],
    });
    let runtime = serve::runtime()?;
    let bar = term.progress("cli.bench_pages", u64::try_from(requests).ok());
    let mut times = Vec::with_capacity(requests);
    let mut bytes = 0usize;
    for (n, query) in QUERIES.iter().cycle().take(requests).enumerate() {
        let request = Request::builder()
            .uri(format!("/ledgers/key-task{query}"))
            .header("cookie", format!("bihuan=bench.{secret}"))
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
        times.push(started.elapsed().as_micros());
        bytes = bytes.max(body);
        if !status.is_success() {
            return Err(Trouble::new("cli.bench_status")
                .with("status", status)
                .with("query", query)
                .with("n", n));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    times.sort_unstable();
    let at = |percent: usize| {
        let place = times.len().saturating_mul(percent) / 100;
        times
            .get(place.min(times.len().saturating_sub(1)))
            .copied()
            .unwrap_or(0)
    };
    let (p50, p99) = (hundredths(at(50) / 10), hundredths(at(99) / 10));
    term.say(
        "cli.bench_line_page",
        &[("cases", &cases), ("p50", &p50), ("p99", &p99), ("n", &requests)],
    );
    Ok(json!({ "cases": cases, "requests": requests, "p50_ms": p50, "p99_ms": p99, "bytes_max": bytes }))
}
