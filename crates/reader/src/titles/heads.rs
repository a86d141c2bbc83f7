//! The lines of the page that may be headlines, and what speaks against each.

use crate::bodies::Body;
use crate::chars::at;
use crate::pieces::{Piece, Shape};
use crate::tables::{caption_subjects, caption_tails, caption_words};
use crate::titles::terms::{Gram, grams_of};

/// One line of a headline.
pub(crate) struct Head {
    pub(crate) piece: usize,
    pub(crate) part: usize,
    /// Its last piece, and its lines behind the first one as piece and part.
    pub(crate) end: usize,
    pub(crate) more: Vec<(usize, usize)>,
    pub(crate) text: Vec<char>,
    pub(crate) grams: Vec<Gram>,
    /// A subtitle, a date or a name with a post: never a headline by itself.
    pub(crate) minor: bool,
    /// `——某某侧记`: goes with the headline before it.
    pub(crate) subtitle: bool,
    /// The second half of a headline in two short lines.
    pub(crate) paired: bool,
    pub(crate) caption_like: bool,
    /// It may be the line of a picture, or the first words of a text: a headline only where no other line is.
    pub(crate) doubtful: bool,
    /// How much of it the words know that a photographer signed right below, in thousandths.
    pub(crate) credited: u64,
    /// Several headings stand on its line.
    pub(crate) several: bool,
    /// The text layer holds it twice: as often a caption as a headline.
    pub(crate) doubled: bool,
}

impl Head {
    /// Goes on in the line `two`, which was broken off from it.
    pub(crate) fn take(&mut self, two: Head) {
        self.text.push(' ');
        self.text.extend(two.text);
        self.end = two.end;
        self.more.push((two.piece, two.part));
        self.more.extend(two.more);
        self.grams.extend(two.grams);
        self.grams.sort_unstable();
        self.grams.dedup();
        self.credited = self.credited.max(two.credited);
        self.several = false;
    }
}

/// Every heading that is not a section heading inside a body.
pub(crate) fn heads(pieces: &[Piece], bodies: &[Body]) -> Vec<Head> {
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
            let dashed = heads.last().is_some_and(|one: &Head| {
                one.piece + 1 == i && matches!(one.text.last(), Some('—' | '－' | '─' | '―'))
            });
            // A headline printed twice, line under line, is said once.
            if let Some(one) = heads.last_mut().filter(|one: &&mut Head| {
                one.end + 1 == i && one.text.len() >= 6 && one.text == *text && texts.len() == 1
            }) {
                one.end = i;
                one.more.push((i, part));
                continue;
            }
            heads.push(Head {
                piece: i,
                part,
                end: i,
                more: Vec::new(),
                text: text.clone(),
                grams: grams_of(text),
                minor: minor(text),
                subtitle: subtitle(text) || dashed,
                paired: false,
                caption_like: caption_words().any_in(text)
                    || caption_tails().before(text, text.len()).is_some()
                    || shown(text),
                doubtful: doubtful(text),
                credited: 0,
                several: texts.len() > 1,
                doubled: *doubled,
            });
        }
    }
    pair_up(&mut heads);
    // A headline knows its body by the words of its subtitle too.
    for h in 1..heads.len() {
        let Some((piece, more)) = heads
            .get(h)
            .filter(|two| two.subtitle && !two.paired)
            .map(|two| (two.piece, two.grams.clone()))
        else {
            continue;
        };
        if let Some(one) = heads
            .get_mut(h - 1)
            .filter(|one| one.piece + 1 >= piece && !one.minor)
        {
            one.grams.extend(more);
            one.grams.sort_unstable();
            one.grams.dedup();
        }
    }
    heads
}

