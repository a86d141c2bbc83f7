//! The columns of a sheet beside what they are: proposed, with three samples each, for a person to set right.

use std::sync::Arc;

use bihuan_domain::id::FieldId;
use bihuan_domain::mechanism::Mechanism;
use bihuan_domain::value::Type;
use bihuan_engine::import::{self, Assigned, Mapping, Target};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use serde::Deserialize;

use super::drafts::{Choice, Draft};
use super::{ledgers, place};
use crate::body::Sent;
use crate::components::summary::{Problem, summary};
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Units that a column of amounts may be in.
const UNITS: [&str; 4] = ["元", "万元", "百万元", "亿元"];

/// Which table, and into which ledger.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    table: Option<usize>,
    #[serde(default)]
    ledger: Option<String>,
}

/// What was asked for, else what was chosen before, else the first table and the ledger whose fields it fits best.
pub(super) fn choose(visitor: &Visitor, draft: &Draft, asked: &Asked) -> Result<Choice, Trouble> {
    let former = draft.choice.as_deref();
    if let Some(choice) = former.filter(|_| asked.table.is_none() && asked.ledger.is_none()) {
        return Ok(choice.clone());
    }
    let place = asked.table.or(former.map(|choice| choice.table)).unwrap_or(0);
    let table = draft.tables.get(place).ok_or_else(Trouble::not_found)?;
    let all = ledgers(visitor);
    let wanted = asked
        .ledger
        .as_deref()
        .or(former.map(|choice| choice.mechanism.id.as_str()));
    if let Some(mechanism) = all.iter().find(|mechanism| Some(mechanism.id.as_str()) == wanted) {
        let mapping = import::propose(&visitor.engine, &mechanism.id, &draft.name, table)?;
        return Ok(Choice {
            table: place,
            mechanism: mechanism.clone(),
            mapping,
            only_shown: false,
        });
    }
    let mut best: Option<(usize, Choice)> = None;
    for mechanism in all {
        let mapping = import::propose(&visitor.engine, &mechanism.id, &draft.name, table)?;
        let fits = fitness(&mechanism, &mapping);
        if best.as_ref().is_none_or(|(known, _)| fits > *known) {
            best = Some((
                fits,
                Choice {
                    table: place,
                    mechanism,
                    mapping,
                    only_shown: false,
                },
            ));
        }
    }
    best.map(|(_, choice)| choice).ok_or_else(Trouble::not_found)
}

/// A ledger whose sheet is known goes first; then the one that takes most columns and lacks least.
fn fitness(mechanism: &Mechanism, mapping: &Mapping) -> usize {
    let taken = mapping
        .columns
        .iter()
        .filter(|column| column.target != Target::Ignore)
        .count();
    let lacking = required(mechanism)
        .filter(|id| mapping.column(&Target::Field(id.clone())).is_none())
        .count();
    usize::from(mapping.remembered)
        .saturating_mul(1_000)
        .saturating_add(100)
        .saturating_add(taken)
        .saturating_sub(lacking.saturating_mul(3))
}

fn required(mechanism: &Mechanism) -> impl Iterator<Item = FieldId> + '_ {
    let fields = mechanism
        .fields
        .iter()
        .filter(|field| field.required && field.id != mechanism.title);
    fields.map(|field| field.id.clone())
}

