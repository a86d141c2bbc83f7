//! What befalls the machine in the simulated year.

use bihuan_engine::{Failure, Submission};
use jiff::SignedDuration;
use serde_json::json;

use crate::play::{Check, Year};

/// Tables into which the disk may refuse to write: the log, its tree, its answers, what is sealed, the read models.
const TABLES: [&str; 7] = [
    "entries",
    "nodes",
    "commands",
    "sealed",
    "case_views",
    "states",
    "duties",
];

impl Year {
    /// Stopped and started, in order or by a power cut: the jurisdiction is the same, and nothing acknowledged is gone.
    pub(crate) fn restart(&mut self, crash: bool) -> Check {
        let (world, size) = (self.county().engine.world(), self.size());
        let county = self.county.take().unwrap();
        self.county = Some(if crash { county.crash() } else { county.restart() }?);
        if self.size() != size {
            return Err(format!(
                "law 8: {size} entries before, {} after a restart",
                self.size()
            ));
        }
        if *self.county().engine.world() != *world {
            return Err("law 9: the jurisdiction is another after a restart".to_owned());
        }
        self.after_fault()
    }

    /// The disk fails in the midst of a transaction: nothing of it is there; once it is well again, the same command under
    /// the same key is done once.
    pub(crate) fn disk_fails(&mut self) -> Check {
        let Some(actor) = self.county().actor("supervision.dispatcher") else {
            return Ok(());
        };
        let open: Vec<_> = self
            .cases
            .values()
            .filter(|state| state.is_open())
            .map(|state| state.id)
            .collect();
        let Some(case) = self.rng.pick(&open).copied() else {
            return Ok(());
        };
        let table = self.rng.pick(&TABLES).copied().unwrap_or("entries");
        let raw = rusqlite::Connection::open(self.county().dir.join("ledger.sqlite")).unwrap();
        raw.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        let fault = format!(
            "CREATE TRIGGER disk_fails BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'the disk fails'); END;"
        );
        raw.execute_batch(&fault).unwrap();
        let order = json!({ "type": "remind", "case": case, "note": "请抓紧" });
        let key = format!("disk-{}", self.size());
        let submission = Submission::new(key, serde_json::from_value(order).unwrap());
        let before = self.size();
        let failed = self.submit_as(&actor, submission.clone())?;
        raw.execute_batch("DROP TRIGGER disk_fails;").unwrap();
        drop(raw);
        match failed {
            Err(Failure::Fault(_)) => *self.kinds.entry("disk.failed".to_owned()).or_default() += 1,
            // Refused before anything is written, or this table is not written to by such a command.
            Err(Failure::Refused(_)) => return Ok(()),
            Ok(()) => return self.look(),
        }
        if self.size() != before {
            return Err("law 8: half an operation is in the log".to_owned());
        }
        self.after_fault()?;
        match self.submit_as(&actor, submission)? {
            Ok(()) | Err(Failure::Refused(_)) => self.look(),
            Err(Failure::Fault(error)) => Err(format!("law 8: after the disk was mended: {error}")),
        }
    }

    /// The system's clock jumps back, work goes on, and comes right again: nothing fires before its time or twice.
    pub(crate) fn clock_back(&mut self) -> Check {
        let right = self.now();
        let back = SignedDuration::from_mins(self.rng.between(10, 4 * 24 * 60));
        self.county().time.set(right - back);
        self.fire()?;
        self.work()?;
        self.look()?;
        self.county().time.set(right);
        self.fire()
    }

    /// The machine sleeps: what is due meanwhile fires when it wakes, each with its original due time.
    pub(crate) fn asleep(&mut self) -> Check {
        let long = SignedDuration::from_hours(24 * self.rng.between(7, 30));
        self.county().time.set(self.now() + long);
        self.restart(false)?;
        self.fire()
    }

    /// Changes a read model past the engine.
    pub(crate) fn sabotage(&mut self) {
        let raw = rusqlite::Connection::open(self.county().dir.join("ledger.sqlite")).unwrap();
        raw.execute(
            "INSERT INTO numbers(series, year, n) VALUES ('sabotage', 2026, 1)",
            [],
        )
        .unwrap();
    }
}
