//! The dry run: what each row would do, decided by the same rules that will decide it in earnest. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::{Context, Opener, State, decide};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, Code, FieldId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_messages::{Label, Lang, Message};
use bihuan_reader::table::{Cell, Likely, Problem, Row, Skipped, Table, likely, unit_in};
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::mapping::{Mapping, Target};
use super::matching::{self, Known, Sought};
use super::units::Units;
use super::values::{Cells, lines};
use crate::access::may_administer;
use crate::engine::Engine;
use crate::error::Failure;
use crate::views::Views;
use crate::wire::{self, OpenOrder, Order, Sealing, SourceOrder, Submission};

/// What an import would do.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The mechanism.
    pub mechanism: MechanismId,
    /// The ledger's name.
    pub ledger: String,
    /// What must be mended before any row can be looked at: a column that is not mapped, a right that is missing.
    pub blockers: Vec<Message>,
    /// What a person should look at.
    pub warnings: Vec<Message>,
    /// The rows, in the order of the sheet.
    pub rows: Vec<RowPlan>,
    /// Units that were found by an abbreviation, for a person to look over.
    pub units: Vec<UnitRead>,
    /// Cases of this ledger that no row of the sheet names any more. They are left as they are.
    pub vanished: Vec<Vanished>,
    /// Rows that are no data.
    pub skipped: Vec<Skipped>,
    /// Counts.
    pub summary: Summary,
}

/// Counts of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Cases to be opened.
    pub new: usize,
    /// Cases that would change.
    pub changed: usize,
    /// Rows that say nothing new.
    pub unchanged: usize,
    /// Rows that cannot be taken.
    pub wrong: usize,
    /// Cases that vanished from the sheet.
    pub vanished: usize,
}

/// A row and what it would do.
#[derive(Clone, Debug, Serialize)]
pub struct RowPlan {
    /// Its number in the sheet.
    pub row: u32,
    /// Its key within the ledger.
    pub key: String,
    /// Title.
    pub title: String,
    /// The case that it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// What it would do.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What a person should know: a deadline worked out, a value that stays because it is newer.
    pub notes: Vec<Message>,
    #[serde(skip)]
    pub(super) orders: Vec<Submission>,
}

/// What a row would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Open a case.
    New {
        /// What it would hold.
        values: Vec<Shown>,
    },
    /// Change a case.
    Changed {
        /// What would change.
        changes: Vec<Change>,
    },
    /// Nothing.
    Unchanged,
    /// It cannot be taken.
    Wrong {
        /// All that is wrong with it.
        errors: Vec<RowError>,
    },
}

/// A value as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What it is.
    pub label: Label,
    /// The value.
    pub text: String,
}

/// A change as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What changes.
    pub label: Label,
    /// What stands there now.
    pub before: String,
    /// What would stand there.
    pub after: String,
}

/// Something wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// Header of the column; `None` where it is about the row.
    pub column: Option<String>,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: Message,
    /// How to mend it.
    pub mend: Option<Message>,
}

/// A unit that was found by an abbreviation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitRead {
    /// As the sheet writes it.
    pub found: String,
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: Label,
    /// In how many cells.
    pub times: usize,
}

/// A case that no row names any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vanished {
    /// The case.
    pub case: CaseId,
    /// Its key within the ledger.
    pub key: String,
    /// Its title.
    pub title: Option<String>,
}

impl RowError {
    /// The whole in one line: column, what was found, what was expected, how to mend it.
    pub fn text(&self, lang: Lang) -> String {
        let column = self
            .column
            .as_ref()
            .map(|column| format!("“{column}”"))
            .unwrap_or_default();
        let found: String = self.found.chars().take(60).collect();
        let mut text = match (self.column.is_some(), found.is_empty()) {
            (_, false) => bihuan_messages::tf(
                lang,
                "import.error_found",
                &[
                    ("column", &column),
                    ("found", &found),
                    ("expected", &self.expected.text(lang)),
                ],
            ),
            (true, true) => bihuan_messages::tf(
                lang,
                "import.error_column",
                &[("column", &column), ("expected", &self.expected.text(lang))],
            ),
            (false, true) => self.expected.text(lang),
        };
        if let Some(mend) = &self.mend {
            if lang == Lang::En {
                text.push(' ');
            }
            text.push_str(&mend.text(lang));
        }
        text
    }
}

