//! Sayings kept ready for comparison: which earlier rows share a run of characters with a saying is looked up, so that
//! the cost of comparing grows with what may be alike and not with all pairs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use bihuan_messages::Message;

use super::names::other_thing;
use super::{Likeness, Saying};
use crate::chars::{cut, is_han, string};

/// The shortest run of characters that two sayings about one thing share.
const RUN_MIN: usize = 3;

/// Characters of a saying that are compared.
const CHARS_MAX: usize = 400;

/// Rows that one run of characters leads to, the nearest documents first.
const POSTINGS_MAX: usize = 400;

/// Rows that all runs of a saying lead to together, the rarest runs first.
const SHARED_MAX: usize = 1_500;

/// Rows that are compared with one saying, those that share most with it.
const CANDIDATES_MAX: usize = 32;

/// A word of two characters.
type Pair = [char; 2];

/// Words that any undertaking may have: they tie nothing together.
const COMMON: &str = "完成 建设 改造 工程 项目 推进 实施 开展 加快 年底 底前 月底 全县 全年 今年 新建 投入 使用 投资 总投 工作 \
    任务 重点 进一 一步 加强 做好 落实 提升 提高 达到 以上 公里 平方 方米 亿元 万元 全部 正在 目前 已经 顺利 进行";

static COMMON_PAIRS: LazyLock<BTreeSet<Pair>> = LazyLock::new(|| {
    let chars: Vec<char> = COMMON.chars().collect();
    chars.windows(2).filter_map(word).collect()
});

/// A pair of neighbouring characters that stands for a word; figures and marks part words.
fn word(pair: &[char]) -> Option<Pair> {
    let [a, b] = pair else { return None };
    let tells = is_han(*a) && is_han(*b) && !"的了和与及".contains([*a, *b].as_slice());
    tells.then_some([*a, *b])
}

/// The sayings of several documents.
///
/// # Example
///
/// ```
/// use bihuan_reader::threads::{Index, Saying};
/// let say = |text: &str| Saying { text: text.to_owned(), ..Saying::default() };
/// let index = Index::of([
///     (0, true, say("开工建设柳泉河引水工程")),
///     (1, false, say("柳泉河引水工程建成通水")),
/// ]);
/// assert_eq!(index.candidates(1), [0]);
/// assert!(index.likeness(0, 1).is_some());
/// ```
#[derive(Debug, Default)]
pub struct Index {
    sayings: Vec<Entry>,
    /// What each word weighs: 1 where it ties nothing together, more the fewer sayings have it.
    weights: Vec<u32>,
    /// Each run of three characters of a row, with the row, in their order.
    runs: Vec<([char; 3], u32)>,
}

#[derive(Debug)]
struct Entry {
    saying: Saying,
    document: usize,
    chars: Vec<char>,
    /// The number of the word that begins at each character.
    words: Vec<Option<u32>>,
    /// The words, each once, in order.
    set: Vec<u32>,
    /// What they weigh together.
    weight: u32,
}

impl Index {
    /// Takes sayings in the order of their documents: the number of the document, whether the saying is a row (something
    /// promised, which later ones may be about), and what is said.
    pub fn of(sayings: impl IntoIterator<Item = (usize, bool, Saying)>) -> Index {
        let mut numbers: BTreeMap<Pair, u32> = BTreeMap::new();
        let mut times: Vec<u32> = Vec::new();
        let mut index = Index::default();
        for (n, (document, is_row, mut saying)) in sayings.into_iter().enumerate() {
            // The characters stand in the entry.
            let text = std::mem::take(&mut saying.text);
            let seen = text.chars().filter(|c| !c.is_whitespace());
            let chars: Vec<char> = seen.take(CHARS_MAX).collect();
            let words: Vec<Option<u32>> = (0..chars.len())
                .map(|at| {
                    let pair = word(cut(&chars, at, at.saturating_add(2)))?;
                    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                    Some(*numbers.entry(pair).or_insert(next))
                })
                .collect();
            let set: BTreeSet<u32> = words.iter().flatten().copied().collect();
            times.resize(numbers.len(), 0);
            for word in &set {
                if let Some(times) = usize::try_from(*word).ok().and_then(|word| times.get_mut(word)) {
                    *times = times.saturating_add(1);
                }
            }
            if is_row && let Ok(n) = u32::try_from(n) {
                index
                    .runs
                    .extend(tellings(&chars).into_iter().map(|run| (run, n)));
            }
            index.sayings.push(Entry {
                saying,
                document,
                chars,
                words,
                set: set.into_iter().collect(),
                weight: 0,
            });
        }
        index.runs.sort_unstable();
        index.weigh(&numbers, &times);
        index
    }

