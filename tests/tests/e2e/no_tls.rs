//! `--no-tls` is for measuring on one machine: it works on loopback and is refused elsewhere; a side with TLS and a side
//! without say so instead of hanging.

use e2e::{Exit, TestServer};

#[test]
fn it_works_on_loopback() {
    let server = TestServer::with().arg("--no-tls").start();
    let mut hans = server.client().sample("hans").arg("--no-tls").start_logged_in();
    let mut yoda = server.client().sample("yoda").arg("--no-tls").start_logged_in();
    hans.answers("message yoda hi", "ok message yoda delivered");
    yoda.expect("message from hans: hi");
}

#[test]
fn it_is_refused_where_others_could_listen() {
    let failed = TestServer::with().arg("--no-tls").bind("0.0.0.0").start_and_fail();
    assert_ne!(failed.exit, Exit::Code(0));
    assert!(failed.stderr.contains("no-tls") || failed.stderr.contains("loopback"), "{}", failed.stderr);
}

#[test]
fn a_client_with_tls_says_that_the_server_has_none() {
    let server = TestServer::with().arg("--no-tls").start();
    let client = server.client().sample("hans").arg("--retry").arg("1").run();
    client.exits_with(3);
    assert!(client.stderr().contains(&server.address()), "{}", client.report());
}

#[test]
fn a_client_without_tls_gets_a_clear_answer() {
    let server = TestServer::start();
    let client = server.client().sample("hans").arg("--no-tls").arg("--retry").arg("1").run();
    client.exits_with(3);
    assert!(client.stderr().contains("TLS"), "{}", client.report());
}
