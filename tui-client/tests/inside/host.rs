//! `tui-client --host`, and what is said where no server is.

use std::net::TcpListener;

use rustix::process::Signal;

use crate::kit::{Home, Program, entries};

/// Takes the invite from what the host is shown.
fn invite(host: &mut Program) -> String {
    let line = host.expect("hosting tern://");
    line.split(' ').nth(1).and_then(|word| word.strip_suffix(':')).expect("the invite is the second word").to_owned()
}

#[test]
fn friends_join_with_the_invite_and_are_told_when_the_host_leaves() {
    let (anna, bob) = (Home::of("anna"), Home::of("bob"));
    let mut host = anna.run(&["--host", "0", "--user", "anna", "--register", "--presence"]);
    let invite = invite(&mut host);
    host.expect("state logged-in anna");
    let mut friend = bob.run(&[&invite, "--user", "bob", "--register", "--linger", "forever"]);
    friend.expect("state logged-in bob");
    host.expect("presence bob online");
    friend.enter("say hello anna");
    host.expect("broadcast from bob: hello anna");
    host.enter("say hello bob");
    friend.expect("broadcast from anna: hello bob");

    host.enter("logout");
    let ended = host.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "the log of the server is no part of the screen");
    friend.expect("state reconnecting");
    friend.signal(Signal::TERM);
    friend.end();

    let log = std::fs::read_to_string(anna.state().join("server-0.log")).expect("the log is where the host was told");
    assert!(
        ended.stdout[1].ends_with(&anna.state().join("server-0.log").display().to_string()),
        "{:?}",
        ended.stdout[1]
    );
    assert!(log.contains("registered: bob from "), "{log}");
    assert!(!anna.state().join("known_servers").exists(), "the own server needs no remembering");
    assert!(bob.state().join("known_servers").exists());
}

#[test]
fn what_was_hosted_once_is_there_the_next_time() {
    let anna = Home::of("anna");
    let keys = ["--register", "--plain"].map(|first_or_not| {
        let mut host = anna.run(&["--host", "0", "--user", "anna", first_or_not]);
        let invite = invite(&mut host);
        host.expect("state logged-in anna");
        host.signal(Signal::TERM);
        assert_eq!(host.end().code, Some(0));
        invite.split_once('#').expect("an invite names a key").1.to_owned()
    });
    assert_eq!(keys[0], keys[1], "friends find the same server again");
}

#[test]
fn a_port_in_use_is_one_sentence() {
    let anna = Home::of("anna");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended = anna.run(&["--host", &port.to_string(), "--user", "anna"]).end();
    assert_eq!(ended.code, Some(3));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("the port is in use"), "{}", ended.stderr);
    assert!(entries(&anna.state()).iter().all(|path| path.is_file()), "no data where no server was");
}

#[test]
fn without_a_server_the_way_to_one_is_named() {
    let anna = Home::of("anna");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ended = anna.run(&["127.0.0.1", &free.to_string(), "--user", "anna"]).end();
    assert_eq!(ended.code, Some(3));
    assert!(ended.stderr.contains("nobody listens there"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`tui-client --host`"), "{}", ended.stderr);
}
