//! The page behind a code (扫码页): a device, a site or a grid with what this person may do there: what waits for him,
//! what he may report or write down, what is open.

use std::collections::BTreeSet;
use std::sync::Arc;

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::{Alone, Context, Opener, decide};
use bihuan_domain::command::{self, Command};
use bihuan_domain::event::{Source, Values};
use bihuan_domain::id::{CaseId, RegisterId, RowId, Sealed, UnitId};
use bihuan_domain::mechanism::{Mechanism, RegisterSpec, SourceKind};
use bihuan_domain::value::{RowRef, Type, Value};
use bihuan_engine::views::{CaseRow, Filter, Sort};
use bihuan_engine::{access, unmask};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::{Asked, case_tile, outbox, value_here};
use crate::form::Place;
use crate::layout;
use crate::pages::case::{self, STILL_MISSING};
use crate::pages::new_case::is_opened_by_people;
use crate::place::Path;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Open cases of an object that are shown.
const CASES_MAX: u64 = 40;

/// Cases for which it is looked up what may be done at once.
const LOOKED_AT: usize = 12;

/// Rows of another register that are shown of those that point here.
const ROWS_MAX: usize = 3;

/// The stable address of a row: what its printed code says.
pub(super) fn address(visitor: &Visitor, register: &RegisterId, row: &RowId) -> String {
    format!(
        "/q/{}/r/{register}/{}",
        visitor.place(),
        show::percent(row.as_str())
    )
}

/// Whoever is signed in elsewhere on this server signs in where the code belongs.
fn at_home(visitor: &Visitor, slug: &str) -> Result<(), Trouble> {
    if slug == visitor.place() {
        return Ok(());
    }
    match visitor.web().jurisdiction(slug) {
        Some(_) => Err(Trouble::sign_in(&visitor.here)),
        None => Err(Trouble::not_found()),
    }
}

pub(super) async fn row(
    visitor: Visitor,
    Path((slug, register, row)): Path<(String, String, String)>,
) -> Result<Markup, Trouble> {
    at_home(&visitor, &slug)?;
    visitor
        .work(move |visitor| {
            let (register, row) = (RegisterId::from(register), RowId::from(row));
            let spec = visitor
                .mechanisms
                .register(&register)
                .ok_or_else(Trouble::not_found)?;
            let place = Place::of(visitor, &register, &row).ok_or_else(Trouble::not_found)?;
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            row_page(&show, spec, &row, &place)
        })
        .await
}

fn row_page(show: &Show<'_>, spec: &RegisterSpec, row: &RowId, place: &Place) -> Result<Markup, Trouble> {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let values = visitor
        .world
        .registers
        .row(&spec.id, row)
        .ok_or_else(Trouble::not_found)?;
    let name = show.row_name(Some(spec), row, values);
    let asked = Asked {
        at: place.tag(),
        owner: String::new(),
    };
    let mut cases = BTreeSet::new();
    for at in place.rows() {
        cases.extend(show.views.cases_at(at)?);
    }
    if let Some(own) = place.own() {
        let filter = Filter {
            owners: vec![own.clone()],
            open: Some(true),
            ..Filter::default()
        };
        cases.extend(
            show.views
                .cases(&filter, Sort::Urgency, 0, CASES_MAX)?
                .rows
                .into_iter()
                .map(|case| case.id),
        );
    }
    let body = html! {
        (layout::heading(Some(spec.label.get(lang)), &show::text(&name), &html! { code { (row) } }))
        (outbox())
        (waiting(show, Filter { among: Some(Arc::new(cases)), ..Filter::default() }, &asked)?)
        (reports(show, Some(place), place.own(), &asked))
        (writes(show, place, &asked))
        section {
            h2 { (t(lang, "phone.facts")) }
            dl .facts {
                @for field in spec.fields.iter().filter(|field| field.id != spec.title) {
                    @if let Some(value) = values.get(&field.id) {
                        dt { (field.label.get(lang)) }
                        dd { @if unmask::is_masked(field) { (t(lang, "phone.masked")) } @else { (value_here(show, field, value)) } }
                    }
                }
            }
        }
        (pointing(show, place))
        p { a href={ "/registers/" (spec.id) "#row-" (row) } { (t(lang, "phone.whole_register")) } }
    };
    Ok(layout::phone(visitor, &name, &body))
}

