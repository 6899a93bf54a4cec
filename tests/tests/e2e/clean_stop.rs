//! On SIGTERM and Ctrl-C the server tells everybody, loses nothing and exits 0.

use e2e::{Exit, TestServer};
use rustix::process::Signal;
use shared::message::{Reason, ServerMessage};

#[test]
fn everybody_is_told_and_the_server_ends_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = TestServer::start();
        let mut hans = server.login("hans");
        let mut raw = server.raw();
        raw.login("yoda");
        server.signal(signal);
        let bye = raw.expect("the farewell", |message| matches!(message, ServerMessage::Bye { .. }));
        let is_right = |wait: &u64| (500..=15_500).contains(wait);
        assert!(
            matches!(&bye, ServerMessage::Bye { reason, retry_ms: Some(wait) } if *reason == Reason::GOING_AWAY && is_right(wait)),
            "{bye:?}"
        );
        hans.expect_line("that the server goes", |line| {
            line.starts_with("state reconnecting") || line.contains("going-away")
        });
        assert_eq!(server.wait(), Exit::Code(0), "{}", server.log());
    }
}

#[test]
fn nothing_that_was_acknowledged_is_lost() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    for number in 0..300 {
        hans.send(&format!("message yoda {number}"));
    }
    for _ in 0..30 {
        hans.expect("ok message yoda stored");
    }
    server.stop();
    hans.kill();
    hans.stdout_to_end();
    let acknowledged = hans.transcript().iter().filter(|line| *line == "ok message yoda stored").count();
    server.launch();
    let mut leia = server.login("leia");
    let mut yoda = server.login("yoda");
    leia.ok("message yoda marker");
    let lines = yoda.until("the marker", |line| line == "message from leia: marker");
    let stored: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix("stored from hans")).collect();
    assert!(stored.len() >= acknowledged, "{acknowledged} were acknowledged, {} arrived", stored.len());
    for (number, line) in stored.iter().enumerate() {
        assert!(line.ends_with(&format!(": {number}")), "number {number} is `{line}`");
    }
}

#[test]
fn a_stop_with_nobody_there_is_quick_and_clean() {
    let mut server = TestServer::start();
    server.stop();
}
