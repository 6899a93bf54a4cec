//! The rules with a store in memory and no sockets: inputs in, everything that follows performed, or kept for later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use server::chat::{Chat, Effect, Fresh, Input, Moment, Mono, Rules, SessionId, Subject, Verdict};
use server::names::Policy;
use server::net::request::{self, Said};
use server::record::{AccountId, KeepError, Kept, Origin, Phc, Ticket, Write};
use server::store::memory::MemoryStore;
use server::store::{Answer, Job, Store};
use shared::caps::Caps;
use shared::id::{DeviceTicket, RequestId, ResumeTicket, UnixMs};
use shared::limits::PROBE_MS;
use shared::message::{ClientMessage, Reason};
use shared::name::Name;
use tokio::sync::mpsc;

use super::witness::{Witness, request_id};

/// The accounts there are at the start. The password of each is its name and `-secret`.
pub const NAMES: [&str; 4] = ["hans", "yoda", "vader", "leia"];

/// Effects of one input. A page of the log is a hundred of them.
const EFFECTS: usize = 2000;

/// Something that was asked for and is answered later.
enum Owed {
    Store(Answer),
    /// A write that the disk has not done: who reads meanwhile sees nothing of it, and a crash forgets it.
    Write(Ticket, Write),
    Check(Ticket, Subject, SecretString),
    Hash(Ticket, SecretString),
}

/// What an input came from.
#[derive(Clone, Copy, Default)]
struct Cause {
    session: Option<SessionId>,
    asked: Option<RequestId>,
    is_register: bool,
}

/// See the module.
pub struct World {
    chat: Chat,
    rules: Rules,
    store: MemoryStore,
    answers: mpsc::Receiver<Vec<Answer>>,
    now: Moment,
    wake: Option<Mono>,
    opened: u64,
    /// What was asked for and not answered.
    owed: VecDeque<Owed>,
    /// Writes without an answer.
    writing: BTreeSet<Ticket>,
    /// Whether writes and answers wait until they are asked for.
    pub is_late: bool,
    /// The store refuses what it should keep while this is set.
    pub broken: Option<KeepError>,
    full: BTreeSet<SessionId>,
    living: BTreeSet<SessionId>,
    registering: BTreeMap<Ticket, SessionId>,
    hashing: BTreeMap<Ticket, SessionId>,
    witness: Witness,
}

impl World {
    /// A server at its first start.
    pub fn new(rules: Rules) -> Self {
        let (sender, mut answers) = mpsc::channel(64);
        let store = MemoryStore::new(sender);
        let mut witness = Witness::default();
        for name in NAMES {
            let write = Write::AddAccount {
                name: Name::plain(name).expect("a good name"),
                skeleton: None,
                password: Some(Phc(format!("{name}-secret"))),
                origin: Origin::File,
                at: UnixMs(1),
            };
            store.submit(Job::Write(Ticket(0), write)).expect("an empty queue");
            let made = answers.try_recv().expect("the memory store answers at once");
            let Ok(Kept::Account(id)) = made[0].result else { panic!("{name}: {made:?}") };
            witness.account(name, id);
        }
        let now = Moment { mono: Mono(1000), wall: UnixMs(1_795_000_000_000) };
        let chat = Chat::new(rules.clone(), store.snapshot().expect("memory"), now);
        Self {
            chat,
            rules,
            store,
            answers,
            now,
            wake: None,
            opened: 0,
            owed: VecDeque::new(),
            writing: BTreeSet::new(),
            is_late: false,
            broken: None,
            full: BTreeSet::new(),
            living: BTreeSet::new(),
            registering: BTreeMap::new(),
            hashing: BTreeMap::new(),
            witness,
        }
    }

    /// One of the newest sessions.
    pub fn session(&self, number: usize) -> SessionId {
        let newest = self.opened.min(8).max(1);
        SessionId(self.opened.saturating_sub(number as u64 % newest).max(1))
    }

    /// A client connects, from this machine or another.
    pub fn open(&mut self, address: [u8; 4]) {
        self.opened += 1;
        let session = SessionId(self.opened);
        let fresh = Fresh { resume: resume_ticket(self.opened), device: device_ticket(self.opened) };
        let caps = Caps { typing: self.opened % 4 > 0 };
        self.witness.opened(session, caps);
        self.input(Input::SessionOpened { session, address: SocketAddr::from((address, 5000)), fresh, caps });
    }

    /// A connection ends, if it has not ended before.
    pub fn close(&mut self, session: SessionId, reason: Reason) {
        if self.witness.closed(session) {
            self.full.remove(&session);
            self.living.remove(&session);
            self.input(Input::SessionClosed { session, reason });
        }
    }

