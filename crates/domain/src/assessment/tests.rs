//! Scores, places and grades on small counties that one can count on one's fingers.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::Label;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::expr::{Comparison, Expr, Row};
use crate::id::{CaseId, Code, FieldId, UnitId};
use crate::mechanism::Period;
use crate::org::{Org, Unit, Validity};
use crate::value::Value;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn year() -> Span {
    Span::parse("2026", Period::Year).unwrap()
}

fn org(units: &[(&str, Option<&str>, Option<&str>)]) -> Org {
    let mut org = Org::default();
    for (id, last, successor) in units {
        let unit = Unit {
            id: (*id).into(),
            kind: "township".into(),
            name: Label::new(*id, *id),
            parent: None,
            functions: BTreeSet::new(),
            valid: Validity {
                from: jiff::civil::date(2020, 1, 1),
                to: last.map(|last| last.parse().unwrap()),
            },
            successor: successor.map(UnitId::new),
            has_accounts: true,
        };
        org.units.insert(unit.id.clone(), unit);
    }
    org
}

fn cases() -> Of {
    Of::Cases("task".into())
}

fn source() -> Source {
    Source {
        of: cases(),
        unit: Expr::Item("owner".into()),
        when: Some(Expr::Item("closed_on".into())),
        counts: None,
        said: Said::new(),
    }
}

fn rate(empty: Empty, target: &str) -> Measure {
    Measure {
        source: source(),
        rule: Rule::Rate {
            hit: Expr::Item("on_time".into()),
            target: d(target),
        },
        empty,
        indicator: None,
    }
}

fn sum(field: &str) -> Measure {
    Measure {
        rule: Rule::Sum {
            value: Expr::Item(field.into()),
        },
        ..rate(Empty::Unscored, "100")
    }
}

fn item(id: &str, weight: &str, measure: Measure) -> Item {
    Item {
        id: id.into(),
        label: Label::new(id, id),
        says: Label::new(id, id),
        within: None,
        weights: BTreeMap::from([("town".into(), d(weight))]),
        measure: Some(measure),
    }
}

fn scheme(items: Vec<Item>) -> Scheme {
    let grade = |id: &str, bar: Option<&str>, quota: Option<&str>| Grade {
        id: id.into(),
        label: Label::new(id, id),
        at_least: bar.map(d),
        quota: quota.map(d),
    };
    Scheme {
        id: "test".into(),
        number: "M11".into(),
        pack: "p".into(),
        digest: "sha256:0".into(),
        label: Label::new("t", "t"),
        purpose: Label::new("t", "t"),
        source: Label::new("t", "t"),
        period: Period::Year,
        full: d("100"),
        digits: 2,
        merged: Merged::Successor,
        classes: vec![Class {
            id: "town".into(),
            label: Label::new("t", "t"),
            members: Members::Kinds(BTreeSet::from(["township".into()])),
            plus_cap: Some(d("5")),
            minus_cap: Some(d("10")),
        }],
        items,
        additions: Vec::new(),
        deductions: Vec::new(),
        vetoes: Vec::new(),
        grades: vec![
            grade("excellent", Some("90"), Some("30")),
            grade("good", Some("60"), None),
            grade("poor", None, None),
        ],
        ties: Vec::new(),
        at_quota: AtQuota::Out,
        places: Places::Down,
    }
}

fn case(id: u64, owner: &str, closed: &str, on_time: bool, points: &str) -> Fact {
    let row: Row = BTreeMap::from([
        (FieldId::new("owner"), Value::Unit(owner.into())),
        ("closed_on".into(), Value::Date(closed.parse().unwrap())),
        ("on_time".into(), Value::Bool(on_time)),
        ("points".into(), Value::Dec(d(points))),
    ]);
    Fact {
        thing: Thing::Case { case: CaseId(id) },
        row,
    }
}

fn facts(list: Vec<Fact>) -> Facts {
    BTreeMap::from([(cases(), list)])
}

