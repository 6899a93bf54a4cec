//! Where the text and the cursor stand in a field of a given width, wrapped like the message pane.

use std::ops::Range;

use super::Composer;
use crate::tui::cluster::{Emoji, clusters, width};
use crate::tui::wrap::{Row, row_of, wrap};

/// Rows that the input grows to before it scrolls inside. A view may allow fewer.
pub const MAX_ROWS: u16 = 6;

/// The visible part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Bytes of the text in each visible row, from the top. Never empty.
    pub rows: Vec<Range<usize>>,
    /// Row of the cursor, counted from the first visible one.
    pub cursor_row: u16,
    /// Column of the cursor, inside the field.
    pub cursor_column: u16,
    /// Rows above the visible ones.
    pub above: usize,
    /// Rows below them.
    pub below: usize,
}

impl Composer {
    /// Lays the text out in `width` columns and at most `max_rows` rows, so that the cursor is among them. One column
    /// is kept for a cursor at the end of a full row.
    pub fn placed(&self, width: u16, max_rows: u16) -> Placed {
        let rows = rows_of(&self.text, width);
        let at = row_of(&rows, self.cursor);
        let column = column_of(&self.text, &rows[at], self.cursor).min(width.saturating_sub(1));
        let visible = usize::from(max_rows.max(1)).min(rows.len());
        let above = (at + 1).saturating_sub(visible);
        Placed {
            rows: rows[above..above + visible].iter().map(|row| row.bytes.clone()).collect(),
            cursor_row: u16::try_from(at - above).unwrap_or(max_rows),
            cursor_column: column,
            above,
            below: rows.len() - above - visible,
        }
    }
}

/// The cursor one row further up and the column aimed for, or `None` in the first row.
pub(super) fn row_above(text: &str, cursor: usize, goal: Option<u16>, width: u16) -> Option<(usize, u16)> {
    let rows = rows_of(text, width);
    let at = row_of(&rows, cursor);
    let goal = goal.unwrap_or_else(|| column_of(text, &rows[at], cursor));
    Some((at_column(text, &rows, at.checked_sub(1)?, goal), goal))
}

/// The cursor one row further down and the column aimed for, or `None` in the last row.
pub(super) fn row_below(text: &str, cursor: usize, goal: Option<u16>, width: u16) -> Option<(usize, u16)> {
    let rows = rows_of(text, width);
    let at = row_of(&rows, cursor);
    let goal = goal.unwrap_or_else(|| column_of(text, &rows[at], cursor));
    (at + 1 < rows.len()).then(|| (at_column(text, &rows, at + 1, goal), goal))
}

fn rows_of(text: &str, columns: u16) -> Vec<Row> {
    wrap(text, columns.saturating_sub(1), Emoji::Safe).collect()
}

fn column_of(text: &str, row: &Row, cursor: usize) -> u16 {
    width(&text[row.bytes.start..cursor.clamp(row.bytes.start, row.bytes.end)], Emoji::Safe)
}

/// The last place in a row that is not right of `goal`.
fn at_column(text: &str, rows: &[Row], at: usize, goal: u16) -> usize {
    let bytes = &rows[at].bytes;
    let mut column = 0_u16;
    let mut last = bytes.start;
    for cluster in clusters(&text[bytes.clone()], Emoji::Safe) {
        column = column.saturating_add(cluster.width);
        if column > goal {
            return bytes.start + cluster.bytes.start;
        }
        last = bytes.start + cluster.bytes.start;
    }
    // The end of a row that only wraps is the start of the next one: stay before its last character.
    let is_soft = rows.get(at + 1).is_some_and(|next| next.bytes.start == bytes.end);
    if is_soft { last } else { bytes.end }
}
