//! My desk (我的待办): what waits for a person, read along an index that has it in the order in which it is shown. A post
//! with thousands of duties costs no more than the lines that are asked for (`docs/adr/34-…`).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bihuan_domain::calendar::{date_of, midnight};
use bihuan_domain::id::{PersonId, PostId};
use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::query::{COLUMNS, DutyRow, Page, Views, case_row, colour_of, instant};
use crate::error::Error;

/// The index that desks are read along. Who it waits for stands before the order: a duty waits for everybody on a post or
/// for one of them, so each desk is two runs a post. It holds all that is sorted by, so that nothing is looked up to be
/// passed over.
pub(super) const INDEX: &str = "
DROP INDEX IF EXISTS duties_by_post;
CREATE INDEX IF NOT EXISTS duties_by_urgency ON duties(post, person, colour DESC, (due IS NULL), due, case_id, place);
";

/// Up to so many duties of a post are counted; who has more of them is told so, and a page does not count on to the end.
pub const DESK_COUNTED: u64 = 1_000;

/// Where a duty stands in a desk: late before early, due before without a time, then the older case.
type Place = (Reverse<i64>, bool, Option<i64>, i64, i64);

/// How many duties a desk has, by when they are due. Of a post with more than [`DESK_COUNTED`] the most urgent are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeskCounts {
    /// All; of a desk with more than [`DESK_COUNTED`] it is at least more.
    pub total: u64,
    /// Late.
    pub late: u64,
    /// Due later today.
    pub today: u64,
    /// Due within the seven days after today.
    pub week: u64,
    /// Due at no time.
    pub open: u64,
}

impl DeskCounts {
    /// Due after the seven days.
    pub fn later(&self) -> u64 {
        let sooner = [self.late, self.today, self.week, self.open];
        sooner.into_iter().fold(self.total, u64::saturating_sub)
    }
}

impl Views {
    /// What waits for a person on these posts, most urgent first, up to `limit` lines.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn desk(&self, person: &PersonId, posts: &[PostId], limit: u64) -> Result<Vec<DutyRow>, Error> {
        // The places and what stands there must be of one moment.
        self.log()
            .at_one_moment(|log| desk(log.connection(), person, posts, limit))
    }

    /// How much waits for a person on these posts.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn desk_counts(
        &self,
        person: &PersonId,
        posts: &[PostId],
        now: Timestamp,
    ) -> Result<DeskCounts, Error> {
        counted(self.connection(), person, posts, now)
    }

    /// What waits for a person on these posts and is due from the first instant on and before the second, the earliest first, up
    /// to `limit` lines.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn desk_due(
        &self,
        person: &PersonId,
        posts: &[PostId],
        within: (Timestamp, Timestamp),
        limit: u64,
    ) -> Result<Page<DutyRow>, Error> {
        self.log()
            .at_one_moment(|log| within_time(log.connection(), person, posts, within, limit))
    }
}

fn desk(
    connection: &Connection,
    person: &PersonId,
    posts: &[PostId],
    limit: u64,
) -> Result<Vec<DutyRow>, Error> {
    let mut places = Vec::new();
    for run in runs(person, posts) {
        first(connection, run, limit, &mut places)?;
    }
    // A few runs, each in order already.
    places.sort();
    rows(connection, &places, limit)
}

fn within_time(
    connection: &Connection,
    person: &PersonId,
    posts: &[PostId],
    within: (Timestamp, Timestamp),
    limit: u64,
) -> Result<Page<DutyRow>, Error> {
    let mut places = Vec::new();
    for run in runs(person, posts) {
        for colour in COLOURS {
            due(connection, run, colour, within, &mut places)?;
        }
    }
    places.sort_by_key(|(_, _, due, case, place)| (*due, *case, *place));
    Ok(Page {
        rows: rows(connection, &places, limit)?,
        total: u64::try_from(places.len()).unwrap_or(u64::MAX),
    })
}

/// A post, and the person of it whom a duty waits for; `None` for everybody on it.
type Run<'a> = (&'a str, Option<&'a str>);

/// The runs of the index that make a desk.
fn runs<'a>(person: &'a PersonId, posts: &'a [PostId]) -> impl Iterator<Item = Run<'a>> {
    let posts = posts.iter().collect::<BTreeSet<_>>().into_iter();
    posts.flat_map(|post| [(post.as_str(), None), (post.as_str(), Some(person.as_str()))])
}

/// One more than is counted tells that there are more.
fn counting() -> String {
    let most = DESK_COUNTED.saturating_add(1);
    format!(
        "SELECT count(*), count(due <= ?3 OR NULL), count(due > ?3 AND due < ?4 OR NULL),
           count(due > ?3 AND due >= ?4 AND due < ?5 OR NULL), count(*) - count(due)
         FROM (SELECT due FROM duties WHERE post = ?1 AND person IS ?2
           ORDER BY colour DESC, due IS NULL, due, case_id, place LIMIT {most})"
    )
}

