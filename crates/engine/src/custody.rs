//! The custodians (保管单位): whose public key a text is encrypted to on arrival, how that key is registered, and who
//! may fetch what was encrypted. The private key never comes here; opening is done elsewhere, by `bihuan custodian open`.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use bihuan_domain::calendar::date_of;
use bihuan_domain::event::{SettingSet, WorldEvent};
use bihuan_domain::id::{CaseId, Code, FieldId, PostId};
use bihuan_domain::mechanism::{Field, RegisterSpec};
use bihuan_domain::org::{Actor, Unit};
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::Value;
use bihuan_domain::world::World;
use bihuan_ledger::custody::{ALGORITHM, Locked, Public};
use bihuan_messages::Label;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Task, may};
use crate::answer::Answer;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::mechanisms::Mechanisms;

/// The setting that holds a function's key is this and the function.
const SETTING: &str = "custodian/";

/// A body that keeps identities, as it stands on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Custodian {
    /// The function by which mechanisms name it.
    pub function: Code,
    /// Its unit's name; the function's code where no unit has it.
    pub name: Label,
    /// The key to which texts are encrypted now.
    pub key: Option<Public>,
    /// Keys of before, oldest first; what was encrypted to them opens with them only.
    pub former: Vec<Public>,
    /// Who registered the key, and when.
    pub registered: Option<(Actor, Timestamp)>,
}

/// The custodian with a function.
pub fn custodian(world: &World, function: &Code, now: Timestamp) -> Custodian {
    let key_of = |value: &serde_json::Value| Public::from_str(value.as_str()?).ok();
    let setting = world.settings.get(&setting(function));
    let known = setting.filter(|setting| setting["algorithm"].as_str() == Some(ALGORITHM));
    Custodian {
        function: function.clone(),
        name: unit(world, function, now).map_or_else(
            || Label::new(function.as_str(), function.as_str()),
            |unit| unit.name.clone(),
        ),
        key: known.and_then(|setting| key_of(&setting["public"])),
        former: setting
            .and_then(|setting| setting["former"].as_array())
            .map(|former| former.iter().filter_map(key_of).collect())
            .unwrap_or_default(),
        registered: world.set.get(&self::setting(function)).cloned(),
    }
}

/// The functions to whose custodians some field in force is encrypted, each with what asks for it.
pub fn functions(mechanisms: &Mechanisms) -> BTreeMap<Code, Vec<(Label, Label)>> {
    let mut found: BTreeMap<Code, Vec<(Label, Label)>> = BTreeMap::new();
    let cases = mechanisms.all().map(|m| (&m.label, &m.fields));
    let registers = mechanisms.packs().iter().flat_map(|pack| &pack.registers);
    let registers = registers.map(|register| (&register.label, &register.fields));
    for (place, fields) in cases.chain(registers) {
        for field in fields {
            if let Some(function) = &field.sealed_to {
                let places = found.entry(function.clone()).or_default();
                places.push((place.clone(), field.label.clone()));
            }
        }
    }
    found
}

/// Whether a post belongs to the custodian with a function: who may fetch what is encrypted to it.
pub fn keeps(world: &World, post: &PostId, function: &Code) -> bool {
    world
        .org
        .unit_of(post)
        .is_some_and(|unit| unit.functions.contains(function))
}

/// The function of the custodian to whom a text is locked; `None` where it is a text like any other.
pub fn locked_to(field: Option<&Field>, text: &str) -> Option<Code> {
    if let Ok(locked) = Locked::from_str(text) {
        return Some(Code::new(locked.function));
    }
    // A field may have become the custodian's after a text was written into it: shown to nobody, rather than to all.
    let claimed = Locked::claims(text).then(|| Code::new(""));
    field.and_then(|field| field.sealed_to.clone()).or(claimed)
}

/// Registers a public key for a function. Older values stay encrypted to the key of their day.
///
/// # Errors
///
/// [`Failure::Refused`] where no unit has the function, the post is not the custodian's, or the key is of no use; faults
/// of the log.
pub fn register(engine: &Engine, actor: &Actor, function: &Code, key: &Public) -> Result<Answer, Failure> {
    let (world, now) = (engine.world(), engine.now());
    // The system's own hand is whoever has the machine: at the founding, and where the custodian has no account.
    if !actor.is_system() && !may(&world, &actor.post, Task::RegisterKey(function)) {
        return Err(Refusal::new("not_the_custodian").into());
    }
    if unit(&world, function, now).is_none() {
        return Err(Refusal::new("no_custodian_unit")
            .with("function", function.as_str())
            .into());
    }
    // A key that cannot lock is found now and not when somebody needs it.
    key.lock(function.as_str(), "").map_err(unfit)?;
    let known = custodian(&world, function, now);
    let mut former = known.former;
    match known.key {
        Some(current) if current == *key => {}
        Some(current) => former.push(current),
        None => {}
    }
    let former: Vec<String> = former.iter().map(ToString::to_string).collect();
    let command = format!("custodian/{function}/{}/{key}", former.len());
    let event = WorldEvent::SettingSet(SettingSet {
        key: setting(function),
        value: json!({ "algorithm": ALGORITHM, "public": key.to_string(), "former": former }),
    });
    engine.change(actor, &command, vec![event.into()])
}

