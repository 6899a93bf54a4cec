//! No text from outside can ever put a control character on stdout, hide, change its direction or forge a line: escape
//! sequences, C1 codes, direction marks, newlines, in messages, lobby lines, away texts and history.

use e2e::{PlainClient, TestServer};
use shared::message::{ClientMessage, ServerMessage};

/// Texts, and how they must look.
const HOSTILE: &[(&str, &str)] = &[
    ("\u{1b}[31mred\u{1b}[0m", r"\x1b[31mred\x1b[0m"),
    ("\u{1b}]0;title\u{7}", r"\x1b]0;title\x07"),
    ("\u{1b}]52;c;cm0gLXJm\u{1b}\\", r"\x1b]52;c;cm0gLXJm\x1b\\"),
    ("one\r\nmessage from leia: forged", r"one\x0d\nmessage from leia: forged"),
    ("one\nok broadcast", r"one\nok broadcast"),
    ("\u{202e}txt.exe", r"\u{202e}txt.exe"),
    ("a\u{2066}b\u{2069}", r"a\u{2066}b\u{2069}"),
    ("bell\u{7} back\u{8}\u{8}", r"bell\x07 back\x08\x08"),
    ("zero\u{200b}width", r"zero\u{200b}width"),
    ("line\u{2028}paragraph\u{2029}", r"line\u{2028}paragraph\u{2029}"),
    ("del\u{7f}", r"del\x7f"),
    ("c1 \u{9b}31m \u{85} \u{90}", ""),
    ("tags \u{e0041}\u{e0042}", ""),
];

/// Sends every hostile text to the lobby and, direct, to hans, and waits until all are durable.
fn send_all(server: &TestServer) {
    let mut vader = server.raw();
    vader.login("vader");
    for (text, _) in HOSTILE {
        for to in ["#lobby", "@hans"] {
            let id = vader.text(to, text);
            let answer = vader.expect("an answer", |message| {
                matches!(message, ServerMessage::Sent { re, .. } if *re == id)
                    || matches!(message, ServerMessage::Error(refusal) if refusal.re == Some(id))
            });
            assert!(matches!(answer, ServerMessage::Sent { .. }), "{text:?} was answered with {answer:?}");
        }
    }
}

fn assert_shown(client: &PlainClient, start: &str) {
    let lines = client.transcript();
    for (text, shown) in HOSTILE.iter().filter(|(_, shown)| !shown.is_empty()) {
        let line = format!("{start}{shown}");
        assert!(lines.contains(&line), "{text:?} is not shown as `{line}`\n{}", client.report());
    }
    let count = lines.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(count, HOSTILE.len(), "not one line a message\n{}", client.report());
}

#[test]
fn live_messages_and_lobby_lines() {
    let server = TestServer::start();
    let mut hans = server.login_with_presence("hans");
    send_all(&server);
    let mut yoda = server.login("yoda");
    yoda.ok("broadcast marker");
    hans.expect("broadcast from yoda: marker");
    hans.assert_output_harmless();
    assert_shown(&hans, "message from vader: ");
    assert_shown(&hans, "broadcast from vader: ");
}

#[test]
fn stored_messages_history_and_away_texts() {
    let server = TestServer::start();
    send_all(&server);
    let mut vader = server.raw();
    vader.login("vader");
    let id = vader.request();
    vader.say(&ClientMessage::Away { id, text: "\u{1b}[2Jgone\u{202e}".to_owned() });
    vader.expect("an answer", |message| {
        matches!(message, ServerMessage::Ok { re } if *re == id)
            || matches!(message, ServerMessage::Error(refusal) if refusal.re == Some(id))
    });
    let mut hans = server.client().sample("hans").arg("--history").arg("50").start_logged_in();
    for command in ["history 50", "history @vader 50", "whoelse", "whois vader"] {
        hans.ok(command);
    }
    hans.assert_output_harmless();
}

#[test]
fn the_json_face() {
    let server = TestServer::start();
    let mut hans = server.client().sample("hans").json().start();
    hans.expect_line("the login", |line| line.contains("logged-in"));
    send_all(&server);
    server.login("yoda").ok("broadcast marker");
    hans.expect_line("the marker", |line| line.contains("marker"));
    hans.assert_output_harmless();
    for line in hans.transcript() {
        serde_json::from_str::<serde_json::Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn a_nul_is_never_carried() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let mut vader = server.raw();
    vader.login("vader");
    let id = vader.text("@hans", "nothing\0here");
    let answer =
        vader.expect("an answer", |message| matches!(message, ServerMessage::Error(refusal) if refusal.re == Some(id)));
    assert!(matches!(answer, ServerMessage::Error(refusal) if refusal.code == shared::error::Code::BAD_TEXT));
    vader.text("@hans", "marker");
    hans.expect_none_until("message from vader: marker", |line| line.contains("nothing"));
}
