//! Private sessions and files as lines of text. The words are fixed; `docs/plain.md` documents each.

use shared::message::Reason;
use shared::name::Name;
use shared::text::SafeText;

use super::render::word as harmless;
use crate::app::peer::KeyTrust;
use crate::app::report::{Closing, FileNews, PeerNews};

/// Something that happened to a private session.
pub(super) fn peer(user: &Name, news: &PeerNews) -> String {
    let label = word(news);
    match news {
        PeerNews::Requested(trust) => match trust {
            KeyTrust::Changed { .. } => {
                format!("private request from {user}, answer: accept {user}, decline {user} ({})", loud(user, *trust))
            }
            _ => format!("private request from {user}, answer: accept {user}, decline {user}"),
        },
        PeerNews::Ended(_) => format!("private {label} {user}"),
        PeerNews::Failed { why, .. } => format!("private failed {user}: {}", why.escaped()),
        PeerNews::Open { address, words, trust } => {
            let note = match trust {
                KeyTrust::New => ", key new",
                KeyTrust::Known => "",
                KeyTrust::Verified => ", key verified",
                KeyTrust::Changed { .. } => ", key CHANGED",
            };
            format!("private open {user} {} words {}{note}", address.escaped(), words.join(" "))
        }
        PeerNews::Words { words } => format!("private words {user} {}", words.join(" ")),
        PeerNews::Closed(Closing::Here) => format!("private closed {user} by you"),
        PeerNews::Closed(Closing::There(reason)) if *reason == Reason::STOPPED => {
            format!("private closed {user} by peer")
        }
        PeerNews::Closed(Closing::There(reason)) => {
            format!("private closed {user} by peer: {}", harmless(reason.as_str()))
        }
        PeerNews::Closed(Closing::Lost(why)) => format!("private closed {user} lost: {}", why.escaped()),
        PeerNews::Undelivered(count) => format!("private undelivered {user} {count}"),
    }
}

/// What a user should know of a key that is not the one seen before.
fn loud(user: &Name, trust: KeyTrust) -> String {
    let before = if trust == (KeyTrust::Changed { was_verified: true }) { "verified" } else { "known" };
    format!("KEY CHANGED: this is not the {before} key of {user}; compare the words")
}

/// The word for what happened to a private session.
pub(super) fn word(news: &PeerNews) -> &'static str {
    match news {
        PeerNews::Requested(_) => "request",
        PeerNews::Ended(reason) if *reason == Reason::DECLINED => "declined",
        PeerNews::Ended(reason) if *reason == Reason::EXPIRED => "expired",
        PeerNews::Ended(reason) if *reason == Reason::WITHDRAWN => "withdrawn",
        PeerNews::Ended(_) => "offline",
        PeerNews::Failed { .. } => "failed",
        PeerNews::Open { .. } => "open",
        PeerNews::Words { .. } => "words",
        PeerNews::Closed(_) => "closed",
        PeerNews::Undelivered(_) => "undelivered",
    }
}

/// The word for how a key compares with the one remembered.
pub(super) fn trust_word(trust: KeyTrust) -> &'static str {
    match trust {
        KeyTrust::New => "new",
        KeyTrust::Known => "known",
        KeyTrust::Verified => "verified",
        KeyTrust::Changed { .. } => "changed",
    }
}

/// Something that happened to a file.
pub(super) fn file(number: u32, user: &Name, size: u64, name: &SafeText, news: &FileNews) -> String {
    let (label, name) = (file_word(news), name.escaped());
    match news {
        FileNews::Offered => format!("file offer {number} from {user} size {size}: {name}"),
        FileNews::Progress(percent) => format!("file progress {number} {percent}"),
        FileNews::Received { .. } => format!("file received {number} from {user} size {size}: {name}"),
        FileNews::Sent => format!("file sent {number} to {user} size {size}: {name}"),
        FileNews::Declined => format!("file {label} {number} by {user}: {name}"),
        FileNews::Failed { why } => format!("file failed {number} {user}: {name}: {}", why.escaped()),
    }
}

/// The word for what happened to a file.
pub(super) fn file_word(news: &FileNews) -> &'static str {
    match news {
        FileNews::Offered => "offer",
        FileNews::Progress(_) => "progress",
        FileNews::Received { .. } => "received",
        FileNews::Sent => "sent",
        FileNews::Declined => "declined",
        FileNews::Failed { .. } => "failed",
    }
}
