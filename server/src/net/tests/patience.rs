//! What a connection bears: refused logins of its place, and requests that are not answered yet.

use shared::error::Code;
use shared::id::RequestId;
use shared::message::Refusal;

use super::*;

/// A connection through a gate that others go through, too.
fn connect_through(gate: &Gate, from: &str) -> (Peer<DuplexStream>, FakeHub) {
    let (events, hub) = mpsc::channel(100);
    let (keep_running, stopped) = watch::channel(false);
    let (near, far) = tokio::io::duplex(1024 * 1024);
    let address = SocketAddr::new(from.parse().unwrap(), 5000);
    let pass = gate.admit(address.ip(), tokio::time::Instant::now(), 99).unwrap();
    let office = Office::new(settings(), events, stopped);
    tokio::spawn(async move {
        office.converse(far, Origin { address, pass }).await;
        drop(keep_running);
    });
    (Peer::new(near), FakeHub(hub))
}

fn login(id: u64) -> ClientMessage {
    let (id, name, password) = (RequestId(id), "yoda".to_owned(), "guess".to_owned());
    ClientMessage::Login { id, name, password, device: None, remember: false }
}

/// The hub's answer to a login that was refused.
fn refuse_login(outbox: &Outbox, id: u64) {
    let refusal = Refusal::new(Some(RequestId(id)), Code::BAD_PASSWORD, "wrong");
    assert_eq!(outbox.answer(&codec::encode(&ServerMessage::Error(refusal))), Offer::Took);
    outbox.answered();
    outbox.login_refused();
    outbox.wake();
}

/// Guesses once on each of so many new connections.
async fn guess(gate: &Gate, from: &str, times: u64) {
    for _ in 0..times {
        let (mut peer, mut hub) = connect_through(gate, from);
        peer.greet().await;
        let outbox = hub.opened().await;
        peer.say(&login(1)).await;
        hub.asked().await;
        refuse_login(&outbox, 1);
        assert!(matches!(peer.hear().await, Some(ServerMessage::Error(_))));
        drop(peer);
        hub.closed().await;
    }
}

