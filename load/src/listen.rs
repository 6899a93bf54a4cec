//! The receiving side: counts what comes, and measures one in many.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use shared::codec;
use shared::message::{ClientMessage, ServerMessage};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::client::{Kindred, Reader, age, pong};
use crate::figures::Times;

/// What all receivers have seen together.
#[derive(Debug)]
pub struct Tally {
    deliveries: AtomicU64,
    acknowledged: AtomicU64,
    step: u64,
    stepped: Notify,
    sample: u64,
    clock: Instant,
    heard: Mutex<Times>,
    sent: Mutex<Times>,
}

/// What one speaker may still say, and when it said what is not acknowledged yet.
#[derive(Debug)]
pub struct Room {
    permits: Semaphore,
    asked: Mutex<VecDeque<Instant>>,
}

/// By what a speaker knows that a text of its own is through.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    /// The server acknowledges it.
    Sent,
    /// It comes back, among those of so many speakers.
    Echo(u64),
}

/// One receiver.
pub struct Listener {
    /// Where it counts.
    pub tally: Arc<Tally>,
    /// What it may say.
    pub room: Arc<Room>,
    /// For answers to pings, and for acknowledgements of what was shown.
    pub queue: mpsc::Sender<Bytes>,
    /// How it knows that its own texts are through.
    pub proof: Proof,
    /// Whether it tells the server what it has shown, as clients do for direct messages.
    pub shows: bool,
}

impl Tally {
    /// Tells whenever another `step` deliveries have come, and decodes one in `sample` of them to measure how long it
    /// was under way. Texts carry times since `clock`.
    pub fn new(step: u64, sample: u64, clock: Instant) -> Self {
        Self {
            deliveries: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            step: step.max(1),
            stepped: Notify::new(),
            sample: sample.max(1),
            clock,
            heard: Mutex::default(),
            sent: Mutex::default(),
        }
    }

    /// Waits for the next step.
    pub async fn step(&self) {
        self.stepped.notified().await;
    }

    /// How many deliveries there were.
    pub fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }

    /// How many texts were acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// How long the measured ones were under way, from the speaker to the hearer.
    pub fn heard(&self) -> Times {
        lock(&self.heard).clone()
    }

    /// How long acknowledgements took.
    pub fn sent(&self) -> Times {
        lock(&self.sent).clone()
    }

    fn add(&self, count: u64) {
        let before = self.deliveries.fetch_add(count, Ordering::Relaxed);
        if before / self.step != (before + count) / self.step {
            self.stepped.notify_one();
        }
    }
}

impl Room {
    /// Room for so many texts under way.
    pub fn new(texts: usize) -> Self {
        Self { permits: Semaphore::new(texts), asked: Mutex::default() }
    }

    /// Waits until there is room for one, and takes as many up to `most` as there is room for.
    pub async fn take(&self, most: u64) -> u64 {
        // The semaphore is never closed, so the wait always ends with a permit.
        let Ok(permit) = self.permits.acquire().await else { return 0 };
        permit.forget();
        let mut taken = 1;
        while taken < most
            && let Ok(permit) = self.permits.try_acquire()
        {
            permit.forget();
            taken += 1;
        }
        taken
    }

    /// A text is on its way.
    pub fn said(&self) {
        lock(&self.asked).push_back(Instant::now());
    }

    /// The oldest texts under way are through. Returns how long each took.
    fn through(&self, texts: usize) -> Vec<std::time::Duration> {
        self.permits.add_permits(texts);
        let mut asked = lock(&self.asked);
        let texts = texts.min(asked.len());
        asked.drain(..texts).map(|at| at.elapsed()).collect()
    }
}

impl Listener {
    /// Reads until the connection ends.
    pub async fn run(self, mut reader: Reader) {
        let mut seen = 0_u64;
        loop {
            let (before, mut sent) = (seen, 0_u64);
            let open = reader.read(|body| match Kindred::of(body) {
                Kindred::Message => {
                    seen += 1;
                    if seen.is_multiple_of(self.tally.sample) {
                        self.look_at(body);
                    }
                }
                Kindred::Sent => sent += 1,
                Kindred::Ping => self.answer(pong(body)),
                Kindred::Other => {}
            });
            if !open.await.is_ok_and(|open| open) {
                return;
            }
            let through = match self.proof {
                Proof::Sent => sent,
                // Every speaker hears all of them; its part of what it heard stands for its own.
                Proof::Echo(speakers) => seen / speakers - before / speakers,
            };
            self.count(seen - before, through);
        }
    }

    fn count(&self, heard: u64, through: u64) {
        if through > 0 {
            let times = self.room.through(usize::try_from(through).unwrap_or(usize::MAX));
            let mut sent = lock(&self.tally.sent);
            for time in times {
                sent.add(time);
            }
            self.tally.acknowledged.fetch_add(through, Ordering::Relaxed);
        }
        if heard > 0 {
            self.tally.add(heard);
        }
    }

    fn look_at(&self, body: &[u8]) {
        let Ok(ServerMessage::Message(entry)) = codec::decode(body) else { return };
        if let Some(age) = age(&entry.text, self.tally.clock) {
            lock(&self.tally.heard).add(age);
        }
        if self.shows {
            self.answer(Some(codec::encode(&ClientMessage::Ack { conv: entry.conv, seq: entry.seq })));
        }
    }

    fn answer(&self, frame: Option<Bytes>) {
        // With a full queue this connection is busy sending, which answers a ping as well, and a later acknowledgement
        // covers this one.
        frame.map(|frame| self.queue.try_send(frame).ok());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
