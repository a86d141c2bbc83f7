//! Whether two sayings are about the same undertaking: by the words they share (rare ones count more), their figures
//! and their owners. Deterministic, and every likeness says what it rests on.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::Message;
use serde::{Deserialize, Serialize};

/// Points from which a likeness is proposed to a person.
pub const PROPOSED_FROM: u32 = 45;

/// The shortest run of characters that two sayings about one thing share.
const RUN_MIN: usize = 3;

/// What is said of an undertaking in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saying {
    /// The words.
    pub text: String,
    /// Who is to do it, as far as it is said.
    pub owner: Option<String>,
    /// Numbers with their units.
    pub figures: Vec<(String, String)>,
}

/// How alike two sayings are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// From 0 to 100.
    pub points: u32,
    /// What it rests on.
    pub why: Vec<Message>,
}

/// How common each pair of characters is among many sayings.
#[derive(Clone, Debug, Default)]
pub struct Commonness {
    sayings: u32,
    pairs: BTreeMap<[char; 2], u32>,
}

type Pairs = BTreeSet<[char; 2]>;

impl Commonness {
    /// Counts sayings.
    pub fn of<'a>(sayings: impl Iterator<Item = &'a Saying>) -> Commonness {
        let mut counted = Commonness::default();
        for saying in sayings {
            counted.sayings = counted.sayings.saturating_add(1);
            for pair in pairs(&saying.text) {
                let n = counted.pairs.entry(pair).or_default();
                *n = n.saturating_add(1);
            }
        }
        counted
    }

    /// A pair's weight: 1 where every saying has it, more the fewer have.
    fn weight(&self, pair: &[char; 2]) -> u32 {
        if COMMON.contains(&pair.iter().collect::<String>()) {
            return 1;
        }
        let times = self.pairs.get(pair).copied().unwrap_or(1).max(1);
        let share = self.sayings.checked_div(times).unwrap_or(1).max(1);
        share.ilog2().saturating_add(3)
    }

    fn all(&self, pairs: &Pairs) -> u32 {
        pairs
            .iter()
            .map(|pair| self.weight(pair))
            .fold(0, u32::saturating_add)
    }
}

/// Words that any undertaking may have: they tie nothing together.
const COMMON: &str = "完成 建设 改造 工程 项目 推进 实施 开展 加快 年底 底前 月底 全县 全年 今年 新建 投入 使用 投资 总投 工作 \
    任务 重点 进一 一步 加强 做好 落实 提升 提高 达到 以上 公里 平方 方米 亿元 万元 全部 正在 目前 已经 顺利 进行";

/// The pairs of neighbouring characters that stand for the words of a text; figures and marks part them.
fn pairs(text: &str) -> Pairs {
    let chars: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    chars
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b]
                if crate::chars::is_han(*a)
                    && crate::chars::is_han(*b)
                    && !"的了和与及".contains([*a, *b].as_slice()) =>
            {
                Some([*a, *b])
            }
            _ => None,
        })
        .collect()
}

/// How alike two sayings are; `None` where they share no word worth naming.
///
/// # Example
///
/// ```
/// use bihuan_reader::threads::{Commonness, Saying, likeness};
/// let say = |text: &str| Saying { text: text.to_owned(), ..Saying::default() };
/// let (plan, later) = (say("开工建设柳泉河引水工程"), say("柳泉河引水工程建成通水"));
/// let common = Commonness::of([&plan, &later].into_iter());
/// assert!(likeness(&plan, &later, &common).is_some());
/// ```
pub fn likeness(a: &Saying, b: &Saying, common: &Commonness) -> Option<Likeness> {
    let (of_a, of_b) = (pairs(&a.text), pairs(&b.text));
    let shared: Pairs = of_a.intersection(&of_b).copied().collect();
    if shared.is_empty() {
        return None;
    }
    let runs = runs(&a.text, &b.text, &shared, common);
    let longest = runs.iter().map(|run| run.chars().count()).max().unwrap_or(0);
    if longest < RUN_MIN {
        return None;
    }
    let (whole_a, whole_b, both) = (common.all(&of_a), common.all(&of_b), common.all(&shared));
    let share = |whole: u32| both.saturating_mul(100).checked_div(whole).unwrap_or(0);
    // A short saying within a long one is about the same thing; two long ones have to share more.
    let contained = share(whole_a.min(whole_b));
    let mutual = share(whole_a.max(whole_b));
    let mut points = contained.saturating_mul(2).saturating_add(mutual) / 3;
    // A name of its own that both bear.
    let name = u32::try_from(longest.min(8)).unwrap_or(0).saturating_sub(2);
    points = points.saturating_add(name.saturating_mul(4));
    let mut why = vec![Message::new("reader.same_words").with("words", runs.join("、"))];
    if let Some((number, unit)) = a.figures.iter().find(|figure| b.figures.contains(figure)) {
        points = points.saturating_add(12);
        why.push(Message::new("reader.same_figure").with("figure", format!("{number}{unit}")));
    }
    if let Some(owner) = a.owner.as_ref().filter(|owner| Some(*owner) == b.owner.as_ref()) {
        points = points.saturating_add(6);
        why.push(Message::new("reader.same_owner").with("unit", owner.as_str()));
    }
    Some(Likeness {
        points: points.min(100),
        why,
    })
}

