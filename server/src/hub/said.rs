//! What a message means for the connection that carries it.

use shared::error::Code;
use shared::message::ServerMessage;

/// Whether this is the answer to a request, or the last part of it.
pub fn is_answer(message: &ServerMessage) -> bool {
    match message {
        ServerMessage::LoggedIn { .. }
        | ServerMessage::Ok { .. }
        | ServerMessage::Sent { .. }
        | ServerMessage::History { .. }
        | ServerMessage::Found { .. }
        | ServerMessage::Queue { .. }
        | ServerMessage::Whois { .. } => true,
        ServerMessage::Users { more, .. } | ServerMessage::Blocked { more, .. } => !more,
        ServerMessage::Error(refusal) => refusal.re.is_some(),
        // No wildcard: a new answer that is not counted would stop whoever asks for it again and again.
        ServerMessage::Welcome(_)
        | ServerMessage::Refuse { .. }
        | ServerMessage::Roster { .. }
        | ServerMessage::Ready { .. }
        | ServerMessage::Message(_)
        | ServerMessage::Presence { .. }
        | ServerMessage::PrivateRequest { .. }
        | ServerMessage::PrivateMeet(_)
        | ServerMessage::PrivateEnd { .. }
        | ServerMessage::Typing { .. }
        | ServerMessage::Bye { .. }
        | ServerMessage::Notice { .. }
        | ServerMessage::Ping { .. }
        | ServerMessage::Pong { .. }
        | ServerMessage::Unknown => false,
    }
}

/// Whether this refuses a login because of its password, or unseen because of wrong ones before. A name that has no
/// account, an account in use and a server with too much to do are no guesses.
pub fn refuses_a_guess(message: &ServerMessage) -> bool {
    let guesses = [Code::BAD_PASSWORD, Code::BAD_LOGIN, Code::LOCKED];
    matches!(message, ServerMessage::Error(refusal) if guesses.contains(&refusal.code))
}
