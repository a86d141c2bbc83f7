//! What is measured, on a mechanism's page: ledger counts, indicators with value, base and target, reported figures.

use bihuan_domain::expr::Fault;
use bihuan_domain::mechanism::{Direction, Indicator, Period, ReportedFigure};
use bihuan_domain::value::Value;
use bihuan_engine::indicators::{Counted, Measured, Measures, Reading};
use bihuan_engine::views::Counts;
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};
use rust_decimal::{Decimal, RoundingStrategy};

use super::words::Words;
use crate::show;

impl Words<'_> {
    /// How many cases there are, each count a link.
    pub(super) fn counts(&self, counts: &Counts) -> Markup {
        let lang = self.lang();
        let ledger = format!("/ledgers/{}", self.mechanism.id);
        let count = |key: &'static str, n: u64, query: &str| {
            html! { dt { (t(lang, key)) } dd { a .num href={ (ledger) (query) } { (show::count(n)) } } }
        };
        html! {
            dl .figures-line {
                (count("web.mech_all_cases", counts.total, ""))
                (count("web.mech_open", counts.open, "?open=yes"))
                (count("web.mech_overdue", counts.late, "?open=yes&colour=red"))
                (count("web.mech_closed", counts.closed, "?open=no"))
                dt { (t(lang, "web.mech_on_time")) }
                dd .num { (tf(lang, "web.mech_of_base", &[("n", &show::count(counts.on_time)), ("base", &show::count(counts.judged))])) }
            }
        }
    }

    /// The indicators as they are now.
    pub(super) fn indicators(&self, measures: &Measures) -> Markup {
        let lang = self.lang();
        let heads = [
            "web.mech_indicator",
            "web.mech_value",
            "web.mech_base",
            "web.mech_target",
        ];
        html! {
            p .quiet { (t(lang, "web.mech_indicators_lead")) }
            div .scroll tabindex="0" role="region" aria-label=(t(lang, "web.mech_indicators")) {
                table .ledger .cells {
                    thead { tr { @for head in heads { th scope="col" { (t(lang, head)) } } } }
                    tbody { @for (indicator, measured) in self.mechanism.indicators.iter().zip(&measures.indicators) {
                        (self.indicator(indicator, measured))
                    } }
                }
            }
        }
    }

    fn indicator(&self, indicator: &Indicator, measured: &Measured) -> Markup {
        let lang = self.lang();
        let reading = measured.reading.as_ref();
        let result = reading.map(|reading| &reading.result);
        let tells = [direction(indicator.direction), period(indicator.period)];
        html! {
            tr id={ "indicator-" (indicator.id) } {
                td .is-title data-label=(t(lang, "web.mech_indicator")) {
                    strong { a href=(super::indicator::address(self.mechanism, &indicator.id)) { (indicator.label.get(lang)) } }
                    p .quiet { (indicator.says.get(lang)) }
                }
                td data-label=(t(lang, "web.mech_value")) {
                    @match result {
                        Some(Ok(value)) => { span .num .reading { (amount(*value, &indicator.unit, lang)) } },
                        Some(Err(fault)) => { "—" p .quiet { (self.why_none(fault)) } },
                        None => { "—" },
                    }
                    (self.in_time(indicator, measured))
                }
                td data-label=(t(lang, "web.mech_base")) {
                    @if let Some(reading) = reading { (self.halves(indicator, measured, reading)) }
                }
                td data-label=(t(lang, "web.mech_target")) .is-empty[indicator.target.is_none()] {
                    @if let Some(target) = indicator.target {
                        span .num { (amount(target, &indicator.unit, lang)) }
                        @if let Some(Ok(value)) = result { @if let Some(met) = met(indicator.direction, *value, target) {
                            " " span .tag { (t(lang, if met { "web.mech_met" } else { "web.mech_not_met" })) }
                        } }
                    }
                    p .quiet { (self.join(tells.into_iter().flatten().map(|key| t(lang, key).to_owned()))) }
                }
            }
        }
    }

    /// Since when it counts, what it was before and a year ago, and how far the target is.
    fn in_time(&self, indicator: &Indicator, measured: &Measured) -> Markup {
        let lang = self.lang();
        let Some(course) = &measured.course else {
            return html! {};
        };
        let former = [
            ("web.ind_before", &course.before),
            ("web.ind_year_ago", &course.year_ago),
        ];
        html! {
            p .quiet { (tf(lang, "web.ind_since", &[("from", &bihuan_domain::clock::date_label(course.now.from).get(lang))])) }
            @for (name, window) in former { @if let Some(reading) = &window.reading {
                p .quiet { (t(lang, name)) " " (self.reading(reading, indicator)) }
            } }
            @if let Some(pace) = self.pace(measured) { p .quiet { (pace) } }
        }
    }

    /// Value and base, each a link to what it counts.
    fn halves(&self, indicator: &Indicator, measured: &Measured, reading: &Reading) -> Markup {
        let unit = if indicator.unit == "%" {
            ""
        } else {
            &indicator.unit
        };
        let half = |value: &Result<Decimal, Fault>, counted: &Counted, half: &str| {
            let shown = match value {
                Ok(value) => amount(*value, unit, self.lang()),
                Err(_) => "—".to_owned(),
            };
            html! {
                @if counted.cases {
                    a .num href={ "/ledgers/" (self.mechanism.id) "?counted=" (indicator.id) "." (half) } { (shown) }
                } @else if let Some(register) = counted.registers.first() {
                    a .num href={ "/registers/" (register) } { (shown) }
                } @else { span .num { (shown) } }
            }
        };
        html! {
            (half(&reading.value, &measured.value, "value"))
            @if let Some(base) = &reading.base { " / " (half(base, &measured.base, "base")) }
        }
    }

    /// What documents reported, beside what the ledger gives.
    pub(super) fn figures(&self, measures: &Measures) -> Markup {
        let lang = self.lang();
        let heads = [
            "web.mech_figure",
            "web.mech_printed",
            "web.mech_ledger_gives",
            "web.mech_base",
            "web.mech_anomaly",
        ];
        html! {
            p .quiet { (t(lang, "web.mech_figures_lead")) }
            div .scroll tabindex="0" role="region" aria-label=(t(lang, "web.mech_figures")) {
                table .ledger .cells {
                    thead { tr { @for head in heads { th scope="col" { (t(lang, head)) } } } }
                    tbody { @for (figure, measured) in self.mechanism.figures.iter().zip(&measures.figures) {
                        (self.figure(figure, measured))
                    } }
                }
            }
        }
    }

    fn figure(&self, figure: &ReportedFigure, measured: &Measured) -> Markup {
        let lang = self.lang();
        let base = measured
            .reading
            .as_ref()
            .and_then(|reading| Some((reading, reading.base.as_ref()?)));
        let plain = |value: &Result<Decimal, Fault>| match value {
            Ok(value) => number(*value),
            Err(_) => "—".to_owned(),
        };
        html! {
            tr {
                td .is-title data-label=(t(lang, "web.mech_figure")) {
                    strong { (figure.label.get(lang)) }
                    p .quiet { (figure.document) @if let Some(day) = figure.as_of { " · " (show::date(day, lang)) } }
                }
                td data-label=(t(lang, "web.mech_printed")) .num {
                    @match figure.qualifier.as_ref().map(bihuan_domain::id::Code::as_str) {
                        Some("over") => { (t(lang, "web.mech_over")) },
                        Some("under") => { (t(lang, "web.mech_under")) },
                        Some("about") => { (t(lang, "web.mech_about")) },
                        _ => {},
                    }
                    (amount(figure.printed, &figure.unit, lang))
                }
                td data-label=(t(lang, "web.mech_ledger_gives")) {
                    @match measured.reading.as_ref().map(|reading| &reading.result) {
                        Some(Ok(value)) => {
                            span .num { (amount(*value, &figure.unit, lang)) } " "
                            span .quiet { (t(lang, if measured.agrees { "web.mech_agrees" } else { "web.mech_differs" })) }
                        },
                        Some(Err(fault)) => { "—" p .quiet { (tf(lang, "web.mech_no_value", &[("why", &self.why(fault))])) } },
                        None => { span .quiet { (t(lang, "web.mech_not_computed")) } },
                    }
                }
                td data-label=(t(lang, "web.mech_base")) .num .is-empty[base.is_none()] {
                    @if let Some((reading, base)) = base { (plain(&reading.value)) " / " (plain(base)) }
                }
                td data-label=(t(lang, "web.mech_anomaly")) .is-empty[figure.anomaly.is_none()] {
                    @if let Some(anomaly) = &figure.anomaly { (anomaly.get(lang)) }
                }
            }
        }
    }

    /// That there is no value, and why: never a zero, never a sign of the machine.
    pub(super) fn why_none(&self, fault: &Fault) -> String {
        match fault {
            Fault::DividedByZero => t(self.lang(), "web.ind_no_base").to_owned(),
            fault => tf(self.lang(), "web.mech_no_value", &[("why", &self.why(fault))]),
        }
    }

    /// Why an expression has no value.
    fn why(&self, fault: &Fault) -> String {
        let lang = self.lang();
        match fault {
            Fault::Missing(field) => tf(lang, "web.mech_why_missing", &[("field", &self.field(field))]),
            Fault::DividedByZero => t(lang, "web.mech_why_zero").to_owned(),
            Fault::OutOfRange => t(lang, "web.mech_why_range").to_owned(),
            Fault::TooCostly => t(lang, "web.mech_why_costly").to_owned(),
            Fault::IllTyped => t(lang, "web.mech_why_type").to_owned(),
        }
    }
}

