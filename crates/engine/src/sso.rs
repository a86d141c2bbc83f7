//! Signing in by way of another system (统一认证登录): OpenID Connect, authorization code with PKCE. The other system says who
//! somebody is; which account that is and what it may do is said here, and no account is ever made by it.

mod token;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use ureq::Agent;

pub use token::Untrue;

use crate::chance::token as secret;
use crate::error::Error;
use crate::notices::agent;
use crate::settings::{Settings, Table};

/// How long somebody may take at the other system.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Sign-ins under way that are remembered; the oldest are forgotten first.
const UNDER_WAY_MAX: usize = 10_000;

/// How long what the provider says of itself is taken to hold.
const KNOWN: SignedDuration = SignedDuration::from_hours(1);

/// Between two looks for a key that was not there lies at least this.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// Longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 512 << 10;

/// Where the other system leads back to.
pub const BACK: &str = "/sign-in/common/back";

/// The other system (`[sso]`).
#[derive(Clone)]
pub struct Sso {
    /// Who it is, exactly as it says itself.
    pub issuer: String,
    /// How this system is known there.
    client: String,
    /// By what it is known, where that is asked for; a secret.
    secret: Option<String>,
    /// The claim that is the name of an account here.
    claim: String,
    /// What is asked for.
    scope: String,
    /// Whether it asks for a second step itself, so that ours is not asked for.
    pub second_step_there: bool,
}

impl std::fmt::Debug for Sso {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sso")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl Sso {
    /// Takes the other system from its table.
    pub(crate) fn take(table: &mut Table<'_>) -> Option<Sso> {
        let issuer = table.need("issuer", "settings.how_issuer");
        if issuer.as_deref().is_some_and(|issuer| !may_be_asked(issuer)) {
            table.fault("issuer", "settings.how_issuer");
        }
        let client = table.need("client_id", "settings.how_client_id");
        let secret = table.text("client_secret");
        let claim = table
            .text("claim")
            .unwrap_or_else(|| "preferred_username".to_owned());
        let scope = table.text("scope").unwrap_or_else(|| "openid profile".to_owned());
        let second = table.word("second_step", &[("here", false), ("there", true)]);
        table.end();
        Some(Sso {
            issuer: issuer?,
            client: client?,
            secret,
            claim,
            scope,
            second_step_there: second.unwrap_or(false),
        })
    }
}

