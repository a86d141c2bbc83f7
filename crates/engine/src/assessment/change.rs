//! “What if”: one entry of the log taken away or changed, and the points that move.

use bihuan_domain::assessment::Assessment;
use bihuan_domain::event::{CaseEvent, WorldEvent};
use bihuan_domain::id::{Code, UnitId};
use bihuan_domain::refusal::Refusal;
use bihuan_ledger::Entry;
use bihuan_messages::Message;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value as Json;

/// A change to one entry, for looking only: the log itself is never edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which entry.
    pub seq: u64,
    /// Where in its body, as a JSON pointer, and what stands there instead, as it was typed; `None` takes the entry away.
    pub set: Option<(String, String)>,
}

impl Change {
    /// Reads `17` (taken away) or `17:/on_time=false` (a part of the body changed).
    ///
    /// # Errors
    ///
    /// A refusal with what was found and what is expected.
    pub fn parse(text: &str) -> Result<Change, Refusal> {
        let fault = || refusal("assess.bad_change", &[("found", text)]);
        let (seq, rest) = match text.split_once(':') {
            Some((seq, rest)) => (seq, Some(rest)),
            None => (text, None),
        };
        let seq = seq.trim().parse().map_err(|_| fault())?;
        let Some(rest) = rest else {
            return Ok(Change { seq, set: None });
        };
        let (pointer, value) = rest.split_once('=').ok_or_else(fault)?;
        if !pointer.starts_with('/') {
            return Err(fault());
        }
        Ok(Change {
            seq,
            set: Some((pointer.to_owned(), value.to_owned())),
        })
    }

    /// The entry as it would be; `None` where it is taken away.
    ///
    /// # Errors
    ///
    /// If its body has no such place, or what was typed cannot stand there.
    pub(crate) fn apply(&self, mut entry: Entry) -> Result<Option<Entry>, Refusal> {
        let Some((pointer, typed)) = &self.set else {
            return Ok(None);
        };
        let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        let seq = entry.seq.to_string();
        let missing = || refusal("assess.no_place", &[("seq", &seq), ("place", pointer)]);
        match entry.body.pointer_mut(parent) {
            Some(Json::Object(map)) => {
                let value = instead(typed, map.get(name));
                map.insert(name.to_owned(), value);
            }
            Some(Json::Array(list)) => {
                let place = name.parse::<usize>().ok().and_then(|n| list.get_mut(n));
                let place = place.ok_or_else(missing)?;
                *place = instead(typed, Some(place));
            }
            _ => return Err(missing()),
        }
        if !is_readable(&entry) {
            let found = format!("{seq}:{pointer}={typed}");
            return Err(refusal("assess.unfit_change", &[("found", &found)]));
        }
        Ok(Some(entry))
    }
}

/// What was typed as a value. Where a text stood (decimals are texts in events) it is one again; else what is no JSON is a
/// text: `2026-05-01` need not be quoted for the shell.
fn instead(typed: &str, before: Option<&Json>) -> Json {
    let text = || Json::String(typed.to_owned());
    match serde_json::from_str(typed) {
        Ok(Json::Number(_) | Json::Bool(_)) if before.is_some_and(Json::is_string) => text(),
        Ok(value) => value,
        Err(_) => text(),
    }
}

fn is_readable(entry: &Entry) -> bool {
    let (kind, version, body) = (&entry.kind, entry.version, entry.body.clone());
    match entry.stream.starts_with("case/") {
        true => CaseEvent::read(kind, version, body).is_ok(),
        false => WorldEvent::read(kind, version, body).is_ok(),
    }
}

/// Points that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    /// Of which unit.
    pub unit: UnitId,
    /// Of which item; `total`, `place` and `grade` for what follows from items.
    pub item: Code,
    /// Before; empty where there was none.
    pub before: Option<String>,
    /// After.
    pub after: Option<String>,
}

/// What differs between two computations, by unit and item. `places` also compares places and grades.
pub fn moves(before: &Assessment, after: &Assessment, places: bool) -> Vec<Move> {
    let mut moves = Vec::new();
    let units = before.sheets.iter().chain(&after.sheets).map(|sheet| &sheet.unit);
    let units: std::collections::BTreeSet<&UnitId> = units.collect();
    for unit in units {
        let (a, b) = (parts(before, unit, places), parts(after, unit, places));
        let items: Vec<&Code> = a.iter().chain(&b).map(|(item, _)| item).collect();
        let mut seen = std::collections::BTreeSet::new();
        for item in items.into_iter().filter(|item| seen.insert((*item).clone())) {
            let find = |list: &[(Code, Option<String>)]| {
                list.iter()
                    .find(|(known, _)| known == item)
                    .and_then(|(_, text)| text.clone())
            };
            let (before, after) = (find(&a), find(&b));
            if before != after {
                moves.push(Move {
                    unit: unit.clone(),
                    item: item.clone(),
                    before,
                    after,
                });
            }
        }
    }
    moves
}

fn parts(assessment: &Assessment, unit: &UnitId, places: bool) -> Vec<(Code, Option<String>)> {
    let Some(sheet) = assessment.sheet(unit) else {
        return Vec::new();
    };
    let text = |number: Option<Decimal>| number.map(|number| number.to_string());
    let lines = sheet
        .lines
        .iter()
        .map(|line| (line.item.clone(), text(line.points)));
    let adjusted = sheet.additions.iter().chain(&sheet.deductions);
    let adjusted = adjusted.map(|line| (line.item.clone(), text(line.points)));
    let vetoes = sheet
        .vetoes
        .iter()
        .map(|veto| (veto.item.clone(), Some(veto.down_to.to_string())));
    let mut parts: Vec<_> = lines.chain(adjusted).chain(vetoes).collect();
    parts.push((Code::new("total"), text(sheet.total)));
    if places && let Some(standing) = assessment.standing(unit) {
        parts.push((Code::new("place"), standing.place.map(|place| place.to_string())));
        parts.push((Code::new("grade"), standing.grade.as_ref().map(Code::to_string)));
    }
    parts
}

/// A refusal whose text lies in the catalogue of assessments.
pub(crate) fn refusal(key: &str, args: &[(&str, &str)]) -> Refusal {
    let rule = args.iter().fold(Message::new(key), |message, (name, value)| {
        message.with(name, *value)
    });
    Refusal {
        code: key.trim_start_matches("assess.").to_owned(),
        rule,
        allowed: Vec::new(),
    }
}
