//! When a robot speaks: digests instead of storms, quiet at night and on days off. Pure.

use bihuan_domain::calendar::{Calendar, date_of, local};
use jiff::civil::{Time, time};
use jiff::{SignedDuration, Timestamp};

use super::robots::{Digest, Robot};
use super::told::{Kind, Reason};

/// Between two messages of one lane lies at least this.
const GAP: SignedDuration = SignedDuration::from_mins(15);

/// When the daily digest is due.
const MORNING: Time = time(8, 30, 0, 0);

/// Lanes, each with its own place in the log: what is urgent does not wait for what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Emergency,
    Breach,
    Digest,
}

impl Lane {
    pub(super) const ALL: [Lane; 3] = [Lane::Emergency, Lane::Breach, Lane::Digest];

    pub(super) fn name(self) -> &'static str {
        match self {
            Lane::Emergency => "emergency",
            Lane::Breach => "breach",
            Lane::Digest => "digest",
        }
    }

    /// The lane in which a robot tells something; `None` for what concerns one person only.
    pub(super) fn of(robot: &Robot, reason: Reason, urgent: bool) -> Option<Lane> {
        match reason.kind() {
            Kind::Outcome => None,
            _ if urgent && robot.emergencies => Some(Lane::Emergency),
            Kind::Breach if robot.breaches_at_once => Some(Lane::Breach),
            _ => Some(Lane::Digest),
        }
    }

    /// Whether a lane that has something to tell does so now, having last done so at `last`.
    pub(super) fn speaks(
        self,
        robot: &Robot,
        calendar: Option<&Calendar>,
        last: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let since = |gap: SignedDuration| last.is_none_or(|last| now.duration_since(last) >= gap);
        if self == Lane::Emergency {
            return since(GAP);
        }
        if quiet(robot, calendar, now) {
            return false;
        }
        match (self, robot.digest) {
            (Lane::Digest, Digest::Hourly) => since(SignedDuration::from_hours(1)),
            (Lane::Digest, Digest::Daily) => {
                let said_today = last.is_some_and(|last| date_of(last) >= date_of(now));
                local(now).time() >= MORNING && !said_today
            }
            _ => since(GAP),
        }
    }
}

/// Whether nothing but emergencies is told: at night, and on days off.
pub(super) fn quiet(robot: &Robot, calendar: Option<&Calendar>, now: Timestamp) -> bool {
    let moment = local(now);
    let (from, to) = robot.quiet;
    let night = if from <= to {
        from <= moment.time() && moment.time() < to
    } else {
        from <= moment.time() || moment.time() < to
    };
    night || calendar.is_some_and(|calendar| !calendar.is_working(moment.date()))
}
