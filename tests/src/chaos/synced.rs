//! An acknowledgement comes after the disk has the message, not only after the system has it: what survives a `kill -9`
//! may still be lost with the power. The server's calls are watched by `strace`.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use shared::message::ServerMessage;

use super::{Broken, Outcome, Stage};
use crate::kit::{PASSWORD, user_name};
use crate::{RawClient, Trace};

/// Messages of which each waits for the acknowledgement of the one before.
const MESSAGES: usize = 100;

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
    if !Trace::is_possible() {
        return Err(Broken::new("strace is missing, or may not watch"));
    }
    let trace = Trace::collect();
    // Whole pages of the log (-s).
    let watch = trace.command(&["-ttt", "-T", "-y", "-s", "5000", "-e", "trace=pwrite64,fsync,fdatasync"]);
    let mut stage = Stage::with(2, |builder| builder.under(&watch));
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
    let synced = synced(&trace.to_end(), &texts);
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
