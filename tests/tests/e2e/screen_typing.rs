//! Who types is seen on the other screen, until the message is there; who has switched it off neither shows nor sees it.

use e2e::{PtyBuilder, PtyClient, TestServer};

use crate::screen_chat::on_screen;

#[test]
fn typing_is_seen_until_the_message_is_there() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let mut yoda = on_screen(&server, "yoda", (24, 80));
    hans.expect_screen("yoda in the sidebar", |screen| screen.contains("yoda"));
    yoda.expect_screen("that hans is there", |screen| screen.contains("2 online"));
    hans.keys("thinking of you");
    yoda.expect_screen("that hans types", |screen| screen.contains("● ● ● hans is typing"));
    hans.keys("\r");
    yoda.expect_screen("the message instead", |screen| {
        screen.lines().any(|row| row.contains("hans │ thinking of you")) && !screen.contains("is typing")
    });
    // In a direct tab on both sides, and back.
    yoda.keys("/go hans\r");
    yoda.expect_screen("the tab", |screen| screen.contains("to hans, through the server"));
    yoda.keys("only");
    hans.expect_screen("the mark beside yoda's name, and nothing in the lobby", |screen| {
        screen.lines().any(|row| row.trim_end().ends_with('…') && row.contains("● yoda"))
            && !screen.contains("is typing")
    });
    hans.keys("/go yoda\r");
    hans.expect_screen("that yoda types there", |screen| screen.contains("● ● ● yoda is typing"));
    yoda.keys(" for you\r");
    hans.expect_screen("the message instead", |screen| {
        screen.lines().any(|row| row.contains("yoda │ only for you")) && !screen.contains("is typing")
    });
}

/// A client that does not take part.
fn without(server: &TestServer, user: &str) -> PtyClient {
    let client = PtyBuilder::user(server, user).args(&["--no-typing"]).size(24, 80).start();
    client.expect_screen("the lobby", |screen| screen.contains("lobby"));
    client
}

#[test]
fn commands_and_clients_without_it_show_nothing() {
    let server = TestServer::start();
    let mut vader = without(&server, "vader");
    let mut hans = on_screen(&server, "hans", (24, 80));
    let yoda = on_screen(&server, "yoda", (24, 80));
    hans.expect_screen("both others", |screen| screen.contains("3 online"));
    vader.expect_screen("both others", |screen| screen.contains("3 online"));
    yoda.expect_screen("both others", |screen| screen.contains("3 online"));
    hans.keys("message vader only you\r");
    vader.expect_screen("the tab", |screen| screen.contains("@hans"));
    vader.keys("in silence\r");
    // Whatever was said of their typing was said before this line.
    yoda.expect_screen("the line", |screen| screen.contains("vader │ in silence"));
    assert!(!has_seen_typing(&yoda), "{}", yoda.report());
    hans.keys("and now");
    yoda.expect_screen("that hans types", |screen| screen.contains("● ● ● hans is typing"));
    hans.keys("\r");
    vader.expect_screen("the line", |screen| screen.contains("hans │ and now"));
    assert!(!has_seen_typing(&vader), "{}", vader.report());
}

/// Whether the word has ever been on the screen.
fn has_seen_typing(client: &PtyClient) -> bool {
    String::from_utf8_lossy(&client.bytes()).contains("typing")
}
