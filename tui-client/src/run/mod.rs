//! The one loop: what the user does, what the network says, timers and signals go into the model, and its effects are
//! performed.
//!
//! It is the same for every [`Face`]. All waiting of the client happens in `Driver::wait` and `Driver::settle`.

mod clock;
mod editor;
mod face;
mod faces;
mod folder;
mod hosting;
mod lines;
mod main_thread;
mod network;
mod opener;
mod peers;
mod pump;
mod screen;
mod server;
mod signals;
mod stdin;
mod stdout;
#[cfg(test)]
mod tests;
mod zone;

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use shared::id::{ClientId, DeviceTicket, OfferId, Seq};
use shared::message::ClientMessage;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

pub use self::server::Server;
pub use face::{Did, Face, Shown};
pub use hosting::{Hosted, StartHost};
pub use lines::{LineFace, LineOptions};
pub use main_thread::block_on;
pub use network::Wire;
pub use screen::ScreenOptions;
pub use signals::Signals;
pub use zone::local_zone;

use crate::app::command::Showing;
use crate::app::effect::{Effect, LogIn};
use crate::app::exit::Exit;
use crate::app::intent::Saying;
use crate::app::model::{Model, Settings};
use crate::app::moment::{Jitter, Moment};
use crate::app::msg::Msg;
use crate::app::peer::PeerEvent;
use crate::app::update::{deadline, update};
use crate::net::NetEvent;
use crate::net::tickets::DeviceTickets;
use crate::peer::{PeerOptions, Switchboard};
use clock::Clock;
use faces::Faces;
use signals::Signal;

/// Events of the network that may wait. Behind them the server waits, so a reader who does not read costs nothing.
const EVENTS: usize = 256;

/// Events taken before the next look at what the user does.
const BATCH: usize = 64;

/// How long the last frames may take to leave at the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long they may take when the terminal has gone: a logout is written by then, and nobody is there to be told more.
const FAREWELL_HUNG_UP: Duration = Duration::from_millis(20);

/// Who logs in and how the client behaves.
#[derive(Debug)]
pub struct Options {
    /// What does not change while it runs.
    pub settings: Settings,
    /// The account, if it is known.
    pub name: Option<String>,
    /// Its password, if it is known.
    pub password: Option<SecretString>,
    /// Sentences to show at the start.
    pub notes: Vec<String>,
    /// Where keys and files of private sessions are kept.
    pub peers: PeerOptions,
    /// How to start a server in this process, for settings under which the model may want that.
    pub host: Option<StartHost>,
}

/// Runs the client with lines of text or JSON until it ends.
///
/// `dial` opens a connection whose events carry the given generation; `net::spawn` is one. A signal that has come since
/// `signals` listens counts. Must be called inside a Tokio runtime.
pub async fn lines<L: Wire>(
    options: Options,
    lines: LineOptions,
    signals: Signals,
    dial: impl FnMut(u64, mpsc::Sender<(u64, NetEvent)>) -> L,
) -> Exit {
    Driver::new(options, LineFace::new(lines), signals, Clock::start(), dial).run().await
}

/// Runs the client at a terminal until it ends, first on the one face and perhaps on the other, and says on standard
/// error what the user should know then.
///
/// `signals` must listen to Ctrl-Z: as a key it sends that signal to the whole job.
/// Must be run by [`block_on`] on the main thread, inside a Tokio runtime of several threads: what panics in a task is
/// then told from what panics here, and a terminal that takes nothing does not stop the end.
pub async fn terminal<L: Wire>(
    options: Options,
    first: Showing,
    screen: ScreenOptions,
    lines: LineOptions,
    signals: Signals,
    dial: impl FnMut(u64, mpsc::Sender<(u64, NetEvent)>) -> L,
) -> io::Result<Exit> {
    let clock = Clock::start();
    let mut driver = Driver::new(options, Faces::begin(first, screen, lines, clock)?, signals, clock, dial);
    let exit = driver.run().await;
    let last_words = driver.face.leave(&driver.model).await;
    for line in last_words {
        // Standard error may be gone as well.
        let _ = writeln!(io::stderr(), "{line}");
    }
    Ok(exit)
}

