//! What an import would do, and what it did: counts, then row by row what was found, expected, and how to mend it.

use bihuan_engine::import::{
    Change, Did, DoneRow, Outcome, Plan, Report, RowError, RowPlan, Summary, Vanished,
};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use super::drafts::Choice;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show;

/// Rows shown of a long list; all errors are in the file.
const SHOWN_MAX: usize = 200;

/// New rows shown in the preview.
const SAMPLES_MAX: usize = 20;

/// The three steps, with the one that the page is.
pub(super) fn steps(lang: Lang, now: usize) -> Markup {
    let steps = ["import.page_step_1", "import.page_step_2", "import.page_step_3"];
    html! {
        ol .import-steps aria-label=(t(lang, "import.page_steps")) {
            @for (n, step) in steps.into_iter().enumerate() {
                li aria-current=[(n + 1 == now).then_some("step")] { (n + 1) " " (t(lang, step)) }
            }
        }
    }
}

pub(super) fn preview(visitor: &Visitor, token: &str, choice: &Choice, plan: &Plan) -> Markup {
    let lang = visitor.lang;
    let work = plan.summary.new + plan.summary.changed > 0;
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_imports")), &html! { (show::text(&plan.ledger)) }, &html! {
            a href={ "/imports/" (token) } { (t(lang, "import.page_back")) }
        }))
        (steps(lang, 2))
        p .lead { (plan.text(lang)) }
        @for warning in &plan.warnings { p .notice role="alert" { (warning.text(lang)) } }
        (counts(lang, &plan.summary, &["import.page_count_new", "import.page_count_changed", "import.page_count_unchanged", "import.page_count_wrong"]))
        form method="post" action={ "/imports/" (token) "/import" } {
            (layout::csrf(visitor))
            div .actions {
                @if work {
                    button type="submit" .primary { (tf(lang, "import.page_import", &[("n", &(plan.summary.new + plan.summary.changed))])) }
                } @else {
                    p .notice { (t(lang, "import.page_nothing_to_do")) }
                }
                a .button href={ "/imports/" (token) } { (t(lang, "import.page_back")) }
            }
        }
        @let wrong: Vec<(u32, &str, &[RowError])> = plan.rows.iter().filter_map(|row| match &row.outcome {
            Outcome::Wrong { errors } => Some((row.row, row.title.as_str(), errors.as_slice())),
            _ => None,
        }).collect();
        (errors(visitor, token, &wrong))
        @if !plan.units.is_empty() {
            section {
                h2 { (t(lang, "import.page_units")) }
                p .quiet { (t(lang, "import.page_units_help")) }
                ul {
                    @for unit in &plan.units {
                        li { (show::text(&unit.found)) " → " strong { (unit.name.get(lang)) } " " span .quiet { (tf(lang, "import.page_times", &[("n", &unit.times)])) } }
                    }
                }
            }
        }
        (changed(lang, plan.rows.iter().filter_map(|row| match &row.outcome {
            Outcome::Changed { changes } => Some((row.row, row.title.as_str(), row.case.map(|case| case.to_string()), changes.as_slice())),
            _ => None,
        }).collect()))
        (new(lang, plan))
        (notes(lang, &plan.rows))
        (gone(lang, &plan.vanished))
        p .quiet { (choice.mechanism.label.get(lang)) }
    };
    layout::page(visitor, t(lang, "web.nav_imports"), Nav::Imports, &body)
}

