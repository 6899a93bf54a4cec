//! A screen as SVG: the window, the grounds of the cells, then what is written on them.

use std::fmt::Write;

use super::colours::{Colours, Paint, Rgb};
use super::fonts::{EMOJI, MONO, WIDE};
use super::glyph;

/// A cell in pixels, for type of [`TYPE`] pixels.
pub(super) const CELL_WIDTH: u32 = 12;
pub(super) const CELL_HEIGHT: u32 = 26;
const TYPE: u32 = 20;

/// From the top of a cell to the feet of its letters, and to the line under them.
const BASELINE: u32 = 19;
const UNDERLINE: u32 = 22;

/// The window around the cells, in pixels.
const TITLE_BAR: u32 = 34;
const MARGIN: u32 = 14;
const CORNER: u32 = 10;

/// The three dots of a window.
const DOTS: [Rgb; 3] = [Rgb(0xff, 0x5f, 0x57), Rgb(0xfe, 0xbc, 0x2e), Rgb(0x28, 0xc8, 0x40)];

pub(super) fn draw(screen: &vt100::Screen, title: &str, colours: &Colours) -> String {
    let (rows, columns) = screen.size();
    let window = Window { screen, colours, columns: columns.get(), rows: rows.get() };
    let (width, height) = (x_of(window.columns) + MARGIN, y_of(window.rows) + MARGIN);
    let mut svg = String::with_capacity(usize::from(window.columns) * usize::from(window.rows) * 40);
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<clipPath id="window"><rect width="{width}" height="{height}" rx="{CORNER}"/></clipPath>
<g clip-path="url(#window)" font-family="{MONO}" font-size="{TYPE}">"#
    );
    window.title_bar(&mut svg, title, width);
    for row in 0..window.rows {
        window.grounds(&mut svg, row);
    }
    for row in 0..window.rows {
        window.writing(&mut svg, row);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

struct Window<'a> {
    screen: &'a vt100::Screen,
    colours: &'a Colours,
    columns: u16,
    rows: u16,
}

/// Text of one style that is drawn in one piece.
struct Run {
    text: String,
    x: u32,
    columns: u32,
    look: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    colour: Rgb,
    bold: bool,
    italic: bool,
    underline: bool,
}

