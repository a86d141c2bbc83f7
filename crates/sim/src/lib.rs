//! Sample jurisdictions that come out the same every time: they feed the demo, the benchmarks and the tests.
//!
//! Everything goes through the engine, as a person's command would; nothing is written into a log past it. Named
//! things carry the names that reports gave them; people and unnamed things are samples and say so.

pub mod custodians;
pub mod demo;
pub mod founding;
pub mod gaming;
pub mod history;
mod jiaocheng;
pub mod packs;
pub mod people;
pub mod rng;
pub mod samples;
mod shift;
pub mod time;
mod twin;
pub mod walks;
pub mod workload;
mod yuncheng;
