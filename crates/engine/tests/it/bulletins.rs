//! Bulletins over a month that can be counted by hand: figures, signature, correction, recomputation, wording.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may be blunt, too"
)]

use std::collections::BTreeMap;

use bihuan_domain::id::{BulletinId, CaseId, PackId};
use bihuan_domain::mechanism::Section;
use bihuan_engine::access::{self, Sight};
use bihuan_engine::bulletin::{self, Drafting, Scope, UnitOrder};
use bihuan_engine::{Engine, Failure, WorldChange, export};
use bihuan_messages::Lang;
use jiff::civil::{Date, DateTime, date};
use serde_json::json;

use crate::county::{County, actor};

/// March 2026 in nine instructions, named by their letters:
///
/// | | owner | due | |
/// |-|-------|-----|-|
/// | A | housing | 13 Mar | done on the 10th, closed; its look-back passed on the 20th |
/// | B | housing | 13 Mar | done on the 16th, closed late |
/// | C | water | 13 Mar | not done; the clerk says why on the 16th |
/// | D | water | 20 Mar | suspended by approval from the 12th to 30 April |
/// | E | development | 20 Mar | failed its verification on the 12th, done again on the 17th and closed |
/// | F | statistics | 20 Apr | open, not due |
/// | G | water | 16 Mar | not done, nobody says anything |
/// | H | housing | 20 Mar | voided on the 10th |
/// | J | development | 10 Mar | closed on the 6th; its look-back failed on the 20th |
pub(crate) struct March {
    pub(crate) county: County,
    case: [CaseId; 9],
    _dir: tempfile::TempDir,
}

impl March {
    pub(crate) fn new() -> March {
        let dir = tempfile::tempdir().unwrap();
        let mut county = County::new(&dir.path().join("data"));
        let pack = Engine::adopt_pack(&PackId::new("intake"), pack());
        county
            .engine
            .change(&bihuan_domain::org::Actor::system(), "intake", vec![pack])
            .unwrap();
        let owners = [
            "housing",
            "housing",
            "water",
            "water",
            "development",
            "statistics",
            "water",
            "housing",
            "development",
        ];
        let dues = [
            "03-13", "03-13", "03-13", "03-20", "03-20", "04-20", "03-16", "03-20", "03-10",
        ];
        let names = ["A", "B", "C", "D", "E", "F", "G", "H", "J"];
        let mut case = [CaseId(0); 9];
        for (at, owner) in owners.iter().enumerate() {
            let answer = county.order(
                "supervision.dispatcher",
                json!({ "type": "open", "mechanism": "instruction", "owner": owner, "title": format!("事项{}", names[at]),
                    "values": { "leader": "county.leader", "instructed_on": "2026-03-02", "due": format!("2026-{}", dues[at]),
                        "matter": format!("事项{}", names[at]) } }),
            );
            case[at] = answer.unwrap().case.unwrap();
        }
        let mut march = March {
            county,
            case,
            _dir: dir,
        };
        march.tell();
        march
    }

    fn tell(&mut self) {
        self.at(date(2026, 3, 2).at(10, 0, 0, 0));
        for name in "ABCDEFGHJ".chars() {
            self.step(name, "clerk", "sign", json!({}));
        }
        self.at(date(2026, 3, 5).at(10, 0, 0, 0));
        self.done('J');
        self.at(date(2026, 3, 6).at(10, 0, 0, 0));
        self.verify('J', true);
        self.at(date(2026, 3, 10).at(10, 0, 0, 0));
        self.done('A');
        self.done('E');
        let void = json!({ "type": "request", "case": self.id('H'), "request": "void", "reason": "duplicate", "note": "与上件重复" });
        self.county.order("supervision.dispatcher", void).unwrap();
        self.decide('H', "supervision.head", 1);
        self.at(date(2026, 3, 11).at(10, 0, 0, 0));
        self.verify('A', true);
        self.at(date(2026, 3, 12).at(10, 0, 0, 0));
        self.verify('E', false);
        let stand = json!({ "type": "request", "case": self.id('D'), "request": "suspension", "reason": "litigation",
            "note": "土地权属诉讼未结", "until": "2026-04-30" });
        self.county.order("water.clerk", stand).unwrap();
        self.decide('D', "county.leader", 1);
        self.at(date(2026, 3, 16).at(10, 0, 0, 0));
        self.done('B');
        let why = json!({ "type": "note", "case": self.id('C'), "note": "管材未到货，预计四月中旬进场" });
        self.county.order("water.clerk", why).unwrap();
        self.at(date(2026, 3, 17).at(10, 0, 0, 0));
        self.verify('B', true);
        self.done('E');
        self.at(date(2026, 3, 18).at(10, 0, 0, 0));
        self.verify('E', true);
        self.at(date(2026, 3, 20).at(10, 0, 0, 0));
        self.look_back('A', true);
        self.look_back('J', false);
        self.at(date(2026, 4, 1).at(9, 0, 0, 0));
    }

