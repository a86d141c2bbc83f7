//! Opens documents of the usual kinds: PDF with a text layer, DOCX, HTML, spreadsheets and plain text. Bytes in, one
//! decoded text and the tables in it out. Not for understanding the text: that is [`crate::read`]; pure, with every
//! size bounded.

mod csv;
mod docx;
mod flow;
mod html;
mod page;
mod pdf;
mod sheet;
mod sniff;
mod tasks;
mod trouble;

use bihuan_messages::Message;

pub use sniff::Kind;
pub use tasks::{TaskRow, TaskTable};
pub use trouble::Unreadable;

use crate::model::Document;
use crate::{Options, decode};
use page::Page;

/// The largest file that is opened, in bytes. A log keeps attachments of at most 50 MiB.
pub const FILE_BYTES_MAX: usize = 50 * 1024 * 1024;

/// The most that the packed parts of a file may unfold to, in bytes.
pub const UNPACKED_MAX: u64 = 200 * 1024 * 1024;

/// A document that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What kind of file it is, seen from its content, never from its name.
    pub kind: Kind,
    /// The decoded text: what offsets and the text's hash refer to.
    pub text: String,
    /// Tables whose columns say what is to be done: their rows are proposed as rows.
    pub tables: Vec<TaskTable>,
    /// What a person should know about the file.
    pub warnings: Vec<Message>,
}

/// Opens a file: sees its kind from its content, decodes its text, finds its tables of tasks.
///
/// # Errors
///
/// [`Unreadable`] says in one sentence what was found and what to do. Never panics.
///
/// # Example
///
/// ```
/// let page = "<p>新建公厕<b>12座</b>。</p><script>var x;</script>".as_bytes();
/// let opened = bihuan_reader::formats::open(page).unwrap();
/// assert_eq!(opened.text.trim(), "新建公厕12座。");
/// ```
pub fn open(bytes: &[u8]) -> Result<Opened, Unreadable> {
    let kind = sniff::kind(bytes)?;
    let limit = if kind == Kind::Text {
        crate::LIMIT_BYTES
    } else {
        FILE_BYTES_MAX
    };
    if bytes.len() > limit {
        return Err(Unreadable::TooLarge {
            bytes: bytes.len(),
            limit,
        });
    }
    match kind {
        Kind::Text => {
            let decoded = decode(bytes).map_err(Unreadable::Text)?;
            if csv::is_ledger(&decoded.text) {
                return sheet::open(Kind::Csv, bytes);
            }
            Ok(Opened {
                kind,
                text: decoded.text,
                tables: Vec::new(),
                warnings: decoded.warnings,
            })
        }
        Kind::Csv | Kind::Xlsx | Kind::Xls | Kind::Ods => sheet::open(kind, bytes),
        Kind::Docx => docx::open(bytes),
        Kind::Html => html::open(bytes),
        Kind::Pdf => pdf::open(bytes),
    }
}

/// Reads an opened document: its running text as [`crate::read`] does, and one row for each row of its task tables.
pub fn read(source: &str, opened: &Opened, options: &Options) -> Document {
    tasks::read(source, opened, options)
}

/// Ends the writing of a document: nothing in it is an error, tables of tasks are found.
fn finish(kind: Kind, page: Page, warnings: Vec<Message>) -> Result<Opened, Unreadable> {
    let (text, sheets) = page.done();
    if text.chars().all(char::is_whitespace) {
        return Err(Unreadable::Text(decode::Unreadable::Empty));
    }
    let mut tables: Vec<TaskTable> = sheets.iter().flat_map(tasks::tables).collect();
    tasks::give_titles(&text, &mut tables);
    Ok(Opened {
        kind,
        text,
        tables,
        warnings,
    })
}
