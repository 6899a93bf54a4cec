//! Remembers the keys of servers: the file `known_servers`, one `host:port SHA256:...` a line.
//!
//! The file is the only thing that makes the second contact safer than the first, so it is never guessed about: a file
//! that cannot be read or understood stops the connection and is left as it is.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use super::Fingerprint;
use crate::kept::{KeptFile, named_folder};

/// The name of the file inside the folder.
const FILE: &str = "known_servers";

/// The remembered keys of servers. Cloning it gives another handle to the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustStore {
    /// `None`: nothing is remembered.
    file: Option<KeptFile>,
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
        standard_folder().map(Self::in_folder)
    }

    /// A store in a folder of one's own. The folder is made at the first write.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { file: Some(KeptFile::new(folder.into(), FILE)) }
    }

    /// A store that knows nothing and remembers nothing, for a server inside this process: its key comes with its
    /// address, and another server may have the address tomorrow.
    pub fn forgetful() -> Self {
        Self { file: None }
    }

    /// The file with the keys; empty where nothing is remembered.
    pub fn path(&self) -> PathBuf {
        self.file.as_ref().map(KeptFile::path).unwrap_or_default()
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
        let Some(file) = &self.file else { return Ok(()) };
        let _lock = lock(file)?;
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
        replace(file, &text)
    }

    /// Forgets the key of `address`, and says whether there was one.
    pub fn forget(&self, address: &str) -> Result<bool, TrustError> {
        let Some(file) = &self.file else { return Ok(false) };
        let _lock = lock(file)?;
        let text = self.read()?;
        self.parse(&text)?;
        let kept: String =
            text.split_inclusive('\n').filter(|line| line.split_whitespace().next() != Some(address)).collect();
        if kept == text {
            return Ok(false);
        }
        replace(file, &kept)?;
        Ok(true)
    }

    /// The text of the file; nothing when there is none yet.
    fn read(&self) -> Result<String, TrustError> {
        let Some(file) = &self.file else { return Ok(String::new()) };
        file.read().map_err(|source| TrustError::Io { path: file.path(), source })
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
}

/// The folder for what this user's clients remember, in the XDG state folder.
///
/// # Errors
///
/// A sentence, when there is no home folder.
pub fn standard_folder() -> Result<PathBuf, String> {
    // Where the folder is named, no home folder is needed.
    if let Some(folder) = named_folder("XDG_STATE_HOME") {
        return Ok(folder.join("tern"));
    }
    let xdg = etcetera::base_strategy::Xdg::new()
        .map_err(|_| "There is no home folder to remember keys in: set HOME or XDG_STATE_HOME.".to_owned())?;
    Ok(xdg.state_dir().unwrap_or_else(|| xdg.data_dir()).join("tern"))
}

/// Takes the lock that lets one client at a time change the file.
fn lock(file: &KeptFile) -> Result<File, TrustError> {
    file.lock().map_err(|source| TrustError::Io { path: file.lock_path(), source })
}

fn replace(file: &KeptFile, text: &str) -> Result<(), TrustError> {
    file.replace(text).map_err(|source| TrustError::Io { path: file.path(), source })
}

fn entry(line: &str) -> Option<(String, Fingerprint)> {
    let mut fields = line.split_whitespace();
    let (address, fingerprint) = (fields.next()?, fields.next()?.parse().ok()?);
    let is_whole = fields.next().is_none() && address.contains(':');
    is_whole.then(|| (address.to_owned(), fingerprint))
}

#[cfg(test)]
mod tests;
