//! The roll of all cases (总名单): what lists filter and sort by, in memory, so that every filter and every order of a
//! ledger is one short pass and the writer keeps no index for them (`docs/adr/10-lists-are-answered-from-memory.md`).
//!
//! It is read from `case_views` beside or after the start (`awaited`) and follows each commit. A snapshot costs two pointers; what the
//! writer changes while one is out is copied by the thousand lines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, MechanismId, StageId, UnitId};
use bihuan_domain::mechanism::Colour;
use rusqlite::{Connection, Row};

use super::alike::Alike;
use super::fold::{fold, numbered};
use super::ordered::Orders;
use super::project::micros;
use crate::access::Parties;
use crate::error::Error;

/// Lines that are copied together.
const CHUNK: usize = 1024;

/// Cases that are read in one go.
const SLICE: i64 = 8_192;

/// Between title and number in a line's text; stands in neither.
const BETWEEN: char = '\u{1f}';

/// A name by its place in [`Names`].
pub(super) type NameCode = u32;

/// What of a case stands in the roll, in plain words: from its state, or from its row.
pub(crate) struct Listing {
    id: CaseId,
    mechanism: MechanismId,
    number: Option<String>,
    /// `None` where it stays as it was.
    title: Option<Option<String>>,
    stage: StageId,
    open: bool,
    owner: UnitId,
    holder: UnitId,
    colour: Colour,
    opened_at: i64,
    due_at: Option<i64>,
    closed_at: Option<i64>,
    on_time: Option<bool>,
    late: bool,
    parent: Option<CaseId>,
    document: Option<String>,
    parties: Parties,
}

/// A case in the roll. Times are microseconds since 1970.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) id: CaseId,
    /// Where its text stands in the chunk, from and to.
    text: (u32, u32),
    pub(super) opened_at: i64,
    pub(super) due_at: Option<i64>,
    pub(super) closed_at: Option<i64>,
    pub(super) parent: Option<CaseId>,
    pub(super) mechanism: NameCode,
    pub(super) stage: NameCode,
    pub(super) owner: NameCode,
    pub(super) holder: NameCode,
    pub(super) document: Option<NameCode>,
    pub(super) parties: u32,
    /// What stands before the first digits of the number, those digits and the last ones.
    pub(super) number: Option<(NameCode, u32, u32)>,
    pub(super) colour: Colour,
    pub(super) open: bool,
    pub(super) late: bool,
    pub(super) on_time: Option<bool>,
}

impl Line {
    /// Whether it was open at this moment, in microseconds since 1970; see [`super::Filter::open_on`].
    pub(super) fn was_open_at(&self, at: i64) -> bool {
        self.opened_at < at && (self.open || self.closed_at.is_some_and(|closed| at <= closed))
    }
}

/// Neighbouring cases, with their texts side by side: seeking reads them in one go.
#[derive(Clone, Default)]
pub(super) struct Chunk {
    pub(super) lines: Vec<Option<Line>>,
    /// Of each line title and number, folded, the title first.
    texts: Vec<u8>,
    /// How many lines are alike in all that is counted; made when it is asked for after a change.
    alike: Alike,
    /// In which order they stand in lists; made when it is asked for after a change.
    pub(super) orders: Orders,
}

impl Chunk {
    /// One line for all that are alike in what is counted, and how many they are.
    pub(super) fn alike(&self) -> impl Iterator<Item = (&Line, u64)> {
        self.alike.of(&self.lines)
    }

    pub(super) fn text(&self, line: &Line) -> &[u8] {
        let (from, to) = (at(line.text.0), at(line.text.1));
        self.texts.get(from..to).unwrap_or_default()
    }

    /// Puts a line in; `text` where it changed.
    fn put(&mut self, place: usize, mut line: Line, text: Option<&str>) {
        if self.lines.len() <= place {
            self.lines.resize(place.saturating_add(1), None);
        }
        (self.alike, self.orders) = (Alike::default(), Orders::default());
        let before = self.lines.get_mut(place).and_then(Option::take);
        match (before, text) {
            (Some(before), None) => line.text = before.text,
            (before, text) => {
                if before.is_some() {
                    self.forget_unused();
                }
                let from = self.texts.len();
                self.texts.extend_from_slice(text.unwrap_or_default().as_bytes());
                let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                line.text = (short(from), short(self.texts.len()));
            }
        }
        if let Some(place) = self.lines.get_mut(place) {
            *place = Some(line);
        }
    }

