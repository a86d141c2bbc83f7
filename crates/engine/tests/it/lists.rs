//! Lists: seeking as people type, forgetting what is erased, the same after a restart, an older form made anew.

use bihuan_domain::id::{CaseId, UnitId};
use bihuan_domain::mechanism::Colour;
use bihuan_engine::Engine;
use bihuan_engine::access::Sight;
use bihuan_engine::views::{self, Filter, Group, Sort};
use serde_json::json;

use crate::county::County;

fn open(county: &mut County, title: &str) -> CaseId {
    let order = json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": title,
        "values": { "leader": "county.leader" } });
    county.order("housing.clerk", order).unwrap().case.unwrap()
}

fn found(engine: &Engine, text: &str) -> Vec<CaseId> {
    let filter = Filter {
        text: Some(text.to_owned()),
        ..Filter::default()
    };
    let page = engine
        .views()
        .unwrap()
        .cases(&filter, Sort::Oldest, 0, 50)
        .unwrap();
    page.rows.iter().map(|row| row.id).collect()
}

#[test]
fn one_character_two_characters_and_several_words_find_a_title() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let power = open(&mut county, "停电三日");
    let road = open(&mut county, "厂区道路被占（二期）ABC");
    let engine = &county.engine;
    assert_eq!(found(engine, "电"), [power]);
    assert_eq!(found(engine, "道路"), [road]);
    assert_eq!(found(engine, "二期) 厂区　abc"), [road]);
    assert_eq!(found(engine, "道电"), []);
    let number = engine
        .views()
        .unwrap()
        .state(road)
        .unwrap()
        .unwrap()
        .number
        .unwrap();
    let typed = number.text.replace('〔', "[").replace('〕', "]");
    assert_eq!(found(engine, &typed), [road], "{typed}");
    assert_eq!(found(engine, "%"), [], "no sign means anything but itself");
    assert_eq!(
        found(engine, "  "),
        [power, road],
        "nothing asked, nothing left out"
    );
}

#[test]
fn a_corrected_title_is_found_and_the_former_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let (first, second) = (open(&mut county, "停电三日"), open(&mut county, "道路被占"));
    let amend = json!({ "type": "amend", "case": first, "title": "停水三日", "reason": "笔误" });
    county.order("supervision.dispatcher", amend).unwrap();
    let engine = &county.engine;
    assert_eq!(found(engine, "停电"), []);
    assert_eq!(
        (found(engine, "停水"), found(engine, "道路")),
        (vec![first], vec![second])
    );
    county.verify();
}

#[test]
fn an_erased_title_is_found_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    let case = open(&mut county, "张三家停电");
    assert_eq!(found(&county.engine, "张三"), [case]);
    county
        .engine
        .erase(
            &bihuan_domain::org::Actor::system(),
            &format!("case/{case}"),
            "period_over",
        )
        .unwrap();
    assert_eq!(found(&county.engine, "张三"), []);
    assert_eq!(found(&county.engine, ""), [case], "the case itself stays");
    county.verify();
    let time = county.time.clone();
    drop(county);
    let (engine, opening) = Engine::open(&data, time).unwrap();
    assert!(!opening.rebuilt);
    assert_eq!(found(&engine, "张三"), []);
    drop(engine);
    for file in std::fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() {
            std::fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let name = "张三家".as_bytes();
        assert!(
            !bytes.windows(name.len()).any(|part| part == name),
            "{}",
            path.display()
        );
    }
}

#[test]
fn lists_are_the_same_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    for n in 0..5 {
        let case = open(&mut county, &format!("样例事项{n}"));
        if n % 2 == 0 {
            let step =
                json!({ "type": "step", "case": case, "step": "report", "values": { "report": "已报告" } });
            county.order("housing.clerk", step).unwrap();
        }
    }
    let lists = |engine: &Engine| {
        let views = engine.views().unwrap();
        let sorts = [Sort::Urgency, Sort::Number, Sort::Title, Sort::Stage];
        let pages = sorts.map(|sort| views.cases(&Filter::default(), sort, 0, 50).unwrap());
        (pages, views.counts(&Filter::default()).unwrap())
    };
    let (before, time) = (lists(&county.engine), county.time.clone());
    drop(county);
    let (engine, _) = Engine::open(&data, time).unwrap();
    assert_eq!(lists(&engine), before);
}

