//! A scheme file (考核方案): classes of units, weighted items, additions, deductions, veto items, grades.

use bihuan_diagnostics::Span;
use bihuan_domain::assessment::{AtQuota, Empty, Merged, Places};
use bihuan_domain::mechanism::Period;
use bihuan_messages::Label;
use rust_decimal::Decimal;

use super::parts::word;
use crate::read::{Kind, Node, Sink, Sp, Table, is_code, text};

/// A scheme as its file states it.
#[derive(Clone, Debug)]
pub(crate) struct SchemeAst {
    pub(crate) id: Sp<String>,
    pub(crate) number: String,
    pub(crate) label: Label,
    pub(crate) purpose: Label,
    pub(crate) source: Label,
    /// Whose score it is; anything but a unit is refused.
    pub(crate) subject: Option<Sp<String>>,
    pub(crate) period: Option<Sp<Period>>,
    pub(crate) full: Option<Sp<Decimal>>,
    pub(crate) digits: u32,
    pub(crate) merged: Option<Merged>,
    pub(crate) at_quota: AtQuota,
    pub(crate) places: Places,
    pub(crate) ties: Vec<Sp<String>>,
    pub(crate) classes: Vec<ClassAst>,
    pub(crate) items: Vec<ItemAst>,
    pub(crate) additions: Vec<AdjustmentAst>,
    pub(crate) deductions: Vec<AdjustmentAst>,
    pub(crate) vetoes: Vec<VetoAst>,
    pub(crate) grades: Vec<GradeAst>,
}

#[derive(Clone, Debug)]
pub(crate) struct ClassAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) kinds: Vec<Sp<String>>,
    pub(crate) source: SourceAst,
    pub(crate) plus_cap: Option<Sp<Decimal>>,
    pub(crate) minus_cap: Option<Sp<Decimal>>,
}

/// What is looked at: the keys that items, adjustments, vetoes and classes share.
#[derive(Clone, Debug)]
pub(crate) struct SourceAst {
    pub(crate) span: Span,
    /// `cases:` and a mechanism, or `register:` and a register.
    pub(crate) of: Option<Sp<String>>,
    pub(crate) unit: Option<Sp<String>>,
    pub(crate) when: Option<Sp<String>>,
    pub(crate) counts: Option<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct ItemAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) says: Option<Label>,
    pub(crate) within: Option<Sp<String>>,
    pub(crate) weights: Vec<(Sp<String>, Sp<Decimal>)>,
    pub(crate) source: SourceAst,
    pub(crate) indicator: Option<Sp<String>>,
    pub(crate) measure: Option<Sp<MeasureWord>>,
    pub(crate) hit: Option<Sp<String>>,
    pub(crate) value: Option<Sp<String>>,
    pub(crate) base: Option<Sp<String>>,
    pub(crate) out_of: Option<Sp<Decimal>>,
    pub(crate) target: Option<Sp<Decimal>>,
    pub(crate) empty: Option<Sp<Empty>>,
}

/// How an item is measured, by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MeasureWord {
    Rate,
    Mean,
    Sum,
    Loss,
}

#[derive(Clone, Debug)]
pub(crate) struct AdjustmentAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) source: SourceAst,
    pub(crate) points: Option<Sp<String>>,
    pub(crate) cap: Option<Sp<Decimal>>,
}

#[derive(Clone, Debug)]
pub(crate) struct VetoAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) source: SourceAst,
    pub(crate) down_to: Option<Sp<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct GradeAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) at_least: Option<Sp<Decimal>>,
    pub(crate) quota: Option<Sp<Decimal>>,
}

