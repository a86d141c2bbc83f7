//! The notice of grades and the decision on commendation: as pages and as DOCX. A draft is for who assesses, supervises
//! and leads; what was announced is for everybody.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use bihuan_domain::assessment::{Scheme, Span};
use bihuan_domain::calendar::date_of;
use bihuan_engine::assessment::{self, Course, Paper, Papers};
use bihuan_messages::t;
use maud::{Markup, PreEscaped, html};

use super::{Asked, named, sees_all};
use crate::layout::{self, Nav};
use crate::pages::export::{DOCX, download};
use crate::session::Visitor;
use crate::show;
use crate::trouble::Trouble;

const ALL: [(&str, Paper, &str); 2] = [
    ("grades", Paper::Grades, "assess.n_grades"),
    ("commendation", Paper::Commendation, "assess.n_commendation"),
];

/// Links to the papers that this visitor may read.
pub(super) fn links(visitor: &Visitor, scheme: &Scheme, span: &Span, course: &Course) -> Markup {
    let readable = !course.announced.is_empty() && (sees_all(visitor) || is_announced(course));
    html! { @if readable && course.whole.is_some() { p {
        @for (name, _, key) in ALL {
            a .button href={ "/assessments/" (scheme.id) "/papers/" (name) "?period=" (span.name) } { (t(visitor.lang, key)) } " "
        }
    } } }
}

fn is_announced(course: &Course) -> bool {
    let day = bihuan_domain::id::FieldId::new("announced_on");
    course
        .whole
        .as_ref()
        .is_some_and(|whole| whole.values.contains_key(&day))
}

/// A paper: `grades`, `commendation`; with `.docx` as a file.
pub(super) async fn page(
    visitor: Visitor,
    Path((id, file)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    visitor
        .work(move |visitor| {
            let (name, as_file) = match file.strip_suffix(".docx") {
                Some(name) => (name, true),
                None => (file.as_str(), false),
            };
            let (_, paper, _) = ALL
                .into_iter()
                .find(|(known, _, _)| *known == name)
                .ok_or_else(Trouble::not_found)?;
            let (scheme, period) = named(visitor, &id, &asked)?;
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
            let document = papers.paper(paper)?.ok_or_else(Trouble::not_found)?;
            // Where the title is broken in print.
            let title = document.title.replace('\n', "");
            if as_file {
                let bytes = assessment::paper_docx(&document, lang)?;
                return Ok(download(DOCX, &format!("{title}.docx"), bytes));
            }
            let at = format!(
                "/assessments/{}/papers/{name}.docx?period={}",
                scheme.id,
                show::percent(&span.name)
            );
            let back = format!("/assessments/{}?period={}#course", scheme.id, span.name);
            let body = html! {
                link rel="stylesheet" href="/bulletins/style.css";
                (layout::heading(Some(scheme.label.get(lang)), &html! { (title) }, &html! {
                    a href=(back) { (t(lang, "assess.p_back")) } " " a .button href=(at) { "DOCX" }
                }))
                (PreEscaped(assessment::paper_html(&document, lang)))
            };
            Ok(layout::page(visitor, &title, Nav::Assessments, &body).into_response())
        })
        .await
}