    pub(crate) fn id(&self, name: char) -> CaseId {
        self.case["ABCDEFGHJ".find(name).unwrap()]
    }

    pub(crate) fn ids(&self, names: &str) -> Vec<CaseId> {
        names.chars().map(|name| self.id(name)).collect()
    }

    pub(crate) fn at(&self, at: DateTime) {
        self.county.at(at);
        self.county.engine.catch_up().unwrap();
    }

    fn step(&mut self, name: char, post: &str, step: &str, values: serde_json::Value) {
        let case = self.id(name);
        let owner = self
            .county
            .engine
            .views()
            .unwrap()
            .state(case)
            .unwrap()
            .unwrap()
            .owner;
        let token = self
            .county
            .engine
            .upload("现场.txt", "现场记录".as_bytes())
            .unwrap();
        let evidence = if step == "report" { vec![token] } else { Vec::new() };
        let post = if post.contains('.') {
            post.to_owned()
        } else {
            format!("{owner}.{post}")
        };
        let order =
            json!({ "type": "step", "case": case, "step": step, "values": values, "evidence": evidence });
        self.county.order(&post, order).unwrap();
    }

    /// Reported by the clerk, approved by the head, accepted by the leader: now it waits for its verification.
    fn done(&mut self, name: char) {
        self.step(name, "clerk", "report", json!({ "result": "已完成" }));
        self.step(name, "head", "approve", json!({}));
        self.step(name, "county.leader", "accept", json!({ "accepted": true }));
    }

    fn verify(&mut self, name: char, pass: bool) {
        let order = json!({ "type": "verify", "case": self.id(name), "pass": pass, "note": "现场核查" });
        self.county.order("supervision.supervisor", order).unwrap();
    }

    fn look_back(&mut self, name: char, pass: bool) {
        let order = json!({ "type": "look_back", "case": self.id(name), "pass": pass, "note": "回头看" });
        self.county.order("supervision.supervisor", order).unwrap();
    }

    fn decide(&mut self, name: char, post: &str, number: u32) {
        let order = json!({ "type": "decide", "case": self.id(name), "number": number, "grant": true });
        self.county.order(post, order).unwrap();
    }

    pub(crate) fn draft(&self, key: &str, from: Date, to: Date) -> BulletinId {
        bulletin::draft(
            &self.county.engine,
            &actor("supervision.dispatcher"),
            key,
            drafting(from, to),
        )
        .unwrap()
    }

    fn publish(&self, id: &BulletinId) {
        bulletin::sign(
            &self.county.engine,
            &actor("supervision.head"),
            &format!("sign-{id}"),
            id,
        )
        .unwrap();
        bulletin::issue(
            &self.county.engine,
            &actor("supervision.dispatcher"),
            &format!("issue-{id}"),
            id,
        )
        .unwrap();
    }
}

/// A pack of these stories' own, so that they stay as counted when the shipped mechanisms grow.
fn pack() -> BTreeMap<String, String> {
    let instruction = include_str!("bulletin_pack/instruction.toml");
    let pack = include_str!("bulletin_pack/pack.toml");
    [("instruction.toml", instruction), ("pack.toml", pack)]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into()
}