const PERIODS: &[(&str, Period)] = &[
    ("month", Period::Month),
    ("quarter", Period::Quarter),
    ("half_year", Period::HalfYear),
    ("year", Period::Year),
];
const MERGED: &[(&str, Merged)] = &[("successor", Merged::Successor), ("apart", Merged::Apart)];
const AT_QUOTA: &[(&str, AtQuota)] = &[("out", AtQuota::Out), ("in", AtQuota::In)];
const PLACES: &[(&str, Places)] = &[
    ("down", Places::Down),
    ("up", Places::Up),
    ("nearest", Places::Nearest),
];
const MEASURES: &[(&str, MeasureWord)] = &[
    ("rate", MeasureWord::Rate),
    ("mean", MeasureWord::Mean),
    ("sum", MeasureWord::Sum),
    ("loss", MeasureWord::Loss),
];
const EMPTY: &[(&str, Empty)] = &[
    ("full", Empty::Full),
    ("zero", Empty::Zero),
    ("spread", Empty::Spread),
    ("unscored", Empty::Unscored),
];

/// Reads a scheme file.
pub(crate) fn read(root: &Node, sink: &mut Sink<'_>) -> Option<SchemeAst> {
    let mut file = Table::of(root, "file", sink)?;
    super::language(&mut file, sink);
    let head = file.need_table("scheme", sink);
    let classes = file.tables("class", "[[class]]", sink);
    let items = file.tables("item", "[[item]]", sink);
    let additions = file.tables("addition", "[[addition]]", sink);
    let deductions = file.tables("deduction", "[[deduction]]", sink);
    let vetoes = file.tables("veto", "[[veto]]", sink);
    let grades = file.tables("grade", "[[grade]]", sink);
    file.finish(sink);
    let mut scheme = self::head(head?, sink)?;
    scheme.classes = classes.into_iter().filter_map(|t| class(t, sink)).collect();
    scheme.items = items.into_iter().filter_map(|t| item(t, sink)).collect();
    scheme.additions = additions
        .into_iter()
        .filter_map(|t| adjustment(t, sink))
        .collect();
    scheme.deductions = deductions
        .into_iter()
        .filter_map(|t| adjustment(t, sink))
        .collect();
    scheme.vetoes = vetoes.into_iter().filter_map(|t| veto(t, sink)).collect();
    scheme.grades = grades.into_iter().filter_map(|t| grade(t, sink)).collect();
    Some(scheme)
}

