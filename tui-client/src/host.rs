//! A server in this process, for friends in the network: the real one, with the data that the program `server` would use
//! for the same port.
//!
//! It shares nothing with the client but the process: the client connects to it like any other. Its log goes to a file,
//! because the terminal belongs to the face.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use server::config::Places;
use server::run::StartError;
use server::{Config, Running, Server, logging};

use crate::net::{Fingerprint, Target};
use crate::run::Hosted;

/// Where this process reaches its own server.
const HERE: &str = "127.0.0.1";

/// A log that has grown beyond this is begun anew at the next start: some ten thousand logins.
const LOG_BYTES: u64 = 4 * 1024 * 1024;

/// A server that runs in this process. Dropping it ends it too, but nobody is told.
pub struct Host {
    running: Running,
    target: Target,
    invite: String,
    log: PathBuf,
}

/// Why no server could be started. The text is one line that fits after "cannot start: ".
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// There is no folder for the data.
    #[error("there is no home folder for its data: set HOME or XDG_STATE_HOME")]
    NoPlace,
    /// The file for the log cannot be written.
    #[error("its log {path} cannot be written: {source}")]
    Log {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The server itself does not start. The text holds every cause.
    #[error("{0}")]
    Start(String),
}

impl From<StartError> for HostError {
    fn from(error: StartError) -> Self {
        Self::Start(logging::one_line(&error))
    }
}

impl Host {
    /// Starts a server on all interfaces. Port 0 takes any free one. Must be called inside a Tokio runtime.
    pub async fn start(port: u16) -> Result<Self, HostError> {
        let state = Places::of_this_user().state.ok_or(HostError::NoPlace)?.join("tern");
        let log = state.join(format!("server-{port}.log"));
        let file = open_log(&state, &log).map_err(|source| HostError::Log { path: log.clone(), source })?;
        let mut config = Config::new(state.join(format!("server-{port}")));
        config.port = port;
        // Only the first one of a process can log, and there is only one. The level is a constant that can be read.
        let _ = logging::begin_in(file, &config.log);
        let running = Server::new(config).await?.listen();
        let target = target(&running);
        let invite = running.invite().unwrap_or_default();
        tracing::info!("listening on {} inside a client; friends connect with {invite}", running.local_addr());
        Ok(Self { running, target, invite, log })
    }

    /// Where the client of this process connects to, and the key it must find there.
    pub fn target(&self) -> Target {
        self.target.clone()
    }

    /// What users should know.
    pub fn hosted(&self) -> Hosted {
        Hosted { server: self.target.address(), invite: self.invite.clone(), log: self.log.display().to_string() }
    }

    /// Tells everybody, makes everything durable and ends: within ten seconds.
    ///
    /// # Errors
    ///
    /// A sentence, when what was said last may not be on the disk.
    pub async fn stop(self) -> Result<(), String> {
        let ended = self.running.shutdown().await;
        ended.map_err(|error| format!("the server in this program has failed: {}", logging::one_line(&error)))
    }
}

/// The way to a server in this process. Its key comes from itself, so that nobody else can answer in its place.
pub(crate) fn target(running: &Running) -> Target {
    let fingerprint: Option<Fingerprint> = running
        .fingerprint()
        .map(|key| key.to_string().parse().expect("server and client write fingerprints in the same form"));
    Target { host: HERE.to_owned(), port: running.local_addr().port(), fingerprint, tls: fingerprint.is_some() }
}

fn open_log(folder: &Path, path: &Path) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    if file.metadata()?.len() > LOG_BYTES {
        file.set_len(0)?;
    }
    Ok(file)
}
