//! Draws every mechanism of a folder of packs into a folder, to look at them:
//! `cargo run -p bihuan-mechanism --example diagrams -- packs /tmp/diagrams`.

use std::collections::BTreeMap;
use std::path::Path;

use bihuan_mechanism::{Names, diagram, load};
use bihuan_messages::Lang;

#[allow(clippy::disallowed_methods, reason = "an example reads and writes files")]
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

#[allow(clippy::disallowed_methods, reason = "an example reads and writes files")]
fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = words.as_slice() else {
        return Err(std::io::Error::other(
            "two folders: packs, and where the pictures go",
        ));
    };
    let mut files = BTreeMap::new();
    gather(Path::new(from), "packs", &mut files);
    let loaded = load(&files);
    let names = Names::of(&loaded.packs);
    for mechanism in loaded.packs.iter().flat_map(|pack| &pack.mechanisms) {
        for lang in [Lang::Zh, Lang::En] {
            let file = format!("{}-{}", mechanism.id, lang.tag());
            std::fs::write(
                Path::new(to).join(format!("{file}.svg")),
                diagram::svg(mechanism, &names, lang),
            )?;
            std::fs::write(
                Path::new(to).join(format!("{file}.txt")),
                diagram::text(mechanism, &names, lang),
            )?;
        }
    }
    Ok(())
}
