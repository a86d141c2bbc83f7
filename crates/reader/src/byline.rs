//! Bylines in their many forms: `（文/甲 图/乙）`, `□ 甲`, `甲 摄`, `本报讯（记者 甲 通讯员 乙）`.

use crate::chars::{at, cut, digit, ends_closed, is_han, string};
use crate::tables::{byline_roles, not_bylines, surnames};

/// Who wrote and who took the pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Byline {
    pub(crate) authors: Vec<String>,
    pub(crate) photographers: Vec<String>,
    pub(crate) style: Style,
}

/// How the byline is written, which tells on which side its article stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// In brackets: closes an article.
    #[default]
    Bracketed,
    /// After a mark (□ 甲) or as a line of its own (本报记者 甲): stands by the headline.
    Open,
    /// `甲 摄`: closes a caption.
    Photo,
}

/// Reads a whole line as a byline.
pub(crate) fn byline(line: &[char]) -> Option<Byline> {
    if line.len() > 60 {
        return None;
    }
    // `□  本 报 记 者  柳 含 烟`: of spaced-out letters only the wider blanks part words.
    let drawn;
    let begins = matches!(
        at(line, 0),
        '□' | '■' | '◎' | '◆' | '●' | '（' | '(' | '本' | '文' | '图' | '记'
    );
    let line = if begins
        && crate::pieces::is_spaced_out(line)
        && line.windows(2).any(|w| w.iter().all(|c| c.is_whitespace()))
    {
        drawn = drawn_together(line);
        &drawn
    } else {
        line
    };
    let (mut body, mut style) = (line, Style::Open);
    let mut marked = false;
    if matches!(
        at(line, 0),
        '□' | '■' | '◎' | '◆' | '◇' | '●' | '○' | '▲' | '△' | '◼' | '◻' | '☐'
    ) {
        body = cut(line, 1, line.len());
        marked = true;
    } else if matches!(at(line, 0), '（' | '(') {
        if !matches!(line.last(), Some('）' | ')')) {
            return None;
        }
        body = cut(line, 1, line.len() - 1);
        style = Style::Bracketed;
    }
    let tokens = tokens(body)?;
    let roles = tokens.iter().any(|t| matches!(t, Token::Role(_)));
    let (authors, photographers) = assign(&tokens)?;
    if authors.is_empty() && photographers.is_empty() {
        return None;
    }
    let named = authors.iter().chain(&photographers).all(|name| surname(name));
    // Two names in brackets, one of which is surely one.
    let pair = style == Style::Bracketed
        && !crate::pieces::is_spaced_out(body)
        && !body.iter().any(|c| crate::chars::is_colon(*c))
        && (2..=4).contains(&authors.len())
        && authors.iter().any(|name| surname(name))
        && authors.iter().all(|name| (2..=3).contains(&name.chars().count()));
    // Bare names are a byline only where the form says so and the names look like names.
    let sure = roles
        || pair
        || (marked && authors.len() <= 4)
        || (style == Style::Bracketed && named && authors.len() <= 4);
    let count = authors.len() + photographers.len();
    // A line with neither mark nor brackets must hold names and roles and nothing else.
    let plain = style == Style::Open && !marked;
    if !sure || count > 8 || (!roles && !marked && !named && !pair) || (plain && (!named || count > 5)) {
        return None;
    }
    if plain
        && tokens
            .iter()
            .filter(|t| matches!(t, Token::Name(name) if name.chars().count() < 2))
            .count()
            > 0
    {
        return None;
    }
    if !marked && authors.is_empty() {
        style = Style::Photo;
    }
    Some(Byline {
        authors,
        photographers,
        style,
    })
}

/// Without its single blanks.
fn drawn_together(line: &[char]) -> Vec<char> {
    let mut out: Vec<char> = Vec::new();
    let mut blanks = 0usize;
    for c in line {
        if c.is_whitespace() {
            blanks += 1;
        } else {
            if blanks > 1 {
                out.push(' ');
            }
            blanks = 0;
            out.push(*c);
        }
    }
    out
}

/// The place where a closing byline begins at the end of a line of text, if there is one.
pub(crate) fn trailing(line: &[char]) -> Option<usize> {
    if matches!(line.last(), Some('）' | ')')) {
        let from = line.len().saturating_sub(60);
        let open = (from..line.len())
            .rev()
            .find(|i| matches!(at(line, *i), '（' | '('))?;
        let content = cut(line, open, line.len());
        return (open > 0 && ends_closed(cut(line, 0, open)) && byline(content).is_some()).then_some(open);
    }
    if line.last() == Some(&'摄') {
        let from = line.len().saturating_sub(16);
        let stop = (from..line.len())
            .rev()
            .find(|i| crate::chars::is_stop(at(line, *i)))?;
        let rest = stop + 1;
        let skip = cut(line, rest, line.len())
            .iter()
            .take_while(|c| c.is_whitespace())
            .count();
        let tail = cut(line, rest + skip, line.len());
        return (byline(tail).is_some() || taken_by(tail).is_some()).then_some(rest + skip);
    }
    None
}

