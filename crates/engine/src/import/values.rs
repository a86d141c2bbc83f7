//! A cell to the value of a field, and a value back to what a person reads.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bihuan_domain::id::{PersonId, PostId, UnitId};
use bihuan_domain::mechanism::{Field, Mechanism, Resolve};
use bihuan_domain::value::{Type, Value};
use bihuan_domain::world::World;
use bihuan_messages::{Lang, Message};
use bihuan_reader::table::{Cell, Month, Problem, Table, day, number, plain};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::units::{Found, Units};
use crate::views::Views;
use crate::wire::{self, Sealing, TEXT_CHARS_MAX};

/// What reading cells needs to know.
pub(super) struct Cells<'a> {
    pub(super) world: &'a World,
    pub(super) views: &'a Views,
    pub(super) mechanism: &'a Mechanism,
    pub(super) table: &'a Table,
    pub(super) units: Units,
    pub(super) year: Option<i16>,
    pub(super) today: Date,
    pub(super) persons: OnceLock<BTreeMap<String, Vec<PersonId>>>,
}

/// A value that was read: as the engine takes it, and a remark where it was worked out rather than stated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub(super) json: Json,
    pub(super) note: Option<Message>,
}

impl From<Json> for Read {
    fn from(json: Json) -> Self {
        Read { json, note: None }
    }
}

fn problem(expected: &str, mend: Message) -> Problem {
    Problem {
        expected: Message::new(format!("import.expected_{expected}")),
        mend,
    }
}

