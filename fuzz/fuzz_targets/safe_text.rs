//! The one function that makes text safe: nothing that comes out can act on a terminal, and it does not grow without end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::text::{Lines, SafeText, escape_json};

fuzz_target!(|text: &str| {
    for lines in [Lines::One, Lines::Many] {
        let safe = SafeText::new(text, lines);
        assert_eq!(safe.raw(), text);
        harmless(safe.as_str(), lines == Lines::Many);
        harmless(&safe.escaped(), false);
        // The longest form of one byte is a code point in angle brackets.
        assert!(safe.as_str().len() <= text.len() * 12 + 16, "{} bytes became {}", text.len(), safe.as_str().len());
        // What is safe stays as it is.
        let again = SafeText::new(safe.as_str(), lines);
        assert_eq!(again.as_str(), safe.as_str());
    }
    harmless(&escape_json(&format!("{text:?}")), false);
});

fn harmless(text: &str, many_lines: bool) {
    for c in text.chars() {
        let is_line_end = c == '\n' && many_lines;
        let acts = c.is_control() && !is_line_end;
        let hides = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
            || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{2028}' | '\u{2029}')
            || matches!(c, '\u{e0000}'..='\u{e007f}' | '\u{e000}'..='\u{f8ff}');
        // Tags stay inside the flags of England, Scotland and Wales.
        assert!(!acts && (!hides || is_tag(c)), "U+{:04X} in {text:?}", u32::from(c));
    }
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}
