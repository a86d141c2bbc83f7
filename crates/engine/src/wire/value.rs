//! Values as people and programs type them, read by the types of their fields.

use std::collections::BTreeMap;

use bihuan_domain::event::Values;
use bihuan_domain::id::{CaseId, Code, FieldId};
use bihuan_domain::mechanism::Field;
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::{RowRef, Type, Value};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{Sealing, Unfit, field_text};

/// Reads values by the types of their fields, sealing free texts.
pub(crate) fn values(
    fields: &[Field],
    plain: &BTreeMap<FieldId, Json>,
    sealing: &mut Sealing,
) -> Result<Values, Unfit> {
    let mut out = Values::new();
    for (id, json) in plain {
        let Some(field) = fields.iter().find(|field| field.id == *id) else {
            return Err(Refusal::new("unknown_field").with("field", id.as_str()).into());
        };
        if let Some(value) = value(field, &field.ty, json, sealing)? {
            out.insert(id.clone(), value);
        }
    }
    Ok(out)
}

/// Reads one value by its field's type; `null` and blank text are no value.
pub(crate) fn value(
    field: &Field,
    ty: &Type,
    json: &Json,
    sealing: &mut Sealing,
) -> Result<Option<Value>, Unfit> {
    let wrong = || Unfit::Refused(Refusal::new("wrong_type").with("field", &field.label));
    let plain = match json {
        Json::Null => return Ok(None),
        Json::String(plain) => {
            let plain = plain.trim();
            if plain.is_empty() {
                return Ok(None);
            }
            plain.to_owned()
        }
        Json::Number(number) => number.to_string(),
        Json::Bool(answer) => answer.to_string(),
        Json::Array(items) => {
            let Type::List(item) = ty else { return Err(wrong()) };
            let mut list = Vec::with_capacity(items.len());
            for json in items {
                list.extend(value(field, item, json, sealing)?);
            }
            return Ok(Some(Value::List(list)));
        }
        Json::Object(_) => return Err(wrong()),
    };
    let decimal = || decimal(&plain).ok_or_else(wrong);
    Ok(Some(match ty {
        Type::Bool => match plain.as_str() {
            "true" | "on" | "1" | "是" => Value::Bool(true),
            "false" | "off" | "0" | "否" => Value::Bool(false),
            _ => return Err(wrong()),
        },
        Type::Int => {
            let number = decimal()?;
            if !number.fract().is_zero() {
                return Err(wrong());
            }
            Value::Int(i64::try_from(number).map_err(|_| wrong())?)
        }
        Type::Decimal => Value::Dec(decimal()?),
        Type::Money => {
            // Money comes in yuan and is kept in fen; a third decimal place is a mistake, not something to round away.
            let fen = decimal()?.checked_mul(Decimal::ONE_HUNDRED).ok_or_else(wrong)?;
            if !fen.fract().is_zero() {
                return Err(wrong());
            }
            Value::Fen(i64::try_from(fen).map_err(|_| wrong())?)
        }
        Type::Date => Value::Date(plain.parse().map_err(|_| wrong())?),
        Type::Instant => Value::At(instant(&plain).ok_or_else(wrong)?),
        Type::Duration => Value::Minutes(i64::try_from(decimal()?).map_err(|_| wrong())?),
        Type::Choice(_) => Value::Code(Code::new(&plain)),
        Type::Unit => Value::Unit(plain.into()),
        Type::Post => Value::Post(plain.into()),
        Type::Person => Value::Person(plain.into()),
        Type::Row(register) => Value::Row(RowRef {
            register: register.clone(),
            row: plain.into(),
        }),
        Type::Case => Value::Case(CaseId(plain.parse().map_err(|_| wrong())?)),
        Type::Text => match field_text(field, &plain, sealing)? {
            Some(sealed) => Value::Sealed(sealed),
            None => return Ok(None),
        },
        Type::List(item) => match value(field, item, &Json::String(plain), sealing)? {
            Some(one) => Value::List(vec![one]),
            None => return Ok(None),
        },
        // Files come as uploads, never inside JSON.
        Type::File => return Err(wrong()),
    }))
}

/// A number as people type it: thousands commas, full-width digits and a plus sign are understood.
pub fn decimal(plain: &str) -> Option<Decimal> {
    let narrow: String = plain
        .chars()
        .filter(|c| !matches!(c, ',' | '，' | ' ' | '\u{3000}'))
        .map(|c| match c {
            '０'..='９' | '．' | '－' | '＋' => {
                char::from_u32(u32::from(c).wrapping_sub(0xFEE0)).unwrap_or(c)
            }
            other => other,
        })
        .collect();
    Decimal::from_str_exact(narrow.trim_start_matches('+')).ok()
}

fn instant(plain: &str) -> Option<jiff::Timestamp> {
    plain.parse().ok().or_else(|| {
        plain
            .parse::<jiff::civil::DateTime>()
            .ok()
            .map(bihuan_domain::calendar::instant)
    })
}
