//! Tables of tasks (任务分解表、重点任务台账): which columns say what is to be done, by whom and by when; each row becomes a
//! proposed row beside those of the running text.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Opened;
use super::page::Placed;
use crate::Options;
use crate::chars::{cut, string};
use crate::model::{
    Article, ArticleKind, Commitment, CommitmentKind, Coverage, CoverageClass, Document, Figure, Run, Value,
};
use crate::table::{Cell, Likely, Month, Table, day, likely, number, tables_of};

/// A table whose rows say what is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskTable {
    /// What stands above it.
    pub title: Option<String>,
    /// Where it stands, its title lines included, in Unicode scalar positions.
    pub at: Run,
    /// Its rows.
    pub rows: Vec<TaskRow>,
    /// The year that its title names.
    year: Option<i16>,
    epoch_1904: bool,
}

/// A row of such a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRow {
    /// The whole line.
    pub line: Run,
    /// The task (任务), and where it stands.
    pub task: (String, Run),
    /// The goal (目标) or measure, and where it stands.
    pub goal: Option<(String, Run)>,
    /// The lead unit (牵头单位) as written.
    pub owner: Option<String>,
    /// Supporting units (配合单位) as written.
    pub supporting: Vec<String>,
    /// The person in charge (责任人).
    pub person: Option<String>,
    /// The deadline (时限) as written.
    pub due: Option<String>,
    /// An amount in yuan, where the table has a column of money.
    pub amount: Option<Decimal>,
    /// The cell of the deadline, for reading it with a year.
    due_cell: Cell,
}

impl TaskRow {
    /// Where what is asked for stands: the task and its goal.
    pub fn at(&self) -> Vec<Run> {
        let mut at = vec![self.task.1];
        at.extend(
            self.goal
                .as_ref()
                .map(|(_, run)| *run)
                .filter(|run| run[0] < run[1]),
        );
        at.sort_unstable();
        at.dedup();
        at
    }
}

/// The tables of tasks on a sheet or in a table of a document.
pub(super) fn tables(placed: &Placed) -> Vec<TaskTable> {
    let found = tables_of(&placed.grid).unwrap_or_default();
    let mut out: Vec<TaskTable> = Vec::new();
    let several = found.len() > 1;
    for table in &found {
        let Some(columns) = Columns::of(table) else {
            continue;
        };
        let rows: Vec<TaskRow> = table
            .rows
            .iter()
            .filter_map(|row| columns.row(table, row.number.saturating_sub(1), &row.cells, placed))
            .collect();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            continue;
        };
        // The header stands above its rows; a table that is alone on its sheet takes title and foot with it.
        let head = placed
            .rows
            .get(&table.header_row.saturating_sub(1))
            .map_or(first.line[0], |run| run[0]);
        let at = if several {
            [head, last.line[1]]
        } else {
            placed.span
        };
        out.push(TaskTable {
            title: table.title.clone(),
            at,
            rows,
            year: table.year,
            epoch_1904: table.epoch_1904,
        });
    }
    out
}

/// A table without a title of its own takes the short line right above it, if that speaks of a table.
pub(super) fn give_titles(text: &str, tables: &mut [TaskTable]) {
    const TITLE_CHARS_MAX: usize = 40;
    let chars: Vec<char> = text.chars().collect();
    let mut end_before = 0usize;
    for table in tables {
        if table.title.is_none() {
            let above = cut(&chars, end_before.min(table.at[0]), table.at[0]);
            let tail = above.iter().rev().take_while(|c| c.is_whitespace()).count();
            let to = table.at[0].saturating_sub(tail);
            let length = cut(&chars, 0, to)
                .iter()
                .rev()
                .take_while(|c| **c != '\n')
                .count();
            let line = string(cut(&chars, to.saturating_sub(length), to));
            let line = line.trim();
            let speaks = ["表", "台账", "清单", "任务", "一览"]
                .iter()
                .any(|word| line.contains(word));
            let short = (4..=TITLE_CHARS_MAX).contains(&line.chars().count());
            if speaks && short && !line.contains(['。', '；', '，']) && tail <= 3 && length <= above.len()
            {
                table.title = Some(line.to_owned());
                table.year = table
                    .year
                    .or_else(|| crate::years::usual_year(&line.chars().collect::<Vec<_>>()));
                table.at[0] = to.saturating_sub(length);
            }
        }
        end_before = table.at[1];
    }
}

