//! Deadlines and pace, with time driven by the tests.

use tokio::time::Instant;

use super::*;

/// Hears until the end, answers every ping, and says after how many whole seconds the end came and what was said last.
async fn live(peer: &mut Peer<DuplexStream>) -> (u64, Option<ServerMessage>) {
    let start = Instant::now();
    let mut last = None;
    while let Some(message) = peer.hear().await {
        if let ServerMessage::Ping { n } = message {
            peer.say(&ClientMessage::Pong { n }).await;
        }
        last = Some(message);
    }
    (start.elapsed().as_secs(), last)
}

#[tokio::test(start_paused = true)]
async fn a_silent_stranger_is_sent_away_after_10_seconds() {
    let (mut peer, mut hub) = connect(ELSEWHERE);
    let bye = ServerMessage::Bye { reason: Reason::LOGIN_TIMEOUT, retry_ms: None };
    assert_eq!(live(&mut peer).await, (10, Some(bye)));
    assert!(hub.0.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_login_may_take_two_minutes() {
    let (mut peer, mut hub, _outbox) = greeted(ELSEWHERE).await;
    let bye = ServerMessage::Bye { reason: Reason::LOGIN_TIMEOUT, retry_ms: None };
    assert_eq!(live(&mut peer).await, (120, Some(bye)));
    assert_eq!(hub.closed().await, Reason::LOGIN_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn who_is_logged_in_and_answers_pings_stays() {
    let (mut peer, mut hub, outbox) = greeted(ELSEWHERE).await;
    outbox.logged_in();
    outbox.wake();
    assert!(timeout(Duration::from_secs(500), live(&mut peer)).await.is_err());
    assert!(hub.is_quiet().await);
}

#[tokio::test(start_paused = true)]
async fn who_answers_no_ping_is_gone_after_35_seconds() {
    let (mut peer, mut hub, _outbox) = greeted(ELSEWHERE).await;
    let start = Instant::now();
    assert!(matches!(peer.hear().await, Some(ServerMessage::Ping { .. })));
    assert_eq!(start.elapsed().as_secs(), 15);
    assert_eq!(hub.closed().await, Reason::CONNECTION_LOST);
    assert_eq!(start.elapsed().as_secs(), 35);
}

#[tokio::test(start_paused = true)]
async fn a_frame_may_take_15_seconds() {
    let (mut peer, mut hub, outbox) = greeted(ELSEWHERE).await;
    outbox.logged_in();
    outbox.wake();
    let frame = codec::encode(&who(1));
    let start = Instant::now();
    peer.say_bytes(&frame[..frame.len() - 1]).await;
    // A byte every few seconds keeps the connection alive but not the frame.
    let drip = async {
        tokio::time::sleep(Duration::from_secs(14)).await;
        peer.say_bytes(&frame[frame.len() - 1..]).await;
        peer.say_bytes(&frame[..1]).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        peer.say_bytes(&frame[1..2]).await;
        peer.hear_fatal().await
    };
    assert_eq!(drip.await, "protocol");
    assert_eq!(start.elapsed().as_secs(), 14 + 15);
    assert_eq!(hub.asked_who().await, 1);
    hub.closed().await;
}

#[tokio::test(start_paused = true)]
async fn who_reads_nothing_for_20_seconds_is_too_slow() {
    let (mut peer, mut hub) = connect_with(settings(), ELSEWHERE, 1_000, 100);
    peer.greet().await;
    let outbox = hub.opened().await;
    let start = Instant::now();
    assert_eq!(offer(&outbox, &notice(&"x".repeat(5_000))), Offer::Took);
    assert_eq!(hub.closed().await, Reason::TOO_SLOW);
    assert_eq!(start.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn who_reads_slowly_but_reads_stays() {
    let (mut peer, mut hub) = connect_with(settings(), ELSEWHERE, 1_000, 100);
    peer.greet().await;
    let outbox = hub.opened().await;
    outbox.logged_in();
    assert_eq!(offer(&outbox, &notice(&"x".repeat(10_000))), Offer::Took);
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(19)).await;
        let mut bite = [0; 1_000];
        peer.stream.read_exact(&mut bite).await.unwrap();
        peer.read.extend_from_slice(&bite);
    }
    assert_eq!(peer.hear().await, Some(notice(&"x".repeat(10_000))));
    assert!(hub.is_quiet().await);
}

/// Says 25 messages at once and returns after how many milliseconds each reached the hub.
async fn paces(settings: Settings, from: &str) -> Vec<u64> {
    let (mut peer, mut hub) = connect_with(settings, from, 1024 * 1024, 100);
    peer.greet().await;
    hub.opened().await;
    let start = Instant::now();
    for n in 0..25 {
        let message = ClientMessage::Send {
            id: shared::id::RequestId(n),
            cid: shared::id::ClientId([u8::try_from(n).unwrap(); 16]),
            to: "#lobby".to_owned(),
            text: "hi".to_owned(),
            kind: shared::message::Kind::TEXT,
        };
        peer.say(&message).await;
    }
    let mut arrivals = Vec::new();
    for _ in 0..25 {
        assert!(matches!(hub.asked().await, Request::Broadcast { .. }));
        arrivals.push(shared::id::millis(start.elapsed()));
    }
    arrivals
}

#[tokio::test(start_paused = true)]
async fn messages_from_elsewhere_are_read_at_a_pace() {
    let arrivals = paces(settings(), ELSEWHERE).await;
    assert_eq!(arrivals[19], 0);
    for (arrival, expected) in arrivals[20..].iter().zip([200, 400, 600, 800, 1_000]) {
        assert!(arrival.abs_diff(expected) <= 5, "{arrivals:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn loopback_and_limits_off_have_no_pace() {
    assert_eq!(paces(settings(), LOOPBACK).await, [0; 25]);
    assert_eq!(paces(Settings { limits: Limits::Off, ..settings() }, ELSEWHERE).await, [0; 25]);
}
