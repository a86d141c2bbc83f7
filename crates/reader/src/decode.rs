//! From bytes to text: which encoding, which warnings, and a plain refusal where there is no text.

use bihuan_messages::Message;
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

/// The largest text that is read, in bytes.
pub const LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// How the bytes were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, which includes GBK and GB2312.
    Gb18030,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

impl Encoding {
    /// The usual name of the encoding.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Gb18030 => "GB18030",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
        }
    }
}

/// A text with the way it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// How the bytes were written.
    pub encoding: Encoding,
    /// What a person should know: the encoding was guessed, bytes could not be read.
    pub warnings: Vec<Message>,
}

/// Why bytes cannot be read as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// There is nothing, or nothing but white space.
    Empty,
    /// These are not the bytes of a text.
    Binary {
        /// What they look like, e.g. `PNG image`; empty if unknown.
        looks_like: String,
    },
    /// More than [`LIMIT_BYTES`].
    TooLarge {
        /// Size found, in bytes.
        bytes: usize,
        /// Largest size accepted, in bytes.
        limit: usize,
    },
    /// The last character is cut: the file was not copied whole.
    Truncated {
        /// Size found, in bytes.
        bytes: usize,
        /// Bytes that could be read before the cut.
        readable: usize,
        /// The encoding that the rest is written in.
        encoding: Encoding,
    },
}

impl Unreadable {
    /// What to tell the person who gave the file.
    pub fn message(&self) -> Message {
        match self {
            Unreadable::Empty => Message::new("reader.empty"),
            Unreadable::Binary { looks_like } if looks_like.is_empty() => Message::new("reader.binary"),
            Unreadable::Binary { looks_like } => {
                Message::new("reader.binary_known").with("format", looks_like.as_str())
            }
            Unreadable::TooLarge { bytes, limit } => Message::new("reader.too_large")
                .show("mib", bytes.div_ceil(1024 * 1024))
                .show("limit", limit / (1024 * 1024)),
            Unreadable::Truncated {
                bytes,
                readable,
                encoding,
            } => Message::new("reader.truncated")
                .show("bytes", bytes)
                .show("readable", readable)
                .with("encoding", encoding.name()),
        }
    }
}

impl From<&Unreadable> for Message {
    fn from(unreadable: &Unreadable) -> Self {
        unreadable.message()
    }
}

impl From<Unreadable> for Message {
    fn from(unreadable: Unreadable) -> Self {
        unreadable.message()
    }
}

/// Reads bytes as a text: UTF-8, GB18030 (GBK) or UTF-16, with or without byte order mark.
///
/// # Errors
///
/// [`Unreadable`] if there is no text in the bytes: empty, another kind of file, too large, or cut off inside the
/// last character.
///
/// # Example
///
/// ```
/// let decoded = bihuan_reader::decode("新建公厕12座。".as_bytes()).unwrap();
/// assert_eq!(decoded.encoding, bihuan_reader::Encoding::Utf8);
/// ```
pub fn decode(bytes: &[u8]) -> Result<Decoded, Unreadable> {
    if bytes.len() > LIMIT_BYTES {
        return Err(Unreadable::TooLarge {
            bytes: bytes.len(),
            limit: LIMIT_BYTES,
        });
    }
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    if let Some(format) = SIGNATURES.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Unreadable::Binary {
            looks_like: format.1.to_owned(),
        });
    }
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return utf8_marked(rest, bytes.len());
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        return utf16(rest, Encoding::Utf16Le, false);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        return utf16(rest, Encoding::Utf16Be, false);
    }
    if let Some(encoding) = unmarked_utf16(bytes) {
        return utf16(bytes, encoding, true);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => finish(text.to_owned(), Encoding::Utf8, Vec::new()),
        // A cut at the very end of otherwise good UTF-8 with Chinese in it is a broken copy, not another encoding.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 && has_multibyte(bytes) => {
            Err(Unreadable::Truncated {
                bytes: bytes.len(),
                readable: error.valid_up_to(),
                encoding: Encoding::Utf8,
            })
        }
        Err(error) => not_utf8(bytes, error.valid_up_to()),
    }
}

fn utf8_marked(rest: &[u8], bytes: usize) -> Result<Decoded, Unreadable> {
    match std::str::from_utf8(rest) {
        Ok(text) => finish(text.to_owned(), Encoding::Utf8, Vec::new()),
        Err(error) if error.error_len().is_none() => Err(Unreadable::Truncated {
            bytes,
            readable: error.valid_up_to(),
            encoding: Encoding::Utf8,
        }),
        Err(_) => {
            let text = String::from_utf8_lossy(rest).into_owned();
            damaged(text, Encoding::Utf8, Vec::new())
        }
    }
}

