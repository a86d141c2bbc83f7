//! Assessment (考核): the schemes, the result of a period by class, and one unit's sheet with what stands behind each point.
//!
//! The whole table is for those who assess, supervise and lead; a unit sees its own sheet. All is computed when it is
//! looked at: what stands here is provisional until it is announced (`M11`).

mod course;
mod papers;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use bihuan_domain::assessment::{
    AdjustmentLine, Counted, Empty, Item, Line, Named, Outcome, Said, Scheme, Sheet, Standing, Thing,
};
use bihuan_domain::id::{Code, UnitId};
use bihuan_domain::mechanism::Period;
use bihuan_engine::access::Sight;
use bihuan_engine::assessment::{self, Course, Run};
use bihuan_engine::views::Views;
use bihuan_messages::{Label, t, tf};
use jiff::civil::Date;
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::Web;
use crate::components::summary::{Problem, summary};
use crate::layout::{self, Nav};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/assessments", get(index))
        .route("/assessments/{scheme}", get(scheme))
        .route("/assessments/{scheme}/compute", post(course::compute))
        .route(
            "/assessments/{scheme}/papers/{file}",
            get(papers::page).post(papers::issue),
        )
        .route("/assessments/{scheme}/{unit}", get(unit))
        .route("/assessments/{scheme}/{unit}/before", get(course::before))
}

#[derive(Deserialize)]
struct Asked {
    period: Option<String>,
    /// Which issue of a paper, by the hash of its content; the last one where absent.
    content: Option<String>,
}

async fn index(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let title = t(lang, "assess.p_title");
            let body = html! {
                (layout::heading(None, &html! { (title) }, &html! {}))
                p .lead { (t(lang, "assess.p_lead")) }
                ul .index { @for scheme in visitor.mechanisms.schemes() {
                    li { span .code { (scheme.number) } div {
                        a .row-title href={ "/assessments/" (scheme.id) } { (scheme.label.get(lang)) }
                        span .row-note { (scheme.purpose.get(lang)) }
                    } }
                } }
            };
            Ok(layout::page(visitor, title, Nav::Assessments, &body))
        })
        .await
}

async fn scheme(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| page_of(visitor, &id, &asked, &[]))
        .await
}

/// The page of a scheme; `problems` of a form that was refused.
fn page_of(visitor: &Visitor, id: &str, asked: &Asked, problems: &[Problem]) -> Result<Markup, Trouble> {
    let (scheme, name) = named(visitor, id, asked)?;
    let lang = visitor.lang;
    let result = computed(visitor, &scheme, &name, Named::Nobody);
    let (course, announced) = match assessment::period_of(&scheme, Some(&name), visitor.now) {
        Ok(span) => {
            let views = visitor.views()?;
            let course = course::of(visitor, &views, &scheme, &span)?;
            let section = course::section(visitor, &scheme, &span, &course, result.as_ref().ok())?;
            (section, course.announced_on())
        }
        Err(_) => (html! {}, None),
    };
    let body = html! {
        (layout::heading(Some(&over(&scheme)), &html! { (scheme.label.get(lang)) }, &html! {}))
        (summary(lang, problems))
        p .lead { (scheme.purpose.get(lang)) }
        p .quiet { (t(lang, "assess.p_source")) (scheme.source.get(lang)) }
        (period_form(visitor, &scheme, &name))
        @match &result {
            Ok(run) => { (results(visitor, run, announced)) },
            Err(failure) => { p .notice { (failure.rule.text(lang)) } },
        }
        (course)
        section { h2 { (t(lang, "assess.p_items")) } (items(visitor, &scheme)) }
        section { h2 { (t(lang, "assess.p_rules")) } (rules(visitor, &scheme)) }
    };
    Ok(layout::page(
        visitor,
        scheme.label.get(lang),
        Nav::Assessments,
        &body,
    ))
}

