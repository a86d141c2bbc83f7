//! The forms of what may be done with a case: what it waits for first and open, the rest folded.

use bihuan_domain::case::{DutyKind, State};
use bihuan_domain::mechanism::{Mechanism, RequestKind, Step};
use bihuan_engine::known::Subject;
use bihuan_messages::{Label, Lang, t, tf};
use maud::{Markup, html};

use super::offers::{Act, Attempt, Offer, find_step};
use crate::body::Sent;
use crate::components::summary::{Problem, at_field, summary};
use crate::form::{Fields, Place, fresh_key, unit_options};
use crate::layout;
use crate::show::{self, Show};
use crate::trouble::Trouble;

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
    let (mut awaited, beside): (Vec<&Offer>, Vec<&Offer>) = offers
        .iter()
        .partition(|offer| is_awaited(show, state, &offer.act));
    // A report that is late stands before what still has time.
    if state.clock("progress").is_some_and(|clock| clock.breached) {
        awaited.sort_by_key(|offer| offer.act != Act::Note);
    }
    let form = |offer: &Offer, first: bool| {
        let attempt = attempt.filter(|attempt| attempt.act == offer.act);
        let open = attempt.is_some() || first && awaited.len() <= 2;
        ActForm {
            show,
            mechanism,
            state,
            offer,
            attempt,
            spot: None,
        }
        .view(open)
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

/// Whether the case waits for it: for a report too, where this visitor's post owes the next one.
fn is_awaited(show: &Show<'_>, state: &State, act: &Act) -> bool {
    let owed = || {
        let duties = state.duties().into_iter();
        let mut reports = duties.filter(|duty| matches!(duty.kind, DutyKind::Progress));
        reports.any(|duty| show.visitor.posts.contains(&duty.holder.post))
    };
    act.is_awaited() || matches!(act, Act::Note) && owed()
}

fn waiting(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> String {
    let lang = show.visitor.lang;
    let undrawn = state
        .verification
        .as_ref()
        .is_some_and(|v| !v.pool.is_empty() && v.drawn.is_none());
    if undrawn {
        return t(lang, "refusal.not_drawn_yet").to_owned();
    }
    let stage = show::stage_name(Some(mechanism), &state.stage, lang);
    tf(
        lang,
        "web.waits_for",
        &[("who", &show.post(&state.holder.post)), ("stage", &stage)],
    )
}

/// The fields of the row that a step adds.
pub(super) fn row_fields<'a>(
    show: &'a Show<'a>,
    mechanism: &'a Mechanism,
    step: &'a Step,
    form: &'a str,
) -> Option<Fields<'a>> {
    let register = mechanism.registers.get(step.adds.as_ref()?)?;
    Some(Fields::of_row(show, Some(mechanism), register, form))
}

/// The fields that an act asks for, with what the case has and, for a step, what is known from elsewhere.
pub(super) fn fields<'a>(
    show: &'a Show<'a>,
    mechanism: &'a Mechanism,
    state: &'a State,
    act: &Act,
    form: &'a str,
) -> Result<Fields<'a>, Trouble> {
    let mut fields = Fields::of_case(show, mechanism, act.fields(mechanism, state), form);
    fields.had = Some(&state.values);
    if !matches!(act, Act::Step(_)) {
        return Ok(fields);
    }
    fields.look_up(Subject {
        case: Some(state.id),
        owner: Some(&state.owner),
        values: &state.values,
    })
}

/// One form.
pub(crate) struct ActForm<'a> {
    pub(crate) show: &'a Show<'a>,
    pub(crate) mechanism: &'a Mechanism,
    pub(crate) state: &'a State,
    pub(crate) offer: &'a Offer,
    pub(crate) attempt: Option<&'a Attempt>,
    /// Filled in on the spot, on a phone, perhaps at a row of a register.
    pub(crate) spot: Option<Option<&'a Place>>,
}

impl<'a> ActForm<'a> {
    fn view(&self, open: bool) -> Markup {
        let lang = self.show.visitor.lang;
        let (act, slug) = (&self.offer.act, self.offer.act.slug());
        let problems: &[Problem] = self.attempt.map_or(&[], |attempt| &attempt.problems);
        let label = act.label(self.mechanism, self.state, lang);
        let awaited = is_awaited(self.show, self.state, act);
        html! {
            details .act .is-awaited[awaited] id={ "act-" (slug) } open[open] {
                summary { (label) @if let Some(unit) = &self.offer.on_behalf_of {
                    " " span .tag { (tf(lang, "web.on_behalf_of", &[("unit", &self.show.unit(unit))])) }
                } }
                (summary(lang, problems))
                form .stack method="post" action={ "/cases/" (self.state.id) "/act#now" } enctype="multipart/form-data" {
                    (self.inside())
                    @if act.takes_files() { (self.files(&slug, "web.evidence_help")) }
                    div .actions { button .primary[awaited] type="submit" { (label) } }
                }
            }
        }
    }

