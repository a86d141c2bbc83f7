//! Units that work for the score, and honest ones: what the gaming audit (`bihuan_engine::audit`) is tried on.
//!
//! A county of thirty units with three mechanisms. Honest units differ: each shows every share by up to three tenths more
//! or less than is usual. A unit that optimises does one thing to look better than it is.

use bihuan_domain::id::CaseId;
use bihuan_engine::audit::{Cell, Detector, Place, Share};

use crate::rng::Rng;

/// Units of the county.
const UNITS: u64 = 30;
/// Mechanisms that each of them works in.
const MECHANISMS: u64 = 3;

/// What is usual, and what a unit shows that optimises, in hundredths.
fn shares(detector: Detector) -> (u64, u64) {
    match detector {
        // Everybody hurries at the end; who waits for it on purpose does so nearly always.
        Detector::JustBefore => (25, 80),
        Detector::AfterPeriod => (5, 40),
        Detector::ExactTarget => (20, 80),
        Detector::Batches => (8, 50),
        // Who finds several faults on one walk opens them together; who cuts one into parts does it with most.
        Detector::Split => (10, 60),
        Detector::Merged => (4, 40),
        Detector::SameEvidence => (2, 30),
        Detector::Unchecked => (30, 90),
    }
}

/// What the units of a county show, by its seed. The first unit optimises what is named, in all its mechanisms.
pub fn county(seed: u64, optimised: Option<Detector>) -> Vec<Cell> {
    let mut rng = Rng::new(seed);
    let mut cells = Vec::new();
    let mut case = 0u64;
    for unit in 0..UNITS {
        for detector in Detector::ALL {
            let own = rng.below(61).saturating_add(70);
            for mechanism in 0..MECHANISMS {
                let (usual, gamed) = shares(detector);
                let thousandths = match optimised {
                    Some(what) if what == detector && unit == 0 => gamed.saturating_mul(10),
                    _ => usual.saturating_mul(own) / 10,
                };
                let n = rng.below(49).saturating_add(12);
                let mut share = Share::default();
                for _ in 0..n {
                    case = case.saturating_add(1);
                    share.see(CaseId(case), rng.chance(thousandths, 1_000));
                }
                let place = Place {
                    detector,
                    mechanism: format!("mechanism-{mechanism}").into(),
                    unit: format!("unit-{unit}").into(),
                };
                cells.push(Cell { place, share });
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_engine::audit::judge;

    /// Counties that are tried.
    const SEEDS: u64 = 400;

    #[test]
    fn honest_counties_show_a_sign_in_at_most_one_of_twenty() {
        let mut alarmed = 0;
        for seed in 0..SEEDS {
            let judged = judge(county(seed, None));
            assert_eq!(judged.asked, UNITS * MECHANISMS * Detector::ALL.len() as u64);
            alarmed += u64::from(!judged.signs.is_empty());
        }
        println!("honest counties with a sign: {alarmed} of {SEEDS}");
        assert!(
            alarmed * 20 <= SEEDS,
            "{alarmed} of {SEEDS} honest counties show a sign"
        );
    }

    #[test]
    fn a_unit_that_optimises_is_found_for_what_it_does_and_nobody_else_is() {
        for detector in Detector::ALL {
            let (mut found, mut others) = (0, 0);
            for seed in 0..SEEDS / 4 {
                let judged = judge(county(seed, Some(detector)));
                let (its, of_others): (Vec<_>, Vec<_>) = judged.signs.iter().partition(|sign| {
                    sign.place.unit.as_str() == "unit-0" && sign.place.detector == detector
                });
                found += u64::from(!its.is_empty());
                others += of_others.len();
            }
            println!(
                "{}: found in {found} of {}, others {others}",
                detector.name(),
                SEEDS / 4
            );
            assert!(found * 10 >= SEEDS / 4 * 9, "{detector:?}: {found}");
            assert!(
                others * 20 <= (SEEDS / 4) as usize,
                "{detector:?}: {others} of others"
            );
        }
    }
}