    /// A client says something, as its connection hears it.
    pub fn say(&mut self, session: SessionId, body: &[u8]) {
        if !self.witness.is_open(session) {
            return;
        }
        self.heard(session);
        let Ok(message) = request::decode(body) else { return };
        let Ok(Said::Request(request)) = request::check(message.clone(), Policy::Plain) else { return };
        self.witness.tells(self.now.mono);
        self.witness.asked(session, &message);
        let cause = Cause {
            session: Some(session),
            asked: request_id(&message),
            is_register: matches!(message, ClientMessage::Register { .. }),
        };
        self.feed(Input::Asked { session, request }, cause);
    }

    /// Anything at all comes from a client.
    pub fn heard(&mut self, session: SessionId) {
        if self.witness.is_open(session) {
            self.input(Input::SessionHeard { session });
        }
    }

    /// Whether a client answers when it is asked for a sign of life.
    pub fn lives(&mut self, session: SessionId, lives: bool) {
        if lives {
            self.living.insert(session)
        } else {
            self.living.remove(&session)
        };
    }

    /// The queue of a session has no room.
    pub fn fill(&mut self, session: SessionId) {
        self.full.insert(session);
    }

    /// It has room again.
    pub fn drain(&mut self, session: SessionId) {
        if self.full.remove(&session) && self.witness.is_open(session) {
            self.input(Input::SessionDrained { session });
        }
    }

    /// The server is asked to stop.
    pub fn stop(&mut self) {
        self.input(Input::StopAsked);
    }

