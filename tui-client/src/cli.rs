//! The command line, and the settings that it, the environment and the config file make together.
//!
//! An option overrides the environment, which overrides the config file, which overrides the default. Everything is
//! checked here once; what comes out cannot be wrong any more. Nothing here reads a terminal or the network.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Parser, Subcommand};
use secrecy::SecretString;
use shared::limits::{HISTORY_PAGE, PASSWORD_BYTES, PEER_PORT_LOWEST};

use crate::app::model::AcceptPeers;
use crate::app::transcript::KEPT;
use crate::config::{self, Config, ConfigError, Values};
use crate::net::address::{Address, DEFAULT_PORT};
use crate::net::{Fingerprint, Target, TrustStore};
use crate::peer::PeerOptions;
use crate::tui::keymap::Keymap;
use crate::tui::theme::{Depth, Shade, Theme, ThemeChoice, Themes};

pub mod report;
pub mod start;
pub mod trust;
#[cfg(feature = "host")]
pub mod try_out;

#[cfg(test)]
mod tests;

/// The server when none is named.
const DEFAULT_HOST: &str = "127.0.0.1";

const AFTER_HELP: &str = "\
Environment (an option overrides it, it overrides the config file):
  TERN_SERVER         The server, written like HOST
  TERN_USER           The user
  TERN_PASSWORD       The password
  TERN_PASSWORD_FILE  The file with the password
  TERN_CONFIG         The config file

Exit codes:
  0  Done                        4  Login refused
  1  A command was refused       5  Account locked
  2  Wrong usage                 6  Logged out for inactivity
  3  Cannot connect, or lost     7  The key of the server has changed";

/// The command line as it was typed.
#[derive(Debug, Default, Parser)]
#[command(
    name = "tui-client",
    version,
    about = "Chat in a terminal",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = AFTER_HELP
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Args {
    /// The server.
    #[arg(
        value_name = "HOST",
        help = "Server: a name, an address, HOST:PORT, [V6]:PORT or an invite tern://... [default: 127.0.0.1]"
    )]
    pub host: Option<Address>,
    /// Port of the server [default: 4000]
    #[arg(value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Log in as this user
    #[arg(short, long, value_name = "NAME")]
    pub user: Option<String>,
    /// Read the password from a file
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Create the account, without questions
    #[arg(long)]
    pub register: bool,
    /// Show lines of text; chosen by itself where there is no terminal
    #[arg(long, conflicts_with = "json")]
    pub plain: bool,
    /// Show one JSON object a line, for programs
    #[arg(long)]
    pub json: bool,
    /// Show the full screen, whatever TERM says
    #[arg(long, conflicts_with_all = ["plain", "json", "execute"])]
    pub tui: bool,
    /// Colours of the full screen: auto, dark, light, terminal, or a theme of your own [default: auto]
    #[arg(long, value_name = "THEME")]
    pub theme: Option<ThemeChoice>,
    /// Catch the mouse on the full screen, to click on tabs; F3 switches it
    #[arg(long)]
    pub mouse: bool,
    /// Do not tell others that you are typing, and do not show who is
    #[arg(long)]
    pub no_typing: bool,
    /// Run this command instead of reading commands (repeatable)
    #[arg(short, long, value_name = "COMMAND")]
    pub execute: Vec<String>,
    /// Stay to listen after the last command: seconds, or forever
    #[arg(long, value_name = "SECONDS|forever")]
    pub linger: Option<Linger>,
    /// Show this many older lines of the lobby after login
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(..=i64::from(HISTORY_PAGE)))]
    pub history: Option<u16>,
    /// Keep this many lines of each conversation in memory [default: 100000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(SCROLLBACK))]
    pub scrollback: Option<u32>,
    /// Show who comes and goes, also where there is no terminal
    #[arg(long)]
    pub presence: bool,
    /// Give up after this long without a connection [default: 60 where there is no terminal, else never]
    #[arg(long, value_name = "SECONDS")]
    pub retry: Option<u64>,
    /// Hold lines back until Enter while a line is being typed, for screen readers
    #[arg(long)]
    pub hold: bool,
    /// Remember neither drafts nor servers: what is typed and not sent is gone at the end
    #[arg(long)]
    pub no_drafts: bool,
    /// Host a server in this program, for everybody in your network, and chat there (port: --host 5000)
    #[cfg_attr(feature = "host", arg(long = "host", id = "host_here", conflicts_with_all = ["fingerprint", "no_tls"]))]
    #[cfg_attr(not(feature = "host"), arg(skip))]
    pub host_here: bool,
    /// Accept only the server with this key
    #[arg(long, value_name = "SHA256:...")]
    pub fingerprint: Option<Fingerprint>,
    /// Do without TLS, for measuring on this machine
    #[arg(long, conflicts_with = "fingerprint")]
    pub no_tls: bool,
    /// Who may open a private session without being asked about: ask, verified or always [default: ask]
    #[arg(long, value_name = "WHO")]
    pub accept: Option<AcceptPeers>,
    /// Keep received files here [default: Downloads/tern in the home folder]
    #[arg(long, value_name = "DIR")]
    pub downloads: Option<PathBuf>,
    /// Listen on this port for private sessions, where a firewall lets only that one through
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(i64::from(PEER_PORT_LOWEST)..))]
    pub peer_port: Option<u16>,
    /// Read this config file [default: tern/client.toml in the XDG config folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do instead of chatting.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do besides chatting.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look around: a server of your own with three scripted people, which leaves nothing behind
    #[cfg(feature = "host")]
    Try(try_out::TryArgs),
    /// Print the settings in force as a config file, with what each means
    Config(report::ReportArgs),
    /// Print the keys of the full screen, what each does, and the name of its action
    Keys(report::ReportArgs),
    /// List or forget remembered server keys
    #[command(subcommand, disable_help_subcommand = true)]
    Trust(trust::TrustCommand),
}