impl Cells<'_> {
    /// Reads a cell for a field; `None` for an empty one. `unit` is the unit of its column.
    pub(super) fn read(
        &self,
        field: &Field,
        cell: &Cell,
        unit: Option<&str>,
    ) -> Result<Option<Read>, Problem> {
        match cell {
            Cell::Empty => Ok(None),
            // What offices write into a cell that has nothing to say.
            Cell::Text(text)
                if matches!(text.as_str(), "-" | "—" | "——" | "/" | "\\" | "无" | "／" | "－")
                    && field.ty != Type::Bool =>
            {
                Ok(None)
            }
            Cell::Fault(text) => Err(problem(
                "value",
                Message::new("import.mend_fault").with("found", text.as_str()),
            )),
            cell => self.typed(field, &field.ty, cell, unit).map(Some),
        }
    }

    fn typed(&self, field: &Field, ty: &Type, cell: &Cell, unit: Option<&str>) -> Result<Read, Problem> {
        let text = cell.text();
        Ok(match ty {
            Type::Bool => Json::Bool(truth(&text)?).into(),
            Type::Int | Type::Decimal | Type::Duration | Type::Money => {
                return Ok(Json::String(self.number(field, ty, cell, unit)?.to_string()).into());
            }
            Type::Date | Type::Instant => return self.day(field, ty, cell),
            Type::Choice(_) => Json::String(self.choice(field, &text)?).into(),
            Type::Unit => {
                let unit = self.unit(&text)?;
                Read {
                    json: Json::String(unit.0.to_string()),
                    note: unit.1,
                }
            }
            Type::Post => Json::String(self.post(field, &text)?.to_string()).into(),
            Type::Person => Json::String(self.person(&text)?.to_string()).into(),
            Type::Row(register) => {
                let rows: Vec<&str> = self
                    .world
                    .registers
                    .rows(register)
                    .filter(|(id, row)| {
                        id.as_str() == text || row.values().any(|value| self.words(value) == text)
                    })
                    .map(|(id, _)| id.as_str())
                    .collect();
                match rows.as_slice() {
                    [one] => Json::String((*one).to_owned()).into(),
                    _ => return Err(problem("row", Message::new("import.mend_row"))),
                }
            }
            Type::Case => match text.trim().parse::<u64>() {
                Ok(case) => Json::Number(case.into()).into(),
                Err(_) => return Err(problem("case", Message::new("import.mend_case"))),
            },
            Type::File => return Err(problem("value", Message::new("import.mend_file"))),
            Type::Text => {
                let text = lines(&text);
                if text.chars().count() > TEXT_CHARS_MAX {
                    return Err(problem(
                        "text",
                        Message::new("import.mend_long").show("limit", TEXT_CHARS_MAX),
                    ));
                }
                Json::String(text).into()
            }
            Type::List(item) => {
                let parts = text
                    .split(['、', '，', ',', ';', '；', '\n'])
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                let mut list = Vec::new();
                for part in parts {
                    list.push(self.typed(field, item, &Cell::Text(part.to_owned()), unit)?.json);
                }
                Json::Array(list).into()
            }
        })
    }

    fn number(&self, field: &Field, ty: &Type, cell: &Cell, unit: Option<&str>) -> Result<Decimal, Problem> {
        let own = field
            .unit
            .as_ref()
            .map(|unit| unit.zh.as_str())
            .unwrap_or_default();
        let wanted = if *ty == Type::Money { "元" } else { own };
        let read = number(cell, unit, wanted)?;
        let percent_field = wanted.contains('%') || wanted.contains("％");
        if read.percent && !percent_field {
            return Err(problem("number", Message::new("import.mend_percent")));
        }
        let value = read.value.normalize();
        match ty {
            Type::Int if !value.fract().is_zero() => Err(problem("whole", Message::new("import.mend_whole"))),
            Type::Money if value.scale() > 2 => Err(problem("number", Message::new("import.mend_fen"))),
            _ => Ok(value),
        }
    }

    fn day(&self, field: &Field, ty: &Type, cell: &Cell) -> Result<Read, Problem> {
        let month = if is_deadline(field) {
            Month::End
        } else {
            Month::Refuse
        };
        let read = day(cell, month, self.year, self.table.epoch_1904)?;
        let json = match ty {
            Type::Instant => format!("{}T00:00:00", read.date),
            _ => read.date.to_string(),
        };
        let note = read.derived.then(|| {
            Message::new("import.note_derived")
                .with("found", cell.text())
                .show("day", read.date)
        });
        Ok(Read {
            json: Json::String(json),
            note,
        })
    }

    fn choice(&self, field: &Field, text: &str) -> Result<String, Problem> {
        let sought = plain(text);
        let hit = |exact: bool| {
            let mut hits = field.choices.iter().filter(|(code, label)| {
                let names = [plain(code.as_str()), plain(&label.zh), plain(&label.en)];
                names.iter().any(|name| {
                    if exact {
                        *name == sought
                    } else {
                        !sought.is_empty() && name.contains(&sought)
                    }
                })
            });
            let first = hits.next();
            first
                .filter(|_| hits.next().is_none())
                .map(|(code, _)| code.to_string())
        };
        let words = |lang| {
            field
                .choices
                .iter()
                .map(|(_, label)| label.get(lang))
                .collect::<Vec<_>>()
                .join("、")
        };
        hit(true).or_else(|| hit(false)).ok_or_else(|| {
            let known = bihuan_messages::Label::new(words(Lang::Zh), words(Lang::En));
            problem("choice", Message::new("import.mend_choice").with("known", known))
        })
    }

    /// A unit by name, with a remark where it was found by an abbreviation.
    pub(super) fn unit(&self, text: &str) -> Result<(UnitId, Option<Message>), Problem> {
        let name = |unit: &UnitId| {
            let found = self.world.org.units.get(unit);
            found.map_or_else(
                || bihuan_messages::Label::new(unit.as_str(), unit.as_str()),
                |unit| unit.name.clone(),
            )
        };
        match self.units.find(text) {
            Found::Exact(unit) => Ok((unit, None)),
            Found::Likely(unit) => {
                let note = Message::new("import.note_unit")
                    .with("found", text.trim())
                    .with("unit", name(&unit));
                Ok((unit, Some(note)))
            }
            Found::Several(units) => {
                let list = |lang| {
                    units
                        .iter()
                        .map(|unit| name(unit).get(lang).to_owned())
                        .collect::<Vec<_>>()
                        .join("、")
                };
                let known = bihuan_messages::Label::new(list(Lang::Zh), list(Lang::En));
                Err(problem(
                    "unit",
                    Message::new("import.mend_unit_several").with("known", known),
                ))
            }
            Found::Nobody(Some(near)) => Err(problem(
                "unit",
                Message::new("import.mend_unit_near").with("unit", name(&near)),
            )),
            Found::Nobody(None) => Err(problem("unit", Message::new("import.mend_unit_none"))),
        }
    }

    fn post(&self, field: &Field, text: &str) -> Result<PostId, Problem> {
        let sought = plain(text);
        // A field that a role is found by takes the posts of that role's kind only.
        let kind = self
            .mechanism
            .roles
            .values()
            .find_map(|role| match &role.resolve {
                Resolve::Field(by) if *by == field.id => Some(&role.post),
                _ => None,
            });
        let people = self.persons().get(&sought).cloned().unwrap_or_default();
        let hits: Vec<PostId> = self
            .world
            .org
            .posts
            .values()
            .filter(|post| post.valid.covers(self.today) && kind.is_none_or(|kind| post.kind == *kind))
            .filter(|post| {
                let unit = self
                    .world
                    .org
                    .units
                    .get(&post.unit)
                    .map(|unit| plain(&unit.name.zh))
                    .unwrap_or_default();
                let name = plain(&post.name.zh);
                post.id.as_str() == text
                    || name == sought
                    || format!("{unit}{name}") == sought
                    || people
                        .iter()
                        .any(|person| self.world.org.serves(person, &post.id, self.today))
            })
            .map(|post| post.id.clone())
            .collect();
        match hits.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(problem("post", Message::new("import.mend_post"))),
            _ => Err(problem("post", Message::new("import.mend_post_several"))),
        }
    }

    fn person(&self, text: &str) -> Result<PersonId, Problem> {
        match self.persons().get(&plain(text)).map(Vec::as_slice) {
            Some([one]) => Ok(one.clone()),
            Some([_, ..]) => Err(problem("person", Message::new("import.mend_person_several"))),
            _ => Err(problem("person", Message::new("import.mend_person"))),
        }
    }

    fn persons(&self) -> &BTreeMap<String, Vec<PersonId>> {
        self.persons.get_or_init(|| {
            let mut names: BTreeMap<String, Vec<PersonId>> = BTreeMap::new();
            for person in self.world.org.persons.values() {
                if let Ok(Some(name)) = self.views.unseal(&person.name) {
                    names.entry(plain(&name)).or_default().push(person.id.clone());
                }
            }
            names
        })
    }

    /// Whether a value that would be set is the one that is there.
    pub(super) fn same(&self, field: &Field, json: &Json, known: Option<&Value>) -> bool {
        let Some(known) = known else { return false };
        match (json, known) {
            (Json::String(text), Value::Sealed(_)) => self.words(known) == text.trim(),
            (Json::Array(items), Value::List(known)) => {
                let item = |ty: &Type| matches!(ty, Type::List(inner) if **inner == Type::Text);
                if item(&field.ty) {
                    return items.len() == known.len()
                        && items
                            .iter()
                            .zip(known)
                            .all(|(json, known)| json.as_str() == Some(self.words(known).as_str()));
                }
                self.value(field, json) == Some(Value::List(known.clone()))
            }
            _ => self.value(field, json).as_ref() == Some(known),
        }
    }

    fn value(&self, field: &Field, json: &Json) -> Option<Value> {
        wire::value(field, &field.ty, json, &mut Sealing::default())
            .ok()
            .flatten()
    }

    /// What a person reads of a value that is about to be set.
    pub(super) fn shown(&self, field: &Field, json: &Json) -> String {
        match json {
            Json::String(text) if field.ty == Type::Text => text.clone(),
            Json::Array(items) if matches!(&field.ty, Type::List(item) if **item == Type::Text) => items
                .iter()
                .filter_map(Json::as_str)
                .collect::<Vec<_>>()
                .join("、"),
            json => self
                .value(field, json)
                .map(|value| self.words_of(field, &value))
                .unwrap_or_default(),
        }
    }

    /// What a person reads of a value.
    pub(super) fn words_of(&self, field: &Field, value: &Value) -> String {
        match value {
            Value::Code(code) => {
                let label = field.choices.iter().find(|(known, _)| known == code);
                label.map_or_else(|| code.to_string(), |(_, label)| label.zh.clone())
            }
            Value::List(items) => items
                .iter()
                .map(|item| self.words_of(field, item))
                .collect::<Vec<_>>()
                .join("、"),
            other => self.words(other),
        }
    }

    pub(super) fn words(&self, value: &Value) -> String {
        match value {
            Value::Bool(true) => "是".to_owned(),
            Value::Bool(false) => "否".to_owned(),
            Value::Int(n) | Value::Minutes(n) => n.to_string(),
            Value::Dec(number) => number.normalize().to_string(),
            Value::Fen(fen) => Decimal::new(*fen, 2).normalize().to_string(),
            Value::Date(date) => date.to_string(),
            Value::At(at) => bihuan_domain::calendar::local(*at)
                .strftime("%Y-%m-%d %H:%M")
                .to_string(),
            Value::Code(code) => code.to_string(),
            Value::Unit(unit) => self
                .world
                .org
                .units
                .get(unit)
                .map_or_else(|| unit.to_string(), |unit| unit.name.zh.clone()),
            Value::Post(post) => self
                .world
                .org
                .posts
                .get(post)
                .map_or_else(|| post.to_string(), |post| post.name.zh.clone()),
            Value::Person(person) => {
                let sealed = self.world.org.persons.get(person).map(|person| &person.name);
                sealed
                    .and_then(|name| self.views.unseal(name).ok().flatten())
                    .unwrap_or_default()
            }
            Value::Row(row) => row.row.to_string(),
            Value::Case(case) => case.to_string(),
            Value::File(_) => String::new(),
            Value::Sealed(sealed) => self.views.unseal(sealed).ok().flatten().unwrap_or_default(),
            Value::List(items) => items
                .iter()
                .map(|item| self.words(item))
                .collect::<Vec<_>>()
                .join("、"),
        }
    }
}

/// Whether a date is one by which something must be done, so that a month means its last day.
pub(super) fn is_deadline(field: &Field) -> bool {
    let words = ["时限", "期限", "完成", "竣工", "截止", "结束", "办结", "止"];
    field.datum.as_str().ends_with("due") || words.iter().any(|word| field.label.zh.contains(word))
}

/// A text without the line breaks that only fit it into its cell.
pub(super) fn lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let ends = out.chars().next_back();
        if ends.is_some_and(|c| "。；;！!？?：:".contains(c)) {
            out.push('\n');
        } else if latin(ends) && latin(line.chars().next()) {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

fn truth(text: &str) -> Result<bool, Problem> {
    match plain(text).as_str() {
        "是" | "有" | "√" | "✓" | "✔" | "已" | "y" | "yes" | "true" | "1" | "对" => Ok(true),
        "否" | "无" | "×" | "✗" | "x" | "未" | "n" | "no" | "false" | "0" | "不" | "没有" => {
            Ok(false)
        }
        _ => Err(problem("yes_no", Message::new("import.mend_yes_no"))),
    }
}
