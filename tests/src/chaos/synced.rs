//! An acknowledgement comes after the disk has the message, not only after the system has it: what survives a `kill -9`
//! may still be lost with the power. The server's calls are watched by `strace`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use shared::message::ServerMessage;
use tempfile::TempDir;

use super::{Broken, Outcome, Stage};
use crate::kit::{PASSWORD, user_name};
use crate::{Capture, RawClient};

/// Messages of which each waits for the acknowledgement of the one before.
const MESSAGES: usize = 100;

/// A named pipe that is opened when it is first read: opening waits for the one who writes.
struct Fifo {
    path: PathBuf,
    file: Option<std::fs::File>,
}

impl Read for Fifo {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let file = match self.file.take() {
            Some(file) => file,
            None => std::fs::File::open(&self.path)?,
        };
        self.file.insert(file).read(buffer)
    }
}

/// Whether the calls of a program can be watched here.
pub fn can_watch() -> bool {
    let tried = Command::new("strace").args(["-D", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// A call as `strace -f -ttt -T -y` writes it: `PID SECONDS.MICROS CALL <SECONDS.MICROS>`.
struct Call<'a> {
    thread: &'a str,
    began: Duration,
    text: &'a str,
}

impl<'a> Call<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (thread, rest) = line.split_once(' ')?;
        let (began, text) = rest.trim_start().split_once(' ')?;
        Some(Self { thread, began: seconds(began)?, text })
    }

    /// When it returned, if this line tells.
    fn returned(&self) -> Option<Duration> {
        let took = seconds(self.text.strip_suffix('>')?.rsplit_once('<')?.1)?;
        // A call that another one interrupted in the trace is told in two lines, and the second one's time is the end.
        if self.text.starts_with("<...") { Some(self.began) } else { Some(self.began + took) }
    }
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_secs_f64)
}

/// When the write-ahead log was first synced after each of these texts was written to it.
fn synced(trace: &str, texts: &[String]) -> BTreeMap<String, Duration> {
    let mut written: Vec<&String> = Vec::new();
    let mut syncing: Option<&str> = None;
    let mut synced = BTreeMap::new();
    for call in trace.lines().filter_map(Call::parse) {
        if call.text.starts_with("pwrite64(") && call.text.contains(".db-wal>") {
            let new = |text: &&String| !synced.contains_key(*text) && call.text.contains(text.as_str());
            written.extend(texts.iter().filter(new));
        }
        let begins = ["fsync(", "fdatasync("].iter().any(|name| call.text.starts_with(name));
        if begins && call.text.contains(".db-wal>") {
            syncing = Some(call.thread);
        }
        let ends = begins || call.text.starts_with("<... fsync") || call.text.starts_with("<... fdatasync");
        if ends && syncing == Some(call.thread) && call.text.contains(" = 0 ") {
            let Some(at) = call.returned() else { continue };
            synced.extend(written.drain(..).map(|text| (text.clone(), at)));
            syncing = None;
        }
    }
    synced
}

/// Watches a server that acknowledges messages one by one.
pub fn run() -> Outcome {
    if !can_watch() {
        return Err(Broken::new("strace is missing, or may not watch"));
    }
    let folder = TempDir::with_prefix("tern-trace-").expect("a temporary folder can be made");
    let path = folder.path().join("trace");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a named pipe can be made");
    let trace = Capture::of(Fifo { path: path.clone(), file: None });
    let output = path.to_str().expect("the folder's name is plain");
    // Not its parent (-D), so that the server is stopped and killed like any other; whole pages of the log (-s).
    let watch = ["strace", "-D", "-f", "-ttt", "-T", "-y", "-s", "5000", "-e", "trace=pwrite64,fsync,fdatasync"];
    let mut stage = Stage::with(2, |builder| builder.under(&[&watch[..], &["-o", output]].concat()));
    let mut sender = RawClient::connect(stage.server.port());
    sender.login_with(&user_name(0), PASSWORD);
    let to = format!("@{}", user_name(1));
    let texts: Vec<_> = (0..MESSAGES).map(|number| format!("text-{number:04}-of-the-trace")).collect();
    let acknowledged: Vec<_> = texts
        .iter()
        .map(|text| {
            let id = sender.text(&to, text);
            sender.expect("Sent", |message| matches!(message, ServerMessage::Sent { re, .. } if *re == id));
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970")
        })
        .collect();
    sender.logout();
    stage.server.stop();
    let trace = String::from_utf8_lossy(&trace.to_end()).into_owned();
    let synced = synced(&trace, &texts);
    for (text, acknowledged) in texts.iter().zip(acknowledged) {
        match synced.get(text) {
            None => return Err(Broken::new(format!("{text} was acknowledged and never synced"))),
            Some(synced) if *synced > acknowledged => {
                let what = format!("{text} was acknowledged at {acknowledged:?} and synced at {synced:?}");
                return Err(Broken::new(what));
            }
            Some(_) => {}
        }
    }
    Ok(format!("{MESSAGES} messages, each synced before it was acknowledged"))
}
