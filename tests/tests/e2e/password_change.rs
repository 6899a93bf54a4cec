//! `passwd` changes the own password, the old one first; the new one counts from the next login on, also after a restart,
//! and a wrong old one changes nothing.

use e2e::TestServer;

#[test]
fn the_new_password_counts_after_a_restart() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    hans.send("passwd");
    hans.send("falcon");
    hans.send("millennium falcon");
    hans.send("millennium falcon");
    hans.expect_prefix("ok passwd");
    hans.logout();
    server.restart();
    server.client().sample("hans").run().exits_with(4);
    server.client().user("hans").password("millennium falcon").start_logged_in().logout();
}

#[test]
fn a_wrong_old_password_changes_nothing() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.send("passwd");
    hans.send("wrong");
    hans.send("millennium falcon");
    hans.send("millennium falcon");
    hans.expect_prefix("error bad-password");
    hans.end_input();
    hans.exits_with(1);
    server.login("hans").logout();
}

#[test]
fn passwords_that_differ_change_nothing() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.send("passwd");
    hans.send("falcon");
    hans.send("millennium falcon");
    hans.send("millenium falcon");
    hans.expect_prefix("error password-mismatch");
    hans.end_input();
    hans.exits_with(1);
    server.login("hans").logout();
}
