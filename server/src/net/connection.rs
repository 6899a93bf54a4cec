//! One connection after TLS: frames from the client to the hub, frames from the hub to the client, and every deadline.
//!
//! One task owns the socket and does everything in *turns*: a turn waits until there is something to read, to write, to
//! fetch from the mailbox, or until a deadline. While the hub's queue is full or the client is to slow down, turns go on
//! without reading, so that nobody waits for what is already said.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use shared::caps::Caps;
use shared::codec;
use shared::id::{DeviceTicket, ResumeTicket};
use shared::limits::{DEAD_AFTER_MS, FRAME_AFTER_LOGIN, FRAME_BEFORE_LOGIN, PING_AFTER_MS};
use shared::message::{ClientMessage, Refusal, ServerMessage, Welcome};
use shared::version;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, Sleep, timeout};

use super::admission::Pass;
use super::greet::Origin;
use super::outbox::{Mailbox, Outbox, outbox};
use super::pace::{Bucket, Rate};
use super::request::{self, Fault, Said};
use super::wire::{Progress, Wire};
use super::{Event, Settings};
use crate::chat::{Fresh, Input, Request, SessionId};
use crate::names::Policy;

mod ending;
mod open;

pub use ending::Ending;
use ending::Farewell;
use open::Open;
pub(super) use open::{UNANSWERED, UNANSWERED_LISTS};

/// How long `hello` may take.
pub(super) const HELLO: Duration = Duration::from_secs(10);

/// How long a login may take. A person types here; OpenSSH's `LoginGraceTime` is the same.
pub(super) const LOGIN: Duration = Duration::from_mins(2);

/// How long a frame may take from its first byte to its last: 64 KiB over a slow mobile link.
pub(super) const FRAME: Duration = Duration::from_secs(15);

/// How long the client may take nothing of what waits to be written.
pub(super) const STALL: Duration = Duration::from_secs(20);

/// Silence after which the client is asked whether it is there.
pub(super) const PING_AFTER: Duration = Duration::from_millis(PING_AFTER_MS);

/// Silence after which it is taken for gone.
pub(super) const DEAD_AFTER: Duration = Duration::from_millis(DEAD_AFTER_MS);

/// Bytes said without the hub (`pong`) that may wait to be written before nothing more is read: a client that asks and
/// does not listen makes us keep no more than that.
pub(super) const OWN_BYTES: usize = 16 * 1024;

/// How fast messages are read: a few pasted lines at once, then a fast typist.
pub(super) const MESSAGES: Rate = Rate { burst: 20, per_second: 5 };

/// How fast anything is read: a client that shows a busy lobby confirms what it has shown, and still has room.
pub(super) const FRAMES: Rate = Rate { burst: 500, per_second: 100 };

/// Whether a turn reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    On,
    /// Something that was read has to be dealt with first.
    Paused,
}

/// Whether the hub wants a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    /// It does not.
    Unasked,
    /// It does, and nothing has come since.
    Asked,
    /// There was one, which the hub is still to be told.
    Heard,
}

/// What ended a turn.
enum Turn {
    Wire(io::Result<Progress>),
    News,
    Clock,
}

/// A connection from `hello` to its end.
pub struct Connection<S> {
    wire: Wire<S>,
    mailbox: Mailbox,
    events: mpsc::Sender<Event>,
    session: SessionId,
    address: SocketAddr,
    pass: Pass,
    names: Policy,
    /// What the client can do.
    caps: Caps,
    /// How fast messages and frames are read, where that is limited.
    pace: Option<(Bucket, Bucket)>,
    is_logged_in: bool,
    open: Open,
    /// Whether the hub is to be told that the outbox has been emptied.
    has_drained: bool,
    /// Whether the hub wants to know when the client is heard next.
    probe: Probe,
    /// Until when the client has to be greeted, then logged in.
    patience: Option<Instant>,
    /// When something was read, or could not have been.
    heard: Instant,
    has_pinged: bool,
    /// When the first byte of the frame under way was seen.
    frame_since: Option<Instant>,
    timer: Pin<Box<Sleep>>,
    /// When the timer goes off. It is moved only to an earlier moment; a deadline that moved on is found out when it does.
    armed: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// A connection on which nothing has been said, and the way to say something on it.
    pub fn new(
        wire: Wire<S>,
        session: SessionId,
        origin: Origin,
        settings: &Settings,
        events: mpsc::Sender<Event>,
    ) -> (Self, Outbox) {
        let (outbox, mailbox) = outbox(settings.outbox_bytes, &settings.budget);
        let now = Instant::now();
        let armed = now + HELLO;
        let connection = Self {
            wire,
            mailbox,
            events,
            session,
            address: origin.address,
            pass: origin.pass,
            names: settings.names,
            caps: Caps::default(),
            pace: None,
            is_logged_in: false,
            open: Open::default(),
            has_drained: false,
            probe: Probe::Unasked,
            patience: Some(armed),
            heard: now,
            has_pinged: false,
            frame_since: None,
            timer: Box::pin(tokio::time::sleep_until(armed)),
            armed,
        };
        (connection, outbox)
    }

