//! Lists, counts and case pages agree with the states themselves, for everybody, over nine months of both places.

use std::collections::BTreeSet;

use bihuan_domain::case::State;
use bihuan_domain::id::CaseId;
use bihuan_domain::mechanism::Colour;
use bihuan_engine::access::{self, Sight};
use bihuan_engine::views::{Filter, Sort, Views};

use crate::county::built;

const SORTS: [Sort; 7] = [
    Sort::Urgency,
    Sort::Newest,
    Sort::Oldest,
    Sort::Owner,
    Sort::Number,
    Sort::Title,
    Sort::Stage,
];

/// Every case with its title, as the tables have them.
fn all(views: &Views) -> Vec<(State, String)> {
    let mut all = Vec::new();
    views
        .for_each_state(&[], None, |state, title| all.push((state, title.unwrap())))
        .unwrap();
    all
}

fn listed(views: &Views, filter: &Filter, sort: Sort) -> Vec<CaseId> {
    let page = views.cases(filter, sort, 0, 100_000).unwrap();
    assert_eq!(page.total as usize, page.rows.len());
    page.rows.iter().map(|row| row.id).collect()
}

/// Filters of every kind, made from the cases that there are, each with what it means.
type Meaning = Box<dyn Fn(&State, &str) -> bool>;

fn filters(all: &[(State, String)]) -> Vec<(Filter, Meaning)> {
    let mut filters: Vec<(Filter, Meaning)> = vec![(Filter::default(), Box::new(|_, _| true))];
    for open in [true, false] {
        let filter = Filter {
            open: Some(open),
            ..Filter::default()
        };
        filters.push((filter, Box::new(move |state, _| state.is_open() == open)));
    }
    for colour in [Colour::Green, Colour::Yellow, Colour::Red] {
        let filter = Filter {
            colour: Some(colour),
            open: Some(true),
            ..Filter::default()
        };
        filters.push((
            filter,
            Box::new(move |state, _| state.is_open() && state.colour() == colour),
        ));
    }
    for (state, title) in all.iter().step_by(all.len() / 8 + 1) {
        let (mechanism, stage) = (state.mechanism.id.clone(), state.stage.clone());
        let filter = Filter {
            mechanisms: vec![mechanism.clone()],
            stage: Some(stage.clone()),
            ..Filter::default()
        };
        filters.push((
            filter,
            Box::new(move |state, _| state.mechanism.id == mechanism && state.stage == stage),
        ));
        let (owner, holder) = (state.owner.clone(), state.holder.unit.clone());
        let filter = Filter {
            owners: vec![owner.clone()],
            holder: Some(holder.clone()),
            ..Filter::default()
        };
        filters.push((
            filter,
            Box::new(move |state, _| state.owner == owner && state.holder.unit == holder),
        ));
        let (from, late) = (state.opened_at, state.was_late);
        let filter = Filter {
            opened: (Some(from), None),
            late: Some(late),
            ..Filter::default()
        };
        filters.push((
            filter,
            Box::new(move |state, _| state.opened_at >= from && state.was_late == late),
        ));
        if let Some(closed) = state.closed.clone() {
            let filter = Filter {
                closed: (None, Some(closed.at)),
                on_time: closed.on_time,
                ..Filter::default()
            };
            filters.push((
                filter,
                Box::new(move |state, _| {
                    state.closed.as_ref().is_some_and(|one| {
                        one.at < closed.at && (closed.on_time.is_none() || one.on_time == closed.on_time)
                    })
                }),
            ));
        }
        // Two characters of the title, which is what people type.
        let part: String = title.chars().skip(2).take(2).collect();
        let filter = Filter {
            text: Some(part.clone()),
            ..Filter::default()
        };
        filters.push((
            filter,
            Box::new(move |state, title| {
                let number = state.number.as_ref().map_or("", |number| &number.text);
                title.contains(part.trim()) || number.contains(part.trim())
            }),
        ));
    }
    filters
}

