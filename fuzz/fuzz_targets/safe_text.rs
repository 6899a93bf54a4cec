//! See `tern_fuzz::text::sanitise`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tern_fuzz::text::sanitise(data));
