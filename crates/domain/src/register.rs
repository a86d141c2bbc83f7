//! Registers (名册、清单): typed rows that need no doing: projects, devices, households, spaces.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::expr::Row;
use crate::id::{CaseId, FieldId, RegisterId, RowId};
use crate::value::Value;

/// The field that every row of a case has beside those of its register: the case.
pub const CASE: &str = "case";

/// How the codes of a case's rows begin; fixed width, so that their order is their age.
fn of_case(case: CaseId) -> String {
    format!("case-{:012}-", case.0)
}

/// The rows of all registers of a jurisdiction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    rows: BTreeMap<RegisterId, Arc<BTreeMap<RowId, Row>>>,
}

impl Registers {
    /// The rows of a register, by code.
    pub fn rows(&self, register: &RegisterId) -> impl Iterator<Item = (&RowId, &Row)> {
        self.rows.get(register).into_iter().flat_map(|rows| rows.iter())
    }

    /// The rows that steps of a case wrote, oldest first.
    pub fn rows_of_case(&self, register: &RegisterId, case: CaseId) -> impl Iterator<Item = (&RowId, &Row)> {
        let first = RowId::new(of_case(case));
        let prefix = of_case(case);
        self.rows
            .get(register)
            .into_iter()
            .flat_map(move |rows| rows.range(first.clone()..))
            .take_while(move |(id, _)| id.as_str().starts_with(&prefix))
    }

    /// The code that the next row of a case gets.
    pub fn next_of_case(&self, register: &RegisterId, case: CaseId) -> RowId {
        let prefix = of_case(case);
        let last = self
            .rows_of_case(register, case)
            .last()
            .and_then(|(id, _)| id.as_str().strip_prefix(&prefix)?.parse::<u64>().ok())
            .unwrap_or(0);
        RowId::new(format!("{prefix}{:06}", last.saturating_add(1)))
    }

    /// One row.
    pub fn row(&self, register: &RegisterId, row: &RowId) -> Option<&Row> {
        self.rows.get(register)?.get(row)
    }

    /// One value.
    pub fn value(&self, register: &RegisterId, row: &RowId, field: &FieldId) -> Option<&Value> {
        self.row(register, row)?.get(field)
    }

    /// Number of rows.
    pub fn count(&self, register: &RegisterId) -> usize {
        self.rows.get(register).map_or(0, |rows| rows.len())
    }

    /// The registers that have rows.
    pub fn registers(&self) -> impl Iterator<Item = &RegisterId> {
        self.rows.keys()
    }

    pub(crate) fn put(&mut self, register: RegisterId, row: RowId, values: Row) {
        Arc::make_mut(self.rows.entry(register).or_default()).insert(row, values);
    }

    pub(crate) fn remove(&mut self, register: &RegisterId, row: &RowId) {
        if let Some(rows) = self.rows.get_mut(register) {
            Arc::make_mut(rows).remove(row);
        }
    }
}
