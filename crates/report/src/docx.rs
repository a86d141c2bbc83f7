//! DOCX in the form of GB/T 9704-2012 (党政机关公文格式), written part by part with fixed times and a fixed order.
//!
//! The page is A4 with 37 mm above and 28 mm to the left of a text block of 156 × 225 mm: 22 lines of 28 characters. Every
//! line of the text stands on an exact pitch, so the count of lines holds with whatever font stands in for the
//! commercial ones. Fonts are declared, not embedded; `word/fontTable.xml` names free ones to fall back on.

use bihuan_messages::Lang;

use crate::Error;
use crate::official::{Document, Table};

mod body;
mod head;
mod package;
mod run;
mod styles;
mod table;
mod tail;

/// The document as the bytes of a DOCX file. The same document gives the same bytes.
///
/// Links that begin with `/` are joined to the document's `link_base`; without one they become plain text.
///
/// # Errors
///
/// [`Error::Container`] if the container cannot be written (a part beyond 4 GB).
pub fn render(document: &Document, lang: Lang) -> Result<Vec<u8>, Error> {
    package::write(document, lang)
}

/// A wide table under a title, on A4 across, its head repeated on every page: a breakdown of tasks (任务分解表). The same
/// content gives the same bytes.
///
/// # Errors
///
/// [`Error::Container`] if the container cannot be written (a part beyond 4 GB).
pub fn render_wide(title: &str, notes: &[String], content: &Table, lang: Lang) -> Result<Vec<u8>, Error> {
    package::write_wide(title, notes, content, lang)
}
