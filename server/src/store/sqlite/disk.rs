//! How much room the disk has, and what is done when there is little.
//!
//! New messages are refused while there is still room for everything else: acknowledgements, logouts and locks are
//! writes too, and even deleting needs the log. Should the disk be full all the same, because something else has filled
//! it, a file that was made for this moment is deleted, and its room serves those writes. It is made again when there is
//! plenty.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tracing::{info, warn};

/// The file that is deleted when the disk is full.
pub(super) const BALLAST: &str = "tern.ballast";

/// Its size in bytes: room for some thousand small commits.
pub(in crate::store) const BALLAST_BYTES: u64 = 16 * 1024 * 1024;

/// A warning is logged below so many times the room at which messages are refused.
pub(in crate::store) const WARN_TIMES: u64 = 4;

/// How often the disk is looked at while there is room. It costs a microsecond; in this time nobody fills what is left
/// between the warning and the end unseen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The shortest time between two lines of the log about the disk, so that one that is just about full does not fill it.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// How long a ballast that was deleted stays away at least: until then whoever filled the disk may still be at it.
const BALLAST_REST: Duration = Duration::from_secs(60);

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Room {
    /// None for new messages.
    None,
    /// Enough for now.
    Little,
    Plenty,
}

/// Says how many bytes are free. Another one in tests.
pub(super) type Free = Box<dyn Fn(&Path) -> io::Result<u64> + Send>;

/// The disk of a data folder.
pub(super) struct Disk {
    folder: PathBuf,
    /// Free bytes below which new messages are refused; 0: never, and there is no ballast.
    floor: u64,
    free: Free,
    room: Room,
    looked_at: Instant,
    said: Option<(Room, Instant)>,
    full_said_at: Option<Instant>,
    has_ballast: bool,
    released_at: Option<Instant>,
}

impl Disk {
    /// The disk that holds `folder`. Makes the ballast where there is plenty of room.
    pub(super) fn new(folder: &Path, floor: u64, free: Free) -> Self {
        let mut disk = Self {
            folder: folder.to_owned(),
            floor,
            free,
            room: Room::Plenty,
            looked_at: Instant::now(),
            said: None,
            full_said_at: None,
            has_ballast: fs::metadata(folder.join(BALLAST)).is_ok_and(|file| file.len() == BALLAST_BYTES),
            released_at: None,
        };
        disk.look();
        disk
    }

    /// Whether there is room for new messages. Looked at again now and then, and each time when there was none.
    pub(super) fn takes_messages(&mut self) -> bool {
        if self.floor == 0 {
            return true;
        }
        if self.room == Room::None || self.looked_at.elapsed() >= LOOK_EVERY {
            self.look();
        }
        self.room > Room::None
    }

    /// The disk was full just now. Returns whether there is a little more room than before, for what is no message.
    pub(super) fn was_full(&mut self) -> bool {
        if self.full_said_at.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
            self.full_said_at = Some(Instant::now());
            warn!("the disk of {} is full; nothing is kept until there is room", self.folder.display());
        }
        self.room = Room::None;
        if self.floor == 0 || !std::mem::take(&mut self.has_ballast) {
            return false;
        }
        self.released_at = Some(Instant::now());
        fs::remove_file(self.folder.join(BALLAST)).is_ok()
    }

    fn look(&mut self) {
        self.looked_at = Instant::now();
        // Where the question has no answer, the disk itself will say when it is full.
        let Ok(free) = (self.free)(&self.folder) else { return };
        let warn_below = self.floor.saturating_mul(WARN_TIMES);
        self.room = match free {
            _ if free < self.floor => Room::None,
            _ if free < warn_below => Room::Little,
            _ => Room::Plenty,
        };
        self.say(free);
        let is_rested = self.released_at.is_none_or(|at| at.elapsed() >= BALLAST_REST);
        if self.floor > 0 && !self.has_ballast && is_rested && free >= warn_below.saturating_add(BALLAST_BYTES) {
            self.has_ballast = self.make_ballast().is_ok();
            self.released_at = Some(self.looked_at);
        }
    }

    /// Logs what has changed.
    fn say(&mut self, free: u64) {
        let before = self.said.map_or(Room::Plenty, |(room, _)| room);
        let is_early = self.said.is_some_and(|(_, at)| self.looked_at.duration_since(at) < SAY_EVERY);
        if before == self.room || is_early {
            return;
        }
        self.said = Some((self.room, self.looked_at));
        let (free, floor, folder) = (free >> 20, self.floor >> 20, self.folder.display());
        let said = match self.room {
            Room::None => {
                format!("{free} MiB are free on the disk of {folder}: below {floor} MiB no messages are taken")
            }
            Room::Little => {
                format!("only {free} MiB are free on the disk of {folder}; below {floor} MiB no messages are taken")
            }
            Room::Plenty => return info!("there is room on the disk of {folder} again: {free} MiB"),
        };
        warn!("{said}");
    }

    fn make_ballast(&self) -> io::Result<()> {
        let path = self.folder.join(BALLAST);
        let made = write_ballast(&path);
        if made.is_err() {
            // A half of it is of no use.
            let _ = fs::remove_file(&path);
        }
        made
    }
}

