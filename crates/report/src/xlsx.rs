//! Workbooks: frozen header, filter, widths that fit Chinese, real dates, money in yuan; never a formula.
//!
//! Every text is written as a string cell, so nothing a citizen or clerk typed is ever computed; one that looks like a
//! formula also carries Excel's quote prefix, so that it stays text when somebody edits the cell.

use bihuan_messages::{Lang, t, tf};
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::table::{Cell, Column, Kind, Sheet, check_rows};
use crate::{Error, csv, text};

const ROWS_MAX: usize = 1_048_576;
const COLUMNS_MAX: usize = 16_384;
/// Excel takes 32,767 UTF-16 units in a cell; the rest of the room is for the note that something is missing.
const CELL_UTF16_MAX: usize = 32_000;
/// The widest column, in characters; longer texts are wrapped.
const WIDTH_MAX: usize = 44;
/// The height of a line in points, and most lines that a row shows (Excel's rows are at most 409 points high).
const LINE_POINTS: u32 = 15;
const LINES_MAX: u32 = 27;
/// Excel shows 15 digits; a number with more would be shown rounded, so it is written as text.
const DIGITS_MAX: usize = 15;

/// The sheets as one workbook, in their order.
///
/// A number of more than 15 digits is written as text, because Excel would round it; a text of more than 32,000 UTF-16
/// units is cut with a note that says so. The same sheets give the same bytes.
///
/// # Errors
///
/// [`Error::RowWidth`], [`Error::TooManyRows`], [`Error::TooManyColumns`] name what does not fit; [`Error::NoSheet`] if
/// there is none.
pub fn render(sheets: &[Sheet], lang: Lang) -> Result<Vec<u8>, Error> {
    let first = sheets.first().ok_or(Error::NoSheet)?;
    let mut workbook = Workbook::new();
    // Without a date of creation the library would ask the clock.
    let created = first
        .as_of
        .and_then(excel_time)
        .map_or_else(|| ExcelDateTime::from_ymd(2000, 1, 1), Ok);
    workbook.set_properties(
        &DocProperties::new()
            .set_title(text::clean(&first.title))
            .set_creation_datetime(&created.map_err(container)?),
    );
    let mut names = Vec::new();
    for (at, sheet) in sheets.iter().enumerate() {
        check_size(sheet)?;
        let name = tab_name(&sheet.title, at, &names, lang);
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(&name).map_err(container)?;
        names.push(name);
        write_sheet(worksheet, sheet, lang).map_err(container)?;
    }
    workbook.save_to_buffer().map_err(container)
}

fn container(error: XlsxError) -> Error {
    Error::Container(error.to_string())
}

fn check_size(sheet: &Sheet) -> Result<(), Error> {
    check_rows(sheet)?;
    // Title, notes, an empty line and the header stand above the rows.
    let limit = ROWS_MAX.saturating_sub(sheet.notes.len() + 3);
    if sheet.rows.len() > limit {
        return Err(Error::TooManyRows {
            sheet: sheet.title.clone(),
            found: sheet.rows.len(),
            limit,
        });
    }
    if sheet.columns.len() > COLUMNS_MAX {
        let found = sheet.columns.len();
        return Err(Error::TooManyColumns {
            sheet: sheet.title.clone(),
            found,
            limit: COLUMNS_MAX,
        });
    }
    Ok(())
}

fn write_sheet(page: &mut Worksheet, sheet: &Sheet, lang: Lang) -> Result<(), XlsxError> {
    let looks = Looks::new();
    let mut row = 0_u32;
    page.write_string_with_format(row, 0, fit(&sheet.title, lang), &looks.title)?;
    for note in &sheet.notes {
        row += 1;
        page.write_string_with_format(row, 0, fit(note, lang), &looks.note)?;
    }
    row += 2;
    let header = row;
    let mut widths = Vec::with_capacity(sheet.columns.len());
    for (column, at) in sheet.columns.iter().zip(0_u16..) {
        page.write_string_with_format(header, at, fit(&column.label, lang), &looks.header)?;
        let width = width(column, sheet, usize::from(at));
        page.set_column_width(at, width)?;
        widths.push(width);
    }
    let formats: Vec<Format> = sheet.columns.iter().map(|c| looks.number(c.kind)).collect();
    for cells in &sheet.rows {
        row += 1;
        for (((cell, at), column), format) in cells.iter().zip(0_u16..).zip(&sheet.columns).zip(&formats) {
            write_cell(page, (row, at), (cell, column.kind), format, &looks, lang)?;
        }
        // Not every office program makes room for wrapped lines by itself.
        let lines = cells.iter().zip(&widths).map(|(cell, width)| lines(cell, *width));
        let lines = lines.max().unwrap_or(1).min(LINES_MAX);
        if lines > 1 {
            page.set_row_height(row, lines * LINE_POINTS)?;
        }
    }
    if let Some(last) = sheet
        .columns
        .len()
        .checked_sub(1)
        .and_then(|n| u16::try_from(n).ok())
    {
        page.autofilter(header, 0, row, last)?;
    }
    page.set_freeze_panes(header + 1, 0)?;
    // A4, landscape, the header on every page, all columns on one page's width, pages numbered.
    page.set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0);
    page.set_repeat_rows(header, header)?;
    page.set_footer("&C&P / &N");
    Ok(())
}

