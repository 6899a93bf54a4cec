//! What a server is told: options, then environment, then config file, then defaults.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer};

use crate::chat::Rules;
use crate::names::Policy;
use crate::net::CONNECTIONS;
use crate::store::{Bounds, DISK_FLOOR, Inbox, inbox};

mod limits;
#[cfg(test)]
mod tests;

pub use limits::limits_in_force;

/// The port when none is named.
pub const PORT: u16 = 4000;

/// How long an account is locked when nothing else is said.
pub const BLOCK: Duration = Duration::from_mins(1);

/// The credentials file that is read when none is named, in the working folder.
pub const CREDENTIALS: &str = "credentials.txt";

/// How much is logged when nothing else is said.
pub const LOG: &str = "info";

/// Bytes of a MiB.
const MIB: u64 = 1024 * 1024;

/// The longest time that can be asked for: one year.
const MOST_SECONDS: u64 = 365 * 24 * 60 * 60;

/// Everything a server is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen; 0 takes any free port.
    pub port: u16,
    /// The address to listen on; `None`: all interfaces.
    pub bind: Option<IpAddr>,
    /// How long an account is locked after three wrong passwords.
    pub block: Duration,
    /// How long a user may do nothing; `None`: for ever.
    pub timeout: Option<Duration>,
    /// Where the accounts of the classic file are.
    pub credentials: CredentialsFile,
    /// The data folder.
    pub data: PathBuf,
    /// Whether anybody may make an account.
    pub register: bool,
    /// Which names they may take.
    pub names: Policy,
    /// Whether requests are limited in their number, and whose.
    pub limits: Switch,
    /// The most connections at once; fewer where the system does not allow as many.
    pub connections: usize,
    /// The most that may wait for a user who is away.
    pub inbox: Inbox,
    /// Free MiB on the disk below which no messages are taken; 0: only when it is full.
    pub disk_floor: u64,
    /// Whether connections are encrypted; without it only loopback addresses are served.
    pub tls: bool,
    /// How much to log: a level, or directives as `tracing_subscriber::EnvFilter` reads them.
    pub log: String,
    sources: BTreeMap<&'static str, Source>,
}

/// Which credentials file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsFile {
    /// None.
    No,
    /// This one, if it is there.
    IfThere(PathBuf),
    /// This one; it must be there.
    Named(PathBuf),
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Option,
    Environment,
    File,
}

/// A whole number of seconds, at most one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct Seconds(u64);

/// Whom limits hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Other machines.
    On,
    /// Nobody.
    Off,
    /// Everybody, this machine too.
    Strict,
}

/// What one source says. The names of the fields are the keys of the config file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is explained at the option of the same name")]
pub struct Layer {
    pub port: Option<u16>,
    pub block: Option<Seconds>,
    pub timeout: Option<Seconds>,
    pub bind: Option<IpAddr>,
    pub credentials: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub no_register: Option<bool>,
    #[serde(deserialize_with = "word")]
    pub names: Option<Policy>,
    #[serde(deserialize_with = "word")]
    pub limits: Option<Switch>,
    pub connections: Option<u32>,
    pub inbox_messages: Option<u32>,
    pub inbox_mib: Option<u32>,
    pub disk_floor: Option<u32>,
    pub no_tls: Option<bool>,
    pub log_level: Option<String>,
}

/// Where the system keeps files of this user; `None` where it has no place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The folder of config files.
    pub config: Option<PathBuf>,
    /// The folder of data.
    pub state: Option<PathBuf>,
}

/// Why the server cannot be configured. The text fits after "server: ".
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable of the environment is no good.
    #[error("{name} is {value:?}: {why}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// A config file that was named, or one that exists, cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A config file that says something wrong.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        why: String,
    },
    /// No TLS where others could listen.
    #[error("--no-tls is for this machine only: add --bind 127.0.0.1, or leave it out")]
    NoTls,
    /// There is no place for data.
    #[error("no home folder is known for the data: name one with --data DIR")]
    NoPlace,
}

impl ConfigError {
    /// Whether what was typed is wrong, not what is found on the disk.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Read { .. })
    }
}

impl Config {
    /// A server with the defaults and this data folder, without a credentials file.
    pub fn new(data: PathBuf) -> Self {
        Self {
            port: PORT,
            bind: None,
            block: BLOCK,
            timeout: None,
            credentials: CredentialsFile::No,
            data,
            register: true,
            names: Policy::Plain,
            limits: Switch::On,
            connections: CONNECTIONS,
            inbox: Inbox::default(),
            disk_floor: DISK_FLOOR / MIB,
            tls: true,
            log: LOG.into(),
            sources: BTreeMap::new(),
        }
    }

    /// Reads environment and config file, and joins them with what was typed.
    pub fn load(options: Layer, file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::join(options, file, variable, &Places::of_this_user())
    }

