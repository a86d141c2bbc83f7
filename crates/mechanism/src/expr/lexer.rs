//! From the characters of an expression to its tokens.

use super::Origin;
use crate::limits::EXPR_CHARS_MAX;
use crate::read::Sink;

/// A token and its bytes in the expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A number as written, and the unit that follows it directly (`元`, `万元`, `亿元`).
    Number(String, String),
    Text(String),
    Name(String),
    Sign(&'static str),
}

const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "(", ")", "[", "]", ",", ".", "?",
    ":",
];

/// Splits an expression; `None` where something is no part of the language.
pub(crate) fn tokens(text: &str, origin: &Origin, sink: &mut Sink<'_>) -> Option<Vec<Token>> {
    let length = text.chars().count();
    if length > EXPR_CHARS_MAX {
        sink.error("M0134", origin.span(0, text.len()), |m| {
            m.show("found", length)
                .show("max", EXPR_CHARS_MAX)
                .with("what", label("check.limit_expr_chars"))
        });
        return None;
    }
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let start = text.len() - rest.len();
        let Some(c) = rest.chars().next() else {
            return Some(tokens);
        };
        let (kind, used) = if c.is_ascii_digit() {
            number(rest)
        } else if c == '"' || c == '\'' {
            match quoted(rest, c) {
                Some(found) => found,
                None => {
                    sink.error("M0131", origin.span(start, text.len()), |m| {
                        m.with("what", label("check.expr_unclosed"))
                    });
                    return None;
                }
            }
        } else if is_name(c) {
            let used = rest
                .find(|c: char| !is_name(c) && !c.is_ascii_digit())
                .unwrap_or(rest.len());
            (TokenKind::Name(rest.get(..used).unwrap_or("").to_owned()), used)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (TokenKind::Sign(sign), sign.len())
        } else {
            let shown = c.to_string();
            sink.error("M0131", origin.span(start, start + c.len_utf8()), |m| {
                m.with(
                    "what",
                    crate::text::filled("check.expr_character", &[("c", &shown)]),
                )
            });
            return None;
        };
        tokens.push(Token {
            kind,
            start,
            end: start + used,
        });
        rest = rest.get(used..).unwrap_or("");
    }
}

fn label(key: &str) -> bihuan_messages::Label {
    crate::text::label(key)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn number(rest: &str) -> (TokenKind, usize) {
    let mut used = 0;
    let mut point = false;
    for c in rest.chars() {
        match c {
            '0'..='9' => {}
            // A point only between digits, so that `3.x` stays a fault.
            '.' if !point
                && rest
                    .get(used + 1..)
                    .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit())) =>
            {
                point = true;
            }
            _ => break,
        }
        used += c.len_utf8();
    }
    let digits = rest.get(..used).unwrap_or("").to_owned();
    let tail = rest.get(used..).unwrap_or("");
    for unit in ["亿元", "万元", "元"] {
        if tail.starts_with(unit) {
            return (TokenKind::Number(digits, unit.to_owned()), used + unit.len());
        }
    }
    (TokenKind::Number(digits, String::new()), used)
}

fn quoted(rest: &str, quote: char) -> Option<(TokenKind, usize)> {
    let inner = rest.get(1..)?;
    let end = inner.find(quote)?;
    Some((TokenKind::Text(inner.get(..end)?.to_owned()), end + 2))
}
