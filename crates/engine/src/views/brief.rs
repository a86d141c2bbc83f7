//! The brief of a case: the few columns that bulletins count by, in a narrow table of their own, so that a million cases
//! are counted without reading a million states.

use bihuan_domain::case::{DutyKind, State, Undone};
use bihuan_domain::id::{CaseId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Risk, StageKind};
use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::project::micros;
use super::query::instant;
use crate::error::Error;

/// The table of this part.
pub(crate) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS briefs(
  id INTEGER PRIMARY KEY,
  mechanism TEXT NOT NULL,
  owner TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  marks INTEGER NOT NULL,
  limit_at INTEGER,
  step_at INTEGER,
  claimed_at INTEGER,
  ended_at INTEGER,
  done_at INTEGER,
  more TEXT
);
";

/// What bulletins count by. Equal whether it is made from a state or read from the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Brief {
    /// The case.
    pub(crate) id: CaseId,
    /// Its mechanism.
    pub(crate) mechanism: MechanismId,
    /// The owner.
    pub(crate) owner: UnitId,
    /// What the rest of it says.
    pub(crate) course: Course,
}

/// The brief without its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Course {
    /// When it was opened.
    pub(crate) opened_at: Timestamp,
    /// Whether it is open.
    pub(crate) open: bool,
    /// Whether it was voided; then `ended_at` says when.
    pub(crate) void: bool,
    /// Whether it stands still by a suspension that began in time.
    pub(crate) put_off: bool,
    /// Whether a bulletin item of it waits for a signature.
    pub(crate) item: bool,
    /// Whether its risk is major.
    pub(crate) major: bool,
    /// Whether it was closed in time, where it is closed and had a limit.
    pub(crate) on_time: Option<bool>,
    /// The limit that it is judged by.
    pub(crate) limit: Option<Timestamp>,
    /// When the present step is due, where its clock runs.
    pub(crate) step: Option<Timestamp>,
    /// When it was said to be done, while that is being verified.
    pub(crate) claimed: Option<Timestamp>,
    /// When it was closed or voided.
    pub(crate) ended: Option<Timestamp>,
    /// When that was done which closed it.
    pub(crate) done: Option<Timestamp>,
    /// What few cases have.
    pub(crate) more: More,
}

/// What few cases have: rework, closings undone, look-backs stood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct More {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sent_back: Vec<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) undone: Vec<Undone>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) stood: Vec<Timestamp>,
}

const OPEN: i64 = 1;
const VOID: i64 = 2;
const PUT_OFF: i64 = 4;
const ITEM: i64 = 8;
const MAJOR: i64 = 16;
const IN_TIME: i64 = 32;
const TOO_LATE: i64 = 64;

impl Brief {
    /// The brief of a state.
    pub(crate) fn of(state: &State) -> Brief {
        let closed = state.closed.as_ref();
        let step = state
            .clock("stage")
            .filter(|clock| clock.held.is_none() && !clock.is_paused());
        let signs = |kind: &DutyKind| matches!(kind, DutyKind::Answer { bulletin: true, .. });
        let void = state.kind == StageKind::Void;
        Brief {
            id: state.id,
            mechanism: state.mechanism.id.clone(),
            owner: state.owner.clone(),
            course: Course {
                opened_at: state.opened_at,
                open: state.is_open(),
                void,
                put_off: state.put_off(),
                item: state.clocks.values().any(|clock| clock.rung.is_some())
                    && state.duties().iter().any(|duty| signs(&duty.kind)),
                major: state.risk == Risk::Major,
                on_time: closed.and_then(|closed| closed.on_time),
                limit: state.limit(),
                step: step.map(|clock| clock.due),
                claimed: state.done_at.filter(|_| state.kind == StageKind::Verify),
                ended: closed
                    .map(|closed| closed.at)
                    .or(void.then_some(state.stage_since)),
                done: closed.map(|closed| closed.done),
                more: More {
                    sent_back: state.sent_back.clone(),
                    undone: state.undone.clone(),
                    stood: state.stood.clone(),
                },
            },
        }
    }

    /// Writes it.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), Error> {
        let course = &self.course;
        let marks = [
            (course.open, OPEN),
            (course.void, VOID),
            (course.put_off, PUT_OFF),
            (course.item, ITEM),
            (course.major, MAJOR),
            (course.on_time == Some(true), IN_TIME),
            (course.on_time == Some(false), TOO_LATE),
        ];
        let marks = marks
            .iter()
            .fold(0, |sum, (set, mark)| if *set { sum | mark } else { sum });
        let more = (course.more != More::default())
            .then(|| serde_json::to_string(&course.more))
            .transpose()?;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO briefs(id, mechanism, owner, opened_at, marks, limit_at, step_at, claimed_at,
                   ended_at, done_at, more)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(rusqlite::params![
                i64::try_from(self.id.0).unwrap_or(i64::MAX),
                self.mechanism.as_str(),
                self.owner.as_str(),
                micros(course.opened_at),
                marks,
                course.limit.map(micros),
                course.step.map(micros),
                course.claimed.map(micros),
                course.ended.map(micros),
                course.done.map(micros),
                more,
            ])?;
        Ok(())
    }
}

impl Course {
    fn read(row: &Row<'_>) -> Result<Course, Error> {
        let at = |column: usize| -> Result<Option<Timestamp>, Error> {
            Ok(row.get::<_, Option<i64>>(column)?.map(instant))
        };
        let marks: i64 = row.get(4)?;
        let has = |mark: i64| marks & mark != 0;
        let more = match row.get_ref(10)?.as_str_or_null().map_err(rusqlite::Error::from)? {
            Some(more) => serde_json::from_str(more)?,
            None => More::default(),
        };
        Ok(Course {
            opened_at: instant(row.get(3)?),
            open: has(OPEN),
            void: has(VOID),
            put_off: has(PUT_OFF),
            item: has(ITEM),
            major: has(MAJOR),
            on_time: match (has(IN_TIME), has(TOO_LATE)) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            limit: at(5)?,
            step: at(6)?,
            claimed: at(7)?,
            ended: at(8)?,
            done: at(9)?,
            more,
        })
    }
}

/// Calls `visit` with the brief of each case of a run of ids, in order of id: mechanism, owner and the rest. Reads the table
/// and not memory, so that it belongs to the same moment as the log beside it.
///
/// # Errors
///
/// If the read models cannot be read.
pub(crate) fn each_brief(
    connection: &Connection,
    (first, last): (i64, i64),
    mut visit: impl FnMut(CaseId, &str, &str, &Course),
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id, mechanism, owner, opened_at, marks, limit_at, step_at, claimed_at, ended_at, done_at, more
         FROM briefs WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let mut rows = statement.query((first, last))?;
    while let Some(row) = rows.next()? {
        let id = CaseId(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0));
        let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        visit(id, text(1)?, text(2)?, &Course::read(row)?);
    }
    Ok(())
}
