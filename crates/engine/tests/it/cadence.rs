//! Bulletins that come by themselves: drafted on their day or made up for with their own due time, climbing a ladder where
//! nobody signs; typical cases; and what units are asked.

use bihuan_domain::calendar::instant;
use bihuan_domain::event::WorldEvent;
use bihuan_domain::mechanism::Section;
use bihuan_domain::org::Actor;
use bihuan_engine::bulletin::{self, Why};
use jiff::civil::{DateTime, date};

use crate::bulletins::March;
use crate::county::{County, actor};

/// A county whose development bureau dispatches key projects.
fn dispatching() -> (tempfile::TempDir, County) {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let mut bureau = county.engine.world().org.units["development"].clone();
    bureau.functions.insert("project-dispatch".into());
    let change = vec![WorldEvent::UnitPut(bureau).into()];
    county
        .engine
        .change(&Actor::system(), "dispatching", change)
        .unwrap();
    (dir, county)
}

fn at(county: &County, at: DateTime) {
    county.at(at);
    county.engine.catch_up().unwrap();
}

/// Template, scheduled day and time, drafted: as they stand in the log.
fn drafted(county: &County) -> Vec<(String, String)> {
    let world = county.engine.world();
    let mut drafts: Vec<_> = world.bulletins.values().collect();
    drafts.sort_by_key(|bulletin| bulletin.draft.log.size);
    drafts
        .iter()
        .map(|bulletin| {
            let scheduled = bihuan_domain::calendar::local(bulletin.draft.scheduled.unwrap());
            (
                bulletin.draft.template.as_ref().unwrap().to_string(),
                scheduled.strftime("%m-%d %H:%M").to_string(),
            )
        })
        .collect()
}

#[test]
fn a_week_and_half_a_month_are_drafted_on_their_days_and_only_once() {
    let (_dir, county) = dispatching();
    at(&county, date(2026, 3, 6).at(15, 59, 0, 0));
    assert_eq!(drafted(&county), []);
    at(&county, date(2026, 3, 6).at(16, 0, 0, 0));
    let week = |day: &str| ("projects-week".to_owned(), format!("{day} 16:00"));
    assert_eq!(drafted(&county), [week("03-06")]);
    at(&county, date(2026, 3, 7).at(9, 0, 0, 0));
    assert_eq!(
        drafted(&county).len(),
        1,
        "looked at again, nothing is drafted twice"
    );
    // The 15th is a Sunday: half a month comes on Friday, and still speaks of the 1st to the 15th.
    at(&county, date(2026, 3, 13).at(17, 0, 0, 0));
    let half = ("projects-half-month".to_owned(), "03-13 16:00".to_owned());
    assert!(drafted(&county).contains(&half) && drafted(&county).contains(&week("03-13")));
    let world = county.engine.world();
    let fortnight = world
        .bulletins
        .values()
        .find(|b| b.draft.template.as_ref().unwrap().as_str() == "projects-half-month")
        .unwrap();
    assert_eq!(
        (fortnight.draft.from, fortnight.draft.to),
        (date(2026, 3, 1), date(2026, 3, 15))
    );
    assert_eq!(fortnight.draft.signer.as_str(), "supervision.head");
    let (_, content) = bulletin::load(&county.engine, &fortnight.draft.bulletin).unwrap();
    assert!(
        content
            .unwrap()
            .documents
            .zh
            .title
            .starts_with("重点项目半月通报（2026年3月1日至15日")
    );
    assert!(
        bulletin::verify(&county.engine, &fortnight.draft.bulletin)
            .unwrap()
            .holds()
    );
    county.verify();
}

#[test]
fn a_stopped_engine_makes_up_for_what_it_missed_with_the_original_due_times() {
    let (_dir, county) = dispatching();
    at(&county, date(2026, 3, 16).at(9, 0, 0, 0));
    let found = drafted(&county);
    let days: Vec<&str> = found.iter().map(|(_, at)| at.as_str()).collect();
    assert_eq!(days, ["03-06 16:00", "03-13 16:00", "03-13 16:00"]);
    let world = county.engine.world();
    assert!(
        world
            .bulletins
            .values()
            .all(|bulletin| bulletin.drafted_at == instant(date(2026, 3, 16).at(9, 0, 0, 0))),
        "and the log says when they were in fact drafted"
    );
}