fn scope(from: Date, to: Date) -> Scope {
    Scope {
        from,
        to,
        mechanisms: Vec::new(),
        order: UnitOrder::Overdue,
        sections: Vec::new(),
    }
}

pub(crate) fn drafting(from: Date, to: Date) -> Drafting {
    Drafting {
        scope: scope(from, to),
        signer: Some("supervision.head".into()),
        remarks: Vec::new(),
    }
}

fn march() -> (Date, Date) {
    (date(2026, 3, 1), date(2026, 3, 31))
}

fn refused(failure: Failure) -> String {
    match failure {
        Failure::Refused(refusal) => {
            let text = refusal.text(Lang::Zh);
            assert!(!text.contains('⟦') && !text.contains('{'), "{text}");
            refusal.code
        }
        Failure::Fault(fault) => panic!("{fault}"),
    }
}

#[test]
fn the_figures_are_those_of_a_count_by_hand() {
    let story = March::new();
    let views = story.county.engine.views().unwrap();
    let (from, to) = march();
    let figures = bulletin::compute(
        &views,
        &story.county.engine.mechanisms(),
        &scope(from, to),
        story.county.engine.now(),
    )
    .unwrap();
    let counted = |id: &str| -> Vec<CaseId> { figures.count(id).unwrap().cases.iter().collect() };
    assert_eq!(counted("opened"), story.ids("ABCDEFGHJ"));
    assert_eq!(counted("closed"), story.ids("ABE"), "J proved false");
    assert_eq!(
        counted("should_close"),
        story.ids("ABCDEGJ"),
        "F is due in April, H is void"
    );
    assert_eq!(counted("postponed"), story.ids("D"));
    assert_eq!(counted("base"), story.ids("ABCEGJ"));
    assert_eq!(counted("closed_due"), story.ids("ABE"));
    assert_eq!(
        counted("on_time"),
        story.ids("AE"),
        "B was reported done after its limit"
    );
    assert_eq!(counted("open"), story.ids("CDFGJ"));
    assert_eq!(
        counted("overdue"),
        story.ids("CG"),
        "J was re-opened with a limit in April"
    );
    assert_eq!(
        counted("step_overdue"),
        story.ids("J"),
        "but its redo was due on the 27th"
    );
    assert_eq!(counted("verified"), story.ids("ABEJ"));
    assert_eq!(
        (counted("reworked"), figures.count("reworked").unwrap().times),
        (story.ids("E"), Some(1))
    );
    assert_eq!(counted("looked_back"), story.ids("AJ"));
    assert_eq!(counted("look_back_failed"), story.ids("J"));
    assert_eq!(counted("voided"), story.ids("H"));
    let rate = |id: &str| figures.rate(id).percent.unwrap();
    assert_eq!(rate("closing_rate"), "50.00");
    assert_eq!(rate("on_time_rate"), "33.33");
    assert_eq!(rate("rework_rate"), "25.00");
    assert_eq!(rate("false_closing_rate"), "50.00");
    assert!(
        figures.rate("on_time_rate").small,
        "a base of six is named as small"
    );
    assert!(
        figures.units.iter().all(|line| line.place.is_none()),
        "bases under ten are not ranked"
    );
    let late: Vec<(CaseId, u64, bool)> = figures
        .late
        .iter()
        .map(|item| (item.case, item.days, item.cause.is_some()))
        .collect();
    assert_eq!(
        late,
        [
            (story.id('C'), 19, true),
            (story.id('G'), 16, false),
            (story.id('J'), 5, false)
        ]
    );
    assert_eq!(figures.units[0].unit.as_str(), "water", "most overdue first");
    assert_eq!(
        figures
            .cases("unit/water/overdue")
            .unwrap()
            .iter()
            .collect::<Vec<_>>(),
        story.ids("CG")
    );
    drop(views);
    story.county.verify();
}

