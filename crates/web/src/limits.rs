//! Limits on who asks too much: wrong passwords by address, and requests of one session at once.
//!
//! An account locks by itself after wrong passwords (`Accounts`); the address is counted besides, because one address may try
//! many accounts. Of one session some requests are worked on at a time and the next wait their turn, so that a program that
//! runs wild slows itself down and nobody else; only a flood is refused.
//!
//! Pages of all sessions take turns as well, first come first served: thirty of them cut into slices on two processors would all
//! be as late as the last.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Web;
use crate::session::{SESSION, bearer, cookie};
use crate::trouble::Trouble;

/// Wrong passwords from one address before it waits. A whole office may share one address.
const WRONG_MAX: u32 = 50;

/// The time in which they are counted, and for which it waits.
const WRONG_TIME: SignedDuration = SignedDuration::from_mins(10);

/// Requests of one session that are worked on at once.
const AT_ONCE: usize = 32;

/// Requests of one session that may wait besides.
const WAITING: usize = 512;

/// Pages that are made at once for each processor.
const PAGES: usize = 2;

/// How long a page waits for its turn behind others that take longer (an export, a bulletin over a million cases); then it is
/// made beside them.
const PATIENCE: Duration = Duration::from_millis(300);

/// Addresses and sessions that are remembered; when there are more, those that do nothing are forgotten.
const KEPT: usize = 10_000;

/// What is counted.
#[derive(Default)]
pub(crate) struct Limits {
    /// Address → wrong passwords, and when they were begun to be counted.
    wrong: Mutex<HashMap<IpAddr, (u32, Timestamp)>>,
    /// Fingerprint of a session's secret → its places.
    busy: Mutex<HashMap<[u8; 32], Arc<Places>>>,
    /// Pages that are made now.
    pages: Turns,
}

struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Turns {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Turns(Semaphore::new(processors.saturating_mul(PAGES)))
    }
}

struct Places {
    work: Semaphore,
    /// Work and waiting together.
    all: Semaphore,
}

impl Limits {
    /// Waits for a page's turn; `None` where it has waited long enough.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let turn = tokio::time::timeout(PATIENCE, self.pages.0.acquire()).await;
        turn.ok()?.ok()
    }

    /// Until when an address waits after too many wrong passwords.
    pub(crate) fn waits(&self, from: Option<IpAddr>, now: Timestamp) -> Option<Timestamp> {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, since) = wrong.get(&from?)?;
        let until = since.checked_add(WRONG_TIME).ok()?;
        (*count >= WRONG_MAX && now < until).then_some(until)
    }

    /// Counts a wrong password.
    pub(crate) fn count_wrong(&self, from: Option<IpAddr>, now: Timestamp) {
        let Some(from) = from else { return };
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |since: &Timestamp| since.checked_add(WRONG_TIME).is_ok_and(|until| until <= now);
        make_room(&mut wrong, |(_, since)| !over(since));
        let (count, since) = wrong.entry(from).or_insert((0, now));
        if over(since) {
            (*count, *since) = (0, now);
        }
        *count = count.saturating_add(1);
    }

    fn places(&self, secret: &str) -> Arc<Places> {
        let print: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut busy, |places| Arc::strong_count(places) > 1);
        let fresh = || {
            Arc::new(Places {
                work: Semaphore::new(AT_ONCE),
                all: Semaphore::new(AT_ONCE + WAITING),
            })
        };
        busy.entry(print).or_insert_with(fresh).clone()
    }
}

fn make_room<K: Hash + Eq, V>(kept: &mut HashMap<K, V>, needed: impl Fn(&V) -> bool) {
    if kept.len() >= KEPT {
        kept.retain(|_, value| needed(value));
    }
}

/// The address that a request comes from. Behind a proxy on this machine it is what the proxy says; from elsewhere nobody's
/// word is taken for it.
pub(crate) fn address(headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> Option<IpAddr> {
    let peer = peer?.0.ip();
    let forwarded = headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok());
    let said = forwarded.and_then(|all| all.rsplit(',').next()?.trim().parse().ok());
    Some(said.filter(|_| peer.is_loopback()).unwrap_or(peer))
}

/// Lets a session's requests in, so many at once. Event streams stay open for hours and are not counted.
pub(crate) async fn in_turn(State(web): State<Web>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let secret = bearer(headers).or_else(|| cookie(headers, SESSION));
    let Some(secret) = secret.filter(|_| !request.uri().path().ends_with("/stream")) else {
        return next.run(request).await;
    };
    let places = web.limits().places(secret);
    let Ok(_counted) = places.all.try_acquire() else {
        return too_many(1);
    };
    // Nobody closes it, so that it is always given in the end.
    let _worked_on = places.work.acquire().await;
    next.run(request).await
}

/// The answer to who must wait so many seconds.
pub(crate) fn too_many(seconds: i64) -> Response {
    let trouble = Trouble::new(StatusCode::TOO_MANY_REQUESTS, "too_many");
    let mut response = trouble.into_response();
    if let Ok(value) = HeaderValue::from_str(&seconds.max(1).to_string()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_waits_for_its_turn_but_not_for_ever() {
        let limits = Limits::default();
        let mut made = Vec::new();
        while limits.pages.0.available_permits() > 0 {
            made.push(limits.turn().await.unwrap());
        }
        assert!(
            limits.turn().await.is_none(),
            "all places are taken: it is made beside them"
        );
        let (turn, ()) = tokio::join!(limits.turn(), async { drop(made.pop()) });
        assert!(turn.is_some(), "the place that became free is its own");
    }

    #[test]
    fn an_address_waits_after_too_many_wrong_passwords_and_others_do_not() {
        let limits = Limits::default();
        let start: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
        let (guesser, other): (IpAddr, IpAddr) = ("10.0.0.7".parse().unwrap(), "10.0.0.8".parse().unwrap());
        for n in 0..WRONG_MAX {
            assert_eq!(limits.waits(Some(guesser), start), None, "after {n}");
            limits.count_wrong(Some(guesser), start);
        }
        let until = start + WRONG_TIME;
        assert_eq!(limits.waits(Some(guesser), start), Some(until));
        assert_eq!(limits.waits(Some(other), start), None);
        assert_eq!(limits.waits(Some(guesser), until), None);
        limits.count_wrong(Some(guesser), until);
        assert_eq!(
            limits.waits(Some(guesser), until),
            None,
            "counted from the start again"
        );
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.2.3.4, 10.9.8.7"));
        let from = |peer: &str| address(&headers, Some(&ConnectInfo(peer.parse().unwrap())));
        assert_eq!(from("127.0.0.1:5000"), Some("10.9.8.7".parse().unwrap()));
        assert_eq!(from("10.0.0.7:5000"), Some("10.0.0.7".parse().unwrap()));
        assert_eq!(address(&headers, None), None);
    }
}
