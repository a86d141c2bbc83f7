//! What somebody who speaks for others asks for, or says will be so, though its verb stands in no table: a rhythm
//! (`水文部门每天会商一次`), a span within which it is done (`一般故障8小时内修复`), a manner that leaves nobody out (`提取业务全部
//! “零材料”`), something done for or to somebody (`为园区企业招工5000人`), a unit and its deed (`教育局严查校车超员`).

use crate::chars::{at, before, cut, digit, has_at, is_han};
use crate::deadlines::is_unit;
use crate::figures::Found;
use crate::rows::{Row, Verb, figures_within, lead_end, verb_at};
use crate::tables::{
    adverbs, closing_verbs, context_words, empty_objects, every_one, explaining_words, not_deeds,
};
use crate::times::time_len;

/// How firmly the words before a clause ask for what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Insisted {
    /// Not at all.
    #[default]
    No,
    /// Somebody says it; it may tell of habits and of what was done.
    Said,
    /// Somebody asks for it.
    Asked,
}

/// The undertaking in `a..b` that the words before it ask for. With `prefixed` it would else be taken for the beginning of
/// the next clause (`对有合作意向的企业`), so that it has to name its deed.
pub(crate) fn insisted(
    s: &[char],
    a: usize,
    b: usize,
    figures: &[Found],
    how: Insisted,
    prefixed: bool,
) -> Option<Row> {
    const SHORTEST: usize = 5;
    const LONGEST: usize = 60;
    let start = lead_end(s, a, b);
    let s = cut(s, 0, b);
    // `将为每名护林员配发智能终端`
    let to_come_for = at(s, start) == '将' && matches!(at(s, start + 1), '对' | '为' | '给' | '向' | '把');
    let start = start + usize::from(to_come_for);
    let text = cut(s, start, b);
    if how == Insisted::No
        || !(SHORTEST..=LONGEST).contains(&text.len())
        || not_deeds().any_in(text)
        || context_words().at(s, start).is_some_and(|n| n > 1)
        || matches!(verb_at(s, start), Some((Verb::Slogan, n)) if n > 1)
        || matches!(text.last(), Some('的' | '时' | '后' | '中' | '下' | '者' | '是'))
    {
        return None;
    }
    let number = figures_within(figures, start, b).next().is_some();
    let row = |action: usize| Row {
        start,
        action,
        verb_end: action,
        verb: Verb::Measure,
        subject: None,
        bare: true,
        target: number,
        concrete: true,
    };
    if let Some(k) = rhythm(s, start, b).or_else(|| within_a_span(s, start, b)) {
        return Some(row(k));
    }
    if let Some(k) = to_come(s, start, b) {
        return Some(row(k));
    }
    if let Some(k) = leaves_out_none(s, start, b) {
        return Some(row(k));
    }
    let closing = figures_within(figures, start, b)
        .last()
        .is_some_and(|f| f.end + 2 >= b);
    let to_each = matches!(at(s, start), '对' | '给' | '为')
        && closing
        && (start..b).any(|k| matches!(at(s, k), '各' | '每'));
    if to_each && text.len() >= LONG_ENOUGH {
        return Some(row(start));
    }
    if how < Insisted::Asked {
        return None;
    }
    // `提升城市服务能力` names no city, `以政府为引导` nobody who acts.
    let named = verb_at(s, start).is_none()
        && adverbs().at(s, start).is_none()
        && !matches!(
            at(s, start),
            '以' | '对' | '为' | '把' | '向' | '让' | '使' | '与' | '从' | '在' | '将' | '给'
        );
    // `部署2026年全县重点工作`
    let bears_name = |name: &[char]| {
        name.iter().all(|c| is_han(*c) || *c == '、')
            && !["全县", "全市", "全区", "全镇", "全乡"]
                .iter()
                .any(|w| crate::chars::has_before(name, name.len(), w))
    };
    let unit = (start + 2..b.min(start + LONGEST_NAME)).find(|k| {
        let name = cut(s, start, *k);
        is_unit(name) && bears_name(name) && deed_at(s, *k)
    });
    if let Some(k) = unit.filter(|k| named && b >= k + 3) {
        return Some(Row {
            subject: Some((start, k)),
            ..row(k)
        });
    }
    let explains = explaining_words().any_in(text) || empty_objects().before(s, b).is_some();
    // `为全面提升…`, `为建设…而奋斗`: for what, not for whom.
    let purpose = at(s, start) == '为' && (deed_at(s, start + 1) || verb_at(s, start + 1).is_some());
    // `对16个尚未开工的项目`: only whom it is about.
    let about = at(s, start) == '对'
        && text.iter().rposition(|c| *c == '的').is_some_and(|k| {
            let thing = start + k + 1;
            b - thing <= 8 && !(thing..b).any(|k| deed_at(s, k))
        });
    if matches!(at(s, start), '对' | '为' | '给' | '向' | '把')
        && !about
        && !purpose
        && !explains
        && text.len() >= LONG_ENOUGH
        && (number && !prefixed || manner(s, start, b))
        && (start + 2..b).any(|k| {
            deed_at(s, k)
                || figures_within(figures, k, b)
                    .next()
                    .is_some_and(|f| f.start == k && f.end + 2 >= b)
        })
    {
        return Some(row(start));
    }
    None
}

