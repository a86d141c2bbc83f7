//! The word tables of the reader: `data/*.txt`, readable by anyone, compiled in.
//!
//! A table file has `[sections]` of words divided by white space; `#` begins a comment.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::chars::at;

/// A set of words that is matched at a place in a text, longest word first.
#[derive(Debug, Default)]
pub(crate) struct Words {
    by_first: Heads,
    by_last: Heads,
}

/// Words by one of their characters.
#[derive(Debug, Default)]
struct Heads {
    /// One bit for each such character of the basic plane: most places of a text have no word.
    bits: Vec<u64>,
    /// How many such characters there are before each 64, so that a list is found without a search.
    ranks: Vec<usize>,
    /// The words of each such character, longest first, in the order of the characters.
    lists: Vec<Vec<Vec<char>>>,
}

impl Heads {
    fn of(words: &[Vec<char>], key: impl Fn(&[char]) -> Option<char>) -> Heads {
        let mut sorted: BTreeMap<char, Vec<Vec<char>>> = BTreeMap::new();
        for word in words {
            if let Some(c) = key(word).filter(|c| place(*c).is_some()) {
                sorted.entry(c).or_default().push(word.clone());
            }
        }
        let mut heads = Heads {
            bits: vec![0; 1024],
            ranks: Vec::with_capacity(1024),
            lists: Vec::with_capacity(sorted.len()),
        };
        for (c, mut list) in sorted {
            list.sort_by_key(|word| std::cmp::Reverse(word.len()));
            if let Some((slot, bit)) = place(c)
                && let Some(bits) = heads.bits.get_mut(slot)
            {
                *bits |= bit;
            }
            heads.lists.push(list);
        }
        let mut before = 0usize;
        for bits in &heads.bits {
            heads.ranks.push(before);
            before += usize::try_from(bits.count_ones()).unwrap_or(0);
        }
        heads
    }

    #[inline]
    fn get(&self, c: char) -> Option<&[Vec<char>]> {
        let (slot, bit) = place(c)?;
        let bits = self.bits.get(slot)?;
        if bits & bit == 0 {
            return None;
        }
        let within = usize::try_from((bits & (bit - 1)).count_ones()).unwrap_or(0);
        self.lists.get(self.ranks.get(slot)? + within).map(Vec::as_slice)
    }
}

impl Words {
    fn of<'a>(words: impl Iterator<Item = &'a str>) -> Words {
        let words: Vec<Vec<char>> = words.map(|word| word.chars().collect()).collect();
        Words {
            by_first: Heads::of(&words, |word| word.first().copied()),
            by_last: Heads::of(&words, |word| word.last().copied()),
        }
    }

    /// The length of the longest word that stands at `i`.
    #[inline]
    pub(crate) fn at(&self, s: &[char], i: usize) -> Option<usize> {
        let list = self.by_first.get(at(s, i))?;
        longest_of(list, s.get(i + 1..).unwrap_or(&[]))
    }

    /// The length of the longest word that ends right before `end`.
    pub(crate) fn before(&self, s: &[char], end: usize) -> Option<usize> {
        let list = self.by_last.get(crate::chars::before(s, end))?;
        list.iter()
            .find(|word| s.get(..end).is_some_and(|head| head.ends_with(word)))
            .map(Vec::len)
    }

    /// The first place where any of the words stands, with its length.
    pub(crate) fn find(&self, s: &[char]) -> Option<(usize, usize)> {
        (0..s.len()).find_map(|i| self.at(s, i).map(|n| (i, n)))
    }

    /// The longest word that stands anywhere, the first of those, with its length.
    pub(crate) fn longest(&self, s: &[char]) -> Option<(usize, usize)> {
        let all = (0..s.len()).filter_map(|i| self.at(s, i).map(|n| (i, n)));
        all.reduce(|best, found| if found.1 > best.1 { found } else { best })
    }

    pub(crate) fn any_in(&self, s: &[char]) -> bool {
        self.find(s).is_some()
    }

    /// How many places carry one of the words.
    pub(crate) fn count_in(&self, s: &[char]) -> usize {
        (0..s.len()).filter(|i| self.at(s, *i).is_some()).count()
    }

    /// Whether the whole of `s` is one of the words.
    pub(crate) fn is(&self, s: &[char]) -> bool {
        self.at(s, 0) == Some(s.len())
    }
}

/// The length of the first of the words whose characters behind the first `rest` begins with.
fn longest_of(list: &[Vec<char>], rest: &[char]) -> Option<usize> {
    let second = rest.first();
    // The second character parts the words of a list from one another before they are compared.
    list.iter()
        .find(|word| match word.get(1) {
            None => true,
            Some(c) => second == Some(c) && word.get(1..).is_some_and(|tail| rest.starts_with(tail)),
        })
        .map(Vec::len)
}

