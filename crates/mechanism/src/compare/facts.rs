//! Everything that a mechanism says, sentence by sentence, under stable places.

use bihuan_domain::mechanism::{ClockSpec, Field, Mechanism, Resolve, Role, Stage, Step};
use bihuan_domain::value::Type;
use bihuan_messages::{Label, Lang, t, tf};

use super::{Fact, Weight};
use crate::diagram::Words;
use crate::names::Names;
use crate::text::label;

/// The facts of a mechanism in the order of its file.
pub(crate) fn of(mechanism: &Mechanism, names: &Names) -> Vec<(String, Fact)> {
    let mut facts = Facts {
        zh: Words {
            mechanism,
            names,
            lang: Lang::Zh,
        },
        en: Words {
            mechanism,
            names,
            lang: Lang::En,
        },
        list: Vec::new(),
    };
    facts.head(mechanism);
    for stage in &mechanism.stages {
        facts.stage(stage);
    }
    facts.closing(mechanism);
    for (kind, spec) in &mechanism.requests {
        let value = facts.both(|words| words.request(*kind, spec));
        facts.add(
            format!("request/{}", kind.name()),
            Weight::Open,
            label("about.subject_request"),
            value,
        );
    }
    for ladder in mechanism.ladders.values() {
        let value = facts.both(|words| words.chain(ladder));
        let subject = named("about.subject_ladder", &ladder.label);
        facts.add(format!("ladder/{}", ladder.id), Weight::Open, subject, value);
    }
    for role in mechanism.roles.values() {
        facts.role(role);
    }
    for field in &mechanism.fields {
        facts.field(field);
    }
    for indicator in &mechanism.indicators {
        let base = indicator
            .base_text
            .as_ref()
            .map(|base| format!(" / {base}"))
            .unwrap_or_default();
        let value = format!("{}{base} {}", indicator.value_text, indicator.unit);
        let subject = named("about.subject_indicator", &indicator.label);
        facts.add(
            format!("indicator/{}", indicator.id),
            Weight::Words,
            subject,
            same(&value),
        );
    }
    for figure in &mechanism.figures {
        let value = format!(
            "{} {} {}",
            figure.printed,
            figure.unit,
            figure.value_text.as_deref().unwrap_or("")
        );
        let subject = named("about.subject_figure", &figure.label);
        facts.add(
            format!("figure/{}", figure.id),
            Weight::Words,
            subject,
            same(value.trim()),
        );
    }
    facts.list
}

struct Facts<'a> {
    zh: Words<'a>,
    en: Words<'a>,
    list: Vec<(String, Fact)>,
}

