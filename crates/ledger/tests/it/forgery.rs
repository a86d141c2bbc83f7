//! Any single tampering, wherever it strikes: found in the data directory, in the bundle, and by the independent verifier.

use std::path::{Path, PathBuf};
use std::process::Command;

use bihuan_ledger::{Error, Known, Ledger, export_bundle, leaf_hash, verify, verify_bundle};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;

use crate::support::{Place, at, event, group};

/// What a forger does to one entry or to the end of the log.
#[derive(Clone, Debug)]
enum Forgery {
    /// Another character at one place of one line, a checkpoint's or an entry's.
    Change(Index, Index, char),
    /// Another entry of good form in the place of one.
    Replace(Index),
    Remove(Index),
    Repeat(Index),
    Exchange(Index, Index),
    Insert(Index),
    /// Everything from one line on is gone.
    Truncate(Index),
}

fn forgery() -> impl Strategy<Value = Forgery> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), at(), prop::char::ranges(vec!['!'..='~', '一'..='龥'].into()))
            .prop_map(|(line, place, with)| Forgery::Change(line, place, with)),
        1 => at().prop_map(Forgery::Replace),
        1 => at().prop_map(Forgery::Remove),
        1 => at().prop_map(Forgery::Repeat),
        1 => (at(), at()).prop_map(|(a, b)| Forgery::Exchange(a, b)),
        1 => at().prop_map(Forgery::Insert),
        1 => at().prop_map(Forgery::Truncate),
    ]
}

const STRANGER: &str = r#"{"actor":{"for":null,"person":null,"post":null,"session":null},"at":"2020-09-13T12:26:40.000001Z","body":{},"cause":null,"definition":null,"seq":0,"stream":"case/9","stream_seq":0,"type":"case.closed","version":1}"#;

/// The lines of a bundle after the first, forged; nothing if the forgery changes nothing.
fn forged(lines: &[String], forgery: &Forgery) -> Option<Vec<String>> {
    let entries: Vec<usize> = (0..lines.len())
        .filter(|n| !lines[*n].starts_with("{\"checkpoint\""))
        .collect();
    let entry = |index: &Index| entries[index.index(entries.len())];
    let mut new = lines.to_vec();
    match forgery {
        Forgery::Change(line, place, with) => {
            let line = line.index(lines.len());
            let mut chars: Vec<char> = lines[line].chars().collect();
            let place = place.index(chars.len());
            chars[place] = *with;
            new[line] = chars.into_iter().collect();
        }
        Forgery::Replace(line) => {
            let line = entry(line);
            new[line] = lines[line].replace("\"n\":", "\"m\":");
        }
        Forgery::Remove(line) => drop(new.remove(entry(line))),
        Forgery::Repeat(line) => new.insert(entry(line), lines[entry(line)].clone()),
        Forgery::Exchange(a, b) => new.swap(entry(a), entry(b)),
        Forgery::Insert(line) => new.insert(entry(line), STRANGER.to_owned()),
        Forgery::Truncate(line) => new.truncate(line.index(lines.len())),
    }
    (new != lines).then_some(new)
}

/// A bundle as lines, and the last checkpoint as somebody kept it.
fn bundle() -> (String, Vec<String>, Known) {
    let place = Place::new();
    let ledger = place.with_groups(&[3, 1, 5, 2, 4]);
    let reader = ledger.reader().unwrap();
    let known = Known {
        checkpoints: vec![reader.head().unwrap()],
        ..Known::default()
    };
    let mut out = Vec::new();
    export_bundle(&reader, &mut out, &mut |_| {}).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    let first = lines.next().unwrap();
    (first, lines.collect(), known)
}

fn found_in_bundle(text: &str, known: &Known) -> bool {
    match verify_bundle(&mut text.as_bytes(), known, &mut |_| {}) {
        Ok(report) => !report.sound(),
        Err(error) => matches!(error, Error::NotABundle { .. } | Error::TooLarge { .. }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_single_tampering_with_a_bundle_is_found_wherever_it_strikes(forgery in forgery()) {
        let (first, lines, known) = bundle_once();
        if let Some(new) = forged(lines, &forgery) {
            let text = format!("{first}\n{}\n", new.join("\n"));
            // Only a log cut off at a checkpoint is whole in itself; what shows it is the checkpoint that was kept.
            let known = match forgery {
                Forgery::Truncate(_) => known.clone(),
                _ => Known::default(),
            };
            prop_assert!(found_in_bundle(&text, &known), "{}", new.join("\n"));
        }
    }

    #[test]
    fn any_single_tampering_with_the_database_is_found_wherever_it_strikes(forgery in forgery()) {
        let (data, known) = directory_once();
        let place = tempfile::tempdir().unwrap();
        copy(data, place.path());
        let changed = strike(&place.path().join("ledger.sqlite"), &forgery);
        let report = verify(place.path(), known, &mut |_| {});
        prop_assert_eq!(report.is_ok_and(|report| report.sound()), !changed, "{:?}", forgery);
    }
}

fn bundle_once() -> &'static (String, Vec<String>, Known) {
    static ONCE: std::sync::OnceLock<(String, Vec<String>, Known)> = std::sync::OnceLock::new();
    ONCE.get_or_init(bundle)
}

fn directory_once() -> &'static (PathBuf, Known) {
    static ONCE: std::sync::OnceLock<(PathBuf, Known, Place)> = std::sync::OnceLock::new();
    static PAIR: std::sync::OnceLock<(PathBuf, Known)> = std::sync::OnceLock::new();
    let (data, known, _) = ONCE.get_or_init(|| {
        let place = Place::new();
        let ledger = place.with_groups(&[3, 1, 5, 2, 4]);
        let known = Known {
            checkpoints: vec![ledger.reader().unwrap().head().unwrap()],
            ..Known::default()
        };
        drop(ledger);
        (place.data(), known, place)
    });
    PAIR.get_or_init(|| (data.clone(), known.clone()))
}

