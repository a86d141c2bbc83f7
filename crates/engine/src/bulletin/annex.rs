//! The annex of a bulletin as a workbook: late matters, units, figures with their definitions and cases.

use bihuan_domain::calendar::local;
use bihuan_messages::{Lang, t, tf};
use bihuan_report::table::{Cell, Column, Kind, Sheet};
use rust_decimal::Decimal;

use super::content::Content;
use super::figures::{LateWith, UNIT_FIGURES, name};
use super::rate::Rate;
use super::wording::{cause, holder, minute_label, period, place};

/// The sheets of the annex.
pub fn sheets(content: &Content, lang: Lang) -> Vec<Sheet> {
    let sheet = |title: &str, columns: Vec<Column>, rows| Sheet {
        title: t(lang, title).to_owned(),
        notes: notes(content, lang),
        as_of: Some(local(content.figures.as_of)),
        columns,
        rows,
    };
    vec![
        sheet(
            "report.b_annex_late",
            late_columns(lang),
            late_rows(content, lang),
        ),
        sheet("report.b_units", unit_columns(lang), unit_rows(content, lang)),
        sheet(
            "report.b_annex_definitions",
            figure_columns(lang),
            figure_rows(content, lang),
        ),
    ]
}

fn notes(content: &Content, lang: Lang) -> Vec<String> {
    let figures = &content.figures;
    vec![
        content.number.clone(),
        tf(lang, "report.b_title", &[("period", &period(content).get(lang))]),
        tf(
            lang,
            "report.b_provenance",
            &[
                ("as_of", &minute_label(figures.as_of).get(lang)),
                ("size", &figures.log.size),
                ("root", &figures.log.root),
            ],
        ),
    ]
}

fn column(lang: Lang, key: &str, kind: Kind) -> Column {
    Column::new(t(lang, &format!("report.{key}")), kind)
}

fn late_columns(lang: Lang) -> Vec<Column> {
    [
        ("c_number", Kind::Text),
        ("c_title", Kind::Text),
        ("c_mechanism", Kind::Text),
        ("c_owner", Kind::Text),
        ("c_holder", Kind::Text),
        ("c_due", Kind::DateTime),
        ("c_days", Kind::Integer),
        ("c_late_with", Kind::Text),
        ("c_extensions", Kind::Integer),
        ("c_cause", Kind::Text),
        ("c_cause_at", Kind::DateTime),
        ("c_case", Kind::Integer),
    ]
    .into_iter()
    .map(|(key, kind)| column(lang, key, kind))
    .collect()
}

fn late_rows(content: &Content, lang: Lang) -> Vec<Vec<Cell>> {
    let row = |item: &super::figures::LateItem| {
        let late = match item.late {
            LateWith::Matter => "report.b_late_matter",
            LateWith::Step => "report.b_late_step",
        };
        vec![
            item.number.clone().into(),
            content
                .text(&item.title)
                .unwrap_or_else(|| t(lang, "report.b_title_withheld"))
                .into(),
            content.named("mechanism", item.mechanism.as_str(), lang).into(),
            content.unit(&item.owner, lang).into(),
            holder(content, item, lang).into(),
            local(item.due).into(),
            integer(item.days),
            t(lang, late).into(),
            integer(u64::from(item.extensions)),
            cause(content, item, lang).into(),
            item.cause.as_ref().map(|cause| local(cause.at)).into(),
            integer(item.case.0),
        ]
    };
    content.figures.late.iter().map(row).collect()
}

fn unit_columns(lang: Lang) -> Vec<Column> {
    let mut columns = vec![column(lang, "b_unit", Kind::Text)];
    columns.extend(
        UNIT_FIGURES
            .iter()
            .map(|id| Column::new(name(id).get(lang), Kind::Integer)),
    );
    for key in ["c_closing_rate", "c_on_time_rate"] {
        columns.push(column(lang, key, Kind::Decimal(2)));
    }
    columns.extend([
        column(lang, "c_low", Kind::Decimal(2)),
        column(lang, "c_high", Kind::Decimal(2)),
    ]);
    columns.push(column(lang, "c_place", Kind::Text));
    columns
}

fn unit_rows(content: &Content, lang: Lang) -> Vec<Vec<Cell>> {
    let row = |line: &super::figures::UnitLine| {
        let mut row: Vec<Cell> = vec![content.unit(&line.unit, lang).into()];
        row.extend(UNIT_FIGURES.iter().map(|id| integer(line.n(id))));
        let (low, high) = line
            .on_time
            .interval
            .clone()
            .map_or((None, None), |(low, high)| (Some(low), Some(high)));
        for number in [
            line.closing.percent.clone(),
            line.on_time.percent.clone(),
            low,
            high,
        ] {
            row.push(decimal(number.as_deref()));
        }
        row.push(place(line.place).into());
        row
    };
    content.figures.units.iter().map(row).collect()
}

fn figure_columns(lang: Lang) -> Vec<Column> {
    [
        ("c_figure", Kind::Text),
        ("c_value", Kind::Text),
        ("c_definition", Kind::Text),
        ("c_cases", Kind::Text),
    ]
    .into_iter()
    .map(|(key, kind)| column(lang, key, kind))
    .collect()
}

fn figure_rows(content: &Content, lang: Lang) -> Vec<Vec<Cell>> {
    let figures = &content.figures;
    let row = |id: &str, value: String, cases: String| {
        let known = content.definitions.get(id);
        let (name, counts) = known.map_or((id, ""), |known| (known.name.get(lang), known.counts.get(lang)));
        vec![name.into(), value.into(), counts.into(), cases.into()]
    };
    let counts = figures
        .counts
        .iter()
        .map(|count| row(count.id.as_str(), count.n.to_string(), count.cases.to_string()));
    let rates = figures
        .rates
        .iter()
        .map(|rate| row(rate.id.as_str(), rate_text(&rate.rate, lang), String::new()));
    counts.chain(rates).collect()
}

fn rate_text(rate: &Rate, lang: Lang) -> String {
    match &rate.percent {
        Some(percent) => tf(
            lang,
            "report.b_rate",
            &[("percent", percent), ("num", &rate.num), ("base", &rate.base)],
        ),
        None => t(lang, "report.b_no_rate").to_owned(),
    }
}

fn integer(n: u64) -> Cell {
    Cell::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

fn decimal(text: Option<&str>) -> Cell {
    match text.and_then(|text| text.parse::<Decimal>().ok()) {
        Some(number) => Cell::Decimal(number),
        None => "—".into(),
    }
}
