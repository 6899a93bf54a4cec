//! What the full screen remembers beside the model: where each tab is scrolled, what is being typed, what lies on top.
//!
//! The model knows the chat; this knows the looking at it. Nothing here is drawn (that is `view`) and nothing decides
//! what keys mean (that is `control`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::id::{Seq, UnixMs};
use shared::name::Name;

use crate::app::model::{Model, PeerRequest, Transfer, TransferState};
use crate::app::moment::Mono;
use crate::app::place::Place;
use crate::app::transcript::LineId;
use crate::config::Values;

use super::canvas::Drawing;
use super::cluster::Classes;
use super::composer::Composer;
use super::keymap::Keymap;
use super::preferences::{Level, Preferences};
use super::theme::{Shade, Theme, ThemeChoice, Themes};

/// Everything the full screen remembers.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct State {
    /// What is drawn with.
    pub look: Look,
    /// Which screen lies under the overlay.
    pub screen: Screen,
    /// Why the session is over, while the chat stays readable: a sentence. A line under the messages shows it and says
    /// that Enter brings the login back.
    pub ended: Option<String>,
    /// One for each conversation that was looked at.
    pub tabs: BTreeMap<Place, Tab>,
    /// The login's fields.
    pub form: Form,
    /// What lies over everything and takes the keys.
    pub overlay: Option<Overlay>,
    /// The list over the input while something can be completed.
    pub completion: Option<Completion>,
    /// What Enter will do, in the border of the input. Control fills it after every key and every message.
    pub hint: Hint,
    /// The sentence over the input, until its time is over.
    pub toast: Option<Toast>,
    /// Whether the first of two keys was pressed just now.
    pub prefix: bool,
    /// What the next Enter or Ctrl-C confirms.
    pub armed: Option<Armed>,
    /// Whether the sidebar is wanted: `None` where the width decides.
    pub sidebar: Option<bool>,
    /// Whether the mouse is caught.
    pub mouse: bool,
    /// Whether the terminal has the focus, as far as it says.
    pub focused: bool,
    /// The last measured delay to the server.
    pub delay: Option<Duration>,
    /// What the terminal itself is, for the themes that follow it.
    pub terminal_shade: Shade,
    /// Which emoji the terminal counts as we do, once it has said so.
    pub measured: Option<Classes>,
    /// The user's own themes.
    pub themes: Themes,
    /// Whose drafts and tabs these are.
    pub whose: Option<Name>,
    /// The settings in force, as texts.
    pub values: Values,
    /// Those of them that the screen follows.
    pub preferences: Preferences,
    /// Which key does what.
    pub keys: Keymap,
    /// Settings that were changed since the start.
    pub changed: BTreeSet<&'static str>,
    /// Where one was before the key for unread tabs led away.
    pub came_from: Option<Place>,
    /// How it was when the user came to the tab in front, until something is done there.
    pub arrival: Option<Arrival>,
    /// The tab that was only passed through, and the newest line that was read there: until another one is in front.
    pub passed: Option<(Place, Option<LineId>)>,
    /// A message that is looked for in the tab in front, page by page.
    pub seek: Option<Seek>,
    /// Whether the messages stand alone, without anything beside them.
    pub bare: bool,
}

impl State {
    /// What is remembered at the start: the login, and nothing typed yet.
    pub fn new(look: Look, asks_server: bool) -> Self {
        Self {
            terminal_shade: look.theme.shade,
            look,
            screen: Screen::Login,
            ended: None,
            tabs: BTreeMap::new(),
            form: Form::new(asks_server),
            overlay: None,
            completion: None,
            hint: Hint::default(),
            toast: None,
            prefix: false,
            armed: None,
            sidebar: None,
            mouse: false,
            focused: true,
            delay: None,
            measured: None,
            themes: Themes::new(),
            whose: None,
            values: Values::default(),
            preferences: Preferences::default(),
            keys: Keymap::default(),
            changed: BTreeSet::new(),
            came_from: None,
            arrival: None,
            passed: None,
            seek: None,
            bare: false,
        }
    }
}

/// How a tab was when the user came to it. Whoever only passes through has read nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: Mono,
    /// Its unread lines.
    pub unread: usize,
    /// The newest line that was read.
    pub read_to: Option<LineId>,
}

/// The way to a message that may not be loaded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seek {
    /// Its conversation.
    pub place: Place,
    /// Its place there.
    pub seq: Seq,
    /// The oldest message here when the way began.
    pub from: Option<Seq>,
}