    /// Reads messages no faster than a person types from now on.
    pub fn pace(&mut self) {
        let now = Instant::now();
        self.pace = Some((Bucket::new(MESSAGES, now), Bucket::new(FRAMES, now)));
    }

    /// Waits for `hello` and answers it.
    pub async fn greet(&mut self, welcome: impl FnOnce(u16) -> Welcome) -> Result<(), Ending> {
        let body = loop {
            if let Some(body) = self.next_frame()? {
                break body;
            }
            self.turn(Hearing::On).await?;
        };
        match request::decode(&body) {
            Ok(ClientMessage::Hello { proto_min, proto_max, client, caps }) => {
                let Some(proto) = version::agree(proto_min, proto_max) else {
                    return Err(Ending::Version(proto_min, proto_max));
                };
                if let Some(wait) = self.pass.penalty(Instant::now()) {
                    return Err(Ending::Penalty(wait));
                }
                let client = client.chars().take(64).collect::<String>();
                tracing::debug!("connection {} from {} is {client:?}", self.session.0, self.address.ip());
                self.caps = Caps::read(&caps);
                self.wire.say(&codec::encode(&ServerMessage::Welcome(welcome(proto))));
                self.patience = Some(Instant::now() + LOGIN);
                Ok(())
            }
            Ok(_) | Err(Fault::Refused(_)) => Err(Ending::Unexpected),
            Err(Fault::Broken(error)) => Err(Ending::Broken(error)),
        }
    }

    /// Serves a greeted connection to its end. The hub is told once that it began and once that it ended.
    pub async fn run(&mut self, outbox: Outbox) {
        let Self { session, address, caps, .. } = *self;
        let opened = Event::Opened { session, address, fresh: Box::new(fresh_tickets()), caps, outbox };
        if self.events.send(opened).await.is_err() {
            return self.turn_away(Ending::Asked).await;
        }
        let farewell = Farewell::new(self.events.clone(), session);
        let ending = self.converse().await;
        if self.open.has_knocked() {
            // Whoever does not wait for the answer to a guess has guessed all the same.
            self.pass.penalise(Instant::now());
        }
        let reason = ending.reason();
        self.speak_last(&ending).await;
        tracing::info!("closed connection {} from {}: {ending}", session.0, address.ip());
        farewell.say(reason).await;
        self.wire.close().await;
    }

    /// Ends a connection that was not greeted.
    pub async fn turn_away(&mut self, ending: Ending) {
        tracing::info!("closed connection {} from {}: {ending}", self.session.0, self.address.ip());
        self.speak_last(&ending).await;
        self.wire.close().await;
    }

    async fn converse(&mut self) -> Ending {
        loop {
            if let Err(ending) = self.step().await {
                return ending;
            }
        }
    }

    /// Deals with one frame, or waits when there is none.
    async fn step(&mut self) -> Result<(), Ending> {
        if std::mem::take(&mut self.has_drained) {
            self.tell(Event::Input(Input::SessionDrained { session: self.session })).await?;
        }
        if self.probe == Probe::Heard {
            self.probe = Probe::Unasked;
            self.tell(Event::Input(Input::SessionHeard { session: self.session })).await?;
        }
        if self.mailbox.is_lagging() {
            return self.turn(Hearing::Paused).await;
        }
        match self.next_frame()? {
            Some(body) => self.hear(&body).await,
            None => self.turn(Hearing::On).await,
        }
    }

