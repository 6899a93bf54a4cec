//! The real `tui-client --plain` behind pipes: lines in, lines out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use rustix::process::Signal;

use crate::{Capture, DEADLINE, Exit, Home, Process, binary, password_of};

/// What the client finds at its standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    /// A pipe that the test writes to.
    Pipe,
    /// Nothing to read: an end at once.
    Empty,
    /// No file descriptor at all (`<&-`).
    Closed,
}

/// How to start a client.
#[derive(Debug)]
pub struct PlainBuilder {
    target: Vec<String>,
    arguments: Vec<String>,
    password: Option<String>,
    home: Rc<Home>,
    face: Option<&'static str>,
    stdin: Stdin,
    stdout: Stdout,
    under: Vec<String>,
    environment: Vec<(String, Option<PathBuf>)>,
}

/// What the client's standard output leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdout {
    /// The test, which reads at once.
    Read,
    /// A pipe that nobody reads before [`PlainClient::release_stdout`].
    Held,
    /// A pipe whose reader has gone.
    Broken,
    /// No file descriptor at all (`>&-`).
    Closed,
}

/// A running client.
///
/// Lines of stdout are read once and in order. Every `expect` takes the first line that fits, at or after the place
/// where the last one stopped; the lines it passes over are left behind. Use [`PlainClient::until`] where the lines in
/// between matter.
#[derive(Debug)]
pub struct PlainClient {
    process: Process,
    home: Rc<Home>,
    stdin: Option<ChildStdin>,
    stdout: Capture,
    stderr: Capture,
    read: usize,
    who: String,
}

/// What came of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The lines before the answer: what a list holds, and events that happened meanwhile.
    pub lines: Vec<String>,
    /// The `ok ...` or `error ...` line.
    pub verdict: String,
}

impl PlainBuilder {
    /// For a server at this address.
    pub fn new(host: &str, port: u16) -> Self {
        Self {
            target: vec![host.to_owned(), port.to_string()],
            arguments: Vec::new(),
            password: None,
            home: Rc::new(Home::new()),
            face: Some("--plain"),
            stdin: Stdin::Pipe,
            stdout: Stdout::Read,
            under: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// These positional arguments instead of host and port, for example an invite link.
    #[must_use]
    pub fn target(mut self, words: &[&str]) -> Self {
        self.target = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// The user's name, given with `--user`.
    #[must_use]
    pub fn user(self, name: &str) -> Self {
        self.arg("--user").arg(name)
    }

    /// The password, given in the environment.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Name and password of a sample account.
    #[must_use]
    pub fn sample(self, user: &str) -> Self {
        self.user(user).password(password_of(user))
    }

    /// A further argument.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// A home that another client has used or will use.
    #[must_use]
    pub fn home(mut self, home: &Rc<Home>) -> Self {
        self.home = Rc::clone(home);
        self
    }

    /// What it finds at its standard input.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = stdin;
        self
    }

    /// What its standard output leads to.
    #[must_use]
    pub fn stdout(mut self, stdout: Stdout) -> Self {
        self.stdout = stdout;
        self
    }

    /// One JSON object a line instead of lines of text.
    #[must_use]
    pub fn json(mut self) -> Self {
        self.face = Some("--json");
        self
    }

    /// No face is asked for: it chooses one by itself, or does something else than chatting.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.face = None;
        self
    }

    /// Another value of a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<PathBuf>) -> Self {
        self.environment.push((name.to_owned(), Some(value.into())));
        self
    }

    /// Without variables that a home brings along.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.environment.extend(names.iter().map(|&name| (name.to_owned(), None)));
        self
    }

    /// Starts it with this command in front, which has to become the client, or to start it without being its parent.
    #[must_use]
    pub fn under(mut self, command: &[&str]) -> Self {
        self.under = command.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Starts it.
    pub fn start(self) -> PlainClient {
        let mut command = self.command();
        command.env_clear().envs(self.home.environment()).env("TERM", "dumb").current_dir(self.home.path());
        if let Some(password) = &self.password {
            command.env("TERN_PASSWORD", password);
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(if self.stdin == Stdin::Pipe { Stdio::piped() } else { Stdio::null() });
        command.stdout(if self.stdout == Stdout::Closed { Stdio::null() } else { Stdio::piped() });
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the client can be started");
        let stdout = match (child.stdout.take(), self.stdout) {
            (Some(pipe), Stdout::Held) => Capture::held(pipe),
            (Some(pipe), Stdout::Read) => Capture::of(pipe),
            (_, Stdout::Broken | Stdout::Closed) | (None, _) => Capture::empty(),
        };
        PlainClient {
            home: self.home,
            stdin: child.stdin.take(),
            stdout,
            stderr: Capture::of(child.stderr.take().expect("stderr is a pipe")),
            process: Process::of("tui-client", child),
            read: 0,
            who: self.arguments.join(" "),
        }
    }

    /// Starts it and waits until it is logged in.
    pub fn start_logged_in(self) -> PlainClient {
        let mut client = self.start();
        client.expect_prefix("state logged-in ");
        client
    }

    /// Starts it, expecting it to end by itself.
    pub fn run(self) -> PlainClient {
        let client = self.start();
        client.exit();
        client
    }

    /// Only a shell can start a program with a closed descriptor.
    fn command(&self) -> Command {
        let mut redirections = String::new();
        if self.stdin == Stdin::Closed {
            redirections.push_str(" <&-");
        }
        if self.stdout == Stdout::Closed {
            redirections.push_str(" >&-");
        }
        let mut words = self.under.clone();
        if !redirections.is_empty() {
            words.extend(["/bin/sh".to_owned(), "-c".to_owned(), format!("exec \"$0\" \"$@\"{redirections}")]);
        }
        let mut command = match words.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(binary("tui-client"));
                command
            }
            None => Command::new(binary("tui-client")),
        };
        command.args(&self.target).args(self.face).args(&self.arguments);
        command
    }
}

