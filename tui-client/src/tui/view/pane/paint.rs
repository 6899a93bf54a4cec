//! Puts the visible rows on the canvas.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::app::place::Place;
use crate::app::transcript::{Line, State};
use crate::tui::canvas::Canvas;
use crate::tui::state::{Note, NoteKind};
use crate::tui::theme::{Depth, Pill};
use crate::tui::view::{Seen, Target};
use crate::tui::wrap::wrap;

use super::block::{Block, Row, What};
use super::markup::Look;
use super::status::{self, Mark};
use super::walk::Window;
use super::{Grid, MARGIN, NAME, Scene, whole};

/// The column behind the name, and that of the rule.
const NAME_END: u16 = 17;

/// What an empty conversation says.
pub(super) fn empty(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let text = match scene.place {
        _ if scene.is_loading() => format!("loading messages {}", canvas.drawing().glyphs.ellipsis),
        Place::Room(_) => "Nobody has said anything yet. Say hello.".to_owned(),
        Place::With(name) => format!("This is the start of your messages with @{name}."),
        Place::Private(name) => format!("What is said here goes straight to {name}, and is kept nowhere."),
    };
    let columns = canvas.width().saturating_sub(2 * MARGIN);
    let rows: Vec<_> = wrap(&text, columns, canvas.drawing().emoji).collect();
    let above = usize::from(canvas.height()).saturating_sub(rows.len()) / 2;
    for (y, row) in (u16::try_from(above).unwrap_or(0)..canvas.height()).zip(rows) {
        let x = canvas.width().saturating_sub(row.width) / 2;
        canvas.text(x, y, &text[row.bytes], scene.theme.muted);
    }
}

/// The rows, the last one at the bottom.
pub(super) fn window(canvas: &mut Canvas<'_>, scene: &Scene<'_>, grid: Grid, window: &Window<'_>, seen: &mut Seen) {
    let top = canvas.height().saturating_sub(u16::try_from(window.rows).unwrap_or(u16::MAX));
    for (y, (block, row)) in (top..).zip(window.visible()) {
        let part = Rect { y, height: 1, ..whole(canvas) };
        if let (Some(line), Some(_)) = (block.line, row.start) {
            seen.targets.push((canvas.part(part).area(), Target::Line(line.id)));
        }
        Painter { canvas: &mut canvas.part(part), scene, grid }.row(block, row);
    }
}

/// Draws one row at the top of its canvas.
struct Painter<'p, 'c, 'a> {
    canvas: &'p mut Canvas<'c>,
    scene: &'p Scene<'a>,
    grid: Grid,
}

