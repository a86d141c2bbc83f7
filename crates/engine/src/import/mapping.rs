//! Which column means what: proposed from headers and contents, changed by a person, remembered as an event.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bihuan_domain::event::{SettingSet, WorldEvent};
use bihuan_domain::id::{Code, FieldId, MechanismId};
use bihuan_domain::mechanism::{Field, LimitSpec, Mechanism};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Type;
use bihuan_messages::{Label, Message};
use bihuan_reader::table::{Likely, Month, Table, day, likely, number, plain};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::matching::likeness;
use super::values::is_deadline;
use crate::documents::datum;
use crate::engine::Engine;
use crate::error::Failure;

/// What a column is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Nothing that is taken.
    Ignore,
    /// The key of a row: its number or code.
    Key,
    /// Title of the case.
    Title,
    /// Owner (责任单位).
    Owner,
    /// Supporting units (配合单位).
    Supporting,
    /// A field of the mechanism.
    Field(FieldId),
}

/// What a column is, with the unit of its amounts where a person stated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// What it is.
    pub target: Target,
    /// Unit of its amounts, such as `万元`; from the header or the sheet where absent.
    pub unit: Option<String>,
}

/// How a table is read into a mechanism.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The ledger's name: with a row's key it names the case for good.
    pub ledger: String,
    /// One entry a column, in order.
    pub columns: Vec<Assigned>,
    /// Values that are the same for all rows, by target.
    pub constants: BTreeMap<Target, String>,
    /// The year of dates without one.
    pub year: Option<i16>,
    /// Whether the columns were remembered from an earlier import of a sheet with the same headers.
    pub remembered: bool,
}

impl Target {
    /// Reads `key`, `title`, `owner`, `supporting`, `-`, or the code of a field of this mechanism.
    pub fn parse(text: &str, mechanism: &Mechanism) -> Option<Target> {
        let text = text.trim();
        let field = |id: &str| {
            let id = FieldId::new(id);
            if id == mechanism.title {
                return Some(Target::Title);
            }
            mechanism
                .field(&id)
                .filter(|field| importable(field))
                .map(|field| Target::Field(field.id.clone()))
        };
        if let Some(id) = text.strip_prefix("field:") {
            return field(id);
        }
        Some(match text {
            "" | "-" => Target::Ignore,
            "key" => Target::Key,
            "title" => Target::Title,
            "owner" => Target::Owner,
            "supporting" => Target::Supporting,
            id => {
                let by_label = || {
                    mechanism
                        .fields
                        .iter()
                        .find(|field| field.label.zh == id || field.label.en == id)
                };
                return field(id).or_else(|| by_label().and_then(|found| field(found.id.as_str())));
            }
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Ignore => f.write_str("-"),
            Target::Key => f.write_str("key"),
            Target::Title => f.write_str("title"),
            Target::Owner => f.write_str("owner"),
            Target::Supporting => f.write_str("supporting"),
            Target::Field(id) if ["key", "title", "owner", "supporting"].contains(&id.as_str()) => {
                write!(f, "field:{id}")
            }
            Target::Field(id) => write!(f, "{id}"),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl fmt::Display for Assigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Some(unit) => write!(f, "{}@{unit}", self.target),
            None => write!(f, "{}", self.target),
        }
    }
}

impl Serialize for Assigned {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl Assigned {
    /// Reads a target with an optional unit behind `@`.
    pub fn parse(text: &str, mechanism: &Mechanism) -> Option<Assigned> {
        let (target, unit) = match text.split_once('@') {
            Some((target, unit)) => (target, Some(unit.trim()).filter(|unit| !unit.is_empty())),
            None => (text, None),
        };
        Some(Assigned {
            target: Target::parse(target, mechanism)?,
            unit: unit.map(str::to_owned),
        })
    }
}

impl Mapping {
    /// Changes the mapping by one argument: `列名=字段`, `列名=字段@万元`, or `=值=字段` for a value that all rows share.
    ///
    /// A column is named by its header, the last part of it, or its letter; a field by its code or label; besides there
    /// are `key`, `title`, `owner`, `supporting` and `-` for a column that is left out.
    ///
    /// # Errors
    ///
    /// A message that lists what there is.
    pub fn set(
        &mut self,
        engine: &Engine,
        mechanism: &MechanismId,
        table: &Table,
        argument: &str,
    ) -> Result<(), Message> {
        let found = engine.mechanisms().current(mechanism);
        let mechanism = found
            .ok_or_else(|| Message::new("refusal.no_such_mechanism").with("mechanism", mechanism.as_str()))?;
        let unreadable = || Message::new("import.bad_map").with("found", argument);
        let known_targets = || {
            let all: Vec<String> = targets(&mechanism)
                .into_iter()
                .map(|(target, _)| target.to_string())
                .collect();
            all.join("、")
        };
        let (name, target) = argument.rsplit_once('=').ok_or_else(unreadable)?;
        let assigned = Assigned::parse(target, &mechanism).ok_or_else(|| {
            Message::new("import.no_such_target")
                .with("found", target)
                .with("known", known_targets())
        })?;
        if let Some(value) = name.strip_prefix('=') {
            self.constants.insert(assigned.target, value.trim().to_owned());
            return Ok(());
        }
        let sought = plain(name);
        let place = table
            .columns
            .iter()
            .position(|column| plain(&column.header) == sought)
            .or_else(|| {
                table.columns.iter().position(|column| {
                    column
                        .header
                        .rsplit('/')
                        .next()
                        .is_some_and(|last| plain(last) == sought)
                })
            })
            .or_else(|| {
                table
                    .columns
                    .iter()
                    .position(|column| column.letter.eq_ignore_ascii_case(name.trim()))
            });
        let place = place.ok_or_else(|| {
            let known: Vec<&str> = table
                .columns
                .iter()
                .map(|column| column.header.as_str())
                .collect();
            Message::new("import.no_such_column")
                .with("found", name)
                .with("known", known.join("、"))
        })?;
        // A field is taken from one column: the former one gives way.
        if !matches!(assigned.target, Target::Supporting | Target::Ignore) {
            for column in self
                .columns
                .iter_mut()
                .filter(|column| column.target == assigned.target)
            {
                column.target = Target::Ignore;
            }
        }
        if let Some(column) = self.columns.get_mut(place) {
            *column = assigned;
        }
        self.remembered = false;
        Ok(())
    }

