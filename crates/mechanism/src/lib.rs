//! Mechanism files (机制文件): read, checked for soundness and compiled to the model that the engine runs.
//!
//! Pure: files come in as text, findings and models go out. `docs/mechanism-language.md` is the reference of the
//! language, `docs/checks/` has a page for every code. Not for running cases: that is `domain` and `engine`.

mod check;
mod compile;
mod digest;
mod expr;
pub mod figure;
mod input;
pub mod limits;
mod load;
mod pack;
mod read;
mod rows;
pub mod scenario;
mod surroundings;
mod syntax;
mod text;

pub use digest::digest;
pub use load::{load, load_all};
pub use input::{Input, from_text};
pub use pack::{Datum, Function, Loaded, Pack, SampleRow, UnitKind};