/// Which columns mean what, as places among the columns of the table.
struct Columns {
    task: usize,
    goal: Option<usize>,
    owner: Option<usize>,
    supporting: Option<usize>,
    person: Option<usize>,
    due: Option<usize>,
    amount: Option<usize>,
}

impl Columns {
    /// `None` where the table does not say what is to be done by whom or by when.
    fn of(table: &Table) -> Option<Columns> {
        let meant: Vec<Option<(Likely, u8)>> = table
            .columns
            .iter()
            .map(|column| likely(&column.header))
            .collect();
        let best = |wanted: Likely| {
            meant
                .iter()
                .enumerate()
                .filter_map(|(place, meant)| {
                    meant.filter(|(l, _)| *l == wanted).map(|(_, sure)| (place, sure))
                })
                // The first of equally sure columns.
                .max_by_key(|(place, sure)| (*sure, std::cmp::Reverse(*place)))
                .map(|(place, _)| place)
        };
        let (title, content) = (best(Likely::Title), best(Likely::Content));
        let task = title.or(content)?;
        let columns = Columns {
            task,
            goal: content.filter(|place| *place != task),
            owner: best(Likely::Owner),
            supporting: best(Likely::Supporting),
            person: best(Likely::Person).or(best(Likely::Leader)),
            due: best(Likely::Due),
            amount: best(Likely::Amount),
        };
        let says = columns.owner.is_some() || columns.due.is_some() || columns.person.is_some();
        says.then_some(columns)
    }

