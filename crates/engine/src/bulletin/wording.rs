//! The bulletin in words: an official document in Chinese and English, every figure a link to its cases.

use bihuan_domain::clock::{date_label, moment_label};
use bihuan_domain::id::{CaseId, PostId, Sealed};
use bihuan_domain::mechanism::Section;
use bihuan_messages::{Label, Lang, t, tf};
use bihuan_report::official::{Align, Annex, Block, Document, Figure, Level, Span, Table, TableColumn};
use jiff::Timestamp;

use super::content::Content;
use super::figures::{Correction, FIGURES, LateItem, LateWith, RATES, UnitLine};
use super::rate::{Place, Rate, percent};
use super::typical::{TypicalCase, Why};

/// Late matters printed in the text itself; the annex has them all.
const LATE_IN_TEXT: usize = 30;

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

    fn overall(&self, body: &mut Vec<Block>) {
        let figures = &self.content.figures;
        body.push(Block::heading(Level::First, self.text("b_overall")));
        let key_figure = |id: &str| {
            let value = Span::linked(figures.n(id).to_string(), figure_link(self.content, id));
            Figure {
                label: super::figures::name(id).get(self.lang).to_owned(),
                value: vec![value],
                note: String::new(),
            }
        };
        let key_rate = |id: &str| {
            let rate = figures.rate(id);
            let percent = rate
                .percent
                .as_ref()
                .map_or("—".to_owned(), |percent| format!("{percent}%"));
            Figure {
                label: super::figures::name(id).get(self.lang).to_owned(),
                value: vec![Span::linked(percent, figure_link(self.content, id))],
                note: format!("{}/{}", rate.num, rate.base),
            }
        };
        body.push(Block::Figures(vec![
            key_figure("closed"),
            key_rate("closing_rate"),
            key_rate("on_time_rate"),
            key_figure("overdue"),
        ]));
        let counts = [
            "opened",
            "closed",
            "open",
            "should_close",
            "postponed",
            "base",
            "closed_due",
            "on_time",
        ];
        let mut values: Vec<(&str, Span)> = counts.iter().map(|id| self.count(id)).collect();
        values.extend([self.linked_rate("closing_rate"), self.linked_rate("on_time_rate")]);
        body.push(Block::Paragraph(self.say("b_flow", &values)));
        let on_time = figures.rate("on_time_rate");
        if on_time.base == 0 {
            let key = if figures.n("should_close") == 0 {
                "b_nothing_due"
            } else {
                "b_all_postponed"
            };
            body.push(Block::Paragraph(self.say(key, &values)));
        } else {
            let mut spans = self.say("b_due", &values);
            if let Some((low, high)) = &on_time.interval {
                let ends = [("low", Span::plain(low)), ("high", Span::plain(high))];
                spans.extend(self.say("b_interval", &ends));
            }
            let closed_late = figures.n("closed_due").saturating_sub(figures.n("on_time"));
            if let Some(gap) = percent(closed_late, on_time.base).filter(|_| closed_late > 0) {
                let values = [
                    ("gap", Span::plain(gap)),
                    ("n", Span::plain(closed_late.to_string())),
                ];
                spans.extend(self.say("b_gap", &values));
            }
            if on_time.small {
                spans.extend(self.say("b_small_base", &[("base", Span::plain(on_time.base.to_string()))]));
            }
            body.push(Block::Paragraph(spans));
        }
        let late = ["overdue", "step_overdue", "voided"].map(|id| self.count(id));
        let mut spans = self.say("b_overdue", &late);
        for (id, key) in [("step_overdue", "b_step_overdue"), ("voided", "b_voided")] {
            if figures.n(id) > 0 {
                spans.extend(self.say(key, &late));
            }
        }
        body.push(Block::Paragraph(spans));
    }

    fn units(&self, body: &mut Vec<Block>) {
        let lines = &self.content.figures.units;
        if lines.is_empty() {
            return;
        }
        body.push(Block::heading(Level::First, self.text("b_units")));
        let ranked = lines.iter().any(|line| line.place.is_some());
        let mut columns = vec![TableColumn {
            width: 28,
            ..TableColumn::new(self.text("b_unit"), Align::Left)
        }];
        for (key, width) in [
            ("c_opened", 10),
            ("c_base", 12),
            ("c_closed_due", 12),
            ("c_on_time", 10),
            ("c_closing_rate", 18),
            ("c_on_time_rate", 18),
            ("c_overdue", 10),
        ] {
            columns.push(TableColumn {
                width,
                ..TableColumn::new(self.text(key), Align::Right)
            });
        }
        if ranked {
            columns.push(TableColumn {
                width: 10,
                ..TableColumn::new(self.text("c_place"), Align::Center)
            });
        }
        // Units that only carry on what is not due yet would make the table long and say nothing.
        let busy = lines
            .iter()
            .filter(|line| ["opened", "base", "overdue"].iter().any(|id| line.n(id) > 0));
        let rows: Vec<_> = busy.clone().map(|line| self.unit_row(line, ranked)).collect();
        let mut note = self.text(if ranked {
            "b_ranked_note"
        } else {
            "b_not_ranked_note"
        });
        if busy
            .clone()
            .any(|line| line.on_time.base > 0 && line.on_time.small)
        {
            note.push_str(&self.text("b_small_note"));
        }
        let quiet = lines.len().saturating_sub(rows.len());
        if quiet > 0 {
            note.push_str(&tf(self.lang, "report.b_quiet_units", &[("n", &quiet)]));
        }
        body.push(Block::Table(Table {
            caption: String::new(),
            columns,
            rows,
            note,
        }));
    }

    fn unit_row(&self, line: &UnitLine, ranked: bool) -> Vec<Vec<Span>> {
        let count = |id: &str| {
            let link = figure_link(self.content, &format!("unit/{}/{id}", line.unit));
            match line.n(id) {
                0 => vec![Span::plain("0")],
                n => vec![Span::linked(n.to_string(), link)],
            }
        };
        let rate = |rate: &Rate| {
            let mark = if rate.small { "*" } else { "" };
            vec![Span::plain(
                rate.percent
                    .as_ref()
                    .map_or("—".to_owned(), |percent| format!("{percent}%{mark}")),
            )]
        };
        let mut row = vec![
            vec![Span::plain(self.content.unit(&line.unit, self.lang))],
            count("opened"),
            count("base"),
            count("closed_due"),
            count("on_time"),
            rate(&line.closing),
            rate(&line.on_time),
            count("overdue"),
        ];
        if ranked {
            row.push(vec![Span::plain(place(line.place))]);
        }
        row
    }

    fn late(&self, body: &mut Vec<Block>) {
        let late = &self.content.figures.late;
        body.push(Block::heading(Level::First, self.text("b_late")));
        if late.is_empty() {
            body.push(Block::paragraph(self.text("b_late_none")));
            return;
        }
        let silent = late.iter().filter(|item| item.cause.is_none()).count();
        body.push(Block::Paragraph(self.say(
            "b_late_intro",
            &[
                ("n", Span::plain(late.len().to_string())),
                ("silent", Span::plain(silent.to_string())),
            ],
        )));
        let columns = [
            ("c_matter", 30),
            ("c_owner", 15),
            ("c_holder", 17),
            ("c_due", 14),
            ("c_days", 8),
            ("c_cause", 22),
        ]
        .into_iter()
        .map(|(key, width)| TableColumn {
            width,
            ..TableColumn::new(self.text(key), Align::Left)
        })
        .collect();
        let rows = late
            .iter()
            .take(LATE_IN_TEXT)
            .map(|item| self.late_row(item))
            .collect();
        let note = match late.len().saturating_sub(LATE_IN_TEXT) {
            0 => String::new(),
            more => tf(
                self.lang,
                "report.b_late_more",
                &[("shown", &LATE_IN_TEXT), ("more", &more)],
            ),
        };
        body.push(Block::Table(Table {
            caption: String::new(),
            columns,
            rows,
            note,
        }));
    }

    fn late_row(&self, item: &LateItem) -> Vec<Vec<Span>> {
        let holder = self.holder(item);
        let mut due = minute_label(item.due).get(self.lang).to_owned();
        if item.late == LateWith::Step {
            due.push_str(&self.text("b_step_only"));
        }
        vec![
            self.matter(item.case, item.number.as_deref(), &item.title),
            vec![Span::plain(self.content.unit(&item.owner, self.lang))],
            vec![Span::plain(holder)],
            vec![Span::plain(due)],
            vec![Span::plain(item.days.to_string())],
            vec![Span::plain(cause(self.content, item, self.lang))],
        ]
    }

    fn holder(&self, item: &LateItem) -> String {
        holder(self.content, item, self.lang)
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

    /// The items that this signature covers are named; those that wait for another post are counted only (law 4).
    fn items(&self, body: &mut Vec<Block>, signer: &PostId) {
        let items = &self.content.figures.items;
        if items.is_empty() {
            return;
        }
        body.push(Block::heading(Level::First, self.text("b_items")));
        let mine = items.iter().filter(|item| item.post == *signer);
        let (n, all) = (mine.clone().count(), items.len());
        let values = [
            ("n", Span::plain(n.to_string())),
            ("others", Span::plain(all.saturating_sub(n).to_string())),
        ];
        let mut intro = if n > 0 {
            self.say("b_items_intro", &values)
        } else {
            Vec::new()
        };
        if all > n {
            intro.extend(self.say("b_items_others", &values));
        }
        body.push(Block::Paragraph(intro));
        if n == 0 {
            return;
        }
        let columns = [
            ("c_matter", 44),
            ("c_owner", 20),
            ("c_charged", 18),
            ("c_due", 18),
        ]
        .into_iter()
        .map(|(key, width)| TableColumn {
            width,
            ..TableColumn::new(self.text(key), Align::Left)
        })
        .collect();
        let rows = mine
            .map(|item| {
                vec![
                    self.matter(item.case, item.number.as_deref(), &item.title),
                    vec![Span::plain(self.content.unit(&item.owner, self.lang))],
                    vec![Span::plain(self.content.unit(&item.charged, self.lang))],
                    vec![Span::plain(minute_label(item.due).get(self.lang))],
                ]
            })
            .collect();
        body.push(Block::Table(Table {
            columns,
            rows,
            ..Table::default()
        }));
    }

    /// Typical cases, with the rule by which they were chosen.
    fn typical(&self, body: &mut Vec<Block>) {
        let typical = &self.content.figures.typical;
        body.push(Block::heading(Level::First, self.text("b_typical")));
        if typical.is_empty() {
            body.push(Block::paragraph(self.text("b_typical_none")));
            return;
        }
        for (cases, key) in [(&typical.good, "b_typical_good"), (&typical.bad, "b_typical_bad")] {
            if cases.is_empty() {
                continue;
            }
            body.push(Block::heading(Level::Second, self.text(key)));
            body.extend(cases.iter().map(|case| Block::Paragraph(self.typical_case(case))));
        }
    }

    fn typical_case(&self, told: &TypicalCase) -> Vec<Span> {
        let owner = Span::plain(self.content.unit(&told.owner, self.lang));
        let mut spans = self.matter(told.case, told.number.as_deref(), &told.title);
        let at = |at| Span::plain(minute_label(at).get(self.lang));
        let n = |n: &u64| Span::plain(n.to_string());
        spans.extend(match &told.why {
            Why::Early { done, percent } => self.say(
                "b_why_early",
                &[("owner", owner), ("done", at(*done)), ("percent", n(percent))],
            ),
            Why::False { failed } => self.say("b_why_false", &[("owner", owner), ("failed", at(*failed))]),
            Why::Reworked { times } => self.say("b_why_reworked", &[("owner", owner), ("times", n(times))]),
            Why::Late { days } => self.say("b_why_late", &[("owner", owner), ("days", n(days))]),
        });
        spans
    }

    fn verification(&self, body: &mut Vec<Block>) {
        let figures = &self.content.figures;
        body.push(Block::heading(Level::First, self.text("b_verification")));
        let times = |id: &str| Span::plain(figures.count(id).and_then(|c| c.times).unwrap_or(0).to_string());
        let mut values: Vec<(&str, Span)> = ["verified", "reworked", "looked_back", "look_back_failed"]
            .iter()
            .map(|id| self.count(id))
            .collect();
        values.extend([
            self.linked_rate("rework_rate"),
            self.linked_rate("false_closing_rate"),
        ]);
        values.push(("times", times("reworked")));
        let mut spans = self.say(
            if figures.n("verified") == 0 {
                "b_verified_none"
            } else {
                "b_verified"
            },
            &values,
        );
        let looked = figures.rate("false_closing_rate");
        spans.extend(self.say(
            if looked.base == 0 {
                "b_looked_back_none"
            } else {
                "b_looked_back"
            },
            &values,
        ));
        if let Some((low, high)) = &looked.interval {
            let ends = [("low", Span::plain(low)), ("high", Span::plain(high))];
            spans.extend(self.say("b_false_interval", &ends));
        }
        body.push(Block::Paragraph(spans));
    }

    fn corrections(&self, body: &mut Vec<Block>) {
        let corrections = &self.content.figures.corrections;
        if corrections.is_empty() {
            return;
        }
        body.push(Block::heading(Level::First, self.text("b_corrections")));
        body.extend(
            corrections
                .iter()
                .map(|correction| Block::Paragraph(self.correction(correction))),
        );
    }

    fn correction(&self, correction: &Correction) -> Vec<Span> {
        let number = Span::linked(
            correction.number.clone(),
            format!("/bulletins/{}", correction.bulletin),
        );
        let mut spans = self.say("b_correction", &[("number", number)]);
        for (at, case) in correction.cases.iter().enumerate() {
            if at > 0 {
                spans.push(Span::plain(self.text("b_enumeration")));
            }
            spans.extend(self.matter(case.case, case.number.as_deref(), &case.title));
            spans.extend(self.say(
                "b_correction_case",
                &[
                    ("owner", Span::plain(self.content.unit(&case.owner, self.lang))),
                    ("closed", Span::plain(minute_label(case.closed).get(self.lang))),
                    ("failed", Span::plain(minute_label(case.failed).get(self.lang))),
                ],
            ));
        }
        let changed = correction
            .counts
            .iter()
            .map(|c| (c.id.as_str(), c.printed.to_string(), c.now.to_string()))
            .chain(
                correction
                    .rates
                    .iter()
                    .map(|r| (r.id.as_str(), self.rate(&r.printed), self.rate(&r.now))),
            );
        for (at, (id, printed, now)) in changed.enumerate() {
            spans.push(Span::plain(self.text(if at == 0 {
                "b_corrected_first"
            } else {
                "b_corrected_next"
            })));
            let name = self
                .content
                .definitions
                .get(id)
                .map_or(id, |known| known.name.get(self.lang));
            let values = [
                ("name", Span::plain(name)),
                ("printed", Span::plain(printed)),
                ("now", Span::plain(now)),
            ];
            spans.extend(self.say("b_corrected", &values));
        }
        spans.push(Span::plain(self.text("b_stop")));
        spans
    }

    fn definitions(&self) -> Vec<Block> {
        let columns = vec![
            TableColumn {
                width: 25,
                ..TableColumn::new(self.text("c_figure"), Align::Left)
            },
            TableColumn {
                width: 75,
                ..TableColumn::new(self.text("c_definition"), Align::Left)
            },
        ];
        let ids = FIGURES.iter().chain(RATES.iter().map(|(id, _, _)| id));
        let rows = ids
            .filter_map(|id| self.content.definitions.get(*id))
            .map(|known| {
                [&known.name, &known.counts]
                    .map(|label| vec![Span::plain(label.get(self.lang))])
                    .to_vec()
            })
            .collect();
        vec![Block::Table(Table {
            columns,
            rows,
            ..Table::default()
        })]
    }
}

