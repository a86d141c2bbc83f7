//! Text at the edge of a file: what may stand in XML, how wide it is, where a title breaks, which links are safe.

use std::borrow::Cow;

use bihuan_messages::{Lang, tf};
use jiff::civil::Date;

/// What stands where a character was taken out, so that the reader sees that something is missing.
pub const REMOVED: char = '\u{FFFD}';

/// The text with every character that must not reach a document replaced by [`REMOVED`].
///
/// Replaced are characters that XML forbids, control characters, and the invisible bidi overrides, embeddings
/// and isolates: one left open in a name would turn round the rest of its line. Direction *marks* (U+200E, U+200F)
/// stay, they are part of correctly written Arabic or Hebrew names. Line ends become a single newline.
///
/// ```
/// assert_eq!(bihuan_report::text::clean("甲\u{0}乙\u{202E}丙\r\n"), "甲\u{FFFD}乙\u{FFFD}丙\n");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| forbidden(c) || c == '\r') {
        return Cow::Borrowed(text);
    }
    let one_newline = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(
        one_newline
            .chars()
            .map(|c| if forbidden(c) { REMOVED } else { c })
            .collect(),
    )
}

/// The text cleaned and escaped for element content and attribute values of XML and HTML.
pub fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The width of the text in half-width columns: a Latin letter is 1, a Chinese character or emoji is 2.
///
/// Of several lines, the widest counts. An estimate for laying out columns, not a measure of any font.
pub fn width(text: &str) -> usize {
    text.lines()
        .map(|line| line.chars().map(char_width).sum())
        .max()
        .unwrap_or(0)
}

/// The address a link may point to in a file, or `None` if the text must stand without a link.
///
/// Allowed are `http:` and `https:`; an address on the same server (`/cases?…`) is joined to `base`.
/// Anything else (`javascript:`, `file:`, a bare word, `//host`) is refused.
pub fn safe_link(link: &str, base: Option<&str>) -> Option<String> {
    if link
        .chars()
        .any(|c| c.is_whitespace() || forbidden(c) || matches!(c, '"' | '\'' | '<' | '>' | '\\'))
    {
        return None;
    }
    let lower = link.to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return Some(link.to_owned());
    }
    if link.starts_with('/') && !link.starts_with("//") {
        return base.map(|base| format!("{}{link}", base.trim_end_matches('/')));
    }
    None
}

/// Breaks a Chinese title into centred lines of at most `chars_max` full-width characters.
///
/// Newlines in the title win. Otherwise lines are made of about equal length, broken where the sense allows
/// (after 的, 、, a closing bracket; before 和, 关于, an opening bracket) in preference to the exact middle, and never
/// inside a number or a Latin word. A title in Latin letters is left to the word processor.
pub fn break_title(title: &str, chars_max: usize) -> Vec<String> {
    let columns_max = chars_max.max(2) * 2;
    let mut lines = Vec::new();
    for wished in clean(title).lines() {
        let mut rest: Vec<char> = wished.trim().chars().collect();
        let latin = rest.iter().filter(|c| char_width(**c) == 1).count() * 2 > rest.len();
        loop {
            let columns: usize = rest.iter().copied().map(char_width).sum();
            if columns <= columns_max || latin {
                break;
            }
            let lines_left = columns.div_ceil(columns_max);
            let at = best_break(&rest, columns.div_ceil(lines_left), columns_max);
            let tail = rest.split_off(at);
            lines.push(rest.iter().collect());
            rest = tail;
        }
        lines.push(rest.iter().collect());
    }
    if lines.is_empty() {
        vec![String::new()]
    } else {
        lines
    }
}

/// A day as it stands in a document: 2026年3月2日, without leading zeros.
pub fn day(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => tf(
            lang,
            "report.date",
            &[
                ("year", &date.year()),
                ("month", &date.month()),
                ("day", &date.day()),
            ],
        ),
        Lang::En => date.to_string(),
    }
}

