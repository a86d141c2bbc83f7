//! The notice of grades and the decision on commendation: as pages and as DOCX. A draft is for who assesses, supervises
//! and leads; what was announced is for everybody. What was issued is shown as it went out, whatever its rows say now.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};
use bihuan_domain::assessment::{Scheme, Span};
use bihuan_domain::calendar::date_of;
use bihuan_domain::event::PaperIssued;
use bihuan_domain::org::Actor;
use bihuan_engine::access;
use bihuan_engine::assessment::{self, Course, Issued, Paper, Papers};
use bihuan_messages::{t, tf};
use bihuan_report::official::Document;
use maud::{Markup, PreEscaped, html};

use super::{Asked, named, sees_all};
use crate::body::Posted;
use crate::components::summary::{Problem, summary};
use crate::form::fresh_key;
use crate::layout::{self, Nav};
use crate::pages::export::{DOCX, download};
use crate::place::{Path, Query};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

const ALL: [(Paper, &str); 2] = [
    (Paper::Grades, "assess.n_grades"),
    (Paper::Commendation, "assess.n_commendation"),
];

/// Links to the papers that this visitor may read.
pub(super) fn links(visitor: &Visitor, scheme: &Scheme, span: &Span, course: &Course) -> Markup {
    let readable = !course.announced.is_empty() && (sees_all(visitor) || is_announced(course));
    html! { @if readable && course.whole.is_some() { p .actions {
        @for (paper, key) in ALL {
            a .button href={ "/assessments/" (scheme.id) "/papers/" (paper.code()) "?period=" (span.name) } { (t(visitor.lang, key)) } " "
        }
    } } }
}

fn is_announced(course: &Course) -> bool {
    course.announced_on().is_some()
}

/// What is shown: what was issued, or what the rows say now.
struct Shown<'a> {
    paper: Paper,
    name: &'a str,
    scheme: &'a Arc<Scheme>,
    span: &'a Span,
    document: Document,
    /// The issues, oldest first, and which of them this is.
    issues: Vec<&'a Issue>,
    nth: Option<usize>,
    /// Whether the rows say something else now.
    changed: bool,
    /// Whether the visitor may issue it now.
    may_issue: bool,
    /// Whether the day of announcement is what issuing waits for.
    waits: bool,
}

/// An issue of a paper: the event, who issued it and when.
type Issue = (PaperIssued, Actor, jiff::Timestamp);

/// A paper: `grades`, `commendation`; with `.docx` as a file.
pub(super) async fn page(
    visitor: Visitor,
    Path((id, file)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| answer(visitor, &id, &file, &asked, &[]))
        .await
}

/// Issues a paper: from then on it is kept as it is.
pub(super) async fn issue(
    Path((id, file)): Path<(String, String)>,
    Posted { visitor, sent }: Posted,
) -> Result<Response, Trouble> {
    let asked = Asked {
        period: sent.filled("period").map(str::to_owned),
        content: None,
    };
    let key = sent.get("key").to_owned();
    visitor
        .work(move |visitor| {
            let paper = Paper::named(&file).ok_or_else(Trouble::not_found)?;
            let (scheme, period) = named(visitor, &id, &asked)?;
            let span = assessment::period_of(&scheme, Some(&period), visitor.now)?;
            match assessment::issue(&visitor.engine, &visitor.actor(), &key, &scheme, &span, paper) {
                Ok(()) => Ok(Redirect::to(&address(&scheme, &span, &file, None)).into_response()),
                Err(failure) => {
                    let trouble = Trouble::from(failure);
                    let problem = Problem::from_trouble(&trouble, visitor.lang);
                    let page = answer(visitor, &id, &file, &asked, &[problem])?;
                    Ok((trouble.status, page).into_response())
                }
            }
        })
        .await
}

