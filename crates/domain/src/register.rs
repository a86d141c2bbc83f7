//! Registers (名册、清单): typed rows that need no doing: projects, devices, households, spaces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::expr::Row;
use crate::id::{FieldId, RegisterId, RowId};
use crate::value::Value;

/// The rows of all registers of a jurisdiction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registers {
    rows: BTreeMap<RegisterId, BTreeMap<RowId, Row>>,
}

impl Registers {
    /// The rows of a register, by code.
    pub fn rows(&self, register: &RegisterId) -> impl Iterator<Item = (&RowId, &Row)> {
        self.rows.get(register).into_iter().flatten()
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
        self.rows.get(register).map_or(0, BTreeMap::len)
    }

    /// The registers that have rows.
    pub fn registers(&self) -> impl Iterator<Item = &RegisterId> {
        self.rows.keys()
    }

    pub(crate) fn put(&mut self, register: RegisterId, row: RowId, values: Row) {
        self.rows.entry(register).or_default().insert(row, values);
    }

    pub(crate) fn remove(&mut self, register: &RegisterId, row: &RowId) {
        if let Some(rows) = self.rows.get_mut(register) {
            rows.remove(row);
        }
    }
}
