//! The one clock of a run: moments for the model, and instants to sleep until.

use std::time::{Duration, SystemTime};

use shared::id::{UnixMs, millis};
use tokio::time::Instant;

use crate::app::moment::{Moment, Mono};

/// Counts from the start of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    epoch: Instant,
}

impl Clock {
    /// Zero is now.
    pub fn start() -> Self {
        Self { epoch: Instant::now() }
    }

    /// Now.
    pub fn now(self) -> Moment {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Moment { mono: Mono(millis(self.epoch.elapsed())), wall: UnixMs(millis(wall)) }
    }

    /// The instant at which `at` has come: when it is reached, [`Self::now`] is not before `at`.
    pub fn instant(self, at: Mono) -> Instant {
        self.epoch + Duration::from_millis(at.0)
    }
}
