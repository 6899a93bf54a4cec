//! A secret cannot reach the lobby by a slip: what looks like a command that went wrong is not sent at the first Enter,
//! and what begins with a slash is never sent as text.

use e2e::{PlainClient, TestServer};

use crate::screen_chat::on_screen;

/// Types each line in the lobby and presses Enter once; the border must say what is wrong, and nobody may get the text.
fn held_back(lines: &[&str]) {
    let server = TestServer::start();
    let mut leia: PlainClient = server.login("leia");
    let mut yoda = server.login("yoda");
    let mut hans = on_screen(&server, "hans", (34, 120));
    for line in lines {
        hans.types(line);
        hans.keys("\r");
        hans.expect_screen("that it is still there", |screen| screen.contains(line.trim()));
        hans.keys("\u{3}");
        hans.expect_screen("an empty input", |screen| screen.contains("Message #lobby"));
    }
    hans.keys("nothing secret\r");
    for other in [&mut leia, &mut yoda] {
        other.expect_none_until("broadcast from hans: nothing secret", |line| line.contains("swordfish"));
    }
}

#[test]
fn a_classic_word_with_a_wrong_name_is_held_back() {
    held_back(&["message yodq swordfish", "message", "block nobody swordfish"]);
}

#[test]
fn a_slip_in_a_classic_word_is_held_back() {
    held_back(&["mesage yoda swordfish"]);
}

#[test]
fn a_slash_after_a_blank_and_an_unknown_command_are_held_back() {
    held_back(&[" /msg yoda swordfish", "/mesage yoda swordfish"]);
}

#[test]
fn a_second_enter_sends_a_classic_slip_as_text_and_two_slashes_send_one() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = on_screen(&server, "hans", (34, 120));
    hans.types("message in a bottle");
    hans.keys("\r");
    hans.expect_screen("the question", |screen| screen.contains("Enter again"));
    hans.keys("\r");
    yoda.expect("broadcast from hans: message in a bottle");
    hans.keys("//shrug\r");
    yoda.expect("broadcast from hans: /shrug");
}

#[test]
fn in_a_direct_tab_classic_words_are_text_for_that_tab() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut leia = server.login("leia");
    let mut hans = on_screen(&server, "hans", (34, 120));
    hans.keys("/message yoda hello\r");
    yoda.expect("message from hans: hello");
    hans.expect_screen("the tab", |screen| screen.contains("to yoda, through the server"));
    hans.keys("broadcast swordfish\r");
    yoda.expect("message from hans: broadcast swordfish");
    hans.keys("/broadcast done\r");
    leia.expect_none_until("broadcast from hans: done", |line| line.contains("swordfish"));
}
