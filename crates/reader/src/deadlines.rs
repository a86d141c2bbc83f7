//! Clauses that name a last day, a rule or a unit to act: undertakings whatever their verb is, where the words around
//! them look ahead (`方案月底前报批`, `3家机构11月底前把未决案件全部结清`, `小型车收费每次不得超过10元`).

use jiff::civil::Date;

use crate::chars::{at, before, contains, cut, digit, has_at, is_han};
use crate::clauses::Sentence;
use crate::figures::Found;
use crate::rows::{Reading, Row, Verb, figures_within, lead_end, verb_at};
use crate::tables::{adverbs, owner_tails, season_words};
use crate::times::time_len;

/// Where the words for a last day stand in a clause that lies before the one who speaks: `月底前`, `25日前`, `下个月`,
/// `国庆前`; not `日前` and `3年前`, which look back.
pub(crate) fn last_day(s: &[char]) -> Option<(usize, usize)> {
    (0..s.len()).find_map(|i| Some((i, last_day_at(s, i)?)))
}

/// The end of the words for a last day that begin at `i`.
fn last_day_at(s: &[char], i: usize) -> Option<usize> {
    // Most characters begin no such word.
    let begins = matches!(
        at(s, i),
        '月' | '年' | '周' | '度' | '本' | '当' | '下' | '明' | '来' | '秋' | '春' | '今'
    );
    if !begins && digit(at(s, i)).is_none() && season_words().at(s, i).is_none() {
        return None;
    }
    let before_it = |k: usize| {
        ["之前", "以前", "前"]
            .iter()
            .find(|w| has_at(s, k, w))
            .map(|w| k + w.chars().count())
            .filter(|end| !matches!(at(s, *end), '后' | '期' | '往' | '台' | '沿' | '线' | '端'))
    };
    // `月底前`, `三季度末前`, `周末前`
    if matches!(at(s, i), '月' | '年' | '周' | '度') && matches!(at(s, i + 1), '底' | '末') {
        return before_it(i + 2);
    }
    // `本周内`, `月内`
    for word in ["本周内", "本月内", "当月内", "年内", "本季度内", "本学期内"] {
        if has_at(s, i, word) && digit(before(s, i)).is_none() {
            return Some(i + word.chars().count());
        }
    }
    // `下个月再推出`, `明年再修`: what is to come, where the deed stands right behind.
    for word in [
        "下个月",
        "下月",
        "下周",
        "下学期",
        "下半年",
        "明年",
        "来年",
        "秋季开学",
        "春季开学",
    ] {
        let end = i + word.chars().count();
        let to_come = matches!(at(s, end), '再' | '将' | '要' | '还' | '拟' | '把' | '起');
        if has_at(s, i, word) && to_come {
            return Some(end);
        }
    }
    if has_at(s, i, "今年") && matches!(at(s, i + 2), '再' | '将' | '拟') {
        return Some(i + 2);
    }
    if let Some(n) = season_words().at(s, i) {
        return before_it(i + n);
    }
    // `今晚22时前`, `明早8点前`, `明天中午前`
    if let Some((word, _)) = day_named(s, i) {
        let mut k = i + word;
        let hour = cut(s, k, k + 2)
            .iter()
            .take_while(|c| digit(**c).is_some())
            .count();
        if hour > 0 && matches!(at(s, k + hour), '时' | '点') {
            k += hour + 1;
        }
        return before_it(k);
    }
    // `25日前`, `21日晚上之前`, `7月22日18时前`
    let fresh = digit(at(s, i)).is_some() && digit(before(s, i)).is_none() && before(s, i) != '.';
    if !fresh {
        return None;
    }
    let mut k = i;
    while digit(at(s, k)).is_some() {
        k += 1;
    }
    if !matches!(at(s, k), '日' | '号' | '月' | '时') || k > i + 2 {
        return None;
    }
    k += 1;
    if at(s, k) == '底' || at(s, k) == '末' {
        k += 1;
    }
    let part = ["上午", "中午", "下午", "晚上", "晚", "早", "夜"];
    k += part
        .iter()
        .find(|w| has_at(s, k, w))
        .map_or(0, |w| w.chars().count());
    before_it(k)
}

