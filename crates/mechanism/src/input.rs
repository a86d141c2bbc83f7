//! Values as files write them, read by the type of their field: sample rows, scenarios, and forms alike.

use bihuan_domain::calendar::instant;
use bihuan_domain::id::{Code, Digest, Sealed};
use bihuan_domain::value::{Attachment, RowRef, Type, Value};
use bihuan_messages::Label;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use crate::digest::digest;
use crate::expr::{fen, minutes};
use crate::read::{Kind, Node};
use crate::syntax::limit::date;
use crate::text::{filled, joined, label};

/// A value as a file or form gives it: ready, or a text that has to be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Ready.
    Value(Value),
    /// To be sealed.
    Text(String),
}

/// Reads a value of type `ty` from text, as a cell of a sheet writes it.
///
/// Money is `3100万元`, `2.9亿元`, `500元` or a bare number of yuan; dates are `2020-09-10`, instants
/// `2020-09-10 09:00` in China; lists stand with `;` between.
///
/// # Errors
///
/// What was expected, in both languages.
pub fn from_text(text: &str, ty: &Type) -> Result<Input, Label> {
    let text = text.trim();
    let value = match ty {
        Type::Text => return Ok(Input::Text(text.to_owned())),
        Type::Bool => match text {
            "true" | "是" => Some(Value::Bool(true)),
            "false" | "否" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Decimal => number(text).map(Value::Dec),
        Type::Money => money(text).map(Value::Fen),
        Type::Date => date(text).map(Value::Date),
        Type::Instant => moment(text).map(Value::At),
        Type::Duration => minutes(text).map(Value::Minutes),
        Type::Choice(codes) => {
            if !codes.iter().any(|code| code.as_str() == text) {
                let known = joined(codes.iter().map(Code::as_str));
                return Err(filled(
                    "check.input_choice",
                    &[("found", &text), ("known", &known.zh)],
                ));
            }
            Some(Value::Code(Code::new(text)))
        }
        Type::Unit => code(text).map(|text| Value::Unit(text.into())),
        Type::Post => code(text).map(|text| Value::Post(text.into())),
        Type::Person => code(text).map(|text| Value::Person(text.into())),
        Type::Row(register) => code(text).map(|text| {
            Value::Row(RowRef {
                register: register.clone(),
                row: text.into(),
            })
        }),
        Type::Case => text
            .parse()
            .ok()
            .map(|n| Value::Case(bihuan_domain::id::CaseId(n))),
        Type::File => Some(Value::File(attachment(text))),
        Type::List(item) => {
            let mut items = Vec::new();
            for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
                match from_text(part, item)? {
                    Input::Value(value) => items.push(value),
                    Input::Text(text) => items.push(Value::Sealed(seal(&text))),
                }
            }
            Some(Value::List(items))
        }
    };
    value.map(Input::Value).ok_or_else(|| expected(ty))
}

/// Reads a value of type `ty` from a value of a TOML file.
pub(crate) fn from_node(node: &Node, ty: &Type) -> Result<Input, Label> {
    match &node.kind {
        Kind::Text(text) => from_text(text, ty),
        Kind::Int(text) | Kind::Dec(text) if matches!(ty, Type::Int | Type::Decimal | Type::Money) => {
            from_text(text, ty)
        }
        Kind::Time(text) if matches!(ty, Type::Date | Type::Instant) => from_text(text, ty),
        Kind::Bool(value) if *ty == Type::Bool => Ok(Input::Value(Value::Bool(*value))),
        Kind::List(nodes) => {
            let Type::List(item) = ty else {
                return Err(expected(ty));
            };
            let mut items = Vec::new();
            for node in nodes {
                items.push(sealed(from_node(node, item)?));
            }
            Ok(Input::Value(Value::List(items)))
        }
        _ => Err(expected(ty)),
    }
}

/// The value itself; a text is sealed the way scenarios seal: by its digest, since there is no ledger.
pub(crate) fn sealed(input: Input) -> Value {
    match input {
        Input::Value(value) => value,
        Input::Text(text) => Value::Sealed(seal(&text)),
    }
}

pub(crate) fn seal(text: &str) -> Sealed {
    Sealed::new(digest(text).as_str())
}

/// A stand-in for a file: scenarios have no store.
pub(crate) fn attachment(name: &str) -> Attachment {
    Attachment {
        blob: Digest::new(digest(name).as_str()),
        name: seal(name),
        media: Code::new("application/pdf"),
        bytes: 1,
    }
}

/// Reads `2020-09-10 09:00` as China time.
pub(crate) fn moment(text: &str) -> Option<jiff::Timestamp> {
    let text = text.replace('T', " ");
    let full = if text.len() == 16 {
        format!("{text}:00")
    } else {
        text
    };
    (full.len() == 19)
        .then(|| full.parse::<DateTime>().ok())
        .flatten()
        .map(instant)
}

fn number(text: &str) -> Option<Decimal> {
    let plain = text.len() <= 28 && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    plain.then(|| text.parse().ok()).flatten()
}

fn money(text: &str) -> Option<i64> {
    for unit in ["亿元", "万元", "元"] {
        if let Some(digits) = text.strip_suffix(unit) {
            return fen(number(digits.trim())?, unit);
        }
    }
    fen(number(text)?, "元")
}

fn code(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn expected(ty: &Type) -> Label {
    label(match ty {
        Type::Bool => "check.input_bool",
        Type::Int => "check.input_int",
        Type::Decimal => "check.input_decimal",
        Type::Money => "check.input_money",
        Type::Date => "check.input_date",
        Type::Instant => "check.input_instant",
        Type::Duration => "check.input_duration",
        Type::List(_) => "check.input_list",
        _ => "check.input_code",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_to_the_fen() {
        let read = |text: &str| from_text(text, &Type::Money);
        assert_eq!(read("248亿元"), Ok(Input::Value(Value::Fen(2_480_000_000_000))));
        assert_eq!(read("1.7620万元"), Ok(Input::Value(Value::Fen(1_762_000))));
        assert_eq!(read("12.34"), Ok(Input::Value(Value::Fen(1_234))));
        assert!(read("12.345元").is_err(), "less than a fen");
        assert!(read("1e9").is_err() && read("").is_err() && read("99999999999999亿元").is_err());
    }

    #[test]
    fn a_moment_is_china_time() {
        assert_eq!(
            moment("2020-09-07 09:00").map(|at| at.to_string()),
            Some("2020-09-07T01:00:00Z".to_owned())
        );
        assert_eq!(moment("2020-09-07"), None);
        assert_eq!(moment("2020-02-30 09:00"), None);
    }
}
