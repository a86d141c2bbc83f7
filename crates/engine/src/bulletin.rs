//! Bulletins (督查通报): computed from the log, drafted, signed, issued, corrected, and recomputed by anyone.
//!
//! Nothing that names a unit is issued unsigned (law 4). What was drafted is stored whole, with the head of the log that
//! it was computed from; [`verify`] computes it again from the log alone and compares (law 9). An issued bulletin is
//! never changed: a look-back that fails later takes its closing back in the next one (law 6).
//!
//! These functions block; asynchronous callers put them on a blocking thread.

mod annex;
mod asked;
mod cadence;
mod compute;
mod content;
mod correct;
mod figures;
mod life;
pub mod meeting;
mod rate;
mod recheck;
pub(crate) mod settings;
mod source;
mod typical;
mod wording;

pub use annex::sheets;
pub use asked::{Asked, asked, slow};
pub use bihuan_domain::case::{Cause, Origin};
pub(crate) use cadence::on_time;
pub use cadence::{Coming, coming};
pub use content::{Content, Definition, Documents};
pub use figures::{
    Corrected, CorrectedRate, Correction, Count, FIGURES, FalseClosing, Figures, LadderItem, LateItem,
    LateWith, NamedRate, RATES, Scope, UNIT_FIGURES, UnitLine, UnitOrder, definition, name,
};
pub use life::{
    Drafting, Signed, docx, draft, file, html, issue, load, may_read, may_sign, official, pdf, sign, xlsx,
};
pub use rate::{CaseSet, Place, Rate, SMALL_BASE, percent, wilson};
pub use recheck::{Difference, Recheck, of_file, verify};
pub use settings::{SIGNER, preset, signers};
pub use source::{compute, recompute};
pub use typical::{Typical, TypicalCase, Why};
pub use wording::figure_link;

/// The style rules for [`html`], for screen and print.
pub use bihuan_report::html::STYLE;

/// The periods that a page offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Monday to Sunday of this week (一周一小结).
    Week,
    /// The 1st to the 15th, or the 16th to the last day (半月一通报).
    HalfMonth,
    /// This month (一月一调度).
    Month,
}
