//! A server without sockets, clock and disk: inputs in, what each session would read out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use server::chat::{
    Chat, Effect, Fresh, Input, LogEvent, Moment, Mono, Place, Request, Rules, SessionId, Subject, Verdict,
};
use server::record::{KeepError, Origin, Phc, Ticket, Write};
use server::store::memory::MemoryStore;
use server::store::sqlite::SqliteStore;
use server::store::{Answer, Job, Store};
use shared::caps::Caps;
use shared::id::{ClientId, DeviceTicket, RequestId, ResumeTicket, Seq, UnixMs};
use shared::message::{Kind, Reason, ServerMessage};
use shared::name::Name;
use tempfile::TempDir;
use tokio::sync::mpsc;

pub const START: u64 = 1_795_000_000_000;

/// The rules as the server has them by default, with a lock of 60 s.
pub fn default_rules() -> Rules {
    Rules { lock_for: Duration::from_secs(60), timeout: None, registration: true, limits: true }
}

pub struct World {
    pub chat: Chat,
    rules: Rules,
    store: Box<dyn Store>,
    answers: mpsc::Receiver<Vec<Answer>>,
    /// Where the store keeps everything, if that is a disk.
    folder: Option<TempDir>,
    pub now: Moment,
    wake: Option<Mono>,
    next_session: u64,
    next_request: u64,
    next_message: u128,
    /// What each session has been sent and the test has not looked at.
    inbox: BTreeMap<SessionId, VecDeque<ServerMessage>>,
    pub closed: BTreeSet<SessionId>,
    pub log: Vec<LogEvent>,
    /// Sessions whose queue takes no messages of the log.
    pub full: BTreeSet<SessionId>,
    /// Sessions that have something to write.
    pub busy: BTreeSet<SessionId>,
    /// What the clients that connect from now on can do.
    pub caps: Caps,
    /// Answers of the store are kept back while this is set.
    pub hold: bool,
    held: VecDeque<Answer>,
    /// Writes wait while this is set; who reads meanwhile sees nothing of them.
    pub slow: bool,
    unwritten: VecDeque<Job>,
    /// Writes fail with this while it is set.
    pub broken: Option<KeepError>,
    /// Every effect so far, printed, for comparing runs.
    pub trace: Vec<String>,
    pub checks: Vec<Ticket>,
    pub hold_checks: bool,
    held_checks: VecDeque<(Ticket, Subject, SecretString)>,
    /// Sessions whose clients answer when they are asked for a sign of life.
    pub living: BTreeSet<SessionId>,
}

fn open(folder: &TempDir) -> (Box<dyn Store>, mpsc::Receiver<Vec<Answer>>) {
    let (sender, answers) = mpsc::channel(1024);
    (Box::new(SqliteStore::open(folder.path(), sender).unwrap()), answers)
}

impl World {
    pub fn new() -> Self {
        Self::with(default_rules(), &["hans", "yoda", "vader"])
    }

    /// A server with these accounts; each password is the name and `-secret`.
    pub fn with(rules: Rules, names: &[&str]) -> Self {
        let (sender, answers) = mpsc::channel(1024);
        Self::on(None, (Box::new(MemoryStore::new(sender)), answers), rules, names)
    }

    /// The same, with a database on the disk.
    pub fn on_disk(rules: Rules, names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        Self::on(Some(folder), store, rules, names)
    }

    fn on(
        folder: Option<TempDir>,
        (store, mut answers): (Box<dyn Store>, mpsc::Receiver<Vec<Answer>>),
        rules: Rules,
        names: &[&str],
    ) -> Self {
        for (n, name) in names.iter().enumerate() {
            let write = Write::AddAccount {
                name: Name::plain(name).unwrap(),
                skeleton: None,
                password: Some(Phc(format!("{name}-secret"))),
                origin: Origin::File,
                at: UnixMs(START),
            };
            store.submit(Job::Write(Ticket(n as u64), write)).unwrap();
            answers.blocking_recv().unwrap();
        }
        let now = Moment { mono: Mono(1_000), wall: UnixMs(START) };
        let chat = Chat::new(rules.clone(), store.snapshot().unwrap(), now);
        Self {
            chat,
            rules,
            store,
            answers,
            folder,
            now,
            wake: None,
            next_session: 0,
            next_request: 0,
            next_message: 0,
            inbox: BTreeMap::new(),
            closed: BTreeSet::new(),
            log: Vec::new(),
            full: BTreeSet::new(),
            busy: BTreeSet::new(),
            caps: Caps::default(),
            hold: false,
            held: VecDeque::new(),
            slow: false,
            unwritten: VecDeque::new(),
            broken: None,
            trace: Vec::new(),
            checks: Vec::new(),
            hold_checks: false,
            held_checks: VecDeque::new(),
            living: BTreeSet::new(),
        }
    }