impl Facts<'_> {
    fn both(&self, say: impl Fn(&Words<'_>) -> String) -> Label {
        Label::new(say(&self.zh), say(&self.en))
    }

    fn add(&mut self, place: String, weight: Weight, subject: Label, value: Label) {
        self.list.push((
            place,
            Fact {
                weight,
                subject,
                value,
            },
        ));
    }

    fn clock(&mut self, place: String, subject: Label, clock: Option<&ClockSpec>) {
        if let Some(clock) = clock {
            let value = self.both(|words| words.clock(clock));
            self.add(place, Weight::Open, subject, value);
        }
    }

    fn head(&mut self, mechanism: &Mechanism) {
        for (place, key, value) in [
            ("label", "about.subject_label", &mechanism.label),
            ("purpose", "about.subject_purpose", &mechanism.purpose),
            ("source", "about.subject_source", &mechanism.source),
        ] {
            self.add(place.to_owned(), Weight::Words, label(key), value.clone());
        }
        let opening = self.both(|words| words.opening().join(t(words.lang, "about.semicolon")));
        self.add("open".to_owned(), Weight::New, label("about.open"), opening);
        let stages = |words: &Words<'_>| {
            let later = mechanism
                .open
                .stages
                .iter()
                .map(|stage| words.stage(stage.as_str()));
            words.list(std::iter::once(words.stage(mechanism.open.stage.as_str())).chain(later))
        };
        let stages = self.both(stages);
        self.add(
            "open/stage".to_owned(),
            Weight::New,
            label("about.subject_first"),
            stages,
        );
        self.clock(
            "clock".to_owned(),
            label("about.subject_case_clock"),
            mechanism.clock.as_ref(),
        );
        if mechanism.progress.is_some() {
            let value = self.both(|words| words.progress().unwrap_or_default());
            self.add(
                "progress".to_owned(),
                Weight::Open,
                label("about.subject_progress"),
                value,
            );
        }
        if let Some(children) = &mechanism.children {
            let value = self.both(|words| words.children(children).join(t(words.lang, "about.semicolon")));
            self.add(
                "children".to_owned(),
                Weight::Open,
                label("about.subject_children"),
                value,
            );
        }
    }

    fn stage(&mut self, stage: &Stage) {
        let place = format!("stage/{}", stage.id);
        let of = |key: &str| named(key, &stage.label);
        let value = self.both(|words| {
            format!(
                "{}{}",
                stage.label.get(words.lang),
                words.in_brackets(words.kind(stage.kind))
            )
        });
        self.add(place.clone(), Weight::Open, of("about.subject_stage"), value);
        if let Some(holder) = &stage.holder {
            let value = self.both(|words| words.role(holder));
            self.add(
                format!("{place}/holder"),
                Weight::Open,
                of("about.subject_holder"),
                value,
            );
        }
        self.clock(
            format!("{place}/clock"),
            of("about.subject_clock"),
            stage.clock.as_ref(),
        );
        for (part, key, to) in [
            (
                "exit",
                "about.subject_exit",
                stage.exit.as_ref().map(|exit| &exit.to),
            ),
            ("rework", "about.subject_rework", stage.rework.as_ref()),
        ] {
            if let Some(to) = to {
                let value = self.both(|words| words.stage(to.as_str()));
                self.add(format!("{place}/{part}"), Weight::Open, of(key), value);
            }
        }
        for step in &stage.steps {
            self.step(&place, stage, step);
        }
    }

    fn step(&mut self, place: &str, stage: &Stage, step: &Step) {
        let subject = self.both(|words| {
            let (stage, step) = (stage.label.get(words.lang), step.label.get(words.lang));
            words.with("about.subject_step", &[("stage", &stage), ("step", &step)])
        });
        let value = self.both(|words| {
            let mut text = words.with("about.step_to", &[("stage", &words.stage(step.to.as_str()))]);
            text.push_str(&words.conditions(stage, step));
            for (key, fields) in [
                ("about.step_needs", &step.needs),
                ("about.step_takes", &step.takes),
            ] {
                if !fields.is_empty() {
                    let names = fields.iter().filter_map(|id| words.mechanism.field(id));
                    let names = words.list(names.map(|field| field.label.get(words.lang).to_owned()));
                    text.push_str(&words.with(key, &[("fields", &names)]));
                }
            }
            if let Some(when) = &step.when_text {
                text.push_str(&format!(" `{when}`"));
            }
            text
        });
        self.add(format!("{place}/step/{}", step.id), Weight::Open, subject, value);
    }

    fn closing(&mut self, mechanism: &Mechanism) {
        let closing = &mechanism.closing;
        let value = self.both(|words| format!("{} `{}`", closing.says.get(words.lang), closing.when_text));
        self.add(
            "closing".to_owned(),
            Weight::Open,
            label("about.subject_closing"),
            value,
        );
        for (risk, way) in &closing.verify {
            let key = match risk {
                bihuan_domain::mechanism::Risk::Ordinary => "about.subject_way_ordinary",
                bihuan_domain::mechanism::Risk::Major => "about.subject_way_major",
            };
            let value = self.both(|words| words.way(way));
            self.add(
                format!("verify/{risk:?}").to_lowercase(),
                Weight::Open,
                label(key),
                value,
            );
        }
        if let Some(look) = &closing.look_back {
            let value = self.both(|words| {
                let redo = words.stage(look.redo.as_str());
                format!(
                    "{}{}",
                    words.look_back(look),
                    words.in_brackets(&words.with("about.redo", &[("stage", &redo)]))
                )
            });
            self.add(
                "look_back".to_owned(),
                Weight::New,
                label("about.look_back_short"),
                value,
            );
        }
    }

    fn role(&mut self, role: &Role) {
        let value = self.both(|words| {
            let unit = match &role.resolve {
                Resolve::Owner => words.say("about.unit_owner"),
                Resolve::Superior => words.say("about.unit_superior"),
                Resolve::SuperiorOf(kind) => words.with(
                    "about.unit_superior_of",
                    &[("kind", &words.names.unit_kind(kind.as_str(), words.lang))],
                ),
                Resolve::ParentOwner => words.say("about.owner_parent"),
                Resolve::Function(code) => words.with(
                    "about.units_function",
                    &[("function", &words.names.function(code.as_str(), words.lang))],
                ),
                Resolve::Field(field) | Resolve::RowField(field, _) => {
                    let field = words
                        .mechanism
                        .field(field)
                        .map_or("", |field| field.label.get(words.lang));
                    words.with("about.unit_field", &[("field", &field)])
                }
                Resolve::Requester => words.say("about.unit_requester"),
            };
            format!("{unit} {}", words.names.post_kind(role.post.as_str(), words.lang))
        });
        self.add(
            format!("role/{}", role.id),
            Weight::Open,
            named("about.subject_role", &role.label),
            value,
        );
    }

    fn field(&mut self, field: &Field) {
        let value = self.both(|words| {
            let mut text = t(words.lang, type_key(&field.ty)).to_owned();
            if !field.choices.is_empty() {
                let choices = field
                    .choices
                    .iter()
                    .map(|(_, label)| label.get(words.lang).to_owned());
                text.push_str(&words.in_brackets(&words.list(choices)));
            }
            if field.required {
                text.push_str(t(words.lang, "about.field_required"));
            }
            text
        });
        self.add(
            format!("field/{}", field.id),
            Weight::New,
            named("about.subject_field", &field.label),
            value,
        );
    }
}

fn named(key: &str, name: &Label) -> Label {
    Label::new(
        tf(Lang::Zh, key, &[("name", &name.zh)]),
        tf(Lang::En, key, &[("name", &name.en)]),
    )
}

fn same(text: &str) -> Label {
    Label::new(text, text)
}

fn type_key(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "about.type_text",
        Type::Int => "about.type_int",
        Type::Decimal => "about.type_decimal",
        Type::Money => "about.type_money",
        Type::Bool => "about.type_bool",
        Type::Choice(_) => "about.type_choice",
        Type::Date => "about.type_date",
        Type::Instant => "about.type_instant",
        Type::Duration => "about.type_duration",
        Type::Unit => "about.type_unit",
        Type::Post => "about.type_post",
        Type::Person => "about.type_person",
        Type::Row(_) => "about.type_row",
        Type::Case => "about.type_case",
        Type::File => "about.type_file",
        Type::List(_) => "about.type_list",
    }
}
