//! The one task that owns the rules: it tells them what happened and does what they decide.
//!
//! Everything that happens comes through one of four bounded queues: answers of the store, results of password checks,
//! events of connections, and the wish to stop. The hub waits for nobody: what it says to sessions goes into their
//! [`Outbox`]es, jobs go to the store's queue, and where that is full the hub takes no new events until it has room.
//! Connections wait then, each for itself. Answers are taken all the same, so the two cannot wait for each other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use shared::codec;
use shared::id::Seq;
use shared::message::{Reason, ServerMessage};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use crate::auth::Auth;
use crate::chat::{Effect, Input, Moment, Mono, SessionId, Subject, Ticket};
use crate::clock::Clock;
use crate::net::{Event, Offer, Outbox};
use crate::record::{Conversation, KeepError};
use crate::store::{Answer, Job, Store, StoreError};

mod flush;
mod log;
mod said;
#[cfg(test)]
mod tests;

use flush::Flush;

/// Events of connections that may wait for the hub. A thousand users who all press Enter at once fit; more wait in their
/// sockets.
const EVENTS: usize = 4096;

/// Events taken at once. What they cause is written together, so this is also the longest wait for the first of them.
const EVENTS_AT_ONCE: usize = 256;

/// Batches of answers taken at once.
const ANSWERS_AT_ONCE: usize = 16;

/// How often the store is asked again for room when it had none and answers nothing.
const RETRY: Duration = Duration::from_millis(50);

/// How long the hub waits at the end for sessions to take what they were sent.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// When the first client may come back after a stop. A restart takes less.
const BACK_FROM: Duration = Duration::from_millis(500);

/// How much later each further one may: a TLS handshake takes two cores 2.2 ms, so that a thousand clients come as fast
/// as they can be served, and not all in one instant.
const BACK_STEP: Duration = Duration::from_millis(3);

/// The latest that anybody is told. Beyond that several come at once.
const BACK_WITHIN: Duration = Duration::from_secs(15);

/// What holds for the hub, for people.
pub fn limits() -> Vec<(&'static str, String)> {
    vec![
        ("events that wait for the rules", EVENTS.to_string()),
        ("sessions have to take the last word within", format!("{} s", STOP_GRACE.as_secs())),
        (
            "after a stop, clients come back",
            format!("{} ms apart, within {} s", BACK_STEP.as_millis(), BACK_WITHIN.as_secs()),
        ),
    ]
}

/// Who checks and hashes passwords. Both return at once; the result comes as an input.
pub trait Passwords: Send + 'static {
    /// Answered by `Input::PasswordChecked`.
    fn check(&self, ticket: Ticket, subject: Subject, password: SecretString);

    /// Answered by `Input::PasswordHashed`.
    fn hash(&self, ticket: Ticket, password: SecretString);
}

impl Passwords for Auth {
    fn check(&self, ticket: Ticket, subject: Subject, password: SecretString) {
        self.check(ticket, subject, password);
    }

    fn hash(&self, ticket: Ticket, password: SecretString) {
        self.hash(ticket, password);
    }
}

/// Why the hub has not ended in order.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The store has failed, or could not be closed in order.
    #[error("stopped keeping messages")]
    Store(#[from] StoreError),
    /// The hub itself failed: a bug of ours.
    #[error("the hub failed, which is a bug")]
    Failed(#[source] JoinError),
}

/// A running hub. Dropping it stops the hub like [`HubHandle::stop`], but nobody waits for the end.
#[derive(Debug)]
pub struct HubHandle {
    events: mpsc::Sender<Event>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), StoreError>>,
}

impl HubHandle {
    /// Where connections put their events.
    pub fn events(&self) -> mpsc::Sender<Event> {
        self.events.clone()
    }

    /// Waits until the hub has ended although nobody has stopped it: it has failed, and the server must end too. May be
    /// given up at any time before.
    pub async fn failed(&mut self) -> HubError {
        match (&mut self.task).await {
            Ok(Err(error)) => HubError::Store(error),
            Err(error) => HubError::Failed(error),
            Ok(Ok(())) => unreachable!("the hub ends in order only when it is stopped, which takes the handle"),
        }
    }

    /// Tells everybody, waits a few seconds until they have heard it, makes everything durable and closes the store.
    pub async fn stop(self) -> Result<(), HubError> {
        // An error means that the hub has failed already, which the next line finds out.
        let _ = self.stop.send(());
        drop(self.events);
        Ok(self.task.await.map_err(HubError::Failed)??)
    }
}

/// Starts the hub.
///
/// `rules` is [`Chat::handle`](crate::chat) with its state; `answers` is where `store` answers, `results` where
/// `passwords` does.
pub fn spawn(
    rules: impl FnMut(Input, Moment) -> Vec<Effect> + Send + 'static,
    store: Arc<dyn Store>,
    answers: mpsc::Receiver<Vec<Answer>>,
    passwords: impl Passwords,
    results: mpsc::Receiver<Input>,
) -> HubHandle {
    let (events, incoming) = mpsc::channel(EVENTS);
    let (stop, stopped) = oneshot::channel();
    let queues = Queues { answers, results, events: incoming, stop: stopped };
    let hub = Hub {
        rules,
        store,
        passwords,
        sessions: HashMap::new(),
        inputs: VecDeque::new(),
        backlog: VecDeque::new(),
        wake_at: None,
        clock: Clock::start(),
        flush: Flush::new(),
        stop_by: None,
        failure: None,
        sent_away: 0,
    };
    HubHandle { events, stop, task: tokio::spawn(hub.run(queues)) }
}

