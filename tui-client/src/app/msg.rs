//! What the model is told: facts.

use secrecy::SecretString;
use shared::error::Code;
use shared::id::{ClientId, OfferId, Seq};
use shared::message::{ServerMessage, Welcome};

use super::command::{Command, CommandError};
use super::moment::Jitter;
use super::peer::{KnownKey, PeerEvent};
use super::place::Place;

/// Something that happened.
#[derive(Debug)]
pub enum Msg {
    /// The program has started and the face can show something.
    Started,
    /// A connection stands, and the first exchange is done.
    Connected {
        /// The server's side of the exchange.
        welcome: Welcome,
        /// How its key was judged.
        trust: Trust,
    },
    /// No connection came about.
    NotConnected {
        /// Why.
        fault: Fault,
        /// For the wait until the next attempt.
        jitter: Jitter,
    },
    /// The connection is gone.
    Lost {
        /// Why, as a fragment.
        why: String,
        /// For the wait until the next attempt.
        jitter: Jitter,
    },
    /// A server runs in this process, and connections go there from now on.
    Hosting {
        /// Where it is reached from here: `host:port`.
        server: String,
        /// What friends give their client as HOST.
        invite: String,
        /// The file with its log.
        log: String,
    },
    /// No server could be started in this process.
    NotHosted {
        /// Why, as a fragment.
        why: String,
    },
    /// This program has something to say about itself.
    Noted(String),
    /// The server says something.
    Server(ServerMessage),
    /// Something was heard of a private session.
    Peer {
        /// Which.
        offer: OfferId,
        /// What.
        event: PeerEvent,
    },
    /// The keys of other users that are remembered for this server.
    PeerKeys(Vec<(String, KnownKey)>),
    /// A line was typed or read where commands are read.
    Line {
        /// The line, without its end.
        text: String,
        /// For the message it may be.
        cid: ClientId,
    },
    /// A command came as an object or from a key.
    Command {
        /// Which.
        command: Command,
        /// For the message it may be.
        cid: ClientId,
    },
    /// A line could not become a command.
    Unreadable(Unreadable),
    /// A text was sent off in a tab.
    Texted {
        /// The conversation of the tab.
        place: Place,
        /// What.
        text: String,
        /// Whether it is something done rather than said.
        action: bool,
        /// For the message.
        cid: ClientId,
    },
    /// The login's form was filled in, by a face that has one. It takes the place of the questions.
    FormSent {
        /// The account.
        name: String,
        /// Its password.
        password: SecretString,
        /// Whether to make the account.
        register: bool,
    },
    /// Another server was named before the login. The text is `host:port`; the driver dials it from now on.
    ServerNamed(String),
    /// The user looks at a conversation now.
    TabShown(Place),
    /// The user had these conversations open at the end of the last run.
    TabsRestored(Vec<Place>),
    /// The user is done with a conversation.
    TabClosed(Place),
    /// The user wants an empty tab; what was said can be loaded again.
    TabCleared(Place),
    /// The user wants the tab of a conversation at this place among the tabs; the lobby is 0 and stays there.
    TabMoved(Place, usize),
    /// The user only passed through a conversation that had so many unread lines: they still are.
    TabPassed(Place, usize),
    /// The user has scrolled to the oldest line there is.
    OlderWanted(Place),
    /// The user wants to get to the message with this number, and has nothing that is older yet.
    ReachWanted(Place, Seq),
    /// The user has seen all hits of [`Model::search`](super::model::Model::search) and wants further ones.
    MoreFoundWanted,
    /// The user wants to see what stands around a message; it comes in [`Search::around`](super::model::Search::around).
    AroundWanted {
        /// Where it was said.
        place: Place,
        /// Its place there.
        seq: Seq,
    },
    /// The user does not want to wait for the next attempt.
    RetryWanted,
    /// The user wants to log in again after the session ended.
    LoginWanted,
    /// The question that was asked last is answered.
    Answered(SecretString),
    /// Keys are pressed that make no line yet.
    Typed,
    /// Keys are pressed, and what is typed is a text that Enter would send to this conversation.
    TextTyped(Place),
    /// From now on others are told that this user types and it is shown who does, or neither.
    TypingSet(bool),
    /// No more lines come.
    InputEnded,
    /// The program is asked to end, by a signal or a key.
    Interrupted,
    /// Nobody reads what is shown any more.
    OutputClosed,
    /// The moment named by [`update::deadline`](super::update::deadline) has come.
    Woke,
}

/// How the server's key was judged. Fingerprints are in the form people compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is the key seen before.
    Known,
    /// The first contact; the key is remembered from now on.
    FirstUse {
        /// Of the key.
        fingerprint: String,
    },
    /// It is the key that was asked for.
    Pinned,
    /// The connection is not encrypted.
    NoTls,
}

/// Why no connection came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens at the address. The text is a fragment that names it.
    NobodyListens(String),
    /// It may work later. The text is a fragment that names the address.
    Unreachable(String),
    /// It will not work later either. The text is a fragment.
    Hopeless(String),
    /// The server has another key than the one remembered or asked for.
    KeyChanged {
        /// `host:port` as typed.
        address: String,
        /// The fingerprint that was expected.
        expected: String,
        /// The fingerprint that was found.
        found: String,
    },
}

/// Why a line could not become a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The line is longer than any command can be, in bytes.
    TooLong {
        /// The most a line may have.
        most: usize,
    },
    /// The line is not UTF-8.
    NotUtf8,
    /// The object of the JSON face is not a command. The text is a fragment.
    NotACommand {
        /// The command it names, if any.
        command: Option<String>,
        /// What is wrong.
        why: String,
    },
    /// The object names a command with wrong arguments.
    Wrong(CommandError),
}

impl Unreadable {
    /// The code for programs.
    pub fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::TOO_LONG,
            Self::NotUtf8 => Code::BAD_TEXT,
            Self::NotACommand { .. } => Code::USAGE,
            Self::Wrong(error) => error.code(),
        }
    }
}
