//! Law “Never lost”: what was acknowledged survives kill -9 at any moment. The writer that is killed here is also the one whose
//! disk fills up, whose power fails and whose lease is taken (`disk`, `powercut`, `lease`).

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use bihuan_ledger::{Actor, Batch, Checkpoint, Error, Ledger};
use serde_json::json;

use crate::support::{Place, at, event, group, report};

const CHILD: &str = "BIHUAN_LEDGER_CHILD_DIR";
/// Milliseconds that the child rests after each group; with `inside` it falls asleep inside a transaction instead.
pub(crate) const REST: &str = "BIHUAN_LEDGER_CHILD_REST";
const GROUPS: &str = "BIHUAN_LEDGER_CHILD_GROUPS";

/// After so many rounds a new log is begun: verifying a longer and longer one would take most of the time.
const FRESH: u64 = 40;

/// Rounds of one run of the tests; `cargo xtask crash --kills 500` asks for more.
fn kills() -> u64 {
    let asked = std::env::var("BIHUAN_KILLS").ok().and_then(|n| n.parse().ok());
    asked.unwrap_or(30)
}

#[test]
fn a_writer_killed_at_any_moment_loses_nothing_that_it_acknowledged() {
    if let Some(dir) = std::env::var_os(CHILD) {
        let groups = std::env::var(GROUPS).ok().and_then(|n| n.parse().ok());
        return write(Path::new(&dir), groups.unwrap_or(i64::MAX));
    }
    let mut place = Place::new();
    drop(place.ledger());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut last, mut written) = (0, 0);
    for round in 0..kills() {
        if round % FRESH == FRESH - 1 {
            place = Place::new();
            drop(place.ledger());
            last = 0;
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut running = Running::start(child(&place.data(), None));
        if !random.is_multiple_of(4) {
            running.acknowledged.recv().expect("the child writes");
        }
        // The rest dies while it starts.
        std::thread::sleep(Duration::from_micros(random % 60_000));
        if round == 0 {
            let refused = Ledger::open(&place.data()).unwrap().writer().map(drop);
            let pid = running.child.id();
            assert!(
                matches!(&refused, Err(Error::InUse { holder, .. }) if holder.contains(&format!("pid {pid},"))),
                "a second process was not refused: {refused:?}"
            );
        }
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        let said = running.said();
        let head = nothing_is_lost(&place.data(), &said, &format!("round {round}"));
        assert!(head.size >= last, "round {round}");
        written += head.size - last;
        last = head.size;
    }
    assert!(written > kills(), "{written}");
}

/// Opens what was left behind and sees that it has everything that was acknowledged, whole; returns its head.
pub(crate) fn nothing_is_lost(dir: &Path, said: &[String], what: &str) -> Checkpoint {
    let ledger = Ledger::open(dir).unwrap_or_else(|error| panic!("{what}: {error}"));
    // Starting as a writer finishes what was begun.
    let mut writer = ledger.writer().unwrap_or_else(|error| panic!("{what}: {error}"));
    let head = writer.head().clone();
    let reader = ledger.reader().unwrap();
    for promise in promises(said) {
        assert!(
            head.size >= promise.0,
            "{what}: {promise:?} was acknowledged, {} are there",
            head.size
        );
        assert_eq!(
            reader.root_at(promise.0).unwrap().to_string(),
            promise.1,
            "{what}: {promise:?}"
        );
    }
    // Each group of the child wrote its answer with its last entry, so that half a group would have none.
    if head.size > 0 {
        assert!(
            reader.command_answer(&head.size.to_string()).unwrap().is_some(),
            "{what}: half a group"
        );
    }
    let found = report(dir);
    assert!(found.sound(), "{what}: {found:?}");
    assert_eq!(found.size, head.size, "{what}");
    // And it goes on.
    let mut batch = writer.begin(at(1_000_000)).unwrap();
    answered(&mut batch).unwrap();
    batch.commit().unwrap();
    head
}

/// Size and root of each acknowledged group.
pub(crate) fn promises(said: &[String]) -> Vec<(u64, String)> {
    let read = |line: &String| {
        let (size, root) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
        Some((size.parse().unwrap(), root.to_owned()))
    };
    said.iter().filter_map(read).collect()
}

