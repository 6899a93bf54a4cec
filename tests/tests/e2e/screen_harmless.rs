//! Whatever is sent, it is text on the screen: no sequence of a sender reaches the terminal, and the frame stays.

use e2e::{RawClient, TestServer};

use crate::screen_chat::on_screen;

#[test]
fn hostile_texts_are_shown_and_do_nothing() {
    let server = TestServer::start();
    let hans = on_screen(&server, "hans", (34, 120));
    let mut vader = RawClient::connect(server.port());
    vader.login("vader");
    let texts = [
        "\u{1b}]0;PWNED\u{7}title",
        "\u{1b}]52;c;cHduZWQ=\u{7}clipboard",
        "\u{9b}2Jclear",
        "\u{202e}esrever",
        "zalgo a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}\u{30b}\u{30c}",
        "\rhans: forged",
        "end of the list",
    ];
    for text in texts {
        vader.text("#lobby", text);
    }
    hans.expect_screen("the last line", |screen| screen.contains("end of the list"));
    let bytes = String::from_utf8_lossy(&hans.bytes()).into_owned();
    for sequence in ["\u{1b}]0;PWNED", "\u{1b}]52;", "\u{9b}", "\u{202e}"] {
        assert!(!bytes.contains(sequence), "{sequence:?} reached the terminal");
    }
    hans.expect_screen("the frame and the visible forms", |screen| {
        screen.contains("^[]0;PWNED^Gtitle") && screen.contains("<U+202E>") && screen.contains("1 lobby")
    });
}
