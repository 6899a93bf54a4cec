//! The loop between a face and a server that are both made of channels.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use shared::id::RequestId;
use shared::message::{Entry, Kind, Reason, ServerMessage};
use tokio::sync::mpsc::Receiver;

use shared::id::UnixMs;

use super::*;
use crate::app::model::Hosting;
use crate::app::report::Report;
use crate::given;
use crate::net::Trust;

/// The longest a test waits for something that must come.
const DEADLINE: Duration = Duration::from_secs(10);

/// How the output of a [`Paper`] behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Output {
    Shows,
    HoldsBack,
    Blocks,
    IsBroken,
}

/// A face that keeps what it is told.
struct Paper {
    reports: Rc<RefCell<Vec<Report>>>,
    output: Rc<Cell<Output>>,
    deeds: Receiver<Did>,
    waiting: Option<Did>,
}

impl Face for Paper {
    fn report(&mut self, report: &Report, _model: &Model, _now: Moment) {
        self.reports.borrow_mut().push(report.clone());
    }

    async fn show(&mut self, _model: &Model) -> io::Result<Shown> {
        while self.output.get() == Output::Blocks {
            tokio::task::yield_now().await;
        }
        match self.output.get() {
            Output::Shows | Output::Blocks => Ok(Shown::All),
            Output::HoldsBack => Ok(Shown::NotYet),
            Output::IsBroken => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    async fn next(&mut self, model: &Model) -> Did {
        if self.waiting.is_none() {
            self.waiting = self.deeds.recv().await;
        }
        match self.waiting.take() {
            Some(Did::Waited) => Did::Waited,
            Some(did) if model.takes_a_line() => did,
            did => {
                self.waiting = did;
                pending().await
            }
        }
    }

    fn interrupt(&mut self) -> bool {
        false
    }

    async fn stop(&mut self) {}

    fn abandon_output(&mut self) {
        self.output.set(Output::Shows);
    }
}

impl Wire for mpsc::Sender<ClientMessage> {
    fn send(&self, message: ClientMessage) -> Result<(), ClientMessage> {
        self.try_send(message).map_err(mpsc::error::TrySendError::into_inner)
    }
}

/// The other end of one connection.
struct Connection {
    generation: u64,
    events: mpsc::Sender<(u64, NetEvent)>,
    frames: Receiver<ClientMessage>,
}

impl Connection {
    async fn says(&self, event: NetEvent) {
        self.events.send((self.generation, event)).await.expect("the loop listens");
    }

    async fn message(&self, message: ServerMessage) {
        self.says(NetEvent::Message(message)).await;
    }

    async fn hears(&mut self) -> ClientMessage {
        timeout(DEADLINE, self.frames.recv()).await.expect("a frame comes in time").expect("the link is open")
    }

    async fn hears_nothing_more(&mut self) {
        assert_eq!(timeout(DEADLINE, self.frames.recv()).await.expect("the link is dropped"), None);
        self.says(NetEvent::Lost("closed by this client".to_owned())).await;
    }

    /// Takes the greeting and the login.
    async fn logs_in(&mut self) {
        let welcome = given::welcome(UnixMs(0));
        self.says(NetEvent::Connected { welcome, trust: Trust::Known, local: None, delay: Duration::ZERO }).await;
        let ClientMessage::Login { id, name, password, .. } = self.hears().await else { panic!("no login") };
        assert_eq!((name.as_str(), password.as_str()), ("hans", "falcon"));
        self.message(given::logged_in(id, &name)).await;
        self.message(ServerMessage::Ready { stored: 0 }).await;
    }

    async fn tells(&self, seq: u64) {
        let entry = Entry {
            conv: "@yoda".to_owned(),
            seq: Seq(seq),
            at: UnixMs(0),
            from: "yoda".to_owned(),
            text: "hi".to_owned(),
            kind: Kind::TEXT,
            stored: false,
        };
        self.message(ServerMessage::Message(entry)).await;
    }
}

/// What a test holds of the world around the loop.
struct World {
    reports: Rc<RefCell<Vec<Report>>>,
    output: Rc<Cell<Output>>,
    deeds: mpsc::Sender<Did>,
    dialled: Receiver<Connection>,
}

impl World {
    async fn connection(&mut self) -> Connection {
        timeout(DEADLINE, self.dialled.recv()).await.expect("it dials in time").expect("the loop runs")
    }

    async fn line(&self, text: &str) {
        self.deeds.send(Did::Line(text.to_owned())).await.expect("the face listens");
    }
}

/// Runs the loop beside a story and checks its end.
fn check(exit: Exit, story: impl AsyncFnOnce(World)) {
    check_with(None, exit, story);
}

/// The same, with a server that is to be started first.
fn check_with(host: Option<StartHost>, exit: Exit, story: impl AsyncFnOnce(World)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let settings = Settings {
            interactive: false,
            on_screen: false,
            presence: false,
            history: 0,
            hosting: if host.is_some() { Hosting::Now } else { Hosting::Never },
            ..given::settings()
        };
        let peers = PeerOptions { state: None, downloads: "unused".into(), port: None };
        let (name, password) = (Some("hans".to_owned()), Some("falcon".into()));
        let options = Options { settings, name, password, notes: vec!["a note".to_owned()], peers, host };
        let (reports, output) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(Output::Shows)));
        let (deeds_tx, deeds) = mpsc::channel(16);
        let (dialled_tx, dialled) = mpsc::channel(16);
        let face = Paper { reports: Rc::clone(&reports), output: Rc::clone(&output), deeds, waiting: None };
        let dial = move |generation, events| {
            let (link, frames) = mpsc::channel(16);
            dialled_tx.try_send(Connection { generation, events, frames }).expect("the story takes connections");
            link
        };
        let signals = Signals::listen(false).expect("signals can be listened to");
        let mut driver = Driver::new(options, face, signals, Clock::start(), dial);
        let world = World { reports, output, deeds: deeds_tx, dialled };
        // The face and the connections must be gone when the loop has ended: stories wait for that.
        let run = async move { driver.run().await };
        let both = async { tokio::join!(run, story(world)) };
        let (got, ()) = timeout(DEADLINE * 2, both).await.expect("the loop ends");
        assert_eq!(got, exit);
    });
}

