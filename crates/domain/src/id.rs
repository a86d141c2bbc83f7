//! Identifiers: short codes that may stand in the log, never names of people.
//!
//! A code of up to 23 bytes lies in its own place (nearly all do); a longer one is shared by its copies. A state holds
//! some fifty codes and is read, copied and let go for each transition: an allocation for each was what that cost most.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// Reads a code without a string between the text and the code: an event holds a dozen of them.
struct CodeReader;

impl Visitor<'_> for CodeReader {
    type Value = SmolStr;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, code: &str) -> Result<SmolStr, E> {
        Ok(SmolStr::new(code))
    }
}

macro_rules! code {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// Wraps a code; what codes may look like is checked where they enter (the file checker, the import).
            pub fn new(code: impl AsRef<str>) -> Self {
                $name(SmolStr::new(code))
            }

            /// The code itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                $name::new(code)
            }
        }

        impl From<String> for $name {
            fn from(code: String) -> Self {
                $name(SmolStr::from(code))
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_str(CodeReader).map($name)
            }
        }
    )*};
}

code! {
    /// A code from a closed list: a choice of a field, a kind of unit, a reason.
    Code,
    /// An org unit (单位).
    UnitId,
    /// A post (岗位) inside a unit.
    PostId,
    /// A person, by pseudonym; the name is a sealed value.
    PersonId,
    /// A pack of mechanisms.
    PackId,
    /// A mechanism (机制).
    MechanismId,
    /// A stage (环节) of a mechanism.
    StageId,
    /// A step (动作) that leads from one stage to another.
    StepId,
    /// A role (角色) that a mechanism names.
    RoleId,
    /// A field (字段) of a mechanism or register.
    FieldId,
    /// A datum (数据项) of the county's data dictionary.
    DatumId,
    /// An escalation ladder (升级链).
    LadderId,
    /// A register (名册、清单).
    RegisterId,
    /// A row of a register.
    RowId,
    /// A document that was read (文件).
    DocumentId,
    /// A bulletin (通报).
    BulletinId,
    /// `sha256:` and hex digits, or another algorithm's name before the colon.
    Digest,
}

/// A case (案件), numbered by its log from 1 in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub u64);

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The public face of a sealed value: a salted commitment, hex. The value lies beside the log and can be erased.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sealed(SmolStr);

impl Sealed {
    /// Wraps a commitment made by the ledger.
    pub fn new(commitment: impl AsRef<str>) -> Self {
        Sealed(SmolStr::new(commitment))
    }

    /// The commitment, hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_str(CodeReader).map(Sealed)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed({})", self.0.get(..8).unwrap_or(&self.0))
    }
}
