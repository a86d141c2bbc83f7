//! Forms from the fields of a mechanism: the widget of each type, its unit and help, what was typed kept when it is
//! refused, and messages that say how to mend it.

use std::collections::BTreeMap;

use bihuan_domain::calendar::{date_of, local};
use bihuan_domain::event::Values;
use bihuan_domain::id::{Code, FieldId, UnitId};
use bihuan_domain::mechanism::{Field, Mechanism, Resolve};
use bihuan_domain::org::Unit;
use bihuan_domain::value::{Type, Value};
use bihuan_engine::wire::decimal;
use bihuan_messages::{Label, Lang, t, tf};
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::body::Sent;
use crate::components::summary::{Problem, at_field};
use crate::show::{self, Show};

/// Rows offered as a list to choose from; beyond it the code is typed, with suggestions.
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
    pub known: Option<&'a Values>,
}

/// Fields of a case.
pub const OF_CASE: &str = "f";
/// Fields of a row that a step adds.
pub const OF_ROW: &str = "r";

impl<'a> Fields<'a> {
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
                .known
                .and_then(|known| known.get(&field.id))
                .map(|v| self.plain(v))
                .unwrap_or_default(),
        };
        let wrong = problems
            .iter()
            .any(|problem| problem.field.as_deref() == Some(&id));
        let grouped = matches!(&field.ty, Type::Bool | Type::List(_)) || is_short_choice(field);
        let label = html! {
            (field.label.get(lang))
            @if !needed { " " span .optional { (t(lang, "web.optional")) } }
        };
        let notes = html! {
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
                    (self.widget(field, &id, typed.first().map_or("", String::as_str), &typed, needed))
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
            (Some(unit), _) => Some(unit.get(lang).to_owned()),
            (None, Type::Money) => Some(t(lang, "web.unit_yuan").to_owned()),
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
            Type::Text | Type::File => {
                html! { textarea id=(id) name=(name) rows="4" required[needed] { (value) } }
            }
            Type::List(_) => html! { textarea id=(id) name=(name) rows="3" { (all.join("\n")) } },
            Type::Unit => html! {
                select id=(id) name=(name) required[needed] { (unit_options(self.show, Some(value), |_| true)) }
            },
            ty => {
                let options = self.options(field, ty);
                html! {
                    @if options.len() > CHOICES_MAX {
                        input id=(id) name=(name) value=(value) list={ (id) "-list" } required[needed] autocomplete="off";
                        datalist id={ (id) "-list" } {
                            @for (code, label) in options { option value=(code) { (label) } }
                        }
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
                let words = |id: &bihuan_domain::id::RowId, row: &bihuan_domain::expr::Row| {
                    let title = spec.and_then(|spec| show::row_title(spec, row, self.show.views));
                    title.unwrap_or_else(|| id.to_string())
                };
                world
                    .registers
                    .rows(register)
                    .map(|(id, row)| (id.to_string(), words(id, row)))
                    .collect()
            }
            _ => Vec::new(),
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
            let known = self
                .known
                .and_then(|known| known.get(&field.id))
                .map(|value| self.plain(value));
            if typed.is_empty() {
                if *needed && known.is_none() {
                    let text = tf(lang, "web.field_needed", &[("field", &field.label.get(lang))]);
                    problems.push(Problem::at(self.id(&field.id), text));
                }
                continue;
            }
            if known.as_ref() == Some(&typed) {
                continue;
            }
            if let Some(text) = typed
                .iter()
                .find_map(|value| unfit(inner(&field.ty), value, &field.label, lang))
            {
                problems.push(Problem::at(self.id(&field.id), text));
                continue;
            }
            let json = match &field.ty {
                Type::List(_) => Json::Array(typed.into_iter().map(Json::String).collect()),
                _ => typed.into_iter().next().map_or(Json::Null, Json::String),
            };
            values.insert(field.id.clone(), json);
        }
        (values, problems)
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

/// Units of today as options, grouped by their kind; those that `may` leaves. The first option asks to choose.
pub fn unit_options(show: &Show<'_>, chosen: Option<&str>, may: impl Fn(&Unit) -> bool) -> Markup {
    unit_options_or(show, "web.choose", chosen, may)
}

/// As [`unit_options`], with the text under `none` for choosing none.
pub fn unit_options_or(
    show: &Show<'_>,
    none: &str,
    chosen: Option<&str>,
    may: impl Fn(&Unit) -> bool,
) -> Markup {
    let lang = show.visitor.lang;
    html! {
        option value="" { (t(lang, none)) }
        @for (kind, units) in units_by_kind(show, may) {
            optgroup label=(kind) {
                @for (id, name) in units {
                    option value=(id) selected[chosen == Some(id.as_str())] { (name.get(lang)) }
                }
            }
        }
    }
}

/// Units of today as boxes to tick, grouped by their kind, sent under `name`.
pub fn unit_boxes(show: &Show<'_>, name: &str, ticked: &[&str]) -> Markup {
    let lang = show.visitor.lang;
    html! {
        @for (kind, units) in units_by_kind(show, |_| true) {
            p .quiet .box-kind { (kind) }
            div .choices {
                @for (id, label) in units {
                    label .choice {
                        input type="checkbox" name=(name) value=(id) checked[ticked.contains(&id.as_str())];
                        span { (label.get(lang)) }
                    }
                }
            }
        }
    }
}

/// Units of today under the name of their kind.
fn units_by_kind<'a>(
    show: &'a Show<'_>,
    may: impl Fn(&Unit) -> bool,
) -> impl Iterator<Item = (String, Vec<(&'a UnitId, &'a Label)>)> {
    let visitor = show.visitor;
    let (lang, today) = (visitor.lang, date_of(visitor.now));
    let mut kinds: BTreeMap<&Code, Vec<(&UnitId, &Label)>> = BTreeMap::new();
    for unit in visitor
        .world
        .org
        .units
        .values()
        .filter(|unit| unit.valid.covers(today) && may(unit))
    {
        kinds.entry(&unit.kind).or_default().push((&unit.id, &unit.name));
    }
    kinds.into_iter().map(move |(kind, units)| {
        let packs = visitor.mechanisms.packs().iter();
        let label = packs
            .flat_map(|pack| &pack.unit_kinds)
            .find(|known| known.id == *kind);
        (
            label.map_or_else(|| kind.to_string(), |known| known.label.get(lang).to_owned()),
            units,
        )
    })
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

fn is_short_choice(field: &Field) -> bool {
    matches!(&field.ty, Type::Choice(codes) if codes.len() <= 5)
}

fn is_listed(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Choice(_) | Type::Unit | Type::Post | Type::Person | Type::Row(_)
    )
}

fn inner(ty: &Type) -> &Type {
    match ty {
        Type::List(item) => item,
        other => other,
    }
}

fn typed(field: &Field, name: &str, sent: &Sent) -> Vec<String> {
    let lines_apart = matches!(&field.ty, Type::List(item) if !is_listed(item));
    sent.all(name)
        .flat_map(|value| {
            if lines_apart {
                value.lines().collect()
            } else {
                vec![value]
            }
        })
        .map(|value| value.trim().replace("\r\n", "\n"))
        .filter(|value| !value.is_empty())
        .collect()
}

/// Says what is wrong with a typed value, with an example of what would be right.
fn unfit(ty: &Type, value: &str, label: &Label, lang: Lang) -> Option<String> {
    let key = match ty {
        Type::Int | Type::Case if decimal(value).is_none_or(|n| !n.fract().is_zero()) => "web.field_int",
        Type::Decimal | Type::Duration if decimal(value).is_none() => "web.field_number",
        Type::Money if decimal(value).is_none_or(|n| n.scale() > 2) => "web.field_money",
        Type::Date if value.parse::<jiff::civil::Date>().is_err() => "web.field_date",
        Type::Instant if value.parse::<jiff::civil::DateTime>().is_err() => "web.field_moment",
        _ => return None,
    };
    let shown: String = value.chars().take(40).collect();
    Some(tf(lang, key, &[("field", &label.get(lang)), ("found", &shown)]))
}
