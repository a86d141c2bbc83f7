//! Lines of a thousand neighbouring cases that are alike in all that heads and funnels count: few kinds stand for many
//! lines, so that counting a million cases looks at some ten thousand lines.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::roll::Line;

/// The kinds of lines among neighbours, each by the place of its first line and how many there are.
#[derive(Clone, Default)]
pub(super) struct Alike(OnceLock<Arc<[(u16, u16)]>>);

impl Alike {
    /// One line of each kind, and how many there are of it. `lines` are those it was first asked for.
    pub(super) fn of<'r>(&'r self, lines: &'r [Option<Line>]) -> impl Iterator<Item = (&'r Line, u64)> {
        let kinds = self.0.get_or_init(|| kinds(lines));
        kinds.iter().filter_map(|(first, n)| {
            let line = lines.get(usize::from(*first))?.as_ref()?;
            Some((line, u64::from(*n)))
        })
    }
}

fn kinds(lines: &[Option<Line>]) -> Arc<[(u16, u16)]> {
    let mut kinds = BTreeMap::new();
    for (place, line) in (0u16..).zip(lines) {
        let Some(line) = line else { continue };
        // What is asked for beside these is asked of every line; see `Test::coarse`.
        let kind = (
            (line.mechanism, line.stage, line.owner, line.holder, line.parties),
            (line.colour as u8, line.open, line.late, line.on_time),
        );
        let (_, n) = kinds.entry(kind).or_insert((place, 0u16));
        *n = n.saturating_add(1);
    }
    kinds.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use bihuan_domain::mechanism::Colour;
    use jiff::Timestamp;
    use rusqlite::Connection;

    use crate::access::Sight;
    use crate::views::Filter;
    use crate::views::roll::Roll;

    /// A roll of so many cases of every kind, mixed: two of a kind lie 720 apart.
    fn roll(cases: u32) -> Roll {
        let connection = Connection::open_in_memory().unwrap();
        crate::views::create(&connection).unwrap();
        let sql = "INSERT INTO case_views(id, mechanism, number, title, stage, kind, open, owner, holder_unit, holder_post, colour,
               opened_at, on_time, late, round, reworks, source_kind, parties)
             VALUES (?1, 'm' || (?1 % 3), NULL, 'road', 's' || (?1 / 3 % 3), 'work', ?1 / 4 % 2, 'u' || (?1 % 4), 'u' || (?1 / 4 % 4), '',
               CASE ?1 % 5 WHEN 0 THEN 4 ELSE 0 END, ?1, CASE ?1 / 4 % 2 WHEN 0 THEN ?1 % 2 END, ?1 % 5 = 0, 1, 0, 'typed',
               '{\"units\":[\"u' || (?1 % 4) || '\"],\"opener\":\"u0.clerk\"}')";
        let mut statement = connection.prepare(sql).unwrap();
        (1..=cases).for_each(|id| {
            statement.execute([id]).unwrap();
        });
        Roll::load(&connection, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn thousands_of_cases_of_every_kind_are_counted_as_if_each_were_looked_at() {
        let roll = roll(5_000);
        let some = Sight::Units {
            units: ["u2".into(), "u3".into()].into(),
            posts: Default::default(),
            kept_back: ["u1".into()].into(),
        };
        for visible_to in [Sight::All, some] {
            for n in 0..16u8 {
                let one = |bit: u8| n >> bit & 1 == 1;
                let filter = Filter {
                    mechanisms: if one(0) { vec!["m1".into()] } else { Vec::new() },
                    stage: one(1).then(|| "s2".into()),
                    colour: one(2).then_some(Colour::Red),
                    open: one(3).then_some(true),
                    visible_to: visible_to.clone(),
                    ..Filter::default()
                };
                // Leaves nothing out, and yet has each case looked at.
                let each = Filter {
                    opened: (Some(Timestamp::MIN), None),
                    ..filter.clone()
                };
                assert!(roll.counts(&filter).total > 0, "{filter:?}");
                assert_eq!(roll.counts(&filter), roll.counts(&each), "{filter:?}");
                assert_eq!(
                    roll.counts_by_mechanism(&filter),
                    roll.counts_by_mechanism(&each),
                    "{filter:?}"
                );
            }
        }
    }
}
