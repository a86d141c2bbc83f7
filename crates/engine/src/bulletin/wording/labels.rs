//! Moments, periods, holders, reasons and places in words; the annex uses them, too.

use bihuan_domain::calendar::date_of;
use bihuan_domain::case::Cause;
use bihuan_domain::clock::{date_label, moment_label};
use bihuan_messages::{Label, Lang, t, tf};
use jiff::Timestamp;

use super::super::content::Content;
use super::super::figures::LateItem;
use super::super::rate::Place;

/// A moment to the minute: seconds say nothing in a bulletin. The figures keep the exact instant.
pub(in super::super) fn minute_label(at: Timestamp) -> Label {
    let second = at.as_second();
    moment_label(Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(at))
}

/// The period as people say it: `2026年3月`, `2026年3月1日至15日`, `1–15 March 2026`.
pub(in super::super) fn period(content: &Content) -> Label {
    let (from, to) = (content.figures.scope.from, content.figures.scope.to);
    let (first, last) = (date_label(from), date_label(to));
    if from == to {
        return first;
    }
    let same_year = from.year() == to.year();
    let same_month = same_year && from.month() == to.month();
    let whole_month = same_month && from.day() == 1 && to == to.last_of_month();
    let (zh_year, zh_month) = (
        format!("{}年", to.year()),
        format!("{}年{}月", to.year(), to.month()),
    );
    // English labels read `1 March 2026`: the year is the last word, the day the first.
    let en_month = last
        .en
        .split_once(' ')
        .map_or(last.en.as_str(), |(_, month)| month);
    if whole_month {
        return Label::new(zh_month, en_month);
    }
    let zh_last = match () {
        () if same_month => last.zh.strip_prefix(&zh_month),
        () if same_year => last.zh.strip_prefix(&zh_year),
        () => None,
    };
    let en_first = match () {
        () if same_month => first.en.split_once(' ').map(|(day, _)| day),
        () if same_year => first.en.rsplit_once(' ').map(|(day, _)| day),
        () => None,
    };
    let from_to =
        |lang, first: &str, last: &str| tf(lang, "report.b_from_to", &[("from", &first), ("to", &last)]);
    Label::new(
        from_to(Lang::Zh, &first.zh, zh_last.unwrap_or(&last.zh)),
        from_to(Lang::En, en_first.unwrap_or(&first.en), &last.en),
    )
}

/// Unit and post of who holds a late matter.
pub(in super::super) fn holder(content: &Content, item: &LateItem, lang: Lang) -> String {
    let (unit, post) = (
        content.unit(&item.holder.unit, lang),
        content.post(&item.holder.post, lang),
    );
    if post.starts_with(&unit) {
        post
    } else {
        tf(lang, "report.b_holder", &[("unit", &unit), ("post", &post)])
    }
}

/// The reason given for being late, with what must be known about it; where nobody gave one, what the log knows, marked
/// as that.
pub(in super::super) fn cause(content: &Content, item: &LateItem, lang: Lang) -> String {
    let mut text = match item.given() {
        Some(cause) => said(content, item, cause, lang),
        None => t(lang, "report.b_no_cause").to_owned(),
    };
    let silent = item.given().is_none();
    for (applies, key) in [
        (item.repeated && silent, "report.b_silent_again"),
        (item.repeated && !silent, "report.b_repeated"),
        (
            !item.repeated && content.same_words.contains(&item.case),
            "report.b_same_words",
        ),
        (item.claimed, "report.b_claimed"),
    ] {
        if applies {
            text.push_str(t(lang, key));
        }
    }
    if silent {
        text.push_str(&known(content, item, lang));
    }
    text
}

/// A reason by code, in words, or both.
fn said(content: &Content, item: &LateItem, cause: &Cause, lang: Lang) -> String {
    let reason = content.names.get(&format!("reason/{}", item.case));
    let reason = reason.map(|label| label.get(lang).to_owned());
    let note = cause.note.as_ref().map(|note| {
        let withheld = || t(lang, "report.b_text_withheld").to_owned();
        content.text(note).map_or_else(withheld, str::to_owned)
    });
    match (reason, note) {
        (Some(reason), Some(note)) => format!("{reason}{}{note}", t(lang, "report.colon")),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => t(lang, "report.b_no_cause").to_owned(),
    }
}

/// What the log knows of a matter for whose lateness nobody gave a reason: since when it stands in its
/// stage (its holder stands beside it), and what was last said about it.
fn known(content: &Content, item: &LateItem, lang: Lang) -> String {
    let (Some(_), Some(since)) = (&item.stage, item.since) else {
        return String::new();
    };
    let stage = content.named("stage", &item.case.to_string(), lang);
    let day = |at| date_label(date_of(at)).get(lang).to_owned();
    let mut text = tf(
        lang,
        "report.b_known",
        &[("stage", &stage), ("since", &day(since))],
    );
    if let Some(cause) = &item.cause {
        text.push_str(&tf(
            lang,
            &format!("report.b_known_{}", cause.origin.name()),
            &[
                ("at", &day(cause.at)),
                ("words", &said(content, item, cause, lang)),
            ],
        ));
    }
    text.push_str(t(lang, "report.b_stop"));
    text
}

/// `1`, or `1=` where others share it.
pub(in super::super) fn place(place: Option<Place>) -> String {
    match place {
        Some(Place { place, several: true }) => format!("{place}="),
        Some(Place {
            place,
            several: false,
        }) => place.to_string(),
        None => "—".to_owned(),
    }
}
