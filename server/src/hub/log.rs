//! What the rules decide, as lines of the log: one event, one line.

use crate::chat::LogEvent;

/// Writes a line. Names are valid names and hold nothing that could break it.
pub fn write(event: &LogEvent) {
    match event {
        LogEvent::LoggedIn { session, name, address } => {
            tracing::info!("login: {name} from {address} on connection {}", session.0);
        }
        LogEvent::LoggedOut { session, name, reason } => {
            tracing::info!("logout: {name} on connection {}: {}", session.0, reason.as_str());
        }
        LogEvent::Refused { session, name, address, code } => {
            tracing::info!("refused: {name} from {address} on connection {}: {code}", session.0);
        }
        LogEvent::Locked { name, seconds, address } => {
            tracing::warn!("locked: {name} for {seconds} s, after a wrong password from {address}");
        }
        LogEvent::Introduced { name, other } => tracing::info!("introduced: {name} to {other}, for a private session"),
        LogEvent::Registered { name, address } => tracing::info!("registered: {name} from {address}"),
    }
}
