//! An indicator in time and over the org tree: this period so far, the one before, the same days a year ago, how far a
//! target is against the time that has passed, and unit by unit with what lies below each.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::calendar::date_of;
use bihuan_domain::expr::{Fault, NoCase, evaluate};
use bihuan_domain::id::{Code, UnitId};
use bihuan_domain::indicator::{Sums, put_together};
use bihuan_domain::mechanism::{Direction, ReportedFigure};
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use bihuan_mechanism::figure::{self, Wanted};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Reading;
use super::tally::{Laid, Tally};

/// An indicator over a window of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// What it came to; `None` where nothing at all is on record of those days.
    pub reading: Option<Reading>,
}

/// An indicator in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// First and last day of the period that holds the as-of day.
    pub period: (Date, Date),
    /// The period up to the as-of day.
    pub now: Window,
    /// The whole period before.
    pub before: Window,
    /// The same days a year ago.
    pub year_ago: Window,
    /// Days gone, the as-of day included, and days of the period.
    pub elapsed: (u32, u32),
    /// For an amount that is to be reached: how much of the target is there, in percent; beside it stands the share of
    /// the time that has passed.
    pub done: Option<Decimal>,
}

/// A unit's part of an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPart {
    /// The unit; of one that ended, its successor.
    pub unit: UnitId,
    /// How deep it stands below the root.
    pub depth: usize,
    /// What is charged to itself.
    pub own: Reading,
    /// With all units below it; `None` where there is none below it with a part.
    pub whole: Option<Reading>,
}

/// What a document printed beside the indicator of the same period.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The figure's code.
    pub figure: Code,
    /// The period that it speaks of, up to its as-of day.
    pub window: Window,
    /// Whether print and ledger agree as far as the print goes; `None` where the ledger gives nothing.
    pub agrees: Option<bool>,
    /// What would have to be counted for the print to come out.
    pub wanted: Option<Wanted>,
}

/// Which former units each unit answers for, and which units stand below which.
type Tree<'a> = (
    &'a BTreeMap<UnitId, BTreeSet<UnitId>>,
    &'a BTreeMap<Option<UnitId>, BTreeSet<UnitId>>,
);

/// A window of days and the units that count; `None` for all.
type Asked<'a> = (Option<(Date, Date)>, Option<&'a BTreeSet<UnitId>>);

/// One indicator with its sums at hand.
pub(super) struct Known<'a> {
    laid: &'a Laid<'a>,
    sums: Vec<Result<Sums, Fault>>,
    world: &'a World,
    now: Timestamp,
    begun: Option<Date>,
}

