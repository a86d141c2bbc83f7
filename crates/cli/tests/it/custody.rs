//! A custodian's key from its making to the opening of what was encrypted to it, away from any server; and erasing.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use bihuan_engine::custody::Parcel;
use bihuan_ledger::custody::Public;

use super::run::{Run, bihuan, root};

const PASSPHRASE: &str = "一句只有专管人知道的话，够长";

/// The binary with a line on its standard input.
fn told(words: &[&str], line: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bihuan"))
        .args(words)
        .env_remove("BIHUAN_LANG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .current_dir(root())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The public key that `custodian key` printed.
fn printed(run: &Run) -> Public {
    assert_eq!(run.code, 0, "{}", run.err);
    let line = run.out.lines().next().unwrap();
    line.split('：').next_back().unwrap().parse().unwrap()
}

/// A file as a case page gives it away.
fn parcel(dir: &Path, key: &Public) -> String {
    let locked = key.lock("discipline", "一车间夜班样某").unwrap();
    let parcel = Parcel {
        what: Parcel::WHAT.to_owned(),
        case: bihuan_domain::id::CaseId(17),
        values: [("informant".into(), locked.to_string())].into(),
    };
    let path = dir.join("case-17.locked.json");
    fs::write(&path, serde_json::to_string(&parcel).unwrap()).unwrap();
    path.display().to_string()
}

#[test]
fn a_key_under_a_passphrase_opens_what_was_locked_for_it_and_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (own, other) = (file("own.key"), file("other.key"));
    let made = told(
        &["custodian", "key", "--out", &own, "--passphrase-stdin"],
        PASSPHRASE,
    );
    let locked = parcel(dir.path(), &printed(&made));
    assert!(made.err.is_empty(), "{}", made.err);
    let open = |key: &str, words: &[&str], line: &str| {
        told(
            &[&["custodian", "open", &locked, "--key", key], words].concat(),
            line,
        )
    };
    let opened = open(&own, &["--passphrase-stdin"], PASSPHRASE);
    assert_eq!(opened.out, "informant：一车间夜班样某\n", "{}", opened.err);
    let wrong = open(&own, &["--passphrase-stdin"], "猜的");
    assert!(wrong.code == 2 && wrong.err.contains("口令不对"), "{}", wrong.err);
    let none = open(&own, &[], "");
    assert!(
        none.code == 2 && none.err.contains("--passphrase-stdin"),
        "{}",
        none.err
    );
    let plain = bihuan(["custodian", "key", "--out", &other]);
    assert!(plain.err.contains("没有设口令"), "{}", plain.err);
    let fingerprint = printed(&plain).fingerprint();
    let refused = open(&other, &[], "");
    assert!(
        refused.code == 2 && refused.err.contains(&fingerprint),
        "{}",
        refused.err
    );
    let again = bihuan(["custodian", "key", "--out", &other]);
    assert_eq!(again.code, 2, "a key is never written over");
}

#[cfg(unix)]
#[test]
fn a_private_key_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("own.key");
    bihuan(["custodian", "key", "--out", &path.display().to_string()]);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_key_is_registered_for_a_body_that_there_is_and_what_is_erased_must_be_there() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data").display().to_string();
    let init = [
        "init",
        "--data",
        &data,
        "--division",
        "141122",
        "--name",
        "交城县",
        "--admin",
        "ducha",
    ];
    assert_eq!(bihuan(init).code, 0);
    let key = printed(&bihuan([
        "custodian",
        "key",
        "--out",
        &dir.path().join("k.key").display().to_string(),
    ]));
    let register = |function: &str, public: &str| {
        bihuan([
            "custodian",
            "register",
            "--data",
            &data,
            "--function",
            function,
            "--public",
            public,
        ])
    };
    let done = register("supervision", &key.to_string());
    assert!(
        done.code == 0 && done.out.contains(&key.fingerprint()),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(register("nobody", &key.to_string()).code, 2);
    assert_eq!(register("supervision", "abc").code, 2);
    let erase = |subject: &str, yes: &[&str]| {
        bihuan(
            [
                &["erase", subject, "--reason", "period_over", "--data", &data],
                yes,
            ]
            .concat(),
        )
    };
    for subject in ["case/1", "person/p999", "register/none/row", "everything", "../x"] {
        let run = erase(subject, &["--yes"]);
        assert!(run.code == 2 && run.err.contains(subject), "{}", run.err);
    }
    assert!(erase("person/p001", &[]).err.contains("--yes"));
    let run = erase("person/p001", &["--yes"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let verified = bihuan(["verify", "--data", &data, "--views"]);
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}
