//! What one event asked of who made it, with the constants of `docs/burden.md`.

use std::collections::BTreeSet;

use bihuan_domain::case::State;
use bihuan_domain::event::{CaseEvent, Opened, Values};
use bihuan_domain::id::{Code, DatumId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_domain::value::Type;
use bihuan_mechanism::burden::constants::{
    CONFIRM, CONFIRM_DONE, EVIDENCE, LOOK_BACK, OCCASION, REPORT, VERIFY, field,
};

use super::Asked;

/// What an event asked, and for which data; `None` where nobody was asked for anything.
pub(super) fn event(
    mechanism: &Mechanism,
    before: Option<&State>,
    event: &CaseEvent,
) -> Option<(Asked, BTreeSet<DatumId>)> {
    let mut weighed = Weighed::new(mechanism, before);
    match event {
        CaseEvent::Opened(e) => weighed.opened(e),
        CaseEvent::Moved(e) => {
            weighed.values(&e.values);
            weighed.note(e.note.is_some());
            weighed.files(e.evidence.len());
        }
        CaseEvent::Noted(e) => {
            weighed.values(&e.values);
            weighed.files(e.evidence.len());
            // The answer to a regular report has to be thought over.
            if e.progress.is_some() {
                weighed.add(REPORT);
            } else {
                weighed.note(e.note.is_some());
            }
        }
        CaseEvent::Amended(e) => {
            if e.reason.as_str() == "import" {
                return None;
            }
            weighed.values(&e.values);
            weighed.note(e.title.is_some());
        }
        CaseEvent::Reminded(e) => weighed.note(e.note.is_some()),
        CaseEvent::Reassigned(e) => weighed.note(e.reason.is_some()),
        CaseEvent::Requested(e) => weighed.note(e.note.is_some()),
        CaseEvent::Decided(e) => weighed.note(e.note.is_some()),
        CaseEvent::Answered(e) => weighed.note(e.note.is_some()),
        CaseEvent::Failed(e) => {
            weighed.values(&e.values);
            weighed.files(e.evidence.len());
            weighed.verified(
                before
                    .and_then(|state| state.verification.as_ref())
                    .map(|v| &v.way),
            );
        }
        CaseEvent::Closed(e) => {
            weighed.values(&e.values);
            weighed.files(e.evidence.len());
            weighed.verified(Some(&e.way));
        }
        CaseEvent::LookBackPassed(e) => {
            weighed.files(e.evidence.len());
            weighed.look_back();
        }
        CaseEvent::Reopened(e) => {
            weighed.files(e.evidence.len());
            weighed.look_back();
        }
        CaseEvent::Corrected(e) => {
            weighed.values(&e.values);
            weighed.note(true);
        }
        CaseEvent::Resumed(_) => {}
        // The rest the kernel does by itself, or with another event that is counted.
        _ => return None,
    }
    Some((weighed.asked, weighed.data))
}

struct Weighed<'a> {
    mechanism: &'a Mechanism,
    before: Option<&'a State>,
    asked: Asked,
    data: BTreeSet<DatumId>,
}

impl<'a> Weighed<'a> {
    fn new(mechanism: &'a Mechanism, before: Option<&'a State>) -> Self {
        let asked = Asked {
            occasions: 1,
            tenths: OCCASION,
            ..Asked::default()
        };
        Weighed {
            mechanism,
            before,
            asked,
            data: BTreeSet::new(),
        }
    }

    fn add(&mut self, tenths: u64) {
        self.asked.tenths = self.asked.tenths.saturating_add(tenths);
    }

    fn opened(&mut self, e: &Opened) {
        self.files(e.papers.len());
        match e.source.kind {
            // Read from a document: every field was proposed and looked at.
            SourceKind::Document => {
                let n = u64::try_from(e.values.len()).unwrap_or(0);
                self.asked.filled = self.asked.filled.saturating_add(n);
                self.add(CONFIRM.saturating_mul(n));
            }
            // Taken from a list: nobody was asked about this row.
            SourceKind::Import => {
                let n = u64::try_from(e.values.len()).unwrap_or(0);
                self.asked.filled = self.asked.filled.saturating_add(n);
                (self.asked.occasions, self.asked.tenths) = (0, 0);
            }
            _ => {
                self.values(&e.values);
                self.note(!e.values.contains_key(&self.mechanism.title));
            }
        }
    }

    /// Values that an event sets: one that stood there already was confirmed, another was typed.
    fn values(&mut self, values: &Values) {
        for (id, value) in values {
            let Some(known) = self.mechanism.field(id) else {
                continue;
            };
            let stood = self.before.and_then(|state| state.values.get(id));
            if stood == Some(value) {
                self.asked.confirmed = self.asked.confirmed.saturating_add(1);
                self.add(CONFIRM);
            } else {
                self.asked.typed = self.asked.typed.saturating_add(1);
                self.add(field(&known.ty));
            }
            self.data.insert(known.datum.clone());
        }
    }

    /// Some words.
    fn note(&mut self, said: bool) {
        if said {
            self.asked.typed = self.asked.typed.saturating_add(1);
            self.add(field(&Type::Text));
        }
    }

    fn files(&mut self, n: usize) {
        let n = u64::try_from(n).unwrap_or(0);
        self.asked.files = self.asked.files.saturating_add(n);
        self.add(EVIDENCE.saturating_mul(n));
    }

    fn verified(&mut self, way: Option<&Code>) {
        // Its own time holds the reading and the finding; the occasion is part of it.
        let tenths = match way.map(Code::as_str) {
            Some("requester") => CONFIRM_DONE,
            Some("record") => 0,
            _ => VERIFY,
        };
        self.instead_of_occasion(tenths);
    }

    fn look_back(&mut self) {
        self.instead_of_occasion(LOOK_BACK);
    }

    fn instead_of_occasion(&mut self, tenths: u64) {
        self.asked.tenths = self.asked.tenths.saturating_sub(OCCASION).saturating_add(tenths);
    }
}