#[test]
fn an_unsigned_bulletin_climbs_to_who_may_sign_in_the_signers_place() {
    let (_dir, county) = dispatching();
    at(&county, date(2026, 3, 6).at(16, 0, 0, 0));
    let id = county.engine.world().bulletins.keys().next().unwrap().clone();
    let rungs = |county: &County| county.engine.world().bulletins[&id].overdue.clone();
    let due = county.engine.world().bulletins[&id].draft.due;
    at(&county, date(2026, 3, 9).at(9, 0, 0, 0));
    assert_eq!(
        rungs(&county),
        [],
        "one working day is not over on Monday morning"
    );
    assert!(bulletin::sign(&county.engine, &actor("county.leader"), "too-early", &id).is_err());
    // Stopped for two weeks: both rungs fire, each with the due time that ran out.
    at(&county, date(2026, 3, 23).at(9, 0, 0, 0));
    let climbed = rungs(&county);
    let to: Vec<&str> = climbed.iter().map(|rung| rung.to.as_str()).collect();
    assert_eq!(to, ["supervision.head", "county.leader"]);
    assert_eq!(climbed[0].due, due);
    assert_eq!(Some(climbed[1].due), climbed[0].until);
    assert_eq!(climbed[1].until, None, "the ladder ends");
    at(&county, date(2026, 3, 24).at(9, 0, 0, 0));
    assert_eq!(rungs(&county).len(), 2);
    bulletin::sign(&county.engine, &actor("county.leader"), "leader-signs", &id).unwrap();
    let world = county.engine.world();
    let (who, _) = world.bulletins[&id].signed.clone().unwrap();
    assert_eq!(who.post.as_str(), "county.leader");
    county.verify();
}

#[test]
fn typical_cases_follow_the_rule_and_stand_in_the_recomputation() {
    let march = March::new();
    let engine = &march.county.engine;
    let mut drafting = crate::bulletins::drafting(date(2026, 3, 1), date(2026, 3, 31));
    drafting.scope.sections = vec![Section::Totals, Section::Typical];
    let id = bulletin::draft(engine, &actor("supervision.dispatcher"), "typical", drafting).unwrap();
    let (_, content) = bulletin::load(engine, &id).unwrap();
    let content = content.unwrap();
    let typical = &content.figures.typical;
    let good: Vec<_> = typical.good.iter().map(|case| case.case).collect();
    assert_eq!(good, march.ids("A"), "closed early, and it stood its look-back");
    assert!(
        matches!(typical.good[0].why, Why::Early { percent: 20..=40, .. }),
        "{:?}",
        typical.good
    );
    let bad: Vec<_> = typical.bad.iter().map(|case| case.case).collect();
    assert_eq!(
        bad,
        march.ids("JCG"),
        "the false closing first, then who is longest late"
    );
    assert!(bulletin::verify(engine, &id).unwrap().holds());
    let text = format!("{:?}", content.documents.zh.body);
    assert!(
        text.contains("典型案例") && !text.contains("核查与回头看"),
        "only the sections that were asked for"
    );
}

#[test]
fn a_reason_is_asked_once_and_not_where_it_was_given() {
    let march = March::new();
    let engine = &march.county.engine;
    let views = engine.views().unwrap();
    let asked = bulletin::asked(&views, &"water".into(), engine.now()).unwrap();
    let given: Vec<_> = asked.iter().filter(|a| a.given).map(|a| a.state.id).collect();
    let open: Vec<_> = asked.iter().filter(|a| !a.given).map(|a| a.state.id).collect();
    assert_eq!((given, open), (march.ids("C"), march.ids("G")));
    let said = asked.iter().find(|a| a.given).unwrap().last.clone().unwrap();
    assert_eq!(said.0, "管材未到货，预计四月中旬进场");
}

#[test]
fn a_file_that_somebody_was_given_is_told_from_one_that_was_changed() {
    let march = March::new();
    let engine = &march.county.engine;
    let drafting = crate::bulletins::drafting(date(2026, 3, 1), date(2026, 3, 31));
    let id = bulletin::draft(engine, &actor("supervision.dispatcher"), "given", drafting).unwrap();
    let (kept, content) = bulletin::load(engine, &id).unwrap();
    let mut given = bulletin::docx(&kept, &content.unwrap(), bihuan_messages::Lang::Zh, None).unwrap();
    assert_eq!(bulletin::of_file(engine, &given).unwrap(), Some(id.clone()));
    assert_eq!(
        bulletin::of_file(engine, &bulletin::file(engine, &id).unwrap()).unwrap(),
        Some(id)
    );
    let last = given.len() - 1;
    given[last] ^= 1;
    assert_eq!(bulletin::of_file(engine, &given).unwrap(), None);
}