impl Painter<'_, '_, '_> {
    fn row(&mut self, block: &Block<'_>, row: &Row<'_>) {
        let theme = self.scene.theme;
        match &row.what {
            What::Blank => {}
            What::Day(day, is_history) => self.day(day, *is_history),
            What::New(count) => self.across(&format!("{count} new"), theme.error, theme.error),
            What::HistoryEnds => self.across("history above", theme.border, theme.faint),
            What::Loading => self.middle(&format!("loading older messages {}", self.canvas.drawing().glyphs.ellipsis)),
            What::Beginning => self.middle(&beginning(self.scene.place)),
            What::Name => self.name_over(block),
            What::Text { .. } => self.text(block, row),
            What::Remark { text, mark, is_first } => self.remark(text, *mark, *is_first),
            What::Note { note, bytes, is_first } => self.note(note, &note.text[bytes.clone()], *is_first),
        }
    }

    fn day(&mut self, day: &str, is_history: bool) {
        let separator = self.canvas.drawing().glyphs.separator;
        let text = if is_history { format!("{day}  {separator}  history") } else { day.to_owned() };
        self.across(&text, self.scene.theme.border, self.scene.theme.muted);
    }

    /// A line across the pane with a few words near its beginning.
    fn across(&mut self, words: &str, line: Style, ink: Style) {
        let end = self.grid.width.saturating_sub(MARGIN);
        let symbol = self.canvas.drawing().glyphs.line;
        self.canvas.hline(1, 0, 2, symbol, line);
        let words_end = self.canvas.text_fit(4, 0, end.saturating_sub(6), words, ink);
        self.canvas.hline(words_end + 1, 0, end.saturating_sub(words_end + 1), symbol, line);
    }

    fn middle(&mut self, words: &str) {
        let x = self.grid.width.saturating_sub(self.canvas.width_of(words)) / 2;
        self.canvas.text_fit(x, 0, self.grid.width, words, self.scene.theme.faint);
    }

    fn name_over(&mut self, block: &Block<'_>) {
        let Some(line) = block.line else { return };
        self.ground(block);
        let time = self.scene.time(line.at);
        let end = self.grid.width.saturating_sub(MARGIN);
        let name_columns = end.saturating_sub(8);
        let x = u16::from(!self.grid.bare);
        self.canvas.text_fit(x, 0, name_columns, line.from.as_str(), self.name_style(line));
        self.canvas.text_right(end, 0, &time, self.scene.theme.faint);
    }

    fn name_style(&self, line: Line<'_>) -> Style {
        self.scene.theme.person(line.from, self.scene.model.me.as_ref()).add_modifier(Modifier::BOLD)
    }

    /// The ground and the bar of a line that is marked, or that names this user.
    fn ground(&mut self, block: &Block<'_>) {
        let theme = self.scene.theme;
        let is_marked = block.line.is_some_and(|line| self.scene.tab.marked == Some(line.id));
        let (ground, ink) = match (is_marked, block.is_mention) {
            _ if self.grid.bare => return,
            (true, _) => (theme.raised, theme.accent),
            (false, true) => (theme.mention, theme.warn),
            (false, false) => return,
        };
        let part = Rect::new(0, 0, self.grid.width.saturating_sub(1), 1);
        self.canvas.fill(part, ground);
        let bar = match theme.depth {
            Depth::None if is_marked => "*",
            Depth::None => ">",
            _ => self.canvas.drawing().glyphs.mention,
        };
        self.canvas.text(0, 0, bar, ink.add_modifier(Modifier::BOLD));
    }

    fn text(&mut self, block: &Block<'_>, row: &Row<'_>) {
        let (Some(line), What::Text { bytes, width, is_first, is_last, code }) = (block.line, &row.what) else {
            return;
        };
        self.ground(block);
        self.rule();
        if *is_first {
            self.name_beside(line);
        }
        let x = if let Some(columns) = code {
            let part = Rect::new(self.grid.x, 0, columns.saturating_add(2), 1);
            self.canvas.fill(part, self.scene.theme.code);
            self.grid.x + 1
        } else {
            self.grid.x
        };
        self.runs(block, line, bytes.clone(), x, code.is_some());
        self.found(block, line, bytes.clone(), x);
        if *is_last && !self.grid.bare {
            self.state(line, x + width);
        }
    }

    fn rule(&mut self) {
        if !self.grid.compact {
            self.canvas.text(NAME_END + 1, 0, self.canvas.drawing().glyphs.rule, self.scene.theme.border);
        }
    }

    fn name_beside(&mut self, line: Line<'_>) {
        let theme = self.scene.theme;
        if self.grid.compact {
            self.canvas.text(1, 0, "*", theme.muted);
            return;
        }
        self.time(line.at);
        if line.action {
            self.canvas.text_right(NAME_END, 0, "*", theme.muted);
            return;
        }
        let columns = NAME.min(self.canvas.width_of(line.from.as_str()));
        self.canvas.text_fit(NAME_END - columns, 0, columns, line.from.as_str(), self.name_style(line));
    }

    fn time(&mut self, at: shared::id::UnixMs) {
        self.canvas.text(1, 0, &self.scene.time(at), self.scene.theme.faint);
    }

    /// The text of a row, each part in its own style.
    fn runs(&mut self, block: &Block<'_>, line: Line<'_>, bytes: std::ops::Range<usize>, x: u16, is_code: bool) {
        let plain = self.ink(block, line, is_code);
        let mut column = x;
        let mut at = bytes.start;
        let inside = block.runs.iter().filter(|run| run.bytes.start < bytes.end && run.bytes.end > bytes.start);
        for run in inside {
            let (start, end) = (run.bytes.start.max(at), run.bytes.end.min(bytes.end));
            column = self.canvas.text(column, 0, &block.text[at..start], plain);
            let from = column;
            column = self.canvas.text(column, 0, &block.text[start..end], self.look(plain, &run.look));
            if run.look == Look::Link {
                self.canvas.link(from, 0, column - from, &block.text[run.bytes.clone()]);
            }
            at = end;
        }
        self.canvas.text(column, 0, &block.text[at..bytes.end], plain);
        if line.action && bytes.start == 0 {
            let name = self.canvas.width_of(line.from.as_str()).min(self.grid.text);
            self.canvas.tint(Rect::new(x, 0, name, 1), self.name_style(line));
        }
    }

    /// What is searched for stands out; most of all where the view stands.
    fn found(&mut self, block: &Block<'_>, line: Line<'_>, bytes: std::ops::Range<usize>, x: u16) {
        let Some(find) = &self.scene.tab.find else { return };
        let is_here = find.at.and_then(|at| find.found.get(at)) == Some(&line.id);
        let pill = self.scene.theme.pill(if is_here { Pill::Accent } else { Pill::Private });
        for hit in occurrences(&block.text, find.query.text()) {
            let (start, end) = (hit.start.max(bytes.start), hit.end.min(bytes.end));
            if start < end {
                let column = x + self.canvas.width_of(&block.text[bytes.start..start]);
                let columns = self.canvas.width_of(&block.text[start..end]);
                self.canvas.tint(Rect::new(column, 0, columns, 1), pill);
            }
        }
    }

    fn ink(&self, block: &Block<'_>, line: Line<'_>, is_code: bool) -> Style {
        let theme = self.scene.theme;
        let style = match line.state {
            State::Sending | State::Unconfirmed | State::Refused { .. } => theme.faint,
            _ if is_code || line.action => theme.muted,
            _ => theme.text,
        };
        let style = if line.action { style.add_modifier(Modifier::ITALIC) } else { style };
        if block.is_mention && theme.depth == Depth::None { style.add_modifier(Modifier::BOLD) } else { style }
    }

    fn look(&self, plain: Style, look: &Look) -> Style {
        let theme = self.scene.theme;
        match look {
            Look::Link => plain.patch(theme.accent).add_modifier(Modifier::UNDERLINED),
            Look::Person(name) => {
                plain.patch(theme.person(name, self.scene.model.me.as_ref())).add_modifier(Modifier::BOLD)
            }
            Look::Code => plain.patch(theme.warn).patch(theme.code),
        }
    }

    /// What became of an own line, behind its last row.
    fn state(&mut self, line: Line<'_>, column: u16) {
        let Some(status) = status::of(line.state) else { return };
        let style = self.mark_style(status.mark);
        let width = column.saturating_sub(self.grid.x);
        let has_words = status.fits_behind(width, self.grid.text);
        if status.own_row || !has_words && !status.words.is_empty() {
            return;
        }
        // There is always a column for it between the text and the scroll bar.
        let last = self.grid.width.saturating_sub(MARGIN);
        let glyph = status.mark.glyph(self.canvas.drawing().glyphs);
        let column = self.canvas.text((column + 1).min(last), 0, glyph, style);
        self.canvas.text(column + 1, 0, &status.words, style);
    }

    fn mark_style(&self, mark: Mark) -> Style {
        let theme = self.scene.theme;
        match mark {
            Mark::OnItsWay | Mark::Done => theme.faint,
            Mark::Waits => theme.muted,
            Mark::Failed => theme.error,
        }
    }

    fn remark(&mut self, text: &str, mark: Mark, is_first: bool) {
        self.rule();
        let style = self.mark_style(mark);
        if is_first {
            let glyph = mark.glyph(self.canvas.drawing().glyphs);
            self.canvas.text(self.grid.x, 0, glyph, style.add_modifier(Modifier::BOLD));
        }
        self.canvas.text(self.grid.x + 2, 0, text, style);
    }

    fn note(&mut self, note: &Note, text: &str, is_first: bool) {
        self.rule();
        let (theme, glyphs) = (self.scene.theme, self.canvas.drawing().glyphs);
        let (glyph, style) = match note.kind {
            NoteKind::Joined => (glyphs.joined, theme.muted),
            NoteKind::Left => (glyphs.offline, theme.muted),
            NoteKind::Info => (glyphs.separator, theme.muted),
            NoteKind::Error => ("!", theme.error),
        };
        if is_first && self.grid.compact {
            self.canvas.text(1, 0, glyph, style);
        } else if is_first {
            self.time(note.at);
            self.canvas.text_right(NAME_END, 0, glyph, style);
        }
        self.canvas.text(self.grid.x, 0, text, style.add_modifier(Modifier::ITALIC));
    }
}

/// Where a text has another one, whatever the case of the letters.
fn occurrences(text: &str, needle: &str) -> Vec<std::ops::Range<usize>> {
    let needle: Vec<char> = needle.chars().flat_map(char::to_lowercase).collect();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(c) = text[from..].chars().next().filter(|_| !needle.is_empty()) {
        let length = begins_with(&text[from..], &needle);
        found.extend(length.map(|length| from..from + length));
        from += length.unwrap_or(c.len_utf8());
    }
    found
}

/// The bytes at the start of a text that are these letters, in lower case.
fn begins_with(text: &str, needle: &[char]) -> Option<usize> {
    let mut rest = needle;
    for (at, c) in text.char_indices() {
        if rest.is_empty() {
            return Some(at);
        }
        for lower in c.to_lowercase() {
            let (first, others) = rest.split_first()?;
            if *first != lower {
                return None;
            }
            rest = others;
        }
    }
    rest.is_empty().then_some(text.len())
}

fn beginning(place: &Place) -> String {
    match place {
        Place::Room(room) => format!("This is the start of the {room}."),
        Place::With(name) => format!("This is the start of your messages with @{name}."),
        Place::Private(name) => format!("What is said here goes straight to {name}, and is kept nowhere."),
    }
}
