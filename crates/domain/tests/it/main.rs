//! Stories about a case, and the laws of the kernel over generated histories.

mod county;
mod laws;
mod stories;
