//! What each write does to the tables. Runs inside a savepoint of the writer's transaction.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use shared::id::{Seq, UnixMs};
use shared::limits::DEVICES;
use shared::message::Reason;
use shared::name::Name;

use super::{convert, index, query};
use crate::faults::{Fault, is_seeded};
use crate::record::{
    AccountId, Conversation, Device, Kept, NewMessage, Origin, Phc, SessionRow, Strikes, TicketHash, Write,
};
use crate::store::inbox::{self, Inboxes};
use crate::store::{STRIKES, STRIKES_FORGOTTEN, waits_for};

/// The setting that holds the last sign of life, in milliseconds since 1970 UTC.
pub(super) const HEARTBEAT: &str = "heartbeat";

/// Does one write, and tells `inboxes` of everything that changes what waits for somebody.
pub(super) fn keep(db: &Connection, inboxes: &mut Inboxes, write: &Write) -> rusqlite::Result<Kept> {
    match write {
        Write::Append(message) => append(db, inboxes, message),
        Write::AddAccount { name, skeleton, password, origin, at } => {
            add_account(db, name, skeleton.as_deref(), password.as_ref(), *origin, *at)
        }
        Write::SetPassword { account, password } => set_password(db, *account, password),
        Write::SetBlock { owner, target, blocked: true, at } => block(db, *owner, *target, *at),
        Write::SetBlock { owner, target, blocked: false, at: _ } => unblock(db, *owner, *target),
        Write::Advance { account, conversation, seq } => {
            inboxes.forget(*account);
            advance(db, *account, conversation, *seq)
        }
        Write::Unsend { sender, conversation, seq } => {
            if let Some(reader) = conversation.other(*sender) {
                inboxes.forget(reader);
            }
            unsend(db, *sender, conversation, *seq)
        }
        Write::OpenSession { account, address, at, resume } => open_session(db, *account, address, *at, *resume),
        Write::ForgetResume { account } => forget_resume(db, *account),
        Write::KeepDevice(device) => keep_device(db, device),
        Write::ForgetDevice(ticket) => {
            done(db.prepare_cached("DELETE FROM device WHERE ticket = ?1")?, params![ticket.0.as_slice()])
        }
        Write::ForgetDevices { account } => {
            done(db.prepare_cached("DELETE FROM device WHERE account = ?1")?, params![account.0])
        }
        Write::CloseSession { row, at, reason } => close_session(db, *row, *at, reason),
        Write::SetStrikes(strikes) => set_strikes(db, strikes),
        Write::Heartbeat { at } => heartbeat(db, *at),
    }
}

fn append(db: &Connection, inboxes: &mut Inboxes, message: &NewMessage) -> rusqlite::Result<Kept> {
    if let Some(first) = said_before(db, message)? {
        return if is_seeded(Fault::NoDedupe) { append(db, inboxes, &anew(db, message)) } else { Ok(first) };
    }
    let (reader, bytes) = (waits_for(message), inbox::bytes(&message.text));
    if let (Some(reader), true) = (reader, message.bounded)
        && !inboxes.takes(reader, bytes, |most| query::waiting_for(db, reader, most))?
    {
        return Ok(Kept::InboxFull);
    }
    let (conv, seq) = next_place(db, message)?;
    let mut insert = db.prepare_cached(
        "INSERT INTO message (conv, seq, sender, waits_for, at, client_id, kind, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let NewMessage { sender, at, client_id, kind, text, .. } = message;
    insert.execute(params![
        conv,
        seq,
        sender.0,
        reader.map(|account| account.0),
        convert::stored(at.0),
        client_id.0.as_slice(),
        kind.as_str(),
        text
    ])?;
    hide(db, conv, seq, &message.hidden_from)?;
    if let Some(reader) = reader {
        inboxes.added(reader, bytes);
    }
    Ok(Kept::Message { seq: convert::seq(seq), at: *at, duplicate: false })
}

/// A seeded fault: the same message under an id that nobody has used.
fn anew(db: &Connection, message: &NewMessage) -> NewMessage {
    let mut client_id = message.client_id;
    client_id.0[..8].copy_from_slice(&db.last_insert_rowid().to_be_bytes());
    NewMessage { client_id, ..message.clone() }
}

/// The place and the time of the first message with this id, if it was stored before. Changes nothing.
pub(super) fn said_before(db: &Connection, message: &NewMessage) -> rusqlite::Result<Option<Kept>> {
    let mut find = db.prepare_cached("SELECT seq, at FROM message WHERE sender = ?1 AND client_id = ?2")?;
    let first = |row: &Row<'_>| {
        Ok(Kept::Message { seq: convert::seq(row.get(0)?), at: convert::time(row.get(1)?), duplicate: true })
    };
    find.query_row(params![message.sender.0, message.client_id.0.as_slice()], first).optional()
}

