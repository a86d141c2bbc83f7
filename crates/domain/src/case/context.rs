//! What a decision may read: the mechanism, the world, the actor and the time. Roles are found here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::state::State;
use crate::calendar::date_of;
use crate::event::{Holder, Number, Values};
use crate::expr::{Over, Row, Scope};
use crate::id::{CaseId, Code, FieldId, PersonId, PostId, RegisterId, RoleId, StageId, UnitId};
use crate::mechanism::{Mechanism, Resolve, Risk};
use crate::org::{Actor, Unit};
use crate::refusal::Refusal;
use crate::value::{RowRef, Value};
use crate::world::World;

/// The surroundings of one decision.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The instant of the decision.
    pub now: Timestamp,
    /// Who.
    pub actor: &'a Actor,
    /// The mechanism under which the case runs.
    pub mechanism: &'a Mechanism,
    /// Org, registers, calendars.
    pub world: &'a World,
    /// Persons who verified a matter of this owner last; left out of the next draw.
    pub recent: &'a BTreeSet<PersonId>,
    /// What only an opening needs.
    pub opener: Option<&'a Opener>,
    /// The parent and the children.
    pub family: &'a dyn Family,
}

/// The parent and the children of a case, as they are at the instant of the decision.
pub trait Family {
    /// Shows a case, where there is one.
    fn show(&self, case: CaseId, see: &mut dyn FnMut(&State));
}

/// No relations; for decisions that ask for none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Family for Alone {
    fn show(&self, _: CaseId, _: &mut dyn FnMut(&State)) {}
}

/// What the writer of the log gives to an opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opener {
    /// The id of the new case.
    pub id: CaseId,
    /// Its number, where the mechanism numbers cases.
    pub number: Option<Number>,
}

/// The unit kinds and functions that the kernel itself knows. Everything else is a pack's.
pub(super) mod known {
    /// Units that dispatch and may record for units without accounts.
    pub(in crate::case) const DISPATCH: &str = "dispatch";
    /// Units that supervise.
    pub(in crate::case) const SUPERVISION: &str = "supervision";
    /// The role under which the post of last resort holds a case.
    pub(in crate::case) const LAST_RESORT: &str = "last_resort";
}

/// The parts of a case by which roles are found; before it is opened there is no state yet.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) owner: &'a UnitId,
    pub(super) opened_by: &'a Actor,
    pub(super) values: &'a Values,
    pub(super) risk: Risk,
    pub(super) parent: Option<CaseId>,
    pub(super) state: Option<&'a State>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(state: &'a State, values: &'a Values) -> Self {
        Subject {
            owner: &state.owner,
            opened_by: &state.opened_by,
            values,
            risk: state.risk,
            parent: state.parent,
            state: Some(state),
        }
    }
}

impl<'a> Context<'a> {
    pub(super) fn today(&self) -> Date {
        date_of(self.now)
    }

    /// Who fills `role` for this case. Never nobody: what cannot be found falls to the post of last resort.
    pub(super) fn holder(&self, role: &RoleId, subject: &Subject<'_>) -> Holder {
        let found = self.mechanism.roles.get(role).and_then(|spec| {
            let day = self.today();
            match &spec.resolve {
                Resolve::Requester => {
                    let unit = self.world.org.unit_of(&subject.opened_by.post)?;
                    return Some((unit.id.clone(), subject.opened_by.post.clone()));
                }
                Resolve::Field(field) => {
                    if let Some(Value::Post(post)) = subject.values.get(field) {
                        let unit = self.world.org.unit_of(post)?;
                        return Some((unit.id.clone(), post.clone()));
                    }
                }
                Resolve::RowField(field, inner) => {
                    if let Some(Value::Post(post)) = self.through(subject.values, field, inner) {
                        let unit = self.world.org.unit_of(post)?;
                        return Some((unit.id.clone(), post.clone()));
                    }
                }
                _ => {}
            }
            let unit = self.unit_for(&spec.resolve, subject, day)?;
            let post = self.world.org.posts_of(&unit.id, &spec.post, day).next()?;
            Some((unit.id.clone(), post.id.clone()))
        });
        match found {
            Some((unit, post)) => Holder {
                role: role.clone(),
                unit,
                post,
            },
            None => self.last_resort(),
        }
    }

