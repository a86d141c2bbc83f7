//! The course of an assessment on its pages: what was announced, where each unit's matter stands, what a unit said of an
//! item and may say now, and what an objection moved.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::assessment::{Scheme, Sheet, Span};
use bihuan_domain::id::{CaseId, Code, UnitId};
use bihuan_domain::value::{Type, Value};
use bihuan_engine::access;
use bihuan_engine::assessment::{self, Announced, Course, Run};
use bihuan_engine::views::Views;
use bihuan_engine::{Order, Submission};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::{label, may_see, named, page_of, points, sees_all};
use crate::body::Posted;
use crate::components::summary::Problem;
use crate::form::{OF_ROW, fresh_key};
use crate::layout;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// How the assessment of a period stands.
pub(super) fn of(visitor: &Visitor, views: &Views, scheme: &Scheme, span: &Span) -> Result<Course, Trouble> {
    Ok(Course::of(
        views,
        &visitor.world,
        &visitor.mechanisms,
        scheme,
        span,
    )?)
}

/// Has the scheme of a period computed and announced.
pub(super) async fn compute(
    Path(id): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    let asked = super::Asked {
        period: sent.filled("period").map(str::to_owned),
        content: None,
    };
    let (scheme, period) = named(&visitor, &id, &asked)?;
    let mut registers = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers);
    let register = registers
        .find(|spec| spec.computed.as_ref() == Some(&scheme.id))
        .ok_or_else(Trouble::not_found)?
        .id
        .clone();
    let to = format!(
        "/assessments/{}?period={}#course",
        scheme.id,
        show::percent(&period)
    );
    let order = Order::Compute { register, period };
    let answer = visitor
        .engine
        .submit(&visitor.actor(), Submission::new(sent.get("key"), order))
        .await;
    match answer {
        Ok(_) => Ok(Redirect::to(&to).into_response()),
        Err(failure) => {
            let trouble = Trouble::from(failure);
            let problem = Problem::from_trouble(&trouble, visitor.lang);
            let status = trouble.status;
            let page = visitor
                .work(move |visitor| page_of(visitor, &id, &asked, &[problem]))
                .await?;
            Ok((status, page).into_response())
        }
    }
}

/// The announced result and the matters of the units, as far as the visitor may see them.
pub(super) fn section(
    visitor: &Visitor,
    scheme: &Scheme,
    span: &Span,
    course: &Course,
    run: Option<&Run>,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let Some(register) = &course.register else {
        return Ok(html! {});
    };
    let keeps = access::keeps_register(&visitor.world, &visitor.post, register);
    let mut units: Vec<&UnitId> = course.announced.keys().chain(course.matters.keys()).collect();
    units.sort();
    units.dedup();
    units.retain(|unit| may_see(visitor, unit));
    let ranks = sees_all(visitor);
    let papers = super::papers::links(visitor, scheme, span, course);
    Ok(html! {
        section #course {
            h2 { (t(lang, "assess.c_title")) }
            p { (t(lang, "assess.c_lead")) }
            @if let Some(whole) = &course.whole {
                @let mechanism = visitor.mechanisms.by_digest(&whole.mechanism.digest);
                p { (t(lang, "assess.c_whole")) a href={ "/cases/" (whole.id) } { (show::stage_name(mechanism.as_deref(), &whole.stage, lang)) } }
            }
            @if keeps {
                form method="post" action={ "/assessments/" (scheme.id) "/compute" } {
                    (layout::csrf(visitor))
                    input type="hidden" name="key" value=(fresh_key());
                    input type="hidden" name="period" value=(span.name);
                    div .actions {
                        button type="submit" { (t(lang, if course.announced.is_empty() { "assess.c_compute" } else { "assess.c_again" })) }
                        p .quiet { (t(lang, "assess.c_compute_note")) }
                    }
                }
            }
            @if units.is_empty() { div .empty { p { (t(lang, "assess.c_none")) } } }
            @else { table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "assess.p_unit")) }
                    th scope="col" { (t(lang, "assess.c_stage")) }
                    th .amount scope="col" { (t(lang, "assess.c_announced")) }
                    @if ranks { th scope="col" { (t(lang, "assess.p_grade")) } }
                    th scope="col" { (t(lang, "assess.c_now")) }
                } }
                tbody { @for unit in units { tr {
                    @let one = course.announced.get(unit);
                    td .is-title data-label=(t(lang, "assess.p_unit")) {
                        a href={ "/assessments/" (scheme.id) "/" (unit) "?period=" (span.name) } { (show::unit_name(&visitor.world, unit, lang)) }
                    }
                    td data-label=(t(lang, "assess.c_stage")) { (stage(visitor, course, unit)) }
                    td .amount data-label=(t(lang, "assess.c_announced")) { @match one { Some(one) => (points(visitor, one.total)), None => "–" } }
                    @if ranks { td data-label=(t(lang, "assess.p_grade")) { (grade(visitor, scheme, one)) } }
                    td data-label=(t(lang, "assess.c_now")) { (agrees(visitor, run, unit, one, false)?) }
                } } }
            } }
            (papers)
        }
    })
}

