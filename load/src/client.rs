//! A connection that is cheap to run by the thousand.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::{Buf, Bytes, BytesMut};
use e2e::any_key;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shared::codec;
use shared::id::{ClientId, RequestId};
use shared::limits::HEADER;
use shared::message::{ClientMessage, Kind, ServerMessage};
use shared::version::{PROTO_MAX, PROTO_MIN};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::child::{PASSWORD, Program, name};

/// Logins under way at once: enough to keep the server busy, few enough for any backlog.
const LOGINS: usize = 64;

/// Room for what one read takes in.
const READ: usize = 32 * 1024;

/// Frames that may wait for the socket of one connection.
const QUEUE: usize = 1024;

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<W: AsyncRead + AsyncWrite + Send + Unpin> Wire for W {}

/// The receiving half.
pub struct Reader {
    wire: ReadHalf<Box<dyn Wire>>,
    unread: BytesMut,
}

/// The sending half.
pub struct Writer {
    wire: WriteHalf<Box<dyn Wire>>,
}

/// One frame's body, known by its first bytes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kindred {
    /// A text in a conversation.
    Message,
    /// The acknowledgement of a text.
    Sent,
    /// The server wants an answer.
    Ping,
    /// Anything else.
    Other,
}

/// A connection, both halves.
pub struct Connection {
    /// The receiving half.
    pub reader: Reader,
    /// The sending half.
    pub writer: Writer,
}

impl Kindred {
    /// What a body is: our encoder writes the tag first, so a few bytes tell.
    pub fn of(body: &[u8]) -> Self {
        match body.get(1..) {
            Some(rest) if rest.starts_with(b"\xa1t\xa7message") => Self::Message,
            Some(rest) if rest.starts_with(b"\xa1t\xa4sent") => Self::Sent,
            Some(rest) if rest.starts_with(b"\xa1t\xa4ping") => Self::Ping,
            _ => Self::Other,
        }
    }
}

impl Connection {
    /// A connection over which nothing has been said.
    pub async fn open(port: u16, tls: Option<Arc<ClientConfig>>) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port)).await.context("cannot connect")?;
        socket.set_nodelay(true)?;
        let wire: Box<dyn Wire> = match tls {
            Some(config) => {
                let host = ServerName::try_from("tern").context("a word is a valid name")?;
                let connector = tokio_rustls::TlsConnector::from(config);
                Box::new(connector.connect(host, socket).await.context("no TLS")?)
            }
            None => Box::new(socket),
        };
        let (reader, writer) = split(wire);
        Ok(Self { reader: Reader { wire: reader, unread: BytesMut::new() }, writer: Writer { wire: writer } })
    }

    /// A connection logged in as a user, after everything that waited has come.
    pub async fn log_in(port: u16, tls: Option<Arc<ClientConfig>>, user: usize) -> anyhow::Result<Self> {
        let mut connection = Self::open(port, tls).await?;
        let hello = ClientMessage::Hello {
            proto_min: PROTO_MIN,
            proto_max: PROTO_MAX,
            client: "load".to_owned(),
            caps: String::new(),
        };
        let login = ClientMessage::Login {
            id: RequestId(1),
            name: name(user),
            password: PASSWORD.to_owned(),
            device: None,
            remember: false,
        };
        connection.writer.send(&codec::encode(&hello)).await?;
        connection.writer.send(&codec::encode(&login)).await?;
        let mut verdict = None;
        while verdict.is_none() {
            let open = connection.reader.read(|body| match codec::decode(body) {
                Ok(ServerMessage::Ready { .. }) => verdict = Some(Ok(())),
                Ok(ServerMessage::Error(refusal)) => verdict = Some(Err(refusal.text)),
                _ => {}
            });
            if !open.await? {
                bail!("the server closed the connection of {}", name(user));
            }
        }
        match verdict {
            Some(Err(text)) => bail!("the login of {} was refused: {text}", name(user)),
            _ => Ok(connection),
        }
    }
}

impl Reader {
    /// Reads once and hands over the body of every whole frame. `false` at the end of the connection.
    pub async fn read(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<bool> {
        self.unread.reserve(READ);
        if self.wire.read_buf(&mut self.unread).await? == 0 {
            return Ok(false);
        }
        while let Some(prefix) = self.unread.first_chunk::<HEADER>() {
            let length = usize::try_from(u32::from_be_bytes(*prefix)).map_err(io::Error::other)?;
            let Some(body) = self.unread.get(HEADER..HEADER + length) else { break };
            take(body);
            self.unread.advance(HEADER + length);
        }
        Ok(true)
    }
}

impl Writer {
    /// Writes bytes and sees them off.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }

    /// Writes whatever comes in on the returned queue, together what is there together, until it closes.
    pub fn spawn(mut self) -> mpsc::Sender<Bytes> {
        let (tx, mut rx) = mpsc::channel::<Bytes>(QUEUE);
        tokio::spawn(async move {
            let mut batch = Vec::new();
            let mut joined = BytesMut::new();
            while rx.recv_many(&mut batch, QUEUE).await > 0 {
                joined.clear();
                batch.drain(..).for_each(|frame| joined.extend_from_slice(&frame));
                // A connection that broke is noticed by its reader.
                if self.send(&joined).await.is_err() {
                    return;
                }
            }
        });
        tx
    }
}

/// The frame that sends a text. Its first 16 characters are the time, by which the receiver measures.
pub fn text_frame(user: usize, number: u64, to: &str, length: u16, clock: Instant) -> Bytes {
    let mut cid = [0; 16];
    cid[..8].copy_from_slice(&u64::try_from(user).unwrap_or(u64::MAX).to_be_bytes());
    cid[8..].copy_from_slice(&number.to_be_bytes());
    codec::encode(&ClientMessage::Send {
        // The first one was the login.
        id: RequestId(number + 2),
        cid: ClientId(cid),
        to: to.to_owned(),
        text: stamped(length, clock),
        kind: Kind::TEXT,
    })
}

/// A text that begins with the time since `clock`.
pub fn stamped(length: u16, clock: Instant) -> String {
    let micros = clock.elapsed().as_micros();
    let mut text = format!("{micros:016x}");
    text.extend(std::iter::repeat_n('x', usize::from(length).saturating_sub(16)));
    text
}

/// How long a text that began with the time was under way.
pub fn age(text: &str, clock: Instant) -> Option<Duration> {
    let sent = u64::from_str_radix(text.get(..16)?, 16).ok()?;
    clock.elapsed().checked_sub(Duration::from_micros(sent))
}

/// The answer to a ping.
pub fn pong(body: &[u8]) -> Option<Bytes> {
    match codec::decode(body) {
        Ok(ServerMessage::Ping { n }) => Some(codec::encode(&ClientMessage::Pong { n })),
        _ => None,
    }
}

/// Logs in the users 0 to `count`, a few at a time, in the order of their numbers.
pub async fn log_in_all(server: &Program, count: usize, tls: bool) -> anyhow::Result<Vec<Connection>> {
    let config = tls.then(any_key::client_config);
    let port = server.port;
    let mut waiting = 0..count;
    let mut under_way = JoinSet::new();
    let mut ready: Vec<Option<Connection>> = (0..count).map(|_| None).collect();
    loop {
        while under_way.len() < LOGINS {
            let Some(user) = waiting.next() else { break };
            let config = config.clone();
            under_way.spawn(async move { (user, Connection::log_in(port, config, user).await) });
        }
        let Some(done) = under_way.join_next().await else { break };
        let (user, connection) = done?;
        ready[user] = Some(connection?);
    }
    Ok(ready.into_iter().flatten().collect())
}
