//! Draws the model on the full screen. Pure: the same model, state, moment and size always give the same cells, and
//! nothing is remembered from one frame to the next.
//!
//! [`draw`] lays the screen out and answers with what control needs to know of it as [`Seen`]; [`scrolled`] finds where
//! the view stands after scrolling. All drawing goes through [`Canvas`], so that no size can make it panic.

mod bare;
mod card;
mod chat;
mod clock;
mod completion;
mod composer;
mod find;
mod help;
mod layout;
mod login;
mod notice;
mod overlay;
mod pane;
mod private;
mod sidebar;
mod status;
mod tabs;
#[cfg(test)]
mod tests;
mod tiny;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use shared::id::UnixMs;
use shared::name::Name;

use crate::app::model::{Conversation, Link, Login, Model, Older};
use crate::app::moment::{Moment, seconds};
use crate::app::place::Place;
use crate::app::transcript::{LineId, Transcript};

use super::canvas::Canvas;
use super::state::{Anchor, Screen, State, Tab};
use super::theme::Theme;

/// Fewer columns or rows than these are not drawn on.
pub const SMALLEST: (u16, u16) = (30, 8);

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
    /// Where the cursor stands on the screen.
    pub cursor: Option<Position>,
    /// The most rows that the overlay can be scrolled down by.
    pub overlay_scroll: usize,
    /// Whether there was air between authors: [`scrolled`] counts the same rows.
    airy: bool,
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
    /// Mark this line.
    Line(LineId),
    /// Say yes or no to what another user asks.
    Answer(bool),
}

impl Seen {
    /// What lies under a cell of the screen.
    pub fn target(&self, column: u16, row: u16) -> Option<&Target> {
        let at = Position::new(column, row);
        self.targets.iter().rev().find(|(part, _)| part.contains(at)).map(|(_, target)| target)
    }
}

/// Draws everything, and puts the cursor where text is typed.
pub fn draw(frame: &mut Frame<'_>, model: &Model, state: &State, now: Moment) -> Seen {
    let area = frame.area();
    let mut canvas = Canvas::new(frame.buffer_mut(), area, state.look.drawing);
    let mut seen = Seen::default();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        tiny::draw(&mut canvas, &state.look.theme);
        return seen;
    }
    let blank = Tab::default();
    let scene = Scene::new(model, state, now, &blank);
    let under = match state.screen {
        Screen::Login => login::draw(&mut canvas, &scene),
        Screen::Chat => chat::draw(&mut canvas, &scene, &mut seen),
    };
    let cursor = match &state.overlay {
        Some(over) => {
            let theme = scene.theme;
            canvas.restyle(|style| theme.dim(style));
            overlay::draw(&mut canvas, &scene, over, &mut seen)
        }
        None => under,
    };
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
    seen.cursor = cursor;
    seen
}

/// Where the view of the tab in front stands after scrolling by `rows`, up when negative. At least one step is made
/// where there is anything to step to. Only the lines on the way are laid out.
pub fn scrolled(model: &Model, state: &State, now: Moment, seen: &Seen, rows: isize) -> Anchor {
    let blank = Tab::default();
    let scene = Scene::new(model, state, now, &blank);
    pane::scrolled(&scene, seen, rows)
}

/// Where the view of the tab in front stands so that the whole of a line is visible, moved as little as possible.
pub fn revealed(model: &Model, state: &State, now: Moment, seen: &Seen, line: LineId) -> Anchor {
    let blank = Tab::default();
    let scene = Scene::new(model, state, now, &blank);
    pane::revealed(&scene, seen, line)
}

/// The links in a text, in their order.
pub fn links(text: &str) -> Vec<&str> {
    pane::links(text)
}

/// Whether a text names this user, as a word of its own, with or without `@`.
pub fn mentions(text: &str, me: &Name) -> bool {
    pane::mentions(text, me)
}

/// What all parts of a frame look at.
#[derive(Clone, Copy)]
struct Scene<'a> {
    model: &'a Model,
    state: &'a State,
    now: Moment,
    theme: &'a Theme,
    /// The conversation in front.
    place: &'a Place,
    conversation: Option<&'a Conversation>,
    /// How it is looked at.
    tab: &'a Tab,
}

impl<'a> Scene<'a> {
    fn new(model: &'a Model, state: &'a State, now: Moment, blank: &'a Tab) -> Self {
        let place = model.conversations.front();
        let conversation = model.conversations.get(place);
        Self {
            model,
            state,
            now,
            theme: &state.look.theme,
            place,
            conversation,
            tab: state.tabs.get(place).unwrap_or(blank),
        }
    }

    fn transcript(&self) -> Option<&'a Transcript> {
        self.conversation.map(|conversation| &conversation.transcript)
    }

    /// A time of day, as the user wants it written.
    fn time(&self, at: UnixMs) -> String {
        clock::time(at, &self.state.look.zone, &self.state.preferences.time)
    }

    /// Whether older lines of the conversation in front are on their way.
    fn is_loading(&self) -> bool {
        self.tab.loading || self.conversation.is_some_and(|conversation| conversation.older == Older::Asked)
    }

    /// Whether there are no older lines than those that are here.
    fn is_complete(&self) -> bool {
        self.tab.complete || self.conversation.is_some_and(|conversation| conversation.older == Older::None)
    }

    /// How it stands with the connection, for the eye.
    fn connection(&self) -> Connection {
        match self.model.link {
            Link::Up if matches!(self.model.login, Login::In(_)) => Connection::Connected,
            Link::Up => Connection::LoggingIn,
            Link::Dialling if self.model.me.is_some() => Connection::Reconnecting { seconds: 0 },
            Link::Dialling => Connection::Connecting,
            Link::Resting { until } => Connection::Reconnecting { seconds: seconds(until.since(self.now.mono)) },
            Link::Down => Connection::Offline,
        }
    }
}

/// How it stands with the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Connected,
    LoggingIn,
    Connecting,
    /// The next attempt comes in so many seconds; 0 while one is under way.
    Reconnecting {
        seconds: u64,
    },
    Offline,
}

/// A style that leaves nothing of what was drawn there before, for what lies over something else.
fn fresh(style: Style) -> Style {
    Style::reset().patch(style)
}

/// The part of `width` x `height` in the middle of a canvas, as large as fits.
fn centred(canvas: &Canvas<'_>, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(canvas.width()), height.min(canvas.height()));
    Rect::new((canvas.width() - width) / 2, (canvas.height() - height) / 2, width, height)
}