/// A text that is searched for in a tab.
#[derive(Debug)]
pub struct Find {
    /// The text.
    pub query: Composer,
    /// Whether it still is being typed. Afterwards letters are keys.
    pub is_typed: bool,
    /// The lines that have it, oldest first.
    pub found: Vec<LineId>,
    /// Which of them the view stands at.
    pub at: Option<usize>,
    /// Where the view stood before.
    pub before: Anchor,
}

/// What another user asks and waits for. What is answered by `accept` and `decline` is what stands here first.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// A private session.
    Session(&'a PeerRequest),
    /// To send a file.
    File(&'a Transfer),
}

impl<'a> Asked<'a> {
    /// What has waited longest, sessions first.
    pub fn first(model: &'a Model) -> Option<Self> {
        let session = model.peers.requests.first().map(Self::Session);
        session.or_else(|| offers(model).next().map(Self::File))
    }

    /// How much waits.
    pub fn count(model: &Model) -> usize {
        model.peers.requests.len() + offers(model).count()
    }

    /// Who asks.
    pub fn user(self) -> &'a Name {
        match self {
            Self::Session(request) => &request.from,
            Self::File(transfer) => &transfer.user,
        }
    }
}

fn offers(model: &Model) -> impl Iterator<Item = &Transfer> {
    let all = model.peers.transfers.iter();
    all.filter(|transfer| !transfer.sending && transfer.state == TransferState::Offered)
}

/// One of the two screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The login. `Esc` leads nowhere from here.
    Login,
    /// The tabs.
    Chat,
}

/// What Enter will do with what is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// A few words: `to everyone in the lobby`, `to yoda, through the server`, `command: block vader`, or what is
    /// wrong. Empty where Enter does nothing.
    pub text: String,
    /// What it looks like.
    pub kind: HintKind,
}

/// What Enter will do, roughly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HintKind {
    /// It speaks to a room.
    #[default]
    Say,
    /// It writes to one user.
    Direct,
    /// It runs a command.
    Command,
    /// It sends nothing.
    Error,
}

/// What is drawn with.
#[derive(Debug)]
pub struct Look {
    /// As it was chosen.
    pub choice: ThemeChoice,
    /// What came of the choice on this terminal.
    pub theme: Theme,
    /// Glyphs and emoji.
    pub drawing: Drawing,
    /// Local time.
    pub zone: jiff::tz::TimeZone,
}

/// How a conversation is looked at.
#[derive(Debug)]
pub struct Tab {
    /// What is being typed there.
    pub composer: Composer,
    /// Where the view stands.
    pub anchor: Anchor,
    /// The first line that was not seen when the tab was left: the unread line stands before it until the tab is left
    /// again or something is sent there.
    pub unread_from: Option<LineId>,
    /// The newest line that was there when the user came to the unread line: what comes while one looks is not new.
    pub unread_to: Option<LineId>,
    /// The newest line that was there when the view was scrolled up: what is newer is counted as "12 new".
    pub seen_to: Option<LineId>,
    /// The newest line that was there while the tab was looked at: what came after it is unread.
    pub read_to: Option<LineId>,
    /// The line that something is done with.
    pub marked: Option<LineId>,
    /// What is searched for.
    pub find: Option<Find>,
    /// Lines of the program's own between the messages, oldest first.
    pub notes: Vec<Note>,
    /// Whether older lines were asked for and have not come.
    pub loading: bool,
    /// Whether the server has no older lines.
    pub complete: bool,
    /// What is worth a notification here; `None` for what the setting says.
    pub notify: Option<Level>,
}

impl Default for Tab {
    fn default() -> Self {
        Self {
            composer: Composer::new(),
            anchor: Anchor::Bottom,
            unread_from: None,
            unread_to: None,
            seen_to: None,
            read_to: None,
            marked: None,
            find: None,
            notes: Vec::new(),
            loading: false,
            complete: false,
            notify: None,
        }
    }
}

/// A line of the program's own: who came and went, what the server announced, what a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The message it stands behind; `None` for the top of the transcript.
    pub after: Option<LineId>,
    /// When it happened.
    pub at: UnixMs,
    /// What it is about.
    pub kind: NoteKind,
    /// A harmless sentence, without a full stop where it is only a few words.
    pub text: String,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Somebody came online.
    Joined,
    /// Somebody went offline.
    Left,
    /// Something to know.
    Info,
    /// Something went wrong.
    Error,
}

