//! Places and grades within a class: ties, quotas and vetoes, as the scheme states them.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::exact::Exact;
use super::scheme::{AtQuota, Grade, Places, Scheme};
use super::sheet::{Sheet, Standing};
use crate::id::Code;

/// The standings of the sheets of one class, best first; units without a total stand last and have no place.
pub(super) fn standings(scheme: &Scheme, sheets: &[Sheet]) -> Vec<Standing> {
    let mut ranked: Vec<&Sheet> = sheets.iter().filter(|sheet| sheet.total.is_some()).collect();
    ranked.sort_by(|a, b| order(scheme, a, b).then_with(|| a.unit.cmp(&b.unit)));
    let mut groups: Vec<Vec<&Sheet>> = Vec::new();
    for sheet in &ranked {
        match groups.last_mut() {
            Some(group)
                if group
                    .first()
                    .is_some_and(|first| order(scheme, first, sheet).is_eq()) =>
            {
                group.push(sheet);
            }
            _ => groups.push(vec![sheet]),
        }
    }
    let grades = graded(scheme, &groups, ranked.len());
    let mut standings = Vec::new();
    let mut place: u64 = 1;
    for group in &groups {
        for sheet in group {
            let grade = grades.iter().find(|(unit, _)| *unit == &sheet.unit);
            standings.push(Standing {
                unit: sheet.unit.clone(),
                total: sheet.total,
                place: Some(place),
                grade: grade.map(|(_, grade)| (*grade).clone()),
            });
        }
        place = place.saturating_add(u64::try_from(group.len()).unwrap_or(u64::MAX));
    }
    standings.extend(
        sheets
            .iter()
            .filter(|sheet| sheet.total.is_none())
            .map(|sheet| Standing {
                unit: sheet.unit.clone(),
                total: None,
                place: None,
                grade: None,
            }),
    );
    standings
}

/// Higher totals first; equal ones by the items that the scheme names, an item without points after one with.
fn order(scheme: &Scheme, a: &Sheet, b: &Sheet) -> Ordering {
    let by_item = |item: &Code| b.points(item).cmp(&a.points(item));
    scheme.ties.iter().fold(b.total.cmp(&a.total), |order, item| {
        order.then_with(|| by_item(item))
    })
}

/// Who gets which grade. Each grade goes down the places and stops at the first group that does not fit.
fn graded<'s>(
    scheme: &'s Scheme,
    groups: &[Vec<&'s Sheet>],
    units: usize,
) -> Vec<(&'s crate::id::UnitId, &'s Code)> {
    let mut grades: Vec<(&crate::id::UnitId, &Code)> = Vec::new();
    for (rank, grade) in scheme.grades.iter().enumerate() {
        let places = grade.quota.map(|quota| places(scheme, quota, units));
        let mut taken = 0;
        for group in groups {
            let open: Vec<&&Sheet> = group
                .iter()
                .filter(|sheet| !grades.iter().any(|(unit, _)| *unit == &sheet.unit))
                .filter(|sheet| may_have(scheme, sheet, grade, rank))
                .collect();
            let fits = match places {
                None => true,
                Some(places) => {
                    taken + open.len() <= places || (scheme.at_quota == AtQuota::In && taken < places)
                }
            };
            if !fits {
                break;
            }
            taken += open.len();
            grades.extend(open.iter().map(|sheet| (&sheet.unit, &grade.id)));
        }
    }
    grades
}

fn may_have(scheme: &Scheme, sheet: &Sheet, grade: &Grade, rank: usize) -> bool {
    let enough = match (grade.at_least, sheet.total) {
        (None, _) => true,
        (Some(bar), Some(total)) => total >= bar,
        (Some(_), None) => false,
    };
    let struck = sheet.vetoes.iter().any(|veto| {
        let best = scheme.grades.iter().position(|grade| grade.id == veto.down_to);
        best.is_some_and(|best| rank < best)
    });
    enough && !struck
}

/// How many places a quota is.
pub(super) fn places(scheme: &Scheme, quota: Decimal, units: usize) -> usize {
    let units = Exact::whole(u64::try_from(units).unwrap_or(u64::MAX));
    let exact = Exact::of(quota)
        .and_then(|quota| quota.times(units))
        .and_then(|exact| exact.over(Exact::whole(100)));
    let nearest = exact.and_then(|exact| exact.round(0));
    let (Some(exact), Some(nearest)) = (exact, nearest) else {
        return 0;
    };
    let as_exact = Exact::of(nearest).unwrap_or(Exact::ZERO);
    let whole = match scheme.places {
        Places::Nearest => nearest,
        Places::Down if as_exact > exact => nearest - Decimal::ONE,
        Places::Up if as_exact < exact => nearest + Decimal::ONE,
        Places::Down | Places::Up => nearest,
    };
    usize::try_from(whole).unwrap_or(0)
}
