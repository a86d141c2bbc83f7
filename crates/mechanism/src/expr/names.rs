//! The names that an expression may use: fields, registers, children, facts.

use std::collections::BTreeMap;

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
    /// Stages of the mechanism.
    pub(crate) stages: Vec<String>,
    /// Fields whose own declaration is at fault: naming them is no further fault.
    pub(crate) broken: Vec<String>,
    /// Whether the mechanism has children.
    pub(crate) children: bool,
    /// Whether one may look over all cases: in figures and scenarios, never in a decision.
    pub(crate) cases: bool,
}

impl Names<'_> {
    /// What `row` is while an aggregate runs over `name`.
    pub(crate) fn items(&self, name: &str) -> Option<Items> {
        match name {
            "children" if self.children => Some(Items::from([
                ("closed".to_owned(), Type::Bool),
                ("open".to_owned(), Type::Bool),
            ])),
            "cases" if self.cases => {
                let mut items = self.fields.clone();
                for name in ["closed", "open", "void", "late", "on_time"] {
                    items.insert(name.to_owned(), Type::Bool);
                }
                for name in ["round", "reworks"] {
                    items.insert(name.to_owned(), Type::Int);
                }
                items.insert("owner".to_owned(), Type::Unit);
                let stages = self.stages.iter().map(|stage| stage.as_str().into()).collect();
                items.insert("stage".to_owned(), Type::Choice(stages));
                Some(items)
            }
            register => self.registers?.get(register).cloned(),
        }
    }

    /// What an aggregate may run over, for suggestions.
    pub(crate) fn ranges(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .registers
            .into_iter()
            .flat_map(|r| r.keys().cloned())
            .collect();
        if self.children {
            names.push("children".to_owned());
        }
        if self.cases {
            names.push("cases".to_owned());
        }
        names
    }
}