/// Plans an import. Blocks.
///
/// # Errors
///
/// A refusal where there is no such mechanism; faults of the read models. What is wrong with single rows stands in the
/// plan.
pub fn plan(
    engine: &Engine,
    actor: &Actor,
    mechanism: &MechanismId,
    table: &Table,
    mapping: &Mapping,
) -> Result<Plan, Failure> {
    let found = engine.mechanisms().current(mechanism);
    let mechanism =
        found.ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", mechanism.as_str()))?;
    let (views, world) = (engine.views()?, engine.world());
    let today = date_of(engine.now());
    let cells = Cells {
        world: &world,
        views: &views,
        mechanism: &mechanism,
        table,
        units: Units::new(&world, today),
        year: mapping.year,
        today,
        persons: OnceLock::new(),
    };
    let mut plan = Plan {
        mechanism: mechanism.id.clone(),
        ledger: mapping.ledger.clone(),
        blockers: blockers(engine, actor, &mechanism, mapping),
        warnings: Vec::new(),
        rows: Vec::new(),
        units: Vec::new(),
        vanished: Vec::new(),
        skipped: table.skipped.clone(),
        summary: Summary::default(),
    };
    if !plan.blockers.is_empty() {
        return Ok(plan);
    }
    let known = matching::known(&views, &mechanism.id, &mapping.ledger)?;
    let mut planner = Planner {
        engine,
        actor,
        views: &views,
        mechanism: &mechanism,
        mapping,
        cells,
        units: BTreeMap::new(),
    };
    planner.rows(&mut plan, &known)?;
    Ok(plan)
}

/// What keeps every row from being taken.
fn blockers(engine: &Engine, actor: &Actor, mechanism: &Mechanism, mapping: &Mapping) -> Vec<Message> {
    let mut blockers = Vec::new();
    if !may_administer(&engine.world(), &actor.post) {
        blockers.push(Message::new("refusal.dispatcher_only"));
    }
    if !mechanism.open.from.contains(&SourceKind::Import) {
        blockers.push(Message::new("import.no_import").with("mechanism", &mechanism.label));
    }
    let given = |target: &Target| mapping.column(target).is_some() || mapping.constants.contains_key(target);
    if mapping.ledger.is_empty() {
        blockers.push(Message::new("import.ledger_missing"));
    }
    if !given(&Target::Title) {
        blockers.push(Message::new("import.title_unmapped"));
    }
    if !given(&Target::Owner) {
        blockers.push(Message::new("import.owner_unmapped"));
    }
    for field in mechanism
        .fields
        .iter()
        .filter(|field| field.required && field.id != mechanism.title)
    {
        if !given(&Target::Field(field.id.clone())) {
            blockers.push(
                Message::new("import.field_unmapped")
                    .with("field", &field.label)
                    .with("code", field.id.as_str()),
            );
        }
    }
    blockers
}

struct Planner<'a> {
    engine: &'a Engine,
    actor: &'a Actor,
    views: &'a Views,
    mechanism: &'a Mechanism,
    mapping: &'a Mapping,
    cells: Cells<'a>,
    units: BTreeMap<(String, UnitId), usize>,
}

/// A row whose cells were read.
struct ReadRow {
    row: u32,
    key: String,
    title: String,
    owner: Option<UnitId>,
    supporting: BTreeSet<UnitId>,
    values: BTreeMap<FieldId, Json>,
    notes: Vec<Message>,
    errors: Vec<RowError>,
}

