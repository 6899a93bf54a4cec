//! What the server has to say to one session: whole frames, one after another in one buffer.
//!
//! The hub puts frames in and never waits; the connection's task takes all there is and writes it at once. One copied
//! buffer costs far less than a queue of shared frames, because what a delivery costs is the write.
//!
//! A session that does not read fast enough is *lagging*: its outbox was full, takes no more events, and what it missed
//! is read from the log later. What is kept nowhere, such as answers to its own requests, still finds room for a while,
//! so that none is lost; its connection reads no further requests until it has caught up. When all sessions together owe
//! much, the fullest lag first: see [`Budget`].

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::budget::{Budget, Share};

/// The most bytes one session may owe to be written, by default. A burst of the whole lobby at the top speed of the
/// server is some hundred KiB between two writes; more means that the session does not read. Four times as much was no
/// faster: 1000 users at that speed, measured in alternating runs.
pub const OUTBOX_BYTES: usize = 256 * 1024;

/// Room beyond the bound for answers, in bytes. A lagging session's connection reads no more requests, so only those
/// under way can use it; four answers are as large as a frame can be.
pub const ANSWER_RESERVE: usize = 4 * shared::limits::FRAME_AFTER_LOGIN;

/// With fewer bytes than this waiting, a session is as good as idle: somebody has just logged in, or the last line has not
/// left yet. So much of what may be lost waits for a slow reader at most.
const LITTLE: usize = 2 * 1024;

/// An idle session gives back a buffer that has grown beyond this many bytes.
const KEEP_BYTES: usize = 1024;

/// What became of an offered frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Offer {
    /// It will be written, unless the connection ends first.
    Took,
    /// There is no room: the frame is lost, and so is every event offered until [`Outbox::resume`].
    Full,
}

/// The hub's end. A cheap handle; the connection has the [`Mailbox`].
#[derive(Clone, Debug)]
pub struct Outbox(Arc<Shared>);

/// The connection's end. When it is dropped, nothing more is taken in.
#[derive(Debug)]
pub struct Mailbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The most bytes that may wait, those being written included, as long as all sessions together owe little.
    bound: usize,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own")]
struct Queue {
    bytes: Vec<u8>,
    /// What the budget of all sessions knows of this one.
    share: Share,
    /// Bytes taken by the connection and not yet written.
    in_flight: usize,
    state: State,
    closing: bool,
    logged_in: bool,
    probed: bool,
    /// Answers put in since the connection last looked.
    answered: usize,
    /// Refusals of logins among them.
    logins_refused: usize,
    /// Whether something has changed since the connection last looked.
    news: bool,
    /// Who waits for news.
    waker: Option<Waker>,
}

/// Whether a session keeps up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Events are taken.
    #[default]
    KeepsUp,
    /// A frame found the outbox full.
    Lags,
    /// It lagged and has caught up; the connection knows, the hub does not yet.
    Drained,
}

/// What the connection finds in its mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is news of its own")]
pub struct News {
    /// The hub wants the connection to end after what was taken now.
    pub closing: bool,
    /// The session is logged in.
    pub logged_in: bool,
    /// The hub wants a sign of life from the client. Said once.
    pub probed: bool,
    /// So many requests were answered.
    pub answered: usize,
    /// So many of the answers refuse a login because of its password, or unseen because of wrong ones before.
    pub logins_refused: usize,
    /// The lagging session has caught up just now: tell the hub. Said once.
    pub drained: bool,
}

/// Makes an outbox that holds at most `bound` bytes of events, and never less than two of the largest frames: with less,
/// a session could lag behind for ever. All outboxes of one budget together hold no more than that.
pub fn outbox(bound: usize, budget: &Budget) -> (Outbox, Mailbox) {
    let bound = bound.max(2 * (shared::limits::HEADER + shared::limits::FRAME_AFTER_LOGIN));
    let queue = Queue {
        bytes: Vec::new(),
        share: budget.share(),
        in_flight: 0,
        state: State::default(),
        closing: false,
        logged_in: false,
        probed: false,
        answered: 0,
        logins_refused: 0,
        news: false,
        waker: None,
    };
    let shared = Arc::new(Shared { bound, queue: Mutex::new(queue) });
    (Outbox(Arc::clone(&shared)), Mailbox(shared))
}

