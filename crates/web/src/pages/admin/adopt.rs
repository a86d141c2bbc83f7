//! Adopting packs (采用机制包): a folder is sent, every finding is shown, what would change and for whom, then somebody
//! who may confirms. An unsound pack has no button, and the engine would refuse it: the old one stays in force.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bihuan_diagnostics::{html as findings, terminal};
use bihuan_domain::id::{CaseId, MechanismId};
use bihuan_engine::access::Task;
use bihuan_engine::adoption::{self, Difference, Preview, Proposal, bundle, meaning};
use bihuan_messages::{Message, t, tf};
use maud::{Markup, PreEscaped, html};

use super::proposals::{Adopted, Sent};
use crate::Web;
use crate::body::Posted;
use crate::components::summary::{Problem, at_field, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

/// Overdue cases that are named; the rest are counted.
const NAMED: usize = 20;

/// Findings that are shown at once; more would only be scrolled past.
const SHOWN: usize = 200;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/admin/packs", get(start).post(receive))
        .route("/admin/packs/{token}", get(look).post(carry_out))
}

async fn start(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.must(Task::AdoptPacks)?;
    Ok(upload(&visitor, &[]))
}

async fn receive(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must(Task::AdoptPacks)?;
    visitor
        .work(move |visitor| {
            let given: Vec<_> = sent
                .files
                .into_iter()
                .map(|(_, name, bytes)| (name, bytes))
                .collect();
            match bundle::read(&given) {
                Ok(files) => {
                    let token = fresh_key();
                    visitor.web().proposals().put(&token, visitor, files);
                    Ok(Redirect::to(&format!("/admin/packs/{token}")).into_response())
                }
                Err(refusal) => {
                    let problem = Problem::at("files", refusal.text(visitor.lang));
                    let page = upload(visitor, &[problem]);
                    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
                }
            }
        })
        .await
}

/// The page that asks for the files.
fn upload(visitor: &Visitor, problems: &[Problem]) -> Markup {
    let lang = visitor.lang;
    let body = html! {
        (layout::heading(Some(t(lang, "admin.title")), &html! { (t(lang, "admin.adopt")) }, &html! {}))
        p .lead { (t(lang, "admin.adopt_lead")) }
        (summary(lang, problems))
        form .stack .reading-new method="post" action="/admin/packs" enctype="multipart/form-data" {
            (layout::csrf(visitor))
            div .field .has-error[!problems.is_empty()] {
                label for="files" { (t(lang, "admin.adopt_files")) }
                p .help #files-help { (t(lang, "admin.adopt_files_help")) }
                (at_field(problems, "files"))
                input #files type="file" name="files" multiple required aria-describedby="files-help" accept=".zip,.toml,.csv,application/zip";
            }
            div .actions { button type="submit" .primary { (t(lang, "admin.adopt_check")) } }
        }
        section {
            h2 { (t(lang, "admin.adopt_how")) }
            ol .import-how {
                @for step in ["admin.adopt_how_1", "admin.adopt_how_2", "admin.adopt_how_3"] { li { (t(lang, step)) } }
            }
        }
        section {
            h2 { (t(lang, "admin.adopt_now")) }
            ul .index .by-code { @for pack in visitor.mechanisms.packs() {
                li { span .code { (pack.id) } div {
                    a .row-title href={ "/packs/" (pack.id) } { (pack.label.get(lang)) }
                    span .row-note { (tf(lang, "admin.adopt_has", &[("n", &pack.mechanisms.len())])) }
                } }
            } }
        }
    };
    layout::page(visitor, t(lang, "admin.adopt"), Nav::Admin, &body)
}

/// What was sent under this token by this visitor.
fn sent(visitor: &Visitor, token: &str) -> Result<Sent, Trouble> {
    visitor.must(Task::AdoptPacks)?;
    visitor.web().proposals().get(token, visitor).ok_or_else(|| {
        let mut trouble = Trouble::not_found();
        trouble.rule = Message::new("admin.adopt_gone");
        trouble
    })
}

async fn look(visitor: Visitor, Path(token): Path<String>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let sent = sent(visitor, &token)?;
            if let Some(adopted) = &sent.adopted {
                return Ok(done(visitor, adopted));
            }
            shown(visitor, &token, &sent, &[])
        })
        .await
}

