//! Importing ledgers: three hundred rows in, the same again, edited, with faults, interrupted, beside work in the system.
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use bihuan_domain::event::WorldEvent;
use bihuan_domain::id::{CaseId, MechanismId, PackId};
use bihuan_domain::org::{Actor, Unit, Validity};
use bihuan_domain::value::Value;
use bihuan_engine::import::{
    self, Did, Options, Outcome, Plan, Prepared, Report, Stop, Target, errors_csv, prepare, remember,
};
use bihuan_engine::views::{Filter, Sort};
use bihuan_engine::{Engine, WorldChange};
use bihuan_messages::{Label, Lang};
use jiff::civil::date;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::json;

use crate::county::{County, actor, pack_files};

const DISPATCHER: &str = "supervision.dispatcher";

/// A county whose annual targets also have an amount, with offices that are known by their abbreviations.
struct Story {
    county: County,
    _dir: tempfile::TempDir,
}

impl Story {
    fn new() -> Story {
        let dir = tempfile::tempdir().unwrap();
        let county = County::new(&dir.path().join("data"));
        let mut files = pack_files("b-plans");
        files.get_mut("dictionary.toml").unwrap().push_str(
            "\n[[datum]]\nid = \"sample-fund\"\nlabel = { zh = \"投资额\", en = \"Investment\" }\ntype = \"money\"\nowner = \"finance\"\nof = \"case\"\nvalid = \"case\"\n",
        );
        let targets = files.get_mut("annual-target.toml").unwrap();
        let field = "[[field]]\nid = \"fund\"\nlabel = { zh = \"投资额\", en = \"Investment\" }\ndatum = \"sample-fund\"\n\n[[field]]\nid = \"milestones\"";
        *targets = targets.replace("[[field]]\nid = \"milestones\"", field);
        let mut changes = vec![Engine::adopt_pack(&PackId::new("b-plans"), files)];
        let offices = [
            ("zjj", "样县住房和城乡建设局"),
            ("jtj", "样县交通运输局"),
            ("nyj", "样县农业农村局"),
            ("lhs", "样县城区信用联社"),
            ("lhd", "样县城东信用联社"),
        ];
        for (id, name) in offices {
            let unit = Unit {
                id: id.into(),
                kind: "department".into(),
                name: Label::new(name, id),
                parent: Some("county".into()),
                functions: Default::default(),
                valid: Validity::since(date(2020, 1, 1)),
                successor: None,
                has_accounts: true,
            };
            changes.push(WorldChange::from(WorldEvent::UnitPut(unit)));
        }
        county
            .engine
            .change(&Actor::system(), "offices", changes)
            .unwrap();
        Story { county, _dir: dir }
    }

    fn prepare(&self, name: &str, file: &[u8]) -> Prepared {
        match prepare(
            &self.county.engine,
            &actor(DISPATCHER),
            &mechanism(),
            name,
            file,
            &Options::default(),
        ) {
            Ok(prepared) => prepared,
            Err(stop) => panic!("{}", stop.text(Lang::Zh)),
        }
    }

    fn apply(&self, plan: &Plan) -> Report {
        import::apply(&self.county.engine, &actor(DISPATCHER), plan, &mut |_| {})
    }

    fn import(&self, file: &[u8]) -> Report {
        let prepared = self.prepare("台账.xlsx", file);
        assert_eq!(prepared.plan.blockers, []);
        self.apply(&prepared.plan)
    }

    fn size(&self) -> u64 {
        self.county.engine.beacon().size
    }

    fn cases(&self) -> u64 {
        self.county
            .engine
            .views()
            .unwrap()
            .cases(&Filter::default(), Sort::Oldest, 0, 1)
            .unwrap()
            .total
    }

    fn value(&self, case: CaseId, field: &str) -> Option<Value> {
        self.county
            .engine
            .views()
            .unwrap()
            .state(case)
            .unwrap()
            .unwrap()
            .values
            .get(field)
            .cloned()
    }
}

fn mechanism() -> MechanismId {
    "annual-target".into()
}

/// One line of the ledger.
#[derive(Clone)]
struct Line {
    number: String,
    task: String,
    owner: String,
    supporting: String,
    amount: String,
    due: String,
}

