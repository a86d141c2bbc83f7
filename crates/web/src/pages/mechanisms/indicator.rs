//! One indicator: its formula, what it is in this period and was before, unit by unit over the org tree, and what
//! documents printed beside what the ledger gives.

use bihuan_domain::id::Code;
use bihuan_domain::mechanism::{Indicator, Mechanism, ReportedFigure};
use bihuan_engine::indicators::{Measured, Reading, Reported, UnitPart, Wanted, Window, by_unit, measure};
use bihuan_messages::{t, tf};
use maud::{Markup, html};
use rust_decimal::Decimal;

use super::measures::{amount, number};
use super::words::Words;
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// The page of one indicator.
pub(super) async fn page(
    visitor: Visitor,
    Path((mechanism, indicator)): Path<(String, String)>,
) -> Result<Markup, Trouble> {
    let mechanism = super::find(&visitor, mechanism)?;
    visitor
        .work(move |visitor| {
            let code = Code::new(&indicator);
            let views = visitor.views()?;
            let measures = measure(&views, &visitor.world, &mechanism, visitor.now)?;
            let both = mechanism.indicators.iter().zip(&measures.indicators);
            let (indicator, measured) = both
                .into_iter()
                .find(|(indicator, _)| indicator.id == code)
                .ok_or_else(Trouble::not_found)?;
            let units = by_unit(&views, &visitor.world, &mechanism, &code, visitor.now)?;
            let words = Words {
                visitor,
                mechanism: &mechanism,
            };
            Ok(words.of_indicator(indicator, measured, &units.unwrap_or_default()))
        })
        .await
}

/// Whether nothing was counted at all, in value and base.
fn nothing(reading: &Reading) -> bool {
    let zero = |half: &Result<Decimal, _>| half.as_ref().is_ok_and(Decimal::is_zero);
    zero(&reading.value) && reading.base.as_ref().is_none_or(zero)
}

/// Where the page of an indicator stands.
pub(super) fn address(mechanism: &Mechanism, indicator: &Code) -> String {
    format!("/mechanisms/{}/indicators/{indicator}", mechanism.id)
}

