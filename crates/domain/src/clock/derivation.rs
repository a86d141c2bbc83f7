//! The derivation of a due time as data: what was counted, what was left out and why.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::end::{Clock, End};
use super::measure::{Measure, Stops, Walk, date_at, seconds, timestamp};
use super::out_of_range::OutOfRange;
use super::{Limit, Pause, Roll, Rule};
use crate::calendar::DayKind;

/// How a due time came about (时限推算过程).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// When the clock started.
    pub start: Timestamp,
    /// Under which rule.
    pub rule: Rule,
    /// What happened on the way, in order of time.
    pub steps: Vec<Step>,
    /// When the time is up; `None` while the clock stands still.
    pub due: Option<Timestamp>,
}

/// One stretch on the way to the due time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Working days that count.
    Counted {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// How many.
        days: u32,
    },
    /// Days that do not count: a weekend or the days of one holiday.
    Skipped {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
        /// How many.
        days: u32,
        /// Weekend or holiday.
        kind: DayKind,
        /// The festival.
        name: Option<String>,
        /// The notice's number.
        notice: Option<String>,
    },
    /// A weekend day that counts, because it is worked by notice.
    AddedMakeUp {
        /// The day.
        date: Date,
        /// The festival for which it is worked.
        name: Option<String>,
        /// The notice's number.
        notice: Option<String>,
    },
    /// The clock stood still.
    Paused {
        /// Since when.
        from: Timestamp,
        /// Until when; `None` while it lasts.
        to: Option<Timestamp>,
        /// The reason's code.
        reason: String,
        /// The time taken out of the clock, in seconds of the rule's own time; `None` while the pause lasts. What
        /// overlaps an earlier pause is in the earlier one.
        counted_seconds: Option<u64>,
    },
    /// The end was moved off a day off.
    Rolled {
        /// Where it would have been.
        from: Timestamp,
        /// Where it is.
        to: Timestamp,
    },
    /// From here on days are told apart by the weekday alone, because the year's notice is not known.
    BeyondPublished {
        /// The year.
        year: i16,
    },
}

impl Derivation {
    /// The pauses that touched the clock.
    pub fn pauses(&self) -> impl Iterator<Item = &Step> {
        self.steps
            .iter()
            .filter(|step| matches!(step, Step::Paused { .. }))
    }

    /// The time taken out by pauses that have ended, in seconds of the rule's own time.
    pub fn paused_seconds(&self) -> u64 {
        self.steps
            .iter()
            .map(|step| match step {
                Step::Paused { counted_seconds, .. } => counted_seconds.unwrap_or(0),
                _ => 0,
            })
            .sum()
    }

    /// The years without a known notice on which the due time depends.
    pub fn beyond_published(&self) -> impl Iterator<Item = i16> {
        self.steps.iter().filter_map(|step| match step {
            Step::BeyondPublished { year } => Some(*year),
            _ => None,
        })
    }
}

/// The steps from `start` to `end`.
pub(super) fn steps(
    clock: &Clock<'_>,
    start: i64,
    end: &End,
    pauses: &[Pause],
) -> Result<Vec<Step>, OutOfRange> {
    let mut story = Story {
        clock,
        steps: Vec::with_capacity(8),
        warned: None,
        year: i16::MIN,
        published: true,
    };
    let origin = clock.origin(start)?;
    let mut waiting = paused(clock, origin, end.counted_to.unwrap_or(i64::MAX), pauses)?
        .into_iter()
        .peekable();
    if !matches!(clock.measure, Measure::Natural) {
        let stops = Stops::of(pauses);
        let stop = end.at.or(stops.open_end).unwrap_or(origin);
        let mut walk = Walk::at(origin);
        while walk.midnight < stop {
            while let Some((_, step)) =
                waiting.next_if(|(from, _)| *from < walk.midnight + super::measure::DAY)
            {
                story.steps.push(step);
            }
            // A working day that was over when the clock started is not told as counted. One that was paused from open
            // to close is: the pause says what it took out, and the sum holds.
            let over = walk.midnight < origin
                && clock.calendar.is_working(walk.date)
                && !clock.measure.counts(&walk, origin, stop);
            if !over {
                story.day(&walk);
            }
            walk.step()?;
        }
    }
    story.steps.extend(waiting.map(|(_, step)| step));
    story.tell_move(end)?;
    Ok(story.steps)
}

struct Story<'a> {
    clock: &'a Clock<'a>,
    steps: Vec<Step>,
    warned: Option<i16>,
    /// The year of the day told last, and whether its notice is known.
    year: i16,
    published: bool,
}

