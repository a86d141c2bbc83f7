//! What a reading yields: the types of the `bihuan read --json` contract.
//!
//! Offsets are Unicode scalar positions in the decoded text, half-open. White space is free: a `quote` with its
//! white space removed equals the text at its runs with white space removed.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

/// A half-open range of Unicode scalar positions in the decoded text.
pub type Run = [usize; 2];

/// Where words stand: nearly always one run, which then needs no memory of its own. Behaves as a slice of [`Run`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Runs(Kept);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    One([Run; 1]),
    Many(Box<[Run]>),
}

impl std::ops::Deref for Runs {
    type Target = [Run];

    fn deref(&self) -> &[Run] {
        match &self.0 {
            Kept::One(run) => run,
            Kept::Many(runs) => runs,
        }
    }
}

impl From<Vec<Run>> for Runs {
    fn from(runs: Vec<Run>) -> Runs {
        match runs.as_slice() {
            [run] => Runs(Kept::One([*run])),
            _ => Runs(Kept::Many(runs.into_boxed_slice())),
        }
    }
}

impl From<Run> for Runs {
    fn from(run: Run) -> Runs {
        Runs(Kept::One([run]))
    }
}

impl<'a> IntoIterator for &'a Runs {
    type Item = &'a Run;
    type IntoIter = std::slice::Iter<'a, Run>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// One text that was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// What the caller calls the text (a file name, an upload's title).
    pub source: String,
    /// SHA-256 of the decoded text as UTF-8, in lower-case hexadecimal.
    pub text_sha256: String,
    /// The articles in the order in which their bodies start.
    pub articles: Vec<Article>,
    /// Stray lines that belong to no article.
    pub leftover: Vec<Leftover>,
    /// What every stretch of the text was taken for, in the order of the text: each visible character stands in
    /// exactly one of them.
    pub coverage: Vec<Coverage>,
}

/// What a stretch of the text was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CoverageClass {
    /// The words of a row.
    Row,
    /// Belongs to a row: who, when, in which field, the words around it.
    Part,
    /// A number of what was done or of how things stand.
    Figure,
    /// Headlines, bylines, captions, grounds, and what is told without a number.
    Context,
    /// Asks for an attitude or an effort, but for nothing that could be checked.
    Exhortation,
}

/// One stretch of the text and what it was taken for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Where it stands; more than one run where something foreign stands in between.
    pub at: Runs,
    /// What it was taken for.
    pub class: CoverageClass,
    /// The catalogue key of the reason.
    pub why: &'static str,
    /// The row that it is or belongs to: its place among the commitments of all articles, in order, from 0.
    pub row: Option<usize>,
}

/// What an article is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ArticleKind {
    /// A news item (消息), as its dateline or its closing byline shows.
    News,
    /// A longer text under a name: feature, outlook, report, speech.
    Feature,
    /// The text of a picture (图片说明).
    Caption,
}

/// One article: its headline, its body and what was found in the body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Article {
    /// The headline as a reader would print it; `None` where no headline fits the body.
    pub title: Option<String>,
    /// Whether the text cuts the headline short.
    pub title_truncated: bool,
    /// From 1 to 99, how sure the headline is: the share of its terms that the body knows, 30 more where it stands right
    /// at the body, 30 where both were the only ones left; `None` without a headline.
    pub title_confidence: Option<u8>,
    /// What it is.
    pub kind: ArticleKind,
    /// The body: line breaks inside a paragraph removed, one line feed between paragraphs.
    pub text: String,
    /// Where the body stands.
    pub runs: Vec<Run>,
    /// Writers, from the byline.
    pub authors: Vec<String>,
    /// Photographers, from the byline.
    pub photographers: Vec<String>,
    /// The day of the event or of the document, as far as the text allows.
    pub date: Option<Date>,
    /// Counts, amounts, sizes, shares and rates.
    pub figures: Vec<Figure>,
    /// What is undertaken, targeted or instructed and still to be fulfilled.
    pub commitments: Vec<Commitment>,
    /// Arithmetic that the text itself allows.
    pub checks: Vec<Check>,
}

/// A number or a range, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// One number.
    One(Decimal),
    /// From the first to the second.
    Range(Decimal, Decimal),
}

/// How a number is hedged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Qualifier {
    /// More than printed, or at least: 余、多、以上、超过.
    Over,
    /// About: 约、近、左右.
    About,
    /// Less than printed, or at most: 不足、以内、以下.
    Under,
}

/// A count, amount, size, share or rate with its unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The words of the text.
    pub quote: String,
    /// In base units: 万 and 亿 are multiplied out; a percentage keeps its printed number.
    pub value: Value,
    /// The unit or classifier as printed, without 万 and 亿.
    pub unit: String,
    /// How the number is hedged, if at all.
    pub qualifier: Option<Qualifier>,
    /// What is counted or measured, if the clause says it.
    pub of: Option<String>,
    /// Where the quote stands.
    pub at: Runs,
}

/// The kinds of commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitmentKind {
    /// A number to be reached.
    Target,
    /// A thing to be built, founded or carried out.
    Project,
    /// A rule that is to hold from now on (严禁…, 建立…制度).
    Rule,
    /// A leader's or a meeting's instruction.
    Instruction,
}

/// An undertaking, target or instruction: one deliverable, one row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Commitment {
    /// The words of the text.
    pub quote: String,
    /// Who is to do it, where the sentence names somebody.
    pub owner: Option<String>,
    /// The verb, with its adverb.
    pub action: Option<String>,
    /// What is to be done or reached.
    pub object: Option<String>,
    /// The number to be reached, in base units.
    pub value: Option<Value>,
    /// The unit of `value`.
    pub unit: Option<String>,
    /// The last day, from the text or from the plan's year.
    pub due: Option<Date>,
    /// Where the quote stands.
    pub at: Runs,
    /// What kind of row it is.
    pub kind: CommitmentKind,
    /// Catalogue keys of the reasons for which the row is proposed.
    pub why: Vec<&'static str>,
}

/// A sum, share or enumeration that the text itself allows to be checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// The statement, e.g. `32+34+21=87`.
    pub statement: String,
    /// Whether it is so.
    pub holds: bool,
    /// The words of the text.
    pub quote: String,
    /// Where the quote stands.
    pub at: Runs,
}

/// A line that belongs to no article.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leftover {
    /// The words of the text.
    pub text: String,
    /// Where they stand.
    pub at: Vec<Run>,
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::One(number) => exact(number).map_err(S::Error::custom)?.serialize(serializer),
            Value::Range(low, high) => {
                let mut seq = serializer.serialize_seq(Some(2))?;
                seq.serialize_element(&exact(low).map_err(S::Error::custom)?)?;
                seq.serialize_element(&exact(high).map_err(S::Error::custom)?)?;
                seq.end()
            }
        }
    }
}

/// The number's own digits, so that no float rounds them on the way into JSON.
fn exact(number: &Decimal) -> Result<Box<serde_json::value::RawValue>, serde_json::Error> {
    serde_json::value::RawValue::from_string(number.normalize().to_string())
}
