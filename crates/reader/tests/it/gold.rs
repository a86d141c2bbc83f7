//! Annotated pages and how well a reading agrees with them: by the places in the text, so that a page may be perturbed.

use std::collections::BTreeSet;
use std::fmt;

use bihuan_reader::{Article, ArticleKind, Document, Run, Value};

/// The annotated pages: name, text, gold. Those with `t` were used for tuning, those with `h` were first read when the
/// rules stood.
macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../pages/gold/", $name, ".txt")),
            include_str!(concat!("../pages/gold/", $name, ".gold.json")),
        )),*]
    };
}

/// Every annotated page; those with `v` and `w` were written by the hand that wrote the rules of their round, before it read them;
/// those with `x` by another hand, and opened before the rules of their round were written.
pub(crate) const PAGES: &[(&str, &str, &str)] = pages![
    "t1_torn_county",
    "t2_work_report",
    "t3_notice_list",
    "t4_safety_bulletin",
    "t5_narrow_doubled",
    "t6_livelihood",
    "h1_city_front",
    "h2_work_report_pdf",
    "h3_outlook",
    "h4_rectification",
    "h5_three_headed",
    "h6_tour_torn",
    "u1_narrow_lost_indent",
    "u2_big_report",
    "u3_key_points",
    "u4_speech_faults",
    "u5_front_halfwidth",
    "u6_five_year",
    "v1_town_notices",
    "v2_pasture",
    "v3_district_report",
    "w1_torn_river",
    "w2_torn_border",
    "w3_meeting",
    "w4_city_evening",
    "x1_torn_paper",
    "x2_web_report",
    "x3_evening",
];

/// A text to be read, each character with its place among the visible characters of the annotated page, if it has one.
pub(crate) type Traced = Vec<(char, Option<usize>)>;

/// The page as it is.
pub(crate) fn traced(text: &str) -> Traced {
    let mut n = 0usize;
    let mut place = |c: char| {
        (!c.is_whitespace()).then(|| {
            n += 1;
            n - 1
        })
    };
    text.chars().map(|c| (c, place(c))).collect()
}

/// The annotation of one article; places are positions among the visible characters.
pub(crate) struct Gold {
    pub(crate) title: Option<String>,
    truncated: bool,
    pub(crate) caption: bool,
    /// The body, in reading order.
    pub(crate) body: Vec<usize>,
    figures: Vec<(Vec<String>, String, bool)>,
    rows: Vec<Row>,
    checks: Vec<(BTreeSet<String>, bool)>,
}

struct Row {
    places: BTreeSet<usize>,
    value: Option<(Vec<String>, String)>,
    due: Option<String>,
    unsure: bool,
}

