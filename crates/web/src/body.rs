//! What a form sent: its fields and files, from a plain or a multipart body, checked against forgery before anything else.

use axum::Form;
use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, header};

use crate::Web;
use crate::apart::apart;
use crate::held::Held;
use crate::session::Visitor;
use crate::trouble::Trouble;

/// The fields and files of a form, in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Fields.
    pub fields: Vec<(String, String)>,
    /// Files: field, name, bytes. An empty choice of file is left out.
    pub files: Vec<(String, String, Bytes)>,
}

/// A form of a signed-in visitor, with the session's token in it.
pub struct Posted {
    /// Who sent it.
    pub visitor: Visitor,
    /// What.
    pub sent: Sent,
}

impl Sent {
    /// The first value of a field; empty where it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The first value of a field, if it was sent.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The field's value without outer space, if anything is left.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.find(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Takes the files in and puts their tokens beside those that an earlier try left in `evidence`, so that a refused
    /// form need not send its files again. Returns all tokens with their names.
    ///
    /// # Errors
    ///
    /// A refusal for a kind of file that is not taken, or one over 50 MB; faults of the disk.
    pub async fn upload(&mut self, visitor: &Visitor) -> Result<Vec<(String, String)>, Trouble> {
        let mut tokens: Vec<(String, String)> = self
            .all("evidence")
            .map(|kept| match kept.split_once('|') {
                Some((token, name)) => (token.to_owned(), name.to_owned()),
                None => (kept.to_owned(), String::new()),
            })
            .collect();
        for (field, name, bytes) in std::mem::take(&mut self.files) {
            if bytes.len() > bihuan_ledger::BLOB_BYTES_MAX {
                return Err(Trouble::too_large());
            }
            let (engine, called) = (visitor.engine.clone(), name.clone());
            let token = apart(move || engine.upload(&called, &bytes)).await??;
            // A field that takes a file keeps it as its value; everything else is evidence.
            if field.starts_with("f.") {
                self.fields.retain(|(key, _)| *key != field);
                self.fields.push((field, format!("{token}|{name}")));
                continue;
            }
            self.fields
                .push(("evidence".to_owned(), format!("{token}|{name}")));
            tokens.push((token, name));
        }
        Ok(tokens)
    }
}

impl FromRequest<Web> for Sent {
    type Rejection = Trouble;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Trouble> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            let multipart = Multipart::from_request(request, web)
                .await
                .map_err(|rejection| Trouble::bad(rejection.body_text()))?;
            return parts(multipart).await;
        }
        let Form(fields) = Form::<Vec<(String, String)>>::from_request(request, web)
            .await
            .map_err(|rejection| {
                if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                    Trouble::too_large()
                } else {
                    Trouble::bad(rejection.body_text())
                }
            })?;
        Ok(Sent {
            fields,
            files: Vec::new(),
        })
    }
}

impl FromRequest<Web> for Posted {
    type Rejection = Trouble;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Trouble> {
        let (mut head, body) = request.into_parts();
        let visitor = match Visitor::from_request_parts(&mut head, web).await {
            Ok(visitor) => visitor,
            Err(mut trouble) if trouble.code == "sign_in" => {
                trouble.held = Held::take(head, body, web).await;
                return Err(trouble);
            }
            Err(trouble) => return Err(trouble),
        };
        let sent = Sent::from_request(Request::from_parts(head, body), web).await?;
        if sent.get("csrf") != visitor.session.csrf {
            return Err(Trouble::forged());
        }
        Ok(Posted { visitor, sent })
    }
}

/// Reads a multipart body.
pub(crate) async fn parts(mut multipart: Multipart) -> Result<Sent, Trouble> {
    let mut sent = Sent::default();
    while let Some(field) = multipart.next_field().await.map_err(|error| trouble(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(file) => {
                let bytes = field.bytes().await.map_err(|error| trouble(&error))?;
                // A file field left empty is sent with neither name nor content.
                if !(file.is_empty() && bytes.is_empty()) {
                    sent.files.push((name, file, bytes));
                }
            }
            None => {
                let text = field.text().await.map_err(|error| trouble(&error))?;
                sent.fields.push((name, text));
            }
        }
    }
    Ok(sent)
}

fn trouble(error: &MultipartError) -> Trouble {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Trouble::too_large()
    } else {
        Trouble::bad(error.body_text())
    }
}
