//! How long it takes to read, check and compile all packs, and to run all their scenarios.
//!
//! `cargo bench -p bihuan-mechanism`

use std::collections::BTreeMap;
use std::path::Path;

use bihuan_domain::calendar::instant;
use bihuan_mechanism::scenario::{Rehearsal, Scenario};
use bihuan_mechanism::{Names, burden, diagram, load, scenario};
use bihuan_messages::Lang;
use jiff::SignedDuration;

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

#[divan::bench(sample_count = 10)]
fn run_all_scenarios(bencher: divan::Bencher<'_, '_>) {
    let loaded = load(&packs());
    let count: usize = loaded.packs.iter().map(|pack| pack.scenarios.len()).sum();
    bencher
        .counter(divan::counter::ItemsCount::new(count))
        .bench_local(|| scenario::run_all(&loaded));
}

/// A year of an office: a schedule opens a case every week for each unit that owes one, nobody acts, and everything
/// that falls due fires, climbs and leaves by its exit.
#[divan::bench]
fn a_year_of_an_office(bencher: divan::Bencher<'_, '_>) {
    let loaded = load(&packs());
    let mechanism = loaded.mechanism(&"weekly-summary".into()).cloned();
    let found = mechanism.and_then(|mechanism| {
        let pack = loaded.pack(mechanism.pack.as_str())?;
        Some((
            Scenario::bare("year", &mechanism),
            Rehearsal::world_of(&loaded, pack, true),
        ))
    });
    let Some((year, world)) = found else { return };
    let start = instant(jiff::civil::date(2023, 1, 2).at(9, 0, 0, 0));
    let end = start
        .saturating_add(SignedDuration::from_hours(365 * 24))
        .unwrap_or(start);
    let play = || {
        let mut play = Rehearsal::begin(&year, &loaded, world.clone(), start);
        play.pass(end);
        play.events()
    };
    bencher
        .counter(divan::counter::ItemsCount::new(play()))
        .bench_local(play);
}

#[divan::bench]
fn draw_all_mechanisms(bencher: divan::Bencher<'_, '_>) {
    let loaded = load(&packs());
    let names = Names::of(&loaded.packs);
    let mechanisms: Vec<_> = loaded.packs.iter().flat_map(|pack| &pack.mechanisms).collect();
    let draw = || -> usize {
        let pictures = mechanisms.iter().map(|m| diagram::svg(m, &names, Lang::Zh));
        pictures.map(|svg| svg.len()).sum()
    };
    bencher
        .counter(divan::counter::ItemsCount::new(mechanisms.len()))
        .bench_local(draw);
}

#[divan::bench]
fn burden_of_all(bencher: divan::Bencher<'_, '_>) {
    let loaded = load(&packs());
    bencher.bench_local(|| burden::burden(&loaded.packs, Some(100)));
}