    async fn hear(&mut self, body: &BytesMut) -> Result<(), Ending> {
        let message = match request::decode(body) {
            Ok(message) => message,
            Err(Fault::Refused(refusal)) => return self.refuse(refusal).await,
            Err(Fault::Broken(error)) => return Err(Ending::Broken(error)),
        };
        self.slow_down(matches!(message, ClientMessage::Send { .. })).await?;
        match request::check(message, self.names) {
            Ok(Said::Request(request)) => self.ask(request).await,
            Ok(Said::Ping(n)) => {
                self.wire.say(&codec::encode(&ServerMessage::Pong { n }));
                Ok(())
            }
            Ok(Said::Pong | Said::Nothing) => Ok(()),
            Err(refusal) => self.refuse(refusal).await,
        }
    }

    /// Passes a request on, once few enough are unanswered: what a client makes us keep for it has a bound.
    async fn ask(&mut self, request: Request) -> Result<(), Ending> {
        if let Some(most) = Open::beside(&request) {
            self.wait_for_answers(most).await?;
        }
        if matches!(request, Request::Login { .. }) {
            self.open.knocked();
        }
        self.tell(Event::Input(Input::Asked { session: self.session, request })).await
    }

    /// Waits until fewer than `most` requests are unanswered, and counts one more.
    async fn wait_for_answers(&mut self, most: usize) -> Result<(), Ending> {
        while !self.open.has_room(most) {
            self.turn(Hearing::Paused).await?;
        }
        self.open.asked();
        Ok(())
    }

    async fn refuse(&mut self, refusal: Box<Refusal>) -> Result<(), Ending> {
        if refusal.re.is_some() {
            self.wait_for_answers(UNANSWERED).await?;
        }
        self.tell(Event::Refused { session: self.session, refusal }).await
    }

    /// Waits where this session speaks faster than it may.
    async fn slow_down(&mut self, is_message: bool) -> Result<(), Ending> {
        let Some((messages, frames)) = &mut self.pace else { return Ok(()) };
        let now = Instant::now();
        let wait = messages.pay(u32::from(is_message), now).max(frames.pay(1, now));
        if wait.is_zero() { Ok(()) } else { self.meanwhile(tokio::time::sleep(wait)).await }
    }

