//! Paging: where one is in a long list, and the way on. Plain links, so it works without scripts.

use bihuan_messages::{Lang, t, tf};
use maud::{Markup, html};

use crate::show::count;

/// Links to the page before and after; `address` makes the address of a page, counted from 1.
pub fn pager(lang: Lang, page: u64, size: u64, total: u64, address: impl Fn(u64) -> String) -> Markup {
    let pages = total.div_ceil(size).max(1);
    let first = (page - 1).saturating_mul(size).saturating_add(1).min(total);
    let last = page.saturating_mul(size).min(total);
    html! {
        @if total > 0 {
            nav .pager aria-label=(t(lang, "web.pages")) {
                span { (tf(lang, "web.pager_range", &[("first", &count(first)), ("last", &count(last)), ("total", &count(total))])) }
                @if pages > 1 {
                    span .pager-links {
                        @if page > 1 { a rel="prev" href=(address(page - 1)) { (t(lang, "web.pager_before")) } }
                        span .num { (count(page)) " / " (count(pages)) }
                        @if page < pages { a rel="next" href=(address(page + 1)) { (t(lang, "web.pager_after")) } }
                    }
                }
            }
        }
    }
}
