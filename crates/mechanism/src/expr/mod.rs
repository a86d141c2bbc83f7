//! Expressions: a stated subset of CEL, parsed, type-checked and bounded here, evaluated by `domain::expr`.
//!
//! No loops, no functions of one's own, no floats. A text is sealed, so an expression may ask only whether it is there.

mod lexer;
mod names;
mod parser;
mod typing;
mod walk;

pub(crate) use names::{Items, Names, case_items};
pub(crate) use typing::{Ty, fen, minutes};
pub(crate) use walk::each_part;

use bihuan_diagnostics::Span;
use bihuan_domain::expr::Expr;

use crate::read::{Sink, Sp};

/// Parses and checks an expression that must be of type `wanted`; faults go to `sink` with their place in the file.
pub(crate) fn compile(
    source: &Sp<String>,
    raw: &str,
    names: &Names<'_>,
    wanted: &[Ty],
    sink: &mut Sink<'_>,
) -> Option<Expr> {
    compile_for(source, raw, names, None, wanted, sink)
}

/// The same for a condition over one row, whose fields are `item`.
pub(crate) fn compile_for(
    source: &Sp<String>,
    raw: &str,
    names: &Names<'_>,
    item: Option<&Items>,
    wanted: &[Ty],
    sink: &mut Sink<'_>,
) -> Option<Expr> {
    let place = Origin::of(source, raw);
    let tokens = lexer::tokens(&source.value, &place, sink)?;
    let ast = parser::parse(&tokens, &source.value, &place, sink)?;
    typing::compile(&ast, names, item, wanted, &place, sink)
}

/// Where in the file the characters of an expression stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    whole: Span,
    /// The byte of the file at which the text begins; unknown where the string is written with escapes.
    first: Option<usize>,
}

impl Origin {
    /// `raw` is the text of the whole file.
    pub(crate) fn of(source: &Sp<String>, raw: &str) -> Self {
        let written = raw.get(source.span.start..source.span.end).unwrap_or("");
        let first = written
            .find(source.value.as_str())
            // Only where what stands between the quotes is the value itself, byte for byte.
            .filter(|at| written.len() == source.value.len().saturating_add(at.saturating_mul(2)) && *at > 0)
            .map(|at| source.span.start.saturating_add(at));
        Origin {
            whole: source.span,
            first,
        }
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        match self.first {
            Some(first) => Span::new(first.saturating_add(start), first.saturating_add(end)),
            None => self.whole,
        }
    }
}