fn total(assessment: &Assessment, unit: &str) -> Option<Decimal> {
    assessment.sheet(&unit.into()).and_then(|sheet| sheet.total)
}

#[test]
fn a_remainder_of_exactly_one_half_goes_to_the_even_neighbour() {
    let round = |text: &str, digits| Exact::of(d(text)).unwrap().round(digits).unwrap().to_string();
    assert_eq!(round("0.125", 2), "0.12");
    assert_eq!(round("0.135", 2), "0.14");
    assert_eq!(round("0.1251", 2), "0.13");
    assert_eq!(round("-2.5", 0), "-2");
    assert_eq!(round("-3.5", 0), "-4");
    // A third and a half of a cent: no decimal comes near enough to tell them apart by itself.
    let third = Exact::ONE.over(Exact::whole(3)).unwrap();
    assert_eq!(third.round(4).unwrap().to_string(), "0.3333");
}

#[test]
fn a_rate_is_weight_times_hits_by_base_and_names_every_case() {
    let scheme = scheme(vec![item("a", "100", rate(Empty::Spread, "100"))]);
    let facts = facts(vec![
        case(1, "tianning", "2026-03-01", true, "0"),
        case(2, "tianning", "2026-04-01", false, "0"),
        case(3, "tianning", "2026-12-31", true, "0"),
        case(4, "tianning", "2027-01-01", true, "0"),
    ]);
    let assessment = score(&scheme, &org(&[("tianning", None, None)]), &facts, &year());
    assert_eq!(total(&assessment, "tianning"), Some(d("66.67")));
    let sheet = assessment.sheet(&"tianning".into()).unwrap();
    let counted: Vec<_> = sheet.lines[0]
        .counted
        .iter()
        .map(|one| (&one.thing, one.value))
        .collect();
    let thing = |id| Thing::Case { case: CaseId(id) };
    assert_eq!(
        counted,
        [(&thing(1), d("1")), (&thing(2), d("0")), (&thing(3), d("1"))]
    );
}

#[test]
fn full_points_are_earned_at_the_target_and_never_more() {
    let scheme = scheme(vec![item("a", "100", rate(Empty::Spread, "50"))]);
    let two = |hits: [bool; 2]| {
        let facts = facts(vec![
            case(1, "a", "2026-03-01", hits[0], "0"),
            case(2, "a", "2026-03-01", hits[1], "0"),
        ]);
        total(&score(&scheme, &org(&[("a", None, None)]), &facts, &year()), "a")
    };
    assert_eq!(two([true, false]), Some(d("100.00")));
    assert_eq!(two([true, true]), Some(d("100.00")));
    assert_eq!(two([false, false]), Some(d("0.00")));
}

#[test]
fn an_empty_base_is_what_the_scheme_says_and_never_a_silent_nought() {
    let with = |empty| {
        let elsewhere = Measure {
            source: Source {
                of: Of::Register("other".into()),
                ..source()
            },
            ..rate(empty, "100")
        };
        let scheme = scheme(vec![
            item("a", "60", rate(Empty::Spread, "100")),
            item("b", "40", elsewhere),
        ]);
        let facts = facts(vec![
            case(1, "t", "2026-03-01", true, "0"),
            case(2, "t", "2026-03-01", false, "0"),
        ]);
        score(&scheme, &org(&[("t", None, None)]), &facts, &year())
    };
    assert_eq!(total(&with(Empty::Full), "t"), Some(d("70.00")));
    assert_eq!(total(&with(Empty::Zero), "t"), Some(d("30.00")));
    assert_eq!(total(&with(Empty::Spread), "t"), Some(d("50.00")));
    assert_eq!(total(&with(Empty::Unscored), "t"), None);
    let line = &with(Empty::Zero).sheets[0].lines[1].clone();
    assert_eq!(line.outcome, Outcome::Nothing(Empty::Zero));
    assert_eq!(with(Empty::Zero).silent, [Code::new("b")]);
}

