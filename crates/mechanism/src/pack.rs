//! What is left of a pack once its files are read, checked and compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_diagnostics::Diagnostic;
use bihuan_domain::id::{Code, DatumId, Digest, FieldId, MechanismId, PackId, RegisterId, RowId};
use bihuan_domain::mechanism::{Field, Mechanism, RegisterSpec};
use bihuan_messages::Label;

use crate::input::Input;
use crate::scenario::{OrgTree, Scenario};

/// The outcome of loading files: packs as far as they are sound, and everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Packs in the order of their codes. A mechanism with an error is not among its pack's mechanisms.
    pub packs: Vec<Pack>,
    /// Findings about every file, in the order of files and places.
    pub diagnostics: Vec<Diagnostic>,
}

/// A pack: mechanisms with the registers, dictionary and scenarios that belong to them.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Code.
    pub id: PackId,
    /// Name.
    pub label: Label,
    /// Packs whose declarations it uses.
    pub requires: Vec<PackId>,
    /// Digest over the names and bytes of all its files.
    pub digest: Digest,
    /// Its files by their path inside the pack.
    pub files: BTreeMap<String, String>,
    /// Registers it declares.
    pub registers: Vec<RegisterSpec>,
    /// Sample rows of its registers.
    pub rows: Vec<SampleRow>,
    /// Its mechanisms, in the order of their files.
    pub mechanisms: Vec<Arc<Mechanism>>,
    /// The data that it adds to the county's dictionary (数据项目录).
    pub dictionary: Vec<Datum>,
    /// Kinds of units.
    pub unit_kinds: Vec<UnitKind>,
    /// Functions that units serve.
    pub functions: Vec<Function>,
    /// Kinds of posts.
    pub post_kinds: Vec<(Code, Label)>,
    /// Lists of reasons.
    pub reasons: Vec<(Code, Vec<(Code, Label)>)>,
    /// Scenarios.
    pub scenarios: Vec<Scenario>,
    /// Org trees for scenarios, by the path of their file.
    pub orgs: BTreeMap<String, OrgTree>,
}

/// A datum (数据项): asked once, kept by its owner, valid for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// Code.
    pub id: DatumId,
    /// Its form: label, type, choices, unit, help.
    pub field: Field,
    /// Who keeps it: a function, or `handler`.
    pub owner: Code,
    /// What it is about: `case`, or a lasting thing such as `project`.
    pub of: Code,
    /// How long a value stays valid: `case`, `always` or a limit such as `365 days`.
    pub valid: String,
}

/// A kind of unit (单位类型) and the posts that such units have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitKind {
    /// Code.
    pub id: Code,
    /// Name.
    pub label: Label,
    /// Kinds of posts.
    pub posts: Vec<Code>,
    /// Whether it lies below the township, where the rules that protect the grass roots apply.
    pub grass_roots: bool,
}

/// A function (职能) and the kinds of units that may serve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Code.
    pub id: Code,
    /// Name.
    pub label: Label,
    /// Kinds of units.
    pub kinds: Vec<Code>,
}

/// A sample row of a register. Texts are not sealed yet: who adopts the pack seals them.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRow {
    /// The register.
    pub register: RegisterId,
    /// The row.
    pub row: RowId,
    /// Its values.
    pub values: BTreeMap<FieldId, Input>,
}

impl Loaded {
    /// Whether everything is sound: no error (warnings may be there).
    pub fn is_sound(&self) -> bool {
        !bihuan_diagnostics::any_error(&self.diagnostics)
    }

    /// A mechanism by its code.
    pub fn mechanism(&self, id: &MechanismId) -> Option<&Arc<Mechanism>> {
        self.packs
            .iter()
            .flat_map(|pack| &pack.mechanisms)
            .find(|mechanism| mechanism.id == *id)
    }

    /// The org tree in which scenarios play: that of the first pack that has one.
    pub fn org(&self) -> Option<&OrgTree> {
        self.packs.iter().flat_map(|pack| pack.orgs.values()).next()
    }

    /// A pack by its code.
    pub fn pack(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id.as_str() == id)
    }
}
