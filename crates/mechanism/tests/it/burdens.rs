//! What mechanisms ask of people, estimated from the published constants.

use bihuan_mechanism::burden::{Often, Who, burden, constants, minutes};
use bihuan_mechanism::load;

use crate::support::{every_pack, packs, root};

fn who(unit: &str, post: &str) -> Who {
    Who {
        unit: unit.into(),
        post: post.into(),
    }
}

#[test]
fn the_minutes_of_a_step_are_the_sum_of_what_it_asks() {
    let loaded = load(&packs(&every_pack()));
    let found = burden(&loaded.packs, None);
    let mechanism = loaded.mechanism(&"three-plus-24".into()).unwrap();
    let first = &mechanism.stage(&mechanism.open.stage).unwrap().steps[0];
    let ask = found
        .asks
        .iter()
        .find(|ask| ask.mechanism == mechanism.id && ask.label == first.label)
        .unwrap();
    assert_eq!(ask.often, Often::Case);
    let typed: u64 = ask
        .data
        .iter()
        .map(|(_, datum)| {
            mechanism
                .fields
                .iter()
                .find(|field| field.datum == *datum)
                .unwrap()
        })
        .map(|field| constants::field(&field.ty) / if first.needs.contains(&field.id) { 1 } else { 2 })
        .sum();
    assert!(ask.tenths >= constants::OCCASION + typed, "{ask:?}");
}

#[test]
fn what_opens_by_itself_every_week_costs_a_case_a_week() {
    let loaded = load(&packs(&every_pack()));
    let found = burden(&loaded.packs, None);
    let weekly = found
        .rows
        .iter()
        .find(|row| row.mechanism.as_str() == "charity-wednesday" && row.per_case > 0);
    let weekly = weekly.unwrap();
    assert!(weekly.weekly >= weekly.per_case, "{weekly:?}");
    let by_hand = found
        .rows
        .iter()
        .filter(|row| row.mechanism.as_str() == "three-plus-24");
    assert!(by_hand.clone().count() > 0);
    assert!(by_hand.clone().all(|row| row.weekly == 0 && row.per_case > 0));
}

#[test]
fn twice_the_cases_are_twice_the_minutes_but_for_rounding() {
    let loaded = load(&packs(&every_pack()));
    let (once, twice) = (
        burden(&loaded.packs, Some(520)),
        burden(&loaded.packs, Some(1040)),
    );
    for (a, b) in once.rows.iter().zip(&twice.rows) {
        let opens_by_itself = loaded.mechanism(&a.mechanism).unwrap().open.schedule.is_some();
        let (a, b) = (a.weekly_given.unwrap(), b.weekly_given.unwrap());
        assert!(
            if opens_by_itself {
                a == b
            } else {
                b.abs_diff(a * 2) <= 1
            },
            "{a} {b}"
        );
    }
}

#[test]
fn posts_below_the_township_are_marked_and_every_mechanism_asks_somebody() {
    let loaded = load(&packs(&every_pack()));
    let found = burden(&loaded.packs, None);
    let posts = found.posts();
    assert!(
        posts
            .iter()
            .any(|sum| sum.grass_roots && sum.who == who("grid", "grid-head")),
        "{posts:#?}"
    );
    assert!(
        posts
            .iter()
            .all(|sum| !sum.grass_roots || sum.who.unit.as_str() != "department")
    );
    for mechanism in loaded.packs.iter().flat_map(|pack| &pack.mechanisms) {
        assert!(
            found.rows.iter().any(|row| row.mechanism == mechanism.id),
            "{}",
            mechanism.id
        );
    }
    for (datum, askers) in &found.shared {
        assert!(askers.len() > 1, "{datum}");
    }
}

#[test]
fn minutes_are_written_with_one_digit() {
    assert_eq!([0, 4, 10, 125].map(minutes), ["0.0", "0.4", "1.0", "12.5"]);
}

/// The page in the docs states each constant; it and the program must not part.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test reads the page")]
fn the_page_states_the_constants_of_the_program() {
    let page = std::fs::read_to_string(root().join("docs/burden.md")).unwrap();
    for (name, tenths) in constants::TABLE {
        let row = format!("| `{name}` | {} |", minutes(tenths));
        assert!(page.contains(&row), "docs/burden.md lacks the row {row}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, constants::TABLE.len());
}
