//! Puts the packs into the program: writes a list of every file under `packs/` for `src/packs.rs` to include.
//!
//! A script and not a macro crate, because cargo then also notices files that are new or gone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let house = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let packs = house.join("packs");
    println!("cargo:rerun-if-changed={}", packs.display());
    let mut files = Vec::new();
    if packs.is_dir() {
        collect(&packs, &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let inside = file
            .strip_prefix(&packs)
            .unwrap_or(file)
            .to_string_lossy()
            .replace('\\', "/");
        let _ = writeln!(
            list,
            "    ({inside:?}, include_str!({:?})),",
            file.display().to_string()
        );
    }
    list.push_str("]\n");
    fs::write(
        PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("packs.rs"),
        list,
    )
}

/// Every file of a pack that the program reads: TOML and CSV.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|ending| ending == "toml" || ending == "csv")
        {
            files.push(path);
        }
    }
    Ok(())
}
