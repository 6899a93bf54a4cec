//! The real `server`, on a port and in folders of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Capture, Exit, Home, PlainBuilder, PlainClient, Process, RawClient, binary};

/// The sample accounts of the repository.
const CREDENTIALS: &str = "hans falcon\nyoda wise\nvader sithlord\nr2d2 socute\nleia blasterpistol\nluke jedimaster\n";

/// How long a locked account stays locked, where a test does not say so, in seconds: longer than any test.
const BLOCK: u64 = 60;

/// The password of a sample account.
///
/// # Panics
///
/// For another name.
pub fn password_of(user: &str) -> &'static str {
    CREDENTIALS
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find_map(|(name, password)| (name == user).then_some(password))
        .unwrap_or_else(|| panic!("{user} has no sample account"))
}

/// How to start a server.
#[derive(Debug)]
pub struct ServerBuilder {
    block: u64,
    timeout: u64,
    port: u16,
    bind: String,
    credentials: String,
    credentials_is_a_folder: bool,
    credentials_mode: Option<u32>,
    data: Option<PathBuf>,
    extra: Vec<String>,
    environment: Vec<(String, String)>,
    under: Vec<String>,
}

/// A running server. Its accounts, messages and key stay the same when it is started again.
#[derive(Debug)]
pub struct TestServer {
    plan: ServerBuilder,
    home: Home,
    files: TempDir,
    port: u16,
    process: Option<Process>,
    log: Capture,
}

/// A server that was meant to refuse to start.
#[derive(Debug)]
pub struct FailedStart {
    /// How it ended.
    pub exit: Exit,
    /// What it said.
    pub stderr: String,
    /// What came out on stdout.
    pub stdout: String,
}

impl FailedStart {
    /// Checks that it ended with exit code 1 and one line on stderr, which holds all of these words.
    pub fn expect_one_line(&self, words: &[&str]) {
        assert_eq!(self.exit, Exit::Code(1), "{}", self.stderr);
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "not one line:\n{}", self.stderr);
        let missing = words.iter().find(|word| !self.stderr.contains(**word));
        assert_eq!(missing, None, "{}", self.stderr);
    }
}