#[test]
fn a_unit_of_which_nothing_counts_has_no_total_and_no_place() {
    let scheme = scheme(vec![item("a", "100", rate(Empty::Spread, "100"))]);
    let assessment = score(&scheme, &org(&[("t", None, None)]), &Facts::new(), &year());
    assert_eq!(total(&assessment, "t"), None);
    assert_eq!(assessment.standing(&"t".into()).unwrap().place, None);
    assert_eq!(assessment.standing(&"t".into()).unwrap().grade, None);
}

#[test]
fn a_successor_answers_for_what_the_merged_unit_left() {
    let mut scheme = scheme(vec![item("a", "100", rate(Empty::Spread, "100"))]);
    let org = org(&[
        ("old", Some("2026-06-30"), Some("new")),
        ("new", None, None),
        ("gone", Some("2026-06-30"), None),
    ]);
    let facts = facts(vec![
        case(1, "old", "2026-03-01", false, "0"),
        case(2, "new", "2026-09-01", true, "0"),
        case(3, "gone", "2026-02-01", true, "0"),
    ]);
    let together = score(&scheme, &org, &facts, &year());
    assert_eq!(total(&together, "new"), Some(d("50.00")));
    assert_eq!(
        together.sheet(&"new".into()).unwrap().absorbed,
        [UnitId::new("old")]
    );
    assert_eq!(together.sheet(&"old".into()), None);
    let why: Vec<_> = together
        .apart
        .iter()
        .map(|apart| (apart.unit.as_str(), &apart.why))
        .collect();
    let last = jiff::civil::date(2026, 6, 30);
    let into = WhyApart::Merged {
        into: "new".into(),
        last,
    };
    assert_eq!(why, [("gone", &WhyApart::Ended { last }), ("old", &into)]);
    assert_eq!(together.unattributed, 1);
    scheme.merged = Merged::Apart;
    let apart = score(&scheme, &org, &facts, &year());
    assert_eq!(total(&apart, "old"), Some(d("0.00")));
    assert_eq!(total(&apart, "new"), Some(d("100.00")));
    assert!(apart.apart.is_empty());
}

#[test]
fn additions_and_deductions_keep_their_own_caps_and_those_of_the_class() {
    let mut scheme = scheme(vec![item("a", "100", rate(Empty::Spread, "100"))]);
    let adjustment = |id: &str, cap: Option<&str>| Adjustment {
        id: id.into(),
        label: Label::new(id, id),
        source: source(),
        points: Expr::Item("points".into()),
        cap: cap.map(d),
    };
    scheme.additions = vec![adjustment("p", Some("4")), adjustment("q", Some("4"))];
    scheme.deductions = vec![adjustment("m", None)];
    let facts = facts(vec![
        case(1, "t", "2026-03-01", true, "6"),
        case(2, "t", "2026-03-01", true, "6"),
    ]);
    let assessment = score(&scheme, &org(&[("t", None, None)]), &facts, &year());
    let sheet = assessment.sheet(&"t".into()).unwrap();
    assert_eq!(
        (sheet.additions[0].value, sheet.additions[0].points),
        (d("12"), Some(d("4.00")))
    );
    assert_eq!((sheet.plus, sheet.minus), (d("5"), d("10")));
    assert_eq!(sheet.total, Some(d("95.00")));
}

#[test]
fn what_counts_but_has_no_value_keeps_the_total_open() {
    let scheme = scheme(vec![item("a", "100", sum("missing"))]);
    let facts = facts(vec![case(1, "t", "2026-03-01", true, "6")]);
    let assessment = score(&scheme, &org(&[("t", None, None)]), &facts, &year());
    assert_eq!(assessment.sheets[0].lines[0].outcome, Outcome::Faulty);
    assert_eq!(total(&assessment, "t"), None);
}