/// Reads the annotation of a page.
pub(crate) fn gold(text: &str, json: &str) -> Vec<Gold> {
    let dense: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let find = |from: usize, words: &str| -> usize {
        let words: Vec<char> = words.chars().collect();
        (from..dense.len())
            .find(|i| dense[*i..].starts_with(&words))
            .unwrap_or_else(|| panic!("{words:?}"))
    };
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let list = |v: &serde_json::Value, key: &str| v[key].as_array().cloned().unwrap_or_default();
    let articles = list(&json, "articles").into_iter().map(|a| {
        let mut body = Vec::new();
        for segment in list(&a, "segments") {
            let from = find(0, segment["first"].as_str().unwrap());
            let last = segment["last"].as_str().unwrap();
            body.extend(from..find(from, last) + last.chars().count());
        }
        let words: Vec<char> = body.iter().map(|i| dense[*i]).collect();
        let places = |quote: &str| -> BTreeSet<usize> {
            let quote: Vec<char> = quote.chars().filter(|c| !c.is_whitespace()).collect();
            let at = (0..words.len()).find(|i| words[*i..].starts_with(&quote));
            let at = at.unwrap_or_else(|| panic!("{quote:?} stands in the body"));
            body[at..at + quote.len()].iter().copied().collect()
        };
        let number = |v: &serde_json::Value| -> Vec<String> {
            let all = v.as_array().cloned().unwrap_or_else(|| vec![v.clone()]);
            all.iter().map(plain).collect()
        };
        let unit = |v: &serde_json::Value| unit_of(v["unit"].as_str().unwrap_or(""));
        Gold {
            title: a["title"].as_str().map(str::to_owned),
            truncated: a["title_truncated"] == true,
            caption: a["kind"] == "caption",
            figures: list(&a, "figures")
                .iter()
                .map(|f| (number(&f["value"]), unit(f), f["unsure"] == true))
                .collect(),
            rows: list(&a, "commitments")
                .iter()
                .map(|r| Row {
                    places: places(r["quote"].as_str().unwrap()),
                    value: (!r["value"].is_null()).then(|| (number(&r["value"]), unit(r))),
                    due: r["due"].as_str().map(str::to_owned),
                    unsure: r["unsure"] == true,
                })
                .collect(),
            checks: list(&a, "checks")
                .iter()
                .filter(|c| c["statement"].as_str().unwrap().contains(['+', '/', '%']))
                .map(|c| (numbers(c["statement"].as_str().unwrap()), c["holds"] == true))
                .collect(),
            body,
        }
    });
    articles.collect()
}

/// A number without trailing zeros.
fn plain(v: &serde_json::Value) -> String {
    let text = v.to_string();
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    text.to_owned()
}

fn unit_of(unit: &str) -> String {
    unit.replace("㎡", "平方米")
        .replace("m²", "平方米")
        .replace('％', "%")
}