async fn unit(
    visitor: Visitor,
    Path((id, unit)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let unit = UnitId::from(unit);
            if !may_see(visitor, &unit) {
                return Err(Trouble::forbidden());
            }
            let (scheme, name) = named(visitor, &id, &asked)?;
            let run = computed(visitor, &scheme, &name, Named::Unit(&unit))?;
            let sheet = run.sheet(&unit).map_err(Trouble::from)?;
            let lang = visitor.lang;
            let unit_name = show::unit_name(&visitor.world, &unit, lang);
            let views = visitor.views()?;
            let at = format!("/assessments/{}?period={}", scheme.id, run.span.name);
            let course = course::of(visitor, &views, &scheme, &run.span)?;
            let told = Beside {
                sayings: course::Sayings::of(visitor, &views, &course, &unit),
                course: &course,
                views: &views,
            };
            let body = html! {
                (layout::heading(Some(scheme.label.get(lang)), &html! { (unit_name) }, &html! { a href=(at) { (t(lang, "assess.p_back")) } }))
                (face(visitor, &run, sheet))
                (course::of_unit(visitor, &run, sheet, &course, &views)?)
                section { h2 { (t(lang, "assess.p_items")) } (lines(visitor, &run, sheet, &told)?) }
                @if !sheet.additions.is_empty() { section { h2 { (t(lang, "assess.p_additions")) } (adjustments(visitor, &run, sheet, &sheet.additions, &told)?) } }
                @if !sheet.deductions.is_empty() { section { h2 { (t(lang, "assess.p_deductions")) } (adjustments(visitor, &run, sheet, &sheet.deductions, &told)?) } }
                @if !sheet.vetoes.is_empty() { section { h2 { (t(lang, "assess.p_vetoes")) }
                    @for veto in &sheet.vetoes { h3 { (label(&run.scheme, &veto.item, visitor)) } (things(visitor, &veto.item, &veto.counted, false, &told)?) (told.of(visitor, sheet, &veto.item)) }
                } }
                section { h2 { (t(lang, "assess.p_again")) }
                    p { (t(lang, "assess.p_again_lead")) }
                    pre { (format!("bihuan report assess --data DIR --scheme {} --period {} --explain {unit} --export {unit}.slice\nbihuan report assess --slice {unit}.slice", scheme.id, run.span.name)) }
                    p .quiet { (tf(lang, "assess.p_head", &[("size", &show::count(run.head.size)), ("root", &run.head.root)])) }
                }
            };
            let title = format!("{unit_name} · {}", scheme.label.get(lang));
            Ok(layout::page(visitor, &title, Nav::Assessments, &body))
        })
        .await
}

/// The scheme of the address, and the name of the period that is asked for or in which we are.
fn named(visitor: &Visitor, id: &str, asked: &Asked) -> Result<(Arc<Scheme>, String), Trouble> {
    let mut schemes = visitor.mechanisms.schemes();
    let scheme = schemes
        .find(|scheme| scheme.id.as_str() == id)
        .ok_or_else(Trouble::not_found)?;
    let name = match asked
        .period
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        Some(name) => name.to_owned(),
        None => assessment::period_of(scheme, None, visitor.now)?.name,
    };
    Ok((scheme.clone(), name))
}

fn computed(visitor: &Visitor, scheme: &Arc<Scheme>, name: &str, named: Named<'_>) -> Result<Run, Trouble> {
    let span = assessment::period_of(scheme, Some(name), visitor.now)?;
    Ok(assessment::live(&visitor.engine, scheme, &span, named)?)
}

/// Who assesses, supervises and leads sees all; everybody else his own units.
fn may_see(visitor: &Visitor, unit: &UnitId) -> bool {
    sees_all(visitor)
        || match visitor.sight.as_ref() {
            Sight::All => true,
            Sight::Units { units, .. } => units.contains(unit),
        }
}

