//! Questions to the read models. Nothing here writes.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use bihuan_domain::case::{DutyKind, State};
use bihuan_domain::event::{CaseEvent, Values};
use bihuan_domain::id::{CaseId, Code, MechanismId, PersonId, PostId, Sealed, StageId, UnitId};
use bihuan_domain::mechanism::Colour;
use bihuan_domain::org::Actor;
use bihuan_ledger::{PooledReader, Reader, leaf_hash};
use jiff::Timestamp;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde::Serialize;

use super::awaited::Awaited;
use super::packed;
use super::roll::Roll;
use crate::access::Sight;
use crate::error::Error;
use crate::happened;
use crate::indicators::Tallies;

/// A reader of the views, on a connection of its own; lists and counts are those of the moment when it was made, or when it
/// was first asked for them where the roll was not read yet.
pub struct Views {
    reader: PooledReader,
    awaited: Arc<Awaited>,
    roll: OnceCell<Roll>,
    tallies: Arc<Tallies>,
}

/// A line of a ledger (台账).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseRow {
    /// Id.
    pub id: CaseId,
    /// Mechanism.
    pub mechanism: MechanismId,
    /// Printed number.
    pub number: Option<String>,
    /// Title; `None` where it was erased.
    pub title: Option<String>,
    /// Stage.
    pub stage: StageId,
    /// Kind of the stage.
    pub kind: String,
    /// Whether it is open.
    pub open: bool,
    /// Owner.
    pub owner: UnitId,
    /// Holder's unit.
    pub holder_unit: UnitId,
    /// Holder's post.
    pub holder_post: PostId,
    /// Colour.
    pub colour: Colour,
    /// Opened.
    pub opened_at: Timestamp,
    /// The due time that matters most.
    pub due_at: Option<Timestamp>,
    /// Closed.
    pub closed_at: Option<Timestamp>,
    /// Closed in time.
    pub on_time: Option<bool>,
    /// Whether any clock was ever breached.
    pub late: bool,
    /// Round.
    pub round: u32,
}

/// A line of a desk (待办).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DutyRow {
    /// What.
    pub kind: DutyKind,
    /// The case.
    pub case: CaseRow,
    /// The post that it waits for.
    pub post: PostId,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub due: Option<Timestamp>,
    /// Colour of its clock.
    pub colour: Colour,
}

/// Which cases.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these mechanisms; all where empty.
    pub mechanisms: Vec<MechanismId>,
    /// In this stage.
    pub stage: Option<StageId>,
    /// Open or closed.
    pub open: Option<bool>,
    /// Of this colour.
    pub colour: Option<Colour>,
    /// Owned by one of these units; all where empty.
    pub owners: Vec<UnitId>,
    /// Held by this unit.
    pub holder: Option<UnitId>,
    /// From this document.
    pub document: Option<String>,
    /// Children of this case.
    pub parent: Option<CaseId>,
    /// Only these; all where absent.
    pub among: Option<Arc<BTreeSet<CaseId>>>,
    /// Title or number contains each of these words, whatever the width, brackets and capitals.
    pub text: Option<String>,
    /// Opened on or after, before.
    pub opened: (Option<Timestamp>, Option<Timestamp>),
    /// Closed on or after, before.
    pub closed: (Option<Timestamp>, Option<Timestamp>),
    /// Limit (the due time of the case) on or after, before.
    pub due: (Option<Timestamp>, Option<Timestamp>),
    /// Open at this moment: opened before it, and not closed before it. What was voided since is left out, because the roll
    /// does not say when; what was reopened counts as open all the while.
    pub open_on: Option<Timestamp>,
    /// Ever late.
    pub late: Option<bool>,
    /// Closed in time.
    pub on_time: Option<bool>,
    /// What the reader may see.
    pub visible_to: Sight,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// Most urgent first: late and soon due, then those without a due time.
    #[default]
    Urgency,
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
    /// By owner.
    Owner,
    /// By number, as people count: 17 before 113.
    Number,
    /// By title.
    Title,
    /// By stage.
    Stage,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

