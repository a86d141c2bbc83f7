//! Scans of the papers that a case came from: asked for in the opening's own form, and kept with the case in one operation.

use bihuan_domain::mechanism::Mechanism;
use bihuan_messages::{Lang, t};
use maud::{Markup, html};

use super::source::OF_PAPER;
use crate::body::Sent;
use crate::components::summary::{Problem, at_field};
use crate::show;
use crate::trouble::Trouble;

/// The id of the element, which a refusal leads to.
const ID: &str = "papers";

/// Whether a case of this mechanism may come from a paper. Where something is promised to a custodian none is asked for:
/// a scan would keep in the clear what the promise covers.
pub(super) fn may_come(mechanism: &Mechanism) -> bool {
    mechanism.open.from.iter().any(|kind| OF_PAPER.contains(kind))
        && mechanism.fields.iter().all(|field| field.sealed_to.is_none())
}

/// The choice of files, with the notice that nothing secret may go in; what an earlier try brought is kept and named.
pub(super) fn field(lang: Lang, sent: Option<&Sent>, problems: &[Problem]) -> Markup {
    let wrong = problems
        .iter()
        .any(|problem| problem.field.as_deref() == Some(ID));
    let kept: Vec<&str> = sent
        .map(|sent| sent.all("evidence").collect())
        .unwrap_or_default();
    html! {
        div .field .has-error[wrong] {
            label for=(ID) { (t(lang, "web.papers")) " " span .optional { (t(lang, "web.optional")) } }
            p .help { (t(lang, "web.papers_help")) }
            p .help { strong { (t(lang, "web.papers_secrecy")) } }
            (at_field(problems, ID))
            @for file in &kept {
                p .kept {
                    label .choice { input type="checkbox" name="evidence" value=(file) checked;
                        span { (show::text(file.split_once('|').map_or(file, |(_, name)| name))) } }
                }
            }
            input id=(ID) type="file" name="papers" accept="application/pdf,image/jpeg,image/png,.pdf,.jpg,.jpeg,.png" multiple;
        }
    }
}

/// What is wrong with a scan, at its field.
pub(super) fn problem(trouble: &Trouble, lang: Lang) -> Problem {
    Problem {
        field: Some(ID.to_owned()),
        ..Problem::from_trouble(trouble, lang)
    }
}

/// Whether a refusal is about the scans.
pub(super) fn is_about(trouble: &Trouble) -> bool {
    matches!(
        trouble.code.as_str(),
        "paper_kind" | "papers_many" | "no_such_upload" | "file_empty" | "file_kind" | "too_large"
    )
}
