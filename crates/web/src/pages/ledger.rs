//! The ledger of a mechanism (台账): its columns, filters, order, colours and pages. `/ledgers/all` lists every mechanism.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use bihuan_domain::calendar::midnight;
use bihuan_domain::case::State;
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::{Field, Indicator, Mechanism};
use bihuan_engine::indicators::{Half, counted_cases};
use bihuan_engine::process::{Process, Which};
use bihuan_engine::views::{CaseRow, Counts, Filter, Page, Sort, Views};
use bihuan_messages::{t, tf};
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::components::pager::pager;
use crate::form::unit_options_or;
use crate::layout::{self, Nav};
use crate::pages::mechanisms::process_words;
use crate::pages::new_case::is_opened_by_people;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const PAGE: u64 = 50;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/ledgers/{mechanism}", get(ledger))
}

/// What the address asks for. Unknown values ask for nothing, so that a mistyped address still shows a ledger.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Stage.
    stage: String,
    /// `yes`, `no` or empty.
    open: String,
    /// Colour.
    colour: String,
    /// Owner.
    owner: String,
    /// Part of a title or number.
    q: String,
    /// `urgency`, `newest`, `oldest`, `owner`, `number`, `title`, `stage`.
    sort: String,
    /// Opened on this day or later, until this day.
    opened_from: String,
    opened_to: String,
    /// Closed on this day or later, until this day.
    closed_from: String,
    closed_to: String,
    /// Due on this day or later, until this day.
    due_from: String,
    due_to: String,
    /// Only what one half of an indicator counts: `on-time.value`, `on-time.base`.
    counted: String,
    /// Only what a figure of the process counts: `way:handle,closed`.
    course: String,
    /// Page, from 1.
    page: u64,
}

impl Asked {
    /// The filter, within what the visitor may see.
    pub(crate) fn filter(&self, visitor: &Visitor, mechanism: Option<&MechanismId>) -> Filter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Filter {
            mechanisms: mechanism.into_iter().cloned().collect(),
            stage: some(&self.stage).map(Into::into),
            open: match self.open.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            colour: show::colour_of(&self.colour),
            owners: some(&self.owner).map(Into::into).into_iter().collect(),
            text: some(&self.q),
            opened: days(&self.opened_from, &self.opened_to),
            closed: days(&self.closed_from, &self.closed_to),
            due: days(&self.due_from, &self.due_to),
            visible_to: visitor.sight.as_ref().clone(),
            ..Filter::default()
        }
    }

    /// Leaves only what the indicator counts that the address names; the indicator where there is such a one.
    pub(crate) fn narrow<'m>(
        &self,
        visitor: &Visitor,
        views: &Views,
        mechanism: Option<&'m Mechanism>,
        filter: &mut Filter,
    ) -> Result<Option<(&'m Indicator, Half)>, Trouble> {
        let (Some(mechanism), Some((id, half))) = (mechanism, self.counted.rsplit_once('.')) else {
            return Ok(None);
        };
        let half = if half == "base" { Half::Base } else { Half::Value };
        let indicator = mechanism.indicators.iter().find(|known| known.id.as_str() == id);
        let Some(indicator) = indicator else {
            return Ok(None);
        };
        let (world, now) = (&visitor.world, visitor.now);
        let counted = counted_cases(views, world, mechanism, &indicator.id, half, now)?;
        let Some(counted) = counted else {
            return Ok(None);
        };
        filter.among = Some(Arc::new(counted));
        Ok(Some((indicator, half)))
    }

    /// Leaves only the cases that a figure of the process counts; which, where the address names one.
    pub(crate) fn narrow_course(
        &self,
        visitor: &Visitor,
        views: &Views,
        mechanism: Option<&Mechanism>,
        filter: &mut Filter,
    ) -> Result<Option<Which>, Trouble> {
        let (Some(mechanism), Some(which)) = (mechanism, Which::parse(&self.course)) else {
            return Ok(None);
        };
        let process = Process::of(views, &mechanism.id, &visitor.sight, visitor.now)?;
        let mut cases = process.cases_of(&which);
        if let Some(among) = &filter.among {
            cases.retain(|case| among.contains(case));
        }
        filter.among = Some(Arc::new(cases));
        Ok(Some(which))
    }

    /// The order.
    pub(crate) fn order(&self) -> Sort {
        match self.sort.as_str() {
            "newest" => Sort::Newest,
            "oldest" => Sort::Oldest,
            "owner" => Sort::Owner,
            "number" => Sort::Number,
            "title" => Sort::Title,
            "stage" => Sort::Stage,
            _ => Sort::Urgency,
        }
    }

    /// The query of an address with one thing changed; the page starts anew.
    fn with(&self, name: &str, value: &str) -> String {
        let mut pairs = vec![
            ("stage", self.stage.as_str()),
            ("open", &self.open),
            ("colour", &self.colour),
            ("owner", &self.owner),
            ("q", &self.q),
            ("sort", &self.sort),
            ("opened_from", &self.opened_from),
            ("opened_to", &self.opened_to),
            ("closed_from", &self.closed_from),
            ("closed_to", &self.closed_to),
            ("due_from", &self.due_from),
            ("due_to", &self.due_to),
            ("counted", &self.counted),
            ("course", &self.course),
            ("page", ""),
        ];
        for (key, old) in &mut pairs {
            if *key == name {
                *old = value;
            }
        }
        let set = pairs.iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = set
            .map(|(key, value)| format!("{key}={}", show::percent(value)))
            .collect();
        if query.is_empty() {
            String::new()
        } else {
            format!("?{}", query.join("&"))
        }
    }

    fn is_filtered(&self) -> bool {
        [
            &self.stage,
            &self.open,
            &self.colour,
            &self.owner,
            &self.q,
            &self.opened_from,
            &self.opened_to,
            &self.closed_from,
            &self.closed_to,
            &self.due_from,
            &self.due_to,
            &self.counted,
            &self.course,
        ]
        .iter()
        .any(|part| !part.trim().is_empty())
    }
}

