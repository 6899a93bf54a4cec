//! What is looked up: pages of messages, passwords, and everything the rules need at the start.
//!
//! No page costs more than its own length and, for waiting messages, a few steps for each direct conversation of the
//! reader. Messages that were seen, were sent by the reader, or belong to others are never walked over: the index
//! `message_waiting` holds exactly those of one reader, conversation by conversation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use rusqlite::{Connection, OptionalExtension, Row, params};
use shared::id::{Seq, UnixMs};
use shared::name::Name;

use super::{convert, keep, search};
use crate::record::{
    Account, AccountId, Conversation, Device, Kept, KeptMessage, Phc, Read, Resumable, Snapshot, Strikes, TicketHash,
};
use crate::store::inbox::Waiting;
use crate::store::page::PageBuilder;

/// Messages of conversation ?2 before ?3 that ?1 may see, newest first. A text that was taken back is empty.
pub(super) const HISTORY: &str = "
SELECT ?4, seq, sender, at, kind, body FROM message
WHERE conv = ?2 AND seq < ?3 AND body <> ''
  AND NOT EXISTS (SELECT 1 FROM hidden WHERE account = ?1 AND hidden.conv = ?2 AND hidden.seq = message.seq)
ORDER BY seq DESC";

/// The conversations in which anything ever waited for ?1, with its cursor. Jumps from one to the next in the index,
/// whatever the number of messages in each.
pub(super) const CONTACTS: &str = "
WITH RECURSIVE contact (conv) AS (
    SELECT min(conv) FROM message WHERE waits_for = ?1
    UNION ALL
    SELECT (SELECT min(conv) FROM message WHERE waits_for = ?1 AND conv > contact.conv) FROM contact
    WHERE contact.conv IS NOT NULL
)
SELECT conv, coalesce((SELECT seq FROM cursor WHERE account = ?1 AND cursor.conv = contact.conv), 0)
FROM contact WHERE conv IS NOT NULL";

/// The first message after ?3 that waits for ?1 in the direct conversation ?2.
pub(super) const NEXT_DIRECT: &str = "
SELECT id, seq FROM message WHERE waits_for = ?1 AND conv = ?2 AND seq > ?3 ORDER BY seq LIMIT 1";

/// The lengths of the messages after ?3 that wait for ?1 in the direct conversation ?2.
pub(super) const WAITING: &str = "
SELECT octet_length(body) FROM message WHERE waits_for = ?1 AND conv = ?2 AND seq > ?3 ORDER BY seq";

/// The first message after ?3 that ?1 may see in the room ?2.
pub(super) const NEXT_IN_ROOM: &str = "
SELECT id, seq FROM message
WHERE conv = ?2 AND seq > ?3
  AND NOT EXISTS (SELECT 1 FROM hidden WHERE account = ?1 AND hidden.conv = ?2 AND hidden.seq = message.seq)
ORDER BY seq LIMIT 1";

/// One message.
pub(super) const MESSAGE: &str = "
SELECT key, seq, sender, at, kind, body FROM message JOIN conversation ON conversation.id = conv WHERE message.id = ?1";

/// The direct messages to ?2 that ?1 has sent and ?2 has not seen, where ?3 is the key of their conversation.
pub(super) const UNSEEN: &str = "
SELECT message.id FROM message JOIN conversation ON conversation.id = conv
WHERE waits_for = ?2 AND conversation.key = ?3 AND sender = ?1
  AND seq > coalesce((SELECT seq FROM cursor WHERE account = ?2 AND cursor.conv = message.conv), 0)
ORDER BY seq LIMIT ?4";

/// The row of a conversation.
const CONVERSATION: &str = "SELECT id FROM conversation WHERE key = ?1";

/// Looks something up. What it sees is one moment of the log, however many statements it takes.
pub(super) fn read(db: &Connection, read: &Read) -> rusqlite::Result<Kept> {
    let moment = db.unchecked_transaction()?;
    let page = match read {
        Read::History { reader, conversation, before, limit } => {
            history(&moment, *reader, conversation, *before, *limit)
        }
        Read::Waiting { reader, after, limit } => waiting(&moment, *reader, after, *limit),
        Read::Search { reader, words, within, start, limit } => {
            search::search(&moment, *reader, words, (within.as_ref(), start.as_ref()), *limit)
        }
        Read::Unseen { sender, limit } => unseen(&moment, *sender, *limit),
    }?;
    moment.commit()?;
    Ok(page)
}

/// What waits for an account. Stops counting at `most` messages.
pub(super) fn waiting_for(db: &Connection, reader: AccountId, most: u64) -> rusqlite::Result<Waiting> {
    let mut waiting = Waiting::default();
    let mut lengths = db.prepare_cached(WAITING)?;
    for Lane { conv, after, .. } in lanes(db, reader, &[])? {
        let mut rows = lengths.query(params![reader.0, conv, after])?;
        while waiting.messages < most
            && let Some(row) = rows.next()?
        {
            waiting.add(row.get::<_, i64>(0)?.unsigned_abs());
        }
    }
    Ok(waiting)
}

