//! `server passwd NAME`: changes a password from the machine the server runs on.
//!
//! It writes to the data folder, whether or not a server runs on it: a running server reads the password afresh at each
//! login. Sessions that are logged in go on.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use shared::id::UnixMs;
use shared::limits::{PASSWORD_BYTES, PASSWORD_MIN_CHARS};
use shared::name::NameError;

use crate::auth::phc::{self, Cost, PhcError};
use crate::names::Policy;
use crate::store::{StoreError, sqlite};

mod prompt;
#[cfg(test)]
mod tests;

/// Why a password is not changed. The text fits after "server: ".
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No account can have this name.
    #[error("there is no account {name:?}: {why}")]
    BadName {
        /// As typed.
        name: String,
        /// Which rule it breaks.
        why: NameError,
    },
    /// No account has this name.
    #[error("there is no account {name:?} in {}", data.display())]
    NoAccount {
        /// As typed.
        name: String,
        /// The data folder.
        data: PathBuf,
    },
    /// The password is too short.
    #[error("a password has at least {PASSWORD_MIN_CHARS} characters; nothing was changed")]
    TooShort,
    /// The password is too long, or no client could send it.
    #[error("a password has at most {PASSWORD_BYTES} bytes and no NUL; nothing was changed")]
    TooLong,
    /// What was typed the second time is another one.
    #[error("the two passwords differ; nothing was changed")]
    Differ,
    /// Ctrl-C, or the end of the input.
    #[error("no password was given; nothing was changed")]
    NoPassword,
    /// Terminal or input cannot be read.
    #[error("cannot read the password")]
    Input(#[from] io::Error),
    /// The data folder has no database, or it cannot be used.
    #[error("cannot open {}", data.display())]
    Store {
        /// The data folder.
        data: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The password cannot be hashed.
    #[error("nothing was changed")]
    Hash(#[from] PhcError),
}

/// Where a new password comes from.
pub trait Source {
    /// Asks for a password; `None` when there is none.
    fn ask(&mut self, prompt: &str) -> io::Result<Option<SecretString>>;

    /// Whether a person types, who may mistype.
    fn is_a_person(&self) -> bool;
}

/// Asks at the terminal without showing what is typed, or takes the first line of input where there is no terminal.
pub fn passwd(data: &Path, name: &str, at: UnixMs) -> Result<String, AdminError> {
    if let Some(mut terminal) = prompt::Terminal::open() {
        return change(data, name, &mut terminal, at);
    }
    change(data, name, &mut FirstLine(io::stdin().lock()), at)
}

/// Changes the password of an account to what `source` says; returns what to tell.
pub fn change(data: &Path, raw: &str, source: &mut impl Source, at: UnixMs) -> Result<String, AdminError> {
    let store = |source| AdminError::Store { data: data.to_owned(), source };
    let missing = || AdminError::NoAccount { name: raw.to_owned(), data: data.to_owned() };
    // Plain names are names in Unicode too, so this finds the accounts of every policy.
    let name = Policy::Unicode.parse(raw).map_err(|why| AdminError::BadName { name: raw.to_owned(), why })?;
    let account = sqlite::find_account(data, name.key()).map_err(store)?.ok_or_else(missing)?;
    let password = new_password(account.name.as_str(), source)?;
    let hash = phc::hash(&password, Cost::DEFAULT)?;
    if !sqlite::set_password(data, name.key(), &hash, at).map_err(store)? {
        return Err(missing());
    }
    Ok(format!("the password of {} is changed; it holds from the next login on", account.name))
}

fn new_password(name: &str, source: &mut impl Source) -> Result<SecretString, AdminError> {
    let password = source.ask(&format!("new password of {name}: "))?.ok_or(AdminError::NoPassword)?;
    let text = password.expose_secret();
    if text.is_empty() {
        return Err(AdminError::NoPassword);
    }
    if text.chars().count() < PASSWORD_MIN_CHARS {
        return Err(AdminError::TooShort);
    }
    if text.len() > PASSWORD_BYTES || text.contains('\0') {
        return Err(AdminError::TooLong);
    }
    if source.is_a_person() {
        let again = source.ask("again: ")?.ok_or(AdminError::NoPassword)?;
        if again.expose_secret() != text {
            return Err(AdminError::Differ);
        }
    }
    Ok(password)
}

/// The first line of an input that no person types.
struct FirstLine<R>(R);

impl<R: BufRead> Source for FirstLine<R> {
    fn ask(&mut self, _: &str) -> io::Result<Option<SecretString>> {
        use secrecy::zeroize::Zeroizing;
        // One allocation: a string that grows leaves copies of the password behind. The second byte more than a
        // password may have shows that it is too long.
        let most = PASSWORD_BYTES + 2;
        let mut line = Zeroizing::new(String::with_capacity(most));
        let read = io::Read::take(&mut self.0, most as u64).read_line(&mut line)?;
        let password = line.trim_end_matches(['\r', '\n']);
        Ok((read > 0).then(|| password.into()))
    }

    fn is_a_person(&self) -> bool {
        false
    }
}

/// Writes to stderr whatever became of stderr.
fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}
