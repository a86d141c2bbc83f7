//! The bulletin in words: an official document in Chinese and English, every figure a link to its cases.

mod burden;
mod corrections;
mod definitions;
mod items;
mod labels;
mod slow;
mod totals;
mod typical;
mod units;
mod verification;

use bihuan_domain::id::{CaseId, PostId, Sealed};
use bihuan_domain::mechanism::Section;
use bihuan_messages::{Label, Lang, t, tf};
use bihuan_report::official::{Annex, Block, Document, Level, Span};

use super::content::Content;
use super::rate::Rate;

pub(super) use labels::{cause, holder, minute_label, period, place};

/// What a bulletin says for which no template names its sections.
const USUAL: [Section; 7] = [
    Section::Totals,
    Section::Units,
    Section::Slow,
    Section::Items,
    Section::Verification,
    Section::Corrections,
    Section::Requirements,
];

/// What the office adds to the figures.
pub(super) struct Frame {
    pub(super) issuer: Label,
    pub(super) signature: Label,
    pub(super) addressee: Label,
    pub(super) signer: PostId,
    pub(super) remarks: Vec<String>,
    /// What it is called, where a template says so.
    pub(super) title: Option<Label>,
}

/// The document in one language.
pub(super) fn document(content: &Content, frame: &Frame, lang: Lang) -> Document {
    let words = Words { content, lang };
    let mut body = vec![words.intro()];
    let asked = &content.figures.scope.sections;
    let sections = if asked.is_empty() { &USUAL[..] } else { asked };
    for section in sections {
        match section {
            Section::Totals => words.overall(&mut body),
            Section::Units => words.units(&mut body),
            Section::Slow => words.late(&mut body),
            Section::Items => words.items(&mut body, &frame.signer),
            Section::Typical => words.typical(&mut body),
            Section::Verification => words.verification(&mut body),
            Section::Corrections => words.corrections(&mut body),
            Section::Burden => words.burden(&mut body),
            Section::Requirements => requirements(frame, lang, &mut body),
        }
    }
    let mut annexes = Vec::new();
    if !content.figures.late.is_empty() {
        annexes.push(Annex {
            title: t(lang, "report.b_annex_late").to_owned(),
            body: Vec::new(),
        });
    }
    annexes.push(Annex {
        title: t(lang, "report.b_annex_definitions").to_owned(),
        body: words.definitions(),
    });
    let log = &content.figures.log;
    let as_of = minute_label(content.figures.as_of);
    Document {
        issuer: frame.issuer.get(lang).to_owned(),
        number: Some(content.number.clone()),
        title: match &frame.title {
            Some(title) => tf(
                lang,
                "report.b_title_of",
                &[
                    ("title", &title.get(lang)),
                    ("period", &period(content).get(lang)),
                ],
            ),
            None => tf(lang, "report.b_title", &[("period", &period(content).get(lang))]),
        },
        addressee: frame.addressee.get(lang).to_owned(),
        body,
        annexes,
        signature: frame.signature.get(lang).to_owned(),
        draft: true,
        provenance: Some(tf(
            lang,
            "report.b_provenance",
            &[
                ("as_of", &as_of.get(lang)),
                ("size", &log.size),
                ("root", &log.root),
            ],
        )),
        ..Document::default()
    }
}

/// What the office asks for; a standing sentence where it says nothing.
fn requirements(frame: &Frame, lang: Lang, body: &mut Vec<Block>) {
    body.push(Block::heading(Level::First, t(lang, "report.b_requirements")));
    match frame.remarks.as_slice() {
        [] => body.push(Block::paragraph(t(lang, "report.b_default_remark"))),
        remarks => body.extend(remarks.iter().map(Block::paragraph)),
    }
}

/// Where a figure's cases are listed.
pub fn figure_link(content: &Content, figure: &str) -> String {
    format!("/bulletins/{}/cases?figure={figure}", content.bulletin)
}

struct Words<'a> {
    content: &'a Content,
    lang: Lang,
}

impl Words<'_> {
    fn text(&self, key: &str) -> String {
        t(self.lang, &format!("report.{key}")).to_owned()
    }

    /// A sentence of the catalogue whose `{values}` are spans.
    fn say(&self, key: &str, values: &[(&str, Span)]) -> Vec<Span> {
        let key = format!("report.{key}");
        let mut spans = Vec::new();
        let mut rest = t(self.lang, &key);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else {
                break;
            };
            spans.push(Span::plain(before));
            let value = values
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, span)| span.clone());
            spans.push(value.unwrap_or_else(|| Span::plain(format!("{{{name}}}"))));
            rest = tail;
        }
        spans.push(Span::plain(rest));
        spans.retain(|span| !span.text.is_empty());
        spans
    }

    fn count(&self, id: &'static str) -> (&'static str, Span) {
        (
            id,
            Span::linked(
                self.content.figures.n(id).to_string(),
                figure_link(self.content, id),
            ),
        )
    }

    /// `75.82%（737/972）` or that it cannot be computed.
    fn rate(&self, rate: &Rate) -> String {
        match &rate.percent {
            Some(percent) => tf(
                self.lang,
                "report.b_rate",
                &[("percent", percent), ("num", &rate.num), ("base", &rate.base)],
            ),
            None => self.text("b_no_rate"),
        }
    }

    fn linked_rate(&self, id: &'static str) -> (&'static str, Span) {
        (
            id,
            Span::linked(
                self.rate(&self.content.figures.rate(id)),
                figure_link(self.content, id),
            ),
        )
    }

    fn intro(&self) -> Block {
        let scope = &self.content.figures.scope;
        let covered = if scope.mechanisms.is_empty() {
            self.text("b_scope_all")
        } else {
            let labels: Vec<String> = scope
                .mechanisms
                .iter()
                .map(|id| self.content.named("mechanism", id.as_str(), self.lang))
                .collect();
            let list = labels.join(t(self.lang, "report.b_enumeration"));
            tf(self.lang, "report.b_scope_some", &[("list", &list)])
        };
        let label = |label: Label| Span::plain(label.get(self.lang));
        Block::Paragraph(self.say(
            "b_intro",
            &[
                ("period", label(period(self.content))),
                ("scope", Span::plain(covered)),
                ("as_of", label(minute_label(self.content.figures.as_of))),
            ],
        ))
    }

    /// Number and title of a case, opening it.
    fn matter(&self, case: CaseId, number: Option<&str>, title: &Sealed) -> Vec<Span> {
        let number = number.map_or_else(|| format!("#{case}"), str::to_owned);
        let title = self
            .content
            .text(title)
            .map_or_else(|| self.text("b_title_withheld"), str::to_owned);
        vec![
            Span::linked(number, format!("/cases/{case}")),
            Span::plain(format!(" {title}")),
        ]
    }
}
