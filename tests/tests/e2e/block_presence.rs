//! The blocked user sees the blocker go offline like anybody who leaves, and nothing more of them; the blocker is not
//! told when the blocked user comes and goes. After `unblock` both see each other again.

use e2e::TestServer;

#[test]
fn the_blocker_leaves_in_the_eyes_of_the_blocked_and_comes_back() {
    let server = TestServer::start();
    let mut vader = server.login_with_presence("vader");
    let mut hans = server.login("hans");
    vader.expect("presence hans online");
    hans.ok("block vader");
    vader.expect("presence hans offline logged-out");
    hans.ok("unblock vader");
    vader.expect("presence hans online");
}

#[test]
fn the_blocked_user_is_not_told_when_the_blocker_comes_and_goes() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.ok("block vader");
    hans.logout();
    let mut vader = server.login_with_presence("vader");
    server.login("hans").logout();
    let _leia = server.login("leia");
    vader.expect_none_until("presence leia online", |line| line.contains("hans"));
}

#[test]
fn the_blocker_is_not_told_when_the_blocked_user_comes_and_goes() {
    let server = TestServer::start();
    let mut hans = server.login_with_presence("hans");
    hans.ok("block vader");
    server.login("vader").logout();
    let _leia = server.login("leia");
    hans.expect_none_until("presence leia online", |line| line.contains("vader"));
}