impl Planner<'_> {
    fn rows(&mut self, plan: &mut Plan, known: &[Known]) -> Result<(), Failure> {
        let table = self.cells.table;
        let lasting = self
            .mapping
            .column(&Target::Key)
            .and_then(|place| table.columns.get(place))
            .is_some_and(|column| likely(&column.header).is_some_and(|(meaning, _)| meaning == Likely::Code));
        let mut read: Vec<ReadRow> = table.rows.iter().map(|row| self.read(row)).collect();
        refuse_twins(&mut read, lasting);
        let sought: Vec<Option<Sought>> = read
            .iter()
            .map(|row| {
                (!row.title.is_empty()).then(|| Sought {
                    key: row.key.clone(),
                    title: row.title.clone(),
                })
            })
            .collect();
        let matched = matching::matched(&sought, known, lasting);
        let mut used: BTreeSet<String> = known.iter().map(|known| known.key.clone()).collect();
        let mut renamed = 0usize;
        for (row, place) in read.into_iter().zip(&matched) {
            let found = place.and_then(|place| known.get(place));
            let planned =
                match found {
                    Some(known) => {
                        renamed +=
                            usize::from(known.title.as_deref().is_some_and(|title| {
                                matching::squeeze(title) != matching::squeeze(&row.title)
                            }));
                        self.change(row, known)?
                    }
                    None => self.open(row, &mut used),
                };
            match &planned.outcome {
                Outcome::New { .. } => plan.summary.new += 1,
                Outcome::Changed { .. } => plan.summary.changed += 1,
                Outcome::Unchanged => plan.summary.unchanged += 1,
                Outcome::Wrong { .. } => plan.summary.wrong += 1,
            }
            plan.rows.push(planned);
        }
        let kept: BTreeSet<usize> = matched.into_iter().flatten().collect();
        plan.vanished = known
            .iter()
            .enumerate()
            .filter(|(place, known)| !kept.contains(place) && known.state.is_open())
            .map(|(_, known)| Vanished {
                case: known.state.id,
                key: known.key.clone(),
                title: known.title.clone(),
            })
            .collect();
        plan.summary.vanished = plan.vanished.len();
        // Another ledger under the same name would rewrite this one row by row.
        if !known.is_empty()
            && plan.summary.new.saturating_add(renamed) * 2 > plan.rows.len()
            && plan.rows.len() > 3
        {
            plan.warnings.push(
                Message::new("import.another_ledger")
                    .with("ledger", plan.ledger.as_str())
                    .show("n", known.len()),
            );
        }
        plan.units = std::mem::take(&mut self.units)
            .into_iter()
            .map(|((found, unit), times)| {
                let name = self
                    .cells
                    .world
                    .org
                    .units
                    .get(&unit)
                    .map(|unit| unit.name.clone())
                    .unwrap_or_default();
                UnitRead {
                    found,
                    unit,
                    name,
                    times,
                }
            })
            .collect();
        Ok(())
    }

    fn read(&mut self, row: &Row) -> ReadRow {
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
                    let key = super::mapping::ledger_name(&cell.text());
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

    fn open(&self, read: ReadRow, used: &mut BTreeSet<String>) -> RowPlan {
        let (Some(owner), true) = (read.owner.clone(), read.errors.is_empty()) else {
            return refused(read, None);
        };
        // Two rows of one number (each section of a sheet counts anew) are told apart for good.
        let mut key = read.key.clone();
        let mut n = 2u32;
        while !used.insert(key.clone()) {
            key = format!("{}~{n}", read.key);
            n = n.saturating_add(1);
        }
        let source_key = format!("{}#{key}", self.mapping.ledger);
        let order = Order::Open(OpenOrder {
            mechanism: self.mechanism.id.clone(),
            owner: owner.clone(),
            supporting: read.supporting.clone(),
            title: read.title.clone(),
            risk: None,
            values: read.values.clone(),
            source: Some(SourceOrder {
                kind: SourceKind::Import,
                document: None,
                at: Vec::new(),
                quote: None,
                key: Some(Code::new(&source_key)),
            }),
            parent: None,
        });
        if let Err(failure) = self.rehearse(&order, None) {
            return refused(
                ReadRow {
                    errors: vec![by_rule(&failure)],
                    ..read
                },
                None,
            );
        }
        let mut values = vec![Shown {
            label: label("import.target_owner"),
            text: self.name(&owner),
        }];
        if !read.supporting.is_empty() {
            let names: Vec<String> = read.supporting.iter().map(|unit| self.name(unit)).collect();
            values.push(Shown {
                label: label("import.target_supporting"),
                text: names.join("、"),
            });
        }
        for (id, json) in &read.values {
            if let Some(field) = self.mechanism.field(id) {
                values.push(Shown {
                    label: field.label.clone(),
                    text: self.cells.shown(field, json),
                });
            }
        }
        let stamp = hash(&format!("open\n{}\n{source_key}", self.mechanism.id), 40);
        RowPlan {
            row: read.row,
            key,
            title: read.title,
            case: None,
            outcome: Outcome::New { values },
            notes: read.notes,
            orders: vec![Submission {
                key: format!("import-{stamp}"),
                order,
            }],
        }
    }

    fn change(&self, mut read: ReadRow, known: &Known) -> Result<RowPlan, Failure> {
        let state = &known.state;
        if !read.errors.is_empty() {
            return Ok(refused(read, Some(state.id)));
        }
        let mut changes: Vec<Change> = Vec::new();
        let title_differs = known
            .title
            .as_deref()
            .is_none_or(|title| matching::squeeze(title) != matching::squeeze(&read.title));
        let differing: Vec<FieldId> = read
            .values
            .iter()
            .filter(|(id, json)| {
                self.mechanism
                    .field(id)
                    .is_some_and(|field| !self.cells.same(field, json, state.values.get(*id)))
            })
            .map(|(id, _)| id.clone())
            .collect();
        let owner_differs = read.owner.as_ref().is_some_and(|owner| *owner != state.owner);
        let mut amended: BTreeMap<FieldId, Json> = BTreeMap::new();
        let (mut title, mut owner) = (None, None);
        if title_differs || owner_differs || !differing.is_empty() {
            // Only where something differs: what did the last import say?
            let last = self.last_import(state)?;
            for id in differing {
                let (Some(field), Some(json)) = (self.mechanism.field(&id), read.values.get(&id)) else {
                    continue;
                };
                let before = state
                    .values
                    .get(&id)
                    .map(|value| self.cells.words_of(field, value))
                    .unwrap_or_default();
                if self.cells.same(field, json, last.values.get(&id)) {
                    read.notes.push(kept(&field.label, &before));
                    continue;
                }
                changes.push(Change {
                    label: field.label.clone(),
                    before,
                    after: self.cells.shown(field, json),
                });
                amended.insert(id, json.clone());
            }
            if title_differs {
                let before = known.title.clone().unwrap_or_default();
                if last.title.as_deref() == Some(read.title.as_str()) {
                    read.notes.push(kept(&label("import.target_title"), &before));
                } else {
                    changes.insert(
                        0,
                        Change {
                            label: label("import.target_title"),
                            before,
                            after: read.title.clone(),
                        },
                    );
                    title = Some(read.title.clone());
                }
            }
            if let Some(new) = read.owner.clone().filter(|_| owner_differs) {
                if last.owner.as_ref() == Some(&new) {
                    read.notes
                        .push(kept(&label("import.target_owner"), &self.name(&state.owner)));
                } else {
                    let (before, after) = (self.name(&state.owner), self.name(&new));
                    changes.push(Change {
                        label: label("import.target_owner"),
                        before,
                        after,
                    });
                    owner = Some(new);
                }
            }
        }
        if !read.supporting.is_empty() && read.supporting != state.supporting {
            read.notes.push(Message::new("import.note_supporting"));
        }
        let mut orders = Vec::new();
        if title.is_some() || !amended.is_empty() {
            let order = Order::Amend {
                case: state.id,
                values: amended,
                title,
                reason: Code::new("import"),
            };
            orders.push(self.stamped(state, order));
        }
        if let Some(owner) = owner {
            let reason = Some(self.reassign_reason());
            orders.push(self.stamped(
                state,
                Order::Reassign {
                    case: state.id,
                    owner,
                    reason,
                },
            ));
        }
        for submission in &orders {
            if let Err(failure) = self.rehearse(&submission.order, Some(state)) {
                return Ok(refused(
                    ReadRow {
                        errors: vec![by_rule(&failure)],
                        ..read
                    },
                    Some(state.id),
                ));
            }
        }
        Ok(RowPlan {
            row: read.row,
            key: known.key.clone(),
            title: read.title,
            case: Some(state.id),
            outcome: if changes.is_empty() {
                Outcome::Unchanged
            } else {
                Outcome::Changed { changes }
            },
            notes: read.notes,
            orders,
        })
    }

    /// The key holds the state that the change was planned on: sent twice it is one change, made again later another.
    fn stamped(&self, state: &State, order: Order) -> Submission {
        let body = serde_json::to_string(&order).unwrap_or_default();
        let stamp = hash(&format!("{}\n{}\n{body}", state.id, state.seq), 40);
        Submission {
            key: format!("import-{stamp}"),
            order,
        }
    }

    fn reassign_reason(&self) -> String {
        bihuan_messages::tf(
            Lang::Zh,
            "import.reassign_reason",
            &[("ledger", &self.mapping.ledger)],
        )
    }

    /// What the last import of this ledger said about a case, so that newer work in the system is told from old rows.
    fn last_import(&self, state: &State) -> Result<LastImport, Failure> {
        let mut last = LastImport::default();
        let Some(view) = self.views.case(state.id)? else {
            return Ok(last);
        };
        let mut title = None;
        for entry in view.timeline {
            match entry.event {
                CaseEvent::Opened(opened) => {
                    title = Some(opened.title.clone());
                    last.values = opened.values.clone();
                    last.owner = Some(opened.owner.clone());
                }
                CaseEvent::Amended(amended) if amended.reason.as_str() == "import" => {
                    title = amended.title.or(title);
                    last.values.extend(amended.values);
                }
                CaseEvent::Reassigned(moved) => {
                    let reason = match &moved.reason {
                        Some(sealed) => self.views.unseal(sealed)?,
                        None => None,
                    };
                    if reason.as_deref() == Some(self.reassign_reason().as_str()) {
                        last.owner = Some(moved.owner);
                    }
                }
                _ => {}
            }
        }
        if let Some(title) = title {
            last.title = self.views.unseal(&title)?;
        }
        Ok(last)
    }

    /// Decides an order as the writer will, and forgets the outcome.
    fn rehearse(&self, order: &Order, state: Option<&State>) -> Result<(), Failure> {
        let under = state.and_then(|state| self.engine.mechanisms().by_digest(&state.mechanism.digest));
        let mechanism = under.as_deref().unwrap_or(self.mechanism);
        let command = wire::command(mechanism, order, &mut Sealing::default(), &mut |_| None)?;
        let recent = BTreeSet::new();
        let opener = Opener {
            id: CaseId(u64::MAX),
            number: None,
        };
        let ctx = Context {
            now: self.engine.now(),
            actor: self.actor,
            mechanism,
            world: self.cells.world,
            recent: &recent,
            opener: Some(&opener),
        };
        decide(&ctx, state, &command)?;
        Ok(())
    }

    fn name(&self, unit: &UnitId) -> String {
        self.cells
            .world
            .org
            .units
            .get(unit)
            .map_or_else(|| unit.to_string(), |unit| unit.name.zh.clone())
    }
}

