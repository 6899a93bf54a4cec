//! Lobby lines of a blocked user do not reach the blocker, nor the blocker's the blocked; the sender is told that some
//! did not get it, without names; everybody else gets them.

use e2e::TestServer;

#[test]
fn lobby_lines_do_not_cross_a_block_in_either_direction() {
    let server = TestServer::start();
    let (mut hans, mut vader, mut leia) = (server.login("hans"), server.login("vader"), server.login("leia"));
    hans.ok("block vader");
    vader.answers("broadcast from the dark side", "ok broadcast partial");
    leia.expect("broadcast from vader: from the dark side");
    hans.answers("broadcast from the bright side", "ok broadcast partial");
    leia.expect("broadcast from hans: from the bright side");
    leia.ok("broadcast marker");
    hans.expect_none_until("broadcast from leia: marker", |line| line.contains("dark side"));
    vader.expect_none_until("broadcast from leia: marker", |line| line.contains("bright side"));
}

#[test]
fn a_line_is_whole_again_after_the_block_ends() {
    let server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    vader.answers("broadcast one", "ok broadcast partial");
    hans.ok("unblock vader");
    let verdict = vader.ask("broadcast two").verdict;
    assert!(verdict.starts_with("ok broadcast") && !verdict.contains("partial"), "{verdict}");
    hans.expect_none_until("broadcast from vader: two", |line| line.contains("one"));
}

#[test]
fn a_block_of_somebody_who_is_offline_costs_nobody_anything() {
    let server = TestServer::start();
    let (mut hans, mut leia) = (server.login("hans"), server.login("leia"));
    hans.ok("block vader");
    let verdict = hans.ask("broadcast hello").verdict;
    assert!(verdict.starts_with("ok broadcast") && !verdict.contains("partial"), "{verdict}");
    leia.expect("broadcast from hans: hello");
}
