//! How far matters come and how long they stay in each stage; and with which units they lie. Both are tables with a bar in
//! each row, because words and numbers belong beside the bar and not in a legend.

use bihuan_domain::id::{StageId, UnitId};
use bihuan_domain::mechanism::{LimitSpec, Mechanism, Stage};
use bihuan_engine::process::{Course, Held, Which, dwells, units};
use bihuan_messages::{Lang, t};
use bihuan_process::{Spread, lasting, share};
use maud::html;

use super::{Chart, Source};
use crate::components::chart::{Cell, Head, Table, thousandths};
use crate::show;
use crate::trouble::Trouble;

/// The stages on the way from the first to the last, without detours.
pub(crate) fn main_stages(mechanism: &Mechanism) -> Vec<&Stage> {
    let stages = mechanism.stages.iter();
    stages
        .filter(|stage| !show::is_detour(mechanism, stage))
        .collect()
}

/// The limit of a stage as its file states it.
pub(crate) fn limit_words(stage: &Stage, lang: Lang) -> Option<String> {
    let rule = match &stage.clock.as_ref()?.limit {
        LimitSpec::Rule(rule) => rule,
        LimitSpec::Field { or, .. } | LimitSpec::Choice { or, .. } => or,
    };
    Some(rule.label().get(lang).to_owned())
}

fn size(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn time(wait: &Spread, seconds: i64, lang: Lang) -> Cell {
    if wait.n == 0 {
        Cell::text("–")
    } else {
        Cell::text(lasting(seconds, lang))
    }
}

/// The funnel (推进漏斗).
pub(super) fn stages(
    source: &Source<'_>,
    mechanism: &Mechanism,
    courses: &[Course],
) -> Result<Chart, Trouble> {
    let lang = source.lang();
    let main = main_stages(mechanism);
    let codes: Vec<StageId> = main.iter().map(|stage| stage.id.clone()).collect();
    let dwells = dwells(courses);
    let now = source.views().counts(&bihuan_engine::views::Filter {
        open: Some(true),
        ..source.filter.clone()
    })?;
    let reached: Vec<u64> = (0..codes.len())
        .map(|nth| {
            let later = codes.get(nth..).unwrap_or_default();
            size(courses.iter().filter(|course| course.came_to(later)).count())
        })
        .collect();
    let whole = reached.first().copied().unwrap_or(0);
    let course = |which: &Which| source.list(&[("course", &which.to_string())]);
    let rows = main.iter().enumerate().map(|(nth, stage)| {
        let n = reached.get(nth).copied().unwrap_or(0);
        let later = codes.get(nth..).unwrap_or_default().to_vec();
        let here = now.stages.iter().find(|(id, _)| *id == stage.id);
        let here = here.map_or(0, |(_, n)| *n);
        let dwell = dwells.get(&stage.id);
        let wait = dwell.map(|dwell| dwell.wait).unwrap_or_default();
        vec![
            Cell::text(stage.label.get(lang)),
            Cell::bar(vec![(thousandths(n, whole), "fill")]),
            Cell::count(n, course(&Which::Came(later))),
            Cell::text(share(n, whole)),
            Cell::count(
                here,
                source.list(&[("stage", stage.id.as_str()), ("open", "yes")]),
            ),
            Cell::count(
                dwell.map_or(0, |dwell| dwell.left),
                course(&Which::Left(stage.id.clone())),
            ),
            time(&wait, wait.median, lang),
            time(&wait, wait.p90, lang),
            Cell::text(limit_words(stage, lang).unwrap_or_else(|| "–".to_owned())),
        ]
    });
    let heads = vec![
        Head::words(t(lang, "chart.stage")),
        Head::bar(),
        Head::number(t(lang, "chart.reached")),
        Head::number(t(lang, "chart.share")),
        Head::number(t(lang, "chart.here_now")),
        Head::number(t(lang, "chart.left")),
        Head::number(t(lang, "chart.median")),
        Head::number(t(lang, "chart.p90")),
        Head::words(t(lang, "chart.limit")),
    ];
    let rows = if whole == 0 { Vec::new() } else { rows.collect() };
    Ok(Chart {
        id: "funnel",
        title: t(lang, "chart.funnel"),
        how: t(lang, "chart.funnel_how"),
        drawing: html! {},
        table: Table { heads, rows },
    })
}

/// Time with each unit (各单位用时).
pub(super) fn holders(source: &Source<'_>, courses: &[Course]) -> Chart {
    let (lang, show) = (source.lang(), source.show);
    let mut units: Vec<Held<UnitId>> = units(courses);
    units.sort_by_cached_key(|unit| show.unit(&unit.id));
    let most = units.iter().map(|unit| unit.wait.p90).max().unwrap_or(0);
    let part = |seconds: i64| {
        let positive = |n: i64| u64::try_from(n).unwrap_or(0);
        thousandths(positive(seconds), positive(most))
    };
    let course = |which: &Which| source.list(&[("course", &which.to_string())]);
    let rows = units.iter().map(|unit| {
        let (median, p90) = (part(unit.wait.median), part(unit.wait.p90));
        vec![
            Cell::text(show.unit(&unit.id)),
            Cell::bar(vec![(median, "fill"), (p90.saturating_sub(median), "rest")]),
            time(&unit.wait, unit.wait.median, lang),
            time(&unit.wait, unit.wait.p90, lang),
            Cell::count(unit.cases, course(&Which::Unit(unit.id.clone()))),
            Cell::count(unit.now, course(&Which::UnitNow(unit.id.clone()))),
        ]
    });
    let heads = vec![
        Head::words(t(lang, "chart.unit")),
        Head::bar(),
        Head::number(t(lang, "chart.median")),
        Head::number(t(lang, "chart.p90")),
        Head::number(t(lang, "chart.went_on")),
        Head::number(t(lang, "chart.in_hand")),
    ];
    Chart {
        id: "holders",
        title: t(lang, "chart.holders"),
        how: t(lang, "chart.holders_how"),
        drawing: html! {},
        table: Table {
            heads,
            rows: rows.collect(),
        },
    }
}
