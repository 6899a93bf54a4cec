//! The only place that writes cells. Everything outside the area is cut off, so a screen never has to ask whether
//! something fits, and nothing panics at any size.
//!
//! Columns and rows are counted from the top left of the canvas, not of the screen.

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Span;

use super::cluster::{Emoji, clusters, fit, width};
use super::glyphs::{Glyphs, UNICODE};

/// The widest cluster that ratatui knows: a wide letter with a half-width mark. Further left no cell can reach.
const WIDEST: u16 = 3;

/// Longer addresses are no links: each of their cells holds all of it.
const LONGEST_LINK: usize = 1024;

/// What the terminal can be trusted with.
#[derive(Clone, Copy, Debug)]
pub struct Drawing {
    /// How emoji of several code points are drawn.
    pub emoji: Emoji,
    /// The symbols of our own chrome.
    pub glyphs: &'static Glyphs,
    /// Whether addresses are links that the terminal can open (OSC 8).
    pub links: bool,
}

impl Default for Drawing {
    fn default() -> Self {
        Self { emoji: Emoji::default(), glyphs: &UNICODE, links: false }
    }
}

/// A part of the screen to draw on.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    drawing: Drawing,
}

impl<'a> Canvas<'a> {
    /// The part of `area` that lies in the buffer.
    pub fn new(buffer: &'a mut Buffer, area: Rect, drawing: Drawing) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, drawing }
    }

    /// Where it lies on the screen.
    pub fn area(&self) -> Rect {
        self.area
    }

    /// Its columns.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Its rows.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// How things are drawn on it.
    pub fn drawing(&self) -> Drawing {
        self.drawing
    }

