//! The process view of real cases: what a replay of their events gives, charged without gap or overlap.

use std::collections::BTreeMap;
use std::sync::Arc;

use bihuan_domain::case::{Meta, State};
use bihuan_domain::event::CaseEvent;
use bihuan_domain::id::CaseId;
use bihuan_engine::access::Sight;
use bihuan_engine::process::{Course, Labels, Process, Which, courses, flat, ocel, process};
use bihuan_engine::views::Views;
use bihuan_messages::Lang;
use jiff::Timestamp;
use jiff::civil::date;

use crate::bulletins::March;

fn all(views: &Views) -> Vec<Course> {
    courses(views, &[], &Sight::All).unwrap()
}

/// Stage, post (nobody's where ended) and instant, wherever one of the two changes: from the events alone.
fn replayed(views: &Views, case: CaseId) -> Vec<(String, Option<String>, Timestamp)> {
    let mut state: Option<State> = None;
    let mut found: Vec<(String, Option<String>, Timestamp)> = Vec::new();
    for entry in views.case(case).unwrap().unwrap().timeline {
        let meta = Meta {
            seq: entry.seq,
            at: entry.at,
            actor: entry.actor,
        };
        match (&mut state, &entry.event) {
            (Some(state), event) => state.evolve(event, &meta),
            (None, CaseEvent::Opened(opened)) => state = Some(State::open(opened, &meta)),
            (None, _) => {}
        }
        let now = state.as_ref().unwrap();
        let holder = now.is_open().then(|| now.holder.post.to_string());
        let here = (now.stage.to_string(), holder);
        if found
            .last()
            .map(|(stage, holder, _)| (stage.clone(), holder.clone()))
            != Some(here.clone())
        {
            found.push((here.0, here.1, entry.at));
        }
    }
    found
}

#[test]
fn the_course_from_the_read_models_is_the_course_from_the_events() {
    let march = March::new();
    march.county.at(date(2026, 3, 31).at(18, 0, 0, 0));
    let views = march.county.engine.views().unwrap();
    let courses = all(&views);
    assert!(
        courses.len() > 8
            && courses.iter().any(|course| course
                .stays
                .iter()
                .rev()
                .skip(1)
                .any(|stay| stay.holder.is_none())),
        "one of them was closed and opened again"
    );
    for course in &courses {
        let mut told: Vec<(String, Option<String>, Timestamp)> = Vec::new();
        for stay in &course.stays {
            let holder = stay.holder.as_ref().map(|holder| holder.post.to_string());
            let here = (stay.stage.to_string(), holder, stay.from);
            if told
                .last()
                .is_none_or(|last| (&last.0, &last.1) != (&here.0, &here.1))
            {
                told.push(here);
            }
        }
        assert_eq!(told, replayed(&views, course.case), "{}", course.case);
    }
}

#[test]
fn time_is_charged_to_holders_without_gap_or_overlap() {
    let march = March::new();
    let views = march.county.engine.views().unwrap();
    for course in all(&views) {
        for (stay, next) in course.stays.iter().zip(course.stays.iter().skip(1)) {
            assert_eq!(stay.to, Some(next.from), "{}", course.case);
        }
        assert_eq!(course.stays.last().unwrap().to, None);
    }
}

#[test]
fn every_figure_opens_as_many_cases_as_it_counts() {
    let march = March::new();
    let engine = &march.county.engine;
    let views = engine.views().unwrap();
    let process = Process::of(&views, &"instruction".into(), &Sight::All).unwrap();
    let figures = &process.figures;
    let codes = |activities: &[u32]| {
        process
            .stages(activities)
            .into_iter()
            .map(Into::into)
            .collect::<Vec<_>>()
    };
    assert!(figures.variants.len() > 2 && !figures.loops.is_empty());
    let opened = |which: Which| {
        // As it stands in an address.
        let read = Which::parse(&which.to_string()).unwrap();
        process.cases_of(&read).len() as u64
    };
    for one in &figures.variants {
        assert_eq!(opened(Which::Way(codes(&one.activities))), one.count());
    }
    for one in &figures.loops {
        assert_eq!(opened(Which::Back(codes(&one.activities))), one.count());
    }
    for one in &figures.activities {
        assert_eq!(
            opened(Which::Again(codes(&[one.activity]).remove(0))),
            one.repeated
        );
    }
    for one in &figures.follows {
        let codes = codes(&[one.from, one.to]);
        let n = opened(Which::Step(codes[0].clone(), codes[1].clone()));
        assert!(0 < n && n <= one.wait.n);
    }
    for one in &process.posts {
        assert_eq!(opened(Which::Post(one.id.clone())), one.cases);
        assert_eq!(opened(Which::PostNow(one.id.clone())), one.now);
    }
    for one in &process.units {
        assert_eq!(opened(Which::Unit(one.id.clone())), one.cases);
        assert_eq!(opened(Which::UnitNow(one.id.clone())), one.now);
    }
}

#[test]
fn what_is_given_to_others_holds_the_same_events_and_no_text_that_somebody_wrote() {
    let march = March::new();
    let engine = &march.county.engine;
    let views = engine.views().unwrap();
    let courses = all(&views);
    let mechanisms = engine.mechanisms();
    let labels = Labels::new(&mechanisms, &courses, Lang::Zh);
    let rows = flat(&courses, &labels);
    let ocel = ocel(&courses, &engine.world(), &labels);
    let stays: usize = courses.iter().map(|course| course.stays.len()).sum();
    assert_eq!(ocel.events().len(), stays);
    assert!(rows.len() <= stays && rows.iter().all(|row| !row.activity.is_empty()));
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for object in ocel.objects() {
        *kinds.entry(object.kind.as_str()).or_default() += 1;
    }
    assert_eq!(
        kinds.keys().copied().collect::<Vec<_>>(),
        ["case", "post", "unit"]
    );
    assert_eq!(kinds["case"], courses.len());
    let mut bytes = Vec::new();
    ocel.write(&mut bytes).unwrap();
    bihuan_process::flat::write(&rows, &mut bytes).unwrap();
    let given = String::from_utf8(bytes).unwrap();
    let world = engine.world();
    for person in world.org.persons.values() {
        assert!(!given.contains(person.id.as_str()), "{} is in it", person.id);
        let name = views.unseal(&person.name).unwrap().unwrap_or_default();
        assert!(name.is_empty() || !given.contains(&name), "{name} is in it");
    }
    for course in &courses {
        let title = views
            .case(course.case)
            .unwrap()
            .unwrap()
            .title
            .unwrap_or_default();
        assert!(title.is_empty() || !given.contains(&title), "{title} is in it");
    }
}

#[test]
fn a_process_is_computed_once_until_the_log_grows_and_for_each_sight_apart() {
    let march = March::new();
    let engine = &march.county.engine;
    let asked = |sight: &Sight| process(engine, &"instruction".into(), sight).unwrap();
    let first = asked(&Sight::All);
    assert!(Arc::ptr_eq(&first, &asked(&Sight::All)));
    let blind = Sight::Units {
        units: Default::default(),
        posts: Default::default(),
        kept_back: Default::default(),
    };
    assert_eq!(
        asked(&blind).figures.cases,
        0,
        "who sees nothing is shown nothing that was kept"
    );
    assert!(Arc::ptr_eq(&first, &asked(&Sight::All)));
    march.draft("grows", date(2026, 3, 1), date(2026, 3, 31));
    let next = asked(&Sight::All);
    assert!(!Arc::ptr_eq(&first, &next));
    assert_eq!(next.figures.cases, first.figures.cases);
}
