//! What the model announces about private sessions and files, in words.

use shared::message::Reason;
use shared::name::Name;

use super::reports::note;
use super::toast;
use crate::app::model::Model;
use crate::app::moment::Moment;
use crate::app::peer::KeyTrust;
use crate::app::place::Place;
use crate::app::report::{Closing, FileNews, PeerNews};
use crate::tui::state::{NoteKind, State};

/// Something happened to a private session. Answers whether it asks for attention.
pub(super) fn peer(state: &mut State, model: &Model, user: &Name, news: &PeerNews, now: Moment) -> bool {
    let place = Place::Private(user.clone());
    let in_front = *model.conversations.front() == place;
    let (kind, text) = match news {
        // The card says it.
        PeerNews::Requested(_) => return true,
        PeerNews::Ended(reason) => (NoteKind::Info, ended(user, reason)),
        PeerNews::Failed { why, help } => {
            let text = format!("No way to {user}: {}. {help}", why.escaped());
            toast(state, format!("No way to {user} was found."), true, now);
            (NoteKind::Error, text)
        }
        PeerNews::Open { words, trust, .. } => {
            if !in_front {
                toast(state, format!("The private session with {user} is open."), false, now);
            }
            note(state, model, &place, NoteKind::Joined, opened(user, &words.join(" ")), now);
            match trust {
                KeyTrust::Changed { was_verified } => {
                    let before = if *was_verified { "you verified" } else { "was seen before" };
                    let text = format!(
                        "WARNING: {user} shows another key than the one that {before}. Somebody may be in between: compare \
                         the words before you say anything."
                    );
                    toast(state, text.clone(), true, now);
                    note(state, model, &place, NoteKind::Error, text, now);
                }
                KeyTrust::New | KeyTrust::Known | KeyTrust::Verified => {}
            }
            return false;
        }
        PeerNews::Words { .. } => (NoteKind::Info, format!("{user} is verified: another key will be told loudly.")),
        PeerNews::Closed(closing) => (NoteKind::Left, closed(user, closing)),
        PeerNews::Undelivered(count) => {
            let lines = if *count == 1 { "1 line was".to_owned() } else { format!("{count} lines were") };
            (NoteKind::Error, format!("{lines} not delivered. /resend sends again."))
        }
    };
    if !in_front && !matches!(news, PeerNews::Failed { .. }) {
        toast(state, text.clone(), false, now);
    }
    note(state, model, &place, kind, text, now);
    false
}

fn opened(user: &Name, words: &str) -> String {
    format!(
        "The session with {user} is open, straight from client to client. Compare these words with {user}: {words}. If \
         they are the same, nobody is in between, and /verify remembers it."
    )
}

fn ended(user: &Name, reason: &Reason) -> String {
    match reason {
        reason if *reason == Reason::DECLINED => format!("{user} does not want a private session now."),
        reason if *reason == Reason::EXPIRED => format!("The request between you and {user} has expired."),
        reason if *reason == Reason::WITHDRAWN => format!("{user} took the request back."),
        _ => format!("{user} went offline before the private session began."),
    }
}

fn closed(user: &Name, closing: &Closing) -> String {
    match closing {
        Closing::Here => format!("You ended the private session with {user}."),
        Closing::There(reason) if *reason == Reason::LOGGED_OUT => format!("{user} logged out: the session is over."),
        Closing::There(_) => format!("{user} ended the private session."),
        Closing::Lost(why) => format!("The private session with {user} is over: {}.", why.escaped()),
    }
}

/// Something happened to a file. Answers whether it asks for attention.
pub(super) fn file(state: &mut State, model: &Model, user: &Name, name: &str, news: &FileNews, now: Moment) -> bool {
    let place = Place::Private(user.clone());
    let (kind, text) = match news {
        FileNews::Offered => return true,
        // The gauge says it.
        FileNews::Progress(_) => return false,
        FileNews::Received { path } => {
            (NoteKind::Info, format!("{name} arrived, checked and whole: {}", path.escaped()))
        }
        FileNews::Sent => (NoteKind::Info, format!("{user} has {name}, checked and whole.")),
        FileNews::Declined => (NoteKind::Info, format!("{user} does not want {name}.")),
        FileNews::Failed { why } => (NoteKind::Error, format!("{name} came to nothing: {}.", why.escaped())),
    };
    if *model.conversations.front() != place {
        toast(state, text.clone(), kind == NoteKind::Error, now);
    }
    note(state, model, &place, kind, text, now);
    false
}
