//! What rows and schedules bring about: openings that nobody has to ask for.
//!
//! Pure: says what would be opened, under which key. The writer of the log opens it once for each key, so that a row
//! that is written twice, a schedule that fires after a stop or a stage that is entered again brings nothing twice.

use std::collections::BTreeMap;

use bihuan_messages::{Label, Lang, t};
use jiff::Timestamp;
use jiff::civil::Date;

use super::context::{CaseScope, Context, Subject};
use crate::calendar::{date_of, midnight};
use crate::clock::{OutOfRange, date_label};
use crate::event::Values;
use crate::expr::{self, NoCase, Row};
use crate::id::{CaseId, Code, FieldId, MechanismId, RegisterId, RowId, Sealed, StageId, UnitId};
use crate::mechanism::{Each, FromRow, Mechanism, RegisterSpec, RowOwner, SourceKind, Units};
use crate::org::{Actor, Unit};
use crate::refusal::Refusal;
use crate::value::{RowRef, Value};
use crate::world::World;

/// A case that opens by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// Under which mechanism.
    pub mechanism: MechanismId,
    /// Who owns it.
    pub owner: UnitId,
    /// What it came from.
    pub kind: SourceKind,
    /// Once for each key.
    pub key: Code,
    /// The title, where a row or the parent has one; it is the same sealed text, so erasing that erases this.
    pub title: Option<Sealed>,
    /// Field values.
    pub values: Values,
    /// The parent.
    pub parent: Option<CaseId>,
    /// From when its clocks count, where that is before now.
    pub since: Option<Timestamp>,
}

/// The case that a row opens under `mechanism`; `None` where it opens none.
pub fn by_row(
    mechanism: &Mechanism,
    world: &World,
    now: Timestamp,
    register: &RegisterId,
    row_id: &RowId,
) -> Option<Brought> {
    let on = mechanism.open.on.as_ref().filter(|on| on.register == *register)?;
    let row = world.registers.row(register, row_id)?;
    let scope = NoCase::new(now).with_registers(&world.registers);
    if let Some(when) = &on.when
        && !matches!(expr::holds_for(when, &scope, row), Ok(true))
    {
        return None;
    }
    let kind = if mechanism.open.from.contains(&SourceKind::Warning) {
        SourceKind::Warning
    } else {
        SourceKind::Finding
    };
    Some(Brought {
        mechanism: mechanism.id.clone(),
        owner: owner(&on.owner, row, world, date_of(now), None)?,
        kind,
        key: Code::new(format!("row/{register}/{row_id}")),
        title: title_of(mechanism, register, row),
        values: values(&on.sets, register, row_id, row),
        parent: None,
        since: None,
    })
}

/// The cases that the schedule of `mechanism` opens for an occurrence in (`after`, `until`], the earliest first,
/// for at most so many `days` on which it opens any.
///
/// # Errors
///
/// Where the cadence names a calendar that is not in force.
pub fn by_schedule(
    mechanism: &Mechanism,
    world: &World,
    after: Date,
    until: Date,
    days: usize,
) -> Result<Vec<(Date, Brought)>, OutOfRange> {
    let Some(schedule) = &mechanism.open.schedule else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let (mut day, mut days) = (after, days);
    while days > 0 && found.len() < OCCURRENCES_MAX {
        let next = schedule.cadence.next_after(day, &world.calendars)?.date;
        if next > until || next <= day {
            break;
        }
        day = next;
        let before = found.len();
        for unit in world.org.units.values().filter(|unit| unit.valid.covers(next)) {
            let meant = match &schedule.units {
                Units::Function(function) => unit.functions.contains(function),
                Units::Kind(kind) => unit.kind == *kind,
            };
            if meant {
                let brought = Brought {
                    mechanism: mechanism.id.clone(),
                    owner: unit.id.clone(),
                    kind: SourceKind::Schedule,
                    key: Code::new(format!("schedule/{next}/{}", unit.id)),
                    title: None,
                    values: Values::new(),
                    parent: None,
                    since: Some(midnight(next)),
                };
                found.push((next, brought));
            }
        }
        days = days.saturating_sub(usize::from(found.len() > before));
    }
    Ok(found)
}

/// The title of a case that the schedule of `mechanism` opens for `owner` on `day`, in Chinese as the log keeps it.
pub fn scheduled_title(mechanism: &Mechanism, world: &World, day: Date, owner: &UnitId) -> String {
    let schedule = mechanism.open.schedule.as_ref();
    let template = schedule.map_or(mechanism.label.zh.as_str(), |schedule| schedule.title.zh.as_str());
    let unit = world.org.units.get(owner);
    template.replace("{date}", &date_label(day).zh).replace(
        "{unit}",
        unit.map_or(owner.as_str(), |unit| unit.name.zh.as_str()),
    )
}

/// Refuses who does not keep the register. The system itself may write: feeds and sample rows come through it.
///
/// # Errors
///
/// `not_serving` for who does not hold his post, `not_keeper` with the unit that keeps it.
pub fn keeps(world: &World, day: Date, actor: &Actor, register: &RegisterSpec) -> Result<(), Refusal> {
    if actor.is_system() {
        return Ok(());
    }
    if !world.org.serves(&actor.person, &actor.post, day) {
        return Err(Refusal::new("not_serving").with("post", actor.post.as_str()));
    }
    let keeper = register.keeper.as_ref();
    let serves = |unit: &Unit| keeper.is_some_and(|function| unit.functions.contains(function));
    if world.org.unit_of(&actor.post).is_some_and(serves) {
        return Ok(());
    }
    let units = world.org.units.values().filter(|unit| unit.valid.covers(day));
    let nobody = "refusal.nobody_keeps";
    let who = units.into_iter().find(|unit| serves(unit)).map_or_else(
        || Label::new(t(Lang::Zh, nobody), t(Lang::En, nobody)),
        |unit| unit.name.clone(),
    );
    Err(Refusal::new("not_keeper")
        .with("register", &register.label)
        .with("who", who))
}

