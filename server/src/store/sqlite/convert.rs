//! Between the types of the records and the values of the tables.

use rusqlite::types::Type;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as WordError;
use shared::id::{Seq, UnixMs};
use shared::message::Kind;

use crate::record::{AccountId, Conversation, Origin};

/// What the keys of rooms begin with; [`ROOMS_END`] is the first key after all of them.
pub(super) const ROOMS: &str = "room:";
/// The first key after those of rooms, in the order of bytes.
pub(super) const ROOMS_END: &str = "room;";

/// A number as a table holds it. Larger ones, which no clock and no counter reaches, become the largest.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that [`stored`] wrote.
fn read(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A place that [`stored`] wrote.
pub(super) fn seq(number: i64) -> Seq {
    Seq(read(number))
}

/// A time that [`stored`] wrote.
pub(super) fn time(number: i64) -> UnixMs {
    UnixMs(read(number))
}

/// The word for an origin.
pub(super) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::File => "file",
        Origin::Registered => "registered",
    }
}

/// The key of a conversation.
pub(super) fn key(conversation: &Conversation) -> String {
    match conversation {
        Conversation::Room(name) => format!("{ROOMS}{name}"),
        Conversation::Direct(AccountId(one), AccountId(other)) => format!("dm:{one}:{other}"),
    }
}

/// The conversation of a key that stands in column `column`.
pub(super) fn conversation(column: usize, key: &str) -> rusqlite::Result<Conversation> {
    let direct = || {
        let (one, other) = key.strip_prefix("dm:")?.split_once(':')?;
        Some(Conversation::Direct(AccountId(one.parse().ok()?), AccountId(other.parse().ok()?)))
    };
    let room = || Some(Conversation::Room(key.strip_prefix(ROOMS)?.to_owned()));
    room().or_else(direct).ok_or_else(|| {
        let error = format!("{key:?} is no key of a conversation");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
    })
}

/// The kind of a message that stands in column `column`.
pub(super) fn kind(column: usize, word: &str) -> rusqlite::Result<Kind> {
    if word == Kind::TEXT.as_str() {
        return Ok(Kind::TEXT);
    }
    Kind::deserialize(word.into_deserializer())
        .map_err(|error: WordError| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}
