//! Every form of every shipped mechanism: it is there, it asks for what the file says, and empty it is refused in words.

use axum::http::StatusCode;
use bihuan_domain::case::State;
use bihuan_domain::event::Holder;
use bihuan_domain::id::{CaseId, RoleId};
use bihuan_domain::mechanism::{Mechanism, SourceKind, Stage, StageKind, Step};
use rusqlite::Connection;

use crate::browser::{Browser, Page};
use crate::county::County;

/// Sources from which a case comes without anybody's hand.
const BY_ITSELF: [SourceKind; 4] = [
    SourceKind::Schedule,
    SourceKind::Warning,
    SourceKind::Parent,
    SourceKind::Import,
];

#[tokio::test]
async fn an_empty_opening_of_any_mechanism_is_refused_with_what_to_fill_in() {
    let county = County::of_every_pack();
    let mut browser = Browser::signed_in(&county, "office.supervisor").await;
    let mechanisms = county.engine.mechanisms();
    assert!(mechanisms.all().count() > 60, "every pack is there");
    for mechanism in mechanisms.all() {
        let address = format!("/ledgers/{}/new", mechanism.id);
        let page = browser.get(&address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}: {}", page.text);
        assert!(!page.has("⟦"), "{address} lacks a text");
        let ledger = browser.get(&format!("/ledgers/{}", mechanism.id)).await;
        if mechanism.open.from.iter().all(|kind| BY_ITSELF.contains(kind)) {
            assert!(
                page.has("由系统自动立项") && !page.has("name=\"key\""),
                "{address}"
            );
            assert!(!ledger.has(&address), "{address} is not offered");
            continue;
        }
        assert!(ledger.has(&address), "{address} is offered");
        let (csrf, key) = (page.hidden("csrf"), page.hidden("key"));
        let answer = browser.post(&address, &[("csrf", &csrf), ("key", &key)]).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{address}: {}",
            answer.text
        );
        let title = mechanism.field(&mechanism.title).unwrap();
        let asked = format!("请填写“{}”。", title.label.zh);
        assert!(answer.has(&asked), "{address} does not say: {asked}");
        assert!(
            answer.has(&format!("href=\"#new-{}\"", mechanism.title)),
            "{address}: the message leads to the field"
        );
        for field in mechanism.fields.iter().filter(|field| field.required) {
            assert!(
                answer.has(&format!("请填写“{}”。", field.label.zh)),
                "{address} is silent about {}",
                field.id
            );
        }
    }
}

/// A case of one mechanism put into each stage of every mechanism, held by who looks: what he is offered there.
#[tokio::test]
async fn every_step_has_a_form_which_empty_is_refused_with_what_to_fill_in() {
    let county = County::of_every_pack();
    let case = county.matter("厂区道路被占");
    let mut browser = Browser::signed_in(&county, "housing.clerk").await;
    let database = Connection::open(county.database()).unwrap();
    let mut steps = 0;
    for mechanism in county.engine.mechanisms().all() {
        for stage in mechanism.stages.iter().filter(|stage| stage.kind.is_open()) {
            for step in &stage.steps {
                // A join takes its step by itself.
                if stage.kind == StageKind::Wait {
                    continue;
                }
                steps += 1;
                stand(&county, &database, case, mechanism, stage, step);
                let page = browser.get(&format!("/cases/{case}")).await;
                assert_eq!(page.status, StatusCode::OK, "{}: {}", mechanism.id, page.text);
                refused_empty(&mut browser, &page, case, mechanism, step).await;
            }
        }
    }
    assert!(steps > 150, "{steps} steps");
}

async fn refused_empty(browser: &mut Browser, page: &Page, case: CaseId, mechanism: &Mechanism, step: &Step) {
    let what = format!("{}, step {}", mechanism.id, step.id);
    let id = format!("act-step-{}", step.id.as_str().replace('_', "-"));
    assert!(
        page.has(&format!("id=\"{id}\"")),
        "{what} has no form: {}",
        page.text
    );
    let form = page.form(&id);
    for field in step.needs.iter().chain(&step.takes) {
        let name = format!("name=\"f.{field}\"");
        assert!(form.has(&name), "{what} does not ask for {field}");
    }
    let register = step.adds.as_ref().and_then(|id| mechanism.registers.get(id));
    for field in register.iter().flat_map(|register| &register.fields) {
        assert!(
            form.has(&format!("name=\"r.{}\"", field.id)),
            "{what}: row, {}",
            field.id
        );
    }
    let needed = step.needs.iter().filter_map(|id| mechanism.field(id));
    let of_row = register.iter().flat_map(|register| &register.fields);
    let labels: Vec<&str> = needed
        .chain(of_row.filter(|field| field.required))
        .map(|field| field.label.zh.as_str())
        .collect();
    if labels.is_empty() {
        return;
    }
    let mut fields = vec![("act".to_owned(), format!("step:{}", step.id))];
    for name in ["csrf", "key", "seq"] {
        fields.push((name.to_owned(), form.hidden(name)));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let answer = browser.post(&format!("/cases/{case}/act"), &fields).await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{what}: {}",
        answer.text
    );
    for label in labels {
        let asked = format!("请填写“{label}”。");
        assert!(answer.has(&asked), "{what} does not say: {asked}");
    }
}

/// Puts the case before a step, as the read models would have it.
fn stand(
    county: &County,
    database: &Connection,
    case: CaseId,
    mechanism: &Mechanism,
    stage: &Stage,
    step: &Step,
) {
    let mut state: State = county.engine.views().unwrap().state(case).unwrap().unwrap();
    state.mechanism = mechanism.reference();
    state.stage = stage.id.clone();
    state.kind = stage.kind;
    state.values.clear();
    let role: RoleId = step.by.first().or(stage.holder.as_ref()).unwrap().clone();
    state.holder = Holder {
        role,
        unit: "housing".into(),
        post: "housing.clerk".into(),
    };
    let json = serde_json::to_string(&state).unwrap();
    let id = i64::try_from(case.0).unwrap();
    database
        .execute("UPDATE states SET state = ?1 WHERE id = ?2", (json, id))
        .unwrap();
}
