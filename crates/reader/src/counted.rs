//! Lists held against the number that the text gives for them: `教育、医疗、住房三类`, `六点意见：一要…六要…`.

use crate::chars::{at, before, cut, is_han, is_stop};
use crate::checks::{check, count_of};
use crate::figures::Found;
use crate::lists::cut_at;
use crate::model::Check;
use crate::numeral::number_at;
use crate::rows::figures_within;
use crate::stream::Stream;
use crate::tables::{adverbs, deliver_verbs, measure_verbs};

/// `教育、医疗、民政、住房四类政策`: the list in front of its own number.
pub(crate) fn listed(stream: &Stream, figure: &Found, figures: &[Found]) -> Option<Check> {
    let s = &stream.chars;
    let n = count_of(figure).filter(|n| (2..=20).contains(n))?;
    let mut end = figure.start;
    let open = before(s, end) == '等';
    if open || matches!(before(s, end), '共' | '这') {
        end -= 1;
    }
    // A list stands in one paragraph, behind the number of its point.
    let paragraph = stream.paragraphs.partition_point(|p| p.start <= figure.start);
    let paragraph = paragraph.checked_sub(1).and_then(|k| stream.paragraphs.get(k));
    let begins = paragraph.map_or(0, |p| p.start + crate::times::enumerator(s, p.start));
    let from = list_start(s, end).max(begins);
    let from = from + crate::pieces::dateline(s, from).unwrap_or(0);
    let from = from + opening_verb(cut(s, from, end));
    let mut items = cut_at(s, from, end, &['、']);
    // `“盛世”“古城”“童趣”三个主题区`
    if let [(a, b)] = items.as_slice() {
        items = quoted(s, *a, *b);
    }
    // `项目、民生和环境三件`: the last mark of a list may be a word. It may also stand inside a name, so it divides only
    // where the number says so.
    if items.len() + 1 == n
        && let Some((a, b)) = items.last().copied()
        && let Some(word) = (a + 1..b.saturating_sub(1)).find(|k| matches!(at(s, *k), '和' | '与' | '及'))
    {
        items.pop();
        items.extend([(a, word), (word + 1, b)]);
    }
    if items.len() < 2 || figures_within(figures, from, end).next().is_some() {
        return None;
    }
    // `工业园三期、创业园、商贸园5个建设`: five of the last one, where no noun but a verb follows.
    let verb = deliver_verbs().at(s, figure.end).is_some_and(|n| {
        let behind = at(s, figure.end + n);
        !is_han(behind)
    });
    let own_noun = !verb && is_han(at(s, figure.end)) || matches!(at(s, figure.end), '“' | '”');
    // `县发改局、住建局和三个乡镇`: what is counted is one more of the list.
    let one_more = items
        .last()
        .is_some_and(|(_, b)| matches!(before(s, *b), '和' | '与' | '及'));
    if one_more {
        return None;
    }
    let holds = items.len() == n;
    if !holds {
        let verbs = items.iter().any(|(a, b)| {
            (*a..*b).any(|k| {
                deliver_verbs()
                    .at(s, k)
                    .is_some_and(|v| k + v <= *b && (v == b - a || k > *a))
                    || (k > *a && measure_verbs().at(s, k).is_some_and(|v| v >= 2))
            })
        });
        let long = items.iter().any(|(a, b)| b - a > 14);
        if open && items.len() < n || verbs || long || !own_noun || items.len().abs_diff(n) > 2 {
            return None;
        }
    }
    let names: Vec<String> = items.iter().map(|(a, b)| stream.quote(*a, *b)).collect();
    let sign = if holds { "=" } else { "≠" };
    let statement = format!(
        "列名{}（{}）{sign}{n}{}",
        items.len(),
        names.join("、"),
        figure.unit
    );
    Some(check(
        stream,
        from,
        figure.span().1.max(figure.end),
        statement,
        holds,
    ))
}

/// `落实` of `落实教育、医疗…`: the verb before a list is no part of its first item.
fn opening_verb(list: &[char]) -> usize {
    let mut n = 0usize;
    while let Some(more) = measure_verbs()
        .at(list, n)
        .or_else(|| deliver_verbs().at(list, n))
        .or_else(|| adverbs().at(list, n))
    {
        n += more;
    }
    let rest = cut(list, n, list.len())
        .iter()
        .take_while(|c| **c != '、')
        .count();
    if rest >= 2 { n } else { 0 }
}

/// Where the list that ends at `end` begins: after the mark before it, quotations and brackets aside.
fn list_start(s: &[char], end: usize) -> usize {
    const LONGEST: usize = 120;
    let mut depth = 0i32;
    let mut i = end;
    while i > 0 && end - i < LONGEST {
        let c = before(s, i);
        if matches!(c, '”' | '）' | ')' | '》') {
            depth += 1;
        } else if matches!(c, '“' | '（' | '(' | '《') {
            depth -= 1;
            if depth < 0 {
                return i;
            }
        } else if depth == 0 && (is_stop(c) || matches!(c, '，' | ',' | '；' | ';' | '：' | ':')) {
            return i;
        }
        i -= 1;
    }
    i
}

/// The names in quotation marks, where nothing but such names stands from `a` to `b`.
fn quoted(s: &[char], a: usize, b: usize) -> Vec<(usize, usize)> {
    let mut items = Vec::new();
    let mut i = (a..b.min(a + 6)).find(|k| at(s, *k) == '“').unwrap_or(a);
    while i < b && at(s, i) == '“' {
        let Some(close) = (i..b).find(|k| at(s, *k) == '”') else {
            break;
        };
        items.push((i, close + 1));
        i = close + 1;
    }
    if i == b { items } else { vec![(a, b)] }
}

