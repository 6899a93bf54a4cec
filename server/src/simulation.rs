//! For tests: the server's connections, hub and rules over a simulated network in which time, delays, partitions and
//! crashes follow from a seed, with honest clients that compare what they were promised with what they saw.
//!
//! A partition loses what is on its way for good and closes nothing: the heartbeat has to notice.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use e2e::kit::{History, Record, Seed};
use secrecy::{ExposeSecret, SecretString};
use shared::codec;
use shared::error::Code;
use shared::id::{ClientId, RequestId, ResumeTicket, Seq, UnixMs};
use shared::limits::{DEAD_AFTER_MS, FRAME_AFTER_LOGIN, PING_AFTER_MS};
use shared::message::{ClientMessage, Entry, Kind, LOBBY, ServerMessage};
use shared::name::Name;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use turmoil::net::{TcpListener, TcpStream};

use crate::chat::{Chat, Input, Moment, Mono, Rules, Subject, Ticket, Verdict};
use crate::hub::{self, Passwords};
use crate::net::simulated::Office;
use crate::record::{Origin, Phc, Write};
use crate::store::memory::MemoryStore;
use crate::store::{Job, Store};

const CLIENTS: usize = 6;
const PORT: u16 = 4000;

/// How long people talk, and how long the network is as it should be afterwards.
const TALK: Duration = Duration::from_secs(120);
const QUIET: Duration = Duration::from_secs(120);

/// Passwords that take no time; all are right.
struct NoPasswords(mpsc::Sender<Input>);

impl Passwords for NoPasswords {
    fn check(&self, ticket: Ticket, _: Subject, password: SecretString) {
        let verdict = match password.expose_secret() {
            "right" => Verdict::Right { store: None, sample: false },
            _ => Verdict::Wrong,
        };
        self.0.try_send(Input::PasswordChecked { ticket, verdict }).expect("few log in at once");
    }

    fn hash(&self, ticket: Ticket, _: SecretString) {
        self.0.try_send(Input::PasswordHashed { ticket, hash: None }).expect("few log in at once");
    }
}

/// One life of the server, from its start to its crash. What is in the store survives.
async fn serve(store: Arc<MemoryStore>) -> turmoil::Result {
    let (sender, answers) = mpsc::channel(1024);
    store.answer_on(sender);
    let rules = Rules { lock_for: Duration::from_secs(60), timeout: None, registration: false, limits: true };
    let now = Moment { mono: Mono(0), wall: crate::clock::wall() };
    let mut chat = Chat::new(rules, store.snapshot()?, now);
    let (results, passwords) = mpsc::channel(64);
    let hub = hub::spawn(move |input, now| chat.handle(input, now), store, answers, NoPasswords(results), passwords);
    let (_never, stopped) = watch::channel(false);
    let office = Office::simulated(hub.events(), stopped);
    let listener = TcpListener::bind((IpAddr::from([0, 0, 0, 0]), PORT)).await?;
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(office.serve(stream, peer));
    }
}

/// What all clients share.
struct Shared {
    history: Mutex<History>,
    unacknowledged: AtomicUsize,
    /// Clients that were let in once: who has never been there gets no line of the lobby.
    arrived: AtomicUsize,
    /// Whether the time to talk is over.
    quiet: AtomicBool,
}

struct Client {
    user: String,
    others: Vec<String>,
    shared: Arc<Shared>,
    seed: Seed,
    pending: VecDeque<(ClientId, Option<String>, String, Option<RequestId>)>,
    ticket: Option<ResumeTicket>,
    lobby: Option<Seq>,
    shown: BTreeMap<String, BTreeSet<u64>>,
    requests: u64,
    texts: u64,
    has_arrived: bool,
}

struct Wire {
    stream: TcpStream,
    unread: BytesMut,
}

impl Wire {
    async fn say(&mut self, message: &ClientMessage) -> std::io::Result<()> {
        self.stream.write_all(&codec::encode(message)).await
    }

