//! Edits one row of a terminal that understands nothing but printable characters, backspace, carriage return and
//! newline. No escape byte is ever written.
//!
//! The editor is told what was typed and answers what to write; it owns no terminal. What it shows never leaves its
//! row: a line longer than the row is shown by its end, and whole once it is finished.

use shared::text::{Lines, SafeText};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::pipe::LINE_MOST;

/// What came of typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A line was finished.
    Line(String),
    /// The end of the input was typed on an empty line.
    End,
}

/// The row.
#[derive(Debug, Default)]
pub struct Editor {
    prompt: &'static str,
    /// Whether the prompt stands on the row.
    prompted: bool,
    text: String,
    is_secret: bool,
    /// The columns that the row shows.
    columns: usize,
    /// Bytes of a character that is not whole yet.
    partial: Vec<u8>,
    escape: Escape,
}

/// Where in a key's escape sequence the input is. Such keys do nothing here, and their letters are no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Sequence,
}

impl Editor {
    /// Whether a line is begun that must not be split.
    pub fn is_begun(&self) -> bool {
        !self.text.is_empty()
    }

    /// What is being typed; nothing of a secret.
    pub fn typed(&self) -> &str {
        if self.is_secret { "" } else { &self.text }
    }

    /// What is asked, if anything, and whether what is typed must not be seen. Something secret that was begun when its
    /// question goes away is forgotten.
    pub fn ask(&mut self, question: Option<(&'static str, bool)>) {
        let (prompt, is_secret) = question.unwrap_or(("", false));
        if self.is_secret && !is_secret {
            self.text.clear();
        }
        self.prompted &= prompt == self.prompt;
        (self.prompt, self.is_secret) = (prompt, is_secret);
    }

    /// Whether the prompt is yet to be shown.
    pub fn wants_prompt(&self) -> bool {
        !self.prompt.is_empty() && !self.prompted
    }

    /// Takes typed bytes up to the end of a line. Adds what to write to `out`; answers what came of it and how many
    /// bytes were taken.
    pub fn take(&mut self, bytes: &[u8], width: usize, out: &mut String) -> (Option<Typed>, usize) {
        for (index, &byte) in bytes.iter().enumerate() {
            if let Some(typed) = self.byte(byte, width, out) {
                return (Some(typed), index + 1);
            }
        }
        (None, bytes.len())
    }

    /// Takes the row off the screen, so that something else can be written there.
    pub fn lift(&mut self, out: &mut String) {
        if self.columns > 0 {
            out.push('\r');
            out.extend(std::iter::repeat_n(' ', self.columns));
            out.push('\r');
        }
        self.columns = 0;
        self.prompted = false;
    }

    /// Puts the row back: the prompt, and what was typed.
    pub fn lower(&mut self, width: usize, out: &mut String) {
        let shown = self.shown();
        let room = width.saturating_sub(1 + self.prompt.width());
        out.push_str(self.prompt);
        let tail = tail(&shown, room);
        out.push_str(tail);
        self.columns = self.prompt.width() + tail.width();
        self.prompted = !self.prompt.is_empty();
    }

    /// Forgets what was typed. Answers whether there was anything.
    pub fn clear(&mut self, out: &mut String) -> bool {
        let was_begun = self.is_begun();
        if was_begun {
            self.text.clear();
            self.new_row(out);
        }
        was_begun
    }

    fn byte(&mut self, byte: u8, width: usize, out: &mut String) -> Option<Typed> {
        match (self.escape, byte) {
            (Escape::None, 0x1b) => self.escape = Escape::Begun,
            (Escape::Begun, b'[' | b'O') => self.escape = Escape::Sequence,
            // An escape sequence ends with its first byte from `@` on; one after a bare escape is an Alt key.
            (Escape::Begun, _) | (Escape::Sequence, 0x40..=0x7e) => self.escape = Escape::None,
            (Escape::None, b'\r' | b'\n') => return Some(self.finish(width, out)),
            (Escape::None, 0x04) if !self.is_begun() => return Some(Typed::End),
            (Escape::None, 0x08 | 0x7f) => self.backspace(width, out),
            (Escape::None, 0x15) => self.shorten(0, width, out),
            (Escape::None, 0x17) => self.shorten(self.word_start(), width, out),
            (Escape::Sequence, _) | (Escape::None, 0x00..=0x1f) => {}
            (Escape::None, _) => self.insert(byte, width, out),
        }
        None
    }

    fn insert(&mut self, byte: u8, width: usize, out: &mut String) {
        self.partial.push(byte);
        let whole = match std::str::from_utf8(&self.partial) {
            Ok(character) => character.to_owned(),
            // Not whole yet.
            Err(error) if error.error_len().is_none() => return,
            Err(_) => char::REPLACEMENT_CHARACTER.to_string(),
        };
        self.partial.clear();
        // A C1 control is a key that does nothing here, like one of C0.
        if whole.chars().any(char::is_control) || self.text.len() + whole.len() > LINE_MOST {
            return;
        }
        let before = self.shown();
        self.text.push_str(&whole);
        let after = self.shown();
        match after.strip_prefix(&before) {
            // The usual case: one more character at the end, and room for it.
            Some(added) if self.columns + added.width() < width && added.width() + before.width() == after.width() => {
                out.push_str(added);
                self.columns += added.width();
            }
            _ => self.redraw(width, out),
        }
    }

    fn backspace(&mut self, width: usize, out: &mut String) {
        self.partial.clear();
        let start = self.text.grapheme_indices(true).next_back().map_or(0, |(start, _)| start);
        self.shorten(start, width, out);
    }

    fn word_start(&self) -> usize {
        let without_word = self.text.trim_end().trim_end_matches(|c: char| !c.is_whitespace());
        without_word.len()
    }

    fn shorten(&mut self, length: usize, width: usize, out: &mut String) {
        let before = self.shown().width();
        self.text.truncate(length);
        let removed = before - self.shown().width().min(before);
        if before + self.prompt.width() < width {
            for erase in ["\u{8}", " ", "\u{8}"] {
                out.extend(std::iter::repeat_n(erase, removed));
            }
            self.columns = self.columns.saturating_sub(removed);
        } else {
            self.redraw(width, out);
        }
    }

    /// Ends the line: its whole text stays on the screen.
    fn finish(&mut self, width: usize, out: &mut String) -> Typed {
        self.partial.clear();
        let shown = self.shown();
        if self.prompt.width() + shown.width() >= width {
            self.lift(out);
            out.push_str(self.prompt);
            out.push_str(&shown);
        }
        self.new_row(out);
        Typed::Line(std::mem::take(&mut self.text))
    }

    fn new_row(&mut self, out: &mut String) {
        out.push_str("\r\n");
        self.columns = 0;
        self.prompted = false;
    }

    fn redraw(&mut self, width: usize, out: &mut String) {
        self.lift(out);
        self.lower(width, out);
    }

    /// What is typed, as it may be seen.
    fn shown(&self) -> String {
        if self.is_secret {
            return String::new();
        }
        SafeText::new(&self.text, Lines::One).as_str().to_owned()
    }
}

/// The end of a text that fits into a number of columns.
fn tail(text: &str, room: usize) -> &str {
    if text.width() <= room {
        return text;
    }
    // Half a row, so that typing on does not draw the row again with every character.
    let wanted = room / 2;
    let mut start = text.len();
    for (index, _) in text.grapheme_indices(true).rev() {
        if text[index..].width() > wanted {
            break;
        }
        start = index;
    }
    &text[start..]
}

#[cfg(test)]
mod tests;