    fn unit_for(&self, resolve: &Resolve, subject: &Subject<'_>, day: Date) -> Option<&'a Unit> {
        let org = &self.world.org;
        match resolve {
            Resolve::Owner => org.unit_on(subject.owner, day),
            Resolve::Superior => {
                let parent = org.units.get(subject.owner)?.parent.as_ref()?;
                org.unit_on(parent, day)
            }
            Resolve::SuperiorOf(kind) => {
                let line = org.ancestry(subject.owner);
                let above = line.iter().filter(|unit| **unit != subject.owner);
                above
                    .filter_map(|unit| org.unit_on(unit, day))
                    .find(|unit| unit.kind == *kind)
            }
            Resolve::ParentOwner => {
                let mut owner = None;
                self.family
                    .show(subject.parent?, &mut |parent| owner = Some(parent.owner.clone()));
                org.unit_on(&owner?, day)
            }
            Resolve::RowField(field, inner) => match self.through(subject.values, field, inner)? {
                Value::Unit(unit) => org.unit_on(unit, day),
                _ => None,
            },
            Resolve::Function(function) => {
                // The nearest first: in the owner's own line, then below the nearest superior, then any by code.
                let line = org.ancestry(subject.owner);
                let candidates: Vec<&'a Unit> = org
                    .units
                    .values()
                    .filter(|unit| unit.functions.contains(function) && unit.valid.covers(day))
                    .collect();
                for up in line {
                    let near = candidates
                        .iter()
                        .find(|unit| unit.id == *up || unit.parent.as_ref() == Some(up));
                    if let Some(unit) = near {
                        return Some(unit);
                    }
                }
                candidates.first().copied()
            }
            Resolve::Field(field) => match subject.values.get(field)? {
                Value::Unit(unit) => org.unit_on(unit, day),
                _ => None,
            },
            Resolve::Requester => org.unit_of(&subject.opened_by.post),
        }
    }

    /// A field of the register row to which a field of the case points.
    pub(super) fn through(&self, values: &Values, field: &FieldId, inner: &FieldId) -> Option<&'a Value> {
        match values.get(field)? {
            Value::Row(row) => self.world.registers.value(&row.register, &row.row, inner),
            _ => None,
        }
    }

    /// The post of last resort, so that law 1 never rests on a complete org tree.
    pub(super) fn last_resort(&self) -> Holder {
        let post = self
            .world
            .last_resort
            .clone()
            .unwrap_or_else(|| PostId::new(known::LAST_RESORT));
        let unit = self
            .world
            .org
            .unit_of(&post)
            .map(|unit| unit.id.clone())
            .or_else(|| self.world.root.clone())
            .unwrap_or_else(|| UnitId::new(known::LAST_RESORT));
        Holder {
            role: known::LAST_RESORT.into(),
            unit,
            post,
        }
    }

    /// Whether the actor may act as `holder`: on that post, on a post of the same kind in the same unit, or as the
    /// dispatcher who records for a unit without accounts (代录).
    pub(super) fn acts_as(&self, holder: &Holder) -> bool {
        if self.actor.post == holder.post {
            return true;
        }
        let org = &self.world.org;
        let (Some(mine), Some(theirs)) = (org.posts.get(&self.actor.post), org.posts.get(&holder.post))
        else {
            return false;
        };
        if mine.unit == theirs.unit && mine.kind == theirs.kind {
            return true;
        }
        self.actor.on_behalf_of.as_ref() == Some(&theirs.unit)
            && self.is_dispatcher()
            && org.units.get(&theirs.unit).is_some_and(|unit| !unit.has_accounts)
    }

    /// Whether the actor's unit dispatches or supervises.
    pub(super) fn is_dispatcher(&self) -> bool {
        let function = |code: &str| {
            self.world
                .org
                .unit_of(&self.actor.post)
                .is_some_and(|unit| unit.functions.contains(&Code::new(code)))
        };
        function(known::DISPATCH) || function(known::SUPERVISION)
    }

    /// Refuses an actor who does not hold the post in which he acts.
    pub(super) fn serving(&self) -> Result<(), Refusal> {
        if self.actor.is_system()
            || self
                .world
                .org
                .serves(&self.actor.person, &self.actor.post, self.today())
        {
            Ok(())
        } else {
            Err(Refusal::new("not_serving").with("post", self.post_name(&self.actor.post)))
        }
    }