    /// Makes the texts anew from the lines that there are, so that nothing stays of an erased title.
    fn forget_unused(&mut self) {
        let before = std::mem::take(&mut self.texts);
        for line in self.lines.iter_mut().flatten() {
            let from = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
            let old = before.get(at(line.text.0)..at(line.text.1));
            self.texts.extend_from_slice(old.unwrap_or_default());
            line.text = (from, u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        }
    }
}

fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// Every name once.
#[derive(Clone, Default)]
pub(super) struct Names {
    codes: BTreeMap<Arc<str>, NameCode>,
    names: Vec<Arc<str>>,
}

impl Names {
    fn code(this: &mut Arc<Names>, name: &str) -> NameCode {
        if let Some(code) = this.find(name) {
            return code;
        }
        let names = Arc::make_mut(this);
        let code = NameCode::try_from(names.names.len()).unwrap_or(NameCode::MAX);
        let name: Arc<str> = name.into();
        names.names.push(name.clone());
        names.codes.insert(name, code);
        code
    }

    /// The code of a name that some case bears.
    pub(super) fn find(&self, name: &str) -> Option<NameCode> {
        self.codes.get(name).copied()
    }

    /// The name of a code.
    pub(super) fn name(&self, code: NameCode) -> &str {
        let place = usize::try_from(code).unwrap_or(usize::MAX);
        self.names.get(place).map_or("", |name| name)
    }

    /// How many there are.
    pub(super) fn length(&self) -> usize {
        self.names.len()
    }

    /// The place of every name in their order, by code.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.names.len()];
        for (rank, code) in (0u32..).zip(self.codes.values()) {
            if let Some(place) = usize::try_from(*code).ok().and_then(|code| ranks.get_mut(code)) {
                *place = rank;
            }
        }
        ranks
    }
}

/// Who cases concern: few sets for many cases.
#[derive(Clone, Default)]
pub(super) struct PartySets {
    codes: BTreeMap<Parties, u32>,
    pub(super) sets: Vec<Parties>,
}

impl PartySets {
    fn code(this: &mut Arc<PartySets>, parties: Parties) -> u32 {
        if let Some(code) = this.codes.get(&parties) {
            return *code;
        }
        let sets = Arc::make_mut(this);
        let code = u32::try_from(sets.sets.len()).unwrap_or(u32::MAX);
        sets.sets.push(parties.clone());
        sets.codes.insert(parties, code);
        code
    }
}

/// A part of the roll.
#[derive(Clone, Copy)]
pub(super) struct Part<'r>(&'r [Arc<Chunk>]);

impl<'r> Part<'r> {
    /// Its lines with their texts, oldest case first.
    pub(super) fn lines(self) -> impl Iterator<Item = (&'r Line, &'r [u8])> {
        self.lines_where(|_| true)
    }

    /// As [`Part::lines`], newest case first.
    pub(super) fn lines_back(self) -> impl Iterator<Item = (&'r Line, &'r [u8])> {
        self.0.iter().rev().flat_map(|chunk| {
            let lines = chunk.lines.iter().rev().flatten();
            lines.map(|line| (line, chunk.text(line)))
        })
    }

    /// Its lines with their texts, oldest case first, without cases of which `may_hold` says, by the texts of some thousand of them, that none is asked for.
    pub(super) fn lines_where(
        self,
        may_hold: impl Fn(&[u8]) -> bool,
    ) -> impl Iterator<Item = (&'r Line, &'r [u8])> {
        let chunks = self.0.iter().filter(move |chunk| may_hold(&chunk.texts));
        chunks.flat_map(|chunk| {
            let lines = chunk.lines.iter().flatten();
            lines.map(|line| (line, chunk.text(line)))
        })
    }
}

impl<'r> Part<'r> {
    /// One line for all that are alike in what is counted, and how many they are.
    pub(super) fn alike(self) -> impl Iterator<Item = (&'r Line, u64)> {
        self.0.iter().flat_map(|chunk| chunk.alike())
    }

    /// Its thousands of neighbouring cases.
    pub(super) fn chunks(self) -> impl Iterator<Item = &'r Chunk> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// The roll, or a snapshot of it.
#[derive(Clone, Default)]
pub(crate) struct Roll {
    chunks: Arc<Vec<Arc<Chunk>>>,
    pub(super) names: Arc<Names>,
    /// Documents have codes of their own: there are many, and only few questions ask for one.
    pub(super) documents: Arc<Names>,
    pub(super) parties: Arc<PartySets>,
}

impl Roll {
    /// The roll of the cases in the read models, unless `stopped` before all are read. Each slice of them is of a moment of
    /// its own, so that reading millions does not keep the log of the database from being copied back.
    pub(super) fn load(connection: &Connection, stopped: &AtomicBool) -> Result<Roll, Error> {
        let mut roll = Roll::default();
        let mut last = Some(0);
        while let Some(after) = last {
            if stopped.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            last = Roll::each_listing(connection, after, &mut |listing| roll.put(listing))?;
        }
        Ok(roll)
    }

    /// Calls `visit` with the next cases after one, oldest first, and gives the last of them; nothing where there are none.
    pub(super) fn each_listing(
        connection: &Connection,
        after: i64,
        visit: &mut dyn FnMut(Listing),
    ) -> Result<Option<i64>, Error> {
        let mut statement = connection.prepare_cached(
            "SELECT id, mechanism, number, title, stage, open, owner, holder_unit, colour, opened_at, due_at, closed_at,
               on_time, late, parent, document, parties FROM case_views WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let mut rows = statement.query((after, SLICE))?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            last = Some(row.get(0)?);
            visit(Listing::read(row)?);
        }
        Ok(last)
    }

