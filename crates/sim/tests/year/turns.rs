//! The turns of a year, all from its seed.

use bihuan_sim::rng::Rng;

/// Something that happens, so many minutes after what was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) minutes: i64,
    pub(crate) what: What,
    /// For the details.
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Somebody does what waits for him, unless he is on leave.
    Work,
    /// A matter comes in.
    Open,
    /// Somebody asks for a side move: a return is a dispute.
    Ask,
    /// The dispatcher reminds, gives the case to another unit, moves its day.
    Dispatch,
    /// Anybody tries anything.
    Stranger,
    /// A command comes a second time.
    Twice,
    /// A command comes after others have moved the case.
    TooLate,
    /// A new version of a mechanism, with or without the open cases.
    Rules,
    /// A holiday or a make-up workday is announced for days to come.
    Calendar,
    /// Somebody goes on leave, or leaves his post to another.
    Personnel,
    /// The server is stopped and started.
    Restart,
    /// The power goes: what is on the disk is all there is.
    Crash,
    /// The disk fails in the midst of writing.
    DiskFails,
    /// The system's clock jumps back for a while.
    ClockBack,
    /// Nobody is there for weeks, the server neither.
    Asleep,
    /// The read models are changed past the engine: only to see the laws break.
    Sabotage,
}

/// How often each comes, in a hundred turns.
const SHARES: [(u64, What); 15] = [
    (46, What::Work),
    (11, What::Open),
    (11, What::Ask),
    (6, What::Dispatch),
    (5, What::Stranger),
    (3, What::Twice),
    (2, What::TooLate),
    (2, What::Rules),
    (2, What::Calendar),
    (3, What::Personnel),
    (2, What::Restart),
    (1, What::Crash),
    (3, What::DiskFails),
    (2, What::ClockBack),
    (1, What::Asleep),
];

/// The turns of a year.
pub(crate) fn year(seed: u64) -> Vec<Turn> {
    let mut rng = Rng::new(seed);
    let (mut turns, mut left) = (Vec::new(), 365 * 24 * 60);
    while left > 0 {
        let minutes = match rng.below(20) {
            0..12 => rng.between(0, 900),
            12..18 => rng.between(900, 6_000),
            _ => rng.between(6_000, 20_000),
        };
        left -= minutes;
        let mut lot = rng.below(100);
        let found = SHARES.iter().find(|(share, _)| {
            let here = lot < *share;
            lot = lot.saturating_sub(*share);
            here
        });
        let what = found.map_or(What::Work, |(_, what)| *what);
        turns.push(Turn {
            minutes,
            what,
            seed: rng.draw(),
        });
    }
    turns
}
