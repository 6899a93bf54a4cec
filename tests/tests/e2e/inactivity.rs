//! A session without a user's action for TIMEOUT seconds is logged out with that reason, after a warning. Accepted lines
//! count as action; incoming messages and refused lines do not.

use std::time::{Duration, Instant};

use e2e::{DEADLINE, TestServer};

/// The server's timeout in these tests, in seconds.
const TIMEOUT: u64 = 3;

#[test]
fn a_warning_comes_before_the_cut() {
    let server = TestServer::with().timeout(TIMEOUT).start();
    let begin = Instant::now();
    let mut hans = server.login("hans");
    let warning = hans.expect_prefix("state idle ");
    let left = warning.strip_prefix("state idle ").and_then(|left| left.parse::<u64>().ok());
    assert!(left.is_some_and(|left| (1..=TIMEOUT).contains(&left)), "{warning}");
    hans.expect("state logged-out timed-out");
    assert!(begin.elapsed() >= Duration::from_secs(TIMEOUT), "cut after {:?}", begin.elapsed());
    hans.exits_with(6);
    server.expect_log(&["hans", "timed"]);
}

#[test]
fn actions_prevent_it() {
    let server = TestServer::with().timeout(TIMEOUT).start();
    let mut hans = server.login("hans");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(2 * TIMEOUT) {
        hans.ok("whoelse");
        // The wait is for what must not come; it paces the actions.
        let cut = hans.wait_line(Duration::from_millis(700), |line| line.starts_with("state logged-out"));
        assert_eq!(cut, None, "{}", hans.report());
    }
    hans.logout();
}

#[test]
fn incoming_messages_do_not_prevent_it() {
    let server = TestServer::with().timeout(TIMEOUT).start();
    let hans = server.login("hans");
    let mut yoda = server.login("yoda");
    let begin = Instant::now();
    // Once hans is gone, messages are stored.
    while yoda.ask("message hans are you there?").verdict != "ok message hans stored" {
        assert!(begin.elapsed() < DEADLINE, "hans is still there\n{}", hans.report());
        yoda.wait_line(Duration::from_millis(100), |line| line.starts_with("message from hans"));
    }
    hans.exits_with(6);
}

#[test]
fn refused_lines_do_not_prevent_it() {
    let server = TestServer::with().timeout(TIMEOUT).start();
    let mut hans = server.login("hans");
    let begin = Instant::now();
    loop {
        hans.send("message lando hi");
        hans.send("mesage yoda hi");
        if hans.wait_line(Duration::from_millis(300), |line| line == "state logged-out timed-out").is_some() {
            break;
        }
        assert!(begin.elapsed() < DEADLINE, "hans is still there");
    }
    assert_eq!(hans.exit(), 6, "{}", hans.report());
}

#[test]
fn without_a_timeout_nobody_is_cut() {
    let server = TestServer::with().timeout(0).start();
    let mut hans = server.login("hans");
    let cut = hans.wait_line(Duration::from_secs(1), |line| line.starts_with("state idle"));
    assert_eq!(cut, None);
    hans.logout();
}
