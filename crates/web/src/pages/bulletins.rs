//! Bulletins (督查通报): the list and the form that drafts one, the bulletin with its signature, issue and downloads, the
//! cases behind a figure, and the recomputation from the log.

mod reasons;

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use bihuan_domain::calendar::date_of;
use bihuan_domain::id::{BulletinId, MechanismId};
use bihuan_domain::world::Bulletin;
use bihuan_engine::bulletin::{self, CaseSet, Content, Drafting, Preset, Recheck, Scope, UnitOrder};
use bihuan_messages::{t, tf};
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;

use super::export::download;
use crate::Web;
use crate::body::{Posted, Sent};
use crate::components::pager::pager;
use crate::components::summary::{Problem, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const PAGE: u64 = 50;
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/bulletins", get(index).post(draft))
        .route("/bulletins/style.css", get(style))
        .route("/bulletins/reasons", get(reasons::page).post(reasons::send))
        .route("/bulletins/{id}", get(page))
        .route("/bulletins/{id}/sign", post(sign))
        .route("/bulletins/{id}/issue", post(issue))
        .route("/bulletins/{id}/verify", get(verify))
        .route("/bulletins/{id}/cases", get(cases))
        .route("/bulletins/{id}/{file}", get(file))
}

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, bulletin::STYLE).into_response()
}

/// What the list is asked for: a period that fills the form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `week`, `half-month`, `month`.
    period: String,
    /// The step of a guided walk that fills the form.
    fill: String,
}

async fn index(visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let filled = visitor.filled(&asked.fill)?;
            list(visitor, &asked, filled.as_ref(), &[])
        })
        .await
}

async fn draft(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    visitor.must_administer()?;
    let outcome = match drafting(&visitor, &sent) {
        Ok(drafting) => {
            let key = sent.get("key").to_owned();
            let work = move |visitor: &Visitor| {
                Ok(bulletin::draft(&visitor.engine, &visitor.actor(), &key, drafting).map_err(Trouble::from))
            };
            visitor
                .work(work)
                .await?
                .map_err(|trouble| (trouble.status, Problem::from_trouble(&trouble, visitor.lang)))
        }
        Err(problem) => Err((axum::http::StatusCode::UNPROCESSABLE_ENTITY, problem)),
    };
    match outcome {
        Ok(id) => Ok(Redirect::to(&format!("/bulletins/{id}")).into_response()),
        Err((status, problem)) => {
            let page = visitor
                .work(move |visitor| list(visitor, &Asked::default(), Some(&sent), &[problem]))
                .await?;
            Ok((status, page).into_response())
        }
    }
}

