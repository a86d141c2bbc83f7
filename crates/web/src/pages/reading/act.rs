//! What a reviewer does: what was typed is saved with whatever button was pressed, then the button's own work is done.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::id::{DocumentId, MechanismId, UnitId};
use bihuan_domain::refusal::Refusal;
use bihuan_engine::Failure;
use bihuan_engine::documents::review::{Change, Set, revise};
use bihuan_engine::documents::{self, Accepted, Proposal, Reading, Standing};
use bihuan_messages::tf;

use super::Asked;
use super::review::{page, rows_now};
use crate::body::{Posted, Sent};
use crate::components::summary::Problem;
use crate::place::Path;
use crate::session::Visitor;
use crate::trouble::Trouble;

/// What came of it.
enum Outcome {
    /// Done; where to look next.
    Done {
        did: &'static str,
        opened: u32,
        row: Option<String>,
    },
    /// Not or not wholly done. What was typed is shown again, for the rows as they were at a revision; `None` where
    /// somebody else has changed them since: then they are shown as they are now.
    Problems(StatusCode, Vec<Problem>, Option<u64>),
}

pub(super) async fn act(
    Path(document): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let document = DocumentId::from(document);
    let ledger = MechanismId::from(sent.get("ledger"));
    let outcome = {
        let (document, ledger, sent) = (document.clone(), ledger.clone(), sent.clone());
        visitor
            .work(move |visitor| carry_out(visitor, &document, &ledger, &sent))
            .await?
    };
    match outcome {
        Outcome::Done { did, opened, row } => {
            let place = row.map(|row| format!("#r{row}")).unwrap_or_default();
            let done = if did == "accept" {
                format!("&done={opened}")
            } else {
                format!("&did={did}")
            };
            Ok(Redirect::to(&format!("/reading/{document}?ledger={ledger}{done}{place}")).into_response())
        }
        Outcome::Problems(status, problems, revision) => {
            let asked = Asked {
                ledger: ledger.to_string(),
                ..Asked::default()
            };
            let again = visitor
                .work(move |visitor| {
                    let typed = revision.map(|revision| (&sent, revision));
                    page(visitor, &document, &asked, typed, &problems)
                })
                .await?;
            Ok((status, again).into_response())
        }
    }
}

fn carry_out(
    visitor: &Visitor,
    document: &DocumentId,
    ledger: &MechanismId,
    sent: &Sent,
) -> Result<Outcome, Trouble> {
    let (reading, now) = rows_now(visitor, document, ledger)?;
    let seen: u64 = sent.get("revision").parse().unwrap_or(reading.revision);
    let then = documents::rows_at(&visitor.engine, &reading, seen);
    let mut problems = Vec::new();
    let mut changes = edits(visitor, ledger, &then, &now, sent, &mut problems);
    let ticked: Vec<String> = sent.all("row").map(str::to_owned).collect();
    let (action, row) = sent.get("do").split_once(':').unwrap_or((sent.get("do"), ""));
    let did = match wanted(visitor, action, row, &ticked, sent, &mut changes) {
        Ok(did) => did,
        Err(problem) => {
            problems.push(problem);
            "save"
        }
    };
    // Two people may work on one document: only where both touched the same row does the second look again.
    let lost: Vec<&str> = changes
        .iter()
        .flat_map(keys)
        .filter(|key| seen != reading.revision && differs(&then, &now, key))
        .collect();
    if !lost.is_empty() {
        let trouble = Trouble::from(Refusal::new("review_conflict"));
        problems.insert(0, Problem::from_trouble(&trouble, visitor.lang));
        for row in then.iter().filter(|row| lost.contains(&row.key.as_str())) {
            let text = tf(visitor.lang, "web.reading_lost", &[("title", &row.title)]);
            problems.push(Problem::at(format!("title-{}", row.key), text));
        }
        return Ok(Outcome::Problems(StatusCode::PRECONDITION_FAILED, problems, None));
    }
    if !problems.is_empty() {
        return Ok(Outcome::Problems(
            StatusCode::UNPROCESSABLE_ENTITY,
            problems,
            Some(seen),
        ));
    }
    let revised = match revise(
        &visitor.engine,
        &visitor.actor(),
        &reading,
        reading.revision,
        &changes,
    ) {
        Ok(revised) => revised,
        Err(failure) => {
            let trouble = Trouble::from(failure);
            let problems = vec![Problem::from_trouble(&trouble, visitor.lang)];
            return Ok(Outcome::Problems(trouble.status, problems, Some(seen)));
        }
    };
    if did != "accept" {
        let row =
            Some(row.to_owned()).filter(|row| !row.is_empty() && matches!(action, "reject" | "restore"));
        return Ok(Outcome::Done { did, opened: 0, row });
    }
    accept(visitor, document, ledger, &ticked, revised)
}

