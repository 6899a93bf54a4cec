//! How much all sessions together may owe to be written.
//!
//! The bound of one session times the number of sessions is more than a machine has. So as soon as half of what there is
//! for all is owed, no session may owe more than its share of the other half: the fullest are fed from the log, and
//! those that keep up notice nothing. Together they can never owe more than the whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that all sessions together may owe, by default: a tenth of the memory of a small machine.
pub const TOTAL_OUTBOX_BYTES: usize = 256 * 1024 * 1024;

/// What one session owes is told in steps of this many bytes: a session that keeps up owes less and tells nothing.
const STEP: usize = 4 * 1024;

/// What all sessions owe together. A cheap handle.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Sums>);

#[derive(Debug)]
struct Sums {
    most: usize,
    owed: AtomicUsize,
    sessions: AtomicUsize,
}

/// What one session has told of what it owes. Told back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    sums: Arc<Sums>,
    told: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Sums { most, owed: AtomicUsize::new(0), sessions: AtomicUsize::new(0) }))
    }

    /// One more session, which owes nothing yet.
    pub(super) fn share(&self) -> Share {
        self.0.sessions.fetch_add(1, Ordering::Relaxed);
        Share { sums: Arc::clone(&self.0), told: 0 }
    }

    /// What is owed, as far as it was told.
    #[cfg(test)]
    pub(super) fn owed(&self) -> usize {
        self.0.owed.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Tells what this session owes now, if that is news.
    pub(super) fn tell(&mut self, owes: usize) {
        if owes.abs_diff(self.told) < STEP && owes >= STEP {
            return;
        }
        let owes = if owes < STEP { 0 } else { owes };
        match owes.checked_sub(self.told) {
            Some(0) => return,
            Some(more) => self.sums.owed.fetch_add(more, Ordering::Relaxed),
            None => self.sums.owed.fetch_sub(self.told - owes, Ordering::Relaxed),
        };
        self.told = owes;
    }

    /// The most that this session may owe now, where its own bound is `bound`.
    pub(super) fn room(&self, bound: usize) -> usize {
        let half = self.sums.most / 2;
        if self.sums.owed.load(Ordering::Relaxed) <= half {
            return bound;
        }
        bound.min(half / self.sums.sessions.load(Ordering::Relaxed).max(1))
    }

    /// Whether as much is owed as may be.
    pub(super) fn is_used_up(&self) -> bool {
        self.sums.owed.load(Ordering::Relaxed) >= self.sums.most
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.sums.owed.fetch_sub(self.told, Ordering::Relaxed);
        self.sums.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_and_small_change_is_not() {
        let budget = Budget::new(1 << 20);
        let mut share = budget.share();
        for (owes, told) in
            [(4_095, 0), (4_096, 4_096), (8_000, 4_096), (9_000, 9_000), (6_000, 9_000), (4_900, 4_900), (1, 0), (0, 0)]
        {
            share.tell(owes);
            assert_eq!(budget.owed(), told, "{owes}");
        }
        share.tell(10_000);
        drop(share);
        assert_eq!(budget.owed(), 0);
    }

    #[test]
    fn above_half_of_the_whole_each_has_its_share_of_the_rest() {
        let budget = Budget::new(1_000_000);
        let mut shares: Vec<_> = (0..10).map(|_| budget.share()).collect();
        shares[0].tell(500_000);
        assert_eq!(shares[1].room(800_000), 800_000);
        shares[1].tell(5_000);
        assert_eq!(shares[1].room(800_000), 50_000);
        assert_eq!(shares[1].room(20_000), 20_000);
        assert!(!shares[1].is_used_up());
        shares[0].tell(995_000);
        assert!(shares[1].is_used_up());
        shares.truncate(1);
        assert_eq!(shares[0].room(800_000), 500_000);
    }
}