/// A number in its unit; money as offices write it. More than two decimals are shown rounded, with the parts beside them.
pub(super) fn amount(value: Decimal, unit: &str, lang: Lang) -> String {
    if unit == t(Lang::Zh, "web.unit_yuan") {
        let fen = value
            .checked_mul(Decimal::ONE_HUNDRED)
            .and_then(|fen| i64::try_from(fen.round()).ok());
        if let Some(fen) = fen {
            return show::money(fen, lang);
        }
    }
    match unit {
        "" => number(value),
        "%" => format!("{}%", number(value)),
        unit => format!("{} {unit}", number(value)),
    }
}

pub(super) fn number(value: Decimal) -> String {
    let short = value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    show::plain_number(&Value::Dec(short))
}

fn met(direction: Direction, value: Decimal, target: Decimal) -> Option<bool> {
    match direction {
        Direction::Up => Some(value >= target),
        Direction::Down => Some(value <= target),
        Direction::None => None,
    }
}

fn direction(direction: Direction) -> Option<&'static str> {
    match direction {
        Direction::Up => Some("web.mech_up"),
        Direction::Down => Some("web.mech_down"),
        Direction::None => None,
    }
}

fn period(period: Period) -> Option<&'static str> {
    match period {
        Period::Month => Some("web.mech_month"),
        Period::Quarter => Some("web.mech_quarter"),
        Period::HalfYear => Some("web.mech_half_year"),
        Period::Year => Some("web.mech_year"),
        Period::Always => None,
    }
}
