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
        gather(&root().join("packs").join(name), &format!("packs/{name}"), &mut files);
    }
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