/// `稻田变鱼塘` / `荒坡长新茶`: two short lines of one length by themselves are the halves of one headline; neither would
/// be one alone.
fn pair_up(heads: &mut [Head]) {
    const HALF: std::ops::RangeInclusive<usize> = 4..=7;
    // The two texts of one line stand by themselves whatever lines are around.
    let near = |one: Option<&Head>, two: Option<&Head>, reach: usize| match (one, two) {
        (Some(one), Some(two)) => one.piece + reach >= two.piece,
        _ => false,
    };
    let half = |head: &Head| {
        let plain = !head.minor && !head.caption_like && !numbered(&head.text);
        plain && HALF.contains(&head.text.len()) && head.text.iter().all(|c| c.is_alphanumeric())
    };
    for h in 1..heads.len() {
        let (one, two) = (heads.get(h - 1), heads.get(h));
        let reach = usize::from(!near(one, two, 0));
        let above = h.checked_sub(2).and_then(|k| heads.get(k));
        let alone = !near(above, one, reach) && !near(two, heads.get(h + 1), reach);
        let pair = match (one, two) {
            (Some(one), Some(two)) => {
                near(Some(one), Some(two), 1)
                    && half(one)
                    && half(two)
                    && one.text.len() == two.text.len()
                    && one.doubled == two.doubled
            }
            _ => false,
        };
        if !(alone && pair) {
            continue;
        }
        for head in heads.iter_mut().skip(h - 1).take(2) {
            head.several = false;
        }
        if let Some(two) = heads.get_mut(h) {
            two.subtitle = true;
            two.minor = true;
            two.paired = true;
        }
    }
}

/// `2017年` on a line by itself: of the name below it.
pub(crate) fn bare_year(text: &[char]) -> bool {
    text.len() == 5 && text.last() == Some(&'年') && text.iter().take(4).all(char::is_ascii_digit)
}

/// `某县人民政府公报 2022年第1期`: what the paper is called, not what it says.
fn issue(text: &[char]) -> bool {
    let n = text
        .iter()
        .rposition(|c| !matches!(c, '）' | ')'))
        .map_or(0, |k| k + 1);
    let digits = crate::chars::cut(text, 0, n.saturating_sub(1));
    let count = digits.iter().rev().take_while(|c| c.is_ascii_digit()).count();
    let bulletin = ["公报", "简报", "专报", "快报", "内参"]
        .iter()
        .any(|w| (0..text.len()).any(|k| crate::chars::has_at(text, k, w)));
    at(text, n.wrapping_sub(1)) == '期'
        && count > 0
        && at(digits, digits.len().wrapping_sub(count + 1)) == '第'
        && bulletin
}

/// `村民在桑园采摘桑叶`: whom a picture shows, where, and what they do.
fn shown(text: &[char]) -> bool {
    const REACH: usize = 4;
    let Some(n) = caption_subjects().at(text, 0) else {
        return false;
    };
    let lead = crate::chars::cut(text, n, n + REACH);
    lead.iter().any(|c| matches!(c, '在' | '正')) && text.len() > n + REACH
}

/// `上庄村村民采摘小番茄`, `会议对先进集体进行表彰`, `10月14日,县妇幼保健院医生为村`: somebody is shown, or a text begins.
fn doubtful(text: &[char]) -> bool {
    let named = (0..text.len()).any(|k| {
        caption_subjects()
            .at(text, k)
            .is_some_and(|n| text.len() > k + n + 2)
    });
    let quoted = text.iter().any(|c| matches!(c, '“' | ' ' | '：' | ':'));
    let comma = text.iter().any(|c| crate::chars::is_comma(*c));
    // `解放路的包子铺还在，老街坊还在，这比`
    let sentence = text.iter().filter(|c| crate::chars::is_comma(**c)).count() >= 2;
    named && !quoted
        || sentence
        || comma && (crate::times::time_len(text, 0) > 0 || crate::chars::has_at(text, 0, "图为"))
}