fn grade(visitor: &Visitor, scheme: &Scheme, one: Option<&Announced>) -> Markup {
    let code = one.and_then(|one| one.grade.as_ref());
    let known = code.and_then(|code| scheme.grades.iter().find(|grade| grade.id == *code));
    html! { @match known { Some(grade) => (grade.label.get(visitor.lang)), None => "–" } }
}

/// Where a unit's matter stands, with its clock.
fn stage(visitor: &Visitor, course: &Course, unit: &UnitId) -> Markup {
    let lang = visitor.lang;
    let Some(state) = course.matters.get(unit) else {
        return html! { span .quiet { (t(lang, "assess.c_no_matter")) } };
    };
    let mechanism = visitor.mechanisms.by_digest(&state.mechanism.digest);
    html! {
        a href={ "/cases/" (state.id) } { (show::stage_name(mechanism.as_deref(), &state.stage, lang)) }
        @if let Some(clock) = state.clock("stage").filter(|_| state.is_open()) {
            " " span .quiet { (show::moment(clock.due, lang)) } " " (show::remaining(clock.due, visitor.now, lang))
        }
    }
}

/// Whether what is computed now is what was announced.
fn agrees(
    visitor: &Visitor,
    run: Option<&Run>,
    unit: &UnitId,
    one: Option<&Announced>,
    whole: bool,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let (Some(run), Some(one)) = (run, one) else {
        return Ok(html! { "–" });
    };
    let Ok(sheet) = run.sheet(unit) else {
        return Ok(html! { "–" });
    };
    // The table compares totals, places and grades; a unit's own sheet is compared case by case.
    let same = if whole {
        let now = assessment::sheet_hash(&run.scheme, &run.span, sheet)?;
        one.sheet.as_ref().is_some_and(|hash| hash.as_str() == now)
    } else {
        let standing = run.assessment.standing(unit);
        let place = standing.and_then(|standing| i64::try_from(standing.place?).ok());
        let grade = standing.and_then(|standing| standing.grade.as_ref());
        (sheet.total, place, grade) == (one.total, one.place, one.grade.as_ref())
    };
    Ok(html! {
        @if same { (t(lang, "assess.c_same")) }
        @else { span .late { (tf(lang, "assess.c_changed", &[("total", &total(sheet))])) } }
    })
}

fn total(sheet: &Sheet) -> String {
    sheet
        .total
        .map_or_else(|| "–".to_owned(), |total| total.to_string())
}

