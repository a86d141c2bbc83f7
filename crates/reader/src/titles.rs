//! Which headline belongs to which body: shared terms first, position second, never position alone.

use crate::bodies::{Body, Part};
use crate::chars::{at, balanced, cut, has_at, is_han, is_open, is_punct, string};
use crate::pieces::{Piece, Shape};
use crate::tables::{caption_words, words};

/// What was found out about the headlines.
#[derive(Debug, Default)]
pub(crate) struct Titles {
    /// For each body its headline, if one fits.
    pub(crate) of_body: Vec<Option<Title>>,
    /// Headings left over: piece and number of the text within it.
    pub(crate) unused: Vec<(usize, usize)>,
}

/// A headline given to a body.
#[derive(Clone, Debug)]
pub(crate) struct Title {
    pub(crate) text: String,
    pub(crate) truncated: bool,
    /// From 1 to 99: how sure it is that the headline is the body's.
    pub(crate) confidence: u8,
}

/// One line of a headline.
struct Head {
    piece: usize,
    part: usize,
    text: Vec<char>,
    grams: Vec<u64>,
    /// A subtitle, a date or a name with a post: never a headline by itself.
    minor: bool,
    caption_like: bool,
    /// Several headings stand on its line.
    several: bool,
    /// The text layer holds it twice: as often a caption as a headline.
    doubled: bool,
}

struct Claim {
    score: u64,
    lexical: u64,
    head: usize,
    body: usize,
}

/// How sure a headline is that goes to a body only because both were left over.
const BY_ELIMINATION: u8 = 30;

/// Headlines are compared with at most this many bodies on either side, so that the work stays linear.
const REACH: usize = 24;

/// Gives the bodies their headlines.
pub(crate) fn titles(chars: &[char], pieces: &[Piece], bodies: &[Body]) -> Titles {
    let mut heads = heads(pieces, bodies);
    for h in 0..heads.len() {
        if signs(&heads, h)
            && let Some(head) = heads.get_mut(h)
        {
            head.minor = true;
        }
    }
    let plain = heads.iter().filter(|h| !h.doubled && !h.minor).count();
    let enough_plain = plain >= bodies.iter().filter(|b| !b.caption).count();
    for head in &mut heads {
        head.caption_like |= enough_plain && head.doubled && head.several;
    }
    let texts: Vec<Vec<char>> = bodies
        .iter()
        .map(|b| body_text(chars, pieces, &b.parts))
        .collect();
    let grams: Vec<Vec<u64>> = texts.iter().map(|t| grams_of(t)).collect();
    let leads: Vec<Vec<u64>> = texts.iter().map(|t| grams_of(cut(t, 0, 160))).collect();
    let index = Index::of(&grams);
    let mut claims = Vec::new();
    let mut near = 0usize;
    for (h, head) in heads.iter().enumerate() {
        while bodies
            .get(near + 1)
            .and_then(first_piece)
            .is_some_and(|p| p <= head.piece)
        {
            near += 1;
        }
        let from = near.saturating_sub(REACH);
        let mut near_by = index.lexical(head, from, from + 2 * REACH);
        // Over the only body of a page a headline needs no shared term.
        if near_by.is_empty() && bodies.len() == 1 {
            near_by.push((0, 0));
        }
        for (b, lexical) in near_by {
            let Some(body) = bodies.get(b) else { continue };
            let in_lead = lexical_plain(head, leads.get(b).map_or(&[][..], Vec::as_slice));
            let adjacent = if body.front.contains(&head.piece) {
                350
            } else if body.back.contains(&head.piece) {
                300
            } else {
                0
            };
            let after = last_piece(body).is_some_and(|p| p < head.piece && p + 3 > head.piece);
            let mut score = lexical + in_lead / 3 + adjacent + if after { 60 } else { 0 };
            // Where there are plain headlines enough, the doubled lines are captions of pictures.
            if head.doubled && enough_plain {
                score /= 4;
            }
            claims.push(Claim {
                score,
                lexical,
                head: h,
                body: b,
            });
        }
    }
    assign(&heads, claims, bodies, &texts)
}