#[derive(Default)]
struct LastImport {
    title: Option<String>,
    values: bihuan_domain::event::Values,
    owner: Option<UnitId>,
}

/// The same row twice: the second is refused. With keys given for good, the same key twice is a fault of the sheet.
fn refuse_twins(rows: &mut [ReadRow], lasting: bool) {
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

fn refused(read: ReadRow, case: Option<CaseId>) -> RowPlan {
    RowPlan {
        row: read.row,
        key: read.key,
        title: read.title,
        case,
        outcome: Outcome::Wrong { errors: read.errors },
        notes: read.notes,
        orders: Vec::new(),
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

/// A refusal of the rules as an error of a row.
pub(super) fn by_rule(failure: &Failure) -> RowError {
    let (expected, mend) = match failure {
        Failure::Refused(refusal) => (refusal.rule.clone(), refusal.allowed.first().cloned()),
        Failure::Fault(fault) => (fault.message(), None),
    };
    RowError {
        column: None,
        found: String::new(),
        expected,
        mend,
    }
}

fn kept(label: &Label, now: &str) -> Message {
    Message::new("import.note_kept")
        .with("field", label)
        .with("now", now)
}

pub(super) fn label(key: &str) -> Label {
    Label::new(
        bihuan_messages::t(Lang::Zh, key),
        bihuan_messages::t(Lang::En, key),
    )
}

/// The first `digits` hex digits of a hash.
pub(super) fn hash(text: &str, digits: usize) -> String {
    let hex: String = Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    hex.chars().take(digits).collect()
}
