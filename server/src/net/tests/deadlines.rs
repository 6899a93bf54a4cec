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

/// Whoever looks at the login screen sleeps.
#[tokio::test(start_paused = true)]
async fn nobody_is_asked_for_a_sign_of_life_before_the_login() {
    let (mut peer, _hub, _outbox) = greeted(ELSEWHERE).await;
    assert!(matches!(peer.hear().await, Some(ServerMessage::Bye { .. })));
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
    let (mut peer, mut hub, outbox) = greeted(ELSEWHERE).await;
    // The login itself may take longer than that.
    tokio::time::sleep(Duration::from_secs(50)).await;
    outbox.logged_in();
    outbox.wake();
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

/// Bytes that begin a TLS handshake and never end it.
const HALF_A_HELLO: &[u8] = &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

/// After how many seconds a server with TLS ends a real connection on which this was said.
async fn handshake_ends_after(said: &[u8]) -> u64 {
    let mut server = sockets::listen(sockets::encrypted());
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    stream.write_all(said).await.unwrap();
    let start = Instant::now();
    let end = timeout(LONG, stream.read(&mut [0])).await.expect("the connection ends");
    assert_eq!(end.unwrap_or(0), 0);
    assert!(server.hub.is_quiet().await, "the hub is not troubled");
    start.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_socket_on_which_nothing_is_said_ends_after_10_seconds() {
    assert_eq!(handshake_ends_after(&[]).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_tls_handshake_may_take_10_seconds() {
    assert_eq!(handshake_ends_after(&[0x16]).await, 10);
    assert_eq!(handshake_ends_after(HALF_A_HELLO).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_waits_for_its_turn_ends_in_its_time() {
    let server = sockets::listen(Settings { limits: Limits::Off, ..sockets::encrypted() });
    let mut streams = Vec::new();
    for _ in 0..=greet::HANDSHAKES {
        let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        stream.write_all(HALF_A_HELLO).await.unwrap();
        streams.push(stream);
    }
    let start = Instant::now();
    for mut stream in streams {
        let end = timeout(LONG, stream.read(&mut [0])).await.expect("the connection ends");
        assert_eq!(end.unwrap_or(0), 0);
    }
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_hello_that_drips_ends_after_10_seconds() {
    let (mut peer, mut hub) = connect(ELSEWHERE);
    let frame = codec::encode(&hello(1, 1));
    let start = Instant::now();
    for byte in frame.iter().take(9) {
        peer.say_bytes(&[*byte]).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let bye = ServerMessage::Bye { reason: Reason::LOGIN_TIMEOUT, retry_ms: None };
    assert_eq!(peer.hear().await, Some(bye));
    assert_eq!(start.elapsed().as_secs(), 10);
    assert!(hub.0.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn requests_do_not_lengthen_the_time_for_a_login() {
    let (mut peer, mut hub, outbox) = greeted(ELSEWHERE).await;
    let start = Instant::now();
    let ask = async {
        for id in 0.. {
            peer.say(&who(id)).await;
            if matches!(timeout(Duration::from_secs(3), peer.hear()).await, Ok(Some(ServerMessage::Bye { .. }))) {
                break;
            }
        }
    };
    let answer = async {
        while let Event::Input(Input::Asked { .. }) = hub.next().await {
            outbox.answered();
            outbox.wake();
        }
    };
    tokio::join!(ask, answer);
    assert_eq!(start.elapsed().as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn an_end_does_not_wait_for_the_other_side_for_ever() {
    let (peer, mut hub, outbox) = greeted(ELSEWHERE).await;
    let events = hub.0.sender_strong_count();
    let start = Instant::now();
    outbox.close();
    hub.closed().await;
    // The other side neither reads nor closes: the connection's task, which holds the last sender, ends by itself.
    assert!(events > 0 && hub.0.recv().await.is_none());
    assert_eq!(start.elapsed().as_secs(), 2);
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn last_words_that_nobody_reads_are_given_up() {
    let (mut peer, mut hub) = connect_with(settings(), ELSEWHERE, 1_000, 100);
    peer.greet().await;
    let outbox = hub.opened().await;
    let start = Instant::now();
    assert_eq!(offer(&outbox, &notice(&"x".repeat(5_000))), Offer::Took);
    outbox.close();
    hub.closed().await;
    assert_eq!(start.elapsed().as_secs(), 20);
}
