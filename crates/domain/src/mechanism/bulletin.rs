//! Bulletins that a pack has made by themselves: how often, of what, who signs within what time, and what they say.

use bihuan_messages::Label;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::clock::{Cadence, Rule};
use crate::id::{Code, MechanismId};

/// A bulletin that is drafted by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinTemplate {
    /// Code.
    pub id: Code,
    /// What it is called: 重点项目半月通报.
    pub label: Label,
    /// On which days it is made.
    pub cadence: Cadence,
    /// At which time of the day, in China.
    pub at: Time,
    /// What it looks back on.
    pub span: BulletinSpan,
    /// The function of the office whose bulletin it is; made only where a unit serves it.
    pub office: Code,
    /// Who signs.
    pub signer: Chair,
    /// How long the signer has, from the draft on.
    pub sign_within: Rule,
    /// Who is told when the signature is overdue, rung by rung.
    pub ladder: Vec<SignatureRung>,
    /// What is counted; all mechanisms where empty.
    pub mechanisms: Vec<MechanismId>,
    /// What it says, in this order; everything where empty.
    pub sections: Vec<Section>,
}

/// A post found by the function of its unit and its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chair {
    /// The function of the unit.
    pub function: Code,
    /// The kind of post.
    pub post: Code,
}

/// A rung on which an overdue signature stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRung {
    /// Who is told, and may sign in the signer's place.
    pub to: Chair,
    /// What happens: 提醒, 报告.
    pub label: Label,
    /// How long it stands there.
    pub limit: Rule,
}

/// What a bulletin looks back on: the week, half month … that holds the day for which it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulletinSpan {
    /// Monday to Sunday.
    Week,
    /// The 1st to the 15th, or the 16th to the last day.
    HalfMonth,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

/// A section of a bulletin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Counts and rates with their base.
    Totals,
    /// Unit by unit; ranked only where the figures tell units apart.
    Units,
    /// Slow items with cause and holder.
    Slow,
    /// Items that ladders drafted.
    Items,
    /// Typical cases, good and bad.
    Typical,
    /// Verification, rework, look-backs.
    Verification,
    /// Corrections of earlier bulletins.
    Corrections,
    /// What filling in took.
    Burden,
    /// What the office asks for.
    Requirements,
}

impl Section {
    /// Every section under the word of the files, in the order of a bulletin that names none.
    pub const ALL: [(&'static str, Section); 9] = [
        ("totals", Section::Totals),
        ("units", Section::Units),
        ("slow", Section::Slow),
        ("items", Section::Items),
        ("typical", Section::Typical),
        ("verification", Section::Verification),
        ("corrections", Section::Corrections),
        ("burden", Section::Burden),
        ("requirements", Section::Requirements),
    ];
}

impl BulletinSpan {
    /// First and last day of the span that holds `day`.
    pub fn around(self, day: Date) -> (Date, Date) {
        let first = day.first_of_month();
        let days = |n: i64| jiff::Span::new().days(n);
        match self {
            BulletinSpan::Week => {
                let back = i64::from(day.weekday().to_monday_zero_offset());
                let monday = day.saturating_sub(days(back));
                (monday, monday.saturating_add(days(6)))
            }
            BulletinSpan::HalfMonth if day.day() <= 15 => (first, first.saturating_add(days(14))),
            BulletinSpan::HalfMonth => (first.saturating_add(days(15)), day.last_of_month()),
            BulletinSpan::Month => (first, day.last_of_month()),
            BulletinSpan::Quarter => super::Period::Quarter.around(day).unwrap_or((first, day)),
            BulletinSpan::Year => super::Period::Year.around(day).unwrap_or((first, day)),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn half_a_month_is_no_fortnight() {
        let half = BulletinSpan::HalfMonth;
        assert_eq!(
            half.around(date(2026, 2, 15)),
            (date(2026, 2, 1), date(2026, 2, 15))
        );
        assert_eq!(
            half.around(date(2026, 2, 28)),
            (date(2026, 2, 16), date(2026, 2, 28))
        );
        assert_eq!(
            BulletinSpan::Week.around(date(2026, 11, 22)),
            (date(2026, 11, 16), date(2026, 11, 22))
        );
    }
}
