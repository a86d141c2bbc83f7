//! A document becomes a breakdown: each case keeps the sentence it came from, and nothing is opened twice.

use bihuan_domain::mechanism::SourceKind;
use bihuan_engine::documents;
use bihuan_engine::{Failure, SourceOrder};
use serde_json::json;

use crate::county::{County, actor};

const REPORT: &str = "2026年样县工作要点\n\n本报讯 今年，全县要完成石桥村等12个村的饮水管网改造，年底前新建公厕30座。\
各单位要提高站位，压实责任。6月底前完成县医院门诊楼搬迁。\n";

#[test]
fn a_report_is_received_once_and_its_sentences_are_proposed() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let by = actor("supervision.dispatcher");
    let id = documents::receive(&county.engine, &by, "工作要点.txt", REPORT.as_bytes()).unwrap();
    assert_eq!(
        documents::receive(&county.engine, &by, "再传一次.txt", REPORT.as_bytes()).unwrap(),
        id
    );
    let views = county.engine.views().unwrap();
    let reading = documents::reading(&county.engine, &views, &id, &Default::default()).unwrap();
    assert_eq!(reading.name.as_deref(), Some("工作要点.txt"));
    let rows = documents::proposals(&county.engine, &views, &reading, &"three-plus-24".into()).unwrap();
    assert!(
        rows.iter()
            .any(|row| row.quote.contains("公厕30座") && row.value.as_deref() == Some("30")),
        "{rows:#?}"
    );
    assert!(
        !rows.iter().any(|row| row.quote.contains("提高站位")),
        "exhortation is no task"
    );
    drop(views);
    county.verify();
}

#[test]
fn who_may_not_administer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let refused = documents::receive(
        &county.engine,
        &actor("housing.clerk"),
        "x.txt",
        REPORT.as_bytes(),
    )
    .unwrap_err();
    assert!(matches!(refused, Failure::Refused(r) if r.code == "dispatcher_only"));
}

#[test]
fn bad_files_are_refused_in_one_clear_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let by = actor("supervision.dispatcher");
    for bytes in [
        &b""[..],
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0",
        &[0u8; 4096],
    ] {
        let refused = documents::receive(&county.engine, &by, "bad", bytes).unwrap_err();
        let text = refused.text(bihuan_messages::Lang::Zh);
        assert!(
            text.starts_with("文件无法读取：") && !text.contains('⟦'),
            "{text}"
        );
    }
}

#[test]
fn the_same_source_is_never_opened_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut county = County::new(&dir.path().join("data"));
    let source = SourceOrder {
        kind: SourceKind::Document,
        document: Some("d-1".into()),
        at: vec![(3, 9)],
        quote: Some("新建公厕30座".into()),
        key: Some("d-1#3-9".into()),
    };
    let order = |source: &SourceOrder| {
        json!({ "type": "open", "mechanism": "three-plus-24", "owner": "housing", "title": "新建公厕30座",
            "values": { "leader": "county.leader" }, "source": source })
    };
    let first = county.order("supervision.dispatcher", order(&source)).unwrap();
    let refused = county
        .order("supervision.dispatcher", order(&source))
        .unwrap_err();
    assert!(matches!(refused, Failure::Refused(r) if r.code == "already_opened"));
    let view = county
        .engine
        .views()
        .unwrap()
        .case(first.case.unwrap())
        .unwrap()
        .unwrap();
    let quote = view.state.source.quote.unwrap();
    assert_eq!(
        county.engine.views().unwrap().unseal(&quote).unwrap().as_deref(),
        Some("新建公厕30座")
    );
    county.verify();
}

