//! The page of an error: what happened, what would be allowed, the operation number, the way back.

use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use crate::layout;
use crate::show;
use crate::trouble::Trouble;

pub(crate) fn page(lang: Lang, trouble: &Trouble) -> Markup {
    let title = match trouble.status.as_u16() {
        404 => "web.error_404",
        405 => "web.error_405",
        410 => "web.error_410",
        429 => "web.error_429",
        403 => "web.error_403",
        412 => "web.error_412",
        413 => "web.error_413",
        422 => "web.refused_title",
        500.. => "web.error_500",
        _ => "web.error_400",
    };
    layout::plain(
        lang,
        t(lang, title),
        &html! {
            div .trouble {
                p .trouble-code .num { (trouble.status.as_u16()) }
                h1 { (t(lang, title)) }
                p .lead { (show::text(&trouble.rule.text(lang))) }
                @for allowed in &trouble.allowed { p .allowed { (allowed.text(lang)) } }
                @if let Some(operation) = &trouble.operation {
                    p { (tf(lang, "web.operation", &[("number", operation)])) }
                }
                p .actions { a .button href="/" { (t(lang, "web.to_desk")) } }
            }
        },
    )
}
