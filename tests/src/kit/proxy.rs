//! A network that misbehaves: between clients and a server, on loopback.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What happens to one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Treatment {
    /// Everything passes.
    #[default]
    Pass,
    /// It is cut after so many bytes from the server.
    CutAfter(u64),
    /// Both sockets stay open, and after so many bytes from the server nothing more reaches the client.
    SwallowAfter(u64),
    /// Both sockets stay open, and after so many bytes from the server nothing passes any more, either way.
    StallAfter(u64),
    /// Both sides are reset after so many bytes from the server: what is on its way is lost.
    ResetAfter(u64),
    /// What passes from the server takes so much longer.
    Delay(Duration),
    /// So many bytes a second pass from the server.
    Throttle(u64),
}

/// What is done with what comes from the server.
enum Fate {
    /// More may pass.
    Pass,
    /// The rest never does, and the sockets stay open.
    Swallow,
    Cut,
    Reset,
    Stall,
}

/// A proxy for one server. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    _task: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    server: Mutex<u16>,
    /// For the connections that come next, one each; then everything passes.
    next: Mutex<std::collections::VecDeque<Treatment>>,
    /// Bytes from the server to the client over the newest connection.
    to_client: AtomicU64,
    connections: AtomicUsize,
    /// Connections that began before this number are cut; and whether what comes from the server is swallowed.
    orders: watch::Sender<Orders>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Orders {
    cut_before: usize,
    swallow: bool,
}

impl Proxy {
    /// Listens on a port of its own.
    pub async fn start(server: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            server: Mutex::new(server),
            next: Mutex::default(),
            to_client: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            orders: watch::Sender::new(Orders::default()),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, _task: task })
    }

    /// Where clients connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Treats the connection after those that were spoken for in this way.
    pub fn treat_next(&self, treatment: Treatment) {
        lock(&self.shared.next).push_back(treatment);
    }

    /// Nothing more reaches any client, and all sockets stay open.
    pub fn swallow(&self) {
        self.shared.orders.send_modify(|orders| orders.swallow = true);
    }

    /// Cuts all connections there are; later ones pass.
    pub fn cut(&self) {
        let connections = self.shared.connections.load(Ordering::SeqCst);
        self.shared.orders.send_replace(Orders { cut_before: connections, swallow: false });
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Bytes that the newest connection has brought to its client.
    pub fn bytes_to_client(&self) -> u64 {
        self.shared.to_client.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                let treatment = lock(&shared.next).pop_front().unwrap_or_default();
                shared.to_client.store(0, Ordering::SeqCst);
                connections.spawn(carry(client, number, treatment, Arc::clone(&shared)));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Carries one connection until one side ends it, or it is cut.
async fn carry(client: TcpStream, number: usize, treatment: Treatment, shared: Arc<Shared>) {
    let address = SocketAddr::from(([127, 0, 0, 1], *lock(&shared.server)));
    let Ok(server) = TcpStream::connect(address).await else { return };
    // The clients of a test do the same; a proxy that waits would measure itself.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut orders = shared.orders.subscribe();
    let way = Way { number, treatment, shared: &shared };
    let ended = tokio::select! {
        () = forth(from_client, &to_server) => Fate::Cut,
        fate = way.back(from_server, &to_client) => fate,
        _ = orders.wait_for(|orders| orders.cut_before > number) => Fate::Cut,
    };
    match ended {
        // Nobody reads or writes; the sockets go with the orders to cut.
        Fate::Stall => drop(orders.wait_for(|orders| orders.cut_before > number).await),
        Fate::Reset => {
            let _ = (to_client.as_ref().set_zero_linger(), to_server.as_ref().set_zero_linger());
        }
        _ => {}
    }
}

async fn forth(mut from: OwnedReadHalf, to: &OwnedWriteHalf) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if write(to, &buffer[..count]).await.is_err() {
            return;
        }
    }
}

async fn write(to: &OwnedWriteHalf, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The way from the server to one client.
struct Way<'a> {
    number: usize,
    treatment: Treatment,
    shared: &'a Shared,
}

impl Way<'_> {
    async fn back(&self, mut from: OwnedReadHalf, to: &OwnedWriteHalf) -> Fate {
        let mut buffer = vec![0; 16 * 1024];
        let (mut passed, mut swallows) = (0, false);
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let orders = *self.shared.orders.borrow();
            if orders.cut_before > self.number {
                return Fate::Cut;
            }
            if orders.swallow || swallows {
                continue;
            }
            let (part, then) = self.judge(count, passed).await;
            if write(to, &buffer[..part]).await.is_err() {
                return Fate::Cut;
            }
            passed += u64::try_from(part).unwrap_or(0);
            self.shared.to_client.store(passed, Ordering::SeqCst);
            match then {
                Fate::Pass => {}
                Fate::Swallow => swallows = true,
                end => return end,
            }
        }
        Fate::Cut
    }

    /// How many of `count` bytes pass when so many have passed before, and what comes then.
    async fn judge(&self, count: usize, passed: u64) -> (usize, Fate) {
        let whole = u64::try_from(count).unwrap_or(u64::MAX);
        let (limit, end) = match self.treatment {
            Treatment::Pass => return (count, Fate::Pass),
            Treatment::Delay(span) => {
                tokio::time::sleep(span).await;
                return (count, Fate::Pass);
            }
            Treatment::Throttle(rate) => {
                tokio::time::sleep(Duration::from_micros(whole * 1_000_000 / rate.max(1))).await;
                return (count, Fate::Pass);
            }
            Treatment::CutAfter(limit) => (limit, Fate::Cut),
            Treatment::SwallowAfter(limit) => (limit, Fate::Swallow),
            Treatment::StallAfter(limit) => (limit, Fate::Stall),
            Treatment::ResetAfter(limit) => (limit, Fate::Reset),
        };
        let room = limit.saturating_sub(passed);
        if room >= whole { (count, Fate::Pass) } else { (usize::try_from(room).unwrap_or(count), end) }
    }
}
