//! The order of a thousand neighbouring cases, kept with them until one of them changes: the first page of a million is found by
//! looking at the first of each thousand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, OnceLock};

use super::query::Sort;
use super::roll::{Chunk, Line, Part, Roll};
use super::select::{Key, key, place};

/// Lines looked at one after the other before it is asked whether any of the neighbours can be meant at all.
const LOOKED_AT: usize = 16;

/// The orders that were asked for since the last change: of all lines, and of those of each set of parties by itself, for who
/// sees some of them only.
#[derive(Clone, Default)]
pub(super) struct Orders {
    all: [OnceLock<Arc<Order>>; 5],
    apart: [OnceLock<Arc<Order>>; 5],
}

/// The places of lines, the first first; where parties stand apart, one run of them after the other.
struct Order {
    places: Vec<u16>,
    /// The set of parties of each run, and where it ends.
    runs: Vec<(u32, usize)>,
}

impl Orders {
    /// The runs of `lines` in this order, each with its set of parties where they stand `apart`. It is made with `key` where it
    /// is not known. Nothing for orders that need no keeping.
    fn of<'r, K: Ord>(
        &'r self,
        lines: &'r [Option<Line>],
        (sort, apart): (Sort, bool),
        key: impl Fn(&'r Line) -> K,
    ) -> impl Iterator<Item = (u32, &'r [u16])> {
        let nth = match sort {
            Sort::Newest | Sort::Oldest => usize::MAX,
            Sort::Urgency => 0,
            Sort::Owner => 1,
            Sort::Number => 2,
            Sort::Title => 3,
            Sort::Stage => 4,
        };
        let kept = if apart { &self.apart } else { &self.all };
        let order = kept
            .get(nth)
            .map(|kept| kept.get_or_init(|| Arc::new(Order::made(lines, apart, key))));
        order.into_iter().flat_map(|order| order.runs())
    }
}

impl Order {
    fn made<'r, K: Ord>(lines: &'r [Option<Line>], apart: bool, key: impl Fn(&'r Line) -> K) -> Order {
        let places = (0u16..).zip(lines);
        let mut keyed: Vec<(u32, K, u16)> = places
            .filter_map(|(place, line)| {
                let line = line.as_ref()?;
                Some((if apart { line.parties } else { 0 }, key(line), place))
            })
            .collect();
        keyed.sort_unstable();
        let mut runs: Vec<(u32, usize)> = Vec::new();
        for (nth, (parties, ..)) in keyed.iter().enumerate() {
            let end = nth.saturating_add(1);
            match runs.last_mut() {
                Some(last) if last.0 == *parties => last.1 = end,
                _ => runs.push((*parties, end)),
            }
        }
        Order {
            places: keyed.into_iter().map(|(.., place)| place).collect(),
            runs,
        }
    }

    fn runs(&self) -> impl Iterator<Item = (u32, &[u16])> {
        self.runs.iter().scan(0, |from, (parties, end)| {
            let run = self.places.get(*from..*end)?;
            *from = *end;
            Some((*parties, run))
        })
    }
}

/// The orders that are kept.
const KEPT: [Sort; 5] = [Sort::Urgency, Sort::Owner, Sort::Number, Sort::Title, Sort::Stage];

impl Roll {
    /// Makes every order that is kept, so that who asks first does not wait for it.
    pub(super) fn put_in_order(&self) {
        for sort in KEPT {
            let ranks = self.ranks_for(sort);
            for chunk in self.whole().chunks() {
                let key = |line: &Line| key(line, chunk.text(line), line.due_at, sort, &ranks);
                for apart in [false, true] {
                    drop(chunk.orders.of(&chunk.lines, (sort, apart), key));
                }
            }
        }
    }
}

