//! A tale's values: as a form sends them, and as a walk shows them.

use std::collections::BTreeMap;

use bihuan_domain::calendar::{instant, local};
use bihuan_domain::id::FieldId;
use bihuan_domain::mechanism::Field;
use bihuan_domain::value::{Type, Value};
use bihuan_mechanism::scenario::Plain;
use bihuan_mechanism::{Input, from_text};
use serde_json::Value as Json;

use super::Tale;

impl Tale {
    /// A value as it is filled in, in words.
    pub(crate) fn shown(&self, plain: &Plain, field: &Field) -> String {
        let one = |json: &Json| match json {
            Json::Bool(true) => "是".to_owned(),
            Json::Bool(false) => "否".to_owned(),
            Json::String(text) => {
                let choice = field.choices.iter().find(|(code, _)| code.as_str() == text);
                choice.map_or_else(|| text.clone(), |(_, label)| label.zh.clone())
            }
            other => other.to_string(),
        };
        match self.json(plain, &field.ty) {
            Json::Array(items) => items.iter().map(one).collect::<Vec<_>>().join("、"),
            json => one(&json),
        }
    }

    /// Values as a form sends them.
    pub(crate) fn values(
        &self,
        given: &BTreeMap<String, Plain>,
        fields: &[Field],
    ) -> BTreeMap<FieldId, Json> {
        given
            .iter()
            .filter_map(|(name, plain)| {
                let field = fields.iter().find(|field| field.id.as_str() == name)?;
                Some((field.id.clone(), self.json(plain, &field.ty)))
            })
            .collect()
    }

    /// Values as they are typed into a form, one entry for each that a list holds.
    pub(crate) fn typed(&self, given: &BTreeMap<String, Plain>, fields: &[Field]) -> Vec<(FieldId, String)> {
        let mut typed = Vec::new();
        for (name, plain) in given {
            let Some(field) = fields.iter().find(|field| field.id.as_str() == name) else {
                continue;
            };
            let (items, ty) = match (plain, &field.ty) {
                (Plain::List(items), Type::List(item)) => (items.as_slice(), item.as_ref()),
                (one, ty) => (std::slice::from_ref(one), ty),
            };
            for item in items {
                typed.push((field.id.clone(), self.typed_one(item, ty)));
            }
        }
        typed
    }

    fn typed_one(&self, plain: &Plain, ty: &Type) -> String {
        match (self.json(plain, ty), ty) {
            // A form asks for local time.
            (Json::String(at), Type::Instant) => at
                .parse()
                .map_or(at, |at| local(at).strftime("%Y-%m-%dT%H:%M").to_string()),
            (Json::String(text), _) => text,
            (other, _) => other.to_string(),
        }
    }

    /// A day of the scenario here.
    pub(crate) fn moved_day(&self, day: jiff::civil::Date) -> jiff::civil::Date {
        self.moved(day.to_datetime(jiff::civil::time(12, 0, 0, 0))).date()
    }

    fn json(&self, plain: &Plain, ty: &Type) -> Json {
        match (plain, ty) {
            (Plain::List(items), Type::List(item)) => {
                Json::Array(items.iter().map(|one| self.json(one, item)).collect())
            }
            (Plain::Text(text), _) => match from_text(text, ty) {
                Ok(Input::Value(value)) => self.value(&value),
                _ => Json::String(text.clone()),
            },
            _ => Json::Null,
        }
    }

    fn value(&self, value: &Value) -> Json {
        Json::String(match value {
            Value::Bool(yes) => return Json::Bool(*yes),
            Value::Int(n) | Value::Minutes(n) => n.to_string(),
            Value::Dec(n) => n.to_string(),
            Value::Fen(fen) => yuan(*fen),
            Value::Date(day) => self
                .moved(day.to_datetime(jiff::civil::time(12, 0, 0, 0)))
                .date()
                .to_string(),
            Value::At(at) => instant(self.moved(local(*at))).to_string(),
            Value::Code(code) => code.to_string(),
            Value::Unit(unit) => self.twin.unit(unit).to_string(),
            Value::Post(post) => self.twin.post(post).to_string(),
            Value::Row(row) => self.row_here(&row.register, row.row.as_str()).to_string(),
            Value::List(items) => return Json::Array(items.iter().map(|one| self.value(one)).collect()),
            _ => return Json::Null,
        })
    }
}

fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}