fn answer(
    visitor: &Visitor,
    id: &str,
    file: &str,
    asked: &Asked,
    problems: &[Problem],
) -> Result<Response, Trouble> {
    let (name, as_file) = match file.strip_suffix(".docx") {
        Some(name) => (name, true),
        None => (file, false),
    };
    let paper = Paper::named(name).ok_or_else(Trouble::not_found)?;
    let (scheme, period) = named(visitor, id, asked)?;
    let span = assessment::period_of(&scheme, Some(&period), visitor.now)?;
    let views = visitor.views()?;
    let course = super::course::of(visitor, &views, &scheme, &span)?;
    if !sees_all(visitor) && !is_announced(&course) {
        return Err(Trouble::forbidden());
    }
    let lang = visitor.lang;
    let papers = Papers {
        views: &views,
        world: &visitor.world,
        mechanisms: &visitor.mechanisms,
        scheme: &scheme,
        span: &span,
        course: &course,
        today: date_of(visitor.now),
        lang,
    };
    let now = Issued::of_rows(&papers, paper)?;
    let issues: Vec<&Issue> = assessment::issues(&visitor.world, &scheme, &span, paper).collect();
    let nth = match &asked.content {
        Some(content) => Some(
            issues
                .iter()
                .position(|(event, _, _)| event.content.as_str() == content)
                .ok_or_else(Trouble::not_found)?,
        ),
        None => issues.len().checked_sub(1),
    };
    let kept = match nth.and_then(|nth| issues.get(nth)) {
        Some((event, _, _)) => Some(Issued::load(&views, event)?.ok_or_else(Trouble::not_found)?),
        None => None,
    };
    let is_last = nth == issues.len().checked_sub(1);
    let changed = is_last && kept.is_some() && kept != now;
    let keeps = course.register.as_ref();
    let keeps = keeps.is_some_and(|register| access::keeps_register(&visitor.world, &visitor.post, register));
    let shown = Shown {
        waits: kept.is_none() && !is_announced(&course),
        may_issue: keeps && is_announced(&course) && is_last && (changed || kept.is_none()) && now.is_some(),
        document: kept
            .or(now)
            .ok_or_else(Trouble::not_found)?
            .document(lang)
            .clone(),
        paper,
        name,
        scheme: &scheme,
        span: &span,
        issues,
        nth,
        changed,
    };
    // Where the title is broken in print.
    let title = shown.document.title.replace('\n', "");
    if as_file {
        let bytes = assessment::paper_docx(&shown.document, lang)?;
        return Ok(download(DOCX, &format!("{title}.docx"), bytes));
    }
    let (status, content) = (shown.status(visitor), asked.content.as_deref());
    let at = address(&scheme, &span, &format!("{name}.docx"), content);
    let back = format!("/assessments/{}?period={}#course", scheme.id, span.name);
    let body = html! {
        link rel="stylesheet" href="/bulletins/style.css";
        (layout::heading(Some(scheme.label.get(lang)), &html! { (title) }, &html! {
            a href=(back) { (t(lang, "assess.p_back")) } " " a .button href=(at) { "DOCX" }
        }))
        (summary(lang, problems))
        (status)
        (PreEscaped(assessment::paper_html(&shown.document, lang)))
    };
    Ok(layout::page(visitor, &title, Nav::Assessments, &body).into_response())
}

fn address(scheme: &Scheme, span: &Span, file: &str, content: Option<&str>) -> String {
    let of = format!(
        "/assessments/{}/papers/{file}?period={}",
        scheme.id,
        show::percent(&span.name)
    );
    match content {
        Some(content) => format!("{of}&content={}", show::percent(content)),
        None => of,
    }
}

impl Shown<'_> {
    /// Whether it went out and when, what has changed since, and the button that issues it.
    fn status(&self, visitor: &Visitor) -> Markup {
        let lang = visitor.lang;
        let issued = self.nth.and_then(|nth| Some((nth, *self.issues.get(nth)?)));
        let all = self.issues.len();
        html! {
            @match issued {
                Some((nth, (event, _, at))) => {
                    p .notice { (tf(lang, "assess.i_issued", &[
                        ("at", &show::moment_text(*at, lang)), ("nth", &nth.saturating_add(1)), ("all", &all), ("size", &show::count(event.log.size)),
                    ])) " " code .code { (event.content) } }
                    p .quiet { (t(lang, "assess.i_by_hand")) }
                }
                None => { p .notice { (t(lang, "assess.i_not_yet")) @if self.waits { " " (t(lang, "assess.i_wait")) } } }
            }
            @if self.changed { p .notice { (t(lang, "assess.i_changed")) } }
            @if self.may_issue {
                form method="post" action={ "/assessments/" (self.scheme.id) "/papers/" (self.name) } {
                    (layout::csrf(visitor))
                    input type="hidden" name="key" value=(fresh_key());
                    input type="hidden" name="period" value=(self.span.name);
                    div .actions { button .primary type="submit" { (t(lang, if self.issues.is_empty() { "assess.i_issue" } else { "assess.i_again" })) } }
                }
            }
            @if self.issues.len() > 1 {
                p { (t(lang, "assess.i_others")) (t(lang, "report.colon"))
                    @for (event, _, at) in &self.issues {
                        a href=(address(self.scheme, self.span, self.paper.code(), Some(event.content.as_str()))) { (show::moment(*at, lang)) } " "
                    }
                }
            }
        }
    }
}
