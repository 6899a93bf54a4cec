//! A scripted server: it lets everybody in, answers what a client asks after the login, and says in the lobby what it is
//! told to say. No TLS: what is measured is the client's screen, and loopback.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use bytes::BytesMut;
use shared::codec;
use shared::id::{Seq, UnixMs, millis};
use shared::limits::{FRAME_AFTER_LOGIN, TEXT_BYTES, TEXT_LINES};
use shared::message::{ClientMessage, Entry, Kind, LOBBY, ServerMessage, UserInfo, Welcome};
use shared::version::PROTO_MAX;

use super::console::LIMIT;

/// The newest of the older lines that are shown after the login.
pub const NEWEST: &str = "THE-NEWEST-OLDER-LINE";

/// Who speaks in the lobby, one after the other.
const SPEAKERS: u64 = 20;

/// The place of the first line that is said live; older ones stand before it.
const LIVE: u64 = 1_000;

/// Frames are written in pieces of about so many bytes.
const PIECE: usize = 64 * 1024;

/// The server. It listens until the program ends.
pub struct Script {
    port: u16,
    sessions: Receiver<Session>,
}

/// A client that has logged in.
#[derive(Clone)]
pub struct Session {
    wire: Arc<Mutex<TcpStream>>,
    pings: Arc<AtomicU64>,
    said: Arc<AtomicU64>,
}

impl Script {
    /// Listens on a free port of loopback.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let port = listener.local_addr()?.port();
        let (tx, sessions) = channel();
        std::thread::spawn(move || {
            for wire in listener.incoming().map_while(Result::ok) {
                let tx = tx.clone();
                // A client that has gone is no failure of the script.
                std::thread::spawn(move || serve(wire, &tx).unwrap_or_default());
            }
        });
        Ok(Self { port, sessions })
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The next client that logs in.
    pub fn session(&self) -> anyhow::Result<Session> {
        self.sessions.recv_timeout(LIMIT).context("no client logs in")
    }
}

impl Session {
    /// How often the client has asked whether the server is there.
    pub fn pings(&self) -> u64 {
        self.pings.load(Ordering::Relaxed)
    }

    /// Says so many lines of `length` bytes in the lobby as fast as they are taken, and then `last`.
    pub fn flood(&self, lines: u64, length: usize, last: &str) -> anyhow::Result<()> {
        let mut piece = Vec::with_capacity(PIECE + FRAME_AFTER_LOGIN);
        for number in 1..=lines {
            let text = if number == lines { last.to_owned() } else { words(number, length) };
            piece.extend_from_slice(&codec::encode(&ServerMessage::Message(self.entry(text))));
            if piece.len() >= PIECE || number == lines {
                self.write(&piece)?;
                piece.clear();
            }
        }
        Ok(())
    }

    /// Says one line.
    pub fn say(&self, text: &str) -> anyhow::Result<()> {
        self.write(&codec::encode(&ServerMessage::Message(self.entry(text.to_owned()))))
    }

    /// Says lines at this rate until it is told to stop.
    pub fn murmur(&self, every: Duration, length: usize, stop: Receiver<()>) -> anyhow::Result<()> {
        let mut number = 0;
        while stop.recv_timeout(every).is_err() {
            number += 1;
            self.say(&words(number, length))?;
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.wire.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes)?)
    }

    fn entry(&self, text: String) -> Entry {
        entry(LIVE + self.said.fetch_add(1, Ordering::Relaxed), text)
    }
}

/// A text of small letters and digits, so that capitals are found behind it.
pub fn words(number: u64, length: usize) -> String {
    let mut text = format!("line {number:07} of many");
    while text.len() < length {
        text.push_str(" and then some more");
    }
    text.truncate(length);
    text
}

fn entry(seq: u64, text: String) -> Entry {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Entry {
        conv: LOBBY.to_owned(),
        seq: Seq(seq),
        at: UnixMs(millis(wall)),
        from: format!("speaker{:02}", seq % SPEAKERS),
        text,
        kind: Kind::TEXT,
        stored: false,
    }
}

fn user(name: String) -> UserInfo {
    UserInfo { name, online: true, since: UnixMs(0), away: String::new(), quiet: false }
}

fn serve(mut wire: TcpStream, sessions: &Sender<Session>) -> anyhow::Result<()> {
    wire.set_nodelay(true)?;
    let session =
        Session { wire: Arc::new(Mutex::new(wire.try_clone()?)), pings: Arc::default(), said: Arc::default() };
    let mut read = BytesMut::new();
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let count = wire.read(&mut bytes)?;
        if count == 0 {
            return Ok(());
        }
        read.extend_from_slice(&bytes[..count]);
        while let Some(body) = codec::take_frame(&mut read, FRAME_AFTER_LOGIN)? {
            let message = codec::decode(&body)?;
            if let ClientMessage::Ping { .. } = message {
                session.pings.fetch_add(1, Ordering::Relaxed);
            }
            let is_login = matches!(message, ClientMessage::Login { .. });
            let answers: Vec<_> = answers(message).iter().flat_map(|answer| codec::encode(answer).to_vec()).collect();
            session.write(&answers)?;
            if is_login {
                sessions.send(session.clone()).context("nobody waits for clients any more")?;
            }
        }
    }
}

fn answers(message: ClientMessage) -> Vec<ServerMessage> {
    match message {
        ClientMessage::Hello { .. } => vec![ServerMessage::Welcome(Welcome {
            proto: PROTO_MAX,
            server: "a script".to_owned(),
            caps: String::new(),
            time: UnixMs(0),
            frame_max: u32::try_from(FRAME_AFTER_LOGIN).unwrap_or_default(),
            text_max: u32::try_from(TEXT_BYTES).unwrap_or_default(),
            lines_max: u32::try_from(TEXT_LINES).unwrap_or_default(),
            register: true,
        })],
        ClientMessage::Login { id, name, .. } => {
            let users = (0..SPEAKERS).map(|number| format!("speaker{number:02}")).chain([name.clone()]);
            let users = users.map(user).collect();
            vec![
                ServerMessage::LoggedIn {
                    re: id,
                    name,
                    timeout_ms: 0,
                    notice: String::new(),
                    ticket: None,
                    device: None,
                    lobby: None,
                },
                ServerMessage::Roster { users },
                ServerMessage::Ready { stored: 0 },
            ]
        }
        ClientMessage::History { id, conv, before: None, limit } => {
            let limit = u64::from(limit).min(LIVE);
            let older = (LIVE - limit..LIVE - 1).map(|seq| entry(seq, words(seq, 80)));
            let messages = older.chain([entry(LIVE - 1, NEWEST.to_owned())]).collect();
            vec![ServerMessage::History { re: id, conv, messages, more: false }]
        }
        ClientMessage::History { id, conv, .. } => {
            vec![ServerMessage::History { re: id, conv, messages: Vec::new(), more: false }]
        }
        ClientMessage::Who { id } => vec![ServerMessage::Users { re: id, users: Vec::new(), more: false }],
        ClientMessage::Blocked { id } => vec![ServerMessage::Blocked { re: id, names: Vec::new(), more: false }],
        ClientMessage::Ping { n } => vec![ServerMessage::Pong { n }],
        _ => Vec::new(),
    }
}
