//! Finds the tables of a sheet: title lines, headers of one to three rows, data, and what is no data.

use std::collections::{BTreeMap, BTreeSet};

use bihuan_messages::Message;

use super::grid::Grid;
use super::words::{likely, plain};
use super::{Cell, Column, ROWS_MAX, Row, Skip, Skipped, Table, Unreadable, letters, unit_in};

/// Rows that a header has at most.
const HEADER_ROWS_MAX: u32 = 3;

/// The longest text that still is a header.
const HEADER_CHARS_MAX: usize = 24;

pub(super) fn tables(grid: &Grid) -> Result<Vec<Table>, Unreadable> {
    let filled = grid.filled()?;
    let numbers: Vec<u32> = grid.rows.keys().copied().collect();
    let heads = heads(grid, &numbers);
    let mut tables = Vec::new();
    for (place, head) in heads.iter().enumerate() {
        let end = heads.get(place + 1).map_or(u32::MAX, |next| next.title_from);
        let table = table(grid, &filled, head, end);
        if table.rows.len() > ROWS_MAX {
            return Err(Unreadable::TooManyRows {
                sheet: grid.name.clone(),
            });
        }
        if !table.rows.is_empty() {
            tables.push(table);
        }
    }
    Ok(tables)
}

/// Where a table begins.
struct Head {
    /// First row of its title lines.
    title_from: u32,
    /// First row of the header.
    top: u32,
    /// Last row of the header.
    bottom: u32,
}

fn heads(grid: &Grid, numbers: &[u32]) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::new();
    let mut past = None;
    for (place, number) in numbers.iter().enumerate() {
        if past.is_some_and(|past| *number <= past) || !is_header(grid, *number) {
            continue;
        }
        // The same header on every printed page does not begin a table.
        if heads.last().is_some_and(|head| same(grid, head.top, *number)) {
            continue;
        }
        let bottom = header_bottom(grid, *number);
        let mut title_from = *number;
        for above in numbers.get(..place).unwrap_or_default().iter().rev() {
            let gap = title_from.saturating_sub(*above) > 2;
            if past.is_some_and(|past| *above <= past) || gap || !is_title(grid, *above) {
                break;
            }
            title_from = *above;
        }
        if heads.is_empty() {
            title_from = numbers.first().copied().unwrap_or(*number);
        }
        heads.push(Head {
            title_from,
            top: *number,
            bottom,
        });
        past = Some(bottom);
    }
    if heads.is_empty() {
        heads.extend(plain_head(grid, numbers));
    }
    heads
}

/// A row with several words that stand in headers, and little else.
fn is_header(grid: &Grid, row: u32) -> bool {
    let texts = texts(grid, row);
    let cells = grid
        .rows
        .get(&row)
        .map_or(0, |cells| cells.iter().filter(|cell| !cell.is_empty()).count());
    let known = texts
        .iter()
        .filter(|text| likely(text).is_some_and(|(_, sure)| sure >= 60))
        .count();
    let sure = texts
        .iter()
        .filter(|text| likely(text).is_some_and(|(_, sure)| sure >= 85))
        .count();
    texts.len() >= 2 && sure >= 1 && known >= 2 && known * 2 >= cells && texts.len() == cells
}

/// Where no word is known: the first row of short, different texts with a row of the same width under it.
fn plain_head(grid: &Grid, numbers: &[u32]) -> Option<Head> {
    for pair in numbers.windows(2).take(30) {
        let [row, next] = pair else { continue };
        let texts = texts(grid, *row);
        let cells = |row: &u32| {
            grid.rows
                .get(row)
                .map_or(0, |cells| cells.iter().filter(|cell| !cell.is_empty()).count())
        };
        let different = texts.iter().collect::<BTreeSet<_>>().len() == texts.len();
        if texts.len() >= 2 && different && texts.len() == cells(row) && cells(next) * 2 >= texts.len() {
            let title_from = numbers.first().copied().unwrap_or(*row);
            return Some(Head {
                title_from,
                top: *row,
                bottom: header_bottom(grid, *row),
            });
        }
    }
    None
}

