//! Style, script and icon, compiled in; their address changes with their content, so browsers may keep them for ever.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::Web;
use crate::trouble::Trouble;

const FILES: [(&str, &str, &str); 5] = [
    (
        "app.css",
        "text/css; charset=utf-8",
        include_str!("assets/app.css"),
    ),
    (
        "app.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/app.js"),
    ),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    (
        "phone.css",
        "text/css; charset=utf-8",
        include_str!("assets/phone.css"),
    ),
    (
        "phone.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/phone.js"),
    ),
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    // FNV-1a: only has to differ when a file differs.
    let hash = FILES
        .iter()
        .flat_map(|(_, _, text)| text.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
});

/// The service worker of the phone pages, which keeps this version's files and no other's.
pub(crate) fn worker() -> String {
    let files: Vec<String> = FILES.iter().map(|(name, ..)| url(name)).collect();
    let files = serde_json::json!(files).to_string();
    include_str!("assets/phone-sw.js")
        .replace("\"@VERSION@\"", &format!("\"{}\"", *VERSION))
        .replace("\"@FILES@\"", &files)
}

/// The address of a file.
pub(crate) fn url(name: &str) -> String {
    format!("/assets/{name}?v={}", *VERSION)
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/assets/{name}", get(file))
}

async fn file(Path(name): Path<String>) -> Result<Response, Trouble> {
    let (_, kind, text) = FILES
        .iter()
        .find(|(known, _, _)| *known == name)
        .ok_or_else(Trouble::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, *kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, *text).into_response())
}
