//! After three wrong passwords in a row the account is locked for BLOCK seconds, for the right password too, and every
//! answer says what is left.

use std::time::{Duration, Instant};

use e2e::{DEADLINE, TestServer};
use shared::error::Code;
use shared::message::{ClientMessage, ServerMessage};

/// The first `error ...` line of a login that is expected to be refused, and the exit code.
fn refused_login(server: &TestServer, user: &str, password: &str) -> (String, i32) {
    let mut client = server.client().user(user).password(password).run();
    (client.expect_prefix("error "), client.exit())
}

fn seconds_left(line: &str) -> u64 {
    let rest = line.strip_prefix("error locked: ").unwrap_or_else(|| panic!("`{line}` is not about a lock"));
    let (number, words) = rest.split_once(' ').unwrap_or_else(|| panic!("`{line}` has no seconds"));
    assert!(words.starts_with("second"), "`{line}` has no seconds");
    number.parse().unwrap_or_else(|_| panic!("`{line}` has no number"))
}

#[test]
fn the_third_wrong_password_locks_the_account() {
    let server = TestServer::with().block(60).start();
    assert_eq!(refused_login(&server, "hans", "wrong"), ("error bad-password: 2 tries left".to_owned(), 4));
    let (second, code) = refused_login(&server, "HANS", "falcon2");
    assert!(second.starts_with("error bad-password: 1 tr"), "{second}");
    assert_eq!(code, 4);
    let (third, code) = refused_login(&server, "hans", "Falcon");
    assert!((1..=60).contains(&seconds_left(&third)), "{third}");
    assert_eq!(code, 5);
    let (right, code) = refused_login(&server, "hans", "falcon");
    assert!((1..=60).contains(&seconds_left(&right)), "{right}");
    assert_eq!(code, 5);
    server.login("yoda").logout();
}

#[test]
fn a_good_login_starts_the_count_anew() {
    let server = TestServer::start();
    for _ in 0..2 {
        for expected in ["error bad-password: 2 tr", "error bad-password: 1 tr"] {
            let (line, _) = refused_login(&server, "hans", "wrong");
            assert!(line.starts_with(expected), "{line}");
        }
        server.login("hans").logout();
    }
}

#[test]
fn the_lock_ends_by_itself_and_tries_meanwhile_do_not_prolong_it() {
    let server = TestServer::with().block(2).start();
    for _ in 0..3 {
        refused_login(&server, "hans", "wrong");
    }
    let locked = Instant::now();
    let mut client = loop {
        // Trying without a pause is the waiting: every answer is one of the two that are right at that moment.
        let mut client = server.client().sample("hans").start();
        let line = client
            .expect_line("an answer", |line| line.starts_with("state logged-in") || line.starts_with("error locked"));
        if line == "state logged-in hans" {
            break client;
        }
        assert!(seconds_left(&line) <= 2, "{line}");
        assert!(locked.elapsed() < DEADLINE, "the lock of 2 seconds does not end");
    };
    // The three wrong tries were answered a moment before the clock was read.
    assert!(locked.elapsed() > Duration::from_secs(1), "the lock ended after {:?}", locked.elapsed());
    client.ok("whoelse");
    client.logout();
}

#[test]
fn whoever_is_logged_in_stays_logged_in() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    for _ in 0..3 {
        refused_login(&server, "hans", "wrong");
    }
    hans.ok("whoelse");
    hans.logout();
}

#[test]
fn guesses_at_once_get_no_more_tries_than_guesses_in_turn() {
    let server = TestServer::start();
    let mut guessers: Vec<_> = (0..6).map(|_| server.raw()).collect();
    for (number, guesser) in guessers.iter_mut().enumerate() {
        let id = guesser.request();
        guesser.say(&ClientMessage::Login {
            id,
            name: "hans".to_owned(),
            password: format!("guess{number}"),
            device: None,
            remember: false,
        });
    }
    let mut answers: Vec<Code> = guessers
        .iter_mut()
        .map(|guesser| match guesser.receive() {
            Some(ServerMessage::Error(refusal)) => refusal.code,
            other => panic!("a wrong password was answered with {other:?}"),
        })
        .collect();
    answers.sort();
    let wrong = answers.iter().filter(|code| *code == &Code::BAD_PASSWORD).count();
    let locked = answers.iter().filter(|code| *code == &Code::LOCKED).count();
    assert_eq!((wrong, locked), (2, 4), "{answers:?}");
}
