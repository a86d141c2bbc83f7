//! Questions to the read models. Nothing here writes.

use bihuan_domain::case::{DutyKind, State};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, Code, MechanismId, PersonId, PostId, Sealed, StageId, UnitId};
use bihuan_domain::mechanism::Colour;
use bihuan_domain::org::Actor;
use bihuan_ledger::PooledReader;
use jiff::Timestamp;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde::Serialize;

use crate::error::Error;

/// A reader of the views, on a snapshot connection of its own.
pub struct Views {
    reader: PooledReader,
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
    /// Title or number contains this.
    pub text: Option<String>,
    /// Opened on or after, before.
    pub opened: (Option<Timestamp>, Option<Timestamp>),
    /// Closed on or after, before.
    pub closed: (Option<Timestamp>, Option<Timestamp>),
    /// Limit (the due time of the case) on or after, before.
    pub due: (Option<Timestamp>, Option<Timestamp>),
    /// Ever late.
    pub late: Option<bool>,
    /// Closed in time.
    pub on_time: Option<bool>,
    /// What the reader may see: owner or holder among these units. `None` means all.
    pub visible_to: Option<Vec<UnitId>>,
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
    /// By number.
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

const COLUMNS: &str = "c.id, c.mechanism, c.number, c.title, c.stage, c.kind, c.open, c.owner, c.holder_unit, \
     c.holder_post, c.colour, c.opened_at, c.due_at, c.closed_at, c.on_time, c.late, c.round";

impl Views {
    pub(crate) fn new(reader: PooledReader) -> Self {
        Views { reader }
    }

    /// The ledger's own reader: proofs, receipts, entries.
    pub fn log(&self) -> &PooledReader {
        &self.reader
    }

    fn connection(&self) -> &Connection {
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
        let (clause, values) = clause(filter);
        let total: i64 = self
            .connection()
            .prepare_cached(&format!("SELECT count(*) FROM case_views c WHERE {clause}"))?
            .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
        let sql = format!(
            "SELECT {COLUMNS} FROM case_views c WHERE {clause} ORDER BY {} LIMIT {limit} OFFSET {offset}",
            order(sort)
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(values.iter()), |row| case_row(row, 0))?;
        Ok(Page {
            rows: rows.collect::<Result<_, _>>()?,
            total: u64::try_from(total).unwrap_or(0),
        })
    }

