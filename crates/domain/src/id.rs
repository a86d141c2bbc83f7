//! Identifiers: short codes that may stand in the log, never names of people.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! code {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a code; what codes may look like is checked where they enter (the file checker, the import).
            pub fn new(code: impl AsRef<str>) -> Self {
                $name(Arc::from(code.as_ref()))
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
                write!(f, "{:?}", &*self.0)
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                $name::new(code)
            }
        }

        impl From<String> for $name {
            fn from(code: String) -> Self {
                $name::new(code)
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
                String::deserialize(d).map($name::from)
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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(Arc<str>);

impl Sealed {
    /// Wraps a commitment made by the ledger.
    pub fn new(commitment: impl AsRef<str>) -> Self {
        Sealed(Arc::from(commitment.as_ref()))
    }

    /// The commitment, hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed({})", self.0.get(..8).unwrap_or(&self.0))
    }
}
