//! A private session needs a yes of both users, and neither is told an address of the other before.

use std::time::{Duration, Instant};

use e2e::{RawClient, TestServer};
use shared::id::{DeviceKey, OfferId};
use shared::message::{ClientMessage, ServerMessage};

const OFFER: OfferId = OfferId([5; 16]);

fn ask(hans: &mut RawClient, whom: &str) {
    let id = hans.request();
    let (key, addresses) = (DeviceKey([1; 32]), vec!["203.0.113.77:54321".to_owned()]);
    hans.say(&ClientMessage::PrivateAsk { id, offer: OFFER, name: whom.to_owned(), key, addresses });
    hans.expect("ok", |message| matches!(message, ServerMessage::Ok { re } if *re == id));
}

#[test]
fn who_was_asked_says_yes_and_both_see_the_same_words() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.answers("startprivate yoda", "ok startprivate yoda");
    yoda.expect("private request from hans, answer: accept hans, decline hans");
    yoda.answers("accept hans", "ok accept hans");
    let words = |line: String| line.split(" words ").nth(1).map(str::to_owned).expect("words");
    let (one, other) = (hans.expect_prefix("private open yoda "), yoda.expect_prefix("private open hans "));
    assert_eq!(words(one), words(other));
}

#[test]
fn no_address_is_told_before_the_yes() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.raw_login("hans"), server.raw_login("yoda"));
    ask(&mut hans, "yoda");
    let request = yoda.expect("a request", |message| matches!(message, ServerMessage::PrivateRequest { .. }));
    let told = format!("{request:?}");
    assert!(!told.contains("203.0.113.77") && !told.contains("127.0.0.1"), "{told}");
    let id = yoda.request();
    let key = DeviceKey([2; 32]);
    yoda.say(&ClientMessage::PrivateAccept { id, offer: OFFER, key, addresses: Vec::new() });
    let met = yoda.expect("a meeting", |message| matches!(message, ServerMessage::PrivateMeet(_)));
    assert!(format!("{met:?}").contains("203.0.113.77:54321"), "after the yes it is: {met:?}");
}

#[test]
fn a_no_is_told_and_tells_nothing_more() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.ok("startprivate yoda");
    yoda.expect_prefix("private request from hans");
    yoda.answers("decline hans", "ok decline hans");
    hans.expect("private declined yoda");
    assert_eq!(hans.refused("private yoda hi", "no-session"), "error no-session private yoda");
    yoda.refused("accept hans", "no-request");
}

#[test]
fn both_who_ask_each_other_need_no_further_yes() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.ok("startprivate yoda");
    // Whether the request has come or not: it is a yes.
    yoda.ok("startprivate hans");
    hans.expect_prefix("private open yoda ");
    yoda.expect_prefix("private open hans ");
}

#[test]
fn a_request_is_taken_back_by_its_end() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.ok("startprivate yoda");
    yoda.expect_prefix("private request from hans");
    hans.ok("stopprivate yoda");
    yoda.expect("private withdrawn hans");
    yoda.refused("accept hans", "no-request");
}

#[test]
fn what_nobody_answers_expires_after_a_minute() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    let begin = Instant::now();
    hans.ok("startprivate yoda");
    yoda.expect_prefix("private request from hans");
    let expired = hans.wait_line(Duration::from_secs(75), |line| line == "private expired yoda");
    assert!(expired.is_some(), "{}", hans.report());
    assert!(begin.elapsed() >= Duration::from_secs(59), "after {:?}", begin.elapsed());
    yoda.expect("private expired hans");
    yoda.refused("accept hans", "no-request");
}

#[test]
fn it_is_refused_in_plain_words() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.refused("startprivate hans", "yourself");
    hans.refused("startprivate lando", "no-such-user");
    hans.refused("startprivate yoda", "offline");
    let mut yoda = server.login("yoda");
    hans.ok("startprivate yoda");
    hans.refused("startprivate yoda", "already-asked");
    yoda.expect_prefix("private request from hans");
    yoda.ok("accept hans");
    hans.expect_prefix("private open yoda");
    hans.refused("startprivate yoda", "already-open");
    hans.refused("stopprivate leia", "no-session");
    let mut vader = server.login("vader");
    vader.ok("block hans");
    assert_eq!(
        hans.refused("startprivate vader", "blocked"),
        "error blocked startprivate vader: vader has blocked you"
    );
    vader.refused("startprivate hans", "you-blocked");
}

#[test]
fn who_accepts_everybody_is_not_asked() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let mut yoda = server.client().sample("yoda").arg("--accept").arg("always").start_logged_in();
    hans.ok("startprivate yoda");
    hans.expect_prefix("private open yoda ");
    yoda.expect_prefix("private open hans ");
}
