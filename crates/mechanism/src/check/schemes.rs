//! Rules about scheme files: weights that add up, references that end, quotas within 100 %, an answer for every empty base.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{doubled, unknown};
use crate::read::{Sink, Sp};
use crate::surroundings::Surroundings;
use crate::syntax::scheme::{ItemAst, MeasureWord, SchemeAst};
use crate::text::label;

/// Applies every rule that needs no expression.
pub(crate) fn scheme(ast: &SchemeAst, around: &Surroundings, sink: &mut Sink<'_>) {
    doubled(ast.classes.iter().map(|one| &one.id), sink);
    doubled(ast.items.iter().map(|one| &one.id), sink);
    doubled(ast.additions.iter().map(|one| &one.id), sink);
    doubled(ast.deductions.iter().map(|one| &one.id), sink);
    doubled(ast.vetoes.iter().map(|one| &one.id), sink);
    doubled(ast.grades.iter().map(|one| &one.id), sink);
    subject_is_no_unit(ast, sink);
    unknown_names(ast, around, sink);
    class_without_members(ast, sink);
    heading_or_measure(ast, sink);
    measure_without_its_parts(ast, sink);
    base_without_answer(ast, sink);
    let circles = items_in_a_circle(ast, sink);
    if circles.is_empty() {
        weights_that_do_not_sum(ast, sink);
    }
    quotas_over_all(ast, sink);
    units_without_grade(ast, sink);
    numbers_out_of_range(ast, sink);
}

/// `M0205`: somebody else than a unit is scored.
fn subject_is_no_unit(ast: &SchemeAst, sink: &mut Sink<'_>) {
    if let Some(subject) = ast.subject.as_ref().filter(|subject| subject.value != "unit") {
        sink.error("M0205", subject.span, |m| m.with("found", subject.as_str()));
    }
}

/// `M0115`, `M0406`: kinds of units, classes, items and grades that are not there.
fn unknown_names(ast: &SchemeAst, around: &Surroundings, sink: &mut Sink<'_>) {
    for kind in ast.classes.iter().flat_map(|class| &class.kinds) {
        if !around.unit_kinds.contains_key(kind.as_str()) {
            unknown(sink, "M0115", kind, around.unit_kinds.keys().map(String::as_str));
        }
    }
    let classes = || ast.classes.iter().map(|class| class.id.as_str());
    let items = || ast.items.iter().map(|item| item.id.as_str());
    let grades = || ast.grades.iter().map(|grade| grade.id.as_str());
    let named = ast.items.iter().flat_map(|item| &item.weights);
    for (class, _) in named {
        if !classes().any(|known| known == class.as_str()) {
            unknown(sink, "M0406", class, classes());
        }
    }
    for item in ast
        .items
        .iter()
        .filter_map(|item| item.within.as_ref())
        .chain(&ast.ties)
    {
        if !items().any(|known| known == item.as_str()) {
            unknown(sink, "M0406", item, items());
        }
    }
    for grade in ast.vetoes.iter().filter_map(|veto| veto.down_to.as_ref()) {
        if !grades().any(|known| known == grade.as_str()) {
            unknown(sink, "M0406", grade, grades());
        }
    }
}

/// `M0408`: a class to which nobody belongs, or that says twice who does.
fn class_without_members(ast: &SchemeAst, sink: &mut Sink<'_>) {
    for class in &ast.classes {
        if class.kinds.is_empty() == class.source.of.is_none() {
            sink.error("M0408", class.id.span, |m| m.with("class", class.id.as_str()));
        }
    }
}

/// `M0411`: an item that is measured and holds others, or neither.
fn heading_or_measure(ast: &SchemeAst, sink: &mut Sink<'_>) {
    for item in &ast.items {
        let holds = parts(ast, item.id.as_str()).next().is_some();
        if holds == item.source.of.is_some() {
            sink.error("M0411", item.id.span, |m| m.with("item", item.id.as_str()));
        }
    }
}

