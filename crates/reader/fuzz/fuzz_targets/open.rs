//! Any file is opened or refused with a message; what is opened can be read.
#![no_main]

use bihuan_reader::Options;
use bihuan_reader::formats::{open, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(opened) = open(bytes) {
        let _ = read("fuzz", &opened, &Options::default());
    }
});
