//! See `tern_fuzz::text::credentials`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tern_fuzz::text::credentials(data));