impl Outbox {
    /// Offers an event that can be read from the log later. The connection sees it after the next [`Outbox::wake`].
    pub fn offer(&self, frame: &Bytes) -> Offer {
        let mut queue = self.0.queue();
        if queue.state != State::KeepsUp && !queue.closing {
            return Offer::Full;
        }
        queue.push(frame, self.0.bound, 0)
    }

    /// Offers what may as well be lost: it is taken only where less than 2 KiB wait behind what is being written just
    /// now. Answers whether it was.
    pub fn offer_if_idle(&self, frame: &Bytes) -> bool {
        let mut queue = self.0.queue();
        let is_idle = queue.state == State::KeepsUp && !queue.closing && queue.bytes.len() < LITTLE;
        is_idle && queue.push(frame, self.0.bound, 0) == Offer::Took
    }

    /// Offers what is kept nowhere, such as an answer: there is some room for it even when the session is lagging.
    pub fn answer(&self, frame: &Bytes) -> Offer {
        self.0.queue().push(frame, self.0.bound, ANSWER_RESERVE)
    }

    /// Lets the connection write what it was offered. One call after many offers makes one write of them.
    pub fn wake(&self) {
        let waker = {
            let mut queue = self.0.queue();
            queue.news = true;
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The session is logged in: larger frames are allowed, and the login deadline is off.
    pub fn logged_in(&self) {
        self.0.queue().logged_in = true;
    }

    /// Asks the client for a sign of life, whose arrival the hub is told.
    pub fn probe(&self) {
        self.0.queue().probed = true;
        self.wake();
    }

    /// One more request of the session was answered.
    pub fn answered(&self) {
        self.0.queue().answered += 1;
    }

    /// The answer refuses a login: wherever it comes from has guessed.
    pub fn login_refused(&self) {
        self.0.queue().logins_refused += 1;
    }

    /// The hub knows that the session has caught up: events are taken and requests are read again.
    pub fn resume(&self) {
        self.0.queue().state = State::KeepsUp;
        self.wake();
    }

    /// Ends the connection once everything taken so far is written. What is offered later is dropped.
    pub fn close(&self) {
        self.0.queue().closing = true;
        self.wake();
    }
}

impl Mailbox {
    /// Waits until the hub has called [`Outbox::wake`] since the last [`Mailbox::take`].
    pub fn poll_news(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.0.queue();
        if queue.news {
            return Poll::Ready(());
        }
        if !queue.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            queue.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }

    /// Takes everything there is. `into` must hold what was taken the last time, now written; its room is used again.
    pub fn take(&self, into: &mut Vec<u8>) -> News {
        into.clear();
        let mut queue = self.0.queue();
        queue.news = false;
        if queue.bytes.is_empty() && into.capacity() > KEEP_BYTES {
            *into = Vec::new();
        }
        mem::swap(&mut queue.bytes, into);
        queue.in_flight = into.len();
        let owed = queue.in_flight;
        queue.share.tell(owed);
        let drained = queue.state == State::Lags && owed <= queue.share.room(self.0.bound) / 2;
        if drained {
            queue.state = State::Drained;
        }
        let probed = mem::take(&mut queue.probed);
        let (answered, logins_refused) = (mem::take(&mut queue.answered), mem::take(&mut queue.logins_refused));
        let Queue { closing, logged_in, .. } = *queue;
        News { closing, logged_in, probed, answered, logins_refused, drained }
    }

    /// Whether the session is lagging: no requests are read from it. News tell when that ends.
    pub fn is_lagging(&self) -> bool {
        self.0.queue().state != State::KeepsUp
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.closing = true;
        queue.bytes = Vec::new();
        queue.share.tell(0);
        queue.waker = None;
    }
}

impl Shared {
    /// The queue is plain data that is whole at every moment, so a panic elsewhere does not spoil it.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, frame: &Bytes, bound: usize, reserve: usize) -> Offer {
        if self.closing {
            return Offer::Took;
        }
        let before = self.bytes.len() + self.in_flight;
        let owed = before + frame.len();
        // However small the share is: whoever owes nothing gets on.
        let room = if before == 0 { bound } else { self.share.room(bound) };
        if owed > room {
            self.state = State::Lags;
            if owed > room + reserve || (reserve > 0 && self.share.is_used_up()) {
                return Offer::Full;
            }
        }
        self.bytes.extend_from_slice(frame);
        self.share.tell(owed);
        Offer::Took
    }
}

#[cfg(test)]
mod tests;