/// The pieces' text in one, white space removed.
pub(crate) fn body_text(chars: &[char], pieces: &[Piece], parts: &[Part]) -> Vec<char> {
    let found = parts.iter().filter_map(|p| pieces.get(p.piece));
    found
        .flat_map(|p| cut(chars, p.start, p.end))
        .copied()
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// A body that has a headline before it and another after it holds two articles: returns the part at which the
/// second begins, from where the paragraphs speak of the second headline's things.
pub(crate) fn split_point(chars: &[char], pieces: &[Piece], body: &Body) -> Option<usize> {
    let gather = |list: &[usize]| -> Vec<u64> {
        let texts = list
            .iter()
            .filter_map(|i| pieces.get(*i))
            .filter_map(|p| match &p.shape {
                Shape::Head { texts, .. } => Some(texts),
                _ => None,
            });
        grams_of(
            &texts
                .flatten()
                .flat_map(|t| t.iter().chain(&[' ']))
                .copied()
                .collect::<Vec<char>>(),
        )
    };
    let (front, back) = (gather(&body.front), gather(&body.back));
    if front.is_empty() || back.is_empty() {
        return None;
    }
    let mut best: Option<(i64, usize)> = None;
    let mut sum = 0i64;
    let mut block: Vec<Part> = Vec::new();
    for (k, part) in body.parts.iter().enumerate().rev() {
        block.push(*part);
        if !part.paragraph {
            continue;
        }
        let text = grams_of(&body_text(chars, pieces, &block));
        block.clear();
        let hits = |title: &[u64], other: &[u64]| -> i64 {
            let own = title
                .iter()
                .filter(|g| !other.contains(g) && text.binary_search(g).is_ok())
                .count();
            i64::try_from(own * 1000 / title.len().max(1)).unwrap_or(0)
        };
        sum += hits(&back, &front) - hits(&front, &back);
        if k > 0 && sum > 0 && best.is_none_or(|(most, _)| sum > most) {
            best = Some((sum, k));
        }
    }
    best.map(|(_, k)| k)
}

/// Headings that stand inside one body but speak of another that has no headline of its own: torn there by the
/// layout. Returns body and part, last first, so that they can be taken out in order.
pub(crate) fn misplaced(
    chars: &[char],
    pieces: &[Piece],
    bodies: &[Body],
    titles: &Titles,
) -> Vec<(usize, usize)> {
    if bodies.len() < 2 || bodies.iter().all(|b| b.parts.iter().all(|p| !p.heading)) {
        return Vec::new();
    }
    let texts = bodies.iter().map(|b| {
        let running: Vec<Part> = b.parts.iter().filter(|p| !p.heading).copied().collect();
        grams_of(&body_text(chars, pieces, &running))
    });
    let texts: Vec<Vec<u64>> = texts.collect();
    let share = |heading: &[u64], b: usize| -> usize {
        let known = texts.get(b).map_or(&[][..], Vec::as_slice);
        heading.iter().filter(|g| known.binary_search(g).is_ok()).count() * 1000 / heading.len().max(1)
    };
    let untitled = |b: &usize| titles.of_body.get(*b).is_some_and(Option::is_none);
    let mut found = Vec::new();
    for (own, body) in bodies.iter().enumerate() {
        for (k, part) in body.parts.iter().enumerate().filter(|(_, p)| p.heading) {
            let heading = grams_of(&body_text(chars, pieces, std::slice::from_ref(part)));
            let near = own.saturating_sub(REACH)..bodies.len().min(own + REACH);
            let best = near
                .filter(|b| *b != own && untitled(b))
                .map(|b| share(&heading, b))
                .max()
                .unwrap_or(0);
            if heading.len() >= 4 && best >= 500 && best >= share(&heading, own) + 250 {
                found.push((own, k));
            }
        }
    }
    found.reverse();
    found
}

/// A headline that tears a body in two: the only heading inside a body without a headline, whose terms stand on both
/// sides of it. Returns body and part, last first.
pub(crate) fn torn_in(
    chars: &[char],
    pieces: &[Piece],
    bodies: &[Body],
    titles: &Titles,
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (b, body) in bodies.iter().enumerate() {
        let untitled = titles.of_body.get(b).is_some_and(Option::is_none);
        let mut headings = body.parts.iter().enumerate().filter(|(_, p)| p.heading);
        let (Some((k, part)), None) = (headings.next(), headings.next()) else {
            continue;
        };
        let heading = body_text(chars, pieces, std::slice::from_ref(part));
        if !untitled || body.caption || heading.len() < 6 || numbered(&heading) {
            continue;
        }
        let (above, below) = body.parts.split_at(k);
        let above = shared_terms(&heading, &body_text(chars, pieces, above));
        let below = shared_terms(
            &heading,
            &body_text(chars, pieces, below.get(1..).unwrap_or_default()),
        );
        if above >= 250 && above + below >= 500 {
            found.push((b, k));
        }
    }
    found.reverse();
    found
}

fn first_piece(body: &Body) -> Option<usize> {
    body.parts.first().map(|p| p.piece)
}

fn last_piece(body: &Body) -> Option<usize> {
    body.parts.last().map(|p| p.piece)
}

/// Every heading that is not a section heading inside a body.
fn heads(pieces: &[Piece], bodies: &[Body]) -> Vec<Head> {
    let mut inside: Vec<usize> = bodies
        .iter()
        .flat_map(|b| b.parts.iter().filter(|p| p.heading))
        .map(|p| p.piece)
        .collect();
    inside.sort_unstable();
    let mut heads = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let Shape::Head { texts, doubled } = &piece.shape else {
            continue;
        };
        if inside.binary_search(&i).is_ok() {
            continue;
        }
        for (part, text) in texts.iter().enumerate() {
            heads.push(Head {
                piece: i,
                part,
                text: text.clone(),
                grams: grams_of(text),
                minor: minor(text),
                caption_like: caption_words().any_in(text),
                several: texts.len() > 1,
                doubled: *doubled,
            });
        }
    }
    heads
}

