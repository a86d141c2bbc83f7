//! Seeking in what documents say (按正文查找): sentence by sentence, as the search folds words, down to a single character.
//!
//! Nothing of a text is kept beside its file: what is erased is not found, and a document is opened for each question.

use bihuan_domain::id::DocumentId;
use bihuan_reader::formats;

use crate::engine::Engine;
use crate::error::Error;
use crate::views::{Views, fold};

/// A document with the sentences in which every word stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The document.
    pub document: DocumentId,
    /// Its name; empty where it was erased.
    pub name: String,
    /// The first of the sentences, as printed.
    pub sentences: Vec<String>,
    /// How many there are.
    pub total: u64,
}

/// The documents in which some sentence holds every word; of each at most `most` sentences. `words` are folded
/// ([`crate::views::words`]).
///
/// # Errors
///
/// If the log cannot be read.
pub fn seek(engine: &Engine, views: &Views, words: &[String], most: usize) -> Result<Vec<Found>, Error> {
    let mut all = Vec::new();
    if words.is_empty() {
        return Ok(all);
    }
    for received in engine.world().documents.values() {
        let Some(bytes) = views.log().blob(&received.file.blob.as_str().parse()?)? else {
            continue;
        };
        // A kind of file that an earlier program read and this one does not holds no sentences.
        let Ok(opened) = formats::open(&bytes) else {
            continue;
        };
        let mut found = Found {
            document: received.document.clone(),
            name: String::new(),
            sentences: Vec::new(),
            total: 0,
        };
        for sentence in sentences(&opened.text) {
            let folded = fold(sentence);
            if words.iter().all(|word| folded.contains(word.as_str())) {
                found.total = found.total.saturating_add(1);
                if found.sentences.len() < most {
                    found.sentences.push(sentence.to_owned());
                }
            }
        }
        if found.total > 0 {
            found.name = views.unseal(&received.name)?.unwrap_or_default();
            all.push(found);
        }
    }
    Ok(all)
}

/// The sentences of a text: up to a full stop, a question or exclamation mark, a semicolon or the end of the line.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['。', '！', '？', '；', '\n'])
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_sentences_that_keep_their_marks() {
        let all: Vec<&str> = sentences("　一、抓好开工；六月底前完成。\n\n做到了吗？没有数字").collect();
        assert_eq!(
            all,
            ["一、抓好开工；", "六月底前完成。", "做到了吗？", "没有数字"]
        );
    }
}
