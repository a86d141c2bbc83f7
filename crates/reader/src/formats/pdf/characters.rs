//! From the codes of a font to characters: `ToUnicode` maps and the predefined maps of Chinese fonts.

use std::collections::BTreeMap;

use encoding_rs::Encoding;

/// Entries of a map; no font has more.
const ENTRIES_MAX: usize = 200_000;

/// How a font's strings are cut into codes.
#[derive(Clone, Debug)]
pub(super) enum Codes {
    /// One byte each.
    Single,
    /// Two bytes each.
    Double,
    /// UTF-16, high byte first: UniGB-UCS2-H and its kin.
    Utf16,
    /// UTF-8.
    Utf8,
    /// UTF-32, high byte first.
    Utf32,
    /// A multi-byte encoding: GBK-EUC-H and its kin.
    Legacy(&'static Encoding),
    /// By ranges of a map in the file: length in bytes, first, last.
    Ranges(Vec<(usize, u32, u32)>),
}

/// One code of a string.
pub(super) struct Code {
    pub(super) value: u32,
    pub(super) length: usize,
    /// The character, where the code itself says it.
    pub(super) text: Option<String>,
}

impl Codes {
    /// The predefined map of this name; `None` where it is not known.
    pub(super) fn predefined(name: &str) -> Option<Codes> {
        let base = name
            .strip_suffix("-H")
            .or(name.strip_suffix("-V"))
            .unwrap_or(name);
        Some(match base {
            "Identity" => Codes::Double,
            _ if base.starts_with("Uni") && base.contains("UTF32") => Codes::Utf32,
            _ if base.starts_with("Uni") && base.contains("UTF8") => Codes::Utf8,
            _ if base.starts_with("Uni") => Codes::Utf16,
            "GBK-EUC" | "GBKp-EUC" | "GBK2K" | "GB-EUC" | "GBpc-EUC" => Codes::Legacy(encoding_rs::GB18030),
            "B5pc" | "ETen-B5" | "ETenms-B5" | "HKscs-B5" => Codes::Legacy(encoding_rs::BIG5),
            "90ms-RKSJ" | "90msp-RKSJ" | "90pv-RKSJ" | "83pv-RKSJ" => Codes::Legacy(encoding_rs::SHIFT_JIS),
            "EUC" => Codes::Legacy(encoding_rs::EUC_JP),
            "KSC-EUC" | "KSCms-UHC" | "KSCms-UHC-HW" | "KSCpc-EUC" => Codes::Legacy(encoding_rs::EUC_KR),
            _ => return None,
        })
    }

    /// Cuts the next code off `bytes`.
    pub(super) fn next(&self, bytes: &[u8]) -> Code {
        let number = |length: usize| {
            let taken = bytes.get(..length).unwrap_or(bytes);
            taken
                .iter()
                .fold(0u32, |n, byte| n.wrapping_shl(8) | u32::from(*byte))
        };
        let plain = |length: usize| Code {
            value: number(length),
            length: length.min(bytes.len()).max(1),
            text: None,
        };
        match self {
            Codes::Single => plain(1),
            Codes::Double => plain(2),
            Codes::Utf32 => {
                let code = plain(4);
                let text = char::from_u32(code.value).map(String::from);
                Code { text, ..code }
            }
            Codes::Utf16 => {
                let pair = matches!(bytes.first(), Some(0xD8..=0xDB)) && bytes.len() >= 4;
                let code = plain(if pair { 4 } else { 2 });
                let (text, _) = encoding_rs::UTF_16BE
                    .decode_without_bom_handling(bytes.get(..code.length).unwrap_or(bytes));
                Code {
                    text: Some(text.into_owned()),
                    ..code
                }
            }
            Codes::Utf8 => {
                let length = match bytes.first() {
                    Some(0xC0..=0xDF) => 2,
                    Some(0xE0..=0xEF) => 3,
                    Some(0xF0..=0xF7) => 4,
                    _ => 1,
                };
                let code = plain(length);
                let text = String::from_utf8_lossy(bytes.get(..code.length).unwrap_or(bytes)).into_owned();
                Code {
                    text: Some(text),
                    ..code
                }
            }
            Codes::Legacy(encoding) => {
                let lead = bytes.first().is_some_and(|byte| *byte >= 0x81);
                let four =
                    lead && matches!(bytes.get(1), Some(0x30..=0x39)) && *encoding == encoding_rs::GB18030;
                let code = plain(if four {
                    4
                } else if lead {
                    2
                } else {
                    1
                });
                let (text, _) =
                    encoding.decode_without_bom_handling(bytes.get(..code.length).unwrap_or(bytes));
                Code {
                    text: Some(text.into_owned()),
                    ..code
                }
            }
            Codes::Ranges(ranges) => {
                for length in 1..=4usize {
                    if length > bytes.len() {
                        break;
                    }
                    let value = number(length);
                    if ranges
                        .iter()
                        .any(|(n, low, high)| *n == length && *low <= value && value <= *high)
                    {
                        return plain(length);
                    }
                }
                plain(ranges.iter().map(|(n, ..)| *n).min().unwrap_or(1))
            }
        }
    }
}

/// A map of codes to characters, as a file carries it.
#[derive(Clone, Debug, Default)]
pub(super) struct Characters {
    single: BTreeMap<u32, String>,
    /// First code → last code, text of the first.
    ranges: BTreeMap<u32, (u32, String)>,
    /// How codes are cut.
    pub(super) space: Vec<(usize, u32, u32)>,
}

impl Characters {
    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.single.get(&code) {
            return Some(text.clone());
        }
        let (first, (last, text)) = self.ranges.range(..=code).next_back()?;
        if code > *last {
            return None;
        }
        // The last character of the range's text counts on.
        let mut text = text.clone();
        let c = text.pop()?;
        let c = char::from_u32(u32::from(c).saturating_add(code.saturating_sub(*first)))?;
        text.push(c);
        Some(text)
    }