/// The stored password of an account.
pub(super) fn password(db: &Connection, account: AccountId) -> rusqlite::Result<Option<Phc>> {
    let mut find = db.prepare_cached("SELECT pw FROM account WHERE id = ?1")?;
    let found: Option<Option<String>> = find.query_row([account.0], |row| row.get(0)).optional()?;
    Ok(found.flatten().map(Phc))
}

/// The account with this name key.
pub(super) fn account(db: &Connection, name_key: &str) -> rusqlite::Result<Option<Account>> {
    let mut find = db.prepare_cached(
        "SELECT id, name, name_key, created, (SELECT max(logout_at) FROM session WHERE account = account.id)
         FROM account WHERE name_key = ?1",
    )?;
    find.query_row([name_key], account_of).optional()
}

/// Everything the rules need at the start.
pub(super) fn snapshot(db: &Connection) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        accounts: accounts(db)?,
        blocks: blocks(db)?,
        strikes: strikes(db)?,
        rooms: rooms(db)?,
        resumable: resumable(db)?,
        devices: devices(db)?,
    })
}

/// Ends the sessions that a crash left open, at the last sign of life, but not before they began.
pub(super) fn close_left_open(db: &Connection) -> rusqlite::Result<()> {
    let update = "UPDATE session SET reason = 'crash',
                  logout_at = max(login_at, coalesce((SELECT value FROM setting WHERE key = ?1), 0))
                  WHERE logout_at IS NULL";
    db.execute(update, [keep::HEARTBEAT]).map(drop)
}

fn history(
    db: &Connection,
    reader: AccountId,
    conversation: &Conversation,
    before: Option<Seq>,
    limit: u16,
) -> rusqlite::Result<Kept> {
    let mut page = PageBuilder::new(limit);
    let key = convert::key(conversation);
    if let Some(conv) = conversation_row(db, &key)? {
        let before = before.map_or(i64::MAX, |before| convert::stored(before.0));
        let mut newest_first = db.prepare_cached(HISTORY)?;
        let mut rows = newest_first.query(params![reader.0, conv, before, key])?;
        while let Some(row) = rows.next()?
            && page.take(message(row)?)
        {}
    }
    Ok(page.finish_reversed())
}

/// The row of a conversation, if anything was ever said in it.
pub(super) fn conversation_row(db: &Connection, key: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(CONVERSATION)?.query_row([key], |row| row.get(0)).optional()
}

/// Merges the conversations by the ids of their messages: an id says when a message was stored, over all conversations.
fn waiting(db: &Connection, reader: AccountId, after: &[(Conversation, Seq)], limit: u16) -> rusqlite::Result<Kept> {
    let lanes = lanes(db, reader, after)?;
    let mut heads = BinaryHeap::new();
    for (number, lane) in lanes.iter().enumerate() {
        let head = lane.next(db, reader, lane.after)?;
        heads.extend(head.map(|(id, seq)| Reverse((id, seq, number))));
    }
    let mut page = PageBuilder::new(limit);
    let mut load = db.prepare_cached(MESSAGE)?;
    while let Some(Reverse((id, seq, number))) = heads.pop() {
        if !page.take(load.query_row([id], message)?) {
            break;
        }
        let head = lanes[number].next(db, reader, seq)?;
        heads.extend(head.map(|(id, seq)| Reverse((id, seq, number))));
    }
    Ok(page.finish())
}

