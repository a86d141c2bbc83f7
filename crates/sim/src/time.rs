//! The demo's clock: it stands while history is built, then runs on by itself, and can be moved forward.

use std::sync::atomic::{AtomicI64, Ordering};

use bihuan_engine::time::TimeSource;
use jiff::{SignedDuration, Timestamp};

/// What `standing` holds while the clock runs.
const RUNS: i64 = i64::MIN;

/// A clock that is set by hand until it is let go.
#[derive(Debug)]
pub struct DemoTime {
    /// Where it stands, in microseconds since 1970, or [`RUNS`].
    standing: AtomicI64,
    /// How far ahead of the system's clock it runs, in seconds.
    ahead: AtomicI64,
}

impl DemoTime {
    /// A clock that stands at `at`.
    pub fn standing_at(at: Timestamp) -> Self {
        DemoTime {
            standing: AtomicI64::new(at.as_microsecond()),
            ahead: AtomicI64::new(0),
        }
    }

    /// Puts the standing clock to `at`.
    pub fn set(&self, at: Timestamp) {
        self.standing.store(at.as_microsecond(), Ordering::Relaxed);
    }

    /// Lets it run on from `at`.
    pub fn run_from(&self, at: Timestamp) {
        let ahead = at.as_second().saturating_sub(Timestamp::now().as_second());
        self.ahead.store(ahead, Ordering::Relaxed);
        self.standing.store(RUNS, Ordering::Relaxed);
    }
}

impl TimeSource for DemoTime {
    fn now(&self) -> Timestamp {
        match self.standing.load(Ordering::Relaxed) {
            RUNS => {
                let now = Timestamp::now();
                now.checked_add(SignedDuration::from_secs(self.ahead.load(Ordering::Relaxed)))
                    .unwrap_or(now)
            }
            at => Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    fn advance(&self, by: SignedDuration) -> bool {
        match self.standing.load(Ordering::Relaxed) {
            RUNS => self.ahead.fetch_add(by.as_secs(), Ordering::Relaxed),
            _ => self
                .standing
                .fetch_add(i64::try_from(by.as_micros()).unwrap_or(0), Ordering::Relaxed),
        };
        true
    }
}