fn head(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<SchemeAst> {
    let id = table.need_code("id", sink);
    let number = table.need_text("number", sink);
    let label = table.need_label("label", sink);
    let purpose = table.need_label("purpose", sink);
    let source = table.need_label("source", sink);
    let subject = table.need_code("subject", sink);
    let period = table.need_code("period", sink);
    let period = period.and_then(|found| word(found, "period", PERIODS, sink));
    let full = need_decimal(&mut table, "full", sink);
    let digits = table
        .number("digits", (0, 4), sink)
        .map_or(2, |digits| digits.value);
    let merged = table.need_code("merged", sink);
    let merged = merged.and_then(|found| word(found, "merged", MERGED, sink));
    let at_quota = table.code("at_quota", sink);
    let at_quota = at_quota.and_then(|found| word(found, "at_quota", AT_QUOTA, sink));
    let places = table.code("places", sink);
    let places = places.and_then(|found| word(found, "places", PLACES, sink));
    let ties = table.codes("ties", sink);
    table.finish(sink);
    Some(SchemeAst {
        id: id?,
        number: number.map(|number| number.value).unwrap_or_default(),
        label,
        purpose,
        source,
        subject,
        period,
        full,
        digits,
        merged: merged.map(|found| found.value),
        at_quota: at_quota.map_or(AtQuota::Out, |found| found.value),
        places: places.map_or(Places::Down, |found| found.value),
        ties,
        classes: Vec::new(),
        items: Vec::new(),
        additions: Vec::new(),
        deductions: Vec::new(),
        vetoes: Vec::new(),
        grades: Vec::new(),
    })
}

fn class(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<ClassAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let kinds = table.codes("kinds", sink);
    let source = source(&mut table, sink);
    let plus_cap = decimal(&mut table, "plus_cap", sink);
    let minus_cap = decimal(&mut table, "minus_cap", sink);
    table.finish(sink);
    Some(ClassAst {
        id: id?,
        label,
        kinds,
        source,
        plus_cap,
        minus_cap,
    })
}

fn source(table: &mut Table<'_>, sink: &mut Sink<'_>) -> SourceAst {
    SourceAst {
        span: table.span,
        of: table.text("of", sink),
        unit: table.text("unit", sink),
        when: table.text("when", sink),
        counts: table.text("counts", sink),
    }
}

fn item(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<ItemAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let says = table.label("says", sink);
    let within = table.code("within", sink);
    let weights = weights(&mut table, sink);
    let source = source(&mut table, sink);
    let indicator = table.code("indicator", sink);
    let measure = table.code("measure", sink);
    let measure = measure.and_then(|found| word(found, "measure", MEASURES, sink));
    let hit = table.text("hit", sink);
    let value = table.text("value", sink);
    let base = table.text("base", sink);
    let out_of = decimal(&mut table, "out_of", sink);
    let target = decimal(&mut table, "target", sink);
    let empty = table.code("empty", sink);
    let empty = empty.and_then(|found| word(found, "empty", EMPTY, sink));
    table.finish(sink);
    Some(ItemAst {
        id: id?,
        label,
        says,
        within,
        weights,
        source,
        indicator,
        measure,
        hit,
        value,
        base,
        out_of,
        target,
        empty,
    })
}

fn adjustment(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<AdjustmentAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let source = source(&mut table, sink);
    let points = table.need_text("points", sink);
    let cap = decimal(&mut table, "cap", sink);
    table.finish(sink);
    Some(AdjustmentAst {
        id: id?,
        label,
        source,
        points,
        cap,
    })
}

fn veto(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<VetoAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let source = source(&mut table, sink);
    let down_to = table.need_code("down_to", sink);
    table.finish(sink);
    Some(VetoAst {
        id: id?,
        label,
        source,
        down_to,
    })
}

fn grade(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<GradeAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let at_least = decimal(&mut table, "at_least", sink);
    let quota = decimal(&mut table, "quota", sink);
    table.finish(sink);
    Some(GradeAst {
        id: id?,
        label,
        at_least,
        quota,
    })
}

/// `weights = { township = "25" }`: classes with what an item is worth in each.
fn weights(table: &mut Table<'_>, sink: &mut Sink<'_>) -> Vec<(Sp<String>, Sp<Decimal>)> {
    if table.get("weights").is_none() {
        sink.error("M0004", table.span, |m| {
            m.with("key", "weights").with("table", table.name)
        });
    }
    let Some(inner) = table.table("weights", sink) else {
        return Vec::new();
    };
    let mut weights = Vec::new();
    for (class, span, node) in inner.entries() {
        if !is_code(class) {
            sink.error("M0008", *span, |m| m.with("found", class.as_str()));
            continue;
        }
        let number = number(node, "weights", sink);
        weights.extend(number.map(|number| (Sp::new(*span, class.clone()), number)));
    }
    weights
}

fn need_decimal(table: &mut Table<'_>, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<Decimal>> {
    if table.get(key).is_none() {
        sink.error("M0004", table.span, |m| {
            m.with("key", key).with("table", table.name)
        });
    }
    decimal(table, key, sink)
}

fn decimal(table: &mut Table<'_>, key: &'static str, sink: &mut Sink<'_>) -> Option<Sp<Decimal>> {
    number(table.get(key)?, key, sink)
}

/// A number of at most four decimal places; as text, like printed numbers, or plain.
fn number(node: &Node, key: &str, sink: &mut Sink<'_>) -> Option<Sp<Decimal>> {
    let found = match &node.kind {
        Kind::Int(digits) | Kind::Dec(digits) => Sp::new(node.span, digits.clone()),
        _ => text(node, key, sink)?,
    };
    let number = found.value.trim().parse::<Decimal>().ok();
    let number = number.filter(|number| number.scale() <= 4 && number.abs() <= Decimal::from(1_000_000));
    if number.is_none() {
        sink.error("M0016", found.span, |m| m.with("found", found.as_str()));
    }
    number.map(|number| Sp::new(found.span, number))
}