#[test]
fn everybody_finds_in_lists_exactly_the_cases_that_open_for_him() {
    let mut further = 0;
    for place in built().1.iter() {
        let (engine, views) = (&place.engine, place.engine.views().unwrap());
        let (world, all) = (engine.world(), all(&views));
        let filters = filters(&all);
        let mut sights: Vec<Sight> = Vec::new();
        for person in world.org.persons.keys() {
            let sight = access::sight(&world, person, engine.now());
            if !sights.contains(&sight) {
                sights.push(sight);
            }
        }
        assert!(sights.len() > 10, "offices, departments and towns");
        // Plants and stations see alike: some of each are enough.
        let some = sights.len() / 10 + 1;
        let sights: Vec<Sight> = sights.into_iter().step_by(some).collect();
        for sight in &sights {
            let Sight::Units { units, .. } = sight else {
                continue;
            };
            let beyond = |state: &State| {
                sight.covers(state) && !units.contains(&state.owner) && !units.contains(&state.holder.unit)
            };
            further += all.iter().filter(|(state, _)| beyond(state)).count();
        }
        for sight in &sights {
            for (filter, means) in &filters {
                let filter = Filter {
                    visible_to: sight.clone(),
                    ..filter.clone()
                };
                let wanted: Vec<&State> = all
                    .iter()
                    .filter(|(state, title)| sight.covers(state) && means(state, title))
                    .map(|(state, _)| state)
                    .collect();
                let ids: Vec<CaseId> = wanted.iter().map(|state| state.id).collect();
                assert_eq!(listed(&views, &filter, Sort::Oldest), ids, "{filter:?}");
                let counts = views.counts(&filter).unwrap();
                let open = wanted.iter().filter(|state| state.is_open()).count();
                assert_eq!((counts.total, counts.open), (ids.len() as u64, open as u64));
                let by_stage: u64 = counts.stages.iter().map(|(_, n)| n).sum();
                assert_eq!(by_stage, counts.total);
                let split = views.counts_by_mechanism(&filter).unwrap();
                let split: u64 = split.iter().map(|(_, counts)| counts.total).sum();
                assert_eq!(split, counts.total);
            }
        }
    }
    assert!(further > 0, "somebody sees what his units neither own nor hold");
}

#[test]
fn every_order_holds_and_pages_follow_each_other() {
    for place in built().1.iter() {
        let views = place.engine.views().unwrap();
        let rows = |sort| views.cases(&Filter::default(), sort, 0, 100_000).unwrap().rows;
        for sort in SORTS {
            let whole = rows(sort);
            let mut pages = Vec::new();
            while pages.len() < whole.len() {
                let offset = pages.len() as u64;
                pages.extend(views.cases(&Filter::default(), sort, offset, 37).unwrap().rows);
            }
            assert_eq!(pages, whole, "{sort:?}");
            let beyond = views
                .cases(&Filter::default(), sort, whole.len() as u64, 37)
                .unwrap();
            assert!(beyond.rows.is_empty());
            let different: BTreeSet<CaseId> = whole.iter().map(|row| row.id).collect();
            assert_eq!(different.len(), whole.len());
        }
        let no_time = jiff::Timestamp::MAX;
        assert!(rows(Sort::Urgency).is_sorted_by_key(|row| (
            !row.open,
            row.due_at.unwrap_or(no_time),
            row.id
        )));
        assert!(rows(Sort::Newest).is_sorted_by_key(|row| std::cmp::Reverse(row.id)));
        assert!(rows(Sort::Owner).is_sorted_by_key(|row| (
            row.owner.clone(),
            !row.open,
            row.due_at.unwrap_or(no_time),
            row.id
        )));
        assert!(rows(Sort::Stage).is_sorted_by_key(|row| (
            row.stage.clone(),
            row.due_at.unwrap_or(no_time),
            row.id
        )));
        let numbers: Vec<Option<String>> = rows(Sort::Number).into_iter().map(|row| row.number).collect();
        let first_without = numbers.iter().position(Option::is_none).unwrap_or(numbers.len());
        assert!(numbers[first_without..].iter().all(Option::is_none));
    }
}
