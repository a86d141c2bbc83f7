//! Which days and hours are worked: the statutory calendar with its notices, office hours by season, Chinese local time.
//!
//! A calendar is data: the notices it was made from (国务院办公厅的放假安排), the office hours (作息时间) and the moment
//! at which the last day of a limit ends. Whatever a lookup needs is rebuilt from these, so that an adopted calendar can
//! stand in an event. The arithmetic of time limits is in [`crate::clock`].

mod china;
mod hours;
mod notice;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};

use bihuan_messages::{Label, Lang, Message};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use china::{CHINA, date_of, day_number, instant, local, midnight};
pub use hours::{LastDayEnds, MonthDay, OfficeHours, Season};
pub use notice::{NoticeDay, YearNotice};

/// The name of a calendar; `cn` is the statutory one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CalendarId(pub String);

impl CalendarId {
    /// A calendar's name.
    pub fn new(id: impl Into<String>) -> Self {
        CalendarId(id.into())
    }

    /// The statutory calendar, `cn`.
    pub fn statutory() -> Self {
        CalendarId("cn".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CalendarId {
    fn default() -> Self {
        CalendarId::statutory()
    }
}

impl fmt::Display for CalendarId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a day is in the working calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// Monday to Friday without a holiday (工作日).
    Workday,
    /// Saturday or Sunday without a notice (周末).
    Weekend,
    /// A day off by notice, statutory or in lieu (节假日).
    Holiday,
    /// A Saturday or Sunday that is worked by notice (调休上班日).
    MakeUpWorkday,
}

impl DayKind {
    /// Whether offices are open.
    pub fn is_working(self) -> bool {
        matches!(self, DayKind::Workday | DayKind::MakeUpWorkday)
    }
}

/// One day as a calendar sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day<'a> {
    /// The day.
    pub date: Date,
    /// What it is.
    pub kind: DayKind,
    /// Whether it is a statutory holiday in the strict sense (法定节假日 proper, not a day off in lieu).
    pub statutory: bool,
    /// The festival for which the day is off or worked.
    pub name: Option<&'a Arc<str>>,
    /// The number of the notice that says so (文号).
    pub notice: Option<&'a Arc<str>>,
    /// Whether the notice for this day is known; if not, the kind follows from the weekday alone.
    pub published: bool,
}

/// A working calendar (工作日历).
///
/// # Example: a make-up Saturday
///
/// ```
/// use bihuan_domain::calendar::{Calendar, DayKind};
/// use jiff::civil::date;
///
/// let calendar = Calendar::statutory();
/// let day = calendar.day(date(2024, 5, 11));
/// assert_eq!(day.kind, DayKind::MakeUpWorkday);
/// assert_eq!(&**day.notice.unwrap(), "国办发明电〔2023〕7号");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Source", into = "Source")]
pub struct Calendar {
    source: Source,
    days: BTreeMap<Date, Entry>,
    years: BTreeSet<i16>,
    kinds: Kinds,
}

/// What a calendar is made of, and the form in which it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    id: CalendarId,
    name: Label,
    last_day_ends: LastDayEnds,
    seasons: Vec<Season>,
    notices: Vec<YearNotice>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    kind: DayKind,
    statutory: bool,
    name: Arc<str>,
    notice: Arc<str>,
}

impl Calendar {
    /// The statutory calendar `cn`, with every notice from 2019 on that this version knows.
    pub fn statutory() -> Calendar {
        STATUTORY.clone()
    }

    /// The same calendar under another name, as the start of a local one (a county's own office hours or extra days).
    #[must_use]
    pub fn named(mut self, id: CalendarId, name: Label) -> Calendar {
        self.source.id = id;
        self.source.name = name;
        self
    }

    /// Sets office hours by season.
    ///
    /// # Errors
    ///
    /// [`Unfit`] if a day of the year has no season, or hours overlap, run backwards or are missing.
    pub fn with_seasons(mut self, seasons: Vec<Season>) -> Result<Calendar, Unfit> {
        hours::check(&seasons)?;
        self.source.seasons = seasons;
        Ok(self)
    }

    /// Sets the moment at which the last day of a limit ends.
    #[must_use]
    pub fn with_last_day_ends(mut self, ends: LastDayEnds) -> Calendar {
        self.source.last_day_ends = ends;
        self
    }

    /// The calendar's name in code.
    pub fn id(&self) -> &CalendarId {
        &self.source.id
    }

    /// The calendar's name for people.
    pub fn name(&self) -> &Label {
        &self.source.name
    }

