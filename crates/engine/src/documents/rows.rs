//! The rows of a document as they stand: what the reader proposes, then every change that people made, in order.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{CaseId, UnitId};
use bihuan_domain::org::Unit;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::world::World;
use bihuan_messages::Message;
use bihuan_reader::formats::TaskRow;
use bihuan_reader::{Commitment, CommitmentKind, OwnerReason, Value, named_unit, unit_in_charge};
use jiff::civil::Date;
use serde::Serialize;

use super::review::{Change, Set};
use super::{Reading, tidy};

/// The longest title that is made of a sentence, in characters.
const TITLE_MAX: usize = 60;

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// To be decided.
    Open,
    /// A person said that it is no task; why.
    Rejected(String),
}

/// A row of the breakdown: proposed by the reader or made by a person.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
    /// Its place among the rows of the document, from 0; splitting and merging move it.
    pub index: usize,
    /// What it is called by as long as its words stay the same: where they begin and end.
    pub key: String,
    /// Headline of its article.
    pub article: Option<String>,
    /// The sentence, an exact run of the text.
    pub quote: String,
    /// Where it stands, in Unicode scalar positions.
    pub at: Vec<[usize; 2]>,
    /// The task (任务): a title for the case.
    pub title: String,
    /// The goal (目标), where it is more than the number.
    pub goal: Option<String>,
    /// The number to be reached.
    pub value: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// When it is due.
    pub due: Option<Date>,
    /// Kind: target, project, rule, instruction.
    pub kind: CommitmentKind,
    /// Who should own it, and why.
    pub owner: Option<(UnitId, Message)>,
    /// Supporting units (配合单位).
    pub supporting: Vec<UnitId>,
    /// Supporting units whose names no unit of the register bears.
    pub supporting_unknown: Vec<String>,
    /// The person in charge (责任人).
    pub person: Option<String>,
    /// Why this sentence is a row.
    pub why: Vec<String>,
    /// Where it stands.
    pub standing: Standing,
    /// Whether a person changed it.
    pub changed: bool,
    /// The case that it became.
    pub case: Option<CaseId>,
}

/// The rows of a reading with all changes.
pub(super) fn of(world: &World, reading: &Reading) -> Vec<Proposal> {
    let register = Register::of(world);
    let mut rows = proposed(&register, reading);
    for change in &reading.changes {
        // A change whose row is no more (the text is read otherwise now) changes nothing.
        let _ = carry_out(&mut rows, change, reading, &register);
    }
    number(&mut rows);
    rows
}

fn number(rows: &mut [Proposal]) {
    for (index, row) in rows.iter_mut().enumerate() {
        row.index = index;
    }
}

/// The units of the org register by their names.
struct Register<'a> {
    units: Vec<&'a Unit>,
    names: Vec<&'a str>,
    /// Those that somebody signs in for: whoever has nobody to sign in has nobody to answer for a row either.
    manned: Vec<&'a Unit>,
    manned_names: Vec<&'a str>,
}

