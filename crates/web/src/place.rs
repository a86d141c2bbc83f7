//! What an address names and asks: as the extractors of axum, but what cannot be read is told like every other trouble, on a
//! page with the way back or as a problem of the API, and not as a bare line.

use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::trouble::Trouble;

/// The named parts of a path. An address that cannot be one of ours, such as a word where a number stands, leads nowhere; a
/// program is told what is wrong with it.
pub(crate) struct Path<T>(pub(crate) T);

/// The query. What cannot be read is named.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let trouble = |rejection: PathRejection| match parts.uri.path().starts_with("/api/") {
            true => Trouble::bad(rejection.body_text()),
            false => Trouble::not_found(),
        };
        read.map(|path| Path(path.0)).map_err(trouble)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|query| Query(query.0))
            .map_err(|rejection| Trouble::bad(rejection.body_text()))
    }
}