/// What the form asks for.
fn drafting(visitor: &Visitor, sent: &Sent) -> Result<Drafting, Problem> {
    let day = |name: &str| {
        sent.get(name)
            .trim()
            .parse::<Date>()
            .map_err(|_| Problem::at(name, visitor.t("report.p_day_needed")))
    };
    let order = if sent.get("order") == "name" {
        UnitOrder::Name
    } else {
        UnitOrder::Overdue
    };
    let mechanisms = sent
        .all("mechanism")
        .filter(|id| !id.is_empty())
        .map(MechanismId::from)
        .collect();
    Ok(Drafting {
        scope: Scope {
            from: day("from")?,
            to: day("to")?,
            mechanisms,
            order,
            sections: Vec::new(),
        },
        signer: sent.filled("signer").map(Into::into),
        remarks: sent
            .get("remarks")
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

fn list(
    visitor: &Visitor,
    asked: &Asked,
    sent: Option<&Sent>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let world = &visitor.world;
    let may_read = |bulletin: &&Bulletin| bulletin::may_read(world, bulletin, &visitor.post, &visitor.sight);
    let mut bulletins: Vec<&Bulletin> = world.bulletins.values().filter(may_read).collect();
    bulletins.sort_by_key(|bulletin| std::cmp::Reverse((bulletin.drafted_at, bulletin.draft.log.size)));
    let body = html! {
        (layout::heading(None, &html! { (t(lang, "web.nav_bulletins")) }, &html! {}))
        p .lead { (t(lang, "report.p_lead")) }
        (summary(lang, problems))
        @if bulletins.is_empty() { div .empty { p { (t(lang, "report.p_none")) } } }
        @else {
            table .ledger {
                thead { tr {
                    th scope="col" { (t(lang, "report.p_number")) }
                    th scope="col" { (t(lang, "report.p_period")) }
                    th scope="col" { (t(lang, "report.p_state")) }
                    th scope="col" { (t(lang, "report.p_signer")) }
                } }
                tbody { @for bulletin in bulletins { (row(visitor, bulletin)) } }
            }
        }
        (coming(visitor))
        @if visitor.administers() { (form(visitor, asked, sent, !problems.is_empty())) }
    };
    Ok(layout::page(
        visitor,
        t(lang, "web.nav_bulletins"),
        Nav::Bulletins,
        &body,
    ))
}

fn row(visitor: &Visitor, bulletin: &Bulletin) -> Markup {
    let lang = visitor.lang;
    let draft = &bulletin.draft;
    html! {
        tr {
            th scope="row" { a .row-title href={ "/bulletins/" (draft.bulletin) } { (number(bulletin)) } }
            td data-label=(t(lang, "report.p_period")) { (show::date(draft.from, lang)) " – " (show::date(draft.to, lang)) }
            td data-label=(t(lang, "report.p_state")) { (state(visitor, bulletin)) }
            td data-label=(t(lang, "report.p_signer")) { (show::post_name(&visitor.world, &draft.signer, lang)) }
        }
    }
}

/// What will be drafted by itself next, and where a unit says why it is late.
fn coming(visitor: &Visitor) -> Markup {
    let lang = visitor.lang;
    let coming = bulletin::coming(&visitor.engine);
    html! {
        section #coming {
            h2 { (t(lang, "report.p_coming")) }
            p .actions {
                a .button href="/meetings" { (t(lang, "web.meet_title")) } " "
                a .button href="/bulletins/reasons" { (t(lang, "web.reasons_title")) }
            }
            @if coming.is_empty() { p .quiet { (t(lang, "report.p_coming_none")) } }
            @else {
                table .ledger {
                    thead { tr { th scope="col" { (t(lang, "report.p_coming_what")) } th scope="col" { (t(lang, "report.p_coming_at")) } th scope="col" { (t(lang, "report.p_period")) } } }
                    tbody { @for (template, coming) in &coming {
                        tr {
                            th scope="row" { (template.label.get(lang)) }
                            td data-label=(t(lang, "report.p_coming_at")) { (show::moment(coming.at, lang)) }
                            td data-label=(t(lang, "report.p_period")) { (show::date(coming.period.0, lang)) " – " (show::date(coming.period.1, lang)) }
                        }
                    } }
                }
            }
        }
    }
}

/// How far a bulletin is, and since when or until when.
fn state(visitor: &Visitor, bulletin: &Bulletin) -> Markup {
    let lang = visitor.lang;
    html! {
        @match (&bulletin.signed, bulletin.issued) {
            (_, Some(at)) => { strong { (t(lang, "report.p_issued")) } " " span .quiet { (show::moment(at, lang)) } },
            (Some((_, at)), None) => { strong { (t(lang, "report.p_signed")) } " " span .quiet { (show::moment(*at, lang)) } },
            (None, None) => {
                strong { (t(lang, "report.p_draft")) } " "
                span .quiet { (t(lang, "report.p_sign_by")) " " (show::moment(bulletin.draft.due, lang)) } " "
                (show::remaining(bulletin.draft.due, visitor.now, lang))
            },
        }
        @for rung in &bulletin.overdue {
            p .quiet { (tf(lang, "report.p_rung", &[("label", &rung.label.get(lang)), ("post", &show::post_name(&visitor.world, &rung.to, lang)), ("due", &show::moment_text(rung.due, lang))])) }
        }
        @if let Some(at) = bulletin.draft.scheduled {
            p .quiet { (tf(lang, "report.p_by_itself", &[("at", &show::moment_text(at, lang))]))
                @if bulletin.drafted_at > at.saturating_add(jiff::SignedDuration::from_mins(10)).unwrap_or(at) { " " (tf(lang, "report.p_drafted_late", &[("at", &show::moment_text(bulletin.drafted_at, lang))])) } }
        }
    }
}

fn number(bulletin: &Bulletin) -> &str {
    bulletin
        .draft
        .number
        .as_ref()
        .map_or(bulletin.draft.bulletin.as_str(), |number| number.text.as_str())
}

fn form(visitor: &Visitor, asked: &Asked, sent: Option<&Sent>, refused: bool) -> Markup {
    let lang = visitor.lang;
    let today = date_of(visitor.now);
    let presets = [
        ("week", Preset::Week),
        ("half-month", Preset::HalfMonth),
        ("month", Preset::Month),
    ];
    let chosen = presets
        .iter()
        .find(|(name, _)| *name == asked.period)
        .map_or(Preset::Month, |(_, preset)| *preset);
    let (from, to) = bulletin::preset(chosen, today);
    let value = |name: &str, otherwise: String| sent.map_or(otherwise, |sent| sent.get(name).to_owned());
    let signers = bulletin::signers(&visitor.world, visitor.now);
    let key = sent
        .filter(|_| refused)
        .map_or_else(fresh_key, |sent| sent.get("key").to_owned());
    html! {
        section #draft {
            h2 { (t(lang, "report.p_new")) }
            p .actions {
                @for (name, preset) in presets {
                    @let current = asked.period == name || asked.period.is_empty() && preset == Preset::Month;
                    a .button href={ "/bulletins?period=" (name) "#draft" } aria-current=[current.then_some("true")] { (t(lang, &format!("report.p_{name}"))) }
                }
            }
            form .stack method="post" action="/bulletins" {
                (layout::csrf(visitor))
                input type="hidden" name="key" value=(key);
                div .field { label for="from" { (t(lang, "report.p_from")) } input #from type="date" name="from" required value=(value("from", from.to_string())); }
                div .field { label for="to" { (t(lang, "report.p_to")) } input #to type="date" name="to" required value=(value("to", to.to_string())); }
                fieldset .field {
                    legend { (t(lang, "report.p_scope")) " " span .optional { (t(lang, "report.p_scope_help")) } }
                    div .choices {
                        @for mechanism in visitor.mechanisms.all() {
                            @let ticked = sent.is_some_and(|sent| sent.all("mechanism").any(|id| id == mechanism.id.as_str()));
                            label .choice { input type="checkbox" name="mechanism" value=(mechanism.id) checked[ticked]; span { (mechanism.label.get(lang)) } }
                        }
                    }
                }
                div .field { label for="order" { (t(lang, "report.p_order")) }
                    select #order name="order" {
                        option value="overdue" { (t(lang, "report.p_order_overdue")) }
                        option value="name" selected[value("order", String::new()) == "name"] { (t(lang, "report.p_order_name")) }
                    }
                }
                div .field { label for="signer" { (t(lang, "report.p_signer")) }
                    select #signer name="signer" required {
                        @for post in &signers {
                            option value=(post) selected[value("signer", String::new()) == post.as_str()] { (show::post_name(&visitor.world, post, lang)) }
                        }
                    }
                }
                div .field { label for="remarks" { (t(lang, "report.p_remarks")) " " span .optional { (t(lang, "web.optional")) } }
                    p .help { (t(lang, "report.p_remarks_help")) }
                    textarea #remarks name="remarks" rows="4" { (value("remarks", String::new())) }
                }
                div .actions { button type="submit" { (t(lang, "report.p_make")) } }
            }
        }
    }
}

/// A bulletin that this visitor may read, with its content.
pub(crate) fn readable(visitor: &Visitor, id: &BulletinId) -> Result<(Bulletin, Option<Content>), Trouble> {
    let known = visitor.engine.world();
    let bulletin = known.bulletins.get(id).ok_or_else(Trouble::not_found)?;
    if !bulletin::may_read(&known, bulletin, &visitor.post, &visitor.sight) {
        return Err(Trouble::not_found());
    }
    Ok(bulletin::load(&visitor.engine, id)?)
}

async fn page(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| view(visitor, &id.into(), None, &[]))
        .await
}

