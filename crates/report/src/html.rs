//! The official document as a piece of HTML: for the page on screen and for printing from the browser.
//!
//! [`render`] gives the `<article>` alone, [`STYLE`] the rules for its classes (all begin with `doc-`), [`page`] both as
//! one file that needs nothing else. There is no script and no inline style, so a strict content policy may stand.

use bihuan_messages::{Lang, t, tf};

use crate::numbering::Headings;
use crate::official::{Align, Annex, Block, Document, Figure, Level, Span, Table};
use crate::text::{day, escape, safe_link};

/// The style rules for [`render`], for screen and print.
pub const STYLE: &str = include_str!("html.css");

/// The document as an `<article class="doc-official">`.
///
/// Every text is escaped. Links that begin with `/` are kept as they are, since the page lives on the server.
pub fn render(document: &Document, lang: Lang) -> String {
    let mut out = Out {
        html: String::new(),
        lang,
    };
    let class = if document.draft {
        "doc-official doc-is-draft"
    } else {
        "doc-official"
    };
    out.raw(&format!("<article class=\"{class}\" lang=\"{}\">\n", lang.tag()));
    if document.draft {
        out.line("p", "doc-draft", t(lang, "report.draft"));
    }
    out.head(document);
    out.raw("<h1 class=\"doc-title\">");
    let lines = document.title.lines();
    let title: Vec<String> = lines.map(|line| whole_dates(&escape(line))).collect();
    out.raw(&title.join("<br>"));
    out.raw("</h1>\n");
    if !document.addressee.trim().is_empty() {
        out.line("p", "doc-addressee", &addressee(&document.addressee, lang));
    }
    out.raw("<div class=\"doc-body\">\n");
    out.blocks(&document.body, 2);
    out.raw("</div>\n");
    out.annex_list(&document.annexes);
    out.foot(document);
    for (at, annex) in document
        .annexes
        .iter()
        .enumerate()
        .filter(|(_, annex)| !annex.body.is_empty())
    {
        out.annex(annex, at + 1, document.annexes.len());
    }
    out.imprint(document);
    out.raw("</article>\n");
    out.html
}

/// The document as a whole HTML file with its style in it.
pub fn page(document: &Document, lang: Lang) -> String {
    let title = if document.title.trim().is_empty() {
        t(lang, "report.page_title")
    } else {
        &document.title
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body \
         class=\"doc-page\">\n{}</body>\n</html>\n",
        lang.tag(),
        escape(&title.replace('\n', "")),
        render(document, lang)
    )
}

/// The addressee with exactly one closing colon.
pub(crate) fn addressee(text: &str, lang: Lang) -> String {
    format!(
        "{}{}",
        text.trim().trim_end_matches(['：', ':']),
        t(lang, "report.colon")
    )
}