fn copy(from: &Path, to: &Path) {
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        if item.path().is_file() {
            std::fs::copy(item.path(), to.join(item.file_name())).unwrap();
        }
    }
}

fn number(seq: usize) -> u32 {
    u32::try_from(seq).unwrap()
}

/// Does to the rows what a forger with the file and a tool could do; the stored hash goes with the text. Whether anything changed.
fn strike(file: &Path, forgery: &Forgery) -> bool {
    let connection = rusqlite::Connection::open(file).unwrap();
    let size: u32 = connection
        .query_row("SELECT count(*) FROM entries", [], |row| row.get(0))
        .unwrap();
    let size = usize::try_from(size).unwrap();
    let text = |seq: usize| -> String {
        connection
            .query_row("SELECT entry FROM entries WHERE seq = ?1", [number(seq)], |row| {
                row.get(0)
            })
            .unwrap()
    };
    let put = |seq: usize, text: &str| {
        connection
            .execute(
                "UPDATE entries SET entry = ?2, leaf = ?3 WHERE seq = ?1",
                (number(seq), text, leaf_hash(text.as_bytes()).0),
            )
            .unwrap();
    };
    let shift = |from: usize, by: i64| {
        connection
            .execute_batch(&format!(
                "UPDATE entries SET seq = seq + 100000, stream_seq = stream_seq + 100000 WHERE seq >= {from};
                 UPDATE entries SET seq = seq - 100000 + {by}, stream_seq = stream_seq - 100000 WHERE seq >= 100000"
            ))
            .unwrap();
    };
    let insert = |seq: usize, text: &str| {
        shift(seq, 1);
        connection
            .execute(
                "INSERT INTO entries VALUES (?1, 'case/9', 0, ?2, ?3)",
                (number(seq), leaf_hash(text.as_bytes()).0, text),
            )
            .unwrap();
    };
    match forgery {
        Forgery::Change(line, place, with) => {
            let seq = line.index(size);
            let old = text(seq);
            let mut chars: Vec<char> = old.chars().collect();
            let place = place.index(chars.len());
            chars[place] = *with;
            let new: String = chars.into_iter().collect();
            put(seq, &new);
            new != old
        }
        Forgery::Replace(line) => {
            let seq = line.index(size);
            put(seq, &text(seq).replace("\"n\":", "\"m\":"));
            true
        }
        Forgery::Remove(line) => {
            let seq = line.index(size);
            connection
                .execute("DELETE FROM entries WHERE seq = ?1", [number(seq)])
                .unwrap();
            shift(seq, -1);
            true
        }
        Forgery::Repeat(line) => {
            let seq = line.index(size);
            insert(seq, &text(seq));
            true
        }
        Forgery::Exchange(a, b) => {
            let (a, b) = (a.index(size), b.index(size));
            let (first, second) = (text(a), text(b));
            put(a, &second);
            put(b, &first);
            a != b
        }
        Forgery::Insert(line) => {
            insert(line.index(size), STRANGER);
            true
        }
        Forgery::Truncate(line) => {
            let seq = line.index(size);
            connection
                .execute_batch(&format!(
                    "DELETE FROM entries WHERE seq >= {seq}; DELETE FROM checkpoints WHERE size > {seq}"
                ))
                .unwrap();
            true
        }
    }
}

/// Two logs of one name and key with the same beginning, and what each promised: whoever kept one promise finds the fork.
#[test]
fn a_forked_history_is_found_by_any_promise_of_the_other_branch() {
    let branch = |n: i64| {
        let place = Place::new();
        let ledger = place.with_groups(&[2, 3]);
        let mut writer = ledger.writer().unwrap();
        for minute in 10..13 {
            let mut batch = writer.begin(at(minute)).unwrap();
            batch
                .append(&event("case/1", "case.noted", serde_json::json!({ "branch": n })))
                .unwrap();
            batch.commit().unwrap();
        }
        drop(writer);
        (place, ledger)
    };
    let ((_one, shown), (two, hidden)) = (branch(1), branch(2));
    let reader = shown.reader().unwrap();
    let mut out = Vec::new();
    export_bundle(&hidden.reader().unwrap(), &mut out, &mut |_| {}).unwrap();
    let other = String::from_utf8(out).unwrap();
    assert!(
        !found_in_bundle(&other, &Known::default()),
        "in itself the other branch is whole"
    );
    for seq in 0..8 {
        let receipt = reader.receipt(seq).unwrap();
        let fork = seq >= 5;
        let kept = Kept::new(
            &two,
            &[
                receipt.checkpoint.to_string(),
                serde_json::to_string(&receipt).unwrap(),
            ],
        );
        assert_eq!(
            kept.python(&other),
            (!fork).then_some(0).or(Some(1)),
            "entry {seq}"
        );
        let by_checkpoint = Known {
            checkpoints: vec![receipt.checkpoint.clone()],
            ..Known::default()
        };
        let by_receipt = Known {
            receipts: vec![receipt],
            ..Known::default()
        };
        for known in [by_checkpoint, by_receipt] {
            assert_eq!(found_in_bundle(&other, &known), fork, "entry {seq}");
            assert_eq!(
                !verify(&two.data(), &known, &mut |_| {}).unwrap().sound(),
                fork,
                "entry {seq}"
            );
        }
    }
}

