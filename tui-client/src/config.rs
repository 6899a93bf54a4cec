//! The config file: TOML, every key optional, an unknown key an error, so that a slip of the pen is not ignored.

use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::Deserialize;

/// What the config file may say. The values mean what the options of the same names mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The server, written like HOST.
    pub server: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// `auto`, `plain` or `json`.
    pub face: Option<String>,
    /// `auto`, `dark`, `light` or `terminal`.
    pub theme: Option<String>,
    /// Whether the full screen catches the mouse.
    pub mouse: bool,
    /// Seconds, or `forever`, as a string.
    pub linger: Option<String>,
    /// Older lines to show after login.
    pub history: Option<u16>,
    /// Whether to show who comes and goes.
    pub presence: bool,
    /// Seconds without a connection after which to give up.
    pub retry: Option<u64>,
    /// Whether lines wait for Enter.
    pub hold: bool,
    /// `ask`, `verified` or `always`.
    pub accept: Option<String>,
    /// Where received files go.
    pub downloads: Option<PathBuf>,
    /// The port to listen on for private sessions.
    pub peer_port: Option<u16>,
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
    /// It is no TOML, or has an unknown key or a value of a wrong type.
    #[error("the config file {path} is wrong: {source}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
}

impl Config {
    /// Reads the named file, or the default one where there is one.
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        match named {
            Some(path) => Self::read(path),
            None => match Self::default_path().map(|path| Self::read(&path)) {
                Some(Err(ConfigError::Unreadable { source, .. })) if is_absent(&source) => Ok(Self::default()),
                Some(outcome) => outcome,
                None => Ok(Self::default()),
            },
        }
    }

    /// `tern/client.toml` in the XDG config folder; nothing when there is no home folder.
    fn default_path() -> Option<PathBuf> {
        let xdg = etcetera::base_strategy::Xdg::new().ok()?;
        Some(xdg.config_dir().join("tern/client.toml"))
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|source| ConfigError::Wrong { path: path.to_owned(), source: source.into() })
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
