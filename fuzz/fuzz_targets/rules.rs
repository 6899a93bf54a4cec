//! Whole conversations of several sessions with the rules, the store answering late or in time: nothing panics, nothing is
//! said to be sent before it is stored, and nobody gets what is not for them.
#![no_main]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use server::chat::{Chat, Effect, Fresh, Input, Moment, Mono, Rules, SessionId, Subject, Verdict};
use server::names::Policy;
use server::net::request::{self, Said};
use server::record::{Origin, Phc, Ticket, Write};
use server::store::memory::MemoryStore;
use server::store::{Answer, Job, Store};
use shared::id::{ClientId, DeviceTicket, OfferId, RequestId, ResumeTicket, Seq, UnixMs};
use shared::message::{ClientMessage, Entry, Kind, Reason, ServerMessage};
use shared::name::Name;
use tokio::sync::mpsc;

const NAMES: [&str; 4] = ["hans", "yoda", "vader", "leia"];
const SESSIONS: u64 = 8;

#[derive(Arbitrary, Debug)]
enum Step {
    Open,
    Close(u8, bool),
    /// Any bytes as the body of a frame.
    Bytes(u8, Vec<u8>),
    Login(u8, u8, bool, Option<u8>),
    Resume(u8, u8, Option<u8>),
    Register(u8, u8),
    Say(u8, Option<u8>, u8),
    Acknowledge(u8, u8, u8),
    Ask(u8, u8, u8),
    Block(u8, u8, bool),
    Private(u8, u8, u8, u8),
    Logout(u8),
    Heard(u8),
    Full(u8),
    Drained(u8),
    HoldTheStore(bool),
    Pass(u16),
    Stop,
}

struct World {
    chat: Chat,
    store: MemoryStore,
    answers: mpsc::Receiver<Vec<Answer>>,
    now: Moment,
    wake: Option<Mono>,
    opened: u64,
    requests: u64,
    users: BTreeMap<SessionId, String>,
    full: BTreeSet<SessionId>,
    holds: bool,
    held: VecDeque<Answer>,
}

fuzz_target!(|steps: Vec<Step>| {
    let mut world = World::new();
    for step in steps.into_iter().take(200) {
        world.step(step);
    }
    world.hold(false);
    world.pass(Duration::from_secs(700));
});

impl World {
    fn new() -> Self {
        let (sender, mut answers) = mpsc::channel(1024);
        let store = MemoryStore::new(sender);
        for name in NAMES {
            let write = Write::AddAccount {
                name: Name::plain(name).expect("a good name"),
                skeleton: None,
                password: Some(Phc("right".to_owned())),
                origin: Origin::File,
                at: UnixMs(1),
            };
            store.submit(Job::Write(Ticket(0), write)).expect("an empty queue");
            answers.try_recv().expect("the memory store answers at once");
        }
        let rules = Rules {
            lock_for: Duration::from_secs(60),
            timeout: Some(Duration::from_secs(300)),
            registration: true,
            limits: true,
        };
        let now = Moment { mono: Mono(1000), wall: UnixMs(1_795_182_000_000) };
        let chat = Chat::new(rules, store.snapshot().expect("memory"), now);
        Self {
            chat,
            store,
            answers,
            now,
            wake: None,
            opened: 0,
            requests: 0,
            users: BTreeMap::new(),
            full: BTreeSet::new(),
            holds: false,
            held: VecDeque::new(),
        }
    }

    fn session(&self, number: u8) -> SessionId {
        SessionId(u64::from(number) % self.opened.clamp(1, SESSIONS) + 1)
    }