pub(super) fn result(visitor: &Visitor, token: &str, choice: &Choice, report: &Report) -> Markup {
    let lang = visitor.lang;
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_imports")), &html! { (show::text(&report.ledger)) }, &html! {
            a href="/imports" { (t(lang, "import.page_next_file")) }
        }))
        (steps(lang, 3))
        p .notice role="status" {
            (report.text(lang)) " "
            a href={ "/ledgers/" (choice.mechanism.id) } { (tf(lang, "import.page_to_ledger", &[("ledger", &choice.mechanism.label.get(lang))])) }
        }
        (counts(lang, &report.summary, &["import.page_done_new", "import.page_done_changed", "import.page_count_unchanged", "import.page_count_wrong"]))
        @let wrong: Vec<(u32, &str, &[RowError])> = report.rows.iter().filter_map(|row| match &row.did {
            Did::Wrong { errors } => Some((row.row, row.title.as_str(), errors.as_slice())),
            _ => None,
        }).collect();
        (errors(visitor, token, &wrong))
        (changed(lang, report.rows.iter().filter_map(|row| match &row.did {
            Did::Changed { changes } => Some((row.row, row.title.as_str(), row.case.map(|case| case.to_string()), changes.as_slice())),
            _ => None,
        }).collect()))
        (opened(lang, report.rows.iter().filter(|row| row.did == Did::Opened).collect()))
        (gone(lang, &report.vanished))
    };
    layout::page(visitor, t(lang, "web.nav_imports"), Nav::Imports, &body)
}

fn counts(lang: Lang, summary: &Summary, keys: &[&str; 4]) -> Markup {
    let numbers = [summary.new, summary.changed, summary.unchanged, summary.wrong];
    html! {
        div .figures {
            @for (key, n) in keys.iter().zip(numbers) {
                div .figure { span .figure-n { (n) } span { (t(lang, key)) } }
            }
        }
    }
}

/// What is wrong, row by row.
fn errors(visitor: &Visitor, token: &str, wrong: &[(u32, &str, &[RowError])]) -> Markup {
    let lang = visitor.lang;
    html! {
        @if !wrong.is_empty() {
            section #errors {
                h2 { (tf(lang, "import.page_wrong", &[("n", &wrong.len())])) }
                p {
                    (t(lang, "import.page_wrong_help")) " "
                    a href={ "/imports/" (token) "/errors.csv" } { (t(lang, "import.page_wrong_file")) }
                }
                div .table-wrap tabindex="0" role="region" aria-label=(tf(lang, "import.page_wrong", &[("n", &wrong.len())])) {
                    table .ledger {
                        thead { tr {
                            @for key in ["import.page_row", "import.page_column", "import.page_was", "import.page_should", "import.page_mend"] {
                                th scope="col" { (t(lang, key)) }
                            }
                        } }
                        tbody {
                            @for (row, title, errors) in wrong.iter().take(SHOWN_MAX) {
                                @for error in errors.iter() {
                                    tr {
                                        th scope="row" .num title=(title) { (row) }
                                        td data-label=(t(lang, "import.page_column")) { @if let Some(column) = &error.column { (show::text(column)) } @else { (show::text(title)) } }
                                        td data-label=(t(lang, "import.page_was")) {
                                            @if error.found.is_empty() { span .quiet { (t(lang, "import.page_empty")) } }
                                            @else { (show::text(&error.found.chars().take(80).collect::<String>())) }
                                        }
                                        td data-label=(t(lang, "import.page_should")) { (error.expected.text(lang)) }
                                        td data-label=(t(lang, "import.page_mend")) { @if let Some(mend) = &error.mend { (mend.text(lang)) } }
                                    }
                                }
                            }
                        }
                    }
                }
                @if wrong.len() > SHOWN_MAX { p .quiet { (tf(lang, "import.page_more", &[("n", &(wrong.len() - SHOWN_MAX))])) } }
            }
        }
    }
}

type Changed<'a> = (u32, &'a str, Option<String>, &'a [Change]);

