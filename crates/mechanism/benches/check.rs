//! How long it takes to read, check and compile all packs, and to run all their scenarios.
//!
//! `cargo bench -p bihuan-mechanism`

use std::collections::BTreeMap;
use std::path::Path;

use bihuan_mechanism::{load, scenario};

fn main() {
    divan::main();
}

#[allow(clippy::disallowed_methods, reason = "a benchmark reads the shipped packs")]
fn gather(folder: &Path, name: &str, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            gather(&entry.path(), &name, files);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.insert(name, text);
        }
    }
}

fn packs() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    gather(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs"),
        "packs",
        &mut files,
    );
    files
}

#[divan::bench]
fn check_all_packs(bencher: divan::Bencher<'_, '_>) {
    let files = packs();
    bencher
        .counter(divan::counter::ItemsCount::new(files.len()))
        .bench_local(|| load(&files));
}

#[divan::bench]
fn run_all_scenarios(bencher: divan::Bencher<'_, '_>) {
    let loaded = load(&packs());
    let count: usize = loaded.packs.iter().map(|pack| pack.scenarios.len()).sum();
    bencher
        .counter(divan::counter::ItemsCount::new(count))
        .bench_local(|| scenario::run_all(&loaded));
}
