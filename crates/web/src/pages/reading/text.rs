//! The document as a reader sees it, all of it coloured by what each stretch was taken for, every row a link to its row
//! and every other stretch a link that asks why.

use std::collections::BTreeMap;

use bihuan_domain::id::MechanismId;
use bihuan_engine::documents::{CoverageClass, Proposal, Reading, Standing};
use bihuan_messages::{Lang, t, tf};

use maud::{Markup, html};

use crate::show;

const CLASSES: [(CoverageClass, &str); 5] = [
    (CoverageClass::Row, "row"),
    (CoverageClass::Part, "part"),
    (CoverageClass::Figure, "figure"),
    (CoverageClass::Context, "context"),
    (CoverageClass::Exhortation, "exhortation"),
];

fn name_of(class: CoverageClass) -> &'static str {
    CLASSES
        .iter()
        .find(|(known, _)| *known == class)
        .map_or("context", |(_, name)| *name)
}

/// What the colours mean, with how many stretches and which part of the text each has.
pub(super) fn legend(lang: Lang, reading: &Reading) -> Markup {
    let mut counts: BTreeMap<CoverageClass, (usize, usize)> = BTreeMap::new();
    let mut all = 0usize;
    for stretch in &reading.document.coverage {
        let length: usize = stretch.at.iter().map(|[from, to]| to.saturating_sub(*from)).sum();
        let count = counts.entry(stretch.class).or_default();
        count.0 = count.0.saturating_add(1);
        count.1 = count.1.saturating_add(length);
        all = all.saturating_add(length);
    }
    html! {
        ul .legend aria-label=(t(lang, "web.reading_legend")) {
            @for (class, name) in CLASSES {
                @let (n, length) = counts.get(&class).copied().unwrap_or_default();
                li {
                    span class={ "c-" (name) } { (t(lang, &format!("web.reading_class_{name}"))) }
                    " " span .quiet .num { (tf(lang, "web.reading_class_count", &[("n", &n), ("percent", &percent(length, all))])) }
                }
            }
        }
    }
}

fn percent(part: usize, whole: usize) -> usize {
    part.saturating_mul(100)
        .saturating_add(whole / 2)
        .checked_div(whole)
        .unwrap_or(0)
}

/// What one character belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// Place among the stretches of the document.
    stretch: Option<usize>,
    /// Place among the rows as they stand now.
    row: Option<usize>,
}

/// The whole text.
pub(super) fn coloured(lang: Lang, reading: &Reading, rows: &[Proposal], ledger: &MechanismId) -> Markup {
    let chars: Vec<char> = reading.opened.text.chars().collect();
    let mut marks = vec![
        Mark {
            stretch: None,
            row: None
        };
        chars.len()
    ];
    for (n, stretch) in reading.document.coverage.iter().enumerate() {
        for [from, to] in &stretch.at {
            for mark in marks.iter_mut().take(*to).skip(*from) {
                mark.stretch = Some(n);
            }
        }
    }
    for (n, row) in rows.iter().enumerate() {
        for [from, to] in &row.at {
            for mark in marks.iter_mut().take(*to).skip(*from) {
                mark.row = Some(n);
            }
        }
    }
    let whole = Whole {
        lang,
        reading,
        rows,
        ledger,
        chars: &chars,
        marks: &marks,
    };
    let torn = reading
        .document
        .articles
        .iter()
        .any(|article| article.runs.len() > 1);
    let mut shown = std::collections::BTreeSet::new();
    html! {
        @if torn {
            @for article in &reading.document.articles {
                article {
                    h3 { @match &article.title {
                        Some(title) => { (show::text(title)) @if article.title_truncated { "…" } },
                        None => { span .quiet { (t(lang, "web.reading_untitled")) } },
                    } }
                    @for [from, to] in &article.runs { (whole.runs(*from, *to, &mut shown)) }
                }
            }
            @let rest = whole.rest();
            @if !rest.is_empty() {
                details .rest open {
                    summary { (tf(lang, "web.reading_leftover", &[("n", &rest.len())])) }
                    @for [from, to] in rest { (whole.runs(from, to, &mut shown)) }
                }
            }
        } @else {
            (whole.runs(0, chars.len(), &mut shown))
        }
    }
}

