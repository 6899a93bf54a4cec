//! What each command is, by one word: the rows of the table are found by it.

use super::table::{Spec, TABLE};

/// Which command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// `message`
    Message,
    /// `broadcast`
    Broadcast,
    /// `whoelse`
    Whoelse,
    /// `whoelsesince`
    Whoelsesince,
    /// `block`
    Block,
    /// `unblock`
    Unblock,
    /// `blocked`
    Blocked,
    /// `history`
    History,
    /// `search`
    Search,
    /// `queue`
    Queue,
    /// `unsend`
    Unsend,
    /// `away`
    Away,
    /// `me`
    Me,
    /// `whois`
    Whois,
    /// `passwd`
    Passwd,
    /// `help`
    Help,
    /// `clear`
    Clear,
    /// `close`
    Close,
    /// `startprivate`
    Startprivate,
    /// `accept`
    Accept,
    /// `decline`
    Decline,
    /// `private`
    Private,
    /// `stopprivate`
    Stopprivate,
    /// `resend`
    Resend,
    /// `verify`
    Verify,
    /// `send`
    Send,
    /// `cancel`
    Cancel,
    /// `logout`
    Logout,
    /// `tab`
    Tab,
    /// `next`
    Next,
    /// `unread`
    Unread,
    /// `go`
    Go,
    /// `theme`
    Theme,
    /// `notify`
    Notify,
    /// `set`
    Set,
    /// `mouse`
    Mouse,
    /// `sidebar`
    Sidebar,
    /// `copy`
    Copy,
    /// `find`
    Find,
    /// `mark`
    Mark,
    /// `mention`
    Mention,
    /// `move`
    Move,
    /// `bare`
    Bare,
    /// `reconnect`
    Reconnect,
    /// `edit`
    Edit,
    /// `plain`
    Plain,
    /// `screen`
    Screen,
}

impl Verb {
    /// The row of the table.
    pub fn spec(self) -> &'static Spec {
        TABLE.iter().find(|spec| spec.verb == self).expect("a test walks every verb and finds its row")
    }

    /// Whether it is about the screen itself, and means nothing where there is none.
    pub fn is_for_the_screen(self) -> bool {
        match self {
            Self::Tab
            | Self::Next
            | Self::Unread
            | Self::Go
            | Self::Theme
            | Self::Notify
            | Self::Set
            | Self::Mouse
            | Self::Sidebar
            | Self::Copy
            | Self::Find
            | Self::Mark
            | Self::Mention
            | Self::Move
            | Self::Bare
            | Self::Reconnect
            | Self::Edit
            | Self::Plain => true,
            Self::Message
            | Self::Broadcast
            | Self::Whoelse
            | Self::Whoelsesince
            | Self::Block
            | Self::Unblock
            | Self::Blocked
            | Self::History
            | Self::Search
            | Self::Queue
            | Self::Unsend
            | Self::Away
            | Self::Me
            | Self::Whois
            | Self::Passwd
            | Self::Help
            | Self::Clear
            | Self::Close
            | Self::Startprivate
            | Self::Accept
            | Self::Decline
            | Self::Private
            | Self::Stopprivate
            | Self::Resend
            | Self::Verify
            | Self::Send
            | Self::Cancel
            | Self::Logout
            | Self::Screen => false,
        }
    }

    /// The name it is answered under, whatever alias was typed.
    pub fn name(self) -> &'static str {
        self.spec().name
    }
}
