//! Counts, amounts, sizes, shares and rates: every number with a unit, in base units; not dates, clock times,
//! ordinals, list numbers or names.

use rust_decimal::Decimal;

use crate::chars::{at, before, cut, digit, has_at, has_before, is_han, is_punct, string};
use crate::model::{Figure, Qualifier, Value};
use crate::numeral::{Number, number_at};
use crate::stream::Stream;
use crate::tables::{
    about_after, about_before, adverbs, deliver_verbs, guarded_units, name_tails, not_figures, over_after,
    over_before, per_units, target_verbs, under_after, under_before, units, weak_units,
};

/// A figure with its place in the stream.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// First character of the number, hedges aside.
    pub(crate) start: usize,
    /// One past the unit.
    pub(crate) end: usize,
    pub(crate) value: Value,
    pub(crate) unit: String,
    pub(crate) qualifier: Option<Qualifier>,
    /// Where the words stand that say what is counted.
    pub(crate) of: Option<(usize, usize)>,
}

impl Found {
    /// The quote: the figure with what it counts.
    pub(crate) fn span(&self) -> (usize, usize) {
        match self.of {
            Some((a, b)) => (a.min(self.start), b.max(self.end)),
            None => (self.start, self.end),
        }
    }

    pub(crate) fn figure(&self, stream: &Stream) -> Figure {
        let (a, b) = self.span();
        Figure {
            quote: stream.quote(a, b),
            value: self.value,
            unit: self.unit.clone(),
            qualifier: self.qualifier,
            of: self.of.map(|(a, b)| stream.quote(a, b)),
            at: stream.runs(a, b),
        }
    }
}

/// Every figure of a body, in order.
pub(crate) fn figures(stream: &Stream) -> Vec<Found> {
    let mut found = Vec::new();
    for paragraph in &stream.paragraphs {
        let s = cut(&stream.chars, 0, paragraph.end);
        let mut scan = Scan {
            s,
            stream,
            from: paragraph.start,
            quote_open: None,
            title_depth: 0,
        };
        let mut i = paragraph.start;
        while i < paragraph.end {
            i = scan.step(i, &mut found);
        }
    }
    found
}

struct Scan<'a> {
    /// The stream up to the end of the paragraph.
    s: &'a [char],
    stream: &'a Stream,
    from: usize,
    quote_open: Option<usize>,
    title_depth: u32,
}

