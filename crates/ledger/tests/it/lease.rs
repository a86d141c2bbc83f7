//! Two processes never both write: neither a second one beside the first, nor one that slept while its lease was taken.

#![cfg(unix)]

use std::fs;
use std::process::Command;
use std::time::Duration;

use bihuan_ledger::{Error, Ledger};

use crate::crash::{REST, Running, child, promises};
use crate::support::{Place, group, report};

fn signal(name: &str, pid: u32) {
    let done = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status();
    assert!(done.unwrap().success(), "{name}");
}

/// A network disk can lose a lock, and a person can remove the file. The sleeper still believes that it is the writer.
#[test]
fn a_writer_that_slept_while_its_lease_was_taken_writes_nothing_when_it_wakes() {
    for round in 0..4_u64 {
        let place = Place::new();
        drop(place.ledger());
        let mut old = Running::start(resting(&place, "25"));
        old.acknowledged.recv().unwrap();
        std::thread::sleep(Duration::from_millis(3 * round));
        signal("STOP", old.child.id());
        fs::remove_file(place.data().join("lock")).unwrap();
        let ledger = Ledger::open(&place.data()).unwrap();
        // One that fell asleep in the middle of a group still holds the database; it is let finish.
        let mut new = loop {
            match ledger.writer() {
                Err(Error::Busy) => {
                    signal("CONT", old.child.id());
                    std::thread::sleep(Duration::from_millis(1));
                    signal("STOP", old.child.id());
                }
                other => break other.unwrap(),
            }
        };
        let ours = group(&mut new, 1, 2).checkpoint;
        signal("CONT", old.child.id());
        // Both try side by side; the old one is told each time.
        for minute in 2..40 {
            group(&mut new, minute, 1);
            std::thread::sleep(Duration::from_millis(2));
        }
        old.child.kill().unwrap();
        old.child.wait().unwrap();
        let said = old.said();
        let after = promises(&said)
            .iter()
            .filter(|promise| promise.0 >= ours.size)
            .count();
        assert_eq!(
            after, 0,
            "round {round}: the old writer wrote after the new one: {said:?}"
        );
        assert!(
            said.iter().any(|line| line.contains("took over")),
            "round {round}: it is told why: {said:?}"
        );
        let reader = ledger.reader().unwrap();
        for (size, root) in promises(&said) {
            assert_eq!(
                reader.root_at(size).unwrap().to_string(),
                root,
                "round {round}: what it wrote before stays"
            );
        }
        let found = report(&place.data());
        assert!(
            found.sound() && found.size == new.head().size,
            "round {round}: {found:?}"
        );
    }
}

fn resting(place: &Place, how: &str) -> Command {
    let mut command = child(&place.data(), None);
    command.env(REST, how);
    command
}

#[test]
fn beside_a_writer_that_sleeps_inside_a_transaction_nobody_writes_until_it_is_ended() {
    let place = Place::new();
    drop(place.ledger());
    let mut old = Running::start(resting(&place, "inside"));
    for _ in 0..2 {
        old.acknowledged.recv().unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    fs::remove_file(place.data().join("lock")).unwrap();
    let ledger = Ledger::open(&place.data()).unwrap();
    // The database itself keeps the second one out, and says so.
    let refused = ledger.writer().map(drop);
    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    old.child.kill().unwrap();
    old.child.wait().unwrap();
    assert!(old.said().contains(&"inside".to_owned()));
    group(&mut ledger.writer().unwrap(), 1, 1);
    assert!(report(&place.data()).sound());
}

#[test]
fn a_sleeping_writer_keeps_its_lease() {
    let place = Place::new();
    drop(place.ledger());
    let mut old = Running::start(child(&place.data(), None));
    old.acknowledged.recv().unwrap();
    signal("STOP", old.child.id());
    let ledger = Ledger::open(&place.data()).unwrap();
    assert!(matches!(ledger.writer(), Err(Error::InUse { .. })));
    signal("CONT", old.child.id());
    old.acknowledged.recv().expect("it goes on");
    old.child.kill().unwrap();
    old.child.wait().unwrap();
    // The lease dies with its process: nobody has to remove anything.
    group(&mut ledger.writer().unwrap(), 1, 1);
    assert!(report(&place.data()).sound());
}
