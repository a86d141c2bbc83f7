//! The pages: one file each, handler and view together. Each offers `routes()`; this list is the site map.

pub(crate) mod account;
mod admin;
mod assessments;
mod audit;
mod board;
mod bulletins;
mod burden;
mod calendar;
mod campaigns;
mod case;
mod charts;
pub(crate) mod demo;
mod desk;
mod export;
mod gantt;
mod grid;
mod imports;
mod ledger;
mod ledgers;
mod log;
mod mechanisms;
mod meetings;
mod new_case;
mod notifications;
mod org;
mod packs;
mod phone;
mod pipeline;
pub(crate) mod reading;
mod registers;
mod search;
mod sign_in;
pub(crate) mod trouble;

use axum::Router;

use crate::Web;

pub(crate) use admin::{
    Proposals, adopt_proposal, erasure_json, offers_anything as offers_administration, sees_erasure,
};
pub(crate) use bulletins::{file as bulletin_file, readable as readable_bulletin};
pub(crate) use case::{
    etag as case_etag,
    evidence::{download as evidence_file, paper as paper_file},
    locked_for,
};
pub(crate) use imports::Drafts;
pub(crate) use sign_in::{agent_of, hold, sign_in_with};

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(desk::routes())
        .merge(notifications::routes())
        .merge(ledgers::routes())
        .merge(new_case::routes())
        .merge(ledger::routes())
        .merge(charts::routes())
        .merge(pipeline::routes())
        .merge(gantt::routes())
        .merge(case::routes())
        .merge(mechanisms::routes())
        .merge(packs::routes())
        .merge(phone::routes())
        .merge(campaigns::routes())
        .merge(grid::routes())
        .merge(registers::routes())
        .merge(search::routes())
        .merge(org::routes())
        .merge(board::routes())
        .merge(calendar::routes())
        .merge(log::routes())
        .merge(demo::routes())
        .merge(reading::routes())
        .merge(bulletins::routes())
        .merge(meetings::routes())
        .merge(assessments::routes())
        .merge(audit::routes())
        .merge(burden::routes())
        .merge(export::routes())
        .merge(imports::routes())
        .merge(admin::routes())
}

/// Where a form leads back to: a path of this server, never another's.
pub(crate) fn back_to(next: &str) -> &str {
    let own = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/\\");
    if own && !next.chars().any(char::is_control) {
        next
    } else {
        "/"
    }
}
