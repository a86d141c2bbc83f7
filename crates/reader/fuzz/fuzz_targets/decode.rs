//! Any bytes are decoded or refused with a message; what is decoded can be read.
#![no_main]

mod laws;

use bihuan_reader::{Options, decode, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(decoded) = decode(bytes) {
        laws::hold(&decoded.text, &read("fuzz", &decoded.text, &Options::default()));
    }
});