impl Story<'_> {
    /// Tells one day, merged with the stretch before it where it is of the same sort. Days come in order and without
    /// gaps, so that the last stretch is always the one before.
    fn day(&mut self, walk: &Walk) {
        let date = walk.date;
        if date.year() != self.year {
            self.year = date.year();
            self.published = self.clock.calendar.is_published(self.year);
        }
        if !self.published && !self.clock.calendar.day(date).published {
            self.warn(date.year());
        }
        let kind = self.clock.calendar.kind_of(walk.number());
        match (kind, self.steps.last_mut()) {
            (DayKind::Workday, Some(Step::Counted { to, days, .. })) => {
                *to = date;
                *days += 1;
            }
            (DayKind::Workday, _) => self.steps.push(Step::Counted {
                from: date,
                to: date,
                days: 1,
            }),
            (
                DayKind::Weekend,
                Some(Step::Skipped {
                    to,
                    days,
                    kind: DayKind::Weekend,
                    ..
                }),
            ) => {
                *to = date;
                *days += 1;
            }
            (DayKind::Weekend, _) => {
                self.steps.push(Step::Skipped {
                    from: date,
                    to: date,
                    days: 1,
                    kind,
                    name: None,
                    notice: None,
                });
            }
            (DayKind::MakeUpWorkday, _) => {
                let (name, notice) = self.reason(date);
                self.steps.push(Step::AddedMakeUp { date, name, notice });
            }
            (DayKind::Holiday, last) => {
                let day = self.clock.calendar.day(date);
                if let Some(Step::Skipped {
                    to,
                    days,
                    kind: DayKind::Holiday,
                    name,
                    notice,
                    ..
                }) = last
                    && name.as_deref() == day.name.map(|name| &**name)
                    && notice.as_deref() == day.notice.map(|notice| &**notice)
                {
                    *to = date;
                    *days += 1;
                } else {
                    let (name, notice) = self.reason(date);
                    self.steps.push(Step::Skipped {
                        from: date,
                        to: date,
                        days: 1,
                        kind,
                        name,
                        notice,
                    });
                }
            }
        }
    }

    /// The festival and the notice of a day.
    fn reason(&self, date: Date) -> (Option<String>, Option<String>) {
        let day = self.clock.calendar.day(date);
        (
            day.name.map(ToString::to_string),
            day.notice.map(ToString::to_string),
        )
    }

    /// Tells how the end was moved off a day off, and over which days.
    fn tell_move(&mut self, end: &End) -> Result<(), OutOfRange> {
        let Some(at) = end.at else { return Ok(()) };
        if matches!(self.clock.measure, Measure::Natural) {
            // Whether the last day is worked decides when it ends, or whether it moves.
            let calendar_matters = self.clock.limit.ends_with_a_day() || self.clock.roll != Roll::None;
            let year = date_at(at - 1).year();
            if calendar_matters && !self.clock.calendar.is_published(year) {
                self.warn(year);
            }
        }
        let Some(from) = end.moved_from else { return Ok(()) };
        let ends_a_day = self.clock.limit.ends_with_a_day();
        let day_from = date_at(if ends_a_day { from - 1 } else { from });
        let (first, last) = if at > from {
            (day_from, date_at(at - 1))
        } else {
            (date_at(at - 1), day_from)
        };
        let mut walk = Walk::on(first);
        while walk.date <= last {
            if !self.clock.calendar.is_working(walk.date) {
                self.day(&walk);
            }
            walk.step()?;
        }
        self.steps.push(Step::Rolled {
            from: timestamp(from),
            to: timestamp(at),
        });
        Ok(())
    }

    fn warn(&mut self, year: i16) {
        if self.warned != Some(year) {
            self.warned = Some(year);
            self.steps.push(Step::BeyondPublished { year });
        }
    }
}

/// The pauses that reach into `[origin, end)`, in order, each with what it took out of the clock.
fn paused(
    clock: &Clock<'_>,
    origin: i64,
    end: i64,
    pauses: &[Pause],
) -> Result<Vec<(i64, Step)>, OutOfRange> {
    let mut sorted: Vec<&Pause> = pauses.iter().collect();
    sorted.sort();
    let none = Stops::default();
    let mut told = origin;
    let mut steps = Vec::with_capacity(sorted.len());
    let begins = if matches!(clock.limit, Limit::WorkingDays(_)) {
        origin - super::measure::DAY
    } else {
        origin
    };
    for pause in sorted {
        let (from, to) = seconds(pause);
        if from >= to || to <= begins || from >= end {
            continue;
        }
        let counted_seconds = match pause.to {
            None => None,
            Some(_) => {
                let counted = clock.measure.counted(from.max(told), to, &none)?;
                Some(u64::try_from(counted).unwrap_or(0))
            }
        };
        told = told.max(to);
        let step = Step::Paused {
            from: pause.from,
            to: pause.to,
            reason: pause.reason.clone(),
            counted_seconds,
        };
        steps.push((from, step));
    }
    Ok(steps)
}