    fn step(&mut self, step: Step) {
        let id = RequestId(self.requests);
        self.requests += 1;
        let name = |number: u8| NAMES[usize::from(number) % NAMES.len()].to_owned();
        match step {
            Step::Open if self.opened < SESSIONS => {
                self.opened += 1;
                let session = SessionId(self.opened);
                let byte = u8::try_from(self.opened).expect("few sessions");
                let fresh = Fresh { resume: ResumeTicket([byte; 32]), device: DeviceTicket([byte; 32]) };
                let address = SocketAddr::from(([10, 0, 0, byte], 5000));
                self.input(Input::SessionOpened { session, address, fresh });
            }
            Step::Open => {}
            Step::Close(session, slow) => {
                let reason = if slow { Reason::TOO_SLOW } else { Reason::CONNECTION_LOST };
                self.input(Input::SessionClosed { session: self.session(session), reason });
            }
            Step::Bytes(session, bytes) => {
                if let Ok(message) = request::decode(&bytes) {
                    self.say(session, message);
                }
            }
            Step::Login(session, user, right, device) => {
                let password = if right { "right" } else { "wrong" }.to_owned();
                let device = device.map(|byte| DeviceTicket([byte; 32]));
                self.say(session, ClientMessage::Login { id, name: name(user), password, device, remember: true });
            }
            Step::Resume(session, ticket, lobby) => {
                let (ticket, lobby) = (ResumeTicket([ticket; 32]), lobby.map(|seq| Seq(seq.into())));
                self.say(session, ClientMessage::Resume { id, ticket, lobby });
            }
            Step::Register(session, number) => {
                let (name, password) = (format!("new{number}"), "long enough".to_owned());
                self.say(session, ClientMessage::Register { id, name, password, remember: true });
            }
            Step::Say(session, to, text) => {
                let to = to.map_or("#lobby".to_owned(), |to| format!("@{}", name(to)));
                let cid = ClientId([text; 16]);
                let message = ClientMessage::Send { id, cid, to, text: format!("text {text}"), kind: Kind::TEXT };
                self.say(session, message);
            }
            Step::Acknowledge(session, user, seq) => {
                let conv = format!("@{}", name(user));
                self.say(session, ClientMessage::Ack { conv, seq: Seq(seq.into()) });
            }
            Step::Ask(session, what, user) => self.ask(session, what, name(user), id),
            Step::Block(session, user, blocked) => {
                let name = name(user);
                self.say(session, if blocked {
                    ClientMessage::Block { id, name }
                } else {
                    ClientMessage::Unblock { id, name }
                });
            }
            Step::Private(session, what, user, offer) => {
                let (offer, key) = (OfferId([offer; 16]), shared::id::DeviceKey([what; 32]));
                let addresses = vec![format!("10.0.0.{user}:5000")];
                self.say(session, match what % 3 {
                    0 => ClientMessage::PrivateAsk { id, offer, name: name(user), key, addresses },
                    1 => ClientMessage::PrivateAccept { id, offer, key, addresses },
                    _ => ClientMessage::PrivateDecline { id, offer },
                });
            }
            Step::Logout(session) => self.say(session, ClientMessage::Logout { id }),
            Step::Heard(session) => self.input(Input::SessionHeard { session: self.session(session) }),
            Step::Full(session) => {
                self.full.insert(self.session(session));
            }
            Step::Drained(session) => {
                let session = self.session(session);
                self.full.remove(&session);
                self.input(Input::SessionDrained { session });
            }
            Step::HoldTheStore(holds) => self.hold(holds),
            Step::Pass(ms) => self.pass(Duration::from_millis(u64::from(ms) * 10)),
            Step::Stop => self.input(Input::StopAsked),
        }
    }

    fn ask(&mut self, session: u8, what: u8, name: String, id: RequestId) {
        let conv = format!("@{name}");
        self.say(session, match what % 9 {
            0 => ClientMessage::Who { id },
            1 => ClientMessage::WhoSince { id, span_ms: u64::from(what) * 1000 },
            2 => ClientMessage::Blocked { id },
            3 => ClientMessage::History { id, conv, before: None, limit: 10 },
            4 => ClientMessage::Whois { id, name },
            5 => ClientMessage::Away { id, text: name },
            6 => ClientMessage::Queue { id },
            7 => ClientMessage::Unsend { id, conv, seq: Seq(u64::from(what / 9)) },
            _ => ClientMessage::Passwd { id, old: "right".to_owned(), new: "right again".to_owned() },
        });
    }

