//! In which year a page without a printed day was written: the years that it names, the events and feasts of the time.

use std::collections::BTreeMap;

use crate::chars::{at, before, contains, cut, digit, has_at, is_comma, is_stop};
use crate::dates::{count_at, season, year_at};
use crate::numeral::number_at;
use crate::tables::{EventYear, event_leads, event_years};

/// The year that a text speaks of most, business years (年度), years ahead and years held against aside; later ones win
/// a tie. Where no year counts, the one that an event of the time stands for.
pub(crate) fn usual_year(s: &[char]) -> Option<i16> {
    let named = most_named(s);
    let honoured = year_after_honours(s);
    match (named, honoured) {
        // `2023年全旗新登记…` at a meeting on the results of 2023.
        (Some((year, weight)), Some(next)) if weight < 3 && year.checked_add(1) == Some(next) => Some(next),
        // A year named once or twice is of the past where a feast of a later one is at hand.
        (Some((year, weight)), _) if weight < 3 => {
            let later = |event: &i16| *event > year && *event < year.saturating_add(10);
            year_of_events(s).filter(later).or(Some(year))
        }
        (Some((year, _)), _) => Some(year),
        (None, _) => year_of_events(s).or(honoured),
    }
}

/// `“十三五”收官之年` is 2020, `第35个教师节` 2019 (`data/years.txt`).
fn year_of_events(s: &[char]) -> Option<i16> {
    let plain: Vec<char> = s
        .iter()
        .filter(|c| !c.is_whitespace() && !matches!(c, '“' | '”' | '"' | '\''))
        .copied()
        .collect();
    // The text is gone through once, for all events together; the first of the table that it speaks of counts.
    let events = event_years();
    let mut best: Option<(usize, i16)> = None;
    let leads = event_leads();
    for i in 0..plain.len() {
        if leads.at(&plain, i).is_none() {
            continue;
        }
        for (n, event) in events.iter().enumerate() {
            if best.is_some_and(|(known, _)| known <= n) {
                break;
            }
            if event.first() != plain.get(i).copied() {
                continue;
            }
            let year = match event {
                EventYear::Of(words, year) => follows(&plain, i, words).then_some(*year),
                EventYear::Counted { front, behind, base } => counted(&plain, i, front, behind, *base),
            };
            if let Some(year) = year {
                best = Some((n, year));
            }
        }
    }
    best.map(|(_, year)| year)
}

/// Whether the words stand at `i`, no more than a few characters apart: `十三五` `收官` in `“十三五”即将收官`.
fn follows(s: &[char], i: usize, words: &[String]) -> bool {
    const APART: usize = 6;
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    has_at(s, i, first) && {
        let mut k = i + first.chars().count();
        rest.iter().all(|word| {
            let found = (k..=k + APART).find(|j| has_at(s, *j, word));
            k = found.map_or(k, |j| j + word.chars().count());
            found.is_some()
        })
    }
}

/// `第35个教师节`: the number of the feast, counted from the year before its first.
fn counted(s: &[char], i: usize, front: &str, behind: &str, base: i16) -> Option<i16> {
    if !has_at(s, i, front) {
        return None;
    }
    let n = front.chars().count();
    let number = number_at(s, i + n).filter(|number| number.value.is_integer())?;
    if !has_at(s, number.end, behind) {
        return None;
    }
    let year = base.checked_add(i16::try_from(i64::try_from(number.value).ok()?).ok()?)?;
    (1950..2100).contains(&year).then_some(year)
}

/// `对2022年度“书香家庭”进行了表彰`: honours and results of a year are given in the next one.
fn year_after_honours(s: &[char]) -> Option<i16> {
    const REACH: usize = 40;
    (0..s.len()).find_map(|i| {
        let (year, end) = year_at(s, i).filter(|(_, end)| at(s, *end) == '度')?;
        let behind = cut(s, end, end + REACH);
        let honoured = ["表彰", "先进", "考核", "评价结果", "测评结果"]
            .iter()
            .any(|w| contains(behind, w));
        let next = year.checked_add(1)?;
        honoured.then_some(next)
    })
}

/// The year that is named most often, and its weight.
fn most_named(s: &[char]) -> Option<(i16, usize)> {
    let mut counts: BTreeMap<i16, usize> = BTreeMap::new();
    if let Some(year) = own_number(s) {
        counts.insert(year, 2);
    }
    let late = written_late(s);
    let mut reported: Vec<i16> = Vec::new();
    let mut i = 0usize;
    while i < s.len() {
        match year_at(s, i) {
            // `2024年冬至2025年春`: a winter's plan is written in its first year.
            Some((year, end)) if has_at(s, end, "冬至") && year_at(s, end + 2).is_some() => {
                *counts.entry(year).or_default() += 1;
                i = year_at(s, end + 2).map_or(end, |(_, end)| end);
            }
            Some((year, end)) => {
                // `2022年达到1400吨…；今年预计2100吨`: the year behind the last of a row of years.
                if now_behind(s, end) {
                    *counts.entry(year.saturating_add(1)).or_default() += 3;
                } else if !(at(s, end) == '度'
                    || elsewhere(s, i, end)
                    || told(s, i, end)
                    || late && set_to_work(s, i, end))
                {
                    // A whole day says more than a year.
                    let day = count_at(s, end, '月').is_some_and(|(_, k)| count_at(s, k, '日').is_some());
                    *counts.entry(year).or_default() += if day { 3 } else { 1 };
                    if period(s, end) {
                        reported.push(year);
                    }
                }
                i = end;
            }
            None => {
                // `2023—2024年度今冬明春`: a season's plan is written in its first year.
                if let Some(first) = season(s, i) {
                    *counts.entry(first).or_default() += 1;
                    i += 4;
                }
                i += 1;
            }
        }
    }
    let (year, weight) = counts
        .iter()
        .map(|(y, n)| (*y, *n))
        .max_by_key(|(y, n)| (*n, *y))?;
    // What was already counted in the year behind it was written then: `2016年至2019年…。2020年一季度发电…`.
    let next = year.checked_add(1)?;
    let later = reported.contains(&next) && weight < 3;
    Some(if later { (next, 1) } else { (year, weight) })
}