impl ServerBuilder {
    /// One more variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.set_env(name, value);
        self
    }

    /// One more variable of the environment, or another value of one that is set, for the next start.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Seconds for which an account is locked after three wrong passwords.
    #[must_use]
    pub fn block(mut self, seconds: u64) -> Self {
        self.block = seconds;
        self
    }

    /// Seconds without an action after which a session is logged out; 0 for never.
    #[must_use]
    pub fn timeout(mut self, seconds: u64) -> Self {
        self.timeout = seconds;
        self
    }

    /// The port instead of a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address to listen on instead of 127.0.0.1.
    #[must_use]
    pub fn bind(mut self, address: &str) -> Self {
        address.clone_into(&mut self.bind);
        self
    }

    /// The text of the credentials file instead of the sample accounts.
    #[must_use]
    pub fn credentials(mut self, text: &str) -> Self {
        text.clone_into(&mut self.credentials);
        self
    }

    /// A folder stands where the credentials file should be.
    #[must_use]
    pub fn credentials_is_a_folder(mut self) -> Self {
        self.credentials_is_a_folder = true;
        self
    }

    /// Who may read and write the credentials file.
    #[must_use]
    pub fn credentials_mode(mut self, mode: u32) -> Self {
        self.credentials_mode = Some(mode);
        self
    }

    /// The data folder instead of a fresh one.
    #[must_use]
    pub fn data(mut self, folder: &Path) -> Self {
        self.data = Some(folder.to_owned());
        self
    }

    /// A further argument.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.extra.push(argument.to_owned());
        self
    }

    /// Starts it with this command in front, which has to become the server, or to start it without being its parent.
    #[must_use]
    pub fn under(mut self, command: &[&str]) -> Self {
        self.under = command.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Starts it and waits until it listens.
    pub fn start(self) -> TestServer {
        let files = TempDir::with_prefix("tern-server-").expect("a temporary folder can be made");
        let port = self.port;
        let mut server =
            TestServer { plan: self, home: Home::new(), files, port, process: None, log: Capture::empty() };
        server.launch();
        server
    }

    /// Starts it, expecting it to give up by itself.
    pub fn start_and_fail(self) -> FailedStart {
        let (home, files) =
            (Home::new(), TempDir::with_prefix("tern-server-").expect("a temporary folder can be made"));
        let mut command = self.command(&home, files.path(), self.port);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server can be started");
        let stderr = Capture::of(child.stderr.take().expect("stderr is a pipe"));
        let stdout = Capture::of(child.stdout.take().expect("stdout is a pipe"));
        let process = Process::of("server", child);
        let exit = process.wait();
        let text = |capture: &Capture| String::from_utf8_lossy(&capture.to_end()).into_owned();
        FailedStart { exit, stderr: text(&stderr), stdout: text(&stdout) }
    }

    fn command(&self, home: &Home, files: &Path, port: u16) -> Command {
        let credentials = files.join("credentials.txt");
        let written = if self.credentials_is_a_folder {
            std::fs::create_dir(&credentials)
        } else {
            std::fs::write(&credentials, &self.credentials)
        };
        written.expect("a folder of ours is writable");
        if let Some(mode) = self.credentials_mode {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&credentials, mode).expect("the file is ours");
        }
        let data = self.data.clone().unwrap_or_else(|| files.join("data"));
        let mut command = match self.under.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary("server"));
                command
            }
            None => Command::new(binary("server")),
        };
        command.env_clear().envs(home.environment()).current_dir(home.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args([port.to_string(), self.block.to_string(), self.timeout.to_string()]);
        command.args(["--bind", &self.bind]);
        command.arg("--credentials").arg(credentials).arg("--data").arg(data).args(&self.extra);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

impl TestServer {
    /// A server with the sample accounts, on a free port, without a timeout.
    pub fn start() -> Self {
        Self::with().start()
    }

    /// The same, before it is started.
    pub fn with() -> ServerBuilder {
        ServerBuilder {
            block: BLOCK,
            timeout: 0,
            port: 0,
            bind: "127.0.0.1".to_owned(),
            credentials: CREDENTIALS.to_owned(),
            credentials_is_a_folder: false,
            credentials_mode: None,
            data: None,
            extra: Vec::new(),
            environment: Vec::new(),
            under: Vec::new(),
        }
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.plan.data.clone().unwrap_or_else(|| self.files.path().join("data"))
    }

    /// Everything it has logged since it was last started.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Waits for the end of its log, after [`TestServer::stop`] or [`TestServer::kill`], and returns all of it.
    pub fn log_to_end(&self) -> String {
        String::from_utf8_lossy(&self.log.to_end()).into_owned()
    }

    /// Waits for a line in its log with all of these words in it, and returns the line.
    pub fn expect_log(&self, words: &[&str]) -> String {
        let wanted = |line: &&str| words.iter().all(|word| line.contains(word));
        self.log
            .wait_for(|bytes, _| String::from_utf8_lossy(bytes).lines().find(wanted).map(str::to_owned))
            .unwrap_or_else(|| panic!("no line of the log has {words:?}:\n{}", self.log()))
    }

    /// A client for this server, before it is started.
    pub fn client(&self) -> PlainBuilder {
        PlainBuilder::new("127.0.0.1", self.port)
    }

    /// A client logged in as a sample user.
    pub fn login(&self, user: &str) -> PlainClient {
        self.client().sample(user).start_logged_in()
    }

    /// A client that also prints presence lines, logged in as a sample user.
    pub fn login_with_presence(&self, user: &str) -> PlainClient {
        self.client().sample(user).arg("--presence").start_logged_in()
    }

    /// A connection made of bytes, after TLS and the first exchange.
    pub fn raw(&self) -> RawClient {
        RawClient::connect(self.port)
    }

    /// A connection logged in as a sample user, for tests that need somebody but not the client program.
    pub fn raw_login(&self, user: &str) -> RawClient {
        let mut client = self.raw();
        client.login(user);
        client
    }

    /// Checks that it takes logins.
    pub fn assert_serves(&self) {
        self.raw_login("luke").logout();
    }

    /// Stops it as Ctrl-C does and expects that it ends in order.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let exit = self.wait();
        assert_eq!(exit, Exit::Code(0), "the server did not stop in order:\n{}", self.log());
    }

    /// Waits for an end that was asked for before, and returns how it ended.
    pub fn wait(&mut self) -> Exit {
        let exit = self.process.take().expect("the server was started").wait();
        self.assert_no_panic();
        exit
    }

    /// Sends a signal and goes on.
    pub fn signal(&self, signal: Signal) {
        self.process.as_ref().expect("the server runs").signal(signal);
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process.take().expect("the server runs").kill();
        self.assert_no_panic();
    }

    /// Checks that no task of a server that has ended had panicked: the rest of it goes on, and clients see no more than a
    /// lost connection.
    fn assert_no_panic(&self) {
        let log = self.log_to_end();
        assert_eq!(panic_in(&log), None, "the server has panicked:\n{log}");
    }

    /// Its process id.
    pub fn id(&self) -> i32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.ended().is_none())
    }

    /// Starts it again on the same port with the same files, after [`TestServer::stop`] or [`TestServer::kill`].
    pub fn launch(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        let mut command = self.plan.command(&self.home, self.files.path(), self.port);
        let mut child = command.spawn().expect("the server can be started");
        self.log = Capture::of(child.stderr.take().expect("stderr is a pipe"));
        self.process = Some(Process::of("server", child));
        self.port = self
            .log
            .wait_for(|bytes, _| port_in(&String::from_utf8_lossy(bytes)))
            .unwrap_or_else(|| panic!("the server does not listen:\n{}", self.log()));
    }

    /// Stops it in order and starts it again.
    pub fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Kills it and starts it again.
    pub fn crash(&mut self) {
        self.kill();
        self.launch();
    }

    /// The credentials file as it is now.
    pub fn credentials_on_disk(&self) -> String {
        std::fs::read_to_string(self.files.path().join("credentials.txt"))
            .expect("the file was written before the start")
    }

    /// Changes how it is started the next time.
    pub fn plan(&mut self) -> &mut ServerBuilder {
        &mut self.plan
    }

    /// The file in its data folder that holds its key.
    pub fn key_file(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.data()).expect("the server has made its data folder");
        let mut paths = entries.map(|entry| entry.expect("a folder of ours is readable").path());
        let is_key = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().contains("key"));
        paths.find(is_key).expect("the server has made its key file")
    }

    /// The fingerprint of its key, as in the invite link it printed.
    pub fn fingerprint(&self) -> String {
        let line = self.expect_log(&["tern://", "#"]);
        let link = &line[line.find("tern://").expect("the line was chosen for it")..];
        let fingerprint = link.split_once('#').expect("the line was chosen for it").1;
        let end = |c: char| !(c.is_ascii_alphanumeric() || "+/=_-:".contains(c));
        fingerprint.split(end).next().unwrap_or_default().to_owned()
    }

    /// An invite link to it with this fingerprint.
    pub fn invite_with(&self, fingerprint: &str) -> String {
        format!("tern://{}#{fingerprint}", self.address())
    }
}

