//! Which column of a table is which.

use crate::fault::Unreadable;
use crate::names::pairs;

/// What a log needs of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Which case.
    Case,
    /// What was done.
    Activity,
    /// When.
    Time,
    /// Who did it or has it; may be missing.
    Holder,
}

/// All sorts, in their order.
pub(crate) const SORTS: [Sort; 4] = [Sort::Case, Sort::Activity, Sort::Time, Sort::Holder];

impl Sort {
    /// Its word on the command line.
    pub fn option(self) -> &'static str {
        match self {
            Sort::Case => "--case",
            Sort::Activity => "--activity",
            Sort::Time => "--time",
            Sort::Holder => "--resource",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Sort::Case => "case",
            Sort::Activity => "activity",
            Sort::Time => "time",
            Sort::Holder => "holder",
        }
    }
}

/// The columns that somebody named; the others are recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Which case.
    pub case: Option<String>,
    /// What was done.
    pub activity: Option<String>,
    /// When.
    pub time: Option<String>,
    /// Who did it or has it.
    pub holder: Option<String>,
}

impl Columns {
    pub(crate) fn named(&self, sort: Sort) -> Option<&str> {
        match sort {
            Sort::Case => &self.case,
            Sort::Activity => &self.activity,
            Sort::Time => &self.time,
            Sort::Holder => &self.holder,
        }
        .as_deref()
    }
}

const KNOWN: &str = include_str!("../data/columns.txt");

/// The place of each sort in the heading; a holder may be missing.
///
/// # Errors
///
/// [`Unreadable::NoColumn`] where a column that is needed is not there, [`Unreadable::Twice`] where one was named twice.
pub(crate) fn places(heading: &[String], columns: &Columns) -> Result<[Option<usize>; 4], Unreadable> {
    let plain: Vec<String> = heading.iter().map(|name| folded(name)).collect();
    let mut places = [None; 4];
    for (sort, place) in SORTS.into_iter().zip(&mut places) {
        if let Some(asked) = columns.named(sort) {
            let exact = heading.iter().position(|name| name.trim() == asked.trim());
            let found = exact.or_else(|| plain.iter().position(|name| *name == folded(asked)));
            *place = Some(found.ok_or_else(|| missing(sort, Some(asked), heading))?);
        }
    }
    for sort in SORTS {
        if columns.named(sort).is_some() {
            continue;
        }
        let found = known(sort).find_map(|name| {
            let free = |at: &usize| !places.contains(&Some(*at));
            (0..plain.len())
                .filter(free)
                .find(|at| plain.get(*at).is_some_and(|plain| *plain == name))
        });
        if found.is_none() && sort != Sort::Holder {
            return Err(missing(sort, None, heading));
        }
        if let Some(place) = places
            .iter_mut()
            .zip(SORTS)
            .find_map(|(place, own)| (own == sort).then_some(place))
        {
            *place = found;
        }
    }
    let mut taken: Vec<usize> = places.iter().flatten().copied().collect();
    taken.sort_unstable();
    let double = pairs(&taken).find(|(a, b)| a == b);
    match double.and_then(|(at, _)| heading.get(at)) {
        Some(column) => Err(Unreadable::Twice {
            column: column.clone(),
        }),
        None => Ok(places),
    }
}

fn missing(sort: Sort, asked: Option<&str>, heading: &[String]) -> Unreadable {
    Unreadable::NoColumn {
        sort,
        asked: asked.map(str::to_owned),
        columns: heading
            .iter()
            .take(40)
            .map(|name| name.chars().take(40).collect())
            .collect(),
    }
}

/// The names by which a sort is recognised, the surest first.
fn known(sort: Sort) -> impl Iterator<Item = String> {
    let line = KNOWN
        .lines()
        .find_map(|line| line.strip_prefix(sort.word())?.strip_prefix(": "));
    line.unwrap_or_default().split(", ").map(folded)
}

/// A name without what does not count.
fn folded(name: &str) -> String {
    let counts =
        |c: &char| !c.is_whitespace() && !matches!(c, '_' | '-' | ':' | '.' | '/' | '"' | '\u{FEFF}');
    name.chars().filter(counts).flat_map(char::to_lowercase).collect()
}