fn utf16(bytes: &[u8], encoding: Encoding, guessed: bool) -> Result<Decoded, Unreadable> {
    if bytes.len() % 2 == 1 {
        let readable = bytes.len() - 1;
        return Err(Unreadable::Truncated {
            bytes: bytes.len(),
            readable,
            encoding,
        });
    }
    let codec = if encoding == Encoding::Utf16Be {
        UTF_16BE
    } else {
        UTF_16LE
    };
    let (text, bad) = codec.decode_without_bom_handling(bytes);
    let warnings = if guessed {
        vec![guessed_as(encoding)]
    } else {
        Vec::new()
    };
    if bad {
        return damaged(text.into_owned(), encoding, warnings);
    }
    finish(text.into_owned(), encoding, warnings)
}

fn not_utf8(bytes: &[u8], valid_utf8: usize) -> Result<Decoded, Unreadable> {
    if bytes.iter().filter(|b| **b == 0).count() * 100 > bytes.len() {
        return Err(Unreadable::Binary {
            looks_like: String::new(),
        });
    }
    let (text, bad) = GB18030.decode_without_bom_handling(bytes);
    if !bad {
        return finish(
            text.into_owned(),
            Encoding::Gb18030,
            vec![guessed_as(Encoding::Gb18030)],
        );
    }
    let lost_gb = text.chars().filter(|c| *c == '\u{FFFD}').count();
    // A lone lead byte at the end: the file was cut inside its last character.
    if lost_gb == 1 && text.ends_with('\u{FFFD}') && valid_utf8 * 2 < bytes.len() {
        let readable = bytes.len() - 1;
        return Err(Unreadable::Truncated {
            bytes: bytes.len(),
            readable,
            encoding: Encoding::Gb18030,
        });
    }
    let as_utf8 = String::from_utf8_lossy(bytes);
    let lost_utf8 = as_utf8.chars().filter(|c| *c == '\u{FFFD}').count();
    if lost_utf8 <= lost_gb {
        damaged(as_utf8.into_owned(), Encoding::Utf8, Vec::new())
    } else {
        damaged(
            text.into_owned(),
            Encoding::Gb18030,
            vec![guessed_as(Encoding::Gb18030)],
        )
    }
}

/// Accepts a text with a few bytes that could not be read, and says how many; many mean that it is no text.
fn damaged(text: String, encoding: Encoding, mut warnings: Vec<Message>) -> Result<Decoded, Unreadable> {
    let lost = text.chars().filter(|c| *c == '\u{FFFD}').count();
    if lost * 20 > text.chars().count() {
        return Err(Unreadable::Binary {
            looks_like: String::new(),
        });
    }
    warnings.push(
        Message::new("reader.damaged")
            .show("count", lost)
            .with("encoding", encoding.name()),
    );
    finish(text, encoding, warnings)
}

fn finish(text: String, encoding: Encoding, warnings: Vec<Message>) -> Result<Decoded, Unreadable> {
    if text.chars().all(|c| c.is_whitespace() || c == '\u{FEFF}') {
        return Err(Unreadable::Empty);
    }
    let (mut all, mut control) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        control += usize::from(c.is_control() && !c.is_whitespace());
    }
    if control * 50 > all {
        return Err(Unreadable::Binary {
            looks_like: String::new(),
        });
    }
    Ok(Decoded {
        text,
        encoding,
        warnings,
    })
}

fn guessed_as(encoding: Encoding) -> Message {
    Message::new("reader.guessed").with("encoding", encoding.name())
}

/// UTF-16 without a mark: the line feeds, digits and spaces of a page have a zero byte, always on the same side.
fn unmarked_utf16(bytes: &[u8]) -> Option<Encoding> {
    let sample = bytes.get(..bytes.len().min(8192)).unwrap_or(bytes);
    let even = sample.iter().step_by(2).filter(|b| **b == 0).count();
    let odd = sample.iter().skip(1).step_by(2).filter(|b| **b == 0).count();
    let some = (sample.len() / 200).max(1);
    let (encoding, codec) = if odd >= some && even * 20 <= odd {
        (Encoding::Utf16Le, UTF_16LE)
    } else if even >= some && odd * 20 <= even {
        (Encoding::Utf16Be, UTF_16BE)
    } else {
        return None;
    };
    let whole = sample.get(..sample.len() / 2 * 2).unwrap_or(sample);
    let (text, _) = codec.decode_without_bom_handling(whole);
    let (mut plain, mut all) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        let common = matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}' | '\u{2010}'..='\u{2030}');
        plain += usize::from(common || c.is_ascii_graphic() || c.is_whitespace());
    }
    (plain * 10 >= all * 9).then_some(encoding)
}

fn has_multibyte(bytes: &[u8]) -> bool {
    bytes.iter().filter(|b| **b >= 0x80).count() > 3
}

const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x89PNG", "PNG image"),
    (b"\xFF\xD8\xFF", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP, DOCX or XLSX"),
    (b"\xD0\xCF\x11\xE0", "DOC or XLS"),
    (b"\x7FELF", "program"),
    (b"MZ\x90", "program"),
    (b"\x1F\x8B", "gzip archive"),
    (b"Rar!", "RAR archive"),
    (b"7z\xBC\xAF", "7z archive"),
    (b"SQLite format 3", "SQLite database"),
    (b"RIFF", "sound or video"),
    (b"ID3", "MP3 sound"),
    (b"{\\rtf", "RTF"),
];
