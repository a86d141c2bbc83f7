//! Sending one message: the forms of the chat tools, their signatures, and whom is never written to.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bihuan_messages::{Lang, t, tf};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::Sha256;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error as HttpError};

use super::robots::{Robot, Shape};

/// What a robot may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 64 << 10;

/// Where systems keep the certificates that they trust: the office's own authority stands there, too.
const TRUSTED: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Why a message did not arrive, as a code of the catalogue (`notify.said_…`) and what the other side said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// The code.
    pub code: &'static str,
    /// What was said, without the address.
    pub said: String,
}

/// Answers of mail servers that have a text of their own; others are explained by their first digit.
const ANSWERS: [&str; 22] = [
    "421", "432", "450", "451", "452", "454", "455", "500", "501", "502", "503", "504", "521", "530", "534",
    "535", "538", "550", "551", "552", "553", "554",
];

/// Why something did not arrive, in words: `code` and `said` as they stand in the outbox.
pub fn explain(lang: Lang, code: &str, said: &str) -> String {
    let mut parts = said.split(' ');
    if let ("smtp", Some(step), Some(answer)) = (code, parts.next(), parts.next()) {
        let step = tf(
            lang,
            "notify.smtp_step",
            &[("step", &t(lang, &format!("notify.smtp_at_{step}")))],
        );
        let known = if ANSWERS.contains(&answer) {
            answer
        } else if answer.starts_with('4') {
            "4xx"
        } else {
            "5xx"
        };
        let fine = parts.next().map(|fine| format!(" {fine}")).unwrap_or_default();
        return format!(
            "{step}{} ({answer}{fine})",
            t(lang, &format!("notify.smtp_{known}"))
        );
    }
    let key = format!("notify.said_{code}");
    let words = t(
        lang,
        if bihuan_messages::has(&key) {
            &key
        } else {
            "notify.said_unreached"
        },
    );
    if said.is_empty() {
        words.to_owned()
    } else {
        format!("{words} ({said})")
    }
}

impl Unsent {
    /// Whether it is of no use to try again: the server has said for good that it does not take this letter or this address.
    pub(super) fn is_final(&self) -> bool {
        let mut parts = self.said.split(' ');
        self.code == "smtp"
            && matches!(parts.next(), Some("to" | "data" | "taken"))
            && parts.next().is_some_and(|answer| answer.starts_with('5'))
    }

    /// Whether it lies at the letter or its address, and not at the way to the server.
    pub(super) fn is_of_the_letter(&self) -> bool {
        let step = self.said.split(' ').next();
        self.code == "gone" || self.code == "smtp" && matches!(step, Some("to" | "data" | "taken"))
    }
}

/// Sends `text` under the key `id`, which a program on the other side may know it by.
///
/// # Errors
///
/// [`Unsent`].
pub(super) fn send(
    robot: &Robot,
    extra: Option<&Path>,
    id: &str,
    text: &str,
    details: &Json,
) -> Result<(), Unsent> {
    let now = Timestamp::now();
    let (url, body) = message(robot, id, text, details, now)?;
    let plain = url.starts_with("http:");
    let agent = agent(plain, extra);
    let sent = agent
        .post(&url)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-bihuan-message", id)
        .send(body.to_string().as_bytes());
    let mut answer = sent.map_err(|error| unreached(&error))?;
    let status = answer.status();
    let said = answer
        .body_mut()
        .with_config()
        .limit(ANSWER_MAX)
        .read_to_string()
        .unwrap_or_default();
    if status.is_redirection() {
        return Err(unsent("redirected", status.as_str()));
    }
    if !status.is_success() {
        return Err(unsent("status", status.as_str()));
    }
    accepted(robot.kind, &said)
}

/// Address and body of a message, signed where the robot has a secret.
fn message(
    robot: &Robot,
    id: &str,
    text: &str,
    details: &Json,
    now: Timestamp,
) -> Result<(String, Json), Unsent> {
    let url = robot.url().to_owned();
    let chat = || json!({ "msgtype": "text", "text": { "content": text } });
    Ok(match (robot.kind, robot.secret()) {
        (Shape::Wecom, _) | (Shape::Dingtalk, None) => (url, chat()),
        (Shape::Dingtalk, Some(secret)) => {
            let at = now.as_millisecond();
            let sign = signature(secret.as_bytes(), format!("{at}\n{secret}").as_bytes())?;
            let join = if url.contains('?') { '&' } else { '?' };
            (
                format!("{url}{join}timestamp={at}&sign={}", escaped(&sign)),
                chat(),
            )
        }
        (Shape::Feishu, secret) => {
            let mut body = json!({ "msg_type": "text", "content": { "text": text } });
            if let (Some(secret), Some(fields)) = (secret, body.as_object_mut()) {
                let at = now.as_second();
                // Feishu's key is what others sign; what it signs is nothing.
                let sign = signature(format!("{at}\n{secret}").as_bytes(), b"")?;
                fields.insert("timestamp".to_owned(), at.to_string().into());
                fields.insert("sign".to_owned(), sign.into());
            }
            (url, body)
        }
        (Shape::Json, secret) => {
            let mut body = json!({ "id": id, "text": text, "notices": details });
            if let (Some(secret), Some(fields)) = (secret, body.as_object_mut()) {
                let at = now.as_second();
                let sign = signature(secret.as_bytes(), format!("{at}\n{id}\n{text}").as_bytes())?;
                fields.insert("timestamp".to_owned(), at.to_string().into());
                fields.insert("sign".to_owned(), sign.into());
            }
            (url, body)
        }
    })
}

