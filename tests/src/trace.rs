//! What a program asks of the system, written down by `strace` while it runs.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::Capture;

/// The calls of one program, collected while it runs.
#[derive(Debug)]
pub struct Trace {
    path: PathBuf,
    lines: Capture,
    _folder: TempDir,
}

/// A named pipe that is opened when it is first read: opening waits for the one who writes.
struct Fifo {
    path: PathBuf,
    file: Option<File>,
}

impl Read for Fifo {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path)?,
        };
        self.file.insert(file).read(buffer)
    }
}

impl Trace {
    /// Whether the calls of a program can be watched here.
    pub fn is_possible() -> bool {
        let tried = Command::new("strace").args(["-D", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    }

    /// Collects the calls of the program that is started under [`Trace::command`].
    pub fn collect() -> Self {
        let folder = TempDir::with_prefix("tern-trace-").expect("a temporary folder can be made");
        let path = folder.path().join("trace");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a named pipe can be made");
        let lines = Capture::of(Fifo { path: path.clone(), file: None });
        Self { path, lines, _folder: folder }
    }

    /// What has to stand in front of the program, with these options. It is not the program's parent (`-D`), so that the
    /// program is stopped and killed like any other.
    pub fn command<'a>(&'a self, options: &[&'a str]) -> Vec<&'a str> {
        let output = self.path.to_str().expect("the folder's name is plain");
        [&["strace", "-D", "-f", "-o", output], options].concat()
    }

    /// Waits for the end of the program, and answers all that it did.
    pub fn to_end(&self) -> String {
        String::from_utf8_lossy(&self.lines.to_end()).into_owned()
    }
}
