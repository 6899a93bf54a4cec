//! The command line of `server`.
//!
//! It only says what was typed: [`crate::config`] joins it with the environment, the config file and the defaults.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use crate::config::{Layer, Seconds, Switch};
use crate::names::Policy;

#[cfg(test)]
mod tests;

const AFTER_HELP: &str = "\
Every option has a variable of the same name, such as TERN_PORT or TERN_NO_REGISTER=1 (and TERN_LOG for --log-level), \
and a line of the same name in the config file, $XDG_CONFIG_HOME/tern/server.toml. Options win over variables, \
variables over the file. `server config` shows what is in force and where it comes from.

Examples:
  server                          port 4000, accounts can be registered
  server 4000 60 120              the classic form
  server --bind 127.0.0.1         for this machine only
  server passwd yoda              change the password of yoda";

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The chat server of Tern.
#[derive(Debug, Parser)]
#[command(name = "server", version, about = "Runs a chat server", after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What `server` does instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Change the password of an account; works while the server runs
    Passwd(PasswdArgs),
    /// Show every option and limit in force, as a config file
    Config(ServeArgs),
}

/// How to serve.
#[derive(Debug, Default, Args)]
pub struct ServeArgs {
    /// Port to listen on; 0 takes any free one [default: 4000]
    #[arg(id = "PORT", conflicts_with = "port")]
    positional_port: Option<u16>,
    /// Seconds an account is locked after three wrong passwords [default: 60]
    #[arg(id = "BLOCK", conflicts_with = "block")]
    positional_block: Option<Seconds>,
    /// Seconds without action after which a user is logged out; 0 means never [default: 0]
    #[arg(id = "TIMEOUT", conflicts_with = "timeout")]
    positional_timeout: Option<Seconds>,
    /// The same as PORT
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// The same as BLOCK
    #[arg(long, visible_alias = "block-for", value_name = "SECONDS")]
    block: Option<Seconds>,
    /// The same as TIMEOUT
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<Seconds>,
    /// Address to listen on [default: all interfaces]
    #[arg(long, value_name = "ADDR")]
    bind: Option<IpAddr>,
    /// File of accounts, one `name secret` a line [default: credentials.txt, if there is one]
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Folder for accounts, messages and the server's key [default: $XDG_STATE_HOME/tern/server-PORT]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Let nobody make an account
    #[arg(long)]
    no_register: bool,
    /// Which names may be registered: plain (a-z 0-9 _ - .) or unicode (letters of one script) [default: plain]
    #[arg(long, value_name = "RULE", hide_possible_values = true, value_parser = words::<Policy>(&["plain", "unicode"]))]
    names: Option<Policy>,
    /// Limit how often may be asked: on (other machines), off, or strict (this machine, too) [default: on]
    #[arg(long, value_name = "SWITCH", hide_possible_values = true)]
    #[arg(value_parser = words::<Switch>(&["on", "off", "strict"]))]
    limits: Option<Switch>,
    /// Connections at once; the system may allow fewer [default: 10000]
    #[arg(long, value_name = "COUNT")]
    connections: Option<u32>,
    /// Messages that may wait for a user who is away; 0 means no limit [default: 1000]
    #[arg(long, value_name = "COUNT")]
    inbox_messages: Option<u32>,
    /// MiB of text that may wait for a user who is away; 0 means no limit [default: 8]
    #[arg(long, value_name = "MIB")]
    inbox_mib: Option<u32>,
    /// Free MiB on the disk below which no messages are taken; 0 means until it is full [default: 64]
    #[arg(long, value_name = "MIB")]
    disk_floor: Option<u32>,
    /// Speak without TLS, for measuring and debugging; only with --bind to a loopback address
    #[arg(long)]
    no_tls: bool,
    /// Config file to read
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How much to log: off, error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL", hide_possible_values = true, value_parser = LEVELS)]
    log_level: Option<String>,
}

/// `server passwd`.
#[derive(Debug, Args)]
pub struct PasswdArgs {
    /// Whose password; it is asked for, or read from the first line of input when that is no terminal
    pub name: String,
    /// The server's data folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The server's port, which its data folder is named after [default: 4000]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Config file to read
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ServeArgs {
    /// What was typed, and the config file that was named.
    pub fn into_layer(self) -> (Layer, Option<PathBuf>) {
        let layer = Layer {
            port: self.positional_port.or(self.port),
            block: self.positional_block.or(self.block),
            timeout: self.positional_timeout.or(self.timeout),
            bind: self.bind,
            credentials: self.credentials,
            data: self.data,
            no_register: self.no_register.then_some(true),
            names: self.names,
            limits: self.limits,
            connections: self.connections,
            inbox_messages: self.inbox_messages,
            inbox_mib: self.inbox_mib,
            disk_floor: self.disk_floor,
            no_tls: self.no_tls.then_some(true),
            log_level: self.log_level,
        };
        (layer, self.config)
    }
}

impl PasswdArgs {
    /// What was typed, and the config file that was named.
    pub fn to_layer(&self) -> (Layer, Option<PathBuf>) {
        let layer = Layer { port: self.port, data: self.data.clone(), ..Layer::default() };
        (layer, self.config.clone())
    }
}

/// Takes one of some words, and names them all when it is another one.
fn words<T>(words: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = &'static str> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}
