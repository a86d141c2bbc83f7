//! What was typed: taken out of what was sent, looked at for what cannot be, and made into what the engine takes.

use bihuan_domain::mechanism::Field;
use bihuan_domain::value::Type;
use bihuan_engine::wire::decimal;
use bihuan_messages::{Label, Lang, tf};
use serde_json::Value as Json;

use crate::body::Sent;

/// What was typed, as the engine takes it.
pub(super) fn json_of(ty: &Type, typed: Vec<String>) -> Json {
    match ty {
        // The token of the upload, without the file's name.
        Type::File => typed
            .first()
            .and_then(|kept| kept.split('|').next())
            .map_or(Json::Null, |token| Json::String(token.to_owned())),
        Type::List(_) => Json::Array(typed.into_iter().map(Json::String).collect()),
        _ => typed.into_iter().next().map_or(Json::Null, Json::String),
    }
}

pub(super) fn is_listed(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Choice(_) | Type::Unit | Type::Post | Type::Person | Type::Row(_)
    )
}

pub(super) fn inner(ty: &Type) -> &Type {
    match ty {
        Type::List(item) => item,
        other => other,
    }
}

pub(super) fn typed(field: &Field, name: &str, sent: &Sent) -> Vec<String> {
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
pub(super) fn unfit(ty: &Type, value: &str, label: &Label, lang: Lang) -> Option<String> {
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
