//! Who may verify, and the draw: law 5, “closing is a fact, not a word”.
//!
//! The handler in person never verifies. A draw is two events, requested and then drawn from the first checkpoint
//! signed after the request, so that anyone can derive it again and nobody could have known it before.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::id::{CaseId, Code, PersonId, PostId, UnitId};
use crate::org::Org;

/// A signed checkpoint of the log, used as a public lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beacon {
    /// Number of entries under it.
    pub size: u64,
    /// The root, hex.
    pub root: String,
}

/// A seat that may be drawn: a person on a post.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seat {
    /// The unit.
    pub unit: UnitId,
    /// The post.
    pub post: PostId,
    /// The person.
    pub person: PersonId,
}

/// A rule that was dropped because fewer than three were eligible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relaxation {
    /// Who verified this owner last may verify again.
    RecentPair,
    /// Verifiers of any unit of the jurisdiction that has the post, not only of units with the function.
    WiderPool,
}

/// The seats that may verify, in order, and what had to be relaxed to find three.
///
/// Left out: every person in `handlers`, every seat in the owner's own line of command, and the pair that met last.
pub fn eligible(
    org: &Org,
    function: &Code,
    post_kind: &Code,
    owner: &UnitId,
    handlers: &BTreeSet<PersonId>,
    recent: &BTreeSet<PersonId>,
    day: Date,
) -> (Vec<Seat>, Vec<Relaxation>) {
    let seats = |within_function: bool, recent: &BTreeSet<PersonId>| -> Vec<Seat> {
        let mut seats: Vec<Seat> = Vec::new();
        for appointment in org.appointments.iter().filter(|a| a.valid.covers(day)) {
            let Some(post) = org.posts.get(&appointment.post) else {
                continue;
            };
            let Some(unit) = org.units.get(&post.unit) else {
                continue;
            };
            let fits = post.kind == *post_kind
                && post.valid.covers(day)
                && unit.valid.covers(day)
                && (!within_function || unit.functions.contains(function))
                && !org.same_line(&unit.id, owner)
                && !handlers.contains(&appointment.person)
                && !recent.contains(&appointment.person);
            if fits {
                seats.push(Seat {
                    unit: unit.id.clone(),
                    post: post.id.clone(),
                    person: appointment.person.clone(),
                });
            }
        }
        seats.sort();
        seats.dedup();
        seats
    };
    let none = BTreeSet::new();
    let strict = seats(true, recent);
    if strict.len() >= 3 {
        return (strict, Vec::new());
    }
    let mut relaxed = Vec::new();
    let mut pool = strict;
    if !recent.is_empty() {
        let again = seats(true, &none);
        if again.len() > pool.len() {
            pool = again;
            relaxed.push(Relaxation::RecentPair);
        }
    }
    if pool.len() < 3 {
        let wider = seats(false, &none);
        if wider.len() > pool.len() {
            pool = wider;
            relaxed.push(Relaxation::WiderPool);
        }
    }
    (pool, relaxed)
}

/// Which of `n` is drawn: SHA-256 over a purpose, the beacon's size and root, the case and its round of drawing,
/// its first 16 bytes as a big-endian number modulo `n`. The modulo bias is below 2⁻⁹⁶ for any pool of people.
pub fn draw(purpose: &str, beacon: &Beacon, case: CaseId, round: u64, n: u32) -> Option<u32> {
    if n == 0 {
        return None;
    }
    let text = format!(
        "bihuan/{purpose}\n{}\n{}\n{case}\n{round}\n",
        beacon.size, beacon.root
    );
    let hash = Sha256::digest(text.as_bytes());
    let lot = hash
        .iter()
        .take(16)
        .fold(0u128, |lot, byte| (lot << 8) | u128::from(*byte));
    u32::try_from(lot % u128::from(n)).ok()
}