/// The bit of a character of the basic plane.
#[inline]
fn place(c: char) -> Option<(usize, u64)> {
    let code = u32::from(c);
    let slot = usize::try_from(code / 64).ok()?;
    (code < 0x1_0000).then_some((slot, 1 << (code % 64)))
}

/// The section `name` of the tables; an unknown name is an empty table (a test names them all).
pub(crate) fn words(name: &str) -> &'static Words {
    TABLES.get(name).unwrap_or(&NOTHING)
}

static NOTHING: LazyLock<Words> = LazyLock::new(Words::default);

static TABLES: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
    let files = [
        include_str!("../data/layout.txt"),
        include_str!("../data/figures.txt"),
        include_str!("../data/commitments.txt"),
        include_str!("../data/checks.txt"),
    ];
    let mut sections: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in files {
        let mut section = String::new();
        for line in file.lines() {
            let line = line.split('#').next().unwrap_or("").trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else {
                sections
                    .entry(section.clone())
                    .or_default()
                    .extend(line.split_whitespace());
            }
        }
    }
    sections
        .into_iter()
        .map(|(name, list)| (name, Words::of(list.into_iter())))
        .collect()
});

/// Pairs of words that make a whole between them (`data/checks.txt`, written `one|other`).
pub(crate) fn checks_complements() -> &'static [Vec<String>] {
    static ALL: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| groups("complements"));
    &ALL
}

/// Words for one deed (`data/checks.txt`, written `one|other|third`).
pub(crate) fn same_deeds() -> &'static [Vec<String>] {
    static ALL: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| groups("same deeds"));
    &ALL
}

/// The words of a section of `data/checks.txt` that stand together, divided by `|`.
fn groups(section: &str) -> Vec<Vec<String>> {
    let head = format!("[{section}]");
    let lines = include_str!("../data/checks.txt").lines();
    let own = lines.skip_while(|l| *l != head).skip(1);
    let own = own
        .take_while(|l| !l.starts_with('['))
        .filter(|l| !l.starts_with('#'));
    own.flat_map(str::split_whitespace)
        .map(|group| group.split('|').map(str::to_owned).collect())
        .collect()
}

/// What stands for a year (`data/years.txt`).
#[derive(Debug)]
pub(crate) enum EventYear {
    /// Words that stand near each other, and the year of which they speak.
    Of(Vec<String>, i16),
    /// What stands before and behind the number of a feast, and the year before its first.
    Counted {
        front: String,
        behind: String,
        base: i16,
    },
}

impl EventYear {
    /// The character that it begins with.
    pub(crate) fn first(&self) -> Option<char> {
        match self {
            EventYear::Of(words, _) => words.first()?.chars().next(),
            EventYear::Counted { front, .. } => front.chars().next(),
        }
    }
}

/// The characters with which such events begin.
pub(crate) fn event_leads() -> &'static Words {
    static ALL: LazyLock<Words> = LazyLock::new(|| {
        let firsts: Vec<String> = event_years()
            .iter()
            .filter_map(|event| event.first().map(String::from))
            .collect();
        Words::of(firsts.iter().map(String::as_str))
    });
    &ALL
}

/// Events that stand for a year (`data/years.txt`).
pub(crate) fn event_years() -> &'static [EventYear] {
    static ALL: LazyLock<Vec<EventYear>> = LazyLock::new(|| {
        let lines = include_str!("../data/years.txt").lines();
        let pairs = lines
            .filter(|l| !l.starts_with('#'))
            .filter_map(|l| l.rsplit_once(' '));
        pairs
            .filter_map(|(words, year)| {
                Some(match (words.split_once('*'), year.strip_prefix('+')) {
                    (Some((front, behind)), Some(base)) => EventYear::Counted {
                        front: front.to_owned(),
                        behind: behind.to_owned(),
                        base: base.trim().parse().ok()?,
                    },
                    _ => EventYear::Of(
                        words.split(' ').map(str::to_owned).collect(),
                        year.trim().parse().ok()?,
                    ),
                })
            })
            .collect()
    });
    &ALL
}

/// The field of some units (`data/owners.txt`).
#[derive(Debug)]
pub(crate) struct Duties {
    /// Parts of the names of the units.
    pub(crate) units: Vec<String>,
    /// The words of their field.
    pub(crate) words: Words,
}

