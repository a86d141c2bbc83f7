//! What this visitor may do with a case now, found by asking the kernel in a dry run, and the form of each.

use std::collections::BTreeSet;

use bihuan_domain::case::{Context, State, decide};
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::Values;
use bihuan_domain::id::{Code, StepId, UnitId};
use bihuan_domain::mechanism::{Field, Mechanism, RequestKind, Step};
use bihuan_domain::org::Actor;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Type;
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use crate::body::Sent;
use crate::components::summary::{Problem, at_field, summary};
use crate::form::{Fields, fresh_key, unit_options};
use crate::layout;
use crate::pages::desk::request_key;
use crate::session::Visitor;
use crate::show::{self, Show};

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Step(StepId),
    Verify,
    LookBack,
    Decide(u32),
    Answer(Code),
    Note,
    Request(RequestKind),
    Resume,
    Remind,
    Reassign,
    Amend,
    Correct,
}

/// Something that this visitor may do, and for which unit it would be recorded (代录).
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) act: Act,
    pub(crate) on_behalf_of: Option<UnitId>,
}

/// A form that was refused: what was typed and what has to be mended.
pub(crate) struct Attempt {
    pub(crate) act: Act,
    pub(crate) sent: Sent,
    pub(crate) problems: Vec<Problem>,
}

const REQUESTS: [RequestKind; 5] = [
    RequestKind::Extension,
    RequestKind::Return,
    RequestKind::Suspension,
    RequestKind::HandUp,
    RequestKind::Void,
];

impl Act {
    /// The name in forms: `step:report`, `decide:2`, `note`.
    pub(crate) fn code(&self) -> String {
        match self {
            Act::Step(step) => format!("step:{step}"),
            Act::Verify => "verify".to_owned(),
            Act::LookBack => "look_back".to_owned(),
            Act::Decide(n) => format!("decide:{n}"),
            Act::Answer(clock) => format!("answer:{clock}"),
            Act::Note => "note".to_owned(),
            Act::Request(kind) => format!("request:{}", kind.name()),
            Act::Resume => "resume".to_owned(),
            Act::Remind => "remind".to_owned(),
            Act::Reassign => "reassign".to_owned(),
            Act::Amend => "amend".to_owned(),
            Act::Correct => "correct".to_owned(),
        }
    }

    /// Reads a name.
    pub(crate) fn parse(code: &str) -> Option<Act> {
        Some(match code.split_once(':') {
            Some(("step", step)) => Act::Step(step.into()),
            Some(("decide", n)) => Act::Decide(n.parse().ok()?),
            Some(("answer", clock)) => Act::Answer(clock.into()),
            Some(("request", kind)) => Act::Request(REQUESTS.into_iter().find(|k| k.name() == kind)?),
            Some(_) => return None,
            None => match code {
                "verify" => Act::Verify,
                "look_back" => Act::LookBack,
                "note" => Act::Note,
                "resume" => Act::Resume,
                "remind" => Act::Remind,
                "reassign" => Act::Reassign,
                "amend" => Act::Amend,
                "correct" => Act::Correct,
                _ => return None,
            },
        })
    }

    /// The id of its form on the page.
    pub(crate) fn slug(&self) -> String {
        self.code().replace([':', '/', '_', '@'], "-")
    }

    /// Whether it is what the case waits for, rather than something that may be done beside it.
    fn is_awaited(&self) -> bool {
        matches!(self, Act::Step(_) | Act::Verify | Act::LookBack | Act::Decide(_) | Act::Answer(_))
    }

    fn takes_files(&self) -> bool {
        matches!(self, Act::Step(_) | Act::Verify | Act::LookBack | Act::Note)
    }

