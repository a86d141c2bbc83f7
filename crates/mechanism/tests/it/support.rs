//! Files of the shipped packs, and how findings are shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bihuan_mechanism::Loaded;
use bihuan_messages::Lang;

pub(crate) type Files = BTreeMap<String, String>;

/// The files of `packs/<name>` for each name, by their path from the root of the project.
pub(crate) fn packs(names: &[&str]) -> Files {
    let mut files = Files::new();
    for name in names {
        gather(
            &root().join("packs").join(name),
            &format!("packs/{name}"),
            &mut files,
        );
    }
    files
}

/// The pack of `tests/works`, which uses every construct of the language, beside the base pack.
pub(crate) fn works() -> Files {
    let mut files = packs(&["base"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/works");
    gather(&folder, "crates/mechanism/tests/works", &mut files);
    files
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[allow(clippy::disallowed_methods, reason = "tests read the shipped files")]
fn gather(folder: &Path, name: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            gather(&path, &name, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.insert(name, text);
        }
    }
}

/// The findings as a person sees them.
pub(crate) fn shown(loaded: &Loaded, files: &Files, lang: Lang) -> String {
    bihuan_diagnostics::terminal::render(&loaded.diagnostics, files, lang, false)
}

/// The names of all packs that ship with the project.
#[allow(clippy::disallowed_methods, reason = "tests read the shipped packs")]
pub(crate) fn every_pack() -> Vec<&'static str> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("packs"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("pack.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.into_iter().map(|name| &*name.leak()).collect()
}