impl<'a> Known<'a> {
    pub(super) fn of(laid: &'a Laid<'a>, tally: &Tally, world: &'a World, now: Timestamp) -> Known<'a> {
        let sums: Vec<_> = laid
            .pieces
            .iter()
            .map(|piece| tally.sums(laid, piece, world, now))
            .collect();
        let begun = sums.iter().flatten().filter_map(Sums::first_day).min();
        Known {
            laid,
            sums,
            world,
            now,
            begun,
        }
    }

    /// What value and base come to, over a window of days and a set of units.
    pub(super) fn read(&self, asked: Asked<'_>) -> Reading {
        let (window, units) = asked;
        let wanted = |unit: &UnitId| units.is_none_or(|units| units.contains(unit));
        let mut answers = self.sums.iter().map(|sums| match sums {
            Ok(sums) => sums.sum(&wanted, window),
            Err(fault) => Err(fault.clone()),
        });
        let mut number = |expr| {
            let mut fault = None;
            let mut plain = (&mut answers).map(|answer| {
                answer.unwrap_or_else(|found| {
                    fault.get_or_insert(found);
                    Value::Int(0)
                })
            });
            let expr = put_together(expr, &mut plain);
            match fault {
                Some(fault) => Err(fault),
                None => evaluate(
                    &expr,
                    &NoCase::new(self.now).with_registers(&self.world.registers),
                )
                .and_then(|value| figure::plain(&value)),
            }
        };
        let value = number(self.laid.value);
        let base = self.laid.base.map(number);
        figure::joined(value, base, self.laid.unit)
    }

    fn window(&self, (from, to): (Date, Date)) -> Window {
        // Before the first day on record nothing is known: that is no zero.
        let known = self.begun.is_some_and(|begun| begun <= to);
        Window {
            from,
            to,
            reading: known.then(|| self.read((Some((from, to)), None))),
        }
    }

    /// The indicator in time; `None` where its rows have no date.
    pub(super) fn course(&self) -> Option<Course> {
        let indicator = self.laid.indicator?;
        indicator.dated.as_ref()?;
        let today = date_of(self.now);
        let period = indicator.period.around(today)?;
        let (first, last) = period;
        let before = indicator.period.before(today)?;
        let now = self.window((first, today));
        let days = |from: Date, to: Date| {
            u32::try_from((to - from).get_days())
                .unwrap_or(0)
                .saturating_add(1)
        };
        let reached = |target: &Decimal| {
            let reading = now.reading.as_ref()?.result.as_ref().ok()?;
            let amount = indicator.unit != "%" && indicator.direction == Direction::Up && !target.is_zero();
            amount
                .then(|| reading.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(*target))
                .flatten()
        };
        Some(Course {
            period,
            elapsed: (days(first, today), days(first, last)),
            done: indicator.target.as_ref().and_then(reached),
            before: self.window(before),
            year_ago: self.window((year_before(first)?, year_before(today)?)),
            now,
        })
    }

    /// Unit by unit, in the order of the org tree; only units with a part, and those above them.
    pub(super) fn units(&self) -> Vec<UnitPart> {
        let world = self.world;
        let today = date_of(self.now);
        let window = self.window_now();
        let mut charged: BTreeMap<UnitId, BTreeSet<UnitId>> = BTreeMap::new();
        for unit in self
            .sums
            .iter()
            .flatten()
            .flat_map(Sums::units)
            .filter(|unit| !unit.as_str().is_empty())
        {
            let heir = world.org.unit_on(unit, today).map_or(unit, |heir| &heir.id);
            charged.entry(heir.clone()).or_default().insert(unit.clone());
        }
        let mut below: BTreeMap<Option<UnitId>, BTreeSet<UnitId>> = BTreeMap::new();
        for unit in charged.keys() {
            let mut at = unit.clone();
            // A tree is not deep; the bound only ends a circle that an org should not have.
            for _ in 0..32 {
                let parent = world.org.units.get(&at).and_then(|unit| unit.parent.clone());
                below.entry(parent.clone()).or_default().insert(at);
                match parent {
                    Some(parent) => at = parent,
                    None => break,
                }
            }
        }
        let mut parts = Vec::new();
        for root in below.get(&None).into_iter().flatten() {
            self.branch(root, 0, (&charged, &below), window, &mut parts);
        }
        parts
    }

    /// Adds a unit and what lies below it; gives every unit charged there.
    fn branch(
        &self,
        unit: &UnitId,
        depth: usize,
        tree: Tree<'_>,
        window: Option<(Date, Date)>,
        parts: &mut Vec<UnitPart>,
    ) -> BTreeSet<UnitId> {
        let (charged, below) = tree;
        let own = charged.get(unit).cloned().unwrap_or_default();
        let here = parts.len();
        parts.push(UnitPart {
            unit: unit.clone(),
            depth,
            own: self.read((window, Some(&own))),
            whole: None,
        });
        let mut all = own;
        if depth < 32 {
            for child in below.get(&Some(unit.clone())).into_iter().flatten() {
                let charged_below = self.branch(child, depth.saturating_add(1), tree, window, parts);
                all.extend(charged_below);
            }
        }
        let several = parts.len() > here.saturating_add(1);
        if let Some(part) = parts.get_mut(here).filter(|_| several) {
            part.whole = Some(self.read((window, Some(&all))));
        }
        all
    }

    /// Whether units have parts of it.
    pub(super) fn has_units(&self) -> bool {
        self.sums
            .iter()
            .flatten()
            .flat_map(Sums::units)
            .any(|unit| !unit.as_str().is_empty())
    }

    /// The window that answers “now”: the period so far, or everything.
    fn window_now(&self) -> Option<(Date, Date)> {
        self.laid.dated()?;
        let today = date_of(self.now);
        let (first, _) = self.laid.indicator?.period.around(today)?;
        Some((first, today))
    }

    /// What it is now: of the period so far where rows have dates.
    pub(super) fn now(&self) -> Reading {
        self.read((self.window_now(), None))
    }

    /// The printed figures that stand beside this indicator.
    pub(super) fn reported(&self, figures: &[ReportedFigure]) -> Vec<Reported> {
        let Some(indicator) = self.laid.indicator else {
            return Vec::new();
        };
        let beside = figures
            .iter()
            .filter(|figure| figure.indicator.as_ref() == Some(&indicator.id));
        beside
            .filter_map(|figure| {
                let day = figure.as_of?;
                let window = match indicator.period.around(day).filter(|_| indicator.dated.is_some()) {
                    Some((from, _)) => self.window((from, day)),
                    None => Window {
                        from: day,
                        to: day,
                        reading: Some(self.read((None, None))),
                    },
                };
                let reading = window.reading.as_ref();
                let result = reading.and_then(|reading| reading.result.as_ref().ok());
                let halves = reading.and_then(|reading| {
                    Some((
                        *reading.value.as_ref().ok()?,
                        *reading.base.as_ref()?.as_ref().ok()?,
                    ))
                });
                Some(Reported {
                    figure: figure.id.clone(),
                    agrees: result.map(|result| figure::agrees(figure, *result)),
                    wanted: halves.and_then(|(value, base)| figure::explain(figure, value, base)),
                    window,
                })
            })
            .collect()
    }
}

/// The same day a year before; of 29 February the 28th.
fn year_before(day: Date) -> Option<Date> {
    day.checked_sub(jiff::Span::new().years(1)).ok()
}