fn numbers(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    parts
        .filter(|p| p.chars().any(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

fn value_of(value: &Value) -> Vec<String> {
    match value {
        Value::One(n) => vec![n.normalize().to_string()],
        Value::Range(a, b) => vec![a.normalize().to_string(), b.normalize().to_string()],
    }
}

/// How many there are, how many were found, how many of those found are right.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    articles: [usize; 3],
    titles: [usize; 2],
    titles_given: [usize; 2],
    figures: [usize; 3],
    rows: [usize; 2],
    rows_given: [usize; 2],
    one_to_one: usize,
    attributes: [usize; 2],
    checks: [usize; 2],
    /// Faults stated that the annotation does not know.
    pub(crate) invented: usize,
}

fn share(part: usize, whole: usize) -> u32 {
    let thousandths = (part * 1000 + whole / 2).checked_div(whole).unwrap_or(1000);
    u32::try_from(thousandths).unwrap()
}

fn f1(p: u32, r: u32) -> u32 {
    (2 * p * r).checked_div(p + r).unwrap_or(0)
}

impl Score {
    pub(crate) fn articles(&self) -> u32 {
        f1(
            share(self.articles[2], self.articles[1]),
            share(self.articles[2], self.articles[0]),
        )
    }

    pub(crate) fn titles(&self) -> u32 {
        share(self.titles[1], self.titles[0])
    }

    pub(crate) fn titles_given(&self) -> u32 {
        share(self.titles_given[1], self.titles_given[0])
    }

    pub(crate) fn figures(&self) -> u32 {
        f1(
            share(self.figures[2], self.figures[1]),
            share(self.figures[2], self.figures[0]),
        )
    }

    pub(crate) fn rows(&self) -> u32 {
        f1(
            share(self.rows_given[1], self.rows_given[0]),
            share(self.rows[1], self.rows[0]),
        )
    }

    pub(crate) fn one_to_one(&self) -> u32 {
        share(self.one_to_one, self.rows[0])
    }

    pub(crate) fn attributes(&self) -> u32 {
        share(self.attributes[1], self.attributes[0])
    }

    pub(crate) fn checks(&self) -> u32 {
        share(self.checks[1], self.checks[0])
    }

    pub(crate) fn add(&mut self, other: &Score) {
        let sum = |a: &mut [usize], b: &[usize]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        sum(&mut self.articles, &other.articles);
        sum(&mut self.titles, &other.titles);
        sum(&mut self.titles_given, &other.titles_given);
        sum(&mut self.figures, &other.figures);
        sum(&mut self.rows, &other.rows);
        sum(&mut self.rows_given, &other.rows_given);
        sum(&mut self.attributes, &other.attributes);
        sum(&mut self.checks, &other.checks);
        self.one_to_one += other.one_to_one;
        self.invented += other.invented;
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            self.articles(),
            self.titles(),
            self.titles_given(),
            self.figures(),
            self.rows(),
            self.one_to_one(),
            self.attributes(),
            self.checks(),
        ];
        for n in all {
            write!(f, " {}.{:03} |", n / 1000, n % 1000)?;
        }
        write!(f, " {} |", self.invented)
    }
}

/// Where the runs of a reading stand on the annotated page.
fn places(text: &Traced, runs: &[Run]) -> BTreeSet<usize> {
    runs.iter()
        .flat_map(|[a, b]| &text[*a..*b])
        .filter_map(|(_, place)| *place)
        .collect()
}

fn shared(a: &BTreeSet<usize>, b: &BTreeSet<usize>) -> usize {
    a.intersection(b).count()
}

/// The hull of two sets of places, counted on the body.
fn together(body: &[usize], a: &BTreeSet<usize>, b: &BTreeSet<usize>) -> usize {
    let all: BTreeSet<&usize> = a.union(b).collect();
    let at = |p: usize| body.iter().position(|i| *i == p);
    match (
        all.first().and_then(|p| at(**p)),
        all.last().and_then(|p| at(**p)),
    ) {
        (Some(from), Some(to)) if to >= from => to - from + 1,
        _ => all.len(),
    }
}

fn printed(title: &str) -> String {
    let half = |c: char| match c {
        '，' => ',',
        '：' => ':',
        '（' => '(',
        '）' => ')',
        '“' | '”' => '"',
        c => c,
    };
    title.chars().filter(|c| !c.is_whitespace()).map(half).collect()
}

/// Holds a reading of the (perturbed) page against its annotation.
pub(crate) fn score(document: &Document, text: &Traced, gold: &[Gold]) -> Score {
    let mut score = Score::default();
    let wanted: Vec<&Gold> = gold.iter().filter(|g| !g.caption).collect();
    let given: Vec<&Article> = document
        .articles
        .iter()
        .filter(|a| a.kind != ArticleKind::Caption)
        .collect();
    let bodies: Vec<BTreeSet<usize>> = given.iter().map(|a| places(text, &a.runs)).collect();
    let wanted_bodies: Vec<BTreeSet<usize>> =
        wanted.iter().map(|g| g.body.iter().copied().collect()).collect();
    score.articles[0] = wanted.len();
    score.articles[1] = given.len();
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (i, own) in wanted_bodies.iter().enumerate() {
        for (j, body) in bodies.iter().enumerate() {
            let alike = 2000 * shared(own, body) / (own.len() + body.len()).max(1);
            pairs.push((alike, i, j));
        }
    }
    pairs.sort_by_key(|(alike, _, _)| std::cmp::Reverse(*alike));
    let mut of: Vec<Option<usize>> = vec![None; wanted.len()];
    let mut used = vec![false; given.len()];
    for (alike, i, j) in pairs {
        if alike >= 500 && of[i].is_none() && !used[j] {
            of[i] = Some(j);
            used[j] = true;
            score.articles[2] += usize::from(alike >= 950);
        }
    }
    for (own, j) in wanted.iter().zip(&of) {
        let article = j.map(|j| given[j]);
        article_score(own, article, text, &mut score);
    }
    for (_, article) in given.iter().enumerate().filter(|(j, _)| !used[*j]) {
        score.figures[1] += article.figures.len();
        score.rows_given[0] += article.commitments.len();
    }
    score
}

fn article_score(own: &Gold, article: Option<&Article>, text: &Traced, score: &mut Score) {
    let title = article.and_then(|a| a.title.as_deref()).map(printed);
    let wanted = own.title.as_deref().map(printed);
    let right = title.is_some() && (title == wanted || own.truncated);
    if wanted.is_some() {
        score.titles[0] += 1;
        score.titles[1] += usize::from(right);
    }
    if title.is_some() {
        score.titles_given[0] += 1;
        score.titles_given[1] += usize::from(right);
    }
    let figures = article.map(|a| a.figures.as_slice()).unwrap_or_default();
    let mut left: Vec<(Vec<String>, String)> = figures
        .iter()
        .map(|f| (value_of(&f.value), unit_of(&f.unit)))
        .collect();
    for (value, unit, unsure) in own
        .figures
        .iter()
        .filter(|f| !f.2)
        .chain(own.figures.iter().filter(|f| f.2))
    {
        let found = left.iter().position(|f| f.0 == *value && f.1 == *unit);
        score.figures[0] += usize::from(!unsure);
        if let Some(at) = found {
            left.remove(at);
            score.figures[1] += usize::from(!unsure);
            score.figures[2] += usize::from(!unsure);
        }
    }
    score.figures[1] += left.len();
    let rows = article.map(|a| a.commitments.as_slice()).unwrap_or_default();
    let at: Vec<BTreeSet<usize>> = rows.iter().map(|r| places(text, &r.at)).collect();
    for row in own.rows.iter().filter(|r| !r.unsure) {
        let found = at.iter().any(|p| {
            10 * shared(p, &row.places) >= 6 * row.places.len() && p.len() <= 4 * row.places.len() + 12
        });
        score.rows[0] += 1;
        score.rows[1] += usize::from(found);
    }
    for place in &at {
        let best = own
            .rows
            .iter()
            .map(|r| shared(place, &r.places))
            .max()
            .unwrap_or(0);
        score.rows_given[0] += 1;
        score.rows_given[1] += usize::from(2 * best >= place.len().min(40));
    }
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (i, row) in own.rows.iter().enumerate() {
        for (j, place) in at.iter().enumerate() {
            let both = shared(place, &row.places);
            if both > 0 {
                pairs.push((1000 * both / together(&own.body, place, &row.places), i, j));
            }
        }
    }
    pairs.sort_by_key(|(alike, _, _)| std::cmp::Reverse(*alike));
    let (mut taken, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (alike, i, j) in pairs {
        if alike < 400 || taken.contains(&i) || used.contains(&j) {
            continue;
        }
        taken.insert(i);
        used.insert(j);
        let (row, found) = (&own.rows[i], &rows[j]);
        score.one_to_one += usize::from(!row.unsure);
        if let Some((value, unit)) = &row.value {
            let right = found.value.as_ref().is_some_and(|v| value_of(v) == *value)
                && found.unit.as_deref().map(unit_of).as_deref() == Some(unit);
            score.attributes[0] += 1;
            score.attributes[1] += usize::from(right);
        }
        if let Some(due) = &row.due {
            score.attributes[0] += 1;
            score.attributes[1] += usize::from(found.due.map(|d| d.to_string()).as_ref() == Some(due));
        }
    }
    let checks = article.map(|a| a.checks.as_slice()).unwrap_or_default();
    for (known, holds) in &own.checks {
        let found = checks
            .iter()
            .any(|c| known.is_subset(&numbers(&c.statement)) && c.holds == *holds);
        score.checks[0] += 1;
        score.checks[1] += usize::from(found);
    }
    let faults = checks.iter().filter(|c| !c.holds);
    score.invented += faults
        .filter(|c| {
            !own.checks
                .iter()
                .any(|(known, holds)| !holds && known.is_subset(&numbers(&c.statement)))
        })
        .count();
}
