//! The index of words: filled behind the log, emptied by what is taken back, and the bound of one page.

use rusqlite::Connection;
use shared::id::Seq;

use super::super::file::Folder;
use super::super::index::Index;
use super::super::schema;
use super::beside;
use crate::record::{AccountId, Conversation, Read, Write};
use crate::store::conformance::{Desk, Engine, Sqlite, message};

/// The rows of the index that a word leads to.
fn indexed(db: &Connection, word: &str) -> i64 {
    let count = "SELECT count(*) FROM message_fts WHERE message_fts MATCH ?1";
    db.query_row(count, [format!("\"{word}\"")], |row| row.get(0)).unwrap()
}

/// Indexes everything, as a server does while nobody writes.
fn index_all(db: &Connection) {
    let mut index = Index::new(db).unwrap();
    while index.wait().is_some() {
        index = index.add_part(db).unwrap();
    }
}

#[test]
fn an_older_file_is_indexed_after_the_start_and_not_at_it() {
    let dir = tempfile::tempdir().unwrap();
    let old = &schema::MIGRATIONS[..2];
    let db = Folder::lock(dir.path()).unwrap().writer(old).unwrap();
    db.execute_batch(
        "INSERT INTO account (id, name, name_key, origin, created) VALUES
             (7, 'hans', 'hans', 'file', 0), (12, 'yoda', 'yoda', 'file', 0), (13, 'leia', 'leia', 'file', 0);
         INSERT INTO conversation (id, key, last_seq, created) VALUES
             (1, 'room:lobby', 5, 0), (2, 'dm:7:12', 5, 0), (3, 'dm:12:12', 0, 0), (4, 'room:dm', 0, 0);
         INSERT INTO message (conv, seq, sender, at, client_id, kind, body)
             SELECT 1 + value % 2, 1 + value / 2, 7, value, CAST(printf('%016d', value) AS BLOB), 'text', 'Old word ' || value
             FROM (WITH RECURSIVE n (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < 9) SELECT value FROM n)",
    )
    .unwrap();
    drop(db);
    let mut desk = Desk::with(Sqlite(dir), Sqlite::open);
    let participants = "SELECT group_concat(account || ' ' || conv, ', ') FROM participant ORDER BY account, conv";
    let all: String = desk.beside().query_row(participants, [], |row| row.get(0)).unwrap();
    assert_eq!(all, "7 2, 12 2, 12 3");
    let search = |reader: i64| Read::Search {
        reader: AccountId(reader),
        words: vec!["WORD".to_owned()],
        within: None,
        start: None,
        limit: 50,
    };
    // Whatever is indexed by now.
    assert_eq!(desk.found(search(12)).0.len(), 10);
    assert_eq!(desk.found(search(13)).0.len(), 5);
    let dir = desk.into_folder();
    let db = beside(dir.path());
    index_all(&db);
    assert!((7..=10).contains(&indexed(&db, "word")), "all but a rest smaller than a part");
    drop(db);
    let mut desk = Desk::with(Sqlite(dir), Sqlite::open);
    assert_eq!(desk.found(search(12)).0.len(), 10);
    assert_eq!(desk.found(search(13)).0.len(), 5);
}

#[test]
fn what_is_taken_back_leaves_the_index() {
    let mut desk = Desk::<Sqlite>::new();
    let (hans, yoda) = (desk.account("hans"), desk.account("yoda"));
    let pair = Conversation::direct(hans, yoda);
    for number in 1..=8 {
        desk.say(message(&pair, hans, number, "a Secret"));
    }
    let dir = desk.into_folder();
    index_all(&beside(dir.path()));
    assert_eq!(indexed(&beside(dir.path()), "secret"), 8);
    let mut desk = Desk::with(Sqlite(dir), Sqlite::open);
    desk.done(Write::Unsend { sender: hans, conversation: pair, seq: Seq(3) });
    assert_eq!(indexed(&desk.beside(), "secret"), 7);
}

#[test]
fn a_page_of_a_search_is_bounded_by_what_is_looked_at() {
    let mut desk = Desk::<Sqlite>::new();
    let hans = desk.account("hans");
    for number in 1..=130 {
        desk.say(message(&Conversation::lobby(), hans, number, if number == 1 { "it is here" } else { "x" }));
    }
    let page = |desk: &mut Desk<Sqlite>, start| {
        let words = vec!["is".to_owned()];
        desk.found(Read::Search { reader: hans, words, within: None, start, limit: 50 })
    };
    let mut start = None;
    for expected in [80, 30] {
        let (messages, next) = page(&mut desk, start);
        assert_eq!((messages.len(), next.clone()), (0, Some((Conversation::lobby(), Seq(expected)))));
        start = next;
    }
    let (messages, next) = page(&mut desk, start);
    assert_eq!((messages.len(), next), (1, None));
}
