//! The strangers, in a process of their own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shared::codec;
use shared::error::Code;
use shared::id::RequestId;
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, ServerMessage};
use shared::version::{PROTO_MAX, PROTO_MIN};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::any_key;
use crate::kit::{Seed, user_name};

/// What a server gives a stranger before the TLS handshake is done, and then before `hello`.
const STAGE: Duration = Duration::from_secs(10);

/// What it gives from `hello` to the login.
const LOGIN: Duration = Duration::from_mins(2);

/// How much later than its deadline a connection may be closed: the two sides do not begin to count at one moment, and
/// what they count on is a busy machine.
const SLACK: Duration = Duration::from_secs(2);

/// How long after it was closed a stranger comes again, at most.
const REST: Duration = Duration::from_secs(20);

/// Addresses that strangers come from, and those who do nothing but guess.
const ADDRESSES: (usize, usize) = (200, 50);

/// How often each of those guesses: the next time so long after the answer, and again so long after the server has closed.
const PACE: Duration = Duration::from_secs(1);

/// The logged-in users whose names are guessed at.
const VICTIMS: usize = 100;

/// What strangers come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Each for something else.
    Everything,
    /// All to guess passwords, one a second each.
    Passwords,
}

impl Purpose {
    /// The word that [`FromStr`] reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Passwords => "passwords",
        }
    }
}

impl FromStr for Purpose {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = [Self::Everything, Self::Passwords];
        all.into_iter().find(|purpose| purpose.as_str() == word).ok_or_else(|| format!("nobody comes for {word}"))
    }
}

/// How many strangers there are, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// What for.
    pub purpose: Purpose,
    /// Where the server listens.
    pub port: u16,
    /// How many at once.
    pub strangers: usize,
    /// How long each comes again and again.
    pub span: Duration,
    /// What chance follows from.
    pub seed: u64,
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Connections that were made.
    pub connections: usize,
    /// Those that were not closed by their deadline.
    pub late: usize,
    /// Passwords that were guessed and got an answer.
    pub guesses: usize,
    /// Those of them that were not looked at, because too many waited.
    pub busy: usize,
    /// What the latest did, and how long it was held.
    pub latest: String,
}

impl Report {
    /// From the line that [`crowd`] returned.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.trim().splitn(5, ' ');
        let mut count = || parts.next()?.parse().ok();
        let (connections, late, guesses, busy) = (count()?, count()?, count()?, count()?);
        Some(Self { connections, late, guesses, busy, latest: parts.next().unwrap_or_default().to_owned() })
    }
}

/// What a stranger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Silent,
    OneByteInTenSeconds,
    HalfOfTls,
    Garbage,
    TlsAndSilence,
    HugeFrame,
    Guesses,
}

const MANNERS: [Manner; 7] = [
    Manner::Silent,
    Manner::OneByteInTenSeconds,
    Manner::HalfOfTls,
    Manner::Garbage,
    Manner::TlsAndSilence,
    Manner::HugeFrame,
    Manner::Guesses,
];

impl Manner {
    /// How long the server bears it.
    fn deadline(self) -> Duration {
        match self {
            Self::Silent | Self::Garbage | Self::OneByteInTenSeconds | Self::HalfOfTls => STAGE,
            // The handshake has its deadline, and `hello` another one.
            Self::TlsAndSilence | Self::HugeFrame => STAGE * 2,
            Self::Guesses => STAGE * 2 + LOGIN,
        }
    }
}

/// What all strangers share.
struct Ground {
    plan: Crowd,
    tls: Arc<ClientConfig>,
    /// When nobody comes again.
    end: Instant,
    report: Mutex<(Report, Duration)>,
}

/// Lets the strangers at the server and waits until the last one is gone. Returns one line for [`Report::parse`].
pub async fn crowd(plan: Crowd) -> String {
    let ground = Arc::new(Ground {
        plan,
        tls: any_key::client_config(),
        end: Instant::now() + plan.span,
        report: Mutex::default(),
    });
    let mut seed = Seed::new(plan.seed);
    let mut all = JoinSet::new();
    for number in 0..plan.strangers {
        all.spawn(stranger(Arc::clone(&ground), number, seed.split()));
    }
    while all.join_next().await.is_some() {}
    let (report, _) = ground.report.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Report { connections, late, guesses, busy, latest } = report;
    format!("{connections} {late} {guesses} {busy} {latest}")
}

/// Comes again and again, always with the same manner.
async fn stranger(ground: Arc<Ground>, number: usize, mut seed: Seed) {
    let (manner, addresses, rest) = match ground.plan.purpose {
        Purpose::Everything => (MANNERS[number % MANNERS.len()], ADDRESSES.0, REST),
        Purpose::Passwords => (Manner::Guesses, ADDRESSES.1, PACE),
    };
    let host = u8::try_from(number % addresses).unwrap_or(0) + 1;
    // Not all at one moment: a full backlog would try the kernel and not the server.
    let rest = |seed: &mut Seed| Duration::from_millis(seed.number() % u64::try_from(rest.as_millis()).unwrap_or(1));
    sleep(rest(&mut seed) / 2).await;
    while Instant::now() < ground.end {
        if let Ok(socket) = connect(ground.plan.port, host).await {
            let start = Instant::now();
            let limit = manner.deadline() + SLACK;
            // A connection that is never closed is noticed, too.
            let _ = timeout(limit * 2, behave(manner, socket, &ground, &mut seed)).await;
            note(&ground, manner, start.elapsed(), limit);
        }
        sleep(rest(&mut seed)).await;
    }
}

