//! Makes a text from outside fit for the input: no control character but the line feed, nothing hidden.

use shared::text::{Lines, SafeText};

use super::Form;

/// A tab in the input, as wide as one received.
const TAB: &str = "    ";

/// The text with line feeds for all line ends (tmux and others send CR), spaces for tabs, and control characters
/// written out (`^[`).
pub(super) fn harmless(raw: &str, form: Form) -> String {
    let unified = raw.replace("\r\n", "\n").replace('\r', "\n").replace('\t', TAB);
    let unified = match form {
        Form::Lines => unified,
        // What is copied from a terminal often ends with a line feed, which is no part of a password.
        Form::OneLine => unified.trim_end_matches('\n').replace('\n', " "),
    };
    let safe = SafeText::new(&unified, Lines::Many);
    let mut text = String::with_capacity(unified.len());
    for c in safe.as_str().chars() {
        match caret(c) {
            Some(letter) => text.extend(['^', letter]),
            None if c.is_control() && c != '\n' => text.push(char::REPLACEMENT_CHARACTER),
            None => text.push(c),
        }
    }
    text
}

/// The letter that stands for a control character after `^`.
fn caret(c: char) -> Option<char> {
    let code = u8::try_from(c).ok()?;
    (code.is_ascii_control() && c != '\n').then(|| char::from(code ^ 0x40))
}
