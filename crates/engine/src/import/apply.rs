//! Carries a plan out: commands under way many at a time, each row on its own.

use std::collections::VecDeque;

use bihuan_domain::org::Actor;
use tokio::sync::oneshot::Receiver;

use super::outcome::by_rule;
use super::plan::{Outcome, Plan};
use super::report::{Did, DoneRow, Report};
use crate::answer::Answer;
use crate::engine::Engine;
use crate::error::{Error, Failure};

/// Commands under way at once; the writer groups their commits.
const UNDER_WAY: usize = 128;

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows done.
    pub done: usize,
    /// Rows in all.
    pub total: usize,
}

struct Waiting {
    place: usize,
    answers: Vec<Receiver<Result<Answer, Failure>>>,
}

/// Carries a plan out and reports row by row. Blocks; not for the threads of an asynchronous runtime.
///
/// A row that is refused does not stop the others. Stopped half-way and started again, it goes on: plan and keys are the
/// same for what was done, and what was done is answered with its former answer.
pub fn apply(engine: &Engine, actor: &Actor, plan: &Plan, progress: &mut dyn FnMut(Progress)) -> Report {
    let mut rows: Vec<DoneRow> = plan.rows.iter().map(DoneRow::planned).collect();
    let total = rows.len();
    let mut waiting: VecDeque<Waiting> = VecDeque::new();
    let mut done = 0usize;
    for (place, row) in plan.rows.iter().enumerate() {
        if row.orders.is_empty() {
            done += 1;
            progress(Progress { done, total });
            continue;
        }
        while waiting.len() >= UNDER_WAY {
            finish(&mut waiting, &mut rows, &mut done, total, progress);
        }
        let answers = row
            .orders
            .iter()
            .map(|submission| engine.send(actor, submission.clone()))
            .collect();
        waiting.push_back(Waiting { place, answers });
    }
    while !waiting.is_empty() {
        finish(&mut waiting, &mut rows, &mut done, total, progress);
    }
    for (row, planned) in rows.iter_mut().zip(&plan.rows) {
        if let (Did::Changed { changes }, Outcome::Changed { changes: planned }) =
            (&mut row.did, &planned.outcome)
        {
            changes.clone_from(planned);
        }
    }
    Report::new(plan, rows)
}

fn finish(
    waiting: &mut VecDeque<Waiting>,
    rows: &mut [DoneRow],
    done: &mut usize,
    total: usize,
    progress: &mut dyn FnMut(Progress),
) {
    let Some(next) = waiting.pop_front() else { return };
    let mut outcome = Ok(None);
    for answer in next.answers {
        let answer = answer
            .blocking_recv()
            .unwrap_or(Err(Failure::Fault(Error::Stopped)));
        match answer {
            Ok(answer) => outcome = outcome.map(|_| Some(answer)),
            Err(failure) => outcome = Err(failure),
        }
    }
    if let Some(row) = rows.get_mut(next.place) {
        match outcome {
            Ok(answer) => row.took(answer),
            // Somebody imported the same row in the meantime: it is there, which is what was wanted.
            Err(Failure::Refused(refusal)) if refusal.code == "already_opened" => row.did = Did::Unchanged,
            Err(failure) => {
                row.did = Did::Wrong {
                    errors: vec![by_rule(&failure)],
                }
            }
        }
    }
    *done = done.saturating_add(1);
    progress(Progress { done: *done, total });
}
