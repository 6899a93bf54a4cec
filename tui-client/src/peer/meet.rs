//! Two clients find each other: both listen, both dial every address they know, every connection proves both keys, and
//! the side that has asked chooses one.
//!
//! Anybody may connect to an open door. A stranger fails in the handshake, holds a place for at most a few seconds, and
//! gives it up earlier when others come; so the right client gets in whatever the strangers do.

use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig, Error, ServerConfig};
use shared::codec;
use shared::limits::FRAME_BEFORE_LOGIN;
use shared::message::Meeting;
use shared::peer::PeerMessage;
use shared::version::PEER_ALPN;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::dial::{Candidate, candidates};
use super::doorway::Doorway;
use super::identity::Identity;
use super::session::{check_hello, hello};
use super::timing::LinkTiming;
use super::{tls, words};
use crate::app::peer::NoWay;

/// Connections of others that are looked at at once. When one more comes, the one that has taken longest to prove its key
/// goes: the right client needs a few round trips, a stranger uses up its time.
const INCOMING: usize = 32;

/// How much longer than the side that chooses the other one waits to hear of the choice, so that a choice made in the last
/// moment is not missed.
const LAST_WORD: Duration = Duration::from_secs(1);

/// How long to wait after `accept` has failed: the process has run out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the server has seen is dialled this much later than what the other client has told, which is nearer.
const OBSERVED_AFTER: Duration = Duration::from_millis(40);

/// How many unsent bytes the kernel holds: a text waits behind them when a file is on its way.
#[cfg(any(target_os = "linux", target_os = "macos"))]
const UNSENT_BYTES: u32 = 128 * 1024;

/// A connection that both sides want.
pub(super) struct Met {
    pub(super) stream: TlsStream<TcpStream>,
    /// What was read behind the other side's hello.
    pub(super) read: BytesMut,
    pub(super) address: SocketAddr,
    pub(super) words: [&'static str; 4],
    /// Where this side has dialled it, to do that again if nothing comes of it.
    dialled: Option<(Candidate, u16)>,
}

/// A connection of somebody else that is looked at.
struct Incoming {
    task: AbortHandle,
    /// Whether it has proved the right key. Then it is no stranger, and stays.
    is_proved: Arc<AtomicBool>,
}

/// Makes room for one more: forgets those that have ended, and gives up the stranger that has taken longest.
fn make_room(incoming: &mut VecDeque<Incoming>) {
    incoming.retain(|one| !one.task.is_finished());
    let is_stranger = |one: &Incoming| !one.is_proved.load(Ordering::Relaxed);
    if incoming.iter().filter(|one| is_stranger(one)).count() >= INCOMING
        && let Some(oldest) = incoming.iter().position(is_stranger)
        && let Some(oldest) = incoming.remove(oldest)
    {
        oldest.task.abort();
    }
}

/// What every attempt needs to know.
struct Plan {
    meeting: Meeting,
    me: String,
    role: Role,
    timing: LinkTiming,
    until: Instant,
    /// How the last attempt at each address ended.
    tried: Mutex<BTreeMap<SocketAddr, String>>,
}

enum Role {
    Initiator(Arc<ClientConfig>),
    Responder(Arc<ServerConfig>),
}

type Attempt = Result<Met, String>;
type Choice = Pin<Box<dyn Future<Output = Chosen> + Send>>;
/// The connection that both sides want, or why it came to nothing and where it had been dialled.
type Chosen = Result<Met, (String, Option<(Candidate, u16)>)>;

/// Finds a way to the other client, or says what was tried.
pub(super) async fn meet(
    doorway: Doorway,
    meeting: Meeting,
    me: String,
    identity: &Identity,
    timing: LinkTiming,
) -> Result<Met, NoWay> {
    let config = if meeting.initiator {
        tls::client_config(identity, meeting.key).map(Role::Initiator)
    } else {
        tls::server_config(identity, meeting.key).map(Role::Responder)
    };
    let nothing = |why: String| NoWay { tried: vec![why], help: "" };
    let role = config.map_err(|error| nothing(format!("the device key cannot be used: {error}")))?;
    let ports: Vec<u16> =
        doorway.listeners.iter().filter_map(|listener| Some(listener.local_addr().ok()?.port())).collect();
    let places = candidates(&meeting, &doorway.own, &ports, doorway.is_on_loopback);
    let until = Instant::now() + timing.meet;
    let plan = Arc::new(Plan { meeting, me, role, timing, until, tried: Mutex::default() });
    let mut attempts = JoinSet::new();
    for place in places {
        let port = doorway.port(place.address.ip()).unwrap_or(0);
        attempts.spawn(Arc::clone(&plan).dial(place, port));
    }
    Arc::clone(&plan).choose(&doorway.listeners, attempts).await.ok_or_else(|| plan.no_way())
}

impl Plan {
    /// Takes the first connection that both sides want. `None` when the time is over.
    async fn choose(self: Arc<Self>, listeners: &[TcpListener], mut attempts: JoinSet<Attempt>) -> Option<Met> {
        let mut incoming: VecDeque<Incoming> = VecDeque::new();
        let mut ready: VecDeque<Met> = VecDeque::new();
        let mut choosing: Option<Choice> = None;
        loop {
            if choosing.is_none()
                && let Some(met) = ready.pop_front()
            {
                choosing = Some(Box::pin(Arc::clone(&self).confirm(met)));
            }
            tokio::select! {
                biased;
                chosen = chosen(choosing.as_mut()), if choosing.is_some() => match chosen {
                    Ok(met) => return Some(met),
                    Err((why, dialled)) => {
                        choosing = None;
                        tracing::debug!("a connection was not wanted: {why}");
                        if let Some((place, port)) = dialled {
                            attempts.spawn(Arc::clone(&self).dial(place, port));
                        }
                    }
                },
                // What both sides are about to agree on is not given up in the middle; it has its own deadline.
                () = sleep_until(self.over()), if choosing.is_none() => return None,
                Some(attempt) = attempts.join_next(), if !attempts.is_empty() => {
                    // An attempt that was given up says nothing.
                    if let Ok(Ok(met)) = attempt {
                        ready.push_back(met);
                    }
                }
                (stream, address) = accept(listeners) => {
                    make_room(&mut incoming);
                    let is_proved = Arc::new(AtomicBool::new(false));
                    let task = attempts.spawn(Arc::clone(&self).welcome(stream, address, Arc::clone(&is_proved)));
                    incoming.push_back(Incoming { task, is_proved });
                }
            }
        }
    }