/// The longest runs of characters that both texts have, at most three, none of them only common words.
fn runs(a: &str, b: &str, shared: &Pairs, common: &Commonness) -> Vec<String> {
    let chars: Vec<char> = a.chars().filter(|c| !c.is_whitespace()).collect();
    let dense: String = b.chars().filter(|c| !c.is_whitespace()).collect();
    let mut found: Vec<String> = Vec::new();
    let mut at = 0usize;
    while at < chars.len() {
        let mut end = at;
        while let Some([x, y]) = chars
            .get(end..end.saturating_add(2))
            .and_then(|pair| <[char; 2]>::try_from(pair).ok())
        {
            if !shared.contains(&[x, y]) {
                break;
            }
            end = end.saturating_add(1);
        }
        // The pairs are shared; the run itself has to stand in the other text as well.
        while end > at {
            let run: String = chars.get(at..=end).unwrap_or_default().iter().collect();
            if dense.contains(&run) {
                let rare = pairs(&run).iter().any(|pair| common.weight(pair) > 1);
                if rare && !found.contains(&run) {
                    found.push(run);
                }
                break;
            }
            end = end.saturating_sub(1);
        }
        at = end.max(at).saturating_add(1);
    }
    found.sort_by_key(|run| std::cmp::Reverse(run.chars().count()));
    found.truncate(3);
    found
}

/// How far an undertaking is, by the words of one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Promised for the first time.
    Promised,
    /// Promised again.
    Repeated,
    /// Begun.
    UnderWay,
    /// Done.
    Done,
    /// Given up or put off.
    Dropped,
    /// Mentioned.
    Told,
}

const WORDS_DROPPED: &[&str] = &["取消", "终止", "停建", "不再实施", "暂缓", "搁置"];
const WORDS_UNDER_WAY: &[&str] = &[
    "正在",
    "开工",
    "在建",
    "启动",
    "试运行",
    "加快建设",
    "推进中",
    "完成过半",
    "序时",
];
const WORDS_DONE: &[&str] = &[
    "完成",
    "建成",
    "竣工",
    "投入使用",
    "投入运行",
    "投用",
    "投运",
    "投产",
    "运行",
    "启用",
    "通车",
    "通水",
    "通气",
    "新建了",
    "改造了",
    "达到",
    "全部",
    "交付",
];

/// How far something is by the words that tell of it.
pub fn stage_of(text: &str) -> Stage {
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if any(WORDS_DROPPED) {
        Stage::Dropped
    } else if any(WORDS_UNDER_WAY) {
        Stage::UnderWay
    } else if any(WORDS_DONE) {
        Stage::Done
    } else {
        Stage::Told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> Saying {
        Saying {
            text: text.to_owned(),
            ..Saying::default()
        }
    }

    #[test]
    fn works_planned_and_works_running_are_one_undertaking() {
        let all: Vec<Saying> = [
            "6月底前完成柳泉河引水工程，具备通水条件",
            "柳泉河引水工程建成投用，日供水5万吨",
            "年底前新建农村公厕120座",
            "改造老旧小区12个，惠及居民3450户",
            "东大街道路改造工程全线通车",
            "完成东大街改造工程",
            "全县农村公厕开工86座",
        ]
        .map(say)
        .to_vec();
        let common = Commonness::of(all.iter());
        let points =
            |a: usize, b: usize| likeness(&all[a], &all[b], &common).map_or(0, |likeness| likeness.points);
        for (a, b) in [(0, 1), (5, 4), (2, 6)] {
            assert!(points(a, b) >= PROPOSED_FROM, "{a} {b}: {}", points(a, b));
        }
        for (a, b) in [(0, 2), (0, 4), (2, 3), (3, 5), (1, 4), (5, 6)] {
            assert!(points(a, b) < PROPOSED_FROM, "{a} {b}: {}", points(a, b));
        }
    }

    #[test]
    fn a_figure_and_an_owner_that_are_the_same_are_named() {
        let with = |text: &str| Saying {
            text: text.to_owned(),
            owner: Some("水务局".to_owned()),
            figures: vec![("12".to_owned(), "个".to_owned())],
        };
        let (a, b) = (
            with("改造柳泉村等12个村饮水管网"),
            with("柳泉村等12个村饮水管网改造全部完成"),
        );
        let common = Commonness::of([&a, &b].into_iter());
        let found = likeness(&a, &b, &common).unwrap();
        assert_eq!(found.why.len(), 3);
        assert!(found.points >= PROPOSED_FROM);
    }
}
