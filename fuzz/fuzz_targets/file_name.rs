//! See `tern_fuzz::text::file_name`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tern_fuzz::text::file_name(data));