/// Whether an actor may write a row himself.
///
/// # Errors
///
/// `computed_register` where a scheme computes the rows; else as for [`keeps`].
pub fn writes(world: &World, day: Date, actor: &Actor, register: &RegisterSpec) -> Result<(), Refusal> {
    if register.computed.is_some() {
        return Err(Refusal::new("computed_register").with("register", &register.label));
    }
    keeps(world, day, actor, register)
}

/// Schedules that were missed for longer than this many openings are caught up over several rounds.
const OCCURRENCES_MAX: usize = 5_000;

/// The children that entering `stage` opens.
pub(super) fn children(
    ctx: &Context<'_>,
    subject: Subject<'_>,
    id: CaseId,
    title: &Sealed,
    stage: &StageId,
) -> Vec<Brought> {
    let Some(spec) = ctx
        .mechanism
        .children
        .as_ref()
        .filter(|spec| spec.stage == *stage)
    else {
        return Vec::new();
    };
    let child = |owner: UnitId, key: String, own_title: Option<Sealed>, values: Values| Brought {
        mechanism: spec.mechanism.clone(),
        owner,
        kind: SourceKind::Parent,
        key: Code::new(format!("part/{id}/{key}")),
        title: Some(own_title.unwrap_or_else(|| title.clone())),
        values,
        parent: Some(id),
        since: None,
    };
    match &spec.each {
        None => Vec::new(),
        Some(Each::Units(field)) => units_in(subject.values, field)
            .into_iter()
            .map(|unit| child(unit.clone(), unit.as_str().to_owned(), None, Values::new()))
            .collect(),
        Some(Each::Register {
            register,
            filter,
            owner,
            sets,
        }) => {
            let scope = CaseScope {
                ctx,
                subject,
                added: None,
            };
            let rows = ctx.world.registers.rows(register);
            rows.filter(|(_, row)| {
                filter
                    .as_ref()
                    .is_none_or(|filter| matches!(expr::holds_for(filter, &scope, row), Ok(true)))
            })
            .filter_map(|(row_id, row)| {
                let owner = self::owner(owner, row, ctx.world, ctx.today(), Some(subject.owner))?;
                let values = values(sets, register, row_id, row);
                Some(child(
                    owner,
                    row_id.as_str().to_owned(),
                    title_of(ctx.mechanism, register, row),
                    values,
                ))
            })
            .collect()
        }
    }
}

fn units_in<'a>(values: &'a Values, field: &FieldId) -> Vec<&'a UnitId> {
    match values.get(field) {
        Some(Value::List(items)) => items
            .iter()
            .filter_map(|item| match item {
                Value::Unit(unit) => Some(unit),
                _ => None,
            })
            .collect(),
        Some(Value::Unit(unit)) => vec![unit],
        _ => Vec::new(),
    }
}

fn owner(how: &RowOwner, row: &Row, world: &World, day: Date, parent: Option<&UnitId>) -> Option<UnitId> {
    match how {
        RowOwner::Field(field) => match row.get(field) {
            Some(Value::Unit(unit)) if world.org.unit_on(unit, day).is_some() => Some(unit.clone()),
            // A row without a unit, or of one that is no more, must not be lost: its parent's owner has it.
            _ => parent.cloned().or_else(|| world.root.clone()),
        },
        RowOwner::Function(function) => world
            .org
            .units
            .values()
            .find(|unit| unit.functions.contains(function) && unit.valid.covers(day))
            .map(|unit| unit.id.clone())
            .or_else(|| world.root.clone()),
        RowOwner::Parent => parent.cloned(),
    }
}

fn values(sets: &BTreeMap<FieldId, FromRow>, register: &RegisterId, id: &RowId, row: &Row) -> Values {
    sets.iter()
        .filter_map(|(field, from)| {
            let value = match from {
                FromRow::Row => Value::Row(RowRef {
                    register: register.clone(),
                    row: id.clone(),
                }),
                FromRow::Field(inner) => row.get(inner)?.clone(),
            };
            Some((field.clone(), value))
        })
        .collect()
}

fn title_of(mechanism: &Mechanism, register: &RegisterId, row: &Row) -> Option<Sealed> {
    let spec = mechanism.registers.get(register)?;
    // Titles stand in every list and are sought in: what is sensitive in the row stays there.
    let named = spec.fields.iter().find(|field| field.id == spec.title);
    if named.is_some_and(|field| field.sensitive || field.sealed_to.is_some()) {
        return None;
    }
    match row.get(&spec.title)? {
        Value::Sealed(sealed) => Some(sealed.clone()),
        _ => None,
    }
}

/// What two open cases may not share: the values of these fields, as one text; `None` where one of them is empty.
pub fn unique_key(mechanism: &Mechanism, values: &Values) -> Option<Code> {
    if mechanism.open.unique.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    for field in &mechanism.open.unique {
        parts.push(serde_json::to_string(values.get(field)?).ok()?);
    }
    Some(Code::new(parts.join("|")))
}