/// Which line stands at the top of the pane, or that the newest stands at its bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The newest line is at the bottom.
    Bottom,
    /// The row that holds this byte of this line is at the top. Resizing does not change it; only scrolling does.
    At {
        /// The line.
        line: LineId,
        /// The first byte of the row in its text.
        byte: usize,
    },
}

/// The login's fields and what was answered.
#[derive(Debug)]
pub struct Form {
    /// Sign in, or make an account.
    pub mode: Mode,
    /// Which field has the cursor.
    pub focus: Field,
    /// `host:port` or an invite.
    pub server: Composer,
    /// The account's name.
    pub name: Composer,
    /// Its password.
    pub password: Composer,
    /// The same again, for a new account.
    pub again: Composer,
    /// Servers where somebody has logged in, with the account used there last.
    pub visited: Vec<(String, String)>,
    /// Whether the address may be changed here: not when it came with the command line.
    pub asks_server: bool,
    /// Whether passwords are shown as typed.
    pub reveal: bool,
    /// What the server or the form says of the last try.
    pub message: Option<FormMessage>,
    /// Whether an answer is awaited.
    pub busy: bool,
}

impl Form {
    /// Empty fields. The cursor stands in the first one that is shown.
    pub fn new(asks_server: bool) -> Self {
        Self {
            mode: Mode::SignIn,
            focus: if asks_server { Field::Server } else { Field::Name },
            server: Composer::one_line(),
            name: Composer::one_line(),
            password: Composer::one_line(),
            again: Composer::one_line(),
            visited: Vec::new(),
            asks_server,
            reveal: false,
            message: None,
            busy: false,
        }
    }
}

/// What the login's card is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Sign in.
    SignIn,
    /// Make an account.
    Register,
}

/// A field of the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The address.
    Server,
    /// The name.
    Name,
    /// The password.
    Password,
    /// The password again.
    Again,
}

/// What is said about the last try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormMessage {
    /// Something went wrong: a sentence.
    Error(String),
    /// Something to know: a sentence.
    Note(String),
    /// The account is locked until then: shown as a countdown.
    Locked {
        /// When it ends.
        until: Mono,
    },
}

/// What lies over everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys and commands; scrolled down by so many rows.
    Help {
        /// Rows above the top.
        scroll: usize,
    },
    /// Whether to leave.
    Quit,
    /// Whether to take in a long paste.
    Paste {
        /// The text.
        text: String,
        /// Its lines.
        lines: usize,
    },
    /// The answer to a list command: a title and its rows.
    List {
        /// What it is.
        title: String,
        /// Its rows.
        rows: Vec<String>,
        /// Rows above the top.
        scroll: usize,
    },
    /// One of several is chosen: where to go, or a line to send again.
    Pick {
        /// What it is for.
        title: &'static str,
        /// What was typed to find it.
        query: String,
        /// What fits that.
        choices: Vec<Choice>,
        /// Which one is marked.
        marked: usize,
    },
    /// The server has another key than the one remembered, and nothing was sent to it.
    KeyChanged {
        /// `host:port` as typed.
        address: String,
        /// The fingerprint that was expected.
        expected: String,
        /// The fingerprint that was found.
        found: String,
    },
    /// A secret is asked for: the own password, to change it.
    Secret {
        /// The sentence over the field. The field itself is [`Form::password`].
        prompt: String,
    },
    /// No server answers: whether to host one here.
    OfferHost,
}

/// Something that can be completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The title of the list.
    pub title: &'static str,
    /// The choices.
    pub choices: Vec<Choice>,
    /// Which one is marked.
    pub marked: usize,
    /// The bytes of the input that a choice replaces.
    pub replaces: std::ops::Range<usize>,
}

/// One way to complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What takes the place of what was typed.
    pub text: String,
    /// What it needs, such as `@user text`.
    pub arguments: String,
    /// What it does.
    pub help: String,
}

/// A sentence that goes away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Whether something went wrong.
    pub is_error: bool,
    /// Until when.
    pub until: Mono,
}

/// What a second key confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Armed {
    /// Enter sends this text although it looks like a command that went wrong.
    Send {
        /// The text it was armed for; another one is judged anew.
        text: String,
    },
    /// Ctrl-C leaves.
    Quit {
        /// Until when.
        until: Mono,
    },
}
