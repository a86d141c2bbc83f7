//! “What if”: one entry of the log taken away or changed, and the points that move.

use bihuan_domain::assessment::Assessment;
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
    /// Where in its body, as a JSON pointer, and what stands there instead; `None` takes the entry away.
    pub set: Option<(String, Json)>,
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
        // What is no JSON is a text: `2026-05-01` need not be quoted for the shell.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Json::String(value.to_owned()));
        Ok(Change {
            seq,
            set: Some((pointer.to_owned(), value)),
        })
    }

    /// The entry as it would be; `None` where it is taken away.
    ///
    /// # Errors
    ///
    /// If its body has no such place.
    pub(crate) fn apply(&self, mut entry: Entry) -> Result<Option<Entry>, Refusal> {
        let Some((pointer, value)) = &self.set else {
            return Ok(None);
        };
        let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        let seq = entry.seq.to_string();
        let missing = || refusal("assess.no_place", &[("seq", &seq), ("place", pointer)]);
        match entry.body.pointer_mut(parent) {
            Some(Json::Object(map)) => {
                map.insert(name.to_owned(), value.clone());
            }
            Some(Json::Array(list)) => {
                let place = name.parse::<usize>().ok().and_then(|n| list.get_mut(n));
                *place.ok_or_else(missing)? = value.clone();
            }
            _ => return Err(missing()),
        }
        Ok(Some(entry))
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
