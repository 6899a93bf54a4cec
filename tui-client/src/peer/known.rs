//! Remembers the device keys of other users: the file `known_peers`, one `user@host:port KEY [verified]` a line.
//!
//! What a key means is decided by the model; this only keeps it. Like the file of server keys it is never guessed about:
//! one that cannot be understood is said to be so, and left as it is.

use std::fmt::Write as _;
use std::path::PathBuf;

use shared::id::DeviceKey;
use shared::name::Name;

use crate::app::peer::KnownKey;
use crate::app::place::name;
use crate::kept::KeptFile;

/// The name of the file inside the folder.
const FILE: &str = "known_peers";

/// The remembered device keys of other users.
#[derive(Clone, Debug)]
pub struct KnownPeers {
    /// `None`: nothing is remembered.
    file: Option<KeptFile>,
}

/// Why the remembered keys cannot be used. The text is a sentence with a next step.
#[derive(Debug, thiserror::Error)]
pub enum KnownPeersError {
    /// The file or its folder cannot be read, written or locked.
    #[error(
        "The remembered keys of other users in {path} cannot be used: {source}. Make it a file that you can read and write."
    )]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line is not what this program writes.
    #[error("Line {line} of {path} is not `user@host:port KEY [verified]`: correct or delete that line.")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
}

/// One line.
struct Entry {
    user: Name,
    server: String,
    known: KnownKey,
}

impl KnownPeers {
    /// The file in a folder, which is made at the first write; nothing is remembered without one.
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        Self { file: folder.map(|folder| KeptFile::new(folder, FILE)) }
    }

    /// The keys of users of a server, which is `host:port`.
    pub fn of(&self, server: &str) -> Result<Vec<(String, KnownKey)>, KnownPeersError> {
        let entries = self.parse(&self.read()?)?;
        let here = entries.into_iter().filter(|entry| entry.server == server);
        Ok(here.map(|entry| (entry.user.as_str().to_owned(), entry.known)).collect())
    }

    /// Remembers the key of a user of a server, in place of the one before.
    pub fn remember(&self, server: &str, user: &str, known: KnownKey) -> Result<(), KnownPeersError> {
        let Some(file) = &self.file else { return Ok(()) };
        let _lock = file.lock().map_err(|source| KnownPeersError::Io { path: file.lock_path(), source })?;
        let text = self.read()?;
        self.parse(&text)?;
        let user = name(user);
        let is_other = |line: &&str| entry(line.trim()).is_none_or(|old| old.server != server || old.user != user);
        let mut text: String = text.lines().filter(is_other).fold(String::new(), |mut kept, line| {
            kept.push_str(line);
            kept.push('\n');
            kept
        });
        let verified = if known.verified { " verified" } else { "" };
        writeln!(text, "{user}@{server} {:?}{verified}", known.key).expect("a String takes every write");
        file.replace(&text).map_err(|source| KnownPeersError::Io { path: file.path(), source })
    }

    fn read(&self) -> Result<String, KnownPeersError> {
        let Some(file) = &self.file else { return Ok(String::new()) };
        file.read().map_err(|source| KnownPeersError::Io { path: file.path(), source })
    }

    /// Comments and blank lines are allowed, because people edit this file.
    fn parse(&self, text: &str) -> Result<Vec<Entry>, KnownPeersError> {
        let path = || self.file.as_ref().map(KeptFile::path).unwrap_or_default();
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        lines
            .map(|(index, line)| entry(line).ok_or_else(|| KnownPeersError::Corrupt { path: path(), line: index + 1 }))
            .collect()
    }
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.split_whitespace();
    // No user's name holds an `@`.
    let (user, server) = fields.next()?.split_once('@')?;
    let key = key(fields.next()?)?;
    let verified = match fields.next() {
        None => false,
        Some("verified") => true,
        Some(_) => return None,
    };
    let is_whole = fields.next().is_none() && !user.is_empty() && server.contains(':');
    is_whole.then(|| Entry { user: name(user), server: server.to_owned(), known: KnownKey { key, verified } })
}

/// Reads 64 hexadecimal digits.
fn key(digits: &str) -> Option<DeviceKey> {
    let mut key = [0; 32];
    if digits.len() != 2 * key.len() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(DeviceKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(byte: u8, verified: bool) -> KnownKey {
        KnownKey { key: DeviceKey([byte; 32]), verified }
    }

    #[test]
    fn a_key_is_remembered_for_its_user_of_its_server_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KnownPeers::in_folder(Some(folder.path().join("state")));
        assert_eq!(keys.of("a:1").expect("nothing yet"), []);
        keys.remember("a:1", "Yoda", known(1, false)).expect("it is written");
        keys.remember("b:1", "yoda", known(2, true)).expect("it is written");
        keys.remember("a:1", "leia", known(3, false)).expect("it is written");
        keys.remember("a:1", "yoda", known(4, true)).expect("it takes the place of the one before");
        let again = KnownPeers::in_folder(Some(folder.path().join("state")));
        assert_eq!(
            again.of("a:1").expect("readable"),
            [("leia".to_owned(), known(3, false)), ("yoda".to_owned(), known(4, true))]
        );
        assert_eq!(again.of("b:1").expect("readable"), [("yoda".to_owned(), known(2, true))]);
    }

    #[test]
    fn a_file_that_is_not_understood_is_named_and_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let digits = "00".repeat(32);
        let table = [
            format!("yoda@a:1 {digits} certainly"),
            format!("yoda {digits}"),
            "yoda@a:1 abc".to_owned(),
            format!("yoda@a:1 +{}", &digits[1..]),
        ];
        for line in table {
            let text = format!("# people edit this\n\n{line}\n");
            std::fs::write(folder.path().join(FILE), &text).expect("it is written");
            let keys = KnownPeers::in_folder(Some(folder.path().to_owned()));
            let error = keys.of("a:1").expect_err(&line).to_string();
            assert!(error.starts_with("Line 3 of "), "{error}");
            keys.remember("a:1", "leia", known(1, false)).expect_err("it is not guessed about");
            assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).expect("still there"), text);
        }
    }

    #[test]
    fn without_a_folder_nothing_is_remembered() {
        let keys = KnownPeers::in_folder(None);
        keys.remember("a:1", "yoda", known(1, false)).expect("nothing to do");
        assert_eq!(keys.of("a:1").expect("nothing"), []);
    }
}
