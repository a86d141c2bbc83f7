//! The same undertaking with different numbers, in two places of a document or in two documents.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::chars::is_han;
use crate::model::{Document, Runs, Value};
use crate::tables::keep_leads;

/// An undertaking that is given with two numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The statement, e.g. `改造老旧小区：18个≠20个`.
    pub statement: String,
    /// The first place: number of the document among those compared, and where the row stands.
    pub first: (usize, Runs),
    /// The second place.
    pub second: (usize, Runs),
}

/// The words of a row without its number, its unit, owner and due day.
type Key = (String, String, Option<String>, String);

/// What a row states of its undertaking: enough to compare documents without keeping them.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    key: Key,
    value: Decimal,
    at: Runs,
}

/// What the rows of a document state, in their order: those with one number and a verb of their own.
pub fn stated(document: &Document) -> Vec<Stated> {
    const SHORTEST: usize = 5;
    const SHORTEST_OF_MONEY: usize = 9;
    let rows = document.articles.iter().flat_map(|a| &a.commitments);
    rows.filter_map(|row| {
        let (Some(Value::One(value)), Some(unit)) = (row.value, row.unit.as_ref()) else {
            return None;
        };
        let words: String = row.quote.chars().filter(|c| is_han(*c)).collect();
        // A row of a list stands for itself only where it has a verb of its own.
        let whole = row
            .action
            .as_ref()
            .is_some_and(|verb| row.quote.contains(verb.as_str()));
        // `再建2座` is another two, and with two numbers it is open which of them differs.
        let another = words.contains(['再', '另', '又']) || numbers_in(&row.quote) > 1;
        // Money is handed out for many things under the same few words.
        let shortest = if unit.ends_with('元') {
            SHORTEST_OF_MONEY
        } else {
            SHORTEST
        };
        let long = object_len(&words, unit) >= shortest;
        let due = row.due.map(|day| day.to_string()).unwrap_or_default();
        (long && whole && !another).then(|| Stated {
            key: (words, unit.clone(), row.owner.clone(), due),
            value,
            at: row.at.clone(),
        })
    })
    .collect()
}

/// Compares the rows of documents with one another, and each document with itself.
///
/// Rows are held to be the same undertaking only if all their words but the number are the same (five characters or more beside the unit),
/// and unit, owner and due day too. So nothing is stated where two units, years or places have each their own number; a
/// hedged number (力争, 左右) still counts as printed. Linear in the number of rows.
pub fn differences(documents: &[&Document]) -> Vec<Difference> {
    let all: Vec<Vec<Stated>> = documents.iter().map(|document| stated(document)).collect();
    let all: Vec<&[Stated]> = all.iter().map(Vec::as_slice).collect();
    differences_stated(&all)
}

/// As [`differences`], over what [`stated`] kept of each document.
pub fn differences_stated(documents: &[&[Stated]]) -> Vec<Difference> {
    let mut first_of: BTreeMap<&Key, (usize, &Stated)> = BTreeMap::new();
    let mut found = Vec::new();
    for (n, rows) in documents.iter().enumerate() {
        for row in *rows {
            let (words, unit, ..) = &row.key;
            match first_of.get(&row.key) {
                Some((at, other)) if other.value != row.value => found.push(Difference {
                    statement: format!(
                        "{words}：{}{unit}≠{}{unit}",
                        other.value.normalize(),
                        row.value.normalize()
                    ),
                    first: (*at, other.at.clone()),
                    second: (n, row.at.clone()),
                }),
                Some(_) => {}
                None => {
                    first_of.insert(&row.key, (n, row));
                }
            }
        }
    }
    found
}

/// How many characters name the deed and its object: without 今年, 力争 and the like before them and the unit behind.
fn object_len(words: &str, unit: &str) -> usize {
    let chars: Vec<char> = words.chars().collect();
    let mut from = 0usize;
    while let Some(n) = keep_leads().at(&chars, from) {
        from += n;
    }
    let units = unit.chars().filter(|c| is_han(*c)).count();
    chars.len().saturating_sub(from + units)
}

fn numbers_in(quote: &str) -> usize {
    let parts = quote.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    parts.filter(|part| !part.is_empty()).count()
}