/// From the beginning of the first day to the end of the last.
fn days(from: &str, to: &str) -> (Option<Timestamp>, Option<Timestamp>) {
    let day = |text: &str| text.trim().parse::<Date>().ok();
    (
        day(from).map(midnight),
        day(to).and_then(|to| to.tomorrow().ok()).map(midnight),
    )
}

async fn ledger(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Trouble> {
    let id = MechanismId::from(id);
    let mechanism = visitor.mechanisms.current(&id);
    if mechanism.is_none() && id.as_str() != "all" {
        return Err(Trouble::not_found());
    }
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let mut filter = asked.filter(visitor, mechanism.as_ref().map(|m| &m.id));
            let counted = asked.narrow(visitor, &views, mechanism.as_deref(), &mut filter)?;
            let course = asked.narrow_course(visitor, &views, mechanism.as_deref(), &mut filter)?;
            // The head counts the whole ledger, so that choosing a colour does not change the counts.
            let whole = Filter {
                mechanisms: filter.mechanisms.clone(),
                visible_to: filter.visible_to.clone(),
                ..Filter::default()
            };
            let counts = views.counts(&whole);
            let offset = asked.page.max(1).saturating_sub(1).saturating_mul(PAGE);
            let page = views.cases(&filter, asked.order(), offset, PAGE)?;
            let show = Show {
                visitor,
                views: &views,
            };
            let mut states = Vec::with_capacity(page.rows.len());
            if mechanism.is_some() {
                for row in &page.rows {
                    states.push(views.state(row.id)?);
                }
            }
            let ledger = Ledger {
                show: &show,
                mechanism: mechanism.clone(),
                asked: &asked,
                id: &id,
                counted,
                course,
            };
            Ok(ledger.view(&counts, &page, &states))
        })
        .await
}

