//! Makes a text from outside fit for the input: no control character but the line feed, nothing hidden.

use shared::text::{Lines, SafeText};

use super::Form;

/// A tab in the input, as wide as one received.
const TAB: &str = "    ";

/// More lines, or more bytes, than this are seldom meant as one message: a page copied by mistake.
const LARGE_LINES: usize = 5;
const LARGE_BYTES: usize = 2048;

/// Whether a paste is so large that the user is asked before it is sent.
pub fn is_large(raw: &str) -> bool {
    raw.len() > LARGE_BYTES || harmless(raw, Form::Lines).lines().count() > LARGE_LINES
}

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
