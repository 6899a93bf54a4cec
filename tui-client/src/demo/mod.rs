//! `try`: a private server on loopback, three scripted people, an account for the newcomer, and nothing of it afterwards.
//!
//! [`people`] holds who they are and what they say; [`script`] decides when, pure; `player` and `cast` are its clients on
//! the wire. The newcomer's client is the usual one, with any face: it gets a [`Visitor`] and knows nothing else of this.
//!
//! Everything lies in one folder that only the user can read, below the runtime folder. It goes when [`Demo`] is stopped
//! or dropped, so also when this process panics; only a process that is killed outright leaves it behind.

mod booth;
mod cast;
mod farewell;
pub mod people;
mod player;
pub mod script;

use std::fs::Permissions;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use secrecy::SecretString;
use server::run::lan_address;
use server::{Config, Running, Server, logging};
use shared::name::Name;
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub use cast::CastError;
pub use farewell::{Farewell, Launch};
pub use player::Pace;

use crate::host;
use crate::kept::named_folder;
use crate::net::Target;
use crate::peer::PeerOptions;
use people::Person;
use player::Player;

/// Random bytes of a password.
const PASSWORD_BYTES: usize = 16;

/// Why the demonstration does not start or end. Each text is a fragment.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is no folder for it.
    #[error("no folder can be made in {place}: {source}")]
    Folder {
        /// Where it was tried last.
        place: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// This system gives no random numbers.
    #[error("this system gives no random numbers for the passwords")]
    Random,
    /// The server does not start, or ends badly. The text holds every cause.
    #[error("the private server failed: {0}")]
    Server(String),
    /// The people cannot log in.
    #[error(transparent)]
    Cast(#[from] CastError),
    /// The folder is still there.
    #[error("the folder {folder} could not be deleted: {source}")]
    Left {
        /// The folder.
        folder: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

/// What the newcomer's client needs to know. Its keys are not to be remembered.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The server, with the key it must have.
    pub target: Target,
    /// The account, which exists.
    pub name: String,
    /// Its password.
    pub password: SecretString,
    /// Sentences to show at the start.
    pub notes: Vec<String>,
    /// Where files of private sessions go: they are deleted with everything else.
    pub peers: PeerOptions,
}

/// A demonstration that runs.
#[must_use = "it ends when it is dropped"]
pub struct Demo {
    visitor: Visitor,
    people: JoinHandle<()>,
    running: Running,
    /// The last field, so that it goes last.
    folder: TempDir,
}

impl Demo {
    /// Starts everything: the people are there, and a message waits for `name`, which must be a valid name that is none
    /// of theirs. Takes the time of four password hashes. Must be called inside a Tokio runtime.
    pub async fn start(name: &str, pace: Pace) -> Result<Self, DemoError> {
        let folder = make_folder()?;
        let mut config = Config::new(folder.path().join("data"));
        config.port = 0;
        config.bind = Some(Ipv4Addr::LOCALHOST.into());
        let server = Server::new(config).await.map_err(|error| DemoError::Server(logging::one_line(&error)))?;
        let running = server.listen();
        let password = random_password()?;
        let visitor = Visitor {
            target: host::target(&running),
            name: name.to_owned(),
            password: password.clone(),
            notes: notes(),
            peers: PeerOptions { state: None, downloads: folder.path().join("downloads"), port: None },
        };
        let mut player = Player::new(visitor.target.clone(), name, random_password()?, pace, folder.path());
        if let Err(error) = player.prepare(&password).await {
            drop(player);
            // The first failure says more than one of the end.
            let _ = running.shutdown().await;
            return Err(error.into());
        }
        Ok(Self { visitor, people: tokio::spawn(player.play()), running, folder })
    }

    /// What the newcomer's client needs to know.
    pub fn visitor(&self) -> Visitor {
        self.visitor.clone()
    }

    /// Ends everything in order and deletes it. The answer is for whoever wants the real thing.
    ///
    /// # Errors
    ///
    /// When the folder is still there, or the server did not end in order.
    pub async fn stop(self) -> Result<Farewell, DemoError> {
        let Self { people, running, folder, .. } = self;
        people.abort();
        // Aborted is what it is meant to be.
        let _ = people.await;
        let ended = running.shutdown().await;
        let path = folder.path().to_owned();
        folder.close().map_err(|source| DemoError::Left { folder: path, source })?;
        ended.map_err(|error| DemoError::Server(logging::one_line(&error)))?;
        Ok(Farewell { launch: Launch::of_this_process(), address: lan_address() })
    }
}

/// A name for the newcomer's account: that of the user of this machine, as far as it can be one.
pub fn visitor_name(user: Option<&str>) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let letters: String = user.unwrap_or_default().chars().filter(allowed).collect();
    let name = letters.trim_start_matches(['_', '-', '.']);
    let word = if name.is_empty() { "there" } else { name };
    let candidates = [name.to_owned(), format!("you-{word}")];
    let is_free =
        |name: &String| Name::plain(name).is_ok_and(|name| Person::ALL.iter().all(|p| p.name() != name.key()));
    candidates.into_iter().find(is_free).unwrap_or_else(|| "you-there".to_owned())
}

fn notes() -> Vec<String> {
    let [nadia, oskar, wen] = Person::ALL.map(Person::name);
    vec![format!(
        "{nadia}, {oskar} and {wen} are scripted. All of this runs on this machine only and is deleted when you leave."
    )]
}

/// A folder that only this user can enter, in memory where the system has a place for that.
fn make_folder() -> Result<TempDir, DemoError> {
    let places = named_folder("XDG_RUNTIME_DIR");
    let mut failure = None;
    for place in places.into_iter().chain([std::env::temp_dir()]) {
        let mut builder = tempfile::Builder::new();
        match builder.prefix("tern-try-").permissions(Permissions::from_mode(0o700)).tempdir_in(&place) {
            Ok(folder) => return Ok(folder),
            Err(source) => failure = Some(DemoError::Folder { place, source }),
        }
    }
    Err(failure.expect("at least one place was tried"))
}

fn random_password() -> Result<SecretString, DemoError> {
    let mut bytes = [0; PASSWORD_BYTES];
    let random = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| DemoError::Random)?;
    Ok(uuid::Uuid::from_bytes(bytes).simple().to_string().into())
}

#[cfg(test)]
mod tests;