/// What the form says.
pub(super) fn typed(visitor: &Visitor, draft: &Draft, sent: &Sent) -> Result<Choice, Trouble> {
    let place = place(sent, "table");
    let table = draft.tables.get(place).ok_or_else(Trouble::not_found)?;
    let all = ledgers(visitor);
    let mechanism: Arc<Mechanism> = all
        .into_iter()
        .find(|mechanism| mechanism.id.as_str() == sent.get("ledger"))
        .ok_or_else(Trouble::not_found)?;
    let mut mapping = import::propose(&visitor.engine, &mechanism.id, &draft.name, table)?;
    mapping.columns = (0..table.columns.len())
        .map(|n| Assigned {
            target: Target::parse(sent.get(&format!("c{n}")), &mechanism).unwrap_or(Target::Ignore),
            unit: sent.filled(&format!("u{n}")).map(str::to_owned),
        })
        .collect();
    mapping.constants = sent
        .fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("k.")?, value.trim())))
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(target, value)| Some((Target::parse(target, &mechanism)?, value.to_owned())))
        .collect();
    mapping.year = sent
        .filled("year")
        .and_then(|year| year.parse().ok())
        .filter(|year| (1950..2200).contains(year));
    let squeezed: String = sent
        .get("name")
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !"#$~".contains(*c))
        .collect();
    mapping.ledger = squeezed.chars().take(60).collect();
    Ok(Choice {
        table: place,
        mechanism,
        mapping,
        only_shown: sent.find("only-shown").is_some(),
    })
}

pub(super) fn page(
    visitor: &Visitor,
    token: &str,
    draft: &Draft,
    choice: &Choice,
    problems: &[Problem],
) -> Markup {
    let lang = visitor.lang;
    let Some(table) = draft.tables.get(choice.table) else {
        return html! {};
    };
    let info = import::info(choice.table, table);
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_imports")), &html! { (show::text(&draft.name)) }, &html! {
            a href="/imports" { (t(lang, "import.page_other_file")) }
        }))
        (super::outcome::steps(lang, 1))
        (summary(lang, problems))
        form .ledger-choice method="get" action={ "/imports/" (token) } {
            label { (t(lang, "import.page_table")) " "
                select name="table" data-submit {
                    @for (n, one) in draft.tables.iter().enumerate() {
                        option value=(n) selected[n == choice.table] { (table_name(visitor, n, one)) }
                    }
                }
            }
            " "
            label { (t(lang, "import.page_ledger")) " "
                select name="ledger" data-submit {
                    @for one in ledgers(visitor) {
                        option value=(one.id) selected[one.id == choice.mechanism.id] { (one.label.get(lang)) }
                    }
                }
            }
            " " button type="submit" .plain { (t(lang, "import.page_switch")) }
        }
        p .quiet {
            (tf(lang, "import.page_found", &[("rows", &info.rows), ("header", &info.header_row)])) " "
            @if !info.skipped.is_empty() { (tf(lang, "import.page_skipped", &[("n", &info.skipped.len())])) " " }
            @if !table.hidden_rows.is_empty() { (tf(lang, "import.page_hidden", &[("n", &table.hidden_rows.len())])) " " }
            @for note in &info.notes { (note.text(lang)) " " }
        }
        @if choice.mapping.remembered { p .notice { (t(lang, "import.page_remembered")) } }
        form #columns method="post" action={ "/imports/" (token) } {
            (layout::csrf(visitor))
            input type="hidden" name="table" value=(choice.table);
            input type="hidden" name="ledger" value=(choice.mechanism.id);
            div .table-wrap tabindex="0" role="region" aria-label=(t(lang, "import.page_columns")) {
                table .ledger {
                    thead { tr {
                        th scope="col" { (t(lang, "import.page_column")) }
                        th scope="col" { (t(lang, "import.page_samples")) }
                        th scope="col" { (t(lang, "import.page_is")) }
                    } }
                    tbody { @for (n, column) in info.columns.iter().enumerate() { (line(visitor, choice, n, column)) } }
                }
            }
            @if !table.hidden_rows.is_empty() {
                div .field {
                    label .choice {
                        input type="checkbox" name="only-shown" value="yes" checked[choice.only_shown] aria-describedby="hidden-help";
                        span { (tf(lang, "import.page_only_shown", &[("n", &table.hidden_rows.len())])) }
                    }
                    p .help #hidden-help { (t(lang, "import.page_only_shown_help")) }
                }
            }
            (rest(visitor, choice))
            div .actions .sticky {
                button type="submit" .primary { (t(lang, "import.page_preview")) }
                span .quiet { (t(lang, "import.page_nothing_yet")) }
            }
        }
    };
    layout::page(visitor, t(lang, "web.nav_imports"), Nav::Imports, &body)
}

