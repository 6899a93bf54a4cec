//! The picture behind the login: the name of the program, a few stars and three hills. Always the same for the same
//! size; nothing moves.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::canvas::Canvas;
use super::theme::{PictureColours, Rgb, Theme, mix};

/// Columns of the wordmark.
pub const WORDMARK_WIDTH: u16 = 32;

/// Rows of the wordmark.
pub const WORDMARK_HEIGHT: u16 = 4;

/// Below this many rows the backdrop would crowd the form.
pub const BACKDROP_MIN_HEIGHT: u16 = 28;

/// The wordmark, two rows of dots to a row of cells.
const DOTS: [&str; 8] = [
    "  ##                            ",
    "  ##                            ",
    "######   #####   ## ###  ## ### ",
    "  ##    ##   ##  ###  #  ###  ##",
    "  ##    #######  ##      ##   ##",
    "  ##    ##       ##      ##   ##",
    "  ###   ##    #  ##      ##   ##",
    "   ###   #####   ##      ##   ##",
];

/// Lower eighths of a cell, from one to seven.
const EIGHTHS: [&str; 7] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇"];

/// A layer of hills: how far its turning points are apart in columns, and its lowest and highest height in eighths of a
/// row on a screen of [`REFERENCE_HEIGHT`] rows.
struct Layer {
    seed: u32,
    stride: u32,
    low: u32,
    high: u32,
}

/// The nearest hill first.
const LAYERS: [Layer; 3] = [
    Layer { seed: 43, stride: 31, low: 10, high: 22 },
    Layer { seed: 17, stride: 37, low: 20, high: 36 },
    Layer { seed: 25, stride: 43, low: 30, high: 62 },
];

const REFERENCE_HEIGHT: u32 = 34;

/// One cell in this many has a star.
const STAR_EVERY: u32 = 110;

/// Draws the wordmark with its top left corner at `x`, `y`: half blocks where they can be trusted, else the word.
pub fn wordmark(canvas: &mut Canvas<'_>, x: u16, y: u16, theme: &Theme) {
    if !canvas.drawing().glyphs.has_blocks {
        let style = theme.accent.add_modifier(Modifier::BOLD);
        let (x, y) = (x.saturating_add(WORDMARK_WIDTH / 2 - 4), y.saturating_add(1));
        canvas.text(x, y, "t e r n", style);
        return;
    }
    for (row, pair) in (0_u16..).zip(DOTS.chunks_exact(2)) {
        for (column, (top, bottom)) in (0_u16..).zip(pair[0].bytes().zip(pair[1].bytes())) {
            let symbol = match (top == b'#', bottom == b'#') {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => continue,
            };
            let style = theme.gradient(column * 1000 / (WORDMARK_WIDTH - 1));
            canvas.text(x.saturating_add(column), y.saturating_add(row), symbol, style);
        }
    }
}

/// Paints the whole canvas: sky, stars and hills where there is true colour, block characters and height for them,
/// else only the background.
pub fn backdrop(canvas: &mut Canvas<'_>, theme: &Theme) {
    canvas.fill(Rect::new(0, 0, canvas.width(), canvas.height()), theme.bg);
    let Some(colours) = theme.picture() else { return };
    if canvas.height() < BACKDROP_MIN_HEIGHT || !canvas.drawing().glyphs.has_blocks {
        return;
    }
    for x in 0..canvas.width() {
        let hills = hills_at(u32::from(x), u32::from(canvas.height()));
        for y in 0..canvas.height() {
            let above_ground = u32::from(canvas.height() - 1 - y) * 8;
            if !hill(canvas, x, y, above_ground, hills, &colours) {
                star(canvas, x, y, &colours);
            }
        }
    }
}

/// Draws what of the hills is in a cell whose lower edge is `floor` eighths high, and says whether there was anything.
fn hill(canvas: &mut Canvas<'_>, x: u16, y: u16, floor: u32, heights: [u32; 3], colours: &PictureColours) -> bool {
    let Some(front) = heights.iter().position(|&height| height > floor) else { return false };
    // The furthest hill is the first of the colours, the nearest the first of the heights.
    let [furthest, middle, nearest] = colours.hills;
    let colour = [nearest, middle, furthest, colours.sky];
    let ground = Style::new().bg(colour[front].into());
    match usize::try_from(heights[front] - floor) {
        Ok(eighths @ 1..=7) => {
            let style = Style::new().fg(colour[front].into()).bg(colour[front + 1].into());
            canvas.text(x, y, EIGHTHS[eighths - 1], style);
        }
        _ => {
            canvas.text(x, y, " ", ground);
        }
    }
    true
}

/// Heights of the hills in a column in eighths of a row, the nearest first. Each is at least a row below the one
/// behind it: a cell has two colours, so no three layers may meet in one.
fn hills_at(x: u32, screen_height: u32) -> [u32; 3] {
    let scale = |eighths: u32| eighths * screen_height.min(REFERENCE_HEIGHT * 3 / 2) / REFERENCE_HEIGHT;
    let mut floor = 0;
    LAYERS.map(|layer| {
        let height = scale(layer.height_at(x)).max(floor);
        floor = height + 8;
        height
    })
}

