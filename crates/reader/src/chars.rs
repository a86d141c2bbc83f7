//! Small questions about characters and slices of characters, so that no other module indexes or cuts by hand.

/// The character at `i`, or NUL past the end.
pub(crate) fn at(s: &[char], i: usize) -> char {
    s.get(i).copied().unwrap_or('\0')
}

/// The character before `i`, or NUL at the start.
pub(crate) fn before(s: &[char], i: usize) -> char {
    i.checked_sub(1).map_or('\0', |j| at(s, j))
}

/// The slice from `a` to `b`, empty where that is not possible.
pub(crate) fn cut(s: &[char], a: usize, b: usize) -> &[char] {
    s.get(a..b.min(s.len())).unwrap_or(&[])
}

/// Whether `word` stands at `i`.
pub(crate) fn has_at(s: &[char], i: usize, word: &str) -> bool {
    let mut i = i;
    word.chars().all(|c| {
        let same = at(s, i) == c;
        i += 1;
        same
    })
}

/// Whether `word` ends right before `i`.
pub(crate) fn has_before(s: &[char], i: usize, word: &str) -> bool {
    let mut left = i;
    word.chars().rev().all(|c| match left.checked_sub(1) {
        Some(k) => {
            left = k;
            at(s, k) == c
        }
        None => false,
    })
}

/// The first place of `word` in `s`.
pub(crate) fn find(s: &[char], word: &str) -> Option<usize> {
    let first = word.chars().next()?;
    let mut from = 0usize;
    loop {
        let rest = s.get(from..)?;
        let place = from + rest.iter().position(|c| *c == first)?;
        if has_at(s, place, word) {
            return Some(place);
        }
        from = place + 1;
    }
}

pub(crate) fn contains(s: &[char], word: &str) -> bool {
    find(s, word).is_some()
}

pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{2FA1F}' | '〇')
}

pub(crate) fn is_comma(c: char) -> bool {
    matches!(c, '，' | ',')
}

pub(crate) fn is_semicolon(c: char) -> bool {
    matches!(c, '；' | ';')
}

pub(crate) fn is_colon(c: char) -> bool {
    matches!(c, '：' | ':')
}

/// Ends a sentence by itself.
pub(crate) fn is_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '!' | '?' | '…' | '｡')
}

pub(crate) fn is_open(c: char) -> bool {
    matches!(
        c,
        '（' | '(' | '“' | '‘' | '《' | '「' | '『' | '【' | '〔' | '[' | '［' | '〈'
    )
}

pub(crate) fn is_close(c: char) -> bool {
    matches!(
        c,
        '）' | ')' | '”' | '’' | '》' | '」' | '』' | '】' | '〕' | ']' | '］' | '〉'
    )
}

pub(crate) fn is_punct(c: char) -> bool {
    // Most characters are asked for nothing else.
    if matches!(c, '\u{4E00}'..='\u{9FFF}' | '0'..='9') {
        return false;
    }
    is_comma(c)
        || is_semicolon(c)
        || is_colon(c)
        || is_stop(c)
        || is_open(c)
        || is_close(c)
        || matches!(c, '、' | '—' | '－' | '-' | '·' | '.' | '"' | '~' | '～')
}

/// The value of an Arabic digit, half or full width.
pub(crate) fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(u32::from(c) - u32::from('0')),
        '０'..='９' => Some(u32::from(c) - u32::from('０')),
        _ => None,
    }
}

/// Width on the page in half-width cells.
pub(crate) fn width(s: &[char]) -> usize {
    s.iter().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// Whether every bracket and quotation mark that opens also closes.
pub(crate) fn balanced(s: &[char]) -> bool {
    let mut depth = 0i32;
    for c in s {
        if is_open(*c) {
            depth += 1;
        } else if is_close(*c) {
            depth -= 1;
            if depth < 0 {
                return false;
            }
        }
    }
    depth == 0
}

/// Whether the last words end a sentence, closing marks aside.
pub(crate) fn ends_closed(s: &[char]) -> bool {
    // `…以内。（责任单位：县住建局）`
    if matches!(s.last(), Some('）' | ')')) {
        let open = s
            .iter()
            .rev()
            .take(80)
            .position(|c| matches!(c, '（' | '('))
            .map(|k| s.len() - 1 - k);
        if open.is_some_and(|k| is_stop(before(s, k))) {
            return true;
        }
    }
    let last = s
        .iter()
        .rev()
        .find(|c| !is_close(**c) && !c.is_whitespace() && **c != '"');
    match last {
        // `完成1.` breaks off in a number.
        Some('.') => !s.iter().any(|c| is_han(*c)) || s.iter().rev().nth(1).is_some_and(|c| is_han(*c)),
        Some(c) => is_stop(*c),
        None => false,
    }
}

pub(crate) fn string(s: &[char]) -> String {
    s.iter().collect()
}

/// Without white space.
pub(crate) fn dense(s: &[char]) -> Vec<char> {
    s.iter().copied().filter(|c| !c.is_whitespace()).collect()
}