/// How a list is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// 一是
    Is,
    /// 一要
    Must,
    /// 一、 at the head of a paragraph
    Plain,
    /// （一）
    Bracket,
    /// 1. at the head of a paragraph
    Digit,
    /// （1）
    DigitBracket,
}

/// Every list number of a body, so that each list is counted without reading the body again.
#[derive(Debug, Default)]
pub(crate) struct Items {
    found: Vec<(usize, Form, usize)>,
}

impl Items {
    pub(crate) fn of(stream: &Stream) -> Items {
        let s = &stream.chars;
        let mut found = Vec::new();
        let heads: Vec<usize> = stream.paragraphs.iter().map(|p| p.start).collect();
        for i in 0..s.len() {
            let c = at(s, i);
            let numeral = "一二三四五六七八九十".contains(c) || c.is_ascii_digit() || matches!(c, '（' | '(');
            if !numeral {
                continue;
            }
            let left = before(s, i);
            let head = heads.binary_search(&i).is_ok();
            // 一是 stands behind a mark, the others at the head of a paragraph.
            if !head && (is_han(left) || left.is_ascii_alphanumeric() || left == '、') {
                continue;
            }
            let bracket = matches!(c, '（' | '(');
            let from = i + usize::from(bracket);
            let Some(number) = number_at(cut(s, 0, from + 3), from).filter(|n| !n.bare && !n.over) else {
                continue;
            };
            let Some(n) = usize::try_from(i64::try_from(number.value).unwrap_or(0)).ok() else {
                continue;
            };
            let mark = at(s, number.end);
            let form = match (mark, number.arabic) {
                ('是', false) if !bracket => Form::Is,
                ('要', false) if !bracket => Form::Must,
                ('、', false) if !bracket && head => Form::Plain,
                ('）' | ')', false) if bracket && (head || is_stop(left)) => Form::Bracket,
                ('）' | ')', true) if bracket && head => Form::DigitBracket,
                ('.' | '．' | '、', true) if !bracket && head => Form::Digit,
                _ => continue,
            };
            if (1..=40).contains(&n) {
                found.push((i, form, n));
            }
        }
        Items { found }
    }

    /// The list that begins at or behind `from` and before `to`: its first place, form, how many items it counts to, and
    /// whether another list of the form begins inside it.
    fn list(&self, from: usize, to: usize) -> Option<(usize, Form, usize, bool)> {
        const REACH: usize = 4000;
        let k = self.found.partition_point(|(i, _, _)| *i < from);
        let (first, form, _) = *self
            .found
            .get(k..)?
            .iter()
            .take_while(|(i, _, _)| *i < to)
            .find(|(_, _, n)| *n == 1)?;
        let mut count = 1usize;
        let mut again = false;
        let behind = self
            .found
            .iter()
            .skip(k)
            .filter(|(i, f, _)| *i > first && *f == form);
        for (_, _, n) in behind.take_while(|(i, _, _)| *i < first + REACH) {
            if *n == count + 1 {
                count += 1;
            } else if *n == 1 {
                again = true;
                break;
            }
        }
        Some((first, form, count, again))
    }
}

/// `六点意见：一要…二要…`, `七个方面工作：（一）…`: the numbered points behind the number.
pub(crate) fn numbered(stream: &Stream, figure: &Found, items: &Items) -> Option<Check> {
    const REACH: usize = 60;
    let s = &stream.chars;
    let n = count_of(figure).filter(|n| (2..=20).contains(n))?;
    if !["方面", "点", "个", "项", "条", "大项", "件", "类"].contains(&figure.unit.as_str()) {
        return None;
    }
    let (first, form, count, again) = items.list(figure.end, figure.end + REACH)?;
    let between = cut(s, figure.end, first);
    // `六点意见：一要`: nothing but what is counted stands between.
    let noun = between.iter().take_while(|c| is_han(**c)).count();
    let close = noun <= 12 && noun + 1 == between.len();
    let stops = between.iter().filter(|c| is_stop(**c)).count();
    if count < 2 || count.abs_diff(n) > 2 || stops > 1 {
        return None;
    }
    let holds = count == n;
    // A fault is stated only where no second reading is left: right behind, and what is counted is something to be listed.
    let listing = crate::tables::listed_things().any_in(cut(between, 0, noun))
        || figure.unit == "方面"
        || figure.unit == "点";
    if !holds && (!close || again || !listing || figure.qualifier.is_some()) {
        return None;
    }
    let write = |n: usize| -> String {
        let numeral = ORDER
            .get(n - 1)
            .map_or_else(|| n.to_string(), |c| (*c).to_string());
        match form {
            Form::Is => format!("{numeral}是"),
            Form::Must => format!("{numeral}要"),
            Form::Plain => format!("{numeral}、"),
            Form::Bracket => format!("（{numeral}）"),
            Form::Digit => format!("{n}."),
            Form::DigitBracket => format!("（{n}）"),
        }
    };
    let sign = if holds { "=" } else { "≠" };
    let statement = format!(
        "{}至{}，列出{count}{sign}{n}{}",
        write(1),
        write(count),
        figure.unit
    );
    let (a, b) = figure.span();
    Some(check(stream, a, b, statement, holds))
}

const ORDER: [char; 10] = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];
