//! Remembers the keys of servers: the file `known_servers`, one `host:port SHA256:...` a line.
//!
//! The file is the only thing that makes the second contact safer than the first, so it is never guessed about: a file
//! that cannot be read or understood stops the connection and is left as it is.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use etcetera::BaseStrategy as _;

use super::Fingerprint;

/// The name of the file inside the folder.
const FILE: &str = "known_servers";

/// A file larger than this is not ours; it is enough for 10 000 servers.
const FILE_BYTES: u64 = 1024 * 1024;

/// How long to wait for another client that writes. Writing takes two flushes of the disk.
const LOCK_DEADLINE: Duration = Duration::from_secs(5);

/// How often to look whether the lock is free. A wait in the kernel could not be given a deadline.
const LOCK_POLL: Duration = Duration::from_millis(5);

/// The remembered keys of servers. Cloning it gives another handle to the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustStore {
    /// `None`: nothing is remembered.
    folder: Option<PathBuf>,
}

/// Why the remembered keys cannot be used. Each text is a sentence with a next step.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file or its folder cannot be read, written or locked.
    #[error(
        "The remembered server keys in {path} cannot be used: {source}. Make it a file that you can read and write."
    )]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// A line is not what this program writes.
    #[error("Line {line} of {path} is not `host:port SHA256:...` or repeats a server: correct or delete that line.")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// Another client has remembered another key for the same server in the meantime.
    #[error("another key is remembered already")]
    Taken(Fingerprint),
}

impl TrustStore {
    /// The user's own store, in the XDG state folder.
    ///
    /// # Errors
    ///
    /// A sentence, when there is no home folder.
    pub fn standard() -> Result<Self, String> {
        let xdg = etcetera::base_strategy::Xdg::new().map_err(|_| {
            "There is no home folder to remember server keys in: set HOME or XDG_STATE_HOME.".to_owned()
        })?;
        let state = xdg.state_dir().unwrap_or_else(|| xdg.data_dir());
        Ok(Self::in_folder(state.join("tern")))
    }

    /// A store in a folder of one's own. The folder is made at the first write.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// A store that knows nothing and remembers nothing, for a server inside this process: its key comes with its
    /// address, and another server may have the address tomorrow.
    pub fn forgetful() -> Self {
        Self { folder: None }
    }

    /// The file with the keys; empty where nothing is remembered.
    pub fn path(&self) -> PathBuf {
        self.folder.as_ref().map(|folder| folder.join(FILE)).unwrap_or_default()
    }

    /// The key remembered for `address`, which is `host:port` as [`super::Target::address`] writes it.
    pub fn lookup(&self, address: &str) -> Result<Option<Fingerprint>, TrustError> {
        let known = self.list()?.into_iter().find(|(known, _)| known == address);
        Ok(known.map(|(_, fingerprint)| fingerprint))
    }

    /// Every remembered server with its key, in the order of the file.
    pub fn list(&self) -> Result<Vec<(String, Fingerprint)>, TrustError> {
        self.parse(&self.read()?)
    }

    /// Remembers the key of `address`. Remembering the same key again changes nothing.
    ///
    /// # Errors
    ///
    /// [`TrustError::Taken`] when another key is remembered for it: it is never replaced.
    pub fn remember(&self, address: &str, fingerprint: Fingerprint) -> Result<(), TrustError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let _lock = lock(folder)?;
        let mut text = self.read()?;
        match self.parse(&text)?.into_iter().find(|(known, _)| known == address) {
            Some((_, known)) if known == fingerprint => return Ok(()),
            Some((_, known)) => return Err(TrustError::Taken(known)),
            None => {}
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        writeln!(text, "{address} {fingerprint}").expect("a String takes every write");
        self.replace(folder, &text)
    }

    /// Forgets the key of `address`, and says whether there was one.
    pub fn forget(&self, address: &str) -> Result<bool, TrustError> {
        let Some(folder) = &self.folder else { return Ok(false) };
        let _lock = lock(folder)?;
        let text = self.read()?;
        self.parse(&text)?;
        let kept: String =
            text.split_inclusive('\n').filter(|line| line.split_whitespace().next() != Some(address)).collect();
        if kept == text {
            return Ok(false);
        }
        self.replace(folder, &kept)?;
        Ok(true)
    }

    /// The text of the file; nothing when there is none yet.
    fn read(&self) -> Result<String, TrustError> {
        if self.folder.is_none() {
            return Ok(String::new());
        }
        let read = || -> io::Result<String> {
            let mut text = String::new();
            File::open(self.path())?.take(FILE_BYTES + 1).read_to_string(&mut text)?;
            let fits = u64::try_from(text.len()).is_ok_and(|length| length <= FILE_BYTES);
            if fits { Ok(text) } else { Err(io::Error::other("it is larger than 1 MiB")) }
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            outcome => outcome.map_err(|source| TrustError::Io { path: self.path(), source }),
        }
    }

    /// Comments and blank lines are allowed, because people edit this file.
    fn parse(&self, text: &str) -> Result<Vec<(String, Fingerprint)>, TrustError> {
        let mut known: Vec<(String, Fingerprint)> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = entry(line).filter(|(address, _)| known.iter().all(|(other, _)| other != address));
            known.push(entry.ok_or_else(|| TrustError::Corrupt { path: self.path(), line: index + 1 })?);
        }
        Ok(known)
    }

    /// Puts a new text in place: whoever reads sees the old file or the new one, also after a power cut.
    fn replace(&self, folder: &Path, text: &str) -> Result<(), TrustError> {
        let new = folder.join(format!("{FILE}.new"));
        let replace = || -> io::Result<()> {
            remove_leftover(&new)?;
            let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, self.path())?;
            File::open(folder)?.sync_all()
        };
        replace().map_err(|source| TrustError::Io { path: self.path(), source })
    }
}

/// Takes the lock that lets one client at a time change the file. It is a file of its own, because the file with
/// the keys is replaced and a lock on it would guard the old one.
fn lock(folder: &Path) -> Result<File, TrustError> {
    let path = folder.join(format!("{FILE}.lock"));
    let lock = || -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        let deadline = Instant::now() + LOCK_DEADLINE;
        loop {
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => return Ok(file),
                Err(fs4::TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(LOCK_POLL),
                Err(fs4::TryLockError::WouldBlock) => {
                    return Err(io::Error::other("another program holds the lock"));
                }
                Err(fs4::TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    lock().map_err(|source| TrustError::Io { path: path.clone(), source })
}

/// A client that was killed while it wrote leaves its half behind; the lock says that nobody writes it now.
fn remove_leftover(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn entry(line: &str) -> Option<(String, Fingerprint)> {
    let mut fields = line.split_whitespace();
    let (address, fingerprint) = (fields.next()?, fields.next()?.parse().ok()?);
    let is_whole = fields.next().is_none() && address.contains(':');
    is_whole.then(|| (address.to_owned(), fingerprint))
}

#[cfg(test)]
mod tests;
