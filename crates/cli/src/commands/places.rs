//! Data directories: one jurisdiction, or several side by side in folders of one directory (as the demo has).

use std::path::{Path, PathBuf};

use crate::trouble::Trouble;

/// The data directories under `dir`: itself where a ledger lies in it, else those of its folders that hold one.
///
/// # Errors
///
/// If there is no ledger at all.
pub(crate) fn ledgers(dir: &Path) -> Result<Vec<PathBuf>, Trouble> {
    if has_ledger(dir) {
        return Ok(vec![dir.to_owned()]);
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .map_err(Trouble::file(dir))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| has_ledger(path))
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(bihuan_ledger::Error::NoLedger { dir: dir.to_owned() }.into());
    }
    Ok(found)
}

/// The one data directory under `dir`.
///
/// # Errors
///
/// If there is none, or more than one, in which case they are named.
pub(crate) fn one_ledger(dir: &Path) -> Result<PathBuf, Trouble> {
    let mut found = ledgers(dir)?;
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (last, _) => {
            found.extend(last);
            let names: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
            Err(Trouble::new("cli.several_ledgers").with("found", names.join(" ")))
        }
    }
}

fn has_ledger(dir: &Path) -> bool {
    dir.join("ledger.sqlite").is_file()
}
