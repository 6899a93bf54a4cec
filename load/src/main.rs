//! Measures the real programs on this machine: fan-out, direct messages, latency, files, searches, the full screen.
//!
//! Every run starts the server as a child on loopback with a fresh data folder and real clients over TLS, and measures a
//! bare baseline beside it, so that the ratio means something where the absolute figures do not. The receiving side is
//! cheap: it counts frames by their headers and decodes one in many.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

mod bare;
mod child;
mod client;
mod direct;
mod fanout;
mod figures;
mod file;
mod latency;
mod listen;
mod screen;
mod search;
mod store;

/// Load generator and benchmark figures for Tern.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    scenario: Scenario,
}

/// What is measured.
#[derive(Debug, Subcommand)]
enum Scenario {
    /// Lobby lines to everybody, as many as the server takes
    Fanout(fanout::Options),
    /// Direct messages between pairs, each durable before it is acknowledged
    Direct(direct::Options),
    /// One lobby line at a time, or so many a second
    Latency(latency::Options),
    /// A file through a private session of two real clients, and a conversation meanwhile
    File(file::Options),
    /// The full screen on a pseudo-terminal: start, keys, floods, memory, doing nothing, the end
    Screen(screen::Options),
    /// Words looked for in a long lobby
    Search(search::Options),
    /// The baseline of fan-out: copies what comes in to every connection and does nothing else
    #[command(hide = true)]
    Bare,
}

/// What every scenario can be told.
#[derive(Clone, Debug, Args)]
struct Common {
    /// Speak without TLS
    #[arg(long)]
    no_tls: bool,
    /// Length of a text in bytes
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u16).range(32..=4096))]
    text: u16,
    /// Give up after this many seconds
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    limit: u64,
    /// Leave out the bare baseline
    #[arg(long)]
    no_baseline: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figures::complain(&format!("load: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    allow_many_files()?;
    // One thread: on a small machine the server needs the other cores.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start tokio")?;
    match cli.scenario {
        Scenario::Fanout(options) => runtime.block_on(fanout::run(options)),
        Scenario::Direct(options) => runtime.block_on(direct::run(options)),
        Scenario::Latency(options) => runtime.block_on(latency::run(options)),
        Scenario::File(options) => file::run(&options),
        Scenario::Screen(options) => screen::run(&options),
        Scenario::Search(options) => runtime.block_on(search::run(options)),
        Scenario::Bare => runtime.block_on(bare::serve()),
    }
}

/// Raises the limit of open files to what the system allows: every user is one.
fn allow_many_files() -> anyhow::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("cannot raise the limit of open files")
}
