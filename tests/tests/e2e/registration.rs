//! A new name may be registered: the password twice, both alike, at least eight characters; the account can log in after
//! a restart. A name that is taken cannot be registered again, in any case.

use std::sync::Barrier;

use e2e::{PtyClient, RawClient, TestServer};
use shared::error::Code;
use shared::message::{ClientMessage, ServerMessage};

/// Who wants the same name at once: enough that some wait for the hash of their password while the name goes away.
const CROWD: usize = 50;

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

/// Says it, and what the server answers.
fn answer(client: &mut RawClient, request: &ClientMessage) -> ServerMessage {
    client.say(request);
    client.expect("the answer", |said| matches!(said, ServerMessage::LoggedIn { .. } | ServerMessage::Error(_)))
}

/// Whether a password is that of lando.
fn opens(server: &TestServer, password: &str) -> bool {
    let mut client = server.raw();
    let (id, name, password) = (client.request(), "lando".to_owned(), password.to_owned());
    let login = ClientMessage::Login { id, name, password, device: None, remember: false };
    if let ServerMessage::Error(refusal) = answer(&mut client, &login) {
        assert_eq!(refusal.code, Code::BAD_PASSWORD, "{refusal:?}");
        return false;
    }
    client.logout();
    true
}

#[test]
fn of_many_who_register_one_name_at_once_in_any_case_one_gets_it() {
    let mut server = TestServer::start();
    let (port, start) = (server.port(), Barrier::new(CROWD));
    let spelling = |number: usize| ["lando", "LANDO", "Lando", "lAnDo", "LandO"][number % 5].to_owned();
    let password = |number: usize| format!("cloud city {number}");
    let register = |number: usize| {
        let mut client = RawClient::connect(port);
        let (id, name, password) = (client.request(), spelling(number), password(number));
        start.wait();
        let answer = answer(&mut client, &ClientMessage::Register { id, name, password, remember: false });
        (number, answer, client)
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..CROWD).map(|number| scope.spawn(move || register(number))).collect();
        crowd.into_iter().map(|thread| thread.join().expect("everybody is answered")).collect()
    });
    let (mut winners, mut losers) = (Vec::new(), Vec::new());
    for (number, answer, _client) in &answers {
        match answer {
            ServerMessage::LoggedIn { name, .. } => {
                assert_eq!(*name, spelling(*number));
                winners.push(*number);
            }
            // A machine that needs more than five seconds for all the passwords may say that it is busy.
            ServerMessage::Error(refusal) if [Code::NAME_TAKEN, Code::BUSY].contains(&refusal.code) => {
                losers.push(*number);
            }
            other => panic!("{} is answered with {other:?}", spelling(*number)),
        }
    }
    let [winner] = winners[..] else { panic!("the name belongs to {winners:?}") };
    assert_eq!(losers.len(), CROWD - 1);
    drop(answers);
    // What is on the disk counts.
    server.crash();
    // Three wrong passwords in a row would lock the name.
    for pair in losers.chunks(2) {
        for loser in pair {
            assert!(!opens(&server, &password(*loser)), "{loser} has lost");
        }
        assert!(opens(&server, &password(winner)), "{winner} has won");
    }
}