async fn verify(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            readable(visitor, &id)?;
            let recheck = bulletin::verify(&visitor.engine, &id)?;
            view(visitor, &id, Some(&recheck), &[])
        })
        .await
}

async fn sign(Path(id): Path<String>, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    change(visitor, id, sent, |visitor, key, id| {
        bulletin::sign(&visitor.engine, &visitor.actor(), key, id)
            .map(|_| ())
            .map_err(Trouble::from)
    })
    .await
}

async fn issue(Path(id): Path<String>, Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    change(visitor, id, sent, |visitor, key, id| {
        bulletin::issue(&visitor.engine, &visitor.actor(), key, id).map_err(Trouble::from)
    })
    .await
}

async fn change(
    visitor: Visitor,
    id: String,
    sent: Sent,
    work: impl Fn(&Visitor, &str, &BulletinId) -> Result<(), Trouble> + Send + 'static,
) -> Result<Response, Trouble> {
    let id = BulletinId::from(id);
    let again = id.clone();
    let done = visitor
        .work(move |visitor| {
            readable(visitor, &id)?;
            let Err(trouble) = work(visitor, sent.get("key"), &id) else {
                return Ok(Ok(()));
            };
            let problem = Problem::from_trouble(&trouble, visitor.lang);
            Ok(Err((trouble.status, view(visitor, &id, None, &[problem])?)))
        })
        .await?;
    Ok(match done {
        Ok(()) => Redirect::to(&format!("/bulletins/{again}")).into_response(),
        Err(refused) => refused.into_response(),
    })
}

