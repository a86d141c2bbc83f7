//! Evidence (佐证材料): the list, and downloads that check who asks and that a browser never runs.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bihuan_domain::case::State;
use bihuan_domain::id::CaseId;
use bihuan_domain::value::Attachment;
use bihuan_messages::t;
use maud::{Markup, html};

use super::find;
use crate::place::Path;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

pub(super) fn list(show: &Show<'_>, state: &State) -> Markup {
    let lang = show.visitor.lang;
    html! {
        @if !state.evidence.is_empty() {
            section .card #evidence {
                h2 { (t(lang, "web.evidence")) " " span .num .quiet { (state.evidence.len()) } }
                ul .files {
                    @for (n, (seq, file)) in state.evidence.iter().enumerate() {
                        li {
                            a href={ "/cases/" (state.id) "/evidence/" (n) } { (show::text(&show.sealed(&file.name))) }
                            " " span .quiet { (size(file.bytes)) " · " a href={ "/log/" (seq) } { "#" (seq) } }
                        }
                    }
                }
            }
        }
    }
}

/// A size in the unit that people think in.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}

/// The scans of the papers that a case came from.
pub(super) fn papers(show: &Show<'_>, state: &State) -> Markup {
    html! {
        ul .files #papers {
            @for (n, file) in state.papers.iter().enumerate() {
                li { a href={ "/cases/" (state.id) "/papers/" (n) } { (show::text(&show.sealed(&file.name))) }
                    " " span .quiet { (size(file.bytes)) } }
            }
        }
    }
}

/// A file of a case, for who may see the case.
pub(crate) async fn download(visitor: Visitor, at: Path<(u64, usize)>) -> Result<Response, Trouble> {
    save(visitor, at, |state, n| {
        state.evidence.get(n).map(|(_, file)| file)
    })
    .await
}

/// A scan of a paper that a case came from, for who may see the case.
pub(crate) async fn paper(visitor: Visitor, at: Path<(u64, usize)>) -> Result<Response, Trouble> {
    save(visitor, at, |state, n| state.papers.get(n)).await
}

async fn save(
    visitor: Visitor,
    Path((id, n)): Path<(u64, usize)>,
    which: impl Fn(&State, usize) -> Option<&Attachment> + Send + 'static,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let (case, _) = find(visitor, &views, CaseId(id))?;
            let file = which(&case.state, n).ok_or_else(Trouble::not_found)?;
            let unreadable = |_| {
                Trouble::from(bihuan_engine::Error::Other(format!(
                    "{} names no file",
                    file.blob
                )))
            };
            let blob = file.blob.as_str().parse().map_err(unreadable)?;
            let bytes = views
                .log()
                .blob(&blob)?
                .ok_or_else(|| Trouble::new(axum::http::StatusCode::GONE, "erased"))?;
            let name = views.unseal(&file.name)?.unwrap_or_else(|| format!("file-{n}"));
            // Always saved, never shown in place: what was uploaded must not run in this origin.
            let disposition = format!("attachment; filename*=UTF-8''{}", show::percent(&name));
            let headers = [
                (header::CONTENT_TYPE, file.media.to_string()),
                (header::CONTENT_DISPOSITION, disposition),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "sandbox; default-src 'none'".to_owned(),
                ),
            ];
            Ok((headers, bytes).into_response())
        })
        .await
}
