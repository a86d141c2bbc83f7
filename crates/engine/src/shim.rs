//! Stands in until the mechanism crate has its loader; removed then.
use std::collections::BTreeMap;
use std::sync::Arc;
use bihuan_domain::id::Digest;
use bihuan_domain::mechanism::Mechanism;
/// A pack.
pub struct Pack { /// Its mechanisms.
    pub mechanisms: Vec<Arc<Mechanism>> }
pub struct Loaded { pub packs: Vec<Pack> }
impl Loaded { pub fn faults(&self) -> usize { 0 } }
pub fn load_all(_: &[&BTreeMap<String, String>]) -> Loaded { Loaded { packs: Vec::new() } }
pub fn digest_of(_: &BTreeMap<String, String>) -> Digest { Digest::new("sha256:0") }
