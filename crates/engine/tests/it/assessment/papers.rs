//! The notice of grades and the commendation decision, as they went out.

use bihuan_domain::id::UnitId;
use bihuan_domain::value::Value;
use bihuan_engine::Engine;
use bihuan_engine::assessment::{self};
use bihuan_messages::Lang;
use jiff::civil::date;
use serde_json::json;

use super::towns::{Towns, code_of, point, row};

#[test]
fn notice_and_decision_print_what_was_computed_and_awarded_and_no_scores() {
    let mut towns = Towns::new();
    let open = json!({ "type": "open", "mechanism": "assessment-year", "owner": "assessing", "title": "2026年度考核（样例）",
        "values": { "year": 2026 }, "source": { "kind": "document" } });
    let year = towns
        .county
        .order("supervision.dispatcher", open)
        .unwrap()
        .case
        .unwrap();
    let compute = json!({ "type": "compute", "register": "assessment_sheets", "period": "2026" });
    towns.county.order("assessing.clerk", compute).unwrap();
    let award = |n: u32, kind: &str, name: &str| {
        let (sealed, draft) = Engine::seal(name).unwrap();
        let values = [
            ("kind", Value::Code(kind.into())),
            ("recipient", Value::Sealed(sealed)),
            ("case", Value::Case(year)),
        ];
        let mut put = row(
            "assessment_awards",
            &format!("case-{:012}-{n:06}", year.0),
            &values,
            &[],
        );
        put.texts.push(("register/assessment_awards".to_owned(), draft));
        put
    };
    towns.change(
        "awards",
        vec![
            award(1, "advanced", "西营镇"),
            award(2, "enterprise", "突出贡献企业01（样例）"),
        ],
    );
    let engine = &towns.county.engine;
    let (world, mechanisms, views) = (engine.world(), engine.mechanisms(), engine.views().unwrap());
    let scheme = assessment::scheme_named(&mechanisms, Some("annual-assessment")).unwrap();
    let span = assessment::period_of(&scheme, Some("2026"), engine.now()).unwrap();
    let mut course = assessment::Course::of(&views, &world, &mechanisms, &scheme, &span).unwrap();
    course.whole = views.state(year).unwrap();
    let said = |course: &assessment::Course, paper| {
        let papers = assessment::Papers {
            views: &views,
            world: &world,
            mechanisms: &mechanisms,
            scheme: &scheme,
            span: &span,
            course,
            today: date(2026, 12, 31),
            lang: Lang::Zh,
        };
        let document = papers.paper(paper).unwrap().unwrap();
        assert!(
            assessment::paper_docx(&document, Lang::Zh)
                .unwrap()
                .starts_with(b"PK")
        );
        let text = serde_json::to_string(&document.body).unwrap();
        (document, text)
    };
    let (notice, text) = said(&course, assessment::Paper::Grades);
    assert!(notice.draft && notice.date.is_none() && notice.number.is_none());
    assert!(
        text.contains("tianning") && text.contains("合格（1个）"),
        "{text}"
    );
    // The award classes in the order of the dictionary; grades are named, scores are not.
    let total = course.announced[&UnitId::new("tianning")]
        .total
        .unwrap()
        .to_string();
    assert!(!text.contains(&total), "{text}");
    assert!(notice.provenance.unwrap().contains("考核得分"));
    let (decision, text) = said(&course, assessment::Paper::Commendation);
    assert!(
        text.contains("先进单位（1个）")
            && text.contains("西营镇。")
            && text.contains("突出贡献企业01（样例）。"),
        "{text}"
    );
    assert!(decision.title.contains("关于表彰2026年度"), "{}", decision.title);
    // Announced: no draft any more, with its day.
    let whole = course.whole.as_mut().unwrap();
    whole
        .values
        .insert("announced_on".into(), Value::Date(date(2027, 7, 30)));
    let (notice, _) = said(&course, assessment::Paper::Grades);
    assert!(!notice.draft && notice.date == Some(date(2027, 7, 30)));
    if let Ok(to) = std::env::var("BIHUAN_LOOK") {
        for (name, paper) in [
            ("grades", assessment::Paper::Grades),
            ("commendation", assessment::Paper::Commendation),
        ] {
            let (document, _) = said(&course, paper);
            std::fs::write(
                format!("{to}/{name}.docx"),
                assessment::paper_docx(&document, Lang::Zh).unwrap(),
            )
            .unwrap();
        }
    }
}

