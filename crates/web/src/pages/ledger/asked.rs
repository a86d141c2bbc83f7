//! What an address asks of a ledger: which cases, in which order and groups, with which columns. Pages, exports, charts and
//! saved views all read the same words, so that a number means the same wherever it is opened.

use std::collections::BTreeSet;
use std::sync::Arc;

use bihuan_domain::calendar::midnight;
use bihuan_domain::id::{CaseId, MechanismId};
use bihuan_domain::mechanism::{Indicator, Mechanism};
use bihuan_engine::indicators::{Half, counted_cases};
use bihuan_engine::process::{Which, process};
use bihuan_engine::views::{Filter, Group, Sort, Views};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::place::Query;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// What the address asks for. Unknown values ask for nothing, so that a mistyped address still shows a ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Stage.
    pub(super) stage: String,
    /// `yes`, `no` or empty.
    pub(super) open: String,
    /// Colour.
    pub(super) colour: String,
    /// Owner.
    pub(super) owner: String,
    /// Part of a title or number.
    pub(super) q: String,
    /// `urgency`, `newest`, `oldest`, `owner`, `number`, `title`, `stage`.
    pub(super) sort: String,
    /// Opened on this day or later, until this day.
    pub(super) opened_from: String,
    pub(super) opened_to: String,
    /// Closed on this day or later, until this day.
    pub(super) closed_from: String,
    pub(super) closed_to: String,
    /// Due on this day or later, until this day.
    pub(super) due_from: String,
    pub(super) due_to: String,
    /// Only what one half of an indicator counts: `on-time.value`, `on-time.base`.
    pub(super) counted: String,
    /// Only what a figure of the process counts: `way:handle,closed`.
    pub(super) course: String,
    /// Only what was open at the end of this day.
    pub(super) open_on: String,
    /// Only what lies with this unit now.
    pub(super) holder: String,
    /// What the rows are put together by: `owner`, `holder`, `stage`, `mechanism`, `colour`.
    pub(super) group: String,
    /// The columns, by their codes, parted by commas; the usual ones where empty.
    pub(super) cols: String,
    /// Only these cases, by their numbers, parted by commas: those ticked.
    pub(super) among: String,
    /// Page, from 1.
    pub(crate) page: u64,
}

/// The pairs of a query, as they stand in the address: a name may come several times.
pub(crate) type Pairs = Query<Vec<(String, String)>>;

/// Cases that one address may name.
const AMONG_MAX: usize = 500;

