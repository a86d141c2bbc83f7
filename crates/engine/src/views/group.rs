//! Cases in groups (分组): the order of a ledger within the groups of one of its columns, and the counts of each group.

use std::collections::BTreeMap;

use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::Colour;

use super::pass::First;
use super::query::{CaseRow, Counts, Filter, Page, Sort, Views};
use super::roll::{Line, Roll};
use super::select::{Tallies, key, part, place};
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
        let roll = self.roll()?;
        let rank: BTreeMap<&str, u32> = order.iter().map(String::as_str).zip(0..).collect();
        let ranks = roll.names.ranks();
        let mut of_code: BTreeMap<u32, u32> = BTreeMap::new();
        let mut found = First::new(offset.saturating_add(limit));
        roll.each(filter, |line| {
            let code = group.code(line);
            let first = *of_code.entry(code).or_insert_with(|| {
                let named = roll.name_in(group, code);
                rank.get(named.as_str()).copied().unwrap_or(u32::MAX)
            });
            found.show((first, key(line, line.due_at, sort, &ranks), line.id.0));
        });
        let (mut found, total) = First::all(vec![found]);
        let ids = part(&mut found, offset, limit, Ord::cmp)
            .iter()
            .map(|(.., id)| CaseId(*id))
            .collect();
        self.rows(ids, total, &filter.visible_to)
    }

    /// Counts over the cases of each group, in the order of its codes.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn counts_by(&self, filter: &Filter, group: Group) -> Result<Vec<(String, Counts)>, Error> {
        let roll = self.roll()?;
        let tallies: Tallies = roll.gather(
            filter,
            |tallies: &mut Tallies, line, n| tallies.add(group.code(line), line, n),
            Tallies::join,
        );
        let mut counts: Vec<(String, Counts)> = tallies
            .each()
            .map(|(code, tally)| (roll.name_in(group, code), roll.counted(tally)))
            .collect();
        counts.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(counts)
    }
}