    /// A part of this canvas, with its own top left; `part` is counted from this one's.
    pub fn part(&mut self, part: Rect) -> Canvas<'_> {
        let area = self.on_screen(part);
        Canvas { buffer: self.buffer, area, drawing: self.drawing }
    }

    /// The same part for text that is typed: emoji are drawn so that the cursor stands where every terminal has it.
    pub fn typed_part(&mut self, part: Rect) -> Canvas<'_> {
        let area = self.on_screen(part);
        let drawing = Drawing { emoji: Emoji::Safe, ..self.drawing };
        Canvas { buffer: self.buffer, area, drawing }
    }

    /// Where a cell lies on the screen. `None` outside the canvas: a cursor is not shown there.
    pub fn position(&self, x: u16, y: u16) -> Option<Position> {
        (x < self.area.width && y < self.area.height).then(|| Position::new(self.area.x + x, self.area.y + y))
    }

    /// Draws a text in one row and returns the column after it. What does not fit is cut off, a wide character whole.
    pub fn text(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let mut column = x;
        if self.position(x, y).is_some() {
            self.part_wide(x, y);
        }
        for cluster in clusters(text, self.drawing.emoji).filter(|cluster| cluster.width > 0) {
            let end = column.saturating_add(cluster.width);
            if end > self.area.width || y >= self.area.height {
                break;
            }
            self.set(column, y, cluster.shown, style);
            if cluster.shown.contains('\u{fe0f}') {
                self.force_width(column, y, cluster.width);
            }
            for rest in column + 1..end {
                self.set(rest, y, " ", style);
            }
            column = end;
        }
        column
    }

    /// Draws pieces of text after one another, each in its own style, and returns the column after the last.
    pub fn put(&mut self, x: u16, y: u16, spans: &[Span<'_>]) -> u16 {
        spans.iter().fold(x, |column, span| self.text(column, y, &span.content, span.style))
    }

    /// Draws a text so that it ends before the column `end`, and returns where it begins. One that is too long begins
    /// at the left edge.
    pub fn text_right(&mut self, end: u16, y: u16, text: &str, style: Style) -> u16 {
        let start = end.saturating_sub(width(text, self.drawing.emoji));
        self.text(start, y, text, style);
        start
    }

    /// Draws a text in at most `columns`, with an ellipsis where something is left out, and returns the column after
    /// it.
    pub fn text_fit(&mut self, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
        let (kept, ellipsis) = self.shorten(text, columns);
        let column = self.text(x, y, kept, style);
        self.text(column, y, ellipsis, style)
    }

    /// Columns of a text on this canvas.
    pub fn width_of(&self, text: &str) -> u16 {
        width(text, self.drawing.emoji)
    }

    /// Blanks a part of the canvas.
    pub fn fill(&mut self, part: Rect, style: Style) {
        self.each_row(part, |canvas, x, y, columns| {
            canvas.repeat(x, y, columns, " ", style);
        });
    }

    /// Changes the style of a part of the canvas and leaves what is written there.
    pub fn tint(&mut self, part: Rect, style: Style) {
        self.buffer.set_style(self.on_screen(part), style);
    }

    /// Gives every cell of the canvas the style that `change` makes of its own.
    pub fn restyle(&mut self, change: impl Fn(Style) -> Style) {
        for y in self.area.top()..self.area.bottom() {
            for x in self.area.left()..self.area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    let style = change(cell.style());
                    cell.set_style(style);
                }
            }
        }
    }

    /// Repeats a symbol of one column to the right.
    pub fn hline(&mut self, x: u16, y: u16, columns: u16, symbol: &str, style: Style) {
        self.each_row(Rect::new(x, y, columns, 1), |canvas, x, y, columns| {
            canvas.repeat(x, y, columns, symbol, style);
        });
    }

    /// Repeats a symbol of one column downwards.
    pub fn vline(&mut self, x: u16, y: u16, rows: u16, symbol: &str, style: Style) {
        self.each_row(Rect::new(x, y, 1, rows), |canvas, x, y, _| {
            canvas.part_wide(x, y);
            canvas.set(x, y, symbol, style);
        });
    }

    /// A box with round corners on the edge of `part`. What is inside stays.
    pub fn rounded_box(&mut self, part: Rect, style: Style) {
        let (Some(right), Some(bottom)) = (part.width.checked_sub(1), part.height.checked_sub(1)) else { return };
        let (right, bottom) = (part.x.saturating_add(right), part.y.saturating_add(bottom));
        let glyphs = self.drawing.glyphs;
        for y in [part.y, bottom] {
            self.hline(part.x, y, part.width, glyphs.line, style);
        }
        for x in [part.x, right] {
            self.vline(x, part.y, part.height, glyphs.rule, style);
        }
        let corners = [(part.x, part.y), (right, part.y), (part.x, bottom), (right, bottom)];
        for ((x, y), corner) in corners.into_iter().zip(glyphs.corners) {
            self.text(x, y, corner, style);
        }
    }

    /// A gauge of `columns`, filled to `thousandths` in half steps.
    pub fn gauge(&mut self, x: u16, y: u16, columns: u16, thousandths: u16, [done, rest]: [Style; 2]) {
        let [full, half, empty] = self.drawing.glyphs.gauge;
        let halves = u32::from(columns) * 2 * u32::from(thousandths.min(1000)) / 1000;
        let filled = u16::try_from(halves / 2).unwrap_or(columns);
        self.hline(x, y, columns, empty, rest);
        self.hline(x, y, filled, full, done);
        if halves % 2 == 1 {
            self.text(x.saturating_add(filled), y, half, done);
        }
    }

    fn shorten<'t>(&self, text: &'t str, columns: u16) -> (&'t str, &'static str) {
        match fit(text, columns, self.drawing.emoji) {
            (whole, true) => (whole, ""),
            _ if columns == 0 => ("", ""),
            _ => (fit(text, columns - 1, self.drawing.emoji).0, self.drawing.glyphs.ellipsis),
        }
    }

    /// A part counted from this canvas's corner, as the screen counts, without what lies outside.
    fn on_screen(&self, part: Rect) -> Rect {
        let moved = Rect {
            x: self.area.x.saturating_add(part.x),
            y: self.area.y.saturating_add(part.y),
            width: part.width,
            height: part.height,
        };
        moved.intersection(self.area)
    }

    /// Calls `draw` for each row of a part with its first column, its row and its columns, all inside the canvas.
    fn each_row(&mut self, part: Rect, draw: impl Fn(&mut Self, u16, u16, u16)) {
        let part = self.on_screen(part);
        for y in part.top()..part.bottom() {
            draw(self, part.x - self.area.x, y - self.area.y, part.width);
        }
    }

    fn cell(&mut self, x: u16, y: u16) -> Option<&mut Cell> {
        let position = self.position(x, y)?;
        self.buffer.cell_mut(position)
    }

    fn set(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        if let Some(cell) = self.cell(x, y) {
            write(cell, symbol, style);
        }
    }

    /// The same symbol of one column in a row of cells that lie in the canvas: a frame is mostly this.
    fn repeat(&mut self, x: u16, y: u16, columns: u16, symbol: &str, style: Style) {
        self.part_wide(x, y);
        let Some(first) = self.position(x, y) else { return };
        let first = self.buffer.index_of(first.x, first.y);
        let row = self.buffer.content.iter_mut().skip(first).take(usize::from(columns));
        row.for_each(|cell| write(cell, symbol, style));
    }

    /// Terminals that draw a selected emoji in two columns must be told where the next cell is.
    fn force_width(&mut self, x: u16, y: u16, width: u16) {
        if let (Some(cell), Some(width)) = (self.cell(x, y), NonZeroU16::new(width)) {
            cell.set_diff_option(CellDiffOption::ForcedWidth(width));
        }
    }

    /// Makes what is drawn in some columns of a row a link to an address, for terminals that know links: OSC 8, as
    /// written down by Egmont Koblinger ("Hyperlinks in terminal emulators"). Each cell is a link of its own, so that a
    /// frame can draw any part of it anew; the id joins them.
    #[expect(clippy::disallowed_methods, reason = "the address is encoded, and the rest is our own")]
    pub fn link(&mut self, x: u16, y: u16, columns: u16, address: &str) {
        if !self.drawing.links || address.len() > LONGEST_LINK {
            return;
        }
        let target = encoded(address);
        let id = target.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        for column in x..x.saturating_add(columns) {
            let Some(cell) = self.cell(column, y) else { return };
            let width = NonZeroU16::new(cell.cell_width()).unwrap_or(NonZeroU16::MIN);
            let symbol = format!("\x1b]8;id={id:x};{target}\x1b\\{}\x1b]8;;\x1b\\", cell.symbol());
            cell.set_symbol(&symbol).set_diff_option(CellDiffOption::ForcedWidth(width));
        }
    }

    /// Something is about to be drawn at this cell. A wide character that begins further left and reaches it loses its
    /// right half, and half a character cannot be shown: it is blanked, even if it begins outside this canvas.
    #[expect(clippy::disallowed_methods, reason = "writes a blank")]
    fn part_wide(&mut self, x: u16, y: u16) {
        let (x, y) = (self.area.x.saturating_add(x), self.area.y.saturating_add(y));
        for distance in 1..WIDEST.min(x.saturating_add(1)) {
            let Some(cell) = self.buffer.cell_mut((x - distance, y)) else { return };
            if cell.symbol().len() > 1 && cell.cell_width() > distance {
                cell.set_symbol(" ").set_diff_option(CellDiffOption::None);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place; what is written comes from `clusters`")]
fn write(cell: &mut Cell, symbol: &str, style: Style) {
    cell.set_symbol(symbol).set_style(style).set_diff_option(CellDiffOption::None);
}

/// An address as OSC 8 wants it: of all bytes only those that are printed in ASCII, the others as `%XX`.
fn encoded(address: &str) -> String {
    let byte = |byte: u8| match byte {
        b'!'..=b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    address.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests;
