//! The typefaces of this machine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bihuan_report::pdf::{Typefaces, Use};

/// What `./test` installs (fonts-noto-cjk), and whatever else there is.
pub(crate) fn typefaces() -> &'static Typefaces {
    static FOUND: OnceLock<Typefaces> = OnceLock::new();
    FOUND.get_or_init(|| {
        let mut files = Vec::new();
        below(Path::new("/usr/share/fonts"), &mut files);
        let named = |name: &str| {
            let file = |file: &&PathBuf| {
                file.file_name()
                    .is_some_and(|found| found.eq_ignore_ascii_case(name))
            };
            files.iter().find(file)
        };
        let first = |what: Use| what.files().iter().copied().find_map(named);
        let read = |what: Use| Some((what, Arc::new(std::fs::read(first(what)?).ok()?)));
        let found = Typefaces::of(Use::ALL.into_iter().filter_map(read).collect());
        assert!(!found.is_empty(), "no typeface; `./test` installs fonts-noto-cjk");
        found
    })
}

fn below(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            below(&path, files);
        } else {
            files.push(path);
        }
    }
}
