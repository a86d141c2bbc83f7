//! The timeline (办理过程): every event in words, newest first, each with the way to its receipt.

use std::collections::BTreeSet;

use bihuan_domain::event::{CaseEvent, Holder, Placement, Values};
use bihuan_domain::id::{Sealed, StageId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::value::Attachment;
use bihuan_domain::verification::Relaxation;
use bihuan_engine::views::{CaseView, TimelineEntry};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::clocks::clock_name;
use crate::pages::desk::request_key;
use crate::show::{self, Show};

/// How many entries the printed sheet shows, as the print style has it.
const PRINTED: usize = 12;

pub(super) fn timeline(show: &Show<'_>, mechanism: &Mechanism, case: &CaseView) -> Markup {
    let teller = Teller {
        show,
        mechanism,
        case,
        ladders: ladders(case),
    };
    let lang = show.visitor.lang;
    let stages = stages(case);
    html! {
        ol .timeline reversed {
            @for (entry, stage) in case.timeline.iter().zip(&stages).rev() {
                li class={ "event " (kind(&entry.event)) } id={ "e" (entry.seq) } {
                    p .event-head {
                        (show::moment(entry.at, lang)) " "
                        a .receipt href={ "/log/" (entry.seq) } title=(t(lang, "web.receipt")) { "#" (entry.seq) }
                    }
                    p .event-words { (teller.sentence(&entry.event, stage)) }
                    @if !entry.actor.is_system() { p .event-actor { (show.actor(&entry.actor)) } }
                    (teller.details(entry))
                }
            }
        }
        @if let Some(more) = case.timeline.len().checked_sub(PRINTED).filter(|more| *more > 0) {
            p .print-only { (tf(lang, "web.timeline_more", &[("n", &more)])) }
        }
    }
}

/// Where the case stood when each entry of its timeline happened (before the move that the entry itself may be).
fn stages(case: &CaseView) -> Vec<StageId> {
    let mut stage = case.state.stage.clone();
    let mut stages = Vec::with_capacity(case.timeline.len());
    for entry in &case.timeline {
        let next = match &entry.event {
            CaseEvent::Opened(e) => Some(&e.placement),
            CaseEvent::Moved(e) => Some(&e.placement),
            CaseEvent::Failed(e) => Some(&e.placement),
            CaseEvent::Reopened(e) => Some(&e.placement),
            CaseEvent::Decided(e) => e.placement.as_ref(),
            _ => None,
        };
        stages.push(stage.clone());
        if let Some(placement) = next {
            stage = placement.stage.clone();
        }
    }
    stages
}

/// How many clocks of a case climbed a ladder.
fn ladders(case: &CaseView) -> usize {
    let climbed = case.timeline.iter().filter_map(|entry| match &entry.event {
        CaseEvent::Escalated(e) => Some(&e.clock),
        _ => None,
    });
    climbed.collect::<BTreeSet<_>>().len()
}

/// The weight of an event on the page.
fn kind(event: &CaseEvent) -> &'static str {
    match event {
        CaseEvent::Breached(_) | CaseEvent::Escalated(_) | CaseEvent::Exhausted(_) => "is-late",
        CaseEvent::Warned(_) => "is-warning",
        CaseEvent::Opened(_) | CaseEvent::Closed(_) | CaseEvent::Reopened(_) => "is-milestone",
        _ => "",
    }
}

struct Teller<'a> {
    show: &'a Show<'a>,
    mechanism: &'a Mechanism,
    case: &'a CaseView,
    /// Clocks that climbed their ladder.
    ladders: usize,
}