/// Counts for the head of a ledger: stage, colour, whether open → number.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// All.
    pub total: u64,
    /// Open.
    pub open: u64,
    /// Closed.
    pub closed: u64,
    /// Open and red.
    pub late: u64,
    /// Closed in time.
    pub on_time: u64,
    /// Closed with a limit to be judged by: the base of those in time.
    pub judged: u64,
    /// By stage.
    pub stages: Vec<(StageId, u64)>,
    /// Open ones by colour.
    pub colours: Vec<(Colour, u64)>,
}

/// A case with everything that its page shows.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The state.
    pub state: State,
    /// Title.
    pub title: Option<String>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Children.
    pub children: Vec<CaseRow>,
}

/// An entry of a case's stream.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// Its place in the log.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// The event.
    pub event: CaseEvent,
    /// Its stored name.
    pub name: String,
    /// Hash of its leaf.
    pub leaf: String,
}

/// So many children stand on a case's page.
const CHILDREN_MAX: u32 = 500;

pub(super) const COLUMNS: &str = "c.id, c.mechanism, c.number, c.title, c.stage, c.kind, c.open, c.owner, c.holder_unit, \
     c.holder_post, c.colour, c.opened_at, c.due_at, c.closed_at, c.on_time, c.late, c.round";

impl Views {
    pub(crate) fn new(reader: PooledReader, awaited: Arc<Awaited>, tallies: Arc<Tallies>) -> Self {
        let roll = awaited.ready().map_or_else(OnceCell::new, OnceCell::from);
        Views {
            reader,
            awaited,
            roll,
            tallies,
        }
    }

    /// The roll that lists are answered from. Waits for it right after the start.
    pub(super) fn roll(&self) -> Result<&Roll, Error> {
        if self.roll.get().is_none() {
            let _ = self.roll.set(self.awaited.roll()?);
        }
        self.roll.get().ok_or(Error::Stopped)
    }

