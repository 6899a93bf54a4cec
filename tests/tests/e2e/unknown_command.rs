//! An unknown command, or one with a stray blank before it, is an error that names the nearest known one; it is never
//! sent as text.

use e2e::TestServer;

#[test]
fn the_nearest_command_is_named() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.answers("mesage yoda hi", "error unknown-command mesage: did you mean message");
    hans.answers("/mesage yoda hi", "error unknown-command mesage: did you mean message");
    for (typed, meant) in [("brodcast hi", "broadcast"), ("whoelsesinc 300", "whoelsesince"), ("blokc yoda", "block")] {
        let line = hans.refused(typed, "unknown-command");
        assert!(line.contains(meant), "{line}");
    }
    let line = hans.refused("xyzzyplugh", "unknown-command");
    assert!(!line.contains("did you mean"), "{line}");
}

#[test]
fn a_stray_blank_is_an_error_and_nothing_is_sent() {
    let server = TestServer::start();
    let (mut hans, mut yoda) = (server.login("hans"), server.login("yoda"));
    for line in [" message yoda secret", "\tbroadcast secret", " /message yoda secret"] {
        let refusal = hans.refused(line, "unknown-command");
        let command = if line.contains("broadcast") { "broadcast" } else { "message" };
        assert!(refusal.contains(command), "{refusal}");
    }
    hans.refused("secret words typed in the wrong window", "unknown-command");
    hans.ok("broadcast marker");
    yoda.expect_none_until("broadcast from hans: marker", |line| line.contains("secret"));
}

#[test]
fn an_empty_line_is_nothing() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.send("");
    hans.send("   ");
    let answer = hans.ask("whoelse");
    assert_eq!(answer.lines, ["users 0"]);
}
