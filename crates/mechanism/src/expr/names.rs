//! The names that an expression may use: fields, registers, children, facts.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::register::CASE;
use bihuan_domain::value::Type;

/// Fields of a row, by name.
pub(crate) type Items = BTreeMap<String, Type>;

/// What can be named where an expression stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names<'a> {
    /// Fields of the case.
    pub(crate) fields: Items,
    /// Registers in reach and their fields.
    pub(crate) registers: Option<&'a BTreeMap<String, Items>>,
    /// Registers into which the steps of this mechanism write.
    pub(crate) own: BTreeSet<String>,
    /// Stages of the mechanism.
    pub(crate) stages: Vec<String>,
    /// Fields whose own declaration is at fault: naming them is no further fault.
    pub(crate) broken: Vec<String>,
    /// What a child is as a row; `None` where the mechanism has no children.
    pub(crate) children: Option<Items>,
    /// Whether one may look over all cases: in figures and scenarios, never in a decision.
    pub(crate) cases: bool,
    /// Whether there is no case yet, so that nothing about one can be asked.
    pub(crate) no_case: bool,
}

/// A case as a row: its fields, and facts about it.
pub(crate) fn case_items<'s>(fields: &Items, stages: impl Iterator<Item = &'s str>) -> Items {
    let mut items = fields.clone();
    for name in [
        "closed",
        "open",
        "void",
        "late",
        "on_time",
        "put_off",
        "said_done",
    ] {
        items.insert(name.to_owned(), Type::Bool);
    }
    for name in ["round", "reworks", "returns", "days"] {
        items.insert(name.to_owned(), Type::Int);
    }
    for name in ["opened_on", "closed_on", "due_on"] {
        items.insert(name.to_owned(), Type::Date);
    }
    items.insert("minutes".to_owned(), Type::Duration);
    items.insert("owner".to_owned(), Type::Unit);
    items.insert("stage".to_owned(), Type::Choice(stages.map(Into::into).collect()));
    items
}

impl Names<'_> {
    /// What `row` is while an aggregate runs over `name`.
    pub(crate) fn items(&self, name: &str) -> Option<Items> {
        match name {
            "children" => self.children.clone(),
            "cases" if self.cases => Some(case_items(&self.fields, self.stages.iter().map(String::as_str))),
            other => {
                let register = other.strip_prefix("own.").unwrap_or(other);
                let own = self.own.contains(register);
                if register != other && !own {
                    return None; // No step writes there: there would never be a row.
                }
                let mut items = self.registers?.get(register).cloned()?;
                if own {
                    items.insert(CASE.to_owned(), Type::Case);
                }
                Some(items)
            }
        }
    }

    /// The fields of a register, for one that a field of the case points to.
    pub(crate) fn register(&self, register: &str) -> Option<&Items> {
        self.registers?.get(register)
    }

    /// What an aggregate may run over, for suggestions.
    pub(crate) fn ranges(&self) -> Vec<String> {
        let registers = self.registers.into_iter().flat_map(|r| r.keys().cloned());
        let own = self.own.iter().map(|register| format!("own.{register}"));
        let mut names: Vec<String> = registers.chain(own).collect();
        if self.children.is_some() {
            names.push("children".to_owned());
        }
        if self.cases {
            names.push("cases".to_owned());
        }
        names
    }
}
