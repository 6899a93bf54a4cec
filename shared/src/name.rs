//! User names: what may be one, and when two are the same.
//!
//! A [`Name`] remembers the form it was registered in and compares by its key, so nobody compares strings. Plain names
//! are decided here; names in Unicode need tables that only the server has, so it checks those and hands the result to
//! [`Name::from_checked`].

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::limits::NAME_CHARS;

/// Words that a server's own lines, commands or people's habits give a meaning, so nobody may be called so.
pub const RESERVED: &[&str] = &[
    "server",
    "system",
    "admin",
    "root",
    "broadcast",
    "all",
    "everyone",
    "here",
    "me",
    "you",
    "anonymous",
    "guest",
    "null",
    "none",
    "lobby",
];

/// A valid user name. Equality, order and hash ignore case. A clone costs no memory.
#[derive(Clone)]
pub struct Name {
    shown: Arc<str>,
    key: Arc<str>,
}

/// Which rule a name breaks. The text is a sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("a name needs at least one character")]
    Empty,
    /// Over [`NAME_CHARS`].
    #[error("a name has at most 32 characters")]
    TooLong,
    /// The first character is not a letter or digit.
    #[error("a name begins with a letter or a digit")]
    BadStart,
    /// A character outside the set.
    #[error("a name has only letters a-z, digits, and the characters _ - .")]
    BadCharacter,
    /// One of [`RESERVED`].
    #[error("that name is reserved")]
    Reserved,
    /// Unicode names: not allowed by RFC 8265 UsernameCaseMapped.
    #[error("a name has only letters and digits of one script, and the characters _ - .")]
    NotPrecis,
    /// Unicode names: letters of several scripts.
    #[error("a name has the letters of one script only")]
    MixedScripts,
    /// Unicode names: wider than 16 columns.
    #[error("a name is at most 16 columns wide")]
    TooWide,
    /// Unicode names: the same shapes as more than one plain name, so that no plain name can be told apart from it.
    #[error("a name must not look like plain letters that can be read in two ways (l and 1, m and rn, O and 0)")]
    LooksPlain,
}

impl Name {
    /// A plain name: 1 to 32 characters of `A-Z a-z 0-9 _ - .`, first a letter or digit, not reserved.
    ///
    /// ```
    /// use shared::name::{Name, NameError};
    /// assert_eq!(Name::plain("Yoda").unwrap(), Name::plain("yODA").unwrap());
    /// assert_eq!(Name::plain("-rf").unwrap_err(), NameError::BadStart);
    /// assert_eq!(Name::plain("Server").unwrap_err(), NameError::Reserved);
    /// ```
    pub fn plain(raw: &str) -> Result<Self, NameError> {
        let first = raw.chars().next().ok_or(NameError::Empty)?;
        if raw.chars().count() > NAME_CHARS {
            return Err(NameError::TooLong);
        }
        if !raw.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            return Err(NameError::BadCharacter);
        }
        if !first.is_ascii_alphanumeric() {
            return Err(NameError::BadStart);
        }
        let key = raw.to_ascii_lowercase();
        if RESERVED.contains(&key.as_str()) {
            return Err(NameError::Reserved);
        }
        Ok(Self::from_checked(raw, &key))
    }

    /// A name whose rules were checked elsewhere: by the server for Unicode names, by the store for names it kept.
    pub fn from_checked(shown: &str, key: &str) -> Self {
        Self { shown: shown.into(), key: key.into() }
    }

    /// The form it was registered in.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The form that decides whether two names are the same.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.shown)
    }
}