impl<'a> Register<'a> {
    fn of(world: &'a World) -> Register<'a> {
        let units: Vec<&Unit> = world.org.units.values().collect();
        let manned: Vec<&Unit> = units.iter().copied().filter(|unit| unit.has_accounts).collect();
        let names = |units: &[&'a Unit]| units.iter().map(|unit| unit.name.zh.as_str()).collect();
        Register {
            names: names(&units),
            manned_names: names(&manned),
            units,
            manned,
        }
    }

    /// Who should own a row, and why: the unit that the text names, else the one whose field its words fall into.
    fn owner(&self, named: Option<&str>, words: &str) -> Option<(UnitId, Message)> {
        let Some(name) = named else {
            let (place, reason) = unit_in_charge(&self.manned_names, words)?;
            return reasoned(self.manned.get(place)?, &reason);
        };
        // A name that no unit bears is a question for a person: another unit's field does not answer it.
        self.named(name)
    }

    fn named(&self, name: &str) -> Option<(UnitId, Message)> {
        let (place, reason) = named_unit(&self.names, name)?;
        reasoned(self.units.get(place)?, &reason)
    }
}

fn reasoned(unit: &Unit, reason: &OwnerReason) -> Option<(UnitId, Message)> {
    let why = Message::new(reason.key()).with("unit", &unit.name);
    let why = match reason {
        OwnerReason::Field(word) => why.with("word", word.as_str()),
        OwnerReason::Named | OwnerReason::PartlyNamed => why,
    };
    Some((unit.id.clone(), why))
}

/// The rows as the reader proposes them.
fn proposed(register: &Register<'_>, reading: &Reading) -> Vec<Proposal> {
    let mut rows: Vec<Proposal> = Vec::new();
    let of_tables: BTreeMap<Vec<[usize; 2]>, &TaskRow> = reading
        .opened
        .tables
        .iter()
        .flat_map(|table| &table.rows)
        .map(|row| (row.at(), row))
        .collect();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for article in &reading.document.articles {
        for commitment in &article.commitments {
            let table = of_tables.get(&*commitment.at).copied();
            let mut row = row_of(register, commitment, table);
            row.article.clone_from(&article.title);
            let mut n = 1u32;
            while !keys.insert(row.key.clone()) {
                n = n.saturating_add(1);
                row.key = format!("{}~{n}", key_of(&row.at));
            }
            rows.push(row);
        }
    }
    rows
}

fn row_of(register: &Register<'_>, commitment: &Commitment, table: Option<&TaskRow>) -> Proposal {
    let mut supporting = Vec::new();
    let mut unknown = Vec::new();
    for name in table.into_iter().flat_map(|row| &row.supporting) {
        match register.named(name) {
            Some((unit, _)) => supporting.push(unit),
            None => unknown.push(name.clone()),
        }
    }
    let quote = tidy(&commitment.quote);
    Proposal {
        index: 0,
        key: key_of(&commitment.at),
        article: None,
        at: commitment.at.to_vec(),
        title: table.map_or_else(|| title_of(commitment), |row| short(&row.task.0)),
        goal: table.and_then(|row| row.goal.as_ref().map(|(goal, _)| goal.clone())),
        value: commitment.value.as_ref().map(value_text),
        unit: commitment.unit.clone(),
        due: commitment.due,
        kind: commitment.kind,
        owner: register.owner(commitment.owner.as_deref(), &quote),
        quote,
        supporting,
        supporting_unknown: unknown,
        person: table.and_then(|row| row.person.clone()),
        why: commitment.why.iter().map(|why| (*why).to_owned()).collect(),
        standing: Standing::Open,
        changed: false,
        case: None,
    }
}

/// Where a row's words begin and end.
pub(super) fn key_of(at: &[[usize; 2]]) -> String {
    let start = at.first().map_or(0, |[start, _]| *start);
    let end = at.last().map_or(0, |[_, end]| *end);
    format!("{start}-{end}")
}

/// Carries a change out.
///
/// # Errors
///
/// A refusal for rows that are not there, are cases already, or cannot be cut or joined like that.
pub(super) fn apply(
    rows: &mut Vec<Proposal>,
    change: &Change,
    reading: &Reading,
    world: &World,
) -> Result<(), Refusal> {
    carry_out(rows, change, reading, &Register::of(world))
}

fn carry_out(
    rows: &mut Vec<Proposal>,
    change: &Change,
    reading: &Reading,
    register: &Register<'_>,
) -> Result<(), Refusal> {
    match change {
        Change::Edit { row, set } => edit(find(rows, row)?, set),
        Change::Assign { rows: keys, owner } => {
            for key in keys {
                find(rows, key)?.owner = Some((owner.clone(), Message::new("reader.owner_chosen")));
            }
        }
        Change::Reject { rows: keys, reason } => {
            for key in keys {
                let row = find(rows, key)?;
                row.standing = Standing::Rejected(reason.clone());
                row.changed = true;
            }
        }
        Change::Restore { rows: keys } => {
            for key in keys {
                find(rows, key)?.standing = Standing::Open;
            }
        }
        Change::Split { row, at } => split(rows, row, at, reading)?,
        Change::Merge { rows: keys } => merge(rows, keys)?,
        Change::Add { from, to } => add(rows, *from, *to, reading, register)?,
        // Links between documents change no row.
        Change::Link { .. } => {}
    }
    Ok(())
}

fn find<'a>(rows: &'a mut [Proposal], key: &str) -> Result<&'a mut Proposal, Refusal> {
    rows.iter_mut()
        .find(|row| row.key == key)
        .ok_or_else(|| Refusal::new("no_such_proposal").with("n", key))
}