/// `格桑 摄`: whoever took the picture, whatever the family name.
pub(crate) fn taken_by(text: &[char]) -> Option<Byline> {
    let line = crate::chars::dense(text);
    let name = line.strip_suffix(&['摄'])?;
    let plain =
        (2..=4).contains(&name.len()) && name.iter().all(|c| is_han(*c)) && !byline_roles().any_in(name);
    plain.then(|| Byline {
        photographers: vec![string(name)],
        style: Style::Photo,
        ..Byline::default()
    })
}

/// A closing byline that the column breaks in two: where it opens on one line, where it closes on the next, and what it
/// says.
pub(crate) fn torn(
    chars: &[char],
    line: Option<(usize, usize)>,
    next: Option<(usize, usize)>,
) -> Option<(usize, usize, Byline)> {
    const LONGEST: usize = 30;
    let ((start, end), (from, to)) = (line?, next?);
    let tail = end.saturating_sub(LONGEST).max(start);
    let open = (tail..end)
        .rev()
        .find(|i| matches!(at(chars, *i), '（' | '(' | '）' | ')'))?;
    if !matches!(at(chars, open), '（' | '(') || (open > start && !ends_closed(cut(chars, start, open))) {
        return None;
    }
    let head = cut(chars, from, to.min(from + LONGEST));
    let close = head
        .iter()
        .position(|c| matches!(c, '）' | ')' | '（' | '(') || crate::chars::is_stop(*c))?;
    if !matches!(at(head, close), '）' | ')') {
        return None;
    }
    let mut whole = cut(chars, open, end).to_vec();
    // `（文/甲` / `图/乙）`: a role begins a word, a name may be broken in two.
    if byline_roles().at(head, 0).is_some() {
        whole.push(' ');
    }
    whole.extend(cut(head, 0, close + 1));
    Some((open, from + close + 1, byline(&whole)?))
}

/// `（某农宣）` at the end of an article, before the next one or the end: who sent it in, whether or not it is a person.
pub(crate) fn sender(line: &[char]) -> Option<usize> {
    if !matches!(line.last(), Some('）' | ')')) {
        return None;
    }
    let open = line.iter().rposition(|c| matches!(c, '（' | '('))?;
    let inner = cut(line, open + 1, line.len() - 1);
    let name: Vec<char> = crate::chars::dense(inner);
    let plain = (2..=4).contains(&name.len()) && name.iter().all(|c| is_han(*c));
    (plain && !not_bylines().is(&name) && open > 0 && ends_closed(cut(line, 0, open))).then_some(open)
}

/// A line with nothing but a name of two characters of family: who wrote the article that ends above it.
pub(crate) fn lone_name(line: &[char]) -> Option<Byline> {
    let name = crate::chars::dense(line);
    let double = surnames().at(&name, 0).is_some_and(|n| n >= 2);
    ((3..=4).contains(&name.len()) && double && name.iter().all(|c| is_han(*c))).then(|| Byline {
        authors: vec![string(&name)],
        ..Byline::default()
    })
}

/// The length of `本报记者 甲 乙 报道` right before a text, and who they are.
pub(crate) fn reports(text: &[char]) -> Option<(usize, Byline)> {
    const LONGEST: usize = 24;
    let role = ["本报记者", "本台记者", "本报通讯员", "新华社记者"];
    let from = role.iter().find(|w| crate::chars::has_at(text, 0, w))?;
    let from = from.chars().count();
    let end = (from..text.len().min(LONGEST)).find(|k| crate::chars::has_at(text, *k, "报道"))?;
    let lead = cut(text, end + 2, end + 8);
    let goes_on = lead
        .iter()
        .filter(|c| is_han(**c) || digit(**c).is_some())
        .count()
        >= 3;
    let names = cut(text, from, end).split(|c| c.is_whitespace() || *c == '、');
    let names: Vec<&[char]> = names.filter(|name| !name.is_empty()).collect();
    let plain = |name: &&[char]| (2..=4).contains(&name.len()) && name.iter().all(|c| is_han(*c));
    (goes_on && !names.is_empty() && names.iter().all(plain)).then(|| {
        let authors = names.iter().map(|name| string(name)).collect();
        let byline = Byline {
            authors,
            ..Byline::default()
        };
        (end + 2, byline)
    })
}