impl Window<'_> {
    fn paint(&self, row: u16, column: u16) -> Paint {
        let default = Paint { text: self.colours.text, ground: self.colours.ground };
        // The second cell of a wide character has no colours of its own.
        let is_second = self.screen.cell(row, column).is_some_and(vt100::Cell::is_wide_continuation);
        let column = if is_second { column.saturating_sub(1) } else { column };
        let paint = self.screen.cell(row, column).map_or(default, |cell| self.colours.paint(cell));
        let has_cursor = !self.screen.hide_cursor() && self.screen.cursor_position() == (row, column);
        if has_cursor { Paint { text: paint.ground, ground: paint.text } } else { paint }
    }

    /// The bar takes the colour of the right end of the first row, where no tab is.
    fn title_bar(&self, svg: &mut String, title: &str, width: u32) {
        let ground = self.paint(0, self.columns - 1).ground;
        let text = self.colours.text.halfway_to(ground);
        let _ = writeln!(svg, r#"<rect width="{width}" height="{TITLE_BAR}" fill="{ground}"/>"#);
        for (x, dot) in [22, 42, 62].into_iter().zip(DOTS) {
            let _ = writeln!(svg, r#"<circle cx="{x}" cy="{}" r="6" fill="{dot}"/>"#, TITLE_BAR / 2);
        }
        let _ = writeln!(
            svg,
            r#"<text x="{}" y="{}" font-size="14" text-anchor="middle" fill="{text}">{}</text>"#,
            width / 2,
            TITLE_BAR / 2 + 5,
            escape(title)
        );
    }

    /// Neighbours of one colour make one rectangle; those at the edge reach over the margin.
    fn grounds(&self, svg: &mut String, row: u16) {
        let mut start = 0;
        while start < self.columns {
            let ground = self.paint(row, start).ground;
            let end = (start..self.columns).find(|&column| self.paint(row, column).ground != ground);
            let end = end.unwrap_or(self.columns);
            let left = if start == 0 { 0 } else { x_of(start) };
            let right = x_of(end) + if end == self.columns { MARGIN } else { 0 };
            let height = CELL_HEIGHT + if row + 1 == self.rows { MARGIN } else { 0 };
            let (y, width) = (y_of(row), right - left);
            let _ = writeln!(svg, r#"<rect x="{left}" y="{y}" width="{width}" height="{height}" fill="{ground}"/>"#);
            start = end;
        }
    }

    fn writing(&self, svg: &mut String, row: u16) {
        let y = y_of(row);
        let mut run: Option<Run> = None;
        for column in 0..self.columns {
            let Some(cell) = self.screen.cell(row, column) else { continue };
            if cell.is_wide_continuation() {
                continue;
            }
            let look = Look {
                colour: self.paint(row, column).text,
                bold: cell.bold(),
                italic: cell.italic(),
                underline: cell.underline(),
            };
            let piece = Run {
                text: cell.contents().to_owned(),
                x: x_of(column),
                columns: if cell.is_wide() { 2 } else { 1 },
                look,
            };
            match &mut run {
                Some(run) if run.takes(&piece) => run.append(&piece),
                _ => {
                    if let Some(done) = run.replace(piece) {
                        self.write(svg, &done, y);
                    }
                }
            }
        }
        if let Some(done) = run {
            self.write(svg, &done, y);
        }
    }

    fn write(&self, svg: &mut String, run: &Run, y: u32) {
        let colour = run.look.colour.to_string();
        if run.look.underline {
            let (x, y, width) = (run.x, y + UNDERLINE, run.columns * CELL_WIDTH);
            let _ = writeln!(svg, r#"<rect x="{x}" y="{y}" width="{width}" height="1" fill="{colour}"/>"#);
        }
        let over = [run.x == MARGIN, run.x + CELL_WIDTH == x_of(self.columns)].map(u32::from).map(|at| at * MARGIN);
        let place = glyph::Place { x: run.x, y, over };
        if run.text.trim().is_empty() || glyph::draw(svg, &run.text, place, &colour) {
            return;
        }
        let middle = run.x + run.columns * CELL_WIDTH / 2;
        let place = match run.columns {
            2 if is_emoji(&run.text) => {
                format!(r#"x="{middle}" text-anchor="middle" font-family="{EMOJI}" font-size="18""#)
            }
            2 if !is_plain_text(&run.text) => {
                format!(r#"x="{middle}" text-anchor="middle" font-family="{WIDE}" font-size="21""#)
            }
            _ => format!(r#"x="{}""#, run.x),
        };
        let weight = if run.look.bold { r#" font-weight="bold""# } else { "" };
        let slant = if run.look.italic { r#" font-style="italic""# } else { "" };
        let (y, text) = (y + BASELINE, escape(&run.text));
        let _ = writeln!(svg, r#"<text {place} y="{y}"{weight}{slant} fill="{colour}">{text}</text>"#);
    }
}

impl Run {
    /// Words are drawn whole. Nothing else is: the font would join signs like `->` to one.
    fn takes(&self, next: &Self) -> bool {
        let is_word = |run: &Self| run.columns == run.letters() && run.text.chars().all(is_plain_letter);
        self.look == next.look && is_word(self) && is_word(next)
    }

    fn letters(&self) -> u32 {
        u32::try_from(self.text.chars().count()).unwrap_or(u32::MAX)
    }

    fn append(&mut self, next: &Self) {
        self.text.push_str(&next.text);
        self.columns += next.columns;
    }
}

fn x_of(column: u16) -> u32 {
    MARGIN + u32::from(column) * CELL_WIDTH
}

fn y_of(row: u16) -> u32 {
    TITLE_BAR + u32::from(row) * CELL_HEIGHT
}

fn is_plain_text(text: &str) -> bool {
    text.chars().all(is_plain_letter)
}

/// Letters and digits that are one column wide and in the main font.
fn is_plain_letter(c: char) -> bool {
    c.is_alphanumeric() && u32::from(c) < 0x0530
}

fn is_emoji(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2300}'..='\u{2bff}' | '\u{fe0f}'))
}

/// Text for SVG: its own signs written out, and nothing that XML forbids.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}