fn best_break(chars: &[char], aim: usize, columns_max: usize) -> usize {
    let mut best = (usize::MAX, 1);
    let mut column = 0;
    for (at, pair) in chars.windows(2).enumerate() {
        let &[before, after] = pair else { continue };
        column += char_width(before);
        if column > columns_max {
            break;
        }
        // A cost in columns: how far from the middle a good place may lie before the exact middle is better.
        let cost = column.abs_diff(aim) + break_penalty(before, after, chars.get(at + 1..at + 3));
        if cost <= best.0 {
            best = (cost, at + 1);
        }
    }
    best.1
}

fn break_penalty(before: char, after: char, next_two: Option<&[char]>) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '%' | '．' | '％');
    if (word(before) && word(after))
        || "，。、；：）》〉〕”’年月日号%".contains(after)
        || "（《〈〔“‘".contains(before)
    {
        return 1_000;
    }
    let torn = WORDS.iter().any(|word| word.chars().eq([before, after]));
    if torn || (before.is_ascii_digit() && char_width(after) == 2) {
        return 12;
    }
    if "的、，）》〕".contains(before) || "和与及暨（《〔".contains(after) || next_two == Some(&['关', '于'])
    {
        return 0;
    }
    8
}

/// Words of titles that would look clumsy torn apart. Not a dictionary: a break elsewhere is only a little dearer.
const WORDS: [&str; 16] = [
    "关于", "情况", "通报", "通知", "决定", "报告", "纪要", "项目", "工作", "问题", "建设", "进展", "重点",
    "督查", "落实", "完成",
];

fn forbidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}' => true,
        c => c.is_control(),
    }
}

fn char_width(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' | '\u{2060}' => 0,
        '\u{0}'..='\u{10FF}' => 1,
        // Quotation marks, dashes, dots, arrows, circled numbers and stars are full-width in Chinese fonts.
        '\u{1100}'..='\u{115F}' | '\u{2014}'..='\u{2027}' | '\u{2030}'..='\u{203B}' => 2,
        '\u{2103}'..='\u{27BF}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' => 2,
        '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}' => 2,
        '\u{1F300}'..='\u{1FAFF}' | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_breaks_where_the_sense_allows() {
        assert_eq!(
            break_title("关于2026年上半年全县重点项目建设进展和督查发现问题的通报", 20),
            ["关于2026年上半年全县重点项目建设进展", "和督查发现问题的通报"]
        );
        assert_eq!(
            break_title("关于第三季度河道清障和汛期值守督查情况的通报", 20),
            ["关于第三季度河道清障", "和汛期值守督查情况的通报"]
        );
        assert_eq!(break_title("督查通报", 20), ["督查通报"]);
        assert_eq!(break_title("上\n下", 20), ["上", "下"]);
        assert_eq!(break_title("", 20), [""]);
    }

    #[test]
    fn no_line_of_a_title_is_too_wide_and_nothing_is_lost() {
        let title = "督".repeat(4_000);
        let lines = break_title(&title, 20);
        assert!(lines.iter().all(|l| width(l) <= 40));
        assert_eq!(lines.concat(), title);
    }

    #[test]
    fn only_web_addresses_are_links() {
        let base = Some("https://bihuan.example/");
        assert_eq!(
            safe_link("/cases?a=1&b=2", base).as_deref(),
            Some("https://bihuan.example/cases?a=1&b=2")
        );
        assert_eq!(safe_link("/cases", None), None);
        assert_eq!(
            safe_link("HTTPS://a.example/x", None).as_deref(),
            Some("HTTPS://a.example/x")
        );
        for bad in [
            "javascript:alert(1)",
            "//evil.example",
            "file:///etc/passwd",
            "/\\evil.example",
            "/a b",
            "/\u{202E}",
        ] {
            assert_eq!(safe_link(bad, base), None, "{bad}");
        }
    }

    #[test]
    fn widths_count_chinese_twice() {
        assert_eq!(width("交城ab"), 6);
        assert_eq!(width("一\n二三"), 4);
        assert_eq!(width("🚧"), 2);
    }
}
