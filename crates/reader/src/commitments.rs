//! Undertakings, targets and instructions that are still to be fulfilled: one row a deliverable, each with the reason
//! for which it is proposed.

mod telling;

use jiff::civil::Date;

use crate::calls::{bracket_start, call, responsible};
use crate::chars::{at, cut, has_at};
use crate::clauses::{Sentence, sentences};
use crate::coverage::{Told, Why};
use crate::dates::{due, is_deadline};
use crate::deadlines;
use crate::evidence::{self, Frame, Scope};
use crate::figures::Found;
use crate::insisted::{Insisted, insisted};
use crate::labels::is_label;
use crate::lists::split;
use crate::model::{Commitment, CommitmentKind};
use crate::principal::main_figure;
use crate::rows::{Reading, Row, Verb, figures_within, reading, told_to};
use crate::stance::{Stance, Stances};
use crate::stream::Stream;
use crate::times::{enumerator, time_len};

/// What a body commits somebody to, and what its clauses were taken for.
#[derive(Debug, Default)]
pub(crate) struct Commitments {
    /// The rows, in order.
    pub(crate) rows: Vec<Commitment>,
    /// Where each row stands in the stream.
    pub(crate) places: Vec<(usize, usize)>,
    /// What each clause was taken for, in order.
    pub(crate) told: Vec<Told>,
}

/// The commitments of a body, in order.
pub(crate) fn commitments(
    stream: &Stream,
    figures: &[Found],
    stances: &Stances,
    year: Option<i16>,
    written: Option<Date>,
) -> Commitments {
    let mut all_found = Commitments::default();
    let Commitments { rows, places, told } = &mut all_found;
    let mut mood = Mood::default();
    for (k, paragraph) in stream.paragraphs.iter().enumerate() {
        if paragraph.heading {
            continue;
        }
        let stance = stances.paragraphs.get(k).copied().unwrap_or(Stance::Open);
        let all = sentences(stream, paragraph);
        // What a paragraph has shown ends with it, unless the next is an item of its list.
        if mood.list && evidence::tells_of_the_meeting(&stream.chars, paragraph.start) {
            mood.list = false;
        }
        if !mood.list && enumerator(&stream.chars, paragraph.start) == 0 {
            mood = Mood {
                scope: mood.scope.filter(|scope| scope.firm),
                ..Mood::default()
            };
        }
        let mut item = rows.len();
        for (i, sentence) in all.iter().enumerate() {
            if enumerator(&stream.chars, sentence.start()) > 0 {
                item = rows.len();
            }
            let next = all.get(i + 1).map(Sentence::start);
            let next = next.or_else(|| stream.paragraphs.get(k + 1).map(|p| p.start));
            // In a look back no list is announced that is still to be done.
            let announced = stance != Stance::Past
                && evidence::announces(&stream.chars, sentence.start(), sentence.end(), next);
            if stance != Stance::Past
                && evidence::asks_what_to_do(&stream.chars, sentence.start(), sentence.end())
            {
                mood.frame = Frame::Ahead;
                told.push(Told {
                    start: sentence.start(),
                    why: Why::Heading,
                    row: None,
                });
                continue;
            }
            if announced {
                let text = cut(&stream.chars, sentence.start(), sentence.end());
                mood = Mood {
                    frame: Frame::Ahead,
                    scope: evidence::year_ahead(text, year, None).or(mood.scope),
                    list: i + 1 == all.len(),
                    insisted: mood.insisted,
                };
            }
            if is_label(stream, sentence, all.get(i + 1), next, figures) {
                if sentence
                    .clauses
                    .iter()
                    .any(|c| evidence::demands(&stream.chars, c))
                {
                    mood.frame = Frame::Ahead;
                }
                told.push(Told {
                    start: sentence.start(),
                    why: Why::Heading,
                    row: None,
                });
                continue;
            }
            let mut reader = Reader {
                stream,
                figures,
                stance,
                stances,
                year,
                written,
                rows: &mut *rows,
                places: &mut *places,
                told: &mut *told,
                mood,
            };
            reader.sentence(sentence);
            mood = reader.mood;
            if announced {
                mood.frame = Frame::Ahead;
            }
            // `他要求，…做到“四个确保”。` at the end of a paragraph: each of them is a paragraph of its own.
            if mood.insisted == Insisted::Asked
                && i + 1 == all.len()
                && evidence::counts_what_follows(&stream.chars, sentence.start(), sentence.end())
            {
                mood.list = true;
            }
            // `（…；完成时限：2025年6月底）` after an item says when its rows are due.
            if let Some(day) = deadlines::in_bracket(&stream.chars, sentence.start(), sentence.end(), year) {
                for row in rows.iter_mut().skip(item) {
                    row.due = Some(day);
                    row.why.retain(|why| *why != "reader.why_due_plan");
                    if !row.why.contains(&"reader.why_due_text") {
                        row.why.push("reader.why_due_text");
                    }
                }
            }
            // `（责任单位：县住建局）` after an item names the owner of its rows.
            if let Some((a, b)) = responsible(&stream.chars, sentence.start(), sentence.end()) {
                let unit = stream.quote(a, b);
                for row in rows.iter_mut().skip(item).filter(|row| row.owner.is_none()) {
                    row.owner = Some(unit.clone());
                }
                item = rows.len();
            }
        }
    }
    all_found
}

