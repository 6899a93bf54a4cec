//! Where the parts of the chat screen lie: a pure function of the size and of what is typed.

use ratatui::layout::Rect;

use super::{Scene, private};
use crate::tui::composer::{MAX_ROWS, Placed};

/// From this many rows on there is air between authors.
const AIRY: u16 = 18;

/// From this many rows on the input has a box.
const BOXED: u16 = 16;

/// Below this many columns names stand over the text instead of beside it.
const COMPACT: u16 = 60;

/// From this many columns on the sidebar is shown without being asked for.
const SIDEBAR: u16 = 90;

/// From this many columns on there is room for everything.
const WIDE: u16 = 100;

/// The parts of the chat screen, counted from its top left corner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub tabs: Rect,
    /// Above the messages, how it stands with a private session. Nothing in other tabs.
    pub head: Rect,
    pub pane: Rect,
    /// The row between the messages and the input, for what has to be said now. Where rows are few it is the last row
    /// of the pane.
    pub notice: Rect,
    /// The input with its border.
    pub composer: Rect,
    /// The field inside.
    pub field: Rect,
    pub status: Rect,
    /// Beside the pane, or over it.
    pub sidebar: Option<Rect>,
    pub breadth: Breadth,
    /// The input has a box.
    pub boxed: bool,
    /// There is air between authors.
    pub airy: bool,
    /// What is visible of the text being typed.
    pub typed: Placed,
}

/// How much fits beside one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breadth {
    /// Names stand over the text, and words are few.
    Compact,
    Middle,
    /// There is room for everything.
    Wide,
}

impl Layout {
    pub(super) fn new(width: u16, height: u16, scene: &Scene<'_>) -> Self {
        let (boxed, airy) = (height >= BOXED, height >= AIRY);
        let breadth = match width {
            ..COMPACT => Breadth::Compact,
            COMPACT..WIDE => Breadth::Middle,
            WIDE.. => Breadth::Wide,
        };
        let shows_sidebar = scene.state.sidebar.unwrap_or(width >= SIDEBAR);
        let is_beside = shows_sidebar && width >= SIDEBAR;
        let columns = if breadth == Breadth::Wide { 26 } else { 22 };
        let left = if is_beside { width.saturating_sub(columns) } else { width };

        let field_x = if boxed { 5 } else { 3 };
        let field_width = left.saturating_sub(if boxed { 8 } else { 4 }).max(1);
        let most = MAX_ROWS.min(height / 3).max(1);
        let typed = scene.tab.composer.placed(field_width, most);
        let field_rows = u16::try_from(typed.rows.len()).unwrap_or(most);

        let status_y = height.saturating_sub(1);
        let composer_rows = field_rows + if boxed { 2 } else { 1 };
        let composer_y = status_y.saturating_sub(composer_rows);
        let (notice_y, pane_rows) = match composer_y.saturating_sub(1) {
            free if airy => (composer_y.saturating_sub(1), free.saturating_sub(1)),
            free => (composer_y.saturating_sub(1), free),
        };
        // A message is worth more than its head.
        let head_rows = private::rows(scene).min(pane_rows / 2);
        // Over the pane it leaves the input free.
        let sidebar_rows = if is_beside { status_y.saturating_sub(1) } else { pane_rows };
        let sidebar = shows_sidebar.then(|| Rect::new(width.saturating_sub(columns), 1, columns, sidebar_rows));
        Self {
            tabs: Rect::new(0, 0, width, 1),
            head: Rect::new(0, 1, left, head_rows),
            pane: Rect::new(0, 1 + head_rows, left, pane_rows - head_rows),
            notice: Rect::new(0, notice_y, left, 1),
            composer: if boxed {
                Rect::new(1, composer_y, left.saturating_sub(2), composer_rows)
            } else {
                Rect::new(0, composer_y, left, composer_rows)
            },
            field: Rect::new(field_x, composer_y + 1, field_width, field_rows),
            status: Rect::new(0, status_y, width, 1),
            sidebar,
            breadth,
            boxed,
            airy,
            typed,
        }
    }

    pub(super) fn is_compact(&self) -> bool {
        self.breadth == Breadth::Compact
    }

    pub(super) fn is_wide(&self) -> bool {
        self.breadth == Breadth::Wide
    }
}