    /// The server dies without a word and starts again, `after` later, with what was durable.
    pub fn restart(&mut self, after: Duration) {
        self.now.wall = self.now.wall.after(after);
        self.now.mono = Mono(77);
        self.wake = None;
        self.held.clear();
        self.unwritten.clear();
        self.inbox.clear();
        if let Some(folder) = &self.folder {
            // The folder belongs to one store at a time. Every answer was read, so its end keeps nothing more.
            self.store.close().unwrap();
            self.store = Box::new(MemoryStore::new(mpsc::channel(1).0));
            (self.store, self.answers) = open(folder);
        }
        self.chat = Chat::new(self.rules.clone(), self.store.snapshot().unwrap(), self.now);
    }

    /// Time passes; timers fire on the way.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now.mono.after(span);
        while let Some(wake) = self.wake.filter(|wake| *wake <= end) {
            self.set_clock(wake.max(self.now.mono));
            self.wake = None;
            self.input(Input::Woke);
        }
        self.set_clock(end);
    }

    fn set_clock(&mut self, mono: Mono) {
        self.now.wall = self.now.wall.after(mono.since(self.now.mono));
        self.now.mono = mono;
    }

    pub fn connect(&mut self) -> SessionId {
        self.connect_from([127, 0, 0, 1])
    }

    pub fn connect_from(&mut self, address: [u8; 4]) -> SessionId {
        self.next_session += 1;
        let session = SessionId(self.next_session);
        let fresh = Fresh { resume: resume_ticket(session), device: device_ticket(session) };
        self.input(Input::SessionOpened {
            session,
            address: SocketAddr::from((address, 5000)),
            fresh,
            caps: self.caps,
        });
        session
    }

    /// Connects and logs in; the greeting is read.
    pub fn login(&mut self, name: &str) -> SessionId {
        let session = self.connect();
        self.try_login(session, name, &format!("{name}-secret"));
        self.pass(Duration::from_millis(100));
        let greeting = self.read(session);
        assert!(matches!(greeting.first(), Some(ServerMessage::LoggedIn { .. })), "{name}: {greeting:?}");
        session
    }

    pub fn try_login(&mut self, session: SessionId, name: &str, password: &str) {
        let (id, name) = (self.id(), Name::plain(name).unwrap());
        self.ask(session, Request::Login { id, name, password: password.into(), device: None, remember: false });
    }

    /// Tries to log in with a device ticket, and wants one.
    pub fn try_login_with(&mut self, session: SessionId, name: &str, password: &str, device: Option<DeviceTicket>) {
        let (id, name) = (self.id(), Name::plain(name).unwrap());
        self.ask(session, Request::Login { id, name, password: password.into(), device, remember: true });
    }

    /// Connects and comes back to the session that `old` was given the ticket of, with the lobby up to `lobby`.
    pub fn resume(&mut self, old: SessionId, lobby: Option<u64>) -> SessionId {
        let session = self.connect();
        let id = self.id();
        self.ask(session, Request::Resume { id, ticket: resume_ticket(old), lobby: lobby.map(Seq) });
        session
    }

    pub fn register(&mut self, session: SessionId, name: &str, password: &str) {
        let (id, name) = (self.id(), Name::plain(name).unwrap());
        self.ask(session, Request::Register { id, name, skeleton: None, password: password.into(), remember: false });
    }

    pub fn id(&mut self) -> RequestId {
        self.next_request += 1;
        RequestId(self.next_request)
    }

    pub fn client_id(&mut self) -> ClientId {
        self.next_message += 1;
        ClientId(self.next_message.to_be_bytes())
    }

    pub fn message(&mut self, from: SessionId, to: &str, text: &str) {
        let (id, client_id) = (self.id(), self.client_id());
        let to = Name::plain(to).unwrap();
        self.ask(from, Request::Message { id, client_id, to, text: text.to_owned(), kind: Kind::TEXT });
    }

    pub fn broadcast(&mut self, from: SessionId, text: &str) {
        let (id, client_id) = (self.id(), self.client_id());
        self.ask(from, Request::Broadcast { id, client_id, text: text.to_owned(), kind: Kind::TEXT });
    }

    pub fn block(&mut self, from: SessionId, whom: &str) {
        let (id, name) = (self.id(), Name::plain(whom).unwrap());
        self.ask(from, Request::Block { id, name });
    }

    pub fn unblock(&mut self, from: SessionId, whom: &str) {
        let (id, name) = (self.id(), Name::plain(whom).unwrap());
        self.ask(from, Request::Unblock { id, name });
    }

    pub fn ack(&mut self, from: SessionId, with: &str, seq: u64) {
        let place = Place::With(Name::plain(with).unwrap());
        self.ask(from, Request::Ack { place, seq: Seq(seq) });
    }

    pub fn logout(&mut self, session: SessionId) {
        let id = self.id();
        self.ask(session, Request::Logout { id });
        self.pass(Duration::from_millis(100));
    }

    /// The connection is lost, and the client does not come back.
    pub fn drop_connection(&mut self, session: SessionId) {
        self.lose_connection(session);
        self.pass(Duration::from_millis(10_100));
    }

    /// The connection is lost just now.
    pub fn lose_connection(&mut self, session: SessionId) {
        self.input(Input::SessionClosed { session, reason: Reason::CONNECTION_LOST });
    }

    pub fn history(&mut self, from: SessionId, place: Place) {
        let id = self.id();
        self.ask(from, Request::History { id, place, before: None, limit: 200 });
    }

    /// Names of the answer to `whoelse`.
    pub fn who(&mut self, session: SessionId) -> Vec<String> {
        let id = self.id();
        self.ask(session, Request::Who { id });
        names(&self.read(session))
    }

    /// Names of the answer to `whoelsesince`.
    pub fn who_since(&mut self, session: SessionId, span: Duration) -> Vec<String> {
        let id = self.id();
        self.ask(session, Request::WhoSince { id, span });
        names(&self.read(session))
    }

    pub fn ask(&mut self, session: SessionId, request: Request) {
        self.input(Input::Asked { session, request });
    }

    /// What the session was sent since the test last looked.
    pub fn read(&mut self, session: SessionId) -> Vec<ServerMessage> {
        self.inbox.remove(&session).map(Vec::from).unwrap_or_default()
    }

    /// The texts among what the session was sent since the test last looked.
    pub fn texts(&mut self, session: SessionId) -> Vec<String> {
        self.read(session).into_iter().filter_map(|message| text_of(&message)).collect()
    }

    /// The last thing the session was sent; the rest is read too.
    pub fn last(&mut self, session: SessionId) -> ServerMessage {
        self.read(session).pop().expect("the session was sent something")
    }

    /// The code of the refusal that came last.
    pub fn refusal(&mut self, session: SessionId) -> String {
        match self.last(session) {
            ServerMessage::Error(refusal) => refusal.code.as_str().to_owned(),
            other => panic!("not a refusal: {other:?}"),
        }
    }

    /// The outcome of the text that was sent last.
    pub fn outcome(&mut self, session: SessionId) -> String {
        match self.last(session) {
            ServerMessage::Sent { outcome, .. } => outcome.as_str().to_owned(),
            other => panic!("not sent: {other:?}"),
        }
    }

    /// Feeds an input and everything that follows at once from it.
    pub fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let effects = self.chat.handle(input, self.now);
            let mut first = VecDeque::new();
            for effect in effects {
                self.trace.push(format!("{effect:?}"));
                self.perform(effect, &mut first, &mut inputs);
            }
            // What was not delivered is known before anything else happens.
            while let Some(input) = first.pop_back() {
                inputs.push_front(input);
            }
        }
    }

    fn perform(&mut self, effect: Effect, first: &mut VecDeque<Input>, later: &mut VecDeque<Input>) {
        match effect {
            Effect::Send { to, message } => to.iter().for_each(|session| self.receive(*session, &message)),
            Effect::Deliver { to, conversation, seq, message } => {
                for session in to {
                    if self.full.contains(&session) {
                        first.push_back(Input::Undelivered { session, conversation: conversation.clone(), seq });
                    } else {
                        self.receive(session, &message);
                    }
                }
            }
            Effect::SendIfIdle { to, message } => {
                let idle = to.iter().filter(|session| !self.full.contains(session) && !self.busy.contains(session));
                idle.for_each(|session| self.inbox.entry(*session).or_default().push_back(message.clone()));
            }
            Effect::Close { session } => {
                self.closed.insert(session);
            }
            Effect::Probe { session } => {
                if self.living.contains(&session) {
                    later.push_back(Input::SessionHeard { session });
                }
            }
            Effect::CheckPassword { ticket, subject, password } => {
                self.checks.push(ticket);
                if self.hold_checks {
                    self.held_checks.push_back((ticket, subject, password));
                } else {
                    later.push_back(self.check(ticket, &subject, &password));
                }
            }
            Effect::HashPassword { ticket, password } => {
                let hash = Some(Phc(password.expose_secret().to_owned()));
                later.push_back(Input::PasswordHashed { ticket, hash });
            }
            Effect::Write { ticket, write } => self.keep(Job::Write(ticket, write), later),
            Effect::Read { ticket, read } => self.keep(Job::Read(ticket, read), later),
            Effect::WakeAt(at) => self.wake = Some(at),
            Effect::Log(event) => self.log.push(event),
        }
    }

    fn check(&self, ticket: Ticket, subject: &Subject, password: &SecretString) -> Input {
        let right = match subject {
            Subject::Account(account, _) => self.store.password(*account).unwrap(),
            Subject::Nobody => None,
        };
        let verdict = if right.is_some_and(|right| right.0 == password.expose_secret()) {
            Verdict::Right { store: None, sample: password.expose_secret().starts_with("sample") }
        } else {
            Verdict::Wrong
        };
        Input::PasswordChecked { ticket, verdict }
    }

    fn keep(&mut self, job: Job, later: &mut VecDeque<Input>) {
        if self.slow && matches!(job, Job::Write(..)) {
            return self.unwritten.push_back(job);
        }
        let answers = if let (Some(error), Job::Write(ticket, _)) = (self.broken, &job) {
            vec![Answer { ticket: *ticket, result: Err(error) }]
        } else {
            self.store.submit(job).expect("the queue of the store has room");
            self.answers.blocking_recv().expect("the store answers")
        };
        for answer in answers {
            if self.hold {
                self.held.push_back(answer);
            } else {
                later.push_back(Input::Committed { ticket: answer.ticket, result: answer.result });
            }
        }
    }

    /// The disk does what it was slow with.
    pub fn catch_up(&mut self) {
        self.slow = false;
        let mut later = VecDeque::new();
        while let Some(job) = self.unwritten.pop_front() {
            self.keep(job, &mut later);
        }
        for input in later {
            self.input(input);
        }
    }

    /// The store answers what was held back.
    pub fn release(&mut self) {
        self.hold = false;
        while let Some(answer) = self.held.pop_front() {
            self.input(Input::Committed { ticket: answer.ticket, result: answer.result });
        }
    }

    /// The store answers what it was asked first of all that is held back, if there is anything.
    pub fn release_oldest(&mut self) {
        if let Some(answer) = self.held.pop_front() {
            self.input(Input::Committed { ticket: answer.ticket, result: answer.result });
        }
    }

    /// The store answers what it was asked last, before what it was asked earlier.
    pub fn release_newest(&mut self) {
        let answer = self.held.pop_back().expect("an answer is held back");
        self.input(Input::Committed { ticket: answer.ticket, result: answer.result });
    }

    /// The passwords held back are checked, one after the other.
    pub fn release_checks(&mut self) {
        self.hold_checks = false;
        while let Some((ticket, subject, password)) = self.held_checks.pop_front() {
            let input = self.check(ticket, &subject, &password);
            self.input(input);
        }
    }

    fn receive(&mut self, session: SessionId, message: &ServerMessage) {
        self.inbox.entry(session).or_default().push_back(message.clone());
    }
}

