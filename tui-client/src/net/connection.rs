//! Frames both ways over a connection that is greeted: one task owns the stream.
//!
//! What is due goes out in one write and one flush. Pings are answered and sent here, because they say something about
//! the connection and nothing about the chat.

use std::io;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, BytesMut};
use shared::codec;
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, ServerMessage};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until, timeout};

use super::connect::Duplex;
use super::{NetEvent, Report, Timing};

/// Messages taken from the queue for one write.
const BATCH: usize = 64;

/// The most that is read at once: one TLS record.
const READ_CHUNK: usize = 16 * 1024;

/// A delay is told when it differs from the last one told by more than this and by more than a quarter: whoever looks at
/// it is not woken because it was 2 ms and is now 3.
const DELAY_STEP: Duration = Duration::from_millis(2);

/// With more than this waiting to be written nothing is read, so that a server cannot make its client hoard pongs.
const OUT_LIMIT: usize = 64 * 1024;

type Writer = WriteHalf<Box<dyn Duplex>>;

/// Carries frames until one side ends the connection, and says why it ended. `read` was read behind the greeting, which
/// took `delay`.
pub(super) async fn run(
    stream: Box<dyn Duplex>,
    (read, delay): (BytesMut, Duration),
    mut queue: Receiver<ClientMessage>,
    report: &Report,
    timing: Timing,
) -> String {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut connection = Connection {
        incoming: Incoming { bytes: read, held: None, unknown: 0 },
        outgoing: Outgoing { bytes: BytesMut::new(), is_flushed: true, stuck_since: None, broken: None },
        pulse: Pulse { heard: Instant::now(), pinged: None, pings: 0, told: Some(delay), is_beating: false },
        timing,
    };
    let end = connection.carry(&mut reader, &mut writer, &mut queue, report).await;
    tracing::debug!(unknown = connection.incoming.unknown, "connection ends");
    match end {
        End::Lost(why) => why.into_owned(),
        End::Done => {
            finish(&mut reader, &mut writer, &mut connection.outgoing, &timing).await;
            "closed by this client".to_owned()
        }
    }
}

/// Why frames stop.
enum End {
    /// The other side, or the way to it.
    Lost(std::borrow::Cow<'static, str>),
    /// This side: the link was dropped.
    Done,
}

impl End {
    const fn lost(why: &'static str) -> Self {
        Self::Lost(std::borrow::Cow::Borrowed(why))
    }
}

struct Connection {
    incoming: Incoming,
    outgoing: Outgoing,
    pulse: Pulse,
    timing: Timing,
}

struct Incoming {
    bytes: BytesMut,
    /// An event that found no room. While there is one, nothing is read.
    held: Option<NetEvent>,
    /// Messages this build does not know.
    unknown: u64,
}

struct Outgoing {
    bytes: BytesMut,
    is_flushed: bool,
    /// Since when something waits and nothing of it was taken.
    stuck_since: Option<Instant>,
    /// When and how writing failed. What the server said before is still read.
    broken: Option<(Instant, io::Error)>,
}

struct Pulse {
    /// When the server was last heard, or when this side began to listen again.
    heard: Instant,
    /// The last ping and when it left.
    pinged: Option<(u64, Instant)>,
    pings: u64,
    /// The last delay that was told.
    told: Option<Duration>,
    /// Whether anything was said to the server. Who only looks whether it is there needs no heartbeat: the system itself
    /// notices within a minute that the way is dead ([`super::tune`]), and nothing wakes up until then.
    is_beating: bool,
}

impl Connection {
    async fn carry(
        &mut self,
        reader: &mut ReadHalf<Box<dyn Duplex>>,
        writer: &mut Writer,
        queue: &mut Receiver<ClientMessage>,
        report: &Report,
    ) -> End {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            if let Err(end) = self.hand_over(report) {
                return end;
            }
            let deadline = self.deadline();
            let is_listening = self.is_listening();
            let has_output = self.outgoing.has_any();
            tokio::select! {
                room = report.events.reserve(), if self.incoming.held.is_some() => match room {
                    Ok(room) => self.release(room, report.generation),
                    Err(_) => return End::Done,
                },
                read = read_chunk(reader, &mut self.incoming.bytes, READ_CHUNK), if is_listening => {
                    if let Err(end) = self.heard(read) {
                        return end;
                    }
                }
                written = self.outgoing.push(writer), if has_output => self.outgoing.note(written),
                count = queue.recv_many(&mut batch, BATCH), if !has_output => {
                    if count == 0 {
                        return End::Done;
                    }
                    self.pulse.begin();
                    batch.drain(..).for_each(|message| self.outgoing.add(&message));
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    if let Err(end) = self.tick() {
                        return end;
                    }
                }
            }
        }
    }