#[test]
fn an_owner_is_suggested_by_the_field_of_the_row_with_the_reason_and_only_where_somebody_signs_in() {
    use bihuan_domain::event::WorldEvent;
    use bihuan_domain::org::{Actor, Unit, Validity};
    use bihuan_messages::Label;

    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let unit = |id: &str, name: &str, has_accounts: bool| {
        let unit = Unit {
            id: id.into(),
            kind: "department".into(),
            name: Label::new(name, id),
            parent: Some("county".into()),
            functions: Default::default(),
            valid: Validity::since(jiff::civil::date(2020, 1, 1)),
            successor: None,
            has_accounts,
        };
        WorldEvent::UnitPut(unit).into()
    };
    let units = vec![
        unit("city", "样县城市管理局", true),
        unit("health", "样县卫生健康局", false),
    ];
    county.engine.change(&Actor::system(), "units", units).unwrap();
    let by = actor("supervision.dispatcher");
    let id = documents::receive(&county.engine, &by, "要点.txt", REPORT.as_bytes()).unwrap();
    let views = county.engine.views().unwrap();
    let reading = documents::reading(&county.engine, &views, &id, &Default::default()).unwrap();
    let rows = documents::proposals(&county.engine, &views, &reading, &"three-plus-24".into()).unwrap();
    let row = |words: &str| rows.iter().find(|row| row.quote.contains(words)).unwrap();
    let (owner, why) = row("公厕30座").owner.clone().unwrap();
    assert_eq!(owner.as_str(), "city");
    assert_eq!(
        why.text(bihuan_messages::Lang::Zh),
        "原文未写明单位，“公厕”属样县城市管理局职责"
    );
    assert!(
        row("门诊楼").owner.is_none(),
        "nobody signs in for the health bureau"
    );
}

mod review {
    //! What people change in the rows survives them, and two who change the same see each other.

    use bihuan_domain::id::{DocumentId, MechanismId};
    use bihuan_engine::documents::review::{Change, Set, revise};
    use bihuan_engine::documents::threads::{Stage, threads};
    use bihuan_engine::documents::{self, Accepted, Proposal, Reading, Standing, breakdown};
    use bihuan_messages::Lang;
    use jiff::civil::date;

    use super::*;

    fn open(county: &County, id: &DocumentId) -> (Reading, Vec<Proposal>) {
        let views = county.engine.views().unwrap();
        let reading = documents::reading(&county.engine, &views, id, &Default::default()).unwrap();
        let rows = documents::proposals(&county.engine, &views, &reading, &"three-plus-24".into()).unwrap();
        (reading, rows)
    }

