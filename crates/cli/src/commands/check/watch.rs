//! `bihuan check --watch`: checks again whenever a file changes, runs the scenarios, and says what became different.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bihuan_diagnostics::terminal;
use bihuan_mechanism::scenario;

use super::{Args, packs, wanted, write_page};
use crate::term::{Exit, Term};
use crate::trouble::Trouble;

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_millis(300);

/// Looks until the program is ended from outside.
pub(super) fn run(args: &Args, term: &Term) -> Result<Exit, Trouble> {
    let mut before = stamps(&args.packs);
    let mut told = Told::default();
    let first = look(args, term)?;
    told.tell(first, term);
    term.say("cli.watch_start", &[]);
    loop {
        std::thread::sleep(PERIOD);
        let now = stamps(&args.packs);
        if now == before {
            continue;
        }
        before = now;
        match look(args, term) {
            Ok(found) => told.tell(found, term),
            // A file that is being written may be away for a moment.
            Err(trouble) => term.trouble(&trouble),
        }
    }
}

/// When each file was last changed, and how long it is.
fn stamps(paths: &[PathBuf]) -> BTreeMap<PathBuf, (Option<SystemTime>, u64)> {
    let mut found = BTreeMap::new();
    paths.iter().for_each(|path| stamp(path, 0, &mut found));
    found
}

fn stamp(path: &Path, depth: u8, found: &mut BTreeMap<PathBuf, (Option<SystemTime>, u64)>) {
    let Ok(meta) = std::fs::metadata(path) else { return };
    if meta.is_file() {
        found.insert(path.to_owned(), (meta.modified().ok(), meta.len()));
    } else if depth < 5 {
        let inside = std::fs::read_dir(path).into_iter().flatten().flatten();
        inside.for_each(|entry| stamp(&entry.path(), depth.saturating_add(1), found));
    }
}

/// What a check found: findings as they are shown, each under what it says; scenarios with their findings, if any.
#[derive(Default)]
struct Found {
    findings: BTreeMap<String, String>,
    scenarios: BTreeMap<String, Option<String>>,
    summary: String,
}

fn look(args: &Args, term: &Term) -> Result<Found, Trouble> {
    let given = packs::load(&args.packs, term)?;
    let findings = wanted(args, &given);
    write_page(args, &findings, &given.files, term)?;
    let shown = |findings: &[_]| terminal::render(findings, &given.files, term.lang, term.out_is_terminal());
    let key = |f: &bihuan_diagnostics::Diagnostic| format!("{} {} {}", f.code, f.file, term.text(&f.message));
    let scenarios = given.loaded.packs.iter().flat_map(|pack| &pack.scenarios);
    let own = scenarios.filter(|scenario| given.files_given.contains(&scenario.file));
    Ok(Found {
        findings: findings
            .iter()
            .map(|f| (key(f), shown(std::slice::from_ref(f))))
            .collect(),
        scenarios: own
            .map(|one| {
                let outcome = scenario::run(one, &given.loaded);
                let name = format!("{} ({})", outcome.label.get(term.lang), outcome.id);
                (name, (!outcome.passed()).then(|| shown(&outcome.findings)))
            })
            .collect(),
        summary: terminal::summary(&findings, term.lang),
    })
}

/// What has been told.
#[derive(Default)]
struct Told(Found);

impl Told {
    fn tell(&mut self, found: Found, term: &Term) {
        for (key, shown) in &found.findings {
            if !self.0.findings.contains_key(key) {
                term.say("cli.watch_new", &[]);
                term.raw(shown.as_bytes());
            }
        }
        for key in self
            .0
            .findings
            .keys()
            .filter(|key| !found.findings.contains_key(*key))
        {
            term.say("cli.watch_mended", &[("what", key)]);
        }
        for (name, outcome) in &found.scenarios {
            if self.0.scenarios.get(name) == Some(outcome) {
                continue;
            }
            match outcome {
                None => term.say("cli.watch_passed", &[("name", name)]),
                Some(shown) => {
                    term.say("cli.watch_failed", &[("name", name)]);
                    term.raw(shown.as_bytes());
                }
            }
        }
        for name in self
            .0
            .scenarios
            .keys()
            .filter(|name| !found.scenarios.contains_key(*name))
        {
            term.say("cli.watch_gone", &[("name", name)]);
        }
        if found.summary != self.0.summary {
            term.line(&found.summary);
        }
        self.0 = found;
    }
}
