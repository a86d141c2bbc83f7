//! Arithmetic that the text itself allows: parts and totals, shares and rates, growth and differences, so much for each,
//! lists that say how many they list, and days that cannot be. A fault is stated only where the text leaves no second
//! reading. The words that cue a claim stand in `data/checks.txt`.

mod behind;
mod claims;
mod days;
mod growth;
mod near;
mod products;
mod rates;
mod reckon;
mod shares;
mod spoken;
mod sums;
mod together;
mod told;

use jiff::civil::Date;

use crate::clauses::sentences;
use crate::counted::{Items, listed, numbered};
use crate::figures::Found;
use crate::model::{Check, Commitment};
use crate::named_sums::named_sums;
use crate::rows::figures_within;
use crate::stream::Stream;

pub(crate) use reckon::{check, count_of};

use reckon::Says;

/// How many sentences behind a total may name its parts.
const PARTS_REACH: usize = 12;

/// How many sentences before a share may name what it is a share of.
const EARLIER: usize = 6;

/// The checks of a body; `known` is whether the caller knows the day of the document.
pub(crate) fn checks(
    stream: &Stream,
    figures: &[Found],
    rows: &[Commitment],
    written: Option<Date>,
    known: bool,
) -> Vec<Check> {
    let mut found = Vec::new();
    let items = Items::of(stream);
    for figure in figures {
        found.extend(listed(stream, figure, figures));
        found.extend(numbered(stream, figure, &items));
    }
    let said = said(stream, figures);
    for (i, says) in said.iter().enumerate() {
        let from = found.len();
        let earlier = said.get(i.saturating_sub(EARLIER)..i).unwrap_or_default();
        if says.all.len() >= 2 {
            sums::sums(says, &mut found);
            growth::growth(says, &mut found);
            products::products(says, earlier, &mut found);
            products::accumulated(says, &mut found);
        }
        behind::by_view(says, earlier, &mut found);
        rates::rates(says, earlier, &mut found);
        let behind = said.get(i..said.len().min(i + PARTS_REACH)).unwrap_or_default();
        if says.all.len() <= PARTS_REACH {
            behind::parts_behind(behind, &mut found);
        }
        claims::claims(says, earlier, &mut found);
        near::near(says, earlier, from, &mut found);
        spoken::spoken(says, &mut found);
        together::shares_of_one_whole(says, earlier, &mut found);
        together::each_of_told(says, earlier, &mut found);
        told::told(says, earlier, &mut found);
        together::ratio_before(says, said.get(i + 1), stream.chars.len(), &mut found);
        once(&mut found, from.saturating_sub(PARTS_REACH));
    }
    shares::ratios(stream, &mut found);
    found.extend(named_sums(stream));
    days::days(stream, written, &mut found);
    if let Some(written) = written {
        let late = rows.iter().filter_map(|row| too_late(row, written));
        found.extend(late.filter(|check| known || year_printed(stream, check, written)));
    }
    found
}

/// The sentences that have numbers.
fn said<'a>(stream: &'a Stream, figures: &'a [Found]) -> Vec<Says<'a>> {
    let mut said = Vec::new();
    for paragraph in &stream.paragraphs {
        if figures_within(figures, paragraph.start, paragraph.end)
            .next()
            .is_none()
        {
            continue;
        }
        let sentences = sentences(stream, paragraph);
        let with_numbers = sentences
            .iter()
            .map(|sentence| Says::of(stream, figures, sentence));
        said.extend(with_numbers.filter(|says| !says.all.is_empty()));
    }
    said
}

/// What two rules state alike is said once.
fn once(found: &mut Vec<Check>, from: usize) {
    let mut k = from;
    while k < found.len() {
        let twice = found
            .iter()
            .take(k)
            .skip(from)
            .any(|known| found.get(k).is_some_and(|one| known.statement == one.statement));
        if twice {
            found.remove(k);
        } else {
            k += 1;
        }
    }
}

/// Whether a year not after the document's stands in or right before the words: a day whose year was only inferred may lie
/// a year later.
fn year_printed(stream: &Stream, check: &Check, written: Date) -> bool {
    const BEFORE: usize = 30;
    let Some(start) = check.at.first().map(|run| stream.place_of(run[0])) else {
        return false;
    };
    let s = &stream.chars;
    let from = start.saturating_sub(BEFORE);
    let end = start + check.quote.chars().count();
    let sentence = (from..start)
        .rev()
        .find(|k| crate::chars::is_stop(crate::chars::at(s, *k)))
        .map_or(from, |k| k + 1);
    let mut years = (sentence..end).filter_map(|i| crate::dates::year_at(s, i));
    years.any(|(year, _)| year <= written.year())
}

/// A deadline before the day of the document.
fn too_late(row: &Commitment, written: Date) -> Option<Check> {
    let due = row.due.filter(|due| *due < written)?;
    let statement = format!("时限{due}早于文中日期{written}");
    Some(Check {
        statement,
        holds: false,
        quote: row.quote.clone(),
        at: row.at.clone(),
    })
}
