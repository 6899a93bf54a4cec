//! A running program: how to end it, and how to learn how it ended.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::DEADLINE;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

/// A program that was started and is ended with the value.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    exit: Mutex<Option<Exit>>,
    ended: Condvar,
}

/// Where the programs are, when that was said.
static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();

/// Takes the project's programs from this folder from now on.
pub fn use_programs_in(folder: &Path) {
    // Said twice, the first word counts.
    let _ = PROGRAMS.set(folder.to_owned());
}

/// One of the project's programs: from the folder that the variable `TERN_PROGRAMS` names, otherwise from the one in
/// which this test was built.
///
/// # Panics
///
/// When it is not there: cargo builds the tests of one package without the programs of another.
pub fn binary(name: &str) -> PathBuf {
    let named = std::env::var_os("TERN_PROGRAMS").map(PathBuf::from);
    if let Some(folder) = PROGRAMS.get().cloned().or(named) {
        return folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    }
    let test = std::env::current_exe().expect("a running program knows its path");
    let beside = test.parent().expect("a program lies in a folder");
    // Tests are built in target/PROFILE/deps, programs one above.
    let folder = if beside.ends_with("deps") { beside.parent().unwrap_or(beside) } else { beside };
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is missing: build the programs first: cargo build --workspace", program.display());
    program
}

impl Process {
    /// Takes care of a child of ours from now on. `reap` collects it and is called once, when it has ended.
    ///
    /// Until then its process id cannot be given to another process, so a signal never reaches a stranger: the end is
    /// first seen without collecting the child, and both collecting and signalling happen under one lock.
    pub fn watch(name: impl Into<String>, pid: Pid, reap: impl FnOnce() + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        thread::spawn(move || {
            let exit = wait_without_collecting(pid);
            let mut slot = seen.lock();
            reap();
            *slot = Some(exit);
            drop(slot);
            seen.ended.notify_all();
        });
        Self { name: name.into(), pid, shared }
    }

    /// Takes care of a child of the standard library.
    pub fn of(name: impl Into<String>, mut child: std::process::Child) -> Self {
        Self::watch(name, Pid::from_child(&child), move || {
            child.wait().expect("an ended child of ours can be collected");
        })
    }

    /// Its process id.
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sends a signal, unless it has ended.
    pub fn signal(&self, signal: Signal) {
        let exit = self.shared.lock();
        if exit.is_none() {
            kill_process(self.pid, signal).expect("a running child of ours takes signals");
        }
    }

    /// How it ended, or `None` while it runs.
    pub fn ended(&self) -> Option<Exit> {
        *self.shared.lock()
    }

    /// Waits for its end, or `None` after `limit`.
    pub fn wait_within(&self, limit: Duration) -> Option<Exit> {
        let end = Instant::now() + limit;
        let mut exit = self.shared.lock();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if exit.is_some() || left.is_zero() {
                return *exit;
            }
            let woken = self.shared.ended.wait_timeout(exit, left);
            exit = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// When it still runs after [`DEADLINE`].
    pub fn wait(&self) -> Exit {
        self.wait_within(DEADLINE).unwrap_or_else(|| panic!("{} still runs after {DEADLINE:?}", self.name))
    }

    /// Ends it at once, as a crash would, and waits until it is gone.
    pub fn kill(&self) -> Exit {
        self.signal(Signal::KILL);
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        // A second panic while a test fails would hide the first.
        self.wait_within(DEADLINE);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Exit>> {
        self.exit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait_without_collecting(pid: Pid) -> Exit {
    loop {
        match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Ok(Some(status)) => {
                return match status.exit_status() {
                    Some(code) => Exit::Code(code),
                    None => Exit::Signal(status.terminating_signal().unwrap_or_default()),
                };
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("a child of ours cannot be waited for: {error}"),
        }
    }
}
