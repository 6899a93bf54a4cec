//! A client as it should be: it keeps what it has not been told is durable, sends it again under the same message id,
//! shows each message once, and says what it has shown.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shared::codec;
use shared::error::Code;
use shared::id::{ClientId, RequestId, ResumeTicket, Seq};
use shared::limits::{DEAD_AFTER_MS, FRAME_AFTER_LOGIN, PING_AFTER_MS};
use shared::message::{ClientMessage, Entry, Kind, LOBBY, Reason, Refusal, ServerMessage};
use shared::version::{PROTO_MAX, PROTO_MIN};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::history::{History, Record};

/// Texts on their way at once.
const WINDOW: usize = 16;

/// Orders that may wait for a client.
const ORDERS: usize = 32;

/// How long to wait before the next attempt to connect: doubled from the first to the last with each attempt in vain. A
/// person's client waits longer; here a storm is wanted.
const RETRY: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(320));

/// Silence after which the server is asked whether it is there, and after which it is taken for dead.
const SILENCE: (Duration, Duration) = (Duration::from_millis(PING_AFTER_MS), Duration::from_millis(DEAD_AFTER_MS));

/// Places of one conversation that a client remembers one by one: more than can ever come again.
const PLACES: usize = 20_000;

/// How long a connection may take to be greeted, or to bring anything in the middle of a login.
const PATIENCE: Duration = Duration::from_secs(20);

/// The password of every user of a stage.
pub const PASSWORD: &str = "load";

/// Its hash with the cheapest parameters there are (argon2id, 8 KiB, one pass): how long a password takes is measured
/// elsewhere, and a thousand first logins must not take a minute.
pub const PHC: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$IMY2vm4w7xmNEwSL+Q9EgHpxUP/RCSVUPz1JF9zJnTg";

/// The name of the user with this number.
pub fn user_name(number: usize) -> String {
    format!("u{number}")
}

/// How a client behaves.
#[derive(Clone)]
pub struct HonestPlan {
    /// Its number, which makes its user's name.
    pub number: usize,
    /// Where to connect on this machine.
    pub port: u16,
    /// From which address.
    pub from: Ipv4Addr,
    /// How TLS is done.
    pub tls: Arc<ClientConfig>,
    /// Where everything that is seen goes.
    pub history: Arc<Mutex<History>>,
    /// Told whenever something was seen.
    pub seen: Arc<Notify>,
    /// What happens at the very moment at which an acknowledgement has been read.
    pub trigger: Option<Arc<Trigger>>,
}

/// Something to do when a client has read a certain acknowledgement.
pub struct Trigger {
    /// How many more; 0 when it is not armed.
    left: AtomicUsize,
    act: Box<dyn Fn() + Send + Sync>,
}

impl Trigger {
    /// Not armed yet.
    pub fn new(act: impl Fn() + Send + Sync + 'static) -> Self {
        Self { left: AtomicUsize::new(0), act: Box::new(act) }
    }

    /// Acts when so many further acknowledgements have been read.
    pub fn arm(&self, count: usize) {
        self.left.store(count, Ordering::SeqCst);
    }

    fn read(&self) {
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before == Ok(1) {
            (self.act)();
        }
    }
}

/// A running client.
pub struct Honest {
    /// Its user.
    pub user: String,
    orders: mpsc::Sender<Order>,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

/// What became of the client so far.
#[derive(Debug, Default)]
struct Counts {
    acknowledged: AtomicUsize,
    waiting: AtomicUsize,
    logins: AtomicUsize,
    passwords: AtomicUsize,
    going_away: AtomicUsize,
    fences: AtomicUsize,
    stored: AtomicU64,
    is_away: AtomicBool,
    is_stalled: AtomicBool,
    /// Told when the client is to read again, or no more.
    changed: Notify,
}

enum Order {
    Say {
        to: Option<String>,
        text: String,
    },
    /// The connection is dropped, and no other is made until the order to come back.
    Away,
    Back,
    Fence,
    Leave,
}

impl Honest {
    /// Starts it: it connects, and comes back whenever the connection is lost.
    pub fn start(plan: HonestPlan) -> Self {
        let (orders, queue) = mpsc::channel(ORDERS);
        let counts = Arc::new(Counts::default());
        let user = user_name(plan.number);
        let task = tokio::spawn(Client::new(plan, queue, Arc::clone(&counts)).run());
        Self { user, orders, counts, task }
    }

