//! The compiled mechanisms: those in force, and every older version under which a case may still run.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::assessment::Scheme;
use bihuan_domain::calendar::{Calendar, Calendars};
use bihuan_domain::id::{DatumId, Digest, MechanismId, PackId, RegisterId};
use bihuan_domain::mechanism::{Mechanism, RegisterSpec};
use bihuan_mechanism::{Datum, Pack};

use crate::error::Error;
use crate::views::Measures;

/// Compiled mechanisms by id and by digest.
#[derive(Clone, Default)]
pub struct Mechanisms {
    current: BTreeMap<MechanismId, Arc<Mechanism>>,
    every: BTreeMap<Digest, Arc<Mechanism>>,
    packs: Vec<Arc<Pack>>,
    measures: Arc<Measures>,
}

/// A pack as it stands in the log: its digest and its files.
pub(crate) type PackFiles = (Digest, Arc<BTreeMap<String, String>>);

impl Mechanisms {
    /// The mechanism in force under this id.
    pub fn current(&self, id: &MechanismId) -> Option<Arc<Mechanism>> {
        self.current.get(id).cloned()
    }

    /// The mechanism in exactly this version.
    pub fn by_digest(&self, digest: &Digest) -> Option<Arc<Mechanism>> {
        self.every.get(digest).cloned()
    }

    /// Those in force, by id.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Mechanism>> {
        self.current.values()
    }

    /// Every known version of a mechanism, the one in force first.
    pub fn versions(&self, id: &MechanismId) -> Vec<&Arc<Mechanism>> {
        let current = self.current.get(id);
        let older = self
            .every
            .values()
            .filter(|version| version.id == *id)
            .filter(|version| current.is_none_or(|current| current.digest != version.digest));
        current.into_iter().chain(older).collect()
    }

    /// The file of a mechanism in force as its author wrote it, with its path inside the pack.
    pub fn source(&self, mechanism: &Mechanism) -> Option<(&str, &str)> {
        let pack = self.packs.iter().find(|pack| pack.id == mechanism.pack)?;
        let mut files = pack.files.iter();
        let (path, text) =
            files.find(|(path, text)| path.ends_with(".toml") && states(text, &mechanism.id))?;
        Some((path, text))
    }

    /// The pack in force under this id.
    pub fn pack(&self, id: &PackId) -> Option<&Arc<Pack>> {
        self.packs.iter().find(|pack| pack.id == *id)
    }

    /// A datum of the county's dictionary, from whichever pack declares it.
    pub fn datum(&self, id: &DatumId) -> Option<&Datum> {
        let mut data = self.packs.iter().flat_map(|pack| &pack.dictionary);
        data.find(|datum| datum.id == *id)
    }

    /// The assessment schemes in force, by pack.
    pub fn schemes(&self) -> impl Iterator<Item = &Arc<Scheme>> {
        self.packs.iter().flat_map(|pack| &pack.schemes)
    }

    /// What is kept of cases for the schemes in force.
    pub(crate) fn measures(&self) -> &Measures {
        &self.measures
    }

    /// The packs in force.
    pub fn packs(&self) -> &[Arc<Pack>] {
        &self.packs
    }

    /// The calendars that the packs declare and that are not in force: they come into force with the packs.
    pub(crate) fn calendars_beside(&self, in_force: &Calendars) -> Vec<Calendar> {
        let declared = self.packs.iter().flat_map(|pack| &pack.calendars);
        declared
            .filter(|calendar| in_force.get(calendar.id()).is_none())
            .cloned()
            .collect()
    }

    /// A register that a pack in force declares.
    pub fn register(&self, id: &RegisterId) -> Option<&RegisterSpec> {
        self.packs
            .iter()
            .flat_map(|pack| &pack.registers)
            .find(|register| register.id == *id)
    }

    /// These packs together in force, on these calendars; older versions stay known for the cases that run under them.
    ///
    /// # Errors
    ///
    /// [`Error::Unsound`] where the checker finds a fault; the former packs stay in force.
    pub(crate) fn adopt(
        &self,
        packs: &BTreeMap<PackId, PackFiles>,
        calendars: &Calendars,
    ) -> Result<Mechanisms, Error> {
        let files = packs.iter().map(|(id, (_, files))| (id.as_str(), files.as_ref()));
        let loaded = bihuan_mechanism::load_all_on(files, calendars);
        let faults = loaded
            .diagnostics
            .iter()
            .filter(|f| f.severity == bihuan_diagnostics::Severity::Error)
            .count();
        if faults > 0 {
            let first = loaded
                .diagnostics
                .iter()
                .find(|f| f.severity == bihuan_diagnostics::Severity::Error)
                .map(|f| {
                    format!(
                        "{} {}: {}",
                        f.code,
                        f.file,
                        f.message.text(bihuan_messages::Lang::Zh)
                    )
                });
            return Err(Error::Unsound {
                faults,
                first: first.unwrap_or_default(),
            });
        }
        let mut every = self.every.clone();
        let mut current = BTreeMap::new();
        for mechanism in loaded.packs.iter().flat_map(|pack| &pack.mechanisms) {
            every.insert(mechanism.digest.clone(), mechanism.clone());
            current.insert(mechanism.id.clone(), mechanism.clone());
        }
        let packs: Vec<Arc<Pack>> = loaded.packs.into_iter().map(Arc::new).collect();
        Ok(Mechanisms {
            measures: Arc::new(Measures::of(packs.iter().flat_map(|pack| &pack.schemes))),
            current,
            every,
            packs,
        })
    }
}

/// Whether a file is that of this mechanism: its head `[mechanism]` bears the code. A version's digest also covers what
/// the file borrows from its pack, so it does not name the file.
fn states(text: &str, id: &MechanismId) -> bool {
    let mut lines = text.lines().map(str::trim);
    if !lines.any(|line| line == "[mechanism]") {
        return false;
    }
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .any(|(key, value)| key.trim() == "id" && value.trim().trim_matches('"') == id.as_str())
}
