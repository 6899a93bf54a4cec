//! The listening socket: options, the accept loop, and the tasks of all connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::admission::{Gate, Refused};
use super::greet::{Office, Origin};
use super::{Event, Settings};

/// Connections that the kernel keeps for us until they are accepted. With the usual 1024 a thousand clients that come at
/// once may believe in connections that do not exist.
const BACKLOG: i32 = 4096;

/// How long to wait before accepting again when the process or the machine has run out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Refused connections are logged at most this often, with their number.
const REFUSED_LOG_EVERY: Duration = Duration::from_secs(10);

/// How long connections have to end when the server stops. A little longer than the hub waits for them.
const STOP_GRACE: Duration = Duration::from_secs(7);

/// TCP keepalive: after this much silence, this often, so many times. The belt to the braces of `ping`.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(30), Duration::from_secs(10), 3);

/// How long sent bytes may stay unacknowledged before the kernel gives the connection up.
#[cfg(target_os = "linux")]
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// How many unsent bytes the kernel holds for a connection. A stalled reader would otherwise cost 4 MB there before the
/// server notices; a batch for a healthy one is smaller.
#[cfg(any(target_os = "linux", target_os = "macos"))]
const UNSENT_BYTES: u32 = 128 * 1024;

/// File descriptors kept for anything but connections: the store, its journal, standard streams.
const SPARE_FILES: u64 = 256;

/// The most connections at once, by default: what the memory of a small machine can hold.
pub const CONNECTIONS: usize = 10_000;

/// Listens at an address. `[::]` also takes IPv4, and falls back to `0.0.0.0` where there is no IPv6.
///
/// # Errors
///
/// The address is in use, not ours, or not allowed.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    match bind_exactly(address) {
        Err(error) if address.ip().is_unspecified() && address.is_ipv6() && lacks_ipv6(&error) => {
            bind_exactly((Ipv4Addr::UNSPECIFIED, address.port()).into())
        }
        result => result,
    }
}

/// Raises the limit of open files as far as it goes without privileges, and says how many there may be.
#[cfg(unix)]
pub fn raise_file_limit() -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        return before.unwrap_or(u64::MAX);
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many connections there may be where so many files may be open and `most` are wanted.
pub fn connections_for(files: u64, most: usize) -> usize {
    usize::try_from(files.saturating_sub(SPARE_FILES).max(16)).unwrap_or(usize::MAX).min(most)
}

/// Accepts and serves connections until `stop`; then refuses new ones, drops those that are not greeted yet, and waits a
/// few seconds for the others, which the hub ends.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    events: mpsc::Sender<Event>,
    stop: impl Future<Output = ()> + Send,
) {
    let gate = Gate::new(settings.limits, settings.connections);
    let (stopping, stopped) = watch::channel(false);
    let office = Arc::new(Office::new(settings, events, stopped));
    let mut connections = Connections::default();
    let mut refusals = Refusals::default();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(()) = connections.ended() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                    match admit(&office, &gate, peer, &stream) {
                        Ok(origin) => connections.begin(Arc::clone(&office).serve(stream, origin)),
                        Err(why) => refusals.note(peer.ip(), &why),
                    }
                }
                Err(error) => pause_after(&error).await,
            },
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let all_ended = async { while connections.ended().await.is_some() {} };
    if tokio::time::timeout(STOP_GRACE, all_ended).await.is_err() {
        connections.tasks.shutdown().await;
    }
}

/// The tasks of all connections. One that fails takes nothing else with it.
#[derive(Debug, Default)]
struct Connections {
    tasks: JoinSet<()>,
    /// How many have failed since the start.
    failed: u64,
}

impl Connections {
    fn begin(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Waits until the next one has ended; `None` when there are none.
    async fn ended(&mut self) -> Option<()> {
        let ended = self.tasks.join_next().await?;
        if ended.is_err_and(|error| JoinError::is_panic(&error)) {
            self.failed += 1;
            tracing::error!("a connection's task has failed, which is a bug; {} since the start", self.failed);
        }
        Some(())
    }
}

/// Why a connection is not served.
#[derive(Debug, thiserror::Error)]
enum Unserved {
    #[error("{0}")]
    Refused(#[from] Refused),
    #[error("without TLS only this machine is served")]
    PlainFromElsewhere,
    #[error("it broke at once")]
    Socket(#[from] io::Error),
}

fn admit(office: &Office, gate: &Gate, peer: SocketAddr, stream: &TcpStream) -> Result<Origin, Unserved> {
    if !office.has_tls() && !peer.ip().is_loopback() {
        return Err(Unserved::PlainFromElsewhere);
    }
    let pass = gate.admit(peer.ip(), Instant::now(), roll())?;
    prepare(stream)?;
    Ok(Origin { address: peer, pass })
}

fn bind_exactly(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restarted server must get its port back at once. On Windows the option means something else: to steal a port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Whether an error says that this machine has no IPv6.
fn lacks_ipv6(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// Sets the options of an accepted socket.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    let (after, every, times) = KEEPALIVE;
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(after).with_interval(every).with_retries(times))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))?;
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    socket.set_tcp_notsent_lowat(UNSENT_BYTES)?;
    Ok(())
}

/// Most errors of `accept` are about the one connection that is gone already. The others (no file descriptors, no
/// memory) pass when something is closed, and asking again at once would only burn the processor.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
        return;
    }
    tracing::warn!("cannot accept connections: {error}; trying again");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// A number from 0 to 99 that nobody can foresee. Fairness is all it has to bring, so the standard library's random hash
/// keys will do.
fn roll() -> usize {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let number = RandomState::new().build_hasher().finish() % 100;
    usize::try_from(number).unwrap_or_default()
}

/// Logs refused connections without letting whoever causes them fill the log.
#[derive(Debug, Default)]
struct Refusals {
    unlogged: u64,
    logged_at: Option<Instant>,
}

impl Refusals {
    fn note(&mut self, address: IpAddr, why: &Unserved) {
        self.unlogged += 1;
        let now = Instant::now();
        if self.logged_at.is_none_or(|at| now.duration_since(at) >= REFUSED_LOG_EVERY) {
            tracing::info!("refused {} connections, the last from {address}: {why}", self.unlogged);
            *self = Self { unlogged: 0, logged_at: Some(now) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_fails_is_counted_and_takes_no_other_with_it() {
        let mut connections = Connections::default();
        let (say, hear) = tokio::sync::oneshot::channel();
        connections.begin(async { say.send("still here").unwrap() });
        connections.begin(async { panic!("a bug, made by this test") });
        connections.begin(async { panic!("another one") });
        while connections.ended().await.is_some() {}
        assert_eq!(connections.failed, 2);
        assert_eq!(hear.await, Ok("still here"));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn every_accepted_socket_has_its_options() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        prepare(&stream).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        let keepalive = (
            socket.tcp_keepalive_time().unwrap(),
            socket.tcp_keepalive_interval().unwrap(),
            socket.tcp_keepalive_retries().unwrap(),
        );
        assert_eq!(keepalive, KEEPALIVE);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(USER_TIMEOUT));
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), UNSENT_BYTES);
    }

    #[test]
    fn as_many_connections_as_fit_and_no_more_than_asked_for() {
        assert_eq!(connections_for(1_000_000, 10_000), 10_000);
        assert_eq!(connections_for(20_000, 100_000), 19_744);
        assert_eq!(connections_for(256, 10_000), 16);
        assert_eq!(connections_for(u64::MAX, usize::MAX), usize::MAX - 256);
    }
}
