//! Plays the cases of `tests/conformance` against a server: what docs/protocol.md says, as data that any implementation
//! of a server can be held against. `docs/conformance.md` describes the cases and how to run them.
//!
//! Nothing here knows the messages of the crate `shared`.

use std::net::SocketAddr;
use std::path::Path;

use crate::TestServer;
use crate::kit::{PASSWORD, PHC, Seed};

mod play;
mod read;
mod secrets;
mod template;
#[cfg(test)]
mod tests;
mod value;
mod wire;

pub use play::Accounts;
use secrets::Secrets;

/// Accounts of a server of our own; more than all cases use.
const ACCOUNTS: usize = 1000;

/// Which server is judged.
#[derive(Debug)]
pub enum Judged {
    /// The one of this repository, started for the purpose.
    Own,
    /// One that runs already, and accounts on it that nobody uses. Files that need a server started in a certain way are
    /// skipped.
    Running(SocketAddr, Accounts),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases that hold.
    pub held: usize,
    /// Cases that were not played.
    pub skipped: usize,
    /// What is wrong with the others, one a case.
    pub failures: Vec<String>,
    /// What is in the log of servers of our own and must not be.
    pub log_faults: Vec<String>,
    /// Passwords, tickets and texts that were looked for in that log.
    pub secrets: usize,
}

/// Reads `name password` lines; those that begin with `#` are comments.
pub fn accounts(text: &str) -> Accounts {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, password)| (name.into(), password.trim().into()))
        .collect()
}

/// Plays every case whose file or name has `words` in it. `Err` means that the cases cannot be read.
pub fn run(mut judged: Judged, words: &str) -> Result<Report, String> {
    let mut report = Report::default();
    let mut salts = Seed::new(Seed::fresh());
    let mut shared: Option<(TestServer, Accounts)> = None;
    let (mut secrets, mut log) = (Secrets::default(), String::new());
    for file in files()? {
        let is_meant = |name: &str| file.name.contains(words) || name.contains(words);
        let cases: Vec<_> = file.cases.iter().filter(|case| is_meant(&case.name)).collect();
        if cases.is_empty() {
            continue;
        }
        let mut own = None;
        let (server, accounts) = match &mut judged {
            Judged::Running(..) if !file.arguments.is_empty() => {
                report.skipped += cases.len();
                continue;
            }
            Judged::Running(server, accounts) => (*server, accounts),
            Judged::Own => {
                let place = if file.arguments.is_empty() { &mut shared } else { &mut own };
                let (server, accounts) = place.get_or_insert_with(|| start(&file.arguments));
                (SocketAddr::from(([127, 0, 0, 1], server.port())), accounts)
            }
        };
        for case in cases {
            match play::case(case, server, accounts, salts.number(), &mut secrets) {
                Ok(()) => report.held += 1,
                Err(what) => report.failures.push(format!("{}: {}\n  {what}", file.name, case.name)),
            }
        }
        if let Some((server, _)) = own {
            log.push_str(&last_log(server));
        }
    }
    if let Some((server, _)) = shared {
        log.push_str(&last_log(server));
    }
    if matches!(judged, Judged::Own) {
        report.log_faults = secrets.faults_of(&log);
        report.secrets = secrets.count();
    }
    Ok(report)
}

/// Stops the server and returns all that it has logged.
fn last_log(mut server: TestServer) -> String {
    server.stop();
    server.log_to_end()
}

fn start(arguments: &[String]) -> (TestServer, Accounts) {
    let names: Vec<String> = (0..ACCOUNTS).map(|number| format!("c{number}")).collect();
    let lines: Vec<String> = names.iter().map(|name| format!("{name} {PHC}\n")).collect();
    let credentials = lines.concat();
    let mut builder = TestServer::with().credentials(&credentials).arg("--log-level").arg("trace");
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        builder = match argument.as_str() {
            // It has a place of its own on the command line, which the builder fills anyway.
            "--timeout" => builder.timeout(rest.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)),
            other => builder.arg(other),
        };
    }
    let accounts = names.into_iter().map(|name| (name, PASSWORD.to_owned())).collect();
    (builder.start(), accounts)
}

/// All files of cases, by name.
fn files() -> Result<Vec<read::File>, String> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/conformance"));
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        read::file(&name, &text)
    };
    paths.iter().map(read).collect()
}
