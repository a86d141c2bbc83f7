//! A tale's values: as a form sends them, as a walk shows them, and as the log keeps where a walk begins.

use std::collections::BTreeMap;

use bihuan_domain::calendar::{instant, local};
use bihuan_domain::id::{CaseId, FieldId};
use bihuan_domain::mechanism::Field;
use bihuan_domain::value::{Type, Value};
use bihuan_mechanism::scenario::Plain;
use bihuan_mechanism::{Input, from_text};
use serde_json::Value as Json;

use super::Tale;

impl Tale {
    /// Where it stands, for [`Tale::take_place`].
    pub(crate) fn place(&self) -> Json {
        let rows: BTreeMap<String, &str> = self
            .rows
            .iter()
            .map(|((register, row), here)| (format!("{register}/{row}"), here.as_str()))
            .collect();
        let cases: BTreeMap<&str, u64> = self
            .cases
            .iter()
            .map(|(name, case)| (name.as_str(), case.0))
            .collect();
        serde_json::json!({ "weeks": self.weeks, "minutes": self.minutes, "next": self.next, "cases": cases, "rows": rows })
    }

    /// Goes to where another left off.
    pub(crate) fn take_place(&mut self, place: &Json) {
        self.weeks = place["weeks"].as_i64().unwrap_or(0);
        self.minutes = place["minutes"].as_i64().unwrap_or(0);
        self.next = usize::try_from(place["next"].as_u64().unwrap_or(0)).unwrap_or(0);
        for (name, case) in place["cases"].as_object().into_iter().flatten() {
            self.cases
                .extend(case.as_u64().map(|case| (name.clone(), CaseId(case))));
        }
        for (name, here) in place["rows"].as_object().into_iter().flatten() {
            if let (Some((register, row)), Some(here)) = (name.split_once('/'), here.as_str()) {
                self.rows.insert((register.into(), row.to_owned()), here.into());
            }
        }
    }

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
