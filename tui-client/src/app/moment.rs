//! When something happened, and the chance in how long to wait: both are handed in, never read.

use std::time::Duration;

pub use shared::time::{Moment, Mono, seconds};

/// A random share of a delay, in thousandths: 0 to 1000. Drawn by the driver, so that many clients of a restarted
/// server do not come back in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter(u16);

impl Jitter {
    /// A share in thousandths; more than 1000 counts as the whole.
    pub fn thousandths(share: u16) -> Self {
        Self(share.min(1000))
    }

    /// This share of a span.
    pub fn of(self, span: Duration) -> Duration {
        span * u32::from(self.0) / 1000
    }
}