/// The names in the brackets right after a dateline: `本报讯（记者 甲 通讯员 乙）`.
pub(crate) fn after_dateline(text: &[char]) -> Option<Byline> {
    if !matches!(at(text, 0), '（' | '(') {
        return None;
    }
    let close = text.iter().take(60).position(|c| matches!(c, '）' | ')'))?;
    let found = byline(cut(text, 0, close + 1))?;
    Some(found)
}

enum Token {
    Role(Vec<char>),
    Name(String),
    Slash,
}

/// Cuts a byline into roles and names; `None` where something stands that is neither.
fn tokens(body: &[char]) -> Option<Vec<Token>> {
    let mut words: Vec<Vec<char>> = vec![Vec::new()];
    let mut out: Vec<Token> = Vec::new();
    let mut raw: Vec<(Vec<char>, bool)> = Vec::new();
    for c in body.iter().chain(std::iter::once(&' ')) {
        let slash = matches!(c, '/' | '／');
        if c.is_whitespace()
            || slash
            || matches!(c, '、' | '，' | ',' | '：' | ':' | '；' | ';' | '·' | '|' | '　')
        {
            if let Some(word) = words.pop()
                && !word.is_empty()
            {
                raw.push((word, slash));
            } else if slash && let Some(last) = raw.last_mut() {
                last.1 = true;
            }
            words.push(Vec::new());
        } else if is_han(*c) {
            if let Some(word) = words.last_mut() {
                word.push(*c);
            }
        } else {
            return None;
        }
    }
    if raw
        .iter()
        .any(|(word, _)| not_bylines().is(word) || word.iter().any(|c| digit(*c).is_some()))
    {
        return None;
    }
    // `王 强`: a two-character name spaced out to the width of three.
    let mut i = 0usize;
    let two_roles = raw.iter().filter(|(w, _)| byline_roles().is(w)).count();
    while let Some((word, slash)) = raw.get(i) {
        let next = raw.get(i + 1);
        if byline_roles().is(word) && !(word.len() == 1 && next.is_none() && two_roles == 0) {
            out.push(Token::Role(word.clone()));
        } else if word.len() == 1
            && !slash
            && let Some((tail, _)) = next
            && tail.len() == 1
            && !byline_roles().is(tail)
        {
            let mut name = word.clone();
            name.extend(tail);
            out.push(Token::Name(string(&name)));
            if next.is_some_and(|(_, s)| *s) {
                out.push(Token::Slash);
            }
            i += 2;
            continue;
        } else {
            split_word(word, &mut out)?;
        }
        if *slash {
            out.push(Token::Slash);
        }
        i += 1;
    }
    Some(out)
}

/// `晚报记者`, `日报社记者`: a role with the name of the paper.
fn of_a_paper(word: &[char]) -> bool {
    ["记者", "通讯员"].iter().any(|role| {
        let head = word.len().saturating_sub(role.chars().count());
        crate::chars::has_before(word, word.len(), role)
            && head > 0
            && matches!(
                crate::chars::before(word, head),
                '报' | '台' | '社' | '网' | '刊' | '端' | '媒'
            )
    })
}

/// `文任红生`, `摄影王五`, `记者李四`: a role written together with its name; or `孙七摄`.
fn split_word(word: &[char], out: &mut Vec<Token>) -> Option<()> {
    if of_a_paper(word) {
        out.push(Token::Role(word.to_vec()));
        return Some(());
    }
    if let Some(n) = byline_roles().at(word, 0)
        && (2..=4).contains(&(word.len() - n))
        && (n > 1 || word.len() > 3 || !surname(&string(word)))
    {
        out.push(Token::Role(cut(word, 0, n).to_vec()));
        out.push(Token::Name(string(cut(word, n, word.len()))));
        return Some(());
    }
    if let Some(n) = byline_roles().before(word, word.len())
        && (2..=4).contains(&(word.len() - n))
        && (n > 1 || word.ends_with(&['摄']))
    {
        out.push(Token::Name(string(cut(word, 0, word.len() - n))));
        out.push(Token::Role(cut(word, word.len() - n, word.len()).to_vec()));
        return Some(());
    }
    // A lone character is a name that lost the rest in extraction: it is kept as it stands.
    if word.len() <= 4 {
        out.push(Token::Name(string(word)));
        return Some(());
    }
    None
}

