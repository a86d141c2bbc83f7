//! HTML as it comes from government sites and mail programs: tolerant of what is never closed; scripts and styles are left
//! out, tables are kept, entities are read.

use encoding_rs::Encoding;

use super::flow::Flow;
use super::{Kind, Opened, Unreadable, finish};
use crate::decode;

/// Elements whose whole content is no text.
const LEFT_OUT: &[&str] = &[
    "script", "style", "noscript", "template", "head", "svg", "math", "iframe", "object", "select", "button",
    "textarea", "audio", "video", "canvas", "rt", "rp", "nav", "del", "s", "strike",
];

/// Of these, the ones in which `<` has no meaning until they are closed.
const RAW: &[&str] = &["script", "style", "textarea", "iframe", "noscript"];

/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "br",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "aside",
    "blockquote",
    "pre",
    "hr",
    "form",
    "fieldset",
    "figure",
    "figcaption",
    "caption",
    "center",
    "address",
    "title",
    "body",
    "html",
    "option",
    "summary",
    "details",
];

/// Elements without content: their opening tag closes nothing later.
const VOID: &[&str] = &[
    "br", "hr", "img", "meta", "link", "input", "area", "base", "col", "embed", "source", "track", "wbr",
];

/// How deep left-out elements of one name may stand in each other.
const ATTRIBUTES_MAX: usize = 64;

pub(super) fn open(bytes: &[u8]) -> Result<Opened, Unreadable> {
    let (text, warnings) = match stated(bytes) {
        Some(encoding) => {
            let (text, _, bad) = encoding.decode(bytes);
            let lost = text.chars().filter(|c| *c == '\u{FFFD}').count();
            let mut warnings = Vec::new();
            if bad {
                warnings.push(
                    bihuan_messages::Message::new("reader.damaged")
                        .show("count", lost)
                        .with("encoding", encoding.name()),
                );
            }
            (text.into_owned(), warnings)
        }
        None => {
            let decoded = decode(bytes).map_err(Unreadable::Text)?;
            (decoded.text, decoded.warnings)
        }
    };
    let mut flow = Flow::default();
    write(&text, &mut flow)?;
    finish(Kind::Html, flow.done()?, warnings)
}

/// The encoding that a page states: by its mark, or in a `meta` of its head. A page that says GB2312 means GB18030. What
/// is plainly UTF-8 is UTF-8, whatever a template says.
fn stated(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Some(encoding_rs::UTF_8);
    }
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(4096)).unwrap_or(bytes)).to_lowercase();
    let (_, after) = head.split_once("charset")?;
    let label: String = after
        .chars()
        .skip_while(|c| matches!(c, '=' | ' ' | '"' | '\''))
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    let encoding = Encoding::for_label(label.as_bytes())?;
    if encoding == encoding_rs::GBK {
        Some(encoding_rs::GB18030)
    } else if encoding == encoding_rs::UTF_8 {
        // It is not: the check above would have seen it.
        None
    } else {
        Some(encoding)
    }
}

struct Tag<'a> {
    name: String,
    closing: bool,
    /// `<br/>`
    empty: bool,
    attributes: &'a str,
    /// Where the text goes on.
    end: usize,
}

fn write(text: &str, flow: &mut Flow) -> Result<(), Unreadable> {
    let mut at = 0usize;
    let mut skipped: Option<(String, usize)> = None;
    let mut pre = 0usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let open = rest.find('<').unwrap_or(rest.len());
        if open > 0 {
            if skipped.is_none() {
                words(rest.get(..open).unwrap_or_default(), pre > 0, flow)?;
            }
            at = at.saturating_add(open);
            continue;
        }
        if let Some(comment) = rest.strip_prefix("<!--") {
            // Conditional comments of Word hold what only Word shows.
            at = comment
                .find("-->")
                .map_or(text.len(), |n| at.saturating_add(n).saturating_add(7));
            continue;
        }
        let Some(tag) = tag(text, at) else {
            // A lone `<` is a sign of the text.
            if skipped.is_none() {
                flow.text("<");
            }
            at = at.saturating_add(1);
            continue;
        };
        at = tag.end;
        if let Some((name, depth)) = &mut skipped {
            if tag.name == *name {
                if tag.closing {
                    *depth = depth.saturating_sub(1);
                } else if !tag.empty {
                    *depth = depth.saturating_add(1);
                }
                if *depth == 0 {
                    skipped = None;
                }
            } else if name == "head" && tag.name == "body" {
                // A head that is never closed ends where the body begins.
                skipped = None;
            }
            continue;
        }
        let hidden = !tag.closing && has_hidden(tag.attributes);
        if (LEFT_OUT.contains(&tag.name.as_str()) || hidden)
            && !tag.closing
            && !tag.empty
            && !VOID.contains(&tag.name.as_str())
        {
            if RAW.contains(&tag.name.as_str()) {
                at = raw_end(text, at, &tag.name);
            } else {
                skipped = Some((tag.name, 1));
            }
            continue;
        }
        if tag.name == "pre" {
            pre = if tag.closing {
                pre.saturating_sub(1)
            } else {
                pre.saturating_add(1)
            };
        }
        element(&tag, flow)?;
    }
    Ok(())
}

