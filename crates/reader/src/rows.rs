//! One clause as an undertaking: its verb, its object, and the points for which a row is proposed.

use crate::chars::{at, cut, digit, has_at, is_han};
use crate::figures::Found;
use crate::tables::{
    Words, adverbs, closing_verbs, context_words, deed_results, deliver_verbs, disposal_verbs, effect_verbs,
    empty_objects, facility_nouns, keep_leads, lead_words, measure_verbs, object_words, owner_tails,
    single_deeds, slogan_verbs, target_verbs,
};
use crate::times::{enumerator, time_len};

/// How much a verb promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Slogan,
    Effect,
    Measure,
    Deliver,
}

/// What a clause is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    /// An undertaking.
    Row(Row),
    /// `对有合作意向的企业`: belongs to the clause after it.
    Prefix,
    /// Ground, attitude, or no verb.
    Nothing,
}

/// An undertaking found in a clause; places are positions in the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// Where the quote begins.
    pub(crate) start: usize,
    /// First character of the action (adverbs included).
    pub(crate) action: usize,
    /// One past the verb; the object begins here.
    pub(crate) verb_end: usize,
    pub(crate) verb: Verb,
    /// Who does it, if the clause names its subject.
    pub(crate) subject: Option<(usize, usize)>,
    /// Whether the clause begins with the deed itself, no subject before it.
    pub(crate) bare: bool,
    /// A number after a verb of reaching.
    pub(crate) target: bool,
    /// A concrete object, a number or a name was counted in.
    pub(crate) concrete: bool,
}

impl Row {
    /// `3条巴士将于7月18日正式开通`: the deed begins behind the day.
    pub(crate) fn opening(start: usize, deed: usize, end: usize) -> Row {
        Row {
            start,
            action: deed.min(end),
            verb_end: end,
            verb: Verb::Deliver,
            subject: None,
            bare: false,
            target: false,
            concrete: true,
        }
    }
}

/// A row is proposed from this many points on.
const THRESHOLD: i32 = 2;

/// Reads the clause from `a` to `b`; `figures` are those of the body.
///
/// `prefixed`: a clause such as `对…企业` stands before it and names its object.
pub(crate) fn reading(s: &[char], a: usize, b: usize, figures: &[Found], prefixed: bool) -> Reading {
    // What runs on for so long without a comma is no clause.
    const LONGEST: usize = 300;
    if b.saturating_sub(a) > LONGEST {
        return Reading::Nothing;
    }
    let s = cut(s, 0, b);
    let found = plain_reading(s, a, b, figures, prefixed);
    // `确保项目按期开工`: where nothing better is found, 确保 is the verb.
    if found == Reading::Nothing
        && let Some(k) = (a..b.min(a + 4)).find(|k| has_at(s, *k, "确保"))
        && crate::chars::before(s, k) != '为'
    {
        let figure = figures_within(figures, a, b).next();
        return judged(s, k, k, k, None, figure, prefixed);
    }
    found
}

fn plain_reading(s: &[char], a: usize, b: usize, figures: &[Found], prefixed: bool) -> Reading {
    let (start, i) = leads(s, a, b);
    let figure = figures_within(figures, a, b).next();
    if let Some((action, verb_start)) = verb_place(s, i, b) {
        return judged(s, start, action, verb_start, None, figure, prefixed);
    }
    if matches!(
        at(s, i),
        '对' | '与' | '同' | '把' | '就' | '由' | '向' | '将' | '联' | '给'
    ) && !has_at(s, i, "联合")
        && !has_at(s, i, "同步")
        || has_at(s, i, "会同")
    {
        return prepositional(s, start, i, b, figure);
    }
    // `深入田间地头开展技术服务`
    if ["深入", "走进", "下沉", "赴", "到"]
        .iter()
        .any(|w| has_at(s, i, w))
        && let found @ Reading::Row(_) = prepositional(s, start, i, b, figure)
    {
        return found;
    }
    // `涉及居民9800户` says more of the work before it.
    if has_at(s, i, "涉及") {
        return Reading::Nothing;
    }
    // `为老人体检2万人次`, `在主干道补植行道树4200株`; `在入口处公示收费标准` but not `在推进项目中`
    let place = at(s, i) == '在' && !matches!(s.last(), Some('中' | '上' | '下' | '时' | '后' | '间'));
    if (matches!(at(s, i), '为' | '在') && figure.is_some() || place)
        && let Reading::Row(found) = prepositional(s, start, i, b, figure)
        && (figure.is_some() || !matches!(crate::chars::before(s, found.action), '上' | '中' | '下'))
    {
        return Reading::Row(found);
    }
    if context_words().at(s, i).is_some() && figure.is_none() {
        return Reading::Nothing;
    }
    with_subject(s, start, i, b, figure)
}

