//! The file of names and secrets, out of any bytes.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use server::credentials::parse;
use server::names::Policy;

fuzz_target!(|bytes: &[u8]| {
    for names in [Policy::Plain, Policy::Unicode] {
        if let Ok(credentials) = parse(Path::new("credentials.txt"), bytes, names) {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            assert!(credentials.entries.len() + credentials.warnings.len() <= 2 * lines);
        }
    }
});
