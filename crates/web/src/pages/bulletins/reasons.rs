//! Why my unit's late matters are late: one form for all of them, asked once and filled in with what was said before.

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_engine::bulletin::{Asked, asked, coming};
use bihuan_engine::{Order, Submission};
use bihuan_messages::{t, tf};
use maud::{Markup, html};

use crate::body::Posted;
use crate::components::summary::{Problem, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::session::Visitor;
use crate::show::{self, Show};
use crate::trouble::Trouble;

/// The form.
pub(super) async fn page(visitor: Visitor) -> Result<Markup, Trouble> {
    visitor.work(|visitor| view(visitor, &[])).await
}

/// Records what was written, matter by matter; an empty field says nothing.
pub(super) async fn send(Posted { visitor, sent }: Posted) -> Result<Response, Trouble> {
    let (mut problems, mut done) = (Vec::new(), 0u32);
    let key = sent.get("key").to_owned();
    let cases: Vec<u64> = sent.all("case").filter_map(|id| id.parse().ok()).collect();
    for case in cases {
        let field = format!("why-{case}");
        let text = sent.get(&field).trim().to_owned();
        if text.is_empty() {
            continue;
        }
        let order = Order::Note {
            case: bihuan_domain::id::CaseId(case),
            values: Default::default(),
            note: Some(text),
            evidence: Vec::new(),
        };
        let submission = Submission::new(format!("{key}-{case}"), order);
        match visitor.engine.submit(&visitor.actor(), submission).await {
            Ok(_) => done += 1,
            Err(failure) => {
                let trouble = Trouble::from(failure);
                problems.push(Problem::from_trouble(&trouble, visitor.lang));
            }
        }
    }
    if problems.is_empty() && done > 0 {
        return Ok(Redirect::to("/bulletins/reasons").into_response());
    }
    let page = visitor.work(move |visitor| view(visitor, &problems)).await?;
    Ok(page.into_response())
}

fn view(visitor: &Visitor, problems: &[Problem]) -> Result<Markup, Trouble> {
    let lang = visitor.lang;
    let views = visitor.views()?;
    let show = Show {
        visitor,
        views: &views,
    };
    let unit = visitor
        .world
        .org
        .unit_of(&visitor.post)
        .map(|unit| unit.id.clone());
    let late = match &unit {
        Some(unit) => asked(&views, unit, visitor.now)?,
        None => Vec::new(),
    };
    let open: Vec<&Asked> = late.iter().filter(|asked| !asked.given).collect();
    let given: Vec<&Asked> = late.iter().filter(|asked| asked.given).collect();
    let next = coming(&visitor.engine).into_iter().next();
    let title = t(lang, "web.reasons_title");
    let body = html! {
        (layout::heading(Some(t(lang, "web.nav_bulletins")), &html! { (title) }, &html! {}))
        p .lead { (t(lang, "web.reasons_lead")) }
        @if let Some((template, coming)) = &next {
            p .quiet { (tf(lang, "web.reasons_next", &[("title", &template.label.get(lang)), ("at", &show::moment_text(coming.at, lang))])) }
        }
        (summary(lang, problems))
        @if open.is_empty() { div .empty { p { (t(lang, "web.reasons_none")) } } }
        @else {
            form .stack method="post" action="/bulletins/reasons" {
                (layout::csrf(visitor))
                input type="hidden" name="key" value=(fresh_key());
                @for asked in &open {
                    @let name = format!("why-{}", asked.state.id);
                    // What was said before the limit is no reason for being late: it is shown, and not put into a mouth.
                    @let reason = asked.last.as_ref().filter(|(_, at)| *at >= asked.due);
                    div .field {
                        label for=(name) { a href={ "/cases/" (asked.state.id) } { (show::text(&show.sealed(&asked.state.title))) } }
                        p .help { (tf(lang, "web.reasons_due", &[("due", &show::moment_text(asked.due, lang))]))
                            @if let Some((said, at)) = asked.last.as_ref().filter(|_| reason.is_none()) { " " (tf(lang, "web.reasons_last", &[("at", &show::moment_text(*at, lang))])) (show::text(said)) } }
                        input type="hidden" name="case" value=(asked.state.id);
                        textarea id=(name) name=(name) rows="2" maxlength="500" { @if let Some((text, _)) = reason { (text) } }
                    }
                }
                div .actions { button .primary type="submit" { (t(lang, "web.reasons_send")) } }
            }
        }
        @if !given.is_empty() {
            section #given { h2 { (t(lang, "web.reasons_given")) " " span .num .quiet { (given.len()) } }
                ul .index { @for asked in &given { li { div {
                    a .row-title href={ "/cases/" (asked.state.id) } { (show::text(&show.sealed(&asked.state.title))) }
                    @if let Some((text, at)) = &asked.last { span .row-note { (show::text(text)) " · " (show::moment(*at, lang)) } }
                } } } }
            }
        }
    };
    Ok(layout::page(visitor, title, Nav::Bulletins, &body))
}
