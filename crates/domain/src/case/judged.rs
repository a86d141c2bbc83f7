//! By what a case is judged: its limit, whether it was put off in time, and how it looks as a row of figures.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::state::{PastClock, State};
use crate::calendar::date_of;
use crate::expr::Row;
use crate::id::{Code, FieldId};
use crate::mechanism::{RequestKind, StageKind};
use crate::value::Value;

impl State {
    /// The limit that the case is judged by: that of the whole case; where it has none, that of the step that is being
    /// handled, or by whose end it was said to be done. A void case has none.
    pub fn limit(&self) -> Option<Timestamp> {
        if self.kind == StageKind::Void {
            return None;
        }
        let past = |wanted: &dyn Fn(&PastClock) -> bool| {
            self.past.iter().rev().find(|past| wanted(past)).map(|p| p.due)
        };
        let done = match &self.closed {
            Some(closed) => {
                let whole = past(&|past| past.clock.as_str() == "case");
                if whole.is_some() {
                    return whole;
                }
                Some(closed.done)
            }
            None => {
                if let Some(clock) = self.clock("case") {
                    return Some(clock.due);
                }
                self.done_at.filter(|_| self.kind == StageKind::Verify)
            }
        };
        match done {
            // The first clock that stopped at that moment is the handler's; a later one is the verifier's.
            Some(done) => self
                .past
                .iter()
                .find(|past| past.clock.as_str() == "stage" && past.stopped == done)
                .map(|past| past.due),
            None => self.clock("stage").map(|clock| clock.due),
        }
    }

    /// Whether the clocks of the present round stand still by an approved suspension that began before the limit.
    /// A suspension asked for after the limit had passed excuses nothing.
    pub fn put_off(&self) -> bool {
        let Some(limit) = self.limit().filter(|_| self.suspended_until.is_some()) else {
            return false;
        };
        let clocks = ["case", "stage"].iter().filter_map(|key| self.clock(key));
        clocks
            .flat_map(|clock| &clock.pauses)
            .any(|pause| pause.to.is_none() && pause.from < limit)
    }

    /// The case as a row: its fields, and facts about it that figures, indicators and parents look at.
    pub fn as_row(&self) -> Row {
        let mut row: Row = self.values.clone();
        let facts = FACTS.iter().map(|name| (FieldId::new(name), self.fact(name)));
        row.extend(facts.filter_map(|(name, fact)| Some((name, fact?))));
        row
    }

    /// What [`State::as_row`] has of these fields, for whoever asks for few of them about many cases.
    pub fn as_row_of(&self, fields: &BTreeSet<FieldId>) -> Row {
        let of = |field: &FieldId| {
            self.fact(field.as_str())
                .or_else(|| self.values.get(field).cloned())
        };
        let found = fields.iter().map(|field| (field.clone(), of(field)));
        found.filter_map(|(field, value)| Some((field, value?))).collect()
    }

    /// One of [`FACTS`]; `None` where the case has none of this name, or not yet.
    fn fact(&self, name: &str) -> Option<Value> {
        let ended = self.closed.as_ref().filter(|_| !self.is_open());
        Some(match name {
            "stage" => Value::Code(Code::new(self.stage.as_str())),
            "closed" => Value::Bool(self.kind == StageKind::Closed),
            "open" => Value::Bool(self.is_open()),
            "void" => Value::Bool(self.kind == StageKind::Void),
            "late" => Value::Bool(self.was_late),
            "put_off" => Value::Bool(self.put_off()),
            "said_done" => Value::Bool(self.done_at.is_some()),
            "returns" => {
                let returns = self.granted.get(&RequestKind::Return).copied().unwrap_or(0);
                Value::Int(i64::from(returns))
            }
            "round" => Value::Int(i64::from(self.round)),
            "reworks" => Value::Int(i64::from(self.reworks)),
            "owner" => Value::Unit(self.owner.clone()),
            "opened_on" => Value::Date(date_of(self.opened_at)),
            "due_on" => Value::Date(date_of(self.limit()?)),
            "closed_on" => Value::Date(date_of(ended?.at)),
            "days" => {
                let days = (date_of(ended?.at) - date_of(self.opened_at)).get_days();
                Value::Int(i64::from(days))
            }
            "minutes" => Value::Minutes(ended?.at.duration_since(self.opened_at).as_mins()),
            "on_time" => Value::Bool(self.closed.as_ref()?.on_time?),
            _ => return None,
        })
    }
}

/// What every case tells of itself beside its fields.
const FACTS: [&str; 17] = [
    "stage",
    "closed",
    "open",
    "void",
    "late",
    "put_off",
    "said_done",
    "returns",
    "round",
    "reworks",
    "owner",
    "opened_on",
    "due_on",
    "closed_on",
    "days",
    "minutes",
    "on_time",
];
