//! Moments, as the pure parts of both sides are told them. Nothing here looks at a clock.

use std::time::Duration;

use crate::id::{UnixMs, millis};

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

/// When something happened. Timers use `mono`; `wall` is for what people and the log see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// On the clock that never jumps.
    pub mono: Mono,
    /// On the wall.
    pub wall: UnixMs,
}

/// Whole seconds, rounded up, as people count a wait: "0 seconds left" is never said while something is left.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(shared::time::seconds(Duration::from_millis(1)), 1);
/// ```
pub fn seconds(span: Duration) -> u64 {
    millis(span).div_ceil(1000)
}
