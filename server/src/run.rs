//! Joins the parts to a server: made in the order in which things can go wrong, ended in the order in which nothing is
//! lost.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle};

use crate::auth::{self, Auth};
use crate::chat::{Chat, Input, Moment, Mono};
use crate::clock::wall;
use crate::config::{Config, CredentialsFile, Switch};
use crate::credentials::{self, Credentials, CredentialsError};
use crate::hub::{self, HubError, HubHandle};
use crate::net::tls::{Fingerprint, Identity, TlsError};
use crate::net::{self, Budget, Limits, OUTBOX_BYTES, TOTAL_OUTBOX_BYTES};
use crate::record::KeepError;
use crate::store::sqlite::SqliteStore;
use crate::store::{Answer, Store, StoreError};

mod accounts;
#[cfg(test)]
mod tests;

/// Batches of the store's answers that may wait for the hub; the store waits when they are full.
const ANSWERS: usize = 64;

/// Results of password checks that may wait for the hub: as many as can be under way at once.
const RESULTS: usize = auth::QUEUE;

/// Why a server does not start. The text fits after "server: ".
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The credentials file cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Nobody could ever log in.
    #[error(
        "nobody could log in: accounts cannot be registered (--no-register), there are none, and there is no {}; name a \
         file with --credentials FILE",
        path.display()
    )]
    Nobody {
        /// The file that was looked for.
        path: PathBuf,
    },
    /// The port cannot be had.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why, for people.
        why: String,
    },
    /// The data folder cannot be used.
    #[error("cannot open {}", data.display())]
    Store {
        /// The folder.
        data: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The accounts of the credentials file cannot be stored.
    #[error("cannot store the accounts of the credentials file")]
    Keep(#[from] KeepError),
    /// The server's key cannot be used.
    #[error("cannot start")]
    Tls(#[from] TlsError),
    /// A bug of ours.
    #[error("cannot start")]
    Failed(#[from] JoinError),
}

/// A server that is ready to listen: its port is taken, its data folder locked, its accounts are made.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    config: Config,
    parts: Parts,
}

/// A server that serves. Dropping it ends it too, but nobody waits for the end.
pub struct Running {
    address: SocketAddr,
    fingerprint: Option<Fingerprint>,
    hub: HubHandle,
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
}

/// What waits for the disk while it is made.
struct Parts {
    identity: Option<(Fingerprint, Arc<rustls::ServerConfig>)>,
    store: Arc<SqliteStore>,
    answers: mpsc::Receiver<Vec<Answer>>,
    auth: Auth,
    results: mpsc::Receiver<Input>,
    chat: Chat,
    sample_passwords: bool,
}

impl Server {
    /// Reads the credentials file, takes the port, opens the data folder and makes the accounts that are new. Takes the
    /// time of a few password hashes.
    pub async fn new(config: Config) -> Result<Self, StartError> {
        let asked = config.clone();
        let credentials = tokio::task::spawn_blocking(move || read_credentials(&asked)).await??;
        // Before the data folder: a second server on one port should hear of the port.
        let listener = listen(&config)?;
        let address = listener.local_addr().map_err(|error| unlistened(&config, &error))?;
        let asked = config.clone();
        let parts = tokio::task::spawn_blocking(move || Parts::new(&asked, credentials)).await??;
        Ok(Self { listener, address, config, parts })
    }

    /// Where it will listen; with the port that was chosen when none was named.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Whether an account still has the sample password that everybody can read in the repository.
    pub fn has_sample_passwords(&self) -> bool {
        self.parts.sample_passwords
    }

    /// Begins to serve. Must be called within a Tokio runtime.
    pub fn listen(self) -> Running {
        let Self { listener, address, config, parts } = self;
        let Parts { identity, store, answers, auth, results, mut chat, .. } = parts;
        let (fingerprint, tls) = identity.unzip();
        auth.review();
        let hub = hub::spawn(move |input, now| chat.handle(input, now), store, answers, auth, results);
        let (stop, stopped) = oneshot::channel::<()>();
        let settings = net::Settings {
            tls,
            names: config.names,
            register: config.register,
            limits: match config.limits {
                Switch::On => Limits::On,
                Switch::Off => Limits::Off,
                Switch::Strict => Limits::Strict,
            },
            connections: net::connections_for(net::raise_file_limit(), config.connections),
            outbox_bytes: OUTBOX_BYTES,
            budget: Budget::new(TOTAL_OUTBOX_BYTES),
        };
        let stopped = async move {
            // A sender that is dropped means the same.
            let _ = stopped.await;
        };
        let accepting = tokio::spawn(net::serve(listener, settings, hub.events(), stopped));
        Running { address, fingerprint, hub, stop, accepting }
    }
}

impl Running {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What clients remember of its key; `None` without TLS.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    /// What friends give their client as HOST: an address of this machine, and the key to expect there. `None` without
    /// TLS.
    pub fn invite(&self) -> Option<String> {
        let here = self.address.ip();
        let host = if here.is_unspecified() { lan_address().unwrap_or(Ipv4Addr::LOCALHOST.into()) } else { here };
        let address = SocketAddr::new(host, self.address.port());
        self.fingerprint.map(|fingerprint| format!("tern://{address}#{}", fingerprint.digits()))
    }

    /// Waits until the server has failed. May be given up at any time before.
    pub async fn failed(&mut self) -> HubError {
        self.hub.failed().await
    }

    /// Takes no new connections, tells everybody, makes everything durable and ends: within ten seconds.
    pub async fn shutdown(self) -> Result<(), HubError> {
        let Self { hub, stop, accepting, .. } = self;
        // An error means that nobody accepts any more, which is what is wanted.
        let _ = stop.send(());
        let ended = hub.stop().await;
        if let Err(error) = accepting.await {
            tracing::error!("accepting connections ended early: {error}");
        }
        ended
    }
}

impl Parts {
    fn new(config: &Config, credentials: Credentials) -> Result<Self, StartError> {
        let stored = |source| StartError::Store { data: config.data.clone(), source };
        let (sender, answers) = mpsc::channel(ANSWERS);
        let store = Arc::new(SqliteStore::open_within(&config.data, config.bounds(), sender).map_err(stored)?);
        // Whoever tries again must find the folder free.
        Self::with(Arc::clone(&store), answers, config, credentials).inspect_err(|_| drop(store.close()))
    }

    fn with(
        store: Arc<SqliteStore>,
        mut answers: mpsc::Receiver<Vec<Answer>>,
        config: &Config,
        credentials: Credentials,
    ) -> Result<Self, StartError> {
        let stored = |source| StartError::Store { data: config.data.clone(), source };
        let before = store.snapshot().map_err(stored)?;
        if let (CredentialsFile::IfThere(path), true) = (&config.credentials, credentials.entries.is_empty())
            && before.accounts.is_empty()
            && !config.register
        {
            return Err(StartError::Nobody { path: path.clone() });
        }
        let now = wall();
        let lines = accounts::adopt(&*store, &mut answers, credentials.entries, &before.accounts, config.names, now)?;
        let snapshot = store.snapshot().map_err(stored)?;
        let identity = config.tls.then(|| {
            let identity = Identity::load_or_make(&config.data)?;
            Ok::<_, TlsError>((identity.fingerprint(), identity.server_config()?))
        });
        let (sender, results) = mpsc::channel(RESULTS);
        let auth = Auth::new(Arc::clone(&store) as Arc<dyn Store>, lines, sender, auth::Settings::default());
        let accounts = snapshot.accounts.iter().map(|account| (account.id, account.name.key()));
        Ok(Self {
            sample_passwords: auth.has_sample_password(accounts),
            identity: identity.transpose()?,
            auth,
            // The hub's clock begins at 0, too.
            chat: Chat::new(config.rules(), snapshot, Moment { mono: Mono(0), wall: now }),
            store,
            answers,
            results,
        })
    }
}

/// What the credentials file says; what is wrong in it goes to the log.
fn read_credentials(config: &Config) -> Result<Credentials, CredentialsError> {
    let found = match &config.credentials {
        CredentialsFile::No => Ok(Credentials::default()),
        CredentialsFile::Named(path) => credentials::load(path, config.names),
        CredentialsFile::IfThere(path) => match credentials::load(path, config.names) {
            Err(CredentialsError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(Credentials::default())
            }
            result => result,
        },
    };
    for warning in found.iter().flat_map(|credentials| &credentials.warnings) {
        tracing::warn!("{warning}");
    }
    found
}

fn listen(config: &Config) -> Result<TcpListener, StartError> {
    net::bind(wanted(config)).map_err(|error| unlistened(config, &error))
}

fn wanted(config: &Config) -> SocketAddr {
    SocketAddr::new(config.bind.unwrap_or(Ipv6Addr::UNSPECIFIED.into()), config.port)
}

fn unlistened(config: &Config, error: &io::Error) -> StartError {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "the port is in use (another server?)".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        io::ErrorKind::PermissionDenied => "it is not allowed (ports below 1024 are for the administrator)".to_owned(),
        _ => error.to_string(),
    };
    StartError::Listen { address: wanted(config), why }
}

/// The address that others in the network most likely reach this machine at; `None` when there is no network.
pub fn lan_address() -> Option<IpAddr> {
    // Connecting a datagram socket sends nothing: it only asks the system which way it would go. The address belongs to
    // nobody (RFC 5737).
    let route = || -> io::Result<SocketAddr> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    route().ok().map(|address| address.ip()).filter(|address| !address.is_unspecified())
}
