//! How fast somebody may do something: a bucket of tokens, full at first, refilled at a steady rate.
//!
//! It has no clock: the caller says what time it is, on the clock that never jumps.

use std::time::Duration;

use tokio::time::Instant;

/// What a bucket holds and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// How many a second after that; at least 1.
    pub per_second: u32,
}

/// A bucket of tokens.
///
/// Kept as the one moment at which it will be full again, which needs no refilling (the generic cell rate algorithm,
/// ITU-T I.371).
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    rate: Rate,
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, full_at: now }
    }

    /// Takes `tokens`, or says how long it will be until there are as many; nothing is taken then. More tokens than the
    /// bucket can ever hold are there when it is full, and are paid back afterwards.
    pub fn take(&mut self, tokens: u32, now: Instant) -> Result<(), Duration> {
        let filled = self.full_at.max(now) + self.span(tokens);
        let latest = now + self.span(self.rate.burst.max(tokens));
        if filled > latest {
            return Err(filled - latest);
        }
        self.full_at = filled;
        Ok(())
    }

    /// Takes `tokens` in any case, and says how long the taker has to wait until they are paid.
    pub fn pay(&mut self, tokens: u32, now: Instant) -> Duration {
        self.full_at = self.full_at.max(now) + self.span(tokens);
        self.full_at.saturating_duration_since(now + self.span(self.rate.burst))
    }

    /// Whether nothing has been taken for so long that a new bucket would be the same.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    /// How long it takes to fill in so many tokens.
    fn span(&self, tokens: u32) -> Duration {
        Duration::from_secs(1) * tokens / self.rate.per_second.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 20, per_second: 5 };

    #[test]
    fn a_burst_passes_at_once_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut bucket = Bucket::new(RATE, start);
        for _ in 0..20 {
            assert_eq!(bucket.take(1, start), Ok(()));
        }
        assert_eq!(bucket.take(1, start), Err(Duration::from_millis(200)));
        assert_eq!(bucket.take(1, start + Duration::from_millis(150)), Err(Duration::from_millis(50)));
        assert_eq!(bucket.take(1, start + Duration::from_millis(200)), Ok(()));
        assert_eq!(bucket.take(1, start + Duration::from_millis(200)), Err(Duration::from_millis(200)));
    }

    #[test]
    fn a_pause_fills_it_but_never_beyond_the_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::new(RATE, start);
        bucket.take(20, start).unwrap();
        assert!(!bucket.is_full(start + Duration::from_millis(3_999)));
        let later = start + Duration::from_hours(1);
        assert!(bucket.is_full(later));
        assert_eq!(bucket.take(20, later), Ok(()));
        assert!(bucket.take(1, later).is_err());
    }

    #[test]
    fn who_pays_waits_for_what_is_owed() {
        let start = Instant::now();
        let mut bucket = Bucket::new(RATE, start);
        assert_eq!(bucket.pay(20, start), Duration::ZERO);
        assert_eq!(bucket.pay(0, start), Duration::ZERO);
        assert_eq!(bucket.pay(1, start), Duration::from_millis(200));
        assert_eq!(bucket.pay(1, start + Duration::from_millis(200)), Duration::from_millis(200));
    }

    #[test]
    fn more_than_it_can_hold_waits_until_it_is_full_and_is_paid_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(RATE, start);
        bucket.take(1, start).unwrap();
        assert_eq!(bucket.take(40, start), Err(Duration::from_millis(200)));
        assert_eq!(bucket.take(40, start + Duration::from_millis(200)), Ok(()));
        assert_eq!(bucket.take(1, start + Duration::from_millis(200)), Err(Duration::from_millis(4_200)));
    }
}