/// Whether an address may be asked: encrypted, or this machine itself.
fn may_be_asked(address: &str) -> bool {
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let local = |start: &str| {
        let rest = address.strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    let fit = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}#".contains(c);
    address.chars().all(fit)
        && !address.contains('@')
        && (address.starts_with("https://") && address.len() > 8 || here.into_iter().any(local))
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum SsoError {
    /// It is not set up.
    Off,
    /// This sign-in is over, was used already, or was begun in another browser.
    Over,
    /// The other system refused.
    Refused,
    /// The other system cannot be reached, or says what cannot be understood; in a few words.
    Unreached(String),
    /// What it says does not stand the test.
    Untrue(Untrue),
    /// A fault of ours.
    Fault(Error),
}

impl From<Untrue> for SsoError {
    fn from(why: Untrue) -> Self {
        SsoError::Untrue(why)
    }
}

impl From<Error> for SsoError {
    fn from(error: Error) -> Self {
        SsoError::Fault(error)
    }
}

/// What the provider says of itself.
#[derive(Clone, Debug, Deserialize)]
struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    end_session_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Keys {
    keys: Vec<Json>,
}

#[derive(Clone)]
struct Known {
    provider: Provider,
    keys: Vec<token::Key>,
    since: Timestamp,
}

/// A sign-in under way.
struct UnderWay {
    nonce: String,
    verifier: String,
    next: String,
    since: Timestamp,
}

/// Sign-ins under way, and what is known of the other system.
#[derive(Default)]
pub struct CommonSignIn {
    under_way: Mutex<HashMap<String, UnderWay>>,
    known: Mutex<Option<Known>>,
}

/// A sign-in that begins.
pub struct Begun {
    /// Where the browser is led.
    pub address: String,
    /// What the browser keeps, so that only it can go on.
    pub state: String,
}

impl CommonSignIn {
    /// Begins a sign-in; afterwards the way leads to `next`.
    ///
    /// # Errors
    ///
    /// [`SsoError`].
    pub fn begin(&self, settings: &Settings, next: &str, now: Timestamp) -> Result<Begun, SsoError> {
        let (sso, back) = set_up(settings)?;
        let known = self.provider(settings, sso, now)?;
        let (state, nonce, verifier) = (secret()?, secret()?, secret()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let address = with_query(
            &known.provider.authorization_endpoint,
            &[
                ("response_type", "code"),
                ("client_id", &sso.client),
                ("redirect_uri", &back),
                ("scope", &sso.scope),
                ("state", &state),
                ("nonce", &nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ],
        );
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, one| now.duration_since(one.since) < PATIENCE);
        if under_way.len() >= UNDER_WAY_MAX {
            let oldest = under_way.iter().min_by_key(|(_, one)| one.since);
            let oldest = oldest.map(|(state, _)| state.clone());
            oldest.and_then(|state| under_way.remove(&state));
        }
        under_way.insert(
            state.clone(),
            UnderWay {
                nonce,
                verifier,
                next: next.to_owned(),
                since: now,
            },
        );
        Ok(Begun { address, state })
    }

    /// Ends a sign-in with what the other system sent back: the name of the account, and where the way leads.
    ///
    /// # Errors
    ///
    /// [`SsoError`]. Whatever comes of it, the same answer is not taken twice.
    pub fn finish(
        &self,
        settings: &Settings,
        kept: Option<&str>,
        answer: &Answered,
        now: Timestamp,
    ) -> Result<(String, String), SsoError> {
        let (sso, back) = set_up(settings)?;
        // Only the browser that began it may go on with it.
        if answer.state.is_empty() || kept != Some(answer.state.as_str()) {
            return Err(SsoError::Over);
        }
        let found = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            under_way.remove(&answer.state)
        };
        let begun = found.filter(|one| now.duration_since(one.since) < PATIENCE);
        let begun = begun.ok_or(SsoError::Over)?;
        if !answer.error.is_empty() || answer.code.is_empty() {
            return Err(SsoError::Refused);
        }
        // Answers of another provider are not mixed up with this one's (RFC 9207).
        if !answer.iss.is_empty() && answer.iss != sso.issuer {
            return Err(Untrue::Issuer.into());
        }
        let known = self.provider(settings, sso, now)?;
        let id_token = redeem(settings, sso, &known.provider, &back, answer, &begun.verifier)?;
        let expected = token::Expected {
            issuer: &sso.issuer,
            client: &sso.client,
            nonce: &begun.nonce,
            now,
        };
        let claims = match token::claims(&id_token, &known.keys, &expected) {
            // Providers change their keys: it is looked once more.
            Err(Untrue::Key) if now.duration_since(known.since) >= LOOK_AGAIN => {
                self.forget();
                let known = self.provider(settings, sso, now)?;
                token::claims(&id_token, &known.keys, &expected)?
            }
            other => other?,
        };
        if sso.claim == "email" && claims.get("email_verified") != Some(&Json::Bool(true)) {
            return Err(Untrue::Claim.into());
        }
        let login = claims.get(&sso.claim).and_then(Json::as_str).map(str::trim);
        let login = login.filter(|login| !login.is_empty()).ok_or(Untrue::Claim)?;
        Ok((login.to_owned(), begun.next))
    }

    /// Where one signs out at the other system as well, if it has such a place.
    pub fn way_out(&self, settings: &Settings) -> Option<String> {
        let sso = settings.sso.as_ref()?;
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()?;
        let end = known
            .provider
            .end_session_endpoint
            .filter(|end| may_be_asked(end))?;
        let back = settings.link("/sign-in")?;
        Some(with_query(
            &end,
            &[("client_id", &sso.client), ("post_logout_redirect_uri", &back)],
        ))
    }

    fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn provider(&self, settings: &Settings, sso: &Sso, now: Timestamp) -> Result<Known, SsoError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = |known: &Known| {
            known.provider.issuer == sso.issuer && now.duration_since(known.since).abs() < KNOWN
        };
        if let Some(known) = known.filter(fresh) {
            return Ok(known);
        }
        let base = sso.issuer.trim_end_matches('/');
        let provider: Provider = ask(settings, &format!("{base}/.well-known/openid-configuration"))?;
        if provider.issuer != sso.issuer {
            return Err(Untrue::Issuer.into());
        }
        let places = [
            &provider.authorization_endpoint,
            &provider.token_endpoint,
            &provider.jwks_uri,
        ];
        if !places.into_iter().all(|place| may_be_asked(place)) {
            return Err(SsoError::Unreached("https".to_owned()));
        }
        let keys: Keys = ask(settings, &provider.jwks_uri)?;
        // Keys of kinds that are not known here are left out.
        let keys = keys
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok());
        let known = Known {
            provider,
            keys: keys.collect(),
            since: now,
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }
}