    /// Says something to a user or, with `None`, to the lobby. Waits while too much waits already.
    pub async fn say(&self, to: Option<&str>, text: String) {
        let to = to.map(str::to_owned);
        self.counts.waiting.fetch_add(1, Ordering::SeqCst);
        self.order(Order::Say { to, text }).await;
    }

    /// Drops the connection without a word, until [`Honest::back`].
    pub async fn away(&self) {
        self.counts.is_away.store(true, Ordering::SeqCst);
        self.order(Order::Away).await;
    }

    /// Connects again.
    pub async fn back(&self) {
        self.counts.is_away.store(false, Ordering::SeqCst);
        self.order(Order::Back).await;
    }

    /// Reads nothing any more and keeps the connection, until [`Honest::read`].
    pub fn stall(&self) {
        self.counts.is_stalled.store(true, Ordering::SeqCst);
        self.counts.changed.notify_one();
    }

    /// Reads again.
    pub fn read(&self) {
        self.counts.is_stalled.store(false, Ordering::SeqCst);
        self.counts.changed.notify_one();
    }

    /// Asks the server something. Once it has answered, [`Honest::fences`] is one more, and everything that was on its
    /// way to this client before has come.
    pub async fn fence(&self) {
        self.order(Order::Fence).await;
    }

    async fn order(&self, order: Order) {
        self.orders.send(order).await.expect("the client runs until it is told to leave");
    }

    /// How many fences were answered.
    pub fn fences(&self) -> usize {
        self.counts.fences.load(Ordering::SeqCst)
    }

    /// Whether it was told to stay away.
    pub fn is_away(&self) -> bool {
        self.counts.is_away.load(Ordering::SeqCst)
    }

    /// How many messages had waited for its newest login, as the server has said.
    pub fn stored(&self) -> u64 {
        self.counts.stored.load(Ordering::SeqCst)
    }

    /// Texts that the server has not acknowledged yet.
    pub fn waiting(&self) -> usize {
        self.counts.waiting.load(Ordering::SeqCst)
    }

    /// Texts that were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.counts.acknowledged.load(Ordering::SeqCst)
    }

    /// How often it has been let in.
    pub fn logins(&self) -> usize {
        self.counts.logins.load(Ordering::SeqCst)
    }

    /// How often it needed its password for that.
    pub fn passwords(&self) -> usize {
        self.counts.passwords.load(Ordering::SeqCst)
    }

    /// How often it was told that the server goes away.
    pub fn going_away(&self) -> usize {
        self.counts.going_away.load(Ordering::SeqCst)
    }

