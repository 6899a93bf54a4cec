//! Remembers where the login led: the file `servers`, one `host:port NAME` a line, the last one used at its end.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::kept::KeptFile;
use crate::net::address::Address;

/// The name of the file inside the folder.
const FILE: &str = "servers";

/// Servers kept at most. The one that was not used for longest makes room.
const MOST: usize = 20;

/// A server where somebody has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visited {
    /// `host:port`.
    pub server: String,
    /// The account.
    pub name: String,
}

/// The remembered servers.
#[derive(Clone, Debug)]
pub struct Servers {
    /// `None`: nothing is remembered.
    file: Option<KeptFile>,
}

/// Why they cannot be used. The text is a sentence with a next step.
#[derive(Debug, thiserror::Error)]
pub enum ServersError {
    /// The file or its folder cannot be read, written or locked.
    #[error("Servers are not remembered: {path} cannot be used: {source}.")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line is not what this program writes.
    #[error("Servers are not remembered: line {line} of {path} is not `host:port NAME`. Delete that line or the file.")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
}

impl Servers {
    /// The file in a folder, which is made at the first write; nothing is remembered without one.
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self { file: folder.map(|folder| KeptFile::new(folder, FILE)) }
    }

    /// All of them, the one used last at the end.
    pub fn all(&self) -> Result<Vec<Visited>, ServersError> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let text = file.read().map_err(|source| ServersError::Io { path: file.path(), source })?;
        let corrupt = |index| ServersError::Corrupt { path: file.path(), line: index + 1 };
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(index, line)| visited(line).ok_or_else(|| corrupt(index))).collect()
    }

    /// Remembers a server, which is `host:port`, with the account used there last.
    pub fn remember(&self, server: &str, name: &str) -> Result<(), ServersError> {
        let Some(file) = &self.file else { return Ok(()) };
        let now = Visited { server: server.to_owned(), name: name.to_owned() };
        if self.all()?.last() == Some(&now) {
            return Ok(());
        }
        let _lock = file.lock().map_err(|source| ServersError::Io { path: file.lock_path(), source })?;
        let mut all = self.all()?;
        all.retain(|visited| visited.server != server);
        all.push(now);
        let mut text = String::new();
        for Visited { server, name } in all.iter().skip(all.len().saturating_sub(MOST)) {
            writeln!(text, "{server} {name}").expect("a String takes every write");
        }
        file.replace(&text).map_err(|source| ServersError::Io { path: file.path(), source })
    }
}

/// No user's name holds a blank.
fn visited(line: &str) -> Option<Visited> {
    let (server, name) = line.split_once(' ')?;
    let is_whole =
        server.parse::<Address>().is_ok_and(|address| address.port.is_some() && address.fingerprint.is_none());
    let is_name = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control());
    (is_whole && is_name).then(|| Visited { server: server.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(folder: &tempfile::TempDir) -> Servers {
        Servers::in_folder(Some(folder.path().to_owned()))
    }

    #[test]
    fn the_last_one_used_is_the_last_and_twenty_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(of(&folder).all().expect("nothing yet"), []);
        for port in 1..=21 {
            of(&folder).remember(&format!("chat.example:{port}"), "hans").expect("written");
        }
        of(&folder).remember("chat.example:5", "Émile").expect("written");
        of(&folder).remember("[::1]:4000", "leia").expect("written");
        let all = of(&folder).all().expect("readable");
        let last: Vec<(&str, &str)> =
            all.iter().rev().take(3).map(|one| (one.server.as_str(), one.name.as_str())).collect();
        assert_eq!(last, [("[::1]:4000", "leia"), ("chat.example:5", "Émile"), ("chat.example:21", "hans")]);
        assert_eq!((all.len(), all[0].server.as_str()), (20, "chat.example:3"));
    }

    #[test]
    fn a_damaged_file_is_named_and_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        for wrong in ["chat.example", "chat.example hans", ":1 hans", "a:1 ", "a:1 two names", "a:1 \u{1b}[2J"] {
            let text = format!("chat.example:1 hans\n{wrong}\n");
            std::fs::write(folder.path().join(FILE), &text).expect("it is damaged");
            let error = of(&folder).all().expect_err(wrong).to_string();
            assert!(error.contains("line 2 of "), "{error}");
            of(&folder).remember("b:1", "hans").expect_err("it is not guessed about");
            assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).expect("still there"), text);
        }
    }
}
