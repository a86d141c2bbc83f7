//! A form that was sent after its session had ended: what was typed is carried through the sign-in and comes back.
//!
//! The fields travel in the sign-in page itself and are sent again, by a press of the button, under the new session. Files
//! cannot travel that way and are chosen again; which, is said. Who signs in by way of another system leaves the page: for
//! him the fields wait in memory, under a name that only a cookie of his browser knows.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use axum::http::request::Parts;
use bihuan_messages::{Lang, t, tf};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::Web;
use crate::form::fresh_key;
use crate::layout;
use crate::show;

/// Most that is carried, in bytes of fields.
const BYTES_MAX: usize = 256 << 10;

/// Most that is read past for it: a form with its files.
const READ_MAX: usize = 16 << 20;

/// The cookie with the name under which a form waits.
pub(crate) const HELD: &str = "held";

/// How long a form waits, in seconds: as long as a session lasts without use.
pub(crate) const HELD_SECONDS: u32 = 12 * 3600;

/// Most that waits of all forms together, in bytes; the oldest give way.
const WAITING_MAX: usize = 16 << 20;

/// Forms that hold secrets, or that say nothing once the session is another.
const NEVER: [&str; 7] = [
    "/account",
    "/admin/accounts",
    "/sign-",
    "/post",
    "/demo/",
    "/api/",
    "/imports",
];

/// What was sent, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// The address to which it was sent.
    to: String,
    /// The page on which it stood.
    from: String,
    /// Its fields.
    fields: Vec<(String, String)>,
    /// The names of its files.
    files: Vec<String>,
}

impl Held {
    /// Reads a form that came without a session; `None` where there is nothing to carry.
    pub(crate) async fn take(head: Parts, body: Body, web: &Web) -> Option<Held> {
        let to = head.uri.path_and_query()?.as_str().to_owned();
        if NEVER.iter().any(|never| to.starts_with(never)) {
            return None;
        }
        // What comes without its length is bounded by the router.
        let length = head
            .headers
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok());
        if length.is_some_and(|length| {
            length
                .parse::<usize>()
                .ok()
                .is_none_or(|length| length > READ_MAX)
        }) {
            return None;
        }
        let from = head
            .headers
            .get(header::REFERER)
            .and_then(|from| from.to_str().ok());
        let from = from.and_then(path_of).unwrap_or("/").to_owned();
        let kind = head.headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_owned();
        let mut held = Held {
            to,
            from,
            ..Held::default()
        };
        if kind.starts_with("multipart/form-data") {
            let mut parts = Multipart::from_request(Request::from_parts(head, body), web)
                .await
                .ok()?;
            let mut bytes = 0;
            while let Some(mut part) = parts.next_field().await.ok()? {
                let name = part.name().unwrap_or_default().to_owned();
                if let Some(file) = part.file_name().map(str::to_owned) {
                    // Read past, not into memory.
                    while part.chunk().await.ok()?.is_some() {}
                    held.files.extend(Some(file).filter(|file| !file.is_empty()));
                    continue;
                }
                let value = part.text().await.ok()?;
                bytes += name.len() + value.len();
                if bytes > BYTES_MAX {
                    return None;
                }
                held.fields.push((name, value));
            }
        } else {
            let bytes = to_bytes(body, BYTES_MAX).await.ok()?;
            let request = Request::from_parts(head, Body::from(bytes));
            let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, web)
                .await
                .ok()?;
            held.fields = fields;
        }
        held.fields.retain(|(name, _)| name != "csrf");
        (!held.fields.is_empty()).then_some(held)
    }

    /// Reads what [`Held::text`] wrote; nothing where it leads elsewhere than to this server.
    pub(crate) fn read(text: &str) -> Option<Held> {
        let held: Held = serde_json::from_str(text).ok()?;
        let own = crate::pages::back_to(&held.to) == held.to;
        let open = !NEVER.iter().any(|never| held.to.starts_with(never));
        (own && open).then_some(held)
    }

    /// How much it holds.
    fn bytes(&self) -> usize {
        let fields = self.fields.iter().map(|(name, value)| name.len() + value.len());
        let files = self.files.iter().map(String::len);
        self.to.len() + self.from.len() + fields.chain(files).sum::<usize>()
    }

    /// As a field of the sign-in form carries it.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The page after the sign-in: what was typed, and the way back to it.
    pub(crate) fn page(&self, lang: Lang, csrf: &str, name: &str) -> Markup {
        let hidden = html! {
            input type="hidden" name="csrf" value=(csrf);
            @for (name, value) in &self.fields { input type="hidden" name=(name) value=(value); }
        };
        let (path, _) = self.to.split_once(['?', '#']).unwrap_or((&self.to, ""));
        // These forms can be shown again as they were, without anything being done.
        let shown = path.ends_with("/act") || path.ends_with("/new") || path.starts_with("/registers/");
        layout::plain(
            lang,
            t(lang, "phone.h_title"),
            &html! {
                h1 { (t(lang, "phone.h_title")) }
                p .lead { (tf(lang, "phone.h_lead", &[("name", &name)])) }
                @if !self.files.is_empty() { p .notice { (tf(lang, "phone.h_files", &[("files", &self.files.join(t(lang, "web.list_comma")))])) } }
                dl .facts { @for (_, value) in self.fields.iter().filter(|(name, value)| was_typed(name, value)) {
                    dt {} dd { (show::lines(value)) }
                } }
                div .actions {
                    @if shown {
                        form method="post" action=(self.to) enctype="multipart/form-data" { (hidden) input type="hidden" name="look" value="1"; button .primary type="submit" { (t(lang, "phone.h_back")) } }
                    } @else {
                        form method="post" action=(self.to) enctype="multipart/form-data" { (hidden) button .primary type="submit" { (t(lang, "phone.h_send")) } }
                    }
                    a href=(self.from) { (t(lang, "phone.h_leave")) }
                }
            },
        )
    }
}

/// Forms that wait for somebody to come back from another system.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<VecDeque<(String, Timestamp, Held)>>);

impl Waiting {
    /// Keeps a form; gives its name, which is the secret of the browser it came from.
    pub(crate) fn keep(&self, held: &Held, now: Timestamp) -> Option<String> {
        let name = Some(fresh_key()).filter(|name| !name.is_empty())?;
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back((name.clone(), now, held.clone()));
        let mut bytes: usize = waiting.iter().map(|(.., held)| held.bytes()).sum();
        let over = |at: Timestamp| now.duration_since(at) > SignedDuration::from_secs(HELD_SECONDS.into());
        while let Some((_, at, first)) = waiting.front()
            && (over(*at) || bytes > WAITING_MAX)
        {
            bytes = bytes.saturating_sub(first.bytes());
            waiting.pop_front();
        }
        Some(name)
    }

    /// The form of that name, if it still waits.
    pub(crate) fn get(&self, name: &str) -> Option<Held> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().find(|(own, ..)| own == name);
        found.map(|(.., held)| held.clone())
    }

    /// Forgets a form that has come back.
    pub(crate) fn forget(&self, name: &str) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(own, ..)| own != name);
    }
}

/// What a person has typed rather than chosen: words, not codes.
fn was_typed(name: &str, value: &str) -> bool {
    let typed = name.starts_with("f.")
        || name.starts_with("r.")
        || matches!(name, "note" | "title" | "quote" | "reason" | "text");
    typed && !value.trim().is_empty()
}

/// The path of an address of this server.
fn path_of(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    let path = rest.find('/').and_then(|at| rest.get(at..))?;
    Some(crate::pages::back_to(path))
}