    fn row(&self, table: &Table, row: u32, cells: &[Cell], placed: &Placed) -> Option<TaskRow> {
        let text = |place: Option<usize>| {
            place
                .and_then(|place| cells.get(place))
                .map(Cell::text)
                .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
                .filter(|text| !text.is_empty())
        };
        let line = *placed.rows.get(&row)?;
        let run = |place: usize| {
            let column = column_of(&table.columns.get(place)?.letter);
            placed
                .cells
                .get(&(row, column))
                // A merged cell stands in the first of its rows.
                .or_else(|| {
                    placed
                        .cells
                        .range((0, column)..(row, column))
                        .rev()
                        .find(|((_, c), _)| *c == column)
                        .map(|(_, run)| run)
                })
                .copied()
        };
        let task = text(Some(self.task))?;
        if task.chars().filter(|c| c.is_alphabetic()).count() < 2 {
            return None;
        }
        let own = run(self.task).filter(|run| run[0] >= line[0]);
        let goal = text(self.goal)
            .zip(self.goal.and_then(run))
            .filter(|(_, run)| run[0] >= line[0]);
        // A task merged over several rows of goals: each goal is a row of its own.
        let at = own.or(goal.as_ref().map(|(_, run)| *run))?;
        let units = |place| {
            text(place).map_or_else(Vec::new, |text: String| {
                text.split(['、', '，', ',', '；', ';', ' ', '/'])
                    .map(str::trim)
                    .filter(|unit| !unit.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
        };
        let mut owners = units(self.owner).into_iter();
        let owner = owners.next();
        let mut supporting: Vec<String> = owners.collect();
        supporting.extend(units(self.supporting));
        let header = |place: usize| table.columns.get(place).map(|column| column.header.as_str());
        let amount = self.amount.and_then(|place| {
            let unit = header(place).and_then(|header| crate::table::unit_in(header, "元"));
            let unit = unit.or_else(|| table.unit.clone());
            number(cells.get(place)?, unit.as_deref(), "元").ok()
        });
        Some(TaskRow {
            line,
            task: (task, at),
            goal,
            owner,
            supporting,
            person: text(self.person),
            due: text(self.due),
            amount: amount.map(|amount| amount.value),
            due_cell: self
                .due
                .and_then(|place| cells.get(place))
                .cloned()
                .unwrap_or_default(),
        })
    }
}

fn column_of(letters: &str) -> usize {
    letters
        .bytes()
        .fold(0usize, |n, letter| {
            n.saturating_mul(26)
                .saturating_add(usize::from(letter.saturating_sub(b'A')))
                .saturating_add(1)
        })
        .saturating_sub(1)
}

/// Reads the running text around the tables of tasks, and the tables row by row.
pub(super) fn read(source: &str, opened: &Opened, options: &Options) -> Document {
    if opened.tables.is_empty() {
        return crate::read(source, &opened.text, options);
    }
    let chars: Vec<char> = opened.text.chars().collect();
    // Blanks of the same length, so that every place keeps its number.
    let mut around = chars.clone();
    for table in &opened.tables {
        for c in around.iter_mut().take(table.at[1]).skip(table.at[0]) {
            *c = ' ';
        }
    }
    let mut document = crate::read(source, &string(&around), options);
    let year = options
        .plan_year
        .or(options.document_date.map(Date::year))
        .or_else(|| crate::years::usual_year(&chars));
    let options = &Options {
        plan_year: year,
        ..*options
    };
    document.text_sha256 = crate::sha256_hex(&opened.text);
    let mut running: Vec<Article> = std::mem::take(&mut document.articles);
    let mut shifted: Vec<usize> = Vec::new();
    let mut rows = 0usize;
    for table in &opened.tables {
        let before = running
            .iter()
            .take_while(|article| start_of(article) < table.at[0])
            .count();
        let after = running.split_off(before);
        for article in std::mem::replace(&mut running, after) {
            for _ in &article.commitments {
                shifted.push(rows);
                rows = rows.saturating_add(1);
            }
            document.articles.push(article);
        }
        cover(table, &chars, rows, &mut document.coverage);
        rows = rows.saturating_add(table.rows.len());
        document.articles.push(article(table, &chars, options));
    }
    for article in running {
        for _ in &article.commitments {
            shifted.push(rows);
            rows = rows.saturating_add(1);
        }
        document.articles.push(article);
    }
    // Rows of the running text are counted anew, those of the tables between them.
    for stretch in document
        .coverage
        .iter_mut()
        .filter(|stretch| stretch.why != ROW && stretch.why != BESIDE)
    {
        stretch.row = stretch.row.and_then(|row| shifted.get(row).copied());
    }
    for stretch in &mut document.coverage {
        stretch.why = match stretch.why {
            ROW => "reader.cover_row",
            BESIDE => "reader.cover_cell",
            other => other,
        };
    }
    document
        .coverage
        .sort_by_key(|stretch| stretch.at.first().map_or(0, |run| run[0]));
    document
}

/// Marks of the stretches of tables while their rows are being counted.
const ROW: &str = "table row";
const BESIDE: &str = "table cell";

fn start_of(article: &Article) -> usize {
    article.runs.first().map_or(0, |run| run[0])
}

/// Every visible part of a table: the words of its rows, the other cells of each row, its title and header.
fn cover(table: &TaskTable, chars: &[char], first: usize, out: &mut Vec<Coverage>) {
    let mut at = table.at[0];
    let mut add = |from: usize, to: usize, class: CoverageClass, why: &'static str, row: Option<usize>| {
        let seen = |c: &char| !c.is_whitespace();
        let inner = cut(chars, from, to);
        let Some(lead) = inner.iter().position(seen) else {
            return;
        };
        let tail = inner.iter().rev().take_while(|c| !seen(c)).count();
        out.push(Coverage {
            at: [from.saturating_add(lead), to.saturating_sub(tail)].into(),
            class,
            why,
            row,
        });
    };
    for (n, row) in table.rows.iter().enumerate() {
        let index = Some(first.saturating_add(n));
        if row.line[0] > at {
            add(
                at,
                row.line[0],
                CoverageClass::Context,
                "reader.cover_table",
                None,
            );
            at = row.line[0];
        }
        for [from, to] in row.at() {
            add(at, from.max(at), CoverageClass::Part, BESIDE, index);
            add(from.max(at), to.max(at), CoverageClass::Row, ROW, index);
            at = at.max(to);
        }
        add(at, row.line[1].max(at), CoverageClass::Part, BESIDE, index);
        at = at.max(row.line[1]);
    }
    add(
        at,
        table.at[1].max(at),
        CoverageClass::Context,
        "reader.cover_table",
        None,
    );
}

fn article(table: &TaskTable, chars: &[char], options: &Options) -> Article {
    let mut figures = Vec::new();
    let mut commitments = Vec::new();
    for row in &table.rows {
        let mut found = Vec::new();
        for at in row.at() {
            found.extend(figures_in(chars, at, options));
        }
        commitments.push(commitment(table, row, chars, &found, options));
        figures.extend(found);
    }
    Article {
        title: table.title.clone(),
        title_truncated: false,
        title_confidence: None,
        kind: ArticleKind::Feature,
        text: string(cut(chars, table.at[0], table.at[1])).trim_end().to_owned(),
        runs: vec![table.at],
        authors: Vec::new(),
        photographers: Vec::new(),
        date: options.document_date,
        figures,
        commitments,
        checks: Vec::new(),
    }
}

/// The figures of one cell, at their places in the document.
fn figures_in(chars: &[char], at: Run, options: &Options) -> Vec<Figure> {
    let text = string(cut(chars, at[0], at[1]));
    let read = crate::read("", &format!("{text}。"), options);
    let mut found: Vec<Figure> = read
        .articles
        .into_iter()
        .flat_map(|article| article.figures)
        .collect();
    for figure in &mut found {
        let moved = figure
            .at
            .iter()
            .map(|run| run.map(|place| place.saturating_add(at[0])));
        let moved: Vec<Run> = moved.collect();
        figure.at = moved.into();
    }
    found.retain(|figure| figure.at.iter().all(|run| run[1] <= at[1]));
    found
}

fn commitment(
    table: &TaskTable,
    row: &TaskRow,
    chars: &[char],
    figures: &[Figure],
    options: &Options,
) -> Commitment {
    let at = row.at();
    let quote: Vec<String> = at
        .iter()
        .map(|[from, to]| string(cut(chars, *from, *to)))
        .collect();
    let year = table
        .year
        .or(options.plan_year)
        .or(options.document_date.map(Date::year));
    let due = day(&row.due_cell, Month::End, year, table.epoch_1904).ok();
    // One number is what is to be reached; of several none can be chosen for the office.
    let (value, unit) = match figures {
        [one] => (Some(one.value), Some(one.unit.clone())),
        [] => (row.amount.map(Value::One), row.amount.map(|_| "元".to_owned())),
        _ => (None, None),
    };
    let mut why = vec!["reader.why_table"];
    if value.is_some() {
        why.push("reader.why_number");
    }
    if due.is_some() {
        why.push("reader.why_due_text");
    }
    Commitment {
        quote: quote.join(" "),
        owner: row.owner.clone(),
        action: None,
        object: Some(row.task.0.clone()),
        kind: if value.is_some() {
            CommitmentKind::Target
        } else {
            CommitmentKind::Project
        },
        value,
        unit,
        due: due.map(|day| day.date),
        at: at.into(),
        why,
    }
}