/// Gives every name the role that stands before it, or after it where the form is `甲/文 乙/图` or `甲 摄`.
fn assign(tokens: &[Token]) -> Option<(Vec<String>, Vec<String>)> {
    let (mut authors, mut photographers) = (Vec::new(), Vec::new());
    let mut give = |names: &mut Vec<String>, writes: bool, pictures: bool| {
        for name in names.drain(..) {
            if pictures && !photographers.contains(&name) {
                photographers.push(name.clone());
            }
            if writes && !authors.contains(&name) {
                authors.push(name);
            }
        }
    };
    let suffix = matches!(tokens.first(), Some(Token::Name(_)))
        && tokens.iter().any(|t| matches!(t, Token::Role(_)))
        && matches!(tokens.last(), Some(Token::Role(_)));
    let mut names: Vec<String> = Vec::new();
    let (mut writes, mut pictures) = (!suffix, false);
    let mut role_run = false;
    for token in tokens {
        match token {
            Token::Name(name) => {
                if suffix && role_run {
                    give(&mut names, writes, pictures);
                }
                names.push(name.clone());
                role_run = false;
            }
            Token::Role(role) => {
                let photo = role.iter().any(|c| matches!(c, '摄' | '图'));
                let text = !photo || role.len() > 2 && role.ends_with(&['报', '道']) || role.contains(&'文');
                if suffix {
                    if !role_run {
                        (writes, pictures) = (false, false);
                    }
                } else {
                    if !role_run {
                        give(&mut names, writes, pictures);
                        (writes, pictures) = (false, false);
                    }
                    // Names before the first role without suffix form wrote the text.
                }
                writes |= text;
                pictures |= photo;
                role_run = true;
            }
            Token::Slash => {}
        }
    }
    // `记者 甲 摄`: the last word tells what the reporter did.
    if !suffix && role_run && !names.is_empty() {
        return None;
    }
    if let (Some(Token::Role(first)), Some(Token::Role(last))) = (tokens.first(), tokens.last())
        && tokens.len() > 2
        && last.contains(&'摄')
        && !first.contains(&'图')
    {
        let all: Vec<String> = tokens
            .iter()
            .filter_map(|t| {
                if let Token::Name(name) = t {
                    Some(name.clone())
                } else {
                    None
                }
            })
            .collect();
        let both = last.ends_with(&['报', '道']);
        return Some((if both { all.clone() } else { Vec::new() }, all));
    }
    give(&mut names, writes, pictures);
    Some((authors, photographers))
}

/// Whether the word begins with a Chinese family name and has the length of a name.
fn surname(name: &str) -> bool {
    let chars: Vec<char> = name.chars().collect();
    chars.len() <= 4 && surnames().at(&chars, 0).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(Vec<String>, Vec<String>, Style)> {
        let line: Vec<char> = line.chars().collect();
        byline(&line).map(|b| (b.authors, b.photographers, b.style))
    }

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn bylines_are_read_in_many_forms() {
        let cases: &[(&str, &[&str], &[&str], Style)] = &[
            (
                "（文/张大山 图/李小河 王田）",
                &["张大山"],
                &["李小河", "王田"],
                Style::Bracketed,
            ),
            ("（文/图 张大山）", &["张大山"], &["张大山"], Style::Bracketed),
            ("(王晨)", &["王晨"], &[], Style::Bracketed),
            ("（李永 路小河）", &["李永", "路小河"], &[], Style::Bracketed),
            ("（梁 ）", &["梁"], &[], Style::Bracketed),
            (
                "（记者 张三 通讯员 李四）",
                &["张三", "李四"],
                &[],
                Style::Bracketed,
            ),
            ("□ 路小河", &["路小河"], &[], Style::Open),
            ("□ 文任红云 图 郝宁", &["任红云"], &["郝宁"], Style::Open),
            ("□ 本报记者 王 强", &["王强"], &[], Style::Open),
            ("孙中 摄", &[], &["孙中"], Style::Photo),
            ("本报记者 孙中 摄", &[], &["孙中"], Style::Photo),
            ("本报记者 孙中 摄影报道", &["孙中"], &["孙中"], Style::Open),
            ("张三/文 李四/图", &["张三"], &["李四"], Style::Open),
        ];
        for (line, authors, photographers, style) in cases {
            let found = read(line).unwrap_or_else(|| panic!("{line} is a byline"));
            assert_eq!(found, (names(authors), names(photographers), *style), "{line}");
        }
    }

    #[test]
    fn remarks_in_brackets_are_no_bylines() {
        for line in [
            "（完）",
            "（下转第二版）",
            "（一）",
            "（2024年1月10日）",
            "（以下简称办法）",
            "产业园区建设",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