fn edit(row: &mut Proposal, set: &Set) {
    let filled = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(title) = set.title.as_ref().and_then(filled) {
        row.title = title;
    }
    if let Some(goal) = &set.goal {
        row.goal = filled(goal);
    }
    if let Some(value) = &set.value {
        row.value = filled(value);
    }
    if let Some(unit) = &set.unit {
        row.unit = filled(unit);
    }
    if let Some(person) = &set.person {
        row.person = filled(person);
    }
    if let Some(due) = &set.due {
        row.due = due.parse().ok();
    }
    if let Some(owner) = &set.owner {
        row.owner = Some(owner)
            .filter(|owner| !owner.as_str().is_empty())
            .map(|owner| (owner.clone(), Message::new("reader.owner_chosen")));
    }
    if let Some(supporting) = &set.supporting {
        row.supporting.clone_from(supporting);
        row.supporting_unknown.clear();
    }
    row.changed = true;
}

/// Cuts a row into parts at places of the text.
fn split(rows: &mut Vec<Proposal>, key: &str, places: &[usize], reading: &Reading) -> Result<(), Refusal> {
    let place = rows
        .iter()
        .position(|row| row.key == key)
        .ok_or_else(|| Refusal::new("no_such_proposal").with("n", key))?;
    let Some(row) = rows.get(place).cloned() else {
        return Ok(());
    };
    let chars: Vec<char> = reading.opened.text.chars().collect();
    let mut cuts = places.to_vec();
    cuts.sort_unstable();
    let mut parts: Vec<Vec<[usize; 2]>> = vec![Vec::new()];
    for [from, to] in &row.at {
        let mut at = *from;
        for cut in cuts.iter().filter(|cut| *from < **cut && **cut < *to) {
            if let Some(part) = parts.last_mut() {
                part.push([at, *cut]);
            }
            parts.push(Vec::new());
            at = *cut;
        }
        if let Some(part) = parts.last_mut() {
            part.push([at, *to]);
        }
    }
    let parts: Vec<Proposal> = parts
        .into_iter()
        .filter_map(|at| part_of(&row, trimmed(&chars, at), &chars, reading))
        .collect();
    if parts.len() < 2 {
        return Err(Refusal::new("split_nowhere"));
    }
    rows.splice(place..=place, parts);
    Ok(())
}

/// Runs without the marks at their beginning and end.
fn trimmed(chars: &[char], mut at: Vec<[usize; 2]>) -> Vec<[usize; 2]> {
    let idle = |n: usize| {
        chars
            .get(n)
            .is_none_or(|c| c.is_whitespace() || "，。；、,;：:".contains(*c))
    };
    if let Some([from, to]) = at.first_mut() {
        while *from < *to && idle(*from) {
            *from = from.saturating_add(1);
        }
    }
    if let Some([from, to]) = at.last_mut() {
        while *from < *to && idle(to.saturating_sub(1)) {
            *to = to.saturating_sub(1);
        }
    }
    at.retain(|[from, to]| from < to);
    at
}

/// A part of a row: its words, and the figure that stands in them.
fn part_of(row: &Proposal, at: Vec<[usize; 2]>, chars: &[char], reading: &Reading) -> Option<Proposal> {
    let quote = words(chars, &at);
    (!quote.is_empty()).then(|| {
        let (value, unit) = figure_in(reading, &at);
        Proposal {
            key: key_of(&at),
            title: short(&quote),
            quote,
            at,
            goal: None,
            value,
            unit,
            changed: true,
            ..row.clone()
        }
    })
}

fn words(chars: &[char], at: &[[usize; 2]]) -> String {
    let text: String = at
        .iter()
        .flat_map(|[from, to]| chars.iter().skip(*from).take(to.saturating_sub(*from)))
        .collect();
    tidy(&text)
}

/// The only figure that stands in some runs.
fn figure_in(reading: &Reading, at: &[[usize; 2]]) -> (Option<String>, Option<String>) {
    let inside = |runs: &[[usize; 2]]| {
        runs.iter()
            .all(|run| at.iter().any(|own| own[0] <= run[0] && run[1] <= own[1]))
    };
    let all = reading
        .document
        .articles
        .iter()
        .flat_map(|article| &article.figures);
    let mut found = all.filter(|figure| inside(&figure.at));
    match (found.next(), found.next()) {
        (Some(one), None) => (Some(value_text(&one.value)), Some(one.unit.clone())),
        _ => (None, None),
    }
}

