//! The columns of a ledger (显示的列): the usual ones of its mechanism, or those that the address names. Due and title always stand first.

use bihuan_domain::mechanism::{Field, Mechanism};
use bihuan_messages::{Lang, t};

use super::Asked;

/// A column.
#[derive(Clone, Copy)]
pub(super) enum Column<'a> {
    Stage,
    Owner,
    Field(&'a Field),
    Holder,
    Opened,
    Closed,
    Round,
}

impl Column<'_> {
    /// As it stands in the address.
    pub(super) fn code(&self) -> String {
        match self {
            Column::Stage => "stage".to_owned(),
            Column::Owner => "owner".to_owned(),
            Column::Holder => "holder".to_owned(),
            Column::Opened => "opened".to_owned(),
            Column::Closed => "closed".to_owned(),
            Column::Round => "round".to_owned(),
            Column::Field(field) => format!("f.{}", field.id),
        }
    }

    /// Its heading.
    pub(super) fn label(&self, lang: Lang) -> &str {
        match self {
            Column::Stage => t(lang, "web.stage"),
            Column::Owner => t(lang, "web.owner"),
            Column::Holder => t(lang, "web.holder"),
            Column::Opened => t(lang, "report.x_opened"),
            Column::Closed => t(lang, "report.x_closed"),
            Column::Round => t(lang, "report.x_round"),
            Column::Field(field) => field.label.get(lang),
        }
    }
}

/// The fields that may stand in a column: all but the title, the mechanism's own columns first.
fn fields(mechanism: &Mechanism) -> impl Iterator<Item = &Field> {
    let own = mechanism.columns.iter().filter_map(|id| mechanism.field(id));
    let others = mechanism
        .fields
        .iter()
        .filter(|field| !mechanism.columns.contains(&field.id));
    own.chain(others).filter(|field| field.id != mechanism.title)
}

/// Every column that a ledger can have.
pub(super) fn every(mechanism: Option<&Mechanism>) -> Vec<Column<'_>> {
    let mut columns = vec![Column::Stage, Column::Owner];
    columns.extend(mechanism.into_iter().flat_map(fields).map(Column::Field));
    columns.extend([Column::Holder, Column::Opened, Column::Closed, Column::Round]);
    columns
}

/// Whether a field is shown: only then the page needs more than the rows of lists.
pub(super) fn fields_shown(mechanism: Option<&Mechanism>, asked: &Asked) -> bool {
    shown(mechanism, asked)
        .iter()
        .any(|column| matches!(column, Column::Field(_)))
}

/// The columns that are shown.
pub(super) fn shown<'a>(mechanism: Option<&'a Mechanism>, asked: &Asked) -> Vec<Column<'a>> {
    let wanted = asked.columns();
    let mut columns = every(mechanism);
    let chosen: Vec<Column<'a>> = wanted
        .iter()
        .filter_map(|code| columns.iter().find(|column| column.code() == *code).copied())
        .collect();
    if !chosen.is_empty() {
        return chosen;
    }
    columns.retain(|column| match column {
        Column::Stage | Column::Owner | Column::Holder => true,
        Column::Field(field) => mechanism.is_some_and(|m| m.columns.contains(&field.id)),
        Column::Opened | Column::Closed | Column::Round => false,
    });
    columns
}
