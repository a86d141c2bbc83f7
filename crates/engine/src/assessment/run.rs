//! One computation: a scheme, a period, the head of the log that it was computed from, and the result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bihuan_domain::assessment::{
    Assessment, Members, Named, Of, Scheme, Sheet, Span, Thing, WhyApart, about_case, facts_of, score,
};
use bihuan_domain::calendar::{date_of, midnight};
use bihuan_domain::expr::Row;
use bihuan_domain::id::{CaseId, FieldId, RegisterId, RowId, UnitId};
use bihuan_domain::refusal::Refusal;
use bihuan_domain::register::CASE;
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use bihuan_ledger::{Checkpoint, Reader, canonical_of};
use jiff::Timestamp;
use serde::Serialize;

use super::change::{Change, refusal};
use super::facts;
use super::fold::{AT_ONCE, Wanted, fold};
use super::told::{EventRef, Told};
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::mechanisms::Mechanisms;
use crate::views::{self, Filling, Views};

/// The head of the log that a result was computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The name of the log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: String,
}

/// How often a moment is looked for in which log and shared state are of one size, a millisecond apart.
const MOMENTS_MAX: usize = 2_000;

/// A computed assessment.
pub struct Run {
    /// The scheme.
    pub scheme: Arc<Scheme>,
    /// The period.
    pub span: Span,
    /// What it was computed from.
    pub head: Head,
    /// The result.
    pub assessment: Assessment,
    /// When the log begins and ends.
    pub reach: Option<(Timestamp, Timestamp)>,
    pub(crate) told: Option<Told>,
}

/// A sheet with the entries behind every case and row that it names.
#[derive(Debug, Serialize)]
pub struct Traced<'a> {
    scheme: &'a str,
    definition: &'a str,
    period: &'a str,
    log: &'a Head,
    sheet: &'a Sheet,
    /// The entries behind each case and row, and those that made the unit what it is.
    pub events: Vec<(Thing, Vec<EventRef>)>,
    /// The entries that made the unit and those that it absorbed.
    pub units: Vec<(UnitId, Vec<EventRef>)>,
}

impl Run {
    /// The sheet of a unit with the entries behind it.
    ///
    /// # Errors
    ///
    /// A refusal where the unit is not scored, with the reason. The entries are there only in a run of the log.
    pub fn explain(&self, unit: &UnitId) -> Result<Traced<'_>, Failure> {
        let sheet = self.sheet(unit)?;
        let mut events: BTreeMap<Thing, Vec<EventRef>> = BTreeMap::new();
        let mut units = Vec::new();
        if let Some(told) = &self.told {
            for thing in self.things(sheet) {
                let found = told.events_behind(&thing)?;
                events.insert(thing, found);
            }
            for unit in std::iter::once(&sheet.unit).chain(&sheet.absorbed) {
                units.push((
                    unit.clone(),
                    told.unit_events.get(unit).cloned().unwrap_or_default(),
                ));
            }
        }
        Ok(Traced {
            scheme: self.scheme.id.as_str(),
            definition: self.scheme.digest.as_str(),
            period: &self.span.name,
            log: &self.head,
            sheet,
            events: events.into_iter().collect(),
            units,
        })
    }

    /// The sheet of a unit.
    ///
    /// # Errors
    ///
    /// A refusal where the unit is not scored, with the reason.
    pub fn sheet(&self, unit: &UnitId) -> Result<&Sheet, Failure> {
        if let Some(sheet) = self.assessment.sheet(unit) {
            return Ok(sheet);
        }
        let apart = self.assessment.apart.iter().find(|apart| apart.unit == *unit);
        let name = unit.as_str();
        let refused = match apart.map(|apart| &apart.why) {
            Some(WhyApart::Merged { into, last }) => {
                let last = last.to_string();
                refusal(
                    "assess.merged",
                    &[("unit", name), ("into", into.as_str()), ("last", &last)],
                )
            }
            Some(WhyApart::Ended { last }) => {
                refusal("assess.ended", &[("unit", name), ("last", &last.to_string())])
            }
            _ => refusal(
                "assess.not_scored",
                &[("unit", name), ("scheme", self.scheme.id.as_str())],
            ),
        };
        Err(refused.into())
    }

    /// Every case and row that a sheet rests on: what counted, the rows that put the unit into its class, and the
    /// cases whose steps wrote rows.
    pub(crate) fn things(&self, sheet: &Sheet) -> Vec<Thing> {
        let lines = sheet.lines.iter().flat_map(|line| &line.counted);
        let adjusted = sheet
            .additions
            .iter()
            .chain(&sheet.deductions)
            .flat_map(|line| &line.counted);
        let vetoes = sheet.vetoes.iter().flat_map(|veto| &veto.counted);
        let mut things: Vec<Thing> = lines
            .chain(adjusted)
            .chain(vetoes)
            .map(|one| one.thing.clone())
            .collect();
        let Some(told) = &self.told else { return things };
        // All rows and cases of the list that name the unit: expressions decide again which of them counts.
        let names = |row: &Row| {
            let mut values = row.values();
            values.any(|value| matches!(value, Value::Unit(unit) if *unit == sheet.unit))
        };
        let members = self.scheme.class(&sheet.class).map(|class| &class.members);
        match members.map(|members| match members {
            Members::Rows(source) => Some(&source.of),
            Members::Kinds(_) => None,
        }) {
            Some(Some(Of::Register(register))) => {
                let of_unit = told.world.registers.rows(register).filter(|(_, row)| names(row));
                things.extend(of_unit.map(|(row, _)| Thing::Row {
                    register: register.clone(),
                    row: row.clone(),
                }));
            }
            Some(Some(Of::Cases(mechanism))) => {
                let states = told
                    .cases
                    .values()
                    .filter(|state| state.mechanism.id == *mechanism);
                let of_unit = states.filter(|state| names(&state.as_row()));
                things.extend(of_unit.map(|state| Thing::Case { case: state.id }));
            }
            _ => {}
        }
        let cases: Vec<CaseId> = things
            .iter()
            .filter_map(|thing| match thing {
                Thing::Row { register, row } => case_of(&told.world, register, row),
                Thing::Case { .. } => None,
            })
            .collect();
        things.extend(cases.into_iter().map(|case| Thing::Case { case }));
        things.sort();
        things.dedup();
        things
    }

    fn checked(self) -> Result<Run, Failure> {
        checked(&self.scheme, &self.span, &self.assessment, self.reach)?;
        Ok(self)
    }
}