/// What the pressed button asks for, beside saving.
fn wanted(
    visitor: &Visitor,
    action: &str,
    row: &str,
    ticked: &[String],
    sent: &Sent,
    changes: &mut Vec<Change>,
) -> Result<&'static str, Problem> {
    let some = |rows: &[String]| {
        if rows.is_empty() {
            Err(Problem::at("rows", visitor.t("web.reading_nothing_chosen")))
        } else {
            Ok(rows.to_vec())
        }
    };
    let reason = |field: &str| {
        sent.filled(field)
            .map(str::to_owned)
            .ok_or_else(|| Problem::at(field, visitor.t("web.reading_reason_needed")))
    };
    match (action, row) {
        ("accept", _) => some(ticked).map(|_| "accept"),
        ("assign", _) => {
            let Some(owner) = sent.filled("bulk-owner") else {
                return Err(Problem::at(
                    "bulk-owner",
                    visitor.t("web.reading_bulk_owner_needed"),
                ));
            };
            changes.push(Change::Assign {
                rows: some(ticked)?,
                owner: owner.into(),
            });
            Ok("assign")
        }
        ("reject", "") => {
            changes.push(Change::Reject {
                rows: some(ticked)?,
                reason: reason("bulk-reason")?,
            });
            Ok("reject")
        }
        ("reject", row) => {
            let reason = reason(&format!("reason-{row}"))?;
            changes.push(Change::Reject {
                rows: vec![row.to_owned()],
                reason,
            });
            Ok("reject")
        }
        ("restore", row) => {
            changes.push(Change::Restore {
                rows: vec![row.to_owned()],
            });
            Ok("restore")
        }
        ("split", row) => {
            let at: Vec<usize> = sent
                .all(&format!("cut-{row}"))
                .filter_map(|at| at.parse().ok())
                .collect();
            if at.is_empty() {
                return Err(Problem::at(
                    format!("title-{row}"),
                    visitor.t("web.reading_split_needed"),
                ));
            }
            changes.push(Change::Split {
                row: row.to_owned(),
                at,
            });
            Ok("split")
        }
        ("merge", _) => {
            if ticked.len() < 2 {
                return Err(Problem::at("rows", visitor.t("web.reading_merge_two")));
            }
            changes.push(Change::Merge {
                rows: ticked.to_vec(),
            });
            Ok("merge")
        }
        ("add", _) => {
            if let (Ok(from), Ok(to)) = (sent.get("from").parse(), sent.get("to").parse()) {
                changes.push(Change::Add { from, to });
            }
            Ok("add")
        }
        _ => Ok("save"),
    }
}

/// Rows that a change is about.
fn keys(change: &Change) -> Vec<&str> {
    match change {
        Change::Edit { row, .. } | Change::Split { row, .. } => vec![row],
        Change::Assign { rows, .. }
        | Change::Reject { rows, .. }
        | Change::Restore { rows }
        | Change::Merge { rows } => rows.iter().map(String::as_str).collect(),
        Change::Add { .. } | Change::Link { .. } => Vec::new(),
    }
}

/// Whether a row is otherwise now than it was when the page was made.
fn differs(then: &[Proposal], now: &[Proposal], key: &str) -> bool {
    let find = |rows: &[Proposal]| {
        rows.iter()
            .find(|row| row.key == key)
            .map(|row| (face(row), row.standing.clone()))
    };
    find(then) != find(now)
}

type Face = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<UnitId>,
    Vec<UnitId>,
    Option<String>,
);

/// What a person may edit in a row.
fn face(row: &Proposal) -> Face {
    (
        row.title.clone(),
        row.goal.clone(),
        row.value.clone(),
        row.unit.clone(),
        row.due.map(|due| due.to_string()),
        row.owner.as_ref().map(|(unit, _)| unit.clone()),
        row.supporting.clone(),
        row.person.clone(),
    )
}

