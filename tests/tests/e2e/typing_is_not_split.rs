//! On a terminal without escapes (TERM=dumb) an incoming line never splits what is being typed: it waits while a line is
//! begun, at most ten seconds, and then stands in a row of its own, with what was typed again below.

use e2e::{PtyClient, TestServer};

fn at_terminal(server: &TestServer) -> PtyClient {
    let port = server.port().to_string();
    let mut hans = PtyClient::start("dumb", &["127.0.0.1", &port, "--plain", "--user", "hans"], Some("falcon"));
    hans.expect("state logged-in hans");
    hans
}

fn has_row(screen: &str, wanted: impl Fn(&str) -> bool) -> bool {
    screen.lines().any(|row| wanted(row.trim_end()))
}

#[test]
fn a_line_that_is_finished_is_sent_whole_and_both_are_shown_whole() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = at_terminal(&server);
    hans.keys("message yoda half");
    hans.expect_screen("what was typed", |screen| has_row(screen, |row| row.ends_with("message yoda half")));
    yoda.answers("message hans incoming", "ok message hans delivered");
    // The next answer comes after the message on the same connection, so the message is there, and waits.
    hans.keys(" and whole\r");
    yoda.expect("message from hans: half and whole");
    hans.expect("ok message yoda delivered");
    hans.expect_screen("both lines", |screen| {
        has_row(screen, |row| row == "message from yoda: incoming")
            && has_row(screen, |row| row.ends_with("message yoda half and whole"))
    });
    assert!(!hans.bytes().contains(&0x1b), "an escape byte was written\n{}", hans.report());
}

#[test]
fn after_ten_seconds_the_line_is_shown_and_what_was_typed_stands_below() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = at_terminal(&server);
    hans.keys("message yoda slow");
    hans.expect_screen("what was typed", |screen| has_row(screen, |row| row.ends_with("message yoda slow")));
    yoda.answers("message hans incoming", "ok message hans delivered");
    hans.expect_screen("the line, and below it what was typed", |screen| {
        let mut rows = screen.lines().map(str::trim_end).skip_while(|row| *row != "message from yoda: incoming");
        rows.nth(1).is_some_and(|row| row.ends_with("message yoda slow"))
    });
    hans.keys(" typist\r");
    yoda.expect("message from hans: slow typist");
    assert!(!hans.bytes().contains(&0x1b), "an escape byte was written\n{}", hans.report());
}

#[test]
fn backspace_works_over_wide_letters() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = at_terminal(&server);
    hans.keys("message yoda a好é\u{7f}\u{7f}b\r");
    yoda.expect("message from hans: ab");
    hans.expect_screen("the corrected line", |screen| has_row(screen, |row| row.ends_with("message yoda ab")));
}