/// How many bytes whoever runs the server may still write on the disk of `folder`.
pub(super) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Makes a file whose room is really taken.
fn write_ballast(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    #[cfg(target_os = "linux")]
    if rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, BALLAST_BYTES).is_ok() {
        return Ok(());
    }
    // Not every file system can set room aside; bytes take it everywhere.
    let block = vec![0; 1 << 20];
    for _ in 0..BALLAST_BYTES >> 20 {
        file.write_all(&block)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const MIB: u64 = 1 << 20;

    /// A disk of which a test says how much is free, in MiB.
    fn disk(folder: &Path, free: &Arc<AtomicU64>, floor: u64) -> Disk {
        let free = Arc::clone(free);
        Disk::new(folder, floor * MIB, Box::new(move |_| Ok(free.load(Ordering::Relaxed) * MIB)))
    }

    #[test]
    fn messages_are_refused_below_the_floor_and_taken_as_soon_as_there_is_room() {
        let (folder, free) = (tempfile::tempdir().unwrap(), Arc::new(AtomicU64::new(300)));
        let mut disk = disk(folder.path(), &free, 64);
        assert!(disk.takes_messages());
        free.store(63, Ordering::Relaxed);
        disk.looked_at -= LOOK_EVERY;
        assert!(!disk.takes_messages());
        free.store(64, Ordering::Relaxed);
        assert!(disk.takes_messages(), "at once: what is full is looked at each time");
    }

    #[test]
    fn the_ballast_is_made_where_there_is_plenty_and_goes_when_the_disk_is_full() {
        let (folder, free) = (tempfile::tempdir().unwrap(), Arc::new(AtomicU64::new(200)));
        let ballast = folder.path().join(BALLAST);
        assert!(!disk(folder.path(), &free, 64).was_full(), "there was none to give");
        assert!(!ballast.exists());
        free.store(300, Ordering::Relaxed);
        let mut disk = disk(folder.path(), &free, 64);
        let file = fs::metadata(&ballast).unwrap();
        assert_eq!(file.len(), BALLAST_BYTES);
        assert!(std::os::unix::fs::MetadataExt::blocks(&file) * 512 >= BALLAST_BYTES, "its room is really taken");
        free.store(0, Ordering::Relaxed);
        assert!(disk.was_full());
        assert!(!ballast.exists());
        assert!(!disk.was_full(), "only once");
        free.store(300, Ordering::Relaxed);
        disk.looked_at -= LOOK_EVERY;
        assert!(disk.takes_messages() && !ballast.exists(), "not at once");
        disk.released_at = disk.released_at.and_then(|at| at.checked_sub(BALLAST_REST));
        disk.looked_at -= LOOK_EVERY;
        assert!(disk.takes_messages() && ballast.exists());
    }

    #[test]
    fn without_a_floor_nothing_is_refused_and_nothing_set_aside() {
        let (folder, free) = (tempfile::tempdir().unwrap(), Arc::new(AtomicU64::new(0)));
        let mut disk = disk(folder.path(), &free, 0);
        assert!(disk.takes_messages());
        assert!(!disk.was_full());
        free.store(10_000, Ordering::Relaxed);
        disk.look();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_real_disk_of_a_test_has_room() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).unwrap() > MIB);
        assert!(free_bytes(&folder.path().join("none")).is_err());
    }
}
