//! A QR code (二维码) drawn as SVG, with what it says beside it for who cannot scan it.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code, which scanners need.
const QUIET: i32 = 4;

/// The code of a text; nothing if it is too long for one (about 2,300 bytes). `says` is its text for who does not see it.
pub fn qr(text: &str, says: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return html! {};
    };
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code.get_module(x, y) {
                // Writing to a string cannot fail.
                let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    let whole = size + 2 * QUIET;
    html! {
        svg .qr viewBox={ "0 0 " (whole) " " (whole) } role="img" aria-label=(says) shape-rendering="crispEdges" {
            rect .qr-light width=(whole) height=(whole) {}
            path .qr-dark d=(path) {}
        }
    }
}
