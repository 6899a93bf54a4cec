//! A private session ends when either user says so, logs out, quits, is timed out, or is blocked; both are told, and what
//! was not delivered is not lost.

use e2e::TestServer;

use crate::private_sessions::open;

#[test]
fn either_side_ends_it() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    for hans_ends in [true, false] {
        open(&mut hans, &mut yoda, ("hans", "yoda"));
        let (ends, other, name, other_name) =
            if hans_ends { (&mut hans, &mut yoda, "hans", "yoda") } else { (&mut yoda, &mut hans, "yoda", "hans") };
        ends.send(&format!("stopprivate {other_name}"));
        ends.expect(&format!("private closed {other_name} by you"));
        ends.expect(&format!("ok stopprivate {other_name}"));
        other.expect(&format!("private closed {name} by peer"));
        other.refused(&format!("private {name} hi"), "no-session");
    }
}

#[test]
fn a_logout_ends_it() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.logout();
    yoda.expect("private closed hans by peer: logged-out");
}

#[test]
fn a_program_that_is_ended_says_goodbye() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.signal(rustix::process::Signal::TERM);
    yoda.expect("private closed hans by peer: logged-out");
    hans.exits_with(0);
}

#[test]
fn a_program_that_is_killed_is_noticed() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.kill();
    yoda.expect_prefix("private closed hans lost: ");
}

#[test]
fn a_block_ends_it_and_looks_like_leaving() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    yoda.ok("block hans");
    hans.expect("private closed yoda by peer: logged-out");
    hans.refused("startprivate yoda", "blocked");
}

#[test]
fn a_block_ends_it_without_a_server_too() {
    let mut server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    server.kill();
    yoda.expect_prefix("state reconnecting ");
    yoda.refused("block hans", "not-connected");
    hans.expect("private closed yoda by peer: logged-out");
}

#[test]
fn a_logout_for_inactivity_ends_it_and_talking_prevents_it() {
    let server = TestServer::with().timeout(7).start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    // Only hans talks, for longer than the timeout: the one who only listens is logged out.
    let mut said = 0;
    while yoda.wait_line(std::time::Duration::from_millis(500), |line| line == "state logged-out timed-out").is_none() {
        said += 1;
        hans.ok(&format!("private yoda {said}"));
        assert!(said < 40, "{}", yoda.report());
    }
    hans.expect("private closed yoda by peer: logged-out");
    hans.ok("whoelse");
}

#[test]
fn what_was_not_delivered_is_told_and_can_be_sent_again() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    yoda.signal(rustix::process::Signal::STOP);
    hans.send("private yoda into the void");
    // It has no answer yet: the other client is stopped, and now it dies.
    assert!(hans.wait_line(std::time::Duration::from_millis(300), |line| line.starts_with("ok private")).is_none());
    yoda.kill();
    let refused = hans.expect_prefix("error not-connected private yoda: not delivered");
    assert!(!refused.is_empty());
    hans.expect("private undelivered yoda 1");
    // The server has to notice that yoda is gone before a new login; then it goes through the server, said so.
    let again = hans.ask("resend yoda");
    assert_eq!(again.verdict, "ok resend yoda: it goes through the server, which can read it");
    hans.expect_prefix("ok message yoda ");
    let mut yoda = server.login("yoda");
    yoda.expect_line("the text", |line| line.contains("from hans") && line.ends_with(": into the void"));
    hans.refused("resend yoda", "nothing-to-do");
}
