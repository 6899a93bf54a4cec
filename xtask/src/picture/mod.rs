//! Pictures of a terminal's screen: the bytes that a program wrote become a screen, the screen an SVG, the SVG a PNG.
//!
//! Box and block characters are drawn as shapes, so that they meet without seams; each piece of text names its font, so
//! that no emoji font supplies the digits. The same screen gives the same bytes every time.

use std::num::NonZeroU16;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

pub use self::colours::{Colours, DARK, LIGHT, Rgb};
pub use self::film::Film;

mod colours;
mod film;
mod fonts;
mod glyph;
mod svg;

/// A size in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Across.
    pub columns: NonZeroU16,
    /// Down.
    pub rows: NonZeroU16,
}

impl Size {
    /// Reads `120x34`.
    pub fn parse(text: &str) -> Result<Self> {
        let (columns, rows) = text.split_once('x').context("a size is written like 120x34")?;
        let cells = |digits: &str| digits.parse().with_context(|| format!("{digits} is no number of cells"));
        Ok(Self { columns: cells(columns)?, rows: cells(rows)? })
    }
}

/// A screen, drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// As SVG.
    pub svg: String,
    /// Its text, one line a row, without blanks at the ends: what can be compared by reading.
    pub text: String,
}

/// The screen that a terminal of this size shows after these bytes.
pub fn screen(bytes: &[u8], size: Size) -> vt100::Screen {
    let mut parser = vt100::Parser::new(size.rows, size.columns, 0);
    parser.process(bytes);
    parser.screen().clone()
}

impl Picture {
    /// Draws a screen in a window with this title.
    pub fn of(screen: &vt100::Screen, title: &str, colours: &Colours) -> Self {
        let (_, columns) = screen.size();
        let rows = screen.rows(0, columns.get());
        let text = rows.fold(String::new(), |text, row| text + row.trim_end() + "\n");
        Self { svg: svg::draw(screen, title, colours), text }
    }
}

/// Turns pictures into PNG. Holds the fonts, so make it once.
pub struct Renderer {
    options: Options<'static>,
}

impl Renderer {
    /// Loads the fonts; an error names the packages that have those that are missing.
    pub fn new() -> Result<Self> {
        let mut fonts = fontdb::Database::new();
        for file in fonts::find()? {
            let data = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            fonts.load_font_data(data);
        }
        Ok(Self { options: Options { fontdb: Arc::new(fonts), ..Options::default() } })
    }

    /// The bytes of a PNG file.
    pub fn png(&self, picture: &Picture) -> Result<Vec<u8>> {
        self.pixels(picture, 1.0)?.encode_png().context("the picture cannot be encoded")
    }

    /// The pixels of a picture, made smaller or larger.
    fn pixels(&self, picture: &Picture, scale: f32) -> Result<Pixmap> {
        let tree = Tree::from_str(&picture.svg, &self.options).context("the picture is not valid SVG")?;
        let size = tree.size().to_int_size().scale_by(scale).context("the picture has no size")?;
        let Some(mut pixels) = Pixmap::new(size.width(), size.height()) else { bail!("the picture has no size") };
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
        Ok(pixels)
    }
}

#[cfg(test)]
mod tests;
