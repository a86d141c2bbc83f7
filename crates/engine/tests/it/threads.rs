//! Undertakings over many documents: read once, held against one another by what they share, and figures that differ.

use bihuan_domain::id::DocumentId;
use bihuan_engine::Engine;
use bihuan_engine::documents::threads::{Stage, Threads, threads};
use bihuan_engine::documents::{self, review};

use crate::county::{County, actor};

fn receive(engine: &Engine, name: &str, text: &str) -> DocumentId {
    documents::receive(engine, &actor("supervision.dispatcher"), name, text.as_bytes()).unwrap()
}

fn found(engine: &Engine) -> Threads {
    threads(engine, &engine.views().unwrap()).unwrap()
}

const PLAN: &str =
    "2026年样县工作要点\n\n1月6日，全县经济工作会议召开。\n今年，改造城镇老旧小区18个，新建农村公厕120座。\n";

#[test]
fn two_hundred_documents_are_followed_and_a_change_of_one_shows_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    let names = [
        "柳泉河引水工程",
        "东山矿区改造工程",
        "滨河公园二期",
        "县医院门诊楼",
        "石桥村供水管网",
    ];
    for n in 0..200 {
        let (year, month, day) = (2017 + n / 24, n % 24 / 2 + 1, n % 2 * 14 + 1);
        let name = names[n % names.len()];
        let text = if n % 2 == 0 {
            format!(
                "{year}年样县第{n}号工作安排\n\n本报讯 {year}年{month}月{day}日，会议召开。要完成第{n}号{name}建设。"
            )
        } else {
            format!(
                "样县第{n}期工作综述\n\n本报讯 {year}年{month}月{day}日，记者了解到，第{}号{name}已建成投入运行。",
                n - 1
            )
        };
        receive(&county.engine, &format!("{n}.txt"), &text);
    }
    let all = found(&county.engine);
    assert_eq!(all.documents.len(), 200);
    let places: usize = all.threads.iter().map(|thread| thread.places.len()).sum();
    assert!(
        all.threads.len() >= 5 && places + all.silent.len() >= 100,
        "{} {places} {}",
        all.threads.len(),
        all.silent.len()
    );
    // What was kept gives the same again, and a document that comes or goes is seen.
    assert_eq!(
        serde_json::to_value(&all).unwrap(),
        serde_json::to_value(found(&county.engine)).unwrap()
    );
    let plan = receive(&county.engine, "要点.txt", PLAN);
    assert_eq!(found(&county.engine).documents.len(), 201);
    let eraser = bihuan_domain::org::Actor::system();
    county
        .engine
        .erase(&eraser, &format!("document/{plan}"), "mistaken")
        .unwrap();
    let rest = found(&county.engine);
    assert_eq!(rest.documents.len(), 200, "what was erased says nothing any more");
    assert!(rest.silent.iter().all(|thread| !thread.title.contains("公厕")));
    county.verify();
}

#[test]
fn numbers_of_one_undertaking_that_differ_between_documents_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let county = County::new(&dir.path().join("data"));
    receive(&county.engine, "要点.txt", PLAN);
    let later = receive(
        &county.engine,
        "城建计划.txt",
        "2026年样县城建计划\n\n2月3日，县住建局召开会议。\n今年，改造城镇老旧小区22个，在乡镇新建农村公厕110座。\n",
    );
    let all = found(&county.engine);
    let [differing] = all.differing.as_slice() else {
        panic!("{all:#?}")
    };
    assert_eq!(differing.statement, "改造城镇老旧小区个：18个≠22个");
    assert_eq!(
        (differing.first.quote.as_str(), &differing.second.document),
        ("改造城镇老旧小区18个", &later)
    );
    // The same promise in other words: linked, and its number stands beside it.
    let toilets = all
        .threads
        .iter()
        .find(|thread| thread.title.contains("公厕"))
        .unwrap();
    assert_eq!(toilets.places[1].stage, Stage::Repeated);
    assert_eq!(toilets.places[1].other_number.as_deref(), Some("120座"));

    // A row that is no task any more differs from nothing.
    let views = county.engine.views().unwrap();
    let reading = documents::reading(&county.engine, &views, &later, &Default::default()).unwrap();
    let refused = review::Change::Reject {
        rows: vec![differing.second.key.clone()],
        reason: "以工作要点为准".into(),
    };
    review::revise(
        &county.engine,
        &actor("supervision.dispatcher"),
        &reading,
        0,
        &[refused],
    )
    .unwrap();
    assert!(found(&county.engine).differing.is_empty());
    county.verify();
}
