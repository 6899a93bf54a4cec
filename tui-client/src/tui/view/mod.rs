//! Draws the model on the full screen.
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use shared::name::Name;

use crate::app::model::Model;
use crate::app::moment::Moment;
use crate::app::place::Place;
use crate::app::transcript::LineId;

use super::state::{Anchor, State};

/// What was drawn, as far as keys and the mouse need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Columns and rows of the message pane. Nothing where there is none.
    pub pane: Size,
    /// The first line of which something is visible.
    pub first: Option<LineId>,
    /// The last one.
    pub last: Option<LineId>,
    /// Whether the oldest line that is loaded is visible from its beginning: older ones are due.
    pub at_top: bool,
    /// Whether the newest line is visible to its end.
    pub at_bottom: bool,
    /// What a click means, and where. Later ones lie on top of earlier ones.
    pub targets: Vec<(Rect, Target)>,
    /// Columns and rows of the field that is typed in.
    pub composer: Size,
    /// The most rows that the overlay can be scrolled down by.
    pub overlay_scroll: usize,
}

/// Columns and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Across.
    pub width: u16,
    /// Down.
    pub height: u16,
}

/// What a click means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Go to this tab.
    Tab(Place),
    /// Write to this user.
    User(Name),
    /// Go to the newest message.
    Newest,
}

impl Seen {
    /// What lies under a cell of the screen.
    pub fn target(&self, column: u16, row: u16) -> Option<&Target> {
        let at = Position::new(column, row);
        self.targets.iter().rev().find(|(part, _)| part.contains(at)).map(|(_, target)| target)
    }
}

/// Draws everything, and puts the cursor where text is typed.
pub fn draw(frame: &mut Frame<'_>, _: &Model, state: &State, _: Moment) -> Seen {
    frame.render_widget(ratatui::text::Line::raw(format!("{:?}", state.screen)), frame.area());
    Seen::default()
}

/// Where the view of the tab in front stands after scrolling by `rows`, up when negative.
pub fn scrolled(_: &Model, _: &State, _: Moment, _: &Seen, _: isize) -> Anchor {
    Anchor::Bottom
}
