//! Writes the JSON Schemas anew: `cargo run -p bihuan-mechanism --example schemas -- docs/schema`.

use std::path::PathBuf;

use bihuan_mechanism::schema::{File, schema};

#[allow(clippy::disallowed_methods, reason = "an example writes files")]
fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "docs/schema".to_owned()),
    );
    std::fs::create_dir_all(&folder)?;
    for file in File::ALL {
        let text = serde_json::to_string_pretty(&schema(file))?;
        std::fs::write(
            folder.join(format!("{}.schema.json", file.name())),
            format!("{text}\n"),
        )?;
    }
    Ok(())
}