    /// When the last day of a limit ends.
    pub fn last_day_ends(&self) -> LastDayEnds {
        self.source.last_day_ends
    }

    /// Office hours by season.
    pub fn seasons(&self) -> &[Season] {
        &self.source.seasons
    }

    /// The notices, in the order in which they were adopted; a later one prevails.
    pub fn notices(&self) -> &[YearNotice] {
        &self.source.notices
    }

    /// What `date` is. Every date has an answer; outside the published years it follows from the weekday alone.
    pub fn day(&self, date: Date) -> Day<'_> {
        match self.days.get(&date) {
            Some(entry) => Day {
                date,
                kind: entry.kind,
                statutory: entry.statutory,
                name: Some(&entry.name),
                notice: Some(&entry.notice),
                published: true,
            },
            None => Day {
                date,
                kind: by_weekday(day_number(date)),
                statutory: false,
                name: None,
                notice: None,
                published: self.is_published(date.year()),
            },
        }
    }

    /// What `date` is, without its name and notice.
    pub fn kind(&self, date: Date) -> DayKind {
        self.kind_of(day_number(date))
    }

    /// What the day of that number ([`day_number`]) is: the lookup that clocks walk with.
    pub(crate) fn kind_of(&self, number: i64) -> DayKind {
        self.kinds.get(number).unwrap_or_else(|| by_weekday(number))
    }

    /// Whether offices are open on `date`.
    pub fn is_working(&self, date: Date) -> bool {
        self.kind(date).is_working()
    }

    /// Whether a notice for `year` is known.
    pub fn is_published(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// The last year for which a notice is known; 0 for a calendar without notices.
    pub fn last_published_year(&self) -> i16 {
        self.years.last().copied().unwrap_or(0)
    }

    /// The office hours of `date`, in order; empty when offices are closed that day.
    pub fn office_hours(&self, date: Date) -> &[OfficeHours] {
        if self.is_working(date) {
            self.hours_in_season(date)
        } else {
            &[]
        }
    }

    /// The office hours that hold at this time of the year, whether or not `date` itself is worked.
    pub fn hours_in_season(&self, date: Date) -> &[OfficeHours] {
        self.source
            .seasons
            .iter()
            .find(|season| season.holds(date))
            .map_or(&[], |season| season.hours.as_slice())
    }

    /// The first working day on or after `date`; `None` if there is none within ten years.
    pub fn working_day_from(&self, date: Date) -> Option<Date> {
        date.series(jiff::Span::new().days(1))
            .take(SEARCH_DAYS_MAX)
            .find(|day| self.is_working(*day))
    }

    /// The last working day on or before `date`; `None` if there is none within ten years.
    pub fn working_day_until(&self, date: Date) -> Option<Date> {
        date.series(jiff::Span::new().days(-1))
            .take(SEARCH_DAYS_MAX)
            .find(|day| self.is_working(*day))
    }

    /// Takes in a notice and says which days changed their kind. Adopting the same notice twice changes nothing.
    ///
    /// # Errors
    ///
    /// [`Unfit`] if the notice contradicts the week (a make-up workday on a Tuesday), names days far from its year, or
    /// bears the number of another notice. The calendar is then as before.
    pub fn adopt_year(&mut self, notice: YearNotice) -> Result<Vec<Date>, Unfit> {
        notice.check()?;
        if let Some(known) = self
            .source
            .notices
            .iter()
            .find(|known| known.number == notice.number)
        {
            return if *known == notice {
                Ok(Vec::new())
            } else {
                Err(Unfit(
                    Message::new("calendar.notice_number_taken").with("number", notice.number),
                ))
            };
        }
        let changed = notice
            .days
            .iter()
            .filter(|day| self.kind(day.date) != day.kind)
            .map(|day| day.date)
            .collect();
        self.enter(&notice);
        self.source.notices.push(notice);
        Ok(changed)
    }

    /// SHA-256, in hexadecimal, of the calendar's canonical form ([`Calendar::canonical`]).
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(self.canonical().as_bytes());
        digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            for nibble in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            hex
        })
    }

    /// The calendar as text, one fact a line, in a form that will not change: what [`Calendar::digest`] is taken of.
    pub fn canonical(&self) -> String {
        let Source {
            id,
            name,
            last_day_ends,
            seasons,
            notices,
        } = &self.source;
        let mut out = format!(
            "bihuan-calendar\t1\nid\t{id}\nname\t{}\t{}\nlast_day_ends\t{}\n",
            name.zh,
            name.en,
            last_day_ends.code()
        );
        for season in seasons {
            out.push_str(&format!("season\t{}\t{}\n", season.from, season.to));
            for hours in &season.hours {
                out.push_str(&format!("hours\t{}\t{}\n", hours.from, hours.to));
            }
        }
        for notice in notices {
            notice.canonical(&mut out);
        }
        out
    }

    fn enter(&mut self, notice: &YearNotice) {
        self.years.insert(notice.year);
        let number: Arc<str> = notice.number.as_str().into();
        // Festivals repeat over many days: one allocation for each run of equal names.
        let mut name: Arc<str> = "".into();
        for day in &notice.days {
            if *name != *day.name {
                name = day.name.as_str().into();
            }
            let entry = Entry {
                kind: day.kind,
                statutory: day.statutory,
                name: Arc::clone(&name),
                notice: Arc::clone(&number),
            };
            self.days.insert(day.date, entry);
        }
        self.kinds = Kinds::of(&self.days);
    }
}