impl<'r> Part<'r> {
    /// The keys of its first `wanted` lines in this order of those that `holds` leaves, which must leave all of a kind that are
    /// alike in what is counted, or none. Where `seen` tells which sets of parties are seen at all, others are not looked at.
    pub(super) fn first_in_order(
        self,
        sort: Sort,
        wanted: u64,
        (holds, seen): (impl Fn(&Line) -> bool, Option<&[bool]>),
        key: impl Fn(&Line, &'r [u8]) -> Key<'r>,
    ) -> Vec<Key<'r>> {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        if matches!(sort, Sort::Newest | Sort::Oldest) {
            let told = |(line, text): (&Line, &'r [u8])| holds(line).then(|| key(line, text));
            return match sort {
                Sort::Oldest => self.lines().filter_map(told).take(wanted).collect(),
                _ => self.lines_back().filter_map(told).take(wanted).collect(),
            };
        }
        let chunks: Vec<_> = self.chunks().collect();
        let shown = |parties: u32| seen.is_none_or(|seen| seen.get(place(parties)) == Some(&true));
        let runs: Vec<(&Chunk, &[u16])> = chunks
            .iter()
            .flat_map(|chunk| {
                let key = |line: &'r Line| key(line, chunk.text(line));
                let runs = chunk.orders.of(&chunk.lines, (sort, seen.is_some()), key);
                let runs = runs.filter(|(parties, _)| seen.is_none() || shown(*parties));
                runs.map(|(_, run)| (*chunk, run))
            })
            .collect();
        // The next line of a run, from a place of its order on.
        let next = |nth: usize, from: usize| -> Option<Reverse<(Key<'r>, usize, usize)>> {
            let (chunk, run) = runs.get(nth)?;
            let mut at = from;
            loop {
                let line = chunk.lines.get(usize::from(*run.get(at)?));
                let after = at.saturating_add(1);
                if let Some(line) = line.and_then(Option::as_ref).filter(|line| holds(line)) {
                    return Some(Reverse((key(line, chunk.text(line)), nth, after)));
                }
                if from == 0 && at == LOOKED_AT && !chunk.alike().any(|(line, _)| holds(line)) {
                    return None;
                }
                at = after;
            }
        };
        let mut heap: BinaryHeap<_> = (0..runs.len()).filter_map(|nth| next(nth, 0)).collect();
        let mut found = Vec::new();
        while found.len() < wanted
            && let Some(Reverse((key, nth, after))) = heap.pop()
        {
            found.push(key);
            heap.extend(next(nth, after));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use bihuan_domain::id::CaseId;
    use bihuan_domain::mechanism::Colour;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use rusqlite::Connection;

    use crate::access::Sight;
    use crate::views::roll::Roll;
    use crate::views::{Filter, Group, Sort};

    const SORTS: [Sort; 7] = [
        Sort::Urgency,
        Sort::Newest,
        Sort::Oldest,
        Sort::Owner,
        Sort::Number,
        Sort::Title,
        Sort::Stage,
    ];

    /// What differs between cases: owner, stage, title, number, due time and whether it is open, each out of few.
    type Case = (u8, u8, u8, u8, u8, bool);

    fn case() -> impl Strategy<Value = Case> {
        (0..5u8, 0..3u8, 0..4u8, any::<u8>(), any::<u8>(), any::<bool>())
    }

    fn write(connection: &Connection, id: usize, (owner, stage, title, number, due, open): Case) {
        // A long common beginning, so that the rest of a title decides; some without a title, a number or a due time.
        let title = (title > 0).then(|| format!("河道清淤与堤防加固工程第{title}标段"));
        let number = (number > 40).then(|| format!("督〔2026〕{}号", number / 3));
        let due = (due > 60).then_some(i64::from(due) * 1_000);
        let sql = "INSERT OR REPLACE INTO case_views(id, mechanism, number, title, stage, kind, open, owner, holder_unit, holder_post,
               colour, opened_at, due_at, late, round, reworks, source_kind, parties)
             VALUES (?1, 'm', ?2, ?3, 's' || ?4, 'work', ?5, 'u' || ?6, 'u' || ?6, '', ?1 % 5, ?1, ?7, 0, 1, 0, 'typed', ?8)";
        let parties = format!("{{\"units\":[\"u{owner}\"],\"opener\":\"u0.clerk\"}}");
        let values = (id as i64, number, title, stage, open, owner, due, parties);
        connection.prepare_cached(sql).unwrap().execute(values).unwrap();
    }

    /// The same question, of which every line is looked at.
    fn each(filter: &Filter) -> Filter {
        Filter {
            opened: (Some(Timestamp::MIN), None),
            ..filter.clone()
        }
    }

    #[test]
    fn what_was_put_in_order_is_in_all_orders() {
        let connection = Connection::open_in_memory().unwrap();
        crate::views::create(&connection).unwrap();
        (1..=1_500).for_each(|id| write(&connection, id, (2, 1, 1, 50, 70, true)));
        let roll = Roll::load(&connection, &AtomicBool::new(false)).unwrap();
        roll.put_in_order();
        for chunk in roll.whole().chunks() {
            let made = chunk.orders.all.iter().chain(&chunk.orders.apart);
            assert_eq!(made.filter(|order| order.get().is_some()).count(), 10);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

        #[test]
        fn a_page_along_kept_orders_is_the_page_that_all_lines_make(
            cases in prop::collection::vec(prop::option::weighted(0.95, case()), 2_500..4_000),
            changed in (any::<prop::sample::Index>(), case()),
            offset in prop_oneof![Just(0), 0..200u64, 0..4_000u64],
            asked in (any::<bool>(), prop::option::of(0..3u8), prop::option::of(0..4u8)),
        ) {
            let connection = Connection::open_in_memory().unwrap();
            crate::views::create(&connection).unwrap();
            for (nth, case) in cases.iter().enumerate() {
                if let Some(case) = case {
                    write(&connection, nth + 1, *case);
                }
            }
            let mut roll = Roll::load(&connection, &AtomicBool::new(false)).unwrap();
            let (part, stage, colour) = asked;
            let filter = Filter {
                stage: stage.map(|stage| format!("s{stage}").as_str().into()),
                colour: colour.and_then(|n| [Colour::Green, Colour::Blue, Colour::Yellow, Colour::Orange].get(usize::from(n)).copied()),
                visible_to: match part {
                    true => Sight::Units {
                        units: ["u2".into()].into(),
                        posts: Default::default(),
                        kept_back: Default::default(),
                    },
                    false => Sight::All,
                },
                ..Filter::default()
            };
            for time in 0..2 {
                if time == 1 {
                    // One case changes after all orders were made.
                    let (index, case) = changed;
                    let id = index.index(cases.len()) + 1;
                    write(&connection, id, case);
                    let only = CaseId(id as u64);
                    Roll::each_listing(&connection, id as i64 - 1, &mut |listing| {
                        if listing.id() == only {
                            roll.put(listing);
                        }
                    }).unwrap();
                }
                for sort in SORTS {
                    prop_assert_eq!(
                        roll.page(&filter, sort, offset, 50),
                        roll.page(&each(&filter), sort, offset, 50),
                        "{:?}", sort
                    );
                    for group in [Group::Owner, Group::Stage, Group::Colour] {
                        // Some groups are named, the others come behind, mixed.
                        let order = ["u3", "s2", "red", "u0"].map(str::to_owned);
                        prop_assert_eq!(
                            roll.page_by(&filter, (group, &order), sort, offset, 50),
                            roll.page_by(&each(&filter), (group, &order), sort, offset, 50),
                            "{:?} {:?}", group, sort
                        );
                    }
                }
            }
        }
    }
}
