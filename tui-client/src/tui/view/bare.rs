//! The messages alone, from edge to edge: what the terminal's own selection takes is text and nothing else.

use ratatui::layout::Rect;

use super::{Scene, Seen, pane};
use crate::tui::canvas::Canvas;

pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, seen: &mut Seen) {
    let theme = scene.theme;
    let (width, last) = (canvas.width(), canvas.height().saturating_sub(1));
    canvas.fill(Rect::new(0, 0, width, canvas.height()), theme.bg.patch(theme.text));
    pane::draw(&mut canvas.part(Rect::new(0, 0, width, last)), scene, false, seen);
    canvas.fill(Rect::new(0, last, width, 1), theme.surface);
    let words = format!("{}: select with the mouse   PgUp PgDn scroll   Esc back", scene.place.as_str());
    canvas.text_fit(1, last, width.saturating_sub(2), &words, theme.muted);
}