/// A clause that somebody named is told to do, though its verb or object alone would not make a row: `明确专人盯办`,
/// `增加施工力量`, `每周到现场办公一次`.
pub(crate) fn told_to(s: &[char], a: usize, b: usize, figures: &[Found]) -> Reading {
    const LONGEST: usize = 60;
    if b.saturating_sub(a) > LONGEST || b < a + 4 {
        return Reading::Nothing;
    }
    let s = cut(s, 0, b);
    let (start, i) = leads(s, a, b);
    if context_words().at(s, i).is_some() || has_at(s, i, "涉及") {
        return Reading::Nothing;
    }
    let row = |action: usize, verb_end: usize, verb: Verb| {
        Reading::Row(Row {
            start,
            action,
            verb_end,
            verb,
            subject: None,
            bare: true,
            target: false,
            concrete: false,
        })
    };
    let timed = i > start && time_len(s, start) > 0;
    if let Some((action, from)) = verb_place(s, i, b) {
        return match verb_at(s, from) {
            // `滚动会商研判`
            Some((verb @ (Verb::Deliver | Verb::Measure), n))
                if from + n == b && n > 1 && from > action + 1 =>
            {
                row(action, b, verb)
            }
            Some((verb @ Verb::Effect, n)) if figures_within(figures, from, b).next().is_some() => {
                row(action, from + n, verb)
            }
            // `每季度开展一次专项督查`
            Some((verb @ (Verb::Deliver | Verb::Measure), n)) if timed => row(action, from + n, verb),
            _ => Reading::Nothing,
        };
    }
    let manner = adverbs().at(s, i).filter(|n| *n > 1 && i + n + 4 <= b);
    if let Some(n) = manner
        && empty_objects().before(s, b).is_none()
    {
        return row(i, i + n, Verb::Measure);
    }
    let counted = figures_within(figures, i, b).next().is_some();
    if timed || counted {
        return row(i, i, Verb::Measure);
    }
    Reading::Nothing
}

/// The verb that a clause leads with, if it leads with one: what effort it asks for.
pub(crate) fn effort(s: &[char], a: usize, b: usize) -> Option<Verb> {
    let (_, i) = leads(s, a, b);
    let (_, verb) = verb_place(s, i, b)?;
    verb_at(s, verb).map(|(verb, _)| verb)
}

/// The figures that lie in `a..b`.
pub(crate) fn figures_within(figures: &[Found], a: usize, b: usize) -> impl Iterator<Item = &Found> {
    let from = figures.partition_point(|f| f.start < a);
    figures.iter().skip(from).take_while(move |f| f.end <= b)
}

/// Where the words that matter begin in a clause, list numbers and `同时` aside.
pub(crate) fn lead_end(s: &[char], a: usize, b: usize) -> usize {
    leads(s, a, b).0
}

/// Skips what stands before the verb without being its subject; returns where the quote begins and where to read on.
fn leads(s: &[char], a: usize, b: usize) -> (usize, usize) {
    let first = a + enumerator(s, a);
    let (mut start, mut i) = (first, first);
    let mut kept = false;
    while i < b {
        let time = time_len(s, i);
        if time > 0 {
            kept = true;
            i += time;
            continue;
        }
        let means = means_len(s, i);
        if means > 0 {
            kept = true;
            i += means;
            continue;
        }
        let Some(n) = lead_words().at(s, i).or_else(|| keep_leads().at(s, i)) else {
            break;
        };
        // `第一时间` is no 第一.
        if adverbs().at(s, i).is_some_and(|more| more > n) {
            break;
        }
        // A word that is also the verb stays.
        if verb_at(s, i).is_some_and(|(_, v)| v > n) {
            break;
        }
        if keep_leads().at(s, i).is_some() {
            kept = true;
        }
        i += n;
        if !kept {
            start = i;
        }
    }
    (start, i)
}

