//! The full screen on a real pseudo-terminal, with a scripted server: how soon it stands, how soon a key is seen, what a
//! flood, a long history and doing nothing cost, and how it ends.
//!
//! The terminal has 120 columns and 40 rows. The client speaks without TLS. The baseline of a key is a bare `cat` on a
//! pseudo-terminal of its own in the same run.

mod console;
mod costs;
mod keys;
mod lines;
mod peers;
mod rest;
mod script;
mod start;

use anyhow::Context as _;
use clap::Args;

use crate::child::beside_us;
use crate::figures::{heading, line, warn_about_debug};
use console::{Console, FRAME_END};
use script::{NEWEST, Script, Session};

/// Options of `load screen`.
#[derive(Debug, Args)]
pub struct Options {
    /// Measure only these: start, keys, flood, history, million, idle, hangup, peers [default: all]
    #[arg(value_name = "WHAT", value_parser = PARTS)]
    parts: Vec<String>,
    /// Repetitions of what takes milliseconds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Keys to press for each figure
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    keys: u32,
    /// How long to watch a client that has nothing to do
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    idle: u64,
}

/// What can be measured by itself.
const PARTS: [&str; 8] = ["start", "keys", "flood", "history", "million", "idle", "hangup", "peers"];

/// Measures and prints.
pub fn run(options: &Options) -> anyhow::Result<()> {
    warn_about_debug();
    let stage = Stage::new()?;
    heading(&format!("the full screen, {} columns and {} rows", console::COLUMNS, console::ROWS));
    for part in PARTS {
        if !options.parts.is_empty() && !options.parts.iter().any(|wanted| wanted == part) {
            continue;
        }
        match part {
            "start" => start::measure(&stage, options.repeat)?,
            "keys" => keys::measure(&stage, options.keys)?,
            "flood" => lines::flood(&stage)?,
            "history" => lines::history(&stage, options.repeat)?,
            "million" => lines::million(&stage)?,
            "idle" => rest::idle(&stage, options.idle)?,
            "hangup" => rest::hang_up(&stage)?,
            _ => peers::measure(options.keys)?,
        }
    }
    Ok(())
}

/// The client, and a server for it.
struct Stage {
    client: String,
    server: Script,
}

impl Stage {
    fn new() -> anyhow::Result<Self> {
        let client = beside_us("tui-client")?.to_str().context("the program has a strange path")?.to_owned();
        Ok(Self { client, server: Script::start()? })
    }

    /// The client with its login on the screen.
    fn login(&self) -> anyhow::Result<Console> {
        let mut console = Console::start(&self.client, &["--tui", "--no-tls", &self.server.address()], &[])?;
        console.until(b"assword")?;
        console.until(FRAME_END)?;
        Ok(console)
    }

    /// The client in the lobby, when the last of the older lines is on the screen.
    fn lobby(&self, arguments: &[&str]) -> anyhow::Result<(Console, Session)> {
        let address = self.server.address();
        let all = [&["--tui", "--no-tls", "--user", "hans", &address], arguments].concat();
        let mut console = Console::start(&self.client, &all, &[("TERN_PASSWORD", "falcon")])?;
        let session = self.server.session()?;
        console.until(NEWEST.as_bytes())?;
        console.until(FRAME_END)?;
        Ok((console, session))
    }
}

/// A figure in MiB.
fn tell_memory(what: &str, id: i32) -> anyhow::Result<()> {
    line(what, &format!("{:.1} MiB, {} threads", costs::resident(id)?, costs::threads(id)?));
    Ok(())
}
