//! What is known already (law 10): a datum that was given within its validity is shown with its source and date and
//! confirmed with one click instead of being asked again; after its validity it is shown as last known.
//!
//! Two places are looked at: the register row to which a field of the case points, and the newest earlier case about the
//! same row or, where the datum is about the owner, of the same owner. What a datum is about and how long it stays valid
//! the county's dictionary says; a datum of one case alone is never carried to another.

use std::collections::BTreeMap;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::event::{CaseEvent, Values};
use bihuan_domain::id::{CaseId, Code, FieldId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Field, Mechanism};
use bihuan_domain::value::{RowRef, Type, Value};
use bihuan_domain::world::World;
use bihuan_mechanism::Datum;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::access::Sight;
use crate::error::Error;
use crate::mechanisms::Mechanisms;
use crate::views::{Filter, Sort, Views};

/// Earlier cases that are looked at for one datum, newest first: beyond them nothing counts as known.
const CASES_MAX: u64 = 200;

/// A value that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub source: Source,
    /// When it was given; `None` where the register does not say.
    pub since: Option<Date>,
    /// Until when it is valid; `None` where it is valid for good, or its day is unknown.
    pub until: Option<Date>,
    /// Whether it is still within its validity.
    pub fresh: bool,
}

/// Where a known value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In this row of a register.
    Row(RowRef),
    /// In this case; the flag says whether the reader may open it.
    Case(CaseId, bool),
}

impl Known {
    /// Names the value and its place: a form that confirms one known value must not confirm another.
    pub fn tag(&self) -> String {
        let place = match &self.source {
            Source::Row(row) => format!("row/{}/{}", row.register, row.row),
            Source::Case(case, _) => format!("case/{case}"),
        };
        let value = serde_json::to_string(&self.value).unwrap_or_default();
        bihuan_mechanism::digest(&format!("{place} {value}"))
            .as_str()
            .to_owned()
    }
}

/// What a case, or one that is about to be opened, says of itself so far.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The case, where there is one.
    pub case: Option<CaseId>,
    /// Its owner, where it is known.
    pub owner: Option<&'a UnitId>,
    /// Its values.
    pub values: &'a Values,
}

/// How long a datum stays valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Validity {
    Case,
    Always,
    Days(i64),
}

/// Looks known values up for one reader.
#[derive(Clone, Copy)]
pub struct Lookup<'a> {
    /// The read models.
    pub views: &'a Views,
    /// Org and registers.
    pub world: &'a World,
    /// The packs with their dictionaries.
    pub mechanisms: &'a Mechanisms,
    /// What the reader may see.
    pub sight: &'a Sight,
    /// The present instant.
    pub now: Timestamp,
}

