//! One table of keys: what each does, and the line of the help that says so.
//!
//! The table is the only place where a key gets its meaning by itself; over it lies what the user has bound. The help
//! screen is drawn from both. Every action has a command too, since terminals and desktops take some keys away.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub use self::own::Keymap;
use self::table::AFTER_PREFIX;
use super::composer::EditAction;

mod names;
mod own;
mod table;

/// What a key asks the screen to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Changes the text in the input, or moves the cursor there.
    Edit(EditAction),
    /// Sends the text in the input, or takes what is chosen.
    Send,
    /// Completes the word, or takes the suggestion.
    Complete,
    /// Completes with the one before.
    CompleteBack,
    /// Searches what was sent before.
    SearchHistory,
    /// Empties the input; twice on an empty one, quits.
    ClearOrQuit,
    /// Removes the character under the cursor; on an empty input, asks whether to quit.
    DeleteOrQuit,
    /// Goes to the tab of this number, counted from 1.
    Tab(u8),
    /// Goes to the last tab.
    LastTab,
    /// Goes to the tab on the left.
    PreviousTab,
    /// Goes to the tab on the right.
    NextTab,
    /// Goes to the next tab with something unread.
    NextUnread,
    /// Opens the list of everybody and every tab.
    GoTo,
    /// Closes the tab.
    CloseTab,
    /// Scrolls a page towards older messages.
    ScrollPageUp,
    /// Scrolls a page towards newer messages.
    ScrollPageDown,
    /// Scrolls a line towards older messages.
    ScrollUp,
    /// Scrolls a line towards newer messages.
    ScrollDown,
    /// Goes to the oldest message loaded.
    Oldest,
    /// Goes to the newest message.
    Newest,
    /// Closes what is open on top, or goes to the newest message. Never destroys text.
    Escape,
    /// Connects now instead of waiting.
    Reconnect,
    /// Marks the newest message, or the one before the marked one.
    MarkUp,
    /// Marks the message after the marked one.
    MarkDown,
    /// Goes to the last message before that names the user.
    Mention,
    /// Searches the tab.
    Find,
    /// Shows the messages alone, or the whole screen again.
    Bare,
    /// Moves the tab to the left.
    MoveTabLeft,
    /// Moves the tab to the right.
    MoveTabRight,
    /// Copies the marked or the newest message to the terminal's clipboard.
    Copy,
    /// Shows or hides the help.
    Help,
    /// Shows or hides the sidebar.
    Sidebar,
    /// Says yes to what another user asks.
    Accept,
    /// Says no to it.
    Decline,
    /// Switches the mouse on or off.
    Mouse,
    /// Goes to the next theme.
    Theme,
    /// Paints everything anew.
    Redraw,
    /// Quits.
    Quit,
    /// Stops the program until the shell continues it.
    Suspend,
    /// Opens the own editor on what is typed.
    Editor,
    /// Nothing by itself: the first of two keys.
    Prefix,
}

/// Headings of the help, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// The input.
    Write,
    /// Moving in the input, and cutting.
    Edit,
    /// Tabs and scrolling.
    Move,
    /// Requests, connection and what is shown.
    View,
}

impl Section {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Move, Self::View, Self::Write, Self::Edit];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Write => "Write",
            Self::Edit => "Edit",
            Self::Move => "Move",
            Self::View => "View",
        }
    }
}

/// A key with the modifiers held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord(KeyCode, KeyModifiers);

/// One line of the help with the keys it is about.
#[derive(Debug)]
pub struct Line {
    /// Under which heading it stands.
    pub section: Section,
    /// The keys as they are written for people.
    pub keys: &'static str,
    /// What they do: a few words, the first in lower case.
    pub help: &'static str,
    /// The command that does the same, without arguments; none for what only makes sense as a key.
    pub command: Option<&'static str>,
    bindings: &'static [(Chord, Action)],
}

/// What a key press means after [`Action::Prefix`]. `None`: what it means by itself.
pub fn action_after_prefix(event: KeyEvent) -> Option<Action> {
    let chord = Chord::of(event);
    AFTER_PREFIX.iter().find(|(bound, _)| *bound == chord).map(|&(_, action)| action)
}

impl Chord {
    /// The one form of a key that terminals report in several.
    fn of(event: KeyEvent) -> Self {
        let modifiers = event.modifiers;
        match event.code {
            KeyCode::Char(c) if modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                // Ctrl+Shift+C belongs to the terminal; of symbols Shift is a part, and says nothing more.
                let is_letter = c.is_alphabetic();
                let kept = if is_letter { modifiers } else { modifiers - KeyModifiers::SHIFT };
                Self(KeyCode::Char(c.to_ascii_lowercase()), kept)
            }
            KeyCode::Char(c) => Self(KeyCode::Char(c), modifiers - KeyModifiers::SHIFT),
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
                Self(KeyCode::BackTab, modifiers - KeyModifiers::SHIFT)
            }
            KeyCode::BackTab => Self(KeyCode::BackTab, modifiers - KeyModifiers::SHIFT),
            code => Self(code, modifiers),
        }
    }

    /// The character that this key types. Windows reports AltGr as Ctrl+Alt.
    fn typed(self) -> Option<char> {
        const ALT_GR: KeyModifiers = KeyModifiers::CONTROL.union(KeyModifiers::ALT);
        match self {
            Self(KeyCode::Char(c), KeyModifiers::NONE) => Some(c),
            Self(KeyCode::Char(c), ALT_GR) if !c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