struct Ledger<'a> {
    show: &'a Show<'a>,
    mechanism: Option<Arc<Mechanism>>,
    asked: &'a Asked,
    id: &'a MechanismId,
    counted: Option<(&'a Indicator, Half)>,
    course: Option<Which>,
}

impl Ledger<'_> {
    fn view(&self, counts: &Counts, page: &Page<CaseRow>, states: &[Option<State>]) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let title = self
            .mechanism
            .as_ref()
            .map_or(t(lang, "web.ledgers_all"), |m| m.label.get(lang));
        let query = self.asked.with("page", "");
        let aside = html! {
            @if let Some(mechanism) = &self.mechanism {
                @if is_opened_by_people(mechanism) {
                    a .button .primary href={ "/ledgers/" (mechanism.id) "/new" } { (t(lang, "web.new_case")) }
                }
                span .export {
                    (t(lang, "web.export")) " "
                    a href={ "/ledgers/" (mechanism.id) "/export.xlsx" (query) } { "XLSX" } " "
                    a href={ "/ledgers/" (mechanism.id) "/export.csv" (query) } { "CSV" }
                }
            }
        };
        let over = self.mechanism.as_ref().map(|m| m.number.as_str());
        let body = html! {
            (layout::heading(over, &html! { (title) }, &aside))
            @if let Some(mechanism) = &self.mechanism {
                p .lead { (mechanism.purpose.get(lang)) " " a href={ "/mechanisms/" (mechanism.id) } { (t(lang, "web.about_mechanism")) } }
            }
            @if let Some((indicator, half)) = self.counted {
                @let half = t(lang, if half == Half::Base { "web.mech_half_base" } else { "web.mech_half_value" });
                p .notice { (tf(lang, "web.mech_counted", &[("indicator", &indicator.label.get(lang)), ("half", &half)])) " "
                    a href=(format!("/ledgers/{}{}", self.id, self.asked.with("counted", ""))) { (t(lang, "web.mech_show_all")) } }
            }
            @if let (Some(which), Some(mechanism)) = (&self.course, &self.mechanism) {
                p .notice { (process_words(visitor, mechanism, which)) " "
                    a href={ "/mechanisms/" (mechanism.id) "/process" } { (t(lang, "process.title")) } " "
                    a href=(format!("/ledgers/{}{}", self.id, self.asked.with("course", ""))) { (t(lang, "web.mech_show_all")) } }
            }
            (self.head(counts))
            (self.filters())
            @if page.rows.is_empty() { (self.empty()) } @else { (self.table(page, states)) }
            (pager(lang, self.asked.page.max(1), PAGE, page.total, |n| {
                let query = self.asked.with("page", &n.to_string());
                format!("/ledgers/{}{query}", self.id)
            }))
        };
        layout::page(visitor, title, Nav::Ledgers, &body)
    }

    /// Counts by stage and colour; each is a filter at one click.
    fn head(&self, counts: &Counts) -> Markup {
        let lang = self.show.visitor.lang;
        let to = |name: &str, value: &str, now: &str| {
            let value = if now == value { "" } else { value };
            format!("/ledgers/{}{}", self.id, self.asked.with(name, value))
        };
        html! {
            div .ledger-head {
                p .totals {
                    (tf(lang, "web.ledger_totals", &[("open", &show::count(counts.open)), ("closed", &show::count(counts.closed))]))
                    @if counts.late > 0 { " " strong .late { (tf(lang, "web.ledger_late", &[("n", &show::count(counts.late))])) } }
                }
                @if let Some(mechanism) = &self.mechanism {
                    ol .funnel {
                        @for stage in &mechanism.stages {
                            @let n = counts.stages.iter().find(|(id, _)| *id == stage.id).map_or(0, |(_, n)| *n);
                            @if n > 0 || !show::is_detour(mechanism, stage) {
                                li { a href=(to("stage", stage.id.as_str(), &self.asked.stage)) aria-current=[(self.asked.stage == stage.id.as_str()).then_some("true")] {
                                    span .funnel-n .quiet[n == 0] { (show::count(n)) } span { (stage.label.get(lang)) }
                                } }
                            }
                        }
                    }
                }
                @if !counts.colours.is_empty() {
                    ul .colours {
                        @for (colour, n) in &counts.colours {
                            @let code = show::colour_class(*colour);
                            li { a href=(to("colour", code, &self.asked.colour)) aria-current=[(self.asked.colour == code).then_some("true")] {
                                (show::colour(*colour, lang)) " " span .num { (show::count(*n)) }
                            } }
                        }
                    }
                }
            }
        }
    }

    fn filters(&self) -> Markup {
        let (show, asked) = (self.show, self.asked);
        let lang = show.visitor.lang;
        let option = |value: &str, now: &str, key: &str| {
            html! { option value=(value) selected[value == now] { (t(lang, key)) } }
        };
        html! {
            form .filters method="get" action={ "/ledgers/" (self.id) } role="search" {
                @if !asked.stage.is_empty() { input type="hidden" name="stage" value=(asked.stage); }
                @if !asked.colour.is_empty() { input type="hidden" name="colour" value=(asked.colour); }
                @if !asked.counted.is_empty() { input type="hidden" name="counted" value=(asked.counted); }
                @for (name, day) in [("opened_from", &asked.opened_from), ("opened_to", &asked.opened_to), ("closed_from", &asked.closed_from), ("closed_to", &asked.closed_to), ("due_from", &asked.due_from), ("due_to", &asked.due_to)] {
                    @if !day.is_empty() { input type="hidden" name=(name) value=(day); }
                }
                label { span { (t(lang, "web.filter_text")) } input type="search" name="q" value=(asked.q) placeholder=(t(lang, "web.filter_text_hint")); }
                label { span { (t(lang, "web.filter_open")) }
                    select name="open" {
                        (option("", &asked.open, "web.filter_any"))
                        (option("yes", &asked.open, "web.figure_open"))
                        (option("no", &asked.open, "web.figure_closed"))
                    }
                }
                label { span { (t(lang, "web.owner")) } select name="owner" { (unit_options_or(show, "web.filter_any", Some(&asked.owner), |_| true)) } }
                label { span { (t(lang, "web.sort")) }
                    select name="sort" {
                        (option("", &asked.sort, "web.sort_urgency"))
                        (option("newest", &asked.sort, "web.sort_newest"))
                        (option("oldest", &asked.sort, "web.sort_oldest"))
                        (option("owner", &asked.sort, "web.sort_owner"))
                        (option("number", &asked.sort, "web.sort_number"))
                        (option("stage", &asked.sort, "web.sort_stage"))
                    }
                }
                button type="submit" { (t(lang, "web.filter")) }
                @if asked.is_filtered() { a href={ "/ledgers/" (self.id) } { (t(lang, "web.filter_clear")) } }
            }
        }
    }

    fn columns(&self) -> Vec<&Field> {
        let Some(mechanism) = &self.mechanism else {
            return Vec::new();
        };
        let columns = mechanism.columns.iter().filter(|id| **id != mechanism.title);
        columns.filter_map(|id| mechanism.field(id)).collect()
    }

    fn table(&self, page: &Page<CaseRow>, states: &[Option<State>]) -> Markup {
        let lang = self.show.visitor.lang;
        let columns = self.columns();
        html! {
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "web.due")) }
                    th scope="col" { (t(lang, "web.case_title")) }
                    th scope="col" { (t(lang, "web.stage")) }
                    th scope="col" { (t(lang, "web.owner")) }
                    @for field in &columns { th scope="col" { (field.label.get(lang)) } }
                    th scope="col" { (t(lang, "web.holder")) }
                } }
                tbody {
                    @for (n, row) in page.rows.iter().enumerate() {
                        (self.row(row, states.get(n).and_then(Option::as_ref), &columns))
                    }
                }
            }
        }
    }

    fn row(&self, row: &CaseRow, state: Option<&State>, columns: &[&Field]) -> Markup {
        let visitor = self.show.visitor;
        let lang = visitor.lang;
        let current;
        let mechanism = match &self.mechanism {
            Some(mechanism) => Some(mechanism.as_ref()),
            None => {
                current = visitor.mechanisms.current(&row.mechanism);
                current.as_deref()
            }
        };
        html! {
            tr {
                td .due data-label=(t(lang, "web.due")) { (due(row, visitor)) }
                th scope="row" {
                    a .row-title href={ "/cases/" (row.id) } { (show::text(row.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                    span .row-note {
                        @if let Some(number) = &row.number { span .num { (number) } }
                        @if self.mechanism.is_none() { @if let Some(mechanism) = mechanism { " " (mechanism.label.get(lang)) } }
                        @if row.round > 1 { " " span .tag { (tf(lang, "web.round", &[("n", &row.round)])) } }
                    }
                }
                td .stage data-label=(t(lang, "web.stage")) { (show::stage_name(mechanism, &row.stage, lang)) }
                td data-label=(t(lang, "web.owner")) { (self.show.unit(&row.owner)) }
                @for field in columns {
                    @let value = state.and_then(|state| state.values.get(&field.id));
                    td .amount[is_number(field)] .is-empty[value.is_none()] data-label=(field.label.get(lang)) {
                        @match value {
                            Some(value) => { (self.show.value(field, value)) },
                            None => { span .quiet { "–" } },
                        }
                    }
                }
                td data-label=(t(lang, "web.holder")) { @if row.open { (self.holder(row)) } @else { span .quiet { "–" } } }
            }
        }
    }

    /// The post whose move it is; the unit is left out where it is the owner's.
    fn holder(&self, row: &CaseRow) -> String {
        let visitor = self.show.visitor;
        match visitor.world.org.posts.get(&row.holder_post) {
            Some(post) if post.unit == row.owner => post.name.get(visitor.lang).to_owned(),
            _ => self.show.post(&row.holder_post),
        }
    }

    fn empty(&self) -> Markup {
        let lang = self.show.visitor.lang;
        html! {
            div .empty {
                @if self.asked.is_filtered() {
                    p { (t(lang, "web.ledger_no_match")) }
                    p .actions { a .button href={ "/ledgers/" (self.id) } { (t(lang, "web.filter_clear")) } }
                } @else {
                    p { (t(lang, "web.ledger_empty")) }
                    @if let Some(mechanism) = self.mechanism.as_ref().filter(|m| is_opened_by_people(m)) {
                        p .actions { a .button href={ "/ledgers/" (mechanism.id) "/new" } { (t(lang, "web.new_case")) } }
                    }
                }
            }
        }
    }
}

/// Whether a field is a number, which stands at the right.
fn is_number(field: &Field) -> bool {
    use bihuan_domain::value::Type;
    matches!(field.ty, Type::Int | Type::Decimal | Type::Money | Type::Duration)
}

/// The cell that matters most: how far away the limit is, or how the case ended.
fn due(row: &CaseRow, visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    html! {
        @if !row.open {
            @match (row.closed_at, row.on_time) {
                (Some(_), Some(true)) => { span .signal .green { (t(lang, "web.closed_on_time")) } },
                (Some(_), Some(false)) => { span .quiet { (t(lang, "web.closed_late")) } },
                (Some(_), None) => { span .quiet { (t(lang, "web.figure_closed")) } },
                (None, _) => { span .quiet { (t(lang, "web.void")) } },
            }
        } @else {
            (show::colour_mark(row.colour, lang)) " "
            @match row.due_at {
                Some(due) => { (show::remaining(due, visitor.now, lang)) },
                None => { span .quiet { (t(lang, "web.no_limit")) } },
            }
        }
    }
}
