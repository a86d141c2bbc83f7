//! Sample custodians of the demo: each body to whom packs encrypt an identity gets a key, whose private half is kept
//! beside the demo's data so that a visitor can try what the custodian alone can do. Nowhere else is that done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bihuan_domain::id::Code;
use bihuan_domain::org::Actor;
use bihuan_engine::{Engine, Failure, custody};
use bihuan_ledger::custody::Private;

/// The folder of the sample keys in the demo's directory.
const FOLDER: &str = "sample-keys";

/// Makes and registers a key for every body that the mechanisms in force encrypt to and that has a unit here.
///
/// # Errors
///
/// Faults of the disk and of the log.
pub(crate) fn register(engine: &Engine, dir: &Path, slug: &str) -> Result<(), Failure> {
    let mechanisms = engine.mechanisms();
    let fields = mechanisms.all().flat_map(|mechanism| &mechanism.fields);
    let functions: BTreeSet<&Code> = fields.filter_map(|field| field.sealed_to.as_ref()).collect();
    for function in functions {
        let key = Private::generate().map_err(|error| bihuan_engine::Error::Other(error.to_string()))?;
        match custody::register(engine, &Actor::system(), function, &key.public()) {
            Ok(_) => {}
            // Packs may speak of a body that a sample does not have.
            Err(Failure::Refused(_)) => continue,
            Err(fault) => return Err(fault),
        }
        let folder = dir.join(FOLDER);
        let file = folder.join(format!("{slug}-{function}-SAMPLE.key"));
        std::fs::create_dir_all(&folder)
            .map_err(|error| bihuan_engine::Error::Other(format!("{}: {error}", folder.display())))?;
        key.write_file(&file, None).map_err(bihuan_engine::Error::from)?;
    }
    Ok(())
}

/// Where the sample keys of a demo lie; `None` where it has none.
pub fn folder(dir: &Path) -> Option<PathBuf> {
    let folder = dir.join(FOLDER);
    folder.is_dir().then_some(folder)
}
