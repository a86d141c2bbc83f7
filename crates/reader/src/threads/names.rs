//! Things that bear a name: two markets are two undertakings, though all that is said of them be the same.

use std::sync::LazyLock;

use crate::chars::{cut, is_han};

/// Characters before a kind that may be its name.
const NAME_MAX: usize = 4;

/// What stands in names of all places and of many words before one.
const OF_NO_NAME: &str =
    "县市区镇乡村街道的和与及或在对为于到从将把等各该本新老建修个条座所处家年月日底前内是有";

/// What alone tells one from its neighbour: the second school, the eastern street.
const TELLS_APART: &str = "一二三四五六七八九十东西南北上下";

struct Words {
    kinds: Vec<Vec<char>>,
    no_names: Vec<Vec<char>>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let of = |name: &str| {
        let lines = include_str!("../../data/kinds.txt").lines();
        let words = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        words
            .flat_map(str::split_whitespace)
            .map(|word| word.chars().collect())
            .collect()
    };
    Words {
        kinds: of("kinds"),
        no_names: of("no-names"),
    }
});

/// Whether the run at `from..to` of `a` begins with a kind of thing, and `b` has those words of things of other names only.
pub(super) fn other_thing(a: &[char], (from, to): (usize, usize), b: &[char]) -> bool {
    let run = cut(a, from, to);
    if run.is_empty() || !WORDS.kinds.iter().any(|kind| run.starts_with(kind)) {
        return false;
    }
    let name = name_before(a, from);
    let mut places = (0..b.len()).filter(|at| cut(b, *at, at.saturating_add(run.len())) == run);
    !name.is_empty() && places.all(|at| are_two(name, name_before(b, at)))
}

/// The characters right before `at` that may name what begins there: none of a word that names nothing.
fn name_before(text: &[char], at: usize) -> &[char] {
    let mut from = at;
    while from > 0 && at.saturating_sub(from) < NAME_MAX {
        let before = cut(text, 0, from);
        let names = before.last().is_some_and(|c| is_han(*c));
        if !names || WORDS.no_names.iter().any(|word| before.ends_with(word)) {
            break;
        }
        from = from.saturating_sub(1);
    }
    let name = cut(text, from, at);
    let skipped = name.iter().take_while(|c| OF_NO_NAME.contains(**c)).count();
    name.get(skipped..).unwrap_or_default()
}

/// Whether two names are of two things: both are there, and they share nothing, or only what tells them apart differs.
fn are_two(a: &[char], b: &[char]) -> bool {
    let (Some(last), Some(other)) = (a.last(), b.last()) else {
        return false;
    };
    let shares = a.iter().any(|c| !OF_NO_NAME.contains(*c) && b.contains(c));
    let told_apart = last != other && TELLS_APART.contains(*last) && TELLS_APART.contains(*other);
    told_apart || !shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the words from `shared` on are of two things.
    fn two(a: &str, b: &str, shared: &str) -> bool {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let shared: Vec<char> = shared.chars().collect();
        let from = (0..a.len()).find(|at| a[*at..].starts_with(&shared)).unwrap();
        other_thing(&a, (from, from + shared.len()), &b)
    }

    #[test]
    fn things_of_one_kind_are_told_apart_by_their_names() {
        assert!(two(
            "完成柳湾农贸市场建设",
            "青口农贸市场建设已经竣工",
            "农贸市场建设"
        ));
        assert!(two("推进柳湾河治理工程", "青口河治理工程因故停建", "河治理工程"));
        assert!(two("改造第一小学操场", "第二小学操场启用", "小学操场"));
        assert!(two("完成东大街改造", "西大街改造完工", "大街改造"));
    }

    #[test]
    fn one_thing_stays_one_however_it_is_called() {
        assert!(!two(
            "完成柳湾农贸市场建设",
            "农贸市场建设已经竣工",
            "农贸市场建设"
        ));
        assert!(!two("力争完成农贸市场建设", "加快农贸市场建设", "农贸市场建设"));
        assert!(!two(
            "完成柳湾镇污水处理厂扩容",
            "柳湾污水处理厂扩容完成",
            "污水处理厂扩容"
        ));
        assert!(!two("完成高标准农田3万亩", "建成高标准农田2.4万亩", "农田"));
        // Of the two markets that the other speaks of one is the one.
        let both = "青口农贸市场建设、柳湾农贸市场建设均已竣工";
        assert!(!two("完成柳湾农贸市场建设", both, "农贸市场建设"));
    }
}
