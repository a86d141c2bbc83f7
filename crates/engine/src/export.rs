//! Exports of a ledger (台账导出): the rows that a page shows, with the columns of its mechanism, as one plain sheet.
//!
//! The visitor's sight is applied here again, whatever the filter says; sensitive fields are masked for everybody,
//! because a file travels further than the person who made it.

use std::sync::Arc;

use bihuan_domain::calendar::{date_of, local};
use bihuan_domain::case::State;
use bihuan_domain::clock::moment_label;
use bihuan_domain::id::MechanismId;
use bihuan_domain::mechanism::{Colour, Field, Mechanism};
use bihuan_domain::refusal::Refusal;
use bihuan_domain::value::{Type, Value};
use bihuan_domain::world::World;
use bihuan_messages::{Lang, t, tf};
use bihuan_report::table::{Cell, Column, Kind, Sheet};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::access::Sight;
use crate::custody;
use crate::engine::Engine;
use crate::error::{Error, Failure};
use crate::views::{CaseRow, Filter, Group, Sort, Views};

/// What is exported.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The mechanism whose columns are wanted; the common columns alone where absent.
    pub mechanism: Option<MechanismId>,
    /// The filter of the page.
    pub filter: Filter,
    /// The order of the page.
    pub sort: Sort,
    /// The columns of the page, by their codes (`stage`, `f.due`), beside number, title, limit and colour; every one where empty.
    pub columns: Vec<String>,
    /// What the page puts its rows together by, and the groups in their order.
    pub groups: Option<(Group, Vec<String>)>,
}

/// The rows that `asked` leaves of what `sight` may see, as of now.
///
/// # Errors
///
/// If the read models or the log cannot be read.
pub fn ledger(engine: &Engine, sight: &Sight, asked: &Asked, lang: Lang) -> Result<Sheet, Error> {
    let (world, now, views) = (engine.world(), engine.now(), engine.views()?);
    let mechanisms = engine.mechanisms();
    let mechanism = asked.mechanism.as_ref().and_then(|id| mechanisms.current(id));
    let mut filter = asked.filter.clone();
    filter.visible_to = sight.clone();
    if let Some(mechanism) = &mechanism {
        filter.mechanisms = vec![mechanism.id.clone()];
    }
    let maker = Teller::new(&views, &world, lang);
    let fields = match &mechanism {
        Some(mechanism) if asked.columns.is_empty() => shown_fields(mechanism),
        Some(mechanism) => named_fields(mechanism, &asked.columns),
        None => Vec::new(),
    };
    let many = u64::from(u32::MAX);
    let page = match &asked.groups {
        Some((group, order)) => views.cases_by(&filter, *group, order, asked.sort, 0, many)?,
        None => views.cases(&filter, asked.sort, 0, many)?,
    };
    let mut rows = Vec::new();
    for row in page.rows {
        let Some(state) = views.state(row.id)?.filter(|state| sight.covers(state)) else {
            continue;
        };
        let own = mechanisms
            .by_digest(&state.mechanism.digest)
            .or_else(|| mechanisms.current(&row.mechanism));
        rows.push(maker.row(&row, &state, own, &fields)?);
    }
    let title = match &mechanism {
        Some(mechanism) => mechanism.label.get(lang).to_owned(),
        None => t(lang, "report.x_all").to_owned(),
    };
    let notes = vec![
        tf(lang, "report.x_as_of", &[("as_of", &moment_label(now).get(lang))]),
        tf(
            lang,
            "report.x_filter",
            &[("filter", &maker.words(&filter, mechanism.as_deref()))],
        ),
    ];
    let mut columns = common_columns(lang);
    columns.extend(fields.iter().map(|field| field_column(field, lang)));
    if !asked.columns.is_empty() {
        let places = places(&asked.columns, &fields);
        columns = places.iter().filter_map(|n| columns.get(*n).cloned()).collect();
        for row in &mut rows {
            *row = places.iter().filter_map(|n| row.get(*n).cloned()).collect();
        }
    }
    Ok(Sheet {
        title,
        notes,
        as_of: Some(local(now)),
        columns,
        rows,
    })
}

