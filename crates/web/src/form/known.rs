//! Asked once: a field whose value is known is shown with its source and date, and confirmed instead of asked.

use bihuan_domain::mechanism::{Field, Mechanism};
use bihuan_domain::value::{Type, Value};
use bihuan_engine::known::{Known, Lookup, Source, Subject};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::{Confirmed, Fields, json_of};
use crate::body::Sent;
use crate::components::summary::{Problem, at_field};
use crate::show;
use crate::trouble::Trouble;

impl<'a> Fields<'a> {
    /// Looks up what is known of the fields.
    ///
    /// # Errors
    ///
    /// Faults of the read models.
    pub fn look_up(mut self, subject: Subject<'_>) -> Result<Fields<'a>, Trouble> {
        let visitor = self.show.visitor;
        let Some(mechanism) = self.mechanism else {
            return Ok(self);
        };
        let lookup = Lookup {
            views: self.show.views,
            world: &visitor.world,
            mechanisms: &visitor.mechanisms,
            sight: &visitor.sight,
            now: visitor.now,
        };
        let asked = self.fields.iter().map(|(field, _)| *field);
        let mut known = lookup.find(mechanism, asked, subject)?;
        // What was erased is not known.
        known.retain(|_, known| self.can_be_read(&known.value));
        self.known = known;
        Ok(self)
    }

    fn can_be_read(&self, value: &Value) -> bool {
        match value {
            Value::Sealed(sealed) => matches!(self.show.views.unseal(sealed), Ok(Some(_))),
            Value::List(items) => items.iter().all(|item| self.can_be_read(item)),
            _ => true,
        }
    }

    /// A field that is known: the value, where it is from, “still so” and “changed” with the widget behind it.
    pub(super) fn to_confirm(
        &self,
        field: &Field,
        known: &Known,
        needed: bool,
        sent: Option<&Sent>,
        problems: &[Problem],
    ) -> Markup {
        let lang = self.show.visitor.lang;
        let id = self.id(&field.id);
        let typed: Vec<String> = match sent {
            Some(sent) => sent.all(&self.name(field)).map(str::to_owned).collect(),
            None => self.plain(&known.value),
        };
        let answer = match sent.map(|sent| sent.get(&self.answer_name(field))) {
            Some("") | None => self.answered_by(field, known, sent, &typed),
            Some(answer) => answer,
        };
        let wrong = problems
            .iter()
            .any(|problem| problem.field.as_deref() == Some(&id));
        let boxes = matches!(&field.ty, Type::Bool)
            || matches!(&field.ty, Type::List(inner) if super::is_listed(inner))
            || super::is_short_choice(field);
        html! {
            fieldset .field .known .is-stale[!known.fresh] .has-error[wrong] id=(id) {
                legend { (field.label.get(lang)) @if !needed { " " span .optional { (t(lang, "web.optional")) } } }
                p .known-value { (self.show.value(field, &known.value)) }
                p .help { (t(lang, if known.fresh { "web.known_from" } else { "web.known_last" })) (self.source(known)) (self.dates(known)) }
                (at_field(problems, &id))
                input type="hidden" name={ "t." (self.name(field)) } value=(known.tag());
                input #{ (id) "-same" } type="radio" name=(self.answer_name(field)) value="same" checked[answer == "same"];
                label .answer for={ (id) "-same" } { (t(lang, if known.fresh { "web.known_confirm" } else { "web.known_still" })) }
                input #{ (id) "-changed" } .is-changed type="radio" name=(self.answer_name(field)) value="changed" checked[answer == "changed"];
                label .answer for={ (id) "-changed" } { (t(lang, "web.known_changed")) }
                div .edit {
                    @if boxes { (self.choices(field, &typed)) }
                    @else {
                        label .sr for={ (id) "-new" } { (field.label.get(lang)) }
                        (self.widget(field, &format!("{id}-new"), typed.first().map_or("", String::as_str), &typed, false))
                    }
                }
            }
        }
    }

    /// The answer that a value gives which came without one: a guided walk fills fields and knows of no answers.
    fn answered_by(
        &self,
        field: &Field,
        known: &Known,
        sent: Option<&Sent>,
        typed: &[String],
    ) -> &'static str {
        let shown = sent.map(|sent| sent.get(&format!("t.{}", self.name(field))));
        match shown {
            Some("") if typed.is_empty() => "",
            Some("") if typed == self.plain(&known.value) => "same",
            Some("") => "changed",
            _ => "",
        }
    }

    /// How a known field was answered. A value that was another one when the form was shown is not confirmed.
    pub(super) fn confirmed(&self, field: &Field, known: &Known, needed: bool, sent: &Sent) -> Confirmed {
        let lang = self.show.visitor.lang;
        let label = field.label.get(lang);
        let shown = sent.get(&format!("t.{}", self.name(field)));
        match sent.get(&self.answer_name(field)) {
            "same" if shown == known.tag() => Confirmed::Same(json_of(&field.ty, self.plain(&known.value))),
            "same" => Confirmed::Wrong(tf(lang, "web.known_moved", &[("field", &label)])),
            "changed" => Confirmed::Typed,
            // It was asked for in the plain way: nothing was known yet.
            _ if shown.is_empty() => Confirmed::Typed,
            _ if needed => Confirmed::Wrong(tf(lang, "web.known_needed", &[("field", &label)])),
            // An untouched widget carries the known value, which nobody has confirmed.
            _ => Confirmed::Left,
        }
    }

    fn answer_name(&self, field: &Field) -> String {
        format!("k.{}", self.name(field))
    }

    fn source(&self, known: &Known) -> Markup {
        let lang = self.show.visitor.lang;
        html! {
            @match &known.source {
                Source::Row(row) => {
                    @let spec = self.show.visitor.mechanisms.register(&row.register);
                    a href={ "/registers/" (row.register) "#row-" (row.row) } {
                        (spec.map_or(row.register.as_str(), |spec| spec.label.get(lang))) " · " (self.show.row(row))
                    }
                },
                Source::Case(case, true) => { a href={ "/cases/" (case) } { (t(lang, "web.case")) " " (case) } },
                Source::Case(_, false) => { (t(lang, "web.known_other")) },
            }
        }
    }

    fn dates(&self, known: &Known) -> Markup {
        let lang = self.show.visitor.lang;
        html! {
            @if let Some(since) = known.since { (tf(lang, "web.known_since", &[("day", &show::date(since, lang))])) }
            @if let Some(until) = known.until {
                (tf(lang, if known.fresh { "web.known_until" } else { "web.known_ended" }, &[("day", &show::date(until, lang))]))
            }
        }
    }
}

/// Whether an opening may be spared questions: some field is a datum that outlives one case.
pub fn may_be_known(show: &show::Show<'_>, mechanism: &Mechanism) -> bool {
    mechanism.fields.iter().any(|field| {
        let datum = show.visitor.mechanisms.datum(&field.datum);
        datum.is_some_and(|datum| datum.valid != "case" && datum.of.as_str() != "case")
            && !matches!(field.ty, Type::Row(_))
    })
}