struct Driver<F, D, L> {
    model: Model,
    face: F,
    signals: Signals,
    dial: D,
    link: Option<L>,
    notes: Vec<String>,
    host: Option<StartHost>,
    /// The server that is being started.
    starting: Option<StartHost>,
    /// Numbers the connections: what an older one still says is not listened to.
    generation: u64,
    /// The generation whose last event has not come.
    open: Option<u64>,
    events_tx: mpsc::Sender<(u64, NetEvent)>,
    events: mpsc::Receiver<(u64, NetEvent)>,
    /// How far each conversation may be acknowledged once everything is shown.
    shown: BTreeMap<String, Seq>,
    /// The logout. It leaves after the acknowledgements, which mean nothing behind it.
    last: Option<ClientMessage>,
    exit: Option<Exit>,
    /// How long the last frames may take.
    farewell: Duration,
    clock: Clock,
    peers: Switchboard,
    tickets: DeviceTickets,
    /// Where the connection to the server comes from on this machine.
    local: Option<SocketAddr>,
    /// What the model is still to be told, because of what it wanted done.
    later: VecDeque<Msg>,
}

/// What ended a wait.
enum Happened {
    Signal(Signal),
    Time,
    User(Did),
    Network,
    Hosting(Msg),
    Peer(OfferId, PeerEvent),
}

impl<F: Face, L: Wire, D: FnMut(u64, mpsc::Sender<(u64, NetEvent)>) -> L> Driver<F, D, L> {
    fn new(options: Options, face: F, signals: Signals, clock: Clock, dial: D) -> Self {
        let (events_tx, events) = mpsc::channel(EVENTS);
        Self {
            model: Model::new(options.settings, options.name, options.password),
            face,
            signals,
            dial,
            link: None,
            notes: options.notes,
            host: options.host,
            starting: None,
            generation: 0,
            open: None,
            events_tx,
            events,
            shown: BTreeMap::new(),
            last: None,
            exit: None,
            farewell: FAREWELL,
            clock,
            tickets: DeviceTickets::in_folder(options.peers.state.clone()),
            peers: Switchboard::new(options.peers),
            local: None,
            later: VecDeque::new(),
        }
    }

    async fn run(&mut self) -> Exit {
        let mut batch = Vec::with_capacity(BATCH);
        self.tell(Msg::Started);
        for note in std::mem::take(&mut self.notes) {
            self.tell(Msg::Noted(note));
        }
        loop {
            self.settle().await;
            if let Some(exit) = self.exit {
                self.close().await;
                return exit;
            }
            match self.wait(&mut batch).await {
                Happened::Signal(signal) => self.signalled(signal).await,
                Happened::Time => self.tell(Msg::Woke),
                Happened::User(did) => self.did(did),
                Happened::Hosting(msg) => self.hosting(msg),
                Happened::Peer(offer, event) => self.tell(Msg::Peer { offer, event }),
                Happened::Network => batch.drain(..).for_each(|(generation, event)| self.heard(generation, event)),
            }
        }
    }

    /// Waits until something happens. What people do comes before what the network says.
    async fn wait(&mut self, batch: &mut Vec<(u64, NetEvent)>) -> Happened {
        let deadline = deadline(&self.model).map(|at| self.clock.instant(at));
        tokio::select! {
            biased;
            signal = self.signals.next() => Happened::Signal(signal),
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => Happened::Time,
            msg = outcome(self.starting.as_mut()), if self.starting.is_some() => Happened::Hosting(msg),
            did = self.face.next(&self.model) => Happened::User(did),
            (offer, event) = self.peers.next() => Happened::Peer(offer, event),
            _ = self.events.recv_many(batch, BATCH) => Happened::Network,
        }
    }

