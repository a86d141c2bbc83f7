//! What kind of file it is, seen from its content: a wrong extension misleads nobody.

use serde::Serialize;

use super::{Unreadable, docx::package};

/// What kind of file a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Plain text in UTF-8, GB18030 or UTF-16.
    Text,
    /// A ledger as text, its columns divided by commas or tabs.
    Csv,
    /// A web page.
    Html,
    /// PDF with a text layer.
    Pdf,
    /// Word.
    Docx,
    /// Excel.
    Xlsx,
    /// Excel of old.
    Xls,
    /// OpenDocument spreadsheet.
    Ods,
}

impl Kind {
    /// The media type under which the file is kept.
    pub fn media(self) -> &'static str {
        match self {
            Kind::Text => "text/plain",
            Kind::Csv => "text/csv",
            Kind::Html => "text/html",
            Kind::Pdf => "application/pdf",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Xls => "application/vnd.ms-excel",
            Kind::Ods => "application/vnd.oasis.opendocument.spreadsheet",
        }
    }
}

/// How much of a text is looked at for the tags of a web page.
const HEAD: usize = 4096;

pub(super) fn kind(bytes: &[u8]) -> Result<Kind, Unreadable> {
    let pictures: [&[u8]; 5] = [b"\x89PNG\r\n", b"\xFF\xD8\xFF", b"GIF8", b"II*\0", b"MM\0*"];
    if pictures.iter().any(|magic| bytes.starts_with(magic))
        || bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
    {
        return Err(Unreadable::Picture);
    }
    // Some systems put a few bytes before the mark of a PDF.
    if bytes
        .get(..bytes.len().min(1024))
        .is_some_and(|head| head.windows(5).any(|window| window == b"%PDF-"))
    {
        return Ok(Kind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return package(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return compound(bytes);
    }
    if bytes.starts_with(b"{\\rtf") {
        return Err(Unreadable::Other { kind: "rtf" });
    }
    let head: String = String::from_utf8_lossy(bytes.get(..bytes.len().min(HEAD)).unwrap_or(bytes))
        .chars()
        .filter(|c| *c != '\0')
        .collect::<String>()
        .to_lowercase();
    let start = head.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{FFFD}'));
    if start.starts_with("mime-version:")
        || start.contains("\nmime-version:") && start.contains("multipart/related")
    {
        return Err(Unreadable::Other { kind: "mht" });
    }
    let tags = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<table",
        "<div",
        "<p>",
        "<p ",
        "<meta",
    ];
    let opens = tags.iter().any(|tag| start.starts_with(tag))
        || (start.starts_with("<?xml") || start.starts_with("<!--")) && start.contains("<html");
    if opens {
        return Ok(Kind::Html);
    }
    Ok(Kind::Text)
}

/// The files of the older office programs share one container; its parts are named in UTF-16.
fn compound(bytes: &[u8]) -> Result<Kind, Unreadable> {
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).any(|window| window == wide)
    };
    if has("EncryptedPackage") {
        Err(Unreadable::Locked)
    } else if has("WordDocument") {
        Err(Unreadable::Other { kind: "doc" })
    } else if has("PowerPoint Document") {
        Err(Unreadable::Other { kind: "ppt" })
    } else {
        Ok(Kind::Xls)
    }
}