/// `今晚`, `明天上午` at `i`: how long the words are, and how many days ahead they lie.
fn day_named(s: &[char], i: usize) -> Option<(usize, i64)> {
    const DAYS: &[(char, i64)] = &[('今', 0), ('明', 1)];
    const PARTS: &[&str] = &["上午", "中午", "下午", "晚上", "晚", "早", "夜"];
    let (_, ahead) = DAYS.iter().find(|(c, _)| at(s, i) == *c)?;
    let whole = matches!(at(s, i + 1), '天' | '日');
    let from = i + 1 + usize::from(whole);
    let part = PARTS
        .iter()
        .find(|w| has_at(s, from, w))
        .map_or(0, |w| w.chars().count());
    (whole || part > 0).then_some((from + part - i, *ahead))
}

/// `确保9月1日所有学校如期开学`: an aim with a day.
pub(crate) fn ensures_by_day(s: &[char]) -> bool {
    let from = usize::from(matches!(at(s, 0), '“' | '"' | '‘'));
    ["确保", "力争", "争取", "务必"].iter().any(|w| {
        has_at(s, from, w) && {
            let k = from + w.chars().count();
            let k = k + usize::from(at(s, k) == '在');
            digit(at(s, k)).is_some() && time_len(s, k) > 0
        }
    })
}

/// The day of words that leave out the month: `25日前`, `月底前`, `下月20日前`, `本周内`, `国庆前`; read from the day on
/// which the text was written.
pub(crate) fn near_day(s: &[char], written: Option<Date>) -> Option<Date> {
    let written = written?;
    let (i, end) = last_day(s)?;
    if let Some((_, ahead)) = day_named(s, i) {
        return written.checked_add(jiff::Span::new().days(ahead)).ok();
    }
    let month_end = |more: i8| {
        let next = written
            .checked_add(jiff::Span::new().months(i64::from(more)))
            .ok()?;
        Some(next.last_of_month())
    };
    if at(s, i) == '月' {
        return match before(s, i) {
            '下' => month_end(1),
            '个' => None,
            _ => month_end(0),
        };
    }
    if has_at(s, i, "本月内") || has_at(s, i, "当月内") {
        return month_end(0);
    }
    if let Some((_, month, day)) = [("国庆", 9, 30), ("五一", 4, 30), ("元旦", 12, 31)]
        .into_iter()
        .find(|(word, _, _)| has_at(s, i, word))
    {
        let this = Date::new(written.year(), month, day).ok()?;
        return (this >= written).then_some(this);
    }
    let number = cut(s, i, end)
        .iter()
        .map_while(|c| digit(*c))
        .fold(0u32, |n, d| n.saturating_mul(10).saturating_add(d));
    let mark = cut(s, i, end).iter().find(|c| digit(**c).is_none())?;
    if !matches!(mark, '日' | '号')
        || before(s, i) == '月' && !matches!(before(s, i.checked_sub(1)?), '本' | '下')
    {
        return None;
    }
    let day = i8::try_from(number).ok()?;
    let this = Date::new(written.year(), written.month(), day).ok()?;
    let next =
        crate::chars::has_before(s, i, "下月") || !crate::chars::has_before(s, i, "本月") && this < written;
    if next {
        this.checked_add(jiff::Span::new().months(1)).ok()
    } else {
        Some(this)
    }
}

/// What a clause is held against to tell in which year its own last day lies.
pub(crate) struct Seen {
    /// The page's year.
    pub(crate) page: i16,
    /// The year that the sentences look at.
    pub(crate) scoped: i16,
    /// The day of the article.
    pub(crate) written: Option<Date>,
}

