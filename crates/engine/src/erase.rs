//! Erasing (删除): a subject's keys, ciphertexts and files, what lists show of them in the clear, and of a register's
//! row the sensitive values in the present world. What the log's entries say in numbers and codes stays: they prove it.
//!
//! It cannot be undone, so it is asked for with a reason from a list and, where [`access::needs_second_person`] says
//! so, carried out only when another person confirms it. Who asked and who confirmed stand in the log.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bihuan_domain::event::{ErasureAsked, ErasureDone, ErasureWithdrawn, RowPut, VERSION, WorldEvent};
use bihuan_domain::id::{CaseId, Code, PersonId, RegisterId, RowId};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Value;
use bihuan_domain::world::Erasure;
use bihuan_ledger::{Appended, Batch, NewEntry};
use tokio::sync::oneshot;

use crate::access::{self, Task};
use crate::answer::Answer;
use crate::custody::row_subject;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::views;
use crate::writer::{Group, Job, Kept, WORLD, log_actor};

/// Why something may be erased; each has its text in the catalogue as `admin.reason_<code>`.
pub const REASONS: [&str; 6] = [
    "purpose_done",
    "period_over",
    "consent_withdrawn",
    "unlawful",
    "mistaken",
    "ordered",
];

/// Why something is erased once more: a backup of before had it still.
pub const REAPPLIED: &str = "reapplied";

/// What can be erased: everything that is sealed under one key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The texts and files of a case.
    Case(CaseId),
    /// A person's name.
    Person(PersonId),
    /// One row of a register with sensitive columns.
    Row(RegisterId, RowId),
    /// The texts of all rows of a register that share one key.
    Register(RegisterId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Case(case) => write!(f, "case/{case}"),
            Subject::Person(person) => write!(f, "person/{person}"),
            Subject::Row(register, row) => write!(f, "register/{register}/{row}"),
            Subject::Register(register) => write!(f, "register/{register}"),
        }
    }
}

impl FromStr for Subject {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Subject, Refusal> {
        let unknown = || Refusal::new("no_such_subject").with("subject", text);
        let (kind, code) = text.trim().split_once('/').ok_or_else(unknown)?;
        let subject = match (kind, code.split_once('/')) {
            ("case", None) => Subject::Case(CaseId(code.parse().map_err(|_| unknown())?)),
            ("person", None) => Subject::Person(PersonId::from(code)),
            ("register", None) => Subject::Register(RegisterId::from(code)),
            ("register", Some((register, row))) => Subject::Row(register.into(), row.into()),
            _ => return Err(unknown()),
        };
        Ok(subject)
    }
}

