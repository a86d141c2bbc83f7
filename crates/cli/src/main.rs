//! The binary `bihuan`.
fn main() {}
