//! What a ledger is asked for: the fields of its filter, what an address left out besides, and the choice of columns.

use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::columns::{self, Column};
use super::{FIELDS, Ledger};
use crate::form::unit_options_or;
use crate::show;

impl Ledger<'_> {
    /// What an address left out that no field of the filter shows.
    pub(super) fn left_out(&self) -> Markup {
        let (show, asked) = (self.show, self.asked);
        let lang = show.visitor.lang;
        let day = |text: &str| {
            let day = text.trim().parse::<jiff::civil::Date>().ok();
            day.map(|day| show::date(day, lang))
        };
        let mut said = Vec::new();
        if let Some(day) = day(&asked.open_on) {
            said.push(("open_on", tf(lang, "find.only_open_on", &[("day", &day)])));
        }
        if !asked.holder.trim().is_empty() {
            let unit = show.unit(&asked.holder.trim().into());
            said.push(("holder", tf(lang, "find.only_holder", &[("unit", &unit)])));
        }
        for (what, from, to) in [
            ("opened", &asked.opened_from, &asked.opened_to),
            ("closed", &asked.closed_from, &asked.closed_to),
            ("due", &asked.due_from, &asked.due_to),
        ] {
            if day(from).is_some() || day(to).is_some() {
                let any = || t(lang, "find.only_any").to_owned();
                let words = [
                    ("what", t(lang, &format!("find.only_{what}")).to_owned()),
                    ("from", day(from).unwrap_or_else(any)),
                    ("to", day(to).unwrap_or_else(any)),
                ];
                let words: Vec<(&str, &dyn std::fmt::Display)> = words
                    .iter()
                    .map(|(name, value)| (*name, value as &dyn std::fmt::Display))
                    .collect();
                said.push((what, tf(lang, "find.only_days", &words)));
            }
        }
        let without = |what: &str| {
            let mut asked = asked.clone();
            for name in [what.to_owned(), format!("{what}_from"), format!("{what}_to")] {
                asked.set(&name, "");
            }
            format!("/ledgers/{}{}", self.id, asked.with("page", ""))
        };
        html! {
            @for (what, words) in &said {
                p .notice { (words) " " a href=(without(what)) { (t(lang, "web.mech_show_all")) } }
            }
        }
    }

    pub(super) fn filters(&self) -> Markup {
        let (show, asked) = (self.show, self.asked);
        let lang = show.visitor.lang;
        let option = |value: &str, now: &str, key: &str| {
            html! { option value=(value) selected[value == now] { (t(lang, key)) } }
        };
        html! {
            form .filters method="get" action={ "/ledgers/" (self.id) } role="search" {
                @for (name, value) in asked.pairs() {
                    @if !FIELDS.contains(&name) && !value.is_empty() { input type="hidden" name=(name) value=(value); }
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
                label { span { (t(lang, "find.group")) }
                    select name="group" data-group {
                        (option("", &asked.group, "find.group_none"))
                        (option("owner", &asked.group, "web.owner"))
                        (option("holder", &asked.group, "find.group_holder"))
                        @if self.mechanism.is_some() { (option("stage", &asked.group, "web.stage")) }
                        @else { (option("mechanism", &asked.group, "find.group_mechanism")) }
                        (option("colour", &asked.group, "find.group_colour"))
                    }
                }
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

    /// The columns to choose from. The rest of the address goes along.
    pub(super) fn chooser(&self) -> Markup {
        let (lang, asked) = (self.show.visitor.lang, self.asked);
        let mechanism = self.mechanism.as_deref();
        let shown: Vec<String> = columns::shown(mechanism, asked)
            .iter()
            .map(Column::code)
            .collect();
        html! {
            details .fold .chooser {
                summary { (t(lang, "find.columns_choose")) }
                form method="get" action={ "/ledgers/" (self.id) } {
                    @for (name, value) in asked.pairs() {
                        @if name != "cols" && !value.is_empty() { input type="hidden" name=(name) value=(value); }
                    }
                    fieldset .choices {
                        legend .sr { (t(lang, "find.columns")) }
                        @for column in columns::every(mechanism) {
                            @let code = column.code();
                            label .choice { input type="checkbox" name="cols" value=(code) checked[shown.contains(&code)]; span { (column.label(lang)) } }
                        }
                    }
                    p .help { (t(lang, "find.columns_help")) }
                    button type="submit" { (t(lang, "find.columns_apply")) }
                }
            }
        }
    }
}
