//! A small text file in the state folder, read whole and replaced whole, changed by one client at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// A file larger than this is not ours; it is enough for 10 000 lines.
const FILE_BYTES: u64 = 1024 * 1024;

/// How long to wait for another client that writes. Writing takes two flushes of the disk.
const LOCK_DEADLINE: Duration = Duration::from_secs(5);

/// How often to look whether the lock is free. A wait in the kernel could not be given a deadline.
const LOCK_POLL: Duration = Duration::from_millis(5);

/// The folder that a variable of the XDG base directory specification names. One that is not absolute counts for nothing.
pub(crate) fn named_folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute())
}

/// Where such a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptFile {
    folder: PathBuf,
    name: &'static str,
    most: u64,
}

impl KeptFile {
    /// A file in a folder; both are made at the first write.
    pub fn new(folder: PathBuf, name: &'static str) -> Self {
        Self { folder, name, most: FILE_BYTES }
    }

    /// The same file, with another size in bytes as the largest that is read.
    pub fn of_at_most(self, most: u64) -> Self {
        Self { most, ..self }
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    /// The file that is locked while it changes. It is a file of its own, because the one with the text is replaced and
    /// a lock on it would guard the old one.
    pub fn lock_path(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", self.name))
    }

    /// The text; nothing when there is no file yet.
    pub fn read(&self) -> io::Result<String> {
        let read = || -> io::Result<String> {
            let mut text = String::new();
            File::open(self.path())?.take(self.most + 1).read_to_string(&mut text)?;
            let fits = u64::try_from(text.len()).is_ok_and(|length| length <= self.most);
            let too_large = || io::Error::other(format!("it is larger than {} MiB", self.most >> 20));
            if fits { Ok(text) } else { Err(too_large()) }
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            outcome => outcome,
        }
    }

    /// Takes the lock that lets one client at a time change the file. It is given back when it is dropped.
    pub fn lock(&self) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.lock_path())?;
        let deadline = Instant::now() + LOCK_DEADLINE;
        loop {
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => return Ok(file),
                Err(fs4::TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(LOCK_POLL),
                Err(fs4::TryLockError::WouldBlock) => {
                    return Err(io::Error::other("another program holds the lock"));
                }
                Err(fs4::TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Puts a new text in place, while the lock is held: whoever reads sees the old file or the new one, also after a
    /// power cut.
    pub fn replace(&self, text: &str) -> io::Result<()> {
        let new = self.folder.join(format!("{}.new", self.name));
        // A client that was killed while it wrote leaves its half behind; the lock says that nobody writes it now.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, self.path())?;
        File::open(&self.folder)?.sync_all()
    }
}