#[test]
fn who_gives_no_reason_is_silent_and_what_the_log_knows_stands_beside_it() {
    let mut story = March::new();
    let late_in_april = |story: &March| {
        let engine = &story.county.engine;
        let (views, scope) = (
            engine.views().unwrap(),
            scope(date(2026, 4, 1), date(2026, 4, 30)),
        );
        let figures = bulletin::compute(&views, &engine.mechanisms(), &scope, engine.now()).unwrap();
        let item = figures.late.into_iter().find(|item| item.case == story.id('F'));
        item.unwrap()
    };
    story.at(date(2026, 4, 10).at(10, 0, 0, 0));
    let report = json!({ "type": "note", "case": story.id('F'), "note": "测绘已完成，正在比选方案" });
    story.county.order("statistics.clerk", report).unwrap();
    story.at(date(2026, 4, 25).at(10, 0, 0, 0));
    let item = late_in_april(&story);
    assert!(
        item.given().is_none(),
        "what was reported in time is no reason for being late"
    );
    assert_eq!(item.cause.as_ref().unwrap().origin, bulletin::Origin::Report);
    assert_eq!(item.stage.as_ref().unwrap().as_str(), "handling");
    let id = story.draft("april", date(2026, 4, 1), date(2026, 4, 30));
    let (drafted, content) = bulletin::load(&story.county.engine, &id).unwrap();
    let page = plain(&bulletin::html(&drafted, &content.unwrap(), Lang::Zh));
    assert!(page.contains("未说明原因"), "{page}");
    assert!(page.contains("报告进展：测绘已完成，正在比选方案"), "{page}");
    let reason = json!({ "type": "note", "case": story.id('F'), "note": "方案未获批准" });
    story.county.order("statistics.clerk", reason).unwrap();
    assert!(late_in_april(&story).given().is_some());
    story.county.verify();
}

#[test]
fn recomputed_from_the_log_alone_the_figures_are_the_same() {
    let story = March::new();
    let engine = &story.county.engine;
    let views = engine.views().unwrap();
    for (from, to) in [
        march(),
        (date(2026, 3, 9), date(2026, 3, 15)),
        (date(2026, 4, 1), date(2026, 4, 30)),
    ] {
        let (mechanisms, mut scope) = (engine.mechanisms(), scope(from, to));
        scope.sections = Section::ALL.iter().map(|(_, section)| *section).collect();
        let live = bulletin::compute(&views, &mechanisms, &scope, engine.now()).unwrap();
        assert!(live.burden.is_some());
        let (as_of, size) = (live.as_of, live.log.size);
        let replayed = bulletin::recompute(views.log(), &mechanisms, &scope, as_of, size).unwrap();
        assert_eq!(live, replayed);
    }
    let id = story.draft("d", march().0, march().1);
    // The county goes on; the bulletin still recomputes from the log that it names.
    let mut story = story;
    story.done('F');
    story.publish(&id);
    let recheck = bulletin::verify(&story.county.engine, &id).unwrap();
    assert!(recheck.holds(), "{recheck:#?}");
    assert_eq!(recheck.stored, recheck.recomputed);
}

#[test]
fn a_figure_that_was_forged_is_found_and_named() {
    let story = March::new();
    let engine = &story.county.engine;
    let id = story.draft("true", march().0, march().1);
    // Somebody with the keys stores a nicer bulletin under the same head of the log.
    let mut content: serde_json::Value =
        serde_json::from_slice(&bulletin::file(engine, &id).unwrap()).unwrap();
    content["figures"]["counts"][6]["n"] = json!(3);
    let bytes = serde_json::to_vec(&content).unwrap();
    let file = engine.stage(&bytes).unwrap();
    let mut draft = engine.world().bulletins[&id].draft.clone();
    draft.bulletin = "forged".into();
    draft.content = bihuan_ledger::Digest::of(&bytes).to_string().as_str().into();
    draft.file.blob = file.id().to_string().as_str().into();
    let change = WorldChange {
        event: bihuan_domain::event::WorldEvent::BulletinDrafted(draft),
        texts: Vec::new(),
        files: vec![("bulletin/forged".to_owned(), file)],
    };
    engine
        .change(&actor("supervision.head"), "forge", vec![change])
        .unwrap();
    let recheck = bulletin::verify(engine, &"forged".into()).unwrap();
    assert!(!recheck.holds() && recheck.root_holds && recheck.file_holds);
    let [difference] = recheck.differences.as_slice() else {
        panic!("{:#?}", recheck.differences)
    };
    assert_eq!(
        (
            difference.at.as_str(),
            difference.stored.as_str(),
            difference.recomputed.as_str()
        ),
        ("/counts/6/n", "3", "2")
    );
    assert!(bulletin::verify(engine, &id).unwrap().holds());
}

