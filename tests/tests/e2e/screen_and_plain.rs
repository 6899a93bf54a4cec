//! The chat goes from the full screen to plain lines and back in the same session: every message is seen once on the way,
//! tabs, drafts and private sessions stay.

use e2e::{PtyBuilder, PtyClient, TestServer, password_of};

use crate::screen_chat::{go_to, on_screen};
use crate::screen_private::agree;

/// What was written while lines had the terminal.
fn lines_of(client: &PtyClient) -> String {
    let text = String::from_utf8_lossy(&client.bytes()).into_owned();
    let mut parts = text.split("\u{1b}[?1049l");
    parts.next();
    parts.map(|part| part.split("\u{1b}[?1049h").next().unwrap_or_default()).collect()
}

#[test]
fn there_and_back_twice_every_message_is_seen_once() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (50, 120));
    let mut yoda = server.login("yoda");
    let mut said = Vec::new();
    let mut say = |text: String| {
        yoda.answers(&format!("broadcast {text}"), "ok broadcast");
        said.push(text);
    };
    let (mut in_lines, mut on_the_screen) = (Vec::new(), Vec::new());
    for turn in 0..2 {
        say(format!("drawn-{turn}"));
        hans.expect_screen("it", |screen| screen.contains(&format!("drawn-{turn}")));
        on_the_screen.push(format!("drawn-{turn}"));
        hans.keys("/plain\r");
        // While it turns.
        (0..5).for_each(|n| say(format!("to-lines-{turn}-{n}")));
        hans.expect("here lobby as hans, plain mode, server ");
        say(format!("in-lines-{turn}"));
        hans.expect(&format!("broadcast from yoda: in-lines-{turn}\r\n"));
        in_lines.push(format!("in-lines-{turn}"));
        hans.keys("screen\r");
        (0..5).for_each(|n| say(format!("to-screen-{turn}-{n}")));
        hans.expect_view("the full screen, with everything once", |screen| {
            let contents = screen.contents();
            screen.alternate_screen() && said_once(&contents, &format!("to-screen-{turn}-4"))
        });
    }
    let screen = hans.screen();
    for text in &said {
        assert!(said_once(&screen, text), "{text} on {screen}");
    }
    let lines = lines_of(&hans);
    for text in &said {
        assert!(lines.matches(text.as_str()).count() <= 1, "{text} in {lines}");
    }
    assert!(in_lines.iter().all(|text| said_once(&lines, text)), "{lines}");
    assert!(!on_the_screen.iter().any(|text| lines.contains(text.as_str())), "{lines}");
    assert_eq!(lines.matches("here lobby as hans").count(), 2, "{lines}");
    hans.keys("/logout\r");
    hans.exit();
    hans.expect_view("the main screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
}

fn said_once(shown: &str, text: &str) -> bool {
    shown.matches(text).count() == 1
}

#[test]
fn drafts_tabs_and_private_sessions_stay_and_what_was_unread_is_shown() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (34, 120));
    let (mut yoda, mut leia) = (server.login("yoda"), server.login("leia"));
    agree(&mut hans, &mut yoda, "yoda");
    leia.answers("message hans never looked at", "ok message hans delivered");
    hans.expect_screen("the tab", |screen| screen.contains("@leia"));
    go_to(&mut hans, "lando");
    hans.keys("half a thought\u{1b}1/plain\r");
    hans.expect("here lobby as hans");
    hans.expect("message from leia: never looked at");
    yoda.answers("private hans first", "ok private hans delivered");
    hans.expect("private from yoda: first");
    hans.keys("private yoda two\r");
    yoda.expect("private from hans: two");
    hans.expect("ok private yoda delivered");
    hans.keys("screen\r");
    hans.expect_view("the full screen, and nothing unread", |screen| {
        let tabs = screen.contents().lines().next().unwrap_or_default().to_owned();
        screen.alternate_screen() && tabs.contains("@leia") && tabs.contains("⇄ yoda") && !tabs.contains("leia  1")
    });
    hans.keys("/go lando\r");
    hans.expect_screen("the draft", |screen| screen.contains("half a thought"));
    hans.keys("\u{1b}2");
    hans.expect_screen("what was said in lines", |screen| {
        said_once(screen, "yoda │ first") && screen.contains("two ✓")
    });
    yoda.answers("private hans three", "ok private hans delivered");
    hans.expect_screen("the session goes on", |screen| screen.contains("three"));
}

#[test]
fn lines_can_be_left_for_the_screen_where_the_terminal_can_draw() {
    let server = TestServer::start();
    let port = server.port().to_string();
    let at = |term: &str| {
        PtyBuilder::new(term, &["127.0.0.1", &port, "--user", "hans", "--plain"])
            .env("TERN_PASSWORD", password_of("hans"))
            .size(24, 80)
            .start()
    };
    let mut hans = at("xterm-256color");
    hans.expect("state logged-in hans");
    hans.line("plain");
    hans.expect("error usage plain: this is plain mode");
    hans.line("screen");
    hans.expect("ok screen");
    hans.expect_view("the full screen", |screen| {
        screen.alternate_screen() && screen.contents().contains("to everyone in the lobby")
    });
    hans.keys("seen on both\r");
    hans.expect_screen("the line, sent", |screen| screen.contains("seen on both ✓"));
    hans.keys("/screen\r");
    hans.expect_screen("why not", |screen| screen.contains("his is the full screen"));
    hans.keys("/plain\r");
    hans.expect("here lobby as hans");
    hans.line("logout");
    hans.exit();
    let mut hans = at("dumb");
    hans.expect("state logged-in hans");
    hans.line("screen");
    hans.expect("error usage screen: it needs a terminal");
    assert!(!hans.bytes().contains(&0x1b), "{}", hans.report());
    let mut yoda = server.login("yoda");
    yoda.answers(
        "screen",
        "error usage screen: it needs a terminal for input and output, with a TERM that can move its cursor",
    );
}

#[test]
fn keys_typed_behind_the_command_are_for_the_other_face() {
    let server = TestServer::start();
    let mut hans = on_screen(&server, "hans", (24, 80));
    let mut yoda = server.login("yoda");
    hans.expect_screen("that yoda is there", |screen| screen.contains("2 online"));
    hans.keys("/plain\rmessage yoda in lines\rscreen\ron the screen\r");
    yoda.expect("message from hans: in lines");
    yoda.expect("broadcast from hans: on the screen");
    hans.expect_view("the full screen", |screen| {
        screen.alternate_screen() && screen.contents().contains("on the screen ✓")
    });
}
