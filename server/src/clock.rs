//! The one place where the server asks what time it is.

use std::time::{Duration, SystemTime};

use shared::id::{UnixMs, millis};
use tokio::time::Instant;

use crate::chat::{Moment, Mono};

/// A clock that begins now.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zero: Instant,
    /// The wall's time at zero in a build for developers that is told one, so that pictures of the screen are the same
    /// every time.
    set: Option<UnixMs>,
}

impl Clock {
    /// Starts it. [`Mono`] counts from here.
    pub fn start() -> Self {
        let told = if cfg!(debug_assertions) { std::env::var("TERN_CLOCK").ok() } else { None };
        Self { zero: Instant::now(), set: told.and_then(|ms| ms.parse().ok()).map(UnixMs) }
    }

    /// The time now.
    pub fn now(&self) -> Moment {
        let run = self.zero.elapsed();
        Moment { mono: Mono(millis(run)), wall: self.set.map_or_else(wall, |set| set.after(run)) }
    }

    /// The moment at which a `Mono` of this clock is reached; a far-away one is a year off, which is as good as never.
    pub fn instant(&self, mono: Mono) -> Instant {
        const FAR: Duration = Duration::from_hours(365 * 24);
        self.zero + Duration::from_millis(mono.0).min(self.zero.elapsed() + FAR)
    }
}

/// The time on the wall.
pub fn wall() -> UnixMs {
    UnixMs(millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()))
}