/// A sheet as CSV, which every program reads.
///
/// # Errors
///
/// [`Failure::Refused`] for a sheet that no file can hold.
pub fn csv(sheet: &Sheet) -> Result<Vec<u8>, Failure> {
    bihuan_report::csv::render(sheet).map_err(unrendered)
}

/// Sheets as one workbook.
///
/// # Errors
///
/// [`Failure::Refused`] for more rows than a spreadsheet opens; says what to do instead.
pub fn xlsx(sheets: &[Sheet], lang: Lang) -> Result<Vec<u8>, Failure> {
    bihuan_report::xlsx::render(sheets, lang).map_err(unrendered)
}

/// What the renderers cannot write is told to who asked for it.
pub(crate) fn unrendered(error: bihuan_report::Error) -> Failure {
    Failure::Refused(Refusal {
        code: "not_rendered".to_owned(),
        rule: error.message(),
        allowed: Vec::new(),
    })
}

/// The codes of the common columns, in their order.
const COMMON: [&str; 13] = [
    "number",
    "title",
    "mechanism",
    "stage",
    "owner",
    "supporting",
    "holder",
    "due",
    "colour",
    "opened",
    "closed",
    "on-time",
    "round",
];

/// The places of the columns that were chosen, among the common ones and these fields.
fn places(chosen: &[String], fields: &[&Field]) -> Vec<usize> {
    let always = ["number", "title", "due", "colour"];
    let place = |code: &str| match code.strip_prefix("f.") {
        Some(id) => {
            let nth = fields.iter().position(|field| field.id.as_str() == id)?;
            Some(COMMON.len().saturating_add(nth))
        }
        None => COMMON.iter().position(|known| *known == code),
    };
    let codes = always.into_iter().chain(chosen.iter().map(String::as_str));
    let mut places = Vec::new();
    for place in codes.filter_map(place) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// The fields among these columns.
fn named_fields<'a>(mechanism: &'a Mechanism, columns: &[String]) -> Vec<&'a Field> {
    let named = columns.iter().filter_map(|code| code.strip_prefix("f."));
    named.filter_map(|id| mechanism.field(&id.into())).collect()
}

/// The columns that every ledger has.
fn common_columns(lang: Lang) -> Vec<Column> {
    [
        ("c_number", Kind::Text),
        ("c_title", Kind::Text),
        ("c_mechanism", Kind::Text),
        ("x_stage", Kind::Text),
        ("c_owner", Kind::Text),
        ("x_supporting", Kind::Text),
        ("c_holder", Kind::Text),
        ("c_due", Kind::DateTime),
        ("x_colour", Kind::Text),
        ("x_opened", Kind::DateTime),
        ("x_closed", Kind::DateTime),
        ("x_on_time", Kind::Text),
        ("x_round", Kind::Integer),
    ]
    .into_iter()
    .map(|(key, kind)| Column::new(t(lang, &format!("report.{key}")), kind))
    .collect()
}

/// The mechanism's own columns, without the title that stands among the common ones.
fn shown_fields(mechanism: &Mechanism) -> Vec<&Field> {
    let columns = mechanism.columns.iter().filter(|id| **id != mechanism.title);
    columns.filter_map(|id| mechanism.field(id)).collect()
}

fn field_column(field: &Field, lang: Lang) -> Column {
    let kind = match &field.ty {
        Type::Int | Type::Duration => Kind::Integer,
        Type::Decimal => Kind::Decimal(2),
        Type::Money => Kind::Money,
        Type::Date => Kind::Date,
        Type::Instant => Kind::DateTime,
        _ => Kind::Text,
    };
    let name = field.label.get(lang);
    let unit = match (&field.unit, &field.ty) {
        (Some(unit), _) => Some(unit.get(lang)),
        (None, Type::Money) => Some(t(lang, "report.x_yuan")),
        (None, Type::Duration) => Some(t(lang, "report.x_minutes")),
        (None, _) => None,
    };
    match unit {
        Some(unit) => Column::new(
            tf(lang, "report.x_with_unit", &[("name", &name), ("unit", &unit)]),
            kind,
        ),
        None => Column::new(name, kind),
    }
}