impl Lookup<'_> {
    /// What is known of these fields of `mechanism`, leaving out those that the subject has already.
    ///
    /// # Errors
    ///
    /// If the read models or the log cannot be read.
    pub fn find<'f>(
        &self,
        mechanism: &Mechanism,
        fields: impl IntoIterator<Item = &'f Field>,
        subject: Subject<'_>,
    ) -> Result<BTreeMap<FieldId, Known>, Error> {
        let mut found = BTreeMap::new();
        for field in fields {
            // What is encrypted to somebody else's key the server cannot show; files are brought, not told.
            if subject.values.contains_key(&field.id) || field.sealed_to.is_some() || field.ty == Type::File {
                continue;
            }
            let Some(datum) = self.mechanisms.datum(&field.datum) else {
                continue;
            };
            let rows = self.rows_about(mechanism, datum, subject.values);
            let known = match self.in_row(field, datum, &rows) {
                Some(known) => Some(known),
                None => self.in_case(field, datum, &rows, subject)?,
            };
            if let Some(known) = known {
                found.insert(field.id.clone(), known);
            }
        }
        Ok(found)
    }

    /// The rows to which the case points whose register is about the same thing as the datum.
    fn rows_about(&self, mechanism: &Mechanism, datum: &Datum, values: &Values) -> Vec<RowRef> {
        let about = |row: &RowRef| {
            let spec = self.mechanisms.register(&row.register);
            let mut fields = spec.into_iter().flat_map(|spec| &spec.fields);
            fields.any(|field| {
                let other = self.mechanisms.datum(&field.datum);
                field.datum == datum.id
                    || other.is_some_and(|other| other.of == datum.of && is_lasting(other))
            })
        };
        let pointing = mechanism
            .fields
            .iter()
            .filter_map(|field| match values.get(&field.id)? {
                Value::Row(row) => Some(row),
                _ => None,
            });
        pointing.filter(|row| about(row)).cloned().collect()
    }

    fn in_row(&self, asked: &Field, datum: &Datum, rows: &[RowRef]) -> Option<Known> {
        rows.iter().find_map(|row| {
            let spec = self.mechanisms.register(&row.register)?;
            let field = spec.fields.iter().find(|field| field.datum == datum.id)?;
            // Whoever may point at a row may not see what only its keeper sees.
            if field.sensitive || asked.sensitive {
                return None;
            }
            let value = self
                .world
                .registers
                .value(&row.register, &row.row, &field.id)
                .filter(|value| value.fits(&asked.ty))?;
            Some(Known {
                value: value.clone(),
                source: Source::Row(row.clone()),
                since: None,
                until: None,
                // A register does not say when a row was written: what is valid for a time is only last known.
                fresh: validity(datum) == Validity::Always,
            })
        })
    }

    fn in_case(
        &self,
        asked: &Field,
        datum: &Datum,
        rows: &[RowRef],
        subject: Subject<'_>,
    ) -> Result<Option<Known>, Error> {
        let validity = validity(datum);
        let by_owner = rows.is_empty();
        if validity == Validity::Case || by_owner && !self.is_about_owner(datum, subject.owner) {
            return Ok(None);
        }
        let asking = self.mechanisms.all().filter(|other| asks(other, datum).is_some());
        let mechanisms: Vec<MechanismId> = asking.map(|other| other.id.clone()).collect();
        if mechanisms.is_empty() {
            return Ok(None);
        }
        let owners = subject.owner.filter(|_| by_owner).cloned();
        let filter = Filter {
            mechanisms,
            owners: owners.into_iter().collect(),
            ..Filter::default()
        };
        for earlier in self.views.cases(&filter, Sort::Newest, 0, CASES_MAX)?.rows {
            if Some(earlier.id) == subject.case {
                continue;
            }
            let Some(state) = self.views.state(earlier.id)? else {
                continue;
            };
            let points = |value: &Value| matches!(value, Value::Row(row) if rows.contains(row));
            if !by_owner && !state.values.values().any(points) {
                continue;
            }
            let definition = self.mechanisms.by_digest(&state.mechanism.digest);
            let field = definition.as_deref().and_then(|other| asks(other, datum));
            let value = field.and_then(|field| state.values.get(&field.id));
            let (Some(field), Some(value)) = (field, value.filter(|value| value.fits(&asked.ty))) else {
                continue;
            };
            let seen = self.sight.covers(&state);
            let closed_off = asked.sensitive || datum.field.sensitive || holds_text(value);
            if closed_off && !seen {
                continue;
            }
            let since = self.given(&state, &field.id)?;
            let (until, fresh) = self.lasts(validity, since);
            return Ok(Some(Known {
                value: value.clone(),
                source: Source::Case(state.id, seen),
                since: Some(since),
                until,
                fresh,
            }));
        }
        Ok(None)
    }

    /// Whether a datum is about whoever owns the case: about the kind of unit that the owner is.
    fn is_about_owner(&self, datum: &Datum, owner: Option<&UnitId>) -> bool {
        let unit = owner.and_then(|owner| self.world.org.units.get(owner));
        unit.is_some_and(|unit| {
            datum.of.as_str() == "owner" || datum.of == unit.kind || unit.functions.contains(&datum.of)
        })
    }

    /// The day on which a case was last given a value.
    fn given(&self, state: &State, field: &FieldId) -> Result<Date, Error> {
        let timeline = self
            .views
            .case(state.id)?
            .map(|case| case.timeline)
            .unwrap_or_default();
        let newest = timeline
            .iter()
            .rev()
            .find(|entry| sets(&entry.event).is_some_and(|values| values.contains_key(field)));
        Ok(date_of(newest.map_or(state.opened_at, |entry| entry.at)))
    }

    fn lasts(&self, validity: Validity, since: Date) -> (Option<Date>, bool) {
        match validity {
            Validity::Always => (None, true),
            Validity::Case => (None, false),
            Validity::Days(days) => {
                let span = jiff::Span::new().try_days(days);
                let until = span.ok().and_then(|span| since.checked_add(span).ok());
                let today = date_of(self.now);
                (until, until.is_none_or(|until| today <= until))
            }
        }
    }
}

/// The field of a mechanism that is this datum.
fn asks<'m>(mechanism: &'m Mechanism, datum: &Datum) -> Option<&'m Field> {
    mechanism.fields.iter().find(|field| field.datum == datum.id)
}

fn holds_text(value: &Value) -> bool {
    match value {
        Value::Sealed(_) | Value::Person(_) | Value::File(_) => true,
        Value::List(items) => items.iter().any(holds_text),
        _ => false,
    }
}

fn is_lasting(datum: &Datum) -> bool {
    datum.of != Code::new("case")
}

fn validity(datum: &Datum) -> Validity {
    match datum.valid.as_str() {
        "always" => Validity::Always,
        limit => {
            let days = limit.strip_suffix("days").or_else(|| limit.strip_suffix("day"));
            match days.and_then(|days| days.trim().parse().ok()) {
                Some(days) => Validity::Days(days),
                None => Validity::Case,
            }
        }
    }
}

fn sets(event: &CaseEvent) -> Option<&Values> {
    match event {
        CaseEvent::Opened(opened) => Some(&opened.values),
        CaseEvent::Moved(moved) => Some(&moved.values),
        CaseEvent::Noted(noted) => Some(&noted.values),
        CaseEvent::Amended(amended) => Some(&amended.values),
        CaseEvent::Corrected(corrected) => Some(&corrected.values),
        CaseEvent::Closed(closed) => Some(&closed.values),
        CaseEvent::Failed(failed) => Some(&failed.values),
        _ => None,
    }
}
