//! How wide a text is, and how it breaks into lines, without a font: a Han character is twice as wide as a Latin one.

use bihuan_diagnostics::width;

/// How many half-widths a text takes, reckoned so that a common sans-serif font stays within: quotation marks and
/// dashes are as wide as a Han character in Chinese fonts, capitals wider than small letters.
pub fn width_of(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '“' | '”' | '‘' | '’' | '—' | '…' | '·' | '→' | '×')
            && width(c.encode_utf8(&mut [0; 4])) == 1
    };
    let capitals = text
        .chars()
        .filter(|c| c.is_ascii_uppercase() || matches!(c, 'm' | 'w'));
    // Every third capital counts one more: `COVID` would else be wider than five small letters.
    width(text) + text.chars().filter(|c| wide(*c)).count() + capitals.count().div_ceil(3)
}

/// Signs that must not begin a line.
const NOT_FIRST: &str = "，。、；：！？）》〉」』】〕”’%,.;:!?)";
/// Signs that must not end a line.
const NOT_LAST: &str = "（《〈「『【〔“‘(";

/// Breaks a text into lines of at most `max` half-widths: between Han characters, and between Latin words where one
/// fits on a line.
pub(crate) fn wrap(text: &str, max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let joined = width_of(&line) + width_of(&piece);
        if joined <= max || line.is_empty() && width_of(&piece) <= max {
            line.push_str(&piece);
            continue;
        }
        if width_of(piece.trim_end()) <= max {
            if width_of(&line) + width_of(piece.trim_end()) <= max {
                line.push_str(piece.trim_end());
                continue;
            }
            close(&mut lines, &mut line);
            line.push_str(&piece);
            continue;
        }
        // A word that is longer than a line breaks anywhere.
        for c in piece.chars() {
            let mut one = [0; 4];
            if width_of(&line) + width_of(c.encode_utf8(&mut one)) > max {
                close(&mut lines, &mut line);
            }
            line.push(c);
        }
    }
    close(&mut lines, &mut line);
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn close(lines: &mut Vec<String>, line: &mut String) {
    let done = line.trim().to_owned();
    if !done.is_empty() {
        lines.push(done);
    }
    line.clear();
}

/// What stays together: Latin words with the blank after them, single Han characters with their closing signs.
fn pieces(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for c in text.chars() {
        let latin = c.is_ascii() && c != ' ';
        let last = found.last().and_then(|piece| piece.chars().last());
        let joins = last.is_some_and(|last| {
            NOT_LAST.contains(last)
                || NOT_FIRST.contains(c) && last != ' '
                || c == ' '
                || latin && last.is_ascii() && last != ' '
        });
        match found.last_mut() {
            Some(piece) if joins => piece.push(c),
            _ => found.push(c.to_string()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_han_characters_and_between_words() {
        assert_eq!(wrap("环保意见，有异议的", 8), ["环保意", "见，有异", "议的"]);
        assert_eq!(
            wrap("hand it over to the bureau", 10),
            ["hand it", "over to", "the bureau"]
        );
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for text in [
            "（一）“每周三”发放，节假日除外（整个假期）。",
            "A WIDE TITLE of M17 WITH words, and （全角）signs",
        ] {
            for max in 6..40 {
                for line in wrap(text, max) {
                    assert!(width_of(&line) <= max, "{line} in {max}");
                }
            }
        }
    }
}