impl Scan<'_> {
    /// Looks at the character `i` and returns where to look next.
    fn step(&mut self, i: usize, found: &mut Vec<Found>) -> usize {
        let c = at(self.s, i);
        match c {
            '“' | '"' | '「' => self.quote_open = Some(i),
            '”' | '」' => self.quote_open = None,
            '《' => self.title_depth += 1,
            '》' => self.title_depth = self.title_depth.saturating_sub(1),
            _ => {}
        }
        let begins = digit(c).is_some() || is_numeral(c);
        if !begins || self.title_depth > 0 {
            return i + 1;
        }
        if c == '百' && has_at(self.s, i, "百分之") {
            return self.percent_in_words(i, found);
        }
        let Some(mut number) = number_at(self.s, i) else {
            return i + 1;
        };
        // Two numbers side by side in a line stay two.
        if let Some(k) = (i + 1..number.end).find(|k| self.splits(*k, i)) {
            match number_at(cut(self.s, 0, k), i) {
                Some(shorter) => number = shorter,
                None => return i + 1,
            }
        }
        if let Some(end) = self.not_counting(&number) {
            return end.max(i + 1);
        }
        match self.counted(&number, found) {
            Some(end) => end.max(i + 1),
            None => number.end.max(i + 1),
        }
    }

    fn splits(&self, k: usize, start: usize) -> bool {
        let between = digit(before(self.s, k)).is_some() && digit(at(self.s, k)).is_some();
        between && self.stream.spaced(k) && {
            let group =
                (0..3).all(|d| digit(at(self.s, k + d)).is_some()) && digit(at(self.s, k + 3)).is_none();
            !(group && k - start <= 3)
        }
    }

    /// 百分之三十
    fn percent_in_words(&self, i: usize, found: &mut Vec<Found>) -> usize {
        let from = i + "百分之".chars().count();
        let Some(number) = number_at(self.s, from) else {
            return from;
        };
        let mut one = self.figure(&number, number.end, Value::One(number.value), "%".to_owned());
        one.start = i;
        self.hedge(&mut one);
        self.name(&mut one);
        found.push(one);
        number.end
    }

    /// Where the number is a date, a time, an ordinal, a sum of names: returns where to go on.
    fn not_counting(&self, number: &Number) -> Option<usize> {
        let s = self.s;
        let (start, end) = (number.start, number.end);
        let (left, next) = (before(s, start), at(s, end));
        if left.is_ascii_alphabetic() || left == '第' || left == '届' || left == '+' || left == '＋' {
            return Some(self.past_number_words(end));
        }
        if matches!(next, '+' | '＋' | '届') {
            return Some(end + 1);
        }
        if let Some(n) = not_figures().at(s, start) {
            return Some((start + n).max(end));
        }
        // `8:30`, `2:1`
        if matches!(next, ':' | '：' | '∶') && digit(at(s, end + 1)).is_some() && number.arabic {
            return Some(end + 1);
        }
        if matches!(left, ':' | '：' | '∶')
            && digit(before(s, start.saturating_sub(1))).is_some()
            && number.arabic
        {
            return Some(end);
        }
        if next == '年' && self.is_year(number) {
            return Some(end + 1);
        }
        if next == '月' || (matches!(next, '日' | '号') && !number.over) {
            return Some(end + 1);
        }
        // `20—30日`, `5至6月`, `2021—2025年`
        if is_range_mark(next)
            && let Some(other) = number_at(s, end + 1)
            && (matches!(at(s, other.end), '月' | '日' | '号')
                || (at(s, other.end) == '年' && other.digits == 4))
        {
            return Some(other.end + 1);
        }
        if matches!(next, '时' | '点') && number.arabic && !has_at(s, end, "时段") {
            let minute = number_at(s, end + 1);
            return Some(minute.map_or(
                end + 1,
                |m| if at(s, m.end) == '分' { m.end + 1 } else { end + 1 },
            ));
        }
        if number.arabic {
            return None;
        }
        let single = number.value <= Decimal::ONE && !number.bare;
        if self.in_short_quote(start) || single && !self.how_often(number) {
            return Some(end);
        }
        None
    }

    /// `每月召开一次`, `不少于一次`, `为期一周`, `一周内`: one that is a number, not an article.
    fn how_often(&self, number: &Number) -> bool {
        const REACH: usize = 14;
        let s = self.s;
        let lead = cut(s, number.start.saturating_sub(REACH).max(self.from), number.start);
        let clause = lead
            .iter()
            .rev()
            .take_while(|c| !matches!(c, '，' | ',' | '。' | '；' | ';'));
        let every = clause.into_iter().any(|c| *c == '每');
        let least = ["不少于", "不低于", "至少", "不超过"]
            .iter()
            .any(|w| has_before(s, number.start, w));
        let lasting = ["为期", "历时"].iter().any(|w| has_before(s, number.start, w));
        match at(s, number.end) {
            '次' | '趟' | '遍' | '轮' => every || least,
            '周' | '天' => lasting || at(s, number.end + 1) == '内',
            '年' => lasting,
            _ => false,
        }
    }

    fn past_number_words(&self, end: usize) -> usize {
        match units().at(self.s, end) {
            Some(n) => end + n,
            None => end,
        }
    }

    fn is_year(&self, number: &Number) -> bool {
        (number.arabic && number.digits == 4 && number.factor == Decimal::ONE)
            || (!number.arabic && number.bare)
    }

    /// Inside “…” of a few characters without a comma: a name such as “五个整顿”.
    fn in_short_quote(&self, i: usize) -> bool {
        let Some(open) = self.quote_open else { return false };
        let close = (i..(open + 14).min(self.s.len())).find(|k| matches!(at(self.s, *k), '”' | '"' | '」'));
        close.is_some_and(|k| {
            !cut(self.s, open, k)
                .iter()
                .any(|c| matches!(c, '，' | ',' | '。' | '；'))
        })
    }

    /// The figure that the number makes with its unit, if it makes one.
    fn counted(&self, number: &Number, found: &mut Vec<Found>) -> Option<usize> {
        let s = self.s;
        let mut last = *number;
        let mut value = Value::One(number.value);
        let first_unit = units().at(s, number.end).unwrap_or(0);
        // A range: `20—30个`, `3至5个`, `10%—15%`.
        for gap in [0, first_unit] {
            let mark = number.end + gap;
            if !(is_range_mark(at(s, mark)) || (gap == 0 && at(s, mark) == '到')) {
                continue;
            }
            let next = if is_range_mark(at(s, mark + 1)) {
                mark + 2
            } else {
                mark + 1
            };
            if let Some(other) = number_at(s, next)
                && other.arabic == number.arabic
                && !other.bare
                && let Some(low) = low_end(number, &other)
                && low < other.value
            {
                value = Value::Range(low, other.value);
                last = other;
                break;
            }
        }
        let (unit_end, unit) = self.unit(&last)?;
        if number.bare && !self.bare_counts(number, &unit) {
            return None;
        }
        // `三个100%` counts percentages.
        if !number.arabic && digit(at(s, unit_end)).is_some() {
            return None;
        }
        let mut one = self.figure(number, unit_end, value, unit);
        if number.over || last.over {
            one.qualifier = Some(Qualifier::Over);
        }
        self.hedge(&mut one);
        self.name(&mut one);
        self.shared_unit(number, &one, found);
        found.push(one);
        Some(unit_end)
    }

    /// 百 and 千亿 alone count only where the text says that they do: 近百人, 上千户, 千亿元.
    fn bare_counts(&self, number: &Number, unit: &str) -> bool {
        let left = before(self.s, number.start);
        // `万元地区生产总值能耗`: for each ten thousand.
        let each = [
            "地区生产",
            "生产总值",
            "国内生产",
            "GDP",
            "工业",
            "产值",
            "增加值",
            "规上",
            "规模以上",
        ]
        .iter()
        .any(|w| has_at(self.s, number.end + 1, w));
        number.value > Decimal::ZERO
            && !each
            && (number.over
                || matches!(left, '近' | '上' | '逾' | '超' | '过')
                || (number.factor > Decimal::ONE && unit == "元"))
    }

    fn figure(&self, number: &Number, end: usize, value: Value, unit: String) -> Found {
        Found {
            start: number.start,
            end,
            value,
            unit,
            qualifier: None,
            of: None,
        }
    }

    /// The unit after a number: its end and its text.
    fn unit(&self, number: &Number) -> Option<(usize, String)> {
        let s = self.s;
        let from = number.end;
        let mut n = units().at(s, from)?;
        let guarded = guarded_units().at(s, from).is_some_and(|g| g > n);
        let first = at(s, from);
        if guarded && !(first == '处' && number.arabic && at(s, from + 1) != '理') {
            return None;
        }
        let latin = at(s, from + n - 1).is_ascii_alphanumeric();
        if latin && at(s, from + n).is_ascii_alphanumeric() {
            return None;
        }
        if has_at(s, from, "个一")
            || (first == '年' && name_tails().at(s, from + 1).is_some() && !number.arabic)
        {
            return None;
        }
        let mut text = cut(s, from, from + n).to_vec();
        if text == ['个', '亿'] {
            text = vec!['个'];
            n = 1;
        }
        if !number.arabic && !self.chinese_counts(number, &text) {
            return None;
        }
        if number.arabic && text == ['分'] && matches!(before(s, number.start), '时' | '点') {
            return None;
        }
        let mut end = from + n;
        if matches!(at(s, end), '/' | '／')
            && let Some(per) = per_units().at(s, end + 1)
            && !(at(s, end + per).is_ascii_alphabetic() && at(s, end + 1 + per).is_ascii_alphanumeric())
        {
            text.push('/');
            text.extend(cut(s, end + 1, end + 1 + per));
            end += 1 + per;
        }
        Some((end, string(&text)))
    }

    /// After a Chinese numeral some classifiers count only in certain company.
    fn chinese_counts(&self, number: &Number, unit: &[char]) -> bool {
        let s = self.s;
        if number.value == Decimal::ONE && !number.bare && self.how_often(number) {
            return true;
        }
        let after = number.end + unit.len();
        let follows = |list: &[&str]| list.iter().any(|word| has_at(s, after, word));
        let precedes = |list: &[&str]| list.iter().any(|word| has_before(s, number.start, word));
        match string(unit).as_str() {
            "点" => follows(&[
                "意见", "要求", "建议", "希望", "安排", "部署", "体会", "措施", "工作", "任务",
            ]),
            // 县、乡、村三级
            "级" => cut(s, number.start.saturating_sub(4), number.start).contains(&'、'),
            // 产业扶贫、光伏扶贫…五大渠道: counts where its list stands before it
            "大" => {
                let lead = cut(s, number.start.saturating_sub(40), number.start);
                let list = lead
                    .iter()
                    .rev()
                    .take_while(|c| !matches!(c, '，' | ',' | '。' | '；'));
                list.filter(|c| **c == '、').count() + 1
                    == usize::try_from(i64::try_from(number.value).unwrap_or(0)).unwrap_or(0)
            }
            "年" | "周" => precedes(&["为期", "历时", "近", "连续", "长达", "超", "不少于", "满"]),
            "期" => follows(&["培训", "班", "讲座", "活动"]),
            "次" => !follows(&["全会", "全体", "会议", "党代", "代表大会", "常委", "常务"]),
            "元" => number.factor > Decimal::ONE || number.value >= Decimal::TEN,
            _ => !weak_units().is(unit),
        }
    }

    /// `分别为32、34、21个`: the numbers before share the unit.
    fn shared_unit(&self, number: &Number, one: &Found, found: &mut Vec<Found>) {
        if !number.arabic
            || !cut(self.s, number.start.saturating_sub(40), number.start)
                .windows(2)
                .any(|w| w == ['分', '别'])
        {
            return;
        }
        let mut chain = Vec::new();
        let mut end = number.start;
        while matches!(before(self.s, end), '、' | '和') {
            let mark = end - 1;
            let mut start = mark;
            while start > self.from
                && (digit(before(self.s, start)).is_some() || before(self.s, start) == '.')
            {
                start -= 1;
            }
            match number_at(cut(self.s, 0, mark), start) {
                Some(other) if start < mark && other.end == mark => {
                    chain.push(self.figure(&other, mark, Value::One(other.value), one.unit.clone()));
                    end = start;
                }
                _ => break,
            }
        }
        chain.reverse();
        found.append(&mut chain);
    }

    /// What hedges the number, before it and after its unit; and the sign.
    fn hedge(&self, one: &mut Found) {
        let s = self.s;
        let start = one.start;
        let guard = |words: &[&str]| words.iter().any(|word| has_before(s, start, word));
        let plain = !guard(&[
            "节约", "条约", "预约", "公约", "附近", "最近", "合约", "邻近", "靠近", "制约", "签约",
        ]);
        if has_before(s, start, "零下") || self.minus(one) {
            one.value = match one.value {
                Value::One(n) => Value::One(-n),
                Value::Range(a, b) => Value::Range(-b, -a),
            };
        }
        let found = if over_after().at(s, one.end).is_some() {
            Some(Qualifier::Over)
        } else if under_after().at(s, one.end).is_some() {
            Some(Qualifier::Under)
        } else if about_after().at(s, one.end).is_some() && at(s, one.end) != '许' {
            Some(Qualifier::About)
        } else if plain && under_before().before(s, start).is_some() {
            Some(Qualifier::Under)
        } else if plain && over_before().before(s, start).is_some() {
            Some(Qualifier::Over)
        } else if plain && about_before().before(s, start).is_some() {
            Some(Qualifier::About)
        } else {
            None
        };
        one.qualifier = one.qualifier.or(found);
    }

    fn minus(&self, one: &Found) -> bool {
        let left = before(self.s, one.start);
        let further = before(self.s, one.start.saturating_sub(1));
        matches!(left, '-' | '−' | '－')
            && matches!(one.unit.as_str(), "%" | "％" | "℃" | "°C")
            && is_han(further)
    }

    /// What is counted: the words after the unit, else the words before the number.
    fn name(&self, one: &mut Found) {
        const LONGEST: usize = 18;
        let s = self.s;
        let mut from = one.end;
        for table in [over_after(), about_after(), under_after()] {
            if let Some(n) = table.at(s, from) {
                from += n;
                break;
            }
        }
        if at(s, from) == '的' {
            from += 1;
        }
        let mut to = from;
        if at(s, from) == '“' {
            to = (from..(from + LONGEST).min(s.len()))
                .find(|k| at(s, *k) == '”')
                .map_or(from, |k| k + 1);
        }
        while to < s.len() && to - from < LONGEST && !is_punct(at(s, to)) && digit(at(s, to)).is_none() {
            to += 1;
        }
        if to > from && (is_han(at(s, from)) || at(s, from) == '“') {
            one.of = Some((from, to));
            return;
        }
        let mut start = one.start;
        for table in [over_before(), about_before(), under_before()] {
            if let Some(n) = table.before(s, start) {
                start -= n;
            }
        }
        let mut a = start;
        while a > self.from
            && start - a < LONGEST
            && (!is_punct(before(s, a)) || matches!(before(s, a), '”' | '“'))
            && digit(before(s, a)).is_none()
        {
            a -= 1;
        }
        // `6月底前建成标准化厂房`: neither the rest of a date nor the verb is counted, nor the verb before the number.
        while matches!(at(s, a), '年' | '月' | '日' | '底' | '末' | '前' | '内' | '的') && a < start {
            a += 1;
        }
        while let Some(n) = deliver_verbs().at(s, a).or_else(|| {
            adverbs()
                .at(s, a)
                .filter(|n| deliver_verbs().at(s, a + n).is_some())
        }) {
            if a + n + 2 > start {
                break;
            }
            a += n;
        }
        while let Some(n) = target_verbs().before(cut(s, 0, start), start) {
            if a + n + 2 > start {
                break;
            }
            start -= n;
        }
        if a < start {
            one.of = Some((a, start));
        }
    }
}

/// `1—2万人`: the low end takes the multiplier of the high end.
fn low_end(low: &Number, high: &Number) -> Option<Decimal> {
    if low.factor == Decimal::ONE && high.factor > Decimal::ONE && low.arabic {
        low.value.checked_mul(high.factor)
    } else {
        Some(low.value)
    }
}

fn is_range_mark(c: char) -> bool {
    matches!(c, '—' | '–' | '-' | '－' | '~' | '～' | '至' | '─')
}

fn is_numeral(c: char) -> bool {
    matches!(
        c,
        '一' | '二'
            | '三'
            | '四'
            | '五'
            | '六'
            | '七'
            | '八'
            | '九'
            | '十'
            | '两'
            | '百'
            | '千'
            | '万'
            | '亿'
            | '〇'
            | '零'
    )
}