/// Where things come from.
struct Queues {
    answers: mpsc::Receiver<Vec<Answer>>,
    results: mpsc::Receiver<Input>,
    events: mpsc::Receiver<Event>,
    stop: oneshot::Receiver<()>,
}

struct Hub<R, P> {
    rules: R,
    store: Arc<dyn Store>,
    passwords: P,
    sessions: HashMap<SessionId, Session>,
    /// What the rules are still to be told of, because of what they decided.
    inputs: VecDeque<Input>,
    /// Jobs that the store had no room for, in order. While there are any, no events are taken.
    backlog: VecDeque<Job>,
    wake_at: Option<Mono>,
    clock: Clock,
    flush: Flush,
    /// Until when the end may take, once it has begun.
    stop_by: Option<Instant>,
    /// Why the store keeps nothing more.
    failure: Option<StoreError>,
    /// Sessions that were told that the server goes away.
    sent_away: u32,
}

struct Session {
    outbox: Outbox,
    /// Whether the rules were told that something was not delivered.
    has_missed: bool,
    /// Whether it stands in the list of those that have something to write.
    is_marked: bool,
}

impl Session {
    /// Notes that there is something to write.
    fn mark(&mut self, id: SessionId, flush: &mut Flush) {
        if !std::mem::replace(&mut self.is_marked, true) {
            flush.mark(id, Instant::now);
        }
    }
}

