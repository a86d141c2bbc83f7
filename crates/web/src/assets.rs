//! Style, script and icon, compiled in; their address changes with their content, so browsers may keep them for ever.
//!
//! Only these and the description of the API are sent compressed. Pages are not: each holds the token of its session's forms
//! and, in searches and refused forms, what was asked for; how far such a page shrinks tells a listener on the line whether
//! the two are alike (BREACH; ADR 29).

use std::io::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Web;
use crate::place::Path;
use crate::trouble::Trouble;

const FILES: [(&str, &str, &str); 5] = [
    (
        "app.css",
        "text/css; charset=utf-8",
        // One file for browsers, parts for who writes it; the order is that of the cascade.
        concat!(
            include_str!("assets/style/ground.css"),
            include_str!("assets/style/cases.css"),
            include_str!("assets/style/pages.css"),
        ),
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

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Trouble> {
    let place = FILES.iter().position(|(known, _, _)| *known == name);
    let place = place.ok_or_else(Trouble::not_found)?;
    let (_, kind, text) = FILES.get(place).ok_or_else(Trouble::not_found)?;
    let kept = [
        (header::CONTENT_TYPE, *kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    let small = SMALL.get(place).and_then(Option::as_deref);
    let body = squeezed(&headers, text, small);
    Ok((kept, body).into_response())
}

/// The files as gzip, made once.
static SMALL: LazyLock<Vec<Option<Vec<u8>>>> =
    LazyLock::new(|| FILES.iter().map(|(_, _, text)| gzip(text)).collect());

/// A text as gzip.
pub(crate) fn gzip(text: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).ok()?;
    encoder.finish().ok()
}

/// A text that is the same for everybody, as gzip where the browser takes that.
pub(crate) fn squeezed(headers: &HeaderMap, text: &'static str, small: Option<&'static [u8]>) -> Response {
    let varies = (header::VARY, "accept-encoding");
    match small.filter(|_| takes_gzip(headers)) {
        Some(small) => ([varies, (header::CONTENT_ENCODING, "gzip")], small).into_response(),
        None => ([varies], text).into_response(),
    }
}

/// Whether a browser takes gzip (RFC 9110, 12.5.3): named, or by `*`, and not with a quality of nothing.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING);
    let mut named = None;
    let mut any = false;
    for one in all
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
    {
        let mut parts = one.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|part| {
            let quality = part.strip_prefix("q=").map(|q| q.trim_matches(['0', '.']));
            quality.is_some_and(str::is_empty)
        });
        if name.eq_ignore_ascii_case("gzip") {
            named = Some(!refused);
        } else if name == "*" {
            any = !refused;
        }
    }
    named.unwrap_or(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_goes_to_whom_it_was_said_to_be_welcome() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, text.parse().unwrap());
            takes_gzip(&headers)
        };
        for yes in [
            "gzip",
            "br, gzip",
            "GZIP;q=0.5",
            "*",
            "deflate, gzip;q=1.0, *;q=0",
        ] {
            assert!(of(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip;q=0.000, *", "identity"] {
            assert!(!of(no), "{no}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