#[test]
fn a_paper_that_went_out_stays_as_it_is_and_is_made_again_from_the_log() {
    let mut towns = Towns::new();
    let open = json!({ "type": "open", "mechanism": "assessment-year", "owner": "assessing", "title": "2026年度考核（样例）",
        "values": { "year": 2026 }, "source": { "kind": "document" } });
    let year = towns
        .county
        .order("supervision.dispatcher", open)
        .unwrap()
        .case
        .unwrap();
    let subject = [
        ("unit", Value::Unit("tianning".into())),
        ("class", Value::Code("township".into())),
        ("year", Value::Int(2026)),
        ("now", Value::Bool(false)),
    ];
    towns.change("subject", vec![row("scored_units", "u-t", &subject, &[])]);
    let open = json!({ "type": "open", "mechanism": "unit-assessment", "owner": "tianning", "title": "天宁镇2026年度考核（样例）",
        "values": { "subject": "u-t", "class": "township" }, "parent": year, "source": { "kind": "document" } });
    towns.county.order("supervision.dispatcher", open).unwrap();
    let compute = json!({ "type": "compute", "register": "assessment_sheets", "period": "2026" });
    towns.county.order("assessing.clerk", compute.clone()).unwrap();

    let paper = assessment::Paper::Grades;
    let issue = |towns: &Towns, login: &str, key: &str| {
        let engine = &towns.county.engine;
        let scheme = assessment::scheme_named(&engine.mechanisms(), Some("annual-assessment")).unwrap();
        let span = assessment::period_of(&scheme, Some("2026"), engine.now()).unwrap();
        assessment::issue(engine, &crate::county::actor(login), key, &scheme, &span, paper)
    };
    let kept = |towns: &Towns, nth: usize| {
        let engine = &towns.county.engine;
        let (event, _, at) = engine.world().papers[nth].clone();
        let issued = assessment::Issued::load(&engine.views().unwrap(), &event)
            .unwrap()
            .unwrap();
        let again = assessment::recheck(engine, &event, bihuan_domain::calendar::date_of(at)).unwrap();
        (event, issued, again)
    };
    // Before the day of announcement nothing goes out, and only who keeps the result sends it.
    assert_eq!(code_of(issue(&towns, "assessing.clerk", "i1")), "not_announced");
    let announced = json!({ "type": "amend", "case": year, "values": { "announced_on": "2026-12-31" }, "reason": "correction" });
    towns.county.order("supervision.dispatcher", announced).unwrap();
    assert_eq!(code_of(issue(&towns, "tianning.clerk", "i2")), "not_keeper");
    issue(&towns, "assessing.clerk", "i3").unwrap();
    issue(&towns, "assessing.clerk", "i3").unwrap();
    assert_eq!(code_of(issue(&towns, "assessing.clerk", "i4")), "paper_same");
    assert_eq!(towns.county.engine.world().papers.len(), 1);
    let (first, issued, again) = kept(&towns, 0);
    assert!(again.holds(), "{again:?}");
    assert!(!issued.document(Lang::Zh).draft && issued.document(Lang::En).date == Some(date(2026, 12, 31)));

    // A result that is corrected changes no paper that went out; it is issued again and both are kept.
    towns.change(
        "corrected",
        vec![point("tianning", "t03", "15"), point("xiying", "t05", "0")],
    );
    towns.county.order("assessing.clerk", compute).unwrap();
    issue(&towns, "assessing.clerk", "i5").unwrap();
    let (second, _, again) = kept(&towns, 1);
    assert!(again.holds() && second.content != first.content, "{again:?}");
    let (_, same, again) = kept(&towns, 0);
    assert!(again.holds() && same == issued);

    // The file in somebody's hand is known again; one that was touched is not.
    let engine = &towns.county.engine;
    let docx = assessment::paper_docx(issued.document(Lang::Zh), Lang::Zh).unwrap();
    assert_eq!(assessment::paper_of_file(engine, &docx).unwrap(), Some(0));
    let mut touched = docx;
    if let Some(byte) = touched.last_mut() {
        *byte ^= 1;
    }
    assert_eq!(assessment::paper_of_file(engine, &touched).unwrap(), None);
    towns.county.verify();
}
