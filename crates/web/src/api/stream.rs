//! `GET /api/v1/stream`: server-sent events. Each carries the number of log entries; what is new is then read.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};

use crate::Web;
use crate::session::Visitor;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/api/v1/stream", get(stream))
}

async fn stream(
    State(web): State<Web>,
    visitor: Visitor,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut log = visitor.engine.subscribe();
    // The present size comes at once, so that whoever connects knows what was missed.
    log.mark_changed();
    let ends = web.closing();
    let events = unfold((log, ends), |(mut log, mut ends)| async move {
        tokio::select! {
            changed = log.changed() => {
                changed.ok()?;
                let size = *log.borrow_and_update();
                Some((Ok(Event::default().event("log").id(size.to_string()).data(size.to_string())), (log, ends)))
            }
            // The server closes, or is gone.
            _ = ends.changed() => None,
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(25)))
}