    /// All of it.
    pub(super) fn whole(&self) -> Part<'_> {
        Part(&self.chunks)
    }

    /// The older and the newer cases.
    pub(super) fn halves(&self) -> (Part<'_>, Part<'_>) {
        let (older, newer) = self.chunks.split_at(self.chunks.len() / 2);
        (Part(older), Part(newer))
    }

    /// Whether a case may be seen; `None` where there is no such case.
    pub(crate) fn shows(&self, case: CaseId, sight: &crate::access::Sight) -> Option<bool> {
        let nth = usize::try_from(case.0).ok()?.checked_sub(1)?;
        let line = self.chunks.get(nth / CHUNK)?.lines.get(nth % CHUNK)?.as_ref()?;
        Some(sight.meets(self.parties.sets.get(at(line.parties))?))
    }

    /// How many cases there are at most.
    pub(super) fn length(&self) -> usize {
        self.chunks.len().saturating_mul(CHUNK)
    }

    /// Puts a case in, or in the place of what was known of it.
    pub(crate) fn put(&mut self, listing: Listing) {
        let mut name = |name: &str| Names::code(&mut self.names, name);
        let number = listing.number.as_deref().map(numbered);
        let line = Line {
            id: listing.id,
            text: (0, 0),
            opened_at: listing.opened_at,
            due_at: listing.due_at,
            closed_at: listing.closed_at,
            parent: listing.parent,
            mechanism: name(listing.mechanism.as_str()),
            stage: name(listing.stage.as_str()),
            owner: name(listing.owner.as_str()),
            holder: name(listing.holder.as_str()),
            number: number.map(|(series, first, last)| (name(series), first, last)),
            document: listing
                .document
                .map(|document| Names::code(&mut self.documents, &document)),
            parties: PartySets::code(&mut self.parties, listing.parties),
            colour: listing.colour,
            open: listing.open,
            late: listing.late,
            on_time: listing.on_time,
        };
        let title = listing.title.as_ref();
        let text = title.map(|title| text(title.as_deref(), listing.number.as_deref()));
        let Some(nth) = usize::try_from(line.id.0).ok().and_then(|id| id.checked_sub(1)) else {
            return;
        };
        let chunks = Arc::make_mut(&mut self.chunks);
        while chunks.len() <= nth / CHUNK {
            chunks.push(Arc::default());
        }
        if let Some(chunk) = chunks.get_mut(nth / CHUNK) {
            Arc::make_mut(chunk).put(nth % CHUNK, line, text.as_deref());
        }
    }
}

fn text(title: Option<&str>, number: Option<&str>) -> String {
    let mut text = fold(title.unwrap_or_default());
    text.push(BETWEEN);
    text.push_str(&fold(number.unwrap_or_default()));
    text
}

impl Listing {
    #[cfg(test)]
    pub(super) fn id(&self) -> CaseId {
        self.id
    }

    /// From a state; `title` where it changed.
    pub(crate) fn of(state: &State, title: Option<Option<&str>>) -> Listing {
        Listing {
            id: state.id,
            mechanism: state.mechanism.id.clone(),
            number: state.number.as_ref().map(|number| number.text.clone()),
            title: title.map(|title| title.map(str::to_owned)),
            stage: state.stage.clone(),
            open: state.is_open(),
            owner: state.owner.clone(),
            holder: state.holder.unit.clone(),
            colour: state.colour(),
            opened_at: micros(state.opened_at),
            due_at: state.due().map(micros),
            closed_at: state.closed.as_ref().map(|closed| micros(closed.at)),
            on_time: state.closed.as_ref().and_then(|closed| closed.on_time),
            late: state.was_late,
            parent: state.parent,
            document: state.source.document.as_ref().map(ToString::to_string),
            parties: Parties::of(state),
        }
    }

    fn read(row: &Row<'_>) -> Result<Listing, Error> {
        let case = |id: i64| CaseId(u64::try_from(id).unwrap_or(0));
        let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        Ok(Listing {
            id: case(row.get(0)?),
            mechanism: text(1)?.into(),
            number: row.get(2)?,
            title: Some(row.get(3)?),
            stage: text(4)?.into(),
            open: row.get(5)?,
            owner: text(6)?.into(),
            holder: text(7)?.into(),
            colour: super::query::colour_of(row.get(8)?),
            opened_at: row.get(9)?,
            due_at: row.get(10)?,
            closed_at: row.get(11)?,
            on_time: row.get(12)?,
            late: row.get(13)?,
            parent: row.get::<_, Option<i64>>(14)?.map(case),
            document: row.get(15)?,
            parties: serde_json::from_str(text(16)?)?,
        })
    }
}
