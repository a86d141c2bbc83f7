//! A scheme (考核方案) as the engine computes it: compiled, checked, without text to parse.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::Label;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::expr::Expr;
use crate::id::{Code, Digest, MechanismId, PackId, RegisterId};
use crate::mechanism::Period;

/// A compiled scheme. The checker has seen that weights add up, quotas stay within 100 % and references end.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// Code.
    pub id: Code,
    /// The number in the county's list of mechanisms, such as `M11`.
    pub number: String,
    /// The pack it belongs to.
    pub pack: PackId,
    /// Digest of the file and of what it borrows.
    pub digest: Digest,
    /// Its name.
    pub label: Label,
    /// What it is for, one sentence.
    pub purpose: Label,
    /// The document that states it.
    pub source: Label,
    /// How long a period is.
    pub period: Period,
    /// The full score (满分), to which the weights of every class add up.
    pub full: Decimal,
    /// Decimal places of every printed score.
    pub digits: u32,
    /// What happens to a unit that was merged in mid-period.
    pub merged: Merged,
    /// Classes of units; each is ranked for itself.
    pub classes: Vec<Class>,
    /// Items in the order of the file; headings before or after what lies within them.
    pub items: Vec<Item>,
    /// Additions (加分).
    pub additions: Vec<Adjustment>,
    /// Deductions (扣分).
    pub deductions: Vec<Adjustment>,
    /// Veto items (一票否决).
    pub vetoes: Vec<Veto>,
    /// Grades (等次), best first; the last takes whoever is left.
    pub grades: Vec<Grade>,
    /// Items by which equal totals are told apart, in order; who is still equal shares the place (并列).
    pub ties: Vec<Code>,
    /// Who gets a grade when equal units stand across its last place.
    pub at_quota: AtQuota,
    /// How a quota that is no whole number of places is made one.
    pub places: Places,
}

/// What happens to a unit that was merged in mid-period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Its successor answers for the whole period; the unit itself is not scored.
    Successor,
    /// Each is scored for what is its own.
    Apart,
}

/// Who gets a grade when equal units stand across its last place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtQuota {
    /// None of them: the quota is kept.
    Out,
    /// All of them: the quota gives way.
    In,
}

/// How a quota is made a whole number of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Places {
    Down,
    Up,
    /// By GB/T 8170.
    Nearest,
}

/// A class of units (考核类别).
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Code.
    pub id: Code,
    /// Name.
    pub label: Label,
    /// Who belongs to it.
    pub members: Members,
    /// Most that additions may come to.
    pub plus_cap: Option<Decimal>,
    /// Most that deductions may come to.
    pub minus_cap: Option<Decimal>,
}

/// Who belongs to a class.
#[derive(Clone, Debug, PartialEq)]
pub enum Members {
    /// Every unit of these kinds.
    Kinds(BTreeSet<Code>),
    /// The units of these rows.
    Rows(Box<Source>),
}

/// Which cases or rows are looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The cases of a mechanism.
    Cases(MechanismId),
    /// The rows of a register.
    Register(RegisterId),
}

/// Cases or rows, whose they are, when they count, and which do.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Which are looked at.
    pub of: Of,
    /// The unit for which one counts.
    pub unit: Expr,
    /// The day that must lie in the period, or the year; a list of members may have none.
    pub when: Option<Expr>,
    /// Which count; all where absent.
    pub counts: Option<Expr>,
    /// The expressions as the file writes them.
    pub said: Said,
}

/// Expressions as the file writes them, for pages and for whoever computes it again: `unit`, `when`, `counts`, `hit` …
pub type Said = BTreeMap<&'static str, String>;

/// An item (考核指标).
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Code.
    pub id: Code,
    /// Name.
    pub label: Label,
    /// What it counts, in words.
    pub says: Label,
    /// The heading under which it stands.
    pub within: Option<Code>,
    /// What it is worth in each class; a class that is not named does without it.
    pub weights: BTreeMap<Code, Decimal>,
    /// How it is measured; `None` for a heading.
    pub measure: Option<Measure>,
}

/// How an item is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What is looked at.
    pub source: Source,
    /// The rule from what counts to points.
    pub rule: Rule,
    /// What holds for a unit of which nothing counts in the period. A deduction needs no answer.
    pub empty: Empty,
    /// The indicator of the mechanism from which it was taken.
    pub indicator: Option<Code>,
}

/// From what counts to points.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Weight × hits ÷ base; full from `target` percent on.
    Rate {
        /// Which of those that count are hits.
        hit: Expr,
        /// The percentage that earns the full weight.
        target: Decimal,
    },
    /// Weight × sum ÷ (`out_of` × base).
    Mean {
        /// What each is worth.
        value: Expr,
        /// Which of them make the base: a correction adds to a sheet and is none itself. All where absent.
        base: Option<Expr>,
        /// What each is worth at most.
        out_of: Decimal,
    },
    /// The sum itself, from nought to the weight.
    Sum {
        /// What each is worth.
        value: Expr,
    },
    /// The weight less what each costs, not below nought (扣分制).
    Loss {
        /// What each costs.
        points: Expr,
    },
}

/// What holds for a unit of which nothing counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// Full points.
    Full,
    /// No points, and the sheet says why.
    Zero,
    /// The item is left out and its weight spread over the others (折算).
    Spread,
    /// The unit gets no total until there is something to count.
    Unscored,
}

/// An addition or a deduction.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjustment {
    /// Code.
    pub id: Code,
    /// Name.
    pub label: Label,
    /// What is looked at.
    pub source: Source,
    /// What each adds or costs.
    pub points: Expr,
    /// Most that this one may come to.
    pub cap: Option<Decimal>,
}

/// A veto item.
#[derive(Clone, Debug, PartialEq)]
pub struct Veto {
    /// Code.
    pub id: Code,
    /// Name.
    pub label: Label,
    /// What is looked at.
    pub source: Source,
    /// The best grade that a unit can still get.
    pub down_to: Code,
}

/// A grade.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// Code.
    pub id: Code,
    /// Name.
    pub label: Label,
    /// The least total.
    pub at_least: Option<Decimal>,
    /// The most units of a class, in percent of those scored.
    pub quota: Option<Decimal>,
}

impl Scheme {
    /// A class.
    pub fn class(&self, id: &Code) -> Option<&Class> {
        self.classes.iter().find(|class| class.id == *id)
    }

    /// An item.
    pub fn item(&self, id: &Code) -> Option<&Item> {
        self.items.iter().find(|item| item.id == *id)
    }

    /// Everything that is looked at.
    pub fn looks_at(&self) -> BTreeSet<Of> {
        let members = self.classes.iter().filter_map(|class| match &class.members {
            Members::Rows(source) => Some(&**source),
            Members::Kinds(_) => None,
        });
        self.sources()
            .chain(members)
            .map(|source| source.of.clone())
            .collect()
    }

    /// What is counted, without the lists of members.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let items = self.items.iter().filter_map(|item| item.measure.as_ref());
        items
            .map(|measure| &measure.source)
            .chain(self.additions.iter().map(|one| &one.source))
            .chain(self.deductions.iter().map(|one| &one.source))
            .chain(self.vetoes.iter().map(|one| &one.source))
    }
}