#[test]
fn a_server_in_this_process_is_started_and_then_connected_to() {
    let is_started = Rc::new(Cell::new(false));
    let started = Rc::clone(&is_started);
    let host = StartHost::new(async move {
        tokio::task::yield_now().await;
        started.set(true);
        Ok(Hosted { server: "here".to_owned(), invite: "tern://here".to_owned(), log: "log".to_owned() })
    });
    check_with(Some(host), Exit::Done, async |mut world: World| {
        let mut connection = world.connection().await;
        assert!(is_started.get(), "nobody connects to a server that is not there yet");
        connection.logs_in().await;
        world.line("logout").await;
        let ClientMessage::Logout { id } = connection.hears().await else { panic!("no logout") };
        logs_out(&mut connection, id).await;
        let reports = world.reports.borrow();
        let hosting = Report::Hosting { invite: "tern://here".to_owned(), log: "log".to_owned() };
        assert!(matches!(&reports[..3], [Report::Hello { .. }, Report::Notice(_), third] if *third == hosting));
    });
}

#[test]
fn a_server_that_cannot_be_started_is_the_end() {
    let host = StartHost::new(async { Err("no".to_owned()) });
    check_with(Some(host), Exit::Unreachable, async |mut world: World| {
        assert!(world.dialled.recv().await.is_none(), "there is nobody to connect to");
    });
}

async fn logs_out(connection: &mut Connection, id: RequestId) {
    connection.message(ServerMessage::Ok { re: id }).await;
    connection.message(ServerMessage::Bye { reason: Reason::LOGGED_OUT, retry_ms: None }).await;
    connection.hears_nothing_more().await;
}

#[test]
fn a_command_goes_out_and_its_answer_is_reported() {
    check(Exit::Done, async |mut world: World| {
        let mut connection = world.connection().await;
        connection.logs_in().await;
        world.line("whoelse").await;
        world.line("logout").await;
        let ClientMessage::Who { id } = connection.hears().await else { panic!("no who") };
        connection.message(ServerMessage::Users { re: id, users: Vec::new(), more: false }).await;
        let ClientMessage::Logout { id } = connection.hears().await else { panic!("no logout") };
        logs_out(&mut connection, id).await;
        let reports = world.reports.borrow();
        assert!(matches!(reports.last(), Some(Report::LoggedOut { .. })), "{reports:?}");
    });
}

