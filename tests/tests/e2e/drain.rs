//! A stop ends within 10 seconds, whoever does not listen; a second signal does not wait at all. Whoever does listen gets
//! everything that was under way, and the farewell.

use std::time::{Duration, Instant};

use e2e::{Exit, TestServer};
use rustix::process::Signal;
use shared::message::{Reason, ServerMessage};

/// How long a stop may take.
const STOP: Duration = Duration::from_secs(10);

/// A session that has much waiting for it and reads nothing of it.
fn stalled(server: &TestServer) -> e2e::RawClient {
    let stalled = server.raw_login("yoda");
    let mut hans = server.raw_login("hans");
    let text = "x".repeat(8_000);
    for _ in 0..1_500 {
        let id = hans.text("@yoda", &text);
        hans.expect("that it is stored", |message| matches!(message, ServerMessage::Sent { re, .. } if *re == id));
    }
    hans.logout();
    stalled
}

#[test]
fn a_stop_does_not_wait_for_who_does_not_listen_but_for_who_does() {
    let mut server = TestServer::start();
    let _stalled = stalled(&server);
    let mut vader = server.raw_login("vader");
    let mut leia = server.raw_login("leia");
    for number in 0..100 {
        leia.text("@vader", &number.to_string());
    }
    for _ in 0..100 {
        leia.expect("that it is stored", |message| matches!(message, ServerMessage::Sent { .. }));
    }
    let asked = Instant::now();
    server.signal(Signal::TERM);
    for number in 0..100 {
        let text = number.to_string();
        vader.expect(&text, |message| matches!(message, ServerMessage::Message(entry) if entry.text == text));
    }
    let end = vader.to_end();
    let bye = end.iter().find_map(|message| match message {
        ServerMessage::Bye { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(bye, Some(Reason::GOING_AWAY), "{end:?}");
    assert_eq!(server.wait(), Exit::Code(0), "{}", server.log());
    assert!(asked.elapsed() < STOP, "{:?}", asked.elapsed());
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut server = TestServer::start();
    let _stalled = stalled(&server);
    server.signal(Signal::TERM);
    server.expect_log(&["stopping"]);
    let again = Instant::now();
    server.signal(Signal::INT);
    assert_eq!(server.wait(), Exit::Code(1), "{}", server.log());
    assert!(again.elapsed() < Duration::from_secs(4), "{:?}", again.elapsed());
    server.launch();
    server.assert_serves();
}
