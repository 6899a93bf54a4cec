//! The tables, and how an older file becomes a newer one.
//!
//! A released migration is never changed: a change of the tables is one more entry at the end of the list. Times are
//! milliseconds since 1970 UTC.

use rusqlite::{Connection, TransactionBehavior};

/// What turns schema version `n` into `n + 1`, as entry `n`. Version 0 is an empty file.
pub(super) const MIGRATIONS: &[&str] = &[VERSION_1, VERSION_2, VERSION_3];

/// Marks a file as Tern's: "Tern" in ASCII, in the field that SQLite keeps for it.
pub(super) const APPLICATION_ID: i64 = 0x5465_726e;

/// The first tables.
///
/// - `account.name_key` decides whether two names are the same, `skeleton` whether two Unicode names look the same.
///   `pw` is NULL while only the credentials file has a password; `pw_reset` is when an operator last set it.
/// - `conversation.key` is `room:NAME` or `dm:SMALLER:LARGER`, with account ids.
/// - `message.waits_for` is the account of a direct conversation for which the message waits until its cursor has
///   passed it: the other side, unless the message is hidden from it. Its index makes the mailbox, so there is no table
///   for that.
/// - `cursor.seq` is the newest message of the conversation that was shown to the account.
/// - `session.logout_at` is NULL while the session is open.
const VERSION_1: &str = "
PRAGMA application_id = 0x5465726e;

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    skeleton TEXT,
    pw TEXT,
    pw_reset INTEGER,
    origin TEXT NOT NULL CHECK (origin IN ('file', 'registered')),
    created INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_skeleton ON account (skeleton) WHERE skeleton IS NOT NULL;

CREATE TABLE block (
    owner INTEGER NOT NULL REFERENCES account (id),
    target INTEGER NOT NULL REFERENCES account (id),
    created INTEGER NOT NULL,
    PRIMARY KEY (owner, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    last_seq INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    conv INTEGER NOT NULL REFERENCES conversation (id),
    seq INTEGER NOT NULL,
    sender INTEGER NOT NULL REFERENCES account (id),
    waits_for INTEGER REFERENCES account (id),
    at INTEGER NOT NULL,
    client_id BLOB NOT NULL CHECK (length(client_id) = 16),
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (conv, seq),
    UNIQUE (sender, client_id)
) STRICT;
CREATE INDEX message_waiting ON message (waits_for, conv, seq) WHERE waits_for IS NOT NULL;

CREATE TABLE hidden (
    account INTEGER NOT NULL REFERENCES account (id),
    conv INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (account, conv, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
    account INTEGER NOT NULL REFERENCES account (id),
    conv INTEGER NOT NULL REFERENCES conversation (id),
    seq INTEGER NOT NULL,
    PRIMARY KEY (account, conv)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    address TEXT NOT NULL,
    login_at INTEGER NOT NULL,
    logout_at INTEGER,
    reason TEXT
) STRICT;
CREATE INDEX session_seen ON session (account, logout_at);
CREATE INDEX session_open ON session (id) WHERE logout_at IS NULL;

CREATE TABLE strike (
    name_key TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    locked_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Tickets.
///
/// - `session.resume` is the SHA-256 of the resume ticket; NULL when nobody can come back to the session.
/// - `device.ticket` is the SHA-256 of a device ticket; `wrong` counts the wrong passwords in a row that came with it.
const VERSION_2: &str = "
ALTER TABLE session ADD COLUMN resume BLOB;
CREATE INDEX session_resume ON session (account) WHERE resume IS NOT NULL;

CREATE TABLE device (
    ticket BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    used INTEGER NOT NULL,
    wrong INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_account ON device (account, used);
";

/// Search.
///
/// - `participant` names the direct conversations of an account.
/// - `message_fts` is the index of the texts up to the id that the setting `indexed` holds. It is filled little by little
///   by a running server, so that this step takes no time. It keeps no text: its rows are numbered by conversation and
///   place, see `index.rs`, so that a question about one conversation never walks over another's.
const VERSION_3: &str = "
CREATE TABLE participant (
    account INTEGER NOT NULL,
    conv INTEGER NOT NULL REFERENCES conversation (id),
    PRIMARY KEY (account, conv)
) STRICT, WITHOUT ROWID;
INSERT INTO participant (account, conv)
    SELECT CAST(substr(key, 4, instr(substr(key, 4), ':') - 1) AS INTEGER), id FROM conversation
    WHERE key >= 'dm:' AND key < 'dm;'
    UNION
    SELECT CAST(substr(key, 4 + instr(substr(key, 4), ':')) AS INTEGER), id FROM conversation
    WHERE key >= 'dm:' AND key < 'dm;';

CREATE VIRTUAL TABLE message_fts
    USING fts5 (body, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1');
";

/// The schema version that `migrations` lead to.
pub(super) fn newest(migrations: &[&str]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

/// The schema version of a file; 0 when it has no tables yet.
pub(super) fn version(db: &Connection) -> rusqlite::Result<u32> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the file to the newest version. Each step is one transaction: a crash leaves the version before or after it.
pub(super) fn migrate(db: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let found = version(db)?;
    for (number, sql) in (1u32..).zip(migrations).filter(|(number, _)| *number > found) {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", number)?;
        step.commit()?;
    }
    Ok(())
}