fn view(
    visitor: &Visitor,
    id: &BulletinId,
    recheck: Option<&Recheck>,
    problems: &[Problem],
) -> Result<Markup, Trouble> {
    let (bulletin, content) = readable(visitor, id)?;
    let lang = visitor.lang;
    let title = number(&bulletin);
    let body = html! {
        link rel="stylesheet" href="/bulletins/style.css";
        (layout::heading(Some(t(lang, "web.nav_bulletins")), &html! { (title) }, &files(visitor, &bulletin)))
        (summary(lang, problems))
        @if let Some(recheck) = recheck { (verdict(visitor, recheck)) }
        dl .facts {
            dt { (t(lang, "report.p_state")) } dd { (state(visitor, &bulletin)) }
            dt { (t(lang, "report.p_signer")) } dd { (signer(visitor, &bulletin)?) }
            dt { (t(lang, "report.p_as_of")) } dd { (show::moment(bulletin.draft.as_of, lang)) }
            dt { (t(lang, "report.p_log")) } dd { (tf(lang, "report.p_log_size", &[("size", &bulletin.draft.log.size)])) " " code .code { (bulletin.draft.log.root) } }
        }
        (moves(visitor, &bulletin))
        @match &content {
            Some(content) => { (PreEscaped(bulletin::html(&bulletin, content, lang))) },
            None => { div .empty { p { (t(lang, "report.refuse_content_erased")) } } },
        }
    };
    Ok(layout::page(visitor, title, Nav::Bulletins, &body))
}

fn files(visitor: &Visitor, bulletin: &Bulletin) -> Markup {
    let base = format!("/bulletins/{}", bulletin.draft.bulletin);
    html! {
        span .export {
            (visitor.t("report.p_download")) " "
            @for (file, name) in [("bulletin.docx", "DOCX"), ("annex.xlsx", "XLSX"), ("content.json", "JSON")] {
                a href={ (base) "/" (file) } { (name) } " "
            }
        }
        a .button href={ (base) "/verify" } { (visitor.t("report.p_verify")) }
    }
}

