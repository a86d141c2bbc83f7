//! The ID token (OpenID Connect Core, 2 and 3.1.3.7): whose word it is, for whom, for which sign-in, and until when.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// How far two clocks may differ, in seconds.
const LEEWAY: i64 = 60;

/// Longest token, in bytes.
const TOKEN_MAX: usize = 32 << 10;

/// A public key of the provider (RFC 7517), as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Key {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
}

/// Why a token is not believed; the end of a key of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrue {
    /// It cannot be read.
    Form,
    /// Signed in a way that is not taken.
    Algorithm,
    /// By a key that the provider does not show.
    Key,
    /// The signature is wrong.
    Signature,
    /// By somebody else.
    Issuer,
    /// For somebody else.
    Audience,
    /// Over, or not yet good.
    Time,
    /// For another sign-in.
    Nonce,
    /// Without what says who it is.
    Claim,
}

impl Untrue {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Untrue::Form => "form",
            Untrue::Algorithm => "algorithm",
            Untrue::Key => "key",
            Untrue::Signature => "signature",
            Untrue::Issuer => "issuer",
            Untrue::Audience => "audience",
            Untrue::Time => "time",
            Untrue::Nonce => "nonce",
            Untrue::Claim => "claim",
        }
    }
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Json>,
}

/// The claims of a token that stands every test.
///
/// # Errors
///
/// The first test that it does not stand.
pub(super) fn claims(
    token: &str,
    keys: &[Key],
    expected: &Expected<'_>,
) -> Result<Map<String, Json>, Untrue> {
    if token.len() > TOKEN_MAX {
        return Err(Untrue::Form);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Untrue::Form)?;
    let (head, body) = signed.split_once('.').ok_or(Untrue::Form)?;
    let head: Head = read(head)?;
    if head.crit.is_some() {
        return Err(Untrue::Algorithm);
    }
    let kty = match head.alg.as_str() {
        "RS256" => "RSA",
        "ES256" => "EC",
        _ => return Err(Untrue::Algorithm),
    };
    let fits = |key: &&Key| {
        key.kty == kty
            && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && (head.kid.is_none() || key.kid == head.kid)
    };
    let mut candidates = keys.iter().filter(fits).peekable();
    if candidates.peek().is_none() {
        return Err(Untrue::Key);
    }
    let signature = bytes(signature)?;
    if !candidates.any(|key| key.signed(signed.as_bytes(), &signature)) {
        return Err(Untrue::Signature);
    }
    let claims: Map<String, Json> = read(body)?;
    expect(&claims, expected)?;
    Ok(claims)
}

fn expect(claims: &Map<String, Json>, expected: &Expected<'_>) -> Result<(), Untrue> {
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Untrue::Issuer);
    }
    let party = text("azp");
    let ours = match claims.get("aud") {
        Some(Json::String(one)) => {
            one == expected.client && party.is_none_or(|party| party == expected.client)
        }
        // One of several: then it must say that it was made for us.
        Some(Json::Array(all)) => {
            let among = all.iter().any(|one| one.as_str() == Some(expected.client));
            among && (all.len() == 1 && party.is_none() || party == Some(expected.client))
        }
        _ => false,
    };
    if !ours {
        return Err(Untrue::Audience);
    }
    let now = expected.now.as_second();
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        // Some providers write fractions; a second is fine enough.
        Some(at) => at
            .as_i64()
            .or_else(|| {
                at.to_string()
                    .split_once('.')
                    .and_then(|(whole, _)| whole.parse().ok())
            })
            .map(Some)
            .ok_or(Untrue::Form),
    };
    let over = time("exp")?.is_none_or(|until| until.saturating_add(LEEWAY) <= now);
    let early = |at: Option<i64>| at.is_some_and(|at| at.saturating_sub(LEEWAY) > now);
    if over || early(time("iat")?) || early(time("nbf")?) {
        return Err(Untrue::Time);
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(Untrue::Nonce);
    }
    Ok(())
}

impl Key {
    fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let part = |part: &Option<String>| part.as_deref().and_then(|part| bytes(part).ok());
        if self.kty == "RSA" {
            let (Some(n), Some(e)) = (part(&self.n), part(&self.e)) else {
                return false;
            };
            let key = RsaPublicKeyComponents { n, e };
            return key.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature).is_ok();
        }
        let (Some(x), Some(y), Some("P-256")) = (part(&self.x), part(&self.y), self.crv.as_deref()) else {
            return false;
        };
        let mut point = vec![4];
        point.extend(x);
        point.extend(y);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(text, signature)
            .is_ok()
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Untrue> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Untrue::Form)
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Untrue> {
    serde_json::from_slice(&bytes(text)?).map_err(|_| Untrue::Form)
}
