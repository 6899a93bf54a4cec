//! The wheel scrolls without the mouse being caught, so that text can be selected as everywhere; F3 catches it, and then
//! tabs, users and keys of cards can be clicked. A message is copied to the clipboard of the terminal.

use e2e::{PtyClient, TestServer};

use crate::screen_chat::on_screen;

/// Presses and lets go of the left button in the middle of some words.
fn click(client: &mut PtyClient, words: &str) {
    let screen = client.screen();
    let found = screen.lines().enumerate().find_map(|(row, line)| Some((row, line.find(words)?, line)));
    let (row, byte, line) = found.unwrap_or_else(|| panic!("{words} is not on the screen:\n{screen}"));
    let column = line[..byte].chars().count() + words.chars().count() / 2;
    let (row, column) = (row + 1, column + 1);
    client.keys(&format!("\u{1b}[<0;{column};{row}M\u{1b}[<0;{column};{row}m"));
}

#[test]
fn the_wheel_scrolls_without_catching_the_mouse() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    let mut yoda = server.login("yoda");
    for number in 0..60 {
        yoda.ok(&format!("broadcast line {number:02}"));
    }
    hans.expect_screen("the newest line", |screen| screen.contains("line 59"));
    hans.expect_view("the mouse is the terminal's", |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    // What a terminal makes of the wheel on the alternate screen.
    hans.keys(&"\u{1b}[A".repeat(3).repeat(3));
    hans.expect_screen("older lines, and the way back", |screen| {
        !screen.contains("line 59") && screen.contains("newest")
    });
    hans.keys(&"\u{1b}[B".repeat(3).repeat(4));
    hans.expect_screen("the newest line again", |screen| screen.contains("line 59"));
}

#[test]
fn with_the_mouse_caught_tabs_users_and_cards_are_clicked() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let mut yoda = server.login("yoda");
    hans.expect_screen("yoda in the sidebar", |screen| screen.contains("● yoda"));
    hans.keys("\u{1b}OR");
    hans.expect_view("the mouse is caught", |screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    click(&mut hans, "● yoda");
    hans.expect_screen("a tab with yoda", |screen| screen.contains("to yoda, through the server"));
    click(&mut hans, "1 lobby");
    hans.expect_screen("the lobby", |screen| screen.contains("to everyone in the lobby"));
    yoda.ok("startprivate hans");
    hans.expect_screen("the card", |screen| screen.contains("yoda wants to talk"));
    click(&mut hans, "Alt+Y");
    yoda.expect_prefix("private open hans ");
    hans.expect_screen("the session in the sidebar", |screen| screen.contains("SESSIONS"));
    click(&mut hans, "⇄ yoda");
    hans.expect_screen("its tab", |screen| screen.contains("to yoda, direct and private"));
    hans.keys("\u{1b}OR");
    hans.expect_view("the mouse is the terminal's again", |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
}

#[test]
fn a_message_goes_to_the_clipboard_of_the_terminal() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    let mut yoda = server.login("yoda");
    yoda.ok("broadcast copy me");
    hans.expect_screen("the line", |screen| screen.contains("copy me"));
    hans.keys("\u{1b}c");
    hans.expect_screen("that it was copied", |screen| screen.contains("clipboard"));
    // "copy me" in base64, inside OSC 52.
    let sent = String::from_utf8_lossy(&hans.bytes()).into_owned();
    assert!(sent.contains("\u{1b}]52;c;Y29weSBtZQ=="), "{sent:?}");
}
