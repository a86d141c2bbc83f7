//! Who should own a row: the unit that the text names, else the unit whose field the row's words fall into, with the reason.

use crate::model::Commitment;
use crate::tables::Duties;

/// Why a unit is suggested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerReason {
    /// The text names it.
    Named,
    /// The text names a unit that is part of its name, or whose name it is part of.
    PartlyNamed,
    /// The row speaks of this, which is the unit's field by its name.
    Field(String),
}

impl OwnerReason {
    /// The catalogue key of the reason; its text takes the unit's name (and the word).
    pub fn key(&self) -> &'static str {
        match self {
            OwnerReason::Named => "reader.owner_named",
            OwnerReason::PartlyNamed => "reader.owner_part",
            OwnerReason::Field(_) => "reader.owner_field",
        }
    }
}

/// The unit of `register` (names of units, e.g. 县水利局) that should own the row: its place in the register and why. `None`
/// where nothing speaks for one unit alone; two that fit equally well are a question for a person.
///
/// # Example
///
/// ```
/// use bihuan_reader::{Options, read, suggest_owner};
/// let page = "清河县2021年工作要点\n\n今年，完成12座小型水库除险加固，新增幼儿园学位600个。";
/// let rows = read("page.txt", page, &Options::default()).articles.remove(0).commitments;
/// let register = ["县教育局", "县水利局", "县住建局"];
/// assert_eq!(suggest_owner(&register, &rows[0]).unwrap().0, 1);
/// assert_eq!(suggest_owner(&register, &rows[1]).unwrap().0, 0);
/// ```
pub fn suggest_owner<S: AsRef<str>>(register: &[S], row: &Commitment) -> Option<(usize, OwnerReason)> {
    if let Some(owner) = row.owner.as_deref() {
        return named(register, owner);
    }
    field(register, row)
}

fn named<S: AsRef<str>>(register: &[S], owner: &str) -> Option<(usize, OwnerReason)> {
    // `县水利局、县住建局`: the first answers for it.
    let first: String = owner
        .chars()
        .filter(|c| !c.is_whitespace())
        .take_while(|c| !matches!(c, '、' | '，' | ','))
        .collect();
    if let Some(k) = register.iter().position(|unit| unit.as_ref() == first) {
        return Some((k, OwnerReason::Named));
    }
    if first.chars().count() < 2 {
        return None;
    }
    let fits = |unit: &str| !unit.is_empty() && (first.contains(unit) || unit.contains(&first));
    let mut fitting = register
        .iter()
        .enumerate()
        .filter(|(_, unit)| fits(unit.as_ref()));
    match (fitting.next(), fitting.next()) {
        (Some((k, _)), None) => Some((k, OwnerReason::PartlyNamed)),
        _ => None,
    }
}

fn field<S: AsRef<str>>(register: &[S], row: &Commitment) -> Option<(usize, OwnerReason)> {
    let words: Vec<char> = row.quote.chars().filter(|c| !c.is_whitespace()).collect();
    let mut best: Option<(usize, usize, String)> = None;
    let mut tie = false;
    for duty in Duties::all() {
        let Some((at, n)) = duty.words.find(&words) else {
            continue;
        };
        let mut units = register.iter().enumerate().filter(|(_, unit)| {
            duty.units
                .iter()
                .any(|name| unit.as_ref().contains(name.as_str()))
        });
        let (Some((k, _)), None) = (units.next(), units.next()) else {
            continue;
        };
        let word: String = words.iter().skip(at).take(n).collect();
        match &best {
            // The longer word tells more; of two units that words of one length speak for, neither is sure.
            Some((_, length, _)) if *length > n => {}
            Some((known, length, _)) if *length == n => tie |= *known != k,
            _ => {
                best = Some((k, n, word));
                tie = false;
            }
        }
    }
    best.filter(|_| !tie)
        .map(|(k, _, word)| (k, OwnerReason::Field(word)))
}