fn ranked(scores: &[(&str, &str)], change: impl Fn(&mut Scheme)) -> Vec<(String, u64, String)> {
    let mut scheme = scheme(vec![item("a", "100", sum("points"))]);
    change(&mut scheme);
    let units: Vec<_> = scores.iter().map(|(unit, _)| (*unit, None, None)).collect();
    let list = scores.iter().zip(1..);
    let facts = facts(
        list.map(|((unit, points), id)| case(id, unit, "2026-03-01", true, points))
            .collect(),
    );
    let assessment = score(&scheme, &org(&units), &facts, &year());
    let standings = assessment.classes[0].1.iter();
    standings
        .map(|one| {
            let grade = one.grade.as_ref().map(Code::to_string).unwrap_or_default();
            (one.unit.to_string(), one.place.unwrap_or(0), grade)
        })
        .collect()
}

fn short(list: &[(String, u64, String)]) -> Vec<(&str, u64, &str)> {
    list.iter()
        .map(|(unit, place, grade)| (unit.as_str(), *place, grade.as_str()))
        .collect()
}

#[test]
fn equal_units_share_a_place_and_the_next_is_skipped() {
    let list = ranked(&[("a", "70"), ("b", "80"), ("c", "70"), ("d", "60")], |_| {});
    assert_eq!(
        short(&list),
        [
            ("b", 1, "good"),
            ("a", 2, "good"),
            ("c", 2, "good"),
            ("d", 4, "good")
        ]
    );
}

#[test]
fn a_tie_across_the_quota_goes_as_the_scheme_says() {
    // Of four, 30 % is one place.
    let scores = [("a", "95"), ("b", "95"), ("c", "70"), ("d", "60")];
    let out = ranked(&scores, |_| {});
    assert_eq!(short(&out)[..2], [("a", 1, "good"), ("b", 1, "good")]);
    let within = ranked(&scores, |scheme| scheme.at_quota = AtQuota::In);
    assert_eq!(
        short(&within)[..2],
        [("a", 1, "excellent"), ("b", 1, "excellent")]
    );
    let one = ranked(&[("a", "96"), ("b", "95"), ("c", "70"), ("d", "60")], |_| {});
    assert_eq!(short(&one)[..2], [("a", 1, "excellent"), ("b", 2, "good")]);
}

#[test]
fn a_class_too_small_for_a_place_has_none_unless_quotas_are_rounded_up() {
    let scores = [("a", "95"), ("b", "70")];
    assert_eq!(ranked(&scores, |_| {})[0].2, "good");
    assert_eq!(
        ranked(&scores, |scheme| scheme.places = Places::Up)[0].2,
        "excellent"
    );
    assert_eq!(
        ranked(&scores, |scheme| scheme.places = Places::Nearest)[0].2,
        "excellent"
    );
}

#[test]
fn a_veto_takes_the_grade_and_hands_its_place_on() {
    let scores = [("a", "99"), ("b", "95"), ("c", "70"), ("d", "60")];
    let list = ranked(&scores, |scheme| {
        let hit = Expr::Compare(
            Comparison::Equal,
            Box::new(Expr::Item("points".into())),
            Box::new(Expr::Constant(Value::Int(99))),
        );
        scheme.vetoes = vec![Veto {
            id: "v".into(),
            label: Label::new("v", "v"),
            source: Source {
                counts: Some(hit),
                ..source()
            },
            down_to: "poor".into(),
        }];
    });
    assert_eq!(short(&list)[..2], [("a", 1, "poor"), ("b", 2, "excellent")]);
}

