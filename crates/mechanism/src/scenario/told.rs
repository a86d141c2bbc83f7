//! A scenario as plain texts: for whoever plays it somewhere else, such as in a demo's own org.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Scenario, When};
use crate::read::{Kind, Node};

/// A value as the file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    /// A text, number, day, time, or `true` and `false`.
    Text(String),
    /// Several.
    List(Vec<Plain>),
    /// By name.
    Table(BTreeMap<String, Plain>),
}

/// A step of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// The post that acts, `holder` or `approver`; nobody where time passes or a feed writes a row.
    pub by: Option<String>,
    /// For which unit a post records.
    pub on_behalf_of: Option<String>,
    /// The name of the case, `a` where the step does not say one.
    pub case: String,
    /// Whether the step says the case's name.
    pub case_said: bool,
    /// What is done: `open`, `step`, `verify`, `wait` …
    pub action: String,
    /// The other keys of the step.
    pub keys: BTreeMap<String, Plain>,
    /// Whether the scenario expects that it is refused.
    pub refused: bool,
    /// The owner that is expected afterwards, where one is.
    pub owner: Option<String>,
    /// The stage that is expected afterwards, where one is.
    pub stage: Option<String>,
}

impl Told {
    /// A text by its key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.keys.get(key)? {
            Plain::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Several texts by their key; one alone counts as a list of it.
    pub fn texts(&self, key: &str) -> Vec<&str> {
        match self.keys.get(key) {
            Some(Plain::Text(text)) => vec![text],
            Some(Plain::List(items)) => items
                .iter()
                .filter_map(|item| match item {
                    Plain::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A table by its key; empty where there is none.
    pub fn table(&self, key: &str) -> BTreeMap<String, Plain> {
        match self.keys.get(key) {
            Some(Plain::Table(table)) => table.clone(),
            _ => BTreeMap::new(),
        }
    }

    /// A whole number by its key.
    pub fn number(&self, key: &str) -> Option<u32> {
        self.text(key)?.parse().ok()
    }
}

impl Scenario {
    /// The steps in order.
    pub fn told(&self) -> Vec<Told> {
        self.steps.iter().map(told).collect()
    }

    /// Whether the packs' sample rows are there when it begins.
    pub fn with_rows(&self) -> bool {
        self.rows
    }
}

fn told(step: &When) -> Told {
    let then = step.then.as_ref();
    Told {
        at: step.at.value,
        by: step.by.as_ref().map(|by| by.value.clone()),
        on_behalf_of: step.on_behalf_of.as_ref().map(|unit| unit.value.clone()),
        case: step.case.value.clone(),
        case_said: step.case_said,
        action: step.action.value.clone(),
        keys: step
            .keys
            .iter()
            .map(|(key, node)| (key.clone(), plain(node)))
            .collect(),
        refused: then.is_some_and(|then| then.refused.is_some()),
        owner: then.and_then(|then| then.owner.as_ref().map(|owner| owner.value.clone())),
        stage: then.and_then(|then| then.stage.as_ref().map(|stage| stage.value.clone())),
    }
}

fn plain(node: &Node) -> Plain {
    match &node.kind {
        Kind::Text(text) | Kind::Int(text) | Kind::Dec(text) | Kind::Time(text) => Plain::Text(text.clone()),
        Kind::Bool(yes) => Plain::Text(yes.to_string()),
        Kind::List(items) => Plain::List(items.iter().map(plain).collect()),
        Kind::Table(entries) => Plain::Table(
            entries
                .iter()
                .map(|(name, _, node)| (name.clone(), plain(node)))
                .collect(),
        ),
    }
}