/// What a custodian takes away to open: the values of one case that are encrypted to a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// What the file is.
    pub what: String,
    /// The case.
    pub case: CaseId,
    /// The values, by field.
    pub values: BTreeMap<FieldId, String>,
}

impl Parcel {
    /// What [`Parcel::what`] says.
    pub const WHAT: &str = "bihuan locked values";

    /// The values of a case that are encrypted to `function`, or to any where none is given. Those that were erased
    /// are not among them.
    ///
    /// # Errors
    ///
    /// Faults of the log.
    pub fn of(
        views: &crate::views::Views,
        state: &bihuan_domain::case::State,
        function: Option<&Code>,
    ) -> Result<Parcel, Error> {
        let mut values = BTreeMap::new();
        for (field, value) in &state.values {
            if let Value::Sealed(sealed) = value
                && let Some(text) = views.unseal(sealed)?
                && let Ok(locked) = Locked::from_str(&text)
                && function.is_none_or(|function| locked.function == function.as_str())
            {
                values.insert(field.clone(), text);
            }
        }
        Ok(Parcel {
            what: Parcel::WHAT.to_owned(),
            case: state.id,
            values,
        })
    }
}

/// The custodians to whom some fields are encrypted, as a command finds them. Empty for nearly every mechanism.
#[derive(Debug, Default)]
pub(crate) struct Custodians(BTreeMap<Code, Custodian>);

impl Custodians {
    pub(crate) fn of<'a>(
        world: &World,
        now: Timestamp,
        fields: impl IntoIterator<Item = &'a Field>,
    ) -> Custodians {
        let functions = fields.into_iter().filter_map(|field| field.sealed_to.as_ref());
        Custodians(
            functions
                .map(|function| (function.clone(), custodian(world, function, now)))
                .collect(),
        )
    }

    /// The text, locked for the custodian of a field. One that a client has locked already is taken as it is, if it
    /// is locked for the same key.
    pub(crate) fn lock(&self, field: &Field, function: &Code, plain: &str) -> Result<String, Refusal> {
        let known = self.0.get(function);
        let Some(key) = known.and_then(|known| known.key) else {
            let who = known.map_or_else(
                || Label::new(function.as_str(), function.as_str()),
                |known| known.name.clone(),
            );
            return Err(Refusal::new("no_custodian_key")
                .with("field", &field.label)
                .with("who", who));
        };
        if let Ok(locked) = Locked::from_str(plain)
            && locked.key == key
            && locked.function == function.as_str()
        {
            return Ok(locked.to_string());
        }
        key.lock(function.as_str(), plain)
            .map(|locked| locked.to_string())
            .map_err(unfit)
    }
}

/// The subject under whose key the texts of a row are sealed: its own where the register asks for anything sensitive,
/// so that one household can be erased alone; else the register's, which costs one key.
pub fn row_subject(
    spec: Option<&RegisterSpec>,
    register: &bihuan_domain::id::RegisterId,
    row: &bihuan_domain::id::RowId,
) -> String {
    let plain = spec.is_some_and(|spec| {
        spec.fields
            .iter()
            .all(|field| !field.sensitive && field.sealed_to.is_none())
    });
    if plain {
        format!("register/{register}")
    } else {
        format!("register/{register}/{row}")
    }
}

fn setting(function: &Code) -> Code {
    Code::new(format!("{SETTING}{function}"))
}

fn unit<'a>(world: &'a World, function: &Code, now: Timestamp) -> Option<&'a Unit> {
    let day = date_of(now);
    let mut units = world.org.units.values();
    units.find(|unit| unit.valid.covers(day) && unit.functions.contains(function))
}

fn unfit(error: bihuan_ledger::custody::Error) -> Refusal {
    Refusal {
        code: "unfit_key".to_owned(),
        rule: error.message(),
        allowed: Vec::new(),
    }
}