/// Whether a clause names a last day of its own that lies in the page's year, though the sentences look at `scoped`,
/// a later one: `明年改造土堤12公里；年底前配齐救生衣`, `年底前实现…；明年新建…`.
pub(crate) fn says_this_year(s: &[char], sentence: &Sentence, n: usize, end: usize, seen: Seen) -> bool {
    let Seen {
        page,
        scoped,
        written,
    } = seen;
    let Some(clause) = sentence.clauses.get(n) else {
        return false;
    };
    let text = cut(s, clause.start, end);
    let Some(day) = crate::dates::due(text, Some(page)).filter(|_| scoped > page) else {
        return false;
    };
    let own_year = (0..text.len()).any(|i| crate::dates::year_at(text, i).is_some());
    if own_year || crate::evidence::names_next_year(text) {
        return false;
    }
    // Years further ahead are no frame for 年内 and 10月底前.
    if scoped.saturating_sub(page) > 1 {
        return true;
    }
    let before = cut(s, sentence.start(), clause.start);
    let names = |words: &[char]| {
        let mut years = (0..words.len()).filter_map(|i| crate::dates::year_at(words, i));
        years.any(|(year, _)| year == scoped) || crate::evidence::names_next_year(words)
    };
    let named = names(before);
    let here = names(cut(s, sentence.start(), sentence.end()));
    let parted = sentence
        .clauses
        .iter()
        .take(n)
        .rposition(|c| matches!(c.mark, '；' | ';'))
        .and_then(|k| sentence.clauses.get(k + 1))
        .is_some_and(|c| !crate::evidence::names_next_year(cut(s, c.start, clause.start)));
    let still_ahead = written.is_none_or(|written| day >= written);
    // `年内` in the sentences behind a plan for the next year is that year's.
    let month = (0..text.len()).any(|i| {
        crate::chars::at(text, i) == '月' && crate::chars::digit(crate::chars::before(text, i)).is_some()
    });
    still_ahead && (parted || if here { !named } else { month })
}

/// The day in `（牵头单位：…；完成时限：2025年6月底）` between `a` and `b`.
pub(crate) fn in_bracket(s: &[char], a: usize, b: usize, year: Option<i16>) -> Option<Date> {
    const LONGEST: usize = 24;
    const WORDS: &[&str] = &["完成时限", "完成时间", "办结时限", "整改时限", "时限要求", "时限"];
    let open = (a..b).find(|k| matches!(at(s, *k), '（' | '('))?;
    let (from, word) = (open..b).find_map(|k| Some((k, WORDS.iter().find(|w| has_at(s, k, w))?)))?;
    let colon = from + word.chars().count();
    if !matches!(at(s, colon), '：' | ':') {
        return None;
    }
    let rest = cut(s, colon + 1, colon + 1 + LONGEST);
    let end = rest
        .iter()
        .position(|c| matches!(c, '；' | ';' | '）' | ')' | '，' | ','))?;
    // `2025年6月底` is a last day, as `2025年6月底前` is.
    let mut words = cut(rest, 0, end).to_vec();
    if words.last() != Some(&'前') {
        words.push('前');
    }
    crate::dates::due(&words, year)
}

/// Whether the words name a unit that can be told to act; `全县` and `该县` tell of everybody.
pub(crate) fn is_unit(s: &[char]) -> bool {
    let all = matches!(at(s, 0), '全' | '该' | '我');
    s.len() >= 2 && !(all && s.len() <= 3) && owner_tails().before(s, s.len()).is_some()
}

/// What a clause of an undertaking says where verb and object alone do not show it, or show only a part of it.
///
/// `called`: the words before have called on somebody.
pub(crate) fn plainer(
    s: &[char],
    a: usize,
    b: usize,
    figures: &[Found],
    read: Reading,
    called: bool,
) -> Reading {
    const LONGEST: usize = 80;
    if b.saturating_sub(a) > LONGEST || b < a + 6 {
        return read;
    }
    let s = cut(s, 0, b);
    if called && let Some(rule) = rule(s, a, b, read) {
        return rule;
    }
    if read != Reading::Nothing {
        return read;
    }
    if let Some(row) = dated(s, a, b, figures) {
        return Reading::Row(row);
    }
    if called && let Some(row) = unit_acts(s, a, b, figures).or_else(|| reaches(s, a, b, figures)) {
        return Reading::Row(row);
    }
    read
}

