//! A browser as the tests need one: keeps cookies, follows redirects, finds the fields of a form.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use bihuan_web::router;
use tower::ServiceExt;

use crate::county::{County, PASSWORD};

pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub(crate) headers: Vec<(&'static str, String)>,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) path: String,
}

impl Browser {
    pub(crate) fn new(county: &County) -> Browser {
        Browser {
            router: router(county.app()),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    pub(crate) async fn signed_in(county: &County, login: &str) -> Browser {
        let mut browser = Browser::new(county);
        let page = browser.sign_in(login).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        browser
    }

    pub(crate) async fn sign_in(&mut self, login: &str) -> Page {
        let fields = [
            ("jurisdiction", "sample"),
            ("login", login),
            ("password", PASSWORD),
            ("next", "/"),
        ];
        self.post("/sign-in", &fields).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, None, Vec::new()).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(k, v)| format!("{}={}", escape(k), escape(v)))
            .collect();
        self.send(
            "POST",
            path,
            Some("application/x-www-form-urlencoded"),
            pairs.join("&").into_bytes(),
        )
        .await
    }

    pub(crate) async fn upload(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .bytes(),
            );
        }
        for (name, file, bytes) in files {
            body.extend(
                format!(
                    "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n"
                )
                .bytes(),
            );
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--xyz--\r\n");
        self.send("POST", path, Some("multipart/form-data; boundary=xyz"), body)
            .await
    }

    /// Follows redirects as a browser does.
    pub(crate) async fn send(&mut self, method: &str, path: &str, kind: Option<&str>, body: Vec<u8>) -> Page {
        let mut page = self.once(method, path, kind, body).await;
        for _ in 0..5 {
            if !page.status.is_redirection() || page.status == StatusCode::NOT_MODIFIED {
                break;
            }
            let to = page.headers[header::LOCATION].to_str().unwrap().to_owned();
            page = self.once("GET", &to, None, Vec::new()).await;
        }
        page
    }

    pub(crate) async fn once(&mut self, method: &str, path: &str, kind: Option<&str>, body: Vec<u8>) -> Page {
        let path = path.split('#').next().unwrap();
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::from(body)).unwrap())
            .await
            .unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Page {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
            path: path.to_owned(),
        }
    }
}

impl Page {
    /// The value of the first hidden field of that name.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let after = self
            .text
            .split(&mark)
            .nth(1)
            .unwrap_or_else(|| panic!("no field {name} in {}", self.text));
        after.split('"').next().unwrap().to_owned()
    }

    /// The value of the first box of that name: what is ticked to be kept.
    pub(crate) fn boxed(&self, name: &str) -> String {
        let mark = format!("type=\"checkbox\" name=\"{name}\" value=\"");
        let after = self.text.split(&mark).nth(1);
        let after = after.unwrap_or_else(|| panic!("no box {name} in {}", self.text));
        after.split('"').next().unwrap().to_owned()
    }

    /// The part of the page inside the element with this id (up to the end of its form).
    pub(crate) fn form(&self, id: &str) -> Page {
        let mark = format!("id=\"{id}\"");
        let part = self
            .text
            .split(&mark)
            .nth(1)
            .unwrap_or_else(|| panic!("no element {id}"));
        let part = part.split("</form>").next().unwrap();
        Page {
            status: self.status,
            headers: self.headers.clone(),
            text: part.to_owned(),
            bytes: Vec::new(),
            path: self.path.clone(),
        }
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

pub(crate) fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}