fn sees_all(visitor: &Visitor) -> bool {
    let assesses = visitor.world.org.unit_of(&visitor.post);
    let assesses = assesses.is_some_and(|unit| unit.functions.contains(&Code::new("assessment")));
    assesses || *visitor.sight == Sight::All
}

fn over(scheme: &Scheme) -> String {
    scheme.number.clone()
}

fn period_form(visitor: &Visitor, scheme: &Scheme, name: &str) -> Markup {
    let lang = visitor.lang;
    let form = match scheme.period {
        Period::Year | Period::Always => "2026",
        Period::HalfYear => "2026-H1",
        Period::Quarter => "2026-Q1",
        Period::Month => "2026-01",
    };
    html! {
        form .inline method="get" action={ "/assessments/" (scheme.id) } {
            label { (t(lang, "assess.p_period")) " " input type="text" name="period" value=(name) size="8" placeholder=(form); }
            " " button type="submit" { (t(lang, "assess.p_look")) }
        }
    }
}

/// What a visitor may see of the result; `announced` is the day on which it was, where it was.
fn results(visitor: &Visitor, run: &Run, announced: Option<Date>) -> Markup {
    let lang = visitor.lang;
    let over = run.span.last < bihuan_domain::calendar::date_of(visitor.now);
    html! {
        p .notice { @match announced {
            Some(day) => { (tf(lang, "assess.p_announced", &[("day", &show::date(day, lang))])) },
            None => { (t(lang, if over { "assess.p_provisional" } else { "assess.p_running" })) },
        } }
        @for (class, standings) in &run.assessment.classes {
            @let seen: Vec<&Standing> = standings.iter().filter(|one| may_see(visitor, &one.unit)).collect();
            @if !seen.is_empty() { section {
                h2 { (run.scheme.class(class).map_or(class.as_str(), |class| class.label.get(lang))) }
                (table(visitor, run, &seen))
            } }
        }
        @if sees_all(visitor) { (beside(visitor, run)) }
    }
}

fn table(visitor: &Visitor, run: &Run, standings: &[&Standing]) -> Markup {
    let lang = visitor.lang;
    // Nobody's place is told to others before it is announced; a unit sees its own points.
    let ranks = sees_all(visitor);
    html! {
        table .ledger {
            thead { tr {
                @if ranks { th .amount scope="col" { (t(lang, "assess.p_place")) } }
                th scope="col" { (t(lang, "assess.p_unit")) }
                th .amount scope="col" { (t(lang, "assess.p_total")) }
                @if ranks { th scope="col" { (t(lang, "assess.p_grade")) } }
            } }
            tbody { @for one in standings { tr {
                @if ranks { td .amount data-label=(t(lang, "assess.p_place")) { @match one.place { Some(place) => (place), None => "–" } } }
                td .is-title data-label=(t(lang, "assess.p_unit")) {
                    a href={ "/assessments/" (run.scheme.id) "/" (one.unit) "?period=" (run.span.name) } { (show::unit_name(&visitor.world, &one.unit, lang)) }
                }
                td .amount data-label=(t(lang, "assess.p_total")) { (points(visitor, one.total)) }
                @if ranks { td data-label=(t(lang, "assess.p_grade")) { (grade(&run.scheme, one, visitor)) } }
            } } }
        }
    }
}

/// What stands beside the places: who is not scored and why, items without data, what belongs to nobody.
fn beside(visitor: &Visitor, run: &Run) -> Markup {
    let lang = visitor.lang;
    let refused = run
        .assessment
        .apart
        .iter()
        .filter_map(|apart| run.sheet(&apart.unit).err());
    let refused: Vec<String> = refused.map(|failure| failure.text(lang)).collect();
    let some = !refused.is_empty() || !run.assessment.silent.is_empty() || run.assessment.unattributed > 0;
    html! {
        @if some { section { h2 { (t(lang, "assess.p_beside")) } ul {
            @for text in &refused { li { (text) } }
            @if !run.assessment.silent.is_empty() {
                @let items: Vec<&str> = run.assessment.silent.iter().map(|item| label(&run.scheme, item, visitor)).collect();
                li { (tf(lang, "assess.silent", &[("item", &items.join(t(lang, "web.list_comma")))])) }
            }
            @if run.assessment.unattributed > 0 { li { (tf(lang, "assess.unattributed", &[("n", &run.assessment.unattributed)])) } }
        } } }
    }
}