fn table_name(visitor: &Visitor, n: usize, table: &import::Table) -> String {
    let what = table.title.clone().unwrap_or_else(|| table.sheet.clone());
    let what = if what.is_empty() {
        (n + 1).to_string()
    } else {
        what
    };
    tf(
        visitor.lang,
        "import.page_table_name",
        &[("name", &what), ("rows", &table.rows.len())],
    )
}

/// One column: its header, samples, and what it is.
fn line(visitor: &Visitor, choice: &Choice, n: usize, column: &import::ColumnInfo) -> Markup {
    let lang = visitor.lang;
    let assigned = choice.mapping.columns.get(n);
    let money = choice
        .mechanism
        .fields
        .iter()
        .any(|field| field.ty == Type::Money);
    let name = tf(lang, "import.page_is_of", &[("column", &column.header)]);
    html! {
        tr {
            th scope="row" { (show::text(&column.header)) " " span .quiet { (column.letter) } }
            td data-label=(t(lang, "import.page_samples")) {
                @if column.samples.is_empty() { span .quiet { (t(lang, "import.page_empty")) } }
                ul { @for sample in &column.samples { li { (show::text(sample)) } } }
            }
            td data-label=(t(lang, "import.page_is")) {
                select name={ "c" (n) } aria-label=(name) {
                    @for (target, label) in import::targets(&choice.mechanism) {
                        option value=(target) selected[assigned.is_some_and(|a| a.target == target)] { (label.get(lang)) }
                    }
                }
                @if money {
                    " " select name={ "u" (n) } aria-label=(tf(lang, "import.page_unit_of", &[("column", &column.header)])) {
                        option value="" { (t(lang, "import.page_unit_auto")) }
                        @for unit in UNITS {
                            option value=(unit) selected[assigned.is_some_and(|a| a.unit.as_deref() == Some(unit))] { (unit) }
                        }
                    }
                }
            }
        }
    }
}

/// What stands in no column: the ledger's name, the year, values that all rows share.
fn rest(visitor: &Visitor, choice: &Choice) -> Markup {
    let lang = visitor.lang;
    let mapping = &choice.mapping;
    let mut shared: Vec<Target> = vec![Target::Owner];
    shared.extend(required(&choice.mechanism).map(Target::Field));
    shared.extend(mapping.constants.keys().cloned());
    shared.dedup();
    let lacking: Vec<Target> = shared
        .into_iter()
        .filter(|target| mapping.column(target).is_none())
        .collect();
    let names = import::targets(&choice.mechanism);
    let name = |target: &Target| {
        let label = names.iter().find(|(known, _)| known == target);
        label.map_or_else(|| target.to_string(), |(_, label)| label.get(lang).to_owned())
    };
    html! {
        div .stack .section {
            div .field {
                label for="name" { (t(lang, "import.page_name")) }
                p .help #name-help { (t(lang, "import.page_name_help")) }
                input #name type="text" name="name" value=(mapping.ledger) required maxlength="60" aria-describedby="name-help";
            }
            div .field {
                label for="year" { (t(lang, "import.page_year")) " " span .optional { (t(lang, "web.optional")) } }
                p .help #year-help { (t(lang, "import.page_year_help")) }
                input #year type="text" inputmode="numeric" name="year" size="6" value=[mapping.year] aria-describedby="year-help";
            }
            @for target in &lacking {
                @let id = format!("k-{}", target.to_string().replace(':', "-"));
                div .field {
                    label for=(id) { (tf(lang, "import.page_shared", &[("field", &name(target))])) }
                    p .help { (t(lang, "import.page_shared_help")) }
                    input id=(id) type="text" name={ "k." (target) } value=[mapping.constants.get(target)];
                }
            }
        }
    }
}