/// What stands on a unit's sheet beside its points: the announced result, its matter, its objection and what came of it.
pub(super) fn of_unit(
    visitor: &Visitor,
    run: &Run,
    sheet: &Sheet,
    course: &Course,
    views: &Views,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    if course.register.is_none() {
        return Ok(html! {});
    }
    let one = course.announced.get(&sheet.unit);
    let at = format!("/assessments/{}/{}", run.scheme.id, sheet.unit);
    Ok(html! {
        section #course {
            h2 { (t(lang, "assess.c_unit")) }
            dl .facts .wide-facts {
                dt { (t(lang, "assess.c_stage")) } dd { (stage(visitor, course, &sheet.unit)) }
                @if let Some(one) = one {
                    dt { (t(lang, "assess.c_announced")) } dd { (points(visitor, one.total)) " " (agrees(visitor, Some(run), &sheet.unit, Some(one), true)?) }
                    @if let (Some(hash), Some(entries)) = (&one.sheet, one.entries) {
                        dt { (t(lang, "assess.c_hash")) } dd { code .code { (hash) } " " span .quiet { (tf(lang, "assess.c_entries", &[("size", &show::count(entries))])) } }
                    }
                    @if one.before.is_some() {
                        dt { (t(lang, "assess.c_before")) } dd { a href={ (at) "/before?period=" (run.span.name) } { (t(lang, "assess.c_before_link")) } }
                    }
                }
                (ruling(visitor, course, &sheet.unit, views))
            }
            p .quiet { (t(lang, "assess.c_unit_note")) }
        }
    })
}

/// What the matter says beside its title: the notice, the review, its date.
fn ruling(visitor: &Visitor, course: &Course, unit: &UnitId, views: &Views) -> Markup {
    let (Some(mechanism), Some(state)) = (&course.mechanism, course.matters.get(unit)) else {
        return html! {};
    };
    let show = Show { visitor, views };
    let told = |ty: &Type| matches!(ty, Type::Text | Type::Bool | Type::Date);
    let fields = mechanism
        .fields
        .iter()
        .filter(|field| field.id != mechanism.title && told(&field.ty));
    html! { @for field in fields { @if let Some(value) = state.values.get(&field.id) {
        dt { (field.label.get(visitor.lang)) } dd { (show.value(field, value)) }
    } } }
}

/// What may be said of an item, and by which link.
pub(super) struct Sayings {
    /// Step, slug of its form, label, field for a case where it takes one.
    offered: Vec<(String, String, String, Option<String>)>,
    matter: Option<CaseId>,
}

impl Sayings {
    /// The remarks and objections that this visitor may enter for a unit now.
    pub(super) fn of(visitor: &Visitor, views: &Views, course: &Course, unit: &UnitId) -> Sayings {
        let mut sayings = Sayings {
            offered: Vec::new(),
            matter: None,
        };
        let (Some(mechanism), Some(state)) = (&course.mechanism, course.matters.get(unit)) else {
            return sayings;
        };
        let about = assessment::about_items(mechanism);
        sayings.matter = Some(state.id);
        for offer in crate::pages::case::offers(visitor, views, mechanism, state) {
            let code = offer.act.code();
            let Some((_, register)) = about.iter().find(|(step, _)| code == format!("step:{step}")) else {
                continue;
            };
            let spec = mechanism.registers.get(register);
            let mut fields = spec.iter().flat_map(|spec| &spec.fields);
            let case = fields
                .find(|field| field.ty == Type::Case)
                .map(|field| field.id.to_string());
            let label = offer.act.label(mechanism, state, visitor.lang);
            sayings
                .offered
                .push((code, offer.act.slug(), label.to_string(), case));
        }
        sayings
    }

    /// Links for an item.
    pub(super) fn item(&self, item: &Code) -> Markup {
        html! { @if let Some(matter) = self.matter { @for (code, slug, label, _) in &self.offered {
            a .button href=(to(matter, code, slug, item, None)) { (label) } " "
        } } }
    }

    /// Links for a case behind an item.
    pub(super) fn case(&self, item: &Code, case: CaseId) -> Markup {
        html! { @if let Some(matter) = self.matter { @for (code, slug, label, field) in &self.offered { @if let Some(field) = field {
            "　" a href=(to(matter, code, slug, item, Some((field, case)))) { (label) }
        } } } }
    }
}

fn to(matter: CaseId, code: &str, slug: &str, item: &Code, of: Option<(&String, CaseId)>) -> String {
    let mut to = format!("/cases/{matter}?act={code}&{OF_ROW}.{}={item}", assessment::ITEM);
    if let Some((field, case)) = of {
        to.push_str(&format!("&{OF_ROW}.{field}={case}"));
    }
    format!("{to}#act-{slug}")
}

