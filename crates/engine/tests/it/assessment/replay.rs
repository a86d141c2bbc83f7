//! What stands behind a point: the entries, a slice of them, and what would be otherwise without one of them.

use bihuan_domain::id::UnitId;
use bihuan_engine::assessment::{self, Change};
use bihuan_messages::Lang;

use super::towns::Towns;

#[test]
fn every_point_names_the_entries_behind_it() {
    let towns = Towns::new();
    let run = towns.of_log("annual-assessment", "2026", None).unwrap();
    let unit = UnitId::new("tianning");
    let traced = run.explain(&unit).unwrap();
    let log = towns.county.engine.ledger().reader().unwrap();
    for (thing, events) in &traced.events {
        assert!(!events.is_empty(), "{thing:?}");
        for event in events {
            assert_eq!(log.entry(event.seq).unwrap().unwrap().kind, event.kind);
        }
    }
    let sheet = run.sheet(&unit).unwrap();
    assert_eq!(sheet.absorbed, [UnitId::new("old-town")]);
    let counted = sheet.lines.iter().flat_map(|line| &line.counted);
    for one in counted {
        assert!(
            traced.events.iter().any(|(thing, _)| *thing == one.thing),
            "{one:?}"
        );
    }
}

#[test]
fn a_slice_that_was_touched_is_refused_at_the_line() {
    let towns = Towns::new();
    let run = towns.of_log("annual-assessment", "2026", None).unwrap();
    let slice = towns.slice(&run, "tianning");
    let lines: Vec<&str> = slice.lines().collect();
    let refused = |text: &str| match assessment::read_slice(text, None) {
        Ok(_) => "taken".to_owned(),
        Err(failure) => failure.text(Lang::En),
    };
    let of_case: Vec<usize> = (0..lines.len())
        .filter(|n| lines[*n].contains("\\\"case/"))
        .collect();
    let without = |n: usize| {
        let mut kept = lines.clone();
        kept.remove(n);
        kept.join("\n")
    };
    // The first entry of a case that has others after it.
    assert!(
        refused(&without(of_case[0])).contains("missing in the middle"),
        "{}",
        refused(&without(of_case[0]))
    );
    let changed = slice.replacen("14.5", "15.5", 1);
    assert_ne!(changed, slice);
    assert!(
        refused(&changed).contains("not in the signed log"),
        "{}",
        refused(&changed)
    );
    let mut turned = lines.clone();
    turned.swap(1, 2);
    assert!(refused(&turned.join("\n")).contains("order"));
    let renamed = slice.replacen("test.example", "best.example", 1);
    assert!(refused(&renamed).contains("line 1"), "{}", refused(&renamed));
    assert!(refused("").contains("head of a slice"));
    assert!(refused(&slice.replacen("\"path\":[", "\"path\":[7,", 1)).contains("no entry with its proof"));
}

#[test]
fn one_changed_entry_moves_exactly_its_own_points() {
    let towns = Towns::new();
    let run = towns.of_log("annual-assessment", "2026", None).unwrap();
    let log = towns.county.engine.ledger().reader().unwrap();
    let closed = log.entries(0, 100_000).unwrap();
    let closing = closed.iter().find(|entry| entry.kind == "case.closed").unwrap();
    let moved = |change: &str| -> Vec<String> {
        let after = towns
            .of_log("annual-assessment", "2026", Some(Change::parse(change).unwrap()))
            .unwrap();
        assessment::moves(&run.assessment, &after.assessment, false)
            .into_iter()
            .map(|one| {
                let text = |side: Option<String>| side.unwrap_or_else(|| "–".to_owned());
                format!(
                    "{} {} {} → {}",
                    one.unit,
                    one.item,
                    text(one.before),
                    text(one.after)
                )
            })
            .collect()
    };
    insta::assert_snapshot!(moved(&format!("{}:/on_time=false", closing.seq)).join("\n"), @r"
    tianning key-tasks 9.36 → 0.00
    tianning total 77.71 → 68.35
    ");
    insta::assert_snapshot!(moved(&closing.seq.to_string()).join("\n"), @r"
    tianning key-tasks 9.36 → 0.00
    tianning total 77.71 → 68.35
    ");
    let wrong = towns.of_log(
        "annual-assessment",
        "2026",
        Some(Change::parse("99999999").unwrap()),
    );
    assert!(wrong.is_err());
    assert!(Change::parse("seventeen").is_err());
    assert!(Change::parse("17:on_time=false").is_err());
}
