//! What is encrypted to a custodian (保管单位), for whoever belongs to it to take away and open elsewhere.

use std::str::FromStr as _;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use bihuan_domain::case::State;
use bihuan_domain::id::{CaseId, Code};
use bihuan_domain::mechanism::Mechanism;
use bihuan_engine::custody::{self, Parcel};
use bihuan_engine::views::Views;
use bihuan_ledger::custody::Locked;
use bihuan_messages::t;
use maud::{Markup, html};

use crate::place::Path;
use crate::session::Visitor;
use crate::show::Show;
use crate::trouble::Trouble;

/// The way to the ciphertext, for the custodian's own people.
pub(super) fn link(show: &Show<'_>, mechanism: &Mechanism, state: &State) -> Markup {
    let visitor = show.visitor;
    let own = mechanism.fields.iter().any(|field| {
        let function = field.sealed_to.as_ref();
        function.is_some_and(|function| custody::keeps(&visitor.world, &visitor.post, function))
            && state.values.contains_key(&field.id)
    });
    html! {
        @if own { p { a href={ "/cases/" (state.id) "/locked" } { (t(visitor.lang, "web.locked_fetch")) } } }
    }
}

/// The values of a case that are encrypted to the unit in which somebody acts.
pub(crate) fn own(visitor: &Visitor, views: &Views, state: &State) -> Result<Parcel, Trouble> {
    let mut parcel = Parcel::of(views, state, None)?;
    parcel.values.retain(|_, text| {
        Locked::from_str(text)
            .is_ok_and(|locked| custody::keeps(&visitor.world, &visitor.post, &Code::new(locked.function)))
    });
    Ok(parcel)
}

/// The custodian need not be a party to the case: what is his he may fetch.
pub(super) async fn download(visitor: Visitor, Path(id): Path<u64>) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let views = visitor.views()?;
            let state = views.state(CaseId(id))?.ok_or_else(Trouble::not_found)?;
            let parcel = own(visitor, &views, &state)?;
            if parcel.values.is_empty() {
                return Err(Trouble::forbidden());
            }
            let disposition = format!("attachment; filename=\"case-{id}.locked.json\"");
            Ok(([(header::CONTENT_DISPOSITION, disposition)], axum::Json(parcel)).into_response())
        })
        .await
}
