//! My desk (我的待办): what waits for me, by urgency, each line with its reason and one click away.

use axum::Router;
use axum::routing::get;
use bihuan_domain::calendar::{date_of, day_number};
use bihuan_domain::case::DutyKind;
use bihuan_domain::mechanism::RequestKind;
use bihuan_domain::world::Bulletin;
use bihuan_engine::bulletin::may_sign;
use bihuan_engine::views::{Counts, DESK_COUNTED, DeskCounts, DutyRow, Filter};
use bihuan_messages::{Lang, t, tf};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Web;
use crate::layout::{self, Nav};
use crate::place::Query;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// Lines on a desk. What is late or due today stands on it all the same, up to [`LINES_MAX`].
const LINES: u64 = 50;

/// Lines on a desk at most, for who asks for more; who has more has another problem than a short list.
const LINES_MAX: u64 = 200;

/// Lines of a group with time enough that are shown without unfolding.
const FOLDED_FROM: usize = 12;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/", get(desk))
}

#[derive(Deserialize)]
struct Asked {
    /// Whether as many lines are asked for as there may be.
    #[serde(default)]
    all: String,
}

async fn desk(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let waits = views.desk_counts(&visitor.person, &visitor.posts, visitor.now)?;
            let pressing = waits.late.saturating_add(waits.today);
            let lines = match asked.all.is_empty() {
                true => pressing.clamp(LINES, LINES_MAX),
                false => LINES_MAX,
            };
            let duties = views.desk(&visitor.person, &visitor.posts, lines)?;
            let seen = Filter {
                visible_to: visitor.sight.as_ref().clone(),
                ..Filter::default()
            };
            let counts = views.counts(&seen)?;
            let show = Show {
                visitor,
                views: &views,
            };
            Ok(view(&show, &duties, &waits, &counts))
        })
        .await
}

/// How urgent a line is; the order is that of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Late,
    Today,
    Week,
    Later,
    Open,
}

impl When {
    const ALL: [When; 5] = [When::Late, When::Today, When::Week, When::Later, When::Open];

    fn of(due: Option<Timestamp>, now: Timestamp) -> When {
        let Some(due) = due else { return When::Open };
        if due <= now {
            return When::Late;
        }
        match day_number(date_of(due)) - day_number(date_of(now)) {
            ..=0 => When::Today,
            1..=7 => When::Week,
            _ => When::Later,
        }
    }

    /// How many of so many lines are shown without unfolding: what is late or due today is, always; of this week the next
    /// ones; what has time should not push what has none out of sight.
    fn in_sight(self, lines: usize) -> usize {
        match self {
            When::Late | When::Today => lines,
            _ if lines <= FOLDED_FROM => lines,
            When::Week => FOLDED_FROM,
            When::Later | When::Open => 0,
        }
    }

    /// How many there are of it.
    fn count(self, waits: &DeskCounts) -> u64 {
        match self {
            When::Late => waits.late,
            When::Today => waits.today,
            When::Week => waits.week,
            When::Later => waits.later(),
            When::Open => waits.open,
        }
    }

    fn key(self) -> &'static str {
        match self {
            When::Late => "web.desk_late",
            When::Today => "web.desk_today",
            When::Week => "web.desk_week",
            When::Later => "web.desk_later",
            When::Open => "web.desk_open",
        }
    }
}

