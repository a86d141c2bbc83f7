//! A pack (机制包): its mechanisms, registers and data, and what documents reported about them.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::get;
use bihuan_domain::id::{DatumId, MechanismId, PackId};
use bihuan_domain::mechanism::Field;
use bihuan_engine::views::{Counts, Filter};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::mechanisms::{function_name, standing};
use crate::Web;
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/packs/{id}", get(pack))
}

async fn pack(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    let id = PackId::from(id);
    visitor
        .work(move |visitor| {
            visitor.mechanisms.pack(&id).ok_or_else(Trouble::not_found)?;
            let views = visitor.views()?;
            let seen = Filter {
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            };
            let counts = views.counts_by_mechanism(&seen)?.into_iter().collect();
            view(visitor, &id, &counts)
        })
        .await
}

fn view(visitor: &Visitor, id: &PackId, counts: &BTreeMap<MechanismId, Counts>) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let pack = visitor.mechanisms.pack(id).ok_or_else(Trouble::not_found)?;
    let figures: Vec<_> = pack
        .mechanisms
        .iter()
        .flat_map(|mechanism| mechanism.figures.iter().map(move |figure| (mechanism, figure)))
        .collect();
    let mut mechanisms: Vec<_> = pack.mechanisms.iter().collect();
    mechanisms.sort_by(|a, b| a.number.cmp(&b.number));
    let body = html! {
        (layout::heading(Some(t(lang, "web.pack_over")), &html! { (pack.label.get(lang)) }, &html! {}))
        @if !pack.requires.is_empty() {
            p .quiet { (t(lang, "web.pack_requires"))
                @for (n, required) in pack.requires.iter().enumerate() {
                    @if n > 0 { (t(lang, "web.list_comma")) }
                    @match visitor.mechanisms.pack(required) {
                        Some(required) => { a href={ "/packs/" (required.id) } { (required.label.get(lang)) } },
                        None => { (required) },
                    }
                }
            }
        }
        @if !pack.mechanisms.is_empty() {
            section { h2 { (t(lang, "web.mechanisms_title")) }
                ul .index { @for mechanism in &mechanisms {
                    li { span .code { (mechanism.number) } div {
                        a .row-title href={ "/mechanisms/" (mechanism.id) } { (mechanism.label.get(lang)) }
                        (standing(visitor, mechanism, counts))
                        span .row-note { (mechanism.purpose.get(lang)) }
                    } }
                } }
            }
        }
        @if !pack.registers.is_empty() {
            section { h2 { (t(lang, "web.registers")) }
                ul .index { @for register in &pack.registers {
                    li { span .code .num { (tf(lang, "web.pack_rows", &[("n", &visitor.world.registers.count(&register.id))])) } div {
                        a .row-title href={ "/registers/" (register.id) } { (register.label.get(lang)) }
                        @if let Some(keeper) = &register.keeper {
                            span .row-note { (t(lang, "web.pack_owner")) " " (function_name(visitor, keeper)) }
                        }
                    } }
                } }
            }
        }
        @if !pack.dictionary.is_empty() {
            section { h2 { (t(lang, "web.pack_dictionary")) }
                p .quiet { (t(lang, "web.pack_dictionary_lead")) }
                (dictionary(visitor, pack))
            }
        }
        @if !figures.is_empty() {
            section { h2 { (t(lang, "web.mech_figures")) }
                ul .index { @for (mechanism, figure) in figures {
                    li { span .code { (mechanism.number) } div {
                        a .row-title href={ "/mechanisms/" (mechanism.id) "#figures" } { (figure.label.get(lang)) }
                        span .row-note { (figure.document) @if let Some(day) = figure.as_of { " · " (show::date(day, lang)) } }
                    } }
                } }
            }
        }
    };
    Ok(layout::page(
        visitor,
        pack.label.get(lang),
        Nav::Mechanisms,
        &body,
    ))
}

/// The pack's data: owner, unit, validity, and the fields that are each datum.
fn dictionary(visitor: &Visitor, pack: &bihuan_engine::Pack) -> Markup {
    let lang = visitor.lang;
    let used = uses(visitor);
    let heads = [
        "web.mech_datum",
        "web.pack_owner",
        "web.pack_of",
        "web.pack_valid",
        "web.pack_unit",
        "web.pack_used_by",
    ];
    html! {
        div .scroll tabindex="0" role="region" aria-label=(t(lang, "web.pack_dictionary")) {
            table .ledger .dictionary {
                thead { tr { @for head in heads { th scope="col" { (t(lang, head)) } } } }
                tbody { @for datum in &pack.dictionary {
                    tr id={ "datum-" (datum.id) } {
                        td .is-title data-label=(t(lang, "web.mech_datum")) { (datum.field.label.get(lang)) }
                        td data-label=(t(lang, "web.pack_owner")) {
                            @if datum.owner.as_str() == "handler" { (t(lang, "web.pack_handler")) } @else { (function_name(visitor, &datum.owner)) }
                        }
                        td data-label=(t(lang, "web.pack_of")) { @if datum.of.as_str() == "case" { (t(lang, "web.pack_of_case")) } @else { code { (datum.of) } } }
                        td data-label=(t(lang, "web.pack_valid")) { (valid(visitor, &datum.valid)) }
                        td data-label=(t(lang, "web.pack_unit")) .is-empty[datum.field.unit.is_none()] { @if let Some(unit) = &datum.field.unit { (unit.get(lang)) } }
                        td data-label=(t(lang, "web.pack_used_by")) {
                            @match used.get(&datum.id) {
                                Some(places) => { @for (n, (to, what)) in places.iter().enumerate() {
                                    @if n > 0 { (t(lang, "web.list_comma")) }
                                    a href=(to) { (what) }
                                } },
                                None => { span .quiet { (t(lang, "web.pack_unused")) } },
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// Where each datum is used: address and name of the mechanism or register.
fn uses(visitor: &Visitor) -> BTreeMap<DatumId, Vec<(String, String)>> {
    let lang = visitor.lang;
    let mut used: BTreeMap<DatumId, Vec<(String, String)>> = BTreeMap::new();
    let mut add = |fields: &[Field], to: String, what: &str| {
        for field in fields {
            let places = used.entry(field.datum.clone()).or_default();
            let place = (to.clone(), what.to_owned());
            if !places.contains(&place) {
                places.push(place);
            }
        }
    };
    for pack in visitor.mechanisms.packs() {
        for mechanism in &pack.mechanisms {
            let to = format!("/mechanisms/{}#fields", mechanism.id);
            add(&mechanism.fields, to, mechanism.label.get(lang));
        }
        for register in &pack.registers {
            add(
                &register.fields,
                format!("/registers/{}", register.id),
                register.label.get(lang),
            );
        }
    }
    used
}

fn valid(visitor: &Visitor, valid: &str) -> String {
    let lang = visitor.lang;
    match valid {
        "case" => t(lang, "web.pack_valid_case").to_owned(),
        "always" => t(lang, "web.pack_valid_always").to_owned(),
        limit => match limit.split_once(' ') {
            Some((n, "days" | "day")) => tf(lang, "web.pack_valid_days", &[("n", &n)]),
            _ => limit.to_owned(),
        },
    }
}
