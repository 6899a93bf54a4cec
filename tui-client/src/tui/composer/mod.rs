//! The line one types in: its text, its cursor, its history and its undo. Pure: keys arrive as [`EditAction`]s, the
//! time and the width as arguments.
//!
//! Always true, whatever happens: the cursor stands between two characters as people count them, and the text holds no
//! control character but the line feed.

use std::ops::Range;
use std::time::Duration;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use self::history::History;
use self::undo::{Kind, Undo};
use super::cluster::is_emoji;

pub use self::layout::{MAX_ROWS, Placed};
pub use self::paste::is_large;

mod history;
mod layout;
mod paste;
mod undo;

/// Longest text in bytes: far over what a message may have, so that nothing is cut before the sending refuses it with
/// the figures, and small enough to wrap at every key.
pub const MAX_TEXT: usize = 64 * 1024;

/// One thing that a key does to the text or the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditAction {
    /// A typed character.
    Insert(char),
    /// A line feed; nothing in a field of one line.
    NewLine,
    /// One character to the left.
    Left,
    /// One character to the right.
    Right,
    /// To the start of the word before.
    WordLeft,
    /// To the end of the word after.
    WordRight,
    /// To the start of the line of text.
    LineStart,
    /// To its end.
    LineEnd,
    /// One row up; in the first row, to what was sent before.
    Up,
    /// One row down; in the last row, back towards the draft.
    Down,
    /// Removes an emoji whole, and of other characters the last mark or the letter.
    Backspace,
    /// Removes the character under the cursor.
    Delete,
    /// Cuts back to the start of the word.
    CutWordBack,
    /// Cuts to the end of the word.
    CutWordForward,
    /// Cuts to the start of the line; at the start, the line feed before it.
    CutToStart,
    /// Cuts to the end of the line; at the end, the line feed.
    CutToEnd,
    /// Inserts what was cut last.
    PasteBack,
    /// Takes the last edit back.
    Undo,
    /// Makes it again.
    Redo,
    /// Empties the text; undo brings it back.
    Clear,
}

/// A text to insert does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes are more than the {MAX_TEXT} that fit into the input")]
pub struct TooLong {
    /// Bytes the text would have had.
    pub bytes: usize,
}

/// Whether a text may have line feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Lines,
    OneLine,
}

/// A text being typed.
#[derive(Clone, Debug)]
pub struct Composer {
    text: String,
    cursor: usize,
    form: Form,
    /// The column that Up and Down aim for; any other key forgets it.
    goal: Option<u16>,
    cut: String,
    undo: Undo,
    history: History,
}

impl Default for Composer {
    fn default() -> Self {
        Self::new()
    }
}

impl Composer {
    /// An empty input for messages of several lines.
    pub fn new() -> Self {
        Self::of(Form::Lines)
    }

    /// An empty field of one line, as for a name.
    pub fn one_line() -> Self {
        Self::of(Form::OneLine)
    }

