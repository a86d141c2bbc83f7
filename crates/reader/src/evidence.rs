//! What the words of one clause or sentence say about its time: still to be done, or done. No gate for the article:
//! each clause shows its own evidence, and what a sentence shows holds on for the bare deeds behind it.

use crate::chars::{at, before, contains, cut, digit, find, has_at, is_han};
use crate::clauses::{Clause, Sentence};
use crate::dates::{is_deadline, year_at};
use crate::tables::{
    adverbs, announced_things, announcing_verbs, bygone_words, deliver_verbs, document_names, measure_verbs,
    owner_tails, past_in_clause, speaking_words, target_verbs,
};
use crate::times::{enumerator, time_len};

/// What the sentences of a paragraph have shown so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Nothing: a bare verb may tell history.
    #[default]
    Neutral,
    /// A deed to come: bare deeds behind it are to come as well.
    Ahead,
    /// History.
    Past,
}

/// The year that sentences look at; what they name without a day is due at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) year: i16,
    /// Named by its number or as 明年, so that it holds for the paragraphs behind it too.
    pub(crate) firm: bool,
}

/// Whether the clause names a time that lies before the one who speaks: a deadline, 年内, 明年, 即日起.
pub(crate) fn looks_ahead(text: &[char], page_year: Option<i16>) -> bool {
    const WORDS: &[&str] = &[
        "年内",
        "年底前",
        "明年",
        "来年",
        "即日起",
        "今年底",
        "近期内",
        "月内",
    ];
    if WORDS.iter().any(|w| stands_alone(text, w)) || is_deadline(text) || begins_on(text) {
        return true;
    }
    let aims = ["力争", "争取"].iter().filter_map(|w| find(text, w)).any(|i| {
        (i + 2..text.len()).any(|k| target_verbs().at(text, k).is_some() && !has_at(text, k, "完成"))
    });
    aims || reaches_year(text, page_year)
        || crate::deadlines::last_day(text).is_some()
        || crate::deadlines::ensures_by_day(text)
        || opens_on(text).is_some()
        || aims_at_number(text)
}

/// `3条巴士将于7月18日正式开通`, `细则将从8月1日起施行`: a day to come, and what begins on it: where 将 stands and where
/// the day ends. A meeting that will be held is no task.
pub(crate) fn opens_on(text: &[char]) -> Option<(usize, usize)> {
    const BEGINS: [&str; 12] = [
        "开通",
        "启用",
        "施行",
        "实施",
        "投用",
        "投入使用",
        "通车",
        "开放",
        "上线",
        "开工",
        "交付",
        "运行",
    ];
    if !BEGINS
        .iter()
        .any(|w| crate::chars::has_before(text, text.len(), w))
    {
        return None;
    }
    (0..text.len()).find_map(|i| {
        let day = at(text, i) == '将'
            && matches!(at(text, i + 1), '于' | '从' | '在' | '自')
            && digit(at(text, i + 2)).is_some();
        let n = if day { time_len(text, i + 2) } else { 0 };
        (n > 2).then_some((i, i + 2 + n))
    })
}

/// `覆盖率力争98%以上`: an aim that is a number.
fn aims_at_number(text: &[char]) -> bool {
    ["力争", "争取"].iter().any(|w| {
        find(text, w).is_some_and(|i| i >= 2 && digit(at(text, i + 2)).is_some() && before(text, i) == '率')
    })
}

/// `年内` not inside `3年内` or `去年年内`.
fn stands_alone(text: &[char], word: &str) -> bool {
    find(text, word).is_some_and(|i| {
        let left = before(text, i);
        digit(left).is_none() && !"几多半两三五十".contains(left)
    })
}

/// `自3月15日起`
fn begins_on(text: &[char]) -> bool {
    (0..text.len()).any(|i| {
        matches!(at(text, i), '自' | '从') && {
            let n = time_len(text, i + 1);
            n > 0 && before(text, i + 1 + n) == '起' && !has_at(text, i + 1 + n, "来")
        }
    })
}

/// `到2030年`, in a year not before the page's.
fn reaches_year(text: &[char], page_year: Option<i16>) -> bool {
    (1..text.len()).any(|i| {
        at(text, i - 1) == '到'
            && year_at(text, i).is_some_and(|(year, _)| page_year.is_none_or(|p| year >= p))
    })
}