    /// Reads what lists are answered from and puts it in all orders, which is otherwise done for whoever asks first.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub(crate) fn put_in_order(&self) -> Result<(), Error> {
        self.roll()?.put_in_order();
        Ok(())
    }

    /// The sums of indicators that are kept between questions.
    pub(crate) fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// The ledger's own reader: proofs, receipts, entries.
    pub fn log(&self) -> &PooledReader {
        &self.reader
    }

    pub(crate) fn connection(&self) -> &Connection {
        self.reader.connection()
    }

    /// A page of cases.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn cases(
        &self,
        filter: &Filter,
        sort: Sort,
        offset: u64,
        limit: u64,
    ) -> Result<Page<CaseRow>, Error> {
        let (ids, total) = self.roll()?.page(filter, sort, offset, limit);
        self.rows(ids, total, &filter.visible_to)
    }

    /// The lines of these cases, in this order, as this sight is shown them.
    pub(super) fn rows(&self, ids: Vec<CaseId>, total: u64, sight: &Sight) -> Result<Page<CaseRow>, Error> {
        let mut statement = self
            .connection()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM case_views c WHERE c.id = ?1"))?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let mut row = statement.query_row([column(id)], |row| case_row(row, 0))?;
            if row.open && sight.keeps_back(&row.holder_unit) {
                (row.due_at, row.colour) = (None, Colour::Green);
            }
            rows.push(row);
        }
        Ok(Page { rows, total })
    }

    /// Counts over cases.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn counts(&self, filter: &Filter) -> Result<Counts, Error> {
        Ok(self.roll()?.counts(filter))
    }

    /// Counts over cases for each mechanism that has any, in one pass.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn counts_by_mechanism(&self, filter: &Filter) -> Result<Vec<(MechanismId, Counts)>, Error> {
        Ok(self.roll()?.counts_by_mechanism(filter))
    }

    /// The state of a case.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn state(&self, case: CaseId) -> Result<Option<State>, Error> {
        state(self.connection(), case)
    }

    /// The values of a case's fields, for lists: the rest of its state is passed over.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn values(&self, case: CaseId) -> Result<Option<Values>, Error> {
        #[derive(serde::Deserialize)]
        struct Valued {
            values: Values,
        }
        let valued: Option<Valued> = state(self.connection(), case)?;
        Ok(valued.map(|valued| valued.values))
    }

    /// A case with its timeline and children.
    ///
    /// # Errors
    ///
    /// If the log cannot be read, or holds an event that this program does not know.
    pub fn case(&self, case: CaseId) -> Result<Option<CaseView>, Error> {
        let Some(state) = self.state(case)? else {
            return Ok(None);
        };
        let title: Option<String> = self
            .connection()
            .prepare_cached("SELECT title FROM case_views WHERE id = ?1")?
            .query_row([column(case)], |row| row.get(0))?;
        let mut timeline = Vec::new();
        let log: &Reader = &self.reader;
        log.for_each_text_of(&format!("case/{case}"), u64::MAX, |seq, text| {
            let entry = happened::parts(seq, text)?;
            let (event, meta) = happened::read(seq, &entry)?;
            timeline.push(TimelineEntry {
                seq,
                at: meta.at,
                actor: meta.actor,
                name: entry.kind.to_owned(),
                leaf: leaf_hash(text.as_bytes()).hex(),
                event,
            });
            Ok::<(), Error>(())
        })?;
        let children = self.children(case, CHILDREN_MAX)?;
        Ok(Some(CaseView {
            state,
            title,
            timeline,
            children,
        }))
    }

    /// Its children, oldest first.
    fn children(&self, case: CaseId, limit: u32) -> Result<Vec<CaseRow>, Error> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM case_views c WHERE c.parent = ?1 ORDER BY c.id LIMIT ?2"
        ))?;
        let rows = statement.query_map((column(case), limit), |row| case_row(row, 0))?;
        rows.map(|row| row.map_err(Error::from)).collect()
    }

    /// The case with this outside key under a mechanism.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn by_key(&self, mechanism: &MechanismId, key: &Code) -> Result<Option<CaseId>, Error> {
        by_key(self.connection(), mechanism, key)
    }

    /// The text of a sealed value; `None` where it was erased.
    ///
    /// # Errors
    ///
    /// If the log cannot be read or the reference is not one.
    pub fn unseal(&self, sealed: &Sealed) -> Result<Option<String>, Error> {
        Ok(self.reader.unseal(&sealed.as_str().parse()?)?)
    }

    /// Calls `visit` with each state and title, in order of id: of these mechanisms (all where empty), from this
    /// document. Reads the tables and not the roll, so that it belongs to the same moment as the log beside it.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn for_each_state(
        &self,
        mechanisms: &[MechanismId],
        document: Option<&str>,
        visit: impl FnMut(State, Option<String>),
    ) -> Result<(), Error> {
        each_state(self.connection(), mechanisms, document, visit)
    }

    /// The cases that a document became, by the key of their source, in order of id.
    pub(crate) fn keys_of_document(&self, document: &str) -> Result<Vec<(String, CaseId)>, Error> {
        let mut statement = self.connection().prepare_cached(
            "SELECT source_key, id FROM case_views WHERE document = ?1 AND source_key IS NOT NULL ORDER BY id",
        )?;
        let rows = statement.query_map([document], |row| {
            let id: i64 = row.get(1)?;
            Ok((row.get(0)?, CaseId(u64::try_from(id).unwrap_or(0))))
        })?;
        rows.map(|row| row.map_err(Error::from)).collect()
    }
}

/// Every case of these mechanisms, of all where none is named; see [`Views::for_each_state`].
pub(crate) fn each_state(
    connection: &Connection,
    mechanisms: &[MechanismId],
    document: Option<&str>,
    mut visit: impl FnMut(State, Option<String>),
) -> Result<(), Error> {
    each_row(connection, mechanisms, document, |state, title| {
        visit(packed::read(state)?, title);
        Ok(())
    })
}

