//! When what was said is written.
//!
//! A write costs several microseconds of processor whatever its size, so what is said to one session within a short time
//! should leave in one write. But waiting costs time. So: as long as writes are few, each is made at once; above that,
//! they are collected for some milliseconds, which nobody sees.

use std::time::Duration;

use tokio::time::Instant;

use crate::chat::SessionId;
use crate::net::{Bucket, Rate};

/// Writes that are made at once: about a quarter of a core. A line to a thousand people passes at once, twenty a second
/// of them too; a thousand a second are collected.
const AT_ONCE: Rate = Rate { burst: 2_000, per_second: 50_000 };

/// The longest wait for company.
const LONGEST: Duration = Duration::from_millis(10);

/// Who has something to write, and when.
#[derive(Debug)]
pub struct Flush {
    marked: Vec<SessionId>,
    /// When the marked ones are written; `None` while there are none.
    at: Option<Instant>,
    budget: Bucket,
}

impl Flush {
    /// Nobody has anything to write.
    pub fn new() -> Self {
        Self { marked: Vec::new(), at: None, budget: Bucket::new(AT_ONCE, Instant::now()) }
    }

    /// Notes that a session has something to write. The caller notes each once.
    pub fn mark(&mut self, session: SessionId, now: impl FnOnce() -> Instant) {
        if self.marked.is_empty() {
            self.at = Some(now() + LONGEST);
        }
        self.marked.push(session);
    }

    /// Those who write now; they are no longer noted.
    pub fn due(&mut self, now: Instant) -> Vec<SessionId> {
        let writes = u32::try_from(self.marked.len()).unwrap_or(u32::MAX);
        let Some(latest) = self.at else { return Vec::new() };
        if self.budget.take(writes, now).is_err() && now < latest {
            return Vec::new();
        }
        self.at = None;
        std::mem::take(&mut self.marked)
    }

    /// When to ask [`Flush::due`] next.
    pub fn next(&self) -> Option<Instant> {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(flush: &mut Flush, sessions: u64, now: Instant) -> usize {
        (0..sessions).for_each(|n| flush.mark(SessionId(n), || now));
        flush.due(now).len()
    }

    #[test]
    fn few_writes_are_made_at_once() {
        let start = Instant::now();
        let mut flush = Flush::new();
        for second in 0..60 {
            for line in 0..20 {
                let now = start + Duration::from_secs(second) + Duration::from_millis(50 * line);
                assert_eq!(say(&mut flush, 1_000, now), 1_000);
            }
        }
        assert_eq!(flush.next(), None);
    }

    #[test]
    fn many_writes_wait_for_company_but_not_long() {
        let start = Instant::now();
        let mut flush = Flush::new();
        let waits = (0..1_000).filter(|&ms| {
            let now = start + Duration::from_millis(ms);
            if flush.next().is_none() {
                (0..1_000).for_each(|n| flush.mark(SessionId(n), || now));
            }
            let is_empty = flush.due(now).is_empty();
            assert!(flush.next().is_none_or(|at| at <= now + LONGEST));
            is_empty
        });
        assert!(waits.count() > 800);
    }
}