impl Asked {
    /// Reads the pairs of an address. Of a name that comes several times the last one counts; columns are taken together.
    pub(crate) fn of(pairs: Vec<(String, String)>) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in pairs {
            match name.as_str() {
                "cols" | "among" => {
                    let list = if name == "cols" {
                        &mut asked.cols
                    } else {
                        &mut asked.among
                    };
                    for one in value.split(',').map(str::trim).filter(|one| !one.is_empty()) {
                        if !list.is_empty() {
                            list.push(',');
                        }
                        list.push_str(one);
                    }
                }
                "page" => asked.page = value.parse().unwrap_or_default(),
                name => {
                    if let Some(place) = asked.place(name) {
                        *place = value;
                    }
                }
            }
        }
        asked
    }

    fn place(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "stage" => &mut self.stage,
            "open" => &mut self.open,
            "colour" => &mut self.colour,
            "owner" => &mut self.owner,
            "q" => &mut self.q,
            "sort" => &mut self.sort,
            "opened_from" => &mut self.opened_from,
            "opened_to" => &mut self.opened_to,
            "closed_from" => &mut self.closed_from,
            "closed_to" => &mut self.closed_to,
            "due_from" => &mut self.due_from,
            "due_to" => &mut self.due_to,
            "open_on" => &mut self.open_on,
            "holder" => &mut self.holder,
            "counted" => &mut self.counted,
            "course" => &mut self.course,
            "group" => &mut self.group,
            "among" => &mut self.among,
            "cols" => &mut self.cols,
            _ => return None,
        })
    }

    /// Asks for one thing more; `counted` and the like replace what was asked before.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        if let Some(place) = self.place(name) {
            value.clone_into(place);
        }
    }

    /// What stands under a name.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.pairs().into_iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Every name with its value, but for the page.
    pub(super) fn pairs(&self) -> [(&'static str, &str); 19] {
        [
            ("stage", &self.stage),
            ("open", &self.open),
            ("colour", &self.colour),
            ("owner", &self.owner),
            ("q", &self.q),
            ("sort", &self.sort),
            ("opened_from", &self.opened_from),
            ("opened_to", &self.opened_to),
            ("closed_from", &self.closed_from),
            ("closed_to", &self.closed_to),
            ("due_from", &self.due_from),
            ("due_to", &self.due_to),
            ("open_on", &self.open_on),
            ("holder", &self.holder),
            ("counted", &self.counted),
            ("course", &self.course),
            ("among", &self.among),
            ("group", &self.group),
            ("cols", &self.cols),
        ]
    }

    /// What the rows are put together by.
    pub(crate) fn group(&self) -> Option<Group> {
        Some(match self.group.as_str() {
            "owner" => Group::Owner,
            "holder" => Group::Holder,
            "stage" => Group::Stage,
            "mechanism" => Group::Mechanism,
            "colour" => Group::Colour,
            _ => return None,
        })
    }

    /// The columns asked for, in the order of the address.
    pub(crate) fn columns(&self) -> Vec<&str> {
        self.cols.split(',').filter(|code| !code.is_empty()).collect()
    }

    /// The filter, within what the visitor may see.
    pub(crate) fn filter(&self, visitor: &Visitor, mechanism: Option<&MechanismId>) -> Filter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Filter {
            mechanisms: mechanism.into_iter().cloned().collect(),
            stage: some(&self.stage).map(Into::into),
            open: match self.open.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            colour: show::colour_of(&self.colour),
            owners: some(&self.owner).map(Into::into).into_iter().collect(),
            text: some(&self.q),
            opened: days(&self.opened_from, &self.opened_to),
            closed: days(&self.closed_from, &self.closed_to),
            due: days(&self.due_from, &self.due_to),
            open_on: days("", &self.open_on).1,
            holder: some(&self.holder).map(Into::into),
            among: self.ticked().map(Arc::new),
            visible_to: visitor.sight.as_ref().clone(),
            ..Filter::default()
        }
    }

    /// The cases that the address names, if it names any.
    fn ticked(&self) -> Option<BTreeSet<CaseId>> {
        let named = self.among.split(',').filter(|id| !id.is_empty());
        (!self.among.is_empty()).then(|| {
            named
                .take(AMONG_MAX)
                .filter_map(|id| id.parse().ok().map(CaseId))
                .collect()
        })
    }

    /// The filter with all that the address leaves of it: what an indicator counts, what a figure of the process does.
    pub(crate) fn narrowed(
        &self,
        visitor: &Visitor,
        views: &Views,
        mechanism: Option<&Mechanism>,
    ) -> Result<Filter, Trouble> {
        let mut filter = self.filter(visitor, mechanism.map(|mechanism| &mechanism.id));
        self.narrow(visitor, views, mechanism, &mut filter)?;
        self.narrow_course(visitor, mechanism, &mut filter)?;
        Ok(filter)
    }

    /// Leaves only what the indicator counts that the address names; the indicator where there is such a one.
    pub(crate) fn narrow<'m>(
        &self,
        visitor: &Visitor,
        views: &Views,
        mechanism: Option<&'m Mechanism>,
        filter: &mut Filter,
    ) -> Result<Option<(&'m Indicator, Half)>, Trouble> {
        let (Some(mechanism), Some((id, half))) = (mechanism, self.counted.rsplit_once('.')) else {
            return Ok(None);
        };
        let half = if half == "base" { Half::Base } else { Half::Value };
        let indicator = mechanism.indicators.iter().find(|known| known.id.as_str() == id);
        let Some(indicator) = indicator else {
            return Ok(None);
        };
        let (world, now) = (&visitor.world, visitor.now);
        let counted = counted_cases(views, world, mechanism, &indicator.id, half, now)?;
        let Some(mut counted) = counted else {
            return Ok(None);
        };
        if let Some(among) = &filter.among {
            counted.retain(|case| among.contains(case));
        }
        filter.among = Some(Arc::new(counted));
        Ok(Some((indicator, half)))
    }

    /// Leaves only the cases that a figure of the process counts; which, where the address names one.
    pub(crate) fn narrow_course(
        &self,
        visitor: &Visitor,
        mechanism: Option<&Mechanism>,
        filter: &mut Filter,
    ) -> Result<Option<Which>, Trouble> {
        let (Some(mechanism), Some(which)) = (mechanism, Which::parse(&self.course)) else {
            return Ok(None);
        };
        let process = process(&visitor.engine, &mechanism.id, &visitor.sight)?;
        let mut cases = process.cases_of(&which);
        if let Some(among) = &filter.among {
            cases.retain(|case| among.contains(case));
        }
        filter.among = Some(Arc::new(cases));
        Ok(Some(which))
    }

    /// The order.
    pub(crate) fn order(&self) -> Sort {
        match self.sort.as_str() {
            "newest" => Sort::Newest,
            "oldest" => Sort::Oldest,
            "owner" => Sort::Owner,
            "number" => Sort::Number,
            "title" => Sort::Title,
            "stage" => Sort::Stage,
            _ => Sort::Urgency,
        }
    }

    /// The query of an address with one thing changed; the page starts anew.
    pub(crate) fn with(&self, name: &str, value: &str) -> String {
        let mut query = String::new();
        let page = [("page", "")];
        for (key, old) in self.pairs().into_iter().chain(page) {
            let value = if key == name { value } else { old };
            if !value.is_empty() {
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(&format!("{key}={}", show::percent(value)));
            }
        }
        query
    }

    /// Whether anything is left out.
    pub(crate) fn is_filtered(&self) -> bool {
        let looks = ["sort", "group", "cols"];
        let pairs = self.pairs().into_iter();
        pairs
            .filter(|(name, _)| !looks.contains(name))
            .any(|(_, value)| !value.trim().is_empty())
    }
}

/// From the beginning of the first day to the end of the last.
fn days(from: &str, to: &str) -> (Option<Timestamp>, Option<Timestamp>) {
    let day = |text: &str| text.trim().parse::<Date>().ok();
    (
        day(from).map(midnight),
        day(to).and_then(|to| to.tomorrow().ok()).map(midnight),
    )
}
