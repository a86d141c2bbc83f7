//! Prints what happens in the scenarios of packs: `cargo run -p bihuan-mechanism --example story -- packs/base packs/a-projects`.

use std::collections::BTreeMap;

use bihuan_domain::calendar::local;
use bihuan_mechanism::{load, scenario};
use bihuan_messages::Lang;

#[allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads files and prints"
)]
fn main() {
    let mut files = BTreeMap::new();
    for folder in std::env::args().skip(1) {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                files.insert(format!("{folder}/{}", entry.file_name().to_string_lossy()), text);
            }
        }
    }
    let loaded = load(&files);
    print!(
        "{}",
        bihuan_diagnostics::terminal::render(&loaded.diagnostics, &files, Lang::En, false)
    );
    for outcome in scenario::run_all(&loaded) {
        println!("\n{} — {}", outcome.id, outcome.label.en);
        for happened in &outcome.story {
            let at = local(happened.at).strftime("%Y-%m-%d %H:%M");
            println!(
                "  {at}  {:<8} {:<22} {:<14} {}",
                happened.case, happened.event, happened.stage, happened.holder
            );
        }
        for (figure, computed, agreed) in &outcome.figures {
            println!(
                "  figure {figure}: {computed}{}",
                if *agreed { "" } else { " ≠ print" }
            );
        }
        print!(
            "{}",
            bihuan_diagnostics::terminal::render(&outcome.findings, &files, Lang::En, false)
        );
    }
}
