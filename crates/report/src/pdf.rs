//! PDF in the form of GB/T 9704-2012, for those who want a file that prints everywhere the same. Built with the feature `pdf`.
//!
//! The page is that of the DOCX: A4, 22 lines of 28 characters, the red head, page numbers outside. Typefaces are brought by
//! the caller as bytes; only the glyphs that occur are embedded, each with its character, so that the text can be searched
//! and copied. Signed and verified is the stored bulletin by its hash; a PDF proves nothing more.

use std::sync::Arc;

use bihuan_messages::Lang;

use crate::Error;
use crate::official::Document;

#[cfg(feature = "pdf")]
mod body;
#[cfg(feature = "pdf")]
mod file;
#[cfg(feature = "pdf")]
mod flow;
#[cfg(feature = "pdf")]
mod frame;
#[cfg(feature = "pdf")]
mod glyphs;
#[cfg(feature = "pdf")]
mod lines;
#[cfg(feature = "pdf")]
mod table;

/// Whether this program was built with the feature `pdf`.
pub const BUILT_IN: bool = cfg!(feature = "pdf");

/// What a typeface is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// The text (仿宋).
    Text,
    /// Titles and the red head (小标宋).
    Title,
    /// Headings of the first level, heads of tables, emphasis (黑体).
    Heading,
    /// Headings of the second level (楷体).
    Second,
}

impl Use {
    /// All of them.
    pub const ALL: [Use; 4] = [Use::Text, Use::Title, Use::Heading, Use::Second];

    /// Names of font files by which a system has such a typeface, in lower case, the standard's own first, free ones last.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Use::Text => &[
                "simfang.ttf",
                "fzfsk.ttf",
                "fangsong.ttf",
                "stfangso.ttf",
                "fandolfang-regular.otf",
                "zhuquefangsong-regular.ttf",
                "notoserifcjk-regular.ttc",
                "notoserifcjksc-regular.otf",
                "notoserifsc-regular.otf",
                "sourcehanserifsc-regular.otf",
                "uming.ttc",
                "simsun.ttc",
                "simsun.ttf",
            ],
            Use::Title => &[
                "fzxbsjw.ttf",
                "fzxbsk.ttf",
                "notoserifcjk-bold.ttc",
                "notoserifcjksc-bold.otf",
                "notoserifsc-bold.otf",
                "sourcehanserifsc-bold.otf",
            ],
            Use::Heading => &[
                "simhei.ttf",
                "fzhtk.ttf",
                "notosanscjk-regular.ttc",
                "notosanscjksc-regular.otf",
                "notosanssc-regular.otf",
                "sourcehansanssc-regular.otf",
                "fandolhei-regular.otf",
                "wqy-microhei.ttc",
                "wqy-zenhei.ttc",
            ],
            Use::Second => &[
                "simkai.ttf",
                "fzktk.ttf",
                "stkaiti.ttf",
                "fandolkai-regular.otf",
                "lxgwwenkai-regular.ttf",
                "ukai.ttc",
            ],
        }
    }
}

/// The typefaces of a document: font files as bytes, one at least. A use without its own takes another's.
#[derive(Clone, Debug, Default)]
pub struct Typefaces(Vec<(Use, Arc<Vec<u8>>)>);

impl Typefaces {
    /// These files (TrueType, OpenType, or a collection of them).
    pub fn of(files: Vec<(Use, Arc<Vec<u8>>)>) -> Typefaces {
        Typefaces(files)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The document as the bytes of a PDF file. The same document with the same typefaces gives the same bytes.
///
/// # Errors
///
/// [`Error::NoPdf`] where this program was built without the feature `pdf`; [`Error::NoTypeface`] where no file can be read
/// as a typeface with Chinese characters that may be embedded.
pub fn render(document: &Document, typefaces: &Typefaces, lang: Lang) -> Result<Vec<u8>, Error> {
    #[cfg(feature = "pdf")]
    {
        let files: Vec<(Use, &[u8])> = typefaces
            .0
            .iter()
            .map(|(what, file)| (*what, file.as_slice()))
            .collect();
        let mut faces = glyphs::Faces::of(&files)?;
        let pages = frame::lay_out(document, &mut faces, lang);
        file::write(document, &pages, &faces, lang)
    }
    #[cfg(not(feature = "pdf"))]
    {
        let _ = (document, typefaces, lang);
        Err(Error::NoPdf)
    }
}
