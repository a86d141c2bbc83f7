//! Reading TOML with the place of every value, so that each finding can point into the file.
//!
//! A [`Table`] remembers which keys were asked for; what is left over at the end is an unknown key, and the
//! nearest of the asked ones is suggested.

mod node;
mod sink;
mod table;
mod words;

pub(crate) use node::{Kind, Node, parse};
pub(crate) use sink::{Sink, described};
pub(crate) use table::{Sp, Table, text};
pub(crate) use words::{is_code, nearest};
