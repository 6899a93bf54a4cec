//! The one clock of a run: moments for the model, and instants to sleep until.

use std::time::{Duration, SystemTime};

use shared::id::{UnixMs, millis};
use tokio::time::Instant;

use crate::app::moment::{Moment, Mono};

/// Counts from the start of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    epoch: Instant,
    /// The wall's time at zero in a build for developers that is told one, so that pictures of the screen are the same
    /// every time.
    set: Option<UnixMs>,
}

impl Clock {
    /// Zero is now.
    pub fn start() -> Self {
        let told = if cfg!(debug_assertions) { std::env::var("TERN_CLOCK").ok() } else { None };
        Self { epoch: Instant::now(), set: told.and_then(|ms| ms.parse().ok()).map(UnixMs) }
    }

    /// Now.
    pub fn now(self) -> Moment {
        let run = self.epoch.elapsed();
        Moment { mono: Mono(millis(run)), wall: self.set.map_or_else(wall, |set| set.after(run)) }
    }

    /// Whether what is shown must not depend on how fast this machine is.
    pub fn is_told(self) -> bool {
        self.set.is_some()
    }

    /// The instant at which `at` has come: when it is reached, [`Self::now`] is not before `at`.
    pub fn instant(self, at: Mono) -> Instant {
        self.epoch + Duration::from_millis(at.0)
    }
}

fn wall() -> UnixMs {
    UnixMs(millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()))
}
