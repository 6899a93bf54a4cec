//! Commands: the one table, and how a typed line becomes a [`Command`].
//!
//! Everything that knows commands is fed from [`TABLE`]: the parser here, the objects of the JSON face, `help`, the
//! suggestion after a slip, and the completion and hints of the full screen.

mod nearest;
mod parse;
mod table;
#[cfg(test)]
mod tests;
mod verb;

use std::time::Duration;

pub use nearest::nearest;
pub(crate) use nearest::slips;
pub use parse::{CommandError, Fields, build, parse};
pub use table::{Argument, Kind, Spec, TABLE, find};
pub use verb::Verb;

/// How many messages `history` shows when no number is given.
pub const HISTORY_DEFAULT: u16 = 20;

/// The most messages `history` shows. They are held in memory until the last page has come.
pub const HISTORY_MOST: u16 = 1000;

/// A command with its arguments, checked as far as a client can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A direct message.
    Message {
        /// To whom, as typed.
        to: String,
        /// The text.
        text: String,
    },
    /// A text to the lobby.
    Broadcast {
        /// The text.
        text: String,
    },
    /// Who is online.
    Whoelse,
    /// Who was online.
    Whoelsesince {
        /// How far to look back.
        span: Duration,
    },
    /// Block somebody.
    Block {
        /// Whom, as typed.
        user: String,
    },
    /// Take a block back.
    Unblock {
        /// Whom, as typed.
        user: String,
    },
    /// List the own blocks.
    Blocked,
    /// Older messages.
    History {
        /// Of the direct conversation with this user; otherwise of the lobby.
        with: Option<String>,
        /// How many, 1 to [`HISTORY_MOST`].
        count: u16,
    },
    /// Look for words in everything.
    Search {
        /// The words, as typed.
        words: String,
    },
    /// List own messages that nobody has received.
    Queue,
    /// Take one of them back.
    Unsend {
        /// Its number in the list.
        number: u16,
    },
    /// Set or, with an empty text, clear the away text.
    Away {
        /// The text.
        text: String,
    },
    /// Something done, told to the lobby.
    Me {
        /// What.
        action: String,
    },
    /// What the server knows of a user.
    Whois {
        /// Whom, as typed.
        user: String,
    },
    /// Change the own password.
    Passwd,
    /// Explain the commands, or one of them.
    Help {
        /// Which.
        about: Option<&'static Spec>,
    },
    /// Empty the screen.
    Clear,
    /// Close the tab.
    Close,
    /// Ask for a private session.
    Startprivate {
        /// Whom, as typed.
        user: String,
    },
    /// Say yes to the oldest request or file of a user.
    Accept {
        /// Whose, as typed.
        user: String,
    },
    /// Say no to it.
    Decline {
        /// Whose, as typed.
        user: String,
    },
    /// A text for a private session.
    Private {
        /// To whom, as typed.
        to: String,
        /// The text.
        text: String,
    },
    /// End a private session, or take the own request back.
    Stopprivate {
        /// With whom, as typed.
        user: String,
    },
    /// Send again what was not delivered.
    Resend {
        /// To whom, as typed.
        user: String,
    },
    /// The words were compared.
    Verify {
        /// With whom, as typed.
        user: String,
    },
    /// Offer a file.
    Send {
        /// To whom, as typed.
        user: String,
        /// Where it is, as typed.
        path: String,
    },
    /// Stop a transfer.
    Cancel {
        /// Its number.
        number: u16,
    },
    /// Log out and end.
    Logout,
    /// Show the chat in the other way.
    Show(Showing),
    /// What only a full screen does; the model never hears of it there.
    Screen(OnScreen),
}

/// A way to show the chat at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// As plain lines.
    Lines,
    /// On the full screen.
    Screen,
}

impl Showing {
    /// The command that leads there.
    pub fn verb(self) -> Verb {
        match self {
            Self::Lines => Verb::Plain,
            Self::Screen => Verb::Screen,
        }
    }
}

/// A command about the screen itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnScreen {
    /// Go to the tab of this number, counted from 1.
    Tab(u16),
    /// Go to the tab on the right.
    Next,
    /// Go to the next tab with something unread.
    Unread,
    /// Go to the direct conversation with a user, as typed.
    Go(String),
    /// Change the theme: to the one named, otherwise to the next one.
    Theme(Option<String>),
    /// Show or change what is worth a notification in the tab.
    Notify(Option<String>),
    /// Show or change settings, as typed.
    Set(String),
    /// Switch the mouse on or off.
    Mouse,
    /// Show or hide the sidebar.
    Sidebar,
    /// Copy the newest message.
    Copy,
    /// Search the tab for a text; without one, ask for it.
    Find(Option<String>),
    /// Mark the newest message, to do something with it.
    Mark,
    /// Go to the last message before that names the user.
    Mention,
    /// Move the tab to this place, counted from 1.
    Move(u16),
    /// Show the messages alone, to select them with the mouse.
    Bare,
    /// Connect now.
    Reconnect,
    /// Write in the own editor.
    Edit,
}

impl Command {
    /// Which command it is, and with it its row in the table.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Message { .. } => Verb::Message,
            Self::Broadcast { .. } => Verb::Broadcast,
            Self::Whoelse => Verb::Whoelse,
            Self::Whoelsesince { .. } => Verb::Whoelsesince,
            Self::Block { .. } => Verb::Block,
            Self::Unblock { .. } => Verb::Unblock,
            Self::Blocked => Verb::Blocked,
            Self::History { .. } => Verb::History,
            Self::Search { .. } => Verb::Search,
            Self::Queue => Verb::Queue,
            Self::Unsend { .. } => Verb::Unsend,
            Self::Away { .. } => Verb::Away,
            Self::Me { .. } => Verb::Me,
            Self::Whois { .. } => Verb::Whois,
            Self::Passwd => Verb::Passwd,
            Self::Help { .. } => Verb::Help,
            Self::Clear => Verb::Clear,
            Self::Close => Verb::Close,
            Self::Startprivate { .. } => Verb::Startprivate,
            Self::Accept { .. } => Verb::Accept,
            Self::Decline { .. } => Verb::Decline,
            Self::Private { .. } => Verb::Private,
            Self::Stopprivate { .. } => Verb::Stopprivate,
            Self::Resend { .. } => Verb::Resend,
            Self::Verify { .. } => Verb::Verify,
            Self::Send { .. } => Verb::Send,
            Self::Cancel { .. } => Verb::Cancel,
            Self::Logout => Verb::Logout,
            Self::Show(to) => to.verb(),
            Self::Screen(screen) => screen.verb(),
        }
    }
}

impl OnScreen {
    fn verb(&self) -> Verb {
        match self {
            Self::Tab(_) => Verb::Tab,
            Self::Next => Verb::Next,
            Self::Unread => Verb::Unread,
            Self::Go(_) => Verb::Go,
            Self::Theme(_) => Verb::Theme,
            Self::Notify(_) => Verb::Notify,
            Self::Set(_) => Verb::Set,
            Self::Mouse => Verb::Mouse,
            Self::Sidebar => Verb::Sidebar,
            Self::Copy => Verb::Copy,
            Self::Find(_) => Verb::Find,
            Self::Mark => Verb::Mark,
            Self::Mention => Verb::Mention,
            Self::Move(_) => Verb::Move,
            Self::Bare => Verb::Bare,
            Self::Reconnect => Verb::Reconnect,
            Self::Edit => Verb::Edit,
        }
    }
}