/// What the unit has said of an item already.
pub(super) fn said(visitor: &Visitor, views: &Views, course: &Course, unit: &UnitId, item: &Code) -> Markup {
    let show = Show { visitor, views };
    let said = course.said(&visitor.world, unit, item);
    html! { @for one in said {
        @if let Some(spec) = visitor.mechanisms.register(&one.register) {
            p .quiet { (spec.label.get(visitor.lang)) (t(visitor.lang, "report.colon")) @for field in &spec.fields {
                @if field.id.as_str() != assessment::ITEM && let Some(value) = one.row.get(&field.id) {
                    @if let Value::Case(case) = value { a href={ "/cases/" (case) } { "#" (case) } } @else { (show.value(field, value)) }
                    " "
                }
            } }
        }
    } }
}

/// The sheet before and after it was computed anew: which points an upheld objection or a corrected input moved.
pub(super) async fn before(
    visitor: Visitor,
    Path((id, unit)): Path<(String, String)>,
    Query(asked): Query<super::Asked>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let unit = UnitId::from(unit);
            if !may_see(visitor, &unit) {
                return Err(Trouble::forbidden());
            }
            let (scheme, name) = named(visitor, &id, &asked)?;
            let span = assessment::period_of(&scheme, Some(&name), visitor.now)?;
            let views = visitor.views()?;
            let course = of(visitor, &views, &scheme, &span)?;
            let one = course.announced.get(&unit).ok_or_else(Trouble::not_found)?;
            let (Some(before), Some(after)) = (one.before, one.entries) else {
                return Err(Trouble::not_found());
            };
            let moves = assessment::compared(&visitor.engine, &scheme, &span, (before, after))?;
            // What others had counts for places and grades: they are for who sees all sheets.
            let hidden = |item: &Code| !sees_all(visitor) && matches!(item.as_str(), "place" | "grade");
            let moves: Vec<_> = moves.iter().filter(|one| one.unit == unit && !hidden(&one.item)).collect();
            let lang = visitor.lang;
            let name = |item: &Code| match item.as_str() {
                "total" => t(lang, "assess.p_total").to_owned(),
                "place" => t(lang, "assess.p_place").to_owned(),
                "grade" => t(lang, "assess.p_grade").to_owned(),
                _ => label(&scheme, item, visitor).to_owned(),
            };
            let shown = |item: &Code, side: &Option<String>| match side {
                Some(grade) if item.as_str() == "grade" => {
                    let known = scheme.grades.iter().find(|known| known.id.as_str() == grade);
                    known.map_or_else(|| grade.clone(), |known| known.label.get(lang).to_owned())
                }
                Some(text) => text.clone(),
                None => "–".to_owned(),
            };
            let title = tf(lang, "assess.c_before_title", &[("unit", &show::unit_name(&visitor.world, &unit, lang))]);
            let back = format!("/assessments/{}/{unit}?period={}", scheme.id, span.name);
            let body = html! {
                (layout::heading(Some(scheme.label.get(lang)), &html! { (title) }, &html! { a href=(back) { (t(lang, "assess.c_sheet")) } }))
                p .lead { (tf(lang, "assess.c_before_lead", &[("before", &show::count(before)), ("after", &show::count(after))])) }
                dl .facts { (ruling(visitor, &course, &unit, &views)) }
                @if moves.is_empty() { div .empty { p { (t(lang, "assess.nothing_moves")) } } }
                @else { table .ledger {
                    thead { tr {
                        th scope="col" { (t(lang, "assess.p_item")) }
                        th .amount scope="col" { (t(lang, "assess.c_was")) }
                        th .amount scope="col" { (t(lang, "assess.c_is")) }
                    } }
                    tbody { @for one in moves { tr {
                        td .is-title data-label=(t(lang, "assess.p_item")) { (name(&one.item)) }
                        td .amount data-label=(t(lang, "assess.c_was")) { (shown(&one.item, &one.before)) }
                        td .amount data-label=(t(lang, "assess.c_is")) { (shown(&one.item, &one.after)) }
                    } } }
                } }
            };
            Ok(layout::page(visitor, &title, layout::Nav::Assessments, &body))
        })
        .await
}
