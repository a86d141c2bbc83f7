//! Does a paragraph tell what was done, or what is to be done? From the title, the headings and the words of time.

use crate::chars::{at, cut, digit, has_at, is_stop};
use crate::dates::{season, year_at};
use crate::stream::Stream;
use crate::tables::{future_words, past_headings, past_words, plan_headings, plan_titles, year_plan_tails};
use crate::years::usual_year;

/// How the clauses of a paragraph are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stance {
    /// What was done: no row without an express future.
    Past,
    /// What is to be done: a bare verb is an undertaking.
    Plan,
    /// Neither: only 要, 将 and the like make an undertaking.
    Open,
}

/// What the whole article is about in time.
#[derive(Clone, Debug)]
pub(crate) struct Stances {
    /// One for each paragraph.
    pub(crate) paragraphs: Vec<Stance>,
    /// The year that a plan is for.
    pub(crate) plan_year: Option<i16>,
}

/// Reads the stance of every paragraph.
pub(crate) fn stances(
    stream: &Stream,
    title: Option<&str>,
    plan_year: Option<i16>,
    page_year: Option<i16>,
    written: Option<jiff::civil::Date>,
) -> Stances {
    let title: Vec<char> = title
        .unwrap_or("")
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let s = &stream.chars;
    let report = reports(&title);
    let news = crate::pieces::dateline(s, 0).is_some();
    let yearly = (0..title.len()).any(|i| year_at(&title, i).is_some());
    let tasks = yearly && year_plan_tails().before(&title, title.len()).is_some();
    let titled_plan = (plan_titles().any_in(&title) || tasks) && !report && !news;
    let (future, past) = (future_words().count_in(s), past_words().count_in(s));
    let speaks_of_future = future >= 4 && future > past && !news;
    // `关于2022年度督查事项办理情况的通报` tells of what was done, whatever it announces at its end.
    let told = ["通报", "情况报告", "情况的报告"]
        .iter()
        .any(|w| crate::chars::has_before(&title, title.len(), w));
    let plan = titled_plan && (future * 2 >= past || past < 8) || speaks_of_future && !told;
    // `2023—2024年度今冬明春…动员会`: the deeds begin in the first year.
    let headed_year = (0..title.len())
        .find_map(|i| season(&title, i))
        .or_else(|| (0..title.len()).find_map(|i| Some(year_at(&title, i)?.0)));
    let plan_heading_year = stream
        .paragraphs
        .iter()
        .filter_map(|p| heading_of(cut(s, p.start, p.end), p.heading))
        .filter(|text| plan_headings().any_in(text))
        .find_map(|text| (0..text.len()).find_map(|i| year_at(text, i)));
    let plan_year = plan_year
        .or(plan_heading_year.map(|(year, _)| year))
        .or(headed_year.filter(|_| !told))
        .or_else(|| usual_year(cut(s, 0, 400)))
        .or(page_year);
    // A plan that ended before its document was written is none.
    let plan_year = match (plan_year, written) {
        (Some(year), Some(day)) if year < day.year() => Some(day.year()),
        (year, _) => year,
    };
    let mut now = if plan { Stance::Plan } else { Stance::Open };
    let mut paragraphs = Vec::with_capacity(stream.paragraphs.len());
    for paragraph in &stream.paragraphs {
        let text = cut(s, paragraph.start, paragraph.end);
        let heading = heading_of(text, paragraph.heading);
        if let Some(heading) = heading
            && let Some(found) = heading_stance(heading, plan_year, report || is_numbered(heading))
        {
            now = found;
        }
        let own = opening_stance(text, plan_year);
        // `过去的一年，…` in the opening of a section holds on, `今年，…` likewise.
        paragraphs.push(own.unwrap_or(now));
        if let Some(own) = own
            && report
        {
            now = own;
        }
    }
    Stances {
        paragraphs,
        plan_year,
    }
}

/// Whether a title is that of a report or a speech; `政府工作报告任务分解` tells what is to be done of it.
fn reports(title: &[char]) -> bool {
    let named = (0..title.len())
        .rev()
        .find(|i| ["报告", "讲话", "通报"].iter().any(|w| has_at(title, *i, w)));
    named.is_some_and(|i| {
        let behind = cut(title, i + 2, title.len());
        !plan_titles().any_in(behind) && !crate::chars::contains(behind, "任务")
    })
}

/// The heading of a paragraph: the paragraph itself, or a numbered first sentence.
fn heading_of(text: &[char], heading: bool) -> Option<&[char]> {
    if heading {
        return Some(text);
    }
    if !is_numbered(text) {
        return None;
    }
    let end = text.iter().take(50).position(|c| is_stop(*c)).unwrap_or(0);
    (end > 0).then(|| cut(text, 0, end))
}

/// `一、` or `第一部分`
fn is_numbered(text: &[char]) -> bool {
    let numeral = |c: char| {
        matches!(
            c,
            '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十'
        )
    };
    numeral(at(text, 0)) && (at(text, 1) == '、' || numeral(at(text, 1)) && at(text, 2) == '、')
        || (at(text, 0) == '第' && numeral(at(text, 1)) && has_at(text, 2, "部分"))
}

fn heading_stance(heading: &[char], plan_year: Option<i16>, strong: bool) -> Option<Stance> {
    let year = (0..heading.len())
        .find_map(|i| year_at(heading, i))
        .map(|(year, _)| year);
    if !strong && year.is_none() {
        return None;
    }
    let next = ["今年", "下一步", "下步", "安排", "打算", "整改", "解决"]
        .iter()
        .any(|w| crate::chars::contains(heading, w));
    if past_headings().any_in(heading) && !next {
        return Some(Stance::Past);
    }
    if plan_headings().any_in(heading) {
        return Some(Stance::Plan);
    }
    match (year, plan_year) {
        (Some(year), Some(plan)) if year < plan => Some(Stance::Past),
        (Some(year), Some(plan)) if year >= plan => Some(Stance::Plan),
        _ => None,
    }
}

/// What the first words of a paragraph say about its time.
fn opening_stance(text: &[char], plan_year: Option<i16>) -> Option<Stance> {
    let lead = cut(text, 0, 30);
    let says = |list: &[&str]| list.iter().any(|w| crate::chars::contains(lead, w));
    if says(&[
        "过去一年",
        "过去的一年",
        "一年来",
        "五年来",
        "去年以来",
        "回顾",
        "过去五年",
    ]) {
        return Some(Stance::Past);
    }
    if let Some((year, end)) = year_at(text, 0)
        && plan_year.is_some_and(|plan| year < plan)
        && !has_at(text, end, "度")
        && !lead.iter().any(|c| digit(*c).is_some() && matches!(*c, '底'))
        && past_words().any_in(cut(text, 0, 120))
    {
        return Some(Stance::Past);
    }
    if says(&[
        "今年，我们",
        "今年,我们",
        "今年要",
        "新的一年",
        "今年工作的总体要求",
        "主要预期目标",
    ]) {
        return Some(Stance::Plan);
    }
    None
}
