//! An identity provider inside the test: it shows its keys, redeems a code once with the right verifier, and says in its token
//! what the test wants it to say. Its RSA key belongs to nobody else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

/// How the next token is signed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Signs {
    Rs256,
    Es256,
    /// With the right name of the algorithm and a key that is not shown.
    Strange,
    /// Not at all (`alg` is `none`).
    Not,
    /// As HS256 with the public key as the secret.
    Hmac,
}

pub(crate) struct Provider {
    pub(crate) issuer: String,
    said: Arc<Mutex<Said>>,
    keys: Arc<Keys>,
}

#[derive(Default)]
struct Said {
    challenge: String,
    token: String,
    redeemed: Vec<String>,
}

struct Keys {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    strange: EcdsaKeyPair,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Keys {
    fn new() -> Keys {
        let random = SystemRandom::new();
        let ec = || {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
        };
        Keys {
            rsa: RsaKeyPair::from_pkcs8(include_bytes!("rsa.p8")).unwrap(),
            ec: ec(),
            strange: ec(),
        }
    }

    fn shown(&self) -> Json {
        let rsa = PublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        let point = self.ec.public_key().as_ref();
        json!({ "keys": [
            { "kty": "RSA", "kid": "r", "use": "sig", "n": b64(&rsa.n), "e": b64(&rsa.e) },
            { "kty": "EC", "kid": "e", "use": "sig", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..65]) },
            { "kty": "OKP", "kid": "o", "crv": "Ed25519", "x": "AA" },
        ] })
    }
}

impl Provider {
    pub(crate) fn new() -> Provider {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let provider = Provider {
            issuer: issuer.clone(),
            said: Arc::default(),
            keys: Arc::new(Keys::new()),
        };
        let (said, keys) = (provider.said.clone(), provider.keys.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut first, mut length) = (String::new(), 0);
                reader.read_line(&mut first).unwrap();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if let Some(n) = line.to_ascii_lowercase().trim().strip_prefix("content-length: ") {
                        length = n.parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let body = String::from_utf8(body).unwrap();
                let (status, answer) = match first.split(' ').nth(1).unwrap() {
                    "/.well-known/openid-configuration" => (200, discovery(&issuer)),
                    "/keys" => (200, keys.shown()),
                    "/token" => redeem(&mut said.lock().unwrap(), &body),
                    _ => (404, json!({})),
                };
                let answer = answer.to_string();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    answer.len()
                );
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        provider
    }

    /// What the provider notes when a browser comes to it.
    pub(crate) fn visited(&self, challenge: &str) {
        self.said.lock().unwrap().challenge = challenge.to_owned();
    }

    /// The token that the next code is redeemed for.
    pub(crate) fn says(&self, claims: &Json, signs: Signs) {
        let (alg, kid) = match signs {
            Signs::Rs256 => ("RS256", "r"),
            Signs::Es256 | Signs::Strange => ("ES256", "e"),
            Signs::Not => ("none", "e"),
            Signs::Hmac => ("HS256", "r"),
        };
        let head = json!({ "alg": alg, "kid": kid, "typ": "JWT" });
        let text = format!("{}.{}", b64(head.to_string()), b64(claims.to_string()));
        let random = SystemRandom::new();
        let signature = match signs {
            Signs::Rs256 => {
                let mut signature = vec![0; self.keys.rsa.public().modulus_len()];
                self.keys
                    .rsa
                    .sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            Signs::Es256 => self
                .keys
                .ec
                .sign(&random, text.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Signs::Strange => self
                .keys
                .strange
                .sign(&random, text.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Signs::Not => Vec::new(),
            Signs::Hmac => {
                use hmac::{Hmac, KeyInit as _, Mac as _};
                let key = self.keys.shown()["keys"][0]["n"].as_str().unwrap().to_owned();
                let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
                mac.update(text.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
        };
        self.said.lock().unwrap().token = format!("{text}.{}", b64(signature));
    }

    /// The forms that came to redeem a code.
    pub(crate) fn redeemed(&self) -> Vec<String> {
        self.said.lock().unwrap().redeemed.clone()
    }
}

fn discovery(issuer: &str) -> Json {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/go"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "end_session_endpoint": format!("{issuer}/leave"),
    })
}

fn redeem(said: &mut Said, form: &str) -> (u16, Json) {
    let field = |name: &str| {
        let pair = form
            .split('&')
            .find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        pair.unwrap_or_default().to_owned()
    };
    let challenge = b64(Sha256::digest(field("code_verifier").as_bytes()));
    said.redeemed.push(form.to_owned());
    if challenge != said.challenge || field("code") != "C0DE" {
        return (400, json!({ "error": "invalid_grant" }));
    }
    (
        200,
        json!({ "access_token": "x", "token_type": "Bearer", "id_token": said.token }),
    )
}
