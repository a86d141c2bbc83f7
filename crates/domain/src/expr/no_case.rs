//! The scope of an expression where no case is the one in question: openings, indicators, schemes.

use jiff::Timestamp;

use super::{Over, Row, Scope};
use crate::id::{Code, FieldId, StageId, UnitId};
use crate::register::Registers;
use crate::value::{RowRef, Value};

/// What an expression sees where no case is the one in question: the time, and as much beside it as it is given.
#[derive(Clone, Debug)]
pub struct NoCase<'a> {
    now: Timestamp,
    registers: Option<&'a Registers>,
    cases: &'a [Row],
}

impl<'a> NoCase<'a> {
    /// Nothing but the row in question.
    pub fn new(now: Timestamp) -> Self {
        NoCase {
            now,
            registers: None,
            cases: &[],
        }
    }

    /// Registers beside it.
    #[must_use]
    pub fn with_registers(self, registers: &'a Registers) -> Self {
        NoCase {
            registers: Some(registers),
            ..self
        }
    }

    /// All cases of a mechanism beside it.
    #[must_use]
    pub fn with_cases(self, cases: &'a [Row]) -> Self {
        NoCase { cases, ..self }
    }
}

impl Scope for NoCase<'_> {
    fn field(&self, _: &FieldId) -> Option<Value> {
        None
    }

    fn stage(&self) -> Option<StageId> {
        None
    }

    fn round(&self) -> i64 {
        1
    }

    fn risk(&self) -> Code {
        Code::new("ordinary")
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn opened(&self) -> Option<Timestamp> {
        None
    }

    fn owner(&self) -> Option<UnitId> {
        None
    }

    fn through(&self, row: &RowRef, field: &FieldId) -> Option<Value> {
        self.registers?.value(&row.register, &row.row, field).cloned()
    }

    fn rows(&self, over: &Over, visit: &mut dyn FnMut(&Row) -> bool) {
        match over {
            Over::Register(register) => {
                let rows = self.registers.into_iter().flat_map(|known| known.rows(register));
                for (_, row) in rows {
                    if !visit(row) {
                        return;
                    }
                }
            }
            Over::Cases => {
                for row in self.cases {
                    if !visit(row) {
                        return;
                    }
                }
            }
            // Belongs to one case, and there is none here.
            Over::Own(_) | Over::Children => {}
        }
    }
}