/// Takes the next place in the conversation, which is made with its first message.
fn next_place(db: &Connection, message: &NewMessage) -> rusqlite::Result<(i64, i64)> {
    let mut next = db.prepare_cached(
        "INSERT INTO conversation (key, last_seq, created) VALUES (?1, 1, ?2)
         ON CONFLICT (key) DO UPDATE SET last_seq = last_seq + 1
         RETURNING id, last_seq",
    )?;
    let values = params![convert::key(&message.conversation), convert::stored(message.at.0)];
    let (conv, seq) = next.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let (Conversation::Direct(one, other), 1) = (&message.conversation, seq) {
        let mut insert =
            db.prepare_cached("INSERT INTO participant (account, conv) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
        insert.execute([one.0, conv])?;
        insert.execute([other.0, conv])?;
    }
    Ok((conv, seq))
}

fn hide(db: &Connection, conv: i64, seq: i64, from: &[AccountId]) -> rusqlite::Result<()> {
    if from.is_empty() {
        return Ok(());
    }
    let mut insert =
        db.prepare_cached("INSERT INTO hidden (account, conv, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?;
    from.iter().try_for_each(|account| insert.execute(params![account.0, conv, seq]).map(drop))
}

fn add_account(
    db: &Connection,
    name: &Name,
    skeleton: Option<&str>,
    password: Option<&Phc>,
    origin: Origin,
    at: UnixMs,
) -> rusqlite::Result<Kept> {
    // Asked beforehand, because an insert that is refused would use up an id.
    let mut find = db.prepare_cached("SELECT 1 FROM account WHERE name_key = ?1 OR skeleton = ?2")?;
    if find.exists(params![name.key(), skeleton])? {
        return Ok(Kept::NameTaken);
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO account (name, name_key, skeleton, pw, origin, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let password = password.map(|phc| &phc.0);
    let origin = convert::origin(origin);
    let id = insert.insert(params![name.as_str(), name.key(), skeleton, password, origin, convert::stored(at.0)])?;
    Ok(Kept::Account(AccountId(id)))
}

fn set_password(db: &Connection, account: AccountId, password: &Phc) -> rusqlite::Result<Kept> {
    done(db.prepare_cached("UPDATE account SET pw = ?2 WHERE id = ?1")?, params![account.0, password.0])
}

fn block(db: &Connection, owner: AccountId, target: AccountId, at: UnixMs) -> rusqlite::Result<Kept> {
    let insert = "INSERT INTO block (owner, target, created) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    done(db.prepare_cached(insert)?, params![owner.0, target.0, convert::stored(at.0)])
}

fn unblock(db: &Connection, owner: AccountId, target: AccountId) -> rusqlite::Result<Kept> {
    done(db.prepare_cached("DELETE FROM block WHERE owner = ?1 AND target = ?2")?, params![owner.0, target.0])
}

fn advance(db: &Connection, account: AccountId, to: &Conversation, seq: Seq) -> rusqlite::Result<Kept> {
    let upsert = "INSERT INTO cursor (account, conv, seq)
                  SELECT ?1, id, min(?3, last_seq) FROM conversation WHERE key = ?2
                  ON CONFLICT (account, conv) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > cursor.seq";
    done(db.prepare_cached(upsert)?, params![account.0, convert::key(to), convert::stored(seq.0)])
}

/// The text goes and the place stays, because the order of a conversation has no gaps. An empty text is shown to nobody.
fn unsend(db: &Connection, sender: AccountId, from: &Conversation, seq: Seq) -> rusqlite::Result<Kept> {
    let mut update = db.prepare_cached(
        "UPDATE message SET waits_for = NULL, body = ''
         WHERE conv = (SELECT id FROM conversation WHERE key = ?1) AND seq = ?2 AND sender = ?3 AND waits_for IS NOT NULL
           AND seq > coalesce((SELECT seq FROM cursor WHERE account = waits_for AND cursor.conv = message.conv), 0)
         RETURNING conv, seq",
    )?;
    let values = params![convert::key(from), convert::stored(seq.0), sender.0];
    let taken_back = update.query_row(values, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((conv, seq)) = taken_back else { return Ok(Kept::TooLate) };
    index::remove(db, conv, seq)?;
    Ok(Kept::Done)
}

fn open_session(
    db: &Connection,
    account: AccountId,
    address: &str,
    at: UnixMs,
    resume: TicketHash,
) -> rusqlite::Result<Kept> {
    forget_resume(db, account)?;
    let mut insert =
        db.prepare_cached("INSERT INTO session (account, address, login_at, resume) VALUES (?1, ?2, ?3, ?4)")?;
    let id = insert.insert(params![account.0, address, convert::stored(at.0), resume.0.as_slice()])?;
    Ok(Kept::Session(SessionRow(id)))
}

fn forget_resume(db: &Connection, account: AccountId) -> rusqlite::Result<Kept> {
    let update = "UPDATE session SET resume = NULL WHERE account = ?1 AND resume IS NOT NULL";
    done(db.prepare_cached(update)?, params![account.0])
}

fn keep_device(db: &Connection, device: &Device) -> rusqlite::Result<Kept> {
    let Device { ticket, account, used, wrong } = device;
    let upsert = "INSERT INTO device (ticket, account, used, wrong) VALUES (?1, ?2, ?3, ?4)
                  ON CONFLICT (ticket) DO UPDATE SET account = excluded.account, used = excluded.used, wrong = excluded.wrong";
    let values = params![ticket.0.as_slice(), account.0, convert::stored(used.0), wrong];
    db.prepare_cached(upsert)?.execute(values)?;
    let surplus = "DELETE FROM device WHERE ticket IN (
                   SELECT ticket FROM device WHERE account = ?1 ORDER BY used DESC, ticket LIMIT -1 OFFSET ?2)";
    done(db.prepare_cached(surplus)?, params![account.0, i64::try_from(DEVICES).unwrap_or(i64::MAX)])
}

fn close_session(db: &Connection, row: SessionRow, at: UnixMs, reason: &Reason) -> rusqlite::Result<Kept> {
    let update = "UPDATE session SET logout_at = ?2, reason = ?3 WHERE id = ?1 AND logout_at IS NULL";
    done(db.prepare_cached(update)?, params![row.0, convert::stored(at.0), reason.as_str()])
}

fn set_strikes(db: &Connection, strikes: &Strikes) -> rusqlite::Result<Kept> {
    let Strikes { name_key, count, locked_until } = strikes;
    if *count == 0 && locked_until.is_none() {
        return done(db.prepare_cached("DELETE FROM strike WHERE name_key = ?1")?, params![name_key]);
    }
    let upsert = "INSERT INTO strike (name_key, count, locked_until) VALUES (?1, ?2, ?3)
                  ON CONFLICT (name_key) DO UPDATE SET count = excluded.count, locked_until = excluded.locked_until";
    let locked_until = locked_until.map(|until| convert::stored(until.0));
    db.prepare_cached(upsert)?.execute(params![name_key, count, locked_until])?;
    forget_strikes(db, name_key)?;
    Ok(Kept::Done)
}

/// Forgets some names when there are too many, but not the latest. In SQLite's order NULL comes first.
fn forget_strikes(db: &Connection, latest: &str) -> rusqlite::Result<()> {
    let names: i64 = db.prepare_cached("SELECT count(*) FROM strike")?.query_row([], |row| row.get(0))?;
    if names > i64::from(STRIKES) {
        let delete = "DELETE FROM strike WHERE name_key IN
                      (SELECT name_key FROM strike WHERE name_key <> ?1 ORDER BY locked_until, name_key LIMIT ?2)";
        db.prepare_cached(delete)?.execute(params![latest, STRIKES_FORGOTTEN])?;
    }
    Ok(())
}

fn heartbeat(db: &Connection, at: UnixMs) -> rusqlite::Result<Kept> {
    let upsert = "INSERT INTO setting (key, value) VALUES (?1, ?2)
                  ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    done(db.prepare_cached(upsert)?, params![HEARTBEAT, convert::stored(at.0)])
}

/// Runs a statement whose effect needs no further word.
fn done(mut statement: CachedStatement<'_>, values: impl rusqlite::Params) -> rusqlite::Result<Kept> {
    statement.execute(values).map(|_| Kept::Done)
}
