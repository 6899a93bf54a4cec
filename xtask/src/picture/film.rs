//! A film: pictures one after the other, as an animated GIF.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use gif::{DisposalMethod, Encoder, Frame, Repeat};
use resvg::tiny_skia::Pixmap;

use super::{Picture, Renderer};

/// Of the size of the pictures: what is read on a page of text.
const SCALE: f32 = 0.6;

/// Of 1 (best) to 30 (quickest): how well colours are chosen.
const QUALITY: i32 = 10;

/// Pictures with the time each is shown for.
#[derive(Debug, Default)]
pub struct Film {
    shots: Vec<(Picture, Duration)>,
}

impl Film {
    /// Adds a picture. One that shows what the one before shows makes that one last longer.
    pub fn add(&mut self, picture: Picture, span: Duration) {
        match self.shots.last_mut() {
            Some((last, lasts)) if *last == picture => *lasts += span,
            _ => self.shots.push((picture, span)),
        }
    }

    /// The bytes of a GIF file that begins again at its end. Each frame holds only what differs from the one before.
    ///
    /// # Errors
    ///
    /// When there is no picture, pictures differ in size, or one cannot be drawn.
    pub fn gif(&self, renderer: &Renderer) -> Result<Vec<u8>> {
        let mut shots = Vec::new();
        for (picture, span) in &self.shots {
            shots.push((renderer.pixels(picture, SCALE)?, *span));
        }
        let Some((first, _)) = shots.first() else { bail!("a film needs a picture") };
        let (width, height) = (small(first.width())?, small(first.height())?);
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, width, height, &[]).context("the film cannot begin")?;
        encoder.set_repeat(Repeat::Infinite).context("the film cannot begin")?;
        let mut before: Option<&Pixmap> = None;
        for (shot, span) in &shots {
            let mut frame = frame(before, shot)?;
            frame.delay = u16::try_from(span.as_millis() / 10).unwrap_or(u16::MAX);
            frame.dispose = DisposalMethod::Keep;
            encoder.write_frame(&frame).context("a frame cannot be written")?;
            before = Some(shot);
        }
        drop(encoder);
        Ok(bytes)
    }
}

/// The rows that differ, at their place.
fn frame(before: Option<&Pixmap>, shot: &Pixmap) -> Result<Frame<'static>> {
    let row_bytes = shot.width() as usize * 4;
    let rows = |pixels: &'_ Pixmap| pixels.data().chunks(row_bytes).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let now = rows(shot);
    let (mut top, mut end) = (0, now.len());
    if let Some(before) = before {
        let earlier = rows(before);
        if earlier.len() != now.len() {
            bail!("the pictures of a film have one size");
        }
        let differs = |row: &usize| earlier[*row] != now[*row];
        top = (0..now.len()).find(differs).unwrap_or(0);
        end = (0..now.len()).rev().find(differs).map_or(top + 1, |row| row + 1);
    }
    let mut pixels = now[top..end].concat();
    let (width, height) = (small(shot.width())?, u16::try_from(end - top).context("too many rows")?);
    let mut frame = Frame::from_rgba_speed(width, height, &mut pixels, QUALITY);
    frame.top = u16::try_from(top).context("too many rows")?;
    Ok(frame)
}

fn small(length: u32) -> Result<u16> {
    u16::try_from(length).context("a GIF has at most 65,535 columns and rows")
}