    fn say(&mut self, session: u8, message: ClientMessage) {
        if let Ok(Said::Request(request)) = request::check(message, Policy::Plain) {
            self.input(Input::Asked { session: self.session(session), request });
        }
    }

    fn hold(&mut self, holds: bool) {
        self.holds = holds;
        while !self.holds
            && let Some(Answer { ticket, result }) = self.held.pop_front()
        {
            self.input(Input::Committed { ticket, result });
        }
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now.mono.after(span);
        while let Some(wake) = self.wake.filter(|wake| *wake <= end) {
            self.now.wall = self.now.wall.after(wake.since(self.now.mono));
            self.now.mono = wake.max(self.now.mono);
            self.wake = None;
            self.input(Input::Woke);
        }
        self.now.wall = self.now.wall.after(end.since(self.now.mono));
        self.now.mono = end;
    }

    fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let is_commit = matches!(input, Input::Committed { .. });
            let effects = self.chat.handle(input, self.now);
            let mut missed = VecDeque::new();
            for effect in effects {
                self.perform(effect, is_commit, &mut missed, &mut inputs);
            }
            while let Some(input) = missed.pop_back() {
                inputs.push_front(input);
            }
        }
    }

    fn perform(
        &mut self,
        effect: Effect,
        is_commit: bool,
        missed: &mut VecDeque<Input>,
        later: &mut VecDeque<Input>,
    ) {
        match effect {
            Effect::Send { to, message } => {
                assert!(is_commit || !matches!(message, ServerMessage::Sent { .. }), "said to be sent before it is stored");
                for session in to {
                    self.receive(session, &message);
                }
            }
            Effect::Deliver { to, conversation, seq, message } => {
                assert!(is_commit, "delivered before it is stored");
                for session in to {
                    if self.full.contains(&session) {
                        missed.push_back(Input::Undelivered { session, conversation: conversation.clone(), seq });
                    } else {
                        self.receive(session, &message);
                    }
                }
            }
            Effect::CheckPassword { ticket, subject, password } => {
                let is_right = matches!(subject, Subject::Account(..)) && password.expose_secret().starts_with("right");
                let verdict =
                    if is_right { Verdict::Right { store: None, sample: false } } else { Verdict::Wrong };
                later.push_back(Input::PasswordChecked { ticket, verdict });
            }
            Effect::HashPassword { ticket, .. } => {
                later.push_back(Input::PasswordHashed { ticket, hash: Some(Phc("right".to_owned())) });
            }
            Effect::Write { ticket, write } => self.keep(Job::Write(ticket, write), later),
            Effect::Read { ticket, read } => self.keep(Job::Read(ticket, read), later),
            Effect::WakeAt(at) => self.wake = Some(at),
            Effect::Close { .. } | Effect::Probe { .. } | Effect::Log(_) => {}
        }
    }

    fn keep(&mut self, job: Job, later: &mut VecDeque<Input>) {
        self.store.submit(job).expect("the queue of the memory store has room");
        for answer in self.answers.try_recv().expect("the memory store answers at once") {
            if self.holds {
                self.held.push_back(answer);
            } else {
                later.push_back(Input::Committed { ticket: answer.ticket, result: answer.result });
            }
        }
    }

    /// A session gets something: it must be for its user.
    fn receive(&mut self, session: SessionId, message: &ServerMessage) {
        if let ServerMessage::LoggedIn { name, .. } = message {
            let others = self.users.iter().filter(|(other, user)| **other != session && *user == name);
            let others: Vec<SessionId> = others.map(|(other, _)| *other).collect();
            for other in others {
                self.users.remove(&other);
            }
            self.users.insert(session, name.clone());
        }
        if let ServerMessage::Message(Entry { conv, from, .. }) = message {
            let me = self.users.get(&session).expect("a message for somebody who is logged in");
            let is_for_me = conv == "#lobby" || conv.strip_prefix('@').is_some_and(|other| other == from || from == me);
            assert!(is_for_me, "{conv} {from} to {me}");
        }
    }
}
