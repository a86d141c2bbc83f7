//! Whether two sayings are about the same undertaking: by the words they share (rare ones count more), their figures
//! and their owners. Deterministic, and every likeness says what it rests on.

mod index;
mod names;

use bihuan_messages::Message;
use serde::{Deserialize, Serialize};

pub use index::Index;

/// Points from which a likeness is proposed to a person.
pub const PROPOSED_FROM: u32 = 45;

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
        let all = [
            "6月底前完成柳泉河引水工程，具备通水条件",
            "柳泉河引水工程建成投用，日供水5万吨",
            "年底前新建农村公厕120座",
            "改造老旧小区12个，惠及居民3450户",
            "东大街道路改造工程全线通车",
            "完成东大街改造工程",
            "全县农村公厕开工86座",
        ];
        let index = Index::of(all.iter().map(|text| (0, true, say(text))));
        let points = |a: usize, b: usize| index.likeness(a, b).map_or(0, |likeness| likeness.points);
        for (a, b) in [(0, 1), (5, 4), (2, 6)] {
            assert!(points(a, b) >= PROPOSED_FROM, "{a} {b}: {}", points(a, b));
        }
        for (a, b) in [(0, 2), (0, 4), (2, 3), (3, 5), (1, 4), (5, 6)] {
            assert!(points(a, b) < PROPOSED_FROM, "{a} {b}: {}", points(a, b));
        }
    }

    #[test]
    fn things_of_one_kind_are_as_many_undertakings_as_they_have_names() {
        let all = [
            "完成柳湾农贸市场建设，投资1700万元",
            "青口农贸市场建设已经竣工并投入使用",
            "柳湾农贸市场建设已经竣工并投入使用",
            "青口农贸市场建设因规划调整不再实施",
        ];
        let index = Index::of(all.iter().map(|text| (0, true, say(text))));
        assert!(index.likeness(0, 2).unwrap().points >= PROPOSED_FROM);
        assert!(index.likeness(1, 3).unwrap().points >= PROPOSED_FROM);
        for (a, b) in [(0, 1), (0, 3)] {
            assert_eq!(index.likeness(a, b), None, "{a} {b}");
        }
    }

    #[test]
    fn a_figure_and_an_owner_that_are_the_same_are_named() {
        let with = |text: &str| Saying {
            text: text.to_owned(),
            owner: Some("水务局".to_owned()),
            figures: vec![("12".to_owned(), "个".to_owned())],
        };
        let sayings = [
            with("改造柳泉村等12个村饮水管网"),
            with("柳泉村等12个村饮水管网改造全部完成"),
        ];
        let index = Index::of(sayings.into_iter().map(|saying| (0, true, saying)));
        let found = index.likeness(0, 1).unwrap();
        assert_eq!(found.why.len(), 3);
        assert!(found.points >= PROPOSED_FROM);
    }
}
