//! At the end of its input the client waits until everything is acknowledged, logs out and exits 0.

use e2e::TestServer;

#[test]
fn everything_typed_is_acknowledged_before_the_client_ends() {
    let server = TestServer::start();
    let mut leia = server.login_with_presence("leia");
    let mut hans = server.login("hans");
    for number in 0..100 {
        hans.send(&format!("message yoda {number}"));
    }
    hans.end_input();
    hans.exits_with(0);
    let answers = hans.transcript().iter().filter(|line| *line == "ok message yoda stored").count();
    assert_eq!(answers, 100, "{}", hans.report());
    leia.expect("presence hans offline logged-out");
    let mut yoda = server.login("yoda");
    for number in 0..100 {
        yoda.expect_line("the next number", |line| {
            line.starts_with("stored") && line.ends_with(&format!(": {number}"))
        });
    }
}

#[test]
fn a_last_line_without_a_newline_counts() {
    let server = TestServer::start();
    let mut yoda = server.login("yoda");
    let mut hans = server.login("hans");
    hans.send_bytes(b"message yoda the end");
    hans.end_input();
    hans.exits_with(0);
    yoda.expect("message from hans: the end");
}

#[test]
fn a_refused_command_shows_in_the_exit_code() {
    let server = TestServer::start();
    let mut hans = server.login("hans");
    hans.refused("message lando hi", "no-such-user");
    hans.end_input();
    hans.exits_with(1);
}
