//! What one row would do: open a case, change one, or nothing; rehearsed by the rules that will decide it in earnest.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::case::{Alone, Context, Opener, State, decide};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::{CaseId, Code, FieldId, UnitId};
use bihuan_domain::mechanism::SourceKind;
use bihuan_messages::{Label, Lang, Message};
use serde_json::Value as Json;

use super::matching::{self, Known};
use super::plan::{Change, Outcome, Planner, RowError, RowPlan, Shown, hash, label};
use super::reading::ReadRow;
use crate::error::Failure;
use crate::wire::{self, OpenOrder, Order, Sealing, SourceOrder, Submission};

impl Planner<'_> {
    pub(super) fn open(&self, read: ReadRow, used: &mut BTreeSet<String>) -> RowPlan {
        let (Some(owner), true) = (read.owner.clone(), read.errors.is_empty()) else {
            return refused(read, None);
        };
        // Two rows of one number (each section of a sheet counts anew) are told apart for good.
        let mut key = read.key.clone();
        let mut n = 2u32;
        while !used.insert(key.clone()) {
            key = format!("{}~{n}", read.key);
            n = n.saturating_add(1);
        }
        let source_key = format!("{}#{key}", self.mapping.ledger);
        let order = Order::Open(OpenOrder {
            stage: None,
            papers: Vec::new(),
            mechanism: self.mechanism.id.clone(),
            owner: owner.clone(),
            supporting: read.supporting.clone(),
            title: read.title.clone(),
            risk: None,
            values: read.values.clone(),
            source: Some(SourceOrder {
                kind: SourceKind::Import,
                document: None,
                at: Vec::new(),
                quote: None,
                key: Some(Code::new(&source_key)),
            }),
            parent: None,
        });
        if let Err(failure) = self.rehearse(&order, None) {
            return refused(
                ReadRow {
                    errors: vec![by_rule(&failure)],
                    ..read
                },
                None,
            );
        }
        let mut values = vec![Shown {
            label: label("import.target_owner"),
            text: self.name(&owner),
        }];
        if !read.supporting.is_empty() {
            let names: Vec<String> = read.supporting.iter().map(|unit| self.name(unit)).collect();
            values.push(Shown {
                label: label("import.target_supporting"),
                text: names.join("、"),
            });
        }
        for (id, json) in &read.values {
            if let Some(field) = self.mechanism.field(id) {
                values.push(Shown {
                    label: field.label.clone(),
                    text: self.cells.shown(field, json),
                });
            }
        }
        let stamp = hash(&format!("open\n{}\n{source_key}", self.mechanism.id), 40);
        RowPlan {
            row: read.row,
            key,
            title: read.title,
            case: None,
            outcome: Outcome::New { values },
            notes: read.notes,
            orders: vec![Submission::new(format!("import-{stamp}"), order)],
        }
    }

    pub(super) fn change(&self, mut read: ReadRow, known: &Known) -> Result<RowPlan, Failure> {
        let state = &known.state;
        if !read.errors.is_empty() {
            return Ok(refused(read, Some(state.id)));
        }
        let mut changes: Vec<Change> = Vec::new();
        let title_differs = known
            .title
            .as_deref()
            .is_none_or(|title| matching::squeeze(title) != matching::squeeze(&read.title));
        let differing: Vec<FieldId> = read
            .values
            .iter()
            .filter(|(id, json)| {
                self.mechanism
                    .field(id)
                    .is_some_and(|field| !self.cells.same(field, json, state.values.get(*id)))
            })
            .map(|(id, _)| id.clone())
            .collect();
        let owner_differs = read.owner.as_ref().is_some_and(|owner| *owner != state.owner);
        let mut amended: BTreeMap<FieldId, Json> = BTreeMap::new();
        let (mut title, mut owner) = (None, None);
        if title_differs || owner_differs || !differing.is_empty() {
            // Only where something differs: what did the last import say?
            let last = self.last_import(state)?;
            for id in differing {
                let (Some(field), Some(json)) = (self.mechanism.field(&id), read.values.get(&id)) else {
                    continue;
                };
                let before = state
                    .values
                    .get(&id)
                    .map(|value| self.cells.words_of(field, value))
                    .unwrap_or_default();
                if self.cells.same(field, json, last.values.get(&id)) {
                    read.notes.push(kept(&field.label, &before));
                    continue;
                }
                changes.push(Change {
                    label: field.label.clone(),
                    before,
                    after: self.cells.shown(field, json),
                });
                amended.insert(id, json.clone());
            }
            if title_differs {
                let before = known.title.clone().unwrap_or_default();
                if last.title.as_deref() == Some(read.title.as_str()) {
                    read.notes.push(kept(&label("import.target_title"), &before));
                } else {
                    changes.insert(
                        0,
                        Change {
                            label: label("import.target_title"),
                            before,
                            after: read.title.clone(),
                        },
                    );
                    title = Some(read.title.clone());
                }
            }
            if let Some(new) = read.owner.clone().filter(|_| owner_differs) {
                if last.owner.as_ref() == Some(&new) {
                    read.notes
                        .push(kept(&label("import.target_owner"), &self.name(&state.owner)));
                } else {
                    let (before, after) = (self.name(&state.owner), self.name(&new));
                    changes.push(Change {
                        label: label("import.target_owner"),
                        before,
                        after,
                    });
                    owner = Some(new);
                }
            }
        }
        if !read.supporting.is_empty() && read.supporting != state.supporting {
            read.notes.push(Message::new("import.note_supporting"));
        }
        let mut orders = Vec::new();
        if title.is_some() || !amended.is_empty() {
            let order = Order::Amend {
                case: state.id,
                values: amended,
                title,
                reason: Code::new("import"),
            };
            orders.push(self.stamped(state, order));
        }
        if let Some(owner) = owner {
            let reason = Some(self.reassign_reason());
            orders.push(self.stamped(
                state,
                Order::Reassign {
                    case: state.id,
                    owner,
                    reason,
                },
            ));
        }
        for submission in &orders {
            if let Err(failure) = self.rehearse(&submission.order, Some(state)) {
                return Ok(refused(
                    ReadRow {
                        errors: vec![by_rule(&failure)],
                        ..read
                    },
                    Some(state.id),
                ));
            }
        }
        Ok(RowPlan {
            row: read.row,
            key: known.key.clone(),
            title: read.title,
            case: Some(state.id),
            outcome: if changes.is_empty() {
                Outcome::Unchanged
            } else {
                Outcome::Changed { changes }
            },
            notes: read.notes,
            orders,
        })
    }

    /// The key holds the state that the change was planned on: sent twice it is one change, made again later another.
    fn stamped(&self, state: &State, order: Order) -> Submission {
        let body = serde_json::to_string(&order).unwrap_or_default();
        let stamp = hash(&format!("{}\n{}\n{body}", state.id, state.seq), 40);
        Submission::new(format!("import-{stamp}"), order)
    }

    fn reassign_reason(&self) -> String {
        bihuan_messages::tf(
            Lang::Zh,
            "import.reassign_reason",
            &[("ledger", &self.mapping.ledger)],
        )
    }

    /// What the last import of this ledger said about a case, so that newer work in the system is told from old rows.
    fn last_import(&self, state: &State) -> Result<LastImport, Failure> {
        let mut last = LastImport::default();
        let Some(view) = self.views.case(state.id)? else {
            return Ok(last);
        };
        let mut title = None;
        for entry in view.timeline {
            match entry.event {
                CaseEvent::Opened(opened) => {
                    title = Some(opened.title.clone());
                    last.values = opened.values.clone();
                    last.owner = Some(opened.owner.clone());
                }
                CaseEvent::Amended(amended) if amended.reason.as_str() == "import" => {
                    title = amended.title.or(title);
                    last.values.extend(amended.values);
                }
                CaseEvent::Reassigned(moved) => {
                    let reason = match &moved.reason {
                        Some(sealed) => self.views.unseal(sealed)?,
                        None => None,
                    };
                    if reason.as_deref() == Some(self.reassign_reason().as_str()) {
                        last.owner = Some(moved.owner);
                    }
                }
                _ => {}
            }
        }
        if let Some(title) = title {
            last.title = self.views.unseal(&title)?;
        }
        Ok(last)
    }

    /// Decides an order as the writer will, and forgets the outcome.
    fn rehearse(&self, order: &Order, state: Option<&State>) -> Result<(), Failure> {
        let under = state.and_then(|state| self.engine.mechanisms().by_digest(&state.mechanism.digest));
        let mechanism = under.as_deref().unwrap_or(self.mechanism);
        let command = wire::command(mechanism, order, &mut Sealing::default(), &mut |_| None)?;
        let recent = BTreeSet::new();
        let opener = Opener {
            id: CaseId(u64::MAX),
            number: None,
        };
        let ctx = Context {
            now: self.engine.now(),
            actor: self.actor,
            mechanism,
            world: self.cells.world,
            recent: &recent,
            opener: Some(&opener),
            family: &Alone,
        };
        decide(&ctx, state, &command)?;
        Ok(())
    }

    fn name(&self, unit: &UnitId) -> String {
        self.cells
            .world
            .org
            .units
            .get(unit)
            .map_or_else(|| unit.to_string(), |unit| unit.name.zh.clone())
    }
}

#[derive(Default)]
struct LastImport {
    title: Option<String>,
    values: bihuan_domain::event::Values,
    owner: Option<UnitId>,
}

fn refused(read: ReadRow, case: Option<CaseId>) -> RowPlan {
    RowPlan {
        row: read.row,
        key: read.key,
        title: read.title,
        case,
        outcome: Outcome::Wrong { errors: read.errors },
        notes: read.notes,
        orders: Vec::new(),
    }
}

/// A refusal of the rules as an error of a row.
pub(super) fn by_rule(failure: &Failure) -> RowError {
    let (expected, mend) = match failure {
        Failure::Refused(refusal) => (refusal.rule.clone(), refusal.allowed.first().cloned()),
        Failure::Fault(fault) => (fault.message(), None),
    };
    RowError {
        column: None,
        found: String::new(),
        expected,
        mend,
    }
}

fn kept(label: &Label, now: &str) -> Message {
    Message::new("import.note_kept")
        .with("field", label)
        .with("now", now)
}