/// What came back with the browser.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Answered {
    /// The code, to be redeemed once.
    #[serde(default)]
    pub code: String,
    /// What was sent along.
    #[serde(default)]
    pub state: String,
    /// Why there is no code.
    #[serde(default)]
    pub error: String,
    /// Who answers.
    #[serde(default)]
    pub iss: String,
}

fn set_up(settings: &Settings) -> Result<(&Sso, String), SsoError> {
    let sso = settings.sso.as_ref().ok_or(SsoError::Off)?;
    let back = settings.link(BACK).ok_or(SsoError::Off)?;
    Ok((sso, back))
}

/// Redeems the code for the token.
fn redeem(
    settings: &Settings,
    sso: &Sso,
    provider: &Provider,
    back: &str,
    answer: &Answered,
    verifier: &str,
) -> Result<String, SsoError> {
    #[derive(Deserialize)]
    struct Tokens {
        id_token: String,
    }
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", answer.code.as_str()),
        ("redirect_uri", back),
        ("code_verifier", verifier),
        ("client_id", sso.client.as_str()),
    ];
    let ways = provider.token_endpoint_auth_methods_supported.as_deref();
    let posts = ways.is_some_and(|ways| {
        let has = |name: &str| ways.iter().any(|way| way == name);
        !has("client_secret_basic") && has("client_secret_post")
    });
    let mut request = client(settings, &provider.token_endpoint)
        .post(&provider.token_endpoint)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded");
    match &sso.secret {
        Some(secret) if posts => fields.push(("client_secret", secret)),
        Some(secret) => {
            let pair = STANDARD.encode(format!("{}:{}", percent(&sso.client), percent(secret)));
            request = request.header("authorization", format!("Basic {pair}"));
        }
        None => {}
    }
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", percent(value)))
        .collect();
    let sent = request.send(body.join("&").as_bytes());
    let mut response = sent.map_err(|error| unreached(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(SsoError::Unreached(format!("token: HTTP {}", status.as_u16())));
    }
    let tokens: Tokens = body_of(&mut response)?;
    Ok(tokens.id_token)
}

fn client(settings: &Settings, address: &str) -> Agent {
    agent(address.starts_with("http:"), settings.certificates.as_deref())
}

fn ask<T: DeserializeOwned>(settings: &Settings, address: &str) -> Result<T, SsoError> {
    let sent = client(settings, address)
        .get(address)
        .header("accept", "application/json")
        .call();
    let mut response = sent.map_err(|error| unreached(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(SsoError::Unreached(format!("HTTP {}", status.as_u16())));
    }
    body_of(&mut response)
}

fn body_of<T: DeserializeOwned>(response: &mut ureq::http::Response<ureq::Body>) -> Result<T, SsoError> {
    let text = response
        .body_mut()
        .with_config()
        .limit(ANSWER_MAX)
        .read_to_string();
    let text = text.map_err(|error| unreached(&error))?;
    serde_json::from_str(&text).map_err(|_| SsoError::Unreached("JSON".to_owned()))
}

/// A few words that hold no code and no secret.
fn unreached(error: &ureq::Error) -> SsoError {
    let words = match error {
        ureq::Error::Timeout(_) => "timeout".to_owned(),
        ureq::Error::HostNotFound => "DNS".to_owned(),
        ureq::Error::Rustls(error) => error.to_string(),
        ureq::Error::Io(error) => error.kind().to_string(),
        _ => "HTTP".to_owned(),
    };
    SsoError::Unreached(words)
}

fn with_query(address: &str, fields: &[(&str, &str)]) -> String {
    let mut text = address.to_owned();
    for (name, value) in fields {
        text.push(if text.contains('?') { '&' } else { '?' });
        text.push_str(&format!("{name}={}", percent(value)));
    }
    text
}

/// Percent-encoded for addresses and forms.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
