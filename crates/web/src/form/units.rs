//! Units as options and as boxes, grouped by their kind.

use std::collections::BTreeMap;

use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{Code, UnitId};
use bihuan_domain::org::Unit;
use bihuan_messages::{Label, t};
use maud::{Markup, html};

use crate::show::Show;

/// Units of today as options, grouped by their kind; those that `may` leaves. The first option asks to choose.
pub fn unit_options(show: &Show<'_>, chosen: Option<&str>, may: impl Fn(&Unit) -> bool) -> Markup {
    unit_options_or(show, "web.choose", chosen, may)
}

/// As [`unit_options`], with the text under `none` for choosing none.
pub fn unit_options_or(
    show: &Show<'_>,
    none: &str,
    chosen: Option<&str>,
    may: impl Fn(&Unit) -> bool,
) -> Markup {
    let lang = show.visitor.lang;
    html! {
        option value="" { (t(lang, none)) }
        @for (kind, units) in units_by_kind(show, may) {
            optgroup label=(kind) {
                @for (id, name) in units {
                    option value=(id) selected[chosen == Some(id.as_str())] { (name.get(lang)) }
                }
            }
        }
    }
}

/// Units of today as boxes to tick, grouped by their kind, sent under `name`.
pub fn unit_boxes(show: &Show<'_>, name: &str, ticked: &[&str]) -> Markup {
    let lang = show.visitor.lang;
    html! {
        @for (kind, units) in units_by_kind(show, |_| true) {
            p .quiet .box-kind { (kind) }
            div .choices {
                @for (id, label) in units {
                    label .choice {
                        input type="checkbox" name=(name) value=(id) checked[ticked.contains(&id.as_str())];
                        span { (label.get(lang)) }
                    }
                }
            }
        }
    }
}

/// Units of today under the name of their kind.
fn units_by_kind<'a>(
    show: &'a Show<'_>,
    may: impl Fn(&Unit) -> bool,
) -> impl Iterator<Item = (String, Vec<(&'a UnitId, &'a Label)>)> {
    let visitor = show.visitor;
    let (lang, today) = (visitor.lang, date_of(visitor.now));
    let mut kinds: BTreeMap<&Code, Vec<(&UnitId, &Label)>> = BTreeMap::new();
    for unit in visitor
        .world
        .org
        .units
        .values()
        .filter(|unit| unit.valid.covers(today) && may(unit))
    {
        kinds.entry(&unit.kind).or_default().push((&unit.id, &unit.name));
    }
    kinds.into_iter().map(move |(kind, units)| {
        let packs = visitor.mechanisms.packs().iter();
        let label = packs
            .flat_map(|pack| &pack.unit_kinds)
            .find(|known| known.id == *kind);
        (
            label.map_or_else(|| kind.to_string(), |known| known.label.get(lang).to_owned()),
            units,
        )
    })
}
