//! Writing the read models of a case after its events.

use std::collections::BTreeSet;

use bihuan_domain::case::{Duty, State};
use bihuan_domain::event::{CaseEvent, Holder};
use bihuan_domain::id::{CaseId, PersonId, Sealed, StageId, UnitId};
use bihuan_domain::mechanism::Colour;
use bihuan_domain::value::RowRef;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::brief::Brief;
use super::piece::{Held, Measures};
use super::places::{self, places};
use super::roll::Listing;
use crate::access::Parties;
use crate::error::Error;

/// The title as views keep it.
pub(crate) enum Title<'a> {
    /// As it stands.
    Keep,
    /// New, in the clear; `None` where it was erased.
    Set(Option<&'a str>),
}

/// What lists, desks and timers see of a case: where nothing of it changed, only the state itself is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Face {
    columns: Columns,
    duties: Vec<Duty>,
    brief: Brief,
    places: BTreeSet<RowRef>,
    pieces: Vec<Option<Held>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Columns {
    stage: StageId,
    open: bool,
    owner: UnitId,
    holder: Holder,
    colour: Colour,
    due: Option<Timestamp>,
    done: Option<Timestamp>,
    closed: Option<(Timestamp, Option<bool>)>,
    late: bool,
    round: u32,
    reworks: u32,
    wake: Option<Timestamp>,
    parties: Parties,
}

impl Face {
    /// The face of a state.
    pub(crate) fn of(state: &State, measures: &Measures) -> Face {
        let columns = Columns {
            stage: state.stage.clone(),
            open: state.is_open(),
            owner: state.owner.clone(),
            holder: state.holder.clone(),
            colour: state.colour(),
            due: state.due(),
            done: state.done_at,
            closed: state.closed.as_ref().map(|closed| (closed.at, closed.on_time)),
            late: state.was_late,
            round: state.round,
            reworks: state.reworks,
            wake: state.wake(),
            parties: Parties::of(state),
        };
        Face {
            columns,
            duties: state.duties(),
            brief: Brief::of(state),
            places: places(state),
            pieces: measures.held(state),
        }
    }
}

/// Writes what the read models have of a case. Where the face before is known, what did not change is not written again. The state itself is left to
/// [`write_state`]. Gives what the roll must learn, if anything, and the face now.
pub(crate) fn project_change(
    connection: &Connection,
    measures: &Measures,
    before: Option<&Face>,
    state: &State,
    events: &[CaseEvent],
    title: &Title<'_>,
) -> Result<(Option<Listing>, Face), Error> {
    let after = Face::of(state, measures);
    if before.map_or(!after.places.is_empty(), |before| before.places != after.places) {
        places::write(connection, state.id, &after.places, before.is_some())?;
    }
    let pieces = before.map(|before| before.pieces.as_slice());
    measures.write(connection, state, pieces, &after.pieces)?;
    let kept = before.filter(|before| matches!(title, Title::Keep) && before.columns == after.columns);
    let Some(before) = kept else {
        project_lists(connection, state, title)?;
        note(connection, state, events)?;
        let title = match title {
            Title::Keep => None,
            Title::Set(text) => Some(*text),
        };
        return Ok((Some(Listing::of(state, title)), after));
    };
    let id = i64::try_from(state.id.0).unwrap_or(i64::MAX);
    if before.duties != after.duties {
        write_duties(connection, id, state)?;
    }
    if before.brief != after.brief {
        after.brief.write(connection)?;
    }
    Ok((None, after))
}

/// Writes the row, the duties and the brief of a case.
pub(crate) fn project_lists(connection: &Connection, state: &State, title: &Title<'_>) -> Result<(), Error> {
    let title_text = match title {
        Title::Keep => None,
        Title::Set(text) => *text,
    };
    let id = i64::try_from(state.id.0).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT INTO case_views(id, mechanism, number, title, stage, kind, open, owner, holder_unit, holder_post,
               colour, opened_at, due_at, done_at, closed_at, on_time, late, round, reworks, parent, source_kind,
               document, source_key, wake_at, parties)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
               ?22, ?23, ?24, ?25)
             ON CONFLICT(id) DO UPDATE SET title = CASE WHEN ?26 THEN excluded.title ELSE title END,
               stage = excluded.stage, kind = excluded.kind, open = excluded.open, owner = excluded.owner,
               holder_unit = excluded.holder_unit, holder_post = excluded.holder_post, colour = excluded.colour,
               due_at = excluded.due_at, done_at = excluded.done_at, closed_at = excluded.closed_at,
               on_time = excluded.on_time, late = excluded.late, round = excluded.round, reworks = excluded.reworks,
               wake_at = excluded.wake_at, parties = excluded.parties",
        )?
        .execute(rusqlite::params![
            id,
            state.mechanism.id.as_str(),
            state.number.as_ref().map(|number| number.text.as_str()),
            title_text,
            state.stage.as_str(),
            kind_name(state),
            state.is_open(),
            state.owner.as_str(),
            state.holder.unit.as_str(),
            state.holder.post.as_str(),
            state.colour() as i64,
            micros(state.opened_at),
            state.due().map(micros),
            state.done_at.map(micros),
            state.closed.as_ref().map(|closed| micros(closed.at)),
            state.closed.as_ref().and_then(|closed| closed.on_time),
            state.was_late,
            state.round,
            state.reworks,
            state.parent.map(|parent| i64::try_from(parent.0).unwrap_or(i64::MAX)),
            source_name(state),
            state.source.document.as_ref().map(|document| document.as_str()),
            state.source.key.as_ref().map(|key| key.as_str()),
            state.wake().map(micros),
            serde_json::to_string(&Parties::of(state))?,
            matches!(title, Title::Set(_)),
        ])?;
    write_duties(connection, id, state)?;
    Brief::of(state).write(connection)
}

