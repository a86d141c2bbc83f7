//! What was sought, marked in what was found.

use bihuan_engine::views::fold;
use maud::{Markup, html};

/// A text with every occurrence of each word marked. `words` are folded, as the search folds them.
pub fn marked(text: &str, words: &[String]) -> Markup {
    let parts = parts(text, words);
    html! {
        @for (part, hit) in &parts {
            @if *hit { mark { (part) } } @else { (part) }
        }
    }
}

/// The text in pieces, each with whether it was sought.
fn parts(text: &str, words: &[String]) -> Vec<(String, bool)> {
    let chars: Vec<char> = text.chars().collect();
    // Folding may lengthen a character (İ), so that each is folded by itself and keeps its place.
    let folded: Vec<String> = chars.iter().map(|c| fold(&c.to_string())).collect();
    let mut hit = vec![false; chars.len()];
    for word in words.iter().filter(|word| !word.is_empty()) {
        for from in 0..chars.len() {
            let Some(length) = length_of(word, folded.get(from..).unwrap_or_default()) else {
                continue;
            };
            for flag in hit.iter_mut().skip(from).take(length) {
                *flag = true;
            }
        }
    }
    let mut parts: Vec<(String, bool)> = Vec::new();
    for (c, hit) in chars.into_iter().zip(hit) {
        match parts.last_mut() {
            Some((part, same)) if *same == hit => part.push(c),
            _ => parts.push((c.to_string(), hit)),
        }
    }
    parts
}

/// How many characters from here on are the word; `None` if they are not.
fn length_of(word: &str, from: &[String]) -> Option<usize> {
    let mut rest = word;
    for (n, folded) in from.iter().enumerate() {
        rest = rest.strip_prefix(folded.as_str())?;
        if rest.is_empty() {
            return Some(n + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use bihuan_engine::views::words;

    use super::*;

    fn shown(text: &str, sought: &str) -> String {
        marked(text, &words(sought)).into_string()
    }

    #[test]
    fn what_was_sought_is_marked_as_it_was_printed() {
        assert_eq!(
            shown("交督〔２０２０〕17号", "[2020]17"),
            "交督<mark>〔２０２０〕17</mark>号"
        );
        assert_eq!(
            shown("磁窑河治理，磁窑河清淤", "磁窑河 清淤"),
            "<mark>磁窑河</mark>治理，<mark>磁窑河清淤</mark>"
        );
        assert_eq!(shown("GB/T 9704", "gb"), "<mark>GB</mark>/T 9704");
        assert_eq!(shown("aaa", "aa"), "<mark>aaa</mark>");
    }

    #[test]
    fn what_was_not_sought_stays_plain_and_nothing_is_markup() {
        assert_eq!(shown("<b>项目</b>", "河"), "&lt;b&gt;项目&lt;/b&gt;");
        assert_eq!(shown("", "河"), "");
        assert_eq!(shown("项目", ""), "项目");
    }
}
