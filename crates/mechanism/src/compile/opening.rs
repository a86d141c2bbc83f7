//! How a case comes to be, by people or by itself, and what it is broken down into.

use bihuan_domain::expr::Expr;
use bihuan_domain::id::{Code, FieldId, MechanismId, RegisterId, RoleId, StageId, StepId};
use bihuan_domain::mechanism::{Children, Each, FromRow, Join, OnRow, Open, Risk, RowOwner, Schedule, Units};

use crate::check::Subject;
use crate::expr::{Names, Ty, compile_for};
use crate::read::{Sink, Sp};
use crate::syntax::mechanism::{ChildrenAst, JoinAst, OpenAst};
use crate::syntax::opening::{EachAst, OnRowAst, OwnerAst, ScheduleAst, SetAst, UnitsAst};

/// Compiles `[open]`.
pub(super) fn open(subject: &Subject<'_>, ast: &OpenAst, risk: Risk, sink: &mut Sink<'_>) -> Option<Open> {
    let on = match &ast.on {
        Some(on) => Some(on_row(subject, on, sink)?),
        None => None,
    };
    let schedule = match &ast.schedule {
        Some(schedule) => Some(self::schedule(schedule)?),
        None => None,
    };
    Some(Open {
        by: ast.by.iter().map(|role| RoleId::new(role.as_str())).collect(),
        from: ast.from.iter().map(|source| source.value).collect(),
        stage: StageId::new(ast.stage.as_ref()?.as_str()),
        stages: ast
            .stages
            .iter()
            .map(|stage| StageId::new(stage.as_str()))
            .collect(),
        owners: ast.owners.iter().map(|kind| Code::new(kind.as_str())).collect(),
        risk,
        unique: ast
            .unique
            .iter()
            .map(|field| FieldId::new(field.as_str()))
            .collect(),
        schedule,
        on,
    })
}

fn schedule(ast: &ScheduleAst) -> Option<Schedule> {
    Some(Schedule {
        cadence: ast.every.as_ref()?.value.clone(),
        units: match &ast.units.as_ref()?.value {
            UnitsAst::Function(name) => Units::Function(Code::new(name)),
            UnitsAst::Kind(name) => Units::Kind(Code::new(name)),
        },
        title: ast.title.clone(),
    })
}

fn on_row(subject: &Subject<'_>, ast: &OnRowAst, sink: &mut Sink<'_>) -> Option<OnRow> {
    let register = ast.register.as_ref()?;
    // There is no case yet: nothing but the row can be asked.
    let names = Names {
        no_case: true,
        ..Names::default()
    };
    let when = of_row(subject, register.as_str(), &ast.when, &names, sink)?;
    Some(OnRow {
        register: RegisterId::new(register.as_str()),
        when,
        owner: owner(ast.owner.as_ref()),
        sets: sets(&ast.sets),
    })
}

/// A condition over one row of a register; `None` where it is at fault.
#[allow(clippy::option_option, reason = "a fault, no condition, a condition")]
fn of_row(
    subject: &Subject<'_>,
    register: &str,
    when: &Option<Sp<String>>,
    names: &Names<'_>,
    sink: &mut Sink<'_>,
) -> Option<Option<Expr>> {
    let Some(when) = when else { return Some(None) };
    let items = subject.row(register)?;
    compile_for(when, subject.raw, names, Some(items), &[Ty::Bool], sink).map(Some)
}

fn owner(ast: Option<&Sp<OwnerAst>>) -> RowOwner {
    match ast.map(|owner| &owner.value) {
        None => RowOwner::Parent,
        Some(OwnerAst::Row(field)) => RowOwner::Field(FieldId::new(field)),
        Some(OwnerAst::Function(name)) => RowOwner::Function(Code::new(name)),
    }
}

fn sets(ast: &[SetAst]) -> std::collections::BTreeMap<FieldId, FromRow> {
    ast.iter()
        .map(|set| {
            let from = match &set.from.value {
                None => FromRow::Row,
                Some(field) => FromRow::Field(FieldId::new(field)),
            };
            (FieldId::new(set.field.as_str()), from)
        })
        .collect()
}

/// Compiles `[children]`.
pub(super) fn children(subject: &Subject<'_>, ast: &ChildrenAst, sink: &mut Sink<'_>) -> Option<Children> {
    let each = match ast.each.as_ref().map(|each| &each.value) {
        None => None,
        Some(EachAst::Field(field)) => Some(Each::Units(FieldId::new(field))),
        Some(EachAst::Register(register)) => Some(Each::Register {
            register: RegisterId::new(register),
            filter: of_row(subject, register, &ast.filter, &subject.names(false), sink)?,
            owner: owner(ast.owner.as_ref()),
            sets: sets(&ast.sets),
        }),
    };
    Some(Children {
        mechanism: MechanismId::new(ast.mechanism.as_ref()?.as_str()),
        each,
        join: match ast.join.as_ref()?.value {
            JoinAst::All => Join::All,
            JoinAst::Any => Join::Any,
            JoinAst::Quorum(n) => Join::Quorum(n),
        },
        stage: StageId::new(ast.stage.as_ref()?.as_str()),
        then: StepId::new(ast.then.as_ref()?.as_str()),
    })
}
