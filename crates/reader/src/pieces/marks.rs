//! Lines that are nobody's text: the frame of a web page around a document, the sender of a report on a line of its own, and
//! the dateline of a paper under its own name.

use crate::byline::{self, Byline};
use crate::chars::{at, cut, dense, has_at, has_before, is_han, string};
use crate::pieces::{Piece, Shape};
use crate::tables::{not_bylines, page_buttons, web_labels};

/// `首页 > 政务公开 > 政府工作报告`, `发布日期：2025-01-20 来源：县政府办公室 浏览次数：12`, `打印本页 关闭窗口`.
pub(super) fn is_web_frame(text: &[char]) -> bool {
    const LONGEST: usize = 120;
    if text.len() > LONGEST {
        return false;
    }
    let mut steps = text.split(|c| matches!(c, '>' | '＞' | '›' | '»' | '→'));
    let first = dense(steps.next().unwrap_or_default());
    let home = [
        "首页",
        "主页",
        "网站首页",
        "当前位置",
        "您的位置",
        "您现在的位置",
        "所在位置",
    ]
    .iter()
    .any(|w| has_at(&first, 0, w) || has_before(&first, first.len(), w));
    if home && steps.next().is_some() {
        return true;
    }
    let words = || text.split(|c| c.is_whitespace() || matches!(c, '|' | '【' | '】' | '[' | ']'));
    let labelled = |word: &[char]| {
        web_labels()
            .at(word, 0)
            .is_some_and(|n| n == word.len() || crate::chars::is_colon(at(word, n)))
    };
    let labels = words().filter(|word| labelled(word)).count();
    // `来源：县统计局` alone stands under tables, too; two such labels stand on web pages only.
    let buttons = words()
        .filter(|word| !word.is_empty())
        .all(|word| page_buttons().is(word));
    labels >= 2 || buttons
}

/// `沱江晚报讯（记者 甲）…`: the length of a paper's own name and 讯 at the beginning of a line.
pub(super) fn paper_dateline(line: &[char]) -> Option<usize> {
    const NAME: std::ops::RangeInclusive<usize> = 3..=8;
    let end = (*NAME.start()..=*NAME.end()).find(|k| at(line, *k) == '讯')?;
    let name = cut(line, 0, end);
    let medium = [
        "日报",
        "晚报",
        "早报",
        "晨报",
        "商报",
        "都市报",
        "时报",
        "融媒",
        "新闻网",
        "电视台",
    ]
    .iter()
    .any(|w| has_before(name, end, w));
    let next = at(line, end + 1);
    let opens = next.is_whitespace() || matches!(next, '（' | '(' | '“' | '\0');
    (medium && opens && name.iter().all(|c| is_han(*c))).then_some(end + 1)
}

/// `（县公安局）` on a line by itself, behind an article that ended and before no text that could go on: who sent it in.
pub(super) fn lone_senders(chars: &[char], found: &mut [Piece]) {
    const NAME: std::ops::RangeInclusive<usize> = 2..=6;
    for i in 1..found.len() {
        let below = found
            .get(i - 1)
            .is_some_and(|p| p.closed && matches!(p.shape, Shape::Text | Shape::Dateline));
        let goes_on = found
            .get(i + 1)
            .is_some_and(|next| matches!(next.shape, Shape::Text));
        let Some(piece) = found
            .get_mut(i)
            .filter(|p| below && !goes_on && matches!(p.shape, Shape::Text))
        else {
            continue;
        };
        let line = cut(chars, piece.start, piece.end);
        let bracketed = matches!(at(line, 0), '（' | '(') && matches!(line.last(), Some('）' | ')'));
        let name = dense(cut(line, 1, line.len().saturating_sub(1)));
        let plain = NAME.contains(&name.len()) && name.iter().all(|c| is_han(*c));
        if bracketed && plain && !not_bylines().is(&name) && not_bylines().at(&name, 0).is_none_or(|n| n < 2)
        {
            let sent = Byline {
                authors: vec![string(&name)],
                ..Byline::default()
            };
            piece.shape = Shape::Byline(Box::new(sent));
        }
    }
}

/// `3` … `4` … `5`, each on a line by itself: the numbers of a document's pages, where they count on by one.
pub(super) fn page_numbers(chars: &[char], found: &mut [Piece]) {
    const MOST: usize = 3;
    let number = |p: &Piece| -> Option<u32> {
        let line = dense(cut(chars, p.start, p.end));
        let bare = line
            .strip_prefix(&['第'])
            .and_then(|l| l.strip_suffix(&['页']))
            .unwrap_or(&line);
        let digits = bare.len() <= MOST && bare.iter().all(char::is_ascii_digit);
        let plain = matches!(p.shape, Shape::Text) && digits;
        plain.then(|| string(bare).parse().ok()).flatten()
    };
    let alone: Vec<(usize, u32)> = found
        .iter()
        .enumerate()
        .filter_map(|(i, p)| Some((i, number(p)?)))
        .collect();
    for k in 0..alone.len() {
        let Some((i, own)) = alone.get(k).copied() else {
            continue;
        };
        let next_to = |other: Option<&(usize, u32)>| {
            other.is_some_and(|(j, n)| j.abs_diff(i) > 1 && n.abs_diff(own) == 1)
        };
        let counts = next_to(k.checked_sub(1).and_then(|k| alone.get(k))) || next_to(alone.get(k + 1));
        if counts && let Some(piece) = found.get_mut(i) {
            piece.shape = Shape::Folio;
        }
    }
}

/// `市公交集团供图`, `图片由县融媒体中心提供` on a line by itself: whose picture it is.
pub(super) fn lent(line: &[char]) -> Option<Byline> {
    const LONGEST: usize = 24;
    let text = dense(line);
    let marks =
        |c: &char| !is_han(*c) && !c.is_ascii_alphanumeric() && !matches!(c, '（' | '）' | '(' | ')' | '/');
    if text.len() > LONGEST || text.iter().any(marks) {
        return None;
    }
    let inner: &[char] = match (text.first(), text.last()) {
        (Some('（' | '('), Some('）' | ')')) => cut(&text, 1, text.len() - 1),
        _ => &text,
    };
    let name = inner.strip_suffix(&['供', '图']).or_else(|| {
        inner
            .strip_prefix(&['图', '片', '由'])?
            .strip_suffix(&['提', '供'])
    })?;
    (name.len() >= 2 && name.iter().all(|c| is_han(*c))).then(|| Byline {
        photographers: vec![string(name)],
        style: byline::Style::Photo,
        ..Byline::default()
    })
}
