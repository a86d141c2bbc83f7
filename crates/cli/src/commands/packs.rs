//! Packs from the command line: files under the paths as given, and the built-in packs that they build on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bihuan_diagnostics::{Diagnostic, Files};
use bihuan_mechanism::{Loaded, limits};

use super::read::read_text;
use crate::term::Term;
use crate::trouble::Trouble;

/// What was given and what is wrong with it.
pub(crate) struct Given {
    /// Files as given, with those of built-in packs that were added.
    pub(crate) files: Files,
    /// The paths that were given, without built-in ones.
    pub(crate) files_given: BTreeSet<String>,
    /// Packs, also the built-in ones.
    pub(crate) loaded: Loaded,
    /// Codes of the packs that were given.
    pub(crate) own: Vec<String>,
    /// What was found in the files that were given.
    pub(crate) findings: Vec<Diagnostic>,
}

/// Where built-in packs stand among the files; no path on a disk begins like this.
const BUILT_IN: &str = "builtin:";

/// Reads packs from folders (a pack, or several side by side) and files.
///
/// # Errors
///
/// A path that cannot be read, or in which there is no pack.
pub(crate) fn load(paths: &[PathBuf], term: &Term) -> Result<Given, Trouble> {
    let mut files = Files::new();
    let bar = term.progress("cli.reading_packs", None);
    for path in paths {
        collect(path, &mut files, 0)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !files.keys().any(|path| is_head(path)) {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Trouble::new("cli.no_pack").with("path", names.join(" ")));
    }
    let mut all = files.clone();
    // A pack of one's own may build on those that come with the program; one's own go before them.
    let own: Vec<String> = bihuan_mechanism::load(&files)
        .packs
        .iter()
        .map(|pack| pack.id.to_string())
        .collect();
    for (id, inside) in bihuan_sim::packs::all() {
        if !own.contains(&id) {
            all.extend(
                inside
                    .into_iter()
                    .map(|(path, text)| (format!("{BUILT_IN}{id}/{path}"), text)),
            );
        }
    }
    let loaded = bihuan_mechanism::load(&all);
    let findings = loaded
        .diagnostics
        .iter()
        .filter(|d| !d.file.starts_with(BUILT_IN))
        .cloned()
        .collect();
    Ok(Given {
        files: all,
        files_given: files.into_keys().collect(),
        own,
        loaded,
        findings,
    })
}

fn is_head(path: &str) -> bool {
    Path::new(path)
        .file_name()
        .is_some_and(|name| name == "pack.toml")
}

fn collect(path: &Path, files: &mut Files, depth: usize) -> Result<(), Trouble> {
    let meta = std::fs::metadata(path).map_err(Trouble::file(path))?;
    if meta.is_dir() {
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(Trouble::file(path))?
            .collect::<Result<Vec<_>, _>>()
            .map_err(Trouble::file(path))?
            .into_iter()
            .map(|entry| entry.path())
            .collect();
        inside.sort();
        for path in inside {
            let wanted = path.is_dir() && depth < 4
                || path
                    .extension()
                    .is_some_and(|ending| ending == "toml" || ending == "csv");
            if wanted {
                collect(&path, files, depth.saturating_add(1))?;
            }
        }
        return Ok(());
    }
    if files.len() >= limits::FILES_MAX {
        return Err(Trouble::new("cli.too_many_files").with("max", limits::FILES_MAX));
    }
    let text = read_text(path)?;
    files.insert(path.display().to_string(), text);
    Ok(())
}