    /// Counts over cases.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn counts(&self, filter: &Filter) -> Result<Counts, Error> {
        let (clause, values) = clause(filter);
        let sql = format!(
            "SELECT stage, open, colour, count(*) FROM case_views c WHERE {clause} GROUP BY stage, open, colour"
        );
        let mut counts = Counts::default();
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values.iter()))?;
        while let Some(row) = rows.next()? {
            let stage = StageId::from(row.get::<_, String>(0)?);
            let (open, colour): (bool, i64) = (row.get(1)?, row.get(2)?);
            let n = u64::try_from(row.get::<_, i64>(3)?).unwrap_or(0);
            let colour = colour_of(colour);
            counts.total += n;
            if open {
                counts.open += n;
                bump(&mut counts.colours, colour, n);
                if colour == Colour::Red {
                    counts.late += n;
                }
            } else {
                counts.closed += n;
            }
            bump(&mut counts.stages, stage, n);
        }
        counts
            .colours
            .sort_by_key(|(colour, _)| std::cmp::Reverse(*colour));
        Ok(counts)
    }

    /// What waits for a person on these posts, most urgent first.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn desk(&self, person: &PersonId, posts: &[PostId], limit: u64) -> Result<Page<DutyRow>, Error> {
        if posts.is_empty() {
            return Ok(Page {
                rows: Vec::new(),
                total: 0,
            });
        }
        let marks = vec!["?"; posts.len()].join(", ");
        let mut values: Vec<Sql> = posts
            .iter()
            .map(|post| Sql::from(post.as_str().to_owned()))
            .collect();
        values.push(Sql::from(person.as_str().to_owned()));
        let from = format!(
            "FROM duties d JOIN case_views c ON c.id = d.case_id WHERE d.post IN ({marks}) AND (d.person IS NULL OR d.person = ?)"
        );
        let total: i64 = self
            .connection()
            .prepare_cached(&format!("SELECT count(*) {from}"))?
            .query_row(params_from_iter(values.iter()), |row| row.get(0))?;
        let sql = format!(
            "SELECT d.detail, d.post, d.since, d.due, d.colour, {COLUMNS} {from}
             ORDER BY d.colour DESC, d.due IS NULL, d.due, d.case_id LIMIT {limit}"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values.iter()))?;
        let mut duties = Vec::new();
        while let Some(row) = rows.next()? {
            duties.push(DutyRow {
                kind: serde_json::from_str(&row.get::<_, String>(0)?)?,
                post: PostId::from(row.get::<_, String>(1)?),
                since: instant(row.get(2)?),
                due: row.get::<_, Option<i64>>(3)?.map(instant),
                colour: colour_of(row.get(4)?),
                case: case_row(row, 5)?,
            });
        }
        Ok(Page {
            rows: duties,
            total: u64::try_from(total).unwrap_or(0),
        })
    }

    /// The state of a case.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn state(&self, case: CaseId) -> Result<Option<State>, Error> {
        state(self.connection(), case)
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
        for entry in self.reader.stream(&format!("case/{case}"), 0)? {
            timeline.push(TimelineEntry {
                seq: entry.seq,
                at: entry.at,
                actor: actor_of(&entry.actor),
                name: entry.kind.clone(),
                leaf: entry.leaf()?.hex(),
                event: CaseEvent::read(&entry.kind, entry.version, entry.body)?,
            });
        }
        let filter = Filter {
            parent: Some(case),
            ..Filter::default()
        };
        let children = self.cases(&filter, Sort::Oldest, 0, 500)?.rows;
        Ok(Some(CaseView {
            state,
            title,
            timeline,
            children,
        }))
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

    /// Calls `visit` with each state that the filter leaves, in order of id.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn for_each_state(
        &self,
        filter: &Filter,
        mut visit: impl FnMut(State, Option<String>),
    ) -> Result<(), Error> {
        let (clause, values) = clause(filter);
        let sql = format!("SELECT c.state, c.title FROM case_views c WHERE {clause} ORDER BY c.id");
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values.iter()))?;
        while let Some(row) = rows.next()? {
            let json = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            visit(serde_json::from_str(json)?, row.get(1)?);
        }
        Ok(())
    }
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

pub(crate) fn state(connection: &Connection, case: CaseId) -> Result<Option<State>, Error> {
    let json: Option<String> = connection
        .prepare_cached("SELECT state FROM case_views WHERE id = ?1")?
        .query_row([column(case)], |row| row.get(0))
        .optional()?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// Cases that must be looked at by `now`, in the order in which they were due.
pub(crate) fn due_cases(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<CaseId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM case_views WHERE wake_at IS NOT NULL AND wake_at <= ?1 ORDER BY wake_at, id LIMIT ?2",
    )?;
    let rows = statement.query_map((now.as_microsecond(), limit), |row| row.get::<_, i64>(0))?;
    let mut cases = Vec::new();
    for id in rows {
        cases.push(CaseId(u64::try_from(id?).unwrap_or(0)));
    }
    Ok(cases)
}

pub(crate) fn actor_of(actor: &bihuan_ledger::Actor) -> Actor {
    if actor.post.is_none() && actor.person.is_none() {
        return Actor::system();
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

fn bump<K: PartialEq>(counts: &mut Vec<(K, u64)>, key: K, n: u64) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, count)) => *count += n,
        None => counts.push((key, n)),
    }
}