    fn is_listening(&self) -> bool {
        self.incoming.held.is_none() && self.outgoing.bytes.len() < OUT_LIMIT
    }

    /// Hands over every whole frame that has been read, as far as there is room.
    fn hand_over(&mut self, report: &Report) -> Result<(), End> {
        const GARBAGE: End = End::lost("the server sent something that is not Tern");
        while self.is_listening() {
            let frame = codec::take_frame(&mut self.incoming.bytes, FRAME_AFTER_LOGIN).map_err(|_| GARBAGE)?;
            let Some(frame) = frame else { break };
            let Some(event) = self.judge(codec::decode(&frame).map_err(|_| GARBAGE)?) else { continue };
            match report.events.try_send((report.generation, event)) {
                Ok(()) => {}
                Err(TrySendError::Full((_, event))) => self.incoming.held = Some(event),
                Err(TrySendError::Closed(_)) => return Err(End::Done),
            }
        }
        Ok(())
    }

    /// What a message means to the loop; nothing when it is about the connection.
    fn judge(&mut self, message: ServerMessage) -> Option<NetEvent> {
        match message {
            ServerMessage::Ping { n } => {
                self.outgoing.add(&ClientMessage::Pong { n });
                None
            }
            ServerMessage::Pong { n } => self.pulse.answered(n).map(NetEvent::Delay),
            ServerMessage::Unknown => {
                self.incoming.unknown += 1;
                None
            }
            other => Some(NetEvent::Message(other)),
        }
    }

    /// There is room again. The silence while nobody listened was not the server's.
    fn release(&mut self, room: tokio::sync::mpsc::Permit<'_, (u64, NetEvent)>, generation: u64) {
        if let Some(event) = self.incoming.held.take() {
            room.send((generation, event));
        }
        self.pulse.heard = Instant::now();
    }

    fn heard(&mut self, read: io::Result<usize>) -> Result<(), End> {
        self.pulse.heard = Instant::now();
        match (read, &self.outgoing.broken) {
            (Ok(0) | Err(_), Some((_, error))) => Err(broke(error)),
            (Ok(0), None) => Err(End::lost("the server closed the connection")),
            (Err(error), None) => Err(broke(&error)),
            (Ok(_), _) => Ok(()),
        }
    }

    /// When to look at the clock next.
    fn deadline(&self) -> Option<Instant> {
        if let Some((since, _)) = self.outgoing.broken {
            return Some(since + self.timing.close);
        }
        let stall = self.outgoing.stuck_since.map(|since| since + self.timing.write_stall);
        let silence = self.is_listening().then(|| self.pulse.deadline(&self.timing)).flatten();
        stall.into_iter().chain(silence).min()
    }

    fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if let Some((since, error)) = &self.outgoing.broken {
            return if now >= *since + self.timing.close { Err(broke(error)) } else { Ok(()) };
        }
        if self.outgoing.stuck_since.is_some_and(|since| now >= since + self.timing.write_stall) {
            return Err(End::lost("the server takes nothing any more"));
        }
        if !self.is_listening() {
            return Ok(());
        }
        let is_silent = self.pulse.deadline(&self.timing).is_some_and(|deadline| now >= deadline);
        match (is_silent, self.pulse.is_waiting()) {
            (false, _) => Ok(()),
            (true, true) => Err(End::lost("the server does not answer")),
            (true, false) => {
                let ping = self.pulse.ping(now);
                self.outgoing.add(&ping);
                Ok(())
            }
        }
    }
}

/// Whether a delay differs enough from the last one that was told.
pub(super) fn is_news(told: Option<Duration>, delay: Duration) -> bool {
    told.is_none_or(|told| told.abs_diff(delay) > DELAY_STEP.max(told / 4))
}

