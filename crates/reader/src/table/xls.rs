//! XLS, the workbooks of before 2007, which counties still have.
//!
//! The container is walked once by ourselves first: for a password, for a Word file under a false name, and for cells so
//! far apart that the library would ask for more memory than the machine has.

use std::collections::BTreeSet;
use std::io::Cursor;

use calamine::{Data, Reader, SheetVisible, Xls, XlsError};

use super::grid::Grid;
use super::xlsx::{date, float, guarded, iso};
use super::{Cell, Unreadable};

/// Cells that the rectangles of all sheets may span.
const AREA_MAX: u64 = 8_000_000;

pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    check(bytes)?;
    guarded(|| read(bytes))
}

fn read(bytes: &[u8]) -> Result<Vec<Grid>, Unreadable> {
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        XlsError::Password => Unreadable::Locked,
        other => damaged(&other.to_string()),
    })?;
    let epoch_1904 = book.has_1904_epoch();
    let mut grids = Vec::new();
    for sheet in book.sheets_metadata().to_vec() {
        let Ok(range) = book.worksheet_range(&sheet.name) else {
            continue;
        };
        let mut grid = Grid::new(&sheet.name, sheet.visible != SheetVisible::Visible);
        grid.epoch_1904 = epoch_1904;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            let row = u32::try_from(row).unwrap_or(u32::MAX).saturating_add(top);
            let column = column.saturating_add(usize::try_from(left).unwrap_or(0));
            grid.put(row, column, typed(value))?;
        }
        for area in book.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default() {
            let column = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
            grid.merge(area.start.0, column(area.start.1), area.end.0, column(area.end.1));
        }
        grids.push(grid);
    }
    Ok(grids)
}

pub(super) fn typed(value: &Data) -> Cell {
    match value {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Number((*number).into()),
        Data::Float(number) => float(*number, ""),
        Data::String(text) => Cell::Text(text.clone()),
        Data::Bool(answer) => Cell::Bool(*answer),
        Data::DateTime(when) => date(when),
        Data::DateTimeIso(text) => iso(text),
        Data::DurationIso(text) => Cell::Text(text.clone()),
        Data::Error(fault) => Cell::Fault(fault.to_string()),
        // Kinds that a later version of the library may add.
        #[allow(unreachable_patterns, reason = "the library may mark its list as open")]
        other => Cell::Text(other.to_string()),
    }
}

fn damaged(why: &str) -> Unreadable {
    Unreadable::Damaged { why: why.to_owned() }
}

/// Refuses what must not be given to the library.
fn check(bytes: &[u8]) -> Result<(), Unreadable> {
    let container = Container::open(bytes).ok_or_else(|| damaged("OLE"))?;
    let names = &container.names;
    let has = |name: &str| names.iter().any(|(known, ..)| known == name);
    if has("EncryptedPackage") || has("EncryptionInfo") {
        return Err(Unreadable::Locked);
    }
    let book = names
        .iter()
        .find(|(name, ..)| name == "Workbook" || name == "Book");
    let Some((_, start, size)) = book else {
        let what = if has("WordDocument") { "Word (DOC)" } else { "OLE" };
        return Err(Unreadable::Other {
            what: what.to_owned(),
        });
    };
    let stream = container
        .stream(*start, *size)
        .ok_or_else(|| damaged("Workbook"))?;
    walk(&stream)
}

/// Walks the records: the span of the cells of each sheet, and the mark of a password.
fn walk(stream: &[u8]) -> Result<(), Unreadable> {
    let (mut at, mut area) = (0usize, 0u64);
    let mut span: Option<[u64; 4]> = None;
    let close = |span: &mut Option<[u64; 4]>, area: &mut u64| {
        if let Some([top, left, bottom, right]) = span.take() {
            *area = area.saturating_add((bottom - top + 1).saturating_mul(right - left + 1));
        }
    };
    while let (Some(kind), Some(length)) = (u16_at(stream, at), u16_at(stream, at + 2)) {
        let body = at + 4;
        match kind {
            0x002F if u16_at(stream, body).is_some_and(|how| how != 0) => return Err(Unreadable::Locked),
            // BOF: another sheet begins.
            0x0809 | 0x0409 | 0x0209 | 0x0009 => close(&mut span, &mut area),
            // FORMULA, NUMBER, LABEL, BOOLERR, RK, MULRK, LABELSST, RSTRING, BLANK, MULBLANK
            0x0006 | 0x0203 | 0x0204 | 0x0205 | 0x027E | 0x00BD | 0x00FD | 0x00D6 | 0x0201 | 0x00BE => {
                if let (Some(row), Some(first)) = (u16_at(stream, body), u16_at(stream, body + 2)) {
                    let last = match kind {
                        0x00BD | 0x00BE => {
                            u16_at(stream, (body + usize::from(length)).saturating_sub(2)).unwrap_or(first)
                        }
                        _ => first,
                    };
                    let (row, first, last) = (u64::from(row), u64::from(first), u64::from(last.max(first)));
                    let [top, left, bottom, right] = span.unwrap_or([row, first, row, last]);
                    span = Some([top.min(row), left.min(first), bottom.max(row), right.max(last)]);
                }
            }
            _ => {}
        }
        at = body + usize::from(length);
    }
    close(&mut span, &mut area);
    if area > AREA_MAX {
        Err(Unreadable::TooManyCells)
    } else {
        Ok(())
    }
}