    /// The fields that it asks for, each with whether it needs a value.
    pub(crate) fn fields<'a>(&self, mechanism: &'a Mechanism, state: &State) -> Vec<(&'a Field, bool)> {
        let rest = || mechanism.fields.iter().filter(|field| field.id != mechanism.title && field.ty != Type::File);
        match self {
            Act::Step(step) => {
                let Some(step) = find_step(mechanism, state, step) else { return Vec::new() };
                let fields = step.needs.iter().map(|id| (id, true)).chain(step.takes.iter().map(|id| (id, false)));
                fields.filter_map(|(id, needed)| Some((mechanism.field(id)?, needed))).collect()
            }
            // Progress is told in figures as well as in words.
            Act::Note => rest().filter(|field| !matches!(field.ty, Type::Text)).map(|field| (field, false)).collect(),
            Act::Amend => rest().map(|field| (field, false)).collect(),
            _ => Vec::new(),
        }
    }

    fn label(&self, mechanism: &Mechanism, state: &State, lang: Lang) -> String {
        match self {
            Act::Step(step) => {
                find_step(mechanism, state, step).map_or(step.as_str(), |step| step.label.get(lang)).to_owned()
            }
            Act::Decide(n) => {
                let what = state.requests.get(n).map_or("", |request| t(lang, request_key(request.kind)));
                tf(lang, "web.duty_decide", &[("what", &what)])
            }
            Act::Request(kind) => tf(lang, "web.act_request", &[("what", &t(lang, request_key(*kind)))]),
            Act::Answer(clock) => {
                let bulletin = state.clock(clock.as_str()).and_then(|c| c.rung.as_ref()).is_some_and(|r| r.bulletin);
                t(lang, if bulletin { "web.duty_sign" } else { "web.duty_answer" }).to_owned()
            }
            Act::Verify => t(lang, "web.duty_verify").to_owned(),
            Act::LookBack => t(lang, "web.duty_look_back").to_owned(),
            Act::Note => t(lang, "web.act_note").to_owned(),
            Act::Resume => t(lang, "web.act_resume").to_owned(),
            Act::Remind => t(lang, "web.act_remind").to_owned(),
            Act::Reassign => t(lang, "web.act_reassign").to_owned(),
            Act::Amend => t(lang, "web.act_amend").to_owned(),
            Act::Correct => t(lang, "web.act_correct").to_owned(),
        }
    }

    /// The emptiest command of this act: enough to ask whether the actor may try.
    fn probe(&self, state: &State) -> Command {
        let verdict =
            || command::Verdict { pass: false, values: Values::new(), note: None, evidence: Vec::new() };
        match self {
            Act::Step(step) => Command::Step(command::Step {
                step: step.clone(),
                values: Values::new(),
                note: None,
                evidence: Vec::new(),
            }),
            Act::Verify => Command::Verify(verdict()),
            Act::LookBack => Command::LookBack(verdict()),
            Act::Decide(n) => Command::Decide { request: *n, grant: false, note: None, unit: None },
            Act::Answer(clock) => Command::Answer { clock: clock.clone(), note: None },
            Act::Note => Command::Note(command::Note::default()),
            Act::Request(kind) => Command::Request(command::Request {
                kind: *kind,
                reason: None,
                note: None,
                until: None,
                unit: None,
            }),
            Act::Resume => Command::Resume,
            Act::Remind => Command::Remind { note: None },
            // The present owner is refused as such only after everything else was found in order.
            Act::Reassign => Command::Reassign { owner: state.owner.clone(), reason: None },
            Act::Amend | Act::Correct => Command::Amend { values: Values::new(), title: None, reason: "correction".into() },
        }
    }
}

fn find_step<'a>(mechanism: &'a Mechanism, state: &State, step: &StepId) -> Option<&'a Step> {
    mechanism.stage(&state.stage)?.steps.iter().find(|known| known.id == *step)
}

/// Refusals that say “something is still missing”, not “not you” or “not now”.
const STILL_MISSING: [&str; 13] = [
    "missing_field",
    "evidence_missing",
    "guard",
    "closing_condition",
    "failure_needs_finding",
    "empty_note",
    "reason_needed",
    "reason_in_words",
    "until_when",
    "same_owner",
    "name_the_unit",
    "divided_by_zero",
    "title_missing",
];

