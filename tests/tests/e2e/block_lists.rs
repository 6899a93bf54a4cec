//! The blocked user does not see the blocker in any list; the blocker still sees the blocked user. `blocked` lists whom
//! one has blocked; senseless blocks are refused.

use e2e::TestServer;

#[test]
fn lists_hide_the_blocker_from_the_blocked_only() {
    let server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    for command in ["whoelse", "whoelsesince 1h"] {
        assert_eq!(vader.ask(command).users(), Vec::<String>::new(), "{command}");
        assert_eq!(hans.ask(command).users(), ["vader"], "{command}");
    }
    hans.ok("unblock vader");
    for command in ["whoelse", "whoelsesince 1h"] {
        assert_eq!(vader.ask(command).users(), ["hans"], "{command}");
    }
}

#[test]
fn whois_tells_the_blocked_user_nothing_new() {
    let server = TestServer::start();
    let (mut hans, mut vader) = (server.login("hans"), server.login("vader"));
    hans.ok("block vader");
    let online = |lines: &[String]| lines.iter().any(|line| line.contains("online since"));
    let about_hans = vader.ask("whois hans");
    assert!(!online(&about_hans.lines), "{about_hans:?}");
}

#[test]
fn blocked_lists_whom_one_has_blocked() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    assert_eq!(hans.ok("blocked"), ["blocked 0"]);
    hans.ok("block vader");
    hans.ok("ignore Luke");
    let lines = hans.ok("blocked");
    assert_eq!(lines[0], "blocked 2");
    assert!(lines[1].ends_with("luke") && lines[2].ends_with("vader"), "{lines:?}");
    hans.ok("unblock luke");
    assert_eq!(hans.ok("blocked")[0], "blocked 1");
}

#[test]
fn senseless_blocks_are_refused() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.refused("block hans", "yourself");
    hans.refused("block lando", "no-such-user");
    hans.refused("unblock vader", "not-blocked");
    hans.ok("block vader");
    hans.refused("block VADER", "already-blocked");
    hans.ok("unblock vader");
    hans.refused("unblock vader", "not-blocked");
}
