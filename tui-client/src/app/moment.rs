//! When something happened, and the chance in how long to wait: both are handed in, never read.

use std::time::Duration;

use shared::id::{UnixMs, millis};

/// Milliseconds on a clock that never jumps; its zero means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

impl Mono {
    /// The moment `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// How long it is from `earlier` to this moment; nothing when it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// When a message reached the model. Timers use `mono`; `wall` is for what people see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// On the clock that never jumps.
    pub mono: Mono,
    /// On the wall.
    pub wall: UnixMs,
}

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

/// Whole seconds, rounded up: "0 seconds left" is never said while something is left.
pub fn seconds(span: Duration) -> u64 {
    millis(span).div_ceil(1000)
}
