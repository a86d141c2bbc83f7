//! What a unit must still add before a bulletin is drafted: why its late matters are late, each asked once and filled in
//! with what was said before. Nothing else is asked; who says nothing stands in the bulletin as silent.

use bihuan_domain::calendar::{date_of, day_number};
use bihuan_domain::case::State;
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, UnitId};
use bihuan_domain::mechanism::Colour;
use jiff::Timestamp;

use crate::access::Sight;
use crate::error::Error;
use crate::views::{Brief, Filter, Sort, Views};

/// Matters asked about at once; who has more has them on the ledger.
const ASKED_MAX: u64 = 50;

/// A late matter of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The case as it is.
    pub state: State,
    /// When it, or its present step, was due.
    pub due: Timestamp,
    /// What was last said about it, and when; fills the field.
    pub last: Option<(String, Timestamp)>,
    /// Whether a reason was given since it is late: then nothing is asked.
    pub given: bool,
}

impl Asked {
    /// Days late by the calendar, as lists and cases say it; what ran out today is one day late.
    pub fn days(&self, now: Timestamp) -> u64 {
        let days = day_number(date_of(now)) - day_number(date_of(self.due));
        u64::try_from(days).unwrap_or(0).max(1)
    }
}

/// The late matters of a unit, most urgent first; those without a reason are asked about.
///
/// # Errors
///
/// If the read models or the log cannot be read.
pub fn asked(views: &Views, unit: &UnitId, now: Timestamp) -> Result<Vec<Asked>, Error> {
    let filter = Filter {
        owners: vec![unit.clone()],
        ..Filter::default()
    };
    Ok(late(views, filter, now)?.0)
}

/// What is late in all units that a reader may see, most urgent first, and how many there are: what a dispatch meeting has
/// on its table.
///
/// # Errors
///
/// If the read models or the log cannot be read.
pub fn slow(views: &Views, sight: &Sight, now: Timestamp) -> Result<(Vec<Asked>, u64), Error> {
    let filter = Filter {
        visible_to: sight.clone(),
        ..Filter::default()
    };
    late(views, filter, now)
}

fn late(views: &Views, filter: Filter, now: Timestamp) -> Result<(Vec<Asked>, u64), Error> {
    let filter = Filter {
        open: Some(true),
        colour: Some(Colour::Red),
        ..filter
    };
    let mut asked = Vec::new();
    let page = views.cases(&filter, Sort::Urgency, 0, ASKED_MAX)?;
    let mut total = page.total;
    for row in page.rows {
        let Some(state) = views.state(row.id)? else {
            continue;
        };
        let Some((_, due)) = Brief::of(&state).course.late(now) else {
            // Red, and its limit is not past: a warning that stays for the period.
            total = total.saturating_sub(1);
            continue;
        };
        asked.push(Asked {
            due,
            last: last_said(views, row.id)?,
            given: state.reason_given().is_some(),
            state,
        });
    }
    Ok((asked, total))
}

/// The last words about a case.
fn last_said(views: &Views, case: CaseId) -> Result<Option<(String, Timestamp)>, Error> {
    for entry in views.log().stream(&format!("case/{case}"), 0)?.into_iter().rev() {
        let at = entry.at;
        let note = match CaseEvent::read(&entry.kind, entry.version, entry.body)? {
            CaseEvent::Noted(e) => e.note,
            CaseEvent::Answered(e) => e.note,
            CaseEvent::Requested(e) => e.note,
            _ => None,
        };
        if let Some(text) = note.map(|note| views.unseal(&note)).transpose()?.flatten() {
            return Ok(Some((text, at)));
        }
    }
    Ok(None)
}
