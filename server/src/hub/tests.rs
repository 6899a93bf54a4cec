use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use shared::caps::Caps;
use shared::error::Code;
use shared::id::{RequestId, Seq, UnixMs};
use shared::message::Refusal;
use tokio::time::timeout;

use super::*;
use crate::chat::Request;
use crate::net::{Budget, Mailbox, OUTBOX_BYTES, outbox};
use crate::record::{Conversation, KeepError, Kept, Phc, Read, Snapshot, Write};

mod end;

const LONG: Duration = Duration::from_mins(10);

/// A store with room for one job, which tests answer by hand.
#[derive(Clone, Default)]
struct OneByOne(Arc<OneByOneState>);

#[derive(Default)]
struct OneByOneState {
    job: Mutex<Option<Job>>,
    is_closed: AtomicBool,
    has_failed: AtomicBool,
}

impl Store for OneByOne {
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::default())
    }

    fn submit(&self, job: Job) -> Result<(), Job> {
        let mut place = self.0.job.lock().unwrap();
        if place.is_some() {
            return Err(job);
        }
        *place = Some(job);
        Ok(())
    }

    fn password(&self, _: crate::record::AccountId) -> Result<Option<Phc>, StoreError> {
        Ok(None)
    }

    fn failure(&self) -> Option<StoreError> {
        let failed = self.0.has_failed.load(Ordering::Relaxed);
        failed.then(|| StoreError::Engine { what: "the disk is gone".to_owned(), source: "really".into() })
    }

    fn close(&self) -> Result<(), StoreError> {
        self.0.is_closed.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Says what it was asked.
struct Asked(mpsc::Sender<Ticket>);

impl Passwords for Asked {
    fn check(&self, ticket: Ticket, _: Subject, _: SecretString) {
        self.0.try_send(ticket).unwrap();
    }

    fn hash(&self, ticket: Ticket, _: SecretString) {
        self.0.try_send(ticket).unwrap();
    }
}

/// A hub whose rules are written down by the test: each rule maps one input to effects.
struct Stage {
    hub: HubHandle,
    events: mpsc::Sender<Event>,
    store: OneByOne,
    answers: mpsc::Sender<Vec<Answer>>,
    results: mpsc::Sender<Input>,
    asked: mpsc::Receiver<Ticket>,
    /// What the rules were told, as text.
    told: mpsc::Receiver<String>,
}

fn stage(mut rules: impl FnMut(&Input, Moment) -> Vec<Effect> + Send + 'static) -> Stage {
    let (answers, answers_rx) = mpsc::channel(10);
    let (results, results_rx) = mpsc::channel(10);
    let (asking, asked) = mpsc::channel(10);
    let (telling, told) = mpsc::channel(10_000);
    let store = OneByOne::default();
    let rules = move |input: Input, moment: Moment| {
        telling.try_send(format!("{input:?}")).unwrap();
        rules(&input, moment)
    };
    let hub = spawn(rules, Arc::new(store.clone()), answers_rx, Asked(asking), results_rx);
    Stage { events: hub.events(), hub, store, answers, results, asked, told }
}

impl Stage {
    async fn told(&mut self) -> String {
        timeout(LONG, self.told.recv()).await.expect("the rules are told").unwrap()
    }

    /// Opens a session, which the rules hear of before this returns.
    async fn open(&mut self, session: u64) -> Reader {
        let (outbox, mailbox) = outbox(0, &Budget::new(usize::MAX));
        let address = "127.0.0.1:5000".parse().unwrap();
        self.events
            .send(Event::Opened {
                session: SessionId(session),
                address,
                fresh: Box::new(fresh()),
                caps: Caps::default(),
                outbox,
            })
            .await
            .unwrap();
        assert!(self.told().await.starts_with("SessionOpened"));
        Reader { mailbox, bytes: BytesMut::new() }
    }

    async fn ask(&self, session: u64, id: u64) {
        let request = Request::Who { id: RequestId(id) };
        self.events.send(Event::Input(Input::Asked { session: SessionId(session), request })).await.unwrap();
    }

    async fn close(&self, session: u64) {
        let closed = Input::SessionClosed { session: SessionId(session), reason: Reason::LOGGED_OUT };
        self.events.send(Event::Input(closed)).await.unwrap();
    }

    fn answer(&self, ticket: u64) {
        *self.store.0.job.lock().unwrap() = None;
        self.answers.try_send(vec![Answer { ticket: Ticket(ticket), result: Ok(Kept::Done) }]).unwrap();
    }
}

/// The connection's end of an outbox.
struct Reader {
    mailbox: Mailbox,
    bytes: BytesMut,
}

impl Reader {
    async fn hear(&mut self) -> ServerMessage {
        loop {
            if let Some(body) = codec::take_frame(&mut self.bytes, usize::MAX).unwrap() {
                return codec::decode(&body).unwrap();
            }
            let news = std::future::poll_fn(|context| self.mailbox.poll_news(context));
            timeout(LONG, news).await.expect("something is said");
            self.fetch();
        }
    }

    fn fetch(&mut self) -> crate::net::News {
        let mut fetched = Vec::new();
        let news = self.mailbox.take(&mut fetched);
        self.bytes.extend_from_slice(&fetched);
        news
    }

    fn has_news(&self) -> bool {
        matches!(self.mailbox.poll_news(&mut Context::from_waker(Waker::noop())), Poll::Ready(()))
    }
}

fn notice(to: &[u64], text: &str) -> Effect {
    Effect::Send {
        to: to.iter().copied().map(SessionId).collect(),
        message: ServerMessage::Notice { text: text.to_owned() },
    }
}

/// A line of the lobby, its number in its text.
fn deliver(to: &[u64], seq: u64, padding: &str) -> Effect {
    Effect::Deliver {
        to: to.iter().copied().map(SessionId).collect(),
        conversation: Conversation::lobby(),
        seq: Seq(seq),
        message: ServerMessage::Notice { text: format!("{seq}{padding}") },
    }
}

fn heartbeat(ticket: u64) -> Effect {
    Effect::Write { ticket: Ticket(ticket), write: Write::Heartbeat { at: UnixMs(0) } }
}

#[tokio::test(start_paused = true)]
async fn a_message_reaches_each_session_it_is_for_and_no_other() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { .. } => vec![notice(&[1, 3, 99], "hello"), notice(&[3], "you too")],
        _ => vec![],
    });
    let (mut one, two, mut three) = (stage.open(1).await, stage.open(2).await, stage.open(3).await);
    stage.ask(2, 1).await;
    assert_eq!(one.hear().await, ServerMessage::Notice { text: "hello".into() });
    assert_eq!(three.hear().await, ServerMessage::Notice { text: "hello".into() });
    assert_eq!(three.hear().await, ServerMessage::Notice { text: "you too".into() });
    assert!(!two.has_news());
}