    /// When it is too late for anything new.
    fn over(&self) -> Instant {
        match self.role {
            Role::Initiator(_) => self.until,
            Role::Responder(_) => self.until + LAST_WORD,
        }
    }

    /// Somebody has connected.
    async fn welcome(self: Arc<Self>, stream: TcpStream, address: SocketAddr, is_proved: Arc<AtomicBool>) -> Attempt {
        self.secure(stream, address, &is_proved).await
    }

    /// Dials one place until the time is over or somebody right is there.
    async fn dial(self: Arc<Self>, place: Candidate, port: u16) -> Attempt {
        let address = place.address;
        self.note(address, "timed out");
        if place.is_observed {
            sleep(OBSERVED_AFTER).await;
        }
        loop {
            let attempt = match timeout_at(self.until, connect(address, port)).await {
                Ok(Ok(stream)) => self.secure(stream, address, &AtomicBool::default()).await,
                Ok(Err(error)) => Err(explain(&error)),
                Err(_) => return Err("timed out".to_owned()),
            };
            match attempt {
                Ok(met) => return Ok(Met { dialled: Some((place, port)), ..met }),
                Err(why) => self.note(address, &why),
            }
            sleep(pause()).await;
        }
    }

    /// Proves both keys. The side that was asked waits for the other one's choice, too.
    async fn secure(&self, stream: TcpStream, address: SocketAddr, is_proved: &AtomicBool) -> Attempt {
        tune(&stream);
        let by = Instant::now() + self.timing.handshake;
        let late = |_| "it does not finish the handshake".to_owned();
        match &self.role {
            Role::Initiator(config) => {
                let name = ServerName::from(address.ip());
                let handshake = TlsConnector::from(Arc::clone(config)).connect(name, stream);
                let stream = timeout_at(by, handshake).await.map_err(late)?.map_err(|error| explain(&error))?;
                let state = stream.get_ref().1;
                check_alpn(state.alpn_protocol())?;
                let words = words::of_client(state).map_err(|error| error.to_string())?;
                is_proved.store(true, Ordering::Relaxed);
                Ok(Met { stream: stream.into(), read: BytesMut::new(), address, words, dialled: None })
            }
            Role::Responder(config) => {
                let handshake = TlsAcceptor::from(Arc::clone(config)).accept(stream);
                let stream = timeout_at(by, handshake).await.map_err(late)?.map_err(|error| explain(&error))?;
                let state = stream.get_ref().1;
                check_alpn(state.alpn_protocol())?;
                let words = words::of_server(state).map_err(|error| error.to_string())?;
                is_proved.store(true, Ordering::Relaxed);
                let mut met = Met { stream: stream.into(), read: BytesMut::new(), address, words, dialled: None };
                // Not chosen yet: the initiator says hello on one of all connections.
                let said = timeout_at(self.over(), next_message(&mut met)).await.map_err(|_| "it was not chosen")??;
                check_hello(&said, &self.meeting)?;
                Ok(met)
            }
        }
    }

    /// Says hello. The initiator chooses with it, and waits for the answer; for the other side it is the answer.
    async fn confirm(self: Arc<Self>, mut met: Met) -> Chosen {
        let exchange = async {
            let said = codec::encode(&hello(&self.meeting, &self.me));
            met.stream.write_all(&said).await.map_err(|error| explain(&error))?;
            met.stream.flush().await.map_err(|error| explain(&error))?;
            if let Role::Initiator(_) = self.role {
                let answer = next_message(&mut met).await?;
                check_hello(&answer, &self.meeting)?;
            }
            Ok::<(), String>(())
        };
        let outcome =
            timeout(self.timing.hello, exchange).await.unwrap_or_else(|_| Err("it does not answer".to_owned()));
        match outcome {
            Ok(()) => Ok(met),
            Err(why) => {
                self.note(met.address, &why);
                Err((why, met.dialled))
            }
        }
    }