/// The short texts of a row without figures.
fn texts(grid: &Grid, row: u32) -> Vec<&str> {
    grid.rows
        .get(&row)
        .into_iter()
        .flatten()
        .filter_map(|cell| match cell {
            Cell::Text(text) if is_label(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn is_label(text: &str) -> bool {
    let plain = plain(text);
    plain.chars().count() <= HEADER_CHARS_MAX
        && !text.contains(['。', '；'])
        && plain.chars().any(char::is_alphabetic)
        && text
            .chars()
            .next()
            .is_some_and(|c| !c.is_ascii_digit() || text.contains('年'))
}

fn same(grid: &Grid, a: u32, b: u32) -> bool {
    let line = |row: u32| -> Vec<String> { texts(grid, row).iter().map(|text| plain(text)).collect() };
    line(a) == line(b)
}

/// One value in the whole row, or two that only say who filled the sheet in: a title line.
fn is_title(grid: &Grid, row: u32) -> bool {
    let Some(cells) = grid.rows.get(&row) else {
        return false;
    };
    let texts: Vec<&Cell> = cells.iter().filter(|cell| !cell.is_empty()).collect();
    let says = |cell: &&Cell| matches!(cell, Cell::Text(text) if text.contains(['：', ':']));
    match texts.as_slice() {
        // A sum or a section is one value too, but it belongs to the table above.
        [Cell::Text(text)] => !is_total(text),
        several => !several.is_empty() && several.iter().all(says),
    }
}

/// The last row of a header that begins at `top`.
fn header_bottom(grid: &Grid, top: u32) -> u32 {
    let mut bottom = top;
    while bottom - top < HEADER_ROWS_MAX - 1 {
        let next = bottom + 1;
        let tall = grid.merges.iter().any(|merge| {
            merge.top >= top
                && merge.top <= bottom
                && merge.bottom >= next
                && merge.bottom < top + HEADER_ROWS_MAX
        });
        let wide: Vec<_> = grid
            .merges
            .iter()
            .filter(|merge| merge.top == bottom && merge.bottom == bottom && merge.right > merge.left)
            .collect();
        let label = |column: usize| matches!(grid.at(next, column), Cell::Text(text) if is_label(text));
        let parts = wide
            .iter()
            .flat_map(|merge| merge.left..=merge.right)
            .filter(|column| label(*column))
            .count();
        let under = if grid.merges.is_empty() {
            unmerged_parts(grid, bottom, next)
        } else {
            false
        };
        if !(tall && parts_or_all_labels(grid, next) || parts >= 2 || under) {
            break;
        }
        bottom = next;
    }
    bottom
}

/// Whether everything that stands in a row is a label.
fn parts_or_all_labels(grid: &Grid, row: u32) -> bool {
    let cells = grid
        .rows
        .get(&row)
        .map_or(0, |cells| cells.iter().filter(|cell| !cell.is_empty()).count());
    texts(grid, row).len() == cells
}

/// Without merged cells (CSV): the second row fills gaps of the first, and is nothing but labels.
fn unmerged_parts(grid: &Grid, row: u32, next: u32) -> bool {
    let Some(below) = grid.rows.get(&next) else {
        return false;
    };
    let filled: Vec<usize> = below
        .iter()
        .enumerate()
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(column, _)| column)
        .collect();
    let gaps = filled
        .iter()
        .filter(|column| grid.at(row, **column).is_empty())
        .count();
    let groups = filled.len().saturating_sub(gaps);
    filled.len() >= 2 && gaps >= 1 && groups <= gaps && parts_or_all_labels(grid, next)
}

fn table(grid: &Grid, filled: &BTreeMap<u32, Vec<Cell>>, head: &Head, end: u32) -> Table {
    let lead = lead(grid, head);
    let (columns, kept) = columns(grid, filled, head, end);
    let mut rows = Vec::new();
    let mut skipped = Vec::new();
    for (number, raw) in grid.rows.range(head.bottom.saturating_add(1)..end) {
        match skip(grid, head, *number, raw, &kept) {
            Some(why) => {
                let text = raw
                    .iter()
                    .find(|cell| !cell.is_empty())
                    .map(Cell::text)
                    .unwrap_or_default();
                skipped.push(Skipped {
                    row: number.saturating_add(1),
                    why,
                    text: text.chars().take(40).collect(),
                });
            }
            None => {
                let line = filled.get(number).map(Vec::as_slice).unwrap_or_default();
                let cells: Vec<Cell> = kept
                    .iter()
                    .map(|column| line.get(*column).cloned().unwrap_or_default())
                    .collect();
                if cells.iter().any(|cell| !cell.is_empty()) {
                    rows.push(Row {
                        number: number.saturating_add(1),
                        cells,
                    });
                }
            }
        }
    }
    let title = lead
        .iter()
        .find(|text| !text.contains(['：', ':']))
        .or(lead.first())
        .cloned();
    let year = title.as_deref().and_then(year_in).or_else(|| year_in(&grid.name));
    let unit = lead
        .iter()
        .find_map(|text| text.contains("单位").then(|| unit_in(text, "元")).flatten());
    let mut notes = grid.notes.clone();
    notes.extend(hidden_columns(grid, &columns, &kept));
    let hidden_rows = rows
        .iter()
        .map(|row| row.number)
        .filter(|number| grid.hidden_rows.contains(&number.saturating_sub(1)))
        .collect();
    Table {
        hidden_rows,
        sheet: grid.name.clone(),
        hidden: grid.hidden,
        title,
        header_row: head.bottom.saturating_add(1),
        columns,
        rows,
        skipped,
        unit,
        year,
        epoch_1904: grid.epoch_1904,
        notes,
    }
}

/// Which columns of the table are hidden: they were read, and whoever imports it should know.
fn hidden_columns(grid: &Grid, columns: &[Column], kept: &[usize]) -> Option<Message> {
    let names: Vec<&str> = columns
        .iter()
        .zip(kept)
        .filter(|(_, at)| grid.hidden_columns.contains(at))
        .map(|(column, _)| column.header.as_str())
        .collect();
    let told = Message::new("import.hidden_columns").show("n", names.len());
    (!names.is_empty()).then(|| told.show("names", names.join("、")))
}

/// The texts above the header.
fn lead(grid: &Grid, head: &Head) -> Vec<String> {
    grid.rows
        .range(head.title_from..head.top)
        .flat_map(|(_, cells)| cells)
        .filter(|cell| !cell.is_empty())
        .map(|cell| cell.text().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The columns with the places at which they stand in the sheet.
fn columns(
    grid: &Grid,
    filled: &BTreeMap<u32, Vec<Cell>>,
    head: &Head,
    end: u32,
) -> (Vec<Column>, Vec<usize>) {
    let body = head.bottom.saturating_add(1)..end;
    let width = |rows: &BTreeMap<u32, Vec<Cell>>| {
        rows.range(head.top..end)
            .map(|(_, cells)| cells.len())
            .max()
            .unwrap_or(0)
    };
    let mut used = BTreeSet::new();
    for (_, cells) in grid.rows.range(body) {
        used.extend(
            cells
                .iter()
                .enumerate()
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(column, _)| column),
        );
    }
    let (mut columns, mut kept) = (Vec::new(), Vec::new());
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    for column in 0..width(filled) {
        let header = header(grid, filled, head, column);
        // The right part of a merged header with nothing of its own under it.
        let continued = grid.merges.iter().any(|merge| {
            merge.top >= head.top
                && merge.bottom == head.bottom
                && column > merge.left
                && column <= merge.right
        });
        if continued && !used.contains(&column) || header.is_empty() && !used.contains(&column) {
            continue;
        }
        let header = if header.is_empty() {
            letters(column)
        } else {
            header
        };
        let times = known
            .entry(header.clone())
            .and_modify(|times| *times += 1)
            .or_insert(1);
        let header = if *times > 1 {
            format!("{header}#{times}")
        } else {
            header
        };
        columns.push(Column {
            letter: letters(column),
            header,
        });
        kept.push(column);
    }
    (columns, kept)
}

fn header(grid: &Grid, filled: &BTreeMap<u32, Vec<Cell>>, head: &Head, column: usize) -> String {
    let at = |row: u32, column: usize| {
        filled
            .get(&row)
            .and_then(|cells| cells.get(column))
            .map(Cell::text)
            .unwrap_or_default()
    };
    let mut parts: Vec<String> = Vec::new();
    for row in head.top..=head.bottom {
        let mut text = at(row, column);
        // Without merged cells a group's name stands over its first part only.
        if text.is_empty()
            && grid.merges.is_empty()
            && row < head.bottom
            && !at(head.bottom, column).is_empty()
        {
            text = (0..column)
                .rev()
                .map(|left| at(row, left))
                .find(|text| !text.is_empty())
                .unwrap_or_default();
        }
        let text: String = text.split_whitespace().collect();
        if !text.is_empty() && parts.last() != Some(&text) {
            parts.push(text);
        }
    }
    parts.join("/")
}

/// Why a row under the header is no data; `None` where it is.
fn skip(grid: &Grid, head: &Head, number: u32, raw: &[Cell], kept: &[usize]) -> Option<Skip> {
    let texts: Vec<&Cell> = raw.iter().filter(|cell| !cell.is_empty()).collect();
    let first = texts.first()?;
    if same(grid, head.top, number) || head.bottom > head.top && same(grid, head.bottom, number) {
        return Some(Skip::Header);
    }
    if let Cell::Text(text) = first {
        let foot = [
            "注：",
            "注:",
            "备注：",
            "备注:",
            "说明：",
            "说明:",
            "填表人",
            "审核人",
            "制表",
            "填报人",
            "联系人：",
        ];
        if is_total(text) {
            return Some(Skip::Total);
        }
        if texts.len() <= 3 && foot.iter().any(|word| text.trim_start().starts_with(word)) {
            return Some(Skip::Foot);
        }
    }
    // A sum whose word stands in the second column, after an empty or numbered first one.
    if texts
        .iter()
        .take(2)
        .any(|cell| matches!(cell, Cell::Text(text) if is_total(text)))
    {
        return Some(Skip::Total);
    }
    if texts.len() == 1 && kept.len() > 2 {
        let wide = grid.merges.iter().any(|merge| {
            merge.top == number && merge.bottom == number && (merge.right - merge.left + 1) * 2 >= kept.len()
        });
        let numbered = matches!(first, Cell::Text(text) if is_section(text));
        if wide || numbered {
            return Some(Skip::Section);
        }
        // Rows numbered in advance and not yet filled in.
        let running = match first {
            Cell::Number(_) => true,
            Cell::Text(text) => text.chars().all(|c| c.is_ascii_digit()),
            _ => false,
        };
        if running && raw.first().is_some_and(|cell| !cell.is_empty()) {
            return Some(Skip::Blank);
        }
    }
    None
}

fn is_total(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.trim_end_matches([':', '：']);
    ["合计", "总计", "小计", "共计", "累计"].iter().any(|word| {
        text == *word
            || text.strip_prefix(word).is_some_and(|rest| {
                rest.starts_with(['(', '（', ':', '：']) || rest.ends_with(['个', '项', '件'])
            })
            || text
                .strip_suffix(word)
                .is_some_and(|rest| rest.chars().count() <= 6)
    })
}

/// `一、`, `（二）`, `第三部分`: the heading of a section.
fn is_section(text: &str) -> bool {
    let text = text.trim_start_matches(['（', '(']);
    let numerals = text
        .chars()
        .take_while(|c| "一二三四五六七八九十".contains(*c))
        .count();
    let after = text.chars().nth(numerals);
    numerals > 0 && matches!(after, Some('、' | '）' | ')' | '.' | '．'))
        || text.starts_with('第') && text.contains("部分")
}

fn year_in(text: &str) -> Option<i16> {
    let chars: Vec<char> = super::narrow(text).chars().collect();
    chars.windows(4).enumerate().find_map(|(at, window)| {
        let alone = !at
            .checked_sub(1)
            .and_then(|before| chars.get(before))
            .is_some_and(char::is_ascii_digit)
            && !chars.get(at + 4).is_some_and(char::is_ascii_digit);
        let text: String = window.iter().collect();
        text.parse::<i16>()
            .ok()
            .filter(|year| alone && (2000..2100).contains(year) && window.iter().all(char::is_ascii_digit))
    })
}
