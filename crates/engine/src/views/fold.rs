//! How titles and numbers are compared: what a person types finds what was printed.
//!
//! Full-width letters and digits count as the plain ones, capitals as small ones, and every kind of bracket as every
//! other, so that `交督[2020]17` finds 交督〔2020〕17号. Any part of a title is found, one character alone included;
//! nothing is cut into words, because Chinese has no spaces to cut at.

/// A text as it is sought in: each character by itself, so that places in it lead back to the original.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).saturating_sub(0xfee0)).unwrap_or(c),
            '\u{3000}' => ' ',
            other => other,
        };
        match plain {
            '〔' | '【' | '(' | '［' => folded.push('['),
            '〕' | '】' | ')' | '］' => folded.push(']'),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded
}

/// The words of a question, folded, each of which must stand in the text.
pub fn words(question: &str) -> Vec<String> {
    fold(question).split_whitespace().map(str::to_owned).collect()
}

/// A printed number for sorting: what stands before its first digits, those digits, and its last digits.
/// 交督〔2020〕17号 comes before 交督〔2020〕113号.
pub(super) fn numbered(number: &str) -> (&str, u32, u32) {
    let is_digit = |c: char| c.is_ascii_digit();
    let series = number.split(is_digit).next().unwrap_or_default();
    let mut runs = number
        .split(|c: char| !is_digit(c))
        .filter(|run| !run.is_empty())
        .map(|run| run.parse::<u32>().unwrap_or(u32::MAX));
    let first = runs.next().unwrap_or(0);
    (series, first, runs.next_back().unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_finds_what_was_printed() {
        assert_eq!(fold("交督〔２０２０〕17号"), fold("交督[2020]17号"));
        assert_eq!(fold("ＡＢＣ（一期）"), "abc[一期]");
        assert_eq!(words(" 村道　硬化 "), ["村道", "硬化"]);
    }

    #[test]
    fn numbers_sort_as_people_count() {
        let mut numbers = [
            "交督〔2020〕113号",
            "交督〔2021〕2号",
            "交督〔2020〕17号",
            "交安7",
        ];
        numbers.sort_by_key(|number| numbered(number));
        assert_eq!(
            numbers,
            [
                "交安7",
                "交督〔2020〕17号",
                "交督〔2020〕113号",
                "交督〔2021〕2号"
            ]
        );
        assert_eq!(numbered("没有数字"), ("没有数字", 0, 0));
    }
}