#[test]
fn nothing_is_issued_unsigned_and_nobody_signs_his_own_draft() {
    let story = March::new();
    let engine = &story.county.engine;
    let (drafter, head) = (actor("supervision.dispatcher"), actor("supervision.head"));
    let by_clerk = bulletin::draft(
        engine,
        &actor("water.clerk"),
        "d0",
        drafting(march().0, march().1),
    );
    assert_eq!(refused(by_clerk.unwrap_err()), "not_the_office");
    let backwards = bulletin::draft(engine, &drafter, "d0", drafting(march().1, march().0));
    assert_eq!(refused(backwards.unwrap_err()), "bad_period");
    let id = story.draft("d1", march().0, march().1);
    assert_eq!(
        refused(bulletin::issue(engine, &drafter, "i1", &id).unwrap_err()),
        "unsigned"
    );
    assert_eq!(
        refused(bulletin::sign(engine, &drafter, "s1", &id).unwrap_err()),
        "not_signer"
    );
    assert_eq!(
        refused(bulletin::sign(engine, &actor("county.leader"), "s1", &id).unwrap_err()),
        "not_signer"
    );
    let mut usurper = actor("water.clerk");
    usurper.post = head.post.clone();
    assert_eq!(
        refused(bulletin::sign(engine, &usurper, "s1", &id).unwrap_err()),
        "not_serving"
    );
    // The head drafts one of his own: then somebody else on the post must sign.
    let own = bulletin::draft(engine, &head, "own", drafting(march().0, march().1)).unwrap();
    assert_eq!(
        refused(bulletin::sign(engine, &head, "s2", &own).unwrap_err()),
        "drafter_signs"
    );
    assert!(bulletin::load(engine, &id).unwrap().0.signed.is_none());
    let signed = bulletin::sign(engine, &head, "s3", &id).unwrap();
    assert_eq!(
        signed.answered,
        story.ids("CG"),
        "the items that waited for this signature are answered by it"
    );
    assert_eq!(
        refused(bulletin::sign(engine, &head, "s4", &id).unwrap_err()),
        "signed_already"
    );
    bulletin::issue(engine, &drafter, "i2", &id).unwrap();
    assert_eq!(
        refused(bulletin::issue(engine, &drafter, "i3", &id).unwrap_err()),
        "issued_already"
    );
    assert_eq!(
        refused(bulletin::issue(engine, &drafter, "i4", &"none".into()).unwrap_err()),
        "no_such_bulletin"
    );
    story.county.verify();
}

#[test]
fn a_double_click_drafts_signs_and_issues_once() {
    let story = March::new();
    let engine = &story.county.engine;
    let first = story.draft("same", march().0, march().1);
    assert_eq!(story.draft("same", march().0, march().1), first);
    assert_eq!(engine.world().bulletins.len(), 1);
    let before = engine.beacon().size;
    for _ in 0..2 {
        bulletin::sign(engine, &actor("supervision.head"), "s", &first).unwrap();
        bulletin::issue(engine, &actor("supervision.dispatcher"), "i", &first).unwrap();
    }
    let after = engine.beacon().size;
    assert_eq!(
        after - before,
        2 + 2,
        "signed, issued, and two answers on ladders"
    );
    let numbers: Vec<String> = (2..4)
        .map(|n| {
            let id = story.draft(&format!("d{n}"), march().0, march().1);
            engine.world().bulletins[&id]
                .draft
                .number
                .as_ref()
                .unwrap()
                .text
                .clone()
        })
        .collect();
    assert_eq!(numbers, ["样督通〔2026〕2号", "样督通〔2026〕3号"]);
}

