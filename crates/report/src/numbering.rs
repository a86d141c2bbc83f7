//! Numbers of headings: 一、 （一） 1. （1） in Chinese, 1. 1.1 1.1.1 1.1.1.1 in English.

use bihuan_messages::Lang;

use crate::official::Level;

/// Counts headings through one document.
///
/// A heading starts the count of all deeper levels afresh. A level without the one above it counts all the same.
///
/// ```
/// use bihuan_messages::Lang;
/// use bihuan_report::{numbering::Headings, official::Level};
///
/// let mut headings = Headings::default();
/// assert_eq!(headings.next(Level::First, Lang::Zh), "一、");
/// assert_eq!(headings.next(Level::Second, Lang::Zh), "（一）");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Headings {
    counts: [u32; 4],
}

impl Headings {
    /// The number of the next heading of `level`, ready to stand before its words.
    pub fn next(&mut self, level: Level, lang: Lang) -> String {
        let depth = depth(level);
        for (at, count) in self.counts.iter_mut().enumerate() {
            if at == depth {
                *count = count.saturating_add(1);
            } else if at > depth {
                *count = 0;
            }
        }
        let n = self.counts.get(depth).copied().unwrap_or(0);
        match (lang, level) {
            (Lang::Zh, Level::First) => format!("{}、", chinese(n)),
            (Lang::Zh, Level::Second) => format!("（{}）", chinese(n)),
            (Lang::Zh, Level::Third) => format!("{n}."),
            (Lang::Zh, Level::Fourth) => format!("（{n}）"),
            (Lang::En, Level::First) => format!("{n}. "),
            (Lang::En, _) => {
                let parts: Vec<String> = self
                    .counts
                    .iter()
                    .take(depth + 1)
                    .filter(|n| **n > 0)
                    .map(u32::to_string)
                    .collect();
                format!("{} ", parts.join("."))
            }
        }
    }
}

/// A number in Chinese numerals up to 九千九百九十九, beyond that in Arabic figures.
pub fn chinese(n: u32) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let digit = |d: u32| {
        usize::try_from(d)
            .ok()
            .and_then(|d| DIGITS.get(d))
            .copied()
            .unwrap_or('零')
    };
    if n > 9_999 {
        return n.to_string();
    }
    if n == 0 {
        return digit(0).to_string();
    }
    let mut out = String::new();
    let mut zero_pending = false;
    for (unit, name) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let d = n / unit % 10;
        if d == 0 {
            zero_pending = !out.is_empty();
            continue;
        }
        if zero_pending {
            out.push(digit(0));
            zero_pending = false;
        }
        // 十一, not 一十一; but 一百一十一.
        if !(unit == 10 && d == 1 && out.is_empty()) {
            out.push(digit(d));
        }
        out.push_str(name);
    }
    out
}

fn depth(level: Level) -> usize {
    match level {
        Level::First => 0,
        Level::Second => 1,
        Level::Third => 2,
        Level::Fourth => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_count_as_in_an_official_document() {
        let mut headings = Headings::default();
        let mut said = Vec::new();
        for level in [
            Level::First,
            Level::Second,
            Level::Third,
            Level::Fourth,
            Level::Fourth,
            Level::Third,
        ] {
            said.push(headings.next(level, Lang::Zh));
        }
        said.extend((0..10).map(|_| headings.next(Level::First, Lang::Zh)));
        said.push(headings.next(Level::Second, Lang::Zh));
        assert_eq!(
            said.join(" "),
            "一、 （一） 1. （1） （2） 2. 二、 三、 四、 五、 六、 七、 八、 九、 十、 十一、 （一）"
        );
    }

    #[test]
    fn english_headings_carry_their_path() {
        let mut headings = Headings::default();
        let said: String = [
            Level::First,
            Level::Second,
            Level::Second,
            Level::Third,
            Level::First,
            Level::Third,
        ]
        .map(|level| headings.next(level, Lang::En))
        .concat();
        assert_eq!(said, "1. 1.1 1.2 1.2.1 2. 2.1 ");
    }

    #[test]
    fn chinese_numerals_follow_usage() {
        let said = [
            0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 1_000, 1_001, 1_010, 2_300, 9_999, 10_000,
        ]
        .map(chinese);
        assert_eq!(
            said.join(" "),
            "零 一 十 十一 二十 二十一 一百 一百零一 一百一十 一百一十一 一千 一千零一 一千零一十 二千三百 九千九百九十九 10000"
        );
    }
}