    /// Drops the connection for good.
    pub async fn leave(mut self) {
        // Errors mean that it has ended.
        let _ = self.orders.send(Order::Leave).await;
        let _ = (&mut self.task).await;
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Pending {
    cid: ClientId,
    to: Option<String>,
    text: String,
    /// Under which request it is on its way over this connection.
    request: Option<RequestId>,
}

struct Client {
    plan: HonestPlan,
    user: String,
    orders: mpsc::Receiver<Order>,
    counts: Arc<Counts>,
    pending: VecDeque<Pending>,
    ticket: Option<ResumeTicket>,
    lobby: Option<Seq>,
    /// What was shown, by conversation.
    shown: BTreeMap<String, Shown>,
    requests: u64,
    texts: u64,
    is_away: bool,
    /// Fences to be asked for, and those that are on their way over this connection.
    fences: usize,
    asked: BTreeSet<RequestId>,
    /// How long the next attempt to connect waits, and how long the server has asked to wait.
    retry: Duration,
    asked_to_wait: Option<Duration>,
}

/// The places of one conversation that were shown. A real client needs no more than the last one; this one also shows
/// what comes in a wrong order, so that it is seen.
#[derive(Default)]
struct Shown {
    places: BTreeSet<u64>,
    /// Everything up to here was shown or never will be.
    floor: u64,
}

impl Shown {
    /// Whether this place was not shown before.
    fn insert(&mut self, place: u64) -> bool {
        if self.places.len() > PLACES {
            let newest = self.places.last().copied().unwrap_or_default();
            self.floor = newest.saturating_sub(u64::try_from(PLACES / 2).unwrap_or(0));
            self.places = self.places.split_off(&(self.floor + 1));
        }
        place > self.floor && self.places.insert(place)
    }
}

/// Why a connection is over.
enum End {
    Lost,
    Away,
    Leave,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Lost
    }
}

struct Wire {
    stream: TlsStream<TcpStream>,
    unread: BytesMut,
}

impl Wire {
    async fn open(plan: &HonestPlan) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // A port that is bound beforehand is used up for a minute, and there are few of them.
        if plan.from != Ipv4Addr::LOCALHOST {
            socket.bind(SocketAddr::from((plan.from, 0)))?;
        }
        let socket = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, plan.port))).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
        let stream = TlsConnector::from(Arc::clone(&plan.tls)).connect(name, socket).await?;
        Ok(Self { stream, unread: BytesMut::new() })
    }

    async fn send(&mut self, frames: &[Bytes]) -> io::Result<()> {
        for frame in frames {
            self.stream.write_all(frame).await?;
        }
        self.stream.flush().await
    }

    /// The next message. May be given up at any time.
    async fn receive(&mut self) -> io::Result<ServerMessage> {
        loop {
            let frame = codec::take_frame(&mut self.unread, FRAME_AFTER_LOGIN).map_err(io::Error::other)?;
            if let Some(body) = frame {
                return codec::decode(&body).map_err(io::Error::other);
            }
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl Client {
    fn new(plan: HonestPlan, orders: mpsc::Receiver<Order>, counts: Arc<Counts>) -> Self {
        Self {
            user: user_name(plan.number),
            plan,
            orders,
            counts,
            pending: VecDeque::new(),
            ticket: None,
            lobby: None,
            shown: BTreeMap::new(),
            requests: 0,
            texts: 0,
            is_away: false,
            fences: 0,
            asked: BTreeSet::new(),
            retry: RETRY.0,
            asked_to_wait: None,
        }
    }

    async fn run(mut self) {
        loop {
            while self.is_away {
                match self.orders.recv().await {
                    Some(Order::Back) => self.is_away = false,
                    Some(Order::Leave) | None => return,
                    Some(order) => drop(self.take(order)),
                }
            }
            match self.session().await {
                End::Leave => return,
                End::Away => self.is_away = true,
                End::Lost => {
                    let doubled = (self.retry * 2).min(RETRY.1);
                    let wait = std::mem::replace(&mut self.retry, doubled);
                    tokio::time::sleep(self.asked_to_wait.take().unwrap_or(wait)).await;
                }
            }
            self.fences += std::mem::take(&mut self.asked).len();
            self.pending.iter_mut().for_each(|pending| pending.request = None);
        }
    }

    /// One connection, from its first byte to its last.
    async fn session(&mut self) -> End {
        let greeted = tokio::time::timeout(PATIENCE, self.enter()).await;
        let Ok(Ok(mut wire)) = greeted else { return End::Lost };
        let (mut heard, mut has_asked) = (Instant::now(), false);
        loop {
            if let Err(error) = self.send_waiting(&mut wire).await {
                return error.into();
            }
            let has_room = self.pending.len() < ORDERS;
            let is_stalled = self.counts.is_stalled.load(Ordering::SeqCst);
            let silence = heard + if has_asked { SILENCE.1 } else { SILENCE.0 };
            let step = tokio::select! {
                message = wire.receive(), if !is_stalled => match message {
                    Ok(message) => {
                        (heard, has_asked) = (Instant::now(), false);
                        self.hear(&mut wire, message).await
                    }
                    Err(error) => Err(error.into()),
                },
                order = self.orders.recv(), if has_room => match order {
                    Some(order) => self.take(order),
                    None => Err(End::Leave),
                },
                () = self.counts.changed.notified() => Ok(()),
                () = tokio::time::sleep_until(silence), if !is_stalled => {
                    if has_asked {
                        return End::Lost;
                    }
                    has_asked = true;
                    let ping = codec::encode(&ClientMessage::Ping { n: self.requests });
                    wire.send(&[ping]).await.map_err(Into::into)
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    fn take(&mut self, order: Order) -> Result<(), End> {
        match order {
            Order::Say { to, text } => {
                self.texts += 1;
                let mut cid = [0; 16];
                cid[..8].copy_from_slice(&u64::try_from(self.plan.number).unwrap_or(u64::MAX).to_be_bytes());
                cid[8..].copy_from_slice(&self.texts.to_be_bytes());
                self.note(Record::Said { user: &self.user, to: to.as_deref(), text: &text });
                self.pending.push_back(Pending { cid: ClientId(cid), to, text, request: None });
                Ok(())
            }
            Order::Away => Err(End::Away),
            Order::Back => Ok(()),
            Order::Fence => {
                self.fences += 1;
                Ok(())
            }
            Order::Leave => Err(End::Leave),
        }
    }

    /// Connects and logs in, with the ticket where there is one.
    async fn enter(&mut self) -> io::Result<Wire> {
        let mut wire = Wire::open(&self.plan).await?;
        let hello = ClientMessage::Hello {
            proto_min: PROTO_MIN,
            proto_max: PROTO_MAX,
            client: "testkit".to_owned(),
            caps: String::new(),
        };
        wire.send(&[codec::encode(&hello)]).await?;
        self.ask_in(&mut wire).await?;
        loop {
            match wire.receive().await? {
                ServerMessage::LoggedIn { ticket, lobby, .. } => {
                    self.ticket = ticket.or(self.ticket.take());
                    self.lobby = lobby.or(self.lobby);
                }
                ServerMessage::Ready { stored } => {
                    self.counts.stored.store(stored, Ordering::SeqCst);
                    break;
                }
                ServerMessage::Error(refusal) if refusal.code == Code::TICKET_EXPIRED => {
                    self.ticket = None;
                    self.ask_in(&mut wire).await?;
                }
                ServerMessage::Error(refusal) => return Err(io::Error::other(refusal.text)),
                message => {
                    if self.hear(&mut wire, message).await.is_err() {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                }
            }
        }
        self.retry = RETRY.0;
        self.counts.logins.fetch_add(1, Ordering::SeqCst);
        self.plan.seen.notify_waiters();
        Ok(wire)
    }

    async fn ask_in(&mut self, wire: &mut Wire) -> io::Result<()> {
        let id = self.request();
        let ask = if let Some(ticket) = self.ticket.clone() {
            ClientMessage::Resume { id, ticket, lobby: self.lobby }
        } else {
            self.counts.passwords.fetch_add(1, Ordering::SeqCst);
            let (name, password) = (self.user.clone(), PASSWORD.to_owned());
            ClientMessage::Login { id, name, password, device: None, remember: false }
        };
        wire.send(&[codec::encode(&ask)]).await
    }

    fn request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(self.requests)
    }

    /// Sends what is not on its way, in its order, as far as the window allows.
    async fn send_waiting(&mut self, wire: &mut Wire) -> io::Result<()> {
        let mut frames = Vec::new();
        for place in 0..self.pending.len().min(WINDOW) {
            if self.pending[place].request.is_none() {
                let id = self.request();
                let pending = &mut self.pending[place];
                pending.request = Some(id);
                let to = pending.to.as_ref().map_or_else(|| LOBBY.to_owned(), |to| format!("@{to}"));
                let text = pending.text.clone();
                frames.push(codec::encode(&ClientMessage::Send { id, cid: pending.cid, to, text, kind: Kind::TEXT }));
            }
        }
        for _ in 0..std::mem::take(&mut self.fences) {
            // Any request that the rules answer will do; the block list of these users is empty.
            let id = self.request();
            self.asked.insert(id);
            frames.push(codec::encode(&ClientMessage::Blocked { id }));
        }
        if frames.is_empty() { Ok(()) } else { wire.send(&frames).await }
    }

    async fn hear(&mut self, wire: &mut Wire, message: ServerMessage) -> Result<(), End> {
        match message {
            ServerMessage::Message(entry) => self.show(wire, entry).await?,
            ServerMessage::Sent { re, seq, .. } => self.acknowledged(re, seq),
            ServerMessage::Error(refusal) => self.refused(refusal)?,
            ServerMessage::Ping { n } => wire.send(&[codec::encode(&ClientMessage::Pong { n })]).await?,
            ServerMessage::Blocked { re, more: false, .. } if self.asked.remove(&re) => {
                self.counts.fences.fetch_add(1, Ordering::SeqCst);
                self.plan.seen.notify_waiters();
            }
            ServerMessage::Bye { reason, retry_ms } => {
                if reason == Reason::GOING_AWAY {
                    self.counts.going_away.fetch_add(1, Ordering::SeqCst);
                    self.plan.seen.notify_waiters();
                }
                self.asked_to_wait = retry_ms.map(Duration::from_millis);
                return Err(End::Lost);
            }
            _ => {}
        }
        Ok(())
    }

    /// Shows a message that was not shown before, and says that it is.
    async fn show(&mut self, wire: &mut Wire, entry: Entry) -> Result<(), End> {
        let Entry { conv, seq, from, text, .. } = entry;
        if conv == LOBBY {
            self.lobby = self.lobby.max(Some(seq));
        }
        if from != self.user {
            let is_new = self.shown.entry(conv.clone()).or_default().insert(seq.0);
            let (reader, text, seq) = (self.user.as_str(), text.as_str(), seq.0);
            self.note(if is_new {
                Record::Shown { reader, text, seq }
            } else {
                Record::CameAgain { reader, text, seq }
            });
        }
        if conv != LOBBY {
            wire.send(&[codec::encode(&ClientMessage::Ack { conv, seq })]).await?;
        }
        Ok(())
    }

    fn acknowledged(&mut self, re: RequestId, seq: Seq) {
        let Some(pending) = self.answered(re) else { return };
        self.note(Record::Acknowledged { user: &self.user, text: &pending.text, seq: seq.0 });
        self.counts.waiting.fetch_sub(1, Ordering::SeqCst);
        self.counts.acknowledged.fetch_add(1, Ordering::SeqCst);
        if let Some(trigger) = &self.plan.trigger {
            trigger.read();
        }
    }

    fn refused(&mut self, refusal: Refusal) -> Result<(), End> {
        let later = [Code::BUSY, Code::SLOW_DOWN, Code::STORAGE_FULL, Code::STORAGE];
        if refusal.re.is_none() || later.contains(&refusal.code) {
            // It is sent again over the next connection.
            return Err(End::Lost);
        }
        if let Some(pending) = refusal.re.and_then(|re| self.answered(re)) {
            self.note(Record::Refused { user: &self.user, text: &pending.text, code: refusal.code.as_str() });
            self.counts.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(())
    }

    fn answered(&mut self, re: RequestId) -> Option<Pending> {
        let place = self.pending.iter().position(|pending| pending.request == Some(re))?;
        self.pending.remove(place)
    }

    fn note(&self, record: Record<'_>) {
        self.plan.history.lock().unwrap_or_else(PoisonError::into_inner).add(record);
        self.plan.seen.notify_waiters();
    }
}