/// What somebody who connects is told instead of a welcome.
async fn turned_away(gate: &Gate, from: &str) -> Option<String> {
    let (mut peer, mut hub) = connect_through(gate, from);
    peer.say(&hello(1, 1)).await;
    match peer.hear().await {
        Some(ServerMessage::Refuse { code, text }) => {
            assert_eq!(code, Code::BUSY);
            assert_eq!(peer.hear().await, None);
            assert!(hub.0.recv().await.is_none(), "the hub is not troubled");
            Some(text)
        }
        Some(ServerMessage::Welcome(_)) => None,
        other => panic!("neither welcome nor refusal: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_whose_logins_are_refused_has_to_wait_and_is_told_how_long() {
    let gate = Gate::new(Limits::On, 100);
    guess(&gate, ELSEWHERE, 2).await;
    assert_eq!(turned_away(&gate, ELSEWHERE).await, None, "two slips shut nobody out");
    guess(&gate, ELSEWHERE, 1).await;
    let text = "Too many logins from your address were refused. Try again in 15 seconds.";
    assert_eq!(turned_away(&gate, ELSEWHERE).await.as_deref(), Some(text));
    assert_eq!(turned_away(&gate, "192.0.2.8").await, None, "others are not concerned");
    tokio::time::advance(Duration::from_secs(15)).await;
    assert_eq!(turned_away(&gate, ELSEWHERE).await, None);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_connected_already_stays_and_may_log_in() {
    let gate = Gate::new(Limits::On, 100);
    let (mut peer, mut hub) = connect_through(&gate, ELSEWHERE);
    peer.greet().await;
    let outbox = hub.opened().await;
    guess(&gate, ELSEWHERE, 3).await;
    peer.say(&login(1)).await;
    hub.asked().await;
    outbox.logged_in();
    outbox.answered();
    assert_eq!(offer(&outbox, &notice("in")), Offer::Took);
    assert_eq!(peer.hear().await, Some(notice("in")));
    assert!(turned_away(&gate, ELSEWHERE).await.is_some(), "and takes nothing back for the others");
}

#[tokio::test(start_paused = true)]
async fn a_guess_whose_answer_is_not_waited_for_counts() {
    let gate = Gate::new(Limits::On, 100);
    for _ in 0..3 {
        let (mut peer, mut hub) = connect_through(&gate, ELSEWHERE);
        peer.greet().await;
        let _outbox = hub.opened().await;
        peer.say(&login(1)).await;
        hub.asked().await;
        drop(peer);
        hub.closed().await;
    }
    assert!(turned_away(&gate, ELSEWHERE).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_old_password_of_somebody_logged_in_is_no_guess() {
    let gate = Gate::new(Limits::On, 100);
    let (mut peer, mut hub) = connect_through(&gate, ELSEWHERE);
    peer.greet().await;
    let outbox = hub.opened().await;
    outbox.logged_in();
    assert_eq!(offer(&outbox, &notice("in")), Offer::Took);
    assert_eq!(peer.hear().await, Some(notice("in")));
    for id in 0..10 {
        refuse_login(&outbox, id);
        assert!(matches!(peer.hear().await, Some(ServerMessage::Error(_))));
    }
    assert_eq!(turned_away(&gate, ELSEWHERE).await, None);
}

fn send(id: u64) -> ClientMessage {
    ClientMessage::Send {
        id: RequestId(id),
        cid: shared::id::ClientId([u8::try_from(id).unwrap(); 16]),
        to: "#lobby".to_owned(),
        text: "hi".to_owned(),
        kind: shared::message::Kind::TEXT,
    }
}

fn answer(outbox: &Outbox, id: u64) {
    assert_eq!(outbox.answer(&codec::encode(&ServerMessage::Ok { re: RequestId(id) })), Offer::Took);
    outbox.answered();
    outbox.wake();
}

/// Asks a hundred times with `request`, and checks that only `most` are passed on before answers come, and all after.
async fn only_so_many(request: fn(u64) -> ClientMessage, most: u64) {
    let (mut peer, mut hub, outbox) = greeted(LOOPBACK).await;
    outbox.logged_in();
    for id in 0..100 {
        peer.say(&request(id)).await;
    }
    for _ in 0..most {
        hub.asked().await;
    }
    // A ping overtakes nothing: it is not read before what stands before it.
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(hub.is_quiet().await, "more than {most} were passed on, or the connection is closed for its silence");
    for id in most..100 {
        answer(&outbox, id - most);
        hub.asked().await;
        assert!(hub.is_quiet().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_has_at_most_64_unanswered_requests() {
    only_so_many(send, 64).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_has_at_most_8_unanswered_requests_for_lists() {
    only_so_many(who, 8).await;
}

#[tokio::test(start_paused = true)]
async fn what_has_no_answer_is_not_waited_for() {
    let (mut peer, mut hub, outbox) = greeted(LOOPBACK).await;
    outbox.logged_in();
    for _ in 0..90 {
        peer.say(&ClientMessage::Activity {}).await;
        peer.say(&ClientMessage::Typing { conv: "#attic".to_owned() }).await;
        peer.say(&ClientMessage::Typing { conv: "#lobby".to_owned() }).await;
        peer.say(&ClientMessage::Ack { conv: "#lobby".to_owned(), seq: shared::id::Seq(1) }).await;
        assert!(matches!(hub.asked().await, Request::Activity));
        assert!(matches!(hub.asked().await, Request::Typing { .. }));
        assert!(matches!(hub.asked().await, Request::Ack { .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_of_the_connection_itself_count_as_well() {
    let (mut peer, mut hub, outbox) = greeted(LOOPBACK).await;
    outbox.logged_in();
    for id in 0..70 {
        let mut empty = send(id);
        if let ClientMessage::Send { text, .. } = &mut empty {
            text.clear();
        }
        peer.say(&empty).await;
    }
    for _ in 0..64 {
        assert!(matches!(hub.next().await, Event::Refused { .. }));
    }
    tokio::task::yield_now().await;
    assert!(hub.is_quiet().await);
    answer(&outbox, 1);
    assert!(matches!(hub.next().await, Event::Refused { .. }));
}