/// Why there is no result yet: what it counts is still gone through, and how far.
fn being_filled(scheme: &Scheme, filling: &Filling) -> Refusal {
    let (done, of) = (filling.done.to_string(), filling.of.to_string());
    let args = [
        ("scheme", scheme.id.as_str()),
        ("mechanism", filling.mechanism.as_str()),
        ("done", &done),
        ("of", &of),
    ];
    refusal("assess.being_filled", &args)
}

/// Refuses a period of which the log knows nothing: an assessment of nothing is no result.
pub(super) fn checked(
    scheme: &Scheme,
    span: &Span,
    assessment: &Assessment,
    reach: Option<(Timestamp, Timestamp)>,
) -> Result<(), Failure> {
    let measured = scheme.items.iter().filter(|item| item.measure.is_some()).count();
    if assessment.silent.len() < measured {
        return Ok(());
    }
    let day = |at: Timestamp| date_of(at).to_string();
    let (from, to) = reach.map_or_else(
        || (String::from("—"), String::from("—")),
        |(first, last)| (day(first), day(last)),
    );
    let args = [
        ("period", span.name.as_str()),
        ("scheme", scheme.id.as_str()),
        ("from", from.as_str()),
        ("to", to.as_str()),
    ];
    Err(refusal("assess.no_data", &args).into())
}

fn case_of(world: &World, register: &RegisterId, row: &RowId) -> Option<CaseId> {
    match world.registers.value(register, row, &FieldId::new(CASE)) {
        Some(Value::Case(case)) => Some(*case),
        _ => None,
    }
}

/// The canonical bytes of a traced sheet: the same for everybody who computes it.
///
/// # Errors
///
/// Does not fail for sheets of ours.
pub fn sheet_json(traced: &Traced<'_>) -> Result<String, Error> {
    Ok(canonical_of(traced)?)
}

/// The scheme of this code or number; of none where there is only one to choose, else the first yearly one.
///
/// # Errors
///
/// A refusal that names the schemes there are.
pub fn scheme_named(mechanisms: &Mechanisms, name: Option<&str>) -> Result<Arc<Scheme>, Failure> {
    let all: Vec<&Arc<Scheme>> = mechanisms.schemes().collect();
    let found = match name {
        Some(name) => all
            .iter()
            .find(|scheme| scheme.id.as_str() == name || scheme.number == name),
        None => {
            let yearly = |scheme: &&&Arc<Scheme>| scheme.period == bihuan_domain::mechanism::Period::Year;
            all.iter().find(yearly).or_else(|| all.first())
        }
    };
    found.map(|scheme| Arc::clone(scheme)).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|scheme| scheme.id.as_str()).collect();
        refusal(
            "assess.no_scheme",
            &[("found", name.unwrap_or("—")), ("known", &known.join(" "))],
        )
        .into()
    })
}

/// The period of this name, or the one in which `now` lies.
///
/// # Errors
///
/// A refusal with what is expected.
pub fn period_of(scheme: &Scheme, name: Option<&str>, now: Timestamp) -> Result<Span, Failure> {
    let unreadable = |found: &str, expected: &str| {
        refusal("assess.bad_period", &[("found", found), ("expected", expected)])
    };
    match name {
        Some(name) => {
            Span::parse(name, scheme.period).map_err(|fault| unreadable(&fault.found, fault.expected).into())
        }
        None => Span::around(date_of(now), scheme.period).ok_or_else(|| unreadable("—", "2026").into()),
    }
}

