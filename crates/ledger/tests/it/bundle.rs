//! A third party can check the log from a file of text, with our verifier or with one that shares no code.

use std::path::Path;
use std::process::Command;

use bihuan_ledger::{Error, FaultKind, Known, Report, export_bundle, verify_bundle};

use crate::support::Place;

fn bundle() -> (Place, String) {
    let place = Place::new();
    let ledger = place.with_groups(&[3, 1, 5, 1]);
    let mut out = Vec::new();
    export_bundle(&ledger.reader().unwrap(), &mut out, &mut |_| {}).unwrap();
    (place, String::from_utf8(out).unwrap())
}

fn check(text: &str) -> Report {
    verify_bundle(&mut text.as_bytes(), &Known::default(), &mut |_| {}).unwrap()
}

/// Every way of tampering with one line: change, remove, repeat, exchange, cut off.
fn tampered(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut all = Vec::new();
    let mut add = |what: String, lines: Vec<&str>| all.push((what, lines.join("\n") + "\n"));
    for (i, line) in lines.iter().enumerate().skip(1) {
        let changed = line.replace("督查室", "政府办").replace("time 2020", "time 2021");
        assert_ne!(changed, *line);
        add(
            format!("change {i}"),
            lines
                .iter()
                .enumerate()
                .map(|(k, l)| if k == i { changed.as_str() } else { *l })
                .collect(),
        );
        if !line.starts_with("{\"checkpoint\"") {
            add(
                format!("remove {i}"),
                lines
                    .iter()
                    .enumerate()
                    .filter(|(k, _)| *k != i)
                    .map(|(_, l)| *l)
                    .collect(),
            );
            let mut twice = lines.clone();
            twice.insert(i, line);
            add(format!("repeat {i}"), twice);
        }
        let mut exchanged = lines.clone();
        if i + 1 < lines.len() {
            exchanged.swap(i, i + 1);
            add(format!("exchange {i}"), exchanged);
        }
    }
    add("cut off".into(), lines[..lines.len() - 1].to_vec());
    all
}

#[test]
fn a_bundle_verifies_without_database_or_keys() {
    let (place, text) = bundle();
    let report = check(&text);
    assert!(report.sound(), "{report:?}");
    assert_eq!((report.size, report.root), (10, place.verify().root));
    assert_eq!(report.counts.checkpoints, 4);
}

#[test]
fn any_single_tampering_with_a_bundle_is_found() {
    let (_place, text) = bundle();
    for (what, forged) in tampered(&text) {
        assert!(!check(&forged).sound(), "{what}");
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    for text in ["", "\n", "{}", "交城", "{\"bihuan_log\":1}", "\u{0}\u{1}"] {
        let refused = verify_bundle(&mut text.as_bytes(), &Known::default(), &mut |_| {});
        assert!(matches!(refused, Err(Error::NotABundle { .. })), "{text:?}");
    }
    let (_place, text) = bundle();
    let newer = text.replacen("\"bihuan_log\":1", "\"bihuan_log\":2", 1);
    assert!(matches!(
        verify_bundle(&mut newer.as_bytes(), &Known::default(), &mut |_| {}),
        Err(Error::Newer {
            found: 2,
            supported: 1
        })
    ));
    let endless = text.lines().next().unwrap().to_owned() + "\n" + &"x".repeat(3 << 20);
    assert!(verify_bundle(&mut endless.as_bytes(), &Known::default(), &mut |_| {}).is_err());
    let junk = text.lines().next().unwrap().to_owned() + "\nnull\n{\"checkpoint\":7}\n\u{fffd}";
    assert_eq!(check(&junk).first().unwrap().kind, FaultKind::Unreadable);
}

#[test]
fn the_independent_verifier_in_python_agrees() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify_log.py");
    let python = ["python3", "python"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    let Some(python) = python else {
        eprintln!("skipped: no Python on this machine");
        return;
    };
    let (place, text) = bundle();
    let file = place.data().join("../bundle.jsonl");
    let run = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let out = Command::new(python).arg(&script).arg(&file).output().unwrap();
        (
            out.status.code(),
            String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr),
        )
    };
    let (code, said) = run(&text);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("10 entries"), "{said}");
    // One of each kind: a process for every forgery would take the better part of a minute.
    let mut kinds = std::collections::BTreeSet::new();
    for (what, forged) in tampered(&text) {
        if kinds.insert(what.split(' ').next().unwrap().to_owned()) {
            let (code, said) = run(&forged);
            assert_eq!(code, Some(1), "{what}: {said}");
        }
    }
    assert_eq!(run("交城").0, Some(2));
}
