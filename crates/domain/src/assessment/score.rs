//! From what a scheme looks at to a sheet for every unit.
//!
//! One pass over each source hands every case and row to the unit for which it counts; then each unit is computed for
//! itself from its own. So a unit's sheet depends on nothing but its own facts, its entry in the org and the scheme.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::exact::Exact;
use super::period::Span;
use super::place;
use super::scheme::{Adjustment, Class, Empty, Item, Measure, Members, Merged, Of, Rule, Scheme, Source};
use super::sheet::{
    AdjustmentLine, Apart, Assessment, Counted, Line, Outcome, Sheet, Thing, VetoLine, WhyApart,
};
use crate::calendar::midnight;
use crate::expr::{Expr, Fault, NoCase, Row, evaluate_for};
use crate::id::{Code, UnitId};
use crate::org::Org;
use crate::value::Value;

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

/// What one measure found for one unit.
type Scored = BTreeMap<UnitId, Vec<Found>>;

/// A thing that counts, with its value where it has one.
#[derive(Clone, Debug)]
struct Found {
    thing: Thing,
    value: Option<Decimal>,
    base: bool,
}

/// Where a unit is counted: itself, or where the scheme says so the unit that has its duties on the last day.
pub fn owner_in(merged: Merged, org: &Org, unit: &UnitId, span: &Span) -> UnitId {
    match merged {
        Merged::Apart => unit.clone(),
        Merged::Successor => org
            .unit_on(unit, span.last)
            .map_or_else(|| unit.clone(), |unit| unit.id.clone()),
    }
}

/// Scores every unit of a scheme over a period.
pub fn score(scheme: &Scheme, org: &Org, facts: &Facts, span: &Span) -> Assessment {
    let pass = Pass {
        scheme,
        org,
        facts,
        span,
        scope: NoCase::new(midnight(span.last)),
    };
    pass.run()
}

struct Pass<'a> {
    scheme: &'a Scheme,
    org: &'a Org,
    facts: &'a Facts,
    span: &'a Span,
    /// Expressions of a scheme see one row at a time and nothing beside it.
    scope: NoCase<'static>,
}

