//! The plain model of an official document (公文): what it says, not how it looks.
//!
//! Every text is data: it may be of any length and hold any characters; the renderers escape it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One official document: a bulletin (通报), notice, decision or report.
///
/// Parts left empty are left out. Serde's form of this model is how a draft is kept until it is signed.
///
/// ```
/// use bihuan_messages::Lang;
/// use bihuan_report::official::{Block, Document, Level, Span};
///
/// let bulletin = Document {
///     issuer: "交城县人民政府督查室文件".into(),
///     title: "关于上半年重点项目进展情况的通报".into(),
///     body: vec![
///         Block::heading(Level::First, "总体情况"),
///         Block::Paragraph(vec!["全县在办".into(), Span::linked("87", "/cases?open"), "件。".into()]),
///     ],
///     draft: true,
///     ..Document::default()
/// };
/// assert!(bihuan_report::html::render(&bulletin, Lang::Zh).contains("<h1 class=\"doc-title\">关于上半年重点项目进展情况的通报</h1>"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Document {
    /// The red head (发文机关标志), for example 交城县人民政府督查室文件, or the masthead of a bulletin.
    pub issuer: String,
    /// The document number (发文字号) with its hexagonal brackets: 交督通〔2026〕3号. A draft has none yet.
    pub number: Option<String>,
    /// Secrecy and its term (密级和保密期限): 秘密★1年.
    pub secrecy: Option<String>,
    /// Urgency (紧急程度): 特急, 加急.
    pub urgency: Option<String>,
    /// The signer printed in the head (签发人); the form prescribes it for documents that go up (上行文) only.
    pub signer: Option<String>,
    /// The title (标题). A newline is a wished line break; without one a long title is broken in balance.
    pub title: String,
    /// To whom it goes (主送机关), without the closing colon. Empty for a bulletin that goes to all.
    pub addressee: String,
    /// The text (正文).
    pub body: Vec<Block>,
    /// Annexes (附件): listed after the text; those with a content of their own follow on pages of their own.
    pub annexes: Vec<Annex>,
    /// The unit that signs (发文机关署名).
    pub signature: String,
    /// The day of signature (成文日期). A draft has none yet.
    pub date: Option<Date>,
    /// Copies to (抄送机关), in order; joined with commas and closed with a full stop in print.
    pub copies_to: Vec<String>,
    /// Who printed it and when (印发机关和印发日期).
    pub printed_by: Option<PrintedBy>,
    /// Not signed yet: every page says so, and so does the page on screen.
    pub draft: bool,
    /// Where the figures come from: log head, as-of time, how to recompute. Printed as a note below the date (附注).
    pub provenance: Option<String>,
    /// Address that links beginning with `/` are joined to in a file that leaves the server, for example
    /// `https://bihuan.example`. Without it such links become plain text in DOCX.
    pub link_base: Option<String>,
}

/// Who printed a document and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintedBy {
    /// The office that sent it to print (印发机关).
    pub office: String,
    /// The day it went to print (印发日期).
    pub date: Date,
}

/// An annex (附件).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Annex {
    /// Its name, as listed after the text.
    pub title: String,
    /// Its content; empty if it is a file of its own.
    pub body: Vec<Block>,
}

/// One piece of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A heading; its number (一、 （一） 1. （1）) is made by the renderer.
    Heading {
        /// Its level.
        level: Level,
        /// Its words without the number.
        text: Vec<Span>,
    },
    /// A paragraph, indented by two characters.
    Paragraph(Vec<Span>),
    /// A table.
    Table(Table),
    /// A row of key figures, each with its name below it.
    Figures(Vec<Figure>),
}

impl Block {
    /// A heading of plain words.
    pub fn heading(level: Level, text: impl Into<String>) -> Self {
        Block::Heading {
            level,
            text: vec![Span::plain(text)],
        }
    }

    /// A paragraph of plain words.
    pub fn paragraph(text: impl Into<String>) -> Self {
        Block::Paragraph(vec![Span::plain(text)])
    }
}

/// The four levels of headings that the form knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// 一、 in Heiti (黑体).
    First,
    /// （一） in Kaiti (楷体).
    Second,
    /// 1. in Fangsong (仿宋).
    Third,
    /// （1） in Fangsong (仿宋).
    Fourth,
}

/// A stretch of text with one look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Span {
    /// The words; a newline is a line break.
    pub text: String,
    /// Set in bold.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bold: bool,
    /// What it opens: the query and the cases behind a figure. `http:`, `https:`, or an address on the same
    /// server beginning with `/`; anything else is shown as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Span {
    /// Plain words.
    pub fn plain(text: impl Into<String>) -> Self {
        Span {
            text: text.into(),
            ..Span::default()
        }
    }

    /// Bold words.
    pub fn bold(text: impl Into<String>) -> Self {
        Span {
            text: text.into(),
            bold: true,
            link: None,
        }
    }

    /// Words that open `link`.
    pub fn linked(text: impl Into<String>, link: impl Into<String>) -> Self {
        Span {
            text: text.into(),
            bold: false,
            link: Some(link.into()),
        }
    }
}

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        Span::plain(text)
    }
}

impl From<String> for Span {
    fn from(text: String) -> Self {
        Span::plain(text)
    }
}

/// A key figure with its name: 87 件 / 在办.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Figure {
    /// What is counted.
    pub label: String,
    /// The figure with its unit, as it is to be read.
    pub value: Vec<Span>,
    /// Its base or period, in small print: 32/41, 截至 11 月 15 日.
    pub note: String,
}

/// A table in the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Table {
    /// Stands above the table.
    pub caption: String,
    /// The columns. Cells beyond the last column are shown in columns without a name.
    pub columns: Vec<TableColumn>,
    /// The rows; missing cells at the end are empty.
    pub rows: Vec<Vec<TableCell>>,
    /// Stands below the table (注).
    pub note: String,
}

/// The text of one cell.
pub type TableCell = Vec<Span>;

/// A column of a [`Table`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableColumn {
    /// The head of the column.
    pub label: String,
    /// How its cells are aligned.
    pub align: Align,
    /// Its share of the width against the other columns; 0 lets the renderer choose from the content.
    pub width: u32,
}

impl TableColumn {
    /// A column with a head, its width chosen from the content.
    pub fn new(label: impl Into<String>, align: Align) -> Self {
        TableColumn {
            label: label.into(),
            align,
            width: 0,
        }
    }
}

/// How a cell is aligned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// At the left: names and sentences.
    #[default]
    Left,
    /// In the middle: numbers of order, dates, short words.
    Center,
    /// At the right: figures.
    Right,
}
