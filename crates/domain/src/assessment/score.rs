//! From what a scheme looks at to a sheet for every unit: the points of items, additions, deductions, and the total.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::exact::Exact;
use super::period::Span;
use super::place;
use super::scheme::{Adjustment, Class, Empty, Item, Measure, Of, Rule, Scheme};
use super::sheet::{AdjustmentLine, Assessment, Line, Outcome, Sheet, Thing, VetoLine};
use super::tally::{Heap, Named, Tally};
use crate::calendar::midnight;
use crate::expr::Row;
use crate::id::UnitId;
use crate::org::Org;

/// A case or row with what expressions see of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Which.
    pub thing: Thing,
    /// Its fields.
    pub row: Row,
}

/// All cases and rows that a scheme looks at, by what they are of.
pub type Facts = BTreeMap<Of, Vec<Fact>>;

/// What one measure found, by unit.
type Heaps = BTreeMap<UnitId, Heap>;

/// Scores every unit of a scheme over a period.
pub fn score(scheme: &Scheme, org: &Org, facts: &Facts, span: &Span) -> Assessment {
    let of = |of: &Of| facts.get(of).into_iter().flatten();
    let mut lists: BTreeMap<usize, BTreeSet<UnitId>> = BTreeMap::new();
    for (place, list) in scheme.lists() {
        let pieces = of(&list.of).filter_map(|fact| list.piece(&fact.row, midnight(span.last)));
        lists.insert(place, pieces.map(|piece| piece.unit).collect());
    }
    let mut tally = Tally::new(scheme, org, span, Named::Everybody, &lists);
    let today = tally.today();
    for (place, counting) in scheme.countings().iter().enumerate() {
        for fact in of(&counting.of) {
            if let Some(piece) = counting.piece(&fact.row, today) {
                tally.add(place, &fact.thing, &piece);
            }
        }
    }
    tally.finish()
}

/// What has come together as sheets, places and grades. `heaps` are in the order of [`Scheme::countings`].
pub(super) fn sheets(tally: &Tally<'_>, heaps: &[Heaps]) -> Assessment {
    let scheme = tally.scheme;
    let none = Heaps::new();
    let mut heaps = heaps.iter();
    let mut next = || heaps.next().unwrap_or(&none);
    let mut sums = Sums {
        tally,
        items: Vec::new(),
        additions: Vec::new(),
        deductions: Vec::new(),
        vetoes: Vec::new(),
    };
    for item in &scheme.items {
        sums.items.push(item.measure.is_some().then(&mut next));
    }
    sums.additions.extend(scheme.additions.iter().map(|_| next()));
    sums.deductions.extend(scheme.deductions.iter().map(|_| next()));
    sums.vetoes.extend(scheme.vetoes.iter().map(|_| next()));
    let mut assessment = Assessment::default();
    let silent = scheme.items.iter().zip(&sums.items);
    assessment.silent = silent
        .filter(|(_, found)| found.is_some_and(BTreeMap::is_empty))
        .map(|(item, _)| item.id.clone())
        .collect();
    for class in &scheme.classes {
        let members = tally.members.iter().filter(|(_, home)| **home == class.id);
        let sheets: Vec<Sheet> = members.map(|(unit, _)| sums.sheet(class, unit)).collect();
        assessment
            .classes
            .push((class.id.clone(), place::standings(scheme, &sheets)));
        assessment.sheets.extend(sheets);
    }
    assessment
}

/// What every measure found.
struct Sums<'a> {
    tally: &'a Tally<'a>,
    items: Vec<Option<&'a Heaps>>,
    additions: Vec<&'a Heaps>,
    deductions: Vec<&'a Heaps>,
    vetoes: Vec<&'a Heaps>,
}

