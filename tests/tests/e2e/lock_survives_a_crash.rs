//! A lock survives `kill -9` of the server: the right password is refused with the seconds that remain, and works when
//! they are over. The count of a single wrong try survives too.

use std::time::Instant;

use e2e::{DEADLINE, TestServer};

#[test]
fn a_locked_account_stays_locked_after_a_crash_and_opens_in_time() {
    let mut server = TestServer::with().block(3).start();
    for _ in 0..3 {
        server.client().user("hans").password("wrong").run();
    }
    server.crash();
    let begin = Instant::now();
    let mut refusals = 0;
    loop {
        let mut client = server.client().sample("hans").start();
        let line =
            client.expect_line("an answer", |line| line.starts_with("state logged-in") || line.starts_with("error "));
        if line == "state logged-in hans" {
            client.logout();
            break;
        }
        let left = line.strip_prefix("error locked: ").and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
        assert!(left.is_some_and(|left| (1..=3).contains(&left)), "{line}");
        client.exits_with(5);
        refusals += 1;
        assert!(begin.elapsed() < DEADLINE, "the lock of 3 seconds does not end");
    }
    assert!(refusals > 0, "the lock was gone after the crash");
}

#[test]
fn wrong_tries_before_a_crash_count_after_it() {
    let mut server = TestServer::start();
    for _ in 0..2 {
        server.client().user("hans").password("wrong").run().exits_with(4);
    }
    server.crash();
    server.client().user("hans").password("wrong").run().exits_with(5);
}