/// Joins rows to one, in the place of the first.
fn merge(rows: &mut Vec<Proposal>, keys: &[String]) -> Result<(), Refusal> {
    for key in keys {
        find(rows, key)?;
    }
    let mut taken: Vec<Proposal> = rows
        .iter()
        .filter(|row| keys.contains(&row.key))
        .cloned()
        .collect();
    if taken.len() < 2 {
        return Err(Refusal::new("merge_one"));
    }
    taken.sort_by_key(|row| row.at.first().map_or(0, |run| run[0]));
    let place = rows.iter().position(|row| keys.contains(&row.key)).unwrap_or(0);
    let mut all = taken.into_iter();
    let Some(mut one) = all.next() else { return Ok(()) };
    for row in all {
        one.quote = format!("{}；{}", one.quote, row.quote);
        one.title = short(&format!("{}，{}", one.title, row.title));
        one.goal = match (one.goal.take(), row.goal) {
            (Some(a), Some(b)) => Some(format!("{a}；{b}")),
            (a, b) => a.or(b),
        };
        // Two numbers are no number of the whole.
        if one.value != row.value || one.unit != row.unit {
            (one.value, one.unit) = (None, None);
        }
        one.due = one.due.max(row.due);
        one.owner = one.owner.or(row.owner);
        one.person = one.person.or(row.person);
        for unit in row.supporting {
            if !one.supporting.contains(&unit) {
                one.supporting.push(unit);
            }
        }
        one.at.extend(row.at);
    }
    one.key = key_of(&one.at);
    one.changed = true;
    rows.retain(|row| !keys.contains(&row.key));
    rows.insert(place.min(rows.len()), one);
    Ok(())
}

/// Makes a row of a stretch of the text that the reader did not propose.
fn add(
    rows: &mut Vec<Proposal>,
    from: usize,
    to: usize,
    reading: &Reading,
    register: &Register<'_>,
) -> Result<(), Refusal> {
    let chars: Vec<char> = reading.opened.text.chars().collect();
    if from >= to || to > chars.len() {
        return Err(Refusal::new("no_such_place"));
    }
    let at = trimmed(&chars, vec![[from, to]]);
    let quote = words(&chars, &at);
    let key = key_of(&at);
    if quote.is_empty() || rows.iter().any(|row| row.key == key) {
        return Err(Refusal::new("no_such_place"));
    }
    let article = reading
        .document
        .articles
        .iter()
        .find(|article| article.runs.iter().any(|[a, b]| *a <= from && from < *b));
    let (value, unit) = figure_in(reading, &at);
    let row = Proposal {
        index: 0,
        article: article.and_then(|article| article.title.clone()),
        title: short(&quote),
        goal: None,
        kind: if value.is_some() {
            CommitmentKind::Target
        } else {
            CommitmentKind::Project
        },
        value,
        unit,
        due: None,
        owner: register.owner(None, &quote),
        supporting: Vec::new(),
        supporting_unknown: Vec::new(),
        person: None,
        why: vec!["reader.why_added".to_owned()],
        standing: Standing::Open,
        changed: true,
        case: None,
        key,
        quote,
        at,
    };
    let place = rows.partition_point(|known| known.at.first().map_or(0, |run| run[0]) < from);
    rows.insert(place, row);
    Ok(())
}

/// A title: the action and its object where the reader found both, else the sentence.
fn title_of(commitment: &Commitment) -> String {
    let text = match (&commitment.action, &commitment.object) {
        (Some(action), Some(object)) if !object.contains(action.as_str()) => {
            tidy(&format!("{action}{object}"))
        }
        _ => tidy(&commitment.quote),
    };
    short(&text)
}

/// A text cut at [`TITLE_MAX`] characters.
fn short(text: &str) -> String {
    if text.chars().count() <= TITLE_MAX {
        return text.to_owned();
    }
    let cut: String = text.chars().take(TITLE_MAX.saturating_sub(1)).collect();
    format!("{cut}…")
}

fn value_text(value: &Value) -> String {
    match value {
        Value::One(number) => number.normalize().to_string(),
        // The lower end is what must at least be reached; the sentence keeps the range.
        Value::Range(low, _) => low.normalize().to_string(),
    }
}
