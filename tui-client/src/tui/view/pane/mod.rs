//! The messages. Only the lines that are visible are laid out, anew for every frame: that costs less than remembering.

mod block;
mod markup;
mod paint;
mod status;
mod walk;

use ratatui::layout::Rect;

use crate::app::transcript::{Line, LineId};
use crate::tui::canvas::Canvas;
use crate::tui::state::Anchor;

use super::{Scene, Seen, Size};

pub(super) use markup::{links, mentions, people};

/// Columns before the text where names stand beside it: bar, time, name and rule.
const GUTTER: u16 = 20;

/// Columns before the text where names stand over it.
const INDENT: u16 = 3;

/// Columns behind the text: air and the scroll bar.
const MARGIN: u16 = 2;

/// The eye loses the next line beyond this many columns.
const TEXT_MOST: u16 = 110;

/// Columns of a name.
const NAME: u16 = 9;

/// Below this many columns names stand over the text.
const COMPACT: u16 = 60;

/// The columns of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    width: u16,
    /// Names stand over the text.
    compact: bool,
    /// There is air between authors.
    airy: bool,
    /// There is nothing but the text.
    bare: bool,
    /// The first column of the text.
    x: u16,
    /// Columns for prose.
    text: u16,
    /// Columns for code, which may use the whole width.
    code: u16,
}

impl Grid {
    fn new(width: u16, airy: bool, scene: &Scene<'_>) -> Self {
        if scene.state.bare {
            let text = width.max(1);
            return Self { width, compact: true, airy: false, bare: true, x: 0, text, code: text };
        }
        let compact = width < COMPACT;
        let x = if compact { INDENT } else { GUTTER };
        let columns = width.saturating_sub(x + MARGIN).max(1);
        let (text, code) = (columns.min(TEXT_MOST), columns.saturating_sub(MARGIN).max(1));
        Self { width, compact, airy, bare: false, x, text, code }
    }
}

/// Draws the messages of the conversation in front.
pub(super) fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, airy: bool, seen: &mut Seen) {
    seen.pane = Size { width: canvas.width(), height: canvas.height() };
    seen.airy = airy;
    let grid = Grid::new(canvas.width(), airy, scene);
    let window = walk::window(scene, grid, canvas.height());
    seen.first = window.first();
    seen.last = window.last();
    seen.at_top = window.at_top;
    seen.at_bottom = window.at_bottom;
    if scene.transcript().is_none_or(|transcript| transcript.lines().len() == 0) {
        let free = canvas.height().saturating_sub(u16::try_from(window.rows).unwrap_or(u16::MAX));
        paint::empty(&mut canvas.part(Rect { height: free, ..whole(canvas) }), scene);
    }
    paint::window(canvas, scene, grid, &window, seen);
    if !grid.bare {
        scroll_bar(canvas, scene, &window);
    }
}

/// Where the view stands after scrolling.
pub(super) fn scrolled(scene: &Scene<'_>, seen: &Seen, rows: isize) -> Anchor {
    let Size { width, height } = seen.pane;
    walk::scrolled(scene, Grid::new(width, seen.airy, scene), height, rows)
}

/// Where the view stands so that the whole of a line is visible.
pub(super) fn revealed(scene: &Scene<'_>, seen: &Seen, line: LineId) -> Anchor {
    let Size { width, height } = seen.pane;
    walk::revealed(scene, Grid::new(width, seen.airy, scene), height, line)
}

/// How many lines of others stand in a transcript from this one on.
fn new_from(scene: &Scene<'_>, first: LineId) -> usize {
    let Some(transcript) = scene.transcript() else { return 0 };
    let me = scene.model.me.as_ref();
    let at_or_after = transcript.lines().skip_while(|line| line.id != first);
    let is_new = |line: &Line<'_>| scene.tab.unread_to.is_none_or(|last| line.id <= last);
    at_or_after.filter(is_new).filter(|line| me != Some(line.from)).count()
}

/// How many lines of others are newer than this one.
pub(super) fn new_after(scene: &Scene<'_>, last: LineId) -> usize {
    let Some(transcript) = scene.transcript() else { return 0 };
    let me = scene.model.me.as_ref();
    transcript.lines().rev().take_while(|line| line.id != last).filter(|line| me != Some(line.from)).count()
}

fn line_at<'a>(scene: &Scene<'a>, index: usize) -> Option<Line<'a>> {
    scene.transcript()?.line(index)
}

/// The thumb stands where the visible lines are among all of them: lines are counted, since rows would have to be laid
/// out to be counted.
fn scroll_bar(canvas: &mut Canvas<'_>, scene: &Scene<'_>, window: &walk::Window<'_>) {
    let (rows, all) = (usize::from(canvas.height()), walk::count(scene));
    let (Some(first), Some(last)) = (window.blocks.first(), window.blocks.last()) else { return };
    if rows < 2 || window.at_top && window.at_bottom {
        return;
    }
    let visible = last.0 + 1 - first.0;
    let length = (rows * visible).div_ceil(all).clamp(2.min(rows), rows - 1);
    let room = rows - length;
    let hidden = all.saturating_sub(visible);
    // It touches an end only where nothing is beyond it.
    let top = match (window.at_top, window.at_bottom) {
        (true, _) => 0,
        (_, true) => room,
        _ => (room * first.0)
            .checked_div(hidden)
            .unwrap_or(room)
            .clamp(1.min(room), room.saturating_sub(1).max(1.min(room))),
    };
    let (x, glyph) = (canvas.width().saturating_sub(1), canvas.drawing().glyphs.thumb);
    let clip = |rows: usize| u16::try_from(rows).unwrap_or(u16::MAX);
    canvas.vline(x, clip(top), clip(length), glyph, scene.theme.border);
}

/// The whole of a canvas.
fn whole(canvas: &Canvas<'_>) -> Rect {
    Rect::new(0, 0, canvas.width(), canvas.height())
}
