//! What a mechanism asks of people (填报负担): minutes of filling in, by kind of post.
//!
//! An estimate from published constants ([`constants`], explained in `docs/burden.md`), never from timing anybody. Exact:
//! tenths of a minute as whole numbers. Only what somebody must put in is counted, not the work itself.

pub mod constants;
mod course;
mod sharing;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::id::{Code, DatumId, MechanismId};
use bihuan_domain::mechanism::Mechanism;
use bihuan_messages::Label;

use crate::pack::Pack;

pub use sharing::Asker;
pub use who::Who;

/// Tenths of a minute.
pub type Tenths = u64;

/// What all packs together ask for.
#[derive(Clone, Debug, Default)]
pub struct Burden {
    /// One for each mechanism and kind of post, in the order of mechanisms.
    pub rows: Vec<Row>,
    /// Everything that is asked, with its fields.
    pub asks: Vec<Ask>,
    /// Who asks for each datum, where more than one does.
    pub shared: BTreeMap<DatumId, BTreeSet<Asker>>,
}

/// What one mechanism asks of one kind of post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The mechanism.
    pub mechanism: MechanismId,
    /// Of whom.
    pub who: Who,
    /// Whether it is a post below the township.
    pub grass_roots: bool,
    /// For one case on its ordinary course.
    pub per_case: Tenths,
    /// A week, from recurrences that the file states: cases that open by themselves.
    pub weekly: Tenths,
    /// A week for each case that is open: regular reports.
    pub weekly_open: Tenths,
    /// A week in all, for the number of cases a year that was given.
    pub weekly_given: Option<Tenths>,
}

/// One occasion on which somebody is asked for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The mechanism.
    pub mechanism: MechanismId,
    /// What it is: opening, a step, a report, a verification.
    pub label: Label,
    /// The kinds of posts on which it may fall.
    pub who: Vec<Who>,
    /// The data that are asked for.
    pub data: Vec<(Label, DatumId)>,
    /// Files to be attached.
    pub evidence: u8,
    /// How long it takes once.
    pub tenths: Tenths,
    /// How often.
    pub often: Often,
}

/// How often something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// Once in every case.
    Case,
    /// In this share of cases.
    Share(u32, u32),
    /// So many times a year while a case is open.
    WhileOpen(u64),
    /// Only in cases that leave the ordinary course.
    Beside,
}

/// Estimates what these packs ask for; `cases` is a number of cases a year for mechanisms that no schedule opens.
pub fn burden<'a>(packs: impl IntoIterator<Item = &'a Pack>, cases: Option<u32>) -> Burden {
    let packs: Vec<&Pack> = packs.into_iter().collect();
    let kinds = who::Kinds::of(&packs);
    let mut burden = Burden {
        shared: sharing::shared(&packs),
        ..Burden::default()
    };
    for mechanism in packs.iter().flat_map(|pack| &pack.mechanisms) {
        let asks = course::asks(mechanism, &kinds);
        burden.rows.extend(rows(mechanism, &asks, &kinds, cases));
        burden.asks.extend(asks);
    }
    burden
}

fn rows(mechanism: &Mechanism, asks: &[Ask], kinds: &who::Kinds, cases: Option<u32>) -> Vec<Row> {
    let scheduled = mechanism
        .open
        .schedule
        .as_ref()
        .map(|schedule| course::times_a_year(&schedule.cadence));
    let days = course::days(mechanism);
    let all: BTreeSet<&Who> = asks.iter().flat_map(|ask| &ask.who).collect();
    let row = |who: &Who| {
        let (mut per_case, mut weekly_open, mut reports) = (0, 0, 0);
        for ask in asks.iter().filter(|ask| ask.who.contains(who)) {
            match ask.often {
                Often::Case => per_case += ask.tenths,
                Often::Share(num, den) => {
                    per_case += (ask.tenths * u64::from(num)).div_ceil(u64::from(den.max(1)));
                }
                Often::WhileOpen(times) => {
                    weekly_open += a_week(ask.tenths * times);
                    reports += ask.tenths * times * days / 365;
                }
                Often::Beside => {}
            }
        }
        let a_year = |cases: u64| a_week((per_case + reports) * cases);
        Row {
            mechanism: mechanism.id.clone(),
            who: who.clone(),
            grass_roots: kinds.is_grass_roots(who),
            per_case,
            weekly: scheduled.map_or(0, |times| a_week((per_case + reports) * times)),
            weekly_open,
            weekly_given: cases.map(|cases| match scheduled {
                Some(times) => a_year(times),
                None => a_year(u64::from(cases)),
            }),
        }
    };
    let asked = |row: &Row| row.per_case > 0 || row.weekly_open > 0;
    all.into_iter().map(row).filter(asked).collect()
}

/// What so much a year is a week, rounded to the nearest tenth.
fn a_week(tenths_a_year: Tenths) -> Tenths {
    (tenths_a_year + constants::WEEKS / 2) / constants::WEEKS
}

impl Burden {
    /// What each kind of post is asked for by all mechanisms together: cases that open by themselves a week, and how
    /// many mechanisms ask; the heaviest first.
    pub fn posts(&self) -> Vec<PostSum> {
        let mut sums: BTreeMap<&Who, PostSum> = BTreeMap::new();
        for row in &self.rows {
            let sum = sums.entry(&row.who).or_insert_with(|| PostSum {
                who: row.who.clone(),
                grass_roots: row.grass_roots,
                mechanisms: 0,
                weekly: 0,
                per_case_most: 0,
                weekly_given: row.weekly_given.map(|_| 0),
            });
            sum.mechanisms += 1;
            sum.weekly += row.weekly;
            sum.per_case_most = sum.per_case_most.max(row.per_case);
            sum.weekly_given = sum.weekly_given.zip(row.weekly_given).map(|(a, b)| a + b);
        }
        let mut sums: Vec<PostSum> = sums.into_values().collect();
        sums.sort_by(|a, b| {
            let key = |sum: &PostSum| (sum.weekly_given.unwrap_or(sum.weekly), sum.per_case_most);
            key(b).cmp(&key(a)).then_with(|| a.who.cmp(&b.who))
        });
        sums
    }
}

/// What one kind of post is asked for by all mechanisms together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostSum {
    /// Of whom.
    pub who: Who,
    /// Whether it is a post below the township.
    pub grass_roots: bool,
    /// How many mechanisms ask.
    pub mechanisms: u64,
    /// A week, from recurrences that the files state.
    pub weekly: Tenths,
    /// The most that one case asks of it.
    pub per_case_most: Tenths,
    /// A week in all, for the number of cases a year of each mechanism that was given.
    pub weekly_given: Option<Tenths>,
}

/// Tenths as minutes with one digit: `12.5`.
pub fn minutes(tenths: Tenths) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A kind of unit that stands for any kind.
pub(crate) fn any_kind() -> Code {
    Code::new("any")
}