pub(super) async fn unit(
    visitor: Visitor,
    Path((slug, unit)): Path<(String, String)>,
) -> Result<Markup, Trouble> {
    at_home(&visitor, &slug)?;
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let org = &visitor.world.org;
            let id = UnitId::from(unit);
            let unit = org.units.get(&id).ok_or_else(Trouble::not_found)?;
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let asked = Asked {
                at: String::new(),
                owner: id.to_string(),
            };
            let today = date_of(visitor.now);
            let below = org.units.values().filter(|below| below.parent.as_ref() == Some(&id) && below.valid.covers(today));
            let filter = Filter {
                owners: vec![id.clone()],
                ..Filter::default()
            };
            let body = html! {
                (layout::heading(Some(t(lang, "phone.unit")), &html! { (unit.name.get(lang)) }, &html! {}))
                (outbox())
                (waiting(&show, filter, &asked)?)
                (reports(&show, None, Some(&id), &asked))
                @let below: Vec<_> = below.collect();
                @if !below.is_empty() {
                    section {
                        h2 { (t(lang, "phone.below")) " " span .num .quiet { (below.len()) } }
                        ul .tiles { @for unit in below { li { a .tile href={ "/q/" (visitor.place()) "/u/" (unit.id) } { span .tile-title { (unit.name.get(lang)) } } } } }
                    }
                }
            };
            Ok(layout::phone(visitor, unit.name.get(lang), &body))
        })
        .await
}

/// Open cases here: first those with which this person may do something at once, then the others.
fn waiting(show: &Show<'_>, filter: Filter, asked: &Asked) -> Result<Markup, Trouble> {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let filter = Filter {
        open: Some(true),
        visible_to: visitor.sight.as_ref().clone(),
        ..filter
    };
    let found = show.views.cases(&filter, Sort::Urgency, 0, CASES_MAX)?;
    let tail = asked.tail();
    let mut mine: Vec<(&CaseRow, Vec<(String, String)>)> = Vec::new();
    let mut others = Vec::new();
    for (n, row) in found.rows.iter().enumerate() {
        let acts = if n < LOOKED_AT {
            awaited(show, row.id)?
        } else {
            Vec::new()
        };
        if acts.is_empty() {
            others.push(row);
        } else {
            mine.push((row, acts));
        }
    }
    Ok(html! {
        @if !mine.is_empty() {
            section {
                h2 { (t(lang, "phone.do_here")) }
                @for (row, acts) in &mine {
                    div .here {
                        (case_tile(show, row, &tail))
                        div .big { @for (n, (code, label)) in acts.iter().enumerate() {
                            a .button .primary[n == 0] href={ "/q/cases/" (row.id) "/act/" (code) (tail) } { (label) }
                        } }
                    }
                }
            }
        }
        @if found.total == 0 { p .quiet { (t(lang, "phone.none_here")) } }
        @if !others.is_empty() {
            section {
                h2 { (t(lang, "phone.open_here")) " " span .num .quiet { (others.len()) } }
                ul .tiles { @for row in &others { li { (case_tile(show, row, &tail)) } } }
                @if found.total > CASES_MAX { p .quiet { (tf(lang, "phone.more", &[("n", &(found.total - CASES_MAX))])) } }
            }
        }
    })
}

/// What a case waits for that this person may do: code and words.
fn awaited(show: &Show<'_>, id: CaseId) -> Result<Vec<(String, String)>, Trouble> {
    let visitor = show.visitor;
    let Some(state) = show.views.state(id)? else {
        return Ok(Vec::new());
    };
    let mechanism = case::definition(visitor, &state)?;
    let offers = case::offers(visitor, show.views, &mechanism, &state);
    let awaited = offers.iter().filter(|offer| offer.act.is_awaited());
    Ok(awaited
        .map(|offer| {
            (
                offer.act.code(),
                offer.act.label(&mechanism, &state, visitor.lang),
            )
        })
        .collect())
}

/// What this person may report here.
fn reports(show: &Show<'_>, place: Option<&Place>, owner: Option<&UnitId>, asked: &Asked) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let fitting = visitor.mechanisms.all().filter(|mechanism| {
        is_opened_by_people(mechanism)
            && concerns(mechanism, place, owner, visitor)
            && may_open(visitor, mechanism, place, owner)
    });
    let fitting: Vec<&Arc<Mechanism>> = fitting.collect();
    html! {
        @if !fitting.is_empty() {
            section {
                h2 { (t(lang, "phone.report")) }
                ul .tiles { @for mechanism in fitting {
                    li { a .tile href={ "/q/open/" (mechanism.id) (asked.tail()) } {
                        span .tile-title { (mechanism.label.get(lang)) } span .tile-why { (mechanism.purpose.get(lang)) }
                    } }
                } }
            }
        }
    }
}

/// Whether a mechanism is about such an object: a field points at its register, or its owners are of the unit's kind.
fn concerns(mechanism: &Mechanism, place: Option<&Place>, owner: Option<&UnitId>, visitor: &Visitor) -> bool {
    let points = |place: &Place| {
        let mut types = mechanism.fields.iter().map(|field| &field.ty);
        types.any(|ty| matches!(ty, Type::Row(register) if place.at(register).is_some()))
    };
    let kind = owner
        .and_then(|owner| visitor.world.org.units.get(owner))
        .map(|unit| &unit.kind);
    place.is_some_and(points) || kind.is_some_and(|kind| mechanism.open.owners.contains(kind))
}

