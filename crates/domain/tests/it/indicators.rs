//! Laws of indicators that are counted piece by piece: whatever rows come, change and go, the pieces put together are
//! what a count from nothing gives, for every window of days and every set of units.

use std::collections::BTreeMap;

use bihuan_domain::calendar::instant;
use bihuan_domain::expr::{Aggregate, Arithmetic, Comparison, Expr, Over, Row, Scope, evaluate};
use bihuan_domain::id::{Code, FieldId, StageId, UnitId};
use bihuan_domain::indicator::{Sums, added, pieces, put_together};
use bihuan_domain::mechanism::{Direction, Indicator, Period};
use bihuan_domain::value::{RowRef, Value};
use bihuan_messages::Label;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

fn item(name: &str) -> Box<Expr> {
    Box::new(Expr::Item(FieldId::new(name)))
}

fn count(filter: Option<Expr>) -> Expr {
    Expr::Aggregate {
        kind: Aggregate::Count,
        over: Over::Cases,
        filter: filter.map(Box::new),
        of: None,
    }
}

/// `sum(cases, row.amount, row.done) + count(cases)` over `count(cases, row.amount > 3)`.
fn indicator() -> Indicator {
    let sum = Expr::Aggregate {
        kind: Aggregate::Sum,
        over: Over::Cases,
        filter: Some(item("done")),
        of: Some(item("amount")),
    };
    let large = Expr::Compare(
        Comparison::Greater,
        item("amount"),
        Box::new(Expr::Constant(Value::Int(3))),
    );
    Indicator {
        id: "x".into(),
        label: Label::default(),
        says: Label::default(),
        value: Expr::Arith(Arithmetic::Add, Box::new(sum), Box::new(count(None))),
        base: Some(count(Some(large))),
        value_text: String::new(),
        base_text: None,
        unit: "%".to_owned(),
        target: None,
        direction: Direction::Up,
        period: Period::Month,
        dated: Some("day".into()),
        whose: None,
        common: None,
    }
}

struct Rows(Vec<Row>);

impl Scope for Rows {
    fn field(&self, _: &FieldId) -> Option<Value> {
        None
    }
    fn stage(&self) -> Option<StageId> {
        None
    }
    fn round(&self) -> i64 {
        1
    }
    fn risk(&self) -> Code {
        "ordinary".into()
    }
    fn now(&self) -> Timestamp {
        now()
    }
    fn opened(&self) -> Option<Timestamp> {
        None
    }
    fn owner(&self) -> Option<UnitId> {
        None
    }
    fn through(&self, _: &RowRef, _: &FieldId) -> Option<Value> {
        None
    }
    fn rows(&self, _: &Over, visit: &mut dyn FnMut(&Row) -> bool) {
        self.0.iter().all(visit);
    }
}

fn now() -> Timestamp {
    instant(date(2026, 3, 31).at(12, 0, 0, 0))
}

/// Day of March, unit, done, amount: a row, or one that lacks its amount.
type Told = (i8, u8, bool, Option<i64>);

fn row(told: Told) -> Row {
    let (day, _, done, amount) = told;
    let mut row = Row::from([
        ("day".into(), Value::Date(date(2026, 3, day))),
        ("done".into(), Value::Bool(done)),
    ]);
    row.extend(amount.map(|amount| ("amount".into(), Value::Int(amount))));
    row
}

fn unit(told: Told) -> UnitId {
    UnitId::new(format!("u{}", told.1))
}

fn told() -> impl Strategy<Value = Told> {
    (1i8..=31, 0u8..4, any::<bool>(), proptest::option::of(-5i64..20))
}

proptest! {
    #[test]
    fn pieces_put_together_are_the_count_from_nothing(
        changes in proptest::collection::vec((0usize..12, proptest::option::weighted(0.8, told())), 1..60),
        window in (1i8..=31, 1i8..=31),
        units in proptest::collection::btree_set(0u8..4, 0..4),
    ) {
        let indicator = indicator();
        let parts = pieces(&indicator.value, indicator.base.as_ref()).unwrap();
        prop_assert_eq!(parts.len(), 3);
        let look = |_: &RowRef, _: &FieldId| None;
        let mut sums = vec![Sums::default(); parts.len()];
        let mut rows: BTreeMap<usize, Told> = BTreeMap::new();
        for (place, change) in changes {
            // What was there is taken out, what is there now is taken in.
            for (told, comes) in [(rows.remove(&place), false), (change, true)] {
                let Some(told) = told else { continue };
                for (part, sums) in parts.iter().zip(&mut sums) {
                    let Some(value) = added(part, &row(told), now(), &look).unwrap() else { continue };
                    let day = Some(date(2026, 3, told.0));
                    if comes {
                        sums.add(&unit(told), day, &value).unwrap();
                    } else {
                        sums.take_out(&unit(told), day, &value).unwrap();
                    }
                }
                if comes {
                    rows.insert(place, told);
                }
            }
        }
        let (from, to): (Date, Date) = (date(2026, 3, window.0), date(2026, 3, window.1));
        let wanted = |id: &UnitId| units.iter().any(|n| id.as_str() == format!("u{n}"));
        let inside = |told: &&Told| (from..=to).contains(&date(2026, 3, told.0)) && wanted(&unit(**told));
        let left = Rows(rows.values().filter(inside).map(|told| row(*told)).collect());
        let mut answers = sums.iter().map(|sums| sums.sum(&wanted, Some((from, to))).unwrap());
        for expr in [&indicator.value, indicator.base.as_ref().unwrap()] {
            let kept = evaluate(&put_together(expr, &mut answers), &Rows(Vec::new())).unwrap();
            let anew = evaluate(expr, &left).unwrap();
            prop_assert_eq!(kept.number(), anew.number());
        }
    }
}

#[test]
fn what_does_not_add_up_is_not_counted_in_pieces() {
    let mut different = indicator();
    different.value = Expr::Aggregate {
        kind: Aggregate::Distinct,
        over: Over::Cases,
        filter: None,
        of: Some(item("amount")),
    };
    assert_eq!(pieces(&different.value, different.base.as_ref()), None);
}
