//! One attempt to connect: name, address, TLS, key, first exchange. Either everything is done or there is one error
//! that says what a user can do about it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage, NoApplicationProtocol, PeerIncompatible};
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError};
use shared::caps::Caps;
use shared::codec::{self, CodecError};
use shared::error::Code;
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, ServerMessage, Welcome};
use shared::text::{Lines, SafeText};
use shared::version::{ALPN, PROTO_MAX, PROTO_MIN, agree};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::trust::{TrustError, TrustStore};
use super::verify::{Shown, client_config};
use super::{ConnectError, Fingerprint, Target, Timing, Trust};

/// Keepalive: first probe after 30 s, then every 10 s, dead after 3. The belt for a path that dies while this client
/// is stopped and sends no pings.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(30), Duration::from_secs(10), 3);

/// How long the kernel waits for written bytes to be acknowledged. The same as the stall of a write.
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// A byte stream to the server, with TLS or without.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// A connection after its first exchange.
pub(super) struct Greeted {
    /// The stream.
    pub(super) stream: Box<dyn Duplex>,
    /// What was read behind the welcome.
    pub(super) read: BytesMut,
    /// What the server said.
    pub(super) welcome: Welcome,
    /// How its key was judged.
    pub(super) trust: Trust,
    /// Where the connection comes from on this machine.
    pub(super) local: Option<SocketAddr>,
    /// How long the server took to answer the greeting.
    pub(super) delay: Duration,
}

/// Connects to `target`. A key seen for the first time is remembered only when everything else has succeeded.
pub(super) async fn connect(
    target: &Target,
    trust: &TrustStore,
    caps: Caps,
    timing: &Timing,
) -> Result<Greeted, ConnectError> {
    let address = target.address();
    let known = if target.tls { known_key(trust, &address).await? } else { None };
    let socket = dial(target, &address, timing).await?;
    let local = socket.local_addr().ok();
    let deadline = Instant::now() + timing.greeting;
    let silent = |_| unreachable(&address, format!("it does not answer within {} s", timing.greeting.as_secs_f32()));
    if !target.tls {
        let mut stream: Box<dyn Duplex> = Box::new(socket);
        let (welcome, read, delay) =
            timeout_at(deadline, greet(&mut stream, &address, caps)).await.map_err(silent)??;
        return Ok(Greeted { stream, read, welcome, trust: Trust::None, local, delay });
    }
    let handshake = secure(socket, &address, [target.fingerprint, known].into_iter().flatten().collect());
    let (mut stream, found) = timeout_at(deadline, handshake).await.map_err(silent)??;
    let (welcome, read, delay) = timeout_at(deadline, greet(&mut stream, &address, caps)).await.map_err(silent)??;
    if known.is_none() {
        remember(trust, &address, found).await?;
    }
    let trust = match (known, target.fingerprint) {
        (Some(_), _) => Trust::Known,
        (None, Some(pinned)) => Trust::Pinned(pinned),
        (None, None) => Trust::FirstUse(found),
    };
    Ok(Greeted { stream, read, welcome, trust, local, delay })
}

fn unreachable(address: &str, why: impl Into<String>) -> ConnectError {
    ConnectError::Unreachable { address: address.to_owned(), why: why.into() }
}

fn not_tern(address: &str, why: impl Into<String>) -> ConnectError {
    ConnectError::NotTern { address: address.to_owned(), why: why.into() }
}

async fn known_key(trust: &TrustStore, address: &str) -> Result<Option<Fingerprint>, ConnectError> {
    let name = address.to_owned();
    on_disk(trust, move |trust| trust.lookup(&name)).await.map_err(|error| ConnectError::TrustFile(error.to_string()))
}

async fn remember(trust: &TrustStore, address: &str, found: Fingerprint) -> Result<(), ConnectError> {
    let name = address.to_owned();
    on_disk(trust, move |trust| trust.remember(&name, found)).await.map_err(|error| match error {
        TrustError::Taken(expected) => key_changed(address, expected, found),
        other => ConnectError::TrustFile(other.to_string()),
    })
}

/// Works with the file on a thread of its own, because a disk may be slow and a lock may be held.
async fn on_disk<T: Send + 'static>(
    trust: &TrustStore,
    work: impl FnOnce(&TrustStore) -> Result<T, TrustError> + Send + 'static,
) -> Result<T, TrustError> {
    let store = trust.clone();
    let done = tokio::task::spawn_blocking(move || work(&store)).await;
    // Only a runtime that shuts down ends such work early.
    done.unwrap_or_else(|error| Err(TrustError::Io { path: trust.path(), source: io::Error::other(error) }))
}

