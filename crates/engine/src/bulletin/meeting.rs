//! The dispatch meeting (调度会): the matters that people break down by hand, with the tasks that went out of each; what
//! is slow and why; and the minutes (纪要) as a document.

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::State;
use bihuan_domain::clock::date_label;
use bihuan_domain::id::{CaseId, MechanismId, UnitId};
use bihuan_domain::mechanism::{Mechanism, SourceKind};
use bihuan_domain::world::World;
use bihuan_messages::{Lang, t, tf};
use bihuan_report::official::{Align, Block, Document, Level, Span, Table, TableColumn};
use jiff::Timestamp;

use super::asked::{Asked, slow};
use super::settings;
use crate::access::Sight;
use crate::error::{Error, Failure};
use crate::export::unrendered;
use crate::mechanisms::Mechanisms;
use crate::views::{CaseRow, Filter, Sort, Views};

/// Matters listed at most.
const MATTERS_MAX: u64 = 200;

/// A matter that is broken down by hand: an instruction of a conference, a monthly dispatch.
#[derive(Clone, Debug)]
pub struct Matter {
    /// The case as lists show it.
    pub row: CaseRow,
    /// What its tasks are cases of.
    pub tasks_of: MechanismId,
    /// The tasks that went out of it.
    pub tasks: Vec<CaseRow>,
}

/// The open matters that people break down: those without a task before the others, each part oldest first.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn matters(views: &Views, mechanisms: &Mechanisms, sight: &Sight) -> Result<Vec<Matter>, Error> {
    let broken_down: Vec<MechanismId> = mechanisms
        .all()
        .filter(|mechanism| by_hand(mechanisms, mechanism).is_some())
        .map(|mechanism| mechanism.id.clone())
        .collect();
    if broken_down.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter {
        mechanisms: broken_down,
        open: Some(true),
        visible_to: sight.clone(),
        ..Filter::default()
    };
    let rows = views.cases(&filter, Sort::Oldest, 0, MATTERS_MAX)?.rows;
    let found = rows.into_iter().filter_map(|row| {
        let mechanism = mechanisms.current(&row.mechanism)?;
        let tasks_of = by_hand(mechanisms, &mechanism)?;
        Some(matter(views, row, tasks_of))
    });
    let mut found = found.collect::<Result<Vec<_>, Error>>()?;
    found.sort_by_key(|matter| !matter.tasks.is_empty());
    Ok(found)
}

/// One matter; `None` where the case is not broken down by hand or not to be seen.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn one(
    views: &Views,
    mechanisms: &Mechanisms,
    case: CaseId,
    sight: &Sight,
) -> Result<Option<Matter>, Error> {
    let filter = Filter {
        among: Some(std::sync::Arc::new([case].into())),
        visible_to: sight.clone(),
        ..Filter::default()
    };
    let row = views.cases(&filter, Sort::Oldest, 0, 1)?.rows.into_iter().next();
    let found = row.and_then(|row| Some((mechanisms.current(&row.mechanism)?, row)));
    let tasks = found.and_then(|(mechanism, row)| Some((row, by_hand(mechanisms, &mechanism)?)));
    tasks
        .map(|(row, tasks_of)| matter(views, row, tasks_of))
        .transpose()
}

fn matter(views: &Views, row: CaseRow, tasks_of: MechanismId) -> Result<Matter, Error> {
    let filter = Filter {
        parent: Some(row.id),
        ..Filter::default()
    };
    let tasks = views.cases(&filter, Sort::Oldest, 0, MATTERS_MAX)?.rows;
    Ok(Matter { row, tasks_of, tasks })
}

/// What the parts of this mechanism are, where people open them and a meeting may: findings of an inspection are parts, too,
/// but nobody owes any.
fn by_hand(mechanisms: &Mechanisms, mechanism: &Mechanism) -> Option<MechanismId> {
    let children = mechanism
        .children
        .as_ref()
        .filter(|children| children.each.is_none())?;
    let part = mechanisms.current(&children.mechanism)?;
    part.open
        .from
        .contains(&SourceKind::Meeting)
        .then(|| part.id.clone())
}