impl ServerBuilder {
    /// Changes the text of the credentials file for the next start.
    pub fn set_credentials(&mut self, text: &str) {
        text.clone_into(&mut self.credentials);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if self.process.is_some() && !std::thread::panicking() {
            self.kill();
        }
    }
}

/// The line that tells of a panic.
fn panic_in(log: &str) -> Option<&str> {
    log.lines().find(|line| line.contains("panicked at") || line.contains("which is a bug"))
}

/// The port in the first whole line that says `listening on ADDRESS:PORT`.
fn port_in(log: &str) -> Option<u16> {
    let whole = &log[..log.rfind('\n')?];
    let rest = whole.lines().find_map(|line| line.split_once("listening on "))?.1;
    let address = rest.split([' ', ',', ';']).next()?;
    let digits = address.rsplit(':').next()?;
    digits.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_found_in_a_log() {
        let quiet = "2026-11-21 18:16:03 info  listening on 127.0.0.1:44171\n";
        assert_eq!(panic_in(quiet), None);
        let told = "2026-11-21 18:16:04 error a connection's task has failed, which is a bug; 1 since the start";
        assert_eq!(panic_in(&format!("{quiet}{told}\n{quiet}")), Some(told));
        let panicked = "thread 'tokio-runtime-worker' (7) panicked at server/src/net/wire.rs:1:1:";
        assert_eq!(panic_in(&format!("{quiet}{panicked}\n")), Some(panicked));
    }
}