/// How the chat is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The full screen.
    Screen,
    /// Lines of text.
    Plain,
    /// One JSON object a line.
    Json,
}

/// How long to listen after the last command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linger {
    /// This many seconds.
    Seconds(u64),
    /// Until the connection or the program is ended.
    Forever,
}

impl fmt::Display for Linger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(seconds) => seconds.fmt(f),
            Self::Forever => f.write_str("forever"),
        }
    }
}

impl FromStr for Linger {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        match typed {
            "forever" => Ok(Self::Forever),
            seconds => seconds.parse().map(Self::Seconds).map_err(|_| "give a number of seconds, or forever"),
        }
    }
}

/// Everything a run needs to know, checked.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct Settings {
    /// The server.
    pub target: Target,
    /// The keys of servers seen before.
    pub trust: TrustStore,
    /// Whether to start a server in this process, with the port of `target`.
    pub host: bool,
    /// Sentences to show at the start.
    pub notes: Vec<String>,
    /// How the chat is shown.
    pub face: Face,
    /// Whether a server was named at all.
    pub server_is_named: bool,
    /// Colours of the full screen.
    pub theme: ThemeChoice,
    /// The user's own themes.
    pub themes: Themes,
    /// Whether the full screen catches the mouse.
    pub mouse: bool,
    /// All settings in force, by their names in the config file.
    pub values: Values,
    /// Which key does what.
    pub keys: Keymap,
    /// Where `/set` saves; left out: nowhere.
    pub config_file: Option<PathBuf>,
    /// Who logs in; asked for when left out.
    pub user: Option<String>,
    /// The password; asked for when left out.
    pub password: Option<SecretString>,
    /// Whether to create the account.
    pub register: bool,
    /// Commands to run instead of reading them from stdin.
    pub execute: Vec<String>,
    /// How long to listen after the last command; left out: not at all.
    pub linger: Option<Linger>,
    /// How many older lines to show after login; left out: as the face sees fit.
    pub history: Option<u16>,
    /// How many lines of each conversation are kept.
    pub scrollback: usize,
    /// Whether presence is shown where it otherwise would not be.
    pub presence: bool,
    /// Seconds without a connection after which to give up; left out: never.
    pub retry: Option<u64>,
    /// Whether lines wait for Enter while something is being typed.
    pub hold: bool,
    /// Whether drafts and servers are remembered.
    pub drafts: bool,
    /// Who may open a private session without a question.
    pub accept: AcceptPeers,
    /// Whether others are told that this user types, and the full screen shows who does.
    pub typing: bool,
    /// Where keys and files of private sessions are kept.
    pub peers: PeerOptions,
    /// Whether somebody can type.
    pub stdin_is_terminal: bool,
    /// Whether somebody looks at stdout.
    pub stdout_is_terminal: bool,
    /// Whether the chat can go from the full screen to plain lines and back.
    pub can_switch: bool,
}

