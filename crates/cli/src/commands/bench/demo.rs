//! The idle demo: how long until it is ready, and how much memory it holds.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{hundredths, scratch};
use crate::term::Term;
use crate::trouble::Trouble;

/// How long the demo is left alone before it is looked at.
const IDLE: Duration = Duration::from_secs(3);

pub(super) fn idle(term: &Term) -> Result<Value, Trouble> {
    let dir = scratch()?;
    let bar = term.progress("cli.bench_demo", None);
    let program = std::env::current_exe().map_err(Trouble::file("bihuan".as_ref()))?;
    let started = Instant::now();
    let mut child = Command::new(&program)
        .args(["demo", "--lang", "en", "--listen", "127.0.0.1:0", "--data"])
        .arg(dir.path().join("demo"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(Trouble::file(&program))?;
    let ready = child.stdout.take().is_some_and(|out| {
        BufReader::new(out)
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains("ready ("))
    });
    let seconds = started.elapsed();
    std::thread::sleep(if ready { IDLE } else { Duration::ZERO });
    let kib = resident_kib(child.id());
    let _ = child.kill();
    let _ = child.wait();
    bar.finish_and_clear();
    let Some(kib) = kib.filter(|_| ready) else {
        return Err(Trouble::new("cli.bench_no_demo"));
    };
    let mb = hundredths(kib.saturating_mul(1024 * 100) / 1_000_000);
    let seconds = hundredths(seconds.as_millis() / 10);
    term.say("cli.bench_line_memory", &[("mb", &mb), ("seconds", &seconds)]);
    Ok(json!({ "resident_mb": mb, "ready_seconds": seconds }))
}

/// Resident memory of a process in KiB, where the system tells it (Linux).
pub(super) fn resident_kib(pid: u32) -> Option<u128> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