#[test]
fn a_closing_that_proves_false_is_taken_back_in_the_next_bulletin_and_only_there() {
    let mut story = March::new();
    let first = story.draft("march", march().0, march().1);
    story.publish(&first);
    let issued = bulletin::load(&story.county.engine, &first).unwrap();
    story.at(date(2026, 4, 8).at(10, 0, 0, 0));
    story.look_back('E', false);
    story.at(date(2026, 4, 16).at(9, 0, 0, 0));
    let second = story.draft("april-1", date(2026, 4, 1), date(2026, 4, 15));
    story.publish(&second);
    let (_, content) = bulletin::load(&story.county.engine, &second).unwrap();
    let figures = content.unwrap().figures;
    let [correction] = figures.corrections.as_slice() else {
        panic!("{:#?}", figures.corrections)
    };
    assert_eq!(correction.bulletin, first);
    assert_eq!(
        correction.cases.iter().map(|case| case.case).collect::<Vec<_>>(),
        story.ids("E")
    );
    let counts: Vec<(&str, u64, u64)> = correction
        .counts
        .iter()
        .map(|count| (count.id.as_str(), count.printed, count.now))
        .collect();
    assert_eq!(
        counts,
        [("closed", 3, 2), ("closed_due", 3, 2), ("on_time", 2, 1)]
    );
    let rates: Vec<(&str, Option<&str>, Option<&str>)> = correction
        .rates
        .iter()
        .map(|rate| {
            (
                rate.id.as_str(),
                rate.printed.percent.as_deref(),
                rate.now.percent.as_deref(),
            )
        })
        .collect();
    let expected = [
        ("closing_rate", Some("50.00"), Some("33.33")),
        ("on_time_rate", Some("33.33"), Some("16.67")),
    ];
    assert_eq!(rates, expected);
    let third = story.draft("april-2", date(2026, 4, 16), date(2026, 4, 30));
    let (_, content) = bulletin::load(&story.county.engine, &third).unwrap();
    let figures = content.unwrap().figures;
    assert_eq!(figures.corrections, [], "said once");
    let c = figures
        .late
        .iter()
        .find(|item| item.case == story.id('C'))
        .unwrap();
    assert!(c.repeated, "the same reason as in the bulletin before is marked");
    assert_eq!(
        bulletin::load(&story.county.engine, &first).unwrap(),
        issued,
        "what was issued never changes"
    );
    for id in [first, second, third] {
        let recheck = bulletin::verify(&story.county.engine, &id).unwrap();
        assert!(recheck.holds(), "{id}: {recheck:#?}");
    }
    story.county.verify();
}

#[test]
fn a_period_without_anything_says_so_and_never_prints_a_silent_zero() {
    let story = March::new();
    let id = story.draft("empty", date(2025, 1, 1), date(2025, 1, 31));
    let (stored, content) = bulletin::load(&story.county.engine, &id).unwrap();
    let content = content.unwrap();
    assert_eq!(content.figures.rate("on_time_rate").percent, None);
    let html = bulletin::html(&stored, &content, Lang::Zh);
    assert!(
        html.contains("本期没有时限已到的事项，不计算办结率和按期办结率。"),
        "{html}"
    );
    assert!(!html.contains("0.00%") && !html.contains("NaN"));
}

