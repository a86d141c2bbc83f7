//! The keys of scheme files.

use super::Key;
use super::Kind::{Code, Codes, Label, Number, One, Table, Tables, Text, TextMap, Words};
use super::{MAY, MUST};

pub(super) const FILE: &[Key] = &[
    ("language", One, MUST),
    ("scheme", Table("scheme"), MUST),
    ("class", Tables("[[class]]"), MUST),
    ("item", Tables("[[item]]"), MUST),
    ("addition", Tables("[[addition]]"), MAY),
    ("deduction", Tables("[[deduction]]"), MAY),
    ("veto", Tables("[[veto]]"), MAY),
    ("grade", Tables("[[grade]]"), MUST),
];

pub(super) const HEAD: &[Key] = &[
    ("id", Code, MUST),
    ("number", Text, MUST),
    ("label", Label, MUST),
    ("purpose", Label, MUST),
    ("source", Label, MUST),
    ("subject", Words(&["unit"]), MUST),
    ("period", Words(&["month", "quarter", "half_year", "year"]), MUST),
    ("full", Text, MUST),
    ("digits", Number(0, 4), MAY),
    ("merged", Words(&["successor", "apart"]), MUST),
    ("at_quota", Words(&["out", "in"]), MAY),
    ("places", Words(&["down", "up", "nearest"]), MAY),
    ("ties", Codes, MAY),
];

pub(super) const CLASS: &[Key] = &[
    ("id", Code, MUST),
    ("label", Label, MUST),
    ("kinds", Codes, MAY),
    ("of", Text, MAY),
    ("unit", Text, MAY),
    ("when", Text, MAY),
    ("counts", Text, MAY),
    ("plus_cap", Text, MAY),
    ("minus_cap", Text, MAY),
];

pub(super) const ITEM: &[Key] = &[
    ("id", Code, MUST),
    ("label", Label, MUST),
    ("says", Label, MAY),
    ("within", Code, MAY),
    ("weights", TextMap, MUST),
    ("of", Text, MAY),
    ("unit", Text, MAY),
    ("when", Text, MAY),
    ("counts", Text, MAY),
    ("indicator", Code, MAY),
    ("measure", Words(&["rate", "mean", "sum", "loss"]), MAY),
    ("hit", Text, MAY),
    ("value", Text, MAY),
    ("base", Text, MAY),
    ("out_of", Text, MAY),
    ("target", Text, MAY),
    ("empty", Words(&["full", "zero", "spread", "unscored"]), MAY),
];

pub(super) const VETO: &[Key] = &[
    ("id", Code, MUST),
    ("label", Label, MUST),
    ("of", Text, MUST),
    ("unit", Text, MUST),
    ("when", Text, MUST),
    ("counts", Text, MAY),
    ("down_to", Code, MUST),
];

pub(super) const GRADE: &[Key] = &[
    ("id", Code, MUST),
    ("label", Label, MUST),
    ("at_least", Text, MAY),
    ("quota", Text, MAY),
];

/// Additions and deductions are written alike.
pub(super) const ADJUSTMENT: &[Key] = &[
    ("id", Code, MUST),
    ("label", Label, MUST),
    ("of", Text, MUST),
    ("unit", Text, MUST),
    ("when", Text, MUST),
    ("counts", Text, MAY),
    ("points", Text, MUST),
    ("cap", Text, MAY),
];