/// The resume ticket that a login on this connection is given.
pub fn resume_ticket(session: SessionId) -> ResumeTicket {
    ResumeTicket(ticket(session, 1))
}

/// The device ticket that a login on this connection is given.
pub fn device_ticket(session: SessionId) -> DeviceTicket {
    DeviceTicket(ticket(session, 2))
}

fn ticket(SessionId(session): SessionId, kind: u8) -> [u8; 32] {
    let mut bytes = [kind; 32];
    bytes[..8].copy_from_slice(&session.to_be_bytes());
    bytes
}

/// The names in the lists of users among these messages.
pub fn names(messages: &[ServerMessage]) -> Vec<String> {
    let users = messages.iter().filter_map(|message| match message {
        ServerMessage::Users { users, .. } => Some(users),
        _ => None,
    });
    users.flatten().map(|user| user.name.clone()).collect()
}

/// `from: text`, with `stored` in front where it waited.
pub fn text_of(message: &ServerMessage) -> Option<String> {
    match message {
        ServerMessage::Message(entry) => {
            let stored = if entry.stored { "stored " } else { "" };
            Some(format!("{stored}{} {}: {}", entry.conv, entry.from, entry.text))
        }
        _ => None,
    }
}

/// `+name` for everybody who came and `-name reason` for everybody who left, as announced.
pub fn announced(messages: &[ServerMessage]) -> Vec<String> {
    let mut lines = Vec::new();
    for message in messages {
        if let ServerMessage::Presence { here, gone } = message {
            let gone = gone.iter().filter(|absence| !absence.quiet);
            lines.extend(gone.map(|absence| format!("-{} {}", absence.name, absence.reason.as_str())));
            lines.extend(here.iter().filter(|user| !user.quiet).map(|user| format!("+{}", user.name)));
        }
    }
    lines
}