impl PlainClient {
    /// Types a line.
    pub fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\n").as_bytes());
    }

    /// Types bytes, without a newline of its own.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin was not closed by the test");
        if let Err(error) = stdin.write_all(bytes).and_then(|()| stdin.flush()) {
            panic!("{} takes no more lines: {error}\n{}", self.who, self.report());
        }
    }

    /// Ends its input.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Types a command and waits for its answer.
    pub fn ask(&mut self, line: &str) -> Answer {
        self.send(line);
        let mut lines = self.until(&format!("the answer to `{line}`"), is_verdict);
        let verdict = lines.pop().expect("the line that was waited for is the last");
        Answer { lines, verdict }
    }

    /// Types a command that must succeed. Returns the lines before its `ok`.
    pub fn ok(&mut self, line: &str) -> Vec<String> {
        let answer = self.ask(line);
        assert!(
            answer.verdict == "ok" || answer.verdict.starts_with("ok "),
            "`{line}` was answered with `{}`\n{}",
            answer.verdict,
            self.report()
        );
        answer.lines
    }

    /// Types a command that must be answered with exactly this line.
    pub fn answers(&mut self, line: &str, verdict: &str) {
        let answer = self.ask(line);
        assert_eq!(answer.verdict, verdict, "to `{line}`\n{}", self.report());
    }

    /// Types a command that must be refused with this code. Returns the whole line.
    pub fn refused(&mut self, line: &str, code: &str) -> String {
        let verdict = self.ask(line).verdict;
        let rest = verdict.strip_prefix("error ").and_then(|rest| rest.strip_prefix(code));
        let fits = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ':']));
        assert!(fits, "`{line}` was answered with `{verdict}` instead of `error {code}`\n{}", self.report());
        verdict
    }

    /// Waits for exactly this line.
    pub fn expect(&mut self, line: &str) {
        self.until(&format!("`{line}`"), |seen| seen == line);
    }

    /// Waits for a line that begins so, and returns it.
    pub fn expect_prefix(&mut self, start: &str) -> String {
        self.expect_line(&format!("`{start}...`"), |seen| seen.starts_with(start))
    }

    /// Waits for a line that fits, and returns it.
    pub fn expect_line(&mut self, what: &str, fits: impl FnMut(&str) -> bool) -> String {
        self.until(what, fits).pop().expect("the line that was waited for is the last")
    }

    /// Waits for a line that fits, and returns every line up to and with it.
    pub fn until(&mut self, what: &str, fits: impl FnMut(&str) -> bool) -> Vec<String> {
        let (lines, found) = self.lines_until(DEADLINE, fits);
        assert!(found, "{} never printed {what}\n{}", self.who, self.report());
        lines
    }

    /// Waits at most `limit` for a line that fits: for tests that have to do something meanwhile.
    pub fn wait_line(&mut self, limit: Duration, fits: impl FnMut(&str) -> bool) -> Option<String> {
        let (mut lines, found) = self.lines_until(limit, fits);
        lines.pop().filter(|_| found)
    }

    /// The lines up to and with the first that fits, or up to the deadline or the end, and whether one did.
    fn lines_until(&mut self, limit: Duration, mut fits: impl FnMut(&str) -> bool) -> (Vec<String>, bool) {
        let mut lines = Vec::new();
        let mut place = self.read;
        let found = self.stdout.wait_within(limit, |bytes, _| {
            while let Some(length) = bytes[place..].iter().position(|&byte| byte == b'\n') {
                let line = String::from_utf8_lossy(&bytes[place..place + length]).into_owned();
                place += length + 1;
                let last = fits(&line);
                lines.push(line);
                if last {
                    return Some(());
                }
            }
            None
        });
        self.read = place;
        (lines, found.is_some())
    }

    /// Proves that no line up to exactly `marker`, which must come after it on the same path, fits.
    pub fn expect_none_until(&mut self, marker: &str, mut forbidden: impl FnMut(&str) -> bool) {
        for line in self.until(&format!("`{marker}`"), |seen| seen == marker) {
            assert!(!forbidden(&line), "{} printed `{line}`\n{}", self.who, self.report());
        }
    }

    /// Every whole line after the place where the last `expect` stopped, without waiting.
    pub fn rest(&mut self) -> Vec<String> {
        let bytes = self.stdout.bytes();
        let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(self.read, |at| at + 1);
        let rest = String::from_utf8_lossy(&bytes[self.read..end.max(self.read)]).into_owned();
        self.read = end.max(self.read);
        rest.lines().map(str::to_owned).collect()
    }

    /// Everything on stdout so far, line by line, whatever was read before.
    pub fn transcript(&self) -> Vec<String> {
        self.stdout.text().lines().map(str::to_owned).collect()
    }

    /// Everything on stdout so far.
    pub fn stdout_bytes(&self) -> Vec<u8> {
        self.stdout.bytes()
    }

    /// Waits for the end of stdout and returns all of it.
    pub fn stdout_to_end(&self) -> Vec<u8> {
        self.stdout.to_end()
    }

    /// Everything on stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits for the end of stderr and returns all of it.
    pub fn stderr_to_end(&self) -> String {
        String::from_utf8_lossy(&self.stderr.to_end()).into_owned()
    }

    /// Waits for text on stderr.
    pub fn expect_stderr(&self, text: &str) {
        let found = self.stderr.wait_for(|bytes, _| String::from_utf8_lossy(bytes).contains(text).then_some(()));
        assert!(found.is_some(), "{} never said `{text}` on stderr\n{}", self.who, self.report());
    }

    /// Begins to read a stdout that was held.
    pub fn release_stdout(&self) {
        self.stdout.release();
    }

    /// Waits for its end and returns its exit code.
    pub fn exit(&self) -> i32 {
        match self.process.wait_within(DEADLINE) {
            Some(Exit::Code(code)) => code,
            Some(Exit::Signal(signal)) => panic!("{} was ended by signal {signal}\n{}", self.who, self.report()),
            None => panic!("{} does not end\n{}", self.who, self.report()),
        }
    }

    /// Waits for its end, expects this exit code, and waits for the last line of its output.
    pub fn exits_with(&self, code: i32) {
        let exit = self.exit();
        self.stdout.to_end();
        self.stderr.to_end();
        assert_eq!(exit, code, "exit code\n{}", self.report());
    }

    /// The number of its process.
    pub fn id(&self) -> i32 {
        self.process.id()
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        self.process.ended().is_none()
    }

    /// Logs out and waits for the end.
    pub fn logout(mut self) {
        self.send("logout");
        self.exits_with(0);
    }

    /// Ends it as a crash would.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Sends a signal and goes on.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// The home it lives in, to start another one there.
    pub fn home(&self) -> &Rc<Home> {
        &self.home
    }

    /// The folder of its home.
    pub fn home_path(&self) -> &Path {
        self.home.path()
    }

    /// Everything seen, for the message of a failed test.
    pub fn report(&self) -> String {
        format!("--- stdout\n{}--- stderr\n{}---", self.stdout.text(), self.stderr.text())
    }

    /// Checks that stdout has whole lines and no control character but the newline, in bytes and in text.
    pub fn assert_output_harmless(&self) {
        let bytes = self.stdout.bytes();
        let text = String::from_utf8(bytes).expect("stdout is UTF-8");
        for (number, line) in text.lines().enumerate() {
            let bad = line.chars().find(|&c| c.is_control() || is_invisible(c));
            assert!(bad.is_none(), "line {} of stdout has {bad:?}: {line:?}", number + 1);
        }
        assert!(text.is_empty() || text.ends_with('\n'), "stdout ends within a line:\n{}", self.report());
    }
}

impl Answer {
    /// The names in the `user ...` lines, in their order.
    pub fn users(&self) -> Vec<String> {
        users_in(&self.lines)
    }
}

/// The names in the `user ...` lines of a list, in their order.
pub fn users_in(lines: &[String]) -> Vec<String> {
    let names = lines.iter().filter_map(|line| line.strip_prefix("user ")?.split([' ', ':']).next());
    names.map(str::to_owned).collect()
}

/// Whether a line is the one answer of a command.
fn is_verdict(line: &str) -> bool {
    line == "ok" || line.starts_with("ok ") || line.starts_with("error ")
}

/// Characters that hide, reorder or break a line without being control characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{061c}' | '\u{feff}' | '\u{00ad}' | '\u{e0000}'..='\u{e007f}')
}
