//! Values of fields: exact, typed, and free of plain text (free text is always [`Value::Sealed`]).

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{CaseId, Code, Digest, PersonId, PostId, RegisterId, RowId, Sealed, UnitId};

/// A value as it stands in an event. The stored form is `{"kind": value}`, decimals as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal.
    Dec(Decimal),
    /// Money in fen (分).
    Fen(i64),
    /// A calendar day in China.
    Date(Date),
    /// An instant.
    At(Timestamp),
    /// A duration in minutes.
    Minutes(i64),
    /// A choice.
    Code(Code),
    /// A unit.
    Unit(UnitId),
    /// A post.
    Post(PostId),
    /// A person.
    Person(PersonId),
    /// A row of a register.
    Row(RowRef),
    /// Another case.
    Case(CaseId),
    /// A file, by the hash of its ciphertext.
    File(Attachment),
    /// A free text, name or other sealed value.
    Sealed(Sealed),
    /// Several values of one kind.
    List(Vec<Value>),
}

/// Points at a row of a register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowRef {
    /// The register.
    pub register: RegisterId,
    /// The row.
    pub row: RowId,
}

/// A file kept beside the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Digest of the ciphertext; the file's name in the store.
    pub blob: Digest,
    /// Its name as uploaded.
    pub name: Sealed,
    /// Sniffed media type, such as `image/png`.
    pub media: Code,
    /// Size of the plain file in bytes.
    pub bytes: u64,
}

/// The type of a field or expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Yes or no.
    Bool,
    /// Whole number.
    Int,
    /// Exact decimal.
    Decimal,
    /// Money, in fen.
    Money,
    /// Calendar day.
    Date,
    /// Instant.
    Instant,
    /// Duration in minutes.
    Duration,
    /// One of a closed list.
    Choice(Vec<Code>),
    /// Unit.
    Unit,
    /// Post.
    Post,
    /// Person.
    Person,
    /// Row of a register.
    Row(RegisterId),
    /// Case.
    Case,
    /// File.
    File,
    /// Free text: sealed, so expressions may ask only whether it is present.
    Text,
    /// Several of one type.
    List(Box<Type>),
}

impl Value {
    /// Whether this value may stand in a field of type `ty`.
    pub fn fits(&self, ty: &Type) -> bool {
        match (self, ty) {
            (Value::Bool(_), Type::Bool)
            | (Value::Int(_), Type::Int | Type::Decimal)
            | (Value::Dec(_), Type::Decimal)
            | (Value::Fen(_), Type::Money)
            | (Value::Date(_), Type::Date)
            | (Value::At(_), Type::Instant)
            | (Value::Minutes(_), Type::Duration)
            | (Value::Unit(_), Type::Unit)
            | (Value::Post(_), Type::Post)
            | (Value::Person(_), Type::Person)
            | (Value::Case(_), Type::Case)
            | (Value::File(_), Type::File)
            | (Value::Sealed(_), Type::Text) => true,
            (Value::Code(code), Type::Choice(choices)) => choices.contains(code),
            (Value::Row(row), Type::Row(register)) => row.register == *register,
            (Value::List(items), Type::List(item)) => items.iter().all(|value| value.fits(item)),
            _ => false,
        }
    }

    /// The value as an exact number where it is one (money in fen, durations in minutes).
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Value::Int(n) | Value::Fen(n) | Value::Minutes(n) => Some(Decimal::from(*n)),
            Value::Dec(d) => Some(*d),
            _ => None,
        }
    }
}
