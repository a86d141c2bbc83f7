//! Cases in groups (分组): the order of a ledger within the groups of one of its columns, and the counts of each group.

use std::collections::BTreeMap;

use bihuan_domain::mechanism::Colour;

use bihuan_domain::id::CaseId;

use super::pass::First;
use super::query::{CaseRow, Counts, Filter, Page, Sort, Views};
use super::roll::{Line, Roll};
use super::select::{Choice, Tallies, Test, key, part, place};
use crate::error::Error;

/// What cases are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Owner.
    Owner,
    /// Unit of the holder.
    Holder,
    /// Stage.
    Stage,
    /// Mechanism.
    Mechanism,
    /// Colour, the gravest first.
    Colour,
}

impl Group {
    /// What a row has of it, as [`Views::counts_by`] names it.
    pub fn of(self, row: &CaseRow) -> String {
        match self {
            Group::Owner => row.owner.to_string(),
            Group::Holder => row.holder_unit.to_string(),
            Group::Stage => row.stage.to_string(),
            Group::Mechanism => row.mechanism.to_string(),
            Group::Colour => name(row.colour).to_owned(),
        }
    }

    fn code(self, line: &Line) -> u32 {
        match self {
            Group::Owner => line.owner,
            Group::Holder => line.holder,
            Group::Stage => line.stage,
            Group::Mechanism => line.mechanism,
            Group::Colour => line.colour as u32,
        }
    }
}

const COLOURS: [Colour; 5] = [
    Colour::Green,
    Colour::Blue,
    Colour::Yellow,
    Colour::Orange,
    Colour::Red,
];

fn name(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "green",
        Colour::Blue => "blue",
        Colour::Yellow => "yellow",
        Colour::Orange => "orange",
        Colour::Red => "red",
    }
}

impl Roll {
    /// The cases of a page, group after group, and how many there are in all; see [`Views::cases_by`].
    pub(super) fn page_by(
        &self,
        filter: &Filter,
        (group, order): (Group, &[String]),
        sort: Sort,
        offset: u64,
        limit: u64,
    ) -> (Vec<CaseId>, u64) {
        let Some(test) = Test::of(self, filter) else {
            return (Vec::new(), 0);
        };
        let order: BTreeMap<&str, u32> = order.iter().map(String::as_str).zip(0..).collect();
        let rank_of = |code: u32| {
            let named = self.name_in(group, code);
            order.get(named.as_str()).copied().unwrap_or(u32::MAX)
        };
        if test.coarse() && test.unveiled() {
            let tallies = self.tallies(filter, group);
            // Groups of the same rank stand among each other.
            let mut ranked: BTreeMap<u32, (Vec<u32>, u64)> = BTreeMap::new();
            for (code, tally) in tallies.each() {
                let (codes, n) = ranked.entry(rank_of(code)).or_default();
                codes.push(code);
                *n += tally.total();
            }
            let (mut ids, mut total, mut skip) = (Vec::new(), 0, offset);
            for (codes, n) in ranked.values() {
                total += n;
                let left = limit.saturating_sub(u64::try_from(ids.len()).unwrap_or(u64::MAX));
                if skip < *n && left > 0 {
                    let choice = Choice {
                        sort,
                        offset: skip,
                        limit: left,
                        total: *n,
                    };
                    ids.extend(self.first(&test, |line| codes.contains(&group.code(line)), &choice));
                }
                skip = skip.saturating_sub(*n);
            }
            return (ids, total);
        }
        let codes = self.names.length().max(COLOURS.len());
        let rank: Vec<u32> = (0..u32::try_from(codes).unwrap_or(u32::MAX))
            .map(rank_of)
            .collect();
        let ranks = self.ranks_for(sort);
        let (mut found, total) = First::all(self.pass(|part| {
            let mut first = First::new(offset.saturating_add(limit));
            for (line, text) in test.chosen(part) {
                test.shown(line, |line| {
                    let rank = rank.get(place(group.code(line))).copied().unwrap_or(u32::MAX);
                    first.show((rank, key(line, text, line.due_at, sort, &ranks)));
                });
            }
            first
        }));
        let ids = part(&mut found, offset, limit, Ord::cmp)
            .iter()
            .map(|(_, key)| key.case())
            .collect();
        (ids, total)
    }

    fn tallies(&self, filter: &Filter, group: Group) -> Tallies {
        self.gather(
            filter,
            |tallies: &mut Tallies, line, n| tallies.add(group.code(line), line, n),
            Tallies::join,
        )
    }

    fn name_in(&self, group: Group, code: u32) -> String {
        match group {
            Group::Colour => COLOURS
                .get(place(code))
                .map_or_else(String::new, |colour| name(*colour).to_owned()),
            _ => self.names.name(code).to_owned(),
        }
    }
}

impl Views {
    /// A page of cases, group after group in the order of `order`, within each in the order of `sort`. Groups that `order`
    /// leaves out come last.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn cases_by(
        &self,
        filter: &Filter,
        group: Group,
        order: &[String],
        sort: Sort,
        offset: u64,
        limit: u64,
    ) -> Result<Page<CaseRow>, Error> {
        let (ids, total) = self.roll()?.page_by(filter, (group, order), sort, offset, limit);
        self.rows(ids, total, &filter.visible_to)
    }

    /// Counts over the cases of each group, in the order of its codes.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn counts_by(&self, filter: &Filter, group: Group) -> Result<Vec<(String, Counts)>, Error> {
        let roll = self.roll()?;
        let tallies = roll.tallies(filter, group);
        let mut counts: Vec<(String, Counts)> = tallies
            .each()
            .map(|(code, tally)| (roll.name_in(group, code), roll.counted(tally)))
            .collect();
        counts.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(counts)
    }
}
