//! The numbers that Word prints before paragraphs: they stand in no text, but people cite them.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::parts::attribute;

/// Levels of a list.
const LEVELS_MAX: usize = 9;

/// The lists of a document and how far each has counted.
#[derive(Default)]
pub(super) struct Numbering {
    /// Abstract list → its levels.
    kinds: BTreeMap<String, BTreeMap<usize, Level>>,
    /// List → abstract list, and levels that start anew at a number.
    lists: BTreeMap<String, (String, BTreeMap<usize, u32>)>,
    /// How far each abstract list has counted.
    counts: BTreeMap<String, [u32; LEVELS_MAX]>,
    /// Lists that were met: an override takes effect once.
    met: std::collections::BTreeSet<String>,
}

#[derive(Clone, Default)]
struct Level {
    start: u32,
    format: String,
    text: String,
}

impl Numbering {
    /// Reads `word/numbering.xml`; a broken one gives no numbers.
    pub(super) fn read(xml: &str) -> Numbering {
        let mut found = Numbering::default();
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        let (mut kind, mut list) = (None::<String>, None::<String>);
        let mut level = 0usize;
        while let Ok(event) = reader.read_event() {
            let start = match event {
                Event::Start(start) => start,
                Event::End(end) => {
                    let name = end.name();
                    match name.as_ref() {
                        "w:abstractNum" => kind = None,
                        "w:num" => list = None,
                        _ => {}
                    }
                    continue;
                }
                Event::Eof => break,
                _ => continue,
            };
            let name = start.name();
            let value = attribute(&start, "w:val");
            let number = || value.as_deref().and_then(|value| value.parse::<u32>().ok());
            match name.as_ref() {
                "w:abstractNum" => kind = attribute(&start, "w:abstractNumId"),
                "w:num" => {
                    list = attribute(&start, "w:numId");
                    if let Some(list) = &list {
                        found.lists.entry(list.clone()).or_default();
                    }
                }
                "w:abstractNumId" => {
                    if let (Some(list), Some(kind)) = (&list, &value) {
                        found.lists.entry(list.clone()).or_default().0.clone_from(kind);
                    }
                }
                "w:lvl" | "w:lvlOverride" => {
                    level = attribute(&start, "w:ilvl")
                        .and_then(|n| n.parse().ok())
                        .unwrap_or(0);
                }
                "w:startOverride" => {
                    if let (Some(list), Some(number)) = (&list, number()) {
                        found
                            .lists
                            .entry(list.clone())
                            .or_default()
                            .1
                            .insert(level, number);
                    }
                }
                "w:start" | "w:numFmt" | "w:lvlText" if level < LEVELS_MAX => {
                    let Some(kind) = &kind else { continue };
                    let levels = found.kinds.entry(kind.clone()).or_default();
                    let level = levels.entry(level).or_insert_with(|| Level {
                        start: 1,
                        ..Level::default()
                    });
                    match name.as_ref() {
                        "w:start" => level.start = number().unwrap_or(1),
                        "w:numFmt" => level.format = value.unwrap_or_default(),
                        _ => level.text = value.unwrap_or_default(),
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The number of the next paragraph of `list` at `level`, as it is printed.
    pub(super) fn next(&mut self, list: &str, level: usize) -> String {
        let Some((kind, overrides)) = self.lists.get(list) else {
            return String::new();
        };
        let Some(levels) = self.kinds.get(kind) else {
            return String::new();
        };
        let Some(own) = levels.get(&level) else {
            return String::new();
        };
        let counts = self.counts.entry(kind.clone()).or_default();
        if self.met.insert(list.to_owned()) {
            for (level, start) in overrides {
                if let Some(count) = counts.get_mut(*level) {
                    *count = start.saturating_sub(1);
                }
            }
        }
        for (place, count) in counts.iter_mut().enumerate() {
            let start = levels.get(&place).map_or(1, |level| level.start);
            if place == level {
                *count = if *count == 0 {
                    start
                } else {
                    count.saturating_add(1)
                };
            } else if place < level && *count == 0 {
                *count = start;
            } else if place > level {
                *count = 0;
            }
        }
        if own.format == "bullet" || own.format == "none" {
            return String::new();
        }
        let mut out = String::new();
        let mut chars = own.text.chars();
        while let Some(c) = chars.next() {
            let place = match (c, chars.clone().next().and_then(|next| next.to_digit(10))) {
                ('%', Some(place)) => usize::try_from(place).unwrap_or(1).saturating_sub(1),
                _ => {
                    out.push(c);
                    continue;
                }
            };
            chars.next();
            let format = levels
                .get(&place)
                .map_or("decimal", |level| level.format.as_str());
            out.push_str(&printed(counts.get(place).copied().unwrap_or(1), format));
        }
        out
    }
}

/// The styles of a document that carry a list of their own.
#[derive(Default)]
pub(super) struct Styles(BTreeMap<String, (String, usize)>);

impl Styles {
    /// Reads `word/styles.xml`.
    pub(super) fn read(xml: &str) -> Styles {
        let mut found = BTreeMap::new();
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        let mut style = None::<String>;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(start) => {
                    let name = start.name();
                    let value = attribute(&start, "w:val");
                    match name.as_ref() {
                        "w:style" => style = attribute(&start, "w:styleId"),
                        "w:numId" | "w:ilvl" => {
                            let (Some(style), Some(value)) = (&style, value) else {
                                continue;
                            };
                            let list: &mut (String, usize) = found.entry(style.clone()).or_default();
                            if name.as_ref() == "w:numId" {
                                list.0 = value;
                            } else {
                                list.1 = value.parse().unwrap_or(0);
                            }
                        }
                        _ => {}
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        Styles(found)
    }

    pub(super) fn list(&self, style: &str) -> Option<(String, usize)> {
        self.0.get(style).cloned()
    }
}

fn printed(n: u32, format: &str) -> String {
    match format {
        "chineseCounting"
        | "chineseCountingThousand"
        | "japaneseCounting"
        | "taiwaneseCounting"
        | "taiwaneseCountingThousand"
        | "ideographDigital"
        | "koreanCounting" => han(n),
        "chineseLegalSimplified" | "ideographLegalTraditional" | "japaneseLegal" => legal(n),
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => match n {
            1..=20 => char::from_u32(0x245F_u32.saturating_add(n))
                .unwrap_or('○')
                .to_string(),
            _ => n.to_string(),
        },
        "lowerLetter" => letter(n, 'a'),
        "upperLetter" => letter(n, 'A'),
        "lowerRoman" => roman(n).to_lowercase(),
        "upperRoman" => roman(n),
        "decimalZero" if n < 10 => format!("0{n}"),
        _ => n.to_string(),
    }
}

/// A number below a thousand in Chinese numerals; larger ones in figures.
fn han(n: u32) -> String {
    spelled(
        n,
        &["", "一", "二", "三", "四", "五", "六", "七", "八", "九"],
        "十",
        "百",
        "零",
    )
}

fn legal(n: u32) -> String {
    spelled(
        n,
        &["", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"],
        "拾",
        "佰",
        "零",
    )
}

fn spelled(n: u32, digits: &[&str], ten: &str, hundred: &str, zero: &str) -> String {
    let digit = |n: u32| {
        usize::try_from(n)
            .ok()
            .and_then(|n| digits.get(n))
            .copied()
            .unwrap_or("")
    };
    let (hundreds, tens, ones) = (n / 100, n / 10 % 10, n % 10);
    if n == 0 || hundreds > 9 {
        return n.to_string();
    }
    let mut out = String::new();
    if hundreds > 0 {
        out.push_str(digit(hundreds));
        out.push_str(hundred);
        if tens == 0 && ones > 0 {
            out.push_str(zero);
        }
    }
    if tens > 0 {
        if tens > 1 || hundreds > 0 {
            out.push_str(digit(tens));
        }
        out.push_str(ten);
    }
    out.push_str(digit(ones));
    out
}

fn letter(n: u32, first: char) -> String {
    let place = n.saturating_sub(1) % 26;
    let times = usize::try_from(n.saturating_sub(1) / 26)
        .unwrap_or(0)
        .min(5)
        .saturating_add(1);
    let c = char::from_u32(u32::from(first).saturating_add(place)).unwrap_or(first);
    std::iter::repeat_n(c, times).collect()
}

fn roman(n: u32) -> String {
    let mut left = n.min(3999);
    let mut out = String::new();
    for (value, sign) in [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ] {
        while left >= value {
            out.push_str(sign);
            left = left.saturating_sub(value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_offices_print_them() {
        assert_eq!(han(1), "一");
        assert_eq!(han(10), "十");
        assert_eq!(han(21), "二十一");
        assert_eq!(han(105), "一百零五");
        assert_eq!(han(110), "一百一十");
        assert_eq!(printed(3, "decimalEnclosedCircleChinese"), "③");
        assert_eq!(printed(2, "lowerLetter"), "b");
        assert_eq!(printed(14, "upperRoman"), "XIV");
    }
}
