//! Any bytes are a table or are refused with a message.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = bihuan_reader::table::read(bytes);
});
