//! Where the engine takes the time from: the system, or a clock that a demo or test moves by hand.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A source of the present instant.
pub trait TimeSource: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Moves the clock forward, where that is possible (demo, tests). Returns whether it was.
    fn advance(&self, _by: SignedDuration) -> bool {
        false
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTime;

impl TimeSource for SystemTime {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that runs on from where it was put: for the demo, whose history ends at its own present.
#[derive(Debug)]
pub struct MovableTime {
    offset_seconds: AtomicI64,
}

impl MovableTime {
    /// A clock that shows `now` at this moment and runs on.
    pub fn starting_at(now: Timestamp) -> Self {
        let offset = now.as_second().saturating_sub(Timestamp::now().as_second());
        MovableTime {
            offset_seconds: AtomicI64::new(offset),
        }
    }
}

impl TimeSource for MovableTime {
    fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.offset_seconds.load(Ordering::Relaxed));
        let now = Timestamp::now();
        now.checked_add(offset).unwrap_or(now)
    }

    fn advance(&self, by: SignedDuration) -> bool {
        self.offset_seconds.fetch_add(by.as_secs(), Ordering::Relaxed);
        true
    }
}

/// A clock that stands still until it is set: for tests and for building a history.
#[derive(Debug)]
pub struct SetTime {
    micros: AtomicI64,
}

impl SetTime {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        SetTime {
            micros: AtomicI64::new(now.as_microsecond()),
        }
    }

    /// Sets the clock. Going back is allowed: the log's order does not depend on it.
    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.as_microsecond(), Ordering::Relaxed);
    }
}

impl TimeSource for SetTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.micros.load(Ordering::Relaxed)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn advance(&self, by: SignedDuration) -> bool {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        true
    }
}