/// Whether the clause says that the thing is done: 已, 累计, `完成了`.
pub(crate) fn is_done(text: &[char]) -> bool {
    past_in_clause().any_in(text) || finishes(text)
}

/// A verb of deeds followed by 了.
fn finishes(text: &[char]) -> bool {
    (2..text.len()).any(|i| {
        at(text, i) == '了'
            && !has_at(text, i, "了解")
            && [deliver_verbs(), measure_verbs()]
                .iter()
                .any(|t| t.before(text, i).is_some())
    })
}

/// Whether the clause speaks of former times, so that its 要 and 将 call on nobody: `以前要走十里`.
pub(crate) fn is_bygone(text: &[char]) -> bool {
    // `当年签约项目开工率`: of the year that is planned.
    (0..text.len()).any(|i| {
        bygone_words()
            .at(text, i)
            .is_some_and(|n| !(has_at(text, i, "当年") && deliver_verbs().at(text, i + n).is_some()))
    })
}

/// Whether a sentence without a word of the future tells history.
pub(crate) fn tells_history(s: &[char], sentence: &Sentence, year: Option<i16>) -> bool {
    let lead = cut(s, sentence.start(), sentence.end());
    let former = year_at(lead, 0).is_some_and(|(found, end)| {
        year.is_some_and(|y| found < y) && !has_at(lead, end, "底") && at(lead, end) != '度'
    });
    former
        || is_bygone(lead)
        || sentence.clauses.iter().any(|c| {
            let text = cut(s, c.start, c.end);
            is_done(text)
                || text
                    .windows(2)
                    .any(|w| at(w, 0) != '为' && at(w, 1) == '了' && is_han(at(w, 0)))
        })
}

/// `会议要求，`, `《方案》明确，`, `市长强调：`: who speaks so demands what follows.
pub(crate) fn demands(s: &[char], clause: &Clause) -> bool {
    let text = cut(s, clause.start, clause.end);
    let ends = |words: &[&str]| {
        words
            .iter()
            .any(|w| crate::chars::has_before(text, text.len(), w))
    };
    if text.len() > 40 || !matches!(clause.mark, '，' | ',' | '：' | ':') {
        return false;
    }
    if ends(&[
        "要求",
        "强调",
        "决定",
        "议定",
        "目标是",
        "任务是",
        "目标为",
        "目标任务是",
        "承诺",
        "表态",
        "拍板",
        "答复",
        "保证",
        "叮嘱",
    ]) {
        return true;
    }
    // `会议议定五件事：`, `就此定下三条：`
    if matches!(clause.mark, '：' | ':')
        && [
            "议定", "定下", "明确", "提出", "确定", "部署", "要求", "决定", "安排",
        ]
        .iter()
        .filter_map(|w| find(text, w))
        .any(|i| {
            let rest = cut(text, i + 2, text.len());
            (0..rest.len())
                .any(|k| "一二三四五六七八九十两几".contains(at(rest, k)) || digit(at(rest, k)).is_some())
                && "事条项点个"
                    .chars()
                    .any(|c| cut(rest, 1, rest.len()).contains(&c))
        })
    {
        return true;
    }
    let document = document_names().any_in(text);
    // `会议明确，清淤沟渠620公里，…`
    let meeting = ["会议", "会上", "全会"].iter().any(|w| has_at(text, 0, w));
    if meeting && ends(&["明确", "确定", "议定"]) {
        return true;
    }
    document && ends(&["明确", "提出", "规定", "明确提出", "指出"])
}

/// `院长某某表示，`, `他说，`: somebody speaks for what follows, whoever it is.
pub(crate) fn says(text: &[char], mark: char) -> bool {
    const LONGEST: usize = 30;
    text.len() <= LONGEST
        && matches!(mark, '，' | ',' | '：' | ':')
        && speaking_words().before(text, text.len()).is_some()
}

/// `…做到“四个确保”`, `抓好五件大事`: a number of things that the next paragraphs tell one by one.
pub(crate) fn counts_what_follows(s: &[char], a: usize, b: usize) -> bool {
    const TAIL: usize = 9;
    let tail = cut(s, b.saturating_sub(TAIL).max(a), b);
    (0..tail.len()).any(|i| {
        ("两三四五六七八九十".contains(at(tail, i)) || digit(at(tail, i)).is_some())
            && matches!(
                at(tail, i + 1),
                '个' | '件' | '条' | '点' | '项' | '大' | '方' | '场'
            )
    })
}

