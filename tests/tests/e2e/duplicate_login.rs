//! A user who is logged in elsewhere is told since when and from where, and refused; the first session is untouched.

use e2e::TestServer;

/// Whether this is a time of day such as `14:02`.
fn is_time(word: &str) -> bool {
    let parts: Vec<_> = word.split(':').collect();
    let fits = |part: &str, limit: u32| part.len() == 2 && part.parse::<u32>().is_ok_and(|number| number < limit);
    matches!(parts[..], [hour, minute] if fits(hour, 24) && fits(minute, 60))
}

#[test]
fn a_second_login_is_refused_with_since_when_and_from_where() {
    let server = TestServer::start();
    let mut first = server.login("hans");
    let mut second = server.client().user("Hans").password("falcon").run();
    let line = second.expect_prefix("error already-online: ");
    let words: Vec<_> = line.split(' ').skip(2).collect();
    assert!(matches!(words[..], ["since", time, "from", "127.0.0.1"] if is_time(time)), "`{line}`");
    second.exits_with(4);
    first.ok("whoelse");
    first.logout();
    server.login("hans").logout();
}

#[test]
fn a_wrong_password_does_not_tell_whether_somebody_is_logged_in() {
    let server = TestServer::start();
    let _first = server.login("hans");
    let mut second = server.client().user("hans").password("wrong").run();
    second.expect("error bad-password: 2 tries left");
    assert!(!second.transcript().iter().any(|line| line.contains("already-online")), "{}", second.report());
}