/// Numbered headings right before a text that has a headline above them: `一、2025年工作回顾` heads a section, not the
/// article. Pieces, sorted.
fn sections(heads: &[Head], bodies: &[Body]) -> Vec<usize> {
    let plain = |piece: usize| {
        let from = heads.partition_point(|h| h.piece < piece);
        let own = heads.iter().skip(from).take_while(|h| h.piece == piece);
        own.into_iter().any(|h| !h.minor && !numbered(&h.text))
    };
    let mut found = Vec::new();
    for body in bodies {
        let mut headed = false;
        for piece in &body.front {
            if plain(*piece) {
                headed = true;
            } else if headed {
                found.push(*piece);
            }
        }
    }
    found.sort_unstable();
    found
}

/// `一、…`, `（一）…`
fn numbered(text: &[char]) -> bool {
    let n = crate::times::enumerator(text, 0);
    n > 0 && !matches!(crate::chars::before(text, n), '是' | '要')
}

fn minor(text: &[char]) -> bool {
    let starts = matches!(at(text, 0), '—' | '－' | '-' | '（' | '(' | '·');
    let posts = [
        "县长", "市长", "区长", "镇长", "乡长", "书记", "主任", "主席", "局长",
    ];
    // `清河县人民政府县长 张三`
    let spoken = text.iter().rposition(|c| *c == ' ').is_some_and(|k| {
        let name = text.len() - k - 1;
        (2..=4).contains(&name) && posts.iter().any(|post| crate::chars::has_before(text, k, post))
    });
    // `石安委办〔2024〕17号`
    let numbered = text.iter().any(|c| matches!(c, '〔' | '［')) && text.last() == Some(&'号');
    starts || spoken || numbered || is_day(text)
}

/// `2024年7月8日`: the day under a document.
fn is_day(text: &[char]) -> bool {
    let n = crate::times::time_len(text, 0);
    n > 4 && n >= text.len()
}

/// `县安全生产委员会办公室` right above the day: who signed, no headline.
fn signs(heads: &[Head], h: usize) -> bool {
    let Some(head) = heads.get(h) else { return false };
    let day_behind = heads
        .get(h + 1)
        .is_some_and(|next| next.piece == head.piece + 1 && is_day(&next.text));
    day_behind
        && crate::tables::owner_tails()
            .before(&head.text, head.text.len())
            .is_some()
}