/// `会前，…`, `会议以视频形式召开`: what happened around a meeting, not what it asked for.
pub(crate) fn tells_of_the_meeting(s: &[char], i: usize) -> bool {
    [
        "会前",
        "会后",
        "会议以",
        "与会",
        "参会",
        "会议期间",
        "座谈会上",
        "随后",
    ]
    .iter()
    .any(|w| has_at(s, i, w))
}

/// `发布会透露，`, `据介绍，`: who speaks, before what is said.
pub(crate) fn only_speaks(text: &[char], mark: char) -> bool {
    const LONGEST: usize = 8;
    text.len() <= LONGEST
        && matches!(mark, '，' | ',' | '：' | ':')
        && ["透露", "获悉", "了解到"]
            .iter()
            .any(|w| crate::chars::has_before(text, text.len(), w))
}

/// `县住建局有关负责人表示，`: the unit whose head says what follows.
pub(crate) fn spoken_by(s: &[char], clause: &Clause) -> Option<(usize, usize)> {
    const LONGEST: usize = 30;
    let text = cut(s, clause.start, clause.end);
    if text.len() > LONGEST || !matches!(clause.mark, '，' | ',' | '：' | ':') {
        return None;
    }
    speaking_words().before(text, text.len())?;
    let heads = [
        "有关负责人",
        "相关负责人",
        "主要负责人",
        "负责人",
        "负责同志",
        "副局长",
        "局长",
        "副主任",
        "主任",
        "书记",
        "镇长",
        "乡长",
        "经理",
        "董事长",
        "院长",
        "校长",
        "站长",
        "会长",
    ];
    let at = (2..text.len()).find(|k| heads.iter().any(|w| has_at(text, *k, w)))?;
    let at = at - usize::from(before(text, at) == '副' || before(text, at) == '总');
    // `县住建局党组书记、局长张三`: the unit ends before the post.
    let unit = cut(text, 0, at);
    let end = (2..=unit.len())
        .rev()
        .find(|k| owner_tails().before(unit, *k).is_some())?;
    (end >= 3 && end + 4 >= at).then_some((clause.start, clause.start + end))
}

/// `二季度怎么干？`: what follows answers it.
pub(crate) fn asks_what_to_do(s: &[char], a: usize, b: usize) -> bool {
    const LONGEST: usize = 24;
    let text = cut(s, a, b);
    text.len() <= LONGEST
        && matches!(at(s, b), '？' | '?')
        && [
            "怎么干",
            "怎么办",
            "怎么抓",
            "怎么走",
            "如何干",
            "怎样干",
            "干什么",
            "往哪走",
            "怎么做",
        ]
        .iter()
        .any(|w| crate::chars::has_before(text, text.len(), w))
}

/// `制定了四项措施。一是…`, `现将任务分解如下：`: the list behind it is to be done.
pub(crate) fn announces(s: &[char], a: usize, b: usize, next: Option<usize>) -> bool {
    let text = cut(s, a, b);
    if contains(text, "如下") && (announced_things().any_in(text) || contains(text, "现将")) {
        return true;
    }
    let listed = next.is_some_and(|i| enumerator(s, i) > 0 || has_at(s, i, "首先"));
    listed
        && announcing_verbs()
            .find(text)
            .is_some_and(|(i, n)| announced_things().any_in(cut(text, i + n, text.len())))
}

/// The year that a sentence looks at: `2026年，…将…`, `做好明年工作`; not one of a season, a month or a past.
///
/// `now`: the year that 今年 and 年内 mean, where a sentence before named another than the page's.
pub(crate) fn year_ahead(text: &[char], page_year: Option<i16>, now: Option<i16>) -> Option<Scope> {
    for i in 0..text.len() {
        if let Some((year, end)) = year_at(text, i) {
            let part = matches!(at(text, end), '春' | '夏' | '秋' | '冬' | '初' | '以' | '起');
            let business = at(text, end) == '度' && !announced_things().any_in(cut(text, end, end + 40));
            let within = part
                || business
                || digit(at(text, end)).is_some()
                || ["上半年", "一季度", "二季度", "三季度"]
                    .iter()
                    .any(|w| has_at(text, end, w));
            if !within && page_year.is_none_or(|page| year >= page) {
                return Some(Scope { year, firm: true });
            }
        }
        let more = if (has_at(text, i, "明年") || has_at(text, i, "来年")) && adverbial(text, i) {
            1
        } else if has_at(text, i, "今年") || has_at(text, i, "年内") && digit(before(text, i)).is_none() {
            0
        } else {
            continue;
        };
        let year = if more == 0 { now.or(page_year) } else { page_year };
        let part = ["以来", "上半年", "前", "春", "夏", "秋"]
            .iter()
            .any(|w| has_at(text, i + 2, w));
        if !part && let Some(year) = year {
            let year = year.checked_add(more)?;
            return Some(Scope { year, firm: more > 0 });
        }
    }
    None
}

