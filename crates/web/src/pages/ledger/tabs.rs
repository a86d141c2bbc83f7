//! The ways of looking at a ledger, side by side: list, pipeline, Gantt chart, charts. The filter goes along.

use bihuan_messages::{Lang, t};
use maud::{Markup, html};

use super::Asked;

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    List,
    Pipeline,
    Gantt,
    Charts,
}

/// Links between them; what follows the stages of a mechanism is not offered over all ledgers.
pub(crate) fn tabs(lang: Lang, id: &str, asked: &Asked, current: Tab) -> Markup {
    let query = asked.with("page", "");
    let entries = [
        (Tab::List, "", "chart.tab_list"),
        (Tab::Pipeline, "/pipeline", "chart.tab_pipeline"),
        (Tab::Gantt, "/gantt", "chart.tab_gantt"),
        (Tab::Charts, "/charts", "chart.tab_charts"),
    ];
    let offered = |tab: Tab| id != "all" || matches!(tab, Tab::List | Tab::Charts);
    html! {
        nav .tabs aria-label=(t(lang, "chart.tabs")) {
            @for (tab, part, key) in entries {
                @if offered(tab) {
                    a href={ "/ledgers/" (id) (part) (query) } aria-current=[(tab == current).then_some("page")] { (t(lang, key)) }
                }
            }
        }
    }
}