/// `建于2019年`, `2022年以来`, `到2025年`, `是2015年的1.5倍` speak of another year than the page's.
fn elsewhere(s: &[char], i: usize, end: usize) -> bool {
    let since = matches!(before(s, i), '于' | '自') || has_at(s, end, "以来") || has_at(s, end, "起");
    // `到2026年`, but also `2022年到2023年` and `截至2023年`.
    let until = before(s, i) == '到' && !crate::chars::has_before(s, i, "年到");
    let base = matches!(before(s, i), '是' | '比' | '较' | '从' | '由') && {
        let clause = clause(s, end);
        ["倍", "增", "升", "降", "减", "到", "提高", "攀"]
            .iter()
            .any(|w| contains(clause, w))
            && !["月", "季度", "底"]
                .iter()
                .any(|w| contains(cut(clause, 0, 4), w))
    };
    since || until || base
}

/// `部署2024年工作`: in December of the year before.
fn set_to_work(s: &[char], i: usize, end: usize) -> bool {
    ["部署", "谋划", "安排", "做好", "研究", "明确"]
        .iter()
        .any(|w| crate::chars::has_before(s, i, w))
        && contains(cut(s, end, end + 8), "工作")
}

/// Whether the news of a page are of the last two months of a year.
fn written_late(s: &[char]) -> bool {
    const REACH: usize = 12;
    let months: Vec<i8> = (0..s.len())
        .filter(|i| has_at(s, *i, "本报讯"))
        .filter_map(|i| {
            (i + 3..i + REACH)
                .find_map(|k| count_at(s, k, '月'))
                .map(|(month, _)| month)
        })
        .collect();
    !months.is_empty() && months.iter().all(|month| *month >= 11)
}

/// `2020年一季度发电…`, `2023年1至8月…`: numbers of a part of the year.
fn period(s: &[char], end: usize) -> bool {
    ["一季度", "前三季度", "上半年", "前"]
        .iter()
        .any(|w| has_at(s, end, w))
        && !["到", "建成", "完成前"]
            .iter()
            .any(|w| contains(clause(s, end), w))
}

/// Whether the last year of a row of years is followed by 今年 in its own sentence.
fn now_behind(s: &[char], end: usize) -> bool {
    const REACH: usize = 60;
    let behind = cut(s, end, end + REACH);
    let stop = behind.iter().position(|c| is_stop(*c)).unwrap_or(behind.len());
    let sentence = cut(behind, 0, stop);
    let now = (0..sentence.len()).find(|k| has_at(sentence, *k, "今年"));
    let row = (0..s.len().min(end))
        .rev()
        .take(REACH)
        .skip(5)
        .take_while(|k| !is_stop(at(s, *k)));
    let other = |k: usize| year_at(s, k).is_some();
    let mut earlier = row;
    now.is_some_and(|k| !(0..k).any(|j| other(end + j))) && earlier.any(other)
}

/// The words from `i` to the next comma or stop.
fn clause(s: &[char], i: usize) -> &[char] {
    const REACH: usize = 40;
    let rest = cut(s, i, i + REACH);
    let end = rest.iter().position(|c| is_comma(*c) || is_stop(*c));
    cut(rest, 0, end.unwrap_or(rest.len()))
}

/// The year in the number of the paper itself, at its head: `清政办发〔2023〕3号`.
fn own_number(s: &[char]) -> Option<i16> {
    const HEAD: usize = 80;
    let open = cut(s, 0, HEAD).iter().position(|c| matches!(c, '〔' | '［'))?;
    let digits: Vec<char> = cut(s, open + 1, open + 5)
        .iter()
        .filter(|c| digit(**c).is_some())
        .copied()
        .collect();
    let closed = matches!(at(s, open + 5), '〕' | '］');
    let year = digits.iter().try_fold(0i16, |year, c| {
        year.checked_mul(10)?.checked_add(i16::try_from(digit(*c)?).ok()?)
    })?;
    (closed && digits.len() == 4 && (1950..2100).contains(&year)).then_some(year)
}

/// `2019年，村里成立了合作社`: a year by itself at the head of a sentence of the past tells nothing of the page's.
fn told(s: &[char], i: usize, end: usize) -> bool {
    let opens = is_stop(before(s, i));
    let rest = cut(s, end, end + 120);
    let stop = rest
        .iter()
        .position(|c| crate::chars::is_stop(*c))
        .unwrap_or(rest.len());
    let sentence = cut(rest, 0, stop);
    let by_itself = opens && matches!(at(s, end), '，' | ',');
    // `2024年3月开工，目前…已封顶`: a month without a day.
    let month_only = count_at(s, end, '月').is_some_and(|(_, after)| count_at(s, after, '日').is_none());
    let ahead = ["将", "要", "计划", "目标", "力争", "确保", "预计", "拟"]
        .iter()
        .any(|w| contains(sentence, w));
    by_itself && !ahead && !cut(sentence, 0, 16).contains(&'全')
        || month_only && (crate::evidence::is_done(sentence) || sentence.contains(&'了'))
}
