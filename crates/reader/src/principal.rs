//! Which of the numbers in a row is the one that it is measured by.

use crate::chars::{at, before, cut, has_at};
use crate::figures::Found;
use crate::rows::figures_within;

/// The number of a row: not what it costs, if there is another.
pub(crate) fn main_figure<'a>(
    s: &[char],
    figures: &'a [Found],
    a: usize,
    b: usize,
    action: usize,
) -> Option<&'a Found> {
    let cost = |f: &&Found| {
        ["投资", "投入", "资金", "总额"]
            .iter()
            .any(|w| crate::chars::has_before(s, f.start, w))
    };
    let spent = |f: &&Found| cost(f) && at(s, f.end) == '的' || matches!(before(s, f.start), '每' | '分');
    // `亿元以上项目26个`: what the works are like, not how many.
    let sort = |f: &&Found| {
        let edge = ["以上", "以下", "级"]
            .iter()
            .any(|w| crate::chars::has_before(s, f.end, w) || has_at(s, f.end, w));
        edge && f.end + 3 < b
    };
    // `在一周内制定方案`: how long it may take.
    let within = |f: &&Found| at(s, f.end) == '内' && matches!(f.unit.as_str(), "周" | "天");
    let spent = |f: &&Found| spent(f) || within(f);
    let mut all = figures_within(figures, a, b).filter(|f| !spent(f));
    // `帮助20户企业融资1.5亿元`: the number that closes the clause says how much, the one before to whom.
    let closing = figures_within(figures, a, b)
        .last()
        .filter(|f| f.end + 2 >= b && !spent(f) && !matches!(f.unit.as_str(), "次" | "轮" | "遍" | "趟"));
    let before_it = closing.and_then(|last| {
        figures_within(figures, a, b)
            .take_while(|f| f.start < last.start)
            .last()
    });
    if let (Some(last), Some(other)) = (closing, before_it)
        && last.start > other.end + 2
        && !cut(s, other.end, last.start)
            .iter()
            .any(|c| matches!(c, '、' | '和' | '及'))
    {
        return Some(last);
    }
    // `对在建的19个项目每月巡查1次`, `对12座水库落实24小时专人值守`: how often and how long is not how much.
    let often = |f: &&Found| {
        matches!(f.unit.as_str(), "次" | "轮" | "遍" | "趟")
            || f.unit == "小时" && (at(s, f.end) == '专' || at(s, f.end) == '值')
    };
    let some = figures_within(figures, a, b).any(|f| !spent(&f) && !sort(&f) && !often(&f));
    let mut counted = figures_within(figures, a, b).filter(|f| !(spent(f) || sort(f) || some && often(f)));
    let first = counted.next();
    // `3家机构11月底前把未决案件137件全部结清`: who acts, and for whom, is not how much.
    let acts = first.is_some_and(|f| f.start == a || matches!(before(s, f.start), '给' | '对' | '向'));
    if acts && let Some(other) = counted.find(|f| f.start >= action) {
        return Some(other);
    }
    if first.is_some() {
        return first;
    }
    all.next()
        .or_else(|| figures_within(figures, a, b).find(|f| before(s, f.start) != '每' && !within(f)))
}