impl Subject {
    /// The subject of this name, if there is such a thing: an erasure that hits nothing would look like one that was done.
    ///
    /// # Errors
    ///
    /// A refusal for what is not there, and for a row whose texts lie under the key of its whole register.
    pub fn find(engine: &Engine, text: &str) -> Result<Subject, Failure> {
        let subject: Subject = text.parse()?;
        let world = engine.world();
        let there = match &subject {
            Subject::Case(case) => engine.views()?.state(*case)?.is_some(),
            Subject::Person(person) => world.org.persons.contains_key(person),
            Subject::Register(register) => world.registers.count(register) > 0,
            Subject::Row(register, row) => {
                let own = row_subject(engine.mechanisms().register(register), register, row);
                let known = world.registers.row(register, row).is_some();
                if known && own != subject.to_string() {
                    return Err(Refusal::new("shared_key")
                        .with("register", register.as_str())
                        .into());
                }
                known
            }
        };
        if there {
            Ok(subject)
        } else {
            Err(Refusal::new("no_such_subject").with("subject", text).into())
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It waits for a second person, under this number.
    Waits(u64),
    /// It was carried out, under this number.
    Done(u64),
}

/// What the writer is to do about an erasure.
#[derive(Clone, Debug)]
pub(crate) enum Erasing {
    /// Enter the request.
    Ask { subject: String, reason: Code },
    /// End a request that waits, carrying it out or not.
    End { erasure: u64, carry_out: bool },
    /// Carry it out at once.
    Now { subject: String, reason: Code },
}

impl Engine {
    /// Asks that a subject be erased; carries it out where nobody else has to confirm.
    ///
    /// # Errors
    ///
    /// A refusal for a post that may not, an unknown subject or reason, or a request that waits already; faults of the log.
    pub fn ask_erasure(&self, actor: &Actor, subject: &str, reason: &str) -> Result<Outcome, Failure> {
        let subject = Subject::find(self, subject)?;
        let reason = known_reason(reason)?;
        let (world, mechanisms) = (self.world(), self.mechanisms());
        let register = match &subject {
            Subject::Row(register, _) => mechanisms.register(register),
            _ => None,
        };
        if !access::may(&world, &actor.post, Task::Erase(&subject, register)) {
            return Err(Refusal::new("may_not_erase").into());
        }
        let now = !access::needs_second_person(&subject);
        let subject = subject.to_string();
        let erasing = if now {
            Erasing::Now {
                subject: subject.clone(),
                reason,
            }
        } else {
            Erasing::Ask {
                subject: subject.clone(),
                reason,
            }
        };
        self.erasing(actor, erasing)?;
        let world = self.world();
        let mut newest = world.erasures.iter().rev();
        let number = newest
            .find(|(_, erasure)| erasure.subject.as_str() == subject)
            .map_or(0, |(n, _)| *n);
        Ok(if now {
            Outcome::Done(number)
        } else {
            Outcome::Waits(number)
        })
    }

    /// Confirms a request for erasure and carries it out.
    ///
    /// # Errors
    ///
    /// A refusal for a post that may not, for the person who asked, and for a request that does not wait; faults of the log.
    pub fn confirm_erasure(&self, actor: &Actor, erasure: u64) -> Result<Answer, Failure> {
        let world = self.world();
        if !access::may(&world, &actor.post, Task::ConfirmErasure) {
            return Err(Refusal::new("may_not_erase").into());
        }
        if waiting(&world.erasures, erasure)?.asked.0.person == actor.person {
            return Err(Refusal::new("own_erasure").into());
        }
        let carry_out = true;
        self.erasing(actor, Erasing::End { erasure, carry_out })
    }

    /// Takes a request for erasure back, or refuses it: nothing is erased.
    ///
    /// # Errors
    ///
    /// As for [`Engine::confirm_erasure`], but who asked may.
    pub fn withdraw_erasure(&self, actor: &Actor, erasure: u64) -> Result<Answer, Failure> {
        let world = self.world();
        let found = waiting(&world.erasures, erasure);
        let own = found.is_ok_and(|found| found.asked.0.person == actor.person);
        if !own && !access::may(&world, &actor.post, Task::ConfirmErasure) {
            return Err(Refusal::new("may_not_erase").into());
        }
        waiting(&world.erasures, erasure)?;
        let carry_out = false;
        self.erasing(actor, Erasing::End { erasure, carry_out })
    }

    /// Erases everything sealed for a subject (`case/17`, `person/p3`, `register/households/h12`): keys, ciphertexts,
    /// files, the titles from every list, and of a row its sensitive values. Entries and proofs stay. Asks nobody: for
    /// who has the machine itself ([`Actor::at_the_machine`]).
    ///
    /// # Errors
    ///
    /// Faults of the log.
    pub fn erase(&self, actor: &Actor, subject: &str, reason: &str) -> Result<Answer, Failure> {
        let erasing = Erasing::Now {
            subject: subject.to_owned(),
            reason: known_reason(reason)?,
        };
        self.erasing(actor, erasing)
    }

    fn erasing(&self, actor: &Actor, erasing: Erasing) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        self.send_job(Job::Erase {
            actor: actor.clone(),
            erasing,
            reply,
        });
        answer
            .blocking_recv()
            .map_err(|_| Failure::Fault(Error::Stopped))?
    }
}

fn known_reason(reason: &str) -> Result<Code, Refusal> {
    if REASONS.contains(&reason) || reason == REAPPLIED {
        return Ok(Code::new(reason));
    }
    Err(Refusal::new("no_such_reason")
        .with("found", reason)
        .with("reasons", REASONS.join(" ")))
}

fn waiting(erasures: &std::collections::BTreeMap<u64, Erasure>, erasure: u64) -> Result<&Erasure, Refusal> {
    let found = erasures.get(&erasure).filter(|found| found.ended.is_none());
    found.ok_or_else(|| Refusal::new("no_such_erasure").with("n", erasure.to_string()))
}

impl Group<'_> {
    /// Enters a request for erasure, or ends one.
    pub(crate) fn erasing(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        erasing: Erasing,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let next = self
            .world
            .erasures
            .keys()
            .next_back()
            .map_or(1, |n| n.saturating_add(1));
        match erasing {
            Erasing::Ask { subject, reason } => {
                let waits = |e: &&Erasure| e.ended.is_none() && e.subject.as_str() == subject;
                if self.world.erasures.values().any(|e| waits(&e)) {
                    return Err(Refusal::new("erasure_waits").with("subject", subject).into());
                }
                let asked = WorldEvent::ErasureAsked(ErasureAsked {
                    erasure: next,
                    subject: Code::new(subject),
                    reason,
                });
                let mut kept = Kept::nothing();
                let last = self.tell(batch, actor, asked, &mut kept)?;
                Ok((kept, Some(last), false))
            }
            Erasing::End { erasure, carry_out } => {
                let found = waiting(&self.world.erasures, erasure)?.clone();
                if carry_out {
                    let done = ErasureDone {
                        erasure,
                        subject: found.subject,
                        reason: found.reason,
                    };
                    return self.erase(batch, actor, done);
                }
                let mut kept = Kept::nothing();
                let withdrawn = WorldEvent::ErasureWithdrawn(ErasureWithdrawn { erasure });
                let last = self.tell(batch, actor, withdrawn, &mut kept)?;
                Ok((kept, Some(last), false))
            }
            Erasing::Now { subject, reason } => {
                let done = ErasureDone {
                    erasure: next,
                    subject: Code::new(subject),
                    reason,
                };
                self.erase(batch, actor, done)
            }
        }
    }

