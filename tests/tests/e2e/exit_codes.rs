//! Every exit code of the client: 0 done, 1 a command was refused, 2 usage, 3 cannot connect, 4 login refused, 5 locked,
//! 6 logged out for inactivity, 7 server key changed.

use std::net::TcpListener;

use e2e::{PlainBuilder, PlainClient, TestServer};

/// A port of this machine on which nobody listens.
fn silent_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the system has a free port");
    listener.local_addr().expect("a listener has an address").port()
}

fn assert_sentence_on_stderr(client: &PlainClient) {
    let stderr = client.stderr();
    assert!(!stderr.trim().is_empty(), "nothing on stderr\n{}", client.report());
    assert!(!stderr.contains("panicked") && !stderr.contains("Error {"), "{stderr}");
}

#[test]
fn zero_when_everything_was_done() {
    let server = TestServer::start();
    server.client().sample("hans").arg("-e").arg("whoelse").run().exits_with(0);
}

#[test]
fn one_when_a_command_was_refused() {
    let server = TestServer::start();
    server.client().sample("hans").arg("-e").arg("unblock yoda").run().exits_with(1);
    server.client().sample("hans").arg("-e").arg("frobnicate").run().exits_with(1);
}

#[test]
fn two_for_a_usage_error_which_is_named() {
    for (target, argument, named) in [
        (["127.0.0.1", "4000"], "--no-such-option", "--no-such-option"),
        (["127.0.0.1", "many"], "--presence", "many"),
        (["127.0.0.1", "70000"], "--presence", "70000"),
        (["127.0.0.1", "4000"], "--linger=soon", "soon"),
    ] {
        let client = PlainBuilder::new("", 0).target(&target).arg(argument).run();
        client.exits_with(2);
        assert!(client.stderr().contains(named), "{}", client.report());
    }
}

#[test]
fn three_when_nobody_answers() {
    let client = PlainBuilder::new("127.0.0.1", silent_port()).sample("hans").arg("--retry").arg("1").run();
    client.exits_with(3);
    assert_sentence_on_stderr(&client);
}

#[test]
fn three_when_the_connection_is_lost_for_good() {
    let mut server = TestServer::start();
    let client = server.client().sample("hans").arg("--retry").arg("1").start_logged_in();
    server.kill();
    client.exits_with(3);
    assert_sentence_on_stderr(&client);
}

#[test]
fn four_when_the_login_is_refused() {
    let server = TestServer::start();
    server.client().user("hans").password("wrong").run().exits_with(4);
    server.client().user("lando").password("cloud city").run().exits_with(4);
}

#[test]
fn five_when_the_account_is_locked() {
    let server = TestServer::start();
    for _ in 0..3 {
        server.client().user("hans").password("wrong").run();
    }
    server.client().sample("hans").run().exits_with(5);
}

#[test]
fn six_when_logged_out_for_inactivity() {
    let server = TestServer::with().timeout(2).start();
    server.login("hans").exits_with(6);
}

#[test]
fn seven_when_the_servers_key_has_changed() {
    let mut server = TestServer::start();
    let first = server.login("hans");
    let home = first.home().clone();
    first.logout();
    server.stop();
    std::fs::remove_file(server.key_file()).expect("the key file is ours");
    server.launch();
    let client = server.client().sample("hans").home(&home).run();
    client.exits_with(7);
    assert_sentence_on_stderr(&client);
}
