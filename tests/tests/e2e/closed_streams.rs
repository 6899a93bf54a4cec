//! A closed stdin is an end of input; a closed or broken stdout is no reason to panic, and what was asked for is done.

use e2e::{Stdin, Stdout, TestServer};

#[test]
fn a_closed_stdin_is_an_end_of_input() {
    let server = TestServer::start();
    for stdin in [Stdin::Closed, Stdin::Empty] {
        let mut client = server.client().sample("hans").stdin(stdin).run();
        client.expect("state logged-in hans");
        client.exits_with(0);
    }
}

#[test]
fn without_stdin_and_name_the_login_ends_at_once() {
    let server = TestServer::start();
    let client = server.client().stdin(Stdin::Closed).run();
    assert_ne!(client.exit(), 0, "{}", client.report());
}

#[test]
fn with_a_closed_stdout_messages_are_still_sent() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let client = server.client().sample("hans").stdout(Stdout::Closed).arg("-e").arg("message yoda blind").run();
    client.exits_with(0);
    yoda.expect("message from hans: blind");
}

#[test]
fn a_broken_stdout_is_silent() {
    let server = TestServer::start();
    let client = server.client().sample("hans").stdout(Stdout::Broken).arg("-e").arg("whoelse").run();
    client.exit();
    assert_eq!(client.stderr_to_end().matches("panicked").count(), 0, "{}", client.report());
    assert!(server.is_running());
}