impl Layer {
    /// Smooth noise: random heights at the turning points, and between them the cubic with level ends.
    fn height_at(&self, x: u32) -> u32 {
        let (index, t) = (x / self.stride, x % self.stride);
        let at = |index: u32| self.low + noise(self.seed, index) % (self.high - self.low + 1);
        let (from, to) = (at(index), at(index + 1));
        let (t, stride) = (u64::from(t), u64::from(self.stride));
        // 3t^2 - 2t^3 of a t from 0 to 1, in thousandths.
        let share = 1000 * t * t * (3 * stride - 2 * t) / stride.pow(3);
        let mixed = u64::from(from) * (1000 - share) + u64::from(to) * share + 500;
        u32::try_from(mixed / 1000).unwrap_or(self.high)
    }
}

fn star(canvas: &mut Canvas<'_>, x: u16, y: u16, colours: &PictureColours) {
    let chance = noise(u32::from(x), u32::from(y));
    if !chance.is_multiple_of(STAR_EVERY) {
        return;
    }
    let kind = noise(chance, 1);
    let brightness = u16::try_from(kind / 8 % 3 * 300 + 300).unwrap_or(900);
    let (symbol, colour): (_, Rgb) = match kind % 7 {
        0 => ("✦", mix(colours.sky, colours.bright_star, brightness / 2 + 200)),
        _ => ("·", mix(colours.star, colours.bright_star, brightness)),
    };
    canvas.text(x, y, symbol, Style::new().fg(colour.into()));
}

/// A number that looks random and is always the same for the same two (the finisher of MurmurHash3).
fn noise(a: u32, b: u32) -> u32 {
    let mut hash = a.wrapping_mul(0x9e37_79b9) ^ b.wrapping_add(0x7f4a_7c15).wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::canvas::Drawing;
    use crate::tui::glyphs::ASCII;
    use crate::tui::theme::{Depth, Shade, ThemeChoice};

    fn painted(width: u16, height: u16, depth: Depth, drawing: Drawing) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::new(ThemeChoice::Auto, depth, Shade::Dark);
        let mut canvas = Canvas::new(&mut buffer, area, drawing);
        backdrop(&mut canvas, &theme);
        wordmark(&mut canvas, 2, 2, &theme);
        buffer
    }

    fn row(buffer: &Buffer, y: u16) -> String {
        (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect()
    }

    #[test]
    fn every_size_is_painted_and_the_same_each_time() {
        let sizes = [(0, 0), (1, 1), (5, 2), (20, 5), (30, 8), (40, 12), (120, 34), (500, 200)];
        for (width, height) in sizes {
            for depth in [Depth::None, Depth::Ansi16, Depth::Indexed256, Depth::Rgb] {
                let once = painted(width, height, depth, Drawing::default());
                assert_eq!(once, painted(width, height, depth, Drawing::default()), "{width}x{height}");
            }
        }
    }

    #[test]
    fn the_wordmark_is_drawn_in_half_blocks_from_accent_to_violet() {
        let buffer = painted(40, 12, Depth::Rgb, Drawing::default());
        assert_eq!(row(&buffer, 3).trim(), "▀▀██▀▀  ▄█▀▀▀█▄  ██▄▀▀█  ██▄▀▀█▄");
        let theme = Theme::new(ThemeChoice::Auto, Depth::Rgb, Shade::Dark);
        assert_eq!((Some(buffer[(2, 3)].fg), Some(buffer[(33, 4)].fg)), (theme.accent.fg, theme.private.fg));
    }

    #[test]
    fn terminals_without_blocks_get_the_word() {
        let drawing = Drawing { glyphs: &ASCII, ..Drawing::default() };
        let buffer = painted(40, 40, Depth::Rgb, drawing);
        assert_eq!(row(&buffer, 3).trim(), "t e r n");
        assert!(buffer.content().iter().all(|cell| cell.symbol().is_ascii()));
    }

    #[test]
    fn stars_and_hills_need_height_and_true_colour() {
        let drawn = |buffer: &Buffer| buffer.content().iter().any(|cell| cell.symbol() == "·");
        assert!(drawn(&painted(120, 34, Depth::Rgb, Drawing::default())));
        assert!(!drawn(&painted(120, 27, Depth::Rgb, Drawing::default())));
        assert!(!drawn(&painted(120, 34, Depth::Indexed256, Drawing::default())));
    }

    #[test]
    fn no_three_hills_meet_in_a_cell() {
        for height in [28, 34, 60, 200] {
            for x in 0..1000 {
                let [near, middle, far] = hills_at(x, height);
                assert!(near + 8 <= middle && middle + 8 <= far && far < height * 8 / 2, "{x} {height}");
            }
        }
    }

    #[test]
    fn slopes_are_gentle() {
        for x in 0..1000 {
            for (here, next) in hills_at(x, 34).into_iter().zip(hills_at(x + 1, 34)) {
                assert!(here.abs_diff(next) <= 3, "{x}");
            }
        }
    }
}