fn grade(scheme: &Scheme, one: &Standing, visitor: &Visitor) -> Markup {
    let known = one
        .grade
        .as_ref()
        .and_then(|code| scheme.grades.iter().find(|grade| grade.id == *code));
    html! { @match known { Some(grade) => (grade.label.get(visitor.lang)), None => "–" } }
}

fn points(visitor: &Visitor, points: Option<Decimal>) -> Markup {
    html! { @match points { Some(points) => span .num { (points) }, None => span .quiet { (t(visitor.lang, "assess.no_total")) } } }
}

fn label<'a>(scheme: &'a Scheme, code: &'a Code, visitor: &Visitor) -> &'a str {
    let items = scheme.items.iter().map(|one| (&one.id, &one.label));
    let adjusted = scheme.additions.iter().chain(&scheme.deductions);
    let adjusted = adjusted.map(|one| (&one.id, &one.label));
    let vetoes = scheme.vetoes.iter().map(|one| (&one.id, &one.label));
    let mut all = items.chain(adjusted).chain(vetoes);
    let known: Option<&Label> = all.find(|(id, _)| *id == code).map(|(_, label)| label);
    known.map_or(code.as_str(), |label| label.get(visitor.lang))
}

/// What the scheme asks, with its weights by class and its expressions as the file writes them.
fn items(visitor: &Visitor, scheme: &Scheme) -> Markup {
    let lang = visitor.lang;
    html! {
        div .scroll tabindex="0" role="region" aria-label=(t(lang, "assess.p_items")) { table .ledger {
            thead { tr {
                th scope="col" { (t(lang, "assess.p_item")) }
                @for class in &scheme.classes { th .amount scope="col" { (class.label.get(lang)) } }
                th scope="col" { (t(lang, "assess.p_says")) }
            } }
            tbody { @for item in &scheme.items { tr {
                td .is-title data-label=(t(lang, "assess.p_item")) {
                    @if item.within.is_some() { "　" } @if item.measure.is_none() { strong { (item.label.get(lang)) } } @else { (item.label.get(lang)) }
                }
                @for class in &scheme.classes { td .amount data-label=(class.label.get(lang)) {
                    @match item.weights.get(&class.id) { Some(weight) => (weight.normalize()), None => "" }
                } }
                td data-label=(t(lang, "assess.p_says")) { @if item.measure.is_some() { (item.says.get(lang)) (definition(visitor, item)) } }
            } } }
        } }
    }
}

fn definition(visitor: &Visitor, item: &Item) -> Markup {
    let Some(measure) = &item.measure else {
        return html! {};
    };
    let lang = visitor.lang;
    let empty = match measure.empty {
        Empty::Full => "assess.nothing_full",
        Empty::Zero => "assess.nothing_zero",
        Empty::Spread => "assess.nothing_spread",
        Empty::Unscored => "assess.nothing_unscored",
    };
    html! {
        details { summary { (t(lang, "assess.p_definition")) }
            (said(&measure.source.said))
            @if !matches!(measure.rule, bihuan_domain::assessment::Rule::Loss { .. }) { p .quiet { (t(lang, empty)) } }
        }
    }
}

fn said(said: &Said) -> Markup {
    html! { dl .facts { @for (key, text) in said { dt { (key) } dd { code { (text) } } } } }
}

