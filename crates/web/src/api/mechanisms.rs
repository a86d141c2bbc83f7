//! Mechanisms and what is measured of them: the same as their pages show, as data.

use std::collections::BTreeMap;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bihuan_domain::expr::Fault;
use bihuan_domain::id::{Digest, MechanismId};
use bihuan_domain::mechanism::{ClockSpec, Direction, Mechanism, Period, Stage, Way};
use bihuan_engine::indicators::{Course, Measures, Reading, VersionCount, Window, measure};
use bihuan_engine::views::{Counts, Filter};
use bihuan_messages::Label;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Asked;
use crate::Web;
use crate::place::Path;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/api/v1/mechanisms", get(mechanisms))
        .route("/api/v1/mechanisms/{id}", get(mechanism))
        .route("/api/v1/indicators", get(indicators))
}

async fn mechanisms(visitor: Visitor) -> Response {
    let list: Vec<Json> = visitor
        .mechanisms
        .all()
        .map(|m| json!({ "id": m.id, "number": m.number, "label": m.label, "purpose": m.purpose, "pack": m.pack, "digest": m.digest }))
        .collect();
    axum::Json(json!({ "mechanisms": list })).into_response()
}

async fn mechanism(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Trouble> {
    let found = visitor
        .mechanisms
        .current(&MechanismId::from(id))
        .ok_or_else(Trouble::not_found)?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let measures = measure(&views, &visitor.world, &found, visitor.now)?;
            let counts = views.counts(&Filter {
                mechanisms: vec![found.id.clone()],
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            })?;
            let mut whole = rule(&found);
            if let Some(whole) = whole.as_object_mut() {
                whole.insert("as_of".to_owned(), json!(visitor.now));
                whole.insert("counts".to_owned(), json!(counts));
                whole.insert("indicators".to_owned(), json!(measured(&found, &measures)));
                whole.insert("figures".to_owned(), json!(figures(&found, &measures)));
                whole.insert("versions".to_owned(), json!(versions(visitor, &found, &measures)));
                whole.insert("registers".to_owned(), registers(visitor, &found));
            }
            Ok(axum::Json(whole).into_response())
        })
        .await
}

/// The rule itself.
fn rule(found: &Mechanism) -> Json {
    let fields: Vec<Json> = found
        .fields
        .iter()
        .map(|f| json!({ "id": f.id, "label": f.label, "type": f.ty, "unit": f.unit, "help": f.help, "required": f.required, "datum": f.datum }))
        .collect();
    let stages: Vec<Json> = found.stages.iter().map(|stage| of_stage(found, stage)).collect();
    let roles: BTreeMap<_, Json> = found
        .roles
        .iter()
        .map(|(id, role)| (id, json!({ "label": role.label, "post": role.post })))
        .collect();
    let ladders: BTreeMap<_, Json> = found
        .ladders
        .iter()
        .map(|(id, ladder)| {
            let rung = |rung: &bihuan_domain::mechanism::Rung| json!({ "to": rung.to, "label": rung.label, "limit": rung.limit.label(), "bulletin": rung.bulletin });
            (id, json!({ "label": ladder.label, "rungs": ladder.rungs.iter().map(rung).collect::<Vec<_>>() }))
        })
        .collect();
    let requests: BTreeMap<_, Json> = found
        .requests
        .iter()
        .map(|(kind, spec)| {
            (kind.name(), json!({ "by": spec.by, "approver": spec.approver, "limit": spec.limit.label(), "cap": spec.cap }))
        })
        .collect();
    let open = &found.open;
    json!({
        "id": found.id, "number": found.number, "label": found.label, "purpose": found.purpose, "source": found.source,
        "pack": found.pack, "digest": found.digest, "title": found.title, "columns": found.columns, "fields": fields,
        "open": { "from": open.from, "by": open.by, "stage": open.stage, "owners": open.owners,
            "schedule": open.schedule.as_ref().map(|schedule| schedule.cadence.label()),
            "on_row": open.on.as_ref().map(|on| &on.register) },
        "stages": stages, "roles": roles, "ladders": ladders, "requests": requests,
        "clock": found.clock.as_ref().map(|clock| of_clock(found, clock)),
        "closing": { "when": found.closing.when_text, "says": found.closing.says,
            "verify": found.closing.verify.iter().map(|(risk, way)| json!({ "risk": risk, "way": of_way(way) })).collect::<Vec<_>>(),
            "look_back": found.closing.look_back.as_ref().map(|look| json!({
                "share": [look.num, look.den], "after": look.after.label(), "by": look.by, "limit": look.limit.label() })) },
    })
}

fn of_stage(found: &Mechanism, stage: &Stage) -> Json {
    let steps: Vec<Json> = stage
        .steps
        .iter()
        .map(|step| {
            json!({ "id": step.id, "label": step.label, "by": step.by, "needs": step.needs, "takes": step.takes,
                "evidence": step.evidence, "when": step.when_text, "says": step.says, "adds": step.adds, "to": step.to })
        })
        .collect();
    json!({ "id": stage.id, "label": stage.label, "kind": stage.kind, "holder": stage.holder, "steps": steps,
        "clock": stage.clock.as_ref().map(|clock| of_clock(found, clock)),
        "exit": stage.exit.as_ref().map(|exit| &exit.to), "rework": stage.rework })
}

fn of_clock(found: &Mechanism, clock: &ClockSpec) -> Json {
    json!({ "limit": found.limit_label(clock), "ladder": clock.ladder, "warnings": clock.warnings })
}

fn of_way(way: &Way) -> Json {
    match way {
        Way::Drawn { function, post } => json!({ "kind": way.name(), "function": function, "post": post }),
        Way::Office(role) => json!({ "kind": way.name(), "office": role }),
        Way::Requester | Way::Record | Way::Own => json!({ "kind": way.name() }),
    }
}

