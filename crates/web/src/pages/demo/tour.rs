//! The five-minute tour (五分钟快览) of the demo: a strip with step N of M that leads through the pages as whoever is signed in.
//! Where it stands is kept in the cookie of the guided walks, so that only one of them goes along.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_engine::views::{Filter, Sort};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use crate::place::Path;
use crate::session::{Visitor, WALK, set_cookie};
use crate::trouble::Trouble;

/// How the cookie says that it is the tour, before the step's number.
const SIGN: &str = "tour.";

/// How long it goes along, in seconds.
const SECONDS: u32 = 3600;

/// A step: what the strip says, and the page; the most urgent case for `None`.
type Step = (&'static str, Option<&'static str>);

const STEPS: [Step; 9] = [
    ("demo.tour_desk", Some("/")),
    ("demo.tour_ledgers", Some("/ledgers")),
    ("demo.tour_case", None),
    ("demo.tour_calendar", Some("/calendar")),
    ("demo.tour_reading", Some("/reading")),
    ("demo.tour_bulletins", Some("/bulletins")),
    ("demo.tour_mechanism", Some("/mechanisms/key-task")),
    ("demo.tour_log", Some("/log")),
    ("demo.tour_walks", Some("/demo/walks")),
];

/// The steps for this visitor: nobody is led to a page that refuses him.
fn steps(visitor: &Visitor) -> Vec<Step> {
    let open = |step: &Step| step.1 != Some("/reading") || visitor.administers();
    STEPS.into_iter().filter(open).collect()
}

/// Leads to a step, counted from 1; ends the tour for 0 and behind the last one.
pub(super) async fn go(
    visitor: Visitor,
    Path(n): Path<usize>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let place = visitor.jurisdiction();
    if place.is_none_or(|place| place.demo.is_none()) {
        return Err(Trouble::not_found());
    }
    let step = n.checked_sub(1).and_then(|at| steps(&visitor).get(at).copied());
    let Some((_, page)) = step else {
        let mut response = Redirect::to("/").into_response();
        set_cookie(&headers, response.headers_mut(), WALK, "", 0);
        return Ok(response);
    };
    let to = match page {
        Some(page) => page.to_owned(),
        None => visitor.work(urgent).await?,
    };
    let mut response = Redirect::to(&to).into_response();
    let sign = format!("{SIGN}{n}");
    set_cookie(&headers, response.headers_mut(), WALK, &sign, SECONDS);
    Ok(response)
}

/// The page of the most urgent open case that the visitor may see.
fn urgent(visitor: &Visitor) -> Result<String, Trouble> {
    let seen = Filter {
        open: Some(true),
        visible_to: visitor.sight.as_ref().clone(),
        ..Filter::default()
    };
    let page = visitor.views()?.cases(&seen, Sort::Urgency, 0, 1)?;
    Ok(page
        .rows
        .first()
        .map_or_else(|| "/ledgers/all".to_owned(), |row| format!("/cases/{}", row.id)))
}

/// The strip, while the tour goes along; `None` where it does not.
pub(super) fn strip(visitor: &Visitor) -> Option<Markup> {
    let n: usize = visitor.walk.as_ref()?.strip_prefix(SIGN)?.parse().ok()?;
    let steps = steps(visitor);
    let (text, _) = steps.get(n.checked_sub(1)?)?;
    let lang = visitor.lang;
    Some(html! {
        aside .walk-bar aria-label=(t(lang, "demo.tour")) {
            p {
                a href={ "/demo/tour/" (n) } { strong { (t(lang, "demo.tour")) } }
                " " span .tag { (tf(lang, "demo.walk_steps", &[("done", &n), ("all", &steps.len())])) }
                " " (t(lang, text))
            }
            div .walk-buttons {
                @if n > 1 { a .button href={ "/demo/tour/" (n - 1) } { (t(lang, "demo.tour_back")) } }
                @if n < steps.len() { a .button .primary href={ "/demo/tour/" (n + 1) } { (t(lang, "demo.tour_next")) } }
                a .button href="/demo/tour/0" { (t(lang, "demo.tour_end")) }
            }
        }
    })
}