/// `全年固定资产投资增速不低于9%`, `3岁以下婴幼儿托位新增600个`: something reaches a number.
fn reaches(s: &[char], a: usize, b: usize, figures: &[Found]) -> Option<Row> {
    const WORDS: &[&str] = &[
        "不低于",
        "不少于",
        "不超过",
        "不高于",
        "达到",
        "提高到",
        "提升到",
        "增加到",
        "扩大到",
        "控制在",
        "稳定在",
        "保持在",
        "降到",
        "降至",
        "新增",
        "净增",
        "突破",
        "压减到",
        "缩短到",
    ];
    const SHORTEST_NAME: usize = 4;
    let start = lead_end(s, a, b);
    let closing = figures_within(figures, a, b).last().filter(|f| f.end + 3 >= b)?;
    let word = WORDS
        .iter()
        .find(|w| crate::chars::has_before(s, closing.start, w))?;
    let verb = closing.start - word.chars().count();
    // `已建成…`, `只有…`, and what is told of another.
    let told = ["已", "仅", "只有", "曾", "为何"]
        .iter()
        .any(|w| contains(cut(s, start, verb), w));
    let asked = cut(s, start, verb).iter().any(|c| matches!(c, '“' | '”'));
    (!told && !asked && verb >= start + SHORTEST_NAME).then(|| Row {
        bare: false,
        ..row(start, verb, true)
    })
}

fn row(start: usize, action: usize, figure: bool) -> Row {
    Row {
        start,
        action,
        verb_end: action,
        verb: Verb::Deliver,
        subject: None,
        bare: true,
        target: figure,
        concrete: true,
    }
}

/// `景区周边停车场小型车收费每次不得超过10元`: the rule with what it is for.
fn rule(s: &[char], a: usize, b: usize, read: Reading) -> Option<Reading> {
    const WORDS: &[&str] = &["不得", "严禁", "禁止", "不准", "一律"];
    let at_word = (a..b).find(|k| WORDS.iter().any(|w| has_at(s, *k, w)))?;
    let start = lead_end(s, a, b);
    let cut_off = match read {
        Reading::Row(found) => found.start > start,
        Reading::Prefix | Reading::Nothing => true,
    };
    (cut_off && at_word >= start && b >= at_word + 4).then(|| Reading::Row(row(start, at_word, false)))
}

/// `500万元贷款7月22日前放款`: what is to be done by a day, whatever the verb is.
fn dated(s: &[char], a: usize, b: usize, figures: &[Found]) -> Option<Row> {
    let (from, to) = last_day(cut(s, a, b)).map(|(x, y)| (a + x, a + y))?;
    let start = lead_end(s, a, b).min(from);
    let behind = cut(s, to, b);
    let words = |part: &[char]| part.iter().filter(|c| is_han(**c) || c.is_alphanumeric()).count();
    let told = ["记者", "据", "截至", "截止", "自", "从"]
        .iter()
        .any(|w| has_at(s, start, w));
    // `1月31日前报送的方案` only names something.
    let names = cut(behind, 0, 10).contains(&'的')
        && !(0..behind.len()).any(|k| verb_at(behind, k).is_some_and(|(_, n)| n > 1));
    if told || names || words(behind) < 2 || words(cut(s, start, from)) + words(behind) < 4 {
        return None;
    }
    let figure = figures_within(figures, a, b).next().is_some();
    Some(row(start, to, figure))
}

/// `县财政局对提前完工的每亩奖补50元`: a unit, and what it does to whom.
fn unit_acts(s: &[char], a: usize, b: usize, figures: &[Found]) -> Option<Row> {
    const LONGEST_NAME: usize = 16;
    let start = lead_end(s, a, b);
    let k = (start + 2..b.min(start + LONGEST_NAME)).find(|k| {
        is_unit(cut(s, start, *k))
            && (matches!(at(s, *k), '对' | '把' | '给' | '按' | '为' | '向' | '从')
                || has_at(s, *k, "会同")
                || time_len(s, *k) > 0
                || adverbs().at(s, *k).is_some_and(|n| n > 1)
                || verb_at(s, *k).is_some_and(|(_, n)| n > 1))
    })?;
    let name = cut(s, start, k);
    let figure = figures_within(figures, k, b).next().is_some();
    let verb = (k..b).any(|i| verb_at(s, i).is_some_and(|(verb, n)| n > 1 && verb >= Verb::Measure));
    let official =
        matches!(at(name, 0), '县' | '市' | '区' | '旗' | '镇' | '乡' | '各') || contains(name, "单位");
    (official && (figure || verb) && b >= k + 5).then(|| Row {
        subject: Some((start, k)),
        ..row(start, k, figure)
    })
}
