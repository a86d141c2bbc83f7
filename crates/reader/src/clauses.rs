//! Sentences and clauses of a stream. Short quotations and brackets are words and are never cut.

use crate::chars::{at, before, cut, digit, is_colon, is_comma, is_han, is_semicolon, is_stop};
use crate::stream::{Paragraph, Stream};

/// A clause without its closing punctuation mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Clause {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The mark that closes it, NUL at the end of a paragraph.
    pub(crate) mark: char,
}

/// A sentence: its clauses up to a full stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sentence {
    pub(crate) clauses: Vec<Clause>,
}

impl Sentence {
    pub(crate) fn start(&self) -> usize {
        self.clauses.first().map_or(0, |c| c.start)
    }

    pub(crate) fn end(&self) -> usize {
        self.clauses.last().map_or(0, |c| c.end)
    }
}

/// The sentences of a paragraph.
pub(crate) fn sentences(stream: &Stream, paragraph: &Paragraph) -> Vec<Sentence> {
    let s = &stream.chars;
    let mut all = Vec::new();
    let mut sentence = Sentence::default();
    let mut start = paragraph.start;
    let mut i = paragraph.start;
    while i < paragraph.end {
        let c = at(s, i);
        if let Some(close) = closes_soon(s, i, paragraph.end) {
            // `（牵头单位：市工信局）新增…`: whom the sentence before is left to, before the next one begins.
            if i == start
                && sentence.clauses.is_empty()
                && close + 1 < paragraph.end
                && names_units(s, i, close)
            {
                sentence.clauses.push(Clause {
                    start: i,
                    end: close + 1,
                    mark: '。',
                });
                all.push(std::mem::take(&mut sentence));
                start = close + 1;
            }
            i = close + 1;
            continue;
        }
        let stop = is_stop(c) || (c == '.' && is_han(before(s, i)) && digit(at(s, i + 1)).is_none());
        let comma =
            is_comma(c) && !(digit(before(s, i)).is_some() && digit(at(s, i + 1)).is_some() && c == ',');
        let colon = is_colon(c) && !(digit(before(s, i)).is_some() && digit(at(s, i + 1)).is_some());
        if stop || comma || is_semicolon(c) || colon {
            push(s, &mut sentence, start, i, if stop { '。' } else { c });
            start = i + 1;
            if stop && !sentence.clauses.is_empty() {
                all.push(std::mem::take(&mut sentence));
            }
        }
        i += 1;
    }
    push(s, &mut sentence, start, paragraph.end, '\0');
    if !sentence.clauses.is_empty() {
        all.push(sentence);
    }
    all
}

/// Whether a bracket says who leads, answers for, or helps with what stands before it.
fn names_units(s: &[char], open: usize, close: usize) -> bool {
    const LEAD: usize = 8;
    let lead = cut(s, open + 1, close.min(open + 1 + LEAD));
    matches!(at(s, open), '（' | '(')
        && ["单位", "部门", "科室", "责任人", "牵头"]
            .iter()
            .any(|w| crate::chars::contains(lead, w))
        && cut(s, open, close).iter().any(|c| is_colon(*c))
}

fn push(s: &[char], sentence: &mut Sentence, mut start: usize, mut end: usize, mark: char) {
    // Marks that opened or closed a longer quotation belong to no clause.
    while start < end
        && matches!(at(s, start), '”' | '’' | '）' | ')' | '》' | '、' | '“' | '"')
        && !opens_name(s, start, end)
    {
        start += 1;
    }
    while end > start && matches!(before(s, end), '“' | '‘' | '（' | '(' | '、') {
        end -= 1;
    }
    if end > start {
        sentence.clauses.push(Clause { start, end, mark });
    }
}

fn opens_name(s: &[char], start: usize, end: usize) -> bool {
    at(s, start) == '“' && (start..end).any(|k| at(s, k) == '”')
}

/// Where a short quotation or bracket that opens at `i` closes.
pub(crate) fn closes_soon(s: &[char], i: usize, end: usize) -> Option<usize> {
    const LONGEST: usize = 60;
    let close = match at(s, i) {
        '“' => '”',
        '‘' => '’',
        '《' => '》',
        '（' => '）',
        '(' => ')',
        '【' => '】',
        _ => return None,
    };
    for k in i + 1..(i + LONGEST).min(end) {
        let c = at(s, k);
        if c == close {
            return Some(k);
        }
        if matches!(c, '。' | '！') || (close == '”' && k > i + 30) {
            return None;
        }
    }
    None
}