fn parts<'a>(ast: &'a SchemeAst, heading: &'a str) -> impl Iterator<Item = &'a ItemAst> {
    ast.items
        .iter()
        .filter(move |item| item.within.as_ref().is_some_and(|within| within.value == heading))
}

/// `M0409`: a measure that lacks what it needs, or has what it cannot use.
fn measure_without_its_parts(ast: &SchemeAst, sink: &mut Sink<'_>) {
    for item in ast.items.iter().filter(|item| item.source.of.is_some()) {
        let Some(measure) = &item.measure else {
            sink.error("M0004", item.source.span, |m| {
                m.with("key", "measure").with("table", "[[item]]")
            });
            continue;
        };
        let given: BTreeSet<&str> = [
            ("indicator", item.indicator.is_some()),
            ("hit", item.hit.is_some()),
            ("value", item.value.is_some()),
            ("base", item.base.is_some()),
            ("out_of", item.out_of.is_some()),
            ("target", item.target.is_some()),
            ("counts", item.source.counts.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(key, _)| key)
        .collect();
        let by_indicator = given.contains("indicator");
        let (word, needs, may): (&str, &[&str], &[&str]) = match measure.value {
            // An indicator says itself what counts and what is a hit.
            MeasureWord::Rate if by_indicator => ("rate", &["indicator"], &["target"]),
            MeasureWord::Rate => ("rate", &["hit"], &["target", "counts"]),
            MeasureWord::Mean => ("mean", &["value", "out_of"], &["base", "counts"]),
            MeasureWord::Sum => ("sum", &["value"], &["counts"]),
            MeasureWord::Loss => ("loss", &["value"], &["counts"]),
        };
        let fits = needs.iter().all(|key| given.contains(key))
            && given.iter().all(|key| needs.contains(key) || may.contains(key));
        if !fits {
            let needs = needs.join(", ");
            let may = may.join(", ");
            sink.error("M0409", measure.span, |m| {
                m.with("measure", word)
                    .with("needs", needs.as_str())
                    .with("may", may.as_str())
            });
        }
    }
}

/// `M0404`: nothing may count for a unit, and nobody has said what holds then.
fn base_without_answer(ast: &SchemeAst, sink: &mut Sink<'_>) {
    for item in ast.items.iter().filter(|item| item.source.of.is_some()) {
        let Some(measure) = &item.measure else { continue };
        if (measure.value == MeasureWord::Loss) == item.empty.is_some() {
            let span = item.empty.as_ref().map_or(measure.span, |empty| empty.span);
            sink.error("M0404", span, |m| m.with("item", item.id.as_str()));
        }
    }
}

/// `M0402`: headings that stand within each other.
fn items_in_a_circle<'a>(ast: &'a SchemeAst, sink: &mut Sink<'_>) -> BTreeSet<&'a str> {
    let above: BTreeMap<&str, &Sp<String>> = ast
        .items
        .iter()
        .filter_map(|item| Some((item.id.as_str(), item.within.as_ref()?)))
        .collect();
    let mut circles = BTreeSet::new();
    for item in &ast.items {
        let mut met = BTreeSet::new();
        let mut next = above.get(item.id.as_str());
        while let Some(within) = next {
            if within.as_str() == item.id.as_str() {
                circles.insert(item.id.as_str());
                sink.error("M0402", item.id.span, |m| m.with("item", item.id.as_str()));
                break;
            }
            next = above.get(within.as_str()).filter(|_| met.insert(within.as_str()));
        }
    }
    circles
}

/// `M0401`: in every class the items add up to the full score, and what lies within a heading to that heading.
fn weights_that_do_not_sum(ast: &SchemeAst, sink: &mut Sink<'_>) {
    let Some(full) = &ast.full else { return };
    let weight = |item: &ItemAst, class: &str| {
        let weight = item.weights.iter().find(|(named, _)| named.value == class);
        weight.map(|(_, weight)| weight.value)
    };
    let mut compare = |span, what: &bihuan_messages::Label, class: &str, wanted: Decimal, found: Decimal| {
        if wanted != found {
            sink.error("M0401", span, |m| {
                m.with("what", what)
                    .with("class", class)
                    .show("wanted", wanted.normalize())
                    .show("found", found.normalize())
            });
        }
    };
    for class in &ast.classes {
        let id = class.id.as_str();
        let tops = ast.items.iter().filter(|item| item.within.is_none());
        let sum = tops.filter_map(|item| weight(item, id)).sum();
        compare(class.id.span, &label("check.scheme_full"), id, full.value, sum);
        for heading in ast.items.iter().filter(|item| item.source.of.is_none()) {
            let name = bihuan_messages::Label::new(heading.id.as_str(), heading.id.as_str());
            let wanted = weight(heading, id).unwrap_or_default();
            let sum = parts(ast, heading.id.as_str())
                .filter_map(|item| weight(item, id))
                .sum();
            compare(heading.id.span, &name, id, wanted, sum);
        }
    }
}

/// `M0403`: the quotas of the grades promise more than there is.
fn quotas_over_all(ast: &SchemeAst, sink: &mut Sink<'_>) {
    let mut sum = Decimal::ZERO;
    for quota in ast.grades.iter().filter_map(|grade| grade.quota.as_ref()) {
        let before = sum <= Decimal::ONE_HUNDRED;
        sum += quota.value;
        if before && sum > Decimal::ONE_HUNDRED {
            sink.error("M0403", quota.span, |m| m.show("found", sum.normalize()));
        }
    }
}

/// `M0410`: grades whose bars do not descend, or a last grade that not everybody can get.
fn units_without_grade(ast: &SchemeAst, sink: &mut Sink<'_>) {
    let Some((last, better)) = ast.grades.split_last() else {
        if let Some(class) = ast.classes.first() {
            sink.error("M0410", class.id.span, |m| m.with("grade", "—"));
        }
        return;
    };
    if last.at_least.is_some() || last.quota.is_some() {
        sink.error("M0410", last.id.span, |m| m.with("grade", last.id.as_str()));
    }
    for (upper, lower) in better.iter().zip(better.iter().skip(1)) {
        let (Some(high), Some(low)) = (&upper.at_least, &lower.at_least) else {
            continue;
        };
        if low.value > high.value {
            sink.error("M0410", low.span, |m| m.with("grade", lower.id.as_str()));
        }
    }
}

/// `M0412`: a number that no score can be computed with.
fn numbers_out_of_range(ast: &SchemeAst, sink: &mut Sink<'_>) {
    let mut above = |key: &str, number: &Sp<Decimal>, most: Option<Decimal>| {
        let fits = number.value > Decimal::ZERO && most.is_none_or(|most| number.value <= most);
        if !fits {
            sink.error("M0412", number.span, |m| {
                m.with("key", key).show("found", number.value.normalize())
            });
        }
    };
    let percent = Some(Decimal::ONE_HUNDRED);
    ast.full.iter().for_each(|number| above("full", number, None));
    for class in &ast.classes {
        class
            .plus_cap
            .iter()
            .for_each(|number| above("plus_cap", number, None));
        class
            .minus_cap
            .iter()
            .for_each(|number| above("minus_cap", number, None));
    }
    for item in &ast.items {
        item.weights
            .iter()
            .for_each(|(_, number)| above("weights", number, None));
        item.out_of
            .iter()
            .for_each(|number| above("out_of", number, None));
        item.target
            .iter()
            .for_each(|number| above("target", number, percent));
    }
    for one in ast.additions.iter().chain(&ast.deductions) {
        one.cap.iter().for_each(|number| above("cap", number, None));
    }
    for grade in &ast.grades {
        grade
            .at_least
            .iter()
            .for_each(|number| above("at_least", number, None));
        grade.quota.iter().for_each(|number| above("quota", number, None));
    }
}