/// Tells values, units and posts in words, in one language.
pub(crate) struct Teller<'a> {
    views: &'a Views,
    world: &'a World,
    lang: Lang,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(views: &'a Views, world: &'a World, lang: Lang) -> Self {
        Teller { views, world, lang }
    }
}

impl Teller<'_> {
    /// A value in words, with its unit.
    pub(crate) fn told(&self, field: &Field, value: &Value) -> Result<String, Error> {
        let column = field_column(field, self.lang);
        let words = self.value(field, value)?.plain(column.kind);
        let unit = match (&field.unit, &field.ty) {
            (Some(unit), _) => unit.get(self.lang),
            (None, Type::Money) => t(self.lang, "report.x_yuan"),
            (None, Type::Duration) => t(self.lang, "report.x_minutes"),
            (None, _) => return Ok(words),
        };
        Ok(tf(
            self.lang,
            "report.o_with_unit",
            &[("words", &words), ("unit", &unit)],
        ))
    }

    fn t(&self, key: &str) -> &'static str {
        t(self.lang, &format!("report.{key}"))
    }

    fn row(
        &self,
        row: &CaseRow,
        state: &State,
        mechanism: Option<Arc<Mechanism>>,
        fields: &[&Field],
    ) -> Result<Vec<Cell>, Error> {
        let stage = mechanism
            .as_ref()
            .and_then(|mechanism| mechanism.stage(&row.stage));
        let title_hidden = mechanism
            .as_ref()
            .and_then(|m| m.field(&m.title))
            .is_some_and(|field| field.sensitive);
        let title = match &row.title {
            _ if title_hidden => self.t("x_masked").to_owned(),
            Some(title) => title.clone(),
            None => self.t("x_erased").to_owned(),
        };
        let supporting: Vec<String> = state.supporting.iter().map(|unit| self.unit(unit)).collect();
        let holder = if row.open {
            self.post(&row.holder_post)
        } else {
            String::new()
        };
        let on_time = row
            .on_time
            .map(|on_time| self.t(if on_time { "x_yes" } else { "x_no" }));
        let mut cells: Vec<Cell> = vec![
            row.number.clone().into(),
            title.into(),
            mechanism
                .as_ref()
                .map_or_else(
                    || row.mechanism.to_string(),
                    |m| m.label.get(self.lang).to_owned(),
                )
                .into(),
            stage
                .map_or(row.stage.as_str(), |stage| stage.label.get(self.lang))
                .into(),
            self.unit(&row.owner).into(),
            supporting.join(self.t("b_enumeration")).into(),
            holder.into(),
            row.due_at.map(local).into(),
            self.colour(row.colour).into(),
            local(row.opened_at).into(),
            row.closed_at.map(local).into(),
            on_time.into(),
            Cell::Integer(i64::from(row.round)),
        ];
        for field in fields {
            cells.push(match state.values.get(&field.id) {
                Some(_) if field.sensitive || field.sealed_to.is_some() => self.t("x_masked").into(),
                Some(value) => self.value(field, value)?,
                None => Cell::Empty,
            });
        }
        Ok(cells)
    }

    fn value(&self, field: &Field, value: &Value) -> Result<Cell, Error> {
        Ok(match value {
            Value::Bool(answer) => self.t(if *answer { "x_yes" } else { "x_no" }).into(),
            Value::Int(n) if field.ty == Type::Decimal => Cell::Decimal(Decimal::from(*n)),
            Value::Int(n) | Value::Minutes(n) => Cell::Integer(*n),
            Value::Dec(decimal) => Cell::Decimal(*decimal),
            Value::Fen(fen) => Cell::Money(*fen),
            Value::Date(day) => Cell::Date(*day),
            Value::At(at) => Cell::DateTime(local(*at)),
            Value::Code(code) => {
                let label = field.choices.iter().find(|(known, _)| known == code);
                label
                    .map_or(code.as_str(), |(_, label)| label.get(self.lang))
                    .into()
            }
            Value::Unit(unit) => self.unit(unit).into(),
            Value::Post(post) => self.post(post).into(),
            Value::Person(person) => match self.world.org.persons.get(person) {
                Some(known) => self.text(&known.name)?.into(),
                None => person.as_str().into(),
            },
            Value::Row(row) => row.row.as_str().into(),
            Value::Case(case) => Cell::Text(case.to_string()),
            Value::File(file) => self.text(&file.name)?.into(),
            Value::Sealed(sealed) => self.text(sealed)?.into(),
            Value::List(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items {
                    texts.push(self.value(field, item)?.plain(Kind::Text));
                }
                texts.join(self.t("b_enumeration")).into()
            }
        })
    }

    fn text(&self, sealed: &bihuan_domain::id::Sealed) -> Result<String, Error> {
        Ok(match self.views.unseal(sealed)? {
            Some(text) if custody::locked_to(None, &text).is_some() => self.t("x_masked").to_owned(),
            Some(text) => text,
            None => self.t("x_erased").to_owned(),
        })
    }

    pub(crate) fn unit(&self, unit: &bihuan_domain::id::UnitId) -> String {
        self.world
            .org
            .units
            .get(unit)
            .map_or(unit.as_str(), |unit| unit.name.get(self.lang))
            .to_owned()
    }

    pub(crate) fn post(&self, post: &bihuan_domain::id::PostId) -> String {
        let Some(known) = self.world.org.posts.get(post) else {
            return post.to_string();
        };
        let (unit, name) = (self.unit(&known.unit), known.name.get(self.lang));
        if name.starts_with(&unit) {
            return name.to_owned();
        }
        tf(self.lang, "report.b_holder", &[("unit", &unit), ("post", &name)])
    }

    fn colour(&self, colour: Colour) -> &'static str {
        self.t(match colour {
            Colour::Green => "x_green",
            Colour::Blue => "x_blue",
            Colour::Yellow => "x_yellow",
            Colour::Orange => "x_orange",
            Colour::Red => "x_red",
        })
    }

    /// The filter in words, so that whoever opens the file knows what was left out.
    fn words(&self, filter: &Filter, mechanism: Option<&Mechanism>) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut say =
            |key: &str, value: &str| words.push(format!("{}{}{value}", self.t(key), self.t("colon")));
        if let Some(stage) = &filter.stage {
            let known = mechanism.and_then(|mechanism| mechanism.stage(stage));
            say(
                "x_stage",
                known.map_or(stage.as_str(), |stage| stage.label.get(self.lang)),
            );
        }
        if let Some(open) = filter.open {
            say("x_state", self.t(if open { "x_open" } else { "x_ended" }));
        }
        if let Some(colour) = filter.colour {
            say("x_colour", self.colour(colour));
        }
        for owner in &filter.owners {
            say("c_owner", &self.unit(owner));
        }
        if let Some(holder) = &filter.holder {
            say("c_holder", &self.unit(holder));
        }
        if let Some(text) = &filter.text {
            say("x_text", text);
        }
        for (key, answer) in [("x_late", filter.late), ("x_on_time", filter.on_time)] {
            if let Some(answer) = answer {
                say(key, self.t(if answer { "x_yes" } else { "x_no" }));
            }
        }
        if let Some(at) = filter.open_on {
            say("x_open_on", &last_day(at).to_string());
        }
        if filter.among.is_some() {
            say("x_among", self.t("x_yes"));
        }
        for (key, (from, before)) in [
            ("x_opened", filter.opened),
            ("x_closed", filter.closed),
            ("c_due", filter.due),
        ] {
            if from.is_some() || before.is_some() {
                let first = from.map(|at| date_of(at).to_string()).unwrap_or_default();
                let last = before.map(|at| last_day(at).to_string()).unwrap_or_default();
                say(key, &format!("{first}–{last}"));
            }
        }
        if words.is_empty() {
            self.t("x_no_filter").to_owned()
        } else {
            words.join(self.t("x_and"))
        }
    }
}

/// The last day before an instant at which a range ends.
fn last_day(before: Timestamp) -> jiff::civil::Date {
    let microsecond = jiff::SignedDuration::from_micros(1);
    date_of(before.checked_sub(microsecond).unwrap_or(before))
}
