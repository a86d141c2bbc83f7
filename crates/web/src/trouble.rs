//! What can go wrong for who asks: refused, conflict, not allowed to see, fault. Dressed as a page or as problem details.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_domain::refusal::Refusal;
use bihuan_engine::{Error, Failure};
use bihuan_messages::{Lang, Message};
use serde_json::{Value as Json, json};

use crate::held::Held;

/// Something that went wrong, with what a person is told. Small to hand around; what it tells is [`Told`].
#[derive(Clone, Debug)]
pub struct Trouble(Box<Told>);

/// What is told about a trouble.
#[derive(Clone, Debug)]
pub struct Told {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: String,
    /// What happened or which rule says no.
    pub rule: Message,
    /// What would be allowed.
    pub allowed: Vec<Message>,
    /// The number under which a fault is logged.
    pub operation: Option<String>,
    /// Where a page leads the visitor instead (sign-in).
    pub instead: Option<String>,
    /// A form that came after its session had ended, to be carried through the sign-in.
    pub(crate) held: Option<Held>,
}

impl std::ops::Deref for Trouble {
    type Target = Told;

    fn deref(&self) -> &Told {
        &self.0
    }
}

impl std::ops::DerefMut for Trouble {
    fn deref_mut(&mut self) -> &mut Told {
        &mut self.0
    }
}

impl Trouble {
    /// A trouble told by `web.trouble_<code>` of the catalogue.
    pub fn new(status: StatusCode, code: &str) -> Trouble {
        Trouble(Box::new(Told {
            status,
            code: code.to_owned(),
            rule: Message::new(format!("web.trouble_{code}")),
            allowed: Vec::new(),
            operation: None,
            instead: None,
            held: None,
        }))
    }

    /// No such page or thing.
    pub fn not_found() -> Trouble {
        Trouble::new(StatusCode::NOT_FOUND, "not_found")
    }

    /// Not to be seen or administered from this post.
    pub fn forbidden() -> Trouble {
        Trouble::new(StatusCode::FORBIDDEN, "forbidden")
    }

    /// The form's token is not that of the session.
    pub fn forged() -> Trouble {
        Trouble::new(StatusCode::FORBIDDEN, "forged")
    }

    /// Nobody is signed in; pages lead to the sign-in and back to `next`.
    pub fn sign_in(next: &str) -> Trouble {
        let mut trouble = Trouble::new(StatusCode::UNAUTHORIZED, "sign_in");
        trouble.instead = Some(format!("/sign-in?next={}", crate::show::percent(next)));
        trouble
    }

    /// The request is too large.
    pub fn too_large() -> Trouble {
        Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large")
    }

    /// The request cannot be read; `what` says where.
    pub fn bad(what: impl Into<String>) -> Trouble {
        let mut trouble = Trouble::new(StatusCode::BAD_REQUEST, "bad_request");
        trouble.rule = trouble.rule.clone().with("what", what.into());
        trouble
    }

    /// The whole text in `lang`.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = self.rule.text(lang);
        for allowed in &self.allowed {
            if lang == Lang::En {
                text.push(' ');
            }
            text.push_str(&allowed.text(lang));
        }
        text
    }

    /// As problem details (RFC 9457), with both languages of the text.
    pub fn problem(&self, lang: Lang) -> Json {
        let mut problem = json!({
            "type": format!("urn:bihuan:problem:{}", self.code),
            "title": self.rule.text(lang),
            "status": self.status.as_u16(),
            "detail": self.text(lang),
            "code": self.code,
            "rule": { "zh": self.rule.text(Lang::Zh), "en": self.rule.text(Lang::En) },
            "allowed": self.allowed.iter()
                .map(|allowed| json!({ "zh": allowed.text(Lang::Zh), "en": allowed.text(Lang::En) }))
                .collect::<Vec<_>>(),
        });
        if let (Some(operation), Some(fields)) = (&self.operation, problem.as_object_mut()) {
            fields.insert("operation".to_owned(), json!(operation));
        }
        problem
    }
}

impl IntoResponse for Trouble {
    /// The status with the trouble beside it; the frame turns it into a page or problem details.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.code.as_str() {
            "no_such_case" | "no_such_mechanism" => StatusCode::NOT_FOUND,
            "conflict" | "review_conflict" => StatusCode::PRECONDITION_FAILED,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Trouble(Box::new(Told {
            status,
            code: refusal.code,
            rule: refusal.rule,
            allowed: refusal.allowed,
            operation: None,
            instead: None,
            held: None,
        }))
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Fault(error) => error.into(),
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let operation = operation_number();
        tracing::error!(operation, %error, "a request ended in a fault");
        let mut trouble = Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, "fault");
        trouble.operation = Some(operation);
        trouble
    }
}

impl From<bihuan_ledger::Error> for Trouble {
    fn from(error: bihuan_ledger::Error) -> Self {
        Error::from(error).into()
    }
}

/// A short number that a person can read out on the telephone.
fn operation_number() -> String {
    let mut bytes = [0u8; 5];
    if getrandom::fill(&mut bytes).is_err() {
        return "0".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
