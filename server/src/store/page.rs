//! Where a page of messages ends. Both stores measure pages here, so that they end at the same message.

use shared::limits::PAGE_BYTES;

use crate::record::{Kept, KeptMessage};

/// A page that is being filled, message by message in the direction of the question.
pub(super) struct PageBuilder {
    messages: Vec<KeptMessage>,
    limit: usize,
    bytes: usize,
    more: bool,
}

impl PageBuilder {
    /// An empty page for at most `limit` messages; it takes one even when the limit is 0 or the message is too large,
    /// because a reader could never get past an empty page.
    pub(super) fn new(limit: u16) -> Self {
        Self { messages: Vec::new(), limit: usize::from(limit.max(1)), bytes: 0, more: false }
    }

    /// Takes the next message if the page has room. Otherwise the page is finished and says that there are more; returns
    /// whether it took the message.
    pub(super) fn take(&mut self, message: KeptMessage) -> bool {
        let bytes = self.bytes + message.text.len();
        let fits = self.messages.is_empty() || (self.messages.len() < self.limit && bytes <= PAGE_BYTES);
        if fits {
            self.bytes = bytes;
            self.messages.push(message);
        } else {
            self.more = true;
        }
        fits
    }

    /// The messages that were taken, in that order.
    pub(super) fn into_messages(self) -> Vec<KeptMessage> {
        self.messages
    }

    /// The page of messages that were taken oldest first.
    pub(super) fn finish(self) -> Kept {
        Kept::Page { messages: self.messages, more: self.more }
    }

    /// The page of messages that were taken newest first.
    pub(super) fn finish_reversed(mut self) -> Kept {
        self.messages.reverse();
        self.finish()
    }
}