/// Seconds without a connection after which a run without a terminal gives up.
const RETRY_UNATTENDED: u64 = 60;

/// How many lines of a conversation can be kept: a few screens at least, and what a machine has memory for.
pub(crate) const SCROLLBACK: RangeInclusive<i64> = 100..=10_000_000;

/// What a run is surrounded by. Arguments, so that tests need no real environment.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Looks up an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Whether stdin is a terminal.
    pub stdin_is_terminal: bool,
    /// Whether stdout is a terminal.
    pub stdout_is_terminal: bool,
}

/// Why the settings do not make sense. The text names the argument and fits after "error: ".
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The same thing is said twice, differently.
    #[error("{0}")]
    Conflict(String),
    /// A variable of the environment or a key of the config file has a wrong value.
    #[error("invalid value for {name}: {why}")]
    Value {
        /// The variable, or the key with its file.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The password file cannot be used.
    #[error("the password file {path} cannot be used: {why}")]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The config file cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no folder for the state of this program.
    #[error("{0}")]
    NoHome(String),
    /// `--tui` without a terminal.
    #[error("--tui needs a terminal; leave it out, or use --plain or --json")]
    NoTerminal,
}

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Screen,
    Plain,
    Json,
    /// Whatever the terminal can show.
    Auto,
}

/// Settings, and sentences about what is unwise in them.
#[derive(Debug)]
pub struct Resolved {
    /// The settings.
    pub settings: Settings,
    /// What the user should know before the start.
    pub warnings: Vec<String>,
}

impl Args {
    /// Joins the command line with the environment, the config file and the defaults.
    pub fn resolve(self, surroundings: Surroundings<'_>) -> Result<Resolved, SettingsError> {
        let config = self.load(surroundings)?;
        let mut values = self.values(&config, surroundings)?;
        let face = choose_face(self.wish(&config.values), surroundings)?;
        let can_switch = face != Face::Json && self.execute.is_empty() && can_show_a_screen(face, surroundings);
        let host = self.host_here;
        let server_is_named = host || self.host.is_some() || values.given("server").is_some();
        let target = if host { self.own_server()? } else { self.target(&values)? };
        let mut warnings = Vec::new();
        let password = self.password(surroundings, &config.values, &mut warnings)?;
        if self.host.is_some() && !host {
            let Target { host, port, fingerprint, .. } = target.clone();
            put(&mut values, "HOST", "server", Some(Address { host, port: Some(port), fingerprint }))?;
        }
        let downloads = values.given("downloads").map(PathBuf::from);
        let peers = peer_options(downloads, values.read("peer_port"), surroundings)?;
        let theme = values.read("theme").unwrap_or_default();
        let settings = Settings {
            target,
            trust: TrustStore::standard().map_err(SettingsError::NoHome)?,
            host,
            notes: Vec::new(),
            face,
            server_is_named,
            themes: themes_for(&theme, face)?,
            theme,
            mouse: values.is_on("mouse"),
            keys: config.keys,
            config_file: config.path,
            user: values.read("user"),
            password,
            register: self.register,
            execute: self.execute,
            linger: values.read("linger"),
            history: values.read("history"),
            scrollback: values.read("scrollback").unwrap_or(KEPT),
            presence: values.is_on("presence"),
            retry: values.read("retry").or_else(|| (!surroundings.stdin_is_terminal).then_some(RETRY_UNATTENDED)),
            hold: values.is_on("hold"),
            drafts: values.is_on("drafts"),
            typing: values.is_on("typing"),
            accept: values.read("accept").unwrap_or_default(),
            peers,
            values,
            stdin_is_terminal: surroundings.stdin_is_terminal,
            stdout_is_terminal: surroundings.stdout_is_terminal,
            can_switch,
        };
        Ok(Resolved { settings, warnings })
    }

