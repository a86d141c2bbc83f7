//! The process before (从前的办理过程): the event log of another system, read once for this answer and kept nowhere, its figures
//! beside those of a mechanism. No person is named: holders are told as units or posts, in the order of their names.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::process::process;
use bihuan_messages::{Lang, t, tf};
use bihuan_process::{
    Charged, Columns, DateOrder, EventLog, Figures, Options, Read, Unreadable, lasting, read, share,
};
use maud::{Markup, html};

use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, at_field, summary};
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Rows of each list.
const SHOWN: usize = 15;
/// Rows that could not be read and are told one by one.
const FAULTS_SHOWN: usize = 20;
/// The columns that may be named: the field of the form and what it is for.
const COLUMNS: [(&str, &str); 4] = [
    ("case", "process.column_case"),
    ("activity", "process.column_activity"),
    ("time", "process.column_time"),
    ("resource", "process.column_holder"),
];
/// How dates may be written.
const DATES: [(&str, &str); 3] = [
    ("ymd", "process.page_ymd"),
    ("dmy", "process.page_dmy"),
    ("mdy", "process.page_mdy"),
];

/// The form.
pub(super) async fn page(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    visitor.must_administer()?;
    let mechanism = super::find(&visitor, id)?;
    Ok(form(&visitor, &mechanism, &Sent::default(), &[]))
}

/// The figures of the file that was sent, beside ours.
pub(super) async fn compare(
    Path(id): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let mechanism = super::find(&visitor, id)?;
    visitor
        .work(move |visitor| {
            let lang = visitor.lang;
            let refused = |at: &str, text: String| {
                let page = form(visitor, &mechanism, &sent, &[Problem::at(at, text)]);
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
            };
            let Some((_, name, bytes)) = sent.files.first() else {
                return refused("file", t(lang, "process.page_no_file").to_owned());
            };
            match read(bytes, &options(&sent)) {
                Ok(read) => {
                    let charged = match sent.get("keeper") {
                        "yes" => Charged::Keeper,
                        _ => Charged::Doer,
                    };
                    let figures = Figures::of(&read.log, charged, 2);
                    Ok(answer(visitor, &mechanism, name, &read, &figures)?.into_response())
                }
                Err(unreadable) => {
                    let at = match unreadable {
                        Unreadable::NoColumn { .. } | Unreadable::Twice { .. } => "columns",
                        _ => "file",
                    };
                    refused(at, told(&unreadable, lang))
                }
            }
        })
        .await
}

fn options(sent: &Sent) -> Options {
    let named = |field: &str| sent.filled(field).map(str::to_owned);
    Options {
        columns: Columns {
            case: named("case"),
            activity: named("activity"),
            time: named("time"),
            holder: named("resource"),
        },
        dates: match sent.get("dates") {
            "dmy" => DateOrder::DayFirst,
            "mdy" => DateOrder::MonthFirst,
            _ => DateOrder::YearFirst,
        },
        threads: 2,
    }
}

/// What is wrong with a file; a column that was not recognised is named in a field of this form and not by an option.
fn told(unreadable: &Unreadable, lang: Lang) -> String {
    match unreadable {
        Unreadable::NoColumn { sort, asked, columns } => {
            let key = if asked.is_some() {
                "process.page_no_such_column"
            } else {
                "process.page_no_column"
            };
            let asked = asked.as_deref().unwrap_or_default();
            let column = sort.label();
            tf(
                lang,
                key,
                &[
                    ("asked", &asked),
                    ("column", &column.get(lang)),
                    ("columns", &columns.join(" | ")),
                ],
            )
        }
        other => other.message().text(lang),
    }
}

