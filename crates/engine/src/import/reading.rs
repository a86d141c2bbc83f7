//! Reading one row of a sheet: its cells by their targets, its units by their part in the matter, and what it lacks.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{FieldId, UnitId};
use bihuan_messages::Message;
use bihuan_reader::table::{Cell, Problem, Row, unit_in};
use serde_json::Value as Json;

use super::mapping::{Target, ledger_name};
use super::matching;
use super::plan::{Planner, RowError};
use super::values::lines;

/// A row whose cells were read.
pub(super) struct ReadRow {
    pub(super) row: u32,
    pub(super) key: String,
    pub(super) title: String,
    pub(super) owner: Option<UnitId>,
    pub(super) supporting: BTreeSet<UnitId>,
    pub(super) values: BTreeMap<FieldId, Json>,
    pub(super) notes: Vec<Message>,
    pub(super) errors: Vec<RowError>,
}

impl Planner<'_> {
    pub(super) fn read(&mut self, row: &Row) -> ReadRow {
        let mut read = ReadRow {
            row: row.number,
            key: format!("r{}", row.number),
            title: String::new(),
            owner: None,
            supporting: BTreeSet::new(),
            values: BTreeMap::new(),
            notes: Vec::new(),
            errors: Vec::new(),
        };
        let table = self.cells.table;
        let mut supporting: Vec<(Option<String>, String)> = Vec::new();
        let mut owner: Option<(Option<String>, String)> = None;
        for (place, assigned) in self.mapping.columns.iter().enumerate() {
            let header = table.columns.get(place).map(|column| column.header.clone());
            let cell = row.cells.get(place).unwrap_or(&Cell::Empty);
            match &assigned.target {
                Target::Ignore => {}
                Target::Key => {
                    let key = ledger_name(&cell.text());
                    if !key.is_empty() {
                        read.key = key;
                    }
                }
                Target::Title => read.title = lines(&cell.text()),
                Target::Owner if !cell.is_empty() => owner = Some((header, cell.text())),
                Target::Supporting if !cell.is_empty() => supporting.push((header, cell.text())),
                Target::Owner | Target::Supporting => {}
                Target::Field(id) => {
                    let unit = assigned.unit.clone();
                    self.field(&mut read, id, cell, header, unit);
                }
            }
        }
        for (target, value) in &self.mapping.constants {
            let cell = Cell::Text(value.clone());
            match target {
                Target::Owner if owner.is_none() => owner = Some((None, value.clone())),
                Target::Supporting if supporting.is_empty() => supporting.push((None, value.clone())),
                Target::Title if read.title.is_empty() => read.title = value.clone(),
                Target::Field(id) if !read.values.contains_key(id) => {
                    self.field(&mut read, id, &cell, None, None)
                }
                _ => {}
            }
        }
        self.people(&mut read, owner, supporting);
        self.complete(&mut read);
        read
    }

    fn field(
        &self,
        read: &mut ReadRow,
        id: &FieldId,
        cell: &Cell,
        header: Option<String>,
        unit: Option<String>,
    ) {
        let Some(field) = self.mechanism.field(id) else {
            return;
        };
        let money = field.ty == bihuan_domain::value::Type::Money;
        let wanted = if money {
            "元"
        } else {
            field.unit.as_ref().map_or("", |unit| unit.zh.as_str())
        };
        // The unit nearest to the number wins: stated by a person, in the header, over the whole sheet.
        let unit = unit
            .or_else(|| header.as_deref().and_then(|header| unit_in(header, wanted)))
            .or_else(|| self.cells.table.unit.clone().filter(|_| money));
        match self.cells.read(field, cell, unit.as_deref()) {
            Ok(None) => {}
            Ok(Some(value)) => {
                read.notes.extend(value.note);
                read.values.insert(id.clone(), value.json);
            }
            Err(problem) => {
                let column = header.or_else(|| Some(field.label.zh.clone()));
                read.errors.push(wrong(column, &cell.text(), problem));
            }
        }
    }

    /// Who leads and who supports. Two lead units are an error: somebody must choose.
    fn people(
        &mut self,
        read: &mut ReadRow,
        owner: Option<(Option<String>, String)>,
        supporting: Vec<(Option<String>, String)>,
    ) {
        let mut others: Vec<(Option<String>, String)> = Vec::new();
        if let Some((header, text)) = owner {
            let cast = self.cells.units.cast(&text);
            others.extend(cast.supporting.into_iter().map(|name| (header.clone(), name)));
            match cast.lead.as_slice() {
                [one] => read.owner = self.unit(read, header, one),
                [] => {}
                several => {
                    let known = several.join("、");
                    let error = RowError {
                        column: header,
                        found: text,
                        expected: Message::new("import.expected_one_lead"),
                        mend: Some(Message::new("import.mend_one_lead").with("known", known)),
                    };
                    read.errors.push(error);
                }
            }
        }
        for (header, text) in supporting {
            let cast = self.cells.units.cast(&text);
            others.extend(
                cast.lead
                    .into_iter()
                    .chain(cast.supporting)
                    .map(|name| (header.clone(), name)),
            );
        }
        for (header, name) in others {
            if let Some(unit) = self.unit(read, header, &name)
                && Some(&unit) != read.owner.as_ref()
            {
                read.supporting.insert(unit);
            }
        }
    }

    fn unit(&mut self, read: &mut ReadRow, header: Option<String>, name: &str) -> Option<UnitId> {
        match self.cells.unit(name) {
            Ok((unit, note)) => {
                if note.is_some() {
                    let times = self
                        .units
                        .entry((name.trim().to_owned(), unit.clone()))
                        .or_default();
                    *times = times.saturating_add(1);
                }
                Some(unit)
            }
            Err(problem) => {
                read.errors.push(wrong(header, name, problem));
                None
            }
        }
    }

    /// What every row must have.
    fn complete(&self, read: &mut ReadRow) {
        let header = |target: &Target| {
            let place = self.mapping.column(target)?;
            self.cells
                .table
                .columns
                .get(place)
                .map(|column| column.header.clone())
        };
        let mut missing: Vec<Option<String>> = Vec::new();
        if read.title.is_empty() {
            missing.push(header(&Target::Title));
        }
        if read.owner.is_none() && read.errors.is_empty() {
            missing.push(header(&Target::Owner));
        }
        for field in self
            .mechanism
            .fields
            .iter()
            .filter(|field| field.required && field.id != self.mechanism.title)
        {
            let target = Target::Field(field.id.clone());
            let column = header(&target).or_else(|| Some(field.label.zh.clone()));
            if !read.values.contains_key(&field.id) && !read.errors.iter().any(|error| error.column == column)
            {
                missing.push(column);
            }
        }
        read.errors.extend(missing.into_iter().map(|column| RowError {
            column,
            found: String::new(),
            expected: Message::new("import.expected_filled"),
            mend: Some(Message::new("import.mend_fill")),
        }));
    }
}

/// The same row twice: the second is refused. With keys given for good, the same key twice is a fault of the sheet.
pub(super) fn refuse_twins(rows: &mut [ReadRow], lasting: bool) {
    let mut first: BTreeMap<(String, String), u32> = BTreeMap::new();
    for row in rows.iter_mut().filter(|row| !row.title.is_empty()) {
        let title = if lasting {
            String::new()
        } else {
            matching::squeeze(&row.title)
        };
        // Rows that only carry their place as key are twins only with the same owner, too.
        let by_place = row.key == format!("r{}", row.row);
        let key = if by_place {
            format!("{:?}", row.owner)
        } else {
            row.key.clone()
        };
        match first.get(&(key.clone(), title.clone())) {
            Some(earlier) => row.errors.push(RowError {
                column: None,
                found: String::new(),
                expected: Message::new("import.expected_once").show("row", earlier),
                mend: Some(Message::new("import.mend_once")),
            }),
            None => {
                first.insert((key, title), row.row);
            }
        }
    }
}

fn wrong(column: Option<String>, found: &str, problem: Problem) -> RowError {
    RowError {
        column,
        found: found.to_owned(),
        expected: problem.expected,
        mend: Some(problem.mend),
    }
}
