//! The name under which a file of somebody else may be kept. Pure.
//!
//! A name from outside is a wish. What comes out is one component, visible, harmless in a shell and on a screen, and
//! short enough for every file system.

use shared::text::{Lines, SafeText};

/// The longest name, in bytes. File systems allow 255; this leaves room for ` (999)`.
pub const NAME_BYTES: usize = 200;

/// What is left when nothing is.
const NAMELESS: &str = "file";

/// Names that mean devices on Windows, with or without an ending.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Cleans a name.
pub fn clean(raw: &str) -> String {
    let last = raw.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    let trimmed = visible.trim_start_matches(['.', '-', ' ', '~']).trim_end_matches(['.', ' ']);
    let named = if is_device(trimmed) { format!("_{trimmed}") } else { trimmed.to_owned() };
    let cut = shorten(&named);
    if cut.chars().all(|c| c == '_') { NAMELESS.to_owned() } else { cut }
}

/// `name` the first time, then `name (2)` and so on, before the ending.
pub fn numbered(name: &str, number: u32) -> String {
    if number < 2 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem} ({number}).{ending}"),
        _ => format!("{name} ({number})"),
    }
}

/// Whether a character is shown as itself, means nothing to a shell's completion or a file system, and cannot be taken
/// for the end of a path.
fn is_harmless(c: char) -> bool {
    if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | '`' | '$' | '\'' | '!' | '&' | ';') {
        return false;
    }
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let mut buffer = [0; 4];
    let alone: &str = c.encode_utf8(&mut buffer);
    SafeText::new(alone, Lines::One).as_str() == alone
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let is_port = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|number| {
            let mut characters = number.chars();
            matches!((characters.next(), characters.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        })
    };
    DEVICES.contains(&stem.as_str()) || is_port("com") || is_port("lpt")
}

/// Cuts the middle: the ending says what the file is.
fn shorten(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending = if ending.len() <= 16 && !ending.is_empty() { format!(".{ending}") } else { String::new() };
    let mut end = NAME_BYTES - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", name[..end].trim_end_matches(['.', ' ']))
}