/// What the sentences before have shown.
#[derive(Clone, Copy, Debug, Default)]
struct Mood {
    frame: Frame,
    /// The year that they look at; what they name is due at its end.
    scope: Option<Scope>,
    /// A list was announced: its items may be paragraphs of their own.
    list: bool,
    /// Whether somebody asks for what follows.
    insisted: Insisted,
}

struct Reader<'a> {
    stream: &'a Stream,
    figures: &'a [Found],
    stance: Stance,
    stances: &'a Stances,
    year: Option<i16>,
    written: Option<Date>,
    rows: &'a mut Vec<Commitment>,
    places: &'a mut Vec<(usize, usize)>,
    told: &'a mut Vec<Told>,
    mood: Mood,
}

impl Reader<'_> {
    fn sentence(&mut self, sentence: &Sentence) {
        let s = &self.stream.chars;
        let plan = self.stance == Stance::Plan;
        let scope = evidence::year_ahead(
            cut(s, sentence.start(), sentence.end()),
            self.year,
            self.mood.scope.map(|scope| scope.year),
        );
        let history = evidence::tells_history(s, sentence, self.year);
        let told = evidence::tells_no_deed(s, sentence)
            || plan
                && history
                && !sentence.clauses.iter().any(|c| {
                    let text = cut(s, c.start, c.end);
                    evidence::looks_ahead(text, self.year) || call(s, c, false).is_some()
                });
        let listed = self.mood.list || enumerator(s, sentence.start()) > 0;
        let carried = self.mood.frame == Frame::Ahead && !history && self.stance != Stance::Past;
        let (first, first_told) = (self.rows.len(), self.told.len());
        let mut called = false;
        let mut how = if plan {
            Insisted::Asked
        } else if carried {
            self.mood.insisted
        } else {
            Insisted::No
        };
        let mut owner: Option<(usize, usize)> = None;
        // The unit whose head speaks.
        let mut spoken: Option<(usize, usize)> = None;
        // Who was named and told to do something, up to the next semicolon.
        let mut named_by: Option<(usize, usize)> = None;
        let mut told_done = false;
        let mut prefix: Option<usize> = None;
        // The day named before in the sentence, and whether it stood in a clause of its own.
        let mut named: Option<(Date, bool)> = None;
        for (n, clause) in sentence.clauses.iter().enumerate() {
            let mut from = clause.start;
            let end = bracket_start(s, clause);
            let text = cut(s, clause.start, end);
            // `（县发改局牵头，县财政局配合）` behind an item.
            if matches!(at(s, clause.start), '（' | '(') && responsible(s, clause.start, clause.end).is_some()
            {
                self.tell_of_last(clause.start, Why::Owner);
                continue;
            }
            if let Some(leader) = evidence::led_by(s, clause) {
                owner = Some(leader);
                self.tell(clause.start, Why::Owner);
                continue;
            }
            if let Some(unit) = evidence::spoken_by(s, clause) {
                owner = owner.or(Some(unit));
                spoken = Some(unit);
                how = how.max(Insisted::Said);
                self.tell(clause.start, Why::Speaker);
                continue;
            }
            if evidence::only_speaks(text, clause.mark) {
                how = how.max(Insisted::Said);
                self.tell(clause.start, Why::Speaker);
                continue;
            }
            if evidence::demands(s, clause) {
                called = true;
                how = Insisted::Asked;
                self.tell(clause.start, Why::Speaker);
                continue;
            }
            if evidence::says(text, clause.mark) {
                how = how.max(Insisted::Said);
            }
            let bygone = !plan && evidence::is_bygone(text);
            let call = call(s, clause, plan || called || carried).filter(|_| !bygone);
            if let Some(call) = &call {
                called = true;
                how = Insisted::Asked;
                from = call.after;
                if call.owner.is_some() {
                    owner = call.owner;
                    named_by = call.owner;
                }
            }
            // `目前已开工27个，完工5个`: what is done in one clause is done in the next, unless a time begins anew.
            let again = told_done
                && !evidence::looks_ahead(text, self.year)
                && time_len(s, from) == 0
                && !["今年", "力争", "争取", "将", "要"]
                    .iter()
                    .any(|w| has_at(s, from, w));
            let going_on = evidence::goes_on(text) && !evidence::looks_ahead(text, self.year);
            let done = call.is_none() && (evidence::is_done(text) || bygone || again || going_on);
            told_done = done && matches!(clause.mark, '，' | ',' | '、');
            let ahead = !plan && !done && evidence::looks_ahead(text, self.year);
            // A time in a clause of its own (`6月底前，…`) holds for what follows.
            called |= ahead && (time_len(s, from) >= text.len() || matches!(clause.mark, '：' | ':'));
            if called || ahead {
                self.mood.scope = scope.or(self.mood.scope);
            }
            let year = if plan {
                self.stances.plan_year
            } else {
                let scoped = self.mood.scope.or(scope).map(|scope| scope.year);
                match scoped {
                    Some(scoped)
                        if self.year.is_some_and(|page| {
                            let seen = deadlines::Seen {
                                page,
                                scoped,
                                written: self.written,
                            };
                            deadlines::says_this_year(s, sentence, n, end, seen)
                        }) =>
                    {
                        self.year
                    }
                    year => year.or(self.year),
                }
            };
            // `明年` goes by the page's year, which the scope of its own sentence has already added to.
            let from_year = if evidence::names_next_year(text) && !plan {
                self.year
            } else {
                year
            };
            let own_due = due(text, from_year)
                .or_else(|| deadlines::near_day(text, self.written))
                .filter(|_| !done);
            if let Some(day) = own_due
                && (plan || called || ahead || carried)
                && self.close_work(first, clause.start, end, day)
            {
                self.tell_of_last(clause.start, Why::Due);
                continue;
            }
            // `做好明年工作，要…` and `农业方面，…` name the field of what follows.
            let next = sentence.clauses.get(n + 1).map_or(end, |c| c.start);
            let field = (call.is_none()
                && called
                && at(s, from) != '对'
                && matches!(clause.mark, '，' | ',')
                && at(s, next) == '要')
                || ["方面", "领域", "上"]
                    .iter()
                    .any(|w| text.len() <= 10 && crate::chars::has_before(s, end, w))
                    && !crate::chars::has_before(s, end, "以上");
            let done = done || field || told || evidence::describes(text, plan || listed || carried);
            let mut by_words = false;
            let object = called || ahead || plan || carried || at(s, from) == '对';
            let read = if object && !done {
                reading(s, from, end, self.figures, prefix.is_some())
            } else {
                Reading::Nothing
            };
            let read = match read {
                // Who is named and told to do it answers for it, even where the words alone say little.
                Reading::Nothing if named_by.is_some() && called && !done && !field => {
                    told_to(s, from, end, self.figures)
                }
                read => read,
            };
            let read = if object && !done && !field {
                deadlines::plainer(s, from, end, self.figures, read, called || carried || plan)
            } else {
                read
            };
            let read = match read {
                Reading::Nothing | Reading::Prefix if !done && !field => {
                    let prefixed = read == Reading::Prefix;
                    // Behind a deed that is surely to come the one who speaks goes on to say what is.
                    let how = if called && self.rows.len() > first {
                        Insisted::Asked
                    } else {
                        how
                    };
                    insisted(s, from, end, self.figures, how, prefixed).map_or(read, |row| {
                        by_words = true;
                        Reading::Row(row)
                    })
                }
                read => read,
            };
            // `3条巴士将于7月18日正式开通`: what begins on a day to come, whatever its verb.
            let read = match evidence::opens_on(text).filter(|_| !done && !field) {
                Some((k, day)) if read == Reading::Nothing && clause.start + k >= from + 2 => {
                    Reading::Row(Row::opening(from, clause.start + day, end))
                }
                _ => read,
            };
            let read = match read {
                // Behind a deed to come a bare deed is to come as well; where nothing says so, it is not.
                Reading::Row(row) if !(plan || called || ahead || by_words) => {
                    let numbered = figures_within(self.figures, row.start, end).next().is_some();
                    let deed = row.verb == Verb::Deliver || numbered;
                    // `…二期工程，日处理能力达到3万立方米`
                    let reaches = row.target && self.rows.len() > first && row.action > row.start;
                    let unit = row.subject.is_some_and(|(a, b)| deadlines::is_unit(cut(s, a, b)));
                    let bare = row.bare || listed || reaches || unit;
                    // `…；教育局严查校车超员`: who was asked before is asked still.
                    let asked = carried && unit && how == Insisted::Asked;
                    if carried && deed && bare || asked {
                        read
                    } else {
                        insisted(s, from, end, self.figures, how, false)
                            .filter(|_| !done)
                            .map_or(Reading::Nothing, Reading::Row)
                    }
                }
                read => read,
            };
            if let Some(day) = own_due {
                let nothing = read == Reading::Nothing;
                // `3月21日从园林局获悉`: the day of the news is no deadline.
                if plan || !nothing || is_deadline(text) {
                    named = Some((day, nothing));
                }
            }
            match read {
                Reading::Row(_) => self.tell(clause.start, Why::Beside),
                Reading::Prefix => self.tell(clause.start, Why::Field),
                Reading::Nothing => {
                    let asks = plan || called || ahead || carried;
                    let why = self.why_not(clause, end, done && !field, asks, own_due.is_some(), field);
                    self.tell(clause.start, why);
                }
            }
            match read {
                Reading::Row(row) => {
                    let start = prefix.take().unwrap_or(row.start);
                    let row = Row {
                        start: start.min(row.start),
                        ..row
                    };
                    // A day in a clause of its own holds for what follows; one inside an undertaking only for what
                    // is delivered beside it, not for the steady work behind it; in a plan not even for that.
                    let day = named.filter(|(_, alone)| {
                        own_due.is_some() || *alone || row.verb == Verb::Deliver && !plan
                    });
                    self.push(end, &row, owner, day.map(|(day, _)| day));
                    called |= ahead;
                    if by_words {
                        self.mood.frame = Frame::Ahead;
                    }
                }
                Reading::Prefix => prefix = Some(from + enumerator(s, from)),
                Reading::Nothing => prefix = None,
            }
            if matches!(clause.mark, '；' | ';') {
                owner = owner.filter(|unit| spoken.is_some_and(|(a, b)| *unit == (a, b)));
                named_by = None;
                named = named.filter(|(_, alone)| *alone);
            }
        }
        self.settle(first_told, first);
        self.mood.insisted = how;
        if called {
            self.mood.frame = Frame::Ahead;
        } else if history {
            self.mood = Mood {
                frame: Frame::Past,
                list: self.mood.list,
                scope: None,
                insisted: Insisted::No,
            };
        }
    }

    /// `…3500个，5月底前完成`: the deadline goes to the rows of the sentence before it, and belongs to the last of them.
    fn close_work(&mut self, first: usize, a: usize, b: usize, day: Date) -> bool {
        let s = &self.stream.chars;
        let Some(whole) = evidence::closes_work(s, a, b) else {
            return false;
        };
        let explicit = "reader.why_due_text";
        let rows = self.rows.get_mut(first..).unwrap_or_default();
        let open = rows
            .iter_mut()
            .rev()
            .take_while(|row| !row.why.contains(&explicit));
        let mut any = false;
        for row in open {
            any = true;
            row.due = Some(day);
            row.why.retain(|why| *why != "reader.why_due_plan");
            row.why.push(explicit);
        }
        any && !whole
    }

    fn push(&mut self, end: usize, row: &Row, owner: Option<(usize, usize)>, named_due: Option<Date>) {
        let s = &self.stream.chars;
        /// A row has seldom more.
        const REASONS: usize = 4;
        let plan = self.stance == Stance::Plan;
        let plan_due = self
            .stances
            .plan_year
            .filter(|_| plan)
            .and_then(|year| Date::new(year, 12, 31).ok());
        let scope_due = self
            .mood
            .scope
            .and_then(|scope| Date::new(scope.year, 12, 31).ok());
        let owner = row
            .subject
            .filter(|_| owner.is_none())
            .or(owner)
            .map(|(a, b)| self.stream.quote(a, b));
        let action = self.stream.quote(row.action, row.verb_end);
        let parts = split(s, row, end, self.figures);
        for (n, (a, b)) in parts.iter().copied().enumerate() {
            let done_to = if n == 0 { row.action } else { a };
            let figure = main_figure(s, self.figures, a, b, done_to);
            let object = if n == 0 {
                self.stream.quote(row.verb_end.min(b), b)
            } else {
                self.stream.quote(a, b)
            };
            let mut why = Vec::with_capacity(REASONS);
            why.push(if plan {
                "reader.why_plan"
            } else {
                "reader.why_called"
            });
            why.push(match row.verb {
                Verb::Deliver => "reader.why_deliver",
                Verb::Measure => "reader.why_measure",
                Verb::Effect | Verb::Slogan => "reader.why_effect",
            });
            if figure.is_some() {
                why.push("reader.why_number");
            } else if row.concrete {
                why.push("reader.why_object");
            }
            if parts.len() > 1 {
                why.push("reader.why_split");
            }
            let due = named_due.or(plan_due).or(scope_due);
            if due.is_some() {
                why.push(if named_due.is_some() {
                    "reader.why_due_text"
                } else {
                    "reader.why_due_plan"
                });
            }
            self.rows.push(Commitment {
                quote: self.stream.quote(a, b),
                owner: owner.clone(),
                action: (!action.is_empty()).then(|| action.clone()),
                object: (!object.is_empty()).then_some(object),
                value: figure.map(|f| f.value),
                unit: figure.map(|f| f.unit.clone()),
                due,
                at: self.stream.runs(a, b),
                kind: self.kind(row, a, b, figure.is_some()),
                why,
            });
            self.places.push((a, b));
        }
    }

    fn kind(&self, row: &Row, a: usize, b: usize, number: bool) -> CommitmentKind {
        let text = cut(&self.stream.chars, a, b);
        let rule = ["严禁", "禁止", "不得", "一律"]
            .iter()
            .any(|w| crate::chars::contains(text, w))
            || (["制度", "机制", "办法"]
                .iter()
                .any(|w| text.ends_with(&w.chars().collect::<Vec<char>>()))
                && row.verb == Verb::Deliver);
        if rule {
            CommitmentKind::Rule
        } else if number && (row.target || self.stance == Stance::Plan && row.verb <= Verb::Effect) {
            CommitmentKind::Target
        } else if self.stance == Stance::Plan || row.verb == Verb::Deliver && number {
            if number {
                CommitmentKind::Target
            } else {
                CommitmentKind::Project
            }
        } else {
            CommitmentKind::Instruction
        }
    }
}