/// Whether the words say 明年.
pub(crate) fn names_next_year(text: &[char]) -> bool {
    contains(text, "明年") || contains(text, "来年")
}

/// Whether 明年 at `i` says when: not in `谋划明年重大项目300个`, which is done this year; but in `做好明年工作`.
fn adverbial(text: &[char], i: usize) -> bool {
    const WORK: usize = 12;
    let left = before(text, i);
    let bound = matches!(
        left,
        '到' | '在' | '于' | '将' | '从' | '自' | '是' | '和' | '至' | '要' | '拟' | '底'
    );
    i == 0
        || !is_han(left)
        || bound
        || contains(cut(text, i, i + WORK), "工作")
        || crate::tables::owner_tails().before(text, i).is_some()
}

/// `由住建局牵头`: the unit that answers for what follows.
pub(crate) fn led_by(s: &[char], clause: &Clause) -> Option<(usize, usize)> {
    let (a, b) = (clause.start, clause.end);
    if at(s, a) != '由' {
        return None;
    }
    [
        "牵头负责",
        "具体负责",
        "组织实施",
        "具体实施",
        "负责实施",
        "牵头实施",
        "牵头",
        "负责",
    ]
    .iter()
    .find(|w| crate::chars::has_before(s, b, w))
    .map(|w| (a + 1, b - w.chars().count()))
    .filter(|(from, to)| from < to)
}

/// `5月底前完成`, `9月底前全部完工`, `所有项目10月底前完工`: a deadline for what stands before it. Returns whether it names
/// its subject.
pub(crate) fn closes_work(s: &[char], a: usize, b: usize) -> Option<bool> {
    const ENDINGS: &[&str] = &[
        "完成",
        "完工",
        "竣工",
        "建成",
        "投用",
        "到位",
        "通车",
        "投入使用",
        "投产",
        "交付使用",
        "交付",
        "办结",
        "完成整改",
        "见底",
        "结清",
        "办完",
        "完毕",
        "改造完毕",
        "见成效",
        "见实效",
        "启用",
        "开业",
        "开街",
        "并网",
        "贯通",
        "达标",
        "清零",
    ];
    let subject = [
        "所有项目",
        "所有工程",
        "上述项目",
        "上述工作",
        "上述任务",
        "全部项目",
        "全部工程",
        "以上工作",
        "以上任务",
    ]
    .iter()
    .find(|w| has_at(s, a, w))
    .map_or(0, |w| w.chars().count());
    let mut k = a + subject;
    while let Some(n) = adverbs().at(s, k).filter(|n| *n >= 2) {
        k += n;
    }
    if matches!(at(s, k), '于' | '须' | '将' | '均' | '要') {
        k += 1;
    }
    let time = time_len(s, k);
    if time == 0 || k + time >= b {
        return None;
    }
    k += time;
    while let Some(n) = adverbs().at(s, k).filter(|_| k < b) {
        k += n;
    }
    ENDINGS
        .iter()
        .any(|w| has_at(s, k, w) && k + w.chars().count() == b)
        .then_some(subject > 0)
}

/// `二期工程正在加快建设`: tells how far it is; what was completed of it so far stands behind. `正在建设的…` only names it.
pub(crate) fn goes_on(text: &[char]) -> bool {
    const LONGEST: usize = 8;
    (0..text.len()).any(|i| {
        let rest = cut(text, i + 2, text.len());
        has_at(text, i, "正在") && i >= 2 && (2..=LONGEST).contains(&rest.len()) && !rest.contains(&'的')
    })
}

