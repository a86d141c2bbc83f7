//! What targets share: files put together from bytes, so that the fuzzer need not find archives and words by itself.

use std::io::{Cursor, Write};

use bihuan_reader::Options;
use bihuan_reader::formats::{Opened, open, read};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

#[allow(dead_code, reason = "one target takes bytes as they are")]
/// A source of `bytes`: those below the number of words pick one, the others stand for themselves.
pub fn spelled(words: &[&str], bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(4_000) {
        match words.get(usize::from(*byte)) {
            Some(word) => text.push_str(word),
            None => text.push(char::from(*byte)),
        }
    }
    text
}

#[allow(dead_code, reason = "only targets of packed files pack")]
/// A packed office document of these parts, stored as they are.
pub fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, stored).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Lets defects of foreign parsers pass: the reader ends them as damaged files. A panic of the reader itself still ends the run.
#[allow(dead_code, reason = "most targets meet no foreign parser")]
pub fn foreign_panics_pass() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let own = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let file = panic.location().map_or("", |place| place.file());
            if file.contains("calamine") || file.contains("hayro") {
                return;
            }
            own(panic);
        }));
    });
}

/// Opens and reads a file; where it is opened the laws of a reading hold. Refusals have a text.
pub fn opens(bytes: &[u8]) -> Option<Opened> {
    match open(bytes) {
        Ok(opened) => {
            crate::laws::hold(&opened.text, &read("fuzz", &opened, &Options::default()));
            Some(opened)
        }
        Err(why) => {
            assert!(!why.message().text(bihuan_messages::Lang::Zh).contains('⟦'));
            None
        }
    }
}