struct Whole<'a> {
    lang: Lang,
    reading: &'a Reading,
    rows: &'a [Proposal],
    ledger: &'a MechanismId,
    chars: &'a [char],
    marks: &'a [Mark],
}

/// A piece of a line with one mark.
struct Piece {
    mark: Mark,
    from: usize,
    to: usize,
    text: String,
}

impl Whole<'_> {
    /// What stands in no article: headlines, bylines, stray lines.
    fn rest(&self) -> Vec<[usize; 2]> {
        let mut runs: Vec<[usize; 2]> = self
            .reading
            .document
            .articles
            .iter()
            .flat_map(|a| a.runs.clone())
            .collect();
        runs.sort_unstable();
        let mut rest = Vec::new();
        let mut at = 0usize;
        for [from, to] in runs.into_iter().chain([[self.chars.len(), self.chars.len()]]) {
            if from > at && self.chars.iter().take(from).skip(at).any(|c| !c.is_whitespace()) {
                rest.push([at, from]);
            }
            at = at.max(to);
        }
        rest
    }

    /// A run of the text, a paragraph for each line that ends one.
    fn runs(&self, from: usize, to: usize, shown: &mut std::collections::BTreeSet<String>) -> Markup {
        let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
        let mut ended = false;
        let mut last: Option<Mark> = None;
        for (at, c) in self.chars.iter().enumerate().take(to).skip(from) {
            let Some(mark) = self.marks.get(at).copied() else {
                break;
            };
            if *c == '\n' {
                ended = true;
                continue;
            }
            let visible = !c.is_whitespace();
            if ended && !visible {
                continue;
            }
            if ended {
                // A line that was broken only because its column ended goes on.
                let stop = lines
                    .last()
                    .and_then(|line| line.last())
                    .and_then(|piece| piece.text.chars().next_back())
                    .is_none_or(|c| "。！？!?：".contains(c));
                if stop || last.is_some_and(|last| last != mark) {
                    lines.push(Vec::new());
                }
                ended = false;
            }
            let Some(line) = lines.last_mut() else { break };
            let c = if *c == '\t' { '\u{2003}' } else { *c };
            match line.last_mut().filter(|piece| piece.mark == mark || !visible) {
                Some(piece) => {
                    piece.text.push(c);
                    piece.to = at.saturating_add(1);
                }
                None if visible => line.push(Piece {
                    mark,
                    from: at,
                    to: at.saturating_add(1),
                    text: c.to_string(),
                }),
                None => {}
            }
            if visible {
                last = Some(mark);
            }
        }
        html! {
            @for line in lines.iter().filter(|line| !line.is_empty()) {
                p { @for piece in line { (self.piece(piece, shown)) } }
            }
        }
    }

    fn piece(&self, piece: &Piece, shown: &mut std::collections::BTreeSet<String>) -> Markup {
        let stretch = piece
            .mark
            .stretch
            .and_then(|n| self.reading.document.coverage.get(n));
        let why = stretch.map_or("", |stretch| t(self.lang, stretch.why));
        if let Some(row) = piece.mark.row.and_then(|n| self.rows.get(n)) {
            let rejected = row.standing != Standing::Open;
            let first = shown.insert(row.key.clone());
            return html! {
                mark .commitment .c-row .is-rejected[rejected] .is-done[row.case.is_some()] id=[first.then(|| format!("s{}", row.key))] {
                    a href={ "#r" (row.key) } title=(why) { (show::text(&piece.text)) @if first { sup { (row.index.saturating_add(1)) } } }
                }
            };
        }
        let class = stretch.map_or(CoverageClass::Context, |stretch| stretch.class);
        // A row that was split or joined leaves its marks behind: they are parts of it.
        let class = if class == CoverageClass::Row {
            CoverageClass::Part
        } else {
            class
        };
        let place = format!("{}-{}", piece.from, piece.to);
        html! {
            a class={ "c-" (name_of(class)) } title=(why) href={ "?ledger=" (self.ledger) "&at=" (place) "#asked" } { (show::text(&piece.text)) }
        }
    }
}