/// The name of a unit is not longer than this.
const LONGEST_NAME: usize = 16;

/// A deed with whom it is done for has at least so many characters.
const LONG_ENOUGH: usize = 8;

/// Whether an adverb of manner or a verb of two characters stands at `k`, or a preposition that a deed follows.
fn deed_at(s: &[char], k: usize) -> bool {
    // `逐校查验门卫`
    at(s, k) == '逐' && is_han(at(s, k + 2))
        || adverbs().at(s, k).is_some_and(|n| n > 1)
        || matches!(verb_at(s, k), Some((verb, n)) if n > 1 && verb > Verb::Slogan)
        || (matches!(at(s, k), '对' | '为' | '给' | '向' | '把' | '按') && is_han(at(s, k + 1)))
        || time_len(s, k) > 0
}

fn manner(s: &[char], a: usize, b: usize) -> bool {
    (a..b).any(|k| at(s, k) == '逐' || adverbs().at(s, k).is_some_and(|n| n > 1))
}

/// `每周排查一次`, `每两小时报告一次水情`, `每晚8点后巡查渣土车`: how often, with a deed; where it begins.
fn rhythm(s: &[char], a: usize, b: usize) -> Option<usize> {
    let k = (a..b).find(|k| {
        at(s, *k) == '每'
            && (time_len(s, *k) > 0
                || ["每晚", "每早", "每半月", "每夜", "每班"]
                    .iter()
                    .any(|w| has_at(s, *k, w)))
    })?;
    let end = k + time_len(s, k).max(2);
    // `每年4万元`, `每月9800元` tell of amounts.
    let amount = digit(at(s, end)).is_some() && cut(s, end, b).contains(&'元');
    let deed = cut(s, end, b).iter().filter(|c| is_han(**c)).count() >= 2;
    (deed && !amount).then_some(k)
}

/// `30分钟内到场`, `8小时内修复`: a span within which something is done; where it begins.
fn within_a_span(s: &[char], a: usize, b: usize) -> Option<usize> {
    let k = (a..b).find(|k| {
        let n = time_len(s, *k);
        let number = digit(at(s, *k)).is_some() && digit(before(s, *k)).is_none()
            || "一两三四五六七八九十半".contains(at(s, *k)) && !is_numeral(before(s, *k));
        number && n > 1 && before(s, k + n) == '内'
    })?;
    let end = k + time_len(s, k);
    let deed = cut(s, end, b).iter().filter(|c| is_han(**c)).count();
    (deed >= 2 && at(s, end) != '的').then_some(k)
}

fn is_numeral(c: char) -> bool {
    "一二三四五六七八九十百千万".contains(c)
}

/// `6月起增加推拿、口腔两个科室`, `11月1日点火`: from when on, or when, at the head of the clause.
fn to_come(s: &[char], a: usize, b: usize) -> Option<usize> {
    let n = time_len(s, a);
    let behind = cut(s, a + n, b);
    let from = n > 2 && digit(at(s, a)).is_some() && matches!(before(s, a + n), '起' | '前' | '底');
    let closes = n > 0 && closing_verbs().before(s, b).is_some_and(|w| b - w >= a + n);
    ((from || closes) && behind.len() >= 2 && !behind.contains(&'的')).then_some(a + n)
}

/// `红色预警日停止一切野外用火审批`, `提取业务全部“零材料”`, `48个行业一次办成`: nobody and nothing left out.
fn leaves_out_none(s: &[char], a: usize, b: usize) -> Option<usize> {
    let (k, n) = every_one().find(cut(s, a, b)).map(|(i, n)| (a + i, n))?;
    let ends = k + n == b;
    (ends && k >= a + 2 || b >= k + n + 2 && at(s, k + n) != '的').then_some(k)
}
