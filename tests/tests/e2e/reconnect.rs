//! A client survives a restart of the server: it connects again by itself, logs in without asking, sends what was typed
//! meanwhile, once, and shows what it missed.

use e2e::TestServer;

#[test]
fn the_client_goes_on_after_a_restart() {
    let mut server = TestServer::start();
    let mut hans = server.login("hans");
    server.kill();
    hans.expect_prefix("state reconnecting");
    server.launch();
    hans.expect_prefix("state connected");
    hans.ok("whoelse");
    hans.logout();
}

#[test]
fn a_message_typed_meanwhile_is_delivered_once() {
    let mut server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    server.kill();
    hans.expect_prefix("state reconnecting");
    hans.send("message yoda pending");
    server.launch();
    hans.expect_prefix("ok message yoda ");
    hans.ok("message yoda marker");
    let lines = yoda.until("the marker", |line| line.ends_with(": marker"));
    let pending = lines.iter().filter(|line| line.ends_with(": pending")).count();
    assert_eq!(pending, 1, "{}", yoda.report());
}

#[test]
fn messages_under_way_at_a_crash_arrive_once_and_in_order() {
    let mut server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    for number in 0..200 {
        hans.send(&format!("message yoda {number}"));
    }
    for _ in 0..20 {
        hans.expect_prefix("ok message yoda ");
    }
    server.crash();
    for _ in 20..200 {
        hans.expect_prefix("ok message yoda ");
    }
    hans.ok("message yoda marker");
    let lines = yoda.until("the marker", |line| line.ends_with(": marker"));
    let texts: Vec<_> = lines.iter().filter(|line| line.contains(" from hans")).collect();
    assert_eq!(texts.len(), 201, "{}", yoda.report());
    for (number, line) in texts.iter().take(200).enumerate() {
        assert!(line.ends_with(&format!(": {number}")), "number {number} is `{line}`");
    }
}

#[test]
fn what_was_missed_is_shown() {
    let mut server = TestServer::start();
    let mut yoda = server.login("yoda");
    server.crash();
    // Whether it comes before or after yoda is back, it must be shown.
    let mut hans = server.login("hans");
    hans.ok("message yoda did you see this?");
    yoda.expect_line("the missed message", |line| line.ends_with(": did you see this?"));
}