fn signer(visitor: &Visitor, bulletin: &Bulletin) -> Result<Markup, Trouble> {
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    Ok(html! {
        @match &bulletin.signed {
            Some((actor, at)) => { (show.actor(actor)) " " (show::moment(*at, visitor.lang)) },
            None => { (show.post(&bulletin.draft.signer)) },
        }
    })
}

/// The buttons that this visitor may press now.
fn moves(visitor: &Visitor, bulletin: &Bulletin) -> Markup {
    let signs = bulletin.signed.is_none() && bulletin::may_sign(bulletin, &visitor.post);
    let issues = bulletin.signed.is_some()
        && bulletin.issued.is_none()
        && (visitor.administers() || bulletin::may_sign(bulletin, &visitor.post));
    let button = |what: &str| {
        html! {
            form .inline method="post" action={ "/bulletins/" (bulletin.draft.bulletin) "/" (what) } {
                (layout::csrf(visitor))
                input type="hidden" name="key" value=(fresh_key());
                button type="submit" { (visitor.t(&format!("report.p_do_{what}"))) }
            }
        }
    };
    html! {
        @if signs || issues {
            div .actions {
                @if signs { (button("sign")) p .quiet { (visitor.t("report.p_sign_note")) } }
                @if issues { (button("issue")) p .quiet { (visitor.t("report.p_issue_note")) } }
            }
        }
    }
}

fn verdict(visitor: &Visitor, recheck: &Recheck) -> Markup {
    let lang = visitor.lang;
    let line = |holds: bool, key: &str| {
        let mark = t(lang, if holds { "report.p_holds" } else { "report.p_fails" });
        html! { dt { (t(lang, key)) } dd { strong .late[!holds] { (mark) } } }
    };
    html! {
        section .notice #verified {
            h2 { (t(lang, if recheck.holds() { "report.p_recheck_holds" } else { "report.p_recheck_fails" })) }
            p { (tf(lang, "report.p_recheck_lead", &[("size", &recheck.size)])) }
            dl .facts {
                (line(recheck.root_holds, "report.p_recheck_root"))
                (line(recheck.file_holds, "report.p_recheck_file"))
                (line(recheck.stored == recheck.recomputed, "report.p_recheck_figures"))
                dt { (t(lang, "report.p_recheck_stored")) } dd { code .code { (recheck.stored) } }
                dt { (t(lang, "report.p_recheck_recomputed")) } dd { code .code { (recheck.recomputed) } }
            }
            @for difference in &recheck.differences {
                p { code { (difference.at) } " " (show::text(&difference.stored)) " → " (show::text(&difference.recomputed)) }
            }
        }
    }
}

/// Which figure's cases are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Behind {
    figure: String,
    page: u64,
}

async fn cases(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Behind>,
) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let (bulletin, content) = readable(visitor, &id.into())?;
            let content = content.ok_or_else(Trouble::not_found)?;
            let set = content
                .figures
                .cases(&asked.figure)
                .ok_or_else(Trouble::not_found)?;
            behind(visitor, &bulletin, &content, &asked, set)
        })
        .await
}