fn view(show: &Show<'_>, duties: &[DutyRow], waits: &DeskCounts, counts: &Counts) -> Markup {
    let visitor = show.visitor;
    let lang = visitor.lang;
    let of = |when: When| {
        duties
            .iter()
            .filter(move |duty| When::of(duty.due, visitor.now) == when)
    };
    let (total, late, today) = (waits.total, waits.late, waits.today);
    let shown = u64::try_from(duties.len()).unwrap_or(u64::MAX);
    let name = show.person(&visitor.person);
    // Chinese sentences stand without spaces between them.
    let gap = if lang == Lang::En { " " } else { "" };
    let body = html! {
        (layout::heading(Some(&show.post(&visitor.post)), &html! { (t(lang, "web.desk_title")) }, &html! { a href="/q" { (t(lang, "phone.title")) } }))
        p .lead .desk-lead {
            (tf(lang, "web.desk_hello", &[("name", &name)])) (gap)
            @if total == 0 { (t(lang, "web.desk_none")) }
            @else {
                @let key = match total { 1 => "web.desk_total_1", n if n > DESK_COUNTED => "web.desk_total_over", _ => "web.desk_total" };
                (tf(lang, key, &[("n", &total.min(DESK_COUNTED))])) (gap)
                @if late > 0 { strong .late { (tf(lang, "web.desk_n_late", &[("n", &late)])) } (gap) }
                @if today > 0 { (tf(lang, "web.desk_n_today", &[("n", &today)])) }
            }
        }
        (to_sign(visitor))
        @if duties.is_empty() { (empty(visitor)) }
        @for when in When::ALL {
            @let lines: Vec<&DutyRow> = of(when).collect();
            @if !lines.is_empty() {
                section .desk-group .is-late[when == When::Late] {
                    h2 { (t(lang, when.key())) " " span .num .quiet { (show::counted(when.count(waits), DESK_COUNTED)) } }
                    @let (seen, rest) = lines.split_at(when.in_sight(lines.len()));
                    div {
                        @if !seen.is_empty() { ul .duties { @for duty in seen { (line(show, duty)) } } }
                        @if !rest.is_empty() {
                            details .duties-later {
                                summary { (tf(lang, if seen.is_empty() { "web.desk_unfold" } else { "web.desk_unfold_rest" }, &[("n", &rest.len())])) }
                                ul .duties { @for duty in rest { (line(show, duty)) } }
                            }
                        }
                    }
                }
            }
        }
        (more(lang, shown, total))
        (figures(visitor, counts))
    };
    layout::page(visitor, t(lang, "web.desk_title"), Nav::Desk, &body)
}

/// What is not listed, and how to see it.
fn more(lang: Lang, shown: u64, total: u64) -> Markup {
    let left = total.saturating_sub(shown);
    html! {
        @if left > 0 {
            p .quiet {
                @if total > DESK_COUNTED { (t(lang, "web.desk_more_over")) } @else { (tf(lang, "web.desk_more", &[("n", &left)])) }
                @if shown < LINES_MAX {
                    " " a href="/?all=yes" { (tf(lang, "web.desk_all", &[("n", &left.min(LINES_MAX.saturating_sub(shown)))])) }
                }
            }
        }
    }
}

