//! A file of the other side: offered, wanted, written beside its final name, checked, and then named.
//!
//! Everything happens relative to the opened folder, and nothing follows a link or replaces anything. Until the hash is
//! right there is only a `.part` with a name of our own, which is found again when the same file is offered anew.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc as threads;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use shared::id::{DeviceKey, FileId};
use shared::peer::FileHash;
use tokio::sync::mpsc;

use super::{News, TransferSettings, names};

/// The other side is told so often how much is written, in bytes.
const TAKEN_EVERY: u64 = 256 * 1024;

/// What stays free on the disk.
const SPARE: u64 = 64 * 1024 * 1024;

/// Pieces that may wait for the disk. A window full of whole pieces has 32; a sender of crumbs is no client of ours.
const PIECES: u64 = 1024;

/// Files of one name that are kept side by side.
const SAME_NAME: u32 = 999;

/// Bytes hashed at once where a file is only looked at.
const CHUNK: usize = 256 * 1024;

/// What was offered.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    /// Under this name it will be kept.
    pub name: String,
    /// In bytes.
    pub size: u64,
}

/// How it stands with a file of the other side.
#[derive(Debug)]
pub(super) struct Incoming {
    receipt: Receipt,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The user is asked.
    Offered,
    /// It is wanted, and waits for its turn.
    Queued,
    /// The disk is being looked at.
    Preparing(threads::Sender<Work>),
    /// It is on its way.
    Moving(Moving),
}

#[derive(Debug)]
struct Moving {
    work: threads::Sender<Work>,
    /// Where the next piece has to stand.
    at: u64,
    /// Whether no piece has come: the first one may stand at the beginning, too.
    is_first: bool,
    /// What is on the disk.
    written: u64,
    /// Pieces that wait for the disk, at most.
    waiting: u64,
}

/// What the thread is to do.
#[derive(Debug)]
enum Work {
    Piece {
        at: u64,
        data: Vec<u8>,
    },
    End(FileHash),
    /// Stop, and delete what was written.
    Discard,
}

