//! The order of a thousand neighbouring cases, kept with them until one of them changes: the first page of a million is found by
//! looking at the first of each thousand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, OnceLock};

use super::query::Sort;
use super::roll::{Line, Part};
use super::select::{Key, place};

/// Lines looked at one after the other before it is asked whether any of the neighbours can be meant at all.
const LOOKED_AT: usize = 16;

/// The orders that were asked for since the last change: the places of the lines, the first first.
#[derive(Clone, Default)]
pub(super) struct Orders([OnceLock<Arc<[u16]>>; 5]);

/// A thousand neighbours in an order.
pub(super) struct Ordered<'r> {
    lines: &'r [Option<Line>],
    order: Order<'r>,
}

enum Order<'r> {
    /// As they lie: by id.
    Lying,
    /// The other way round.
    Reversed,
    Kept(&'r [u16]),
}

impl Orders {
    /// `lines` in this order, which is made with `key` where it is not known.
    pub(super) fn of<'r, K: Ord>(
        &'r self,
        lines: &'r [Option<Line>],
        sort: Sort,
        key: impl Fn(&'r Line) -> K,
    ) -> Ordered<'r> {
        let nth = match sort {
            Sort::Oldest => None,
            Sort::Newest => {
                return Ordered {
                    lines,
                    order: Order::Reversed,
                };
            }
            Sort::Urgency => Some(0),
            Sort::Owner => Some(1),
            Sort::Number => Some(2),
            Sort::Title => Some(3),
            Sort::Stage => Some(4),
        };
        let kept = nth.and_then(|nth: usize| self.0.get(nth)).map(|kept| {
            kept.get_or_init(|| {
                let places = (0u16..).zip(lines);
                let mut keyed: Vec<(K, u16)> = places
                    .filter_map(|(place, line)| Some((key(line.as_ref()?), place)))
                    .collect();
                keyed.sort_unstable();
                keyed.into_iter().map(|(_, place)| place).collect()
            })
        });
        Ordered {
            lines,
            order: kept.map_or(Order::Lying, |kept| Order::Kept(kept)),
        }
    }
}

impl<'r> Ordered<'r> {
    /// The line at this place of the order; `Some(None)` where a place is empty.
    fn at(&self, nth: usize) -> Option<Option<&'r Line>> {
        let lying = match self.order {
            Order::Lying => nth,
            Order::Reversed => self.lines.len().checked_sub(nth.checked_add(1)?)?,
            Order::Kept(kept) => usize::from(*kept.get(nth)?),
        };
        self.lines.get(lying).map(Option::as_ref)
    }
}

impl<'r> Part<'r> {
    /// The keys of its first `wanted` lines in this order of those that `holds` leaves, which must leave all of a kind that are
    /// alike in what is counted, or none.
    pub(super) fn first_in_order(
        self,
        sort: Sort,
        wanted: u64,
        holds: impl Fn(&Line) -> bool,
        key: impl Fn(&Line, &'r [u8]) -> Key<'r>,
    ) -> Vec<Key<'r>> {
        let chunks: Vec<_> = self.chunks().collect();
        let ordered: Vec<Ordered<'r>> = chunks
            .iter()
            .map(|chunk| chunk.ordered(sort, |line| key(line, chunk.text(line))))
            .collect();
        // The next line of a thousand, from a place of their order on.
        let next = |nth: usize, from: usize| -> Option<Reverse<(Key<'r>, usize, usize)>> {
            let (chunk, ordered) = (chunks.get(nth)?, ordered.get(nth)?);
            let mut at = from;
            loop {
                let line = ordered.at(at)?;
                let after = at.saturating_add(1);
                if let Some(line) = line.filter(|line| holds(line)) {
                    return Some(Reverse((key(line, chunk.text(line)), nth, after)));
                }
                if from == 0 && at == LOOKED_AT && !chunk.alike().any(|(line, _)| holds(line)) {
                    return None;
                }
                at = after;
            }
        };
        let mut heap: BinaryHeap<_> = (0..chunks.len()).filter_map(|nth| next(nth, 0)).collect();
        let mut found = Vec::with_capacity(place(u32::try_from(wanted).unwrap_or(0)).min(4_096));
        while u64::try_from(found.len()).unwrap_or(u64::MAX) < wanted
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