fn may(visitor: &Visitor, mechanism: &Mechanism, state: &State, actor: &Actor, act: &Act) -> Result<(), Refusal> {
    let recent = BTreeSet::new();
    let ctx =
        Context { now: visitor.now, actor, mechanism, world: &visitor.world, recent: &recent, opener: None };
    match decide(&ctx, Some(state), &act.probe(state)) {
        Ok(_) => Ok(()),
        Err(refusal) if STILL_MISSING.contains(&refusal.code.as_str()) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// Everything that this visitor may do now.
pub(crate) fn offers(visitor: &Visitor, mechanism: &Mechanism, state: &State) -> Vec<Offer> {
    let steps = mechanism.stage(&state.stage).into_iter().flat_map(|stage| &stage.steps);
    let mut acts: Vec<Act> = state.requests.keys().map(|n| Act::Decide(*n)).collect();
    acts.extend(steps.map(|step| Act::Step(step.id.clone())));
    acts.extend([Act::Verify, Act::LookBack]);
    let asked = state.clocks.iter().filter(|(_, clock)| clock.rung.as_ref().is_some_and(|rung| !rung.answered));
    acts.extend(asked.map(|(key, _)| Act::Answer(key.clone())));
    acts.extend([Act::Note, Act::Resume]);
    acts.extend(REQUESTS.map(Act::Request));
    acts.extend([Act::Remind, Act::Reassign, Act::Amend, Act::Correct]);
    let (own, unit) = (visitor.actor(), &state.holder.unit);
    let without_accounts = visitor.world.org.units.get(unit).is_some_and(|unit| !unit.has_accounts);
    let for_unit = (visitor.administers() && without_accounts).then(|| visitor.actor_for(Some(unit.clone())));
    acts.into_iter()
        .filter_map(|act| {
            if may(visitor, mechanism, state, &own, &act).is_ok() {
                return Some(Offer { act, on_behalf_of: None });
            }
            let actor = for_unit.as_ref()?;
            may(visitor, mechanism, state, actor, &act).ok()?;
            Some(Offer { act, on_behalf_of: Some(unit.clone()) })
        })
        .collect()
}

/// The forms: what the case waits for first and open, the rest folded.
pub(super) fn forms(
    show: &Show<'_>,
    mechanism: &Mechanism,
    state: &State,
    offers: &[Offer],
    attempt: Option<&Attempt>,
) -> Markup {
    let lang = show.visitor.lang;
    // A refused act stays on the page even if it is no longer offered, with everything that was typed.
    let lost = attempt.filter(|attempt| !offers.iter().any(|offer| offer.act == attempt.act));
    let (awaited, beside): (Vec<&Offer>, Vec<&Offer>) = offers.iter().partition(|offer| offer.act.is_awaited());
    let form = |offer: &Offer, first: bool| {
        let attempt = attempt.filter(|attempt| attempt.act == offer.act);
        let open = attempt.is_some() || first && awaited.len() <= 2;
        ActForm { show, mechanism, state, offer, attempt }.view(open)
    };
    html! {
        section #now .now {
            h2 { (t(lang, if awaited.is_empty() { "web.now_waits" } else { "web.now_yours" })) }
            @if let Some(lost) = lost {
                (form(&Offer { act: lost.act.clone(), on_behalf_of: None }, true))
            }
            @if awaited.is_empty() && state.is_open() {
                p { (waiting(show, mechanism, state)) }
            } @else if awaited.is_empty() {
                p .quiet { (t(lang, "web.now_ended")) }
            }
            @for (n, offer) in awaited.iter().enumerate() { (form(offer, n == 0)) }
            @if !beside.is_empty() {
                div .beside { @for offer in &beside { (form(offer, false)) } }
            }
        }
    }
}

fn waiting(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> String {
    let lang = show.visitor.lang;
    let undrawn = state.verification.as_ref().is_some_and(|v| !v.pool.is_empty() && v.drawn.is_none());
    if undrawn {
        return t(lang, "refusal.not_drawn_yet").to_owned();
    }
    let stage = show::stage_name(Some(mechanism), &state.stage, lang);
    tf(lang, "web.waits_for", &[("who", &show.post(&state.holder.post)), ("stage", &stage)])
}

/// One form.
struct ActForm<'a> {
    show: &'a Show<'a>,
    mechanism: &'a Mechanism,
    state: &'a State,
    offer: &'a Offer,
    attempt: Option<&'a Attempt>,
}

impl ActForm<'_> {
    fn view(&self, open: bool) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let (act, slug) = (&self.offer.act, self.offer.act.slug());
        let problems: &[Problem] = self.attempt.map_or(&[], |attempt| &attempt.problems);
        let sent = self.attempt.map(|attempt| &attempt.sent);
        let key = sent.map_or_else(fresh_key, |sent| sent.get("key").to_owned());
        let label = act.label(self.mechanism, self.state, lang);
        html! {
            details .act .is-awaited[act.is_awaited()] id={ "act-" (slug) } open[open] {
                summary { (label) @if let Some(unit) = &self.offer.on_behalf_of {
                    " " span .tag { (tf(lang, "web.on_behalf_of", &[("unit", &self.show.unit(unit))])) }
                } }
                (summary(lang, problems))
                form .stack method="post" action={ "/cases/" (self.state.id) "/act#now" } enctype="multipart/form-data" {
                    (layout::csrf(visitor))
                    input type="hidden" name="key" value=(key);
                    input type="hidden" name="act" value=(act.code());
                    input type="hidden" name="seq" value=(self.state.seq);
                    @if let Some(unit) = &self.offer.on_behalf_of { input type="hidden" name="for" value=(unit); }
                    (self.body(&slug, sent, problems))
                    @if act.takes_files() { (self.files(&slug, sent)) }
                    div .actions { button .primary[act.is_awaited()] type="submit" { (label) } }
                }
            }
        }
    }

    fn body(&self, slug: &str, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        let lang = self.show.visitor.lang;
        let act = &self.offer.act;
        let fields = Fields {
            show: self.show,
            mechanism: self.mechanism,
            fields: act.fields(self.mechanism, self.state),
            form: slug,
            known: Some(&self.state.values),
        };
        let note = |key: &str, needed: bool| self.note(slug, key, needed, sent, problems);
        match act {
            Act::Step(step) => html! {
                @let step = find_step(self.mechanism, self.state, step);
                @if let Some(condition) = step.and_then(|step| step.when_text.as_deref()) {
                    p .quiet { (t(lang, "web.step_condition")) " " code { (condition) } }
                }
                (fields.view(sent, problems))
                (note("web.note", false))
                @if let Some(n) = step.map(|step| step.evidence).filter(|n| *n > 0) {
                    p .quiet { (tf(lang, "web.evidence_needed", &[("n", &n)])) }
                }
            },
            Act::Note => html! {
                (note("web.note_progress", false))
                @if !fields.fields.is_empty() {
                    details .fold open[sent.is_some()] { summary { (t(lang, "web.update_fields")) } div .stack { (fields.view(sent, problems)) } }
                }
            },
            Act::Amend => html! {
                (self.line(slug, "title", "web.new_title", sent, problems))
                (fields.view(sent, problems))
            },
            Act::Verify | Act::LookBack => html! {
                p .quiet { (t(lang, "web.closing_condition")) " " (self.mechanism.closing.says.get(lang)) }
                (self.choice(slug, "pass", [("yes", "web.verdict_pass"), ("no", "web.verdict_fail")], sent, problems))
                (note("web.finding", false))
            },
            Act::Decide(n) => html! {
                (self.request(*n))
                (self.choice(slug, "grant", [("yes", "web.grant"), ("no", "web.deny")], sent, problems))
                @if self.state.requests.get(n).is_some_and(|request| request.kind == RequestKind::Return) {
                    (self.unit(slug, "unit", "web.which_unit", sent, problems))
                }
                (note("web.note", false))
            },
            Act::Request(kind) => self.asking(slug, *kind, sent, problems),
            Act::Reassign => html! {
                (self.unit(slug, "owner", "web.new_owner", sent, problems))
                (note("web.reason", false))
            },
            Act::Correct => html! {
                (self.line(slug, "entry", "web.which_entry", sent, problems))
                (note("web.what_was_wrong", true))
            },
            Act::Answer(_) | Act::Remind => note("web.note", false),
            Act::Resume => html! {},
        }
    }

    fn asking(&self, slug: &str, kind: RequestKind, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        let lang = self.show.visitor.lang;
        let spec = self.mechanism.requests.get(&kind);
        let reasons = spec.map(|spec| spec.reasons.as_slice()).unwrap_or_default();
        let id = format!("{slug}-until");
        let was = |name: &str| sent.map(|sent| sent.get(name)).unwrap_or_default();
        html! {
            @if !reasons.is_empty() {
                fieldset .field id={ (slug) "-reason" } {
                    legend { (t(lang, "web.reason")) }
                    div .choices { @for (code, label) in reasons {
                        label .choice { input type="radio" name="reason" value=(code) checked[was("reason") == code.as_str()]; span { (label.get(lang)) } }
                    } }
                }
            }
            @if matches!(kind, RequestKind::Extension | RequestKind::Suspension) {
                div .field {
                    label for=(id) { (t(lang, "web.until")) }
                    @if let Some(limit) = spec.and_then(|spec| spec.at_most.as_ref()) {
                        p .help { (tf(lang, "web.until_at_most", &[("limit", &super::clocks::rule(limit, lang))])) }
                    }
                    (at_field(problems, &id))
                    input id=(id) name="until" type="date" value=(was("until"));
                }
            }
            @if kind == RequestKind::Return { (self.unit(slug, "unit", "web.which_unit", sent, problems)) }
            (self.note(slug, if reasons.is_empty() { "web.reason" } else { "web.note" }, reasons.is_empty(), sent, problems))
        }
    }

    fn request(&self, n: u32) -> Markup {
        let lang = self.show.visitor.lang;
        let Some(request) = self.state.requests.get(&n) else { return html! {} };
        let reasons = self.mechanism.requests.get(&request.kind).map(|spec| &spec.reasons);
        let reason = request.reason.as_ref().map(|code| {
            let label = reasons.and_then(|reasons| reasons.iter().find(|(known, _)| known == code));
            label.map_or(code.as_str(), |(_, label)| label.get(lang))
        });
        html! {
            dl .facts {
                dt { (t(lang, "web.asked_by")) } dd { (self.show.actor(&request.by)) }
                @if let Some(reason) = reason { dt { (t(lang, "web.reason")) } dd { (reason) } }
                @if let Some(note) = &request.note { dt { (t(lang, "web.note")) } dd { (show::lines(&self.show.sealed(note))) } }
                @if let Some(until) = request.until { dt { (t(lang, "web.until")) } dd { (show::date(until, lang)) } }
                @if let Some(unit) = &request.unit { dt { (t(lang, "web.which_unit")) } dd { (self.show.unit(unit)) } }
            }
        }
    }

    fn note(&self, slug: &str, key: &str, needed: bool, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        let lang = self.show.visitor.lang;
        let id = format!("{slug}-note");
        let was = sent.map(|sent| sent.get("note")).unwrap_or_default();
        html! {
            div .field {
                label for=(id) { (t(lang, key)) @if !needed { " " span .optional { (t(lang, "web.optional")) } } }
                (at_field(problems, &id))
                textarea id=(id) name="note" rows="3" { (was) }
            }
        }
    }

    fn line(&self, slug: &str, name: &str, key: &str, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        let id = format!("{slug}-{name}");
        let was = sent.map(|sent| sent.get(name)).unwrap_or_default();
        html! {
            div .field {
                label for=(id) { (t(self.show.visitor.lang, key)) }
                (at_field(problems, &id))
                input id=(id) name=(name) type="text" value=(was);
            }
        }
    }

    fn unit(&self, slug: &str, name: &str, key: &str, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        let id = format!("{slug}-{name}");
        let was = sent.map(|sent| sent.get(name)).unwrap_or_default();
        let owners = &self.mechanism.open.owners;
        let may_own = |unit: &bihuan_domain::org::Unit| owners.is_empty() || owners.contains(&unit.kind);
        html! {
            div .field {
                label for=(id) { (t(self.show.visitor.lang, key)) }
                (at_field(problems, &id))
                select id=(id) name=(name) { (unit_options(self.show, Some(was), may_own)) }
            }
        }
    }

    fn choice(
        &self,
        slug: &str,
        name: &str,
        options: [(&str, &str); 2],
        sent: Option<&Sent>,
        problems: &[Problem],
    ) -> Markup {
        let id = format!("{slug}-{name}");
        let was = sent.map(|sent| sent.get(name)).unwrap_or_default();
        html! {
            fieldset .field id=(id) {
                legend { (t(self.show.visitor.lang, "web.verdict")) }
                (at_field(problems, &id))
                div .choices {
                    @for (value, key) in options {
                        label .choice { input type="radio" name=(name) value=(value) required checked[was == value]; span { (t(self.show.visitor.lang, key)) } }
                    }
                }
            }
        }
    }

    /// The choice of files; those that an earlier try brought are kept and named.
    fn files(&self, slug: &str, sent: Option<&Sent>) -> Markup {
        let lang = self.show.visitor.lang;
        let kept: Vec<&str> = sent.map(|sent| sent.all("evidence").collect()).unwrap_or_default();
        html! {
            div .field {
                label for={ (slug) "-files" } { (t(lang, "web.evidence")) " " span .optional { (t(lang, "web.optional")) } }
                p .help { (t(lang, "web.evidence_help")) }
                @for file in &kept {
                    p .kept {
                        label .choice { input type="checkbox" name="evidence" value=(file) checked;
                            span { (show::text(file.split_once('|').map_or(file, |(_, name)| name))) } }
                    }
                }
                input id={ (slug) "-files" } type="file" name="files" multiple;
            }
        }
    }
}