    async fn hear(&mut self) -> std::io::Result<ServerMessage> {
        loop {
            let frame = codec::take_frame(&mut self.unread, FRAME_AFTER_LOGIN).expect("the server's frames are good");
            if let Some(body) = frame {
                return Ok(codec::decode(&body).expect("the server's messages are good"));
            }
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Client {
    async fn live(mut self) -> turmoil::Result {
        loop {
            // However it ended: it is tried again, until the day is over.
            let _ = self.session().await;
            sleep(Duration::from_millis(u64::try_from(self.seed.between(50, 1500))?)).await;
        }
    }

    async fn session(&mut self) -> std::io::Result<()> {
        self.pending.iter_mut().for_each(|pending| pending.3 = None);
        let stream = timeout(Duration::from_secs(5), TcpStream::connect(("server", PORT))).await??;
        let mut wire = Wire { stream, unread: BytesMut::new() };
        timeout(Duration::from_secs(10), self.enter(&mut wire)).await??;
        if !std::mem::replace(&mut self.has_arrived, true) {
            self.shared.arrived.fetch_add(1, Ordering::SeqCst);
        }
        let mut next_text = Instant::now();
        let mut heard = Instant::now();
        loop {
            self.send_waiting(&mut wire).await?;
            let silence = heard + Duration::from_millis(PING_AFTER_MS);
            let dead = heard + Duration::from_millis(DEAD_AFTER_MS);
            tokio::select! {
                message = wire.hear() => {
                    heard = Instant::now();
                    let message = message?;
                    self.hear(&mut wire, message).await?;
                }
                () = sleep_until(next_text), if self.may_talk() => {
                    self.think();
                    next_text = Instant::now() + Duration::from_millis(self.seed.number() % 3000);
                }
                () = sleep_until(silence.max(Instant::now() + Duration::from_secs(5))), if Instant::now() < dead => {
                    wire.say(&ClientMessage::Ping { n: 1 }).await?;
                }
                () = sleep_until(dead) => return Ok(()),
            }
        }
    }

    fn may_talk(&self) -> bool {
        let everybody_was_here = self.shared.arrived.load(Ordering::SeqCst) == CLIENTS;
        everybody_was_here && !self.shared.quiet.load(Ordering::SeqCst) && self.pending.len() < 8
    }

    async fn enter(&mut self, wire: &mut Wire) -> std::io::Result<()> {
        let client = "simulated".to_owned();
        wire.say(&ClientMessage::Hello { proto_min: 1, proto_max: 1, client, caps: String::new() }).await?;
        self.ask_in(wire).await?;
        loop {
            match wire.hear().await? {
                ServerMessage::LoggedIn { ticket, lobby, .. } => {
                    self.ticket = ticket.or(self.ticket.take());
                    self.lobby = lobby.or(self.lobby);
                }
                ServerMessage::Ready { .. } => return Ok(()),
                ServerMessage::Error(refusal) if refusal.code == Code::TICKET_EXPIRED => {
                    self.ticket = None;
                    self.ask_in(wire).await?;
                }
                ServerMessage::Error(refusal) => return Err(std::io::Error::other(refusal.text)),
                message => self.hear(wire, message).await?,
            }
        }
    }

    async fn ask_in(&mut self, wire: &mut Wire) -> std::io::Result<()> {
        let id = self.request();
        let (name, password) = (self.user.clone(), "right".to_owned());
        let ask = self.ticket.clone().map_or_else(
            || ClientMessage::Login { id, name, password, device: None, remember: false },
            |ticket| ClientMessage::Resume { id, ticket, lobby: self.lobby },
        );
        wire.say(&ask).await
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// Thinks of something to say.
    fn think(&mut self) {
        self.texts += 1;
        let mut cid = [0; 16];
        cid[..8].copy_from_slice(&self.texts.to_be_bytes());
        cid[8..8 + self.user.len()].copy_from_slice(self.user.as_bytes());
        let to = self.others[self.seed.between(0, self.others.len())].clone();
        let to = (!self.seed.number().is_multiple_of(4)).then_some(to);
        let text = format!("{} {}", self.user, self.texts);
        self.note(Record::Said { user: &self.user, to: to.as_deref(), text: &text });
        self.shared.unacknowledged.fetch_add(1, Ordering::SeqCst);
        self.pending.push_back((ClientId(cid), to, text, None));
    }

    async fn send_waiting(&mut self, wire: &mut Wire) -> std::io::Result<()> {
        for place in 0..self.pending.len() {
            if self.pending[place].3.is_none() {
                let id = self.request();
                let (cid, to, text, request) = &mut self.pending[place];
                *request = Some(id);
                let to = to.as_ref().map_or_else(|| LOBBY.to_owned(), |to| format!("@{to}"));
                wire.say(&ClientMessage::Send { id, cid: *cid, to, text: text.clone(), kind: Kind::TEXT }).await?;
            }
        }
        Ok(())
    }

    async fn hear(&mut self, wire: &mut Wire, message: ServerMessage) -> std::io::Result<()> {
        match message {
            ServerMessage::Message(Entry { conv, seq, from, text, .. }) => {
                if conv == LOBBY {
                    self.lobby = self.lobby.max(Some(seq));
                }
                if from != self.user && self.shown.entry(conv.clone()).or_default().insert(seq.0) {
                    self.note(Record::Shown { reader: &self.user, text: &text, seq: seq.0 });
                }
                if conv != LOBBY {
                    wire.say(&ClientMessage::Ack { conv, seq }).await?;
                }
            }
            ServerMessage::Sent { re, seq, .. } => {
                let place = self.pending.iter().position(|pending| pending.3 == Some(re));
                if let Some((_, _, text, _)) = place.and_then(|place| self.pending.remove(place)) {
                    self.note(Record::Acknowledged { user: &self.user, text: &text, seq: seq.0 });
                    self.shared.unacknowledged.fetch_sub(1, Ordering::SeqCst);
                }
            }
            ServerMessage::Ping { n } => wire.say(&ClientMessage::Pong { n }).await?,
            ServerMessage::Bye { .. } => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            ServerMessage::Error(refusal) => panic!("nothing here is refused, but {refusal:?}"),
            _ => {}
        }
        Ok(())
    }

    fn note(&self, record: Record<'_>) {
        self.shared.history.lock().expect("no test panics with it").add(record);
    }
}

fn user(number: usize) -> String {
    format!("u{number}")
}

/// A store with the accounts of all clients.
fn store() -> Arc<MemoryStore> {
    let (sender, mut answers) = mpsc::channel(64);
    let store = MemoryStore::new(sender);
    for number in 0..CLIENTS {
        let write = Write::AddAccount {
            name: Name::plain(&user(number)).expect("a good name"),
            skeleton: None,
            password: Some(Phc("unused".to_owned())),
            origin: Origin::File,
            at: UnixMs(1),
        };
        store.submit(Job::Write(Ticket(0), write)).expect("an empty queue");
        answers.try_recv().expect("the memory store answers at once");
    }
    Arc::new(store)
}

/// Something that is wrong with the world for a while.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Nothing passes between the server and this client, and what is on its way is lost.
    Partition(usize),
    /// Nothing passes, and comes later.
    Hold(usize),
    /// The server is gone.
    Crash,
}

/// When each trouble begins and ends, all within the time to talk.
fn troubles(seed: &mut Seed) -> Vec<(Duration, Duration, Trouble)> {
    let troubles = (0..seed.between(3, 9)).map(|_| {
        let begins = Duration::from_millis(seed.number() % 100_000);
        let ends = begins + Duration::from_millis(seed.number() % 20_000);
        let client = seed.between(0, CLIENTS);
        let trouble = match seed.number() % 5 {
            0 | 1 => Trouble::Partition(client),
            2 | 3 => Trouble::Hold(client),
            _ => Trouble::Crash,
        };
        (begins, ends.min(TALK), trouble)
    });
    troubles.collect()
}

/// One day from a seed. Panics with the seed when a promise was broken.
fn day(seed: u64) {
    let mut numbers = Seed::new(seed);
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .simulation_duration(TALK + QUIET + Duration::from_secs(10))
        .tick_duration(Duration::from_millis(20))
        .max_message_latency(Duration::from_millis(200))
        .tcp_capacity(4096)
        .build();
    let store = store();
    sim.host("server", move || serve(Arc::clone(&store)));
    let users: Vec<String> = (0..CLIENTS).map(user).collect();
    let shared = Arc::new(Shared {
        history: Mutex::new(History::new(&users)),
        unacknowledged: AtomicUsize::new(0),
        arrived: AtomicUsize::new(0),
        quiet: AtomicBool::new(false),
    });
    for number in 0..CLIENTS {
        let (shared, seed) = (Arc::clone(&shared), numbers.split());
        sim.host(user(number), move || {
            let client = Client {
                user: user(number),
                others: (0..CLIENTS).filter(|other| *other != number).map(user).collect(),
                shared: Arc::clone(&shared),
                seed: seed.clone(),
                pending: VecDeque::new(),
                ticket: None,
                lobby: None,
                shown: BTreeMap::new(),
                requests: 0,
                texts: 0,
                has_arrived: false,
            };
            client.live()
        });
    }
    sim.client("clock", async {
        sleep(TALK + QUIET).await;
        Ok(())
    });
    trouble(&mut sim, troubles(&mut numbers), &shared, seed);
    let history = shared.history.lock().expect("no test panics with it");
    assert_eq!(shared.unacknowledged.load(Ordering::SeqCst), 0, "SEED={seed}: texts without an answer");
    assert!(history.counts().acknowledged > 50, "SEED={seed}: nobody talked");
    let faults = history.faults();
    assert!(faults.is_empty(), "SEED={seed}: {faults:?}\n{}", history.to_jsonl());
}

/// Lets the day pass, with its troubles.
fn trouble(sim: &mut turmoil::Sim<'_>, mut due: Vec<(Duration, Duration, Trouble)>, shared: &Shared, seed: u64) {
    let mut ends: Vec<(Duration, Trouble)> = Vec::new();
    loop {
        let now = sim.elapsed();
        for (_, until, trouble) in due.extract_if(.., |(begins, _, _)| *begins <= now) {
            ends.push((until, trouble));
            match trouble {
                Trouble::Partition(client) => sim.partition("server", user(client)),
                Trouble::Hold(client) => sim.hold("server", user(client)),
                Trouble::Crash if sim.is_host_running("server") => sim.crash("server"),
                Trouble::Crash => {}
            }
        }
        for (_, trouble) in ends.extract_if(.., |(until, _)| *until <= now) {
            match trouble {
                Trouble::Partition(client) => sim.repair("server", user(client)),
                Trouble::Hold(client) => sim.release("server", user(client)),
                Trouble::Crash if !sim.is_host_running("server") => sim.bounce("server"),
                Trouble::Crash => {}
            }
        }
        if now >= TALK {
            shared.quiet.store(true, Ordering::SeqCst);
        }
        if sim.step().unwrap_or_else(|error| panic!("SEED={seed}: {error}")) {
            return;
        }
    }
}

/// `TERN_DAYS` days, or as many as a quick test can; `SEED` is that of the first.
#[test]
fn nothing_is_lost_whatever_the_network_and_the_server_do() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("SEED").unwrap_or(20_261_121);
    for seed in first..first + number("TERN_DAYS").unwrap_or(5) {
        day(seed);
    }
}