    /// The settings of the config file under those of the environment under those of the command line.
    fn values(&self, config: &Config, surroundings: Surroundings<'_>) -> Result<Values, SettingsError> {
        let mut values = config.values.clone();
        let text = |name: &str| variable(surroundings, name);
        put(&mut values, "TERN_SERVER", "server", text("TERN_SERVER")?)?;
        put(&mut values, "TERN_USER", "user", text("TERN_USER")?)?;
        put(&mut values, "TERN_PASSWORD_FILE", "password_file", text("TERN_PASSWORD_FILE")?)?;
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let on = |on: bool| on.then_some(true);
        let face = if self.json { Some("json") } else { self.plain.then_some("plain") };
        put(&mut values, "--user", "user", self.user.as_ref())?;
        put(&mut values, "--password-file", "password_file", path(&self.password_file))?;
        put(&mut values, "--plain", "face", face)?;
        put(&mut values, "--theme", "theme", self.theme.as_ref().map(ThemeChoice::as_str))?;
        put(&mut values, "--mouse", "mouse", on(self.mouse))?;
        put(&mut values, "--history", "history", self.history)?;
        put(&mut values, "--scrollback", "scrollback", self.scrollback)?;
        put(&mut values, "--presence", "presence", on(self.presence))?;
        put(&mut values, "--linger", "linger", self.linger)?;
        put(&mut values, "--retry", "retry", self.retry)?;
        if self.no_drafts {
            put(&mut values, "--no-drafts", "drafts", Some("false".to_owned()))?;
        }
        if self.no_typing {
            put(&mut values, "--no-typing", "typing", Some("false".to_owned()))?;
        }
        put(&mut values, "--hold", "hold", on(self.hold))?;
        put(&mut values, "--accept", "accept", self.accept.map(AcceptPeers::as_str))?;
        put(&mut values, "--downloads", "downloads", path(&self.downloads))?;
        put(&mut values, "--peer-port", "peer_port", self.peer_port)?;
        Ok(values)
    }

    fn wish(&self, config: &Values) -> Wish {
        match (self.tui, self.plain, self.json, config.value("face")) {
            (true, ..) => Wish::Screen,
            (_, true, ..) | (.., false, "plain") => Wish::Plain,
            (.., true, _) | (.., "json") => Wish::Json,
            // Commands that are given are answered in lines.
            _ if !self.execute.is_empty() => Wish::Plain,
            _ => Wish::Auto,
        }
    }

    /// The server of `--host`: this machine, whatever environment and config file say. `--host 5000` means the port.
    fn own_server(&self) -> Result<Target, SettingsError> {
        let conflict = "--host starts the server on this machine: leave HOST out, or name the port alone";
        let port = match &self.host {
            None => self.port,
            Some(Address { host, port: None, fingerprint: None })
                if self.port.is_none() && host.parse::<u16>().is_ok() =>
            {
                host.parse().ok()
            }
            Some(Address { host, port, fingerprint: None }) if is_this_machine(host) => {
                agree(*port, self.port, conflict)?
            }
            Some(_) => return Err(SettingsError::Conflict(conflict.into())),
        };
        Ok(Target { host: DEFAULT_HOST.into(), port: port.unwrap_or(DEFAULT_PORT), fingerprint: None, tls: true })
    }

    fn target(&self, values: &Values) -> Result<Target, SettingsError> {
        let named = self.host.clone().or_else(|| values.given("server").and_then(|typed| typed.parse().ok()));
        let named = named.unwrap_or(Address { host: DEFAULT_HOST.into(), port: None, fingerprint: None });
        let port = agree(named.port, self.port, "HOST and PORT name different ports: leave PORT out")?;
        let conflict = "the invite link and --fingerprint name different keys: leave one out";
        let fingerprint = agree(named.fingerprint, self.fingerprint, conflict)?;
        let target = Target { port: port.unwrap_or(DEFAULT_PORT), fingerprint, tls: !self.no_tls, host: named.host };
        let is_elsewhere = target.host.parse::<std::net::IpAddr>().is_ok_and(|address| !address.is_loopback());
        if !target.tls && (is_elsewhere || target.fingerprint.is_some()) {
            let why = "--no-tls is for servers on this machine, without an invite link: leave it out";
            return Err(SettingsError::Conflict(why.into()));
        }
        Ok(target)
    }

    fn password(
        &self,
        surroundings: Surroundings<'_>,
        config: &Values,
        warnings: &mut Vec<String>,
    ) -> Result<Option<SecretString>, SettingsError> {
        if let Some(path) = &self.password_file {
            return read_password(path, warnings).map(Some);
        }
        if let Some(password) = variable(surroundings, "TERN_PASSWORD")? {
            return Ok(Some(password.into()));
        }
        let path = (surroundings.variable)("TERN_PASSWORD_FILE").map(PathBuf::from);
        path.or_else(|| config.given("password_file").map(PathBuf::from))
            .map(|path| read_password(&path, warnings))
            .transpose()
    }
}

