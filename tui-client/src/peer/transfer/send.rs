//! An own file: looked at, offered, read piece by piece as the other side takes it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc as threads;
use std::time::SystemTime;

use shared::id::FileId;
use shared::limits::{FILE_PIECE, FILE_WINDOW};
use shared::peer::FileHash;
use tokio::sync::mpsc;

use super::News;

/// Bytes hashed at once where a file is only looked at.
const CHUNK: usize = 256 * 1024;

/// A file that can be sent.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    /// When it was last changed, where the system says so.
    modified: Option<SystemTime>,
    pub(super) name: String,
    pub(super) size: u64,
}

/// How it stands with an own file.
#[derive(Debug)]
pub(super) struct Outgoing {
    state: State,
    size: u64,
    /// Up to where the other side has taken it.
    taken: u64,
}

#[derive(Debug)]
enum State {
    /// Whether it is there is being found out.
    Looking,
    /// The other side is asked.
    Offered(Source),
    /// It is wanted, and waits for its turn.
    Queued(Source, u64, Option<FileHash>),
    /// It is read; the thread is told how far it may go.
    Moving(threads::Sender<u64>),
    /// It was read to its end; the other side checks it.
    Ended,
}

impl Outgoing {
    pub fn looking() -> Self {
        Self { state: State::Looking, size: 0, taken: 0 }
    }

    pub fn offered(&mut self, source: Source) {
        self.size = source.size;
        self.state = State::Offered(source);
    }

    /// The other side wants it. Answers whether it was offered.
    pub fn wanted(&mut self, from: u64, prefix: Option<FileHash>) -> bool {
        match std::mem::replace(&mut self.state, State::Looking) {
            State::Offered(source) => {
                self.state = State::Queued(source, from.min(self.size), prefix);
                true
            }
            other => {
                self.state = other;
                false
            }
        }
    }

    pub fn is_queued(&self) -> bool {
        matches!(self.state, State::Queued(..))
    }

    pub fn is_moving(&self) -> bool {
        matches!(self.state, State::Moving(_) | State::Ended)
    }

    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    pub fn ended(&mut self) {
        self.state = State::Ended;
    }

    /// Begins to read.
    pub fn begin(&mut self, file: FileId, news: mpsc::Sender<News>) {
        let State::Queued(source, from, prefix) = std::mem::replace(&mut self.state, State::Looking) else { return };
        let (credit, credits) = threads::channel();
        self.state = State::Moving(credit);
        tokio::task::spawn_blocking(move || {
            let hash = send(file, source, from, prefix, &credits, &news);
            // Nobody listens when the transfer was given up.
            let _ = news.blocking_send(News::Read { file, hash: hash.map_err(|error| error.to_string()) });
        });
    }

    /// The other side has taken everything before `upto`. Answers whether that can be.
    pub fn taken(&mut self, upto: u64) -> bool {
        if upto > self.size || upto < self.taken {
            return false;
        }
        self.taken = upto;
        if let State::Moving(credit) = &self.state {
            // A thread that has ended needs no credit.
            let _ = credit.send(upto);
        }
        true
    }
}

/// Finds out on a thread whether a file can be sent.
pub(super) fn look(file: FileId, path: String, news: mpsc::Sender<News>) {
    tokio::task::spawn_blocking(move || {
        let source = open(&path);
        let _ = news.blocking_send(News::Found { file, source });
    });
}

/// Opens a regular file. A pipe or a device could make this wait for ever; they are told before anything is read.
fn open(typed: &str) -> Result<Source, (&'static str, String)> {
    let path = expand(typed);
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let opened = OpenOptions::new().read(true).custom_flags(nonblocking).open(&path);
    let file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ("no-such-file", format!("there is no file {typed}")),
        io::ErrorKind::IsADirectory => ("not-a-file", format!("{typed} is a folder")),
        _ => ("no-such-file", format!("{typed} cannot be read: {error}")),
    })?;
    let metadata = file.metadata().map_err(|error| ("no-such-file", format!("{typed} cannot be read: {error}")))?;
    if !metadata.is_file() {
        return Err(("not-a-file", format!("{typed} is not a regular file")));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (modified, size) = (metadata.modified().ok(), metadata.len());
    Ok(Source { file, modified, name: super::names::clean(&name), size })
}

/// `~/` is the home folder, as in a shell.
pub fn expand(typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(typed),
    }
}

/// Reads a file from where the other side wants it, as far as it is taken, and answers the hash of all of it.
fn send(
    id: FileId,
    source: Source,
    from: u64,
    prefix: Option<FileHash>,
    credits: &threads::Receiver<u64>,
    news: &mpsc::Sender<News>,
) -> io::Result<FileHash> {
    let Source { mut file, modified, size, .. } = source;
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    if from > 0 {
        hash_prefix(&mut file, &mut hasher, from)?;
        if prefix == Some(FileHash(*hasher.finalize().as_bytes())) {
            at = from;
        } else {
            hasher.reset();
            file.seek(SeekFrom::Start(0))?;
        }
    }
    let mut allowed = at + FILE_WINDOW;
    while at < size {
        let next = (size - at).min(u64::try_from(FILE_PIECE).unwrap_or(u64::MAX));
        while at + next > allowed {
            let taken = credits.recv().map_err(|_| io::Error::other("it was given up"))?;
            allowed = allowed.max(taken.saturating_add(FILE_WINDOW));
        }
        let data = piece(&mut file, size - at)?;
        hasher.update(&data);
        let length = u64::try_from(data.len()).unwrap_or_default();
        let piece = News::Piece { file: id, at, data };
        news.blocking_send(piece).map_err(|_| io::Error::other("it was given up"))?;
        at += length;
    }
    if file.read(&mut [0])? > 0 {
        return Err(io::Error::other("the file has grown since it was offered"));
    }
    if file.metadata()?.modified().ok() != modified {
        return Err(io::Error::other("the file has changed since it was offered"));
    }
    Ok(FileHash(*hasher.finalize().as_bytes()))
}

fn hash_prefix(file: &mut File, hasher: &mut blake3::Hasher, from: u64) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut left = from;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
        file.read_exact(&mut chunk[..most]).map_err(|_| shrunk())?;
        hasher.update(&chunk[..most]);
        left -= u64::try_from(most).unwrap_or_default();
    }
    Ok(())
}

/// Reads the next piece, whole.
fn piece(file: &mut File, left: u64) -> io::Result<Vec<u8>> {
    let most = usize::try_from(left).unwrap_or(usize::MAX).min(FILE_PIECE);
    let mut data = vec![0; most];
    file.read_exact(&mut data).map_err(
        |error| {
            if error.kind() == io::ErrorKind::UnexpectedEof { shrunk() } else { error }
        },
    )?;
    Ok(data)
}

fn shrunk() -> io::Error {
    io::Error::other("the file has become shorter since it was offered")
}