/// Remembers what lies beside the case itself.
fn note(connection: &Connection, state: &State, events: &[CaseEvent]) -> Result<(), Error> {
    if events.iter().any(|event| matches!(event, CaseEvent::Opened(_))) {
        note_number(connection, state)?;
    }
    if events.iter().any(|event| matches!(event, CaseEvent::Closed(_)))
        && let Some(closed) = &state.closed
    {
        note_verifier(connection, &state.owner, &closed.by.person)?;
    }
    Ok(())
}

/// Remembers the number of a case as given.
pub(crate) fn note_number(connection: &Connection, state: &State) -> Result<(), Error> {
    if let Some(number) = &state.number {
        connection
            .prepare_cached(
                "INSERT INTO numbers(series, year, n) VALUES (?1, ?2, ?3)
                 ON CONFLICT(series, year) DO UPDATE SET n = max(n, excluded.n)",
            )?
            .execute((number.series.as_str(), number.year, number.n))?;
    }
    Ok(())
}

/// Remembers who verified a matter of this owner last.
pub(crate) fn note_verifier(connection: &Connection, owner: &UnitId, person: &PersonId) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO recent_verifiers(owner, person) VALUES (?1, ?2)")?
        .execute((owner.as_str(), person.as_str()))?;
    Ok(())
}

/// Takes the title of a case out of the views.
pub(crate) fn clear_title(connection: &Connection, case: CaseId) -> Result<(), Error> {
    connection.execute(
        "UPDATE case_views SET title = NULL WHERE id = ?1",
        [i64::try_from(case.0).unwrap_or(i64::MAX)],
    )?;
    Ok(())
}

/// The cases whose title is one of these sealed texts: the case itself, and those that rows and parts brought about,
/// which have the title of what they came from.
pub(crate) fn titled(
    connection: &Connection,
    case: Option<CaseId>,
    sealed: &BTreeSet<String>,
) -> Result<Vec<CaseId>, Error> {
    let mut statement = connection.prepare(
        "SELECT s.id, s.state FROM states s JOIN case_views c ON c.id = s.id
         WHERE c.id = ?1 OR c.source_key IS NOT NULL",
    )?;
    let id = case.and_then(|case| i64::try_from(case.0).ok());
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if sealed.contains(super::packed::read::<Titled>(row.get_ref(1)?)?.title.as_str()) {
            found.push(CaseId(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0)));
        }
    }
    Ok(found)
}

/// Of a state its title.
#[derive(serde::Deserialize)]
struct Titled {
    title: Sealed,
}

/// The whole state as it lies in its table. Its JSON has 2 to 4 KB: room for it at once, not in seven steps.
pub(crate) fn pack_state(state: &State) -> Result<Vec<u8>, Error> {
    let mut json = Vec::with_capacity(4_096);
    serde_json::to_writer(&mut json, state)?;
    Ok(super::packed::pack(&json))
}

/// Writes the state of a case as [`pack_state`] packed it.
pub(crate) fn write_state(connection: &Connection, case: CaseId, packed: &[u8]) -> Result<(), Error> {
    let id = i64::try_from(case.0).unwrap_or(i64::MAX);
    connection
        .prepare_cached("INSERT INTO states(id, state) VALUES (?1, ?2) ON CONFLICT(id) DO UPDATE SET state = excluded.state")?
        .execute((id, packed))?;
    Ok(())
}

fn write_duties(connection: &Connection, id: i64, state: &State) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM duties WHERE case_id = ?1")?
        .execute([id])?;
    for (place, duty) in state.duties().iter().enumerate() {
        connection
            .prepare_cached(
                "INSERT INTO duties(case_id, place, kind, detail, unit, post, person, since, due, colour)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(rusqlite::params![
                id,
                i64::try_from(place).unwrap_or(i64::MAX),
                duty.kind.name(),
                serde_json::to_string(&duty.kind)?,
                duty.holder.unit.as_str(),
                duty.holder.post.as_str(),
                duty.person.as_ref().map(|person| person.as_str()),
                micros(duty.since),
                duty.due.map(micros),
                duty.colour as i64,
            ])?;
    }
    Ok(())
}

/// The next number of a series in a year.
pub(crate) fn number_after(connection: &Connection, series: &str, year: i16) -> Result<u32, Error> {
    let last: Option<u32> = connection
        .prepare_cached("SELECT n FROM numbers WHERE series = ?1 AND year = ?2")?
        .query_row((series, year), |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0).saturating_add(1))
}

/// Who verified a matter of this owner last.
pub(crate) fn recent_verifiers(connection: &Connection, owner: &UnitId) -> Result<BTreeSet<PersonId>, Error> {
    let person: Option<String> = connection
        .prepare_cached("SELECT person FROM recent_verifiers WHERE owner = ?1")?
        .query_row([owner.as_str()], |row| row.get(0))
        .optional()?;
    Ok(person.into_iter().map(PersonId::from).collect())
}

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn kind_name(state: &State) -> String {
    name_of(&state.kind)
}

fn source_name(state: &State) -> String {
    name_of(&state.source.kind)
}

/// The stable name of a plain enum, as serde writes it.
fn name_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
