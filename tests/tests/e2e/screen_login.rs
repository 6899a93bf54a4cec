//! The full screen's login: one form, every refusal as a sentence in it, the lock as a countdown, and an account made
//! where there was none.

use e2e::{PtyBuilder, PtyClient, TestServer};

fn at_login(server: &TestServer) -> PtyClient {
    let port = server.port().to_string();
    let client = PtyBuilder::new("xterm-256color", &["127.0.0.1", &port]).size(34, 120).start();
    client.expect_screen("the form", |screen| screen.contains("Sign in") && screen.contains("Password"));
    client
}

fn sign_in(client: &mut PtyClient, name: &str, password: &str) {
    client.keys(&format!("{name}\r{password}\r"));
}

#[test]
fn name_enter_password_enter_and_the_lobby_is_there() {
    let server = TestServer::start();
    let mut hans = at_login(&server);
    sign_in(&mut hans, "hans", "falcon");
    hans.expect_screen("the lobby", |screen| screen.contains("1 lobby") && screen.contains("to everyone in the lobby"));
    assert!(!hans.bytes().windows(6).any(|bytes| bytes == b"falcon"), "the password was shown\n{}", hans.report());
}

#[test]
fn wrong_passwords_are_counted_and_the_lock_counts_down() {
    let server = TestServer::with().block(60).start();
    let mut hans = at_login(&server);
    sign_in(&mut hans, "hans", "wrong");
    hans.expect_screen("two tries left", |screen| screen.contains("2 tries left"));
    hans.keys("wrong\r");
    hans.expect_screen("one try left", |screen| screen.contains("1 try left"));
    hans.keys("wrong\r");
    let seconds = |screen: &str| {
        let before = screen.split(" s").next()?;
        let digits: String = before.chars().rev().take_while(char::is_ascii_digit).collect();
        digits.chars().rev().collect::<String>().parse::<u64>().ok()
    };
    hans.expect_screen("the lock", |screen| screen.to_lowercase().contains("locked"));
    let first = hans.screen().lines().filter(|row| row.to_lowercase().contains("locked")).find_map(seconds);
    hans.expect_screen("the countdown", |screen| {
        let now = screen.lines().filter(|row| row.to_lowercase().contains("locked")).find_map(seconds);
        now.is_some() && now < first
    });
}

#[test]
fn a_name_without_an_account_can_be_made_one() {
    let server = TestServer::start();
    let mut lando = at_login(&server);
    sign_in(&mut lando, "lando", "cloud city");
    lando.expect_screen("the offer", |screen| screen.contains("lando") && screen.contains("Repeat it"));
    lando.keys("cloud city\rcloud citi\r");
    lando.expect_screen("the mismatch", |screen| screen.contains("are not the same"));
    lando.keys("cloud city\r");
    lando.expect_screen("the lobby", |screen| screen.contains("1 lobby"));
}