    /// Refuses an actor who fills none of `roles`.
    pub(super) fn one_of(&self, roles: &[RoleId], subject: &Subject<'_>) -> Result<(), Refusal> {
        let holders: Vec<Holder> = roles.iter().map(|role| self.holder(role, subject)).collect();
        if holders.iter().any(|holder| self.acts_as(holder)) {
            return Ok(());
        }
        Err(self.not_yours(&holders))
    }

    /// The refusal that names who may act instead.
    pub(super) fn not_yours(&self, holders: &[Holder]) -> Refusal {
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        for holder in holders {
            let post = self.post_name(&holder.post);
            zh.push(post.zh);
            en.push(post.en);
        }
        Refusal::new("not_yours").with("who", bihuan_messages::Label::new(zh.join("、"), en.join(", ")))
    }

    /// A post's name with its unit, for messages.
    pub(super) fn post_name(&self, post: &PostId) -> bihuan_messages::Label {
        use bihuan_messages::Label;
        match self.world.org.posts.get(post) {
            Some(found) => match self.world.org.units.get(&found.unit) {
                Some(unit) => Label::new(
                    format!("{}{}", unit.name.zh, found.name.zh),
                    format!("{}, {}", unit.name.en, found.name.en),
                ),
                None => found.name.clone(),
            },
            None => Label::new(post.as_str(), post.as_str()),
        }
    }
}

/// What an expression of this case may look at; `values` may already hold what the command would set.
pub(super) struct CaseScope<'a> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) subject: Subject<'a>,
    /// The row that the command would add.
    pub(super) added: Option<(&'a RegisterId, &'a Row)>,
}

impl Scope for CaseScope<'_> {
    fn field(&self, field: &FieldId) -> Option<Value> {
        self.subject.values.get(field).cloned()
    }

    fn stage(&self) -> Option<StageId> {
        self.subject.state.map(|state| state.stage.clone())
    }

    fn round(&self) -> i64 {
        self.subject.state.map_or(1, |state| i64::from(state.round))
    }

    fn risk(&self) -> Code {
        Code::new(match self.subject.risk {
            Risk::Ordinary => "ordinary",
            Risk::Major => "major",
        })
    }

    fn now(&self) -> Timestamp {
        self.ctx.now
    }

    fn opened(&self) -> Option<Timestamp> {
        self.subject
            .state
            .map_or(Some(self.ctx.now), |state| Some(state.opened_at))
    }

    fn owner(&self) -> Option<UnitId> {
        Some(self.subject.owner.clone())
    }

    fn through(&self, row: &RowRef, field: &FieldId) -> Option<Value> {
        self.ctx
            .world
            .registers
            .value(&row.register, &row.row, field)
            .cloned()
    }

    fn rows(&self, over: &Over, visit: &mut dyn FnMut(&Row) -> bool) {
        match over {
            Over::Own(register) => {
                let Some(state) = self.subject.state else { return };
                let rows = self.ctx.world.registers.rows_of_case(register, state.id);
                // The row that this very command would add counts: a guard judges what would be.
                for row in rows
                    .map(|(_, row)| row)
                    .chain(self.added.filter(|(to, _)| *to == register).map(|(_, row)| row))
                {
                    if !visit(row) {
                        return;
                    }
                }
            }
            Over::Register(register) => {
                for (_, row) in self.ctx.world.registers.rows(register) {
                    if !visit(row) {
                        return;
                    }
                }
            }
            Over::Children => {
                let Some(state) = self.subject.state else { return };
                for (child, kind) in &state.children {
                    let mut row = Row::from([
                        ("id".into(), Value::Case(*child)),
                        (
                            "closed".into(),
                            Value::Bool(*kind == crate::mechanism::StageKind::Closed),
                        ),
                        ("open".into(), Value::Bool(kind.is_open())),
                    ]);
                    self.ctx.family.show(*child, &mut |state| {
                        // What the parent was told stands: in the chain of effects it is newer than what is stored.
                        let told = std::mem::take(&mut row);
                        row = state.as_row();
                        row.extend(told);
                    });
                    if !visit(&row) {
                        return;
                    }
                }
            }
            // Figures over all cases are computed by the reports, never inside a decision.
            Over::Cases => {}
        }
    }
}