fn behind(
    visitor: &Visitor,
    bulletin: &Bulletin,
    content: &Content,
    asked: &Behind,
    set: &CaseSet,
) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let page = asked.page.max(1);
    let skip = usize::try_from(page.saturating_sub(1).saturating_mul(PAGE)).unwrap_or(usize::MAX);
    let take = usize::try_from(PAGE).unwrap_or(0);
    let mut rows = Vec::new();
    let mut hidden = 0u32;
    for id in set.iter().skip(skip).take(take) {
        match views.state(id)?.filter(|state| visitor.sight.covers(state)) {
            Some(state) => rows.push(state),
            None => hidden += 1,
        }
    }
    let (unit, id) = match asked
        .figure
        .strip_prefix("unit/")
        .and_then(|rest| rest.rsplit_once('/'))
    {
        Some((unit, id)) => (Some(content.unit(&unit.into(), lang)), id),
        None => (None, asked.figure.as_str()),
    };
    let rate = content.figures.rates.iter().find(|rate| rate.id.as_str() == id);
    let counted = rate.map_or(id, |rate| rate.num.as_str());
    let known = content.definitions.get(id);
    let title = known.map_or(id, |known| known.name.get(lang));
    let query = content
        .figures
        .count(counted)
        .and_then(|count| count.query.as_deref())
        .filter(|_| unit.is_none());
    let body = html! {
        (layout::heading(Some(number(bulletin)), &html! { @if let Some(unit) = &unit { (unit) " · " } (title) " " span .num { (show::count(set.len())) } }, &html! {
            a .button href={ "/bulletins/" (bulletin.draft.bulletin) } { (t(lang, "report.p_back")) }
        }))
        @if let Some(known) = known { p .lead { (known.counts.get(lang)) } }
        @if let Some(rate) = rate {
            p { (tf(lang, "report.p_numerator", &[("num", &rate.rate.num)])) " "
                a href=(bulletin::figure_link(content, rate.base.as_str())) { (tf(lang, "report.p_base", &[("base", &rate.rate.base)])) } }
        }
        p .quiet { (tf(lang, "report.p_frozen", &[("as_of", &show::moment_text(bulletin.draft.as_of, lang))]))
            @if let Some(query) = query { " " a href=(query) { (t(lang, "report.p_live")) } } }
        @if hidden > 0 { p .quiet { (tf(lang, "report.p_hidden", &[("n", &hidden)])) } }
        table .ledger {
            thead { tr {
                th scope="col" { (t(lang, "web.case_title")) }
                th scope="col" { (t(lang, "web.owner")) }
                th scope="col" { (t(lang, "web.stage")) }
                th scope="col" { (t(lang, "report.x_opened")) }
                th scope="col" { (t(lang, "report.x_closed")) }
            } }
            tbody {
                @for state in &rows {
                    @let mechanism = visitor.mechanisms.by_digest(&state.mechanism.digest);
                    tr {
                        th scope="row" {
                            a .row-title href={ "/cases/" (state.id) } { (show::text(&show.sealed(&state.title))) }
                            span .row-note { @if let Some(number) = &state.number { span .num { (number.text) } } @else { "#" (state.id) } }
                        }
                        td data-label=(t(lang, "web.owner")) { (show.unit(&state.owner)) }
                        td data-label=(t(lang, "web.stage")) { (show::stage_name(mechanism.as_deref(), &state.stage, lang)) }
                        td data-label=(t(lang, "report.x_opened")) { (show::moment(state.opened_at, lang)) }
                        td data-label=(t(lang, "report.x_closed")) { @if let Some(closed) = &state.closed { (show::moment(closed.at, lang)) } @else { span .quiet { "–" } } }
                    }
                }
            }
        }
        (pager(lang, page, PAGE, set.len(), |n| format!("/bulletins/{}/cases?figure={}&page={n}", bulletin.draft.bulletin, show::percent(&asked.figure))))
    };
    Ok(layout::page(visitor, title, Nav::Bulletins, &body))
}

/// A bulletin as a file: `bulletin.docx`, `annex.xlsx`, `content.json`.
pub(crate) async fn file(
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            let (bulletin, content) = readable(visitor, &id)?;
            let content = content.ok_or_else(Trouble::not_found)?;
            let called = number(&bulletin);
            match name.as_str() {
                "bulletin.docx" => {
                    let bytes = bulletin::docx(&bulletin, &content, visitor.lang, None)?;
                    Ok(download(DOCX, &format!("{called}.docx"), bytes))
                }
                "annex.xlsx" => {
                    let bytes = bulletin::xlsx(&content, visitor.lang)?;
                    Ok(download(XLSX, &format!("{called}.xlsx"), bytes))
                }
                "content.json" => {
                    let bytes = bulletin::file(&visitor.engine, &id)?;
                    Ok(download("application/json", &format!("{called}.json"), bytes))
                }
                _ => Err(Trouble::not_found()),
            }
        })
        .await
}
