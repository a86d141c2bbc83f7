//! What a message says: number, mechanism, reason, due time and the way there. Never a title, a name or a text of a case: a
//! group is read by whoever is in it.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::clock::moment_label;
use bihuan_domain::id::CaseId;
use bihuan_messages::{Lang, t, tf};
use serde_json::{Value as Json, json};

use super::kept::Notice;
use super::rounds::Lane;
use super::told::Reason;
use crate::engine::Engine;
use crate::error::Error;
use crate::settings::Settings;

/// How long a message may be.
#[derive(Clone, Copy)]
pub(super) struct Length {
    /// Lines; the rest is a number.
    lines: usize,
    /// Bytes.
    bytes: usize,
}

impl Length {
    /// WeCom takes 2,048 bytes.
    pub(super) const OF_CHATS: Length = Length {
        lines: 10,
        bytes: 1_900,
    };

    /// What is read on one screen.
    pub(super) const OF_MAIL: Length = Length {
        lines: 30,
        bytes: 8_000,
    };
}

/// A message.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) details: Json,
    pub(super) n: usize,
}

/// One message for all of these, whether they are one or five hundred.
pub(super) fn digest(
    engine: &Engine,
    settings: &Settings,
    (lang, place, length): (Lang, &str, Length),
    lane: Lane,
    told: &[Notice],
) -> Result<Written, Error> {
    let (views, mechanisms) = (engine.views()?, engine.mechanisms());
    let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
    for notice in told {
        let count = counts.entry(notice.reason).or_default();
        *count = count.saturating_add(1);
    }
    let said = |reason: Reason| t(lang, &format!("notify.group_{}", reason.name()));
    let counted: Vec<String> = counts
        .iter()
        .map(|(reason, n)| tf(lang, "notify.group_count", &[("what", &said(*reason)), ("n", n)]))
        .collect();
    let head = format!("notify.head_{}", lane.name());
    let mut text = tf(lang, &head, &[("place", &place)]);
    text.push('\n');
    text.push_str(&counted.join(t(lang, "notify.group_join")));
    let mut details = Vec::new();
    let mut named = BTreeSet::new();
    // The gravest first: those that ran out, then by due time.
    let mut order: Vec<&Notice> = told.iter().collect();
    order.sort_by_key(|notice| (notice.due.is_none(), notice.due, notice.seq));
    for notice in order {
        if details.len() >= length.lines || !named.insert((notice.case, notice.reason)) {
            continue;
        }
        let number = numbered(&views, notice.case, lang)?;
        let mechanism = views.state(notice.case)?.map(|state| state.mechanism.id);
        let mechanism = mechanism.and_then(|id| mechanisms.current(&id));
        let mechanism = mechanism
            .as_ref()
            .map_or("", |mechanism| mechanism.label.get(lang));
        let due = notice.due.map(|due| moment_label(due).get(lang).to_owned());
        let link = settings.link(&format!("/cases/{}", notice.case));
        let parts = [
            Some(number.clone()),
            Some(mechanism.to_owned()),
            Some(said(notice.reason).to_owned()),
            due,
            link.clone(),
        ];
        let line: Vec<String> = parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        let line = line.join(" · ");
        if text.len().saturating_add(line.len()) > length.bytes {
            break;
        }
        text.push('\n');
        text.push_str(&line);
        details.push(
            json!({ "case": notice.case.0, "number": number, "mechanism": mechanism,
            "reason": notice.reason.name(), "due": notice.due.map(|due| due.to_string()), "link": link }),
        );
    }
    let rest = told.len().saturating_sub(details.len());
    if rest > 0 {
        text.push('\n');
        text.push_str(&tf(lang, "notify.group_more", &[("n", &rest)]));
    }
    Ok(Written {
        text,
        details: Json::Array(details),
        n: told.len(),
    })
}

/// The printed number of a case, else that of the log.
fn numbered(views: &crate::views::Views, case: CaseId, lang: Lang) -> Result<String, Error> {
    let number = views.state(case)?.and_then(|state| state.number);
    Ok(number.map_or_else(
        || tf(lang, "notify.case_hidden", &[("n", &case)]),
        |number| number.text,
    ))
}

/// The message of the test button.
pub(super) fn test(lang: Lang, place: &str) -> String {
    tf(lang, "notify.test_message", &[("place", &place)])
}
