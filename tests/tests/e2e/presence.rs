//! Everybody online is told at once who comes and who goes, and why.

use std::time::Duration;

use e2e::TestServer;

#[test]
fn an_arrival_and_a_logout_are_told() {
    let server = TestServer::start();
    let mut hans = server.login_with_presence("hans");
    let leia = server.login("leia");
    hans.expect("presence leia online");
    leia.logout();
    hans.expect("presence leia offline logged-out");
}

#[test]
fn a_broken_connection_is_told_as_lost() {
    let server = TestServer::start();
    let mut hans = server.login_with_presence("hans");
    let leia = server.login("leia");
    hans.expect("presence leia online");
    leia.kill();
    hans.expect("presence leia offline connection-lost");
}

#[test]
fn a_timeout_is_told_as_such() {
    let server = TestServer::with().timeout(3).start();
    let mut hans = server.login_with_presence("hans");
    let leia = server.login("leia");
    let gone = |line: &str| line.starts_with("presence leia offline");
    // Somebody who only listens would be logged out as well.
    let line = loop {
        if let Some(line) = hans.wait_line(Duration::from_millis(500), gone) {
            break line;
        }
        if let Some(line) = hans.ok("whoelse").into_iter().find(|line| gone(line)) {
            break line;
        }
    };
    assert_eq!(line, "presence leia offline timed-out");
    leia.exits_with(6);
}

#[test]
fn a_script_gets_no_presence_lines_unless_it_asks_for_them() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    server.login("leia").logout();
    let mut yoda = server.login("yoda");
    yoda.ok("broadcast marker");
    hans.expect_none_until("broadcast from yoda: marker", |line| line.starts_with("presence"));
}