/// Bulletins that wait for this visitor's signature: nothing that names a unit goes out unsigned.
fn to_sign(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let waiting = || {
        let mine = |bulletin: &Bulletin| visitor.posts.iter().any(|post| may_sign(bulletin, post));
        visitor
            .world
            .bulletins
            .values()
            .filter(move |bulletin| bulletin.signed.is_none() && mine(bulletin))
    };
    html! {
        @if waiting().next().is_some() {
            section .desk-group {
                h2 { (t(lang, "web.desk_sign")) " " span .num .quiet { (waiting().count()) } }
                ul .duties { @for bulletin in waiting() {
                    li .duty {
                        a href={ "/bulletins/" (bulletin.draft.bulletin) } {
                            span .duty-when { (show::remaining(bulletin.draft.due, visitor.now, lang)) }
                            span .duty-what {
                                span .duty-title {
                                    (t(lang, "web.desk_bulletin")) " "
                                    (bulletin.draft.number.as_ref().map_or(bulletin.draft.bulletin.as_str(), |n| n.text.as_str()))
                                }
                                span .duty-why { (show::date(bulletin.draft.from, lang)) " – " (show::date(bulletin.draft.to, lang))
                                    @if let Some(rung) = bulletin.overdue.last() { " · " (t(lang, "web.desk_sign_overdue")) " " (rung.label.get(lang)) } }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn line(show: &Show<'_>, duty: &DutyRow) -> Markup {
    let (visitor, case) = (show.visitor, &duty.case);
    let lang = visitor.lang;
    let mechanism = visitor.mechanisms.current(&case.mechanism);
    let stage = show::stage_name(mechanism.as_deref(), &case.stage, lang);
    html! {
        li .duty {
            a href={ "/cases/" (case.id) "#now" } {
                span .duty-when {
                    @match duty.due {
                        Some(due) => { (show::colour_mark(duty.colour, lang)) (show::remaining(due, visitor.now, lang)) },
                        None => { span .quiet { (t(lang, "web.no_limit")) } },
                    }
                }
                span .duty-what {
                    span .duty-title { span .duty-do { (what(&duty.kind, stage, lang)) } (show::text(case.title.as_deref().unwrap_or(t(lang, "web.erased")))) }
                    span .duty-why {
                        @if let Some(mechanism) = &mechanism { (mechanism.label.get(lang)) " · " }
                        @if let Some(number) = &case.number { (number) " · " }
                        (tf(lang, "web.owner_is", &[("unit", &show.unit(&case.owner))])) " · "
                        (tf(lang, "web.waits_since", &[("when", &short(duty.since, visitor))]))
                        @if visitor.posts.len() > 1 { " · " (show.post(&duty.post)) }
                    }
                }
            }
        }
    }
}

fn short(at: Timestamp, visitor: &Visitor) -> String {
    show::date(date_of(at), visitor.lang)
}

/// What is to be done, as an imperative.
fn what(kind: &DutyKind, stage: &str, lang: Lang) -> String {
    match kind {
        DutyKind::Decide { what, .. } => {
            let what = t(lang, request_key(*what));
            tf(lang, "web.duty_decide", &[("what", &what)])
        }
        other => match other.name() {
            "handle" => stage.to_owned(),
            "verify" => t(lang, "web.duty_verify").to_owned(),
            "opinion" => tf(lang, "web.duty_opinion", &[("stage", &stage)]),
            "wait" => t(lang, "web.duty_wait").to_owned(),
            "review" => t(lang, "web.duty_review").to_owned(),
            "progress" => t(lang, "web.duty_progress").to_owned(),
            "sign" => t(lang, "web.duty_sign").to_owned(),
            "answer" => t(lang, "web.duty_answer").to_owned(),
            _ => t(lang, "web.duty_look_back").to_owned(),
        },
    }
}

/// What a line of the desk asks for, as an imperative.
pub(crate) fn duty_words(visitor: &Visitor, duty: &DutyRow) -> String {
    let mechanism = visitor.mechanisms.current(&duty.case.mechanism);
    let stage = show::stage_name(mechanism.as_deref(), &duty.case.stage, visitor.lang);
    what(&duty.kind, stage, visitor.lang)
}

/// The key of a side move's name.
pub(crate) fn request_key(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Return => "web.request_return",
        RequestKind::Extension => "web.request_extension",
        RequestKind::Suspension => "web.request_suspension",
        RequestKind::HandUp => "web.request_hand_up",
        RequestKind::Void => "web.request_void",
    }
}

/// An empty desk says what could be done now.
fn empty(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    html! {
        div .empty {
            p { (t(lang, "web.desk_empty")) }
            p .actions {
                a .button href="/ledgers" { (t(lang, "web.desk_empty_ledgers")) }
                @if visitor.administers() { a .button href="/reading" { (t(lang, "web.desk_empty_reading")) } }
            }
        }
    }
}

/// The counts of what this visitor may see; each opens its list.
fn figures(visitor: &Visitor, counts: &Counts) -> Markup {
    let lang = visitor.lang;
    let figure = |n: u64, key: &str, href: &str, late: bool| {
        html! { a .figure .is-late[late && n > 0] href=(href) { span .figure-n { (show::count(n)) } span { (t(lang, key)) } } }
    };
    html! {
        section .figures aria-label=(t(lang, "web.figures")) {
            (figure(counts.open, "web.figure_open", "/ledgers?open=yes", false))
            (figure(counts.late, "web.figure_late", "/ledgers?open=yes&colour=red", true))
            (figure(counts.closed, "web.figure_closed", "/ledgers?open=no", false))
            (figure(counts.total, "web.figure_total", "/ledgers", false))
        }
    }
}
