//! The user's own editor at work on what is typed: which program, on which file, and what came of it.
//!
//! The program is started by itself and never through a shell, in the same job, so that Ctrl-Z and `fg` mean it as well.
//! The file can be read by its owner alone and goes away with the value that holds it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::NamedTempFile;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::app::place::Place;
use crate::plain::terminal::SavedModes;
use crate::tui::composer::{MAX_TEXT, TooLong};

/// The editor where none is named.
const DEFAULT: &str = "vi";

/// The variables that name one, in their order.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// How long an editor may take to go when the program ends. The whole end may take twice that.
const GO_WITHIN: Duration = Duration::from_secs(1);

/// Why the text is as it was. A sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum EditorError {
    /// The variable has no words, or an open quote.
    #[error("No editor: the words of ${0} cannot be told apart.")]
    Words(&'static str),
    /// The file for it cannot be made.
    #[error("No editor: a file for it cannot be made: {0}.")]
    File(io::Error),
    /// The program cannot be started.
    #[error("The editor {program} cannot be started: {source}.")]
    Start {
        /// Which.
        program: String,
        /// What went wrong.
        source: io::Error,
    },
    /// It ended with a code or by a signal.
    #[error("The editor {program} ended with {how}; the text is as it was.")]
    Failed {
        /// Which.
        program: String,
        /// How.
        how: String,
    },
    /// Its text cannot be read.
    #[error("What the editor wrote cannot be read: {0}. The text is as it was.")]
    Unreadable(io::Error),
    /// It wrote too much. Nothing is lost.
    #[error("More than the {MAX_TEXT} bytes that fit: what the editor wrote is kept in {kept}.")]
    TooLong {
        /// Where.
        kept: PathBuf,
    },
    /// What it wrote is no text. Nothing is lost.
    #[error("What the editor wrote is not UTF-8: it is kept in {kept}.")]
    NotText {
        /// Where.
        kept: PathBuf,
    },
}

/// Everything that can be done before the terminal is given away.
#[derive(Debug)]
pub(super) struct Prepared {
    place: Place,
    words: Vec<String>,
    file: NamedTempFile,
}

/// An editor that runs.
#[derive(Debug)]
pub(super) struct Editing {
    place: Place,
    program: String,
    child: Child,
    /// Closed when it has ended. Until its end is collected, its process id belongs to nobody else.
    ended: oneshot::Receiver<()>,
    file: NamedTempFile,
    modes: SavedModes,
}

impl Prepared {
    /// Finds the program, and writes what is typed in the tab of `place` to a file for it.
    pub fn new(place: Place, typed: &str, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, EditorError> {
        let words = words(&variable)?;
        let make = || -> io::Result<NamedTempFile> {
            // The name is random and the file its owner's alone (0600).
            let mut file = tempfile::Builder::new().prefix("tern-").suffix(".txt").tempfile_in(folder(&variable))?;
            file.write_all(typed.as_bytes())?;
            // Editors want a line to end.
            file.write_all(if typed.is_empty() { b"" } else { b"\n" })?;
            file.flush()?;
            Ok(file)
        };
        Ok(Self { place, words, file: make().map_err(EditorError::File)? })
    }

    /// Starts it on the terminal, which nobody else may use then.
    pub fn start(self) -> Result<Editing, EditorError> {
        let Self { place, words, file } = self;
        let modes = SavedModes::of_now();
        let (program, arguments) = words.split_first().map_or((DEFAULT, &[][..]), |(first, rest)| (first, rest));
        let mut command = Command::new(program);
        // It and what it starts have no use for the password.
        command.args(arguments).arg(file.path()).env_remove("TERN_PASSWORD");
        // A sentence has one row: the folder says nothing there.
        let name = Path::new(program).file_name().map_or_else(|| program.into(), OsStr::to_string_lossy);
        let program = name.into_owned();
        match command.spawn() {
            Ok(child) => Ok(Editing { place, program, ended: end_of(&child), child, file, modes }),
            Err(source) => Err(EditorError::Start { program, source }),
        }
    }
}

impl Editing {
    /// Waits until it has ended. Loses nothing when it is not waited for to the end.
    pub async fn ended(&mut self) {
        if !self.ended.is_terminated() {
            // Closed is as good as told.
            let _ = (&mut self.ended).await;
        }
    }

    /// Hands over what the text is now, and where it belongs, to `take`, which may find it too long. Waits for an end that
    /// has not come. What cannot be taken stays in its file.
    pub fn finish(mut self, take: impl FnOnce(Place, &str) -> Result<(), TooLong>) -> Result<(), EditorError> {
        let status = self.child.wait();
        self.modes.put_back();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(EditorError::Failed { program: self.program, how: describe(status) }),
            Err(error) => return Err(EditorError::Unreadable(error)),
        }
        let bytes = self.read().map_err(EditorError::Unreadable)?;
        let refusal: fn(PathBuf) -> EditorError = if bytes.len() > MAX_TEXT {
            |kept| EditorError::TooLong { kept }
        } else {
            match String::from_utf8(bytes).map(|text| take(self.place, &text)) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(TooLong { .. })) => |kept| EditorError::TooLong { kept },
                Err(_) => |kept| EditorError::NotText { kept },
            }
        };
        let (_, kept) = self.file.keep().map_err(|error| EditorError::Unreadable(error.error))?;
        Err(refusal(kept))
    }

    /// By its name: editors put a new file in the place of the old one.
    fn read(&self) -> io::Result<Vec<u8>> {
        let most = u64::try_from(MAX_TEXT).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        // One more than fits, and the end of the last line, which is the editor's.
        File::open(self.file.path())?.take(most + 2).read_to_end(&mut bytes)?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        Ok(bytes)
    }

    /// The program ends: the editor is asked to go, and made to when it does not.
    pub async fn abandon(mut self) {
        if let Some(pid) = pid(&self.child) {
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(GO_WITHIN, self.ended()).await.is_err() {
            // It may be gone by now, and then nothing is killed.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        self.modes.put_back();
    }
}

/// The words of the first variable that names something. An empty one counts as not set.
fn words(variable: &impl Fn(&str) -> Option<OsString>) -> Result<Vec<String>, EditorError> {
    let named = VARIABLES.into_iter().find_map(|name| Some((name, variable(name).filter(|text| !text.is_empty())?)));
    let Some((name, text)) = named else { return Ok(vec![DEFAULT.to_owned()]) };
    let words = text.to_str().and_then(|text| shell_words::split(text).ok()).filter(|words| !words.is_empty());
    words.ok_or(EditorError::Words(name))
}

/// The folder that is this user's alone and in memory, otherwise that for temporary files.
fn folder(variable: &impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let own = variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute() && folder.is_dir());
    own.unwrap_or_else(std::env::temp_dir)
}

/// Watches for the end without collecting it, so that a signal never reaches a stranger with the same process id.
fn end_of(child: &Child) -> oneshot::Receiver<()> {
    let (tx, ended) = oneshot::channel();
    let pid = pid(child);
    let watch = move || {
        let _told_when_dropped = tx;
        let Some(pid) = pid else { return };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR) {}
    };
    // Without a thread it is waited for at once, and the client stands still meanwhile.
    drop(thread::Builder::new().name("editor".to_owned()).spawn(watch));
    ended
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an error".to_owned(),
    }
}

#[cfg(test)]
mod tests;
