//! Any bytes are a table or are refused with a message.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    packing::foreign_panics_pass();
    let _ = bihuan_reader::table::read(bytes);
});
