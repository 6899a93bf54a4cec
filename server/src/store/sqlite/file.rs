//! The data folder: its lock, its files and their modes, and what may be opened at all.
//!
//! A file is looked at through a read-only connection before anything is allowed to change it, so a damaged, foreign or
//! newer file stays as it is.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs4::{FileExt, TryLockError};
use rusqlite::backup::Progress;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema;
use crate::faults::{Fault, is_seeded};
use crate::store::StoreError;

/// The database.
pub(super) const DATABASE: &str = "tern.db";
/// Locked while a server has the folder. The file stays: deleting it would let two servers lock two files.
pub(super) const LOCK: &str = "tern.lock";

/// How long a connection waits for a lock that another process has. An operator's program holds one for milliseconds.
const BUSY: Duration = Duration::from_secs(5);

/// Prepared statements a connection remembers. There are about 30; the rest is room.
const STATEMENTS: usize = 64;

/// Up to this size, in bytes, a file is read completely at the start to find damage: some 300,000 short messages. Measured:
/// 13 ms for each MiB that is not in the memory of the machine, 1 ms for one that is. A larger file would delay the start
/// by more than a second; there, damage is found when it is read.
pub(in crate::store) const CHECKED: u64 = 64 * 1024 * 1024;

/// The folder, locked for this server until it is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if there is none (mode 0700), and locks it. One that exists keeps its mode: it may be shared.
    pub(super) fn lock(path: &Path) -> Result<Self, StoreError> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_error("make the folder", path))?;
        let lock = private_file(&path.join(LOCK))?;
        match FileExt::try_lock(&lock) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(io_error("lock", &path.join(LOCK))(error)),
        }
    }

    /// The database file, made with mode 0600 if there is none and brought to the newest schema, opened for writing.
    pub(super) fn writer(&self, migrations: &[&str]) -> Result<Connection, StoreError> {
        let path = self.path.join(DATABASE);
        private_file(&path)?;
        // The name of a new file is durable before anything is promised that lies in it.
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(io_error("sync", &self.path))?;
        let found = inspect(&path, migrations)?;
        let mut db = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let opened = prepare_for_writing(&db);
        opened.map_err(engine("prepare the database"))?;
        if found > 0 && found < schema::newest(migrations) {
            back_up(&db, &path, found)?;
        }
        schema::migrate(&mut db, migrations).map_err(engine("bring the database to the newest schema"))?;
        Ok(db)
    }

    /// A further connection, for reading only.
    pub(super) fn reader(&self) -> Result<Connection, StoreError> {
        let db = connect(&self.path.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.pragma_update(None, "query_only", true).map_err(engine("prepare the database"))?;
        Ok(db)
    }
}

/// The database of a folder that a server may have, for an operator's change. It must exist and have our schema.
pub(super) fn open_beside(dir: &Path) -> Result<Connection, StoreError> {
    let path = dir.join(DATABASE);
    fs::metadata(&path).map_err(io_error("find", &path))?;
    let found = inspect(&path, schema::MIGRATIONS)?;
    if found < schema::newest(schema::MIGRATIONS) {
        let source = "it has an older schema; start the server once".into();
        return Err(StoreError::Engine { what: "use the database".to_owned(), source });
    }
    let db = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    prepare_for_writing(&db).map_err(engine("prepare the database"))?;
    Ok(db)
}

/// Turns an engine's error into ours, with what was tried.
pub(super) fn engine(what: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Damaged(error.into()),
        _ => StoreError::Engine { what: what.to_owned(), source: error.into() },
    }
}

fn io_error(what: &'static str, path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::Io { what: format!("{what} {}", path.display()), source }
}

/// A file that only its owner may read, made if there is none.
fn private_file(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).read(true).write(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(io_error("open", path))?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(io_error("protect", path))?;
    Ok(file)
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(engine("open"))?;
    db.busy_timeout(BUSY).map_err(engine("open"))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// The settings of a connection that writes.
fn prepare_for_writing(db: &Connection) -> rusqlite::Result<()> {
    // WAL: readers never wait for the writer. FULL: a commit is on the disk when it returns, whatever fails afterwards.
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", if is_seeded(Fault::NoSync) { "normal" } else { "full" })?;
    db.pragma_update(None, "foreign_keys", true)?;
    // A long reader can make the write-ahead log grow; afterwards it shrinks to 64 MiB.
    db.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    db.pragma_update(None, "temp_store", "memory")
}

/// The schema version of a file that may be used: whole, ours, and not newer than we know. Changes nothing.
fn inspect(path: &Path, migrations: &[&str]) -> Result<u32, StoreError> {
    let size = fs::metadata(path).map_err(io_error("look at", path))?.len();
    if size == 0 {
        return empty(path);
    }
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let Look { found, owner, tables } = look(&db).map_err(engine("read the database"))?;
    // A crash during the very first start leaves a file with neither tables nor our mark; that is no damage.
    if owner != schema::APPLICATION_ID && (tables > 0 || found > 0) {
        return Err(StoreError::Damaged("it is a database of another program".into()));
    }
    let known = schema::newest(migrations);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if size <= CHECKED {
        check(&db).map_err(engine("check the database"))?.map_err(|damage| StoreError::Damaged(damage.into()))?;
    }
    Ok(found)
}

/// A file without a byte is a new one, but not when a write-ahead log beside it shows that it had contents.
fn empty(path: &Path) -> Result<u32, StoreError> {
    let log = path.with_extension("db-wal");
    match fs::metadata(&log) {
        Ok(log) if log.len() > 0 => Err(StoreError::Damaged("the file is empty, its log is not".into())),
        _ => Ok(0),
    }
}

/// What a first look at a file shows.
struct Look {
    /// The schema version.
    found: u32,
    /// The mark of the program it belongs to.
    owner: i64,
    tables: i64,
}

fn look(db: &Connection) -> rusqlite::Result<Look> {
    Ok(Look {
        found: schema::version(db)?,
        owner: db.pragma_query_value(None, "application_id", |row| row.get(0))?,
        tables: db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?,
    })
}

/// Reads the whole file; the inner error is the first damage that was found.
fn check(db: &Connection) -> rusqlite::Result<Result<(), String>> {
    let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(if found == "ok" { Ok(()) } else { Err(found) })
}

/// Keeps a copy of a file of schema `version` beside it before it is changed.
fn back_up(db: &Connection, path: &Path, version: u32) -> Result<(), StoreError> {
    let (copy, part) = (path.with_extension(format!("db.v{version}")), path.with_extension("db.part"));
    // A copy that a crash cut short is begun anew; a finished one appears under its name only when it is whole.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error("remove", &part)(error)),
        _ => private_file(&part)?,
    };
    db.backup("main", &part, None::<fn(Progress)>).map_err(engine("copy the database before changing it"))?;
    fs::rename(&part, &copy).map_err(io_error("rename", &part))
}
