//! A bulletin: its text, signature, issue, downloads, and its recomputation from the log.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::id::BulletinId;
use bihuan_domain::world::Bulletin;
use bihuan_engine::bulletin::{self, Recheck};
use bihuan_engine::notices::About;
use bihuan_engine::pdf;
use bihuan_messages::{t, tf};
use maud::{Markup, PreEscaped, html};

use super::super::export::{DOCX, download};
use super::super::notifications::seen_about;
use super::{number, readable, state};
use crate::body::{Posted, Sent};
use crate::components::summary::{Problem, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::place::Path;
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) async fn page(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            let page = view(visitor, &id, None, &[])?;
            seen_about(visitor, &About::Bulletin(id));
            Ok(page)
        })
        .await
}

pub(super) async fn verify(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Trouble> {
    visitor
        .work(move |visitor| {
            let id = BulletinId::from(id);
            readable(visitor, &id)?;
            let recheck = bulletin::verify(&visitor.engine, &id)?;
            view(visitor, &id, Some(&recheck), &[])
        })
        .await
}

pub(super) async fn sign(
    Path(id): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    change(visitor, id, sent, |visitor, key, id| {
        bulletin::sign(&visitor.engine, &visitor.actor(), key, id)
            .map(|_| ())
            .map_err(Trouble::from)
    })
    .await
}

pub(super) async fn issue(
    Path(id): Path<String>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
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
            @for (file, name) in [("bulletin.docx", "DOCX"), ("bulletin.pdf", "PDF"), ("annex.xlsx", "XLSX"), ("content.json", "JSON")] {
                @if name != "PDF" || pdf::BUILT_IN { a href={ (base) "/" (file) } { (name) } " " }
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
                button .primary type="submit" { (visitor.t(&format!("report.p_do_{what}"))) }
            }
        }
    };
    html! {
        @if signs || issues {
            div .actions .signing {
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

/// A bulletin as a file: `bulletin.docx`, `bulletin.pdf`, `annex.xlsx`, `content.json`.
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
                "bulletin.pdf" => {
                    let bytes = bulletin::pdf(&bulletin, &content, visitor.lang, None)?;
                    Ok(download("application/pdf", &format!("{called}.pdf"), bytes))
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