/// Reads once, and at most one chunk, whatever room the buffer happens to have: frames that wait for a slow reader would
/// make it larger and larger.
pub(crate) async fn read_chunk<R: AsyncRead + Unpin>(
    reader: &mut R,
    bytes: &mut BytesMut,
    chunk: usize,
) -> io::Result<usize> {
    bytes.reserve(chunk);
    reader.read_buf(&mut bytes.limit(chunk)).await
}

fn broke(error: &io::Error) -> End {
    End::Lost(format!("the connection broke ({error})").into())
}

impl Outgoing {
    /// Appends a message to the next write. After a failed write there is none.
    fn add(&mut self, message: &ClientMessage) {
        if self.broken.is_none() {
            self.bytes.extend_from_slice(&codec::encode(message));
            self.stuck_since.get_or_insert_with(Instant::now);
        }
    }

    fn has_any(&self) -> bool {
        self.broken.is_none() && !(self.bytes.is_empty() && self.is_flushed)
    }

    /// One step: a write, or the flush after the last. It can be given up at any point and begun again.
    async fn push<W: AsyncWrite + Unpin>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.bytes.is_empty() {
            writer.flush().await?;
            self.is_flushed = true;
            return Ok(());
        }
        self.is_flushed = false;
        match writer.write(&self.bytes).await? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            count => {
                self.bytes.advance(count);
                Ok(())
            }
        }
    }

    /// Notes how a step went.
    fn note(&mut self, step: io::Result<()>) {
        match step {
            Ok(()) => self.stuck_since = self.has_any().then(Instant::now),
            Err(error) => {
                self.bytes.clear();
                self.stuck_since = None;
                self.broken = Some((Instant::now(), error));
            }
        }
    }
}

impl Pulse {
    /// Whether the server was asked and has been silent since.
    fn is_waiting(&self) -> bool {
        self.pinged.is_some_and(|(_, sent)| sent >= self.heard)
    }

    /// When silence becomes a ping, and a ping without an answer the end. It counts from the ping, not from the silence:
    /// a program that was stopped in between must ask before it gives up.
    fn deadline(&self, timing: &Timing) -> Option<Instant> {
        let deadline = match self.pinged {
            Some((_, sent)) if self.is_waiting() => sent + timing.dead_after.saturating_sub(timing.ping_after),
            _ => self.heard + timing.ping_after,
        };
        self.is_beating.then_some(deadline)
    }

    /// Something is said: from now on silence means something.
    fn begin(&mut self) {
        if !self.is_beating {
            (self.is_beating, self.heard) = (true, Instant::now());
        }
    }

    fn ping(&mut self, now: Instant) -> ClientMessage {
        self.pings += 1;
        self.pinged = Some((self.pings, now));
        ClientMessage::Ping { n: self.pings }
    }

    /// The time an answered ping took; nothing when it was not asked for, or is no news.
    fn answered(&mut self, n: u64) -> Option<Duration> {
        let (_, sent) = self.pinged.take_if(|(asked, _)| *asked == n)?;
        let delay = sent.elapsed();
        if !is_news(self.told, delay) {
            return None;
        }
        self.told = Some(delay);
        Some(delay)
    }
}

/// Sends the rest, says goodbye to TLS, and reads until the server closes too: closing a socket with unread bytes in
/// it would be a reset, which can destroy what was just sent.
async fn finish(reader: &mut ReadHalf<Box<dyn Duplex>>, writer: &mut Writer, outgoing: &mut Outgoing, timing: &Timing) {
    let goodbye = async {
        while outgoing.has_any() {
            outgoing.push(writer).await?;
        }
        writer.shutdown().await
    };
    match timeout(timing.close, goodbye).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return tracing::debug!(%error, "the rest could not be sent"),
        Err(_) => return tracing::debug!("the server does not take the rest"),
    }
    let mut rest = vec![0; READ_CHUNK];
    let closed = async { while reader.read(&mut rest).await.is_ok_and(|count| count > 0) {} };
    if timeout(timing.close / 5, closed).await.is_err() {
        tracing::debug!("the server does not close");
    }
}