    /// Puts an event into the hub's queue, and waits where that is full.
    async fn tell(&mut self, event: Event) -> Result<(), Ending> {
        match self.events.try_send(event) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(Ending::Asked),
            Err(TrySendError::Full(event)) => {
                let events = self.events.clone();
                self.meanwhile(events.send(event)).await?.map_err(|_| Ending::Asked)
            }
        }
    }

    /// Waits for something other than this connection. Turns go on meanwhile, without reading.
    async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> Result<T, Ending> {
        let mut other = std::pin::pin!(other);
        loop {
            tokio::select! {
                biased;
                done = &mut other => return Ok(done),
                turn = self.turn(Hearing::Paused) => turn?,
            }
        }
    }

    /// Waits until something happens and does what has to be done about it. May be given up at any time.
    async fn turn(&mut self, hearing: Hearing) -> Result<(), Ending> {
        let reading = hearing == Hearing::On && self.wire.own_bytes() < OWN_BYTES;
        match poll_fn(|context| self.poll_turn(context, reading)).await {
            Turn::Wire(Ok(Progress::Read)) => {
                self.heard = Instant::now();
                self.has_pinged = false;
                if self.probe == Probe::Asked {
                    self.probe = Probe::Heard;
                }
                Ok(())
            }
            Turn::Wire(Ok(Progress::Written)) | Turn::News => self.fetch(),
            Turn::Wire(Ok(Progress::End)) => Err(Ending::Left),
            Turn::Wire(Err(error)) => Err(Ending::Lost(error)),
            Turn::Clock => self.check_deadlines(reading),
        }
    }

    fn poll_turn(&mut self, context: &mut Context<'_>, reading: bool) -> Poll<Turn> {
        if let Poll::Ready(progress) = self.wire.poll_progress(context, reading) {
            return Poll::Ready(Turn::Wire(progress));
        }
        if !self.wire.is_writing() && self.mailbox.poll_news(context).is_ready() {
            return Poll::Ready(Turn::News);
        }
        let due = self.next_deadline(reading);
        if due < self.armed {
            self.timer.as_mut().reset(due);
            self.armed = due;
        }
        ready!(self.timer.as_mut().poll(context));
        Poll::Ready(Turn::Clock)
    }

    /// Fetches what the hub wants to say. Nothing is being written now.
    fn fetch(&mut self) -> Result<(), Ending> {
        let news = self.mailbox.take(self.wire.output());
        self.open.answered(news);
        if !self.is_logged_in {
            (0..news.logins_refused).for_each(|_| self.pass.penalise(Instant::now()));
        }
        if news.logged_in && !self.is_logged_in {
            self.is_logged_in = true;
            self.patience = None;
            // The login may have waited for longer than a session may be silent.
            (self.heard, self.has_pinged) = (Instant::now(), false);
            self.pass.logged_in();
        }
        if news.probed {
            self.probe = Probe::Asked;
            self.wire.say(&codec::encode(&ServerMessage::Ping { n: self.session.0 }));
        }
        self.has_drained |= news.drained;
        if news.closing { Err(Ending::Asked) } else { Ok(()) }
    }

    fn next_frame(&mut self) -> Result<Option<BytesMut>, Ending> {
        let limit = if self.is_logged_in { FRAME_AFTER_LOGIN } else { FRAME_BEFORE_LOGIN };
        let frame = self.wire.next_frame(limit).map_err(Ending::Broken)?;
        if frame.is_some() || !self.wire.has_partial_frame() {
            self.frame_since = None;
        } else {
            self.frame_since.get_or_insert(self.heard);
        }
        Ok(frame)
    }

    fn next_deadline(&self, reading: bool) -> Instant {
        let silence = self.heard + if self.has_pinged { DEAD_AFTER } else { PING_AFTER };
        // Nobody is asked whether they are there before they log in: their time is short enough, and they may sleep.
        let until = self.patience.unwrap_or(silence);
        let frame = self.frame_since.filter(|_| reading).map(|since| since + FRAME);
        let stall = self.wire.stalled_since().map(|since| since + STALL);
        [frame, stall].into_iter().flatten().fold(until, Instant::min)
    }

    /// The timer has gone off: something may be late.
    fn check_deadlines(&mut self, reading: bool) -> Result<(), Ending> {
        let now = Instant::now();
        let is_over = |since: Option<Instant>, limit| since.is_some_and(|since| now.duration_since(since) >= limit);
        if self.patience.is_some_and(|patience| now >= patience) {
            return Err(Ending::LoginTimeout);
        }
        if is_over(self.wire.stalled_since(), STALL) {
            return Err(Ending::TooSlow);
        }
        if reading && is_over(self.frame_since, FRAME) {
            return Err(Ending::SlowFrame);
        }
        if !reading || self.wire.is_writing() {
            // Whoever is not listened to cannot be called silent, nor slow. Who has much to read first cannot answer a
            // ping behind it; that it does read is what the stall deadline sees to.
            self.heard = now;
            self.frame_since = self.frame_since.map(|_| now);
        } else if self.patience.is_some() {
            // A login has its own time.
        } else if is_over(Some(self.heard), DEAD_AFTER) {
            return Err(Ending::Silent);
        } else if !self.has_pinged && is_over(Some(self.heard), PING_AFTER) {
            self.has_pinged = true;
            self.wire.say(&codec::encode(&ServerMessage::Ping { n: self.session.0 }));
        }
        self.armed = self.next_deadline(reading);
        self.timer.as_mut().reset(self.armed);
        Ok(())
    }

    /// Writes what is left and why the connection ends, if the other side can still read it.
    async fn speak_last(&mut self, ending: &Ending) {
        if let Some(words) = ending.last_words() {
            self.wire.say(&codec::encode(&words));
        }
        if ending.can_be_heard() {
            // A client that takes nothing for so long gets nothing more.
            let _ = timeout(STALL, poll_fn(|context| self.wire.poll_drain(context))).await;
        }
    }
}

/// Two tickets that nobody can guess.
fn fresh_tickets() -> Fresh {
    let random = |bytes: &mut [u8; 32]| {
        // The operating system's generator fails on no system that could have brought us here through a TLS handshake.
        rustls::crypto::aws_lc_rs::default_provider().secure_random.fill(bytes).expect("the system has randomness");
    };
    let (mut resume, mut device) = ([0; 32], [0; 32]);
    random(&mut resume);
    random(&mut device);
    Fresh { resume: ResumeTicket(resume), device: DeviceTicket(device) }
}