/// `投资1.2亿元`, `分4期`: by what means, before the deed.
fn means_len(s: &[char], i: usize) -> usize {
    let money = [
        "总投资",
        "计划投资",
        "投资",
        "筹资",
        "投入资金",
        "投入",
        "安排资金",
        "筹措资金",
    ];
    if let Some(word) = money.iter().find(|w| has_at(s, i, w)) {
        let from = i + word.chars().count();
        let from = from + usize::from(matches!(at(s, from), '约' | '近'));
        if let Some(number) = crate::numeral::number_at(s, from)
            && at(s, number.end) == '元'
            && verb_place(s, number.end + 1, s.len()).is_some()
        {
            return number.end + 1 - i;
        }
    }
    if at(s, i) == '分'
        && let Some(number) = crate::numeral::number_at(s, i + 1)
        && matches!(
            at(s, number.end),
            '期' | '批' | '次' | '轮' | '组' | '片' | '类' | '路' | '步'
        )
    {
        return number.end + 1 - i;
    }
    0
}

/// The place of the verb after adverbs: where the action begins and where the verb begins.
fn verb_place(s: &[char], i: usize, b: usize) -> Option<(usize, usize)> {
    let mut k = i;
    // `严格重点路段车辆管控`: an adverb that is also a verb, if no other verb follows.
    let mut instead = None;
    while k < b {
        match adverbs().at(s, k) {
            Some(n) if adverb_goes_on(s, k + n) && verb_at(s, k).is_none_or(|(_, v)| v <= n) => {
                if verb_at(s, k).is_some() {
                    instead = Some((i, k));
                }
                k += n;
            }
            _ => break,
        }
        if at(s, k) == '地' {
            k += 1;
        }
    }
    if k < b && verb_at(s, k).is_some() {
        Some((i, k))
    } else {
        instead
    }
}

fn adverb_goes_on(s: &[char], i: usize) -> bool {
    let i = if at(s, i) == '地' { i + 1 } else { i };
    adverbs().at(s, i).is_some() || verb_at(s, i).is_some()
}

/// The verb at `i`: what it promises and its length.
pub(crate) fn verb_at(s: &[char], i: usize) -> Option<(Verb, usize)> {
    let tables: [(Verb, &Words); 4] = [
        (Verb::Deliver, deliver_verbs()),
        (Verb::Measure, measure_verbs()),
        (Verb::Effect, effect_verbs()),
        (Verb::Slogan, slogan_verbs()),
    ];
    let found = tables
        .into_iter()
        .filter_map(|(verb, table)| table.at(s, i).map(|n| (verb, n)));
    let known = found.max_by_key(|(verb, n)| (*n, *verb));
    known
        .filter(|(_, n)| *n > 1)
        .or_else(|| finished_by(s, i))
        .or(known)
}

/// `装上`, `种完`, `送到`: a deed of one character with its result.
fn finished_by(s: &[char], i: usize) -> Option<(Verb, usize)> {
    let deed = single_deeds().at(s, i).is_some();
    let result = deed_results().at(s, i + 1).is_some() && !has_at(s, i, "做到");
    // `建1座500吨冷库`, `办4期培训班`: what is counted right behind it.
    let counted = crate::numeral::number_at(s, i + 1)
        .is_some_and(|n| !n.bare || crate::tables::units().at(s, n.end).is_some());
    if deed && !result && counted {
        return Some((Verb::Deliver, 1));
    }
    (deed && result).then_some((Verb::Deliver, 2))
}

