//! What the picture says, before anything has a place: blocks from top to bottom and where each leads.

use bihuan_domain::mechanism::{Mechanism, StageKind};
use bihuan_messages::Lang;

use super::stages;
use super::words::Words;
use crate::names::Names;

/// The whole picture.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) lang: Lang,
    pub(crate) title: String,
    /// For who does not see it.
    pub(crate) description: String,
    pub(crate) blocks: Vec<Block>,
}

/// What a block is; each is drawn in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// A line of large type.
    Heading,
    /// Lines without a frame.
    Note,
    /// How a case comes to be.
    Entry,
    /// A stage.
    Stage(StageKind),
    /// A rung of a ladder.
    Rung,
}

/// A block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// `stage:<code>`, `rung:<ladder>:<n>` and the like.
    pub(crate) id: String,
    pub(crate) look: Look,
    pub(crate) title: String,
    /// A word at the right of the title.
    pub(crate) tag: String,
    pub(crate) lines: Vec<String>,
    /// A framed part: what a waiting stage is broken down into.
    pub(crate) inset: Vec<String>,
    pub(crate) outs: Vec<Out>,
    /// How far a rung stands to the right.
    pub(crate) indent: usize,
}

/// A way out of a block.
#[derive(Clone, Debug)]
pub(crate) struct Out {
    pub(crate) text: String,
    /// The same without the name of where it leads, for an arrow that points there anyway.
    pub(crate) short: String,
    /// The block to which it leads; `None` where it leads nowhere that is drawn.
    pub(crate) to: Option<String>,
    pub(crate) path: Path,
}

/// What kind of way it is; each has a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Path {
    /// A step that somebody takes.
    Step,
    /// The exit of the kernel when a ladder has ended.
    Exit,
    /// Verification or look-back failed.
    Rework,
}

impl Block {
    pub(crate) fn new(id: impl Into<String>, look: Look, title: impl Into<String>) -> Self {
        Block {
            id: id.into(),
            look,
            title: title.into(),
            tag: String::new(),
            lines: Vec::new(),
            inset: Vec::new(),
            outs: Vec::new(),
            indent: 0,
        }
    }

    fn note(id: &str, lines: Vec<String>) -> Self {
        Block {
            lines,
            ..Block::new(id, Look::Note, "")
        }
    }
}

impl Sheet {
    /// The sheet of a mechanism.
    pub(crate) fn of(mechanism: &Mechanism, names: &Names, lang: Lang) -> Self {
        let words = Words {
            mechanism,
            names,
            lang,
        };
        let mut blocks = vec![
            Block::new("title", Look::Heading, words.title()),
            Block::note("about", words.about()),
            stages::entry(&words),
        ];
        blocks.extend(
            stages::in_order(mechanism)
                .into_iter()
                .map(|stage| stages::stage(&words, stage)),
        );
        let requests = words.requests();
        if !requests.is_empty() {
            blocks.push(Block::new("requests", Look::Heading, words.say("about.requests")));
            blocks.push(Block::note("requests:list", requests));
        }
        for ladder in mechanism.ladders.values() {
            let title = words.with("about.ladder", &[("label", &ladder.label.get(lang))]);
            blocks.push(Block::new(format!("ladder:{}", ladder.id), Look::Heading, title));
            blocks.extend(stages::rungs(&words, ladder));
        }
        blocks.push(Block::note("legend", Vec::new()));
        Sheet {
            lang,
            title: words.title(),
            description: words.description(),
            blocks,
        }
    }

    /// The block with this id.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.blocks.iter().position(|block| block.id == id)
    }
}
