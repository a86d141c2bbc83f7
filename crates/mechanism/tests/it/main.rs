//! Stories of the mechanism language, its checker and its scenarios.

mod shipped;
mod support;
