//! One message with everything that stands over and under it, as rows of a given width.
//!
//! A row that belongs to the message has an address: the byte of its text that it begins with. The view is anchored to
//! addresses, so what stands over a message (a day, the unread line, air) moves with it and is never an anchor itself.

use std::borrow::Cow;
use std::ops::Range;

use crate::app::transcript::{Line, State};
use crate::tui::cluster::Emoji;
use crate::tui::state::Note;
use crate::tui::view::{Scene, clock};
use crate::tui::wrap::wrap;

use super::Grid;
use super::markup::{self, Part, Run};
use super::status::{self, Mark};

/// Messages of one author within so many milliseconds stand together under one name.
const TOGETHER_MS: u64 = 5 * 60 * 1000;

/// A message, laid out.
pub(super) struct Block<'a> {
    /// The message. `None` for an empty transcript, which can still hold notes.
    pub line: Option<Line<'a>>,
    /// What is wrapped: the text, and before an action the name of who did it.
    pub text: Cow<'a, str>,
    /// What stands out in it.
    pub runs: Vec<Run>,
    /// Whether it names this user.
    pub is_mention: bool,
    /// From top to bottom.
    pub rows: Vec<Row<'a>>,
    /// Whether nothing is above it.
    is_first: bool,
}

/// One row of the pane.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    /// Its address. `None` for what only goes with a message.
    pub start: Option<usize>,
    pub what: What<'a>,
}

/// What a row holds.
#[derive(Clone, Debug)]
pub(super) enum What<'a> {
    Blank,
    /// The name of a day, and whether what follows was said before the login.
    Day(String, bool),
    /// So many lines from here on are new.
    New(usize),
    /// What stands above was said before the login.
    HistoryEnds,
    /// Older messages are on their way.
    Loading,
    /// There is nothing older.
    Beginning,
    /// The name and the time of what follows, where they have no columns of their own.
    Name,
    /// A part of the text.
    Text {
        bytes: Range<usize>,
        width: u16,
        /// Whether name and time stand beside it.
        is_first: bool,
        /// Whether the state of an own line stands behind it.
        is_last: bool,
        /// Columns of the whole piece of code that it belongs to.
        code: Option<u16>,
    },
    /// What became of an own line, in words.
    Remark {
        text: String,
        mark: Mark,
        is_first: bool,
    },
    /// A part of a line of the program's own.
    Note {
        note: &'a Note,
        bytes: Range<usize>,
        is_first: bool,
    },
}

impl<'a> Block<'a> {
    /// Lays out the message at `index`, or what there is without any.
    pub(super) fn new(scene: &Scene<'a>, grid: Grid, index: usize) -> Self {
        let line = super::line_at(scene, index);
        let before = index.checked_sub(1).and_then(|before| super::line_at(scene, before));
        let mut block = Self {
            line,
            text: Cow::Borrowed(""),
            runs: Vec::new(),
            is_mention: false,
            rows: Vec::new(),
            is_first: index == 0,
        };
        if index == 0 {
            block.head(scene, grid);
        }
        if let Some(line) = line {
            let is_together = block.lead(scene, grid, line, before);
            let end = block.body(scene, grid, line, is_together);
            block.notes(scene, grid, line, end);
        }
        block
    }

    /// What stands over the first message.
    fn head(&mut self, scene: &Scene<'a>, grid: Grid) {
        if scene.is_loading() {
            self.push(None, What::Loading);
        } else if scene.is_complete() && self.line.is_some() {
            self.push(None, What::Beginning);
        }
        for note in scene.tab.notes.iter().filter(|note| note.after.is_none()) {
            self.note(grid, note, None, scene);
        }
    }

    /// What stands over a message. Answers whether it stands under the name of the one before.
    fn lead(&mut self, scene: &Scene<'a>, grid: Grid, line: Line<'_>, before: Option<Line<'_>>) -> bool {
        let zone = &scene.state.look.zone;
        let day = clock::day_number(line.at, zone);
        let is_new_day = before.is_none_or(|before| clock::day_number(before.at, zone) != day);
        let is_history = *line.state == State::History;
        let history_ends = !is_history && before.is_some_and(|before| *before.state == State::History);
        let is_unread = scene.tab.unread_from == Some(line.id);
        if history_ends && !is_unread {
            self.gap(grid);
            self.push(None, What::HistoryEnds);
        }
        if is_new_day {
            self.gap(grid);
            self.push(None, What::Day(clock::day(line.at, scene.now.wall, zone), is_history));
        }
        // Next to what is new: the day belongs to all of it.
        if is_unread {
            self.gap(grid);
            self.push(None, What::New(super::new_from(scene, line.id)));
        }
        let is_together = !is_new_day
            && !is_unread
            && !history_ends
            && before.is_some_and(|before| goes_with(line, before) && !has_notes(scene, before));
        if !is_together {
            self.gap(grid);
        }
        is_together
    }

