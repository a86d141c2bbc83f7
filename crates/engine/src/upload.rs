//! Files that were uploaded and wait for the command that names them. Sniffed by content, never by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::id::Code;
use bihuan_domain::refusal::Refusal;
use bihuan_ledger::StagedBlob;
use jiff::{SignedDuration, Timestamp};

/// Uploads that wait at most; the oldest go first. Their files are swept as orphans.
const WAITING_MAX: usize = 2_000;

/// How long an upload waits for its command.
const WAIT: SignedDuration = SignedDuration::from_hours(24);

/// An upload.
pub(crate) struct Upload {
    pub(crate) blob: Arc<StagedBlob>,
    pub(crate) name: String,
    pub(crate) media: Code,
    pub(crate) bytes: u64,
    pub(crate) at: Timestamp,
}

/// Uploads by token.
#[derive(Default)]
pub(crate) struct Uploads(BTreeMap<String, Upload>);

impl Uploads {
    pub(crate) fn get(&self, token: &str) -> Option<&Upload> {
        self.0.get(token)
    }

    pub(crate) fn put(&mut self, token: String, upload: Upload) {
        let now = upload.at;
        self.0.retain(|_, old| now.duration_since(old.at) < WAIT);
        while self.0.len() >= WAITING_MAX {
            let oldest = self
                .0
                .iter()
                .min_by_key(|(_, upload)| upload.at)
                .map(|(token, _)| token.clone());
            match oldest {
                Some(token) => self.0.remove(&token),
                None => break,
            };
        }
        self.0.insert(token, upload);
    }
}

/// The media types that evidence may have, by the first bytes of the file.
const KINDS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xFF\xD8\xFF", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "application/x-ole-storage"),
];

/// The media type of a file by its content.
///
/// # Errors
///
/// A refusal that says what was found and what is taken: pictures, PDF, office documents and plain text.
pub fn sniff(bytes: &[u8]) -> Result<Code, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new("file_empty"));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Ok(Code::new("image/webp"));
    }
    if let Some((_, media)) = KINDS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        if *media != "application/zip" {
            return Ok(Code::new(media));
        }
        // Office documents are archives whose parts are named in the clear.
        let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
        return if has(b"word/document.xml") {
            Ok(Code::new(
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ))
        } else if has(b"xl/workbook.xml") {
            Ok(Code::new(
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ))
        } else {
            Err(Refusal::new("file_kind").with("found", "ZIP"))
        };
    }
    let found = match bytes {
        [b'M', b'Z', ..] => Some("EXE"),
        [0x7F, b'E', b'L', b'F', ..] => Some("ELF"),
        [b'#', b'!', ..] => Some("script"),
        _ => None,
    };
    if let Some(found) = found {
        return Err(Refusal::new("file_kind").with("found", found));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(Code::new("text/plain")),
        _ => Err(Refusal::new("file_kind").with("found", "binary")),
    }
}
