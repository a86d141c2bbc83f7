//! What happened to a case, read from the texts of the log with no tree of JSON in between.

use bihuan_domain::case::{Meta, State};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::CaseId;
use bihuan_ledger::{EntryText, Reader};

use crate::error::Error;
use crate::heard::damaged;
use crate::views::actor_of;

/// The case of a stream of the log; `None` for the streams that are of none.
pub(crate) fn case_of(stream: &str) -> Option<CaseId> {
    stream.strip_prefix("case/")?.parse().ok().map(CaseId)
}

/// The parts of an entry's text.
///
/// # Errors
///
/// If the entry is damaged.
pub(crate) fn parts(seq: u64, text: &str) -> Result<EntryText<'_>, Error> {
    EntryText::of(text).ok_or_else(|| damaged(seq))
}

/// The event that an entry of a case's stream tells, with when it happened and who acted.
///
/// # Errors
///
/// If the entry is damaged, or holds an event that this program does not know.
pub(crate) fn read(seq: u64, entry: &EntryText<'_>) -> Result<(CaseEvent, Meta), Error> {
    let actor = entry.actor().ok_or_else(|| damaged(seq))?;
    let meta = Meta {
        seq,
        at: entry.at().ok_or_else(|| damaged(seq))?,
        actor: actor_of(&actor),
    };
    Ok((CaseEvent::read_text(entry.kind, entry.version, entry.body)?, meta))
}

/// Calls `each` with everything that happened to a case before entry `until` of the log, in order.
///
/// # Errors
///
/// As for [`read`]; the first error of `each`; if the log cannot be read.
pub(crate) fn to_case(
    log: &Reader,
    case: CaseId,
    until: u64,
    mut each: impl FnMut(CaseEvent, Meta) -> Result<(), Error>,
) -> Result<(), Error> {
    log.for_each_text_of(&format!("case/{case}"), until, |seq, text| {
        let (event, meta) = read(seq, &parts(seq, text)?)?;
        each(event, meta)
    })
}

/// Lets an event happen to a case that may not have been opened yet. What is told before an opening is passed over.
pub(crate) fn evolve(case: &mut Option<State>, event: &CaseEvent, meta: &Meta) {
    match (case, event) {
        (Some(state), event) => state.evolve(event, meta),
        (none, CaseEvent::Opened(opened)) => *none = Some(State::open(opened, meta)),
        (None, _) => {}
    }
}
