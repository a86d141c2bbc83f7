//! A year's assessment of sixty units: from the read models, and computed again from the log alone.

use std::collections::BTreeMap;
use std::time::Instant;

use bihuan_domain::id::PackId;
use bihuan_domain::org::Actor;
use bihuan_engine::{Engine, assessment};
use bihuan_sim::workload::Office;
use serde_json::{Value, json};

use super::{hundredths, per_second, scratch};
use crate::term::Term;
use crate::trouble::Trouble;

/// Units that are scored.
const UNITS: usize = 60;
/// Events of a case: its opening, its plan, feedback.
const PER_CASE: usize = 5;
/// Transitions unanswered at most.
const IN_FLIGHT: usize = 512;

/// Every case of the year counts for two items of this scheme and may cost points in a third.
const SCHEME: &str = r#"language = 1

[scheme]
id = "bench"
number = "M11"
label = { zh = "bench", en = "bench" }
purpose = { zh = "bench", en = "bench" }
source = { zh = "bench", en = "bench" }
subject = "unit"
period = "year"
full = "100"
merged = "successor"

[[class]]
id = "department"
label = { zh = "departments", en = "departments" }
kinds = ["department"]

[[item]]
id = "planned"
label = { zh = "planned", en = "planned" }
weights = { department = "60" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
counts = "!row.void"
measure = "rate"
hit = "row.stage == \"carrying-out\" && row.round == 1"
empty = "spread"

[[item]]
id = "calm"
label = { zh = "calm", en = "calm" }
weights = { department = "40" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
counts = "row.late"
measure = "loss"
value = "0.5"

[[deduction]]
id = "redone"
label = { zh = "redone", en = "redone" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
counts = "row.round > 1"
points = "(row.round - 1) * 0.5"
cap = "3"

[[grade]]
id = "good"
label = { zh = "good", en = "good" }
at_least = "80"

[[grade]]
id = "rest"
label = { zh = "rest", en = "rest" }
"#;

pub(super) fn year(events: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let mut office = Office::of_units_hastily(&dir.path().join("office"), 13, UNITS)?;
    let pack = "language = 1\n[pack]\nid = \"bench\"\nlabel = { zh = \"bench\", en = \"bench\" }\nrequires = [\"base\", \"b-plans\"]\n";
    let files = BTreeMap::from([
        ("pack.toml".to_owned(), pack.to_owned()),
        ("bench.toml".to_owned(), SCHEME.to_owned()),
    ]);
    let adoption = Engine::adopt_pack(&PackId::new("bench"), files);
    office.engine.change(&Actor::system(), "bench", vec![adoption])?;
    let cases = super::engine::open(&mut office, events.div_ceil(PER_CASE), term)?;
    let rest = events.saturating_sub(cases.len());
    super::engine::stream(&mut office, &cases, rest, IN_FLIGHT, &mut |_| {})?;
    let mechanisms = office.engine.mechanisms();
    let scheme = assessment::scheme_named(&mechanisms, Some("bench"))?;
    let span = assessment::period_of(&scheme, None, office.engine.now())?;
    let mut best = u128::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        let run = assessment::live(&office.engine, &scheme, &span)?;
        best = best.min(started.elapsed().as_micros());
        if run.assessment.sheets.len() != UNITS {
            return Err(Trouble::new("cli.plain").with("what", run.assessment.sheets.len()));
        }
    }
    let log = office.engine.ledger().reader()?;
    let started = Instant::now();
    let run = assessment::of_log(&log, None, Some("bench"), Some(&span.name), None)?;
    let took = started.elapsed();
    let entries = usize::try_from(run.head.size).unwrap_or(usize::MAX);
    let rate = per_second(entries, took);
    let live = hundredths(best / 10);
    term.say(
        "cli.bench_line_assess",
        &[
            ("units", &UNITS),
            ("cases", &cases.len()),
            ("entries", &entries),
            ("live", &live),
            ("rate", &rate),
        ],
    );
    Ok(
        json!({ "units": UNITS, "cases": cases.len(), "entries": entries, "live_ms": live, "log_entries_per_second": rate.to_string(), "log_ms": hundredths(took.as_micros() / 10) }),
    )
}