/// Asks each account in turn: the index of what waits is by reader, and this question is a rare one.
fn unseen(db: &Connection, sender: AccountId, limit: u16) -> rusqlite::Result<Kept> {
    // One more than a page takes, to know whether there are more; a page takes at least one.
    let enough = usize::from(limit.max(1)) + 1;
    let mut everybody = db.prepare_cached("SELECT id FROM account WHERE id <> ?1")?;
    let others = everybody.query_map([sender.0], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    let mut find = db.prepare_cached(UNSEEN)?;
    let mut oldest = BTreeSet::new();
    for other in others {
        let key = convert::key(&Conversation::direct(sender, AccountId(other)));
        let found =
            find.query_map(params![sender.0, other, key, u32::from(limit.max(1)) + 1], |row| row.get::<_, i64>(0))?;
        oldest.extend(found.collect::<rusqlite::Result<Vec<i64>>>()?);
        while oldest.len() > enough {
            oldest.pop_last();
        }
    }
    let mut page = PageBuilder::new(limit);
    let mut load = db.prepare_cached(MESSAGE)?;
    for id in oldest {
        if !page.take(load.query_row([id], message)?) {
            break;
        }
    }
    Ok(page.finish())
}

/// A conversation in which messages may wait.
struct Lane {
    conv: i64,
    /// They come after this place.
    after: i64,
    /// [`NEXT_DIRECT`] or [`NEXT_IN_ROOM`].
    next: &'static str,
}

impl Lane {
    /// The id and the place of the first message after `seq`.
    fn next(&self, db: &Connection, reader: AccountId, seq: i64) -> rusqlite::Result<Option<(i64, i64)>> {
        let mut find = db.prepare_cached(self.next)?;
        find.query_row(params![reader.0, self.conv, seq], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }
}

fn lanes(db: &Connection, reader: AccountId, after: &[(Conversation, Seq)]) -> rusqlite::Result<Vec<Lane>> {
    let mut sent = BTreeMap::new();
    let mut rooms = BTreeMap::new();
    for (conversation, seq) in after {
        if let Some(conv) = conversation_row(db, &convert::key(conversation))? {
            let furthest = match conversation {
                Conversation::Direct(..) => sent.entry(conv).or_insert(0),
                Conversation::Room(_) => rooms.entry(conv).or_insert(0),
            };
            *furthest = convert::stored(seq.0).max(*furthest);
        }
    }
    let mut contacts = db.prepare_cached(CONTACTS)?;
    let mut lanes = contacts
        .query_map([reader.0], |row| {
            let (conv, cursor) = (row.get(0)?, row.get::<_, i64>(1)?);
            let after = sent.get(&conv).copied().unwrap_or(0).max(cursor);
            Ok(Lane { conv, after, next: NEXT_DIRECT })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    lanes.extend(rooms.into_iter().map(|(conv, after)| Lane { conv, after, next: NEXT_IN_ROOM }));
    Ok(lanes)
}

/// A row of [`HISTORY`] or [`MESSAGE`].
pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<KeptMessage> {
    Ok(KeptMessage {
        conversation: convert::conversation(0, row.get_ref(0)?.as_str()?)?,
        seq: convert::seq(row.get(1)?),
        sender: AccountId(row.get(2)?),
        at: convert::time(row.get(3)?),
        kind: convert::kind(4, row.get_ref(4)?.as_str()?)?,
        text: row.get(5)?,
    })
}

fn accounts(db: &Connection) -> rusqlite::Result<Vec<Account>> {
    let mut all = db.prepare(
        "SELECT id, name, name_key, created, (SELECT max(logout_at) FROM session WHERE account = account.id)
         FROM account ORDER BY id",
    )?;
    all.query_map([], account_of)?.collect()
}

fn account_of(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: AccountId(row.get(0)?),
        name: Name::from_checked(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?),
        created: convert::time(row.get(3)?),
        last_seen: moment(row, 4)?,
    })
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<UnixMs>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(convert::time))
}

fn blocks(db: &Connection) -> rusqlite::Result<Vec<(AccountId, AccountId)>> {
    let mut all = db.prepare("SELECT owner, target FROM block ORDER BY owner, target")?;
    all.query_map([], |row| Ok((AccountId(row.get(0)?), AccountId(row.get(1)?))))?.collect()
}

fn strikes(db: &Connection) -> rusqlite::Result<Vec<Strikes>> {
    let mut all = db.prepare("SELECT name_key, count, locked_until FROM strike ORDER BY name_key")?;
    all.query_map([], |row| Ok(Strikes { name_key: row.get(0)?, count: row.get(1)?, locked_until: moment(row, 2)? }))?
        .collect()
}

fn resumable(db: &Connection) -> rusqlite::Result<Vec<Resumable>> {
    let mut all = db.prepare(
        "SELECT resume, account, logout_at FROM session WHERE resume IS NOT NULL AND logout_at IS NOT NULL ORDER BY resume",
    )?;
    let session = |row: &Row<'_>| {
        Ok(Resumable {
            ticket: TicketHash(row.get(0)?),
            account: AccountId(row.get(1)?),
            ended: convert::time(row.get(2)?),
        })
    };
    all.query_map([], session)?.collect()
}

fn devices(db: &Connection) -> rusqlite::Result<Vec<Device>> {
    let mut all = db.prepare("SELECT ticket, account, used, wrong FROM device ORDER BY ticket")?;
    let device = |row: &Row<'_>| {
        Ok(Device {
            ticket: TicketHash(row.get(0)?),
            account: AccountId(row.get(1)?),
            used: convert::time(row.get(2)?),
            wrong: row.get(3)?,
        })
    };
    all.query_map([], device)?.collect()
}

fn rooms(db: &Connection) -> rusqlite::Result<Vec<(Conversation, Seq)>> {
    let mut all = db.prepare("SELECT key, last_seq FROM conversation WHERE key >= ?1 AND key < ?2")?;
    let room = |row: &Row<'_>| Ok((convert::conversation(0, row.get_ref(0)?.as_str()?)?, convert::seq(row.get(1)?)));
    let mut rooms = BTreeMap::from([(Conversation::lobby(), Seq(0))]);
    for room in all.query_map([convert::ROOMS, convert::ROOMS_END], room)? {
        rooms.extend([room?]);
    }
    Ok(rooms.into_iter().collect())
}
