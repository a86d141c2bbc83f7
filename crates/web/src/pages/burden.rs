//! The burden of filling in (填报负担) as the log tells it: by week, unit, kind of post and mechanism; each line narrows
//! the page to itself and opens the cases that it counts. No line is a person.

use std::collections::BTreeSet;

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{Code, MechanismId, UnitId};
use bihuan_engine::burden::{self, Asked, Burden, DAYS_MAX, Part, is_few, monday};
use bihuan_messages::{Lang, t, tf};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Weeks that are shown where no period is asked for, this one included.
const WEEKS_SHOWN: i64 = 4;
/// Mechanisms that are shown at once: those that ask for most.
const MOST: usize = 12;
/// Cases that are listed.
const LISTED_MAX: usize = 200;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/burden", get(page))
}

/// What is asked for: a period, and the part that is looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    from: String,
    to: String,
    unit: String,
    kind: String,
    mechanism: String,
    week: String,
    /// Whether the cases are listed.
    cases: String,
}

impl Wanted {
    fn period(&self, today: Date) -> (Date, Date) {
        let back = jiff::Span::new().weeks(WEEKS_SHOWN - 1);
        let first = monday(today).checked_sub(back).unwrap_or(today);
        let day = |text: &str, otherwise| text.trim().parse().unwrap_or(otherwise);
        (day(&self.from, first), day(&self.to, today))
    }

    fn part(&self) -> Part {
        let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Part {
            unit: set(&self.unit).map(UnitId::from),
            kind: set(&self.kind).map(Code::from),
            mechanisms: set(&self.mechanism).map(MechanismId::from).into_iter().collect(),
            week: self.week.parse().ok(),
        }
    }

    /// The address of this page with one thing more asked for.
    fn with(&self, period: (Date, Date), name: &str, value: &str) -> String {
        let mut address = format!("/burden?from={}&to={}", period.0, period.1);
        for (key, old) in [
            ("unit", &self.unit),
            ("kind", &self.kind),
            ("mechanism", &self.mechanism),
            ("week", &self.week),
        ] {
            let value = if key == name { value } else { old.as_str() };
            if !value.is_empty() {
                address.push_str(&format!("&{key}={}", show::percent(value)));
            }
        }
        if name == "cases" {
            address.push_str("&cases=yes#cases");
        }
        address
    }
}

async fn page(visitor: Visitor, Query(wanted): Query<Wanted>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let today = date_of(visitor.now);
            let (from, to) = wanted.period(today);
            let part = wanted.part();
            let world = &visitor.world;
            let narrowed = part.unit.is_some() || part.kind.is_some();
            let few = narrowed && is_few(world, part.unit.as_ref(), part.kind.as_ref(), to);
            let fits = from <= to && (to - from).get_days() <= DAYS_MAX;
            let title = t(lang, "burden.p_title");
            let counted = if fits && !few { Some(count(visitor, (from, to), &part)?) } else { None };
            let body = html! {
                (layout::heading(Some(t(lang, "web.nav_bulletins")), &html! { (title) }, &html! {}))
                p .lead { (t(lang, "burden.p_lead")) }
                (form(visitor, &wanted, (from, to)))
                @if few { p .notice { (t(lang, "burden.p_few")) } }
                @if !fits { p .notice { (tf(lang, "burden.p_long", &[("max", &DAYS_MAX), ("from", &from), ("to", &to)])) } }
                @if let Some(burden) = &counted {
                    @if burden.whole.occasions == 0 { div .empty { p { (t(lang, "burden.p_none")) } } }
                    @else { (tables(visitor, &wanted, (from, to), burden)?) }
                }
                p .quiet { (t(lang, "burden.p_estimate")) }
            };
            Ok(layout::page(visitor, title, Nav::Bulletins, &body))
        })
        .await
}

fn count(visitor: &Visitor, period: (Date, Date), part: &Part) -> Result<Burden, Trouble> {
    let views = visitor.views()?;
    let log = views.log();
    let size = log.head().map_err(bihuan_engine::Error::from)?.size;
    Ok(burden::count(
        log,
        &visitor.world,
        &visitor.mechanisms,
        period,
        size,
        part,
    )?)
}