#[test]
fn a_receipt_that_somebody_made_up_does_not_discredit_the_log() {
    let place = Place::new();
    let ledger = place.with_groups(&[2, 3]);
    let mut receipt = ledger.reader().unwrap().receipt(3).unwrap();
    receipt.leaf = leaf_hash(b"made up");
    let text = serde_json::to_string(&receipt).unwrap();
    let known = Known {
        receipts: vec![receipt],
        ..Known::default()
    };
    let report = verify(&place.data(), &known, &mut |_| {}).unwrap();
    let kinds: Vec<_> = report.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [bihuan_ledger::FaultKind::Receipt]);
    let mut out = Vec::new();
    export_bundle(&ledger.reader().unwrap(), &mut out, &mut |_| {}).unwrap();
    let said = Kept::new(&place, &[text]).said(&String::from_utf8(out).unwrap());
    assert!(said.is_none_or(|said| said.contains("does not hold in itself")));
}

/// One forgery of each kind, seen by the verifier that shares no code. The rest of them would take minutes.
#[test]
fn the_independent_verifier_finds_each_kind_of_forgery() {
    let place = Place::new();
    let _ledger = place.ledger();
    let (first, lines, known) = bundle_once();
    let kept = Kept::new(&place, &[known.checkpoints[0].to_string()]);
    let whole = format!("{first}\n{}\n", lines.join("\n"));
    assert_ne!(kept.python(&whole), Some(1));
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut kinds = std::collections::BTreeSet::new();
    while kinds.len() < 7 {
        let forgery = forgery().new_tree(&mut runner).unwrap().current();
        let Some(new) = forged(lines, &forgery) else {
            continue;
        };
        if kinds.insert(format!("{forgery:?}").split('(').next().unwrap().to_owned()) {
            let text = format!("{first}\n{}\n", new.join("\n"));
            assert_ne!(kept.python(&text), Some(0), "{forgery:?}");
        }
    }
}

#[test]
fn a_ledger_opens_only_where_its_end_is_as_signed() {
    let (data, _) = directory_once();
    for forgery in [
        "DELETE FROM entries WHERE seq = 14",
        "DELETE FROM checkpoints WHERE size = 15",
    ] {
        let place = tempfile::tempdir().unwrap();
        copy(data, place.path());
        rusqlite::Connection::open(place.path().join("ledger.sqlite"))
            .unwrap()
            .execute_batch(forgery)
            .unwrap();
        assert!(
            matches!(Ledger::open(place.path()), Err(Error::Damaged { .. })),
            "{forgery}"
        );
    }
    let honest = tempfile::tempdir().unwrap();
    copy(data, honest.path());
    group(&mut Ledger::open(honest.path()).unwrap().writer().unwrap(), 9, 1);
}

/// What somebody kept, in files beside a bundle, for the verifier in Python.
pub(crate) struct Kept {
    dir: PathBuf,
    files: Vec<PathBuf>,
}

impl Kept {
    pub(crate) fn new(place: &Place, texts: &[String]) -> Kept {
        let dir = place.data().join("..");
        let write = |(n, text): (usize, &String)| {
            let file = dir.join(format!("kept{n}"));
            std::fs::write(&file, text).unwrap();
            file
        };
        let files = texts.iter().enumerate().map(write).collect();
        Kept { dir, files }
    }

    /// Its exit code; nothing on a machine without Python.
    pub(crate) fn python(&self, bundle: &str) -> Option<i32> {
        self.run(bundle).map(|(code, _)| code)
    }

    pub(crate) fn said(&self, bundle: &str) -> Option<String> {
        self.run(bundle).map(|(_, said)| said)
    }

    fn run(&self, bundle: &str) -> Option<(i32, String)> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify_log.py");
        let file = self.dir.join("bundle.jsonl");
        std::fs::write(&file, bundle).unwrap();
        let out = Command::new("python3")
            .arg(script)
            .arg(file)
            .args(&self.files)
            .output();
        let Ok(out) = out else {
            eprintln!("skipped: no Python on this machine");
            return None;
        };
        let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert!(!said.contains("Traceback"), "{said}");
        Some((out.status.code().unwrap(), said))
    }
}
