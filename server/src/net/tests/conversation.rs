//! Frames in both directions: what is understood, what is refused, what ends the connection.

use shared::caps::Caps;
use shared::error::Code;
use shared::id::RequestId;

use super::*;

#[tokio::test(start_paused = true)]
async fn hello_is_answered_and_the_hub_told_once() {
    let (mut peer, mut hub) = connect(ELSEWHERE);
    let welcome = peer.greet().await;
    assert_eq!((welcome.proto, welcome.register), (1, true));
    assert_eq!((welcome.frame_max, welcome.text_max, welcome.lines_max), (65_536, 8_192, 100));
    match hub.next().await {
        Event::Opened { address, .. } => assert_eq!(address.ip().to_string(), ELSEWHERE),
        other => panic!("{other:?}"),
    }
    drop(peer);
    assert_eq!(hub.closed().await, Reason::CONNECTION_LOST);
    assert!(hub.0.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_hub_is_told_what_a_client_can_do_and_the_client_what_the_server_can() {
    let many = format!("typing{}", " wave".repeat(700));
    for (words, typing) in [("", false), ("wave typing", true), ("typing2", false), (many.as_str(), true)] {
        let (mut peer, mut hub) = connect(LOOPBACK);
        let client = "test".to_owned();
        peer.say(&ClientMessage::Hello { proto_min: 1, proto_max: 1, client, caps: words.to_owned() }).await;
        match peer.hear().await {
            Some(ServerMessage::Welcome(welcome)) => assert_eq!(welcome.caps, "typing"),
            other => panic!("{other:?}"),
        }
        match hub.next().await {
            Event::Opened { caps, .. } => assert_eq!(caps, Caps { typing }, "{words:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_another_time_is_refused_before_the_hub_knows_it() {
    let (mut peer, mut hub) = connect(LOOPBACK);
    peer.say(&hello(7, 9)).await;
    assert_eq!(peer.hear_fatal().await, "version");
    assert!(hub.0.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_first_message_has_to_be_hello() {
    for first in [who(1), ClientMessage::Ping { n: 1 }] {
        let (mut peer, mut hub) = connect(LOOPBACK);
        peer.say(&first).await;
        assert_eq!(peer.hear_fatal().await, "not-now");
        assert!(hub.0.recv().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn frames_may_arrive_in_pieces_or_together() {
    let (mut peer, mut hub) = connect(LOOPBACK);
    let bytes = [codec::encode(&hello(1, 1)), codec::encode(&who(1)), codec::encode(&who(2))].concat();
    for byte in &bytes {
        peer.say_bytes(&[*byte]).await;
        tokio::task::yield_now().await;
    }
    hub.opened().await;
    assert_eq!((hub.asked_who().await, hub.asked_who().await), (1, 2));
    for cut in 0..bytes.len() {
        let (mut peer, mut hub) = connect(LOOPBACK);
        peer.say_bytes(&bytes[..cut]).await;
        tokio::task::yield_now().await;
        peer.say_bytes(&bytes[cut..]).await;
        hub.opened().await;
        assert_eq!((hub.asked_who().await, hub.asked_who().await), (1, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_understood_is_answered_in_order_and_the_connection_lives() {
    let (mut peer, mut hub, _outbox) = greeted(LOOPBACK).await;
    peer.say_body(b"\x82\xa1t\xa8teleport\xa2id\x07").await;
    peer.say_body(b"\x82\xa1t\xa4send\xa2id\x08").await;
    peer.say(&who(9)).await;
    for (id, code) in [(7, Code::UNSUPPORTED), (8, Code::BAD_REQUEST)] {
        match hub.next().await {
            Event::Refused { refusal, .. } => assert_eq!((refusal.re, refusal.code), (Some(RequestId(id)), code)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(hub.asked_who().await, 9);
}

#[tokio::test(start_paused = true)]
async fn garbage_is_answered_once_and_ends_the_connection() {
    let mut deep = b"\x82\xa1t\xa3who\xa2id".to_vec();
    deep.extend(std::iter::repeat_n(0x91, 3_000));
    let trailing = b"\x82\xa1t\xa3who\xa2id\x01\xc0";
    for body in [&b"\xc1"[..], b"\x93\x01\x02\x03", b"\xa5hello", b"\x82\xa1t\xa3who", trailing, &deep] {
        let (mut peer, mut hub, _outbox) = greeted(LOOPBACK).await;
        peer.say_body(body).await;
        peer.say(&who(1)).await;
        assert_eq!(peer.hear_fatal().await, "protocol", "{:x?}", &body[..4.min(body.len())]);
        assert_eq!(hub.closed().await, Reason::CONNECTION_LOST);
        assert!(hub.0.recv().await.is_none());
    }
    let (mut peer, _hub, _outbox) = greeted(LOOPBACK).await;
    peer.say_bytes(&[0; 4]).await;
    assert_eq!(peer.hear_fatal().await, "protocol", "an empty frame");
}

#[tokio::test(start_paused = true)]
async fn a_frame_is_too_large_as_soon_as_its_length_is_known() {
    for (is_logged_in, limit) in [(false, 4 * 1024_u32), (true, 64 * 1024)] {
        let (mut peer, mut hub, outbox) = greeted(LOOPBACK).await;
        if is_logged_in {
            outbox.logged_in();
            assert_eq!(offer(&outbox, &notice("you are in")), Offer::Took);
            assert_eq!(peer.hear().await, Some(notice("you are in")));
        }
        let padding = vec![b'x'; limit as usize - 20];
        let mut largest = b"\x83\xa1t\xa3who\xa2id\x01\xa1x\xda".to_vec();
        largest.extend(u16::try_from(padding.len()).unwrap().to_be_bytes());
        largest.extend(padding);
        assert!(largest.len() <= limit as usize);
        peer.say_body(&largest).await;
        assert_eq!(hub.asked_who().await, 1);
        peer.say_bytes(&(limit + 1).to_be_bytes()).await;
        assert_eq!(peer.hear_fatal().await, "frame-too-large");
    }
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_without_the_hub() {
    let (mut peer, mut hub, _outbox) = greeted(LOOPBACK).await;
    peer.say(&ClientMessage::Ping { n: 42 }).await;
    assert_eq!(peer.hear().await, Some(ServerMessage::Pong { n: 42 }));
    assert!(hub.is_quiet().await);
}

#[tokio::test(start_paused = true)]
async fn what_the_hub_says_before_closing_arrives_and_what_it_says_later_does_not() {
    let (mut peer, mut hub, outbox) = greeted(LOOPBACK).await;
    for n in 0..100 {
        assert_eq!(outbox.offer(&codec::encode(&notice(&format!("{n}")))), Offer::Took);
    }
    outbox.close();
    assert_eq!(offer(&outbox, &notice("too late")), Offer::Took);
    for n in 0..100 {
        assert_eq!(peer.hear().await, Some(notice(&format!("{n}"))));
    }
    assert_eq!(peer.hear().await, None);
    hub.closed().await;
    assert!(hub.0.recv().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_full_hub_stops_the_reading_but_not_the_writing() {
    let (mut peer, mut hub) = connect_with(settings(), LOOPBACK, 1024 * 1024, 1);
    peer.greet().await;
    let outbox = hub.opened().await;
    for n in 0..50 {
        peer.say(&who(n)).await;
    }
    tokio::task::yield_now().await;
    assert_eq!(offer(&outbox, &notice("still here")), Offer::Took);
    assert_eq!(peer.hear().await, Some(notice("still here")));
    for n in 0..50 {
        assert_eq!(hub.asked_who().await, n);
        outbox.answered();
        outbox.wake();
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_falls_behind_is_told_of_when_it_has_caught_up() {
    let (mut peer, mut hub) = connect_with(Settings { outbox_bytes: 0, ..settings() }, LOOPBACK, 1_000, 100);
    peer.greet().await;
    let outbox = hub.opened().await;
    let text = notice(&"x".repeat(1_000));
    let taken = (0..10_000).take_while(|_| offer(&outbox, &text) == Offer::Took).count();
    assert!(taken > 100);
    peer.say(&who(1)).await;
    assert!(hub.is_quiet().await, "a lagging session's requests wait");
    for _ in 0..taken {
        assert_eq!(peer.hear().await, Some(text.clone()));
    }
    assert!(matches!(hub.next().await, Event::Input(Input::SessionDrained { .. })));
    assert_eq!(offer(&outbox, &text), Offer::Full, "until the hub knows");
    outbox.resume();
    assert_eq!(hub.asked_who().await, 1);
    assert_eq!(offer(&outbox, &text), Offer::Took);
    assert_eq!(peer.hear().await, Some(text));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_asks_makes_the_server_keep_little() {
    let (mut peer, _hub) = connect_with(settings(), LOOPBACK, 1_000, 100);
    peer.greet().await;
    let ping = codec::encode(&ClientMessage::Ping { n: 1 });
    let flood = async {
        let mut said = 0;
        while timeout(Duration::from_secs(1), peer.say_bytes(&ping)).await.is_ok() {
            said += ping.len();
        }
        said
    };
    // Everything read at once, the answers that may wait, and what fits in between.
    assert!(flood.await < 200 * 1024);
}

/// A socket whose reader fails.
struct Faulty(DuplexStream);

impl AsyncRead for Faulty {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = std::pin::Pin::new(&mut self.0).poll_read(context, buffer);
        assert!(!buffer.filled()[before..].contains(&0xee), "a bug, made by this test");
        read
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[tokio::test(start_paused = true)]
async fn the_hub_hears_of_a_connection_that_fails_even_when_its_queue_is_full() {
    // Room for one event, which the hub does not take until the task has failed.
    let (events, hub) = mpsc::channel(1);
    let (_keep_running, stopped) = watch::channel(false);
    let (near, far) = tokio::io::duplex(1024);
    let address = SocketAddr::new(LOOPBACK.parse().unwrap(), 5000);
    let gate = Gate::new(Limits::On, 1);
    let pass = gate.admit(address.ip(), tokio::time::Instant::now(), 99).unwrap();
    let office = Office::new(settings(), events, stopped);
    let task = tokio::spawn(async move { office.converse(Faulty(far), Origin { address, pass }).await });
    let (mut peer, mut hub) = (Peer::new(near), FakeHub(hub));
    peer.greet().await;
    peer.say_bytes(&[0xee]).await;
    assert!(task.await.unwrap_err().is_panic());
    hub.opened().await;
    assert_eq!(hub.closed().await, Reason::CONNECTION_LOST);
    assert!(gate.admit(address.ip(), tokio::time::Instant::now(), 99).is_ok(), "its place is free again");
}