fn element(tag: &Tag<'_>, flow: &mut Flow) -> Result<(), Unreadable> {
    let span = |name: &str| {
        attribute(tag.attributes, name)
            .and_then(|value| value.trim().parse().ok())
            .unwrap_or(1)
    };
    match (tag.name.as_str(), tag.closing) {
        ("table", false) => flow.open_table(),
        ("table", true) => flow.close_table(),
        ("tr", false) => flow.open_row(),
        ("tr", true) => flow.close_cell(),
        ("td" | "th", false) => flow.open_cell(span("colspan"), span("rowspan"), false),
        ("td" | "th", true) => flow.close_cell(),
        ("h1" | "h2" | "article", false) => flow.gap(),
        (name, _) if BLOCKS.contains(&name) => flow.end_line(),
        _ => Ok(()),
    }
}

/// The text between tags: white space is one blank, at a line's beginning none.
fn words(raw: &str, pre: bool, flow: &mut Flow) -> Result<(), Unreadable> {
    let text = entities(raw);
    if pre {
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            flow.text(line);
            if lines.peek().is_some() {
                flow.end_line()?;
            }
        }
        return Ok(());
    }
    let mut gap = flow.last().is_none_or(|c| c == ' ');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // The ideographic space indents paragraphs and parts words: it stays.
        if c.is_ascii_whitespace() || c == '\u{A0}' {
            if !gap {
                out.push(' ');
            }
            gap = true;
        } else {
            out.push(c);
            gap = false;
        }
    }
    flow.text(&out);
    Ok(())
}

/// The tag at `at`, where a `<` stands.
fn tag(text: &str, at: usize) -> Option<Tag<'_>> {
    let rest = text.get(at.saturating_add(1)..)?;
    let (closing, rest) = match rest.strip_prefix('/') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let first = rest.chars().next()?;
    if !(first.is_ascii_alphabetic() || matches!(first, '!' | '?')) {
        return None;
    }
    let length = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '!' | '?')))
        .unwrap_or(rest.len());
    let name = rest.get(..length)?.to_ascii_lowercase();
    let after = rest.get(length..)?;
    let mut quote = None;
    for (n, c) in after.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('>', None) => {
                let attributes = after.get(..n)?;
                let before = text.len().saturating_sub(after.len());
                return Some(Tag {
                    name,
                    closing,
                    empty: attributes.ends_with('/'),
                    attributes,
                    end: before.saturating_add(n).saturating_add(1),
                });
            }
            // A quotation mark that is never closed must not swallow the page.
            ('<', Some(_)) if n > 2_000 => break,
            _ if n > 200_000 => break,
            _ => {}
        }
    }
    let end = after.find('>')?;
    Some(Tag {
        name,
        closing,
        empty: false,
        attributes: "",
        end: text
            .len()
            .saturating_sub(after.len())
            .saturating_add(end)
            .saturating_add(1),
    })
}

/// Where `</name` closes an element in which tags have no meaning.
fn raw_end(text: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(n) = text.get(at..).and_then(|rest| rest.find("</")) {
        let start = at.saturating_add(n).saturating_add(2);
        let end = start.saturating_add(name.len());
        if text
            .get(start..end)
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
        {
            return text
                .get(end..)
                .and_then(|rest| rest.find('>'))
                .map_or(text.len(), |n| end.saturating_add(n).saturating_add(1));
        }
        at = start;
    }
    text.len()
}

fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes.trim_start();
    for _ in 0..ATTRIBUTES_MAX {
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let name = rest.get(..end)?;
        let after = rest.get(end..)?.trim_start();
        let (value, next) = match after.strip_prefix('=') {
            Some(value) => {
                let value = value.trim_start();
                match value.chars().next() {
                    Some(quote @ ('"' | '\'')) => value.get(1..)?.split_once(quote).unwrap_or((value, "")),
                    _ => value.split_once(char::is_whitespace).unwrap_or((value, "")),
                }
            }
            None => ("", after),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.to_owned());
        }
        rest = next.trim_start();
        if rest.is_empty() {
            break;
        }
    }
    None
}

/// What a page hides from its readers is no text of the document.
fn has_hidden(attributes: &str) -> bool {
    attribute(attributes, "style").is_some_and(|style| {
        let style: String = style
            .to_lowercase()
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        style.contains("display:none") || style.contains("mso-hide:all")
    })
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after
            .char_indices()
            .take(12)
            .find(|(_, c)| !(c.is_ascii_alphanumeric() || *c == '#'))
            .map(|(n, _)| n);
        match end.and_then(|n| Some((after.get(..n)?, after.get(n..)?))) {
            Some((name, tail)) if tail.starts_with(';') && !entity(name).is_empty() => {
                out.push_str(&entity(name));
                rest = tail.get(1..).unwrap_or_default();
            }
            _ => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The text of an entity, without `&` and `;`; empty where it is not known.
pub(super) fn entity(name: &str) -> String {
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        },
        None => None,
    };
    if let Some(c) = code.and_then(char::from_u32) {
        return c.to_string();
    }
    let known = match name {
        "nbsp" => " ",
        "ensp" | "emsp" | "thinsp" => "\u{3000}",
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        "ldquo" => "“",
        "rdquo" => "”",
        "lsquo" => "‘",
        "rsquo" => "’",
        "middot" => "·",
        "mdash" => "—",
        "ndash" => "–",
        "hellip" => "…",
        "times" => "×",
        "plusmn" => "±",
        "deg" => "°",
        "permil" => "‰",
        "yen" => "¥",
        "le" => "≤",
        "ge" => "≥",
        "sup2" => "²",
        "sup3" => "³",
        "bull" => "•",
        "copy" => "©",
        "reg" => "®",
        "sect" => "§",
        "laquo" => "«",
        "raquo" => "»",
        "frac12" => "½",
        "rarr" => "→",
        "zwnj" | "zwj" | "shy" => "",
        _ => "",
    };
    known.to_owned()
}