impl Duties {
    /// Every field, in the order of the table.
    pub(crate) fn all() -> &'static [Duties] {
        static ALL: LazyLock<Vec<Duties>> = LazyLock::new(|| {
            let lines = include_str!("../data/owners.txt")
                .lines()
                .filter(|l| !l.starts_with('#'));
            let pairs = lines.filter_map(|line| line.split_once(':'));
            let duties = pairs.map(|(units, words)| Duties {
                units: units.split_whitespace().map(str::to_owned).collect(),
                words: Words::of(words.split_whitespace()),
            });
            duties.collect()
        });
        &ALL
    }
}

/// Tables looked up once per crate, not once per character.
macro_rules! table {
    ($fn_name:ident, $section:literal) => {
        pub(crate) fn $fn_name() -> &'static Words {
            static TABLE: LazyLock<&'static Words> = LazyLock::new(|| words($section));
            &TABLE
        }
    };
}

table!(surnames, "surnames");
table!(byline_roles, "byline roles");
table!(not_bylines, "not bylines");
table!(paragraph_openers, "paragraph openers");
table!(folio_words, "folio words");
table!(document_tails, "document tails");
table!(page_labels, "page labels");
table!(web_labels, "web labels");
table!(page_buttons, "page buttons");
table!(lost_notices, "lost notices");
table!(notice_tails, "notice tails");
table!(notice_leads, "notice leads");
table!(comment_labels, "comment labels");
table!(news_leads, "news leads");
table!(caption_words, "caption words");
table!(caption_subjects, "caption subjects");
table!(caption_tails, "caption tails");
table!(units, "units");
table!(weak_units, "weak units");
table!(guarded_units, "guarded units");
table!(per_units, "per units");
table!(over_before, "over before");
table!(about_before, "about before");
table!(under_before, "under before");
table!(over_after, "over after");
table!(about_after, "about after");
table!(under_after, "under after");
table!(not_figures, "not figures");
table!(name_tails, "name tails");
table!(deliver_verbs, "deliver verbs");
table!(measure_verbs, "measure verbs");
table!(effect_verbs, "effect verbs");
table!(slogan_verbs, "slogan verbs");
table!(adverbs, "adverbs");
table!(lead_words, "lead words");
table!(keep_leads, "keep leads");
table!(context_words, "context words");
table!(object_words, "object words");
table!(empty_objects, "empty objects");
table!(not_calling, "not calling");
table!(target_verbs, "target verbs");
table!(future_words, "future words");
table!(past_words, "past words");
table!(past_in_clause, "past in clause");
table!(past_headings, "past headings");
table!(plan_headings, "plan headings");
table!(year_plan_tails, "year plan tails");
table!(plan_titles, "plan titles");
table!(bygone_words, "bygone words");
table!(document_names, "document names");
table!(announcing_verbs, "announcing verbs");
table!(announced_things, "announced things");
table!(owner_tails, "owner tails");
table!(splitting_tails, "splitting tails");
table!(collective_nouns, "collective nouns");
table!(disposal_verbs, "disposal verbs");
table!(listed_things, "listed things");
table!(closing_verbs, "closing verbs");
table!(every_one, "every one");
table!(not_deeds, "not deeds");
table!(explaining_words, "explaining words");
table!(speaking_words, "speaking words");
table!(season_words, "season words");
table!(single_deeds, "single deeds");
table!(deed_results, "deed results");
table!(facility_nouns, "facility nouns");
table!(joining_left, "joining left");
table!(list_cues, "list cues");
table!(loose_cues, "loose cues");
table!(open_lists, "open lists");
table!(total_words, "total words");
table!(sure_totals, "sure totals");
table!(no_sum_between, "no sum between");
table!(remainder_words, "remainder words");
table!(target_words, "target words");
table!(planned_words, "planned words");
table!(done_words, "done words");
table!(whole_words, "whole words");
table!(kin_units, "kin units");
table!(growth_words, "growth words");
table!(fall_words, "fall words");
table!(step_words, "step words");
table!(base_words, "base words");
table!(now_words, "now words");
table!(became_words, "became words");
table!(sum_to_a_hundred, "sum up to a hundred");
table!(at_most_a_hundred, "at most a hundred");
table!(not_of_a_part, "not of a part");
table!(deed_tails, "deed tails");
table!(negations, "negations");
table!(overlapping, "overlapping");
table!(occupancy, "occupancy");
table!(place_nouns, "place nouns");
table!(period_words, "period words");
table!(of_another_time, "of another time");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chars::has_at;

    #[test]
    fn the_longest_word_wins() {
        let text: Vec<char> = "平方公里".chars().collect();
        assert_eq!(units().at(&text, 0), Some(4));
        assert_eq!(units().before(&text, 4), Some(4));
        assert!(has_at(&text, 2, "公里"));
    }

    #[test]
    fn every_table_has_words() {
        for (name, table) in TABLES.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(!table.by_first.lists.is_empty(), "[{name}] is empty");
        }
    }
}