/// What is wrong with a piece.
pub(super) enum Wrong {
    /// The protocol is broken.
    Broken(&'static str),
    /// The file is not what was offered.
    Lie(&'static str),
}

impl Incoming {
    pub fn new(receipt: Receipt) -> Self {
        Self { receipt, state: State::Offered }
    }

    pub fn size(&self) -> u64 {
        self.receipt.size
    }

    pub fn accept(&mut self) {
        if matches!(self.state, State::Offered) {
            self.state = State::Queued;
        }
    }

    pub fn is_queued(&self) -> bool {
        matches!(self.state, State::Queued)
    }

    pub fn is_moving(&self) -> bool {
        matches!(self.state, State::Preparing(_) | State::Moving(_))
    }

    /// Begins to write, on a thread.
    pub fn begin(&mut self, file: FileId, settings: &TransferSettings, news: mpsc::Sender<News>) {
        let (work, jobs) = threads::channel();
        self.state = State::Preparing(work);
        let (folder, key, receipt) = (settings.downloads.clone(), settings.key, self.receipt.clone());
        tokio::task::spawn_blocking(move || receive(file, &folder, key, &receipt, &jobs, &news));
    }

    pub fn ready(&mut self, from: u64) {
        if let State::Preparing(work) = &self.state {
            let work = work.clone();
            self.state = State::Moving(Moving { work, at: from, is_first: true, written: from, waiting: 0 });
        }
    }

    pub fn written(&mut self, upto: u64) {
        if let State::Moving(moving) = &mut self.state {
            moving.written = upto;
            moving.waiting = 0;
        }
    }

    /// Takes a piece. It must be the next one.
    pub fn piece(&mut self, at: u64, data: Vec<u8>, window: u64) -> Result<(), Wrong> {
        let State::Moving(moving) = &mut self.state else {
            return Err(Wrong::Broken("a piece of a file that nobody has accepted"));
        };
        if std::mem::take(&mut moving.is_first) && at == 0 {
            (moving.at, moving.written) = (0, 0);
        }
        if at != moving.at {
            return Err(Wrong::Broken("a piece of a file is missing or comes twice"));
        }
        let end = at.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        if end > self.receipt.size {
            return Err(Wrong::Lie("it is longer than was offered"));
        }
        moving.waiting += 1;
        if end - moving.written.min(end) > window || moving.waiting > PIECES {
            return Err(Wrong::Broken("more of a file is sent than was asked for"));
        }
        moving.at = end;
        // A thread that has failed says so itself.
        let _ = moving.work.send(Work::Piece { at, data });
        Ok(())
    }

    /// The whole file was sent.
    pub fn end(&mut self, hash: FileHash) {
        if let State::Moving(moving) = &self.state {
            let _ = moving.work.send(Work::End(hash));
        }
    }

    /// The transfer stops, and what is there is worth nothing.
    pub fn discard(self) {
        if let State::Moving(Moving { work, .. }) | State::Preparing(work) = self.state {
            let _ = work.send(Work::Discard);
        }
    }
}

/// Receives one file, from the first look at the disk to its name.
fn receive(
    file: FileId,
    folder: &Path,
    key: DeviceKey,
    receipt: &Receipt,
    jobs: &threads::Receiver<Work>,
    news: &mpsc::Sender<News>,
) {
    let mut part = match Part::open(folder, key, receipt) {
        Ok(part) => part,
        Err(error) => {
            let _ = news.blocking_send(News::Ready { file, from: Err(error.to_string()) });
            return;
        }
    };
    let ready = News::Ready { file, from: Ok((part.at, part.prefix())) };
    if news.blocking_send(ready).is_err() {
        return part.leave();
    }
    let mut told = part.at;
    while let Ok(work) = jobs.recv() {
        let done = match work {
            Work::Piece { at, data } => part.write(at, &data).map(|()| None),
            Work::End(hash) => part.keep(hash).map(Some),
            Work::Discard => return part.delete(),
        };
        match done {
            Ok(None) => {
                if part.at < told {
                    told = 0;
                }
                if part.at - told >= TAKEN_EVERY || part.at == receipt.size {
                    told = part.at;
                    // Nobody listens when the session has just ended: what has come before is written all the same.
                    let _ = news.blocking_send(News::Written { file, upto: told });
                }
            }
            Ok(Some(path)) => {
                let _ = news.blocking_send(News::Kept { file, path: Ok(path) });
                return;
            }
            Err(error) => {
                part.delete();
                let _ = news.blocking_send(News::Kept { file, path: Err(explain(&error)) });
                return;
            }
        }
    }
    part.leave();
}

fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the receiver's disk is full".to_owned(),
        _ => error.to_string(),
    }
}

/// A file that is not whole yet.
struct Part {
    folder: OwnedFd,
    path: PathBuf,
    name: String,
    receipt: Receipt,
    file: File,
    hasher: blake3::Hasher,
    /// Up to where it is written.
    at: u64,
    /// Where this attempt began.
    from: u64,
}

