//! Who reads docs/protocol.md alone must find every message, field and word.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;
use shared::error::Code;
use shared::limits;
use shared::message::{Kind, Outcome, Reason};

use crate::samples::{self, Sample};

const PAGE: &str = include_str!("../../../docs/protocol.md");

/// The part of the page from one heading to the next of the same depth or less.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let depth = heading.chars().take_while(|c| *c == '#').count();
    let start = page.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading:?}"));
    let body = &page[start + heading.len() + 1..];
    let ends = |level: usize| body.find(&format!("\n{} ", "#".repeat(level)));
    let end = (1..=depth).filter_map(ends).min().unwrap_or(body.len());
    &body[..end]
}

fn has_row(part: &str, word: &str) -> bool {
    part.contains(&format!("\n| `{word}` |"))
}

/// The keys of all maps inside a value.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

fn check<M: Serialize>(part: &str, samples: &[Sample<M>]) {
    let records = section(PAGE, "## Records");
    let mut described = BTreeSet::new();
    for sample in samples {
        let message = section(part, &format!("### `{}`", sample.tag));
        described.insert(sample.tag);
        let Ok(Value::Object(fields)) = serde_json::to_value(&sample.message) else {
            panic!("a message is a map");
        };
        for (field, value) in fields.iter().filter(|(field, _)| *field != "t") {
            assert!(has_row(message, field), "{} does not describe its field {field}", sample.tag);
            let mut nested = BTreeSet::new();
            keys(value, &mut nested);
            let entry = section(PAGE, "### `message`");
            let lost = nested.iter().find(|key| !has_row(records, key) && !has_row(entry, key));
            assert_eq!(lost, None, "a field inside {}.{field} is not described", sample.tag);
        }
    }
    let headings: BTreeSet<&str> =
        part.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    assert_eq!(headings, described, "messages and headings differ");
}

#[test]
fn the_page_describes_every_message_and_field() {
    check(section(PAGE, "## What the client says"), &samples::client());
    check(section(PAGE, "## What the server says"), &samples::server());
    check(section(PAGE, "## What two clients say to each other"), &samples::peer());
}

#[test]
fn the_page_describes_every_word() {
    let codes = section(PAGE, "### Codes");
    for code in Code::ALL {
        assert!(codes.contains(&format!("`{}`", code.as_str())), "the code {} is missing", code.as_str());
    }
    let reasons = section(PAGE, "### Reasons");
    for reason in [
        Reason::LOGGED_OUT,
        Reason::TIMED_OUT,
        Reason::CONNECTION_LOST,
        Reason::GOING_AWAY,
        Reason::REPLACED,
        Reason::TOO_SLOW,
        Reason::LOGIN_TIMEOUT,
        Reason::TOO_MANY_TRIES,
        Reason::DECLINED,
        Reason::EXPIRED,
        Reason::WITHDRAWN,
        Reason::OFFLINE,
        Reason::STOPPED,
        Reason::PROTOCOL,
    ] {
        assert!(has_row(reasons, reason.as_str()), "the reason {} is missing", reason.as_str());
    }
    for outcome in [Outcome::DELIVERED, Outcome::STORED, Outcome::EVERYONE, Outcome::PARTIAL] {
        assert!(PAGE.contains(&format!("`{}`", outcome.as_str())), "the outcome {} is missing", outcome.as_str());
    }
    for kind in [Kind::TEXT, Kind::ACTION] {
        assert!(PAGE.contains(&format!("`{}`", kind.as_str())), "the kind {} is missing", kind.as_str());
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn the_page_has_the_limits_of_the_code() {
    let seconds = |ms: u64| ms / 1000;
    let rows = [
        (
            "frame body before and after login",
            format!("{} and {} bytes", limits::FRAME_BEFORE_LOGIN, limits::FRAME_AFTER_LOGIN),
        ),
        ("nesting", format!("{} levels", limits::DEPTH)),
        ("text", format!("{} bytes, {} lines", limits::TEXT_BYTES, limits::TEXT_LINES)),
        ("away text", format!("{} bytes, one line", limits::AWAY_BYTES)),
        (
            "name",
            format!(
                "{} characters ({} columns where other scripts are allowed)",
                limits::NAME_CHARS,
                limits::NAME_COLUMNS
            ),
        ),
        (
            "password",
            format!("{} bytes; new ones at least {} characters", limits::PASSWORD_BYTES, limits::PASSWORD_MIN_CHARS),
        ),
        (
            "`history`",
            format!("{} messages and {} KiB of text a page", limits::HISTORY_PAGE, limits::PAGE_BYTES / 1024),
        ),
        (
            "`search`",
            format!(
                "{} bytes and {} words; {} messages and {} KiB of text a page",
                limits::SEARCH_BYTES,
                limits::SEARCH_WORDS,
                limits::SEARCH_PAGE,
                limits::PAGE_BYTES / 1024
            ),
        ),
        ("users or names in one frame", limits::USERS_PAGE.to_string()),
        ("block list", format!("{} names", limits::BLOCK_LIST)),
        ("wrong passwords in a row", limits::TRIES.to_string()),
        (
            "`ping` after, dead after",
            format!("{} and {} seconds of silence", seconds(limits::PING_AFTER_MS), seconds(limits::DEAD_AFTER_MS)),
        ),
        ("`resume` after a lost connection", format!("{} seconds", seconds(limits::RESUME_MS))),
        ("lost connection until others are told", format!("{} seconds", seconds(limits::GRACE_MS))),
        ("a sign of life before another login takes over", format!("{} seconds", seconds(limits::PROBE_MS))),
        (
            "device tickets of one account",
            format!("{}, for {} days", limits::DEVICES, seconds(limits::DEVICE_MS) / 86_400),
        ),
        ("a private request", format!("{} seconds", seconds(limits::PRIVATE_ASK_MS))),
        (
            "addresses of one side",
            format!(
                "{} of {} bytes; ports from {}",
                limits::ADDRESSES,
                limits::ADDRESS_BYTES,
                limits::PEER_PORT_LOWEST
            ),
        ),
        ("frame body between two clients", format!("{} bytes", limits::PEER_FRAME)),
        ("texts on their way without `ack`", limits::PEER_UNACKED.to_string()),
        ("a piece of a file", format!("{} bytes", limits::FILE_PIECE)),
        ("a file ahead of `file_taken`", format!("{} bytes", limits::FILE_WINDOW)),
        ("name of a file", format!("{} bytes", limits::FILE_NAME_BYTES)),
        ("`activity`", format!("at most every {} seconds", seconds(limits::ACTIVITY_EVERY_MS))),
        (
            "`typing`",
            format!(
                "at most every {} seconds; passed on every {}, shown for {}",
                seconds(limits::TYPING_EVERY_MS),
                seconds(limits::TYPING_PASSED_MS),
                seconds(limits::TYPING_SHOWN_MS)
            ),
        ),
    ];
    let table = section(PAGE, "## Limits");
    for (what, limit) in rows {
        assert!(table.contains(&format!("\n| {what} | {limit} |")), "{what} | {limit}");
    }
}
