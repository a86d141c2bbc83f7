//! Who is called on to do something, and by which words: 要, 须, 将, 要求, 负责, and the bracket `（责任单位：…）`.

use crate::chars::{at, before, cut, has_at};
use crate::clauses::Clause;
use crate::tables::{
    adverbs, context_words, deliver_verbs, disposal_verbs, lead_words, measure_verbs, not_calling,
    owner_tails,
};
use crate::times::time_len;

/// Words that make what follows an undertaking.
pub(crate) struct Call {
    /// Where the undertaking begins.
    pub(crate) after: usize,
    /// Who is called on.
    pub(crate) owner: Option<(usize, usize)>,
}

/// Finds 要, 须, 将 and the like in the head of a clause; in a text that looks ahead also `县住建局负责…`.
pub(crate) fn call(s: &[char], clause: &Clause, ahead: bool) -> Option<Call> {
    const HEAD: usize = 26;
    let (a, b) = (clause.start, clause.end);
    for word in [
        "下一步",
        "接下来",
        "今后一个时期",
        "下阶段",
        "下一阶段",
        "下步",
        "会议要求",
        "会议强调",
        "会议号召",
        "通告要求",
        "通知要求",
    ] {
        if has_at(s, a, word) {
            return Some(Call {
                after: a + word.chars().count(),
                owner: None,
            });
        }
    }
    for i in a..b.min(a + HEAD) {
        if let Some(close) = crate::clauses::closes_soon(s, i, b)
            && close > i
            && i > a
        {
            // What stands in quotation marks calls on nobody.
            if at(s, i) == '“' {
                break;
            }
        }
        if let Some(call) = asked(s, i, b) {
            return Some(call);
        }
        let answers = ahead && i > a + 1 && has_at(s, i, "负责") && owner_tails().before(s, i).is_some();
        let found = calling(s, i, a).or(answers.then_some(2));
        let Some(n) = found else { continue };
        let mut from = a;
        while let Some(n) = lead_words().at(s, from) {
            // `应急部门` begins with no 应.
            let names = [
                "重点任务",
                "重点部门",
                "重点行业",
                "重点企业",
                "重点单位",
                "重点领域",
                "重点项目",
                "主要领导",
                "主要负责",
            ];
            if names.iter().any(|w| has_at(s, from, w)) {
                break;
            }
            if from + n > i || adverbs().at(s, from).is_some_and(|more| more > n) {
                break;
            }
            from += n;
        }
        let mut subject = cut(s, from, i);
        // `各县（区）要`
        if matches!(subject.last(), Some('）' | ')'))
            && let Some(open) = subject.iter().rposition(|c| matches!(c, '（' | '('))
        {
            subject = cut(subject, 0, open);
        }
        let named = !subject.is_empty()
            && subject.len() <= 20
            && owner_tails().before(subject, subject.len()).is_some();
        let ours = ["我们", "我县", "我市", "我局"]
            .iter()
            .any(|w| crate::chars::contains(subject, w));
        return Some(Call {
            after: i + n,
            owner: (named && !ours).then_some((from, i)),
        });
    }
    None
}

/// `要求县供电公司5月10日前完成…`: who is asked stands behind the verb.
fn asked(s: &[char], i: usize, b: usize) -> Option<Call> {
    const LONGEST: usize = 20;
    ["要求", "责成", "责令"].iter().find(|w| has_at(s, i, w))?;
    let from = i + 2;
    (from + 2..b.min(from + LONGEST))
        .find(|k| owner_tails().before(s, *k).is_some() && begins_deed(s, *k))
        .map(|k| Call {
            after: k,
            owner: Some((from, k)),
        })
}

/// Whether a time, an adverb or a verb of deeds stands at `k`.
fn begins_deed(s: &[char], k: usize) -> bool {
    time_len(s, k) > 0
        || adverbs().at(s, k).is_some_and(|n| n > 1)
        || [deliver_verbs(), measure_verbs()]
            .iter()
            .any(|t| t.at(s, k).is_some_and(|n| n > 1))
}

