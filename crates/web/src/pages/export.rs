//! Exports of a ledger (导出): what its page shows, as a workbook or as CSV, within what the visitor may see.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bihuan_domain::calendar::date_of;
use bihuan_engine::export;

use super::ledger::{Asked, Groups, Pairs, mechanism_of};
use crate::Web;
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show::{Show, percent};
use crate::trouble::Trouble;

/// What a word processor opens.
pub(crate) const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/ledgers/{mechanism}/export.xlsx", get(xlsx))
        .route("/ledgers/{mechanism}/export.csv", get(csv))
}

async fn xlsx(visitor: Visitor, Path(id): Path<String>, Query(pairs): Pairs) -> Result<Response, Trouble> {
    make(visitor, id, Asked::of(pairs), true).await
}

async fn csv(visitor: Visitor, Path(id): Path<String>, Query(pairs): Pairs) -> Result<Response, Trouble> {
    make(visitor, id, Asked::of(pairs), false).await
}

async fn make(visitor: Visitor, id: String, asked: Asked, workbook: bool) -> Result<Response, Trouble> {
    let mechanism = mechanism_of(&visitor, &id)?;
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let filter = asked.narrowed(visitor, &views, mechanism.as_deref())?;
            let show = Show {
                visitor,
                views: &views,
            };
            let groups = Groups::of(&show, mechanism.as_deref(), &asked, &filter)?;
            let wanted = export::Asked {
                filter,
                sort: asked.order(),
                mechanism: mechanism.as_ref().map(|m| m.id.clone()),
                columns: asked.columns().into_iter().map(str::to_owned).collect(),
                groups: groups.map(|groups| (groups.by, groups.order())),
            };
            let sheet = export::ledger(&visitor.engine, &visitor.sight, &wanted, visitor.lang)?;
            let name = format!("{}-{}", sheet.title, date_of(visitor.now));
            Ok(if workbook {
                download(
                    XLSX,
                    &format!("{name}.xlsx"),
                    export::xlsx(&[sheet], visitor.lang)?,
                )
            } else {
                download(
                    "text/csv; charset=utf-8",
                    &format!("{name}.csv"),
                    export::csv(&sheet)?,
                )
            })
        })
        .await
}

/// Bytes to be saved under a name, which may hold Chinese (RFC 6266).
pub(crate) fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let place = format!("attachment; filename*=UTF-8''{}", percent(name));
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, place),
        ],
        bytes,
    )
        .into_response()
}