fn typing(to: &[u64]) -> Effect {
    let to = to.iter().copied().map(SessionId).collect();
    Effect::SendIfIdle { to, message: ServerMessage::Typing { conv: "#lobby".into(), from: "hans".into() } }
}

#[tokio::test(start_paused = true)]
async fn what_may_be_lost_goes_only_to_those_with_little_to_write() {
    let much = "much ".repeat(1000);
    let first = much.clone();
    let mut stage = stage(move |input, _| match input {
        Input::Asked { request: Request::Who { id: RequestId(1) }, .. } => {
            vec![notice(&[1], &first), typing(&[1, 2, 99]), notice(&[2], "behind it"), typing(&[1, 2])]
        }
        Input::Asked { .. } => vec![typing(&[1]), notice(&[1], "last")],
        _ => vec![],
    });
    let (mut one, mut two) = (stage.open(1).await, stage.open(2).await);
    stage.ask(3, 1).await;
    let told = |text: &str| ServerMessage::Notice { text: text.into() };
    let typing = ServerMessage::Typing { conv: "#lobby".into(), from: "hans".into() };
    assert_eq!(one.hear().await, told(&much));
    assert_eq!(
        (two.hear().await, two.hear().await, two.hear().await),
        (typing.clone(), told("behind it"), typing.clone())
    );
    stage.ask(3, 2).await;
    assert_eq!((one.hear().await, one.hear().await), (typing, told("last")));
    assert!(!two.has_news());
}

#[tokio::test(start_paused = true)]
async fn refusals_of_the_connection_keep_their_place_among_the_answers() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { session, request: Request::Who { id } } => {
            vec![Effect::Send { to: vec![*session], message: ServerMessage::Ok { re: *id } }]
        }
        _ => vec![],
    });
    let mut reader = stage.open(1).await;
    let refusal = Refusal::new(Some(RequestId(2)), Code::EMPTY, "No.");
    stage.ask(1, 1).await;
    stage.events.send(Event::Refused { session: SessionId(1), refusal: Box::new(refusal.clone()) }).await.unwrap();
    stage.ask(1, 3).await;
    assert_eq!(reader.hear().await, ServerMessage::Ok { re: RequestId(1) });
    assert_eq!(reader.hear().await, ServerMessage::Error(refusal));
    assert_eq!(reader.hear().await, ServerMessage::Ok { re: RequestId(3) });
}