fn signature(key: &[u8], text: &[u8]) -> Result<String, Unsent> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| unsent("secret", ""))?;
    mac.update(text);
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// Base64 in an address.
fn escaped(sign: &str) -> String {
    sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

/// Chat tools answer 200 to what they refuse; what they mean stands in the body.
fn accepted(kind: Shape, said: &str) -> Result<(), Unsent> {
    if kind == Shape::Json {
        return Ok(());
    }
    let answer: Json = serde_json::from_str(said).map_err(|_| unsent("answer", ""))?;
    let number = ["errcode", "code", "StatusCode"]
        .iter()
        .find_map(|key| answer.get(key)?.as_i64());
    match number {
        Some(0) => Ok(()),
        Some(number) => Err(unsent("tool", &number.to_string())),
        None => Err(unsent("answer", "")),
    }
}

pub(super) fn unsent(code: &'static str, said: &str) -> Unsent {
    Unsent {
        code,
        said: said.to_owned(),
    }
}

/// What went wrong on the way, in a few words that hold no address.
fn unreached(error: &HttpError) -> Unsent {
    match error {
        HttpError::Timeout(_) => unsent("slow", ""),
        HttpError::HostNotFound => unsent("address", ""),
        HttpError::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            unsent("forbidden", "")
        }
        HttpError::Io(error) => unsent("unreached", &error.kind().to_string()),
        HttpError::Rustls(error) => unsent("tls", &error.to_string()),
        _ => unsent("unreached", ""),
    }
}

/// A client that writes to nobody who must not be written to, and trusts whom the system trusts.
pub(crate) fn agent(plain: bool, extra: Option<&Path>) -> Agent {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&trusted(extra)))
        .unversioned_rustls_crypto_provider(provider)
        .build();
    let config = Config::builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .http_status_as_error(false)
        .https_only(!plain)
        .proxy(None)
        .tls_config(tls)
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Allowed { plain })
}

/// The certificates that the system trusts, and those of a file beside.
pub(crate) fn trusted(extra: Option<&Path>) -> Vec<Certificate<'static>> {
    let system = TRUSTED.iter().find_map(|file| std::fs::read(file).ok());
    let extra = extra.and_then(|file| std::fs::read(file).ok());
    let mut all = Vec::new();
    for pem in [system, extra].into_iter().flatten() {
        for item in parse_pem(&pem).filter_map(Result::ok) {
            if let PemItem::Certificate(certificate) = item {
                all.push(certificate);
            }
        }
    }
    all
}

/// Finds addresses and leaves out those that must not be written to: a name may come to mean something else after it was
/// looked at, so each is judged where it is used.
#[derive(Debug)]
struct Allowed {
    plain: bool,
}

impl Resolver for Allowed {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, HttpError> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in found.iter().filter(|address| may(address, self.plain)) {
            kept.push(*address);
        }
        if kept.is_empty() {
            return Err(HttpError::Io(std::io::ErrorKind::PermissionDenied.into()));
        }
        Ok(kept)
    }
}

/// Unencrypted only to this machine; never to addresses that mean a link, a group or nothing. Offices run chat tools
/// of their own, so private addresses are allowed.
pub(super) fn may(address: &SocketAddr, plain: bool) -> bool {
    let ip = match address.ip() {
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4),
        ip => ip,
    };
    if plain {
        return ip.is_loopback();
    }
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => is_link_local(ip),
    };
    !link_local && !ip.is_unspecified() && !ip.is_multicast()
}

fn is_link_local(ip: Ipv6Addr) -> bool {
    ip.segments()
        .first()
        .is_some_and(|first| first & 0xffc0 == 0xfe80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn robot(kind: &str, secret: bool) -> Robot {
        let secret = if secret { "secret = \"SEC1\"" } else { "" };
        let text = format!(
            "[[robot]]\nname = \"a\"\nkind = \"{kind}\"\nurl = \"https://chat.example/send?key=k\"\n{secret}"
        );
        Settings::parse(&text).unwrap().robots.remove(0)
    }

    fn written(kind: &str, secret: bool) -> (String, Json) {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        message(&robot(kind, secret), "7", "hello", &json!([]), at).unwrap()
    }

    // The signatures below were made with openssl, as the tools' own documents say.
    #[test]
    fn each_tool_gets_the_form_that_it_takes() {
        let (url, body) = written("wecom", false);
        assert_eq!(url, "https://chat.example/send?key=k");
        assert_eq!(body, json!({ "msgtype": "text", "text": { "content": "hello" } }));
        let (_, body) = written("feishu", false);
        assert_eq!(
            body,
            json!({ "msg_type": "text", "content": { "text": "hello" } })
        );
        let (url, _) = written("dingtalk", true);
        assert_eq!(
            url,
            "https://chat.example/send?key=k&timestamp=1700000000000&sign=ukR4%2BWoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio%3D"
        );
        let (_, body) = written("feishu", true);
        assert_eq!(
            (&body["timestamp"], &body["sign"]),
            (
                &json!("1700000000"),
                &json!("s3Va4ru9IQUY6HTJcYx7OEVyXl0V0S/y32v4ZbfOHCI=")
            )
        );
    }

    #[test]
    fn nobody_is_written_to_at_addresses_of_the_link_or_unencrypted_elsewhere() {
        let of = |text: &str, plain| may(&SocketAddr::new(text.parse().unwrap(), 443), plain);
        for refused in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::",
        ] {
            assert!(!of(refused, false), "{refused}");
        }
        for allowed in ["203.0.113.7", "10.1.2.3", "127.0.0.1", "2001:db8::1"] {
            assert!(of(allowed, false), "{allowed}");
        }
        assert!(of("127.0.0.1", true) && of("::1", true) && !of("10.1.2.3", true));
    }
}
