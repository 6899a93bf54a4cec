//! A private session is a connection of its own: what is said in it goes straight to the other client and no further, it
//! goes on without the server, and several stand side by side.

use e2e::{PlainClient, TestServer};

/// Opens a session; `asker` asks.
pub fn open(asker: &mut PlainClient, asked: &mut PlainClient, names: (&str, &str)) {
    let (asker_name, asked_name) = names;
    asker.ok(&format!("startprivate {asked_name}"));
    asked.expect_prefix(&format!("private request from {asker_name}"));
    asked.ok(&format!("accept {asker_name}"));
    asker.expect_prefix(&format!("private open {asked_name} "));
    asked.expect_prefix(&format!("private open {asker_name} "));
}

#[test]
fn what_is_said_reaches_the_other_and_not_the_server() {
    let server = TestServer::start();
    let (mut hans, mut yoda, mut leia) = (server.login("hans"), server.login("yoda"), server.login("leia"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.answers("private yoda the secret of the swamp", "ok private yoda delivered");
    yoda.expect("private from hans: the secret of the swamp");
    yoda.answers("private hans indeed", "ok private hans delivered");
    hans.expect("private from yoda: indeed");
    hans.ok("broadcast marker");
    leia.expect_none_until("broadcast from hans: marker", |line| line.contains("secret"));
    hans.logout();
    yoda.logout();
    assert!(!server.log().contains("secret"));
    for entry in std::fs::read_dir(server.data()).expect("the data folder") {
        let path = entry.expect("a file").path();
        let held = std::fs::read(&path).unwrap_or_default();
        assert!(!held.windows(6).any(|window| window == b"secret"), "{} holds it", path.display());
    }
}

#[test]
fn nothing_of_it_is_on_the_disk_of_the_clients() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.ok("private yoda nowhere-to-be-found");
    yoda.expect("private from hans: nowhere-to-be-found");
    for client in [&hans, &yoda] {
        for file in client.home().files() {
            let held = std::fs::read(&file).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&held).contains("nowhere-to-be"), "{} holds it", file.display());
        }
    }
}

#[test]
fn several_stand_side_by_side() {
    let server = TestServer::start();
    let (mut hans, mut yoda, mut leia) = (server.login("hans"), server.login("yoda"), server.login("leia"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    open(&mut leia, &mut hans, ("leia", "hans"));
    hans.ok("private yoda for yoda");
    hans.ok("private leia for leia");
    yoda.expect("private from hans: for yoda");
    leia.expect("private from hans: for leia");
    hans.ok("stopprivate yoda");
    hans.answers("private leia still here", "ok private leia delivered");
    leia.expect("private from hans: still here");
}

#[test]
fn it_goes_on_when_the_server_dies_and_when_it_comes_back() {
    let mut server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    server.kill();
    hans.expect_prefix("state reconnecting ");
    hans.answers("private yoda without a server", "ok private yoda delivered");
    yoda.expect("private from hans: without a server");
    hans.refused("message yoda hi", "not-connected");
    server.launch();
    hans.expect("state logged-in hans");
    yoda.expect("state logged-in yoda");
    yoda.answers("private hans with a server", "ok private hans delivered");
    hans.expect("private from yoda: with a server");
}

#[test]
fn a_long_conversation_keeps_its_order() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    for number in 0..300 {
        hans.send(&format!("private yoda line {number}"));
    }
    for number in 0..300 {
        yoda.expect(&format!("private from hans: line {number}"));
    }
    for _ in 0..300 {
        hans.expect("ok private yoda delivered");
    }
}

#[test]
fn hostile_text_is_shown_harmlessly() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.send("private yoda a\u{1b}[31mred\u{7}\u{202e}x");
    yoda.expect(r"private from hans: a\x1b[31mred\x07\u{202e}x");
    yoda.assert_output_harmless();
}

#[test]
fn a_key_is_remembered_and_verified_and_another_one_is_told_loudly() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    open(&mut hans, &mut yoda, ("hans", "yoda"));
    hans.ok("verify yoda");
    hans.ok("stopprivate yoda");
    yoda.expect("private closed hans by peer");
    hans.ok("startprivate yoda");
    yoda.expect_prefix("private request from hans");
    yoda.ok("accept hans");
    let again = hans.expect_prefix("private open yoda ");
    assert!(again.ends_with(", key verified"), "{again}");
    let again = yoda.expect_prefix("private open hans ");
    assert!(!again.contains("key"), "known: {again}");
    yoda.logout();
    // On another machine yoda has another key.
    let mut yoda = server.login("yoda");
    yoda.ok("startprivate hans");
    hans.expect("private request from yoda, answer: accept yoda, decline yoda (KEY CHANGED: this is not the verified key of yoda; compare the words)");
    hans.ok("accept yoda");
    let changed = hans.expect_prefix("private open yoda ");
    assert!(changed.ends_with(", key CHANGED"), "{changed}");
}
