//! What a day of the calendar holds beside deadlines: what the system opens or drafts by itself on it, and who is on duty.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::calendar::date_of;
use bihuan_domain::clock::Cadence;
use bihuan_domain::expr::Row;
use bihuan_domain::id::UnitId;
use bihuan_domain::mechanism::{RegisterSpec, Units};
use bihuan_domain::org::Unit;
use bihuan_domain::value::{Type, Value};
use bihuan_messages::{t, tf};
use jiff::civil::Date;
use maud::{Markup, html};

use crate::session::Visitor;
use crate::show;

/// Lines of either kind that are named on one day.
const NAMED: usize = 4;

/// What comes about on the days of a month, and who is on duty on them.
pub(super) struct Rounds {
    coming: BTreeMap<Date, Vec<Markup>>,
    duty: BTreeMap<Date, Vec<Markup>>,
}

impl Rounds {
    /// Of the visitor's own units, or of all.
    pub(super) fn of(visitor: &Visitor, first: Date, of_all: bool) -> Rounds {
        let org = &visitor.world.org;
        let posts = visitor.posts.iter().filter_map(|post| org.posts.get(post));
        let own: BTreeSet<&UnitId> = posts.map(|post| &post.unit).collect();
        let concerns = |unit: &UnitId| of_all || own.contains(unit);
        Rounds {
            coming: coming(visitor, first, &concerns),
            duty: duty(visitor, first, &concerns),
        }
    }

    pub(super) fn is_empty(&self, day: Date) -> bool {
        !self.coming.contains_key(&day) && !self.duty.contains_key(&day)
    }

    pub(super) fn day(&self, visitor: &Visitor, day: Date) -> Markup {
        let lang = visitor.lang;
        html! {
            @for (lines, key) in [(&self.coming, "find.calendar_coming"), (&self.duty, "find.calendar_duty")] {
                @if let Some(lines) = lines.get(&day) {
                    p .month-kind { (t(lang, key)) }
                    ul .month-rounds {
                        @for line in lines.iter().take(NAMED) { li { (line) } }
                    }
                    @if let Some(more) = lines.len().checked_sub(NAMED).filter(|more| *more > 0) {
                        p .month-more .quiet { (tf(lang, "find.calendar_more", &[("n", &more)])) }
                    }
                }
            }
        }
    }
}

/// What schedules open and cadences draft from today on; what did so before stands among the cases.
fn coming(visitor: &Visitor, first: Date, concerns: &dyn Fn(&UnitId) -> bool) -> BTreeMap<Date, Vec<Markup>> {
    let (world, lang) = (&visitor.world, visitor.lang);
    let mut days: BTreeMap<Date, Vec<Markup>> = BTreeMap::new();
    let from = first.max(date_of(visitor.now));
    let dates = |cadence: &Cadence| {
        let mut after = from.yesterday().unwrap_or(from);
        let mut dates = Vec::new();
        // A month has no more days than this; what cannot be reckoned comes on none.
        while dates.len() < 31 {
            let next = cadence.next_after(after, &world.calendars);
            let Some(date) = next
                .ok()
                .map(|found| found.date)
                .filter(|date| *date <= first.last_of_month())
            else {
                break;
            };
            dates.push(date);
            after = date;
        }
        dates
    };
    for mechanism in visitor.mechanisms.all() {
        let Some(schedule) = &mechanism.open.schedule else {
            continue;
        };
        let units = world
            .org
            .units
            .values()
            .filter(|unit| serves(unit, &schedule.units));
        if !units.into_iter().any(|unit| concerns(&unit.id)) {
            continue;
        }
        for date in dates(&schedule.cadence) {
            let line = html! { a href={ "/mechanisms/" (mechanism.id) } { (mechanism.label.get(lang)) } };
            days.entry(date).or_default().push(line);
        }
    }
    let templates = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.bulletins);
    for template in templates {
        let mut offices = world
            .org
            .units
            .values()
            .filter(|unit| unit.functions.contains(&template.office));
        if !offices.any(|unit| concerns(&unit.id)) {
            continue;
        }
        for date in dates(&template.cadence) {
            let line = html! { a href="/bulletins#coming" { (template.label.get(lang)) } };
            days.entry(date).or_default().push(line);
        }
    }
    days
}

fn serves(unit: &Unit, units: &Units) -> bool {
    match units {
        Units::Function(function) => unit.functions.contains(function),
        Units::Kind(kind) => unit.kind == *kind,
    }
}

/// Rows of rosters: registers that are told by a day and name posts.
fn duty(visitor: &Visitor, first: Date, concerns: &dyn Fn(&UnitId) -> bool) -> BTreeMap<Date, Vec<Markup>> {
    let world = &visitor.world;
    let mut days: BTreeMap<Date, Vec<Markup>> = BTreeMap::new();
    let specs = visitor.mechanisms.packs().iter().flat_map(|pack| &pack.registers);
    for spec in specs.filter(|spec| is_roster(spec)) {
        for (_, row) in world.registers.rows(&spec.id) {
            let Some(Value::Date(day)) = row.get(&spec.title) else {
                continue;
            };
            let unit = row.values().find_map(|value| match value {
                Value::Unit(unit) => Some(unit),
                _ => None,
            });
            if day.first_of_month() == first && unit.is_none_or(concerns) {
                days.entry(*day).or_default().push(shift(visitor, spec, row));
            }
        }
    }
    days
}

fn is_roster(spec: &RegisterSpec) -> bool {
    let title = spec.fields.iter().find(|field| field.id == spec.title);
    title.is_some_and(|field| field.ty == Type::Date)
        && spec.fields.iter().any(|field| field.ty == Type::Post)
}

/// A row of a roster: the posts, which say their unit.
fn shift(visitor: &Visitor, spec: &RegisterSpec, row: &Row) -> Markup {
    let lang = visitor.lang;
    let posts = spec.fields.iter().filter_map(|field| match row.get(&field.id) {
        Some(Value::Post(post)) => Some(show::post_name(&visitor.world, post, lang)),
        _ => None,
    });
    let posts: Vec<String> = posts.collect();
    html! { a href={ "/registers/" (spec.id) } { (show::text(&posts.join(t(lang, "web.list_comma")))) } }
}