fn each_row(
    connection: &Connection,
    mechanisms: &[MechanismId],
    document: Option<&str>,
    mut visit: impl FnMut(ValueRef<'_>, Option<String>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut clause = String::from("1");
    let mut values: Vec<Sql> = Vec::new();
    if !mechanisms.is_empty() {
        let marks = vec!["?"; mechanisms.len()].join(", ");
        clause.push_str(&format!(" AND c.mechanism IN ({marks})"));
        values.extend(mechanisms.iter().map(|id| Sql::from(id.as_str().to_owned())));
    }
    if let Some(document) = document {
        clause.push_str(" AND c.document = ?");
        values.push(document.to_owned().into());
    }
    let sql = format!(
        "SELECT s.state, c.title FROM case_views c JOIN states s ON s.id = c.id WHERE {clause} ORDER BY c.id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values.iter()))?;
    while let Some(row) = rows.next()? {
        visit(row.get_ref(0)?, row.get(1)?)?;
    }
    Ok(())
}

pub(crate) fn by_key(
    connection: &Connection,
    mechanism: &MechanismId,
    key: &Code,
) -> Result<Option<CaseId>, Error> {
    let id: Option<i64> = connection
        .prepare_cached("SELECT id FROM case_views WHERE mechanism = ?1 AND source_key = ?2")?
        .query_row((mechanism.as_str(), key.as_str()), |row| row.get(0))
        .optional()?;
    Ok(id.map(|id| CaseId(u64::try_from(id).unwrap_or(0))))
}

/// The state of a case, or what `T` wants of it.
pub(crate) fn state<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    case: CaseId,
) -> Result<Option<T>, Error> {
    let mut statement = connection.prepare_cached("SELECT state FROM states WHERE id = ?1")?;
    let mut rows = statement.query([column(case)])?;
    match rows.next()? {
        Some(row) => Ok(Some(packed::read(row.get_ref(0)?)?)),
        None => Ok(None),
    }
}

/// Whether there is such a case.
pub(crate) fn is_there(connection: &Connection, case: CaseId) -> Result<bool, Error> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM case_views WHERE id = ?1")?;
    Ok(statement.exists([column(case)])?)
}

pub(crate) fn actor_of(actor: &bihuan_ledger::Actor) -> Actor {
    if actor.post.is_none() && actor.person.is_none() {
        return Actor {
            session: actor.session.clone().map(Code::from),
            ..Actor::system()
        };
    }
    Actor {
        person: PersonId::from(actor.person.clone().unwrap_or_default()),
        post: PostId::from(actor.post.clone().unwrap_or_default()),
        on_behalf_of: actor.on_behalf_of.clone().map(UnitId::from),
        session: actor.session.clone().map(Code::from),
    }
}

fn column(case: CaseId) -> i64 {
    i64::try_from(case.0).unwrap_or(i64::MAX)
}

pub(super) fn colour_of(number: i64) -> Colour {
    match number {
        0 => Colour::Green,
        1 => Colour::Blue,
        2 => Colour::Yellow,
        3 => Colour::Orange,
        _ => Colour::Red,
    }
}

pub(super) fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(super) fn case_row(row: &Row<'_>, from: usize) -> rusqlite::Result<CaseRow> {
    Ok(CaseRow {
        id: CaseId(u64::try_from(row.get::<_, i64>(from)?).unwrap_or(0)),
        mechanism: row.get::<_, String>(from + 1)?.into(),
        number: row.get(from + 2)?,
        title: row.get(from + 3)?,
        stage: row.get::<_, String>(from + 4)?.into(),
        kind: row.get(from + 5)?,
        open: row.get(from + 6)?,
        owner: row.get::<_, String>(from + 7)?.into(),
        holder_unit: row.get::<_, String>(from + 8)?.into(),
        holder_post: row.get::<_, String>(from + 9)?.into(),
        colour: colour_of(row.get(from + 10)?),
        opened_at: instant(row.get(from + 11)?),
        due_at: row.get::<_, Option<i64>>(from + 12)?.map(instant),
        closed_at: row.get::<_, Option<i64>>(from + 13)?.map(instant),
        on_time: row.get(from + 14)?,
        late: row.get(from + 15)?,
        round: row.get(from + 16)?,
    })
}