impl Part {
    /// Finds what an earlier attempt has left, or begins anew.
    fn open(path: &Path, key: DeviceKey, receipt: &Receipt) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let folder = rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let part = part_name(key, receipt);
        let (file, at) = match make(&folder, &part) {
            Ok(file) => (file, 0),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue_with(&folder, &part, receipt)?,
            Err(error) => return Err(error),
        };
        let mut this = Self {
            folder,
            path: path.to_owned(),
            name: part,
            receipt: receipt.clone(),
            file,
            hasher: blake3::Hasher::new(),
            at,
            from: at,
        };
        if let Err(error) = this.check_space().and_then(|()| this.hash_existing()) {
            if at == 0 {
                this.delete();
            }
            return Err(error);
        }
        Ok(this)
    }

    fn check_space(&self) -> io::Result<()> {
        let disk = rustix::fs::fstatvfs(&self.folder)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let needed = (self.receipt.size - self.at).saturating_add(SPARE);
        if free < needed {
            return Err(io::Error::other("there is not enough room on the receiver's disk"));
        }
        Ok(())
    }

    fn hash_existing(&mut self) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        let mut left = self.at;
        self.file.seek(SeekFrom::Start(0))?;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            self.file.read_exact(&mut chunk[..most])?;
            self.hasher.update(&chunk[..most]);
            left -= u64::try_from(most).unwrap_or_default();
        }
        Ok(())
    }

    /// The hash of what is there; nothing where nothing is.
    fn prefix(&self) -> Option<FileHash> {
        (self.at > 0).then(|| FileHash(*self.hasher.finalize().as_bytes()))
    }

    fn write(&mut self, at: u64, data: &[u8]) -> io::Result<()> {
        if at == 0 && self.at > 0 && self.at == self.from {
            // The sender has another file, which begins anew.
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.hasher.reset();
            self.at = 0;
        }
        self.from = u64::MAX;
        self.file.write_all(data)?;
        self.hasher.update(data);
        self.at += u64::try_from(data.len()).unwrap_or_default();
        Ok(())
    }

    /// Checks the whole file, makes it durable, and gives it its name, or a similar one that is free.
    fn keep(&mut self, hash: FileHash) -> io::Result<PathBuf> {
        if self.at != self.receipt.size {
            return Err(io::Error::other("it is shorter than was offered"));
        }
        if FileHash(*self.hasher.finalize().as_bytes()) != hash {
            return Err(io::Error::other("it has changed on its way: the checksum is wrong"));
        }
        self.file.sync_all()?;
        for number in 1..=SAME_NAME {
            let name = names::numbered(&self.receipt.name, number);
            match rename_new(&self.folder, &self.name, &name) {
                Err(Errno::EXIST) => {}
                outcome => {
                    outcome?;
                    rustix::fs::fsync(&self.folder)?;
                    return Ok(self.path.join(name));
                }
            }
        }
        Err(io::Error::other("too many files have this name"))
    }

    /// Leaves what is there for the next attempt; nothing is not worth leaving.
    fn leave(self) {
        if self.at == 0 {
            self.delete();
        }
    }

    fn delete(&self) {
        // What cannot be deleted is overwritten by the next attempt.
        let _ = rustix::fs::unlinkat(&self.folder, &self.name, AtFlags::empty());
    }
}

/// The same for the same file of the same user, so that it is found again; different for everything else.
pub(super) fn part_name(key: DeviceKey, receipt: &Receipt) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key.0).update(receipt.name.as_bytes()).update(&receipt.size.to_be_bytes());
    let digits = hasher.finalize().to_hex();
    format!(".tern-{}.part", &digits[..16])
}

fn make(folder: &OwnedFd, name: &str) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?);
    lock(&file)?;
    Ok(file)
}

/// Opens what an earlier attempt has left: a regular file of this user, not longer than the whole, and written by nobody
/// else now.
fn continue_with(folder: &OwnedFd, name: &str, receipt: &Receipt) -> io::Result<(File, u64)> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(folder, name, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    let is_ours = metadata.uid() == rustix::process::geteuid().as_raw() && metadata.nlink() == 1;
    if !metadata.is_file() || !is_ours {
        return Err(io::Error::other("something else has the name of its unfinished file"));
    }
    lock(&file)?;
    if metadata.len() > receipt.size {
        file.set_len(0)?;
        return Ok((file, 0));
    }
    Ok((file, metadata.len()))
}

fn lock(file: &File) -> io::Result<()> {
    fs4::FileExt::try_lock(file).map_err(|_| io::Error::other("the same file is being received already"))
}

/// Renames without replacing anything.
fn rename_new(folder: &OwnedFd, from: &str, to: &str) -> Result<(), Errno> {
    #[cfg(target_os = "linux")]
    {
        let renamed = rustix::fs::renameat_with(folder, from, folder, to, rustix::fs::RenameFlags::NOREPLACE);
        // Some file systems cannot do it in one step.
        if !matches!(renamed, Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)) {
            return renamed;
        }
    }
    rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?;
    rustix::fs::unlinkat(folder, from, AtFlags::empty())
}