fn form(visitor: &Visitor, wanted: &Wanted, (from, to): (Date, Date)) -> Markup {
    let lang = visitor.lang;
    let units = visitor
        .world
        .org
        .units
        .values()
        .filter(|unit| unit.valid.covers(to));
    let units = units.filter(|unit| !is_few(&visitor.world, Some(&unit.id), None, to));
    html! {
        form .filters method="get" action="/burden" {
            label { (t(lang, "burden.p_from")) input type="date" name="from" value=(from); }
            label { (t(lang, "burden.p_to")) input type="date" name="to" value=(to); }
            label { (t(lang, "burden.p_unit"))
                select name="unit" {
                    option value="" { (t(lang, "burden.p_all_units")) }
                    @for unit in units { option value=(unit.id) selected[unit.id.as_str() == wanted.unit] { (unit.name.get(lang)) } }
                }
            }
            button type="submit" { (t(lang, "burden.p_look")) }
        }
    }
}

fn tables(
    visitor: &Visitor,
    wanted: &Wanted,
    period: (Date, Date),
    burden: &Burden,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let line = |name: Markup, asked: &Asked| row(lang, &name, asked);
    let link = |key: &str, value: &str, text: &str| {
        html! { a .row-title href=(wanted.with(period, key, value)) { (text) } }
    };
    let plain = |text: &str| html! { span .row-title { (text) } };
    let by_weight = |(_, a): &(&MechanismId, &Asked)| std::cmp::Reverse(a.tenths);
    let mut mechanisms: Vec<_> = burden.mechanisms.iter().collect();
    mechanisms.sort_by_key(by_weight);
    let (most, rest) = mechanisms.split_at(MOST.min(mechanisms.len()));
    Ok(html! {
        section #whole {
            h2 { (t(lang, "burden.p_whole")) }
            (table(lang, "burden.p_period", &html! { (line(plain(&format!("{} – {}", show::date(period.0, lang), show::date(period.1, lang))), &burden.whole)) }))
            p .actions { a .button href=(wanted.with(period, "cases", "yes")) { (t(lang, "burden.p_open")) " " span .num { (show::count(burden.whole.cases.len())) } } }
        }
        section #weeks { h2 { (t(lang, "burden.p_weeks")) }
            (table(lang, "burden.p_week", &html! { @for (week, asked) in &burden.weeks { (line(link("week", &week.to_string(), &show::date(*week, lang)), asked)) } }))
        }
        section #asks { h2 { (t(lang, "burden.p_asks")) }
            (table(lang, "burden.p_mechanism", &html! { @for (id, asked) in most { (line(link("mechanism", id.as_str(), &mechanism(visitor, id)), asked)) } }))
            @if !rest.is_empty() { details { summary { (tf(lang, "burden.p_more", &[("n", &rest.len())])) }
                (table(lang, "burden.p_mechanism", &html! { @for (id, asked) in rest { (line(link("mechanism", id.as_str(), &mechanism(visitor, id)), asked)) } }))
            } }
        }
        section #units { h2 { (t(lang, "burden.p_units")) }
            details open[!wanted.unit.is_empty()] { summary { (tf(lang, "burden.p_units_all", &[("n", &burden.units.len())])) }
            (table(lang, "burden.p_unit", &html! {
                @for (unit, asked) in &burden.units { (line(link("unit", unit.as_str(), &show::unit_name(&visitor.world, unit, lang)), asked)) }
                @if burden.small.0 > 0 { (line(plain(&tf(lang, "burden.p_small", &[("n", &burden.small.0)])), &burden.small.1)) }
            })) }
        }
        @if wanted.unit.is_empty() {
            section #kinds { h2 { (t(lang, "burden.p_kinds")) }
                (table(lang, "burden.p_kind", &html! {
                    @for (kind, asked) in &burden.kinds { (line(link("kind", kind.as_str(), &kind_name(visitor, kind)), asked)) }
                    @if burden.rare.occasions > 0 { (line(plain(t(lang, "burden.p_rare")), &burden.rare)) }
                }))
            }
        }
        (shared(visitor, burden))
        @if wanted.cases == "yes" { (cases(visitor, burden)?) }
    })
}

fn table(lang: Lang, first: &str, rows: &Markup) -> Markup {
    html! {
        table .ledger {
            thead { tr {
                th scope="col" { (t(lang, first)) }
                @for key in ["occasions", "typed", "confirmed", "filled", "files", "minutes"] {
                    th .amount scope="col" { (t(lang, &format!("burden.c_{key}"))) }
                }
            } }
            tbody { (rows) }
        }
    }
}