/// Whether the sentence tells of shortcomings, of the weather to come, or of plans that were fulfilled or not: none is
/// anybody's task.
pub(crate) fn tells_no_deed(s: &[char], sentence: &Sentence) -> bool {
    let text = cut(s, sentence.start(), sentence.end());
    // `计划改造公路50公里、实际完成56公里`: what was planned, held against what was done.
    let compared = find(text, "计划").is_some_and(|at| find(text, "实际").is_some_and(|done| done > at));
    shortcomings(text) || forecast(text) || compared || guides(text)
}

/// `惠及居民3862户`, `总投资9850万元`, `资金来源为中央资金4200万元、…`: says more of the work before it, and asks for nothing itself.
/// In a plan what is promised may be told so (`惠及居民6800户`).
pub(crate) fn describes(text: &[char], plan: bool) -> bool {
    const WORDS: [&str; 10] = [
        "惠及",
        "受益",
        "总投资",
        "总建筑面积",
        "总面积",
        "总建筑",
        "资金来源",
        "平均每",
        "占地面积",
        "占地",
    ];
    // `严格考核抓落实`: a motto over what follows.
    const MOTTO: std::ops::RangeInclusive<usize> = 6..=9;
    let n = text.len();
    let motto = MOTTO.contains(&n)
        && at(text, n - 3) == '抓'
        && text.iter().all(|c| is_han(*c))
        && at(text, 0) != '抓';
    // `为…打下坚实基础`: what for.
    let purpose = at(text, 0) == '为'
        && ["基础", "支撑", "保障", "力量", "动能", "条件"]
            .iter()
            .any(|w| crate::chars::has_before(text, n, w))
        && ["打下", "奠定", "提供", "注入", "创造", "夯实"]
            .iter()
            .any(|w| contains(text, w));
    let numbers = text.iter().any(|c| digit(*c).is_some());
    motto || purpose || !plan && numbers && WORDS.iter().any(|w| has_at(text, 0, w))
}

/// `今年政府工作的总体要求是：坚持…，推动…`: in which spirit, not what.
fn guides(text: &[char]) -> bool {
    const LEAD: usize = 40;
    let lead = cut(text, 0, LEAD);
    ["总体要求", "总体思路", "总的要求", "指导思想", "基本思路"]
        .iter()
        .filter_map(|w| Some(find(lead, w)? + w.chars().count()))
        .any(|k| matches!(at(lead, k), '是' | '：' | ':'))
}

/// `同时也看到存在的差距：一是…不高，…只有1.1%`
fn shortcomings(text: &[char]) -> bool {
    const LEAD: usize = 60;
    let lead = cut(text, 0, LEAD);
    let seen = ["看到", "存在", "面临", "仍有", "还有", "还面临"]
        .iter()
        .filter_map(|w| find(lead, w))
        .min();
    let Some(from) = seen else { return false };
    // `也要看到，18家企业订单下滑，…`
    let looked = ["也要看到", "也应看到", "也看到", "也要清醒"]
        .iter()
        .filter_map(|w| Some(find(lead, w)? + w.chars().count()))
        .any(|k| matches!(at(lead, k), '，' | ',' | '：' | ':'));
    if looked {
        return true;
    }
    let named = ["差距", "不足", "短板", "困难", "问题", "挑战", "薄弱环节"]
        .iter()
        .filter_map(|w| find(lead, w))
        .find(|at| *at > from);
    // `针对存在的问题，要…` asks for something.
    let Some(named) = named else { return false };
    let behind = cut(text, named, named + 12);
    let listed = ["一是", "主要是", "主要表现", "表现在"]
        .iter()
        .any(|w| contains(behind, w))
        || cut(behind, 0, 6).iter().any(|c| matches!(c, '：' | ':'));
    listed
        && !["整改", "解决", "针对", "围绕"]
            .iter()
            .any(|w| contains(cut(text, 0, named + 4), w))
}

/// `预计5日夜间到7日，我县气温将下降8—10℃`
fn forecast(text: &[char]) -> bool {
    let said = ["预计", "预报", "预警", "预测"].iter().any(|w| contains(text, w));
    let told = ["气温", "阵风", "降水", "降雨", "雨量", "降雪", "雷暴"]
        .iter()
        .any(|w| contains(text, w));
    let unit = ["℃", "毫米", "摄氏度", "级"].iter().any(|w| contains(text, w));
    let asks = ["要求", "要做好", "须", "务必", "提醒"]
        .iter()
        .any(|w| contains(text, w));
    said && told && unit && !asks
}