/// Computes from the read models of a running engine, as of its head. Sheets name what counted as `named` says.
///
/// # Errors
///
/// If the read models cannot be read; a refusal where the period has no data, or what the scheme counts is still being filled.
pub fn live(engine: &Engine, scheme: &Arc<Scheme>, span: &Span, named: Named<'_>) -> Result<Run, Failure> {
    let run = at_one_size(engine, |views, world, head| {
        if let Some(filling) = views::filling_of(views.connection(), scheme)? {
            return Err(being_filled(scheme, &filling).into());
        }
        let log = views.log();
        let assessment = facts::of_views(scheme, world, views.connection(), span, named)?;
        let first = log.entries(0, 1)?.first().map(|entry| entry.at);
        Ok(Run {
            scheme: scheme.clone(),
            span: span.clone(),
            head: Head {
                origin: log.ledger().origin().to_owned(),
                size: head.size,
                root: head.root.to_string(),
            },
            assessment,
            reach: first.zip(Some(engine.now())),
            told: None,
        })
    })?;
    run.checked()
}

/// Runs `work` on a state of the read models and the jurisdiction of the same size of the log.
pub(super) fn at_one_size<T>(
    engine: &Engine,
    work: impl Fn(&Views, &World, &Checkpoint) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let views = engine.views()?;
    for _ in 0..MOMENTS_MAX {
        // The jurisdiction is published after the commit that changed it; so it is never ahead of what is read after it.
        let published = engine.published();
        let world = engine.world();
        let done = views.log().at_one_moment(|log| {
            let head = log.head()?;
            if head.size == published {
                work(&views, &world, &head).map(Some)
            } else {
                Ok(None)
            }
        })?;
        match done {
            Some(done) => return Ok(done),
            None => std::thread::sleep(std::time::Duration::from_millis(1)),
        }
    }
    Err(Error::Other("the log grew faster than it could be looked at".to_owned()).into())
}

/// Computes from the first `size` entries of the log alone (all signed ones where absent), with one entry changed where
/// `change` says so.
///
/// # Errors
///
/// If the log cannot be read; a refusal where scheme, period or change do not fit.
pub fn of_log(
    log: &Reader,
    size: Option<u64>,
    scheme: Option<&str>,
    period: Option<&str>,
    change: Option<Change>,
) -> Result<Run, Failure> {
    let size = match size {
        Some(size) => size,
        None => log.head()?.size,
    };
    let head = Head {
        origin: log.ledger().origin().to_owned(),
        size,
        root: log.root_at(size)?.to_string(),
    };
    let mut told = Told::of_world(log, size, change)?;
    let (scheme, span) = asked(&told, scheme, period)?;
    let (countings, lists) = (scheme.countings(), scheme.lists());
    let all = countings.iter().chain(lists.iter().map(|(_, list)| list));
    let mut wanted = Wanted {
        size,
        at_once: AT_ONCE,
        countings: Vec::new(),
        about: facts::cases_of_rows(&told.world, all),
        whole: BTreeSet::new(),
        today: midnight(span.last),
        change: told.change(),
    };
    for (place, counting) in countings.iter().enumerate() {
        if let Of::Cases(mechanism) = &counting.of {
            wanted.countings.push((place, counting, mechanism.clone()));
        }
    }
    for (_, list) in &lists {
        if let Of::Cases(mechanism) = &list.of {
            wanted.whole.insert(mechanism.clone());
        }
    }
    let folded = fold(log, &wanted)?;
    let assessment = facts::of_fold(&scheme, &told.world, &span, &folded)?;
    told.cases = folded.states;
    Run {
        scheme,
        span,
        head,
        assessment,
        reach: told.first.zip(told.last),
        told: Some(told),
    }
    .checked()
}

/// The scheme and period that are asked for, of those that the log knows.
fn asked(told: &Told, scheme: Option<&str>, period: Option<&str>) -> Result<(Arc<Scheme>, Span), Failure> {
    let mechanisms = Mechanisms::default().adopt(&told.world.packs, &told.world.calendars)?;
    let scheme = scheme_named(&mechanisms, scheme)?;
    let last = told.last.unwrap_or(Timestamp::UNIX_EPOCH);
    let span = period_of(&scheme, period, last)?;
    Ok((scheme, span))
}

/// Computes from what entries told.
pub(crate) fn of_told(
    told: Told,
    head: Head,
    scheme: Option<&str>,
    period: Option<&str>,
) -> Result<Run, Failure> {
    let (scheme, span) = asked(&told, scheme, period)?;
    let about = |id| Ok::<_, Failure>(told.cases.get(&id).map(about_case));
    let facts = facts_of(&scheme, &told.world, told.cases.values(), about)?;
    let assessment = score(&scheme, &told.world.org, &facts, &span);
    Ok(Run {
        scheme,
        span,
        head,
        assessment,
        reach: told.first.zip(told.last),
        told: Some(told),
    })
}
