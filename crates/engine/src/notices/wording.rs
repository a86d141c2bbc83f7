//! What a message says: number, mechanism, reason, due time and the way there. Never a title, a name or a text of a case: a
//! group is read by whoever is in it.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_domain::clock::moment_label;
use bihuan_domain::id::PostId;
use bihuan_domain::world::World;
use bihuan_messages::{Lang, t, tf};
use serde_json::{Value as Json, json};

use super::kept::{About, Notice};
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
        if details.len() >= length.lines || !named.insert((notice.about.clone(), notice.reason)) {
            continue;
        }
        let number = numbered(engine, &views, notice, lang)?;
        let state = match notice.about.case() {
            Some(case) => views.state(case)?,
            None => None,
        };
        let mechanism = state.map(|state| state.mechanism.id);
        let mechanism = mechanism.and_then(|id| mechanisms.current(&id));
        let mechanism = mechanism
            .as_ref()
            .map_or("", |mechanism| mechanism.label.get(lang));
        let due = notice.due.map(|due| moment_label(due).get(lang).to_owned());
        let link = settings.link(&notice.about.path());
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
            json!({ "case": notice.about.case().map(|case| case.0), "number": number, "mechanism": mechanism,
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

/// The printed number of what a notice tells of, else that of the log.
fn numbered(
    engine: &Engine,
    views: &crate::views::Views,
    notice: &Notice,
    lang: Lang,
) -> Result<String, Error> {
    Ok(match &notice.about {
        About::Case(case) => {
            let number = views.state(*case)?.and_then(|state| state.number);
            number.map_or_else(
                || tf(lang, "notify.case_hidden", &[("n", case)]),
                |number| number.text,
            )
        }
        about => named(&engine.world(), about, &notice.post, lang),
    })
}

/// What people call something that is no case.
pub fn named(world: &World, about: &About, post: &PostId, lang: Lang) -> String {
    match about {
        About::Case(case) => tf(lang, "notify.case_hidden", &[("n", case)]),
        About::Bulletin(id) => {
            let number = world
                .bulletins
                .get(id)
                .and_then(|bulletin| bulletin.draft.number.as_ref());
            let number = number.map_or_else(|| id.to_string(), |number| number.text.clone());
            tf(lang, "notify.about_bulletin", &[("n", &number)])
        }
        About::Erasure(n) => tf(lang, "notify.about_erasure", &[("n", n)]),
        About::Post => {
            let known = world.org.posts.get(post);
            let name = known.map_or_else(|| post.to_string(), |post| post.name.get(lang).to_owned());
            tf(lang, "notify.about_post", &[("post", &name)])
        }
    }
}

/// The message of the test button.
pub(super) fn test(lang: Lang, place: &str) -> String {
    tf(lang, "notify.test_message", &[("place", &place)])
}