/// What private sessions need.
fn peer_options(
    downloads: Option<PathBuf>,
    port: Option<u16>,
    surroundings: Surroundings<'_>,
) -> Result<PeerOptions, SettingsError> {
    let state = crate::net::trust::standard_folder().map_err(SettingsError::NoHome)?;
    let home = || (surroundings.variable)("HOME").map_or_else(|| state.clone(), PathBuf::from);
    let downloads = downloads.unwrap_or_else(|| home().join("Downloads").join("tern"));
    Ok(PeerOptions { state: Some(state), downloads, port })
}

/// Whether a host certainly is this machine.
fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    address.map_or(host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// Chooses the face: what was asked for, else what the terminal can show. The full screen needs both ends of a
/// terminal; unless it is asked for, the terminal must also say that it understands more than lines.
fn choose_face(wish: Wish, surroundings: Surroundings<'_>) -> Result<Face, SettingsError> {
    let is_terminal = surroundings.stdin_is_terminal && surroundings.stdout_is_terminal;
    match wish {
        Wish::Json => Ok(Face::Json),
        Wish::Screen if !is_terminal => Err(SettingsError::NoTerminal),
        Wish::Screen => Ok(Face::Screen),
        Wish::Auto if can_show_a_screen(Face::Plain, surroundings) => Ok(Face::Screen),
        Wish::Plain | Wish::Auto => Ok(Face::Plain),
    }
}

/// Whether there is a terminal at both ends that understands more than lines, or of which that was said with `--tui`.
fn can_show_a_screen(face: Face, surroundings: Surroundings<'_>) -> bool {
    let is_capable = (surroundings.variable)("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    surroundings.stdin_is_terminal && surroundings.stdout_is_terminal && (is_capable || face == Face::Screen)
}

/// A variable that must be text. An empty one counts as not set.
fn variable(surroundings: Surroundings<'_>, name: &str) -> Result<Option<String>, SettingsError> {
    let text = (surroundings.variable)(name).map(OsString::into_string).transpose();
    let text = text.map_err(|_| SettingsError::Value { name: name.to_owned(), why: "it is not UTF-8".into() })?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// The user's own themes, for the face that has colours.
fn themes_for(choice: &ThemeChoice, face: Face) -> Result<Themes, SettingsError> {
    if face != Face::Screen {
        return Ok(Themes::new());
    }
    let themes = config::themes();
    match Theme::choose(choice, &themes, Depth::None, Shade::Dark) {
        Ok(_) => Ok(themes),
        Err(why) => Err(SettingsError::Value { name: "theme".to_owned(), why }),
    }
}

/// Puts what is said at `source`, if anything, into a setting.
fn put(values: &mut Values, source: &str, name: &str, value: Option<impl ToString>) -> Result<(), SettingsError> {
    let (Some(setting), Some(value)) = (config::find(name), value) else { return Ok(()) };
    values.set(setting, &value.to_string()).map_err(|why| SettingsError::Value { name: source.to_owned(), why })
}

/// The value that one of two sources names, or both.
fn agree<T: PartialEq>(first: Option<T>, second: Option<T>, conflict: &str) -> Result<Option<T>, SettingsError> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => Err(SettingsError::Conflict(conflict.to_owned())),
        (first, second) => Ok(first.or(second)),
    }
}

fn read_password(path: &Path, warnings: &mut Vec<String>) -> Result<SecretString, SettingsError> {
    let problem = |why: String| SettingsError::PasswordFile { path: path.to_owned(), why };
    let read = || -> io::Result<(String, u32)> {
        let file = File::open(path)?;
        let mode = file.metadata()?.permissions().mode();
        let mut text = String::new();
        // One more than fits, and the line end.
        let limit = u64::try_from(PASSWORD_BYTES).unwrap_or(u64::MAX) + 3;
        file.take(limit).read_to_string(&mut text)?;
        Ok((text, mode))
    };
    let (mut text, mode) = read().map_err(|error| problem(error.to_string()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    text.truncate(line.strip_suffix('\r').unwrap_or(line).len());
    match text.len() {
        0 => return Err(problem("it is empty".into())),
        1..=PASSWORD_BYTES => {}
        _ => return Err(problem(format!("a password has at most {PASSWORD_BYTES} bytes"))),
    }
    if mode & 0o077 != 0 {
        let path = path.display();
        warnings.push(format!("other users can read the password file {path}: chmod 600 {path}"));
    }
    Ok(text.into())
}
