//! Whoever loses the connection comes back to the session with a ticket: without a password, and without others noticing
//! if it is quick. A dead session keeps nobody out.

use e2e::{RawClient, TestServer, password_of};
use shared::id::ResumeTicket;
use shared::message::{ClientMessage, Reason, ServerMessage};

/// Logs in, waits until everything that waited has come, and returns the ticket.
fn log_in(client: &mut RawClient, user: &str) -> ResumeTicket {
    let id = client.request();
    let (name, password) = (user.to_owned(), password_of(user).to_owned());
    client.say(&ClientMessage::Login { id, name, password, device: None, remember: false });
    let answer = client.expect("the login", |message| matches!(message, ServerMessage::LoggedIn { .. }));
    client.expect("ready", |message| matches!(message, ServerMessage::Ready { .. }));
    match answer {
        ServerMessage::LoggedIn { ticket: Some(ticket), .. } => ticket,
        other => panic!("no ticket in {other:?}"),
    }
}

fn come_back(client: &mut RawClient, ticket: ResumeTicket) {
    let id = client.request();
    client.say(&ClientMessage::Resume { id, ticket, lobby: None });
    client.expect("ready", |message| matches!(message, ServerMessage::Ready { .. }));
}

fn lock(server: &TestServer, user: &str) {
    let mut guesser = server.raw();
    for guess in 0..3 {
        let (id, name, password) = (guesser.request(), user.to_owned(), format!("guess{guess}"));
        guesser.say(&ClientMessage::Login { id, name, password, device: None, remember: false });
        guesser.expect("the refusal", |message| matches!(message, ServerMessage::Error(_)));
    }
    server.expect_log(&[user, "locked"]);
}

/// A lock by strangers stops every password and does not stop the ticket: so no password was looked at.
#[test]
fn the_client_comes_back_after_a_crash_without_its_password() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    lock(&server, "hans");
    server.crash();
    hans.expect_prefix("state reconnecting");
    hans.expect("state logged-in hans");
    hans.ok("whoelse");
    hans.logout();
}

#[test]
fn others_do_not_notice_a_short_loss() {
    let server = TestServer::start();
    let mut yoda = server.login_with_presence("yoda");
    let mut hans = server.raw();
    let ticket = log_in(&mut hans, "hans");
    yoda.expect("presence hans online");
    drop(hans);
    server.expect_log(&["closed connection"]);
    yoda.answers("message hans are you there?", "ok message hans stored");
    let mut hans = server.raw();
    come_back(&mut hans, ticket);
    hans.text("#lobby", "back again");
    yoda.expect_none_until("broadcast from hans: back again", |line| line.starts_with("presence hans"));
    hans.logout();
    yoda.expect("presence hans offline logged-out");
}

#[test]
fn a_client_that_is_killed_is_gone_after_ten_seconds() {
    let server = TestServer::start();
    let mut yoda = server.login_with_presence("yoda");
    let hans = server.login("hans");
    yoda.expect("presence hans online");
    hans.kill();
    yoda.expect("presence hans offline connection-lost");
}

#[test]
fn a_new_client_takes_the_place_of_a_killed_one_at_once() {
    let server = TestServer::start();
    let mut yoda = server.login_with_presence("yoda");
    let hans = server.login("hans");
    yoda.expect("presence hans online");
    hans.kill();
    server.expect_log(&["closed connection"]);
    yoda.answers("message hans are you there?", "ok message hans stored");
    let mut again = server.login("hans");
    again.ok("broadcast here");
    assert!(again.transcript().iter().any(|line| line.ends_with(": are you there?")), "{}", again.report());
    yoda.expect_none_until("broadcast from hans: here", |line| line.starts_with("presence hans"));
}

/// A client that does not answer, as one whose machine sleeps.
#[test]
fn a_silent_session_is_replaced_and_told() {
    let server = TestServer::start();
    let mut silent = server.raw_login("hans");
    let mut second = server.client().sample("hans").start();
    second.expect("state logged-in hans");
    let last = silent.to_end().pop();
    assert_eq!(last, Some(ServerMessage::Bye { reason: Reason::REPLACED, retry_ms: None }));
    second.ok("whoelse");
    second.logout();
}

#[test]
fn a_client_that_has_logged_in_before_is_not_locked_out_by_strangers() {
    let mut server = TestServer::start();
    let first = server.login("hans");
    let home = first.home().clone();
    first.logout();
    lock(&server, "hans");
    server.restart();
    let mut own = server.client().sample("hans").home(&home).start_logged_in();
    own.ok("whoelse");
    own.logout();
    let stranger = server.client().sample("hans").run();
    stranger.exits_with(5);
}

#[test]
fn three_wrong_passwords_of_a_known_client_lock_the_account_as_ever() {
    let server = TestServer::start();
    let first = server.login("hans");
    let home = first.home().clone();
    first.logout();
    for expected in ["error bad-password: 2 tries left", "error bad-password: 1 try left"] {
        let mut client = server.client().user("hans").password("wrong").home(&home).run();
        client.expect(expected);
    }
    let client = server.client().user("hans").password("wrong").home(&home).run();
    client.exits_with(5);
    let client = server.client().sample("hans").home(&home).run();
    client.exits_with(5);
}