fn rules(visitor: &Visitor, scheme: &Scheme) -> Markup {
    let lang = visitor.lang;
    let number = |number: Option<Decimal>| {
        number
            .map(|number| number.normalize().to_string())
            .unwrap_or_else(|| "–".to_owned())
    };
    let cap = |cap: Option<Decimal>| match cap {
        Some(cap) => tf(lang, "assess.p_cap", &[("cap", &cap.normalize())]),
        None => t(lang, "assess.p_no_cap").to_owned(),
    };
    html! {
        table .ledger {
            thead { tr { th scope="col" { (t(lang, "assess.p_grade")) } th .amount scope="col" { (t(lang, "assess.p_bar")) } th .amount scope="col" { (t(lang, "assess.p_quota")) } } }
            tbody { @for grade in &scheme.grades { tr {
                td data-label=(t(lang, "assess.p_grade")) { (grade.label.get(lang)) }
                td .amount data-label=(t(lang, "assess.p_bar")) { (number(grade.at_least)) }
                td .amount data-label=(t(lang, "assess.p_quota")) { (number(grade.quota)) }
            } } }
        }
        ul {
            @for one in &scheme.additions { li { (tf(lang, "assess.p_addition", &[("item", &one.label.get(lang)), ("cap", &cap(one.cap))])) } }
            @for one in &scheme.deductions { li { (tf(lang, "assess.p_deduction", &[("item", &one.label.get(lang)), ("cap", &cap(one.cap))])) } }
            @for veto in &scheme.vetoes { li { (tf(lang, "assess.p_veto_rule", &[("item", &veto.label.get(lang)), ("grade", &scheme.grades.iter().find(|grade| grade.id == veto.down_to).map_or(veto.down_to.as_str(), |grade| grade.label.get(lang)))])) } }
            li { (tf(lang, "assess.p_rounding", &[("digits", &scheme.digits)])) }
        }
    }
}

fn face(visitor: &Visitor, run: &Run, sheet: &Sheet) -> Markup {
    let lang = visitor.lang;
    html! {
        dl .facts .wide-facts {
            dt { (t(lang, "assess.p_period")) } dd .num { (run.span.name) }
            dt { (t(lang, "assess.p_total")) } dd { strong { (points(visitor, sheet.total)) } }
            @if sees_all(visitor) && let Some(standing) = run.assessment.standing(&sheet.unit) {
                dt { (t(lang, "assess.p_place")) } dd { @match standing.place { Some(place) => (place), None => "–" } }
                dt { (t(lang, "assess.p_grade")) } dd { (grade(&run.scheme, standing, visitor)) }
            }
            @if !sheet.absorbed.is_empty() {
                dt { (t(lang, "assess.p_absorbed")) }
                dd { @for (n, unit) in sheet.absorbed.iter().enumerate() { @if n > 0 { (t(lang, "web.list_comma")) } (show::unit_name(&visitor.world, unit, lang)) } }
            }
        }
    }
}

/// What stands beside the points of a sheet: what the unit said of each item, and what it may still say.
struct Beside<'a> {
    sayings: course::Sayings,
    course: &'a Course,
    views: &'a Views,
}

impl Beside<'_> {
    fn of(&self, visitor: &Visitor, sheet: &Sheet, item: &Code) -> Markup {
        html! { (course::said(visitor, self.views, self.course, &sheet.unit, item)) (self.sayings.item(item)) }
    }
}

fn lines(visitor: &Visitor, run: &Run, sheet: &Sheet, beside: &Beside<'_>) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let mut rows = Vec::new();
    for line in &sheet.lines {
        let rate = run
            .scheme
            .item(&line.item)
            .and_then(|item| item.measure.as_ref())
            .is_some_and(|measure| matches!(measure.rule, bihuan_domain::assessment::Rule::Rate { .. }));
        rows.push((line, things(visitor, &line.item, &line.counted, rate, beside)?));
    }
    Ok(html! {
        table .ledger {
            thead { tr {
                th scope="col" { (t(lang, "assess.p_item")) }
                th .amount scope="col" { (t(lang, "assess.p_weight")) }
                th .amount scope="col" { (t(lang, "assess.p_points")) }
                th scope="col" { (t(lang, "assess.p_behind")) }
            } }
            tbody { @for (line, behind) in rows { tr {
                td .is-title data-label=(t(lang, "assess.p_item")) { (label(&run.scheme, &line.item, visitor)) }
                td .amount data-label=(t(lang, "assess.p_weight")) { (line.weight.normalize()) }
                td .amount data-label=(t(lang, "assess.p_points")) { (points(visitor, line.points)) }
                td data-label=(t(lang, "assess.p_behind")) { div { (how(visitor, line)) (behind) (beside.of(visitor, sheet, &line.item)) } }
            } } }
        }
    })
}

