//! One row of the review: what is to be done, by whom, by when, the sentence it came from, and what may be done with it.

use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::documents::{Proposal, Standing};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use crate::body::Sent;
use crate::form::unit_options;
use crate::show::{self, Show};

/// A row of the document whose characters are `chars`; `ticked` is what a row is at first.
pub(super) fn proposal(
    show: &Show<'_>,
    ledger: &Mechanism,
    chars: &[char],
    row: &Proposal,
    sent: Option<&Sent>,
    ticked: bool,
) -> Markup {
    let lang = show.visitor.lang;
    let key = row.key.as_str();
    if let Some(case) = row.case {
        return html! {
            li .row .is-done #{ "r" (key) } {
                span .num { (row.index.saturating_add(1)) } " "
                a href={ "/cases/" (case) } { (show::text(&row.title)) }
                " " span .tag { (t(lang, "web.reading_accepted")) }
                p .quiet lang="zh-CN" { a href={ "#s" (key) } { (show::text(&row.quote)) } }
            }
        };
    }
    if let Standing::Rejected(reason) = &row.standing {
        return html! {
            li .row .is-rejected #{ "r" (key) } {
                span .num { (row.index.saturating_add(1)) } " "
                span .tag { (t(lang, "web.reading_rejected")) } " " (show::text(reason))
                p .quiet lang="zh-CN" { a href={ "#s" (key) } { (show::text(&row.quote)) } }
                button .plain type="submit" name="do" value={ "restore:" (key) } { (t(lang, "web.reading_restore")) }
            }
        };
    }
    // A refused form comes back as it was typed.
    let typed = |name: &str, proposed: Option<String>| match sent
        .and_then(|sent| sent.find(&format!("{name}-{key}")))
    {
        Some(typed) => typed.to_owned(),
        None => proposed.unwrap_or_default(),
    };
    let is_ticked = sent.map_or(ticked, |sent| sent.all("row").any(|row| row == key));
    let owner = typed("owner", row.owner.as_ref().map(|(unit, _)| unit.to_string()));
    let owners = &ledger.open.owners;
    let id = |name: &str| format!("{name}-{key}");
    html! {
        li .row #{ "r" (key) } tabindex="-1" data-row=(key) {
            div .row-head {
                label .choice {
                    input type="checkbox" name="row" value=(key) checked[is_ticked];
                    span .sr { (tf(lang, "web.reading_take", &[("title", &row.title)])) }
                    span .num aria-hidden="true" { (row.index.saturating_add(1)) }
                }
                input .row-title type="text" name=(id("title")) value=(typed("title", Some(row.title.clone()))) maxlength="500" aria-label=(t(lang, "web.title"));
            }
            p .row-quote lang="zh-CN" { a href={ "#s" (key) } title=(t(lang, "web.reading_show_place")) { "“" (show::text(&row.quote)) "”" } }
            div .row-fields {
                div {
                    label for=(id("owner")) { (t(lang, "web.owner")) }
                    select id=(id("owner")) name=(id("owner")) {
                        (unit_options(show, Some(owner.as_str()).filter(|o| !o.is_empty()), |unit| owners.is_empty() || owners.contains(&unit.kind)))
                    }
                    @if let Some((_, why)) = &row.owner { span .quiet { (why.text(lang)) } }
                }
                div {
                    label for=(id("due")) { (t(lang, "web.due")) }
                    input id=(id("due")) type="date" name=(id("due")) value=(typed("due", row.due.map(|due| due.to_string())));
                }
                div {
                    label for=(id("value")) { (t(lang, "web.reading_target")) }
                    span .with-unit {
                        input id=(id("value")) type="text" inputmode="decimal" name=(id("value")) value=(typed("value", row.value.clone()));
                        input type="text" name=(id("unit")) value=(typed("unit", row.unit.clone())) aria-label=(t(lang, "web.reading_unit")) size="4";
                    }
                }
            }
            details .row-more open[sent.is_some()] {
                summary { (t(lang, "web.reading_more")) @if row.changed { " " span .tag { (t(lang, "web.reading_changed")) } } }
                p .quiet { (reasons(row, lang)) }
                div .row-fields {
                    div {
                        label for=(id("goal")) { (t(lang, "breakdown.goal")) }
                        input id=(id("goal")) type="text" name=(id("goal")) value=(typed("goal", row.goal.clone())) maxlength="500";
                    }
                    div {
                        label for=(id("support")) { (t(lang, "breakdown.support")) }
                        input id=(id("support")) type="text" name=(id("support")) value=(typed("support", Some(supporting(show, row)))) maxlength="500";
                    }
                    div {
                        label for=(id("person")) { (t(lang, "breakdown.person")) }
                        input id=(id("person")) type="text" name=(id("person")) value=(typed("person", row.person.clone())) maxlength="100";
                    }
                }
                (cuts(chars, row, lang))
                p .bulk-line {
                    label for=(id("reason")) { (t(lang, "web.reading_reason")) } " "
                    input id=(id("reason")) type="text" name=(id("reason")) maxlength="500" data-reason;
                    " " button .plain type="submit" name="do" value={ "reject:" (key) } { (t(lang, "web.reading_reject")) }
                }
            }
        }
    }
}

/// Why the sentence is a row.
fn reasons(row: &Proposal, lang: Lang) -> String {
    let why: Vec<&str> = row.why.iter().map(|key| t(lang, key)).collect();
    tf(
        lang,
        "web.reading_why",
        &[("why", &why.join(if lang == Lang::Zh { "，" } else { ", " }))],
    )
}

/// Names of the supporting units, as they are typed.
pub(super) fn supporting(show: &Show<'_>, row: &Proposal) -> String {
    let mut names: Vec<String> = row
        .supporting
        .iter()
        .map(|unit| {
            let units = &show.visitor.world.org.units;
            units.get(unit).map_or_else(
                || unit.to_string(),
                |unit| unit.name.get(show.visitor.lang).to_owned(),
            )
        })
        .collect();
    names.extend(row.supporting_unknown.iter().cloned());
    names.join("、")
}

/// Where the row can be cut: after each mark within it.
fn cuts(chars: &[char], row: &Proposal, lang: Lang) -> Markup {
    let inner = row.at.iter().flat_map(|[from, to]| *from..*to);
    let last = row.at.last().map_or(0, |run| run[1]).saturating_sub(1);
    let places: Vec<usize> = inner
        .filter(|at| *at < last && chars.get(*at).is_some_and(|c| "，、；。,; ".contains(*c)))
        .map(|at| at.saturating_add(1))
        .collect();
    let text = |from: usize, to: usize| -> String {
        chars
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .filter(|c| !c.is_whitespace())
            .collect()
    };
    let starts = std::iter::once(row.at.first().map_or(0, |run| run[0])).chain(places.iter().copied());
    let parts: Vec<(usize, usize)> = starts
        .zip(places.iter().copied().chain([last.saturating_add(1)]))
        .collect();
    html! {
        @if !places.is_empty() {
            fieldset .cuts {
                legend { (t(lang, "web.reading_split_where")) }
                span lang="zh-CN" {
                    @for (n, (from, to)) in parts.iter().enumerate() {
                        @if n > 0 {
                            label .cut { input type="radio" name={ "cut-" (row.key) } value=(from); span .sr { (t(lang, "web.reading_split_here")) } "⁄" }
                        }
                        (show::text(&text(*from, *to)))
                    }
                }
                " " button .plain type="submit" name="do" value={ "split:" (row.key) } { (t(lang, "web.reading_split")) }
            }
        }
    }
}
