//! What only a file can promise: what survives, what is refused, what is grouped, and how much work a question is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;
use shared::id::{Seq, UnixMs};
use tempfile::TempDir;
use tokio::sync::mpsc::channel;

use super::file::{DATABASE, Folder};
use super::writer::BATCH;
use super::{SqliteStore, disk, find_account, query, schema, set_password};
use crate::record::{AccountId, Conversation, KeepError, Kept, NewMessage, Phc, Strikes, TicketHash, Write};
use crate::store::conformance::{Desk, Engine, Sqlite, message};
use crate::store::{Answers, Bounds, Inbox, Job, QUEUE, Store, StoreError};

mod search;

impl Desk<Sqlite> {
    fn dir(&self) -> PathBuf {
        self.engine.0.path().to_owned()
    }

    /// A connection of another program.
    fn beside(&self) -> Connection {
        beside(&self.dir())
    }

    /// Closes the store and leaves its folder.
    fn into_folder(self) -> TempDir {
        self.store.close().unwrap();
        self.engine.0
    }
}

fn beside(dir: &Path) -> Connection {
    Connection::open(dir.join(DATABASE)).unwrap()
}

fn answers() -> Answers {
    channel(1).0
}

fn open(dir: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(dir, answers())
}

/// A folder with an account and one line in the lobby.
fn used() -> TempDir {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    desk.say(message(&Conversation::lobby(), hans, 1, "kept"));
    desk.into_folder()
}

fn lobby_line(sender: AccountId, number: u64) -> Write {
    Write::Append(message(&Conversation::lobby(), sender, number, "x"))
}

fn strikes(count: u8) -> Write {
    Write::SetStrikes(Strikes { name_key: "yoda".to_owned(), count, locked_until: None })
}

/// The names and the bytes of all files.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn what_was_answered_survives_a_kill() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    for number in 1..=20 {
        desk.say(message(&Conversation::lobby(), hans, number, "x"));
    }
    // A kill leaves the bytes that are in the files at that moment, and nothing else: no close, no last words.
    let copy = Sqlite(tempfile::tempdir().unwrap());
    for name in [DATABASE, "tern.db-wal"] {
        fs::copy(desk.dir().join(name), copy.0.path().join(name)).unwrap();
    }
    let after = Desk::with(copy, Sqlite::open);
    assert_eq!(after.store.snapshot().unwrap().rooms, [(Conversation::lobby(), Seq(20))]);
}

#[test]
fn a_dropped_store_finishes_what_was_submitted() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    for number in 1..=20 {
        desk.submit(lobby_line(hans, number));
    }
    let Desk { engine, store, mut answers, .. } = desk;
    drop(store);
    // The channel ends when the last thread has let go of the folder.
    while answers.blocking_recv().is_some() {}
    let again = Desk::with(engine, Sqlite::open);
    assert_eq!(again.store.snapshot().unwrap().rooms, [(Conversation::lobby(), Seq(20))]);
}

#[test]
fn jobs_that_wait_together_are_kept_together() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    let other = desk.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 0..BATCH + 10 {
        desk.submit(lobby_line(hans, number as u64));
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(desk.batch().unwrap().len(), BATCH);
    assert_eq!(desk.batch().unwrap().len(), 10);
}

#[test]
fn a_poisoned_job_fails_alone_in_its_transaction() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    let other = desk.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    desk.submit(lobby_line(hans, 1));
    // Fails after it has taken a place in the conversation.
    desk.submit(lobby_line(AccountId(99), 2));
    desk.submit(lobby_line(hans, 3));
    other.execute_batch("ROLLBACK").unwrap();
    let kept = |seq, number: u64| Kept::Message { seq: Seq(seq), at: UnixMs(1_000_000 + number), duplicate: false };
    let results: Vec<_> = desk.batch().unwrap().into_iter().map(|answer| answer.result).collect();
    assert_eq!(results, [Ok(kept(1, 1)), Err(KeepError::Broken), Ok(kept(2, 3))]);
    assert_eq!(desk.history(hans, &Conversation::lobby()), ["x", "x"]);
}

#[test]
fn a_full_queue_gives_the_job_back() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    let other = desk.beside();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut taken = 0;
    let refused = loop {
        let ticket = desk.ticket();
        match desk.store.submit(Job::Write(ticket, lobby_line(hans, ticket.0))) {
            Ok(()) => taken += 1,
            Err(job) => break job,
        }
    };
    // One may be in the writer's hands.
    assert!((QUEUE..=QUEUE + 1).contains(&taken), "{taken}");
    other.execute_batch("ROLLBACK").unwrap();
    while taken > 0 {
        taken -= desk.batch().unwrap().len();
    }
    assert_eq!(desk.store.submit(refused), Ok(()));
}