    /// What stands in the form but for its evidence and its button.
    pub(crate) fn inside(&self) -> Markup {
        let act = &self.offer.act;
        let problems: &[Problem] = self.attempt.map_or(&[], |attempt| &attempt.problems);
        let sent = self.attempt.map(|attempt| &attempt.sent);
        let key = sent.map_or_else(fresh_key, |sent| sent.get("key").to_owned());
        html! {
            (layout::csrf(self.show.visitor))
            input type="hidden" name="key" value=(key);
            input type="hidden" name="act" value=(act.code());
            input type="hidden" name="seq" value=(self.state.seq);
            @if let Some(unit) = &self.offer.on_behalf_of { input type="hidden" name="for" value=(unit); }
            (self.body(&act.slug(), sent, problems))
        }
    }

    /// The form's fields where it is filled in.
    fn here<'f>(&self, fields: Fields<'f>) -> Fields<'f>
    where
        'a: 'f,
    {
        match self.spot {
            Some(place) => fields.on_the_spot(place),
            None => fields,
        }
    }

    fn body(&self, slug: &str, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        let lang = self.show.visitor.lang;
        let act = &self.offer.act;
        let fields = fields(self.show, self.mechanism, self.state, act, slug).unwrap_or_else(|trouble| {
            tracing::error!(?trouble, "what is known could not be looked up");
            Fields::of_case(
                self.show,
                self.mechanism,
                act.fields(self.mechanism, self.state),
                slug,
            )
        });
        let fields = self.here(fields);
        let note = |key: &str, needed: bool| self.note(slug, key, needed, sent, problems);
        match act {
            Act::Step(step) => html! {
                @let step = find_step(self.mechanism, self.state, step);
                @if let Some(help) = step.and_then(|step| step.help.as_ref()) { p .help { (help.get(lang)) } }
                @if let Some(says) = step.and_then(|step| step.says.as_ref()) { (condition(lang, "web.step_condition", says)) }
                (fields.view(sent, problems))
                @let of_row = format!("{slug}-row");
                @if let Some(row) = step.and_then(|step| row_fields(self.show, self.mechanism, step, &of_row)).map(|row| self.here(row)) {
                    fieldset .added {
                        @let register = act.added(self.mechanism, self.state);
                        @if let Some(register) = register { legend { (tf(lang, "web.adds_row", &[("register", &register.label.get(lang))])) } }
                        div .stack { (row.view(sent, problems)) }
                    }
                }
                (note("web.note", false))
                @if let Some(n) = step.map(|step| step.evidence).filter(|n| *n > 0 && self.spot.is_none()) {
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
                (condition(lang, "web.closing_condition", &self.mechanism.closing.says))
                (self.choice(slug, "pass", [("yes", "web.verdict_pass"), ("no", "web.verdict_fail")], sent, problems))
                // Its label says when it is needed.
                (note("web.finding", true))
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
        let Some(request) = self.state.requests.get(&n) else {
            return html! {};
        };
        let reasons = self
            .mechanism
            .requests
            .get(&request.kind)
            .map(|spec| &spec.reasons);
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

    /// Whether the step cannot be taken without evidence.
    fn needs_files(&self) -> bool {
        let Act::Step(step) = &self.offer.act else {
            return false;
        };
        find_step(self.mechanism, self.state, step).is_some_and(|step| step.evidence > 0)
    }

    /// The choice of files; those that an earlier try brought are kept and named.
    pub(crate) fn files(&self, slug: &str, help: &str) -> Markup {
        let lang = self.show.visitor.lang;
        let sent = self.attempt.map(|attempt| &attempt.sent);
        let kept: Vec<&str> = sent
            .map(|sent| sent.all("evidence").collect())
            .unwrap_or_default();
        html! {
            div .field {
                label for={ (slug) "-files" } { (t(lang, "web.evidence")) @if !self.needs_files() { " " span .optional { (t(lang, "web.optional")) } } }
                p .help { (t(lang, help)) }
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

/// A condition in words after what it is the condition of; a Chinese colon stands without a space behind it.
fn condition(lang: Lang, key: &str, says: &Label) -> Markup {
    html! { p .quiet { (t(lang, key)) @if lang == Lang::En { " " } (says.get(lang)) } }
}