impl Words<'_> {
    fn of_indicator(&self, indicator: &Indicator, measured: &Measured, units: &[UnitPart]) -> Markup {
        let lang = self.lang();
        let back = format!("/mechanisms/{}#indicator-{}", self.mechanism.id, indicator.id);
        let title = indicator.label.get(lang);
        let body = html! {
            (layout::heading(Some(self.mechanism.label.get(lang)), &html! { (title) }, &html! {
                a .button href=(back) { (t(lang, "web.ind_back")) }
            }))
            p .lead { (indicator.says.get(lang)) }
            section #formula { h2 { (t(lang, "web.ind_formula")) }
                dl .facts {
                    dt { (t(lang, "web.mech_half_value")) } dd { code .code { (indicator.value_text) } }
                    @if let Some(base) = &indicator.base_text { dt { (t(lang, "web.mech_half_base")) } dd { code .code { (base) } } }
                    @if let Some(dated) = &indicator.dated { dt { (t(lang, "web.ind_dated")) } dd { code .code { (dated) } } }
                    @if let Some(common) = &indicator.common { dt { (t(lang, "web.ind_common")) } dd { code .code { (common) } " " span .quiet { (t(lang, "web.ind_common_help")) } } }
                    @if let Some(target) = indicator.target { dt { (t(lang, "web.mech_target")) } dd { (amount(target, &indicator.unit, lang)) } }
                }
            }
            section #course { h2 { (t(lang, "web.ind_course")) }
                (self.windows(indicator, measured))
            }
            @if !measured.reported.is_empty() {
                section #reported { h2 { (t(lang, "web.ind_reported")) }
                    p .quiet { (t(lang, "web.ind_reported_lead")) }
                    @for reported in &measured.reported { (self.reported(reported)) }
                }
            }
            section #units { h2 { (t(lang, "web.ind_units")) }
                @if units.is_empty() { div .empty { p { (t(lang, "web.ind_no_units")) } } }
                @else { (self.unit_table(indicator, units)) }
            }
        };
        layout::page(self.visitor, title, Nav::Mechanisms, &body)
    }

    fn windows(&self, indicator: &Indicator, measured: &Measured) -> Markup {
        let lang = self.lang();
        let Some(course) = &measured.course else {
            return html! {
                p { (t(lang, "web.ind_as_of_now")) " "
                    @if let Some(reading) = &measured.reading { (self.reading(reading, indicator)) } }
            };
        };
        let row = |name: &'static str, window: &Window| {
            html! {
                tr {
                    th scope="row" { (t(lang, name)) }
                    td data-label=(t(lang, "web.ind_days")) { (show::date(window.from, lang)) " – " (show::date(window.to, lang)) }
                    td data-label=(t(lang, "web.mech_value")) { @match &window.reading {
                        Some(reading) => { (self.reading(reading, indicator)) },
                        None => { span .quiet { (t(lang, "web.ind_no_data")) } },
                    } }
                }
            }
        };
        html! {
            table .ledger .cells {
                thead { tr { th scope="col" { (t(lang, "web.ind_period")) } th scope="col" { (t(lang, "web.ind_days")) } th scope="col" { (t(lang, "web.mech_value")) } } }
                tbody {
                    (row("web.ind_now", &course.now))
                    (row("web.ind_before", &course.before))
                    (row("web.ind_year_ago", &course.year_ago))
                }
            }
            @if let Some(pace) = self.pace(measured) { p { (pace) } }
        }
    }

    /// How much of the target is there, beside how much of the time has passed.
    pub(super) fn pace(&self, measured: &Measured) -> Option<String> {
        let course = measured.course.as_ref()?;
        let done = course.done?;
        let (gone, all) = course.elapsed;
        let time = Decimal::from(gone)
            .checked_mul(Decimal::ONE_HUNDRED)?
            .checked_div(Decimal::from(all))?;
        let key = if done >= time {
            "web.ind_ahead"
        } else {
            "web.ind_behind"
        };
        let gap = number((done - time).abs());
        Some(tf(
            self.lang(),
            key,
            &[
                ("done", &number(done)),
                ("time", &number(time)),
                ("gone", &gone),
                ("all", &all),
                ("gap", &gap),
            ],
        ))
    }

    /// `93.72%（911/972）`, or why there is none.
    pub(super) fn reading(&self, reading: &Reading, indicator: &Indicator) -> Markup {
        let lang = self.lang();
        html! {
            @match &reading.result {
                Ok(value) => { span .num { (amount(*value, &indicator.unit, lang)) } },
                Err(fault) => { span .quiet { (self.why_none(fault)) } },
            }
            @if let (Ok(value), Some(Ok(base))) = (&reading.value, &reading.base) {
                " " span .quiet .num { (number(*value)) " / " (number(*base)) }
            }
        }
    }

    fn unit_table(&self, indicator: &Indicator, units: &[UnitPart]) -> Markup {
        let lang = self.lang();
        html! {
            p .quiet { (t(lang, "web.ind_units_lead")) }
            div .scroll tabindex="0" role="region" aria-label=(t(lang, "web.ind_units")) {
                table .ledger .cells {
                    thead { tr { th scope="col" { (t(lang, "report.b_unit")) } th scope="col" { (t(lang, "web.ind_own")) } th scope="col" { (t(lang, "web.ind_whole")) } } }
                    tbody { @for part in units {
                        @let name = self.visitor.world.org.units.get(&part.unit).map_or_else(|| part.unit.to_string(), |unit| unit.name.get(lang).to_owned());
                        tr {
                            th scope="row" { @for _ in 0..part.depth { span aria-hidden="true" { "　" } } (name) }
                            // A unit that has nothing of its own stands there for those below it.
                            @let own = part.whole.is_none() || !nothing(&part.own);
                            td data-label=(t(lang, "web.ind_own")) .is-empty[!own] { @if own { (self.reading(&part.own, indicator)) } }
                            td data-label=(t(lang, "web.ind_whole")) .is-empty[part.whole.is_none()] { @if let Some(whole) = &part.whole { (self.reading(whole, indicator)) } }
                        }
                    } }
                }
            }
        }
    }

    /// What a document printed beside what the ledger gives, and what would have to be counted for the print.
    fn reported(&self, reported: &Reported) -> Markup {
        let lang = self.lang();
        let found = self
            .mechanism
            .figures
            .iter()
            .find(|figure| figure.id == reported.figure);
        let Some(figure) = found else { return html! {} };
        let computed = reported.window.reading.as_ref();
        html! {
            div .panel {
                p { strong { (tf(lang, "web.ind_printed", &[("printed", &amount(figure.printed, &figure.unit, lang))])) } " "
                    (figure.document) @if let Some(day) = figure.as_of { " · " (show::date(day, lang)) } }
                @if let Some(quote) = &figure.quote { blockquote { (quote) } }
                p { @match computed {
                    Some(reading) => { (self.said(figure, reading)) " "
                        span .tag { (t(lang, if reported.agrees == Some(true) { "web.mech_agrees" } else { "web.mech_differs" })) } },
                    None => { (t(lang, "web.ind_no_data")) },
                } }
                @if let Some(wanted) = &reported.wanted { p { (self.wanted(wanted)) } }
                @if let Some(anomaly) = &figure.anomaly { p { (anomaly.get(lang)) } }
            }
        }
    }

    fn said(&self, figure: &ReportedFigure, reading: &Reading) -> String {
        let lang = self.lang();
        match (&reading.result, &reading.value, &reading.base) {
            (Ok(result), Ok(value), Some(Ok(base))) => tf(
                lang,
                "web.ind_gives_rate",
                &[
                    ("value", &number(*value)),
                    ("base", &number(*base)),
                    ("result", &amount(*result, &figure.unit, lang)),
                ],
            ),
            (Ok(result), _, _) => tf(
                lang,
                "web.ind_gives",
                &[("result", &amount(*result, &figure.unit, lang))],
            ),
            (Err(fault), _, _) => self.why_none(fault),
        }
    }

    fn wanted(&self, wanted: &Wanted) -> String {
        let lang = self.lang();
        let range = |range: &Option<(Decimal, Decimal)>| match range {
            Some((from, to)) if from == to => number(*from),
            Some((from, to)) => format!("{}–{}", number(*from), number(*to)),
            None => t(lang, "web.ind_no_whole").to_owned(),
        };
        tf(
            lang,
            "web.ind_wanted",
            &[
                ("values", &range(&wanted.values)),
                ("bases", &range(&wanted.bases)),
            ],
        )
    }
}