/// A store whose file cannot grow, as on a disk that is full; SQLite says the same then. It has a large table that can be
/// dropped to make room.
fn on_a_full_disk(bounds: Bounds) -> Desk<Sqlite> {
    let dir = used();
    beside(dir.path())
        .execute_batch("CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(200000))")
        .unwrap();
    let no_growth = |db: &Connection| db.pragma_update(None, "max_page_count", 1);
    let free = Box::new(disk::free_bytes);
    let open =
        |engine: &Sqlite, answers| SqliteStore::open_with(engine.0.path(), bounds, answers, free, no_growth).unwrap();
    Desk::with(Sqlite(dir), open)
}

#[test]
fn a_full_disk_refuses_until_there_is_room() {
    let mut desk = on_a_full_disk(Bounds::default());
    let (hans, lobby) = (AccountId(1), Conversation::lobby());
    let large = |number| Write::Append(message(&lobby, hans, number, &"x".repeat(8000)));
    let (number, refused) = (2..1000).map(|n| (n, desk.write(large(n)))).find(|(_, kept)| kept.is_err()).unwrap();
    assert_eq!(refused, Err(KeepError::Full));
    assert!(desk.store.failure().is_none());
    assert!(!desk.dir().join(disk::BALLAST).exists(), "what was set aside is given free");
    // Not one of a batch is kept, so all of them are refused; questions are still answered.
    let together = [desk.submit(large(number)), desk.submit(large(number + 1))];
    assert_eq!(together.map(|ticket| desk.answer(ticket)), [Err(KeepError::Full), Err(KeepError::Full)]);
    assert_eq!(desk.history(hans, &lobby)[0], "kept");
    desk.beside().execute_batch("DROP TABLE ballast").unwrap();
    assert_eq!(desk.say(message(&lobby, hans, number, "room again")), Seq(number));
    desk.store.close().unwrap();
}

#[test]
fn what_a_full_disk_took_back_does_not_count_as_waiting() {
    let inbox = Inbox { messages: 1000, bytes: 20_000 };
    let mut desk = on_a_full_disk(Bounds { inbox, ..Bounds::default() });
    let (hans, yoda) = (AccountId(1), desk.account("yoda"));
    let large = |number| {
        let new = message(&Conversation::direct(hans, yoda), hans, number, &"x".repeat(9_000));
        Write::Append(NewMessage { bounded: true, ..new })
    };
    let fill = |number| Write::Append(message(&Conversation::lobby(), hans, number, &"x".repeat(8_000)));
    assert!((2..1000).any(|number| desk.write(fill(number)).is_err()));
    for number in 2000..2010 {
        assert_eq!(desk.write(large(number)), Err(KeepError::Full));
    }
    desk.beside().execute_batch("DROP TABLE ballast").unwrap();
    assert!(matches!(desk.write(large(3001)), Ok(Kept::Message { seq: Seq(1), .. })));
    assert!(matches!(desk.write(large(3002)), Ok(Kept::Message { seq: Seq(2), .. })));
    assert_eq!(desk.write(large(3003)), Ok(Kept::InboxFull));
}

#[test]
fn with_little_room_messages_are_refused_and_everything_else_is_kept() {
    let free = Arc::new(AtomicU64::new(1 << 40));
    let ask = Arc::clone(&free);
    let open = |engine: &Sqlite, answers| {
        let free: disk::Free = Box::new(move |_| Ok(ask.load(Ordering::Relaxed)));
        SqliteStore::open_with(engine.0.path(), Bounds::default(), answers, free, |_| Ok(())).unwrap()
    };
    let mut desk = Desk::with(Sqlite(used()), open);
    let (hans, yoda) = (AccountId(1), desk.account("yoda"));
    desk.say(message(&Conversation::direct(hans, yoda), hans, 2, "before"));
    free.store(1 << 20, Ordering::Relaxed);
    // The disk is looked at once a second.
    let refused = (3..1_000_000).map(|number| desk.write(lobby_line(hans, number))).find(Result::is_err);
    assert_eq!(refused, Some(Err(KeepError::Full)));
    desk.done(strikes(1));
    let seen = Write::Advance { account: yoda, conversation: Conversation::direct(hans, yoda), seq: Seq(1) };
    desk.done(seen);
    assert_eq!(desk.waiting(yoda), [""; 0]);
    let first = Kept::Message { seq: Seq(1), at: UnixMs(1_000_002), duplicate: true };
    let again = Write::Append(message(&Conversation::direct(hans, yoda), hans, 2, "before"));
    assert_eq!(desk.write(again), Ok(first), "what is stored is not refused when it comes again");
    free.store(1 << 30, Ordering::Relaxed);
    assert!(matches!(desk.write(lobby_line(hans, 1 << 40)), Ok(Kept::Message { duplicate: false, .. })));
}