fn key_changed(address: &str, expected: Fingerprint, found: Fingerprint) -> ConnectError {
    ConnectError::KeyChanged { address: address.to_owned(), expected: expected.to_string(), found: found.to_string() }
}

/// Tries every address of the name in turn, and tells about the last failure.
async fn dial(target: &Target, address: &str, timing: &Timing) -> Result<TcpStream, ConnectError> {
    let deadline = Instant::now() + timing.reach;
    let found = timeout_at(deadline, lookup_host((target.host.as_str(), target.port))).await;
    let found = found.map_err(|_| unreachable(address, "looking up its name takes too long"))?;
    let found: Vec<SocketAddr> =
        found.map_err(|error| unreachable(address, format!("its name is not known ({error})")))?.collect();
    let allowed: Vec<SocketAddr> =
        found.iter().copied().filter(|found| target.tls || found.ip().is_loopback()).collect();
    if allowed.is_empty() && !found.is_empty() {
        return Err(ConnectError::Refused {
            code: Code::NEEDS_TLS.as_str().to_owned(),
            text: format!("Without TLS only this machine can be connected to: leave --no-tls out for {address}."),
        });
    }
    let mut last = unreachable(address, "its name has no address");
    for candidate in allowed {
        let until = deadline.min(Instant::now() + timing.dial);
        last = match timeout_at(until, outgoing(candidate)).await {
            Ok(Ok(socket)) => {
                tune(&socket);
                return Ok(socket);
            }
            Ok(Err(error)) => explain_dial(address, &error),
            Err(_) => unreachable(address, "it does not answer"),
        };
    }
    Err(last)
}

/// Connects from a port that can be listened on later: what a router has opened for this connection is open for private
/// sessions, too.
async fn outgoing(candidate: SocketAddr) -> io::Result<TcpStream> {
    match reusable(candidate) {
        Ok(socket) => socket.connect(candidate).await,
        // Then no private session comes through such a router, which is no reason to have no chat.
        Err(_) => TcpStream::connect(candidate).await,
    }
}

fn reusable(candidate: SocketAddr) -> io::Result<TcpSocket> {
    let (socket, any): (_, SocketAddr) = match candidate {
        SocketAddr::V4(_) => (TcpSocket::new_v4()?, (Ipv4Addr::UNSPECIFIED, 0).into()),
        SocketAddr::V6(_) => (TcpSocket::new_v6()?, (Ipv6Addr::UNSPECIFIED, 0).into()),
    };
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(any)?;
    Ok(socket)
}

fn explain_dial(address: &str, error: &io::Error) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectError::NobodyListens { address: address.to_owned() },
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            unreachable(address, "there is no way to it")
        }
        io::ErrorKind::TimedOut => unreachable(address, "it does not answer"),
        _ => unreachable(address, error.to_string()),
    }
}

/// Socket options are helpers: without one of them the pings of the protocol still work.
pub(crate) fn tune(socket: &TcpStream) {
    let (first, every, probes) = KEEPALIVE;
    let keepalive = TcpKeepalive::new().with_time(first).with_interval(every).with_retries(probes);
    let options = SockRef::from(socket);
    let set = [
        socket.set_nodelay(true),
        options.set_tcp_keepalive(&keepalive),
        #[cfg(target_os = "linux")]
        options.set_tcp_user_timeout(Some(USER_TIMEOUT)),
    ];
    for error in set.into_iter().filter_map(Result::err) {
        tracing::debug!(%error, "a socket option cannot be set");
    }
}

/// The TLS handshake. It gives the stream and the key the server has proved to own.
async fn secure(
    socket: TcpStream,
    address: &str,
    expected: Vec<Fingerprint>,
) -> Result<(Box<dyn Duplex>, Fingerprint), ConnectError> {
    let shown = Shown::default();
    let config = client_config(expected.clone(), Arc::clone(&shown));
    let peer = socket.peer_addr().map_err(|error| unreachable(address, error.to_string()))?;
    // An address instead of a name: names are not checked, and nothing typed travels in clear.
    let name = ServerName::from(peer.ip());
    let stream = match TlsConnector::from(Arc::new(config)).connect(name, socket).await {
        Ok(stream) => stream,
        Err(error) => return Err(explain_tls(address, &error, &expected, shown.get().copied())),
    };
    if stream.get_ref().1.alpn_protocol() != Some(ALPN) {
        return Err(not_tern(address, NOT_TERN_TLS));
    }
    let found = *shown.get().expect("a handshake does not succeed without the verifier");
    Ok((Box::new(stream), found))
}