/// The unit that would own a case opened here, where only one comes into question.
pub(super) fn owner_here(visitor: &Visitor, mechanism: &Mechanism, place: Option<&Place>) -> Option<UnitId> {
    place
        .and_then(|place| place.unit(visitor, &mechanism.open.owners))
        .cloned()
}

/// From where a case comes that is opened on the spot.
pub(super) fn source_here(mechanism: &Mechanism) -> SourceKind {
    let from = &mechanism.open.from;
    let wanted = [SourceKind::Finding, SourceKind::Person];
    let found = wanted.into_iter().find(|kind| from.contains(kind));
    found
        .or_else(|| from.first().copied())
        .unwrap_or(SourceKind::Person)
}

/// Asks the kernel in a dry run whether this person may open such a case here. What the form has still to ask for is
/// not asked for in it.
fn may_open(visitor: &Visitor, mechanism: &Mechanism, place: Option<&Place>, owner: Option<&UnitId>) -> bool {
    let own = || {
        visitor
            .world
            .org
            .unit_of(&visitor.post)
            .map(|unit| unit.id.clone())
    };
    let owner = owner
        .cloned()
        .or_else(|| owner_here(visitor, mechanism, place))
        .or_else(own);
    let Some(owner) = owner else { return false };
    let mut values = Values::new();
    let mut asking = mechanism.clone();
    for field in &mut asking.fields {
        field.required = false;
        if let (Type::Row(register), Some(place)) = (&field.ty, place)
            && let Some(row) = place.at(register)
        {
            values.insert(field.id.clone(), Value::Row(row.clone()));
        }
    }
    let opener = Opener {
        id: CaseId(0),
        number: None,
    };
    let (actor, recent) = (visitor.actor(), BTreeSet::new());
    let ctx = Context {
        now: visitor.now,
        actor: &actor,
        mechanism: &asking,
        world: &visitor.world,
        recent: &recent,
        opener: Some(&opener),
        family: &Alone,
    };
    let open = command::Open {
        mechanism: asking.id.clone(),
        owner,
        supporting: BTreeSet::new(),
        title: Sealed::new(""),
        risk: None,
        source: Source {
            kind: source_here(mechanism),
            document: None,
            at: Vec::new(),
            quote: None,
            key: None,
        },
        parent: None,
        values,
        stage: None,
        since: None,
        papers: Vec::new(),
    };
    match decide(&ctx, None, &Command::Open(Box::new(open))) {
        Ok(_) => true,
        // Another owner may be chosen in the form.
        Err(refusal) => refusal.code == "owner_kind" || STILL_MISSING.contains(&refusal.code.as_str()),
    }
}

/// Registers that this person keeps and whose rows point at something here: regular reports.
fn writes(show: &Show<'_>, place: &Place, asked: &Asked) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let registers = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers);
    let own = place.rows().first().map(|row| &row.register);
    let fitting: Vec<&RegisterSpec> = registers
        .filter(|spec| own != Some(&spec.id))
        .filter(|spec| {
            let points = |ty: &Type| matches!(ty, Type::Row(register) if place.at(register).is_some());
            spec.fields.iter().any(|field| points(&field.ty))
                && access::writes_register(&visitor.world, &visitor.post, spec)
        })
        .collect();
    html! {
        @if !fitting.is_empty() {
            section {
                h2 { (t(lang, "phone.write") ) }
                ul .tiles { @for spec in fitting {
                    li { a .tile href={ "/q/row/" (spec.id) (asked.tail()) } { span .tile-title { (spec.label.get(lang)) } } }
                } }
            }
        }
    }
}

/// What other registers hold about this object, the newest of each.
fn pointing(show: &Show<'_>, place: &Place) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let Some(here) = place.rows().first() else {
        return html! {};
    };
    let points = |value: &Value| matches!(value, Value::Row(row) if row == here);
    let mut lists: Vec<(&RegisterSpec, usize, Vec<RowRef>)> = Vec::new();
    for spec in visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers) {
        let may = spec
            .fields
            .iter()
            .any(|field| matches!(&field.ty, Type::Row(register) if *register == here.register));
        if !may {
            continue;
        }
        let rows = visitor
            .world
            .registers
            .rows(&spec.id)
            .filter(|(_, row)| row.values().any(points));
        let mut rows: Vec<RowRef> = rows
            .map(|(id, _)| RowRef {
                register: spec.id.clone(),
                row: id.clone(),
            })
            .collect();
        let total = rows.len();
        rows.reverse();
        rows.truncate(ROWS_MAX);
        if total > 0 {
            lists.push((spec, total, rows));
        }
    }
    html! {
        @for (spec, total, rows) in &lists {
            section {
                h2 { (spec.label.get(lang)) " " span .num .quiet { (total) } }
                ul .tiles { @for row in rows { li { a .tile href=(address(visitor, &row.register, &row.row)) { span .tile-title { (show::text(&show.row(row))) } } } } }
            }
        }
    }
}
