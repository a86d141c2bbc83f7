//! The war-room screen (挂图作战): what runs, what is late and with whom, to be read from across a room. It renews itself
//! when the log grows; without scripts the browser loads it anew every minute.

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::{date_of, local, midnight};
use bihuan_domain::id::{MechanismId, UnitId};
use bihuan_domain::mechanism::Colour;
use bihuan_engine::views::{CaseRow, Counts, Filter, Group, Sort, Views};
use bihuan_messages::{t, tf};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::layout;
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Cases that are named: more cannot be set in letters that are read from the last row.
const CASES: usize = 5;

/// Lines of each of the two lists of numbers.
const LINES: usize = 4;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/board", get(board))
}

#[derive(Deserialize)]
struct Asked {
    /// Only what renews itself.
    #[serde(default)]
    part: bool,
}

async fn board(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let show = Show {
                visitor,
                views: &views,
            };
            let standing = Standing::of(visitor, &views)?;
            let part = standing.view(&show);
            if asked.part {
                return Ok(part);
            }
            Ok(layout::screen(
                visitor,
                t(visitor.lang, "find.board_title"),
                &html! { div #board .board data-live="/board?part=true" { (part) } },
            ))
        })
        .await
}

/// How things stand.
struct Standing {
    all: Counts,
    due_today: u64,
    due_week: u64,
    /// Closed since the first of the month.
    month: Counts,
    /// Mechanisms with late cases, those with most first.
    mechanisms: Vec<(MechanismId, String, Counts)>,
    /// Units with late cases, those with most first.
    units: Vec<(UnitId, u64)>,
    /// The longest late.
    late: Vec<CaseRow>,
}

impl Standing {
    fn of(visitor: &Visitor, views: &Views) -> Result<Standing, Trouble> {
        let seen = Filter {
            visible_to: visitor.sight.as_ref().clone(),
            ..Filter::default()
        };
        let today = date_of(visitor.now);
        let due = |from: Date, days: i64| {
            let to = from.checked_add(days.days()).unwrap_or(from);
            let counts = views.counts(&Filter {
                open: Some(true),
                due: (Some(midnight(from)), Some(midnight(to))),
                ..seen.clone()
            });
            counts.map(|counts| counts.open)
        };
        let month = views.counts(&Filter {
            open: Some(false),
            closed: (Some(midnight(today.first_of_month())), None),
            ..seen.clone()
        })?;
        let mut mechanisms: Vec<(MechanismId, String, Counts)> = views
            .counts_by_mechanism(&seen)?
            .into_iter()
            .filter(|(_, counts)| counts.late > 0)
            .filter_map(|(id, counts)| {
                let mechanism = visitor.mechanisms.current(&id)?;
                Some((id, mechanism.label.get(visitor.lang).to_owned(), counts))
            })
            .collect();
        mechanisms.sort_by(|(_, a, x), (_, b, y)| y.late.cmp(&x.late).then_with(|| a.cmp(b)));
        mechanisms.truncate(LINES);
        let red = Filter {
            open: Some(true),
            colour: Some(Colour::Red),
            ..seen.clone()
        };
        let named = u64::try_from(CASES).unwrap_or(u64::MAX);
        let mut late = views.cases(&red, Sort::Urgency, 0, named)?.rows;
        // Red may also come from a report that is missing while the limit itself lies ahead.
        late.retain(|row| row.due_at.is_some_and(|due| due <= visitor.now));
        let by_owner = views.counts_by(&red, Group::Owner)?.into_iter();
        let mut units: Vec<(UnitId, u64)> = by_owner
            .map(|(unit, counts)| (unit.into(), counts.open))
            .collect();
        units.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        units.truncate(LINES);
        Ok(Standing {
            all: views.counts(&seen)?,
            due_today: due(today, 1)?,
            due_week: due(today, 7)?,
            month,
            mechanisms,
            units,
            late,
        })
    }

    fn view(&self, show: &Show<'_>) -> Markup {
        let visitor = show.visitor;
        let lang = visitor.lang;
        let moment = local(visitor.now);
        let figure = |n: String, key: &str, href: &str, late: bool| {
            html! { a .board-figure .is-late[late] href=(href) { span .num { (n) } span { (t(lang, key)) } } }
        };
        let count =
            |n: u64, key: &str, href: &str, late: bool| figure(show::count(n), key, href, late && n > 0);
        let day = |date: Date| date.to_string();
        let today = date_of(visitor.now);
        let week = today.checked_add(6.days()).unwrap_or(today);
        let in_time = format!(
            "{}/{}",
            show::count(self.month.on_time),
            show::count(self.month.judged)
        );
        html! {
            header .board-head {
                h1 { (tf(lang, "find.board_heading", &[("place", &visitor.world.name.get(lang))])) }
                p { (show::day_of_week(today, lang)) " "
                    span .num { (format!("{}:{:02}", moment.hour(), moment.minute())) } }
            }
            div .board-figures {
                (count(self.all.open, "find.board_open", "/ledgers/all?open=yes", false))
                (count(self.all.late, "find.board_late", "/ledgers/all?open=yes&colour=red", true))
                (count(self.due_today, "find.board_today", &format!("/ledgers/all?open=yes&due_from={0}&due_to={0}", day(today)), false))
                (count(self.due_week, "find.board_week", &format!("/ledgers/all?open=yes&due_from={}&due_to={}", day(today), day(week)), false))
                (figure(in_time, "find.board_month", &format!("/ledgers/all?open=no&closed_from={}", day(today.first_of_month())), false))
            }
            div .board-lists {
                section .board-longest {
                    h2 { (t(lang, "find.board_longest")) }
                    @if self.late.is_empty() { p .board-none { (t(lang, "find.board_none")) } }
                    ol { @for row in &self.late {
                        li {
                            span .board-what {
                                a href={ "/cases/" (row.id) } { (row.title.as_deref().unwrap_or_else(|| t(lang, "web.erased"))) }
                                span .board-who { (show.unit(&row.owner)) }
                            }
                            @if let Some(due) = row.due_at { span .board-n .late { (show::distance(due, visitor.now, lang).0) } }
                        }
                    } }
                }
                div .board-counts {
                    section {
                        h2 { (t(lang, "find.board_mechanisms")) }
                        ol { @for (id, label, counts) in &self.mechanisms {
                            li {
                                span .board-what { a href={ "/ledgers/" (id) "?open=yes&colour=red" } { (label) } }
                                span .board-n { (tf(lang, "find.board_of", &[("late", &show::count(counts.late)), ("open", &show::count(counts.open))])) }
                            }
                        } }
                    }
                    section {
                        h2 { (t(lang, "find.board_units")) }
                        ol { @for (unit, n) in &self.units {
                            li {
                                span .board-what { a href={ "/ledgers/all?open=yes&colour=red&owner=" (show::percent(unit.as_str())) } { (show.unit(unit)) } }
                                span .board-n { (show::count(*n)) }
                            }
                        } }
                    }
                }
            }
        }
    }
}
