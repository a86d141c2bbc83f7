//! Where a form is filled in (现场): the register row whose code was scanned, and the rows and units to which it leads.
//! What they tell is not asked again (law 10).

use std::collections::BTreeSet;

use bihuan_domain::calendar::date_of;
use bihuan_domain::expr::Row;
use bihuan_domain::id::{Code, RegisterId, RowId, UnitId};
use bihuan_domain::mechanism::Field;
use bihuan_domain::value::{RowRef, Type, Value};
use maud::{Markup, html};

use super::{Fields, OF_ROW};
use crate::body::Sent;
use crate::session::Visitor;
use crate::show;

/// Rows that are followed from one row: device, enterprise; unit, building, grid, station.
const STEPS_MAX: usize = 8;

/// A row of a register, seen from the spot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The row, then those to which it leads, each register once.
    rows: Vec<RowRef>,
    /// The units that stand in those rows, the nearest first.
    units: Vec<UnitId>,
    /// The unit that the row itself is: of no other row of its register.
    own: Option<UnitId>,
}

impl Place {
    /// The place of a row; `None` where the register has no such row.
    pub fn of(visitor: &Visitor, register: &RegisterId, row: &RowId) -> Option<Place> {
        let registers = &visitor.world.registers;
        registers.row(register, row)?;
        let mut place = Place {
            rows: vec![RowRef {
                register: register.clone(),
                row: row.clone(),
            }],
            units: Vec::new(),
            own: None,
        };
        let mut next = 0;
        while let Some(at) = place.rows.get(next).cloned() {
            next += 1;
            for value in registers
                .row(&at.register, &at.row)
                .into_iter()
                .flat_map(|row| row.values())
            {
                match value {
                    Value::Row(row) if place.rows.len() < STEPS_MAX && place.at(&row.register).is_none() => {
                        place.rows.push(row.clone());
                    }
                    Value::Unit(unit) if !place.units.contains(unit) => place.units.push(unit.clone()),
                    _ => {}
                }
            }
        }
        place.own = place
            .units
            .first()
            .filter(|unit| is_of_one(visitor, register, unit))
            .cloned();
        Some(place)
    }

    /// The unit that the row itself is, as a door is its unit's.
    pub fn own(&self) -> Option<&UnitId> {
        self.own.as_ref()
    }

    /// Reads what [`Place::tag`] wrote; nothing for what is no row.
    pub fn parse(visitor: &Visitor, tag: &str) -> Option<Place> {
        let (register, row) = tag.split_once('/')?;
        Place::of(visitor, &register.into(), &row.into())
    }

    /// `register/row`, as addresses and forms carry it.
    pub fn tag(&self) -> String {
        self.rows
            .first()
            .map(|row| format!("{}/{}", row.register, row.row))
            .unwrap_or_default()
    }

    /// The row of this register here.
    pub fn at(&self, register: &RegisterId) -> Option<&RowRef> {
        self.rows.iter().find(|row| row.register == *register)
    }

    /// The scanned row, then those to which it leads.
    pub fn rows(&self) -> &[RowRef] {
        &self.rows
    }

    /// The only unit here that is of one of these kinds; of any kind where none is named.
    pub fn unit(&self, visitor: &Visitor, kinds: &BTreeSet<Code>) -> Option<&UnitId> {
        let today = date_of(visitor.now);
        let fits = |unit: &&UnitId| {
            let found = visitor.world.org.unit_on(unit, today);
            found.is_some_and(|unit| kinds.is_empty() || kinds.contains(&unit.kind))
        };
        let mut fitting = self.units.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(unit), None) => Some(unit),
            _ => None,
        }
    }
}

/// Whether exactly one row of a register names a unit.
fn is_of_one(visitor: &Visitor, register: &RegisterId, unit: &UnitId) -> bool {
    let names = |row: &Row| {
        row.values()
            .any(|value| matches!(value, Value::Unit(named) if named == unit))
    };
    let mut rows = visitor
        .world
        .registers
        .rows(register)
        .filter(|(_, row)| names(row));
    rows.next().is_some() && rows.next().is_none()
}

impl<'a> Fields<'a> {
    /// A form that is filled in on the spot: rows that the place tells are told, the day of what was done is today.
    pub fn on_the_spot(mut self, place: Option<&'a Place>) -> Fields<'a> {
        self.spot = true;
        self.place = place;
        self
    }

    /// The row that the place tells for a field, unless the case or an earlier try says otherwise.
    pub(super) fn told(&self, field: &Field, sent: Option<&Sent>) -> Option<&'a RowRef> {
        let Type::Row(register) = &field.ty else {
            return None;
        };
        let row = self.place?.at(register)?;
        let typed = sent.and_then(|sent| sent.filled(&self.name(field)));
        let had = self.had.and_then(|had| had.get(&field.id));
        let other = typed.is_some_and(|typed| typed != row.row.as_str()) || had.is_some();
        (!other).then_some(row)
    }

    /// A field that the place tells: the row's name, and its code in the form.
    pub(super) fn told_view(&self, field: &Field, row: &RowRef) -> Markup {
        let lang = self.show.visitor.lang;
        html! {
            div .field .told id=(self.id(&field.id)) {
                span .told-label { (field.label.get(lang)) }
                span .told-value { (show::text(&self.show.row(row))) }
                input type="hidden" name=(self.name(field)) value=(row.row);
            }
        }
    }

    /// What stands in an untouched widget on the spot: the day of what is being done. Such days are called `…_on`, days
    /// that lie ahead are not.
    pub(super) fn today(&self, field: &Field, needed: bool) -> Option<String> {
        let done_now = field.id.as_str() == "on" || field.id.as_str().ends_with("_on");
        let asked = self.spot && self.prefix == OF_ROW && needed && field.ty == Type::Date && done_now;
        asked.then(|| date_of(self.show.visitor.now).to_string())
    }
}
