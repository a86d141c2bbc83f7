//! The decision: what a command makes happen, or which rule refuses it. Pure; the only maker of case events.

mod closing;
mod lifecycle;
mod migration;
mod opening;
mod recount;
mod request;
mod step;

pub use migration::due_under;
pub(in crate::case) use request::resumed;

use super::bring::Brought;
use super::context::{CaseScope, Context, Subject};
use super::state::State;
use crate::command::Command;
use crate::event::{CaseEvent, Values};
use crate::expr::{self, Expr, Fault, Row};
use crate::id::{CaseId, FieldId, RegisterId};
use crate::mechanism::{Field, StageKind};
use crate::refusal::Refusal;
use crate::value::Value;

/// What a command makes happen: events in order, and what other streams must be told in the same transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Events of this case.
    pub events: Vec<CaseEvent>,
    /// Effects on others.
    pub effects: Vec<Effect>,
}

/// Something that another stream must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The parent has a new child.
    ChildAdded {
        /// The parent.
        parent: CaseId,
        /// The child.
        child: CaseId,
    },
    /// A child ended or was re-opened.
    ChildEnded {
        /// The parent.
        parent: CaseId,
        /// The child.
        child: CaseId,
        /// What it is now.
        kind: StageKind,
    },
    /// A step wrote a row, tied to its case.
    RowAdded(crate::event::RowPut),
    /// A case opens by itself, unless one under this key is there.
    Opens(Box<Brought>),
}

impl From<Vec<CaseEvent>> for Decision {
    fn from(events: Vec<CaseEvent>) -> Self {
        Decision {
            events,
            effects: Vec::new(),
        }
    }
}

/// Decides a command. `state` is `None` only for an opening.
///
/// # Errors
///
/// A [`Refusal`] that names the rule and what would be allowed; nothing has changed.
pub fn decide(ctx: &Context<'_>, state: Option<&State>, command: &Command) -> Result<Decision, Refusal> {
    ctx.serving()?;
    let state = match (state, command) {
        (None, Command::Open(open)) => return opening::open(ctx, open),
        (Some(_), Command::Open(_)) => return Err(Refusal::new("already_open")),
        (None, _) => return Err(Refusal::new("no_such_case")),
        (Some(state), _) => state,
    };
    match command {
        Command::Open(_) => Err(Refusal::new("already_open")),
        Command::Step(step) => step::step(ctx, state, step),
        Command::Note(note) => step::note(ctx, state, note),
        Command::Amend {
            values,
            title,
            reason,
        } => lifecycle::amend(ctx, state, values, title.as_ref(), reason),
        Command::Remind { note } => lifecycle::remind(ctx, state, note.as_ref()),
        Command::Reassign { owner, reason } => lifecycle::reassign(ctx, state, owner, reason.as_ref()),
        Command::Request(request) => request::ask(ctx, state, request),
        Command::Decide {
            request,
            grant,
            note,
            unit,
        } => request::decide(ctx, state, *request, *grant, note.as_ref(), unit.as_ref()),
        Command::Resume => request::resume(ctx, state),
        Command::Verify(verdict) => closing::verify(ctx, state, verdict),
        Command::LookBack(verdict) => closing::look_back(ctx, state, verdict),
        Command::Answer { clock, note } => lifecycle::answer(ctx, state, clock, note.as_ref()),
        Command::Correct { entry, note, values } => lifecycle::correct(ctx, state, *entry, note, values),
        Command::Migrate { recount } => migration::migrate(ctx, state, *recount),
        Command::Recount { calendar } => recount::recount(ctx, state, calendar),
        Command::AddChild { child } => lifecycle::add_child(state, *child),
        Command::EndChild { child, kind } => lifecycle::end_child(ctx, state, *child, *kind),
        Command::Tick { beacon } => super::tick::tick(ctx, state, beacon.as_ref()),
    }
}

/// Refuses commands on a case that is closed or void.
fn open_only(state: &State) -> Result<(), Refusal> {
    if state.is_open() {
        Ok(())
    } else {
        Err(Refusal::new("closed_case"))
    }
}

/// The values of the case as they would be after `new`.
fn merged(state: &State, new: &Values) -> Values {
    let mut values = state.values.clone();
    values.extend(new.iter().map(|(field, value)| (field.clone(), value.clone())));
    values
}

/// Refuses values that name no field of the mechanism or are of another type.
fn check_values(ctx: &Context<'_>, values: &Values) -> Result<(), Refusal> {
    check_fields(ctx, &ctx.mechanism.fields, values)
}

/// Refuses values that name none of `fields` or are of another type.
fn check_fields(ctx: &Context<'_>, fields: &[Field], values: &Values) -> Result<(), Refusal> {
    for (id, value) in values {
        let Some(field) = fields.iter().find(|field| field.id == *id) else {
            return Err(Refusal::new("unknown_field").with("field", id.as_str()));
        };
        if !value.fits(&field.ty) {
            return Err(Refusal::new("wrong_type").with("field", &field.label));
        }
        check_reference(ctx, field, value)?;
    }
    Ok(())
}

/// Refuses references to units, posts and rows that do not exist.
fn check_reference(ctx: &Context<'_>, field: &Field, value: &Value) -> Result<(), Refusal> {
    let found = match value {
        Value::Unit(unit) => ctx.world.org.unit_on(unit, ctx.today()).is_some(),
        Value::Post(post) => ctx.world.org.posts.contains_key(post),
        Value::Person(person) => ctx.world.org.persons.contains_key(person),
        Value::Row(row) => ctx.world.registers.row(&row.register, &row.row).is_some(),
        Value::List(items) => {
            for item in items {
                check_reference(ctx, field, item)?;
            }
            true
        }
        _ => true,
    };
    if found {
        Ok(())
    } else {
        Err(Refusal::new("no_such_reference").with("field", &field.label))
    }
}

/// Refuses where one of `needed` has no value.
fn check_needed<'a>(
    ctx: &Context<'_>,
    needed: impl IntoIterator<Item = &'a FieldId>,
    values: &Values,
) -> Result<(), Refusal> {
    for id in needed {
        if !values.contains_key(id) {
            return Err(missing(ctx, id));
        }
    }
    Ok(())
}

fn missing(ctx: &Context<'_>, id: &FieldId) -> Refusal {
    match ctx.mechanism.field(id) {
        Some(field) => Refusal::new("missing_field").with("field", &field.label),
        None => Refusal::new("missing_field").with("field", id.as_str()),
    }
}

/// Whether a guard holds once `added` is a row of the case, too; or why it has no answer.
fn holds_with(
    ctx: &Context<'_>,
    guard: &Expr,
    subject: Subject<'_>,
    added: Option<(&RegisterId, &Row)>,
) -> Result<bool, Refusal> {
    let scope = CaseScope { ctx, subject, added };
    match expr::holds(guard, &scope) {
        Ok(answer) => Ok(answer),
        // What a row or a child lacks nobody can fill in here: the guard is not met, and its words say what is wanted.
        Err(Fault::Missing(field)) if ctx.mechanism.field(&field).is_none() => Ok(false),
        Err(Fault::Missing(field)) => Err(missing(ctx, &field)),
        Err(Fault::DividedByZero) => Err(Refusal::new("divided_by_zero")),
        Err(Fault::OutOfRange) => Err(Refusal::new("number_out_of_range")),
        Err(Fault::TooCostly) => Err(Refusal::new("too_costly")),
        Err(Fault::IllTyped) => Err(Refusal::new("ill_typed")),
    }
}
