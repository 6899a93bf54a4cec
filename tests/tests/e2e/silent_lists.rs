//! A script gets no history and no user list that it did not ask for; with `--history N` it gets the last lines of the
//! lobby at its login.

use e2e::TestServer;

#[test]
fn nothing_but_the_login_is_printed_at_the_start() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.ok("broadcast an old line");
    let mut yoda = server.login("yoda");
    hans.ok("broadcast marker");
    let forbidden = |line: &str| line.starts_with("user") || line.contains("an old line");
    yoda.expect_none_until("broadcast from hans: marker", forbidden);
    assert!(!yoda.transcript().iter().any(|line| forbidden(line)), "{}", yoda.report());
}

#[test]
fn history_is_printed_where_it_is_asked_for() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    for number in 1..=4 {
        hans.ok(&format!("broadcast line {number}"));
    }
    let mut yoda = server.client().sample("yoda").arg("--history").arg("2").start();
    yoda.expect_prefix("state logged-in");
    yoda.expect_line("the third line", |line| line.ends_with("line 3"));
    yoda.expect_line("the fourth line", |line| line.ends_with("line 4"));
    assert!(!yoda.transcript().iter().any(|line| line.ends_with("line 2")), "{}", yoda.report());
}
