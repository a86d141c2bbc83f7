//! What a header probably means. The words stand in `data/ledger_words.txt`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::narrow;

/// What a column probably is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likely {
    /// A running number (序号).
    Number,
    /// A code that names the matter for good (项目代码).
    Code,
    /// What is to be done (任务).
    Title,
    /// Goal, measures, contents.
    Content,
    /// Lead unit (牵头单位、责任单位).
    Owner,
    /// Supporting units (配合单位).
    Supporting,
    /// Person in charge (责任人).
    Person,
    /// Leader in charge (包联领导).
    Leader,
    /// Deadline (完成时限).
    Due,
    /// Begin.
    Start,
    /// Amount of money.
    Amount,
    /// Progress in words.
    Progress,
    /// Remark.
    Remark,
    /// State.
    Status,
    /// Source.
    Source,
    /// Place.
    Place,
    /// Kind.
    Kind,
    /// A word of headers without a meaning to us.
    Other,
}

/// What a header probably means, and how sure that is (1 to 100); `None` for words never seen in headers.
///
/// ```
/// use bihuan_reader::table::{Likely, likely};
/// assert_eq!(likely("牵头单位\n（盖章）"), Some((Likely::Owner, 100)));
/// ```
pub fn likely(header: &str) -> Option<(Likely, u8)> {
    // The last part of a header of two rows says what the column is; the first says of which group.
    let last = header.rsplit('/').next().unwrap_or(header);
    let sought = plain(last);
    if sought.is_empty() {
        return None;
    }
    let mut best: Option<(Likely, u8)> = None;
    for (meaning, words) in WORDS.iter() {
        for (place, word) in words.iter().enumerate() {
            let sure = if *word == sought {
                // The more usual word wins where a sheet has two of one meaning.
                100u8.saturating_sub(u8::try_from(place.min(40)).unwrap_or(40) / 4)
            } else if word.chars().count() >= 2 && sought.ends_with(word.as_str()) {
                72
            } else if word.chars().count() >= 2 && sought.contains(word.as_str()) {
                62
            } else {
                continue;
            };
            // Of two parts of a header the longer says more: 包联县级领导 is a leader, 包联单位 a unit.
            let sure = if sure < 80 {
                sure.saturating_add(u8::try_from(word.chars().count().min(8)).unwrap_or(0))
            } else {
                sure
            };
            if best.is_none_or(|(_, known)| sure > known) {
                best = Some((*meaning, sure));
            }
        }
    }
    best
}

/// A header for comparing: half-width, without white space, brackets and what stands in them.
pub fn plain(header: &str) -> String {
    let mut depth = 0u32;
    let mut out = String::new();
    for c in narrow(header).chars() {
        match c {
            '(' | '[' | '【' | '〔' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '】' | '〕' | '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 || c.is_whitespace() || matches!(c, ':' | '*' | '、' | '"' | '“' | '”') => {}
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

static WORDS: LazyLock<Vec<(Likely, Vec<String>)>> = LazyLock::new(|| {
    include_str!("../../data/ledger_words.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (name, words) = line.split_once(':')?;
            let meaning = serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()?;
            Some((meaning, words.split_whitespace().map(plain).collect()))
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_words_is_understood() {
        let lines = include_str!("../../data/ledger_words.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count();
        assert_eq!(WORDS.len(), lines);
        assert!(WORDS.iter().all(|(_, words)| !words.is_empty()));
    }

    #[test]
    fn usual_headers_are_known() {
        for (header, meaning) in [
            ("序 号", Likely::Number),
            ("责任单位（盖章）", Likely::Owner),
            ("配合单位", Likely::Supporting),
            ("完成时限", Likely::Due),
            ("投资/总投资（万元）", Likely::Amount),
            ("项目名称", Likely::Title),
            ("包联县级领导", Likely::Leader),
            ("备　注", Likely::Remark),
            ("项目代码", Likely::Code),
        ] {
            assert_eq!(
                likely(header).map(|(likely, _)| likely),
                Some(meaning),
                "{header}"
            );
        }
        assert_eq!(likely("改造老旧小区三个"), None);
    }
}
