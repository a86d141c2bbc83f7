//! What comes about by itself in a scenario: rows, and the cases that rows, stages and schedules open.

use std::collections::BTreeSet;

use bihuan_diagnostics::Span;
use bihuan_domain::calendar::{date_of, midnight};
use bihuan_domain::case::{Brought, by_row, by_schedule, scheduled_title};
use bihuan_domain::command;
use bihuan_domain::event::{RowPut, Source, WorldEvent};
use bihuan_domain::id::CaseId;
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Value;
use bihuan_messages::Label;
use jiff::Timestamp;

use super::When;
use super::command::texts;
use super::run::Run;
use crate::input::seal;
use crate::read::Sink;

/// How the name of a case begins that nobody has named yet.
const UNNAMED: &str = "#";

/// What a schedule opens at one instant, each with its title.
type Due = (Timestamp, Vec<Brought>, Vec<String>);

impl Run<'_> {
    /// Writes a row and opens what it brings about.
    pub(super) fn write_row(
        &mut self,
        put: RowPut,
        actor: &Actor,
        span: Span,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refusal> {
        let (register, row) = (put.register.clone(), put.row.clone());
        self.world.evolve(WorldEvent::RowPut(put), actor, self.now);
        let brought: Vec<Brought> = self
            .loaded
            .packs
            .iter()
            .flat_map(|pack| &pack.mechanisms)
            .filter_map(|mechanism| by_row(mechanism, &self.world, self.now, &register, &row))
            .collect();
        for brought in brought {
            self.bring(brought, None, span, sink)?;
        }
        Ok(())
    }

    /// Opens a case that comes about by itself, once for its key.
    pub(super) fn bring(
        &mut self,
        brought: Brought,
        title: Option<&str>,
        span: Span,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refusal> {
        let known = self.cases.values().any(|live| {
            live.mechanism.id == brought.mechanism && live.state.source.key.as_ref() == Some(&brought.key)
        });
        if known {
            return Ok(());
        }
        let Some(mechanism) = self.loaded.mechanism(&brought.mechanism).cloned() else {
            return Err(Refusal::new("no_such_mechanism").with("mechanism", brought.mechanism.as_str()));
        };
        let title = brought
            .title
            .unwrap_or_else(|| seal(title.unwrap_or(&mechanism.label.zh)));
        let mut values = brought.values;
        values
            .entry(mechanism.title.clone())
            .or_insert_with(|| Value::Sealed(title.clone()));
        let open = command::Open {
            mechanism: mechanism.id.clone(),
            owner: brought.owner,
            supporting: BTreeSet::new(),
            title,
            risk: None,
            source: Source {
                kind: brought.kind,
                document: None,
                at: Vec::new(),
                quote: None,
                key: Some(brought.key),
            },
            parent: brought.parent,
            values,
            stage: None,
            since: brought.since,
            papers: Vec::new(),
        };
        let name = format!("{UNNAMED}{}", self.cases.len());
        match self.open_as(&name, &Actor::system(), mechanism, open, span, sink) {
            // The matter is in hand: the row is kept and opens nothing.
            Err(refusal) if refusal.code == "already_open_for" => Ok(()),
            other => other,
        }
    }

    /// Names the cases that came about since `known`: those of `children` in their order, else the newest as the
    /// step's case where no case has that name yet.
    pub(super) fn name_new(&mut self, step: &When, known: &BTreeSet<CaseId>) {
        let children = texts(step, "children");
        let unnamed: Vec<CaseId> = self
            .cases
            .iter()
            .filter(|(_, live)| live.name.starts_with(UNNAMED))
            .map(|(id, _)| *id)
            .collect();
        if children.is_empty() {
            let taken = !step.case_said && step.action.as_str() != "row"
                || self.cases.values().any(|live| live.name == step.case.value);
            if let Some(live) = unnamed
                .last()
                .filter(|_| !taken)
                .and_then(|id| self.cases.get_mut(id))
            {
                live.name.clone_from(&step.case.value);
            }
            return;
        }
        let new = unnamed.into_iter().filter(|id| !known.contains(id));
        for (id, name) in new.zip(children) {
            if let Some(live) = self.cases.get_mut(&id) {
                name.clone_into(&mut live.name);
            }
        }
    }

    /// What the schedules of the packs make due next, not after `to`.
    pub(super) fn next_schedule(&self, to: Timestamp, span: Span, sink: &mut Sink<'_>) -> Option<Due> {
        let mut next: Option<Due> = None;
        let id = self.scenario.mechanism.as_str().into();
        let mechanism = self.loaded.mechanism(&id).filter(|m| m.open.schedule.is_some())?;
        let due = match by_schedule(mechanism, &self.world, self.scheduled, date_of(to), 1) {
            Ok(due) => due,
            Err(error) => {
                let text = Label::new(error.to_string(), error.to_string());
                sink.error("M0303", span, |m| m.with("what", &text));
                return None;
            }
        };
        for (day, brought) in due {
            let at = midnight(day);
            if next.as_ref().is_some_and(|(first, ..)| *first != at) {
                break;
            }
            let title = scheduled_title(mechanism, &self.world, day, &brought.owner);
            let (_, all, titles) = next.get_or_insert_with(|| (at, Vec::new(), Vec::new()));
            all.push(brought);
            titles.push(title);
        }
        next
    }
}