/// Pairs of neighbouring characters as sorted numbers, without punctuation.
fn grams_of(text: &[char]) -> Vec<u64> {
    let stop = words("headline stop words");
    let mut grams: Vec<u64> = text
        .windows(2)
        .filter(|w| w.iter().all(|c| !c.is_whitespace() && !is_punct(*c)))
        .filter(|w| !(stop.at(w, 0) == Some(1) && stop.at(w, 1) == Some(1)))
        .map(|w| (u64::from(u32::from(at(w, 0))) << 32) | u64::from(u32::from(at(w, 1))))
        .collect();
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// How many of the heading's terms the text knows, in thousandths.
pub(crate) fn shared_terms(heading: &[char], text: &[char]) -> usize {
    let (heading, text) = (grams_of(heading), grams_of(text));
    heading.iter().filter(|g| text.binary_search(g).is_ok()).count() * 1000 / heading.len().max(1)
}

/// Which bodies know which terms: sorted once, so that a headline is compared with the bodies that share a term only.
struct Index {
    /// Term and body, sorted.
    known: Vec<(u64, usize)>,
}

impl Index {
    fn of(grams: &[Vec<u64>]) -> Index {
        let pairs = grams.iter().enumerate();
        let mut known: Vec<(u64, usize)> = pairs
            .flat_map(|(b, list)| list.iter().map(move |g| (*g, b)))
            .collect();
        known.sort_unstable();
        Index { known }
    }

    /// How much of the headline the bodies from `from` to `to` know, in thousandths, where they know any; terms that few
    /// bodies share weigh more.
    fn lexical(&self, head: &Head, from: usize, to: usize) -> Vec<(usize, u64)> {
        let mut hits = vec![0u64; to.saturating_sub(from)];
        let mut all = 0u64;
        for gram in &head.grams {
            let start = self.known.partition_point(|pair| *pair < (*gram, 0));
            let rest = self.known.get(start..).unwrap_or(&[]);
            let seen = rest.partition_point(|(g, _)| g == gram);
            let weight = 1000 / u64::try_from(seen).unwrap_or(u64::MAX).max(1);
            all += weight;
            let list = rest.get(..seen).unwrap_or(&[]);
            let near = list.partition_point(|(_, b)| *b < from);
            for (_, b) in list.iter().skip(near).take_while(|(_, b)| *b < to) {
                if let Some(hit) = b.checked_sub(from).and_then(|k| hits.get_mut(k)) {
                    *hit += weight;
                }
            }
        }
        let found = hits.into_iter().enumerate().filter(|(_, hit)| *hit > 0);
        found
            .map(|(k, hit)| (from + k, (hit * 1000).checked_div(all).unwrap_or(0)))
            .collect()
    }
}

fn lexical_plain(head: &Head, body: &[u64]) -> u64 {
    let hit = head
        .grams
        .iter()
        .filter(|g| body.binary_search(g).is_ok())
        .count();
    u64::try_from(hit * 1000 / head.grams.len().max(1)).unwrap_or(0)
}

fn assign(heads: &[Head], mut claims: Vec<Claim>, bodies: &[Body], texts: &[Vec<char>]) -> Titles {
    claims.sort_by_key(|c| (std::cmp::Reverse(c.score), c.head, c.body));
    let mut given: Vec<Option<usize>> = vec![None; bodies.len()];
    let mut sure: Vec<u8> = vec![0; bodies.len()];
    let mut taken: Vec<bool> = vec![false; heads.len()];
    let mut best_of: Vec<Option<(usize, u64)>> = vec![None; heads.len()];
    for claim in &claims {
        if let Some(best) = best_of.get_mut(claim.head)
            && best.is_none()
        {
            *best = Some((claim.body, claim.lexical));
        }
    }
    let sections = sections(heads, bodies);
    for claim in &claims {
        let (Some(head), Some(body)) = (heads.get(claim.head), bodies.get(claim.body)) else {
            continue;
        };
        let adjacent = body.front.contains(&head.piece) || body.back.contains(&head.piece);
        let enough = if adjacent {
            claim.score >= 250
        } else {
            claim.lexical >= 90
        };
        let section = sections.binary_search(&head.piece).is_ok() && numbered(&head.text);
        if section || head.minor || !enough || (head.caption_like && !adjacent && !body.caption) {
            continue;
        }
        let (Some(slot), Some(used)) = (given.get_mut(claim.body), taken.get_mut(claim.head)) else {
            continue;
        };
        if slot.is_none() && !*used {
            *slot = Some(claim.head);
            *used = true;
            if let Some(sure) = sure.get_mut(claim.body) {
                // The share of its terms that the body knows, and more where it stands right at the body.
                let share = claim.lexical / 10 + if adjacent { 30 } else { 0 };
                *sure = u8::try_from(share.clamp(1, 99)).unwrap_or(99);
            }
        }
    }
    let mut of_body = Vec::new();
    for (b, slot) in given.iter().enumerate() {
        let title = slot.map(|h| {
            let text = texts.get(b).map_or(&[][..], Vec::as_slice);
            let mut title = joined(heads, h, bodies.get(b), b, &best_of, &mut taken, text);
            title.confidence = sure.get(b).copied().unwrap_or(0);
            title
        });
        of_body.push(title);
    }
    if let Some((h, b)) = left_over(heads, bodies, &of_body, &taken, texts)
        && let (Some(slot), Some(head), Some(used)) = (of_body.get_mut(b), heads.get(h), taken.get_mut(h))
    {
        *used = true;
        *slot = Some(Title {
            text: string(&head.text),
            truncated: false,
            confidence: BY_ELIMINATION,
        });
    }
    let unused = heads
        .iter()
        .enumerate()
        .filter(|(h, _)| !taken.get(*h).copied().unwrap_or(false));
    let unused = unused.map(|(_, head)| (head.piece, head.part)).collect();
    Titles { of_body, unused }
}

/// The one headline that no body took and the one body that has none, where they could belong together: a headline in
/// figures of speech (`拾金不昧暖人心`) shares characters with its body, but hardly a term.
fn left_over(
    heads: &[Head],
    bodies: &[Body],
    of_body: &[Option<Title>],
    taken: &[bool],
    texts: &[Vec<char>],
) -> Option<(usize, usize)> {
    const SHORTEST_BODY: usize = 80;
    let mut free = heads.iter().enumerate().filter(|(h, head)| {
        let used = taken.get(*h).copied().unwrap_or(true);
        !used && !head.minor && !head.caption_like && !head.doubled
    });
    let mut without = of_body
        .iter()
        .enumerate()
        .filter(|(b, title)| title.is_none() && bodies.get(*b).is_some_and(|body| !body.caption));
    let ((h, head), None) = (free.next()?, free.next()) else {
        return None;
    };
    let ((b, _), None) = (without.next()?, without.next()) else {
        return None;
    };
    let text = texts.get(b).filter(|text| text.len() >= SHORTEST_BODY)?;
    let han: Vec<&char> = head.text.iter().filter(|c| is_han(**c)).collect();
    let known = han.iter().filter(|c| text.contains(c)).count();
    let titled = of_body.iter().filter(|title| title.is_some()).count();
    (titled >= 2 && (5..=24).contains(&han.len()) && known * 5 >= han.len()).then_some((h, b))
}

/// The headline with the lines before and after it that belong to the same body.
fn joined(
    heads: &[Head],
    h: usize,
    body: Option<&Body>,
    b: usize,
    best_of: &[Option<(usize, u64)>],
    taken: &mut [bool],
    text: &[char],
) -> Title {
    let (mut first, mut last) = (h, h);
    let fits = |head: usize, neighbour: usize, taken: &[bool]| -> bool {
        let (Some(one), Some(two)) = (heads.get(head), heads.get(neighbour)) else {
            return false;
        };
        let close = one.piece.abs_diff(two.piece) <= 1;
        let free = !taken.get(neighbour).copied().unwrap_or(true);
        // A line right before the body that no other body claims belongs to its headline, whatever its words.
        let in_front =
            body.is_some_and(|body| body.front.contains(&one.piece) && body.front.contains(&two.piece));
        let same = match best_of.get(neighbour).copied().flatten() {
            Some((best, lexical)) if best == b => lexical >= 120 || in_front,
            Some((_, lexical)) => in_front && lexical < 250,
            None => in_front,
        };
        close && free && same && !two.minor && !two.caption_like && one.text.len() + two.text.len() <= 60
    };
    while last - first < 2 && fits(last, last + 1, taken) {
        last += 1;
        if let Some(used) = taken.get_mut(last) {
            *used = true;
        }
    }
    while last - first < 2 && first > 0 && fits(first, first - 1, taken) {
        first -= 1;
        if let Some(used) = taken.get_mut(first) {
            *used = true;
        }
    }
    let lines: Vec<String> = heads
        .iter()
        .skip(first)
        .take(last - first + 1)
        .map(|head| string(&head.text))
        .collect();
    let truncated = heads.get(last).is_some_and(|head| cut_short(&head.text, text));
    Title {
        text: lines.join(" "),
        truncated,
        confidence: 0,
    }
}

/// Whether the headline breaks off: a bracket stays open, or the body goes on where the headline ends in the middle
/// of a word (its last character binds more strongly to the next one in the body).
fn cut_short(title: &[char], body: &[char]) -> bool {
    let last = title.last().copied().unwrap_or('\0');
    if is_open(last) || matches!(last, '、' | '，') || (!balanced(title) && title.iter().any(|c| is_open(*c)))
    {
        return true;
    }
    let n = title.len();
    let tail = string(cut(title, n.saturating_sub(6), n));
    if n < 10 || !is_han(last) {
        return false;
    }
    let mut followers: Vec<char> = Vec::new();
    for i in 0..body.len() {
        if has_at(body, i, &tail) {
            followers.push(at(body, i + tail.chars().count()));
        }
    }
    let Some(next) = followers.first().copied() else {
        return false;
    };
    if !is_han(next) || followers.iter().any(|c| *c != next) {
        return false;
    }
    let pair_count = |a: char, b: char| body.windows(2).filter(|w| at(w, 0) == a && at(w, 1) == b).count();
    let inner = pair_count(at(title, n - 2), last);
    pair_count(last, next) > inner
}
