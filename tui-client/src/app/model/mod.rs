//! Everything the client knows. Faces read it; only [`update`](super::update::update) changes it.

mod conversations;
mod peers;
mod question;
mod requests;
mod search;
mod session;
mod typing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use secrecy::SecretString;
use shared::id::{Seq, UnixMs};
use shared::limits::{TEXT_BYTES, TEXT_LINES};
use shared::name::Name;
use shared::text::SafeText;

pub use conversations::{Conversation, Conversations, Older};
pub use peers::{AcceptPeers, OpenPeer, PeerRequest, PeerSession, PeerState, Peers, Progress, Transfer, TransferState};
pub use question::Question;
pub(super) use requests::{Page, Purpose, Request, Requests, Searching, TextLine};
pub(super) use search::HITS_MOST;
pub use search::{Around, Hit, Search};
pub use session::{Activity, Changing, Link, Login, Session};
pub(super) use session::{Ending, Identity, Outage};
pub use typing::Typing;

use super::exit::Exit;
use super::moment::Mono;

/// What does not change while the program runs, unless a field says so.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// `host:port`, to show.
    pub server: String,
    /// Whether somebody sits in front of it: input is a terminal and no script is given. Then questions are asked
    /// again after a refusal, and refused commands do not count for the exit code.
    pub interactive: bool,
    /// The face is a screen with a form for the login: what goes wrong is shown there and tried again, lines are taken
    /// without a connection, and a session that has ended stays readable.
    pub on_screen: bool,
    /// Whether the face can be changed for the other one at a terminal, which changes `on_screen`.
    pub can_switch: bool,
    /// Make the account with the name and password that are given, without questions.
    pub register: bool,
    /// Announce who comes and goes, and list who is online after the login.
    pub presence: bool,
    /// How many of the last lobby lines to show after the login.
    pub history: u16,
    /// How many lines of each conversation are kept.
    pub scrollback: usize,
    /// How long to stay after the input has ended.
    pub linger: Linger,
    /// How long to try to get a lost connection back; `None` for ever.
    pub retry: Option<Duration>,
    /// What to do about a server that is not there.
    pub hosting: Hosting,
    /// Who may open a private session without a question.
    pub accept_peers: AcceptPeers,
    /// Tell others that this user types, and show who does.
    pub typing: bool,
}

/// What to do about a server that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosting {
    /// Nothing: this program has no server inside.
    Never,
    /// Name the option that starts one in this process.
    Named,
    /// Ask whether to start one in this process.
    Asked,
    /// Start one in this process without asking or looking.
    Now,
}

/// How long to stay after the input has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linger {
    /// For this long.
    For(Duration),
    /// Until the server or a signal ends it.
    Forever,
}

/// Somebody the sidebar knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Online since when.
    pub since: UnixMs,
    /// The away text; empty when there is none.
    pub away: SafeText,
}

/// An own message that nobody has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// For whom it waits.
    pub user: Name,
    /// The conversation, as on the wire.
    pub conv: String,
    /// Its place there.
    pub seq: Seq,
    /// When the server stored it.
    pub at: UnixMs,
    /// What.
    pub text: SafeText,
}

/// The longest text this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLimits {
    /// In bytes.
    pub bytes: usize,
    /// In lines.
    pub lines: usize,
}

/// The client's state.
#[derive(Debug)]
pub struct Model {
    /// What does not change.
    pub settings: Settings,
    /// How it stands with the connection.
    pub link: Link,
    /// How it stands with the login.
    pub login: Login,
    /// Who the user is; set by the first login and kept while the connection comes and goes.
    pub me: Option<Name>,
    /// Who is online, this user included. Fed by the server's broadcasts, never asked for.
    pub users: BTreeMap<Name, User>,
    /// Whom this user has blocked, as far as it is known here.
    pub blocked: BTreeSet<Name>,
    /// The tabs.
    pub conversations: Conversations,
    /// Private sessions, the requests for them, and files.
    pub peers: Peers,
    /// Who types.
    pub typing: Typing,
    /// The longest text this server takes.
    pub limits: TextLimits,
    /// The last search.
    pub search: Option<Search>,
    /// Own messages that nobody has received, as they were listed last.
    pub(super) queue: Vec<Queued>,
    /// The newest line of the lobby that has come, or after which lines come to this session.
    pub(super) lobby_heard: Option<Seq>,
    /// What friends give their client as HOST, while the server runs in this process.
    pub invite: Option<String>,
    pub(super) outage: Option<Outage>,
    pub(super) identity: Identity,
    pub(super) requests: Requests,
    pub(super) ending: Ending,
    /// Blocked users who were written to: it was said once that they cannot answer.
    pub(super) hinted: BTreeSet<Name>,
    /// Whether a command was refused.
    pub(super) refused_any: bool,
    /// Who was logged in before the login that is asked for now.
    pub(super) former: Option<Name>,
    /// What the exit code says if the user leaves now.
    pub(super) verdict: Option<Exit>,
}