fn changed(lang: Lang, rows: Vec<Changed<'_>>) -> Markup {
    html! {
        @if !rows.is_empty() {
            section {
                h2 { (tf(lang, "import.page_changes", &[("n", &rows.len())])) }
                div .table-wrap tabindex="0" role="region" aria-label=(t(lang, "import.page_count_changed")) {
                    table .ledger {
                        thead { tr {
                            @for key in ["import.page_row", "web.title", "import.page_field", "import.page_before", "import.page_after"] {
                                th scope="col" { (t(lang, key)) }
                            }
                        } }
                        tbody {
                            @for (row, title, case, changes) in rows.iter().take(SHOWN_MAX) {
                                @for change in changes.iter() {
                                    tr {
                                        th scope="row" .num { (row) }
                                        td data-label=(t(lang, "web.title")) {
                                            @if let Some(case) = case { a href={ "/cases/" (case) } { (show::text(title)) } } @else { (show::text(title)) }
                                        }
                                        td data-label=(t(lang, "import.page_field")) { (change.label.get(lang)) }
                                        td data-label=(t(lang, "import.page_before")) { @if change.before.is_empty() { span .quiet { (t(lang, "import.page_empty")) } } @else { del { (show::text(&change.before)) } } }
                                        td data-label=(t(lang, "import.page_after")) { strong { (show::text(&change.after)) } }
                                    }
                                }
                            }
                        }
                    }
                }
                @if rows.len() > SHOWN_MAX { p .quiet { (tf(lang, "import.page_more", &[("n", &(rows.len() - SHOWN_MAX))])) } }
            }
        }
    }
}

/// The first of the rows that would become cases.
fn new(lang: Lang, plan: &Plan) -> Markup {
    let rows: Vec<_> = plan
        .rows
        .iter()
        .filter_map(|row| match &row.outcome {
            Outcome::New { values } => Some((row, values)),
            _ => None,
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            section {
                h2 { (tf(lang, "import.page_new", &[("n", &rows.len())])) }
                ol .rows {
                    @for (row, values) in rows.iter().take(SAMPLES_MAX) {
                        li .row {
                            p { span .quiet .num { (tf(lang, "import.page_row_n", &[("row", &row.row)])) } " " strong { (show::text(&row.title)) } }
                            p {
                                @for (n, value) in values.iter().enumerate() {
                                    @if n > 0 { " · " }
                                    span .quiet { (value.label.get(lang)) "：" } (show::text(&value.text.chars().take(60).collect::<String>()))
                                }
                            }
                        }
                    }
                }
                @if rows.len() > SAMPLES_MAX { p .quiet { (tf(lang, "import.page_more", &[("n", &(rows.len() - SAMPLES_MAX))])) } }
            }
        }
    }
}

/// What was worked out rather than stated, and what stays because it is newer.
fn notes(lang: Lang, rows: &[RowPlan]) -> Markup {
    let said: Vec<(u32, String)> = rows
        .iter()
        .flat_map(|row| row.notes.iter().map(|note| (row.row, note.text(lang))))
        .collect();
    html! {
        @if !said.is_empty() {
            section {
                details {
                    summary { (tf(lang, "import.page_notes", &[("n", &said.len())])) }
                    ul { @for (row, text) in said.iter().take(SHOWN_MAX) { li { (tf(lang, "import.page_row_n", &[("row", row)])) " " (show::text(text)) } } }
                }
            }
        }
    }
}

fn opened(lang: Lang, rows: Vec<&DoneRow>) -> Markup {
    html! {
        @if !rows.is_empty() {
            section {
                h2 { (tf(lang, "import.page_opened", &[("n", &rows.len())])) }
                ul .rows {
                    @for row in rows.iter().take(SHOWN_MAX) {
                        li .row {
                            span .quiet .num { (tf(lang, "import.page_row_n", &[("row", &row.row)])) } " "
                            @match row.case {
                                Some(case) => { a href={ "/cases/" (case) } { (show::text(&row.title)) } },
                                None => { (show::text(&row.title)) },
                            }
                            @if let Some(number) = &row.number { " " span .quiet { (number) } }
                        }
                    }
                }
                @if rows.len() > SHOWN_MAX { p .quiet { (tf(lang, "import.page_more", &[("n", &(rows.len() - SHOWN_MAX))])) } }
            }
        }
    }
}

fn gone(lang: Lang, vanished: &[Vanished]) -> Markup {
    html! {
        @if !vanished.is_empty() {
            section {
                h2 { (tf(lang, "import.page_gone_rows", &[("n", &vanished.len())])) }
                p .quiet { (t(lang, "import.page_gone_help")) }
                ul .rows {
                    @for one in vanished.iter().take(SHOWN_MAX) {
                        li .row { a href={ "/cases/" (one.case) } { (show::text(one.title.as_deref().unwrap_or(&one.key))) } }
                    }
                }
            }
        }
    }
}