/// Weighs the verb at `verb_start` with its object, which runs to the end of `s`.
fn judged(
    s: &[char],
    start: usize,
    action: usize,
    verb_start: usize,
    subject: Option<(usize, usize)>,
    figure: Option<&Found>,
    prefixed: bool,
) -> Reading {
    let b = s.len();
    let Some((mut verb, n)) = verb_at(s, verb_start) else {
        return Reading::Nothing;
    };
    let mut end = verb_start + n;
    // `推动建立`, `加快建设`: the stronger of two verbs in a row counts.
    if let Some((second, more)) = verb_at(s, end)
        && end + more < b
        && second > verb
        && verb != Verb::Slogan
    {
        verb = second;
        end += more;
    }
    // `会议召开` tells what happened; `项目建成投产` says what is due.
    if subject.is_some()
        && end == b
        && ["召开", "举办", "承办", "举行"]
            .iter()
            .any(|w| has_at(s, verb_start, w))
    {
        return Reading::Nothing;
    }
    let object = cut(s, end, b);
    if object
        .iter()
        .filter(|c| is_han(**c) || c.is_alphanumeric())
        .count()
        < 2
        && figure.is_none()
        && subject.is_none()
        && !prefixed
        && !(action > start && n > 1 && !has_at(s, verb_start, "完成"))
    {
        return Reading::Nothing;
    }
    let mut points = match verb {
        Verb::Deliver => 3,
        Verb::Measure => 2,
        Verb::Effect => 1,
        Verb::Slogan => -2,
    };
    // `制定本方案`, `制定如下要点`: the document itself.
    if at(object, 0) == '本' && object.len() <= 4 || has_at(object, 0, "如下") || has_at(object, 0, "以下")
    {
        return Reading::Nothing;
    }
    let named = object.contains(&'“') && object.contains(&'”');
    let thing = concrete(object);
    // `90%以上的事项实现全程网办`
    let led = |f: &Found| subject.is_some_and(|(from, _)| f.start == from);
    // `三大主导产业` names them; it sets no number to be reached.
    let counts = |f: &Found| f.unit != "大" && (f.start >= action || led(f));
    points += if figure.is_some_and(counts) { 2 } else { 0 };
    if empty_objects().before(object, object.len()).is_some() {
        points -= 2;
    } else {
        points += i32::from(thing) + i32::from(named && verb >= Verb::Measure);
    }
    if points < THRESHOLD {
        return Reading::Nothing;
    }
    let target = figure.is_some_and(|f| target_verbs().before(s, f.start).is_some());
    let concrete = thing || named || figure.is_some();
    Reading::Row(Row {
        start,
        action,
        verb_end: end,
        verb,
        subject,
        bare: subject.is_none(),
        target,
        concrete,
    })
}

/// Whether the object names something that can be seen; a single character counts only where the object ends.
fn concrete(object: &[char]) -> bool {
    (0..object.len()).any(|k| {
        object_words()
            .at(object, k)
            .is_some_and(|n| n > 1 || k + 1 == object.len() || at(object, k + 1) == '等')
    })
}

/// `对…开展…`, `与…共建…`: the verb comes later; without one the next clause carries it.
fn prepositional(s: &[char], start: usize, i: usize, b: usize, figure: Option<&Found>) -> Reading {
    for k in i + 2..b {
        let strong = verb_at(s, k).is_some_and(|(verb, n)| verb >= Verb::Measure && k + n <= b && n >= 2);
        let adverbial = adverbs()
            .at(s, k)
            .is_some_and(|n| n >= 2 && adverb_goes_on(s, k + n));
        if matches!(at(s, i), '把' | '将')
            && let Some(n) = disposal_verbs().at(s, k)
            && k + n < b
            && (n > 1 || owner_tails().before(s, b).is_some())
        {
            let number = figure.is_some_and(|f| f.start >= k);
            return Reading::Row(Row {
                start,
                action: k,
                verb_end: k + n,
                verb: Verb::Measure,
                subject: None,
                bare: true,
                target: number,
                concrete: number || concrete(cut(s, i + 1, k)),
            });
        }
        if (strong || adverbial) && at(s, k + 2) != '的' {
            let place = verb_place(s, k, b);
            if let Some((action, verb)) = place {
                let found = judged(s, start, action, verb, Some((i, k)), figure, false);
                if let Reading::Row(row) = found {
                    return Reading::Row(Row {
                        subject: None,
                        bare: true,
                        ..row
                    });
                }
            }
        }
    }
    if at(s, i) == '对' {
        Reading::Prefix
    } else {
        Reading::Nothing
    }
}