impl<R, P> Hub<R, P>
where
    R: FnMut(Input, Moment) -> Vec<Effect> + Send + 'static,
    P: Passwords,
{
    async fn run(mut self, mut queues: Queues) -> Result<(), StoreError> {
        let mut answers = Vec::with_capacity(ANSWERS_AT_ONCE);
        let mut events = Vec::with_capacity(EVENTS_AT_ONCE);
        while !self.is_over() {
            let next = self.next_moment();
            tokio::select! {
                biased;
                1.. = queues.answers.recv_many(&mut answers, ANSWERS_AT_ONCE) => {
                    answers.drain(..).flatten().for_each(|answer| self.answered(answer));
                }
                Some(result) = queues.results.recv() => self.feed(result),
                _ = &mut queues.stop, if self.stop_by.is_none() => self.begin_stop(),
                1.. = queues.events.recv_many(&mut events, EVENTS_AT_ONCE), if self.backlog.is_empty() => {
                    events.drain(..).for_each(|event| self.event(event));
                }
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
            if let Some(failure) = self.failure.take() {
                // Nobody is told anything more: what the disk holds of the latest writes is not known, and whoever asks
                // again after the next start learns it. Nor is the store closed in order, which would be one more write.
                return Err(failure);
            }
            self.catch_up();
        }
        self.end(queues).await
    }

    /// Tells the rules something, does what they decide, and tells them what came of that.
    fn feed(&mut self, input: Input) {
        self.inputs.push_back(input);
        while let Some(input) = self.inputs.pop_front() {
            let effects = (self.rules)(input, self.clock.now());
            for effect in effects {
                self.perform(effect);
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, message } => {
                let message = self.with_time_to_return(message);
                self.send(&to, &message);
            }
            Effect::Deliver { to, conversation, seq, message } => self.deliver(&to, &conversation, seq, &message),
            Effect::SendIfIdle { to, message } => self.send_if_idle(&to, &message),
            Effect::Close { session } => self.close(session),
            Effect::Probe { session } => self.probe(session),
            Effect::CheckPassword { ticket, subject, password } => self.passwords.check(ticket, subject, password),
            Effect::HashPassword { ticket, password } => self.passwords.hash(ticket, password),
            Effect::Write { ticket, write } => self.submit(Job::Write(ticket, write)),
            Effect::Read { ticket, read } => self.submit(Job::Read(ticket, read)),
            Effect::WakeAt(moment) => self.wake_at = Some(moment),
            Effect::Log(event) => log::write(&event),
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Opened { session, address, fresh, caps, outbox } => {
                if self.stop_by.is_some() {
                    outbox.close();
                }
                self.sessions.insert(session, Session { outbox, has_missed: false, is_marked: false });
                self.feed(Input::SessionOpened { session, address, fresh: *fresh, caps });
            }
            Event::Refused { session, refusal } => self.send(&[session], &ServerMessage::Error(*refusal)),
            Event::Input(Input::SessionClosed { session, reason }) => {
                self.sessions.remove(&session);
                self.feed(Input::SessionClosed { session, reason });
            }
            Event::Input(Input::SessionDrained { session }) => self.drained(session),
            Event::Input(input) => self.feed(input),
        }
    }

    fn answered(&mut self, answer: Answer) {
        let Answer { ticket, result } = answer;
        if result == Err(KeepError::Broken) && self.failure.is_none() {
            self.failure = self.store.failure();
        }
        if self.failure.is_some() {
            return;
        }
        self.feed(Input::Committed { ticket, result });
    }

    fn drained(&mut self, session: SessionId) {
        let Some(Session { outbox, has_missed, .. }) = self.sessions.get_mut(&session) else { return };
        outbox.resume();
        if std::mem::take(has_missed) {
            self.feed(Input::SessionDrained { session });
        }
    }

    /// A farewell at a stop, with the time when to come back: another one for each session.
    fn with_time_to_return(&mut self, message: ServerMessage) -> ServerMessage {
        match message {
            ServerMessage::Bye { reason, retry_ms: None } if reason == Reason::GOING_AWAY => {
                let turns = u32::try_from(BACK_WITHIN.as_millis() / BACK_STEP.as_millis()).unwrap_or(u32::MAX);
                let wait = BACK_FROM + BACK_STEP * (self.sent_away % turns);
                self.sent_away += 1;
                ServerMessage::Bye { reason, retry_ms: Some(shared::id::millis(wait)) }
            }
            message => message,
        }
    }

    /// Sends what is kept nowhere and must not be lost. A session that has no room left even for this asks and asks and
    /// does not read: it ends.
    fn send(&mut self, to: &[SessionId], message: &ServerMessage) {
        let frame = codec::encode(message);
        let is_login = matches!(message, ServerMessage::LoggedIn { .. });
        let (is_answer, is_guess) = (said::is_answer(message), said::refuses_a_guess(message));
        for &id in to {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            if is_login {
                session.outbox.logged_in();
            }
            if is_answer {
                session.outbox.answered();
            }
            if is_guess {
                session.outbox.login_refused();
            }
            if session.outbox.answer(&frame) == Offer::Full {
                tracing::info!("connection {} reads nothing and is closed", id.0);
                session.outbox.close();
            }
            session.mark(id, &mut self.flush);
        }
    }

    /// Sends a message that can be read from the log again. The rules are told of each session that had no room.
    fn deliver(&mut self, to: &[SessionId], conversation: &Conversation, seq: Seq, message: &ServerMessage) {
        let frame = codec::encode(message);
        for &id in to {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            if session.outbox.offer(&frame) == Offer::Full {
                session.has_missed = true;
                self.inputs.push_back(Input::Undelivered { session: id, conversation: conversation.clone(), seq });
            }
            session.mark(id, &mut self.flush);
        }
    }

    /// Sends what is worth nothing a moment later to those who have nothing else to write.
    fn send_if_idle(&mut self, to: &[SessionId], message: &ServerMessage) {
        let frame = codec::encode(message);
        for &id in to {
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            if session.outbox.offer_if_idle(&frame) {
                session.mark(id, &mut self.flush);
            }
        }
    }

    fn close(&mut self, session: SessionId) {
        if let Some(session) = self.sessions.get(&session) {
            session.outbox.close();
        }
    }

    fn probe(&mut self, session: SessionId) {
        if let Some(session) = self.sessions.get(&session) {
            session.outbox.probe();
        }
    }

    fn submit(&mut self, job: Job) {
        self.backlog.push_back(job);
        self.work_off();
    }

    fn work_off(&mut self) {
        while let Some(job) = self.backlog.pop_front() {
            if let Err(job) = self.store.submit(job) {
                self.backlog.push_front(job);
                break;
            }
        }
    }

    /// Does what is due by now. Called after everything that happens, so that a flood of events holds up no timer.
    fn catch_up(&mut self) {
        self.work_off();
        let now = Instant::now();
        if self.wake_at.is_some_and(|moment| self.clock.instant(moment) <= now) {
            self.wake_at = None;
            self.feed(Input::Woke);
        }
        for id in self.flush.due(now) {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.is_marked = false;
                session.outbox.wake();
            }
        }
    }

    /// When something is due next.
    fn next_moment(&self) -> Option<Instant> {
        let wake = self.wake_at.map(|moment| self.clock.instant(moment));
        let retry = (!self.backlog.is_empty()).then(|| Instant::now() + RETRY);
        [wake, retry, self.flush.next(), self.stop_by].into_iter().flatten().min()
    }

    fn begin_stop(&mut self) {
        self.stop_by = Some(Instant::now() + STOP_GRACE);
        self.feed(Input::StopAsked);
    }

    fn is_over(&self) -> bool {
        self.stop_by
            .is_some_and(|deadline| (self.sessions.is_empty() && self.backlog.is_empty()) || Instant::now() >= deadline)
    }

    /// Closes what is left and then the store. Its answers are taken to the end, because it may wait for room for them.
    async fn end(self, mut queues: Queues) -> Result<(), StoreError> {
        self.sessions.values().for_each(|session| session.outbox.close());
        queues.events.close();
        let store = self.store;
        let mut closed = tokio::task::spawn_blocking(move || store.close());
        loop {
            tokio::select! {
                result = &mut closed => return result.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())),
                Some(_) = queues.answers.recv() => {}
            }
        }
    }
}
