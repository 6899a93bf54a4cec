//! How much may wait for one account, and how much does.
//!
//! Without a bound, one user who writes to another who is away could fill the disk. What waits stays; a further message
//! is refused, so that its sender knows.

use std::collections::HashMap;

use crate::record::AccountId;

/// Messages that may wait for one account, by default. A busy fortnight; mosquitto keeps as many for a client.
pub const MESSAGES: u64 = 1000;

/// Bytes of text that may wait for one account, by default: the messages above at the greatest length there is.
pub const BYTES: u64 = 8 * 1024 * 1024;

/// Accounts of which is remembered how much waits for them, to bound the memory: some 200 KiB. When there are more, all
/// are forgotten and counted again when they are written to.
const REMEMBERED: usize = 4096;

/// The most that may wait for one account that is not there to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// In messages.
    pub messages: u64,
    /// In bytes of text.
    pub bytes: u64,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { messages: MESSAGES, bytes: BYTES }
    }
}

impl Inbox {
    /// Whether a text of so many bytes may join what waits.
    pub(super) fn takes(self, waiting: Waiting, bytes: u64) -> bool {
        waiting.messages < self.messages && waiting.bytes.saturating_add(bytes) <= self.bytes
    }
}

/// What waits for one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

impl Waiting {
    /// One more message with a text of so many bytes.
    pub(super) fn add(&mut self, bytes: u64) {
        self.messages += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// What waits, of the accounts that were written to lately, so that not every message is counted anew.
///
/// It is told of everything that changes a count. After a transaction that was taken back it knows nothing any more.
#[derive(Debug)]
pub(super) struct Inboxes {
    most: Inbox,
    known: HashMap<AccountId, Waiting>,
}

impl Inboxes {
    /// Nothing is known yet.
    pub(super) fn new(most: Inbox) -> Self {
        Self { most, known: HashMap::new() }
    }

    /// Whether a text of so many bytes may join what waits for `reader`. What waits is counted with `count` where it is
    /// not known; `count` may stop at so many messages.
    pub(super) fn takes<E>(
        &mut self,
        reader: AccountId,
        bytes: u64,
        count: impl FnOnce(u64) -> Result<Waiting, E>,
    ) -> Result<bool, E> {
        let waiting = if let Some(waiting) = self.known.get(&reader) {
            *waiting
        } else {
            let waiting = count(self.most.messages)?;
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            self.known.insert(reader, waiting);
            waiting
        };
        Ok(self.most.takes(waiting, bytes))
    }

    /// A text of so many bytes waits for `reader` from now on.
    pub(super) fn added(&mut self, reader: AccountId, bytes: u64) {
        if let Some(waiting) = self.known.get_mut(&reader) {
            waiting.add(bytes);
        }
    }

    /// Something that waited for `reader` may wait no longer.
    pub(super) fn forget(&mut self, reader: AccountId) {
        self.known.remove(&reader);
    }

    /// Whatever is known may be wrong.
    pub(super) fn forget_all(&mut self) {
        self.known.clear();
    }
}

/// The length of a text as it is counted.
pub(super) fn bytes(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn takes(inboxes: &mut Inboxes, reader: i64, bytes: u64, waiting: (u64, u64)) -> bool {
        let count = |_| Ok::<_, Infallible>(Waiting { messages: waiting.0, bytes: waiting.1 });
        inboxes.takes(AccountId(reader), bytes, count).unwrap()
    }

    #[test]
    fn either_figure_can_be_reached() {
        let most = Inbox { messages: 3, bytes: 100 };
        for (waiting, bytes, fits) in
            [((0, 0), 100, true), ((0, 0), 101, false), ((2, 90), 10, true), ((2, 91), 10, false), ((3, 0), 0, false)]
        {
            assert_eq!(takes(&mut Inboxes::new(most), 1, bytes, waiting), fits, "{waiting:?} {bytes}");
        }
    }

    #[test]
    fn a_known_count_is_kept_up_until_it_is_forgotten() {
        let mut inboxes = Inboxes::new(Inbox { messages: 3, bytes: 100 });
        assert!(takes(&mut inboxes, 1, 10, (1, 10)));
        inboxes.added(AccountId(1), 10);
        inboxes.added(AccountId(1), 10);
        assert!(!takes(&mut inboxes, 1, 10, (0, 0)), "three wait");
        assert!(takes(&mut inboxes, 2, 10, (0, 0)), "for each account on its own");
        inboxes.forget(AccountId(1));
        assert!(takes(&mut inboxes, 1, 10, (0, 0)));
        inboxes.forget_all();
        assert!(!takes(&mut inboxes, 2, 10, (3, 0)));
    }

    #[test]
    fn no_more_accounts_are_remembered_than_there_may_be() {
        let mut inboxes = Inboxes::new(Inbox::default());
        for reader in 0..10_000 {
            takes(&mut inboxes, reader, 1, (0, 0));
            assert!(inboxes.known.len() <= REMEMBERED);
        }
    }
}