    fn join(
        options: Layer,
        file: Option<PathBuf>,
        variable: impl Fn(&str) -> Option<String>,
        places: &Places,
    ) -> Result<Self, ConfigError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let file = file.or_else(|| variable("TERN_CONFIG").map(PathBuf::from));
        let layers = [
            (Source::Option, options),
            (Source::Environment, from_environment(variable)?),
            (Source::File, from_file(file, places)?),
        ];
        let mut pick = Pick { layers, sources: BTreeMap::new() };
        let port = pick.one("port", |layer| layer.port).unwrap_or(PORT);
        let data = match pick.one("data", |layer| layer.data.clone()) {
            Some(data) => data,
            None => places.state.as_ref().ok_or(ConfigError::NoPlace)?.join("tern").join(format!("server-{port}")),
        };
        let credentials = pick.one("credentials", |layer| layer.credentials.clone());
        let config = Self {
            port,
            bind: pick.one("bind", |layer| layer.bind),
            block: pick.one("block", |layer| layer.block).map_or(BLOCK, Seconds::span),
            timeout: pick.one("timeout", |layer| layer.timeout).map(Seconds::span).filter(|span| !span.is_zero()),
            credentials: credentials
                .map_or_else(|| CredentialsFile::IfThere(CREDENTIALS.into()), CredentialsFile::Named),
            data,
            register: !pick.one("no-register", |layer| layer.no_register).unwrap_or(false),
            names: pick.one("names", |layer| layer.names).unwrap_or_default(),
            limits: pick.one("limits", |layer| layer.limits).unwrap_or(Switch::On),
            connections: pick
                .one("connections", |layer| layer.connections)
                .map_or(CONNECTIONS, |most| usize::try_from(most).unwrap_or(usize::MAX)),
            inbox: Inbox {
                messages: pick.one("inbox-messages", |layer| layer.inbox_messages).map_or(inbox::MESSAGES, endless),
                bytes: pick
                    .one("inbox-mib", |layer| layer.inbox_mib)
                    .map_or(inbox::BYTES, |mib| endless(mib).saturating_mul(MIB)),
            },
            disk_floor: pick.one("disk-floor", |layer| layer.disk_floor).map_or(DISK_FLOOR / MIB, u64::from),
            tls: !pick.one("no-tls", |layer| layer.no_tls).unwrap_or(false),
            log: pick.one("log-level", |layer| layer.log_level.clone()).unwrap_or_else(|| LOG.into()),
            sources: pick.sources,
        };
        if config.tls || config.bind.is_some_and(|address| address.is_loopback()) {
            Ok(config)
        } else {
            Err(ConfigError::NoTls)
        }
    }

    /// What the rules of chat want to know.
    pub fn rules(&self) -> Rules {
        let limits = self.limits != Switch::Off;
        Rules { lock_for: self.block, timeout: self.timeout, registration: self.register, limits }
    }

    /// What the store wants to know.
    pub fn bounds(&self) -> Bounds {
        Bounds { inbox: self.inbox, disk_floor: self.disk_floor.saturating_mul(MIB) }
    }

    /// Every option in force as a config file that says the same, and every limit.
    pub fn describe(&self) -> String {
        let mut text = String::from("# Options in force. This is a config file that says the same.\n");
        let quoted = |value: &dyn fmt::Display| toml::Value::String(value.to_string()).to_string();
        let credentials = match &self.credentials {
            CredentialsFile::No => None,
            CredentialsFile::IfThere(path) | CredentialsFile::Named(path) => Some(path),
        };
        let named = matches!(self.credentials, CredentialsFile::Named(_));
        for (key, value, is_note) in [
            ("port", self.port.to_string(), false),
            ("block", self.block.as_secs().to_string(), false),
            ("timeout", self.timeout.map_or(0, |span| span.as_secs()).to_string(), false),
            (
                "bind",
                self.bind.map_or_else(|| "all interfaces".into(), |address| quoted(&address)),
                self.bind.is_none(),
            ),
            ("credentials", credentials.map_or_else(|| "none".into(), |path| quoted(&path.display())), !named),
            ("data", quoted(&self.data.display()), false),
            ("no-register", (!self.register).to_string(), false),
            ("names", quoted(&self.names), false),
            ("limits", quoted(&self.limits), false),
            ("connections", self.connections.to_string(), false),
            ("inbox-messages", finite(self.inbox.messages).to_string(), false),
            ("inbox-mib", (finite(self.inbox.bytes) / MIB).to_string(), false),
            ("disk-floor", self.disk_floor.to_string(), false),
            ("no-tls", (!self.tls).to_string(), false),
            ("log-level", quoted(&self.log), false),
        ] {
            // What has no value to write down stands as a comment.
            let line = format!("{}{key} = {value}", if is_note { "# " } else { "" });
            let source = self.sources.get(key).map_or("default", |source| source.word());
            let _ = writeln!(text, "{line:<48} # {source}");
        }
        text.push_str("\n# Limits\n");
        for (what, value) in limits_in_force() {
            let _ = writeln!(text, "# {what:<46} {value}");
        }
        text
    }
}

