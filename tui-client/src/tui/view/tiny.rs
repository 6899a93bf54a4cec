//! The only thing that is shown on a screen that is too small.

use crate::tui::canvas::Canvas;
use crate::tui::theme::Theme;
use crate::tui::wrap::wrap;

use super::SMALLEST;

pub(super) fn draw(canvas: &mut Canvas<'_>, theme: &Theme) {
    let (width, height) = (canvas.width(), canvas.height());
    let text = format!("Terminal too small ({width}x{height}), needs {}x{}", SMALLEST.0, SMALLEST.1);
    let emoji = canvas.drawing().emoji;
    let rows: Vec<_> = wrap(&text, width, emoji).collect();
    let above = usize::from(height).saturating_sub(rows.len()) / 2;
    for (y, row) in (u16::try_from(above).unwrap_or(0)..height).zip(rows) {
        canvas.text(width.saturating_sub(row.width) / 2, y, &text[row.bytes], theme.text);
    }
}