/// This test as a process of its own, which writes to `dir`; for ever, or so many groups.
pub(crate) fn child(dir: &Path, groups: Option<u32>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(child_words());
    command
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(groups) = groups {
        command.env(GROUPS, groups.to_string());
    }
    command
}

/// The words with which the test binary becomes that process.
pub(crate) fn child_words() -> [&'static str; 3] {
    [
        "--exact",
        "crash::a_writer_killed_at_any_moment_loses_nothing_that_it_acknowledged",
        "--nocapture",
    ]
}

/// A child and what it says.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// Something arrives here for each group that was acknowledged.
    pub(crate) acknowledged: Receiver<()>,
    listener: JoinHandle<Vec<String>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (send, acknowledged) = channel();
        let listener = std::thread::spawn(move || {
            let mut said = Vec::new();
            for line in lines.map_while(Result::ok) {
                if line.starts_with("acknowledged ") {
                    let _ = send.send(());
                }
                said.push(line);
            }
            said
        });
        Running {
            child,
            acknowledged,
            listener,
        }
    }

    /// Everything that it said until its end.
    pub(crate) fn said(self) -> Vec<String> {
        self.listener.join().unwrap()
    }
}

/// Writes groups with sealed values, blobs, answers and erasures, saying size and root after each commit. What cannot be
/// written is said too, and tried again with the next group.
fn write(dir: &Path, groups: i64) {
    let say = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").unwrap();
        out.flush().unwrap();
    };
    let opened = Ledger::open(dir).and_then(|ledger| Ok((ledger.writer()?, ledger)));
    let (mut writer, ledger) = match opened {
        Ok(opened) => opened,
        Err(error) => return say(&format!("refused {error}")),
    };
    let rest = std::env::var(REST).unwrap_or_default();
    for n in 0..groups {
        std::thread::sleep(Duration::from_millis(rest.parse().unwrap_or(0)));
        if n == 2 && rest == "inside" {
            let _batch = writer.begin(at(n)).unwrap();
            say("inside");
            std::thread::sleep(Duration::from_secs(600));
        }
        let mut one = || -> Result<Checkpoint, Error> {
            let blob = (n % 8 == 3)
                .then(|| ledger.stage_blob(&n.to_be_bytes()))
                .transpose()?;
            let mut batch = writer.begin(at(n))?;
            let first = batch.next_seq();
            for i in 0..1 + n % 5 {
                let subject = format!("case/{}", batch.next_seq());
                let title = batch.seal(&subject, "道路硬化")?;
                batch.append(&event(&subject, "case.opened", json!({ "title": title, "i": i })))?;
            }
            if let Some(blob) = &blob {
                let subject = format!("case/{first}");
                batch.put_blob(&subject, blob)?;
                batch.append(&event(&subject, "evidence.added", json!({ "file": blob.id() })))?;
            }
            if n % 8 == 5 {
                batch.erase(&format!("case/{}", first / 2), &Actor::default())?;
            }
            answered(&mut batch)?;
            Ok(batch.commit()?.checkpoint)
        };
        match one() {
            Ok(head) => say(&format!("acknowledged {} {}", head.size, head.root)),
            Err(error) => say(&format!("refused {error}")),
        }
    }
}

/// The last entry of a group, and with it an answer that names the size.
fn answered(batch: &mut Batch<'_>) -> Result<(), Error> {
    let size = batch.next_seq() + 1;
    batch.append(&event("case/0", "case.noted", json!({ "size": size })))?;
    batch.remember(&size.to_string(), "{}")
}

#[test]
fn what_the_children_write_is_what_a_group_is() {
    let place = Place::new();
    let ledger = place.ledger();
    group(&mut ledger.writer().unwrap(), 1, 1);
    drop(ledger);
    assert!(
        std::panic::catch_unwind(|| nothing_is_lost(&place.data(), &[], "a group without its answer"))
            .is_err(),
        "the suite sees half a group"
    );
    let lie = ["acknowledged 1 sha256:00".to_owned()];
    assert!(std::panic::catch_unwind(|| nothing_is_lost(&place.data(), &lie, "another root")).is_err());
}
