//! The dry run: what each row would do, decided by the same rules that will decide it in earnest. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{CaseId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_messages::{Label, Lang, Message};
use bihuan_reader::table::{Likely, Skipped, Table, likely};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::mapping::{Mapping, Target};
use super::matching::{self, Known, Sought};
use super::reading::{ReadRow, refuse_twins};
use super::units::Units;
use super::values::Cells;
use crate::access::may_administer;
use crate::engine::Engine;
use crate::error::Failure;
use crate::views::Views;
use crate::wire::Submission;

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

/// What planning a row needs.
pub(super) struct Planner<'a> {
    pub(super) engine: &'a Engine,
    pub(super) actor: &'a Actor,
    pub(super) views: &'a Views,
    pub(super) mechanism: &'a Mechanism,
    pub(super) mapping: &'a Mapping,
    pub(super) cells: Cells<'a>,
    pub(super) units: BTreeMap<(String, UnitId), usize>,
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