fn lines(n: usize) -> Vec<Line> {
    let owners = ["县住建局", "交通局", "农业农村局"];
    let tasks = [
        "改造老旧小区",
        "硬化通村道路",
        "新建高标准农田",
        "建设农村公厕",
        "整治河道",
    ];
    (1..=n)
        .map(|n| Line {
            number: n.to_string(),
            task: format!("{}{n}号工程", tasks[n % 5]),
            owner: owners[n % 3].to_owned(),
            supporting: if n % 4 == 0 {
                "交通局、农业农村局".to_owned()
            } else {
                String::new()
            },
            amount: format!("{}.{:02}", n * 10, n % 100),
            due: format!("2026.{}.{}", n % 12 + 1, n % 28 + 1),
        })
        .collect()
}

/// The ledger as a workbook: merged title, unit above the table, amounts as numbers, every third date as a real one, a sum.
fn workbook(lines: &[Line]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet
        .merge_range(0, 0, 0, 6, "样县2026年重点任务台账", &Format::new())
        .unwrap();
    sheet.write(1, 6, "单位：万元").unwrap();
    for (column, head) in [
        "序号",
        "重点任务",
        "责任单位",
        "配合单位",
        "投资额",
        "完成时限",
        "备注",
    ]
    .iter()
    .enumerate()
    {
        sheet.write(2, column as u16, *head).unwrap();
    }
    let format = Format::new().set_num_format("yyyy-mm-dd");
    for (n, line) in lines.iter().enumerate() {
        let row = n as u32 + 3;
        match line.number.parse::<f64>() {
            Ok(number) => sheet.write(row, 0, number).unwrap(),
            Err(_) => sheet.write(row, 0, line.number.as_str()).unwrap(),
        };
        sheet.write(row, 1, line.task.as_str()).unwrap();
        sheet.write(row, 2, line.owner.as_str()).unwrap();
        sheet.write(row, 3, line.supporting.as_str()).unwrap();
        match line.amount.parse::<f64>() {
            Ok(amount) => sheet.write(row, 4, amount).unwrap(),
            Err(_) => sheet.write(row, 4, line.amount.as_str()).unwrap(),
        };
        let parts: Vec<u16> = line.due.split('.').filter_map(|part| part.parse().ok()).collect();
        match (n % 3, parts.as_slice()) {
            (0, [y, m, d]) => {
                let day = ExcelDateTime::from_ymd(*y, *m as u8, *d as u8).unwrap();
                sheet.write_with_format(row, 5, day, &format).unwrap();
            }
            _ => {
                sheet.write(row, 5, line.due.as_str()).unwrap();
            }
        }
    }
    let last = lines.len() as u32 + 3;
    sheet.write(last, 0, "合计").unwrap();
    sheet.write(last, 4, 12345).unwrap();
    book.save_to_buffer().unwrap()
}

fn counts(report: &Report) -> (usize, usize, usize, usize, usize) {
    let s = &report.summary;
    (s.new, s.changed, s.unchanged, s.wrong, s.vanished)
}

fn planned(plan: &Plan) -> (usize, usize, usize, usize, usize) {
    let s = &plan.summary;
    (s.new, s.changed, s.unchanged, s.wrong, s.vanished)
}

#[test]
fn three_hundred_rows_come_in_and_the_same_file_again_changes_nothing() {
    let story = Story::new();
    let file = workbook(&lines(300));
    let prepared = story.prepare("2026年台账.xlsx", &file);
    let targets: Vec<String> = prepared
        .mapping
        .columns
        .iter()
        .map(|column| column.to_string())
        .collect();
    assert_eq!(
        targets,
        ["key", "title", "owner", "supporting", "fund", "due", "-"]
    );
    assert_eq!(prepared.mapping.ledger, "样县2026年重点任务台账");
    assert_eq!(planned(&prepared.plan), (300, 0, 0, 0, 0));
    assert_eq!(prepared.plan.units.len(), 3, "three abbreviations to look over");
    let before = story.size();
    assert_eq!(story.cases(), 0, "a dry run writes nothing");
    assert_eq!(story.size(), before);

    let mut steps = Vec::new();
    let report = import::apply(
        &story.county.engine,
        &actor(DISPATCHER),
        &prepared.plan,
        &mut |p| steps.push(p.done),
    );
    assert_eq!(
        counts(&report),
        (300, 0, 0, 0, 0),
        "{:?}",
        report.errors().first()
    );
    assert_eq!(steps, (1..=300).collect::<Vec<_>>());
    let seventh = report.rows[6].case.unwrap();
    assert_eq!(
        story.value(seventh, "fund"),
        Some(Value::Fen(70_070_000)),
        "70.07万元 to the fen"
    );
    assert_eq!(story.value(seventh, "due"), Some(Value::Date(date(2026, 8, 8))));
    let state = story
        .county
        .engine
        .views()
        .unwrap()
        .state(seventh)
        .unwrap()
        .unwrap();
    assert_eq!(
        (state.owner.as_str(), state.source.key.as_ref().unwrap().as_str()),
        ("jtj", "样县2026年重点任务台账#7")
    );

    let size = story.size();
    let again = story.import(&file);
    assert_eq!(counts(&again), (0, 0, 300, 0, 0));
    assert_eq!(story.size(), size, "not one entry more");
    story.county.verify();
}