    fn of(form: Form) -> Self {
        Self {
            text: String::new(),
            cursor: 0,
            form,
            goal: None,
            cut: String::new(),
            undo: Undo::default(),
            history: History::default(),
        }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte the cursor stands before.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Does what a key means. `width` is that of the field in columns, for Up and Down; `now` is on any clock that
    /// never goes back: a pause begins a new step of undo.
    pub fn apply(&mut self, action: EditAction, now: Duration, width: u16) {
        let goal = self.goal.take();
        match action {
            EditAction::Insert(c) => self.insert_char(c, now),
            EditAction::NewLine => self.new_line(now),
            EditAction::Left => self.move_to(self.before(self.cursor)),
            EditAction::Right => self.move_to(self.after(self.cursor)),
            EditAction::WordLeft => self.move_to(self.word_left()),
            EditAction::WordRight => self.move_to(self.word_right()),
            EditAction::LineStart => self.move_to(self.line_start()),
            EditAction::LineEnd => self.move_to(self.line_end()),
            EditAction::Up => self.up(goal, width),
            EditAction::Down => self.down(goal, width),
            EditAction::Backspace => self.backspace(now),
            EditAction::Delete => self.delete(now),
            EditAction::CutWordBack => self.cut_to(self.word_left()),
            EditAction::CutWordForward => self.cut_to(self.word_right()),
            EditAction::CutToStart => self.cut_to(self.start_to_cut()),
            EditAction::CutToEnd => self.cut_to(self.end_to_cut()),
            EditAction::PasteBack => self.paste_back(),
            EditAction::Undo => self.undo_edit(),
            EditAction::Redo => self.redo_edit(),
            EditAction::Clear => self.replace(""),
        }
    }

    /// Inserts a text from outside as one step of undo, made harmless: line ends become line feeds (spaces in a field
    /// of one line), control characters and hidden ones become visible.
    pub fn paste(&mut self, raw: &str) -> Result<(), TooLong> {
        let text = paste::harmless(raw, self.form);
        self.has_room_for(&text)?;
        self.edit(self.cursor..self.cursor, &text, Kind::Other, Duration::ZERO);
        Ok(())
    }

    /// Replaces the bytes `range` by a text that is already harmless, as one step of undo: what completion does. A
    /// range that does not lie between characters, or inside the text, is brought there.
    pub fn complete(&mut self, range: Range<usize>, text: &str) -> Result<(), TooLong> {
        let text = paste::harmless(text, self.form);
        self.has_room_for(&text)?;
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.ceil_char_boundary(range.end).max(start);
        self.edit(start..end, &text, Kind::Other, Duration::ZERO);
        Ok(())
    }

    /// Replaces the whole text, as one step of undo: a draft, a line from the history, or nothing.
    pub fn replace(&mut self, text: &str) {
        // A text that does not fit changes nothing.
        let _ = self.rewrite(text);
    }

    /// The same with a text from outside that may be too long: what an editor made of it. An equal text is no step.
    pub fn rewrite(&mut self, raw: &str) -> Result<(), TooLong> {
        let text = paste::harmless(raw, self.form);
        if text.len() > MAX_TEXT {
            return Err(TooLong { bytes: text.len() });
        }
        if text != self.text {
            self.edit(0..self.text.len(), &text, Kind::Other, Duration::ZERO);
        }
        Ok(())
    }

    /// Takes the text to send it, remembers it in the history and leaves the input empty.
    pub fn submit(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.history.sent(&text);
        self.reset();
        text
    }

    /// Takes the text and forgets everything else about it: for passwords.
    pub fn take_secret(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.cut.clear();
        self.reset();
        text
    }

    /// The `nth` newest line sent that contains `needle`, whatever its case; 0 is the newest.
    pub fn find_sent(&self, needle: &str, nth: usize) -> Option<&str> {
        self.history.find(needle, nth)
    }

    fn reset(&mut self) {
        self.cursor = 0;
        self.goal = None;
        self.undo = Undo::default();
    }

    fn insert_char(&mut self, c: char, now: Duration) {
        let mut bytes = [0; 4];
        let text = c.encode_utf8(&mut bytes);
        if c.is_control() || self.has_room_for(text).is_err() {
            return;
        }
        let kind = if c.is_whitespace() { Kind::Blank } else { Kind::Letter };
        self.edit(self.cursor..self.cursor, text, kind, now);
    }

    fn new_line(&mut self, now: Duration) {
        if self.form == Form::Lines && self.has_room_for("\n").is_ok() {
            self.edit(self.cursor..self.cursor, "\n", Kind::Blank, now);
        }
    }

    fn backspace(&mut self, now: Duration) {
        let start = self.before(self.cursor);
        let cluster = &self.text[start..self.cursor];
        let last = cluster.char_indices().last().map_or(0, |(at, _)| at);
        let start = if is_emoji(cluster) { start } else { start + last };
        self.edit(start..self.cursor, "", Kind::Removal, now);
    }

    fn delete(&mut self, now: Duration) {
        self.edit(self.cursor..self.after(self.cursor), "", Kind::Removal, now);
    }

    fn cut_to(&mut self, end: usize) {
        let range = self.cursor.min(end)..self.cursor.max(end);
        if !range.is_empty() {
            self.cut = self.text[range.clone()].to_owned();
            self.edit(range, "", Kind::Other, Duration::ZERO);
        }
    }

    fn paste_back(&mut self) {
        let text = self.cut.clone();
        if self.has_room_for(&text).is_ok() {
            self.edit(self.cursor..self.cursor, &text, Kind::Other, Duration::ZERO);
        }
    }

    fn undo_edit(&mut self) {
        if let Some((text, cursor)) = self.undo.undo(&self.text, self.cursor) {
            (self.text, self.cursor) = (text, cursor);
        }
    }

    fn redo_edit(&mut self) {
        if let Some((text, cursor)) = self.undo.redo(&self.text, self.cursor) {
            (self.text, self.cursor) = (text, cursor);
        }
    }

    fn up(&mut self, goal: Option<u16>, width: u16) {
        if let Some((cursor, goal)) = layout::row_above(&self.text, self.cursor, goal, width) {
            self.cursor = cursor;
            self.goal = Some(goal);
            self.undo.pause();
        } else if let Some(text) = self.history.older(&self.text) {
            self.recall(text);
        }
    }

    fn down(&mut self, goal: Option<u16>, width: u16) {
        if let Some((cursor, goal)) = layout::row_below(&self.text, self.cursor, goal, width) {
            self.cursor = cursor;
            self.goal = Some(goal);
            self.undo.pause();
        } else if let Some(text) = self.history.newer(&self.text) {
            self.recall(text);
        }
    }

    /// Another line of the history takes the place of the text. The steps of undo belong to the text they changed.
    fn recall(&mut self, text: String) {
        self.text = text;
        self.reset();
        self.cursor = self.text.len();
    }

    /// The one way the text changes: what leads to an invariant broken cannot pass here.
    fn edit(&mut self, range: Range<usize>, text: &str, kind: Kind, now: Duration) {
        if range.is_empty() && text.is_empty() {
            return;
        }
        self.undo.before_edit(&self.text, self.cursor, kind, now);
        let cursor = range.start + text.len();
        self.text.replace_range(range, text);
        self.cursor = self.boundary_from(cursor);
    }

    fn move_to(&mut self, cursor: usize) {
        self.cursor = self.boundary_from(cursor);
        self.undo.pause();
    }

    fn has_room_for(&self, text: &str) -> Result<(), TooLong> {
        let bytes = self.text.len() + text.len();
        if bytes <= MAX_TEXT { Ok(()) } else { Err(TooLong { bytes }) }
    }

    /// `at`, or the next place between two characters: an edit may join what stands on both sides of it.
    fn boundary_from(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        match cursor.is_boundary(&self.text, 0) {
            Ok(true) => at,
            _ => self.after(at),
        }
    }

    fn before(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        cursor.prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn after(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.text.len(), true);
        cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len())
    }

    fn word_left(&self) -> usize {
        let words = self.text.split_word_bound_indices().filter(|(_, word)| is_word(word));
        let start = words.map(|(start, _)| start).take_while(|&start| start < self.cursor).last();
        start.unwrap_or(0)
    }

    fn word_right(&self) -> usize {
        let words = self.text.split_word_bound_indices().filter(|(_, word)| is_word(word));
        let end = words.map(|(start, word)| start + word.len()).find(|&end| end > self.cursor);
        end.unwrap_or(self.text.len())
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn start_to_cut(&self) -> usize {
        let start = self.line_start();
        if start == self.cursor { start.saturating_sub(1) } else { start }
    }

    fn end_to_cut(&self) -> usize {
        let end = self.line_end();
        if end == self.cursor { self.after(end) } else { end }
    }
}

fn is_word(word: &str) -> bool {
    word.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
