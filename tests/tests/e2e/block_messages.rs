//! `block B` by A: no direct message from B reaches A, now or later, and B is told; A may still write to B; what was
//! stored before the block stays.

use e2e::TestServer;

#[test]
fn the_blocked_user_is_refused_and_the_blocker_is_not() {
    let server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    vader.answers("message hans join me", "error blocked message hans: hans has blocked you");
    // What follows the word may be the hint that vader cannot answer.
    let verdict = hans.ask("message vader never").verdict;
    assert!(verdict.starts_with("ok message vader delivered"), "{verdict}");
    vader.expect("message from hans: never");
    let mut yoda = server.login("yoda");
    yoda.ok("message hans marker");
    hans.expect_none_until("message from yoda: marker", |line| line.contains("join me"));
}

#[test]
fn a_refused_message_is_not_delivered_later() {
    let server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    vader.refused("message hans online", "blocked");
    hans.logout();
    vader.refused("message hans offline", "blocked");
    let mut hans = server.login("hans");
    hans.ok("unblock vader");
    vader.answers("message hans marker", "ok message hans delivered");
    hans.expect_none_until("message from vader: marker", |line| line.contains("line"));
    assert!(!hans.transcript().iter().any(|line| line.starts_with("stored")), "{}", hans.report());
}

#[test]
fn messages_stored_before_the_block_stay() {
    let server = TestServer::start();
    let mut vader = server.login("vader");
    vader.answers("message hans before", "ok message hans stored");
    let mut raw = server.raw();
    // A session that does not acknowledge what it gets leaves it stored.
    raw.login("hans");
    let id = raw.request();
    raw.say(&shared::message::ClientMessage::Block { id, name: "vader".to_owned() });
    raw.expect(
        "the answer to block",
        |message| matches!(message, shared::message::ServerMessage::Ok { re } if *re == id),
    );
    vader.refused("message hans after", "blocked");
    let id = raw.request();
    raw.say(&shared::message::ClientMessage::Logout { id });
    raw.to_end();
    let mut hans = server.login("hans");
    let line = hans.expect_prefix("stored from vader at ");
    assert!(line.ends_with(": before"), "{line}");
}

#[test]
fn unblock_undoes_it_at_once() {
    let server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    vader.refused("message hans one", "blocked");
    hans.ok("unblock vader");
    vader.answers("message hans two", "ok message hans delivered");
    hans.expect("message from vader: two");
}

#[test]
fn a_block_in_each_direction_refuses_each() {
    let server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    vader.ok("block hans");
    vader.refused("message hans hi", "blocked");
    hans.refused("message vader hi", "blocked");
    hans.ok("unblock vader");
    vader.ok("message hans you can read but not answer");
    hans.refused("message vader hi", "blocked");
}