    /// Reads the source of a map; what cannot be read is passed over.
    pub(super) fn read(source: &[u8]) -> Characters {
        let mut found = Characters::default();
        let mut operands: Vec<Token<'_>> = Vec::new();
        let mut tokens = Tokens { rest: source };
        while let Some(token) = tokens.next() {
            let Token::Word(word) = token else {
                if operands.len() < 4 * ENTRIES_MAX {
                    operands.push(token);
                }
                continue;
            };
            match word {
                b"endcodespacerange" => {
                    for pair in operands.chunks(2) {
                        if let [Token::Hex(low), Token::Hex(high)] = pair {
                            found.space.push((low.len(), number(low), number(high)));
                        }
                    }
                }
                b"endbfchar" => {
                    for pair in operands.chunks(2) {
                        if let [Token::Hex(code), Token::Hex(text)] = pair
                            && found.single.len() < ENTRIES_MAX
                        {
                            found.single.insert(number(code), utf16(text));
                        }
                    }
                }
                b"endbfrange" => found.ranges_of(&operands),
                _ => {}
            }
            operands.clear();
        }
        found
    }

    fn ranges_of(&mut self, operands: &[Token<'_>]) {
        let mut rest = operands;
        while let [Token::Hex(low), Token::Hex(high), tail @ ..] = rest {
            let (low, high) = (number(low), number(high));
            match tail {
                [Token::Hex(text), after @ ..] => {
                    if self.ranges.len() < ENTRIES_MAX {
                        self.ranges.insert(low, (high, utf16(text)));
                    }
                    rest = after;
                }
                [Token::Open, after @ ..] => {
                    let end = after
                        .iter()
                        .position(|token| matches!(token, Token::Close))
                        .unwrap_or(after.len());
                    for (n, token) in after.iter().take(end).enumerate() {
                        if let Token::Hex(text) = token
                            && self.single.len() < ENTRIES_MAX
                        {
                            let code = low.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
                            self.single.insert(code, utf16(text));
                        }
                    }
                    rest = after.get(end.saturating_add(1)..).unwrap_or_default();
                }
                _ => return,
            }
        }
    }
}

enum Token<'a> {
    Hex(Vec<u8>),
    Open,
    Close,
    /// A number, a name: of no interest.
    Other,
    Word(&'a [u8]),
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn take(&mut self, n: usize) -> &'a [u8] {
        let (token, rest) = self.rest.split_at_checked(n).unwrap_or((self.rest, &[]));
        self.rest = rest;
        token
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let skip = self
                .rest
                .iter()
                .take_while(|b| b.is_ascii_whitespace() || **b == 0)
                .count();
            self.rest = self.rest.get(skip..)?;
            let first = *self.rest.first()?;
            match first {
                b'%' => {
                    let end = self.rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
                    self.take(end.unwrap_or(usize::MAX).min(self.rest.len()));
                }
                b'[' => {
                    self.take(1);
                    return Some(Token::Open);
                }
                b']' => {
                    self.take(1);
                    return Some(Token::Close);
                }
                b'<' if self.rest.get(1) != Some(&b'<') => {
                    let end = self
                        .rest
                        .iter()
                        .position(|b| *b == b'>')
                        .map_or(self.rest.len(), |n| n + 1);
                    return Some(Token::Hex(hex(self.take(end))));
                }
                b'(' => {
                    let end = self
                        .rest
                        .iter()
                        .position(|b| *b == b')')
                        .map_or(self.rest.len(), |n| n + 1);
                    self.take(end);
                    return Some(Token::Other);
                }
                b'<' | b'>' => {
                    self.take(2);
                    return Some(Token::Other);
                }
                _ => {
                    let delimits = |b: &u8| {
                        b.is_ascii_whitespace() || matches!(b, b'[' | b']' | b'<' | b'>' | b'(' | b'/' | b'%')
                    };
                    let n = self
                        .rest
                        .iter()
                        .skip(1)
                        .position(delimits)
                        .map_or(self.rest.len(), |n| n + 1);
                    let word = self.take(n);
                    return Some(if word.first().is_some_and(u8::is_ascii_lowercase) {
                        Token::Word(word)
                    } else {
                        Token::Other
                    });
                }
            }
        }
    }
}

fn hex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = text
        .iter()
        .filter_map(|b| char::from(*b).to_digit(16))
        .filter_map(|n| u8::try_from(n).ok())
        .collect();
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => high << 4 | low,
            [high] => high << 4,
            _ => 0,
        })
        .collect()
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0u32, |n, byte| n.wrapping_shl(8) | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    if let [one] = bytes {
        return char::from(*one).to_string();
    }
    let (text, _) = encoding_rs::UTF_16BE.decode_without_bom_handling(bytes);
    text.into_owned()
}
