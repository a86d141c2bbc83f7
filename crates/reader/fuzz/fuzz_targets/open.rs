//! Any file is opened or refused with a message; what is opened can be read, and the laws of a reading hold.
#![no_main]

mod laws;
mod packing;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    packing::foreign_panics_pass();
    packing::opens(bytes);
});
