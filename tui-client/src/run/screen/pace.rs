//! When frames are drawn: at once for keys, and as often as an eye needs for what the network says.

use std::time::Duration;

use shared::id::millis;
use tokio::time::Instant;

/// The time between two frames that only the network wants: 60 in a second are more than an eye needs.
const FRAME: Duration = Duration::from_millis(16);

/// The time between the echo of a letter and the frame for it. A system hands over what was written to a terminal in a
/// task of its own, which on the same core begins only when this program sleeps.
const AFTER_ECHO: Duration = Duration::from_millis(4);

/// Frames that are drawn at once after a quiet time: connecting, logging in and the first lines come close together.
const FRAMES_AT_ONCE: u32 = 8;

/// When frames may be drawn.
#[derive(Debug)]
pub(super) struct Pace {
    /// A key or a new size: the next frame does not wait.
    pub is_urgent: bool,
    /// A letter was echoed: the frame for it waits until then.
    pub echoed: Option<Instant>,
    tokens: u32,
    filled: Instant,
}

impl Pace {
    /// The first frame is drawn at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { is_urgent: true, echoed: None, tokens: FRAMES_AT_ONCE, filled: now }
    }

    /// A letter was echoed: the frame for it can wait a little.
    pub(super) fn echoed(&mut self, now: Instant) {
        self.echoed = Some(now + AFTER_ECHO);
    }

    /// Whether to draw now; otherwise, when.
    pub(super) fn ask(&mut self, now: Instant) -> Option<Instant> {
        let frames = u32::try_from(millis(now - self.filled) / millis(FRAME)).unwrap_or(u32::MAX);
        if frames > 0 {
            self.tokens = self.tokens.saturating_add(frames).min(FRAMES_AT_ONCE);
            self.filled = now;
        }
        if std::mem::take(&mut self.is_urgent) {
            self.echoed = None;
            return None;
        }
        if let Some(until) = self.echoed.filter(|&until| now < until) {
            return Some(until);
        }
        self.echoed = None;
        if self.tokens == 0 {
            return Some(self.filled + FRAME);
        }
        self.tokens -= 1;
        None
    }
}