#[test]
fn read_models_of_another_form_are_dropped_and_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut county = County::new(&data);
    let case = open(&mut county, "停电三日");
    let time = county.time.clone();
    drop(county);
    let raw = rusqlite::Connection::open(data.join("ledger.sqlite")).unwrap();
    raw.execute_batch("ALTER TABLE case_views DROP COLUMN parties; UPDATE views_meta SET form = 1")
        .unwrap();
    drop(raw);
    let (engine, opening) = Engine::open(&data, time).unwrap();
    assert!(opening.rebuilt);
    assert_eq!(found(&engine, "停电"), [case]);
    let reader = engine.ledger().reader().unwrap();
    assert!(views::compare(&reader, &mut |_| {}).unwrap().is_empty());
}

/// Asks also for what no case is outside of: nothing more, but of each case by itself.
fn by_itself(filter: &Filter) -> Filter {
    Filter {
        opened: (Some(jiff::Timestamp::MIN), None),
        ..filter.clone()
    }
}

/// Every question that counts may be asked without looking at each case, by two who see differently much.
fn questions() -> Vec<Filter> {
    let units: [UnitId; 1] = ["housing".into()];
    let sights = [
        Sight::All,
        Sight::Units {
            units: units.clone().into(),
            posts: Default::default(),
            kept_back: Default::default(),
        },
        Sight::Units {
            units: ["supervision".into()].into(),
            posts: Default::default(),
            kept_back: units.clone().into(),
        },
    ];
    let kinds = [
        Filter::default(),
        Filter {
            mechanisms: vec!["three-plus-24".into()],
            ..Filter::default()
        },
        Filter {
            stage: Some("opinion".into()),
            ..Filter::default()
        },
        Filter {
            open: Some(true),
            colour: Some(Colour::Green),
            ..Filter::default()
        },
        Filter {
            owners: units.into(),
            late: Some(false),
            ..Filter::default()
        },
        Filter {
            holder: Some("housing".into()),
            on_time: Some(true),
            ..Filter::default()
        },
    ];
    let of = |sight: &Sight| {
        let sight = sight.clone();
        kinds.clone().map(|kind| Filter {
            visible_to: sight.clone(),
            ..kind
        })
    };
    sights.iter().flat_map(of).collect()
}

#[test]
fn what_is_counted_by_kinds_is_what_is_counted_case_by_case_whatever_was_done_in_between() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..6 {
        let case = open(&mut county, &format!("样例事项{n}"));
        if n % 2 == 0 {
            let step =
                json!({ "type": "step", "case": case, "step": "report", "values": { "report": "已报告" } });
            county.order("housing.clerk", step).unwrap();
        }
        let views = county.engine.views().unwrap();
        for filter in questions() {
            let each = by_itself(&filter);
            let counts = views.counts(&filter).unwrap();
            assert_eq!(counts, views.counts(&each).unwrap(), "{filter:?}");
            let listed = views.cases(&filter, Sort::Oldest, 0, 50).unwrap();
            assert_eq!(counts.total, listed.total, "{filter:?}");
            for group in [
                Group::Owner,
                Group::Holder,
                Group::Stage,
                Group::Mechanism,
                Group::Colour,
            ] {
                let groups = views.counts_by(&filter, group).unwrap();
                assert_eq!(
                    groups,
                    views.counts_by(&each, group).unwrap(),
                    "{group:?} {filter:?}"
                );
                seen.insert(groups.len());
            }
            let mechanisms = views.counts_by_mechanism(&filter).unwrap();
            assert_eq!(mechanisms, views.counts_by_mechanism(&each).unwrap());
        }
    }
    assert!(seen.contains(&2), "more than one group is counted: {seen:?}");
}
