//! Whoever runs the server changes a password with `server passwd NAME`, also while the server runs: the new one works at
//! once, the old one no more, and the line of the credentials file does not bring it back.

use std::io::Write;
use std::process::{Command, Stdio};

use e2e::{TestServer, binary};

/// Runs `server passwd`, answers its question and gives its exit code and what it said.
fn passwd(server: &TestServer, name: &str, answer: &str) -> (Option<i32>, String) {
    let mut child = Command::new(binary("server"))
        .args(["passwd", name, "--data"])
        .arg(server.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    // It may have refused before it asked, and then nobody reads.
    let _ = writeln!(stdin, "{answer}");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

#[test]
fn it_works_while_the_server_runs_and_after_a_restart() {
    let mut server = TestServer::start();
    server.login("hans").logout();
    let (code, said) = passwd(&server, "Hans", "kessel run 12");
    assert_eq!(code, Some(0), "{said}");
    server.client().user("hans").password("falcon").run().exits_with(4);
    server.client().user("hans").password("kessel run 12").start_logged_in().logout();
    server.restart();
    server.client().user("hans").password("falcon").run().exits_with(4);
    server.client().user("hans").password("kessel run 12").start_logged_in().logout();
}

#[test]
fn a_short_password_and_an_unknown_name_change_nothing() {
    let server = TestServer::start();
    server.login("hans").logout();
    for (name, answer) in [("hans", "short"), ("lando", "long enough")] {
        let (code, said) = passwd(&server, name, answer);
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(!said.trim().is_empty(), "it says nothing about {name}");
    }
    server.login("hans").logout();
}