impl Model {
    /// The state before anything has happened. A name or password that is given is not asked for; a password that is
    /// given is not asked for again when it is wrong.
    pub fn new(settings: Settings, name: Option<String>, password: Option<SecretString>) -> Self {
        Self {
            identity: Identity::new(name, password, &settings),
            conversations: Conversations::new(settings.scrollback),
            settings,
            link: Link::Down,
            login: Login::Waiting,
            me: None,
            users: BTreeMap::new(),
            blocked: BTreeSet::new(),
            peers: Peers::default(),
            typing: Typing::default(),
            limits: TextLimits { bytes: TEXT_BYTES, lines: TEXT_LINES },
            search: None,
            queue: Vec::new(),
            lobby_heard: None,
            invite: None,
            outage: None,
            requests: Requests::default(),
            ending: Ending::No,
            hinted: BTreeSet::new(),
            refused_any: false,
            former: None,
            verdict: None,
        }
    }

    /// The question that waits for an answer: the next line is that answer.
    pub fn question(&self) -> Option<Question> {
        match &self.login {
            Login::Asking(question) => Some(*question),
            Login::In(session) => session.changing.as_ref().map(|changing| changing.question),
            Login::Waiting | Login::Again(_) | Login::Over(_) => None,
        }
    }

    /// Whether the next line can be taken. Commands run one after the other: while one has no answer, or while there
    /// is no session to run it in, lines wait where they are.
    pub fn takes_a_line(&self) -> bool {
        if self.question().is_some() {
            return true;
        }
        if self.peers.is_awaited() {
            return false;
        }
        let ready = matches!(&self.login, Login::In(session) if session.ready) && self.link == Link::Up;
        // A private session goes on without the server: then lines are taken without it, too.
        let goes_on = self.link != Link::Up && self.peers.is_any_open();
        (ready && self.requests.is_quiet() || goes_on) && !self.ending.is_leaving()
    }

    /// Whether the logout was sent: the end is near.
    pub fn is_leaving(&self) -> bool {
        self.ending.is_leaving()
    }

    /// Whether a name and a password are on their way to become a session.
    pub fn is_signing_in(&self) -> bool {
        self.me.is_none() && self.identity.password.is_some() && matches!(self.login, Login::Waiting | Login::Again(_))
    }

    /// The account that is logged in, or would be.
    pub fn account(&self) -> Option<&str> {
        self.identity.name.as_deref()
    }

    /// When the warning of the inactivity begins and when the server ends the session, if nothing is done.
    pub fn idle(&self) -> Option<(Mono, Mono)> {
        match &self.login {
            Login::In(session) if self.can_send() => session.end(),
            _ => None,
        }
    }

    /// Whether requests are taken: with a session, or on a screen also while its connection is being got back.
    pub(super) fn takes_requests(&self) -> bool {
        match &self.login {
            Login::In(_) => true,
            Login::Waiting | Login::Again(_) => self.settings.on_screen && self.me.is_some(),
            Login::Asking(_) | Login::Over(_) => false,
        }
    }

    /// Whether a request can go out now.
    pub fn can_request(&self) -> bool {
        matches!(&self.login, Login::In(session) if session.ready) && self.link == Link::Up
    }

    /// Whether there is a session and a connection to speak to it.
    pub(super) fn can_send(&self) -> bool {
        matches!(self.login, Login::In(_)) && self.link == Link::Up
    }

    /// Whether to say now that a user on the own block list cannot answer: once for each.
    pub(super) fn is_hint_due(&mut self, user: &Name) -> bool {
        self.blocked.contains(user) && self.hinted.insert(user.clone())
    }

    /// Whether everything was answered and nobody wants to stay: no lost connection is worth getting back.
    pub(super) fn has_nothing_to_come_back_for(&self) -> bool {
        self.me.is_some() && self.requests.is_quiet() && self.settings.linger == Linger::For(Duration::ZERO)
    }
}
