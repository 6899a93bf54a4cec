//! Reads the credentials file: one `name secret` a line, the secret a plain password or an argon2 PHC string.
//!
//! The secret begins after the first run of blanks and is the rest of the line without blanks at its end, so it may
//! hold blanks itself. Lines that are empty or begin with `#` are skipped; a byte order mark and CR LF are tolerated.
//! A bad line is skipped and named by its number, never by its content. Nothing is ever written here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use shared::limits::PASSWORD_BYTES;
use shared::name::{Name, NameError};
use subtle::ConstantTimeEq;

use crate::auth::phc::{self, PhcError};
use crate::names::Policy;
use crate::record::Phc;

#[cfg(test)]
mod tests;

/// The largest file that is read, in bytes. 100 000 lines with hashes are 12 MB.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// What is kept of a plain password to compare it with one that is typed. It is not printed.
pub struct PlainDigest([u8; 32]);

impl PlainDigest {
    /// The digest of a password.
    pub fn of(password: &SecretString) -> Self {
        Self(Sha256::digest(password.expose_secret().as_bytes()).into())
    }

    /// Whether this is the password, in the same time whatever it is.
    pub fn is(&self, password: &SecretString) -> bool {
        self.0.ct_eq(&Self::of(password).0).into()
    }
}

/// The second field of a line. It is not printed, and a password is wiped when dropped.
pub enum Secret {
    /// A password as people type it.
    Plain(SecretString),
    /// A hash.
    Phc(Phc),
}

/// One good line.
pub struct Entry {
    /// Where it stands, counted from 1.
    pub line: usize,
    /// The account.
    pub name: Name,
    /// Its password.
    pub secret: Secret,
}

/// What a file says.
#[derive(Default)]
pub struct Credentials {
    /// Its good lines in their order, no name twice.
    pub entries: Vec<Entry>,
    /// What the log should say about it. Never holds a name or a secret.
    pub warnings: Vec<Warning>,
}

/// Something wrong with the file that does not stop the start. The text is a sentence for the log.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A line that was skipped.
    #[error("{}: line {line} is skipped: {why}", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Which line, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: BadLine,
    },
    /// Other users of this machine can read plain passwords.
    #[error("{}: other users of this machine can read it; run: chmod 600 {}", path.display(), path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// Bytes that are no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A name alone.
    #[error("there is no password after the name")]
    NoSecret,
    /// A name that breaks a rule.
    #[error("{0}")]
    Name(NameError),
    /// A password over [`PASSWORD_BYTES`].
    #[error("the password is longer than {PASSWORD_BYTES} bytes")]
    TooLong,
    /// A password no client can send.
    #[error("the password holds a NUL")]
    Nul,
    /// A hash that cannot be used.
    #[error("{0}")]
    Hash(PhcError),
}

/// Why the file cannot be used at all. The text fits after "server: ".
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is over 64 MiB.
    #[error("cannot read {}: it is larger than 64 MiB", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Nobody can say which of two lines is meant.
    #[error("{}: lines {first} and {second} are for the same name; remove one of them", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The first line, counted from 1.
        first: usize,
        /// The second line.
        second: usize,
    },
}

/// Reads a file.
pub fn load(path: &Path, policy: Policy) -> Result<Credentials, CredentialsError> {
    let read = |source| CredentialsError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read)?;
    let metadata = file.metadata().map_err(read)?;
    // One allocation of the right size: a vector that grows leaves copies of the passwords behind.
    let expected = usize::try_from(metadata.len().min(FILE_BYTES)).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected.saturating_add(1)));
    file.take(FILE_BYTES.saturating_add(1)).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(CredentialsError::TooLarge { path: path.to_owned() });
    }
    let mut credentials = parse(path, &bytes, policy)?;
    if is_open_to_others(&metadata) && credentials.entries.iter().any(holds_a_secret) {
        credentials.warnings.push(Warning::OpenToOthers { path: path.to_owned() });
    }
    Ok(credentials)
}

/// Reads the bytes of a file; `path` is for the messages only.
pub fn parse(path: &Path, bytes: &[u8], policy: Policy) -> Result<Credentials, CredentialsError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut credentials = Credentials::default();
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for (line, content) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        match entry(content, line, policy) {
            Ok(None) => {}
            Ok(Some(entry)) => {
                if let Some(first) = lines.insert(entry.name.key().to_owned(), line) {
                    return Err(CredentialsError::Twice { path: path.to_owned(), first, second: line });
                }
                credentials.entries.push(entry);
            }
            Err(why) => credentials.warnings.push(Warning::BadLine { path: path.to_owned(), line, why }),
        }
    }
    Ok(credentials)
}

fn entry(content: &[u8], line: usize, policy: Policy) -> Result<Option<Entry>, BadLine> {
    let content = content.trim_ascii();
    if content.is_empty() || content.starts_with(b"#") {
        return Ok(None);
    }
    let content = str::from_utf8(content).map_err(|_| BadLine::NotUtf8)?;
    let (name, secret) = content.split_once([' ', '\t']).ok_or(BadLine::NoSecret)?;
    let name = policy.parse(name).map_err(BadLine::Name)?;
    let secret = secret.trim_start_matches([' ', '\t']);
    Ok(Some(Entry { line, name, secret: field(secret)? }))
}

fn field(text: &str) -> Result<Secret, BadLine> {
    if text.starts_with("$argon2") {
        return phc::accept(text).map(Secret::Phc).map_err(BadLine::Hash);
    }
    if text.len() > PASSWORD_BYTES {
        return Err(BadLine::TooLong);
    }
    if text.contains('\0') {
        return Err(BadLine::Nul);
    }
    Ok(Secret::Plain(text.into()))
}

/// Whether name and password are a pair of the sample file in the repository, which everybody can read.
pub fn is_sample(name_key: &str, password: &SecretString) -> bool {
    SAMPLES.iter().any(|(name, sample)| *name == name_key && *sample == password.expose_secret())
}

/// The sample accounts, as (name key, password).
pub fn samples() -> &'static [(&'static str, &'static str)] {
    &SAMPLES
}

static SAMPLES: LazyLock<Vec<(&str, &str)>> =
    LazyLock::new(|| include_str!("../../credentials.txt").lines().filter_map(|line| line.split_once(' ')).collect());

fn holds_a_secret(entry: &Entry) -> bool {
    match &entry.secret {
        Secret::Plain(password) => !is_sample(entry.name.key(), password),
        // A hash can be guessed at leisure.
        Secret::Phc(_) => true,
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o044 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}
