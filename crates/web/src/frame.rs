//! What surrounds every request: language by one click, no foreign forms, dressed errors, safe headers.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_messages::Lang;

use crate::Web;
use crate::session::{cookie, set_cookie};
use crate::trouble::Trouble;

/// Nothing from outside, no inline script, no inline style, no frames.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Marks an error of the API that is worded by somebody else's protocol and stays as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsItIs;

pub(crate) async fn frame(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    // The scripts of the phone read why a form was not taken.
    let json = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/json");
    let scripted = path == "/q/send" && request.headers().get(header::ACCEPT).is_some_and(json);
    let api = path.starts_with("/api/") || scripted;
    let lang = lang_of(request.headers());
    if let Some(redirect) = language_chosen(&request) {
        return redirect;
    }
    // Only a form can be held over a sign-in.
    let asked = if request.method() == Method::POST {
        request.headers().clone()
    } else {
        HeaderMap::new()
    };
    let mut response = if foreign(request.method(), request.headers()) {
        Trouble::forged().into_response()
    } else {
        next.run(request).await
    };
    let dressed = response.headers().contains_key(header::CONTENT_TYPE)
        && response.extensions().get::<Trouble>().is_none()
        && (!api || response.extensions().get::<AsItIs>().is_some());
    if (response.status().is_client_error() || response.status().is_server_error()) && !dressed {
        response = dress(&web, response, &asked, api, lang);
    }
    secure(response.headers_mut());
    response
}

/// The language that the visitor chose; Chinese where none was chosen.
pub(crate) fn lang_of(headers: &HeaderMap) -> Lang {
    cookie(headers, "lang").and_then(Lang::parse).unwrap_or_default()
}

/// `?lang=en` on any page: remembers the choice and shows the page without it.
fn language_chosen(request: &Request) -> Option<Response> {
    if request.method() != Method::GET {
        return None;
    }
    let query = request.uri().query()?;
    let lang = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("lang="))
        .and_then(Lang::parse)?;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("lang="))
        .collect();
    let path = request.uri().path();
    // `//host` would lead to another server.
    let path = format!("/{}", path.trim_start_matches('/'));
    let to = if rest.is_empty() {
        path
    } else {
        format!("{path}?{}", rest.join("&"))
    };
    let name = if lang == Lang::En { "en" } else { "zh" };
    let mut response = Redirect::to(&to).into_response();
    set_cookie(
        request.headers(),
        response.headers_mut(),
        "lang",
        name,
        365 * 24 * 3600,
    );
    secure(response.headers_mut());
    Some(response)
}

/// Whether a form comes from a page of another origin.
fn foreign(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let host = text(header::HOST).unwrap_or_default();
    origin.split_once("://").is_none_or(|(_, from)| from != host)
}

/// Turns an error into a page or into problem details, in the visitor's language.
fn dress(web: &Web, response: Response, asked: &HeaderMap, api: bool, lang: Lang) -> Response {
    let status = response.status();
    let trouble = match response.extensions().get::<Trouble>() {
        Some(trouble) => trouble.clone(),
        None if status == StatusCode::PAYLOAD_TOO_LARGE => Trouble::too_large(),
        None if status == StatusCode::METHOD_NOT_ALLOWED => Trouble::new(status, "method"),
        None if api
            && response
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(is_problem) =>
        {
            return response;
        }
        None => {
            let mut trouble = Trouble::bad(status.canonical_reason().unwrap_or_default());
            trouble.status = status;
            trouble
        }
    };
    if api {
        let body = trouble.problem(lang).to_string();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut dressed = (trouble.status, kind, body).into_response();
        if trouble.status == StatusCode::UNAUTHORIZED {
            dressed
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        return dressed;
    }
    if let Some(held) = &trouble.held {
        let page = crate::pages::sign_in_with(web, lang, held);
        let mut dressed = (trouble.status, page).into_response();
        crate::pages::hold(web, asked, &mut dressed, held);
        return dressed;
    }
    if let Some(instead) = &trouble.instead {
        return Redirect::to(instead).into_response();
    }
    (trouble.status, crate::pages::trouble::page(lang, &trouble)).into_response()
}

fn is_problem(kind: &HeaderValue) -> bool {
    kind.as_bytes().starts_with(b"application/problem+json")
}

fn secure(headers: &mut HeaderMap) {
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(header::REFERRER_POLICY, "same-origin");
    put(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    put(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), geolocation=(), microphone=()",
    );
    // Pages hold what their reader may see: no shared or later reader may find them in a cache.
    put(header::CACHE_CONTROL, "no-store");
}