impl Teller<'_> {
    /// An event in words; `stage` is where the case stood when it happened.
    fn sentence(&self, event: &CaseEvent, stage: &StageId) -> String {
        let lang = self.show.visitor.lang;
        let clock = |key: &str| clock_name(key, stage, &self.case.state, self.mechanism, lang);
        let when = |at| show::moment_text(at, lang);
        match event {
            CaseEvent::Opened(e) => tf(
                lang,
                "web.event_opened",
                &[
                    ("owner", &self.show.unit(&e.owner)),
                    ("stage", &self.stage(&e.placement)),
                ],
            ),
            CaseEvent::Moved(e) => {
                let to = self.stage(&e.placement);
                match e.step.as_str() {
                    "@exit" => tf(lang, "web.event_exit", &[("stage", &to)]),
                    "@join" => tf(lang, "web.event_join", &[("stage", &to)]),
                    step => {
                        let steps = self.mechanism.stages.iter().flat_map(|stage| &stage.steps);
                        let label = steps.into_iter().find(|known| known.id == e.step);
                        let label = label.map_or(step, |step| step.label.get(lang));
                        let holder = self.holder(&e.placement.holder);
                        tf(
                            lang,
                            "web.event_moved",
                            &[("step", &label), ("stage", &to), ("holder", &holder)],
                        )
                    }
                }
            }
            CaseEvent::Noted(_) => t(lang, "web.event_noted").to_owned(),
            CaseEvent::Amended(e) => {
                let import = e.reason.as_str() == "import";
                t(
                    lang,
                    if import {
                        "web.event_amended_import"
                    } else {
                        "web.event_amended"
                    },
                )
                .to_owned()
            }
            CaseEvent::Reminded(_) => t(lang, "web.event_reminded").to_owned(),
            CaseEvent::Reassigned(e) => tf(
                lang,
                "web.event_reassigned",
                &[("unit", &self.show.unit(&e.owner))],
            ),
            CaseEvent::Requested(e) => {
                let what = t(lang, request_key(e.kind));
                tf(
                    lang,
                    "web.event_requested",
                    &[("what", &what), ("who", &self.holder(&e.approver))],
                )
            }
            CaseEvent::Decided(e) => {
                let key = if e.granted {
                    "web.event_granted"
                } else {
                    "web.event_denied"
                };
                tf(lang, key, &[("what", &t(lang, request_key(e.kind)))])
            }
            CaseEvent::Resumed(_) => t(lang, "web.event_resumed").to_owned(),
            CaseEvent::ChildAdded(e) => tf(lang, "web.event_child_added", &[("case", &e.child)]),
            CaseEvent::ChildEnded(e) => tf(lang, "web.event_child_ended", &[("case", &e.child)]),
            CaseEvent::Warned(e) => {
                let colour = t(lang, show::colour_key(e.colour));
                tf(
                    lang,
                    "web.event_warned",
                    &[("clock", &clock(e.clock.as_str())), ("colour", &colour)],
                )
            }
            CaseEvent::Breached(e) => {
                let args: [(&str, &dyn std::fmt::Display); 3] = [
                    ("clock", &clock(e.clock.as_str())),
                    ("due", &when(e.due)),
                    ("who", &self.holder(&e.charged)),
                ];
                tf(lang, "web.event_breached", &args)
            }
            CaseEvent::Escalated(e) => {
                let key = if e.bulletin {
                    "web.event_escalated_bulletin"
                } else {
                    "web.event_escalated"
                };
                let rung = e.rung + 1;
                let climbed = tf(
                    lang,
                    key,
                    &[
                        ("n", &rung),
                        ("who", &self.holder(&e.to)),
                        ("until", &when(e.until)),
                    ],
                );
                self.which(&clock(e.clock.as_str()), climbed)
            }
            CaseEvent::Exhausted(e) => tf(
                lang,
                "web.event_exhausted",
                &[("clock", &clock(e.clock.as_str()))],
            ),
            CaseEvent::Answered(e) => {
                let answered = tf(lang, "web.event_answered", &[("n", &(e.rung + 1))]);
                self.which(&clock(e.clock.as_str()), answered)
            }
            CaseEvent::Drawn(e) => {
                let args: [(&str, &dyn std::fmt::Display); 2] =
                    [("who", &self.holder(&e.holder)), ("size", &e.beacon.size)];
                tf(lang, "web.event_drawn", &args)
            }
            CaseEvent::Failed(e) => tf(lang, "web.event_failed", &[("stage", &self.stage(&e.placement))]),
            CaseEvent::Closed(e) => {
                let way = t(lang, super::way_key(e.way.as_str()));
                tf(lang, "web.event_closed", &[("way", &way)])
            }
            CaseEvent::LookBackDrawn(e) => {
                let key = if e.selected {
                    "web.event_look_back_drawn"
                } else {
                    "web.event_look_back_spared"
                };
                t(lang, key).to_owned()
            }
            CaseEvent::LookBackPassed(_) => t(lang, "web.event_look_back_passed").to_owned(),
            CaseEvent::Reopened(e) => tf(lang, "web.event_reopened", &[("n", &e.round)]),
            CaseEvent::Corrected(e) => tf(lang, "web.event_corrected", &[("entry", &e.entry)]),
            CaseEvent::Migrated(_) => t(lang, "web.event_migrated").to_owned(),
            CaseEvent::Recounted(_) => t(lang, "web.event_recounted").to_owned(),
        }
    }

    /// What happened on a ladder, with whose it is where several clocks of the case climbed: else two lines would say the same.
    fn which(&self, clock: &str, what: String) -> String {
        if self.ladders < 2 {
            return what;
        }
        tf(
            self.show.visitor.lang,
            "web.event_of_clock",
            &[("clock", &clock), ("what", &what)],
        )
    }

    fn stage(&self, placement: &Placement) -> String {
        show::stage_name(Some(self.mechanism), &placement.stage, self.show.visitor.lang).to_owned()
    }

    fn holder(&self, holder: &Holder) -> String {
        self.show.post(&holder.post)
    }

    /// What was said, set and attached.
    fn details(&self, entry: &TimelineEntry) -> Markup {
        let none = Values::new();
        let no_files: &[Attachment] = &[];
        let (note, values, files): (Option<&Sealed>, &Values, &[Attachment]) = match &entry.event {
            CaseEvent::Moved(e) => (e.note.as_ref(), &e.values, &e.evidence),
            CaseEvent::Noted(e) => (e.note.as_ref(), &e.values, &e.evidence),
            CaseEvent::Amended(e) => (None, &e.values, no_files),
            CaseEvent::Reminded(e) => (e.note.as_ref(), &none, no_files),
            CaseEvent::Reassigned(e) => (e.reason.as_ref(), &none, no_files),
            CaseEvent::Requested(e) => (e.note.as_ref(), &none, no_files),
            CaseEvent::Decided(e) => (e.note.as_ref(), &none, no_files),
            CaseEvent::Answered(e) => (e.note.as_ref(), &none, no_files),
            CaseEvent::Failed(e) => (e.note.as_ref(), &e.values, &e.evidence),
            CaseEvent::Closed(e) => (e.note.as_ref(), &e.values, &e.evidence),
            CaseEvent::LookBackPassed(e) => (e.note.as_ref(), &none, &e.evidence),
            CaseEvent::Reopened(e) => (e.note.as_ref(), &none, &e.evidence),
            CaseEvent::Corrected(e) => (Some(&e.note), &e.values, no_files),
            _ => (None, &none, no_files),
        };
        html! {
            @if let Some(note) = note { blockquote { (show::lines(&self.show.sealed(note))) } }
            (self.changed(values))
            @if !files.is_empty() { (self.files(entry.seq)) }
            (self.pool(&entry.event))
        }
    }

    fn changed(&self, values: &Values) -> Markup {
        let lang = self.show.visitor.lang;
        html! {
            @if !values.is_empty() {
                dl .facts .inline-facts {
                    @for (id, value) in values {
                        @if let Some(field) = self.mechanism.field(id) {
                            dt { (field.label.get(lang)) } dd { (self.show.value(field, value)) }
                        }
                    }
                }
            }
        }
    }

    fn files(&self, seq: u64) -> Markup {
        let state = &self.case.state;
        html! {
            ul .files {
                @for (n, (_, file)) in state.evidence.iter().enumerate().filter(|(_, (of, _))| *of == seq) {
                    li { a href={ "/cases/" (state.id) "/evidence/" (n) } { (show::text(&self.show.sealed(&file.name))) }
                        " " span .quiet { (super::evidence::size(file.bytes)) } }
                }
            }
        }
    }

    /// Who could have been drawn, and which rules were relaxed: law 5 shows every relaxation.
    fn pool(&self, event: &CaseEvent) -> Markup {
        let lang = self.show.visitor.lang;
        let CaseEvent::Moved(moved) = event else {
            return html! {};
        };
        let Some(asked) = moved
            .placement
            .verification
            .as_ref()
            .filter(|asked| asked.way.as_str() == "drawn")
        else {
            return html! {};
        };
        html! {
            p .quiet {
                (tf(lang, "web.pool", &[("n", &asked.pool.len())]))
                @for relaxed in &asked.relaxed {
                    " " (t(lang, match relaxed {
                        Relaxation::RecentPair => "web.relaxed_recent",
                        Relaxation::WiderPool => "web.relaxed_wider",
                    }))
                }
            }
        }
    }
}