    /// The message itself. Answers the address behind it.
    fn body(&mut self, scene: &Scene<'a>, grid: Grid, line: Line<'a>, is_together: bool) -> usize {
        self.text = if line.action {
            Cow::Owned(format!("{} {}", line.from, line.text.as_str()))
        } else {
            Cow::Borrowed(line.text.as_str())
        };
        let me = scene.model.me.as_ref();
        self.is_mention = me.is_some_and(|me| me != line.from && markup::mentions(line.text.as_str(), me));
        let parts =
            if line.action { vec![Part { bytes: 0..self.text.len(), code: false }] } else { markup::parts(&self.text) };
        self.runs = markup::runs(&self.text, &parts);
        let shows_name = !is_together;
        if grid.compact && shows_name && !line.action {
            self.push(Some(0), What::Name);
        }
        let first = self.rows.len();
        for piece in parts.chunk_by(|a, b| a.code && b.code) {
            self.piece(grid, piece, scene);
        }
        if self.rows.len() == first {
            self.push(Some(0), What::Text { bytes: 0..0, width: 0, is_first: true, is_last: true, code: None });
        }
        let last = self.rows.len() - 1;
        if let Some(Row { what: What::Text { is_first, .. }, start }) = self.rows.get_mut(first) {
            *is_first = shows_name && (!grid.compact || line.action);
            *start = Some(0);
        }
        if let Some(Row { what: What::Text { is_last, .. }, .. }) = self.rows.get_mut(last) {
            *is_last = true;
        }
        self.remark(grid, line, last, scene.state.look.drawing.emoji)
    }

    /// Lines of text that are wrapped alike: one of prose, or all of one piece of code.
    fn piece(&mut self, grid: Grid, piece: &[Part], scene: &Scene<'_>) {
        let emoji = scene.state.look.drawing.emoji;
        let is_code = piece.first().is_some_and(|part| part.code);
        let columns = if is_code { grid.code } else { grid.text };
        let first = self.rows.len();
        for part in piece {
            for row in wrap(&self.text[part.bytes.clone()], columns, emoji) {
                let bytes = part.bytes.start + row.bytes.start..part.bytes.start + row.bytes.end;
                let what =
                    What::Text { bytes: bytes.clone(), width: row.width, is_first: false, is_last: false, code: None };
                self.rows.push(Row { start: Some(bytes.start), what });
            }
        }
        if is_code {
            let widths =
                self.rows[first..].iter().map(|row| if let What::Text { width, .. } = row.what { width } else { 0 });
            let widest = widths.max().unwrap_or(0);
            for row in &mut self.rows[first..] {
                if let What::Text { code, .. } = &mut row.what {
                    *code = Some(widest);
                }
            }
        }
    }

    /// What became of an own line gets rows of its own where it does not fit behind the last one. Answers the address
    /// behind them.
    fn remark(&mut self, grid: Grid, line: Line<'_>, last: usize, emoji: Emoji) -> usize {
        let start = self.text.len() + 1;
        let Some(status) = status::of(line.state) else { return start };
        let Some(Row { what: What::Text { width, .. }, .. }) = self.rows.get(last) else { return start };
        if status.words.is_empty() || status.fits_behind(*width, grid.text) {
            return start;
        }
        let rows: Vec<_> = wrap(&status.words, grid.text.saturating_sub(2), emoji).collect();
        for (at, row) in rows.into_iter().enumerate() {
            let text = status.words[row.bytes.clone()].to_owned();
            self.push(Some(start + row.bytes.start), What::Remark { text, mark: status.mark, is_first: at == 0 });
        }
        start + status.words.len() + 1
    }

    fn notes(&mut self, scene: &Scene<'a>, grid: Grid, line: Line<'_>, mut start: usize) {
        for note in scene.tab.notes.iter().filter(|note| note.after == Some(line.id)) {
            self.note(grid, note, Some(start), scene);
            start += note.text.len() + 1;
        }
    }

    fn note(&mut self, grid: Grid, note: &'a Note, start: Option<usize>, scene: &Scene<'_>) {
        let is_alone = !matches!(self.rows.last(), Some(Row { what: What::Note { .. }, .. }));
        if is_alone {
            self.gap(grid);
        }
        let rows = wrap(&note.text, grid.text, scene.state.look.drawing.emoji);
        for (at, row) in rows.enumerate() {
            let start = start.map(|start| start + row.bytes.start);
            self.push(start, What::Note { note, bytes: row.bytes, is_first: at == 0 });
        }
    }

    /// A row of air, where there is room for it and none yet.
    fn gap(&mut self, grid: Grid) {
        let is_very_top = self.is_first && self.rows.is_empty();
        if grid.airy && !is_very_top && !matches!(self.rows.last(), Some(Row { what: What::Blank, .. })) {
            self.push(None, What::Blank);
        }
    }

    fn push(&mut self, start: Option<usize>, what: What<'a>) {
        self.rows.push(Row { start, what });
    }

    /// Whether the view can be anchored to a row: it is the first one with its address.
    pub(super) fn is_stop(&self, row: usize) -> bool {
        let start = self.rows.get(row).and_then(|row| row.start);
        let before = row.checked_sub(1).and_then(|before| self.rows.get(before)).and_then(|row| row.start);
        start.is_some() && start != before
    }

    /// The row to anchor to for a byte: the last one that begins at or before it.
    pub(super) fn stop_for(&self, byte: usize) -> usize {
        let stops = (0..self.rows.len()).filter(|&row| self.is_stop(row));
        let mut fitting = stops.filter(|&row| self.rows[row].start.is_some_and(|start| start <= byte));
        fitting.next_back().unwrap_or(0)
    }
}

/// Whether a message stands under the name of the one before it.
fn goes_with(line: Line<'_>, before: Line<'_>) -> bool {
    line.from == before.from && !line.action && !before.action && line.at.0.saturating_sub(before.at.0) <= TOGETHER_MS
}

fn has_notes(scene: &Scene<'_>, line: Line<'_>) -> bool {
    scene.tab.notes.iter().any(|note| note.after == Some(line.id))
}
