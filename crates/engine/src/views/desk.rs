//! My desk (我的待办): what waits for a person, read along an index that has it in the order in which it is shown. A post
//! with thousands of duties costs no more than the lines that are asked for (`docs/adr/34-…`).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bihuan_domain::id::{PersonId, PostId};
use rusqlite::{Connection, Params, Row};

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

impl Views {
    /// What waits for a person on these posts, most urgent first. The total is right up to [`DESK_COUNTED`]; of a desk with more
    /// it is at least more.
    ///
    /// # Errors
    ///
    /// If the read models cannot be read.
    pub fn desk(&self, person: &PersonId, posts: &[PostId], limit: u64) -> Result<Page<DutyRow>, Error> {
        // The places and what stands there must be of one moment.
        self.log()
            .at_one_moment(|log| desk(log.connection(), person, posts, limit))
    }
}

fn desk(
    connection: &Connection,
    person: &PersonId,
    posts: &[PostId],
    limit: u64,
) -> Result<Page<DutyRow>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut places = Vec::new();
    let mut total = 0u64;
    for post in posts.iter().collect::<BTreeSet<_>>() {
        let (post, person) = (post.as_str(), person.as_str());
        total = total.saturating_add(count(connection, "person IS NULL", [post])?);
        total = total.saturating_add(count(connection, "person = ?2", (post, person))?);
        first(connection, "person IS NULL", (post, limit), &mut places)?;
        first(connection, "person = ?3", (post, limit, person), &mut places)?;
    }
    // A few runs, each in order already.
    places.sort();
    places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT d.detail, d.post, d.since, d.due, d.colour, {COLUMNS}
         FROM duties d JOIN case_views c ON c.id = d.case_id WHERE d.case_id = ?1 AND d.place = ?2"
    ))?;
    let mut rows = Vec::with_capacity(places.len());
    for (.., case, place) in places {
        let mut found = statement.query((case, place))?;
        if let Some(row) = found.next()? {
            rows.push(duty(row)?);
        }
    }
    Ok(Page { rows, total })
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

fn counting(whose: &str) -> String {
    // One more than is counted tells that there are more.
    let most = DESK_COUNTED.saturating_add(1);
    format!("SELECT count(*) FROM (SELECT 1 FROM duties WHERE post = ?1 AND {whose} LIMIT {most})")
}

fn count(connection: &Connection, whose: &str, values: impl Params) -> Result<u64, Error> {
    let n: i64 = connection
        .prepare_cached(&counting(whose))?
        .query_row(values, |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// One run of a desk, most urgent first.
fn run(whose: &str) -> String {
    format!(
        "SELECT colour, due, case_id, place FROM duties WHERE post = ?1 AND {whose}
         ORDER BY colour DESC, due IS NULL, due, case_id, place LIMIT ?2"
    )
}

fn first(
    connection: &Connection,
    whose: &str,
    values: impl Params,
    places: &mut Vec<Place>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(&run(whose))?;
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        let due: Option<i64> = row.get(1)?;
        places.push((Reverse(row.get(0)?), due.is_none(), due, row.get(2)?, row.get(3)?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::params_from_iter;

    use super::*;

    /// What a desk is, said plainly: all that waits for these posts and not for somebody else, put in order, and its beginning.
    fn slowly(connection: &Connection, person: &PersonId, posts: &[PostId], limit: u64) -> Page<DutyRow> {
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
        let total = rows.len() as u64;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Page { rows, total }
    }

    fn names(prefix: &str, picked: &[u8]) -> Vec<PostId> {
        picked
            .iter()
            .map(|n| PostId::from(format!("{prefix}{n}")))
            .collect()
    }

    /// A duty: case, post, the person it waits for alone (0 for everybody), due (0 for never), colour.
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
                        (*due > 0).then_some(*due),
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
            duties in prop::collection::vec((1u8..40, 0u8..4, 0u8..4, 0i64..6, 0i64..5), 0..120),
            posts in prop::collection::vec(0u8..5, 0..5),
            person in 1u8..5,
            limit in prop_oneof![Just(u64::MAX >> 1), 0u64..12, 0u64..130],
        ) {
            let connection = filled(&duties);
            let (person, posts) = (PersonId::from(format!("n{person}")), names("p", &posts));
            let found = desk(&connection, &person, &posts, limit).unwrap();
            prop_assert_eq!(found, slowly(&connection, &person, &posts, limit));
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
        let total = |posts: &[u8]| desk(&connection, &person, &names("p", posts), 0).unwrap().total;
        assert_eq!(total(&[1]), DESK_COUNTED + 1);
        connection
            .execute("DELETE FROM duties WHERE case_id > 999", [])
            .unwrap();
        assert_eq!(total(&[1]), 999);
    }

    #[test]
    fn nothing_of_a_desk_is_sorted_or_looked_up_to_be_passed_over() {
        let connection = filled(&[]);
        for whose in ["person IS NULL", "person = ?3"] {
            for sql in [run(whose), counting(whose)] {
                let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                let unbound = vec![None::<i64>; plan.parameter_count()];
                let steps = plan
                    .query_map(params_from_iter(unbound), |row| row.get(3))
                    .unwrap();
                let steps: Vec<String> = steps.map(Result::unwrap).collect();
                let along = "USING COVERING INDEX duties_by_urgency (post=? AND person=?)";
                assert!(steps.iter().any(|step| step.contains(along)), "{steps:?}");
                assert!(!steps.iter().any(|step| step.contains("TEMP")), "{steps:?}");
            }
        }
    }
}
