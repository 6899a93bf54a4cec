//! See `tern_fuzz::chat::session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tern_fuzz::chat::session(data));