/// The length of the calling word at `i`, if it calls.
fn calling(s: &[char], i: usize, start: usize) -> Option<usize> {
    let (left, right) = (before(s, i), at(s, i + 1));
    let within = not_calling().at(s, i).is_some()
        || (i > start && i.checked_sub(1).is_some_and(|j| not_calling().at(s, j).is_some()));
    if within {
        return None;
    }
    match at(s, i) {
        '要' => Some(1),
        '必' if right == '须' => Some(2),
        '务' if right == '必' => Some(2),
        '应' if right == '当' => Some(2),
        '须' if left != '必' => Some(1),
        // With nothing before it 将 is 把, unless an adverb follows: `将依法责令…`.
        '将' if i > start || begins_deed(s, i + 1) => {
            let next = i + 1 + usize::from(right == '将');
            let words = [adverbs(), deliver_verbs(), measure_verbs(), context_words()];
            // `还将外调7000只`: what is still to come; `将给…装上`: for whom.
            let goes_on = words.iter().any(|table| table.at(s, next).is_some())
                || matches!(at(s, next), '对' | '给' | '把')
                || matches!(left, '还' | '仍' | '都' | '也');
            // `将培训纳入计划`: 将 is 把.
            let disposes = i == start
                && (next + 2..(next + 20).min(s.len()))
                    .take_while(|k| !crate::chars::is_punct(at(s, *k)))
                    .any(|k| disposal_verbs().at(s, k).is_some_and(|n| n > 1));
            (goes_on && !disposes).then_some(next - i)
        }
        '拟' if deliver_verbs().at(s, i + 1).is_some() => Some(1),
        '预' if right == '计'
            && (time_len(s, i + 2) > 0 || begins_deed(s, i + 2) || has_at(s, i + 2, "今年")) =>
        {
            Some(2)
        }
        // `全县计划春播粮食38.5万亩`
        '计' if right == '划'
            && (i == start
                || owner_tails().before(s, i).is_some()
                || matches!(left, '县' | '市' | '区' | '年' | '我'))
            && (i + 3..i + 24)
                .take_while(|k| !crate::chars::is_punct(at(s, *k)))
                .any(|k| crate::chars::digit(at(s, k)).is_some()) =>
        {
            Some(2)
        }
        '打' if right == '算' && begins_deed(s, i + 2) => Some(2),
        '计' if right == '划' && deliver_verbs().at(s, i + 2).is_some() => Some(2),
        _ => None,
    }
}

/// Where a clause ends before a bracket that names who is responsible.
pub(crate) fn bracket_start(s: &[char], clause: &Clause) -> usize {
    match responsible(s, clause.start, clause.end) {
        Some((a, _)) => (clause.start..a)
            .rev()
            .find(|k| matches!(at(s, *k), '（' | '('))
            .unwrap_or(clause.end),
        None => clause.end,
    }
}

/// The unit in `（责任单位：…）`, `（牵头单位：…；配合单位：…）` or `（县发改局牵头，县财政局配合）` between `a` and `b`.
pub(crate) fn responsible(s: &[char], a: usize, b: usize) -> Option<(usize, usize)> {
    for open in (a..b).filter(|k| matches!(at(s, *k), '（' | '(')) {
        for word in [
            "责任单位",
            "牵头单位",
            "责任部门",
            "牵头部门",
            "主办单位",
            "责任领导单位",
        ] {
            let colon = open + 1 + word.chars().count();
            if has_at(s, open + 1, word) && matches!(at(s, colon), '：' | ':') {
                let end = (colon + 1..b.max(colon + 1) + 1)
                    .find(|k| matches!(at(s, *k), '；' | ';' | '）' | ')' | '，' | ',' | '。' | '\0'))?;
                return (end > colon + 1).then_some((colon + 1, end));
            }
        }
        if let Some(unit) = leads_in_bracket(s, open) {
            return Some(unit);
        }
    }
    None
}

/// `（县发改局牵头，…）`, `（各乡镇负责）`: the unit before 牵头 or 负责 in a bracket that holds nothing else.
fn leads_in_bracket(s: &[char], open: usize) -> Option<(usize, usize)> {
    const LONGEST: usize = 40;
    let end = (open + 1..open + LONGEST).find(|k| crate::chars::is_punct(at(s, *k)) && at(s, *k) != '、')?;
    let n = ["牵头负责", "牵头落实", "牵头", "负责落实", "负责"]
        .iter()
        .find_map(|w| crate::chars::has_before(s, end, w).then(|| w.chars().count()))?;
    let unit = end - n;
    (unit > open + 2 && owner_tails().before(s, unit).is_some()).then_some((open + 1, unit))
}
