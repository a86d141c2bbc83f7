//! XLSX: read cell by cell, so that two cells far apart do not ask for the memory of everything between them.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use jiff::civil::Date;

use super::grid::{Grid, decimal, shown};
use super::{Cell, Unreadable, hidden};

pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    guarded(|| read(bytes))
}

/// Runs a foreign parser; if it ends in a defect of its own, the file is called damaged and nothing else suffers.
pub(super) fn guarded(read: impl FnOnce() -> Result<Vec<Grid>, Unreadable>) -> Result<Vec<Grid>, Unreadable> {
    // The closure owns everything it touches, so nothing half-made is seen afterwards.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Unreadable::Damaged { why: "?".to_owned() }))
}

fn read(bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let epoch_1904 = book.has_1904_epoch();
    let mut hidden = hidden::of_book(bytes);
    let mut grids = Vec::new();
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let mut grid = Grid::new(&sheet.name, sheet.visible != SheetVisible::Visible);
        grid.epoch_1904 = epoch_1904;
        let hidden = hidden.remove(&sheet.name).unwrap_or_default();
        (grid.hidden_rows, grid.hidden_columns) = (hidden.rows, hidden.columns);
        match cells(&mut book, &sheet.name, &mut grid) {
            Ok(()) => {}
            Err(Stop::Limit(unreadable)) => return Err(unreadable),
            // A part that calls itself a sheet and is a chart.
            Err(Stop::Book(XlsxError::NotAWorksheet(_))) => continue,
            Err(Stop::Book(error)) => return Err(broken(&error)),
        }
        for area in book
            .merge_cells_by_sheet_name(&sheet.name)
            .map_err(|error| broken(&error))?
        {
            let column = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
            grid.merge(area.start.0, column(area.start.1), area.end.0, column(area.end.1));
        }
        grids.push(grid);
    }
    Ok(grids)
}

enum Stop {
    Limit(Unreadable),
    Book(XlsxError),
}

impl From<XlsxError> for Stop {
    fn from(error: XlsxError) -> Self {
        Stop::Book(error)
    }
}

fn cells(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, grid: &mut Grid) -> Result<(), Stop> {
    let mut reader = book.worksheet_cells_reader(name)?;
    let formats: Vec<String> = reader
        .styles()
        .iter()
        .map(|style| {
            style
                .number_format
                .as_ref()
                .map(|format| format.format_code.clone())
                .unwrap_or_default()
        })
        .collect();
    while let Some((cell, style)) = reader.next_cell_with_style_id()? {
        let (row, column) = cell.get_position();
        let format = formats.get(style).map(String::as_str).unwrap_or_default();
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        grid.put(row, column, typed(cell.get_value(), format))
            .map_err(Stop::Limit)?;
    }
    Ok(())
}

fn typed(value: &DataRef<'_>, format: &str) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => shown((*number).into(), format),
        DataRef::Float(number) => float(*number, format),
        DataRef::String(text) => Cell::Text(text.clone()),
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
        DataRef::Bool(answer) => Cell::Bool(*answer),
        DataRef::DateTime(when) => date(when),
        DataRef::DateTimeIso(text) => iso(text),
        DataRef::DurationIso(text) => Cell::Text(text.clone()),
        DataRef::Error(fault) => Cell::Fault(fault.to_string()),
    }
}

pub(super) fn float(number: f64, format: &str) -> Cell {
    decimal(number).map_or_else(|| Cell::Text(number.to_string()), |number| shown(number, format))
}

/// The day of a serial date; the time of day is of no interest to a ledger.
pub(super) fn date(when: &calamine::ExcelDateTime) -> Cell {
    let (year, month, day, ..) = when.to_ymd_hms_milli();
    let date = i16::try_from(year).ok().and_then(|year| {
        Date::new(
            year,
            i8::try_from(month).unwrap_or(0),
            i8::try_from(day).unwrap_or(0),
        )
        .ok()
    });
    match date {
        // A duration, a time of day, or a number that only wears a date's format: leave it as the number it is.
        Some(date) if when.is_datetime() && date.year() > 1904 => Cell::Date(date),
        _ => decimal(when.as_f64()).map_or(Cell::Empty, Cell::Number),
    }
}

pub(super) fn iso(text: &str) -> Cell {
    match text.split(['T', ' ']).next().and_then(|day| day.parse().ok()) {
        Some(date) => Cell::Date(date),
        None => Cell::Text(text.to_owned()),
    }
}

fn broken(error: &XlsxError) -> Unreadable {
    match error {
        XlsxError::Password => Unreadable::Locked,
        other => Unreadable::Damaged {
            why: other.to_string(),
        },
    }
}
