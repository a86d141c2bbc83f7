//! The rows of a ledger: a box to pick each, its limit, its title, and the columns that were chosen; in groups where asked.

use bihuan_domain::event::Values;
use bihuan_domain::mechanism::{Colour, Mechanism};
use bihuan_domain::value::Type;
use bihuan_engine::views::{CaseRow, Page};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use super::Ledger;
use super::columns::{self, Column};
use crate::session::Visitor;
use crate::show;

impl Ledger<'_> {
    pub(super) fn table(&self, page: &Page<CaseRow>, values: &[Option<Values>]) -> Markup {
        let lang = self.show.visitor.lang;
        let columns = columns::shown(self.mechanism.as_deref(), self.asked);
        let begins = self.begins(page);
        html! {
            div .scroll tabindex="0" role="region" aria-label=(t(lang, "web.ledgers_title")) { table .ledger .is-list data-rows {
                thead { tr {
                    th .pick scope="col" { label { span .sr { (t(lang, "find.bulk_all")) } input type="checkbox" data-all hidden; } }
                    th scope="col" { (t(lang, "web.due")) }
                    th scope="col" { (t(lang, "web.case_title")) }
                    @for column in &columns { th .amount[is_number(column)] scope="col" { (column.label(lang)) } }
                } }
                tbody {
                    @for (n, row) in page.rows.iter().enumerate() {
                        @if let (Some(groups), Some(Some(code))) = (&self.groups, begins.get(n)) {
                            (groups.heading(lang, self.id.as_str(), self.asked, code, columns.len().saturating_add(3)))
                        }
                        (self.row(row, values.get(n).and_then(Option::as_ref), &columns))
                    }
                }
            } }
        }
    }

    /// Of each row the group that begins with it, if one does.
    fn begins(&self, page: &Page<CaseRow>) -> Vec<Option<String>> {
        let Some(groups) = &self.groups else {
            return Vec::new();
        };
        let codes: Vec<String> = page.rows.iter().map(|row| groups.by.of(row)).collect();
        let before = std::iter::once(None).chain(codes.iter().map(Some));
        let begins =
            |(code, before): (&String, Option<&String>)| (before != Some(code)).then(|| code.clone());
        codes.iter().zip(before).map(begins).collect()
    }

    fn row(&self, row: &CaseRow, values: Option<&Values>, columns: &[Column<'_>]) -> Markup {
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
            @let title = row.title.as_deref().unwrap_or(t(lang, "web.erased"));
            tr data-case {
                td .pick { label { span .sr { (tf(lang, "find.bulk_pick", &[("title", &title)])) } input type="checkbox" form="bulk" name="among" value=(row.id); } }
                td .due data-label=(t(lang, "web.due")) { (due(row, visitor)) }
                th scope="row" {
                    a .row-title href={ "/cases/" (row.id) } { (show::text(title)) }
                    span .row-note {
                        @if let Some(number) = &row.number { span .num { (number) } }
                        @if self.mechanism.is_none() { @if let Some(mechanism) = mechanism { " " (mechanism.label.get(lang)) } }
                        @if row.round > 1 { " " span .tag { (tf(lang, "web.round", &[("n", &row.round)])) } }
                    }
                }
                @for column in columns { (self.cell(row, values, mechanism, column)) }
            }
        }
    }

    fn cell(
        &self,
        row: &CaseRow,
        values: Option<&Values>,
        mechanism: Option<&Mechanism>,
        column: &Column<'_>,
    ) -> Markup {
        let (visitor, lang) = (self.show.visitor, self.show.visitor.lang);
        let none = html! { span .quiet { "–" } };
        let (empty, inside) = match column {
            Column::Stage => (false, html! { (show::stage_name(mechanism, &row.stage, lang)) }),
            Column::Owner => (false, html! { (self.show.unit(&row.owner)) }),
            Column::Holder if row.open => (false, html! { (self.holder(row)) }),
            Column::Holder => (true, none),
            Column::Opened => (false, show::short_moment(row.opened_at, visitor.now, lang)),
            Column::Closed => match row.closed_at {
                Some(at) => (false, show::short_moment(at, visitor.now, lang)),
                None => (true, none),
            },
            Column::Round => (false, html! { (row.round) }),
            Column::Field(field) => match values.and_then(|values| values.get(&field.id)) {
                Some(value) => (false, self.show.value(field, value)),
                None => (true, none),
            },
        };
        html! {
            td .stage[matches!(column, Column::Stage)] .amount[is_number(column)] .is-empty[empty] data-label=(column.label(lang)) { (inside) }
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
}

/// Whether a column holds numbers, which stand at the right.
fn is_number(column: &Column<'_>) -> bool {
    let Column::Field(field) = column else {
        return matches!(column, Column::Round);
    };
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
            // Red by another clock than this limit, as by a report that is missing: then the word stands there.
            @if row.colour == Colour::Red && row.due_at.is_some_and(|due| due > visitor.now) { (show::colour(row.colour, lang)) " " }
            @else { (show::colour_mark(row.colour, lang)) " " }
            @match row.due_at {
                Some(due) => { (show::remaining(due, visitor.now, lang)) },
                None => { span .quiet { (t(lang, "web.no_limit")) } },
            }
        }
    }
}
