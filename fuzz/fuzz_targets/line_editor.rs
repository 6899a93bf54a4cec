//! See `tern_fuzz::text::line_editor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tern_fuzz::text::line_editor(data));
