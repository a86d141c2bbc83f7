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
    let site = Site::of(&office)?;
    let mut asked = Asked::default();
    let bar = term.progress("cli.bench_pages", u64::try_from(requests).ok());
    for (who, page) in PAGES.iter().cycle().take(requests) {
        site.ask(who, page, &mut asked)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let (p50, p99) = (asked.percentile(50), asked.percentile(99));
    term.say(
        "cli.bench_line_page",
        &[("cases", &cases), ("p50", &p50), ("p99", &p99), ("n", &requests)],
    );
    Ok(
        json!({ "cases": cases, "requests": requests, "p50_ms": p50, "p99_ms": p99, "bytes_max": asked.bytes, "p50_ms_by_page": asked.medians(), "slowest": asked.slowest() }),
    )
}

/// The pages of an office, as its two accounts see them.
pub(super) struct Site {
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
    sessions: [(&'static str, String); 2],
}

impl Site {
    /// That of this office.
    pub(super) fn of(office: &Office) -> Result<Site, Trouble> {
        let jurisdiction = Jurisdiction {
            slug: "bench".to_owned(),
            engine: office.engine.clone(),
            accounts: office.accounts.clone(),
            notices: std::sync::Arc::new(bihuan_engine::Notices::open(office.engine.ledger().dir())?),
            demo: None,
        };
        Ok(Site {
            router: router(App {
                jurisdictions: vec![jurisdiction],
            }),
            runtime: serve::runtime()?,
            sessions: [
                ("clerk", office.sign_in("clerk")?),
                ("unit-0", office.sign_in("unit-0")?),
            ],
        })
    }

    /// Asks for one page (a ledger where it is no whole path) and times it.
    pub(super) fn ask(&self, who: &str, page: &str, asked: &mut Asked) -> Result<(), Trouble> {
        let of = self.sessions.iter().find(|(login, _)| *login == who);
        let session = of.map_or("", |(_, secret)| secret.as_str());
        let request = Request::builder()
            .uri(address(page))
            .header("cookie", format!("bihuan=bench.{session}"))
            .body(Body::empty())
            .map_err(|error| Trouble::new("cli.plain").with("what", error))?;
        let started = Instant::now();
        let (status, bytes) = self.runtime.block_on(async {
            let Ok(answer) = self.router.clone().oneshot(request).await;
            let status = answer.status();
            let body = to_bytes(answer.into_body(), usize::MAX).await;
            (status, body.map_or(0, |body| body.len()))
        });
        // The first of each kind finds cold caches; it counts like the others.
        let took = started.elapsed().as_micros();
        if !status.is_success() {
            return Err(Trouble::new("cli.bench_status")
                .with("status", status)
                .with("query", page)
                .with("n", asked.times.len()));
        }
        asked.times.push((took, format!("{who} {page}")));
        asked.bytes = asked.bytes.max(bytes);
        Ok(())
    }
}

/// How long pages took, in microseconds, and which.
#[derive(Default)]
pub(super) struct Asked {
    times: Vec<(u128, String)>,
    /// Of the largest of them.
    bytes: usize,
}

impl Asked {
    /// So many of a hundred took no longer, in milliseconds with two decimals.
    pub(super) fn percentile(&self, percent: usize) -> String {
        let mut times: Vec<u128> = self.times.iter().map(|(took, _)| *took).collect();
        hundredths(percentile(&mut times, percent) / 10)
    }

    /// Takes over what others took.
    pub(super) fn take(&mut self, other: Asked) {
        self.times.extend(other.times);
        self.bytes = self.bytes.max(other.bytes);
    }

    /// The median of each page.
    pub(super) fn medians(&self) -> BTreeMap<&str, String> {
        let mut by_page: BTreeMap<&str, Vec<u128>> = BTreeMap::new();
        for (took, page) in &self.times {
            by_page.entry(page).or_default().push(*took);
        }
        by_page
            .into_iter()
            .map(|(page, mut times)| (page, hundredths(percentile(&mut times, 50) / 10)))
            .collect()
    }

    /// What the 99th percentile is made of: which took longest, and when in the run.
    fn slowest(&self) -> Vec<Value> {
        let mut slowest: Vec<(usize, &(u128, String))> = self.times.iter().enumerate().collect();
        slowest.sort_unstable_by(|a, b| b.1.cmp(a.1));
        slowest.truncate(SLOWEST);
        slowest
            .into_iter()
            .map(|(n, (took, page))| json!({ "ms": hundredths(took / 10), "request": n, "page": page }))
            .collect()
    }
}

fn percentile(times: &mut [u128], percent: usize) -> u128 {
    times.sort_unstable();
    let place = times.len().saturating_mul(percent) / 100;
    let last = times.len().saturating_sub(1);
    times.get(place.min(last)).copied().unwrap_or(0)
}

/// The address of a page, with the words that it seeks encoded.
fn address(page: &str) -> String {
    let mut address = match page.starts_with('/') {
        true => page.to_owned(),
        false => format!("/ledgers/{page}"),
    };
    for (n, words) in SOUGHT.iter().enumerate() {
        let encoded: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
        address = address.replace(&format!("{{{n}}}"), &encoded);
    }
    address
}