/// The minutes of the meeting on a matter: what was slow then as it is now, and what was decided, task by task.
///
/// # Errors
///
/// If the read models cannot be read.
pub fn minutes(
    views: &Views,
    world: &World,
    matter: &Matter,
    sight: &Sight,
    now: Timestamp,
    lang: Lang,
) -> Result<Document, Error> {
    let text = |key: &str| t(lang, &format!("report.{key}")).to_owned();
    let frame = settings::frame(world, "".into(), Vec::new(), None);
    let title = matter
        .row
        .title
        .clone()
        .unwrap_or_else(|| text("b_title_withheld"));
    let mut body = vec![Block::paragraph(tf(
        lang,
        "report.m_intro",
        &[("title", &title), ("day", &date_label(date_of(now)).get(lang))],
    ))];
    let (slow, all) = slow(views, sight, now)?;
    body.push(Block::heading(Level::First, text("m_slow")));
    if slow.is_empty() {
        body.push(Block::paragraph(text("m_slow_none")));
    } else {
        let rows = slow.iter().map(|item| slow_row(views, world, item, now, lang));
        body.push(Block::Table(Table {
            columns: columns(
                lang,
                &[("c_matter", 36), ("c_owner", 20), ("c_days", 10), ("c_cause", 34)],
            ),
            rows: rows.collect::<Result<_, _>>()?,
            note: slow_note(all, slow.len(), lang),
            ..Table::default()
        }));
    }
    body.push(Block::heading(Level::First, text("m_decided")));
    if matter.tasks.is_empty() {
        body.push(Block::paragraph(text("m_decided_none")));
    } else {
        let rows = matter.tasks.iter().map(|task| {
            let number = task.number.clone().unwrap_or_else(|| format!("#{}", task.id));
            let due = task
                .due_at
                .map(|due| date_label(date_of(due)).get(lang).to_owned());
            [
                Span::linked(number, format!("/cases/{}", task.id)),
                Span::plain(task.title.clone().unwrap_or_else(|| text("b_title_withheld"))),
                Span::plain(unit(world, &task.owner, lang)),
                Span::plain(due.unwrap_or_else(|| "—".to_owned())),
            ]
            .map(|span| vec![span])
            .to_vec()
        });
        body.push(Block::Table(Table {
            rows: rows.collect(),
            columns: columns(
                lang,
                &[("c_number", 20), ("m_task", 44), ("c_owner", 20), ("c_due", 16)],
            ),
            ..Table::default()
        }));
        body.push(Block::paragraph(tf(
            lang,
            "report.m_coverage",
            &[("n", &matter.tasks.len())],
        )));
    }
    Ok(Document {
        issuer: frame.signature.get(lang).to_owned(),
        title: tf(lang, "report.m_title", &[("title", &title)]),
        body,
        signature: frame.signature.get(lang).to_owned(),
        draft: true,
        ..Document::default()
    })
}

/// The minutes as DOCX.
///
/// # Errors
///
/// [`Failure::Refused`] if the file cannot be written; says why.
pub fn minutes_docx(document: &Document, lang: Lang) -> Result<Vec<u8>, Failure> {
    bihuan_report::docx::render(document, lang).map_err(unrendered)
}

/// That there are more than a table of minutes holds.
fn slow_note(all: u64, told: usize, lang: Lang) -> String {
    let more = all.saturating_sub(u64::try_from(told).unwrap_or(u64::MAX));
    if more == 0 {
        return String::new();
    }
    tf(lang, "report.m_slow_more", &[("all", &all), ("more", &more)])
}

fn slow_row(
    views: &Views,
    world: &World,
    item: &Asked,
    now: Timestamp,
    lang: Lang,
) -> Result<Vec<Vec<Span>>, Error> {
    let state: &State = &item.state;
    let title = views.unseal(&state.title)?;
    let cause = item
        .last
        .as_ref()
        .filter(|_| item.given)
        .map(|(text, _)| text.clone());
    let row = [
        title.unwrap_or_else(|| t(lang, "report.b_title_withheld").to_owned()),
        unit(world, &state.owner, lang),
        item.days(now).to_string(),
        cause.unwrap_or_else(|| t(lang, "report.b_no_cause").to_owned()),
    ];
    Ok(row.map(|text| vec![Span::plain(text)]).to_vec())
}

fn columns(lang: Lang, columns: &[(&str, u32)]) -> Vec<TableColumn> {
    let column = |(key, width): &(&str, u32)| TableColumn {
        width: *width,
        ..TableColumn::new(t(lang, &format!("report.{key}")), Align::Left)
    };
    columns.iter().map(column).collect()
}

fn unit(world: &World, unit: &UnitId, lang: Lang) -> String {
    let known = world.org.units.get(unit);
    known.map_or_else(|| unit.to_string(), |unit| unit.name.get(lang).to_owned())
}