#[tokio::test(start_paused = true)]
async fn a_login_is_seen_by_the_connection() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { session, request: Request::Who { id } } => {
            let message = ServerMessage::LoggedIn {
                re: *id,
                name: "yoda".into(),
                timeout_ms: 0,
                notice: String::new(),
                ticket: None,
                device: None,
                lobby: None,
            };
            vec![Effect::Send { to: vec![*session], message }]
        }
        _ => vec![],
    });
    let mut reader = stage.open(1).await;
    stage.ask(1, 1).await;
    std::future::poll_fn(|context| reader.mailbox.poll_news(context)).await;
    assert!(reader.fetch().logged_in);
}

#[tokio::test(start_paused = true)]
async fn a_slow_session_misses_messages_still_gets_answers_and_comes_back() {
    let padding = "x".repeat(1_000);
    let mut stage = stage(move |input, _| match input {
        Input::Asked { request: Request::Who { id: RequestId(0) }, .. } => {
            (1..=200).map(|seq| deliver(&[1, 2], seq, &padding)).collect()
        }
        Input::Asked { session, request: Request::Who { id } } => {
            vec![Effect::Send { to: vec![*session], message: ServerMessage::Ok { re: *id } }]
        }
        Input::SessionDrained { .. } => vec![deliver(&[1], 0, "welcome back")],
        _ => vec![],
    });
    let mut slow = stage.open(1).await;
    let _other = stage.open(2).await;
    stage.ask(2, 0).await;
    assert!(stage.told().await.starts_with("Asked"));
    // Each message that was not taken is reported for each session, and none that was.
    let taken = 200 - {
        stage.ask(1, 5).await;
        let mut missed = 0;
        loop {
            let told = stage.told().await;
            if told.starts_with("Asked") {
                break missed / 2;
            }
            assert!(told.starts_with("Undelivered"), "{told}");
            missed += 1;
        }
    };
    slow.fetch();
    assert!(slow.fetch().drained);
    stage.events.send(Event::Input(Input::SessionDrained { session: SessionId(1) })).await.unwrap();
    assert!(stage.told().await.starts_with("SessionDrained"));
    for seq in 1..=taken {
        assert_eq!(slow.hear().await, ServerMessage::Notice { text: format!("{seq}{}", "x".repeat(1_000)) });
    }
    assert!(0 < taken && taken < 200);
    assert_eq!(slow.hear().await, ServerMessage::Ok { re: RequestId(5) });
    assert_eq!(slow.hear().await, ServerMessage::Notice { text: "0welcome back".into() });
}

#[tokio::test(start_paused = true)]
async fn who_has_missed_nothing_is_not_told_to_catch_up() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { .. } => vec![notice(&[1], &"x".repeat(200_000))],
        _ => vec![],
    });
    let mut reader = stage.open(1).await;
    stage.ask(1, 1).await;
    stage.told().await;
    assert!(reader.mailbox.is_lagging());
    reader.fetch();
    assert!(reader.fetch().drained);
    stage.events.send(Event::Input(Input::SessionDrained { session: SessionId(1) })).await.unwrap();
    stage.close(1).await;
    assert!(stage.told().await.starts_with("SessionClosed"));
    assert!(!reader.mailbox.is_lagging());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_asks_and_does_not_read_is_closed_before_an_answer_is_lost() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { session, request: Request::Who { id } } => {
            let refusal = Refusal::new(Some(*id), Code::EMPTY, "x".repeat(10_000));
            vec![Effect::Send { to: vec![*session], message: ServerMessage::Error(refusal) }]
        }
        _ => vec![],
    });
    let mut reader = stage.open(1).await;
    for id in 0..100 {
        stage.ask(1, id).await;
    }
    for _ in 0..100 {
        stage.told().await;
    }
    assert!(reader.fetch().closing);
    let first = ServerMessage::Error(Refusal::new(Some(RequestId(0)), Code::EMPTY, "x".repeat(10_000)));
    assert_eq!(reader.hear().await, first);
}