#[test]
fn periods_are_read_by_their_names() {
    let span = |text: &str, kind| {
        let span = Span::parse(text, kind).map_err(|fault| fault.expected)?;
        Ok::<String, &str>(format!("{}..{}", span.first, span.last))
    };
    assert_eq!(
        span("2024", Period::Year).as_deref(),
        Ok("2024-01-01..2024-12-31")
    );
    assert_eq!(
        span("2024-H2", Period::HalfYear).as_deref(),
        Ok("2024-07-01..2024-12-31")
    );
    assert_eq!(
        span("2024-Q1", Period::Quarter).as_deref(),
        Ok("2024-01-01..2024-03-31")
    );
    assert_eq!(
        span("2024-02", Period::Month).as_deref(),
        Ok("2024-02-01..2024-02-29")
    );
    for wrong in [
        "24",
        "2024-13",
        "2024-H3",
        "2024-1",
        "2024-Q1",
        "",
        "二〇二六",
        "2024-H2-1",
    ] {
        assert!(span(wrong, Period::Month).is_err(), "{wrong}");
        assert!(span(wrong, Period::Year).is_err(), "{wrong}");
    }
    let day = jiff::civil::date(2026, 11, 22);
    assert_eq!(Span::around(day, Period::Quarter).unwrap().name, "2026-Q4");
    assert_eq!(Span::around(day, Period::HalfYear).unwrap().name, "2026-H2");
}

proptest! {
    /// Law 9 for scores: the order in which facts come changes nothing.
    #[test]
    fn the_order_of_facts_changes_no_sheet(mut marks in prop::collection::vec((0usize..4, any::<bool>(), 0u32..10_000), 1..40), seed in 0usize..40) {
        let units = ["a", "b", "c", "d"];
        let scheme = scheme(vec![
            item("r", "70", rate(Empty::Spread, "95")),
            item("s", "30", sum("points")),
        ]);
        let org = org(&units.map(|unit| (unit, None, None)));
        let all = |marks: &[(u64, (usize, bool, u32))]| facts(marks.iter().map(|(id, (unit, on_time, points))| {
            case(*id, units[*unit], "2026-05-05", *on_time, &format!("{}.{:03}", points / 1000, points % 1000))
        }).collect());
        let numbered: Vec<_> = (1u64..).zip(marks.drain(..)).collect();
        let mut turned = numbered.clone();
        let at = seed % turned.len();
        turned.rotate_left(at);
        let (one, other) = (score(&scheme, &org, &all(&numbered), &year()), score(&scheme, &org, &all(&turned), &year()));
        prop_assert_eq!(&one, &other);
        // A unit that has only its own facts gets the same sheet.
        for unit in units {
            let own: Vec<_> = numbered.iter().filter(|(_, (n, _, _))| units[*n] == unit).copied().collect();
            let alone = score(&scheme, &org, &all(&own), &year());
            prop_assert_eq!(alone.sheet(&unit.into()), one.sheet(&unit.into()));
        }
        // No score leaves the scale, and the quota holds.
        for sheet in &one.sheets {
            prop_assert!(sheet.total.is_none_or(|total| total >= Decimal::ZERO && total <= d("100")));
        }
        let best = one.classes[0].1.iter().filter(|standing| standing.grade.as_ref().is_some_and(|grade| grade.as_str() == "excellent"));
        prop_assert!(best.count() <= 1);
    }

    #[test]
    fn comparing_agrees_with_subtracting(a in -1_000_000i64..1_000_000, b in 1i64..1000, c in -1_000_000i64..1_000_000, e in 1i64..1000) {
        let exact = |n: i64, m: i64| Exact::of(Decimal::from(n)).unwrap().over(Exact::of(Decimal::from(m)).unwrap()).unwrap();
        let (x, y) = (exact(a, b), exact(c, e));
        prop_assert_eq!(x.cmp(&y), x.minus(y).unwrap().cmp(&Exact::ZERO));
    }

    /// Rounding is never off by more than one half of the last place.
    #[test]
    fn rounding_stays_within_one_half(a in -1_000_000_000i64..1_000_000_000, b in 1i64..100_000, digits in 0u32..5) {
        let exact = Exact::of(Decimal::from(a)).unwrap().over(Exact::of(Decimal::from(b)).unwrap()).unwrap();
        let off = exact.minus(Exact::of(exact.round(digits).unwrap()).unwrap()).unwrap();
        let half = Exact::of(Decimal::new(5, digits + 1)).unwrap();
        prop_assert!(off <= half && Exact::ZERO.minus(half).unwrap() <= off);
    }
}
