//! Forms from the fields of a mechanism: the widget of each type, its unit and help, what was typed kept when it is
//! refused, and messages that say how to mend it.

use std::collections::BTreeMap;

use bihuan_domain::calendar::{date_of, local};
use bihuan_domain::event::Values;
use bihuan_domain::id::{Code, FieldId, RegisterId};
use bihuan_domain::mechanism::{Field, Mechanism, RegisterSpec, Resolve};
use bihuan_domain::value::{Type, Value};
use bihuan_engine::custody;
use bihuan_engine::known::Known;
use bihuan_mechanism::Proof;
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::body::Sent;
use crate::components::summary::{Problem, at_field};
use crate::show::{self, Show};

use self::typed::{inner, is_listed, json_of, typed, unfit};

mod known;
mod place;
mod typed;
mod units;

pub use known::may_be_known;
pub use place::Place;
pub use units::{unit_boxes, unit_options, unit_options_or};

/// Rows offered as a list to choose from; beyond it a name or code is typed, with suggestions from the register.
const CHOICES_MAX: usize = 400;

/// A form over some fields of a mechanism.
pub struct Fields<'a> {
    /// Shows names and opens sealed texts.
    pub show: &'a Show<'a>,
    /// The mechanism that the fields belong to; `None` for the rows of a register.
    pub mechanism: Option<&'a Mechanism>,
    /// The text that names the whole: asked for in one line.
    pub line: &'a FieldId,
    /// The fields, in order, each with whether it must have a value.
    pub fields: Vec<(&'a Field, bool)>,
    /// The form's name: begins the ids of its elements, so that several forms may stand on a page.
    pub form: &'a str,
    /// How the names begin under which values are sent, so that fields of the case and of its row stay apart.
    pub prefix: &'a str,
    /// Values that the case has already: shown, and sent only when changed.
    pub had: Option<&'a Values>,
    /// What is known from elsewhere: shown with its source, and confirmed instead of asked.
    pub known: BTreeMap<FieldId, Known>,
    /// Where it is filled in.
    place: Option<&'a Place>,
    /// Whether it is filled in on the spot, on a phone.
    spot: bool,
}

/// Fields of a case.
pub const OF_CASE: &str = "f";
/// Fields of a row that a step adds.
pub const OF_ROW: &str = "r";

impl<'a> Fields<'a> {
    /// A form over fields of a case.
    pub fn of_case(
        show: &'a Show<'a>,
        mechanism: &'a Mechanism,
        fields: Vec<(&'a Field, bool)>,
        form: &'a str,
    ) -> Fields<'a> {
        Fields {
            show,
            mechanism: Some(mechanism),
            line: &mechanism.title,
            fields,
            form,
            prefix: OF_CASE,
            had: None,
            known: BTreeMap::new(),
            place: None,
            spot: false,
        }
    }

