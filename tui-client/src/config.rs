//! The config file: TOML, every key optional, an unknown key an error, so that a slip of the pen is not ignored.
//!
//! What may stand in it is said by one table, from which `tui-client config` and `/set` come too.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use toml_edit::{Document, Item, Value};

use crate::kept::named_folder;
use crate::tui::keymap::Keymap;

pub use self::print::document;
pub use self::save::save;
pub use self::table::{Effect, Kind, SETTINGS, Setting, find, near, nearest};
pub use self::themes::themes;
pub use self::values::Values;

mod print;
mod save;
mod table;
mod themes;
mod values;

/// The table of keys.
const KEYS: &str = "keys";

/// A file larger than this is not ours.
const FILE_BYTES: u64 = 1024 * 1024;

/// What the config file says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What is set in it.
    pub values: Values,
    /// Keys that are bound in it.
    pub keys: Keymap,
    /// Where it is, or would be; `None` without a home folder.
    pub path: Option<PathBuf>,
}

/// Why the config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the config file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("the config file {path} cannot be written: {source}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// It is no TOML.
    #[error("the config file {path} is wrong: {source}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Box<toml_edit::TomlError>,
    },
    /// A line of it means nothing, or has a wrong value.
    #[error("{what} in the config file {path}, line {line}: {why}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The key.
        what: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What is wrong with a line, before its file is named.
struct Mistake {
    /// Where it stands, in bytes.
    at: usize,
    what: String,
    why: String,
}

impl Config {
    /// Reads the named file, or the default one where there is one.
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(path) = named {
            return Self::read(path);
        }
        let Some(path) = folder().map(|folder| folder.join("client.toml")) else { return Ok(Self::default()) };
        match Self::read(&path) {
            Err(ConfigError::Unreadable { source, .. }) if is_absent(&source) => {
                Ok(Self { path: Some(path), ..Self::default() })
            }
            outcome => outcome,
        }
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read_text(path)?;
        let mut config = Self { path: Some(path.to_owned()), ..Self::default() };
        let document = Document::parse(text.as_str())
            .map_err(|source| ConfigError::Wrong { path: path.to_owned(), source: source.into() })?;
        for (name, item) in document.iter() {
            let at = document.key(name).and_then(toml_edit::Key::span).map_or(0, |span| span.start);
            config.take(name, item, at).map_err(|Mistake { at, what, why }| {
                let line = line_of(&text, at);
                ConfigError::Line { path: path.to_owned(), line, what, why }
            })?;
        }
        Ok(config)
    }

    fn take(&mut self, name: &str, item: &Item, at: usize) -> Result<(), Mistake> {
        if name == KEYS {
            return self.take_keys(item, at);
        }
        let mistake = |why: String| Mistake { at, what: name.escape_debug().to_string(), why };
        let setting = SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(|| mistake(unknown(name)))?;
        let value = match (setting.kind, item.as_value()) {
            (Kind::Text, Some(Value::String(text))) => text.value().clone(),
            (Kind::Switch, Some(Value::Boolean(on))) => on.value().to_string(),
            (Kind::Number, Some(Value::Integer(number))) => number.value().to_string(),
            (kind, _) => return Err(mistake(wanted(kind).to_owned())),
        };
        self.values.set(setting, &value).map_err(mistake)
    }
}

impl Config {
    /// `[keys]`: what each key does.
    fn take_keys(&mut self, item: &Item, at: usize) -> Result<(), Mistake> {
        let mistake = |at, what: &str, why: String| Mistake { at, what: what.escape_debug().to_string(), why };
        let table = item.as_table_like().ok_or_else(|| {
            mistake(at, KEYS, "write a table: [keys], and below it lines such as \"ctrl+x\" = \"go-to\"".to_owned())
        })?;
        for (key, action) in table.iter() {
            let at = table.key(key).and_then(toml_edit::Key::span).map_or(at, |span| span.start);
            let action = action.as_str().ok_or_else(|| mistake(at, key, wanted(Kind::Text).to_owned()))?;
            self.keys.bind(key, action).map_err(|why| mistake(at, key, why))?;
        }
        self.keys.check().map_err(|why| mistake(at, KEYS, why))
    }
}

fn unknown(name: &str) -> String {
    match nearest(name) {
        Some(nearest) => format!("there is no such setting, did you mean {nearest}?"),
        None => "there is no such setting; `tui-client config` lists them".to_owned(),
    }
}

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "give a text between quotes",
        Kind::Switch => "give true or false, without quotes",
        Kind::Number => "give a whole number, without quotes",
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

/// `tern` in the XDG config folder; nothing when none is named and there is no home folder.
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = named_folder("XDG_CONFIG_HOME") {
        return Some(folder.join("tern"));
    }
    let xdg = etcetera::base_strategy::Xdg::new().ok()?;
    Some(xdg.config_dir().join("tern"))
}

/// The text of a file of ours.
fn read_text(path: &Path) -> Result<String, ConfigError> {
    let read = || -> io::Result<String> {
        let mut text = String::new();
        let length = File::open(path)?.take(FILE_BYTES + 1).read_to_string(&mut text)?;
        let fits = u64::try_from(length).is_ok_and(|length| length <= FILE_BYTES);
        if fits { Ok(text) } else { Err(io::Error::other("it is larger than 1 MiB")) }
    };
    read().map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests;