    /// Shows what is to be shown, and then tells the server so.
    async fn settle(&mut self) {
        let shown = tokio::select! {
            biased;
            shown = self.face.show(&self.model) => shown,
            signal = self.signals.next() => {
                // Nobody reads, and the program is to end: what cannot be written is not waited for.
                if signal != Signal::Suspend {
                    self.face.abandon_output();
                    self.tell(Msg::Interrupted);
                }
                Ok(Shown::NotYet)
            }
        };
        match shown {
            Ok(Shown::All) => self.acknowledge(),
            Ok(Shown::NotYet) => {}
            Err(error) => self.output_closed(&error),
        }
        if let Some(message) = self.last.take() {
            self.send(message);
        }
    }

    fn acknowledge(&mut self) {
        while let Some((conv, seq)) = self.shown.pop_first() {
            self.send(ClientMessage::Ack { conv, seq });
        }
    }

    /// A reader who has gone is no error: `tui-client | head` ends quietly.
    fn output_closed(&mut self, error: &io::Error) {
        self.face.abandon_output();
        if error.kind() != io::ErrorKind::BrokenPipe {
            // Standard error may be gone as well.
            let _ = writeln!(io::stderr(), "Cannot write to standard output: {error}.");
        }
        self.tell(Msg::OutputClosed);
    }

    async fn signalled(&mut self, signal: Signal) {
        match signal {
            Signal::Interrupt if self.face.interrupt() => {}
            Signal::HangUp if self.model.settings.on_screen => self.hung_up(),
            Signal::Interrupt | Signal::End | Signal::HangUp => self.tell(Msg::Interrupted),
            Signal::Suspend => {
                self.face.stop().await;
            }
        }
    }

    /// The terminal has gone: nobody sees what is shown from now on.
    fn hung_up(&mut self) {
        self.farewell = FAREWELL_HUNG_UP;
        self.tell(Msg::OutputClosed);
    }

    fn did(&mut self, did: Did) {
        match did {
            Did::Line(text) => self.tell(Msg::Line { text, cid: message_id() }),
            Did::Command(command) => self.tell(Msg::Command { command, cid: message_id() }),
            Did::Unreadable(why) => self.tell(Msg::Unreadable(why)),
            Did::Answered(answer) => self.tell(Msg::Answered(answer)),
            Did::Typed => self.tell(Msg::Typed),
            Did::Ended => self.tell(Msg::InputEnded),
            Did::HungUp => self.hung_up(),
            Did::Said(Saying { place, text, action }) => {
                self.tell(Msg::Texted { place, text, action, cid: message_id() });
            }
            Did::Told(msg) => self.tell(msg),
            Did::Waited => {}
        }
    }

    fn heard(&mut self, generation: u64, event: NetEvent) {
        if self.open == Some(generation) && matches!(event, NetEvent::Failed(_) | NetEvent::Lost(_)) {
            self.open = None;
        }
        if generation != self.generation {
            return;
        }
        if let (NetEvent::Delay(delay) | NetEvent::Connected { delay, .. }, false) = (&event, self.clock.is_told()) {
            self.face.delay(*delay);
        }
        if let NetEvent::Connected { local, .. } = &event {
            self.local = *local;
        }
        if let Some(msg) = network::message(event, jitter()) {
            self.tell(msg);
        }
    }

    /// Tells the model, and does what it wants done. After the end nothing more is told.
    fn tell(&mut self, msg: Msg) {
        self.later.push_back(msg);
        while let Some(msg) = self.later.pop_front() {
            if self.exit.is_some() {
                return self.later.clear();
            }
            let now = self.clock.now();
            for effect in update(&mut self.model, msg, now) {
                self.perform(effect, now);
            }
        }
    }

