//! The program behind pipes, with a home of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a line may take on a machine with much else to do.
const DEADLINE: Duration = Duration::from_secs(60);

/// A user: a home folder, a runtime folder, a name.
pub struct Home {
    folder: TempDir,
    user: &'static str,
}

impl Home {
    pub fn of(user: &'static str) -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a folder"), user };
        std::fs::create_dir(home.home()).expect("a new folder");
        std::fs::create_dir(home.runtime()).expect("a new folder");
        home
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// Where the servers of this user keep their data, and clients the keys of servers.
    pub fn state(&self) -> PathBuf {
        self.home().join(".local/state/tern")
    }

    pub fn run(&self, arguments: &[&str]) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tui-client"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.runtime())
            .env("USER", self.user)
            .env("TERN_PASSWORD", "a password of eight")
            .env("TERN_DEMO_PACE", "instant")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (tx, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| tx.send(line)));
        let mut stderr = child.stderr.take().expect("a pipe");
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).expect("the program writes UTF-8");
            text
        });
        Program { stdin: child.stdin.take(), child, lines, seen: Vec::new(), stderr: Some(stderr) }
    }
}

/// What lies in a folder.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// The running program. It is killed with the value.
pub struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
    stderr: Option<JoinHandle<String>>,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Every line of stdout.
    pub stdout: Vec<String>,
    pub stderr: String,
}

impl Program {
    /// Waits for a line with this in it, and answers it.
    #[track_caller]
    pub fn expect(&mut self, fragment: &str) -> String {
        loop {
            match self.next_line() {
                Some(line) if line.contains(fragment) => return line,
                Some(_) => {}
                None => panic!("no {fragment:?} in: {:#?}", self.seen),
            }
        }
    }

    pub fn enter(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("the input is open");
        writeln!(stdin, "{line}").expect("the program reads");
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a child that was not waited for takes signals");
    }

    /// Ends the input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Waits for the end.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        while self.next_line().is_some() {}
        let code = self.child.wait().expect("a child of ours").code();
        let stderr = self.stderr.take().expect("read once").join().expect("it was read");
        Ended { code, stdout: std::mem::take(&mut self.seen), stderr }
    }

    /// The next line; `None` when stdout is closed.
    #[track_caller]
    fn next_line(&mut self) -> Option<String> {
        let begun = Instant::now();
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => {
                self.seen.push(line.clone());
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing for {:?} after: {:#?}", begun.elapsed(), self.seen),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