impl Pass<'_> {
    fn run(&self) -> Assessment {
        let mut assessment = Assessment::default();
        let members = self.members(&mut assessment.apart);
        let scored: BTreeSet<&UnitId> = members.keys().collect();
        let mut outside: BTreeSet<&Thing> = BTreeSet::new();
        let measured = |pass: &Self, item: &Item| item.measure.as_ref().map(|measure| pass.measure(measure));
        let items: Vec<Option<Scored>> = self
            .scheme
            .items
            .iter()
            .map(|item| measured(self, item))
            .collect();
        let adjusted = |list: &[Adjustment]| -> Vec<Scored> {
            let found =
                |one: &Adjustment| self.found(&one.source, |row| (self.number(&one.points, row), true));
            list.iter().map(found).collect()
        };
        let (additions, deductions) = (
            adjusted(&self.scheme.additions),
            adjusted(&self.scheme.deductions),
        );
        let vetoes: Vec<Scored> = self
            .scheme
            .vetoes
            .iter()
            .map(|veto| self.found(&veto.source, |_| (Some(Decimal::ONE), true)))
            .collect();
        for found in items
            .iter()
            .flatten()
            .chain(&additions)
            .chain(&deductions)
            .chain(&vetoes)
        {
            for (_, things) in found.iter().filter(|(unit, _)| !scored.contains(unit)) {
                outside.extend(things.iter().map(|found| &found.thing));
            }
        }
        assessment.unattributed = u64::try_from(outside.len()).unwrap_or(u64::MAX);
        let silent = self.scheme.items.iter().zip(&items);
        assessment.silent = silent
            .filter(|(_, found)| found.as_ref().is_some_and(BTreeMap::is_empty))
            .map(|(item, _)| item.id.clone())
            .collect();
        for class in &self.scheme.classes {
            let mut sheets = Vec::new();
            for unit in members
                .iter()
                .filter(|(_, home)| **home == class.id)
                .map(|(unit, _)| unit)
            {
                let lines = self.lines(class, unit, &items);
                let additions = self.adjustments(&self.scheme.additions, &additions, unit);
                let deductions = self.adjustments(&self.scheme.deductions, &deductions, unit);
                let vetoes = self.vetoes(&vetoes, unit);
                let (plus, minus) = (
                    capped(&additions, class.plus_cap),
                    capped(&deductions, class.minus_cap),
                );
                let known = additions
                    .iter()
                    .chain(&deductions)
                    .all(|line| line.points.is_some());
                sheets.push(Sheet {
                    unit: unit.clone(),
                    class: class.id.clone(),
                    absorbed: self.absorbed(unit),
                    total: total(&lines, plus, minus).filter(|_| known),
                    lines,
                    additions,
                    deductions,
                    plus,
                    minus,
                    vetoes,
                });
            }
            assessment
                .classes
                .push((class.id.clone(), place::standings(self.scheme, &sheets)));
            assessment.sheets.extend(sheets);
        }
        assessment
    }

    /// The scored units with their classes; those that are not scored go to `apart`.
    fn members(&self, apart: &mut Vec<Apart>) -> BTreeMap<UnitId, Code> {
        let mut members: BTreeMap<UnitId, Code> = BTreeMap::new();
        for class in &self.scheme.classes {
            let listed: BTreeSet<UnitId> = match &class.members {
                Members::Kinds(kinds) => self
                    .org
                    .units
                    .values()
                    .filter(|unit| kinds.contains(&unit.kind))
                    // Units that did not yet or no longer exist in the period are no matter of this assessment.
                    .filter(|unit| unit.valid.from <= self.span.last)
                    .filter(|unit| unit.valid.to.is_none_or(|last| last >= self.span.first))
                    .map(|unit| unit.id.clone())
                    .collect(),
                Members::Rows(source) => {
                    let rows = self.facts.get(&source.of).into_iter().flatten();
                    let counting = rows.filter(|fact| self.counts(source, &fact.row));
                    counting
                        .filter_map(|fact| self.unit(&source.unit, &fact.row))
                        .collect()
                }
            };
            for unit in listed {
                let why = match (members.get(&unit), self.why_apart(&unit)) {
                    (Some(before), _) => Some(WhyApart::Twice {
                        class: before.clone(),
                    }),
                    (None, why) => why,
                };
                match why {
                    Some(why) => apart.push(Apart {
                        unit,
                        class: class.id.clone(),
                        why,
                    }),
                    None => {
                        members.insert(unit, class.id.clone());
                    }
                }
            }
        }
        members
    }

    fn why_apart(&self, unit: &UnitId) -> Option<WhyApart> {
        let Some(known) = self.org.units.get(unit) else {
            return Some(WhyApart::Unknown);
        };
        let last = known.valid.to.filter(|last| *last < self.span.last)?;
        if self.scheme.merged == Merged::Apart && last >= self.span.first {
            return None;
        }
        Some(match self.org.unit_on(unit, self.span.last) {
            Some(into) => WhyApart::Merged {
                into: into.id.clone(),
                last,
            },
            None => WhyApart::Ended { last },
        })
    }

    /// Units that were merged into this one and for which it answers.
    fn absorbed(&self, unit: &UnitId) -> Vec<UnitId> {
        let others = self.org.units.keys().filter(|other| *other != unit);
        others
            .filter(|other| owner_in(self.scheme.merged, self.org, other, self.span) == *unit)
            .cloned()
            .collect()
    }

    fn measure(&self, measure: &Measure) -> Scored {
        let source = &measure.source;
        match &measure.rule {
            Rule::Rate { hit, .. } => self.found(source, |row| {
                let hits = self.holds(hit, row);
                (Some(if hits { Decimal::ONE } else { Decimal::ZERO }), true)
            }),
            Rule::Mean { value, base, .. } => self.found(source, |row| {
                let is_base = base.as_ref().is_none_or(|base| self.holds(base, row));
                (self.number(value, row), is_base)
            }),
            Rule::Sum { value: of } | Rule::Loss { points: of } => {
                self.found(source, |row| (self.number(of, row), true))
            }
        }
    }

    /// Hands each case or row that counts in the period to the unit for which it counts.
    fn found(&self, source: &Source, value: impl Fn(&Row) -> (Option<Decimal>, bool)) -> Scored {
        let mut found = Scored::new();
        for fact in self.facts.get(&source.of).into_iter().flatten() {
            if !self.falls_into(source, &fact.row) || !self.counts(source, &fact.row) {
                continue;
            }
            let Some(unit) = self.unit(&source.unit, &fact.row) else {
                continue;
            };
            let unit = owner_in(self.scheme.merged, self.org, &unit, self.span);
            let (value, base) = value(&fact.row);
            found.entry(unit).or_default().push(Found {
                thing: fact.thing.clone(),
                value,
                base,
            });
        }
        for things in found.values_mut() {
            things.sort_by(|a, b| a.thing.cmp(&b.thing));
        }
        found
    }

    fn falls_into(&self, source: &Source, row: &Row) -> bool {
        let Some(when) = &source.when else { return true };
        match evaluate_for(when, &self.scope, row) {
            Ok(Value::Date(day)) => self.span.covers(day),
            Ok(Value::Int(year)) => year == i64::from(self.span.year()),
            _ => false,
        }
    }

    fn counts(&self, source: &Source, row: &Row) -> bool {
        source
            .counts
            .as_ref()
            .is_none_or(|counts| self.holds(counts, row))
    }

    fn unit(&self, unit: &Expr, row: &Row) -> Option<UnitId> {
        match evaluate_for(unit, &self.scope, row) {
            Ok(Value::Unit(unit)) => Some(unit),
            _ => None,
        }
    }

    /// A row that lacks what a condition asks does not meet it.
    fn holds(&self, expr: &Expr, row: &Row) -> bool {
        matches!(evaluate_for(expr, &self.scope, row), Ok(Value::Bool(true)))
    }

    fn number(&self, expr: &Expr, row: &Row) -> Option<Decimal> {
        let value: Result<Value, Fault> = evaluate_for(expr, &self.scope, row);
        value.ok()?.number().map(|number| number.normalize())
    }

    fn lines(&self, class: &Class, unit: &UnitId, items: &[Option<Scored>]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut raw = Vec::new();
        for (item, scored) in self.scheme.items.iter().zip(items) {
            let (Some(measure), Some(scored), Some(weight)) =
                (&item.measure, scored, item.weights.get(&class.id))
            else {
                continue;
            };
            let found = scored.get(unit).map(Vec::as_slice).unwrap_or_default();
            let (line, exact) = line(item, measure, *weight, found);
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
                .and_then(|(exact, factor)| exact.times(factor)?.round(self.scheme.digits));
        }
        lines
    }

    fn adjustments(&self, list: &[Adjustment], scored: &[Scored], unit: &UnitId) -> Vec<AdjustmentLine> {
        let mut lines = Vec::new();
        for (adjustment, scored) in list.iter().zip(scored) {
            let Some(found) = scored.get(unit) else { continue };
            let exact = sum(found.iter().map(|found| found.value));
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
                points: bounded.and_then(|exact| exact.round(self.scheme.digits)),
                counted: counted(found),
            });
        }
        lines
    }

    fn vetoes(&self, scored: &[Scored], unit: &UnitId) -> Vec<VetoLine> {
        let struck = self.scheme.vetoes.iter().zip(scored);
        struck
            .filter_map(|(veto, scored)| {
                Some(VetoLine {
                    item: veto.id.clone(),
                    down_to: veto.down_to.clone(),
                    counted: counted(scored.get(unit)?),
                })
            })
            .collect()
    }
}

fn line(item: &Item, measure: &Measure, weight: Decimal, found: &[Found]) -> (Line, Option<Exact>) {
    let base = u64::try_from(found.iter().filter(|found| found.base).count()).unwrap_or(u64::MAX);
    let value = sum(found.iter().map(|found| found.value));
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
        counted: counted(found),
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

fn counted(found: &[Found]) -> Vec<Counted> {
    found
        .iter()
        .map(|found| Counted {
            thing: found.thing.clone(),
            value: found.value.unwrap_or_default(),
            base: found.base,
        })
        .collect()
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