/// A moment to the minute: seconds say nothing in a bulletin. The figures keep the exact instant.
pub(super) fn minute_label(at: Timestamp) -> Label {
    let second = at.as_second();
    moment_label(Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(at))
}

/// The period as people say it: `2026年3月`, `2026年3月1日至15日`, `1–15 March 2026`.
pub(super) fn period(content: &Content) -> Label {
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
pub(super) fn holder(content: &Content, item: &LateItem, lang: Lang) -> String {
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

/// The reason given for being late, with what must be known about it.
pub(super) fn cause(content: &Content, item: &LateItem, lang: Lang) -> String {
    let reason = content
        .names
        .get(&format!("reason/{}", item.case))
        .map(|label| label.get(lang).to_owned());
    let note = item
        .cause
        .as_ref()
        .and_then(|cause| cause.note.as_ref())
        .map(|note| {
            content
                .text(note)
                .map_or_else(|| t(lang, "report.b_text_withheld").to_owned(), str::to_owned)
        });
    let mut text = match (reason, note) {
        (Some(reason), Some(note)) => format!("{reason}{}{note}", t(lang, "report.colon")),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => t(lang, "report.b_no_cause").to_owned(),
    };
    for (applies, key) in [
        (item.repeated, "report.b_repeated"),
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
    text
}

/// `1`, or `1=` where others share it.
pub(super) fn place(place: Option<Place>) -> String {
    match place {
        Some(Place { place, several: true }) => format!("{place}="),
        Some(Place {
            place,
            several: false,
        }) => place.to_string(),
        None => "—".to_owned(),
    }
}
