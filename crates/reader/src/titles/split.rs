//! Headlines that the layout broke over two lines in the middle of a word, a number or a quotation: one headline, before
//! any body is asked for.

use crate::chars::{at, cut, is_han};
use crate::titles::heads::{Head, numbered};

/// The longest headline, in characters.
const LONGEST: usize = 60;
/// A body speaks of a line of which it knows this much, in thousandths.
const SPEAKS: u64 = 90;

/// Joins the lines of broken headlines. `known`: which bodies know how much of each line. Returns whether any was joined.
pub(super) fn mend(heads: &mut Vec<Head>, known: &[Vec<(usize, u64)>], texts: &[Vec<char>]) -> bool {
    let mut joined: Vec<Head> = Vec::with_capacity(heads.len());
    // Which body the line before speaks of most.
    let mut before: Option<usize> = None;
    let mut any = false;
    for (head, known) in std::mem::take(heads).into_iter().zip(known) {
        let best = known.iter().max_by_key(|(_, lexical)| *lexical);
        let own = best.filter(|(_, lexical)| *lexical >= SPEAKS).map(|(b, _)| *b);
        match joined.last_mut() {
            Some(one) if broken(one, &head, &[before, own], texts) => {
                one.take(head);
                any = true;
                before = before.or(own);
            }
            _ => {
                joined.push(head);
                before = own;
            }
        }
    }
    *heads = joined;
    any
}

/// Whether `two` goes on where `one` breaks off.
fn broken(one: &Head, two: &Head, bodies: &[Option<usize>], texts: &[Vec<char>]) -> bool {
    let plain = |head: &Head| !head.minor && !head.subtitle && !head.caption_like && !numbered(&head.text);
    if one.end.abs_diff(two.piece) != 1 || one.doubled != two.doubled || !plain(one) || !plain(two) {
        return false;
    }
    if one.text.len() + two.text.len() > LONGEST || one.paired || two.paired {
        return false;
    }
    // `大名堂`: too short to be a headline, and no label of a column.
    const REST: usize = 3;
    let rest = two.text.len() <= REST && two.text.iter().all(|c| is_han(*c));
    if rest && one.text.len() > REST + 2 && !crate::tables::page_labels().is(&two.text) {
        return true;
    }
    let (last, first) = (at(&one.text, one.text.len().wrapping_sub(1)), at(&two.text, 0));
    // `千亩稻田里` / `的“无人农场”`: no headline begins so.
    if first == '的' && is_han(last) {
        return true;
    }
    if last.is_ascii_digit() && first.is_ascii_digit() || matches!(first, '：' | ':' | '”' | '》' | '、')
    {
        return true;
    }
    let open = |text: &[char]| {
        let opened = text.iter().filter(|c| matches!(c, '“' | '《')).count();
        (opened, text.iter().filter(|c| matches!(c, '”' | '》')).count())
    };
    let ((opened, closed), (reopened, reclosed)) = (open(&one.text), open(&two.text));
    if opened > closed && reclosed > reopened {
        return true;
    }
    if !is_han(last) || !is_han(first) {
        return false;
    }
    let word = |text: &[char]| text.windows(2).any(|w| at(w, 0) == last && at(w, 1) == first);
    // A body that speaks of either line has the word in which the line was broken.
    bodies
        .iter()
        .flatten()
        .filter_map(|b| texts.get(*b))
        .any(|text| word(cut(text, 0, text.len())))
}