#[test]
fn an_edited_ledger_changes_exactly_what_was_edited() {
    let story = Story::new();
    let mut rows = lines(60);
    story.import(&workbook(&rows));
    rows[6].amount = "88.5".to_owned();
    rows[8].due = "2026年11月底".to_owned();
    rows[10].task = "硬化通村道路11号工程（二期）".to_owned();
    rows[12].owner = "农业农村局".to_owned();
    rows[20].amount = String::new();
    rows.remove(29);
    rows.push(Line {
        number: "61".to_owned(),
        task: "修复水毁堤防".to_owned(),
        ..rows[0].clone()
    });
    let prepared = story.prepare("台账.xlsx", &workbook(&rows));
    assert_eq!(planned(&prepared.plan), (1, 4, 55, 0, 1));
    let changed: Vec<String> = prepared
        .plan
        .rows
        .iter()
        .filter_map(|row| match &row.outcome {
            Outcome::Changed { changes } => {
                let change = |c: &import::Change| format!("{}: {} → {}", c.label.zh, c.before, c.after);
                Some(format!(
                    "{} {}",
                    row.row,
                    changes.iter().map(change).collect::<Vec<_>>().join("; ")
                ))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        changed,
        [
            "10 投资额: 700700 → 885000",
            "12 完成时限: 2026-10-10 → 2026-11-30",
            "14 事项名称: 硬化通村道路11号工程 → 硬化通村道路11号工程（二期）",
            "16 责任（牵头）单位: 样县交通运输局 → 样县农业农村局",
        ]
    );
    assert_eq!(
        prepared.plan.vanished[0].title.as_deref(),
        Some("改造老旧小区30号工程")
    );
    let size = story.size();
    let report = story.apply(&prepared.plan);
    assert_eq!(counts(&report), (1, 4, 55, 0, 1));
    assert_eq!(story.size(), size + 5, "one event for each change");
    assert_eq!(story.cases(), 61, "what vanished is still there");
    assert_eq!(counts(&story.import(&workbook(&rows))), (0, 0, 60, 0, 1));
    story.county.verify();
}

#[test]
fn a_row_put_in_at_the_top_does_not_move_the_others_though_all_numbers_shift() {
    let story = Story::new();
    let mut rows = lines(30);
    story.import(&workbook(&rows));
    rows.insert(
        0,
        Line {
            task: "新增督办事项".to_owned(),
            ..rows[5].clone()
        },
    );
    for (n, row) in rows.iter_mut().enumerate() {
        row.number = (n + 1).to_string();
    }
    let report = story.import(&workbook(&rows));
    assert_eq!(counts(&report), (1, 0, 30, 0, 0));
    let top = story
        .county
        .engine
        .views()
        .unwrap()
        .state(report.rows[0].case.unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(top.source.key.unwrap().as_str(), "样县2026年重点任务台账#1~2");
    assert_eq!(counts(&story.import(&workbook(&rows))), (0, 0, 31, 0, 0));
}

#[test]
fn work_done_in_the_system_is_not_undone_by_an_old_sheet() {
    let mut story = Story::new();
    let mut rows = lines(10);
    let report = story.import(&workbook(&rows));
    let case = report.rows[0].case.unwrap();
    let amend =
        json!({ "type": "amend", "case": case, "values": { "fund": "123.45" }, "reason": "correction" });
    story.county.order(DISPATCHER, amend).unwrap();
    let reassign = json!({ "type": "reassign", "case": case, "owner": "zjj", "reason": "职能划转" });
    story.county.order(DISPATCHER, reassign).unwrap();
    let prepared = story.prepare("台账.xlsx", &workbook(&rows));
    assert_eq!(planned(&prepared.plan), (0, 0, 10, 0, 0));
    let notes: Vec<String> = prepared.plan.rows[0]
        .notes
        .iter()
        .map(|note| note.text(Lang::Zh))
        .collect();
    assert!(
        notes.iter().any(|note| note.contains("123.45"))
            && notes.iter().any(|note| note.contains("住房和城乡建设局")),
        "{notes:?}"
    );
    rows[0].amount = "99".to_owned();
    assert_eq!(counts(&story.import(&workbook(&rows))), (0, 1, 9, 0, 0));
    assert_eq!(story.value(case, "fund"), Some(Value::Fen(99_000_000)));
    story.county.verify();
}

#[test]
fn wrong_rows_say_what_is_wrong_and_the_others_come_in() {
    let story = Story::new();
    let mut rows = lines(12);
    rows[0].owner = "住建局、交通局".to_owned();
    rows[1].owner = "信用联社".to_owned();
    rows[2].owner = "住建委".to_owned();
    rows[3].due = "长期坚持".to_owned();
    rows[4].amount = "约500".to_owned();
    rows[5].task = String::new();
    rows[6].owner = "住建局牵头，交通局、农业农村局配合".to_owned();
    rows[7].amount = "0.0000001".to_owned();
    rows[8].due = "3月底".to_owned();
    rows[9] = rows[10].clone();
    let prepared = story.prepare("台账.xlsx", &workbook(&rows));
    assert_eq!(planned(&prepared.plan), (4, 0, 0, 8, 0));
    let said: Vec<String> = prepared
        .plan
        .errors()
        .iter()
        .map(|(row, errors)| {
            format!(
                "{row} {}",
                errors.iter().map(|e| e.text(Lang::Zh)).collect::<String>()
            )
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    let report = story.apply(&prepared.plan);
    assert_eq!(counts(&report), (4, 0, 0, 8, 0));
    let both = story
        .county
        .engine
        .views()
        .unwrap()
        .state(report.rows[6].case.unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(both.supporting.len(), 2);
    assert_eq!(
        story.value(report.rows[8].case.unwrap(), "due"),
        Some(Value::Date(date(2026, 3, 31)))
    );

    // The faulty rows come back as a file; mended, it is the same ledger in the same unit.
    let csv = errors_csv(
        &prepared.table,
        &prepared.mapping.ledger,
        &report.errors(),
        Lang::Zh,
    )
    .unwrap();
    let text = String::from_utf8(csv).unwrap();
    assert_eq!(text.lines().count(), 3 + 8, "{text}");
    let mended = text
        .replace("住建局、交通局", "住建局")
        .replace("信用联社", "城东信用联社")
        .replace("住建委", "住建局")
        .replace("长期坚持", "2026-12-31")
        .replace("约500", "500");
    let second = story.prepare("错误.csv", mended.as_bytes());
    assert_eq!(second.mapping.ledger, prepared.mapping.ledger);
    let report = story.apply(&second.plan);
    // The row that stood there twice is now the one that came in before.
    assert_eq!(counts(&report), (5, 0, 1, 2, 3), "{:?}", report.errors());
    let fifth = report
        .rows
        .iter()
        .find(|row| row.did == Did::Opened && row.title.starts_with("改造老旧小区5号"))
        .unwrap();
    assert_eq!(
        story.value(fifth.case.unwrap(), "fund"),
        Some(Value::Fen(500_000_000))
    );
    story.county.verify();
}

#[test]
fn an_import_that_was_interrupted_or_sent_twice_goes_on_and_doubles_nothing() {
    let story = Story::new();
    let file = workbook(&lines(40));
    let whole = story.prepare("台账.xlsx", &file).plan;
    let mut part = whole.clone();
    part.rows.truncate(15);
    story.apply(&part);
    assert_eq!(story.cases(), 15);
    let size = story.size();
    story.apply(&part);
    assert_eq!(story.size(), size, "sent twice");
    let report = story.import(&file);
    assert_eq!(counts(&report), (25, 0, 15, 0, 0));
    story.apply(&whole);
    // Somebody else with the plan of yesterday.
    let other = import::apply(
        &story.county.engine,
        &actor("supervision.supervisor"),
        &whole,
        &mut |_| {},
    );
    assert_eq!(other.summary.new, 0);
    assert_eq!(story.cases(), 40);
    story.county.verify();
}

#[test]
fn a_mapping_is_remembered_for_sheets_of_the_same_shape() {
    let story = Story::new();
    let file = "事由,经办,到期,数\n修路,住建局,2026-05-01,3\n修桥,交通局,2026-06-01,4\n".as_bytes();
    let options = |map: &[&str]| Options {
        map: map.iter().map(|m| (*m).to_owned()).collect(),
        ..Options::default()
    };
    let first = prepare(
        &story.county.engine,
        &actor(DISPATCHER),
        &mechanism(),
        "a.csv",
        file,
        &options(&[]),
    )
    .unwrap();
    assert!(
        first
            .plan
            .blockers
            .iter()
            .any(|b| b.text(Lang::Zh).contains("责任单位")),
        "{:?}",
        first.mapping
    );
    let map = ["事由=title", "经办=owner", "到期=完成时限", "D=fund@万元"];
    let second = prepare(
        &story.county.engine,
        &actor(DISPATCHER),
        &mechanism(),
        "a.csv",
        file,
        &options(&map),
    )
    .unwrap();
    assert_eq!(planned(&second.plan), (2, 0, 0, 0, 0));
    remember(
        &story.county.engine,
        &actor(DISPATCHER),
        &mechanism(),
        &second.table,
        &second.mapping,
    )
    .unwrap();
    let size = story.size();
    remember(
        &story.county.engine,
        &actor(DISPATCHER),
        &mechanism(),
        &second.table,
        &second.mapping,
    )
    .unwrap();
    assert_eq!(story.size(), size);
    let third = story.prepare(
        "b.csv",
        "事由,经办,到期,数\n建园,住建局,2026-07-01,5\n".as_bytes(),
    );
    assert!(third.mapping.remembered);
    assert_eq!(third.mapping.column(&Target::Owner), Some(1));
    let report = story.apply(&third.plan);
    assert_eq!(
        story.value(report.rows[0].case.unwrap(), "fund"),
        Some(Value::Fen(5_000_000))
    );
    let wrong = prepare(
        &story.county.engine,
        &actor(DISPATCHER),
        &mechanism(),
        "a.csv",
        file,
        &options(&["甲=title"]),
    );
    assert!(
        matches!(wrong, Err(Stop::Told(message)) if message.text(Lang::Zh).contains("事由、经办、到期、数"))
    );
}

#[test]
fn what_stops_the_whole_import_is_said_once() {
    let story = Story::new();
    let engine = &story.county.engine;
    let file = workbook(&lines(3));
    let by_clerk = prepare(
        engine,
        &actor("water.clerk"),
        &mechanism(),
        "a.xlsx",
        &file,
        &Options::default(),
    )
    .unwrap();
    assert_eq!((by_clerk.plan.blockers.len(), by_clerk.plan.rows.len()), (1, 0));
    assert_eq!(
        counts(&import::apply(
            engine,
            &actor("water.clerk"),
            &by_clerk.plan,
            &mut |_| {}
        )),
        (0, 0, 0, 0, 0)
    );
    let pack = Engine::adopt_pack(&PackId::new("intake"), pack_files("intake"));
    engine.change(&Actor::system(), "intake", vec![pack]).unwrap();
    let superior: MechanismId = "superior-assignment".into();
    let lacking = prepare(
        engine,
        &actor(DISPATCHER),
        &superior,
        "a.xlsx",
        &file,
        &Options::default(),
    )
    .unwrap();
    assert_eq!(lacking.plan.blockers.len(), 2, "{:?}", lacking.plan.blockers);
    let map = vec!["=市政府=superior".to_owned(), "=电话交办=来文字号".to_owned()];
    let options = Options {
        map,
        ..Options::default()
    };
    let whole = prepare(engine, &actor(DISPATCHER), &superior, "a.xlsx", &file, &options).unwrap();
    assert_eq!(planned(&whole.plan), (3, 0, 0, 0, 0), "{:?}", whole.plan);
    let none = prepare(
        engine,
        &actor(DISPATCHER),
        &"nowhere".into(),
        "a.xlsx",
        &file,
        &options,
    );
    assert!(matches!(none, Err(Stop::Failed(_))));
}