impl Sums<'_> {
    fn sheet(&self, class: &Class, unit: &UnitId) -> Sheet {
        let scheme = self.tally.scheme;
        let lines = self.lines(class, unit);
        let additions = self.adjustments(&scheme.additions, &self.additions, unit);
        let deductions = self.adjustments(&scheme.deductions, &self.deductions, unit);
        let (plus, minus) = (
            capped(&additions, class.plus_cap),
            capped(&deductions, class.minus_cap),
        );
        let known = additions
            .iter()
            .chain(&deductions)
            .all(|line| line.points.is_some());
        Sheet {
            unit: unit.clone(),
            class: class.id.clone(),
            absorbed: self.tally.absorbed(unit),
            total: total(&lines, plus, minus).filter(|_| known),
            lines,
            additions,
            deductions,
            plus,
            minus,
            vetoes: self.vetoes(unit),
        }
    }

    fn lines(&self, class: &Class, unit: &UnitId) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut raw = Vec::new();
        for (item, scored) in self.tally.scheme.items.iter().zip(&self.items) {
            let (Some(measure), Some(scored), Some(weight)) =
                (&item.measure, scored, item.weights.get(&class.id))
            else {
                continue;
            };
            let (line, exact) = line(item, measure, *weight, scored.get(unit));
            lines.push(line);
            raw.push(exact);
        }
        // What is left out hands its weight to the rest in proportion; each item is still rounded only once.
        let spread = |line: &Line| line.outcome == Outcome::Nothing(Empty::Spread);
        let whole = sum(lines.iter().map(|line| Some(line.weight)));
        let counted = sum(lines
            .iter()
            .filter(|line| !spread(line))
            .map(|line| Some(line.weight)));
        let factor = whole
            .zip(counted)
            .and_then(|(whole, counted)| whole.over(counted));
        for (line, exact) in lines.iter_mut().zip(raw) {
            line.points = exact
                .zip(factor)
                .and_then(|(exact, factor)| exact.times(factor)?.round(self.tally.scheme.digits));
        }
        lines
    }

    fn adjustments(&self, list: &[Adjustment], scored: &[&Heaps], unit: &UnitId) -> Vec<AdjustmentLine> {
        let mut lines = Vec::new();
        for (adjustment, scored) in list.iter().zip(scored) {
            let Some(found) = scored.get(unit) else { continue };
            let exact = found.sum();
            let bounded =
                exact
                    .map(|exact| exact.at_least(Exact::ZERO))
                    .and_then(|exact| match adjustment.cap {
                        Some(cap) => Some(exact.at_most(Exact::of(cap)?)),
                        None => Some(exact),
                    });
            lines.push(AdjustmentLine {
                item: adjustment.id.clone(),
                value: shown(exact),
                points: bounded.and_then(|exact| exact.round(self.tally.scheme.digits)),
                counted: found.counted(),
            });
        }
        lines
    }

    fn vetoes(&self, unit: &UnitId) -> Vec<VetoLine> {
        let struck = self.tally.scheme.vetoes.iter().zip(&self.vetoes);
        struck
            .filter_map(|(veto, scored)| {
                Some(VetoLine {
                    item: veto.id.clone(),
                    down_to: veto.down_to.clone(),
                    counted: scored.get(unit)?.counted(),
                })
            })
            .collect()
    }
}

fn line(item: &Item, measure: &Measure, weight: Decimal, found: Option<&Heap>) -> (Line, Option<Exact>) {
    let base = found.map_or(0, |found| found.base);
    let value = found.map_or(Some(Exact::ZERO), Heap::sum);
    let needs_base = !matches!(measure.rule, Rule::Loss { .. });
    let outcome = if value.is_none() {
        Outcome::Faulty
    } else if base == 0 && needs_base {
        Outcome::Nothing(measure.empty)
    } else {
        Outcome::Computed
    };
    let line = Line {
        item: item.id.clone(),
        weight,
        outcome,
        value: shown(value),
        base,
        points: None,
        counted: found.map(Heap::counted).unwrap_or_default(),
    };
    let exact = match outcome {
        Outcome::Computed => value.and_then(|value| points(&measure.rule, weight, value, base)),
        Outcome::Nothing(Empty::Full) => Exact::of(weight),
        Outcome::Nothing(Empty::Zero) => Some(Exact::ZERO),
        Outcome::Nothing(Empty::Spread | Empty::Unscored) | Outcome::Faulty => None,
    };
    (line, exact)
}

fn points(rule: &Rule, weight: Decimal, value: Exact, base: u64) -> Option<Exact> {
    let weight = Exact::of(weight)?;
    let bounded = |share: Exact| share.at_least(Exact::ZERO).at_most(Exact::ONE).times(weight);
    match rule {
        Rule::Rate { target, .. } => {
            let full = Exact::of(*target)?.times(Exact::whole(base))?;
            bounded(value.times(Exact::whole(100))?.over(full)?)
        }
        Rule::Mean { out_of, .. } => bounded(value.over(Exact::of(*out_of)?.times(Exact::whole(base))?)?),
        Rule::Sum { .. } => Some(value.at_least(Exact::ZERO).at_most(weight)),
        Rule::Loss { .. } => Some(weight.minus(value.at_least(Exact::ZERO))?.at_least(Exact::ZERO)),
    }
}

/// The sum, exactly; `None` where one has no value.
fn sum(values: impl Iterator<Item = Option<Decimal>>) -> Option<Exact> {
    let mut sum = Exact::ZERO;
    for value in values {
        sum = sum.plus(Exact::of(value?)?)?;
    }
    Some(sum)
}

/// A sum of decimals has few decimal places, so showing it rounds nothing.
fn shown(sum: Option<Exact>) -> Decimal {
    sum.and_then(|sum| sum.round(12)).unwrap_or_default().normalize()
}

fn capped(lines: &[AdjustmentLine], cap: Option<Decimal>) -> Decimal {
    let sum: Decimal = lines.iter().filter_map(|line| line.points).sum();
    cap.map_or(sum, |cap| sum.min(cap))
}

/// The total is a sum of printed numbers, so that a sheet adds up on paper.
fn total(lines: &[Line], plus: Decimal, minus: Decimal) -> Option<Decimal> {
    let mut total = plus.checked_sub(minus)?;
    for line in lines
        .iter()
        .filter(|line| line.outcome != Outcome::Nothing(Empty::Spread))
    {
        total = total.checked_add(line.points?)?;
    }
    // A unit of whose items none could be counted has no score; nought would be a judgement.
    let any = lines.iter().any(|line| line.points.is_some());
    any.then(|| total.max(Decimal::ZERO))
}
