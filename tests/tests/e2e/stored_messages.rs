//! A message to somebody who is offline is stored and delivered at the next login: in order, with its own time, also
//! after a restart of the server, and only once.

use e2e::{PlainClient, TestServer};

/// Checks `stored from WHO at 2026-11-20 13:40: TEXT` and returns who and what.
fn stored(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix("stored from ")?;
    let (head, text) = rest.split_once(": ")?;
    let words: Vec<_> = head.split(' ').collect();
    let [who, "at", date, time] = words[..] else { panic!("`{line}` has no date and time") };
    let shape = |word: &str| word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    assert_eq!((shape(date).as_str(), shape(time).as_str()), ("0000-00-00", "00:00"), "`{line}`");
    Some((who.to_owned(), text.to_owned()))
}

/// The stored messages that a client got before one that was sent after its login. While a login is still reading what
/// waited, that one waits as well, behind the others.
fn stored_before_marker(client: &mut PlainClient, sender: &mut PlainClient, user: &str) -> Vec<(String, String)> {
    sender.ok(&format!("message {user} marker"));
    let mut lines = client.until("the marker", |line| line.ends_with(": marker"));
    lines.pop();
    lines.iter().filter_map(|line| stored(line)).collect()
}

#[test]
fn stored_messages_arrive_in_order_after_a_restart_and_only_once() {
    let mut server = TestServer::start();
    let (mut hans, mut leia) = (server.login("hans"), server.login("leia"));
    hans.answers("message yoda one", "ok message yoda stored");
    leia.answers("message yoda two", "ok message yoda stored");
    hans.answers("message yoda three", "ok message yoda stored");
    drop((hans, leia));
    server.restart();
    let mut hans = server.login("hans");
    let mut yoda = server.client().sample("yoda").start();
    let expected = [("hans", "one"), ("leia", "two"), ("hans", "three")];
    let expected = expected.map(|(who, text)| (who.to_owned(), text.to_owned()));
    yoda.expect_prefix("state logged-in");
    assert_eq!(stored_before_marker(&mut yoda, &mut hans, "yoda"), expected);
    yoda.logout();
    let mut again = server.login("yoda");
    assert_eq!(stored_before_marker(&mut again, &mut hans, "yoda"), []);
}

#[test]
fn stored_messages_survive_a_crash() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    hans.answers("message yoda are you there?", "ok message yoda stored");
    server.kill();
    drop(hans);
    server.launch();
    let mut yoda = server.login("yoda");
    let line = yoda.expect_prefix("stored from ");
    assert_eq!(stored(&line), Some(("hans".to_owned(), "are you there?".to_owned())));
}

#[test]
fn hundreds_of_stored_messages_arrive_in_order_and_only_once() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    // More than one page of the log.
    for number in 0..500 {
        hans.send(&format!("message yoda number {number}"));
    }
    for _ in 0..500 {
        hans.expect("ok message yoda stored");
    }
    let expected: Vec<_> = (0..500).map(|number| ("hans".to_owned(), format!("number {number}"))).collect();
    let mut yoda = server.login("yoda");
    assert_eq!(stored_before_marker(&mut yoda, &mut hans, "yoda"), expected);
    yoda.logout();
    let mut again = server.login("yoda");
    assert_eq!(stored_before_marker(&mut again, &mut hans, "yoda"), []);
}

#[test]
fn what_was_delivered_live_is_not_delivered_again() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.answers("message yoda live", "ok message yoda delivered");
    yoda.expect("message from hans: live");
    yoda.logout();
    let mut again = server.login("yoda");
    assert_eq!(stored_before_marker(&mut again, &mut hans, "yoda"), []);
}
