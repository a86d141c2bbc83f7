//! The picture in lines of text.

use super::sheet::{Block, Look, Path, Sheet};

/// Renders a sheet.
pub(crate) fn render(sheet: &Sheet) -> String {
    let mut out = String::new();
    for block in &sheet.blocks {
        one(&mut out, block);
    }
    out
}

fn one(out: &mut String, block: &Block) {
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    match block.look {
        Look::Heading => {
            line(&block.title);
            return;
        }
        Look::Note => {
            block.lines.iter().for_each(|text| line(&format!("  {text}")));
            if block.id != "legend" {
                line("");
            }
            return;
        }
        _ => {}
    }
    let indent = " ".repeat(block.indent.min(12) * 2);
    let tag = if block.tag.is_empty() {
        String::new()
    } else {
        format!(" · {}", block.tag)
    };
    line(&format!("{indent}[{}]{tag}", block.title));
    for text in &block.lines {
        line(&format!("{indent}  {text}"));
    }
    for text in &block.inset {
        line(&format!("{indent}  ⇉ {text}"));
    }
    for way in &block.outs {
        let sign = match way.path {
            Path::Step => "→",
            Path::Exit => "⇢",
            Path::Rework => "↺",
        };
        line(&format!("{indent}  {sign} {}", way.text));
    }
    if block.look != Look::Rung {
        line("");
    }
}