fn row(lang: Lang, name: &Markup, asked: &Asked) -> Markup {
    let counts = [
        ("occasions", asked.occasions),
        ("typed", asked.typed),
        ("confirmed", asked.confirmed),
        ("filled", asked.filled),
        ("files", asked.files),
    ];
    html! {
        tr {
            th scope="row" { (name) }
            @for (key, n) in counts { td .amount data-label=(t(lang, &format!("burden.c_{key}"))) { (show::count(n)) } }
            td .amount data-label=(t(lang, "burden.c_minutes")) { (burden::spoken(asked, lang)) }
        }
    }
}

/// Data that several mechanisms asked one unit for.
fn shared(visitor: &Visitor, burden: &Burden) -> Markup {
    let lang = visitor.lang;
    html! {
        section #shared {
            h2 { (t(lang, "burden.p_shared")) }
            @if burden.shared.is_empty() { p .quiet { (t(lang, "burden.p_shared_none")) } }
            @else {
                table .ledger {
                    thead { tr { th scope="col" { (t(lang, "burden.p_datum")) } th scope="col" { (t(lang, "burden.p_by")) } } }
                    tbody { @for (datum, askers) in &burden.shared { tr {
                        th scope="row" { span .row-title { (datum_name(visitor, datum, askers)) } }
                        td data-label=(t(lang, "burden.p_by")) { ul .plain { @for id in askers { li { a href={ "/mechanisms/" (id) } { (mechanism(visitor, id)) } } } } }
                    } } }
                }
            }
        }
    }
}

fn cases(visitor: &Visitor, burden: &Burden) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let mut states = Vec::new();
    for case in burden.whole.cases.iter() {
        if states.len() >= LISTED_MAX {
            break;
        }
        states.extend(views.state(case)?.filter(|state| visitor.sight.covers(state)));
    }
    let shown = u64::try_from(states.len()).unwrap_or(0);
    let hidden = burden.whole.cases.len().saturating_sub(shown);
    Ok(html! {
        section #cases {
            h2 { (t(lang, "burden.p_cases")) " " span .num .quiet { (show::count(burden.whole.cases.len())) } }
            @if hidden > 0 { p .quiet { (tf(lang, "burden.p_cases_hidden", &[("n", &hidden)])) } }
            table .ledger {
                thead { tr { th scope="col" { (t(lang, "web.case_title")) } th scope="col" { (t(lang, "web.owner")) } } }
                tbody { @for state in &states { tr {
                    th scope="row" {
                        a .row-title href={ "/cases/" (state.id) } { (show::text(&show.sealed(&state.title))) }
                        span .row-note { @if let Some(number) = &state.number { span .num { (number.text) } } @else { "#" (state.id) } }
                    }
                    td data-label=(t(lang, "web.owner")) { (show.unit(&state.owner)) }
                } } }
            }
        }
    })
}

fn mechanism(visitor: &Visitor, id: &MechanismId) -> String {
    let known = visitor.mechanisms.current(id);
    known.map_or_else(
        || id.to_string(),
        |known| known.label.get(visitor.lang).to_owned(),
    )
}

/// What a field is called that asks for the datum.
fn datum_name(
    visitor: &Visitor,
    datum: &bihuan_domain::id::DatumId,
    askers: &BTreeSet<MechanismId>,
) -> String {
    let mechanisms = askers.iter().filter_map(|id| visitor.mechanisms.current(id));
    let label = |known: &bihuan_domain::mechanism::Mechanism| {
        let field = known.fields.iter().find(|field| field.datum == *datum)?;
        Some(field.label.get(visitor.lang).to_owned())
    };
    mechanisms
        .into_iter()
        .find_map(|known| label(&known))
        .unwrap_or_else(|| datum.to_string())
}

/// What posts of a kind are called: as the org kinds of the packs have it.
fn kind_name(visitor: &Visitor, kind: &Code) -> String {
    let mut kinds = visitor
        .mechanisms
        .packs()
        .iter()
        .flat_map(|pack| &pack.post_kinds);
    let known = kinds.find(|(id, _)| id == kind);
    known.map_or_else(
        || kind.to_string(),
        |(_, label)| label.get(visitor.lang).to_owned(),
    )
}
