//! List numbers and words of time at the head of a clause: `（一）`, `一是`, `2020年6月底前`, `每周三晚上`, `在一周内`.

use crate::chars::{at, cut, digit, has_at};

/// The length of a list number at `i`: `（一）`, `1.`, `一是`, `二要`, `①`.
pub(crate) fn enumerator(s: &[char], i: usize) -> usize {
    let numeral = |c: char| digit(c).is_some() || "一二三四五六七八九十".contains(c);
    let bracket = matches!(at(s, i), '（' | '(');
    let from = if bracket { i + 1 } else { i };
    let mut k = from;
    while numeral(at(s, k)) && k - from < 3 {
        k += 1;
    }
    if matches!(at(s, i), '①'..='⑳') {
        return 1;
    }
    let closing = if bracket {
        matches!(at(s, k), '）' | ')')
    } else {
        matches!(at(s, k), '、' | '是' | '要' | '．') || (at(s, k) == '.' && !decimal(s, k + 1))
    };
    if k > from && closing { k + 1 - i } else { 0 }
}

/// Whether the digits at `i` are decimal places: not the month of `1.4月底前` nor the year of `2.2024年`.
fn decimal(s: &[char], i: usize) -> bool {
    let n = cut(s, i, i + 5)
        .iter()
        .take_while(|c| digit(**c).is_some())
        .count();
    n > 0 && !(n <= 2 && at(s, i + n) == '月') && !(n == 4 && at(s, i + n) == '年')
}

/// `2020年6月底前`, `到2025年`, `三季度`, at the head of a clause.
pub(crate) fn time_len(s: &[char], i: usize) -> usize {
    // Most characters begin no words of time.
    let first = at(s, i);
    let begins = matches!(
        first,
        '每' | '在'
            | '于'
            | '到'
            | '自'
            | '从'
            | '年'
            | '上'
            | '下'
            | '即'
            | '近'
            | '一'
            | '两'
            | '二'
            | '三'
            | '四'
            | '五'
            | '六'
            | '七'
            | '八'
            | '九'
            | '十'
            | '半'
    );
    if !begins && digit(first).is_none() {
        return 0;
    }
    let mut k = i;
    let span = span_len(s, i);
    if span > 0 {
        return span;
    }
    if matches!(at(s, k), '到' | '在' | '于' | '自' | '从')
        && (digit(at(s, k + 1)).is_some() || at(s, k + 1) == '年')
    {
        k += 1;
    }
    let mut seen = false;
    loop {
        let from = k;
        while digit(at(s, k)).is_some() {
            k += 1;
        }
        let unit = at(s, k);
        if k > from
            && matches!(unit, '年' | '月' | '日' | '时' | '号')
            && !matches!(at(s, k + 1), '度' | '产')
        {
            k += 1;
            seen = true;
        } else {
            k = from;
            break;
        }
    }
    if !seen {
        let words = [
            "年底前",
            "年底",
            "年末",
            "年内",
            "上半年",
            "下半年",
            "一季度",
            "二季度",
            "三季度",
            "四季度",
            "即日起",
            "近期",
        ];
        return words
            .iter()
            .find(|w| has_at(s, k, w))
            .map_or(0, |w| until(s, k + w.chars().count()) - i);
    }
    while matches!(at(s, k), '上' | '中' | '下') && at(s, k + 1) == '旬' {
        k += 2;
    }
    while matches!(at(s, k), '底' | '末' | '前' | '内' | '初' | '起' | '以') || has_at(s, k, "之前")
    {
        k += 1;
    }
    until(s, k) - i
}

/// The end of `至12月中旬`, if it stands at `k` behind 起.
fn until(s: &[char], k: usize) -> usize {
    if crate::chars::before(s, k) == '起' && matches!(at(s, k), '至' | '到') && digit(at(s, k + 1)).is_some()
    {
        return k + 1 + time_len(s, k + 1);
    }
    k
}

/// `在一周内`, `2个工作日内`, `每2小时`, `每周三晚上`, `每月25日前`.
fn span_len(s: &[char], i: usize) -> usize {
    const UNITS: &[&str] = &[
        "个工作日",
        "个小时",
        "个月",
        "小时",
        "分钟",
        "工作日",
        "学期",
        "季度",
        "半年",
        "星期",
        "天",
        "日",
        "周",
        "月",
        "年",
        "季",
    ];
    let numeral = |c: char| digit(c).is_some() || "一两二三四五六七八九十半".contains(c);
    let unit_at = |k: usize| UNITS.iter().find(|w| has_at(s, k, w)).map(|w| w.chars().count());
    let every = at(s, i) == '每';
    let mut k = i + usize::from(every || matches!(at(s, i), '在' | '于'));
    k += usize::from(every && at(s, k) == '逢');
    let from = k;
    if every && at(s, k) == '个' {
        k += 1;
    }
    while numeral(at(s, k)) && k - from < 4 {
        k += 1;
    }
    let counted = k > from;
    let Some(n) = unit_at(k) else { return 0 };
    k += n;
    if every {
        // `每周三`, `每月第一个星期六`, `每月25日前`, `每周五下午`
        if at(s, k) == '第' {
            k += 1;
        }
        while numeral(at(s, k))
            || matches!(at(s, k), '日' | '号' | '个' | '至' | '周' | '末')
            || has_at(s, k, "星期")
        {
            k += 1 + usize::from(has_at(s, k, "星期"));
        }
        for word in ["上午", "下午", "晚上", "晚", "之前", "前"] {
            if has_at(s, k, word) {
                k += word.chars().count();
            }
        }
        return k - i;
    }
    let inside = ["之内", "以内", "内"].iter().find(|w| has_at(s, k, w));
    match inside {
        Some(word) if counted => k + word.chars().count() - i,
        _ => 0,
    }
}