#[tokio::test(start_paused = true)]
async fn jobs_keep_their_order_where_the_store_has_no_room_and_nothing_new_is_asked_meanwhile() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { .. } => (1..=5).map(heartbeat).collect(),
        _ => vec![],
    });
    let _reader = stage.open(1).await;
    stage.ask(1, 1).await;
    stage.told().await;
    stage.ask(1, 2).await;
    // The fifth finds room as soon as the fourth is answered.
    for ticket in 1..=4 {
        let job = stage.store.0.job.lock().unwrap().clone();
        assert_eq!(job, Some(Job::Write(Ticket(ticket), Write::Heartbeat { at: UnixMs(0) })));
        stage.answer(ticket);
        assert_eq!(stage.told().await, format!("Committed {{ ticket: Ticket({ticket}), result: Ok(Done) }}"));
    }
    assert!(stage.told().await.starts_with("Asked"), "only when there is room");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_has_room_again_without_a_word_is_found_out() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { .. } => vec![heartbeat(1), heartbeat(2)],
        _ => vec![],
    });
    let _reader = stage.open(1).await;
    stage.ask(1, 1).await;
    stage.told().await;
    *stage.store.0.job.lock().unwrap() = None;
    stage.ask(1, 2).await;
    assert!(stage.told().await.starts_with("Asked"));
}

#[tokio::test(start_paused = true)]
async fn passwords_reads_and_their_answers_go_round() {
    let mut stage = stage(|input, _| match input {
        Input::SessionOpened { .. } => vec![Effect::HashPassword { ticket: Ticket(4), password: "x".into() }],
        Input::PasswordHashed { ticket, .. } => {
            let password = SecretString::from("x");
            vec![Effect::CheckPassword { ticket: Ticket(ticket.0 + 1), subject: Subject::Nobody, password }]
        }
        Input::PasswordChecked { ticket, .. } => {
            let read = Read::Waiting { reader: crate::record::AccountId(1), after: vec![], limit: 1 };
            vec![Effect::Read { ticket: Ticket(ticket.0 + 1), read }]
        }
        Input::Committed { result: Err(KeepError::Full), .. } => vec![notice(&[1], "full")],
        _ => vec![],
    });
    let mut reader = stage.open(1).await;
    assert_eq!(stage.asked.recv().await, Some(Ticket(4)));
    stage.results.send(Input::PasswordHashed { ticket: Ticket(4), hash: None }).await.unwrap();
    assert_eq!(stage.asked.recv().await, Some(Ticket(5)));
    let verdict = crate::chat::Verdict::Wrong;
    stage.results.send(Input::PasswordChecked { ticket: Ticket(5), verdict }).await.unwrap();
    assert!(stage.told().await.starts_with("PasswordHashed"));
    assert!(stage.told().await.starts_with("PasswordChecked"));
    assert!(matches!(*stage.store.0.job.lock().unwrap(), Some(Job::Read(Ticket(6), _))));
    stage.answers.send(vec![Answer { ticket: Ticket(6), result: Err(KeepError::Full) }]).await.unwrap();
    assert_eq!(reader.hear().await, ServerMessage::Notice { text: "full".into() });
}

#[tokio::test(start_paused = true)]
async fn the_rules_are_woken_when_they_want_even_in_a_flood() {
    let mut asked = VecDeque::from([Duration::from_millis(1_500), Duration::from_millis(700)]);
    let mut stage = stage(move |input, moment| match input {
        Input::SessionOpened { .. } | Input::Woke => {
            asked.pop_front().map(|span| Effect::WakeAt(moment.mono.after(span))).into_iter().collect()
        }
        _ => vec![],
    });
    let start = Instant::now();
    let _reader = stage.open(1).await;
    assert_eq!(stage.told().await, "Woke");
    assert_eq!(start.elapsed().as_millis(), 1_500);
    let flood = tokio::spawn({
        let events = stage.events.clone();
        async move {
            loop {
                let request = Request::Who { id: RequestId(1) };
                let _ = events.send(Event::Input(Input::Asked { session: SessionId(1), request })).await;
                tokio::time::advance(Duration::from_millis(1)).await;
            }
        }
    });
    while stage.told().await != "Woke" {}
    flood.abort();
    let late = start.elapsed().saturating_sub(Duration::from_millis(2_200));
    assert!(late < Duration::from_millis(300), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn closed_sessions_are_forgotten() {
    let mut stage = stage(|input, _| match input {
        Input::Asked { .. } => vec![notice(&[1], "anybody there?")],
        _ => vec![],
    });
    let reader = stage.open(1).await;
    stage.close(1).await;
    assert!(stage.told().await.starts_with("SessionClosed"));
    stage.ask(1, 1).await;
    stage.told().await;
    assert!(!reader.has_news());
}

fn fresh() -> crate::chat::Fresh {
    use shared::id::{DeviceTicket, ResumeTicket};
    crate::chat::Fresh { resume: ResumeTicket([1; 32]), device: DeviceTicket([2; 32]) }
}