    fn note(&self, address: SocketAddr, why: &str) {
        // Only addresses that this side dials are worth telling: strangers may come from anywhere.
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.contains_key(&address) || why == "timed out" {
            tried.insert(address, why.to_owned());
        }
    }

    fn no_way(&self) -> NoWay {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let tried: Vec<String> = tried.iter().map(|(address, why)| format!("{address} {why}")).collect();
        let help = if tried.is_empty() {
            "The other client told of no address that this one may dial; one of you may need a port that is let through \
             (--peer-port)."
        } else {
            "A firewall or router is between: one of you may let a port through and name it with --peer-port."
        };
        NoWay { tried, help }
    }
}

async fn chosen(choosing: Option<&mut Choice>) -> Chosen {
    match choosing {
        Some(choosing) => choosing.await,
        None => std::future::pending().await,
    }
}

/// Waits for the next connection on any of the listeners.
async fn accept(listeners: &[TcpListener]) -> (TcpStream, SocketAddr) {
    loop {
        let accepted = poll_fn(|context| {
            for listener in listeners {
                if let Poll::Ready(accepted) = listener.poll_accept(context) {
                    return Poll::Ready(accepted);
                }
            }
            Poll::Pending
        });
        match accepted.await {
            Ok(accepted) => return accepted,
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Connects from the port that is listened on, or from any other where that cannot be: the two may be connected from
/// there already, the other way round.
async fn connect(address: SocketAddr, port: u16) -> io::Result<TcpStream> {
    match connect_from(address, port).await {
        Err(error) if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable) => {
            TcpStream::connect(address).await
        }
        outcome => outcome,
    }
}

async fn connect_from(address: SocketAddr, port: u16) -> io::Result<TcpStream> {
    let (socket, any): (_, IpAddr) = match address {
        SocketAddr::V4(_) => (TcpSocket::new_v4()?, Ipv4Addr::UNSPECIFIED.into()),
        SocketAddr::V6(_) => (TcpSocket::new_v6()?, Ipv6Addr::UNSPECIFIED.into()),
    };
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::new(any, port))?;
    socket.connect(address).await
}

/// Like the connection to the server, so that routers remember it and its end is noticed; and with little held by the
/// kernel.
fn tune(socket: &TcpStream) {
    crate::net::tune(socket);
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    if let Err(error) = SockRef::from(socket).set_tcp_notsent_lowat(UNSENT_BYTES) {
        tracing::debug!(%error, "a socket option cannot be set");
    }
}

fn check_alpn(agreed: Option<&[u8]>) -> Result<(), String> {
    if agreed == Some(PEER_ALPN) { Ok(()) } else { Err("it does not speak like a client of Tern".to_owned()) }
}

/// Reads one message.
async fn next_message(met: &mut Met) -> Result<PeerMessage, String> {
    loop {
        let frame = codec::take_frame(&mut met.read, FRAME_BEFORE_LOGIN).map_err(|error| error.to_string())?;
        if let Some(frame) = frame {
            return codec::decode(&frame).map_err(|error| error.to_string());
        }
        match met.stream.read_buf(&mut met.read).await {
            Ok(0) => return Err("it closed the connection".to_owned()),
            Ok(_) => {}
            Err(error) => return Err(explain(&error)),
        }
    }
}

/// How an attempt failed, in a word or two.
fn explain(error: &io::Error) -> String {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        return match inner {
            Error::InvalidCertificate(_) => "another key",
            Error::AlertReceived(AlertDescription::AccessDenied | AlertDescription::CertificateRequired) => {
                "it does not know this client"
            }
            _ => "no TLS between clients",
        }
        .to_owned();
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused".to_owned(),
        io::ErrorKind::TimedOut => "timed out".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "unreachable".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            "closed".to_owned()
        }
        _ => error.to_string(),
    }
}

/// The wait between two attempts: 60 to 250 ms, so that two clients do not keep missing each other.
fn pause() -> Duration {
    let [.., high, low] = uuid::Uuid::now_v7().into_bytes();
    Duration::from_millis(60 + u64::from(u16::from_be_bytes([high, low])) % 190)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Incoming {
        let task = tokio::spawn(std::future::pending::<()>()).abort_handle();
        Incoming { task, is_proved: Arc::new(AtomicBool::new(false)) }
    }

    #[tokio::test]
    async fn a_flood_of_strangers_pushes_out_strangers_only() {
        let mut incoming = VecDeque::new();
        let right = waiting();
        right.is_proved.store(true, Ordering::Relaxed);
        let kept = right.task.clone();
        incoming.push_back(right);
        for _ in 0..500 {
            make_room(&mut incoming);
            incoming.push_back(waiting());
        }
        tokio::task::yield_now().await;
        assert!(!kept.is_finished(), "the client that has proved its key stays");
        assert_eq!(incoming.len(), INCOMING + 1);
    }
}
