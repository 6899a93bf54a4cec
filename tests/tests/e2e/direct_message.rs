//! A direct message reaches the one user it is for, is acknowledged as delivered, and is refused in plain words where it
//! cannot be sent.

use e2e::TestServer;

#[test]
fn it_reaches_the_other_and_nobody_else() {
    let server = TestServer::start();
    let (mut hans, mut yoda, mut leia) = (server.login("hans"), server.login("yoda"), server.login("leia"));
    hans.answers("message yoda hi yoda", "ok message yoda delivered");
    yoda.expect("message from hans: hi yoda");
    yoda.answers("msg hans hi hans", "ok message hans delivered");
    hans.expect("message from yoda: hi hans");
    hans.ok("broadcast marker");
    leia.expect_none_until("broadcast from hans: marker", |line| line.starts_with("message"));
}

#[test]
fn every_alias_sends() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    for word in ["message", "msg", "w", "dm", "/message", "/dm"] {
        hans.answers(&format!("{word} yoda by {word}"), "ok message yoda delivered");
        yoda.expect(&format!("message from hans: by {word}"));
    }
}

#[test]
fn it_is_refused_to_nobody_to_oneself_and_without_text() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let unknown = hans.refused("message lando hi", "no-such-user");
    assert!(unknown.contains("lando"), "{unknown}");
    hans.refused("message hans hi", "yourself");
    hans.refused("message HANS hi", "yourself");
    for line in ["message yoda", "message yoda "] {
        let verdict = hans.ask(line).verdict;
        assert!(verdict.starts_with("error empty") || verdict.starts_with("error usage"), "`{line}`: `{verdict}`");
    }
    let mut yoda = server.login("yoda");
    hans.ok("message yoda marker");
    yoda.expect_none_until("message from hans: marker", |line| line.starts_with("stored") || line.contains("hi"));
}

#[test]
fn a_backslash_is_doubled_so_that_no_text_can_look_like_another() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.ok(r"message yoda one\ntwo \x1b");
    yoda.expect(r"message from hans: one\\ntwo \\x1b");
}

#[test]
fn text_in_every_script_arrives_unchanged() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    for text in ["größer", "привет", "你好，世界", "مرحبا", "שלום", "नमस्ते", "👩‍👩‍👧 🇯🇵", "a: b: c"]
    {
        hans.answers(&format!("message yoda {text}"), "ok message yoda delivered");
        yoda.expect(&format!("message from hans: {text}"));
    }
}
