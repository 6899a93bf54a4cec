//! What keys mean: pure functions from the [`Model`], the [`State`] and an event to a changed state and a list of
//! [`Wish`]es, which the face carries out.
//!
//! A key goes to what lies on top: the overlay, then the login's form or the chat. `sync` brings the state in line with
//! the model after every message, `reports` finds the words for what the model announces, and `timers` says when
//! something visible changes by itself. Nothing here draws, waits, or changes the model.

mod chat;
mod complete;
mod find;
mod form;
mod mark;
mod overlay;
mod pick;
mod private;
mod reports;
mod settings;
mod sync;
mod timers;
mod words;

use std::time::Duration;

use crossterm::event::{Event, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use secrecy::SecretString;
use shared::id::Seq;

use crate::app::command::Command;
use crate::app::intent::Saying;
use crate::app::model::{Login, Model};
use crate::app::moment::{Moment, Mono};
use crate::app::place::Place;
use crate::config::Setting;

use super::keymap::{self, Action};
use super::state::{Armed, Overlay, Screen, State, Toast};
use super::view::{Seen, Target};

pub use self::complete::{Listed, looked};
pub use self::pick::seek;
pub use self::reports::Reports;
pub use self::settings::{dress, learn, take_settings};
pub use self::sync::{after_draw, sync, unread};
pub use self::timers::{deadline, expire};

/// How long a sentence over the input stays, and one about an error.
const TOAST: Duration = Duration::from_secs(4);
const TOAST_ERROR: Duration = Duration::from_secs(8);

/// Within this time a second Ctrl-C leaves.
const SECOND_PRESS: Duration = Duration::from_millis(1500);

/// Rows that one step of the wheel scrolls.
const WHEEL_ROWS: isize = 3;

/// What the face is to do.
#[derive(Debug)]
pub enum Wish {
    /// Tell the model that keys are pressed.
    Typed,
    /// Tell the model that a text for this conversation is being typed.
    TextTyped(Place),
    /// Tell others that the user types and show who does, or neither.
    Typing(bool),
    /// Send a text.
    Say(Saying),
    /// Run a command.
    Run(Command),
    /// Log in, or make an account.
    SignIn(SignIn),
    /// Answer the question that the model asks.
    Answer(SecretString),
    /// Go to a conversation, opened if it is new.
    Show(Place),
    /// Close the tab of a conversation.
    Close(Place),
    /// Empty the tab of a conversation.
    Clear(Place),
    /// Put the tab of a conversation at this place among the tabs.
    Move(Place, usize),
    /// So many lines of a conversation are unread after all.
    Passed(Place, usize),
    /// Look what is in the folder of the path at these bytes of the input, to complete it.
    Look(std::ops::Range<usize>),
    /// Ask the server for more of what was found.
    MoreFound,
    /// Open a link, which begins with `http://` or `https://`.
    Open(String),
    /// Load what is older.
    Older(Place),
    /// To get to this message, from the oldest one here.
    Reach(Place, Seq),
    /// Connect now.
    Retry,
    /// Log in again after the session has ended.
    LogInAgain,
    /// Leave the program.
    Leave,
    /// Paint everything anew.
    Redraw,
    /// Stop until the shell continues the program.
    Suspend,
    /// Take the mouse, or give it back.
    Mouse(bool),
    /// Open the own editor on what is typed in a conversation.
    Edit(Place),
    /// Put a text into the terminal's clipboard.
    Copy(String),
    /// Read the user's own themes anew, and [`dress`] in the one that is named, or in the next.
    Theme {
        /// As typed.
        named: Option<String>,
        /// Whether it is to be written into the config file as well.
        saves: bool,
    },
    /// Write settings into the config file.
    Save(Vec<(&'static Setting, String)>),
}

/// The login's form, filled in.
#[derive(Debug)]
pub struct SignIn {
    /// The address, where it was asked for.
    pub server: Option<String>,
    /// The account.
    pub name: String,
    /// Its password.
    pub password: SecretString,
    /// Whether to make the account.
    pub register: bool,
}

/// What an event is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// What is known.
    pub model: &'a Model,
    /// What was drawn last.
    pub seen: &'a Seen,
    /// Columns of the screen.
    pub columns: u16,
    /// When it happened.
    pub now: Moment,
}

/// Does what an event of the terminal means. Resizing means nothing here: the next frame has the new size.
pub fn event(state: &mut State, sight: Sight<'_>, event: Event) -> Vec<Wish> {
    let mut control = Control { state, sight, wishes: Vec::new() };
    match event {
        Event::Key(key) => control.key(key),
        Event::Paste(text) => control.paste(&text),
        Event::Mouse(mouse) => control.mouse(mouse),
        Event::FocusGained => control.state.focused = true,
        Event::FocusLost => control.focus_lost(),
        // Also when the size is the same again: what a terminal showed may be lost on the way there and back.
        Event::Resize(..) => control.wishes.push(Wish::Redraw),
    }
    control.wishes
}

/// The wheel, as it comes where the mouse is the terminal's: as arrow keys, several at once.
pub fn wheel(state: &mut State, sight: Sight<'_>, rows: isize) -> Vec<Wish> {
    let mut control = Control { state, sight, wishes: Vec::new() };
    control.scroll_what_is_on_top(rows);
    control.wishes
}

/// A sentence over the input.
pub fn toast(state: &mut State, text: impl Into<String>, is_error: bool, now: Moment) {
    let span = if is_error { TOAST_ERROR } else { TOAST };
    state.toast = Some(Toast { text: text.into(), is_error, until: now.mono.after(span) });
}

/// One event at work.
struct Control<'a> {
    state: &'a mut State,
    sight: Sight<'a>,
    wishes: Vec<Wish>,
}

impl Control<'_> {
    fn key(&mut self, key: KeyEvent) {
        if key.kind == crossterm::event::KeyEventKind::Release {
            return;
        }
        if matches!(self.sight.model.login, Login::In(_)) {
            self.wishes.push(Wish::Typed);
        }
        let second = std::mem::take(&mut self.state.prefix).then(|| keymap::action_after_prefix(key)).flatten();
        let Some(action) = second.or_else(|| self.state.keys.action(key)) else { return };
        self.disarm(action);
        match action {
            Action::Prefix => self.state.prefix = true,
            Action::Redraw => self.wishes.push(Wish::Redraw),
            Action::Suspend => self.wishes.push(Wish::Suspend),
            Action::Quit => self.quit(),
            Action::Mouse => self.toggle_mouse(),
            Action::Theme => self.wishes.push(Wish::Theme { named: None, saves: false }),
            Action::Help => self.toggle_help(),
            Action::Reconnect => self.retry(),
            action if self.state.overlay.is_some() => self.overlay_key(action),
            action => match self.state.screen {
                Screen::Login => self.form_key(action),
                Screen::Chat => self.chat_key(action),
            },
        }
    }

    /// What was about to be confirmed is not, by another key.
    fn disarm(&mut self, action: Action) {
        let keeps = match self.state.armed {
            Some(Armed::Send { .. }) => matches!(action, Action::Send | Action::Redraw | Action::Help),
            Some(Armed::Quit { until }) => action == Action::ClearOrQuit && self.now() < until,
            None => true,
        };
        if !keeps {
            self.state.armed = None;
        }
    }

    fn paste(&mut self, text: &str) {
        if matches!(self.sight.model.login, Login::In(_)) {
            self.wishes.push(Wish::Typed);
        }
        match (&self.state.overlay, self.state.screen) {
            (Some(Overlay::Secret { .. }), _) => self.paste_secret(text),
            (Some(Overlay::Pick { .. }), _) => self.pick_typed(text),
            (Some(_), _) => {}
            (None, Screen::Login) => self.form_paste(text),
            (None, Screen::Chat) if self.is_finding() => self.find_paste(text),
            (None, Screen::Chat) => self.chat_paste(text),
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) {
        match mouse.kind {
            // Moving it about is no sign that somebody is there; a click and the wheel are.
            MouseEventKind::Moved | MouseEventKind::Drag(_) | MouseEventKind::Up(_) => {}
            _ if self.is_first_sign() => {
                self.wishes.push(Wish::Typed);
                self.mouse(mouse);
            }
            MouseEventKind::ScrollUp => self.scroll_what_is_on_top(-WHEEL_ROWS),
            MouseEventKind::ScrollDown => self.scroll_what_is_on_top(WHEEL_ROWS),
            MouseEventKind::Down(MouseButton::Left) if self.state.overlay.is_none() => {
                match self.sight.seen.target(mouse.column, mouse.row).cloned() {
                    Some(Target::Tab(place)) => self.show(place),
                    Some(Target::User(name)) if self.sight.model.me.as_ref() != Some(&name) => {
                        self.show(Place::With(name));
                    }
                    Some(Target::Line(line)) => self.mark(Some(line)),
                    Some(Target::Newest) => self.go_to_newest(),
                    Some(Target::Answer(yes)) => self.answer_card(yes),
                    Some(Target::User(_)) | None => {}
                }
            }
            _ => {}
        }
    }

    /// Whether somebody is logged in and has not shown to be there by this event.
    fn is_first_sign(&self) -> bool {
        matches!(self.sight.model.login, Login::In(_)) && !matches!(self.wishes.last(), Some(Wish::Typed))
    }

    fn scroll_what_is_on_top(&mut self, rows: isize) {
        if self.state.overlay.is_some() {
            self.scroll_overlay(rows);
        } else if self.state.screen == Screen::Chat {
            self.scroll(rows);
        }
    }

    fn focus_lost(&mut self) {
        self.state.focused = false;
        let front = self.front().clone();
        self.leave(&front);
    }

    /// Whether a text to search for is being typed.
    fn is_finding(&self) -> bool {
        let find = self.state.tabs.get(self.front()).and_then(|tab| tab.find.as_ref());
        find.is_some_and(|find| find.is_typed)
    }

    fn toggle_mouse(&mut self) {
        self.state.mouse = !self.state.mouse;
        self.note_value("mouse", if self.state.mouse { "true" } else { "false" });
        self.wishes.push(Wish::Mouse(self.state.mouse));
        let text = if self.state.mouse {
            "The mouse scrolls and clicks. Hold Shift to select text."
        } else {
            "The mouse selects text, as in the terminal."
        };
        self.toast(text, false);
    }

    fn toggle_help(&mut self) {
        self.state.overlay = match self.state.overlay.take() {
            Some(Overlay::Help { .. }) => None,
            None => Some(Overlay::Help { scroll: 0 }),
            other => other,
        };
        self.state.completion = None;
    }

    fn retry(&mut self) {
        self.state.overlay.take_if(|overlay| matches!(overlay, Overlay::KeyChanged { .. }));
        self.wishes.push(Wish::Retry);
    }

    /// Leaves, unless lines would be lost: then it asks first, and the same key again leaves.
    fn quit(&mut self) {
        let asked = matches!(self.state.overlay, Some(Overlay::Quit));
        if asked || !self.has_lines_on_their_way() {
            return self.wishes.push(Wish::Leave);
        }
        self.state.overlay = Some(Overlay::Quit);
    }

    /// Ctrl-C where nothing is typed: leaves when it comes twice.
    fn quit_at_second_press(&mut self) {
        if matches!(self.state.armed, Some(Armed::Quit { until }) if self.now() < until) {
            return self.wishes.push(Wish::Leave);
        }
        let until = self.now().after(SECOND_PRESS);
        self.state.armed = Some(Armed::Quit { until });
    }

    fn toast(&mut self, text: impl Into<String>, is_error: bool) {
        toast(self.state, text, is_error, self.sight.now);
    }

    fn now(&self) -> Mono {
        self.sight.now.mono
    }

    /// The moment as editors count it.
    fn since_start(&self) -> Duration {
        Duration::from_millis(self.now().0)
    }

    fn front(&self) -> &Place {
        self.sight.model.conversations.front()
    }
}

#[cfg(test)]
mod tests;