async fn carry_out(
    Path(token): Path<String>,
    Posted { visitor, sent: form }: Posted,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let sent = sent(visitor, &token)?;
            let to = format!("/admin/packs/{token}");
            // A second click finds it done.
            if sent.adopted.is_some() {
                return Ok(Redirect::to(&to).into_response());
            }
            // Of now, not of the request's first moment: the same packs must be in force that were looked at.
            let mechanisms = visitor.engine.mechanisms();
            let proposal = Proposal::of(
                &mechanisms,
                &visitor.engine.world().calendars,
                sent.files.as_ref().clone(),
            );
            let mut problems = Vec::new();
            if let Err(refusal) = adoption::same_ground(&mechanisms, form.get("ground")) {
                problems.push(Problem::at("adopt", refusal.text(visitor.lang)));
            }
            if form.get("open").is_empty() {
                problems.push(Problem::at("open-keep", visitor.t("admin.adopt_open_missing")));
            }
            if !problems.is_empty() || !proposal.is_sound() {
                let page = shown(visitor, &token, &sent, &problems)?;
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
            }
            let (packs, migrated) = adopt_proposal(visitor, &proposal, form.get("key"), form.get("open"))?;
            let proposals = visitor.web().proposals();
            proposals.adopted(&token, Adopted { packs, migrated });
            Ok(Redirect::to(&to).into_response())
        })
        .await
}

/// Adopts a sound proposal; `open` says what becomes of open cases: `own`, `keep` or `recount`. Returns the packs' codes
/// and how many cases were taken over, `None` where they stay under their own rules.
pub(crate) fn adopt_proposal(
    visitor: &Visitor,
    proposal: &Proposal,
    key: &str,
    open: &str,
) -> Result<(Vec<String>, Option<u64>), Trouble> {
    let actor = visitor.actor();
    visitor
        .engine
        .adopt(&actor, &format!("pack-adopt/{key}"), &proposal.packs)?;
    let migrated = match open {
        "keep" | "recount" => {
            let mechanisms: BTreeSet<MechanismId> = proposal.mechanisms().cloned().collect();
            Some(visitor.engine.migrate(&actor, &mechanisms, open == "recount")?)
        }
        _ => None,
    };
    Ok((proposal.packs.keys().map(ToString::to_string).collect(), migrated))
}

/// The proposal beside what is in force now.
fn shown(visitor: &Visitor, token: &str, sent: &Sent, problems: &[Problem]) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let mechanisms = visitor.engine.mechanisms();
    let proposal = Proposal::of(
        &mechanisms,
        &visitor.engine.world().calendars,
        sent.files.as_ref().clone(),
    );
    let names = |proposal: &Proposal| {
        let own = proposal
            .loaded
            .packs
            .iter()
            .filter(|pack| proposal.packs.contains_key(&pack.id));
        let names: Vec<&str> = own.map(|pack| pack.label.get(lang)).collect();
        names.join(t(lang, "web.list_comma"))
    };
    let first: Vec<_> = proposal.findings.iter().take(SHOWN).cloned().collect();
    let found = html! {
        @if !proposal.findings.is_empty() {
            section #findings {
                h2 { (t(lang, "admin.adopt_findings")) }
                p .quiet { (terminal::summary(&proposal.findings, lang)) }
                (PreEscaped(findings::render(&first, &proposal.files, lang)))
                @if proposal.findings.len() > SHOWN { p .quiet { (tf(lang, "admin.adopt_more", &[("n", &(proposal.findings.len() - SHOWN))])) } }
            }
        }
    };
    let body = if proposal.is_sound() {
        let previews = visitor.engine.preview(&proposal.packs)?;
        let differences = proposal.differences(&mechanisms);
        let open: u64 = previews.iter().map(|preview| preview.open).sum();
        html! {
            (layout::heading(Some(t(lang, "admin.adopt")), &html! { (names(&proposal)) }, &html! {}))
            (summary(lang, problems))
            p .notice { (t(lang, "admin.adopt_sound")) }
            section #changes {
                h2 { (t(lang, "admin.adopt_changes")) }
                (changes(visitor, &differences, &previews))
            }
            (found)
            (confirmation(visitor, token, adoption::ground(&mechanisms).as_str(), open))
        }
    } else {
        html! {
            (layout::heading(Some(t(lang, "admin.adopt")), &html! { (t(lang, "admin.adopt_unsound")) }, &html! {}))
            p .notice { (t(lang, "admin.adopt_unsound_lead")) }
            @if proposal.packs.is_empty() && proposal.findings.is_empty() { p { (t(lang, "admin.adopt_nothing")) } }
            (found)
            p .actions { a .button href="/admin/packs" { (t(lang, "admin.adopt_again")) } }
        }
    };
    Ok(layout::page(visitor, t(lang, "admin.adopt"), Nav::Admin, &body))
}

