//! A client as it should be: it keeps what it has not been told is durable, sends it again under the same message id,
//! shows each message once, and says what it has shown.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shared::codec;
use shared::error::Code;
use shared::id::{ClientId, RequestId, ResumeTicket, Seq};
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, Entry, Kind, LOBBY, Outcome, Refusal, ServerMessage};
use shared::version::{PROTO_MAX, PROTO_MIN};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::history::{History, Record};

/// Texts on their way at once.
const WINDOW: usize = 16;

/// Orders that may wait for a client.
const ORDERS: usize = 32;

/// How long to wait after a login that was refused for now.
const LATER: Duration = Duration::from_millis(500);

/// How long to wait before the next attempt to connect.
const RETRY: Duration = Duration::from_millis(5);

/// How long a connection may take to be greeted, or to bring anything in the middle of a login.
const PATIENCE: Duration = Duration::from_secs(20);

/// The name of the user with this number.
pub fn user_name(number: usize) -> String {
    format!("u{number}")
}

/// How a client behaves.
#[derive(Clone)]
pub struct HonestPlan {
    /// Its number, which is its user's name and password.
    pub number: usize,
    /// Where to connect on this machine.
    pub port: u16,
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
}

enum Order {
    Say {
        to: Option<String>,
        text: String,
    },
    /// The connection is dropped, and no other is made until the order to come back.
    Away,
    Back,
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
        self.orders.send(Order::Say { to, text }).await.expect("the client runs until it is told to leave");
    }

    /// Drops the connection without a word, until [`Honest::back`].
    pub async fn away(&self) {
        self.orders.send(Order::Away).await.expect("the client runs until it is told to leave");
    }

    /// Connects again.
    pub async fn back(&self) {
        self.orders.send(Order::Back).await.expect("the client runs until it is told to leave");
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
    shown: BTreeMap<String, BTreeSet<u64>>,
    requests: u64,
    texts: u64,
    is_away: bool,
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
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, plan.port)).await?;
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
                End::Lost => tokio::time::sleep(RETRY).await,
            }
            self.pending.iter_mut().for_each(|pending| pending.request = None);
        }
    }

    /// One connection, from its first byte to its last.
    async fn session(&mut self) -> End {
        let greeted = tokio::time::timeout(PATIENCE, self.enter()).await;
        let Ok(Ok(mut wire)) = greeted else { return End::Lost };
        loop {
            if let Err(error) = self.send_waiting(&mut wire).await {
                return error.into();
            }
            let has_room = self.pending.len() < ORDERS;
            let step = tokio::select! {
                message = wire.receive() => match message {
                    Ok(message) => self.hear(&mut wire, message).await,
                    Err(error) => Err(error.into()),
                },
                order = self.orders.recv(), if has_room => match order {
                    Some(order) => self.take(order),
                    None => Err(End::Leave),
                },
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
                self.note(Record::Said { user: self.user.clone(), to: to.clone(), text: text.clone() });
                self.pending.push_back(Pending { cid: ClientId(cid), to, text, request: None });
                Ok(())
            }
            Order::Away => Err(End::Away),
            Order::Back => Ok(()),
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
                ServerMessage::Ready { .. } => break,
                ServerMessage::Error(refusal) if refusal.code == Code::TICKET_EXPIRED => {
                    self.ticket = None;
                    self.ask_in(&mut wire).await?;
                }
                ServerMessage::Error(refusal) => {
                    tokio::time::sleep(LATER).await;
                    return Err(io::Error::other(refusal.text));
                }
                message => {
                    if self.hear(&mut wire, message).await.is_err() {
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                }
            }
        }
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
            let (name, password) = (self.user.clone(), format!("password of {}", self.user));
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
        if frames.is_empty() { Ok(()) } else { wire.send(&frames).await }
    }

    async fn hear(&mut self, wire: &mut Wire, message: ServerMessage) -> Result<(), End> {
        match message {
            ServerMessage::Message(entry) => self.show(wire, entry).await?,
            ServerMessage::Sent { re, seq, outcome, .. } => self.acknowledged(re, seq, &outcome),
            ServerMessage::Error(refusal) => self.refused(refusal)?,
            ServerMessage::Ping { n } => wire.send(&[codec::encode(&ClientMessage::Pong { n })]).await?,
            ServerMessage::Bye { reason, .. } => {
                if reason.as_str() == "going-away" {
                    self.counts.going_away.fetch_add(1, Ordering::SeqCst);
                }
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
            let reader = self.user.clone();
            let is_new = self.shown.entry(conv.clone()).or_default().insert(seq.0);
            self.note(if is_new {
                Record::Shown { reader, text, seq: seq.0 }
            } else {
                Record::CameAgain { reader, seq: seq.0 }
            });
        }
        if conv != LOBBY {
            wire.send(&[codec::encode(&ClientMessage::Ack { conv, seq })]).await?;
        }
        Ok(())
    }

    fn acknowledged(&mut self, re: RequestId, seq: Seq, _outcome: &Outcome) {
        let Some(pending) = self.answered(re) else { return };
        let user = self.user.clone();
        self.note(Record::Acknowledged { user, text: pending.text, seq: seq.0 });
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
            let (user, code) = (self.user.clone(), refusal.code.as_str().to_owned());
            self.note(Record::Refused { user, text: pending.text, code });
            self.counts.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(())
    }

    fn answered(&mut self, re: RequestId) -> Option<Pending> {
        let place = self.pending.iter().position(|pending| pending.request == Some(re))?;
        self.pending.remove(place)
    }

    fn note(&self, record: Record) {
        self.plan.history.lock().unwrap_or_else(PoisonError::into_inner).add(record);
        self.plan.seen.notify_waiters();
    }
}
