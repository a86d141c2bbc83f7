//! Groups of a ledger (分组): in which order they stand, what each is called, and the address of its cases.

use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::views::{Counts, Filter, Group};
use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use super::Asked;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// What the rows are put together by, with the groups in their order.
pub(crate) struct Groups {
    pub(crate) by: Group,
    groups: Vec<One>,
}

struct One {
    code: String,
    name: String,
    counts: Counts,
}

impl Groups {
    /// The groups that the address asks for. Stages stand in the order of the mechanism, colours by gravity, the rest by name.
    pub(crate) fn of(
        show: &Show<'_>,
        mechanism: Option<&Mechanism>,
        asked: &Asked,
        filter: &Filter,
    ) -> Result<Option<Groups>, Trouble> {
        let Some(by) = asked.group() else {
            return Ok(None);
        };
        let (visitor, lang) = (show.visitor, show.visitor.lang);
        let name = |code: &str| match by {
            Group::Owner | Group::Holder => show.unit(&code.into()),
            Group::Stage => show::stage_name(mechanism, &code.into(), lang).to_owned(),
            Group::Mechanism => visitor
                .mechanisms
                .current(&code.into())
                .map_or_else(|| code.to_owned(), |m| m.label.get(lang).to_owned()),
            Group::Colour => show::colour_of(code)
                .map_or_else(String::new, |colour| t(lang, show::colour_key(colour)).to_owned()),
        };
        let place = |code: &str| match by {
            Group::Stage => {
                mechanism.and_then(|m| m.stages.iter().position(|stage| stage.id.as_str() == code))
            }
            Group::Colour => ["red", "orange", "yellow", "blue", "green"]
                .iter()
                .position(|colour| *colour == code),
            _ => None,
        };
        let counts = show.views.counts_by(filter, by)?.into_iter();
        let mut groups: Vec<One> = counts
            .map(|(code, counts)| One {
                name: name(&code),
                code,
                counts,
            })
            .collect();
        groups.sort_by(|a, b| {
            let key = |one: &One| place(&one.code).unwrap_or(usize::MAX);
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        Ok(Some(Groups { by, groups }))
    }

    /// The codes in their order.
    pub(crate) fn order(&self) -> Vec<String> {
        self.groups.iter().map(|one| one.code.clone()).collect()
    }

    /// The heading above the first row of a group.
    pub(crate) fn heading(&self, lang: Lang, id: &str, asked: &Asked, code: &str, wide: usize) -> Markup {
        let Some(one) = self.groups.iter().find(|one| one.code == code) else {
            return html! {};
        };
        let mut only = asked.clone();
        only.set("group", "");
        let ledger = match self.by {
            Group::Mechanism => code,
            by => {
                only.set(name_of(by), code);
                id
            }
        };
        let href = format!("/ledgers/{ledger}{}", only.with("page", ""));
        html! {
            tr .group { th scope="colgroup" colspan=(wide) {
                a href=(href) { (one.name) } " "
                span .quiet .num { (tf(lang, "find.group_count", &[("n", &show::count(one.counts.total))])) }
                @if one.counts.late > 0 { " " span .late { (tf(lang, "web.ledger_late", &[("n", &show::count(one.counts.late))])) } }
            } }
        }
    }
}

/// The filter of a group's cases.
fn name_of(by: Group) -> &'static str {
    match by {
        Group::Owner => "owner",
        Group::Holder => "holder",
        Group::Stage => "stage",
        Group::Mechanism => "mechanism",
        Group::Colour => "colour",
    }
}
