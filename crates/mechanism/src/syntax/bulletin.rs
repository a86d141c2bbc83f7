//! `[[bulletin]]` of a pack: a bulletin that is drafted by itself.

use bihuan_domain::clock::{Cadence, Rule};
use bihuan_domain::mechanism::{BulletinSpan, Section};
use bihuan_messages::Label;
use jiff::civil::Time;

use super::parts::{need_cadence, need_rule, word};
use crate::read::{Sink, Sp, Table};

/// At four in the afternoon there is still time to sign.
const AT: Time = Time::constant(16, 0, 0, 0);

#[derive(Clone, Debug)]
pub(crate) struct BulletinAst {
    pub(crate) id: Sp<String>,
    pub(crate) label: Label,
    pub(crate) every: Option<Sp<Cadence>>,
    pub(crate) at: Time,
    pub(crate) span: Option<Sp<BulletinSpan>>,
    pub(crate) office: Option<Sp<String>>,
    /// A shared role.
    pub(crate) signer: Option<Sp<String>>,
    pub(crate) sign_within: Option<Sp<Rule>>,
    /// A shared ladder.
    pub(crate) ladder: Option<Sp<String>>,
    pub(crate) mechanisms: Vec<Sp<String>>,
    pub(crate) sections: Vec<Section>,
}

const SPANS: &[(&str, BulletinSpan)] = &[
    ("week", BulletinSpan::Week),
    ("half_month", BulletinSpan::HalfMonth),
    ("month", BulletinSpan::Month),
    ("quarter", BulletinSpan::Quarter),
    ("year", BulletinSpan::Year),
];

/// Reads a bulletin.
pub(crate) fn bulletin(mut table: Table<'_>, sink: &mut Sink<'_>) -> Option<BulletinAst> {
    let id = table.need_code("id", sink);
    let label = table.need_label("label", sink);
    let every = need_cadence(&mut table, "every", sink);
    let at = table.text("at", sink).and_then(|found| {
        let time = found.value.parse::<Time>().ok();
        if time.is_none() {
            sink.error("M0187", found.span, |m| m.with("found", found.as_str()));
        }
        time
    });
    let span = table
        .need_code("span", sink)
        .and_then(|found| word(found, "span", SPANS, sink));
    let office = table.need_code("office", sink);
    let signer = table.need_code("signer", sink);
    let sign_within = need_rule(&mut table, "sign_within", sink);
    let ladder = table.need_code("ladder", sink);
    let mechanisms = table.codes("mechanisms", sink);
    let named = table.codes("sections", sink);
    let sections = named
        .into_iter()
        .filter_map(|found| word(found, "sections", &Section::ALL, sink));
    let sections = sections.map(|found| found.value).collect();
    table.finish(sink);
    Some(BulletinAst {
        id: id?,
        label,
        every,
        at: at.unwrap_or(AT),
        span,
        office,
        signer,
        sign_within,
        ladder,
        mechanisms,
        sections,
    })
}
