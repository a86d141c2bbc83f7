//! What is left of a pack once its files are read, checked and compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_diagnostics::Diagnostic;
use bihuan_domain::assessment::Scheme;
use bihuan_domain::calendar::Calendar;
use bihuan_domain::id::{Code, DatumId, Digest, FieldId, MechanismId, PackId, RegisterId, RowId, UnitId};
use bihuan_domain::mechanism::{BulletinTemplate, Field, Mechanism, RegisterSpec};
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
    /// Its assessment schemes (考核方案), in the order of their files.
    pub schemes: Vec<Arc<Scheme>>,
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
    /// Bulletins that are drafted by themselves.
    pub bulletins: Vec<BulletinTemplate>,
    /// Calendars that it declares (工作日历), on the ground of the statutory one. Where one of that name is in force already,
    /// that one counts.
    pub calendars: Vec<Calendar>,
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
    /// What it proves of a person, where it does.
    pub proof: Option<Proof>,
}

/// What a datum proves of a person; the rules that protect the grass roots look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A photo.
    Photo,
    /// Where somebody went.
    Track,
    /// That somebody was there.
    Presence,
    /// For how long somebody was online.
    OnlineTime,
    /// A signature that is drawn where the thing happens: of whom something is handed to, or who was heard.
    Signature,
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

    /// The common org tree of scenarios: that of a pack that needs no other.
    pub fn org(&self) -> Option<&OrgTree> {
        let mut with_one = self.packs.iter().filter(|pack| !pack.orgs.is_empty());
        let common = with_one.clone().find(|pack| pack.requires.is_empty());
        common
            .or_else(|| with_one.next())
            .and_then(|pack| pack.orgs.values().next())
    }

    /// The org tree in which a pack's scenarios play: the common one with the units that this pack and those that it
    /// requires add. A unit that a pack states again is the pack's.
    pub fn org_for(&self, pack: &Pack) -> Option<OrgTree> {
        let common = self.org()?;
        let mut tree = common.clone();
        let required = self
            .packs
            .iter()
            .filter(|other| pack.requires.contains(&other.id));
        let added = required
            .chain([pack])
            .flat_map(|pack| pack.orgs.values())
            .filter(|other| *other != common);
        for other in added {
            let stated = |unit: &UnitId| other.units.iter().any(|again| again.id == *unit);
            tree.posts.retain(|post| !stated(&post.unit));
            tree.units.retain(|unit| !stated(&unit.id));
            tree.units.extend(other.units.iter().cloned());
            tree.posts.extend(other.posts.iter().cloned());
            tree.persons.extend(other.persons.iter().cloned());
            tree.appointments.extend(other.appointments.iter().cloned());
        }
        Some(tree)
    }

    /// A pack by its code.
    pub fn pack(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id.as_str() == id)
    }
}
