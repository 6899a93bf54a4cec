//! What is typed on one screen is seen on another: in the lobby, and in a direct tab that opens without taking the keys.

use e2e::{PtyBuilder, PtyClient, TestServer};

/// A user of the sample on a terminal with all colours and this many rows and columns.
pub fn on_screen(server: &TestServer, user: &str, size: (u16, u16)) -> PtyClient {
    let client = PtyBuilder::user(server, user).env("COLORTERM", "truecolor").size(size.0, size.1).start();
    client.expect_screen("the lobby", |screen| screen.contains("lobby"));
    client
}

/// Opens the direct tab with this user, and has it in front.
pub fn go_to(client: &mut PtyClient, user: &str) {
    client.line(&format!("/go {user}"));
    client.expect_screen("the tab", |screen| screen.contains(&format!("to {user}, through the server")));
}

#[test]
fn a_line_in_the_lobby_is_seen_on_the_other_screen() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let yoda = on_screen(&server, "yoda", (24, 80));
    hans.expect_screen("yoda in the sidebar", |screen| screen.contains("yoda"));
    hans.keys("morning, おはよう\r");
    yoda.expect_screen("the line", |screen| screen.lines().any(|row| row.contains("hans │ morning, おはよう")));
    hans.expect_screen("the own line, sent", |screen| screen.contains("morning, おはよう ✓"));
}

#[test]
fn a_direct_message_opens_a_tab_and_takes_nothing_from_what_is_being_typed() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let mut yoda = server.login("yoda");
    hans.keys("half a thought");
    yoda.answers("message hans only for you", "ok message hans delivered");
    hans.expect_screen("the tab", |screen| screen.contains("@yoda"));
    hans.expect_screen("what was typed, in the lobby", |screen| {
        screen.contains("half a thought") && screen.contains("to everyone in the lobby")
    });
    // To the tab, answer there, and back: the draft has stayed.
    hans.keys("\u{1b}2");
    hans.expect_screen("the message", |screen| {
        screen.contains("only for you") && screen.contains("to yoda, through the server")
    });
    hans.keys("and this for you\r");
    yoda.expect("message from hans: and this for you");
    hans.keys("\u{1b}1");
    hans.expect_screen("the draft", |screen| screen.contains("half a thought"));
}

#[test]
fn a_line_that_was_stored_shows_when_its_reader_has_come() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    go_to(&mut hans, "yoda");
    hans.keys("are you there?\r");
    hans.expect_screen("the line, stored", |screen| screen.contains("are you there? ◐ stored for the next login"));
    let mut yoda = server.login("yoda");
    yoda.until("what waited", |line| line.starts_with("stored from hans ") && line.ends_with(": are you there?"));
    hans.expect_screen("the line, delivered", |screen| screen.contains("are you there? ✓"));
}

#[test]
fn what_is_typed_behind_a_change_of_tab_goes_to_that_tab_however_quick_it_comes() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    let (mut yoda, mut leia) = (server.login("yoda"), server.login("leia"));
    yoda.answers("message hans hi", "ok message hans delivered");
    hans.expect_screen("the tab", |screen| screen.contains("@yoda"));
    hans.keys("\u{1b}2only for you\r\u{1b}1for all\r/go leia\rfor leia\r");
    yoda.expect("message from hans: only for you");
    yoda.expect("broadcast from hans: for all");
    leia.expect("message from hans: for leia");
    hans.expect_screen("the last tab", |screen| screen.contains("for leia ✓"));
}

#[test]
fn the_help_lists_keys_and_commands() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    hans.keys("\u{1b}OP");
    hans.expect_screen("the help", |screen| screen.contains("new line") && screen.contains("quit"));
    hans.keys("\u{1b}");
    hans.expect_screen("the lobby again", |screen| screen.contains("to everyone in the lobby"));
}