#[test]
fn a_failing_engine_keeps_nothing_more() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    desk.say(message(&Conversation::lobby(), hans, 1, "before"));
    desk.beside().execute_batch("DROP TABLE strike").unwrap();
    assert_eq!(desk.write(strikes(1)), Err(KeepError::Broken));
    // What would work by itself is refused too: nobody knows what else is wrong.
    assert_eq!(desk.write(lobby_line(hans, 2)), Err(KeepError::Broken));
    assert_eq!(desk.history(hans, &Conversation::lobby()), ["before"]);
    // Nor does it keep others from the file.
    desk.beside().execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
    let failure = crate::logging::one_line(&desk.store.failure().unwrap());
    assert!(failure.starts_with("the database failed, and nothing more is kept: no such table"), "{failure}");
    assert!(matches!(desk.store.close(), Err(StoreError::Engine { .. })));
}

#[test]
fn the_id_of_an_account_is_never_used_again() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    assert_eq!(desk.beside().execute("DELETE FROM account", []).unwrap(), 1);
    assert!(desk.account("yoda") > hans);
}

#[test]
fn a_second_server_is_refused() {
    let dir = used();
    let first = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(StoreError::InUse)));
    first.close().unwrap();
    open(dir.path()).unwrap();
}

#[test]
fn only_the_owner_may_read() {
    let base = tempfile::tempdir().unwrap();
    let dir = base.path().join("state").join("4000");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let _store = open(&dir).unwrap();
    assert_eq!(mode(&dir), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["tern.ballast", "tern.db", "tern.db-shm", "tern.db-wal", "tern.lock"]);
}

#[test]
fn files_left_open_to_others_are_closed_to_them() {
    let dir = used();
    let path = dir.path().join(DATABASE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    open(dir.path()).unwrap().close().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let base = tempfile::NamedTempFile::new().unwrap();
    let Err(StoreError::Io { what, .. }) = open(&base.path().join("data")) else { panic!("opened") };
    assert!(what.contains(&base.path().display().to_string()), "{what}");
}

/// Opening this folder fails with `expected`, and nothing in it changes but the lock.
fn check_refused(dir: &Path, expected: fn(&StoreError) -> bool) {
    let before = contents(dir);
    let error = open(dir).err().expect("refused");
    assert!(expected(&error), "{error:?}");
    for (path, bytes) in before {
        assert!(fs::read(&path).unwrap() == bytes, "{} changed", path.display());
    }
}

fn is_damaged(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged(_))
}

#[test]
fn a_newer_file_is_refused_and_left_as_it_is() {
    let dir = used();
    beside(dir.path()).pragma_update(None, "user_version", 99).unwrap();
    check_refused(dir.path(), |error| matches!(error, StoreError::Newer { found: 99, known: 3 }));
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.fill(b'?'),
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.truncate(50),
        // Somewhere in the middle, where only a look at everything finds it.
        |bytes| bytes[5 * 4096..][..4096].fill(0xa5),
    ];
    for damage in damages {
        let dir = used();
        let path = dir.path().join(DATABASE);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        check_refused(dir.path(), is_damaged);
    }
}

#[test]
fn a_file_of_another_program_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    beside(dir.path()).execute_batch("CREATE TABLE recipe (text)").unwrap();
    check_refused(dir.path(), is_damaged);
}

#[test]
fn an_emptied_file_beside_its_log_is_refused() {
    let dir = used();
    fs::write(dir.path().join(DATABASE), []).unwrap();
    fs::write(dir.path().join("tern.db-wal"), [1; 100]).unwrap();
    check_refused(dir.path(), is_damaged);
}

#[test]
fn an_older_file_is_copied_and_then_changed() {
    let dir = used();
    let newer = [schema::MIGRATIONS, &["CREATE TABLE extra (x INTEGER) STRICT"]].concat();
    let db = Folder::lock(dir.path()).unwrap().writer(&newer).unwrap();
    let before = schema::newest(schema::MIGRATIONS);
    assert_eq!(schema::version(&db).unwrap(), before + 1);
    db.execute("INSERT INTO extra VALUES (1)", []).unwrap();
    let copy = dir.path().join(format!("tern.db.v{before}"));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let copy = Connection::open(copy).unwrap();
    assert_eq!(schema::version(&copy).unwrap(), before);
    let body: String = copy.query_row("SELECT body FROM message", [], |row| row.get(0)).unwrap();
    assert_eq!(body, "kept");
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let dir = used();
    let broken = [schema::MIGRATIONS, &["CREATE TABLE extra (x INTEGER) STRICT; SELECT no_such_function()"]].concat();
    Folder::lock(dir.path()).unwrap().writer(&broken).unwrap_err();
    let db = beside(dir.path());
    assert_eq!(schema::version(&db).unwrap(), schema::newest(schema::MIGRATIONS));
    assert!(!db.table_exists(None, "extra").unwrap());
    open(dir.path()).unwrap();
}