impl Places {
    /// The places of whoever runs this process, as the XDG variables say.
    pub fn of_this_user() -> Self {
        let Ok(base) = etcetera::choose_base_strategy() else { return Self::default() };
        Self { config: Some(base.config_dir()), state: Some(base.state_dir().unwrap_or_else(|| base.data_dir())) }
    }
}

struct Pick {
    layers: [(Source, Layer); 3],
    sources: BTreeMap<&'static str, Source>,
}

impl Pick {
    /// The value of the first layer that has one.
    fn one<T>(&mut self, key: &'static str, field: impl Fn(&Layer) -> Option<T>) -> Option<T> {
        let (source, value) = self.layers.iter().find_map(|(source, layer)| Some((*source, field(layer)?)))?;
        self.sources.insert(key, source);
        Some(value)
    }
}

impl Source {
    fn word(self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Environment => "environment",
            Self::File => "config file",
        }
    }
}

fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Layer, ConfigError> {
    fn read<T: FromStr>(variable: impl Fn(&str) -> Option<String>, name: &'static str) -> Result<Option<T>, ConfigError>
    where
        T::Err: fmt::Display,
    {
        let Some(value) = variable(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|why: T::Err| ConfigError::Variable { name, value, why: why.to_string() })
    }
    let claim = |name| Ok(read::<Claim>(&variable, name)?.map(|claim| claim.0));
    Ok(Layer {
        port: read(&variable, "TERN_PORT")?,
        block: read(&variable, "TERN_BLOCK")?,
        timeout: read(&variable, "TERN_TIMEOUT")?,
        bind: read(&variable, "TERN_BIND")?,
        credentials: read(&variable, "TERN_CREDENTIALS")?,
        data: read(&variable, "TERN_DATA")?,
        no_register: claim("TERN_NO_REGISTER")?,
        names: read(&variable, "TERN_NAMES")?,
        limits: read(&variable, "TERN_LIMITS")?,
        connections: read(&variable, "TERN_CONNECTIONS")?,
        inbox_messages: read(&variable, "TERN_INBOX_MESSAGES")?,
        inbox_mib: read(&variable, "TERN_INBOX_MIB")?,
        disk_floor: read(&variable, "TERN_DISK_FLOOR")?,
        no_tls: claim("TERN_NO_TLS")?,
        log_level: variable("TERN_LOG"),
    })
}

/// Reads the file that was named, or the one in the usual place if it is there.
fn from_file(named: Option<PathBuf>, places: &Places) -> Result<Layer, ConfigError> {
    let is_named = named.is_some();
    let usual = || places.config.as_ref().map(|folder| folder.join("tern").join("server.toml"));
    let Some(path) = named.or_else(usual) else { return Ok(Layer::default()) };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => return Ok(Layer::default()),
        Err(source) => return Err(ConfigError::Read { path, source }),
    };
    toml::from_str(&text).map_err(|error| wrong(&path, &text, &error))
}

/// One line of what is wrong in a file; the parser's own text has several, with a drawing.
fn wrong(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    ConfigError::File { path: path.to_owned(), why: format!("line {line}: {message}") }
}

/// A variable that stands for a flag.
struct Claim(bool);

impl FromStr for Claim {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "1" | "true" | "yes" | "on" => Ok(Self(true)),
            "0" | "false" | "no" | "off" => Ok(Self(false)),
            _ => Err("it is 1 or 0"),
        }
    }
}

impl Seconds {
    fn span(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl TryFrom<u64> for Seconds {
    type Error = &'static str;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        if seconds <= MOST_SECONDS { Ok(Self(seconds)) } else { Err("a year (31536000 seconds) is the most") }
    }
}

impl FromStr for Seconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<u64>().map_err(|_| "it is a whole number of seconds").and_then(Self::try_from)
    }
}

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            "strict" => Ok(Self::Strict),
            _ => Err("it is on, off or strict"),
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Strict => "strict",
        })
    }
}

/// A bound as it is typed, where 0 means none.
fn endless(bound: u32) -> u64 {
    if bound == 0 { u64::MAX } else { u64::from(bound) }
}

/// The same, back.
fn finite(bound: u64) -> u64 {
    if bound == u64::MAX { 0 } else { bound }
}

fn word<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = &'static str>,
{
    String::deserialize(deserializer)?.parse().map(Some).map_err(serde::de::Error::custom)
}