fn form(visitor: &Visitor, mechanism: &Mechanism, sent: &Sent, problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    let title = t(lang, "process.page_title");
    let named = COLUMNS.iter().any(|(field, _)| sent.filled(field).is_some());
    let about_columns = problems
        .iter()
        .any(|problem| problem.field.as_deref() == Some("columns"));
    let body = html! {
        (heading(visitor, mechanism, title))
        p .lead { (t(lang, "process.page_lead")) }
        p .notice { (t(lang, "process.page_kept_nowhere")) }
        (summary(lang, problems))
        form .stack method="post" action={ "/mechanisms/" (mechanism.id) "/process/before" } enctype="multipart/form-data" {
            (layout::csrf(visitor))
            div .field .has-error[!problems.is_empty() && !about_columns] {
                label for="file" { (t(lang, "process.page_file")) }
                p .help #file-help { (t(lang, "process.page_file_help")) }
                (at_field(problems, "file"))
                input #file type="file" name="file" required accept=".csv,.xes,.xml,.txt,text/csv" aria-describedby="file-help";
            }
            details #columns open[about_columns || named] {
                summary { (t(lang, "process.page_columns")) }
                (at_field(problems, "columns"))
                p .help { (t(lang, "process.page_columns_help")) }
                @for (field, label) in COLUMNS {
                    div .field { label for=(field) { (t(lang, label)) } input id=(field) type="text" name=(field) value=(sent.get(field)) maxlength="200"; }
                }
                div .field { label for="dates" { (t(lang, "process.page_dates")) } select #dates name="dates" {
                    @for (value, label) in DATES { option value=(value) selected[sent.get("dates") == value] { (t(lang, label)) } }
                } }
                div .field { label { input type="checkbox" name="keeper" value="yes" checked[sent.get("keeper") == "yes"]; " " (t(lang, "process.page_keeper")) } }
            }
            div .actions { button type="submit" .primary { (t(lang, "process.page_read")) } }
        }
    };
    layout::page(visitor, title, Nav::Mechanisms, &body)
}

fn heading(visitor: &Visitor, mechanism: &Mechanism, title: &str) -> Markup {
    let lang = visitor.lang;
    layout::heading(
        Some(mechanism.label.get(lang)),
        &html! { (title) },
        &html! { a .button href={ "/mechanisms/" (mechanism.id) "/process" } { (t(lang, "process.title")) } },
    )
}

fn answer(
    visitor: &Visitor,
    mechanism: &Mechanism,
    name: &str,
    read: &Read,
    before: &Figures,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let title = t(lang, "process.page_title");
    let ours = process(&visitor.engine, &mechanism.id, &visitor.sight)?;
    let columns: Vec<&str> = read.columns.iter().map(|(_, name)| name.as_str()).collect();
    let body = html! {
        (heading(visitor, mechanism, title))
        p .lead { (show::text(name)) }
        p .quiet { (tf(lang, "process.read_as", &[("encoding", &read.encoding), ("columns", &columns.join(" | "))])) " " (t(lang, "process.page_kept_nowhere")) }
        @if read.faults.total > 0 {
            section #left-out .notice {
                p { (tf(lang, "process.left_out", &[("n", &show::count(read.faults.total))])) }
                ul { @for fault in read.faults.first.iter().take(FAULTS_SHOWN) { li { (show::text(&fault.message().text(lang))) } } }
            }
        }
        section #compared {
            h2 { (t(lang, "process.page_compared")) }
            p .quiet { (t(lang, "process.page_compared_lead")) }
            (compared(lang, mechanism.label.get(lang), before, &ours.figures))
        }
        section #ways { h2 { (t(lang, "process.ways")) } (ways(lang, &read.log, before)) }
        section #waits { h2 { (t(lang, "process.waits")) } (waits(lang, &read.log, before)) }
        @if before.holders.iter().any(|one| one.holder.is_some()) {
            section #holders { h2 { (t(lang, "process.holders")) } p .quiet { (t(lang, "process.holders_lead")) } (holders(lang, &read.log, before)) }
        }
    };
    Ok(layout::page(visitor, title, Nav::Mechanisms, &body))
}

/// Before and here, line by line; a figure without cases behind it is a dash and no zero.
fn compared(lang: Lang, ours_called: &str, before: &Figures, ours: &Figures) -> Markup {
    let time = |figures: &Figures, of: &dyn Fn(&Figures) -> i64| {
        if figures.throughput.n == 0 {
            "–".to_owned()
        } else {
            lasting(of(figures), lang)
        }
    };
    let part = |n: u64, figures: &Figures| {
        if figures.cases == 0 {
            "–".to_owned()
        } else {
            share(n, figures.cases)
        }
    };
    let first = |figures: &Figures| figures.variants.first().map_or(0, |way| way.count());
    let back = |figures: &Figures| {
        let cases: BTreeSet<u32> = figures
            .loops
            .iter()
            .flat_map(|one| one.cases.iter().copied())
            .collect();
        u64::try_from(cases.len()).unwrap_or(u64::MAX)
    };
    let ways = |figures: &Figures| show::count(u64::try_from(figures.variants.len()).unwrap_or(u64::MAX));
    let lines: [(&str, [String; 2]); 8] = [
        (
            "process.cases",
            [show::count(before.cases), show::count(ours.cases)],
        ),
        (
            "process.page_measured",
            [show::count(before.throughput.n), show::count(ours.throughput.n)],
        ),
        (
            "process.median",
            [before, ours].map(|one| time(one, &|one| one.throughput.median)),
        ),
        (
            "process.mean",
            [before, ours].map(|one| time(one, &|one| one.throughput.mean)),
        ),
        (
            "process.p90",
            [before, ours].map(|one| time(one, &|one| one.throughput.p90)),
        ),
        ("process.page_ways", [before, ours].map(ways)),
        (
            "process.page_first_way",
            [before, ours].map(|one| part(first(one), one)),
        ),
        (
            "process.page_back",
            [before, ours].map(|one| part(back(one), one)),
        ),
    ];
    html! {
        table .ledger {
            thead { tr {
                th scope="col" { (t(lang, "process.page_figure")) }
                th .amount scope="col" { (t(lang, "process.page_before")) }
                th .amount scope="col" { (ours_called) }
            } }
            tbody { @for (key, [was, is]) in &lines { tr {
                th scope="row" { (t(lang, key)) }
                td .amount data-label=(t(lang, "process.page_before")) { (was) }
                td .amount data-label=(ours_called) { (is) }
            } } }
        }
    }
}

