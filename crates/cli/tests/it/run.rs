//! Runs the binary and gives back everything it said, in one piece for snapshots.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The binary with these words, in the root of the house, in Chinese unless the words say otherwise.
pub(crate) fn bihuan<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_bihuan"))
        .args(words)
        .env_remove("BIHUAN_LANG")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .current_dir(root())
        .output()
        .unwrap();
    let run = Run {
        code: output.status.code().expect("ended by a signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

/// The root of the house.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

impl Run {
    /// Exit code, standard output and standard error, with `place` for the path of this test's folder.
    pub(crate) fn shown(&self, dir: &Path) -> String {
        let text = format!("exit {}\n--- out\n{}--- err\n{}", self.code, self.out, self.err);
        text.replace(&dir.display().to_string(), "PLACE")
    }
}