impl TryFrom<Source> for Calendar {
    type Error = Unfit;

    fn try_from(mut source: Source) -> Result<Self, Unfit> {
        notice::check_text(&source.id.0)?;
        notice::check_text(&source.name.zh)?;
        notice::check_text(&source.name.en)?;
        hours::check(&source.seasons)?;
        let notices = std::mem::take(&mut source.notices);
        let mut calendar = Calendar {
            source,
            days: BTreeMap::new(),
            years: BTreeSet::new(),
            kinds: Kinds::default(),
        };
        for notice in notices {
            calendar.adopt_year(notice)?;
        }
        Ok(calendar)
    }
}

impl From<Calendar> for Source {
    fn from(calendar: Calendar) -> Self {
        calendar.source
    }
}

/// The calendars of a jurisdiction by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calendars(pub BTreeMap<CalendarId, Calendar>);

impl Calendars {
    /// Only the statutory calendar, `cn`.
    pub fn statutory() -> Calendars {
        let mut calendars = Calendars::default();
        calendars.insert(Calendar::statutory());
        calendars
    }

    /// The calendar of that name.
    pub fn get(&self, id: &CalendarId) -> Option<&Calendar> {
        self.0.get(id)
    }

    /// Adds a calendar under its own name, replacing one of the same name.
    pub fn insert(&mut self, calendar: Calendar) -> Option<Calendar> {
        self.0.insert(calendar.id().clone(), calendar)
    }
}

/// Why a calendar or a notice cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(pub Message);

impl Unfit {
    /// What is wrong and how to mend it.
    pub fn message(&self) -> &Message {
        &self.0
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text(Lang::default()))
    }
}

impl std::error::Error for Unfit {}

const SEARCH_DAYS_MAX: usize = 3660;

fn by_weekday(number: i64) -> DayKind {
    // 1 January 1970 was a Thursday.
    match (number + 3).rem_euclid(7) {
        5 | 6 => DayKind::Weekend,
        _ => DayKind::Workday,
    }
}

/// The kinds of the days that notices name, in a row from the first such day to the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Kinds {
    first: i64,
    row: Vec<Option<DayKind>>,
}

impl Kinds {
    fn of(days: &BTreeMap<Date, Entry>) -> Kinds {
        let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else {
            return Kinds::default();
        };
        let (first, last) = (day_number(*first), day_number(*last));
        let mut row = vec![None; usize::try_from(last - first + 1).unwrap_or(0)];
        for (date, entry) in days {
            let place = usize::try_from(day_number(*date) - first).ok();
            if let Some(kind) = place.and_then(|place| row.get_mut(place)) {
                *kind = Some(entry.kind);
            }
        }
        Kinds { first, row }
    }

    fn get(&self, number: i64) -> Option<DayKind> {
        usize::try_from(number - self.first)
            .ok()
            .and_then(|place| self.row.get(place))
            .copied()
            .flatten()
    }
}

static STATUTORY: LazyLock<Calendar> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/cn.json")).unwrap_or_else(|_| {
        // The file is compiled in and `the_statutory_calendar_is_read_whole` reads it in every test run.
        let source = Source {
            id: CalendarId::statutory(),
            name: Label::default(),
            last_day_ends: LastDayEnds::Midnight,
            seasons: Vec::new(),
            notices: Vec::new(),
        };
        Calendar {
            source,
            days: BTreeMap::new(),
            years: BTreeSet::new(),
            kinds: Kinds::default(),
        }
    })
});

#[cfg(test)]
mod tests;