fn how(visitor: &Visitor, line: &Line) -> Markup {
    let lang = visitor.lang;
    html! {
        @match line.outcome {
            Outcome::Computed => { (tf(lang, "assess.p_counted", &[("value", &line.value), ("base", &line.base)])) },
            Outcome::Faulty => { (t(lang, "assess.faulty")) },
            Outcome::Nothing(Empty::Full) => { (t(lang, "assess.nothing_full")) },
            Outcome::Nothing(Empty::Zero) => { (t(lang, "assess.nothing_zero")) },
            Outcome::Nothing(Empty::Spread) => { (t(lang, "assess.nothing_spread")) },
            Outcome::Nothing(Empty::Unscored) => { (t(lang, "assess.nothing_unscored")) },
        }
    }
}

fn adjustments(
    visitor: &Visitor,
    run: &Run,
    sheet: &Sheet,
    list: &[AdjustmentLine],
    beside: &Beside<'_>,
) -> Result<Markup, Trouble> {
    let mut rows = Vec::new();
    for line in list {
        rows.push((line, things(visitor, &line.item, &line.counted, false, beside)?));
    }
    Ok(html! { @for (line, behind) in rows {
        h3 { (label(&run.scheme, &line.item, visitor)) " " (points(visitor, line.points)) }
        (behind)
        (beside.of(visitor, sheet, &line.item))
    } })
}

/// What counted: cases with their entries, rows with their register.
fn things(
    visitor: &Visitor,
    item: &Code,
    counted: &[Counted],
    rate: bool,
    beside: &Beside<'_>,
) -> Result<Markup, Trouble> {
    let (lang, views) = (visitor.lang, beside.views);
    let mut shown = Vec::new();
    for one in counted {
        let (link, seqs) = match &one.thing {
            Thing::Case { case } => {
                let number = views
                    .state(*case)?
                    .and_then(|state| state.number)
                    .map(|number| number.text);
                let entries = views.log().stream(&format!("case/{case}"), 0)?;
                let link = html! { a href={ "/cases/" (case) } { @match number { Some(number) => (number), None => { "case/" (case) } } } };
                (link, entries.into_iter().map(|entry| entry.seq).collect())
            }
            Thing::Row { register, row } => {
                let name = visitor
                    .mechanisms
                    .register(register)
                    .map(|spec| spec.label.get(lang));
                let link = html! { a href={ "/registers/" (register) } { (name.unwrap_or(register.as_str())) } " " code { (row) } };
                (link, Vec::<u64>::new())
            }
        };
        shown.push((one, link, seqs));
    }
    Ok(html! {
        @if !shown.is_empty() { details { summary { (tf(lang, "assess.p_things", &[("n", &shown.len())])) } ul {
            @for (one, link, seqs) in shown { li {
                (link) "　"
                @if rate { (t(lang, if one.value.is_zero() { "assess.p_miss" } else { "assess.p_hit" })) }
                @else { (one.value) }
                @if !seqs.is_empty() { span .quiet { "　" (t(lang, "assess.p_entries")) " "
                    @for seq in seqs { a href={ "/log/" (seq) } { (seq) } " " }
                } }
                @if let Thing::Case { case } = &one.thing { (beside.sayings.case(item, *case)) }
            } }
        } } }
    })
}