#[test]
fn an_operator_sets_a_password_beside_a_running_server() {
    let mut desk = Desk::<Sqlite>::new();
    let (hans, dir) = (desk.account("Hans"), desk.dir());
    let new = Phc("new".to_owned());
    assert!(!set_password(&dir, "nobody", &new, UnixMs(5)).unwrap());
    assert!(set_password(&dir, "hans", &new, UnixMs(5)).unwrap());
    assert_eq!(desk.store.password(hans).unwrap(), Some(new));
    desk.say(message(&Conversation::lobby(), hans, 1, "still at work"));
    let found = find_account(&dir, "hans").unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str()), (hans, "Hans"));
    assert_eq!(find_account(&dir, "nobody").unwrap(), None);
}

#[test]
fn an_operator_needs_a_database_of_this_version() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(find_account(dir.path(), "hans"), Err(StoreError::Io { .. })));
    assert_eq!(contents(dir.path()), BTreeMap::new());
    let dir = used();
    beside(dir.path()).pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(find_account(dir.path(), "hans"), Err(StoreError::Newer { .. })));
}

#[test]
fn a_crashed_session_says_so() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    let login = Write::OpenSession {
        account: hans,
        address: "10.0.0.5".to_owned(),
        at: UnixMs(10),
        resume: TicketHash([1; 32]),
    };
    assert!(matches!(desk.write(login), Ok(Kept::Session(_))));
    let (desk, _) = desk.restart();
    let reason = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    assert_eq!(desk.beside().query_row("SELECT reason FROM session", [], reason).unwrap(), "crash");
}

#[test]
fn every_commit_is_on_the_disk_when_it_returns() {
    let dir = used();
    let db = Folder::lock(dir.path()).unwrap().writer(schema::MIGRATIONS).unwrap();
    let setting = |name| db.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
    assert_eq!(setting("journal_mode"), "wal".to_owned().into());
    // 2 is FULL: the log is synced before a commit returns.
    assert_eq!(setting("synchronous"), 2.into());
    assert_eq!(setting("foreign_keys"), 1.into());
}

#[test]
fn no_question_walks_over_a_table() {
    let dir = used();
    let db = beside(dir.path());
    for sql in [
        query::HISTORY,
        query::CONTACTS,
        query::NEXT_DIRECT,
        query::NEXT_IN_ROOM,
        query::MESSAGE,
        query::WAITING,
        query::UNSEEN,
        super::search::LANES,
        super::search::LANE,
        super::search::SCAN,
        super::search::ID,
        super::search::HIDDEN,
    ] {
        let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let parameters = vec![0; explain.parameter_count()];
        let steps = explain.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3)).unwrap();
        for step in steps.map(Result::unwrap) {
            // The list of contacts is the only thing that is read from end to end.
            let is_walk = step.starts_with("SCAN") && !matches!(&*step, "SCAN contact" | "SCAN CONSTANT ROW");
            assert!(!is_walk && !step.contains("TEMP B-TREE"), "{step}\n{sql}");
        }
    }
}

#[test]
fn what_was_seen_or_said_oneself_costs_nothing() {
    let mut desk = Desk::<Sqlite>::new();
    let (hans, yoda) = (desk.account("hans"), desk.account("yoda"));
    let pair = Conversation::direct(hans, yoda);
    let steps = |desk: &Desk<Sqlite>, sql: &str, parameters: &[i64]| {
        let db = desk.beside();
        let mut statement = db.prepare(sql).unwrap();
        let mut rows = statement.query(rusqlite::params_from_iter(parameters)).unwrap();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        statement.get_status(rusqlite::StatementStatus::VmStep)
    };
    let work = |desk: &Desk<Sqlite>| {
        steps(desk, query::CONTACTS, &[yoda.0]) + steps(desk, query::NEXT_DIRECT, &[yoda.0, 1, 0])
    };
    desk.say(message(&pair, hans, 1, "waits"));
    let few = work(&desk);
    let tickets: Vec<_> = (2..1000).map(|n| desk.submit(Write::Append(message(&pair, yoda, n, "own")))).collect();
    let tickets =
        tickets.into_iter().chain((2..1000).map(|n| desk.submit(Write::Append(message(&pair, hans, n, "x")))));
    for ticket in tickets.collect::<Vec<_>>() {
        desk.answer(ticket).unwrap();
    }
    assert_eq!(work(&desk), few);
}