fn write_cell(
    page: &mut Worksheet,
    (row, at): (u32, u16),
    (cell, kind): (&Cell, Kind),
    format: &Format,
    looks: &Looks,
    lang: Lang,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => page.write_blank(row, at, &looks.text)?,
        Cell::Text(words) => {
            let format = match kind {
                _ if csv::looks_like_formula(words) => &looks.quoted,
                Kind::Text => &looks.text,
                // A “—” or “待核” among figures stands where they stand.
                Kind::Date | Kind::DateTime => &looks.center,
                Kind::Integer | Kind::Decimal(_) | Kind::Money => &looks.right,
            };
            page.write_string_with_format(row, at, fit(words, lang), format)?
        }
        Cell::Date(day) => match excel_day(*day) {
            Some(value) => page.write_datetime_with_format(row, at, &value, &looks.date)?,
            None => page.write_string_with_format(row, at, day.to_string(), &looks.right)?,
        },
        Cell::DateTime(time) => match excel_time(*time) {
            Some(value) => page.write_datetime_with_format(row, at, &value, &looks.date_time)?,
            None => page.write_string_with_format(row, at, cell.plain(kind), &looks.right)?,
        },
        Cell::Integer(_) | Cell::Decimal(_) | Cell::Money(_) => match edge_number(cell, kind) {
            Some(value) => {
                let own = looks.number(own_kind(cell, kind));
                let format = if own_kind(cell, kind) == kind {
                    format
                } else {
                    &own
                };
                page.write_number_with_format(row, at, value, format)?
            }
            None => page.write_string_with_format(row, at, cell.plain(kind), &looks.right)?,
        },
    };
    Ok(())
}

/// The only place where a number becomes a float: the file format knows no other. `None` if it would lose a digit.
///
/// Reading the exact decimal text gives the nearest double; with at most 15 digits that double shows as the same text.
fn edge_number(cell: &Cell, kind: Kind) -> Option<f64> {
    let exact = cell.plain(kind);
    let digits = exact
        .chars()
        .filter(char::is_ascii_digit)
        .skip_while(|c| *c == '0')
        .count();
    if digits > DIGITS_MAX {
        None
    } else {
        exact.parse().ok()
    }
}

fn own_kind(cell: &Cell, column: Kind) -> Kind {
    match (cell, column) {
        (Cell::Integer(_), Kind::Integer) | (Cell::Money(_), Kind::Money) => column,
        (Cell::Decimal(value), Kind::Decimal(places)) if places_of(*value) <= places => column,
        (Cell::Decimal(value), _) => Kind::Decimal(places_of(*value)),
        (Cell::Money(_), _) => Kind::Money,
        _ => Kind::Integer,
    }
}

fn places_of(value: Decimal) -> u32 {
    value.normalize().scale()
}

/// Excel's calendar begins in 1900 and has a 29 February 1900 that never was; before March 1900 a day is text.
fn excel_day(day: Date) -> Option<ExcelDateTime> {
    let (year, month, date) = (
        u16::try_from(day.year()).ok()?,
        u8::try_from(day.month()).ok()?,
        u8::try_from(day.day()).ok()?,
    );
    if (year, month) < (1900, 3) {
        return None;
    }
    ExcelDateTime::from_ymd(year, month, date).ok()
}

fn excel_time(time: DateTime) -> Option<ExcelDateTime> {
    let (hour, minute, second) = (
        u16::try_from(time.hour()).ok()?,
        u8::try_from(time.minute()).ok()?,
        u8::try_from(time.second()).ok()?,
    );
    excel_day(time.date())?.and_hms(hour, minute, second).ok()
}

