//! A year's assessment of sixty units: from the read models, and computed again from the log alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bihuan_domain::assessment::{Named, Scheme, Span, tells_nothing};
use bihuan_domain::id::{PackId, UnitId};
use bihuan_domain::org::Actor;
use bihuan_engine::time::SystemTime;
use bihuan_engine::{Engine, assessment};
use bihuan_ledger::{EntryText, Ledger, Reader};
use bihuan_sim::workload::Office;
use jiff::Timestamp;
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

/// Every case of the year counts for two items of this scheme and for a deduction: three pieces a case.
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
measure = "loss"
value = "row.late ? 0.5 : 0"

[[deduction]]
id = "redone"
label = { zh = "redone", en = "redone" }
of = "cases:key-task"
unit = "row.owner"
when = "row.opened_on"
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

/// Times that each computation is done; the fastest counts.
const TIMES: usize = 5;

pub(super) fn year(events: usize, copied: usize, term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let place = dir.path().join("office");
    let mut office = Office::of_units_hastily(&place, 13, UNITS)?;
    let pack = "language = 1\n[pack]\nid = \"bench\"\nlabel = { zh = \"bench\", en = \"bench\" }\nrequires = [\"base\", \"b-plans\"]\n";
    let files = BTreeMap::from([
        ("pack.toml".to_owned(), pack.to_owned()),
        ("bench.toml".to_owned(), SCHEME.to_owned()),
    ]);
    let adoption = Engine::adopt_pack(&PackId::new("bench"), files);
    office.engine.change(&Actor::system(), "bench", vec![adoption])?;
    // The same office grows: what a computation costs is measured at each size.
    let mut steps = Vec::new();
    let (mut done, mut cases) = (0usize, 0usize);
    let sizes = [events / 100, events / 10, events];
    for size in sizes.into_iter().filter(|size| *size >= PER_CASE) {
        let more = size.saturating_sub(done);
        let opened = super::engine::open(&mut office, more.div_ceil(PER_CASE), term)?;
        let rest = more.saturating_sub(opened.len());
        super::engine::stream(&mut office, &opened, rest, IN_FLIGHT, &mut |_| {})?;
        (done, cases) = (size, cases.saturating_add(opened.len()));
        steps.push(measured(&office.engine, cases, term)?);
    }
    let asked = Asked::of(&office.engine)?;
    let ledger = office.engine.ledger().clone();
    let log = ledger.reader()?;
    let parsed = parsed(&log)?;
    let mut fastest = Duration::MAX;
    let mut entries = 0;
    for _ in 0..3 {
        let started = Instant::now();
        let run = assessment::of_log(&log, None, Some("bench"), Some(&asked.span.name), None)?;
        fastest = fastest.min(started.elapsed());
        entries = usize::try_from(run.head.size).unwrap_or(usize::MAX);
    }
    let rates = (per_second(entries, fastest), per_second(parsed, fastest));
    term.say(
        "cli.bench_line_assess_log",
        &[
            ("entries", &entries),
            ("rate", &rates.0),
            ("parsed", &rates.1),
            ("ms", &hundredths(fastest.as_micros() / 10)),
        ],
    );
    drop((log, ledger, office));
    let large = enlarged(&place, cases, copied, term)?;
    Ok(json!({
        "units": UNITS,
        "steps": steps,
        "log": { "entries": entries, "parsed": parsed, "ms": hundredths(fastest.as_micros() / 10),
            "entries_per_second": rates.0.to_string(), "parsed_per_second": rates.1.to_string() },
        "copied": large,
    }))
}

/// What is computed.
struct Asked {
    scheme: Arc<Scheme>,
    span: Span,
}

impl Asked {
    fn of(engine: &Engine) -> Result<Asked, Trouble> {
        let scheme = assessment::scheme_named(&engine.mechanisms(), Some("bench"))?;
        let span = assessment::period_of(&scheme, None, engine.now())?;
        Ok(Asked { scheme, span })
    }

    /// The fastest of some computations, in microseconds.
    fn timed(&self, engine: &Engine, named: Named<'_>) -> Result<u128, Trouble> {
        let mut best = u128::MAX;
        for _ in 0..TIMES {
            let started = Instant::now();
            let run = assessment::live(engine, &self.scheme, &self.span, named)?;
            best = best.min(started.elapsed().as_micros());
            if run.assessment.sheets.len() != UNITS {
                return Err(Trouble::new("cli.plain").with("what", run.assessment.sheets.len()));
            }
        }
        Ok(best)
    }
}

/// The table of all units, one unit's sheet, and what an announcement computes (every sheet with all its cases).
fn measured(engine: &Engine, cases: usize, term: &Term) -> Result<Value, Trouble> {
    let asked = Asked::of(engine)?;
    let unit = UnitId::new("unit-1");
    let shown = |micros: u128| hundredths(micros / 10);
    let table = shown(asked.timed(engine, Named::Nobody)?);
    let sheet = shown(asked.timed(engine, Named::Unit(&unit))?);
    let whole = shown(asked.timed(engine, Named::Everybody)?);
    let events = cases.saturating_mul(PER_CASE);
    term.say(
        "cli.bench_line_assess",
        &[
            ("units", &UNITS),
            ("cases", &cases),
            ("events", &events),
            ("table", &table),
            ("sheet", &sheet),
            ("whole", &whole),
        ],
    );
    Ok(json!({ "cases": cases, "events": events, "table_ms": table, "sheet_ms": sheet, "whole_ms": whole }))
}

/// The narrow table at the size of a large year: the rows that the engine wrote, so often again under other cases.
fn enlarged(place: &Path, cases: usize, copied: usize, term: &Term) -> Result<Value, Trouble> {
    let times = copied.div_ceil(PER_CASE).checked_div(cases.max(1)).unwrap_or(0);
    if times < 2 {
        return Ok(Value::Null);
    }
    let ledger = Ledger::open(place)?;
    let mut writer = ledger.writer()?;
    let batch = writer.begin(Timestamp::now())?;
    let shift = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < ?1)
        INSERT INTO pieces SELECT measure, id + n.k * 100000000, unit, falls, amount, base FROM n, pieces";
    let times = u32::try_from(times).unwrap_or(u32::MAX);
    batch
        .connection()
        .execute(shift, (times,))
        .map_err(|error| Trouble::new("cli.plain").with("what", error))?;
    batch.commit()?;
    drop((writer, ledger));
    let (engine, _) = Engine::open(place, Arc::new(SystemTime))?;
    let cases = cases.saturating_mul(usize::try_from(times).unwrap_or(1));
    measured(&engine, cases, term)
}

/// How many entries a recomputation must read to their end: the others set nothing that a scheme could see.
fn parsed(log: &Reader) -> Result<usize, Trouble> {
    let mut parsed = 0usize;
    log.for_each_text(0, u64::MAX, |_, stream, text| {
        let entry = EntryText::of(text).filter(|_| stream.starts_with("case/"));
        if entry.is_some_and(|entry| !tells_nothing(entry.kind, entry.body)) {
            parsed = parsed.saturating_add(1);
        }
        Ok::<_, bihuan_ledger::Error>(())
    })?;
    Ok(parsed)
}