fn colour_of(number: i64) -> Colour {
    match number {
        0 => Colour::Green,
        1 => Colour::Blue,
        2 => Colour::Yellow,
        3 => Colour::Orange,
        _ => Colour::Red,
    }
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn case_row(row: &Row<'_>, from: usize) -> rusqlite::Result<CaseRow> {
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

fn order(sort: Sort) -> &'static str {
    match sort {
        Sort::Urgency => "c.open DESC, c.due_at IS NULL, c.due_at, c.id",
        Sort::Newest => "c.id DESC",
        Sort::Oldest => "c.id",
        Sort::Owner => "c.owner, c.open DESC, c.due_at IS NULL, c.due_at, c.id",
        Sort::Number => "c.number IS NULL, c.number, c.id",
        Sort::Title => "c.title, c.id",
        Sort::Stage => "c.stage, c.due_at IS NULL, c.due_at, c.id",
    }
}

/// The WHERE clause of a filter, with its values in order.
fn clause(filter: &Filter) -> (String, Vec<Sql>) {
    let mut parts: Vec<String> = Vec::new();
    let mut values: Vec<Sql> = Vec::new();
    let list = |column: &str, items: Vec<String>, parts: &mut Vec<String>, values: &mut Vec<Sql>| {
        // A list of one as `IN` would keep the order of the index from being used, and sort every row instead.
        parts.push(match items.len() {
            1 => format!("{column} = ?"),
            n => format!("{column} IN ({})", vec!["?"; n].join(", ")),
        });
        values.extend(items.into_iter().map(Sql::from));
    };
    if !filter.mechanisms.is_empty() {
        let items = filter
            .mechanisms
            .iter()
            .map(|id| id.as_str().to_owned())
            .collect();
        list("c.mechanism", items, &mut parts, &mut values);
    }
    if !filter.owners.is_empty() {
        let items = filter.owners.iter().map(|id| id.as_str().to_owned()).collect();
        list("c.owner", items, &mut parts, &mut values);
    }
    let mut one = |condition: &str, value: Sql| {
        parts.push(condition.to_owned());
        values.push(value);
    };
    if let Some(stage) = &filter.stage {
        one("c.stage = ?", stage.as_str().to_owned().into());
    }
    if let Some(open) = filter.open {
        one("c.open = ?", i64::from(open).into());
    }
    if let Some(colour) = filter.colour {
        one("c.colour = ?", (colour as i64).into());
    }
    if let Some(holder) = &filter.holder {
        one("c.holder_unit = ?", holder.as_str().to_owned().into());
    }
    if let Some(document) = &filter.document {
        one("c.document = ?", document.clone().into());
    }
    if let Some(parent) = filter.parent {
        one("c.parent = ?", column(parent).into());
    }
    if let Some(late) = filter.late {
        one("c.late = ?", i64::from(late).into());
    }
    if let Some(on_time) = filter.on_time {
        one("c.on_time = ?", i64::from(on_time).into());
    }
    let mut range = |name: &str, (from, to): (Option<Timestamp>, Option<Timestamp>)| {
        if let Some(from) = from {
            one(&format!("c.{name} >= ?"), from.as_microsecond().into());
        }
        if let Some(to) = to {
            one(&format!("c.{name} < ?"), to.as_microsecond().into());
        }
    };
    range("opened_at", filter.opened);
    range("closed_at", filter.closed);
    range("due_at", filter.due);
    if let Some(text) = filter
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        parts.push("(instr(c.title, ?) > 0 OR instr(c.number, ?) > 0)".to_owned());
        values.extend([Sql::from(text.to_owned()), Sql::from(text.to_owned())]);
    }
    if let Some(units) = &filter.visible_to {
        let marks = vec!["?"; units.len()].join(", ");
        parts.push(format!("(c.owner IN ({marks}) OR c.holder_unit IN ({marks}))"));
        for _ in 0..2 {
            values.extend(units.iter().map(|unit| Sql::from(unit.as_str().to_owned())));
        }
    }
    if parts.is_empty() {
        parts.push("1".to_owned());
    }
    (parts.join(" AND "), values)
}
