//! Looking for words: the newest messages of the reader's conversations that have all of them.
//!
//! Each conversation is a lane of candidates, newest first, and the lanes are merged by the ids of messages, which say
//! when a message was stored. A lane offers every message of the part that is not indexed yet, and below it those that
//! the index names. Nothing of conversations that the reader is not part of is ever touched, so neither the answer nor
//! its time tells of them. Words of one or two characters are in no index: for them every message is a candidate.

use std::collections::{BinaryHeap, VecDeque};

use rusqlite::{Connection, OptionalExtension, Row, params};
use shared::id::Seq;

use super::{convert, index, query};
use crate::record::{AccountId, Conversation, Kept, KeptMessage};
use crate::store::page::PageBuilder;
use crate::store::terms::Terms;

/// Candidates that are looked at for one page: 100,000 short messages without a hit are looked through in 10 pages.
pub(in crate::store) const CANDIDATES: u32 = 10_000;

/// The same; in tests fewer, to reach it.
const ENOUGH: u32 = if cfg!(test) { 50 } else { CANDIDATES };

/// The fewest characters of a word that the index knows.
const INDEXED_CHARS: usize = 3;

/// Candidates that a lane fetches at first, and at most; it doubles from one to the other. A reader with many
/// conversations needs few of each, one who looks through the lobby needs many.
const FETCHED: (u32, u32) = (8, 512);

/// The direct conversations of ?1.
pub(super) const LANES: &str = "
SELECT conv, key, last_seq FROM participant JOIN conversation ON conversation.id = conv WHERE account = ?1";

/// One conversation.
pub(super) const LANE: &str = "SELECT id, key, last_seq FROM conversation WHERE key = ?1";

/// Every message of conversation ?1 from ?2 on and before ?3, newest first.
pub(super) const SCAN: &str = "
SELECT id, seq, body FROM message WHERE conv = ?1 AND seq >= ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4";

/// The messages of conversation ?1 that the index names for ?5, between the rows ?2 and ?3, newest first.
const LOOK_UP: &str = "
SELECT (SELECT id FROM message WHERE conv = ?1 AND seq = message_fts.rowid & 0xffffffff), rowid & 0xffffffff
FROM message_fts WHERE message_fts MATCH ?5 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4";

/// The id of the message at ?2 of conversation ?1.
pub(super) const ID: &str = "SELECT id FROM message WHERE conv = ?1 AND seq = ?2";

/// Whether the message at ?3 of conversation ?2 is kept from ?1.
pub(super) const HIDDEN: &str = "SELECT 1 FROM hidden WHERE account = ?1 AND conv = ?2 AND seq = ?3";

/// Answers [`Read::Search`](crate::record::Read::Search).
pub(super) fn search(
    db: &Connection,
    reader: AccountId,
    words: &[String],
    (within, start): (Option<&Conversation>, Option<&(Conversation, Seq)>),
    limit: u16,
) -> rusqlite::Result<Kept> {
    let question = Question::new(db, reader, words)?;
    let mut lanes = lanes(db, reader, within)?;
    let end = match start {
        None => None,
        Some((conversation, seq)) => match row_of(db, conversation, *seq)? {
            None => return Ok(Kept::Found { messages: Vec::new(), next: None }),
            end => end,
        },
    };
    let mut heads = BinaryHeap::new();
    for (number, lane) in lanes.iter_mut().enumerate() {
        lane.begin(&question, end)?;
        heads.extend(lane.next(&question)?.map(|head| (head, number)));
    }
    let mut page = PageBuilder::new(limit);
    let (mut looked_at, mut next) = (0, None);
    while let Some((candidate, number)) = heads.pop() {
        let lane = &mut lanes[number];
        let is_refused =
            looked_at == ENOUGH || question.message(lane.conv, &candidate)?.is_some_and(|message| !page.take(message));
        if is_refused {
            next = Some((convert::conversation(0, &lane.key)?, convert::seq(candidate.seq)));
            break;
        }
        looked_at += 1;
        heads.extend(lane.next(&question)?.map(|head| (head, number)));
    }
    Ok(Kept::Found { messages: page.into_messages(), next })
}

/// What is looked for.
struct Question<'a> {
    db: &'a Connection,
    reader: AccountId,
    terms: Terms,
    /// For the index; `None` where no word is long enough for it.
    pattern: Option<String>,
    /// The last message that is in the index.
    upto: i64,
}

impl<'a> Question<'a> {
    fn new(db: &'a Connection, reader: AccountId, words: &[String]) -> rusqlite::Result<Self> {
        let terms = Terms::new(words);
        let pattern = pattern(&terms);
        Ok(Self { db, reader, terms, pattern, upto: index::upto(db)? })
    }

    /// The message of a candidate, if it has the words and the reader may see it.
    fn message(&self, conv: i64, candidate: &Candidate) -> rusqlite::Result<Option<KeptMessage>> {
        if !candidate.may_match {
            return Ok(None);
        }
        let mut is_hidden = self.db.prepare_cached(HIDDEN)?;
        if is_hidden.exists(params![self.reader.0, conv, candidate.seq])? {
            return Ok(None);
        }
        let message = self.db.prepare_cached(query::MESSAGE)?.query_row([candidate.id], query::message)?;
        Ok(Some(message).filter(|message| self.terms.are_in(&message.text)))
    }
}

