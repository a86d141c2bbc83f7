//! When a robot or a mail speaks: digests instead of storms, quiet at night and on days off. Pure.

use bihuan_domain::calendar::{Calendar, date_of, local};
use jiff::civil::{Time, time};
use jiff::{SignedDuration, Timestamp};

use serde::{Deserialize, Serialize};

use super::told::{Kind, Reason};

/// How often what is not urgent is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digest {
    /// As it happens, though never more often than every quarter of an hour.
    AtOnce,
    /// Every hour, if there is anything.
    Hourly,
    /// Once on a working day, in the morning.
    #[default]
    Daily,
}

impl Digest {
    /// All, in the order in which they are offered.
    pub const ALL: [Digest; 3] = [Digest::AtOnce, Digest::Hourly, Digest::Daily];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Digest::AtOnce => "at_once",
            Digest::Hourly => "hourly",
            Digest::Daily => "daily",
        }
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Digest> {
        Digest::ALL.into_iter().find(|digest| digest.name() == name)
    }
}

/// When something is told to a group or by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// How often what is not urgent is told.
    pub digest: Digest,
    /// From when to when nothing is said but emergencies; no such hours where both are the same.
    pub quiet: (Time, Time),
    /// Whether days off are quiet as a whole.
    pub days_off: bool,
    /// Whether breaches are told at once and not with the next digest.
    pub breaches_at_once: bool,
    /// Whether emergencies are told at any hour.
    pub emergencies: bool,
}

impl Rhythm {
    /// What robots do unless their settings say otherwise.
    pub(super) fn of_robots() -> Rhythm {
        Rhythm {
            digest: Digest::Daily,
            quiet: (time(22, 0, 0, 0), time(7, 0, 0, 0)),
            days_off: true,
            breaches_at_once: true,
            emergencies: true,
        }
    }

    /// What a person's mail does until he chooses otherwise.
    pub fn of_people() -> Rhythm {
        Rhythm {
            breaches_at_once: false,
            ..Rhythm::of_robots()
        }
    }
}

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

    /// The lane in which something is told.
    pub(super) fn of(rhythm: &Rhythm, reason: Reason, urgent: bool) -> Lane {
        match reason.kind() {
            _ if urgent && rhythm.emergencies => Lane::Emergency,
            Kind::Breach if rhythm.breaches_at_once => Lane::Breach,
            _ => Lane::Digest,
        }
    }

    /// Whether a lane that has something to tell does so now, having last done so at `last`.
    pub(super) fn speaks(
        self,
        rhythm: &Rhythm,
        calendar: Option<&Calendar>,
        last: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let since = |gap: SignedDuration| last.is_none_or(|last| now.duration_since(last) >= gap);
        if self == Lane::Emergency {
            return since(GAP);
        }
        if quiet(rhythm, calendar, now) {
            return false;
        }
        match (self, rhythm.digest) {
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
pub(super) fn quiet(rhythm: &Rhythm, calendar: Option<&Calendar>, now: Timestamp) -> bool {
    let moment = local(now);
    let (from, to) = rhythm.quiet;
    let night = if from <= to {
        from <= moment.time() && moment.time() < to
    } else {
        from <= moment.time() || moment.time() < to
    };
    night || rhythm.days_off && calendar.is_some_and(|calendar| !calendar.is_working(moment.date()))
}
