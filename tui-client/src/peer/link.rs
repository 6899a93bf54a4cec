//! One private session at work: the task that finds the other client, and then carries texts and files.
//!
//! Texts go before files: what is about a file waits in a short queue of its own, and a text overtakes it there. What the
//! other side sends is read only as fast as the model takes it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use shared::codec;
use shared::id::OfferId;
use shared::limits::{FILE_PIECE, PEER_FRAME};
use shared::message::{Kind, Meeting, Reason};
use shared::peer::PeerMessage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsStream;

use super::doorway::Doorway;
use super::identity::Identity;
use super::meet::{Met, meet};
use super::session::{End, Out, Session};
pub use super::timing::LinkTiming;
use super::transfer::{FileOrder, Output, TransferSettings, Transfers};
use crate::app::moment::Mono;
use crate::app::peer::{Closed, Opened, PeerEvent};
use crate::net::read_chunk;

/// Orders that may wait. The model keeps at most a thousand texts that have not arrived.
const ORDERS: usize = 1024;

/// The most that is read at once.
const READ_CHUNK: usize = 64 * 1024;

/// Frames about files that may wait to be written. With a single one the disk and the socket wait for each other: half
/// the speed was measured.
const FILE_FRAMES: usize = 4;

/// With more than this waiting to be written nothing is read, so that the other side cannot make this one hoard answers.
const OUT_LIMIT: usize = 8 * FILE_PIECE;

/// What a link begins with.
#[derive(Debug)]
pub struct LinkSetup {
    /// Where this client listens.
    pub doorway: Doorway,
    /// What the server has told of the other client.
    pub meeting: Meeting,
    /// The own name.
    pub me: String,
    /// The own key.
    pub identity: Arc<Identity>,
    /// Where received files go.
    pub downloads: PathBuf,
    /// How long each step may take.
    pub timing: LinkTiming,
}

/// Something to do in an open session.
#[derive(Debug)]
pub enum LinkOrder {
    /// Send a text.
    Say {
        /// Its number: 1, 2, 3 and so on.
        n: u64,
        /// The text.
        text: String,
        /// How it is meant.
        kind: Kind,
    },
    /// Say that a text is being typed.
    Typing,
    /// Say why, and close.
    Close(Reason),
    /// Something about a file.
    File(FileOrder),
}

/// The handle of one session. Dropping it ends the session without a word once what was handed over has left.
#[derive(Debug)]
pub struct Link {
    orders: mpsc::Sender<LinkOrder>,
}

impl Link {
    /// Hands an order over, or gives it back when there is no room or the session has ended.
    pub fn send(&self, order: LinkOrder) -> Result<(), LinkOrder> {
        self.orders.try_send(order).map_err(mpsc::error::TrySendError::into_inner)
    }
}

/// Starts one session. Its last event is exactly one [`PeerEvent::NoWay`] or [`PeerEvent::Closed`]. Must be called
/// inside a Tokio runtime.
pub fn spawn(setup: LinkSetup, events: mpsc::Sender<(OfferId, PeerEvent)>) -> Link {
    let (tx, orders) = mpsc::channel(ORDERS);
    let report = Report { offer: setup.meeting.offer, events };
    tokio::spawn(async move {
        let last = attend(setup, orders, &report).await;
        report.tell(last).await;
    });
    Link { orders: tx }
}

/// Where the events of one session go.
struct Report {
    offer: OfferId,
    events: mpsc::Sender<(OfferId, PeerEvent)>,
}

impl Report {
    /// Waits for room. A receiver that has gone needs no events.
    async fn tell(&self, event: PeerEvent) {
        let _ = self.events.send((self.offer, event)).await;
    }
}

async fn attend(setup: LinkSetup, mut orders: mpsc::Receiver<LinkOrder>, report: &Report) -> PeerEvent {
    let LinkSetup { doorway, meeting, me, identity, downloads, timing } = setup;
    let (initiator, user, key) = (meeting.initiator, meeting.name.clone(), meeting.key);
    let met = tokio::select! {
        met = meet(doorway, meeting, me, &identity, timing) => met,
        () = given_up(&mut orders) => return PeerEvent::Closed(Closed::Here),
    };
    let Met { stream, read, address, words, .. } = match met {
        Ok(met) => met,
        Err(no_way) => return PeerEvent::NoWay(no_way),
    };
    report.tell(PeerEvent::Opened(Opened { address: address.to_string(), words, key })).await;
    let start = Instant::now();
    let transfers = Transfers::new(TransferSettings { downloads, user, key, initiator });
    let session = Session::new(Mono(0));
    let (mut reader, writer) = tokio::io::split(stream);
    let mut open =
        Open { session, transfers, start, read, frame_since: None, out: Outgoing::default(), writer, timing };
    let end = open.carry(&mut reader, &mut orders, report).await;
    let Open { transfers, mut writer, mut out, .. } = open;
    transfers.end();
    if let Some(reason) = end.bye {
        out.add(&PeerMessage::Bye { reason });
        // Who is not there any more needs no goodbye.
        let _ = timeout(timing.close, out.finish(&mut writer, &mut reader)).await;
    }
    PeerEvent::Closed(end.closed)
}

