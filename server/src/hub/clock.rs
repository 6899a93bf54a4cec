//! The one place where the hub asks what time it is.

use std::time::{Duration, SystemTime};

use shared::id::{UnixMs, millis};
use tokio::time::Instant;

use crate::chat::{Moment, Mono};

/// A clock that begins now.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zero: Instant,
}

impl Clock {
    /// Starts it. [`Mono`] counts from here.
    pub fn start() -> Self {
        Self { zero: Instant::now() }
    }

    /// The time now.
    pub fn now(&self) -> Moment {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment { mono: Mono(millis(self.zero.elapsed())), wall: UnixMs(millis(wall)) }
    }

    /// The moment at which a `Mono` of this clock is reached; a far-away one is a year off, which is as good as never.
    pub fn instant(&self, mono: Mono) -> Instant {
        const FAR: Duration = Duration::from_hours(365 * 24);
        self.zero + Duration::from_millis(mono.0).min(self.zero.elapsed() + FAR)
    }
}