#[test]
fn what_is_not_shown_is_not_acknowledged() {
    check(Exit::Done, async |mut world: World| {
        let mut connection = world.connection().await;
        connection.logs_in().await;
        world.output.set(Output::HoldsBack);
        connection.tells(1).await;
        connection.tells(2).await;
        connection.message(ServerMessage::Ping { n: 7 }).await;
        assert_eq!(connection.hears().await, ClientMessage::Pong { n: 7 }, "nothing was acknowledged before it");
        world.output.set(Output::Shows);
        world.deeds.send(Did::Waited).await.expect("the face listens");
        let acknowledged = ClientMessage::Ack { conv: "@yoda".to_owned(), seq: Seq(2) };
        assert_eq!(connection.hears().await, acknowledged, "one acknowledgement for both");
        world.line("logout").await;
        let ClientMessage::Logout { id } = connection.hears().await else { panic!("no logout") };
        logs_out(&mut connection, id).await;
    });
}

#[test]
fn acknowledgements_leave_before_the_logout() {
    check(Exit::Done, async |mut world: World| {
        let mut connection = world.connection().await;
        connection.logs_in().await;
        world.line("whoelse").await;
        let ClientMessage::Who { id } = connection.hears().await else { panic!("no who") };
        world.deeds.send(Did::Ended).await.expect("the face listens");
        // Both come in one batch: the message, and the answer after which the client leaves.
        connection.tells(1).await;
        connection.message(ServerMessage::Users { re: id, users: Vec::new(), more: false }).await;
        let acknowledged = ClientMessage::Ack { conv: "@yoda".to_owned(), seq: Seq(1) };
        assert_eq!(connection.hears().await, acknowledged);
        let ClientMessage::Logout { id } = connection.hears().await else { panic!("no logout") };
        logs_out(&mut connection, id).await;
    });
}

#[test]
fn a_lost_connection_is_opened_again_and_the_old_one_is_not_listened_to() {
    check(Exit::Done, async |mut world: World| {
        let mut old = world.connection().await;
        old.logs_in().await;
        world.line("message yoda hi").await;
        let ClientMessage::Send { cid, .. } = old.hears().await else { panic!("no message") };
        old.says(NetEvent::Lost("reset".to_owned())).await;
        let mut new = world.connection().await;
        assert!(new.generation > old.generation);
        old.tells(1).await;
        new.logs_in().await;
        let ClientMessage::Send { id, cid: again, .. } = new.hears().await else { panic!("not sent again") };
        assert_eq!(again, cid);
        let outcome = shared::message::Outcome::STORED;
        new.message(ServerMessage::Sent { re: id, conv: "@yoda".to_owned(), seq: Seq(1), at: UnixMs(0), outcome })
            .await;
        world.line("logout").await;
        let ClientMessage::Logout { id } = new.hears().await else { panic!("no logout") };
        logs_out(&mut new, id).await;
        let said = world.reports.borrow().iter().filter(|report| matches!(report, Report::Said(_))).count();
        assert_eq!(said, 0, "the old connection was listened to");
    });
}

#[test]
fn a_reader_who_has_gone_ends_it_quietly() {
    check(Exit::Done, async |mut world: World| {
        let mut connection = world.connection().await;
        connection.logs_in().await;
        world.output.set(Output::IsBroken);
        connection.tells(1).await;
        let ClientMessage::Logout { .. } = connection.hears().await else { panic!("no logout") };
        connection.hears_nothing_more().await;
    });
}

#[test]
fn an_output_that_takes_nothing_stops_the_reading_and_not_the_memory() {
    check(Exit::Done, async |mut world: World| {
        let mut connection = world.connection().await;
        connection.logs_in().await;
        world.line("whoelse").await;
        let ClientMessage::Who { id } = connection.hears().await else { panic!("no who") };
        world.output.set(Output::Blocks);
        let flood = async {
            for seq in 1.. {
                connection.tells(seq).await;
            }
        };
        let is_full = async {
            while connection.events.capacity() > 0 {
                tokio::task::yield_now().await;
            }
        };
        // The loop waits for its output, so the queue fills and the server has to wait.
        tokio::select! {
            () = flood => {}
            () = is_full => {}
        }
        let count = || world.reports.borrow().iter().filter(|report| matches!(report, Report::Said(_))).count();
        assert!(count() <= BATCH, "{} were taken", count());
        world.output.set(Output::Shows);
        connection.message(ServerMessage::Users { re: id, users: Vec::new(), more: false }).await;
        world.line("logout").await;
        let id = loop {
            match connection.hears().await {
                ClientMessage::Logout { id } => break id,
                message => assert!(matches!(message, ClientMessage::Ack { .. }), "{message:?}"),
            }
        };
        // A message that was given up half-way may have kept the last place.
        assert!(count() >= EVENTS - 1, "{} came through", count());
        logs_out(&mut connection, id).await;
    });
}
