//! Who should own a row: the unit that the text names, else the unit whose field the row's words fall into, with the reason.

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

/// The unit of `register` (names of units, e.g. 县水利局) that a text calls `name`, by its place, and why: the unit of that
/// name, else the one whose name fits it alone. Of several names (`县水利局、县住建局`) the first counts. `None` where no unit
/// or more than one fits: a question for a person.
///
/// # Example
///
/// ```
/// use bihuan_reader::{OwnerReason, named_unit};
/// let register = ["县教育局", "县水利局", "县住建局"];
/// assert_eq!(named_unit(&register, "住建局"), Some((2, OwnerReason::PartlyNamed)));
/// ```
pub fn named_unit<S: AsRef<str>>(register: &[S], name: &str) -> Option<(usize, OwnerReason)> {
    let first: String = name
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
    let shortened = |unit: &str| is_short_for(&first, unit);
    alone(register, fits)
        .or_else(|| alone(register, shortened))
        .map(|k| (k, OwnerReason::PartlyNamed))
}

/// Whether a name is one of the usual short forms of a unit's (县住建局 for 住房和城乡建设管理局, 县文旅局 for 文化和旅游局):
/// both are a bureau, a commission or the like, and the characters between are some of the unit's in their order, the
/// first of them its first.
fn is_short_for(name: &str, unit: &str) -> bool {
    let (Some((short, kind)), Some((long, of))) = (core_of(name), core_of(unit)) else {
        return false;
    };
    let mut rest = long.chars();
    let begins = short.chars().next() == long.chars().next();
    kind == of && begins && short.chars().count() >= 2 && short.chars().all(|c| rest.any(|other| other == c))
}

/// The name of a unit without its place, and what sort of unit it is.
fn core_of(name: &str) -> Option<(&str, &'static str)> {
    const SORTS: [(&str, &str); 6] = [
        ("委员会", "委"),
        ("办公室", "办"),
        ("公司", "公司"),
        ("局", "局"),
        ("委", "委"),
        ("办", "办"),
    ];
    let (core, sort) = SORTS
        .iter()
        .find_map(|(tail, sort)| name.strip_suffix(tail).map(|core| (core, *sort)))?;
    // The place is what stands before the first 县, 市 or 区; 市场 and 市政 begin the name of a field.
    let place = core.char_indices().take(6).find(|(at, c)| {
        let rest = core.get(at.saturating_add(c.len_utf8())..).unwrap_or_default();
        matches!(c, '省' | '市' | '县' | '区') && !rest.starts_with(['场', '政', '容', '民'])
    });
    let core = place.map_or(core, |(at, c)| {
        core.get(at.saturating_add(c.len_utf8())..).unwrap_or(core)
    });
    Some((core, sort))
}

/// The unit of `register` whose field the words of a row fall into (`data/owners.txt`), by its place, and the word that tells.
/// For rows whose text names no unit. `None` where nothing speaks for one unit alone; two that fit equally well are a question
/// for a person.
///
/// # Example
///
/// ```
/// use bihuan_reader::{OwnerReason, unit_in_charge};
/// let register = ["县教育局", "县水利局", "县住建局"];
/// let water = unit_in_charge(&register, "完成12座小型水库除险加固");
/// assert_eq!(water, Some((1, OwnerReason::Field("除险加固".to_owned()))));
/// ```
pub fn unit_in_charge<S: AsRef<str>>(register: &[S], words: &str) -> Option<(usize, OwnerReason)> {
    let words: Vec<char> = words.chars().filter(|c| !c.is_whitespace()).collect();
    let mut best: Option<(usize, usize, String)> = None;
    let mut tie = false;
    for duty in Duties::all() {
        let Some((at, n)) = duty.words.longest(&words) else {
            continue;
        };
        let bears = |unit: &str| duty.units.iter().any(|name| unit.contains(name.as_str()));
        let Some(k) = alone(register, bears) else {
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

/// The only unit that fits; of a bureau and the units named after it (县公安局, 县公安局交警大队) the bureau.
fn alone<S: AsRef<str>>(register: &[S], fits: impl Fn(&str) -> bool) -> Option<usize> {
    let fitting: Vec<(usize, &str)> = register
        .iter()
        .map(AsRef::as_ref)
        .enumerate()
        .filter(|(_, unit)| fits(unit))
        .collect();
    let (k, shortest) = fitting.iter().min_by_key(|(_, unit)| unit.chars().count())?;
    let of_it = |(n, unit): &(usize, &str)| n == k || unit != shortest && unit.starts_with(shortest);
    fitting.iter().all(of_it).then_some(*k)
}