/// The words that the index knows, as it wants to be asked: each as one phrase, all of them required. Nothing that a user
/// types is an operator, because everything stands in quotes.
fn pattern(terms: &Terms) -> Option<String> {
    let long = terms.words().filter(|word| word.chars().count() >= INDEXED_CHARS);
    let quoted: Vec<String> = long.map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
    (!quoted.is_empty()).then(|| quoted.join(" AND "))
}

/// A message that may have the words. Those stored later are greater.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    id: i64,
    seq: i64,
    /// Whether it is worth a further look.
    may_match: bool,
}

/// The candidates of one conversation, newest first.
struct Lane {
    conv: i64,
    key: String,
    last_seq: i64,
    /// Everything from this place on was offered.
    below: i64,
    /// What stands before this place is in the index, if the index is any use.
    indexed_below: i64,
    fetched: VecDeque<Candidate>,
    to_fetch: u32,
}

impl Lane {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let last_seq: i64 = row.get(2)?;
        Ok(Self {
            conv: row.get(0)?,
            key: row.get(1)?,
            last_seq,
            below: last_seq + 1,
            indexed_below: 0,
            fetched: VecDeque::new(),
            to_fetch: FETCHED.0,
        })
    }

    /// Leaves out what was stored after the message `end`, and finds where the index begins.
    fn begin(&mut self, question: &Question<'_>, end: Option<i64>) -> rusqlite::Result<()> {
        if let Some(end) = end {
            self.below = self.first_after(question.db, end)?;
        }
        if question.pattern.is_some() {
            self.indexed_below = self.first_after(question.db, question.upto)?;
        }
        Ok(())
    }

    /// The first place whose message was stored after the message `id`. Ids grow with the places of a conversation, and
    /// these have no gaps.
    fn first_after(&self, db: &Connection, id: i64) -> rusqlite::Result<i64> {
        let mut find = db.prepare_cached(ID)?;
        let mut is_after = |seq: i64| find.query_row([self.conv, seq], |row| Ok(row.get::<_, i64>(0)? > id));
        let (mut low, mut high) = (1, self.last_seq + 1);
        // Mostly it lies behind the newest.
        if self.last_seq > 0 && !is_after(self.last_seq)? {
            return Ok(high);
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if is_after(middle)? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }

    fn next(&mut self, question: &Question<'_>) -> rusqlite::Result<Option<Candidate>> {
        if self.fetched.is_empty() {
            self.fetch(question)?;
            self.to_fetch = (self.to_fetch * 2).min(FETCHED.1);
        }
        Ok(self.fetched.pop_front())
    }

    fn fetch(&mut self, question: &Question<'_>) -> rusqlite::Result<()> {
        if self.below > self.indexed_below.max(1) {
            self.scan(question)?;
        }
        match &question.pattern {
            Some(pattern) if self.fetched.is_empty() => self.look_up(question.db, pattern)?,
            _ => {}
        }
        if let Some(last) = self.fetched.back() {
            self.below = last.seq;
        }
        Ok(())
    }

    fn scan(&mut self, question: &Question<'_>) -> rusqlite::Result<()> {
        let mut scan = question.db.prepare_cached(SCAN)?;
        let mut rows = scan.query(params![self.conv, self.indexed_below, self.below, self.to_fetch])?;
        while let Some(row) = rows.next()? {
            let may_match = question.terms.are_in(row.get_ref(2)?.as_str()?);
            self.fetched.push_back(Candidate { id: row.get(0)?, seq: row.get(1)?, may_match });
        }
        Ok(())
    }

    fn look_up(&mut self, db: &Connection, pattern: &str) -> rusqlite::Result<()> {
        let upto = self.below.min(self.indexed_below);
        let rows = (index::row_of(self.conv, 0), index::row_of(self.conv, upto));
        let mut look_up = db.prepare_cached(LOOK_UP)?;
        let mut rows = look_up.query(params![self.conv, rows.0, rows.1, self.to_fetch, pattern])?;
        while let Some(row) = rows.next()? {
            self.fetched.push_back(Candidate { id: row.get(0)?, seq: row.get(1)?, may_match: true });
        }
        Ok(())
    }
}

/// The conversations that are looked through.
fn lanes(db: &Connection, reader: AccountId, within: Option<&Conversation>) -> rusqlite::Result<Vec<Lane>> {
    let lobby = Conversation::lobby();
    let mut one = db.prepare_cached(LANE)?;
    let mut lanes = Vec::from_iter(one.query_row([convert::key(within.unwrap_or(&lobby))], Lane::of).optional()?);
    if within.is_none() {
        let mut direct = db.prepare_cached(LANES)?;
        let direct = direct.query_map([reader.0], Lane::of)?;
        lanes.extend(direct.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    Ok(lanes)
}

/// The id of a message.
fn row_of(db: &Connection, conversation: &Conversation, seq: Seq) -> rusqlite::Result<Option<i64>> {
    let Some(conv) = query::conversation_row(db, &convert::key(conversation))? else { return Ok(None) };
    db.prepare_cached(ID)?.query_row([conv, convert::stored(seq.0)], |row| row.get(0)).optional()
}