/// What changes, mechanism by mechanism, each with what it would mean for its cases.
fn changes(visitor: &Visitor, differences: &[Difference], previews: &[Preview]) -> Markup {
    let lang = visitor.lang;
    let silent = previews.iter().filter(|preview| {
        let told = differences.iter().any(|one| one.id == preview.mechanism);
        !told && preview.open > 0
    });
    let of = |id: &MechanismId| previews.iter().find(|preview| preview.mechanism == *id);
    html! {
        @if differences.is_empty() && previews.is_empty() { p { (t(lang, "about.change_none")) } }
        @for one in differences {
            article .change {
                h3 { span .code { (one.number) } " " (one.label.get(lang)) }
                @if one.changes.is_none() {
                    @let key = if one.is_new { "about.change_mechanism_new" } else { "about.change_mechanism_gone" };
                    p { (tf(lang, key, &[("number", &one.number), ("label", &one.label.get(lang))])) }
                }
                @for (kind, changes) in one.by_weight() {
                    h4 { (t(lang, kind).trim()) }
                    ul { @for change in changes { li { (show::text(&change.message.text(lang))) } } }
                }
                @if let Some(preview) = of(&one.id) { (meant(visitor, preview)) }
            }
        }
        // What changed only in ways that no sentence tells may still move a clock.
        @for preview in silent {
            article .change {
                h3 { span .code { (preview.new.number) } " " (preview.new.label.get(lang)) }
                (meant(visitor, preview))
            }
        }
    }
}

fn meant(visitor: &Visitor, preview: &Preview) -> Markup {
    let lang = visitor.lang;
    let lines = meaning(preview);
    html! {
        @if !lines.is_empty() {
            div .replay {
                @for (key, numbers) in &lines {
                    @let values: Vec<(&str, &dyn std::fmt::Display)> = numbers.iter().map(|(name, n)| (*name, n as &dyn std::fmt::Display)).collect();
                    p { (tf(lang, key, &values).trim()) }
                }
                (named(visitor, "admin.adopt_overdue", &preview.overdue))
                (named(visitor, "admin.adopt_stuck", &preview.stuck))
            }
        }
    }
}

/// The cases behind a number, as far as there is room.
fn named(visitor: &Visitor, key: &str, cases: &[CaseId]) -> Markup {
    let lang = visitor.lang;
    html! {
        @if !cases.is_empty() {
            p .quiet { (t(lang, key)) " "
                @for (n, case) in cases.iter().take(NAMED).enumerate() {
                    @if n > 0 { (t(lang, "web.list_comma")) }
                    a href={ "/cases/" (case) } { (case) }
                }
                @if cases.len() > NAMED { " " (tf(lang, "admin.adopt_more", &[("n", &(cases.len() - NAMED))])) }
            }
        }
    }
}

fn confirmation(visitor: &Visitor, token: &str, ground: &str, open: u64) -> Markup {
    let lang = visitor.lang;
    let ways = [
        ("own", "admin.adopt_open_own"),
        ("keep", "admin.adopt_open_keep"),
        ("recount", "admin.adopt_open_recount"),
    ];
    html! {
        section #adopt {
            h2 { (t(lang, "admin.adopt_confirm")) }
            form .stack method="post" action={ "/admin/packs/" (token) } {
                (layout::csrf(visitor))
                input type="hidden" name="key" value=(fresh_key());
                input type="hidden" name="ground" value=(ground);
                @if open == 0 { input type="hidden" name="open" value="own"; p { (t(lang, "admin.adopt_no_open")) } }
                @else {
                    fieldset .field {
                        legend { (tf(lang, "admin.adopt_open", &[("n", &open)])) }
                        @for (way, key) in ways {
                            div { label .choice for={ "open-" (way) } { input #{ "open-" (way) } type="radio" name="open" value=(way) required; span { (t(lang, key)) } } }
                        }
                    }
                }
                p .quiet { (t(lang, "admin.adopt_recorded")) }
                div .actions {
                    button .primary type="submit" { (t(lang, "admin.adopt_do")) }
                    a .button href="/admin/packs" { (t(lang, "admin.adopt_leave")) }
                }
            }
        }
    }
}

/// What was done.
fn done(visitor: &Visitor, adopted: &Adopted) -> Markup {
    let lang = visitor.lang;
    let body = html! {
        (layout::heading(Some(t(lang, "admin.adopt")), &html! { (t(lang, "admin.adopt_done")) }, &html! {}))
        p .notice {
            @match adopted.migrated {
                Some(n) => { (tf(lang, "admin.adopt_migrated", &[("n", &n)])) },
                None => { (t(lang, "admin.adopt_not_migrated")) },
            }
        }
        ul .index .by-code { @for id in &adopted.packs {
            @let label = visitor.mechanisms.packs().iter().find(|pack| pack.id.as_str() == id).map_or(id.as_str(), |pack| pack.label.get(lang));
            li { span .code { (id) } div { a .row-title href={ "/packs/" (id) } { (label) } } }
        } }
        p .actions { a .button href="/log" { (t(lang, "admin.see_log")) } a .button href="/admin/packs" { (t(lang, "admin.adopt_another")) } }
    };
    layout::page(visitor, t(lang, "admin.adopt"), Nav::Admin, &body)
}
