//! The lines beside the column: all that lead to one box by one kind of way share a lane, and no two lanes that run past
//! each other lie upon each other.

use std::collections::BTreeMap;

use super::layout::{Drawing, Line, stroke};
use super::sheet::Path;

/// Between two lanes.
const LANE: i32 = 10;
/// Between the boxes and the first lane.
const FIRST: i32 = 14;
/// From the top of a box to the first line that comes in, and between two.
const ENTRY: i32 = 13;
const ENTRY_STEP: i32 = 11;

/// On which side of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// Back.
    Left,
    /// Forward.
    Right,
}

/// Where a way leaves its box.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port {
    pub(crate) y: i32,
    pub(crate) side: Side,
    pub(crate) target: usize,
    pub(crate) path: Path,
}

struct Lane {
    side: Side,
    path: Path,
    /// Where it enters its box.
    entry: i32,
    from: Vec<i32>,
    top: i32,
    bottom: i32,
}

/// Draws the lanes; gives back how much room they take at the left and at the right.
pub(crate) fn route(drawing: &mut Drawing, ports: &[Port], tops: &[(usize, i32)], width: i32) -> (i32, i32) {
    let mut lanes = lanes(ports, tops);
    // Short ones run near the boxes, so that long ones do not cross them twice.
    lanes.sort_by_key(|lane| (lane.bottom - lane.top, lane.top, lane.side, lane.path));
    let mut taken: Vec<(Side, i32, i32, i32)> = Vec::new();
    let mut rooms = (0, 0);
    for lane in &lanes {
        let free = |k: i32| {
            !taken.iter().any(|(side, at, top, bottom)| {
                *side == lane.side && *at == k && lane.top <= bottom + 6 && top - 6 <= lane.bottom
            })
        };
        let k = (0..).find(|k| free(*k)).unwrap_or(0);
        taken.push((lane.side, k, lane.top, lane.bottom));
        let out = FIRST + k * LANE;
        let (edge, x) = match lane.side {
            Side::Left => {
                rooms.0 = rooms.0.max(out);
                (0, -out)
            }
            Side::Right => {
                rooms.1 = rooms.1.max(out);
                (width, width + out)
            }
        };
        let mut line = |points: Vec<(i32, i32)>, arrow: bool| {
            drawing.lines.push(Line {
                points,
                stroke: stroke(lane.path),
                arrow,
            });
        };
        for y in &lane.from {
            line(vec![(edge, *y), (x, *y)], false);
        }
        line(vec![(x, lane.top), (x, lane.bottom)], false);
        line(vec![(x, lane.entry), (edge, lane.entry)], true);
    }
    rooms
}

fn lanes(ports: &[Port], tops: &[(usize, i32)]) -> Vec<Lane> {
    let mut groups: BTreeMap<(usize, Side, Path), Vec<i32>> = BTreeMap::new();
    for port in ports {
        groups
            .entry((port.target, port.side, port.path))
            .or_default()
            .push(port.y);
    }
    let mut entered: BTreeMap<(usize, Side), i32> = BTreeMap::new();
    let lane = |((target, side, path), from): ((usize, Side, Path), Vec<i32>)| {
        let top = tops
            .iter()
            .find(|(block, _)| *block == target)
            .map_or(0, |(_, top)| *top);
        let count = entered.entry((target, side)).or_default();
        let entry = top + ENTRY + *count * ENTRY_STEP;
        *count += 1;
        Lane {
            side,
            path,
            entry,
            top: from.iter().copied().chain([entry]).min().unwrap_or(entry),
            bottom: from.iter().copied().chain([entry]).max().unwrap_or(entry),
            from,
        }
    };
    groups.into_iter().map(lane).collect()
}