/// An OLE container (compound file): a little file system inside a file.
struct Container<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    /// Names of streams with their first sector and their size.
    names: Vec<(String, u32, u64)>,
    /// The small streams, and the table that chains their small sectors.
    mini: Vec<u8>,
    mini_fat: Vec<u32>,
}

impl<'a> Container<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let sector = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut container = Container {
            bytes,
            sector,
            fat: Vec::new(),
            names: Vec::new(),
            mini: Vec::new(),
            mini_fat: Vec::new(),
        };
        // The first 109 sectors of the allocation table stand in the header, the others in a chain of their own.
        let mut places: Vec<u32> = (0..109).map_while(|n| u32_at(bytes, 76 + n * 4)).collect();
        let mut next = u32_at(bytes, 68)?;
        let mut seen = BTreeSet::new();
        while next < 0xFFFF_FFFA && seen.insert(next) {
            let part = container.sector_at(next)?;
            places.extend((0..sector / 4 - 1).map_while(|n| u32_at(part, n * 4)));
            next = u32_at(part, sector - 4)?;
        }
        for place in places.into_iter().filter(|place| *place < 0xFFFF_FFFA) {
            let part = container.sector_at(place)?;
            container
                .fat
                .extend((0..sector / 4).map_while(|n| u32_at(part, n * 4)));
        }
        let directory = container.chain(u32_at(bytes, 48)?)?;
        let mut root = None;
        for entry in directory.chunks_exact(128) {
            let length = usize::from(u16_at(entry, 64)?).min(64).saturating_sub(2);
            let units: Vec<u16> = (0..length / 2).map_while(|n| u16_at(entry, n * 2)).collect();
            let (start, size) = (u32_at(entry, 116)?, u64::from(u32_at(entry, 120)?));
            match entry.get(66) {
                Some(5) => root = Some(start),
                Some(2) => container
                    .names
                    .push((String::from_utf16_lossy(&units), start, size)),
                _ => {}
            }
        }
        if let Some(start) = root.filter(|start| *start < 0xFFFF_FFFA) {
            container.mini = container.chain(start)?;
            let table = u32_at(bytes, 60)?;
            if table < 0xFFFF_FFFA {
                let table = container.chain(table)?;
                container.mini_fat = (0..table.len() / 4)
                    .map_while(|n| u32_at(&table, n * 4))
                    .collect();
            }
        }
        Some(container)
    }

    fn sector_at(&self, id: u32) -> Option<&'a [u8]> {
        let start = usize::try_from(id)
            .ok()?
            .checked_add(1)?
            .checked_mul(self.sector)?;
        // The last sector of a file may be short.
        let end = start.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes.get(start..end).filter(|part| !part.is_empty())
    }

    fn chain(&self, first: u32) -> Option<Vec<u8>> {
        let (mut out, mut id, mut steps) = (Vec::new(), first, 0usize);
        while id < 0xFFFF_FFFA {
            out.extend_from_slice(self.sector_at(id)?);
            id = *self.fat.get(usize::try_from(id).ok()?)?;
            // A chain longer than the table runs in a circle.
            steps += 1;
            if steps > self.fat.len() {
                return None;
            }
        }
        Some(out)
    }

    fn stream(&self, first: u32, size: u64) -> Option<Vec<u8>> {
        let size = usize::try_from(size).ok()?;
        if size >= 4096 {
            let mut out = self.chain(first)?;
            out.truncate(size);
            return Some(out);
        }
        let (mut out, mut id, mut steps) = (Vec::new(), first, 0usize);
        while id < 0xFFFF_FFFA {
            let start = usize::try_from(id).ok()?.checked_mul(64)?;
            out.extend_from_slice(
                self.mini
                    .get(start..start.checked_add(64)?.min(self.mini.len()))?,
            );
            id = *self.mini_fat.get(usize::try_from(id).ok()?)?;
            steps += 1;
            if steps > self.mini_fat.len() {
                return None;
            }
        }
        out.truncate(size);
        Some(out)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}