fn counted(
    connection: &Connection,
    person: &PersonId,
    posts: &[PostId],
    now: Timestamp,
) -> Result<DeskCounts, Error> {
    let today = date_of(now);
    let end = |days: i64| {
        let day = today.checked_add(jiff::Span::new().days(days)).unwrap_or(today);
        midnight(day).as_microsecond()
    };
    let mut statement = connection.prepare_cached(&counting())?;
    let mut counts = DeskCounts::default();
    for (post, person) in runs(person, posts) {
        let asked = (post, person, now.as_microsecond(), end(1), end(8));
        let mut found = statement.query(asked)?;
        if let Some(row) = found.next()? {
            let kinds = [
                &mut counts.total,
                &mut counts.late,
                &mut counts.today,
                &mut counts.week,
                &mut counts.open,
            ];
            for (place, count) in kinds.into_iter().enumerate() {
                let n: i64 = row.get(place)?;
                *count = count.saturating_add(u64::try_from(n).unwrap_or(0));
            }
        }
    }
    Ok(counts)
}

const FIRST: &str = "SELECT colour, due, case_id, place FROM duties WHERE post = ?1 AND person IS ?2
     ORDER BY colour DESC, due IS NULL, due, case_id, place LIMIT ?3";

/// The beginning of a run, most urgent first.
fn first(
    connection: &Connection,
    (post, person): Run<'_>,
    limit: u64,
    places: &mut Vec<Place>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(FIRST)?;
    let found = statement.query_map((post, person, bounded(limit)), place)?;
    for place in found {
        places.push(place?);
    }
    Ok(())
}

/// All colours that a duty can have.
const COLOURS: std::ops::RangeInclusive<i64> = 0..=4;

const DUE: &str = "SELECT colour, due, case_id, place FROM duties
     WHERE post = ?1 AND person IS ?2 AND colour = ?3 AND (due IS NULL) = 0 AND due >= ?4 AND due < ?5
     ORDER BY due, case_id, place";

/// What is due within a time, of one colour of a run.
fn due(
    connection: &Connection,
    (post, person): Run<'_>,
    colour: i64,
    (from, until): (Timestamp, Timestamp),
    places: &mut Vec<Place>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(DUE)?;
    let (from, until) = (from.as_microsecond(), until.as_microsecond());
    let found = statement.query_map((post, person, colour, from, until), place)?;
    for place in found {
        places.push(place?);
    }
    Ok(())
}

fn bounded(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    let due: Option<i64> = row.get(1)?;
    Ok((Reverse(row.get(0)?), due.is_none(), due, row.get(2)?, row.get(3)?))
}

/// The lines of these places, in their order.
fn rows(connection: &Connection, places: &[Place], limit: u64) -> Result<Vec<DutyRow>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT d.detail, d.post, d.since, d.due, d.colour, {COLUMNS}
         FROM duties d JOIN case_views c ON c.id = d.case_id WHERE d.case_id = ?1 AND d.place = ?2"
    ))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut rows = Vec::with_capacity(places.len().min(limit));
    for (.., case, place) in places.iter().take(limit) {
        let mut found = statement.query((case, place))?;
        if let Some(row) = found.next()? {
            rows.push(duty(row)?);
        }
    }
    Ok(rows)
}

fn duty(row: &Row<'_>) -> Result<DutyRow, Error> {
    Ok(DutyRow {
        kind: serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?,
        post: PostId::from(row.get::<_, String>(1)?),
        since: instant(row.get(2)?),
        due: row.get::<_, Option<i64>>(3)?.map(instant),
        colour: colour_of(row.get(4)?),
        case: case_row(row, 5)?,
    })
}

#[cfg(test)]
mod tests {
    use bihuan_domain::calendar::day_number;
    use proptest::prelude::*;
    use rusqlite::params_from_iter;

    use super::*;

    /// What a desk is, said plainly: all that waits for these posts and not for somebody else, put in order, and its beginning.
    fn slowly(connection: &Connection, person: &PersonId, posts: &[PostId], limit: u64) -> Vec<DutyRow> {
        let marks = vec!["?"; posts.len()].join(", ");
        let sql = format!(
            "SELECT d.detail, d.post, d.since, d.due, d.colour, {COLUMNS}
             FROM duties d JOIN case_views c ON c.id = d.case_id
             WHERE d.post IN ({marks}) AND (d.person IS NULL OR d.person = ?)
             ORDER BY d.colour DESC, d.due IS NULL, d.due, d.case_id, d.place"
        );
        let values = posts.iter().map(|post| post.as_str()).chain([person.as_str()]);
        let mut statement = connection.prepare(&sql).unwrap();
        let mut found = statement.query(params_from_iter(values)).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = found.next().unwrap() {
            rows.push(duty(row).unwrap());
        }
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        rows
    }

    fn names(prefix: &str, picked: &[u8]) -> Vec<PostId> {
        picked
            .iter()
            .map(|n| PostId::from(format!("{prefix}{n}")))
            .collect()
    }

    /// Sixteen hours: three of them begin on two days.
    const STEP: i64 = 16 * 3_600_000_000;

    /// A duty: case, post, the person it waits for alone (0 for everybody), due in steps (0 for never), colour.
    type Drawn = (u8, u8, u8, i64, i64);

