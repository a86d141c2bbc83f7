//! Mechanism files (机制文件): read, checked for soundness and compiled to the model that the engine runs.
//!
//! Pure: files come in as text, findings and models go out. `docs/mechanism-language.md` is the reference of the
//! language, `docs/checks/` has a page for every code. Not for running cases: that is `domain` and `engine`.
//!
//! # Example
//!
//! ```
//! use std::collections::BTreeMap;
//! use bihuan_mechanism::load;
//!
//! let pack = "language = 1\n[pack]\nid = \"mine\"\nlabel = { zh = \"本县\", en = \"our county\" }\nrequires = [\"bsae\"]\n";
//! let loaded = load(&BTreeMap::from([("mine/pack.toml".to_owned(), pack.to_owned())]));
//! assert_eq!(loaded.diagnostics[0].code, "M0020"); // a pack that it requires is not there
//! ```

pub mod burden;
mod check;
pub mod compare;
mod compile;
pub mod diagram;
mod digest;
mod draft;
mod expr;
pub mod figure;
mod implied;
mod input;
pub mod limits;
mod load;
mod names;
mod pack;
mod read;
mod rows;
pub mod scenario;
pub mod schema;
mod schemes;
mod surroundings;
mod syntax;
mod text;

pub use digest::digest;
pub use input::{Input, from_text};
pub use load::{load, load_all, load_all_on, load_on};
pub use names::Names;
pub use pack::{Datum, Function, Loaded, Pack, Proof, SampleRow, UnitKind};
