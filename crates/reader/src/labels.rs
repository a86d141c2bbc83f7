//! Headings in the form of sentences, whose details follow.

use crate::calls::call;
use crate::chars::{at, before, cut};
use crate::clauses::{Clause, Sentence};
use crate::figures::Found;
use crate::rows::{Verb, effort, figures_within};
use crate::stream::Stream;
use crate::tables::{adverbs, deliver_verbs};
use crate::times::enumerator;

/// `一要推动经济持续回升。`, `提升城市功能。`, `（一）聚力产业升级，夯实发展根基。`: a heading in the form of a sentence;
/// its details follow.
///
/// `behind`: where the next sentence begins, in this paragraph or the next.
pub(crate) fn is_label(
    stream: &Stream,
    sentence: &Sentence,
    next: Option<&Sentence>,
    behind: Option<usize>,
    figures: &[Found],
) -> bool {
    let (a, b) = (sentence.start(), sentence.end());
    let s = &stream.chars;
    // `（牵头单位：县工信局）`
    if crate::calls::responsible(s, a, b).is_some() && matches!(at(s, a), '（' | '(') {
        return false;
    }
    // `重点抓好八个方面工作。一是…`
    let counted = [
        "方面工作",
        "项工作",
        "项重点工作",
        "方面任务",
        "项任务",
        "项举措",
        "项措施",
        "个方面",
    ];
    if behind.is_some_and(|next| enumerator(s, next) > 0)
        && counted.iter().any(|w| crate::chars::has_before(s, b, w))
        && !cut(s, a, b).contains(&'、')
    {
        return true;
    }
    let Some(next) = next.map(Sentence::start) else {
        let none = figures_within(figures, a, b).next().is_none();
        return none && heads_the_next_paragraph(s, a, b, behind);
    };
    if figures_within(figures, a, b).next().is_some()
        || enumerator(s, next) > 0
        || matches!(at(s, next), '（' | '(')
    {
        return false;
    }
    let from = a + enumerator(s, a);
    let addressed = |c: &Clause| call(s, c, false).is_some_and(|call| call.owner.is_some());
    if sentence.clauses.iter().any(addressed) {
        return false;
    }
    if from > a && !matches!(before(s, from), '是' | '要') {
        return b - a <= 45;
    }
    // `会议强调，一要…。要…`
    let spoken = |c: &&Clause| {
        let said = cut(s, c.start, c.end);
        c.end - c.start <= 12
            && ["强调", "指出", "要求"]
                .iter()
                .any(|w| crate::chars::contains(said, w))
    };
    // `要做好以下工作：一是…`: the head is the item behind the colon.
    let item = (1..sentence.clauses.len()).find(|k| {
        let colon = sentence
            .clauses
            .get(k - 1)
            .is_some_and(|c| matches!(c.mark, '：' | ':'));
        colon
            && sentence
                .clauses
                .get(*k)
                .is_some_and(|c| enumerator(s, c.start) > 0)
    });
    let a = item.and_then(|k| sentence.clauses.get(k)).map_or(a, |c| c.start);
    let skipped = sentence.clauses.iter().skip(item.unwrap_or(0));
    let own: Vec<&Clause> = skipped.skip_while(spoken).collect();
    // `一是聚焦稳增长，着力扩大有效投资。`: the head of an item whose details follow.
    if let [first, second] = own.as_slice() {
        let numbered = enumerator(s, first.start);
        let from = first.start + numbered;
        let slogan = effort(cut(s, 0, first.end), from, first.end).is_none_or(|verb| verb <= Verb::Effect);
        return numbered > 0 && slogan && b - a <= 30 && second.end == b && !cut(s, a, b).contains(&'“');
    }
    let [only] = own.as_slice() else { return false };
    let a = only.start;
    let from = a + enumerator(s, a);
    let quoted = cut(s, a, b).contains(&'“');
    let mut action = from;
    while let Some(n) = adverbs().at(s, action) {
        action += n;
    }
    let deliver = deliver_verbs().at(s, action).is_some() || deliver_verbs().at(s, from).is_some();
    let spelled_out = at(s, next) == '要' || !deliver;
    (from > a && b - a <= 28 && spelled_out) || (b - a <= 13 && !deliver && !quoted)
}

/// `（三）持之以恒稳粮农，推进乡村全面振兴。`: a numbered paragraph of one short sentence, whose details stand in the next
/// one; not one of a list.
fn heads_the_next_paragraph(s: &[char], a: usize, b: usize, behind: Option<usize>) -> bool {
    const LONGEST: usize = 36;
    let bracketed = matches!(at(s, a), '（' | '(') && "一二三四五六七八九十".contains(at(s, a + 1));
    let Some(next) = behind.filter(|_| bracketed && b - a <= LONGEST) else {
        return false;
    };
    let parts = cut(s, a, b)
        .iter()
        .filter(|c| crate::chars::is_comma(**c))
        .count();
    let listed = enumerator(s, next) > 0 && crate::chars::digit(at(s, next)).is_none();
    enumerator(s, a) > 0 && parts == 1 && !listed
}
