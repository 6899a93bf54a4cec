//! A new name may be registered: the password twice, both alike, at least eight characters; the account can log in after
//! a restart. A name that is taken cannot be registered again, in any case.

use e2e::{PtyClient, TestServer};

#[test]
fn a_registered_account_can_log_in_after_a_restart() {
    let mut server = TestServer::start();
    let mut lando = server.client().user("Lando").password("cloud city").arg("--register").start_logged_in();
    lando.ok("whoelse");
    lando.logout();
    server.restart();
    let mut lando = server.client().user("lando").password("cloud city").start();
    lando.expect("state logged-in Lando");
    lando.logout();
}

#[test]
fn an_account_survives_a_crash_right_after_its_registration() {
    let mut server = TestServer::start();
    let lando = server.client().user("lando").password("cloud city").arg("--register").start_logged_in();
    server.kill();
    drop(lando);
    server.launch();
    server.client().user("lando").password("cloud city").start_logged_in().logout();
}

#[test]
fn a_name_that_is_taken_cannot_be_registered() {
    let server = TestServer::start();
    let mut thief = server.client().user("Hans").password("long enough").arg("--register").run();
    thief.expect_prefix("error name-taken");
    thief.exits_with(4);
    server.login("hans").logout();
}

#[test]
fn a_short_password_is_refused() {
    let server = TestServer::start();
    let mut client = server.client().user("lando").password("seven77").arg("--register").run();
    client.expect_prefix("error weak-password");
    client.exits_with(4);
    let mut client = server.client().user("lando").password("seven77").run();
    client.expect("error no-such-account");
    client.exits_with(4);
}

#[test]
fn on_a_terminal_the_password_is_asked_twice_and_both_must_match() {
    let server = TestServer::start();
    let port = server.port().to_string();
    let mut person = PtyClient::start("dumb", &["127.0.0.1", &port], None);
    person.expect("plain mode, server");
    person.line("lando");
    person.expect("assword");
    person.line("cloud city");
    person.expect("error no-such-account");
    person.register("cloud city", "clout city");
    person.expect("error password-mismatch");
    person.register("cloud city", "cloud city");
    person.expect("state logged-in lando");
    let shown = String::from_utf8_lossy(&person.bytes()).into_owned();
    assert!(!shown.contains("cloud city") && !shown.contains("clout city"), "a password was echoed\n{shown}");
    person.line("logout");
    assert_eq!(person.exit(), e2e::Exit::Code(0));
    server.client().user("lando").password("cloud city").start_logged_in().logout();
}