/// A text cut to what a cell holds, saying how long it was.
fn fit(words: &str, lang: Lang) -> String {
    let words = text::clean(words);
    let mut units = 0;
    for (at, c) in words.char_indices() {
        units += c.len_utf16();
        if units > CELL_UTF16_MAX {
            let mut cut = words.get(..at).unwrap_or_default().to_owned();
            cut.push_str(&tf(
                lang,
                "report.truncated",
                &[("total", &words.chars().count())],
            ));
            return cut;
        }
    }
    words.into_owned()
}

/// Lines that a cell takes in a column of this width.
fn lines(cell: &Cell, width: u32) -> u32 {
    let Cell::Text(words) = cell else { return 1 };
    let lines = words.lines().map(|line| {
        let line = u32::try_from(text::width(line)).unwrap_or(u32::MAX);
        // A line is broken before it is quite full.
        line.div_ceil(width.saturating_sub(3).max(1)).max(1)
    });
    lines.fold(0, u32::saturating_add).max(1)
}

/// The width of a column in characters of the default font: enough for its head (with the filter's button) and its cells.
fn width(column: &Column, sheet: &Sheet, at: usize) -> u32 {
    let head = text::width(&column.label) + 4;
    let cells = sheet
        .rows
        .iter()
        .filter_map(|row| row.get(at))
        .map(|cell| match cell {
            Cell::Money(_) | Cell::Integer(_) | Cell::Decimal(_) => {
                let plain = cell.plain(column.kind).len();
                // Separators of thousands.
                plain + plain / 3
            }
            Cell::Text(words) => text::width(words),
            other => other.plain(column.kind).len(),
        });
    let widest = cells.max().unwrap_or(0).max(head).clamp(8, WIDTH_MAX) + 2;
    u32::try_from(widest).unwrap_or(46)
}

/// A tab's name: at most 31 UTF-16 units, none of `[]:*?/\`, no apostrophe at its ends, different from the others.
fn tab_name(title: &str, at: usize, taken: &[String], lang: Lang) -> String {
    let plain: String = text::clean(title)
        .chars()
        .map(|c| {
            if "[]:*?/\\".contains(c) || c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let plain = plain.trim_matches(|c: char| c == '\'' || c == ' ');
    let reserved = plain.eq_ignore_ascii_case("history");
    let base = if plain.is_empty() || reserved {
        tf(lang, "report.sheet", &[("n", &(at + 1))])
    } else {
        plain.to_owned()
    };
    let mut tail = String::new();
    for n in 2_u32.. {
        let room = 31 - tail.encode_utf16().count();
        let name = format!("{}{tail}", head_of(&base, room));
        if !taken
            .iter()
            .any(|other| other.to_lowercase() == name.to_lowercase())
        {
            return name;
        }
        tail = format!(" ({n})");
    }
    t(lang, "report.page_title").to_owned()
}

fn head_of(text: &str, units_max: usize) -> String {
    let mut units = 0;
    let head: String = text
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= units_max
        })
        .collect();
    head.trim_end_matches(['\'', ' ']).to_owned()
}

struct Looks {
    title: Format,
    note: Format,
    header: Format,
    text: Format,
    quoted: Format,
    center: Format,
    right: Format,
    date: Format,
    date_time: Format,
    number: Format,
}

impl Looks {
    fn new() -> Self {
        let cell = Format::new()
            .set_align(FormatAlign::Top)
            .set_border(FormatBorder::Hair);
        let text = cell.clone().set_text_wrap();
        Looks {
            title: Format::new().set_bold().set_font_size(14),
            note: Format::new().set_font_color(Color::RGB(0x0059_5959)),
            header: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_border(FormatBorder::Thin)
                .set_background_color(Color::RGB(0x00E7_ECF3)),
            quoted: text.clone().set_quote_prefix(),
            center: text.clone().set_align(FormatAlign::Center),
            right: text.clone().set_align(FormatAlign::Right),
            date: cell
                .clone()
                .set_num_format("yyyy-mm-dd")
                .set_align(FormatAlign::Center),
            date_time: cell
                .clone()
                .set_num_format("yyyy-mm-dd hh:mm")
                .set_align(FormatAlign::Center),
            number: cell,
            text,
        }
    }

    fn number(&self, kind: Kind) -> Format {
        let pattern = match kind {
            Kind::Decimal(places) if places > 0 => {
                format!(
                    "#,##0.{}",
                    "0".repeat(usize::try_from(places.min(28)).unwrap_or(2))
                )
            }
            Kind::Money => "#,##0.00".to_owned(),
            _ => "#,##0".to_owned(),
        };
        self.number.clone().set_num_format(pattern)
    }
}