    /// A form over the fields of a row; `mechanism` where a step of it writes the row.
    pub fn of_row(
        show: &'a Show<'a>,
        mechanism: Option<&'a Mechanism>,
        register: &'a RegisterSpec,
        form: &'a str,
    ) -> Fields<'a> {
        // Files come with a case, never with a row.
        let fields = register.fields.iter().filter(|field| field.ty != Type::File);
        Fields {
            show,
            mechanism,
            line: &register.title,
            fields: fields.map(|field| (field, field.required)).collect(),
            form,
            prefix: OF_ROW,
            had: None,
            known: BTreeMap::new(),
            place: None,
            spot: false,
        }
    }

    /// The id of the element that asks for a field.
    pub fn id(&self, field: &FieldId) -> String {
        format!("{}-{field}", self.form)
    }

    /// The name under which a field is sent.
    fn name(&self, field: &Field) -> String {
        format!("{}.{}", self.prefix, field.id)
    }

    /// The widgets. `sent` is what an earlier, refused try typed.
    pub fn view(&self, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        html! { @for (field, needed) in &self.fields { (self.field(field, *needed, sent, problems)) } }
    }

    fn field(&self, field: &Field, needed: bool, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
        let lang = self.show.visitor.lang;
        let id = self.id(&field.id);
        let typed: Vec<String> = match sent {
            Some(sent) => sent.all(&self.name(field)).map(str::to_owned).collect(),
            None => self
                .had
                .and_then(|had| had.get(&field.id))
                .map(|v| self.had_of(field, v))
                .or_else(|| self.today(field, needed).map(|day| vec![day]))
                .unwrap_or_default(),
        };
        if let Some(row) = self.told(field, sent) {
            return self.told_view(field, row);
        }
        let wrong = problems
            .iter()
            .any(|problem| problem.field.as_deref() == Some(&id));
        if let Some(known) = self.known.get(&field.id) {
            return self.to_confirm(field, known, needed, sent, problems);
        }
        let grouped = matches!(&field.ty, Type::Bool | Type::List(_)) || is_short_choice(field);
        let label = html! {
            (field.label.get(lang))
            @if !needed { " " span .optional { (t(lang, "web.optional")) } }
        };
        let promised = field.sealed_to.as_ref().map(|function| self.promise(function));
        let notes = html! {
            @if let Some((words, _)) = &promised { (words) }
            @if let Some(help) = &field.help { p .help id={ (id) "-help" } { (help.get(lang)) } }
            (at_field(problems, &id))
        };
        html! {
            @if grouped && !matches!(&field.ty, Type::List(inner) if !is_listed(inner)) {
                fieldset .field .has-error[wrong] id=(id) {
                    legend { (label) }
                    (notes)
                    (self.choices(field, &typed))
                }
            } @else {
                div .field .has-error[wrong] {
                    label for=(id) { (label) }
                    (notes)
                    @if promised.as_ref().is_none_or(|(_, may)| *may) { (self.widget(field, &id, typed.first().map_or("", String::as_str), &typed, needed)) }
                }
            }
        }
    }

    fn choices(&self, field: &Field, typed: &[String]) -> Markup {
        let lang = self.show.visitor.lang;
        let name = self.name(field);
        let (kind, inner) = match &field.ty {
            Type::List(inner) => ("checkbox", inner.as_ref()),
            other => ("radio", other),
        };
        let options = match inner {
            Type::Bool => vec![
                ("true".to_owned(), t(lang, "web.yes").to_owned()),
                ("false".to_owned(), t(lang, "web.no").to_owned()),
            ],
            _ => self.options(field, inner),
        };
        if *inner == Type::Unit {
            let ticked: Vec<&str> = typed.iter().map(String::as_str).collect();
            return unit_boxes(self.show, &name, &ticked);
        }
        html! {
            div .choices {
                @for (code, label) in options {
                    label .choice {
                        input type=(kind) name=(name) value=(code) checked[typed.contains(&code)];
                        span { (label) }
                    }
                }
            }
        }
    }

    fn widget(&self, field: &Field, id: &str, value: &str, all: &[String], needed: bool) -> Markup {
        let lang = self.show.visitor.lang;
        let name = self.name(field);
        let unit = match (&field.unit, &field.ty) {
            // Money is typed in yuan, whatever unit it is printed in elsewhere.
            (_, Type::Money) => Some(t(lang, "web.unit_yuan").to_owned()),
            (Some(unit), _) => Some(unit.get(lang).to_owned()),
            (None, Type::Duration) => Some(t(lang, "web.unit_minutes").to_owned()),
            _ => None,
        };
        match &field.ty {
            Type::Int | Type::Decimal | Type::Money | Type::Duration | Type::Case => html! {
                div .with-unit {
                    input id=(id) name=(name) value=(value) inputmode="decimal" autocomplete="off" required[needed];
                    @if let Some(unit) = unit { span .unit { (unit) } }
                }
            },
            Type::Date => html! { input id=(id) name=(name) type="date" value=(value) required[needed]; },
            Type::Instant => {
                html! { input id=(id) name=(name) type="datetime-local" value=(value) required[needed]; }
            }
            Type::Text if field.id == *self.line => html! {
                input id=(id) name=(name) type="text" value=(value) required[needed] autocomplete="off";
            },
            Type::Text if field.sealed_to.is_some() => html! {
                textarea id=(id) name=(name) rows="3" required[needed] autocomplete="off" spellcheck="false" { (value) }
            },
            Type::File => html! {
                @if let Some((_, called)) = value.split_once('|') {
                    p .kept { label .choice { input type="checkbox" name=(name) value=(value) checked; span { (show::text(called)) } } }
                }
                (self.file(field, id, needed && value.is_empty()))
            },
            Type::Text => {
                html! { textarea id=(id) name=(name) rows="4" required[needed] { (value) } }
            }
            Type::List(_) => html! { textarea id=(id) name=(name) rows="3" { (all.join("\n")) } },
            Type::Unit => html! {
                select id=(id) name=(name) required[needed] { (unit_options(self.show, Some(value), |_| true)) }
            },
            ty => {
                let options = self.options(field, ty);
                html! {
                    @if let (Type::Row(register), true) = (ty, options.len() > CHOICES_MAX) {
                        @let shown = named(&options, value);
                        p .help { (tf(lang, "web.row_search", &[("n", &show::count(number(options.len())))])) " "
                            a href={ "/registers/" (register) } target="_blank" rel="noopener" { (t(lang, "web.row_search_open")) } }
                        input id=(id) name=(name) value=(shown) list={ (id) "-list" } data-find={ "/registers/" (register) "/find" } required[needed] autocomplete="off";
                        datalist id={ (id) "-list" } {}
                    } @else {
                        select id=(id) name=(name) required[needed] {
                            option value="" { (t(lang, "web.choose")) }
                            @for (code, label) in options { option value=(code) selected[code == value] { (label) } }
                        }
                    }
                }
            }
        }
    }

    /// The widget of a file. On the spot a photo is taken at once, and a signature is drawn where scripts run.
    fn file(&self, field: &Field, id: &str, needed: bool) -> Markup {
        let (name, lang) = (self.name(field), self.show.visitor.lang);
        let proof = self
            .show
            .visitor
            .mechanisms
            .datum(&field.datum)
            .and_then(|datum| datum.proof);
        html! {
            @match proof.filter(|_| self.spot) {
                Some(Proof::Photo) => {
                    p .help { (t(lang, "phone.photo_why")) }
                    input id=(id) name=(name) type="file" accept="image/*" capture="environment" data-photo required[needed];
                },
                Some(Proof::Signature) => { input id=(id) name=(name) type="file" accept="image/*" data-sign=(t(lang, "phone.sign_here")) data-again=(t(lang, "phone.sign_again")) required[needed]; },
                _ => { input id=(id) name=(name) type="file" required[needed]; },
            }
        }
    }

    /// What may be chosen for a type: code and words.
    fn options(&self, field: &Field, ty: &Type) -> Vec<(String, String)> {
        let visitor = self.show.visitor;
        let (world, lang, today) = (&visitor.world, visitor.lang, date_of(visitor.now));
        match ty {
            Type::Choice(codes) => {
                let word = |code: &Code| {
                    let label = field.choices.iter().find(|(known, _)| known == code);
                    label.map_or_else(|| code.to_string(), |(_, label)| label.get(lang).to_owned())
                };
                codes.iter().map(|code| (code.to_string(), word(code))).collect()
            }
            Type::Unit => {
                let units = world.org.units.values().filter(|unit| unit.valid.covers(today));
                units
                    .map(|unit| (unit.id.to_string(), unit.name.get(lang).to_owned()))
                    .collect()
            }
            Type::Post => {
                // A field that a role is found by offers the posts of that role's kind only.
                let roles = self.mechanism.map(|mechanism| mechanism.roles.values());
                let kind = roles.into_iter().flatten().find_map(|role| match &role.resolve {
                    Resolve::Field(by) if *by == field.id => Some(&role.post),
                    _ => None,
                });
                let posts = world.org.posts.values().filter(|post| post.valid.covers(today));
                let posts = posts.filter(|post| kind.is_none_or(|kind| post.kind == *kind));
                let words = |post: &bihuan_domain::org::Post| {
                    let on: Vec<String> = world
                        .org
                        .persons_on(&post.id, today)
                        .map(|person| self.show.person(person))
                        .collect();
                    let name = self.show.post(&post.id);
                    if on.is_empty() {
                        name
                    } else {
                        format!("{name}（{}）", on.join("、"))
                    }
                };
                posts.map(|post| (post.id.to_string(), words(post))).collect()
            }
            Type::Person => {
                let persons = world.org.persons.keys();
                persons
                    .map(|person| (person.to_string(), self.show.person(person)))
                    .collect()
            }
            Type::Row(register) => {
                let spec = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers);
                let spec = spec.into_iter().find(|spec| spec.id == *register);
                let words = |id: &bihuan_domain::id::RowId, row| self.show.row_name(spec, id, row);
                world
                    .registers
                    .rows(register)
                    .map(|(id, row)| (id.to_string(), words(id, row)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What is asked of a custodian's field before it is asked: the promise and its limits.
    fn promise(&self, function: &Code) -> (Markup, bool) {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let custodian = custody::custodian(&visitor.world, function, visitor.now);
        let who = custodian.name.get(lang);
        let Some(key) = custodian.key else {
            return (
                html! { p .help { strong { (tf(lang, "web.locked_no_key", &[("who", &who)])) } } },
                false,
            );
        };
        let args: [(&str, &dyn std::fmt::Display); 2] = [("who", &who), ("fingerprint", &key.fingerprint())];
        let words = html! {
            p .help { strong { (tf(lang, "web.locked_promise", &args)) } }
            p .help { (tf(lang, "web.locked_limits", &args)) }
        };
        (words, true)
    }

    /// What a widget shows of a value that is there; nothing of what is a custodian's.
    fn had_of(&self, field: &Field, value: &Value) -> Vec<String> {
        match &field.sealed_to {
            Some(_) => Vec::new(),
            None => self.plain(value),
        }
    }

    /// A value as it stands in its widget.
    fn plain(&self, value: &Value) -> Vec<String> {
        vec![match value {
            Value::Bool(answer) => answer.to_string(),
            Value::Int(n) | Value::Minutes(n) => n.to_string(),
            Value::Dec(d) => d.normalize().to_string(),
            Value::Fen(fen) => rust_decimal::Decimal::new(*fen, 2).normalize().to_string(),
            Value::Date(day) => day.to_string(),
            Value::At(at) => local(*at).strftime("%Y-%m-%dT%H:%M").to_string(),
            Value::Code(code) => code.to_string(),
            Value::Unit(unit) => unit.to_string(),
            Value::Post(post) => post.to_string(),
            Value::Person(person) => person.to_string(),
            Value::Row(row) => row.row.to_string(),
            Value::Case(case) => case.to_string(),
            Value::File(_) => return Vec::new(),
            Value::Sealed(sealed) => self.show.sealed(sealed),
            Value::List(items) => return items.iter().flat_map(|item| self.plain(item)).collect(),
        }]
    }

    /// Reads what was sent: values by field, and what has to be mended. A value that is as it was is left out.
    pub fn read(&self, sent: &Sent) -> (BTreeMap<FieldId, Json>, Vec<Problem>) {
        let lang = self.show.visitor.lang;
        let (mut values, mut problems) = (BTreeMap::new(), Vec::new());
        for (field, needed) in &self.fields {
            let typed = typed(field, &self.name(field), sent);
            let had = self
                .had
                .and_then(|had| had.get(&field.id))
                .map(|value| self.had_of(field, value));
            if let Some(known) = self.known.get(&field.id) {
                match self.confirmed(field, known, *needed, sent) {
                    Confirmed::Same(json) => {
                        values.insert(field.id.clone(), json);
                        continue;
                    }
                    Confirmed::Wrong(text) => {
                        problems.push(Problem::at(self.id(&field.id), text));
                        continue;
                    }
                    Confirmed::Left => continue,
                    Confirmed::Typed => {}
                }
            }
            if typed.is_empty() {
                if *needed && had.is_none() {
                    let text = tf(lang, "web.field_needed", &[("field", &field.label.get(lang))]);
                    problems.push(Problem::at(self.id(&field.id), text));
                }
                continue;
            }
            if had.as_ref() == Some(&typed) {
                continue;
            }
            let typed = match self.rows_named(field, typed) {
                Ok(typed) => typed,
                Err(text) => {
                    problems.push(Problem::at(self.id(&field.id), text));
                    continue;
                }
            };
            if let Some(text) = typed
                .iter()
                .find_map(|value| unfit(inner(&field.ty), value, &field.label, lang))
            {
                problems.push(Problem::at(self.id(&field.id), text));
                continue;
            }
            values.insert(field.id.clone(), json_of(&field.ty, typed));
        }
        (values, problems)
    }

    /// The codes of rows that were typed by their names. A code stays what it is; a name must be that of one row.
    fn rows_named(&self, field: &Field, typed: Vec<String>) -> Result<Vec<String>, String> {
        let Type::Row(register) = inner(&field.ty) else {
            return Ok(typed);
        };
        let registers = &self.show.visitor.world.registers;
        typed
            .into_iter()
            .map(|value| match registers.row(register, &value.as_str().into()) {
                Some(_) => Ok(value),
                None => self.row_named(field, register, &value),
            })
            .collect()
    }

    fn row_named(&self, field: &Field, register: &RegisterId, name: &str) -> Result<String, String> {
        let lang = self.show.visitor.lang;
        let label = field.label.get(lang);
        let mut alike = self.show.rows_like(register, name, 9);
        if let Some(at) = alike.iter().position(|(_, title)| title == name)
            && alike.iter().filter(|(_, title)| title == name).count() == 1
        {
            return Ok(alike.swap_remove(at).0);
        }
        let found: String = name.chars().take(40).collect();
        if alike.is_empty() {
            return Err(tf(
                lang,
                "web.row_unknown",
                &[("field", &label), ("found", &found)],
            ));
        }
        let list: Vec<String> = alike
            .iter()
            .map(|(code, title)| format!("{title}（{code}）"))
            .collect();
        let list = list.join(t(lang, "web.list_comma"));
        Err(tf(
            lang,
            "web.row_several",
            &[("field", &label), ("found", &found), ("rows", &list)],
        ))
    }

    /// Leads a refusal that names a field to that field's element.
    pub fn lead(&self, problem: &mut Problem, trouble: &crate::trouble::Trouble) {
        let Some(bihuan_messages::Arg::Label(label)) = trouble.rule.args.get("field") else {
            return;
        };
        if let Some((field, _)) = self.fields.iter().find(|(field, _)| field.label == *label) {
            problem.field = Some(self.id(&field.id));
        }
    }
}

/// A key that makes sending a form twice the same as sending it once.
pub fn fresh_key() -> String {
    let mut bytes = [0u8; 12];
    // Without randomness the key is empty and the engine refuses it, which is the safe way round.
    if getrandom::fill(&mut bytes).is_err() {
        return String::new();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How a field that is known was answered.
enum Confirmed {
    /// It is still so.
    Same(Json),
    /// Something has to be mended.
    Wrong(String),
    /// What was typed counts, if anything was.
    Typed,
    /// Not at all.
    Left,
}

/// The name of a chosen row, or its code where others are called the same.
fn named<'a>(options: &'a [(String, String)], value: &'a str) -> &'a str {
    let Some((_, title)) = options.iter().find(|(code, _)| code == value) else {
        return value;
    };
    let alike = options
        .iter()
        .filter(|(_, other)| other.contains(title.as_str()))
        .count();
    if alike == 1 { title } else { value }
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn is_short_choice(field: &Field) -> bool {
    matches!(&field.ty, Type::Choice(codes) if codes.len() <= 5)
}