    /// The column of a target.
    pub fn column(&self, target: &Target) -> Option<usize> {
        self.columns.iter().position(|column| column.target == *target)
    }
}

/// What a column may be for this mechanism, each with its name for a list.
pub fn targets(mechanism: &Mechanism) -> Vec<(Target, Label)> {
    let text = |key: &str| {
        let of = |lang| bihuan_messages::t(lang, key).to_owned();
        Label::new(of(bihuan_messages::Lang::Zh), of(bihuan_messages::Lang::En))
    };
    let mut all = vec![
        (Target::Ignore, text("import.target_ignore")),
        (Target::Key, text("import.target_key")),
        (
            Target::Title,
            mechanism
                .field(&mechanism.title)
                .map_or_else(|| text("import.target_title"), |field| field.label.clone()),
        ),
        (Target::Owner, text("import.target_owner")),
        (Target::Supporting, text("import.target_supporting")),
    ];
    let fields = mechanism
        .fields
        .iter()
        .filter(|field| field.id != mechanism.title && takes(&field.ty) && importable(field));
    all.extend(fields.map(|field| (Target::Field(field.id.clone()), field.label.clone())));
    all
}

/// Nothing that is a custodian's comes in by a sheet: there it lies in the clear for whoever has the file.
fn importable(field: &Field) -> bool {
    field.sealed_to.is_none()
}

fn takes(ty: &Type) -> bool {
    match ty {
        Type::File => false,
        Type::List(item) => takes(item),
        _ => true,
    }
}

/// The mapping of an earlier import of a sheet with these headers, else one proposed from headers and contents.
///
/// # Errors
///
/// A refusal where there is no such mechanism.
pub fn propose(
    engine: &Engine,
    mechanism: &MechanismId,
    file_name: &str,
    table: &Table,
) -> Result<Mapping, Failure> {
    let found = engine.mechanisms().current(mechanism);
    let mechanism =
        found.ok_or_else(|| Refusal::new("no_such_mechanism").with("mechanism", mechanism.as_str()))?;
    let world = engine.world();
    let remembered = world
        .settings
        .get(&setting(&mechanism.id, table))
        .and_then(|value| recall(value, &mechanism, table));
    let known = remembered.is_some();
    Ok(Mapping {
        ledger: default_name(file_name, table),
        columns: remembered.unwrap_or_else(|| guess(&mechanism, table)),
        constants: BTreeMap::new(),
        year: table.year,
        remembered: known,
    })
}

/// Remembers a mapping for sheets with the same headers. Nothing is recorded where it is known already.
///
/// What is recorded are the targets by position; headers and constants are free text and stay out of the log.
///
/// # Errors
///
/// Faults of the log.
pub fn remember(
    engine: &Engine,
    actor: &Actor,
    mechanism: &MechanismId,
    table: &Table,
    mapping: &Mapping,
) -> Result<(), Failure> {
    let key = setting(mechanism, table);
    let columns: Vec<String> = mapping.columns.iter().map(Assigned::to_string).collect();
    let value = json!({ "version": 1, "columns": columns });
    if engine.world().settings.get(&key) == Some(&value) {
        return Ok(());
    }
    let size = engine.beacon().size;
    let event = WorldEvent::SettingSet(SettingSet {
        key: key.clone(),
        value,
    });
    engine.change(actor, &format!("{key}-{size}"), vec![event.into()])?;
    Ok(())
}

fn setting(mechanism: &MechanismId, table: &Table) -> Code {
    Code::new(format!("import.mapping.{mechanism}.{}", digest(table)))
}

/// Names the shape of a sheet: 16 hex digits over its headers.
pub fn digest(table: &Table) -> String {
    let headers: Vec<String> = table.columns.iter().map(|column| plain(&column.header)).collect();
    super::plan::hash(&headers.join("\n"), 16)
}

fn recall(value: &Json, mechanism: &Mechanism, table: &Table) -> Option<Vec<Assigned>> {
    #[derive(Deserialize)]
    struct Kept {
        version: u32,
        columns: Vec<String>,
    }
    let kept: Kept = serde_json::from_value(value.clone()).ok()?;
    // A field that a later version of the mechanism dropped is left out.
    let parse = |text: &String| {
        Assigned::parse(text, mechanism).unwrap_or(Assigned {
            target: Target::Ignore,
            unit: None,
        })
    };
    (kept.version == 1 && kept.columns.len() == table.columns.len())
        .then(|| kept.columns.iter().map(parse).collect())
}

/// The best fit of columns and targets, greatest certainty first.
fn guess(mechanism: &Mechanism, table: &Table) -> Vec<Assigned> {
    let mut fits: Vec<(u32, usize, Target)> = Vec::new();
    for (place, column) in table.columns.iter().enumerate() {
        let meaning = likely(&column.header);
        for (target, _) in targets(mechanism) {
            let sure = fit(mechanism, table, place, &column.header, meaning, &target);
            if sure >= 50 {
                fits.push((sure, place, target));
            }
        }
    }
    fits.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut columns: Vec<Option<Target>> = table.columns.iter().map(|_| None).collect();
    let mut used = BTreeSet::new();
    for (_, place, target) in fits {
        let free = target == Target::Supporting || !used.contains(&target);
        if let Some(column) = columns.get_mut(place).filter(|column| column.is_none() && free) {
            used.insert(target.clone());
            *column = Some(target);
        }
    }
    if !used.contains(&Target::Title)
        && let Some(column) = wordiest(table, &columns).and_then(|place| columns.get_mut(place))
    {
        *column = Some(Target::Title);
    }
    columns
        .into_iter()
        .map(|target| Assigned {
            target: target.unwrap_or(Target::Ignore),
            unit: None,
        })
        .collect()
}

fn fit(
    mechanism: &Mechanism,
    table: &Table,
    place: usize,
    header: &str,
    meaning: Option<(Likely, u8)>,
    target: &Target,
) -> u32 {
    let sure = |wanted: Likely| {
        meaning
            .filter(|(likely, _)| *likely == wanted)
            .map_or(0, |(_, sure)| u32::from(sure))
    };
    match target {
        Target::Ignore => 0,
        // A code given for good goes before a running number.
        Target::Key => sure(Likely::Code).max(sure(Likely::Number).saturating_sub(10)),
        Target::Title => {
            let label = mechanism
                .field(&mechanism.title)
                .map_or(0, |field| label_fit(field, header));
            label
                .max(sure(Likely::Title))
                .max(sure(Likely::Content).saturating_sub(30))
        }
        Target::Owner => sure(Likely::Owner),
        Target::Supporting => sure(Likely::Supporting).max(sure(Likely::Owner).saturating_sub(35)),
        Target::Field(id) => match mechanism.field(id) {
            Some(field) => field_fit(mechanism, table, place, header, &sure, field),
            None => 0,
        },
    }
}

fn field_fit(
    mechanism: &Mechanism,
    table: &Table,
    place: usize,
    header: &str,
    sure: &dyn Fn(Likely) -> u32,
    field: &Field,
) -> u32 {
    let label = label_fit(field, header);
    let is = |code: &str| field.datum.as_str() == code;
    let meant = match &field.ty {
        Type::Date if is(datum::DUE) || case_clock(mechanism) == Some(&field.id) => {
            sure(Likely::Due).saturating_sub(5)
        }
        Type::Date if is_deadline(field) => sure(Likely::Due).saturating_sub(15),
        Type::Date | Type::Instant => sure(Likely::Start).saturating_sub(25),
        Type::Money => sure(Likely::Amount).saturating_sub(20),
        Type::Text if is(datum::REQUIREMENT) => sure(Likely::Content).saturating_sub(10),
        Type::Post => sure(Likely::Leader).saturating_sub(15),
        Type::Person => sure(Likely::Person).saturating_sub(10),
        _ => 0,
    };
    let best = label.max(meant);
    // A column full of words is no amount, whatever its header sounds like.
    if best < 100 && !contents_fit(field, table, place) {
        0
    } else {
        best
    }
}

fn label_fit(field: &Field, header: &str) -> u32 {
    let whole = plain(header);
    let last = plain(header.rsplit('/').next().unwrap_or(header));
    [&field.label.zh, &field.label.en]
        .into_iter()
        .map(|label| plain(label))
        .filter(|label| !label.is_empty())
        .map(|label| {
            if label == last || label == whole || field.id.as_str() == last {
                102
            } else if label.chars().count() >= 2
                && (last.ends_with(&label) || label.ends_with(&last) && last.chars().count() >= 2)
            {
                84
            } else {
                likeness(&label, &last) * 8 / 10
            }
        })
        .max()
        .unwrap_or(0)
}

fn case_clock(mechanism: &Mechanism) -> Option<&FieldId> {
    match &mechanism.clock.as_ref()?.limit {
        LimitSpec::Field { field, .. } => Some(field),
        LimitSpec::Choice { .. } | LimitSpec::Rule(_) => None,
    }
}

fn contents_fit(field: &Field, table: &Table, place: usize) -> bool {
    let cells: Vec<_> = table
        .rows
        .iter()
        .filter_map(|row| row.cells.get(place))
        .filter(|cell| !cell.is_empty())
        .take(20)
        .collect();
    let good = |fits: &dyn Fn(&bihuan_reader::table::Cell) -> bool| {
        cells.iter().filter(|cell| fits(cell)).count().saturating_mul(2) >= cells.len()
    };
    match &field.ty {
        Type::Money | Type::Int | Type::Decimal => good(&|cell| {
            number(cell, None, "").is_ok() || cell.text().starts_with(|c: char| c.is_ascii_digit())
        }),
        Type::Date | Type::Instant => {
            good(&|cell| day(cell, Month::End, Some(2000), table.epoch_1904).is_ok())
        }
        _ => true,
    }
}

/// The free column with the longest texts.
fn wordiest(table: &Table, columns: &[Option<Target>]) -> Option<usize> {
    let length = |place: usize| -> usize {
        table
            .rows
            .iter()
            .take(50)
            .filter_map(|row| row.cells.get(place))
            .map(|cell| cell.text().chars().count())
            .sum()
    };
    let rows = table.rows.len().clamp(1, 50);
    (0..columns.len())
        .filter(|place| columns.get(*place).is_some_and(Option::is_none))
        .map(|place| (length(place), place))
        .filter(|(length, _)| *length >= rows.saturating_mul(5))
        .max_by_key(|(length, place)| (*length, std::cmp::Reverse(*place)))
        .map(|(_, place)| place)
}

/// A ledger's name fit to stand in keys.
pub(super) fn ledger_name(text: &str) -> String {
    let kept = text
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '#' | '$' | '~'));
    kept.take(60).collect()
}

/// A name that stays the same when the file is sent again next month: its title, else the file's name without what
/// people add to it.
fn default_name(file_name: &str, table: &Table) -> String {
    let sheet = table.sheet.trim();
    let telling =
        !sheet.is_empty() && !sheet.to_lowercase().starts_with("sheet") && !sheet.starts_with("工作表");
    if let Some(title) = &table.title {
        return ledger_name(&plain(title));
    }
    let file = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let stem = plain(stem);
    let trimmed = stem
        .trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '月' | '日' | '号'))
        .trim_end_matches("副本")
        .trim_end_matches("最新")
        .trim_end_matches(['-', '_', ' ']);
    let base = if trimmed.is_empty() {
        stem.as_str()
    } else {
        trimmed
    };
    let name = if telling {
        format!("{base}·{sheet}")
    } else {
        base.to_owned()
    };
    let name = ledger_name(&name);
    if name.is_empty() {
        "ledger".to_owned()
    } else {
        name
    }
}