    /// Erases a subject, and the titles sealed under it that lists show and seek in.
    fn erase(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        done: ErasureDone,
    ) -> Result<(Kept, Option<Appended>, bool), Failure> {
        let name = done.subject.clone();
        let subject = name.as_str();
        let gone: BTreeSet<String> = batch
            .sealed_under(subject)?
            .iter()
            .map(ToString::to_string)
            .collect();
        let erased = batch.erase(subject, &log_actor(actor))?;
        let mut kept = Kept::nothing();
        if let Some(entry) = &erased.entry {
            kept.seqs.push((entry.seq, "log.erased".to_owned()));
        }
        let case = subject.strip_prefix("case/").and_then(|id| id.parse().ok());
        let case = case.map(CaseId);
        for id in views::titled(batch.connection(), case, &gone)? {
            let Some(state) = self.take(batch, &[], id)? else {
                continue;
            };
            views::clear_title(batch.connection(), id)?;
            self.listed.push(views::Listing::of(&state, Some(None)));
            self.memory.give_back(state);
        }
        kept.case = case;
        if let Some((register, row)) = self.row_of(subject) {
            self.empty_row(batch, actor, &register, &row, &mut kept)?;
        }
        let last = self.tell(batch, actor, WorldEvent::ErasureDone(done), &mut kept)?;
        Ok((kept, Some(last), false))
    }

    /// Writes an event of the jurisdiction.
    fn tell(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        event: WorldEvent,
        kept: &mut Kept,
    ) -> Result<Appended, Failure> {
        let (name, body) = event.stored();
        let appended = batch.append(&NewEntry {
            at: self.now,
            stream: WORLD.to_owned(),
            kind: name.clone(),
            version: VERSION,
            actor: log_actor(actor),
            definition: None,
            cause: None,
            body,
        })?;
        kept.seqs.push((appended.seq, name));
        Arc::make_mut(self.world).evolve(event, actor, self.now);
        Ok(appended)
    }

    /// The row whose subject this is. Codes of registers have no stroke in them, those of rows may.
    fn row_of(&self, subject: &str) -> Option<(RegisterId, RowId)> {
        let (register, row) = subject.strip_prefix("register/")?.split_once('/')?;
        let (register, row) = (RegisterId::new(register), RowId::new(row));
        self.world.registers.row(&register, &row)?;
        let own = row_subject(self.mechanisms.register(&register), &register, &row);
        (own == subject).then_some((register, row))
    }

    /// Takes the sensitive values of a row out of the present world. The row itself stays, with its texts erased, so
    /// that what counts rows and what points to them is as it was.
    fn empty_row(
        &mut self,
        batch: &mut Batch<'_>,
        actor: &Actor,
        register: &RegisterId,
        row: &RowId,
        kept: &mut Kept,
    ) -> Result<(), Failure> {
        let (Some(spec), Some(values)) = (
            self.mechanisms.register(register),
            self.world.registers.row(register, row),
        ) else {
            return Ok(());
        };
        let sensitive: BTreeSet<_> = spec
            .fields
            .iter()
            .filter(|field| field.sensitive)
            .map(|f| &f.id)
            .collect();
        let mut left = values.clone();
        left.retain(|field, value| matches!(value, Value::Sealed(_)) || !sensitive.contains(field));
        if left == *values {
            return Ok(());
        }
        let event = WorldEvent::RowPut(RowPut {
            register: register.clone(),
            row: row.clone(),
            values: left,
        });
        self.tell(batch, actor, event, kept)?;
        Ok(())
    }
}