/// What was typed otherwise than the page had offered it.
fn edits(
    visitor: &Visitor,
    ledger: &MechanismId,
    then: &[Proposal],
    now: &[Proposal],
    sent: &Sent,
    problems: &mut Vec<Problem>,
) -> Vec<Change> {
    let owners = visitor
        .mechanisms
        .current(ledger)
        .map(|mechanism| mechanism.open.owners.clone())
        .unwrap_or_default();
    let offered = |unit: &UnitId| {
        let units = &visitor.world.org.units;
        owners.is_empty() || units.get(unit).is_some_and(|unit| owners.contains(&unit.kind))
    };
    let mut changes = Vec::new();
    for row in then.iter().filter(|row| row.standing == Standing::Open) {
        let key = row.key.as_str();
        if now.iter().any(|now| now.key == key && now.case.is_some()) {
            continue;
        }
        let typed = |name: &str| sent.find(&format!("{name}-{key}")).map(str::trim);
        let changed = |name: &str, had: Option<&str>| {
            typed(name)
                .filter(|typed| *typed != had.unwrap_or_default())
                .map(str::to_owned)
        };
        let had_owner = row
            .owner
            .as_ref()
            .map(|(unit, _)| unit)
            .filter(|unit| offered(unit));
        let due = changed("due", row.due.map(|due| due.to_string()).as_deref());
        if due
            .as_ref()
            .is_some_and(|due| !due.is_empty() && due.parse::<jiff::civil::Date>().is_err())
        {
            let text = tf(visitor.lang, "web.reading_due_wrong", &[("title", &row.title)]);
            problems.push(Problem::at(format!("due-{key}"), text));
            continue;
        }
        let set = Set {
            title: changed("title", Some(&row.title)).filter(|title| !title.is_empty()),
            goal: changed("goal", row.goal.as_deref()),
            value: changed("value", row.value.as_deref()),
            unit: changed("unit", row.unit.as_deref()),
            due,
            owner: changed("owner", had_owner.map(UnitId::as_str)).map(UnitId::from),
            supporting: typed("support").and_then(|typed| supporting(visitor, row, typed, problems)),
            person: changed("person", row.person.as_deref()),
        };
        if !set.is_empty() {
            changes.push(Change::Edit {
                row: key.to_owned(),
                set,
            });
        }
    }
    changes
}

/// The units that were typed by name; `None` where nothing changed or a name is not known.
fn supporting(
    visitor: &Visitor,
    row: &Proposal,
    typed: &str,
    problems: &mut Vec<Problem>,
) -> Option<Vec<UnitId>> {
    let names: Vec<&str> = typed
        .split(['、', ',', '，', ';', '；'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let mut units = Vec::new();
    for name in names {
        if row.supporting_unknown.iter().any(|known| known == name) {
            continue;
        }
        let found = visitor
            .world
            .org
            .units
            .values()
            .find(|unit| unit.name.zh == name || unit.name.en == name || unit.id.as_str() == name);
        match found {
            Some(unit) => units.push(unit.id.clone()),
            None => {
                let text = tf(visitor.lang, "web.reading_unit_unknown", &[("name", &name)]);
                problems.push(Problem::at(format!("support-{}", row.key), text));
                return None;
            }
        }
    }
    (units != row.supporting).then_some(units)
}

/// Accepts the ticked rows as they stand after saving.
fn accept(
    visitor: &Visitor,
    document: &DocumentId,
    ledger: &MechanismId,
    ticked: &[String],
    revised: u64,
) -> Result<Outcome, Trouble> {
    let (reading, rows): (Reading, Vec<Proposal>) = rows_now(visitor, document, ledger)?;
    let mut problems = Vec::new();
    let mut wanted = Vec::new();
    for row in rows
        .iter()
        .filter(|row| ticked.contains(&row.key) && row.case.is_none())
    {
        let Some((owner, _)) = &row.owner else {
            let text = tf(visitor.lang, "web.reading_owner_needed", &[("title", &row.title)]);
            problems.push(Problem::at(format!("owner-{}", row.key), text));
            continue;
        };
        wanted.push(Accepted {
            row: row.key.clone(),
            title: row.title.clone(),
            owner: owner.clone(),
            supporting: row.supporting.clone(),
            due: row.due,
            value: row.value.clone(),
            unit: row.unit.clone(),
        });
    }
    if !problems.is_empty() {
        return Ok(Outcome::Problems(
            StatusCode::UNPROCESSABLE_ENTITY,
            problems,
            Some(revised),
        ));
    }
    let mut opened = 0u32;
    let answers = documents::accept(&visitor.engine, &visitor.actor(), &reading, ledger, &wanted)?;
    for (row, answer) in wanted.iter().zip(answers) {
        match answer {
            Ok(_) => opened = opened.saturating_add(1),
            // Accepted in another tab, or twice by a double click: there is a case, which is what was wanted.
            Err(Failure::Refused(refusal)) if refusal.code == "already_opened" => {}
            Err(failure) => {
                let mut problem = Problem::from_trouble(&Trouble::from(failure), visitor.lang);
                problem.text = format!("{}：{}", row.title, problem.text);
                problem.field = Some(format!("owner-{}", row.row));
                problems.push(problem);
            }
        }
    }
    Ok(if problems.is_empty() {
        Outcome::Done {
            did: "accept",
            opened,
            row: None,
        }
    } else {
        Outcome::Problems(StatusCode::UNPROCESSABLE_ENTITY, problems, Some(revised))
    })
}