fn note(ground: &Ground, manner: Manner, held: Duration, limit: Duration) {
    let mut both = ground.report.lock().unwrap_or_else(PoisonError::into_inner);
    let (report, worst) = &mut *both;
    report.connections += 1;
    report.late += usize::from(held > limit);
    let over = held.saturating_sub(manner.deadline());
    if over > *worst {
        *worst = over;
        report.latest = format!("{manner:?} was held for {held:.1?}");
    }
}

fn note_guess(ground: &Ground, is_busy: bool) {
    let mut both = ground.report.lock().unwrap_or_else(PoisonError::into_inner);
    both.0.guesses += 1;
    both.0.busy += usize::from(is_busy);
}

async fn connect(port: u16, host: u8) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 1, host), 0)))?;
    socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Does what it does until the server closes the connection.
async fn behave(manner: Manner, mut socket: TcpStream, ground: &Ground, seed: &mut Seed) {
    match manner {
        Manner::Silent => until_closed(&mut socket).await,
        Manner::OneByteInTenSeconds => drip(socket).await,
        Manner::HalfOfTls => {
            let _ = socket.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]).await;
            until_closed(&mut socket).await;
        }
        Manner::Garbage => {
            let noise: Vec<u8> = (0..512).flat_map(|_| seed.number().to_be_bytes()).collect();
            let _ = socket.write_all(&[&b"?"[..], &noise].concat()).await;
            until_closed(&mut socket).await;
        }
        Manner::TlsAndSilence | Manner::HugeFrame | Manner::Guesses => {
            let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
            let connector = TlsConnector::from(Arc::clone(&ground.tls));
            if let Ok(stream) = connector.connect(name, socket).await {
                inside_tls(manner, stream, ground, seed).await;
            }
        }
    }
}

async fn drip(mut socket: TcpStream) {
    let (mut reader, mut writer) = socket.split();
    let drops = async {
        for byte in [0x16, 0x03, 0x01, 0x02, 0x00].into_iter().cycle() {
            if writer.write_all(&[byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_secs(10)).await;
        }
    };
    tokio::select! {
        () = until_closed(&mut reader) => {}
        () = drops => {}
    }
}

async fn inside_tls(manner: Manner, mut stream: TlsStream<TcpStream>, ground: &Ground, seed: &mut Seed) {
    match manner {
        Manner::HugeFrame => {
            let _ = stream.write_all(&[0xff, 0xff, 0xff, 0xff, 0x81]).await;
            let _ = stream.flush().await;
        }
        // An error means that the server has had enough, which is what is waited for.
        Manner::Guesses => drop(guess(&mut stream, ground, seed).await),
        _ => {}
    }
    until_closed(&mut stream).await;
}

/// Guesses passwords of people and of nobody, the next one when the last one was refused.
async fn guess(stream: &mut TlsStream<TcpStream>, ground: &Ground, seed: &mut Seed) -> io::Result<()> {
    let hello = ClientMessage::Hello {
        proto_min: PROTO_MIN,
        proto_max: PROTO_MAX,
        client: "stranger".to_owned(),
        caps: String::new(),
    };
    stream.write_all(&codec::encode(&hello)).await?;
    let mut unread = bytes::BytesMut::new();
    loop {
        while let Some(body) = codec::take_frame(&mut unread, FRAME_AFTER_LOGIN).map_err(io::Error::other)? {
            let answer = match codec::decode(&body).map_err(io::Error::other)? {
                ServerMessage::Ping { n } => Some(ClientMessage::Pong { n }),
                ServerMessage::Welcome(_) => Some(attempt(seed)),
                ServerMessage::Error(refusal) => {
                    note_guess(ground, refusal.code == Code::BUSY);
                    if ground.plan.purpose == Purpose::Passwords {
                        sleep(PACE).await;
                    }
                    Some(attempt(seed))
                }
                _ => None,
            };
            if let Some(answer) = answer {
                stream.write_all(&codec::encode(&answer)).await?;
                stream.flush().await?;
            }
        }
        if stream.read_buf(&mut unread).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn attempt(seed: &mut Seed) -> ClientMessage {
    let name = match seed.between(0, 2) {
        0 => user_name(seed.between(0, VICTIMS)),
        _ => format!("nobody{}", seed.between(0, 100_000)),
    };
    let password = format!("guess {}", seed.number());
    ClientMessage::Login { id: RequestId(1), name, password, device: None, remember: false }
}

async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}
