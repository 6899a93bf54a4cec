//! Breaks text into the rows of a pane.
//!
//! Lines break where UAX 14 allows it (so `。` never begins a row, and a URL breaks at its slashes), and inside a word
//! only when the word alone is wider than the pane, then between characters. Spaces at the end of a row hang: they take
//! no columns and never begin the next row. Rows come one by one, so that only what is visible is ever computed.

use std::iter::Peekable;
use std::ops::Range;

use unicode_linebreak::linebreaks;

use super::cluster::{Cluster, Emoji, clusters};

/// One row of a wrapped text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Bytes of the text in this row: hanging spaces belong to it, the line feed that ends it does not.
    pub bytes: Range<usize>,
    /// Columns it takes, hanging spaces not counted. At most the width asked for, except that a single character wider
    /// than the pane still gets a row.
    pub width: u16,
    /// A line feed ends it.
    pub hard: bool,
}

/// Wraps a text into rows of at most `width` columns. There is always at least one row; a line feed at the end of the
/// text begins one more, empty row. A width of 0 counts as 1.
pub fn wrap(text: &str, width: u16, emoji: Emoji) -> Rows<'_> {
    Rows { text, width: width.max(1), emoji, line: None, next: Some(0) }
}

/// The row of `rows` that holds the byte `at`: the last one that begins at or before it.
pub fn row_of(rows: &[Row], at: usize) -> usize {
    rows.partition_point(|row| row.bytes.start <= at).saturating_sub(1)
}

/// The rows of a text, from the first on. Made by [`wrap`].
pub struct Rows<'a> {
    text: &'a str,
    width: u16,
    emoji: Emoji,
    line: Option<Line<'a>>,
    /// Where the next line of the text begins. `None` after the last one.
    next: Option<usize>,
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let line = if let Some(line) = &mut self.line {
            line
        } else {
            let start = self.next?;
            let rest = &self.text[start..];
            let length = rest.find('\n');
            self.next = length.map(|length| start + length + 1);
            let text = length.map_or(rest, |length| &rest[..length]);
            if let Some(width) = plain_width(text, self.width) {
                return Some(Row { bytes: start..start + text.len(), width, hard: length.is_some() });
            }
            self.line.insert(Line::new(text, start, self.emoji))
        };
        let mut row = line.row(self.width);
        if line.is_done() {
            row.hard = self.next.is_some();
            self.line = None;
        }
        Some(row)
    }
}

/// One line of the text, without its line feed, read from the left.
struct Line<'a> {
    text: &'a str,
    /// Where the line begins in the whole text.
    offset: usize,
    emoji: Emoji,
    /// Where the next row begins, in the line.
    at: usize,
    breaks: Peekable<Box<dyn Iterator<Item = usize> + 'a>>,
}

impl<'a> Line<'a> {
    fn new(text: &'a str, offset: usize, emoji: Emoji) -> Self {
        let breaks: Box<dyn Iterator<Item = usize> + 'a> = Box::new(linebreaks(text).map(|(at, _)| at));
        Self { text, offset, emoji, at: 0, breaks: breaks.peekable() }
    }

    fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Whether a row may begin at `at`. Must be asked from left to right.
    fn may_break_at(&mut self, at: usize) -> bool {
        while self.breaks.next_if(|&next| next < at).is_some() {}
        self.breaks.next_if_eq(&at).is_some()
    }

    fn row(&mut self, limit: u16) -> Row {
        let start = self.at;
        let text = self.text;
        let mut filled = Filled::default();
        // The last place where the row may end, with what it would hold.
        let mut last_break: Option<(usize, Filled)> = None;
        for cluster in clusters(&text[start..], self.emoji) {
            let at = start + cluster.bytes.start;
            if at > start && self.may_break_at(at) {
                last_break = Some((at, filled));
            }
            if filled.has_room_for(&cluster, limit) || at == start {
                filled.add(&cluster, is_blank(&text[at..start + cluster.bytes.end]));
                continue;
            }
            if is_blank(&text[at..start + cluster.bytes.end]) {
                filled.add(&cluster, true);
                continue;
            }
            let (end, held) = last_break.unwrap_or((at, filled));
            return self.end_row(start, end, held);
        }
        self.end_row(start, text.len(), filled)
    }

    fn end_row(&mut self, start: usize, end: usize, filled: Filled) -> Row {
        self.at = end;
        Row { bytes: self.offset + start..self.offset + end, width: filled.inked, hard: false }
    }
}

/// The columns of a line of printable ASCII that fits into one row: most lines of a chat, and no table is needed.
fn plain_width(line: &str, limit: u16) -> Option<u16> {
    let length = u16::try_from(line.len()).ok().filter(|&length| length <= limit)?;
    let plain = line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let hanging = line.len() - line.trim_end_matches(' ').len();
    plain.then(|| length.saturating_sub(u16::try_from(hanging).unwrap_or(length)))
}

/// How much of a row is used.
#[derive(Clone, Copy, Default)]
struct Filled {
    /// With the spaces at its end.
    all: u16,
    /// Without them.
    inked: u16,
}

impl Filled {
    fn has_room_for(self, cluster: &Cluster<'_>, limit: u16) -> bool {
        cluster.width == 0 || self.all.saturating_add(cluster.width) <= limit
    }

    fn add(&mut self, cluster: &Cluster<'_>, blank: bool) {
        self.all = self.all.saturating_add(cluster.width);
        // What shows nothing hangs like a blank: it must not count the blanks before it in.
        if !blank && cluster.width > 0 {
            self.inked = self.all;
        }
    }
}

/// Spaces that hang. A no-break space does not: it is drawn like a letter.
fn is_blank(cluster: &str) -> bool {
    matches!(cluster, " " | "\u{3000}")
}

#[cfg(test)]
mod tests;