    fn by_words<'a>(rows: &'a [Proposal], words: &str) -> &'a Proposal {
        rows.iter().find(|row| row.quote.contains(words)).unwrap()
    }

    #[test]
    fn rows_are_edited_split_merged_rejected_and_added_and_all_of_it_survives() {
        let dir = tempfile::tempdir().unwrap();
        let county = County::new(&dir.path().join("data"));
        let by = actor("supervision.dispatcher");
        let id = documents::receive(&county.engine, &by, "要点.txt", REPORT.as_bytes()).unwrap();
        let (reading, rows) = open(&county, &id);
        let toilets = by_words(&rows, "公厕30座");
        let clinic = by_words(&rows, "门诊楼");
        let water = by_words(&rows, "饮水管网");
        let changes = vec![
            Change::Edit {
                row: toilets.key.clone(),
                set: Set {
                    title: Some("农村公厕30座".into()),
                    goal: Some("全部建成".into()),
                    owner: Some("housing".into()),
                    supporting: Some(vec!["water".into()]),
                    due: Some("2026-11-30".into()),
                    person: Some("王某".into()),
                    ..Set::default()
                },
            },
            Change::Reject {
                rows: vec![clinic.key.clone()],
                reason: "市里的任务".into(),
            },
            Change::Assign {
                rows: vec![water.key.clone(), toilets.key.clone()],
                owner: "water".into(),
            },
        ];
        assert_eq!(revise(&county.engine, &by, &reading, 0, &changes).unwrap(), 1);
        // The same press of a button twice is done once.
        assert_eq!(revise(&county.engine, &by, &reading, 0, &changes).unwrap(), 1);
        let (reading, rows) = open(&county, &id);
        let row = by_words(&rows, "公厕30座");
        assert_eq!(
            (row.title.as_str(), row.due),
            ("农村公厕30座", Some(date(2026, 11, 30)))
        );
        assert_eq!(row.owner.as_ref().unwrap().0.as_str(), "water");
        assert_eq!(
            by_words(&rows, "门诊楼").standing,
            Standing::Rejected("市里的任务".into())
        );
        // Somebody who saw the rows before may not overwrite them.
        let late = revise(
            &county.engine,
            &actor("supervision.head"),
            &reading,
            0,
            &changes[..1],
        )
        .unwrap_err();
        assert!(matches!(late, Failure::Refused(r) if r.code == "review_conflict"));

        let attitude = reading.opened.text.chars().position(|c| c == '提').unwrap();
        let merged = vec![
            Change::Merge {
                rows: vec![by_words(&rows, "饮水管网").key.clone(), row.key.clone()],
            },
            Change::Add {
                from: attitude,
                to: attitude + 4,
            },
        ];
        revise(&county.engine, &by, &reading, 1, &merged).unwrap();
        let (reading, rows) = open(&county, &id);
        let one = by_words(&rows, "饮水管网");
        assert!(one.quote.contains("公厕30座") && one.value.is_none(), "{one:#?}");
        assert!(rows.iter().any(|row| row.quote == "提高站位"));
        let place = one.at.last().unwrap()[0];
        let split = vec![Change::Split {
            row: one.key.clone(),
            at: vec![one.at[0][0] + 2, place + 3],
        }];
        revise(&county.engine, &by, &reading, 2, &split).unwrap();
        let (reading, rows) = open(&county, &id);
        assert!(rows.len() >= 5, "{rows:#?}");
        let text: Vec<char> = reading.opened.text.chars().collect();
        for row in &rows {
            let words: String = row.at.iter().flat_map(|[a, b]| &text[*a..*b]).collect();
            let dense = |text: &str| {
                text.chars()
                    .filter(|c| !c.is_whitespace() && *c != '；')
                    .collect::<String>()
            };
            assert_eq!(
                dense(&words),
                dense(&row.quote),
                "a row's words are exact runs of the text"
            );
        }
        county.verify();
    }

    #[test]
    fn changes_that_do_not_fit_are_refused_whole() {
        let dir = tempfile::tempdir().unwrap();
        let county = County::new(&dir.path().join("data"));
        let by = actor("supervision.dispatcher");
        let id = documents::receive(&county.engine, &by, "要点.txt", REPORT.as_bytes()).unwrap();
        let (reading, rows) = open(&county, &id);
        let key = rows[0].key.clone();
        let edit = |set: Set| Change::Edit {
            row: key.clone(),
            set,
        };
        for (change, code) in [
            (
                Change::Restore {
                    rows: vec!["7-8".into()],
                },
                "no_such_proposal",
            ),
            (
                Change::Merge {
                    rows: vec![key.clone()],
                },
                "merge_one",
            ),
            (
                Change::Split {
                    row: key.clone(),
                    at: vec![0],
                },
                "split_nowhere",
            ),
            (Change::Add { from: 5, to: 99_999 }, "no_such_place"),
            (
                Change::Reject {
                    rows: vec![key.clone()],
                    reason: " ".into(),
                },
                "review_reason",
            ),
            (
                edit(Set {
                    due: Some("明天".into()),
                    ..Set::default()
                }),
                "review_due",
            ),
            (
                edit(Set {
                    owner: Some("nobody".into()),
                    ..Set::default()
                }),
                "review_unit",
            ),
            (
                edit(Set {
                    title: Some("长".repeat(501)),
                    ..Set::default()
                }),
                "review_text_long",
            ),
        ] {
            let good = edit(Set {
                goal: Some("好".into()),
                ..Set::default()
            });
            let refused = revise(&county.engine, &by, &reading, 0, &[good, change]).unwrap_err();
            let Failure::Refused(refusal) = refused else {
                panic!("{refused}")
            };
            assert_eq!(refusal.code, code);
            assert!(!refusal.text(Lang::Zh).contains('⟦'), "{code}");
        }
        assert_eq!(open(&county, &id).0.revision, 0);
        let stranger = revise(&county.engine, &actor("housing.clerk"), &reading, 0, &[]).unwrap_err();
        assert!(matches!(stranger, Failure::Refused(r) if r.code == "dispatcher_only"));
    }

    #[test]
    fn a_changed_row_is_accepted_with_the_sentence_it_came_from_and_the_breakdown_lists_it() {
        let dir = tempfile::tempdir().unwrap();
        let county = County::new(&dir.path().join("data"));
        let by = actor("supervision.dispatcher");
        let id = documents::receive(&county.engine, &by, "要点.txt", REPORT.as_bytes()).unwrap();
        let (reading, rows) = open(&county, &id);
        let row = by_words(&rows, "公厕30座");
        let ledger = MechanismId::from("key-task");
        let accepted = Accepted {
            row: row.key.clone(),
            title: "新建公厕".into(),
            owner: "housing".into(),
            supporting: vec!["water".into(), "housing".into()],
            due: row.due,
            value: row.value.clone(),
            unit: row.unit.clone(),
        };
        let twice = [
            accepted.clone(),
            Accepted {
                row: "0-1".into(),
                ..accepted
            },
        ];
        let mut answers = documents::accept(&county.engine, &by, &reading, &ledger, &twice).unwrap();
        let unknown = answers.pop().unwrap().unwrap_err();
        assert!(matches!(unknown, Failure::Refused(r) if r.code == "no_such_proposal"));
        if let Ok(answer) = answers.pop().unwrap() {
            let views = county.engine.views().unwrap();
            let case = views.case(answer.case.unwrap()).unwrap().unwrap();
            assert_eq!(case.state.source.document.as_ref(), Some(&id));
            let quote = views.unseal(&case.state.source.quote.unwrap()).unwrap();
            assert!(quote.unwrap().contains("公厕30座"));
        }
        let made = breakdown::of(
            &county.engine.world(),
            &reading,
            &rows,
            date(2026, 3, 2).at(9, 0, 0, 0),
            Lang::Zh,
        );
        assert_eq!(made.title(), "要点任务分解表");
        assert!(made.xlsx().unwrap().starts_with(b"PK"));
        let word = bihuan_reader::formats::open(&made.docx().unwrap()).unwrap();
        assert!(
            word.text
                .contains("序号\t任务\t目标\t牵头单位\t配合单位\t责任人\t时限\t来源"),
            "{}",
            word.text
        );
        assert_eq!(word.tables[0].rows.len(), rows.len(), "what we write, we read");
    }

    const PLAN: &str = "2020年样县工作要点\n\n本报讯 1月6日，全县经济工作会议召开。今年，要完成柳泉河引水工程，6月底前具备通水条件。\
新建农村公厕120座。开工建设东山矿区改造工程。实施滨河公园二期建设。\n";
    const REPORTED: &str = "样县重点工程建设综述\n\n本报讯 2020年9月20日，记者了解到，柳泉河引水工程已建成投入运行，日供水5万吨。\
农村公厕开工86座。东山矿区改造工程暂缓实施。\n";

    #[test]
    fn works_planned_in_january_and_running_in_september_are_one_thread() {
        let dir = tempfile::tempdir().unwrap();
        let county = County::new(&dir.path().join("data"));
        let by = actor("supervision.dispatcher");
        documents::receive(&county.engine, &by, "要点.txt", PLAN.as_bytes()).unwrap();
        let later = documents::receive(&county.engine, &by, "综述.txt", REPORTED.as_bytes()).unwrap();
        let views = county.engine.views().unwrap();
        let found = threads(&county.engine, &views).unwrap();
        let about = |words: &str| {
            let of = |thread: &&documents::threads::Thread| thread.title.contains(words);
            found
                .threads
                .iter()
                .find(of)
                .unwrap_or_else(|| panic!("{words}: {found:#?}"))
        };
        assert_eq!(found.documents[0].name, "要点.txt");
        assert_eq!(about("柳泉河").stage, Stage::Done);
        assert_eq!(about("公厕").stage, Stage::UnderWay);
        assert_eq!(about("东山").stage, Stage::Dropped);
        assert!(
            about("柳泉河").places[1].why[0]
                .text(Lang::Zh)
                .contains("柳泉河引水工程")
        );
        assert!(
            found
                .silent
                .iter()
                .any(|thread| thread.title.contains("滨河公园")),
            "{found:#?}"
        );

        // A person says that one of them is another matter.
        let place = about("公厕").places[1].clone();
        let (document, row) = place.to.unwrap();
        let reading = documents::reading(&county.engine, &views, &later, &Default::default()).unwrap();
        let refused = Change::Link {
            saying: place.key,
            document,
            row,
            same: false,
            stage: None,
        };
        revise(&county.engine, &by, &reading, 0, &[refused]).unwrap();
        let water = about("柳泉河").places[1].clone();
        let (document, row) = water.to.unwrap();
        let confirmed = Change::Link {
            saying: water.key,
            document,
            row,
            same: true,
            stage: Some(Stage::UnderWay),
        };
        let reading = documents::reading(&county.engine, &views, &later, &Default::default()).unwrap();
        revise(&county.engine, &by, &reading, 1, &[confirmed]).unwrap();
        let views = county.engine.views().unwrap();
        let found = threads(&county.engine, &views).unwrap();
        assert!(!found.threads.iter().any(|thread| thread.title.contains("公厕")));
        let water = found
            .threads
            .iter()
            .find(|thread| thread.title.contains("柳泉河"))
            .unwrap();
        assert!(water.places[1].confirmed);
        assert_eq!(
            water.stage,
            Stage::UnderWay,
            "a person knows better than the words"
        );
        county.verify();
    }
}
