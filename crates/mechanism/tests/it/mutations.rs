//! Every shipped mechanism, broken in each general way, is found out; and what passes keeps the laws under random histories.

use std::collections::BTreeSet;

use bihuan_domain::mechanism::{Field, Mechanism};
use bihuan_domain::value::Type;
use bihuan_mechanism::{Loaded, SampleRow, load, scenario};
use bihuan_messages::Lang;
use proptest::prelude::*;

use crate::support::{Files, every_pack, packs};

/// A way to break a line, and the codes of which one must be found.
type Break = (&'static str, fn(&str) -> Option<String>, &'static [&'static str]);

/// Replaces the first quoted word of a line that begins with `key =`.
fn requote(line: &str, key: &str, with: &str) -> Option<String> {
    let rest = line
        .trim_start()
        .strip_prefix(key)?
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let inner = rest.strip_prefix('"')?;
    let (word, tail) = inner.split_once('"')?;
    let _ = word;
    Some(format!("{key} = \"{with}\"{tail}"))
}

const BREAKS: &[Break] = &[
    (
        "a stage without a clock",
        |l| l.starts_with("clock = {").then(String::new),
        &["M0103", "M0141"],
    ),
    (
        "an unreadable limit",
        |l| {
            l.starts_with("clock = { limit = \"")
                .then(|| l.replace("limit = \"", "limit = \"about "))
        },
        &["M0011"],
    ),
    (
        "a step to nowhere",
        |l| requote(l, "to", "no-such-stage"),
        &["M0111", "M0109"],
    ),
    (
        "a step that closes",
        |l| requote(l, "to", "closed"),
        &["M0126", "M0109"],
    ),
    (
        "a holder that nobody declared",
        |l| requote(l, "holder", "nobody"),
        &["M0109"],
    ),
    (
        "no common exit",
        |l| requote(l, "exit", "").map(|_| String::new()),
        &["M0107", "M0101", "M0108"],
    ),
    (
        "no rework",
        |l| requote(l, "rework", "").map(|_| String::new()),
        &["M0136"],
    ),
    (
        "a cap of none",
        |l| l.starts_with("cap = ").then(|| "cap = 0".to_owned()),
        &["M0143"],
    ),
    (
        "a datum that is not in the dictionary",
        |l| requote(l, "datum", "no_such_datum"),
        &["M0118"],
    ),
    (
        "an approver that nobody declared",
        |l| requote(l, "approver", "nobody"),
        &["M0109"],
    ),
    ("an unknown kind", |l| requote(l, "kind", "wrok"), &["M0010"]),
    (
        "a ladder that is not there",
        |l| requote(l, "ladder", "no-such-ladder"),
        &["M0112"],
    ),
    (
        "a first stage that is not there",
        |l| requote(l, "stage", "no-such-stage"),
        &["M0111"],
    ),
    (
        "a mistyped key",
        |l| l.starts_with("needs = ").then(|| l.replace("needs", "nedds")),
        &["M0003"],
    ),
    (
        "a title that is no field",
        |l| requote(l, "title", "no_such_field"),
        &["M0110"],
    ),
    (
        "an empty label",
        |l| {
            l.starts_with("label = {")
                .then(|| "label = { zh = \"\", en = \"x\" }".to_owned())
        },
        &["M0007"],
    ),
    (
        "a label in one language",
        |l| {
            l.starts_with("label = {")
                .then(|| "label = { zh = \"某\" }".to_owned())
        },
        &["M0007"],
    ),
];

/// Files with `[mechanism]`, and the packs around them.
fn shipped() -> (Files, Loaded, Vec<String>) {
    let files = packs(&every_pack());
    let loaded = load(&files);
    let faulty: BTreeSet<&str> = loaded
        .diagnostics
        .iter()
        .map(|finding| finding.file.as_str())
        .collect();
    let mechanisms = files
        .iter()
        .filter(|(path, text)| path.ends_with(".toml") && text.lines().any(|line| line == "[mechanism]"))
        .map(|(path, _)| path.clone())
        .filter(|path| !faulty.contains(path.as_str()))
        .collect();
    (files, loaded, mechanisms)
}

/// What a mechanism stands on: the lists of its pack and of those that its pack requires, and the mechanisms that it
/// names. Scenarios, rows and other mechanisms have no part in its check; without them it is quicker.
fn ground(files: &Files, loaded: &Loaded, path: &str) -> Files {
    let (home, _) = path.rsplit_once('/').unwrap();
    let mut near = BTreeSet::new();
    let mut todo = vec![home.trim_start_matches("packs/").to_owned()];
    while let Some(name) = todo.pop() {
        let requires = loaded
            .pack(&name)
            .map(|pack| pack.requires.clone())
            .unwrap_or_default();
        todo.extend(requires.iter().map(|required| required.as_str().to_owned()));
        near.insert(format!("packs/{name}"));
    }
    let names = |text: &str| {
        let id = text
            .lines()
            .find(|line| line.starts_with("id = "))
            .unwrap_or("id = ");
        files[path].contains(&id.replacen("id", "mechanism", 1))
    };
    let wanted = |other: &str, text: &str| {
        let folder = other.rsplit_once('/').map_or("", |(folder, _)| folder);
        let part =
            other.ends_with(".toml") && !other.ends_with(".scenario.toml") && !other.ends_with("-org.toml");
        let mechanism = text.lines().any(|line| line == "[mechanism]");
        part && near.contains(folder) && (!mechanism || other == path || names(text))
    };
    let chosen = files.iter().filter(|(other, text)| wanted(other, text));
    chosen.map(|(path, text)| (path.clone(), text.clone())).collect()
}

#[test]
fn every_shipped_mechanism_broken_in_each_way_is_found_out() {
    let (files, loaded, mechanisms) = shipped();
    assert!(!mechanisms.is_empty());
    let mut wrong = Vec::new();
    for path in &mechanisms {
        let mut lean = ground(&files, &loaded, path);
        let lines: Vec<&str> = files[path].lines().collect();
        for (what, change, codes) in BREAKS {
            // One line of each kind, not always the first: the length of the name chooses.
            let hits: Vec<(usize, String)> = lines
                .iter()
                .enumerate()
                .filter_map(|(n, line)| change(line).map(|new| (n, new)))
                .collect();
            let Some((at, new)) = hits.get((path.len() + what.len()) % hits.len().max(1)) else {
                continue;
            };
            let mut broken: Vec<&str> = lines.clone();
            broken[*at] = new;
            lean.insert(path.clone(), broken.join("\n"));
            let found: BTreeSet<String> = load(&lean)
                .diagnostics
                .into_iter()
                .filter(|f| f.file == *path)
                .map(|f| f.code)
                .collect();
            if !codes.iter().any(|code| found.contains(*code)) {
                wrong.push(format!(
                    "{path}:{}: {what}: wanted one of {codes:?}, found {found:?}\n  {}",
                    at + 1,
                    lines[*at]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The row of a register that ships without rows.
const MADE_UP: &str = "r1";

/// Writes a row into every register to which the mechanism points and which has none.
fn made_up_rows(mechanism: &Mechanism, rows: &[SampleRow]) -> String {
    let empty = mechanism
        .registers
        .values()
        .filter(|spec| rows.iter().all(|row| row.register != spec.id));
    empty
        .map(|spec| {
            let values = filled(&spec.fields, |_| true, 1, rows);
            format!(
                "[[when]]\nat = \"2021-01-04 07:00\"\ndo = \"row\"\ncase = \"by-{}\"\nregister = \"{}\"\nrow = \"{MADE_UP}\"\nvalues = {values}\n",
                spec.id, spec.id
            )
        })
        .collect()
}

/// A value of a type, as a scenario writes it; `None` where a random history has none to offer.
fn sample(ty: &Type, seed: u32, rows: &[SampleRow]) -> Option<String> {
    Some(match ty {
        Type::Text => "\"文字\"".to_owned(),
        Type::Bool => (seed.is_multiple_of(2)).to_string(),
        Type::Int => (seed % 100).to_string(),
        Type::Decimal => format!("\"{}.5\"", seed % 100),
        Type::Money => format!("\"{}万元\"", seed % 1_000 + 1),
        Type::Date => format!("\"2021-{:02}-15\"", seed % 12 + 1),
        Type::Duration => "\"90 minutes\"".to_owned(),
        Type::Choice(codes) => format!("\"{}\"", codes[seed as usize % codes.len()]),
        Type::Unit => "\"housing\"".to_owned(),
        Type::Post => "\"deputy-leader\"".to_owned(),
        Type::Person => "\"p-housing-clerk\"".to_owned(),
        Type::Instant => "\"2021-03-01 09:00\"".to_owned(),
        Type::File => "\"a.pdf\"".to_owned(),
        Type::List(item) => format!("[{}]", sample(item, seed, rows)?),
        Type::Row(register) => {
            let row = rows.iter().find(|row| row.register == *register);
            format!("\"{}\"", row.map_or(MADE_UP, |row| row.row.as_str()))
        }
        Type::Case => return None,
    })
}

fn values(mechanism: &Mechanism, wanted: impl Fn(&str) -> bool, seed: u32, rows: &[SampleRow]) -> String {
    format!("values = {}", filled(&mechanism.fields, wanted, seed, rows))
}

fn filled(fields: &[Field], wanted: impl Fn(&str) -> bool, seed: u32, rows: &[SampleRow]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .filter(|field| wanted(field.id.as_str()))
        .filter_map(|field| Some(format!("{} = {}", field.id, sample(&field.ty, seed, rows)?)))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// A scenario of random moves: most are refused, the rest must keep the laws.
fn history(mechanism: &Mechanism, owner: &str, moves: &[(u8, u8, u32, u16)], rows: &[SampleRow]) -> String {
    let mut at = jiff::civil::date(2021, 1, 4).at(9, 0, 0, 0);
    let mut text = format!(
        // Three years of a daily schedule would be another test: here nothing opens by the calendar.
        "language = 1\n[scenario]\nid = \"random\"\nlabel = {{ zh = \"随机\", en = \"random\" }}\nmechanism = \"{}\"\nadopted = \"2090-01-01\"\n",
        mechanism.id
    );
    text.push_str(&made_up_rows(mechanism, rows));
    let steps: Vec<_> = mechanism.stages.iter().flat_map(|stage| &stage.steps).collect();
    let risk = if moves.first().is_some_and(|m| m.2.is_multiple_of(2)) {
        "major"
    } else {
        "ordinary"
    };
    let all = values(mechanism, |_| true, 1, rows);
    let from = serde_json::to_value(mechanism.open.from.iter().next()).unwrap();
    text.push_str(&format!(
        "[[when]]\nat = \"2021-01-04 08:00\"\nby = \"system\"\ndo = \"open\"\nowner = \"{owner}\"\ntitle = \"t\"\nfrom = {from}\nrisk = \"{risk}\"\n{all}\n"
    ));
    for (kind, which, seed, hours) in moves {
        at = at
            .checked_add(jiff::Span::new().hours(i64::from(*hours)))
            .unwrap();
        let when = at.strftime("%Y-%m-%d %H:%M");
        let body = match kind % 8 {
            0..=3 if !steps.is_empty() => {
                let step = steps[usize::from(*which) % steps.len()];
                let takes = |id: &str| {
                    step.needs
                        .iter()
                        .chain(&step.takes)
                        .any(|field| field.as_str() == id)
                };
                let row = step.adds.as_ref().map_or(String::new(), |register| {
                    format!(
                        "\nrow = {}",
                        filled(&mechanism.registers[register].fields, |_| true, *seed, rows)
                    )
                });
                format!(
                    "by = \"holder\"\ndo = \"step\"\nstep = \"{}\"\nevidence = 9\n{}{row}",
                    step.id,
                    values(mechanism, takes, *seed, rows)
                )
            }
            4 => format!(
                "by = \"holder\"\ndo = \"verify\"\npass = {}\nnote = \"n\"",
                !seed.is_multiple_of(3)
            ),
            5 => {
                let kinds = ["return", "extension", "suspension", "hand_up", "void"];
                let kind = kinds[usize::from(*which) % kinds.len()];
                let reason = mechanism
                    .requests
                    .values()
                    .flat_map(|r| &r.reasons)
                    .nth(usize::from(*which) % 3);
                let reason = reason.map_or(String::new(), |(code, _)| format!("reason = \"{code}\"\n"));
                let until = at.date().checked_add(jiff::Span::new().days(2)).unwrap();
                format!(
                    "by = \"holder\"\ndo = \"request\"\nkind = \"{kind}\"\nnote = \"n\"\n{reason}until = \"{until}\"\nunit = \"tianning\""
                )
            }
            6 => format!(
                "by = \"approver\"\ndo = \"decide\"\nrequest = {}\ngrant = {}\nunit = \"development\"",
                which % 3 + 1,
                seed.is_multiple_of(2)
            ),
            _ => "do = \"wait\"".to_owned(),
        };
        text.push_str(&format!("[[when]]\nat = \"{when}\"\n{body}\n"));
    }
    // Three years in which nobody does anything: escalation must come to rest.
    let end = at
        .checked_add(jiff::Span::new().years(3))
        .unwrap()
        .strftime("%Y-%m-%d %H:%M");
    text.push_str(&format!("[[when]]\nat = \"{end}\"\ndo = \"wait\"\n"));
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 3, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_the_checker_keeps_the_laws_under_random_histories(
        moves in prop::collection::vec((0u8..8, 0u8..32, 0u32..1_000, 1u16..400), 1..40)
    ) {
        let mut files = packs(&every_pack());
        files.retain(|path, _| !path.ends_with(".scenario.toml"));
        let loaded = load(&files);
        let rows: Vec<SampleRow> = loaded.packs.iter().flat_map(|pack| pack.rows.clone()).collect();
        for mechanism in loaded.packs.iter().flat_map(|pack| &pack.mechanisms) {
            let owners = &mechanism.open.owners;
            let org = loaded.org_for(loaded.pack(mechanism.pack.as_str()).unwrap()).unwrap();
            let unit = org.units.iter().find(|u| owners.is_empty() || owners.contains(&u.kind));
            let unit = unit.unwrap_or_else(|| panic!("{}: the scenario org has no unit that may own it", mechanism.id));
            let text = history(mechanism, unit.id.as_str(), &moves, &rows);
            files.insert(format!("packs/{}/{}.scenario.toml", mechanism.pack, mechanism.id), text);
        }
        let outcomes = scenario::run_all(&load(&files));
        prop_assert!(!outcomes.is_empty());
        for outcome in outcomes {
            // A refusal is an answer; a broken law, a replay that differs or an undefined stage is not.
            let undefined = ["unknown_stage", "no_such_stage", "no_way", "ill_typed"];
            let broken: Vec<_> = outcome
                .findings
                .iter()
                .filter(|finding| {
                    let refused = format!("{:?}", finding.message.args.get("code"));
                    finding.code != "M0302" || undefined.iter().any(|code| refused.contains(code))
                })
                .collect();
            let said: Vec<String> = outcome
                .findings
                .iter()
                .map(|f| format!("{} {} {}", f.code, f.message.text(Lang::En), f.span.start))
                .collect();
            prop_assert!(broken.is_empty(), "{}: {said:#?}\n{}", outcome.mechanism, files[&outcome.file]);
            // The last wait is three years long: what escalates has come to rest long before its end.
            let last = outcome.story.last().map(|happened| happened.at);
            let first = outcome.story.first().map(|happened| happened.at);
            prop_assert!(outcome.story.len() < 2_000, "{}: {} events", outcome.mechanism, outcome.story.len());
            prop_assert!(last >= first);
        }
    }
}