fn registers(visitor: &Visitor, found: &Mechanism) -> Json {
    let of = |id| json!({ "id": id, "rows": visitor.world.registers.count(id) });
    found.registers.keys().map(of).collect()
}

fn versions(visitor: &Visitor, found: &Mechanism, measures: &Measures) -> Vec<Json> {
    let counts = &measures.versions;
    let of = |digest: &Digest| -> VersionCount { counts.get(digest).copied().unwrap_or_default() };
    let versions = visitor.mechanisms.versions(&found.id);
    versions
        .into_iter()
        .map(|version| {
            let count = of(&version.digest);
            json!({ "digest": version.digest, "in_force": version.digest == found.digest, "open": count.open, "total": count.total })
        })
        .collect()
}

/// The indicators with what they came to: exact decimals as text, or why there is none.
fn measured(found: &Mechanism, measures: &Measures) -> Vec<Json> {
    let both = found.indicators.iter().zip(&measures.indicators);
    both.map(|(indicator, measured)| {
        let mut json = json!({
            "id": indicator.id, "label": indicator.label, "says": indicator.says, "unit": indicator.unit,
            "target": indicator.target.map(|target| target.normalize().to_string()),
            "direction": direction(indicator.direction), "period": period(indicator.period),
        });
        merge(&mut json, measured.reading.as_ref());
        if let (Some(object), Some(course)) = (json.as_object_mut(), &measured.course) {
            object.insert("course".to_owned(), in_time(course));
        }
        json
    })
    .collect()
}

/// This period so far, the one before, the same days a year ago; days gone and in all.
fn in_time(course: &Course) -> Json {
    let window = |window: &Window| {
        let mut json = json!({ "from": window.from, "to": window.to });
        merge(&mut json, window.reading.as_ref());
        json
    };
    let (gone, all) = course.elapsed;
    json!({
        "now": window(&course.now), "before": window(&course.before), "year_ago": window(&course.year_ago),
        "days": { "gone": gone, "all": all }, "done": course.done.map(|done| done.normalize().to_string()),
    })
}

fn figures(found: &Mechanism, measures: &Measures) -> Vec<Json> {
    let both = found.figures.iter().zip(&measures.figures);
    both.map(|(figure, measured)| {
        let mut json = json!({
            "id": figure.id, "label": figure.label, "printed": figure.printed.normalize().to_string(), "unit": figure.unit,
            "qualifier": figure.qualifier, "document": figure.document, "as_of": figure.as_of,
            "anomaly": figure.anomaly, "agrees": measured.agrees,
        });
        merge(&mut json, measured.reading.as_ref());
        json
    })
    .collect()
}

fn merge(json: &mut Json, reading: Option<&Reading>) {
    let Some(object) = json.as_object_mut() else {
        return;
    };
    let number = |value: &Result<rust_decimal::Decimal, Fault>| match value {
        Ok(value) => json!(value.normalize().to_string()),
        Err(_) => Json::Null,
    };
    let Some(reading) = reading else {
        object.insert("value".to_owned(), Json::Null);
        return;
    };
    object.insert("numerator".to_owned(), number(&reading.value));
    object.insert(
        "base".to_owned(),
        reading.base.as_ref().map_or(Json::Null, number),
    );
    object.insert("value".to_owned(), number(&reading.result));
    if let Err(fault) = &reading.result {
        object.insert("fault".to_owned(), json!(fault_code(fault)));
    }
}

fn fault_code(fault: &Fault) -> String {
    match fault {
        Fault::Missing(field) => format!("missing:{field}"),
        Fault::DividedByZero => "divided_by_zero".to_owned(),
        Fault::OutOfRange => "out_of_range".to_owned(),
        Fault::TooCostly => "too_costly".to_owned(),
        Fault::IllTyped => "ill_typed".to_owned(),
    }
}

fn direction(direction: Direction) -> Option<&'static str> {
    match direction {
        Direction::Up => Some("up"),
        Direction::Down => Some("down"),
        Direction::None => None,
    }
}

fn period(period: Period) -> &'static str {
    match period {
        Period::Month => "month",
        Period::Quarter => "quarter",
        Period::HalfYear => "half_year",
        Period::Year => "year",
        Period::Always => "always",
    }
}

#[derive(Deserialize)]
struct IndicatorsAsked {
    mechanism: Option<String>,
}

async fn indicators(visitor: Visitor, Asked(asked): Asked<IndicatorsAsked>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let seen = Filter {
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            };
            let mut counted: BTreeMap<MechanismId, Counts> =
                views.counts_by_mechanism(&seen)?.into_iter().collect();
            let wanted = |id: &MechanismId| {
                let asked = asked.mechanism.as_deref();
                asked.is_none_or(|asked| asked == id.as_str())
            };
            let mut list = Vec::new();
            for mechanism in visitor.mechanisms.all().filter(|mechanism| wanted(&mechanism.id)) {
                let counts = counted.remove(&mechanism.id).unwrap_or_default();
                let indicators = if mechanism.indicators.is_empty() {
                    Vec::new()
                } else {
                    measured(
                        mechanism,
                        &measure(&views, &visitor.world, mechanism, visitor.now)?,
                    )
                };
                let label: &Label = &mechanism.label;
                list.push(json!({
                    "mechanism": mechanism.id, "label": label, "counts": counts,
                    "closed_on_time": { "numerator": counts.on_time, "base": counts.judged },
                    "indicators": indicators,
                }));
            }
            Ok(axum::Json(json!({ "as_of": visitor.now, "indicators": list })).into_response())
        })
        .await
}