fn chips(log: &EventLog, activities: &[u32]) -> Markup {
    html! { ol .way {
        @for one in activities.iter().take(40) { li { span { (show::text(log.activity_names().text(*one))) } } }
        @if activities.len() > 40 { li { "…" } }
    } }
}

fn ways(lang: Lang, log: &EventLog, figures: &Figures) -> Markup {
    html! { table .ledger {
        thead { tr {
            th scope="col" { (t(lang, "process.way")) }
            th .amount scope="col" { (t(lang, "process.cases")) }
            th .amount scope="col" { (t(lang, "process.share")) }
        } }
        tbody { @for one in figures.variants.iter().take(SHOWN) { tr {
            th scope="row" { (chips(log, &one.activities)) }
            td .amount data-label=(t(lang, "process.cases")) { (show::count(one.count())) }
            td .amount data-label=(t(lang, "process.share")) { (share(one.count(), figures.cases)) }
        } } }
    }
    (rest(lang, figures.variants.len(), figures.variants.iter().skip(SHOWN).map(|one| one.count()).sum())) }
}

fn waits(lang: Lang, log: &EventLog, figures: &Figures) -> Markup {
    html! { table .ledger {
        thead { tr {
            th scope="col" { (t(lang, "process.step")) }
            th .amount scope="col" { (t(lang, "process.times")) }
            th .amount scope="col" { (t(lang, "process.median")) }
            th .amount scope="col" { (t(lang, "process.p90")) }
        } }
        tbody { @for one in figures.follows.iter().take(SHOWN) { tr {
            th scope="row" { (chips(log, &[one.from, one.to])) }
            td .amount data-label=(t(lang, "process.times")) { (show::count(one.wait.n)) }
            td .amount data-label=(t(lang, "process.median")) { (lasting(one.wait.median, lang)) }
            td .amount data-label=(t(lang, "process.p90")) { (lasting(one.wait.p90, lang)) }
        } } }
    }
    (rest(lang, figures.follows.len(), figures.follows.iter().skip(SHOWN).map(|one| one.wait.n).sum())) }
}

fn holders(lang: Lang, log: &EventLog, figures: &Figures) -> Markup {
    let mut named: Vec<_> = figures
        .holders
        .iter()
        .filter_map(|one| Some((log.holder_names().text(one.holder?), one)))
        .collect();
    named.sort_by_key(|(name, _)| *name);
    let more: u64 = named.iter().skip(SHOWN * 4).map(|(_, one)| one.cases).sum();
    html! { table .ledger {
        thead { tr {
            th scope="col" { (t(lang, "process.unit_or_post")) }
            th .amount scope="col" { (t(lang, "process.cases")) }
            th .amount scope="col" { (t(lang, "process.median")) }
            th .amount scope="col" { (t(lang, "process.p90")) }
        } }
        tbody { @for (name, one) in named.iter().take(SHOWN * 4) { tr {
            th scope="row" { (show::text(name)) }
            td .amount data-label=(t(lang, "process.cases")) { (show::count(one.cases)) }
            td .amount data-label=(t(lang, "process.median")) { (lasting(one.wait.median, lang)) }
            td .amount data-label=(t(lang, "process.p90")) { (lasting(one.wait.p90, lang)) }
        } } }
    }
    @if more > 0 { p .quiet { (tf(lang, "process.rest", &[("n", &(named.len() - SHOWN * 4)), ("sum", &show::count(more))])) } } }
}

fn rest(lang: Lang, all: usize, n: u64) -> Markup {
    let more = all.saturating_sub(SHOWN);
    html! { @if more > 0 { p .quiet { (tf(lang, "process.rest", &[("n", &more), ("sum", &show::count(n))])) } } }
}
