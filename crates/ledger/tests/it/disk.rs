//! Disks that fill up, that cannot be written, that allow no longer files: a refusal in words, and nothing lost.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use bihuan_ledger::{Known, Ledger, verify};

use crate::crash::{Running, child, child_words, nothing_is_lost, promises};
use crate::support::{Place, group};

/// The child under a shell that first does `before`, where `$DIR` is the data directory.
fn under(shell: &[&str], before: &str, dir: &Path, groups: u32) -> Command {
    let like = child(dir, Some(groups));
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).args(["sh", "-c"]);
    command.arg(format!("{before}; exec \"$0\" {}", child_words().join(" ")));
    command
        .arg(like.get_program())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    for (name, value) in like.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("DIR", dir);
    command
}

/// A mount of one's own needs a namespace of one's own, which not every machine allows.
const NAMESPACE: [&str; 2] = ["unshare", "-rm"];

fn namespaces() -> bool {
    let tried = Command::new(NAMESPACE[0]).args([NAMESPACE[1], "true"]).output();
    let can = tried.is_ok_and(|out| out.status.success());
    if !can {
        eprintln!("skipped: this machine gives no namespace for a mount");
    }
    can
}

#[test]
fn files_that_may_not_grow_end_groups_whole_and_what_was_acknowledged_stays() {
    // Each limit strikes elsewhere: the write-ahead log, the database, the stock of keys, a blob.
    for blocks in [24_u32, 100, 200, 400, 1_000] {
        let place = Place::new();
        drop(place.ledger());
        let before = format!("trap '' XFSZ; ulimit -f {blocks}");
        let running = Running::start(under(&["env"], &before, &place.data(), 300));
        let said = running.said();
        assert!(
            said.iter().any(|line| line.starts_with("refused ")),
            "{blocks}: the limit was never met: {said:?}"
        );
        nothing_is_lost(&place.data(), &said, &format!("{blocks} blocks"));
    }
}

#[test]
fn a_disk_that_fills_up_ends_groups_whole_and_says_so() {
    if !namespaces() {
        return;
    }
    for kilobytes in [200_u32, 320, 500, 900] {
        let place = Place::new();
        drop(place.ledger());
        let out = place.data().join("../out");
        fs::create_dir(&out).unwrap();
        // The disk exists inside the namespace only; what it held at the end is copied out.
        let before = format!(
            "cp -r \"$DIR\" \"$DIR/../out/begin\" && mount -t tmpfs -o size={kilobytes}k none \"$DIR\" \
             && cp -r \"$DIR/../out/begin/.\" \"$DIR\" && sh -c 'exec \"$0\" {}' \"$0\"; \
             cp -r \"$DIR\" \"$DIR/../out/end\"; exit 0",
            child_words().join(" ")
        );
        let said = Running::start(under(&NAMESPACE, &before, &place.data(), 300)).said();
        let full = said
            .iter()
            .filter(|line| line.starts_with("refused The disk is full"))
            .count();
        assert!(full > 0, "{kilobytes}: {said:?}");
        nothing_is_lost(&out.join("end"), &said, &format!("{kilobytes} KB"));
    }
}

#[test]
fn a_disk_that_cannot_be_written_is_refused_in_words_and_verified_all_the_same() {
    if !namespaces() {
        return;
    }
    let place = Place::new();
    drop(place.with_groups(&[3, 2]));
    let before = "mount --bind \"$DIR\" \"$DIR\" && mount -o remount,ro,bind \"$DIR\"";
    let said = Running::start(under(&NAMESPACE, before, &place.data(), 3)).said();
    let told: Vec<&String> = said.iter().filter(|line| line.starts_with("refused ")).collect();
    assert_eq!(
        told,
        [
            "refused The data directory cannot be written. Check whether the disk is read-only and the permissions suffice."
        ]
    );
    assert!(promises(&said).is_empty(), "{said:?}");
    assert!(
        verify(&place.data(), &Known::default(), &mut |_| {})
            .unwrap()
            .sound()
    );
    group(&mut Ledger::open(&place.data()).unwrap().writer().unwrap(), 9, 1);
}