#[test]
fn the_bulletin_reads_well_in_both_languages() {
    let mut story = March::new();
    let first = story.draft("march", march().0, march().1);
    story.publish(&first);
    story.at(date(2026, 4, 8).at(10, 0, 0, 0));
    story.look_back('E', false);
    story.at(date(2026, 4, 16).at(9, 0, 0, 0));
    let second = story.draft("april", date(2026, 4, 1), date(2026, 4, 15));
    let text = |id: &BulletinId, lang: Lang| {
        let (stored, content) = bulletin::load(&story.county.engine, id).unwrap();
        plain(&bulletin::html(&stored, &content.unwrap(), lang))
    };
    insta::assert_snapshot!("march_zh", text(&first, Lang::Zh));
    insta::assert_snapshot!("march_en", text(&first, Lang::En));
    insta::assert_snapshot!("april_zh", text(&second, Lang::Zh));
    insta::assert_snapshot!("april_en", text(&second, Lang::En));
    let (stored, content) = bulletin::load(&story.county.engine, &first).unwrap();
    let content = content.unwrap();
    for lang in [Lang::Zh, Lang::En] {
        assert!(
            bulletin::docx(&stored, &content, lang, Some("https://x.example"))
                .unwrap()
                .starts_with(b"PK")
        );
        let sheets = bulletin::sheets(&content, lang);
        assert_eq!(sheets.len(), 3);
        assert!(
            bihuan_report::xlsx::render(&sheets, lang)
                .unwrap()
                .starts_with(b"PK")
        );
    }
}

#[test]
fn an_export_shows_what_the_page_shows_to_that_visitor_and_masks_what_is_sensitive() {
    let story = March::new();
    let engine = &story.county.engine;
    let (world, now) = (engine.world(), engine.now());
    let mut asked = export::Asked {
        mechanism: Some("instruction".into()),
        ..export::Asked::default()
    };
    let all = export::ledger(engine, &Sight::All, &asked, Lang::Zh).unwrap();
    assert_eq!(all.rows.len(), 9);
    let heads: Vec<&str> = all.columns.iter().map(|column| column.label.as_str()).collect();
    assert_eq!(heads[..3], ["编号", "标题", "机制"]);
    assert_eq!(heads[13..], ["批示领导", "批示日期", "完成时限"]);
    let csv = String::from_utf8(bihuan_report::csv::render(&all).unwrap()).unwrap();
    assert!(
        csv.contains("交督〔2026〕1号,事项A,领导批示件办理,销号,housing局,"),
        "{csv}"
    );
    let sight = access::sight(&world, &actor("water.clerk").person, now);
    asked.filter.open = Some(true);
    let mine = export::ledger(engine, &sight, &asked, Lang::Zh).unwrap();
    let titles: Vec<String> = mine
        .rows
        .iter()
        .map(|row| row[1].plain(bihuan_report::table::Kind::Text))
        .collect();
    assert_eq!(
        titles,
        ["事项C", "事项G", "事项D"].map(String::from),
        "one's own, late ones first"
    );
    assert_eq!(mine.notes, ["截至2026年4月1日 9:00", "筛选条件：状态：在办"]);
    // The same file with the leader's field declared sensitive: masked, whoever asks.
    let mut files = pack();
    let text = files.get_mut("instruction.toml").unwrap();
    *text = text.replace(
        "datum = \"instructing-leader\"",
        "datum = \"instructing-leader\"\nsensitive = true",
    );
    let pack = Engine::adopt_pack(&PackId::new("intake"), files);
    engine
        .change(&bihuan_domain::org::Actor::system(), "masked", vec![pack])
        .unwrap();
    let masked = export::ledger(engine, &Sight::All, &asked, Lang::Zh).unwrap();
    assert!(masked.rows.iter().all(|row| row[13] == "（保密）".into()));
}

/// The text of a page: no tags, one line per block, the root of the log (which holds random salts) left out.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for (at, piece) in html.split('<').enumerate() {
        let (tag, words) = if at == 0 {
            ("", piece)
        } else {
            piece.split_once('>').unwrap_or(("", piece))
        };
        match tag.split([' ', '/']).next().unwrap_or("") {
            "td" | "th" => text.push('|'),
            "p" | "h1" | "h2" | "h3" | "tr" | "table" | "div" | "li" | "dl" | "dt" => text.push('\n'),
            _ => {}
        }
        text.push_str(words.trim_matches('\n'));
    }
    let text = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    let mut out = String::new();
    let mut hex = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() {
            hex.push(c);
        } else {
            out.push_str(if hex.len() == 64 { "‹root›" } else { &hex });
            hex.clear();
            out.push(c);
        }
    }
    out
}