/// Waits until nobody wants the session any more.
async fn given_up(orders: &mut mpsc::Receiver<LinkOrder>) {
    while let Some(order) = orders.recv().await {
        if matches!(order, LinkOrder::Close(_)) {
            return;
        }
    }
}

type Stream = TlsStream<TcpStream>;

struct Open {
    session: Session,
    transfers: Transfers,
    /// Zero of the session's clock.
    start: Instant,
    read: BytesMut,
    /// Since when a frame is incomplete.
    frame_since: Option<Instant>,
    out: Outgoing,
    writer: WriteHalf<Stream>,
    timing: LinkTiming,
}

impl Open {
    /// Carries frames until one side ends the session.
    async fn carry(
        &mut self,
        reader: &mut ReadHalf<Stream>,
        orders: &mut mpsc::Receiver<LinkOrder>,
        report: &Report,
    ) -> End {
        let first = self.session.ask_delay(self.now());
        if let Err(end) = self.perform(vec![first], report).await {
            return end;
        }
        loop {
            if let Err(end) = self.take_frames(report).await {
                return end;
            }
            let (deadline, is_listening) = (self.deadline(), self.is_listening());
            let (has_output, takes_more) = (self.out.has_any(), self.out.files.len() < FILE_FRAMES);
            let step = tokio::select! {
                biased;
                written = self.out.push(&mut self.writer), if has_output => {
                    self.out.note(written);
                    Ok(())
                }
                order = orders.recv() => self.order(order, report).await,
                read = read_chunk(reader, &mut self.read, READ_CHUNK), if is_listening => self.heard(read),
                output = self.transfers.next(), if takes_more => self.output(output, report).await,
                () = sleep_until(deadline) => self.tick(),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Whether more can be taken in: nothing is, while too much waits to go out.
    fn is_listening(&self) -> bool {
        self.out.length() < OUT_LIMIT && !self.transfers.is_behind()
    }

    fn now(&self) -> Mono {
        Mono(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Takes every whole frame that has been read, as long as its answers find room.
    async fn take_frames(&mut self, report: &Report) -> Result<(), End> {
        while self.is_listening() {
            let frame = codec::take_frame(&mut self.read, PEER_FRAME);
            let Some(frame) = frame.map_err(|_| End::violation("a frame that is too large or empty"))? else { break };
            self.frame_since = None;
            let message = codec::decode(&frame).map_err(|_| End::violation("a frame that means nothing"))?;
            let out = self.session.handle(message, self.now())?;
            self.perform(out, report).await?;
        }
        if self.read.is_empty() {
            self.frame_since = None;
        } else {
            self.frame_since.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    async fn perform(&mut self, out: Vec<Out>, report: &Report) -> Result<(), End> {
        for out in out {
            match out {
                Out::Send(message) => self.out.add(&message),
                Out::Tell(event) => report.tell(event).await,
                Out::File(message) => {
                    self.transfers.heard(message).map_err(|violation| End::violation(&violation.to_string()))?;
                }
            }
        }
        Ok(())
    }

    async fn order(&mut self, order: Option<LinkOrder>, report: &Report) -> Result<(), End> {
        match order {
            Some(LinkOrder::Say { n, text, kind }) => {
                let out = self.session.say(n, text, kind)?;
                self.perform(out, report).await
            }
            Some(LinkOrder::Typing) if self.out.has_any() => Ok(()),
            Some(LinkOrder::Typing) => {
                let out = self.session.typing();
                self.perform(out, report).await
            }
            Some(LinkOrder::File(order)) => {
                self.transfers.order(order);
                Ok(())
            }
            Some(LinkOrder::Close(reason)) => Err(End { bye: Some(reason), closed: Closed::Here }),
            None => Err(End { bye: Some(Reason::STOPPED), closed: Closed::Here }),
        }
    }

    async fn output(&mut self, output: Output, report: &Report) -> Result<(), End> {
        match output {
            Output::Frame(message) => self.out.add_file(&message),
            Output::Event(event) => report.tell(event).await,
        }
        Ok(())
    }

    fn heard(&mut self, read: std::io::Result<usize>) -> Result<(), End> {
        match read {
            Ok(0) => Err(broke("the other side closed the connection")),
            Ok(_) => {
                self.session.alive(self.now());
                Ok(())
            }
            Err(error) => Err(broke(&format!("the connection broke: {error}"))),
        }
    }

    fn deadline(&self) -> Instant {
        let silence = self.start + Duration::from_millis(self.session.deadline().0);
        let stall = self.out.stuck_since.map(|since| since + self.timing.write_stall);
        let frame = self.frame_since.map(|since| since + self.timing.frame);
        [stall, frame].into_iter().flatten().fold(silence, Instant::min)
    }

    fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if self.out.stuck_since.is_some_and(|since| now >= since + self.timing.write_stall) {
            return Err(broke("the other side takes nothing any more"));
        }
        if self.frame_since.is_some_and(|since| now >= since + self.timing.frame) {
            if self.is_listening() {
                return Err(broke("the other side stopped in the middle of a sentence"));
            }
            // Nobody has looked at it for so long.
            self.frame_since = Some(now);
        }
        if !self.is_listening() {
            // Whoever is not listened to cannot be called silent.
            self.session.alive(self.now());
        }
        if let Some(Out::Send(ping)) = self.session.tick(self.now())? {
            self.out.add(&ping);
        }
        Ok(())
    }
}

fn broke(why: &str) -> End {
    End { bye: None, closed: Closed::Broke(why.to_owned()) }
}

/// What waits to be written.
#[derive(Default)]
struct Outgoing {
    /// Of this, a part may have left already.
    current: Bytes,
    /// Texts and answers: they come next.
    urgent: BytesMut,
    /// Frames about files, in their order: they come when nothing else does.
    files: VecDeque<Bytes>,
    needs_flush: bool,
    /// Since when something waits and nothing of it was taken.
    stuck_since: Option<Instant>,
    /// Whether a write has failed: nothing more is written.
    is_broken: bool,
}

impl Outgoing {
    fn add(&mut self, message: &PeerMessage) {
        if !self.is_broken {
            self.urgent.extend_from_slice(&codec::encode(message));
            self.stuck_since.get_or_insert_with(Instant::now);
        }
    }

    fn add_file(&mut self, message: &PeerMessage) {
        if !self.is_broken {
            self.files.push_back(codec::encode(message));
            self.stuck_since.get_or_insert_with(Instant::now);
        }
    }

    /// Bytes that wait.
    fn length(&self) -> usize {
        self.current.len() + self.urgent.len() + self.files.iter().map(Bytes::len).sum::<usize>()
    }

    fn has_any(&self) -> bool {
        !self.is_broken && (self.needs_flush || self.length() > 0)
    }

    /// One step: a write, or the flush after the last. It can be given up at any point and begun again.
    async fn push(&mut self, writer: &mut WriteHalf<Stream>) -> std::io::Result<()> {
        if self.current.is_empty() {
            self.current = if self.urgent.is_empty() {
                self.files.pop_front().unwrap_or_default()
            } else {
                self.urgent.split().freeze()
            };
        }
        if self.current.is_empty() {
            writer.flush().await?;
            self.needs_flush = false;
            self.stuck_since = None;
            return Ok(());
        }
        self.needs_flush = true;
        let count = writer.write(&self.current).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        self.current.advance(count);
        self.stuck_since = Some(Instant::now());
        Ok(())
    }

    /// A write that fails is not yet the end: what the other side said before may say why.
    fn note(&mut self, written: std::io::Result<()>) {
        if let Err(error) = written {
            tracing::debug!(%error, "a write to the other client failed");
            self.is_broken = true;
            self.stuck_since = None;
        }
    }

    /// Writes everything and closes, and reads until the other side closes too: closing a socket with unread bytes in it
    /// would be a reset, which can destroy what was just sent.
    async fn finish(&mut self, writer: &mut WriteHalf<Stream>, reader: &mut ReadHalf<Stream>) -> std::io::Result<()> {
        while self.has_any() {
            self.push(writer).await?;
        }
        writer.shutdown().await?;
        let mut rest = vec![0; READ_CHUNK];
        while reader.read(&mut rest).await? > 0 {}
        Ok(())
    }
}
