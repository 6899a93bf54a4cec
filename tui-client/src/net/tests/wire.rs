//! Frames both ways, and every way a connection can end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use shared::codec;
use shared::id::{ClientId, RequestId};
use shared::limits::FRAME_AFTER_LOGIN;
use shared::message::{ClientMessage, Kind, LOBBY, Reason, ServerMessage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::kit::{Client, Identity, Keys, Peer, Place, calm, notice, soon};
use crate::net::{NetEvent, Report, Timing, connection};

fn who(id: u64) -> ClientMessage {
    ClientMessage::Who { id: RequestId(id) }
}

fn long_text() -> ClientMessage {
    let (id, cid) = (RequestId(1), ClientId([0; 16]));
    ClientMessage::Send { id, cid, to: LOBBY.into(), text: "x".repeat(8_000), kind: Kind::TEXT }
}

/// Connects without TLS to a server that greets and then follows the script.
async fn talk<F: Future<Output = ()> + Send>(
    timing: Timing,
    script: impl FnOnce(Peer) -> F + Send + 'static,
) -> (Client, tokio::task::JoinHandle<std::io::Result<()>>) {
    let place = Place::new().await;
    let server = place.serve(None, |mut peer| async move {
        peer.greet().await;
        script(peer).await;
    });
    (Client::connected(&place, timing).await, server)
}

#[tokio::test]
async fn messages_keep_their_order_both_ways_and_all_leave_before_a_proper_close() {
    const COUNT: u64 = 500;
    let place = Place::new().await;
    let server = place.serve(Some(Identity::new().tls()), |mut peer| async move {
        peer.greet().await;
        for n in 0..COUNT {
            peer.say(&notice(&n.to_string())).await;
        }
        for n in 0..COUNT {
            assert_eq!(peer.hear().await, Some(who(n)));
        }
        assert_eq!(peer.hear().await, None, "the client says goodbye to TLS");
    });
    let mut client = Client::start(place.target(), &Keys::new(), calm(), 16);
    client.trust().await;
    for n in 0..COUNT {
        assert_eq!(client.notice().await, n.to_string());
    }
    for n in 0..COUNT {
        client.send(who(n)).await;
    }
    client.link = None;
    assert_eq!(client.lost().await, "closed by this client");
    soon(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn frames_in_pieces_and_frames_behind_the_welcome_are_whole_again() {
    let place = Place::new().await;
    let server = place.serve(None, |mut peer| async move {
        peer.hear().await;
        let mut bytes = codec::encode(&ServerMessage::Welcome(super::kit::welcome())).to_vec();
        bytes.extend_from_slice(&codec::encode(&notice("one")));
        bytes.extend_from_slice(&codec::encode(&notice("two"))[..3]);
        peer.say_bytes(&bytes).await;
        for byte in &codec::encode(&notice("two"))[3..] {
            peer.say_bytes(&[*byte]).await;
        }
    });
    let mut client = Client::connected(&place, calm()).await;
    assert_eq!(client.notice().await, "one");
    assert_eq!(client.notice().await, "two");
    assert_eq!(client.lost().await, "the server closed the connection");
    soon(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_not_tern_ends_the_connection_after_what_was() {
    let oversized = u32::try_from(FRAME_AFTER_LOGIN + 1).unwrap().to_be_bytes().to_vec();
    let mut trailing = codec::encode(&notice("x")).to_vec();
    trailing[3] += 1;
    trailing.push(0);
    let deep = [&[0, 0, 0, 103, 0x81, 0xa1, b'x'][..], &[0x91; 100]].concat();
    for garbage in [oversized, vec![0; 4], vec![0, 0, 0, 1, 0xc1], trailing, deep] {
        let (mut client, server) = talk(calm(), |mut peer| async move {
            peer.say(&notice("good")).await;
            peer.say_bytes(&garbage).await;
            while peer.hear().await.is_some() {}
        })
        .await;
        assert_eq!(client.notice().await, "good");
        assert_eq!(client.lost().await, "the server sent something that is not Tern");
        soon(server).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_tls_connection_that_breaks_off_is_told_apart_from_one_that_closes() {
    let place = Place::new().await;
    let server = place.serve(Some(Identity::new().tls()), |mut peer| async move { peer.greet().await });
    let mut client = Client::start(place.target(), &Keys::new(), calm(), 16);
    client.trust().await;
    let why = client.lost().await;
    assert!(why.starts_with("the connection broke"), "{why}");
    soon(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn pings_are_answered_and_not_passed_on() {
    let (mut client, server) = talk(calm(), |mut peer| async move {
        peer.say(&ServerMessage::Ping { n: 42 }).await;
        assert_eq!(peer.hear().await, Some(ClientMessage::Pong { n: 42 }));
        peer.say(&notice("behind the ping")).await;
    })
    .await;
    assert_eq!(client.notice().await, "behind the ping");
    soon(server).await.unwrap().unwrap();
}

/// Time passes only while everybody waits.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_asked_and_its_answer_is_timed() {
    const SLOW: Duration = Duration::from_millis(40);
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let (events, mut received) = mpsc::channel(1);
    let (frames, queue) = mpsc::channel(1);
    let report = Report { generation: 1, events };
    frames.send(who(1)).await.expect("the queue has room");
    let server = async {
        let mut read = bytes::BytesMut::new();
        let mut pings = 0;
        while theirs.read_buf(&mut read).await.is_ok_and(|count| count > 0) {
            while let Some(frame) = codec::take_frame(&mut read, FRAME_AFTER_LOGIN).expect("frames") {
                let ClientMessage::Ping { n } = codec::decode(&frame).expect("a message") else { continue };
                pings += 1;
                tokio::time::sleep(SLOW * pings.min(2)).await;
                let pong = |n| codec::encode(&ServerMessage::Pong { n });
                theirs.write_all(&[pong(n + 100), pong(n)].concat()).await.expect("the client reads");
            }
        }
    };
    let reader = async { [received.recv().await, received.recv().await] };
    let run = connection::run(Box::new(ours), Default::default(), queue, &report, calm());
    let told = tokio::select! {
        told = reader => told,
        why = run => panic!("{why}"),
        () = server => unreachable!("the client stays"),
    };
    let delays = told.map(|event| match event {
        Some((1, NetEvent::Delay(delay))) => delay,
        other => panic!("{other:?}"),
    });
    assert_eq!(delays, [SLOW, SLOW * 2]);
}

/// Whoever only looks whether a server is there sleeps.
#[tokio::test(start_paused = true)]
async fn nobody_is_asked_before_anything_was_said() {
    let (ours, mut theirs) = tokio::io::duplex(1024);
    let (events, _received) = mpsc::channel(1);
    let (_frames, queue) = mpsc::channel(1);
    let report = Report { generation: 1, events };
    let run = connection::run(Box::new(ours), Default::default(), queue, &report, calm());
    let server = timeout(Duration::from_hours(1), theirs.read_u8());
    tokio::select! {
        silence = server => assert!(silence.is_err(), "{silence:?}"),
        why = run => panic!("{why}"),
    }
}

#[test]
fn a_delay_is_news_when_people_would_notice() {
    let ms = Duration::from_millis;
    assert!(connection::is_news(None, ms(0)));
    for (told, now) in [(ms(0), ms(3)), (ms(3), ms(0)), (ms(40), ms(51)), (ms(40), ms(29)), (ms(1), ms(900))] {
        assert!(connection::is_news(Some(told), now), "{told:?} {now:?}");
    }
    for (told, now) in [(ms(0), ms(2)), (ms(3), ms(1)), (ms(40), ms(50)), (ms(40), ms(30)), (ms(400), ms(320))] {
        assert!(!connection::is_news(Some(told), now), "{told:?} {now:?}");
    }
}

#[tokio::test]
async fn a_server_that_answers_no_ping_is_lost() {
    let timing = Timing { ping_after: Duration::from_millis(50), dead_after: Duration::from_millis(150), ..calm() };
    let (mut client, server) = talk(timing, |mut peer| async move {
        assert_eq!(peer.hear().await, Some(who(1)));
        assert!(matches!(peer.hear().await, Some(ClientMessage::Ping { .. })));
        assert_eq!(peer.hear().await, None, "one ping is enough");
    })
    .await;
    client.send(who(1)).await;
    assert_eq!(client.lost().await, "the server does not answer");
    soon(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_reads_nothing_is_lost() {
    let timing = Timing { write_stall: Duration::from_millis(200), close: Duration::from_millis(200), ..calm() };
    let (release, released) = oneshot::channel::<()>();
    let (mut client, server) = talk(timing, |peer| async move {
        let _ = released.await;
        drop(peer);
    })
    .await;
    let link = client.link.take().unwrap();
    let why = soon(async {
        loop {
            let _ = link.send(long_text());
            tokio::select! {
                biased;
                event = client.events.recv() => break event,
                () = tokio::task::yield_now() => {}
            }
        }
    });
    match why.await {
        Some((7, NetEvent::Lost(why))) => assert_eq!(why, "the server takes nothing any more"),
        other => panic!("{other:?}"),
    }
    assert!(link.send(long_text()).is_err(), "the message comes back");
    drop(release);
    soon(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn messages_of_a_newer_server_are_ignored() {
    let (mut client, server) = talk(calm(), |mut peer| async move {
        let unknown = b"\x82\xa1t\xa8confetti\xa1n\x01";
        let length = u32::try_from(unknown.len()).unwrap().to_be_bytes();
        peer.say_bytes(&[&length[..], unknown].concat()).await;
        peer.say(&notice("known")).await;
    })
    .await;
    assert_eq!(client.notice().await, "known");
    soon(server).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_last_words_of_a_server_arrive_although_it_listens_no_more() {
    let place = Place::new().await;
    let server = place.serve(None, |mut peer| async move {
        peer.greet().await;
        peer.say(&ServerMessage::Bye { reason: Reason::GOING_AWAY, retry_ms: None }).await;
    });
    // The events have no room: the client cannot read the last words before its own writes have failed.
    let mut client = Client::start(place.plain_target(), &Keys::new(), calm(), 1);
    soon(server).await.unwrap().unwrap();
    for n in 0..100 {
        client.send(who(n)).await;
        tokio::task::yield_now().await;
    }
    client.trust().await;
    let event = client.next().await;
    assert!(matches!(&event, NetEvent::Message(ServerMessage::Bye { reason, .. }) if *reason == Reason::GOING_AWAY));
    client.lost().await;
}

#[tokio::test]
async fn a_loop_that_is_busy_holds_the_server_back_and_loses_nothing() {
    const COUNT: usize = 4_000;
    let (stalled, is_stalled) = oneshot::channel();
    let place = Place::new().await;
    let server = place.serve(None, |mut peer| async move {
        peer.greet().await;
        let mut stalled = Some(stalled);
        for n in 0..COUNT {
            let frame = codec::encode(&notice(&format!("{n:08192}")));
            let mut rest = &frame[..];
            while !rest.is_empty() {
                match timeout(Duration::from_millis(300), peer.stream.write(rest)).await {
                    Ok(count) => rest = &rest[count.unwrap()..],
                    Err(_) => drop(stalled.take().map(|stalled| stalled.send(n))),
                }
            }
        }
        peer.stream.flush().await.unwrap();
        stalled.is_none()
    });
    // Nobody reads events for longer than a server may be silent: that silence is not the server's.
    let timing = Timing { ping_after: Duration::from_millis(50), dead_after: Duration::from_millis(100), ..calm() };
    let mut client = Client::start(place.plain_target(), &Keys::new(), timing, 2);
    client.trust().await;
    let written = soon(is_stalled).await.expect("the server is held back");
    assert!(written < COUNT, "{written}");
    for n in 0..COUNT {
        match client.next().await {
            NetEvent::Message(ServerMessage::Notice { text }) => assert_eq!(text.parse(), Ok(n)),
            other => panic!("{n}: {other:?}"),
        }
    }
    assert!(soon(server).await.unwrap().unwrap());
}

/// What a reader has not come to stays with the server, also while it takes one event after another.
#[tokio::test]
async fn a_slow_reader_does_not_make_the_client_hoard() {
    const TAKEN: usize = 40_000;
    /// What the way between the two holds.
    const WAY: usize = 256 * 1024;
    let frame = codec::encode(&notice(&"x".repeat(80)));
    let (ours, mut theirs) = tokio::io::duplex(WAY);
    let (events, mut received) = mpsc::channel(1);
    let (_frames, queue) = mpsc::channel(1);
    let report = Report { generation: 1, events };
    let sent = AtomicUsize::new(0);
    let server = async {
        loop {
            theirs.write_all(&frame).await.expect("the client reads");
            sent.fetch_add(frame.len(), Ordering::Relaxed);
        }
    };
    let reader = async {
        let mut most = 0;
        for taken in 1..=TAKEN {
            received.recv().await.expect("the connection lives");
            let away = sent.load(Ordering::Relaxed) - taken * frame.len();
            most = away.saturating_sub(WAY).max(most);
        }
        most
    };
    let hoarded = tokio::select! {
        hoarded = soon(reader) => hoarded,
        why = connection::run(Box::new(ours), Default::default(), queue, &report, calm()) => panic!("{why}"),
        () = server => unreachable!("it has no end"),
    };
    assert!(hoarded <= 32 * 1024, "{hoarded} bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A hostile server can end a connection and nothing else.
    #[test]
    fn no_bytes_make_a_connection_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        length in 1u8..60,
        map in proptest::bool::ANY,
    ) {
        let mut stream = vec![0, 0, 0, length];
        stream.extend(map.then_some(0x82));
        stream.extend(&bytes);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let why = runtime.block_on(async {
            let (ours, mut theirs) = tokio::io::duplex(1024);
            let (events, mut received) = mpsc::channel(1);
            let (_frames, queue) = mpsc::channel(1);
            let report = Report { generation: 1, events };
            let run = connection::run(Box::new(ours), Default::default(), queue, &report, calm());
            let server = async { let _ = theirs.write_all(&stream).await; drop(theirs); };
            let read = async { while received.recv().await.is_some() {} };
            let run = async { tokio::select! { why = run => why, () = read => unreachable!("the sender lives") } };
            soon(async { tokio::join!(run, server).0 }).await
        });
        prop_assert!(why.starts_with("the server") || why.starts_with("the connection broke"), "{}", why);
    }
}
