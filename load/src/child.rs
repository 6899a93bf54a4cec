//! The program that is measured, as a child process, and what it costs.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;

/// The password of every account.
pub const PASSWORD: &str = "load";

/// Its hash, with the cheapest parameters there are (argon2id, 8 KiB, one pass): logins are not what is measured.
const PHC: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$IMY2vm4w7xmNEwSL+Q9EgHpxUP/RCSVUPz1JF9zJnTg";

/// Ticks a second in `/proc/PID/stat`: the kernel's interface fixes them for every machine.
const TICKS: f64 = 100.0;

/// The longest a program may take to listen.
const START: Duration = Duration::from_secs(30);

/// A running child; killed with the value.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    _files: Option<TempDir>,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Seconds of processor time, in user and kernel mode.
    pub cpu: f64,
}

/// Memory of a process in KiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Resident now.
    pub now: u64,
    /// Resident at most so far.
    pub peak: u64,
}

/// The name of an account.
pub fn name(number: usize) -> String {
    format!("u{number}")
}

impl Program {
    /// The real server with this many accounts.
    pub fn server(accounts: usize, tls: bool) -> anyhow::Result<Self> {
        let files = TempDir::with_prefix("tern-load-").context("cannot make a temporary folder")?;
        let credentials = files.path().join("credentials.txt");
        let mut text = String::new();
        for number in 0..accounts {
            writeln!(text, "{} {PHC}", name(number))?;
        }
        std::fs::write(&credentials, text).context("cannot write the credentials file")?;
        let mut command = Command::new(beside_us("server")?);
        command.args(["0", "60", "0", "--bind", "127.0.0.1"]);
        command.arg("--credentials").arg(credentials).arg("--data").arg(files.path().join("data"));
        command.args((!tls).then_some("--no-tls"));
        Self::start(command, Some(files))
    }

    /// The bare baseline.
    pub fn bare() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
        command.arg("bare");
        Self::start(command, None)
    }

    fn start(mut command: Command, files: Option<TempDir>) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().context("stderr is a pipe")?;
        let (tx, rx) = mpsc::sync_channel(1);
        // Reads on for ever, so that the child never waits for its log.
        std::thread::spawn(move || {
            let mut early = String::new();
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                early.push_str(&line);
                early.push('\n');
                if let Some(port) = port_in(&line) {
                    let _ = tx.try_send(Ok(port));
                    early.clear();
                }
            }
            let _ = tx.try_send(Err(early));
        });
        let started = rx.recv_timeout(START);
        let mut program = Self { child, port: 0, _files: files };
        match started {
            Ok(Ok(port)) => program.port = port,
            Ok(Err(said)) => bail!("the program to measure ended: {said}"),
            Err(_) => bail!("the program to measure does not listen after {START:?}"),
        }
        Ok(program)
    }

    /// What it has used so far.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        usage_of(&self.child.id().to_string())
    }

    /// How much memory it has.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
        };
        let both = field("VmRSS").zip(field("VmHWM"));
        both.map(|(now, peak)| Memory { now, peak }).context("the kernel does not tell the memory of a process")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone and collected.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What this process has used so far.
pub fn own_usage() -> anyhow::Result<Usage> {
    usage_of("self")
}

/// What a process has used so far.
pub fn usage_of(process: &str) -> anyhow::Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in brackets may hold blanks; the fields are counted behind it. utime and stime are the 14th and 15th.
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    let both = ticks(11).zip(ticks(12)).context("the kernel does not tell the time of a process")?;
    Ok(Usage { cpu: (both.0 + both.1) / TICKS })
}

fn port_in(line: &str) -> Option<u16> {
    let address = line.split_once("listening on ")?.1.split([' ', ',', ';']).next()?;
    address.rsplit(':').next()?.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

/// A program built together with this one.
pub fn beside_us(program: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe().context("cannot find this program")?.with_file_name(program);
    if !path.is_file() {
        bail!("{} is missing: build the programs first: cargo build --release --workspace", path.display());
    }
    Ok(path)
}