/// `涉水工业企业严格落实…`, `科技型中小企业达到30户`: a subject first.
fn with_subject(s: &[char], start: usize, i: usize, b: usize, figure: Option<&Found>) -> Reading {
    const LONGEST_SUBJECT: usize = 30;
    for k in i + 2..b.min(i + LONGEST_SUBJECT) {
        let verb = verb_at(s, k).is_some_and(|(_, n)| n >= 2);
        let adverb = adverbs()
            .at(s, k)
            .is_some_and(|n| n >= 2 && adverb_goes_on(s, k + n));
        let time = time_len(s, k) > 0 && digit(crate::chars::before(s, k)).is_none();
        if !(verb || adverb || time) {
            continue;
        }
        let mut subject = cut(s, i, k);
        // `各县（市、区）每年…`
        if subject.last() == Some(&'）')
            && let Some(open) = subject.iter().rposition(|c| *c == '（')
        {
            subject = cut(subject, 0, open);
        }
        let tail = |table: &Words| table.before(subject, subject.len()).is_some();
        let each = ["每个", "每家", "每户", "每村", "各", "所有", "全部"]
            .iter()
            .any(|w| has_at(s, i, w));
        if !(time
            || each
            || tail(owner_tails())
            || tail(object_words())
            || tail(facility_nouns())
            || matches!(subject.last(), Some('”' | '内' | '中')))
        {
            continue;
        }
        let from = k + time_len(s, k);
        if let Some((action, verb_start)) = verb_place(s, from, b)
            && let Reading::Row(row) = judged(s, start, action, verb_start, Some((i, k)), figure, false)
        {
            // `连续两次末位的公司`: a description is no unit; `4条隐患由县安委办督办`: the unit stands behind 由.
            let who = tail(owner_tails()) && !tail(facility_nouns()) && !subject.contains(&'的');
            let by = subject
                .iter()
                .rposition(|c| *c == '由')
                .map_or(i, |at| i + at + 1);
            return Reading::Row(Row {
                subject: (who && by < k).then_some((by, k)),
                ..row
            });
        }
    }
    // `零就业家庭动态清零`, `剩余路段年底前贯通`
    let closing = closing_verbs().before(s, b).map(|n| b - n);
    if let Some(verb) = closing.filter(|verb| *verb >= i + 2)
        && verb - i <= LONGEST_SUBJECT
        && context_words().at(s, i).is_none()
        && !cut(s, i, verb).contains(&'的')
    {
        return Reading::Row(Row {
            start,
            action: verb,
            verb_end: b,
            verb: Verb::Deliver,
            subject: None,
            bare: false,
            target: figure.is_some(),
            concrete: true,
        });
    }
    // A number to be reached: `城镇登记失业率控制在4.5%以内`, `全年送戏下乡150场`.
    let Some(figure) = figure else {
        return Reading::Nothing;
    };
    let named = figure.start > i + 1;
    let reached = (i + 1..figure.start).find(|k| target_verbs().at(s, *k).is_some());
    // Without such a verb the number has to close the clause.
    let closes = figure.end + 3 >= b;
    if !named || (reached.is_none() && !closes) || (context_words().at(s, i).is_some() && reached.is_none()) {
        return Reading::Nothing;
    }
    let verb_end = reached.map_or(i, |k| k + target_verbs().at(s, k).unwrap_or(0));
    let action = reached.unwrap_or(i);
    Reading::Row(Row {
        start,
        action,
        verb_end,
        verb: Verb::Effect,
        subject: None,
        bare: false,
        target: true,
        concrete: true,
    })
}