const NOT_TERN_TLS: &str = "it speaks TLS, but not the protocol of Tern";

/// Only what the other side positively said makes it "not Tern"; a broken connection may work later.
fn explain_tls(address: &str, error: &io::Error, expected: &[Fingerprint], shown: Option<Fingerprint>) -> ConnectError {
    let wrong = shown.and_then(|found| expected.iter().find(|expected| **expected != found).map(|key| (*key, found)));
    if let Some((expected, found)) = wrong {
        return key_changed(address, expected, found);
    }
    let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return unreachable(address, format!("the connection broke before it was safe ({error})"));
    };
    match inner {
        InvalidMessage(_) => {
            not_tern(address, "it does not speak TLS (a server without TLS needs --no-tls on both sides)")
        }
        NoApplicationProtocol | AlertReceived(AlertDescription::NoApplicationProtocol) => {
            not_tern(address, NOT_TERN_TLS)
        }
        PeerIncompatible(_) | AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure) => {
            not_tern(address, "it does not speak TLS 1.3")
        }
        InvalidCertificate(CertificateError::BadSignature) => {
            not_tern(address, "it does not own the key that it shows")
        }
        other => not_tern(address, format!("the TLS handshake failed ({other})")),
    }
}

/// The first exchange. It gives the welcome, what was read behind it, and how long the answer took.
async fn greet(
    stream: &mut Box<dyn Duplex>,
    address: &str,
    caps: Caps,
) -> Result<(Welcome, BytesMut, Duration), ConnectError> {
    let begin = Instant::now();
    let hello = ClientMessage::Hello {
        proto_min: PROTO_MIN,
        proto_max: PROTO_MAX,
        client: concat!("tui-client ", env!("CARGO_PKG_VERSION")).to_owned(),
        caps: caps.write(),
    };
    let broke = |error: io::Error| unreachable(address, format!("the connection broke at the greeting ({error})"));
    // A server that refuses may close at once: what it said is worth more than the failed write.
    let written = async {
        stream.write_all(&codec::encode(&hello)).await?;
        stream.flush().await
    }
    .await;
    let mut read = BytesMut::with_capacity(1024);
    let first = loop {
        match codec::take_frame(&mut read, FRAME_AFTER_LOGIN) {
            Ok(Some(frame)) => break frame,
            Ok(None) => {}
            Err(error) => return Err(not_tern(address, explain_garbage(&error))),
        }
        if stream.read_buf(&mut read).await.map_err(broke)? == 0 {
            written.map_err(broke)?;
            return Err(unreachable(address, "it closed the connection at the greeting"));
        }
    };
    let first = codec::decode(&first).map_err(|error| not_tern(address, explain_garbage(&error)))?;
    judge_greeting(address, first).map(|welcome| (welcome, read, begin.elapsed()))
}

fn explain_garbage(error: &CodecError) -> &'static str {
    match error {
        // The length is really the head of a TLS record: alert or handshake, version 3.x.
        CodecError::TooLarge { length, .. } if matches!(length >> 16, 0x1503 | 0x1603) => {
            "it speaks TLS (leave --no-tls out)"
        }
        _ => "it sent something that is not Tern",
    }
}

/// Whatever a server says is made safe before it is shown.
fn refused(code: Code, text: &str) -> ConnectError {
    let code = SafeText::new(code.as_str(), Lines::One).as_str().to_owned();
    let text = match text.trim() {
        "" => format!("The server refuses the connection ({code})."),
        text => SafeText::new(text, Lines::One).as_str().to_owned(),
    };
    ConnectError::Refused { code, text }
}

fn judge_greeting(address: &str, first: ServerMessage) -> Result<Welcome, ConnectError> {
    match first {
        ServerMessage::Welcome(welcome) if agree(welcome.proto, welcome.proto).is_some() => Ok(welcome),
        ServerMessage::Welcome(welcome) => {
            Err(not_tern(address, format!("it chose protocol {}, which this client does not speak", welcome.proto)))
        }
        ServerMessage::Refuse { code, text } => Err(refused(code, &text)),
        ServerMessage::Error(refusal) => Err(refused(refusal.code, &refusal.text)),
        _ => Err(not_tern(address, "it did not answer the greeting")),
    }
}