    fn filled(duties: &[Drawn]) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        super::super::create(&connection).unwrap();
        for (place, (case, post, person, due, colour)) in duties.iter().enumerate() {
            connection
                .execute(
                    "INSERT OR IGNORE INTO case_views(id, mechanism, stage, kind, open, owner, holder_unit, holder_post, colour,
                       opened_at, late, round, reworks, source_kind, parties)
                     VALUES (?1, 'key-task', 'work', 'work', 1, 'a', 'a', '', 0, 0, 0, 1, 0, 'typed', '{}')",
                    [case],
                )
                .unwrap();
            connection
                .execute(
                    "INSERT INTO duties(case_id, place, kind, detail, unit, post, person, since, due, colour)
                     VALUES (?1, ?2, 'progress', json_object('kind', 'progress'), 'a', ?3, ?4, ?2, ?5, ?6)",
                    (
                        case,
                        i64::try_from(place).unwrap(),
                        format!("p{post}"),
                        (*person > 0).then(|| format!("n{person}")),
                        (*due > 0).then_some(*due * STEP),
                        colour,
                    ),
                )
                .unwrap();
        }
        connection
    }

    proptest! {
        #[test]
        fn a_desk_read_along_its_index_is_what_sorting_everything_gives(
            duties in prop::collection::vec((1u8..40, 0u8..4, 0u8..4, 0i64..20, 0i64..5), 0..120),
            posts in prop::collection::vec(0u8..5, 0..5),
            person in 1u8..5,
            limit in prop_oneof![Just(u64::MAX >> 1), 0u64..12, 0u64..130],
            now in 0i64..20,
            month in (0i64..20, 0i64..20),
        ) {
            let connection = filled(&duties);
            let (person, posts) = (PersonId::from(format!("n{person}")), names("p", &posts));
            let found = desk(&connection, &person, &posts, limit).unwrap();
            prop_assert_eq!(found, slowly(&connection, &person, &posts, limit));

            let all = slowly(&connection, &person, &posts, u64::MAX);
            let now = instant(now * STEP);
            let many = |test: &dyn Fn(Timestamp) -> bool| {
                u64::try_from(all.iter().filter(|duty| duty.due.is_some_and(test)).count()).unwrap()
            };
            let days = |due: Timestamp| day_number(date_of(due)) - day_number(date_of(now));
            let expected = DeskCounts {
                total: all.len() as u64,
                late: many(&|due| due <= now),
                today: many(&|due| due > now && days(due) == 0),
                week: many(&|due| (1..=7).contains(&days(due))),
                open: all.iter().filter(|duty| duty.due.is_none()).count() as u64,
            };
            prop_assert_eq!(counted(&connection, &person, &posts, now).unwrap(), expected);
            prop_assert_eq!(expected.later(), many(&|due| days(due) > 7));

            let (from, until) = (instant(month.0 * STEP), instant(month.1 * STEP));
            let mut due: Vec<DutyRow> = all.into_iter().filter(|duty| duty.due.is_some_and(|due| from <= due && due < until)).collect();
            due.sort_by_key(|duty| (duty.due, duty.case.id));
            let found = within_time(&connection, &person, &posts, (from, until), 200).unwrap();
            prop_assert_eq!(found.total, due.len() as u64);
            // Duties of one case at one time stand in the order of their places.
            let told = |rows: &[DutyRow]| rows.iter().map(|duty| (duty.due, duty.case.id)).collect::<Vec<_>>();
            prop_assert_eq!(told(&found.rows), told(&due));
        }
    }

    #[test]
    fn a_desk_with_more_duties_than_are_counted_says_that_there_are_more() {
        let connection = filled(&[]);
        let more = i64::try_from(DESK_COUNTED).unwrap() + 500;
        let sql = "INSERT INTO duties(case_id, place, kind, detail, unit, post, person, since, due, colour)
                   WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                   SELECT i, 0, 'progress', '{}', 'a', 'p1', NULL, i, i, 0 FROM n";
        connection.execute(sql, [more]).unwrap();
        let person = PersonId::from("n1".to_owned());
        let total = |posts: &[u8]| {
            let counts = counted(&connection, &person, &names("p", posts), instant(0));
            counts.unwrap().total
        };
        assert_eq!(total(&[1]), DESK_COUNTED + 1);
        connection
            .execute("DELETE FROM duties WHERE case_id > 999", [])
            .unwrap();
        assert_eq!(total(&[1]), 999);
    }

    #[test]
    fn nothing_of_a_desk_is_sorted_or_looked_up_to_be_passed_over() {
        let connection = filled(&[]);
        let along = "USING COVERING INDEX duties_by_urgency (post=? AND person=?";
        for sql in [FIRST, DUE, counting().as_str()] {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let unbound = vec![None::<i64>; plan.parameter_count()];
            let steps = plan
                .query_map(params_from_iter(unbound), |row| row.get(3))
                .unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            assert!(steps.iter().any(|step| step.contains(along)), "{steps:?}");
            assert!(!steps.iter().any(|step| step.contains("TEMP")), "{steps:?}");
        }
    }
}