    /// The server dies without a word and starts again with what was durable.
    pub fn restart(&mut self, after: Duration) {
        self.now.wall = self.now.wall.after(after);
        self.now.mono = Mono(77);
        self.wake = None;
        self.owed.clear();
        self.writing.clear();
        self.full.clear();
        self.living.clear();
        self.registering.clear();
        self.hashing.clear();
        self.witness.restarted();
        self.witness.not_kept();
        self.chat = Chat::new(self.rules.clone(), self.store.snapshot().expect("memory"), self.now);
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

    /// The next answers are given, so many.
    pub fn answer(&mut self, count: usize) {
        for _ in 0..count {
            let Some(owed) = self.owed.pop_front() else { break };
            self.pay(owed);
        }
    }

    /// How long a login may wait for the sessions before it: each of those who want one account for the one before.
    fn longest_wait(&self) -> Duration {
        Duration::from_millis(PROBE_MS * (self.opened + 1))
    }

    /// Everything ends: answers are given, connections close, time passes. Nothing is left behind.
    pub fn end(mut self) {
        self.broken = None;
        self.is_late = false;
        self.answer(usize::MAX);
        self.pass(self.longest_wait());
        self.witness.at_rest();
        for session in (1..=self.opened).map(SessionId) {
            self.close(session, Reason::CONNECTION_LOST);
        }
        self.pass(Duration::from_hours(1));
        let left = format!("{:?}", self.chat);
        for empty in [
            "sessions: {}",
            "pending: {}",
            "advancing: {}",
            "lines: {}",
            "probes: {}",
            "holds: {}",
            "ended_early: {}",
            "online: {}",
            "live: {}",
        ] {
            assert!(left.contains(empty), "not {empty} at the end: {left}");
        }
        self.store.close().expect("memory");
    }

    fn input(&mut self, input: Input) {
        self.witness.tells(self.now.mono);
        self.feed(input, Cause::default());
    }

    /// Feeds an input and everything that follows at once from it.
    fn feed(&mut self, input: Input, cause: Cause) {
        let effects = self.chat.handle(input, self.now);
        assert!(effects.len() <= EFFECTS, "{} effects", effects.len());
        let mut next = Vec::new();
        let (mut missed, mut owed) = (Vec::new(), Vec::new());
        for effect in effects {
            self.perform(effect, cause, &mut missed, &mut owed, &mut next);
        }
        self.witness.settled();
        // What was not delivered is known before anything else happens.
        missed.into_iter().chain(next).for_each(|input| self.input(input));
        for owed in owed {
            if self.is_late || self.overtakes(&owed) { self.owed.push_back(owed) } else { self.pay(owed) }
        }
    }

    /// Whether this answer would come before that to an earlier write. The store has one writer; everything else may come as
    /// it likes.
    fn overtakes(&self, owed: &Owed) -> bool {
        let is_write = |owed: &Owed| match owed {
            Owed::Store(answer) => self.writing.contains(&answer.ticket),
            Owed::Write(..) => true,
            Owed::Check(..) | Owed::Hash(..) => false,
        };
        is_write(owed) && self.owed.iter().any(is_write)
    }

    fn perform(
        &mut self,
        effect: Effect,
        cause: Cause,
        missed: &mut Vec<Input>,
        owed: &mut Vec<Owed>,
        next: &mut Vec<Input>,
    ) {
        match effect {
            Effect::Send { to, message } => to.iter().for_each(|session| self.witness.told(*session, &message)),
            Effect::Deliver { to, conversation, seq, message } => {
                for session in to {
                    if self.full.contains(&session) {
                        missed.push(Input::Undelivered { session, conversation: conversation.clone(), seq });
                    } else {
                        self.witness.told(session, &message);
                    }
                }
            }
            Effect::SendIfIdle { to, message } => {
                let idle = to.iter().filter(|session| !self.full.contains(session));
                idle.for_each(|session| self.witness.told(*session, &message));
            }
            Effect::CheckPassword { ticket, subject, password } => owed.push(Owed::Check(ticket, subject, password)),
            Effect::HashPassword { ticket, password } => {
                self.hashing.extend(cause.session.filter(|_| cause.is_register).map(|session| (ticket, session)));
                owed.push(Owed::Hash(ticket, password));
            }
            Effect::Write { ticket, write } => {
                if let (Write::AddAccount { .. }, Some(session)) = (&write, cause.session) {
                    self.registering.insert(ticket, session);
                }
                self.witness.writes(cause.session.zip(cause.asked), ticket, &write);
                self.writing.insert(ticket);
                owed.push(Owed::Write(ticket, write));
            }
            Effect::Read { ticket, read } => owed.extend(self.keep(Job::Read(ticket, read))),
            Effect::WakeAt(at) => self.wake = Some(at),
            Effect::Probe { session } if self.living.contains(&session) => next.push(Input::SessionHeard { session }),
            Effect::Close { .. } | Effect::Probe { .. } | Effect::Log(_) => {}
        }
    }

    /// The store does a job at once, and answers.
    fn keep(&mut self, job: Job) -> Vec<Owed> {
        let (Job::Write(ticket, _) | Job::Read(ticket, _)) = job;
        // A store that cannot even read ends the server.
        if let (Some(error), Job::Write(..)) = (self.broken, &job) {
            self.witness.not_kept();
            return vec![Owed::Store(Answer { ticket, result: Err(error) })];
        }
        let (mut unsent, mut made) = (None, None);
        match &job {
            Job::Write(_, Write::Unsend { conversation, seq, .. }) => unsent = Some((conversation.clone(), *seq)),
            Job::Write(_, Write::AddAccount { name, .. }) => made = Some(name.to_string()),
            _ => {}
        }
        self.store.submit(job).expect("the queue of the memory store has room");
        let answers = self.answers.try_recv().expect("the memory store answers at once");
        for answer in &answers {
            if let Ok(kept) = &answer.result {
                self.witness.kept(ticket, kept);
                if let (Some(name), Kept::Account(id)) = (&made, kept) {
                    self.witness.account(name, *id);
                }
                if let (Some((conversation, seq)), Kept::Done) = (&unsent, kept) {
                    self.witness.wiped(conversation, *seq);
                }
            }
        }
        answers.into_iter().map(Owed::Store).collect()
    }

    fn pay(&mut self, owed: Owed) {
        self.witness.tells(self.now.mono);
        let input = match owed {
            Owed::Write(ticket, write) => {
                return self.keep(Job::Write(ticket, write)).into_iter().for_each(|answer| self.pay(answer));
            }
            Owed::Store(Answer { ticket, result }) => {
                self.writing.remove(&ticket);
                self.witness.answered(ticket, result.as_ref().ok());
                if let (Some(session), Ok(Kept::Account(id))) = (self.registering.remove(&ticket), &result) {
                    self.witness.made(session, *id);
                }
                Input::Committed { ticket, result }
            }
            Owed::Check(ticket, subject, password) => {
                let verdict = self.check(&subject, &password);
                if let (Verdict::Right { .. }, Subject::Account(account, _)) = (&verdict, subject) {
                    self.witness.proves(account, self.longest_wait());
                }
                Input::PasswordChecked { ticket, verdict }
            }
            Owed::Hash(ticket, password) => {
                let hash = self.broken.is_none().then(|| Phc(password.expose_secret().to_owned()));
                let cause = Cause { session: self.hashing.remove(&ticket), ..Cause::default() };
                return self.feed(Input::PasswordHashed { ticket, hash }, cause);
            }
        };
        self.feed(input, Cause::default());
    }

    fn check(&self, subject: &Subject, password: &SecretString) -> Verdict {
        if self.broken.is_some() {
            return Verdict::Busy;
        }
        let right = match subject {
            Subject::Account(account, _) => self.password(*account),
            Subject::Nobody => None,
        };
        match right {
            Some(right) if right.0 == password.expose_secret() => Verdict::Right { store: None, sample: false },
            _ => Verdict::Wrong,
        }
    }

    fn password(&self, account: AccountId) -> Option<Phc> {
        self.store.password(account).expect("memory")
    }
}

/// The ticket to come back that this connection hands out. No two connections have the same, as in the world, where it
/// is random.
pub fn resume_ticket(session: u64) -> ResumeTicket {
    ResumeTicket(ticket(session, 0))
}

/// The ticket of a device that this connection hands out.
pub fn device_ticket(session: u64) -> DeviceTicket {
    DeviceTicket(ticket(session, 0xff))
}

fn ticket(session: u64, rest: u8) -> [u8; 32] {
    let mut bytes = [rest; 32];
    bytes[..8].copy_from_slice(&session.to_le_bytes());
    bytes
}