    fn weigh(&mut self, numbers: &BTreeMap<Pair, u32>, times: &[u32]) {
        let all = u32::try_from(self.sayings.len()).unwrap_or(u32::MAX);
        self.weights = times
            .iter()
            .map(|times| {
                let share = all.checked_div(*times).unwrap_or(1).max(1);
                share.ilog2().saturating_add(3)
            })
            .collect();
        for number in COMMON_PAIRS.iter().filter_map(|pair| numbers.get(pair)) {
            if let Some(weight) = usize::try_from(*number)
                .ok()
                .and_then(|n| self.weights.get_mut(n))
            {
                *weight = 1;
            }
        }
        let mut entries = std::mem::take(&mut self.sayings);
        for entry in &mut entries {
            entry.weight = entry
                .set
                .iter()
                .map(|word| self.weight(*word))
                .fold(0, u32::saturating_add);
        }
        self.sayings = entries;
    }

    fn weight(&self, word: u32) -> u32 {
        let word = usize::try_from(word).ok();
        word.and_then(|word| self.weights.get(word)).copied().unwrap_or(1)
    }

    /// The rows of earlier documents that may be about the same undertaking as saying `later`: those that share the most
    /// runs of three characters that tell something, at most 32. Every row that [`Index::likeness`] finds alike shares
    /// one; of rows that share equally much the nearer document's come first.
    pub fn candidates(&self, later: usize) -> Vec<usize> {
        let Some(entry) = self.sayings.get(later) else {
            return Vec::new();
        };
        let before = |n: u32| {
            let row = usize::try_from(n).ok().and_then(|n| self.sayings.get(n));
            row.is_some_and(|row| row.document < entry.document)
        };
        let mut lists: Vec<&[([char; 3], u32)]> = tellings(&entry.chars)
            .iter()
            .map(|run| {
                let from = self.runs.partition_point(|(known, _)| known < run);
                let rest = self.runs.get(from..).unwrap_or_default();
                let own = rest.partition_point(|(known, _)| known == run);
                let own = rest.get(..own).unwrap_or_default();
                // Rows stand in the order of their documents, so the nearest stand last.
                let earlier = own
                    .get(..own.partition_point(|(_, n)| before(*n)))
                    .unwrap_or_default();
                let far = earlier.len().saturating_sub(POSTINGS_MAX);
                earlier.get(far..).unwrap_or_default()
            })
            .collect();
        // What few rows share tells most; what all share is looked at only as far as there is room.
        lists.sort_by_key(|list| list.len());
        let mut shared: Vec<u32> = Vec::new();
        for list in lists {
            if !shared.is_empty() && shared.len().saturating_add(list.len()) > SHARED_MAX {
                break;
            }
            shared.extend(list.iter().map(|(_, row)| *row));
        }
        shared.sort_unstable();
        let mut rows: Vec<(usize, u32)> = shared
            .chunk_by(|a, b| a == b)
            .filter_map(|same| same.first().map(|row| (same.len(), *row)))
            .collect();
        rows.sort_unstable_by(|a, b| b.cmp(a));
        rows.truncate(CANDIDATES_MAX);
        rows.into_iter()
            .filter_map(|(_, row)| usize::try_from(row).ok())
            .collect()
    }

