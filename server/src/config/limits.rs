//! The limits that are no options: what every server keeps to.

use shared::limits;

use crate::{auth, chat, hub, logging, net, store};

/// What every server keeps to, for people: each part tells its own.
pub fn limits_in_force() -> Vec<(&'static str, String)> {
    [wire_limits(), auth::limits(), chat::limits(), net::limits(), hub::limits(), store::limits(), logging::limits()]
        .concat()
}

/// The limits that both sides know.
fn wire_limits() -> Vec<(&'static str, String)> {
    vec![
        ("frame before login", format!("{} bytes", limits::FRAME_BEFORE_LOGIN)),
        ("frame after login", format!("{} bytes", limits::FRAME_AFTER_LOGIN)),
        ("nesting in a frame", limits::DEPTH.to_string()),
        ("message", format!("{} bytes, {} lines", limits::TEXT_BYTES, limits::TEXT_LINES)),
        ("away text", format!("{} bytes", limits::AWAY_BYTES)),
        ("name", format!("{} characters, in unicode {} columns", limits::NAME_CHARS, limits::NAME_COLUMNS)),
        ("password", format!("{} characters to {} bytes", limits::PASSWORD_MIN_CHARS, limits::PASSWORD_BYTES)),
        ("wrong passwords before a lock", limits::TRIES.to_string()),
        ("messages in one page of history", limits::HISTORY_PAGE.to_string()),
        ("names on a block list", limits::BLOCK_LIST.to_string()),
    ]
}
