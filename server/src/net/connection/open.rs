//! The requests of one session that were passed on and are not answered yet.

use crate::chat::Request;
use crate::net::News;

/// Requests of one session that may be unanswered before it is read on: as many as a client sends at once when it has
/// been away.
pub const UNANSWERED: usize = 64;

/// Requests for lists among them. A page of history is up to a frame, so these fit into an outgoing queue.
pub const UNANSWERED_LISTS: usize = 8;

/// How many there are.
#[derive(Debug, Default)]
pub struct Open {
    unanswered: usize,
    /// Whether a login is among them.
    has_knocked: bool,
}

impl Open {
    /// How many may be open beside this one; `None` for what is not answered.
    pub fn beside(request: &Request) -> Option<usize> {
        match request {
            Request::Ack { .. } | Request::Typing { .. } | Request::Activity => None,
            Request::Who { .. }
            | Request::WhoSince { .. }
            | Request::Blocked { .. }
            | Request::History { .. }
            | Request::Search { .. }
            | Request::Queue { .. } => Some(UNANSWERED_LISTS),
            _ => Some(UNANSWERED),
        }
    }

    /// Whether fewer than `most` are open.
    pub fn has_room(&self, most: usize) -> bool {
        self.unanswered < most
    }

    /// One more is open.
    pub fn asked(&mut self) {
        self.unanswered += 1;
    }

    /// A login is open.
    pub fn knocked(&mut self) {
        self.has_knocked = true;
    }

    /// Some were answered.
    pub fn answered(&mut self, news: News) {
        self.unanswered = self.unanswered.saturating_sub(news.answered);
        self.has_knocked &= news.logins_refused == 0 && self.unanswered > 0 && !news.logged_in;
    }

    /// Whether nobody knows yet how a login has ended.
    pub fn has_knocked(&self) -> bool {
        self.has_knocked
    }
}