/// Numbered headings right before a text that has a headline above them: `一、2025年工作回顾` heads a section, not the
/// article. Pieces, sorted.
pub(crate) fn sections(heads: &[Head], bodies: &[Body]) -> Vec<usize> {
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
pub(crate) fn numbered(text: &[char]) -> bool {
    let n = crate::times::enumerator(text, 0);
    n > 0 && !matches!(crate::chars::before(text, n), '是' | '要')
}

pub(crate) fn minor(text: &[char]) -> bool {
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
    // `2024年1月9日在某县第十七届人民代表大会第四次会议上`
    let held = ["会上", "会议上"]
        .iter()
        .any(|w| crate::chars::has_before(text, text.len(), w))
        && text.contains(&'在');
    // `某县第十八届人民代表大会第三次会议文件（二）`, `某县人民政府办公室文件`: the head of the paper.
    let bare = text
        .iter()
        .rposition(|c| matches!(c, '（' | '('))
        .filter(|k| text.len() - k <= 6)
        .unwrap_or(text.len());
    let letterhead = ["文件", "会议材料", "参阅件", "秘书处编"]
        .iter()
        .any(|w| crate::chars::has_before(text, bare, w));
    // `清河县人民政府办公室 2024年4月2日印发`: the foot of the paper.
    let imprint = text.ends_with(&['印', '发'])
        && (0..text.len()).any(|k| {
            let n = crate::times::time_len(text, k);
            n > 4 && k + n + 2 >= text.len()
        });
    let copies = ["抄送", "抄报", "主题词", "主送"]
        .iter()
        .any(|w| crate::chars::has_at(text, 0, w));
    // `江口供电公司 10月14日`, `县融媒体中心主办`: who signed or publishes.
    let signed = (1..text.len()).any(|k| {
        let day = crate::chars::dense(crate::chars::cut(text, k, text.len()));
        text.get(k - 1) == Some(&' ')
            && matches!(day.last(), Some('日'))
            && day.len() <= 11
            && crate::times::time_len(&day, 0) == day.len()
            && crate::tables::owner_tails().before(text, k - 1).is_some()
    });
    let publishes = ["主办", "承办", "编印", "主管主办"]
        .iter()
        .any(|w| crate::chars::has_before(text, text.len(), w))
        && !text.contains(&' ');
    signed
        || publishes
        || starts
        || spoken
        || numbered
        || held
        || letterhead
        || issue(text)
        || imprint
        || copies
        || is_day(text)
}

/// `——某县社区助餐服务侧记`; not `——2024年1月8日在…大会上`, which says where a speech was held.
fn subtitle(text: &[char]) -> bool {
    let dashes = text
        .iter()
        .take_while(|c| matches!(c, '—' | '－' | '-' | '─' | '―'))
        .count();
    let rest = crate::chars::cut(text, dashes, text.len());
    let spoken = ["会上", "会议上", "大会上"]
        .iter()
        .any(|w| crate::chars::has_before(rest, rest.len(), w));
    let dated = crate::times::time_len(rest, 0) > 0 || at(rest, 0) == '在';
    dashes >= 1 && rest.len() >= 4 && !spoken && !dated && rest.iter().any(|c| crate::chars::is_han(*c))
}

/// `2024年7月8日`: the day under a document.
pub(crate) fn is_day(text: &[char]) -> bool {
    let n = crate::times::time_len(text, 0);
    n > 4 && n >= text.len()
}

/// `县安全生产委员会办公室` right above the day: who signed, no headline.
pub(crate) fn signs(heads: &[Head], h: usize) -> bool {
    let Some(head) = heads.get(h) else { return false };
    let day = |k: usize| {
        heads
            .get(h + k)
            .is_some_and(|next| next.piece == head.piece + k && is_day(&crate::chars::dense(&next.text)))
    };
    let tail = |text: &[char]| crate::tables::owner_tails().before(text, text.len()).is_some();
    // `某县交通运输局 某县公` / `安局` / `2022年6月14日`
    let broken = heads.get(h + 1).filter(|_| day(2)).is_some_and(|two| {
        let mut whole = head.text.clone();
        whole.extend(&two.text);
        two.piece == head.piece + 1 && tail(&whole) && whole.split(|c| c.is_whitespace()).all(tail)
    });
    broken || day(1) && tail(&head.text)
}