    fn perform(&mut self, effect: Effect, now: Moment) {
        match effect {
            Effect::Connect => self.connect(),
            Effect::Host => self.starting = Some(self.host.take().unwrap_or_else(StartHost::unable)),
            Effect::Disconnect => self.disconnect(),
            Effect::LogIn(log_in) => self.log_in(log_in),
            Effect::KeepTicket { name, ticket } => self.keep_ticket(name.as_str(), &ticket),
            Effect::ChangePassword { id, old, new } => {
                let (old, new) = (old.expose_secret().to_owned(), new.expose_secret().to_owned());
                self.send(ClientMessage::Passwd { id, old, new });
            }
            Effect::Send(message @ ClientMessage::Logout { .. }) => self.last = Some(message),
            Effect::Send(message) => self.send(message),
            Effect::Acknowledge { conversation, seq } => {
                let shown = self.shown.entry(conversation).or_default();
                *shown = seq.max(*shown);
            }
            Effect::Peer(order) => self.peer(order),
            Effect::Report(report) => self.face.report(&report, &self.model, now),
            Effect::Switch(to) => self.face.switch(to),
            Effect::Quit(exit) => self.exit = self.exit.or(Some(exit)),
        }
    }

    fn log_in(&mut self, log_in: LogIn) {
        let LogIn { id, name, password, register } = log_in;
        let password = password.expose_secret().to_owned();
        let remember = self.tickets.are_kept();
        self.send(if register {
            ClientMessage::Register { id, name, password, remember }
        } else {
            let device = self.tickets.of(&self.model.settings.server, &name);
            ClientMessage::Login { id, name, password, device, remember }
        });
    }

    /// A ticket that cannot be kept is not missed before somebody locks the account.
    fn keep_ticket(&self, name: &str, ticket: &DeviceTicket) {
        if let Err(error) = self.tickets.remember(&self.model.settings.server, name, ticket) {
            tracing::debug!(%error, "the device ticket cannot be kept");
        }
    }

    fn hosting(&mut self, msg: Msg) {
        self.starting = None;
        self.tell(msg);
    }

    fn connect(&mut self) {
        self.disconnect();
        self.open = Some(self.generation);
        self.link = Some((self.dial)(self.generation, self.events_tx.clone()));
    }

    /// Nothing more is heard of the connection. What was shown and not acknowledged comes again at the next login.
    fn disconnect(&mut self) {
        self.link = None;
        self.generation += 1;
        self.shown.clear();
    }

    /// A connection that takes nothing more is given up; that it is lost comes as an event.
    fn send(&mut self, message: ClientMessage) {
        if let Some(link) = &self.link
            && link.send(message).is_err()
        {
            self.link = None;
        }
    }

    /// Lets what was handed over leave.
    async fn close(&mut self) {
        self.link = None;
        // If it takes longer, nobody is at the other end.
        let _ = timeout(self.farewell, self.peers.finish()).await;
        let Some(open) = self.open else { return };
        // Looked at before each event: in a flood there is always one.
        let end = Instant::now() + self.farewell;
        while Instant::now() < end
            && let Ok(Some((generation, event))) = timeout_at(end, self.events.recv()).await
        {
            if generation == open && matches!(event, NetEvent::Failed(_) | NetEvent::Lost(_)) {
                return;
            }
        }
    }
}

async fn outcome(starting: Option<&mut StartHost>) -> Msg {
    match starting {
        Some(starting) => starting.outcome().await,
        None => pending().await,
    }
}

/// The name of a new message, for ever.
fn message_id() -> ClientId {
    ClientId(uuid::Uuid::now_v7().into_bytes())
}

/// A random share for the next wait. The last bytes of a UUID of version 7 are random.
fn jitter() -> Jitter {
    let [.., high, low] = uuid::Uuid::now_v7().into_bytes();
    Jitter::thousandths(u16::from_be_bytes([high, low]) % 1001)
}