/// Text with its Chinese dates marked as one word each: a title is broken where its sense allows, never within `22日`.
fn whole_dates(escaped: &str) -> String {
    let in_date = |c: char| c.is_ascii_digit() || matches!(c, '年' | '月' | '日');
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(from) = rest.find(in_date) {
        let (before, at) = rest.split_at(from);
        let (run, after) = at.split_at(at.find(|c| !in_date(c)).unwrap_or(at.len()));
        out.push_str(before);
        // A number may follow at once: `22日12件`.
        let (date, number) = run.split_at(run.rfind('日').map_or(0, |at| at + '日'.len_utf8()));
        if date.starts_with(|c: char| c.is_ascii_digit()) {
            out.push_str(&format!("<span class=\"doc-day\">{date}</span>{number}"));
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

struct Out {
    html: String,
    lang: Lang,
}

impl Out {
    fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn line(&mut self, tag: &str, class: &str, text: &str) {
        self.raw(&format!("<{tag} class=\"{class}\">{}</{tag}>\n", escape(text)));
    }

    fn head(&mut self, document: &Document) {
        self.raw("<header class=\"doc-head\">\n");
        for (class, text) in [
            ("doc-secrecy", &document.secrecy),
            ("doc-urgency", &document.urgency),
        ] {
            if let Some(text) = text {
                self.line("p", class, text);
            }
        }
        if !document.issuer.is_empty() {
            self.line("p", "doc-issuer", &document.issuer);
        }
        if document.number.is_some() || document.signer.is_some() {
            let class = if document.signer.is_some() {
                "doc-numbers doc-has-signer"
            } else {
                "doc-numbers"
            };
            self.raw(&format!("<div class=\"{class}\">\n"));
            self.line("p", "doc-number", document.number.as_deref().unwrap_or_default());
            if let Some(signer) = &document.signer {
                self.line(
                    "p",
                    "doc-signer",
                    &format!("{}{signer}", t(self.lang, "report.signer")),
                );
            }
            self.raw("</div>\n");
        }
        self.raw("</header>\n");
    }

    fn blocks(&mut self, blocks: &[Block], top: u8) {
        let mut headings = Headings::default();
        for block in blocks {
            match block {
                Block::Heading { level, text } => {
                    let (tag, class) = heading_tag(*level, top);
                    let number = headings.next(*level, self.lang);
                    self.raw(&format!(
                        "<{tag} class=\"{class}\"><span class=\"doc-no\">{number}</span>"
                    ));
                    self.spans(text);
                    self.raw(&format!("</{tag}>\n"));
                }
                Block::Paragraph(spans) => {
                    self.raw("<p class=\"doc-p\">");
                    self.spans(spans);
                    self.raw("</p>\n");
                }
                Block::Table(table) => self.table(table),
                Block::Figures(figures) => self.figures(figures),
            }
        }
    }

    /// The spans of a cell: in a narrow column a date is not torn.
    fn cell(&mut self, spans: &[Span]) {
        self.spans_as(spans, |text| whole_dates(&escape(text)));
    }

    fn spans(&mut self, spans: &[Span]) {
        self.spans_as(spans, escape);
    }

    fn spans_as(&mut self, spans: &[Span], escaped: impl Fn(&str) -> String) {
        for span in spans {
            // On the server's own page a link within the server stays as it is.
            let link = span.link.as_deref().and_then(|link| safe_link(link, Some("")));
            let words: Vec<String> = span.text.lines().map(&escaped).collect();
            let mut words = words.join("<br>");
            if span.text.ends_with('\n') {
                words.push_str("<br>");
            }
            if span.bold {
                words = format!("<strong>{words}</strong>");
            }
            if let Some(link) = link {
                words = format!("<a class=\"doc-link\" href=\"{}\">{words}</a>", escape(&link));
            }
            self.raw(&words);
        }
    }

    fn table(&mut self, table: &Table) {
        self.raw("<figure class=\"doc-table\">\n");
        if !table.caption.is_empty() {
            self.line("figcaption", "doc-caption", &table.caption);
        }
        let columns = table
            .rows
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .max(table.columns.len());
        let align = |at: usize| match table.columns.get(at).map(|c| c.align).unwrap_or_default() {
            Align::Left => "doc-left",
            Align::Center => "doc-center",
            Align::Right => "doc-right",
        };
        self.raw("<div class=\"doc-scroll\"><table>\n<thead><tr>");
        for at in 0..columns {
            let label = table
                .columns
                .get(at)
                .map(|c| escape(&c.label))
                .unwrap_or_default();
            self.raw(&format!("<th scope=\"col\" class=\"{}\">{label}</th>", align(at)));
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            self.raw("<tr>");
            for at in 0..columns {
                self.raw(&format!("<td class=\"{}\">", align(at)));
                self.cell(row.get(at).map_or(&[][..], Vec::as_slice));
                self.raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table></div>\n");
        if !table.note.is_empty() {
            self.line(
                "p",
                "doc-note",
                &format!("{}{}", t(self.lang, "report.note"), table.note),
            );
        }
        self.raw("</figure>\n");
    }

    fn figures(&mut self, figures: &[Figure]) {
        self.raw("<dl class=\"doc-figures\">\n");
        for figure in figures {
            self.raw("<div class=\"doc-figure\">");
            self.raw(&format!("<dt>{}</dt><dd>", escape(&figure.label)));
            self.spans(&figure.value);
            self.raw("</dd>");
            if !figure.note.is_empty() {
                self.raw(&format!(
                    "<dd class=\"doc-figure-note\">{}</dd>",
                    escape(&figure.note)
                ));
            }
            self.raw("</div>\n");
        }
        self.raw("</dl>\n");
    }

    fn annex_list(&mut self, annexes: &[Annex]) {
        let Some(first) = annexes.first() else { return };
        let (name, colon) = (t(self.lang, "report.annex"), t(self.lang, "report.colon"));
        self.raw(&format!("<div class=\"doc-annexes\"><p>{name}{colon}</p>"));
        if annexes.len() == 1 {
            self.raw(&format!("<p>{}</p>", escape(&first.title)));
        } else {
            self.raw("<ol>");
            for annex in annexes {
                self.raw(&format!("<li>{}</li>", escape(&annex.title)));
            }
            self.raw("</ol>");
        }
        self.raw("</div>\n");
    }

    fn annex(&mut self, annex: &Annex, number: usize, of: usize) {
        self.raw("<section class=\"doc-annex\">\n");
        self.line("p", "doc-annex-no", &annex_label(number, of, self.lang));
        self.line("h2", "doc-annex-title", &annex.title);
        self.blocks(&annex.body, 3);
        self.raw("</section>\n");
    }

    fn foot(&mut self, document: &Document) {
        if !document.signature.is_empty() || document.date.is_some() {
            self.raw("<div class=\"doc-sign\">\n");
            if !document.signature.is_empty() {
                self.line("p", "doc-signature", &document.signature);
            }
            if let Some(date) = document.date {
                let words = escape(&day(date, self.lang));
                self.raw(&format!(
                    "<p class=\"doc-date\"><time datetime=\"{date}\">{words}</time></p>\n"
                ));
            }
            self.raw("</div>\n");
        }
        if let Some(provenance) = &document.provenance {
            self.line("p", "doc-provenance", provenance);
        }
    }

    fn imprint(&mut self, document: &Document) {
        if document.copies_to.is_empty() && document.printed_by.is_none() {
            return;
        }
        self.raw("<footer class=\"doc-imprint\">\n");
        if !document.copies_to.is_empty() {
            self.line("p", "doc-copies", &copies(&document.copies_to, self.lang));
        }
        if let Some(printed) = &document.printed_by {
            self.raw("<p class=\"doc-printed\"><span>");
            self.raw(&escape(&printed.office));
            self.raw("</span> <span>");
            self.raw(&escape(&tf(
                self.lang,
                "report.printed",
                &[("date", &day(printed.date, self.lang))],
            )));
            self.raw("</span></p>\n");
        }
        self.raw("</footer>\n");
    }
}

/// The line of copies: joined with commas, closed with a full stop.
pub(crate) fn copies(to: &[String], lang: Lang) -> String {
    let stop = match lang {
        Lang::Zh => "。",
        Lang::En => ".",
    };
    let names = to.join(t(lang, "report.comma"));
    format!(
        "{}{}{stop}",
        t(lang, "report.copies_to"),
        names.trim_end_matches(['。', '.'])
    )
}

/// The label of an annex at the head of its first page: 附件, or 附件2 where there are several.
pub(crate) fn annex_label(number: usize, of: usize, lang: Lang) -> String {
    if of > 1 {
        tf(lang, "report.annex_numbered", &[("n", &number)])
    } else {
        t(lang, "report.annex").to_owned()
    }
}

fn heading_tag(level: Level, top: u8) -> (&'static str, &'static str) {
    let (depth, class) = match level {
        Level::First => (0, "doc-h1"),
        Level::Second => (1, "doc-h2"),
        Level::Third => (2, "doc-h3"),
        Level::Fourth => (3, "doc-h4"),
    };
    let tag = match top + depth {
        2 => "h2",
        3 => "h3",
        4 => "h4",
        5 => "h5",
        _ => "h6",
    };
    (tag, class)
}
