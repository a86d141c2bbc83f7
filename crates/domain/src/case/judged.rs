//! By what a case is judged: its limit, whether it was put off in time, and how it looks as a row of figures.

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
        let mut put = |name: &str, value: Value| row.insert(FieldId::new(name), value);
        put("stage", Value::Code(Code::new(self.stage.as_str())));
        put("closed", Value::Bool(self.kind == StageKind::Closed));
        put("open", Value::Bool(self.is_open()));
        put("void", Value::Bool(self.kind == StageKind::Void));
        put("late", Value::Bool(self.was_late));
        put("put_off", Value::Bool(self.put_off()));
        put("said_done", Value::Bool(self.done_at.is_some()));
        let returns = self.granted.get(&RequestKind::Return).copied().unwrap_or(0);
        put("returns", Value::Int(i64::from(returns)));
        put("round", Value::Int(i64::from(self.round)));
        put("reworks", Value::Int(i64::from(self.reworks)));
        put("owner", Value::Unit(self.owner.clone()));
        put("opened_on", Value::Date(date_of(self.opened_at)));
        if let Some(limit) = self.limit() {
            put("due_on", Value::Date(date_of(limit)));
        }
        if let Some(closed) = self.closed.as_ref().filter(|_| !self.is_open()) {
            put("closed_on", Value::Date(date_of(closed.at)));
            put(
                "days",
                Value::Int(i64::from(
                    (date_of(closed.at) - date_of(self.opened_at)).get_days(),
                )),
            );
            put(
                "minutes",
                Value::Minutes(closed.at.duration_since(self.opened_at).as_mins()),
            );
        }
        if let Some(on_time) = self.closed.as_ref().and_then(|closed| closed.on_time) {
            put("on_time", Value::Bool(on_time));
        }
        row
    }
}
