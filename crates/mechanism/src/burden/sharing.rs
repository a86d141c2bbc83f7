//! Who else asks for the same datum (数据项).

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{DatumId, FieldId, MechanismId, RegisterId};
use bihuan_domain::mechanism::Mechanism;

use crate::pack::Pack;

/// Who asks for a datum.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asker {
    /// A mechanism, of its cases.
    Mechanism(MechanismId),
    /// A register that a unit keeps.
    Register(RegisterId),
}

/// The data for which more than one asks. What tells cases apart, such as a title, is asked in every case and left out.
pub(crate) fn shared(packs: &[&Pack]) -> BTreeMap<DatumId, BTreeSet<Asker>> {
    let mut askers: BTreeMap<DatumId, BTreeSet<Asker>> = BTreeMap::new();
    let mut titles = BTreeSet::new();
    for mechanism in packs.iter().flat_map(|pack| &pack.mechanisms) {
        titles.extend(mechanism.field(&mechanism.title).map(|field| field.datum.clone()));
        let asked = fields(mechanism);
        for field in mechanism.fields.iter().filter(|field| asked.contains(&field.id)) {
            let asker = Asker::Mechanism(mechanism.id.clone());
            askers.entry(field.datum.clone()).or_default().insert(asker);
        }
    }
    for register in packs
        .iter()
        .flat_map(|pack| &pack.registers)
        .filter(|r| r.keeper.is_some() && r.computed.is_none())
    {
        for field in &register.fields {
            askers
                .entry(field.datum.clone())
                .or_default()
                .insert(Asker::Register(register.id.clone()));
        }
    }
    askers.retain(|datum, askers| askers.len() > 1 && !titles.contains(datum));
    askers
}

/// Fields that somebody is asked for: at opening or in a step.
fn fields(mechanism: &Mechanism) -> BTreeSet<FieldId> {
    let steps = mechanism.stages.iter().flat_map(|stage| &stage.steps);
    let asked = steps
        .flat_map(|step| step.needs.iter().chain(&step.takes))
        .cloned();
    let opening = mechanism.fields.iter().filter(|field| field.required);
    asked.chain(opening.map(|field| field.id.clone())).collect()
}
