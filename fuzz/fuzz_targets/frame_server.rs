//! See `tern_fuzz::frames::server`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tern_fuzz::frames::server(data));
