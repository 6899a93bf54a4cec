//! `away`, `me`, `whois` and `help`: what people tell about themselves and ask about others.

use e2e::TestServer;

#[test]
fn an_away_text_is_seen_by_others_until_it_is_cleared() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.ok("away out for tea");
    assert!(yoda.ok("whois hans").iter().any(|line| line.contains("out for tea")), "{}", yoda.report());
    hans.ok("away");
    assert!(!yoda.ok("whois hans").iter().any(|line| line.contains("out for tea")), "{}", yoda.report());
}

#[test]
fn a_long_away_text_is_refused() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.refused(&format!("away {}", "z".repeat(201)), "too-long");
}

#[test]
fn an_action_is_told_to_the_lobby() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    hans.ok("me smiles");
    let line = yoda.expect_line("the action", |line| line.contains("smiles"));
    assert!(line.contains("hans") && line != "broadcast from hans: smiles", "`{line}`");
}

#[test]
fn whois_tells_who_somebody_is() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let mut yoda = server.login("yoda");
    assert!(hans.ok("whois YODA").iter().any(|line| line.contains("yoda")), "{}", hans.report());
    yoda.ok("whois yoda");
    yoda.ok("whois vader");
    yoda.refused("whois lando", "no-such-user");
}

#[test]
fn help_names_every_command_that_exists() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    let lines = hans.ok("help");
    for command in [
        "message",
        "broadcast",
        "whoelse",
        "whoelsesince",
        "block",
        "blocked",
        "history",
        "startprivate",
        "queue",
        "unsend",
        "search",
    ] {
        assert!(lines.iter().any(|line| line.contains(command)), "{command} is missing in {lines:#?}");
    }
    assert!(hans.ok("help message").iter().any(|line| line.contains("USER")), "{}", hans.report());
    hans.refused("help mesage", "unknown-command");
}