    /// How alike two sayings are; `None` where they share no name worth naming.
    pub fn likeness(&self, a: usize, b: usize) -> Option<Likeness> {
        let (a, b) = (self.sayings.get(a)?, self.sayings.get(b)?);
        let both = a
            .set
            .iter()
            .filter(|word| b.set.binary_search(word).is_ok())
            .map(|word| self.weight(*word))
            .fold(0, u32::saturating_add);
        if both == 0 {
            return None;
        }
        let runs = self.shared_runs(a, b);
        let longest = runs.iter().map(|run| run.len()).max().unwrap_or(0);
        if longest < RUN_MIN {
            return None;
        }
        let share = |whole: u32| both.saturating_mul(100).checked_div(whole).unwrap_or(0);
        // A short saying within a long one is about the same thing; two long ones have to share more.
        let contained = share(a.weight.min(b.weight));
        let mutual = share(a.weight.max(b.weight));
        let mut points = contained.saturating_mul(2).saturating_add(mutual) / 3;
        // A name of its own that both bear.
        let name = u32::try_from(longest.min(8)).unwrap_or(0).saturating_sub(2);
        points = points.saturating_add(name.saturating_mul(4));
        let named: Vec<String> = runs.into_iter().map(string).collect();
        let mut why = vec![Message::new("reader.same_words").with("words", named.join("、"))];
        let (of_a, of_b) = (&a.saying, &b.saying);
        if let Some((number, unit)) = of_a.figures.iter().find(|figure| of_b.figures.contains(figure)) {
            points = points.saturating_add(12);
            why.push(Message::new("reader.same_figure").with("figure", format!("{number}{unit}")));
        }
        if let Some(owner) = of_a
            .owner
            .as_ref()
            .filter(|owner| Some(*owner) == of_b.owner.as_ref())
        {
            points = points.saturating_add(6);
            why.push(Message::new("reader.same_owner").with("unit", owner.as_str()));
        }
        Some(Likeness {
            points: points.min(100),
            why,
        })
    }

    /// The longest runs of words that both have, at most three, none of them only common words, none of things that bear
    /// different names.
    fn shared_runs<'a>(&self, a: &'a Entry, b: &Entry) -> Vec<&'a [char]> {
        let longest = longest_from(a, b);
        let mut found: Vec<&[char]> = Vec::new();
        let mut at = 0usize;
        while let Some(length) = longest.get(at) {
            let end = at.saturating_add(*length);
            let words = a.words.get(at..end.saturating_sub(1)).unwrap_or_default();
            let rare = words.iter().flatten().any(|word| self.weight(*word) > 1);
            let run = cut(&a.chars, at, end);
            if rare && !found.contains(&run) && !other_thing(&a.chars, (at, end), &b.chars) {
                found.push(run);
            }
            at = end.max(at.saturating_add(1));
        }
        found.sort_by_key(|run| std::cmp::Reverse(run.len()));
        found.truncate(3);
        found
    }
}

/// For each character of `a` how long a run of words begins there that stands in `b` too, in characters; 0 or 2 and more.
fn longest_from(a: &Entry, b: &Entry) -> Vec<usize> {
    let mut longest = vec![0usize; a.words.len()];
    // How far the runs reach that begin at the next character of `a`, by where they begin in `b`.
    let mut next = vec![0usize; b.words.len().saturating_add(1)];
    for (slot, of_a) in longest.iter_mut().zip(&a.words).rev() {
        let mut here = vec![0usize; next.len()];
        if of_a.is_some() {
            for (n, of_b) in b.words.iter().enumerate() {
                if of_a == of_b {
                    let on = next.get(n.saturating_add(1)).copied().unwrap_or(0);
                    let length = on.max(1).saturating_add(1);
                    if let Some(cell) = here.get_mut(n) {
                        *cell = length;
                    }
                    *slot = length.max(*slot);
                }
            }
        }
        next = here;
    }
    longest
}

/// The runs of three characters that tell something: two words, not both of them common, each run once.
fn tellings(chars: &[char]) -> BTreeSet<[char; 3]> {
    let runs = chars.windows(3).filter_map(|run| {
        let [a, b, c] = run else { return None };
        let (first, second) = (word(&[*a, *b])?, word(&[*b, *c])?);
        let tells = !COMMON_PAIRS.contains(&first) || !COMMON_PAIRS.contains(&second);
        tells.then_some([*a, *b, *c])
    });
    runs.collect()
}
