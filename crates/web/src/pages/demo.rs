//! The demo: its clock, which moves forward and fires what became due, the guided walks (导览) and the five-minute tour.

mod tour;
mod walks;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use jiff::SignedDuration;
use maud::Markup;

use super::back_to;
use crate::Web;
use crate::body::Posted;
use crate::session::Visitor;
use crate::trouble::Trouble;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/demo/clock", post(move_clock))
        .route("/demo/tour/{n}", get(tour::go))
        .route("/demo/walks", get(walks::page).post(walks::step))
}

/// What goes along on every page while one walks or is shown around.
pub(crate) fn bar(visitor: &Visitor) -> Markup {
    tour::strip(visitor).unwrap_or_else(|| walks::bar(visitor))
}

async fn move_clock(Posted { visitor, sent }: Posted) -> Result<Redirect, Trouble> {
    if visitor
        .jurisdiction()
        .is_none_or(|jurisdiction| jurisdiction.demo.is_none())
    {
        return Err(Trouble::not_found());
    }
    let by = match sent.get("by") {
        "hour" => SignedDuration::from_hours(1),
        "day" => SignedDuration::from_hours(24),
        "week" => SignedDuration::from_hours(7 * 24),
        other => return Err(Trouble::bad(other)),
    };
    visitor
        .work(move |visitor| Ok(visitor.engine.advance(by)?))
        .await?;
    Ok(Redirect::to(back_to(sent.get("next"))))
}
