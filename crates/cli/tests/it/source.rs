//! Reads the house's own source: string literals with their places, comments and tests left out.

use std::fs;
use std::path::{Path, PathBuf};

/// A string literal of the source.
pub(crate) struct Literal {
    /// Path from the root of the house.
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// The string literals of `crates/<room>/src` for these rooms, outside comments and test modules.
pub(crate) fn literals(rooms: &[&str]) -> Vec<Literal> {
    let root = super::run::root();
    let mut found = Vec::new();
    for room in rooms {
        for file in rust_files(&root.join("crates").join(room).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            let name = file.strip_prefix(&root).unwrap().display().to_string();
            let tests = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
            if name.ends_with("/tests.rs") || name.contains("/tests/") {
                continue;
            }
            scan(&text[..tests], |line, literal| {
                found.push(Literal {
                    file: name.clone(),
                    line,
                    text: literal,
                });
            });
        }
    }
    found
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else {
        return files;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A plain walk over the text: comments, character literals, strings and raw strings.
fn scan(text: &str, mut found: impl FnMut(usize, String)) {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        match rest {
            ['\n', ..] => {
                line += 1;
                at += 1;
            }
            ['/', '/', ..] => at += rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => {
                let end = rest
                    .windows(2)
                    .position(|w| w == ['*', '/'])
                    .map_or(rest.len(), |n| n + 2);
                line += rest[..end].iter().filter(|c| **c == '\n').count();
                at += end;
            }
            ['\'', '\\', _, '\'', ..] => at += 4,
            ['\'', '\\', 'u', ..] => at += rest.iter().skip(1).position(|c| *c == '\'').map_or(1, |n| n + 2),
            ['\'', _, '\'', ..] => at += 3,
            ['r', '#', '"', ..] | ['r', '"', ..] => {
                let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
                let close: Vec<char> = std::iter::once('"')
                    .chain(std::iter::repeat_n('#', hashes))
                    .collect();
                let start = 2 + hashes;
                let end = rest[start..]
                    .windows(close.len())
                    .position(|w| w == close)
                    .unwrap_or(rest.len() - start);
                found(line, rest[start..start + end].iter().collect());
                line += rest[start..start + end].iter().filter(|c| **c == '\n').count();
                at += start + end + close.len();
            }
            ['"', ..] => {
                let mut end = 1;
                while end < rest.len() && rest[end] != '"' {
                    end += if rest[end] == '\\' { 2 } else { 1 };
                }
                let inside: String = rest[1..end.min(rest.len())].iter().collect();
                line += inside.chars().filter(|c| *c == '\n').count();
                found(line, inside);
                at += end + 1;
            }
            _ => at += 1,
        }
    }
}

#[test]
fn the_walk_sees_strings_and_nothing_else() {
    let text = "let a = \"一\"; // \"二\"\n/* \"三\n\" */ let b = r#\"四\"五\"#; let c = '\"'; let d = \"六\\\"七\";\n'a' \"八\"";
    let mut seen = Vec::new();
    scan(text, |line, literal| seen.push((line, literal)));
    let seen: Vec<(usize, &str)> = seen.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(seen, [(1, "一"), (3, "四\"五"), (3, "六\\\"七"), (4, "八")]);
}
