//! The name of a file that another client offers: whatever it is, one plain name comes out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tui_client::peer::transfer::names::{clean, numbered};

fuzz_target!(|input: (&str, u32)| {
    let (raw, number) = input;
    for name in [clean(raw), numbered(&clean(raw), number)] {
        assert!(!name.is_empty() && name.len() <= 255, "{name:?}");
        assert!(!name.contains(['/', '\\', '\0']) && name != "." && name != "..", "{name:?}");
        assert!(!name.starts_with(['.', '-']) && !name.ends_with(['.', ' ']), "{name:?}");
        assert!(!name.chars().any(char::is_control), "{name:?}");
    }
    assert_eq!(clean(&clean(raw)), clean(raw), "what is clean stays as it is");
});
